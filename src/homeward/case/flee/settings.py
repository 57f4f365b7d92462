"""Read ``simsetting.yml`` without YAML's guesses, and say where Flee's own reading of it differs.

Every value is read as the text that stands there and turned into what its key holds, so ``NO``, ``010`` and
``12:30`` cannot become something else. What Flee gets from the same text is worked out beside it, with the loader
and the conversion that Flee uses, and a difference is a warning.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from homeward.case.cells import CellError, cell_value
from homeward.case.flee.misreadings import ALIASES, advice_on, ignored_key
from homeward.case.flee.parameters import FleeSettings
from homeward.case.flee.rows import Findings
from homeward.case.textfile import read_text
from homeward.case.wording import did_you_mean, explain, nearest, shown
from homeward.errors import InputError

__all__ = ["SETTINGS_FILE", "read_settings"]

SETTINGS_FILE = "simsetting.yml"

_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_CUT_OFF = ("default_conflict_intensity",)
"""Keys whose number Flee cuts off to a whole one, although a fraction has a meaning."""


def read_settings(path: Path, findings: Findings) -> FleeSettings | None:
    """Read the settings of a Flee directory; None, with every problem noted, where they cannot be used."""
    reader = _Reader(findings)
    try:
        node = _document(read_text(path))
    except InputError as error:
        findings.problems.extend(replace(problem, file=SETTINGS_FILE) for problem in error.problems)
        return None
    except RecursionError:
        findings.problem(SETTINGS_FILE, "lists stand too deep in each other", "Remove inner brackets")
        return None
    except yaml.YAMLError as error:
        reader.problem(_line_of(error), f"this is not valid YAML: {_plain(error)}", "Write one 'key: value' a line")
        return None
    before = len(findings.problems)
    data = reader.section(node, FleeSettings, ()) if node is not None else None
    settings = _validated(data or {}, reader, told=len(findings.problems) > before)
    if settings is not None:
        for text in advice_on(settings):
            findings.warn(SETTINGS_FILE, text)
    return settings


@dataclass(slots=True)
class _Reader:
    """Walks through the nodes of the document; remembers the line of every key."""

    findings: Findings
    lines: dict[tuple[str, ...], int] = field(default_factory=dict)

    def problem(self, line: int | None, what: str, remedy: str) -> None:
        self.findings.problem(SETTINGS_FILE, what, remedy, line=line)

    def section(self, node: yaml.Node, model: type[BaseModel], place: tuple[str, ...]) -> dict[str, object] | None:
        """Return the values of a section by key; keys that are wrong are noted and left out. None for no section."""
        name = place[-1] if place else "the file"
        if not isinstance(node, yaml.MappingNode):
            self.problem(_line(node), f"{name} is not made of keys and values", "Write 'key: value' on lines below it")
            return None
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, model, place)
            if key is None:
                continue
            self.lines[(*place, key)] = _line(key_node)
            value = self._value(value_node, _kind(model.model_fields[key].annotation), (*place, key))
            if value is not None:
                found[key] = value
        return found

    def _key(self, node: yaml.Node, model: type[BaseModel], place: tuple[str, ...]) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self.problem(_line(node), "a key is no plain word", "Write 'key: value'")
            return None
        key = ALIASES.get((*place, node.value), node.value)
        if (*place, key) in self.lines:
            self.problem(_line(node), f"the key {shown(key)} stands twice", "Keep one of them")
        elif key in model.model_fields:
            return key
        elif (reason := ignored_key(place, key)) is not None:
            self.findings.warn(SETTINGS_FILE, f"{shown(key)}: {reason}")
        else:
            where = f" under {place[-1]}" if place else ""
            self.problem(_line(node), f"the key {shown(key)} is not known{where}", _remedy(key, model))
        return None

    def _value(self, node: yaml.Node, kind: Any, place: tuple[str, ...]) -> object:  # noqa: ANN401
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return None if _is_blank(node) else self.section(node, kind, place)
        if get_origin(kind) is tuple:
            return self._list(node, _kind(get_args(kind)[0]), place)
        return self._scalar(node, kind, place)

    def _list(self, node: yaml.Node, kind: type, place: tuple[str, ...]) -> tuple[object, ...] | None:
        if _is_blank(node):
            return None
        if not isinstance(node, yaml.SequenceNode):
            what = f"{shown(place[-1])} is not a list"
            self.problem(_line(node), what, "Write numbers in square brackets, such as [1.0, 0.5]")
            return None
        values = [self._scalar(item, kind, place) for item in node.value]
        return None if any(value is None for value in values) else tuple(values)

    def _scalar(self, node: yaml.Node, kind: type, place: tuple[str, ...]) -> object:
        key = place[-1]
        if not isinstance(node, yaml.ScalarNode):
            self.problem(_line(node), f"{shown(key)} is a list or a section", "Write one value behind the key")
            return None
        if _is_blank(node) or (not node.value.strip() and kind is not str):
            self.problem(_line(node), f"{shown(key)} is blank", "Give a value, or remove the line for the default")
            return None
        try:
            value = _typed(node.value, kind)
        except CellError as error:
            self.problem(_line(node), f"{shown(key)} is {shown(node.value)}, {error.what}", error.remedy)
            return None
        self._compare(node, kind, key, value)
        return value

    def _compare(self, node: yaml.ScalarNode, kind: type, key: str, value: object) -> None:
        """Warn where Flee gets something else from the same text."""
        conversion: Callable[[Any], object] = int if key in _CUT_OFF else _conversion(kind)
        raw = yaml.SafeLoader("").construct_object(node)
        try:
            theirs = conversion(raw)
        except (TypeError, ValueError):
            self._warn_misread(node, key, "Flee stops there", value)
            return
        if theirs != value:
            self._warn_misread(node, key, f"Flee takes it as {theirs}", value)

    def _warn_misread(self, node: yaml.ScalarNode, key: str, theirs: str, value: object) -> None:
        written = f"{shown(node.value)} in quotes" if node.style else shown(node.value)
        text = f"line {_line(node)}: {shown(key)} is {written}: {theirs}; here it is {value}"
        self.findings.warn(SETTINGS_FILE, text)


def _document(text: str) -> yaml.Node | None:
    return yaml.compose(text.removeprefix("\ufeff"), Loader=yaml.SafeLoader)


def _validated(data: dict[str, object], reader: _Reader, *, told: bool) -> FleeSettings | None:
    """Return the settings; None where a value is out of range, or where something is wrong already."""
    try:
        settings = FleeSettings.model_validate(data)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            place = tuple(part for part in details["loc"] if isinstance(part, str))
            what, remedy = explain(details, place[-1] if place else "the file", ())
            reader.problem(reader.lines.get(place), what, remedy)
        return None
    return None if told else settings


def _kind(annotation: Any) -> Any:  # noqa: ANN401
    """Return the type inside ``Annotated`` and ``… | None``."""
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _kind(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation


def _typed(text: str, kind: type) -> object:
    if kind is bool:
        if text.strip().casefold() not in _SWITCH:
            raise CellError("which is neither true nor false", "Write true or false")
        return _SWITCH[text.strip().casefold()]
    if kind is int:
        number = cell_value(text, float)
        if isinstance(number, float) and number.is_integer():
            return int(number)
        raise CellError("which is no whole number", "Write a whole number")
    if kind is float:
        return cell_value(text, float)
    return text.strip()


def _conversion(kind: type) -> Callable[[Any], object]:
    if issubclass(kind, StrEnum):
        return str
    return kind


def _remedy(key: str, model: type[BaseModel]) -> str:
    """Return the nearest key of this section, else the section that has the key or one like it."""
    if nearest(key, model.model_fields) is None:
        for name, info in FleeSettings.model_fields.items():
            section = _kind(info.annotation)
            if isinstance(section, type) and issubclass(section, BaseModel) and nearest(key, section.model_fields):
                return f"Did you mean {shown(nearest(key, section.model_fields))}, under {name}?"
    return did_you_mean(key, model.model_fields)


def _is_blank(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _line_of(error: yaml.YAMLError) -> int | None:
    mark = getattr(error, "problem_mark", None)
    return None if mark is None else int(mark.line) + 1


def _plain(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or error).split("\n", maxsplit=1)[0][:200]
