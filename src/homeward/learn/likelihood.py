"""The posterior of parameters and variances, given figures that are near linear in the scores of the parameters.

On the scale of errors (logarithms, or shares) the figures y of the record are taken as ::

    y = f(z) + o + ε,    f(z) ≈ f(z₀) + J (z − z₀),    z ~ N(0, I),    u ~ N(0, I),
    ε ~ N(0, Σ(u)),      Σ(u) = K₀ + Σ_k v_k(u) K_k + Σ_e σ_e(u)² W_e + B

z are the scores of the parameters, u those of the variances v of shared shocks and of the spreads σ of errors; o and K
are what chance does (:mod:`homeward.learn.chance`), so figures of one host in successive years, which share its shocks,
are no independent evidence. W_e holds what the figures share of the errors of the rows that they are made of, B what is
allowed for beyond.

Given u, z is normal, so it is integrated out (for example Gelman et al. 2013, *Bayesian Data Analysis*, section 14.8)::

    y − o − f(z₀) + J z₀  ~  N(0, S),   S = Σ(u) + J Jᵀ            the likelihood of u, sampled by emcee
    z | u, y  ~  N(Jᵀ S⁻¹ r, I − Jᵀ S⁻¹ J),   r the left side above

The normal distribution with the mean and the covariance of (z, u) over the draws of u, by the laws of total
expectation and covariance, is where :mod:`homeward.learn.refine` goes on from. emcee (Foreman-Mackey et al. 2013) is
taken because it is plain NumPy, needs no derivatives and no compiler, and the space that is left to sample has a
handful of dimensions, where it does well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from homeward.learn.chance import Chance
from homeward.learn.problem import on_scale
from homeward.learn.targets import Target
from homeward.rules.parameters import Parameter
from homeward.rules.priors import value_at

__all__ = ["Likelihood", "NormalPosterior", "posterior_of"]

FloatArray = NDArray[np.float64]

WALKERS = 24
BURN_IN = 200
STEPS = 400
KEPT = 400
SEED = 20_180_631
LEAST_VARIANCE = 1e-10
"""Added to every figure, so that a record without any error still has a covariance that can be inverted."""


@dataclass(frozen=True)
class NormalPosterior:
    """Mean and covariance of the scores of ``names``: parameters, then variances and spreads of errors.

    ``draws`` are those of the variances (draws x variances), in no order; ``independent`` is how many independent ones
    their chains are worth, 0 without any variance.
    """

    names: tuple[str, ...]
    mean: FloatArray
    covariance: FloatArray
    draws: FloatArray
    independent: float


@dataclass(frozen=True)
class Likelihood:
    """The figures near the scores ``around`` of the parameters ``names``.

    ``at`` (figures) is f there and ``derivatives`` J; ``spreads`` are the priors of the variances of shocks and of the
    spreads of errors that are to be found, by name; ``pinned`` values of those that are not.
    """

    names: tuple[str, ...]
    around: FloatArray
    at: FloatArray
    derivatives: FloatArray
    targets: tuple[Target, ...]
    chance: Chance
    spreads: Mapping[str, Parameter]
    pinned: Mapping[str, float]

    @cached_property
    def record(self) -> FloatArray:
        """The record, less how far the mean of replicates lies from the expected course."""
        observed = on_scale(self.targets, np.array([target.value for target in self.targets]))
        found: FloatArray = observed - self.chance.offset
        return found

    @cached_property
    def residual(self) -> FloatArray:
        """The record less what is expected at z = 0."""
        found: FloatArray = self.record - self.at + self.derivatives @ self.around
        return found

    @cached_property
    def _fixed(self) -> FloatArray:
        """The part of S that u does not touch."""
        beyond = np.array([target.beyond for target in self.targets])
        fixed = self.chance.rest + np.diag(beyond**2 + LEAST_VARIANCE) + self.derivatives @ self.derivatives.T
        for name, value in self.pinned.items():
            fixed = fixed + self._size(name, value) * self._shape(name)
        found: FloatArray = fixed
        return found

    @cached_property
    def _shapes(self) -> FloatArray:
        count = len(self.targets)
        return np.array([self._shape(name) for name in self.spreads]).reshape(-1, count, count)

    def _shape(self, name: str) -> FloatArray:
        """Return the covariance that a variance, or the square of a spread of errors, is multiplied with."""
        if name in self.chance.by_variance:
            return self.chance.by_variance[name]
        # A far country's figure is also part of its group's: their errors are one.
        rows = list(dict.fromkeys(row for target in self.targets for row in target.rows))
        weights = np.zeros((len(self.targets), len(rows)))
        for number, target in enumerate(self.targets):
            if target.error == name:
                weights[number, [rows.index(row) for row in target.rows]] = target.shares
        return weights @ weights.T

    def _size(self, name: str, value: float) -> float:
        return value if name in self.chance.by_variance else value**2

    def covariances(self, scores: FloatArray) -> FloatArray:
        """Return S for every row of scores of the variances."""
        sizes = [
            [
                self._size(name, value_at(prior, score))
                for (name, prior), score in zip(self.spreads.items(), row, strict=True)
            ]
            for row in scores
        ]
        found: FloatArray = self._fixed + np.tensordot(np.array(sizes), self._shapes, axes=1)
        return found

    def log_posterior(self, scores: FloatArray) -> FloatArray:
        """Return the logarithm of the posterior density, up to a constant, for every row of scores of the variances."""
        roots = np.linalg.cholesky(self.covariances(scores))
        white = np.linalg.solve(roots, np.broadcast_to(self.residual[:, None], (*roots.shape[:2], 1)))[..., 0]
        log_size = np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1)
        found: FloatArray = -0.5 * (white**2).sum(axis=1) - log_size - 0.5 * (scores**2).sum(axis=1)
        return found

    def given(self, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return means (rows x parameters) of z for each row of scores of the variances, and its mean covariance."""
        means, covariance = [], np.zeros((len(self.names), len(self.names)))
        for whole in self.covariances(scores):
            gain = np.linalg.solve(whole, self.derivatives).T
            means.append(gain @ self.residual)
            covariance += (np.eye(len(self.names)) - gain @ self.derivatives) / len(scores)
        return np.array(means), covariance


def posterior_of(
    likelihood: Likelihood, steps: int = STEPS, burn_in: int = BURN_IN, seed: int = SEED
) -> NormalPosterior:
    """Return the posterior of parameters and variances; needs the package emcee (the extra ``fit``)."""
    draws, independent = _draws(likelihood, steps, burn_in, seed)
    means, within = likelihood.given(draws)
    both = np.concatenate([means, draws], axis=1)
    parameters, count = len(likelihood.names), both.shape[1]
    covariance = np.cov(both, rowvar=False).reshape(count, count) if len(both) > 1 else np.zeros((count, count))
    covariance[:parameters, :parameters] += within
    return NormalPosterior((*likelihood.names, *likelihood.spreads), both.mean(axis=0), covariance, draws, independent)


def _draws(likelihood: Likelihood, steps: int, burn_in: int, seed: int) -> tuple[FloatArray, float]:
    """Return draws of the scores of the variances, and how many independent ones they are worth."""
    import emcee

    count = len(likelihood.spreads)
    if not count:
        return np.zeros((1, 0)), 0.0
    random = np.random.default_rng(seed)
    sampler = emcee.EnsembleSampler(WALKERS, count, likelihood.log_posterior, vectorize=True)
    state = emcee.State(0.5 * random.standard_normal((WALKERS, count)))
    state.random_state = np.random.RandomState(random.integers(2**31)).get_state()
    sampler.run_mcmc(state, burn_in + steps)
    chain = np.asarray(sampler.get_chain(discard=burn_in))
    flat = chain.reshape(-1, count)
    kept = flat[random.choice(len(flat), min(KEPT, len(flat)), replace=False)]
    return kept, len(flat) / float(_autocorrelation_time(chain).max())


def _autocorrelation_time(chain: FloatArray) -> FloatArray:
    import logging

    import emcee

    quiet = logging.getLogger("emcee.autocorr")  # it warns of short chains; the number of independent draws says so
    before, quiet.disabled = quiet.disabled, True
    try:
        return np.asarray(emcee.autocorr.integrated_time(chain, quiet=True))
    finally:
        quiet.disabled = before


def names_of_errors(targets: Sequence[Target]) -> tuple[str, ...]:
    """Return the parameters that are spreads of errors of these figures, in their order."""
    return tuple(dict.fromkeys(target.error for target in targets if target.error))
