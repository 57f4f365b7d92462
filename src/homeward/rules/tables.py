"""Rules are tables: the interface between what people do and the clock and dice of the engine.

A *group* is (origin, place, stage); a *situation* is a group with a frailty class. Rules fill, for every
situation, the probability to move in a step and its share by kind, and for every (kind, origin, place) the
weights of the destinations. The engine draws, and knows nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from homeward.rules.calendar import Block, Calendar

__all__ = [
    "NOBODY",
    "Capacity",
    "Choices",
    "Rules",
    "ShockFamily",
    "Space",
    "Tables",
    "Transitions",
    "name_hash",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NOBODY = -1
"""Target of those who leave the population (deaths)."""


def name_hash(*names: str) -> int:
    """Return a 64-bit number that depends on the names alone, the same on every machine."""
    digest = hashlib.blake2b("\x1f".join(names).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


@dataclass(frozen=True)
class Space:
    """Every situation that a person can be in, and the hashed names by which draws are addressed.

    ``places`` are ordered by the hash of their names, so that the tree by which destinations are bisected keeps
    its nodes when a place is added. ``group_*`` arrays have one entry per group; situation ``g * classes + k`` is
    group ``g`` with frailty class ``k``. ``group_memory`` indexes ``memories``, what people of one origin, place and
    stage remember ("" is nothing); ``group_next`` is the group in which they are counted from the next month on.
    """

    origins: tuple[str, ...]
    places: tuple[str, ...]
    stages: tuple[str, ...]
    classes: int
    group_origin: IntArray
    group_place: IntArray
    group_stage: IntArray
    memories: tuple[str, ...]
    group_memory: IntArray
    group_next: IntArray
    situation_id: NDArray[np.uint64] = field(init=False)
    place_hash: NDArray[np.uint64] = field(init=False)
    group_index: Mapping[tuple[int, int, int], int] = field(init=False)

    def __post_init__(self) -> None:
        """Hash the names."""
        codes = (self.group_origin, self.group_place, self.group_stage, self.group_memory)
        rows = tuple(zip(*(column.tolist() for column in codes), strict=True))
        ids = _situation_ids(self.origins, self.places, self.stages, self.memories, self.classes, rows)
        object.__setattr__(self, "situation_id", ids)
        hashes = [name_hash(place) & 0xFFFFFFFF for place in self.places]
        object.__setattr__(self, "place_hash", np.array(hashes, dtype=np.uint64))
        index = {(o, p, s): group for group, (o, p, s, m) in enumerate(rows) if not self.memories[m]}
        object.__setattr__(self, "group_index", index)

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.group_origin)

    @property
    def situations(self) -> int:
        """Number of situations, frailty classes included."""
        return self.groups * self.classes

    def group(self, origin: int, place: int, stage: str) -> int:
        """Return the group with these codes that remembers nothing; KeyError if nobody can be in it."""
        return self.group_index[origin, place, self.stages.index(stage)]


@lru_cache(maxsize=8)
def _situation_ids(
    origins: tuple[str, ...],
    places: tuple[str, ...],
    stages: tuple[str, ...],
    memories: tuple[str, ...],
    classes: int,
    rows: tuple[tuple[int, int, int, int], ...],
) -> NDArray[np.uint64]:
    """Return the hashed names of all situations, read-only; kept, since all members of an ensemble share them."""
    ids = [
        name_hash(origins[o], places[p], stages[s], *filter(None, [memories[m]]), str(k))
        for o, p, s, m in rows
        for k in range(classes)
    ]
    found = np.array(ids, dtype=np.uint64)
    found.flags.writeable = False
    return found


@dataclass
class Choices:
    """Where a move can lead: one row per (kind, origin, place left).

    Structure, set once. ``kind``, ``origin``, ``place``: codes of each row. ``only``: the one destination of a row,
    or -1 if there is a choice; ``only_target``: the group reached there (-1: leaves the population).
    ``target_set``: the row of ``targets`` (sets x places, group reached) that holds for a row with a choice.
    ``rest_target``: where only one of a party goes, the group of those who stay behind, else -1. ``months``: months
    since their return of those who leave by this row, else -1.
    ``delays`` (places x places): steps of travel, 0 for at once. Targets and delays are small tables of their own
    because they are read for every move and must stay in the fastest memory.

    Content, refilled. ``cumulative`` (rows x places + 1): running sums of weights, from 0, not normalised.
    """

    kind: IntArray
    origin: IntArray
    place: IntArray
    only: IntArray
    only_target: IntArray
    target_set: IntArray
    rest_target: IntArray
    months: IntArray
    targets: IntArray
    delays: IntArray
    cumulative: FloatArray

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.kind)

    @property
    def target(self) -> IntArray:
        """Group reached (rows x places), spelt out; for rows with one destination the same in every column."""
        spelt: IntArray = np.where(self.only[:, None] >= 0, self.only_target[:, None], self.targets[self.target_set])
        return spelt

    @property
    def delay(self) -> IntArray:
        """Steps of travel (rows x places), spelt out."""
        return self.delays[self.place]


@dataclass
class Transitions:
    """Who moves in one step, by which kind, and where to.

    ``party`` (groups): how many people decide together; who is left over once all are in such parties is one more,
    smaller party. ``row_of`` (groups x kinds): row of ``choices``, or -1 where the kind cannot happen. ``leave``
    (situations): probability to move in this step. ``kind_cumulative`` (situations x kinds): running sums of the
    shares of the kinds, the last positive one being the total; not normalised.
    """

    kinds: tuple[str, ...]
    choices: Choices
    party: IntArray
    row_of: IntArray
    leave: FloatArray
    kind_cumulative: FloatArray


@dataclass(frozen=True)
class Capacity:
    """Places with a limit: who counts against it, and where those go who find no room.

    ``place_of_group`` (groups): index of the limited place, or -1. ``limit`` (limited places): people.
    ``overflow_group`` (groups): the group at the overflow place, or -1.
    """

    place_of_group: IntArray
    limit: IntArray
    overflow_group: IntArray


@dataclass
class Tables:
    """All tables of one replicate at one moment: ``move`` each step, ``status`` and ``birth`` each month.

    ``birth`` (situations): probability that a person has a child in the month; the child is counted in
    ``birth_group`` of the parent's group, in the parent's frailty class. ``memory`` is what the rules carry from one
    block to the next, by name; nobody else reads it.
    """

    move: Transitions
    status: Transitions
    birth: FloatArray
    birth_group: IntArray
    memory: dict[str, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True)
class ShockFamily:
    """Noise with one draw per name and period, shared by everyone it touches.

    ``variance``: of a gamma variate of mean 1, by which something is multiplied; None: the draw is a standard normal
    score, of something that is known up to an error. ``period``: ``month``, ``year``, or ``once`` for a whole course.
    """

    process: str
    names: tuple[str, ...]
    variance: float | None
    period: Literal["month", "year", "once"]

    def neutral(self) -> FloatArray:
        """Return the values without noise."""
        return np.full(len(self.names), 0.0 if self.variance is None else 1.0)


class Rules(Protocol):
    """What a set of rules offers to the engine."""

    space: Space
    calendar: Calendar
    blocks: tuple[Block, ...]
    capacity: Capacity
    class_share: FloatArray
    shock_families: tuple[ShockFamily, ...]
    start_people: IntArray
    """People at the start by group whose frailty class is still to be drawn."""
    start_known: IntArray
    """People at the start by situation whose frailty class is known."""

    def new_tables(self) -> Tables:
        """Return tables with their structure set and their content empty."""
        ...

    def fill(self, tables: Tables, block: Block, census: FloatArray, shocks: Sequence[FloatArray]) -> None:
        """Fill the tables for a block.

        ``census`` holds people by group at the start of the block, those on the way counted where they will
        arrive; ``shocks`` one array of multipliers per family.
        """
        ...
