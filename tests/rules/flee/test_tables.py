"""Tables of small cases by hand: room, chances, weights, who is there and who appears."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from homeward.case.flee.model import Demographics
from homeward.rules.flee.tables import NO_LIMIT, FleeTables, flee_tables
from tests.rules.flee import case_of, closed, place, route

PLACES = (place("A", "zone", 1000), place("B", "town", 500), place("C", "camp", 900), place("D", "idpcamp", 50))
ROUTES = (route("A", "B", 40), route("B", "C", 60), route("C", "D", 90))
COUNTS = {"C": ((0, 300), (4, 700)), "D": ((0, 50), (4, 90))}


def tables_of(*, hasten: int | None = None, length: int | None = None, **more: Any) -> FleeTables:
    return flee_tables(case_of(PLACES, ROUTES, days=5, **{"counts": COUNTS, **more}), hasten=hasten, days=length)


def test_room_is_what_the_people_of_day_0_leave() -> None:
    """900 - 300 in C; D is full, and a capacity of 0 is none."""
    assert tables_of().capacity.tolist() == [[NO_LIMIT, NO_LIMIT, 600, NO_LIMIT]]
    assert tables_of(spawn={"insert_day0": False}).capacity.tolist() == [[NO_LIMIT, NO_LIMIT, 900, 50]]


def test_room_is_scaled_after_those_of_day_0_are_taken_off() -> None:
    assert tables_of(move={"capacity_scaling": 2.0}).capacity[0, 2] == 1200


def test_a_capacity_under_1_is_none() -> None:
    assert tables_of(move={"capacity_scaling": 1 / 600}).capacity[0, 2] == 1
    assert tables_of(move={"capacity_scaling": 0.99 / 600}).capacity[0, 2] == NO_LIMIT
    assert tables_of(hasten=901).capacity.tolist() == [[NO_LIMIT] * 4]


def test_all_people_are_divided() -> None:
    tables = tables_of(hasten=7)
    assert tables.residents.tolist() == [142, 71, 0, 0]
    assert tables.capacity[0, 2] == 900 // 7 - 300 // 7
    assert tables.at_start.tolist() == [0, 0, 42, 7]
    assert tables.new.sum() == 700 // 7 + 90 // 7 - 42 - 7


def test_the_settings_say_by_how_much_unless_told_otherwise() -> None:
    settings: dict[str, Any] = {"optimisations": {"hasten": 10}}
    assert tables_of(**settings).residents[0] == 100
    assert tables_of(**settings, hasten=4).residents[0] == 250


def test_the_settings_say_how_many_days_unless_told_otherwise() -> None:
    assert tables_of().days == 5
    assert tables_of(number_of_steps=3).days == 3
    longer = tables_of(number_of_steps=3, length=7)
    lengths = [longer.days, *map(len, (longer.new, longer.link_open, longer.route_open, longer.appear))]
    assert lengths == [7] * 5


def test_people_of_day_0_are_in_the_camps() -> None:
    assert tables_of().at_start.tolist() == [0, 0, 300, 50]
    assert tables_of(spawn={"insert_day0": False}).at_start.tolist() == [0] * 4
    assert tables_of(spawn={"empty_camps_on_day0": True}).at_start.tolist() == [0] * 4


def test_new_people_are_the_rise_of_the_counts() -> None:
    assert tables_of().new.tolist() == [0, 110, 110, 110, 110]


def test_agents_are_there_only_where_their_file_is_asked_for() -> None:
    agents = ["A", "B", "A", "C"]
    assert tables_of(agents=agents).at_start.tolist() == [0, 0, 300, 50]
    assert tables_of(agents=agents, spawn={"read_from_agents_csv_file": True}).at_start.tolist() == [2, 1, 301, 50]


def test_a_mode_of_floods_that_do_not_drive_anybody_is_let_pass() -> None:
    assert tables_of(spawn={"flood_driven_spawn_mode": {}}).days == 5


def own(mode: str, number: float, **spawn: Any) -> FleeTables:
    spawning = {"spawn_mode": mode, "displaced_per_conflict_day": number}
    # Each spell has its own first intensity.
    fighting = {"A": [1, 0, 0.25, 0, 0], "B": [0, 0, 0, 0.5, 0.5]}
    return tables_of(conflicts=fighting, spawn={"conflict_driven_spawning": spawning, **spawn})


def test_conflict_may_displace_a_number_of_people_at_each_zone_of_its_own() -> None:
    tables = own("constant", 10)
    assert tables.own.T.tolist() == [[10, 0, 2, 0, 0], [0, 0, 0, 5, 5], [0] * 5, [0] * 5]
    assert not tables.own_is_mean
    assert not tables.own_share.any()
    assert not tables.new.any(), "the counts bring nobody besides"
    assert tables.at_start.tolist() == [0, 0, 300, 50]


def test_or_a_number_around_a_mean() -> None:
    tables = own("poisson", 10)
    assert tables.own[:, :2].T.tolist() == [[10, 0, 2.5, 0, 0], [0, 0, 0, 5, 5]]
    assert tables.own_is_mean
    assert not tables.own_share.any()


def test_or_a_share_of_residents() -> None:
    tables = own("pop_ratio", 0.1, take_from_population=True)
    assert tables.own_share[:, :2].T.tolist() == [[0.1, 0, 0.025, 0, 0], [0, 0, 0, 0.05, 0.05]]
    assert not tables.own.any()
    assert not tables.own_is_mean
    assert tables.take


def test_floods_alone_leave_conflict_out() -> None:
    tables = own("constant", 10, flood_zone_spawning_only=True, conflict_zone_spawning_only=False)
    assert not tables.own.any()


def test_where_conflict_alone_is_left_out_the_counts_bring_people() -> None:
    """``homeward check``: 'conflict_driven_spawning' is ignored where 'flood_zone_spawning_only' is true."""
    tables = own("constant", 10, flood_zone_spawning_only=True, conflict_zone_spawning_only=False)
    assert tables.new.tolist() == [0, 110, 110, 110, 110]


def test_people_stay_for_good_where_camps_are_sinks() -> None:
    places = (place("A", "camp", deactivation_probability="0.25"), place("B", "camp"))
    assert flee_tables(case_of(places, spawn={"camps_are_sinks": True})).sink.tolist() == [0.25, 0]
    assert flee_tables(case_of(places)).sink.tolist() == [0, 0]


def test_chances_to_leave_are_scaled_by_residents_or_capacity() -> None:
    moves = {"movechance_pop_scale_factor": 0.5, "movechance_pop_base": 100.0, "camp_movechance": 0.1,
             "default_movechance": 0.1, "conflict_movechance": 0.2, "idpcamp_movechance": 0.1}  # fmt: skip
    expected = [0.2 * 10**0.5, 0.1 * 5**0.5, 0.1 * 9**0.5, 0.1 * 0.5**0.5]
    assert np.allclose(tables_of(move=moves).leave[0], expected, rtol=1e-12)
    assert tables_of(move={**moves, "conflict_movechance": 0.9}).leave[0, 0] == 1
    assert (tables_of(move={**moves, "movechance_pop_scale_factor": 0.0}).leave[0] == [0.2, 0.1, 0.1, 0.1]).all()


def test_weights_of_routes_are_attraction_times_nearness() -> None:
    moves = {"softening": 5.0, "distance_power": 2.0, "weight_softening": 0.5, "camp_weight": 3.0,
             "conflict_weight": 0.25, "awareness_level": 2}  # fmt: skip
    tables = tables_of(move=moves)
    assert tables.attraction[0, 0].tolist() == [0.75, 1.5, 3.5, 3.5]
    first = slice(*tables.routes.first_route[:2])
    assert tables.routes.km[first].tolist() == [40, 100]
    assert np.allclose(tables.nearness[first], [45**-2, 105**-2], rtol=1e-12)


@pytest.mark.parametrize(("awareness", "attracts", "near"), [(0, False, True), (-1, False, False), (1, True, True)])
def test_who_knows_little_goes_by_length_or_by_nothing(awareness: int, *, attracts: bool, near: bool) -> None:
    tables = tables_of(move={"awareness_level": awareness, "camp_weight": 3.0})
    assert (len(set(tables.attraction.flat)) > 1) is attracts
    assert (len(set(tables.nearness.flat)) > 1) is near
    assert tables.routes.km.max() == 90, "routes of one hop"


def test_a_route_is_open_while_all_its_links_are() -> None:
    case = case_of(PLACES, ROUTES, days=4, move={"awareness_level": 2}, closures=[closed("link", "C", "B", 1, 3)])
    tables = flee_tables(case)
    shut = {tuple(np.flatnonzero(tables.routes.uses[route])) for route in np.flatnonzero(~tables.route_open[1])}
    both = {2, 3}
    assert shut == {links for links in map(tuple, map(np.flatnonzero, tables.routes.uses)) if both & set(links)}
    ends = [
        tables.network.names[tables.network.start[link]] + tables.network.names[tables.network.end[link]]
        for link in both
    ]
    assert ends == ["BC", "CB"]
    assert tables.route_open.all(axis=1).tolist() == [True, False, False, True]
    assert len(shut) == 6, "B to C, A over B to C, B over C to D, and the ways back"


@pytest.mark.parametrize(("threshold", "share"), [(0.2, 0.2), (1.0, 0.0)])
def test_a_threshold_of_1_prunes_nothing(threshold: float, share: float) -> None:
    assert tables_of(move={"pruning_threshold": threshold}).pruning == share


def test_new_people_appear_by_conflict_of_the_day_with_the_decay_of_the_evening_before() -> None:
    """On day 2 a zone is in its second step, but that counts from the next day on; on day 3 B renews all weights."""
    spawn = {"conflict_spawn_decay": (1.0, 0.5, 0.25), "conflict_spawn_decay_interval": 1}
    fighting = {"A": [1, 1, 1, 1, 1], "B": [0, 0, 0, 2, 2]}
    appear = tables_of(conflicts=fighting, spawn=spawn).appear
    assert appear[:, 0].tolist() == [1, 1, 0.5, 0.25, 0.25]
    assert appear[:, 1].tolist() == [0, 0, 0, 2, 2]
    assert not appear[:, 2:].any()


def test_camps_begin_with_their_own_idps_too_and_towns_do_not() -> None:
    places = (
        PLACES[0],
        place("B", "town", 500, initial_idps="40"),
        place("C", "camp", 900, initial_idps="25"),
        PLACES[3],
    )
    both = flee_tables(case_of(places, ROUTES, days=5, counts=COUNTS))
    assert both.at_start.tolist() == [0, 0, 325, 50]
    without = flee_tables(case_of(places, ROUTES, days=5, counts=COUNTS, spawn={"insert_day0": False}))
    assert without.at_start.tolist() == [0, 0, 25, 0]
    empty = flee_tables(case_of(places, ROUTES, days=5, counts=COUNTS, spawn={"empty_camps_on_day0": True}))
    assert not empty.at_start.any()


def growing(number: str, **more: Any) -> FleeTables:
    places = (*PLACES[:3], place("D", "idpcamp", 250, capacity_per_day=number))
    return flee_tables(case_of(places, ROUTES, days=4, counts=COUNTS, **more))


def test_a_camp_grows_by_its_capacity_per_day() -> None:
    assert growing("9").capacity[:, 3].tolist() == [200, 209, 218, 227]
    assert growing("2.5").capacity[:, 3].tolist() == [200, 202, 205, 207]
    assert growing("9", move={"capacity_scaling": 2.0}).capacity[:, 3].tolist() == [400, 418, 436, 454]
    assert (growing("9").capacity[:, 2] == 600).all()


@pytest.mark.parametrize("number", ["", "0"])
def test_without_growth_there_is_one_row_for_all_days(number: str) -> None:
    assert growing(number).capacity.tolist() == [[NO_LIMIT, NO_LIMIT, 600, 200]]


def test_growth_is_divided_like_all_people() -> None:
    tables = growing("9", optimisations={"hasten": 10})
    assert tables.capacity[:, 3].tolist() == [25 - 5, 20, 21, 22]


def test_a_town_has_no_capacity_to_grow() -> None:
    places = (PLACES[0], place("B", "town", 500, capacity_per_day="9"), *PLACES[2:])
    assert flee_tables(case_of(places, ROUTES, days=4, counts=COUNTS)).capacity.shape == (1, 4)


def test_fixed_routes_are_the_shortest_open_ones_of_the_day() -> None:
    """From A to C it is 50 km over B and 60 over T; while B and C are cut off from each other, it is 60."""
    places = (*PLACES[:3], place("T"))
    routes = (route("A", "B", 20), route("B", "C", 30), route("A", "T", 35), route("T", "C", 25))
    closures = [closed("link", "B", "C", 1, 2)]
    move = {"awareness_level": 2}
    tables = flee_tables(case_of(places, routes, days=3, closures=closures, move={**move, "fixed_routes": True}))
    free = flee_tables(case_of(places, routes, days=3, closures=closures, move=move))

    def lengths(tables: FleeTables, day: int) -> list[float]:
        ways = slice(*tables.routes.first_route[:2])
        of_c = tables.routes.destination[ways] == 2
        return sorted(tables.routes.km[ways][of_c & tables.route_open[day, ways]].tolist())

    assert [lengths(tables, day) for day in range(3)] == [[50], [60], [50]]
    assert [lengths(free, day) for day in range(3)] == [[50, 60], [60], [50, 60]]
    pairs = [(place, goal) for place in range(4) for goal in tables.routes.destination[
        slice(*tables.routes.first_route[place : place + 2])][tables.route_open[0, slice(
            *tables.routes.first_route[place : place + 2])]]]  # fmt: skip
    assert len(pairs) == len(set(pairs)) == 12, "from each of four places one to each other"


def test_the_tables_of_the_days_after_one_are_cut() -> None:
    tables = growing("9", move={"stay_close_to_home": False})
    later = tables.after(1)
    assert later.days == 2
    assert later.capacity[:, 3].tolist() == [218, 227]
    for name in ("leave", "link_open", "route_open", "new", "appear", "own", "own_share"):
        assert (getattr(later, name) == getattr(tables, name)[2:]).all(), name
    assert (later.attraction == tables.attraction[:, 2:]).all()
    assert growing("").after(1).capacity.shape == (1, 4)


def test_people_told_apart_are_followed_by_cohort() -> None:
    people = Demographics("age", ("10", "40"), (1.0, 3.0))
    case = replace(case_of(PLACES, ROUTES, days=5, counts=COUNTS, move={"ChildrenAvoidHazards": True}),
                   demographics=(people,))  # fmt: skip
    tables = flee_tables(case)
    assert tables.attraction.shape == (2, 5, 4)
    assert tables.cohort_share[:, [0, 2, 3]].tolist() == [[0.25] * 3, [0.75] * 3]
    assert flee_tables(replace(case, demographics=())).attraction.shape == (1, 5, 4)


def test_tables_of_other_days_do_not_fit_together() -> None:
    tables = growing("9")
    with pytest.raises(ValueError, match=r"cut days by after\(\)"):
        replace(tables, leave=tables.leave[1:])
    with pytest.raises(ValueError, match="known people"):
        replace(tables, known=np.full((1, 4), 1))
