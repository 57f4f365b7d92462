"""Food and floods between the days of their files, lists by level, and the weighting of forecasts, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from homeward.case.flee.parameters import FloodRules
from homeward.rules.flee.conditions import ahead, by_level, flood_levels, food_insecurity
from tests.rules.flee import case_of, place, series

PLACES = (replace(place("A"), region="North"), place("B"))


def test_food_lies_on_lines_between_days_and_belongs_to_regions() -> None:
    case = replace(case_of(PLACES), attributes=(series("IPC", (0, 4), by_region=True, North=(10, 30), unknown=(0, 8)),))
    assert np.allclose(
        food_insecurity(case, 6).T, [[0.1, 0.15, 0.2, 0.25, 0.3, 0.3], [0, 0.02, 0.04, 0.06, 0.08, 0.08]]
    )
    other = replace(case, attributes=(series("rain", (0,), by_region=True, North=(10,)),))
    assert not food_insecurity(other, 3).any(), "another attribute is no food"


def test_floods_lie_on_lines_between_days_and_elsewhere_is_none() -> None:
    case = replace(case_of(PLACES), flood_levels=series("flood_level", (0, 2), B=(0, 3)))
    assert flood_levels(case, 4).T.tolist() == [[0, 0, 0, 0], [0, 1.5, 3, 3]]
    assert not flood_levels(case_of(PLACES), 2).any()


def test_a_list_by_level_is_read_between_its_entries_and_not_without_a_flood() -> None:
    levels = np.array([[0.0, 0.5, 1.0, 1.25, 2.0]])
    assert by_level((9.0, 1.0, 3.0), levels, 7.0).tolist() == [[7.0, 5.0, 1.0, 1.5, 3.0]]


def test_a_forecast_is_weighted_by_day_ahead_up_to_its_last_day() -> None:
    """Of day 2 one looks at days 3 and 4 of three: the last day with a forecast is 4."""
    rules = FloodRules(flood_movechances=(0, 1), flood_loc_weights=(1, 0), flood_forecaster=True,
                       flood_forecaster_timescale=3, flood_forecaster_end_time=4,
                       flood_forecaster_weights=(1.0, 0.5, 0.25), flood_awareness_weights=(1.0,))  # fmt: skip
    weighed = np.arange(8.0)[:, None]
    expected = [(1 + 1 + 0.75) / 3, (2 + 1.5 + 1) / 3, (3 + 2) / 3, 4 / 3, 0]
    assert np.allclose(ahead(rules, weighed, 5)[:, 0], expected)
