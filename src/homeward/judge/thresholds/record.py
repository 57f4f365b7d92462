"""The rows of a case that count on a day, by what they are about.

A row counts where it is about that day or one before it and, but in hindsight, was known by then. What a later row took
the place of counts until that one was known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from homeward.case.findings import FINDINGS_FILE, Finding
from homeward.case.schema import Case, Condition, Event, EventIndicator
from homeward.case.superseded import not_yet_replaced

__all__ = ["Entry", "Record", "months_before"]

AnyRow = TypeVar("AnyRow", Condition, Event, Finding)


@dataclass(frozen=True, slots=True)
class Entry(Generic[AnyRow]):
    """A row and where it stands: its file, and its number counted from 1."""

    file: str
    number: int
    row: AnyRow

    def where(self) -> str:
        """Return file and number in words."""
        return f"{self.file}, row {self.number}"


class Record:
    """Conditions, events and findings of a case that count on a ``day``, each series in the order of its dates."""

    def __init__(
        self, case: Case, findings: Sequence[Finding], day: date, *, oldest_months: int, hindsight: bool = False
    ) -> None:
        """Choose the rows; nothing else of the case is changed."""
        self.case, self.day, self.hindsight = case, day, hindsight
        self.oldest_months = oldest_months
        self._first = months_before(day, oldest_months)
        conditions = list(self._counting("conditions.csv", case.conditions))
        if not hindsight:
            conditions += self._before_replacement(conditions)
        self._conditions = _series(conditions, lambda row: (row.indicator, row.place))
        events = self._counting("events.csv", case.events)
        self._events = _series(events, lambda row: (row.indicator.value, row.place))
        self._findings = _series(
            self._counting(FINDINGS_FILE, findings), lambda row: (row.criterion, row.place)
        )  # fmt: skip

    def conditions(self, indicator: str, place: str) -> Sequence[Entry[Condition]]:
        """Return the rows of an indicator at a place or country, the last of which holds."""
        return self._conditions.get((indicator, place), ())

    def names(self, family: str) -> tuple[str, ...]:
        """Return the names of a family of indicators such as ``held_by.``, in order."""
        return tuple(sorted({one.removeprefix(family) for one, _ in self._conditions if one.startswith(family)}))

    def events(self, indicator: EventIndicator, place: str) -> Sequence[Entry[Event]]:
        """Return the events of a kind at a place, country or border, the last of which holds."""
        return self._events.get((indicator.value, place), ())

    def findings(self, criterion: str, place: str) -> Sequence[Entry[Finding]]:
        """Return the findings on a criterion at a place or country, the last of which holds."""
        return self._findings.get((criterion, place), ())

    def is_old(self, since: date) -> bool:
        """Return whether what was so on a day is too old to count."""
        return since < self._first

    def _counting(self, file: str, rows: Iterable[AnyRow]) -> Iterator[Entry[AnyRow]]:
        for number, row in enumerate(rows, start=1):
            if row.date <= self.day and (self.hindsight or row.known_on <= self.day):
                yield Entry(file, number, row)

    def _before_replacement(self, known: Sequence[Entry[Condition]]) -> Iterator[Entry[Condition]]:
        rows = self.case.superseded
        numbers = {id(row): number for number, row in enumerate(rows, start=1)}
        for row in not_yet_replaced(rows, [entry.row for entry in known], self.day):
            if row.date <= self.day:
                yield Entry("superseded.csv", numbers[id(row)], row)


def _series(
    entries: Iterable[Entry[AnyRow]], key: Callable[[AnyRow], tuple[str, str]]
) -> Mapping[tuple[str, str], Sequence[Entry[AnyRow]]]:
    found: dict[tuple[str, str], list[Entry[AnyRow]]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.row.date):
        found[key(entry.row)].append(entry)
    return dict(found)


def months_before(day: date, months: int) -> date:
    """Return the same day of the month so many months before, or the 28th where that month may not have it."""
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, min(day.day, 28))
