"""``homeward compare``: two runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from homeward.cli.figures import compact
from homeward.cli.options import Json, opened_run
from homeward.cli.output import Output, table

__all__ = ["compare"]


def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the first run.")],
    second: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the second run.")],
    json: Json = False,
) -> None:
    """Show the key figures of two RUNs side by side.

    The difference is the second minus the first.
    Where both runs have the same seed, replicate k of both shares its chance, and differences are taken
    replicate by replicate: what remains is what was changed. Figures are people: median (5 % to 95 %).
    Where a scenario puts pressure on refugees, its harm is told first.

    \b
    Example:
      homeward compare runs/as-it-was runs/border-open
    """
    from homeward.judge.compare import compare_runs
    from homeward.judge.harm import harm_in_words

    output = Output(json=json)
    found = compare_runs(opened_run(first), opened_run(second))
    if json:
        output.document(found)
    shown = table(
        f"{found.run_a} and {found.run_b}",
        {
            "measure": False,
            "country": False,
            "date": False,
            "first": True,
            "second": True,
            "difference": True,
        },
    )
    for row in found.rows:
        cells = (compact(row.a), compact(row.b), compact(row.difference))
        shown.add_row(row.measure, row.country or "all", f"{row.date}", *cells)
    output.show(*map(harm_in_words, found.harm), shown, found.how, found.interval)
