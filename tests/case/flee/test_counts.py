"""Counts of every day and of their own dates: by hand, for any numbers, and as Flee itself printed them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.case.flee.counts import CampObservations, DailyCounts, daily_counts, observations
from homeward.case.flee.model import (
    CampCounts,
    Count,
    CountFile,
    FleeCase,
    FleeLocation,
    LocationKind,
    Period,
    RegistrationCorrection,
)
from homeward.case.flee.parameters import FleeSettings, SpawnRules
from homeward.case.flee.reader import read_flee
from homeward.errors import InputError

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
CASES = ("burundi2015", "car2013", "mali2012", "ssudan2013", "syria2013")
RUNS = [*((name, "hasten100_run0.csv", 100) for name in CASES),
        *((name, "full_run0.csv", 1) for name in ("mali2012", "burundi2015"))]  # fmt: skip
START = date(2020, 1, 1)

Rows = Sequence[tuple[int, int]]
"""Counts of a file, as pairs of day and people."""


def case_of(
    camps: Mapping[str, Sequence[Rows]],
    *,
    total: Rows = ((0, 0),),
    days: int = 10,
    corrections: Sequence[tuple[str, int]] = (),
    towns: Sequence[str] = (),
    capacities: Mapping[str, int] | None = None,
    **spawn: Any,
) -> FleeCase:
    """Return a case that has nothing but counts; each camp has one sequence of counts a file."""

    def row(name: str, files: Sequence[Rows]) -> CampCounts:
        counts = [tuple(Count(START + timedelta(days=day), people) for day, people in rows) for rows in files]
        return CampCounts(name, tuple(CountFile(f"{name}-{n}.csv", each) for n, each in enumerate(counts)))

    room = capacities or {}
    places = [FleeLocation(name, None, None, None, None, LocationKind.CAMP, None, room.get(name, 0)) for name in camps]
    return FleeCase(
        name="made-up",
        settings=FleeSettings(spawn_rules=SpawnRules(**spawn)),
        period=Period(START, days),
        locations=tuple(place for place in places if place.name not in towns),
        routes=(),
        corrections=tuple(RegistrationCorrection(name, START + timedelta(days=day)) for name, day in corrections),
        total=row("total", [total]),
        camps=tuple(row(name, files) for name, files in camps.items()),
    )


def column(found: DailyCounts, camp: str) -> list[int]:
    people: list[int] = found.counted[:, found.camps.index(camp)].tolist()
    return people


def pairs(found: CampObservations) -> list[tuple[int, float]]:
    return list(zip(found.days.tolist(), found.people.tolist(), strict=True))


def test_counts_lie_on_straight_lines_rounded_down_and_level_beyond_their_dates() -> None:
    found = daily_counts(case_of({"A": [[(2, 10), (5, 20), (8, 0)]]}, days=11))
    assert column(found, "A") == [10, 10, 10, 13, 16, 20, 13, 6, 0, 0, 0]


def test_everything_is_divided_before_it_is_rounded() -> None:
    found = daily_counts(case_of({"A": [[(0, 199), (2, 401)]], "B": [[(0, 99)]]}, days=3), hasten=100)
    assert column(found, "A") == [1, 3, 4]
    assert found.counted.sum(axis=1).tolist() == [1, 3, 4]


FIRST: Rows = [(0, 10), (4, 20), (10, 40)]
SECOND: Rows = [(2, 1), (6, 3), (8, 5), (12, 9)]


def test_two_files_are_added_as_flee_adds_them() -> None:
    """The next count of the first and the last of the second, on all dates until the first file ends on day 10."""
    found = daily_counts(case_of({"A": [FIRST, SECOND]}, days=14))
    assert column(found, "A") == [10, 15, 21, 21, 21, 32, 43, 44, 45, 45, 45, 45, 45, 45]


def test_a_file_that_ends_first_ends_the_sum() -> None:
    found = daily_counts(case_of({"A": [SECOND, FIRST]}, days=14))
    assert column(found, "A") == [11, 11, 11, 17, 23, 23, 23, 24, 25, 37, 49, 49, 49, 49]


def test_observations_of_two_files_add_the_last_count_of_each() -> None:
    (found,) = observations(case_of({"A": [FIRST, SECOND]}), corrected=False)
    assert pairs(found) == [(0, 10), (2, 11), (4, 21), (6, 23), (8, 25), (10, 45), (12, 49)]


def test_a_correction_scales_all_counts_before_it_one_after_the_other() -> None:
    rows: Rows = [(-1, 8), (0, 16), (4, 8), (6, 12)]
    case = case_of({"A": [rows], "B": [rows]}, days=7, corrections=[("A", 4), ("A", 6)])
    found = daily_counts(case)
    assert column(found, "A") == [12, 12, 12, 12, 12, 12, 12]
    assert column(found, "B") == [16, 14, 12, 10, 8, 10, 12]
    assert column(daily_counts(case, corrected=False), "A") == column(found, "B")
    assert pairs(observations(case, corrected=True)[0]) == [(-1, 6), (0, 12), (4, 12), (6, 12)]


def test_a_correction_before_day_0_or_on_the_first_count_changes_nothing() -> None:
    case = case_of({"A": [[(-2, 8), (-1, 4), (2, 6)]], "B": [[(1, 5), (3, 0)]]}, corrections=[("A", -1), ("B", 1)])
    assert np.array_equal(daily_counts(case).counted, daily_counts(case, corrected=False).counted)
    assert pairs(observations(case, corrected=True)[0]) == [(-2, 8), (-1, 4), (2, 6)]


@pytest.mark.parametrize(
    ("camps", "day", "what"),
    [
        ({"A": [[(0, 5), (4, 3)]]}, 3, "A, day 3: the sum of its files has no count on its date"),
        ({"A": [[(0, 5), (4, 3)]]}, 5, "A, day 5: the sum of its files has no count on its date"),
        ({"A": [[(0, 5), (2, 0), (4, 3)]]}, 4, "A, day 4: the sum of its files is 0 on the date before"),
        ({"A": [[(0, 5), (4, 3)], [(0, 5), (6, 3)]]}, 6, "A, day 6: the sum of its files has no count on its date"),
    ],
)
def test_a_correction_that_cannot_be_made_is_told(camps: dict[str, list[Rows]], day: int, what: str) -> None:
    with pytest.raises(InputError) as raised:
        daily_counts(case_of(camps, corrections=[("A", day)]))
    (problem,) = raised.value.problems
    assert (problem.file, problem.what) == ("input_csv/registration_corrections.csv", what)


def test_what_was_known_by_a_day_has_neither_later_counts_nor_later_corrections() -> None:
    case = case_of({"A": [[(0, 40), (2, 20), (4, 10), (6, 9)]]}, corrections=[("A", 2), ("A", 4)])
    known = {day: pairs(observations(case, corrected=True, known_by=day)[0]) for day in (-1, 1, 2, 3, 5, 9)}
    assert known[-1] == []
    assert known[1] == [(0, 40)]
    assert known[2] == known[3] == [(0, 20), (2, 20)]
    assert known[5] == [(0, 10), (2, 10), (4, 10)]
    assert known[9] == pairs(observations(case, corrected=True)[0])
    assert pairs(observations(case, corrected=False, known_by=3)[0]) == [(0, 40), (2, 20)]


def test_day_0_brings_the_camps_and_the_total_and_later_days_the_rise_of_the_camps() -> None:
    camps = {"A": [[(0, 5), (1, 8), (2, 6), (3, 7), (4, 11)]], "B": [[(0, 1)]]}
    found = daily_counts(case_of(camps, total=[(0, 6), (4, 100)], days=5))
    assert found.change.tolist() == [12, 3, -2, 1, 4]
    assert found.registered.tolist() == [12, 15, 13, 14, 18]
    assert found.new.tolist() == [0, 3, 0, 0, 3]
    assert found.debt.tolist() == [0, 0, 2, 1, 0]
    assert found.total.tolist() == [6, 29, 53, 76, 100]


def test_those_of_day_0_appear_like_others_where_they_are_not_put_into_camps() -> None:
    found = daily_counts(case_of({"A": [[(0, 5), (2, 9)]]}, total=[(0, 6)], days=3, insert_day0=False))
    assert found.new.tolist() == [11, 2, 2]


def test_the_total_alone_can_say_who_appears() -> None:
    found = daily_counts(case_of({"A": [[(0, 5), (1, 9)]]}, total=[(0, 3), (2, 7)], days=3, sum_from_camps=False))
    assert found.change.tolist() == [3, 2, 2]
    assert found.registered.tolist() == [3, 5, 7]


@pytest.mark.parametrize("from_camps", [True, False])
def test_camps_that_start_empty_lack_those_of_day_0(from_camps: bool) -> None:  # noqa: FBT001
    rows = {"A": [[(-1, 3), (0, 5), (2, 9)]], "B": [[(0, 4), (2, 0)]]}
    case = case_of(rows, total=[(0, 3), (2, 7)], days=3, empty_camps_on_day0=True, sum_from_camps=from_camps)
    found = daily_counts(case)
    assert found.counted.tolist() == [[0, 0], [2, -2], [4, -4]]
    assert found.day0.tolist() == [5, 4]
    assert found.total.tolist() == [0, 2, 4]
    assert found.change.tolist() == ([0, 0, 0] if from_camps else [0, 2, 2])
    assert [pairs(camp) for camp in observations(case, corrected=True)] == [
        [(-1, -2), (0, 0), (2, 4)],
        [(0, 0), (2, -4)],
    ]


def test_a_camp_that_is_no_place_is_added_up_but_not_compared() -> None:
    case = case_of({"A": [[(0, 5)]], "B": [[(0, 1), (1, 4)]]}, days=2, towns=["B"])
    found = daily_counts(case)
    assert (found.camps, found.compared.tolist()) == (("A", "B"), [True, False])
    assert found.registered.tolist() == [6, 9]
    assert [camp.compared for camp in observations(case, corrected=False)] == [True, False]


def test_a_place_that_is_no_camp_is_not_compared() -> None:
    case = case_of({"A": [[(0, 5)]]})
    town = replace(case.locations[0], kind=LocationKind.TOWN)
    assert not daily_counts(replace(case, locations=(town,))).compared.any()


def test_the_settings_may_say_for_how_many_days() -> None:
    case = case_of({"A": [[(0, 5)]]}, days=9)
    shorter = replace(case, settings=FleeSettings(number_of_steps=4))
    assert [len(daily_counts(each).counted) for each in (case, shorter)] == [9, 4]
    assert len(daily_counts(shorter, days=12).counted) == 12


def test_a_case_without_counts_has_nobody() -> None:
    found = daily_counts(replace(case_of({}, days=3), total=None))
    assert (found.counted.shape, found.camps) == ((3, 0), ())
    assert not any(np.any(series) for series in (found.total, found.registered, found.new, found.debt, found.change))


FILES = st.dictionaries(st.integers(-5, 15), st.integers(0, 10_000), min_size=1, max_size=6).map(
    lambda rows: sorted(rows.items())
)


@given(first=FILES, second=FILES, hasten=st.sampled_from([1, 100]))
def test_debts_are_paid_before_anybody_appears(first: Rows, second: Rows, hasten: int) -> None:
    """People appear where the sum of camps is higher than ever since day 0; the debt is what it lies below that."""
    found = daily_counts(case_of({"A": [first], "B": [second]}, days=12), hasten=hasten)
    since = found.counted.sum(axis=1) - found.counted[0].sum()
    highest = np.maximum.accumulate(since)
    assert np.array_equal(np.cumsum(found.new), highest)
    assert np.array_equal(found.debt, highest - since)


@given(rows=FILES)
def test_a_date_has_its_count_and_days_between_lie_between(rows: Rows) -> None:
    found = column(daily_counts(case_of({"A": [rows]}, days=12)), "A")
    for day, people in rows:
        assert not 0 <= day < 12 or found[day] == people
    for (since, before), (until, after) in pairwise(rows):
        between = found[max(since, 0) : max(until + 1, 0)]
        assert all(min(before, after) <= people <= max(before, after) for people in between)


@given(first=FILES, second=FILES, cut=st.integers(-6, 16))
def test_nothing_after_a_day_changes_what_was_known_by_it(first: Rows, second: Rows, cut: int) -> None:
    whole = case_of({"A": [first, second]})
    known = pairs(observations(whole, corrected=False, known_by=cut)[0])
    assert known == [pair for pair in pairs(observations(whole, corrected=False)[0]) if pair[0] <= cut]
    later = [(day, people + (day > cut)) for day, people in first]
    changed = case_of({"A": [later, second]})
    assert pairs(observations(changed, corrected=False, known_by=cut)[0]) == known


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("../shared/data is absent")
    return SHARED


@pytest.mark.shared
@pytest.mark.parametrize(("name", "file", "hasten"), RUNS)
def test_flees_own_output_has_these_counts(shared: Path, name: str, file: str, hasten: int) -> None:
    found = daily_counts(read_flee(shared / "flee_cases" / name), hasten=hasten)
    with (shared / "flee_runs" / name / file).open(encoding="utf-8") as stream:
        printed = list(csv.DictReader(stream))
    expected = {
        f"{camp} data": found.counted[:, place]
        for place, (camp, compared) in enumerate(zip(found.camps, found.compared, strict=True))
        if compared
    }
    assert {key for key in printed[0] if key.endswith(" data")} == set(expected)
    expected |= {
        "Day": np.arange(len(printed)),
        "refugees in camps (UNHCR)": found.counted[:, found.compared].sum(axis=1),
        "raw UNHCR refugee count": found.registered,
        "refugee_debt": found.debt,
    }
    for key, series in expected.items():
        assert [int(row[key]) for row in printed] == series.tolist(), key


@pytest.mark.shared
def test_a_place_of_no_camp_counts_in_the_sum_of_car2013(shared: Path) -> None:
    found = daily_counts(read_flee(shared / "flee_cases" / "car2013"))
    assert [camp for camp, compared in zip(found.camps, found.compared, strict=True) if not compared] == ["Bossobolo"]
    assert found.registered[0] == column(found, "Bossobolo")[0] == 18_054


@pytest.mark.shared
@pytest.mark.parametrize("name", CASES)
def test_daily_counts_of_camps_with_one_file_go_through_its_observations(shared: Path, name: str) -> None:
    case = read_flee(shared / "flee_cases" / name)
    found = daily_counts(case)
    for place, (camp, observed) in enumerate(zip(case.camps, observations(case, corrected=True), strict=True)):
        inside = (observed.days >= 0) & (observed.days < len(found.counted))
        if len(camp.files) == 1:
            daily = found.counted[observed.days[inside], place]
            assert np.array_equal(daily, observed.people[inside].astype(np.int64)), camp.name
