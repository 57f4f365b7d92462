"""The expected course: the same tables and the same order of a step with shares of people instead of draws.

With every feedback switched off these are the exact expected counts; with feedback they are the mean-field course,
whose gap to the mean of replicates shrinks with the number of people. One course, no spread: a fast surrogate for
fitting, never a forecast.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeward.engine.draws import inlined, jit
from homeward.engine.layout import Layout, Moves

__all__ = ["advance_expected"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@jit
def advance_expected(
    first_step: int,
    steps: int,
    ends_month: bool,  # noqa: FBT001 - Numba takes positional arguments only
    layout: Layout,
    move: Moves,
    status: Moves,
    birth: FloatArray,
    birth_group: IntArray,
    counts: FloatArray,
    ring: FloatArray,
    moved: FloatArray,
    changed: FloatArray,
    born: FloatArray,
) -> None:
    """Advance the expected counts in place; arguments as in the kernel, all people as floats."""
    for step in range(first_step, first_step + steps):
        slot = step % ring.shape[0]
        _admit(slot, layout, counts, ring)
        if ends_month and step == first_step + steps - 1:
            for situation in range(counts.shape[0]):
                group = birth_group[situation // layout.classes]
                children = counts[situation] * birth[situation]
                born[group] += children
                ring[slot, group * layout.classes + situation % layout.classes] += children
            _settle(slot, counts, ring)
            _transfer(slot, layout, status, counts, ring, changed)
            _admit(slot, layout, counts, ring)
        _transfer(slot, layout, move, counts, ring, moved)
        _admit(slot, layout, counts, ring)


@jit
def _transfer(slot: int, layout: Layout, moves: Moves, counts: FloatArray, ring: FloatArray, moved: FloatArray) -> None:
    kinds = moves.kind_hash.shape[0]
    for situation in moves.active:
        leavers = counts[situation] * moves.leave[situation]
        if leavers <= 0.0:
            continue
        counts[situation] -= leavers
        group = situation // layout.classes
        total = moves.kind_cumulative[situation, kinds - 1]
        below = 0.0
        for kind in range(kinds):
            share = moves.kind_cumulative[situation, kind] - below
            below = moves.kind_cumulative[situation, kind]
            if share > 0.0:
                row = moves.row_of[group, kind]
                _send(leavers * share / total, row, situation % layout.classes, slot, layout, moves, ring, moved)


@jit
def _send(
    people: float,
    row: int,
    frailty: int,
    slot: int,
    layout: Layout,
    moves: Moves,
    ring: FloatArray,
    moved: FloatArray,
) -> None:
    if moves.only[row] >= 0:
        _deposit(people, row, moves.only[row], moves.only_target[row], frailty, slot, layout, moves, ring, moved)
        return
    places = moved.shape[1]
    for place in range(places):
        weight = moves.cumulative[row, place + 1] - moves.cumulative[row, place]
        if weight > 0.0:
            share = weight / moves.cumulative[row, places]
            target = moves.targets[moves.target_set[row], place]
            _deposit(people * share, row, place, target, frailty, slot, layout, moves, ring, moved)


@inlined
def _deposit(
    people: float,
    row: int,
    place: int,
    target: int,
    frailty: int,
    slot: int,
    layout: Layout,
    moves: Moves,
    ring: FloatArray,
    moved: FloatArray,
) -> None:
    moved[row, place] += people
    if target >= 0:
        arrival = (slot + moves.delays[moves.place[row], place]) % ring.shape[0]
        ring[arrival, target * layout.classes + frailty] += people


@jit
def _settle(slot: int, counts: FloatArray, ring: FloatArray) -> None:
    for situation in range(counts.shape[0]):
        counts[situation] += ring[slot, situation]
        ring[slot, situation] = 0.0


@jit
def _admit(slot: int, layout: Layout, counts: FloatArray, ring: FloatArray) -> None:
    """Add those who arrive; a full place takes the same share of everyone who asks."""
    for limited in range(layout.limit.shape[0]):
        present, arriving = 0.0, 0.0
        for situation in range(counts.shape[0]):
            if layout.place_of_group[situation // layout.classes] == limited:
                present += counts[situation]
                arriving += ring[slot, situation]
        room = max(0.0, layout.limit[limited] - present)
        if arriving <= room:
            continue
        for situation in range(counts.shape[0]):
            group = situation // layout.classes
            if layout.place_of_group[group] == limited:
                refused = ring[slot, situation] * (1.0 - room / arriving)
                ring[slot, situation] -= refused
                onward = layout.overflow_group[group] * layout.classes + situation % layout.classes
                ring[slot, onward] += refused
    _settle(slot, counts, ring)
