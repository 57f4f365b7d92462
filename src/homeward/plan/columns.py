"""Tables of a plan as they are written to files: what each column is called, holds and means, and the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Column", "Table", "count_columns"]

SqlType = Literal["VARCHAR", "DATE", "BIGINT", "DOUBLE", "BOOLEAN"]
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its type in SQL, and what it means in words, with the unit."""

    name: str
    kind: SqlType
    meaning: str


@dataclass(frozen=True)
class Table:
    """A table: None in a row is a value that is not known, does not apply or is too small to be published."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def column(self, name: str) -> tuple[Any, ...]:
        """Return the values of a column."""
        place = [column.name for column in self.columns].index(name)
        return tuple(row[place] for row in self.rows)


def count_columns(prefix: str, meaning: str, kind: SqlType = "BIGINT") -> tuple[Column, ...]:
    """Return the columns low, likely and high of a quantity; ``prefix`` comes before their names."""
    words = {"low": "5 % quantile over the replicates", "likely": "median", "high": "95 % quantile"}
    return tuple(Column(f"{prefix}{name}", kind, f"{meaning}; {word}") for name, word in words.items())
