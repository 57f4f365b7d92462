"""Which observed figures a fit aims at, and how closely."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from homeward.case.schema import Basis, Case, Event, EventIndicator, Measure, Observation
from homeward.judge.score import REST_OF_THE_WORLD, SMALLEST_FIGURE
from homeward.learn import targets
from homeward.learn.targets import Target, targets_of
from tests.small_case import small_case

SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}
FAR = frozenset({"HOB", "HOC"})
THROUGH = date(2016, 12, 31)
YEAR_END, ELSEWHERE = "UNHCR year-end", "IDMC"
STOCK, IDPS, SHARE = Measure.REFUGEE_STOCK, Measure.IDP_STOCK, Measure.ORIGIN_SHARE
REFUGEES_BACK, IDPS_BACK = Measure.RETURNED_REFUGEES, Measure.RETURNED_IDPS


def figure(
    year: int, place: str, value: float, measure: Measure = STOCK, *, definition: str = YEAR_END, **more: Any
) -> Observation:
    row = {"date": date(year, 12, 31), "measure": measure, "place": place, "value": value, "definition": definition}
    return Observation.model_validate(row | SAID | more)


def case_of(*rows: Observation, events: tuple[Event, ...] = ()) -> Case:
    """Return the small case from 2012 to 2018 with these figures."""
    case = small_case(end=date(2018, 12, 31))
    return case.model_copy(update={"observed": rows, "events": events})


def found(*rows: Observation, events: tuple[Event, ...] = (), through: date = THROUGH) -> list[Target]:
    return list(targets_of(case_of(*rows, events=events), FAR, through))


def told(*rows: Observation, events: tuple[Event, ...] = (), through: date = THROUGH) -> list[tuple[str, int, float]]:
    """Return name, year and value of every target, sorted."""
    return sorted((t.name, t.date.year, t.value) for t in found(*rows, events=events, through=through))


# Stocks


def test_stocks_of_the_first_year_and_of_the_first_full_year_are_left_out() -> None:
    rows = [
        figure(year, place, 5_000, measure)
        for year in range(2012, 2016)
        for place, measure in (("HOA", STOCK), ("ORI", IDPS), ("north", IDPS))
    ]
    assert told(*rows) == [(name, year, 5_000) for name in ("HOA", "ORI", "north") for year in (2014, 2015)]


def test_figures_later_than_the_last_day_are_no_targets() -> None:
    rows = [
        figure(year, place, value, measure, **more)
        for year in (2014, 2015, 2016)
        for place, value, measure, more in (
            ("HOA", 5_000, STOCK, {}),
            ("ORI", 5_000, IDPS, {}),
            ("HOA", 5_000, REFUGEES_BACK, {}),
            ("HOA", 0.5, SHARE, {"origin": "north"}),
        )
    ]
    assert {target.date.year for target in found(*rows, through=date(2015, 12, 31))} == {2014, 2015}
    assert {target.date.year for target in found(*rows, through=date(2015, 12, 30))} == {2014}
    assert len(found(*rows, through=THROUGH)) == 12


def test_a_host_near_by_is_its_own_group_and_far_countries_are_one_and_single() -> None:
    rows = figure(2014, "HOA", 9_000), figure(2014, "HOB", 5_000), figure(2014, "HOC", 3_000)
    assert {(t.name, t.value, t.spread, len(t.rows)) for t in found(*rows)} == {
        ("HOA", 9_000, targets.GROUP_SD, 1),
        (REST_OF_THE_WORLD, 8_000, targets.GROUP_SD, 2),
        ("HOB", 5_000, targets.FAR_COUNTRY_SD, 1),
        ("HOC", 3_000, targets.FAR_COUNTRY_SD, 1),
    }


def test_each_year_of_the_rest_of_the_world_has_the_countries_that_have_a_figure() -> None:
    rows = figure(2014, "HOB", 5_000), figure(2015, "HOB", 6_000), figure(2015, "HOC", 3_000)
    groups = {t.date.year: t.value for t in found(*rows) if t.name == REST_OF_THE_WORLD}
    assert groups == {2014: 5_000, 2015: 9_000}


def test_idps_are_counted_closely_in_the_country_and_loosely_by_district() -> None:
    rows = figure(2014, "ORI", 9_000, IDPS), figure(2014, "north", 5_000, IDPS), figure(2014, "city", 5_000, IDPS)
    assert {(t.name, t.spread) for t in found(*rows)} == {
        ("ORI", targets.IDP_SD),
        ("north", targets.DISTRICT_SD),
    }


def test_stocks_at_a_place_abroad_or_of_one_origin_are_no_targets() -> None:
    assert found(figure(2014, "city", 5_000), figure(2014, "HOA", 5_000, origin="north")) == []


def test_stocks_by_another_definition_are_no_targets() -> None:
    rows = (
        figure(2014, "HOA", 9_000),
        figure(2014, "HOA", 7_000, definition=ELSEWHERE),
        figure(2014, "HOB", 5_000, definition="UNHCR year-end, counted anew in 2014"),
        figure(2014, "ORI", 6_000, IDPS, definition=ELSEWHERE),
        figure(2014, "HOA", 8_000, Measure.REGISTERED_STOCK),
        figure(2014, "HOB", 8_000, Measure.ASYLUM_SEEKER_STOCK),
        figure(2014, "HOA", 8_000, Measure.NEW_ARRIVALS),
    )
    assert told(*rows) == [("HOA", 2014, 9_000), ("HOB", 2014, 5_000), (REST_OF_THE_WORLD, 2014, 5_000)]


def test_a_country_counted_in_two_ways_of_one_family_stands_in_its_group_once() -> None:
    """As in the score: otherwise it would weigh double."""
    rows = figure(2014, "HOB", 5_000), figure(2014, "HOB", 5_200, definition="UNHCR year-end, counted anew in 2014")
    [group] = [target for target in found(*rows) if target.name == REST_OF_THE_WORLD]
    assert [row.place for row in group.rows] == ["HOB"]


def test_a_place_is_no_country_however_its_id_is_written() -> None:
    """P-codes are written in capitals: OR01 is the district north and HA02 the city."""
    codes = {"north": "OR01", "city": "HA02"}
    rows = (
        figure(2014, "HA02", 5_000),
        figure(2014, "OR01", 5_000, IDPS_BACK),
        figure(2014, "HA02", 5_000, REFUGEES_BACK),
    )
    case = case_of(*rows)
    places = tuple(p.model_copy(update={"id": codes.get(p.id, p.id)}) for p in case.places)
    assert targets_of(case.model_copy(update={"places": places}), FAR, THROUGH) == ()


# Small figures


def test_figures_of_few_people_are_no_targets_unless_they_are_many_together() -> None:
    few, enough = SMALLEST_FIGURE - 1, SMALLEST_FIGURE
    rows = figure(2014, "HOB", few), figure(2014, "HOC", 1), figure(2014, "HOA", few), figure(2014, "north", few, IDPS)
    assert told(*rows) == [(REST_OF_THE_WORLD, 2014, enough)]
    assert told(figure(2014, "HOA", enough)) == [("HOA", 2014, enough)]


def test_that_hardly_anyone_returns_is_a_finding_but_a_handful_is_none() -> None:
    few, fewer = targets.SMALLEST_RETURNS, targets.SMALLEST_RETURNS - 1
    rows = [figure(2014, "HOA", few, REFUGEES_BACK), figure(2015, "HOA", fewer, REFUGEES_BACK)]
    assert told(*rows, figure(2014, "ORI", few, IDPS_BACK)) == [("HOA", 2014, few)]


def test_nobody_is_no_target() -> None:
    assert found(figure(2014, "HOB", 0), figure(2014, "HOA", 0, SHARE, origin="north")) == []


# Returns


def test_returns_by_two_definitions_are_two_targets_and_verified_ones_count_more() -> None:
    rows = (
        figure(2014, "HOA", 5_000, REFUGEES_BACK, definition=targets.VERIFIED),
        figure(2014, "HOA", 9_000, REFUGEES_BACK, definition="ministry"),
        figure(2014, "ORI", 7_000, IDPS_BACK, definition="OCHA"),
        figure(2014, "north", 7_000, IDPS_BACK, definition="OCHA"),
        figure(2013, "HOA", 5_000, REFUGEES_BACK, definition=targets.VERIFIED),
    )
    assert sorted((t.name, t.value, t.spread) for t in found(*rows)) == [
        ("HOA", 5_000, targets.VERIFIED_SD),
        ("HOA", 9_000, targets.RETURNS_SD),
        ("ORI", 7_000, targets.RETURNS_SD),
    ]


def border(place: str, day: date, level: str) -> Event:
    return Event(place=place, date=day, indicator=EventIndicator.BORDER, value=level, **SAID)


RETURNS = figure(2015, "HOA", 5_000, REFUGEES_BACK)


@pytest.mark.parametrize(
    ("events", "aimed_at"),
    [
        ((), True),
        ((border("HOA>ORI", date(2013, 3, 1), "closed"),), False),
        ((border("HOA>ORI", date(2016, 1, 1), "closed"),), True),
        ((border("HOA>ORI", date(2013, 3, 1), "restricted"),), True),
        ((border("ORI>HOA", date(2013, 3, 1), "closed"),), True),
        ((border("HOA>ORI", date(2013, 3, 1), "closed"), border("HOA>ORI", date(2015, 7, 3), "open")), True),
        ((border("HOA>ORI", date(2013, 3, 1), "closed"), border("HOA>ORI", date(2015, 7, 4), "open")), False),
        ((border("HOA>ORI", date(2015, 6, 29), "closed"),), False),
        ((border("HOA>ORI", date(2015, 7, 1), "closed"),), True),
    ],
    ids=["open", "closed", "closed later", "restricted", "the other way", "183 days", "184 days", "from June 29",
         "from July 1"],
)  # fmt: skip
def test_returns_over_a_border_closed_for_most_of_the_year_are_no_targets(
    events: tuple[Event, ...], *, aimed_at: bool
) -> None:
    assert bool(found(RETURNS, events=events)) is aimed_at
    assert bool(found(RETURNS, events=events[::-1])) is aimed_at
    assert found(figure(2015, "ORI", 5_000, IDPS_BACK), events=events)


@pytest.mark.parametrize("place", ["*>ORI", "HOA>*", "*>*"])
def test_a_border_closed_with_all_others_is_closed_too(place: str) -> None:
    assert found(RETURNS, events=(border(place, date(2013, 3, 1), "closed"),)) == []


# Shares by origin


def test_a_share_of_an_origin_is_aimed_at_as_a_share() -> None:
    [target] = found(figure(2014, "HOA", 0.3, SHARE, origin="north", definition="survey"))
    assert (target.name, target.value, target.spread, target.is_share) == (
        "HOA from north",
        0.3,
        targets.SHARE_SD,
        True,
    )
    assert not found(figure(2014, "HOA", 5_000))[0].is_share
