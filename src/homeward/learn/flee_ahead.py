"""Flee's rules as a forecast: from an origin, with nothing told that came after it.

The case is cut off on the origin (:func:`~homeward.case.flee.known.known_on`). Flee's rules say where people go and not
how many come, so that number has to be told: counts go on as in a forecast of the camps, on straight lines between its
horizons, and new people appear as their sum grows. So rules are compared and not totals.

Either Flee is run as it is, from day 0, and people are where its rules have taken them since (:func:`from_day_0`); or
it sets out from the camps as last counted, nobody on the road (:func:`from_last_counts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.known import known_on
from homeward.case.flee.model import CampCounts, Count, FleeCase
from homeward.engine.simulate_hops import Hops
from homeward.rules.flee.tables import FleeTables

__all__ = ["from_day_0", "from_last_counts", "known_and_carried_on", "tables_after", "without_capacities"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def known_and_carried_on(case: FleeCase, origin: int, ahead: Mapping[int, FloatArray]) -> FleeCase:
    """Return the case as known on ``origin``, its counts carried on by a forecast.

    ``ahead``: people (camps) by day, all after the origin. The last count of a camp holds until the origin, and beyond
    the last of these days. Camps that are no place keep it, as no forecast is made for them; where the first row of the
    layout and not the sum of camps says how many appear, it grows by as many as the camps do.

    Raises ValueError for days up to the origin.
    """
    if any(day <= origin for day in ahead):
        raise ValueError(f"a forecast from day {origin} for the days {sorted(ahead)}")
    known = known_on(case, origin)
    places = {place.name for place in case.locations if place.kind.is_camp}
    camps, growth = [], dict.fromkeys(ahead, 0)
    for column, camp in enumerate(known.camps):
        last = camp.files[0].counts[-1].people
        people = {day: round(float(found[column])) if camp.name in places else last for day, found in ahead.items()}
        camps.append(_continued(known, camp, origin, people))
        growth = {day: growth[day] + people[day] - last for day in ahead}
    total = known.total
    if total is not None:
        last = total.files[0].counts[-1].people
        total = _continued(known, total, origin, {day: last + more for day, more in growth.items()})
    return replace(known, camps=tuple(camps), total=total)


def _continued(case: FleeCase, row: CampCounts, origin: int, people: Mapping[int, int]) -> CampCounts:
    """Return a row whose last count holds on the origin, followed by ``people`` by day."""
    file = row.files[0]
    last = file.counts[-1]
    start = case.period.start
    now = start + timedelta(days=origin)
    held = (Count(now, last.people),) if last.on < now else ()
    later = tuple(Count(start + timedelta(days=day), max(0, many)) for day, many in sorted(people.items()))
    return replace(row, files=(replace(file, counts=file.counts + held + later),))


def without_capacities(case: FleeCase) -> FleeCase:
    """Return a case in which no camp has a capacity: which ones leak is seen from later counts only."""
    return replace(
        case, locations=tuple(replace(place, people=0) if place.kind.is_camp else place for place in case.locations)
    )


def from_day_0(tables: FleeTables, origin: int, *, hasten: int, seed: int = 1) -> FloatArray:
    """Return (days x camps of the counts) people from the day after the origin on, Flee run from day 0.

    ``tables`` are those of a case of :func:`known_and_carried_on`, people divided by ``hasten``; those returned are
    multiplied by it.
    """
    return _camps(tables, Hops(tables).simulated(seed).people[origin + 1 :], hasten)


def from_last_counts(tables: FleeTables, origin: int, *, hasten: int, seed: int = 1) -> FloatArray:
    """Return the same as :func:`from_day_0`, people being where they were last counted on the evening of the origin."""
    after = tables_after(tables, origin)
    return _camps(after, Hops(after).simulated(seed).people, hasten)


def tables_after(tables: FleeTables, origin: int) -> FleeTables:
    """Return the tables of the days after the origin, people in camps as counted on it and nobody elsewhere.

    Nobody's cohort is known. Fewer people than on the origin make a debt, as in Flee; the debts of earlier days are
    forgotten, since people are where they were counted.
    """
    counts, after = tables.counts, tables.after(origin)
    at_start = np.zeros_like(tables.at_start)
    for column in np.flatnonzero(counts.compared):
        at_start[tables.network.code[counts.camps[column]]] = counts.counted[origin, column]
    risen = np.maximum.accumulate(np.maximum(np.cumsum(counts.change[origin + 1 :]), 0))
    new = after.new if after.own.any() or after.own_share.any() else np.diff(risen, prepend=0)
    return replace(after, at_start=at_start, known=np.zeros_like(tables.known), new=new)


def _camps(tables: FleeTables, people: IntArray, hasten: int) -> FloatArray:
    """Return the people of the camps that are compared, 0 in other columns, multiplied by ``hasten``."""
    columns = [tables.network.code.get(camp, -1) for camp in tables.counts.camps]
    return np.asarray(people[:, columns] * tables.counts.compared * float(hasten))
