"""Turn the text of one cell into a value: numbers, dates and switches, never by guessing.

Text columns keep their text: ``NO``, ``010``, ``null`` and ``1e3`` are what they say.
"""

from __future__ import annotations

import math
import re
import types
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel

from homeward.case.wording import shown

__all__ = ["CellError", "Column", "cell_text", "cell_value", "columns_of"]

_SWITCH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NOT_A_NUMBER = ("nan", "inf", "infinity", "na", "n/a", "null", "none", "-")
_LARGEST = 10**18


class CellError(ValueError):
    """A cell that is not what its column holds; ``what`` follows the words "'column' is 'cell', "."""

    def __init__(self, what: str, remedy: str) -> None:
        """Keep what is wrong and what would mend it."""
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name, the Python type of its values, and whether a cell must be filled."""

    name: str
    type: type
    required: bool
    description: str


def columns_of(model: type[BaseModel]) -> dict[str, Column]:
    """Return the columns of a table by name, in the order in which they are written."""
    # What every row has (source, known_on, …) is inherited: pydantic puts that first, people last.
    own = [name for name in model.model_fields if name in model.__annotations__]
    inherited = [name for name in model.model_fields if name not in own]
    return {name: _column(model, name) for name in own + inherited}


def cell_value(text: str, kind: type) -> object:
    """Return a cell as a value of ``kind``; text and choices as they stand, without white space around.

    Raises CellError where the text is no such value.
    """
    text = text.strip()
    if kind is bool:
        return _switch(text)
    if kind is date:
        return _date(text)
    if kind is int:
        return _whole(text)
    if kind is float:
        return _number(text)
    return text


def cell_text(value: object) -> str:
    """Return a value as the text of a cell; ``cell_value`` gives the same value back."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)


def _column(model: type[BaseModel], name: str) -> Column:
    field = model.model_fields[name]
    return Column(name, _plain_type(field.annotation), field.is_required(), field.description or "")


def _plain_type(annotation: object) -> type:
    """Return the type inside ``Annotated`` and ``… | None``; text where it is anything but a class."""
    if get_origin(annotation) is Annotated:
        return _plain_type(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _plain_type(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation if isinstance(annotation, type) else str


def _switch(text: str) -> bool:
    try:
        return _SWITCH[text.casefold()]
    except KeyError:
        raise CellError("which is neither true nor false", "Write true or false") from None


def _date(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise CellError("which is no date", "Write year-month-day, such as 2011-03-15")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CellError("a day that no calendar has", "Write year-month-day, such as 2011-03-15") from None


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        value = _number(text)
        if not value.is_integer():
            raise CellError("which is no whole number", "Write a whole number")
        remedy = f"Write {value:.0f}" if abs(value) < _LARGEST else "Check the number of digits"
        raise CellError("which is not written as a whole number", remedy)
    if len(text) > len(str(_LARGEST)):
        raise CellError("which is too large", "Check the number of digits")
    return int(text)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise CellError(*_why_no_number(text))
    value = float(text)
    if not math.isfinite(value):
        raise CellError("which is too large", "Check the exponent")
    return value


def _why_no_number(text: str) -> tuple[str, str]:
    bare = text.replace(",", "").replace(" ", "").replace("\u00a0", "").replace("\u202f", "").replace("'", "")
    if text.lstrip("+-").casefold() in _NOT_A_NUMBER:
        return "which is no number", "Give a number; leave an optional cell blank where there is none"
    if re.fullmatch(r"[+-]?[0-9]+,[0-9]+", text) and not re.fullmatch(r"[+-]?[0-9]{1,3},[0-9]{3}", text):
        return "which has a decimal comma", f"Write {shown(text.replace(',', '.'))}"
    if _NUMBER.fullmatch(bare):
        return "which has separators between its digits", f"Write {shown(bare)}, or with a point for decimals"
    return "which is no number", "Write digits with a point for decimals, such as 1234.5, and no unit"
