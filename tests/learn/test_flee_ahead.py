"""Flee's rules as a forecast: what is told, where people set out from, and that no later row is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.case.flee.counts import daily_counts
from homeward.case.flee.model import (
    CampCounts,
    Closure,
    ClosureKind,
    ConflictSchedule,
    FleeCase,
    FleeLocation,
    FleeRoute,
    LocationChange,
    LocationKind,
)
from homeward.learn.flee_ahead import (
    from_day_0,
    from_last_counts,
    known_and_carried_on,
    tables_after,
    without_capacities,
)
from homeward.rules.flee.tables import FleeTables, flee_tables
from tests.case.flee.test_counts import START, case_of

FloatArray = NDArray[np.float64]
ORIGIN, DAYS = 20, 41
AHEAD = {25: np.array([3_000.0, 1_500.0]), 40: np.array([4_000.0, 3_000.0])}


def war(days: int = DAYS, capacity: int = 0) -> FleeCase:
    """Return two zones of conflict, a town and two camps, with conflict, closures and corrections before and after."""
    case = case_of(
        {
            "Near": [[(0, 100), (10, 1_100), (18, 1_000), (30, 2_000), (40, 2_500)]],
            "Far": [[(0, 0), (12, 900), (35, 2_000)]],
        },
        days=days,
        corrections=[("Near", 18), ("Near", 30)],
        capacities={"Far": capacity},
        insert_day0=True,
    )
    kinds = (
        ("West", LocationKind.CONFLICT_ZONE, 0),
        ("East", LocationKind.CONFLICT_ZONE, 5),
        ("Mid", LocationKind.TOWN, None),
    )
    places = tuple(FleeLocation(name, None, "Home", None, None, kind, day, 50_000) for name, kind, day in kinds)
    roads = (("West", "Mid", 50.0), ("East", "Mid", 90.0), ("Mid", "Near", 60.0), ("East", "Far", 80.0))
    schedule = tuple((1.0, 1.0 if 5 <= day < 30 else 0.0) for day in range(days))
    return replace(
        case,
        locations=places + case.locations,
        routes=tuple(FleeRoute(*road) for road in roads),
        conflicts=ConflictSchedule(("West", "East"), schedule),
        closures=(
            Closure(ClosureKind.LOCATION, "Far", None, 0, 8),
            Closure(ClosureKind.LOCATION, "Near", None, 15, 28),
            Closure(ClosureKind.LOCATION, "Far", None, 32, 36),
        ),
        location_changes=(LocationChange("Mid", LocationKind.FORWARDING_HUB, 33),),
    )


def with_other_counts(case: FleeCase, chosen: Callable[[int], bool]) -> FleeCase:
    """Return a case with other counts on the chosen days."""

    def row(one: CampCounts) -> CampCounts:
        def people(day: int, many: int) -> int:
            return 3 * many + 700 if chosen(day) else many

        files = tuple(
            replace(
                file,
                counts=tuple(replace(each, people=people((each.on - START).days, each.people)) for each in file.counts),
            )
            for file in one.files
        )
        return replace(one, files=files)

    return replace(case, camps=tuple(map(row, case.camps)), total=None if case.total is None else row(case.total))


def with_other_conflicts(case: FleeCase, chosen: Callable[[int], bool]) -> FleeCase:
    """Return a case in which all places with peace have conflict on the chosen days, and the others peace."""
    assert case.conflicts is not None
    rows = enumerate(case.conflicts.intensities)
    changed = tuple(tuple(0.0 if one > 0 else 1.0 for one in row) if chosen(day) else row for day, row in rows)
    return replace(case, conflicts=replace(case.conflicts, intensities=changed))


def with_other_closures(case: FleeCase, chosen: Callable[[int], bool]) -> FleeCase:
    """Return a case without the closures that begin on chosen days, and without the end of those that end then."""
    kept = (one for one in case.closures if not chosen(one.start))
    return replace(
        case,
        closures=tuple(replace(one, end=None) if one.end is not None and chosen(one.end) else one for one in kept),
        location_changes=tuple(change for change in case.location_changes if not chosen(change.day)),
    )


def with_other_corrections(case: FleeCase, chosen: Callable[[int], bool]) -> FleeCase:
    """Return a case without the corrections of chosen days."""
    kept = (one for one in case.corrections if not chosen((one.on - case.period.start).days))
    return replace(case, corrections=tuple(kept))


POISONS = (with_other_counts, with_other_conflicts, with_other_closures, with_other_corrections)


def poisoned(case: FleeCase, origin: int) -> FleeCase:
    """Return a case in which all is different that is dated after the origin."""
    for poison in POISONS:
        case = poison(case, lambda day: day > origin)
    return case


def tables(case: FleeCase, hasten: int = 10) -> FleeTables:
    return flee_tables(known_and_carried_on(case, ORIGIN, AHEAD), hasten=hasten, days=DAYS)


def both(case: FleeCase) -> bytes:
    made = tables(case)
    return b"".join(run(made, ORIGIN, hasten=10).tobytes() for run in (from_day_0, from_last_counts))


def test_counts_hold_until_the_origin_and_go_on_as_forecast() -> None:
    counts = daily_counts(known_and_carried_on(war(), ORIGIN, AHEAD))
    assert counts.counted[ORIGIN].tolist() == [1_000, 900]
    assert counts.counted[[25, 40]].tolist() == [[3_000, 1_500], [4_000, 3_000]]
    assert counts.counted[23, 0] == 1_000 + 3 * 400, "on a line to the first horizon"
    assert counts.counted[10, 0] == 1_000, "a correction that was known by then is made"


def test_a_camp_that_is_no_place_keeps_its_last_count_and_the_total_grows_with_the_others() -> None:
    case = replace(war(), locations=tuple(place for place in war().locations if place.name != "Far"))
    case = replace(case, routes=case.routes[:3], closures=())
    found = known_and_carried_on(case, ORIGIN, AHEAD)
    assert [[count.people for count in row.files[0].counts[-2:]] for row in found.camps] == [[3_000, 4_000], [900, 900]]
    assert found.total is not None
    assert [count.people for count in found.total.files[0].counts] == [0, 0, 2_000, 3_000]


def test_a_forecast_of_the_past_is_refused() -> None:
    with pytest.raises(ValueError, match="from day 25"):
        known_and_carried_on(war(), 25, AHEAD)


def test_people_set_out_from_where_they_were_last_counted() -> None:
    after = tables_after(tables(war()), ORIGIN)
    people = dict(zip(after.network.names, after.at_start.tolist(), strict=True))
    assert people == {"West": 0, "East": 0, "Mid": 0, "Near": 100, "Far": 90}
    assert after.new.sum() == 700 - 190 and after.days == DAYS - ORIGIN - 1


def test_a_fall_makes_a_debt_but_debts_of_earlier_days_are_forgotten() -> None:
    falls = {25: np.array([500.0, 900.0]), 30: np.array([1_000.0, 900.0]), 40: np.array([1_200.0, 900.0])}
    made = flee_tables(known_and_carried_on(war(), ORIGIN, falls), hasten=10, days=DAYS)
    new = tables_after(made, ORIGIN).new
    assert new[:9].sum() == 0 and new.sum() == 20, "50 fewer by day 25 are no debt of day 30 any more"
    fell = with_other_corrections(with_other_counts(war(), lambda day: day == 10), lambda day: day == 18)
    owing = tables(fell)
    assert owing.counts.debt[ORIGIN] > 0 and tables_after(owing, ORIGIN).new.sum() == 700 - 190


def test_all_arrays_by_day_are_cut() -> None:
    """A table that is new among those of Flee's rules must be cut too: no axis has as many days as before."""
    made = tables(war())
    after = tables_after(made, ORIGIN)
    for owner, cut in ((made, after), (made.state, after.state)):
        for field in fields(owner):
            one, other = getattr(owner, field.name), getattr(cut, field.name)
            if isinstance(one, np.ndarray) and DAYS in one.shape:
                assert tuple(DAYS - ORIGIN - 1 if size == DAYS else size for size in one.shape) == other.shape, (
                    field.name
                )


def test_new_people_arrive_and_the_others_mostly_stay() -> None:
    found = from_last_counts(tables(war()), ORIGIN, hasten=10)
    assert found.shape == (DAYS - ORIGIN - 1, 2)
    assert 0.6 * 7_000 < found[-1].sum() <= 7_000
    assert found[0] == pytest.approx([1_000, 900], abs=300)
    from_0 = from_day_0(tables(war()), ORIGIN, hasten=10)
    assert from_0.shape == found.shape and not np.array_equal(from_0, found)


def test_without_capacities_a_full_camp_receives_more() -> None:
    full = war(capacity=1_500)
    held, free = (from_last_counts(tables(case), ORIGIN, hasten=10)[-1, 1] for case in (full, without_capacities(full)))
    assert held < free


def test_nothing_dated_after_the_origin_is_seen() -> None:
    assert both(war()) == both(poisoned(war(), ORIGIN))


@pytest.mark.parametrize("poison", POISONS)
def test_what_is_dated_before_is_seen(poison: Callable[..., FleeCase]) -> None:
    """The test above can fail, by counts, conflicts, closures and corrections each."""
    before = poison(war(), lambda day: day < ORIGIN)
    assert both(war()) != both(before)
    last = poison(war(), lambda day: day == 18)
    assert poison is not with_other_counts or both(war()) != both(last)


def test_the_whole_case_would_be_seen() -> None:
    """Rules that are told all, as on the allocation track, say something else in a poisoned case."""
    whole = (flee_tables(case, hasten=10, days=DAYS) for case in (war(), poisoned(war(), ORIGIN)))
    one, other = (from_day_0(each, ORIGIN, hasten=10) for each in whole)
    assert not np.array_equal(one, other)


def test_the_forecast_ends_with_the_last_day_that_was_asked_for() -> None:
    short = flee_tables(known_and_carried_on(war(), ORIGIN, {25: AHEAD[25]}), hasten=10, days=26)
    assert np.array_equal(
        from_last_counts(short, ORIGIN, hasten=10), from_last_counts(tables(war()), ORIGIN, hasten=10)[:5]
    )
    assert war().period.start + timedelta(days=25) > START
