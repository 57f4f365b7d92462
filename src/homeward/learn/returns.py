r"""How well the decision to return explains the returns on record, host by host and year by year.

The whole fit (:mod:`homeward.learn.fit`) has one voice among many for returns. Here they are the only figures: who was
where is taken from the expected course, and the parameters of the decision alone are fitted to host-years. With
N the people by district of origin, place and month, h their hazards of return and S the people at the host at the end
of the year before, the log hazard of host c in year y and its model are

.. math::
    \log \frac{R_{c,y}}{S_{c,y-1}} = \log \frac{\sum_{m \in y} \sum_{g,\, p \in c} N_{g,p,m}\, h_{g,p,m}(\theta)\,
    \text{days}_m}{N_{c,y-1}} + \sigma \varepsilon, \qquad \varepsilon \sim N(0, 1).

:math:`\theta` has the priors of the table of parameters; its posterior is taken as normal around its mode (Laplace's
method), and :math:`\sigma^2` is the sum of squares over the number of figures less the parameters that they use up (the
trace of the hat matrix), so that a forecast's variance is that of :math:`\theta` and :math:`\sigma^2` together.

"Given the conditions": violence, holders, borders and conditions of the year forecast are known, its returns are not.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case
from homeward.engine.simulate import expected_course
from homeward.judge.crps import crps_normal
from homeward.judge.host_years import NORMAL_90, HostYear, Scored
from homeward.learn.problem import priors_of
from homeward.rules.calendar import Block
from homeward.rules.homeward import HomewardRules
from homeward.rules.homeward.conditions import period_at
from homeward.rules.homeward.decision import ReturnDecision
from homeward.rules.homeward.world import permeability_of_levels
from homeward.rules.parameters import Parameters
from homeward.rules.priors import value_at
from homeward.rules.tables import Tables

__all__ = ["DECISION", "DecisionFit", "ReturnRecord", "left_out_scores"]

FloatArray = NDArray[np.float64]

DECISION = (
    "return_hazard_open", "safety_weight_persecution", "return_gate_threshold", "return_gate_width",
    "return_safety_slope", "return_weight_housing", "return_weight_services", "return_weight_livelihoods",
    "return_weight_documents", "return_weight_push", "return_weight_neighbours", "return_weight_years",
    "perception_lag", "permeability_restricted", "permeability_selective", "permeability_closed",
)  # fmt: skip
"""Parameters of the decision; ``return_host_effect`` and the risks of persecution come by host and holder."""

YEARS_OF_BELIEF = 2
"""The months before the first year from which on beliefs are followed."""

STEP = 0.05
SEARCHES = 3
LEAST = 1e-12


@dataclass(frozen=True)
class _Month:
    block: Block
    when: date
    census: FloatArray
    intensity: FloatArray
    border: NDArray[np.int64]


class _Watched(HomewardRules):
    """The rules, which note the people that they are shown at the start of every month."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self.seen: dict[int, tuple[Block, FloatArray]] = {}

    def fill(self, tables: Tables, block: Block, census: FloatArray, shocks: Sequence[FloatArray]) -> None:
        self.seen.setdefault(block.month, (block, census.copy()))
        super().fill(tables, block, census, shocks)


@dataclass(frozen=True)
class DecisionFit:
    """Where the search ended: ``scores`` of the parameters ``names`` on the scale of their priors.

    ``covariance`` of the scores; ``spread`` is sigma; ``fitted`` the log hazards of the figures.
    """

    names: tuple[str, ...]
    scores: FloatArray
    covariance: FloatArray
    spread: float
    values: dict[str, float]

    def chance_above_median(self, name: str) -> float:
        """Return the posterior probability that a parameter exceeds the median of its prior, 0 for a weight."""
        number = self.names.index(name)
        score = float(self.scores[number]) / math.sqrt(float(self.covariance[number, number]))
        return 0.5 * (1.0 + math.erf(score / math.sqrt(2.0)))


class ReturnRecord:
    """The host-years of a case, and what the decision says of them for given parameters.

    ``settings``: parameters to set, such as ``return_smooth_share``; ``free``: parameters to fit, left out: all of the
    decision.
    """

    def __init__(
        self,
        case: Case,
        years: Sequence[HostYear],
        settings: dict[str, float] | None = None,
        free: Sequence[str] | None = None,
    ) -> None:
        """Simulate the expected course once."""
        self.years = tuple(years)
        rules = _Watched(case)
        expected_course(rules)
        self._rules = rules
        self._base = {**rules.parameters.values, **(settings or {})}
        first = min(one.year for one in years) - YEARS_OF_BELIEF
        last = max(one.year for one in years)
        self._months = [self._month(*seen) for seen in rules.seen.values()]
        self._months = [month for month in self._months if first <= month.when.year <= last]
        self.years_followed = last - self._months[0].when.year + 1
        country = rules.geography.country[rules.geography.abroad]
        self._in_country = np.eye(len(rules.geography.countries))[country]
        codes = [rules.geography.countries.index(one.country) for one in years]
        self._rows = (np.array([one.year - self._months[0].when.year for one in years]), np.array(codes))
        self.names = tuple(free or self._names())
        self._priors = priors_of(self.names, case.settings.origin_country, case.settings.end)

    def with_figures(self, years: Sequence[HostYear]) -> ReturnRecord:
        """Return the same course beside other figures of the same host-years."""
        other = copy(self)
        other.years = tuple(years)
        return other

    def _names(self) -> tuple[str, ...]:
        hosts = sorted({one.country for one in self.years})
        families = ("persecution_risk", "persecution_risk_fled")
        risks = [f"{family}[{holder}]" for holder in self._rules.world.holders for family in families]
        return (*DECISION, *(f"return_host_effect[{host}]" for host in hosts), *risks)

    def _month(self, block: Block, census: FloatArray) -> _Month:
        rules = self._rules
        whole = replace(block, days=block.month_days)
        when = rules.calendar.date_of(block.first_day)
        levels = rules.world.border_levels[period_at(rules.world.border_dates, when), :, rules.geography.home_country]
        border = levels[rules.geography.country[rules.geography.abroad]]
        return _Month(whole, when, census, rules.world.intensity(whole), border)

    def values(self, scores: FloatArray) -> dict[str, float]:
        """Return the parameters at scores."""
        return {name: value_at(self._priors[name], float(z)) for name, z in zip(self.names, scores, strict=True)}

    def log_hazards(self, scores: FloatArray) -> FloatArray:
        """Return the log hazard of every host-year."""
        rules = self._rules
        parameters = Parameters({**self._base, **self.values(scores)})
        decision = ReturnDecision(rules.geography, rules.groups, rules.space, rules.world, parameters)
        neutral = np.zeros(len(decision.scored()))
        memory: dict[str, FloatArray] = {}
        shape = (self.years_followed, len(rules.geography.abroad))
        returned, people = np.zeros(shape), np.zeros(shape)
        lets_through = permeability_of_levels(parameters)
        for month in self._months:
            hazards = decision.hazards(memory, month.block, month.when, month.intensity, month.census, neutral)
            refugees = month.census[rules.groups.refugee : rules.groups.following].reshape(hazards.refugees.shape)
            leaving = refugees * hazards.refugees * lets_through[month.border] * month.block.days
            year = month.when.year - self._months[0].when.year
            returned[year] += leaving.sum(axis=0)
            if month.when.month == 1:
                people[year] = refugees.sum(axis=0)
        ratio = (returned @ self._in_country) / np.maximum(people @ self._in_country, 1.0)
        log_hazards: FloatArray = np.log(np.maximum(ratio[self._rows], LEAST))
        return log_hazards

    def fit(self, used: Collection[int], start: FloatArray | None = None) -> DecisionFit:
        """Fit to the host-years with these numbers; ``used`` must not be empty."""
        from scipy.optimize import least_squares

        chosen = np.array(sorted(used))
        observed = np.array([one.log_hazard for one in self.years])[chosen]
        scores = np.zeros(len(self.names)) if start is None else start
        spread, jacobian = 1.0, np.zeros((len(chosen), len(self.names)))
        covariance: FloatArray = np.eye(len(self.names))
        for _ in range(SEARCHES):
            found = least_squares(
                lambda z, s: np.concatenate([(self.log_hazards(z)[chosen] - observed) / s, z]),
                scores, lambda z, s: self._jacobian(z, chosen, s), args=(spread,), ftol=1e-3, xtol=1e-3, max_nfev=12,
            )  # fmt: skip
            scores, jacobian = np.asarray(found.x, dtype=np.float64), found.jac[: len(chosen)] * spread
            residuals = found.fun[: len(chosen)] * spread
            covariance = _inverse(jacobian.T @ jacobian / spread**2 + np.eye(len(scores)))
            used_up = float(np.trace(jacobian @ covariance @ jacobian.T)) / spread**2
            spread = float(np.sqrt(residuals @ residuals / max(len(chosen) - used_up, 1.0)))
        covariance = _inverse(jacobian.T @ jacobian / spread**2 + np.eye(len(scores)))
        return DecisionFit(self.names, scores, covariance, spread, self.values(scores))

    def _jacobian(self, scores: FloatArray, chosen: NDArray[np.int64], spread: float) -> FloatArray:
        return np.concatenate([self.derivatives(scores)[chosen] / spread, np.eye(len(scores))])

    def derivatives(self, scores: FloatArray) -> FloatArray:
        """Return (host-years x parameters) the derivatives of the log hazards, by differences."""
        base = self.log_hazards(scores)
        further = scores[None, :] + STEP * np.eye(len(scores))
        return np.array([(self.log_hazards(row) - base) / STEP for row in further]).T


def _inverse(matrix: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def left_out_scores(record: ReturnRecord, kept: Collection[int]) -> list[Scored]:
    """Return the score of every kept host-year, each forecast from the kept figures of all other years."""
    whole = record.fit(kept)
    found: dict[int, Scored] = {}
    for year in sorted({record.years[number].year for number in kept}):
        out = [number for number in kept if record.years[number].year == year]
        fit = record.fit([number for number in kept if number not in out], whole.scores)
        derivatives, means = record.derivatives(fit.scores), record.log_hazards(fit.scores)
        for number in out:
            row, one = derivatives[number], record.years[number]
            deviation = float(np.sqrt(fit.spread**2 + row @ fit.covariance @ row))
            mean, reach = float(means[number]), NORMAL_90 * deviation
            score = crps_normal(mean, deviation, one.log_hazard)
            found[number] = Scored(one.country, one.year, one.log_hazard, score, mean - reach, mean + reach)
    return [found[number] for number in sorted(found)]
