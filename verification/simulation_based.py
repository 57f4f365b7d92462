"""Simulation-based calibration: posteriors hold what they say when the truth is drawn from the prior.

Talts et al. 2018 (arXiv:1804.06788): parameters are drawn from their priors, figures are simulated with them by the
whole stochastic simulation, shocks, audits and errors of observation included, and the posterior is taken from these
figures by the same calibration that a user gets: search, posterior, and nine draws brought to the figures by one round
of courses. Then the rank of the truth among the draws is uniform. A small case with four parameters of movement, two
variances of shared shocks and two spreads of errors as unknowns, all of them fitted; 1,000 draws.

Each of the eight is tested twice: the mean rank for drift, chi-squared over the ten ranks for shape. Family-wise false
alarm 1 % (Bonferroni: 1 / 1600 for each test). Negative control: the same figures with a likelihood that takes
each figure for independent evidence, with half the errors, has to fail.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from tests.small_case import small_case

from homeward.case.schema import Basis, Case, Measure, Observation
from homeward.engine.drawn import free_parameters
from homeward.learn.calibrate import likelihood_of
from homeward.learn.chance import Chance, chance_of, published_once
from homeward.learn.fit import fit_case
from homeward.learn.likelihood import Likelihood, posterior_of
from homeward.learn.problem import Problem, with_values
from homeward.learn.refine import refined_draws
from homeward.learn.targets import VERIFIED, YEAR_END, Target
from homeward.rules.parameters import parameter_row, resolve_parameters
from homeward.rules.priors import value_at
from verification.tables import show

__all__ = ["main"]

FloatArray = NDArray[np.float64]

DRAWS = 1_000
SEED = 618
MOVEMENT = ("flight_hazard", "attraction_country", "return_host_effect[HOA]", "deactivation_rate[HOA]")
SPREADS = ("flight_shock_variance", "host_year_variance", "registration_error_sd", "returns_error_sd")
UNKNOWN = (*MOVEMENT, *SPREADS)
START, THROUGH = date(2012, 12, 16), date(2014, 12, 31)
DRAWN = 9
"""Draws of each posterior: the truth has one of ten ranks among them."""

ROUNDS = 1
FAMILY_WISE = 0.01
PROCESSES = 2
MEMBERS = 200


@dataclass(frozen=True)
class _Ranks:
    """Draws below the truth, by unknown: of the posterior, and of the one with the wrong likelihood."""

    right: FloatArray
    wrong: FloatArray


def main() -> bool:
    """Draw, fit, test, print, and return whether all pass and the control fails."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        found = list(pool.map(_ranks, range(DRAWS), chunksize=10))
    right, wrong = (np.array([getattr(ranks, name) for ranks in found]) for name in ("right", "wrong"))
    passed, caught = _told("posterior", right), not _told("control: figures independent, errors halved", wrong)
    return passed and caught


def _told(what: str, ranks: FloatArray) -> bool:
    tests = [(name, *_tested(ranks[:, number])) for number, name in enumerate(UNKNOWN)]
    limit = FAMILY_WISE / (2 * len(UNKNOWN))
    rows = [(name, f"{ranks[:, k].mean():.2f}", f"{_inside(ranks[:, k]):.3f}", f"{drift:.2g}", f"{width:.2g}")
            for k, (name, drift, width) in enumerate(tests)]  # fmt: skip
    show(
        f"{what}: {len(ranks)} draws, every p at least {limit:.2g}",
        ("unknown", "mean rank of 4.5", "in 80 %", "p drift", "p shape"),
        rows,
    )
    return all(min(drift, width) >= limit for _, drift, width in tests)


def _inside(ranks: FloatArray) -> float:
    """Return the share of truths that are neither below nor above all draws."""
    return float(np.mean((ranks > 0) & (ranks < DRAWN)))


def _tested(ranks: FloatArray) -> tuple[float, float]:
    """Return the p of a drift of the mean rank, and of any other shape than level."""
    spread = np.sqrt(((DRAWN + 1) ** 2 - 1) / 12 / len(ranks))
    drift = 2 * stats.norm.sf(abs(ranks.mean() - DRAWN / 2) / spread)
    counts = np.bincount(ranks.astype(int), minlength=DRAWN + 1)
    return float(drift), float(stats.chisquare(counts).pvalue)


@cache
def _prepared() -> tuple[Problem, Chance]:
    """Return the problem and what chance does at the medians of the priors, which serves for all draws."""
    problem = Problem(_case(), THROUGH, jobs=1)
    return problem, chance_of(problem, np.zeros(len(problem.names)), SPREADS[:2], members=MEMBERS)


def _case() -> Case:
    """Return the small case, everything pinned but the unknowns."""
    case = small_case(people=6_000_000, violence=3_000.0, start=START, end=THROUGH, camp_capacity=None)
    open_names = {*UNKNOWN, *(name.partition("[")[0] for name in UNKNOWN)}
    pinned = {name: value for name, value in resolve_parameters(case).values.items() if name not in open_names}
    settings = case.settings.model_copy(update={"parameters": pinned, "step_hours": 168})
    found = case.model_copy(update={"settings": settings, "observed": tuple(_figures())})
    free = set(free_parameters(found))
    if free != set(UNKNOWN):
        raise AssertionError(f"unknown are {sorted(free)}")
    return found


def _figures() -> Iterator[Observation]:
    """Yield the rows of the record; their values are simulated."""
    kinds = (
        (Measure.REFUGEE_STOCK, "HOA", YEAR_END), (Measure.REFUGEE_STOCK, "HOB", YEAR_END),
        (Measure.RETURNED_REFUGEES, "HOA", VERIFIED),
    )  # fmt: skip
    for measure, place, definition in kinds:
        yield Observation(
            date=THROUGH, measure=measure, place=place, value=1e6, definition=definition, source="made-up",
            known_on=THROUGH, basis=Basis.OBSERVED,
        )  # fmt: skip


def _ranks(draw: int) -> _Ranks:
    problem, chance = _prepared()
    truth = np.random.default_rng([SEED, draw]).standard_normal(len(UNKNOWN))
    values = {name: value_at(parameter_row(name), score) for name, score in zip(UNKNOWN, truth, strict=True)}
    case = with_values(problem.case, values)
    figures = published_once(case, problem.targets, SEED, draw)
    problem.targets = tuple(_valued(problem.targets, figures))
    fit = fit_case(case, through=THROUGH, problem=problem)
    likelihood = likelihood_of(problem, chance, fit)
    halved = {name: 0.5 * parameter_row(name).location for name in SPREADS[2:]}
    nothing = np.zeros_like(chance.rest)
    ignorant = replace(
        likelihood,
        chance=Chance(chance.offset, nothing, dict.fromkeys(SPREADS[:2], nothing)),
        pinned=halved,
        spreads={name: likelihood.spreads[name] for name in SPREADS[:2]},
    )
    return _Ranks(_rank(problem, likelihood, truth, draw), _rank(problem, ignorant, truth, draw))


def _rank(problem: Problem, likelihood: Likelihood, truth: FloatArray, draw: int) -> FloatArray:
    """Return how many draws lie below the truth, by unknown; what is no unknown of a likelihood keeps its prior."""
    linear = posterior_of(likelihood)
    variances = linear.draws[:DRAWN]
    scores, _ = refined_draws(problem, likelihood, variances, rounds=ROUNDS, seed=draw)
    found = dict(zip(linear.names, np.concatenate([scores, variances], axis=1).T, strict=True))
    prior = np.random.default_rng([SEED, draw, 1]).standard_normal((len(UNKNOWN), DRAWN))
    samples = [found.get(name, prior[number]) for number, name in enumerate(UNKNOWN)]
    return np.array([np.count_nonzero(sample < score) for sample, score in zip(samples, truth, strict=True)])


def _valued(targets: Sequence[Target], figures: FloatArray) -> Iterator[Target]:
    for target, figure in zip(targets, figures, strict=True):
        [row] = target.rows
        yield replace(target, rows=(row.model_copy(update={"value": max(float(figure), 1.0)}),))
