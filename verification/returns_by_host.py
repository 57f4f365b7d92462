"""Returns by host and year, 2017-2023, given the conditions: the decision to return beside the simplest forecasts.

With Türkiye's figures of 2017-18, which count returns that UNHCR did not verify, and without. Two tables:

The decision alone, gated and smooth: its parameters are fitted to the host-years of all other years and forecast the
year left out (:mod:`homeward.learn.returns`), as the mean of a host's other years does. So both look at the record
before and after, which a forecaster could not; only the value two years before was known on 1 January. The interval
of gated less smooth is a bootstrap over host-years.

The whole simulation: twenty replicates from March 2011 with the parameters fitted through 2018, errors of observation
included; the years to 2018 are fitted, and 2019-2023 are out of fit but were known when the rules were written.

Negative control: with the host-years shuffled among each other, the decision must score worse.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from homeward.case.folder import load_case
from homeward.case.schema import Case
from homeward.judge.host_years import (
    BASELINES,
    HostYear,
    Scored,
    host_years,
    score_baseline,
    score_simulated,
    summed_up,
)
from homeward.judge.observe import Observer
from homeward.judge.simulated import simulated_run
from homeward.learn.ensemble import run_ensemble
from homeward.learn.returns import ReturnRecord, left_out_scores
from homeward.results.run import Run
from verification.tables import show

__all__ = ["main"]

HOSTS = ("TUR", "LBN", "JOR", "IRQ", "EGY")
FIRST, LAST = 2017, 2023
REPLICATES = 20
DRAWS = 10_000
FORMS = {"gated": 0.0, "smooth": 1.0}
SEED = 20_261_125
MEAN = "host's mean of its other years"


def main() -> bool:
    """Fit, forecast, simulate, score and print; return whether the control is told apart."""
    case = load_case("syria")
    years = host_years(case, HOSTS, FIRST, LAST)
    records = {form: ReturnRecord(case, years, {"return_smooth_share": share}) for form, share in FORMS.items()}
    with tempfile.TemporaryDirectory() as name:
        simulated = score_simulated(_observer(case, Path(name) / "run"), years)
    for title, kept in (("", range(len(years))), (" without Türkiye 2017-18", _verified(years))):
        _show_scores(title, years, list(kept), records, simulated)
    shuffled = np.random.default_rng(SEED).permutation(len(years))
    control = records["gated"].with_figures([_with_figures_of(years[i], years[j]) for i, j in enumerate(shuffled)])
    mixed = summed_up(left_out_scores(control, range(len(years)))).crps
    right = summed_up(left_out_scores(records["gated"], range(len(years)))).crps
    print(f"\nControl: host-years shuffled {mixed:.3f} (right: {right:.3f})")
    return mixed > right


def _show_scores(
    title: str, years: Sequence[HostYear], kept: list[int], records: dict[str, ReturnRecord], simulated: list[Scored]
) -> None:
    chosen = [years[number] for number in kept]
    forecasts = {label: score_baseline(baseline, chosen) for label, baseline in BASELINES.items()}
    left_out = {form: left_out_scores(record, kept) for form, record in records.items()}
    forecasts |= {f"decision, {form}, other years fitted": scored for form, scored in left_out.items()}
    of_run = _only(simulated, chosen)
    forecasts["simulation, fitted through 2018"] = of_run
    forecasts["the same from 2019 on"] = [one for one in of_run if one.year > 2018]
    show(
        f"Log hazard of return by host and year{title}",
        ("forecast", "n", "CRPS", "coverage of 90 %", "width"),
        [(label, *_cells(scored)) for label, scored in forecasts.items()],
    )
    against = {"smooth": left_out["smooth"], MEAN: forecasts[MEAN]}
    for one, other in (("gated", "smooth"), ("gated", MEAN), ("smooth", MEAN)):
        pairs = zip(left_out[one], against[other], strict=True)
        low, high = _interval([first.crps - second.crps for first, second in pairs])
        print(f"{one} less {other}: CRPS {low:+.3f} to {high:+.3f} (90 %, bootstrap of host-years)")
    for form, record in records.items():
        fit = record.fit(kept)
        moved = [
            f"{name} {fit.values[name]:.3g}" for name, z in zip(fit.names, fit.scores, strict=True) if abs(z) > 0.5
        ]
        print(f"{form}: P(push > 0) {fit.chance_above_median('return_weight_push'):.2f}; spread {fit.spread:.2f};")
        print(f"  moved by more than half a prior's spread: {', '.join(moved)}")
    rows = [_line(*both) for both in zip(left_out["gated"], left_out["smooth"], strict=True)]
    show(
        f"Left-out forecasts, 90 %{title}", ("host", "year", "record", "gated low", "high", "smooth low", "high"), rows
    )


def _observer(case: Case, folder: Path) -> Observer:
    run_ensemble(case, folder, seed=1, replicates=REPLICATES, drawn="posterior")
    return Observer(simulated_run(Run.open(folder)))


def _verified(years: Sequence[HostYear]) -> list[int]:
    return [number for number, one in enumerate(years) if not (one.country == "TUR" and one.year in (2017, 2018))]


def _with_figures_of(one: HostYear, other: HostYear) -> HostYear:
    return replace(one, returned=other.returned, stock=other.stock)


def _only(scored: Sequence[Scored], kept: Sequence[HostYear]) -> list[Scored]:
    names = {(one.country, one.year) for one in kept}
    return [one for one in scored if (one.country, one.year) in names]


def _cells(scored: Sequence[Scored]) -> tuple[object, ...]:
    summary = summed_up(scored)
    return summary.n, f"{summary.crps:.3f}", f"{summary.coverage90:.0%}", f"{summary.width90:.2f}"


def _interval(differences: Sequence[float]) -> tuple[float, float]:
    values = np.array(differences)
    chosen = np.random.default_rng(1).integers(len(values), size=(DRAWS, len(values)))
    low, high = np.quantile(values[chosen].mean(axis=1), (0.05, 0.95))
    return float(low), float(high)


def _line(gated: Scored, smooth: Scored) -> tuple[object, ...]:
    ends = (gated.observed, gated.low90, gated.high90, smooth.low90, smooth.high90)
    return gated.country, gated.year, *(f"{np.exp(value):.2%}" for value in ends)
