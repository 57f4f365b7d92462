"""``homeward score``: what was simulated beside what was observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homeward.cli.figures import compact
from homeward.cli.options import Json, OptionalRun, opened_run
from homeward.cli.output import Output, people, table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.results.contract import Score, ScoreRow

__all__ = ["score"]


def score(run: OptionalRun = None, json: Json = False) -> None:
    """Compare a RUN with what was observed.

    Each observed figure stands beside the simulated one, per country and year, and beside two naive
    forecasts: 'persistence' repeats the observed figure of a year earlier, 'nothing changes' the last one of
    the base year. Errors are relative (10 % is 0.10 in JSON); figures are people. Coverage is the share of
    observed figures inside their 90 % interval; read it with the width of those intervals.

    \b
    Examples:
      homeward score
      homeward score runs/syria-20261123-101500 --json > score.json
    """
    from homeward.judge.score import score_run

    output = Output(json=json)
    found = score_run(opened_run(run))
    if json:
        output.document(found)
    output.show(f"Run: {found.run_dir}", _rows(found), _summary(found), *_fitted(found), found.interval, *found.notes)


def _fitted(found: Score) -> list[str]:
    if found.fitted_through is None:
        return ["The parameters were not fitted to observed figures."]
    return [f"The parameters were fitted to figures through {found.fitted_through}: nearness to those is no proof."]


def _rows(found: Score) -> Table:
    figures = ("observed", "simulated (90 %)", "error", "persistence", "nothing changes")
    shown = table(
        "Observed and simulated, people at or up to the date",
        {"measure": False, "country": False, "date": False, **dict.fromkeys(figures, True)},
    )
    for row in found.rows:
        if row.level == "place":
            continue
        whose = f"{row.country} ← {row.origin}" if row.origin else row.country
        shown.add_row(
            row.measure, whose, f"{row.date}", people(row.observed), _simulated(row),
            _percent(row.relative_error), people(row.persistence), people(row.nothing_changes),
        )  # fmt: skip
    return shown


def _simulated(row: ScoreRow) -> str:
    from homeward.results.contract import Interval

    if row.low90 is None or row.high90 is None:
        return people(row.median)
    return compact(Interval(p05=row.low90, p50=row.median, p95=row.high90))


def _summary(found: Score) -> Table:
    names = list(dict.fromkeys(name for row in found.summary.rows for name in row.compared))
    shown = table(
        "Mean absolute relative error",
        {"measure": False, "level": False, "period": False, "n": True, **dict.fromkeys(names, True),
         "coverage 90 %": True, "width": True, "definition": False},
    )  # fmt: skip
    shown.columns[-1].no_wrap = False
    for row in found.summary.rows:
        errors = [_percent(row.mare.get(name)) for name in names]
        coverage, width = _percent(row.coverage90), _percent(row.relative_width)
        shown.add_row(row.measure, row.level, row.period, f"{row.n}", *errors, coverage, width, row.definition)
    return shown


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"
