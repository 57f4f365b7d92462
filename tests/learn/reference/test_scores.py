from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.judge.crps import crps
from homeward.learn.reference.scores import (
    BASELINES,
    MODEL,
    Scored,
    best_baseline,
    score_episode,
    skill,
    summarise,
)
from tests.learn.reference.hand_made import episode
from tests.learn.reference.test_model import TYPICAL
from tests.learn.reference.test_posterior import known_truth


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8), st.floats(0, 1))
def test_crps_is_that_of_the_distribution_made_fair(values: list[float], observed: float) -> None:
    """Against its definition over all pairs: E|X - y| - E|X - X'| / 2 with two different members (Ferro 2014)."""
    pairs = [abs(a - b) for a, b in itertools.combinations(values, 2)]
    expected = np.mean([abs(value - observed) for value in values]) - np.mean(pairs) / 2
    assert crps(np.array(values), observed) == pytest.approx(float(expected), abs=1e-12)


def test_few_members_score_as_many_do() -> None:
    """Means over 20,000 samples of three members and of one large sample: within five standard errors."""
    random = np.random.default_rng(1)
    few = np.array([crps(random.random(3), 0.3) for _ in range(20_000)])
    many = crps(random.random(100_000), 0.3)
    assert abs(few.mean() - many) < 5 * few.std() / np.sqrt(len(few))


def test_a_point_forecast_scores_its_absolute_error() -> None:
    assert crps(np.array([0.2]), 0.5) == pytest.approx(0.3)


def test_every_forecast_is_scored_on_the_same_figures() -> None:
    rows = score_episode(episode("QQQ-1990", [0.2, None, 0.4]), known_truth(), TYPICAL)
    known = [name for name in BASELINES if name != "last year's hazard"]  # there is no year before
    by_forecast = {name: [(r.measure, r.since) for r in rows if r.forecast == name] for name in (MODEL, *known)}
    assert {r.forecast for r in rows} == {MODEL, *known}
    assert all(figures == by_forecast[MODEL] for figures in by_forecast.values())
    assert by_forecast[MODEL] == [("yearly share", 0), ("yearly share", 2), ("cumulative share", 0)]
    nobody = [r for r in rows if r.forecast == "no return"]
    assert [r.crps for r in nobody] == pytest.approx([r.observed for r in nobody])


def test_the_model_beats_the_baselines_where_it_is_the_truth() -> None:
    """On episodes drawn from the model, with its own parameters; and intervals hold their 90 %."""
    rows = [r for one in known_truth() for r in score_episode(one, known_truth(), np.repeat(TYPICAL, 500, axis=0))]
    summaries = summarise(rows)
    for measure in ("yearly share", "cumulative share"):
        of = {s.forecast: s for s in summaries if s.measure == measure}
        assert of[MODEL].crps == min(s.crps for name, s in of.items() if name != "pooled")
        assert 0.85 < of[MODEL].coverage90 < 0.98
        assert best_baseline(summaries, measure) == "pooled"


def row(origin: str, forecast: str, score: float) -> Scored:
    return Scored(origin, f"{origin}-1990", "yearly share", forecast, 0, 0.1, score, 0.0, 1.0)


def test_skill_is_one_minus_the_ratio_with_an_interval_over_origins() -> None:
    same = [row(o, f, s) for o in ("AAA", "BBB", "CCC") for f, s in ((MODEL, 0.5), ("pooled", 1.0))]
    assert skill(same, "yearly share", "pooled") == pytest.approx((0.5, 0.5, 0.5))
    mixed = [*same, row("DDD", MODEL, 4.0), row("DDD", "pooled", 1.0)]
    found, low, high = skill(mixed, "yearly share", "pooled")
    assert found == pytest.approx(1 - 5.5 / 4)
    assert low < found < high
    assert high == pytest.approx(0.5)
