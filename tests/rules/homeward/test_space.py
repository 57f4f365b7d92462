from __future__ import annotations

import math

import numpy as np
import pytest

from homeward.rules.homeward import HomewardRules
from homeward.rules.tables import NOBODY
from tests.courses import rules_of
from tests.small_case import small_case

RULES = HomewardRules(small_case())
CODE = RULES.geography.code


def test_distances_are_the_shortest_ways_and_the_diagonal_is_the_way_within() -> None:
    km = RULES.geography.km
    assert km[CODE["south"], CODE["bordertown"]] == 180 + 120
    assert km[CODE["north"], CODE["camp"]] == 120 + 150
    assert km[CODE["north"], CODE["north"]] == 40
    assert km[CODE["city"], CODE["city"]] == math.inf
    np.testing.assert_array_equal(km, km.T)


def test_a_way_by_air_counts_as_longer_by_a_ticket_and_papers() -> None:
    case = small_case()
    routes = tuple(r.model_copy(update={"by": "air"}) if r.to_place == "farland" else r for r in case.routes)
    km = rules_of(case.model_copy(update={"routes": routes}), air_travel_km=700.0).geography.km
    assert km[CODE["city"], CODE["farland"]] == km[CODE["farland"], CODE["city"]] == 2_900 + 700
    assert km[CODE["north"], CODE["bordertown"]] == RULES.geography.km[CODE["north"], CODE["bordertown"]]
    assert RULES.geography.km[CODE["city"], CODE["farland"]] == 2_900


def test_only_displaced_people_and_refugees_count_against_a_limit() -> None:
    space, capacity = RULES.space, RULES.capacity
    limited = np.flatnonzero(capacity.place_of_group >= 0)
    assert {space.stages[stage] for stage in space.group_stage[limited]} == {"refugee"}
    assert {space.places[place] for place in space.group_place[limited]} == {"camp"}
    overflow = capacity.overflow_group[limited]
    assert {space.places[place] for place in space.group_place[overflow]} == {"bordertown"}
    np.testing.assert_array_equal(space.group_origin[overflow], space.group_origin[limited])
    assert capacity.limit.tolist() == [5_000]


def test_every_kind_leads_where_it_says() -> None:
    space, tables = RULES.space, RULES.new_tables()
    reached = {
        "flight": {"displaced", "refugee"},
        "reflight": {"displaced", "refugee"},
        "onward": {"displaced", "refugee"},
        "host_flight": {"displaced", "refugee", "returned"},
        "return": {"returned"},
        "death": {None},
        "naturalisation": {"naturalised"},
        "resettlement": {"resettled", None},
    }
    for table in (tables.move, tables.status):
        choices = table.choices
        for kind, name in enumerate(table.kinds):
            targets = choices.target[choices.kind == kind]
            stages = {None if g == NOBODY else space.stages[space.group_stage[g]] for g in targets.ravel()}
            assert stages == reached[name], name
        known = choices.target != NOBODY
        origins = np.broadcast_to(choices.origin[:, None], known.shape)
        np.testing.assert_array_equal(space.group_origin[choices.target[known]], origins[known])


def test_travel_takes_whole_steps_and_at_least_one() -> None:
    daily = rules_of(small_case(), travel_speed=100.0).new_tables().move.choices.delays
    assert daily[CODE["north"], CODE["bordertown"]] == 2
    assert daily[CODE["north"], CODE["north"]] == 1
    halves = rules_of(small_case(step_hours=12), travel_speed=100.0).new_tables().move.choices.delays
    assert halves[CODE["north"], CODE["bordertown"]] == 3
    assert daily.min() >= 1


@pytest.mark.parametrize("kind", ["flight", "return"])
def test_rows_belong_to_the_groups_that_use_them(kind: str) -> None:
    move, space = RULES.new_tables().move, RULES.space
    for group in range(space.groups):
        row = move.row_of[group, move.kinds.index(kind)]
        if row >= 0:
            assert move.choices.origin[row] == space.group_origin[group]
            assert move.choices.place[row] == space.group_place[group]
            assert move.choices.kind[row] == move.kinds.index(kind)
