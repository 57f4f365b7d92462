"""The record that a forecast begins with."""

from __future__ import annotations

from datetime import date

import pytest

from homeward.case.schema import Basis, Case, Measure, Observation
from homeward.plan.last_record import last_record
from tests.plan.dated_case import dated_case

CASE = dated_case()
TODAY = date(2018, 12, 31)


def figure(
    when: date, place: str, people: float, measure: Measure = Measure.REFUGEE_STOCK, of: str = ""
) -> Observation:
    return Observation(
        date=when, measure=measure, place=place, value=people, definition=of or "UNHCR year-end", source="made-up",
        known_on=when, basis=Basis.OBSERVED,
    )  # fmt: skip


def case_with(*rows: Observation) -> Case:
    return CASE.model_copy(update={"observed": rows})


def year_end(year: int) -> date:
    return date(year, 12, 31)


def test_a_record_of_a_few_hosts_is_no_beginning() -> None:
    whole = (figure(year_end(2015), "HOA", 90_000.0), figure(year_end(2015), "HOB", 110_000.0))
    assert last_record(case_with(*whole, figure(year_end(2016), "HOA", 95_000.0)), TODAY) == year_end(2015)
    assert last_record(case_with(*whole, figure(year_end(2016), "HOB", 95_000.0)), TODAY) == year_end(2016)


def test_a_record_of_fewer_people_is_one() -> None:
    rows = (figure(year_end(2015), "HOA", 90_000.0), figure(year_end(2016), "HOA", 9_000.0))
    assert last_record(case_with(*rows), TODAY) == year_end(2016)


def test_idps_alone_are_none_where_refugees_were_counted_and_are_one_where_not() -> None:
    idps = figure(year_end(2016), "ORI", 900_000.0, Measure.IDP_STOCK)
    assert last_record(case_with(figure(year_end(2015), "HOA", 90_000.0), idps), TODAY) == year_end(2015)
    assert last_record(case_with(idps), TODAY) == year_end(2016)


def test_figures_of_other_days_decide_where_there_are_none_of_year_ends() -> None:
    middle = figure(date(2016, 6, 30), "HOA", 50_000.0, of="operational")
    assert last_record(case_with(middle), TODAY) == date(2016, 6, 30)
    assert last_record(case_with(middle, figure(year_end(2015), "HOA", 40_000.0)), TODAY) == year_end(2015)


@pytest.mark.parametrize(
    "row",
    [
        figure(date(2011, 12, 31), "HOA", 5_000.0),
        figure(year_end(2019), "HOA", 5_000.0),
        figure(year_end(2016), "XXX", 5_000.0),
    ],
    ids=["before the case", "after the day", "elsewhere"],
)  # fmt: skip
def test_what_lies_outside_is_no_record(row: Observation) -> None:
    assert last_record(case_with(row), TODAY) is None
