"""Proper scores of many figures: means by forecast, coverage with width, PIT histograms, and skill.

All forecasts of a comparison are scored on the same figures: those that every one of them covers. A baseline that
covers fewer than half of the figures is left out instead of taking the others down with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from homeward.judge.proper import least_of, log_width
from homeward.judge.skill import skill_with_interval
from homeward.results.score_contract import ForecastScore, ForecastSummary, Skill

__all__ = [
    "FROM_BASE",
    "MODEL",
    "ONE_YEAR",
    "PIT_BINS",
    "ProperScores",
    "ScoredFigure",
    "pit_histogram",
    "proper_scores",
]

FloatArray = NDArray[np.float64]

MODEL = "model"
ONE_YEAR = ("persistence", "random_walk", "random_walk_drift", "random_walk_recent")
"""Baselines that go one year from last year's figure: the point, and the random walks around it."""

FROM_BASE = ("nothing_changes", *(f"{name}_from_base" for name in ONE_YEAR[1:]))
"""Baselines that go from the figure of the base date over all years since."""

PIT_BINS = 10
LEAST_COVERED = 0.5


@dataclass(frozen=True, slots=True)
class ProperScores:
    """Mean scores by forecast over ``n`` figures, and the skill of the model over each baseline; all empty for none."""

    n: int = 0
    forecasts: tuple[ForecastSummary, ...] = ()
    skills: tuple[Skill, ...] = ()


@dataclass(frozen=True, slots=True)
class _Scored:
    """One forecast of one figure."""

    observed: float
    least: float
    series: tuple[str, ...]
    score: ForecastScore


class ScoredFigure(Protocol):
    """An observed figure with what forecasts said of it."""

    @property
    def measure(self) -> str:
        """What is counted."""

    @property
    def observed(self) -> float:
        """The figure."""

    @property
    def forecasts(self) -> tuple[ForecastScore, ...]:
        """What each forecast said, and its scores."""

    @property
    def about(self) -> tuple[str, ...]:
        """What the figure is about: one block of a bootstrap."""


def proper_scores(rows: Sequence[ScoredFigure], baselines: Sequence[str]) -> ProperScores:
    """Return the scores of the model and of these baselines on the rows that all of them cover."""
    by_row = [{score.forecast: score for score in row.forecasts} for row in rows]
    names = [MODEL, *(name for name in baselines if _covers_enough(name, by_row))]
    kept = [(row, said) for row, said in zip(rows, by_row, strict=True) if said.keys() >= set(names)]
    if not kept:
        return ProperScores()
    scored = {
        name: [_Scored(row.observed, least_of(row.measure), row.about, said[name]) for row, said in kept]
        for name in names
    }
    skills = [skill for name in names[1:] for skill in _skills(scored[MODEL], scored[name])]
    return ProperScores(len(kept), tuple(_summary(name, scored[name]) for name in names), tuple(skills))


def _covers_enough(name: str, by_row: Sequence[dict[str, ForecastScore]]) -> bool:
    covered = sum(name in said for said in by_row)
    return covered > 0 and covered >= LEAST_COVERED * len(by_row)


def _summary(name: str, scored: Sequence[_Scored]) -> ForecastSummary:
    scores = [one.score for one in scored]
    has_intervals = all(score.log_interval_score is not None for score in scores)
    return ForecastSummary(
        forecast=name,
        crps=_mean([score.crps for score in scores]),
        log_crps=_mean([score.log_crps for score in scores]),
        log_interval_score=_mean([score.log_interval_score or 0.0 for score in scores]) if has_intervals else None,
        pit=pit_histogram(scores) if has_intervals else (),
        **(_intervals(scored, 50) | _intervals(scored, 90) if has_intervals else {}),
    )


def _intervals(scored: Sequence[_Scored], level: int) -> dict[str, float]:
    """Return coverage and widths of the intervals of a level, by their names in the summary."""
    ends = [(getattr(one.score, f"low{level}"), getattr(one.score, f"high{level}")) for one in scored]
    pairs = list(zip(scored, ends, strict=True))
    return {
        f"coverage{level}": _mean([low <= one.observed <= high for one, (low, high) in pairs]),
        f"log_width{level}": _mean([log_width(low, high, one.least) for one, (low, high) in pairs]),
        f"relative_width{level}": _mean([(high - low) / one.observed for one, (low, high) in pairs]),
    }


def pit_histogram(scores: Sequence[ForecastScore]) -> tuple[float, ...]:
    """Return how many figures fall in each tenth of their forecast distribution.

    A figure of an ensemble counts in parts, evenly over the stretch in which it may lie, so that the expected histogram
    of a calibrated ensemble is level however few its members (Czado, Gneiting and Held 2009, Biometrics 65).
    """
    edges = np.linspace(0.0, 1.0, PIT_BINS + 1)
    counts = np.zeros(PIT_BINS)
    for score in scores:
        if score.pit is not None and score.pit_width is not None:
            counts += np.diff(_reached(edges, score.pit, score.pit_width))
    return tuple(round(float(count), 6) for count in counts)


def _reached(edges: FloatArray, middle: float, width: float) -> FloatArray:
    """Return which part of a stretch lies below each edge; the last edge closes the last bin."""
    if width == 0.0:
        below = (middle < edges).astype(np.float64)
        below[-1] = 1.0
        return below
    return np.clip((edges - (middle - width / 2.0)) / width, 0.0, 1.0)


def _skills(model: Sequence[_Scored], baseline: Sequence[_Scored]) -> list[Skill]:
    series = [one.series for one in model]
    found = []
    for name in ("log_crps", "log_interval_score"):
        ours, theirs = ([getattr(one.score, name) for one in scored] for scored in (model, baseline))
        if None in theirs or not sum(theirs):
            continue
        skill, low, high = skill_with_interval(ours, theirs, series)
        found.append(
            Skill(
                baseline=baseline[0].score.forecast,
                score="log_crps" if name == "log_crps" else "log_interval_score",
                skill=skill,
                low90=low,
                high90=high,
                series=len(set(series)),
            )
        )
    return found


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
