"""Scores of a run against observed figures, beside two forecasts that need no model.

*Persistence* says that a figure is what it was a year earlier; *nothing changes* says that it stays what it
was at the end of 2018. All compared forecasts are scored on the same rows. Registered refugees are scored by
groups: each country that registers refugees as they come is its own group, all far countries together are the
rest of the world (see :mod:`homeward.judge.observe`), where each country's latest way of counting is taken as
it comes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case, Measure, Observation
from homeward.judge.observe import Figure, Observer
from homeward.judge.simulated import simulated_run
from homeward.results.contract import Score, ScoreRow, ScoreSummary, ScoreSummaryRow
from homeward.results.run import Run

__all__ = [
    "BASE_DATE",
    "INTERVAL",
    "PERIODS",
    "REST_OF_THE_WORLD",
    "SMALLEST_ENSEMBLE",
    "SMALLEST_FIGURE",
    "score_run",
]

BASE_DATE = date(2018, 12, 31)
"""The forecast "nothing changes" carries the figure of this day forward (of the day before a run that starts later)."""

PERIODS: Mapping[str, tuple[int, int]] = {"2013–2018": (2013, 2018), "2019–2023": (2019, 2023)}
"""Periods that are scored apart: displacement growing, and the years after the base date."""

ALL_YEARS = "all years"
REST_OF_THE_WORLD = "rest of the world"

SMALLEST_ENSEMBLE = 20
"""With fewer replicates no 90 % interval is given."""

SMALLEST_FIGURE = 1000
"""Observed figures of fewer people are listed but not scored: relative errors of small figures say little."""

INTERVAL = "shared shocks, chance and observation error; parameters fixed"

FloatArray = NDArray[np.float64]
Level = Literal["group", "country", "place"]

_FORECASTS: Mapping[str, Callable[[ScoreRow], float | None]] = {
    "model": lambda row: row.median,
    "persistence": lambda row: row.persistence,
    "nothing_changes": lambda row: row.nothing_changes,
}
_COMPARED = (("model",), ("model", "persistence"), ("model", "persistence", "nothing_changes"))


@dataclass(frozen=True, slots=True, order=True)
class _Series:
    """What makes figures of different dates comparable."""

    level: Level
    measure: Measure
    country: str
    place: str
    origin: str
    definition: str


_Dated = dict[date, tuple[Observation, ...]]
"""The observed rows that are added up on a date; all but groups have one."""


def score_run(run: Run, observer: Observer | None = None) -> Score:
    """Compare every observed figure of the run's case with the simulated ensemble.

    ``observer`` of the run, where there is one already, saves reading it again.

    Raises RunError if the run cannot be read or lacks a parameter of the observation model, InputError if its
    copy of the case is damaged.
    """
    observer = observer or Observer(simulated_run(run))
    figures = {row: observer.figure(row) for row in observer.case.observed}
    base = max(BASE_DATE, run.info.start - timedelta(days=1))
    scored = {row for row, figure in figures.items() if not figure.reason}
    # Figures from before the run cannot be scored, but the naive forecasts may start from them.
    earlier = [row for row in figures if row.date < run.info.start and row.place in observer.places]
    series = _series(observer.case, [*scored, *earlier], observer.far if scored else frozenset())
    rows = [
        _row(key, when, dated, figures, base)
        for key, dated in sorted(series.items())
        for when in sorted(dated)
        if scored.issuperset(dated[when])
    ]
    return Score(
        run_dir=run.info.run_dir,
        case=run.info.case,
        scenario=run.info.scenario,
        replicates=run.info.replicates,
        nothing_changes_since=base.year,
        fitted_through=run.info.fitted_through,
        interval=_interval(run.info.replicates),
        summary=_summary(rows),
        rows=tuple(rows),
        notes=tuple(_notes(rows, figures)),
    )


def _interval(replicates: int) -> str:
    if replicates < SMALLEST_ENSEMBLE:
        return f"none: {replicates} replicates are fewer than the {SMALLEST_ENSEMBLE} that an interval needs"
    return INTERVAL


def _series(case: Case, rows: Sequence[Observation], far: frozenset[str]) -> dict[_Series, _Dated]:
    country_of = {place.id: place.country for place in case.places}
    series: dict[_Series, _Dated] = {}
    for row in rows:
        series.setdefault(_own_series(row, country_of), {}).setdefault(row.date, (row,))
        if row.measure is Measure.REFUGEE_STOCK and row.place not in country_of and not row.origin:
            group = REST_OF_THE_WORLD if row.place in far else row.place
            key = _Series("group", row.measure, group, "", "", family(row.definition))
            dated = series.setdefault(key, {})
            if row.place not in {member.place for member in dated.get(row.date, ())}:
                dated[row.date] = (*dated.get(row.date, ()), row)
    return series


def _own_series(row: Observation, country_of: Mapping[str, str]) -> _Series:
    if row.place in country_of:
        return _Series("place", row.measure, country_of[row.place], row.place, row.origin, row.definition)
    return _Series("country", row.measure, row.place, "", row.origin, row.definition)


def family(definition: str) -> str:
    """Return what a definition says before its first comma: figures of one family may be added up."""
    return definition.partition(",")[0]


def _row(key: _Series, when: date, dated: _Dated, figures: Mapping[Observation, Figure], base: date) -> ScoreRow:
    members = dated[when]
    observed = _sum(members)
    median = float(np.median(np.sum([figures[row].central for row in members], axis=0)))
    low, high = _low_high(np.sum([figures[row].published for row in members], axis=0))
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
        low90=low,
        high90=high,
        relative_error=(median - observed) / observed if observed else None,
        persistence=_carried(dated, _year_earlier(when), members),
        nothing_changes=_carried(dated, base, members) if when > base else None,
        headline=_is_large(key.measure, observed) and _is_headline(key),
    )


def _is_headline(key: _Series) -> bool:
    return key.level == ("group" if key.measure is Measure.REFUGEE_STOCK else "country")


def _is_large(measure: str, observed: float) -> bool:
    return observed >= SMALLEST_FIGURE or (measure == Measure.ORIGIN_SHARE and observed > 0)


def _low_high(published: FloatArray) -> tuple[float | None, float | None]:
    if len(published) < SMALLEST_ENSEMBLE:
        return None, None
    low, high = np.quantile(published, [0.05, 0.95])
    return float(low), float(high)


def _sum(members: Sequence[Observation]) -> float:
    return float(sum(row.value for row in members))


def _carried(dated: _Dated, since: date, members: Sequence[Observation]) -> float | None:
    """Return the figure of an earlier day, if it is there and made up of the same places."""
    earlier = dated.get(since, ())
    same = {row.place for row in earlier} == {row.place for row in members}
    return _sum(earlier) if same else None


def _year_earlier(when: date) -> date:
    leap_day = (when.month, when.day) == (2, 29)
    return when.replace(year=when.year - 1, day=28 if leap_day else when.day)


def _summary(rows: Sequence[ScoreRow]) -> ScoreSummary:
    headline = [row for row in rows if row.headline]
    measures = sorted({row.measure for row in headline})
    coverage, width = _coverage(headline)
    return ScoreSummary(
        mare={name: _mare([r for r in headline if r.measure == name], "model") for name in measures},
        coverage90=coverage,
        relative_width=width,
        rows=tuple(_summary_rows([row for row in rows if _is_large(row.measure, row.observed)])),
    )


def _summary_rows(rows: Sequence[ScoreRow]) -> Iterator[ScoreSummaryRow]:
    kinds = sorted({(row.measure, row.level, family(row.definition)) for row in rows})
    for measure, level, definition in kinds:
        same = [r for r in rows if (r.measure, r.level, family(r.definition)) == (measure, level, definition)]
        for period, compared in _scored_periods():
            chosen = [row for row in same if _in_period(row, period) and _has_all(row, compared)]
            if not chosen:
                continue
            coverage, width = _coverage(chosen)
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


def _notes(rows: Sequence[ScoreRow], figures: Mapping[Observation, Figure]) -> Iterator[str]:
    yield "median: over replicates, without error of observation (its median factor is 1)"
    small = sum(not _is_large(row.measure, row.observed) for row in rows)
    if small:
        yield f"{small} rows under {SMALLEST_FIGURE} people are listed but left out of the summary"
    reasons = Counter(
        f"{row.measure} not compared: {figure.reason}" for row, figure in figures.items() if figure.reason
    )
    yield from (f"{reason} ({count} rows)" for reason, count in sorted(reasons.items()))
