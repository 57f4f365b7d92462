"""Read one CSV table of a case into checked rows, with every problem in it; and write such a table."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from homeward.case.cells import CellError, Column, cell_text, cell_value, columns_of
from homeward.case.textfile import LINE_LIMIT, read_lines
from homeward.case.wording import did_you_mean, explain, shown
from homeward.errors import InputError, Problem

__all__ = ["Table", "read_records", "read_table", "write_table"]

Model = TypeVar("Model", bound=BaseModel)

_MOST_COLUMNS = 1_000


@dataclass(slots=True)
class Table(Generic[Model]):
    """What was read from one file: the good rows, the line of each of them, and all that is wrong."""

    rows: list[Model] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_table(path: Path, model: type[Model], *, may_be_empty: bool) -> Table[Model]:
    """Read a CSV file whose rows are of ``model``; nothing is raised, the problems are in the answer.

    A row of HXL tags below the header, blank lines and rows of blank cells only are passed over.
    """
    table: Table[Model] = Table()
    try:
        _read_into(table, path, model)
        if not (table.rows or table.problems or may_be_empty):
            problem = Problem(path.name, None, None, "the table has no rows", "Add at least one row")
            table.problems.append(problem)
    except InputError as error:
        table.problems.extend(error.problems)
    return table


def write_table(path: Path, model: type[BaseModel], rows: Iterable[BaseModel]) -> None:
    """Write rows as CSV: UTF-8, comma, one header; ``read_table`` gives the same rows back."""
    columns = list(columns_of(model))
    with path.open("w", encoding="utf-8", newline="") as file:
        plain = csv.writer(file, lineterminator="\n")
        quoting = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        plain.writerow(columns)
        for row in rows:
            cells = [cell_text(getattr(row, name)) for name in columns]
            # Python before 3.13 leaves a carriage return unquoted, and then cannot read it.
            (quoting if any("\r" in cell for cell in cells) else plain).writerow(cells)


def _read_into(table: Table[Model], path: Path, model: type[Model]) -> None:
    columns = columns_of(model)
    records = read_records(path)
    line, names = next(records, (None, []))
    if line is None:
        what, remedy = "the file is empty", f"Write a header: {','.join(columns)}"
        raise InputError([Problem(path.name, None, None, what, remedy)])
    _refuse_other_forms(path.name, line, names)
    header = [name.strip() for name in names]
    table.problems.extend(_header_problems(path.name, line, header, columns))
    row = 0
    for number, (line, cells) in enumerate(records):
        if number == 0 and _are_hxl_tags(cells):
            continue
        row += 1
        found = _RowReader(path.name, row, line, header, columns).read(cells, model)
        if isinstance(found, list):
            table.problems.extend(found)
        else:
            table.rows.append(found)
            table.lines.append(line)


def _refuse_other_forms(file: str, line: int, names: Sequence[str]) -> None:
    """Raise InputError where the whole file is no table with commas, which every row would say again."""
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        what, remedy = "the cells are not separated by commas", "Save the file again as 'CSV UTF-8 (comma)'"
    elif len(names) > _MOST_COLUMNS:
        what, remedy = f"the header has {len(names):,} columns", "Check that it is the right file"
    else:
        return
    raise InputError([Problem(file, None, line, what, remedy)])


class _BoundedLines(Iterator[str]):
    """The lines of a file; stops a record that a forgotten quote makes run on and on."""

    def __init__(self, path: Path) -> None:
        self._lines = read_lines(path)
        self._file = path.name
        self.read = 0
        self.length = 0

    def __next__(self) -> str:
        line = next(self._lines)
        self.read += 1
        self.length += len(line)
        if self.length > LINE_LIMIT:
            what = f"a row is longer than {LINE_LIMIT:,} characters; reading stopped there"
            raise InputError([Problem(self._file, None, self.read, what, "Look for a quote that is not closed")])
        return line


def read_records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the line where each record starts, and its cells; records without content are left out."""
    lines = _BoundedLines(path)
    reader = csv.reader(lines, strict=True)
    while True:
        start, lines.length = lines.read + 1, 0
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputError([_csv_problem(path.name, start, str(error))]) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield start, cells


def _csv_problem(file: str, line: int, error: str) -> Problem:
    if "limit" in error:
        what, remedy = "a cell is far too long; reading stopped there", "Look for a quote that is not closed"
    elif "new-line" in error:
        what, remedy = "lines end in a carriage return only", "Save the file again with usual line ends"
    else:
        what = "the quotes of this row do not pair; reading stopped there"
        remedy = 'Close every quote, and write a quote inside a quoted cell twice: ""'
    return Problem(file, None, line, what, remedy)


def _are_hxl_tags(cells: Sequence[str]) -> bool:
    return all(cell.strip().startswith("#") for cell in cells if cell.strip())


def _header_problems(file: str, line: int, header: Sequence[str], columns: Mapping[str, Column]) -> Iterator[Problem]:
    seen: set[str] = set()
    missing = {name for name in columns if name not in header}
    for position, name in enumerate(header, start=1):
        if name in seen:
            yield Problem(file, None, line, f"the column {shown(name)} stands twice", "Keep one of them")
        elif not name:
            yield Problem(file, None, line, f"column {position} has no name", "Name it or remove it")
        elif name not in columns:
            remedy = did_you_mean(name, missing or columns.keys())
            yield Problem(file, None, line, f"the column {shown(name)} is not known", remedy)
        seen.add(name)
    for name in columns:
        if name in missing and columns[name].required:
            yield Problem(file, None, line, f"the column {shown(name)} is missing", f"Add it: {_said(columns[name])}")


def _said(column: Column) -> str:
    return column.description or "every row needs it"


@dataclass(frozen=True, slots=True)
class _RowReader:
    """Reads the cells of one row, and says of each problem where it stands."""

    file: str
    row: int
    line: int
    header: Sequence[str]
    columns: Mapping[str, Column]

    def read(self, cells: Sequence[str], model: type[Model]) -> Model | list[Problem]:
        """Return the row, or all that is wrong with it (nothing more where the header says it already)."""
        if len(cells) != len(self.header):
            return [self._wrong_count(cells)]
        values, problems = self._values(cells)
        try:
            found = model.model_validate(values)
        except ValidationError as error:
            told = {name for name in self.columns if name not in self.header} | {p for p, _ in problems}
            problems += [
                (name, self._problem(*explain(details, name, self.columns)))
                for details in error.errors(include_url=False)
                if (name := ".".join(str(part) for part in details["loc"])) not in told
            ]
            return [problem for _, problem in problems]
        return [problem for _, problem in problems] or found

    def _values(self, cells: Sequence[str]) -> tuple[dict[str, object], list[tuple[str, Problem]]]:
        values: dict[str, object] = {}
        problems: list[tuple[str, Problem]] = []
        for name, cell in zip(self.header, cells, strict=True):
            if name not in self.columns or name in values or not cell.strip():
                continue
            try:
                values[name] = cell_value(cell, self.columns[name].type)
            except CellError as error:
                what = f"{shown(name)} is {shown(cell.strip())}, {error.what}"
                problems.append((name, self._problem(what, error.remedy)))
        return values, problems

    def _wrong_count(self, cells: Sequence[str]) -> Problem:
        what = f"the row has {len(cells)} cells, the header has {len(self.header)}"
        if len(cells) > len(self.header):
            return self._problem(what, "Put a text that has a comma between double quotes")
        return self._problem(what, "Add the missing cells; leave a blank between commas for no value")

    def _problem(self, what: str, remedy: str) -> Problem:
        return Problem(self.file, self.row, self.line, what, remedy)
