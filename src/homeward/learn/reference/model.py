r"""The hazard of return after a war, episode by episode: what is unknown, how likely the record is, and draws from it.

An episode has a yearly hazard :math:`H_k = -\log(1 - R_k / E_k)` in the years :math:`k = 0, 1, …` since its onset, with
R the returns and E the exposure. In every year it is in one of two states that nobody sees, *open* or *shut*:

.. math::
    \log H_k &= m_s + \tau u + \beta k + \gamma w + \sigma_s \varepsilon_k, \quad s \in \{open, shut\} \\
    P(open_0) &= \Lambda(a_0), \quad P(open_k | open_{k-1}) = \Lambda(a_1), \quad P(open_k | shut_{k-1}) = \Lambda(a_2)

with :math:`u, \varepsilon` standard normal, :math:`\Lambda` the logistic function and w the covariates of the episode.
u is the *frailty* of the episode, shared by all its years; the state makes the *bursts*: rare, heavy, and lasting some
years. A year in which nobody is recorded is censored (fewer than five went home, the smallest number that UNHCR
publishes), a year without a figure says nothing. The states are summed out by the forward algorithm of hidden Markov
models (Rabiner 1989, Proceedings of the IEEE 77), the frailty by the trapezoidal rule; so what is left to be sampled
is the vector of :data:`PARAMETERS`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "COVARIATES",
    "LARGEST_SHARE",
    "NODES",
    "PARAMETERS",
    "YEARS",
    "Prior",
    "Record",
    "covariate_shift",
    "log_prior",
    "plain_log_likelihood",
    "quadrature",
    "simulate",
    "starting_points",
]

YEARS = 11
"""Years of an episode: the calendar year of its onset and ten more."""

NODES = 25
"""Points of the quadrature over the frailty; twice as many move no shipped episode's log likelihood by 0.02."""

FRAILTY_RANGE = 4.8
"""The quadrature ends at so many standard deviations of the frailty."""

FAR_BELOW = -20.0

LARGEST_SHARE = 0.999
"""Largest share of the exposed that counts as returned in a year: its hazard is 6.9, and finite."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prior:
    """Mean and standard deviation of a normal prior, and what the parameter means."""

    mean: float
    spread: float
    meaning: str


PARAMETERS: dict[str, Prior] = {
    "open_level": Prior(-2.0, 1.5, "log of the yearly hazard in an open year, at the onset (-2: one in eight)"),
    "open_log_spread": Prior(0.0, 0.7, "log of the spread of open years around their level"),
    "shut_gap": Prior(4.0, 2.0, "how far the level of shut years lies below that of open ones"),
    "shut_log_spread": Prior(0.7, 0.7, "log of the spread of shut years"),
    "frailty_log_spread": Prior(0.0, 0.7, "log of the spread between episodes"),
    "decline": Prior(0.0, 0.2, "change of the log hazard for each year since the onset"),
    "open_first": Prior(0.0, 1.5, "log odds that the year of the onset is open"),
    "stay_open": Prior(1.5, 1.5, "log odds that an open year follows an open one"),
    "reopen": Prior(-1.5, 1.5, "log odds that an open year follows a shut one"),
    "onset_decade": Prior(0.0, 0.5, "change of the log hazard for each decade of the onset's year after 2000"),
}
"""What is sampled, in order. Priors are weak: two spreads of open_level reach from 0.7 % a year to everybody."""

COVARIATES = ("onset_decade",)
"""The parameters that belong to covariates of an episode, in the order of :attr:`Record.covariates`."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of some episodes.

    ``log_hazard`` (episodes × years) is NaN where nothing was returned or no figure exists; ``log_limit`` is the log
    hazard below which a censored year lies, NaN elsewhere; ``covariates`` is episodes × :data:`COVARIATES`.
    """

    log_hazard: Floats
    log_limit: Floats
    covariates: Floats

    def __len__(self) -> int:
        """Return the number of episodes."""
        return len(self.log_hazard)

    def of(self, chosen: NDArray[np.bool_]) -> Record:
        """Return the record of the chosen episodes only."""
        return Record(self.log_hazard[chosen], self.log_limit[chosen], self.covariates[chosen])


def log_prior(draws: Floats) -> Floats:
    """Return the log density of the prior (up to a constant) at draws × parameters."""
    mean = np.array([prior.mean for prior in PARAMETERS.values()])
    spread = np.array([prior.spread for prior in PARAMETERS.values()])
    return np.asarray(-0.5 * (((draws - mean) / spread) ** 2).sum(axis=-1))


def plain_log_likelihood(draws: Floats, record: Record, nodes: int = NODES) -> Floats:
    """Return the log likelihood of every episode under every draw: the plain twin of the compiled one."""
    points, weights = quadrature(nodes)
    log_weights = np.log(weights)
    of = _by_name(draws[:, :, None, None])  # draws × 1 × 1; a further axis for the nodes comes below
    shift = covariate_shift(draws, record.covariates)
    base = of["open_level"] + np.exp(of["frailty_log_spread"]) * points + shift[:, :, None]
    shut = of["shut_gap"]
    ahead: tuple[Floats, Floats] | None = None
    stay, reopen = _log_odds(of["stay_open"]), _log_odds(of["reopen"])
    for year in range(record.log_hazard.shape[1]):
        level = base + of["decline"] * year
        seen_open = _log_density(record, year, level, np.exp(of["open_log_spread"]))
        seen_shut = _log_density(record, year, level - shut, np.exp(of["shut_log_spread"]))
        if ahead is None:
            first = _log_odds(of["open_first"])
            ahead = first[0] + seen_open, first[1] + seen_shut
        else:
            was_open, was_shut = ahead
            ahead = (
                np.logaddexp(was_open + stay[0], was_shut + reopen[0]) + seen_open,
                np.logaddexp(was_open + stay[1], was_shut + reopen[1]) + seen_shut,
            )
    if ahead is None:
        return np.zeros((len(draws), len(record)))
    return np.asarray(np.logaddexp.reduce(np.logaddexp(*ahead) + log_weights, axis=-1))


def quadrature(nodes: int) -> tuple[Floats, Floats]:
    """Return points and weights over the frailty: the trapezoidal rule.

    For integrands that fall off like a normal density its error falls exponentially with the step (Trefethen and
    Weideman 2014, SIAM Review 56); Gauss–Hermite points need twice as many where an episode's frailty is well known.
    """
    points = np.linspace(-FRAILTY_RANGE, FRAILTY_RANGE, nodes)
    density = np.exp(-0.5 * points**2)
    return points, density / density.sum()


def covariate_shift(draws: Floats, covariates: Floats) -> Floats:
    """Return what covariates (episodes × covariates) add to the log hazard: draws × episodes."""
    return np.asarray(draws[:, _covariate_columns()] @ covariates.T)


def simulate(draws: Floats, covariates: Floats, random: np.random.Generator, years: int = YEARS) -> Floats:
    """Return yearly shares of the exposed who return: one course of an unseen episode per draw, draws × years.

    ``covariates`` are those of the episode, one value per entry of :data:`COVARIATES`.
    """
    of = _by_name(draws)
    count = len(draws)
    level = of["open_level"] + np.exp(of["frailty_log_spread"]) * random.standard_normal(count)
    level = level + covariate_shift(draws, covariates[None])[:, 0]
    hazards = np.empty((count, years))
    is_open = random.random(count) < _logistic(of["open_first"])
    for year in range(years):
        if year:
            is_open = random.random(count) < _logistic(np.where(is_open, of["stay_open"], of["reopen"]))
        spread = np.exp(np.where(is_open, of["open_log_spread"], of["shut_log_spread"]))
        at = level + of["decline"] * year - np.where(is_open, 0.0, of["shut_gap"])
        hazards[:, year] = np.exp(np.minimum(at + spread * random.standard_normal(count), 3.0))
    return np.minimum(-np.expm1(-hazards), LARGEST_SHARE)


def starting_points(count: int, random: np.random.Generator) -> Floats:
    """Return points near the middle of the prior for a sampler to begin at: count × parameters."""
    mean = np.array([prior.mean for prior in PARAMETERS.values()])
    spread = np.array([prior.spread for prior in PARAMETERS.values()])
    return np.asarray(mean + 0.2 * spread * random.standard_normal((count, len(mean))))


def _by_name(draws: Floats) -> dict[str, Floats]:
    return {name: draws[:, column] for column, name in enumerate(PARAMETERS)}


def _covariate_columns() -> Sequence[int]:
    names = list(PARAMETERS)
    return [names.index(name) for name in COVARIATES]


def _log_density(record: Record, year: int, level: Floats, spread: Floats) -> Floats:
    """Return the log density of one year's record: draws × episodes × nodes; 0 where it says nothing."""
    found = np.zeros(level.shape)
    seen = np.isfinite(record.log_hazard[:, year])
    distance = (record.log_hazard[seen, year][None, :, None] - level[:, seen]) / spread
    found[:, seen] = -0.5 * distance**2 - np.log(spread) - 0.5 * np.log(2 * np.pi)
    censored = np.isfinite(record.log_limit[:, year])
    if censored.any():
        found[:, censored] = _log_below((record.log_limit[censored, year][None, :, None] - level[:, censored]) / spread)
    return found


def _log_below(distance: Floats) -> Floats:
    """Return the log of the standard normal distribution function; NumPy has none, and few years are censored."""
    return np.asarray(_LOG_BELOW(distance), dtype=np.float64)


def _log_below_one(distance: float) -> float:
    if distance > FAR_BELOW:
        return math.log(0.5 * math.erfc(-distance / math.sqrt(2)))
    # Abramowitz and Stegun (1964), 26.2.12, where erfc would vanish.
    return -0.5 * distance**2 - math.log(-distance * math.sqrt(2 * math.pi)) - 1 / distance**2


_LOG_BELOW = np.frompyfunc(_log_below_one, 1, 1)


def _log_odds(odds: Floats) -> tuple[Floats, Floats]:
    """Return the logs of a chance and of its opposite."""
    return -np.logaddexp(0.0, -odds), -np.logaddexp(0.0, odds)


def _logistic(odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-odds)))
