"""Make the tables of the built-in Syria case: ``python -m tools.syria.build [FOLDER]``.

Reads ``../shared/facts/syria`` beside the repository and the literals beside this module; writes the tables
into the case's folder, or into FOLDER. The same facts and literals give the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from homeward.case.findings import FINDINGS_FILE, Finding
from homeward.case.schema import Source
from tools.syria.claims import claim_figures, claims
from tools.syria.conditions import conditions
from tools.syria.events import events
from tools.syria.facts import read_literals
from tools.syria.observed import observed
from tools.syria.places import places, population, routes
from tools.syria.plans import plans
from tools.syria.scenarios import write_scenarios
from tools.syria.tables import write_table
from tools.syria.violence import superseded_violence

__all__ = ["CASE_FOLDER", "build"]

CASE_FOLDER = Path(__file__).resolve().parents[2] / "src" / "homeward" / "case" / "builtin" / "syria"


def build(folder: Path) -> dict[str, int]:
    """Write every table into ``folder`` and return the number of rows by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = _tables()
    for name, rows in tables.items():
        write_table(folder / name, rows)
    write_scenarios(folder, conditions())
    return {name: len(rows) for name, rows in tables.items()}


def _tables() -> dict[str, Sequence[BaseModel]]:
    return {
        "sources.csv": [Source.model_validate(row) for row in read_literals("sources")],
        "places.csv": places(),
        "routes.csv": routes(),
        "population.csv": population(),
        "conditions.csv": conditions(),
        "events.csv": events(),
        "observed.csv": observed(),
        "plans.csv": plans(),
        "superseded.csv": superseded_violence(),
        "claims.csv": claims(),
        "claim_figures.csv": claim_figures(),
        FINDINGS_FILE: [Finding.model_validate(row) for row in read_literals("findings")],
    }


def _main(arguments: Sequence[str]) -> None:
    folder = Path(arguments[0]) if arguments else CASE_FOLDER
    for name, rows in build(folder).items():
        print(f"{folder / name}: {rows} rows")


if __name__ == "__main__":
    _main(sys.argv[1:])
