"""Fit the parameters of a case to its observed figures: least squares with priors on the expected course.

With z the scores of the parameters on the scale of their priors (:mod:`homeward.rules.priors`), f the figures of the
expected course and y the observed ones with spreads s (:mod:`homeward.learn.targets`), the fitted z is where ::

    C(z) = Σ ((log f(z) − log y) / s)² + Σ z²             (shares: f − y instead of logarithms)

is smallest: the mode of a posterior with independent normal errors. Around it the posterior is close to a normal
distribution with covariance (JᵀJ)⁻¹, J being the Jacobian of all residuals, priors included (Laplace's method; for
example Gelman et al. 2013, *Bayesian Data Analysis*, section 4.1). So the root of a diagonal element is the posterior
over the prior spread of that parameter: 1 where the figures say nothing.

The minimum is found by SciPy's trust-region reflective least squares (Branch, Coleman and Li 1999) without bounds.
Derivatives are differences over a step in z; parameters of the observation model alone need no new course. A fit with
a parameter outside the 99 % range of its prior is a fault of the model, and :attr:`Fit.outside` names it.

What this is not: variances of shocks and errors are not fitted (an expected course has none), and residuals of one
place in successive years are taken as independent. :mod:`homeward.learn.calibrate` goes on from here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case, Fitted
from homeward.engine.drawn import inside
from homeward.errors import UsageError
from homeward.learn.problem import Problem, Progress, standardised
from homeward.learn.targets import Target
from homeward.rules.parameters import Parameter
from homeward.rules.priors import OUTERMOST

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

__all__ = ["TOLERANCE", "Fit", "fit_case", "known_by", "outside_of_priors", "worst_correlations"]

FloatArray = NDArray[np.float64]
TOLERANCE = 2e-3
"""The search ends when C falls by less than this share of it: less than what half a standard deviation of one parameter
changes, where C is near 140."""

MOST_ITERATIONS = 40
STOPPED = -2
"""What SciPy calls a search that its callback ended."""


@dataclass(frozen=True)
class Fit:
    """Where the search ended.

    ``scores`` are z by parameter in the order of ``names``, on the scale of ``priors``; ``covariance`` (parameters x
    parameters) is that of the posterior in z. ``figures`` are f by target, ``derivatives`` (targets x parameters)
    those of their logarithms (or of shares). ``cost`` is C. ``courses`` counts simulated courses.
    """

    case: Case
    through: date
    names: tuple[str, ...]
    priors: Mapping[str, Parameter]
    scores: FloatArray
    covariance: FloatArray
    targets: tuple[Target, ...]
    figures: FloatArray
    derivatives: FloatArray
    cost: float
    courses: int
    wall_s: float

    @cached_property
    def values(self) -> dict[str, float]:
        """Fitted value by name."""
        return {
            name: inside(self.priors[name], name, float(score))
            for name, score in zip(self.names, self.scores, strict=True)
        }

    @property
    def spread(self) -> FloatArray:
        """Posterior over prior standard deviation by parameter."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def residuals(self) -> FloatArray:
        """Standardised residual by target: positive where the model has more."""
        return standardised(self.targets, self.figures)

    @property
    def outside(self) -> tuple[str, ...]:
        """Parameters that lie outside the 99 % range of their prior."""
        return outside_of_priors(self.names, self.scores)

    def worst_correlations(self, count: int = 10) -> list[tuple[str, str, float]]:
        """Return the pairs of parameters whose posterior correlation is largest in size, the largest first."""
        return worst_correlations(self.names, self.covariance, count)

    def fitted(self) -> Fitted:
        """Return the fitted set, rounded to five digits."""
        spread = dict(zip(self.names, self.spread, strict=True))
        return Fitted(
            fitted_through=self.through,
            known_on=known_by(self.case, self.targets, self.through),
            parameters={name: float(f"{value:.5g}") for name, value in self.values.items()},
            spread={name: round(float(value), 2) for name, value in spread.items()},
        )


class _Enough:
    """Ends a search when a step has lowered C by too little.

    SciPy's own rule asks besides that the step did what the derivatives promised. Near the end it does not: people of a
    course are whole numbers, and steps of that size go on and on.
    """

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self._last = math.inf

    def __call__(self, intermediate_result: OptimizeResult) -> None:
        cost = float(intermediate_result["cost"])
        if self._last - cost < self._tolerance * cost:
            raise StopIteration
        self._last = cost


def worst_correlations(names: Sequence[str], covariance: FloatArray, count: int) -> list[tuple[str, str, float]]:
    """Return the pairs of names whose correlation is largest in size, the largest first."""
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(spread, spread)
    one, other = np.triu_indices(len(names), k=1)
    order = np.argsort(-np.abs(correlation[one, other]))[:count]
    return [(names[one[pair]], names[other[pair]], float(correlation[one[pair], other[pair]])) for pair in order]


def outside_of_priors(names: Sequence[str], scores: FloatArray) -> tuple[str, ...]:
    """Return the names whose score lies outside the 99 % range of the prior, or is no number."""
    return tuple(name for name, score in zip(names, scores, strict=True) if not abs(score) <= OUTERMOST)


def known_by(case: Case, targets: Sequence[Target], through: date) -> date:
    """Return the day on which the last row that a fit read became known, inputs and figures alike."""
    conditions = [row for row in case.conditions if row.date <= through]
    events = [row for row in case.events if row.date <= through]
    figures = [row for target in targets for row in target.rows]
    read = (*case.places, *case.routes, *case.population, *conditions, *events, *figures)
    return max(row.known_on for row in read)


def fit_case(
    case: Case,
    *,
    through: date,
    from_fitted: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
    problem: Problem | None = None,
    tolerance: float = TOLERANCE,
) -> Fit:
    """Fit the parameters of a case to its figures up to ``through``.

    Parameters that ``case.toml`` sets are kept. The search begins at the medians of the priors, or with
    ``from_fitted`` at the fitted set of the case; ``jobs`` courses are simulated at a time (default: one per core).
    ``problem`` of this case and day, where there is one already, saves making it again. The search ends when C falls
    by less than the share ``tolerance``.
    Raises UsageError without figures up to that day, InputError for a case that the rules cannot use.
    """
    from scipy.optimize import least_squares

    started = time.perf_counter()
    problem = problem or Problem(case, through, jobs)
    problem.progress = progress
    first = problem.start() if from_fitted else np.zeros(len(problem.names))
    found = least_squares(
        problem.residuals, first, problem.jacobian, method="trf", ftol=tolerance, xtol=1e-4,
        max_nfev=MOST_ITERATIONS, callback=_Enough(tolerance),
    )  # fmt: skip
    if not found.success and found.status != STOPPED:
        raise UsageError(f"the fit did not settle in {MOST_ITERATIONS} iterations (C = {2 * found.cost:.1f})")
    spreads = np.array([target.spread for target in problem.targets])
    return Fit(
        case=case,
        through=through,
        names=problem.names,
        priors=problem.priors,
        scores=found.x,
        covariance=np.linalg.inv(found.jac.T @ found.jac),
        targets=problem.targets,
        figures=problem.figures(found.x),
        derivatives=found.jac[: len(problem.targets)] * spreads[:, None],
        cost=2 * float(found.cost),
        courses=problem.courses,
        wall_s=time.perf_counter() - started,
    )
