"""Fit the parameters of a case to its observed figures: least squares with priors on the expected course.

With z the scores of the parameters on the scale of their priors (:mod:`homeward.learn.priors`), f the figures of the
expected course and y the observed ones with spreads s (:mod:`homeward.learn.targets`), the fitted z is where ::

    C(z) = Σ ((log f(z) − log y) / s)² + Σ z²             (shares: f − y instead of logarithms)

is smallest: the mode of a posterior with independent normal errors. Around it the posterior is close to a normal
distribution with covariance (JᵀJ)⁻¹, J being the Jacobian of all residuals, priors included (Laplace's method; for
example Gelman et al. 2013, *Bayesian Data Analysis*, section 4.1). So the root of a diagonal element is the posterior
over the prior spread of that parameter: 1 where the figures say nothing.

The minimum is found by SciPy's trust-region reflective least squares (Branch, Coleman and Li 1999) without bounds.
Derivatives are differences over a step in z; parameters of the observation model alone need no new course. A fit with
a parameter outside the 99 % range of its prior is a fault of the model, and :attr:`Fit.outside` names it.

What this is not: variances of shocks and errors are not fitted (an expected course has none), residuals of one place
in successive years are taken as independent, and the spread of the posterior is not yet used in runs.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case, Fitted
from homeward.engine.simulate import expected_course
from homeward.errors import UsageError
from homeward.judge.observe import Observer
from homeward.judge.simulated import Simulated, simulated_course
from homeward.learn.ensemble import cores
from homeward.learn.priors import OUTERMOST, score_of, value_at
from homeward.learn.reference.predict import open_hazard_prior
from homeward.learn.targets import Target, targets_of
from homeward.rules.homeward import HomewardRules
from homeward.rules.parameters import (
    Parameter,
    bounds,
    is_set_by_plain_name,
    parameter_row,
    parameter_table,
    resolve_parameters,
)

__all__ = ["Fit", "Progress", "fit_case", "priors_of"]

FloatArray = NDArray[np.float64]
Progress = Callable[[int, float], None]
"""Called with the number of iterations done and the value of C so far."""

STEP = 0.05
"""Difference in z by which derivatives are taken."""

TOLERANCE = 5e-4
"""The search ends when C falls by less than this share of it: a tenth of what one standard deviation of one
parameter changes, where C is near 135."""

MOST_ITERATIONS = 40

OBSERVED_ONLY = ("registration_lag_months", "recognition_lag_months", "deactivation_rate")
"""Parameters that change figures but move nobody."""

NEAR_BY = ("registration_lag_months", "deactivation_rate", "return_host_effect")
"""Parameters of hosts that keep a register and report returns: of far countries there are no such figures."""

OPEN_HAZARD = "return_hazard_open"

NOT_FITTED = ("_variance", "_error_sd")
"""Endings of parameters that an expected course does not show."""

NOT_ON_RECORD = frozenset(
    {
        "crowding_out_hazard", "following_hazard", "household_size", "housing_cost", "housing_destruction",
        "own_repair", "return_weight_years", "services_cost", "services_destruction", "staged_share", "visit_days",
        "visit_hazard", "visit_stay_share",
    }
)  # fmt: skip
"""Parameters of which no yearly stock or flow of one country says anything: they keep their values."""


@dataclass(frozen=True)
class Fit:
    """Where the search ended.

    ``scores`` are z by parameter in the order of ``names``, on the scale of ``priors``; ``covariance`` (parameters x
    parameters) is that of the posterior in z. ``figures`` are f by target. ``cost`` is C. ``courses`` counts simulated
    courses.
    """

    case: Case
    through: date
    names: tuple[str, ...]
    priors: Mapping[str, Parameter]
    scores: FloatArray
    covariance: FloatArray
    targets: tuple[Target, ...]
    figures: FloatArray
    cost: float
    courses: int
    wall_s: float

    @cached_property
    def values(self) -> dict[str, float]:
        """Fitted value by name."""
        return _values(self.names, self.scores, self.priors)

    @property
    def spread(self) -> FloatArray:
        """Posterior over prior standard deviation by parameter."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def residuals(self) -> FloatArray:
        """Standardised residual by target: positive where the model has more."""
        return _residuals(self.targets, self.figures)

    @property
    def outside(self) -> tuple[str, ...]:
        """Parameters that lie outside the 99 % range of their prior."""
        return tuple(name for name, score in zip(self.names, self.scores, strict=True) if not abs(score) <= OUTERMOST)

    def worst_correlations(self, count: int = 10) -> list[tuple[str, str, float]]:
        """Return the pairs of parameters whose posterior correlation is largest in size, the largest first."""
        spread = self.spread
        correlation = self.covariance / np.outer(spread, spread)
        one, other = np.triu_indices(len(self.names), k=1)
        order = np.argsort(-np.abs(correlation[one, other]))[:count]
        return [
            (self.names[one[pair]], self.names[other[pair]], float(correlation[one[pair], other[pair]]))
            for pair in order
        ]

    def fitted(self) -> Fitted:
        """Return the fitted set, rounded to five digits."""
        spread = dict(zip(self.names, self.spread, strict=True))
        return Fitted(
            fitted_through=self.through,
            known_on=self._known_on(),
            parameters={name: float(f"{value:.5g}") for name, value in self.values.items()},
            spread={name: round(float(value), 2) for name, value in spread.items()},
        )

    def _known_on(self) -> date:
        """Return the day on which the last row that the fit read became known, inputs and figures alike."""
        case = self.case
        conditions = [row for row in case.conditions if row.date <= self.through]
        events = [row for row in case.events if row.date <= self.through]
        figures = [row for target in self.targets for row in target.rows]
        read = (*case.places, *case.routes, *case.population, *conditions, *events, *figures)
        return max(row.known_on for row in read)


def fit_case(
    case: Case,
    *,
    through: date,
    from_fitted: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Fit:
    """Fit the parameters of a case to its figures up to ``through``.

    Parameters that ``case.toml`` sets are kept. The search begins at the medians of the priors, or with
    ``from_fitted`` at the fitted set of the case; ``jobs`` courses are simulated at a time (default: one per core).
    Raises UsageError without figures up to that day, InputError for a case that the rules cannot use.
    """
    from scipy.optimize import least_squares

    started = time.perf_counter()
    problem = _Problem(case, through, jobs)
    problem.progress = progress
    first = problem.start() if from_fitted else np.zeros(len(problem.names))
    found = least_squares(
        problem.residuals, first, problem.jacobian, method="trf", ftol=TOLERANCE, xtol=1e-4, max_nfev=MOST_ITERATIONS
    )
    if not found.success:
        raise UsageError(f"the fit did not settle in {MOST_ITERATIONS} iterations (C = {2 * found.cost:.1f})")
    return Fit(
        case=case,
        through=through,
        names=problem.names,
        priors=problem.priors,
        scores=found.x,
        covariance=np.linalg.inv(found.jac.T @ found.jac),
        targets=problem.targets,
        figures=problem.figures(found.x),
        cost=2 * float(found.cost),
        courses=problem.courses,
        wall_s=time.perf_counter() - started,
    )


class _Problem:
    """Residuals as a function of scores, and their derivatives."""

    def __init__(self, case: Case, through: date, jobs: int | None) -> None:
        settings = case.settings
        if not settings.start < through <= settings.end:
            raise UsageError(f"{through} lies outside the case, {settings.start} to {settings.end}")
        self._case = case.model_copy(update={"settings": settings.model_copy(update={"end": through})})
        self.names = _fitted_names(case)
        self.priors = priors_of(self.names, settings.origin_country, through)
        self.progress: Progress | None = None
        self.courses = 0
        self._jobs = jobs or cores()
        self._last: tuple[bytes, Observer] | None = None
        self._iterations = 0
        observer = self._new_observer(np.zeros(len(self.names)))
        self.names = tuple(name for name in self.names if not _is_idle(name, observer.far))
        comparable = tuple(row for row in case.observed if len(observer.central(row)))
        self.targets = targets_of(case.model_copy(update={"observed": comparable}), observer.far, through)
        if not self.targets:
            raise UsageError(
                f"the case has no figures up to {through} that a fit could use: year-end stocks (of a definition that "
                "begins 'UNHCR year-end'), returns and shares by origin, from the second full year on"
            )

    def start(self) -> FloatArray:
        """Return the scores of the fitted set of the case, 0 where it has none."""
        fitted = self._case.fitted.parameters if self._case.fitted else {}
        scores = [score_of(self.priors[name], fitted[name]) if name in fitted else 0.0 for name in self.names]
        return np.clip(scores, -OUTERMOST, OUTERMOST)

    def residuals(self, scores: FloatArray) -> FloatArray:
        return np.concatenate([_residuals(self.targets, self.figures(scores)), scores])

    def figures(self, scores: FloatArray) -> FloatArray:
        return self._figures_of(self._observer(scores))

    def jacobian(self, scores: FloatArray) -> FloatArray:
        """Return the derivatives of all residuals; courses run side by side."""
        base = self.residuals(scores)
        if self.progress is not None:
            self.progress(self._iterations, float(base @ base))
        self._iterations += 1
        with ThreadPoolExecutor(max_workers=self._jobs) as pool:
            moved = list(pool.map(lambda number: self._moved(scores, number), range(len(self.names))))
        columns = np.array(moved).T
        identity = np.eye(len(scores))
        derivatives = (columns - base[: len(self.targets), None]) / STEP
        return np.concatenate([derivatives, identity])

    def _moved(self, scores: FloatArray, number: int) -> FloatArray:
        """Return the residuals of the targets with one parameter a step further."""
        further = scores.copy()
        further[number] += STEP
        if self.names[number].partition("[")[0] in OBSERVED_ONLY:
            observer = self._observer(scores)
            values = {**observer.simulated.parameters, **_values(self.names, further, self.priors)}
            observer = Observer(replace(observer.simulated, parameters=values))
        else:
            observer = self._new_observer(further)
        return _residuals(self.targets, self._figures_of(observer))

    def _figures_of(self, observer: Observer) -> FloatArray:
        return np.array([sum(float(observer.central(row)[0]) for row in target.rows) for target in self.targets])

    def _observer(self, scores: FloatArray) -> Observer:
        """Return the course at these scores; the last one is kept."""
        key = scores.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = (key, self._new_observer(scores))
        return self._last[1]

    def _new_observer(self, scores: FloatArray) -> Observer:
        self.courses += 1
        return Observer(_simulated(self._case, _values(self.names, scores, self.priors)))


def _simulated(case: Case, values: dict[str, float]) -> Simulated:
    """Return the expected course of a case with these values instead of a fitted set."""
    fitted = Fitted(fitted_through=case.settings.end, known_on=case.settings.end, parameters=values)
    rules = HomewardRules(case.model_copy(update={"fitted": fitted}))
    return simulated_course(case, rules.parameters.values, expected_course(rules))


def _fitted_names(case: Case) -> tuple[str, ...]:
    """Return the parameters that a fit may move: with a prior, in use, and not set by the case itself."""
    by_index = {parameter.name for parameter in parameter_table() if parameter.by}
    at_home = f"[{case.settings.origin_country}]"
    return tuple(
        name
        for name in resolve_parameters(case).values
        if parameter_row(name).prior != "fixed"
        and not name.endswith((*NOT_FITTED, at_home))
        and name not in by_index
        and name not in NOT_ON_RECORD
        and name not in case.settings.parameters
        and not is_set_by_plain_name(name, case)
    )


def priors_of(names: Sequence[str], origin: str, through: date) -> dict[str, Parameter]:
    """Return the priors of parameters for a fit of an origin to figures up to ``through``.

    They are those of the table of parameters, but for the hazard of return with the gate open: nothing in the record of
    a war shows it, so its prior is what happened elsewhere, as known at that day (``open_hazard_prior``).
    """
    found = {name: parameter_row(name) for name in names}
    if OPEN_HAZARD in found:
        median, spread = open_hazard_prior(origin, through)
        found[OPEN_HAZARD] = replace(found[OPEN_HAZARD], location=median, spread=spread)
    return found


def _is_idle(name: str, far: frozenset[str]) -> bool:
    """Return whether a parameter is about figures that a country so far away does not have."""
    base, _, index = name.partition("[")
    return base in NEAR_BY and index.rstrip("]") in far


def _values(names: Sequence[str], scores: FloatArray, priors: Mapping[str, Parameter]) -> dict[str, float]:
    return {name: _inside(priors[name], name, score) for name, score in zip(names, scores, strict=True)}


def _inside(parameter: Parameter, name: str, score: float) -> float:
    """Return the value at a score, kept where the parameter has a meaning."""
    lowest, highest = bounds(name)
    return min(max(value_at(parameter, float(score)), lowest), highest)


def _residuals(targets: Sequence[Target], figures: FloatArray) -> FloatArray:
    said = [
        (figure - target.value if target.is_share else math.log(max(figure, 1.0) / target.value)) / target.spread
        for target, figure in zip(targets, figures, strict=True)
    ]
    return np.array(said)
