"""The same rules, one person at a time: the plain and slow proof of the engine.

Every person is an entry of a few arrays, and every decision is drawn by NumPy's own generator: no count is ever
split. It reads the tables that the rules fill, so a rule still stands in one place, and imports nothing from the
engine. The order of a step is that of the engine: who has travelled arrives; at the end of a month people have
children, then die or change their status; then people move; then those who moved without travel settle. Where a
place is full, those who arrive in the same step stand in line in random order.

Where people move in parties, those in one situation are put into parties anew in every step, by lot, the last party
being smaller; each party takes one decision. Everybody remembers the month of their own return, so who was displaced
again how long after it is counted person by person and not by the groups of the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from homeward.rules.tables import NOBODY, Rules, Tables, Transitions

__all__ = ["Counted", "People", "simulate_people"]

NEVER = -1
MONTHS_FOLLOWED = 12

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass
class Counted:
    """What is compared: people moved by kind over the whole run, stocks at chosen month ends, and cohorts.

    Keys of ``stocks``: (month, place, stage); people on the way have the stage ``travelling``. ``returns``: those who
    set out for home by month; ``again``: those who fled their district again by (month of return, month ends since),
    up to 12.
    """

    flows: Counter[str] = field(default_factory=Counter)
    returns: Counter[int] = field(default_factory=Counter)
    again: Counter[tuple[int, int]] = field(default_factory=Counter)
    stocks: Counter[tuple[int, str, str]] = field(default_factory=Counter)


@dataclass
class People:
    """Everybody: the ``situation`` of each, and ``arrives``, the step in which travel ends (-1: settled).

    ``came_back``: the month in which a return ended (NEVER: no return since the start).
    """

    situation: IntArray
    arrives: IntArray
    came_back: IntArray

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Forget the others."""
        self.situation, self.arrives = self.situation[kept], self.arrives[kept]
        self.came_back = self.came_back[kept]

    def add(self, situations: IntArray) -> None:
        """Let new people begin, settled."""
        self.situation = np.concatenate([self.situation, situations])
        self.arrives = np.concatenate([self.arrives, np.full(len(situations), -1)])
        self.came_back = np.concatenate([self.came_back, np.full(len(situations), NEVER)])


class _Simulation:
    def __init__(self, rules: Rules, rng: np.random.Generator, *, redraw: bool) -> None:
        self.rules = rules
        self.rng = rng
        self.redraw = redraw
        self.month = 0
        self.returned = rules.space.stages.index("returned")
        self.classes = rules.space.classes
        self.tables: Tables = rules.new_tables()
        group = np.repeat(np.arange(rules.space.groups), rules.start_people)
        frailty = rng.choice(self.classes, size=len(group), p=rules.class_share)
        self.people = People(group * self.classes + frailty, np.full(len(group), -1), np.full(len(group), NEVER))
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
        back = arriving[self.rules.space.group_stage[people.situation[arriving] // self.classes] == self.returned]
        people.came_back[back] = self.month
        if self.redraw:
            frailty = self.rng.choice(self.classes, size=len(back), p=self.rules.class_share)
            people.situation[back] += frailty - people.situation[back] % self.classes

    def births(self) -> None:
        people, tables = self.people, self.tables
        chance = tables.birth[people.situation] * (people.arrives < 0)
        parents = people.situation[self.rng.random(len(chance)) < chance]
        group, frailty = np.divmod(parents, self.classes)
        people.add(tables.birth_group[group] * self.classes + frailty)
        self.counted.flows["birth"] += len(parents)

    def transfer(self, table: Transitions, step: int) -> None:
        """Let every party decide at once: whether to go, then why, then where to."""
        people, choices = self.people, table.choices
        members, party, first = self._parties(table)
        chance = table.leave[people.situation[members[first]]]
        going = self.rng.random(len(chance)) < chance
        if not going.any():
            return
        deciding = members[first[going]]
        situation = people.situation[deciding]
        kind = _pick(table.kind_cumulative[situation], self.rng)
        group, frailty = np.divmod(situation, self.classes)
        row = table.row_of[group, kind]
        place = choices.only[row]
        free = place < 0
        place[free] = _pick(choices.cumulative[row[free], 1:], self.rng)
        target = np.where(free, choices.targets[choices.target_set[row], place], choices.only_target[row])
        # Of a party of which one goes it is the first; the others stay behind.
        alone = choices.rest_target[row] >= 0
        number = np.full(len(first), -1)
        number[going] = np.arange(len(deciding))
        moved = number[party]
        leads = np.zeros(len(members), dtype=np.bool_)
        leads[first] = True
        stays = (moved >= 0) & alone[moved] & ~leads
        goes = (moved >= 0) & ~stays
        people.situation[members[stays]] = (choices.rest_target[row] * self.classes + frailty)[moved[stays]]
        movers, of = members[goes], moved[goes]
        self._count(table, movers, kind[of])
        people.situation[movers] = (target * self.classes + frailty)[of]
        people.arrives[movers] = (step + choices.delays[choices.place[row], place])[of]
        if np.any(target == NOBODY):
            kept = np.ones(len(people.situation), dtype=np.bool_)
            kept[movers[target[of] == NOBODY]] = False
            people.keep(kept)

    def _parties(self, table: Transitions) -> tuple[IntArray, IntArray, IntArray]:
        """Put all who can move into parties by lot; return them, the party of each, and where each party begins."""
        people = self.people
        able = np.flatnonzero((people.arrives < 0) & (table.leave[people.situation] > 0.0))
        if table.party.max() == 1:
            alone = np.arange(len(able))
            return able, alone, alone
        shuffled = self.rng.permutation(able)
        members = shuffled[np.argsort(people.situation[shuffled], kind="stable")]
        situation = people.situation[members]
        begins = np.flatnonzero(np.diff(situation, prepend=-1))
        rank = np.arange(len(members)) - np.repeat(begins, np.diff(begins, append=len(members)))
        opens = rank % table.party[situation // self.classes] == 0
        return members, np.cumsum(opens) - 1, np.flatnonzero(opens)

    def _count(self, table: Transitions, movers: IntArray, kind: IntArray) -> None:
        for index, name in enumerate(table.kinds):
            moved = int(np.count_nonzero(kind == index))
            self.counted.flows[name] += moved
            if name in ("return", "return_ahead"):
                self.counted.returns[self.month] += moved
        if "reflight" in table.kinds:
            people = self.people
            fleeing = movers[kind == table.kinds.index("reflight")]
            at_home = self.rules.space.group_stage[people.situation[fleeing] // self.classes] == self.returned
            came_back = people.came_back[fleeing[at_home]]
            for month in came_back[(came_back >= 0) & (self.month - came_back <= MONTHS_FOLLOWED)]:
                self.counted.again[int(month), self.month - int(month)] += 1

    def grow_older(self) -> None:
        """Count everyone who has arrived in the group of the next month."""
        people = self.people
        group, frailty = np.divmod(people.situation, self.classes)
        older = self.rules.space.group_next[group] * self.classes + frailty
        people.situation = np.where(people.arrives < 0, older, people.situation)

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


def simulate_people(
    rules: Rules, rng: np.random.Generator, *, months: Collection[int], redraw: bool = False
) -> Counted:
    """Return the counts of one course in which every person, or every party, decides alone.

    Shocks are off: every multiplier is 1. ``months``: those whose stocks are counted at their ends. ``redraw``: whoever
    returns gets a new frailty class by lot, which is not what the rules say.
    """
    simulation = _Simulation(rules, rng, redraw=redraw)
    neutral = [family.neutral() for family in rules.shock_families]
    steps_per_day = rules.calendar.steps_per_day
    for block in rules.blocks:
        rules.fill(simulation.tables, block, simulation.census(), neutral)
        simulation.month = block.month
        first, last = block.first_day * steps_per_day, (block.first_day + block.days) * steps_per_day
        for step in range(first, last):
            simulation.step(step, month_ends=block.ends_month and step == last - 1)
        if block.ends_month:
            if block.month in months:
                simulation.count_stocks(block.month)
            simulation.grow_older()
    return simulation.counted


def _pick(cumulative: FloatArray, rng: np.random.Generator) -> IntArray:
    """Return for every row of running sums the index that its own uniform falls on."""
    aim = rng.random(len(cumulative)) * cumulative[:, -1]
    index: IntArray = np.sum(cumulative <= aim[:, None], axis=1, dtype=np.int64)
    return index
