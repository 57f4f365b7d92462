"""``homeward schema``: schemas of inputs and outputs, as one document or as files."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Call

NAMES = {
    "case", "scenario", "sources", "places", "routes", "population", "conditions", "events", "observed",
    "run", "check", "score", "compare", "doctor", "error", "fit", "fitted", "residuals", "reference", "pillars",
    "sensitivity", "plans", "superseded", "forecast", "backtest", "plan", "explain", "flee-run", "flee-score",
    "findings", "thresholds", "claims", "claim", "claim_figure",
    "meeting", "meetings", "levers", "parties",
}  # fmt: skip


def test_all_schemas_are_one_document(call: Call) -> None:
    said = call("schema")
    found = json.loads(said.out)
    assert (said.status, set(found)) == (0, NAMES)
    assert "latitude" in found["places"]["properties"]
    assert "schema" in found["run"]["properties"]


def test_schemas_become_files_and_are_not_overwritten(call: Call, tmp_path: Path) -> None:
    assert call("schema", "--out", "schemas").status == 0
    assert {path.stem for path in (tmp_path / "schemas").iterdir()} == NAMES
    (tmp_path / "schemas" / "run.json").write_text("mine", encoding="utf-8")
    refused = call("schema", "--out", "schemas")
    assert refused.status == 2
    assert "--force" in refused.err
    assert (tmp_path / "schemas" / "run.json").read_text(encoding="utf-8") == "mine"
    assert call("schema", "--out", "schemas", "--force").status == 0
    assert json.loads((tmp_path / "schemas" / "run.json").read_text(encoding="utf-8"))["title"] == "RunInfo"
