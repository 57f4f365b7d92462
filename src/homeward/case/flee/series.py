"""Read what changes from day to day: ``conflicts.csv``, ``flood_level.csv``, and attributes of regions or places."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from homeward.case.flee.model import AttributeSeries, ConflictSchedule, Period
from homeward.case.flee.rows import Findings, Names, Record, Sheet, any_number, read_sheet, repeated, whole_number
from homeward.case.wording import did_you_mean, shown

__all__ = ["read_attribute_series", "read_conflicts"]

_TITLES = ("day", "date")


def read_conflicts(
    path: Path, file: str, places: Names, period: Period | None, findings: Findings
) -> ConflictSchedule | None:
    """Read the conflict intensities: one row a day from day 0, one column a place.

    Flee goes by the number of the row and never looks at the first column; so it must hold the day's number, or its
    date, or the row is not what its author thinks. None, with the problems noted, where anything is wrong.
    """
    before = len(findings.problems)
    sheet = read_sheet(path, file, findings, titles=_TITLES)
    if len(findings.problems) > before:
        return None
    values = _values(sheet, places, findings)
    for record in sheet.records:
        if not _is_day(record, period):
            what = f"the row is for {shown(record.cell(0))}, but its place is that of day {record.row - 1}"
            remedy = "Write one row for each day from day 0, without a gap"
            findings.problems.append(record.problem(what, remedy))
            return None
    _check_length(sheet, period, findings)
    if len(findings.problems) > before:
        return None
    if any(value > 1 for row in values for value in row):
        text = "an intensity is above 1, the highest that Flee's pages name: Flee takes it as it stands; so is it here"
        findings.warn(file, text)
    return ConflictSchedule(sheet.header[1:], tuple(values))


def read_attribute_series(
    path: Path, file: str, attribute: str, places: Names, findings: Findings, *, by_region: bool = False
) -> AttributeSeries | None:
    """Read an attribute by day: days rise, and need not follow each other. None where anything is wrong."""
    before = len(findings.problems)
    sheet = read_sheet(path, file, findings, titles=_TITLES)
    if len(findings.problems) > before:
        return None
    values = _values(sheet, places, findings)
    days = [whole_number(record, "day", record.cell(0), findings, low=0) for record in sheet.records]
    known = [day for day in days if day is not None]
    for record, day, previous in zip(sheet.records[1:], known[1:], known, strict=False):
        if day <= previous:
            findings.problems.append(record.problem(f"day {day} comes after day {previous}", "Put the days in order"))
            break
    if len(findings.problems) > before:
        return None
    return AttributeSeries(attribute, by_region, tuple(known), sheet.header[1:], tuple(values))


def _values(sheet: Sheet, places: Names, findings: Findings) -> list[tuple[float, ...]]:
    """Return the numbers of each row by place; problems with the header hide those of the rows."""
    if not sheet.header:
        findings.problem(sheet.file, "there is no header", "Write a first line such as: #Day,PLACE,PLACE")
        return []
    if not sheet.records:
        findings.problem(sheet.file, "the table has no rows", "Add a row for each day")
    if _header_is_wrong(sheet, places, findings):
        return []
    rows = [_row(sheet, record, findings) for record in sheet.records]
    return [row for row in rows if row is not None]


def _header_is_wrong(sheet: Sheet, places: Names, findings: Findings) -> bool:
    before = len(findings.problems)
    for name in sheet.header[1:]:
        if places.known is not None and name not in places.known:
            what = f"the column {shown(name)} is no {places.what}" if name else "a column has no name"
            findings.problem(sheet.file, what, did_you_mean(name, places.known), line=sheet.header_line)
    for name in repeated(sheet.header[1:]):
        what = f"the column {shown(name)} stands twice"
        findings.problem(sheet.file, what, "Keep one of them", line=sheet.header_line)
    return len(findings.problems) > before


def _row(sheet: Sheet, record: Record, findings: Findings) -> tuple[float, ...] | None:
    width = len(sheet.header)
    if len(record.cells) < width or any(record.cells[width:]):
        what = f"the row has {len(record.cells)} cells, the header has {width}"
        findings.problems.append(record.problem(what, "Write one number for each column"))
        return None
    cells = zip(sheet.header[1:], record.cells[1:], strict=False)
    values = [any_number(record, name, text, findings, low=0) for name, text in cells]
    return None if any(value is None for value in values) else tuple(value for value in values if value is not None)


def _is_day(record: Record, period: Period | None) -> bool:
    day = record.row - 1
    text = record.cell(0)
    if text.isdigit():
        return int(text) == day
    try:
        written = date.fromisoformat(text)
    except ValueError:
        return False
    return period is None or written == period.start + timedelta(days=day)


def _check_length(sheet: Sheet, period: Period | None, findings: Findings) -> None:
    rows: Sequence[Record] = sheet.records
    if period is None or not rows:
        return
    if len(rows) < period.days:
        what = f"the table ends on day {len(rows) - 1}, but the simulation on day {period.days - 1}"
        findings.problem(sheet.file, what, "Add the missing days, or shorten 'Length' in sim_period.csv")
    elif len(rows) > period.days:
        findings.warn(sheet.file, f"the rows from day {period.days} come after the end of the simulation")
