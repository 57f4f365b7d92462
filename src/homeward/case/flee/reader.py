"""Read a whole Flee directory, with every problem in all its files at once.

::

    simsetting.yml      settings
    input_csv/          sim_period, locations, routes, conflicts; and, where there are such: closures, major_routes,
                        location_changes, registration_corrections, demographics_*, agents, region_attributes_*,
                        location_attributes_*, flood_level
    source_data/        data_layout, and the files of counts that it names
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from homeward.case.flee.closures import read_closures
from homeward.case.flee.consistency import check_flee_case
from homeward.case.flee.locations import read_location_changes, read_locations
from homeward.case.flee.model import (
    AttributeSeries,
    CampCounts,
    Closure,
    ConflictSchedule,
    FleeCase,
    FleeLocation,
    FleeRoute,
    LocationChange,
    Period,
)
from homeward.case.flee.parameters import FleeSettings
from homeward.case.flee.people import read_agents, read_demographics
from homeward.case.flee.routes import Joined, read_major_routes, read_routes
from homeward.case.flee.rows import Findings, Names
from homeward.case.flee.series import read_attribute_series, read_conflicts
from homeward.case.flee.settings import SETTINGS_FILE, read_settings
from homeward.case.flee.validation import LAYOUT_FILE, read_corrections, read_layout, read_period
from homeward.case.wording import shown
from homeward.errors import InputError, Problem

__all__ = ["INPUT_FOLDER", "SOURCE_FOLDER", "is_flee", "read_flee"]

INPUT_FOLDER = "input_csv"
SOURCE_FOLDER = "source_data"

_CHANGES = "location_changes.csv"
_OPTIONAL = (
    "closures.csv",
    "major_routes.csv",
    "registration_corrections.csv",
    "agents.csv",
    "region_attributes_IPC.csv",
    "flood_level.csv",
    _CHANGES,
)
_REGION, _LOCATION = "region_attributes_", "location_attributes_"

Read = TypeVar("Read")


def is_flee(folder: Path) -> bool:
    """Return whether a folder looks like a Flee directory: whether it holds a folder ``input_csv``."""
    try:
        return (folder / INPUT_FOLDER).is_dir()
    except OSError:
        return False


def read_flee(folder: Path) -> FleeCase:
    """Read a Flee directory.

    Raises InputError with every problem in all the files, each with file, row, what is wrong and what would mend
    it. What Flee itself ignores or misreads is no problem: it stands in ``warnings`` of the answer, in words that
    say what Flee does and what is done here.
    """
    if not is_flee(folder):
        what = f"this is no Flee directory: it has no folder {INPUT_FOLDER!r}"
        raise InputError([Problem(str(folder), None, None, what, f"Give the folder that holds {INPUT_FOLDER}")])
    directory = _Directory(folder)
    case = _case(directory)
    if case is not None and not directory.findings.problems:
        check_flee_case(case, directory.findings)
    if case is None or directory.findings.problems:
        raise InputError(directory.findings.problems)
    unread = tuple(directory.unread())
    return replace(case, unread_files=unread, warnings=tuple(directory.findings.warnings))


@dataclass(slots=True)
class _Directory:
    """A directory while it is being read: what was found so far, and which files were read."""

    folder: Path
    findings: Findings = field(default_factory=Findings)
    seen: set[str] = field(default_factory=set)

    def has(self, file: str) -> bool:
        return (self.folder / file).exists()

    def required(self, file: str, read: Callable[[Path, str], Read]) -> Read | None:
        """Read a file; note a problem, with the file that may be meant, where it is missing."""
        found = self.optional(file, read)
        if not self.has(file):
            path = self.folder / file
            there = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
            like = _like(path.name, there)
            self.findings.problem(file, "the file is missing", f"Rename {shown(like)}" if like else "Create it")
        return found

    def optional(self, file: str, read: Callable[[Path, str], Read]) -> Read | None:
        """Read a file; None where there is no such file."""
        self.seen.add(file)
        return read(self.folder / file, file) if self.has(file) else None

    def matching(self, pattern: str, read: Callable[[Path, str], Read | None]) -> tuple[Read, ...]:
        """Read all tables whose names are like the pattern, in the order of their names."""
        names = [f"{INPUT_FOLDER}/{path.name}" for path in sorted((self.folder / INPUT_FOLDER).glob(pattern))]
        return tuple(found for name in names if (found := self.optional(name, read)) is not None)

    def unread(self) -> Iterator[str]:
        """Yield the files beside the tables that were not read, and warn of them."""
        for label in (INPUT_FOLDER, SOURCE_FOLDER):
            entries = sorted((self.folder / label).iterdir()) if self.has(label) else []
            names = [entry.name for entry in entries if f"{label}/{entry.name}" not in self.seen]
            absent = [name for name in _OPTIONAL if not self.has(f"{INPUT_FOLDER}/{name}")]
            meant = [(name, like) for name in names if (like := _like(name, absent)) and label == INPUT_FOLDER]
            if names:
                guess = "".join(f" (is {name} meant to be {like}?)" for name, like in meant)
                text = f"Flee reads no file {', '.join(names)}: nothing names it; so is it here{guess}"
                self.findings.warn(label, text)
            yield from (f"{label}/{name}" for name in names)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the tables of changes and people are checked against."""

    locations: tuple[FleeLocation, ...]
    places: Names
    routes: tuple[FleeRoute, ...]
    joined: Joined

    @property
    def camps(self) -> frozenset[str]:
        return frozenset(location.name for location in self.locations if location.kind.is_camp)

    @property
    def countries(self) -> Names:
        return Names("country", _known(location.country for location in self.locations))

    @property
    def regions(self) -> Names:
        return Names("region", _known(location.region for location in self.locations))


def _case(directory: _Directory) -> FleeCase | None:
    """Read every file; None where there are no settings or no period, with the problems noted."""
    findings = directory.findings
    settings = directory.required(SETTINGS_FILE, lambda path, _: read_settings(path, findings))
    period = directory.required(_input("sim_period.csv"), lambda path, file: read_period(path, file, findings))
    ground = _ground(directory)
    conflicts = _conflicts(directory, settings, ground, period)
    floods = _floods(directory, settings, ground)
    major = directory.optional(
        _input("major_routes.csv"),
        lambda path, file: read_major_routes(path, file, ground.places, ground.joined, findings),
    )
    closures = _closures(directory, ground)
    changes = _location_changes(directory, ground)
    attributes = _attributes(directory, ground)
    demographics = directory.matching(
        "demographics_*.csv", lambda path, file: read_demographics(path, file, ground.places, findings)
    )
    agents = directory.optional(
        _input("agents.csv"), lambda path, file: read_agents(path, file, ground.places, findings)
    )  # fmt: skip
    total, camps = _counts(directory, settings)
    corrections = directory.optional(
        _input("registration_corrections.csv"),
        lambda path, file: read_corrections(path, file, camps, ground.camps, period, findings),
    )
    if settings is None or period is None:
        return None
    return FleeCase(
        name=directory.folder.resolve().name,
        settings=settings,
        period=period,
        locations=ground.locations,
        routes=ground.routes,
        major_routes=major or (),
        closures=closures,
        location_changes=changes,
        conflicts=conflicts,
        flood_levels=floods,
        attributes=attributes,
        demographics=demographics,
        agents=agents or (),
        corrections=corrections or (),
        total=total,
        camps=camps,
    )


def _ground(directory: _Directory) -> _Ground:
    findings = directory.findings
    read = directory.required(_input("locations.csv"), lambda path, file: read_locations(path, file, findings))
    locations, places = read if read is not None else ((), Names("location", None))
    routes = directory.required(
        _input("routes.csv"), lambda path, file: read_routes(path, file, places, findings)
    )  # fmt: skip
    return _Ground(locations, places, *(routes or ((), None)))


def _conflicts(
    directory: _Directory, settings: FleeSettings | None, ground: _Ground, period: Period | None
) -> ConflictSchedule | None:
    by_flood = settings is not None and settings.spawn_rules.flood_zone_spawning_only
    read = directory.optional if by_flood else directory.required
    return read(
        _input("conflicts.csv"),
        lambda path, file: read_conflicts(path, file, ground.places, period, directory.findings),
    )


def _floods(directory: _Directory, settings: FleeSettings | None, ground: _Ground) -> AttributeSeries | None:
    """Read the flood levels from the file that the settings name, else from ``flood_level.csv``."""
    named = settings.flood_level_input_file if settings is not None else ""

    def read(path: Path, file: str) -> AttributeSeries | None:
        return read_attribute_series(path, file, "flood_level", ground.places, directory.findings)

    if not named:
        return directory.optional(_input("flood_level.csv"), read)
    file = named if directory.has(named) else _input(Path(named).name)
    return directory.required(file, read)


def _closures(directory: _Directory, ground: _Ground) -> tuple[Closure, ...]:
    findings, file = directory.findings, _input("closures.csv")
    if not directory.has(file):
        findings.warn(file, "the file is missing, where Flee stops; here nothing is closed")
    read = directory.optional(
        file,
        lambda path, file: read_closures(path, file, ground.places, ground.countries, ground.joined, findings),
    )
    return read or ()


def _location_changes(directory: _Directory, ground: _Ground) -> tuple[LocationChange, ...]:
    """Read the changes from the folder itself, where Flee looks for them, or from among the other tables."""
    inside = _input(_CHANGES)
    if directory.has(_CHANGES) and directory.has(inside):
        directory.findings.problem(inside, f"there is a file {_CHANGES} in two folders", "Keep one of them")
    elif directory.has(inside):
        text = "Flee looks for this file in the folder above only, and ignores it here; it is read all the same"
        directory.findings.warn(inside, text)
    file = inside if directory.has(inside) else _CHANGES
    read = directory.optional(
        file, lambda path, file: read_location_changes(path, file, ground.places, directory.findings)
    )  # fmt: skip
    return read or ()


def _attributes(directory: _Directory, ground: _Ground) -> tuple[AttributeSeries, ...]:
    def of_regions(path: Path, file: str) -> AttributeSeries | None:
        name = path.stem.removeprefix(_REGION)
        return read_attribute_series(path, file, name, ground.regions, directory.findings, by_region=True)

    def of_locations(path: Path, file: str) -> AttributeSeries | None:
        name = path.stem.removeprefix(_LOCATION)
        return read_attribute_series(path, file, name, ground.places, directory.findings)

    regions = directory.matching(f"{_REGION}*.csv", of_regions)
    return regions + directory.matching(f"{_LOCATION}*.csv", of_locations)


def _counts(
    directory: _Directory, settings: FleeSettings | None
) -> tuple[CampCounts | None, tuple[CampCounts, ...]]:  # fmt: skip
    """Read ``source_data``; it may be absent where nobody is displaced by its numbers."""
    findings, file = directory.findings, f"{SOURCE_FOLDER}/{LAYOUT_FILE}"
    if not directory.has(SOURCE_FOLDER):
        spawning = settings.spawn_rules if settings is not None else None
        if spawning is None or spawning.conflict_driven_spawning or spawning.flood_zone_spawning_only:
            text = "the folder is missing, where Flee stops; here there is nothing to score against"
            findings.warn(SOURCE_FOLDER, text)
            return None, ()
        what = "the folder is missing, but the counts in it say how many people are displaced"
        findings.problem(SOURCE_FOLDER, what, f"Add it, with {LAYOUT_FILE}, or set 'conflict_driven_spawning'")
        return None, ()
    read = directory.required(file, lambda path, _: read_layout(path.parent, SOURCE_FOLDER, findings))
    total, camps = read if read is not None else (None, ())
    for camp in (*((total,) if total else ()), *camps):
        directory.seen |= {f"{SOURCE_FOLDER}/{counted.file}" for counted in camp.files}
    return total, camps


def _like(name: str, others: Iterable[str]) -> str | None:
    """Return the name of a file that is nearly the same, else None."""
    return next(iter(difflib.get_close_matches(name, list(others), n=1, cutoff=0.8)), None)


def _input(name: str) -> str:
    return f"{INPUT_FOLDER}/{name}"


def _known(names: Iterable[str | None]) -> frozenset[str] | None:
    return frozenset(name or "unknown" for name in names) or None
