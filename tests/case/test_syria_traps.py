"""The traps of the facts in ``observed.csv``, one test each: what would be wrong if one were stepped into.

Traps that tests in ``test_syria.py`` guard already are not repeated here; those of the inputs stand in
``test_syria_traps_in_inputs.py``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest
from tools.syria.facts import month_end, read_facts

from homeward.case.schema import Basis, Measure
from homeward.rules.parameters import parameter_row
from tests.case.syria_tables import GOVERNORATES, country_of, rows, syria

FIVE_HOSTS = ("TUR", "LBN", "JOR", "IRQ", "EGY")
RUNNING = "UNHCR running count"
LEBANESE = "UNHCR Lebanon: registered, without those awaiting registration"
WITH_OTHER_REPORTS = "UNHCR statistics incl. other reports"


def by_year(measure: Measure, place: str, definition: str) -> dict[int, float]:
    return {row.date.year: row.value for row in rows(measure, place) if row.definition == definition}


def definitions(measure: Measure, place: str) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for row in rows(measure, place):
        found[row.date.year].add(row.definition)
    return found


# Returns


@pytest.mark.parametrize(
    ("host", "years"),
    [("JOR", range(2017, 2025)), ("IRQ", [2015, *range(2017, 2025)]), ("EGY", range(2017, 2025))],
)
def test_zero_returns_of_a_neighbour_are_blanks(host: str, years: list[int]) -> None:
    """A zero in 2011 and 2014-2016, and in 2012-13 but for Türkiye, means "not reported"."""
    assert sorted(definitions(Measure.RETURNED_REFUGEES, host)) == list(years)


def test_hosts_beyond_the_five_report_no_returns() -> None:
    """A zero outside the five hosts means "not reported"."""
    assert {row.place for row in rows(Measure.RETURNED_REFUGEES)} == set(FIVE_HOSTS)


def test_returned_idps_of_2017_and_2018_by_other_reports_are_a_series_of_their_own() -> None:
    """UNHCR has 597,152 and no figure; other reports 764,000 and about 1.2 million."""
    assert by_year(Measure.RETURNED_IDPS, "SYR", "other reports") == {2017: 764_000, 2018: 1_200_000}
    assert by_year(Measure.RETURNED_IDPS, "SYR", "UNHCR") == {2017: 597_152, 2019: 477_360}


def test_returned_idps_of_2016_are_marked_as_rounded() -> None:
    """600,000 is a rounded figure."""
    assert by_year(Measure.RETURNED_IDPS, "SYR", "UNHCR, rounded") == {2016: 600_000}


def test_returned_idps_change_their_source_in_2020() -> None:
    """477,360 in 2019 and 69,454 in 2020 look like a change of source, not like a fall."""
    later = by_year(Measure.RETURNED_IDPS, "SYR", "UNHCR, other source from 2020")
    assert sorted(later) == [2020, 2021, 2022, 2023, 2024]
    assert later[2020] == 69_454
    places = {row.definition for place in GOVERNORATES for row in rows(Measure.RETURNED_IDPS, place)}
    assert places == {"UNHCR, other source from 2020"}


def test_verified_returns_and_those_of_other_reports_are_two_definitions() -> None:
    """Türkiye's returns of 2017-18 and all of 2024 are not what UNHCR verified."""
    others = {(row.place, row.date.year): row.value for row in rows(Measure.RETURNED_REFUGEES)
              if row.definition == WITH_OTHER_REPORTS}  # fmt: skip
    verified = {(row.place, row.date.year) for row in rows(Measure.RETURNED_REFUGEES)
                if row.definition == "UNHCR verified"}  # fmt: skip
    assert (others["TUR", 2017], others["TUR", 2018]) == (44_931, 177_282)
    assert {host for host, year in others if year == 2024} == set(FIVE_HOSTS)
    assert {year for _, year in verified} == set(range(2017, 2024))
    assert not verified & {("TUR", 2017), ("TUR", 2018)}


def test_returns_of_2017_and_2018_without_turkiye_stay_below_what_unhcr_counted() -> None:
    """UNHCR itself counted about 51,000 in 2017 and 37,000 in 2018."""
    verified = Counter[int]()
    for row in rows(Measure.RETURNED_REFUGEES):
        if row.definition == "UNHCR verified":
            verified[row.date.year] += int(row.value)
    assert (verified[2017], verified[2018]) == (32_281, 33_664)


def test_returns_of_2024_are_whole_and_not_cut_at_the_fall_of_the_government() -> None:
    """Most came before 8 December: the running counts (419,200; 58,400 after) are not spliced in."""
    of_2024 = [row for row in rows(Measure.RETURNED_REFUGEES) if row.date.year == 2024]
    in_2024 = [row for row in of_2024 if row.definition == WITH_OTHER_REPORTS]
    assert {row.date for row in in_2024} == {date(2024, 12, 31)}
    assert sum(row.value for row in in_2024) == 512_694
    (crossed,) = [row for row in of_2024 if row not in in_2024]
    assert (crossed.place, crossed.value, crossed.basis) == ("LBN", 364_000, Basis.DERIVED)


# Stocks


def test_registers_are_not_corrected_where_audits_moved_them() -> None:
    """Registered is not present: the published figures stand as they are."""
    turkiye = by_year(Measure.REFUGEE_STOCK, "TUR", "UNHCR year-end")
    lebanon = by_year(Measure.REFUGEE_STOCK, "LBN", "UNHCR year-end")
    assert [turkiye[year] for year in (2021, 2022, 2023, 2024)] == [3_737_369, 3_535_898, 3_214_780, 2_901_478]
    assert [lebanon[year] for year in (2014, 2015, 2016)] == [1_147_494, 1_062_690, 1_005_503]


def test_elsewhere_breaks_where_a_country_of_it_was_counted_anew() -> None:
    """Sudan jumps in 2018 and Canada falls to 5 in 2019; Libya's refugees are asylum seekers from 2015."""
    refugees = definitions(Measure.REFUGEE_STOCK, "XOW")
    assert all(len(names) == 1 for names in refugees.values())
    assert [year for year in range(2012, 2025) if refugees[year] != refugees[year - 1]] == [2015, 2018, 2019]
    waiting = definitions(Measure.ASYLUM_SEEKER_STOCK, "XOW")
    assert [year for year in range(2012, 2025) if waiting[year] != waiting[year - 1]] == [2015]


def test_naturalised_people_come_from_national_sources() -> None:
    """UNHCR's table has 0 for Germany and 79,000 for Türkiye."""
    in_germany = by_year(Measure.NATURALISED, "DEU", "naturalised in the year, national statistics")
    assert in_germany == {2021: 19_100, 2022: 48_300, 2023: 75_500}
    in_turkiye = by_year(Measure.NATURALISED, "TUR", "cumulative since 2011, ministry of the interior")
    assert in_turkiye == {2021: 193_293}
    assert {row.place for row in rows(Measure.NATURALISED)} == {"DEU", "TUR"}


def test_resettled_people_are_one_figure_without_a_host() -> None:
    """About 307,000 were resettled in 2014-2024, host of departure not given."""
    [row] = rows(Measure.RESETTLED)
    assert (row.place, row.value, row.basis) == ("SYR", 307_000, Basis.DERIVED)
    assert row.definition.startswith("cumulative")
    rates = {(row.value, row.basis) for row in syria().conditions if row.indicator == "resettlement_rate"}
    assert len(rates) == 1
    assert {basis for _, basis in rates} == {Basis.ESTIMATE}


@pytest.mark.parametrize(
    ("host", "running", "year_end"),
    [("TUR", 220_000, 248_466), ("LBN", 175_042, 126_939), ("IRQ", 56_475, 63_586)],
)
def test_year_end_and_running_count_are_two_series(host: str, running: int, year_end: int) -> None:
    """At the end of 2012 they differ by 12 to 70 %."""
    counts = {row.date: row for row in rows(Measure.REGISTERED_STOCK, host) if row.definition == RUNNING}
    assert counts[date(2013, 1, 1)].value == running
    assert by_year(Measure.REFUGEE_STOCK, host, "UNHCR year-end")[2012] == year_end
    stocks = {row.definition for row in rows(Measure.REFUGEE_STOCK, host)}
    assert not stocks & {row.definition for row in rows(Measure.REGISTERED_STOCK, host)}


def test_no_count_is_below_five() -> None:
    """Values below 5 never occur in the source, so one here would be made up."""
    counts = [row.value for row in syria().observed if row.measure is not Measure.ORIGIN_SHARE]
    assert min(counts) >= 5
    assert all(count == int(count) for count in counts)


# New arrivals


def test_turkish_arrivals_of_2013_to_2018_are_another_definition() -> None:
    """They balance the stock: 680,983 in 2017, with the border closed."""
    balancing = by_year(
        Measure.NEW_ARRIVALS, "TUR", "UNHCR: balances the stock (registrations with births and backlog)"
    )
    assert sorted(balancing) == [2013, 2014, 2015, 2016, 2017, 2018]
    assert balancing[2017] == 680_983
    assert sorted(by_year(Measure.NEW_ARRIVALS, "TUR", "UNHCR: registrations in the year")) == [2012, 2024]
    others = {row.definition for host in ("LBN", "JOR", "IRQ", "EGY") for row in rows(Measure.NEW_ARRIVALS, host)}
    assert others == {"UNHCR: registrations in the year"}


def test_blank_arrivals_are_left_out() -> None:
    """Blank is not reported, and not zero."""
    years = {host: sorted(definitions(Measure.NEW_ARRIVALS, host)) for host in ("LBN", "IRQ")}
    assert years["LBN"] == list(range(2012, 2018))
    assert years["IRQ"] == [2012, 2013, 2014, 2016, *range(2018, 2025)]


# IDPs and returned IDPs by governorate


def test_idps_of_a_governorate_are_counted_where_they_took_refuge() -> None:
    """Idlib has 159 % of its people of 2011 as IDPs in 2024: the place is not the origin."""
    assert {row.origin for measure in (Measure.IDP_STOCK, Measure.RETURNED_IDPS) for row in rows(measure)} == {""}
    [residents] = [row.people for row in syria().population if (row.origin, row.place) == ("idlib", "idlib")]
    idlib = by_year(Measure.IDP_STOCK, "idlib", "UNHCR year-end")
    assert idlib[2024] / residents == pytest.approx(1.58, abs=0.02)


# Refugees inside the host countries


def test_rows_that_repeat_a_place_are_added_up() -> None:
    """178 rows repeat a key; a province and its camps bear one name."""
    in_2013 = {row.place: row.value for row in rows(Measure.REFUGEE_STOCK) if row.date == date(2013, 12, 31)}
    assert in_2013["hatay"] == 74_397 + 14_945
    assert in_2013["kilis"] == 25_925 + 37_274
    [duhok] = [row.value for row in rows(Measure.REFUGEE_STOCK, "duhok") if row.date.year == 2017]
    assert duhok == 33_934 + 52_700


@pytest.mark.shared
@pytest.mark.usefixtures("facts")
@pytest.mark.parametrize("country", ["TUR", "LBN", "JOR", "IRQ"])
def test_no_row_of_a_host_is_lost_or_counted_twice(country: str) -> None:
    """Spelling variants and repeated rows: what is located and what is not make up the source's sum."""
    wholes = Counter[int]()
    for row in read_facts("unhcr_host_locations"):
        if row["coa_iso"] == country and not row["location"].startswith(("Dispersed", "Al-hasakeh")):
            wholes[int(row["year"])] += int(row["total"])
    located = Counter[int]()
    for observed in syria().observed:
        if observed.source == "unhcr-loc" and country_of()[observed.place] == country:
            located[observed.date.year] += int(observed.value)
    left_out = {("LBN", 2016): 274_139, ("JOR", 2012): 46_103 + 11_429, ("TUR", 2013): 23, ("TUR", 2014): 5_632}
    assert located
    for year, people in located.items():
        assert people == wholes[year] - left_out.get((country, year), 0), year


def test_dahuk_of_jordan_is_azraq_camp_and_not_duhok() -> None:
    """Jordan's row `Dahuk` of 2022-23 (44,805 and 45,258) is Azraq camp."""
    azraq = by_year(Measure.REFUGEE_STOCK, "azraq", "UNHCR by location")
    assert (azraq[2022], azraq[2023]) == (44_805, 45_258)
    duhok = by_year(Measure.REFUGEE_STOCK, "duhok", "UNHCR by location")
    assert all(80_000 < duhok[year] < 90_000 for year in (2022, 2023))


def test_turkish_provinces_end_with_2016() -> None:
    """From 2017 on more than 93 % have no province."""
    places = {place for place, country in country_of().items() if country == "TUR"}
    years = {row.date.year for row in rows(Measure.REFUGEE_STOCK) if row.place in places}
    assert years == {2013, 2014, 2015, 2016}


def test_figures_of_places_say_where_many_have_no_place() -> None:
    """Türkiye 2014 and Jordan 2012 locate only a part of the refugees."""
    known = [row for row in rows(Measure.REFUGEE_STOCK) if row.source == "unhcr-loc"]
    partial = {(country_of()[row.place], row.date.year) for row in known if row.definition != "UNHCR by location"}
    assert partial == {("TUR", 2014), ("JOR", 2012)}


def test_iraq_2016_has_no_places() -> None:
    """Iraq is one row that year."""
    places = {place for place, country in country_of().items() if country == "IRQ"}
    years = {row.date.year for row in rows(Measure.REFUGEE_STOCK) if row.place in places}
    assert years == {*range(2012, 2016), *range(2017, 2025)}


def test_egypt_is_not_split() -> None:
    """`6` is 6th of October, and Aleppo, Homs and Lattakia under Egypt are origins."""
    assert [place for place, country in country_of().items() if country == "EGY"] == ["egypt"]
    assert not [row for row in syria().observed if row.place == "egypt" or (row.place == "EGY" and row.origin)]


# Running counts


def test_running_counts_come_once_for_a_month_end_and_near_it() -> None:
    """The source is neither sorted nor monthly."""
    for host in ("TUR", "LBN", "JOR", "IRQ"):
        days = [row.date for row in rows(Measure.REGISTERED_STOCK, host) if row.definition == RUNNING]
        ends = [min(_month_ends_near(day), key=lambda end: abs(end - day)) for day in days]
        assert days == sorted(days)
        assert len(set(ends)) == len(ends)
        assert all(abs(end - day) <= timedelta(days=7) for end, day in zip(ends, days, strict=True))


def _month_ends_near(day: date) -> tuple[date, date]:
    return day.replace(day=1) - timedelta(days=1), month_end(day.isoformat()[:7])


def test_running_counts_end_with_2015() -> None:
    """The countries' rows end there."""
    days = [row.date for row in rows(Measure.REGISTERED_STOCK)]
    assert date(2011, 1, 1) < min(days)
    assert max(days) == date(2015, 12, 31)


def test_running_counts_are_those_of_countries() -> None:
    """ALL_REGION is no sum and jumps; Jordan's governorates include camps and repeat a wrong year."""
    assert {row.place for row in rows(Measure.REGISTERED_STOCK)} == {"TUR", "LBN", "JOR", "IRQ"}
    assert not {row.value for row in rows(Measure.REGISTERED_STOCK)} & {346_388, 3_705_228, 7_056}


def test_lebanons_own_series_leaves_out_people_who_wait_and_is_apart() -> None:
    """At the end of April 2013 it has 343,843 where the running count has 453,495."""
    that_day = {row.definition: row.value for row in rows(Measure.REGISTERED_STOCK, "LBN")
                if row.date == date(2013, 4, 30)}  # fmt: skip
    assert that_day == {LEBANESE: 343_843, RUNNING: 453_495}


def test_lebanons_december_2012_stands_on_the_19th() -> None:
    """`2012-12(19th)` is no date."""
    december = [row for row in rows(Measure.REGISTERED_STOCK, "LBN") if (row.date.year, row.date.month) == (2012, 12)]
    assert [(row.date.day, row.value) for row in december] == [(19, 120_989)]


# IDPs of the country


def test_idps_by_unhcr_and_by_idmc_are_two_series() -> None:
    """2012: 2,016,500 and 3,000,000; 2017: 6,150,005 and 6,784,000."""
    assert by_year(Measure.IDP_STOCK, "SYR", "IDMC year-end") == {2012: 3_000_000, 2017: 6_784_000}
    unhcr = by_year(Measure.IDP_STOCK, "SYR", "UNHCR year-end")
    assert (unhcr[2012], unhcr[2017]) == (2_016_500, 6_150_005)


def test_large_changes_of_idps_are_kept_as_published() -> None:
    """Aleppo rose by 373,439 in 2023, Daraa fell from 362,881 to 68,676 in 2019."""
    aleppo = by_year(Measure.IDP_STOCK, "aleppo", "UNHCR year-end")
    daraa = by_year(Measure.IDP_STOCK, "daraa", "UNHCR year-end")
    assert aleppo[2023] - aleppo[2022] - 373_439 == pytest.approx(0, abs=30)
    assert (daraa[2018], daraa[2019]) == (362_881, 68_676)


# What is not observed at all


def test_intentions_to_return_are_no_measure() -> None:
    """They are a condition, whose weight is 0 unless it is set: no run is scored by what people said they would do."""
    assert not [measure for measure in Measure if "inten" in measure.value]
    assert parameter_row("return_weight_intention").default == 0.0


def test_planners_figures_are_not_observed() -> None:
    """In December 2018 up to 250,000 returns were planned for 2019; 94,981 came."""
    values = {row.value for row in rows(Measure.RETURNED_REFUGEES)}
    assert 250_000 not in values
    assert not [row for row in syria().observed if "plan" in row.definition or row.known_on < row.date]


# Two definitions are two series


def test_every_definition_has_one_publisher() -> None:
    """Figures of two sources never share a series, but for UNHCR's IDPs of the country and its governorates."""
    sources: dict[tuple[Measure, str], set[str]] = defaultdict(set)
    for row in syria().observed:
        sources[row.measure, row.definition].add(row.source)
    shared = {key: found for key, found in sources.items() if len(found) > 1}
    unhcr = {"unhcr-pop", "unhcr-gov"}
    assert shared == {
        (Measure.IDP_STOCK, "UNHCR year-end"): unhcr,
        (Measure.RETURNED_IDPS, "UNHCR, other source from 2020"): unhcr,
        (Measure.ORIGIN_SHARE, "share of registered refugees by governorate of origin"): {
            "unhcr-orig-lbn",
            "unhcr-orig-jor",
        },
    }
