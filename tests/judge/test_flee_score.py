"""Errors of simulated Flee cases: by hand, against Flee's own output, and the bootstrap against blocks laid by hand."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from homeward.case.flee.counts import DailyCounts, daily_counts, observations
from homeward.case.flee.reader import read_flee
from homeward.judge.flee_score import (
    CountDates,
    MeanDifference,
    averaged_relative_difference,
    capacity_leak,
    describe_leaks,
    difference_on_count_dates,
    mean_difference,
    relative_difference,
)
from tests.case.flee.test_counts import CASES, SHARED, case_of

FloatArray = NDArray[np.float64]
COUNTS = case_of({"A": [[(0, 0), (2, 10), (5, 10)]], "B": [[(0, 0), (1, 4), (4, 4)]]}, days=4)
ERRORS = npst.arrays(np.float64, 12, elements=st.floats(0, 2))


def test_the_difference_is_that_of_all_camps_over_all_registered() -> None:
    counts = daily_counts(COUNTS)
    assert counts.registered.tolist() == [0, 9, 14, 14]
    simulated = np.array([[3.0, 0.0], [5.0, 7.0], [10.0, 4.0], [17.0, 0.0]])
    assert averaged_relative_difference(simulated, counts).tolist() == [0.0, 3 / 9, 0.0, 11 / 14]


def test_a_camp_that_is_not_compared_has_no_error_but_is_registered() -> None:
    counts = daily_counts(case_of({"A": [[(0, 10)]], "B": [[(0, 30)]]}, days=1, towns=["B"]))
    assert averaged_relative_difference(np.array([[4, 99]]), counts).tolist() == [6 / 40]


def test_differences_of_camps_are_rounded_before_they_are_added_up() -> None:
    apart = np.array([[0.00004, 0.00004], [0.00006, 0.0]])
    assert relative_difference(apart, np.zeros((2, 2)), np.ones(2)).tolist() == [0.0, 0.0001]


@pytest.mark.parametrize("shape", [(4, 1), (3, 2), (4,)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="simulated"):
        averaged_relative_difference(np.zeros(shape), daily_counts(COUNTS))
    with pytest.raises(ValueError, match="simulated"):
        relative_difference(np.zeros(shape), np.zeros((4, 2)), np.zeros(4))


def test_people_are_given_for_every_day() -> None:
    with pytest.raises(ValueError, match=r"\(3,\) people for \(4, 2\) counts"):
        relative_difference(np.zeros((4, 2)), np.zeros((4, 2)), np.zeros(3))


def test_on_dates_of_counts_only_the_camps_counted_then_matter() -> None:
    simulated = np.array([[9.0, 9.0], [99.0, 5.0], [4.0, 99.0], [99.0, 99.0], [99.0, 8.0]])
    found = difference_on_count_dates(simulated, observations(COUNTS, corrected=False))
    assert found.days.tolist() == [1, 2, 4], "nobody is counted on day 0, nothing on day 3, and day 5 is not simulated"
    assert found.differences.tolist() == [1 / 4, 6 / 10, 4 / 4]
    assert found.mean == pytest.approx((0.25 + 0.6 + 1) / 3)
    assert found.pooled == pytest.approx(11 / 18)


def test_on_dates_of_counts_a_camp_that_is_not_compared_is_left_out() -> None:
    observed = observations(case_of({"A": [[(1, 10)]], "B": [[(1, 10), (2, 10)]]}, towns=["B"]), corrected=False)
    found = difference_on_count_dates(np.full((3, 2), 5.0), observed)
    assert (found.days.tolist(), found.differences.tolist()) == ([1], [0.5])


def test_without_dates_of_counts_there_is_no_mean() -> None:
    found = difference_on_count_dates(np.zeros((1, 2)), observations(COUNTS, corrected=False))
    assert len(found.days) == 0
    assert math.isnan(found.mean)
    assert math.isnan(found.pooled)


def test_on_dates_of_counts_there_is_a_column_for_each_camp() -> None:
    with pytest.raises(ValueError, match="for 2 camps"):
        difference_on_count_dates(np.zeros((4, 1)), observations(COUNTS, corrected=False))


@given(between=st.floats(0, 1e6))
def test_what_is_simulated_between_dates_does_not_matter_on_them(between: float) -> None:
    simulated = np.array([[1.0, 1.0], [between, 2.0], [3.0, between], [between, between]])
    found = difference_on_count_dates(simulated, observations(COUNTS, corrected=False))
    assert found.differences.tolist() == [0.5, 0.7]


def leaks_of(rows: Any, capacity: int, **more: Any) -> list[tuple[int, int, str]]:
    case = case_of({"A": rows}, capacities={"A": capacity}, days=10, **more)
    return [(leak.people, leak.day, leak.what) for leak in capacity_leak(case)]


RISE_AND_FALL = [[(0, 0), (3, 1000), (6, 700), (20, 2000), (30, 400)]]


@pytest.mark.parametrize(
    ("capacity", "expected"),
    [
        (1000, [(1000, 3, "its largest count in the period")]),
        (1020, [(1000, 3, "its largest count in the period")]),
        (981, [(1000, 3, "its largest count in the period")]),
        (980, []),
        (1021, []),
        (2000, [(2000, 20, "its largest count in its files")]),
        (400, [(400, 30, "its last count in its files")]),
        (700, []),
        (0, []),
    ],
)
def test_a_capacity_that_is_a_count_still_to_come_is_told(capacity: int, expected: list[tuple[int, int, str]]) -> None:
    assert leaks_of(RISE_AND_FALL, capacity) == expected


def test_a_capacity_may_be_a_corrected_count_or_that_of_one_file() -> None:
    corrected = leaks_of([[(0, 0), (3, 1000), (6, 700), (9, 600)]], 700, corrections=[("A", 6)])
    assert corrected == [(700, 3, "its largest count in the period once corrected")]
    files = [[(0, 0), (3, 1000), (9, 900)], [(0, 0), (3, 50), (9, 400)]]
    assert leaks_of(files, 400) == [(400, 9, "the largest count of A-1.csv")]


def test_a_count_that_was_known_at_the_start_is_no_leak() -> None:
    rows = [[(-3, 500), (0, 1000), (5, 300), (8, 100)]]
    assert leaks_of(rows, 1000) == []
    assert leaks_of(rows, 300) == [(300, 5, "its largest count in the period")]
    assert leaks_of([[(-3, 500), (0, 1000)]], 1000) == []


def test_leaks_are_told_in_a_sentence() -> None:
    case = case_of({"A": RISE_AND_FALL, "B": RISE_AND_FALL}, capacities={"A": 1010, "B": 90})
    assert describe_leaks(case, capacity_leak(case)) == (
        "The capacity of 1 of 2 camps is within 2% of a count still to come (A 1,010 is its largest count in the "
        "period, 1,000). A model that fills camps up to it is told the answer: its score is no measure of a forecast."
    )
    assert describe_leaks(case, ()) == ""


def by_hand(apart: FloatArray, block: int, resamples: int, seed: int) -> FloatArray:
    """Return the means of resampled series, every one laid out in full."""
    count = len(apart)
    drawn = np.random.default_rng(seed).integers(count - block + 1, size=(resamples, count // block + 1))
    series = [np.concatenate([apart[start : start + block] for start in row])[:count] for row in drawn]
    return np.array([one.mean() for one in series])


@pytest.mark.parametrize("block", [1, 3, 5, 10])
def test_blocks_are_drawn_laid_end_to_end_and_cut(block: int) -> None:
    first, second = np.random.default_rng(3).random((2, 23))
    found = mean_difference(first, second, block=block, resamples=200, seed=7)
    means = by_hand(first - second, block, 200, 7)
    many = by_hand(first - second, block, 40_000, 8).mean()
    assert found.mean == pytest.approx((first - second).mean())
    assert found.low90 - found.mean == pytest.approx(np.quantile(means, 0.05) - many, abs=0.003)
    assert found.high90 - found.low90 == pytest.approx(np.quantile(means, 0.95) - np.quantile(means, 0.05))


def test_independent_errors_have_the_interval_of_a_mean() -> None:
    first = np.random.default_rng(1).normal(size=2000)
    found = mean_difference(first, np.zeros(2000), block=1)
    assert found.high90 - found.low90 == pytest.approx(2 * 1.645 * first.std() / math.sqrt(2000), rel=0.08)


def test_errors_that_go_together_have_a_wider_interval() -> None:
    first = np.repeat(np.random.default_rng(1).normal(size=60), 30)
    single, whole = (mean_difference(first, np.zeros(1800), block=block) for block in (1, 30))
    assert whole.high90 - whole.low90 > 3 * (single.high90 - single.low90)


@given(first=ERRORS, shift=st.floats(-1, 1))
def test_a_difference_that_is_the_same_every_day_is_certain(first: FloatArray, shift: float) -> None:
    found = mean_difference(first + shift, first, block=5, resamples=50)
    assert (found.mean, found.low90, found.high90) == pytest.approx((shift, shift, shift), abs=1e-12)


@given(first=ERRORS, second=ERRORS)
def test_the_other_way_round_the_difference_has_the_other_sign(first: FloatArray, second: FloatArray) -> None:
    one, other = (mean_difference(*pair, block=5, resamples=50) for pair in ((first, second), (second, first)))
    assert (one.mean, one.low90, one.high90) == pytest.approx((-other.mean, -other.high90, -other.low90), abs=1e-12)
    assert one == mean_difference(first, second, block=5, resamples=50), "the same on every call"
    assert isinstance(one, MeanDifference)


@pytest.mark.parametrize(("days", "block"), [(59, 30), (60, 0), (0, 1)])
def test_too_few_days_for_two_blocks_are_refused(days: int, block: int) -> None:
    with pytest.raises(ValueError, match="blocks"):
        mean_difference(np.zeros(days), np.zeros(days), block=block)
    with pytest.raises(ValueError, match="blocks"):
        mean_difference(np.zeros(60), np.zeros(61))


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("../shared/data is absent")
    return SHARED


def printed(path: Path, counts: DailyCounts) -> tuple[NDArray[np.int64], list[float]]:
    """Return the simulated people (days x camps; 0 where Flee has no such camp) and the errors of a run of Flee's."""
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    people = [[int(row.get(f"{camp} sim", 0)) for camp in counts.camps] for row in rows]
    return np.array(people, dtype=np.int64), [float(row["Total error"]) for row in rows]


@pytest.mark.shared
@pytest.mark.parametrize("name", CASES)
def test_flees_own_errors_and_scores_are_reproduced(shared: Path, name: str) -> None:
    case = read_flee(shared / "flee_cases" / name)
    with (shared / "flee_runs" / "runs.csv").open(encoding="utf-8") as stream:
        runs = [row for row in csv.DictReader(stream) if row["case"] == name]
    assert len(runs) >= 6
    for run in runs:
        counts = daily_counts(case, hasten=int(run["hasten"]))
        kind = "full" if run["hasten"] == "1" else f"hasten{run['hasten']}"
        people, errors = printed(shared / "flee_runs" / name / f"{kind}_run{run['run']}.csv", counts)
        found = averaged_relative_difference(people, counts)
        assert found.tolist() == errors
        assert f"{found.mean():.4f}" == f"{float(run['ard']):.4f}"


@pytest.mark.shared
def test_nearly_every_capacity_of_the_shared_cases_gives_the_answer_away(shared: Path) -> None:
    kept: dict[str, list[str]] = {}
    for name in CASES:
        case = read_flee(shared / "flee_cases" / name)
        leaking = {leak.camp for leak in capacity_leak(case)}
        kept[name] = [place.name for place in case.locations if place.kind.is_camp and place.name not in leaking]
    assert kept == {"burundi2015": [], "car2013": ["Brazaville"], "mali2012": [], "ssudan2013": [], "syria2013": []}


def test_dates_without_anybody_have_no_differences() -> None:
    nothing = CountDates(np.array([], dtype=np.int64), np.array([]), np.array([]))
    assert nothing.differences.tolist() == []
