from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
from verification.cases import busy_case

from homeward.engine.record import Trajectory
from homeward.engine.simulate import simulate
from tests.courses import named_flows, rules_of, tables_of

HOUSEHOLDS = {"household_size": 5.0, "staged_share": 0.37, "visit_hazard": 2.0}
COURSE = simulate(rules_of(busy_case(people=20_000, end=date(2013, 2, 15)), **HOUSEHOLDS))
NAMES = COURSE.names


def test_every_row_has_people_and_every_key_stands_once() -> None:
    for name, table in tables_of(COURSE).items():
        keys = list(zip(*(table[column].tolist() for column in table if column != "people"), strict=True))
        assert len(set(keys)) == len(keys) > 0, name
        assert (table["people"] > 0).all(), name
        assert {values.dtype for values in table.values()} == {np.dtype(np.int64)}, name


def test_month_ends_are_those_of_the_calendar() -> None:
    assert len(NAMES.month_ends) == 14
    assert NAMES.month_ends[-1] == date(2013, 2, 15)
    assert set(COURSE.stocks["month"].tolist()) == set(range(14))


def test_returns_are_the_flows_of_return_by_the_place_left() -> None:
    by_flow = Counter[tuple[int, str]]()
    for (month, origin, place, kind), people in named_flows(COURSE).items():
        if kind in ("return", "return_ahead"):
            assert place == origin
            by_flow[month, origin] += people
    by_host = Counter[tuple[int, str]]()
    columns = (COURSE.returns[name] for name in ("month", "origin", "host", "people"))
    hosts = set()
    for month, origin, host, people in zip(*columns, strict=True):
        by_host[int(month), NAMES.places[origin]] += int(people)
        hosts.add(NAMES.places[host])
    assert by_host == by_flow
    assert {"city", "south"} <= hosts


def test_who_fled_back_are_the_flights_from_a_host_into_the_country_of_origin() -> None:
    by_flow, hosts, all_flights = Counter[tuple[int, str]](), set(), 0
    for (month, origin, place, kind), people in named_flows(COURSE).items():
        all_flights += people if kind == "host_flight" else 0
        if kind == "host_flight" and place in ("north", "south", "east"):
            by_flow[month, origin] += people
    by_host = Counter[tuple[int, str]]()
    for month, origin, host, people in zip(
        *(COURSE.fled_back[k] for k in ("month", "origin", "host", "people")), strict=True
    ):
        by_host[int(month), NAMES.places[origin]] += int(people)
        hosts.add(NAMES.places[host])
    assert by_host == by_flow
    assert 0 < sum(by_host.values()) < all_flights
    assert hosts <= {"bordertown", "camp", "city", "farland"}


def test_the_matrix_of_a_year_sums_the_flows_of_its_months() -> None:
    by_year = Counter[tuple[int, str, str, str]]()
    for (month, origin, place, kind), people in named_flows(COURSE).items():
        if kind != "birth":
            by_year[NAMES.month_ends[month].year, origin, place, kind] += people
    matrix = Counter[tuple[int, str, str, str]]()
    columns = (COURSE.matrix[name] for name in ("year", "origin", "to_place", "kind", "people"))
    for year, origin, place, kind, people in zip(*columns, strict=True):
        matrix[int(year), NAMES.places[origin], NAMES.places[place], NAMES.kinds[kind]] += int(people)
    assert matrix == by_year
    assert {year for year, *_ in matrix} == {2012, 2013}


def again_by_month_of_leaving(course: Trajectory) -> Counter[tuple[int, str]]:
    """Return returnees of the last year who fled their district again, by the month in which they did and origin."""
    columns = (course.displaced_again[name] for name in ("month", "months", "origin", "people"))
    found = Counter[tuple[int, str]]()
    for month, months, origin, people in zip(*columns, strict=True):
        assert 0 <= months <= 12
        assert month >= 0
        found[int(month + months), course.names.places[origin]] += int(people)
    return found


def reflights(course: Trajectory) -> Counter[tuple[int, str]]:
    found = Counter[tuple[int, str]]()
    for (month, origin, _, kind), people in named_flows(course).items():
        if kind == "reflight":
            found[month, origin] += people
    return found


def test_displaced_again_are_the_flows_of_reflight_of_those_who_returned_within_the_year() -> None:
    """IDPs do not flee again and returnees have no children here, so within a year all who flee again had returned."""
    rules = rules_of(
        busy_case(people=20_000, end=date(2012, 12, 31)), flight_hazard_displaced=0.0, birth_rate_home=0.0, **HOUSEHOLDS
    )
    course = simulate(rules)
    assert again_by_month_of_leaving(course) == reflights(course)
    assert sum(reflights(course).values()) > 100
    assert len(set(course.displaced_again["months"].tolist())) > 6


def test_of_returnees_beyond_thirteen_month_ends_no_return_is_known() -> None:
    """500 people each begin as returned 12 and 0 months ago, and are shot at: the ends of two months by hand."""
    rules = rules_of(
        busy_case(people=20_000, end=date(2012, 2, 29)), flight_hazard_returned=0.1, flight_hazard=0.0,
        flight_hazard_displaced=0.0, return_hazard_open=0.0, return_hazard_open_displaced=0.0, birth_rate_home=0.0,
    )  # fmt: skip
    groups = rules.groups
    north = rules.space.origins.index("north")
    rules.start_people[:] = 0
    for months in (0, 12):
        rules.start_people[groups.returned + months * groups.origins + north] = 500
    course = simulate(rules)
    found = {
        (int(month), int(months)): int(people)
        for month, months, people in zip(
            *(course.displaced_again[k] for k in ("month", "months", "people")), strict=True
        )
    }
    # In February those who came back longest ago are settled: they flee as before, but are in no cohort any more.
    assert set(found) == {(0, 0), (-12, 12), (0, 1)}
    by_month = reflights(course)
    assert by_month[0, "north"] == found[0, 0] + found[-12, 12]
    assert by_month[1, "north"] > found[0, 1] > 0


def test_everything_happens_in_the_busy_case() -> None:
    assert {kind for (*_, kind) in named_flows(COURSE)} == set(NAMES.kinds)


def test_draws_are_counted() -> None:
    assert COURSE.balance.draws > 10_000
