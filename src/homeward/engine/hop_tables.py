"""What the kernel of hops reads and follows: arrays of the graph, of its days, and of people by situation."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeward.rules.compiled import bare, inlined, jit

__all__ = [
    "BLOCK",
    "FEW",
    "Cells",
    "Choices",
    "Course",
    "Crowds",
    "HopTables",
    "Lots",
    "Parties",
    "Settings",
    "add",
    "clear",
    "new_cells",
    "new_choices",
    "new_crowds",
    "new_parties",
]

FEW: Final = 24
"""Up to so many people decide one by one, which is cheaper than splitting them."""

BLOCK: Final = 64
"""Parties for whom uniforms are drawn together."""

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class Settings(NamedTuple):
    """Numbers that hold for all days: see :class:`HopTables` and the tables of the rules.

    ``slices`` the most slices of a day; ``fine`` the share of its limit that a place near it may receive in one.
    """

    bins: int
    memories: int
    distances: int
    slices: int
    fine: float
    ride_km: float
    buffer: float
    weight_power: float
    pruning: float
    on_foot: bool
    no_short_stints: bool
    take: bool


class HopTables(NamedTuple):
    """Arrays of the graph and of its days; codes index places, posts, ways, stages and routes.

    ``way_ends`` (ways x 2) the posts at the start and the end of a way, ``way_speed`` (ways x 2) km a day of who rides
    and who walks. A *stage* is how far one has come on a way: ``stage_km`` so far, and ``stage_after`` (stages x 2)
    the stage after another day of riding or on foot, -1 for arrival. ``way_stage`` is the first stage of a way.
    """

    first_route: IntArray
    route_way: IntArray
    route_goal: IntArray
    nearness: FloatArray
    going_home: IntArray
    leading_home: BoolArray
    post_place: IntArray
    post_way: IntArray
    post_goal: IntArray
    way_start: IntArray
    way_ends: IntArray
    way_link: IntArray
    way_stage: IntArray
    way_km: FloatArray
    way_speed: FloatArray
    way_walk: FloatArray
    stage_way: IntArray
    stage_km: FloatArray
    stage_after: IntArray
    capacity: FloatArray
    leave: FloatArray
    leave_cohorts: FloatArray
    is_town: BoolArray
    is_camp: BoolArray
    attraction: FloatArray
    link_open: BoolArray
    route_open: BoolArray
    known: IntArray
    new: IntArray
    appear: FloatArray
    own: IntArray
    own_share: FloatArray
    cohort_share: FloatArray
    sink: FloatArray


class Cells(NamedTuple):
    """Counts by situation, and the list of situations with people: ``used[0]`` of ``listed`` are valid."""

    people: IntArray
    listed: IntArray
    used: IntArray


class Parties(NamedTuple):
    """People who decide or travel at one moment, a party in a row: ``used[0]`` rows are valid.

    ``at`` is a post or a stage; ``chance`` of leaving, for those who decide; ``walking`` today, for those who travel;
    ``name`` for the addresses of draws.
    """

    at: IntArray
    cohort: IntArray
    first: IntArray
    memory: IntArray
    distance: IntArray
    people: IntArray
    chance: FloatArray
    name: NDArray[np.uint64]
    walking: BoolArray
    used: IntArray


class Lots(NamedTuple):
    """Uniforms that are drawn together, and the words of their addresses."""

    counter: NDArray[np.uint64]
    node: NDArray[np.uint64]
    name: NDArray[np.uint64]
    first: FloatArray
    second: FloatArray


class Choices(NamedTuple):
    """Of the parties of a block: ``leaves`` how many leave, ``gone`` those of them who follow a route that they chose
    before, ``chosen`` (parties x routes of their place) who takes which route.
    """

    lots: Lots
    leaves: IntArray
    gone: IntArray
    chosen: IntArray


class Crowds(NamedTuple):
    """What is known of arrivals, by place: ``arrived`` in the slice at hand; ``peak`` the most in a slice of the day,
    made up to a day, -1 where it was closed in the morning; ``share`` of those who may arrive that is expected there.
    ``arriving`` (one) those who might arrive in the day.
    """

    arrived: IntArray
    peak: IntArray
    share: FloatArray
    arriving: IntArray


class Course(NamedTuple):
    """What is followed from day to day.

    ``sitting`` at posts and ``riding`` on stages at the start of the day, and ``*_next`` at its end; ``leaving`` onto
    ways, and ``again`` those who arrived early and may go on. ``occupied`` (places) who is there; ``cumulative``
    (cohorts x routes) running sums of weights.
    """

    sitting: Cells
    sitting_next: Cells
    riding: Cells
    riding_next: Cells
    leaving: Cells
    again: Cells
    occupied: IntArray
    residents: FloatArray
    cumulative: FloatArray
    parties: Parties
    choices: Choices
    crowds: Crowds


@jit
def new_cells(size: int) -> Cells:
    """Return so many situations without people."""
    return Cells(np.zeros(size, np.int64), np.empty(size + 1, np.int64), np.zeros(1, np.int64))


@inlined
def add(counts: IntArray, listed: IntArray, used: IntArray, index: int, people: int) -> None:
    """Add people, 0 or more, to a situation, without a branch; the arrays are those of :class:`Cells`."""
    before = counts[index]
    listed[used[0]] = index
    used[0] += np.int64((before == 0) & (people > 0))
    counts[index] = before + people


@bare
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
        np.empty(size, np.bool_), np.zeros(1, np.int64),
    )  # fmt: skip


@jit
def new_choices(routes: int) -> Choices:
    """Return room for what a block of parties chooses, at places of up to so many routes."""
    size = BLOCK * FEW
    lots = Lots(
        np.empty(size, np.uint64), np.empty(size, np.uint64), np.empty(size, np.uint64), np.empty(size), np.empty(size)
    )  # fmt: skip
    return Choices(lots, np.zeros(BLOCK, np.int64), np.zeros(BLOCK, np.int64), np.zeros((BLOCK, routes), np.int64))


@jit
def new_crowds(places: int) -> Crowds:
    """Return that nothing is known yet."""
    return Crowds(np.zeros(places, np.int64), np.zeros(places, np.int64), np.ones(places), np.zeros(1, np.int64))
