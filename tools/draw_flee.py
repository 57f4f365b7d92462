"""Draw people in camps, ours beside Flee's own runs: ``python -m tools.draw_flee`` writes docs/explanation/flee."""

from __future__ import annotations

import math
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from verification.flee import SEEDS, our_runs
from verification.flees_runs import CASES, HASTEN, SHARED, flees_runs

from homeward.case.flee.reader import read_flee
from homeward.rules.flee.tables import flee_tables

__all__ = ["main"]

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "explanation" / "flee"
COLUMNS = 5
EVERY = 12


def main() -> None:
    """Draw one figure a case."""
    mpl.rcParams.update({"svg.hashsalt": "homeward", "svg.fonttype": "none", "font.size": 8})
    FOLDER.mkdir(exist_ok=True)
    for name in CASES:
        _draw(name)


def _draw(name: str) -> None:
    tables, theirs = flee_tables(read_flee(SHARED / "flee_cases" / name), hasten=HASTEN), flees_runs(name)
    people, _ = our_runs(tables, SEEDS)
    camps, days = theirs[0].camps, np.arange(0, len(theirs[0].people), EVERY)
    rows = math.ceil(len(camps) / COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(11, 2.1 * rows), squeeze=False, layout="constrained")
    for axis in axes.flat[len(camps) :]:
        axis.set_axis_off()
    for number, camp in enumerate(camps):
        axis = axes.flat[number]
        ours = people[:, :, tables.counts.camps.index(camp)][:, days] * HASTEN
        flee = np.stack([run.people[days, number] for run in theirs]) * HASTEN
        axis.plot(days, theirs[0].counted[days, number] * HASTEN, color="0.6", lw=1, label="counted")
        for values, colour, style, label in ((flee, "#d95f02", "-", "Flee"), (ours, "#1b6ca8", "--", "homeward")):
            low, high = np.quantile(values, [0.05, 0.95], axis=0)
            axis.fill_between(days, low, high, color=colour, alpha=0.2, lw=0)
            axis.plot(days, values.mean(axis=0), color=colour, lw=1.2, ls=style, label=label)
        axis.set_title(camp, fontsize=8)
        axis.set_ylim(bottom=0)
    axes.flat[0].legend(frameon=False, fontsize=7)
    figure.supxlabel("day of the simulation")
    figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
