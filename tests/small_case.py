"""A tiny valid case for tests: three districts, four host places in two countries, one year by default.

``north``, ``south`` and ``east`` lie in the origin country ORI; ``bordertown``, ``city`` and ``camp`` in HOA
and ``farland`` in HOB. Roads: ``north`` to ``bordertown`` and ``east`` to ``camp`` cross into HOA;
``farland`` is reached from ``city``. Change more with ``case.model_copy(update={...})``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from homeward.case.schema import (
    Basis,
    Case,
    CaseSettings,
    Condition,
    Event,
    EventIndicator,
    Measure,
    Observation,
    Place,
    PlaceKind,
    Plan,
    Population,
    Route,
    Source,
    Stage,
    Superseded,
)

__all__ = ["DISTRICTS", "HOSTS", "small_case"]

DISTRICTS = ("north", "south", "east")
HOSTS = ("bordertown", "camp", "city", "farland")

_SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}
_SHARE_OF_PEOPLE = {"north": 0.3, "south": 0.5, "east": 0.2}
_SHARE_OF_VIOLENCE = {"north": 1.0, "south": 0.3, "east": 0.1}


def small_case(
    *,
    people: int = 600_000,
    start: date = date(2012, 1, 1),
    end: date = date(2012, 12, 31),
    step_hours: int = 24,
    violence: float = 300.0,
    camp_capacity: int | None = 5_000,
    parameters: Mapping[str, float] | None = None,
) -> Case:
    """Return the tiny case.

    ``people`` are residents at the start over all districts (beside 1 in 1,000 displaced, 1 in 500 abroad);
    ``violence`` is the peak of deaths a month in ``north``, reached in the sixth month; ``camp_capacity``
    None means a camp without a limit.
    """
    return Case(
        settings=_settings(start, end, step_hours, parameters or {}),
        sources=(Source(id="made-up", title="Made up for the tests", publisher="homeward"),),
        places=_places(people, camp_capacity),
        routes=_routes(),
        population=tuple(_population(people)),
        conditions=tuple(_conditions(start, end, violence)),
        events=_events(start),
        observed=_observed(people, end),
        plans=_plans(people, end),
        superseded=_superseded(start, violence),
    )


def _settings(start: date, end: date, step_hours: int, parameters: Mapping[str, float]) -> CaseSettings:
    return CaseSettings.model_validate(
        {
            "name": "small",
            "title": "A small made-up case",
            "origin_country": "ORI",
            "start": start,
            "end": end,
            "step_hours": step_hours,
            "parameters": dict(parameters),
        }
    )


def _places(people: int, camp_capacity: int | None) -> tuple[Place, ...]:
    def place(name: str, country: str, kind: PlaceKind, at: tuple[float, float], **more: Any) -> Place:
        latitude, longitude = at
        return Place(
            id=name, name=name.title(), country=country, kind=kind, latitude=latitude, longitude=longitude,
            **more, **_SAID,
        )  # fmt: skip

    camp = {} if camp_capacity is None else {"capacity": camp_capacity, "overflow": "bordertown"}
    district, area = PlaceKind.DISTRICT, PlaceKind.AREA
    return (
        place("north", "ORI", district, (36.0, 37.0), pcode="OR01", population=_share(people, "north")),
        place("south", "ORI", district, (34.5, 37.0), pcode="OR02", population=_share(people, "south")),
        place("east", "ORI", district, (35.0, 39.5), pcode="OR03", population=_share(people, "east")),
        place("bordertown", "HOA", area, (37.0, 37.2), pcode="HA01", population=150_000),
        place("city", "HOA", area, (39.0, 35.0), pcode="HA02", population=2_000_000),
        place("camp", "HOA", PlaceKind.CAMP, (36.8, 39.0), **camp),
        place("farland", "HOB", PlaceKind.COUNTRY, (51.0, 10.0), population=10_000_000),
    )


def _share(people: int, district: str) -> int:
    return round(people * _SHARE_OF_PEOPLE[district])


def _routes() -> tuple[Route, ...]:
    def route(one: str, other: str, km: float, *, adjacent: bool = False, crossing: str = "") -> Route:
        return Route(from_place=one, to_place=other, km=km, adjacent=adjacent, crossing=crossing, **_SAID)

    return (
        route("north", "north", 40),
        route("south", "south", 50),
        route("east", "east", 60),
        route("north", "south", 180, adjacent=True),
        route("north", "east", 260, adjacent=True),
        route("south", "east", 270, adjacent=True),
        route("north", "bordertown", 120, crossing="North Gate"),
        route("east", "camp", 190, crossing="East Gate"),
        route("bordertown", "camp", 150, adjacent=True),
        route("bordertown", "city", 320, adjacent=True),
        route("city", "farland", 2_900, crossing="By air and sea"),
    )


def _population(people: int) -> Iterator[Population]:
    def row(origin: str, place: str, stage: Stage, count: int) -> Population:
        return Population(origin=origin, place=place, stage=stage, people=count, **_SAID)

    for district in DISTRICTS:
        yield row(district, district, Stage.RESIDENT, _share(people, district))
    yield row("north", "south", Stage.DISPLACED, people // 1_000)
    yield row("north", "city", Stage.REFUGEE, people // 500)


def _conditions(start: date, end: date, violence: float) -> Iterator[Condition]:
    def row(place: str, day: date, indicator: str, value: float) -> Condition:
        return Condition(place=place, date=day, indicator=indicator, value=value, **_SAID)

    for number, month in enumerate(_months(start, end)):
        # A rise to the sixth month and a fall after it, so that flight and return both have their time.
        height = max(0.0, 1.0 - abs(number - 5) / 6)
        for district in DISTRICTS:
            yield row(district, month, "violence", round(violence * height * _SHARE_OF_VIOLENCE[district], 1))
    for district in DISTRICTS:
        held_by_others = 0.4 if district == "north" else 0.0
        yield row(district, start, "held_by.government", 1.0 - held_by_others)
        yield row(district, start, "held_by.opposition", held_by_others)
    yield row("HOA", start, "naturalisation_rate", 0.01)
    yield row("HOB", start, "naturalisation_rate", 0.05)
    yield row("HOA", start, "resettlement_rate", 0.01)


def _months(start: date, end: date) -> Iterator[date]:
    month = start.replace(day=1)
    while month <= end:
        yield month
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _events(start: date) -> tuple[Event, ...]:
    def event(place: str, month: int, indicator: EventIndicator, value: str, what: str) -> Event:
        day = start.replace(month=month, day=15)
        return Event(place=place, date=day, indicator=indicator, value=value, what=what, **_SAID)

    return (
        event("ORI>HOA", 6, EventIndicator.BORDER, "restricted", "HOA restricts its crossings"),
        event("HOA", 9, EventIndicator.AUDIT, "0.05", "HOA audits its register"),
        event("ORI", 11, EventIndicator.NOTE, "", "A ceasefire is agreed"),
    )


def _superseded(start: date, violence: float) -> tuple[Superseded, ...]:
    """Return the deaths in ``north`` in the first month as they were known for a while: half of what they were."""
    row = next(_conditions(start, start, violence))
    known_on = row.known_on - timedelta(days=1)
    return (Superseded.model_validate(row.model_dump() | {"value": row.value / 2, "known_on": known_on}),)


def _plans(people: int, end: date) -> tuple[Plan, ...]:
    """Return what planners allowed for in the last year, if the case ends with a year; else for the year before."""
    year = end.year if (end.month, end.day) == (12, 31) else end.year - 1
    return (
        Plan(
            date=date(year, 12, 31), measure=Measure.RETURNED_REFUGEES, place="ORI", value=people // 100,
            definition="up to", **_SAID,
        ),
    )  # fmt: skip


def _observed(people: int, end: date) -> tuple[Observation, ...]:
    def figure(measure: Measure, place: str, share: float, **more: Any) -> Observation:
        return Observation(
            date=end, measure=measure, place=place, value=round(people * share),
            definition="made-up", **more, **_SAID,
        )  # fmt: skip

    return (
        figure(Measure.REFUGEE_STOCK, "HOA", 0.10),
        figure(Measure.REFUGEE_STOCK, "HOB", 0.01),
        figure(Measure.REFUGEE_STOCK, "camp", 0.008),
        figure(Measure.REFUGEE_STOCK, "HOA", 0.07, origin="north"),
        figure(Measure.IDP_STOCK, "ORI", 0.15),
        figure(Measure.RETURNED_REFUGEES, "HOA", 0.005),
        figure(Measure.RETURNED_IDPS, "ORI", 0.02),
    )
