"""Calibration: the posterior of all parameters of a case, variances and errors included, from its observed figures.

In this order: the search for the mode with stated spreads (:mod:`homeward.learn.fit`); what chance does to the figures
there (:mod:`homeward.learn.chance`); the posterior of parameters and variances with the figures linear around that
point (:mod:`homeward.learn.likelihood`); again around the mean found, until it stays. The expected course stands in for
the simulation, so a calibration takes hundreds of courses and not hundreds of thousands. That this is good enough is
checked: replicates that draw from the posterior are laid beside the record (:func:`predictive_checks`), and on a small
case the whole chain passes simulation-based calibration (``verification/simulation_based.py``).
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
from homeward.learn.fit import Fit, fit_case, known_by, outside_of_priors, worst_correlations
from homeward.learn.likelihood import Likelihood, NormalPosterior, names_of_errors, posterior_of
from homeward.learn.problem import Problem, on_scale
from homeward.learn.targets import Target
from homeward.rules.parameters import Parameter, parameter_row, resolve_parameters

__all__ = ["Calibration", "Check", "calibrate", "likelihood_of", "predictive_checks", "settled"]

FloatArray = NDArray[np.float64]
Tell = Callable[[str], None]
"""Called with what is being done, in words."""

MOST_ROUNDS = 3
STAYS = 0.25
"""The mean has settled when no score moves by more than this share of its posterior spread."""

CHECKED = 60
"""Replicates of each predictive check."""

CHECK_SEED = 20_181_231


@dataclass(frozen=True)
class Calibration:
    """A fit with its posterior.

    ``fit`` is where the search ended; ``posterior`` is over scores on the scale of ``priors``; ``figures`` are those of
    the expected course at its mean. ``moved`` is the largest move of a score by the last round, in posterior spreads.
    """

    fit: Fit
    posterior: NormalPosterior
    priors: Mapping[str, Parameter]
    figures: FloatArray
    moved: float
    courses: int
    wall_s: float

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters, then variances and spreads of errors."""
        return self.posterior.names

    @cached_property
    def values(self) -> dict[str, float]:
        """Value at the posterior mean of the score, by name."""
        return {
            name: inside(self.priors[name], name, float(score))
            for name, score in zip(self.names, self.posterior.mean, strict=True)
        }

    @property
    def spread(self) -> FloatArray:
        """Posterior over prior standard deviation, in the order of the names."""
        return np.sqrt(np.diag(self.posterior.covariance))

    @property
    def outside(self) -> tuple[str, ...]:
        """Parameters whose mean lies outside the 99 % range of their prior."""
        return outside_of_priors(self.names, self.posterior.mean)

    def worst_correlations(self, count: int = 10) -> list[tuple[str, str, float]]:
        """Return the pairs of parameters whose posterior correlation is largest in size, the largest first."""
        return worst_correlations(self.names, self.posterior.covariance, count)

    def fitted(self) -> Fitted:
        """Return the fitted set with its posterior, rounded."""
        root = np.linalg.cholesky(self.posterior.covariance)
        rows = zip(self.names, self.posterior.mean, root, strict=True)
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
                    score=round(float(score), 4),
                    root=tuple(round(float(entry), 4) for entry in row[:number]),
                )
                for number, (name, score, row) in enumerate(rows, start=1)
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
    tell: Tell = lambda _what: None,
) -> Calibration:
    """Return the posterior of the parameters of a case given its figures up to ``through``.

    Parameters and variances that ``case.toml`` sets are kept. ``from_fitted``: the search begins at the fitted set of
    the case. Raises UsageError without figures up to that day, InputError for a case that the rules cannot use.
    """
    started = time.perf_counter()
    problem = Problem(case, through, jobs)
    fit = fit_case(
        case,
        through=through,
        from_fitted=from_fitted,
        progress=lambda iteration, cost: tell(f"iteration {iteration + 1}, sum of squares {cost:.1f}"),
        problem=problem,
    )
    variances = shock_variances(free_parameters(problem.case))
    chance = chance_of(
        problem, fit.scores, variances, tell=lambda done, of: tell(f"what chance does: {done} of {of} replicates")
    )
    problem.progress = None
    posterior, (around, *_) = settled(problem, fit, chance, tell)
    mean = posterior.mean[: len(problem.names)]
    return Calibration(
        fit=fit,
        posterior=posterior,
        priors=problem.priors | {name: parameter_row(name) for name in posterior.names[len(problem.names) :]},
        figures=problem.figures(mean),
        moved=float(np.abs((mean - around) / np.sqrt(np.diag(posterior.covariance))[: len(mean)]).max()),
        courses=problem.courses,
        wall_s=time.perf_counter() - started,
    )


Around = tuple[FloatArray, FloatArray, FloatArray]
"""Scores, the figures of the expected course there, and their derivatives."""


def settled(
    problem: Problem, fit: Fit, chance: Chance, tell: Tell = lambda _what: None
) -> tuple[NormalPosterior, Around]:
    """Return the posterior around its own mean, and where it was taken."""
    around, at, derivatives = fit.scores, fit.figures, fit.derivatives
    for number in range(1, MOST_ROUNDS + 1):
        tell(f"posterior, round {number}")
        posterior = posterior_of(likelihood_of(problem, chance, around, at, derivatives))
        mean = posterior.mean[: len(around)]
        spread = np.sqrt(np.diag(posterior.covariance))[: len(around)]
        moved = float(np.abs((mean - around) / spread).max())
        if moved < STAYS or number == MOST_ROUNDS:
            break
        tell(f"derivatives for round {number + 1}")
        around, at, derivatives = mean, problem.figures(mean), problem.derivatives(mean)
    return posterior, (around, at, derivatives)


def likelihood_of(
    problem: Problem, chance: Chance, around: FloatArray, at: FloatArray, derivatives: FloatArray
) -> Likelihood:
    """Return the likelihood of a problem with its figures linear around some scores, where they are ``at``."""
    free = free_parameters(problem.case)
    errors = names_of_errors(problem.targets)
    sought = [name for name in (*chance.by_variance, *errors) if name in free]
    values = resolve_parameters(problem.case).values
    return Likelihood(
        names=problem.names,
        around=around,
        at=on_scale(problem.targets, at),
        derivatives=derivatives,
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
            case, targets, drawn, members, jobs, CHECK_SEED,
            tell=lambda done, of, drawn=drawn: tell(f"check of the {drawn}: {done} of {of} replicates"),  # type: ignore[misc]
        )  # fmt: skip
        logs[drawn] = on_scale(targets, figures) + noise
    return tuple(_checks(targets, logs))


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
