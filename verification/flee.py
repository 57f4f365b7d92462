"""The kernel of hops does what Flee does: our runs beside Flee's own on the five shared directories.

Flee's results are those of ``../shared/data/flee_runs`` (Flee at 02cd2cb, its ``run.py``, ten runs a case, six of
Syria), every number of people divided by 100. For each case:

* the counts that are read off ``source_data`` (columns *data*, raw total, debt) equal Flee's on every day;
* the averaged relative difference, mean of 20 seeds of ours, lies within 0.02 of the mean of Flee's runs;
* camp by camp, on every tenth day, the difference of the means in standard errors of both. Days of one camp go
  together, so no test is made of them; the share beyond 3 is shown, and the largest difference of a camp in shares of
  all people in camps;
* halving the bins of the memory of travel, or taking twice as many slices on nearly all days on which a camp is open
  and near its limit, moves the score by less than 0.002, at full scale;
* as a control, the same comparison with another rule (``default_movechance`` 0.05 and not 0.5) must fail in
  a case. Others would not do: with ``distance_power`` 0 or 2 the score of mali2012 moves by 0.01, since capacities, not
  rules, decide it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.model import FleeCase
from homeward.case.flee.reader import read_flee
from homeward.engine.simulate_hops import BINS, FINE, SLICES, Hops
from homeward.judge.flee_score import averaged_relative_difference
from homeward.rules.flee.tables import FleeTables, flee_tables
from verification.flees_runs import CASES, HASTEN, SHARED, FleesRun, flees_runs
from verification.tables import show

__all__ = ["SEEDS", "main", "our_runs"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SEEDS = 20
LIMIT = 0.02
BINNING = 0.002
FULL_SEEDS = 6
FINE_SLICES = 2 * SLICES
FINEST = FINE / 100
"""Share of its limit for which a camp near it is given all slices that there are."""
EVERY = 10
FAR = 3.0


def our_runs(
    tables: FleeTables, seeds: int, *, bins: int = BINS, slices: int = SLICES, fine: float = FINE
) -> tuple[IntArray, FloatArray]:
    """Return (seeds x days x camps of the counts) people, and the score of each seed."""
    hops = Hops(tables, bins=bins, slices=slices, fine=fine)
    columns = [tables.network.code.get(camp, -1) for camp in tables.counts.camps]
    people = np.stack([hops.simulated(seed).people[:, columns] for seed in range(1, seeds + 1)])
    people = people * tables.counts.compared
    return people, np.array([averaged_relative_difference(one, tables.counts).mean() for one in people])


def main() -> bool:
    """Run all comparisons; return whether all hold."""
    if not SHARED.is_dir():
        print(f"{SHARED} is not there: nothing to compare with")
        return False
    rows = [_compared(name) for name in CASES]
    show(
        f"Averaged relative difference at 1/{HASTEN}: {SEEDS} seeds of ours, Flee's runs",
        ("case", "ours", "sd", "Flee", "sd", "difference", f"camp-days beyond {FAR:g} s.e.", "largest, of all people"),
        [row[0] for row in rows],
    )
    fine = [_binned(name) for name in CASES]
    show(
        "The same at full scale: bins halved in width, and finer slices",
        ("case", f"{BINS} bins, up to {SLICES} slices", "sd", f"{2 * BINS} bins", f"{FINE_SLICES} slices"),
        [row[0] for row in fine],
    )
    control = _difference(_with_people_who_stay_in_towns("mali2012"), "mali2012")
    print(f"\ncontrol: with default_movechance 0.05 for 0.5 mali2012 differs by {control:.4f} (must be above {LIMIT})")
    return all(row[1] for row in rows) and all(row[1] for row in fine) and abs(control) > LIMIT


def _case(name: str) -> FleeCase:
    return read_flee(SHARED / "flee_cases" / name)


def _compared(name: str) -> tuple[tuple[object, ...], bool]:
    tables, theirs = flee_tables(_case(name), hasten=HASTEN), flees_runs(name)
    people, scores = our_runs(tables, SEEDS)
    order = [tables.counts.camps.index(camp) for camp in theirs[0].camps]
    ours, flees = people[:, ::EVERY][:, :, order], np.stack([run.people[::EVERY] for run in theirs])
    errors = np.sqrt(ours.var(axis=0, ddof=1) / len(ours) + flees.var(axis=0, ddof=1) / len(flees))
    apart = ours.mean(axis=0) - flees.mean(axis=0)
    far = float((np.abs(apart) > FAR * np.maximum(errors, 0.5)).mean())
    largest = float((np.abs(apart) / np.maximum(1, flees.mean(axis=0).sum(axis=1))[:, None])[len(apart) // 4 :].max())
    flee = np.array([run.error.mean() for run in theirs])
    difference = float(scores.mean() - flee.mean())
    same = _same_counts(tables, theirs[0], order)
    shown = (
        name, f"{scores.mean():.4f}", f"{scores.std(ddof=1):.4f}", f"{flee.mean():.4f}", f"{flee.std(ddof=1):.4f}",
        f"{difference:+.4f}", f"{far:.1%}", f"{largest:.1%}",
    )  # fmt: skip
    return shown, same and abs(difference) < LIMIT


def _same_counts(tables: FleeTables, run: FleesRun, order: list[int]) -> bool:
    counts = tables.counts
    return all(
        np.array_equal(one, other)
        for one, other in (
            (counts.counted[:, order], run.counted), (counts.registered, run.registered), (counts.debt, run.debt),
        )
    )  # fmt: skip


def _binned(name: str) -> tuple[tuple[object, ...], bool]:
    tables = flee_tables(_case(name), hasten=1)
    _, usual = our_runs(tables, FULL_SEEDS)
    moved = [
        float(our_runs(tables, FULL_SEEDS, bins=bins, slices=slices, fine=fine)[1].mean() - usual.mean())
        for bins, slices, fine in ((2 * BINS, SLICES, FINE), (BINS, FINE_SLICES, FINEST))
    ]
    shown = (name, f"{usual.mean():.4f}", f"{usual.std(ddof=1):.4f}", *(f"{by:+.4f}" for by in moved))
    return shown, all(abs(by) < BINNING for by in moved)


def _with_people_who_stay_in_towns(name: str) -> FleeTables:
    case = _case(name)
    rules = case.settings.move_rules.model_copy(update={"default_movechance": 0.05})
    settings = case.settings.model_copy(update={"move_rules": rules})
    return flee_tables(replace(case, settings=settings), hasten=HASTEN)


def _difference(tables: FleeTables, name: str) -> float:
    flee = np.array([run.error.mean() for run in flees_runs(name)])
    return float(our_runs(tables, SEEDS)[1].mean() - flee.mean())
