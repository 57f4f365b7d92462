"""The tracks of Flee's cases: errors and intervals by hand, and that no method sees what came after its origin."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from verification.flee_tracks import BASELINES, forecast_by_baselines
from verification.flees_forecasts import FORECASTS, by_flees_rules
from verification.flees_runs import SHARED
from verification.track_scores import Apart, Measure, apart, gain, pooled_error

from homeward.case.flee.counts import daily_counts
from homeward.case.flee.model import FleeCase
from homeward.case.flee.reader import read_flee
from homeward.learn.flee_ahead import without_capacities
from homeward.learn.flee_camps import Habits, forecast
from tests.case.flee.test_counts import case_of
from tests.learn.test_flee_ahead import ORIGIN, POISONS, poisoned, war

FloatArray = NDArray[np.float64]
HABITS = Habits(window=10, damping=0.5)
AHEAD = (5, 20)
"""Days ahead in the small case."""


def all_methods(case: FleeCase, origin: int, horizons: tuple[int, ...]) -> dict[str, dict[int, bytes]]:
    """Return the bytes of what every method says from one origin, by horizon."""
    counts = daily_counts(case, corrected=False)
    ours = {horizon: forecast(case, counts, horizon, HABITS) for horizon in horizons}
    found: dict[str, dict[int, FloatArray]] = {"ours": {one: ours[one][origin + one] for one in horizons}}
    for who in BASELINES:
        found[who] = {one: forecast_by_baselines(case, counts, one)[who][origin + one] for one in horizons}
    found |= by_flees_rules(case, origin, ours)
    return {who: {one: people.tobytes() for one, people in by.items()} for who, by in found.items()}


def test_no_method_sees_anything_dated_after_its_origin() -> None:
    one, other = (all_methods(case, ORIGIN, AHEAD) for case in (war(), poisoned(war(), ORIGIN)))
    assert tuple(one) == ("ours", *BASELINES, *(name for name in one if name in FORECASTS)) and len(one) == 9
    assert one == other


def test_what_is_dated_before_is_seen() -> None:
    """The test above can fail: counts of the day before are in all forecasts, conflicts in those by distance."""
    before = all_methods(war(), ORIGIN, AHEAD)
    counts = all_methods(POISONS[0](war(), lambda day: day <= ORIGIN), ORIGIN, AHEAD)
    assert all(before[who] != counts[who] for who in before)
    conflicts = all_methods(POISONS[1](war(), lambda day: day <= ORIGIN), ORIGIN, AHEAD)
    assert {who for who in before if before[who] != conflicts[who]} == {"by distance", *FORECASTS}


def test_without_capacities_rules_say_what_they_say_of_a_case_that_has_none() -> None:
    case = war(capacity=1_000)
    ours = {one: forecast(case, daily_counts(case), one, Habits(window=10, damping=1.0)) for one in AHEAD}
    full, free = (by_flees_rules(each, ORIGIN, ours) for each in (case, without_capacities(case)))
    for who in ("Flee", "Flee from counts"):
        assert not np.array_equal(full[who][20], full[f"{who}, no capacities"][20])
        assert np.array_equal(free[who][20], full[f"{who}, no capacities"][20])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "origin"), [("mali2012", 30), ("mali2012", 100), ("burundi2015", 95), ("car2013", 170)]
)
def test_no_method_sees_anything_later_in_the_shared_cases(name: str, origin: int) -> None:
    if not SHARED.is_dir():
        pytest.skip("../shared/data is absent")
    case = read_flee(SHARED / "flee_cases" / name)
    one, other = (all_methods(each, origin, (30, 90, 180)) for each in (case, poisoned(case, origin)))
    assert one == other
    earlier = all_methods(POISONS[0](case, lambda day: day <= origin), origin, (30, 90, 180))
    assert all(one[who] != earlier[who] for who in one)


def test_errors_of_each_measure_by_hand() -> None:
    """60 people are counted on day 0 and 120 on day 4, where a correction shows that there had been 80 before."""
    case = case_of({"A": [[(0, 60), (2, 120), (4, 160)]]}, total=[(0, 20)], days=5, corrections=[("A", 4)])
    people = np.full((5, 1), 100.0)
    raw, corrected = (daily_counts(case, corrected=each) for each in (False, True))
    assert corrected.counted[:, 0].tolist() == [80, 120, 160, 160, 160]
    stand = apart(Measure.AS_THEY_STAND, case, raw, people, 2)
    assert stand.apart.tolist() == pytest.approx([20 / 120, 40 / 140, 60 / 160]) and stand.by.tolist() == [1, 1, 1]
    dates = apart(Measure.ON_DATES, case, raw, people, 2)
    assert dates.apart.tolist() == [20, 0, 60] and dates.error == pytest.approx(80 / 280)
    flees = apart(Measure.FLEES, case, corrected, people, 2)
    assert flees.apart.tolist() == pytest.approx([60 / 180] * 3), "over those registered, day 0 counted twice"


def test_a_gain_is_the_mean_over_cases_of_ours_less_theirs() -> None:
    ones, dates = np.ones(120), np.tile([0.0, 0.0, 40.0], 30)
    ours = [Apart(0.2 * ones, ones), Apart(0.1 * dates, dates)]
    theirs = [Apart(0.3 * ones, ones), Apart(0.4 * dates, dates)]
    found = gain(ours, theirs)
    assert [found.mean, found.low, found.high] == pytest.approx([-0.2] * 3)
    assert str(gain(theirs, ours)) == "+0.200 (+0.200 to +0.200)"
    assert pooled_error({"a": ours[0], "b": ours[1]}) == pytest.approx(0.15)


def test_the_interval_of_a_gain_is_wider_where_errors_go_together() -> None:
    """Noise of single days averages out in blocks of 30; the same numbers in rows of 60 days do not."""
    random = np.random.default_rng(3)
    noise, ones = random.normal(size=600), np.ones(600)
    days = gain([Apart(noise, ones)], [Apart(0 * ones, ones)])
    rows = gain([Apart(np.repeat(noise[:10], 60), ones)], [Apart(0 * ones, ones)])
    assert rows.high - rows.low > 2.0 * (days.high - days.low)
    assert days.low < days.mean < days.high and rows.low < rows.mean < rows.high
