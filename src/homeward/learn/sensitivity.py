"""Which parameters move the planning figures: many courses of one case, each with other values of its parameters.

Parameters move on the scale of standard normal scores of their priors (:mod:`homeward.rules.priors`). In a fitted case
the scores of a fitted parameter follow its marginal posterior, a normal distribution around the score of the fitted
value with the spread of the draws that the fit left (:mod:`homeward.learn.refine`); of any other, the prior. Of either
the range between the 5 % and the 95 % quantile is used, so scores are cut off at ±1.645 spreads. Correlations of the
posterior are ignored: parameters that the figures know only together move apart here, into courses that the figures
rule out, so that such a pair seems to matter more than it does.

What does not move: parameters that are fixed or that the case sets, switches (their default is not the location of
their prior), what belongs to the origin country as a host, and what changes how people are counted but moves nobody.

All courses have one seed and replicate. Draws are addressed by names and not in the order of their use, so two courses
differ only by what their parameters do, but for the chance of single people where a figure is a few hundred; a
parameter that cannot act has effects of exactly 0. The expected course gives the same ranking (on the small case of the
tests, four trajectories, all parameters: correlation of μ* above 0.99 in every figure, the first six the same but for
one), is no faster on Syria, and knows nothing of variances. What a variance of shocks does is what it does to the
shocks of this one replicate: see with another seed.

Figures enter as log(1 + people): factors count, and a figure of nobody is 0. Designs and indices are in
:mod:`homeward.learn.indices`. After them the parameters that come first in the ranking of some figure are moved alone
from end to end of their ranges with all others in the middle: the bars of the tornado plot.
"""

from __future__ import annotations

import difflib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.case.folder import case_hash
from homeward.case.schema import Case
from homeward.engine.drawn import inside
from homeward.engine.record import Trajectory
from homeward.engine.simulate import simulate
from homeward.errors import UsageError
from homeward.judge.register import far_countries
from homeward.judge.simulated import simulated_course
from homeward.learn.ensemble import cores
from homeward.learn.indices import REACH, Design, design_of, indices_of
from homeward.learn.problem import OBSERVED_ONLY
from homeward.results.sensitivity_contract import (
    Method,
    Sensitivity,
    SensitivityBar,
    SensitivityFigure,
    SensitivityIndex,
    SensitivityParameter,
)
from homeward.rules.homeward import HomewardRules
from homeward.rules.parameters import (
    Parameter,
    is_set_by_plain_name,
    parameter_row,
    parameter_table,
    resolve_parameters,
)
from homeward.rules.priors import OUTERMOST, score_of

__all__ = ["Progress", "Range", "free_ranges", "planning_figures", "ranges_of", "sensitivity_of"]

FloatArray = NDArray[np.float64]
Progress = Callable[[int, int], None]
"""Called with the courses done so far and how many there will be at most."""

Key = tuple[str, str]
"""A planning figure: its measure, and a country or ``""`` for all together."""

Figures = Mapping[Key, float]

RETURNED, RETURNED_IDPS, REFUGEES, IDPS = "returned_refugees", "returned_idps", "refugee_stock", "idp_stock"

MOST_BARS = 20
"""Parameters that are also moved alone: two or so of the first in each ranking."""

MOST_HOSTS = 5
"""Hosts near by whose returns are planning figures of their own: those from which most return in the middle."""

RANGES = (
    "Ranges run from the 5 % to the 95 % quantile of each parameter's distribution: the posterior's where the case is "
    "fitted to it, else the prior's. Correlations between parameters are ignored."
)
TOGETHER = (
    "Fitted parameters move one by one, into combinations that the figures may rule out: where an index is large and "
    "the figure hardly changes while all others are in the middle, do not believe the index."
)
COMPARED = (
    "Figures are compared as log(1 + people). All courses share their chance (one seed and replicate); what a variance "
    "of shocks does is what it does to the shocks of that replicate."
)
MEANING = "An index says what moves the figures of this model within these ranges, not what moves people in the world."


@dataclass(frozen=True, slots=True)
class Range:
    """How a parameter moves: scores of its prior are normal with this centre and spread."""

    name: str
    parameter: Parameter
    centre: float = 0.0
    spread: float = 1.0
    is_posterior: bool = False

    def value(self, score: float) -> float:
        """Return the value at a standard normal score of this range, kept where the parameter has a meaning."""
        return inside(self.parameter, self.name, self.centre + self.spread * score)


def free_ranges(case: Case) -> tuple[Range, ...]:
    """Return the ranges of all parameters that move, in the order of their table.

    Raises InputError for parameters that the rules cannot use.
    """
    values = resolve_parameters(case).values
    by_index = {parameter.name for parameter in parameter_table() if parameter.by}
    return tuple(_range(name, values[name], case) for name in values if name not in by_index and not _held(name, case))


def ranges_of(case: Case, names: Sequence[str]) -> tuple[Range, ...]:
    """Return the ranges of the named parameters; a plain name such as ``host_attraction`` stands for all its countries.

    Raises UsageError for a name that is unknown or of a parameter that does not move, saying why.
    """
    free = free_ranges(case)
    wanted = [range_ for name in names for range_ in _named(name, free, case)]
    return tuple({range_.name: range_ for range_ in wanted}.values())


def _named(name: str, free: Sequence[Range], case: Case) -> list[Range]:
    found = [one for one in free if name in (one.name, one.name.partition("[")[0])]
    if found:
        return found
    if name not in resolve_parameters(case).values:
        near = difflib.get_close_matches(name, [one.name for one in free], n=1)
        raise UsageError(f"unknown parameter '{name}'" + (f"; did you mean {near[0]}?" if near else ""))
    raise UsageError(f"{name} {_held(name, case) or 'has no country or holder in this case'}: it does not move")


def _held(name: str, case: Case) -> str:
    """Return why a parameter keeps its value; "" if it moves."""
    row = parameter_row(name)
    if name in case.settings.parameters or is_set_by_plain_name(name, case):
        return "is set by the case"
    if row.prior == "fixed":
        return "is fixed"
    if row.default != row.location:
        return "is a switch"
    if name.partition("[")[0] in OBSERVED_ONLY or name.endswith("_error_sd"):
        return "changes what is counted and moves nobody"
    return "is about a host and not the origin" if name.endswith(f"[{case.settings.origin_country}]") else ""


def _range(name: str, value: float, case: Case) -> Range:
    """Return the marginal posterior of a fitted parameter, the prior of any other."""
    row, fitted = parameter_row(name), case.fitted
    if fitted is None or not {name, name.partition("[")[0]} & set(fitted.parameters):
        return Range(name, row)
    centre = min(max(score_of(row, value), -OUTERMOST), OUTERMOST)
    return Range(name, row, centre, fitted.spread.get(name, 1.0), is_posterior=True)


def sensitivity_of(
    case: Case,
    *,
    method: Method = "morris",
    parameters: Sequence[str] | None = None,
    size: int = 10,
    scenario: str | None = None,
    seed: int = 1,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """Return how far each of the ``parameters`` (None: all that move) moves the planning figures of a case.

    ``size`` is the number of trajectories of Morris' method, or of base points of Sobol's (a power of two); ``jobs``
    courses are simulated at a time (default: one per core). ``scenario`` is the name of the one that is laid over
    ``case`` already, for the record.

    Raises UsageError for a case without a full calendar year, for a parameter that does not move or a size out of
    range, and where SALib is not installed; InputError for a case that the rules cannot use.
    """
    started = time.perf_counter()
    ranges = free_ranges(case) if parameters is None else ranges_of(case, parameters)
    if not ranges:
        raise UsageError("the case sets every parameter: none is left to move")
    year = last_full_year(case)
    design = design_of(method, [one.name for one in ranges], size, seed)
    courses = _Courses(case, ranges, year, seed, jobs or cores(), progress)
    courses.begin(len(design.points) + 1 + 2 * min(MOST_BARS, len(ranges)))
    middle, *found = courses.figures([np.zeros(len(ranges)), *design.scores])
    indices = _indices(design, found, _planned(middle))
    bars = _bars(courses, middle, indices)
    figures = tuple(_figure(key, case, year, middle[key], indices[key], bars[key]) for key in indices)
    return Sensitivity(
        case=case.settings.name,
        case_hash=case_hash(case),
        scenario=scenario,
        start=case.settings.start,
        end=case.settings.end,
        fitted_through=case.fitted.fitted_through if case.fitted else None,
        method=method,
        size=size,
        seed=seed,
        runs=courses.done,
        wall_s=time.perf_counter() - started,
        parameters=tuple(_parameter(one) for one in ranges),
        figures=figures,
        notes=tuple(_notes(ranges)),
    )


def _notes(ranges: Iterable[Range]) -> Iterator[str]:
    yield RANGES
    if any(one.is_posterior for one in ranges):
        yield TOGETHER
    yield COMPARED
    yield MEANING


def last_full_year(case: Case) -> int:
    """Return the last calendar year that lies wholly within the case; raises UsageError if there is none."""
    start, end = case.settings.start, case.settings.end
    year = end.year if end == date(end.year, 12, 31) else end.year - 1
    if start > date(year, 1, 1):
        raise UsageError(f"{start} to {end} holds no full calendar year, over which returns are counted")
    return year


def planning_figures(case: Case, course: Trajectory, year: int) -> dict[Key, float]:
    """Return the planning figures of a course: returns within a year, and stocks at its end, in people.

    Returns of refugees are there also for each host country near by, where a register is kept.
    """
    origin = case.settings.origin_country
    monthly = simulated_course(case, {}, course).monthly
    within = np.array([day.year == year for day in monthly.dates])
    returned = monthly.by_country(monthly.returned_refugees)[0, within].sum(axis=0)
    far = far_countries(monthly, origin)
    near = [(c, float(people)) for c, people in zip(monthly.countries, returned, strict=True) if c not in far]
    return {
        (RETURNED, ""): float(returned.sum()),
        (RETURNED_IDPS, ""): float(monthly.returned_idps[0, within].sum()),
        (REFUGEES, ""): float(monthly.refugees[0, -1].sum()),
        (IDPS, ""): float(monthly.displaced[0, -1].sum()),
        **{(RETURNED, country): people for country, people in near if country != origin},
    }


def _planned(middle: Figures) -> list[Key]:
    """Return the figures to look at: the four of all together, and returns from the hosts with most of them."""
    hosts = sorted((key for key in middle if key[1] and middle[key] > 0), key=lambda key: -middle[key])
    return [*(key for key in middle if not key[1]), *hosts[:MOST_HOSTS]]


def _indices(
    design: Design, found: Sequence[Figures], wanted: Iterable[Key]
) -> dict[Key, tuple[SensitivityIndex, ...]]:
    return {key: indices_of(design, np.log1p([figures[key] for figures in found])) for key in wanted}


def _bars(
    courses: _Courses, middle: Figures, indices: Mapping[Key, Sequence[SensitivityIndex]]
) -> dict[Key, tuple[SensitivityBar, ...]]:
    """Move the parameters that come first somewhere alone, and return the bars of each figure, the widest first."""
    names = [one.name for one in courses.ranges]
    chosen = _first_somewhere(indices.values())
    ends = [REACH * side * np.eye(len(names))[names.index(name)] for name in chosen for side in (-1.0, 1.0)]
    found = courses.figures(ends)
    pairs = list(zip(chosen, found[::2], found[1::2], strict=True))
    return {
        key: tuple(sorted((_bar(name, middle[key], low[key], high[key]) for name, low, high in pairs), key=_narrowness))
        for key in indices
    }


def _first_somewhere(rankings: Iterable[Sequence[SensitivityIndex]]) -> list[str]:
    """Return the parameters with the best rank in any figure; those that do nothing anywhere are not among them."""
    best: dict[str, int] = {}
    for ranking in rankings:
        for rank, index in enumerate(ranking):
            if index.weight > 0:
                best[index.parameter] = min(rank, best.get(index.parameter, rank))
    return sorted(best, key=lambda name: best[name])[:MOST_BARS]


def _bar(name: str, middle: float, low: float, high: float) -> SensitivityBar:
    changes = [people / middle - 1 if middle else None for people in (low, high)]
    return SensitivityBar(parameter=name, low=low, high=high, low_change=changes[0], high_change=changes[1])


def _narrowness(bar: SensitivityBar) -> float:
    return -abs(float(np.log1p(bar.high) - np.log1p(bar.low)))


def _figure(
    key: Key,
    case: Case,
    year: int,
    middle: float,
    indices: tuple[SensitivityIndex, ...],
    bars: tuple[SensitivityBar, ...],
) -> SensitivityFigure:
    measure, country = key
    is_stock = measure in (REFUGEES, IDPS)
    return SensitivityFigure.model_validate(
        {
            "measure": measure,
            "country": country or None,
            "date": case.settings.end if is_stock else date(year, 12, 31),
            "middle": middle,
            "indices": indices,
            "bars": bars,
        }
    )


def _parameter(moved: Range) -> SensitivityParameter:
    low, middle, high = (moved.value(score) for score in (-REACH, 0.0, REACH))
    return SensitivityParameter(
        name=moved.name,
        unit=moved.parameter.unit,
        rests_on="posterior" if moved.is_posterior else "prior",
        centre=moved.centre,
        spread=moved.spread,
        low=low,
        middle=middle,
        high=high,
    )


class _StoppedError(Exception):
    """Ends a course that nobody wants any more."""


class _Courses:
    """Simulates courses side by side on threads; an interruption or the first failure ends them all."""

    def __init__(
        self, case: Case, ranges: Sequence[Range], year: int, seed: int, jobs: int, progress: Progress | None
    ) -> None:
        self.ranges = ranges
        self.done = 0
        self._case = case
        self._year = year
        self._seed = seed
        self._jobs = jobs
        self._progress = progress
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._total = 0

    def begin(self, total: int) -> None:
        """Tell how many courses there will be at most."""
        self._total = total
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self.done, self._total)

    def figures(self, scores: Sequence[FloatArray]) -> list[Figures]:
        """Return the planning figures at each set of scores (one per range), in their order."""
        futures: list[Future[Figures]] = []
        with ThreadPoolExecutor(max_workers=self._jobs) as pool:
            try:
                # Handing over thousands of courses takes a while: an interruption may come in the middle of it.
                futures.extend(pool.submit(self._one, point) for point in scores)
                wait(futures, return_when=FIRST_EXCEPTION)
                _raise_first(futures)
            except BaseException:
                self._stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return [future.result() for future in futures]

    def _one(self, point: FloatArray) -> Figures:
        values = {one.name: one.value(float(score)) for one, score in zip(self.ranges, point, strict=True)}
        settings = self._case.settings
        moved = settings.model_copy(update={"parameters": {**settings.parameters, **values}})
        rules = HomewardRules(self._case.model_copy(update={"settings": moved}))
        found = planning_figures(self._case, simulate(rules, self._seed, on_day=self._on_day), self._year)
        with self._lock:
            self.done += 1
            self._tell()
        return found

    def _on_day(self, _days: int) -> None:
        if self._stop.is_set():
            raise _StoppedError


def _raise_first(futures: Iterable[Future[Figures]]) -> None:
    """Raise the failure because of which the others are waited for no longer, if there is one."""
    for future in futures:
        error = future.exception() if future.done() else None
        if error is not None:
            raise error
