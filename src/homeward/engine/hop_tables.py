"""What the kernel of hops reads and follows: arrays of the graph, of its days, and of people by situation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeward.rules.compiled import inlined, jit

__all__ = ["Cells", "Course", "HopTables", "Parties", "Settings", "add", "clear", "new_cells", "new_parties"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class Settings(NamedTuple):
    """Numbers that hold for all days: see :class:`HopTables` and the tables of the rules."""

    bins: int
    memories: int
    distances: int
    slices: int
    ride_km: float
    buffer: float
    weight_power: float
    pruning: float
    on_foot: bool
    no_short_stints: bool
    take: bool


class HopTables(NamedTuple):
    """Arrays of the graph and of its days; codes index places, posts, ways, stages and routes.

    A *stage* is how far one has come on a way: ``stage_km`` so far, and the stage after another day on foot or by
    vehicle, -1 for arrival. ``way_stage`` is the first stage of a way.
    """

    first_route: IntArray
    route_way: IntArray
    route_goal: IntArray
    nearness: FloatArray
    post_place: IntArray
    post_way: IntArray
    post_goal: IntArray
    way_post: IntArray
    way_start: IntArray
    way_link: IntArray
    way_stage: IntArray
    way_km: FloatArray
    way_ride: FloatArray
    way_walk: FloatArray
    stage_way: IntArray
    stage_km: FloatArray
    stage_on_foot: IntArray
    stage_riding: IntArray
    capacity: FloatArray
    leave: FloatArray
    is_town: BoolArray
    is_camp: BoolArray
    attraction: FloatArray
    link_open: BoolArray
    route_open: BoolArray
    new: IntArray
    appear: FloatArray
    own: IntArray
    own_share: FloatArray
    cohort_share: FloatArray
    sink: FloatArray
    walk_km: float


class Cells(NamedTuple):
    """Counts by situation, and the list of situations with people: ``used[0]`` of ``listed`` are valid."""

    people: IntArray
    listed: IntArray
    used: IntArray


class Parties(NamedTuple):
    """People who decide or travel at one moment, a party in a row: ``used[0]`` rows are valid.

    ``at`` is a post or a stage; ``chance`` of leaving, for those who decide; ``name`` for the addresses of draws.
    """

    at: IntArray
    cohort: IntArray
    first: IntArray
    memory: IntArray
    distance: IntArray
    people: IntArray
    chance: FloatArray
    name: NDArray[np.uint64]
    used: IntArray


class Course(NamedTuple):
    """What is followed from day to day.

    ``sitting`` at posts and ``riding`` on stages at the start of the day, and ``*_next`` at its end; ``leaving`` onto
    ways, and ``again`` those who arrived early and may go on. ``occupied`` (places) who is there, ``coming`` those of
    them who arrived in the slice at hand; ``cumulative`` (cohorts x routes) running sums of weights.
    """

    sitting: Cells
    sitting_next: Cells
    riding: Cells
    riding_next: Cells
    leaving: Cells
    again: Cells
    occupied: IntArray
    coming: IntArray
    residents: FloatArray
    cumulative: FloatArray
    parties: Parties


@jit
def new_cells(size: int) -> Cells:
    """Return so many situations without people."""
    return Cells(np.zeros(size, np.int64), np.empty(size, np.int64), np.zeros(1, np.int64))


@inlined
def add(counts: IntArray, listed: IntArray, used: IntArray, index: int, people: int) -> None:
    """Add people, 0 or more, to a situation; the arrays are those of :class:`Cells`."""
    if people > 0:
        if counts[index] == 0:
            listed[used[0]] = index
            used[0] += 1
        counts[index] += people


@jit
def clear(cells: Cells) -> None:
    """Take everybody away."""
    for number in range(cells.used[0]):
        cells.people[cells.listed[number]] = 0
    cells.used[0] = 0


@jit
def new_parties(size: int) -> Parties:
    """Return room for so many parties."""
    return Parties(
        np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64),
        np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.float64), np.empty(size, np.uint64),
        np.zeros(1, np.int64),
    )  # fmt: skip
