"""A course that branches: what ``simulate`` gives, bit for bit, and nothing that one branch does reaches another."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from verification.cases import busy_case

from homeward.case.scenario import lay_over
from homeward.case.scenario_schema import Scenario
from homeward.case.schema import Case
from homeward.engine.record import TABLES, Trajectory
from homeward.engine.simulate import Trunk, simulate
from homeward.errors import UsageError
from homeward.rules.homeward import HomewardRules
from tests.courses import digest, tables_of
from tests.small_case import small_case
from tests.strategies import cases

SUMMER = date(2012, 7, 1)
EVENTFUL = {"household_size": 5.0, "staged_share": 0.37, "visit_hazard": 2.0, "perception_lag": 60.0}


def busy(step_hours: int = 24) -> Case:
    """Return a year with all that rules remember: beliefs, years away, households in stages, a camp that fills."""
    case = busy_case(people=60_000, end=date(2012, 12, 31), camp_capacity=300, parameters=EVENTFUL)
    return case.model_copy(update={"settings": case.settings.model_copy(update={"step_hours": step_hours})})


def changed(case: Case, first: date = SUMMER, *, guaranteed: date = date(2012, 8, 9)) -> Case:
    """Return a case that goes another way from a day on: a ceasefire, guarantees, and a border in mid-month."""
    changes = [
        {"indicator": "ceasefire", "places": ["ORI"], "from": first, "close_gap": 0.7},
        {"indicator": "guarantees.government", "places": ["north"], "from": guaranteed, "close_gap": 0.9},
    ]
    border = {"place": "ORI>HOA", "date": date(2012, 9, 20), "indicator": "border", "value": "closed"}
    return lay_over(case, Scenario.model_validate({"name": "test", "change": changes, "event": [border]}))


def trunk_of(case: Case, day: date = SUMMER, **more: Any) -> Trunk:
    rules = HomewardRules(case)
    return Trunk(rules, rules.calendar.day_of(day), **more)


@pytest.mark.parametrize("step_hours", [12, 24, 168])
def test_a_branch_is_the_simulation_of_its_rules_bit_for_bit(step_hours: int) -> None:
    case = busy(step_hours)
    other = changed(case)
    trunk = trunk_of(case, seed=3, replicate=5)
    branch = trunk.branch(HomewardRules(other))
    assert digest(branch) == digest(simulate(HomewardRules(other), 3, 5))
    assert digest(branch) != digest(simulate(HomewardRules(case), 3, 5))
    assert branch.replicate == 5


def test_branches_do_not_disturb_each_other_nor_the_trunk() -> None:
    case = busy()
    once, again, back = trunk_of(case), changed(case), changed(case, date(2012, 10, 1))
    found = [digest(once.branch(HomewardRules(one))) for one in (again, back, case, again)]
    assert found == [digest(simulate(HomewardRules(one))) for one in (again, back, case, again)]
    assert len(set(found)) == 3


@pytest.mark.parametrize("day", [date(2012, 1, 1), date(2012, 2, 1), date(2012, 12, 1), date(2013, 1, 1)])
def test_it_may_branch_off_before_anything_happened_and_when_all_is_over(day: date) -> None:
    case = busy()
    assert digest(trunk_of(case, day).branch(HomewardRules(case))) == digest(simulate(HomewardRules(case)))


@given(case=cases(), month=st.integers(1, 3), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_random_cases_go_on_as_if_they_had_never_stopped(case: Case, month: int, seed: int) -> None:
    ends = HomewardRules(case).calendar.month_ends()
    assume(len(ends) > month)
    first = date(ends[month - 1].year, ends[month - 1].month, 1)
    rules = HomewardRules(case)
    trunk = Trunk(rules, max(0, rules.calendar.day_of(first)), seed)
    assert digest(trunk.branch(rules)) == digest(simulate(rules, seed))


def test_rules_cannot_branch_off_in_mid_month() -> None:
    case = busy()
    trunk = trunk_of(case, date(2012, 7, 10))
    with pytest.raises(UsageError, match="where a month begins"):
        trunk.branch(HomewardRules(case))


@pytest.mark.parametrize(
    "other",
    [
        busy().model_copy(update={"places": busy().places[:-1], "routes": busy().routes[:-1], "conditions": ()}),
        busy(12),
        changed(busy(), guaranteed=date(2012, 5, 17)),
        busy_case(people=60_000, end=date(2012, 11, 30), camp_capacity=300, parameters=EVENTFUL),
        busy_case(people=60_000, end=date(2012, 12, 31), parameters={**EVENTFUL, "frailty_classes": 2.0}),
        busy_case(people=60_000, end=date(2012, 12, 31), parameters={**EVENTFUL, "travel_speed": 1.0}),
    ],
    ids=["places", "step", "a change before", "end", "classes", "travel"],
)
def test_rules_of_other_people_or_days_cannot_branch_off(other: Case) -> None:
    """Guarantees of May begin a block of their own."""
    with pytest.raises(UsageError, match="same people and the same days before"):
        trunk_of(busy()).branch(HomewardRules(other))


@pytest.mark.parametrize("wanted", [(), ("returns",), ("returns", "displaced_again"), ("flows",), ("matrix", "stocks")])
def test_tables_that_are_wanted_are_whole_and_the_others_empty(wanted: tuple[str, ...]) -> None:
    """Until the winter after next, so that years end within it and people are displaced again."""
    case = small_case(end=date(2013, 6, 30), parameters={"return_hazard_open": 5.0, "return_gate_threshold": -9.0})
    whole = simulate(HomewardRules(case))
    for course in (
        trunk_of(case, wanted=wanted).branch(HomewardRules(case)),
        trunk_of(case, case.settings.start, wanted=wanted).branch(HomewardRules(case)),
    ):
        assert course.balance == whole.balance
        for name, table in tables_of(course).items():
            full = tables_of(whole)[name]
            assert list(table) == list(full)
            for column, values in table.items():
                assert values.tolist() == (full[column].tolist() if name in wanted else []), name
    assert all(len(tables_of(whole)[name]["people"]) for name in TABLES if name != "fled_back")


def test_every_table_of_a_course_can_be_wanted() -> None:
    assert set(TABLES) == set(tables_of(simulate(HomewardRules(small_case(end=date(2012, 1, 31))))))
    assert set(TABLES) < set(Trajectory.__dataclass_fields__)
