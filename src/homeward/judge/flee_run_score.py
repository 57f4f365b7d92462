"""A run of a Flee directory beside the counts of its camps, beside what any analyst has, and without what leaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.counts import DailyCounts, daily_counts, observations
from homeward.case.flee.model import FleeCase
from homeward.engine.simulate_hops import Hops
from homeward.errors import RunError
from homeward.judge.flee_baselines import allocated, equal_shares, shares_by_distance, shares_of_last_counts
from homeward.judge.flee_score import (
    BLOCK_DAYS,
    averaged_relative_difference,
    capacity_leak,
    describe_leaks,
    difference_on_count_dates,
    mean_difference,
)
from homeward.results.contract import Interval
from homeward.results.flee_contract import FleeBaseline, FleeCampScore, FleeScore, FleeSummary
from homeward.results.flee_run import FleeRun
from homeward.rules.flee.tables import flee_tables

__all__ = ["HORIZONS", "score_flee_run"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

HORIZONS = (30, 90)
"""Days before the day that is scored on which an analyst last saw a count."""

SMALLEST_ENSEMBLE = 10
"""Fewer replicates have no interval."""


def score_flee_run(run: FleeRun) -> FleeScore:
    """Return how a run compares with the counts; raises InputError, RunError if nothing can be compared.

    Where capacities were read off the counts, the directory is simulated once more without these capacities, with the
    same seeds.
    """
    case, info = run.case(), run.info
    counts = daily_counts(case, hasten=info.hasten, days=info.days)
    if not counts.compared.any():
        raise RunError("the directory has no camp with counts in source_data, so nothing can be compared")
    people = run.people(counts.camps)
    leaks = capacity_leak(case)
    summary = [_summary("as the directory says", case, counts, people, info.hasten)]
    if leaks:
        without = _simulated_without(case, counts, {leak.camp for leak in leaks}, run)
        summary.append(_summary("without the capacities that leak", case, counts, without, info.hasten))
    return FleeScore(
        case=info.case, run_dir=info.run_dir, days=info.days, replicates=info.replicates, summary=tuple(summary),
        baselines=tuple(_baselines(case, counts, people)), camps=tuple(_camps(counts, people)),
        leaks=describe_leaks(case, leaks) if leaks else "No capacity of a camp is a count of its people.",
        notes=tuple(_notes(case)),
    )  # fmt: skip


def _simulated_without(case: FleeCase, counts: DailyCounts, camps: set[str], run: FleeRun) -> IntArray:
    """Return (replicates x days x camps) the people of the same courses without the capacities of some camps."""
    info = run.info
    open_ended = replace(
        case, locations=tuple(replace(place, people=0) if place.name in camps else place for place in case.locations)
    )
    hops = Hops(flee_tables(open_ended, hasten=info.hasten, days=info.days), bins=info.bins, slices=info.slices)
    code = hops.tables.network.code
    columns = [code.get(camp, -1) for camp in counts.camps]
    courses = np.stack([hops.simulated(info.seed, replicate).people for replicate in range(info.replicates)])
    return np.asarray(courses[:, :, columns] * counts.compared)


def _summary(what: str, case: FleeCase, counts: DailyCounts, people: IntArray, hasten: int) -> FleeSummary:
    """Return the mean of the scores over the replicates, with the interval of one of them."""
    scores = [float(averaged_relative_difference(one, counts).mean()) for one in people]
    seen = observations(case, corrected=True)
    on_dates = float(np.mean([difference_on_count_dates(one * hasten, seen).pooled for one in people]))
    low, high = np.quantile(scores, [0.05, 0.95]).tolist() if len(scores) >= SMALLEST_ENSEMBLE else (None, None)
    return FleeSummary(
        what=what, ard=float(np.mean(scores)), ard_low90=low, ard_high90=high,
        on_dates=None if np.isnan(on_dates) else on_dates,
    )  # fmt: skip


def _baselines(case: FleeCase, counts: DailyCounts, people: IntArray) -> Iterator[FleeBaseline]:
    """Yield what an analyst has who is told how many people are in all camps, by days before the day that is scored."""
    days, sums = len(counts.counted), (counts.counted * counts.compared).sum(axis=1)
    errors = np.mean([averaged_relative_difference(one, counts) for one in people], axis=0)
    for horizon in HORIZONS:
        if days - horizon < 2 * BLOCK_DAYS:
            continue
        shares = {
            f"shares of the last count {horizon} days before": shares_of_last_counts(case, horizon, days=days),
            "equal shares": equal_shares(case, days=days),
            "shares by inverse distance": shares_by_distance(case, horizon, days=days),
        }
        for name, share in shares.items():
            apart = averaged_relative_difference(np.rint(allocated(share, sums)).astype(np.int64), counts)
            found = mean_difference(errors[horizon:], apart[horizon:])
            yield FleeBaseline(
                baseline=name, horizon=horizon, model=float(errors[horizon:].mean()),
                baseline_ard=float(apart[horizon:].mean()), difference=found.mean, low90=found.low90,
                high90=found.high90,
            )  # fmt: skip


def _camps(counts: DailyCounts, people: IntArray) -> Iterator[FleeCampScore]:
    middle = np.median(people, axis=0)
    for column, camp in enumerate(counts.camps):
        if counts.compared[column]:
            yield FleeCampScore(
                camp=camp, counted=int(counts.counted[-1, column]),
                simulated=Interval.of(np.quantile(people[:, -1, column], [0.05, 0.5, 0.95]).tolist()),
                mean_error=float(np.abs(middle[:, column] - counts.counted[:, column]).mean()),
            )  # fmt: skip


def _notes(case: FleeCase) -> Iterator[str]:
    yield "averaged relative difference: as Flee defines it, over people registered so far"
    yield "on dates of counts: all that lies apart over all people counted, between dates nothing is made up"
    yield "simulation and baselines are told how many people the camps hold together: only where they are is compared"
    if case.corrections:
        yield "counts before a correction of registrations are scaled, as in Flee, by what was known on its date only"
