"""The JSON document of scores; see :mod:`homeward.results.contract` for the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field

from homeward.results.contract import Count, Document, Model

__all__ = [
    "ForecastScore",
    "ForecastSummary",
    "Score",
    "ScoreRow",
    "ScoreSummary",
    "ScoreSummaryRow",
    "Skill",
]

Level = Literal["group", "country", "place"]


class ForecastScore(Model):
    """What one ``forecast`` said of one observed figure, and its scores (smaller is better).

    ``median`` and the ends of the central 50 % and 90 % intervals (``low50``, ``high50``, ``low90``, ``high90``) are
    people, error of observation included; intervals are null for a point.
    ``crps`` is the continuous ranked probability score in people (of ``origin_share``: in shares), ``log_crps`` that of
    the logarithm, so that 0.10 is about 10 % of the figure; that of a point is its distance. ``log_interval_score`` is
    the width of the 90 % interval in logarithms, and 20 times how far the figure lies outside it. ``pit`` is the place
    of the figure in the forecast distribution, 0 to 1: an ensemble of n tells only between which members it lies, a
    stretch of width ``pit_width`` = 1/(n + 1) (more where members tie) with ``pit`` in its middle; 0 for a normal
    distribution.
    """

    forecast: str
    median: float
    low50: float | None = None
    high50: float | None = None
    low90: float | None = None
    high90: float | None = None
    crps: float
    log_crps: float
    log_interval_score: float | None = None
    pit: float | None = None
    pit_width: float | None = None


class ScoreRow(Model):
    """One observed figure beside the simulated ones.

    ``level`` is group, country or place; ``country`` is a code, or the name of a group of countries.
    ``median`` is over the replicates; ``low90`` and ``high90`` are the 5 % and 95 % quantiles with the error
    of observation, ``low50`` and ``high50`` the 25 % and 75 % ones. ``persistence`` is the observed value of the same
    series a year earlier, ``nothing_changes`` the one at the end of the base year. ``headline`` rows are those that the
    headline scores of the summary are made from. ``forecasts`` are those of the figure with their scores: ``model``
    (from ``SMALLEST_ENSEMBLE`` replicates on), then the baselines that have one; empty for a figure of 0.

    Quantiles are those at (n + 1)·p among n replicates: a new course falls between them with just that chance,
    however few the replicates are.
    """

    measure: str
    level: Level
    country: str
    place: str | None
    origin: str | None
    date: date
    definition: str
    observed: float
    median: float
    low90: float | None
    high90: float | None
    relative_error: float | None
    persistence: float | None
    nothing_changes: float | None
    headline: bool
    low50: float | None = None
    high50: float | None = None
    forecasts: tuple[ForecastScore, ...] = ()

    @property
    def about(self) -> tuple[str, ...]:
        """What the figure is about; its years are one block of a bootstrap, whatever their definitions."""
        return (self.country, self.place or "", self.origin or "")


class ForecastSummary(Model):
    """Mean scores of one ``forecast``: ``crps``, ``log_crps`` and ``log_interval_score`` as in ``ForecastScore``.

    ``coverage50`` and ``coverage90`` are the shares of observed figures inside their interval, never to be read without
    the widths: ``log_width50`` and ``log_width90`` are the mean widths in logarithms, ``relative_width50`` and
    ``relative_width90`` those in people over the observed figure. ``pit`` counts the
    figures in the ten tenths of their forecast distribution, an ensemble's spread evenly over the stretch where it may
    lie: equal for a calibrated forecast, high at both ends for one that is too narrow. A point has none of these.
    """

    forecast: str
    crps: float
    log_crps: float
    log_interval_score: float | None = None
    coverage50: float | None = None
    log_width50: float | None = None
    relative_width50: float | None = None
    coverage90: float | None = None
    log_width90: float | None = None
    relative_width90: float | None = None
    pit: tuple[float, ...] = ()


class Skill(Model):
    """``skill``: one minus the model's mean score over that of a ``baseline``; above 0, the model is better.

    ``score`` says which; ``low90`` and ``high90`` are the 90 % interval of a bootstrap that draws whole series (hosts)
    with replacement, null for fewer than five of them (``series``).
    """

    baseline: str
    score: Literal["log_crps", "log_interval_score"]
    skill: float
    low90: float | None
    high90: float | None
    series: Count


class ScoreSummaryRow(Model):
    """Scores of one measure, level and family of definitions over one period.

    All ``compared`` forecasts are scored on the same ``n`` rows. ``mare`` is the mean absolute relative error
    of each; ``weighted`` the sum of absolute errors over the sum of observed figures; ``coverage90`` the
    share of observed figures inside their 90 % interval, never to be read without ``relative_width``, the
    mean of interval width over observed figure.

    ``forecasts`` are the proper scores of the model and of all baselines that the comparison calls for, on those
    ``proper_n`` rows for which every one of them has a forecast; ``skills`` set the model against each.
    """

    measure: str
    level: Level
    definition: str
    period: str
    compared: tuple[str, ...]
    n: Count
    mare: Mapping[str, float]
    weighted: Mapping[str, float]
    coverage90: float | None
    relative_width: float | None
    proper_n: Count = 0
    forecasts: tuple[ForecastSummary, ...] = ()
    skills: tuple[Skill, ...] = ()


class ScoreSummary(Model):
    """The headline: the model's ``mare`` and ``log_crps`` by measure, coverage with its sharpness, and their table.

    ``relative_width`` belongs to ``coverage90``, ``relative_width50`` to ``coverage50``.
    """

    mare: Mapping[str, float]
    coverage90: float | None
    relative_width: float | None
    rows: tuple[ScoreSummaryRow, ...]
    log_crps: Mapping[str, float] = {}
    coverage50: float | None = None
    relative_width50: float | None = None


class Score(Document):
    """What ``homeward score`` found.

    ``fitted_through`` is the last date of the figures that the parameters were fitted to, null for none: nearness
    to earlier figures is no proof. ``interval`` says what the intervals hold, or why there are none; ``notes`` say how
    figures were compared and which observed rows could not be.
    """

    schema_: Literal["homeward/score/1"] = Field("homeward/score/1", alias="schema")
    run_dir: str
    case: str
    scenario: str | None
    replicates: int
    nothing_changes_since: int
    fitted_through: date | None = None
    interval: str
    summary: ScoreSummary
    rows: tuple[ScoreRow, ...]
    notes: tuple[str, ...] = ()
