"""The state of one replicate: people by situation, people on the way, and the tallies of a month."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeward.engine.draws import PHASE_START, binomial
from homeward.rules.compiled import jit
from homeward.rules.tables import Rules, Space, Tables

__all__ = ["State", "expected_start", "grow_older", "people_by_group", "ring_slots", "start_state"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass
class State:
    """People as integers (or, for the expected course, as floats), changed in place by the steps.

    ``counts`` (situations); ``ring`` (slots x situations) people on the way, by the step of their arrival;
    ``moved`` and ``changed`` (rows x places) and ``born`` (groups) since the last record; ``tally[0]`` draws.
    """

    counts: NDArray[Any]
    ring: NDArray[Any]
    moved: NDArray[Any]
    changed: NDArray[Any]
    born: NDArray[Any]
    tally: IntArray

    def people(self) -> int:
        """Return everybody: where they are and on the way."""
        return int(self.counts.sum() + self.ring.sum())

    def copy(self) -> State:
        """Return a state that shares nothing with this one."""
        return State(*(getattr(self, one.name).copy() for one in fields(self)))

    def census(self, classes: int) -> FloatArray:
        """Return people by group, those on the way counted where they will arrive."""
        census: FloatArray = people_by_group(self.ring, classes) + people_by_group(self.counts[None, :], classes)
        return census


@jit
def people_by_group(people: NDArray[Any], classes: int) -> FloatArray:
    """Return the sums by group of people (rows x situations) over all rows and the classes of a group."""
    by_situation = np.zeros(people.shape[1])
    for row in range(people.shape[0]):
        for situation in range(people.shape[1]):
            by_situation[situation] += people[row, situation]
    by_group = np.zeros(people.shape[1] // classes)
    for group in range(len(by_group)):
        for frailty in range(classes):
            by_group[group] += by_situation[group * classes + frailty]
    return by_group


def grow_older(state: State, space: Space) -> None:
    """Count everyone in the group of the next month, in place; people on the way stay where they will arrive."""
    moving = np.flatnonzero(space.group_next != np.arange(space.groups))
    if len(moving):
        counts = state.counts.reshape(space.groups, space.classes)
        people = counts[moving].copy()
        counts[moving] = 0
        np.add.at(counts, space.group_next[moving], people)


def start_state(rules: Rules, tables: Tables, seed: int, replicate: int) -> State:
    """Return the state at the start: frailty classes that are not known are drawn multinomially, group by group."""
    classes = rules.space.classes
    counts = rules.start_known.copy()
    keys = (np.uint64(seed), np.uint64(replicate))
    for group in np.flatnonzero(rules.start_people):
        left = int(rules.start_people[group])
        share_left = 1.0
        for frailty in range(classes):
            situation = int(group) * classes + frailty
            name = rules.space.situation_id[situation]
            last = frailty == classes - 1
            share = 1.0 if last else rules.class_share[frailty] / share_left
            drawn = int(binomial(left, share, *keys, 0, PHASE_START, np.uint64(0), name))
            counts[situation] += drawn
            left -= drawn
            share_left -= rules.class_share[frailty]
    return _with_tallies(counts, rules, tables)


def expected_start(rules: Rules, tables: Tables) -> State:
    """Return the expected state at the start, as floats."""
    counts = (rules.start_people[:, None] * rules.class_share[None, :]).ravel() + rules.start_known
    return _with_tallies(counts, rules, tables)


def ring_slots(rules: Rules, tables: Tables) -> int:
    """Return for how many steps ahead people on the way have to be kept."""
    longest = max(int(tables.move.choices.delays.max()), int(tables.status.choices.delays.max()))
    return longest + max(rules.calendar.drawn_together(block) for block in rules.blocks)


def _with_tallies(counts: NDArray[Any], rules: Rules, tables: Tables) -> State:
    slots = ring_slots(rules, tables)
    kind, places = counts.dtype, len(rules.space.places)
    return State(
        counts=counts,
        ring=np.zeros((slots, len(counts)), dtype=kind),
        moved=np.zeros((tables.move.choices.rows, places), dtype=kind),
        changed=np.zeros((tables.status.choices.rows, places), dtype=kind),
        born=np.zeros(rules.space.groups, dtype=kind),
        tally=np.zeros(1, dtype=np.int64),
    )
