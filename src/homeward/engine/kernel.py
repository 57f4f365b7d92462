"""The compiled kernel: it draws by the tables, step by step, and knows no rule.

Order within a step, as in section 4 of the design: people arrive whose travel ends; on the last step of a month
births (never turned away from a full place), then changes of status and deaths; then moves; then those who moved
without travel settle. All draws of a phase use the counts at its start, so the order of situations never matters. :mod:`homeward.engine.step` is the
plain twin and equals this one bit for bit.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from homeward.engine.draws import (
    PHASE_BIRTH,
    PHASE_CHOICE,
    PHASE_KIND,
    PHASE_LEAVE,
    PHASE_STATUS,
    binomial,
    hypergeometric,
    inlined,
    jit,
    uniform_pair,
)
from homeward.engine.layout import Layout, Moves

__all__ = ["FEW", "advance"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

FEW: Final = 12
"""Up to so many people who leave a situation decide one by one, which is cheaper than splitting them."""


@jit
def advance(
    first_step: int,
    steps: int,
    ends_month: bool,
    k0: np.uint64,
    k1: np.uint64,
    layout: Layout,
    move: Moves,
    status: Moves,
    birth: FloatArray,
    birth_group: IntArray,
    counts: IntArray,
    ring: IntArray,
    moved: IntArray,
    changed: IntArray,
    born: IntArray,
    tally: IntArray,
) -> None:
    """Advance one replicate by ``steps`` steps in place, the monthly phase in the last one if it ends a month.

    ``counts`` (situations) people; ``ring`` (slots x situations) people on the way; ``moved``, ``changed``
    (rows x places) and ``born`` (groups) are added to; ``tally[0]`` counts draws.
    """
    for step in range(first_step, first_step + steps):
        slot = step % ring.shape[0]
        _admit(slot, step, 0, k0, k1, layout, counts, ring, tally)
        if ends_month and step == first_step + steps - 1:
            _births(slot, step, k0, k1, layout, birth, birth_group, counts, ring, born, tally)
            _settle(slot, counts, ring)
            _transfer(slot, step, PHASE_STATUS, k0, k1, layout, status, counts, ring, changed, tally)
            _admit(slot, step, 1, k0, k1, layout, counts, ring, tally)
        _transfer(slot, step, 0, k0, k1, layout, move, counts, ring, moved, tally)
        _admit(slot, step, 2, k0, k1, layout, counts, ring, tally)


@jit
def _births(
    slot: int,
    step: int,
    k0: np.uint64,
    k1: np.uint64,
    layout: Layout,
    birth: FloatArray,
    birth_group: IntArray,
    counts: IntArray,
    ring: IntArray,
    born: IntArray,
    tally: IntArray,
) -> None:
    zero = np.uint64(0)
    for situation in range(counts.shape[0]):
        if counts[situation] > 0 and birth[situation] > 0.0:
            name = layout.situation_id[situation]
            children = binomial(counts[situation], birth[situation], k0, k1, step, PHASE_BIRTH, zero, name)
            tally[0] += 1
            group = birth_group[situation // layout.classes]
            born[group] += children
            ring[slot, group * layout.classes + situation % layout.classes] += children


@jit
def _transfer(
    slot: int,
    step: int,
    phase: int,
    k0: np.uint64,
    k1: np.uint64,
    layout: Layout,
    moves: Moves,
    counts: IntArray,
    ring: IntArray,
    moved: IntArray,
    tally: IntArray,
) -> None:
    """Let people leave; a few decide one by one, many are split by kind and then over the places."""
    zero = np.uint64(0)
    nodes = np.empty(64, np.int64)
    waiting = np.empty(64, np.int64)
    kinds = moves.kind_hash.shape[0]
    for situation in moves.active:
        if counts[situation] == 0:
            continue
        name = layout.situation_id[situation]
        leavers = binomial(
            counts[situation], moves.leave[situation], k0, k1, step, phase + PHASE_LEAVE, zero, name
        )
        tally[0] += 1
        if leavers == 0:
            continue
        counts[situation] -= leavers
        if leavers <= FEW:
            _one_by_one(leavers, situation, slot, step, phase, k0, k1, layout, moves, ring, moved, tally)
            continue
        for kind in range(kinds):
            below = moves.kind_cumulative[situation, kind - 1] if kind > 0 else 0.0
            share = moves.kind_cumulative[situation, kind] - below
            if leavers == 0 or share <= 0.0:
                continue
            rest = moves.kind_cumulative[situation, kinds - 1] - below
            people = leavers
            if share < rest:
                node = moves.kind_hash[kind] & np.uint64(0xFFFFFFFF)
                people = binomial(leavers, share / rest, k0, k1, step, phase + PHASE_KIND, node, name)
                tally[0] += 1
            leavers -= people
            if people > 0:
                _bisect(
                    people, situation, kind, slot, step, phase, k0, k1, layout, moves, ring, moved, tally,
                    nodes, waiting,
                )  # fmt: skip


@inlined
def _one_by_one(
    people: int,
    situation: int,
    slot: int,
    step: int,
    phase: int,
    k0: np.uint64,
    k1: np.uint64,
    layout: Layout,
    moves: Moves,
    ring: IntArray,
    moved: IntArray,
    tally: IntArray,
) -> None:
    """Give each of a few people a kind by one uniform and a place by another, inverting running sums."""
    name = layout.situation_id[situation]
    group = situation // layout.classes
    frailty = situation - group * layout.classes
    last_kind = moves.kind_hash.shape[0] - 1
    for person in range(people):
        first, second = uniform_pair(k0, k1, step, phase + PHASE_CHOICE, person, np.uint64(0), name)
        tally[0] += 1
        aim = first * moves.kind_cumulative[situation, last_kind]
        kind = 0
        while moves.kind_cumulative[situation, kind] <= aim:
            kind += 1
        row = moves.row_of[group, kind]
        place, target = moves.only[row], moves.only_target[row]
        if place < 0:
            place = _place_at(second, row, 0, moved.shape[1], moves.cumulative)
            target = moves.targets[moves.target_set[row], place]
        moved[row, place] += 1
        if target >= 0:
            arrival = _later(slot, moves.delays[moves.place[row], place], ring.shape[0])
            ring[arrival, target * layout.classes + frailty] += 1


@jit
def _later(slot: int, delay: int, slots: int) -> int:
    """Return the slot ``delay`` steps on; a comparison is much cheaper than a remainder."""
    return slot + delay if slot + delay < slots else slot + delay - slots


@jit
def _place_at(uniform: float, row: int, low: int, high: int, cumulative: FloatArray) -> int:
    """Return the place of a row, from ``low`` to ``high`` - 1, at a uniform of its running sum of weights."""
    aim = cumulative[row, low] + uniform * (cumulative[row, high] - cumulative[row, low])
    below, left = low, high - low
    while left > 1:
        half = left >> 1
        # Without a branch: which way it goes cannot be foreseen, and a wrong guess costs more than the rest.
        below += half * int(cumulative[row, below + half] <= aim)
        left -= half
    # Rounding can put the aim on the last sum; the place before it with a weight is then meant.
    while cumulative[row, below + 1] <= cumulative[row, below]:
        below -= 1
    return below


@inlined
def _bisect(
    people: int,
    situation: int,
    kind: int,
    slot: int,
    step: int,
    phase: int,
    k0: np.uint64,
    k1: np.uint64,
    layout: Layout,
    moves: Moves,
    ring: IntArray,
    moved: IntArray,
    tally: IntArray,
    nodes: IntArray,
    waiting: IntArray,
) -> None:
    """Split many people over the destinations of a row by bisecting the tree of places."""
    name = layout.situation_id[situation] ^ moves.kind_hash[kind]
    group = situation // layout.classes
    frailty = situation - group * layout.classes
    row = moves.row_of[group, kind]
    tree = layout.tree
    nodes[0], waiting[0] = 0, people
    top = 1
    first, second = 0.0, 0.0
    while top > 0:
        top -= 1
        node, here = nodes[top], waiting[top]
        low, high, middle = tree.low[node], tree.high[node], tree.middle[node]
        settled = moves.only[row] >= 0 or high - low == 1
        if not settled and here > FEW:
            weight = moves.cumulative[row, high] - moves.cumulative[row, low]
            right_share = (moves.cumulative[row, high] - moves.cumulative[row, middle]) / weight
            right = binomial(
                here, right_share, k0, k1, step, phase + PHASE_CHOICE, tree.marker[node], name
            )
            tally[0] += 1
            if here > right:
                nodes[top], waiting[top] = tree.left[node], here - right
                top += 1
            if right > 0:
                nodes[top], waiting[top] = tree.right[node], right
                top += 1
            continue
        parties, size = (1, here) if settled else (here, 1)
        for party in range(parties):
            place, target = moves.only[row], moves.only_target[row]
            if place < 0:
                place = low
                if not settled:
                    if party % 2 == 0:
                        first, second = uniform_pair(
                            k0, k1, step, phase + PHASE_CHOICE, party // 2, tree.entry[node], name
                        )
                    uniform = first if party % 2 == 0 else second
                    tally[0] += 1
                    place = _place_at(uniform, row, low, high, moves.cumulative)
                target = moves.targets[moves.target_set[row], place]
            moved[row, place] += size
            if target >= 0:
                arrival = _later(slot, moves.delays[moves.place[row], place], ring.shape[0])
                ring[arrival, target * layout.classes + frailty] += size


@jit
def _admit(
    slot: int,
    step: int,
    turn: int,
    k0: np.uint64,
    k1: np.uint64,
    layout: Layout,
    counts: IntArray,
    ring: IntArray,
    tally: IntArray,
) -> None:
    """Add those who arrive now to the counts; where a place is full, lots decide who is sent on."""
    for limited in range(layout.limit.shape[0]):
        _ration(limited, slot, step, turn, k0, k1, layout, counts, ring, tally)
    _settle(slot, counts, ring)


@jit
def _settle(slot: int, counts: IntArray, ring: IntArray) -> None:
    for situation in range(counts.shape[0]):
        counts[situation] += ring[slot, situation]
        ring[slot, situation] = 0


@jit
def _ration(
    limited: int,
    slot: int,
    step: int,
    turn: int,
    k0: np.uint64,
    k1: np.uint64,
    layout: Layout,
    counts: IntArray,
    ring: IntArray,
    tally: IntArray,
) -> None:
    present = 0
    arriving = 0
    for situation in range(counts.shape[0]):
        if layout.place_of_group[situation // layout.classes] == limited:
            present += counts[situation]
            arriving += ring[slot, situation]
    room = max(0, layout.limit[limited] - present)
    if arriving <= room:
        return
    for situation in range(counts.shape[0]):
        group = situation // layout.classes
        people = ring[slot, situation]
        if layout.place_of_group[group] != limited or people == 0:
            continue
        admitted = hypergeometric(
            people, arriving - people, room, k0, k1, step, np.uint64(turn), layout.situation_id[situation]
        )
        tally[0] += 1
        arriving -= people
        room -= admitted
        ring[slot, situation] = admitted
        onward = layout.overflow_group[group] * layout.classes + situation % layout.classes
        ring[slot, onward] += people - admitted
