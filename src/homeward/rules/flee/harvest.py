"""The ways home of farmers in months of harvest. Docs: docs/explanation/flee-rules.md, "Who people are"."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from homeward.rules.flee.cohorts import Cohort
from homeward.rules.flee.network import Network
from homeward.rules.flee.routes import Routes

__all__ = ["going_home", "leading_home"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def going_home(cohorts: Sequence[Cohort], harvest: BoolArray) -> tuple[IntArray, tuple[int, ...]]:
    """Return (cohorts x days) the number of the home that a cohort is on the way to, -1 for none, and these homes.

    Without farmers or without a ``harvest`` (days) there are no cohorts.
    """
    homes = sorted({cohort.home for cohort in cohorts if cohort.farmer and cohort.home is not None})
    if not homes or not harvest.any():
        return np.zeros((0, len(harvest)), dtype=np.int64), ()
    found = np.full((len(cohorts), len(harvest)), -1, dtype=np.int64)
    for number, cohort in enumerate(cohorts):
        if cohort.farmer and cohort.home is not None:
            found[number, harvest] = homes.index(cohort.home)
    return found, tuple(homes)


def leading_home(network: Network, routes: Routes, markers: BoolArray, homes: Sequence[int]) -> BoolArray:
    """Return (homes x routes) the route that people take home: of those on the shortest way the farthest one.

    ``markers`` (places) are no destinations. Whether a link is open is not looked at: who finds it shut waits.
    """
    found = np.zeros((len(homes), len(routes.route_way)), dtype=np.bool_)
    for row, home in enumerate(homes):
        onward = _onward(network, home)
        for place in range(len(network.names)):
            chosen = _farthest(network, routes, onward, place)
            if chosen >= 0:
                found[row, chosen] = True
    found[:, markers[routes.destination]] = False
    return found


def _onward(network: Network, home: int) -> dict[int, int]:
    """Return the link with which the shortest way home begins, by place; none at home and where there is no way."""
    arriving: dict[int, list[int]] = {}
    for link, end in enumerate(network.end.tolist()):
        arriving.setdefault(end, []).append(link)
    onward: dict[int, int] = {}
    done: set[int] = set()
    queue = [(0.0, home, -1)]
    while queue:
        far, place, link = heapq.heappop(queue)
        if place in done:
            continue
        done.add(place)
        if link >= 0:
            onward[place] = link
        for before in arriving.get(place, ()):
            heapq.heappush(queue, (far + float(network.km[before]), int(network.start[before]), before))
    return onward


def _farthest(network: Network, routes: Routes, onward: dict[int, int], place: int) -> int:
    """Return the farthest route from a place that goes along its shortest way home; -1 for none."""
    known = {
        frozenset(np.flatnonzero(routes.uses[route]).tolist()): route
        for route in range(routes.first_route[place], routes.first_route[place + 1])
    }
    at, so_far, chosen = place, frozenset[int](), -1
    while at in onward:
        so_far |= {onward[at]}
        chosen = known.get(so_far, chosen)
        at = int(network.end[onward[at]])
    return chosen
