"""The page of the tables of a run, written from a run of a few weeks: what is described is what is written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from homeward.case.folder import built_in_cases, load_case
from homeward.case.schema import Case, Stage
from homeward.engine.record import BIRTH
from homeward.learn.ensemble import run_ensemble
from homeward.results.run import Run
from homeward.results.summary import MEASURES, PROBABILITIES
from homeward.results.tables import PART_TABLES, SINGLE_TABLES
from homeward.rules.homeward.space import MOVE_KINDS, STATUS_KINDS
from tools.reference.markdown import MissingMeaningError, meanings, table

__all__ = ["run_table_page"]

INTRODUCTION = """\
# Tables of a run

A run is a folder. `run.json` says what was run and how to run it again ([its fields](json-documents.md#homewardrun1));
`case/` is the case as it was run, a scenario laid over it; `report.html` is there if it was asked for. Everything
else is Parquet, which [DuckDB, pandas, R and Power BI](../how-to/read-a-run.md) read as it is: a table is one file,
or a folder with one part per replicate that is read as one table.

Only rows with people are there: **a missing row is a zero**. Codes of places are those of `places.parquet`.

This page is written from a run by `python -m tools.describe_reference`.
"""

DAYS = 40
TYPE_WORDS: Mapping[str, str] = {
    "INTEGER": "whole number",
    "BIGINT": "whole number",
    "DOUBLE": "number",
    "VARCHAR": "text",
    "DATE": "date",
}


def run_table_page() -> str:
    """Return the page as Markdown; raises MissingMeaningError where code and meanings do not fit."""
    columns = _columns_of_a_run()
    listed = table(
        ("table", "one row is"),
        ((f"[`{_place(name)}`](#{name})", meanings("tables")[name]) for name in columns),
    )
    sections = (_section(name, columns[name]) for name in columns)
    quantiles = ", ".join(f"`{name}` {probability:.0%}" for name, probability in PROBABILITIES.items())
    return "\n".join(
        [
            INTRODUCTION,
            listed,
            *sections,
            *_words("Stages", "stages", [stage.value for stage in Stage]),
            *_words("Kinds of flow", "kinds", (*MOVE_KINDS, *STATUS_KINDS, BIRTH)),
            *_words("Measures of the summary", "measures", MEASURES),
            f"Quantiles of the summary are over the replicates: {quantiles}. A replicate without a row counts as 0.\n",
        ]
    )


def _place(name: str) -> str:
    return f"{name}/" if name in PART_TABLES else f"{name}.parquet"


def _columns_of_a_run() -> dict[str, dict[str, str]]:
    """Return the columns of every table, with their types in words, of a run of a few weeks."""
    case = load_case(built_in_cases()[0])
    last_day = case.settings.start + timedelta(DAYS)
    short = case.model_copy(update={"settings": case.settings.model_copy(update={"end": last_day})})
    with tempfile.TemporaryDirectory() as folder:
        return dict(_described(short, Path(folder) / "run"))


def _described(case: Case, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    run_ensemble(case, folder, replicates=1)
    with Run.open(folder).connection() as connection:
        for name in (*PART_TABLES, *SINGLE_TABLES):
            rows = connection.execute(f"DESCRIBE {name}").fetchall()
            yield name, {column: TYPE_WORDS[kind] for column, kind, *_ in rows}


def _section(name: str, columns: Mapping[str, str]) -> str:
    words = dict(meanings("columns")) | dict(meanings(f"columns.{name}"))
    _require(f"columns of {name}", words, list(columns))
    rows = ((f"`{column}`", kind, words[column]) for column, kind in columns.items())
    return f"## {name}\n\nOne row is {meanings('tables')[name]}.\n\n" + table(("column", "value", "meaning"), rows)


def _words(title: str, section: str, names: Sequence[str]) -> Iterator[str]:
    words = meanings(section)
    _require(section, words, names)
    unknown = sorted(set(words) - set(names))
    if unknown:
        raise MissingMeaningError(f"{section} in meanings.toml that the code has no more: {', '.join(unknown)}")
    yield f"## {title}\n"
    yield table((section.removesuffix("s"), "meaning"), ((f"`{name}`", words[name]) for name in names))


def _require(what: str, words: Mapping[str, str], names: Sequence[str]) -> None:
    missing = [name for name in names if name not in words]
    if missing:
        raise MissingMeaningError(f"no meaning in meanings.toml for {what}: {', '.join(missing)}")
