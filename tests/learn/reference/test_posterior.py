from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from homeward.learn.reference.episodes import HERE, Coercion, Episode, record_of, shipped_episodes
from homeward.learn.reference.likelihood import log_posterior
from homeward.learn.reference.model import PARAMETERS, simulate
from homeward.learn.reference.posterior import (
    Posterior,
    fingerprint,
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
    """Means of all parameters within 0.4 deviations of a sample that never saw the episodes; unweighted are not."""
    left = [one for one in known_truth() if max(one.shares()) > 0.6][:6]
    weighted = leave_out(found(), left, np.random.default_rng(5))
    assert weighted is not None
    again = sample([one for one in known_truth() if one not in left], steps=600, burn_in=500).draws

    def largest(draws: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
        return float((np.abs(draws.mean(axis=0) - again.mean(axis=0)) / again.std(axis=0)).max())

    assert largest(weighted) < 0.4
    assert largest(found().draws) > 0.5
    np.testing.assert_array_equal(leave_out(found(), [], np.random.default_rng(5)), found().draws)


def test_kept_draws_are_not_neighbours() -> None:
    """Lag-one correlation of the kept draws below 0.15 (three standard errors of 2,000 independent ones: 0.07)."""
    for draws in (found().draws, shipped_posterior(without_coerced=False).draws):
        centred = draws - draws.mean(axis=0)
        lagged = (centred[1:] * centred[:-1]).mean(axis=0) / centred.var(axis=0)
        assert np.abs(lagged).max() < 0.15


def test_weights_that_rest_on_few_draws_are_refused() -> None:
    assert leave_out(found(), known_truth()[:50], np.random.default_rng(5)) is None


def test_coerced_episodes_can_be_left_out() -> None:
    both = [episode("AAA-1990", [0.1], coercion=Coercion.COERCED), episode("BBB-1990", [0.1])]
    assert [one.onset.id for one in uncoerced(both)] == ["BBB-1990"]


def test_a_posterior_is_read_back_as_written(tmp_path: Path) -> None:
    write_posterior(tmp_path / "p.csv", found(), known_truth())
    assert read_posterior(tmp_path / "p.csv").draws == pytest.approx(found().draws, rel=1e-3)


@pytest.mark.parametrize("without_coerced", [False, True])
def test_the_shipped_posteriors_belong_to_the_shipped_episodes(*, without_coerced: bool) -> None:
    episodes = uncoerced(shipped_episodes()) if without_coerced else shipped_episodes()
    name = "posterior-uncoerced.csv" if without_coerced else "posterior.csv"
    first = (HERE / name).read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# {fingerprint(episodes)}", "stale: run python -m tools.build_reference"
    assert fingerprint(episodes) != fingerprint(episodes[:-1])
    assert shipped_posterior(without_coerced=without_coerced).draws.shape == (2_000, len(PARAMETERS))


@pytest.mark.parametrize("without_coerced", [False, True])
def test_every_origin_can_be_left_out_of_the_shipped_posteriors(*, without_coerced: bool) -> None:
    episodes = uncoerced(shipped_episodes()) if without_coerced else shipped_episodes()
    shipped = shipped_posterior(without_coerced=without_coerced)
    refused = [
        origin
        for origin in sorted({one.onset.origin for one in episodes})
        if leave_out(shipped, [one for one in episodes if one.onset.origin == origin], np.random.default_rng(1)) is None
    ]
    assert refused == []
