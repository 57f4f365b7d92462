"""Returns by host and year, 2017-2023: the built-in Syria beside the simplest forecasts.

With Türkiye's figures of 2017-18, which count returns that UNHCR did not verify, and without. Forty replicates from
March 2011 with the parameters fitted through 2018, given the conditions: the years to 2018 are fitted, and 2019-2023
are out of fit but were known when the rules were written. The baselines look at the record of the very years, before
and after, which a forecaster could not; only the value two years before was known on 1 January. Beside the shipped set
stands the smooth form with parameters that were not fitted for it: a control, of which the score must see that it is
worse, and no verdict on the form.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
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
from homeward.results.run import Run
from verification.tables import show

__all__ = ["main"]

HOSTS = ("TUR", "LBN", "JOR", "IRQ", "EGY")
FIRST, LAST = 2017, 2023
REPLICATES = 40
DRAWS = 10_000
SMOOTH = {"return_smooth_share": 1.0}


def main() -> bool:
    """Simulate, score and print; return whether the score sees that an unfitted form is worse."""
    case = load_case("syria")
    years = host_years(case, HOSTS, FIRST, LAST)
    with tempfile.TemporaryDirectory() as name:
        gated = score_simulated(_observer(case, Path(name) / "gated"), years)
        smooth = score_simulated(_observer(_with(case, SMOOTH), Path(name) / "smooth"), years)
    for title, kept in (("", years), (" without Türkiye 2017-18", [one for one in years if not _unverified(one)])):
        forecasts = {label: score_baseline(baseline, kept) for label, baseline in BASELINES.items()}
        forecasts["homeward, gated, fitted through 2018"] = _only(gated, kept)
        forecasts["the same from 2019 on"] = [one for one in _only(gated, kept) if one.year > 2018]
        forecasts["homeward, smooth, not fitted for it"] = _only(smooth, kept)
        rows = [(label, *_cells(scored)) for label, scored in forecasts.items()]
        show(
            f"Log hazard of return by host and year{title}",
            ("forecast", "n", "CRPS", "coverage of 90 %", "width"),
            rows,
        )
    low, high = _interval([one.crps - two.crps for one, two in zip(gated, smooth, strict=True)])
    print(
        f"\ngated less smooth (the latter not fitted): CRPS {low:+.3f} to {high:+.3f} (90 %, bootstrap of host-years)"
    )
    show("Gated, by host-year", ("host", "year", "record", "low", "high"), [_line(one) for one in gated])
    return high < 0


def _with(case: Case, parameters: dict[str, float]) -> Case:
    changed = {**case.settings.parameters, **parameters}
    return case.model_copy(update={"settings": case.settings.model_copy(update={"parameters": changed})})


def _observer(case: Case, folder: Path) -> Observer:
    run_ensemble(case, folder, seed=1, replicates=REPLICATES)
    return Observer(simulated_run(Run.open(folder)))


def _unverified(one: HostYear) -> bool:
    return one.country == "TUR" and one.year in (2017, 2018)


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


def _line(one: Scored) -> tuple[object, ...]:
    return one.country, one.year, *(f"{np.exp(value):.2%}" for value in (one.observed, one.low90, one.high90))
