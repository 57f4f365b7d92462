"""Designs of a sensitivity analysis, and the indices that come of them; SALib makes and reads the designs.

With x the parameters as parts of their ranges (0 to 1), k of them, and y = f(x):

*Elementary effects* (Morris 1991) screen many parameters. A trajectory starts at a point of a grid of p = 4 levels and
moves one parameter after the other by Δ = p / (2 (p − 1)) = 2/3; r trajectories take r (k + 1) runs::

    d = (f(x with x_j moved by Δ) − f(x)) / Δ
    μ  = mean of the r effects d of a parameter,    σ = their standard deviation
    μ* = mean of |d|                                 (Campolongo, Cariboni and Saltelli 2007)

μ* ranks the parameters: unlike μ it is not made small by effects of both signs. The levels are evenly spaced *scores*
here, so for an effect in proportion to the score μ is the change of y from the low end of the range to its high end.

*Sobol' indices* (Sobol' 1993) share out the variance V(y) among a few parameters, which are drawn from their
distributions, independently of one another::

    S_j = V(E(y | x_j)) / V(y)           owed to x_j alone
    T_j = E(V(y | all but x_j)) / V(y)   with all that x_j does together with others; 0 just where x_j does nothing

With A and B two samples of N points (a scrambled Sobol' sequence) and A_j being A with column j from B, they are
estimated in N (k + 2) runs (Saltelli et al. 2010)::

    S_j ≈ mean(f(B) · (f(A_j) − f(A))) / V,    T_j ≈ mean((f(A) − f(A_j))²) / (2 V)

An estimate of S_j can come out a little below 0. Half-widths are those of 90 % intervals from resampling trajectories
or points with replacement: with few of them they are rough.

Morris, M. D. (1991) Factorial sampling plans for preliminary computational experiments. Technometrics 33, 161–174.
Campolongo, F., Cariboni, J. and Saltelli, A. (2007) An effective screening design for sensitivity analysis of large
models. Environmental Modelling & Software 22, 1509–1518.
Sobol', I. M. (1993) Sensitivity estimates for nonlinear mathematical models. Math. Modelling and Comp. Exp. 1, 407–414.
Saltelli, A. et al. (2010) Variance based sensitivity analysis of model output. Design and estimator for the total
sensitivity index. Computer Physics Communications 181, 259–270.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeward.errors import UsageError
from homeward.results.sensitivity_contract import Method, SensitivityIndex

__all__ = ["REACH", "Design", "design_of", "indices_of", "require_salib"]

FloatArray = NDArray[np.float64]

REACH = 1.6449
"""Score of the 95 % quantile of a standard normal distribution: ranges go from −REACH to REACH."""

LEVELS = 4
CONFIDENCE = 0.9


@dataclass(frozen=True)
class Design:
    """Where a function is to be computed: ``points`` (runs x parameters), each 0 to 1 within its range."""

    method: Method
    names: tuple[str, ...]
    size: int
    seed: int
    points: FloatArray

    @property
    def scores(self) -> FloatArray:
        """Return the points as standard normal scores within ±REACH.

        The grid of Morris is even in them; points of Sobol' are quantiles of the normal distribution between its 5 %
        and 95 % quantiles.
        """
        from scipy.special import ndtr, ndtri

        if self.method == "morris":
            return REACH * (2.0 * self.points - 1.0)
        lowest = ndtr(-REACH)
        return np.asarray(ndtri(lowest + (1.0 - 2.0 * lowest) * self.points), dtype=np.float64)


def design_of(method: Method, names: Sequence[str], size: int, seed: int) -> Design:
    """Return the design with ``size`` trajectories (Morris, at least 2) or base points (Sobol', a power of two).

    Raises UsageError for another size, or where SALib is not installed.
    """
    require_salib()
    if method == "sobol" and (size < 2 or size & (size - 1)):
        raise UsageError(f"for sobol the size must be a power of two, such as 64, and not {size}")
    if method == "morris" and size < 2:
        raise UsageError(f"morris needs at least 2 trajectories, not {size}")
    return Design(method, tuple(names), size, seed, _points(method, names, size, seed))


def require_salib() -> None:
    """Raise UsageError where SALib is not installed, saying which extra brings it."""
    if find_spec("SALib") is None:
        raise UsageError(
            "a sensitivity analysis needs SALib; install homeward with its extra: pip install 'homeward[sensitivity]'"
        )


def _points(method: Method, names: Sequence[str], size: int, seed: int) -> FloatArray:
    if method == "morris":
        from SALib.sample.morris import sample as morris

        return np.asarray(morris(_problem(names), size, num_levels=LEVELS, seed=seed), dtype=np.float64)
    from SALib.sample.sobol import sample as sobol

    return np.asarray(sobol(_problem(names), size, calc_second_order=False, seed=seed), dtype=np.float64)


def _problem(names: Sequence[str]) -> dict[str, Any]:
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def indices_of(design: Design, outputs: FloatArray) -> tuple[SensitivityIndex, ...]:
    """Return the indices of every parameter for one output (runs, in the order of the points), the largest first."""
    found = _morris(design, outputs) if design.method == "morris" else _sobol(design, outputs)
    return tuple(sorted(found, key=lambda index: -index.weight))


def _morris(design: Design, outputs: FloatArray) -> list[SensitivityIndex]:
    from SALib.analyze.morris import analyze

    found = analyze(
        _problem(design.names), design.points, outputs, num_levels=LEVELS, conf_level=CONFIDENCE, seed=design.seed
    )
    columns = (found["mu"], found["mu_star"], found["mu_star_conf"], found["sigma"])
    return [
        SensitivityIndex(parameter=name, mu=mu, mu_star=mu_star, mu_star_half_width=half, sigma=sigma)
        for name, mu, mu_star, half, sigma in zip(design.names, *columns, strict=True)
    ]


def _sobol(design: Design, outputs: FloatArray) -> list[SensitivityIndex]:
    from SALib.analyze.sobol import analyze

    seed = design.seed + 1  # SALib takes a seed of 0 for none
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # outputs, or those of a resample, may be all the same: its indices are 0
        found = analyze(_problem(design.names), outputs, calc_second_order=False, conf_level=CONFIDENCE, seed=seed)
    columns = [found[name] for name in ("S1", "S1_conf", "ST", "ST_conf")]
    return [
        SensitivityIndex(parameter=name, first=first, first_half_width=one, total=total, total_half_width=other)
        for name, first, one, total, other in zip(design.names, *columns, strict=True)
    ]
