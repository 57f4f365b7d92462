"""Food, floods, harvests, cohorts and growing camps in the kernel: by hand, and beside one person at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.case.flee.model import Agent, FleeCase, FleeLocation
from homeward.engine.simulate_hops import Hops
from homeward.rules.flee.tables import flee_tables
from tests.engine.test_hops import READ_AGENTS, STANDARD_ERRORS, by_kernel, by_person, course, farthest
from tests.rules.flee import case_of, closed, demographics, place, route, series

FloatArray = NDArray[np.float64]

# ---------------------------------------------------------------------------------------------- courses by hand


def test_floods_displace_a_share_of_those_who_are_left() -> None:
    """Of 1000, 105, of 895 half, then a third of an eighth, rounded down; A stays dry, and nobody leaves."""
    spawn = {"flood_zone_spawning_only": True, "conflict_zone_spawning_only": False, "take_from_population": True,
             "flood_driven_spawn_mode": {"displaced_per_flood_day": [0, 0.105, 0.5]}}  # fmt: skip
    case = case_of([place("A", "zone", 500), place("B", "town", 1000)], days=4, spawn=spawn)
    found = course(replace(case, flood_levels=series("flood_level", (0, 1, 2, 3), B=(1, 2, 0, 0))))
    assert found.people.tolist() == [[0, 105], [0, 105 + 447], [0, 552], [0, 552]]
    assert not course(case).people.any(), "no levels, no floods"


def test_nobody_leaves_a_place_that_its_flood_holds_and_all_leave_when_it_says_so() -> None:
    rules = {"flood_movechances": (0.0, 0.0, 1.0), "flood_loc_weights": (1.0, 1.0, 1.0)}
    case = case_of([place("A", "zone"), place("B", "camp")], [route("A", "B", 20)], days=4, agents=["A"] * 7,
                   spawn=READ_AGENTS, move={"camp_movechance": 0.0, "flood_rules": rules})  # fmt: skip
    flooded = replace(case, flood_levels=series("flood_level", (0, 1, 2), A=(1, 1, 2)))
    assert course(flooded).people.tolist() == [[7, 0], [7, 0], [0, 7], [0, 7]]
    assert course(case).people.tolist() == [[0, 7]] * 4, "without a flood all leave a zone"


def test_a_flood_of_no_weight_turns_all_to_the_other_camp() -> None:
    rules = {"flood_movechances": (0.0, 1.0), "flood_loc_weights": (1.0, 0.0)}
    case = case_of([place("A", "zone"), place("B", "camp"), place("C", "camp")],
                   [route("A", "B", 20), route("A", "C", 20)], days=1, agents=["A"] * 60, spawn=READ_AGENTS,
                   move={"camp_movechance": 0.0, "flood_rules": rules})  # fmt: skip
    flooded = course(replace(case, flood_levels=series("flood_level", (0,), B=(1,))))
    assert flooded.people.tolist() == [[0, 0, 60]]
    assert 0 < course(case).people[0, 1] < 60


def harvesting(*, closures: Any = (), months: tuple[int, ...] = (2,), share: str = "1") -> FleeCase:
    """Return a case of farmers of A, who are in the camp C by the evening of 30 January, day 1, and stay there."""
    places = [place("A", "zone", 9, farmer_fraction=share), place("B", "hub"), place("C", "camp")]
    case = case_of(places, [route("A", "B", 60), route("B", "C", 60)], days=40, agents=["A"] * 20, closures=closures,
                   conflicts={"A": [1.0] + [0.0] * 39}, spawn=READ_AGENTS,
                   move={"camp_movechance": 0.0, "default_movechance": 0.0, "harvest_months": months,
                         "camp_weight": 1e9, "awareness_level": 2, "max_move_speed": 50.0})  # fmt: skip
    return replace(case, period=replace(case.period, start=date(2020, 1, 25)))


def test_farmers_go_home_for_the_harvest_and_stay() -> None:
    """To C they are two days on each link; day 7 is the first of February: four days later they are at A."""
    found = course(harvesting())
    at_home, at_camp = found.people[:, 0], found.people[:, 2]
    assert at_camp[6] == 20
    assert at_camp[7] == 0
    assert at_home[[8, 9]].tolist() == [0, 20]
    assert (at_home[9:] == 20).all(), "in March nobody leaves a town of chance 0 either"
    assert (course(harvesting(months=())).people[6:, 2] == 20).all()
    assert (course(harvesting(months=(1,))).people[:7, 0] == 20).all(), "in January they do not even set out"


def test_a_farmer_waits_where_the_way_home_is_shut() -> None:
    found = course(harvesting(closures=[closed("link", "A", "B", 5, 12)]))
    assert (found.people[7:12, 2] == 20).all(), "the route home over B is shut, so they do not set out"
    assert found.people[20, 0] == 20


@pytest.mark.statistical
def test_only_the_share_of_farmers_goes() -> None:
    """False-alarm rate 1e-6: 4.9 standard deviations of a binomial number."""
    case = harvesting(share="0.3")
    found = course(replace(case, agents=(Agent("A"),) * 4000)).people[39]
    assert found[0] + found[2] == 4000
    assert abs(found[0] - 1200) < STANDARD_ERRORS * (4000 * 0.3 * 0.7) ** 0.5


def test_a_short_stint_does_not_drive_a_farmer_from_home() -> None:
    case = harvesting()
    moves = case.settings.move_rules.model_copy(update={"avoid_short_stints": True, "max_move_speed": 400.0})
    case = replace(case, settings=case.settings.model_copy(update={"move_rules": moves}))
    assert (course(case).people[7:36, 0] == 20).all()


def test_people_of_agents_csv_are_in_their_own_cohort() -> None:
    """Children weigh the square of 4 and boys of 15 nothing; the camp C has a score of 4, the town B one of 1."""
    places = [place("A", "zone"), place("B", "town"), place("C", "camp")]
    move = {"ChildrenAvoidHazards": True, "BoysTakeRisk": True, "camp_weight": 1e6, "camp_movechance": 0.0,
            "default_movechance": 0.0}  # fmt: skip
    case = case_of(places, [route("A", "B", 20), route("A", "C", 20)], days=1, spawn=READ_AGENTS, move=move)
    adults, boys = (Agent("A", (("age", age), ("gender", "male"))) for age in ("30", "15"))
    assert course(replace(case, agents=(adults,) * 50)).people[0].tolist() == [0, 0, 50]
    assert 5 < course(replace(case, agents=(boys,) * 50)).people[0, 1] < 45


def test_room_grows_day_by_day() -> None:
    """With a buffer of 1 a camp fills up to its capacity: 10, 14, 18 and so on; all others wait."""
    camp = place("B", "camp", 10, capacity_per_day="4")
    move = {"camp_movechance": 0.0, "capacity_buffer": 1.0}
    case = case_of([place("A", "zone", 9), camp], [route("A", "B", 20)], days=5, agents=["A"] * 100, spawn=READ_AGENTS,
                   move=move)  # fmt: skip
    tables = flee_tables(case)
    assert tables.capacity[:, 1].tolist() == [10, 14, 18, 22, 26]
    full = replace(case, agents=(Agent("B"),) * 12 + (Agent("A"),))
    assert course(full).people[:, 1].tolist() == [12, 13, 13, 13, 13]
    fixed = replace(full, locations=(full.locations[0], place("B", "camp", 10)))
    assert course(fixed).people[:, 1].tolist() == [12] * 5


def test_nobody_is_lost_among_cohorts() -> None:
    case = people()
    tables = flee_tables(case)
    found = Hops(tables).simulated(5)
    assert (found.total == tables.at_start.sum() + np.cumsum(tables.new)).all()
    assert tables.attraction.shape[0] > 5


# -------------------------------------------------------------------- beside the simulation of one person at a time

MOVES = {"camp_movechance": 0.05, "max_move_speed": 200.0, "conflict_weight": 0.25, "awareness_level": 2,
         "camp_weight": 2.0}  # fmt: skip
COUNTS = {"C": [(0, 0), (29, 150)], "D": [(0, 0), (29, 100)], "E": [(0, 0)]}


def land(*, farmers: str = "0") -> list[FleeLocation]:
    """Return two zones, a town and three camps, with regions and coordinates."""
    rows = [
        ("A", "zone", 4000, "Home", "N", 0.0, 0.0), ("B", "zone", 2000, "Home", "S", 3.0, 0.0),
        ("T", "town", 500, "Home", "N", 1.0, 1.0), ("C", "camp", 0, "Home", "N", 0.0, 2.0),
        ("D", "camp", 0, "Away", "S", 3.0, 2.0), ("E", "idpcamp", 0, "Home", "S", 2.0, 0.0),
    ]  # fmt: skip
    return [
        replace(
            place(name, kind, people, country=country, farmer_fraction=farmers if kind == "zone" else ""),
            region=region, latitude=north, longitude=east,
        )
        for name, kind, people, country, region, north, east in rows
    ]  # fmt: skip


ROADS = [route("A", "T", 150), route("B", "T", 80), route("T", "C", 120), route("T", "D", 130), route("B", "E", 210),
         route("A", "E", 230)]  # fmt: skip


def flood(*, mode: str = "pop_ratio", **rules: Any) -> FleeCase:
    """Return a case of floods that rise and fall at A and E, and are forecast."""
    lists = {"flood_movechances": (0.3, 0.5, 1.0), "flood_loc_weights": (1.0, 0.5, 0.05), "flood_forecaster": True,
             "flood_forecaster_timescale": 4, "flood_forecaster_end_time": 20,
             "flood_forecaster_weights": (1.0, 1.0, 0.8, 0.5), "flood_awareness_weights": (0.0, 1.0)}  # fmt: skip
    numbers = (0.0, 0.005, 0.02) if mode == "pop_ratio" else (0.0, 6.0, 14.0)
    spawn = {"flood_zone_spawning_only": True, "conflict_zone_spawning_only": False, "take_from_population": True,
             "flood_driven_spawn_mode": {"flood_spawn_mode": mode, "displaced_per_flood_day": numbers}}  # fmt: skip
    case = case_of(land(), ROADS, days=24, counts=COUNTS, spawn=spawn, conflicts={"A": [0.0] * 24},
                   move={**MOVES, "flood_rules": {**lists, **rules}})  # fmt: skip
    levels = series("flood_level", (0, 8, 16, 24), A=(1, 2, 1, 0), E=(0, 0.5, 2, 2))
    return replace(case, flood_levels=levels, demographics=(demographics("floodawareness", {"0": 1, "1": 3}),))


def hunger(*, starving: bool = True, **rules: Any) -> FleeCase:
    """Return a case of a region without food, to which hunger adds new people of its own."""
    move = {"flee_when_starving": True, "avoid_food_deprived_locations": True, **rules}
    spawn = {"starvation_driven_spawning": starving}
    roads = [
        route("A", "T", 150),
        route("T", "C", 120),
        route("B", "E", 100),
        route("B", "D", 130),
        route("A", "B", 250),
    ]
    case = case_of(land(), roads, days=30, counts=COUNTS, spawn=spawn, move={**MOVES, **move},
                   conflicts={"A": [0.05] * 30, "B": [0.0] * 5 + [0.05] * 25})  # fmt: skip
    food = series("IPC", (0, 10, 30), by_region=True, N=(5, 20, 0), S=(0, 60, 40))
    return replace(case, attributes=(food,))


def people(**rules: Any) -> FleeCase:
    """Return a case in which women and old people, and those of other peoples and creeds, go other ways."""
    asked = ("WomenAvoidHazards", "ElderlyAvoidHazards", "MatchCampReligion", "MatchCampEthnicity",
             "MatchTownEthnicity", "MatchConflictEthnicity")  # fmt: skip
    places = [
        replace(one, attributes=tuple(zip(("Red", "Blue", "Sun", "Moon"), numbers, strict=True)))
        for one, numbers in zip(
            land(),
            [("3600", "200", "", ""), ("100", "900", "", ""), ("5", "490", "", ""), ("50", "10", "9", "1"),
             ("10", "50", "1", "9"), ("", "", "", "")],
            strict=True,
        )
    ]  # fmt: skip
    move = {**MOVES, "foreign_weight": 1.5, "awareness_level": 1, "conflict_weight": 3.0, "camp_weight": 4.0,
            "idpcamp_movechance": 0.02, **dict.fromkeys(asked, True), **rules}  # fmt: skip
    known = (
        demographics("age", {"30": 1, "70": 1}), demographics("gender", {"male": 1, "female": 1}),
        demographics("ethnicity", {"Red": 1, "Blue": 1}, B=(1, 4)), demographics("religion", {"Sun": 3, "Moon": 1}),
    )  # fmt: skip
    counts = {"C": [(0, 0), (29, 450)], "D": [(0, 0), (29, 300)], "E": [(0, 0)]}
    return replace(case_of(places, ROADS, days=30, counts=counts, move=move), demographics=known)


def young(**rules: Any) -> FleeCase:
    """Return a case of many children, of whom some are boys of 16."""
    move = {**MOVES, "camp_weight": 4.0, "ChildrenAvoidHazards": True, "BoysTakeRisk": True, **rules}
    known = demographics("age", {"10": 4, "16": 4, "30": 2}), demographics("gender", {"male": 3, "female": 1})
    counts = {"C": [(0, 0), (29, 450)], "D": [(0, 0), (29, 300)], "E": [(0, 0)]}
    return replace(case_of(land(), ROADS, days=30, counts=counts, move=move), demographics=known)


def homesick(**rules: Any) -> FleeCase:
    """Return a case of people of two origins who stay close to them."""
    move = {**MOVES, "stay_close_to_home": True, "home_distance_power": 0.8, "camp_movechance": 0.3, **rules}
    return case_of(land(), ROADS, days=30, counts=COUNTS, move=move)


def reaping(**rules: Any) -> FleeCase:
    """Return a case of half farmers, who go home from the first of February, day 8, to a country at peace."""
    move = {**MOVES, "harvest_months": (2,), "avoid_short_stints": True, **rules}
    case = case_of(land(farmers="0.5"), ROADS, days=24, counts={"C": [(0, 0)], "D": [(0, 0)], "E": [(0, 0)]},
                   conflicts={"A": [1.0] * 24, "B": [1.0] * 5 + [0.0] * 19}, agents=["A"] * 100 + ["B"] * 80,
                   spawn=READ_AGENTS, move=move)  # fmt: skip
    return replace(case, period=replace(case.period, start=date(2020, 1, 24)))


def country(**rules: Any) -> FleeCase:
    """Return a case of fixed routes, of attraction by residents and trade, and of a camp that grows."""
    move = {**MOVES, "fixed_routes": True, "use_pop_for_loc_weight": True, "pop_power_for_loc_weight": 0.2,
            "use_economic_pull": True, **rules}  # fmt: skip
    places = [
        replace(
            one, people=25 if one.name == "E" else one.people,
            attributes=(("trade_volume", "0.5"), ("hdi", "0.9"), ("capacity_per_day", "2" if one.name == "E" else "")),
        )
        for one in land()
    ]  # fmt: skip
    more = [route("A", "B", 60), route("T", "E", 140)]
    return case_of(places, [*ROADS, *more], days=30, counts=COUNTS, move=move)


CASES: Mapping[str, Callable[..., FleeCase]] = {
    "flood": flood, "poisson": lambda **more: flood(mode="poisson", **more), "hunger": hunger, "people": people,
    "young": young, "homesick": homesick, "reaping": reaping, "country": country,
}  # fmt: skip
CONTROLS: list[tuple[str, dict[str, Any]]] = [
    ("flood", {"flood_forecaster": False}), ("flood", {"flood_loc_weights": (1.0, 1.0, 1.0)}),
    ("flood", {"flood_movechances": (0.3, 1.0, 1.0)}), ("poisson", {"flood_forecaster": False}),
    ("hunger", {"flee_when_starving": False}), ("hunger", {"avoid_food_deprived_locations": False}),
    ("hunger", {"starving": False}), ("young", {"ChildrenAvoidHazards": False}),
    ("young", {"BoysTakeRisk": False}), ("people", {"WomenAvoidHazards": False}),
    ("people", {"ElderlyAvoidHazards": False}), ("people", {"MatchConflictEthnicity": False}),
    ("people", {"MatchCampEthnicity": False}), ("people", {"MatchCampReligion": False}),
    ("people", {"MatchTownEthnicity": False}), ("homesick", {"stay_close_to_home": False}),
    ("reaping", {"harvest_months": ()}), ("country", {"fixed_routes": False}),
    ("country", {"use_pop_for_loc_weight": False}), ("country", {"use_economic_pull": False}),
]  # fmt: skip


@pytest.fixture(scope="module")
def alone() -> Mapping[str, tuple[FloatArray, list[str]]]:
    return {name: by_person(case()) for name, case in CASES.items()}


@pytest.mark.statistical
@pytest.mark.parametrize("name", CASES)
def test_means_are_those_of_one_person_at_a_time(name: str, alone: Mapping[str, tuple[FloatArray, list[str]]]) -> None:
    """Twelve means of three camps and four days; false-alarm rate under 12 times 1e-6 each, as of normal means."""
    people_alone, camps = alone[name]
    assert farthest(people_alone, by_kernel(CASES[name](), camps)) < STANDARD_ERRORS


@pytest.mark.statistical
@pytest.mark.parametrize(("name", "change"), CONTROLS, ids=str)
def test_a_rule_left_out_is_told_from_one_person_at_a_time(
    name: str, change: Mapping[str, Any], alone: Mapping[str, tuple[FloatArray, list[str]]]
) -> None:
    """The negative control: the same test sees each rule that is left out."""
    people_alone, camps = alone[name]
    assert farthest(people_alone, by_kernel(CASES[name](**change), camps)) > STANDARD_ERRORS
