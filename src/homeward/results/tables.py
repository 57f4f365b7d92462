"""The tables of a run as Parquet files: their columns, and how the codes of a trajectory become names.

Codes are replaced by joining small tables of names in SQL; no row passes through Python. Rows are sorted so
that neighbours differ little, which is what keeps a replicate of Syria under one megabyte.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from homeward.case.schema import Place
from homeward.engine.record import Columns, Names, Trajectory
from homeward.results.durable import place_whole

__all__ = [
    "MARKER",
    "PART_TABLES",
    "SINGLE_TABLES",
    "SPILL_FOLDER",
    "WORK_TABLES",
    "content_hash",
    "copy_to_parquet",
    "open_memory",
    "part_name",
    "parts",
    "read_parquet",
    "write_mean_matrix",
    "write_parts",
    "write_places",
]

PART_TABLES = ("stocks", "flows", "returns", "fled_back", "displaced_again", "balance")
"""Tables of a finished run that have one part per replicate."""

MARKER = "balance"
"""The part written last: a replicate counts as done when it is there."""

WORK_TABLES = ("matrix",)
"""Tables with a part per replicate only while the run lasts."""

SINGLE_TABLES = ("places", "summary", "matrix")
"""Tables of a finished run that are one file."""

SPILL_FOLDER = "spill"
"""Folder inside unfinished work for what does not fit in memory."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a table of codes is written: columns with the list of names they index, and the order of rows."""

    columns: tuple[tuple[str, str], ...]
    order: tuple[str, ...]


_LAYOUTS: Mapping[str, _Layout] = {
    "stocks": _Layout(
        (("date", "month"), ("place", "place"), ("origin", "place"), ("stage", "stage")),
        ("stage", "place", "origin", "date"),
    ),
    "flows": _Layout(
        (("month", "month"), ("origin", "place"), ("to_place", "place"), ("kind", "kind")),
        ("kind", "to_place", "origin", "month"),
    ),
    "returns": _Layout(
        (("month", "month"), ("origin", "place"), ("host", "place")),
        ("origin", "host", "month"),
    ),
    "fled_back": _Layout(
        (("month", "month"), ("origin", "place"), ("host", "place")),
        ("origin", "host", "month"),
    ),
    "displaced_again": _Layout(
        (("month", "month"), ("months", ""), ("origin", "place")),
        ("origin", "month", "months"),
    ),
    "matrix": _Layout(
        (("year", ""), ("origin", "place"), ("from_place", "place"), ("to_place", "place"), ("kind", "kind")),
        ("kind", "origin", "to_place", "from_place", "year"),
    ),
}

_SOURCE_COLUMN = {("stocks", "date"): "month"}
"""Where a column carries another name in the trajectory."""


def open_memory(
    *, memory_limit: str = "200MB", threads: int = 1, spill: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """Return a connection to an empty database in memory that never reaches for the network.

    What does not fit ``memory_limit`` is spilled to ``spill``, or to the folder for temporary files.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": memory_limit,
        "temp_directory": str(spill or Path(tempfile.gettempdir()) / f"homeward-{uuid.uuid4().hex}"),
        "threads": threads,
    }
    return duckdb.connect(":memory:", config=settings)


def part_name(replicate: int) -> str:
    """Return the file name of the part of a replicate."""
    return f"part-{replicate:05d}.parquet"


def parts(folder: Path, table: str) -> dict[int, Path]:
    """Return the parts of a table by replicate."""
    found = sorted((folder / table).glob("part-*.parquet"))
    return {int(path.stem.removeprefix("part-")): path for path in found}


def read_parquet(path: Path) -> str:
    """Return the SQL that reads a Parquet file, or all parts in a folder (a path without a suffix)."""
    glob = re.sub(r"([\[*?])", r"[\1]", str(path))
    if path.suffix != ".parquet":
        glob += "/part-*.parquet"
    return f"read_parquet({_quoted(glob)})"


def copy_to_parquet(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write the rows of a query to a Parquet file, whole or not at all.

    Raises OSError or duckdb.Error.
    """
    # Measured on Syria: long dictionaries of people counts compress worse than plain numbers, one row group
    # better than several. Version 1 pages: every reader opens them, and version 2 is no smaller.
    options = (
        "FORMAT parquet, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 1000, PARQUET_VERSION V1, "
        "ROW_GROUP_SIZE 1000000, USE_TMP_FILE false"
    )
    place_whole(path, lambda to: connection.execute(f"COPY ({query}) TO {_quoted(str(to))} ({options})"))


def write_parts(trajectory: Trajectory, folder: Path) -> None:
    """Write all parts of one replicate, the marker last.

    Raises OSError or duckdb.Error; then the replicate does not count as done.
    """
    # A spill folder of its own: two databases in one folder would write the same file.
    with open_memory(spill=folder / SPILL_FOLDER / str(trajectory.replicate)) as connection:
        _create_names(connection, trajectory.names)
        for table in _LAYOUTS:
            connection.register("coded", _sorted(table, getattr(trajectory, table)))
            query = _named_rows(table, trajectory.replicate)
            copy_to_parquet(connection, query, folder / table / part_name(trajectory.replicate))
            connection.unregister("coded")
        marker = folder / MARKER / part_name(trajectory.replicate)
        copy_to_parquet(connection, _balance_row(trajectory), marker)


def _create_names(connection: duckdb.DuckDBPyConnection, names: Names) -> None:
    lists: dict[str, Sequence[object]] = {
        "place": names.places,
        "stage": names.stages,
        "kind": names.kinds,
        "month": names.month_ends,
    }
    for name, values in lists.items():
        connection.execute(
            f"CREATE TABLE name_of_{name} AS SELECT unnest(range(len($1))) AS code, unnest($1) AS name",
            [list(values)],
        )


def _named_rows(table: str, replicate: int) -> str:
    layout = _LAYOUTS[table]
    shown, joins = [f"{replicate}::INTEGER AS replicate"], []
    for column, names in layout.columns:
        code = f"coded.{_SOURCE_COLUMN.get((table, column), column)}"
        if names:
            joins.append(f"JOIN name_of_{names} AS of_{column} ON of_{column}.code = {code}")
            shown.append(f"of_{column}.name AS {column}")
        else:
            shown.append(f"{code}::INTEGER AS {column}")
    return f"SELECT {', '.join(shown)}, coded.people::BIGINT AS people FROM coded {' '.join(joins)}"


def _sorted(table: str, columns: Columns) -> Columns:
    """Return the rows in the order of the layout, by code and not by name, so that like rows lie together.

    NumPy sorts whole numbers eight times as fast as the database sorts rows.
    """
    order = [columns[_SOURCE_COLUMN.get((table, column), column)] for column in _LAYOUTS[table].order]
    index = np.lexsort(order[::-1])
    return {name: column[index] for name, column in columns.items()}


def _balance_row(trajectory: Trajectory) -> str:
    balance = trajectory.balance
    fields = ("people_start", "births", "deaths", "people_end", "draws")
    shown = ", ".join(f"{getattr(balance, name)}::BIGINT AS {name}" for name in fields)
    return f"SELECT {trajectory.replicate}::INTEGER AS replicate, {shown}"


def write_mean_matrix(connection: duckdb.DuckDBPyConnection, folder: Path, path: Path, *, replicates: int) -> None:
    """Write the mean of the ``matrix`` parts over the replicates; a row that one lacks counts as 0."""
    source = read_parquet(folder)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE mean_matrix (year INTEGER, origin VARCHAR, from_place VARCHAR, "
        "to_place VARCHAR, kind VARCHAR, people DOUBLE)"
    )
    # Kind by kind: the parts are sorted by it, and a small table of sums is three times as fast as one that
    # spills. Whole numbers are added and divided once, so that the order of parts cannot change a digit.
    for (kind,) in connection.execute(f"SELECT DISTINCT kind FROM {source} ORDER BY kind").fetchall():
        connection.execute(
            "INSERT INTO mean_matrix SELECT year, origin, from_place, to_place, kind, "
            f"sum(people)::DOUBLE / {replicates} FROM {source} WHERE kind = $1 GROUP BY ALL",
            [kind],
        )
    copy_to_parquet(connection, "FROM mean_matrix ORDER BY kind, origin, to_place, from_place, year", path)


def write_places(connection: duckdb.DuckDBPyConnection, places: Sequence[Place], path: Path) -> None:
    """Write ``places``: place, name, country, kind, pcode (null: none), latitude, longitude."""
    texts = {"place": "id", "name": "name", "country": "country", "kind": "kind", "pcode": "pcode"}
    connection.execute(
        "CREATE OR REPLACE TABLE places (place VARCHAR, name VARCHAR, country VARCHAR, kind VARCHAR, "
        "pcode VARCHAR, latitude DOUBLE, longitude DOUBLE)"
    )
    columns: list[list[object]] = [[str(getattr(place, field)) or None for place in places] for field in texts.values()]
    columns += [[place.latitude for place in places], [place.longitude for place in places]]
    unnested = ", ".join(f"unnest(${number})" for number in range(1, len(columns) + 1))
    connection.execute(f"INSERT INTO places SELECT {unnested}", columns)
    copy_to_parquet(connection, "FROM places ORDER BY place", path)


def content_hash(folder: Path) -> str:
    """Return the SHA-256 of what the tables of a run say: "identical" results are those with the same hash.

    It depends on the rows alone, in sorted order, and not on the order of parts, on versions or on times.
    Raises OSError or duckdb.Error if a table cannot be read.
    """
    whole = hashlib.sha256()
    with open_memory(memory_limit="300MB") as connection:
        for table in PART_TABLES:
            for replicate, path in parts(folder, table).items():
                whole.update(f"{table} {replicate} {_rows_hash(connection, path)}\n".encode())
        for table in SINGLE_TABLES:
            whole.update(f"{table} {_rows_hash(connection, folder / f'{table}.parquet')}\n".encode())
    return whole.hexdigest()


def _rows_hash(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    source = read_parquet(path)
    columns = [row[0] for row in connection.execute(f"DESCRIBE FROM {source}").fetchall()]
    texts = ", ".join(f"""coalesce("{column}"::VARCHAR, chr(0))""" for column in columns)
    rows = f"SELECT concat_ws(chr(31), {texts}) AS row_text FROM {source}"
    digest = connection.execute(
        f"SELECT sha256(coalesce(string_agg(row_text, chr(10) ORDER BY row_text), '')) FROM ({rows})"
    ).fetchone()
    return f"{','.join(columns)} {digest[0] if digest else ''}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
