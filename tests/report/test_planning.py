"""The files of a plan: the same content in each form, whole or not there, and a page that says what it must."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from homeward.errors import UsageError
from homeward.plan.columns import Column, Table
from homeward.plan.planning import plan_tables
from homeward.report.gather import country_names
from homeward.report.planning import FILES, write_planning
from homeward.report.planning_files import write_table, write_workbook
from homeward.results.planning_contract import Planning
from homeward.results.run import Run
from tests.plan.planned_run import FORMULA, HOSTILE, shared_run


@pytest.fixture(scope="module")
def run() -> Run:
    return shared_run()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("planning") / "a plan's folder"


@pytest.fixture(scope="module")
def written(run: Run, folder: Path) -> Planning:
    return write_planning(run, folder, notes=("hindsight is in it",))


@pytest.fixture(scope="module")
def page(written: Planning, folder: Path) -> str:
    assert written.files == FILES
    return (folder / "read-me.html").read_text(encoding="utf-8")


def rows_of(path: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(":memory:") as connection:
        return connection.execute("SELECT * FROM " + f"'{path}'".replace("plan's", "plan''s")).fetchall()


def test_everything_is_written_and_nothing_else(written: Planning, folder: Path, run: Run) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert (written.as_of, written.until, written.replicates) == (date(2012, 6, 30), date(2012, 12, 31), 24)
    assert written.rows == len(rows_of(folder / "returns.parquet"))
    assert Planning.model_validate_json(written.to_json()) == written
    assert {one.host for one in written.totals} == {None, "HOA", "HOB"}
    assert written.run_dir == run.info.run_dir


@pytest.mark.parametrize("name", ["returns", "needs"])
def test_csv_and_parquet_hold_the_same_rows(written: Planning, folder: Path, run: Run, name: str) -> None:
    tables = plan_tables(run, smallest=written.smallest, country_names=country_names(run.case()))
    table: Table = getattr(tables, name)
    stored = rows_of(folder / f"{name}.parquet")
    assert stored == list(table.rows)
    assert any(None in row for row in stored)
    first, *lines = (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    assert first.split(",") == [column.name for column in table.columns]
    assert [line.split(",") for line in lines] == [[_text(value) for value in row] for row in stored]


def _text(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_the_workbook_holds_the_same_rows_and_no_formula(written: Planning, folder: Path) -> None:
    from openpyxl import load_workbook

    book = load_workbook(folder / "planning.xlsx")
    assert book.sheetnames == ["Read me", "Returns", "Needs", "Triggers"]
    for name in ("returns", "needs"):
        head, *rows = book[name.capitalize()].iter_rows()
        stored = rows_of(folder / f"{name}.parquet")
        assert len(rows) == len(stored)
        for cells, row in zip(rows, stored, strict=True):
            values = [cell.value.date() if cell.is_date else cell.value for cell in cells]
            assert values == list(row)
        assert head[0].font.bold
    east = [cell for row in book["Needs"].iter_rows() for cell in row if cell.value == FORMULA]
    assert east
    assert {cell.data_type for cell in east} == {"s"}
    lines = [str(row[0]) for row in book["Read me"].iter_rows(values_only=True)]
    assert any("2012-06-30" in line for line in lines)
    assert any("Hindsight is in it" in line for line in lines)
    assert book["Triggers"].max_row == len(written.triggers) + 1


class Reader(HTMLParser):
    """Collects tags that are open, addresses and text."""

    VOID = ("meta", "link", "path", "wbr")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_the_page_is_whole_works_offline_and_escapes(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert "script" not in reader.tags
    assert all(address.startswith(("#", "data:")) for address in reader.addresses)
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert page.count('role="img" aria-label=') == page.count("<svg") == 2


def test_the_page_says_what_day_it_knows_and_what_it_must_not_be_used_for(page: str) -> None:
    text = " ".join(re.sub(r"<[^>]+>", "", page).split())
    for said in (
        "as it was known on 30 June 2012",
        "It says of no place that it is safe to return to.",
        "no end of protection and no decision about anybody",
        "Pressure on refugees is no lever.",
        "do not add up",
        "a count from 1 to 9",
        "Hindsight is in it.",
        "order of magnitude",
        "Low and high hold: 5 % to 95 % over 24 replicates",
    ):
        assert said in text
    assert not re.search(r"\b(is|are) (now )?safe\b(?! to return to\.)", text)


def test_every_column_is_explained_on_the_page(page: str, run: Run) -> None:
    tables = plan_tables(run)
    plain = page.replace("<wbr>", "")
    for table in (tables.returns, tables.needs, tables.trigger_rows):
        for column in table.columns:
            assert f"<code>{column.name}</code>" in plain
            assert column.meaning


def test_the_page_shows_no_small_count(run: Run, written: Planning, tmp_path: Path) -> None:
    most = max(total.high or 0 for total in written.totals)
    write_planning(run, tmp_path / "hidden", smallest=most + 1)
    page = (tmp_path / "hidden" / "read-me.html").read_text(encoding="utf-8")
    assert "<svg" not in page
    cells = re.findall(r'<td class="n">([^<]*)</td>', page)
    assert cells
    assert {part for cell in cells for part in cell.split(" / ")} <= {"few", "0"}


def test_nothing_is_replaced_without_force(run: Run, written: Planning, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"already holds returns\.csv"):
        write_planning(run, folder)
    (tmp_path / "file").write_text("kept")
    with pytest.raises(UsageError, match="is a file"):
        write_planning(run, tmp_path / "file", force=True)
    before = (folder / "returns.csv").read_bytes()
    again = write_planning(run, folder, force=True, notes=("hindsight is in it",))
    assert again == written
    assert (folder / "returns.csv").read_bytes() == before


def test_a_table_without_rows_is_a_table(tmp_path: Path) -> None:
    columns = (
        Column("name", "VARCHAR", "a name"),
        Column("day", "DATE", "a day"),
        Column("people", "BIGINT", "people"),
    )
    table = Table("empty", "nothing", columns, ())
    write_table(table, tmp_path / "empty.csv", tmp_path / "empty.parquet")
    assert (tmp_path / "empty.csv").read_text() == "name,day,people\n"
    assert rows_of(tmp_path / "empty.parquet") == []
    unknown = Table("unknown", "nothing known", columns, ((None, None, None),))
    write_table(unknown, tmp_path / "unknown.parquet")
    assert rows_of(tmp_path / "unknown.parquet") == [(None, None, None)]
    write_workbook(tmp_path / "empty.xlsx", ("a line",), (table,))
    assert (tmp_path / "empty.xlsx").stat().st_size > 0


def test_the_page_of_a_forecast_with_open_return_says_that_it_may_shut(
    run: Run, written: Planning, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "return may open, which it does" in page
    tables = replace(plan_tables(run), shuts=True)
    monkeypatch.setattr("homeward.report.planning.plan_tables", lambda *_given, **_more: tables)
    write_planning(run, tmp_path / "shuts")
    shuts = (tmp_path / "shuts" / "read-me.html").read_text(encoding="utf-8")
    assert "return may shut, being open now, which it does" in shuts
    assert written.files == FILES
