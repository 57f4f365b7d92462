"""Series of conditions with their 90 % ranges, from which a run draws what holds in it.

How far a condition lies from its middle is the same for a whole course: what is wrong in one year's estimate of a
place is wrong in the next.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case, Condition

__all__ = ["NORMAL_90", "Graded", "Rows", "graded", "in_range", "period_at", "rows_of", "three"]

FloatArray = NDArray[np.float64]
Rows = Mapping[str, Mapping[str, Sequence[Condition]]]
"""Rows by indicator and place, in the order of their dates."""

NORMAL_90 = 1.6448536269514722
"""Score of the normal distribution below which 95 % lie."""


@dataclass(frozen=True)
class Graded:
    """Values (periods x places x names x 3): low, middle and high; NaN where unknown.

    Period 0 holds before the first of ``dates``.
    """

    dates: tuple[date, ...]
    values: FloatArray

    def at(self, when: date, scores: FloatArray) -> FloatArray:
        """Return the values (places x names) on a date at standard normal scores of the same shape."""
        return in_range(self.values[period_at(self.dates, when)], scores)

    def middle(self, when: date) -> FloatArray:
        """Return the middle values (places x names) on a date."""
        middle: FloatArray = self.values[period_at(self.dates, when), ..., 1]
        return middle


def in_range(ranges: FloatArray, scores: FloatArray) -> FloatArray:
    """Return the values between 0 and 1 at scores, for ranges (… x 3) whose ends are the 5 % and the 95 % quantile."""
    low, middle, high = ranges[..., 0], ranges[..., 1], ranges[..., 2]
    side = np.where(scores > 0.0, high - middle, middle - low)
    values: FloatArray = np.clip(middle + side * scores / NORMAL_90, 0.0, 1.0)
    return values


def period_at(dates: Sequence[date], when: date) -> int:
    """Return the period that holds on a date: 0 before the first of ``dates``, then counted up."""
    return bisect_right(dates, when)


def rows_of(case: Case) -> Rows:
    """Return the rows of ``conditions.csv`` by indicator and place, in the order of their dates."""
    series: dict[str, dict[str, list[Condition]]] = defaultdict(lambda: defaultdict(list))
    for row in sorted(case.conditions, key=lambda row: row.date):
        series[row.indicator][row.place].append(row)
    return series


def graded(
    rows: Rows, places: Sequence[tuple[str, str]], names: Sequence[str], *, before: float, prefix: str = ""
) -> Graded:
    """Return the series of indicators at places, given as (place, country); a row of a place overrides its country's.

    ``before`` holds until the first row; ``prefix`` stands before each name in the table.
    """
    tables = [rows.get(prefix + name, {}) for name in names]
    dates = tuple(sorted({row.date for table in tables for row in _flat(table.values())}))
    values = np.full((len(dates) + 1, len(places), len(names), 3), before)
    for column, table in enumerate(tables):
        for index, (place, country) in enumerate(places):
            for row in table.get(place) or table.get(country, ()):
                values[dates.index(row.date) + 1 :, index, column] = three(row)
    return Graded(dates, values)


def three(row: Condition) -> tuple[float, float, float]:
    """Return low, middle and high of a row; where it gives no end, its value."""
    low = row.value if row.low is None else row.low
    return low, row.value, row.value if row.high is None else row.high


def _flat(groups: Iterable[Sequence[Condition]]) -> Iterable[Condition]:
    return (row for group in groups for row in group)
