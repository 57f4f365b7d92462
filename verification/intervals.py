"""Whether the intervals of the built-in Syria hold: yearly refugee stocks against 90 % of an ensemble.

Sixty-four replicates run freely from March 2011, each with its own parameters from the posterior that was fitted to
figures through 2018, with shared shocks, audits and errors of observation. Coverage is counted over the six groups that
the headline scores use, and over the single countries, always with the width in logarithms. Beside it stands a random
walk on the logarithm, its spread taken from the increments of 2012-2018: one year ahead for years through 2018 (it
knows last year's figure, which the run does not), and from the figure of the end of 2018 afterwards.

Demanded: coverage of 85-97 % on 2013-2018 (fitted) and of at least 75 % on 2019-2023 (not fitted), and an interval
score below that of the random walk in both. Negative control: with the parameters held at one value the intervals of
2019-2023 have to score worse or cover less.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from homeward.case.folder import load_case
from homeward.case.schema import Case, Measure
from homeward.engine.drawn import Drawn
from homeward.judge.score import score_run
from homeward.learn.ensemble import run_ensemble
from homeward.results.contract import RunInfo
from homeward.results.run import Run
from homeward.results.score_contract import ForecastSummary, Score, ScoreSummaryRow
from verification.tables import show

__all__ = ["main"]

REPLICATES = 64
CONTROLS = 20
SEED = 1
FITTED, FREE = "2013–2018", "2019–2023"
DEMANDED = {FITTED: (0.85, 0.97), FREE: (0.75, 1.0)}
WALK = {FITTED: "random_walk", FREE: "random_walk_from_base"}
LEVELS = ("group", "country")


def main() -> bool:
    """Simulate, score and print; return whether the demands are met and the control is told apart."""
    case = load_case("syria")
    with tempfile.TemporaryDirectory() as name:
        drawn = _scored(case, Path(name) / "drawn", "posterior", REPLICATES)
        fixed = _scored(case, Path(name) / "fixed", None, CONTROLS)
    lines = {(level, period): _line(drawn, level, period) for level in LEVELS for period in DEMANDED}
    held = _line(fixed, "group", FREE)
    shown = [*(_cells(level, period, line) for (level, period), line in lines.items())]
    shown.append(_cells("control: parameters held, group", FREE, held))
    show(
        f"Refugee stocks at year-ends, {REPLICATES} replicates",
        ("level", "period", "figures", "in 50 %", "width", "in 90 %", "width", "interval score", "random walk", "met"),
        shown,
    )
    met = all(_met(period, line) for (level, period), line in lines.items() if level == "group")
    return met and _worse(held, lines["group", FREE])


def _scored(case: Case, folder: Path, drawn: Drawn | None, replicates: int) -> Score:
    info: RunInfo = run_ensemble(case, folder, seed=SEED, replicates=replicates, drawn=drawn)
    print(f"{info.replicates} replicates, parameters {drawn or 'held'}: {info.wall_s:.0f} s")
    return score_run(Run.open(folder))


def _line(score: Score, level: str, period: str) -> ScoreSummaryRow:
    """Return the line that compares the model with all baselines of a period."""
    lines = [
        row
        for row in score.summary.rows
        if (row.measure, row.level, row.period) == (Measure.REFUGEE_STOCK, level, period)
        and row.definition == "UNHCR year-end"
        and "persistence" in row.compared
    ]
    [line] = lines
    return line


def _of(line: ScoreSummaryRow, forecast: str) -> ForecastSummary:
    return next(one for one in line.forecasts if one.forecast == forecast)


def _cells(level: str, period: str, line: ScoreSummaryRow) -> tuple[object, ...]:
    return (level, period, line.proper_n, *_told(line, period), "yes" if _met(period, line) else "no")


def _told(line: ScoreSummaryRow, period: str) -> Iterator[object]:
    model, walk = _of(line, "model"), _of(line, WALK[period])
    for value in (model.coverage50, model.log_width50, model.coverage90, model.log_width90):
        yield f"{value:.2f}"
    yield from (f"{_score(one):.2f}" for one in (model, walk))


def _score(one: ForecastSummary) -> float:
    if one.log_interval_score is None:
        raise AssertionError(f"{one.forecast} has no interval")
    return one.log_interval_score


def _met(period: str, line: ScoreSummaryRow) -> bool:
    low, high = DEMANDED[period]
    model, walk = _of(line, "model"), _of(line, WALK[period])
    return model.coverage90 is not None and low <= model.coverage90 <= high and _score(model) < _score(walk)


def _worse(held: ScoreSummaryRow, drawn: ScoreSummaryRow) -> bool:
    one, other = _of(held, "model"), _of(drawn, "model")
    return _score(one) > _score(other) or (one.coverage90 or 0.0) < (other.coverage90 or 0.0)
