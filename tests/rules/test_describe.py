"""The page of parameters says what the table says."""

from __future__ import annotations

from pathlib import Path

from homeward.rules.describe import parameter_page
from homeward.rules.parameters import parameter_table

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "parameters.md"


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == parameter_page(), "run: python tools/describe_case.py"


def test_every_parameter_has_a_line_with_unit_meaning_and_source() -> None:
    for parameter in parameter_table():
        assert f"| `{parameter.name}`" in parameter_page()
        assert all((parameter.unit, parameter.meaning, parameter.source)), parameter.name
