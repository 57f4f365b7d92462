"""Scores of a run against observed figures, beside forecasts that need no model.

*Persistence* says that a figure is what it was a year earlier; *nothing changes* says that it stays what it
was at the end of 2018 (or of another base date). They are points. Around each, a *random walk* on the logarithm has a
distribution (:mod:`homeward.judge.random_walk`), its increments being those of the same series between the year-ends of
2012 and of the base date: ``random_walk`` goes one year from last year's figure, ``random_walk_from_base`` from the
figure of the base date over the years since; ``random_walk_drift`` has a drift, and ``random_walk_recent`` knows only
the last three increments before the base date. Those of the years of flight are large, so that a walk fitted to all of
them is far too wide for calmer years: to beat it then says little, and the recent one is the one to beat. Up to the
base date walks have seen the very figures that they are scored on, which favours them. All compared forecasts are
scored on the same rows (:mod:`homeward.judge.score_summary`).

The ensemble is scored as it would be published, error of observation included (:mod:`homeward.judge.proper`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Observation
from homeward.engine.drawn import IN_WORDS, Drawn
from homeward.judge.observe import Figure, Observer
from homeward.judge.proper import central_interval, least_of, score_ensemble, score_point, score_walk
from homeward.judge.random_walk import RandomWalk, fit_walk
from homeward.judge.score_summary import BASE_DATE, PERIODS, summarise
from homeward.judge.series import (
    REST_OF_THE_WORLD,
    SMALLEST_FIGURE,
    Dated,
    Series,
    carried,
    family,
    increments,
    is_headline,
    is_large,
    series_of,
    total,
    year_earlier,
)
from homeward.judge.simulated import simulated_run
from homeward.results.run import Run
from homeward.results.score_contract import ForecastScore, Score, ScoreRow

__all__ = [
    "BASE_DATE",
    "INTERVAL",
    "PERIODS",
    "REST_OF_THE_WORLD",
    "SMALLEST_ENSEMBLE",
    "SMALLEST_FIGURE",
    "family",
    "score_run",
]

SMALLEST_ENSEMBLE = 20
"""With fewer replicates no 90 % interval and no proper score is given."""

FIRST_YEAR_END = 2012
"""Random walks are fitted from this year-end on: before, registration had hardly begun."""

INTERVAL = "shared shocks, chance and observation error"

FloatArray = NDArray[np.float64]

RECENT_YEARS = 3
"""How many increments before the base date a recent random walk knows."""


@dataclass(frozen=True, slots=True)
class _Series:
    """One series: its rows that are there to compare, and its random walks by the ending of their name."""

    key: Series
    dated: Dated
    walks: Mapping[str, RandomWalk]


def score_run(run: Run, observer: Observer | None = None, *, base: date | None = None) -> Score:
    """Compare every observed figure of the run's case with the simulated ensemble.

    ``observer`` of the run, where there is one already, saves reading it again. ``base`` is the day whose figure
    "nothing changes" carries forward and through which random walks are fitted (default: the end of 2018, or the day
    before a run that starts later).

    Raises RunError if the run cannot be read or lacks a parameter of the observation model, InputError if its
    copy of the case is damaged.
    """
    observer = observer or Observer(simulated_run(run))
    figures = {row: observer.figure(row) for row in observer.case.observed}
    base = base or max(BASE_DATE, run.info.start - timedelta(days=1))
    rows = [
        _row(series, when, figures, base)
        for series in _all_series(observer, figures, run.info.start, base)
        for when in sorted(series.dated)
        if not any(figures[row].reason for row in series.dated[when])
    ]
    return Score(
        run_dir=run.info.run_dir,
        case=run.info.case,
        scenario=run.info.scenario,
        replicates=run.info.replicates,
        nothing_changes_since=base.year,
        fitted_through=run.info.fitted_through,
        interval=_interval(run.info.replicates, run.info.drawn),
        summary=summarise(rows),
        rows=tuple(rows),
        notes=tuple(_notes(rows, figures)),
    )


def _interval(replicates: int, drawn: Drawn | None) -> str:
    if replicates < SMALLEST_ENSEMBLE:
        return f"none: {replicates} replicates are fewer than the {SMALLEST_ENSEMBLE} that an interval needs"
    return f"{INTERVAL}; {IN_WORDS[drawn]}"


def _all_series(
    observer: Observer, figures: Mapping[Observation, Figure], start: date, base: date
) -> Iterator[_Series]:
    scored = [row for row, figure in figures.items() if not figure.reason]
    far = observer.far if scored else frozenset()
    known = [row for row in figures if row.place in observer.places]
    # Figures from before the run cannot be scored, but the naive forecasts may start from them.
    chosen = series_of(observer.case, [*scored, *(row for row in known if row.date < start)], far)
    history = series_of(observer.case, known, far)
    for key, dated in sorted(chosen.items()):
        yield _Series(key, dated, _walks(history[key], base.year))


def _walks(dated: Dated, last: int) -> dict[str, RandomWalk]:
    """Return the random walks that a series allows, by the ending of their name."""
    moves = list(increments(dated, FIRST_YEAR_END, last))
    recent = list(increments(dated, last - RECENT_YEARS, last))
    walks = {"": fit_walk(moves), "_drift": fit_walk(moves, drift=True), "_recent": fit_walk(recent)}
    return {ending: walk for ending, walk in walks.items() if walk}


def _row(series: _Series, when: date, figures: Mapping[Observation, Figure], base: date) -> ScoreRow:
    key, members = series.key, series.dated[when]
    observed = total(members)
    median = float(np.median(np.sum([figures[row].central for row in members], axis=0)))
    published = np.sum([figures[row].published for row in members], axis=0)
    persistence = carried(series.dated, year_earlier(when), members)
    nothing_changes = carried(series.dated, base, members) if when > base else None
    points = (
        _Point("persistence", "", persistence, 1.0),
        _Point("nothing_changes", "_from_base", nothing_changes, _years(base, when)),
    )
    return ScoreRow(
        measure=key.measure.value,
        level=key.level,
        country=key.country,
        place=key.place or None,
        origin=key.origin or None,
        date=when,
        definition=key.definition,
        observed=observed,
        median=median,
        **_intervals(published),
        relative_error=(median - observed) / observed if observed else None,
        persistence=persistence,
        nothing_changes=nothing_changes,
        headline=is_large(key.measure, observed) and is_headline(key),
        forecasts=tuple(_forecasts(series, published, points, observed)) if observed else (),
    )


def _intervals(published: FloatArray) -> dict[str, float | None]:
    """Return the ends of the central intervals by their names in a row."""
    if len(published) < SMALLEST_ENSEMBLE:
        return dict.fromkeys(("low50", "high50", "low90", "high90"))
    (low50, high50), (low90, high90) = central_interval(published, 0.5), central_interval(published, 0.9)
    return {"low50": low50, "high50": high50, "low90": low90, "high90": high90}


@dataclass(frozen=True, slots=True)
class _Point:
    """A forecast without a model: ``value`` people if there is one.

    Its random walks go over ``years``, and their names end with ``since``.
    """

    name: str
    since: str
    value: float | None
    years: float


def _forecasts(
    series: _Series, published: FloatArray, points: Sequence[_Point], observed: float
) -> Iterator[ForecastScore]:
    least = least_of(series.key.measure)
    if len(published) >= SMALLEST_ENSEMBLE:
        yield score_ensemble("model", published, observed, least)
    for point in points:
        if point.value is not None:
            yield score_point(point.name, point.value, observed, least)
        if point.value:
            for ending, walk in series.walks.items():
                yield score_walk(f"random_walk{ending}{point.since}", *walk.after(point.value, point.years), observed)


def _years(since: date, when: date) -> float:
    """Return the years between two days, counted by months, one month at least."""
    return max(12 * (when.year - since.year) + when.month - since.month, 1) / 12


def _notes(rows: Sequence[ScoreRow], figures: Mapping[Observation, Figure]) -> Iterator[str]:
    yield "median: over replicates, without error of observation (its median factor is 1)"
    small = sum(not is_large(row.measure, row.observed) for row in rows)
    if small:
        yield f"{small} rows under {SMALLEST_FIGURE} people are listed but left out of the summary"
    reasons = Counter(
        f"{row.measure} not compared: {figure.reason}" for row, figure in figures.items() if figure.reason
    )
    yield from (f"{reason} ({count} rows)" for reason, count in sorted(reasons.items()))
