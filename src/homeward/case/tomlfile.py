"""Read and write the TOML files of a case: its settings and scenarios."""

from __future__ import annotations

import functools
import itertools
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from homeward.case.textfile import read_text
from homeward.case.wording import explain
from homeward.errors import InputError, Problem

__all__ = ["read_toml", "write_toml"]

Model = TypeVar("Model", bound=BaseModel)

_MOST_SEARCHED = 200


def read_toml(path: Path, model: type[Model]) -> Model:
    """Read a TOML file as a model. Raises InputError with all that is wrong with it."""
    text = read_text(path)
    data = _parsed(path.name, text)
    try:
        # By way of JSON in strict mode: words as dates and choices, but never a number as a date or a text.
        return model.model_validate_json(json.dumps(data, default=_date_text), strict=True)
    except ValidationError as error:
        all_details = error.errors(include_url=False)
        # Each line is searched for, which takes long where there are many; nobody wrote such a file by hand.
        searched = text if len(all_details) <= _MOST_SEARCHED else ""
        raise InputError([_problem(path.name, searched, model, d["loc"], d) for d in all_details]) from None


def write_toml(path: Path, content: BaseModel) -> None:
    """Write a model of plain values, tables of numbers and of rows; ``read_toml`` gives the same model back."""
    told = [(name, value) for name, value in content if value != type(content).model_fields[name].default]
    lines = [f"{name} = {_toml_value(value)}" for name, value in told if not isinstance(value, dict)]
    for name, value in told:
        if isinstance(value, dict):
            lines += ["", f"[{name}]"]
            lines += [f"{_toml_value(key)} = {_toml_value(number)}" for key, number in value.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _parsed(file: str, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        problem = Problem(file, None, None, "lists stand too deep in each other", "Remove inner brackets")
    except ValueError as error:
        place = re.search(r"line (\d+)", str(error))
        line = int(place.group(1)) if place else None
        what = re.sub(r" \(at .*\)$", "", str(error)).strip().rstrip(".")
        remedy = "Write NAME = VALUE on each line, texts in double quotes, dates such as 2011-03-15"
        problem = Problem(file, None, line, f"this is not valid TOML: {what[:200]}", remedy)
    raise InputError([problem])


def _date_text(value: object) -> str:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _problem(
    file: str, text: str, model: type[BaseModel], place: Sequence[str | int], details: Mapping[str, object]
) -> Problem:
    what, remedy = explain(details, _key(place), _known_keys(model, place))
    return Problem(file, None, _line_of(text, place), what, remedy)


def _key(place: Sequence[str | int]) -> str:
    """Return the name of a key as a reader counts: ``('change', 0, 'from')`` is ``change 1.from``."""
    words = "".join(f" {part + 1}" if isinstance(part, int) else f".{part}" for part in place)
    return words.removeprefix(".")


def _known_keys(model: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    """Return the keys that are allowed beside the one at ``place``."""
    inner = schema = _json_schema(model)
    for part in place[:-1]:
        if isinstance(part, str):
            found = inner.get("properties", {}).get(part, {})
            reference = found.get("items", found).get("$ref", "").rpartition("/")[2]
            inner = schema.get("$defs", {}).get(reference, {})
    return list(inner.get("properties", {}))


@functools.cache
def _json_schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True)


def _line_of(text: str, place: Sequence[str | int]) -> int | None:
    """Return the line where a key is written, or of the table it belongs to; None if neither is found."""
    lines = text.splitlines()
    *table, key = place if place and isinstance(place[-1], str) else [*place, ""]
    start = 0
    if table:
        count = next((part for part in table if isinstance(part, int)), 0)
        headers = _lines_like(lines, r"\[+\s*{}\s*\]+", ".".join(part for part in table if isinstance(part, str)))
        if count >= len(headers):
            return None
        start = headers[count]
    written = _lines_like(_one_table(lines, start), r"[\"']?{}[\"']?\s*=", str(key))
    if written:
        return start + written[0]
    headers = [] if table else _lines_like(lines, r"\[+\s*{}\s*\]+", str(key))
    return headers[0] if headers else start or None


def _lines_like(lines: Sequence[str], pattern: str, name: str) -> list[int]:
    """Return the lines, counted from 1, that start like the pattern with the name in it."""
    wanted = re.compile(r"\s*" + pattern.format(re.escape(name)))
    return [number for number, line in enumerate(lines, start=1) if wanted.match(line)]


def _one_table(lines: Sequence[str], start: int) -> list[str]:
    """Return the lines from ``start`` to the next header of a table."""
    return list(itertools.takewhile(lambda line: not line.lstrip().startswith("["), lines[start:]))


def _toml_value(value: object) -> str:
    if isinstance(value, BaseModel):
        return "{ " + ", ".join(f"{name} = {_toml_value(held)}" for name, held in value) + " }"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml_value, value))}]"
    if isinstance(value, str):
        # A JSON text is a TOML text, but for DEL, which TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    return str(value).lower() if isinstance(value, bool) else str(value)
