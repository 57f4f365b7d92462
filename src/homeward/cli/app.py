"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from homeward.cli.backtest import backtest
from homeward.cli.check import check
from homeward.cli.claims import claims
from homeward.cli.compare import compare
from homeward.cli.doctor import doctor
from homeward.cli.explain import explain
from homeward.cli.fit import fit
from homeward.cli.forecast import forecast
from homeward.cli.meeting import meeting
from homeward.cli.output import write_out
from homeward.cli.pillars import pillars
from homeward.cli.plan import plan
from homeward.cli.reference import reference
from homeward.cli.report import report
from homeward.cli.run import run
from homeward.cli.schema import schema
from homeward.cli.score import score
from homeward.cli.sensitivity import sensitivity
from homeward.cli.thresholds import thresholds

__all__ = ["app"]

# Plain help: it takes half the time of the decorated one.
app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
)
for _command in (
    run, forecast, plan, backtest,
    check, score, report, compare, explain, pillars, thresholds, claims, meeting,
    fit, sensitivity, reference, schema, doctor,
):  # fmt: skip
    app.command()(_command)


def _show_version(wanted: bool) -> None:  # noqa: FBT001  (the form that Typer calls)
    if wanted:
        from importlib.metadata import version

        write_out(f"homeward {version('homeward')}\n")
        raise typer.Exit


@app.callback()
def homeward(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end."),
    ] = False,
) -> None:
    """Simulate forced displacement and the way home.

    A CASE says what the world is: the name of a built-in case (syria), or a folder with case.toml and its
    tables. A RUN is the folder that 'homeward run' writes; where one may be left out, it is the newest
    under ./runs. A case is never changed by a run.

    \b
    First steps:
      homeward run syria --report      simulate, save, and write a report to open in a browser
      homeward score                   compare that run with what was observed
      homeward check my-case           list everything that is wrong with a case of your own

    \b
    Exit status: 0 done, 1 the run failed or a check fell short, 2 the call is wrong, 3 the input is
    wrong, 130 interrupted, 143 terminated. With --json, one JSON document is written to standard output
    and nothing else; progress, warnings and errors go to standard error.
    """
    del version
