from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeward.case import describe
from homeward.case.cells import columns_of
from homeward.case.conference import Lever, LeverBorder, LeverEffect, Meeting, Party
from homeward.case.describe import case_schemas, reference_page, write_schemas
from homeward.case.folder import TABLES
from homeward.case.scenario_schema import Scenario, ScenarioChange, ScenarioEvent, ScenarioLever
from homeward.case.schema import CaseSettings

ROOT = Path(__file__).resolve().parents[2]
STALE = "stale: run python tools/describe_case.py"


def test_shipped_schemas_are_what_the_models_say(tmp_path: Path) -> None:
    shipped = Path(describe.__file__).parent / "schemas"
    fresh = {path.name: path.read_text(encoding="utf-8") for path in write_schemas(tmp_path)}
    assert {path.name: path.read_text(encoding="utf-8") for path in shipped.iterdir()} == fresh, STALE


def test_reference_page_is_what_the_models_say() -> None:
    page = (ROOT / "docs" / "reference" / "case-folder.md").read_text(encoding="utf-8")
    assert page == reference_page(), STALE


def test_there_is_a_schema_for_every_file_of_a_case() -> None:
    schemas = case_schemas()
    assert set(schemas) == {
        "case", "claim", "claim_figure", "fitted", "findings", "scenario", "parties", "levers", "meetings", *TABLES,
    }  # fmt: skip
    assert all(schema["additionalProperties"] is False for schema in schemas.values())
    assert json.loads(json.dumps(schemas)) == schemas


SCENARIO = (Scenario, ScenarioChange, ScenarioEvent, ScenarioLever)
CONFERENCE = (Party, Lever, LeverEffect, LeverBorder, Meeting)


@pytest.mark.parametrize("model", [CaseSettings, *TABLES.values(), *SCENARIO, *CONFERENCE])
def test_every_field_has_a_meaning(model: type[CaseSettings]) -> None:
    assert [name for name, column in columns_of(model).items() if not column.description] == []


def test_page_names_every_column_with_its_kind() -> None:
    page = reference_page()
    assert "| `km` | number, > 0, ≤ 40,000 | no | Length along the road, kilometres |" in page
    assert "| `adjacent` | `true` or `false` | yes |" in page
    assert "| `basis` | `observed`, `derived`, `estimate` | no |" in page
    for model in TABLES.values():
        assert all(f"| `{name}` |" in page for name in columns_of(model))
