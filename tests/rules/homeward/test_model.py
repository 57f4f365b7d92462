from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from homeward.case.schema import Case, PlaceKind
from homeward.engine.simulate import fresh_tables, simulate
from homeward.rules.homeward import HomewardRules
from tests.courses import rules_of, stock
from tests.small_case import small_case


def without_hosts() -> Case:
    case = small_case(end=date(2012, 3, 31))
    districts = tuple(place for place in case.places if place.kind is PlaceKind.DISTRICT)
    names = {place.id for place in districts}
    return case.model_copy(
        update={
            "places": districts,
            "routes": tuple(r for r in case.routes if {r.from_place, r.to_place} <= names),
            "population": tuple(row for row in case.population if row.place in names),
            "conditions": tuple(row for row in case.conditions if row.place in names),
            "events": (),
        }
    )


def test_a_case_without_any_place_abroad_runs() -> None:
    course = simulate(rules_of(without_hosts(), flight_hazard=0.01))
    assert stock(course, stage="displaced") > 600
    assert stock(course, stage="refugee") == 0


def test_hazards_compete_within_a_step() -> None:
    rules = rules_of(small_case(), flight_hazard=0.5, frailty_classes=1.0)
    halves = rules_of(small_case(step_hours=12), flight_hazard=0.5, frailty_classes=1.0)
    whole, half = (fresh_tables(r).move.leave[r.groups.resident] for r in (rules, halves))
    assert (1 - half) ** 2 == pytest.approx(1 - whole)
    assert 0 < whole < 1


def test_a_weekly_step_has_the_hazards_of_all_days_of_the_block() -> None:
    daily = rules_of(small_case(), flight_hazard=0.01)
    weekly = rules_of(small_case(step_hours=168), flight_hazard=0.01)
    assert weekly.blocks[0].days == 7
    leave, of_days = fresh_tables(weekly).move.leave, fresh_tables(daily).move.leave
    np.testing.assert_allclose(1 - leave, (1 - of_days) ** 7, rtol=1e-12)
    assert 0.001 < leave.max() < 1
    np.testing.assert_array_equal(fresh_tables(weekly).move.choices.delays, fresh_tables(daily).move.choices.delays)


def test_frailty_multiplies_the_hazard_of_flight_and_not_that_of_return() -> None:
    rules = HomewardRules(small_case())
    move, classes, space = fresh_tables(rules).move, rules.space.classes, rules.space
    resident = -np.log1p(-move.leave[:classes])
    np.testing.assert_allclose(resident / resident[0], rules.frailty / rules.frailty[0])
    refugee = space.group(space.origins.index("north"), space.places.index("city"), "refugee") * classes
    assert len(set(move.leave[refugee : refugee + classes])) == 1
    assert move.leave[refugee] > 0


def test_those_with_new_papers_move_no_more() -> None:
    rules = HomewardRules(small_case())
    leave = fresh_tables(rules).move.leave
    settled = np.isin(rules.space.group_stage, [rules.space.stages.index(s) for s in ("naturalised", "resettled")])
    assert settled.any()
    assert (leave.reshape(-1, rules.space.classes)[settled] == 0).all()


def test_start_people_are_those_of_the_case() -> None:
    case = small_case()
    rules = HomewardRules(case)
    assert rules.start_people.sum() == sum(row.people for row in case.population)
    space = rules.space
    group = space.group(space.origins.index("north"), space.places.index("south"), "displaced")
    assert rules.start_people[group] == 600


def test_a_shock_multiplies_flight_at_its_place_alone() -> None:
    rules = rules_of(small_case(), frailty_classes=1.0)
    hazards = []
    for factor in (1.0, 3.0):
        tables = rules.new_tables()
        shocks = [family.neutral() for family in rules.shock_families]
        shocks[0][rules.geography.code["north"]] = factor
        rules.fill(tables, rules.blocks[0], rules.start_people.astype(float), shocks)
        hazards.append(-np.log1p(-tables.move.leave[: rules.groups.returned]))
    ratio = dict(zip(rules.space.origins, hazards[1] / hazards[0], strict=True))
    assert ratio == pytest.approx({"north": 3.0, "south": 1.0, "east": 1.0})
