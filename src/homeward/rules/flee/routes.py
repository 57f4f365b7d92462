"""Routes that people choose from, and what is left of them on the way.

A *post* is where people are and what they follow: the first posts are the places themselves, where nothing is
followed; each other post is a place with the rest of a route that leads on from there. A *way* is a link with the
post at its end. So where people are and what they do next is one number, in place of a name and a list of names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeward.rules.flee.network import Network

__all__ = ["Routes", "best_by_destination", "routes_of"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Routes:
    """The routes of all places, one after the other, and the posts and ways that they are made of.

    Of place ``p`` they are ``first_route[p]`` to ``first_route[p + 1]``, with ``route_way`` the way that they begin
    with, ``destination`` the place that they lead to, ``km`` their length and ``uses`` (routes x links) the links
    that must be open. ``post_place`` and ``post_way`` (posts): the place and the way to follow, -1 for none;
    ``post_goal`` the place that what is followed leads to. ``way_link`` and ``way_post`` (ways).
    """

    first_route: IntArray
    route_way: IntArray
    destination: IntArray
    km: FloatArray
    uses: BoolArray
    post_place: IntArray
    post_way: IntArray
    post_goal: IntArray
    way_link: IntArray
    way_post: IntArray


class _Posts:
    """Numbers posts and ways as they are met."""

    def __init__(self, network: Network) -> None:
        self._network = network
        places = len(network.names)
        self.place: list[int] = list(range(places))
        self.way: list[int] = [-1] * places
        self.goal: list[int] = list(range(places))
        self.ways: list[tuple[int, int]] = []
        self._post_of: dict[tuple[int, ...], int] = {}
        self._way_of: dict[tuple[int, int], int] = {}

    def way_of(self, links: tuple[int, ...]) -> int:
        """Return the way with which these links in a row begin."""
        key = links[0], self._post(links)
        if key not in self._way_of:
            self._way_of[key] = len(self.ways)
            self.ways.append(key)
        return self._way_of[key]

    def _post(self, links: tuple[int, ...]) -> int:
        """Return the post at the end of the first link."""
        place, rest = int(self._network.end[links[0]]), links[1:]
        if not rest:
            return place
        if rest not in self._post_of:
            way = self.way_of(rest)
            self._post_of[rest] = len(self.place)
            self.place.append(place)
            self.way.append(way)
            self.goal.append(int(self._network.end[rest[-1]]))
        return self._post_of[rest]


def routes_of(network: Network, markers: BoolArray, hops: int) -> Routes:
    """Return all routes without a loop of up to so many ``hops`` (1 or more).

    At ``markers`` (places) no route ends, and passing one is no hop.
    """
    posts = _Posts(network)
    first, way, destination, km, uses = [0], [], [], [], []
    for place in range(len(network.names)):
        for links in _from(network, markers, place, hops):
            way.append(posts.way_of(links))
            destination.append(int(network.end[links[-1]]))
            km.append(float(network.km[list(links)].sum()))
            uses.append(links)
        first.append(len(way))
    using = np.zeros((len(way), network.links), dtype=np.bool_)
    for route, links in enumerate(uses):
        using[route, list(links)] = True
    ways = np.array(posts.ways, dtype=np.int64).reshape(-1, 2)
    return Routes(
        first_route=np.array(first, dtype=np.int64),
        route_way=np.array(way, dtype=np.int64),
        destination=np.array(destination, dtype=np.int64),
        km=np.array(km, dtype=np.float64),
        uses=using,
        post_place=np.array(posts.place, dtype=np.int64),
        post_way=np.array(posts.way, dtype=np.int64),
        post_goal=np.array(posts.goal, dtype=np.int64),
        way_link=ways[:, 0].copy(),
        way_post=ways[:, 1].copy(),
    )


def _from(network: Network, markers: BoolArray, place: int, hops: int) -> Iterator[tuple[int, ...]]:
    """Yield the links of every route from a place."""

    def further(links: tuple[int, ...], been: frozenset[int], left: int) -> Iterator[tuple[int, ...]]:
        end = int(network.end[links[-1]])
        if not markers[end]:
            yield links
            left -= 1
        if left > 0:
            for link in network.leaving[end]:
                if int(network.end[link]) not in been:
                    yield from further((*links, link), been | {end}, left)

    for link in network.leaving[place]:
        yield from further((link,), frozenset({place}), hops)


def best_by_destination(routes: Routes, is_open: BoolArray, nearness: FloatArray) -> BoolArray:
    """Return (days x routes) which open routes are the nearest of their place and destination, the first of equals.

    ``is_open`` (days x routes), ``nearness`` (routes) the higher the nearer. Docs: docs/explanation/flee-rules.md.
    """
    place = np.repeat(np.arange(len(routes.first_route) - 1), np.diff(routes.first_route))
    order = np.lexsort((np.arange(len(place)), -nearness, routes.destination, place))
    ends = np.stack([place[order], routes.destination[order]])
    begins = np.ones(len(order), dtype=np.bool_)
    begins[1:] = (ends[:, 1:] != ends[:, :-1]).any(axis=0)
    pair = np.cumsum(begins) - 1
    sorted_open = is_open[:, order].astype(np.int64)
    before = np.cumsum(sorted_open, axis=1) - sorted_open
    first = np.flatnonzero(begins)
    found = np.zeros_like(is_open)
    found[:, order] = (sorted_open > 0) & (before == before[:, first[pair]])
    return found
