"""Write the report: one HTML file with style, scripts, maps and figures inside, and nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import partial
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from homeward.report import wording
from homeward.report.charts import MEASURE_NAMES
from homeward.report.facts import Chart, ReportData, Series
from homeward.report.gather import MOST_FLOWS, gather
from homeward.report.worldmap import draw_maps
from homeward.results.contract import ScoreRow
from homeward.results.durable import place_whole, plain_error
from homeward.results.run import Run

__all__ = ["render", "write_report"]

FLOW_NAMES = (("flight", "Flight"), ("onward", "Onward"), ("return", "Return"))


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of the table under a chart: the end of a year (or the year), expected, and observed by series."""

    day: date
    low: float
    median: float
    high: float
    observed: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """The scored figures of one measure and level; ``is_open`` if shown at once and not on demand.

    ``section`` of the report: ``score``, ``origins`` or ``districts``.
    """

    title: str
    measure: str
    section: str
    rows: tuple[ScoreRow, ...]
    is_open: bool

    def latest(self) -> ScoreTable:
        """Return the table with the rows of its last date only."""
        last = max(row.date for row in self.rows)
        rows = tuple(row for row in self.rows if row.date == last)
        return replace(self, title=f"{self.title}, {wording.day(last)}", rows=rows)


def write_report(run: Run, path: Path) -> None:
    """Write the report of a run to ``path``, whole or not at all.

    Raises RunError if the run cannot be read or the file cannot be written.
    """
    html = render(gather(run))
    try:
        place_whole(path, lambda unfinished: unfinished.write_text(html, encoding="utf-8", newline="\n"))
    except (OSError, duckdb.Error) as error:
        raise plain_error(f"writing the report {path}", error) from error


def render(data: ReportData) -> str:
    """Return the report as HTML."""
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            data=data,
            info=data.info,
            has_bands=data.info.replicates > 1,
            has_score_intervals=any(row.low90 is not None for row in data.score.rows),
            maps=draw_maps(data),
            where=partial(where, data),
            chart_data={chart.key: chart_values(chart) for chart in data.charts},
            chart_rows={chart.key: tuple(chart_rows(chart)) for chart in data.charts},
            score_tables=tuple(score_tables(data.score.rows)),
            measure_names=MEASURE_NAMES,
            place_names={place.place: place.name for place in data.places},
            flow_groups=FLOW_NAMES,
            most_flows=MOST_FLOWS,
            smallest=wording.SMALLEST_SHOWN,
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("homeward.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in wording.__all__:
        environment.filters[name] = getattr(wording, name)
    environment.filters["relative_error"] = relative_error
    environment.globals["packaged"] = _packaged
    environment.globals["bar"] = range_bar
    return environment


def _packaged(name: str) -> Markup:
    """Return a file of this package as it is: style and scripts are ours and need no escaping."""
    return Markup(files("homeward.report").joinpath(name).read_text(encoding="utf-8"))  # noqa: S704


def chart_values(chart: Chart) -> Mapping[str, Any]:
    """Return the numbers of a chart for the script; small counts are null, so that they stay unpublished."""
    return {
        "yearly": chart.yearly,
        "title": chart.title,
        "x": [_position(day, yearly=chart.yearly) for day in chart.series.dates],
        "bands": [[_shown(v) for v in values] for values in _percentiles(chart.series)],
        "observed": [
            {
                "label": series.label,
                "points": [
                    [_position(day, yearly=chart.yearly), _shown(value)] for day, value in series.points
                ],
            }
            for series in chart.observed
        ],
        "markers": [
            {
                "x": _position(marker.day, yearly=chart.yearly, within=True),
                "text": marker.text,
                "day": wording.day(marker.day),
            }
            for marker in chart.markers
        ],
    }


def _percentiles(series: Series) -> tuple[tuple[float, ...], ...]:
    return (series.p05, series.p25, series.p50, series.p75, series.p95)


def _position(day: date, *, yearly: bool, within: bool = False) -> float:
    """Return where a date stands: seconds since 1970, or the year (``within``: the part of it gone by)."""
    if not yearly:
        return datetime.combine(day, time(), UTC).timestamp()
    return day.year - 0.5 + day.timetuple().tm_yday / 366 if within else day.year


def _shown(value: float) -> int | None:
    return None if wording.is_small(value) else round(value)


def chart_rows(chart: Chart) -> Iterator[TableRow]:
    """Yield the lines of the table under a chart: every year, or the last month end of every year."""
    series = chart.series
    last = {day.year: index for index, day in enumerate(series.dates)}
    by_day = [{_key(chart, day): value for day, value in observed.points} for observed in chart.observed]
    for index in last.values():
        day = series.dates[index]
        observed = tuple(values.get(_key(chart, day)) for values in by_day)
        yield TableRow(day, series.p05[index], series.p50[index], series.p95[index], observed)


def _key(chart: Chart, day: date) -> date:
    return date(day.year, 12, 31) if chart.yearly else day


def where(data: ReportData, row: ScoreRow) -> str:
    """Return the name of the place, country or group of countries that a scored figure is about."""
    if row.place:
        return next((place.name for place in data.places if place.place == row.place), row.place)
    return data.country_names.get(row.country, row.country)


def relative_error(row: ScoreRow) -> str:
    """Return the relative error in words; not where it would give away a suppressed count."""
    hidden = wording.is_small(row.observed) or wording.is_small(row.median)
    return wording.error(None if hidden else row.relative_error)


def score_tables(rows: Sequence[ScoreRow]) -> Iterator[ScoreTable]:
    """Yield the scored figures by measure and level, countries before places, in order of place and date."""
    measures = {name: number for number, name in enumerate(MEASURE_NAMES)}
    levels = ("country", "group", "place")

    def key(row: ScoreRow) -> tuple[int, int]:
        return (levels.index(row.level), measures.get(row.measure, len(measures)))

    ordered = sorted(
        rows, key=lambda r: (*key(r), r.country, r.place or "", r.origin or "", r.definition, r.date)
    )
    for (level, _number), group in groupby(ordered, key):
        lines = tuple(group)
        measure = lines[0].measure
        title = f"{MEASURE_NAMES.get(measure, measure)}, by {levels[level] if level != 1 else 'group of countries'}"
        is_open = any(row.headline for row in lines) and level == 0
        yield ScoreTable(title, measure, _section(measure, lines[0].level), lines, is_open)


def _section(measure: str, level: str) -> str:
    if measure == "origin_share":
        return "origins"
    return "districts" if (measure, level) == ("idp_stock", "place") else "score"


def range_bar(row: ScoreRow, width: int = 120) -> Mapping[str, float] | None:
    """Return where the interval, median and observed figure lie on a bar from 0 to the largest of the three."""
    largest = max(row.observed, row.median, row.high90 or 0)
    if not largest or (row.measure != "origin_share" and wording.is_small(largest)):
        return None
    low = row.low90 if row.low90 is not None else row.median
    high = row.high90 if row.high90 is not None else row.median
    at = {"low": low, "high": high, "median": row.median, "observed": row.observed}
    return {name: round(4 + (width - 8) * value / largest, 1) for name, value in at.items()}
