"""The page of estimates: every row that nobody observed, with its value, its range and why it is so.

It writes Markdown from a case. A part that does not come from a case, such as the parameters of the rules,
is joined as one more :class:`EstimateTable`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from homeward.case.schema import (
    Basis,
    Case,
    Condition,
    Event,
    Observation,
    Place,
    Plan,
    Population,
    Route,
    Row,
)

__all__ = ["Estimate", "EstimateTable", "estimate_tables", "estimates_page"]

NO_RANGE = "no range"

_INTRODUCTION = """\
# Every estimate

What the built-in case `{case}` and the rules assume: the rows whose basis is `estimate`, because nobody observed the
figure and it could not be derived from observed ones. A line says how many rows it stands for, their values with the
low and high end of the 90 % range in brackets, or that there is no range, and why. Rows about the same thing for the
same reason share a line; equal values in rows that follow each other are written once, from first date to last.

`homeward check {case}` shows how much rests on them; which matter most stands at the end of
[the Syria case](../explanation/syria-case.md). This page is written by `tools/describe_case.py`.

| table | rows | estimates | with low and high |
|---|---|---|---|
"""

_TABLE_HEAD = "| about | estimates | value (low–high) | why |\n|---|---|---|---|\n"

_MEANINGS = {
    "places": "Where people live (latitude and longitude in degrees) and how many; the people of a district of origin "
    "are derived from censuses and stand in `population.csv` too.",
    "routes": "Length along the road in kilometres; `inside`: what people displaced within a place cover.",
    "population": "People at the start.",
    "conditions": "`violence`: recorded deaths in a calendar month. `held_by`: shares of the people there by holder; "
    "`fled`: shares of the displaced by whom they fled. Rates: share of the refugees there, per year. "
    "`reconstruction`: US dollars a year for every resident before the war. Others: shares. A value holds until the "
    "next row.",
    "events": "Level of a border from a day on, share of a register taken off by an audit, or return by force.",
    "observed": "Figures to compare a run with.",
    "plans": "Figures that planners published beforehand.",
    "superseded": "Conditions as they were known before a later row took their place.",
}

AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass(frozen=True, slots=True)
class Estimate:
    """One row that is an estimate.

    ``row``: its position in the table, from 1. ``about``: what it is about. ``when``: its date, and ``what``:
    which of several values of that date it is; both may be blank. ``value``, ``low``, ``high``: as shown;
    None where there is no low or high end. ``note``: what else is worth knowing. ``why``: the reason.
    """

    row: int
    about: str
    value: str
    why: str
    low: str | None = None
    high: str | None = None
    when: str = ""
    what: str = ""
    note: str = ""

    @property
    def has_range(self) -> bool:
        """Return whether it has a low or a high end."""
        return self.low is not None or self.high is not None


@dataclass(frozen=True, slots=True)
class EstimateTable:
    """The estimates of one table: its file name, the number of all its rows, and what its values mean."""

    name: str
    rows: int
    meaning: str
    estimates: tuple[Estimate, ...]


def estimates_page(case: str, tables: Sequence[EstimateTable]) -> str:
    """Return the page as Markdown: how many estimates there are by table, then a section for each."""
    return "".join(
        [
            _INTRODUCTION.format(case=case),
            *(_counts(table) for table in tables),
            _total(tables),
            *(part for table in tables for part in _section(table)),
        ]
    )


def estimate_tables(case: Case) -> list[EstimateTable]:
    """Return the estimates of every table of a case, tables without any included."""
    return [
        _table("places", case.places, _place),
        _table("routes", case.routes, _route),
        _table("population", case.population, _people),
        _table("conditions", case.conditions, _condition),
        _table("events", case.events, _event),
        _table("observed", case.observed, _figure),
        _table("plans", case.plans, _plan),
        _table("superseded", case.superseded, _condition),
    ]


def _table(name: str, rows: Sequence[AnyRow], describe: Callable[[int, AnyRow], Estimate]) -> EstimateTable:
    numbered = enumerate(rows, start=1)
    estimates = tuple(describe(number, row) for number, row in numbered if row.basis is Basis.ESTIMATE)
    return EstimateTable(f"{name}.csv", len(rows), _MEANINGS[name], estimates)


def _place(number: int, row: Place) -> Estimate:
    at = f"{_shown(row.latitude)}, {_shown(row.longitude)}"
    people = "" if row.population is None else f"; {_shown(row.population)} people"
    room = "" if row.capacity is None else f"; room for {_shown(row.capacity)}"
    return Estimate(number, f"`{row.id}` ({row.country})", at + people + room, row.why)


def _route(number: int, row: Route) -> Estimate:
    way = "inside" if row.from_place == row.to_place else f"to `{row.to_place}`"
    return Estimate(number, f"from `{row.from_place}`", _shown(row.km), row.why, what=way)


def _people(number: int, row: Population) -> Estimate:
    about = f"`{row.place}`, {row.stage.value}, from `{row.origin}`"
    return Estimate(number, about, _shown(row.people), row.why)


def _condition(number: int, row: Condition) -> Estimate:
    family, _, holder = row.indicator.partition(".")
    # Violence is given by calendar month, the others from a day on.
    when = row.date.isoformat()[:7] if family == "violence" else row.date.isoformat()
    return Estimate(
        number,
        f"`{row.place}` {family}",
        _shown(row.value),
        row.why,
        low=None if row.low is None else _shown(row.low),
        high=None if row.high is None else _shown(row.high),
        when=when,
        what=holder,
    )


def _event(number: int, row: Event) -> Estimate:
    return Estimate(
        number,
        f"`{row.place}` {row.indicator.value}",
        row.value or "–",
        row.why,
        low=None if row.low is None else _shown(row.low),
        high=None if row.high is None else _shown(row.high),
        when=row.date.isoformat(),
        note=row.what,
    )


def _figure(number: int, row: Observation) -> Estimate:
    origin = f" from `{row.origin}`" if row.origin else ""
    about = f"`{row.place}`{origin} {row.measure.value}, {row.definition}"
    return Estimate(number, about, _shown(row.value), row.why, when=row.date.isoformat())


def _plan(number: int, row: Plan) -> Estimate:
    about = f"`{row.place}` {row.measure.value}, {row.definition}"
    return Estimate(number, about, _shown(row.value), row.why, when=row.date.isoformat())


def _shown(value: float) -> str:
    return f"{value:,.10g}"


def _counts(table: EstimateTable) -> str:
    ranged = sum(estimate.has_range for estimate in table.estimates)
    return f"| [{table.name}](#{_anchor(table)}) | {table.rows:,} | {len(table.estimates):,} | {ranged:,} |\n"


def _total(tables: Sequence[EstimateTable]) -> str:
    rows = sum(table.rows for table in tables)
    estimates = [estimate for table in tables for estimate in table.estimates]
    return f"| all | {rows:,} | {len(estimates):,} | {sum(estimate.has_range for estimate in estimates):,} |\n"


def _anchor(table: EstimateTable) -> str:
    return table.name.replace(".", "")


def _section(table: EstimateTable) -> Iterator[str]:
    yield f"\n## {table.name}\n\n{table.meaning}\n\n"
    if not table.estimates:
        yield "No estimate.\n"
        return
    yield _TABLE_HEAD
    series: dict[tuple[str, str], list[Estimate]] = defaultdict(list)
    for estimate in table.estimates:
        series[estimate.about, estimate.why].append(estimate)
    for estimates in series.values():
        yield _line(estimates)


def _line(estimates: Sequence[Estimate]) -> str:
    """Return one line for estimates that are about the same and have the same reason."""
    some_have_a_range = any(estimate.has_range for estimate in estimates)
    values = "; ".join(_dated_values(estimates, say_no_range=some_have_a_range))
    if not some_have_a_range:
        values += f"; {NO_RANGE}"
    cells = (estimates[0].about, str(len(estimates)), values, estimates[0].why)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _dated_values(estimates: Sequence[Estimate], *, say_no_range: bool) -> Iterator[str]:
    """Yield the values of each date, or of a span of dates whose rows stand together and say the same."""
    first = until = ""
    said, last_row = "", 0
    for when, of_date in groupby(estimates, key=lambda estimate: estimate.when):
        together = list(of_date)
        values = ", ".join(_value(estimate, say_no_range=say_no_range) for estimate in together)
        if values == said and together[0].row == last_row + 1:
            until = when
        else:
            yield from _span(first, until, said)
            first, until, said = when, when, values
        last_row = together[-1].row
    yield from _span(first, until, said)


def _span(first: str, until: str, said: str) -> Iterator[str]:
    if said:
        dates = first if first == until else f"{first} to {until}"
        yield f"{dates}: {said}" if dates else said


def _value(estimate: Estimate, *, say_no_range: bool) -> str:
    value = f"{estimate.what} {estimate.value}".strip()
    if estimate.has_range:
        low, high = estimate.low or "no low", estimate.high or "no high"
        # A dash beside a minus sign is hard to read.
        between = " to " if "-" in low + high else "–"
        value += f" ({low}{between}{high})"
    elif say_no_range:
        value += f" ({NO_RANGE})"
    return f"{value} – {estimate.note}" if estimate.note else value
