"""Cross-validation by origin date: what a fit to the figures of one day says of the years after it.

For every origin, a year-end: fit the parameters to the figures through that day, restart from its record, simulate the
following years with an ensemble, and score those years only. Lead is the number of years since the origin. Forecasts
without a model start from the same record: *nothing changes*, and a random walk whose increments end at the origin
(:mod:`homeward.judge.score`).

These are hindcasts given the conditions: figures later than the origin are used for nothing but the scores, while
violence, borders and audits of the simulated years are those of the case, which nobody knew on that day. And a figure
dated 31 December is published the June after; here it is known on its date.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from homeward.case.schema import Case, Fitted
from homeward.engine.drawn import Drawn
from homeward.judge.proper_summary import FROM_BASE, ProperScores, proper_scores
from homeward.judge.score import SMALLEST_ENSEMBLE, score_run
from homeward.judge.series import family
from homeward.learn.calibrate import calibrate
from homeward.learn.ensemble import run_ensemble
from homeward.learn.restart import restarted
from homeward.results.run import Run
from homeward.results.score_contract import ScoreRow

__all__ = ["FitThrough", "OriginLead", "OriginRows", "by_origin_and_lead", "fit_through", "forecast_rows"]

FitThrough = Callable[[Case, date], Fitted]
"""Fits a case to its figures through a day."""


@dataclass(frozen=True, slots=True)
class OriginRows:
    """The scored figures after one ``origin``, and the parameters that were ``fitted`` through it."""

    origin: date
    fitted: Fitted
    rows: tuple[ScoreRow, ...]


@dataclass(frozen=True, slots=True)
class OriginLead:
    """Scores of one measure and family of definitions, ``lead`` years after an ``origin``.

    ``origin`` None: all of them; ``lead`` None: all years.
    """

    origin: date | None
    lead: int | None
    measure: str
    definition: str
    scores: ProperScores


def fit_through(case: Case, through: date) -> Fitted:
    """Return the parameters fitted to the figures through a day, from the medians of their priors on, and posterior.

    The search does not begin at the fitted set of the case: that one has seen later figures. Raises what ``calibrate``
    raises.
    """
    return calibrate(case, through=through).fitted()


def forecast_rows(
    case: Case,
    origin: date,
    folder: Path,
    *,
    years: int,
    fit: FitThrough = fit_through,
    seed: int = 1,
    replicates: int = SMALLEST_ENSEMBLE,
    jobs: int | None = None,
) -> OriginRows:
    """Fit through ``origin``, restart there, simulate ``years`` years into the new ``folder``, and score them.

    Raises UsageError without figures for the fit or a record to restart from, and what ``run_ensemble`` raises.
    """
    fitted = fit(case, origin)
    again = restarted(case.model_copy(update={"fitted": fitted}), origin)
    last = min(again.settings.end, date(origin.year + years, 12, 31))
    until = again.settings.model_copy(update={"end": last})
    ahead = again.model_copy(update={"settings": until})
    drawn: Drawn | None = "posterior" if fitted.posterior else None
    run_ensemble(ahead, folder, seed=seed, replicates=replicates, jobs=jobs, drawn=drawn)
    score = score_run(Run.open(folder), base=origin)
    return OriginRows(origin, fitted, tuple(row for row in score.rows if row.headline and row.date > origin))


def by_origin_and_lead(found: Sequence[OriginRows]) -> list[OriginLead]:
    """Return the scores by measure, origin and lead; then over all origins by lead, and over everything.

    Whatever has no figure that the model and a baseline both cover is left out.
    """
    kinds = sorted({(row.measure, family(row.definition)) for one in found for row in one.rows})
    dated = [(one.origin, row) for one in found for row in one.rows]
    lines = [
        OriginLead(origin, lead, *kind, _scores(dated, kind, origin, lead))
        for kind in kinds
        for origin, lead in _cells(dated)
    ]
    return [line for line in lines if line.scores.n]


Dated = Sequence[tuple[date, ScoreRow]]


def _cells(dated: Dated) -> list[tuple[date | None, int | None]]:
    """Return every origin with its leads, then all origins with each lead, then everything."""
    pairs = {(origin, _lead(origin, row)) for origin, row in dated}
    leads = sorted({lead for _, lead in pairs})
    return [*sorted(pairs), *((None, lead) for lead in leads), (None, None)]


def _lead(origin: date, row: ScoreRow) -> int:
    return row.date.year - origin.year


def _scores(dated: Dated, kind: tuple[str, str], origin: date | None, lead: int | None) -> ProperScores:
    rows = [
        row
        for start, row in dated
        if (row.measure, family(row.definition)) == kind
        and origin in (None, start)
        and lead in (None, _lead(start, row))
    ]
    return proper_scores(rows, FROM_BASE)
