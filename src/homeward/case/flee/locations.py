"""Read ``locations.csv`` and ``location_changes.csv``: the places, and which of them become another kind of place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from homeward.case.flee.model import FleeLocation, LocationChange, LocationKind
from homeward.case.flee.rows import (
    Findings,
    Names,
    Record,
    Sheet,
    any_number,
    extra_cells,
    read_sheet,
    repeated,
    whole_number,
)
from homeward.case.wording import did_you_mean, shown

__all__ = ["location_kind", "read_location_changes", "read_locations"]

_OWN_COLUMNS = 8
_KINDS_IN_WORDS: Mapping[str, LocationKind] = {
    "idp": LocationKind.IDP_CAMP,
    "camp": LocationKind.CAMP,
    "conflict": LocationKind.CONFLICT_ZONE,
    "forward": LocationKind.FORWARDING_HUB,
    "marker": LocationKind.MARKER,
    "flood_zone": LocationKind.FLOOD_ZONE,
    "default": LocationKind.TOWN,
    "town": LocationKind.TOWN,
}
_KNOWN_WORDS = (*(kind.value for kind in LocationKind), "default", "conflict", "forward")
_NUMBERED: Mapping[str, float | None] = {
    "initial_idps": None,
    "conflict_intensity": None,
    "capacity_per_day": None,
    "deactivation_probability": 1.0,
    "farmer_fraction": 1.0,
    "trade_volume": None,
    "hdi": None,
}
"""Further columns that Flee's rules use, each a number from 0, with the highest value where there is one."""


def read_locations(path: Path, file: str, findings: Findings) -> tuple[tuple[FleeLocation, ...], Names]:
    """Read the places, and the names that other tables may use (those of rows with a problem too)."""
    before = len(findings.problems)
    sheet = read_sheet(path, file, findings, titles=("name", "location name"))
    read = [_location(sheet, record, findings) for record in sheet.records]
    if not sheet.records and len(findings.problems) == before:
        findings.problem(file, "the table has no rows", "Add a row for each place")
    names = [record.cell(0) for record in sheet.records]
    for record, name in zip(sheet.records, names, strict=True):
        if not name:
            findings.problems.append(record.problem("'name' is blank", "Fill it in"))
    for name in sorted(set(repeated(name for name in names if name))):
        record = [record for record in sheet.records if record.cell(0) == name][-1]
        what = f"the location {shown(name)} stands twice"
        findings.problems.append(record.problem(what, "Remove one of the rows, or rename one place"))
    return tuple(place for place in read if place), Names("location", frozenset(names) if names else None)


def location_kind(word: str) -> LocationKind | None:
    """Return the kind that Flee takes from a word, by the first of its parts that it knows; None for none."""
    folded = word.casefold()
    if "camp" in folded:
        return LocationKind.IDP_CAMP if "idp" in folded else LocationKind.CAMP
    return next((kind for part, kind in _KINDS_IN_WORDS.items() if part != "idp" and part in folded), None)


def read_location_changes(path: Path, file: str, names: Names, findings: Findings) -> tuple[LocationChange, ...]:
    """Read the changes of kind: location, new kind, day."""
    sheet = read_sheet(path, file, findings, titles=("location name", "name", "location_name"))
    return tuple(change for record in sheet.records if (change := _change(sheet, record, names, findings)))


def _change(sheet: Sheet, record: Record, names: Names, findings: Findings) -> LocationChange | None:
    if extra_cells(sheet, record, 3, findings) is None:
        return None
    known = names.check(record, record.cell(0), findings)
    kind = _kind(record, "new location type", record.cell(1), findings)
    day = whole_number(record, "date", record.cell(2), findings, low=0)
    if not known or kind is None or day is None:
        return None
    return LocationChange(record.cell(0), kind, day)


def _location(sheet: Sheet, record: Record, findings: Findings) -> FleeLocation | None:
    attributes = extra_cells(sheet, record, _OWN_COLUMNS, findings)
    if attributes is None:
        return None
    kind = _kind(record, "location_type", record.cell(5), findings)
    before = len(findings.problems)
    latitude, longitude = _coordinates(sheet, record, findings)
    conflict_day = _conflict_day(record, kind, findings)
    people = whole_number(record, "population", record.cell(7) or "0", findings, low=0)
    _check_numbers(record, attributes, findings)
    if kind is None or people is None or len(findings.problems) > before:
        return None
    if kind.is_camp and people == 0:
        text = f"{record.cell(0)} has no capacity: Flee's pages say that it is full at once, its code sets no limit"
        findings.warn(record.file, text + "; here it has none")
    region, country = record.cell(1) or None, record.cell(2) or None
    return FleeLocation(
        record.cell(0), region, country, latitude, longitude, kind, conflict_day, people, attributes
    )  # fmt: skip


def _kind(record: Record, column: str, word: str, findings: Findings) -> LocationKind | None:
    kind = location_kind(word)
    if kind is None:
        what = f"is {shown(word)}, which is no kind of location" if word else "is blank"
        findings.problems.append(record.problem(f"{shown(column)} {what}", did_you_mean(word, _KNOWN_WORDS)))
    return kind


def _conflict_day(record: Record, kind: LocationKind | None, findings: Findings) -> int | None:
    text = record.cell(6)
    if not text and kind is not LocationKind.CONFLICT_ZONE:
        return None
    return whole_number(record, "conflict_date", text, findings, low=0)


def _coordinates(sheet: Sheet, record: Record, findings: Findings) -> tuple[float | None, float | None]:
    """Return degrees north and east; they stand in this order unless the header names them the other way round."""
    swapped = len(sheet.header) > 4 and "lon" in sheet.header[3].casefold()
    north, east = (4, 3) if swapped else (3, 4)
    latitude, longitude = record.cell(north), record.cell(east)
    return (
        any_number(record, "latitude", latitude, findings, low=-90, high=90) if latitude else None,
        any_number(record, "longitude", longitude, findings, low=-180, high=180) if longitude else None,
    )


def _check_numbers(record: Record, attributes: tuple[tuple[str, str], ...], findings: Findings) -> None:
    for name, text in attributes:
        if name in _NUMBERED and text:
            any_number(record, name, text, findings, low=0, high=_NUMBERED[name])
