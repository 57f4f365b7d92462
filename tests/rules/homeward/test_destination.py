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
BY_HAND = NO_FEEDBACK | {
    "danger_weight": 0.0, "travel_cost_scale": 50.0, "travel_cost_exponent": 1.5, "attraction_internal": 0.5,
    "attraction_own_district": 0.0, "attraction_camp": 0.0, "attraction_country": -2.5, "host_attraction": 0.0,
    "camp_mass": 100_000.0, "country_size_exponent": 1.0,
}  # fmt: skip
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


@pytest.mark.parametrize(("origin", "place", "kind"), [("north", "north", "flight"), ("north", "farland", "onward")])
def test_splitting_a_place_leaves_the_sum_of_its_weights_unchanged(origin: str, place: str, kind: str) -> None:
    whole = weights(rules_of(small_case(), **NO_FEEDBACK), origin, place, kind)
    parts = weights(rules_of(split(small_case(), "city", ["city-a", "city-b"]), **NO_FEEDBACK), origin, place, kind)
    assert parts["city-a"] + parts["city-b"] == pytest.approx(whole["city"], rel=1e-12)
    assert parts["bordertown"] == pytest.approx(whole["bordertown"], rel=1e-12)
    assert whole["city"] > 0


def test_weights_follow_the_formula() -> None:
    found = weights(rules_of(small_case(), **BY_HAND), "north", "north", "flight")
    assert found["bordertown"] == pytest.approx(150_000 * (1 + 120 / 50) ** -1.5)
    assert found["south"] == pytest.approx(300_000 * np.exp(0.5) * (1 + 180 / 50) ** -1.5)
    assert found["north"] == pytest.approx(180_000 * np.exp(0.5) * (1 + 40 / 50) ** -1.5)
    assert found["camp"] == pytest.approx(100_000 * (1 + 270 / 50) ** -1.5)
    assert found["farland"] == pytest.approx(1e7 * np.exp(-2.5) * from_3000_km(120 + 320 + 2_900))


def from_3000_km(km: float) -> float:
    """Return the decay of weight over a distance as a share of that over 3,000 km, for which it is stated."""
    return float(((1 + km / 50) / (1 + 3_000 / 50)) ** -1.5)


def test_the_constant_of_a_country_does_not_hang_on_how_distance_decays() -> None:
    """A country 3,000 km away has the same weight whatever the scale and the exponent."""
    case = small_case()
    roads = tuple(r.model_copy(update={"km": 2_560.0}) if r.to_place == "farland" else r for r in case.routes)
    case = case.model_copy(update={"routes": roads})
    for decay in ({"travel_cost_scale": 5.0}, {"travel_cost_exponent": 3.0}):
        found = weights(rules_of(case, **BY_HAND | decay), "north", "north", "flight")
        assert found["farland"] == pytest.approx(1e7 * np.exp(-2.5)), decay


def test_those_who_move_on_prefer_whole_countries_by_a_constant_of_their_own() -> None:
    """The constant moves their weight among destinations abroad, and nobody's who flees from home."""
    case = small_case()
    country_of_its_own = {"country": "HOC", "capacity": None, "overflow": ""}
    places = tuple(p.model_copy(update=country_of_its_own) if p.id == "camp" else p for p in case.places)
    case = case.model_copy(update={"places": places})
    rules = [rules_of(case, **BY_HAND, attraction_onward=constant) for constant in (0.0, 2.0)]
    plain, preferred = (weights(each, "north", "bordertown", "onward") for each in rules)
    assert preferred["farland"] == pytest.approx(np.exp(2.0) * plain["farland"])
    assert preferred["camp"] == plain["camp"] > 0
    plain, same = (weights(each, "north", "north", "flight") for each in rules)
    assert plain == same


def test_weights_of_a_country_grow_by_its_size_to_a_power() -> None:
    """By hand, elasticity 0.7: HOA has 2.15 million people without its camp, HOB 10 million, the origin 600,000."""
    rules = rules_of(small_case(), **BY_HAND | {"country_size_exponent": 0.7})
    found = weights(rules, "north", "north", "flight")
    hoa, hob = (2_150_000 / 600_000) ** -0.3, (10_000_000 / 600_000) ** -0.3
    assert found["bordertown"] == pytest.approx(150_000 * hoa * (1 + 120 / 50) ** -1.5)
    assert found["camp"] == pytest.approx(100_000 * hoa * (1 + 270 / 50) ** -1.5)
    assert found["farland"] == pytest.approx(1e7 * hob * np.exp(-2.5) * from_3000_km(120 + 320 + 2_900))
    assert found["south"] == pytest.approx(300_000 * np.exp(0.5) * (1 + 180 / 50) ** -1.5)


def test_a_country_of_camps_alone_has_the_size_of_what_stands_for_them() -> None:
    places = tuple(
        place.model_copy(update={"country": "HOC", "capacity": None, "overflow": ""}) if place.id == "camp" else place
        for place in small_case().places
    )
    case = small_case().model_copy(update={"places": places})
    rules = rules_of(case, **BY_HAND | {"country_size_exponent": 0.7})
    found = weights(rules, "north", "north", "flight")
    assert found["camp"] == pytest.approx(100_000 * (100_000 / 600_000) ** -0.3 * (1 + 270 / 50) ** -1.5)


def test_moving_on_leads_to_another_host_country_and_not_within_one() -> None:
    rules = rules_of(small_case(), **NO_FEEDBACK)
    reached = {name for name, weight in weights(rules, "north", "bordertown", "onward").items() if weight > 0}
    assert reached == {"farland"}
    reached = {name for name, weight in weights(rules, "north", "farland", "onward").items() if weight > 0}
    assert reached == {"bordertown", "camp", "city"}


def test_danger_deters_from_other_districts_and_not_from_staying_in_the_own_one() -> None:
    case = small_case(parameters=NO_FEEDBACK)
    safe, feared = (rules_of(case, danger_weight=weight) for weight in (0.0, 2.0))
    assert weights(feared, "north", "north", "flight")["north"] == pytest.approx(
        weights(safe, "north", "north", "flight")["north"], rel=1e-12
    )
    assert weights(feared, "north", "north", "reflight")["north"] == pytest.approx(
        weights(safe, "north", "north", "reflight")["north"], rel=1e-12
    )
    into_north = [weights(rules, "south", "south", "flight")["north"] for rules in (safe, feared)]
    assert into_north[1] < 0.9 * into_north[0]


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
    """People in bordertown and camp may move on to the city, which here is a country of its own."""
    case = small_case(end=date(2012, 6, 30), violence=2_000.0)
    moved_city = tuple(p.model_copy(update={"country": "HOC"}) if p.id == "city" else p for p in case.places)
    case = case.model_copy(update={"places": moved_city})
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
