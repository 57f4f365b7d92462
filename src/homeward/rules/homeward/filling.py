"""Filling tables fast: what is written anew for every block and every situation, compiled.

The plain twins, in NumPy, are in ``tests/rules/homeward/test_filling.py``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from homeward.rules.compiled import jit

__all__ = ["destroyed_and_rebuilt", "fill_leaving", "fill_sums", "remembered"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@jit
def fill_sums(
    attraction: FloatArray,
    ease: FloatArray,
    closed: IntArray,
    first_row: int,
    stride: int,
    which: IntArray,
    cumulative: FloatArray,
) -> None:
    """Write the running sums of A(origin, place) C(i, place) over places to rows of ``cumulative``, in place.

    ``attraction`` (origins x places), ``ease`` (rows of one origin x places); ``closed`` (origins) the place that
    gets no weight, -1 for none. Row ``first_row + origin * stride + which[i]`` takes row ``i`` of ``ease``.
    """
    for origin in range(attraction.shape[0]):
        for index in range(ease.shape[0]):
            row = first_row + origin * stride + which[index]
            total = 0.0
            for place in range(attraction.shape[1]):
                if place != closed[origin]:
                    total += attraction[origin, place] * ease[index, place]
                cumulative[row, place + 1] = total


@jit
def fill_leaving(
    violent: FloatArray,
    fixed: FloatArray,
    frailty: FloatArray,
    violent_kind: IntArray,
    days: float,
    kind_cumulative: FloatArray,
    leave: FloatArray,
) -> None:
    """Write running sums of hazards over kinds, and the probability to leave in so many days, in place (equation 12).

    ``violent`` (groups) the hazard per day that violence drives, at frailty 1, of the kind ``violent_kind`` (groups);
    ``fixed`` (groups x kinds) the others; ``frailty`` (classes). ``kind_cumulative`` (situations x kinds) and ``leave``
    (situations) may have more rows, which stay as they are.
    """
    groups, kinds = fixed.shape
    classes = frailty.shape[0]
    for group in range(groups):
        for frail in range(classes):
            situation = group * classes + frail
            if frail > 0 and violent[group] == 0.0:
                # Classes differ under violence only, and most groups of refugees are far from any.
                for kind in range(kinds):
                    kind_cumulative[situation, kind] = kind_cumulative[situation - 1, kind]
                leave[situation] = leave[situation - 1]
                continue
            total = 0.0
            for kind in range(kinds):
                hazard = fixed[group, kind]
                if kind == violent_kind[group]:
                    hazard += violent[group] * frailty[frail]
                total += hazard
                kind_cumulative[situation, kind] = total
            leave[situation] = -math.expm1(-total * days)


@jit
def remembered(daily: FloatArray, half_life: FloatArray) -> FloatArray:
    """Return daily values (days x places) smoothed by an exponential memory with half-lives (places) in days."""
    smooth = np.empty_like(daily)
    for place in range(daily.shape[1]):
        keep = math.pow(0.5, 1.0 / half_life[place])
        memory = 0.0
        for day in range(daily.shape[0]):
            memory = keep * memory + (1.0 - keep) * daily[day, place]
            smooth[day, place] = memory
    return smooth


@jit
def destroyed_and_rebuilt(
    when: IntArray, where: IntArray, values: FloatArray, kept: FloatArray, lasting: FloatArray
) -> FloatArray:
    """Return (days x districts x stocks x 3) the share of stocks that stands at the end of each day; NaN at first.

    Row ``i`` sets the share to ``values[i]`` on the morning of day ``when[i]`` (in order) for the district and stock
    ``where[i]``. Of what stands the share ``kept`` (days x districts x stocks) outlasts the day, of what is destroyed
    ``lasting``.
    """
    days, districts, stocks = kept.shape
    path = np.empty((days, districts, stocks, 3))
    stands = np.full((districts, stocks, 3), np.nan)
    row = 0
    for day in range(days):
        while row < len(when) and when[row] <= day:
            stands[where[row, 0], where[row, 1]] = values[row]
            row += 1
        for district in range(districts):
            for stock in range(stocks):
                for level in range(3):
                    share = stands[district, stock, level] * kept[day, district, stock]
                    share = 1.0 - (1.0 - share) * lasting[day, district, stock]
                    stands[district, stock, level] = share
                    path[day, district, stock, level] = share
    return path
