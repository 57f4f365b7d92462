"""The reference class scored on episodes that it has not seen, with and without coerced ones; convergence; a control.

Both score tables of ``docs/explanation/reference-class.md`` are printed here. It fails if the 90 % intervals hold fewer
than 85 % or more than 95 % of the figures left out, if chains have not converged, if prediction takes more than 3 s or
sampling more than 5 minutes, or if the control passes: intervals half as wide must hold too few. Skill is shown and not
judged. There is chance in it, with fixed seeds.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

from tools.build_reference import show_convergence

from homeward.learn.reference.episodes import Episode, shipped_episodes
from homeward.learn.reference.posterior import Posterior, sample, uncoerced
from homeward.learn.reference.scores import (
    MEASURES,
    Scored,
    best_baseline,
    leave_one_out,
    skill,
    summarise,
    time_order,
)
from verification.tables import show

__all__ = ["main"]

LOWEST, HIGHEST = 0.85, 0.95
LARGEST_R_HAT = 1.02
FEWEST_EFFECTIVE = 400
PREDICTION_SECONDS, SAMPLING_SECONDS = 3.0, 300.0


def main() -> bool:
    """Measure, print, and return whether everything holds."""
    episodes = list(shipped_episodes())
    begun = time.perf_counter()
    posterior = sample(episodes)
    sampled = time.perf_counter() - begun
    print(f"\nSampled from {len(episodes)} episodes in {sampled:.0f} s (at most {SAMPLING_SECONDS:.0f} s)")
    show_convergence(posterior)
    predicted = _prediction_time()
    print(f"homeward reference SYR --onset 2024: {predicted:.2f} s (at most {PREDICTION_SECONDS:.0f} s)")
    holds = sampled <= SAMPLING_SECONDS and predicted <= PREDICTION_SECONDS and _converged(posterior)
    one_out = leave_one_out(episodes, posterior)
    holds &= _show("Leave-one-out", one_out)
    holds &= _show("Time order", time_order(episodes), judged=False)
    holds &= not _inside(_halved(one_out))
    _without_coerced(episodes)
    return holds


def _converged(posterior: Posterior) -> bool:
    return bool(posterior.split_r_hat.max() <= LARGEST_R_HAT and posterior.effective.min() >= FEWEST_EFFECTIVE)


def _prediction_time() -> float:
    begun = time.perf_counter()
    command = [sys.executable, "-m", "homeward", "reference", "SYR", "--onset", "2024", "--json"]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


def _show(title: str, scored: Sequence[Scored], *, judged: bool = True) -> bool:
    summaries = summarise(scored)
    rows = [
        (s.measure, s.forecast, s.n, f"{s.crps:.4f}", f"{s.coverage90:.1%}", f"{s.width90:.2f}",
         _skill(scored, s.measure, s.forecast))
        for s in summaries
    ]  # fmt: skip
    origins = len({row.origin for row in scored})
    show(
        f"{title}: {len({row.episode for row in scored})} episodes of {origins} origins",
        ("measure", "forecast", "figures", "CRPS", "inside 90 %", "width", "skill of the model over it (90 %)"),
        rows,
    )
    for measure in MEASURES:
        best = best_baseline(summaries, measure)
        print(f"  {measure}: skill over the best baseline ({best}): {_skill(scored, measure, best)}")
    return not judged or _inside(scored)


def _skill(scored: Sequence[Scored], measure: str, forecast: str) -> str:
    if forecast == "model":
        return ""
    found, low, high = skill(scored, measure, forecast)
    return f"{found:+.1%} ({low:+.1%} to {high:+.1%})"


def _inside(scored: Sequence[Scored]) -> bool:
    return all(LOWEST <= s.coverage90 <= HIGHEST for s in summarise(scored) if s.forecast == "model")


def _halved(scored: Sequence[Scored]) -> list[Scored]:
    from dataclasses import replace

    return [
        replace(row, low90=row.low90 + (row.high90 - row.low90) / 4, high90=row.high90 - (row.high90 - row.low90) / 4)
        for row in scored
    ]


def _without_coerced(episodes: Sequence[Episode]) -> None:
    kept = uncoerced(episodes)
    scored = leave_one_out(kept, sample(kept))
    _show("Without coerced episodes, leave-one-out", scored)
