"""Arrange the balance of stock and flow for reading: a table and a small drawing for each host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from homeward.judge.residuals import SIGNS
from homeward.report.facts import ReportData
from homeward.report.wording import signed_percent
from homeward.results.contract import ResidualRow, StockFlowTerm

__all__ = [
    "LARGE_HOST",
    "TERM_NAMES",
    "ResidualCell",
    "ResidualChart",
    "ResidualHost",
    "ResidualLine",
    "ResidualMark",
    "residual_hosts",
]

LARGE_HOST = 50_000
"""Hosts with this many registered refugees at the end of some year have a table of their own."""

TERM_NAMES = {
    "arrivals": "Arrivals",
    "waiting": "Still waiting",
    "births": "Births",
    "deaths": "Deaths",
    "returns": "Returns",
    "naturalised": "Naturalised",
    "resettled": "Resettled",
    "audits": "Audits",
}
"""What each term of the balance is called in the report."""

WIDTH, HEIGHT = 400, 150
LEFT, RIGHT, TOP, BOTTOM = 48, 10, 14, 24
LIMITS = (0.05, 0.1, 0.2, 0.3)
"""Where the axis of a drawing may end: at the first that holds all shares; what lies beyond is written out."""

Kind = Literal["plain", "construction", "audit"]


@dataclass(frozen=True, slots=True)
class ResidualCell:
    """One term of a row with the sign by which it changes the stock; ``people`` None: not reported."""

    people: float | None
    estimated: bool
    within_arrivals: bool


@dataclass(frozen=True, slots=True)
class ResidualLine:
    """A row of the balance with its terms in the order of their columns, and what to mind, in words."""

    row: ResidualRow
    cells: tuple[ResidualCell, ...]
    remark: str


@dataclass(frozen=True, slots=True)
class ResidualMark:
    """One residual in a drawing, in its units; ``beyond`` is its share in per cent where it leaves the drawing."""

    kind: Kind
    x: float
    y: float
    low: float
    high: float
    title: str
    beyond: str


@dataclass(frozen=True, slots=True)
class ResidualChart:
    """A drawing of residuals as shares of the stock by year; ticks are (position, words)."""

    width: int
    height: int
    left: int
    right: int
    marks: tuple[ResidualMark, ...]
    levels: tuple[tuple[float, str], ...]
    years: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class ResidualHost:
    """The balance of one host; ``definitions`` say which series its reported figures are from.

    ``columns`` are the words for the terms that have a meaning for it: only applicants wait for a decision.
    """

    country: str
    name: str
    is_large: bool
    columns: tuple[str, ...]
    lines: tuple[ResidualLine, ...]
    definitions: tuple[tuple[str, str], ...]
    chart: ResidualChart | None


def residual_hosts(data: ReportData) -> tuple[ResidualHost, ...]:
    """Return the hosts by the largest stock of any year, the largest first."""
    groups = [tuple(rows) for _, rows in groupby(data.residuals.rows, lambda row: row.country)]
    return tuple(_host(data, rows) for rows in sorted(groups, key=_largest, reverse=True))


def _largest(rows: Sequence[ResidualRow]) -> float:
    return max(max(row.stock_before, row.stock) for row in rows)


def _host(data: ReportData, rows: Sequence[ResidualRow]) -> ResidualHost:
    country = rows[0].country
    terms = tuple(name for name in SIGNS if name != "waiting" or any(_counts_waiting(row) for row in rows))
    return ResidualHost(
        country=country,
        name=data.country_names.get(country, country),
        is_large=_largest(rows) >= LARGE_HOST,
        columns=tuple(TERM_NAMES[name] for name in terms),
        lines=tuple(ResidualLine(row, tuple(_cells(row, terms)), _remark(row)) for row in rows),
        definitions=tuple(_definitions(rows)),
        chart=_chart(rows),
    )


def _counts_waiting(row: ResidualRow) -> bool:
    return row.waiting is not None or "waiting" in row.not_reported


def _cells(row: ResidualRow, terms: Sequence[str]) -> Iterator[ResidualCell]:
    for name in terms:
        term = _term(row, name)
        yield ResidualCell(
            people=SIGNS[name] * term.people if term else None,
            estimated=term is not None and term.low90 is not None,
            within_arrivals=row.by_construction and name == "births",
        )


def _term(row: ResidualRow, name: str) -> StockFlowTerm | None:
    found: StockFlowTerm | None = getattr(row, name)
    return found


def _remark(row: ResidualRow) -> str:
    if row.by_construction:
        return "no finding"
    if row.estimated_audit:
        return "partly circular"
    return "waiting unknown" if "waiting" in row.not_reported else ""


def _definitions(rows: Sequence[ResidualRow]) -> Iterator[tuple[str, str]]:
    """Yield each reported figure with its definitions and the years in which they hold."""
    yield "Stock", _by_definition([(row.definition, row.year) for row in rows])
    for name, words in TERM_NAMES.items():
        terms = [(term, row.year) for row in rows if (term := _term(row, name)) and term.low90 is None]
        if terms:
            yield words, _by_definition([(term.definition, year) for term, year in terms])


def _by_definition(said: Sequence[tuple[str, int]]) -> str:
    found: dict[str, list[int]] = {}
    for definition, year in said:
        found.setdefault(definition, []).append(year)
    return "; ".join(f"{definition} ({_spans(years)})" for definition, years in found.items())


def _spans(years: Sequence[int]) -> str:
    """Return ascending years as spans: ``2012, 2015–2018``."""
    spans: list[list[int]] = []
    for year in years:
        if spans and year == spans[-1][-1] + 1:
            spans[-1].append(year)
        else:
            spans.append([year])
    return ", ".join(str(s[0]) if len(s) == 1 else f"{s[0]}–{s[-1]}" for s in spans)


def _chart(rows: Sequence[ResidualRow]) -> ResidualChart | None:
    """Return the drawing of a host; None where no year has a residual."""
    shares = {row: _shares(row) for row in rows if row.share is not None}
    if not shares:
        return None
    reach = max(abs(value) for three in shares.values() for value in three)
    limit = next((limit for limit in LIMITS if limit >= reach), LIMITS[-1])
    first, last = rows[0].year, rows[-1].year
    return ResidualChart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        marks=tuple(_mark(row, _across(row.year, first, last), three, limit) for row, three in shares.items()),
        levels=tuple((_height(at, limit), "0" if not at else signed_percent(at)) for at in (limit, 0.0, -limit)),
        years=tuple((_across(year, first, last), str(year)) for year in _labelled(first, last)),
    )


def _shares(row: ResidualRow) -> tuple[float, float, float]:
    """Return low end, residual and high end as shares of the mean stock."""
    mean = (row.stock_before + row.stock) / 2
    values = (row.low90, row.residual, row.high90)
    low, middle, high = ((value or 0.0) / mean for value in values)
    return low, middle, high


def _mark(row: ResidualRow, x: float, shares: tuple[float, float, float], limit: float) -> ResidualMark:
    low, middle, high = (_height(share, limit) for share in shares)
    kind: Kind = "construction" if row.by_construction else "audit" if row.estimated_audit else "plain"
    said = signed_percent(shares[1])
    beyond = said.removesuffix(" %") if abs(shares[1]) > limit else ""
    return ResidualMark(kind, x, middle, low, high, f"{row.year}: {said}", beyond)


def _height(share: float, limit: float) -> float:
    """Return where a share stands, from the top; shares beyond the axis stand at its end."""
    within = max(-limit, min(limit, share))
    return round(TOP + (limit - within) / (2 * limit) * (HEIGHT - TOP - BOTTOM), 1)


def _across(year: int, first: int, last: int) -> float:
    step = (WIDTH - LEFT - RIGHT) / (last - first + 1)
    return round(LEFT + (year - first + 0.5) * step, 1)


def _labelled(first: int, last: int) -> range:
    """Return the years that are written under a drawing: no more than seven."""
    return range(first, last + 1, -(-(last - first + 1) // 7))
