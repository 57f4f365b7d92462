"""The person-by-person rules of Flee: small cases whose course is worked out by hand, and Flee's own results."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from verification.flee_people import (
    Counts,
    Reading,
    World,
    added,
    averaged_relative_difference,
    between,
    chance_alike,
    join_on,
    report,
    simulate_people,
)
from verification.flees_runs import CASES, SHARED, flees_runs

from homeward.case.flee.model import (
    CampCounts,
    Closure,
    ClosureKind,
    ConflictSchedule,
    Count,
    CountFile,
    FleeCase,
    FleeLocation,
    FleeRoute,
    LocationKind,
    Period,
    Redirection,
)
from homeward.case.flee.parameters import FleeSettings
from homeward.case.flee.reader import read_flee

START = date(2020, 1, 1)


def place(name: str, kind: str = "town", people: int = 0, country: str = "Home") -> FleeLocation:
    day = 0 if kind == "conflict_zone" else None
    return FleeLocation(name, None, country, None, None, LocationKind(kind), day, people)


def counted(name: str, *people: int) -> CampCounts:
    """Return counts on day 0, day 1 and so on."""
    counts = (Count(START + timedelta(days=day), number) for day, number in enumerate(people))
    return CampCounts(name, (CountFile(f"{name}.csv", tuple(counts)),))


def case_of(
    places: Sequence[FleeLocation],
    routes: Sequence[FleeRoute],
    camps: Sequence[CampCounts],
    *,
    days: int = 6,
    closures: Sequence[Closure] = (),
    moves: Mapping[str, object] | None = None,
    spawns: Mapping[str, object] | None = None,
    intensity: float = 1.0,
) -> FleeCase:
    """Return a case; nobody leaves a camp or a town, and nobody goes to a conflict zone, unless ``moves`` says so."""
    settled = {"camp_movechance": 0, "default_movechance": 0, "conflict_weight": 0, "max_move_speed": 400}
    settings = FleeSettings.model_validate({"move_rules": {**settled, **(moves or {})}, "spawn_rules": spawns or {}})
    zones = tuple(where.name for where in places if where.kind is LocationKind.CONFLICT_ZONE)
    conflicts = ConflictSchedule(zones, ((intensity,) * len(zones),) * days)
    return FleeCase(
        "made up", settings, Period(START, days), tuple(places), tuple(routes), closures=tuple(closures),
        conflicts=conflicts, total=counted("total", 0), camps=tuple(camps),
    )  # fmt: skip


def one_road(kilometres: float, *, closures: Sequence[Closure] = (), **moves: object) -> FleeCase:
    """Return a case of a zone and a camp abroad; ten people appear on day 1."""
    places = [place("Zone", "conflict_zone", 1000), place("Camp", "camp", 0, "Abroad")]
    routes = [FleeRoute("Zone", "Camp", kilometres)]
    return case_of(places, routes, [counted("Camp", 0, 10)], days=8, closures=closures, moves=moves)


def in_camp(case: FleeCase, camp: str = "Camp", reading: Reading | None = None) -> list[int]:
    result = simulate_people(case, hasten=1, seed=1, reading=reading)
    return [int(people) for people in result.simulated[:, result.camps.index(camp)]]


def test_files_are_added_without_a_line_between_and_end_with_the_one_that_ends_first() -> None:
    first, second = [(0, 10.0), (10, 20.0)], [(0, 1.0), (5, 2.0), (12, 9.0)]
    assert added(first, second) == [(0, 11.0), (5, 22.0), (10, 22.0)]
    assert added(second, first) == [(0, 11.0), (5, 12.0), (10, 29.0)]


def test_a_correction_scales_all_that_came_before() -> None:
    values = [10.0, 20.0, 40.0, 50.0]
    join_on([0, 10, 20, 30], values, 20)
    assert values == [20.0, 40.0, 40.0, 50.0]
    join_on([0, 10, 20, 30], values, 0)
    join_on([0, 10, 20, 30], values, 7)
    assert values == [20.0, 40.0, 40.0, 50.0]


@pytest.mark.parametrize(("day", "people"), [(-1, 1), (0, 1), (1, 1), (2, 2), (3, 3), (9, 3)])
def test_between_two_counts_people_lie_on_a_line_and_are_whole(day: int, people: int) -> None:
    assert between([0, 3], [1.0, 3.0], day) == people


def test_a_fall_is_a_debt_that_rises_pay_off_first() -> None:
    places = [place("Zone", "conflict_zone", 1000), place("Camp", "camp")]
    case = case_of(places, [FleeRoute("Zone", "Camp", 10)], [counted("Camp", 10, 4, 6, 15)], days=5)
    result = simulate_people(case, hasten=1, seed=1)
    assert result.debt.tolist() == [0, 6, 4, 0, 0]
    assert result.people.tolist() == [10, 10, 10, 15, 15]
    assert result.raw.tolist() == [10, 4, 6, 15, 15]
    assert result.counted[:, 0].tolist() == [10, 4, 6, 15, 15]


def test_those_of_day_0_are_registered_twice_where_camps_are_summed() -> None:
    places = [place("Zone", "conflict_zone", 1000), place("Camp", "camp"), place("Other", "camp")]
    case = case_of(places, [FleeRoute("Zone", "Camp", 10)], [counted("Camp", 500, 510), counted("Other", 300)])
    result = simulate_people(replace(case, total=counted("total", 900)), hasten=100, seed=1)
    assert result.raw.tolist() == [17] * 6, "5 and 3 in camps, 9 in the row total; 5.1 people are 5"
    assert averaged_relative_difference(result) == 0


@pytest.mark.parametrize(("kilometres", "day"), [(104, 3), (105, 4), (106, 4)])
def test_the_first_link_is_walked_and_more_than_its_length_arrives(kilometres: float, day: int) -> None:
    people = in_camp(one_road(kilometres, start_on_foot=True))
    assert people == [0] * day + [10] * (8 - day)


@pytest.mark.parametrize(("driven", "day"), [(False, 4), (True, 1)])
def test_whoever_would_rest_too_early_goes_on_at_once(driven: bool, day: int) -> None:  # noqa: FBT001
    places = [place("Zone", "conflict_zone", 1000), place("Town"), place("Camp", "camp")]
    routes = [FleeRoute("Zone", "Town", 30), FleeRoute("Town", "Camp", 390)]
    case = case_of(places, routes, [counted("Camp", 0, 10)], days=4, moves={"avoid_short_stints": driven})
    assert in_camp(case) == [0] * day + [10] * (4 - day), "the second link has a full day's speed"


CLOSED = [
    (ClosureKind.LINK, "Zone", "Camp"),
    (ClosureKind.LOCATION, "Camp", None),
    (ClosureKind.COUNTRY, "Abroad", "Home"),
]


@pytest.mark.parametrize(("kind", "first", "second"), CLOSED)
def test_who_is_on_a_road_when_it_closes_is_sent_back_even_if_it_opens_before(
    kind: ClosureKind, first: str, second: str | None
) -> None:
    assert in_camp(one_road(1000)) == [0, 0, 0, 10, 10, 10, 10, 10]
    assert in_camp(one_road(1000, closures=[Closure(kind, first, second, 2, 3)])) == [0, 0, 0, 0, 0, 0, 10, 10]
    assert in_camp(one_road(1000, closures=[Closure(kind, first, second, 2, None)])) == [0] * 8


def test_a_camp_that_is_closed_is_a_town_until_it_opens() -> None:
    places = [place("Zone", "conflict_zone", 1000), place("Camp", "camp"), place("Other", "camp")]
    closures = [Closure(ClosureKind.CAMP, "Camp", None, 1, 2)]
    case = case_of(
        places, [FleeRoute("Camp", "Other", 10)], [counted("Camp", 50), counted("Other", 0)], days=4, closures=closures,
        moves={"default_movechance": 1},
    )  # fmt: skip
    assert in_camp(case, "Camp") == [50, 0, 0, 0]
    assert in_camp(case, "Other") == [0, 50, 50, 50]


def test_the_people_of_day_0_are_taken_off_the_capacity_and_fill_the_camp_too() -> None:
    places = [place("Zone", "conflict_zone", 1000), place("Camp", "camp", 20), place("Other", "camp")]
    routes = [FleeRoute("Zone", "Camp", 10), FleeRoute("Zone", "Other", 10)]
    case = case_of(places, routes, [counted("Camp", 10), counted("Other", 0, 40)])
    assert in_camp(case) == [10] * 6
    assert in_camp(case, reading=Reading(room_is_what_is_left=False))[1] > 10


def test_a_camp_with_more_people_on_day_0_than_capacity_has_no_limit() -> None:
    places = [place("Zone", "conflict_zone", 1000), place("Camp", "camp", 20)]
    case = case_of(places, [FleeRoute("Zone", "Camp", 10)], [counted("Camp", 25, 35)])
    assert in_camp(case) == [25, 35, 35, 35, 35, 35]


@pytest.mark.parametrize(("present", "arrives"), [(15, True), (16, False)])
def test_a_route_to_a_camp_with_too_little_room_is_dropped(present: int, arrives: bool) -> None:  # noqa: FBT001
    places = [place("Zone", "conflict_zone", 1000), place("Camp", "camp", 20 + present)]
    moves = {"capacity_buffer": 0.5}
    case = case_of(places, [FleeRoute("Zone", "Camp", 10)], [counted("Camp", present, present + 1)], moves=moves)
    assert in_camp(case) == [present] + [present + arrives] * 5


def test_room_falls_in_a_straight_line_from_the_buffer_to_the_capacity() -> None:
    case = case_of([place("Camp", "camp", 10)], [], [], moves={"capacity_scaling": 2, "capacity_buffer": 0.5})
    camp = world_of(case).by_name["Camp"]
    rooms = []
    for people in (0, 10, 11, 15, 19, 20, 30):
        camp.people = people
        rooms.append(world_of(case).room(camp))
    assert rooms == pytest.approx([1, 1, 0.9, 0.5, 0.1, 0, 0])


def test_half_the_room_is_rounded_as_in_flee() -> None:
    """South Sudan at 1/100: with 29 of 58 left, Kakuma is too full by the last digit, and levels off a person lower."""
    world = world_of(case_of([place("Kakuma", "camp", 464)], [], [], moves={"capacity_scaling": 1.25}))
    kakuma = world.by_name["Kakuma"]
    kakuma.people = 551
    assert world.room(kakuma) == pytest.approx(0.5)
    assert world.room(kakuma) < 0.5


def world_of(case: FleeCase) -> World:
    return World(case, 1, Counts(case, 1), random.Random(1), np.random.default_rng(1), Reading())


@pytest.mark.parametrize(("level", "ends"), [(1, "T"), (2, "T C"), (3, "T C F")])
def test_people_know_routes_of_so_many_hops_and_a_marker_is_none(level: int, ends: str) -> None:
    places = [place("Zone", "conflict_zone", 1000), place("M", "marker"), place("T"), place("C", "camp"), place("F")]
    routes = [FleeRoute("Zone", "M", 10), FleeRoute("M", "T", 20), FleeRoute("T", "C", 30), FleeRoute("C", "F", 40)]
    moves = {"awareness_level": level, "weight_softening": 1, "weight_power": 2, "softening": 40, "distance_power": 0.5}
    world = world_of(case_of(places, routes, [], moves={**moves, "camp_weight": 3}))
    world.weigh_places(0)
    found = list(world.routes_from(world.by_name["Zone"]))
    assert [route.stops[-1].name for route in found] == ends.split()
    assert [route.weight for route in found] == pytest.approx([4 / 70, 16 / 100, 4 / 140][:level])
    assert [stop.name for stop in found[-1].stops] == ["M", "T", "C", "F"][: level + 1]


@pytest.mark.parametrize(("redirection", "roads"), [("none", 1), ("to_second", 1), ("to_first", 2)])
def test_a_route_that_redirects_to_its_first_place_is_laid_twice(redirection: str, roads: int) -> None:
    places = [place("Zone", "conflict_zone", 1000), place("Camp", "camp")]
    world = world_of(case_of(places, [FleeRoute("Zone", "Camp", 10, Redirection(redirection))], []))
    assert len(world.by_name["Zone"].roads) == roads == len(world.by_name["Camp"].roads)


@pytest.mark.parametrize(("spell", "intensity"), [((0.5, 0.5, 0.9, 0.0), [0.5, 0.5, 0.5, 0.0])])
def test_intensity_is_that_of_the_first_day_of_a_conflict(spell: tuple[float, ...], intensity: list[float]) -> None:
    case = case_of([place("Town"), place("Camp", "camp")], [], [], days=4)
    schedule = ConflictSchedule(("Town",), tuple((value,) for value in spell))
    world = world_of(replace(case, conflicts=schedule))
    seen = []
    for day in range(4):
        world.change_places(day)
        seen.append(world.by_name["Town"].intensity)
    assert seen == intensity
    assert world.by_name["Town"].since == 0
    assert world.by_name["Town"].town


def test_decay_runs_from_the_day_on_which_a_conflict_begins() -> None:
    spawns = {"conflict_spawn_decay": [1.0, 0.5, 0.1], "conflict_spawn_decay_interval": 2}
    places = [place("Town", "town", 100), place("Camp", "camp")]
    case = case_of(places, [], [], days=7, spawns=spawns, moves={"conflict_weight": 0.25})
    schedule = ConflictSchedule(("Town",), ((0.0,),) + ((0.5,),) * 6)
    world = world_of(replace(case, conflicts=schedule))
    town, seen = world.by_name["Town"], []
    for day in range(7):
        world.pass_day(day, 0)
        seen.append((town.spawn_weight, town.score))
    assert [weight for weight, _ in seen] == pytest.approx([0, 50, 50, 25, 25, 5, 5])
    assert [score for _, score in seen] == pytest.approx([0.25 ** (weight / 100) for weight, _ in seen])


@pytest.mark.statistical
def test_routes_are_chosen_by_score_and_distance() -> None:
    """Two camps 20 and 90 km away, the farther one twice as attractive.

    False alarms: 6e-5 (four standard deviations). Distances taken without softening lie 14 of them away.
    """
    places = [place("Zone", "conflict_zone", 1000), place("Near", "camp"), place("Far", "camp", 0, "Abroad")]
    routes = [FleeRoute("Zone", "Near", 20), FleeRoute("Zone", "Far", 90)]
    camps = [counted("Near", 0, 10_000), counted("Far", 0)]
    case = case_of(places, routes, camps, days=2, moves={"foreign_weight": 2, "softening": 10})
    share = (1 / 30) / (1 / 30 + 2 / 100)
    assert abs(in_camp(case, "Near")[1] - 10_000 * share) < 4 * (10_000 * share * (1 - share)) ** 0.5


@pytest.mark.statistical
def test_where_all_routes_have_no_weight_each_is_as_likely() -> None:
    """False alarms: 6e-5 (four standard deviations)."""
    places = [place("Zone", "conflict_zone", 1000), place("Town"), place("Camp", "camp")]
    routes = [FleeRoute("Zone", "Town", 10), FleeRoute("Zone", "Camp", 90)]
    moves = {"foreign_weight": 0, "camp_weight": 0, "softening": 10}
    case = case_of([*places[:1], place("Town", "town", 0, "Abroad"), places[2]], routes, [counted("Camp", 0, 10_000)],
                   days=2, moves=moves)  # fmt: skip
    assert abs(in_camp(case)[1] - 5_000) < 200


@pytest.mark.parametrize(("mode", "rate", "new"), [("constant", 7, 3), ("pop_ratio", 0.01, 5)])
def test_conflicts_displace_a_number_of_their_own(mode: str, rate: float, new: int) -> None:
    rule = {"spawn_mode": mode, "displaced_per_conflict_day": rate}
    places = [place("Zone", "conflict_zone", 1000), place("Camp", "camp", 20)]
    spawns = {"conflict_driven_spawning": rule}
    case = case_of(places, [FleeRoute("Zone", "Camp", 10)], [counted("Camp", 2)], intensity=0.5, spawns=spawns, days=4)
    result = simulate_people(case, hasten=1, seed=1)
    assert result.people.tolist() == [2 + new * day for day in range(1, 5)]
    assert not result.raw.any()
    assert averaged_relative_difference(result) == 0


def test_who_appears_is_taken_from_the_residents_where_so_set() -> None:
    spawns = {"take_from_population": True, "conflict_driven_spawning": {"displaced_per_conflict_day": 30}}
    world = world_of(case_of([place("Zone", "conflict_zone", 100), place("Camp", "camp")], [], [], spawns=spawns))
    left = []
    for day in range(5):
        world.pass_day(day, 0)
        left.append(world.by_name["Zone"].residents)
    assert left == [70, 40, 10, 0, 0]


def test_a_seed_gives_one_course_and_another_seed_another() -> None:
    places = [place("Zone", "conflict_zone", 1000), place("Camp", "camp"), place("Other", "camp")]
    routes = [FleeRoute("Zone", "Camp", 10), FleeRoute("Zone", "Other", 10)]
    case = case_of(places, routes, [counted("Camp", 0, 500), counted("Other", 0)])
    first, again, other = (simulate_people(case, hasten=1, seed=seed).simulated for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("setting", [{"use_v1_rules": True}, {"awareness_level": 0}, {"pruning_threshold": 0.5}])
def test_a_setting_that_is_not_followed_is_refused(setting: Mapping[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(setting))):
        simulate_people(case_of([place("Camp", "camp")], [], [], moves=setting), hasten=1, seed=1)


def test_runs_of_one_model_are_alike_and_a_shift_of_a_standard_deviation_is_seen() -> None:
    draws = np.random.default_rng(1)
    ours, theirs = draws.poisson(100, (20, 30, 3)), draws.poisson(100, (10, 30, 3))
    assert chance_alike(ours, theirs) > 0.05
    assert chance_alike(ours, theirs + 10) == 1 / 10_000


def needs_shared() -> None:
    if not (SHARED / "flee_runs").is_dir():
        pytest.skip("../shared/data/flee_runs is absent")


@pytest.mark.shared
@pytest.mark.parametrize("name", CASES)
def test_counts_are_those_of_flee_on_every_day(name: str) -> None:
    needs_shared()
    counts, theirs = Counts(read_flee(SHARED / "flee_cases" / name), 100), flees_runs(name)[0]
    for number, camp in enumerate(theirs.camps):
        assert counts.of(camp).tolist() == theirs.counted[:, number].tolist(), camp
    assert counts.raw.tolist() == theirs.registered.tolist()


@pytest.mark.shared
@pytest.mark.statistical
def test_flees_runs_of_mali_may_be_ours() -> None:
    """False alarms: 1 %, exact by permutation. Places that all score 1 must be seen."""
    needs_shared()
    assert report("mali2012", 20)
    assert not report("mali2012", 20, reading=Reading(places_have_scores=False))
