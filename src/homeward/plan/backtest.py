"""Backtests: forecasts from past days beside what came, and beside forecasts that need no model.

From each day the forecast is made as a user would have made it then (:mod:`homeward.plan.forecast`), and two calendar
years are scored: returned refugees by host and of all hosts together, returned IDPs, refugees by host and IDPs. Only
rows known on the day are read, but in the vintage of today, so these are pseudo-real-time. Scores are those of
:mod:`homeward.judge.proper`; skill is taken over each simple forecast (:mod:`homeward.plan.baselines`) on the figures
of which both say something.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from homeward.case.folder import case_hash
from homeward.case.schema import Case, Fitted, Measure, Observation
from homeward.judge.proper import least_of, score_ensemble, score_point, score_walk
from homeward.judge.proper_summary import MODEL, proper_scores
from homeward.judge.skill import skill_with_interval
from homeward.plan.baselines import BASELINES, Simple, planned, simple_forecasts
from homeward.plan.figures import smallest_of, yearly_figures
from homeward.plan.forecast import NOTES, Start, hash_of, make_forecast, prepared, strained
from homeward.plan.forecast_rows import Published
from homeward.results.backtest_contract import (
    Backtest,
    BacktestComparison,
    BacktestLine,
    BacktestOrigin,
    BacktestRow,
)
from homeward.results.run import Run
from homeward.results.score_contract import ForecastScore

__all__ = ["YEARS_AHEAD", "OriginTest", "backtest", "origin_test"]

FloatArray = NDArray[np.float64]
YEARS_AHEAD = 2
LEAST_COVERED = 0.5
HOSTS: Literal["host"] = "host"
ALL: Literal["all"] = "all"


@dataclass(frozen=True)
class OriginTest:
    """What one forecast rested on, and its rows."""

    origin: BacktestOrigin
    rows: tuple[BacktestRow, ...]


def origin_test(
    case: Case,
    as_of: date,
    fitted: Fitted,
    folder: Path,
    *,
    hand_made: bool,
    replicates: int,
    seed: int = 1,
    jobs: int | None = None,
    processes: bool = False,
    progress: Callable[[float, int], None] | None = None,
) -> OriginTest:
    """Forecast from a day into the new run ``folder`` and score the two years after it by what ``case`` knows now.

    Raises what ``prepared`` and ``make_forecast`` raise.
    """
    until = date(as_of.year + YEARS_AHEAD, 12, 31)
    start = prepared(case, fitted, as_of=as_of, until=until, hand_made=hand_made)
    make_forecast(
        start, folder, replicates=replicates, seed=seed, jobs=jobs, processes=processes, force=True, progress=progress
    )
    rows = tuple(_rows(start, Published(Run.open(folder)), case))
    origin = BacktestOrigin(
        as_of=as_of,
        hand_made=hand_made,
        started_from=start.started_from,
        fitted_through=fitted.fitted_through,
        opening_chance=start.continuation.opening_chance,
        closing_chance=start.continuation.closing_chance,
        parameters_hash=hash_of(fitted),
        outside=strained(fitted),
    )
    return OriginTest(origin, rows)


def backtest(case: Case, tested: Sequence[OriginTest], *, replicates: int, seed: int) -> Backtest:
    """Return the document of some tested forecasts."""
    rows = tuple(row for one in tested for row in one.rows)
    return Backtest(
        case=case.settings.name,
        replicates=replicates,
        seed=seed,
        case_hash=case_hash(case.model_copy(update={"fitted": None})),
        origins=tuple(one.origin for one in tested),
        lines=tuple(_lines(rows)),
        rows=rows,
        notes=NOTES,
    )


def _rows(start: Start, published: Published, case: Case) -> Iterator[BacktestRow]:
    for year in range(start.as_of.year + 1, start.as_of.year + 1 + YEARS_AHEAD):
        yield from _returned(start, published, case, year)
        for row in _figures(case, Measure.RETURNED_IDPS, year):
            yield _row(
                start, row, published.returned_idps(year), simple_forecasts(start.known, row.measure, row.place, year)
            )
        for measure in (Measure.REFUGEE_STOCK, Measure.IDP_STOCK):
            for row in _figures(case, measure, year):
                people = published.stock(measure, row.place, row.date)
                if len(people):
                    yield _row(start, row, people, simple_forecasts(start.known, measure, row.place, year))


def _returned(start: Start, published: Published, case: Case, year: int) -> Iterator[BacktestRow]:
    """Yield the hosts with a figure of returns, and all of them together."""
    every = _figures(case, Measure.RETURNED_REFUGEES, year, smallest=0)
    figures = [row for row in every if row.place in published.hosts]
    people = {row.place: published.returned_refugees(year, row.place) for row in figures}
    simple = {row.place: simple_forecasts(start.known, row.measure, row.place, year) for row in figures}
    for row in figures:
        if row.value >= smallest_of(row.measure):
            yield _row(start, row, people[row.place], simple[row.place])
    if not figures:
        return
    whole = figures[0].model_copy(update={"value": sum(row.value for row in figures), "place": ""})
    together = _together(list(simple.values()))
    plan = planned(start.known, year)
    yield _row(start, whole, np.sum(list(people.values()), axis=0), [*together, *([plan] if plan else [])])


def _together(by_host: Sequence[Sequence[Simple]]) -> list[Simple]:
    """Return the sums of the simple forecasts over the hosts that have them, as an analyst would add up what is known.

    The spread is that of the largest host: as if hosts moved together.
    """
    found = []
    for name in BASELINES:
        own = [one for simple in by_host for one in simple if one.name == name]
        if not own:
            continue
        largest = max(own, key=lambda one: one.value)
        found.append(Simple(name, sum(one.value for one in own), largest.deviation))
    return found


def _figures(case: Case, measure: Measure, year: int, *, smallest: float | None = None) -> list[Observation]:
    """Return the figures by country of a year that are large enough (:func:`smallest_of` if not given)."""
    least = smallest_of(measure) if smallest is None else smallest
    countries = {place.country for place in case.places}
    found = [
        rows[year]
        for (kind, place), rows in yearly_figures(case).items()
        if kind is measure and place in countries and year in rows
    ]
    return [row for row in found if row.value >= least]


def _row(start: Start, figure: Observation, people: FloatArray, simple: Sequence[Simple]) -> BacktestRow:
    observed, least = figure.value, least_of(figure.measure)
    return BacktestRow(
        as_of=start.as_of,
        hand_made=start.hand_made,
        measure=figure.measure.value,
        country=figure.place or None,
        year=figure.date.year,
        lead=figure.date.year - start.as_of.year,
        definition=figure.definition,
        observed=observed,
        forecasts=(
            score_ensemble(MODEL, people, observed, least),
            *(_scored(one, observed, least) for one in simple),
        ),
    )


def _scored(one: Simple, observed: float, least: float) -> ForecastScore:
    if one.deviation is None:
        return score_point(one.name, one.value, observed, least)
    return score_walk(one.name, math.log(one.value), one.deviation, observed)


def _lines(rows: Sequence[BacktestRow]) -> Iterator[BacktestLine]:
    keys = dict.fromkeys((row.hand_made, row.measure, row.country is None, row.lead) for row in rows)
    for hand_made, measure, is_sum, lead in sorted(keys):
        chosen = [
            row
            for row in rows
            if (row.hand_made, row.measure, row.country is None, row.lead) == (hand_made, measure, is_sum, lead)
        ]
        comparisons = [_comparison(chosen, name) for name in BASELINES]
        found = tuple(one for one in comparisons if one)
        hard = [one for one in found if one.n >= LEAST_COVERED * len(chosen)]
        yield BacktestLine(
            hand_made=hand_made,
            measure=measure,
            level=ALL if is_sum else HOSTS,
            lead=lead,
            n=len(chosen),
            model=proper_scores(chosen, ()).forecasts[0],
            best=min(hard, key=lambda one: one.skill).baseline if hard else None,
            comparisons=found,
        )


def _comparison(rows: Sequence[BacktestRow], baseline: str) -> BacktestComparison | None:
    """Return the model beside a simple forecast; None where that says nothing."""
    said = [{one.forecast: one.log_crps for one in row.forecasts} for row in rows]
    both = [(one[MODEL], one[baseline], row.about) for row, one in zip(rows, said, strict=True) if baseline in one]
    if not both or not sum(score for _, score, _ in both):
        return None
    model, score = [ours for ours, _, _ in both], [theirs for _, theirs, _ in both]
    series = [about for _, _, about in both]
    skill, low, high = skill_with_interval(model, score, series)
    return BacktestComparison(
        baseline=baseline, n=len(both), model=float(np.mean(model)), score=float(np.mean(score)),
        skill=skill, low90=low, high90=high, series=len(set(series)),
    )  # fmt: skip
