from __future__ import annotations

from datetime import date
from typing import Literal

import numpy as np
import pytest
from scipy import stats

from homeward.engine.shocks import Shocks
from homeward.rules.calendar import Calendar
from homeward.rules.tables import ShockFamily
from tests.courses import rules_of
from tests.small_case import small_case

NAMES = tuple(f"place-{number}" for number in range(40))


def drawn(
    calendar: Calendar,
    *,
    names: tuple[str, ...] = NAMES,
    period: Literal["month", "year", "once"] = "month",
    seed: int = 1,
    variance: float | None = 0.5,
) -> dict[date, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Return the multipliers by the first date of every block."""
    shocks = Shocks((ShockFamily("flight", names, variance, period),), calendar, seed, 0)
    return {calendar.date_of(block.first_day): shocks.of(block)[0] for block in calendar.blocks([])}


@pytest.mark.statistical
@pytest.mark.parametrize("variance", [0.15, 1.5])
def test_shocks_have_mean_one_and_the_variance_asked_for(variance: float) -> None:
    """40 places in 480 months; false-alarm rate 1e-6 for mean and variance (|z| < 4.9)."""
    by_date = drawn(Calendar(date(1990, 1, 1), date(2029, 12, 31), 1), variance=variance)
    values = np.concatenate([by_date[day] for day in by_date if day.day == 1])
    error = np.sqrt(variance / len(values))
    assert abs(values.mean() - 1) < 4.9 * error
    # A gamma law of mean 1 and variance v has the kurtosis 6 v.
    assert abs(values.var() / variance - 1) < 4.9 * np.sqrt((2 + 6 * variance) / len(values))


def test_no_variance_is_no_shock() -> None:
    by_date = drawn(Calendar(date(2012, 1, 1), date(2012, 3, 1), 1), variance=0.0)
    assert all((values == 1.0).all() for values in by_date.values())


def test_shocks_hold_for_a_month_or_a_year_and_differ_between_them() -> None:
    calendar = Calendar(date(2012, 1, 1), date(2013, 2, 28), 1)
    monthly, yearly = drawn(calendar), drawn(calendar, period="year")
    assert len({values.tobytes() for values in monthly.values()}) == 14
    assert len({values.tobytes() for values in yearly.values()}) == 2
    assert (monthly[date(2012, 1, 1)] == monthly[date(2012, 1, 8)]).all()
    assert (monthly[date(2012, 1, 1)] != monthly[date(2013, 1, 1)]).all()


def test_what_is_drawn_once_holds_for_the_whole_course() -> None:
    scores = drawn(Calendar(date(2012, 1, 1), date(2014, 2, 28), 1), period="once", variance=None)
    assert len({values.tobytes() for values in scores.values()}) == 1
    assert len(set(next(iter(scores.values())))) == len(NAMES)


@pytest.mark.statistical
def test_without_a_variance_shocks_are_standard_normal_scores() -> None:
    """4,000 names; Kolmogorov and Smirnov, false-alarm rate 1e-6. Sees a standard deviation 25 % off with certainty."""
    names = tuple(f"condition {number}" for number in range(4_000))
    calendar = Calendar(date(2012, 1, 1), date(2012, 1, 31), 1)
    scores = drawn(calendar, names=names, period="once", variance=None)[date(2012, 1, 1)]
    assert stats.kstest(scores, "norm").pvalue > 1e-6
    assert stats.kstest(1.25 * scores, "norm").pvalue < 1e-6


def test_shocks_depend_on_name_and_date_and_not_on_the_start_or_on_other_names() -> None:
    early = drawn(Calendar(date(2011, 1, 1), date(2012, 6, 30), 1))
    late = drawn(Calendar(date(2012, 3, 1), date(2012, 6, 30), 2), names=NAMES[::-1][:5])
    for day in (date(2012, 3, 1), date(2012, 6, 1)):
        np.testing.assert_array_equal(early[day][::-1][:5], late[day])
    assert (
        drawn(Calendar(date(2012, 3, 1), date(2012, 3, 9), 1), seed=2)[date(2012, 3, 1)] != early[date(2012, 3, 1)]
    ).all()


def test_the_rules_name_shocks_of_flight_return_and_host() -> None:
    rules = rules_of(small_case())
    families = {family.process: family for family in rules.shock_families}
    assert families["flight"].names == rules.space.places
    assert families["return"].names == rules.space.origins
    assert {name: family.period for name, family in families.items()} == {
        "flight": "month", "return": "month", "host-year": "year", "condition": "once",
    }  # fmt: skip
    assert [name for name, family in families.items() if family.variance is None] == ["condition"]
    assert set(families["condition"].neutral()) == {0.0}
    assert set(families["flight"].neutral()) == {1.0}
