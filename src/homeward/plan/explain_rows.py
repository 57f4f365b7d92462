"""The rows of a case that a flow of returns reads in a month, with their numbers in the run's own copy of the case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from homeward.case.indicators import (
    CEASEFIRE,
    FLED,
    GUARANTEES,
    HELD_BY,
    HOME_CONDITIONS,
    HOST_CONDITIONS,
    REBUILDING,
    RETURN_INTENTION,
)
from homeward.case.schema import Case, Condition, Event, EventIndicator, Row
from homeward.errors import UsageError
from homeward.results.durable import place_whole, plain_error
from homeward.results.explain_contract import ExplainedRow
from homeward.results.tables import open_memory

__all__ = ["VIOLENCE_MONTHS", "CaseRows", "Month", "write_rows"]

VIOLENCE_MONTHS = 6
"""Months of recorded violence that are listed: with a half-life of a month, the rest of what is remembered at once."""

_OF_REGISTER = (EventIndicator.REGISTRATION, EventIndicator.AUDIT, EventIndicator.COERCION)
_AUDIT_DAYS = 365
Numbered = tuple[int, Any]


@dataclass(frozen=True)
class Month:
    """The days of the month, and the last day of which rows are known (of a run that goes on after it by chance)."""

    first: date
    last: date
    known: date

    @property
    def violence_since(self) -> date:
        """First day of the months of violence that are listed."""
        end = min(self.last, self.known)
        index = 12 * end.year + end.month - VIOLENCE_MONTHS
        return date(index // 12, index % 12 + 1, 1)


class CaseRows:
    """The rows of a case by what they are about."""

    def __init__(self, case: Case) -> None:
        """Number all rows as they stand in the files, from 1."""
        self._case = case
        self._titles = {source.id: source.title for source in case.sources}
        self._country = {place.id: place.country for place in case.places}
        self._home = case.settings.origin_country
        self._conditions: dict[tuple[str, str], list[Numbered]] = defaultdict(list)
        for number, row in enumerate(case.conditions, start=1):
            self._conditions[row.place, row.indicator].append((number, row))
        for rows in self._conditions.values():
            rows.sort(key=lambda one: one[1].date)
        self._indicators = sorted({row.indicator for row in case.conditions})
        self._events = sorted(enumerate(case.events, start=1), key=lambda one: one[1].date)

    def read(self, district: str, places: Sequence[str], month: Month, *, idps: bool) -> dict[str, list[ExplainedRow]]:
        """Return the rows by factor, and by ``people at the start``, ``register`` and ``pillars``."""
        found: dict[str, Iterable[ExplainedRow]] = {
            "readiness": self._of_safety(district, month),
            "home": self._of_home(district, month),
            "people at the start": self._population(district),
        }
        if not idps:
            found["pressure"] = self._of_host(places, HOST_CONDITIONS, month)
            found["intention"] = self._of_host(places, (RETURN_INTENTION,), month)
            found["border"] = self._border(places, month)
            found["register"] = self._of_register(places, month, EventIndicator.REGISTRATION, EventIndicator.AUDIT)
            found["pillars"] = self._of_register(places, month, EventIndicator.COERCION)
        return {name: list(rows) for name, rows in found.items()}

    def earlier_violence(self, districts: Iterable[str], month: Month) -> int:
        """Return how many rows of violence of districts and their neighbours lie before those that are listed."""
        places = {one for district in districts for one in (district, *self._adjacent(district))}
        rows = [row for place in places for row in self._conditions.get((place, "violence"), ())]
        return sum(row.date < month.violence_since for _, row in rows)

    def _of_safety(self, district: str, month: Month) -> Iterator[ExplainedRow]:
        near = {district: None, **dict.fromkeys(self._adjacent(district))}
        for place in near:
            for indicator in ("violence", CEASEFIRE):
                yield from self._held(place, indicator, Month(month.violence_since, month.last, month.known))
        for indicator in self._indicators:
            if indicator.startswith((HELD_BY, GUARANTEES, FLED)):
                yield from self._held(district, indicator, month)
        for number, one in enumerate(self._case.places, start=1):
            if one.id in near:
                yield self._row("places", number, one, one.id, "population", one.population)
        for number, route in enumerate(self._case.routes, start=1):
            if route.adjacent and district in (route.from_place, route.to_place):
                yield self._row("routes", number, route, f"{route.from_place}-{route.to_place}", "adjacent", "true")

    def _adjacent(self, district: str) -> list[str]:
        ends = [(route.from_place, route.to_place) for route in self._case.routes if route.adjacent]
        return sorted({one for pair in ends if district in pair for one in pair} - {district})

    def _of_home(self, district: str, month: Month) -> Iterator[ExplainedRow]:
        for indicator in (*HOME_CONDITIONS, *REBUILDING):
            yield from self._held(district, indicator, month)

    def _of_host(self, places: Sequence[str], indicators: Sequence[str], month: Month) -> Iterator[ExplainedRow]:
        for indicator in indicators:
            # A place with rows of its own does not read its country's.
            own = [one if (one, indicator) in self._conditions else self._country[one] for one in places]
            for where in dict.fromkeys(own):
                yield from self._held(where, indicator, month)

    def _held(self, place: str, indicator: str, month: Month) -> Iterator[ExplainedRow]:
        """Yield the row that holds on the first day, and those that begin later in the month."""
        rows = self._conditions.get((place, indicator), [])
        for number, row in _in_force(rows, month.first, month.last):
            yield self._condition(number, row)

    def _border(self, places: Sequence[str], month: Month) -> Iterator[ExplainedRow]:
        """Yield the events that set the level of the border, on the first day and wherever it changes in the month."""
        borders = [one for one in self._events if one[1].indicator is EventIndicator.BORDER]
        days = {month.first, *(row.date for _, row in borders if month.first < row.date <= month.last)}
        found: dict[int, Event] = {}
        for country in dict.fromkeys(self._country[place] for place in places):
            for day in sorted(days):
                found |= dict(_border_on(borders, country, self._home, day))
        for number, row in found.items():
            yield self._event(number, row)

    def _of_register(self, places: Sequence[str], month: Month, *indicators: EventIndicator) -> Iterator[ExplainedRow]:
        """Yield the events that hold at the host, and the audits of the last year."""
        about = {*places, *(self._country[place] for place in places)}
        for indicator in indicators:
            for where in sorted(about):
                rows = [one for one in self._events if (one[1].indicator, one[1].place) == (indicator, where)]
                if indicator is EventIndicator.AUDIT:
                    since = month.last - timedelta(days=_AUDIT_DAYS)
                    kept = [one for one in rows if since < one[1].date <= month.last]
                else:
                    kept = list(_in_force(rows, month.first, month.last))
                yield from (self._event(number, row) for number, row in kept)

    def _population(self, district: str) -> Iterator[ExplainedRow]:
        for number, row in enumerate(self._case.population, start=1):
            if row.origin == district:
                yield self._row("population", number, row, f"{row.origin} at {row.place}", row.stage.value, row.people)

    def _condition(self, number: int, row: Condition) -> ExplainedRow:
        return self._row("conditions", number, row, row.place, row.indicator, row.value)

    def _event(self, number: int, row: Event) -> ExplainedRow:
        return self._row("events", number, row, row.place, row.indicator.value, row.value)

    def _row(
        self, table: str, number: int, row: Row, place: str, indicator: str, value: float | str | None
    ) -> ExplainedRow:
        return ExplainedRow(
            table=table, row=number, place=place, date=getattr(row, "date", None), indicator=indicator, value=value,
            low=getattr(row, "low", None), high=getattr(row, "high", None), source=row.source,
            source_title=self._titles.get(row.source, row.source), known_on=row.known_on, basis=row.basis.value,
            why=row.why, read_by=(),
        )  # fmt: skip


def _in_force(rows: Sequence[Numbered], first: date, last: date) -> Iterator[Numbered]:
    """Yield, of rows in the order of their dates, the one that holds on the first day and those that follow."""
    before = [one for one in rows if one[1].date <= first]
    yield from before[-1:]
    yield from (one for one in rows if first < one[1].date <= last)


def _border_on(borders: Sequence[Numbered], country: str, home: str, day: date) -> Iterator[Numbered]:
    """Yield the event that sets the level on a day: that of the pair, else of the destination, else of the origin."""
    for name in (f"{country}>{home}", f"*>{home}", f"{country}>*", "*>*"):
        rows = [one for one in borders if one[1].place == name and one[1].date <= day]
        if rows:
            yield rows[-1]
            return


def write_rows(rows: Sequence[ExplainedRow], path: Path) -> None:
    """Write rows to a ``.csv`` or ``.parquet`` file.

    Raises UsageError for a file of another kind, RunError if it cannot be written.
    """
    if path.suffix not in (".parquet", ".csv"):
        raise UsageError(f"{path} does not end in .parquet or .csv")
    form = "FORMAT parquet, COMPRESSION zstd" if path.suffix == ".parquet" else "FORMAT csv, HEADER"
    try:
        with open_memory() as connection:
            columns = ", ".join(f"unnest(${name}::{kind}[]) AS {name}" for name, kind in _COLUMNS.items())
            connection.execute(f"CREATE TABLE found AS SELECT {columns}", _columns(rows))
            place_whole(path, lambda to: connection.execute(f"COPY found TO '{_escaped(to)}' ({form})"))
    except (OSError, duckdb.Error) as error:
        raise plain_error(f"writing {path}", error) from error


_COLUMNS = {
    "table_name": "VARCHAR", "row_number": "INTEGER", "place": "VARCHAR", "date": "DATE", "indicator": "VARCHAR",
    "value": "VARCHAR", "low": "DOUBLE", "high": "DOUBLE", "source": "VARCHAR", "source_title": "VARCHAR",
    "known_on": "DATE", "basis": "VARCHAR", "why": "VARCHAR", "read_by": "VARCHAR",
}  # fmt: skip
_FIELDS = {"table_name": "table", "row_number": "row"}


def _columns(rows: Sequence[ExplainedRow]) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [getattr(row, _FIELDS.get(name, name)) for row in rows] for name in _COLUMNS}
    found["value"] = [_text(value) for value in found["value"]]
    found["read_by"] = ["; ".join(names) for names in found["read_by"]]
    return found


def _text(value: float | str | None) -> str | None:
    return f"{value:.10g}" if isinstance(value, float) else None if value is None else str(value)


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
