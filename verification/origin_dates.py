"""Cross-validation by origin date: the built-in Syria fitted through one year-end after another, and the years after.

For each origin the parameters are fitted to the figures through that day, the simulation restarts from its record, and
the following three years are simulated twenty times and scored (:mod:`homeward.learn.cross_validation`): given the
conditions of those years, which a forecaster would not have known. Beside it stand forecasts that start from the same
record: nothing changes, a random walk with the increments since 2012, and one with the last three. CRPS is that of the
logarithm (0.10 is about 10 % of the figure); coverage stands with the mean width of the intervals, in logarithms.

No level is demanded. What must hold: every origin has scores in every year after it that the record covers, and the
control is told apart: with the figures of each origin and measure passed on to the next host the intervals must score
worse.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from homeward.case.folder import load_case
from homeward.case.schema import Case
from homeward.judge.crps import interval_score
from homeward.learn.cross_validation import (
    FitThrough,
    OriginLead,
    OriginRows,
    by_origin_and_lead,
    fit_through,
    forecast_rows,
)
from homeward.results.score_contract import ForecastSummary, ScoreRow, Skill
from verification.tables import show

__all__ = ["main", "show_origins"]

ORIGINS = tuple(date(year, 12, 31) for year in range(2015, 2021))
YEARS = 3
BASELINES = {
    "nothing_changes": "nothing changes",
    "random_walk_from_base": "walk",
    "random_walk_recent_from_base": "recent walk",
}
FEWEST_HOSTS = 3
"""The control passes figures on among so many hosts or more."""


def main() -> bool:
    """Fit, restart, simulate, score and print; return whether all is scored and the control is told apart."""
    return show_origins(load_case("syria"), ORIGINS)


def show_origins(case: Case, origins: Sequence[date], *, years: int = YEARS, fit: FitThrough = fit_through) -> bool:
    """Cross-validate a case and print the tables; return whether what must hold does."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        for origin in origins:
            found.append(forecast_rows(case, origin, Path(name) / f"{origin}", years=years, fit=fit))
            print(f"{origin}: {len(found[-1].rows)} figures after it")
    lines = by_origin_and_lead(found)
    for measure, definition in dict.fromkeys((line.measure, line.definition) for line in lines):
        chosen = [line for line in lines if (line.measure, line.definition) == (measure, definition)]
        _show(f"{measure} ({definition}), given the conditions", chosen)
    right, mixed = _control(found)
    print(f"\nControl: score of the 90 % interval {right:.2f}, with the figures of other hosts {mixed:.2f}")
    return right < mixed and _missing(case, found, years) == []


def _show(title: str, lines: Sequence[OriginLead]) -> None:
    head = ("origin", "lead", "n", "CRPS", "in 50 %", "width", "in 90 %", "width")
    against = tuple(word for name in BASELINES.values() for word in (f"CRPS {name}", "skill, 90 %"))
    show(title, (*head, *against), [tuple(_cells(line)) for line in lines])


def _cells(line: OriginLead) -> Iterator[object]:
    forecasts = {forecast.forecast: forecast for forecast in line.scores.forecasts}
    skills = {skill.baseline: skill for skill in line.scores.skills if skill.score == "log_crps"}
    model = forecasts["model"]
    yield from (line.origin or "all", line.lead or "all", line.scores.n, f"{model.log_crps:.3f}")
    yield from (_share(model.coverage50), _number(model.log_width50))
    yield from (_share(model.coverage90), _number(model.log_width90))
    for name in BASELINES:
        yield from _against(forecasts.get(name), skills.get(name))


def _against(forecast: ForecastSummary | None, skill: Skill | None) -> tuple[str, str]:
    if forecast is None or skill is None:
        return "-", "-"
    between = "" if skill.low90 is None or skill.high90 is None else f" ({skill.low90:+.0%} to {skill.high90:+.0%})"
    return f"{forecast.log_crps:.3f}", f"{skill.skill:+.0%}{between}"


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _number(number: float | None) -> str:
    return "-" if number is None else f"{number:.2f}"


def _control(found: Sequence[OriginRows]) -> tuple[float, float]:
    """Return the mean score of 90 % intervals on their own figures, and on those of the next host."""
    right, mixed = [], []
    for rows in _hosts_side_by_side(found):
        ends = [(math.log(row.low90), math.log(row.high90)) for row in rows if row.low90 and row.high90]
        figures = [math.log(row.observed) for row in rows]
        right += [interval_score(*both, own) for both, own in zip(ends, figures, strict=True)]
        mixed += [interval_score(*both, own) for both, own in zip(ends, np.roll(figures, 1), strict=True)]
    return float(np.mean(right)), float(np.mean(mixed))


def _hosts_side_by_side(found: Sequence[OriginRows]) -> Iterator[list[ScoreRow]]:
    """Yield the rows of one origin, measure and date, where there are several hosts."""
    for one in found:
        for key in sorted({(row.measure, row.date) for row in one.rows}):
            rows = [row for row in one.rows if (row.measure, row.date) == key and row.low90 and row.observed]
            if len({row.country for row in rows}) >= FEWEST_HOSTS:
                yield rows


def _missing(case: Case, found: Sequence[OriginRows], years: int) -> list[tuple[date, int]]:
    """Return origins with a year after them that has observed figures and no scored one."""
    on_record = {row.date.year for row in case.observed}
    last = case.settings.end.year
    wanted = [(one, year) for one in found for year in range(one.origin.year + 1, one.origin.year + years + 1)]
    return [
        (one.origin, year)
        for one, year in wanted
        if year <= last and year in on_record and not any(row.date.year == year and row.forecasts for row in one.rows)
    ]
