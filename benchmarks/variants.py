"""Copies of a case that differ in one respect: people, days or places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import product
from typing import TypeVar

from homeward.case.schema import Case, Condition, Place, Population, Route
from homeward.rules.parameters import resolve_parameters

__all__ = ["ending", "scaled", "split_country", "switched_on"]

VIOLENCE = "violence"
EVERY_SWITCH = {
    "household_size": 5.0,
    "staged_share": 0.37,
    "visit_hazard": 0.05,
    "season_strength": 0.3,
    "return_smooth_share": 0.5,
    "return_weight_intention": 0.3,
    "return_weight_push": 0.3,
    "return_weight_neighbours": 0.3,
}
Row = TypeVar("Row", Place, Condition)


def scaled(case: Case, factor: float) -> Case:
    """Return the case with ``factor`` times the people, and every probability as it was.

    Everything that is counted in people is multiplied: people at the start, the people and the room of every
    place, recorded deaths, and the mass that stands for a camp as a destination.
    """
    settings = case.settings
    parameters = settings.parameters | {"camp_mass": resolve_parameters(case)["camp_mass"] * factor}
    return case.model_copy(
        update={
            "settings": settings.model_copy(update={"parameters": parameters}),
            "population": tuple(
                row.model_copy(update={"people": round(row.people * factor)}) for row in case.population
            ),
            "places": tuple(_times(row, factor, "population", "capacity") for row in case.places),
            "conditions": tuple(_deaths_times(row, factor) for row in case.conditions),
        }
    )


def switched_on(case: Case) -> Case:
    """Return the case with every switch of the decision to return on."""
    parameters = {**case.settings.parameters, **EVERY_SWITCH}
    return case.model_copy(update={"settings": case.settings.model_copy(update={"parameters": parameters})})


def ending(case: Case, last_day: date) -> Case:
    """Return the case up to another last day."""
    return case.model_copy(update={"settings": case.settings.model_copy(update={"end": last_day})})


def split_country(case: Case, country: str, parts: int) -> Case:
    """Return the case with every place of a host country cut into so many equal places at the same point.

    They are named ``NAME-1`` and so on, share the people, the room and the recorded deaths of the place, and
    have all its routes; what was observed at the place is dropped, for it is no input of a run.
    """
    names = {
        place.id: [f"{place.id}-{part}" for part in range(1, parts + 1)]
        for place in case.places
        if place.country == country
    }
    return case.model_copy(
        update={
            "places": tuple(piece for row in case.places for piece in _pieces_of_place(row, names)),
            "population": tuple(piece for row in case.population for piece in _pieces_of_people(row, names)),
            "routes": tuple(piece for row in case.routes for piece in _pieces_of_route(row, names)),
            "conditions": tuple(piece for row in case.conditions for piece in _pieces_of_condition(row, names)),
            "events": tuple(
                row.model_copy(update={"place": names[row.place][0]}) if row.place in names else row
                for row in case.events
            ),
            "observed": tuple(row for row in case.observed if row.place not in names),
        }
    )


def _times(row: Row, factor: float, *columns: str, whole: bool = True) -> Row:
    """Return the row with the filled ones of these columns multiplied."""
    values = {name: getattr(row, name) for name in columns}
    update = {
        name: round(value * factor) if whole else value * factor for name, value in values.items() if value is not None
    }
    return row.model_copy(update=update)


def _deaths_times(row: Condition, factor: float) -> Condition:
    if row.indicator != VIOLENCE:
        return row
    return _times(row, factor, "value", "low", "high", whole=False)


def _pieces_of_place(place: Place, names: dict[str, list[str]]) -> Iterator[Place]:
    pieces = names.get(place.id, [place.id])
    for position, name in enumerate(pieces):
        overflow = names.get(place.overflow, [place.overflow] * len(pieces))[position]
        piece = place.model_copy(update={"id": name, "name": f"{place.name}{name.removeprefix(place.id)}"})
        yield _times(piece.model_copy(update={"overflow": overflow}), 1 / len(pieces), "population", "capacity")


def _pieces_of_people(row: Population, names: dict[str, list[str]]) -> Iterator[Population]:
    """Yield the people of each piece; what does not divide goes to the first ones."""
    pieces = names.get(row.place, [row.place])
    each, left = divmod(row.people, len(pieces))
    for position, name in enumerate(pieces):
        yield row.model_copy(update={"place": name, "people": each + (position < left)})


def _pieces_of_route(route: Route, names: dict[str, list[str]]) -> Iterator[Route]:
    ends: Sequence[Sequence[str]] = [names.get(end, [end]) for end in (route.from_place, route.to_place)]
    pairs = zip(*ends, strict=True) if route.from_place == route.to_place else product(*ends)
    return (route.model_copy(update={"from_place": one, "to_place": other}) for one, other in pairs)


def _pieces_of_condition(row: Condition, names: dict[str, list[str]]) -> Iterator[Condition]:
    pieces = names.get(row.place, [row.place])
    return (_deaths_times(row.model_copy(update={"place": name}), 1 / len(pieces)) for name in pieces)
