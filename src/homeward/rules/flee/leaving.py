"""The chances to leave a place: by its kind, people, food and floods, and by forecasts and harvests.

Equations: docs/explanation/flee-rules.md, "Chances to leave", "Food", "Floods" and "Who people are".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.model import FleeCase
from homeward.case.flee.parameters import MoveRules
from homeward.rules.flee.cohorts import Cohort
from homeward.rules.flee.conditions import ahead, by_level, flood_levels, food_insecurity
from homeward.rules.flee.days import Days

__all__ = ["NEVER", "harvests", "leave_by_cohort", "leave_of"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

NEVER = -1.0
"""A chance to leave of 0 that nothing overrides, not even a short stint."""


def leave_of(case: FleeCase, rules: MoveRules, state: Days, people: FloatArray) -> FloatArray:
    """Return (days x places) the chance to leave in a day, by the ``people`` (places) a place is for."""
    found = _scaled(rules, state, people)
    days = len(found)
    if rules.flee_when_starving:
        hungry = food_insecurity(case, days)
        found = hungry + (1.0 - hungry) * found
    if rules.flood_rules is not None:
        found = by_level(rules.flood_rules.flood_movechances or (), flood_levels(case, days), found)
    return found


def _scaled(rules: MoveRules, state: Days, people: FloatArray) -> FloatArray:
    """Return the chances, scaled by the people of a place where that is asked for."""
    power = rules.movechance_pop_scale_factor
    if power == 0.0:
        return state.leave
    scale = np.power(people / rules.movechance_pop_base, power, where=people > 0, out=np.zeros_like(people))
    return np.asarray(np.minimum(1.0, state.leave * scale))


def leave_by_cohort(case: FleeCase, rules: MoveRules, leave: FloatArray, cohorts: Sequence[Cohort]) -> FloatArray:
    """Return (cohorts x days x places) the chances where they depend on the cohort; no cohorts where they do not."""
    if not any(cohort.farmer or cohort.awareness > 0.0 for cohort in cohorts):
        return np.zeros((0, *leave.shape))
    days = len(leave)
    gain, heed = _forecast(case, rules, days)
    harvest = harvests(case, rules, days)
    found = np.empty((len(cohorts), *leave.shape))
    for number, cohort in enumerate(cohorts):
        found[number] = np.clip(leave + cohort.awareness * (gain - heed * leave), 0.0, 1.0)
        if cohort.farmer:
            found[number, harvest] = 1.0
            found[number, harvest, cohort.home] = NEVER
    return found


def _forecast(case: FleeCase, rules: MoveRules, days: int) -> tuple[FloatArray, FloatArray]:
    """Return (days x places) the chances to leave of the floods ahead, weighted, and the sum of these weights."""
    flood = rules.flood_rules
    if flood is None or not flood.flood_forecaster or flood.flood_forecaster_timescale < 1:
        return np.zeros((days, len(case.locations))), np.zeros((days, len(case.locations)))
    levels = flood_levels(case, days + flood.flood_forecaster_timescale)
    chances = by_level(flood.flood_movechances or (), levels, 0.0)
    return ahead(flood, chances, days), ahead(flood, (levels > 0).astype(np.float64), days)


def harvests(case: FleeCase, rules: MoveRules, days: int) -> BoolArray:
    """Return (days) whether a day is in a month of harvest."""
    months = np.array([(case.period.start + timedelta(days=day)).month for day in range(days)], dtype=np.int64)
    return np.isin(months, rules.harvest_months)
