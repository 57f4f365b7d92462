"""Chances to leave by food, floods, forecasts and harvests, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.model import FleeCase
from homeward.case.flee.parameters import FloodRules
from homeward.rules.flee.cohorts import Cohort
from homeward.rules.flee.days import days_of
from homeward.rules.flee.leaving import NEVER, harvests, leave_by_cohort, leave_of
from tests.rules.flee import case_of, place, series

FloatArray = NDArray[np.float64]

PLACES = (replace(place("A", "zone", 100), region="N"), replace(place("B", "town", 100), region="S"))
MOVE = {"conflict_movechance": 0.8, "default_movechance": 0.2}
FLOOD = FloodRules(flood_movechances=(0.9, 0.6, 1.0), flood_loc_weights=(1.0, 0.5, 0.2))


def leaving(case: FleeCase, days: int) -> FloatArray:
    return leave_of(case, case.settings.move_rules, days_of(case, days), np.full(2, 100.0))


def test_hunger_drives_out_in_its_share() -> None:
    food = (series("IPC", (0, 2), by_region=True, N=(0, 50), S=(100, 0)),)
    case = replace(case_of(PLACES, move={**MOVE, "flee_when_starving": True}), attributes=food)
    assert np.allclose(leaving(case, 3), [[0.8, 1], [0.25 + 0.75 * 0.8, 0.5 + 0.5 * 0.2], [0.5 + 0.5 * 0.8, 0.2]])
    without = replace(case_of(PLACES, move=MOVE), attributes=food)
    assert leaving(without, 3).tolist() == [[0.8, 0.2]] * 3


def test_a_flood_takes_the_place_of_a_chance_and_hunger_comes_before() -> None:
    move = {**MOVE, "flood_rules": FLOOD, "flee_when_starving": True}
    case = replace(case_of(PLACES, move=move), flood_levels=series("flood_level", (0, 2), B=(0, 2)),
                   attributes=(series("IPC", (0,), by_region=True, N=(50,), S=(50,)),))  # fmt: skip
    assert np.allclose(leaving(case, 3), [[0.9, 0.6], [0.9, 0.6], [0.9, 1.0]])


def by_cohort(case: FleeCase, days: int, *cohorts: Cohort) -> FloatArray:
    return leave_by_cohort(case, case.settings.move_rules, leaving(case, days), cohorts)


def test_chances_are_by_cohort_only_where_they_depend_on_it() -> None:
    case = case_of(PLACES, move=MOVE)
    assert by_cohort(case, 3, Cohort(), Cohort(home=0), Cohort(ethnicity="Red")).shape == (0, 3, 2)


def test_a_forecast_counts_like_the_flood_in_the_share_in_which_it_is_heeded() -> None:
    """B is dry on days 0 and 1, then flooded at levels 1 and 2; the forecast is of two days, weighted 1 and 0.5."""
    flood = FLOOD.model_copy(update={
        "flood_forecaster": True, "flood_forecaster_timescale": 2, "flood_forecaster_end_time": 3,
        "flood_forecaster_weights": (1.0, 0.5), "flood_awareness_weights": (0.0, 1.0),
    })  # fmt: skip
    case = replace(case_of(PLACES, move={**MOVE, "flood_rules": flood}),
                   flood_levels=series("flood_level", (0, 1, 2, 3), B=(0, 0, 1, 2)))  # fmt: skip
    found = by_cohort(case, 4, Cohort(), Cohort(awareness=1.0), Cohort(awareness=0.5))
    today = [0.2, 0.2, 0.6, 1.0]
    gain = [0.5 * (0.6 - 0.2) / 2, ((0.6 - 0.2) + 0.5 * (1.0 - 0.2)) / 2, (1.0 - 0.6) / 2, 0]
    assert np.allclose(found[0, :, 1], today)
    assert np.allclose(found[1, :, 1], np.add(today, gain))
    assert np.allclose(found[2, :, 1], np.add(today, np.divide(gain, 2)))
    assert (found[:, :, 0] == 0.8).all(), "who fears no flood stays as long as before"


def test_in_the_month_of_harvest_farmers_leave_all_places_but_home() -> None:
    """The case begins on 1 January 2020; day 31 is the first of February."""
    case = case_of(PLACES, days=40, move={**MOVE, "harvest_months": (2,)})
    assert harvests(case, case.settings.move_rules, 33).tolist() == [False] * 31 + [True] * 2
    found = by_cohort(case, 33, Cohort(home=1, farmer=True), Cohort())
    assert found[:, 30].tolist() == [[0.8, 0.2], [0.8, 0.2]]
    assert found[:, 31].tolist() == [[1.0, NEVER], [0.8, 0.2]]
