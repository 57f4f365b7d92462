"""Who is in which camp, 30, 90 and 180 days ahead: the forecast of this project beside Flee's rules and simple ones.

Two tracks, never mixed. *Allocation*: the true sum of all camps is told, and where people are is asked. *Forecast*:
nothing after the origin is told. Truth are the counts as they stand, read between their dates by straight lines,
over the camps that Flee compares; the error of a day is the sum of |people - counted| over the people counted, and
once more on dates of counts alone. Days before the horizon have no origin and are left out.

What is fitted of ours, a window and a damping, is fitted on the other four cases. Flee's rules are told the sums, all
closures and conflicts of the time, and the published capacities, most of which are counts to come, or none of them;
they forecast nothing, so they are on the allocation track alone.

Intervals: moving blocks of 30 days within each case (Künsch 1989); over all cases together the mean of the five, blocks
drawn in each. Passes if at 90 days on the allocation track ours beats the best of the baselines, pooled, with an
interval that leaves out no gain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.counts import DailyCounts, daily_counts, observations
from homeward.case.flee.model import FleeCase
from homeward.case.flee.reader import read_flee
from homeward.judge.flee_baselines import (
    allocated,
    equal_shares,
    last_counts_grow,
    last_counts_stay,
    shares_by_distance,
    shares_of_last_counts,
)
from homeward.judge.flee_score import BLOCK_DAYS, difference_on_count_dates
from homeward.learn.flee_camps import allocation, errors_of, fitted_to_others, forecast
from homeward.rules.flee.tables import flee_tables
from verification.flee import our_runs
from verification.flees_runs import CASES, SHARED
from verification.tables import show

__all__ = ["main"]

FloatArray = NDArray[np.float64]
Told = tuple[FleeCase, DailyCounts]

HORIZONS = (30, 90, 180)
OURS = "ours"
SEEDS = 5
RESAMPLES = 2000


def main() -> bool:
    """Print the table of each track and horizon; return whether ours beats the baselines where it must."""
    if not SHARED.is_dir():
        print(f"{SHARED} is not there: nothing to compare with")
        return False
    cases = {name: _told(name) for name in CASES}
    flee = {name: _by_flees_rules(case) for name, (case, _) in cases.items()}
    beaten = False
    for horizon in HORIZONS:
        allocations = {name: _allocations(name, cases, horizon) | flee[name] for name in cases}
        gain = _table("allocation", horizon, cases, allocations)
        beaten = beaten or (horizon == 90 and gain)
        _table("forecast", horizon, cases, {name: _forecasts(name, cases, horizon) for name in cases})
    return beaten


def _told(name: str) -> Told:
    case = read_flee(SHARED / "flee_cases" / name)
    return case, daily_counts(case, corrected=False)


def _by_flees_rules(case: FleeCase) -> dict[str, FloatArray]:
    """Return the mean of some runs of Flee's rules at 1/100, with the published capacities and without any."""
    free = replace(case, locations=tuple(replace(p, people=0) if p.kind.is_camp else p for p in case.locations))
    return {
        name: 100.0 * our_runs(flee_tables(one, hasten=100), SEEDS)[0].mean(axis=0)
        for name, one in (("Flee's rules", case), ("Flee's rules, no capacities", free))
    }


def _allocations(name: str, cases: Mapping[str, Told], horizon: int) -> dict[str, FloatArray]:
    case, counts = cases[name]
    days, sums = len(counts.counted), (counts.counted * counts.compared).sum(axis=1)
    return {
        OURS: allocation(case, counts, horizon, fitted_to_others(cases, name, horizon, track="allocation")),
        "last shares": allocated(shares_of_last_counts(case, horizon, days=days), sums),
        "equal shares": allocated(equal_shares(case, days=days), sums),
        "by distance": allocated(shares_by_distance(case, horizon, days=days), sums),
    }


def _forecasts(name: str, cases: Mapping[str, Told], horizon: int) -> dict[str, FloatArray]:
    case, counts = cases[name]
    days = len(counts.counted)
    return {
        OURS: forecast(case, counts, horizon, fitted_to_others(cases, name, horizon, track="forecast")),
        "last counts stay": last_counts_stay(case, horizon, days=days),
        "last counts grow": last_counts_grow(case, horizon, days=days),
    }


def _table(track: str, horizon: int, cases: Mapping[str, Told], found: Mapping[str, Mapping[str, FloatArray]]) -> bool:
    """Show one track and horizon; return whether ours beats the best baseline surely."""
    errors = {
        name: {who: errors_of(people, cases[name][1], horizon) for who, people in by.items()}
        for name, by in found.items()
    }
    rows = [
        (name, who, *_errors(cases[name], errors[name], by, who, horizon)) for name, by in found.items() for who in by
    ]
    baselines = [who for who in next(iter(found.values())) if who != OURS and not who.startswith("Flee")]
    pooled = {who: float(np.mean([errors[name][who].mean() for name in errors])) for who in (OURS, *baselines)}
    best = min(baselines, key=lambda who: pooled[who])
    low, high = _interval([errors[name][OURS] - errors[name][best] for name in errors])
    others = [who for who in next(iter(found.values())) if who.startswith("Flee")]
    means = {who: float(np.mean([errors[name][who].mean() for name in errors])) for who in (*pooled, *others)}
    rows += [("all five", who, f"{mean:.3f}", "", "") for who, mean in means.items()]
    show(f"{track}, {horizon} days", ("case", "who", "error", "on dates", "ours less theirs, 90 %"), rows)
    print(f"  pooled, ours less {best}: {pooled[OURS] - pooled[best]:+.3f} ({low:+.3f} to {high:+.3f})")
    return high < 0.0


def _errors(
    told: Told, errors: Mapping[str, FloatArray], by: Mapping[str, FloatArray], who: str, horizon: int
) -> tuple[str, ...]:
    """Return the cells of a row: the error, that on dates, and by how much ours is less."""
    return (f"{errors[who].mean():.3f}", f"{_on_dates(told, by[who], horizon):.3f}", *_beside(errors, who))


def _on_dates(told: Told, people: FloatArray, horizon: int) -> float:
    case, _ = told
    late = np.array(people)
    seen = difference_on_count_dates(late, observations(case, corrected=False))
    chosen = seen.days >= horizon
    return float(seen.apart[chosen].sum() / max(1.0, seen.people[chosen].sum()))


def _beside(errors: Mapping[str, FloatArray], who: str) -> tuple[str, ...]:
    if who == OURS:
        return ("",)
    apart = errors[OURS] - errors[who]
    low, high = _interval([apart])
    return (f"{apart.mean():+.3f} ({low:+.3f} to {high:+.3f})",)


def _interval(series: list[FloatArray]) -> tuple[float, float]:
    """Return the 90 % interval of the mean over series of their means, by moving blocks within each."""
    random = np.random.default_rng(20201111)
    drawn = np.zeros(RESAMPLES)
    for apart in series:
        block = min(BLOCK_DAYS, len(apart) // 2)
        sums = np.concatenate([[0.0], np.cumsum(apart)])
        starts = np.arange(len(apart) - block + 1)
        of_block = (sums[starts + block] - sums[starts]) / block
        picked = of_block[random.integers(len(starts), size=(RESAMPLES, -(-len(apart) // block)))].mean(axis=1)
        drawn += (picked - of_block.mean() + apart.mean()) / len(series)
    low, high = np.quantile(drawn, [0.05, 0.95]).tolist()
    return low, high
