"""A random walk on the logarithm of a yearly figure: the simplest forecast that has a distribution.

With d the increments of log x between successive year-ends, n of them ::

    without drift   log x(t + h) ~ N(log x(t), h σ²)          σ² = Σ d² / n
    with drift      log x(t + h) ~ N(log x(t) + h μ, h σ²)    μ = Σ d / n,  σ² = Σ (d − μ)² / (n − 1)

The error of the estimated drift is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["FEWEST_INCREMENTS", "RandomWalk", "fit_walk"]

FEWEST_INCREMENTS = 3
"""Fewer say too little about how far a figure moves in a year."""


@dataclass(frozen=True, slots=True)
class RandomWalk:
    """``drift`` of the logarithm per year and the standard ``deviation`` (above 0) of a year's increment."""

    drift: float
    deviation: float

    def after(self, value: float, years: float) -> tuple[float, float]:
        """Return mean and standard deviation of the logarithm, ``years`` after a figure of ``value`` people."""
        return math.log(value) + self.drift * years, self.deviation * math.sqrt(years)


def fit_walk(increments: Sequence[float], *, drift: bool = False) -> RandomWalk | None:
    """Return the walk with these yearly increments; None for too few of them, or for figures that never move."""
    if len(increments) < FEWEST_INCREMENTS:
        return None
    mean = float(np.mean(increments)) if drift else 0.0
    squares = float(np.sum((np.array(increments) - mean) ** 2))
    deviation = math.sqrt(squares / (len(increments) - 1 if drift else len(increments)))
    return RandomWalk(mean, deviation) if deviation > 0 else None
