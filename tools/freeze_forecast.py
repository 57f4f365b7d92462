"""Keep a forecast in the documentation, where it can fail: ``python -m tools.freeze_forecast RUN NAME NOTE …``.

Each NOTE is a sentence that is added to those of the forecast: what its makers doubt on the day of writing.
Writes ``docs/forecasts/NAME.json``, the document of the forecast as it is, and ``NAME.md``, a page with its figures by
host and the hashes of the document, the case, the parameters and the code. What is there already is never overwritten;
``tests/test_frozen_forecasts.py`` fails when one of them was edited.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from homeward.results.forecast_contract import Forecast, ForecastRow

__all__ = ["frozen_page", "main"]

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "forecasts"
SMALLEST = 1_000
TITLES = {
    "returned_refugees": "Refugees who return, by host",
    "returned_idps": "IDPs who return",
    "refugee_stock": "Registered refugees at the end, by host",
    "idp_stock": "IDPs at the end",
}


def frozen_page(document: Forecast, name: str, document_hash: str, day: str) -> str:
    """Return the page of a forecast as Markdown."""
    return "\n".join([*_head(document, name, document_hash, day), *_tables(document), ""])


def _head(document: Forecast, name: str, document_hash: str, day: str) -> Iterator[str]:
    yield f"# {document.case.title()}: {document.as_of} to {document.until}, as known on {document.as_of}"
    yield ""
    yield f"Written on {day} and not to be edited: it can still turn out wrong. The whole document, by district too,"
    yield f"is [{name}.json]({name}.json)."
    yield ""
    if document.hand_made:
        yield "**With hindsight:** rows that are estimates were taken as known on their own dates, though they were"
        yield "written down later; no figure that became known after the day was read."
        yield ""
    begun, through = document.started_from, document.fitted_through
    yield f"Courses begin with the record of {begun}; parameters fitted through {through};"
    yield f"{document.replicates:,} replicates, seed {document.seed};"
    yield f"{document.continuation.gate_in_words()}. Intervals: {document.interval}."
    yield ""
    yield "| what | SHA-256 |"
    yield "|---|---|"
    yield f"| document | `{document_hash}` |"
    yield f"| case | `{document.case_hash}` |"
    yield f"| parameters | `{document.parameters_hash}` |"
    yield f"| code | `{document.code_hash}` |"
    yield ""
    yield from (f"- {note[:1].upper()}{note[1:]}." for note in document.notes)


def _tables(document: Forecast) -> Iterator[str]:
    for year in sorted({row.year for row in document.rows}):
        for measure, title in TITLES.items():
            rows = [row for row in document.rows if (row.measure, row.year, row.place) == (measure, year, None)]
            yield from ("", f"## {title}, {rows[0].since} to {rows[0].until}", "")
            yield "| | 5 % | 25 % | median | 75 % | 95 % | last known |"
            yield "|---|---:|---:|---:|---:|---:|---:|"
            yield from (_line(row) for row in rows if (row.p95 or row.p50) >= SMALLEST)


def _line(row: ForecastRow) -> str:
    values = (row.p05, row.p25, row.p50, row.p75, row.p95, row.last_known)
    return f"| {row.country or 'all'} | {' | '.join('–' if value is None else f'{value:,.0f}' for value in values)} |"


def main(arguments: list[str]) -> int:
    """Write the files of one forecast; return 1 if they are there already."""
    run, name, doubts = Path(arguments[0]), arguments[1], arguments[2:]
    target, page = FOLDER / f"{name}.json", FOLDER / f"{name}.md"
    if target.exists() or page.exists():
        print(f"{target} or {page} is there: a forecast is never edited", file=sys.stderr)
        return 1
    document = Forecast.model_validate_json((run / "forecast.json").read_bytes())
    document = document.model_copy(update={"run_dir": "", "notes": (*document.notes, *doubts)})
    text = document.to_json(indent=None) + "\n"
    FOLDER.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="\n")
    digest = hashlib.sha256(text.encode()).hexdigest()
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    page.write_text(frozen_page(document, name, digest, day), encoding="utf-8", newline="\n")
    print(f"{target}\n{page}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
