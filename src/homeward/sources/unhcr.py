"""Read UNHCR's yearly tables of refugees, of solutions and of flows, as its R package ``refugees`` has them."""

from __future__ import annotations

import csv
import functools
import hashlib
import operator
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from homeward.case.textfile import read_lines
from homeward.case.wording import nearest, shown
from homeward.errors import InputError, Problem
from homeward.learn.reference.origin_years import LeftOut, OriginYear, UnhcrTables

__all__ = ["read_tables"]

POPULATION, SOLUTIONS, FLOWS = "population.csv", "solutions.csv", "flows.csv"
COUNTS = {
    POPULATION: ("refugees", "returned_refugees"),
    SOLUTIONS: ("returned_refugees",),
    FLOWS: ("refugees", "refugee_like"),
}
"""The counts that are used, by file; every file has the columns of ``KEYS`` as well."""
KEYS = ("year", "coo", "coo_iso", "coa", "coa_iso")
NO_COUNTRIES = frozenset({"UNK", "UKN", "XXA", "STA"})
"""Codes of unknown origins and of stateless people: population.csv writes UNK and XXA, flows.csv UKN and STA."""
SUPPRESSED = 2
"""What a "*" counts as: it stands for one to four people, 2.5 in the mean."""

_MOST_PROBLEMS = 20
_FIRST_YEAR, _LAST_YEAR = 1900, 2100

_NO_COUNTRY = "the origin is unknown, or the people are stateless"
_NO_CODE = "the origin has no code of three letters"
_NO_YEAR_END = f"{POPULATION} has no row of the origin in that year"

_OriginYears = Mapping[tuple[str, int], int]
_Stocks = Mapping[tuple[str, int], Mapping[str, int]]
_Row = tuple[int, str, str, tuple[int | None, ...]]
"""Year, origin, host, and the counts as in ``COUNTS``, None where a cell reports nothing (plain: there are 256,000)."""


def read_tables(folder: Path) -> UnhcrTables:
    """Read population.csv, solutions.csv and flows.csv of a folder, and sum them by origin and year.

    There is one ``OriginYear`` for every origin and every year that has a row in population.csv. Unknown origins,
    stateless people, origins without a code of three letters, and rows of solutions and flows without a year-end
    count of their origin are counted in ``left_out``.

    A cell that is blank or "-" reports nothing, and is never a zero; "0" is a reported zero. Small counts that are
    published as a number from 1 to 4 are taken as they are, a "*" is taken as 2 and noted.

    Returns are those of solutions.csv. Where population.csv has another number (its blanks are zeros), that is
    noted, and solutions.csv holds. The returns of an origin in a year are

    * the sum over the hosts that report any, where one does;
    * missing before the first year in which any host reports returns to that origin;
    * missing where those hosts that report in that year a return of anybody, whatever the origin, held together
      less than half of the origin's refugees at the end of the year before (of the year itself, where the year
      before has no row): then nobody was there to report. An unknown host is none that reports;
    * otherwise zero.

    Raises InputError with every problem of the three files; of each file the first twenty are listed.
    """
    tables = {name: _Table(folder / name) for name in COUNTS}
    problems = [problem for table in tables.values() for problem in table.listed_problems()]
    if problems:
        raise InputError(problems)
    population, solutions, flows = (table.rows for table in tables.values())
    stocks = _stocks(population)
    notes = [note for table in tables.values() for note in table.notes()]
    return UnhcrTables(
        origin_years=tuple(_origin_years(stocks, solutions, flows)),
        left_out=tuple(_left_out(tables.values(), stocks)),
        notes=(*notes, *_differences(population, solutions)),
        last_year=max(year for year, *_ in population),
        sha256={name: _sha256(folder / name) for name in COUNTS},
    )


def _origin_years(stocks: _Stocks, solutions: Sequence[_Row], flows: Sequence[_Row]) -> Iterator[OriginYear]:
    arrivals = _sums(flows)
    returns = _Returns(stocks, solutions)
    for (origin, year), held in sorted(stocks.items()):
        yield OriginYear(
            origin=origin,
            year=year,
            stock=sum(held.values()),
            arrivals=arrivals.get((origin, year)),
            returns=returns.of(origin, year),
            largest_host=_largest_host(held),
        )


class _Returns:
    """Returns by origin and year, by the rule that ``read_tables`` states."""

    def __init__(self, stocks: _Stocks, solutions: Sequence[_Row]) -> None:
        self._stocks = stocks
        self._reported = _sums(solutions)
        self._first: dict[str, int] = {}
        for origin, year in self._reported:
            self._first[origin] = min(year, self._first.get(origin, year))
        self._reporting: dict[int, set[str]] = defaultdict(set)
        for year, _, host, (returned,) in solutions:
            if returned is not None and host not in NO_COUNTRIES:
                self._reporting[year].add(host)

    def of(self, origin: str, year: int) -> int | None:
        """Return the returns to an origin in a year, None where they are missing."""
        reported = self._reported.get((origin, year))
        if reported is not None:
            return reported
        began = origin in self._first and self._first[origin] < year
        return 0 if began and self._half_was_watched(origin, year) else None

    def _half_was_watched(self, origin: str, year: int) -> bool:
        held = self._stocks.get((origin, year - 1)) or self._stocks[origin, year]
        watched = sum(people for host, people in held.items() if host in self._reporting[year])
        return 2 * watched >= sum(held.values())


def _stocks(population: Sequence[_Row]) -> _Stocks:
    """Return the refugees by host, for every origin and year that has a row."""
    stocks: dict[tuple[str, int], dict[str, int]] = defaultdict(dict)
    for year, origin, host, (refugees, _) in population:
        if _why_left_out(origin) is None:
            held = stocks[origin, year]
            held[host] = held.get(host, 0) + (refugees or 0)
    return dict(stocks)


def _sums(rows: Sequence[_Row]) -> _OriginYears:
    """Return the sum of all counts by origin and year, for those that have any."""
    sums: dict[tuple[str, int], int] = {}
    for year, origin, _, counts in rows:
        for count in counts:
            if count is not None:
                sums[origin, year] = sums.get((origin, year), 0) + count
    return sums


def _largest_host(held: Mapping[str, int]) -> str | None:
    """Return the host of most refugees, of equal ones the first by its code."""
    known = [host for host, people in held.items() if people > 0 and host not in NO_COUNTRIES and _is_code(host)]
    return min(known, key=lambda host: (-held[host], host), default=None)


@functools.lru_cache(maxsize=1 << 12)
def _why_left_out(origin: str) -> str | None:
    if origin in NO_COUNTRIES:
        return _NO_COUNTRY
    return None if _is_code(origin) else _NO_CODE


def _is_code(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()


def _left_out(tables: Iterable[_Table], stocks: _Stocks) -> Iterator[LeftOut]:
    counted = Counter(
        (table.file, origin, _why_left_out(origin) or _NO_YEAR_END)
        for table in tables
        for year, origin, *_ in table.rows
        if (origin, year) not in stocks
    )
    for (file, origin, why), rows in sorted(counted.items()):
        yield LeftOut(file, origin, why, rows)


def _differences(population: Sequence[_Row], solutions: Sequence[_Row]) -> Iterator[str]:
    """Say where the two tables have other numbers of returned refugees; a blank is here a zero."""
    taken, other = Counter[tuple[str, int, str]](), Counter[tuple[str, int, str]]()
    for found, rows in ((taken, solutions), (other, population)):
        for year, origin, host, counts in rows:
            if counts[-1]:
                found[origin, year, host] += counts[-1]
    for origin, year, host in sorted(taken.keys() | other.keys()):
        here, there = taken[origin, year, host], other[origin, year, host]
        if here != there:
            where = f"returns to {shown(origin)} from {shown(host)} in {year}"
            yield f"{where}: {SOLUTIONS} has {here:,}, which is taken; {POPULATION} has {there:,}"


class _Table:
    """One file: its rows, and all that is wrong with it."""

    def __init__(self, path: Path) -> None:
        self.file = path.name
        self.rows: list[_Row] = []
        self._counts = COUNTS[path.name]
        self._problems: list[Problem] = []
        self._suppressed = 0
        self._rows_by_key: dict[tuple[int, str, str], int] = {}
        try:
            self._read(path)
        except InputError as error:
            self._problems += error.problems

    def listed_problems(self) -> Sequence[Problem]:
        """Return the first problems, and how many there are where there are more."""
        if len(self._problems) <= _MOST_PROBLEMS:
            return self._problems
        what = f"only the first {_MOST_PROBLEMS} of {len(self._problems):,} problems are listed"
        remedy = "Mend these, then read the tables again"
        return [Problem(self.file, None, None, what, remedy), *self._problems[:_MOST_PROBLEMS]]

    def notes(self) -> Iterator[str]:
        """Say how many cells were suppressed, if any."""
        if self._suppressed:
            yield f'{self.file}: "*" (one to four people) is taken as {SUPPRESSED}; cells: {self._suppressed:,}'

    def _read(self, path: Path) -> None:
        if not path.exists():
            raise _failure(self.file, None, "the file is missing", f"Save UNHCR's table as {path}")
        records = _records(path)
        line, names = next(records, (None, []))
        if line is None:
            raise _failure(self.file, None, "the file is empty", "Save UNHCR's table again")
        _refuse_other_forms(self.file, line, names)
        header = [name.strip() for name in names]
        self._problems += _header_problems(self.file, line, header, (*KEYS, *self._counts))
        if self._problems:
            return
        self._read_rows(header, records)
        if not (self.rows or self._problems):
            self._add(None, None, "the table has no rows", "Save UNHCR's table again")

    def _read_rows(self, header: Sequence[str], records: Iterator[tuple[int, list[str]]]) -> None:
        needed = operator.itemgetter(*(header.index(name) for name in (*KEYS, *self._counts)))
        for number, (line, cells) in enumerate(records, start=1):
            if len(cells) != len(header):
                self._add(number, line, *_wrong_width(len(cells), len(header)))
                continue
            year_text, coo, origin, coa, host, *texts = needed(cells)
            try:
                year, counts = _year(year_text), tuple([_count(text) for text in texts])
            except ValueError:
                self._add_bad_cells(number, line, year_text, texts)
                continue
            first = self._rows_by_key.setdefault((year, coo, coa), number)
            if first != number:
                what = f"year, coo and coa ({year}, {coo}, {coa}) are those of row {first}"
                self._add(number, line, what, "Remove one of the two rows, or correct it")
            self._suppressed += texts.count("*")
            self.rows.append((year, origin.strip(), host.strip(), counts))

    def _add_bad_cells(self, row: int, line: int, year: str, texts: Sequence[str]) -> None:
        from homeward.case.cells import CellError

        for name, text in (("year", year), *zip(self._counts, texts, strict=True)):
            try:
                _year(text) if name == "year" else _count(text)
            except CellError as error:
                self._add(row, line, f"{shown(name)} is {shown(text.strip())}, {error.what}", error.remedy)

    def _add(self, row: int | None, line: int | None, what: str, remedy: str) -> None:
        self._problems.append(Problem(self.file, row, line, what, remedy))


@functools.lru_cache(maxsize=1 << 16)
def _count(text: str) -> int | None:
    """Return a cell's count, None where it reports nothing. Raises CellError, a ValueError, where it is no count."""
    text = text.strip()
    if text in ("", "-"):
        return None
    if text == "*":
        return SUPPRESSED
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return int(text)
    from homeward.case.cells import CellError, cell_value

    cell_value(text, int)
    if text.startswith("-"):
        raise CellError("which is below zero", "Give a count of at least 0, or leave the cell blank")
    raise CellError("which is no count of people", "Write it in digits only, at most twelve")


@functools.lru_cache(maxsize=1 << 10)
def _year(text: str) -> int:
    """Return a cell's year. Raises CellError, a ValueError, where it is none."""
    text = text.strip()
    if len(text) == 4 and text.isascii() and text.isdigit() and _FIRST_YEAR <= int(text) <= _LAST_YEAR:
        return int(text)
    from homeward.case.cells import CellError

    raise CellError("which is no year", "Write four digits, such as 1994")


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the line where each record starts, and its cells; records of blank cells only are left out."""
    reader = csv.reader(read_lines(path), strict=True)
    last = 0
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield last + 1, cells
            last = reader.line_num
    except csv.Error as error:
        what = f"the row cannot be read as CSV ({error}); reading stopped there"
        remedy = "Close every quote, and end every line in the usual way"
        raise _failure(path.name, last + 1, what, remedy) from None


def _refuse_other_forms(file: str, line: int, names: Sequence[str]) -> None:
    """Raise InputError where the file is no table with commas, which every row would say again."""
    if names[0].lstrip().startswith("<"):
        what, remedy = "this is a web page, not a table", "Download the table itself, not the page that shows it"
    elif len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        what, remedy = "the cells are not separated by commas", "Save the file again as 'CSV UTF-8 (comma)'"
    else:
        return
    raise _failure(file, line, what, remedy)


def _header_problems(file: str, line: int, header: Sequence[str], needed: Collection[str]) -> Iterator[Problem]:
    others = [name for name in header if name and name not in needed]
    for name in needed:
        if header.count(name) > 1:
            yield Problem(file, None, line, f"the column {shown(name)} stands twice", "Keep one of them")
        elif name not in header:
            like = nearest(name, others)
            hint = f"The nearest is {shown(like)}; rename it if it is that" if like else "Save UNHCR's table again"
            yield Problem(file, None, line, f"the column {shown(name)} is missing", hint)


def _wrong_width(cells: int, columns: int) -> tuple[str, str]:
    what = f"the row has {cells} cells, the header has {columns}"
    if cells > columns:
        return what, "Put a text that has a comma between double quotes"
    return what, "Add the missing cells; leave a blank between commas for no value"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _failure(file: str, line: int | None, what: str, remedy: str) -> InputError:
    return InputError([Problem(file, None, line, what, remedy)])
