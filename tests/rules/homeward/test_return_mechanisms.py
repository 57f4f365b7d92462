"""What moves return in a whole run, and what does not.

Each test states the values of the parameters that it uses; what people believe of home follows it at once
(``perception_lag`` = 0) unless a test says otherwise. None asserts the sign of a disputed effect under fitted values.
They compare the expected course or the tables of its first day, so nothing is left to chance.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from homeward.case.scenario import lay_over
from homeward.case.scenario_schema import Scenario
from homeward.case.schema import Stage
from homeward.engine.simulate import expected_course
from homeward.rules.homeward import HomewardRules
from homeward.rules.homeward.homecoming import host_pressure, push_share
from homeward.rules.parameters import resolve_parameters
from tests.small_case import DISTRICTS, small_case

START, END = date(2012, 1, 1), date(2014, 12, 31)
OPEN = {
    "return_gate_threshold": -1.5, "return_gate_width": 0.5, "return_hazard_open": 0.1, "perception_lag": 0.0,
    "own_repair": 0.0,
}  # fmt: skip
PEACE = {"indicator": "violence", "places": list(DISTRICTS), "from": date(2013, 1, 1), "set": 0.0}
PARDON = {"persecution_risk[government]": 0.0, "persecution_risk[opposition]": 0.0}


def returns(*changes: dict[str, Any], **parameters: float) -> int:
    """Return the refugees who came back from the host HOA in the three years of the small case."""
    case = small_case(start=START, end=END, parameters={**OPEN, **parameters})
    laid = lay_over(case, Scenario.model_validate({"name": "test", "change": changes}))
    course = expected_course(HomewardRules(laid))
    hosts = [course.names.places.index(place) for place in ("bordertown", "city", "camp")]
    from_hoa = np.isin(course.returns["host"], hosts)
    return int(course.returns["people"][from_hoa].sum())


def repaired(share: float) -> dict[str, Any]:
    return {"indicator": "housing", "places": list(DISTRICTS), "from": START, "set": share}


def host(indicator: str, share: float) -> dict[str, Any]:
    return {"indicator": indicator, "places": ["HOA"], "from": START, "set": share}


def test_with_push_set_positive_worse_host_conditions_raise_returns_and_lower_the_voluntary_share() -> None:
    """return_weight_push = 1.5, hostility at the host 0.2, 0.5 or 0.9; gate at -1.5.

    The voluntary share is read off the tables: the hazard with the host at its reference over the hazard as it is.
    """
    found = [returns(PEACE, host("hostility", at), return_weight_push=1.5, **PARDON) for at in (0.2, 0.5, 0.9)]
    assert found[0] < found[1] < found[2]
    hazards = [first_hazards(host("hostility", at), return_weight_push=1.5)[0] for at in (0.2, 0.5, 0.9)]
    voluntary = [min(1.0, hazards[1] / hazard) for hazard in hazards]
    assert voluntary == pytest.approx([1.0, 1.0, np.exp(-1.5 * 0.4)])
    parameters = resolve_parameters(small_case(parameters={"return_weight_push": 1.5}))
    pressure = host_pressure(np.array([[np.nan, np.nan, np.nan, at] for at in (0.2, 0.5, 0.9)]))
    np.testing.assert_allclose(1.0 - push_share(pressure, parameters), voluntary)


def test_without_a_weight_on_push_host_conditions_move_nobody() -> None:
    """return_weight_push = 0: the negative control of the test above."""
    assert returns(host("hostility", 0.9), return_weight_push=0.0) == returns(return_weight_push=0.0)


def test_with_the_gate_closed_repaired_housing_moves_little_and_opening_the_gate_first_moves_most() -> None:
    """return_weight_housing = 1.5, housing 0.2 or 0.9; closed: risk of persecution 1 under every holder, weight 6.

    Closed: (1 - m) G(s) with s at most -6 lets a ten-thousandth of the open hazard through.
    """
    closed = {"persecution_risk[government]": 1.0, "persecution_risk[opposition]": 1.0}
    weights = {
        "return_weight_housing": 1.5, "safety_weight_persecution": 6.0, "safety_weight_persecution_displaced": 6.0,
    }  # fmt: skip
    neither = returns(PEACE, repaired(0.2), **closed, **weights)
    housing = returns(PEACE, repaired(0.9), **closed, **weights)
    gate = returns(PEACE, repaired(0.2), **PARDON, **weights)
    both = returns(PEACE, repaired(0.9), **PARDON, **weights)
    assert housing - neither < 0.01 * (gate - neither)
    assert both > 1.5 * gate


def test_in_the_smooth_form_repaired_housing_moves_people_under_persecution_too() -> None:
    """return_smooth_share = 1, slope 0.06, return_weight_housing = 1.5: the control of the test above."""
    closed = {"persecution_risk[government]": 1.0, "persecution_risk[opposition]": 1.0}
    smooth = {"return_smooth_share": 1.0, "return_safety_slope": 0.06, "return_weight_housing": 1.5}
    assert returns(repaired(0.9), **closed, **smooth) > 1.5 * returns(repaired(0.2), **closed, **smooth)


def test_a_change_of_holders_is_an_ordinary_condition_that_opens_the_gate_at_once() -> None:
    """Risk 0.9 under the government, 0.1 under those who follow; no code knows the event."""
    risks = {"persecution_risk[government]": 0.9, "persecution_risk[opposition]": 0.1}
    districts = list(DISTRICTS)
    falls = [
        {"indicator": "held_by.opposition", "places": districts, "from": date(2014, 1, 1), "set": 1.0},
        {"indicator": "held_by.government", "places": districts, "from": date(2014, 1, 1), "set": 0.0},
    ]
    assert returns(PEACE, *falls, **risks) > 1.3 * returns(PEACE, **risks)


def first_hazards(*changes: dict[str, Any], **parameters: float) -> tuple[float, float]:
    """Return the hazards per day of return to the north at the start: of refugees in the city, of IDPs in the south."""
    case = small_case(start=START, end=END, parameters={**OPEN, **parameters})
    people = (*case.population, case.population[0].model_copy(update={"stage": Stage.RETURNED, "people": 3_000}))
    case = case.model_copy(update={"population": people})
    rules = HomewardRules(lay_over(case, Scenario.model_validate({"name": "test", "change": changes})))
    census = rules.start_people.astype(np.float64)
    north = rules.space.origins.index("north")
    # They came back five months ago.
    five_months, settled = rules.groups.returned + 5 * rules.groups.origins + north, rules.groups.settled + north
    census[five_months], census[settled] = census[settled], 0.0
    tables, space = rules.new_tables(), rules.space
    rules.fill(tables, rules.blocks[0], census, [family.neutral() for family in rules.shock_families])
    move = tables.move
    groups = [
        space.group(space.origins.index("north"), space.places.index(place), stage)
        for place, stage in (("city", "refugee"), ("south", "displaced"))
    ]
    kind = move.kinds.index("return")
    by_kind = np.diff(move.kind_cumulative, axis=1, prepend=0.0)
    refugees, displaced = (float(by_kind[group * space.classes, kind]) for group in groups)
    return refugees, displaced


NO_DECAY = {"housing_destruction": 0.0, "own_repair": 0.0}
FILLED = 183_000 / (180_000 * 0.9)


@pytest.mark.parametrize(
    ("changes", "parameters", "factors"),
    [
        # Of the north 180,000 are there and 3,000 are back, so nine dwellings in ten are a little too few.
        ((repaired(0.9),), {"return_weight_housing": 1.5, **NO_DECAY}, (np.exp(1.5 * (0.9 / FILLED - 0.5)),) * 2),
        ((), {"season_strength": 0.5, "season_peak_day": 1.0}, (1.5, 1.5)),
        ((host("hostility", 0.9),), {"return_weight_push": 1.5}, (np.exp(1.5 * 0.4), 1.0)),
        # 1,200 of the north are in the city, 600 in the south, and 3,000 are back.
        ((), {"return_weight_neighbours": 0.8}, (np.exp(0.8 * 3_000 / 4_800),) * 2),
    ],
    ids=["housing", "season", "push", "neighbours"],
)
def test_every_factor_reaches_those_whom_it_is_about(
    changes: tuple[dict[str, Any], ...], parameters: dict[str, float], factors: tuple[float, float]
) -> None:
    """Weights as written in each case. Housing, season and neighbours move refugees and IDPs, push refugees alone."""
    before, after = first_hazards(), first_hazards(*changes, **parameters)
    np.testing.assert_allclose(np.array(after) / np.array(before), factors, rtol=1e-9)
