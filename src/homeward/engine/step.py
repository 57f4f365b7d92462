"""One step in plain Python: the readable twin of the compiled kernel, equal to it bit for bit.

Read this to know what a step does; run it on small cases only. It shares the draws with the kernel and nothing
else, and takes the same arguments, so either can be handed to :func:`homeward.engine.simulate.simulate`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from homeward.engine.draws import (
    PHASE_BIRTH,
    PHASE_CHOICE,
    PHASE_KIND,
    PHASE_LEAVE,
    PHASE_STATUS,
    UNIFORMS,
    binomial,
    hypergeometric,
    uniform_pair,
)
from homeward.engine.layout import Layout, Moves
from homeward.engine.scratch import FEW, SMALLER_PARTY

__all__ = ["advance"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
WORD = np.uint64(0xFFFFFFFF)
Chosen = tuple[int, int, float | None]
"""A place, parties that go there, and the uniform by which one party alone chose it."""


@dataclass
class _Step:
    """Everything that one step needs, so that the functions below say only what they do."""

    number: int
    slot: int
    k0: np.uint64
    k1: np.uint64
    layout: Layout
    counts: IntArray
    ring: IntArray
    tally: IntArray
    together: int = 1
    """Steps for which moves are drawn."""

    def binomial(self, people: int, share: float, phase: int, node: np.uint64, name: np.uint64) -> int:
        self.tally[0] += 1
        return int(binomial(people, share, self.k0, self.k1, self.number, phase, node, name))

    def uniforms(self, phase: int, attempt: int, node: np.uint64, name: np.uint64) -> tuple[float, float]:
        pair: tuple[float, float] = uniform_pair(self.k0, self.k1, self.number, phase, attempt, node, name)
        return pair

    def situation(self, group: int, frailty: int) -> int:
        return group * self.layout.classes + frailty


def advance(
    first_step: int,
    steps: int,
    draw_every: int,
    ends_month: bool,  # noqa: FBT001 - the kernel's own signature
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
    """Advance one replicate in place; arguments as in :func:`homeward.engine.kernel.advance`."""
    for number in range(first_step, first_step + steps):
        step = _Step(number, number % ring.shape[0], k0, k1, layout, counts, ring, tally)
        _admit(step, turn=0)
        if ends_month and number == first_step + steps - 1:
            _births(step, birth, birth_group, born)
            _settle(step)
            _transfer(step, PHASE_STATUS, status, changed)
            _admit(step, turn=1)
        if (number - first_step) % draw_every == draw_every // 2:
            _transfer(replace(step, together=draw_every), 0, move, moved)
            _admit(step, turn=2)


def _births(step: _Step, birth: FloatArray, birth_group: IntArray, born: IntArray) -> None:
    for situation, people in enumerate(step.counts):
        if people > 0 and birth[situation] > 0.0:
            group, frailty = divmod(situation, step.layout.classes)
            name = step.layout.situation_id[situation]
            children = step.binomial(people, birth[situation], PHASE_BIRTH, np.uint64(0), name)
            born[birth_group[group]] += children
            step.ring[step.slot, step.situation(birth_group[group], frailty)] += children


def _transfer(step: _Step, phase: int, moves: Moves, moved: IntArray) -> None:
    """Let parties leave, all at once; then a few decide one by one, many are split by kind and over the places."""
    leaving = [(situation, *_leave(step, phase, moves, situation)) for situation in map(int, moves.active)]
    for situation, leavers, smaller in leaving:
        group = situation // step.layout.classes
        party = int(moves.party[group])
        if leavers <= FEW:
            _one_by_one(step, range(leavers), party, moves, situation, phase, moved)
        else:
            for kind, of_kind in _by_kind(step, leavers, moves, situation, phase):
                row = int(moves.row_of[group, kind])
                address = (phase + PHASE_CHOICE, step.layout.situation_id[situation] ^ moves.kind_hash[kind])
                for place, arriving, uniform in _by_place(step, of_kind, moves, row, address):
                    _deposit(step, arriving, party, moves, row, place, situation, moved, uniform)
        if smaller:
            _one_by_one(step, (SMALLER_PARTY,), smaller, moves, situation, phase, moved)


def _leave(step: _Step, phase: int, moves: Moves, situation: int) -> tuple[int, int]:
    """Return how many parties leave, and the people of the smaller one if it does; take them all away."""
    party, share = int(moves.party[situation // step.layout.classes]), moves.leave[situation]
    parties, rest = divmod(int(step.counts[situation]), party)
    name, leavers, smaller = step.layout.situation_id[situation], 0, 0
    if parties:
        leavers = step.binomial(parties, share, phase + PHASE_LEAVE, np.uint64(0), name)
    if rest:
        step.tally[0] += 1
        uniform, _ = step.uniforms(phase + PHASE_LEAVE, SMALLER_PARTY, np.uint64(0), name)
        smaller = rest if uniform < share else 0
    step.counts[situation] -= leavers * party + smaller
    return leavers, smaller


def _one_by_one(
    step: _Step, parties: Iterable[int], size: int, moves: Moves, situation: int, phase: int, moved: IntArray
) -> None:
    """Give each of a few parties a kind by one uniform and a place by another."""
    group = situation // step.layout.classes
    kinds = moves.kind_cumulative[situation]
    for party in parties:
        first, second = step.uniforms(phase + PHASE_CHOICE, party, np.uint64(0), step.layout.situation_id[situation])
        step.tally[0] += 1
        kind = int(np.searchsorted(kinds, first * kinds[-1], side="right"))
        row = int(moves.row_of[group, kind])
        place = int(moves.only[row])
        if place < 0:
            place = _place_at(second, moves.cumulative[row], 0, moved.shape[1])
        _deposit(step, 1, size, moves, row, place, situation, moved, second)


def _place_at(uniform: float, weights: FloatArray, low: int, high: int) -> int:
    """Return the place from ``low`` to ``high`` - 1 at a uniform of the running sum of weights."""
    aim = weights[low] + uniform * (weights[high] - weights[low])
    place = low + int(np.searchsorted(weights[low + 1 : high], aim, side="right"))
    while weights[place + 1] <= weights[place]:
        place -= 1
    return place


def _by_kind(step: _Step, leavers: int, moves: Moves, situation: int, phase: int) -> list[tuple[int, int]]:
    """Return (kind, parties) by binomials of what is left."""
    cumulative = moves.kind_cumulative[situation]
    split = []
    below = 0.0
    for kind, upto in enumerate(cumulative):
        share, rest = upto - below, cumulative[-1] - below
        if leavers > 0 and share > 0.0:
            people = leavers
            if share < rest:
                node = moves.kind_hash[kind] & WORD
                name = step.layout.situation_id[situation]
                people = step.binomial(leavers, share / rest, phase + PHASE_KIND, node, name)
            leavers -= people
            if people > 0:
                split.append((kind, people))
        below = upto
    return split


def _by_place(step: _Step, people: int, moves: Moves, row: int, address: tuple[int, np.uint64]) -> list[Chosen]:
    """Return who goes where: the only place there is, or the list of places bisected."""
    if moves.only[row] >= 0:
        return [(int(moves.only[row]), people, None)]
    return _bisect(step, people, moves.cumulative[row], 0, address)


def _bisect(step: _Step, people: int, weights: FloatArray, node: int, address: tuple[int, np.uint64]) -> list[Chosen]:
    tree = step.layout.tree
    low, high, middle = int(tree.low[node]), int(tree.high[node]), int(tree.middle[node])
    if people == 0:
        return []
    if high - low == 1:
        return [(low, people, None)]
    phase, name = address
    if people <= FEW:
        chosen: list[Chosen] = []
        for person in range(people):
            _, uniform = step.uniforms(phase, person, tree.entry[node], name)
            step.tally[0] += 1
            chosen.append((_place_at(uniform, weights, low, high), 1, uniform))
        return chosen
    right_share = (weights[high] - weights[middle]) / (weights[high] - weights[low])
    right = step.binomial(people, right_share, phase, tree.marker[node], name)
    return _bisect(step, people - right, weights, int(tree.left[node]), address) + _bisect(
        step, right, weights, int(tree.right[node]), address
    )


def _deposit(
    step: _Step, parties: int, size: int, moves: Moves, row: int, place: int, situation: int, moved: IntArray,
    uniform: float | None,
) -> None:  # fmt: skip
    """Send parties on their way, or one person of each while the rest stays behind."""
    people, rest = parties * size, int(moves.rest_target[row])
    if rest >= 0:
        step.counts[step.situation(rest, situation % step.layout.classes)] += people - parties
        people = parties
    moved[row, place] += people
    one_way = moves.only[row] >= 0
    target = int(moves.only_target[row] if one_way else moves.targets[moves.target_set[row], place])
    if target >= 0:
        delay, arriving = (
            int(moves.delays[moves.place[row], place]),
            step.situation(target, situation % step.layout.classes),
        )
        if uniform is None:
            _set_out(step, people, arriving, situation + place + step.number, delay)
        else:
            step.ring[_slot(step, delay, int(uniform * UNIFORMS) % step.together), arriving] += people


def _set_out(step: _Step, people: int, target: int, first_day: int, delay: int) -> None:
    """Let equal parts of many set out on each day that was drawn together, those left over on the first of them."""
    each, left_over = divmod(people, step.together)
    for day in range(step.together):
        leaving = each + ((day + first_day) % step.together < left_over)
        step.ring[_slot(step, delay, day), target] += leaving


def _slot(step: _Step, delay: int, day: int) -> int:
    """Return when those arrive who set out on a day of those drawn together, of which this step is the middle one."""
    return int(step.slot + max(0, delay + day - step.together // 2)) % len(step.ring)


def _settle(step: _Step) -> None:
    step.counts += step.ring[step.slot]
    step.ring[step.slot] = 0


def _admit(step: _Step, turn: int) -> None:
    """Let in those who arrive now; where a place is full, lots decide who is sent on."""
    for limited in range(len(step.layout.limit)):
        _ration(step, limited, turn)
    _settle(step)


def _ration(step: _Step, limited: int, turn: int) -> None:
    arrivals = step.ring[step.slot]
    here = np.flatnonzero(np.repeat(step.layout.place_of_group == limited, step.layout.classes))
    room = max(0, int(step.layout.limit[limited]) - int(step.counts[here].sum()))
    arriving = int(arrivals[here].sum())
    if arriving <= room:
        return
    for situation in here[arrivals[here] > 0]:
        people = int(arrivals[situation])
        name = step.layout.situation_id[situation]
        admitted = hypergeometric(people, arriving - people, room, step.k0, step.k1, step.number, np.uint64(turn), name)
        step.tally[0] += 1
        arriving -= people
        room -= admitted
        group, frailty = divmod(int(situation), step.layout.classes)
        arrivals[situation] = admitted
        onward = step.situation(int(step.layout.overflow_group[group]), frailty)
        arrivals[onward] += people - admitted
