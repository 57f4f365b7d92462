from __future__ import annotations

import json
import math
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from verification.cases import busy_case

from homeward.case.check import check_case
from homeward.case.schema import Basis, Case, Place, PlaceKind, Population, Route, Stage
from homeward.engine.record import Trajectory
from homeward.engine.simulate import expected_course, expected_end, simulate
from homeward.errors import RunError, UsageError
from homeward.rules.homeward import HomewardRules
from tests.courses import NO_SHOCKS, digest, named_flows, named_stocks, rules_of, stock, tables_of
from tests.small_case import small_case
from tests.strategies import cases

GOLDEN = Path(__file__).with_name("golden.json")
SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}
SHORT = date(2012, 4, 30)

random_cases = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


# People are conserved


@given(case=cases(), seed=st.integers(0, 2**32 - 1))
@random_cases
def test_people_are_conserved_and_never_negative(case: Case, seed: int) -> None:
    course = simulate(HomewardRules(case), seed)
    balance = course.balance
    assert balance.people_start == sum(row.people for row in case.population)
    assert balance.people_start + balance.births - balance.deaths == balance.people_end
    assert stock(course) == balance.people_end
    flows = named_flows(course)
    for kind, total in (("birth", balance.births), ("death", balance.deaths)):
        assert sum(people for (*_, name), people in flows.items() if name == kind) == total
    for table in tables_of(course).values():
        assert (table["people"] > 0).all()


@given(case=cases(most_days=5))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_random_cases_are_valid(case: Case) -> None:
    assert check_case(case) == []


@given(case=cases())
@random_cases
def test_flows_explain_every_change_of_stock(case: Case) -> None:
    """Of a place and its overflow together: who finds no room is recorded at the place that was chosen.

    Visits are no change: the register of their host counts visitors on.
    """
    case = case.model_copy(update={"settings": _within_a_year(case)})
    course = simulate(HomewardRules(case), 3)
    pooled = {place.id: place.overflow or place.id for place in case.places}
    names, change = course.names, Counter[str]()
    for (month, place, _, _), people in named_stocks(course).items():
        if month == len(names.month_ends) - 1:
            change[pooled[place]] += people
    for row in case.population:
        change[pooled[row.place]] -= row.people
    for (_, _, place, kind), people in named_flows(course).items():
        change[pooled[place]] -= people if kind == "birth" else 0
    keys = ("from_place", "to_place", "kind", "people")
    for one, other, kind, people in zip(*(course.matrix[key] for key in keys), strict=True):
        if names.kinds[kind] in ("visit", "visit_back"):
            continue
        change[pooled[names.places[one]]] += int(people)
        change[pooled[names.places[other]]] -= int(people) if names.kinds[kind] != "death" else 0
    assert {place: people for place, people in change.items() if people} == {}


def _within_a_year(case: Case) -> Any:
    last = date(case.settings.start.year, 12, 31)
    return case.settings.model_copy(update={"end": min(case.settings.end, last)})


def test_a_course_that_loses_people_is_refused() -> None:
    def losing(*arguments: Any) -> None:
        arguments[11][:] = 0

    with pytest.raises(RunError, match="not conserved"):
        simulate(HomewardRules(small_case(end=date(2012, 1, 3))), advance=losing)


# The same seed gives the same result


def test_a_replicate_is_the_same_alone_among_others_and_on_threads() -> None:
    rules = HomewardRules(small_case(people=50_000, end=SHORT))
    alone = [digest(simulate(HomewardRules(small_case(people=50_000, end=SHORT)), 8, k)) for k in (3, 1)]
    in_turn = [digest(simulate(rules, 8, k)) for k in range(4)]
    with ThreadPoolExecutor(2) as pool:
        on_threads = [digest(course) for course in pool.map(lambda k: simulate(rules, 8, k), range(4))]
    assert in_turn == on_threads
    assert [in_turn[3], in_turn[1]] == alone


def test_seed_and_replicate_change_the_result() -> None:
    rules = HomewardRules(small_case(people=50_000, end=SHORT))
    assert len({digest(simulate(rules, *pair)) for pair in ((1, 0), (2, 0), (1, 1), (0, 2**32 - 1))}) == 4


@pytest.mark.parametrize("pair", [(-1, 0), (2**32, 0), (0, -1), (0, 2**32)])
def test_a_seed_out_of_range_is_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="must lie between 0 and"):
        simulate(HomewardRules(small_case(end=date(2012, 1, 1))), *pair)


def test_too_many_steps_are_refused() -> None:
    case = small_case(start=date(2012, 1, 1), end=date(2135, 1, 1), step_hours=1)
    with pytest.raises(UsageError, match="longer step or a shorter period"):
        simulate(HomewardRules(case))


def test_progress_is_told_day_by_day_and_can_end_the_run() -> None:
    rules = HomewardRules(small_case(end=date(2012, 1, 31)))
    days: list[int] = []
    simulate(rules, on_day=days.append)
    assert days == sorted(set(days))
    assert days[-1] == 31

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(rules, on_day=stop)


def test_golden_course() -> None:
    """A change of a single bit fails this test.

    Where it is meant, renew the file with ``python -m tests.engine.test_simulate``
    and say why in CHANGELOG.md.
    """
    assert golden_digests() == json.loads(GOLDEN.read_text(encoding="utf-8"))


def golden_digests() -> dict[str, str]:
    """Return the digests that golden.json holds."""
    small, busy = small_case(people=100_000), busy_case(people=100_000, camp_capacity=900)
    return {
        "small, seed 1": digest(simulate(HomewardRules(small))),
        "busy, seed 2, replicate 7": digest(simulate(HomewardRules(busy), 2, 7)),
    }


# Adding a place moves nobody else's draws


def with_place(case: Case, name: str, *, population: int, routes: tuple[Route, ...] = ()) -> Case:
    place = Place(
        id=name, name=name, country="HOA", kind=PlaceKind.AREA, latitude=0, longitude=0,
        population=population, **SAID,
    )  # fmt: skip
    return case.model_copy(update={"places": (*case.places, place), "routes": (*case.routes, *routes)})


@pytest.mark.parametrize("people", [900, 40_000])
def test_an_unreachable_place_changes_nothing(people: int) -> None:
    """Where the size of a country counts by its elasticity, people who live there would change it."""
    sizeless = {"country_size_exponent": 1.0}
    case = busy_case(people=people, end=SHORT, camp_capacity=people // 100, parameters=sizeless)
    plain = simulate(HomewardRules(case))
    for number in range(12):
        course = simulate(HomewardRules(with_place(case, f"nowhere-{number}", population=10**6)))
        assert named_stocks(course) == named_stocks(plain), number
        assert named_flows(course) == named_flows(plain), number


@pytest.mark.parametrize("people", [900, 40_000])
def test_a_place_of_next_to_no_weight_moves_next_to_nobody(people: int) -> None:
    case = small_case(people=people, end=SHORT, violence=people / 1_000, parameters={"network_exponent": 0})
    plain = named_flows(simulate(HomewardRules(case)))
    for number in range(12):
        road = Route(from_place="city", to_place=f"hamlet-{number}", km=30_000, **SAID)
        added = with_place(case, f"hamlet-{number}", population=1, routes=(road,))
        flows = named_flows(simulate(HomewardRules(added)))
        moved = sum(abs(flows[key] - plain[key]) for key in {*flows, *plain})
        assert moved <= 4, number


# Places with a limit


def crossroads(*, people: int, capacity: int) -> Case:
    """Return two districts of equal size with equal roads to a full camp, and a town for those left over."""
    case = small_case(people=people, end=date(2012, 3, 31), camp_capacity=capacity)
    km = {("north", "camp"): 100.0, ("south", "camp"): 100.0, ("camp", "bordertown"): 50.0}
    routes = tuple(Route(from_place=a, to_place=b, km=km[a, b], **SAID) for a, b in km)
    population = tuple(
        Population(origin=name, place=name, stage=Stage.RESIDENT, people=people // 2, **SAID)
        for name in ("north", "south")
    )
    violence = tuple(
        row.model_copy(update={"value": 5_000.0})
        for row in case.conditions
        if row.indicator == "violence" and row.place in ("north", "south") and row.date == case.settings.start
    )
    places = tuple(
        place.model_copy(update={"population": 500}) if place.id in ("north", "south") else place
        for place in case.places
    )
    calm = {**NO_SHOCKS, "birth_rate_abroad": 0.0, "attraction_camp": 12.0, "attraction_internal": -30.0}
    return case.model_copy(
        update={
            "settings": case.settings.model_copy(update={"parameters": {**calm, "flight_hazard": 0.05}}),
            "routes": routes, "population": population, "conditions": violence, "events": (),
            "places": places,
        }
    )  # fmt: skip


def in_camp(course: Trajectory, origin: str, month: int) -> int:
    return named_stocks(course)[month, "camp", origin, "refugee"]


@pytest.mark.statistical
def test_a_camp_never_holds_more_than_its_limit_and_takes_in_both_roads_alike() -> None:
    """A camp of 200, a thousand people, two equal roads; false-alarm rate of the share 1e-6 (|z| < 4.9)."""
    rules = HomewardRules(crossroads(people=1_000, capacity=200))
    courses = [simulate(rules, 1, k) for k in range(200)]
    held = [stock(course, month=m, place="camp", stage="refugee") for course in courses for m in range(3)]
    assert max(held) == 200
    first = np.array([in_camp(course, "north", 0) for course in courses])
    assert all(in_camp(course, "north", 0) + in_camp(course, "south", 0) >= 190 for course in courses)
    assert abs(first.mean() - 100) < 4.9 * first.std() / math.sqrt(len(first))
    assert stock(courses[0], place="bordertown", stage="refugee") > 300


def test_a_camp_without_room_sends_everyone_on() -> None:
    course = simulate(HomewardRules(crossroads(people=1_000, capacity=0)))
    assert all(stock(course, month=m, place="camp", stage="refugee") == 0 for m in range(3))
    assert stock(course, place="bordertown", stage="refugee") > 300


def test_without_a_limit_the_camp_takes_in_more() -> None:
    course = simulate(HomewardRules(crossroads(people=1_000, capacity=10**6)))
    assert stock(course, place="camp", stage="refugee") > 300


# A step of a week


@pytest.mark.parametrize("days", [1, 2, 3, 7])
def test_people_set_out_on_every_day_that_is_drawn_together(days: int) -> None:
    """One block; travel takes a day, so that those of its last day are still on their way at its end."""
    settings = {"flight_hazard": 0.01, "travel_speed": 10_000.0}
    case = small_case(people=10**9, end=date(2012, 1, days), violence=10**6, parameters={**NO_SHOCKS, **settings})
    rules = HomewardRules(stepping(case, 168))
    assert [block.days for block in rules.blocks] == [days]
    for course in (simulate(rules), expected_course(rules)):
        left = sum(people for (*_, kind), people in named_flows(course).items() if kind == "flight")
        assert left > 10**5
        assert stock(course, stage="travelling") == pytest.approx(left / days, rel=0.02)


@pytest.mark.parametrize("people", [600, 3_000])
def test_a_few_people_set_out_on_every_day_too(people: int) -> None:
    """Parties that decide one by one; 120 courses of seven days; false-alarm rate 1e-6 (normal, 4.9)."""
    settings = {"flight_hazard": 0.01, "travel_speed": 10_000.0}
    case = small_case(people=people, end=date(2012, 1, 7), violence=people, parameters={**NO_SHOCKS, **settings})
    rules = HomewardRules(stepping(case, 168))
    left = on_the_way = 0
    for replicate in range(120):
        course = simulate(rules, 1, replicate)
        left += sum(n for (*_, kind), n in named_flows(course).items() if kind not in ("birth", "death"))
        on_the_way += stock(course, stage="travelling")
    assert left > 500
    assert abs(on_the_way - left / 7) < 4.9 * math.sqrt(left * 6 / 49) + 1


def test_blocks_of_a_day_are_the_same_by_days_and_by_weeks() -> None:
    case = busy_case(people=60_000, end=date(2012, 1, 20), camp_capacity=300)
    level = ("open", "restricted")
    borders = tuple(
        case.events[0].model_copy(update={"date": date(2012, 1, day), "place": "ORI>HOA", "value": level[day % 2]})
        for day in range(1, 21)
    )
    case = case.model_copy(update={"events": borders})
    by_days, by_weeks = (HomewardRules(stepping(case, hours)) for hours in (24, 168))
    assert {block.days for block in by_days.blocks} == {1}
    assert digest(simulate(by_weeks, 4)) == digest(simulate(by_days, 4))
    assert digest(expected_course(by_weeks)) == digest(expected_course(by_days))


@pytest.mark.statistical
def test_the_mean_of_weekly_replicates_is_the_expected_course_by_weeks() -> None:
    """Without feedback; false-alarm rate 1e-4 over all counts (Bonferroni, normal); the daily course is another."""
    still = {"network_exponent": 0.0, "crowding_weight": 0.0, "return_weight_years": 0.0}
    case = busy_case(people=200_000, end=SHORT, parameters=still)
    rules = HomewardRules(stepping(case, 168))
    sample = [named_stocks(simulate(rules, 1, k)) for k in range(60)]
    assert largest_z(sample, named_stocks(expected_course(rules))) < 5.5
    assert largest_z(sample, named_stocks(expected_course(HomewardRules(case)))) > 5.5


def test_a_week_changes_yearly_figures_by_little() -> None:
    case = small_case(people=5_000_000)
    daily, weekly = (expected_course(HomewardRules(stepping(case, hours))) for hours in (24, 168))
    for stage in ("resident", "displaced", "refugee", "returned", "travelling"):
        assert stock(weekly, stage=stage) == pytest.approx(stock(daily, stage=stage), rel=0.02), stage
    returned = [int(course.returns["people"].sum()) for course in (daily, weekly)]
    assert returned[1] == pytest.approx(returned[0], rel=0.03)


def stepping(case: Case, hours: int) -> Case:
    return case.model_copy(update={"settings": case.settings.model_copy(update={"step_hours": hours})})


# The expected course


@pytest.mark.statistical
@pytest.mark.parametrize(
    "households",
    [{}, {"household_size": 5.0}, {"household_size": 5.0, "staged_share": 0.37, "visit_hazard": 2.0}],
    ids=["alone", "households", "in stages and on visits"],
)
def test_the_mean_of_replicates_is_the_expected_course(households: dict[str, float]) -> None:
    """Without feedback; false-alarm rate 1e-4 over all counts and each setting (Bonferroni, normal).

    Sees a hazard of flight 5 % too high with certainty, as the control shows. In stages, the people left over once all
    are in households move the mean by less than what it would see.
    """
    still = {"network_exponent": 0.0, "crowding_weight": 0.0, "return_weight_years": 0.0, **households}
    rules = rules_of(busy_case(people=200_000, end=SHORT, parameters=still))
    wrong = rules_of(busy_case(people=200_000, end=SHORT, parameters=still), flight_hazard=0.0021)
    sample = [named_stocks(simulate(rules, 1, k)) for k in range(60)]
    assert largest_z(sample, named_stocks(expected_course(rules))) < 5.5
    assert largest_z(sample, named_stocks(expected_course(wrong))) > (5.5 if households else 11)


def largest_z(sample: list[Counter[tuple[int, str, str, str]]], expected: Counter[Any]) -> float:
    """Return the largest distance of a mean in standard errors, over counts expected above twenty."""
    scores = []
    for key, people in expected.items():
        if people > 20:
            values = np.array([counts[key] for counts in sample], dtype=np.float64)
            # Half a person is what rounding in the record may add to the distance.
            distance = max(0.0, abs(values.mean() - people) - 0.5)
            scores.append(distance * math.sqrt(len(values)) / values.std(ddof=1))
    return float(max(scores))


@given(case=cases(most_days=40))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_expected_course_conserves_people_on_random_cases(case: Case) -> None:
    balance = expected_course(HomewardRules(case)).balance
    rounding = 200 + 1e-9 * balance.people_end
    assert abs(balance.people_start + balance.births - balance.deaths - balance.people_end) < rounding


def test_equal_parts_of_known_classes_have_the_course_of_people_whose_class_is_drawn() -> None:
    case = busy_case(people=120_000, end=SHORT)
    assert all(row.people % 4 == 0 for row in case.population)
    parts = with_classes(case, 0, 1, 2, 3)
    assert digest(expected_course(HomewardRules(parts))) == digest(expected_course(HomewardRules(case)))


def test_those_of_the_last_class_are_the_first_to_leave() -> None:
    case = busy_case(people=120_000, end=SHORT)
    at_home = [stock(expected_course(HomewardRules(with_classes(case, k))), stage="resident") for k in range(4)]
    assert at_home == sorted(at_home, reverse=True)
    assert at_home[0] > 1.2 * at_home[3]


def with_classes(case: Case, *classes: int) -> Case:
    rows = tuple(
        row.model_copy(update={"people": row.people // len(classes), "frailty_class": known})
        for row in case.population
        for known in classes
    )
    return case.model_copy(update={"population": rows})


def test_the_state_at_the_end_of_the_expected_course_is_its_last_month_end() -> None:
    rules = HomewardRules(busy_case(people=120_000, end=SHORT, camp_capacity=900))
    course, state = expected_end(rules)
    assert digest(course) == digest(expected_course(rules))
    space, last = rules.space, len(course.names.month_ends) - 1
    present = state.counts.reshape(-1, space.classes).sum(axis=1)
    on_the_way = state.ring.sum(axis=0).reshape(-1, space.classes).sum(axis=1)
    assert on_the_way.sum() > 100
    recorded = named_stocks(course)
    rounded: Counter[tuple[int, str, str, str]] = Counter()
    for group in range(space.groups):
        place, origin = space.places[space.group_place[group]], space.origins[space.group_origin[group]]
        rounded[last, place, origin, space.stages[space.group_stage[group]]] += round(present[group])
        rounded[last, place, origin, "travelling"] += round(on_the_way[group])
    assert +rounded == Counter({key: people for key, people in recorded.items() if key[0] == last})


def test_flows_of_the_expected_course_explain_every_change_of_stock() -> None:
    """Up to the rounding of every row; the camp has no limit, since who finds no room is recorded where they ask."""
    case = busy_case(people=10**9, end=SHORT)
    course = expected_course(HomewardRules(case))
    change = Counter[str]()
    for (month, place, _, _), people in named_stocks(course).items():
        change[place] += people if month == len(course.names.month_ends) - 1 else 0
    for row in case.population:
        change[row.place] -= row.people
    for (_, _, place, kind), people in named_flows(course).items():
        change[place] -= people if kind == "birth" else 0
    names, matrix = course.names, course.matrix
    keys = ("from_place", "to_place", "kind", "people")
    for one, other, kind, people in zip(*(matrix[key] for key in keys), strict=True):
        change[names.places[one]] += int(people)
        change[names.places[other]] -= int(people) if names.kinds[kind] != "death" else 0
    rows = sum(len(table["people"]) for table in tables_of(course).values())
    assert sum(map(abs, change.values())) < rows
    assert matrix["people"].max() > 1_000 * rows


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(golden_digests(), indent=2) + "\n", encoding="utf-8")
