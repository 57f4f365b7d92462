"""One course of a Flee case: its tables as the kernel of hops reads them, and who is where in the evening."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeward.engine.hop_tables import HopTables, Settings
from homeward.engine.hops import follow
from homeward.rules.flee.tables import FleeTables

__all__ = ["BINS", "FINE", "SLICES", "HopCourse", "Hops"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

BINS = 8
"""Steps of the memory of travel to a day of travel: halving them moves no score by 0.002 (verification of Flee)."""

SLICES = 16
"""The most slices of a day in which a camp may fill up; fewer are taken where :data:`FINE` allows."""

FINE = 0.01
"""Share of its limit that a place near it should at most receive in a slice."""


@dataclass(frozen=True)
class HopCourse:
    """``people`` (days x places) in the evening, ``travelling`` (days) on links, ``total`` (days) of both."""

    people: IntArray
    travelling: IntArray

    @property
    def total(self) -> IntArray:
        """All people in the simulation."""
        return np.asarray(self.people.sum(axis=1) + self.travelling)


class Hops:
    """The tables of a case, ready to be followed by any seed and replicate."""

    def __init__(self, tables: FleeTables, *, bins: int = BINS, slices: int = SLICES, fine: float = FINE) -> None:
        """Lay out the tables; ``bins``, ``slices`` and ``fine`` as :mod:`homeward.engine.hops` explains."""
        self.tables, self.bins, self.slices = tables, bins, slices
        fastest = float(max([tables.ride_km, *tables.network.ride_km.tolist()]))
        self._settings = Settings(
            bins=bins, memories=2 * bins, distances=math.ceil(fastest / tables.ride_km * bins) + 1, slices=slices,
            fine=fine, ride_km=tables.ride_km, buffer=tables.buffer, weight_power=tables.weight_power,
            pruning=tables.pruning, on_foot=tables.start_on_foot, no_short_stints=tables.avoid_short_stints,
            take=tables.take,
        )  # fmt: skip

    def simulated(self, seed: int = 1, replicate: int = 0) -> HopCourse:
        """Return a course; the same seed and replicate give the same, on any machine."""
        tables = self.tables
        own = tables.own
        if tables.own_is_mean:
            own = np.random.default_rng([seed, replicate]).poisson(own).astype(np.float64)
        laid_out = _laid_out(tables, own.astype(np.int64))
        found = follow(
            seed, replicate, tables.at_start - tables.known.sum(axis=0), tables.residents, laid_out, self._settings
        )
        return HopCourse(found[:, :-1], found[:, -1])


def _laid_out(tables: FleeTables, own: IntArray) -> HopTables:
    network, routes = tables.network, tables.routes
    link = routes.way_link
    way_stage, stage_way, stage_km, on_foot, riding = _stages(tables)
    return HopTables(
        first_route=routes.first_route, route_way=routes.route_way, route_goal=routes.destination,
        nearness=tables.nearness, going_home=tables.going_home, leading_home=tables.leading_home,
        post_place=routes.post_place, post_way=routes.post_way, post_goal=routes.post_goal,
        way_start=network.start[link], way_ends=np.stack([network.start[link], routes.way_post], axis=1),
        way_link=link, way_stage=way_stage, way_km=network.km[link],
        way_speed=np.stack([network.ride_km[link], np.full(len(link), tables.walk_km)], axis=1),
        way_walk=network.walk_share[link], stage_way=stage_way, stage_km=stage_km,
        stage_after=np.stack([riding, on_foot], axis=1),
        capacity=tables.capacity, leave=tables.leave, leave_cohorts=tables.leave_cohorts,
        is_town=tables.state.is_town, is_camp=tables.state.is_camp,
        attraction=tables.attraction, link_open=tables.link_open, route_open=tables.route_open,
        known=tables.known, new=tables.new, appear=tables.appear, own=own, own_share=tables.own_share,
        cohort_share=tables.cohort_share, sink=tables.sink,
    )  # fmt: skip


def _stages(tables: FleeTables) -> tuple[IntArray, IntArray, FloatArray, IntArray, IntArray]:
    """Return the first stage of each way, and of all stages the way, the km, and the stages after a day on foot or
    riding.

    Days on foot and days of riding mix only where a link has a share of walkers.
    """
    first: list[int] = []
    rows: list[tuple[int, float, int, int]] = []
    for way, link in enumerate(tables.routes.way_link):
        km, ride = float(tables.network.km[link]), float(tables.network.ride_km[link])
        mixed = tables.network.walk_share[link] > 0
        days = [
            (on_foot, riding)
            for on_foot in range(math.floor(km / tables.walk_km) + 1)
            for riding in range(math.floor(km / ride) + 1)
            if on_foot * tables.walk_km + riding * ride <= km and (mixed or 0 in (on_foot, riding))
        ]
        number = {pair: len(rows) + order for order, pair in enumerate(days)}
        first.append(number[0, 0])
        rows += [
            (
                way,
                on_foot * tables.walk_km + riding * ride,
                number.get((on_foot + 1, riding), -1),
                number.get((on_foot, riding + 1), -1),
            )
            for on_foot, riding in days
        ]
    ways, so_far, after_foot, after_riding = zip(*rows, strict=True) if rows else ((), (), (), ())
    return (
        np.array(first, dtype=np.int64),
        np.array(ways, dtype=np.int64),
        np.array(so_far, dtype=np.float64),
        np.array(after_foot, dtype=np.int64),
        np.array(after_riding, dtype=np.int64),
    )
