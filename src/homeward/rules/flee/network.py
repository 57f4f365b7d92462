"""Places and links of a Flee directory as arrays, and which links are open on each day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.model import Closure, ClosureKind, FleeCase, FleeRoute

__all__ = ["Network", "network_of", "open_links"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Network:
    """A directed graph of ``names``: a route is a link each way.

    ``start`` and ``end`` (links) are codes of places, ``km`` their lengths (above 0), ``ride_km`` how far people ride
    on them in a day, ``walk_share`` the share of travellers who walk on a day (0 to 1). ``countries`` (places) are
    names, "" where none is given.
    """

    names: tuple[str, ...]
    countries: tuple[str, ...]
    start: IntArray
    end: IntArray
    km: FloatArray
    ride_km: FloatArray
    walk_share: FloatArray

    @property
    def links(self) -> int:
        """Number of links."""
        return len(self.start)

    @cached_property
    def code(self) -> Mapping[str, int]:
        """Codes of places by name."""
        return {name: code for code, name in enumerate(self.names)}

    @cached_property
    def leaving(self) -> tuple[tuple[int, ...], ...]:
        """The links that leave each place, in the order of the file."""
        found: list[list[int]] = [[] for _ in self.names]
        for link, place in enumerate(self.start):
            found[place].append(link)
        return tuple(map(tuple, found))


def network_of(case: FleeCase) -> Network:
    """Return the network of a case; of two routes between the same places the later one is never taken."""
    code = {place.name: number for number, place in enumerate(case.locations)}
    speed = 200.0 if case.settings.move_rules.use_v1_rules else case.settings.move_rules.max_move_speed
    seen: set[tuple[int, int]] = set()
    rows: list[tuple[int, int, FleeRoute]] = []
    for route in case.routes:
        for one, other in ((route.first, route.second), (route.second, route.first)):
            ends = code[one], code[other]
            if ends not in seen:
                seen.add(ends)
                rows.append((*ends, route))
    return Network(
        names=tuple(place.name for place in case.locations),
        countries=tuple(place.country or "" for place in case.locations),
        start=np.array([start for start, _, _ in rows], dtype=np.int64),
        end=np.array([end for _, end, _ in rows], dtype=np.int64),
        km=np.array([route.kilometres for _, _, route in rows], dtype=np.float64),
        ride_km=np.array([_number(route, "max_move_speed", speed) for _, _, route in rows], dtype=np.float64),
        walk_share=np.array([_number(route, "walk_probability", 0.0) for _, _, route in rows], dtype=np.float64),
    )


def _number(route: FleeRoute, column: str, default: float) -> float:
    text = dict(route.attributes).get(column, "")
    return float(text) if text else default


def open_links(network: Network, closures: Sequence[Closure], days: int) -> BoolArray:
    """Return (days x links) whether people may set out; the latest closure or opening of a link holds."""
    changes: dict[int, list[tuple[Closure, bool]]] = {}
    for closure in closures:
        if closure.start < days:
            changes.setdefault(closure.start, []).append((closure, False))
        if closure.end is not None and closure.end < days:
            changes.setdefault(closure.end, []).append((closure, True))
    is_open = np.ones((days, network.links), dtype=np.bool_)
    for day, found in sorted(changes.items()):
        for closure, opens in found:
            is_open[day:, _links_of(network, closure)] = opens
    return is_open


def _links_of(network: Network, closure: Closure) -> BoolArray:
    """Return which links a closure shuts; of a route both ways, where Flee shuts the one from its second place only."""
    if closure.kind is ClosureKind.COUNTRY:
        country = np.array(network.countries, dtype=object)
        start, end = country[network.start], country[network.end]
        one, other = closure.first, closure.second
        return np.asarray(((start == one) & (end == other)) | ((start == other) & (end == one)), dtype=np.bool_)
    if closure.kind is ClosureKind.LOCATION:
        place = network.code[closure.first]
        return np.asarray((network.start == place) | (network.end == place))
    if closure.kind is ClosureKind.LINK and closure.second is not None:
        first, second = network.code[closure.first], network.code[closure.second]
        there = (network.start == first) & (network.end == second)
        return np.asarray(there | ((network.start == second) & (network.end == first)))
    return np.zeros(network.links, dtype=np.bool_)
