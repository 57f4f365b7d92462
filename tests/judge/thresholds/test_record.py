"""Which rows count on a day."""

from __future__ import annotations

from datetime import date

import pytest

from homeward.case.schema import EventIndicator, Superseded
from homeward.judge.thresholds.record import Record, months_before
from tests.judge.thresholds.cases import DAY, case_with, condition, event, finding

LATER = date(2012, 10, 1)


def test_rows_about_later_days_or_known_later_do_not_count() -> None:
    rows = [
        condition("north", "housing", 0.1, date=date(2012, 3, 1)),
        condition("north", "housing", 0.2, date=date(2012, 4, 1), known_on=LATER),
        condition("north", "housing", 0.3, date=LATER),
        condition("north", "housing", 0.4, date=date(2012, 2, 1)),
    ]
    known = Record(case_with(rows), (), DAY, oldest_months=36)
    assert [(entry.row.value, entry.number) for entry in known.conditions("housing", "north")] == [(0.4, 4), (0.1, 1)]
    later = Record(case_with(rows), (), DAY, oldest_months=36, hindsight=True)
    assert [entry.row.value for entry in later.conditions("housing", "north")] == [0.4, 0.1, 0.2]


def test_what_a_later_row_took_the_place_of_counts_until_that_was_known() -> None:
    row = condition("north", "violence", 8.0, known_on=LATER)
    before = Superseded.model_validate(row.model_dump() | {"value": 4.0, "known_on": date(2012, 2, 1)})
    case = case_with([row], superseded=[before])
    [entry] = Record(case, (), DAY, oldest_months=36).conditions("violence", "north")
    assert (entry.row.value, entry.where()) == (4.0, "superseded.csv, row 1")
    for record in (
        Record(case, (), LATER, oldest_months=36),
        Record(case, (), DAY, oldest_months=36, hindsight=True),
    ):
        [entry] = record.conditions("violence", "north")
        assert (entry.row.value, entry.where()) == (8.0, "conditions.csv, row 1")


def test_events_and_findings_are_series_too() -> None:
    on = event("HOA", EventIndicator.COERCION, "on")
    off = event("HOA", EventIndicator.COERCION, "off", date=date(2012, 5, 1))
    judged = finding("amnesty", "ORI", "met", known_on=LATER)
    record = Record(case_with(events=[off, on]), [judged], DAY, oldest_months=36)
    assert [entry.row.value for entry in record.events(EventIndicator.COERCION, "HOA")] == ["on", "off"]
    assert record.findings("amnesty", "ORI") == ()


def test_names_of_a_family() -> None:
    rows = [condition("north", "held_by.rebels", 1.0), condition("north", "fled.army", 1.0)]
    record = Record(case_with(rows), (), DAY, oldest_months=36)
    assert (record.names("held_by."), record.names("fled.")) == (("rebels",), ("army",))


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2020, 11, 11), 36, date(2017, 11, 11)),
        (date(2020, 1, 1), 1, date(2019, 12, 1)),
        (date(2020, 3, 31), 1, date(2020, 2, 28)),
        (date(2020, 12, 5), 12, date(2019, 12, 5)),
    ],
)
def test_months_before_a_day(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


def test_a_row_is_old_from_one_day_to_the_next() -> None:
    record = Record(case_with(), (), DAY, oldest_months=6)
    assert record.is_old(date(2012, 3, 14))
    assert not record.is_old(date(2012, 3, 15))
