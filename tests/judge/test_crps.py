"""Proper scores, held against a maintained library (scoringrules) and what must hold of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scoringrules

from homeward.judge.crps import crps, crps_lognormal, crps_normal, interval_score, normal_below

NORMALS = [(0.0, 1.0, 0.0), (2.0, 0.5, 3.0), (-1.0, 3.0, 4.0), (12.3, 0.2, 14.0)]


@pytest.mark.parametrize("count", [2, 3, 20, 101])
def test_the_score_of_an_ensemble_is_the_librarys_fair_one(count: int) -> None:
    random = np.random.default_rng(count)
    for observed in random.normal(size=20):
        sample = random.normal(size=count)
        expected = float(scoringrules.crps_ensemble(observed, sample, estimator="fair"))
        assert crps(sample, float(observed)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("mean", "deviation", "observed"), NORMALS)
def test_the_score_of_a_normal_is_the_librarys(mean: float, deviation: float, observed: float) -> None:
    expected = float(scoringrules.crps_normal(observed, mean, deviation))
    assert crps_normal(mean, deviation, observed) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("mean", "deviation", "observed"), NORMALS)
def test_the_score_of_a_lognormal_is_the_librarys(mean: float, deviation: float, observed: float) -> None:
    expected = float(scoringrules.crps_lognormal(math.exp(observed), mean, deviation))
    assert crps_lognormal(mean, deviation, math.exp(observed)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("observed", [-1.0, 0.0, 0.4, 2.0, 5.5])
@pytest.mark.parametrize("level", [0.5, 0.9])
def test_the_score_of_an_interval_is_the_librarys(observed: float, level: float) -> None:
    expected = float(scoringrules.interval_score(observed, 0.0, 2.0, 1.0 - level))
    assert interval_score(0.0, 2.0, observed, level) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("mean", "deviation", "observed"), NORMALS[:3])
def test_the_closed_form_is_the_score_of_a_large_sample(mean: float, deviation: float, observed: float) -> None:
    """Quantiles at mid-ranks stand for the distribution, so nothing is left to chance."""
    from scipy.stats import norm

    sample = norm.ppf((np.arange(20_000) + 0.5) / 20_000, mean, deviation)
    assert crps_normal(mean, deviation, observed) == pytest.approx(crps(sample, observed), rel=1e-3)
    assert normal_below(observed) == pytest.approx(norm.cdf(observed), rel=1e-12)


def test_a_point_is_scored_by_its_distance() -> None:
    assert crps_normal(1.0, 0.0, 3.5) == 2.5
    assert crps(np.array([1.0]), 3.5) == 2.5


def test_a_sharp_forecast_wins_where_it_is_right_and_loses_where_it_is_wrong() -> None:
    assert crps_normal(0.0, 0.1, 0.0) < crps_normal(0.0, 1.0, 0.0)
    assert crps_normal(0.0, 0.1, 2.0) > crps_normal(0.0, 1.0, 2.0)
