"""How much of a case rests on estimates."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from homeward.case.indicators import NOUGHT_UNTIL_GIVEN, UNKNOWN_UNTIL_GIVEN
from homeward.case.schema import Basis, Case, Condition

__all__ = ["FAMILIES", "EstimateShare", "PeopleMonths", "estimate_share"]

FAMILIES = ("violence", "held_by", "fled", "guarantees", *NOUGHT_UNTIL_GIVEN, *UNKNOWN_UNTIL_GIVEN)
"""Kinds of indicators: the shares of all holders of a place are one kind."""

_DAYS_OF_A_MONTH = 365.25 / 12
_TABLES = ("places", "routes", "population", "conditions", "events", "observed", "plans", "superseded")


@dataclass(frozen=True, slots=True)
class PeopleMonths:
    """People at a place at the start times months of the case in which a condition is given for that place.

    ``total`` of all places; ``estimated``: that part of it in which a row with basis ``estimate`` holds.
    """

    total: float
    estimated: float

    @property
    def share(self) -> float | None:
        """Return the estimated share, 0 to 1; None where nobody lives under such a condition."""
        return self.estimated / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class EstimateShare:
    """How much of a case rests on what.

    ``rows``: by table, the number of rows by basis. ``people``: share (0 to 1) of the people at the start
    who stand in rows with basis ``estimate``; None where there are no people. ``people_months``: by kind of
    indicator (``FAMILIES``), how long how many people live under conditions that are estimates. People are
    those of the start: where they go is for a run to say.
    """

    rows: Mapping[str, Mapping[Basis, int]]
    people: float | None
    people_months: Mapping[str, PeopleMonths]

    @property
    def row_count(self) -> int:
        """Return the number of rows of all tables."""
        return sum(sum(bases.values()) for bases in self.rows.values())

    @property
    def of_rows(self) -> float | None:
        """Return the share (0 to 1) of the rows of all tables that are estimates; None without rows."""
        estimates = sum(bases.get(Basis.ESTIMATE, 0) for bases in self.rows.values())
        return estimates / self.row_count if self.row_count else None


def estimate_share(case: Case) -> EstimateShare:
    """Return how many rows of each table, people at the start and people-months rest on estimates."""
    rows = {name: dict(Counter(row.basis for row in getattr(case, name))) for name in _TABLES}
    people = sum(row.people for row in case.population)
    estimated = sum(row.people for row in case.population if row.basis is Basis.ESTIMATE)
    return EstimateShare(rows, estimated / people if people else None, _people_months(case))


def _people_months(case: Case) -> dict[str, PeopleMonths]:
    people = Counter[str]()
    for row in case.population:
        people[row.place] += row.people
    given: dict[tuple[str, str], list[Condition]] = defaultdict(list)
    for condition in case.conditions:
        given[condition.indicator.partition(".")[0], condition.place].append(condition)
    found = dict.fromkeys(FAMILIES, PeopleMonths(0, 0))
    for family in FAMILIES:
        for place in case.places:
            # A country's rate holds for its places without rows of their own; the others are given by place only.
            rows = given.get((family, place.id)) or given.get((family, place.country), [])
            total, estimated = _months_given(rows, case.settings.start, case.settings.end)
            so_far, here = found[family], people[place.id]
            found[family] = PeopleMonths(so_far.total + here * total, so_far.estimated + here * estimated)
    return found


def _months_given(rows: Iterable[Condition], start: date, end: date) -> tuple[float, float]:
    """Return for how many months from start to end rows hold at a place, and an estimate among them."""
    after_end = end + timedelta(days=1)
    ordered = sorted(rows, key=lambda row: row.date)
    ends = [*(row.date for row in ordered[1:]), after_end]
    total = estimated = 0
    in_force: dict[str, Basis] = {}
    for row, until in zip(ordered, ends, strict=False):
        in_force[row.indicator] = row.basis
        days = max(0, (min(until, after_end) - max(row.date, start)).days)
        total += days
        estimated += days if Basis.ESTIMATE in in_force.values() else 0
    return total / _DAYS_OF_A_MONTH, estimated / _DAYS_OF_A_MONTH
