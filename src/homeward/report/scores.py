"""Arrange the scored figures for reading: a table for each measure and level, a group for each place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from homeward.report.charts import MEASURE_NAMES
from homeward.report.facts import ReportData
from homeward.report.wording import day, error, is_small, short_day
from homeward.results.score_contract import ScoreRow, ScoreSummaryRow

__all__ = [
    "LEVELS",
    "ScoreGroup",
    "ScoreTable",
    "SummaryGroup",
    "range_bar",
    "relative_error",
    "score_tables",
    "split_summary",
]

LEVELS: Mapping[str, str] = {
    "group": "country, with the rest of the world as one",
    "country": "country",
    "place": "place",
}
"""How the levels of the score are called, in the order in which they are shown."""

MAIN_MEASURES = ("refugee_stock", "idp_stock", "returned_refugees", "returned_idps")
BAR_WIDTH, BAR_MARGIN = 120, 4

Key = Callable[[ScoreRow], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ScoreGroup:
    """Figures of one place and definition; each row has a label: its date, its origin or its place."""

    title: str
    detail: str
    rows: tuple[tuple[str, ScoreRow], ...]


@dataclass(frozen=True, slots=True)
class SummaryGroup:
    """Lines of the summary about the same figures, one for each period."""

    title: str
    detail: str
    rows: tuple[ScoreSummaryRow, ...]


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """The scored figures of one measure and level; ``is_open`` if shown at once and not on demand.

    ``section`` of the report: ``score``, ``origins``, ``districts``, ``districts-now`` (its last date only).
    ``label`` says what the labels of the rows are.
    """

    title: str
    section: str
    label: str
    groups: tuple[ScoreGroup, ...]
    is_open: bool

    @property
    def count(self) -> int:
        """Return the number of figures."""
        return sum(len(group.rows) for group in self.groups)


def score_tables(data: ReportData) -> tuple[ScoreTable, ...]:
    """Return the scored figures by level and measure: what the headline scores rest on comes first."""
    measures, levels = list(MEASURE_NAMES), list(LEVELS)

    def order(row: ScoreRow) -> tuple[int, int]:
        return (levels.index(row.level), measures.index(row.measure))

    tables: list[ScoreTable] = []
    for _, rows in groupby(sorted(data.score.rows, key=order), order):
        tables += _tables(data, tuple(rows))
    return tuple(tables)


def _tables(data: ReportData, rows: Sequence[ScoreRow]) -> Iterator[ScoreTable]:
    """Yield the table, or tables, of the rows of one measure and level."""
    measure, level = rows[0].measure, rows[0].level
    title = f"{MEASURE_NAMES[measure]}, by {LEVELS[level]}"
    names = {place.place: place.name for place in data.places}
    if measure == "origin_share":
        groups = _groups(data, rows, lambda row: names.get(row.origin or "", row.origin or ""), _date_key)
        yield ScoreTable(MEASURE_NAMES[measure], "origins", "Origin", groups, is_open=True)
        return
    groups = _groups(data, rows, lambda row: short_day(row.date), _place_key)
    is_district = (measure, level) == ("idp_stock", "place")
    if is_district:
        yield _latest(data, rows)
    is_open = any(row.headline for row in rows)
    yield ScoreTable(title, "districts" if is_district else "score", "Date", groups, is_open)


def _latest(data: ReportData, rows: Sequence[ScoreRow]) -> ScoreTable:
    last = max(row.date for row in rows)
    latest = sorted((row for row in rows if row.date == last), key=lambda row: -row.observed)
    lines = tuple((_where(data, row), row) for row in latest)
    group = ScoreGroup(day(last), latest[0].definition, lines)
    return ScoreTable(f"{MEASURE_NAMES['idp_stock']}, {day(last)}", "districts-now", "District", (group,), is_open=True)


def _place_key(row: ScoreRow) -> tuple[str, ...]:
    return (row.country, row.place or "", row.origin or "", row.definition)


def _date_key(row: ScoreRow) -> tuple[str, ...]:
    return (*_place_key(row)[:2], row.date.isoformat(), row.definition)


def _groups(
    data: ReportData, rows: Sequence[ScoreRow], label: Callable[[ScoreRow], str], key: Key
) -> tuple[ScoreGroup, ...]:
    """Return the rows in groups with the same key; by place, and within a place as the dates run."""
    found = [
        sorted(group, key=lambda row: (row.date, -row.observed)) for _, group in groupby(sorted(rows, key=key), key)
    ]
    found.sort(key=lambda group: (_where(data, group[0]), group[0].date))
    return tuple(
        ScoreGroup(_where(data, group[0]), _detail(group, key), tuple((label(row), row) for row in group))
        for group in found
    )


def _detail(group: Sequence[ScoreRow], key: Key) -> str:
    first = group[0]
    if key is _date_key:
        return f"{day(first.date)}, {first.definition}"
    return f"{first.definition}, from {first.origin}" if first.origin else first.definition


def _where(data: ReportData, row: ScoreRow) -> str:
    """Return the name of the place, country or group of countries that a figure is about."""
    if row.place:
        return next((place.name for place in data.places if place.place == row.place), row.place)
    return data.country_names.get(row.country, row.country)


def split_summary(data: ReportData) -> tuple[tuple[SummaryGroup, ...], tuple[SummaryGroup, ...]]:
    """Return the summary of the main measures at the level of the headline, and the rest of the summary.

    A line with fewer forecasts than another one of the same figures and period is in the rest.
    """
    headline = {(row.measure, row.level) for row in data.score.rows if row.headline}
    fullest: dict[tuple[str, ...], int] = {}
    for row in data.score.summary.rows:
        fullest[_kind(row)] = max(fullest.get(_kind(row), 0), len(row.compared))

    def is_first(row: ScoreSummaryRow) -> bool:
        is_main = row.measure in MAIN_MEASURES and (row.measure, row.level) in headline
        return is_main and len(row.compared) == fullest[_kind(row)]

    ordered = sorted(data.score.summary.rows, key=_summary_order)
    return (
        _summary_groups([row for row in ordered if is_first(row)]),
        _summary_groups([row for row in ordered if not is_first(row)]),
    )


def _kind(row: ScoreSummaryRow) -> tuple[str, ...]:
    return (row.measure, row.level, row.definition, row.period)


def _summary_order(row: ScoreSummaryRow) -> tuple[int, str, str, str, int]:
    measure = list(MEASURE_NAMES).index(row.measure)
    return (measure, row.level, row.definition, row.period, -len(row.compared))


def _summary_groups(rows: Sequence[ScoreSummaryRow]) -> tuple[SummaryGroup, ...]:
    return tuple(
        SummaryGroup(f"{MEASURE_NAMES[measure]}, by {LEVELS[level]}", definition, tuple(group))
        for (measure, level, definition), group in groupby(rows, lambda row: (row.measure, row.level, row.definition))
    )


def relative_error(row: ScoreRow) -> str:
    """Return the relative error in words; not where it would give away a suppressed count."""
    hidden = is_small(row.observed) or is_small(row.median)
    return error(None if hidden else row.relative_error)


def range_bar(row: ScoreRow) -> Mapping[str, int] | None:
    """Return where interval, median and observed figure lie on a bar from 0 to the largest of them.

    None where the bar would give away a suppressed count.
    """
    largest = max(row.observed, row.median, row.high90 or 0)
    if not largest or (row.measure != "origin_share" and is_small(largest)):
        return None
    at = {"low": row.low90, "high": row.high90, "median": row.median, "observed": row.observed}
    scale = (BAR_WIDTH - 2 * BAR_MARGIN) / largest
    return {name: round(BAR_MARGIN + scale * (row.median if value is None else value)) for name, value in at.items()}
