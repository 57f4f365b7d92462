"""With every feedback switched off, expected counts are powers of a transition matrix.

Network, crowding and danger are off, violence acts by its presence only, and nothing changes at home or at a
border, so the tables stay as they are. The matrix of one step is built here, cell by cell, from those tables,
its states being every situation and every situation with some steps still to travel. The expected course has
to equal start x (step^(days - 1) x month end) x ... to a relative 1e-9; the mean of replicates of the kernel
has to lie within chance of it (z of every count expected above five, Bonferroni, false alarms 1 % over all
counts). A matrix whose hazard of flight is 5 % off has to be told from both.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from homeward.engine.record import Trajectory
from homeward.engine.simulate import expected_course, simulate
from homeward.rules.homeward import HomewardRules
from homeward.rules.tables import NOBODY, Tables, Transitions
from verification.cases import busy_case, rules_of
from verification.tables import show

__all__ = ["main", "power_course"]

FloatArray = NDArray[np.float64]

ALARM_RATE = 0.01
TOLERANCE = 1e-9
MANY = 10**14
FEW = 20_000
FLIGHT_HAZARD = 0.002
REPLICATES = 200
SEED = 5
NO_FEEDBACK = {
    "network_exponent": 0.0,
    "crowding_weight": 0.0,
    "danger_weight": 0.0,
    "flight_exponent": 0.0,
    "safety_weight_violence": 0.0,
    "return_weight_years": 0.0,
    "frailty_classes": 2.0,
    "travel_speed": 1_000.0,
}


def main() -> bool:
    """Compare and print; return whether everything agrees and the control does not."""
    many, few = _rules(MANY), _rules(FEW)
    found = month_end_stocks(expected_course(many), many)
    samples = np.array([month_end_stocks(simulate(few, SEED, k), few) for k in range(REPLICATES)])
    exact, wrong = (_relative_error(found, power_course(_rules(MANY, flight))) for flight in (1.0, 1.05))
    z, z_wrong = (_largest_z(samples, power_course(_rules(FEW, flight))) for flight in (1.0, 1.05))
    limit = float(stats.t.isf(ALARM_RATE / 2 / samples.shape[1], REPLICATES - 1))
    show(
        "Powers of a transition matrix, five months, no feedback",
        ("what", "measured", "limit", "with 5 % more flight"),
        [
            ("expected course, largest relative error", exact, TOLERANCE, wrong),
            (f"mean of {REPLICATES} replicates, largest z", z, limit, z_wrong),
        ],
    )
    return exact < TOLERANCE < wrong and z < limit < z_wrong


def _rules(people: int, flight: float = 1.0) -> HomewardRules:
    case = busy_case(people=people, end=date(2012, 5, 31))
    start = case.settings.start
    still = [row for row in case.conditions if row.indicator != "violence" and row.date == start]
    violent = {row.place: row for row in case.conditions if row.indicator == "violence"}
    lasting = [row.model_copy(update={"value": 1.0, "date": start}) for row in violent.values()]
    calm = case.model_copy(update={"conditions": (*still, *lasting), "events": ()})
    return rules_of(calm, **NO_FEEDBACK, flight_hazard=FLIGHT_HAZARD * flight)


def _relative_error(found: FloatArray, meant: FloatArray) -> float:
    """Return the largest relative error where rounding to whole people cannot matter."""
    large = meant > 1e11
    return float(np.max(np.abs(found - meant)[large] / meant[large]))


def _largest_z(samples: FloatArray, meant: FloatArray) -> float:
    enough = meant > 5
    error = samples.std(axis=0, ddof=1)[enough] / np.sqrt(len(samples))
    return float(np.max(np.abs(samples.mean(axis=0)[enough] - meant[enough]) / error))


def month_end_stocks(trajectory: Trajectory, rules: HomewardRules) -> FloatArray:
    """Return people at the last month end by origin, place and stage, those on the way as a stage of their own."""
    space, names = rules.space, trajectory.names
    people_at = np.zeros((len(space.origins), len(space.places), len(names.stages)))
    last = trajectory.stocks["month"] == len(names.month_ends) - 1
    columns = (trajectory.stocks[name][last] for name in ("place", "origin", "stage", "people"))
    for place, origin, stage, people in zip(*columns, strict=True):
        people_at[space.origins.index(names.places[origin]), place, stage] += people
    return people_at.ravel()


def power_course(rules: HomewardRules) -> FloatArray:
    """Return the same expected counts by powers of the matrix of a step."""
    chain = _Chain(rules)
    people = chain.start()
    for number, block in enumerate(rules.blocks):
        if block.ends_month:
            tables = chain.tables_of(number)
            move = chain.transition(tables.move)
            ending = chain.births(tables) @ chain.transition(tables.status) @ move
            arrive = chain.arrive()
            people = people @ np.linalg.matrix_power(arrive @ move, block.month_days - 1) @ (arrive @ ending)
    return chain.collected(people)


class _Chain:
    """States ``steps still to travel`` x ``situation``; 0 steps: settled."""

    def __init__(self, rules: HomewardRules) -> None:
        self.rules = rules
        self.situations = rules.space.situations
        self.census = rules.start_people.astype(np.float64)
        longest = rules.new_tables().move.choices.delay.max()
        self.size = self.situations * (1 + int(longest))

    def start(self) -> FloatArray:
        people = np.zeros(self.size)
        shares = self.census[:, None] * self.rules.class_share
        people[: self.situations] = shares.ravel()
        return people

    def tables_of(self, number: int) -> Tables:
        tables = self.rules.new_tables()
        neutral = [family.neutral() for family in self.rules.shock_families]
        self.rules.fill(tables, self.rules.blocks[number], self.census, neutral)
        return tables

    def arrive(self) -> FloatArray:
        """Everyone who travels comes one step nearer."""
        matrix = np.zeros((self.size, self.size))
        for state in range(self.size):
            matrix[state, max(state - self.situations, state % self.situations)] = 1.0
        return matrix

    def births(self, tables: Tables) -> FloatArray:
        matrix = np.eye(self.size)
        classes = self.rules.space.classes
        for situation, chance in enumerate(tables.birth):
            group, frailty = divmod(situation, classes)
            matrix[situation, tables.birth_group[group] * classes + frailty] += chance
        return matrix

    def transition(self, table: Transitions) -> FloatArray:
        matrix = np.eye(self.size)
        for situation in np.flatnonzero(table.leave):
            matrix[situation, situation] -= table.leave[situation]
            shares = np.diff(table.kind_cumulative[situation], prepend=0.0)
            for kind in np.flatnonzero(shares):
                chance = table.leave[situation] * shares[kind] / shares.sum()
                self._spread(matrix, int(situation), chance, table, int(kind))
        return matrix

    def _spread(self, matrix: FloatArray, situation: int, chance: float, table: Transitions, kind: int) -> None:
        choices, classes = table.choices, self.rules.space.classes
        group, frailty = divmod(situation, classes)
        row = table.row_of[group, kind]
        target, delay = choices.target[row], choices.delay[row]
        weights = np.diff(choices.cumulative[row])
        if choices.only[row] >= 0:
            weights = np.eye(len(weights))[choices.only[row]]
        for place in np.flatnonzero(weights):
            if target[place] != NOBODY:
                state = delay[place] * self.situations + target[place] * classes + frailty
                matrix[situation, state] += chance * weights[place] / weights.sum()

    def collected(self, people: FloatArray) -> FloatArray:
        """Return people by origin, place and stage, those on the way as a stage of their own.

        What returnees remember of their return is not asked: their rows are alike.
        """
        space = self.rules.space
        by_group = people.reshape(-1, space.groups, space.classes).sum(axis=2)
        people_at = np.zeros((len(space.origins), len(space.places), len(space.stages)))
        np.add.at(people_at, (space.group_origin, space.group_place, space.group_stage), by_group[0])
        travelling = np.full(space.groups, space.stages.index("travelling"))
        np.add.at(people_at, (space.group_origin, space.group_place, travelling), by_group[1:].sum(axis=0))
        return people_at.ravel()
