from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.case.schema import Basis, Case, Event, EventIndicator, Route
from homeward.engine.simulate import fresh_tables, simulate
from homeward.rules.homeward import HomewardRules
from tests.courses import named_flows, rules_of
from tests.small_case import small_case

NO_FEEDBACK = {"network_exponent": 0.0, "crowding_weight": 0.0}
SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}


def weights(rules: HomewardRules, origin: str, place: str, kind: str) -> dict[str, float]:
    """Return the weight of every destination on the first day."""
    move = fresh_tables(rules).move
    choices, code = move.choices, rules.geography.code
    row = np.flatnonzero(
        (choices.kind == move.kinds.index(kind))
        & (choices.origin == rules.space.origins.index(origin))
        & (choices.place == code[place])
    )
    by_place: NDArray[np.float64] = np.diff(choices.cumulative[row[0]])
    return dict(zip(rules.space.places, by_place.tolist(), strict=True))


def split(case: Case, name: str, parts: Sequence[str]) -> Case:
    """Return the case with a place cut into equal parts, each with the roads of the whole."""
    places = []
    for place in case.places:
        if place.id == name:
            share = (place.population or 0) // len(parts)
            places += [place.model_copy(update={"id": part, "population": share}) for part in parts]
        else:
            places.append(place)
    routes: list[Route] = []
    for route in case.routes:
        for part in parts if name in (route.from_place, route.to_place) else [""]:
            ends = {end: part for end in ("from_place", "to_place") if getattr(route, end) == name}
            routes.append(route.model_copy(update=ends))
    population = tuple(
        row.model_copy(update={"place": parts[0]}) if row.place == name else row for row in case.population
    )
    return case.model_copy(update={"places": tuple(places), "routes": tuple(routes), "population": population})


@pytest.mark.parametrize(("origin", "place", "kind"), [("north", "north", "flight"), ("north", "camp", "onward")])
def test_splitting_a_place_leaves_the_sum_of_its_weights_unchanged(origin: str, place: str, kind: str) -> None:
    whole = weights(rules_of(small_case(), **NO_FEEDBACK), origin, place, kind)
    parts = weights(rules_of(split(small_case(), "city", ["city-a", "city-b"]), **NO_FEEDBACK), origin, place, kind)
    assert parts["city-a"] + parts["city-b"] == pytest.approx(whole["city"], rel=1e-12)
    assert parts["bordertown"] == pytest.approx(whole["bordertown"], rel=1e-12)
    assert whole["city"] > 0


def test_weights_follow_the_formula() -> None:
    rules = rules_of(small_case(), **NO_FEEDBACK, danger_weight=0.0)
    found = weights(rules, "north", "north", "flight")
    assert found["bordertown"] == pytest.approx(150_000 * (1 + 120 / 50) ** -1.5)
    assert found["south"] == pytest.approx(300_000 * np.exp(0.5) * (1 + 180 / 50) ** -1.5)
    assert found["north"] == pytest.approx(180_000 * np.exp(0.5) * (1 + 40 / 50) ** -1.5)
    assert found["camp"] == pytest.approx(100_000 * (1 + 270 / 50) ** -1.5)
    assert found["farland"] == pytest.approx(1e7 * np.exp(-2.5) * (1 + (120 + 320 + 2_900) / 50) ** -1.5)


def test_network_draws_crowding_repels_danger_repels() -> None:
    case = small_case()
    off = weights(rules_of(case, **NO_FEEDBACK), "north", "north", "flight")
    network = weights(rules_of(case, crowding_weight=0.0, network_exponent=0.4), "north", "north", "flight")
    crowding = weights(rules_of(case, network_exponent=0.0, crowding_weight=50.0), "north", "north", "flight")
    assert network["city"] / network["bordertown"] > off["city"] / off["bordertown"]
    assert crowding["city"] < off["city"]
    assert crowding["bordertown"] == off["bordertown"]
    danger = (
        rules_of(case, danger_weight=2.0, **NO_FEEDBACK),
        rules_of(case, danger_weight=0.0, **NO_FEEDBACK),
    )
    assert (
        weights(danger[0], "south", "south", "flight")["north"]
        < weights(danger[1], "south", "south", "flight")["north"]
    )


def test_the_own_district_is_a_destination_of_flight_but_not_of_those_displaced_elsewhere() -> None:
    rules = HomewardRules(small_case())
    assert weights(rules, "north", "north", "flight")["north"] > 0
    fleeing_again = weights(rules, "north", "south", "reflight")
    assert fleeing_again["north"] == fleeing_again["south"] == 0.0
    assert weights(rules, "north", "city", "onward")["north"] == 0.0


def closed(case: Case) -> Case:
    event = Event(place="ORI>HOA", date=case.settings.start, indicator=EventIndicator.BORDER, value="closed", **SAID)
    return case.model_copy(update={"events": (event,)})


def test_a_closed_border_lets_nobody_through_where_permeability_is_nil() -> None:
    case = closed(small_case(end=date(2012, 6, 30)))
    sealed = named_flows(simulate(rules_of(case, permeability_closed=0.0)))
    leaky = named_flows(simulate(rules_of(case, permeability_closed=0.01)))
    into_hoa = ("bordertown", "camp", "city")
    assert sum(n for (_, _, place, kind), n in sealed.items() if kind == "flight" and place in into_hoa) == 0
    assert sum(n for (_, _, place, kind), n in leaky.items() if kind == "flight" and place in into_hoa) > 0
    assert sum(n for (*_, kind), n in sealed.items() if kind == "flight") > 0


def test_a_place_out_of_reach_is_never_chosen() -> None:
    case = small_case(end=date(2012, 6, 30))
    roads = tuple(route for route in case.routes if "farland" not in (route.from_place, route.to_place))
    rules = rules_of(case.model_copy(update={"routes": roads}), flight_hazard=0.05, onward_hazard=5.0)
    assert weights(rules, "north", "north", "flight")["farland"] == 0.0
    flows = named_flows(simulate(rules))
    moved = {kind for (_, _, place, kind) in flows if place == "farland"}
    assert moved <= {"resettlement", "birth", "death", "naturalisation"}
    assert any(kind == "onward" for (*_, kind) in flows)


def test_where_no_road_leads_nobody_flees() -> None:
    case = small_case(end=date(2012, 3, 31)).model_copy(update={"routes": ()})
    flows = named_flows(simulate(rules_of(case, flight_hazard=5.0)))
    assert {kind for (*_, kind) in flows} <= {"birth", "death", "naturalisation", "resettlement"}
