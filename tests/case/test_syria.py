"""The built-in Syria case: sound, complete, honest about what it rests on, and free of the facts' traps."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tools.syria.build import CASE_FOLDER, build
from tools.syria.conditions import holder_shares
from tools.syria.facts import (
    GOVERNORATE_OF_NAME,
    GOVERNORATE_OF_PCODE,
    HANDMADE,
    largest_remainder,
    months,
    read_facts,
)
from tools.syria.locations import host_locations
from tools.syria.registered import month_end_counts
from tools.syria.violence import OVERLAP, fit_factors, read_deaths

from homeward.case.check import check_case
from homeward.case.folder import read_case
from homeward.case.schema import Basis, Case, EventIndicator, Measure, Observation, PlaceKind

GOVERNORATES = tuple(GOVERNORATE_OF_PCODE.values())


@cache
def syria() -> Case:
    return read_case(CASE_FOLDER)


@cache
def road_distances() -> dict[tuple[str, str], float]:
    """Return the shortest ways between all places (Floyd and Warshall), in kilometres."""
    names = [place.id for place in syria().places]
    index = {name: number for number, name in enumerate(names)}
    km = np.full((len(names), len(names)), np.inf)
    np.fill_diagonal(km, 0.0)
    for route in syria().routes:
        if route.from_place != route.to_place:
            ends = index[route.from_place], index[route.to_place]
            km[ends] = km[ends[::-1]] = route.km
    for middle in range(len(names)):
        km = np.minimum(km, km[:, [middle]] + km[[middle], :])
    return {(a, b): float(km[index[a], index[b]]) for a in names for b in names}


def observations(measure: Measure, place: str, definition: str = "") -> dict[int, Observation]:
    return {
        row.date.year: row
        for row in syria().observed
        if (row.measure, row.place) == (measure, place) and definition in row.definition and not row.origin
    }


@pytest.mark.shared
@pytest.mark.usefixtures("facts")
def test_committed_tables_are_what_the_program_makes(tmp_path: Path) -> None:
    for name in build(tmp_path):
        assert (tmp_path / name).read_bytes() == (CASE_FOLDER / name).read_bytes(), name


def test_case_has_no_problem() -> None:
    assert check_case(syria()) == []


def test_case_stays_small() -> None:
    assert (CASE_FOLDER / "conditions.csv").stat().st_size < 600_000


# Places, routes and people


def test_fourteen_governorates_and_forty_three_places_of_refuge() -> None:
    kinds = Counter((place.country, place.kind.value) for place in syria().places)
    assert kinds[("SYR", "district")] == 14
    assert kinds[("TUR", "area")] == 13
    assert kinds[("LBN", "area")] == 5
    assert (kinds[("JOR", "area")], kinds[("JOR", "camp")]) == (12, 2)
    assert kinds[("IRQ", "area")] == 4
    assert sum(kinds.values()) == 14 + 43


def test_no_place_has_a_capacity_and_only_camps_no_weight() -> None:
    assert all(place.capacity is None for place in syria().places)
    weightless = {place.id for place in syria().places if not place.population}
    assert weightless == {place.id for place in syria().places if place.kind is PlaceKind.CAMP}


def test_no_input_rests_on_refugee_stocks() -> None:
    sources = {row.source for row in (*syria().places, *syria().routes)}
    sources |= {row.source for row in syria().conditions if row.indicator.startswith(("violence", "held_by"))}
    assert sources == {"geography", "host-census", "vdc", "vdc+ucdp", "sohr", "hand"}


@pytest.mark.shared
@pytest.mark.usefixtures("facts")
def test_people_live_where_they_are_put() -> None:
    centre = {GOVERNORATE_OF_PCODE[row["pcode"]]: row for row in read_facts("governorates")}
    apart = {}
    for place in syria().places[:14]:
        north = 111.2 * (place.latitude - float(centre[place.id]["lat"]))
        east = 111.2 * np.cos(np.radians(34)) * (place.longitude - float(centre[place.id]["lon"]))
        apart[place.id] = float(np.hypot(north, east))
    assert apart["homs"] == pytest.approx(148, abs=5)
    assert apart["rural-damascus"] == pytest.approx(91, abs=8)


def test_people_on_15_march_2011() -> None:
    at_home = [row for row in syria().population if row.stage == "resident"]
    assert {row.place for row in at_home} == set(GOVERNORATES)
    assert all(row.place == row.origin for row in at_home)
    assert sum(row.people for row in at_home) == pytest.approx(20.98e6, abs=5_000)


def test_refugees_abroad_before_the_war() -> None:
    abroad = [row for row in syria().population if row.stage == "refugee"]
    assert sum(row.people for row in abroad) == 18_451
    germany = {row.origin: row.people for row in abroad if row.place == "germany"}
    assert sum(germany.values()) == 10_518
    assert max(germany, key=lambda origin: germany[origin]) == "aleppo"


def test_largest_remainder_keeps_the_total() -> None:
    assert largest_remainder(10, [1, 1, 1]) == [4, 3, 3]
    assert largest_remainder(5, [0.6, 0.4, 0.0]) == [3, 2, 0]


def test_every_place_can_be_reached() -> None:
    assert np.isfinite(list(road_distances().values())).all()


@pytest.mark.parametrize(
    ("start", "end", "km"),
    [
        ("aleppo", "gaziantep", 120),
        ("aleppo", "damascus", 355),
        ("aleppo", "istanbul", 1200),
        ("homs", "north-lebanon", 95),
        ("homs", "beqaa", 110),
        ("daraa", "irbid", 40),
        ("daraa", "mafraq", 45),
        ("daraa", "zaatari", 60),
        ("damascus", "beirut", 115),
        ("damascus", "amman", 205),
        ("al-hasakah", "duhok", 245),
        ("idlib", "hatay", 95),
        ("raqqa", "sanliurfa", 145),
        ("deir-ez-zor", "al-hasakah", 210),
        ("aleppo", "germany", 3300),
    ],
)
def test_distances_are_sane(start: str, end: str, km: float) -> None:
    assert road_distances()[start, end] == pytest.approx(km, rel=0.15)


def test_no_road_is_longer_than_another_way() -> None:
    longer = [
        route
        for route in syria().routes
        if route.from_place != route.to_place and road_distances()[route.from_place, route.to_place] < route.km
    ]
    assert longer == []


def test_people_displaced_inside_a_governorate_cover_some_way() -> None:
    inside = {route.from_place: route.km for route in syria().routes if route.from_place == route.to_place}
    assert set(inside) == set(GOVERNORATES)
    assert inside["damascus"] == min(inside.values())
    assert max(inside.values()) <= 35


@pytest.mark.shared
@pytest.mark.usefixtures("facts")
def test_neighbours_have_a_road_that_says_so() -> None:
    neighbours = {
        frozenset({GOVERNORATE_OF_NAME[row["a"]], GOVERNORATE_OF_NAME[row["b"]]})
        for row in read_facts("adjacency")
        if row["adjacent"] == "1"
    }
    adjacent = {frozenset({route.from_place, route.to_place}) for route in syria().routes if route.adjacent}
    assert adjacent == neighbours


# Violence and holders


def test_violence_is_there_for_every_month_and_governorate() -> None:
    dates = defaultdict(list)
    for row in syria().conditions:
        if row.indicator == "violence" and row.place in GOVERNORATES:
            dates[row.place].append(row.date)
    expected = [date.fromisoformat(f"{month}-01") for month in months("2011-03", "2024-12")]
    assert dates == dict.fromkeys(GOVERNORATES, expected)


def test_violence_does_not_jump_where_a_source_ends() -> None:
    national = Counter[date]()
    for row in syria().conditions:
        if row.indicator == "violence" and row.place in GOVERNORATES:
            national[row.date] += round(row.value)
    for before, after in (("2015-12", "2016-01"), ("2018-07", "2018-08"), ("2019-11", "2019-12")):
        ratio = national[date.fromisoformat(f"{after}-01")] / national[date.fromisoformat(f"{before}-01")]
        assert 1 / 2.7 < ratio < 2.7, (before, after, ratio)


def test_hand_made_violence_has_a_range_and_is_not_known_before_today() -> None:
    for row in syria().conditions:
        if row.indicator == "violence" and row.basis is Basis.ESTIMATE:
            assert row.known_on == HANDMADE
            assert row.low is not None
            assert row.high is not None


def test_no_violence_is_known_before_its_month_is_over() -> None:
    for row in syria().conditions:
        if row.indicator == "violence":
            assert (row.known_on - row.date).days >= 27 + 31


def test_soldiers_listed_by_home_are_taken_out_of_tartus() -> None:
    tartus = {row.date: row for row in syria().conditions if row.place == "tartus"}
    assert tartus[date(2014, 3, 1)].value == pytest.approx(7.1)
    assert tartus[date(2013, 5, 1)].value > 100  # the massacre of Bayda and Baniyas did happen there
    assert tartus[date(2016, 2, 1)].value == 28


@pytest.mark.shared
@pytest.mark.usefixtures("facts")
def test_factors_agree_with_the_facts() -> None:
    records = read_deaths()
    factors = fit_factors(records)
    assert factors["raqqa"].raw == pytest.approx(7.0, abs=0.1)
    assert factors["latakia"].raw == pytest.approx(12.0, abs=0.1)
    assert factors["tartus"].raw == pytest.approx(1.1, abs=0.05)
    sums = [records.sums(place, OVERLAP) for place in GOVERNORATES]
    national = sum(ucdp for _, ucdp in sums) / sum(vdc for vdc, _ in sums)
    assert national == pytest.approx(2.7, abs=0.05)
    for factor in factors.values():
        assert min(factor.raw, national) <= factor.value <= max(factor.raw, national)
        assert factor.low < factor.value < factor.high
    assert len([1 for p in GOVERNORATES for m in months("2016-01", "2019-11") if (p, m) not in records.ucdp]) == 92


def test_holder_shares_add_up_and_change_in_order() -> None:
    for place, steps in holder_shares().items():
        assert all(sum(shares.values()) == pytest.approx(1) for _, shares in steps), place
        assert all(before < after for (before, _), (after, _) in pairwise(steps)), place
        assert steps[0][1]["government"] == 1
        assert steps[-1][1]["government"] == 0
    assert set(holder_shares()) == set(GOVERNORATES)


@pytest.mark.shared
@pytest.mark.usefixtures("facts")
def test_shares_of_people_lie_on_the_right_side_of_shares_of_territory() -> None:
    """The government held the towns, ISIS and the SDF the steppe; sums of the table's rows are not used."""
    for row in read_facts("control_share"):
        if row["as_of"] == "2017-10":
            continue  # names no day and conflicts with 2017-10-23
        people = _people_by_holder(date.fromisoformat(f"{row['as_of']}-01"[:10]))
        assert people["government"] >= float(row["regime"]) / 100, row
        assert people["opposition"] >= float(row["opposition"]) / 100, row
        assert people["isis"] <= float(row["isis"]) / 100 + 0.005, row
        assert not row["sdf"] or people["sdf"] <= float(row["sdf"]) / 100, row


def _people_by_holder(day: date) -> dict[str, float]:
    residents = {row.place: row.people for row in syria().population if row.stage == "resident"}
    shares: dict[str, float] = defaultdict(float)
    for place, steps in holder_shares().items():
        current = [step for since, step in steps if since <= day][-1]
        for holder, share in current.items():
            shares[holder] += share * residents[place] / sum(residents.values())
    return shares


# Events


def test_every_border_has_a_level_at_the_start() -> None:
    borders = {
        event.place
        for event in syria().events
        if event.indicator is EventIndicator.BORDER and event.date <= syria().settings.start
    }
    for country in {place.country for place in syria().places}:
        assert f"*>{country}" in borders


def test_events_come_in_order_and_say_what_happened() -> None:
    borders = defaultdict(list)
    for event in syria().events:
        assert event.what
        borders[event.place, event.indicator].append(event.date)
    assert all(dates == sorted(dates) for dates in borders.values())


def test_audits_are_estimates_with_a_range() -> None:
    audits = [event for event in syria().events if event.indicator is EventIndicator.AUDIT]
    assert {event.place for event in audits} == {"JOR", "LBN", "TUR"}
    for event in audits:
        assert event.basis is Basis.ESTIMATE
        assert event.low is not None
        assert event.high is not None
        assert event.low <= float(event.value) <= event.high


# Observed figures


def test_nothing_observed_is_known_before_it_happened() -> None:
    assert all(row.known_on >= row.date or row.source == "unhcr-lbn" for row in syria().observed)


def test_returns_that_were_not_reported_are_left_out() -> None:
    assert sorted(observations(Measure.RETURNED_REFUGEES, "LBN")) == list(range(2017, 2025))
    assert sorted(observations(Measure.RETURNED_REFUGEES, "TUR")) == [2012, 2013, *range(2017, 2025)]
    assert 2018 not in observations(Measure.RETURNED_IDPS, "SYR", "UNHCR")
    assert all(row.value > 0 for row in syria().observed)


def test_two_definitions_of_returns_stay_two_series() -> None:
    verified = observations(Measure.RETURNED_REFUGEES, "TUR", "UNHCR verified")
    assert sorted(verified) == [2019, 2020, 2021, 2022, 2023]
    in_2019 = [
        row.value for row in syria().observed if row.measure is Measure.RETURNED_REFUGEES and row.date.year == 2019
    ]
    assert sum(in_2019) == 94_981 - 10  # ten from hosts outside the five


def test_changes_of_definition_break_the_series() -> None:
    germany = observations(Measure.REFUGEE_STOCK, "DEU")
    assert len({germany[year].definition for year in (2021, 2022, 2023)}) == 3
    sweden = observations(Measure.REFUGEE_STOCK, "SWE")
    assert sweden[2023].definition != sweden[2024].definition
    elsewhere = observations(Measure.REFUGEE_STOCK, "XOW")
    assert elsewhere[2017].definition != elsewhere[2018].definition


@pytest.mark.shared
@pytest.mark.usefixtures("facts")
def test_hosts_and_groups_add_up_to_the_world() -> None:
    countries = {place.country for place in syria().places} - {"SYR"}
    for year in (2013, 2016, 2024):
        world = sum(int(row["refugees"]) for row in read_facts("unhcr_by_country") if row["year"] == str(year))
        stocks = [observations(Measure.REFUGEE_STOCK, country)[year].value for country in countries]
        assert sum(stocks) == world


def test_misnamed_places_inside_hosts() -> None:
    def stock(place: str, year: int) -> float:
        return observations(Measure.REFUGEE_STOCK, place)[year].value

    assert stock("azraq", 2022) == 44_805  # called Dahuk
    assert stock("erbil", 2017) == 86_809 + 33_887  # two spellings
    assert stock("izmir", 2016) == 101_088  # called Van
    assert stock("sanliurfa", 2016) == 290_343 + 31_801 + 22_192 + 13_781 + 31_852 + 15_181  # with camps
    assert 2016 not in observations(Measure.REFUGEE_STOCK, "beirut")  # contains the North
    assert 2016 not in observations(Measure.REFUGEE_STOCK, "north-lebanon")
    assert 2017 not in observations(Measure.REFUGEE_STOCK, "hatay")  # 93 % dispersed


@pytest.mark.shared
@pytest.mark.usefixtures("facts")
@pytest.mark.parametrize(("country", "year"), [("TUR", 2016), ("LBN", 2024), ("JOR", 2020), ("IRQ", 2021)])
def test_places_of_a_host_add_up_to_the_country(country: str, year: int) -> None:
    located = host_locations(country, year)
    assert set(located) <= {place.id for place in syria().places if place.country == country}
    whole = observations(Measure.REFUGEE_STOCK, country)[year].value
    assert sum(located.values()) == pytest.approx(whole, rel=0.002)


@pytest.mark.shared
@pytest.mark.usefixtures("facts")
def test_twelve_provinces_are_those_with_most_refugees() -> None:
    smallest = min(count for place, count in host_locations("TUR", 2016).items() if place != "rest-of-turkiye")
    ankara = next(
        int(row["total"])
        for row in read_facts("unhcr_host_locations")
        if (row["year"], row["location"]) == ("2016", "Ankara : Province")
    )
    assert smallest > ankara


@pytest.mark.shared
@pytest.mark.usefixtures("facts")
def test_wrong_running_counts_are_dropped() -> None:
    assert 70_158 not in {people for _, people in month_end_counts("JOR")}
    turkiye = [people for _, people in month_end_counts("TUR")]
    assert turkiye.count(1_759_546) == 1
    for host in ("TUR", "LBN", "JOR", "IRQ"):
        days = [day for day, _ in month_end_counts(host)]
        assert days == sorted(set(days))


def test_idps_by_governorate_are_whole() -> None:
    for year in (2014, 2020, 2024):
        inside = [observations(Measure.IDP_STOCK, place)[year].value for place in GOVERNORATES]
        assert sum(inside) == observations(Measure.IDP_STOCK, "SYR", "UNHCR")[year].value
    assert 2015 not in observations(Measure.IDP_STOCK, "raqqa")
    assert observations(Measure.IDP_STOCK, "as-suwayda")[2024].value == 70_775
    assert observations(Measure.RETURNED_IDPS, "as-suwayda")[2024].value == 236
    assert observations(Measure.IDP_STOCK, "SYR", "IDMC")[2012].value == 3_000_000


def test_shares_by_origin() -> None:
    lebanon = [row for row in syria().observed if row.measure is Measure.ORIGIN_SHARE and row.place == "LBN"]
    assert sum(row.value for row in lebanon) == pytest.approx(1, abs=0.001)
    assert max(lebanon, key=lambda row: row.value).origin == "homs"
