"""People in the camps of a Flee case from nothing but what was known: the last counts, and where people go lately.

A camp that filled up a year ago holds many people and gets few new ones. So the people of the last count stay where
they were counted, and only those above it (or the growth that is expected) are spread, over camps as the increase
of the last :attr:`Habits.window` days before the origin was. With c_j the last count of camp j on the origin, d_j its
increase in the window (0 for a decrease), and S(t) the sum on the day, where that is given ::

    allocation    c_j + (S(t) - Σc) · d_j / Σd         if S(t) ≥ Σc, else S(t) · c_j / Σc
    forecast      c_j + φ · d_j · horizon / window

Where no camp grew, new people go by the last counts. Two numbers, the window and the damping φ, are fitted, on *other*
cases, so nothing of a case decides how it is forecast (Hyndman and Athanasopoulos 2021, Forecasting, ch. 8.2, for
damped trends).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.counts import DailyCounts
from homeward.case.flee.model import FleeCase
from homeward.judge.flee_baselines import last_counts_and_change
from homeward.judge.flee_score import relative_difference

__all__ = ["DAMPINGS", "WINDOWS", "Habits", "allocation", "errors_of", "fitted_to_others", "forecast"]

FloatArray = NDArray[np.float64]

WINDOWS = (30, 60, 90, 120, 180)
"""Days before the origin that may tell where people go."""

DAMPINGS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the recent growth that may go on."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What is fitted: the ``window`` (days) whose increase tells where people go, and the ``damping`` of growth."""

    window: int
    damping: float = 0.0


def allocation(case: FleeCase, counts: DailyCounts, horizon: int, habits: Habits) -> FloatArray:
    """Return (days x camps) people, the sum of the camps that are compared being told.

    Raises ValueError for a horizon below 0, InputError where a correction cannot be made.
    """
    sums = (counts.counted * counts.compared).sum(axis=1).astype(np.float64)
    last, increase = _known(case, counts, horizon, habits.window)
    held = last.sum(axis=1)
    even = np.broadcast_to(counts.compared / max(1, counts.compared.sum()), last.shape)
    stock = _shares(last, even)
    more = np.maximum(sums - held, 0.0)
    grown = last + more[:, None] * _shares(increase, stock)
    return np.asarray(np.where((sums >= held)[:, None], grown, stock * sums[:, None]))


def forecast(case: FleeCase, counts: DailyCounts, horizon: int, habits: Habits) -> FloatArray:
    """Return (days x camps) people with nothing told that came after the origin; raises as :func:`allocation` does."""
    last, increase = _known(case, counts, horizon, habits.window)
    return np.asarray(last + habits.damping * increase * horizon / habits.window)


def _known(case: FleeCase, counts: DailyCounts, horizon: int, window: int) -> tuple[FloatArray, FloatArray]:
    last, change = last_counts_and_change(case, horizon, window, days=len(counts.counted))
    return last * counts.compared, np.maximum(change, 0.0) * counts.compared


def _shares(weights: FloatArray, otherwise: FloatArray) -> FloatArray:
    sums = weights.sum(axis=1, keepdims=True)
    return np.asarray(np.where(sums > 0, weights / np.where(sums > 0, sums, 1.0), otherwise))


def errors_of(people: FloatArray, counts: DailyCounts, horizon: int) -> FloatArray:
    """Return by day, from day ``horizon`` on, the sum over camps of |people - counted| over the people counted."""
    kept = counts.compared
    counted = counts.counted[:, kept]
    return relative_difference(people[:, kept], counted, counted.sum(axis=1))[horizon:]


def fitted_to_others(
    cases: Mapping[str, tuple[FleeCase, DailyCounts]], left_out: str, horizon: int, *, track: str
) -> Habits:
    """Return the habits with the smallest mean error over all cases but one; ``track`` is allocation or forecast.

    Raises ValueError for another track, or if no other case is longer than the horizon.
    """
    if track not in ("allocation", "forecast"):
        raise ValueError(f"track {track!r}")
    others = [pair for name, pair in cases.items() if name != left_out and len(pair[1].counted) > horizon]
    if not others:
        raise ValueError("no other case to fit to")
    ahead, dampings = (allocation, (0.0,)) if track == "allocation" else (forecast, DAMPINGS)
    tried: Sequence[Habits] = [Habits(window, damping) for window in WINDOWS for damping in dampings]
    scores = [
        float(
            np.mean(
                [errors_of(ahead(case, counts, horizon, habits), counts, horizon).mean() for case, counts in others]
            )
        )
        for habits in tried
    ]
    return tried[int(np.argmin(scores))]
