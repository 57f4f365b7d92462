"""Food and floods by day and place, and what Flee's lists by flood level say of them.

Equations: docs/explanation/flee-rules.md, "Food" and "Floods".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.model import AttributeSeries, FleeCase
from homeward.case.flee.parameters import FloodRules

__all__ = ["ahead", "by_level", "flood_levels", "food_insecurity"]

FloatArray = NDArray[np.float64]

FOOD = "IPC"
NO_REGION = "unknown"


def food_insecurity(case: FleeCase, days: int) -> FloatArray:
    """Return (days x places) the share (0 to 1) of a place's region in acute food insecurity; 0 without a file."""
    series = next((found for found in case.attributes if found.by_region and found.attribute == FOOD), None)
    names = [place.region or NO_REGION for place in case.locations]
    return np.asarray(_interpolated(series, names, days) / 100.0)


def flood_levels(case: FleeCase, days: int) -> FloatArray:
    """Return (days x places) the level of floods, 0 for none and where ``flood_level.csv`` has no column."""
    return _interpolated(case.flood_levels, [place.name for place in case.locations], days)


def _interpolated(series: AttributeSeries | None, names: Sequence[str], days: int) -> FloatArray:
    """Return (days x names) the values on the straight lines between the days of a series; 0 for other names."""
    found = np.zeros((days, len(names)))
    if series is None:
        return found
    values = np.array(series.values, dtype=np.float64)
    columns = {name: number for number, name in enumerate(series.places)}
    for number, name in enumerate(names):
        if name in columns:
            found[:, number] = np.interp(np.arange(days), series.days, values[:, columns[name]])
    return found


def by_level(values: Sequence[float], levels: FloatArray, dry: FloatArray | float) -> FloatArray:
    """Return a list's entry for each level, between two on a straight line, and ``dry`` where there is no flood."""
    return np.asarray(np.where(levels > 0, np.interp(levels, np.arange(len(values)), values), dry))


def ahead(rules: FloodRules, weighed: FloatArray, days: int) -> FloatArray:
    """Return (days x places) the forecast of what is ``weighed`` on each day: weighted by day ahead, over all days.

    ``weighed`` (more days x places) is 0 where nothing is to be feared. Days after ``flood_forecaster_end_time`` have
    no forecast.
    """
    found = np.zeros((days, weighed.shape[1]))
    given, last = rules.flood_forecaster_weights or (), rules.flood_forecaster_end_time
    for step, weight in enumerate(given[: rules.flood_forecaster_timescale], start=1):
        known = np.arange(days) + step <= last
        found += np.where(known[:, None], weight * weighed[step : step + days], 0.0)
    return np.asarray(found / max(1, rules.flood_forecaster_timescale))
