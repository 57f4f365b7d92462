"""A small case whose rows became known one after the other, with figures made at known parameters: for forecasts."""

from __future__ import annotations

from datetime import date, timedelta

from homeward.case.schema import Basis, Case, Condition, Event, EventIndicator, Superseded
from tests.known_case import known_case

__all__ = ["AS_OF", "LAST_YEAR", "dated_case"]

AS_OF = date(2016, 12, 31)
LAST_YEAR = 2018
SCORES = {"attraction_country": -0.5}


def dated_case() -> Case:
    """Return the known case with conditions known a month after they hold, and a border, an audit and a survey late.

    On ``AS_OF`` the figures of 2014 and 2015 are known, and violence up to November.
    """
    case = known_case(SCORES, last_year=LAST_YEAR)
    conditions = tuple(_lively(row) for row in case.conditions)
    revised, superseded = _revised(conditions)
    return case.model_copy(
        update={
            "conditions": (*revised, *_hand_made()),
            "events": (*case.events, *_later_events()),
            "superseded": superseded,
        }
    )


def _revised(conditions: tuple[Condition, ...]) -> tuple[tuple[Condition, ...], tuple[Superseded, ...]]:
    """Return the conditions with two rows of violence revised in 2018, and as they were known before.

    One was known by ``AS_OF``, so that a forecast reads it; the other, of 2017, was not.
    """
    days = {date(2016, 3, 1): 40.0, date(2017, 3, 1): 50.0}
    revised, superseded = [], []
    for row in conditions:
        if (row.place, row.indicator) == ("north", "violence") and row.date in days:
            superseded.append(Superseded.model_validate(row.model_dump() | {"value": days[row.date]}))
            row = row.model_copy(update={"known_on": date(2018, 6, 1)})
        revised.append(row)
    return tuple(revised), tuple(superseded)


def _lively(row: Condition) -> Condition:
    """Return a row known a month after its date; violence goes on at a level that differs from month to month."""
    value = row.value
    if row.indicator == "violence" and row.date.year > 2012:
        value = {"north": 90.0, "south": 30.0, "east": 12.0}[row.place] * (1.0 + 0.5 * ((row.date.month * 7) % 5))
    return row.model_copy(update={"value": value, "known_on": row.date + timedelta(days=31)})


def _hand_made() -> tuple[Condition, ...]:
    """Return what was written long after: an estimate about 2015 and one about 2018."""
    return tuple(
        Condition(
            place="HOA", date=date(year, 1, 1), indicator="hostility", value=0.4, source="made-up",
            known_on=date(2026, 1, 1), basis=Basis.ESTIMATE, why="by judgement",
        )
        for year in (2015, 2018)
    )  # fmt: skip


def _later_events() -> tuple[Event, ...]:
    def event(place: str, when: date, indicator: EventIndicator, value: str) -> Event:
        return Event(
            place=place, date=when, indicator=indicator, value=value, source="made-up", known_on=when,
            basis=Basis.OBSERVED,
        )  # fmt: skip

    return (
        event("ORI>HOA", date(2017, 5, 1), EventIndicator.BORDER, "closed"),
        event("HOA", date(2015, 6, 1), EventIndicator.AUDIT, "0.1"),
        event("HOA", date(2018, 6, 1), EventIndicator.AUDIT, "0.2"),
    )
