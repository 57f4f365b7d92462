"""Parameters on the scale of their priors: a standard normal score for every value, and back.

A score of 0 is the median of the prior; the prior of a score is the standard normal. So least squares on scores has
the prior as one more residual each, whatever the shape of the prior.
"""

from __future__ import annotations

import math

from homeward.rules.parameters import Parameter

__all__ = ["OUTERMOST", "score_of", "value_at"]

OUTERMOST = 2.5758
"""Largest score inside the 99 % range of a prior."""


def value_at(parameter: Parameter, score: float) -> float:
    """Return the value of a parameter at a score; the location itself for a fixed one."""
    if parameter.prior == "lognormal":
        return parameter.location * math.exp(parameter.spread * score)
    if parameter.prior == "normal":
        return parameter.location + parameter.spread * score
    if parameter.prior == "beta":
        from scipy.special import betaincinv, ndtr

        return float(betaincinv(*_beta_shapes(parameter), ndtr(score)))
    return parameter.location


def score_of(parameter: Parameter, value: float) -> float:
    """Return the score of a value; infinite where the prior does not allow it, 0 for a fixed parameter."""
    if parameter.prior == "lognormal":
        return math.log(value / parameter.location) / parameter.spread if value > 0 else -math.inf
    if parameter.prior == "normal":
        return (value - parameter.location) / parameter.spread
    if parameter.prior == "beta":
        from scipy.special import betainc, ndtri

        return float(ndtri(betainc(*_beta_shapes(parameter), value)))
    return 0.0


def _beta_shapes(parameter: Parameter) -> tuple[float, float]:
    """Return the two shapes of the beta distribution with this mean and standard deviation."""
    mean, spread = parameter.location, parameter.spread
    size = mean * (1 - mean) / spread**2 - 1
    return mean * size, (1 - mean) * size
