"""Read who the people are: ``demographics_*.csv`` and ``agents.csv``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from homeward.case.flee.model import Agent, Demographics
from homeward.case.flee.rows import Findings, Names, Record, Sheet, any_number, read_sheet, repeated
from homeward.case.wording import did_you_mean, shown
from homeward.errors import Problem

__all__ = ["read_agents", "read_demographics"]

_DEFAULT = "Default"


def read_demographics(path: Path, file: str, places: Names, findings: Findings) -> Demographics | None:
    """Read the weights of an attribute's values: ``ATTRIBUTE,Default,PLACE,…``, one row a value.

    The attribute is the part of the file's name after ``demographics_``. None where anything is wrong.
    """
    before = len(findings.problems)
    attribute = path.stem.split("_", maxsplit=1)[1]
    sheet = _with_first_row_as_header(read_sheet(path, file, findings))
    if len(findings.problems) > before:
        return None
    if not sheet.records:
        findings.problem(file, "the table has no rows", f"Write {attribute},Default and a row for each value")
        return None
    _check_header(sheet, attribute, places, findings)
    rows = [_weights(sheet, record, findings) for record in sheet.records] if len(findings.problems) == before else []
    columns = list(zip(*(row for row in rows if row is not None), strict=True))
    for name, weights in zip(sheet.header[1:], columns, strict=False):
        if sum(weights) <= 0:
            findings.problem(file, f"all weights of the column {shown(name)} are 0", "Give one of them a weight")
    if len(findings.problems) > before:
        return None
    return _demographics(attribute, sheet, columns)


def read_agents(path: Path, file: str, places: Names, findings: Findings) -> tuple[Agent, ...]:
    """Read the people who are there at the start: a header ``location,ATTRIBUTE,…``, then one row a person."""
    sheet = _with_first_row_as_header(read_sheet(path, file, findings))
    agents = []
    for record in sheet.records:
        if len(record.cells) != len(sheet.header):
            what = f"the row has {len(record.cells)} cells, the header has {len(sheet.header)}"
            findings.problems.append(record.problem(what, "Write one cell for each column"))
        elif places.check(record, record.cell(0), findings):
            pairs = zip(sheet.header[1:], record.cells[1:], strict=True)
            agents.append(Agent(record.cell(0), tuple(pairs)))
    return tuple(agents)


def _with_first_row_as_header(sheet: Sheet) -> Sheet:
    """Return the sheet with its first row that is no comment as the header, and the others counted from 1."""
    if not sheet.records:
        return sheet
    first, *others = sheet.records
    records = tuple(Record(sheet.file, row, record.line, record.cells) for row, record in enumerate(others, start=1))
    return Sheet(sheet.file, first.cells, first.line, records)


def _check_header(sheet: Sheet, attribute: str, places: Names, findings: Findings) -> None:
    header = sheet.header
    problems = []
    if header[0] != attribute:
        what = f"the first column is {shown(header[0])}, but the file's name says {shown(attribute)}"
        problems.append((what, f"Write {attribute} at the start of the header, or rename the file"))
    if len(header) < 2 or header[1].casefold() != _DEFAULT.casefold():
        problems.append((f"the second column is not {_DEFAULT!r}", "Add it: the weights for all other places"))
    elif header[1] != _DEFAULT:
        findings.warn(sheet.file, f"Flee finds the column {_DEFAULT!r} only in this spelling; here {header[1]!r} is it")
    known = frozenset(header) if places.known is None else places.known
    unknown = [name for name in header[2:] if name not in known]
    problems += [(f"the column {shown(name)} is no location", did_you_mean(name, known)) for name in unknown]
    problems += [(f"the column {shown(name)} stands twice", "Keep one of them") for name in repeated(header)]
    findings.problems += [Problem(sheet.file, None, sheet.header_line, what, remedy) for what, remedy in problems]


def _weights(sheet: Sheet, record: Record, findings: Findings) -> tuple[float, ...] | None:
    if len(record.cells) != len(sheet.header):
        what = f"the row has {len(record.cells)} cells, the header has {len(sheet.header)}"
        findings.problems.append(record.problem(what, "Write one weight for each column"))
        return None
    if not record.cell(0):
        findings.problems.append(record.problem("the value is blank", "Fill it in"))
    pairs = zip(sheet.header[1:], record.cells[1:], strict=True)
    weights = [any_number(record, name, text, findings, low=0) for name, text in pairs]
    return tuple(weight or 0.0 for weight in weights)


def _demographics(attribute: str, sheet: Sheet, columns: Sequence[tuple[float, ...]]) -> Demographics:
    values = tuple(record.cell(0) for record in sheet.records)
    by_location = zip(sheet.header[2:], columns[1:], strict=True)
    return Demographics(attribute, values, columns[0], tuple(by_location))
