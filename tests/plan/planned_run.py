"""A forecast of the small case for tests: known to the end of June 2012, simulated to the end of the year."""

from __future__ import annotations

import atexit
import tempfile
from datetime import date
from functools import cache
from pathlib import Path

from homeward.case.schema import Basis, Case, Condition
from homeward.engine.drawn import Drawn
from homeward.learn.ensemble import run_ensemble
from homeward.results.contract import Continuation
from homeward.results.run import Run
from tests.small_case import small_case

__all__ = ["AS_OF", "FORMULA", "HOSTILE", "HOUSING", "MONTHS", "SERVICES", "forecast_run", "planned_case", "shared_run"]

AS_OF = date(2012, 6, 30)
MONTHS = tuple(date(2012, month, day) for month, day in ((7, 31), (8, 31), (9, 30), (10, 31), (11, 30), (12, 31)))
HOUSING = {"north": 0.5, "south": 0.9}
SERVICES = {"north": 0.4}
"""Of the east nothing is known, and no services of the south."""

HOSTILE = "<script>alert('title')</script>"
FORMULA = "=1+1"
"""The title of the case and the name of its east, which would break careless pages and sheets."""


def planned_case() -> Case:
    """Return the small case with housing and services that neither violence nor money changes."""
    fixed = {"housing_destruction": 0.0, "services_destruction": 0.0, "own_repair": 0.0}
    case = small_case(parameters={**fixed, "return_hazard_open": 1.0}, step_hours=168)
    rows = [_row(place, "housing", share) for place, share in HOUSING.items()]
    rows += [_row(place, "services", share) for place, share in SERVICES.items()]
    settings = case.settings.model_copy(update={"title": HOSTILE})
    places = tuple(p.model_copy(update={"name": FORMULA}) if p.id == "east" else p for p in case.places)
    return case.model_copy(
        update={"settings": settings, "places": places, "conditions": (*case.conditions, *rows)}
    )  # fmt: skip


def _row(place: str, indicator: str, value: float) -> Condition:
    return Condition(
        place=place, date=date(2012, 1, 1), indicator=indicator, value=value,
        source="made-up", known_on=date(2012, 1, 1), basis=Basis.OBSERVED,
    )  # fmt: skip


def forecast_run(
    folder: Path,
    *,
    replicates: int = 24,
    chance: float = 0.5,
    drawn: Drawn | None = "prior",
    since: date = AS_OF,
) -> Run:
    """Return a forecast in which return opens within a year with this chance."""
    how = Continuation(since=since, whole_deviation=0.2, place_deviation=0.2, opening_chance=chance)
    run_ensemble(planned_case(), folder, replicates=replicates, drawn=drawn, continuation=how, jobs=1)
    return Run.open(folder)


@cache
def shared_run() -> Run:
    """Return a forecast of 24 replicates, simulated once for all tests; it is not to be changed."""
    folder = tempfile.TemporaryDirectory(prefix="homeward-plan-")
    atexit.register(folder.cleanup)
    return forecast_run(Path(folder.name) / "run")
