"""What places are from day to day: conflict that begins and ends, camps that shut and open, and what they attract."""

from __future__ import annotations

import pytest

from homeward.rules.flee.days import days_of, move_rules_of
from tests.rules.flee import case_of, closed, place

ZONE, TOWN = 1.0, 0.3
"""Default chances to leave."""


def test_each_kind_of_place_has_its_chance_to_leave() -> None:
    kinds = ("zone", "town", "camp", "idpcamp", "hub", "marker")
    moves = {"conflict_movechance": 0.9, "default_movechance": 0.4, "camp_movechance": 0.2, "idpcamp_movechance": 0.1}
    found = days_of(case_of([place(kind, kind) for kind in kinds], move=moves), 1)
    assert found.leave.tolist() == [[0.9, 0.4, 0.2, 0.1, 1, 1]]
    assert found.is_town.tolist() == [[False, True, False, False, False, False]]
    assert found.is_camp.tolist() == [[False, False, True, True, False, False]]
    assert found.intensity.tolist() == [[1, 0, 0, 0, 0, 0]]


def test_conflict_begins_and_ends_as_scheduled() -> None:
    case = case_of([place("A", "zone"), place("B")], conflicts={"A": [1, 1, 0, 0, 1], "B": [0, 0.5, 0, 0, 0]})
    found = days_of(case, 5)
    assert found.intensity.T.tolist() == [[1, 1, 0, 0, 1], [0, 0.5, 0, 0, 0]]
    assert found.leave.T.tolist() == [[ZONE, ZONE, TOWN, TOWN, ZONE], [TOWN, ZONE, TOWN, TOWN, TOWN]]
    assert found.is_town.T.tolist() == [[False, False, True, True, False], [True, False, True, True, True]]


def test_changes_within_a_spell_are_left_out_and_the_last_day_goes_on() -> None:
    case = case_of([place("A"), place("B")], conflicts={"A": [0, 0.25, 1, 0.5, 2]})
    assert days_of(case, 8).intensity.T.tolist() == [[0, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25], [0] * 8]
    over = case_of([place("A")], conflicts={"A": [0.5, 1, 0]})
    assert days_of(over, 5).intensity.T.tolist() == [[0.5, 0.5, 0, 0, 0]]
    assert days_of(over, 2).intensity.T.tolist() == [[0.5, 0.5]]


def test_a_trace_of_conflict_is_none() -> None:
    case = case_of([place("A")], conflicts={"A": [0, 9e-7, 1e-6, 1e-6]})
    assert days_of(case, 4).intensity.T.tolist() == [[0, 0, 1e-6, 1e-6]]


def test_a_zone_that_the_schedule_leaves_out_on_day_0_is_one_until_a_spell_ends() -> None:
    """Flee acts on changes of the schedule only."""
    case = case_of([place("A", "zone")], conflicts={"A": [0, 0, 0.5, 0]})
    assert days_of(case, 4).intensity.T.tolist() == [[1, 1, 0.5, 0]]


def test_without_a_schedule_conflict_begins_on_its_date_for_good() -> None:
    found = days_of(case_of([place("A", "zone"), place("B", "zone", since=2), place("C", since=1)]), 4)
    assert found.intensity.T.tolist() == [[1] * 4, [0, 0, 1, 1], [0] * 4]
    assert found.leave.T.tolist() == [[ZONE] * 4, [TOWN, TOWN, ZONE, ZONE], [TOWN] * 4]
    assert found.is_town.T.tolist() == [[False] * 4, [True, True, False, False], [True] * 4]


def test_a_date_means_nothing_beside_a_schedule() -> None:
    case = case_of([place("A", "zone", since=1)], conflicts={"A": [0, 0, 0, 1]})
    assert days_of(case, 4).intensity.T.tolist() == [[0, 0, 0, 1]]


def test_all_intensities_have_the_same_factor() -> None:
    scheduled = case_of([place("A")], conflicts={"A": [0, 0.5]}, default_conflict_intensity=3.0)
    dated = case_of([place("A", "zone"), place("B", "zone", since=1)], default_conflict_intensity=3.0)
    assert days_of(scheduled, 2).intensity.T.tolist() == [[0, 1.5]]
    assert days_of(dated, 2).intensity.T.tolist() == [[3, 3], [0, 3]]


@pytest.mark.parametrize(("kind", "chance"), [("camp", 0.001), ("idpcamp", 0.1)])
def test_a_camp_that_shuts_is_a_town_until_it_opens(kind: str, chance: float) -> None:

    places = [place("A"), place("B", kind)]
    case = case_of(places, closures=[closed(kind, "B", None, 1, 3)], move={"camp_weight": 5.0})
    found = days_of(case, 4)
    assert found.leave[:, 1].tolist() == [chance, TOWN, TOWN, chance]
    assert found.is_camp[:, 1].tolist() == [True, False, False, True]
    assert found.is_town[:, 1].tolist() == [False, True, True, False]
    assert found.score[:, 1].tolist() == [5, 1, 1, 5]
    for_good = case_of(places, closures=[closed(kind, "B", None, 1), closed(kind, "A", None, 9, 12)])
    assert days_of(for_good, 4).is_camp[:, 1].tolist() == [True, False, False, False]


def test_places_change_into_other_kinds() -> None:
    case = case_of([place("A"), place("B", "camp")], changes=[("A", "idpcamp", 1), ("B", "zone", 2), ("A", "hub", 7)])
    found = days_of(case, 3)
    assert found.leave.T.tolist() == [[TOWN, 0.1, 0.1], [0.001, 0.001, ZONE]]
    assert found.intensity.T.tolist() == [[0, 0, 0], [0, 0, 1]]
    assert found.is_camp.T.tolist() == [[False, True, True], [True, True, False]]


def test_a_camp_at_war_is_a_camp_and_no_town() -> None:
    found = days_of(case_of([place("A", "camp")], conflicts={"A": [0, 1, 0]}), 3)
    assert found.is_camp[:, 0].tolist() == [True, True, True]
    assert found.is_town[:, 0].tolist() == [False, False, True]


def test_zones_decay_by_age_in_steps_and_anew_with_each_spell() -> None:
    spawn = {"conflict_spawn_decay": (1.0, 0.5, 0.25), "conflict_spawn_decay_interval": 2}
    case = case_of([place("A")], conflicts={"A": [1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1]}, spawn=spawn)
    assert days_of(case, 11).decay[:, 0].tolist() == [1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 1, 1, 0.5]
    assert (days_of(case_of([place("A")], conflicts={"A": [1] * 4}), 4).decay == 1).all()


def test_a_zone_of_the_first_day_without_a_schedule_counts_from_there() -> None:
    spawn = {"conflict_spawn_decay": (1.0, 0.5), "conflict_spawn_decay_interval": 2}
    assert days_of(case_of([place("A", "zone")], spawn=spawn), 4).decay[:, 0].tolist() == [1, 1, 0.5, 0.5]


def test_what_attracts_is_the_product_of_the_weights_that_apply() -> None:
    places = [place("A", "zone"), place("B"), place("C", "camp"), place("D", "camp", country="Away"),
              place("E", country="Away"), place("F", "idpcamp", country="Away")]  # fmt: skip
    case = case_of(
        places,
        conflicts={"A": [1, 1], "F": [0.5, 0.5]},
        move={"foreign_weight": 3.0, "camp_weight": 2.0, "conflict_weight": 0.25},
        spawn={"conflict_spawn_decay": (1.0, 2.0), "conflict_spawn_decay_interval": 1},
    )
    assert days_of(case, 2).score.tolist() == [[0.25, 1, 2, 6, 3, 3], [0.0625, 1, 2, 6, 3, 1.5]]


def test_the_first_place_says_what_is_abroad() -> None:
    found = days_of(case_of([place("A", country="X"), place("B")], move={"foreign_weight": 3.0}), 1)
    assert found.score.tolist() == [[1, 3]]


def test_rules_of_flee_1_replace_those_given() -> None:
    given = {"max_move_speed": 50.0, "camp_weight": 9.0, "start_on_foot": True, "avoid_short_stints": True}
    rules = move_rules_of(case_of([place("A")], move={**given, "use_v1_rules": True}))
    replaced = (rules.max_move_speed, rules.camp_weight, rules.conflict_weight)
    assert replaced == (200, 2, 0.25)
    assert not rules.avoid_short_stints
    assert not rules.start_on_foot
    usual = move_rules_of(case_of([place("A")], move=given))
    assert (usual.max_move_speed, usual.camp_weight, usual.start_on_foot) == (50, 9, True)


def test_a_zone_has_its_own_intensity_where_no_schedule_gives_one() -> None:
    places = [place("A", "zone", conflict_intensity="0.4"), place("B", "zone", since=2, conflict_intensity="0.7")]
    found = days_of(case_of(places, days=4, default_conflict_intensity=0.5), 4)
    assert found.intensity.T.tolist() == [[0.2] * 4, [0.0, 0.0, 0.35, 0.35]]
    scheduled = days_of(case_of(places, days=4, conflicts={"B": [0, 0, 1, 1]}), 4)
    assert scheduled.intensity.T.tolist() == [[0.4] * 4, [0.0, 0.0, 1.0, 1.0]]
