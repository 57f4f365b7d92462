"""Places, routes and people at the start: ``places.csv``, ``routes.csv`` and ``population.csv``."""

from __future__ import annotations

from collections import Counter
from datetime import date
from math import pi, sqrt

from homeward.case.schema import Basis, Place, PlaceKind, Population, Route, Stage
from tools.syria.facts import (
    GOVERNORATE_OF_NAME,
    GOVERNORATE_OF_PCODE,
    host_of_country,
    largest_remainder,
    read_facts,
    read_literals,
    unhcr_known_on,
)

__all__ = ["places", "population", "routes", "start_population"]

START = date(2011, 3, 15)
"""First day of the case; roads, towns and census figures were known by then."""

_CENSUS_KNOWN_ON = date(2011, 12, 31)

_CITY_OF_COUNTRY = {
    "TUR": "istanbul",
    "LBN": "mount-lebanon",
    "JOR": "amman",
    "IRQ": "rest-of-iraq",
    "EGY": "egypt",
    "DEU": "germany",
    "SWE": "sweden",
    "AUT": "austria",
    "NLD": "netherlands",
    "XEU": "other-europe",
    "XOW": "elsewhere",
}


def places() -> list[Place]:
    """Return the governorates and the host places."""
    residents = start_population()
    return [_place(literal, residents) for literal in read_literals("places")]


def _place(literal: dict[str, str], residents: dict[str, int]) -> Place:
    is_district = literal["country"] == "SYR"
    weight = residents[literal["id"]] if is_district else literal["population"] or None
    return Place(
        id=literal["id"],
        name=literal["name"],
        country=literal["country"],
        kind=PlaceKind(literal["kind"]),
        pcode=literal["pcode"],
        latitude=float(literal["latitude"]),
        longitude=float(literal["longitude"]),
        population=int(weight) if weight else None,
        source="geography" if is_district or not weight else "host-census",
        known_on=START,
        basis=Basis.ESTIMATE,
        why=_why_place(literal),
    )


def _why_place(literal: dict[str, str]) -> str:
    where = literal["why"] or "at its main city"
    if literal["country"] == "SYR":
        return f"put where most people live: {where}; population as in population.csv"
    if literal["population"]:
        return f"{where}; people of about 2011 from national figures, rounded{_doubt(literal['country'])}"
    return f"{where}; no one lived there before"


def _doubt(country: str) -> str:
    """Return how far off the people of a host may be, in words."""
    if country == "XOW":
        return "; low 20, high 1,000 million"
    return f", within about {15 if country == 'LBN' else 5} %"


def start_population() -> dict[str, int]:
    """Return the residents of every governorate on 15 March 2011.

    A straight line between the figures of January and December 2011, each taken at the first of its month:
    the facts give 20.98 million for 15 March, which this reading meets and a December figure at the end of
    its month would miss by 10,000.
    """
    elapsed = (START - date(2011, 1, 1)) / (date(2011, 12, 1) - date(2011, 1, 1))
    return {
        GOVERNORATE_OF_PCODE[row["pcode"]]: round(
            int(row["pop_2011_01"]) + elapsed * (int(row["pop_2011_12"]) - int(row["pop_2011_01"]))
        )
        for row in read_facts("governorates")
    }


def routes() -> list[Route]:
    """Return the roads between neighbouring places and one route from every governorate to itself."""
    neighbours = _neighbours()
    roads = [_road(literal, neighbours) for literal in read_literals("roads")]
    return roads + [_inside(literal) for literal in read_literals("inhabited")]


def _neighbours() -> set[frozenset[str]]:
    return {
        frozenset({GOVERNORATE_OF_NAME[row["a"]], GOVERNORATE_OF_NAME[row["b"]]})
        for row in read_facts("adjacency")
        if row["adjacent"] == "1"
    }


def _road(literal: dict[str, str], neighbours: set[frozenset[str]]) -> Route:
    return Route(
        from_place=literal["from"],
        to_place=literal["to"],
        km=float(literal["km"]),
        adjacent=frozenset({literal["from"], literal["to"]}) in neighbours,
        crossing=literal["crossing"],
        by="air" if "by air" in literal["crossing"] else "road",
        source="geography",
        known_on=START,
        basis=Basis.ESTIMATE,
        why="way between the population centres to 5 km, from general geographic knowledge",
    )


def _inside(literal: dict[str, str]) -> Route:
    km = 2 / 3 * sqrt(float(literal["km2"]) / pi)
    return Route(
        from_place=literal["place"],
        to_place=literal["place"],
        km=max(5.0, 5.0 * round(km / 5)),
        source="geography",
        known_on=START,
        basis=Basis.ESTIMATE,
        why=f"2/3 of the radius of a disc as large as the inhabited {literal['km2']} km2 (estimate), to 5 km",
    )


def population() -> list[Population]:
    """Return the residents of the governorates and the Syrian refugees on record abroad by 2010."""
    residents = start_population()
    at_home = [_residents(place, people) for place, people in residents.items()]
    return at_home + _abroad(residents)


def _residents(place: str, people: int) -> Population:
    return Population(
        origin=place,
        place=place,
        stage=Stage.RESIDENT,
        people=people,
        source="census",
        known_on=_CENSUS_KNOWN_ON,
        basis=Basis.DERIVED,
        why="interpolated to 15 March between January and December 2011",
    )


def _abroad(residents: dict[str, int]) -> list[Population]:
    by_host = Counter[str]()
    for row in read_facts("unhcr_by_country"):
        if row["year"] == "2010" and row["coa_iso"] != "SYR":
            by_host[_CITY_OF_COUNTRY[host_of_country(row["coa_iso"])]] += int(row["refugees"])
    return [
        _refugees(origin, host, people)
        for host, total in sorted(by_host.items())
        for origin, people in zip(residents, largest_remainder(total, residents.values()), strict=True)
        if people
    ]


def _refugees(origin: str, host: str, people: int) -> Population:
    return Population(
        origin=origin,
        place=host,
        stage=Stage.REFUGEE,
        people=people,
        source="unhcr-pop",
        known_on=unhcr_known_on(2010),
        basis=Basis.DERIVED,
        why="end of 2010; origins in proportion to residents; at the main city of hosts with several places",
    )
