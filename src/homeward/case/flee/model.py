"""What a Flee directory says, as frozen values: places, routes, changes over time, people, and observed counts.

Days are counted from the first day of the simulation, which is day 0. Nothing here is simulated, and nothing that
the directory holds is changed: counts are as they stand in their files, before any correction of registrations.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from homeward.case.flee.parameters import FleeSettings

__all__ = [
    "Agent",
    "AttributeSeries",
    "CampCounts",
    "Closure",
    "ClosureKind",
    "ConflictSchedule",
    "Count",
    "CountFile",
    "Demographics",
    "FleeCase",
    "FleeLocation",
    "FleeRoute",
    "LocationChange",
    "LocationKind",
    "Period",
    "Redirection",
    "RegistrationCorrection",
]

Attributes = tuple[tuple[str, str], ...]
"""Further columns of a row, as pairs of name and text, in the order of the file; a blank cell is a blank text."""


class LocationKind(StrEnum):
    """What sort of place a location is; ``default`` in a file is a town."""

    CONFLICT_ZONE = "conflict_zone"
    TOWN = "town"
    CAMP = "camp"
    IDP_CAMP = "idpcamp"
    FORWARDING_HUB = "forwarding_hub"
    MARKER = "marker"
    FLOOD_ZONE = "flood_zone"

    @property
    def is_camp(self) -> bool:
        """Whether people are received and counted here."""
        return self in (LocationKind.CAMP, LocationKind.IDP_CAMP)


class Redirection(StrEnum):
    """Whether everybody at one end of a route is sent to the other, as Flee's documentation defines the numbers."""

    NONE = "none"
    TO_FIRST = "to_first"
    TO_SECOND = "to_second"


class ClosureKind(StrEnum):
    """What is closed: a border, a place with all its routes, one route, a camp (then a town), or a redirection."""

    COUNTRY = "country"
    LOCATION = "location"
    LINK = "link"
    CAMP = "camp"
    IDP_CAMP = "idpcamp"
    REMOVE_FORCED_REDIRECTION = "remove_forced_redirection"


@dataclass(frozen=True, slots=True)
class FleeLocation:
    """A place (``locations.csv``).

    ``people`` is the last of the eight columns: residents (0 or more), and for a camp its capacity. A conflict zone
    has a ``conflict_day``; other places may. Degrees are north and east.
    """

    name: str
    region: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    kind: LocationKind
    conflict_day: int | None
    people: int
    attributes: Attributes = ()

    @property
    def population(self) -> int:
        """Residents; 0 for a camp."""
        return 0 if self.kind.is_camp else self.people

    @property
    def capacity(self) -> int | None:
        """People whom a camp can hold; None for every other place."""
        return self.people if self.kind.is_camp else None

    def attribute(self, name: str) -> str | None:
        """Return the text of a further column; None where there is no such column or its cell is blank."""
        return dict(self.attributes).get(name) or None


@dataclass(frozen=True, slots=True)
class FleeRoute:
    """A two-way connection of two locations (``routes.csv``), with its length in kilometres (above 0)."""

    first: str
    second: str
    kilometres: float
    redirection: Redirection = Redirection.NONE
    attributes: Attributes = ()


@dataclass(frozen=True, slots=True)
class Closure:
    """Something closed from day ``start`` until day ``end`` (``closures.csv``); ``end`` None is for good.

    ``first`` and ``second`` are countries for a border and locations for all else. A redirection that ends before
    it starts is in force from day ``end`` to day ``start``.
    """

    kind: ClosureKind
    first: str
    second: str | None
    start: int
    end: int | None


@dataclass(frozen=True, slots=True)
class LocationChange:
    """A location that becomes another kind of place on a day (``location_changes.csv``)."""

    location: str
    kind: LocationKind
    day: int


@dataclass(frozen=True, slots=True)
class ConflictSchedule:
    """Conflict intensity, 0 (none) to 1 and above, by day and place (``conflicts.csv``).

    ``intensities`` has one tuple a day, from day 0, with one value for each of ``places``.
    """

    places: tuple[str, ...]
    intensities: tuple[tuple[float, ...], ...]

    def of(self, place: str) -> tuple[float, ...]:
        """Return the intensity of a place by day; noughts for a place that has no column."""
        if place not in self.places:
            return (0.0,) * len(self.intensities)
        column = self.places.index(place)
        return tuple(row[column] for row in self.intensities)

    def first_day(self, place: str) -> int | None:
        """Return the first day with conflict at a place; None if there is none."""
        return next((day for day, value in enumerate(self.of(place)) if value > 0), None)


@dataclass(frozen=True, slots=True)
class AttributeSeries:
    """An attribute of regions or of locations on chosen days, to be interpolated linearly between them.

    ``region_attributes_IPC.csv`` gives the percentage (0 to 100) of people in acute food insecurity, and
    ``flood_level.csv`` a level of 0 (no flood) or more. ``values`` has one tuple a day of ``days`` (rising), with
    one value for each of ``places``.
    """

    attribute: str
    by_region: bool
    days: tuple[int, ...]
    places: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Demographics:
    """Weights (0 or more, summing to more than 0) of the values of an attribute of people (``demographics_*.csv``).

    ``default`` has one weight for each of ``values``; ``by_location`` the same for places that differ.
    """

    attribute: str
    values: tuple[str, ...]
    default: tuple[float, ...]
    by_location: tuple[tuple[str, tuple[float, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Agent:
    """One person who is there at the start (``agents.csv``)."""

    location: str
    attributes: Attributes = ()


@dataclass(frozen=True, slots=True)
class RegistrationCorrection:
    """A date from which a camp's counts are right: Flee scales the counts before it so that they join on.

    ``word`` is the third cell (``normalize``) or None in the older form without it; Flee treats both alike.
    """

    camp: str
    on: date
    word: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """People counted on a date."""

    on: date
    people: int


@dataclass(frozen=True, slots=True)
class CountFile:
    """A file of dated counts in ``source_data``, by rising date."""

    file: str
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class CampCounts:
    """A row of ``data_layout.csv``: a name and the files whose counts add up to it."""

    name: str
    files: tuple[CountFile, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """The first day of the simulation, and its length in days (``sim_period.csv``)."""

    start: date
    days: int


@dataclass(frozen=True, slots=True)
class FleeCase:
    """A whole Flee directory.

    ``total`` is the first row of ``data_layout.csv`` and ``camps`` the others; both are empty where there is no
    ``source_data``. ``conflicts`` and ``flood_levels`` are None where the file is absent. ``unread_files`` are files
    beside the tables that nothing refers to, and ``warnings`` what the author should know.
    """

    name: str
    settings: FleeSettings
    period: Period
    locations: tuple[FleeLocation, ...]
    routes: tuple[FleeRoute, ...]
    major_routes: tuple[tuple[str, ...], ...] = ()
    closures: tuple[Closure, ...] = ()
    location_changes: tuple[LocationChange, ...] = ()
    conflicts: ConflictSchedule | None = None
    flood_levels: AttributeSeries | None = None
    attributes: tuple[AttributeSeries, ...] = ()
    demographics: tuple[Demographics, ...] = ()
    agents: tuple[Agent, ...] = ()
    corrections: tuple[RegistrationCorrection, ...] = ()
    total: CampCounts | None = None
    camps: tuple[CampCounts, ...] = ()
    unread_files: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def home_country(self) -> str | None:
        """The country that people flee: that of the first location; every other country is foreign."""
        return self.locations[0].country
