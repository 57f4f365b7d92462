"""What places attract with, by cohort and day, before distance and room.

Equations: docs/explanation/flee-rules.md, "What else makes places attract" and "Who people are".
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.model import FleeCase, FleeLocation
from homeward.case.flee.parameters import FloodRules, MoveRules
from homeward.errors import InputError, Problem
from homeward.rules.flee.cohorts import Cohort
from homeward.rules.flee.conditions import ahead, by_level, flood_levels, food_insecurity
from homeward.rules.flee.days import Days

__all__ = ["attraction_of"]

FloatArray = NDArray[np.float64]

EARTH_KM = 6371.0
ETHNIC_RATE = 10.0
"""One over the mean share of people of one ethnicity, as Flee has it."""

_LOCATIONS = "input_csv/locations.csv"


def attraction_of(case: FleeCase, rules: MoveRules, state: Days, cohorts: Sequence[Cohort]) -> FloatArray:
    """Return (cohorts x days x places) what routes to a place are weighed by, before nearness and room.

    At an awareness below 1 nothing of a place is known, and all are alike. Raises InputError where a rule needs what
    ``locations.csv`` does not say.
    """
    days, places = state.score.shape
    if rules.awareness_level < 1:
        return np.full((len(cohorts), days, places), rules.weight_softening + 1.0)
    score = state.score * _safe_and_fed(case, rules, days)
    common = _population(case, rules, state) * _flooded(case, rules, days)
    fear = _forecast(case, rules, days)
    apart = _home_factors(case, rules, cohorts)
    found = np.empty((len(cohorts), days, places))
    for number, cohort in enumerate(cohorts):
        weight = (score if cohort.caution == 1.0 else score**cohort.caution) * common
        if cohort.awareness > 0.0:
            weight = weight * np.maximum(0.0, 1.0 - cohort.awareness * fear)
        if cohort.home is not None and rules.stay_close_to_home:
            weight = weight * apart[cohort.home]
        found[number] = weight * _matches(case, rules, state, cohort)
    return np.asarray(rules.weight_softening + found)


def _safe_and_fed(case: FleeCase, rules: MoveRules, days: int) -> FloatArray:
    """Return (days x places) the factors on scores of trade and development, and of food."""
    factor = np.ones((days, len(case.locations)))
    if rules.use_economic_pull:
        factor *= np.array([_pull(place, case.home_country) for place in case.locations])
    if rules.avoid_food_deprived_locations:
        factor *= (1.0 - food_insecurity(case, days)) ** 2
    return factor


def _pull(place: FleeLocation, home_country: str | None) -> float:
    """Return the economic pull of a place abroad, 1 for all others."""
    if (place.country or "") == (home_country or ""):
        return 1.0
    trade, development = (float(place.attribute(name) or 0.0) for name in ("trade_volume", "hdi"))
    return 1.0 + trade + development**2


def _population(case: FleeCase, rules: MoveRules, state: Days) -> FloatArray:
    """Return (days x places) the factor of the residents at the start; 1 for camps."""
    if not rules.use_pop_for_loc_weight:
        return np.ones_like(state.score)
    residents = np.array([max(1, place.population) for place in case.locations], dtype=np.float64)
    return np.asarray(np.where(state.is_camp, 1.0, residents**rules.pop_power_for_loc_weight))


def _flooded(case: FleeCase, rules: MoveRules, days: int) -> FloatArray:
    """Return (days x places) the factor of today's flood."""
    if rules.flood_rules is None:
        return np.ones((days, len(case.locations)))
    return by_level(rules.flood_rules.flood_loc_weights or (), flood_levels(case, days), 1.0)


def _forecast(case: FleeCase, rules: MoveRules, days: int) -> FloatArray:
    """Return (days x places) by how much a forecast lessens the attraction of a place, to who heeds it fully."""
    flood: FloodRules | None = rules.flood_rules
    if flood is None or not flood.flood_forecaster or flood.flood_forecaster_timescale < 1:
        return np.zeros((days, len(case.locations)))
    levels = flood_levels(case, days + flood.flood_forecaster_timescale)
    return ahead(flood, 1.0 - by_level(flood.flood_loc_weights or (), levels, 1.0), days)


def _home_factors(case: FleeCase, rules: MoveRules, cohorts: Sequence[Cohort]) -> dict[int, FloatArray]:
    """Return (places) the factors of the distance from each home."""
    if not rules.stay_close_to_home:
        return {}
    homes = sorted({cohort.home for cohort in cohorts if cohort.home is not None})
    return {
        home: np.array([
            max(1.0, _apart(case.locations[home], place)) ** -rules.home_distance_power for place in case.locations
        ])
        for home in homes
    }  # fmt: skip


def _apart(one: FleeLocation, other: FleeLocation) -> float:
    """Return the kilometres between two places, as the crow flies, on a sphere."""
    (north, east), (far_north, far_east) = _radians(one), _radians(other)
    half = math.sin((far_north - north) / 2) ** 2
    half += math.cos(north) * math.cos(far_north) * math.sin((far_east - east) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _radians(place: FleeLocation) -> tuple[float, float]:
    if place.latitude is None or place.longitude is None:
        what = f"'stay_close_to_home' needs the coordinates of {place.name!r}"
        raise InputError([Problem(_LOCATIONS, None, None, what, "Fill in latitude and longitude, or remove the key")])
    return math.radians(place.latitude), math.radians(place.longitude)


def _matches(case: FleeCase, rules: MoveRules, state: Days, cohort: Cohort) -> FloatArray | float:
    """Return (days x places) the factors of people of one's own ethnicity and religion."""
    found: FloatArray | float = 1.0
    if cohort.ethnicity is not None:
        factor = ETHNIC_RATE * _share_of(case, "ethnicity", cohort.ethnicity)
        factor = np.where(np.isnan(factor), 1.0, factor)
        fighting = ~state.is_camp & (state.intensity > 0)
        of_kind = (
            (rules.MatchCampEthnicity, state.is_camp),
            (rules.MatchConflictEthnicity, fighting),
            (rules.MatchTownEthnicity, ~state.is_camp & ~fighting),
        )
        for asked, where in of_kind:
            if asked:
                found = found * np.where(where, factor, 1.0)
    if cohort.religion is not None and rules.MatchCampReligion:
        factor = _share_of(case, "religion", cohort.religion) / rules.avg_religion_fraction
        found = found * np.where(state.is_camp & ~np.isnan(factor), factor, 1.0)
    return found


def _share_of(case: FleeCase, attribute: str, value: str) -> FloatArray:
    """Return (places) the share of a value among a place's people, by columns of ``locations.csv``; NaN: not known."""
    values = _values(case, attribute)
    columns = {name for place in case.locations for name, _ in place.attributes}
    if value not in columns:
        what = f"there is no column {value!r}, which says how many people of this {attribute} live at a place"
        remedy = "Add it, with a number for each place, or remove the rules that match people and places"
        raise InputError([Problem(_LOCATIONS, None, None, what, remedy)])
    found = []
    for place in case.locations:
        counts = {name: float(place.attribute(name) or 0.0) for name in values if name in columns}
        everybody = float(place.population or sum(counts.values()))
        unknown = everybody <= 0.0 or not any(counts.values())
        found.append(math.nan if unknown else counts[value] / everybody)
    return np.array(found)


def _values(case: FleeCase, attribute: str) -> list[str]:
    """Return all values of an attribute that people of a case may have."""
    given = [value for one in case.demographics if one.attribute == attribute for value in one.values]
    return list(dict.fromkeys([*given, *(text for agent in case.agents for name, text in agent.attributes
                                         if name == attribute and text)]))  # fmt: skip
