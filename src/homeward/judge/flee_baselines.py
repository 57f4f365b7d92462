"""What an analyst would say of a Flee case without a model: people in camps, from nothing but what was known.

Every baseline looks ``horizon`` days back: what it says of day t rests on what was counted up to its origin, day
t − ``horizon``. Counts between dates would give the next count away, so the last one is carried forward; corrections
of registrations count from their date. Arrays are (days x camps), camps in the order of
:class:`~homeward.case.flee.counts.DailyCounts`.

On the *allocation* track the true sum of the day is given, as it is to Flee, and a baseline says how it spreads over
camps: shares, to be multiplied by :func:`allocated`. On the *forecast* track nothing after the origin is given.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.counts import CampObservations, observations
from homeward.case.flee.model import FleeCase, FleeLocation, FleeRoute, LocationKind

__all__ = [
    "allocated",
    "equal_shares",
    "last_counts_and_change",
    "last_counts_grow",
    "last_counts_stay",
    "shares_by_distance",
    "shares_of_last_counts",
]

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Numbers = NDArray[np.float64] | NDArray[np.int64]


def allocated(shares: FloatArray, sums: Numbers) -> FloatArray:
    """Return people (days x camps): the true ``sums`` (days) over the camps, by their shares."""
    people: FloatArray = shares * sums[:, None]
    return people


def shares_of_last_counts(case: FleeCase, horizon: int, *, days: int, all_counted: bool = False) -> FloatArray:
    """Return the shares of camps in the sum of their last counts up to the origin.

    A camp without a count by then has 0; where no camp has anyone, all have equal shares. Camps that Flee does not
    compare with a simulation (no camp in ``locations.csv``) have 0, unless ``all_counted``. Raises ValueError for a
    horizon below 0.
    """
    people = _last_counts(observations(case, corrected=False), _origins(days, horizon))
    return _shares(people, _spread_over(case, all_counted=all_counted))


def equal_shares(case: FleeCase, *, days: int, all_counted: bool = False) -> FloatArray:
    """Return the same share for every camp on every day; ``all_counted`` as in :func:`shares_of_last_counts`."""
    among = _spread_over(case, all_counted=all_counted)
    return _shares(np.zeros((days, len(among))), among)


def shares_by_distance(case: FleeCase, horizon: int, *, days: int) -> FloatArray:
    r"""Return shares by inverse distance from the places where conflict has been by the origin.

    .. math:: s_j = \frac{\sum_i N_i\, \dfrac{1 / d_{ij}}{\sum_k 1 / d_{ik}}}{\sum_i N_i}

    over the conflict zones i with :math:`N_i` residents and the camps j, k, where :math:`d_{ij}` are kilometres by the
    shortest way along ``routes.csv``, open or closed. A zone from which no camp can be reached has no say, and a camp
    that is no place, or that no zone reaches, has 0. Where there is no such zone yet, all camps have equal shares.
    Raises ValueError for a horizon below 0.
    """
    among = _spread_over(case, all_counted=False)
    names = [camp.name for camp in case.camps]
    origins, weights = _origins(days, horizon), np.zeros((days, len(names)))
    for place in case.locations:
        first = _first_conflict(case, place)
        if first is None or not place.population:
            continue
        kilometres = _road_distances(case.routes, place.name)
        near = np.zeros(len(names))
        near[among] = [1.0 / kilometres.get(names[column], math.inf) for column in np.flatnonzero(among)]
        if near.any():
            weights[origins >= first] += place.population * near / near.sum()
    return _shares(weights, among)


def last_counts_stay(case: FleeCase, horizon: int, *, days: int) -> FloatArray:
    """Return people as last counted up to the origin; 0 before the first count. Raises ValueError as above."""
    return np.nan_to_num(_last_counts(observations(case, corrected=False), _origins(days, horizon)))


def last_counts_grow(case: FleeCase, horizon: int, *, days: int) -> FloatArray:
    """Return last counts that go on for ``horizon`` days as in the ``horizon`` days before the origin, at least 0.

    The earlier count is corrected as far as was known on the origin, lest a new way of registering be taken for
    people who leave; a camp that had no count then stays as it is. Raises ValueError for a horizon below 0, and
    InputError where a correction cannot be made.
    """
    last, change = last_counts_and_change(case, horizon, horizon, days=days)
    return np.maximum(last + change, 0.0)


def last_counts_and_change(case: FleeCase, horizon: int, window: int, *, days: int) -> tuple[FloatArray, FloatArray]:
    """Return people as last counted up to the origin, and how much that is above what was known ``window`` days before.

    Both are 0 before the first count, and the change is where there was none before. The earlier count is corrected as
    in :func:`last_counts_grow`. Raises ValueError for a horizon below 0, InputError where a correction cannot be made.
    """
    people, change = np.zeros((days, len(case.camps))), np.zeros((days, len(case.camps)))
    origins = _origins(days, horizon)
    corrected_on = {(correction.on - case.period.start).days for correction in case.corrections}
    for first, end in pairwise([-math.inf, *sorted(corrected_on), math.inf]):
        inside = (origins >= first) & (origins < end)
        known = observations(case, corrected=True, known_by=None if end == math.inf else int(end) - 1)
        last, earlier = _last_counts(known, origins[inside]), _last_counts(known, origins[inside] - window)
        people[inside], change[inside] = np.nan_to_num(last), np.nan_to_num(last - earlier)
    return people, change


def _origins(days: int, horizon: int) -> IntArray:
    if horizon < 0:
        raise ValueError(f"a horizon of {horizon} days")
    return np.arange(days, dtype=np.int64) - horizon


def _last_counts(observed: Sequence[CampObservations], origins: IntArray) -> FloatArray:
    """Return (origins x camps) the last count on or before each origin; NaN where there is none."""
    people = np.full((len(origins), len(observed)), math.nan)
    for column, camp in enumerate(observed):
        row = np.searchsorted(camp.days, origins, side="right")
        people[:, column] = np.concatenate([[math.nan], camp.people])[row]
    return people


def _spread_over(case: FleeCase, *, all_counted: bool) -> BoolArray:
    """Return (camps) which camps have people to be spread over them."""
    places = {place.name for place in case.locations if place.kind.is_camp}
    return np.array([all_counted or camp.name in places for camp in case.camps], dtype=np.bool_)


def _shares(weights: FloatArray, among: BoolArray) -> FloatArray:
    """Return weights as shares of their sum over the camps ``among``; equal ones on days without any."""
    kept = np.nan_to_num(weights) * among
    nobody = kept.sum(axis=1) == 0
    kept[nobody] = among
    sums = kept.sum(axis=1, keepdims=True)
    shares: FloatArray = np.divide(kept, sums, out=np.zeros_like(kept), where=sums > 0)
    return shares


def _first_conflict(case: FleeCase, place: FleeLocation) -> int | None:
    """Return the first day with conflict at a place; None if there is none."""
    if case.conflicts is not None:
        return case.conflicts.first_day(place.name)
    return (place.conflict_day or 0) if place.kind is LocationKind.CONFLICT_ZONE else None


def _road_distances(routes: Sequence[FleeRoute], start: str) -> dict[str, float]:
    """Return the kilometres from a place to all that can be reached from it, by the shortest way (Dijkstra 1959)."""
    nearby: dict[str, list[tuple[str, float]]] = {}
    for route in routes:
        nearby.setdefault(route.first, []).append((route.second, route.kilometres))
        nearby.setdefault(route.second, []).append((route.first, route.kilometres))
    settled: dict[str, float] = {}
    waiting = [(0.0, start)]
    while waiting:
        kilometres, place = heapq.heappop(waiting)
        if place in settled:
            continue
        settled[place] = kilometres
        for other, further in nearby.get(place, ()):
            if other not in settled:
                heapq.heappush(waiting, (kilometres + further, other))
    return settled
