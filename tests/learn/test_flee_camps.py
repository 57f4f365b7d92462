"""Camps of a Flee case ahead: last counts, and new people where they went lately; fitted to other cases alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from homeward.case.flee.counts import DailyCounts, daily_counts
from homeward.case.flee.model import FleeCase
from homeward.learn.flee_camps import Habits, allocation, errors_of, fitted_to_others, forecast
from tests.case.flee.test_counts import case_of

OLD = ((0, 900), (20, 900), (40, 900), (60, 900))
NEW = ((0, 0), (20, 100), (40, 200), (60, 300))
Rows = Sequence[tuple[int, int]]


def told(old: Rows = OLD, new: Rows = NEW, days: int = 61) -> tuple[FleeCase, DailyCounts]:
    case = case_of({"Old": [old], "New": [new]}, days=days)
    return case, daily_counts(case)


def test_new_people_go_where_they_went_lately_and_the_others_stay() -> None:
    case, counts = told()
    found = allocation(case, counts, 20, Habits(window=30))
    assert found[60].tolist() == pytest.approx([900.0, 300.0])
    np.testing.assert_allclose(found.sum(axis=1), counts.counted.sum(axis=1))


def test_where_no_camp_grew_new_people_go_by_the_last_counts_and_a_fall_is_shared_alike() -> None:
    level = ((0, 300), (20, 300), (40, 300), (60, 400))
    case, counts = told(old=((0, 100), (20, 100), (40, 100), (60, 100)), new=level)
    assert allocation(case, counts, 20, Habits(30))[60].tolist() == pytest.approx([125.0, 375.0])
    case, counts = told(old=((0, 100), (40, 100), (60, 50)), new=((0, 300), (40, 300), (60, 150)))
    assert allocation(case, counts, 20, Habits(30))[60].tolist() == pytest.approx([50.0, 150.0])


def test_without_any_count_yet_camps_are_alike() -> None:
    case, counts = told(old=((30, 90), (60, 90)), new=((30, 10), (60, 10)))
    assert allocation(case, counts, 20, Habits(30))[25].tolist() == pytest.approx([50.0, 50.0])


def test_a_forecast_lets_a_share_of_the_growth_go_on() -> None:
    case, counts = told()
    half = forecast(case, counts, 20, Habits(window=20, damping=0.5))
    assert half[60].tolist() == pytest.approx([900.0, 200.0 + 0.5 * 100.0])
    assert forecast(case, counts, 20, Habits(20, 0.0))[60].tolist() == pytest.approx([900.0, 200.0])


def test_nothing_after_the_origin_moves_a_forecast_and_the_sum_alone_an_allocation() -> None:
    (case, counts), (other, others) = told(), told(old=((0, 900), (40, 900), (41, 5), (60, 5)))
    habits = Habits(30, 1.0)
    assert forecast(case, counts, 20, habits)[60].tolist() == forecast(other, others, 20, habits)[60].tolist()
    shares = [allocation(one, two, 20, habits)[60] for one, two in ((case, counts), (other, others))]
    assert shares[0].sum() == 1_200.0 and shares[1].sum() == 305.0
    assert forecast(case, counts, 20, habits)[60].tolist() != forecast(case, counts, 0, habits)[60].tolist()


def test_habits_are_fitted_to_the_other_cases_and_not_to_the_one_left_out() -> None:
    grows = told()
    stays = told(new=((0, 100), (20, 200), (40, 200), (60, 200)))
    cases = {"a": grows, "b": grows, "c": stays}
    assert fitted_to_others(cases, "c", 20, track="forecast").damping > 0.5
    assert fitted_to_others({"a": grows, "c": stays}, "a", 20, track="forecast").damping < 0.5
    with pytest.raises(ValueError, match="track"):
        fitted_to_others(cases, "a", 20, track="both")
    with pytest.raises(ValueError, match="no other case"):
        fitted_to_others({"a": grows}, "a", 20, track="allocation")


def test_errors_are_over_the_people_counted_from_the_horizon_on() -> None:
    _, counts = told()
    people = counts.counted.astype(np.float64)
    people[60, 0] -= 120.0
    errors = errors_of(people, counts, 20)
    assert len(errors) == 41 and errors[-1] == pytest.approx(0.1) and not errors[:-1].any()
