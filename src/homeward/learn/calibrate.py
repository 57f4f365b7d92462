"""Calibration: the posterior of all parameters of a case, variances and errors included, from its observed figures.

In this order: the search for the mode with stated spreads (:mod:`homeward.learn.fit`); what chance does to the figures
there (:mod:`homeward.learn.chance`); the posterior of parameters and variances with the figures linear around that
point (:mod:`homeward.learn.likelihood`); draws from it, each brought back to the figures by courses of its own
(:mod:`homeward.learn.refine`). The expected course stands in for the simulation, so a calibration takes hundreds of
courses and not hundreds of thousands. That this is good enough is checked: replicates that draw from the posterior are
laid beside the record (:func:`predictive_checks`), and on a small case the whole chain is put to simulation-based
calibration (``verification/simulation_based.py``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case, Fitted, PosteriorRow
from homeward.engine.drawn import Drawn, free_parameters, inside
from homeward.learn.chance import Chance, chance_of, published_figures, shock_variances
from homeward.learn.fit import TOLERANCE, Fit, fit_case, known_by, outside_of_priors, worst_correlations
from homeward.learn.likelihood import Likelihood, NormalPosterior, names_of_errors, posterior_of
from homeward.learn.problem import Problem, on_scale
from homeward.learn.refine import DRAWS, ROUNDS, refined_draws
from homeward.learn.targets import Target
from homeward.rules.parameters import Parameter, parameter_row, resolve_parameters

__all__ = ["Calibration", "Check", "Effort", "calibrate", "likelihood_of", "predictive_checks"]

FloatArray = NDArray[np.float64]
Tell = Callable[[str], None]
"""Called with what is being done, in words."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a calibration takes: replicates for each family of shocks, draws, and rounds that refine them.

    None: as :mod:`homeward.learn.chance` and :mod:`homeward.learn.refine` say. The search ends when the sum of squares
    falls by less than the share ``tolerance``.
    """

    replicates: int | None = None
    draws: int | None = None
    rounds: int | None = None
    tolerance: float = TOLERANCE


CHECKED = 60
"""Replicates of each predictive check."""

CHECK_SEED = 20_181_231


@dataclass(frozen=True)
class Calibration:
    """A fit with its posterior.

    ``fit`` is where the search ended; ``linear`` the normal posterior there; ``draws`` (draws x names) are scores on
    the scale of ``priors``; ``misfit`` (2 x draws) is how far each was from its figures before and after it was
    refined.
    """

    fit: Fit
    linear: NormalPosterior
    draws: FloatArray
    misfit: FloatArray
    priors: Mapping[str, Parameter]
    courses: int
    wall_s: float

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters, then variances and spreads of errors."""
        return self.linear.names

    @cached_property
    def scores(self) -> FloatArray:
        """Scores of the fitted values: of the mode, and of variances and spreads their posterior mean."""
        return np.concatenate([self.fit.scores, self.linear.mean[len(self.fit.scores) :]])

    @cached_property
    def values(self) -> dict[str, float]:
        """Fitted value by name."""
        both = zip(self.names, self.scores, strict=True)
        return {name: inside(self.priors[name], name, float(score)) for name, score in both}

    @property
    def mean(self) -> FloatArray:
        """Posterior mean of the scores, in the order of the names."""
        return np.asarray(self.draws.mean(axis=0))

    @property
    def spread(self) -> FloatArray:
        """Posterior over prior standard deviation, in the order of the names."""
        return np.asarray(self.draws.std(axis=0, ddof=1))

    @property
    def outside(self) -> tuple[str, ...]:
        """Parameters whose fitted value lies outside the 99 % range of their prior."""
        return outside_of_priors(self.names, self.scores)

    def worst_correlations(self, count: int = 10) -> list[tuple[str, str, float]]:
        """Return the pairs of parameters whose correlation near the mode is largest in size, the largest first."""
        return worst_correlations(self.names, self.linear.covariance, count)

    def fitted(self) -> Fitted:
        """Return the fitted set with its posterior, rounded."""
        return Fitted(
            fitted_through=self.fit.through,
            known_on=known_by(self.fit.case, self.fit.targets, self.fit.through),
            parameters={name: float(f"{value:.5g}") for name, value in self.values.items()},
            spread={name: round(float(spread), 2) for name, spread in zip(self.names, self.spread, strict=True)},
            posterior={
                name: PosteriorRow(
                    prior=self.priors[name].prior,
                    location=self.priors[name].location,
                    spread=self.priors[name].spread,
                    draws=tuple(round(float(score), 3) for score in draws),
                )
                for name, draws in zip(self.names, self.draws.T, strict=True)
            },
        )


@dataclass(frozen=True)
class Check:
    """Figures of one kind beside what replicates with drawn parameters would have been published as.

    ``coverage`` is the share inside the 90 % intervals, ``width`` their mean width in logarithms (shares: in shares),
    each by ``prior`` and ``posterior``.
    """

    measure: str
    level: str
    figures: int
    coverage: Mapping[str, float]
    width: Mapping[str, float]


def calibrate(
    case: Case,
    *,
    through: date,
    from_fitted: bool = False,
    jobs: int | None = None,
    effort: Effort | None = None,
    tell: Tell = lambda _what: None,
) -> Calibration:
    """Return the posterior of the parameters of a case given its figures up to ``through``.

    Parameters and variances that ``case.toml`` sets are kept. ``from_fitted``: the search begins at the fitted set of
    the case. Raises UsageError without figures up to that day, InputError for a case that the rules cannot use.
    """
    started = time.perf_counter()
    effort = effort or Effort()
    problem = Problem(case, through, jobs)
    fit = fit_case(
        case,
        through=through,
        from_fitted=from_fitted,
        progress=lambda iteration, cost: tell(f"iteration {iteration + 1}, sum of squares {cost:.1f}"),
        problem=problem,
        tolerance=effort.tolerance,
    )
    variances = shock_variances(free_parameters(problem.case))
    chance = chance_of(problem, fit.scores, variances, effort.replicates, _counted(tell, "what chance does"))
    likelihood = likelihood_of(problem, chance, fit)
    tell("posterior")
    linear = posterior_of(likelihood)
    drawn = np.resize(linear.draws, (effort.draws or DRAWS, linear.draws.shape[1]))
    scores, misfit = refined_draws(problem, likelihood, drawn, effort.rounds, tell=tell)
    return Calibration(
        fit=fit,
        linear=linear,
        draws=np.concatenate([scores, drawn], axis=1),
        misfit=misfit,
        priors=problem.priors | {name: parameter_row(name) for name in linear.names[len(problem.names) :]},
        courses=problem.courses + len(misfit[0]) * (1 + (effort.rounds or ROUNDS)),
        wall_s=time.perf_counter() - started,
    )


def likelihood_of(problem: Problem, chance: Chance, fit: Fit) -> Likelihood:
    """Return the likelihood of a problem with its figures linear around where a fit ended."""
    free = free_parameters(problem.case)
    errors = names_of_errors(problem.targets)
    sought = [name for name in (*chance.by_variance, *errors) if name in free]
    values = resolve_parameters(problem.case).values
    return Likelihood(
        names=problem.names,
        around=fit.scores,
        at=on_scale(problem.targets, fit.figures),
        derivatives=fit.derivatives,
        targets=problem.targets,
        chance=chance,
        spreads={name: parameter_row(name) for name in sought},
        pinned={name: values[name] for name in errors if name not in free},
    )


def predictive_checks(
    found: Calibration, jobs: int, members: int | None = None, tell: Tell = lambda _what: None
) -> tuple[Check, ...]:
    """Return how the record lies in what the prior and the posterior would have let one expect.

    What a target allows for beyond errors and chance is drawn as well: it is part of what the posterior was taken with.
    ``members`` are the replicates of each, :data:`CHECKED` if not given.
    """
    members = members or CHECKED
    settings = found.fit.case.settings.model_copy(update={"end": found.fit.through})
    case = found.fit.case.model_copy(update={"settings": settings, "fitted": found.fitted()})
    targets = found.fit.targets
    beyond = np.array([target.beyond for target in targets])
    noise = beyond * np.random.default_rng(CHECK_SEED).standard_normal((members, len(targets)))
    logs: dict[str, FloatArray] = {}
    ways: tuple[Drawn, ...] = ("prior", "posterior")
    for drawn in ways:
        figures = published_figures(
            case, targets, drawn, members, jobs, CHECK_SEED, tell=_counted(tell, f"check of the {drawn}")
        )
        logs[drawn] = on_scale(targets, figures) + noise
    return tuple(_checks(targets, logs))


def _counted(tell: Tell, what: str) -> Callable[[int, int], None]:
    """Return what tells how many replicates of something are done."""
    return lambda done, of: tell(f"{what}: {done} of {of} replicates")


def _checks(targets: Sequence[Target], logs: Mapping[str, FloatArray]) -> list[Check]:
    observed = on_scale(targets, np.array([target.value for target in targets]))
    bounds = {drawn: np.quantile(sample, [0.05, 0.95], axis=0) for drawn, sample in logs.items()}
    inside_of = {drawn: (low <= observed) & (observed <= high) for drawn, (low, high) in bounds.items()}
    kinds = [(target.measure.value, "beyond" if target.beyond else "headline") for target in targets]
    return [
        Check(
            measure=measure,
            level=level,
            figures=kinds.count((measure, level)),
            coverage={drawn: float(here[_of_kind(kinds, measure, level)].mean()) for drawn, here in inside_of.items()},
            width={
                drawn: float((high - low)[_of_kind(kinds, measure, level)].mean())
                for drawn, (low, high) in bounds.items()
            },
        )
        for measure, level in dict.fromkeys(kinds)
    ]


def _of_kind(kinds: Sequence[tuple[str, str]], measure: str, level: str) -> NDArray[np.bool_]:
    return np.array([kind == (measure, level) for kind in kinds])
