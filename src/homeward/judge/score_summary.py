"""Scores of many figures put together: by measure, level, family of definitions and period.

A line compares the model alone, the model and *persistence*, or these and *nothing changes*, always on the same
figures. For proper scores each point brings its random walks along (:mod:`homeward.judge.proper_summary`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.judge.proper_summary import FROM_BASE, ONE_YEAR, proper_scores
from homeward.judge.series import family, is_large
from homeward.results.score_contract import Score, ScoreRow, ScoreSummary, ScoreSummaryRow

__all__ = ["ALL_YEARS", "BASE_DATE", "FEWEST_SHOWN", "PERIODS", "main_lines", "rows_of", "summarise"]

BASE_DATE = date(2018, 12, 31)
"""The forecast "nothing changes" carries the figure of this day forward (of the day before a run that starts later)."""

PERIODS: Mapping[str, tuple[int, int]] = {"2013–2018": (2013, 2018), "2019–2023": (2019, 2023)}
"""Periods that are scored apart: displacement growing, and the years after the base date."""

ALL_YEARS = "all years"

FEWEST_SHOWN = 5
"""Mean proper scores of fewer figures say little: they are in the document, and in no table."""

FloatArray = NDArray[np.float64]

_FORECASTS: Mapping[str, Callable[[ScoreRow], float | None]] = {
    "model": lambda row: row.median,
    "persistence": lambda row: row.persistence,
    "nothing_changes": lambda row: row.nothing_changes,
}
_COMPARED = (("model",), ("model", "persistence"), ("model", "persistence", "nothing_changes"))
_BASELINES = {"model": (), "persistence": ONE_YEAR, "nothing_changes": FROM_BASE}
"""Baselines that each of the compared forecasts brings along."""


def summarise(rows: Sequence[ScoreRow]) -> ScoreSummary:
    """Return the headline scores, and those of every measure, level, family of definitions and period."""
    headline = [row for row in rows if row.headline]
    measures = sorted({row.measure for row in headline})
    coverage, width = _coverage(headline)
    proper = proper_scores(headline, ()).forecasts
    return ScoreSummary(
        mare={name: _mare([r for r in headline if r.measure == name], "model") for name in measures},
        coverage90=coverage,
        relative_width=width,
        rows=tuple(_summary_rows([row for row in rows if is_large(row.measure, row.observed)])),
        log_crps=dict(_log_crps(headline)),
        coverage50=proper[0].coverage50 if proper else None,
        relative_width50=proper[0].relative_width50 if proper else None,
    )


def main_lines(score: Score, fewest: int = FEWEST_SHOWN) -> list[ScoreSummaryRow]:
    """Return the lines of the summary at the level of the headline: each period with all that is compared in it.

    All years stand for measures without such a period; lines with proper scores of under ``fewest`` figures are left
    out.
    """
    headline = {(row.measure, row.level) for row in score.rows if row.headline}
    lines = [r for r in score.summary.rows if (r.measure, r.level) in headline and r.proper_n >= fewest]
    fullest = {(row.measure, row.definition, row.period): row for row in lines}
    has_period = {(measure, definition) for measure, definition, period in fullest if period != ALL_YEARS}
    return [row for key, row in fullest.items() if key[2] != ALL_YEARS or key[:2] not in has_period]


def rows_of(line: ScoreSummaryRow, rows: Sequence[ScoreRow]) -> list[ScoreRow]:
    """Return the rows that a line of the summary is made from."""
    kind = (line.measure, line.level, line.definition)
    same = [row for row in rows if (row.measure, row.level, family(row.definition)) == kind]
    large = [row for row in same if is_large(row.measure, row.observed)]
    return [row for row in large if _in_period(row, line.period) and _has_all(row, line.compared)]


def _log_crps(headline: Sequence[ScoreRow]) -> Iterator[tuple[str, float]]:
    """Yield the model's score by measure, where it has one."""
    for measure in sorted({row.measure for row in headline}):
        proper = proper_scores([row for row in headline if row.measure == measure], ())
        if proper.forecasts:
            yield measure, proper.forecasts[0].log_crps


def _summary_rows(rows: Sequence[ScoreRow]) -> Iterator[ScoreSummaryRow]:
    kinds = sorted({(row.measure, row.level, family(row.definition)) for row in rows})
    for measure, level, definition in kinds:
        same = [r for r in rows if (r.measure, r.level, family(r.definition)) == (measure, level, definition)]
        for period, compared in _scored_periods():
            chosen = [row for row in same if _in_period(row, period) and _has_all(row, compared)]
            if not chosen:
                continue
            coverage, width = _coverage(chosen)
            proper = proper_scores(chosen, [baseline for name in compared for baseline in _BASELINES[name]])
            yield ScoreSummaryRow(
                measure=measure,
                level=level,
                definition=definition,
                period=period,
                compared=compared,
                n=len(chosen),
                mare={name: _mare(chosen, name) for name in compared},
                weighted={name: _weighted(chosen, name) for name in compared},
                coverage90=coverage,
                relative_width=width,
                proper_n=proper.n,
                forecasts=proper.forecasts,
                skills=proper.skills,
            )


def _scored_periods() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each period with the forecasts compared in it; nothing changes needs years after its base."""
    yield from ((ALL_YEARS, compared) for compared in _COMPARED[:2])
    for period, (first, _) in PERIODS.items():
        yield period, _COMPARED[2] if first > BASE_DATE.year else _COMPARED[1]


def _in_period(row: ScoreRow, period: str) -> bool:
    if period == ALL_YEARS:
        return True
    first, last = PERIODS[period]
    return first <= row.date.year <= last


def _has_all(row: ScoreRow, compared: Sequence[str]) -> bool:
    return all(_FORECASTS[name](row) is not None for name in compared)


def _errors(rows: Sequence[ScoreRow], forecast: str) -> tuple[FloatArray, FloatArray]:
    """Return absolute errors and observed figures."""
    said = np.array([_FORECASTS[forecast](row) for row in rows], dtype=np.float64)
    observed = np.array([row.observed for row in rows])
    return np.abs(said - observed), observed


def _mare(rows: Sequence[ScoreRow], forecast: str) -> float:
    errors, observed = _errors(rows, forecast)
    return float(np.mean(errors / observed))


def _weighted(rows: Sequence[ScoreRow], forecast: str) -> float:
    errors, observed = _errors(rows, forecast)
    return float(errors.sum() / observed.sum())


def _coverage(rows: Sequence[ScoreRow]) -> tuple[float | None, float | None]:
    """Return the share of figures inside their interval, and the mean width of intervals over the figure."""
    bounds = [(r.low90, r.high90, r.observed) for r in rows if r.low90 is not None and r.high90 is not None]
    if not bounds:
        return None, None
    low, high, observed = np.array(bounds).T
    return float(np.mean((low <= observed) & (observed <= high))), float(np.mean((high - low) / observed))
