"""A Flee case as known on a day: what came later is gone, what went on then goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from homeward.case.flee.known import known_on
from homeward.case.flee.model import (
    AttributeSeries,
    Closure,
    ClosureKind,
    ConflictSchedule,
    FleeCase,
    FleeLocation,
    LocationChange,
    LocationKind,
)
from tests.case.flee.test_counts import START, case_of


def told(**changes: object) -> FleeCase:
    case = case_of({"A": [[(0, 1), (2, 30), (4, 90)]], "B": [[(3, 30)]]}, total=[(0, 7), (4, 70)], days=6)
    return replace(case, **changes)  # type: ignore[arg-type]


def counts(case: FleeCase) -> list[list[tuple[int, int]]]:
    rows = [*([case.total] if case.total else []), *case.camps]
    assert all(len(row.files) == 1 for row in rows)
    return [[((count.on - START).days, count.people) for count in row.files[0].counts] for row in rows]


def test_counts_end_on_the_origin_and_a_camp_without_any_has_nobody() -> None:
    assert counts(known_on(told(), 2)) == [[(0, 7)], [(0, 1), (2, 30)], [(0, 0)]]
    assert counts(known_on(told(), 4)) == [[(0, 7), (4, 70)], [(0, 1), (2, 30), (4, 90)], [(3, 30)]]


def test_files_of_a_camp_become_one_that_holds_what_each_last_said() -> None:
    case = case_of({"A": [[(0, 10), (4, 20)], [(2, 5), (6, 9)]]})
    assert counts(known_on(case, 5))[1] == [(0, 10), (2, 15), (4, 25)]
    assert counts(known_on(case, 6))[1] == [(0, 10), (2, 15), (4, 25), (6, 29)]


def test_conflict_stays_as_it_is_and_what_has_not_begun_does_not_begin() -> None:
    schedule = ConflictSchedule(("A", "B"), ((0.0, 1.0), (1.0, 1.0), (0.0, 0.5), (0.0, 0.0)))
    held = known_on(told(conflicts=schedule), 1).conflicts
    assert held is not None and held.intensities == ((0.0, 1.0), (1.0, 1.0), (1.0, 1.0), (1.0, 1.0))
    zones = [FleeLocation(f"{day}", None, None, None, None, LocationKind.CONFLICT_ZONE, day, 9) for day in (0, 3, 4)]
    known = known_on(told(locations=tuple(zones)), 3).locations
    assert [place.conflict_day for place in known] == [0, 3, 6], "the last one begins after the last day"


def test_what_is_closed_stays_closed_and_what_closes_later_is_open() -> None:
    closures = [Closure(ClosureKind.LOCATION, "A", None, *when) for when in ((0, 2), (1, 5), (2, None), (3, 4), (4, 0))]
    known = known_on(told(closures=tuple(closures)), 2).closures
    assert [(one.start, one.end) for one in known] == [(0, 2), (1, None), (2, None)]


def test_changes_and_corrections_and_series_end() -> None:
    series = AttributeSeries("rain", False, (0, 3), ("A",), ((1.0,), (2.0,)))
    late = AttributeSeries("late", False, (5,), ("A",), ((1.0,),))
    case = told(
        location_changes=tuple(LocationChange("A", LocationKind.TOWN, day) for day in (2, 3)),
        flood_levels=series,
        attributes=(series, late),
    )
    case = replace(case, corrections=case_of({"A": [[(0, 1)]]}, corrections=[("A", 2), ("A", 4)]).corrections)
    known = known_on(case, 2)
    assert [change.day for change in known.location_changes] == [2]
    assert [(one.on - START) for one in known.corrections] == [timedelta(days=2)]
    assert known.flood_levels is not None and known.flood_levels.values == ((1.0,),)
    assert [one.attribute for one in known.attributes] == ["rain"]


def test_a_whole_case_is_known_at_its_end() -> None:
    case = told(conflicts=ConflictSchedule(("A",), ((0.0,),) * 6), locations=told().locations)
    assert known_on(case, 5) == case


def test_a_day_before_the_first_is_refused() -> None:
    with pytest.raises(ValueError, match="day -1"):
        known_on(told(), -1)
