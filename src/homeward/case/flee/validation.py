"""Read what is known of the truth: the period, ``source_data`` with its layout, and corrections of registrations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

from homeward.case.flee.model import CampCounts, Count, CountFile, Period, RegistrationCorrection
from homeward.case.flee.rows import Findings, Record, calendar_date, read_sheet, whole_number
from homeward.case.wording import did_you_mean, shown

__all__ = ["LAYOUT_FILE", "TOTAL", "read_corrections", "read_counts", "read_layout", "read_period"]

LAYOUT_FILE = "data_layout.csv"
TOTAL = "total"
"""The name of the first row of the layout: the file that counts everybody."""

_START, _LENGTH = "startdate", "length"
_COUNT_TITLES = ("date", "datetime")


def read_period(path: Path, file: str, findings: Findings) -> Period | None:
    """Read the first day and the length in days; None, with the problems noted, where one of them is wrong."""
    before = len(findings.problems)
    sheet = read_sheet(path, file, findings)
    found = {record.cell(0).casefold(): record for record in sheet.records}
    if len(findings.problems) > before:
        return None
    for name, record in found.items():
        if name not in (_START, _LENGTH):
            what = f"{shown(record.cell(0))} is not known"
            findings.problems.append(record.problem(what, did_you_mean(record.cell(0), ("StartDate", "Length"))))
    for name, line in ((_START, "StartDate,2012-02-29"), (_LENGTH, "Length,300")):
        if name not in found and len(findings.problems) == before:
            findings.problem(file, f"there is no row {line.partition(',')[0]!r}", f"Add one such as: {line}")
    start = calendar_date(found[_START], "StartDate", found[_START].cell(1), findings) if _START in found else None
    days = whole_number(found[_LENGTH], "Length", found[_LENGTH].cell(1), findings, low=1) if _LENGTH in found else None
    return None if start is None or days is None else Period(start, days)


def read_layout(folder: Path, label: str, findings: Findings) -> tuple[CampCounts | None, tuple[CampCounts, ...]]:
    """Read ``data_layout.csv`` and every file that it names: the counts of everybody, and of each camp."""
    before = len(findings.problems)
    file = f"{label}/{LAYOUT_FILE}"
    sheet = read_sheet(folder / LAYOUT_FILE, file, findings)
    rows: list[CampCounts] = []
    for record in sheet.records:
        names = [name for name in record.cells[1:] if name]
        if not names or not record.cell(0):
            findings.problems.append(record.problem("the row names no file", "Write a name and its file or files"))
            continue
        if record.cell(0) in [row.name for row in rows]:
            findings.problems.append(
                record.problem(f"{shown(record.cell(0))} stands twice", "Put all files in one row")
            )
        rows.append(CampCounts(record.cell(0), _files(folder, label, record, names, findings)))
    if len(findings.problems) == before and (not rows or rows[0].name != TOTAL):
        what = f"the first row is not {TOTAL!r}"
        findings.problem(
            file, what, f"Put {TOTAL},refugees.csv first: Flee leaves the first row out of the sum of camps"
        )
    return (rows[0], tuple(rows[1:])) if rows and rows[0].name == TOTAL else (None, tuple(rows))


def read_counts(path: Path, file: str, findings: Findings) -> tuple[Count, ...]:
    """Read dated counts: a date and a number of people a row, dates rising; a row without a number is passed over.

    Nothing is returned, and the problems are noted, where any row is wrong.
    """
    before = len(findings.problems)
    sheet = read_sheet(path, file, findings, titles=_COUNT_TITLES)
    counts: list[Count] = []
    for record in sheet.records:
        if not record.cell(1):
            continue
        on = calendar_date(record, "date", record.cell(0), findings)
        people = whole_number(record, "count", record.cell(1), findings, low=0)
        if on is None or people is None:
            continue
        if counts and on <= counts[-1].on:
            what = f"{on} does not come after the row above"
            findings.problems.append(record.problem(what, "Put the rows in order of date, one for each date"))
        counts.append(Count(on, people))
    if not counts and len(findings.problems) == before:
        findings.problem(file, "the file has no counts", "Write rows such as: 2012-02-29,17790")
    return tuple(counts) if len(findings.problems) == before else ()


def read_corrections(
    path: Path,
    file: str,
    camps: Sequence[CampCounts],
    places: Collection[str],
    period: Period | None,
    findings: Findings,
) -> tuple[RegistrationCorrection, ...]:
    """Read the corrections in either form: ``camp,date`` or ``camp,date,normalize``.

    ``places`` are the camps among the locations: where one of them has no counts, the layout is to blame.
    """
    sheet = read_sheet(path, file, findings, titles=("camp", "name"))
    by_name: dict[str, CampCounts | None] = dict.fromkeys(places) if camps else {}
    by_name |= {camp.name: camp for camp in camps}
    found = (_correction(record, by_name, period, findings) for record in sheet.records)
    return tuple(correction for correction in found if correction is not None)


def _files(
    folder: Path, label: str, record: Record, names: Sequence[str], findings: Findings
) -> tuple[CountFile, ...]:  # fmt: skip
    files = []
    for name in names:
        if ".." in Path(name).parts or Path(name).is_absolute() or not (folder / name).is_file():
            what = f"there is no file {shown(name)} in {label}"
            there = [path.name for path in folder.iterdir() if path.suffix == ".csv" and path.name != LAYOUT_FILE]
            findings.problems.append(record.problem(what, did_you_mean(name, there)))
            files.append(CountFile(name, ()))
            continue
        files.append(CountFile(name, read_counts(folder / name, f"{label}/{name}", findings)))
    return tuple(files)


def _correction(
    record: Record, camps: Mapping[str, CampCounts | None], period: Period | None, findings: Findings
) -> RegistrationCorrection | None:
    name, word = record.cell(0), record.cell(2)
    on = calendar_date(record, "date", record.cell(1), findings)
    if word and word != "normalize":
        what = f"the third cell is {shown(word)}"
        findings.problems.append(record.problem(what, "Write normalize, or leave it out"))
    if camps and name not in camps:
        findings.problems.append(record.problem(f"there are no counts for {shown(name)}", did_you_mean(name, camps)))
    elif on is not None and (camp := camps.get(name)) is not None:
        _check_date(record, on, camp, period, findings)
    return None if on is None else RegistrationCorrection(name, on, word or None)


def _check_date(record: Record, on: date, camp: CampCounts, period: Period | None, findings: Findings) -> None:
    if period is not None and on < period.start:
        text = f"{camp.name}, {on}: Flee ignores a correction before the first day; so is it here"
        findings.warn(record.file, text)
    elif all(file.counts for file in camp.files) and on not in _dates(camp):
        what = f"{shown(camp.name)} has no count on {on}, where Flee stops"
        findings.problems.append(record.problem(what, "Give the date of the first count that is right"))


def _dates(camp: CampCounts) -> set[date]:
    return {count.on for file in camp.files for count in file.counts}
