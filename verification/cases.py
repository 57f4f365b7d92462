"""Small made-up cases in which everything happens, for the proofs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from tests.small_case import small_case

from homeward.case.schema import Basis, Case, Condition, Event, EventIndicator
from homeward.rules.homeward import HomewardRules

__all__ = ["NO_SHOCKS", "busy_case", "rules_of"]

NO_SHOCKS = {"flight_shock_variance": 0.0, "return_shock_variance": 0.0, "host_year_variance": 0.0}

_LIVELY = {
    "flight_hazard": 0.002,
    "flight_hazard_displaced": 0.003,
    "flight_hazard_returned": 0.004,
    "flight_hazard_host": 0.01,
    "onward_hazard": 1.0,
    "return_hazard_open": 2.0,
    "return_hazard_open_displaced": 2.0,
    "return_gate_threshold": -3.5,
    "birth_rate_home": 0.08,
    "birth_rate_abroad": 0.1,
    "death_rate_home": 0.05,
    "death_rate_abroad": 0.05,
}


def busy_case(
    *,
    people: int,
    end: date = date(2012, 6, 30),
    camp_capacity: int | None = None,
    parameters: Mapping[str, float] | None = None,
) -> Case:
    """Return the small case with every kind of move in it, war in a host and a border that closes included.

    Deaths follow the number of people, so the intensity of violence does not depend on it; shocks are off.
    """
    case = small_case(
        people=people,
        end=end,
        violence=people / 2_000,
        camp_capacity=camp_capacity,
        parameters={**NO_SHOCKS, **_LIVELY, **(parameters or {})},
    )
    return case.model_copy(
        update={
            "conditions": (*case.conditions, *_host_conditions()),
            "events": (*case.events, _event("ORI>HOA", date(2012, 4, 10), "closed")),
        }
    )


def rules_of(case: Case, **parameters: float) -> HomewardRules:
    """Return the rules of a case, with some parameters set anew."""
    settings = case.settings.model_copy(update={"parameters": {**case.settings.parameters, **parameters}})
    return HomewardRules(case.model_copy(update={"settings": settings}))


def _host_conditions() -> Iterator[Condition]:
    for indicator, place, value in (
        ("violence", "bordertown", 30.0),
        ("naturalisation_rate", "city", 0.3),
        ("resettlement_rate", "bordertown", 0.4),
    ):
        yield Condition(
            place=place, date=date(2012, 2, 10), indicator=indicator, value=value,
            source="made-up", known_on=date(2012, 1, 1), basis=Basis.OBSERVED,
        )  # fmt: skip


def _event(place: str, day: date, level: str) -> Event:
    return Event(
        place=place, date=day, indicator=EventIndicator.BORDER, value=level, what="made up",
        source="made-up", known_on=date(2012, 1, 1), basis=Basis.OBSERVED,
    )  # fmt: skip
