"""2024 replayed four times side by side: no event, the war in Lebanon, the fall of the government, and both.

The built-in case holds both events; its scenarios undo one or the other (``tools/syria/scenarios.py``). All four runs
share seeds and so their chance, start in March 2011 and run with the parameters fitted through 2018. Shown is where
the record of 2024 falls in each: the share of replicates, errors of observation included, that lie below it. The record
counts everyone who came home; the rules keep flight from a host apart from return, so people who fled Lebanon to Syria
are shown beside the returns. No level is demanded.

What must hold: the events move what they touch. War in Lebanon makes people flee from there, and hardly without it; the
fall of the government raises returns; and replicates share their chance, so that in nine of ten replicates more people
return in the year with the fall than without it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homeward.case.folder import load_case
from homeward.case.schema import Measure, Observation
from homeward.judge.observe import Observer
from homeward.judge.simulated import simulated_run
from homeward.learn.ensemble import run_ensemble
from homeward.results.run import Run
from verification.tables import show

__all__ = ["main"]

FloatArray = NDArray[np.float64]

RUNS = {
    "no event": "no-event-2024",
    "war in Lebanon": "war-in-lebanon-2024",
    "fall of the government": "fall-of-government-2024",
    "both": None,
}
HOSTS = ("TUR", "LBN", "JOR", "IRQ", "EGY")
REPLICATES = 20
YEAR = 2024


def main() -> bool:
    """Simulate the four, print what each says of the record; return whether the events move what they touch."""
    fled, returned = {}, {}
    with tempfile.TemporaryDirectory() as name:
        for label, scenario in RUNS.items():
            run = _run(Path(name) / label.replace(" ", "-"), scenario)
            observer = Observer(simulated_run(run))
            show(label, ("figure", "record", "p05", "p50", "p95", "replicates below"), _rows(observer))
            fled[label], returned[label] = _fled_lebanon(run), _returned(run)
            months = [f"{np.median(month):,.0f}" for month in returned[label][:, -4:].T]
            print(f"  fled Lebanon to Syria: {_quantiles(fled[label])}; returned refugees in all:")
            print(f"  September {months[0]}, October {months[1]}, November {months[2]}, December {months[3]}")
    more = {run: returned[run].sum(axis=1) for run in RUNS}
    by_fall = more["fall of the government"] > more["no event"]
    print(f"\nMore return with the fall than without in {by_fall.mean():.0%} of the replicates")
    war = float(np.median(fled["war in Lebanon"])) > 10 * float(np.median(fled["no event"]))
    return bool(by_fall.mean() >= 0.9 and war)


def _run(folder: Path, scenario: str | None) -> Run:
    run_ensemble(load_case("syria", scenario), folder, seed=1, replicates=REPLICATES, scenario=scenario)
    return Run.open(folder)


def _rows(observer: Observer) -> list[tuple[object, ...]]:
    rows = [row for row in observer.case.observed if row.date.year == YEAR and _is_return(row)]
    return [_row(observer, row) for row in sorted(rows, key=lambda row: (row.measure, row.place))]


def _is_return(row: Observation) -> bool:
    if row.measure is Measure.RETURNED_REFUGEES:
        return row.place in HOSTS
    return row.measure is Measure.RETURNED_IDPS and row.place == "SYR"


def _row(observer: Observer, row: Observation) -> tuple[object, ...]:
    people = observer.figure(row).published
    low, middle, high = np.quantile(people, (0.05, 0.5, 0.95))
    numbers = (f"{number:,.0f}" for number in (row.value, low, middle, high))
    return f"{row.measure} {row.place}", *numbers, f"{np.mean(people < row.value):.0%}"


def _fled_lebanon(run: Run) -> FloatArray:
    """Return by replicate the people who fled their host in the year and went home to Syria."""
    found = run.columns(
        "SELECT replicate, sum(people) AS people FROM flows JOIN places ON place = to_place "
        f"WHERE flows.kind = 'host_flight' AND country = 'SYR' AND year(month) = {YEAR} GROUP BY replicate"
    )
    people = np.zeros(REPLICATES)
    people[found["replicate"]] = found["people"]
    return people


def _returned(run: Run) -> FloatArray:
    """Return (replicates x months) the refugees who returned in the months of the year."""
    found = run.columns(
        "SELECT replicate, month(month) AS number, sum(people) AS people FROM returns JOIN places ON place = host "
        f"WHERE country != 'SYR' AND year(month) = {YEAR} GROUP BY ALL"
    )
    people = np.zeros((REPLICATES, 12))
    people[found["replicate"], found["number"] - 1] = found["people"]
    return people


def _quantiles(people: FloatArray) -> str:
    low, middle, high = np.quantile(people, (0.05, 0.5, 0.95))
    return f"{middle:,.0f} ({low:,.0f} to {high:,.0f})"
