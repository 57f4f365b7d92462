"""Write the report: one HTML file with style, scripts, maps and figures inside, and nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment

from homeward.judge.score_summary import FEWEST_SHOWN
from homeward.report import wording
from homeward.report.card import FEWEST_FIGURES, WEAK_COVERAGE
from homeward.report.facts import Chart, ReportData, Series
from homeward.report.gather import MOST_FLOWS, gather
from homeward.report.pages import page_environment
from homeward.report.proper import proper_groups
from homeward.report.residuals import LARGE_HOST, residual_hosts
from homeward.report.scores import range_bar, relative_error, score_tables, split_summary
from homeward.report.sensitivity import sensitivity_view
from homeward.report.worldmap import draw_maps
from homeward.results.durable import place_whole, plain_error
from homeward.results.run import Run
from homeward.results.sensitivity_contract import Sensitivity

__all__ = ["render", "write_report"]

FLOW_NAMES = (("flight", "Flight"), ("onward", "Onward"), ("return", "Return"))


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of the table under a chart: a year (or its end), what was expected, and observed by series."""

    day: date
    low: float
    median: float
    high: float
    observed: tuple[float | None, ...]


def write_report(run: Run, path: Path, sensitivity: Sensitivity | None = None) -> None:
    """Write the report of a run to ``path``, whole or not at all; with a section on ``sensitivity`` if one is given.

    Raises RunError if the run cannot be read or the file cannot be written, UsageError if ``sensitivity`` is of
    another case.
    """
    html = render(gather(run), sensitivity)
    try:
        place_whole(path, lambda unfinished: unfinished.write_text(html, encoding="utf-8", newline="\n"))
    except (OSError, duckdb.Error) as error:
        raise plain_error(f"writing the report {path}", error) from error


def render(data: ReportData, sensitivity: Sensitivity | None = None) -> str:
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
            chart_data={chart.key: chart_values(chart) for chart in data.charts},
            chart_rows={chart.key: tuple(chart_rows(chart)) for chart in data.charts},
            score_tables=score_tables(data),
            score_summaries=split_summary(data),
            proper_groups=proper_groups(data.score),
            fewest_scored=FEWEST_SHOWN,
            weak_coverage=WEAK_COVERAGE,
            fewest_figures=FEWEST_FIGURES,
            residual_hosts=residual_hosts(data),
            sensitivity=sensitivity_view(data, sensitivity) if sensitivity else None,
            large_host=LARGE_HOST,
            flow_groups=FLOW_NAMES,
            most_flows=MOST_FLOWS,
            smallest=wording.SMALLEST_SHOWN,
        )
    )


def _environment() -> Environment:
    environment = page_environment()
    environment.filters["relative_error"] = relative_error
    environment.globals["bar"] = range_bar
    return environment


def chart_values(chart: Chart) -> Mapping[str, Any]:
    """Return the numbers of a chart for the script; small counts are null, so that they stay unpublished."""
    return {
        "yearly": chart.yearly,
        "title": chart.title,
        "x": [_position(day, yearly=chart.yearly) for day in chart.series.dates],
        "bands": [[_shown(v) for v in values] for values in _percentiles(chart.series)],
        "registered": [_shown(value) for value in chart.registered],
        "observed": [
            {
                "label": series.label,
                "points": [[_position(day, yearly=chart.yearly), _shown(value)] for day, value in series.points],
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
