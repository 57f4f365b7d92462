"""Arrange proper scores for reading: a table of forecasts with their skill, and small histograms of the PIT."""

from __future__ import annotations

from dataclasses import dataclass

from homeward.judge.score_summary import main_lines
from homeward.report.charts import MEASURE_NAMES
from homeward.results.score_contract import ForecastSummary, Score, ScoreSummaryRow, Skill

__all__ = ["ForecastLine", "PitChart", "ProperGroup", "forecast_name", "pit_chart", "proper_groups", "skill_in_words"]

PIT_WIDTH, PIT_HEIGHT = 80, 26

_NAMES = {
    "model": "this run",
    "persistence": "persistence",
    "random_walk": "random walk",
    "random_walk_drift": "random walk with drift",
    "random_walk_recent": "recent random walk",
    "nothing_changes": "nothing changes",
}


@dataclass(frozen=True, slots=True)
class PitChart:
    """A histogram: ``bars`` are (left, top, width, height) in its units, ``level`` where all would be if equal."""

    width: int
    height: int
    bars: tuple[tuple[float, float, float, float], ...]
    level: float
    words: str


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """One forecast: its mean scores, the skill of the run over it in words, and its histogram (None for points)."""

    name: str
    scores: ForecastSummary
    skill: str
    interval_skill: str
    pit: PitChart | None


@dataclass(frozen=True, slots=True)
class ProperGroup:
    """The forecasts of one measure and period but for walks with drift, scored on the same ``n`` figures."""

    title: str
    detail: str
    n: int
    lines: tuple[ForecastLine, ...]


def proper_groups(score: Score) -> tuple[ProperGroup, ...]:
    """Return the proper scores of the main measures by period, in the order in which measures are shown."""
    order = list(MEASURE_NAMES)
    rows = sorted(main_lines(score), key=lambda row: (order.index(row.measure), row.definition, row.period))
    return tuple(_group(row, score.nothing_changes_since) for row in rows)


def _group(row: ScoreSummaryRow, base: int) -> ProperGroup:
    title = f"{MEASURE_NAMES[row.measure]}, {row.period}"
    lines = tuple(_line(row, forecast, base) for forecast in row.forecasts if "drift" not in forecast.forecast)
    return ProperGroup(title, row.definition, row.proper_n, lines)


def _line(row: ScoreSummaryRow, scores: ForecastSummary, base: int) -> ForecastLine:
    skills = {skill.score: skill for skill in row.skills if skill.baseline == scores.forecast}
    return ForecastLine(
        name=forecast_name(scores.forecast, base),
        scores=scores,
        skill=skill_in_words(skills.get("log_crps")),
        interval_skill=skill_in_words(skills.get("log_interval_score")),
        pit=pit_chart(scores.pit, row.proper_n) if scores.pit else None,
    )


def forecast_name(name: str, base: int) -> str:
    """Return what a forecast is called in the report; ``base`` is the year that some go on from."""
    known = _NAMES[name.removesuffix("_from_base")]
    return f"{known} from {base}" if name.endswith("_from_base") else known


def skill_in_words(skill: Skill | None) -> str:
    """Return a skill with its interval: ``+12 % (−3 to +25)``; nothing where there is none."""
    if skill is None:
        return ""
    if skill.low90 is None or skill.high90 is None:
        return f"{_hundredths(skill.skill)} %"
    return f"{_hundredths(skill.skill)} % ({_hundredths(skill.low90)} to {_hundredths(skill.high90)})"


def _hundredths(share: float) -> str:
    return f"{100 * share:+.0f}".replace("-", "−")


def pit_chart(counts: tuple[float, ...], n: int) -> PitChart:
    """Return the histogram of ``n`` figures, as high as its highest bar or twice the level of equal ones."""
    level = n / len(counts)
    scale = PIT_HEIGHT / max(*counts, 2 * level)
    step = PIT_WIDTH / len(counts)
    bars = tuple(
        (round(number * step + 0.5, 1), round(PIT_HEIGHT - scale * count, 1), step - 1, round(scale * count, 1))
        for number, count in enumerate(counts)
    )
    words = ", ".join(f"{count:.1f}".removesuffix(".0") for count in counts)
    return PitChart(PIT_WIDTH, PIT_HEIGHT, bars, round(PIT_HEIGHT - scale * level, 1), words)
