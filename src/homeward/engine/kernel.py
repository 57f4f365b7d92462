"""The compiled kernel: it draws by the tables, step by step, and knows no rule.

Order within a step, as in section 4 of the design: people arrive whose travel ends; on the last step of a month
births (never turned away from a full place), then changes of status and deaths; then moves; then those who moved
without travel settle. All draws of a phase use the counts at its start, so the order of situations never matters.
:mod:`homeward.engine.step` is the plain twin and equals this one bit for bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeward.engine.draws import (
    PHASE_BIRTH,
    PHASE_CHOICE,
    PHASE_KIND,
    PHASE_LEAVE,
    PHASE_STATUS,
    UNIFORMS,
    as_variable,
    binomial,
    binomial_from,
    counter_word,
    hypergeometric,
    uniform_pair,
    uniforms,
)
from homeward.engine.layout import Layout, Moves
from homeward.engine.scratch import BATCH, FEW, SMALLER_PARTY, Scratch, new_scratch
from homeward.rules.compiled import jit

__all__ = ["advance"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@jit
def advance(
    first_step: int,
    steps: int,
    draw_every: int,
    ends_month: bool,  # noqa: FBT001 - Numba takes positional arguments only
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

    Moves are drawn on the middle one of every ``draw_every`` steps (a divisor of ``steps``), for all of them: people
    set out on any of them, and whoever would have arrived before the middle one arrives then.
    ``counts`` (situations) people; ``ring`` (slots x situations) people on the way; ``moved``, ``changed``
    (rows x places) and ``born`` (groups) are added to; ``tally[0]`` counts draws.
    """
    scratch = new_scratch(counts.shape[0])
    turn, daily, one = as_variable(0), as_variable(0), as_variable(1)
    for step in range(first_step, first_step + steps):
        slot = step % ring.shape[0]
        _admit(slot, step, turn, k0, k1, layout, counts, ring, tally)
        if ends_month and step == first_step + steps - 1:
            _births(slot, step, k0, k1, layout, birth, birth_group, counts, ring, born, tally)
            _settle(slot, counts, ring)
            _transfer(
                slot, step, one, daily + PHASE_STATUS, k0, k1, layout, status, counts, ring, changed, tally, scratch
            )
            _admit(slot, step, turn + 1, k0, k1, layout, counts, ring, tally)
        if (step - first_step) % draw_every == draw_every // 2:
            _transfer(slot, step, draw_every, daily, k0, k1, layout, move, counts, ring, moved, tally, scratch)
            _admit(slot, step, turn + 2, k0, k1, layout, counts, ring, tally)


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
    together: int,
    phase: int,
    k0: np.uint64,
    k1: np.uint64,
    layout: Layout,
    moves: Moves,
    counts: IntArray,
    ring: IntArray,
    moved: IntArray,
    tally: IntArray,
    scratch: Scratch,
) -> None:
    """Let parties leave; a few decide one by one, many are split by kind and then over the places."""
    _leave(step, phase, k0, k1, layout, moves, counts, tally, scratch)
    waiting, any_kind, first_place = as_variable(0), as_variable(-1), as_variable(0)
    one, first_party, smaller_party = as_variable(1), as_variable(0), as_variable(SMALLER_PARTY)
    for index in range(moves.active.shape[0]):
        leavers, smaller = scratch.leavers[index], scratch.smaller[index]
        situation = moves.active[index]
        if leavers > FEW:
            waiting = _split(
                leavers, situation, slot, step, together, phase, k0, k1, layout, moves, counts, ring, moved, tally,
                scratch, waiting,
            )  # fmt: skip
        elif leavers > 0:
            waiting = _note_few(
                leavers, first_party, moves.party[layout.group_of[situation]], situation, any_kind, first_place,
                moved.shape[1], step, phase + PHASE_CHOICE, np.uint64(0), layout.situation_id[situation], waiting,
                scratch,
            )  # fmt: skip
        if smaller > 0:
            waiting = _note_few(
                one, smaller_party, smaller, situation, any_kind, first_place, moved.shape[1], step,
                phase + PHASE_CHOICE, np.uint64(0), layout.situation_id[situation], waiting, scratch,
            )  # fmt: skip
        if waiting >= BATCH:
            _decide(waiting, slot, together, k0, k1, layout, moves, counts, ring, moved, tally, scratch)
            waiting = as_variable(0)
    _decide(waiting, slot, together, k0, k1, layout, moves, counts, ring, moved, tally, scratch)


@jit
def _leave(
    step: int,
    phase: int,
    k0: np.uint64,
    k1: np.uint64,
    layout: Layout,
    moves: Moves,
    counts: IntArray,
    tally: IntArray,
    scratch: Scratch,
) -> None:
    """Draw how many parties leave each situation that can move, and take their people away from it."""
    zero = np.uint64(0)
    word = counter_word(step, phase + PHASE_LEAVE, 0)
    active = moves.active.shape[0]
    for index in range(active):
        scratch.counter[index] = word
        scratch.node[index] = zero
        scratch.name[index] = layout.situation_id[moves.active[index]]
    uniforms(k0, k1, scratch.counter, scratch.node, scratch.name, active, scratch.first, scratch.second)
    for index in range(active):
        situation = moves.active[index]
        party = moves.party[layout.group_of[situation]]
        parties, rest = counts[situation], as_variable(0)
        if party > 1:
            parties = counts[situation] // party
            rest = counts[situation] - parties * party
        scratch.leavers[index], scratch.smaller[index] = 0, 0
        if parties > 0:
            scratch.leavers[index] = binomial_from(
                scratch.first[index], scratch.second[index], parties, moves.leave[situation],
                k0, k1, step, phase + PHASE_LEAVE, zero, scratch.name[index],
            )  # fmt: skip
            counts[situation] -= scratch.leavers[index] * party
            tally[0] += 1
        if rest > 0:
            uniform, _ = uniform_pair(k0, k1, step, phase + PHASE_LEAVE, SMALLER_PARTY, zero, scratch.name[index])
            tally[0] += 1
            if uniform < moves.leave[situation]:
                scratch.smaller[index] = rest
                counts[situation] -= rest


@jit
def _note_few(
    parties: int,
    first_party: int,
    size: int,
    situation: int,
    row: int,
    low: int,
    high: int,
    step: int,
    phase: int,
    node: np.uint64,
    name: np.uint64,
    waiting: int,
    scratch: Scratch,
) -> int:
    """Put a few parties on the list of those that will decide one by one; return its new length."""
    for party in range(first_party, first_party + parties):
        scratch.counter[waiting] = counter_word(step, phase, party)
        scratch.node[waiting] = node
        scratch.name[waiting] = name
        scratch.situation[waiting] = situation
        scratch.row[waiting] = row
        scratch.low[waiting] = low
        scratch.high[waiting] = high
        scratch.size[waiting] = size
        waiting += 1
    return waiting


@jit
def _decide(
    parties: int,
    slot: int,
    together: int,
    k0: np.uint64,
    k1: np.uint64,
    layout: Layout,
    moves: Moves,
    counts: IntArray,
    ring: IntArray,
    moved: IntArray,
    tally: IntArray,
    scratch: Scratch,
) -> None:
    """Give each party on the list a kind by one uniform, if it is open, and a place by the other."""
    uniforms(k0, k1, scratch.counter, scratch.node, scratch.name, parties, scratch.first, scratch.second)
    last_kind = moves.kind_hash.shape[0] - 1
    for party in range(parties):
        situation, row = scratch.situation[party], scratch.row[party]
        group = layout.group_of[situation]
        if row < 0:
            aim = scratch.first[party] * moves.kind_cumulative[situation, last_kind]
            kind = 0
            while moves.kind_cumulative[situation, kind] <= aim:
                kind += 1
            row = moves.row_of[group, kind]
        place, target = moves.only[row], moves.only_target[row]
        if place < 0:
            place = _place_at(scratch.second[party], row, scratch.low[party], scratch.high[party], moves.cumulative)
            target = moves.targets[moves.target_set[row], place]
        frailty = situation - group * layout.classes
        people = scratch.size[party]
        if moves.rest_target[row] >= 0:
            counts[moves.rest_target[row] * layout.classes + frailty] += people - 1
            people = 1
        moved[row, place] += people
        if target >= 0:
            delay = moves.delays[moves.place[row], place]
            if together > 1:
                # The last digits of the uniform, which choosing a place does not touch.
                delay = max(0, delay + int(scratch.second[party] * UNIFORMS) % together - together // 2)
            ring[_later(slot, delay, ring.shape[0]), target * layout.classes + frailty] += people
    tally[0] += parties


@jit
def _set_out(people: int, target: int, first_day: int, delay: int, slot: int, together: int, ring: IntArray) -> None:
    """Let equal parts of many set out on each day that was drawn together, those left over on the first of them."""
    each, left_over = people // together, people % together
    for day in range(together):
        leaving = each + int((day + first_day) % together < left_over)
        ring[_later(slot, max(0, delay + day - together // 2), ring.shape[0]), target] += leaving


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


@jit
def _split(
    leavers: int,
    situation: int,
    slot: int,
    step: int,
    together: int,
    phase: int,
    k0: np.uint64,
    k1: np.uint64,
    layout: Layout,
    moves: Moves,
    counts: IntArray,
    ring: IntArray,
    moved: IntArray,
    tally: IntArray,
    scratch: Scratch,
    waiting: int,
) -> int:
    """Split many parties by kind, binomial by binomial, and each kind over the places."""
    kinds = moves.kind_hash.shape[0]
    name = layout.situation_id[situation]
    below = 0.0
    for kind in range(kinds):
        share = moves.kind_cumulative[situation, kind] - below
        rest = moves.kind_cumulative[situation, kinds - 1] - below
        below = moves.kind_cumulative[situation, kind]
        if leavers == 0 or share <= 0.0:
            continue
        parties = leavers
        if share < rest:
            node = moves.kind_hash[kind] & np.uint64(0xFFFFFFFF)
            parties = binomial(leavers, share / rest, k0, k1, step, phase + PHASE_KIND, node, name)
            tally[0] += 1
        leavers -= parties
        if parties > 0:
            waiting = _bisect(
                parties, situation, kind, slot, step, together, phase + PHASE_CHOICE, k0, k1, layout, moves, counts,
                ring, moved, tally, scratch, waiting,
            )  # fmt: skip
    return waiting


@jit
def _bisect(
    parties: int,
    situation: int,
    kind: int,
    slot: int,
    step: int,
    together: int,
    phase: int,
    k0: np.uint64,
    k1: np.uint64,
    layout: Layout,
    moves: Moves,
    counts: IntArray,
    ring: IntArray,
    moved: IntArray,
    tally: IntArray,
    scratch: Scratch,
    waiting: int,
) -> int:
    """Split parties over the destinations of a row along the tree of places; few decide one by one later."""
    name = layout.situation_id[situation] ^ moves.kind_hash[kind]
    group = layout.group_of[situation]
    frailty = situation - group * layout.classes
    party = moves.party[group]
    first_party = as_variable(0)
    row = moves.row_of[group, kind]
    tree, sums = layout.tree, moves.cumulative
    scratch.tree_node[0], scratch.tree_people[0] = 0, parties
    top = 1
    while top > 0:
        top -= 1
        node, here = scratch.tree_node[top], scratch.tree_people[top]
        low, high, middle = tree.low[node], tree.high[node], tree.middle[node]
        place, target = moves.only[row], moves.only_target[row]
        if place < 0 and high - low == 1:
            place, target = low, moves.targets[moves.target_set[row], low]
        if place >= 0:
            people = here * party
            if moves.rest_target[row] >= 0:
                counts[moves.rest_target[row] * layout.classes + frailty] += people - here
                people = here
            moved[row, place] += people
            if target >= 0:
                delay = moves.delays[moves.place[row], place]
                first_day = situation + place + step
                _set_out(people, target * layout.classes + frailty, first_day, delay, slot, together, ring)
        elif here <= FEW:
            if waiting + here > BATCH:
                _decide(waiting, slot, together, k0, k1, layout, moves, counts, ring, moved, tally, scratch)
                waiting = as_variable(0)
            waiting = _note_few(
                here, first_party, party, situation, row, low, high, step, phase, tree.entry[node], name, waiting,
                scratch,
            )  # fmt: skip
        else:
            right_share = (sums[row, high] - sums[row, middle]) / (sums[row, high] - sums[row, low])
            right = binomial(here, right_share, k0, k1, step, phase, tree.marker[node], name)
            tally[0] += 1
            if here > right:
                scratch.tree_node[top], scratch.tree_people[top] = tree.left[node], here - right
                top += 1
            if right > 0:
                scratch.tree_node[top], scratch.tree_people[top] = tree.right[node], right
                top += 1
    return waiting


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
        group = layout.group_of[situation]
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
