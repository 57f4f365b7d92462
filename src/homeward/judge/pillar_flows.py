"""The four pillars of return: safe, voluntary, dignified and sustainable, judged for flows and never for a person.

A flow is everybody who set out for one district of origin from one host place in one month. Equations stand in
docs/explanation/pillars.md. Within a flow a pillar is met, not met or unknown for all, but for *sustainable*, which
splits people by the share of their cohort that was displaced again; so whether all four are met is known exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeward.engine.record import Columns, Trajectory
from homeward.errors import RunError
from homeward.judge.limits import Limits, Verdict, at_least, at_most, together
from homeward.judge.pillar_evidence import FOLLOWED_MONTHS, Evidence, condition
from homeward.results.run import Run

__all__ = ["ALL_FOUR", "PILLARS", "Flows", "Judge", "Split", "flows_of", "read_flows"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

PILLARS = ("voluntary", "safe", "dignified", "sustainable")
ALL_FOUR = "all_four"


@dataclass(frozen=True)
class Flows:
    """The returns of one replicate, one entry per flow: codes of month, origin and host, and people.

    ``again`` (months x origins): share of all who returned to a district in a month who were displaced again within
    the twelve months after it; NaN where nobody returned.
    """

    month: IntArray
    origin: IntArray
    host: IntArray
    people: FloatArray
    again: FloatArray

    def chosen(self, keep: BoolArray) -> Flows:
        """Return some of the flows; the cohorts stay whole."""
        return Flows(self.month[keep], self.origin[keep], self.host[keep], self.people[keep], self.again)


@dataclass(frozen=True)
class Split:
    """People of every flow by whether a pillar is met; the three add up to the people of the flow, exactly."""

    met: FloatArray
    not_met: FloatArray
    unknown: FloatArray


class Judge:
    """The pillars of every flow, by what is known and by the limits."""

    def __init__(self, evidence: Evidence, limits: Limits) -> None:
        """Judge everything that does not depend on the replicate."""
        self.evidence, self.limits = evidence, limits
        self._of_host = {
            "push_share": self._at_most("push_share", evidence.push),
            "coercion": Verdict(~evidence.coerced & evidence.abroad, evidence.coerced),
        }
        self._safety = {
            "violence": self._at_most("violence", evidence.violence.value, evidence.violence.whole),
            "persecution_risk": self._at_most(
                "persecution_risk", evidence.persecution.value, evidence.persecution.whole
            ),
        }
        self._dignity = {name: self._at_least(name, evidence.at_home) for name in ("housing", "documents")}
        self._solution = {name: self._at_least(name, evidence.later) for name in ("services", "livelihoods")}

    def with_limit(self, name: str, value: float) -> Judge:
        """Return a judge with one limit changed."""
        return Judge(self.evidence, {**self.limits, name: replace(self.limits[name], value=value)})

    def _at_least(self, name: str, conditions: FloatArray) -> Verdict:
        return at_least(condition(conditions, name), self.limits[name].value)

    def _at_most(self, name: str, value: FloatArray, whole: BoolArray | None = None) -> Verdict:
        return at_most(value, self.limits[name].value, whole)

    def possible(self) -> BoolArray:
        """Return (months x origins) whether a return then and there could still meet all four pillars.

        It cannot where *safe* or *dignified* is not met, which the case alone decides.
        """
        not_met = [verdict.not_met for verdicts in (self._safety, self._dignity) for verdict in verdicts.values()]
        return np.asarray(~np.logical_or.reduce(not_met))

    def split(self, flows: Flows, pillar: str) -> Split:
        """Return the people of every flow by one of ``PILLARS``, or by ``ALL_FOUR``."""
        if pillar == "sustainable":
            return self._sustainable(flows)
        if pillar == ALL_FOUR:
            return self._all_four(flows)
        return _whole(flows.people, self._verdict(flows, pillar))

    def _verdict(self, flows: Flows, pillar: str) -> Verdict:
        """Return the verdict on a pillar that holds for a whole flow."""
        if pillar == "voluntary":
            return together(*self._of_host.values()).at(flows.month, flows.host)
        of_home = {"safe": self._safety, "dignified": self._dignity}
        return together(*of_home[pillar].values()).at(flows.month, flows.origin)

    def conditions(self, flows: Flows) -> Iterator[tuple[str, str, Split]]:
        """Yield every condition by itself: its name, its pillar, and the people of every flow."""
        for name, verdict in self._of_host.items():
            yield name, "voluntary", _whole(flows.people, verdict.at(flows.month, flows.host))
        for pillar, verdicts in (("safe", self._safety), ("dignified", self._dignity)):
            for name, verdict in verdicts.items():
                yield name, pillar, _whole(flows.people, verdict.at(flows.month, flows.origin))
        fled, followed = self._displaced_again(flows)
        stayed = flows.people - fled
        yield (
            "displaced_again",
            "sustainable",
            Split(np.where(followed, stayed, 0.0), fled, np.where(followed, 0.0, stayed)),
        )
        for name, verdict in self._solution.items():
            yield name, "sustainable", _whole(flows.people, verdict.at(flows.month, flows.origin))

    def _displaced_again(self, flows: Flows) -> tuple[FloatArray, BoolArray]:
        """Return how many of every flow were displaced again, and whether it was followed to the end (else 0)."""
        followed = self.evidence.followed[flows.month]
        again = np.nan_to_num(flows.again[flows.month, flows.origin])
        return np.where(followed, flows.people * again, 0.0), followed

    def _sustainable(self, flows: Flows) -> Split:
        """Split by who was displaced again, and the others by the criteria of a durable solution."""
        fled, followed = self._displaced_again(flows)
        criteria = together(*self._solution.values()).at(flows.month, flows.origin)
        stayed = flows.people - fled
        met = np.where(criteria.met & followed, stayed, 0.0)
        unknown = np.where(~followed | ~(criteria.met | criteria.not_met), stayed, 0.0)
        not_met = np.where(criteria.not_met & followed, flows.people, fled)
        return Split(met, not_met, unknown)

    def _all_four(self, flows: Flows) -> Split:
        """Met where each pillar is, not met where any is not."""
        others = together(*(self._verdict(flows, pillar) for pillar in PILLARS if pillar != "sustainable"))
        last = self._sustainable(flows)
        met = np.where(others.met, last.met, 0.0)
        not_met = np.where(others.not_met, flows.people, last.not_met)
        unknown = np.where(others.not_met, 0.0, np.where(others.met, last.unknown, flows.people - last.not_met))
        return Split(met, not_met, unknown)

    def pulled(self, flows: Flows) -> FloatArray:
        """Return people of every flow who are not owed to pressure at the host; NaN where that is unknown."""
        pulled: FloatArray = flows.people * (1.0 - self.evidence.push[flows.month, flows.host])
        return pulled


def _whole(people: FloatArray, verdict: Verdict) -> Split:
    unknown = ~(verdict.met | verdict.not_met)
    return Split(*(np.where(which, people, 0.0) for which in (verdict.met, verdict.not_met, unknown)))


def read_flows(run: Run, evidence: Evidence) -> Iterator[Flows]:
    """Yield the returns of every replicate; raises RunError if the tables of the run cannot be read."""
    places = [str(place) for place in run.columns("SELECT place FROM places ORDER BY place")["place"]]
    host = _codes(places, evidence.hosts)
    origin = _codes(places, evidence.origins)
    for replicate in range(run.info.replicates):
        returned = _read(run, "returns", "origin, host", replicate)
        again = _read(run, "displaced_again", "origin, origin AS host", replicate)
        month, home = returned["month"], origin[returned["origin"]]
        cohorts = _cohorts(evidence, month, home, returned["people"])
        fled = _cohorts(evidence, again["month"], origin[again["origin"]], again["people"])
        yield Flows(month, home, host[returned["host"]], returned["people"], _share(fled, cohorts))


def flows_of(course: Trajectory, evidence: Evidence) -> Flows:
    """Return the returns of one simulated course, as :func:`read_flows` gives them for a run."""
    host, origin = _codes(course.names.places, evidence.hosts), _codes(course.names.places, evidence.origins)
    month, home, left, people = _summed(course.returns, len(course.names.places))
    followed = course.displaced_again["months"] <= FOLLOWED_MONTHS
    again = {name: column[followed] for name, column in course.displaced_again.items()}
    cohorts = _cohorts(evidence, month, origin[home], people)
    fled = _cohorts(evidence, again["month"], origin[again["origin"]], again["people"].astype(np.float64))
    return Flows(month, origin[home], host[left], people, _share(fled, cohorts))


def _summed(returns: Columns, places: int) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Return month, origin, host and people, one entry for each three of them."""
    key = (returns["month"] * places + returns["origin"]) * places + returns["host"]
    distinct, where = np.unique(key, return_inverse=True)
    people = np.bincount(where, weights=returns["people"], minlength=len(distinct))
    rest, host = np.divmod(distinct, places)
    month, origin = np.divmod(rest, places)
    return month, origin, host, np.asarray(people, dtype=np.float64)


def _codes(places: Sequence[str], wanted: Sequence[str]) -> IntArray:
    """Return the code of every place in ``wanted``, -1 for those that are not."""
    return np.array([wanted.index(place) if place in wanted else -1 for place in places], dtype=np.int64)


def _read(run: Run, table: str, keys: str, replicate: int) -> Mapping[str, NDArray[Any]]:
    months = f"AND months <= {FOLLOWED_MONTHS}" if table == "displaced_again" else ""
    return run.columns(
        f"""
        WITH numbered AS (SELECT place, row_number() OVER (ORDER BY place) - 1 AS number FROM places),
        rows AS (SELECT month, {keys}, people FROM {table} WHERE replicate = $replicate {months})
        SELECT date_diff('month', $start::DATE, month) AS month, home.number AS origin, old.number AS host,
            sum(people)::DOUBLE AS people
        FROM rows JOIN numbered AS home ON home.place = rows.origin JOIN numbered AS old ON old.place = rows.host
        GROUP BY ALL ORDER BY ALL
        """,
        {"start": run.info.start, "replicate": replicate},
    )


def _cohorts(evidence: Evidence, month: IntArray, origin: IntArray, people: FloatArray) -> FloatArray:
    """Return people by month of return and district of origin."""
    shape = (len(evidence.months), len(evidence.origins))
    if len(month) and (month.min() < 0 or month.max() >= shape[0] or origin.min() < 0):
        raise RunError("the run is damaged: a table has rows outside its months or districts; run the case again")
    cells = np.bincount(month * shape[1] + origin, weights=people, minlength=shape[0] * shape[1])
    return np.asarray(cells, dtype=np.float64).reshape(shape)


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return a part of a whole, at most 1; NaN where the whole is nothing.

    People count as returned when they set out and are followed from their arrival, which may be a month later.
    """
    share: FloatArray = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0.0)
    return np.minimum(share, 1.0)
