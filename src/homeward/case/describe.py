"""Describe the case folder from its models: JSON Schemas for editors, and the reference page for people."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from homeward.case.claims import CLAIM_FIGURES_FILE, CLAIMS_FILE, Claim, ClaimFigure
from homeward.case.conference import Lever, LeverBorder, LeverEffect, Levers, Meeting, Meetings, Party
from homeward.case.findings import FINDINGS_FILE, Finding
from homeward.case.folder import REQUIRED_TABLES, TABLES
from homeward.case.scenario_schema import Scenario, ScenarioChange, ScenarioEvent, ScenarioLever
from homeward.case.schema import CaseSettings, Fitted

__all__ = ["case_schemas", "reference_page", "write_schemas"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_INTRODUCTION = """\
# The case folder

A case is a folder: `case.toml`, and tables as CSV files (UTF-8, commas, one header row, decimal point, dates
as year-month-day). A byte-order mark and a row of HXL tags below the header are read past; blank lines too.
A column may stand anywhere; a column, a key or a file that is not listed here is an error. A cell is text
unless its column says otherwise: `NO`, `010` and `null` are what they say.
`homeward check FOLDER` lists everything that is wrong, with file, row, line and remedy.
JSON Schemas for editors lie in the package under `homeward/case/schemas`.

This page is written from the models by `tools/describe_case.py`.
"""


def case_schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of one row of each table, of ``case.toml``, ``fitted.toml`` and a ``scenario``."""
    models: dict[str, type[BaseModel]] = {"case": CaseSettings, "fitted": Fitted, **TABLES, "scenario": Scenario}
    models |= {"parties": Party, "levers": Levers, "meetings": Meetings, "findings": Finding}
    models |= {"claim": Claim, "claim_figure": ClaimFigure}
    return {name: {"$schema": _DIALECT, **model.model_json_schema()} for name, model in models.items()}


def write_schemas(folder: Path) -> list[Path]:
    """Write each JSON Schema as ``NAME.json`` into a folder, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, schema in case_schemas().items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
        written.append(path)
    return written


def reference_page() -> str:
    """Return the reference page of the case folder, as Markdown."""
    parts = [_INTRODUCTION, *_part("case.toml", CaseSettings, "key")]
    parts += _part("fitted.toml (optional)", Fitted, "key")
    for name, model in TABLES.items():
        parts += _part(f"{name}.csv" if name in REQUIRED_TABLES else f"{name}.csv (optional)", model, "column")
    parts += _part("parties.csv (optional)", Party, "column")
    parts += _part("[[lever]] of levers.toml (optional)", Lever, "key")
    parts += _part("[[lever.effect]]", LeverEffect, "key", level=3)
    parts += _part("[[lever.border]]", LeverBorder, "key", level=3)
    parts += _part("[[meeting]] of meetings.toml (optional)", Meeting, "key")
    parts += _part(f"{FINDINGS_FILE} (optional)", Finding, "column")
    parts += _part(f"{CLAIMS_FILE} (optional)", Claim, "column")
    parts += _part(f"{CLAIM_FIGURES_FILE} (optional)", ClaimFigure, "column")
    parts += _part("scenarios/NAME.toml (optional)", Scenario, "key")
    parts += _part("[[change]] of a scenario", ScenarioChange, "key", level=3)
    parts += _part("[[event]] of a scenario", ScenarioEvent, "key", level=3)
    parts += _part("[[lever]] of a scenario", ScenarioLever, "key", level=3)
    return "\n".join(parts)


def _part(title: str, model: type[BaseModel], unit: str, level: int = 2) -> Iterator[str]:
    yield f"{'#' * level} {title}\n"
    yield (inspect.getdoc(model) or "").replace("``", "`") + "\n"
    yield f"| {unit} | value | blank or left out | meaning |\n|---|---|---|---|"
    schema = model.model_json_schema()
    required = schema.get("required", [])
    # What every row has is inherited and stands first in the schema; people expect it last.
    for name in sorted(schema["properties"], key=lambda key: key in ("source", "known_on", "basis", "why")):
        prop = schema["properties"][name]
        blank = "no" if name in required else "yes"
        yield f"| `{name}` | {_value_words(prop, schema)} | {blank} | {prop.get('description', '')} |"
    yield ""


def _value_words(prop: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return what may stand in a cell, in words."""
    if "$ref" in prop:
        return _value_words(schema["$defs"][prop["$ref"].rpartition("/")[2]], schema)
    if "anyOf" in prop:
        return _value_words(next(part for part in prop["anyOf"] if part.get("type") != "null"), schema)
    if "enum" in prop:
        return ", ".join(f"`{value}`" for value in prop["enum"])
    if "const" in prop:
        return f"`{prop['const']}`"
    if prop.get("format") == "date":
        return "date"
    return _type_words(prop)


def _type_words(prop: Mapping[str, Any]) -> str:
    if prop["type"] == "array":
        return "list"
    if prop["type"] == "object":
        return "names and numbers"
    if prop["type"] == "boolean":
        return "`true` or `false`"
    if prop["type"] == "string":
        return "text" + _pattern_words(prop.get("pattern", ""))
    word = "whole number" if prop["type"] == "integer" else "number"
    return word + _range_words(prop)


def _pattern_words(pattern: str) -> str:
    if "A-Z" in pattern:
        return ", three capital letters"
    return ", no spaces" if r"\s" in pattern else ""


def _range_words(prop: Mapping[str, Any]) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤"}
    limits = [f"{sign} {prop[key]:,}" for key, sign in signs.items() if key in prop]
    return f", {', '.join(limits)}" if limits else ""
