"""Compiled filling of tables beside plain twins in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.rules.homeward.filling import destroyed_and_rebuilt, fill_leaving, fill_sums, remembered

FloatArray = NDArray[np.float64]


def plain_sums(attraction: FloatArray, ease: FloatArray, closed: NDArray[np.int64]) -> FloatArray:
    """Return (origins x rows x places) running sums."""
    weights = attraction[:, None, :] * ease[None, :, :]
    for origin, place in enumerate(closed):
        if place >= 0:
            weights[origin, :, place] = 0.0
    return np.cumsum(weights, axis=2)


@pytest.mark.parametrize("closed", [(-1, -1, -1), (0, 6, 3)])
def test_running_sums_equal_their_plain_twin(closed: tuple[int, ...]) -> None:
    random = np.random.default_rng(1)
    attraction, ease = random.random((3, 7)), random.random((4, 7))
    which, shut = np.array([0, 2, 3, 5]), np.array(closed)
    cumulative = np.full((2 + 3 * 6 + 1, 8), 9.0)
    fill_sums(attraction, ease, shut, 2, 6, which, cumulative)
    expected = np.full_like(cumulative, 9.0)
    expected[2:-1].reshape(3, 6, 8)[:, which, 1:] = plain_sums(attraction, ease, shut)
    np.testing.assert_array_equal(cumulative, expected)


def test_nothing_is_written_where_no_row_is_asked_for() -> None:
    cumulative = np.full((3, 3), 9.0)
    fill_sums(np.ones((3, 2)), np.ones((0, 2)), np.full(3, -1), 0, 1, np.arange(0), cumulative)
    assert (cumulative == 9.0).all()


def plain_leaving(
    violent: FloatArray, fixed: FloatArray, frailty: FloatArray, kind: NDArray[np.int64], days: float
) -> tuple[FloatArray, FloatArray]:
    """Return running sums (groups x classes x kinds) and probabilities to leave (groups x classes)."""
    by_kind = np.repeat(fixed[:, None, :], len(frailty), axis=1)
    by_kind[np.arange(len(fixed)), :, kind] += violent[:, None] * frailty
    sums = np.cumsum(by_kind, axis=2)
    return sums, -np.expm1(-sums[:, :, -1] * days)


def test_probabilities_to_leave_equal_their_plain_twin() -> None:
    random = np.random.default_rng(2)
    violent = np.where(random.random(20) < 0.5, 0.0, random.random(20) / 100.0)
    fixed, frailty, kind = random.random((20, 4)) / 1000.0, np.array([0.1, 0.7, 2.2]), random.integers(0, 4, 20)
    sums, leave = np.full((63, 4), 9.0), np.full(63, 9.0)
    fill_leaving(violent, fixed, frailty, kind, 7.0, sums, leave)
    expected_sums, expected_leave = plain_leaving(violent, fixed, frailty, kind, 7.0)
    np.testing.assert_allclose(sums[:60].reshape(20, 3, 4), expected_sums, rtol=1e-14)
    np.testing.assert_allclose(leave[:60].reshape(20, 3), expected_leave, rtol=1e-14)
    assert (sums[60:] == 9.0).all()
    assert (leave[60:] == 9.0).all()


def test_frailty_counts_under_violence_only() -> None:
    fixed, frailty = np.array([[0.01, 0.0]]), np.array([0.5, 1.5])
    sums, calm, fierce = np.zeros((2, 2)), np.zeros(2), np.zeros(2)
    fill_leaving(np.array([0.0]), fixed, frailty, np.array([1]), 1.0, sums, calm)
    fill_leaving(np.array([0.1]), fixed, frailty, np.array([1]), 1.0, sums, fierce)
    assert calm[0] == calm[1] == pytest.approx(1.0 - np.exp(-0.01))
    np.testing.assert_allclose(fierce, 1.0 - np.exp(-np.array([0.06, 0.16])))


def test_memory_halves_after_its_half_life_place_by_place() -> None:
    daily = np.zeros((61, 2))
    daily[0] = 1.0
    smooth = remembered(daily, np.array([10.0, 30.0]))
    np.testing.assert_allclose(smooth[30], smooth[0] * np.array([1 / 8, 1 / 2]))
    np.testing.assert_allclose(smooth[0], 1.0 - 0.5 ** (1.0 / np.array([10.0, 30.0])))


def test_what_stands_equals_its_plain_twin() -> None:
    random = np.random.default_rng(4)
    kept, lasting = random.random((9, 3, 2)), random.random((9, 3, 2))
    when, where = np.array([0, 0, 2, 2, 8]), np.array([[0, 1], [2, 0], [0, 1], [0, 1], [1, 1]])
    values = random.random((5, 3))
    stands, expected = np.full((3, 2, 3), np.nan), np.empty((9, 3, 2, 3))
    for day in range(9):
        for row in np.flatnonzero(when == day):
            stands[tuple(where[row])] = values[row]
        stands = stands * kept[day][..., None]
        stands = 1.0 - (1.0 - stands) * lasting[day][..., None]
        expected[day] = stands
    path = destroyed_and_rebuilt(when, where, values, kept, lasting)
    np.testing.assert_array_equal(path, expected)
    assert np.isnan(path[:8, 1, 1]).all() and not np.isnan(path[8, 1, 1]).any()
