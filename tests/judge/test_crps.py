from __future__ import annotations

import numpy as np
import pytest

from homeward.judge.crps import crps, crps_normal


@pytest.mark.parametrize(("mean", "deviation", "observed"), [(0.0, 1.0, 0.0), (2.0, 0.5, 3.0), (-1.0, 3.0, 4.0)])
def test_the_closed_form_is_the_score_of_a_large_sample(mean: float, deviation: float, observed: float) -> None:
    """Quantiles at mid-ranks stand for the distribution, so nothing is left to chance."""
    from scipy.stats import norm

    sample = norm.ppf((np.arange(20_000) + 0.5) / 20_000, mean, deviation)
    assert crps_normal(mean, deviation, observed) == pytest.approx(crps(sample, observed), rel=1e-3)


def test_a_point_is_scored_by_its_distance() -> None:
    assert crps_normal(1.0, 0.0, 3.5) == 2.5
    assert crps(np.array([1.0]), 3.5) == 2.5


def test_a_sharp_forecast_wins_where_it_is_right_and_loses_where_it_is_wrong() -> None:
    assert crps_normal(0.0, 0.1, 0.0) < crps_normal(0.0, 1.0, 0.0)
    assert crps_normal(0.0, 0.1, 2.0) > crps_normal(0.0, 1.0, 2.0)
