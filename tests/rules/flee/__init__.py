"""Made-up Flee cases of a few places, put together without files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from homeward.case.flee.model import (
    Agent,
    AttributeSeries,
    CampCounts,
    Closure,
    ClosureKind,
    ConflictSchedule,
    Count,
    CountFile,
    Demographics,
    FleeCase,
    FleeLocation,
    FleeRoute,
    LocationChange,
    LocationKind,
    Period,
)
from homeward.case.flee.parameters import FleeSettings, MoveRules, SpawnRules

__all__ = ["START", "case_of", "closed", "demographics", "place", "route", "series"]

START = date(2020, 1, 1)
KINDS = {
    "zone": LocationKind.CONFLICT_ZONE, "town": LocationKind.TOWN, "camp": LocationKind.CAMP,
    "idpcamp": LocationKind.IDP_CAMP, "hub": LocationKind.FORWARDING_HUB, "marker": LocationKind.MARKER,
}  # fmt: skip


def place(
    name: str, kind: str = "town", people: int = 0, *, country: str = "Home", since: int | None = None, **more: str
) -> FleeLocation:
    """Return a place; ``people`` are residents or the capacity, ``since`` the day of its conflict."""
    day = 0 if kind == "zone" and since is None else since
    return FleeLocation(name, None, country, None, None, KINDS[kind], day, people, tuple(more.items()))


def route(first: str, second: str, kilometres: float, **more: str) -> FleeRoute:
    return FleeRoute(first, second, kilometres, attributes=tuple(more.items()))


def closed(kind: str, first: str, second: str | None, start: int, end: int | None = None) -> Closure:
    return Closure(ClosureKind(kind), first, second, start, end)


def series(
    attribute: str, days: Sequence[int], *, by_region: bool = False, **values: Sequence[float]
) -> AttributeSeries:
    """Return what a file of floods or food says: ``values`` by place or region, one for each of the days."""
    rows = tuple(tuple(map(float, row)) for row in zip(*values.values(), strict=True))
    return AttributeSeries(attribute, by_region, tuple(days), tuple(values), rows)


def demographics(attribute: str, default: Mapping[str, float], **by_place: Sequence[float]) -> Demographics:
    """Return the weights of an attribute's values."""
    places = tuple((name, tuple(weights)) for name, weights in by_place.items())
    return Demographics(attribute, tuple(default), tuple(default.values()), places)


def case_of(
    places: Sequence[FleeLocation],
    routes: Sequence[FleeRoute] = (),
    *,
    days: int = 10,
    counts: Mapping[str, Sequence[tuple[int, int]]] | None = None,
    conflicts: Mapping[str, Sequence[float]] | None = None,
    closures: Sequence[Closure] = (),
    changes: Sequence[tuple[str, str, int]] = (),
    agents: Sequence[str] = (),
    move: Mapping[str, Any] | None = None,
    spawn: Mapping[str, Any] | None = None,
    **settings: Any,
) -> FleeCase:
    """Return a case; ``counts`` are pairs of day and people by camp, ``conflicts`` intensities by day and place."""

    def row(name: str, pairs: Sequence[tuple[int, int]]) -> CampCounts:
        rows = tuple(Count(START + timedelta(days=day), people) for day, people in pairs)
        return CampCounts(name, (CountFile(f"{name}.csv", rows),))

    schedule = None
    if conflicts is not None:
        schedule = ConflictSchedule(tuple(conflicts), tuple(zip(*conflicts.values(), strict=True)))
    return FleeCase(
        name="made-up",
        settings=FleeSettings(
            spawn_rules=SpawnRules(**(spawn or {})), move_rules=MoveRules(**(move or {})), **settings
        ),
        period=Period(START, days),
        locations=tuple(places),
        routes=tuple(routes),
        closures=tuple(closures),
        location_changes=tuple(LocationChange(name, KINDS[kind], day) for name, kind, day in changes),
        conflicts=schedule,
        agents=tuple(Agent(name) for name in agents),
        total=row("total", [(0, 0)]),
        camps=tuple(row(name, pairs) for name, pairs in (counts or {}).items()),
    )
