"""What returns a case would see under each of several sets of levers: one trunk a replicate, a branch for every set.

All sets share chance, parameters and the course up to the day on which levers are pulled, so that differences between
them are due to the levers. A replicate is a function of its number, wherever it is simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.case.conference import Lever
from homeward.case.levers import written_out
from homeward.case.scenario import lay_over
from homeward.case.scenario_schema import Scenario, ScenarioLever
from homeward.case.schema import Case
from homeward.engine.drawn import Drawn
from homeward.engine.simulate import Trunk
from homeward.judge.limits import Limits
from homeward.judge.pillar_evidence import Evidence, evidence_of
from homeward.judge.pillar_flows import ALL_FOUR, PILLARS, Flows, Judge, flows_of
from homeward.learn.members import Members
from homeward.learn.processes import run_in_processes
from homeward.results.contract import Continuation
from homeward.rules.homeward import HomewardRules

__all__ = ["JUDGED", "QUANTITIES", "Branches", "LeverSet", "returns_under"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
FOLLOWED = "sustainable"
"""The pillar that asks what comes after the return."""

READ = ("returns", "displaced_again")
"""Tables of a course that are read."""

LeverSet = frozenset[str]
"""Ids of the levers that are pulled."""

JUDGED = (*PILLARS, ALL_FOUR)
QUANTITIES = ("people", *(f"{pillar} {bound}" for pillar in JUDGED for bound in ("met", "met or unknown")))
"""What is summed over the returns of refugees: people, and for each pillar, and all four, those it is met for."""


@dataclass(frozen=True)
class Branches:
    """A case with levers to pull on the first day of a month; returns count from that day through ``counted_until``."""

    case: Case
    levers: tuple[Lever, ...]
    pulled_on: date
    counted_until: date
    seed: int
    drawn: Drawn | None
    continuation: Continuation | None
    limits: Limits

    def laid(self, names: LeverSet) -> Case:
        """Return the case with some levers pulled, whatever they require; raises InputError as ``lay_over`` does."""
        free = tuple(lever.model_copy(update={"requires": ()}) for lever in self.levers)
        pulls = [ScenarioLever.model_validate({"name": name, "from": self.pulled_on}) for name in sorted(names)]
        scenario = Scenario(name="levers", lever=tuple(pulls))
        # Where all levers together give a valid case, some of them do.
        whole = names == frozenset(lever.id for lever in self.levers)
        return lay_over(self.case, written_out(scenario, free, self.case), checked=whole) if names else self.case

    def require_valid(self) -> None:
        """Raise InputError if the case with all levers pulled is no valid one."""
        self.laid(frozenset(lever.id for lever in self.levers))

    def members(self, names: LeverSet) -> Members:
        """Return the members of the ensemble with some levers pulled."""
        return Members(self.laid(names), self.seed, self.drawn, self.continuation)


class _Work:
    """What a process does: some replicates of one set of levers after another, on trunks that it keeps."""

    def __init__(
        self, branches: Branches, sets: Sequence[tuple[LeverSet, tuple[int, ...]]], followed: Collection[LeverSet]
    ) -> None:
        self._branches, self._sets, self._followed = branches, sets, followed
        self._trunks: dict[int, Trunk] = {}

    def __call__(self, number: int) -> tuple[int, dict[int, FloatArray]]:
        """Return the quantities of a set, by its number, in each of its replicates."""
        names, replicates = self._sets[number]
        members = self._branches.members(names)
        judge = Judge(evidence_of(members.case), self._branches.limits)
        to_the_end = names in self._followed or self._may_meet_all(judge)
        return number, {one: self._one(members, judge, one, to_the_end=to_the_end) for one in replicates}

    def _one(self, members: Members, judge: Judge, replicate: int, *, to_the_end: bool) -> FloatArray:
        rules = HomewardRules(members.case_of(replicate))
        days = None if to_the_end else rules.calendar.day_of(self._branches.counted_until) + 1
        course = self._trunk(replicate).branch(rules, days=days)
        flows, evidence = flows_of(course, judge.evidence), judge.evidence
        found = _quantities(judge, flows.chosen(self._counts(evidence)[flows.month] & evidence.abroad[flows.host]))
        if not to_the_end:
            found[[QUANTITIES.index(name) for name in QUANTITIES if name.startswith(FOLLOWED)]] = np.nan
        return found

    def _may_meet_all(self, judge: Judge) -> bool:
        """Return whether some return could meet the pillars that are known beforehand; if none can, none meets all."""
        return bool(judge.possible()[self._counts(judge.evidence)].any())

    def _counts(self, evidence: Evidence) -> BoolArray:
        """Return (months) whether returns of a month count."""
        first, last = self._branches.pulled_on, self._branches.counted_until
        return np.array([first <= end <= last for end in evidence.months])

    def _trunk(self, replicate: int) -> Trunk:
        if replicate not in self._trunks:
            rules = HomewardRules(self._branches.members(frozenset()).case_of(replicate))
            first = rules.calendar.day_of(self._branches.pulled_on)
            self._trunks[replicate] = Trunk(rules, first, self._branches.seed, replicate, READ)
        return self._trunks[replicate]


def returns_under(
    branches: Branches,
    sets: Mapping[LeverSet, Collection[int]],
    *,
    jobs: int,
    followed: Collection[LeverSet] | None = None,
    tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> Mapping[LeverSet, Mapping[int, FloatArray]]:
    """Return the returns of refugees (``QUANTITIES``) under each set of levers, by replicate.

    ``sets`` says which replicates of each set are simulated. Sets in ``followed`` (left out: all) are simulated to the
    end of the case. Others are too, unless no return could meet all four pillars whatever followed; then what needs a
    follow-up (``sustainable``) is not told, and is NaN. ``tell`` is called with the courses done and all there are.
    Raises InputError for levers that do not fit the case, ProcessError if a process dies.
    """
    # The longest first, so that none is left at the end.
    ordered = sorted(((names, tuple(sorted(which))) for names, which in sets.items()), key=lambda one: -len(one[1]))
    branches.require_valid()
    work = _Work(branches, ordered, sets if followed is None else followed)
    found: dict[int, Mapping[int, FloatArray]] = {}

    def keep(result: tuple[int, dict[int, FloatArray]]) -> None:
        found[result[0]] = result[1]
        tell(sum(map(len, found.values())), sum(map(len, sets.values())))

    if jobs > 1 and len(ordered) > 1:
        run_in_processes(work, range(len(ordered)), min(jobs, len(ordered)), keep)
    else:
        for number in range(len(ordered)):
            keep(work(number))
    return {names: found[number] for number, (names, _) in enumerate(ordered)}


def _quantities(judge: Judge, flows: Flows) -> FloatArray:
    sums: list[float] = [float(flows.people.sum())]
    for pillar in JUDGED:
        split = judge.split(flows, pillar)
        met = float(split.met.sum())
        sums += [met, met + float(split.unknown.sum())]
    return np.array(sums)
