"""Flee's rules as forecasts from every day of a shared case, 30, 90 and 180 days ahead, computed on all cores.

Nothing that came after an origin is told (:mod:`homeward.learn.flee_ahead`); the sums that Flee needs are those of the
forecast of this project from the same origin.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.counts import DailyCounts, daily_counts
from homeward.case.flee.model import FleeCase
from homeward.case.flee.reader import read_flee
from homeward.learn.flee_ahead import from_day_0, from_last_counts, known_and_carried_on
from homeward.learn.flee_camps import Habits, forecast
from homeward.rules.flee.tables import NO_LIMIT, flee_tables
from verification.flees_runs import HASTEN, SHARED

__all__ = ["FORECASTS", "HORIZONS", "by_flees_rules", "flees_forecasts"]

FloatArray = NDArray[np.float64]
Ahead = Mapping[int, FloatArray]
"""By horizon, people (days x camps)."""

HORIZONS = (30, 90, 180)
FORECASTS = ("Flee", "Flee, no capacities", "Flee from counts", "Flee from counts, no capacities")
"""Run from day 0, and from the camps as last counted; each with the published capacities and without any."""

CHUNK = 30
"""Origins that a process works on at a time."""


def flees_forecasts(habits: Mapping[str, Mapping[int, Habits]]) -> dict[str, dict[str, Ahead]]:
    """Return by case and by name of :data:`FORECASTS` what Flee's rules say; days before the horizon are 0.

    ``habits``: by case and horizon, what was fitted of our forecast.
    """
    length = {name: len(_told(name)[1].counted) for name in habits}
    tasks = [
        (name, range(first, min(first + CHUNK, days - HORIZONS[0])), dict(habits[name]))
        for name, days in length.items()
        for first in range(0, days - HORIZONS[0], CHUNK)
    ]
    found: dict[str, dict[str, Ahead]] = {name: _nothing_yet(_told(name)[1]) for name in habits}
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), get_context("spawn")) as pool:
        for (name, _, _), chunk in zip(tasks, pool.map(_chunk, *zip(*tasks, strict=True)), strict=True):
            for who, horizon, day, people in chunk:
                found[name][who][horizon][day] = people
    return found


def _nothing_yet(counts: DailyCounts) -> dict[str, Ahead]:
    return {who: {horizon: np.zeros(counts.counted.shape) for horizon in HORIZONS} for who in FORECASTS}


def _told(name: str) -> tuple[FleeCase, DailyCounts]:
    case = read_flee(SHARED / "flee_cases" / name)
    return case, daily_counts(case, corrected=False)


def _chunk(name: str, origins: Sequence[int], habits: Mapping[int, Habits]) -> list[tuple[str, int, int, FloatArray]]:
    """Return what the rules say from some origins: who, horizon, day, people (camps)."""
    case, counts = _told(name)
    ours = {horizon: forecast(case, counts, horizon, habits[horizon]) for horizon in HORIZONS}
    return [
        (who, horizon, origin + horizon, people)
        for origin in origins
        for who, by_horizon in by_flees_rules(case, origin, ours).items()
        for horizon, people in by_horizon.items()
    ]


def by_flees_rules(case: FleeCase, origin: int, ours: Ahead) -> dict[str, dict[int, FloatArray]]:
    """Return by name of :data:`FORECASTS` and by horizon the people (camps) that Flee's rules forecast from an origin.

    ``ours`` is our own forecast, whose sums are told. Chances to leave do not go by capacity in these cases,
    so one table makes the difference between having it and not.
    """
    ends = {horizon: origin + horizon for horizon, people in ours.items() if origin + horizon < len(people)}
    told = known_and_carried_on(case, origin, {day: ours[horizon][day] for horizon, day in ends.items()})
    tables = flee_tables(told, hasten=HASTEN, days=max(ends.values()) + 1)
    free = replace(tables, capacity=np.full_like(tables.capacity, NO_LIMIT))
    found: dict[str, dict[int, FloatArray]] = {}
    for one, what in ((tables, ""), (free, ", no capacities")):
        for name, run in (("Flee", from_day_0), ("Flee from counts", from_last_counts)):
            people = run(one, origin, hasten=HASTEN)
            found[name + what] = {horizon: people[horizon - 1] for horizon in ends}
    return found
