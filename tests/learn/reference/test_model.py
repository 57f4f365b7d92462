from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.special import log_ndtr

from homeward.learn.reference import model
from homeward.learn.reference.episodes import record_of, shipped_episodes
from homeward.learn.reference.likelihood import log_likelihood
from homeward.learn.reference.model import PARAMETERS, Record, log_prior, plain_log_likelihood, simulate
from homeward.learn.reference.posterior import shipped_posterior
from tests.learn.reference.hand_made import episode

TYPICAL = np.array([[-1.8, 0.1, 4.4, 1.0, 0.0, -0.26, -0.1, 2.4, -1.1, -0.5]])
OF = dict(zip(PARAMETERS, TYPICAL[0], strict=True))


def chance(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


def by_hand(record: Record, row: int) -> float:
    """The likelihood of one episode the long way: every sequence of states, and SciPy's quadrature over the frailty."""
    years = record.log_hazard.shape[1]

    def given_frailty(frailty: float) -> float:
        total = 0.0
        for states in itertools.product((True, False), repeat=years):
            product = 1.0
            for year, is_open in enumerate(states):
                odds = OF["open_first"] if year == 0 else OF["stay_open" if states[year - 1] else "reopen"]
                product *= chance(odds) if is_open else 1 - chance(odds)
                level = OF["open_level"] + math.exp(OF["frailty_log_spread"]) * frailty + OF["decline"] * year
                level += OF["onset_decade"] * record.covariates[row, 0] - (0 if is_open else OF["shut_gap"])
                spread = math.exp(OF["open_log_spread" if is_open else "shut_log_spread"])
                if np.isfinite(record.log_hazard[row, year]):
                    product *= stats.norm.pdf(record.log_hazard[row, year], level, spread)
                elif np.isfinite(record.log_limit[row, year]):
                    product *= stats.norm.cdf(record.log_limit[row, year], level, spread)
            total += product
        return total * float(stats.norm.pdf(frailty))

    return math.log(integrate.quad(given_frailty, -8, 8, epsabs=0, epsrel=1e-9, limit=200)[0])


def short(record: Record, years: int) -> Record:
    return Record(record.log_hazard[:, :years], record.log_limit[:, :years], record.covariates)


def test_the_likelihood_is_the_sum_over_all_sequences_of_states() -> None:
    record = short(record_of([episode("AAA-1990", [0.2, None, 0.0, 0.01]), episode("BBB-2010", [0.0, 0.0, 0.3])]), 4)
    found = log_likelihood(TYPICAL, record, nodes=41)[0]
    assert found == pytest.approx([by_hand(record, 0), by_hand(record, 1)], abs=0.003)


def test_the_compiled_likelihood_equals_its_plain_twin() -> None:
    draws = model.starting_points(30, np.random.default_rng(4))
    episodes = [episode("AAA-1990", [0.2, None, 0.0, 0.01]), episode("BBB-2010", [0.0, 0.0, 0.3, 1.0, 1e-4])]
    record = record_of(episodes)
    assert log_likelihood(draws, record) == pytest.approx(plain_log_likelihood(draws, record), rel=1e-9)


def test_more_nodes_change_nothing_that_matters() -> None:
    """On the shipped episodes, over shipped draws."""
    record = record_of(shipped_episodes())
    draws = shipped_posterior(without_coerced=False).draws[::20]
    found = log_likelihood(draws, record)
    assert np.abs(found - log_likelihood(draws, record, nodes=2 * model.NODES - 1)).max() < 0.02
    assert np.abs(found - log_likelihood(draws, record, nodes=9)).max() > 0.1, "nine nodes are too few"


def test_a_missing_year_says_nothing() -> None:
    alone = log_likelihood(TYPICAL, record_of([episode("AAA-1990", [0.2])]))
    padded = log_likelihood(TYPICAL, record_of([episode("AAA-1990", [0.2, None, None])]))
    assert padded == pytest.approx(alone)


def test_the_order_of_episodes_does_not_matter() -> None:
    two = [episode("AAA-1990", [0.2, 0.0]), episode("BBB-2010", [0.01, 0.3])]
    forward, backward = log_likelihood(TYPICAL, record_of(two)), log_likelihood(TYPICAL, record_of(two[::-1]))
    assert forward[0] == pytest.approx(backward[0, ::-1])


@given(st.floats(-60, 8))
def test_the_log_of_the_normal_distribution(distance: float) -> None:
    found = float(model._log_below(np.array([distance]))[0])
    assert found == pytest.approx(float(log_ndtr(distance)), rel=1e-5, abs=1e-12)


def test_the_prior_is_highest_at_its_means() -> None:
    means = np.array([[prior.mean for prior in PARAMETERS.values()]])
    assert log_prior(means)[0] == 0
    assert log_prior(TYPICAL)[0] < 0


def test_simulated_episodes_have_the_law_of_the_likelihood() -> None:
    """Every bin of year 1 within five standard errors of the law by hand: false alarms below one in 100,000."""
    random = np.random.default_rng(3)
    count = 40_000
    shares = simulate(np.repeat(TYPICAL, count, axis=0), np.array([0.0]), random, years=2)
    found = np.log(-np.log1p(-shares[:, 1]))
    opened = chance(OF["open_first"])
    opened = opened * chance(OF["stay_open"]) + (1 - opened) * chance(OF["reopen"])
    frailty = math.exp(OF["frailty_log_spread"])
    level = OF["open_level"] + OF["decline"]
    open_law = stats.norm(level, math.hypot(math.exp(OF["open_log_spread"]), frailty))
    shut_law = stats.norm(level - OF["shut_gap"], math.hypot(math.exp(OF["shut_log_spread"]), frailty))
    for edge in (-9.0, -7.0, -5.0, -3.0, -2.0, -1.0):
        expected = opened * open_law.cdf(edge) + (1 - opened) * shut_law.cdf(edge)
        error = math.sqrt(expected * (1 - expected) / count)
        assert abs((found < edge).mean() - expected) < 5 * error
        wrong = (opened + 0.05) * open_law.cdf(edge) + (1 - opened - 0.05) * shut_law.cdf(edge)
        if -7 < edge < -2:
            assert abs((found < edge).mean() - wrong) > 5 * error, "the test sees a chance of an open year 5 points off"


def test_shares_are_shares() -> None:
    shares = simulate(np.repeat(TYPICAL, 500, axis=0), np.array([-5.0]), np.random.default_rng(1))
    assert ((shares >= 0) & (shares <= model.LARGEST_SHARE)).all()
