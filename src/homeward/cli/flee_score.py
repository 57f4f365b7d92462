"""``homeward score`` of a run of a Flee directory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from homeward.cli.output import Output, people, table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.results.flee_contract import FleeScore, FleeSummary

__all__ = ["show_flee_score"]


def show_flee_score(folder: Path, output: Output) -> None:
    """Score a run and show it; raises InputError and RunError."""
    from homeward.judge.flee_run_score import score_flee_run
    from homeward.results.flee_run import FleeRun

    run = FleeRun.open(folder)
    with output.progress(run.info.case) as report:
        report(0, 1, "scoring, and simulating without leaked capacities")
        found = score_flee_run(run)
    if output.json:
        output.document(found)
    output.show(f"Run: {found.run_dir}", _summary(found), _baselines(found), _camps(found), found.leaks, *found.notes)


def _summary(found: FleeScore) -> Table:
    shown = table(
        f"{found.case}: {found.replicates} replicates, {found.days} days",
        {"simulation": False, "averaged relative difference": True, "5 %": True, "95 %": True, "on dates": True},
    )
    for row in found.summary:
        shown.add_row(
            row.what, f"{row.ard:.3f}", *_interval(row), "–" if row.on_dates is None else f"{row.on_dates:.3f}"
        )
    return shown


def _interval(row: FleeSummary) -> tuple[str, str]:
    if row.ard_low90 is None or row.ard_high90 is None:
        return "–", "–"
    return f"{row.ard_low90:.3f}", f"{row.ard_high90:.3f}"


def _baselines(found: FleeScore) -> Table:
    shown = table(
        "Beside what any analyst has (below 0: the simulation is nearer; 90 % over blocks of 30 days)",
        {"baseline": False, "from day": True, "its": True, "simulation": True, "difference": True, "90 %": True},
    )
    for row in found.baselines:
        between = f"{row.low90:+.3f} to {row.high90:+.3f}"
        figures = (f"{score:.3f}" for score in (row.baseline_ard, row.model))
        shown.add_row(row.baseline, f"{row.horizon}", *figures, f"{row.difference:+.3f}", between)
    return shown


def _camps(found: FleeScore) -> Table:
    shown = table(
        "People in camps on the last day",
        {"camp": False, "counted": True, "simulated (90 %)": True, "mean error": True},
    )
    for row in found.camps:
        simulated = row.simulated
        between = f"{people(round(simulated.p05))} – {people(round(simulated.p95))}"
        shown.add_row(
            row.camp, people(row.counted), f"{people(round(simulated.p50))} ({between})", people(round(row.mean_error))
        )  # fmt: skip
    return shown
