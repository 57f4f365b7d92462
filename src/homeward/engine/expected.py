"""The expected course: the same tables and the same order of a step with shares of people instead of draws.

With every feedback switched off these are the exact expected counts (where one of a household goes ahead, up to the
people left over once all are in households); with feedback they are the mean-field course, whose gap to the mean of
replicates shrinks with the number of people. One course, no spread: a fast surrogate for fitting, never a forecast.

Tables stay as they are for a block of days, so the shares of destinations are divided out once a block, and where
people went is booked at its end; within a step the classes of a situation go through a row of destinations together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from homeward.engine.layout import Layout, Moves
from homeward.rules.compiled import jit

__all__ = ["advance_expected"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class Outflow(NamedTuple):
    """People who leave by each row of a table: in this step (rows x classes) and in the whole block (rows).

    ``share`` (rows x places): where they go; 0 for rows with one destination, which need none. ``reached`` (slots x
    groups): whether anybody of this step is on the way there.
    """

    share: FloatArray
    step: FloatArray
    block: FloatArray
    reached: NDArray[np.bool_]


@jit
def advance_expected(
    first_step: int,
    steps: int,
    draw_every: int,
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
    outflow = _new_outflow(layout.classes, move, moved.shape[1], ring)
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
            changing = _new_outflow(layout.classes, status, changed.shape[1], ring)
            _transfer(slot, layout, status, counts, ring, changing)
            _book(status, changing, changed)
            _admit(slot, layout, counts, ring)
        if (step - first_step) % draw_every == draw_every // 2:
            if draw_every == 1:
                _transfer(slot, layout, move, counts, ring, outflow)
            else:
                leaving = np.zeros_like(ring)
                _transfer(0, layout, move, counts, leaving, outflow)
                _set_out(leaving, outflow.reached, slot, draw_every, layout.classes, ring)
            _admit(slot, layout, counts, ring)
    _book(move, outflow, moved)


@jit
def _new_outflow(classes: int, moves: Moves, places: int, ring: FloatArray) -> Outflow:
    rows = moves.only.shape[0]
    share = np.zeros((rows, places))
    for row in range(rows):
        total = moves.cumulative[row, places]
        if moves.only[row] < 0 and total > 0.0:
            for place in range(places):
                share[row, place] = (moves.cumulative[row, place + 1] - moves.cumulative[row, place]) / total
    reached = np.zeros((ring.shape[0], ring.shape[1] // classes), dtype=np.bool_)
    return Outflow(share, np.zeros((rows, classes)), np.zeros(rows), reached)


@jit
def _transfer(slot: int, layout: Layout, moves: Moves, counts: FloatArray, ring: FloatArray, outflow: Outflow) -> None:
    """Let people leave: first how many by which row, then where to.

    The ring is read as one line and a row's classes as a piece of it: this is where most of the time goes.
    """
    _leave(layout, moves, counts, outflow)
    classes, slots, situations = layout.classes, ring.shape[0], ring.shape[1]
    line = ring.reshape(slots * situations)
    for row in range(moves.only.shape[0]):
        people, only = outflow.step[row], moves.only[row]
        everybody = people.sum()
        if everybody <= 0.0:
            continue
        outflow.block[row] += everybody
        shares, delays = outflow.share[row], moves.delays[moves.place[row]]
        targets = moves.targets[moves.target_set[row]]
        first, last = (only, only + 1) if only >= 0 else (0, len(shares))
        for place in range(first, last):
            share = 1.0 if only >= 0 else shares[place]
            target = moves.only_target[row] if only >= 0 else targets[place]
            if share > 0.0 and target >= 0:
                arrival = slot + delays[place]
                arrival = arrival if arrival < slots else arrival - slots
                outflow.reached[arrival, target] = True
                begin = arrival * situations + target * classes
                here = line[begin : begin + classes]
                for frailty in range(classes):
                    here[frailty] += people[frailty] * share
        people[:] = 0.0


@jit
def _set_out(
    leaving: FloatArray, reached: NDArray[np.bool_], slot: int, together: int, classes: int, ring: FloatArray
) -> None:
    """Let equal parts set out on each of the steps drawn together, of which this one is the middle.

    ``leaving`` (slots x situations): those who leave, by how long they travel; ``reached`` is emptied.
    """
    for delay in range(leaving.shape[0]):
        for group in range(reached.shape[1]):
            if reached[delay, group]:
                reached[delay, group] = False
                for day in range(together):
                    arrival = slot + max(0, delay + day - together // 2)
                    arrival = arrival if arrival < ring.shape[0] else arrival - ring.shape[0]
                    for situation in range(group * classes, (group + 1) * classes):
                        ring[arrival, situation] += leaving[delay, situation] / together


@jit
def _leave(layout: Layout, moves: Moves, counts: FloatArray, outflow: Outflow) -> None:
    """Take those who leave away; of a party of which one goes, the others are counted where they stay behind."""
    kinds = moves.kind_hash.shape[0]
    staying = np.zeros(counts.shape[0])
    for situation in moves.active:
        leavers = counts[situation] * moves.leave[situation]
        if leavers <= 0.0:
            continue
        counts[situation] -= leavers
        total = moves.kind_cumulative[situation, kinds - 1]
        below = 0.0
        for kind in range(kinds):
            share = moves.kind_cumulative[situation, kind] - below
            below = moves.kind_cumulative[situation, kind]
            if share > 0.0:
                group = situation // layout.classes
                row = moves.row_of[group, kind]
                people = leavers * share / total
                if moves.rest_target[row] >= 0:
                    one = people / moves.party[group]
                    staying[moves.rest_target[row] * layout.classes + situation % layout.classes] += people - one
                    people = one
                outflow.step[row, situation % layout.classes] += people
    for situation in range(counts.shape[0]):
        counts[situation] += staying[situation]


@jit
def _book(moves: Moves, outflow: Outflow, moved: FloatArray) -> None:
    """Add where people went in this block to the tally."""
    for row in range(moves.only.shape[0]):
        people = outflow.block[row]
        if people > 0.0 and moves.only[row] >= 0:
            moved[row, moves.only[row]] += people
        elif people > 0.0:
            for place in range(moved.shape[1]):
                moved[row, place] += people * outflow.share[row, place]


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
