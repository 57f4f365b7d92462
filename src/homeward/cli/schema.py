"""``homeward schema``: JSON Schemas of the files of a case and of the documents of ``--json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from homeward.cli.output import write_error, write_out

__all__ = ["schema", "schemas"]


def schema(
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write one file per schema into this folder.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
) -> None:
    """Write the JSON Schemas of cases and results.

    There is one for case.toml, for a scenario, for a row of each table, and for every --json document.
    Editors check and complete a file by its schema. Without --out, all of them are written to standard
    output as one JSON document, by name.

    \b
    Example:
      homeward schema --out schemas
    """
    found = schemas()
    if out is None:
        write_out(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
        return
    _refuse_to_overwrite(out, found, force=force)
    out.mkdir(parents=True, exist_ok=True)
    for name, content in found.items():
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        (out / f"{name}.json").write_text(text, encoding="utf-8")
    write_error(f"{len(found)} schemas in {out}\n")


def schemas() -> dict[str, dict[str, Any]]:
    """Return every JSON Schema by name: ``case``, ``scenario``, one per table, ``run``, ``score`` …"""
    from homeward.case.describe import case_schemas
    from homeward.cli.documents import Diagnosis
    from homeward.results.backtest_contract import Backtest
    from homeward.results.claims_contract import ClaimVerdicts
    from homeward.results.contract import (
        CaseCheck,
        Comparison,
        Document,
        ErrorDocument,
        Reference,
        RunInfo,
        StockFlow,
    )
    from homeward.results.explain_contract import Explanation
    from homeward.results.fit_contract import FitReport
    from homeward.results.flee_contract import FleeRunInfo, FleeScore
    from homeward.results.forecast_contract import Forecast
    from homeward.results.meeting_contract import MeetingDocument
    from homeward.results.pillar_contract import Pillars
    from homeward.results.planning_contract import Planning
    from homeward.results.score_contract import Score
    from homeward.results.sensitivity_contract import Sensitivity
    from homeward.results.threshold_contract import Thresholds

    documents: dict[str, type[Document]] = {
        "run": RunInfo, "check": CaseCheck, "score": Score, "compare": Comparison, "doctor": Diagnosis,
        "error": ErrorDocument, "fit": FitReport, "residuals": StockFlow, "reference": Reference,
        "pillars": Pillars, "sensitivity": Sensitivity, "forecast": Forecast, "backtest": Backtest, "plan": Planning,
        "explain": Explanation, "flee-run": FleeRunInfo, "flee-score": FleeScore,
        "thresholds": Thresholds, "claims": ClaimVerdicts, "meeting": MeetingDocument,
    }  # fmt: skip
    return case_schemas() | {name: model.model_json_schema(mode="serialization") for name, model in documents.items()}


def _refuse_to_overwrite(out: Path, found: dict[str, dict[str, Any]], *, force: bool) -> None:
    from homeward.errors import UsageError

    present = [name for name in found if (out / f"{name}.json").exists()]
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; give a folder")
    if present and not force:
        raise UsageError(f"{out} holds {present[0]}.json already; --force overwrites it")
