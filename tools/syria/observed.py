"""Observed figures of countries, as rows of ``observed.csv``; never an input of a run."""

from __future__ import annotations

from collections import Counter
from datetime import date

from homeward.case.schema import Basis, Measure, Observation
from tools.syria.conditions import RESETTLED
from tools.syria.facts import host_of_country, read_facts, unhcr_known_on
from tools.syria.observed_inside import idps, locations, origin_shares
from tools.syria.observed_rows import observation, year_end
from tools.syria.registered import registered

__all__ = ["observed"]

FIRST_YEAR = 2011
MAIN_HOSTS = ("TUR", "LBN", "JOR", "IRQ", "EGY")
NAMED_HOSTS = (*MAIN_HOSTS, "DEU", "SWE", "AUT", "NLD")
GROUPS = ("XEU", "XOW")

_NEW_DEFINITIONS: tuple[tuple[Measure, str, int, str], ...] = (
    (Measure.REFUGEE_STOCK, "DEU", 2023, "UNHCR year-end, counted anew from 2023"),
    (Measure.REFUGEE_STOCK, "DEU", 2022, "UNHCR year-end, counted anew in 2022"),
    (Measure.REFUGEE_STOCK, "SWE", 2024, "UNHCR year-end, counted anew in 2024"),
    (Measure.REFUGEE_STOCK, "XOW", 2019, "UNHCR year-end, Canada counted anew from 2019"),
    (Measure.REFUGEE_STOCK, "XOW", 2018, "UNHCR year-end, Sudan counted anew from 2018"),
    (Measure.REFUGEE_STOCK, "XOW", 2015, "UNHCR year-end, Libya's refugees left out from 2015"),
    (Measure.ASYLUM_SEEKER_STOCK, "XOW", 2015, "UNHCR year-end, with Libya's refugees from 2015"),
)
"""Measure, host, first year and name of a definition that breaks a series; the latest of a host first.

Libya is not in the facts' list: its 18,653 refugees of 2014 are 97 in 2015, its asylum seekers 0 and 18,591.
"""

UNHCR_VERIFIED = "UNHCR verified"
WITH_OTHER_REPORTS = "UNHCR statistics incl. other reports"

CROSSED_FROM_LEBANON, SYRIAN_SHARE = 560_000, 0.65
"""People who crossed from Lebanon to Syria from 23 September to 22 November 2024, and the share of Syrians (UNHCR)."""

NATURALISED_IN_GERMANY = {2021: 19_100, 2022: 48_300, 2023: 75_500}
NATURALISED_IN_TURKIYE_BY_2021 = 193_293


def observed() -> list[Observation]:
    """Return every row of ``observed.csv``."""
    return [
        *_stocks("refugees", Measure.REFUGEE_STOCK),
        *_stocks("asylum_seekers", Measure.ASYLUM_SEEKER_STOCK),
        *locations(),
        *registered(),
        *idps(),
        *_returned_refugees(),
        _crossed_from_lebanon(),
        *_new_arrivals(),
        *_asylum_applications(),
        *_naturalised(),
        _resettled(),
        *origin_shares(),
    ]


def _stocks(column: str, measure: Measure) -> list[Observation]:
    """Return the stocks of ``column`` by host; a zero may mean "not reported" and is left out."""
    totals = _by_host("unhcr_by_country", column)
    return [
        _country_stock(measure, host, year, totals[host, year])
        for host in (*NAMED_HOSTS, *GROUPS)
        for year in range(FIRST_YEAR, 2025)
        if totals[host, year]
    ]


def _by_host(table: str, column: str) -> Counter[tuple[str, int]]:
    totals = Counter[tuple[str, int]]()
    for row in read_facts(table):
        if row["coa_iso"] != "SYR" and row[column]:
            totals[host_of_country(row["coa_iso"]), int(row["year"])] += int(float(row[column]))
    return totals


def _country_stock(measure: Measure, host: str, year: int, people: int) -> Observation:
    return observation(
        year_end(year),
        measure,
        host,
        people,
        _stock_definition(measure, host, year),
        source="unhcr-pop",
        known_on=unhcr_known_on(year),
        why="sum over the countries of the group" if host in GROUPS else "",
    )


def _stock_definition(measure: Measure, host: str, year: int) -> str:
    for of_measure, of_host, first, definition in _NEW_DEFINITIONS:
        if (measure, host) == (of_measure, of_host) and year >= first:
            return definition
    return "UNHCR year-end"


def _returned_refugees() -> list[Observation]:
    """Return the returns from the five hosts that were reported: a zero is a blank."""
    return [
        observation(
            year_end(int(row["year"])),
            Measure.RETURNED_REFUGEES,
            row["coa_iso"],
            int(row["returned_refugees"]),
            _return_definition(row["coa_iso"], int(row["year"])),
            source="unhcr-pop",
            known_on=unhcr_known_on(int(row["year"])),
        )
        for row in read_facts("unhcr_by_country")
        if row["coa_iso"] in MAIN_HOSTS and int(row["year"]) >= FIRST_YEAR and int(row["returned_refugees"])
    ]


def _return_definition(host: str, year: int) -> str:
    """Return the definition: UNHCR's own counts of 2017-2018 leave far less for Türkiye than its rows say."""
    verified = 2019 <= year <= 2023 or (year in (2017, 2018) and host != "TUR")
    return UNHCR_VERIFIED if verified else WITH_OTHER_REPORTS


def _crossed_from_lebanon() -> Observation:
    """Return the count of the war's own time, which was known before the statistics of the year."""
    return observation(
        year_end(2024),
        Measure.RETURNED_REFUGEES,
        "LBN",
        CROSSED_FROM_LEBANON * SYRIAN_SHARE,
        "other reports: Syrians who crossed from Lebanon, 23 September to 22 November",
        source="unhcr-crossings-2024",
        known_on=year_end(2024),
        why="65 % of about 560,000; taken for the year, since few crossed before, and the war ended on 27 November",
    )


def _new_arrivals() -> list[Observation]:
    return [
        observation(
            year_end(int(row["year"])),
            Measure.NEW_ARRIVALS,
            row["coa_iso"],
            int(float(row["refugees"])),
            _arrival_definition(row["coa_iso"], int(row["year"])),
            source="unhcr-new",
            known_on=unhcr_known_on(int(row["year"])),
        )
        for row in read_facts("unhcr_new_arrivals")
        if row["coa_iso"] in MAIN_HOSTS and row["refugees"] and int(row["year"]) >= FIRST_YEAR
    ]


def _arrival_definition(host: str, year: int) -> str:
    if host == "TUR" and 2013 <= year <= 2018:
        return "UNHCR: balances the stock (registrations with births and backlog)"
    return "UNHCR: registrations in the year"


def _asylum_applications() -> list[Observation]:
    totals = _by_host("unhcr_new_arrivals", "asylum_seekers")
    return [
        observation(
            year_end(year),
            Measure.NEW_ARRIVALS,
            host,
            totals[host, year],
            "asylum applications in the year",
            source="unhcr-new",
            known_on=unhcr_known_on(year),
            why="sum over the countries of the group that reported" if host in GROUPS else "",
        )
        for host in ("DEU", "SWE", "AUT", "NLD", *GROUPS)
        for year in range(FIRST_YEAR, 2025)
        if totals[host, year]
    ]


def _naturalised() -> list[Observation]:
    in_germany = [
        observation(
            year_end(year),
            Measure.NATURALISED,
            "DEU",
            people,
            "naturalised in the year, national statistics",
            source="destatis",
            known_on=unhcr_known_on(year),
        )
        for year, people in NATURALISED_IN_GERMANY.items()
    ]
    in_turkiye = observation(
        year_end(2021),
        Measure.NATURALISED,
        "TUR",
        NATURALISED_IN_TURKIYE_BY_2021,
        "cumulative since 2011, ministry of the interior",
        source="tur-moi",
        known_on=year_end(2021),
    )
    return [*in_germany, in_turkiye]


def _resettled() -> Observation:
    row = observation(
        year_end(2024),
        Measure.RESETTLED,
        "SYR",
        RESETTLED,
        "cumulative 2014-2024, from all hosts",
        source="unhcr-resettled",
        known_on=date(2025, 6, 20),
        why="about 307,000; host of departure not given",
    )
    return row.model_copy(update={"basis": Basis.DERIVED})
