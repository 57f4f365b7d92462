"""Observed figures of places: IDPs in Syria, refugees inside the host countries, shares by origin."""

from __future__ import annotations

from collections import Counter
from datetime import date

from homeward.case.schema import Measure, Observation
from tools.syria.facts import GOVERNORATE_OF_NAME, GOVERNORATE_OF_PCODE, read_facts, unhcr_known_on
from tools.syria.locations import host_locations, unlocated_share
from tools.syria.observed_rows import observation, year_end

__all__ = ["idps", "locations", "origin_shares"]

IDMC_IDPS = {2012: 3_000_000, 2017: 6_784_000}
OTHER_REPORTS_OF_RETURNED_IDPS = {2017: 764_000, 2018: 1_200_000}

_LOCATION_YEARS: dict[str, tuple[int, ...]] = {
    "TUR": (2013, 2014, 2015, 2016),
    "LBN": tuple(range(2012, 2025)),
    "JOR": tuple(range(2012, 2025)),
    "IRQ": (2012, 2013, 2014, 2015, *range(2017, 2025)),
}

_FEWEST_REGISTERED_IN_TURKEY = 10_000
"""Up to 2014 only the south-east registered; elsewhere the few rows are files of asylum seekers.

The largest of them is Istanbul's 5,245 of 2014, a year before 334,108; the smallest place that registered has 16,872.
"""

_MUCH_UNLOCATED = 0.1


def locations() -> list[Observation]:
    """Return the refugees by place of the host countries, for the years whose tables can be used."""
    return [
        _location(country, year, place, people)
        for country, years in _LOCATION_YEARS.items()
        for year in years
        for place, people in sorted(host_locations(country, year).items())
        if _is_registered(country, year, people)
    ]


def _is_registered(country: str, year: int, people: int) -> bool:
    return country != "TUR" or year > 2014 or people >= _FEWEST_REGISTERED_IN_TURKEY


def _location(country: str, year: int, place: str, people: int) -> Observation:
    unlocated = unlocated_share(country, year)
    definition = "UNHCR by location"
    if unlocated > _MUCH_UNLOCATED:
        definition = f"UNHCR by location, {unlocated:.0%} of the country without a place"
    why = "rows of the place and its camps added up"
    if (year, place) == (2016, "izmir"):
        why = "the row is called Van, which had 1,372 a year before and 101,088 now, and İzmir has none"
    return observation(
        year_end(year),
        Measure.REFUGEE_STOCK,
        place,
        people,
        definition,
        source="unhcr-loc",
        known_on=unhcr_known_on(year),
        why=why,
    )


def idps() -> list[Observation]:
    """Return IDPs and returned IDPs of Syria and of its governorates, the place of refuge and of return."""
    return _national() + _other_definitions() + _by_governorate() + _left_over()


def _national() -> list[Observation]:
    rows = []
    for row in read_facts("unhcr_by_country"):
        if row["coa_iso"] == "SYR":
            year = int(row["year"])
            rows.append(_syrian(year, Measure.IDP_STOCK, "SYR", int(row["idps"]), "UNHCR year-end"))
            definition = _returned_idps_definition(year)
            rows.append(_syrian(year, Measure.RETURNED_IDPS, "SYR", int(row["returned_idps"]), definition))
    return [row for row in rows if row.value]


def _returned_idps_definition(year: int) -> str:
    if year == 2016:
        return "UNHCR, rounded"
    return "UNHCR" if year < 2020 else "UNHCR, other source from 2020"


def _syrian(year: int, measure: Measure, place: str, people: int, definition: str, why: str = "") -> Observation:
    return observation(
        year_end(year),
        measure,
        place,
        people,
        definition,
        source="unhcr-pop" if place == "SYR" else "unhcr-gov",
        known_on=unhcr_known_on(year),
        why=why,
    )


def _other_definitions() -> list[Observation]:
    idmc = [
        observation(
            year_end(year),
            Measure.IDP_STOCK,
            "SYR",
            people,
            "IDMC year-end",
            source="idmc",
            known_on=date(year + 1, 5, 15),
        )
        for year, people in IDMC_IDPS.items()
    ]
    others = [
        observation(
            year_end(year),
            Measure.RETURNED_IDPS,
            "SYR",
            people,
            "other reports",
            source="unhcr-other",
            known_on=unhcr_known_on(year),
        )
        for year, people in OTHER_REPORTS_OF_RETURNED_IDPS.items()
    ]
    return idmc + others


def _by_governorate() -> list[Observation]:
    return [
        _syrian(
            int(row["year"]),
            Measure(row["measure"]),
            GOVERNORATE_OF_PCODE[row["pcode"]],
            int(row["total"]),
            "UNHCR year-end" if row["measure"] == "idp_stock" else "UNHCR, other source from 2020",
        )
        for row in read_facts("unhcr_by_governorate")
    ]


def _left_over() -> list[Observation]:
    """Return As-Suwayda's missing figures of 2024: what the thirteen others leave of the country's."""
    rest = Counter[Measure]()
    for row in _national():
        if row.date.year == 2024:
            rest[row.measure] += int(row.value)
    for row in _by_governorate():
        if row.date.year == 2024:
            rest[row.measure] -= int(row.value)
    why = "missing in the table: the country's figure less the thirteen other governorates"
    definitions = {
        Measure.IDP_STOCK: "UNHCR year-end",
        Measure.RETURNED_IDPS: "UNHCR, other source from 2020",
    }
    return [
        _syrian(2024, measure, "as-suwayda", rest[measure], definition, why)
        for measure, definition in definitions.items()
    ]


def origin_shares() -> list[Observation]:
    """Return the published shares by governorate of origin: Lebanon December 2012, Jordan March 2013."""
    day_and_source = {
        "LBN": (date(2012, 12, 31), "unhcr-orig-lbn"),
        "JOR": (date(2013, 3, 31), "unhcr-orig-jor"),
    }
    return [
        observation(
            day_and_source[row["host"]][0],
            Measure.ORIGIN_SHARE,
            row["host"],
            round(float(row["pct"]) / 100, 4),
            "share of registered refugees by governorate of origin",
            source=day_and_source[row["host"]][1],
            known_on=day_and_source[row["host"]][0],
            origin=GOVERNORATE_OF_NAME[row["name"]],
        )
        for row in read_facts("origin_split")
    ]
