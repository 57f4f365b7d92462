"""Random valid cases for Hypothesis: places, roads, borders, people and days of every odd sort."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from homeward.case.indicators import HOME_CONDITIONS, HOST_CONDITIONS, REBUILDING, RETURN_INTENTION
from homeward.case.schema import (
    Basis,
    Case,
    CaseSettings,
    Condition,
    Event,
    EventIndicator,
    Place,
    PlaceKind,
    Population,
    Route,
    Source,
    Stage,
)

__all__ = ["cases"]

_SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}
_HOSTS = ("HOA", "HOB")
_PEOPLE = st.one_of(st.just(0), st.integers(1, 30), st.integers(100, 10**6), st.integers(10**9, 10**12))
_KINDS = st.sampled_from([PlaceKind.AREA, PlaceKind.CAMP, PlaceKind.COUNTRY])
_LEVELS = st.sampled_from(["open", "restricted", "selective", "closed"])
_SHARE = st.floats(0, 1)


@st.composite
def cases(draw: st.DrawFn, *, most_days: int = 70) -> Case:
    """Draw a case of one to three districts and up to four hosts that runs for a day or more."""
    districts = [f"district-{number}" for number in range(draw(st.integers(1, 3)))]
    hosts = {f"host-{number}": draw(st.sampled_from(_HOSTS)) for number in range(draw(st.integers(0, 4)))}
    places = [draw(_district(name)) for name in districts] + draw(_host_places(hosts))
    start = date(2012, 1, 1) + timedelta(days=draw(st.integers(0, 365)))
    end = start + timedelta(days=draw(st.integers(0, most_days - 1)))
    return Case(
        settings=draw(_settings(start, end)),
        sources=(Source(id="made-up", title="Made up for the tests"),),
        places=tuple(places),
        routes=draw(_routes([place.id for place in places])),
        population=draw(_population(districts, list(hosts))),
        conditions=draw(_conditions(places, districts, start)),
        events=draw(_events(start, {"ORI", "*", *hosts.values()})),
    )


@st.composite
def _settings(draw: st.DrawFn, start: date, end: date) -> CaseSettings:
    parameters = {
        "flight_hazard": draw(st.sampled_from([0.0, 0.01, 5.0])),
        "flight_hazard_host": draw(st.sampled_from([0.02, 3.0])),
        "onward_hazard": draw(st.sampled_from([0.0, 5.0])),
        "return_gate_threshold": draw(st.sampled_from([-10.0, 0.0])),
        "return_hazard_open": draw(st.sampled_from([0.25, 50.0])),
        "frailty_classes": draw(st.sampled_from([1.0, 2.0, 5.0])),
        "network_exponent": draw(st.sampled_from([0.0, 0.4, 0.8])),
        "network_floor": draw(st.sampled_from([1e-6, 0.02])),
        "crowding_weight": draw(st.sampled_from([0.0, 0.5, 10.0])),
        "permeability_closed": draw(st.sampled_from([0.0, 0.01])),
        "birth_rate_home": draw(st.sampled_from([0.0, 0.025, 2.0])),
        "death_rate_abroad": draw(st.sampled_from([0.0, 0.004, 2.0])),
        "flight_shock_variance": draw(st.sampled_from([0.0, 0.15, 5.0])),
        "perception_lag": draw(st.sampled_from([0.0, 60.0])),
        "crowding_out_hazard": draw(st.sampled_from([0.0, 0.1, 50.0])),
        **draw(_households()),
    }
    return CaseSettings(
        name="random",
        title="A random case",
        origin_country="ORI",
        start=start,
        end=end,
        step_hours=draw(st.sampled_from([24, 12, 168])),
        parameters=parameters,
    )


@st.composite
def _households(draw: st.DrawFn) -> dict[str, float]:
    """Draw how many move together, and whether one of them goes ahead or home on a visit."""
    return {
        "household_size": draw(st.sampled_from([1.0, 2.0, 5.0])),
        "staged_share": draw(st.sampled_from([0.0, 0.37, 1.0])),
        "following_hazard": draw(st.sampled_from([0.0, 2.0, 500.0])),
        "visit_hazard": draw(st.sampled_from([0.0, 0.05, 20.0])),
        "visit_stay_share": draw(st.sampled_from([0.0, 0.2, 1.0])),
        "visit_days": draw(st.sampled_from([0.5, 30.0])),
    }


@st.composite
def _district(draw: st.DrawFn, name: str) -> Place:
    kind, residents = PlaceKind.DISTRICT, draw(st.integers(1, 10**6))
    return Place(id=name, name=name, country="ORI", kind=kind, latitude=0, longitude=0, population=residents, **_SAID)


@st.composite
def _host_places(draw: st.DrawFn, hosts: dict[str, str]) -> list[Place]:
    """Draw hosts; the first of a country takes in those whom the others have no room for."""
    first: dict[str, str] = {}
    places = []
    for name, country in hosts.items():
        limit: dict[str, Any] = {}
        if first.setdefault(country, name) != name:
            capacity = draw(st.sampled_from([None, 0, 1, 200]))
            limit = {} if capacity is None else {"capacity": capacity, "overflow": first[country]}
        population = draw(st.sampled_from([None, 1, 10**5]))
        places.append(
            Place(
                id=name, name=name, country=country, kind=draw(_KINDS), latitude=0, longitude=0,
                population=population, **limit, **_SAID,
            )
        )  # fmt: skip
    return places


@st.composite
def _routes(draw: st.DrawFn, places: list[str]) -> tuple[Route, ...]:
    """Draw any subset of the roads, so that some places may be out of reach."""
    pairs = [(one, other) for index, one in enumerate(places) for other in places[index:]]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True))
    km = st.floats(1, 3_000)
    return tuple(
        Route(
            from_place=one,
            to_place=other,
            km=draw(km),
            adjacent=one != other and draw(st.booleans()),
            **_SAID,
        )
        for one, other in chosen
    )


@st.composite
def _population(draw: st.DrawFn, districts: list[str], hosts: list[str]) -> tuple[Population, ...]:
    def row(origin: str, place: str, stage: Stage) -> Population:
        known = draw(st.sampled_from([None, 0]))
        return Population(
            origin=origin, place=place, stage=stage, people=draw(_PEOPLE), frailty_class=known, **_SAID
        )  # fmt: skip

    residents = [row(name, name, Stage.RESIDENT) for name in districts]
    displaced = [row(districts[0], name, Stage.DISPLACED) for name in districts]
    returned = [row(name, name, Stage.RETURNED) for name in districts]
    refugees = [row(districts[0], name, Stage.REFUGEE) for name in hosts]
    return (*residents, *returned, *displaced, *refugees)


@st.composite
def _conditions(draw: st.DrawFn, places: list[Place], districts: list[str], start: date) -> tuple[Condition, ...]:
    def row(place: str, indicator: str, value: float) -> Condition:
        return Condition(place=place, date=start, indicator=indicator, value=value, **_SAID)

    def share(place: str, indicator: str) -> Condition:
        low, value, high = sorted(draw(st.tuples(_SHARE, _SHARE, _SHARE)))
        return Condition(place=place, date=start, indicator=indicator, value=value, low=low, high=high, **_SAID)

    def some_of(names: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
        return st.lists(st.sampled_from(names), unique=True)

    populated = [place.id for place in places if place.population]
    shares = [draw(_SHARE) for _ in districts]
    violent = draw(st.lists(st.sampled_from(populated), unique=True))
    abroad = [place.id for place in places if place.country != "ORI"]
    return (
        *(row(place, "violence", draw(st.floats(0, 10**4))) for place in violent),
        *(row(district, "held_by.government", share) for district, share in zip(districts, shares, strict=True)),
        *(row(district, "held_by.rebels", 1 - share) for district, share in zip(districts, shares, strict=True)),
        *(row(place, "naturalisation_rate", draw(_SHARE)) for place in abroad),
        *(row(place, "resettlement_rate", draw(_SHARE)) for place in abroad),
        *(share(district, name) for district in districts for name in draw(some_of(HOME_CONDITIONS))),
        *(row(district, name, draw(_SHARE)) for district in districts for name in draw(some_of(REBUILDING))),
        *(row(district, "fled.government", draw(_SHARE)) for district in districts if draw(st.booleans())),
        *(share(place, name) for place in abroad for name in draw(some_of((*HOST_CONDITIONS, RETURN_INTENTION)))),
    )


@st.composite
def _events(draw: st.DrawFn, start: date, countries: set[str]) -> tuple[Event, ...]:
    every = ["ORI>HOA", "ORI>HOB", "HOA>ORI", "*>HOA", "*>*"]
    known = [border for border in every if set(border.split(">")) <= countries]
    borders = draw(st.lists(st.sampled_from(known), unique=True))
    return tuple(
        Event(
            place=border, date=start + timedelta(days=draw(st.integers(0, 20))),
            indicator=EventIndicator.BORDER, value=draw(_LEVELS), **_SAID,
        )
        for border in borders
    )  # fmt: skip
