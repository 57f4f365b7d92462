"""``homeward plan``: the planning table of a forecast."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeward.cli.options import Json, OptionalRun, Quiet, opened_run
from homeward.cli.output import Output, people, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from homeward.results.planning_contract import Planning
    from homeward.results.run import Run

__all__ = ["plan"]

PLAN_FOLDER = "plan"
WHO = {"returned_refugees": "Refugees", "returned_idps": "IDPs"}


def plan(
    run: OptionalRun = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder to write; left out: the folder 'plan' in the run.", show_default=False
        ),
    ] = None,
    smallest: Annotated[
        int, typer.Option(min=1, metavar="N", help="Counts from 1 to below this are not published.")
    ] = 10,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the files of a plan that are there.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the planning table of a forecast: returns as low, likely and high.

    A RUN made by 'homeward forecast' becomes tables for planners: people who set out for home by host country,
    district of origin (with its P-code) and month, with the share for whom the pillars are met, and met or unknown;
    what districts lack in dwellings and services, and money per returnee; and triggers: from which count of people who
    have set out by a review date, or after which opening, to plan with another column.

    As CSV, Parquet and one XLSX workbook, with read-me.html, a page that explains it all to a reader who was not there.

    \b
    Examples:
      homeward plan
      homeward plan runs/syria-2024-12-31-2025-12-31 --out plan-2025
    """
    from homeward.report.planning import write_planning

    output = Output(json=json, quiet=quiet)
    opened = opened_run(run)
    with output.progress("plan") as report:
        report(0, 1, "reading the forecast")
        found = write_planning(
            opened, out or opened.folder / PLAN_FOLDER, smallest=smallest, force=force, notes=_notes(opened)
        )
    if json:
        output.document(found)
    output.show(_totals(found), *_closing(found))


def _notes(run: Run) -> tuple[str, ...]:
    """Return the notes of the forecast, where its document lies beside the run."""
    from pydantic import ValidationError

    from homeward.cli.forecast import FORECAST_FILE, special_notes
    from homeward.results.forecast_contract import Forecast

    path = run.folder / FORECAST_FILE
    try:
        document = Forecast.model_validate_json(path.read_bytes()) if path.is_file() else None
    except ValidationError:
        return (f"{FORECAST_FILE} of the run is damaged, so whether it has hindsight in it is not known",)
    return special_notes(document) if document else ()


def _totals(found: Planning) -> Table:
    shown = table(
        f"{found.case} as known on {found.as_of}: people who set out for home until {found.until}",
        {"": False, "from": False, "low": True, "likely": True, "high": True},
    )
    for total in found.totals:
        if total.year is None and (total.host is None or (total.likely or 0) > 0):
            figures = (total.low, total.likely, total.high)
            shown.add_row(WHO[total.measure], total.host or "all", *(people(figure) for figure in figures))
    return shown


def _closing(found: Planning) -> Iterator[str]:
    yield f"Low and high: {found.interval}."
    yield "No place is said to be safe, and no figure is about a person; read-me.html says how to use this."
    yield f"Plan: {found.folder} ({', '.join(found.files)})"
