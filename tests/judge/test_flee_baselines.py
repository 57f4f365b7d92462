"""Baselines of Flee cases: by hand, what they may not know, and the numbers that are quoted for the shared cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.case.flee.counts import daily_counts
from homeward.case.flee.model import (
    ConflictSchedule,
    FleeCase,
    FleeLocation,
    FleeRoute,
    LocationKind,
)
from homeward.case.flee.reader import read_flee
from homeward.judge.flee_baselines import (
    allocated,
    equal_shares,
    last_counts_grow,
    last_counts_stay,
    shares_by_distance,
    shares_of_last_counts,
)
from homeward.judge.flee_score import relative_difference
from tests.case.flee.test_counts import CASES, FILES, SHARED, Rows, case_of

FloatArray = NDArray[np.float64]
QUOTED = {
    "burundi2015": (0.173, 0.301),
    "car2013": (0.210, 0.300),
    "mali2012": (0.160, 0.260),
    "ssudan2013": (0.275, 0.397),
    "syria2013": (0.103, 0.160),
}
"""The relative difference of shares by last counts, 30 and 90 days ahead."""

TWO = case_of({"A": [[(0, 0), (2, 30), (4, 90)]], "B": [[(1, 10), (3, 30)]]}, days=6)


def test_shares_are_those_of_the_last_counts_up_to_the_origin() -> None:
    found = shares_of_last_counts(TWO, 1, days=6)
    expected = [(0.5, 0.5), (0.5, 0.5), (0, 1), (0.75, 0.25), (0.5, 0.5), (0.75, 0.25)]
    assert found.tolist() == [list(pair) for pair in expected]


def test_counts_stay_as_they_were_on_the_origin() -> None:
    assert last_counts_stay(TWO, 2, days=6).tolist() == [[0, 0], [0, 0], [0, 0], [0, 10], [30, 10], [30, 30]]


def test_counts_grow_as_they_did_before_the_origin() -> None:
    found = last_counts_grow(TWO, 1, days=6)
    assert found[:, 0].tolist() == [0, 0, 0, 60, 30, 150], "a rise of 30 from day 1 to 2, none to day 3, 60 to day 4"
    assert found[:, 1].tolist() == [0, 0, 10, 10, 50, 30], "no count the day before the first one: it stays"


def test_a_fall_goes_on_to_nobody_at_most() -> None:
    case = case_of({"A": [[(0, 100), (2, 30)]]}, days=6)
    assert last_counts_grow(case, 2, days=6)[:, 0].tolist() == [0, 0, 100, 100, 0, 0]


def test_a_new_way_of_registering_is_no_fall_once_it_is_known() -> None:
    rows: Rows = [(0, 100), (2, 200), (4, 50), (6, 60)]
    case = case_of({"A": [rows]}, days=9, corrections=[("A", 4)])
    found = last_counts_grow(case, 2, days=9)[:, 0].tolist()
    assert found == [0, 0, 100, 100, 300, 300, 50, 50, 70], "300 still goes by the counts as they then stood"
    assert last_counts_grow(case_of({"A": [rows]}, days=9), 2, days=9)[6, 0] == 0


def test_equal_shares_leave_out_places_that_are_no_camp() -> None:
    case = case_of({"A": [[(0, 1)]], "B": [[(0, 1)]], "C": [[(0, 1)]]}, towns=["B"])
    assert equal_shares(case, days=2).tolist() == [[0.5, 0, 0.5]] * 2
    assert equal_shares(case, days=1, all_counted=True).tolist() == [[1 / 3] * 3]
    assert shares_of_last_counts(case, 0, days=1).tolist() == [[0.5, 0, 0.5]]
    assert shares_of_last_counts(case, 0, days=1, all_counted=True).tolist() == [[1 / 3] * 3]


def test_without_any_camp_nobody_has_a_share() -> None:
    assert equal_shares(case_of({"A": [[(0, 1)]]}, towns=["A"]), days=2).tolist() == [[0], [0]]


def test_the_sum_of_a_day_is_spread_by_shares() -> None:
    assert allocated(np.array([[0.25, 0.75], [1.0, 0.0]]), np.array([40, 7])).tolist() == [[10, 30], [7, 0]]


def on_roads(conflicts: ConflictSchedule | None) -> FleeCase:
    """Return two conflict zones on a road between two camps; a third camp has no road, and a fourth is no place."""
    case = case_of({name: [[(0, 1)]] for name in ("Near", "Far", "Lonely", "Gone")}, days=6, towns=["Gone"])
    places = (("West", LocationKind.CONFLICT_ZONE, 0, 300), ("East", LocationKind.CONFLICT_ZONE, 2, 100),
              ("Town", LocationKind.TOWN, 0, 900))  # fmt: skip
    zones = tuple(FleeLocation(name, None, None, None, None, kind, day, people) for name, kind, day, people in places)
    lengths = (("Near", "West", 10.0), ("West", "East", 20.0), ("East", "Far", 10.0), ("West", "Town", 1.0),
               ("Town", "East", 100.0), ("Near", "Far", 500.0))  # fmt: skip
    roads = tuple(FleeRoute(first, second, kilometres) for first, second, kilometres in lengths)
    return replace(case, locations=zones + case.locations, routes=roads, conflicts=conflicts)


SCHEDULE = ConflictSchedule(("West", "East"), ((0.0, 0.0), (1.0, 0.0), (0.5, 0.1), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0)))


def test_shares_by_distance_come_from_the_zones_of_conflict_so_far() -> None:
    """West is 10 and 30 km from the camps, East 30 and 10 km; West has three times the people."""
    found = shares_by_distance(on_roads(SCHEDULE), 1, days=6)
    assert found[:2].tolist() == [[pytest.approx(1 / 3)] * 3 + [0]] * 2, "no conflict yet on the origin"
    assert found[2].tolist() == pytest.approx([0.75, 0.25, 0, 0])
    both = [(3 * 0.75 + 0.25) / 4, (3 * 0.25 + 0.75) / 4, 0, 0]
    assert found[3:].tolist() == [pytest.approx(both)] * 3


def test_without_a_schedule_zones_are_those_of_the_locations() -> None:
    found = shares_by_distance(on_roads(None), 0, days=3)
    assert found[1].tolist() == pytest.approx([0.75, 0.25, 0, 0])
    assert found[2, 0] == pytest.approx((3 * 0.75 + 0.25) / 4)


def test_a_zone_that_reaches_no_camp_has_no_say() -> None:
    case = replace(on_roads(SCHEDULE), routes=(FleeRoute("East", "Far", 10.0), FleeRoute("West", "Town", 1.0)))
    assert shares_by_distance(case, 0, days=3)[2].tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(
    "baseline", [shares_of_last_counts, shares_by_distance, last_counts_stay, last_counts_grow]
)  # fmt: skip
def test_a_horizon_into_the_past_is_refused(baseline: Callable[..., FloatArray]) -> None:
    with pytest.raises(ValueError, match="horizon of -1"):
        baseline(TWO, -1, days=3)


@given(first=FILES, second=FILES, horizon=st.integers(0, 20))
def test_shares_sum_to_one(first: Rows, second: Rows, horizon: int) -> None:
    case = case_of({"A": [first], "B": [second]})
    found = shares_of_last_counts(case, horizon, days=12)
    assert found.sum(axis=1) == pytest.approx(1.0)
    assert found.min() >= 0


def corrected_on(first: Sequence[tuple[int, int]]) -> list[tuple[str, int]]:
    """Return a correction on every date that can have one."""
    return [("A", day) for (_, before), (day, _) in pairwise(first) if day >= 0 and before > 0]


POSITIVE = st.dictionaries(st.integers(-5, 15), st.integers(1, 10_000), min_size=1, max_size=6).map(
    lambda rows: sorted(rows.items())
)


@given(first=POSITIVE, second=FILES, cut=st.integers(-3, 14), horizon=st.integers(0, 5))
def test_no_baseline_knows_anything_after_its_origin(first: Rows, second: Rows, cut: int, horizon: int) -> None:
    """All counts and corrections after a day are other ones, and what is said from origins up to that day is not."""
    case = case_of({"A": [first], "B": [second]}, corrections=corrected_on(first))
    begins = case.period.start + timedelta(days=cut)
    other = case_of({"A": [[(day, people * (3 if day > cut else 1)) for day, people in first]], "B": [second]})
    kept = tuple(one for one in case.corrections if one.on <= begins)
    other = replace(other, corrections=kept)
    until = max(0, min(12, cut + horizon + 1))
    for baseline in (shares_of_last_counts, last_counts_stay, last_counts_grow):
        one, two = (baseline(each, horizon, days=12)[:until] for each in (case, other))
        assert np.array_equal(one, two), baseline.__name__


def test_a_baseline_that_knew_the_next_count_would_be_found_out() -> None:
    """The test above can fail: lines between dates are not the same up to the cut."""
    one, two = (daily_counts(case_of({"A": [[(0, 10), (6, last)]]})).counted for last in (20, 60))
    assert not np.array_equal(one[:3], two[:3])


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("../shared/data is absent")
    return SHARED


@pytest.mark.shared
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("horizon", [30, 90])
def test_the_quoted_differences_are_reproduced(shared: Path, name: str, horizon: int) -> None:
    """They go by counts as they stand, all rows of the layout, the sum counted, and days from the horizon on."""
    case = read_flee(shared / "flee_cases" / name)
    counted = daily_counts(case, corrected=False).counted
    sums = counted.sum(axis=1)
    shares = shares_of_last_counts(case, horizon, days=len(counted), all_counted=True)
    found = relative_difference(allocated(shares, sums), counted, sums)[horizon:].mean()
    assert round(float(found), 3) == QUOTED[name][horizon // 60]


@pytest.mark.shared
@pytest.mark.parametrize("name", CASES)
def test_baselines_of_the_shared_cases_are_of_a_size_with_the_counts(shared: Path, name: str) -> None:
    case = read_flee(shared / "flee_cases" / name)
    counts = daily_counts(case, corrected=False)
    sums = counts.counted.sum(axis=1)
    days = len(sums)
    shares = (shares_by_distance(case, 30, days=days), shares_of_last_counts(case, 30, days=days))
    for share in (*shares, equal_shares(case, days=days)):
        assert share.sum(axis=1) == pytest.approx(1.0)
        assert not share[:, ~counts.compared].any()
    for people in (last_counts_stay(case, 30, days=days), last_counts_grow(case, 30, days=days)):
        assert relative_difference(people, counts.counted, sums)[30:].mean() < 0.35
