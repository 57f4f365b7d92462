"""What a run of a Flee directory says about itself, and what its score says, as documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from homeward.results.contract import Count, Document, Interval, Model

__all__ = ["FleeBaseline", "FleeCampScore", "FleeRunInfo", "FleeScore", "FleeSummary"]


class FleeRunInfo(Document):
    """``run.json`` of a run of a Flee directory: what was run, and everything needed to run it again.

    ``directory_hash``: SHA-256 over the files that were read. All numbers of people are divided by ``hasten``.
    ``bins`` of the memory of travel and ``slices`` of a day are how finely people are told apart. ``people_end`` and
    ``travelling_end`` (of them, on the way) are those of replicate 0; ``wall_s`` is the time of the simulation in
    seconds.
    """

    schema_: Literal["homeward/flee-run/1"] = Field("homeward/flee-run/1", alias="schema")
    case: str
    directory_hash: str
    seed: Count
    replicates: Annotated[int, Field(ge=1)]
    hasten: Annotated[int, Field(ge=1)]
    start: date
    days: Annotated[int, Field(ge=1)]
    bins: Count
    slices: Count
    versions: Mapping[str, str]
    created: datetime
    wall_s: Annotated[float, Field(ge=0)]
    places: Count
    links: Count
    routes: Count
    people_end: Count
    travelling_end: Count
    run_dir: str
    warnings: tuple[str, ...] = ()


class FleeCampScore(Model):
    """A camp at the end of a run: people counted there on the last day, and simulated."""

    camp: str
    counted: int
    simulated: Interval
    mean_error: Annotated[float, Field(ge=0, description="Mean over the days of |median - counted|")]


class FleeSummary(Model):
    """Differences of one way to say who is where: ``ard`` as Flee defines it, and on dates of counts only.

    ``ard_low90`` and ``ard_high90`` over the replicates, null for what has none.
    """

    what: str
    ard: Annotated[float, Field(ge=0)]
    ard_low90: float | None = None
    ard_high90: float | None = None
    on_dates: Annotated[float | None, Field(ge=0)] = None


class FleeBaseline(Model):
    """A forecast that any analyst has, and how the simulation does beside it on the same days.

    ``model`` and ``baseline`` are averaged relative differences over the days from ``horizon`` on; ``difference`` is
    the first less the second (below 0: the simulation is nearer), with its 90 % interval by a moving-block bootstrap.
    """

    baseline: str
    horizon: Count
    model: float
    baseline_ard: float
    difference: float
    low90: float
    high90: float


class FleeScore(Document):
    """How a run of a Flee directory compares with the counts of its camps.

    ``summary`` has the run as it is and, where capacities leak the counts, the same simulated without those capacities.
    ``leaks`` says in words which do.
    """

    schema_: Literal["homeward/flee-score/1"] = Field("homeward/flee-score/1", alias="schema")
    case: str
    run_dir: str
    days: Count
    replicates: Count
    summary: tuple[FleeSummary, ...]
    baselines: tuple[FleeBaseline, ...]
    camps: tuple[FleeCampScore, ...]
    leaks: str
    notes: tuple[str, ...]
