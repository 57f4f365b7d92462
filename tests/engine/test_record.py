from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
from verification.cases import busy_case

from homeward.engine.simulate import simulate
from tests.courses import named_flows, rules_of, tables_of

COURSE = simulate(rules_of(busy_case(people=20_000, end=date(2013, 2, 15))))
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
        if kind == "return":
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


def test_everything_happens_in_the_busy_case() -> None:
    assert {kind for (*_, kind) in named_flows(COURSE)} == set(NAMES.kinds)


def test_draws_are_counted() -> None:
    assert COURSE.balance.draws > 10_000
