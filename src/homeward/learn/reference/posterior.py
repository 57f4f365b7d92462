"""The posterior of the reference class: sampled with emcee, kept as a small table, and taken without an origin."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homeward.learn.reference.episodes import HERE, Coercion, Episode, record_of
from homeward.learn.reference.model import PARAMETERS, plain_log_likelihood, starting_points

__all__ = [
    "Posterior",
    "fingerprint",
    "leave_out",
    "read_posterior",
    "sample",
    "shipped_posterior",
    "uncoerced",
    "write_posterior",
]

Floats = NDArray[np.float64]

WALKERS = 40
BURN_IN = 700
STEPS = 2_000
KEPT = 2_000
"""Draws that are kept, chosen by chance: about as many as the chains hold independent ones."""

SEED = 20_241_208

FEWEST_EFFECTIVE = 100
"""Weighted draws below this effective number are no posterior any more: it must be sampled again."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """Draws of :data:`~homeward.learn.reference.model.PARAMETERS` given some episodes.

    ``draws`` is draws × parameters. ``split_r_hat`` (Gelman and Rubin 1992, as split by Gelman et al. 2013) compares
    two independent ensembles of walkers and their halves, and ``effective`` is the number of independent draws by
    emcee's autocorrelation time (Goodman and Weare 2010); both by parameter, and 0 for a posterior read from a table.
    """

    draws: Floats
    split_r_hat: Floats
    effective: Floats


def uncoerced(episodes: Sequence[Episode]) -> list[Episode]:
    """Return the episodes whose returns are not described as coerced."""
    return [episode for episode in episodes if episode.onset.coercion is not Coercion.COERCED]


def sample(
    episodes: Sequence[Episode],
    steps: int = STEPS,
    burn_in: int = BURN_IN,
    seed: int = SEED,
    progress: Callable[[float], None] = lambda _share: None,
) -> Posterior:
    """Return the posterior given some episodes: two ensembles of walkers, each with its own seed.

    ``progress`` is told the share that is done. Needs the package emcee (the extra ``fit``).
    """
    import emcee

    from homeward.learn.reference.likelihood import log_posterior

    record = record_of(episodes)

    def chain(ensemble: int) -> Floats:
        random = np.random.default_rng([seed, ensemble])
        sampler = emcee.EnsembleSampler(
            WALKERS, len(PARAMETERS), lambda draws: log_posterior(draws, record), vectorize=True
        )
        state = emcee.State(starting_points(WALKERS, random))
        state.random_state = np.random.RandomState(random.integers(2**31)).get_state()
        for step, _ in enumerate(sampler.sample(state, iterations=burn_in + steps)):
            if ensemble == 0 and step % 50 == 0:
                progress(step / (burn_in + steps))
        return np.asarray(sampler.get_chain(discard=burn_in))

    with ThreadPoolExecutor(2) as pool:  # the likelihood lets go of the interpreter's lock
        chains = list(pool.map(chain, range(2)))
    both = np.stack(chains)  # ensembles × steps × walkers × parameters
    lengths = np.mean([_autocorrelation_time(chain) for chain in chains], axis=0)
    flat = both.reshape(-1, len(PARAMETERS))
    kept = flat[np.random.default_rng(seed).choice(len(flat), min(KEPT, len(flat)), replace=False)]
    return Posterior(kept, _split_r_hat(both), len(flat) / lengths)


def _autocorrelation_time(chain: Floats) -> Floats:
    import logging

    import emcee

    quiet = logging.getLogger("emcee.autocorr")  # it warns of short chains; effective draws say so in numbers
    before, quiet.disabled = quiet.disabled, True
    try:
        with np.errstate(invalid="ignore"):  # walkers that never moved
            return np.asarray(emcee.autocorr.integrated_time(chain, quiet=True))
    finally:
        quiet.disabled = before


def _split_r_hat(chains: Floats) -> Floats:
    """Return R-hat by parameter, with the halves of each ensemble (all its walkers together) as chains."""
    ensembles, steps, walkers, parameters = chains.shape
    half = steps // 2
    halves = chains[:, : 2 * half].reshape(ensembles * 2, half * walkers, parameters)
    within = halves.var(axis=1, ddof=1).mean(axis=0)
    between = halves.mean(axis=1).var(axis=0, ddof=1)
    return np.asarray(np.sqrt((within + between) / within))


def leave_out(posterior: Posterior, episodes: Sequence[Episode], random: np.random.Generator) -> Floats | None:
    """Return draws of the posterior as if these episodes had not been among its material.

    By importance sampling: the weight of a draw is one over the likelihood of what is left out (Gelfand, Dey and Chang
    1992). Drawn with replacement, as many as there were; None where the weights rest on fewer than
    :data:`FEWEST_EFFECTIVE` draws, so that the model must be sampled again.
    """
    if not episodes:
        return posterior.draws
    # The plain likelihood: compiling would take longer than this little work.
    log_weights = -plain_log_likelihood(posterior.draws, record_of(episodes)).sum(axis=1)
    weights = np.exp(log_weights - log_weights.max())
    weights /= weights.sum()
    if 1 / (weights**2).sum() < FEWEST_EFFECTIVE:
        return None
    count = len(posterior.draws)
    return np.asarray(posterior.draws[random.choice(count, count, p=weights)])


def shipped_posterior(*, without_coerced: bool) -> Posterior:
    """Return the posterior that comes with the package: of all its episodes, or of those not coerced."""
    return read_posterior(HERE / ("posterior-uncoerced.csv" if without_coerced else "posterior.csv"))


def read_posterior(path: Path) -> Posterior:
    """Return the posterior in a table that :func:`write_posterior` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        next(file)  # the fingerprint
        rows = list(csv.DictReader(file))
    draws = np.array([[float(row[name]) for name in PARAMETERS] for row in rows])
    nothing = np.zeros(len(PARAMETERS))
    return Posterior(draws, nothing, nothing)


def fingerprint(episodes: Sequence[Episode]) -> str:
    """Return the SHA-256 of what the model sees of some episodes, and of its parameters and their priors."""
    record = record_of(episodes)
    seen = hashlib.sha256(repr(PARAMETERS).encode())
    for array in (record.log_hazard, record.log_limit, record.covariates):
        seen.update(np.round(array, 9).tobytes())
    return seen.hexdigest()


def write_posterior(path: Path, posterior: Posterior, episodes: Sequence[Episode]) -> None:
    """Write the draws as a table: the fingerprint of their episodes, then one column a parameter with four digits."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {fingerprint(episodes)}\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(PARAMETERS)
        writer.writerows([f"{value:.4g}" for value in draw] for draw in posterior.draws)
