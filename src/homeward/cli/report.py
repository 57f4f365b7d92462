"""``homeward report``: one HTML file that works offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from homeward.cli.options import OptionalRun, Quiet, opened_run
from homeward.cli.output import Output

__all__ = ["REPORT_FILE", "report"]

REPORT_FILE = "report.html"


def report(
    run: OptionalRun = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File to write; left out: report.html in the run.", show_default=False),
    ] = None,
    sensitivity: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also show what 'homeward sensitivity' wrote into this file, with tornado plots.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it is there.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write the report of a RUN as one HTML file.

    It works offline and shows what was run, key figures, time courses with observed points, a map, the
    score table, and every parameter and source.

    \b
    Examples:
      homeward report
      homeward report runs/as-it-was --out as-it-was.html
      homeward report --sensitivity syria-sensitivity.json --force
    """
    from homeward.errors import UsageError
    from homeward.report import write_report
    from homeward.report.sensitivity import read_sensitivity

    opened = opened_run(run)
    path = out or opened.folder / REPORT_FILE
    if path.is_dir():
        raise UsageError(f"{path} is a folder; give the name of a file")
    if path.exists() and not force:
        raise UsageError(f"{path} is there already; --force overwrites it")
    write_report(opened, path, read_sensitivity(sensitivity) if sensitivity else None)
    Output(quiet=quiet).show(f"Report: {path}")
