"""Forecasts from a day: what was known then, fitted then, carried on with stated doubt.

In this order: the rows known on the day (:mod:`homeward.plan.as_of`); a set of parameters that has seen no others,
fitted to them where there is none; courses that begin with the last stocks on record, people conserved
(:mod:`homeward.learn.restart`), so that the months between that record and the day are simulated as well and their
doubt is in the intervals; what happens after the day, drawn by replicate (:mod:`homeward.learn.continuation`) unless a
scenario says it; and the figures as they would be published, errors included.

Steps are weeks: their yearly stocks differ from those of days by a percent or two (``verification step_length``), which
is less than any interval here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from homeward.case.folder import case_hash
from homeward.case.scenario import lay_over
from homeward.case.scenario_schema import Scenario
from homeward.case.schema import Case, Fitted
from homeward.errors import UsageError
from homeward.learn.continuation import SOURCE as CONTINUED
from homeward.learn.continuation import continuation_of, settled
from homeward.learn.ensemble import Progress, run_ensemble
from homeward.learn.gate import gate_is_open
from homeward.learn.reference.predict import closing_chance, opening_chance
from homeward.learn.restart import restarted
from homeward.plan.as_of import is_known, known_case, require_known
from homeward.plan.forecast_rows import forecast_rows, interval_of
from homeward.plan.last_record import last_record
from homeward.results.contract import Continuation
from homeward.results.forecast_contract import Forecast
from homeward.results.run import Run, code_hash, versions_used
from homeward.rules.calendar import WEEKLY_HOURS
from homeward.rules.priors import OUTERMOST, score_of

if TYPE_CHECKING:
    from homeward.learn.calibrate import Calibration, Effort

__all__ = [
    "HINDSIGHT",
    "NOTES",
    "Start",
    "fit_known",
    "hash_of",
    "make_forecast",
    "newest_known",
    "prepared",
    "rows_hash",
    "strained",
]

Tell = Callable[[str], None]
NOTES = (
    "figures as they would be published: people on the register, errors of observation included",
    "pseudo-real-time: tables hold one late vintage; rules and priors were written with the whole record in sight",
    "after the last known day violence wanders and registers are audited as in the three years before",
    "return opens (or shuts, where it is open) with the chance that it had elsewhere; all else stays as it was",
    "a forecast says how many may go, not that they should: no place is said to be safe",
)
HINDSIGHT = "series made by hand later were taken as known on their own dates: this forecast has hindsight in it"


@dataclass(frozen=True)
class Start:
    """What a forecast starts from: a ``case`` that begins the day after ``started_from`` and ends with the forecast.

    ``known`` is the case as it was known, before it was restarted.
    """

    case: Case
    known: Case
    as_of: date
    hand_made: bool
    started_from: date | None
    continuation: Continuation


def fit_known(
    case: Case,
    as_of: date,
    *,
    hand_made: bool = False,
    begin_at: Fitted | None = None,
    effort: Effort | None = None,
    jobs: int | None = None,
    tell: Tell = lambda _what: None,
) -> tuple[Calibration, Fitted]:
    """Fit parameters to what was known on a day; return the calibration, and its set with what a forecast needs beside.

    The search begins at the medians of the priors, or at ``begin_at``, a set that may be used on that day. Courses are
    simulated by weeks, with violence after its last rows as it is in the median of forecasts. ``effort`` as for
    ``calibrate``.

    Raises UsageError where no figure was known that a fit could use, InputError for a case that the rules cannot use
    or a set that has seen later rows.
    """
    from homeward.learn.calibrate import calibrate

    known = known_case(case, as_of, hand_made=hand_made)
    if begin_at is not None:
        require_known(begin_at, as_of, "the set to begin at", hand_made=hand_made)
    last = max(known.settings.end, as_of)
    settings = known.settings.model_copy(update={"step_hours": WEEKLY_HOURS, "end": last})
    world = settled(known.model_copy(update={"settings": settings, "fitted": begin_at}), as_of)
    found = calibrate(world, through=as_of, from_fitted=begin_at is not None, jobs=jobs, effort=effort, tell=tell)
    origin = case.settings.origin_country
    return found, found.fitted().model_copy(
        update={
            "hand_made": hand_made,
            "opening_chance": round(opening_chance(origin, as_of), 4),
            "closing_chance": round(closing_chance(origin, as_of), 4),
            "rows_hash": _hash_of_rows(known),
        }
    )


def newest_known(sets: Sequence[Fitted], case: Case, as_of: date, *, hand_made: bool = False) -> Fitted | None:
    """Return the set that a forecast from a day may use and that has seen every figure known by then; None without one.

    ``case`` may be the whole case; of several sets the one fitted through the latest day is taken.
    """
    known = known_case(case, as_of, hand_made=hand_made)
    last = max((row.known_on for row in known.observed), default=date.min)
    fitting = [
        one
        for one in sets
        if is_known(one, as_of, hand_made=hand_made) and one.hand_made == hand_made and one.fitted_through >= last
    ]
    return max(fitting, key=lambda one: one.fitted_through, default=None)


def prepared(
    case: Case, fitted: Fitted, *, as_of: date, until: date, hand_made: bool = False, scenario: Scenario | None = None
) -> Start:
    """Return what a forecast starts from; ``fitted`` has to be a set that may be used.

    Raises UsageError for a period that does not lie in order, InputError for a scenario that does not fit.
    """
    if until <= as_of:
        raise UsageError(f"--until {until} does not lie after --as-of {as_of}")
    known = known_case(case, as_of, hand_made=hand_made)
    settings = known.settings.model_copy(update={"end": until, "step_hours": WEEKLY_HOURS})
    world = known.model_copy(update={"settings": settings, "fitted": fitted})
    day = last_record(known, as_of)
    begun = settled(world, as_of) if day is None else restarted(settled(world, as_of), day)
    how = _how_it_goes_on(world, fitted, as_of, is_open=gate_is_open(begun, as_of))
    # Replicates continue the conditions anew.
    sources = tuple(row for row in begun.sources if row.id != CONTINUED)
    begun = begun.model_copy(update={"conditions": world.conditions, "sources": sources})
    if scenario is not None:
        _refuse_idle(scenario, as_of, until)
        begun = lay_over(begun, scenario)
    return Start(begun, known, as_of, hand_made, day, how)


def _how_it_goes_on(world: Case, fitted: Fitted, as_of: date, *, is_open: bool) -> Continuation:
    """Return how conditions go on; the chance that return opens, or shuts, is that of the set, else sampled now."""
    origin = world.settings.origin_country
    if is_open:
        known = fitted.closing_chance
        return continuation_of(world, as_of, closing_chance=closing_chance(origin, as_of) if known is None else known)
    known = fitted.opening_chance
    return continuation_of(world, as_of, opening_chance=opening_chance(origin, as_of) if known is None else known)


def rows_hash(case: Case, as_of: date, *, hand_made: bool) -> str:
    """Return the SHA-256 of a case as it was known on a day, without a fitted set."""
    return _hash_of_rows(known_case(case, as_of, hand_made=hand_made))


def _hash_of_rows(known: Case) -> str:
    return case_hash(known.model_copy(update={"fitted": None}))


def make_forecast(
    start: Start,
    folder: Path,
    *,
    replicates: int,
    seed: int = 1,
    scenario: str | None = None,
    jobs: int | None = None,
    processes: bool = False,
    cluster: str | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> Forecast:
    """Simulate a forecast into the new run ``folder`` and return what it says; raises what ``run_ensemble`` raises."""
    fitted = start.case.fitted
    run_ensemble(
        start.case, folder, seed=seed, replicates=replicates, jobs=jobs, processes=processes, cluster=cluster,
        scenario=scenario, drawn="posterior" if fitted and fitted.posterior else None,
        continuation=start.continuation, resume=resume, force=force, progress=progress,
    )  # fmt: skip
    return described(start, Run.open(folder))


def described(start: Start, run: Run) -> Forecast:
    """Return what a run says as a forecast."""
    info, fitted = run.info, start.case.fitted
    return Forecast(
        case=info.case,
        scenario=info.scenario,
        as_of=start.as_of,
        until=info.end,
        hand_made=start.hand_made,
        started_from=start.started_from,
        fitted_through=info.fitted_through,
        continuation=start.continuation,
        replicates=info.replicates,
        seed=info.seed,
        case_hash=_hash_of_rows(start.known),
        parameters_hash=hash_of(fitted),
        package=versions_used()["homeward"],
        code_hash=code_hash(),
        interval=interval_of(info.replicates, drawn=info.drawn is not None),
        run_dir=str(run.folder),
        rows=tuple(forecast_rows(run, start.known, start.as_of)),
        notes=tuple(_notes(start)),
    )


def strained(fitted: Fitted) -> tuple[str, ...]:
    """Return the parameters whose fitted value lies outside the 99 % range of its prior: a fault of the model."""
    return tuple(
        name for name, row in fitted.posterior.items() if abs(score_of(row, fitted.parameters[name])) > OUTERMOST
    )


def _notes(start: Start) -> Iterator[str]:
    yield from NOTES
    if start.hand_made:
        yield HINDSIGHT
    fitted = start.case.fitted
    if fitted and fitted.rows_hash not in (None, _hash_of_rows(start.known)):
        yield "parameters were fitted to other rows than those known now: fit again with 'homeward fit --as-of'"
    outside = strained(fitted) if fitted else ()
    if outside:
        yield f"outside the 99 % range of its prior, where the model is at fault: {', '.join(outside)}"


def hash_of(fitted: Fitted | None) -> str:
    """Return the SHA-256 of a set of parameters with its draws."""
    content = None if fitted is None else fitted.model_dump(mode="json")
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _refuse_idle(scenario: Scenario, as_of: date, until: date) -> None:
    """Raise UsageError for a scenario that changes what was before a forecast, or only what comes after it."""
    days = sorted([*(one.start for one in scenario.change), *(event.date for event in scenario.event)])
    if days and days[0] <= as_of:
        raise UsageError(
            f"the scenario {scenario.name} begins on {days[0]}, but a forecast from {as_of} can only change what comes "
            "after that day; give a later 'from'"
        )
    if days and days[0] > until and not scenario.parameters:
        raise UsageError(
            f"the scenario {scenario.name} begins on {days[0]}, after the end of the forecast, {until}, and changes "
            "nothing in it; give an earlier 'from' or a later --until"
        )
