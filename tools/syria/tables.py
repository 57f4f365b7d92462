"""Writing a table of the case: the columns of its model, what a row says of itself last."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from homeward.case.schema import Row

__all__ = ["write_table"]


def write_table(path: Path, rows: Sequence[BaseModel]) -> None:
    """Write ``rows``, all of one model, as UTF-8 CSV with line feeds: the same rows give the same bytes."""
    columns = _columns(type(rows[0]))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            values = row.model_dump(mode="json")
            writer.writerow([_cell(values[column]) for column in columns])


def _columns(model: type[BaseModel]) -> list[str]:
    common = [name for name in Row.model_fields if issubclass(model, Row)]
    return [name for name in model.model_fields if name not in common] + common


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)
