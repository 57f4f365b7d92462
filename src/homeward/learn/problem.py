"""What a fit compares: the figures of the expected course as a function of scores, and their derivatives.

Scores are on the scale of the priors (:mod:`homeward.rules.priors`). Courses end with the last day of the figures used,
and no later row of the case is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case, Fitted
from homeward.engine.drawn import free_parameters, inside
from homeward.engine.simulate import expected_course
from homeward.errors import UsageError
from homeward.judge.observe import Observer
from homeward.judge.simulated import Simulated, simulated_course
from homeward.learn.ensemble import cores
from homeward.learn.reference.predict import open_hazard_prior
from homeward.learn.targets import Target, targets_of
from homeward.rules.homeward import HomewardRules
from homeward.rules.parameters import Parameter, parameter_row
from homeward.rules.priors import OUTERMOST, score_of

__all__ = ["Problem", "Progress", "on_scale", "priors_of", "standardised", "with_values"]

FloatArray = NDArray[np.float64]
Progress = Callable[[int, float], None]
"""Called with the number of iterations done and the value of C so far."""

STEP = 0.05
"""Difference in z by which derivatives are taken."""

OBSERVED_ONLY = ("registration_lag_months", "recognition_lag_months", "deactivation_rate")
"""Parameters that change figures but move nobody."""

NEAR_BY = ("registration_lag_months", "deactivation_rate", "return_host_effect")
"""Parameters of hosts that keep a register and report returns: of far countries there are no such figures."""

OPEN_HAZARD = "return_hazard_open"

NOT_FITTED = ("_variance", "_error_sd")
"""Endings of parameters that an expected course does not show."""

NOT_ON_RECORD = frozenset(
    {
        "crowding_out_hazard", "following_hazard", "household_size", "housing_cost", "housing_destruction",
        "own_repair", "return_weight_years", "services_cost", "services_destruction", "staged_share", "visit_days",
        "visit_hazard", "visit_stay_share",
    }
)  # fmt: skip
"""Parameters of which no yearly stock or flow of one country says anything: a fit leaves them alone."""


class Problem:
    """Residuals as a function of scores, and their derivatives.

    ``case`` ends with the last day of the figures; ``names`` are the parameters, ``targets`` the figures.
    """

    def __init__(self, case: Case, through: date, jobs: int | None = None) -> None:
        """Simulate one course, to see which parameters and figures matter; raises as ``fit_case`` does."""
        settings = case.settings
        if not settings.start < through <= settings.end:
            raise UsageError(f"{through} lies outside the case, {settings.start} to {settings.end}")
        self.case = case.model_copy(update={"settings": settings.model_copy(update={"end": through})})
        self.names = _fitted_names(case)
        self.priors = priors_of(self.names, settings.origin_country, through)
        self.progress: Progress | None = None
        self.courses = 0
        self.jobs = jobs or cores()
        self._last: tuple[bytes, Observer] | None = None
        self._iterations = 0
        observer = self._new_observer(np.zeros(len(self.names)))
        self.names = tuple(name for name in self.names if not _is_idle(name, observer.far))
        comparable = tuple(row for row in case.observed if len(observer.central(row)))
        self.targets = targets_of(case.model_copy(update={"observed": comparable}), observer.far, through)
        if not self.targets:
            raise UsageError(
                f"the case has no figures up to {through} that a fit could use: year-end stocks (of a definition that "
                "begins 'UNHCR year-end'), returns and shares by origin, from the second full year on"
            )
        self._end_with_the_figures()

    def _end_with_the_figures(self) -> None:
        """Simulate no longer than there are figures: those of a year become known in the next."""
        last = max(target.date for target in self.targets)
        if last < self.case.settings.end:
            settings = self.case.settings.model_copy(update={"end": last})
            self.case, self._last = self.case.model_copy(update={"settings": settings}), None

    def start(self) -> FloatArray:
        """Return the scores of the fitted set of the case, 0 where it has none."""
        fitted = self.case.fitted.parameters if self.case.fitted else {}
        scores = [score_of(self.priors[name], fitted[name]) if name in fitted else 0.0 for name in self.names]
        return np.clip(scores, -OUTERMOST, OUTERMOST)

    def values(self, scores: FloatArray) -> dict[str, float]:
        """Return the values of the parameters at these scores."""
        return _values(self.names, scores, self.priors)

    def residuals(self, scores: FloatArray) -> FloatArray:
        """Return the standardised residuals of figures, then of priors."""
        return np.concatenate([standardised(self.targets, self.figures(scores)), scores])

    def figures(self, scores: FloatArray) -> FloatArray:
        """Return the figures of the expected course at these scores."""
        return self._figures_of(self._observer(scores))

    def jacobian(self, scores: FloatArray) -> FloatArray:
        """Return the derivatives of all residuals; courses run side by side."""
        base = self.residuals(scores)
        if self.progress is not None:
            self.progress(self._iterations, float(base @ base))
        self._iterations += 1
        with ThreadPoolExecutor(max_workers=self.jobs) as pool:
            moved = list(pool.map(lambda number: self._moved(scores, number), range(len(self.names))))
        columns = np.array(moved).T
        identity = np.eye(len(scores))
        derivatives = (columns - base[: len(self.targets), None]) / STEP
        return np.concatenate([derivatives, identity])

    def figures_once(self, scores: FloatArray) -> FloatArray:
        """Return the figures at these scores without keeping the course: threads may ask side by side."""
        return self._figures_of(self._new_observer(scores))

    def with_case(self, case: Case) -> Problem:
        """Return the same problem with a case that differs in what changes no name and no figure, such as its step."""
        other = copy(self)
        other.case, other._last = case, None
        return other

    def derivatives(self, scores: FloatArray) -> FloatArray:
        """Return (figures x parameters) the derivatives of :func:`on_scale` figures."""
        spreads = np.array([target.spread for target in self.targets])
        found: FloatArray = self.jacobian(scores)[: len(self.targets)] * spreads[:, None]
        return found

    def _moved(self, scores: FloatArray, number: int) -> FloatArray:
        """Return the residuals of the targets with one parameter a step further."""
        further = scores.copy()
        further[number] += STEP
        if self.names[number].partition("[")[0] in OBSERVED_ONLY:
            observer = self._observer(scores)
            changed = {name: np.array([value]) for name, value in self.values(further).items()}
            values = {**observer.simulated.parameters, **changed}
            observer = Observer(replace(observer.simulated, parameters=values))
        else:
            observer = self._new_observer(further)
        return standardised(self.targets, self._figures_of(observer))

    def _figures_of(self, observer: Observer) -> FloatArray:
        return np.array([sum(float(observer.central(row)[0]) for row in target.rows) for target in self.targets])

    def _observer(self, scores: FloatArray) -> Observer:
        """Return the course at these scores; the last one is kept."""
        key = scores.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = (key, self._new_observer(scores))
        return self._last[1]

    def _new_observer(self, scores: FloatArray) -> Observer:
        self.courses += 1
        return Observer(_simulated(self.case, self.values(scores)))


def with_values(case: Case, values: Mapping[str, float]) -> Case:
    """Return a case with these values instead of a fitted set."""
    fitted = Fitted(fitted_through=case.settings.end, known_on=case.settings.end, parameters=dict(values))
    return case.model_copy(update={"fitted": fitted})


def _simulated(case: Case, values: Mapping[str, float]) -> Simulated:
    """Return the expected course of a case with these values instead of a fitted set."""
    rules = HomewardRules(with_values(case, values))
    return simulated_course(case, rules.parameters.values, expected_course(rules))


def _fitted_names(case: Case) -> tuple[str, ...]:
    """Return the parameters that a fit may move: free, and shown by an expected course and yearly figures."""
    free = free_parameters(case)
    return tuple(name for name in free if not name.endswith(NOT_FITTED) and name not in NOT_ON_RECORD)


def priors_of(names: Sequence[str], origin: str, through: date) -> dict[str, Parameter]:
    """Return the priors of parameters for a fit of an origin to figures up to ``through``.

    They are those of the table of parameters, but for the hazard of return with the gate open: nothing in the record of
    a war shows it, so its prior is what happened elsewhere, as known at that day (``open_hazard_prior``).
    """
    found = {name: parameter_row(name) for name in names}
    if OPEN_HAZARD in found:
        median, spread = open_hazard_prior(origin, through)
        found[OPEN_HAZARD] = replace(found[OPEN_HAZARD], location=median, spread=spread)
    return found


def _is_idle(name: str, far: frozenset[str]) -> bool:
    """Return whether a parameter is about figures that a country so far away does not have."""
    base, _, index = name.partition("[")
    return base in NEAR_BY and index.rstrip("]") in far


def _values(names: Sequence[str], scores: FloatArray, priors: Mapping[str, Parameter]) -> dict[str, float]:
    return {name: inside(priors[name], name, float(score)) for name, score in zip(names, scores, strict=True)}


def on_scale(targets: Sequence[Target], figures: FloatArray) -> FloatArray:
    """Return figures (last axis: targets) on the scale on which errors are normal: logarithms, or shares themselves."""
    share = np.array([target.is_share for target in targets])
    return np.where(share, figures, np.log(np.maximum(figures, 1.0)))


def standardised(targets: Sequence[Target], figures: FloatArray) -> FloatArray:
    """Return the residual of every figure in its spreads, positive where the model has more."""
    observed = np.array([target.value for target in targets])
    spread = np.array([target.spread for target in targets])
    said: FloatArray = (on_scale(targets, figures) - on_scale(targets, observed)) / spread
    return said
