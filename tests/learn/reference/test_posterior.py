from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from homeward.learn.reference.episodes import Coercion, Episode, record_of, shipped_episodes
from homeward.learn.reference.likelihood import log_posterior
from homeward.learn.reference.model import PARAMETERS, simulate
from homeward.learn.reference.posterior import (
    Posterior,
    leave_out,
    read_posterior,
    sample,
    shipped_posterior,
    uncoerced,
    write_posterior,
)
from tests.learn.reference.hand_made import episode
from tests.learn.reference.test_model import TYPICAL

ORIGINS = 60


@cache
def known_truth() -> tuple[Episode, ...]:
    """Sixty episodes drawn from the model itself."""
    random = np.random.default_rng(11)
    found = []
    for number in range(ORIGINS):
        first = 1980 + number % 30
        (shares,) = simulate(TYPICAL, np.array([(first - 2000) / 10]), random)
        code = f"{chr(65 + number // 26)}{chr(65 + number % 26)}Z"
        found.append(episode(f"{code}-{first}", list(shares), stock=400_000))
    return tuple(found)


@cache
def found() -> Posterior:
    return sample(known_truth(), steps=600, burn_in=500)


def test_sampling_finds_the_parameters_that_made_the_episodes() -> None:
    """Every parameter inside its 99.9 % interval: a false alarm in 1 % of seeds at most, and the seed is fixed."""
    low, high = np.quantile(found().draws, (0.0005, 0.9995), axis=0)
    outside = [name for name, a, b, x in zip(PARAMETERS, low, high, TYPICAL[0], strict=True) if not a <= x <= b]
    assert outside == []
    wrong = TYPICAL[0] + np.array([1, 1, 3, 1, 1.5, 0.2, 4, 4, 4, 1.5])
    assert ((wrong < low) | (wrong > high)).sum() >= 8, "intervals so wide that nothing lies outside"


def test_chains_agree_and_the_same_seed_gives_the_same_draws() -> None:
    assert found().split_r_hat.max() < 1.1
    assert found().effective.min() > 100
    few, same = (sample(known_truth()[:12], steps=20, burn_in=5).draws for _ in range(2))
    np.testing.assert_array_equal(few, same)
    assert not np.array_equal(few, sample(known_truth()[:12], steps=20, burn_in=5, seed=1).draws)


def test_draws_lie_where_the_posterior_is_high() -> None:
    record = record_of(known_truth())
    assert log_posterior(found().draws, record).mean() > log_posterior(found().draws + 1.0, record).mean() + 50


def test_leaving_out_by_weights_is_sampling_without() -> None:
    """Means of all parameters within 0.4 posterior deviations of those of a sample that never saw the episodes."""
    left = known_truth()[:3]
    weighted = leave_out(found(), left, np.random.default_rng(5))
    assert weighted is not None
    again = sample(known_truth()[3:], steps=600, burn_in=500).draws
    assert np.abs(weighted.mean(axis=0) - again.mean(axis=0)).max() < 0.4 * again.std(axis=0).max()
    np.testing.assert_array_equal(leave_out(found(), [], np.random.default_rng(5)), found().draws)


def test_weights_that_rest_on_few_draws_are_refused() -> None:
    assert leave_out(found(), known_truth()[:50], np.random.default_rng(5)) is None


def test_coerced_episodes_can_be_left_out() -> None:
    both = [episode("AAA-1990", [0.1], coercion=Coercion.COERCED), episode("BBB-1990", [0.1])]
    assert [one.onset.id for one in uncoerced(both)] == ["BBB-1990"]


def test_a_posterior_is_read_back_as_written(tmp_path: Path) -> None:
    write_posterior(tmp_path / "p.csv", found())
    assert read_posterior(tmp_path / "p.csv").draws == pytest.approx(found().draws, rel=1e-3)


@pytest.mark.parametrize("without_coerced", [False, True])
def test_the_shipped_posteriors_belong_to_the_shipped_episodes(*, without_coerced: bool) -> None:
    """Draws lie around the highest density as those of ten parameters do: made from other episodes they would not."""
    episodes = uncoerced(shipped_episodes()) if without_coerced else shipped_episodes()
    shipped = shipped_posterior(without_coerced=without_coerced).draws
    assert shipped.shape == (1_000, len(PARAMETERS))
    record = record_of(episodes)
    height = log_posterior(shipped[::10], record)
    centre = log_posterior(np.median(shipped, axis=0)[None], record)[0]
    # Around the mode of ten parameters the log density falls by five on average (half a chi square with ten degrees).
    assert 2 < centre - height.mean() < 9
