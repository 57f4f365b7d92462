"""What was simulated, as the observation model looks at it: a run on disk, or one course that is still in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case
from homeward.engine.drawn import member_parameters
from homeward.engine.record import Columns, Trajectory
from homeward.judge.monthly import Monthly, month_ends, read_monthly, read_origins
from homeward.results.contract import RunInfo
from homeward.results.run import Run

__all__ = ["Simulated", "simulated_course", "simulated_run"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Simulated:
    """A case, the parameters it ran with, and the people who came of it.

    ``parameters`` hold one value a replicate. ``seed`` and ``replicates`` address the errors of observation.
    ``since``: the last day that was known where the run is a forecast, after which registers are audited by chance.
    ``read`` gives the monthly figures and ``read_origins`` the refugees by replicate, date (of those given), place and
    origin; both are asked for once, when first needed.
    """

    case: Case
    parameters: Mapping[str, FloatArray]
    seed: int
    replicates: int
    read: Callable[[], Monthly]
    read_origins: Callable[[Monthly, Sequence[date]], FloatArray]
    since: date | None = None

    @cached_property
    def monthly(self) -> Monthly:
        """People who are there; raises RunError if the tables of a run cannot be read."""
        return self.read()


def simulated_run(run: Run) -> Simulated:
    """Return a run on disk; raises InputError if its copy of the case is damaged."""
    case, info = run.case(), run.info
    return Simulated(
        case=case,
        parameters=_by_replicate(case, info),
        seed=info.seed,
        replicates=info.replicates,
        read=lambda: read_monthly(run),
        read_origins=lambda monthly, dates: read_origins(run, monthly, dates),
        since=info.continuation.since if info.continuation else None,
    )


def simulated_course(case: Case, parameters: Mapping[str, float], course: Trajectory, seed: int = 0) -> Simulated:
    """Return one course of a case, such as the expected one, without a way over the disk.

    ``seed`` addresses its errors of observation, as its replicate number does not: it counts as the first.
    """
    return Simulated(
        case=case,
        parameters={name: np.array([value]) for name, value in parameters.items()},
        seed=seed,
        replicates=1,
        read=lambda: _monthly(case, course),
        read_origins=lambda monthly, dates: _origins(course, monthly, dates),
    )


def _by_replicate(case: Case, info: RunInfo) -> Mapping[str, FloatArray]:
    """Return the parameters of a run: as it notes them, but for those that its replicates drew."""
    noted = {name: np.full(info.replicates, value) for name, value in info.parameters.items()}
    if info.drawn is None:
        return noted
    return {**noted, **member_parameters(case, info.drawn, info.seed, info.replicates)}


def _monthly(case: Case, course: Trajectory) -> Monthly:
    by_id = {place.id: place for place in case.places}
    names = tuple(sorted(by_id))
    places = [by_id[name] for name in names]
    countries = tuple(sorted({place.country for place in places}))
    country_of = np.array([countries.index(place.country) for place in places], dtype=np.int64)
    at_home = country_of == countries.index(case.settings.origin_country)
    tally = _Tally(course, names)
    stages, kinds = course.names.stages, course.names.kinds
    returned = course.returns
    from_home = at_home[tally.number[returned["host"]]] if len(returned["host"]) else np.zeros(0, dtype=np.bool_)
    return Monthly(
        dates=month_ends(case.settings.start, case.settings.end),
        places=names,
        kinds=tuple(place.kind.value for place in places),
        coordinates=np.array([[place.latitude, place.longitude] for place in places]),
        countries=countries,
        country_of=country_of,
        refugees=tally.of(course.stocks, "place", course.stocks["stage"] == stages.index("refugee")),
        displaced=tally.of(course.stocks, "place", course.stocks["stage"] == stages.index("displaced")),
        citizens=tally.of(course.stocks, "place", _is_citizen(course)),
        births=tally.of(course.flows, "to_place", course.flows["kind"] == kinds.index("birth")),
        naturalised=tally.of(course.flows, "to_place", course.flows["kind"] == kinds.index("naturalisation")),
        returned_refugees=tally.of(returned, "host", ~from_home),
        fled_back=tally.of(course.fled_back, "host", np.ones(len(course.fled_back["host"]), dtype=np.bool_)),
        returned_idps=tally.of(returned, "origin", from_home),
    )


def _is_citizen(course: Trajectory) -> NDArray[np.bool_]:
    stages = [course.names.stages.index(stage) for stage in ("naturalised", "resettled")]
    citizens: NDArray[np.bool_] = np.isin(course.stocks["stage"], stages)
    return citizens


class _Tally:
    """Adds up the rows of a course by month and place, places in the order of ``names``."""

    def __init__(self, course: Trajectory, names: Sequence[str]) -> None:
        self.number = np.array([names.index(place) for place in course.names.places], dtype=np.int64)
        self._shape = (1, len(course.names.month_ends), len(names))

    def of(self, rows: Columns, place: str, chosen: NDArray[np.bool_]) -> FloatArray:
        people = np.zeros(self._shape)
        np.add.at(people[0], (rows["month"][chosen], self.number[rows[place][chosen]]), rows["people"][chosen])
        return people


def _origins(course: Trajectory, monthly: Monthly, dates: Sequence[date]) -> FloatArray:
    tally = _Tally(course, monthly.places)
    stocks, count = course.stocks, len(monthly.places)
    people = np.zeros((1, len(dates), count, count))
    for index, when in enumerate(dates):
        month = course.names.month_ends.index(when)
        here = (stocks["month"] == month) & (stocks["stage"] == course.names.stages.index("refugee"))
        place, origin = tally.number[stocks["place"][here]], tally.number[stocks["origin"][here]]
        np.add.at(people[0, index], (place, origin), stocks["people"][here])
    return people
