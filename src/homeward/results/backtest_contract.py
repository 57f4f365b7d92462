"""The JSON document of ``homeward backtest``."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from homeward.results.contract import Count, Document, Model
from homeward.results.score_contract import ForecastScore, ForecastSummary

__all__ = ["Backtest", "BacktestComparison", "BacktestLine", "BacktestOrigin", "BacktestRow"]


class BacktestRow(Model):
    """One figure that was not known on the day ``as_of``, and what forecasts made from that day say of it.

    ``country``: of asylum (IDPs: of origin), null for all hosts with a figure that year together. ``lead``: 1 for the
    calendar year after the day, 2 for the next. ``forecasts``: ``model`` and the simple ones that there are.
    """

    as_of: date
    hand_made: bool
    measure: str
    country: str | None
    year: int
    lead: int
    definition: str
    observed: float
    forecasts: tuple[ForecastScore, ...]

    @property
    def about(self) -> tuple[str, ...]:
        """What the figure is about; its years are one block of a bootstrap."""
        return (self.country or "all",)


class BacktestOrigin(Model):
    """What a forecast from one day rested on.

    ``opening_chance``: of return opening within a year; ``closing_chance``: of its shutting, where it was open.
    ``outside``: parameters whose fitted value lies outside the 99 % range of its prior, where the model is at fault.
    """

    as_of: date
    hand_made: bool
    started_from: date | None
    fitted_through: date
    opening_chance: float
    closing_chance: float = 0.0
    parameters_hash: str
    outside: tuple[str, ...] = ()


class BacktestComparison(Model):
    """The model beside one simple forecast, on the ``n`` figures of which both say something.

    ``model`` and ``score`` are mean CRPS of the logarithm (a point's is its distance); ``skill`` is 1 − model / score,
    ``low90`` and ``high90`` its 90 % interval by a bootstrap over series (null for fewer than five, ``series``).
    """

    baseline: str
    n: Count
    model: float
    score: float
    skill: float
    low90: float | None
    high90: float | None
    series: Count


class BacktestLine(Model):
    """Scores of one ``measure`` and ``lead`` over ``n`` figures: those of the ``model``, and how it compares.

    ``level``: ``host`` for single countries, ``all`` for sums over hosts. ``best``: the simple forecast that is hardest
    to beat, of those that say something of half of the figures or more; null without one.
    """

    hand_made: bool
    measure: str
    level: Literal["host", "all"]
    lead: int
    n: Count
    model: ForecastSummary
    best: str | None
    comparisons: tuple[BacktestComparison, ...]


class Backtest(Document):
    """Forecasts from past days beside what came, and beside forecasts that need no model.

    Pseudo-real-time: only rows known on the day, but in the vintage of today. ``origins`` say what each forecast rested
    on, ``lines`` the mean scores, ``rows`` every figure.
    """

    schema_: Literal["homeward/backtest/1"] = Field("homeward/backtest/1", alias="schema")
    case: str
    replicates: Count
    seed: Count
    case_hash: str
    origins: tuple[BacktestOrigin, ...]
    lines: tuple[BacktestLine, ...]
    rows: tuple[BacktestRow, ...]
    notes: tuple[str, ...] = ()
