from __future__ import annotations

import math

import numpy as np
import pytest

from homeward.rules.homeward import HomewardRules
from homeward.rules.tables import NOBODY
from tests.courses import rules_of
from tests.small_case import small_case

RULES = HomewardRules(small_case())
HOUSEHOLDS = rules_of(small_case(), household_size=5.0, staged_share=0.4, visit_hazard=0.5)
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
    space, tables = HOUSEHOLDS.space, HOUSEHOLDS.new_tables()
    reached = {
        "flight": {"displaced", "refugee"},
        "reflight": {"displaced", "refugee"},
        "onward": {"displaced", "refugee"},
        "host_flight": {"displaced", "refugee", "returned"},
        "return": {"returned"},
        "return_ahead": {"returned"},
        "visit": {"refugee"},
        "visit_back": {"refugee"},
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


@pytest.mark.parametrize("kind", ["flight", "reflight", "onward", "host_flight", "return", "return_ahead", "visit"])
def test_rows_belong_to_the_groups_that_use_them(kind: str) -> None:
    move, space = HOUSEHOLDS.new_tables().move, HOUSEHOLDS.space
    for group in range(space.groups):
        row = move.row_of[group, move.kinds.index(kind)]
        if row >= 0:
            assert move.choices.origin[row] == space.group_origin[group]
            assert move.choices.place[row] == space.group_place[group]
            assert move.choices.kind[row] == move.kinds.index(kind)


MONTHS = [f"returned {months} months ago" for months in range(13)]


def memory_of(group: int) -> str:
    space = HOUSEHOLDS.space
    memory: str = space.memories[space.group_memory[group]]
    return memory


def by_memory(memory: str, stage: str) -> list[int]:
    space = HOUSEHOLDS.space
    stages = space.stages.index(stage)
    return [g for g in range(space.groups) if memory_of(g) == memory and space.group_stage[g] == stages]


def test_nobody_goes_ahead_or_visits_unless_it_is_switched_on() -> None:
    for switched_off in (
        RULES,
        rules_of(small_case(), household_size=5.0),
        rules_of(small_case(), staged_share=0.4),
    ):
        groups = switched_off.groups
        assert (groups.following, groups.visiting) == (groups.naturalised, groups.naturalised)
    groups, refugees = HOUSEHOLDS.groups, HOUSEHOLDS.groups.origins * HOUSEHOLDS.groups.abroad
    assert (groups.visiting - groups.following, groups.naturalised - groups.visiting) == (refugees, refugees)


def test_returnees_grow_older_by_a_month_until_they_are_settled() -> None:
    space = HOUSEHOLDS.space
    recent = by_memory("returned 0 months ago", "returned")
    settled = by_memory("", "returned")
    groups = np.array(recent)
    for months in range(13):
        assert {memory_of(group) for group in groups} == {f"returned {months} months ago"}
        groups = space.group_next[groups]
    assert groups.tolist() == settled
    np.testing.assert_array_equal(space.group_origin[recent], space.group_origin[settled])
    others = np.setdiff1d(np.arange(space.groups), [g for m in range(13) for g in by_memory(MONTHS[m], "returned")])
    np.testing.assert_array_equal(space.group_next[others], others)


def test_rows_of_reflight_know_the_months_since_the_return_of_those_who_use_them() -> None:
    move, space = HOUSEHOLDS.new_tables().move, HOUSEHOLDS.space
    column = move.kinds.index("reflight")
    for group in range(space.groups):
        row = move.row_of[group, column]
        if row >= 0:
            months = move.choices.months[row]
            assert memory_of(group) == (MONTHS[months] if months >= 0 else "")
    of_others = move.choices.months[move.choices.kind != column]
    assert (of_others == -1).all()


def test_of_a_household_that_sends_one_ahead_the_others_follow_and_of_a_visitors_they_stay_what_they_are() -> None:
    move, space = HOUSEHOLDS.new_tables().move, HOUSEHOLDS.space
    choices = move.choices
    for kind, memory in (("return_ahead", "gone ahead"), ("visit", "")):
        rows = np.flatnonzero(choices.kind == move.kinds.index(kind))
        rest = choices.rest_target[rows]
        assert {memory_of(group) for group in rest} == {memory}
        np.testing.assert_array_equal(space.group_place[rest], choices.place[rows])
        np.testing.assert_array_equal(space.group_origin[rest], choices.origin[rows])
    whole = ~np.isin(choices.kind, [move.kinds.index("return_ahead"), move.kinds.index("visit")])
    assert (choices.rest_target[whole] == NOBODY).all()


def test_those_who_follow_lack_one_and_a_visitor_is_alone() -> None:
    party = HOUSEHOLDS.new_tables().move.party
    assert set(party[by_memory("gone ahead", "refugee")]) == {4}
    assert set(party[by_memory("visiting", "refugee")]) == {1}
    assert set(party[by_memory("", "refugee")]) == {5}
    # Births, deaths and papers come to people and not to households.
    assert set(HOUSEHOLDS.new_tables().status.party) == {1}


def test_visitors_come_back_to_the_host_that_they_left_and_take_no_place_in_its_camp() -> None:
    move, space, capacity = HOUSEHOLDS.new_tables().move, HOUSEHOLDS.space, HOUSEHOLDS.capacity
    for group in by_memory("visiting", "refugee"):
        row = move.row_of[group, move.kinds.index("visit_back")]
        assert move.choices.only[row] == space.group_place[group]
        assert move.choices.place[row] == space.places.index(space.origins[space.group_origin[group]])
        reached = move.choices.only_target[row]
        assert (memory_of(reached), space.group_place[reached]) == ("", space.group_place[group])
        assert capacity.place_of_group[group] == -1
    assert (capacity.place_of_group[by_memory("gone ahead", "refugee")] >= 0).any()


def test_children_are_counted_with_their_parents_but_have_not_returned_lately() -> None:
    birth_group = HOUSEHOLDS.new_tables().birth_group
    settled = by_memory("", "returned")
    for months in MONTHS:
        np.testing.assert_array_equal(birth_group[by_memory(months, "returned")], settled)
    refugees = by_memory("gone ahead", "refugee") + by_memory("", "refugee")
    np.testing.assert_array_equal(birth_group[refugees], refugees)
