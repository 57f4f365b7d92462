"""Proper scores: how far a forecast distribution, or its interval, lies from what came; smaller is better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Forecast90", "crps", "crps_lognormal", "crps_normal", "interval_score", "means_of", "normal_below"]

Floats = NDArray[np.float64]


def crps(sample_of: Floats, observed: float) -> float:
    """Return the continuous ranked probability score of a sample, fair to small ones (Ferro 2014, QJRMS 140).

    Its expectation is that of the distribution that the sample comes from, however few they are; with the divisor
    :math:`n^2` (Gneiting and Raftery 2007, eq. 21) a baseline of few members would look worse than it is.
    """
    ordered = np.sort(sample_of)
    count = len(ordered)
    ranks = 2 * np.arange(1, count + 1) - count - 1
    return float(np.abs(ordered - observed).mean() - (ranks * ordered).sum() / max(count * (count - 1), 1))


def crps_normal(mean: float, deviation: float, observed: float) -> float:
    """Return the score of a normal distribution in closed form (Gneiting et al. 2005, Monthly Weather Review 133).

    ``deviation`` at least 0; 0 is a point, whose score is its distance.
    """
    if deviation == 0.0:
        return abs(observed - mean)
    z = (observed - mean) / deviation
    below = math.erf(z / math.sqrt(2.0))
    density = math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)
    return deviation * (z * below + 2.0 * density - 1.0 / math.sqrt(math.pi))


def crps_lognormal(mean: float, deviation: float, observed: float) -> float:
    """Return the score of a distribution whose logarithm is normal (Baran and Lerch 2015, QJRMS 141).

    ``mean`` and ``deviation`` (above 0) are those of the logarithm, ``observed`` is above 0 and no logarithm.
    """
    z = (math.log(observed) - mean) / deviation
    above = normal_below(z - deviation) + normal_below(deviation / math.sqrt(2.0)) - 1.0
    return observed * (2.0 * normal_below(z) - 1.0) - 2.0 * math.exp(mean + deviation**2 / 2.0) * above


def interval_score(low: float, high: float, observed: float, level: float = 0.9) -> float:
    """Return the score of a central interval of this level (Gneiting and Raftery 2007, JASA 102, eq. 43).

    It is the width, and 2/α times how far ``observed`` lies outside, with α = 1 − level.
    """
    outside = max(low - observed, observed - high, 0.0)
    return high - low + 2.0 / (1.0 - level) * outside


def normal_below(z: float) -> float:
    """Return the probability that a standard normal variable is below z."""
    return math.erfc(-z / math.sqrt(2.0)) / 2.0


class Forecast90(Protocol):
    """A scored forecast with its 90 % interval and what came."""

    @property
    def observed(self) -> float:
        """What came."""
        ...

    @property
    def crps(self) -> float:
        """Its score."""
        ...

    @property
    def low90(self) -> float:
        """Low end of the interval."""
        ...

    @property
    def high90(self) -> float:
        """High end of the interval."""
        ...


def means_of(scored: Sequence[Forecast90]) -> tuple[float, float, float]:
    """Return the mean score, the share of what came inside the 90 % intervals, and their mean width; NaN for none."""
    if not scored:
        return math.nan, math.nan, math.nan
    inside = [one.low90 <= one.observed <= one.high90 for one in scored]
    widths = [one.high90 - one.low90 for one in scored]
    return float(np.mean([one.crps for one in scored])), float(np.mean(inside)), float(np.mean(widths))
