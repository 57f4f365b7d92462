"""Check a case across its tables: one named function per rule, all problems at once.

Each rule yields one ``Problem`` per row that breaks it; ``CHECKS`` lists all rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import date

from homeward.case.indicators import (
    FLED,
    GIVEN_BY_COUNTRY,
    GUARANTEES,
    HELD_BY,
    OF_DISTRICTS,
)
from homeward.case.schema import (
    Case,
    Condition,
    Event,
    EventIndicator,
    Measure,
    Place,
    PlaceKind,
    Population,
    Row,
    Stage,
)
from homeward.case.wording import did_you_mean, shown
from homeward.errors import Problem

__all__ = [
    "CHECKS",
    "check_case",
    "origin_districts",
    "warnings_of",
]

HOLDER_TOLERANCE = 0.02
"""How far the holder shares of a place may sum from 1: published shares are rounded to whole percent."""

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
_DATED_TABLES = ("places", "routes", "population", "conditions", "events", "observed", "plans", "superseded")
_ABROAD = (Stage.REFUGEE, Stage.NATURALISED, Stage.RESETTLED)


def check_case(case: Case) -> list[Problem]:
    """Return everything that is wrong across the tables of a case; an empty list if nothing is.

    ``row`` of a problem is the place of the row in its table, counted from 1; ``line`` is None.
    """
    return [problem for check in CHECKS for problem in check(case)]


def warnings_of(case: Case) -> list[str]:
    """Return what is allowed but probably not meant, one sentence each."""
    lonely = sorted({place.id for place in case.places} - _reachable(case))
    violent = {row.place for row in case.conditions if row.indicator == "violence"}
    calm = [name for name in origin_districts(case) if name not in violent]
    return [f"No route leads from any district of origin to {shown(name)}; nobody can go there." for name in lonely] + [
        f"No violence is given for {shown(name)}; it counts as none." for name in calm
    ]


def origin_districts(case: Case) -> list[str]:
    """Return the ids of the districts of the origin country, in the order of the table."""
    country = case.settings.origin_country
    return [p.id for p in case.places if p.country == country and p.kind is PlaceKind.DISTRICT]


def _duplicate_sources(case: Case) -> Iterator[Problem]:
    for index, first in _repeats(source.id for source in case.sources):
        what = f"the source {shown(case.sources[index].id)} stands already in row {first + 1}"
        yield _problem("sources", index, what, "Remove one of the two rows, or give it another id")


def _duplicate_places(case: Case) -> Iterator[Problem]:
    for index, first in _repeats(place.id for place in case.places):
        what = f"the place {shown(case.places[index].id)} stands already in row {first + 1}"
        yield _problem("places", index, what, "Remove one of the two rows, or give it another id")


def _unknown_sources(case: Case) -> Iterator[Problem]:
    known = {source.id for source in case.sources}
    for table in _DATED_TABLES:
        for index, row in enumerate(_rows(case, table)):
            if row.source not in known:
                what = f"the source {shown(row.source)} is not in sources.csv"
                yield _problem(table, index, what, did_you_mean(row.source, known))


def _impossible_dates(case: Case) -> Iterator[Problem]:
    for name in ("start", "end"):
        day = getattr(case.settings, name)
        if not _FIRST_DAY <= day <= _LAST_DAY:
            yield Problem("case.toml", None, None, f"{name} is {day}, far from our time", "Check the year")
    for table in _DATED_TABLES:
        for index, row in enumerate(_rows(case, table)):
            for name in ("date", "known_on"):
                day = getattr(row, name, _FIRST_DAY)
                if not _FIRST_DAY <= day <= _LAST_DAY:
                    yield _problem(table, index, f"{name} is {day}, far from our time", "Check the year")


def _no_district(case: Case) -> Iterator[Problem]:
    country = case.settings.origin_country
    if not origin_districts(case):
        what = f"no place is a district of the origin country {country}"
        remedy = f"Add one row at least with country {country} and kind district, or correct origin_country"
        yield Problem("places.csv", None, None, what, remedy)


def _place_named_as_another_country(case: Case) -> Iterator[Problem]:
    countries = _countries(case)
    for index, place in enumerate(case.places):
        if place.id in countries and place.id != place.country:
            what = f"the place {shown(place.id)} in {place.country} has the code of another country as its id"
            yield _problem("places", index, what, "Give it another id")


def _capacity_without_overflow(case: Case) -> Iterator[Problem]:
    for index, place in enumerate(case.places):
        if place.capacity is not None and not place.overflow:
            what = f"the place {shown(place.id)} has a capacity but no overflow"
            yield _problem("places", index, what, "Name in 'overflow' where people go when it is full")


def _wrong_overflow(case: Case) -> Iterator[Problem]:
    places = {place.id: place for place in case.places}
    for index, place in enumerate(case.places):
        if place.overflow and (fault := _overflow_fault(place, places)):
            yield _problem("places", index, *fault)


def _overflow_fault(place: Place, places: Mapping[str, Place]) -> tuple[str, str] | None:
    target = places.get(place.overflow)
    of_it = f"the overflow {shown(place.overflow)} of {shown(place.id)}"
    if target is None:
        return f"{of_it} is no place", did_you_mean(place.overflow, places)
    if target.id == place.id:
        return f"{of_it} is the place itself", "Name another place of the same country"
    if target.country != place.country:
        return f"{of_it} lies in another country, {target.country}", f"Name a place in {place.country}"
    if target.capacity is not None:
        return f"{of_it} has a capacity itself", "Name a place without a limit"
    return None


def _route_to_nowhere(case: Case) -> Iterator[Problem]:
    known = {place.id for place in case.places}
    for index, route in enumerate(case.routes):
        for name in dict.fromkeys((route.from_place, route.to_place)):
            if name not in known:
                what = f"the route leads to {shown(name)}, which is not in places.csv"
                yield _problem("routes", index, what, did_you_mean(name, known))


def _duplicate_routes(case: Case) -> Iterator[Problem]:
    for index, first in _repeats(frozenset((route.from_place, route.to_place)) for route in case.routes):
        route = case.routes[index]
        ends = f"{shown(route.from_place)} and {shown(route.to_place)}"
        what = f"the route between {ends} stands already in row {first + 1}"
        yield _problem("routes", index, what, "Remove one: a route may be used both ways")


def _people_nowhere(case: Case) -> Iterator[Problem]:
    known = {place.id for place in case.places}
    for index, row in enumerate(case.population):
        if row.place not in known:
            what = f"the place {shown(row.place)} is not in places.csv"
            yield _problem("population", index, what, did_you_mean(row.place, known))


def _people_without_origin(case: Case) -> Iterator[Problem]:
    districts = origin_districts(case)
    for index, row in enumerate(case.population):
        if row.origin not in districts:
            what = f"the origin {shown(row.origin)} is no district of {case.settings.origin_country}"
            yield _problem("population", index, what, did_you_mean(row.origin, districts))


def _impossible_stage(case: Case) -> Iterator[Problem]:
    country_of = {place.id: place.country for place in case.places}
    for index, row in enumerate(case.population):
        if row.place in country_of:
            at_home = country_of[row.place] == case.settings.origin_country
            if fault := _stage_fault(row, at_home=at_home):
                yield _problem("population", index, *fault)


def _stage_fault(row: Population, *, at_home: bool) -> tuple[str, str] | None:
    here = f"people at {shown(row.place)} cannot be {row.stage.value}"
    if row.stage is Stage.TRAVELLING:
        return "nobody is travelling when a case starts", "Count them at the place where they will arrive"
    if row.stage is Stage.RESIDENT and row.place != row.origin:
        return f"{here}: only those whose origin it is live there", "Write displaced or refugee"
    if row.stage in _ABROAD and at_home:
        return f"{here}: it lies in the origin country", "Write resident, displaced or returned"
    if row.stage in (Stage.DISPLACED, Stage.RETURNED) and not at_home:
        return f"{here}: it lies abroad", "Write refugee, naturalised or resettled"
    return None


def _duplicate_population(case: Case) -> Iterator[Problem]:
    keys = ((row.origin, row.place, row.stage, row.frailty_class, row.registered) for row in case.population)
    for index, first in _repeats(keys):
        what = f"origin, place, stage, frailty class and registration are those of row {first + 1}"
        yield _problem("population", index, what, "Add the two rows up to one")


def _condition_nowhere(case: Case) -> Iterator[Problem]:
    places, countries = {place.id for place in case.places}, _countries(case)
    for index, row in enumerate(case.conditions):
        if row.place in places:
            continue
        if row.place not in countries:
            what = f"{shown(row.place)} is neither a place nor a country of places.csv"
            yield _problem("conditions", index, what, did_you_mean(row.place, places | countries))
        elif row.indicator not in GIVEN_BY_COUNTRY:
            what = f"{row.indicator} is given by place, and {shown(row.place)} is a country"
            yield _problem("conditions", index, what, "Give one row for each place")


def _condition_on_the_wrong_side(case: Case) -> Iterator[Problem]:
    home = case.settings.origin_country
    at_home = {place.id for place in case.places if place.country == home} | {home}
    districts = set(origin_districts(case))
    for index, row in enumerate(case.conditions):
        if row.indicator in GIVEN_BY_COUNTRY and row.place in at_home:
            what = f"{row.indicator} is about refugees, and {shown(row.place)} lies in the origin country"
            yield _problem("conditions", index, what, "Remove the row, or name the country of asylum")
        elif row.indicator.startswith((*OF_DISTRICTS, FLED, GUARANTEES)) and row.place not in districts:
            what = f"{row.indicator} is about a district of origin, and {shown(row.place)} is none"
            yield _problem("conditions", index, what, "Remove the row, or name a district of the origin country")


def _duplicate_conditions(case: Case) -> Iterator[Problem]:
    for index, first in _repeats((row.place, row.date, row.indicator) for row in case.conditions):
        row = case.conditions[index]
        what = f"{row.indicator} at {shown(row.place)} on {row.date} stands already in row {first + 1}"
        yield _problem("conditions", index, what, "Keep the row that is right")


def _holder_shares_do_not_sum(case: Case) -> Iterator[Problem]:
    for index, row, shares in _shares_at(case, HELD_BY):
        total = sum(shares.values())
        if abs(total - 1) > HOLDER_TOLERANCE + 1e-9:
            what = f"the holder shares of {shown(row.place)} on {row.date} sum to {total:.4g} ({_listed(shares)})"
            remedy = "Make them sum to 1: a holder without a row on a date keeps its earlier share"
            yield _problem("conditions", index, what, remedy)


def _fled_shares_exceed_one(case: Case) -> Iterator[Problem]:
    for index, row, shares in _shares_at(case, FLED):
        total = sum(shares.values())
        if total > 1 + HOLDER_TOLERANCE + 1e-9:
            what = f"the shares by whom people fled {shown(row.place)} on {row.date} sum to {total:.4g}"
            what += f" ({_listed(shares)})"
            remedy = "Make them sum to 1 at most: a holder without a row on a date keeps its earlier share"
            yield _problem("conditions", index, what, remedy)


def _guarantees_of_nobody(case: Case) -> Iterator[Problem]:
    holders = {row.indicator.removeprefix(HELD_BY) for row in case.conditions if row.indicator.startswith(HELD_BY)}
    for index, row in enumerate(case.conditions):
        name = row.indicator.removeprefix(GUARANTEES)
        if row.indicator.startswith(GUARANTEES) and name not in holders:
            what = f"{row.indicator} is about a holder who holds no place in the case"
            yield _problem("conditions", index, what, did_you_mean(name, holders))


def _shares_at(case: Case, family: str) -> Iterator[tuple[int, Condition, dict[str, float]]]:
    """Yield, for each place and date with a row of a family, the last such row and the shares by holder that hold."""
    rows_of: dict[str, list[tuple[int, Condition]]] = defaultdict(list)
    for index, row in enumerate(case.conditions):
        if row.indicator.startswith(family):
            rows_of[row.place].append((index, row))
    for rows in rows_of.values():
        shares: dict[str, float] = {}
        ordered = sorted(rows, key=lambda indexed: indexed[1].date)
        for position, (index, row) in enumerate(ordered):
            shares[row.indicator.removeprefix(family)] = row.value
            if position + 1 == len(ordered) or ordered[position + 1][1].date != row.date:
                yield index, row, dict(shares)


def _listed(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:g}" for name, share in sorted(shares.items()))


def _event_nowhere(case: Case) -> Iterator[Problem]:
    places, countries = {place.id for place in case.places}, _countries(case)
    for index, event in enumerate(case.events):
        for name, known in _places_of_event(event, places, countries):
            if name not in known:
                kind = "place or country" if known >= places else "country"
                what = f"{shown(name)} is no {kind} of places.csv"
                yield _problem("events", index, what, did_you_mean(name, known))


def _coercion_at_home(case: Case) -> Iterator[Problem]:
    home = case.settings.origin_country
    at_home = {place.id for place in case.places if place.country == home} | {home}
    for index, event in enumerate(case.events):
        if event.indicator is EventIndicator.COERCION and event.place in at_home:
            what = f"coercion is about those who send people back, and {shown(event.place)} lies in the origin country"
            yield _problem("events", index, what, "Name the country of asylum, or a place in it")


def _places_of_event(event: Event, places: set[str], countries: set[str]) -> Iterator[tuple[str, set[str]]]:
    """Yield each place that an event names, with the names allowed there."""
    if event.indicator is EventIndicator.BORDER:
        for end in event.place.split(">"):
            if end != "*":
                yield end, countries
    elif event.indicator in (EventIndicator.COERCION, EventIndicator.NOTE, EventIndicator.REGISTRATION):
        yield event.place, places | countries
    else:
        yield event.place, countries


def _observed_nowhere(case: Case) -> Iterator[Problem]:
    known = {place.id for place in case.places} | _countries(case)
    for index, row in enumerate(case.observed):
        if row.place not in known:
            what = f"{shown(row.place)} is neither a place nor a country of places.csv"
            yield _problem("observed", index, what, did_you_mean(row.place, known))


def _observed_without_origin(case: Case) -> Iterator[Problem]:
    districts = origin_districts(case)
    for index, row in enumerate(case.observed):
        if row.origin and row.origin not in districts:
            what = f"the origin {shown(row.origin)} is no district of {case.settings.origin_country}"
            yield _problem("observed", index, what, did_you_mean(row.origin, districts))
        elif row.measure is Measure.ORIGIN_SHARE and not row.origin:
            yield _problem("observed", index, "origin_share has no origin", "Fill the column 'origin'")


def _share_above_one(case: Case) -> Iterator[Problem]:
    for index, row in enumerate(case.observed):
        if row.measure is Measure.ORIGIN_SHARE and row.value > 1:
            what = f"origin_share is {row.value:g}, which is above 1"
            yield _problem("observed", index, what, "Give a share between 0 and 1, not percent")


def _plan_nowhere(case: Case) -> Iterator[Problem]:
    known = _countries(case)
    for index, row in enumerate(case.plans):
        if row.place not in known:
            yield _problem(
                "plans", index, f"{shown(row.place)} is no country of places.csv", did_you_mean(row.place, known)
            )
        elif (row.date.month, row.date.day) != (12, 31):
            yield _problem("plans", index, f"{row.date} is not the end of a year", "Give the last day of the year")


def _superseded_by_nothing(case: Case) -> Iterator[Problem]:
    later = {(row.place, row.date, row.indicator): row.known_on for row in case.conditions}
    for index, row in enumerate(case.superseded):
        known_on = later.get((row.place, row.date, row.indicator))
        if known_on is None:
            what = "no row of conditions.csv has its place, date and indicator"
            yield _problem("superseded", index, what, "Remove it, or move it to conditions.csv")
        elif known_on <= row.known_on:
            what = f"the row of conditions.csv was known on {known_on}, not later than this one"
            yield _problem("superseded", index, what, "Correct known_on, or remove the row")


def _duplicate_observed(case: Case) -> Iterator[Problem]:
    keys = ((row.date, row.measure, row.place, row.origin, row.definition) for row in case.observed)
    for index, first in _repeats(keys):
        what = f"date, measure, place, origin and definition are those of row {first + 1}"
        yield _problem("observed", index, what, "Keep the row that is right, or name the definitions apart")


CHECKS: tuple[Callable[[Case], Iterator[Problem]], ...] = (
    _duplicate_sources,
    _duplicate_places,
    _unknown_sources,
    _impossible_dates,
    _no_district,
    _place_named_as_another_country,
    _capacity_without_overflow,
    _wrong_overflow,
    _route_to_nowhere,
    _duplicate_routes,
    _people_nowhere,
    _people_without_origin,
    _impossible_stage,
    _duplicate_population,
    _condition_nowhere,
    _condition_on_the_wrong_side,
    _duplicate_conditions,
    _holder_shares_do_not_sum,
    _fled_shares_exceed_one,
    _guarantees_of_nobody,
    _event_nowhere,
    _coercion_at_home,
    _observed_nowhere,
    _observed_without_origin,
    _share_above_one,
    _duplicate_observed,
    _plan_nowhere,
    _superseded_by_nothing,
)
"""All rules across tables, in the order in which ``check_case`` asks them."""


def _problem(table: str, index: int, what: str, remedy: str) -> Problem:
    return Problem(f"{table}.csv", index + 1, None, what, remedy)


def _rows(case: Case, table: str) -> tuple[Row, ...]:
    rows: tuple[Row, ...] = getattr(case, table)
    return rows


def _countries(case: Case) -> set[str]:
    return {place.country for place in case.places}


def _repeats(keys: Iterable[Hashable]) -> Iterator[tuple[int, int]]:
    """Yield the index of each key that stood before, and the index where it stood first."""
    first_of: dict[Hashable, int] = {}
    for index, key in enumerate(keys):
        first = first_of.setdefault(key, index)
        if first != index:
            yield index, first


def _reachable(case: Case) -> set[str]:
    """Return the places that routes join, over any number of steps, to some district of origin."""
    beside: dict[str, set[str]] = defaultdict(set)
    for route in case.routes:
        beside[route.from_place].add(route.to_place)
        beside[route.to_place].add(route.from_place)
    reached: set[str] = set()
    ahead = origin_districts(case)
    while ahead:
        place = ahead.pop()
        if place not in reached:
            reached.add(place)
            ahead.extend(beside[place] - reached)
    return reached
