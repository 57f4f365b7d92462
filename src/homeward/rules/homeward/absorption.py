"""What a district can take in: dwellings and services that violence destroys and money rebuilds, and crowding.

Equations 10a and 10b of docs/explanation/model.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from homeward.rules.calendar import DAYS_PER_YEAR, Calendar
from homeward.rules.homeward.conditions import Rows, three
from homeward.rules.homeward.filling import destroyed_and_rebuilt
from homeward.rules.parameters import Parameters

__all__ = ["STOCKS", "crowding", "stocks_over_time"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

STOCKS = ("housing", "services")
"""Conditions of home that change between their rows; they come first in ``HOME_CONDITIONS``."""

PER_DAYS = 30

MOST_FILLED = 100.0
"""Where hardly a dwelling stands, crowding counts no further than this."""


def stocks_over_time(
    rows: Rows, districts: Sequence[str], intensity: FloatArray, calendar: Calendar, parameters: Parameters
) -> FloatArray:
    """Return (days x districts x ``STOCKS`` x 3) the share that stands, low, middle and high; NaN until the first row.

    A row sets the share; from then on violence destroys the share ``destruction`` of what stands for every death per
    100,000 residents, and what is destroyed is rebuilt at the rate of :func:`_rebuilding`, until the next row.
    ``intensity`` (days x districts): deaths per 100,000 residents and 30 days.
    """
    when, where, values = _given(rows, districts, calendar)
    if not len(when):
        return np.full((calendar.days, len(districts), len(STOCKS), 3), np.nan)
    destruction = np.array([parameters[f"{stock}_destruction"] for stock in STOCKS])
    kept = np.exp(-destruction * intensity[:, :, None] / PER_DAYS)
    lasting = np.exp(-_rebuilding(rows, districts, calendar, parameters))
    return destroyed_and_rebuilt(when, where, values, kept, lasting)


def _given(rows: Rows, districts: Sequence[str], calendar: Calendar) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the days of the rows of the stocks, in order, with (rows x 2) district and stock and (rows x 3) values.

    The last of those before the first day counts on it.
    """
    found = [
        (max(0, calendar.day_of(row.date)), (district, stock), three(row))
        for stock, name in enumerate(STOCKS)
        for district, place in enumerate(districts)
        for row in rows.get(name, {}).get(place, ())
    ]
    found.sort(key=lambda row: row[0])
    when, where, values = zip(*found, strict=True) if found else ((), (), ())
    return np.array(when, dtype=np.int64), np.array(where, dtype=np.int64), np.array(values, dtype=np.float64)


def _rebuilding(rows: Rows, districts: Sequence[str], calendar: Calendar, parameters: Parameters) -> FloatArray:
    """Return (days x districts x ``STOCKS``) the rate per day at which what is destroyed is rebuilt.

    (own repair + money that sanctions let through over the cost of the whole stock) x access.
    """
    money, held_up, access = (
        _daily(rows, districts, calendar, name, before)
        for name, before in (("reconstruction", 0.0), ("sanctions", 0.0), ("access", 1.0))
    )
    cost = np.array([parameters[f"{stock}_cost"] for stock in STOCKS])
    yearly = parameters["own_repair"] + (money * (1.0 - held_up))[..., None] / cost
    rate: FloatArray = yearly * access[..., None] / DAYS_PER_YEAR
    return rate


def _daily(rows: Rows, districts: Sequence[str], calendar: Calendar, name: str, before: float) -> FloatArray:
    """Return (days x districts) the values of an indicator."""
    values = np.full((calendar.days, len(districts)), before)
    for column, place in enumerate(districts):
        for row in rows.get(name, {}).get(place, ()):
            values[max(0, calendar.day_of(row.date)) :, column] = row.value
    return values


def crowding(present: FloatArray, residents_before: FloatArray, housing: FloatArray) -> FloatArray:
    """Return (districts) how many times over the habitable dwellings are filled, 1 to ``MOST_FILLED``; 1 where unknown.

    ``present`` people there, ``residents_before`` the war, ``housing`` the share of dwellings that is habitable.
    """
    room = np.maximum(residents_before * housing, present / MOST_FILLED)
    known = np.isfinite(room) & (present > 0.0)
    times: FloatArray = np.maximum(1.0, np.divide(present, room, out=np.ones_like(present), where=known))
    return times
