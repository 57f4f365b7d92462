"""Scores of one figure by an ensemble, a random walk and a point."""

from __future__ import annotations

import math

import numpy as np
import pytest

from homeward.case.schema import Measure
from homeward.judge.crps import crps, crps_normal, interval_score
from homeward.judge.proper import central_interval, least_of, log_width, score_ensemble, score_point, score_walk
from homeward.judge.random_walk import fit_walk

PEOPLE = least_of(Measure.REFUGEE_STOCK)
SAMPLE = np.arange(1.0, 20.0) * 1_000


def test_an_interval_of_nineteen_members_has_its_ends_at_first_and_last() -> None:
    assert central_interval(SAMPLE, 0.9) == (1_000, 19_000)
    assert central_interval(SAMPLE, 0.5) == (5_000, 15_000)


@pytest.mark.statistical
@pytest.mark.parametrize(("level", "members"), [(0.9, 20), (0.9, 50), (0.5, 20)])
def test_a_new_member_falls_into_the_interval_as_often_as_it_says(level: float, members: int) -> None:
    """20,000 draws: three and a half standard errors of a share, 1 in 2,000 false alarms; fixed seed.

    The usual quantiles of 20 members hold 81 %, more than forty standard errors off.
    """
    random = np.random.default_rng(members)
    samples, new = random.normal(size=(20_000, members)), random.normal(size=20_000)
    inside = [
        low <= x <= high for (low, high), x in zip((central_interval(s, level) for s in samples), new, strict=True)
    ]
    assert abs(np.mean(inside) - level) < 3.5 * math.sqrt(level * (1 - level) / 20_000)


def test_an_ensemble_is_scored_in_people_and_in_logarithms() -> None:
    said = score_ensemble("model", SAMPLE, 21_000.0, PEOPLE)
    assert said.median == 10_000
    assert (said.low50, said.high50, said.low90, said.high90) == (5_000, 15_000, 1_000, 19_000)
    assert said.crps == crps(SAMPLE, 21_000.0)
    assert said.log_crps == crps(np.log(SAMPLE), math.log(21_000.0))
    assert said.log_interval_score == pytest.approx(math.log(19) + 20 * math.log(21 / 19))


def test_the_place_in_an_ensemble_is_the_middle_of_where_it_may_lie() -> None:
    below = score_ensemble("model", SAMPLE, 500.0, PEOPLE)
    assert (below.pit, below.pit_width) == pytest.approx((1 / 40, 1 / 20))
    between = score_ensemble("model", SAMPLE, 10_500.0, PEOPLE)
    assert between.pit == pytest.approx(10.5 / 20)
    tied = score_ensemble("model", SAMPLE, 10_000.0, PEOPLE)
    assert (tied.pit, tied.pit_width) == pytest.approx((10 / 20, 2 / 20))


def test_an_ensemble_with_nobody_has_a_score_all_the_same() -> None:
    said = score_ensemble("model", np.zeros(20), 1_000.0, PEOPLE)
    assert said.crps == 1_000
    assert said.log_crps == pytest.approx(math.log(1_000 / 0.5))
    assert log_width(0.0, 1.0, PEOPLE) == pytest.approx(math.log(2))
    share = score_ensemble("model", np.zeros(20), 0.1, least_of(Measure.ORIGIN_SHARE))
    assert share.log_crps == pytest.approx(math.log(0.1 / 0.0005))


def test_a_walk_is_scored_by_its_closed_forms() -> None:
    said = score_walk("random_walk", math.log(10_000), 0.2, 12_000.0)
    low, high = math.log(10_000) - 1.6448536 * 0.2, math.log(10_000) + 1.6448536 * 0.2
    assert said.median == pytest.approx(10_000)
    assert (said.low90, said.high90) == pytest.approx((math.exp(low), math.exp(high)))
    assert said.log_crps == crps_normal(math.log(10_000), 0.2, math.log(12_000))
    assert said.log_interval_score == pytest.approx(interval_score(low, high, math.log(12_000)))
    assert said.pit == pytest.approx(0.8190, abs=1e-4)  # 0.9116 standard deviations
    assert said.pit_width == 0


def test_a_walk_has_the_scores_of_a_large_ensemble_of_it() -> None:
    """Quantiles at mid-ranks stand for the distribution."""
    from scipy.stats import norm

    sample = np.exp(norm.ppf((np.arange(20_000) + 0.5) / 20_000, math.log(10_000), 0.2))
    walk, ensemble = (
        score_walk("w", math.log(10_000), 0.2, 12_000.0),
        score_ensemble("e", sample, 12_000.0, PEOPLE),
    )
    for name in ("median", "low50", "high50", "low90", "high90", "crps", "log_crps", "log_interval_score", "pit"):
        assert getattr(walk, name) == pytest.approx(getattr(ensemble, name), rel=2e-3), name


def test_a_point_has_a_distance_and_no_interval() -> None:
    said = score_point("persistence", 8_000.0, 10_000.0, PEOPLE)
    assert (said.crps, said.log_crps) == pytest.approx((2_000, math.log(1.25)))
    assert said.log_interval_score is said.low90 is said.pit is None


def test_a_walk_is_fitted_to_its_increments() -> None:
    plain, drifting = (fit_walk([0.1, 0.3, -0.1, 0.1], drift=drift) for drift in (False, True))
    assert plain is not None
    assert drifting is not None
    assert (plain.drift, plain.deviation) == pytest.approx((0.0, math.sqrt(0.12 / 4)))
    assert (drifting.drift, drifting.deviation) == pytest.approx((0.1, math.sqrt(0.08 / 3)))
    assert plain.after(1_000, 4.0) == pytest.approx((math.log(1_000), 2 * plain.deviation))
    assert drifting.after(1_000, 4.0) == pytest.approx((math.log(1_000) + 0.4, 2 * drifting.deviation))


@pytest.mark.parametrize("increments", [[0.1, 0.2], [0.0, 0.0, 0.0]])
def test_too_few_increments_or_none_that_moves_make_no_walk(increments: list[float]) -> None:
    assert fit_walk(increments, drift=False) is None
    assert fit_walk(increments, drift=True) is None
