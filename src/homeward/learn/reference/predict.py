"""What the reference class says of an origin that is not in it, and the prior of the hazard with the gate open."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

from homeward.errors import UsageError
from homeward.learn.reference.episodes import Episode, covariates_of, known_by, shipped_episodes
from homeward.learn.reference.model import PARAMETERS, simulate
from homeward.learn.reference.posterior import Posterior, leave_out, sample, shipped_posterior, uncoerced

__all__ = [
    "FEWEST_EPISODES",
    "Prediction",
    "closing_chance",
    "draws_for",
    "nearest_episodes",
    "open_hazard_prior",
    "opening_chance",
    "predict",
]

Floats = NDArray[np.float64]

COURSES_PER_DRAW = 4
SEED = 20_110_315
FEWEST_EPISODES = 10
"""From fewer episodes no reference class is made."""

FIRST_YEARS = 4
"""The open gate is that of the year of the onset and the three after it."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """Courses of an unseen episode: ``shares`` and ``cumulative`` are courses × years.

    ``shares`` are of those exposed in each year, ``cumulative`` is one minus the product of those who stayed: the share
    of the refugees at the onset who have returned by the end of the year, other ways out of exile left aside.
    """

    origin: str
    onset_year: int
    shares: Floats
    cumulative: Floats
    material: tuple[Episode, ...]
    """The episodes that the prediction rests on: none of the origin, none later than it may know."""


def predict(
    origin: str,
    onset_year: int,
    *,
    episodes: Sequence[Episode] | None = None,
    as_of: date | None = None,
    without_coerced: bool = False,
    progress: Callable[[float], None] = lambda _share: None,
) -> Prediction:
    """Return courses of return for an origin after an onset, from the episodes of all other origins.

    ``episodes`` are those of the package if None. With ``as_of``, only what was known on that day is used. Either makes
    the posterior be sampled again, which needs the extra ``fit`` and about a minute; otherwise the posterior that
    comes with the package serves.

    Raises:
        UsageError: if fewer than :data:`FEWEST_EPISODES` episodes are left.
    """
    draws, material = draws_for(origin, episodes, as_of, without_coerced=without_coerced, progress=progress)
    random = np.random.default_rng([SEED, onset_year])
    shares = simulate(np.repeat(draws, COURSES_PER_DRAW, axis=0), covariates_of(onset_year), random)
    return Prediction(origin, onset_year, shares, np.asarray(1 - np.cumprod(1 - shares, axis=1)), tuple(material))


def draws_for(
    origin: str,
    episodes: Sequence[Episode] | None,
    as_of: date | None,
    *,
    without_coerced: bool = False,
    progress: Callable[[float], None] = lambda _share: None,
) -> tuple[Floats, list[Episode]]:
    """Return draws of the posterior without an origin and without what came later, and the episodes they rest on."""
    known = list(shipped_episodes() if episodes is None else episodes)
    if without_coerced:
        known = uncoerced(known)
    own = [episode for episode in known if episode.onset.origin == origin]
    material = [episode for episode in known if episode.onset.origin != origin]
    if as_of is not None:
        material = known_by(material, as_of)
    if len(material) < FEWEST_EPISODES:
        raise UsageError(
            f"only {len(material)} past episodes are known here, and a reference class needs {FEWEST_EPISODES}: "
            "take a later day, or tables with more years"
        )
    if episodes is None and as_of is None:
        posterior = shipped_posterior(without_coerced=without_coerced)
        draws = leave_out(posterior, own, np.random.default_rng(SEED))
        if draws is not None:
            return draws, material
    return _sampled(material, progress).draws, material


def _sampled(material: Sequence[Episode], progress: Callable[[float], None]) -> Posterior:
    try:
        return sample(material, progress=progress)
    except ModuleNotFoundError as error:
        raise UsageError("sampling the reference class again needs emcee: pip install 'homeward[fit]'") from error


def nearest_episodes(prediction: Prediction, stock: int | None, count: int = 5) -> list[Episode]:
    """Return the episodes most like the one in question, nearest first.

    Likeness is in the year of the onset (a decade counts one) and, where the stock is known, in its logarithm (a factor
    of e counts one). It names what a reader may want to look up, and weighs nothing.
    """

    def distance(episode: Episode) -> tuple[float, str]:
        years = (episode.first_year - prediction.onset_year) / 10
        size = 0.0 if stock is None else math.log(episode.stock / max(stock, 1))
        return math.hypot(years, size), episode.onset.id

    return sorted(prediction.material, key=distance)[:count]


@cache
def open_hazard_prior(origin: str, as_of: date) -> tuple[float, float]:
    """Return median (per year) and spread (of the logarithm) of the hazard of return of refugees with the gate open.

    The hazard of an open year, averaged over the first :data:`FIRST_YEARS` years since the onset, in an unseen episode
    without coercion that begins in the year of ``as_of``, from the episodes of all other origins as known on ``as_of``.
    It is the prior of the parameter ``return_hazard_open``; median and spread of the logarithm are those of the draws.
    """
    logs = open_log_hazard(_uncoerced_draws(origin, as_of), as_of.year, np.random.default_rng(SEED))
    return float(np.exp(np.median(logs))), float(np.std(logs))


def opening_chance(origin: str, as_of: date) -> float:
    """Return the chance that an open year follows a shut one, from other origins' returns as known on a day.

    The mean over the draws; returns described as coerced are left out, as in :func:`open_hazard_prior`.
    """
    return _mean_chance(origin, as_of, "reopen")


def closing_chance(origin: str, as_of: date) -> float:
    """Return the chance that a shut year follows an open one, as :func:`opening_chance`."""
    return 1.0 - _mean_chance(origin, as_of, "stay_open")


def _mean_chance(origin: str, as_of: date, name: str) -> float:
    odds = _uncoerced_draws(origin, as_of)[:, list(PARAMETERS).index(name)]
    return float(np.mean(1.0 / (1.0 + np.exp(-odds))))


@cache
def _uncoerced_draws(origin: str, as_of: date) -> Floats:
    return draws_for(origin, None, as_of, without_coerced=True)[0]


def open_log_hazard(draws: Floats, onset_year: int, random: np.random.Generator) -> Floats:
    """Return the log of the mean hazard of the first years if all of them are open: one value per draw."""
    from homeward.learn.reference.model import COVARIATES, PARAMETERS

    of = dict(zip(PARAMETERS, draws.T, strict=True))
    level = of["open_level"] + np.exp(of["frailty_log_spread"]) * random.standard_normal(len(draws))
    for name, value in zip(COVARIATES, covariates_of(onset_year), strict=True):
        level = level + of[name] * value
    hazards = [
        np.exp(level + of["decline"] * year + np.exp(of["open_log_spread"]) * random.standard_normal(len(draws)))
        for year in range(FIRST_YEARS)
    ]
    return np.asarray(np.log(np.mean(hazards, axis=0)))
