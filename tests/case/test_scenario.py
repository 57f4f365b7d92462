from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.case.check import check_case
from homeward.case.indicators import UNKNOWN_UNTIL_GIVEN as UNKNOWN
from homeward.case.scenario import SCENARIO_SOURCE, lay_over, read_scenario
from homeward.case.scenario_schema import Scenario
from homeward.case.schema import Basis, Case, Condition, Fitted
from homeward.errors import InputError
from tests.small_case import DISTRICTS, small_case

DAYS = [date(2011, 11, 1) + timedelta(days=n) for n in range(500)]


def scenario(*changes: dict[str, Any], **more: Any) -> Scenario:
    return Scenario.model_validate({"name": "test", "change": changes, **more})


def value_on(case: Case, place: str, indicator: str, day: date) -> float:
    """Return the value that holds on a day, by the definition and nothing else: the last row, or 0."""
    rows = [row for row in case.conditions if (row.place, row.indicator) == (place, indicator)]
    so_far = {row.date: row.value for row in rows if row.date <= day}
    return so_far[max(so_far)] if so_far else 0.0


def course(case: Case, place: str, indicator: str = "violence") -> list[float]:
    return [value_on(case, place, indicator, day) for day in DAYS]


def messages_of(case: Case, laid: Scenario) -> list[str]:
    with pytest.raises(InputError) as caught:
        lay_over(case, laid, file="test.toml")
    assert all((p.file, p.row, p.line) == ("test.toml", None, None) for p in caught.value.problems)
    return [f"{p.what}. {p.remedy}" for p in caught.value.problems]


@settings(max_examples=80, deadline=None)
@given(
    place=st.sampled_from(DISTRICTS),
    first=st.sampled_from(DAYS[40:450]),
    length=st.none() | st.integers(0, 200),
    multiply=st.none() | st.floats(0, 10),
)
def test_only_the_days_of_the_change_change(
    place: str, first: date, length: int | None, multiply: float | None
) -> None:
    until = None if length is None else first + timedelta(days=length)
    how = {"set": 7.0} if multiply is None else {"multiply": multiply}
    case = small_case()
    change = {"indicator": "violence", "places": [place], "from": first, "until": until, **how}
    laid = lay_over(case, scenario(change))
    inside = [first <= day and (until is None or day <= until) for day in DAYS]
    old = course(case, place)
    new = [old[i] * multiply if multiply is not None else 7.0 for i in range(len(DAYS))]
    assert course(laid, place) == [new[i] if inside[i] else old[i] for i in range(len(DAYS))]
    for other in set(DISTRICTS) - {place}:
        assert course(laid, other) == course(case, other)


def test_until_is_included_and_rows_say_who_made_them() -> None:
    change = {
        "indicator": "violence",
        "places": ["north"],
        "from": date(2012, 3, 10),
        "until": date(2012, 3, 20),
    }
    laid = lay_over(small_case(), scenario({**change, "multiply": 2}, description="A calm spring"))
    rows = {row.date: row for row in laid.conditions if (row.place, row.indicator) == ("north", "violence")}
    assert [rows[date(2012, 3, day)].value for day in (1, 10, 21)] == [150.0, 300.0, 150.0]
    made = rows[date(2012, 3, 10)]
    assert (made.source, made.basis, made.why, made.known_on) == (
        SCENARIO_SOURCE,
        Basis.ESTIMATE,
        "A calm spring",
        date(2012, 3, 10),
    )
    assert rows[date(2012, 3, 21)].source == "made-up"
    assert laid.sources[-1].id == SCENARIO_SOURCE
    assert check_case(laid) == []


def test_country_means_its_places_and_all_means_every_series() -> None:
    case = small_case()
    by_country = lay_over(case, scenario({"indicator": "violence", "places": ["ORI"], "from": "2012-01-01", "set": 1}))
    by_all = lay_over(case, scenario({"indicator": "violence", "places": ["all"], "from": "2012-01-01", "set": 1}))
    assert by_country.conditions == by_all.conditions
    assert {value_on(by_all, place, "violence", date(2012, 7, 7)) for place in DISTRICTS} == {1.0}
    assert {row.place for row in by_all.conditions if row.indicator == "violence"} == set(DISTRICTS)


def test_country_series_is_changed_at_the_country_and_starts_one_at_a_place() -> None:
    case = small_case()
    rate = {"indicator": "naturalisation_rate", "from": "2012-06-01"}
    at_country = lay_over(case, scenario({**rate, "places": ["HOA"], "multiply": 3}))
    at_place = lay_over(case, scenario({**rate, "places": ["city"], "multiply": 3}))
    day = date(2012, 6, 1)
    assert value_on(at_country, "HOA", "naturalisation_rate", day) == pytest.approx(0.03)
    assert value_on(at_place, "HOA", "naturalisation_rate", day) == 0.01
    assert value_on(at_place, "city", "naturalisation_rate", day) == pytest.approx(0.03)
    assert value_on(at_place, "city", "naturalisation_rate", day - timedelta(days=1)) == 0.01


def test_set_makes_a_series_that_is_nought_before_and_after() -> None:
    change = {
        "indicator": "violence",
        "places": ["city"],
        "from": "2012-06-10",
        "until": "2012-06-20",
        "set": 30,
    }
    laid = lay_over(small_case(), scenario(change))
    rows = [(row.date, row.value) for row in laid.conditions if row.place == "city"]
    assert rows == [(date(2012, 1, 1), 0.0), (date(2012, 6, 10), 30.0), (date(2012, 6, 21), 0.0)]
    country = lay_over(small_case(), scenario({**change, "places": ["HOA"]}))
    assert value_on(country, "camp", "violence", date(2012, 6, 15)) == 30.0


def test_changes_follow_each_other() -> None:
    change = {"indicator": "violence", "places": ["north"], "from": "2012-03-01"}
    laid = lay_over(small_case(), scenario({**change, "set": 10}, {**change, "multiply": 3}))
    assert value_on(laid, "north", "violence", date(2012, 8, 1)) == 30.0


def test_low_and_high_are_multiplied_and_vanish_when_a_value_is_set() -> None:
    case = small_case()
    first = case.conditions[0].model_copy(update={"low": 40.0, "high": 80.0})
    case = case.model_copy(update={"conditions": (first, *case.conditions[1:])})
    change = {"indicator": "violence", "places": ["north"], "from": "2012-01-01"}
    doubled = lay_over(case, scenario({**change, "multiply": 2})).conditions[0]
    assert (doubled.low, doubled.value, doubled.high) == (80.0, 100.0, 160.0)
    given_value = lay_over(case, scenario({**change, "set": 2})).conditions[0]
    assert (given_value.low, given_value.high) == (None, None)


def test_events_are_added_and_parameters_merged() -> None:
    event = {"place": "ORI>HOB", "date": "2012-05-01", "indicator": "border", "value": "closed"}
    case = small_case(parameters={"a": 1, "b": 2})
    laid = lay_over(case, scenario(event=[event], parameters={"b": 3, "c": 4}))
    assert laid.settings.parameters == {"a": 1, "b": 3, "c": 4}
    assert (laid.events[-1].place, laid.events[-1].source) == ("ORI>HOB", SCENARIO_SOURCE)
    assert laid.conditions == case.conditions
    assert case.settings.parameters == {"a": 1, "b": 2}


def test_scenario_without_content_leaves_the_case_as_it_is() -> None:
    assert lay_over(small_case(), scenario()) == small_case()


def test_unknown_names_are_all_reported_with_the_nearest_known() -> None:
    change = {"from": "2012-01-01", "set": 0}
    found = messages_of(
        small_case(),
        scenario(
            {**change, "indicator": "violense", "places": ["all"]},
            {**change, "indicator": "violence", "places": ["nort", "HOX"]},
            {**change, "indicator": "held_by.rebels", "places": ["north"]},
        ),
    )
    assert len(found) == 4
    assert "change 1: the indicator 'violense' is not known. Did you mean 'violence'?" in found
    assert "change 2: 'nort' is neither a place nor a country. Did you mean 'north'?" in found
    assert any("change 3" in message and "held_by" in message for message in found)


def test_nothing_to_multiply_is_an_error() -> None:
    change = {"indicator": "violence", "places": ["city", "HOB"], "from": "2012-01-01", "multiply": 2}
    found = messages_of(small_case(), scenario(change))
    assert ["'HOB' has no violence" in found[0], "'city' has no violence" in found[1]] == [True, True]


def test_share_above_one_and_endless_numbers_are_errors() -> None:
    change = {"places": ["HOB"], "from": "2012-06-01", "indicator": "naturalisation_rate", "multiply": 30}
    assert "would be 1.5 on 2012-06-01" in messages_of(small_case(), scenario(change))[0]
    change = {"places": ["north"], "from": "2012-06-01", "indicator": "violence", "multiply": 1e308}
    assert "too large" in messages_of(small_case(), scenario(change))[0]


def test_result_that_is_no_valid_case_is_an_error_of_the_scenario() -> None:
    change = {"places": ["north"], "from": "2012-06-01", "indicator": "held_by.government", "set": 1}
    [message] = messages_of(small_case(), scenario(change))
    assert message.startswith("with this scenario, the holder shares of 'north' on 2012-06-01 sum to 1.4")
    other = {**change, "indicator": "held_by.opposition", "set": 0}
    laid = lay_over(small_case(), scenario(change, other))
    assert value_on(laid, "north", "held_by.government", date(2012, 7, 1)) == 1.0


GOOD = """\
name = "calm"

[[change]]
indicator = "violence"
places = ["north", "HOA"]
from = 2012-06-01
multiply = 0.5

[[change]]
indicator = "violence"
places = ["all"]
from = "2012-07-01"
set = 0
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("[[change]]", "[[chang]]", 3, "'chang' is not known|Did you mean 'change'?"),
        ("multiply", "multply", 7, "'change 1.multply' is not known|'multiply'"),
        ("multiply = 0.5", "multiply = 0.5\nset = 3", 3, "exactly one of"),
        ("multiply = 0.5", "multiply = -0.5", 7, "'change 1.multiply'|at least 0"),
        ("set = 0", 'set = "0"', 13, "'change 2.set'|number without quotes"),
        ('places = ["all"]', 'places = "all"', 11, "'change 2.places'|list in square brackets"),
        ('places = ["all"]', "places = []", 11, "'change 2.places' is blank"),
        ("from = 2012-06-01", "", 3, "'change 1.from' is missing"),
        ('"2012-07-01"', '"July"', 12, "'change 2.from'|date"),
        ("set = 0", "set = 0\nuntil = 2011-01-01", None, "lies before from"),
        ('name = "calm"', 'name = "too calm"', 1, "'too calm'|hyphens"),
    ],
)
def test_bad_scenario_file_is_explained(tmp_path: Path, old: str, new: str, line: int | None, words: str) -> None:
    path = tmp_path / "calm.toml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    said = {f"{p.what}. {p.remedy}": p for p in caught.value.problems}
    fitting = [problem for text, problem in said.items() if all(word in text for word in words.split("|"))]
    assert fitting, list(said)
    assert (fitting[0].file, fitting[0].row) == ("calm.toml", None)
    assert line in (None, fitting[0].line)


def test_good_scenario_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "calm.toml"
    path.write_text("\ufeff" + GOOD, encoding="utf-8")
    read = read_scenario(path)
    assert [change.start for change in read.change] == [date(2012, 6, 1), date(2012, 7, 1)]
    assert read.change[0].places == ("north", "HOA")


def test_a_scenario_keeps_what_was_fitted() -> None:
    """Otherwise a scenario would be compared with a run of other parameters than its own."""
    fitted = Fitted(fitted_through=date(2012, 6, 30), known_on=date(2012, 7, 1), parameters={"spill_over": 0.1})
    case = small_case().model_copy(update={"fitted": fitted})
    peace = {"indicator": "violence", "places": ["all"], "from": date(2012, 3, 1), "set": 0.0}
    assert lay_over(case, scenario(peace)).fitted == fitted
    assert lay_over(case, scenario(parameters={"flight_hazard": 0.1})).fitted == fitted


def test_a_condition_that_was_unknown_stays_so_before_a_scenario_sets_it() -> None:
    """Nothing else would be honest: 0 would say that no dwelling was habitable, and no refugee had legal stay."""
    first = date(2012, 6, 1)
    changes = [
        {"indicator": "housing", "places": ["north"], "from": first, "set": 0.4},
        {"indicator": "housing", "places": ["north"], "from": date(2012, 9, 1), "multiply": 0.5},
        {"indicator": "legal_stay", "places": ["HOA"], "from": first, "set": 0.7},
    ]
    laid = lay_over(small_case(), scenario(*changes))
    rows = {(row.place, row.indicator, row.date): row.value for row in laid.conditions if row.indicator in UNKNOWN}
    assert rows == {
        ("north", "housing", first): 0.4,
        ("north", "housing", date(2012, 9, 1)): 0.2,
        ("HOA", "legal_stay", first): 0.7,
    }


def test_what_was_unknown_cannot_be_set_for_a_while_and_what_is_unknown_is_not_multiplied() -> None:
    set_once = {"indicator": "aid", "places": ["HOA"], "from": date(2012, 6, 1), "until": date(2012, 7, 1), "set": 0.4}
    (told,) = messages_of(small_case(), scenario(set_once))
    assert "aid at 'HOA' would be unknown again from 2012-07-02, which no row can say. Leave out 'until'" in told
    later = {"indicator": "aid", "places": ["HOA"], "from": date(2012, 6, 1), "set": 0.4}
    before = {
        "indicator": "aid",
        "places": ["HOA"],
        "from": date(2012, 2, 1),
        "until": date(2012, 6, 30),
        "multiply": 0.5,
    }
    laid = lay_over(small_case(), scenario(later, before))
    rows = {row.date: row.value for row in laid.conditions if row.indicator == "aid"}
    assert rows == {date(2012, 6, 1): 0.2, date(2012, 7, 1): 0.4}


# add and close_gap


def with_rows(*rows: tuple[str, str, float, float | None, float | None]) -> Case:
    """Return the small case with rows of (place, indicator, value, low, high) that hold from its start."""
    case = small_case()
    made = [
        Condition(
            place=place, indicator=indicator, value=value, low=low, high=high, date=date(2012, 1, 1),
            source="made-up", known_on=date(2012, 1, 1), basis=Basis.OBSERVED,
        )
        for place, indicator, value, low, high in rows
    ]  # fmt: skip
    return case.model_copy(update={"conditions": (*case.conditions, *made)})


def change_of(indicator: str, *places: str, **how: Any) -> dict[str, Any]:
    return {"indicator": indicator, "places": places, "from": date(2012, 6, 1), **how}


def made_by(case: Case, indicator: str, **how: Any) -> tuple[float, float | None, float | None]:
    """Return value, low and high that a change gives an indicator of the north."""
    laid = lay_over(case, scenario(change_of(indicator, "north", **how)))
    row = max((r for r in laid.conditions if (r.place, r.indicator) == ("north", indicator)), key=lambda r: r.date)
    return row.value, row.low, row.high


@pytest.mark.parametrize(
    ("how", "before", "after"),
    [
        ({"add": 0.25}, (0.5, None, None), (0.75, None, None)),
        ({"add": 0.25, "low": 0.0, "high": 0.5}, (0.5, None, None), (0.75, 0.5, 1.0)),
        ({"add": 0.25, "low": 0.125}, (0.25, 0.125, 0.5), (0.5, 0.25, 0.75)),
        ({"close_gap": 0.5}, (0.5, 0.25, 0.75), (0.75, 0.625, 0.875)),
        ({"close_gap": 0.5, "low": 0.25, "high": 1.0}, (0.5, 0.0, 0.75), (0.75, 0.25, 1.0)),
        ({"multiply": 0.5, "low": 0.25, "high": 1.0}, (0.5, None, None), (0.25, 0.125, 0.5)),
        ({"multiply": 0.5, "low": 0.25, "high": 1.0}, (0.5, 0.25, 1.0), (0.25, 0.0625, 1.0)),
        ({"set": 0.5, "low": 0.25, "high": 0.75}, (0.1, 0.0, 0.2), (0.5, 0.25, 0.75)),
        ({"set": 0.5}, (0.1, 0.0, 0.2), (0.5, None, None)),
    ],
)
def test_both_ends_of_the_range_move_with_the_value(
    how: dict[str, float], before: tuple[float, float | None, float | None], after: tuple[float, ...]
) -> None:
    assert made_by(with_rows(("north", "housing", *before)), "housing", **how) == after


def test_the_high_end_of_a_share_stays_a_share() -> None:
    assert made_by(with_rows(("north", "housing", 0.5, 0.25, 0.75)), "housing", add=0.25, high=0.75) == (0.75, 0.5, 1.0)


@settings(max_examples=100, deadline=None)
@given(ends=st.lists(st.floats(0, 1), min_size=6, max_size=6), more=st.floats(0, 1))
def test_closing_a_gap_keeps_a_share_in_order_and_more_of_it_gives_no_less(ends: list[float], more: float) -> None:
    (low, value, high), (least, part, most) = sorted(ends[:3]), sorted(ends[3:])
    case = with_rows(("north", "housing", value, low, high))
    closed = made_by(case, "housing", close_gap=part, low=least, high=most)
    assert 0.0 <= (closed[1] or 0.0) <= closed[0] <= (closed[2] or 1.0) <= 1.0
    assert closed[0] >= value - 1e-15
    further = max(part, more)
    assert made_by(case, "housing", close_gap=further)[0] >= closed[0] - 1e-15


@pytest.mark.parametrize(
    ("indicator", "how"),
    [
        ("reconstruction", {"add": 0.25}),
        *(
            (name, {how: 0.25})
            for name in ("sanctions", "ceasefire", "guarantees.government")
            for how in ("add", "close_gap")
        ),
    ],
)
def test_what_is_nought_until_given_starts_from_nought_at_every_district_of_a_country(
    indicator: str, how: dict[str, float]
) -> None:
    case = with_rows(("north", indicator, 0.5, None, None))
    laid = lay_over(case, scenario(change_of(indicator, "ORI", **how)))
    after = {place: value_on(laid, place, indicator, date(2012, 6, 1)) for place in DISTRICTS}
    at_north = 0.75 if "add" in how else 0.625
    assert after == {"north": at_north, "south": 0.25, "east": 0.25}
    assert {value_on(laid, place, indicator, date(2012, 5, 31)) for place in DISTRICTS} == {0.0, 0.5}


def test_a_camp_for_idps_has_no_reconstruction_and_does_not_stand_in_the_way_of_its_country() -> None:
    case = small_case()
    camp = case.places[-2].model_copy(update={"id": "tents", "country": "ORI", "capacity": None, "overflow": ""})
    case = case.model_copy(update={"places": (*case.places, camp)})
    for indicator in ("reconstruction", "guarantees.government"):
        laid = lay_over(case, scenario(change_of(indicator, "ORI", add=0.5)))
        assert {row.place for row in laid.conditions if row.indicator == indicator} == set(DISTRICTS)
    laid = lay_over(case, scenario(change_of("ceasefire", "ORI", add=0.5)))
    assert {row.place for row in laid.conditions if row.indicator == "ceasefire"} == {*DISTRICTS, "tents"}


@pytest.mark.parametrize("how", [{"add": 0.25}, {"close_gap": 0.25}, {"multiply": 0.5}])
@pytest.mark.parametrize("place", ["north", "ORI"])
def test_what_is_unknown_is_not_improved_but_stays_unknown(place: str, how: dict[str, float]) -> None:
    [message] = messages_of(small_case(), scenario(change_of("housing", place, **how)))
    assert message == f"change 1: '{place}' has no housing to change. Use 'set' at named places, or remove it"
    case = with_rows(("north", "housing", 0.4, None, None))
    laid = lay_over(case, scenario(change_of("housing", "ORI", **how)))
    assert {row.place for row in laid.conditions if row.indicator == "housing"} == {"north"}


@pytest.mark.parametrize("indicator", ["violence", "reconstruction"])
def test_what_is_no_share_has_no_gap_to_close(indicator: str) -> None:
    change = change_of(indicator, "north", close_gap=0.5, low=0.1, high=0.9)
    [message] = messages_of(with_rows(("north", "reconstruction", 5.0, None, None)), scenario(change))
    assert message == f"change 1: {indicator} is no share, so it has no gap to close. Use 'add', 'multiply' or 'set'"


def test_guarantees_are_given_by_a_holder_of_the_case() -> None:
    [message] = messages_of(small_case(), scenario(change_of("guarantees.goverment", "north", close_gap=0.5)))
    assert "Did you mean 'guarantees.government'?" in message
    case = with_rows(("north", "guarantees.nobody", 0.5, None, None))
    assert ["about a holder who holds no place" in problem.what for problem in check_case(case)] == [True]


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ({"close_gap": 1.5}, "less than or equal to 1"),
        ({"close_gap": 0.5, "high": 1.5}, "a gap cannot be more than closed"),
        ({"close_gap": 0.5, "low": 0.6}, "low 0.6 is above the value 0.5"),
        ({"multiply": 0.5, "high": 0.4}, "high 0.4 is below the value 0.5"),
        ({"add": 0.5, "multiply": 2}, "exactly one of 'multiply', 'set', 'add', 'close_gap'"),
        ({"low": 0.5}, "exactly one of"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(how: dict[str, float], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        scenario(change_of("housing", "north", **how))


def test_levers_have_to_be_written_out_before() -> None:
    [message] = messages_of(small_case(), scenario(lever=[{"name": "amnesty", "from": "2012-06-01"}]))
    assert message.startswith("its levers are not written out")
    with pytest.raises(ValueError, match="until 2012-05-31 lies before from 2012-06-01"):
        scenario(lever=[{"name": "amnesty", "from": "2012-06-01", "until": "2012-05-31"}])
