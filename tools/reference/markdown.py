"""The little Markdown that the generated pages need, and the meanings that the code has no place for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

__all__ = ["MissingMeaningError", "as_markdown", "meanings", "table"]

MEANINGS_FILE = Path(__file__).parent / "meanings.toml"


class MissingMeaningError(Exception):
    """Something that the code has and nobody has described, or the other way round."""


@cache
def meanings(section: str) -> Mapping[str, str]:
    """Return a section of ``meanings.toml``: what is meant by each name; empty if there is none."""
    found: object = tomllib.loads(MEANINGS_FILE.read_text(encoding="utf-8"))
    for name in section.split("."):
        found = found.get(name, {}) if isinstance(found, dict) else {}
    return {name: text for name, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; what would end a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def as_markdown(docstring: str) -> str:
    """Return a docstring as Markdown: code in single backquotes, references without their role."""
    return re.sub(r":\w+:`~?([^`]+)`", r"`\1`", docstring.replace("``", "`")).strip()
