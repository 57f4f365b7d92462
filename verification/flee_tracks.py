"""Who is in which camp, 30, 90 and 180 days ahead: the forecast of this project beside Flee's rules and simple ones.

Two tracks, never mixed. *Allocation*: the true sum of all camps is told, and where people are is asked; Flee's rules
are told all conflicts and closures of the time as well. *Forecast*: nothing after the origin is told. There Flee's
rules see a case that ends on the origin (:mod:`homeward.learn.flee_ahead`) and get the sums of our forecast, so that
rules are compared and not sums. They are run from day 0, as Flee is, and from the camps as last counted; each with the
published capacities, most of which are counts to come, and without any. (Which ones leak is seen from later counts
only, and 39 of 40 do.)

What is fitted of ours, a window and a damping, is fitted on the other four cases. Measures and intervals:
:mod:`verification.track_scores`. On the allocation track the sum that is told is that of the measure's own counts.

The tables are Markdown, and stand in ``docs/explanation/flee-verification.md``. Passes if at 90 days on the allocation
track, on counts as they stand, ours beats the best of the baselines, pooled, with an interval that leaves out no gain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.counts import DailyCounts, daily_counts
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
from homeward.learn.flee_ahead import without_capacities
from homeward.learn.flee_camps import allocation, fitted_to_others, forecast
from homeward.rules.flee.tables import flee_tables
from verification.flee import our_runs
from verification.flees_forecasts import FORECASTS, HORIZONS, flees_forecasts
from verification.flees_runs import CASES, HASTEN, SHARED
from verification.track_scores import Apart, Gain, Measure, apart, gain, pooled_error

__all__ = ["allocated_by_baselines", "forecast_by_baselines", "main"]

FloatArray = NDArray[np.float64]
Told = tuple[FleeCase, DailyCounts]
People = Mapping[str, FloatArray]
"""By method, people (days x camps); row t is what is said of day t from the origin t less the horizon."""

OURS = "ours"
BASELINES = ("last counts", "counts grow", "equal shares", "by distance")
ALLOCATIONS = ("Flee", "Flee, no capacities")
SEEDS = 5


def main() -> bool:
    """Print the tables of each track and measure; return whether ours beats the baselines where it must."""
    if not SHARED.is_dir():
        print(f"{SHARED} is not there: nothing to compare with")
        return False
    beaten = False
    for track, measured in (("Allocation", _allocations()), ("Forecast", _forecasts())):
        for measure, errors in measured.items():
            print(f"\n### {track}, {measure}\n")
            print("\n".join(_table(errors)))
        print(f"\n### {track}, all five cases: ours less theirs\n")
        print("\n".join(_pooled_table(measured)))
        beaten = beaten or (track == "Allocation" and measured[Measure.AS_THEY_STAND].gain_of_all(90).high < 0.0)
    return beaten


def _told(name: str, measure: Measure) -> Told:
    """Return a case and the counts of a measure; Flee's own are corrected by what came later."""
    case = read_flee(SHARED / "flee_cases" / name)
    return case, daily_counts(case, corrected=measure is Measure.FLEES)


@dataclass(frozen=True)
class Errors:
    """What lies apart by horizon, method and case; ``methods`` in the order of the columns."""

    by: Mapping[int, Mapping[str, Mapping[str, Apart]]]

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """All methods, ours last."""
        return tuple(next(iter(self.by.values())))

    def best(self, horizon: int, among: Sequence[str]) -> str:
        """Return the method with the smallest pooled error."""
        return min(among, key=lambda who: pooled_error(self.by[horizon][who]))

    def gain_over(self, horizon: int, who: str, cases: Sequence[str] = CASES) -> Gain:
        """Return ours less theirs over some cases."""
        ours, theirs = self.by[horizon][OURS], self.by[horizon][who]
        return gain([ours[name] for name in cases], [theirs[name] for name in cases])

    def gain_of_all(self, horizon: int) -> Gain:
        """Return ours less the best of the baselines over all cases."""
        return self.gain_over(horizon, self.best(horizon, BASELINES))


def _allocations() -> dict[Measure, Errors]:
    found = {}
    flee = {
        corrected: {name: _flees_allocation(name, corrected=corrected) for name in CASES} for corrected in (False, True)
    }
    for measure in Measure:
        cases = {name: _told(name, measure) for name in CASES}
        people = {
            horizon: {
                name: allocated_by_baselines(*cases[name], horizon)
                | flee[measure is Measure.FLEES][name]
                | {OURS: allocation(*cases[name], horizon, fitted_to_others(cases, name, horizon, track="allocation"))}
                for name in cases
            }
            for horizon in HORIZONS
        }
        found[measure] = _errors(measure, cases, people)
    return found


def _forecasts() -> dict[Measure, Errors]:
    cases = {name: _told(name, Measure.AS_THEY_STAND) for name in CASES}
    habits = {
        name: {horizon: fitted_to_others(cases, name, horizon, track="forecast") for horizon in HORIZONS}
        for name in cases
    }
    flee = flees_forecasts(habits)
    people = {
        horizon: {
            name: forecast_by_baselines(*cases[name], horizon)
            | {who: flee[name][who][horizon] for who in FORECASTS}
            | {OURS: forecast(*cases[name], horizon, habits[name][horizon])}
            for name in cases
        }
        for horizon in HORIZONS
    }
    return {measure: _errors(measure, {name: _told(name, measure) for name in CASES}, people) for measure in Measure}


def _errors(measure: Measure, cases: Mapping[str, Told], people: Mapping[int, Mapping[str, People]]) -> Errors:
    methods = next(iter(people[HORIZONS[0]].values()))
    return Errors(
        {
            horizon: {
                who: {name: apart(measure, *cases[name], by[name][who], horizon) for name in cases} for who in methods
            }
            for horizon, by in people.items()
        }
    )


def _flees_allocation(name: str, *, corrected: bool) -> dict[str, FloatArray]:
    """Return the mean of some runs of Flee's rules, told the sums with or without corrections of registrations."""
    case = read_flee(SHARED / "flee_cases" / name)
    case = case if corrected else replace(case, corrections=())
    return {
        who: HASTEN * our_runs(flee_tables(one, hasten=HASTEN), SEEDS)[0].mean(axis=0)
        for who, one in zip(ALLOCATIONS, (case, without_capacities(case)), strict=True)
    }


def allocated_by_baselines(case: FleeCase, counts: DailyCounts, horizon: int) -> dict[str, FloatArray]:
    """Return what the baselines say when they are told the sum of each day."""
    days, sums = len(counts.counted), (counts.counted * counts.compared).sum(axis=1)
    grown = last_counts_grow(case, horizon, days=days) * counts.compared
    everybody = grown.sum(axis=1, keepdims=True)
    even = equal_shares(case, days=days)
    shares = (
        shares_of_last_counts(case, horizon, days=days),
        np.where(everybody > 0, grown / np.maximum(everybody, 1e-9), even),
        even,
        shares_by_distance(case, horizon, days=days),
    )
    return {who: allocated(each, sums) for who, each in zip(BASELINES, shares, strict=True)}


def forecast_by_baselines(case: FleeCase, counts: DailyCounts, horizon: int) -> dict[str, FloatArray]:
    """Return what the baselines say when they are told nothing; shares are of the sum of the last counts."""
    days = len(counts.counted)
    last = last_counts_stay(case, horizon, days=days) * counts.compared
    people = (
        last,
        last_counts_grow(case, horizon, days=days) * counts.compared,
        allocated(equal_shares(case, days=days), last.sum(axis=1)),
        allocated(shares_by_distance(case, horizon, days=days), last.sum(axis=1)),
    )
    return dict(zip(BASELINES, people, strict=True))


def _table(errors: Errors) -> list[str]:
    """Return the errors of each case and horizon, and by how much ours is less than the best of others."""
    flees = [who for who in errors.methods if who.startswith("Flee")]
    head = ["case", "days", *errors.methods, "ours less best baseline, 90 %", "ours less best of Flee, 90 %"]
    rows = [
        [
            "all five" if len(names) > 1 else names[0],
            str(horizon),
            *(f"{np.mean([errors.by[horizon][who][name].error for name in names]):.3f}" for who in errors.methods),
            *(str(errors.gain_over(horizon, errors.best(horizon, among), names)) for among in (BASELINES, flees)),
        ]
        for names in (*((name,) for name in CASES), CASES)
        for horizon in HORIZONS
    ]
    return _markdown(head, rows)


def _pooled_table(measured: Mapping[Measure, Errors]) -> list[str]:
    """Return by how much ours is less than each of the others, over all cases."""
    others = [who for who in next(iter(measured.values())).methods if who != OURS]
    rows = [
        [str(measure), str(horizon), *(str(errors.gain_over(horizon, who)) for who in others)]
        for measure, errors in measured.items()
        for horizon in HORIZONS
    ]
    return _markdown(["measure", "days", *others], rows)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    line = "|".join(["---", *("---:" for _ in head[1:])])
    return [f"| {' | '.join(head)} |", f"|{line}|", *(f"| {' | '.join(row)} |" for row in rows)]
