"""UNHCR's yearly tables: every rule of the sums, every kind of damage, and the real tables."""

from __future__ import annotations

import csv
import hashlib
import io
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.errors import InputError, Problem
from homeward.learn.reference.origin_years import LeftOut, OriginYear, UnhcrTables
from homeward.sources.unhcr import read_tables

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "unhcr"
KEYS = ["year", "coo_name", "coo", "coo_iso", "coa_name", "coa", "coa_iso"]
COLUMNS = {
    "population.csv": ["refugees", "asylum_seekers", "returned_refugees", "idps"],
    "solutions.csv": ["returned_refugees", "resettlement"],
    "flows.csv": ["refugees", "asylum_seekers", "refugee_like", "oip"],
}
USED = {
    "population.csv": ["refugees", "returned_refugees"],
    "solutions.csv": ["returned_refugees"],
    "flows.csv": ["refugees", "refugee_like"],
}

Row = tuple[int | str, ...]
"""Year, origin, host, and the counts that are used, as the cells of ``USED``."""


def table(file: str, rows: Iterable[Row]) -> str:
    """Return the text of a table; columns that are not used hold what is no number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(KEYS + COLUMNS[file])
    for year, origin, host, *counts in rows:
        cells = dict(zip(USED[file], counts, strict=True))
        used = [cells.get(name, "unused") for name in COLUMNS[file]]
        writer.writerow([year, f"{origin}, Côte", f"u{origin}", origin, f"{host}, Rep. of", f"u{host}", host, *used])
    return text.getvalue()


def write(
    folder: Path,
    population: Iterable[Row] = ((1990, "ORI", "HOA", 100, 0),),
    solutions: Iterable[Row] = ((1990, "ORI", "HOA", ""),),
    flows: Iterable[Row] = ((1990, "ORI", "HOA", "", ""),),
) -> Path:
    for file, rows in zip(COLUMNS, (population, solutions, flows), strict=True):
        (folder / file).write_text(table(file, rows), encoding="utf-8")
    return folder


def by_year(tables: UnhcrTables, origin: str = "ORI") -> dict[int, OriginYear]:
    return {one.year: one for one in tables.origin_years if one.origin == origin}


def returns(tables: UnhcrTables, origin: str = "ORI") -> dict[int, int | None]:
    return {year: one.returns for year, one in by_year(tables, origin).items()}


def problems_of(folder: Path) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read_tables(folder)
    return caught.value.problems


def test_one_origin_year_for_every_origin_and_year_with_a_row_sorted(tmp_path: Path) -> None:
    population = [
        (1993, "ORI", "HOA", 5, 0),
        (1990, "ORI", "HOB", 40, 0),
        (1990, "ORI", "HOA", 60, 0),
        (1991, "ANO", "HOA", 0, 0),
    ]
    tables = read_tables(write(tmp_path, population))
    assert tables.origin_years == (
        OriginYear("ANO", 1991, 0, None, None, None),
        OriginYear("ORI", 1990, 100, None, None, "HOA"),
        OriginYear("ORI", 1993, 5, None, None, "HOA"),
    )
    assert tables.last_year == 1993
    assert (tables.left_out, tables.notes) == ((), ())


def test_of_equal_hosts_the_first_by_code_is_the_largest_and_an_unknown_host_is_none(tmp_path: Path) -> None:
    population = [
        (1990, "ORI", "HOB", 40, 0),
        (1990, "ORI", "HOA", 40, 0),
        (1990, "ORI", "UNK", 50, 0),
        (1991, "ORI", "UNK", 50, 0),
        (1991, "ORI", "", 60, 0),
    ]
    found = by_year(read_tables(write(tmp_path, population)))
    assert (found[1990].stock, found[1990].largest_host) == (130, "HOA")
    assert (found[1991].stock, found[1991].largest_host) == (110, None)


@pytest.mark.parametrize(
    ("flows", "arrivals"),
    [
        ([(1991, "ORI", "HOA", "7", "")], None),
        ([(1990, "ORI", "HOA", "", "")], None),
        ([(1990, "ORI", "HOA", "-", "-")], None),
        ([(1990, "ORI", "HOA", "0", "")], 0),
        ([(1990, "ORI", "HOA", "7", "")], 7),
        ([(1990, "ORI", "HOA", "", "8")], 8),
        ([(1990, "ORI", "HOA", "7", "8"), (1990, "ORI", "HOB", "20", ""), (1990, "ANO", "HOB", "500", "")], 35),
    ],
)
def test_arrivals_are_refugees_and_refugee_like(tmp_path: Path, flows: list[Row], arrivals: int | None) -> None:
    assert by_year(read_tables(write(tmp_path, flows=flows)))[1990].arrivals == arrivals


def held(years: Iterable[int], **stocks: int) -> list[Row]:
    return [(year, "ORI", host, people, 0) for year in years for host, people in stocks.items()]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["", ""], None),
        (["", "-"], None),
        (["0", ""], 0),
        (["12", ""], 12),
        (["12", "30"], 42),
        (["12", "*"], 14),
        (["1", "4"], 5),
        ([" 12 ", "030"], 42),
    ],
)
def test_returns_are_the_sum_of_the_cells_that_report(tmp_path: Path, cells: list[str], expected: int | None) -> None:
    solutions = [(1990, "ORI", host, cell) for host, cell in zip(("HOA", "HOB"), cells, strict=True)]
    assert returns(read_tables(write(tmp_path, solutions=solutions))) == {1990: expected}


def test_returns_are_missing_before_the_first_report_and_zero_after_it(tmp_path: Path) -> None:
    population = held(range(1990, 1995), HOA=100)
    solutions = [(1992, "ORI", "HOA", "0"), *((year, "ANO", "HOA", "5") for year in range(1990, 1995))]
    tables = read_tables(write(tmp_path, population, solutions))
    assert returns(tables) == {1990: None, 1991: None, 1992: 0, 1993: 0, 1994: 0}


def test_returns_are_missing_where_nobody_ever_reported(tmp_path: Path) -> None:
    solutions = [(year, "ANO", "HOA", "5") for year in (1990, 1991)]
    tables = read_tables(write(tmp_path, held((1990, 1991), HOA=100), solutions))
    assert returns(tables) == {1990: None, 1991: None}


@pytest.mark.parametrize(
    ("there", "elsewhere", "expected"), [(49, 51, None), (50, 50, 0), (51, 49, 0), (0, 100, None), (0, 0, 0)]
)
def test_zero_needs_that_hosts_of_half_of_the_refugees_report_somebody(
    tmp_path: Path, there: int, elsewhere: int, expected: int | None
) -> None:
    """HOA reports in 1991 a return to another country; HOB reports nothing. This year's stock does not matter."""
    population = [*held([1990], HOA=there, HOB=elsewhere), *held([1991], HOA=elsewhere, HOB=there)]
    solutions = [(1990, "ORI", "HOB", "3"), (1991, "ANO", "HOA", "0"), (1991, "ORI", "HOB", "")]
    assert returns(read_tables(write(tmp_path, population, solutions))) == {1990: 3, 1991: expected}


@pytest.mark.parametrize(("there", "elsewhere", "expected"), [(49, 51, None), (50, 50, 0)])
def test_after_a_year_without_a_row_the_stock_of_the_year_itself_counts(
    tmp_path: Path, there: int, elsewhere: int, expected: int | None
) -> None:
    population = [*held([1990], HOA=elsewhere, HOB=there), *held([1992], HOA=there, HOB=elsewhere)]
    solutions = [(1990, "ORI", "HOB", "3"), (1992, "ANO", "HOA", "7")]
    assert returns(read_tables(write(tmp_path, population, solutions))) == {1990: 3, 1992: expected}


def test_an_unknown_host_is_none_that_reports_but_an_unknown_origin_is_reported(tmp_path: Path) -> None:
    population = [*held((1990, 1991, 1992), UNK=60, HOA=40), *((year, "UNK", "HOA", 1, 0) for year in (1990, 1991))]
    solutions = [(1990, "ORI", "HOA", "3"), (1991, "ANO", "UNK", "3"), (1992, "UNK", "HOA", "3")]
    assert returns(read_tables(write(tmp_path, population, solutions))) == {1990: 3, 1991: None, 1992: None}
    population = held((1990, 1991, 1992), UNK=40, HOA=60)
    assert returns(read_tables(write(tmp_path, population, solutions))) == {1990: 3, 1991: None, 1992: 0}


@pytest.mark.parametrize(
    ("solved", "counted", "taken", "said"),
    [
        ("7", "7", 7, None),
        ("", "0", None, None),
        ("0", "", 0, None),
        ("7", "1200", 7, "solutions.csv has 7, which is taken; population.csv has 1,200"),
        ("7", "0", 7, "solutions.csv has 7, which is taken; population.csv has 0"),
        ("", "9", None, "solutions.csv has 0, which is taken; population.csv has 9"),
    ],
)
def test_solutions_hold_where_population_differs(
    tmp_path: Path, solved: str, counted: str, taken: int | None, said: str | None
) -> None:
    tables = read_tables(write(tmp_path, [(1990, "ORI", "HOA", 100, counted)], [(1990, "ORI", "HOA", solved)]))
    assert returns(tables) == {1990: taken}
    assert tables.notes == (() if said is None else (f"returns to 'ORI' from 'HOA' in 1990: {said}",))


def test_a_return_that_population_has_no_row_for_is_noted(tmp_path: Path) -> None:
    tables = read_tables(write(tmp_path, solutions=[(1990, "ORI", "HOB", "6")]))
    assert returns(tables) == {1990: 6}
    expected = "returns to 'ORI' from 'HOB' in 1990: solutions.csv has 6, which is taken; population.csv has 0"
    assert tables.notes == (expected,)


def test_suppressed_cells_count_two_each_and_are_noted(tmp_path: Path) -> None:
    flows = [(1990, "ORI", "HOA", "*", "*"), (1990, "ORI", "HOB", "10", "")]
    found = read_tables(write(tmp_path, [(1990, "ORI", "HOA", "*", "*")], [(1990, "ORI", "HOA", "*")], flows))
    assert found.origin_years == (OriginYear("ORI", 1990, stock=2, arrivals=14, returns=2, largest_host="HOA"),)
    assert found.notes == (
        'population.csv: "*" (one to four people) is taken as 2; cells: 2',
        'solutions.csv: "*" (one to four people) is taken as 2; cells: 1',
        'flows.csv: "*" (one to four people) is taken as 2; cells: 2',
    )


def test_rows_of_no_country_and_of_no_counted_year_are_left_out_and_counted(tmp_path: Path) -> None:
    population = [
        (1990, "ORI", "HOA", 100, 0),
        (1990, "UNK", "HOA", 50, 0),
        (1990, "UNK", "HOB", 50, 0),
        (1991, "XXA", "HOB", 50, 0),
        (1990, "", "HOB", 50, 0),
        (1990, "or", "HOB", 50, 0),
        (1990, "Ori", "HOB", 50, 0),
    ]
    flows = [(1990, "UKN", "HOA", 5, ""), (1990, "STA", "HOA", 5, ""), (1989, "ORI", "HOA", 5, "")]
    tables = read_tables(write(tmp_path, population, [(1991, "ORI", "HOA", "")], flows))
    unknown, no_code = "the origin is unknown, or the people are stateless", "the origin has no code of three letters"
    no_year_end = "population.csv has no row of the origin in that year"
    assert [one.origin for one in tables.origin_years] == ["ORI"]
    assert tables.left_out == (
        LeftOut("flows.csv", "ORI", no_year_end, 1),
        LeftOut("flows.csv", "STA", unknown, 1),
        LeftOut("flows.csv", "UKN", unknown, 1),
        LeftOut("population.csv", "", no_code, 1),
        LeftOut("population.csv", "Ori", no_code, 1),
        LeftOut("population.csv", "UNK", unknown, 2),
        LeftOut("population.csv", "XXA", unknown, 1),
        LeftOut("population.csv", "or", no_code, 1),
        LeftOut("solutions.csv", "ORI", no_year_end, 1),
    )


def test_the_files_are_named_by_their_content(tmp_path: Path) -> None:
    tables = read_tables(write(tmp_path))
    assert tables.sha256 == {file: hashlib.sha256((tmp_path / file).read_bytes()).hexdigest() for file in COLUMNS}


def test_mark_blank_lines_line_ends_spaces_and_the_order_of_columns_do_not_matter(tmp_path: Path) -> None:
    sound = read_tables(write(tmp_path))
    rows = list(csv.reader(io.StringIO((tmp_path / "population.csv").read_text(encoding="utf-8"))))
    lines = [",".join(f'" {cell} "' for cell in reversed(row)) for row in rows]
    text = "\ufeff" + "\r\n\r\n".join([*lines, ",,,,,,,,,,", ""])
    (tmp_path / "population.csv").write_bytes(text.encode())
    found = read_tables(tmp_path)
    assert (found.origin_years, found.left_out, found.notes) == (sound.origin_years, (), ())


def test_columns_that_are_not_used_may_be_absent(tmp_path: Path) -> None:
    write(tmp_path)
    text = "year,coo,coo_iso,coa,coa_iso,refugees,returned_refugees\n1990,ORI,ORI,HOA,HOA,100,0\n"
    (tmp_path / "population.csv").write_text(text, encoding="utf-8")
    assert by_year(read_tables(tmp_path))[1990].stock == 100


def damaged(old: str, new: str) -> Callable[[str], str]:
    def damage(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return damage


THREE = (
    (1990, "ORI", "HOA", 100, 0),
    (1990, "ORI", "HOB", 200, 0),
    (1991, "ORI", "HOA", 300, 0),
)
LAST = '1991,"ORI, Côte",uORI,ORI,"HOA, Rep. of",uHOA,HOA,300,unused,0,unused'


@pytest.mark.parametrize(
    ("damage", "row", "line", "what", "remedy"),
    [
        pytest.param(lambda _: "", None, None, "the file is empty", "again", id="empty"),
        pytest.param(lambda _: "\n\n \n", None, None, "the file is empty", "again", id="blank lines only"),
        pytest.param(
            lambda text: text.partition("\n")[0], None, None, "the table has no rows", "again", id="header only"
        ),
        pytest.param(
            damaged("refugees,", "refugee,"),
            *(None, 1, "the column 'refugees' is missing", "The nearest is 'refugee'; rename it"),
            id="column with another name",
        ),
        pytest.param(
            damaged("coo_iso", "XYZ"), None, 1, "the column 'coo_iso' is missing", "Save", id="column missing"
        ),
        pytest.param(
            damaged("idps", "refugees"), None, 1, "the column 'refugees' stands twice", "Keep one", id="column twice"
        ),
        pytest.param(
            damaged(LAST, LAST + ",5"), 3, 4, "the row has 12 cells, the header has 11", "quotes", id="cell too many"
        ),
        pytest.param(
            damaged('"HOA, Rep. of",uHOA,HOA,300', "HOA, Rep. of,uHOA,HOA,300"),
            *(3, 4, "the row has 12 cells, the header has 11", "Put a text that has a comma between double quotes"),
            id="comma without quotes",
        ),
        pytest.param(
            damaged(LAST, LAST.rpartition(",")[0]),
            *(3, 4, "the row has 10 cells, the header has 11", "Add the missing cells"),
            id="cell missing",
        ),
        *(
            pytest.param(
                damaged(LAST, LAST.replace("1991", year)),
                *(3, 4, f"'year' is '{year}', which is no year", "Write four digits, such as 1994"),
                id=f"year {year!r}",
            )
            for year in ("", "91", "19911", "1991.0", "199x", "1899", "2101", "-1991", "१९९१", "1991-12-31")
        ),
        *(
            pytest.param(damaged(",300,", f",{cell},"), 3, 4, f"'refugees' is {shown!r}, {what}", remedy, id=shown)
            for cell, shown, what, remedy in (
                ("-5", "-5", "which is below zero", "Give a count of at least 0"),
                ("-0", "-0", "which is below zero", "Give a count of at least 0"),
                ("1.5", "1.5", "which is no whole number", "Write a whole number"),
                ("300.0", "300.0", "which is not written as a whole number", "Write 300"),
                ("3e2", "3e2", "which is not written as a whole number", "Write 300"),
                ("+300", "+300", "which is no count of people", "Write it in digits only"),
                ("9999999999999", "9999999999999", "which is no count of people", "at most twelve"),
                ('"1,300"', "1,300", "which has separators between its digits", "Write '1300'"),
                ("NA", "NA", "which is no number", "leave an optional cell blank"),
                ("nan", "nan", "which is no number", "leave an optional cell blank"),
                ("many", "many", "which is no number", "Write digits"),
                ("**", "**", "which is no number", "Write digits"),
                ("३००", "३००", "which is no number", "Write digits"),
            )
        ),
        pytest.param(
            lambda text: text + text.splitlines()[2] + "\n",
            *(4, 5, "year, coo and coa (1990, uORI, uHOB) are those of row 2", "Remove one of the two rows"),
            id="repeated key",
        ),
        pytest.param(
            lambda _: "<!DOCTYPE html>\n<html><body>1,2</body></html>\n",
            *(None, 1, "this is a web page, not a table", "Download the table itself"),
            id="web page",
        ),
        pytest.param(
            lambda text: text.replace(",", ";"),
            *(None, 1, "the cells are not separated by commas", "CSV UTF-8 (comma)"),
            id="semicolons",
        ),
        pytest.param(
            lambda text: text.replace(",", "\t"),
            *(None, 1, "the cells are not separated by commas", "CSV UTF-8 (comma)"),
            id="tabs",
        ),
        pytest.param(
            damaged('"ORI, Côte",uORI,ORI,"HOB', '"ORI" Côte,uORI,ORI,"HOB'),
            *(None, 3, "the row cannot be read as CSV", "Close every quote"),
            id="quotes that do not pair",
        ),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_damage_is_said_once_with_file_row_and_remedy(
    tmp_path: Path, damage: Callable[[str], str], row: int | None, line: int | None, what: str, remedy: str, end: str
) -> None:
    path = write(tmp_path, THREE) / "population.csv"
    path.write_bytes(damage(path.read_text(encoding="utf-8")).replace("\n", end).encode())
    [problem] = problems_of(tmp_path)
    assert (problem.file, problem.row, problem.line) == ("population.csv", row, line)
    assert problem.what.startswith(what)
    assert remedy in problem.remedy


@pytest.mark.parametrize("file", COLUMNS)
def test_a_file_that_is_missing_or_a_folder_is_named(tmp_path: Path, file: str) -> None:
    path = write(tmp_path) / file
    path.unlink()
    expected = Problem(file, None, None, "the file is missing", f"Save UNHCR's table as {path}")
    assert problems_of(tmp_path) == [expected]
    path.mkdir()
    assert [(p.file, p.what) for p in problems_of(tmp_path)] == [(file, "this is a folder, but a file is expected")]


def test_a_folder_that_is_missing_misses_every_file(tmp_path: Path) -> None:
    assert [(p.file, p.what) for p in problems_of(tmp_path / "nowhere")] == [
        (file, "the file is missing") for file in sorted(COLUMNS)
    ]


def test_text_that_is_not_utf_8_is_named_after_the_problems_above_it(tmp_path: Path) -> None:
    path = write(tmp_path, THREE) / "population.csv"
    text = path.read_text(encoding="utf-8").replace(",100,", ",?,")
    kept, _, last = text.rpartition("1991")
    path.write_bytes(kept.encode() + b"1991" + last.encode("latin-1"))
    first, second = problems_of(tmp_path)
    assert (first.line, first.what[:19]) == (4, "the file is not UTF")
    assert (second.row, second.line, second.what[:20]) == (1, 2, "'refugees' is '?', w")


@pytest.mark.parametrize(("file", "column"), [(file, name) for file, names in USED.items() for name in names])
def test_every_count_that_is_used_is_checked_and_the_others_are_not(tmp_path: Path, file: str, column: str) -> None:
    path = write(tmp_path) / file
    at = (KEYS + COLUMNS[file]).index(column)
    header, row = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    row[at] = "-1"
    path.write_text("\n".join(",".join(f'"{cell}"' for cell in cells) for cells in (header, row)), encoding="utf-8")
    [problem] = problems_of(tmp_path)
    assert (problem.file, problem.row, problem.what) == (file, 1, f"'{column}' is '-1', which is below zero")


def test_all_problems_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        population=[("?", "ORI", "HOA", "x", "y"), (1990, "ORI", "HOA", 5, 0), (1990, "ORI", "HOA", 5, 0)],
        solutions=[(1990, "ORI", "HOA", "-3")],
    )
    (tmp_path / "flows.csv").unlink()
    assert [(p.file, p.row, p.what.partition(" ")[0]) for p in problems_of(tmp_path)] == [
        ("flows.csv", None, "the"),
        ("population.csv", 1, "'refugees'"),
        ("population.csv", 1, "'returned_refugees'"),
        ("population.csv", 1, "'year'"),
        ("population.csv", 3, "year,"),
        ("solutions.csv", 1, "'returned_refugees'"),
    ]


@pytest.mark.parametrize(("bad", "listed"), [(20, 20), (21, 21), (5_000, 21)])
def test_of_many_problems_the_first_twenty_are_listed_and_all_are_counted(
    tmp_path: Path, bad: int, listed: int
) -> None:
    write(tmp_path, population=[(1990, "ORI", f"H{number}", "many", 0) for number in range(bad)])
    problems = problems_of(tmp_path)
    assert len(problems) == listed
    assert [p.row for p in problems if p.row] == list(range(1, 21))
    if bad > 20:
        assert problems[0].what == f"only the first 20 of {bad:,} problems are listed"


Sheets = dict[str, list[Row]]


def cells(*, blank: bool) -> st.SearchStrategy[str]:
    counts = st.one_of(st.just("0"), st.integers(1, 4).map(str), st.integers(5, 10**6).map(str))
    return st.one_of(st.sampled_from(["", "-"]), counts) if blank else counts


@st.composite
def sheets(draw: st.DrawFn) -> Sheets:
    """Draw three tables of few origins, hosts and years, so that rows meet."""
    keys = st.tuples(
        st.integers(1990, 1994), st.sampled_from(["ORI", "ANO", "UNK"]), st.sampled_from(["HOA", "HOB", "UNK"])
    )
    found: Sheets = {}
    for file, names in USED.items():
        counts = st.tuples(*(cells(blank=file != "population.csv") for _ in names))
        rows = draw(st.dictionaries(keys, counts, min_size=1, max_size=25))
        found[file] = [(*key, *values) for key, values in rows.items()]
    return found


def read_sheets(found: Mapping[str, Iterable[Row]]) -> UnhcrTables:
    with tempfile.TemporaryDirectory() as name:
        return read_tables(write(Path(name), *(found[file] for file in COLUMNS)))


@given(sheets(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(found: Sheets, chance: random.Random) -> None:
    tables = read_sheets(found)
    shuffled = read_sheets({file: chance.sample(rows, len(rows)) for file, rows in found.items()})
    assert shuffled.origin_years == tables.origin_years
    assert (shuffled.left_out, shuffled.notes) == (tables.left_out, tables.notes)


def halves(row: Row) -> list[Row]:
    """Return a row of a host as rows of its two halves, which together count as many people."""
    year, origin, host, *counts = row
    first = [str(int(cell) // 2) if str(cell).isdigit() else cell for cell in counts]
    second = [str(int(cell) - int(cell) // 2) if str(cell).isdigit() else cell for cell in counts]
    other = "HAA" if host == "HOA" else "HBB"
    return [row] if host == "UNK" else [(year, origin, host, *first), (year, origin, other, *second)]


@given(sheets())
def test_a_host_in_two_halves_counts_as_the_whole(found: Sheets) -> None:
    whole = read_sheets(found).origin_years
    split = read_sheets({file: [half for row in rows for half in halves(row)] for file, rows in found.items()})
    assert [(o.origin, o.year, o.stock, o.arrivals, o.returns) for o in split.origin_years] == [
        (o.origin, o.year, o.stock, o.arrivals, o.returns) for o in whole
    ]


@given(sheets())
def test_origins_matter_to_each_other_only_by_who_reports(found: Sheets) -> None:
    """Without the counts of the others, but with who reported, an origin's years are what they were."""

    def emptied(row: Row) -> Row:
        return row if row[1] == "ORI" else (*row[:3], *("0" if str(cell).isdigit() else cell for cell in row[3:]))

    alone = {file: [emptied(row) for row in rows] for file, rows in found.items()}
    assert by_year(read_sheets(alone)) == by_year(read_sheets(found))


@pytest.fixture(scope="module")
def real() -> UnhcrTables:
    if not SHARED.is_dir():
        pytest.skip("../shared/data/unhcr is absent")
    return read_tables(SHARED)


def database_sums(file: str, count: str) -> dict[tuple[str, int], int]:
    """Return sums by origin and year that DuckDB makes, where there is any number."""
    query = f"""
        SELECT coo_iso, year, sum({count})::BIGINT FROM read_csv(?, all_varchar = false)
        WHERE coo_iso NOT IN ('UNK', 'UKN', 'XXA', 'STA') AND ({count}) IS NOT NULL GROUP BY ALL
    """
    rows = duckdb.connect().execute(query, [str(SHARED / file)]).fetchall()
    return {(origin, year): total for origin, year, total in rows}


@pytest.mark.shared
def test_known_figures_of_the_real_tables(real: UnhcrTables) -> None:
    assert returns(real, "MOZ")[1993] == 604_386
    assert returns(real, "AFG")[2002] == 1_957_955
    assert returns(real, "RWA")[1996] == 1_410_774
    afghanistan = by_year(real, "AFG")[2002]
    assert (afghanistan.stock, afghanistan.arrivals, afghanistan.largest_host) == (2_510_294, 97_745, "PAK")


@pytest.mark.shared
def test_stocks_of_the_real_tables_are_those_of_a_database(real: UnhcrTables) -> None:
    found = {(one.origin, one.year): one.stock for one in real.origin_years}
    assert found == database_sums("population.csv", "refugees")
    assert len(found) > 7_000
    assert real.last_year == max(year for _, year in found)


@pytest.mark.shared
def test_returns_and_arrivals_of_the_real_tables_are_those_of_a_database(real: UnhcrTables) -> None:
    keys = {(one.origin, one.year) for one in real.origin_years}
    arrivals = database_sums(
        "flows.csv",
        "CASE WHEN coalesce(refugees, refugee_like) IS NOT NULL "
        "THEN coalesce(refugees, 0) + coalesce(refugee_like, 0) END",
    )
    found = {(one.origin, one.year): one.arrivals for one in real.origin_years if one.arrivals is not None}
    assert found == {key: total for key, total in arrivals.items() if key in keys}
    reported = database_sums("solutions.csv", "returned_refugees")
    assert {(o.origin, o.year): o.returns for o in real.origin_years if o.returns} == reported
    years = [one for one in real.origin_years if (one.origin, one.year) not in reported]
    assert {one.returns for one in years} == {0, None}


@pytest.mark.shared
def test_the_real_tables_agree_and_what_is_left_out_is_counted(real: UnhcrTables) -> None:
    assert real.notes == ()
    with (SHARED / "population.csv").open(encoding="utf-8", newline="") as file:
        rows = Counter(row["coo_iso"] for row in csv.DictReader(file))
    left_out = {one.origin: one.rows for one in real.left_out if one.file == "population.csv"}
    assert left_out == {code: rows[code] for code in ("UNK", "XXA")}
    assert rows.keys() - left_out.keys() == {one.origin for one in real.origin_years}


@pytest.mark.shared
def test_a_cell_damaged_in_the_real_tables_is_found(real: UnhcrTables, tmp_path: Path) -> None:
    assert real.origin_years
    for file in COLUMNS:
        (tmp_path / file).write_bytes((SHARED / file).read_bytes())
    lines = (tmp_path / "flows.csv").read_text(encoding="utf-8").splitlines()
    lines[50_000] = lines[50_000].rpartition(",")[0]
    (tmp_path / "flows.csv").write_text("\n".join(lines), encoding="utf-8")
    assert [(p.file, p.row, p.line) for p in problems_of(tmp_path)] == [("flows.csv", 50_000, 50_001)]
