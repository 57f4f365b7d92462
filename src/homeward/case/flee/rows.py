"""The rows of a Flee table: comments, header, and cells that become values, with all that is wrong collected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from homeward.case.cells import CellError, cell_value
from homeward.case.table import read_records
from homeward.case.wording import did_you_mean, shown
from homeward.errors import InputError, Problem

__all__ = [
    "Findings",
    "Names",
    "Record",
    "Sheet",
    "any_number",
    "calendar_date",
    "extra_cells",
    "read_sheet",
    "repeated",
    "whole_number",
]

Value = TypeVar("Value")


@dataclass(slots=True)
class Findings:
    """All that is wrong with a directory, and all that its author should know, in the order of finding."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def problem(self, file: str, what: str, remedy: str, *, line: int | None = None) -> None:
        """Note something wrong with a whole file, or with one line of it that is no row."""
        self.problems.append(Problem(file, None, line, what, remedy))

    def warn(self, file: str, text: str) -> None:
        """Note something that the author of the file should know."""
        self.warnings.append(f"{file}: {text}")


@dataclass(frozen=True, slots=True)
class Record:
    """One data row: its number counted from 1 (neither header nor comments), its line, and its cells, stripped."""

    file: str
    row: int
    line: int
    cells: tuple[str, ...]

    def cell(self, position: int) -> str:
        """Return a cell counted from 0; blank beyond the last one."""
        return self.cells[position] if position < len(self.cells) else ""

    def problem(self, what: str, remedy: str) -> Problem:
        """Return a problem that stands in this row."""
        return Problem(self.file, self.row, self.line, what, remedy)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file: the names in its header (none where it has no header), and its data rows."""

    file: str
    header: tuple[str, ...] = ()
    header_line: int | None = None
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """Names that a cell may refer to; where the file that gives them could not be read, nothing is checked."""

    what: str
    known: frozenset[str] | None

    def check(self, record: Record, name: str, findings: Findings) -> bool:
        """Return whether the name is known; note a problem with the nearest one where it is not."""
        if self.known is None or name in self.known:
            return True
        if not name:
            findings.problems.append(record.problem(f"the name of a {self.what} is blank", "Fill it in"))
            return False
        what = f"there is no {self.what} {shown(name)}"
        findings.problems.append(record.problem(what, did_you_mean(name, self.known)))
        return False

    def check_all(self, record: Record, names: Iterable[str], findings: Findings) -> bool:
        """Return whether all names are known; note a problem for each that is not."""
        checked = [self.check(record, name, findings) for name in names]
        return all(checked)


def read_sheet(path: Path, file: str, findings: Findings, titles: Collection[str] = ()) -> Sheet:
    """Read a CSV file of Flee; what is wrong with the file as a whole is noted, and the answer is then empty.

    ``#`` starts a comment. The header is the first row that starts with ``#`` and has more than one cell, or the
    first row of all if its first cell is one of ``titles`` (small letters); without ``titles`` there is no header.
    Blank lines are passed over, white space around cells is dropped, and a byte-order mark too.
    """
    try:
        rows = [(line, tuple(cell.strip() for cell in cells)) for line, cells in read_records(path)]
    except InputError as error:
        findings.problems.extend(replace(problem, file=file) for problem in error.problems)
        return Sheet(file)
    header_line, header = _header(rows, titles)
    content = [(line, cells) for line, cells in rows if line != header_line and not cells[0].startswith("#")]
    records = (Record(file, row, line, cells) for row, (line, cells) in enumerate(content, start=1))
    return Sheet(file, header, header_line, tuple(records))


def whole_number(
    record: Record, name: str, text: str, findings: Findings, *, low: int | None = None, high: int | None = None
) -> int | None:
    """Return a cell as a whole number from ``low`` to ``high``; None, with the problem noted, where it is none."""
    value = _typed(record, name, text, int, findings)
    return None if value is None else _within(record, name, value, low, high, findings)


def any_number(
    record: Record, name: str, text: str, findings: Findings, *, low: float | None = None, high: float | None = None
) -> float | None:
    """Return a cell as a number from ``low`` to ``high``; None, with the problem noted, where it is none."""
    value = _typed(record, name, text, float, findings)
    return None if value is None else _within(record, name, value, low, high, findings)


def calendar_date(record: Record, name: str, text: str, findings: Findings) -> date | None:
    """Return a cell as a date; None, with the problem noted, where it is none."""
    return _typed(record, name, text, date, findings)


def extra_cells(sheet: Sheet, record: Record, own: int, findings: Findings) -> tuple[tuple[str, str], ...] | None:
    """Return the cells behind the first ``own`` by name of column.

    None, with the problem noted, where the row has too few cells, or filled ones that the header does not name.
    """
    width = max(own, len(sheet.header))
    if len(record.cells) < own:
        what = f"the row has {len(record.cells)} cells, but needs {own}"
        findings.problems.append(record.problem(what, "Add the missing cells; leave one blank for no value"))
        return None
    if any(record.cells[width:]):
        what = f"the row has {len(record.cells)} cells, but the header names {width}"
        remedy = "Name the column in the header, or put a text that has a comma between double quotes"
        findings.problems.append(record.problem(what, remedy))
        return None
    return tuple((name, record.cell(own + number)) for number, name in enumerate(sheet.header[own:]))


def repeated(names: Iterable[str]) -> Iterator[str]:
    """Yield each name that has stood before, as often as it comes again."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield name
        seen.add(name)


def _header(rows: list[tuple[int, tuple[str, ...]]], titles: Collection[str]) -> tuple[int | None, tuple[str, ...]]:
    if not titles:
        return None, ()
    for number, (line, cells) in enumerate(rows):
        marked = cells[0].startswith("#") and len(cells) > 1
        if marked or (number == 0 and cells[0].casefold() in titles):
            names = (cells[0].removeprefix("#").strip(), *cells[1:])
            while names and not names[-1]:
                names = names[:-1]
            return line, names
    return None, ()


def _typed(record: Record, name: str, text: str, kind: type[Value], findings: Findings) -> Value | None:
    if not text:
        findings.problems.append(record.problem(f"{shown(name)} is blank", "Fill it in"))
        return None
    try:
        value = cell_value(text, kind)
    except CellError as error:
        what = f"{shown(name)} is {shown(text)}, {error.what}"
        findings.problems.append(record.problem(what, error.remedy))
        return None
    return value if isinstance(value, kind) else None


def _within(
    record: Record, name: str, value: Value, low: float | None, high: float | None, findings: Findings
) -> Value | None:
    number = float(str(value))
    if low is not None and number < low:
        what, remedy = f"is {value}, which is below {low}", f"Give a number of at least {low}"
    elif high is not None and number > high:
        what, remedy = f"is {value}, which is above {high}", f"Give a number of at most {high}"
    else:
        return value
    findings.problems.append(record.problem(f"{shown(name)} {what}", remedy))
    return None
