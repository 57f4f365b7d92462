"""What a test says: limits and ranges, months of violence, borders, places of a host, risk of persecution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import pytest

from homeward.case.schema import Basis, Case, Condition, Event
from homeward.case.schema import EventIndicator as Kind
from homeward.judge.limits import limits_with
from homeward.judge.thresholds.measures import compared, evidence_of, months_until
from homeward.judge.thresholds.record import Record
from homeward.judge.thresholds.rulebook import Test, rulebook
from homeward.results.threshold_contract import ThresholdEvidence
from tests.judge.thresholds.cases import DAY, case_with, condition, event

AT_LEAST = Test(measure="housing", meaning="homes", at_least=0.5)
AT_MOST = Test(measure="hostility", meaning="trouble", at_most=0.5)


def said(name: str, place: str, case: Case, day: date = DAY) -> list[ThresholdEvidence]:
    record = Record(case, (), day, oldest_months=rulebook().oldest_months)
    return evidence_of(name, rulebook().tests[name], record, place)


def of_rows(name: str, place: str, *rows: Condition) -> ThresholdEvidence:
    [found] = said(name, place, case_with(rows))
    return found


def of_events(name: str, place: str, *events: Event) -> list[tuple[str, str]]:
    return [(one.place, one.verdict) for one in said(name, place, case_with(events=events))]


@pytest.mark.parametrize(
    ("low", "high", "at_least", "at_most"),
    [
        (0.5, 0.5, "met", "met"),
        (0.5, 0.9, "met", "unknown"),
        (0.1, 0.5, "unknown", "met"),
        (0.1, 0.4, "not_met", "met"),
        (0.6, 0.9, "met", "not_met"),
        (0.4, 0.6, "unknown", "unknown"),
        (0.6, math.inf, "met", "not_met"),
        (math.nan, math.nan, "unknown", "unknown"),
    ],
)
def test_a_range_keeps_to_a_limit_passes_it_or_decides_nothing(
    low: float, high: float, at_least: str, at_most: str
) -> None:
    assert (compared(AT_LEAST, low, high), compared(AT_MOST, low, high)) == (at_least, at_most)


def test_the_last_row_says_it_with_value_range_and_where_it_stands() -> None:
    found = of_rows(
        "housing", "north", condition("north", "housing", 0.1),
        condition("north", "housing", 0.7, low=0.55, high=0.9, date=date(2012, 6, 1), basis=Basis.ESTIMATE),
    )  # fmt: skip
    assert (found.verdict, found.value, found.low, found.high) == ("met", 0.7, 0.55, 0.9)
    assert (found.since, found.basis, found.rows) == (date(2012, 6, 1), "estimate", ("conditions.csv, row 2",))
    assert (found.sources, found.known_on, found.why) == (("made-up",), date(2012, 1, 1), "must be at least 0.5")


def test_no_row_says_nothing() -> None:
    found = of_rows("housing", "north", condition("south", "housing", 0.7))
    assert (found.verdict, found.why, found.rows, found.basis) == ("unknown", "no row known by 2012-09-15", (), None)


def test_a_row_that_is_too_old_decides_nothing_and_is_shown() -> None:
    rows = [condition("north", "housing", 0.7)]
    [young] = said("housing", "north", case_with(rows), date(2015, 1, 1))
    [old] = said("housing", "north", case_with(rows), date(2015, 1, 2))
    assert (young.verdict, old.verdict, old.value) == ("met", "unknown", 0.7)
    assert old.why == "the last row is of 2012-01-01, more than 36 months before"


def test_whole_months_until_a_day() -> None:
    assert months_until(date(2012, 9, 15), 2) == [date(2012, 7, 1), date(2012, 8, 1)]
    assert months_until(date(2012, 9, 30), 2) == [date(2012, 8, 1), date(2012, 9, 1)]
    assert months_until(date(2012, 1, 5), 1) == [date(2011, 12, 1)]


def deaths(*months: int, value: float = 1.0, **more: float) -> Sequence[Condition]:
    return [condition("north", "violence", value, date=date(2012, month, 1), **more) for month in months]


RESIDENTS = 180_000
JUNE_TO_AUGUST = 30 + 31 + 31


def test_violence_is_deaths_per_residents_and_thirty_days() -> None:
    found = of_rows("violence-quarter", "north", *deaths(6, 7, 8, value=1.0, low=0.5, high=2.0))
    rate = 3 * 100_000 * 30 / (RESIDENTS * JUNE_TO_AUGUST)
    assert found.value == pytest.approx(rate)
    assert found.low == pytest.approx(rate / 2)
    assert found.high == pytest.approx(2 * rate)
    assert (found.since, found.until, found.verdict) == (date(2012, 6, 1), date(2012, 8, 31), "unknown")
    assert found.rows == ("conditions.csv, row 1", "conditions.csv, row 2", "conditions.csv, row 3")
    # The month that has not ended says nothing yet.
    again = of_rows("violence-quarter", "north", *deaths(6, 7, 8, low=0.5, high=2.0), *deaths(9, value=999.0))
    assert again == found


def test_a_month_without_a_row_is_covered_only_between_others() -> None:
    assert of_rows("violence-quarter", "north", *deaths(5, 9, value=0.0)).verdict == "met"
    missing = of_rows("violence-quarter", "north", *deaths(6, 7, value=0.0))
    assert (missing.verdict, missing.value, missing.high) == ("unknown", None, None)
    assert missing.why == "must be at most 0.82: 1 of 3 months have no row"


def test_months_with_a_row_can_pass_the_limit_without_the_others() -> None:
    enough = limits_with()["violence"].value * RESIDENTS * JUNE_TO_AUGUST / (100_000 * 30)
    assert of_rows("violence-quarter", "north", *deaths(6, value=1.001 * enough)).verdict == "not_met"
    assert of_rows("violence-quarter", "north", *deaths(6, value=0.999 * enough)).verdict == "unknown"


def test_violence_without_rows_or_residents_is_unknown() -> None:
    assert of_rows("violence-year", "north").verdict == "unknown"
    case = case_with(deaths(*range(1, 10)))
    places = tuple(one.model_copy(update={"population": None}) for one in case.places)
    [found] = said("violence-quarter", "north", case.model_copy(update={"places": places}))
    assert (found.verdict, found.rows) == ("unknown", ())


def test_of_a_host_the_country_and_each_place_with_own_rows_count() -> None:
    rows = [condition("HOA", "legal_stay", 0.9), condition("camp", "legal_stay", 0.2)]
    found = said("legal-stay", "HOA", case_with(rows))
    assert [(one.place, one.verdict) for one in found] == [("HOA", "met"), ("camp", "not_met")]


def test_a_host_known_in_one_place_only_is_not_known_as_a_whole() -> None:
    one = [condition("camp", "legal_stay", 0.9)]
    assert [each.verdict for each in said("legal-stay", "HOA", case_with(one))] == ["unknown", "met"]
    every = [condition(place, "legal_stay", 0.9) for place in ("bordertown", "camp", "city")]
    assert [each.verdict for each in said("legal-stay", "HOA", case_with(every))] == ["met"] * 3


def test_coercion_on_record_fails_and_none_on_record_says_nothing() -> None:
    on, off = (event("HOA", Kind.COERCION, word) for word in ("on", "off"))
    assert of_events("no-coercion", "HOA", on) == [("HOA", "not_met")]
    assert of_events("no-coercion", "HOA") == [("HOA", "unknown")]
    assert of_events("no-coercion", "HOA", on, off.model_copy(update={"date": DAY})) == [("HOA", "met")]
    in_camp = event("camp", Kind.COERCION, "on")
    assert of_events("no-coercion", "HOA", off, in_camp) == [("HOA", "met"), ("camp", "not_met")]


def test_registration_follows_the_later_row_of_a_place_and_its_country() -> None:
    open_ = event("camp", Kind.REGISTRATION, "open", date=date(2012, 3, 1))
    closed = event("HOA", Kind.REGISTRATION, "closed")
    assert of_events("registration", "HOA", open_, closed) == [("HOA", "not_met"), ("camp", "met")]
    later = closed.model_copy(update={"date": date(2012, 4, 1)})
    assert of_events("registration", "HOA", open_, later) == [("HOA", "not_met"), ("camp", "not_met")]


@pytest.mark.parametrize(
    ("level", "verdict"), [("open", "met"), ("restricted", "met"), ("selective", "not_met"), ("closed", "not_met")]
)
def test_borders_by_their_level(level: str, verdict: str) -> None:
    assert of_events("way-home", "HOA", event("HOA>ORI", Kind.BORDER, level)) == [("HOA>ORI", verdict)]
    assert of_events("way-out", "HOA", event("ORI>HOA", Kind.BORDER, level)) == [("ORI>HOA", verdict)]


def test_the_most_particular_name_of_a_border_holds() -> None:
    every, home, pair = (event(name, Kind.BORDER, "closed") for name in ("*>*", "*>ORI", "HOA>ORI"))
    opened = pair.model_copy(update={"value": "open"})
    assert of_events("way-home", "HOA", every, home, opened) == [("HOA>ORI", "met")]
    assert of_events("way-home", "HOB", every, home, opened) == [("*>ORI", "not_met")]
    assert of_events("way-out", "HOB", every, home, opened) == [("*>*", "not_met")]
    assert of_events("way-out", "HOB", home) == [("ORI>HOB", "unknown")]


def test_persecution_is_that_of_the_rules_and_an_estimate() -> None:
    rows = [condition("north", "held_by.rebels", 1.0), condition("north", "fled.rebels", 1.0)]
    found = of_rows("persecution", "north", *rows)
    assert found.value == pytest.approx(0.9)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.9 < found.high <= 1.0
    assert (found.verdict, found.basis, found.sources) == ("not_met", "estimate", ("made-up", "parameters.csv"))
    nobody = of_rows("persecution", "north", condition("north", "fled.rebels", 1.0))
    assert (nobody.verdict, nobody.rows) == ("unknown", ())


def test_guarantees_take_a_part_of_the_risk_away() -> None:
    rows = [condition("north", "held_by.rebels", 1.0), condition("north", "fled.rebels", 1.0)]
    half = of_rows("persecution", "north", *rows, condition("north", "guarantees.rebels", 0.5))
    whole = of_rows("persecution", "north", *rows, condition("north", "guarantees.rebels", 1.0))
    assert half.value == pytest.approx(0.45)
    assert whole.value == pytest.approx(0.0)
    assert whole.verdict == "met"


def test_a_range_on_both_sides_of_the_limit_decides_nothing_and_says_so() -> None:
    found = of_rows("housing", "north", condition("north", "housing", 0.7, low=0.4, high=0.9))
    assert (found.verdict, found.why) == ("unknown", "must be at least 0.5: its range lies on both sides")
    assert of_rows("housing", "north", condition("north", "housing", 0.7)).verdict == "met"
    assert of_rows("housing", "north", condition("north", "housing", 0.4, high=0.9)).verdict == "unknown"
