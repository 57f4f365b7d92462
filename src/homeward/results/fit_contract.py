"""The JSON document of ``homeward fit``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from homeward.results.contract import Count, Document, Model

__all__ = ["FitCheck", "FitCorrelation", "FitFigure", "FitParameter", "FitReport"]


class FitParameter(Model):
    """One fitted parameter: its ``name``, ``unit``, ``prior`` in words and fitted ``value``.

    ``score`` is its place in the prior as a standard normal score (0: the median), ``mean`` the posterior mean of that;
    ``posterior_over_prior`` the spread that is left, 1 where the figures say nothing; ``outside`` the 99 % range of the
    prior; ``moved`` is false where more than nine tenths of the prior's spread are left around much the same middle.
    """

    name: str
    unit: str
    prior: str
    value: float
    score: float
    mean: float = 0.0
    posterior_over_prior: float
    outside: bool
    moved: bool = True


class FitCorrelation(Model):
    """Posterior ``correlation`` of parameters ``one`` and ``other``: near 1 or -1, figures cannot tell them apart."""

    one: str
    other: str
    correlation: float


class FitFigure(Model):
    """One figure that was aimed at: ``observed`` and ``fitted``, ``name`` being its place or group of countries.

    ``residual`` is standardised by ``spread``, positive where the model has more."""

    measure: str
    name: str
    date: date
    observed: float
    fitted: float
    spread: float
    residual: float


class FitCheck(Model):
    """How the figures of one kind lie in what replicates with drawn parameters would have been published as.

    ``level`` is ``headline``, or ``beyond`` where the fit allows for more than errors and chance. ``coverage90`` is the
    share of the ``figures`` inside 90 % of the replicates, ``width90`` the mean width of that in logarithms (of shares:
    in shares); both by ``prior`` and ``posterior``.
    """

    measure: str
    level: str
    figures: Count
    coverage90: Mapping[str, float]
    width90: Mapping[str, float]


class FitReport(Document):
    """What ``homeward fit`` found.

    ``fitted_through`` is the last date of the figures used, ``known_on`` the day on which the last of them became
    known. ``independent`` is how many independent draws the chains of the variances are worth, ``misfit_before`` and
    ``misfit_after`` how far the draws were from their figures before and after they were brought to them. ``cost`` is
    the sum of squares where the search ended, ``cost_of_figures`` what of it the figures leave, without the priors;
    ``courses`` were simulated in ``wall_s`` seconds. ``parameters`` come in the order of their table, ``correlations``
    with the largest first, ``figures`` as they were aimed at; ``checks`` say what prior and posterior let expect.
    ``accepted`` is false where a parameter lies outside the 99 % range of its prior.
    """

    schema_: Literal["homeward/fit/1"] = Field("homeward/fit/1", alias="schema")
    case: str
    fitted_through: date
    known_on: date
    accepted: bool
    cost: float
    cost_of_figures: float
    courses: Count
    wall_s: Annotated[float, Field(ge=0)]
    independent: float = 0.0
    misfit_before: float = 0.0
    misfit_after: float = 0.0
    parameters: tuple[FitParameter, ...]
    correlations: tuple[FitCorrelation, ...]
    checks: tuple[FitCheck, ...] = ()
    figures: tuple[FitFigure, ...]
