"""How conditions go on after the last known day: walks and openings, each against what was written down."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import pytest

from homeward.case.schema import Basis, Case, Condition
from homeward.engine.simulate import simulate
from homeward.learn.continuation import (
    AFTER_OPENING,
    NEW_AUTHORITIES,
    change_of_gate,
    continuation_of,
    continued,
    settled,
)
from homeward.learn.members import Members
from homeward.results.contract import Continuation
from homeward.rules.homeward import HomewardRules
from homeward.rules.parameters import resolve_parameters
from tests.plan.dated_case import AS_OF, dated_case

END = date(2018, 12, 31)
NEVER = Continuation(since=AS_OF, whole_deviation=0.2, place_deviation=0.1, opening_chance=0.0)


def known() -> Case:
    case = dated_case()
    conditions = tuple(row for row in case.conditions if row.known_on <= AS_OF)
    events = tuple(row for row in case.events if row.date <= AS_OF)
    return case.model_copy(update={"conditions": conditions, "events": events})


CASE = known()


def violence(case: Case, place: str) -> dict[date, float]:
    return {row.date: row.value for row in case.conditions if (row.place, row.indicator) == (place, "violence")}


def test_violence_goes_on_month_by_month_from_the_mean_of_its_last_six_months() -> None:
    still = NEVER.model_copy(update={"whole_deviation": 0.0, "place_deviation": 0.0})
    before, after = violence(CASE, "north"), violence(continued(CASE, still, 1, 0), "north")
    assert {day: after[day] for day in before} == before
    later = {day: value for day, value in after.items() if day > AS_OF}
    assert len(later) == 24
    assert min(later) == date(2017, 1, 1)
    last_six = [value for _, value in sorted(before.items())][-6:]
    assert list(later.values()) == pytest.approx([np.mean(last_six)] * 24)


def test_a_war_in_a_host_that_was_over_stays_over() -> None:
    def abroad(*deaths: float) -> Case:
        row = next(row for row in CASE.conditions if row.indicator == "violence")
        rows = [
            row.model_copy(update={"place": "city", "date": date(2016, 8 + number, 1), "value": value})
            for number, value in enumerate(deaths)
        ]
        return CASE.model_copy(update={"conditions": (*CASE.conditions, *rows)})

    over = violence(continued(abroad(500.0, 800.0, 0.0), NEVER, 1, 0), "city")
    assert {value for day, value in over.items() if day > AS_OF} == {0.0}
    still = NEVER.model_copy(update={"whole_deviation": 9.0, "place_deviation": 0.0})
    goes_on = violence(continued(abroad(500.0, 800.0), still, 1, 0), "city")
    assert {value for day, value in goes_on.items() if day > AS_OF} == {800.0}


def moves(place: str, replicates: Sequence[int], how: Continuation = NEVER) -> np.ndarray:
    paths = [violence(continued(CASE, how, 1, number), place) for number in replicates]
    logs = np.array([[math.log(value) for day, value in sorted(path.items()) if day > AS_OF] for path in paths])
    return np.diff(logs, axis=1)


def test_the_walk_has_the_deviations_of_the_country_and_of_the_place_together() -> None:
    # 400 x 23 increments: the standard error of a deviation is 0.7 %; a false alarm at 4 % is one in 10^8.
    north, south = moves("north", range(400)), moves("south", range(400))
    assert north.std() == pytest.approx(math.hypot(0.2, 0.1), rel=0.04)
    shared = np.corrcoef(north.ravel(), south.ravel())[0, 1]
    assert shared == pytest.approx(0.2**2 / (0.2**2 + 0.1**2), abs=0.05)


def test_a_further_place_moves_no_other_walk_and_replicates_differ() -> None:
    north = [row for row in CASE.conditions if (row.place, row.indicator) == ("north", "violence")]
    city = tuple(row.model_copy(update={"place": "city"}) for row in north)
    more = CASE.model_copy(update={"conditions": (*CASE.conditions, *city)})
    assert violence(continued(more, NEVER, 1, 3), "south") == violence(continued(CASE, NEVER, 1, 3), "south")
    assert violence(continued(CASE, NEVER, 1, 3), "south") != violence(continued(CASE, NEVER, 1, 4), "south")
    assert violence(continued(CASE, NEVER, 1, 3), "south") != violence(continued(CASE, NEVER, 2, 3), "south")


def test_a_series_with_a_later_row_is_continued_up_to_it_and_no_further() -> None:
    row = next(row for row in CASE.conditions if (row.place, row.indicator) == ("north", "violence"))
    later = row.model_copy(update={"date": date(2017, 6, 1), "value": 1.0})
    given = CASE.model_copy(update={"conditions": (*CASE.conditions, later)})
    freely, bound = (violence(continued(case, NEVER, 1, 0), "north") for case in (CASE, given))
    until_then = {day: value for day, value in freely.items() if day < date(2017, 6, 1)}
    assert bound == {**until_then, date(2017, 6, 1): 1.0}


def test_return_opens_with_its_chance() -> None:
    # Of 4,000 replicates 30 % within a year: standard deviation 29; four of them, a false alarm of one in 16,000.
    how = NEVER.model_copy(update={"opening_chance": 0.3})
    days = [change_of_gate(how, 7, number) for number in range(4_000)]
    within = [day for day in days if day and day <= date(2017, 12, 31)]
    assert abs(len(within) - 1_200) < 116
    assert min(day for day in days if day) > AS_OF
    assert change_of_gate(NEVER, 7, 0) is None


def opened_case() -> tuple[Case, date]:
    how = NEVER.model_copy(update={"opening_chance": 0.6, "whole_deviation": 0.0, "place_deviation": 0.0})
    for number in range(50):
        day = change_of_gate(how, 1, number)
        if day and date(2017, 2, 2) < day < date(2017, 12, 1) and day.day > 1:
            return continued(CASE, how, 1, number), day
    raise AssertionError("no replicate opens in 2017")


def test_an_opening_brings_new_authorities_and_a_tenth_of_the_violence() -> None:
    case, day = opened_case()
    held = {(row.place, row.indicator): row.value for row in case.conditions if row.date == day}
    for district in ("north", "south", "east"):
        assert held[district, f"held_by.{NEW_AUTHORITIES}"] == 1.0
        assert held[district, "held_by.government"] == held[district, "held_by.opposition"] == 0.0
        path = violence(case, district)
        before = [value for when, value in path.items() if AS_OF < when < day]
        after = [value for when, value in path.items() if when >= day]
        assert after == pytest.approx([AFTER_OPENING * before[0]] * len(after))
    assert resolve_parameters(case).values[f"persecution_risk[{NEW_AUTHORITIES}]"] == 0.0
    HomewardRules(case)  # the rules can use it


def test_more_people_return_where_return_opens() -> None:
    case, day = opened_case()
    shut = continued(CASE, NEVER.model_copy(update={"whole_deviation": 0.0, "place_deviation": 0.0}), 1, 0)

    def returned(one: Case) -> float:
        course = simulate(HomewardRules(one), 1, 0)
        months = [number for number, end in enumerate(course.names.month_ends) if end > day]
        return float(course.returns["people"][np.isin(course.returns["month"], months)].sum())

    assert returned(case) > 1.2 * returned(shut)


def test_nothing_opens_where_later_rows_say_who_holds_a_district() -> None:
    how = NEVER.model_copy(update={"opening_chance": 0.9})
    row = Condition(
        place="north", date=date(2017, 1, 1), indicator="held_by.government", value=0.6, source="made-up",
        known_on=AS_OF, basis=Basis.ESTIMATE, why="scenario",
    )  # fmt: skip
    given = CASE.model_copy(update={"conditions": (*CASE.conditions, row)})
    for number in range(5):
        indicators = {one.indicator for one in continued(given, how, 1, number).conditions}
        assert f"held_by.{NEW_AUTHORITIES}" not in indicators


def rows_at(place: str, *stated: tuple[date, float]) -> Case:
    """Return the case with these rows of violence at a place and no others there."""
    row = next(row for row in CASE.conditions if row.indicator == "violence")
    others = [one for one in CASE.conditions if (one.place, one.indicator) != (place, "violence")]
    rows = [row.model_copy(update={"place": place, "date": day, "value": value}) for day, value in stated]
    return CASE.model_copy(update={"conditions": (*others, *rows)})


def first_drawn(case: Case, place: str, *stated: date) -> tuple[date, float]:
    after = violence(settled(case, AS_OF), place)
    return min((day, value) for day, value in after.items() if day not in stated)


def test_doubt_begins_after_the_last_month_that_is_stated_and_not_on_the_day_of_the_forecast() -> None:
    """The last row may be a burst: it holds for its month, and the mean of six months goes on."""
    rows = [(date(2016, month, 1), 10.0) for month in range(1, 7)] + [(date(2016, 7, 1), 130.0)]
    case = rows_at("north", *rows)
    day, deaths = first_drawn(case, "north", *(day for day, _ in rows))
    assert day == date(2016, 8, 1)
    assert deaths == pytest.approx(30.0)
    paths = [violence(continued(case, NEVER, 1, number), "north") for number in range(200)]
    before = np.std([math.log(path[date(2016, 8, 1)]) for path in paths])
    later = np.std([math.log(path[date(2016, 12, 1)]) for path in paths])
    # One step against five; 200 replicates: standard error 5 % each, four of their difference.
    assert before == pytest.approx(math.hypot(0.2, 0.1), rel=0.2)
    assert later == pytest.approx(math.hypot(0.2, 0.1) * math.sqrt(5), rel=0.2)


@pytest.mark.parametrize(
    ("rows", "first", "base"),
    [
        ([(date(2015, 1, 1), 120.0), (date(2016, 1, 1), 60.0)], date(2017, 1, 1), 60.0),
        ([(date(2015, 3, 15), 120.0)], date(2017, 1, 1), 120.0),
        ([(date(2016, 1, 1), 30.0), (date(2016, 4, 1), 60.0), (date(2016, 7, 1), 90.0)], date(2016, 10, 1), 75.0),
        ([(date(2016, 10, 15), 40.0), (date(2016, 11, 15), 20.0)], date(2016, 12, 1), 30.0),
    ],
    ids=["yearly", "one that holds", "quarterly", "in the middle of months"],
)
def test_rows_hold_for_as_long_as_they_lie_apart(rows: list[tuple[date, float]], first: date, base: float) -> None:
    day, deaths = first_drawn(rows_at("north", *rows), "north", *(day for day, _ in rows))
    assert day == first
    assert deaths == pytest.approx(base)


def test_an_opening_while_the_last_row_still_holds_lowers_it() -> None:
    case = rows_at("north", (date(2015, 6, 1), 100.0), (date(2016, 6, 1), 100.0))
    how = NEVER.model_copy(update={"opening_chance": 0.99, "whole_deviation": 0.0, "place_deviation": 0.0})
    early = [(number, change_of_gate(how, 1, number)) for number in range(20)]
    number, day = next((number, day) for number, day in early if day and day < date(2017, 6, 1))
    path = violence(continued(case, how, 1, number), "north")
    assert path[day] == pytest.approx(100.0 * AFTER_OPENING)
    assert path[date(2017, 7, 1)] == pytest.approx(100.0 * AFTER_OPENING)


def test_rows_that_state_more_than_the_case_holds_leave_nothing_to_draw() -> None:
    """Yearly rows of one place hold beyond the end, monthly ones of the others do not: both are continued."""
    case = rows_at("north", (date(2015, 9, 1), 120.0), (date(2016, 9, 1), 60.0))
    short = case.model_copy(update={"settings": case.settings.model_copy(update={"end": date(2017, 3, 31)})})
    path = violence(continued(short, NEVER, 1, 0), "north")
    assert path == {date(2015, 9, 1): 120.0, date(2016, 9, 1): 60.0}
    assert violence(continued(short, NEVER, 1, 0), "south") == {
        day: value for day, value in violence(continued(case, NEVER, 1, 0), "south").items() if day < date(2017, 4, 1)
    }
    how = NEVER.model_copy(update={"opening_chance": 0.99})
    number, day = next((n, d) for n in range(20) if (d := change_of_gate(how, 1, n)) and d < date(2017, 3, 1))
    assert violence(continued(short, how, 1, number), "north")[day] == pytest.approx(60.0 * AFTER_OPENING)


def held(risk: float, *rows: tuple[str, date, float]) -> Case:
    """Return the case under holders who changed, of whom the last is feared so much."""
    row = next(row for row in CASE.conditions if row.indicator == "violence")
    others = [one for one in CASE.conditions if not one.indicator.startswith(("held_by.", "fled."))]
    new = [
        row.model_copy(update={"place": place, "indicator": f"held_by.{holder}", "date": day, "value": share})
        for place in ("north", "south", "east")
        for holder, day, share in rows
    ]
    parameters = {name: value for name, value in CASE.settings.parameters.items() if "persecution" not in name}
    if rows:
        parameters |= {"persecution_risk[old]": 0.6, "persecution_risk[new]": risk}
    settings = CASE.settings.model_copy(update={"parameters": parameters})
    return CASE.model_copy(update={"conditions": (*others, *new), "settings": settings})


CHANGE = (("old", date(2012, 1, 1), 1.0), ("old", date(2016, 6, 1), 0.0), ("new", date(2016, 6, 1), 1.0))


def test_an_open_gate_shuts_under_authorities_who_are_feared_like_those_who_held_most_before() -> None:
    case = held(0.2, *CHANGE)
    how = NEVER.model_copy(update={"closing_chance": 0.9, "whole_deviation": 0.0, "place_deviation": 0.0})
    number, day = next((n, d) for n in range(20) if (d := change_of_gate(how, 1, n)) and d < date(2018, 1, 1))
    shut = continued(case, how, 1, number)
    held_then = {row.indicator: row.value for row in shut.conditions if (row.place, row.date) == ("north", day)}
    assert held_then == {f"held_by.{NEW_AUTHORITIES}": 1.0, "held_by.old": 0.0, "held_by.new": 0.0}
    assert resolve_parameters(shut).values[f"persecution_risk[{NEW_AUTHORITIES}]"] == 0.6
    assert violence(shut, "north") == violence(settled(case, AS_OF), "north")


def test_where_nobody_is_known_to_have_held_anything_a_shut_gate_has_the_usual_risk() -> None:
    case = held(0.2)
    how = NEVER.model_copy(update={"closing_chance": 0.9})
    number = next(n for n in range(20) if (d := change_of_gate(how, 1, n)) and d < date(2018, 1, 1))
    values = resolve_parameters(continued(case, how, 1, number)).values
    assert values[f"persecution_risk[{NEW_AUTHORITIES}]"] == values["persecution_risk"] > 0.0


def with_violence(value: Callable[[date], float]) -> Case:
    rows = tuple(
        row.model_copy(update={"value": value(row.date)}) if row.indicator == "violence" else row
        for row in CASE.conditions
    )
    return CASE.model_copy(update={"conditions": rows})


def test_a_record_that_never_moves_leaves_the_usual_deviation_its_two_years() -> None:
    # 59 months, to November: 54 means of six of them, 42 moves over a year, so 42/12 years of record without any.
    expected = math.sqrt(2.0 * 0.25**2 / (42 / 12 + 2.0))
    how = continuation_of(with_violence(lambda _day: 50.0), AS_OF, opening_chance=0.1)
    assert (how.whole_deviation, how.place_deviation) == pytest.approx((expected, expected))


def test_a_record_that_doubles_every_year_makes_a_wider_walk() -> None:
    def doubling(day: date) -> float:
        return 100.0 * math.exp2((day.year - 2012) + (day.month - 1) / 12)

    how = continuation_of(with_violence(doubling), AS_OF, opening_chance=0.1)
    years = 42 / 12
    expected = math.sqrt((years * math.log(2) ** 2 / 12 + 2.0 * 0.25**2) / (years + 2.0))
    assert how.whole_deviation == pytest.approx(expected, rel=0.01)


def test_without_a_record_the_deviation_is_the_usual_one() -> None:
    none = CASE.model_copy(update={"conditions": tuple(r for r in CASE.conditions if r.indicator != "violence")})
    assert continuation_of(none, AS_OF, opening_chance=0.1).whole_deviation == 0.25


def test_members_carry_the_continuation_and_each_is_a_function_of_its_number() -> None:
    members = Members(CASE, 1, None, NEVER)
    assert members.case_of(2) == continued(CASE, NEVER, 1, 2)
    assert members.case_of(2) != members.case_of(3)
    assert Members(CASE, 1).case_of(2) == CASE
    assert CASE.settings.end == END
