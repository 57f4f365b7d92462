"""Draws brought to the figures: exact where figures are a line, and nearer than the line where they are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.learn.calibrate import likelihood_of
from homeward.learn.chance import Chance
from homeward.learn.fit import Fit, fit_case
from homeward.learn.problem import Problem, on_scale
from homeward.learn.refine import refined_draws
from tests.known_case import known_case

FloatArray = NDArray[np.float64]
LAST = date(2014, 12, 31)
REGISTER = {"deactivation_rate[HOA]": 0.7}
MOVING = {"attraction_country": -0.5, "flight_hazard": 0.6}


def prepared(scores: dict[str, float]) -> tuple[Problem, Fit, Chance]:
    case = known_case(scores, last_year=2014)
    problem = Problem(case, LAST, jobs=1)
    fit = fit_case(case, through=LAST, problem=problem)
    count = len(problem.targets)
    return problem, fit, Chance(np.zeros(count), np.zeros((count, count)), {})


def test_where_figures_are_a_line_draws_have_the_posterior_and_stay() -> None:
    """A lapse of files changes the logarithm of a register nearly in proportion: its score enters by an exponential.

    Mean and spread of 80 draws against the normal posterior: 11 % and 8 % of a spread by chance, allowed 35 %.
    """
    problem, fit, chance = prepared(REGISTER)
    likelihood = likelihood_of(problem, chance, fit)
    nothing = np.zeros((80, 0))
    draws, misfit = refined_draws(problem, likelihood, nothing, rounds=0)
    means, covariance = likelihood.given(np.zeros((1, 0)))
    spread = float(np.sqrt(covariance[0, 0]))
    assert draws.mean() == pytest.approx(float(means[0, 0]), abs=0.35 * spread)
    assert draws.std() == pytest.approx(spread, rel=0.35)
    assert np.array_equal(misfit[0], misfit[1])


def test_a_step_is_taken_only_where_it_brings_a_draw_nearer() -> None:
    problem, fit, chance = prepared(MOVING)
    likelihood = likelihood_of(problem, chance, fit)
    _, misfit = refined_draws(problem, likelihood, np.zeros((8, 0)), rounds=2)
    assert np.all(misfit[1] <= misfit[0])
    assert np.median(misfit[1]) < np.median(misfit[0])


def test_a_step_that_goes_too_far_is_not_taken_and_the_next_is_shorter() -> None:
    """With derivatives a quarter of what they are, steps are some times too long."""
    problem, fit, chance = prepared(MOVING)
    likelihood = likelihood_of(problem, chance, fit)
    short = replace(likelihood, derivatives=likelihood.derivatives / 4)
    found = [refined_draws(problem, short, np.zeros((6, 0)), rounds=rounds) for rounds in (1, 3)]
    for _, misfit in found:
        assert np.all(misfit[1] <= misfit[0])
    assert np.any(found[0][1][1] == found[0][1][0]), "no step was too long"
    assert np.all(found[1][1][1] <= found[0][1][1])


def test_draws_let_one_expect_the_record_as_well_as_errors_allow() -> None:
    problem, fit, chance = prepared(MOVING)
    likelihood = likelihood_of(problem, chance, fit)
    draws, _ = refined_draws(problem, likelihood, np.zeros((8, 0)), rounds=2)
    stocks = [
        n for n, target in enumerate(problem.targets) if target.error == "registration_error_sd" and not target.beyond
    ]
    record = on_scale(problem.targets, np.array([target.value for target in problem.targets]))[stocks]
    logs = np.array([on_scale(problem.targets, problem.figures_once(one))[stocks] for one in draws])
    assert np.abs(np.median(logs, axis=0) - record).max() < 0.1
    assert logs.std(axis=0).max() < 0.15


def test_the_same_seed_gives_the_same_draws() -> None:
    problem, fit, chance = prepared(REGISTER)
    likelihood = likelihood_of(problem, chance, fit)
    one, same, other = (refined_draws(problem, likelihood, np.zeros((3, 0)), seed=seed)[0] for seed in (1, 1, 2))
    assert one.tolist() == same.tolist()
    assert one.tolist() != other.tolist()
