"""Skill: how much smaller a score is than that of a baseline, with a bootstrap interval.

The bootstrap draws whole series (a host, a group, a place) with replacement and keeps all years of one: who is wrong
about a host in one year is wrong about it in the next, so its years are nearly one finding, and drawing single figures
would give intervals that are far too narrow. What all hosts share in one year it does not see. With fewer than five
series there is no interval: too few to draw from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["FEWEST_SERIES", "REPEATS", "skill_with_interval"]

FloatArray = NDArray[np.float64]

FEWEST_SERIES = 5
REPEATS = 4_000
SEED = 20_261_125


def skill_with_interval(
    model: Sequence[float], baseline: Sequence[float], series: Sequence[object]
) -> tuple[float, float | None, float | None]:
    """Return 1 − mean(model)/mean(baseline) and the ends of its 90 % interval.

    All three have one item a figure: both scores (0 or above; not all 0 for the baseline), and what series the figure
    belongs to. An end is None where too few series have a baseline that is off at all.
    """
    names = list(dict.fromkeys(series))
    number = np.array([names.index(name) for name in series])
    sums = np.array([np.bincount(number, weights=scores, minlength=len(names)) for scores in (model, baseline)])
    if len(names) < FEWEST_SERIES:
        return float(_skill(sums.sum(axis=1))), None, None
    drawn = np.random.default_rng(SEED).integers(len(names), size=(REPEATS, len(names)))
    low, high = np.quantile(_skill(sums[:, drawn].sum(axis=2)), (0.05, 0.95))
    return float(_skill(sums.sum(axis=1))), _finite(low), _finite(high)


def _finite(end: float) -> float | None:
    return float(end) if np.isfinite(end) else None


def _skill(sums: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        skill: FloatArray = 1.0 - sums[0] / sums[1]
    return skill
