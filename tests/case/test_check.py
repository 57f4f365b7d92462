from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from homeward.case.check import CHECKS, check_case, origin_districts, warnings_of
from homeward.case.estimate_share import FAMILIES, estimate_share
from homeward.case.schema import Basis, Case, Event, EventIndicator, Measure, PlaceKind, Stage
from tests.small_case import DISTRICTS, small_case

Change = Callable[[Case], Case]


def changed(table: str, index: int, **values: Any) -> Change:
    """Return what changes cells of one row."""

    def change(case: Case) -> Case:
        rows = list(getattr(case, table))
        rows[index] = rows[index].model_copy(update=values)
        return case.model_copy(update={table: tuple(rows)})

    return change


def doubled(table: str, index: int, **values: Any) -> Change:
    """Return what adds a copy of a row, with some cells changed."""

    def change(case: Case) -> Case:
        rows = getattr(case, table)
        return case.model_copy(update={table: (*rows, rows[index].model_copy(update=values))})

    return change


def settings(**values: Any) -> Change:
    def change(case: Case) -> Case:
        return case.model_copy(update={"settings": case.settings.model_copy(update=values)})

    return change


def without_districts(case: Case) -> Case:
    areas = tuple(place.model_copy(update={"kind": PlaceKind.AREA}) for place in case.places)
    return case.model_copy(update={"places": areas, "population": (), "observed": ()})


# Rows of the small case: places 0 north, 3 bordertown, 5 camp; population 0 north at home, 3 north in south,
# 4 north in city; conditions 0 violence, 36 and 37 holders of north, 42 naturalisation in HOA; events 0 a
# border, 1 an audit, 2 a note; observed 0 stock in HOA, 3 stock from north.
BROKEN: list[tuple[str, Change, str, int | None, str]] = [
    ("source twice", doubled("sources", 0), "sources.csv", 2, "already in row 1"),
    ("place twice", doubled("places", 4), "places.csv", 8, "'city' stands already in row 5"),
    ("source of a place", changed("places", 1, source="made-op"), "places.csv", 2, "Did you mean 'made-up'"),
    ("source of a route", changed("routes", 0, source="?"), "routes.csv", 1, "not in sources.csv"),
    ("source of people", changed("population", 0, source="?"), "population.csv", 1, "not in sources.csv"),
    ("source of a condition", changed("conditions", 0, source="?"), "conditions.csv", 1, "not in sources"),
    ("source of an event", changed("events", 0, source="?"), "events.csv", 1, "not in sources.csv"),
    ("source of a figure", changed("observed", 0, source="?"), "observed.csv", 1, "not in sources.csv"),
    ("year 1012", changed("conditions", 0, date=date(1012, 1, 1)), "conditions.csv", 1, "date is 1012-01-01"),
    ("year 2912", changed("observed", 0, known_on=date(2912, 1, 1)), "observed.csv", 1, "known_on is 2912"),
    ("start", settings(start=date(212, 1, 1)), "case.toml", None, "start is 0212-01-01"),
    ("no district", without_districts, "places.csv", None, "no place is a district"),
    ("place as country", changed("places", 4, id="HOB"), "places.csv", 5, "code of another country"),
    ("no overflow", changed("places", 5, overflow=""), "places.csv", 6, "capacity but no overflow"),
    ("overflow unknown", changed("places", 5, overflow="citty"), "places.csv", 6, "Did you mean 'city'"),
    ("overflow itself", changed("places", 5, overflow="camp"), "places.csv", 6, "the place itself"),
    ("overflow abroad", changed("places", 5, overflow="farland"), "places.csv", 6, "another country, HOB"),
    ("overflow full", changed("places", 3, capacity=5, overflow="city"), "places.csv", 6, "has a capacity"),
    ("route from nowhere", doubled("routes", 0, from_place="nord"), "routes.csv", 12, "Did you mean 'north'"),
    ("route to nowhere", doubled("routes", 0, to_place="atlantis"), "routes.csv", 12, "'atlantis'"),
    ("route twice", doubled("routes", 3), "routes.csv", 12, "already in row 4"),
    ("route and back", doubled("routes", 3, from_place="south", to_place="north"), "routes.csv", 12, "row 4"),
    ("people nowhere", changed("population", 4, place="citi"), "population.csv", 5, "Did you mean 'city'"),
    ("origin unknown", changed("population", 4, origin="nord"), "population.csv", 5, "Did you mean 'north'"),
    ("origin abroad", changed("population", 4, origin="city"), "population.csv", 5, "no district of ORI"),
    ("resident away", changed("population", 3, stage=Stage.RESIDENT), "population.csv", 4, "be resident"),
    ("displaced abroad", changed("population", 4, stage=Stage.DISPLACED), "population.csv", 5, "lies abroad"),
    ("returned abroad", changed("population", 4, stage=Stage.RETURNED), "population.csv", 5, "lies abroad"),
    ("refugee at home", changed("population", 3, stage=Stage.REFUGEE), "population.csv", 4, "origin country"),
    ("resettled at home", changed("population", 3, stage=Stage.RESETTLED), "population.csv", 4, "lies in"),
    ("travelling", changed("population", 4, stage=Stage.TRAVELLING), "population.csv", 5, "nobody is trav"),
    ("people twice", doubled("population", 0), "population.csv", 6, "those of row 1"),
    ("condition nowhere", changed("conditions", 0, place="nort"), "conditions.csv", 1, "neither a place nor"),
    ("violence of a country", changed("conditions", 0, place="ORI"), "conditions.csv", 1, "given by place"),
    ("holder of a country", doubled("conditions", 36, place="ORI"), "conditions.csv", 46, "given by place"),
    ("naturalised at home", changed("conditions", 42, place="ORI"), "conditions.csv", 43, "origin country"),
    ("resettled from home", changed("conditions", 44, place="north"), "conditions.csv", 45, "origin country"),
    ("legal stay at home", changed("conditions", 42, indicator="legal_stay", place="ORI"), "conditions.csv", 43,
     "about refugees"),
    ("housing abroad", changed("conditions", 0, indicator="housing", place="city"), "conditions.csv", 1,
     "housing is about a district of origin, and 'city' is none"),
    ("housing of a country", changed("conditions", 0, indicator="housing", place="ORI"), "conditions.csv", 1,
     "given by place"),
    ("condition twice", doubled("conditions", 3), "conditions.csv", 46, "already in row 4"),
    ("holders", changed("conditions", 37, value=0.5), "conditions.csv", 38, "sum to 1.1 (government 0.6"),
    ("fled", doubled("conditions", 36, indicator="fled.government", value=1.2), "conditions.csv", 46, "sum to 1.2"),
    (
        "guarantees of nobody",
        doubled("conditions", 36, indicator="guarantees.goverment", value=0.5), "conditions.csv", 46,
        "a holder who holds no place in the case. Did you mean 'government'?",
    ),
    ("fled abroad", doubled("conditions", 36, indicator="fled.government", place="city"), "conditions.csv", 46,
     "'city' is none"),
    ("border of nobody", changed("events", 0, place="ORI>HOX"), "events.csv", 1, "'HOX' is no country"),
    ("border of a place", changed("events", 0, place="north>HOA"), "events.csv", 1, "'north' is no country"),
    ("audit of a place", changed("events", 1, place="city"), "events.csv", 2, "'city' is no country"),
    ("registration nowhere", changed("events", 1, indicator=EventIndicator.REGISTRATION, place="citty", value="open"),
     "events.csv", 2, "Did you mean 'city'"),
    ("coercion nowhere", changed("events", 1, indicator=EventIndicator.COERCION, place="citty", value="on"),
     "events.csv", 2, "Did you mean 'city'"),
    ("coercion at home", changed("events", 1, indicator=EventIndicator.COERCION, place="north", value="on"),
     "events.csv", 2, "'north' lies in the origin country"),
    ("note nowhere", changed("events", 2, place="moon"), "events.csv", 3, "no place or country"),
    ("figure nowhere", changed("observed", 0, place="HOX"), "observed.csv", 1, "neither a place nor"),
    ("figure of no origin", changed("observed", 3, origin="nord"), "observed.csv", 4, "Did you mean 'north'"),
    ("share of no origin", changed("observed", 0, measure=Measure.ORIGIN_SHARE, value=0.5), "observed.csv", 1,
     "origin_share has no origin"),
    ("percent", changed("observed", 3, measure=Measure.ORIGIN_SHARE, value=40), "observed.csv", 4, "above 1"),
    ("superseded by nothing", changed("superseded", 0, place="city"), "superseded.csv", 1, "no row of conditions"),
    ("superseded later", changed("superseded", 0, known_on=date(2012, 2, 1)), "superseded.csv", 1, "not later than"),
    ("plan of nobody", changed("plans", 0, place="north"), "plans.csv", 1, "'north' is no country"),
    ("plan in summer", changed("plans", 0, date=date(2012, 6, 30)), "plans.csv", 1, "not the end of a year"),
    ("figure twice", doubled("observed", 0, value=3.0), "observed.csv", 8, "those of row 1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "file", "row", "words"),
    [broken[1:] for broken in BROKEN],
    ids=[broken[0] for broken in BROKEN],
)
def test_broken_rule_is_named_with_its_row(change: Change, file: str, row: int | None, words: str) -> None:
    problems = [p for p in check_case(change(small_case())) if (p.file, p.row) == (file, row)]
    assert any(words in f"{problem.what}. {problem.remedy}" for problem in problems), problems


def test_coercion_is_on_or_off() -> None:
    with pytest.raises(ValidationError, match="coercion is on or off, not 'open'"):
        Event(
            place="HOA", date=date(2012, 1, 1), indicator=EventIndicator.COERCION, value="open",
            source="made-up", known_on=date(2012, 1, 1), basis=Basis.OBSERVED,
        )  # fmt: skip


def test_every_rule_is_broken_by_some_case_above() -> None:
    cases = [broken[1](small_case()) for broken in BROKEN]
    silent = [check.__name__ for check in CHECKS if not any(list(check(case)) for case in cases)]
    assert silent == []


@pytest.mark.parametrize(
    "change",
    [
        changed("population", 3, stage=Stage.RETURNED),
        changed("population", 4, stage=Stage.NATURALISED),
        changed("population", 3, place="north"),
        changed("events", 0, place="*>HOA"),
        changed("events", 1, indicator=EventIndicator.REGISTRATION, place="city", value="closed"),
        changed("events", 1, indicator=EventIndicator.REGISTRATION, value="closed"),
        changed("events", 1, indicator=EventIndicator.COERCION, place="city", value="on"),
        changed("events", 1, indicator=EventIndicator.COERCION, value="off"),
        changed("events", 2, place="camp"),
        changed("places", 5, capacity=None, overflow=""),
        changed("conditions", 37, value=0.415),
        changed("conditions", 42, place="city"),
        doubled("observed", 0, definition="of another office"),
        lambda case: case.model_copy(update={"conditions": case.conditions[::-1]}),
        lambda case: case.model_copy(update=dict.fromkeys(("conditions", "events", "observed", "superseded"), ())),
    ],
)
def test_what_is_allowed_is_no_problem(change: Change) -> None:
    assert check_case(change(small_case())) == []


def test_holder_shares_are_summed_on_every_day_on_which_one_changes() -> None:
    """On the first day both are given; later one holder alone gives way, and nobody takes its share."""
    case = doubled("conditions", 37, date=date(2012, 5, 1), value=0.1)(small_case())
    [problem] = check_case(case)
    assert (problem.row, "2012-05-01 sum to 0.7" in problem.what) == (46, True)


def test_all_problems_of_all_tables_come_at_once() -> None:
    case = small_case()
    for _, change, *_ in BROKEN[:3]:
        case = change(case)
    assert {problem.file for problem in check_case(case)} == {"sources.csv", "places.csv"}
    assert len(check_case(case)) == 3


def test_unreachable_places_and_missing_violence_are_warnings() -> None:
    case = small_case()
    assert warnings_of(case) == []
    lonely = case.model_copy(update={"routes": tuple(r for r in case.routes if r.from_place != "city")})
    assert check_case(lonely) == []
    assert ["'farland'" in warning for warning in warnings_of(lonely)] == [True]
    calm = case.model_copy(update={"conditions": tuple(r for r in case.conditions if r.place != "east")})
    assert ["'east'" in warning for warning in warnings_of(calm)] == [True]


def test_share_of_estimates_counts_rows_and_people() -> None:
    case = changed("population", 1, basis=Basis.ESTIMATE, why="a guess")(small_case(people=1_000_000))
    share = estimate_share(case)
    assert share.rows["population"] == {Basis.OBSERVED: 4, Basis.ESTIMATE: 1}
    assert share.rows["events"] == {Basis.OBSERVED: 3}
    assert share.people == pytest.approx(500_000 / 1_003_000)
    assert estimate_share(small_case(people=0)).people is None


def test_share_of_all_rows_is_that_of_the_tables_together() -> None:
    case = small_case()
    rows = sum(len(getattr(case, name)) for name in ("places", "routes", "population", "conditions", "events"))
    share = estimate_share(changed("places", 1, basis=Basis.ESTIMATE, why="a guess")(case))
    assert share.row_count == rows + len(case.observed) + len(case.plans) + len(case.superseded)
    assert share.of_rows == pytest.approx(1 / share.row_count)


def test_people_months_weigh_people_and_time() -> None:
    """300,000 of 601,800 people live in the south, or are displaced there; its July is an estimate."""
    case = small_case(people=600_000)
    [july] = [i for i, row in enumerate(case.conditions) if (row.place, row.date.month) == ("south", 7)]
    months = estimate_share(changed("conditions", july, basis=Basis.ESTIMATE, why="a guess")(case)).people_months
    assert months["violence"].total == pytest.approx(600_600 * 366 / 30.4375)
    assert months["violence"].estimated == pytest.approx(300_600 * 31 / 30.4375)
    assert months["held_by"].share == 0


def test_an_estimated_holder_makes_a_place_month_an_estimate_once() -> None:
    case = changed("conditions", 37, basis=Basis.ESTIMATE, why="a guess")(small_case(people=600_000))
    months = estimate_share(case).people_months["held_by"]
    assert months.share == pytest.approx(180_000 / 600_600)


def test_a_rate_of_a_country_holds_for_its_places_without_their_own() -> None:
    """1,200 refugees are in the city in HOA: the country's rate is observed, the city's own a guess from July."""
    case = small_case(people=600_000)
    assert estimate_share(case).people_months["naturalisation_rate"].total == pytest.approx(1_200 * 366 / 30.4375)
    own = {"place": "city", "date": date(2012, 7, 1), "basis": Basis.ESTIMATE, "why": "a guess"}
    months = estimate_share(doubled("conditions", 42, **own)(case)).people_months["naturalisation_rate"]
    assert months.total == pytest.approx(1_200 * 184 / 30.4375)
    assert months.share == 1


def test_rows_before_and_after_the_case_count_for_its_days_only() -> None:
    case = small_case(people=600_000)
    early = doubled("conditions", 0, date=date(2011, 1, 1), basis=Basis.ESTIMATE, why="a guess")(case)
    late = doubled("conditions", 0, date=date(2013, 1, 1), basis=Basis.ESTIMATE, why="a guess")(early)
    assert estimate_share(late).people_months == estimate_share(case).people_months


def test_conditions_of_nobody_have_no_share() -> None:
    months = estimate_share(small_case(people=0)).people_months
    assert {name: one.share for name, one in months.items()} == dict.fromkeys(FAMILIES)


def test_districts_of_origin_are_those_of_the_origin_country() -> None:
    assert origin_districts(small_case()) == list(DISTRICTS)
    elsewhere = changed("places", 3, kind=PlaceKind.DISTRICT)(small_case())
    assert origin_districts(elsewhere) == list(DISTRICTS)


def test_small_case_has_what_the_tests_of_rows_above_expect() -> None:
    case = small_case()
    assert [case.places[i].id for i in (0, 3, 5)] == ["north", "bordertown", "camp"]
    assert case.conditions[36].indicator == "held_by.government"
    assert case.events[2].indicator is EventIndicator.NOTE
