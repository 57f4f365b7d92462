"""The posterior with figures linear in scores, against closed forms and a grid."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.case.schema import Basis, Measure, Observation
from homeward.learn.chance import Chance
from homeward.learn.likelihood import Likelihood, names_of_errors, posterior_of
from homeward.learn.targets import Target
from homeward.rules.parameters import parameter_row
from homeward.rules.priors import value_at

FloatArray = NDArray[np.float64]
YEARS = range(2013, 2019)
SHOCK, ERROR = "flight_shock_variance", "registration_error_sd"


def row(year: int, place: str = "HOA", value: float = 1_000.0) -> Observation:
    return Observation(
        date=date(year, 12, 31), measure=Measure.REFUGEE_STOCK, place=place, value=value, definition="made-up",
        source="made-up", known_on=date(year + 1, 6, 20), basis=Basis.OBSERVED,
    )  # fmt: skip


def target(*rows: Observation, error: str = ERROR, beyond: float = 0.0) -> Target:
    return Target(Measure.REFUGEE_STOCK, rows[0].place, rows[0].date, rows, 0.1, error, beyond)


TARGETS = tuple(target(row(year)) for year in YEARS)
RANDOM = np.random.default_rng(4)
DERIVATIVES = RANDOM.normal(0.0, 0.2, (len(TARGETS), 3))
SHAPE = np.ones((len(TARGETS), len(TARGETS)))
"""A shock that all years share."""


def likelihood(**changes: object) -> Likelihood:
    nothing = np.zeros((len(TARGETS), len(TARGETS)))
    whole = Likelihood(
        names=("one", "two", "three"),
        around=np.array([0.5, -0.2, 0.1]),
        at=np.log(1_000.0) + RANDOM.normal(0.0, 0.1, len(TARGETS)),
        derivatives=DERIVATIVES,
        targets=TARGETS,
        chance=Chance(np.full(len(TARGETS), 0.02), nothing, {SHOCK: SHAPE}),
        spreads={},
        pinned={ERROR: 0.07, SHOCK: 0.01},
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def test_with_known_variances_the_posterior_is_that_of_linear_regression() -> None:
    """The other way round: precisions add up (the lemma of Woodbury), instead of integrating the parameters out."""
    whole = likelihood()
    noise = 0.01 * SHAPE + 0.07**2 * np.eye(len(TARGETS))
    precision = np.eye(3) + DERIVATIVES.T @ np.linalg.solve(noise, DERIVATIVES)
    seen = np.log(1_000.0) - 0.02 - whole.at + DERIVATIVES @ whole.around
    mean = np.linalg.solve(precision, DERIVATIVES.T @ np.linalg.solve(noise, seen))
    found = posterior_of(whole)
    assert found.names == ("one", "two", "three")
    assert found.mean == pytest.approx(mean, rel=1e-6)
    assert found.covariance == pytest.approx(np.linalg.inv(precision), rel=1e-5, abs=1e-9)


def test_figures_that_say_nothing_leave_the_prior() -> None:
    derivatives = DERIVATIVES.copy()
    derivatives[:, 1] = 0.0
    found = posterior_of(likelihood(derivatives=derivatives))
    assert found.mean[1] == pytest.approx(0.0, abs=1e-12)
    assert found.covariance[1] == pytest.approx([0.0, 1.0, 0.0], abs=1e-9)


def test_shared_shocks_make_years_less_than_independent_evidence() -> None:
    sure, less = (posterior_of(likelihood(pinned={ERROR: 0.07, SHOCK: size})) for size in (0.0, 0.05))
    derivatives = np.ones((len(TARGETS), 3)) * np.array([0.2, 0.0, 0.0])
    level = [posterior_of(likelihood(pinned={ERROR: 0.07, SHOCK: size}, derivatives=derivatives)) for size in (0, 0.05)]
    assert np.trace(less.covariance) > np.trace(sure.covariance)
    assert level[1].covariance[0, 0] > 2 * level[0].covariance[0, 0], "a level is what a shared shock looks like"


def test_variances_and_parameters_have_the_moments_of_a_grid() -> None:
    """The posterior of one spread of errors by summing over a grid, and of the parameters by the mixture over it.

    emcee's draws are worth some hundred: moments agree to a fifth of a posterior spread.
    """
    prior = parameter_row(ERROR)
    whole = likelihood(spreads={ERROR: prior}, pinned={SHOCK: 0.01})
    found = posterior_of(whole, steps=2_000)
    grid = np.linspace(-5.0, 5.0, 401)
    log_density, means, covariances = [], [], []
    seen = np.log(1_000.0) - 0.02 - whole.at + DERIVATIVES @ whole.around
    for score in grid:
        noise = 0.01 * SHAPE + value_at(prior, score) ** 2 * np.eye(len(TARGETS))
        marginal = noise + DERIVATIVES @ DERIVATIVES.T
        _, size = np.linalg.slogdet(marginal)
        log_density.append(-0.5 * (size + seen @ np.linalg.solve(marginal, seen) + score**2))
        precision = np.eye(3) + DERIVATIVES.T @ np.linalg.solve(noise, DERIVATIVES)
        means.append(np.linalg.solve(precision, DERIVATIVES.T @ np.linalg.solve(noise, seen)))
        covariances.append(np.linalg.inv(precision))
    weights = np.exp(np.array(log_density) - max(log_density))
    weights /= weights.sum()
    mean = weights @ np.array(means)
    spread = np.sqrt(np.tensordot(weights, [np.diag(one) for one in covariances], axes=1)
                     + weights @ (np.array(means) - mean) ** 2)  # fmt: skip
    middle = float(weights @ grid)
    deviation = float(np.sqrt(weights @ (grid - middle) ** 2))
    assert found.names[-1] == ERROR
    assert found.mean[-1] == pytest.approx(middle, abs=0.2 * deviation)
    assert np.sqrt(found.covariance[-1, -1]) == pytest.approx(deviation, rel=0.15)
    assert np.abs((found.mean[:3] - mean) / spread).max() < 0.2
    assert np.sqrt(np.diag(found.covariance))[:3] == pytest.approx(spread, rel=0.05)
    assert found.independent > 100


def test_the_same_seed_gives_the_same_posterior() -> None:
    whole = likelihood(spreads={ERROR: parameter_row(ERROR)}, pinned={SHOCK: 0.01})
    one, same, other = (posterior_of(whole, seed=seed) for seed in (1, 1, 2))
    assert one.mean.tolist() == same.mean.tolist()
    assert one.mean.tolist() != other.mean.tolist()


def test_errors_of_a_country_and_of_its_group_are_one() -> None:
    """The group is two countries, one of which is also a figure of its own."""
    first, second = row(2013, "DEU", 300.0), row(2013, "SWE", 100.0)
    targets = (target(first, beyond=1.2), target(first, second), target(row(2013, "TUR")), target(row(2014), error=""))
    nothing = np.zeros((4, 4))
    whole = likelihood(
        targets=targets, at=np.zeros(4), derivatives=np.zeros((4, 3)), chance=Chance(np.zeros(4), nothing, {}),
        pinned={ERROR: 0.1},
    )  # fmt: skip
    [covariance] = whole.covariances(np.zeros((1, 0)))
    shared = 0.01 * np.array([[1.0, 0.75, 0, 0], [0.75, 0.75**2 + 0.25**2, 0, 0], [0, 0, 1.0, 0], [0, 0, 0, 0]])
    assert covariance == pytest.approx(shared + np.diag([1.44, 0, 0, 0]), abs=1e-8)
    assert names_of_errors(targets) == (ERROR,)
