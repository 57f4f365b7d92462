"""The JSON document of a sensitivity analysis; see :mod:`homeward.results.contract` for the others."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from homeward.results.contract import Count, Document, Model

__all__ = [
    "Method",
    "Sensitivity",
    "SensitivityBar",
    "SensitivityFigure",
    "SensitivityIndex",
    "SensitivityParameter",
]

Method = Literal["morris", "sobol"]
"""Elementary effects, which screen many parameters, or shares of the variance of a few."""


class SensitivityParameter(Model):
    """The range of one parameter, by its full ``name``, in its ``unit``.

    ``rests_on`` says whether the range is that of its ``prior`` or of the ``posterior`` of a fit. ``centre`` and
    ``spread`` are those of a normal distribution of scores of the prior (a score of 0 is its median); ``low``,
    ``middle`` and ``high`` the values at the 5 % quantile, the median and the 95 % quantile of that distribution.
    """

    name: str
    unit: str
    rests_on: Literal["prior", "posterior"]
    centre: float
    spread: float
    low: float
    middle: float
    high: float


class SensitivityIndex(Model):
    """What one ``parameter`` does to a figure, y = log(1 + people), by one of two methods; null for the other.

    By Morris: ``mu`` is the mean of the elementary effects (the change of y from the low end of the range to its high
    end), ``mu_star`` the mean of their sizes, ``sigma`` their standard deviation: large beside ``mu_star``, what
    the parameter does hangs on the others. By Sobol': ``first`` is the share of the variance of y that is owed to the
    parameter alone, ``total`` the share with all that it does together with others. ``mu_star_half_width``,
    ``first_half_width`` and ``total_half_width`` are half of a 90 % interval, by resampling the design.
    """

    parameter: str
    mu: float | None = None
    mu_star: float | None = None
    mu_star_half_width: float | None = None
    sigma: float | None = None
    first: float | None = None
    first_half_width: float | None = None
    total: float | None = None
    total_half_width: float | None = None

    @property
    def weight(self) -> float:
        """Return by what parameters are ranked: the mean size of the effects, or the total index."""
        return (self.total if self.mu_star is None else self.mu_star) or 0.0


class SensitivityBar(Model):
    """A bar of the tornado plot: people with a ``parameter`` at its ``low`` or ``high`` end, all others in the middle.

    ``low_change`` and ``high_change`` are the change against all in the middle, 0.10 being 10 %; null where nobody is
    counted in the middle.
    """

    parameter: str
    low: float
    high: float
    low_change: float | None
    high_change: float | None


class SensitivityFigure(Model):
    """A planning figure: people of a ``measure`` in a ``country`` (null: all together).

    Stocks are those on ``date``, returns those of the calendar year that ends on it. ``middle`` is the figure with
    every parameter in the middle of its range. ``indices`` come with the most influential parameter first, and so do
    the ``bars``, of the parameters that were moved alone.
    """

    measure: Literal["returned_refugees", "returned_idps", "refugee_stock", "idp_stock"]
    country: str | None
    date: date
    middle: float
    indices: tuple[SensitivityIndex, ...]
    bars: tuple[SensitivityBar, ...]


class Sensitivity(Document):
    """What ``homeward sensitivity`` found: how far each parameter, within its range, moves the planning figures.

    ``case_hash`` is that of the case with its scenario and its last day. The design has ``size`` trajectories (Morris)
    or base points (Sobol'); ``runs`` courses were simulated in ``wall_s`` seconds, all with the same ``seed`` and
    replicate. ``fitted_through`` is the last date of the figures behind the posteriors, null where the case is not
    fitted. ``parameters`` are those that were moved; ``notes`` say what the indices rest on.
    """

    schema_: Literal["homeward/sensitivity/1"] = Field("homeward/sensitivity/1", alias="schema")
    case: str
    case_hash: str
    scenario: str | None
    start: date
    end: date
    fitted_through: date | None
    method: Method
    size: Count
    seed: Count
    runs: Count
    wall_s: Annotated[float, Field(ge=0)]
    parameters: tuple[SensitivityParameter, ...]
    figures: tuple[SensitivityFigure, ...]
    notes: tuple[str, ...]
