"""The tables of a plan as CSV, Parquet and one XLSX workbook, each whole or not there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from homeward.plan.columns import Table
from homeward.results.durable import place_whole, plain_error
from homeward.results.tables import copy_to_parquet, open_memory

__all__ = ["write_table", "write_workbook"]

WIDEST = 34
"""Characters; columns of a sheet are no wider."""

READ_ME = "Read me"


def write_table(table: Table, *paths: Path) -> None:
    """Write a table to files, each a ``.csv`` (UTF-8, a header, empty for None) or a ``.parquet``.

    Raises RunError if one cannot be written.
    """
    try:
        with open_memory() as connection:
            _fill(connection, table)
            for path in paths:
                if path.suffix == ".parquet":
                    copy_to_parquet(connection, "FROM plan", path)
                else:
                    place_whole(
                        path, lambda to: connection.execute(f"COPY plan TO '{_escaped(to)}' (FORMAT csv, HEADER)")
                    )
    except (OSError, duckdb.Error) as error:
        raise plain_error(f"writing {paths[0].parent}", error) from error


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")


def _fill(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    columns = table.columns
    declared = ", ".join(f'"{column.name}" {column.kind}' for column in columns)
    connection.execute(f"CREATE TABLE plan ({declared})")
    values = [list(column) for column in zip(*table.rows, strict=True)] or [[] for _ in columns]
    unnested = ", ".join(f"unnest(${number}::{c.kind}[])" for number, c in enumerate(columns, start=1))
    connection.execute(f"INSERT INTO plan SELECT {unnested}", values)


def write_workbook(path: Path, read_me: Sequence[str], tables: Sequence[Table]) -> None:
    """Write a workbook: a sheet with the lines of ``read_me`` and what every column means, and a sheet for each table.

    Raises RunError if it cannot be written.
    """
    from openpyxl import Workbook

    book = Workbook()
    _write_read_me(book.active, read_me, tables)
    for table in tables:
        _write_sheet(book.create_sheet(table.name.capitalize()), table)
    try:
        place_whole(path, book.save)
    except OSError as error:
        raise plain_error(f"writing {path}", error) from error


def _write_read_me(sheet: Any, read_me: Sequence[str], tables: Sequence[Table]) -> None:  # noqa: ANN401
    sheet.title = READ_ME
    for line in read_me:
        _append(sheet, (line,))
    for table in tables:
        _append(sheet, ())
        _append(sheet, (f"Sheet {table.name.capitalize()}: {table.meaning}",), bold=True)
        for column in table.columns:
            _append(sheet, (column.name, column.meaning))
    sheet.column_dimensions["A"].width = WIDEST
    sheet.column_dimensions["B"].width = 120


def _write_sheet(sheet: Any, table: Table) -> None:  # noqa: ANN401
    from openpyxl.utils import get_column_letter

    _append(sheet, [column.name for column in table.columns], bold=True)
    for row in table.rows:
        _append(sheet, row)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    for number, column in enumerate(table.columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = min(WIDEST, len(column.name) + 3)


def _append(sheet: Any, values: Sequence[object], *, bold: bool = False) -> None:  # noqa: ANN401
    """Write a row; a text that begins with an equals sign stays a text."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cells = []
    for value in values:
        cell = WriteOnlyCell(sheet, value=value)
        if isinstance(value, str):
            cell.data_type = "s"
        if isinstance(value, date):
            cell.number_format = "yyyy-mm-dd"
        if bold:
            cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)
