"""Parameters on the scale of their priors: a standard normal score for every value, and back.

A score of 0 is the median of the prior; the prior of a score is the standard normal. So least squares on scores has
the prior as one more residual each, whatever the shape of the prior.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["OUTERMOST", "Prior", "score_of", "value_at"]

FloatArray = NDArray[np.float64]

OUTERMOST = 2.5758
"""Largest score inside the 99 % range of a prior."""

ANGLES = 8_193
"""Points between which the beta distribution is tabulated: its scores are then right to 1e-4, its values to 1e-6."""


class Prior(Protocol):
    """A prior: its family, ``location`` and ``spread`` as in :class:`homeward.rules.parameters.Parameter`."""

    @property
    def prior(self) -> str:
        """``lognormal``, ``normal``, ``beta`` or ``fixed``."""
        ...

    @property
    def location(self) -> float:
        """Median or mean."""
        ...

    @property
    def spread(self) -> float:
        """Standard deviation, of the logarithm for ``lognormal``."""
        ...


def value_at(parameter: Prior, score: float) -> float:
    """Return the value of a parameter at a score; the location itself for a fixed one."""
    if parameter.prior == "lognormal":
        return parameter.location * math.exp(parameter.spread * score)
    if parameter.prior == "normal":
        return parameter.location + parameter.spread * score
    if parameter.prior == "beta":
        shares, scores = _beta_table(parameter.location, parameter.spread)
        return float(np.interp(score, scores, shares))
    return parameter.location


def score_of(parameter: Prior, value: float) -> float:
    """Return the score of a value; infinite where the prior does not allow it, 0 for a fixed parameter."""
    if parameter.prior == "lognormal":
        return math.log(value / parameter.location) / parameter.spread if value > 0 else -math.inf
    if parameter.prior == "normal":
        return (value - parameter.location) / parameter.spread
    if parameter.prior == "beta":
        shares, scores = _beta_table(parameter.location, parameter.spread)
        return float(np.interp(value, shares, scores, left=-math.inf, right=math.inf))
    return 0.0


@cache
def _beta_table(mean: float, spread: float) -> tuple[FloatArray, FloatArray]:
    """Return shares and their scores for the beta distribution with this mean and standard deviation.

    With x = sin²θ its density over θ is bounded, so the trapezium rule does; the upper half is summed from above, which
    keeps digits where little is left. SciPy has this function, but runs do without SciPy.
    """
    from statistics import NormalDist

    size = mean * (1 - mean) / spread**2 - 1
    angles = np.linspace(0.0, math.pi / 2, ANGLES)[1:-1]
    powers = (2 * mean * size - 1) * np.log(np.sin(angles)) + (2 * (1 - mean) * size - 1) * np.log(np.cos(angles))
    density = np.exp(powers - powers.max())
    between = (density[1:] + density[:-1]) / 2
    below, above = np.cumsum(between), np.cumsum(between[::-1])[::-1]
    whole = below[-1]
    lower, upper = below[:-1] / whole, above[1:] / whole
    kept = (lower > 1e-9) & (upper > 1e-9)
    normal = NormalDist()
    scores = [
        normal.inv_cdf(low) if low < 0.5 else -normal.inv_cdf(high)
        for low, high in zip(lower[kept], upper[kept], strict=True)
    ]
    return np.sin(angles[1:-1][kept]) ** 2, np.array(scores)
