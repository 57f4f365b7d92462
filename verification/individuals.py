"""The same rules, one person at a time: the plain and slow proof of the engine.

Every person is an entry of a few arrays and takes every decision alone, by NumPy's own generator: no count is
ever split. It reads the tables that the rules fill, so a rule still stands in one place, and imports nothing
from the engine. The order of a step is that of the engine: who has travelled arrives; at the end of a month
people have children, then die or change their status; then people move; then those who moved without travel
settle. Where a place is full, those who arrive in the same step stand in line in random order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from homeward.rules.tables import NOBODY, Rules, Tables, Transitions

__all__ = ["Counted", "People", "simulate_people"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass
class Counted:
    """What is compared: people moved by kind over the whole run, and stocks at chosen month ends.

    Keys of ``stocks``: (month, place, stage); people on the way have the stage ``travelling``.
    """

    flows: Counter[str] = field(default_factory=Counter)
    stocks: Counter[tuple[int, str, str]] = field(default_factory=Counter)


@dataclass
class People:
    """Everybody: the ``situation`` of each, and ``arrives``, the step in which travel ends (-1: settled)."""

    situation: IntArray
    arrives: IntArray

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Forget the others."""
        self.situation, self.arrives = self.situation[kept], self.arrives[kept]

    def add(self, situations: IntArray) -> None:
        """Let new people begin, settled."""
        self.situation = np.concatenate([self.situation, situations])
        self.arrives = np.concatenate([self.arrives, np.full(len(situations), -1)])


class _Simulation:
    def __init__(self, rules: Rules, rng: np.random.Generator) -> None:
        self.rules = rules
        self.rng = rng
        self.classes = rules.space.classes
        self.tables: Tables = rules.new_tables()
        group = np.repeat(np.arange(rules.space.groups), rules.start_people)
        frailty = rng.choice(self.classes, size=len(group), p=rules.class_share)
        self.people = People(group * self.classes + frailty, np.full(len(group), -1))
        self.counted = Counted()

    def census(self) -> FloatArray:
        groups = self.people.situation // self.classes
        return np.bincount(groups, minlength=self.rules.space.groups).astype(np.float64)

    def admit(self, step: int) -> None:
        """Settle those who arrive; where there is no room they go on to the overflow, in random order."""
        people, capacity = self.people, self.rules.capacity
        arriving = np.flatnonzero(people.arrives == step)
        if len(arriving) and len(capacity.limit):
            limited = capacity.place_of_group[people.situation // self.classes]
            for place, limit in enumerate(capacity.limit):
                present = np.count_nonzero((limited == place) & (people.arrives < 0))
                line = self.rng.permutation(arriving[limited[arriving] == place])
                sent_on = line[max(0, int(limit) - present) :]
                group, frailty = np.divmod(people.situation[sent_on], self.classes)
                people.situation[sent_on] = capacity.overflow_group[group] * self.classes + frailty
        people.arrives[arriving] = -1

    def births(self) -> None:
        people, tables = self.people, self.tables
        chance = tables.birth[people.situation] * (people.arrives < 0)
        parents = people.situation[self.rng.random(len(chance)) < chance]
        group, frailty = np.divmod(parents, self.classes)
        people.add(tables.birth_group[group] * self.classes + frailty)
        self.counted.flows["birth"] += len(parents)

    def transfer(self, table: Transitions, step: int) -> None:
        """Let everyone decide at once: whether to go, then why, then where to."""
        people, choices = self.people, table.choices
        chance = table.leave[people.situation] * (people.arrives < 0)
        movers = np.flatnonzero(self.rng.random(len(chance)) < chance)
        if not len(movers):
            return
        situation = people.situation[movers]
        kind = _pick(table.kind_cumulative[situation], self.rng)
        group, frailty = np.divmod(situation, self.classes)
        row = table.row_of[group, kind]
        place = choices.only[row]
        free = place < 0
        place[free] = _pick(choices.cumulative[row[free], 1:], self.rng)
        target = np.where(free, choices.targets[choices.target_set[row], place], choices.only_target[row])
        people.situation[movers] = target * self.classes + frailty
        people.arrives[movers] = step + choices.delays[choices.place[row], place]
        for index, name in enumerate(table.kinds):
            self.counted.flows[name] += int(np.count_nonzero(kind == index))
        if np.any(target == NOBODY):
            stays = np.ones(len(people.situation), dtype=np.bool_)
            stays[movers[target == NOBODY]] = False
            people.keep(stays)

    def step(self, step: int, *, month_ends: bool) -> None:
        self.admit(step)
        if month_ends:
            self.births()
            self.transfer(self.tables.status, step)
            self.admit(step)
        self.transfer(self.tables.move, step)
        self.admit(step)

    def count_stocks(self, month: int) -> None:
        space = self.rules.space
        group = self.people.situation // self.classes
        stage = np.where(self.people.arrives < 0, space.group_stage[group], space.stages.index("travelling"))
        for (place, at), people in Counter(zip(space.group_place[group], stage, strict=True)).items():
            self.counted.stocks[month, space.places[place], space.stages[at]] = people


def simulate_people(rules: Rules, rng: np.random.Generator, *, months: Collection[int]) -> Counted:
    """Return the counts of one course in which every person decides alone.

    Shocks are off: every multiplier is 1. ``months``: those whose stocks are counted at their ends.
    """
    simulation = _Simulation(rules, rng)
    ones = [np.ones(len(family.names)) for family in rules.shock_families]
    steps_per_day = rules.calendar.steps_per_day
    for block in rules.blocks:
        rules.fill(simulation.tables, block, simulation.census(), ones)
        first, last = block.first_day * steps_per_day, (block.first_day + block.days) * steps_per_day
        for step in range(first, last):
            simulation.step(step, month_ends=block.ends_month and step == last - 1)
        if block.ends_month and block.month in months:
            simulation.count_stocks(block.month)
    return simulation.counted


def _pick(cumulative: FloatArray, rng: np.random.Generator) -> IntArray:
    """Return for every row of running sums the index that its own uniform falls on."""
    aim = rng.random(len(cumulative)) * cumulative[:, -1]
    index: IntArray = np.sum(cumulative <= aim[:, None], axis=1, dtype=np.int64)
    return index
