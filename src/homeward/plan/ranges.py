"""The columns low, likely and high of a plan, over replicates, and what of them is too small to be published."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from homeward.judge.score import SMALLEST_ENSEMBLE

__all__ = ["COLUMNS", "SMALLEST_COUNT", "is_small", "low_likely_high", "nearest_column", "published", "whole"]

FloatArray = NDArray[np.float64]

COLUMNS = ("low", "likely", "high")
QUANTILES = (0.05, 0.5, 0.95)
SMALLEST_COUNT = 10
"""Counts of people above 0 and under this are not published."""


def low_likely_high(values: FloatArray | NDArray[np.int64]) -> FloatArray:
    """Return (3 x ...) the 5 % quantile, the median and the 95 % quantile over the first axis, the replicates.

    NaN wherever a value is NaN; low and high are NaN too with fewer replicates than an interval needs.
    """
    found: FloatArray = np.quantile(values, QUANTILES, axis=0).astype(np.float64)
    if len(values) < SMALLEST_ENSEMBLE:
        found[[0, 2]] = math.nan
    return found


def is_small(value: float, smallest: int) -> bool:
    """Return whether a count may not be published: above 0 and, as a whole number, under ``smallest``."""
    return value > 0.0 and round(value) < smallest  # NaN is not above 0


def published(values: FloatArray, smallest: int) -> tuple[tuple[int | None, ...], bool]:
    """Return counts as whole numbers, those that are unknown or too small as None; and whether any was too small."""
    small = [is_small(value, smallest) for value in values.tolist()]
    counts = tuple(None if hidden else whole(value) for value, hidden in zip(values.tolist(), small, strict=True))
    return counts, any(small)


def whole(value: float) -> int | None:
    """Return the nearest whole number, None for what is not a number."""
    return None if math.isnan(value) else round(value)


def nearest_column(value: float, columns: FloatArray) -> str | None:
    """Return which of low, likely and high a value is nearest to; likely in doubt, None if unknown."""
    if math.isnan(value) or not np.isfinite(columns).all():
        return None
    distances = dict(zip(COLUMNS, np.abs(columns - value).tolist(), strict=True))
    return min(COLUMNS, key=lambda name: (distances[name], name != "likely"))
