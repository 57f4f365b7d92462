"""Write the page of a backtest: tables of scores, and every figure beside what was said of it; nothing is fetched."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from homeward.report.charts import MEASURE_NAMES
from homeward.report.pages import page_environment
from homeward.results.backtest_contract import Backtest, BacktestLine, BacktestRow
from homeward.results.durable import place_whole
from homeward.results.score_contract import ForecastScore

__all__ = ["render_backtest", "write_backtest_page"]

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 340.0, 190.0, 62.0, 8.0, 10.0, 24.0
MOST_COUNTRIES = 6
NAMES = {
    "last_known_stock": "last known stock",
    "last_known_stock_with_spread": "last known stock, with spread",
    "last_known_returns": "last known returns",
    "last_known_returns_with_spread": "last known returns, with spread",
    "last_known_hazard": "last known hazard × last known stock",
    "last_known_hazard_with_spread": "last known hazard × last known stock, with spread",
    "mean_of_past_years": "mean hazard of past years × last known stock",
    "mean_of_past_years_with_spread": "mean hazard of past years × last known stock, with spread",
    "survey_intention": "survey intention × last known stock",
    "planners": "planners' figure",
}
MODEL = "model"


@dataclass(frozen=True, slots=True)
class Mark:
    """One year of a plot, in pixels: the figure (``observed``), the model's intervals and median, the simple forecast.

    ``y`` values run downwards; ``text`` says the same in words.
    """

    x: float
    observed: float
    low90: float
    high90: float
    low50: float
    high50: float
    median: float
    simple: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """One country and measure, one year ahead."""

    title: str
    marks: tuple[Mark, ...]
    years: tuple[tuple[float, int], ...]
    ticks: tuple[tuple[float, str], ...]


def write_backtest_page(document: Backtest, path: Path) -> None:
    """Write the page to ``path``, whole or not at all; raises OSError if it cannot be written."""
    html = render_backtest(document)
    place_whole(path, lambda unfinished: unfinished.write_text(html, encoding="utf-8", newline="\n"))


def render_backtest(document: Backtest) -> str:
    """Return the page as HTML."""
    environment = page_environment()
    environment.filters["measure"] = MEASURE_NAMES.__getitem__
    environment.filters["baseline"] = NAMES.__getitem__
    environment.filters["signed_percent"] = lambda share: "–" if share is None else f"{share:+.0%}".replace("-", "−")
    ways = tuple(dict.fromkeys(line.hand_made for line in document.lines))
    return environment.get_template("backtest.html.j2").render(
        document=document,
        ways=[(hand_made, _lines(document, hand_made), tuple(_plots(document, hand_made))) for hand_made in ways],
        planned=tuple(_planned(document)),
        width=WIDTH, height=HEIGHT, left=LEFT, right=WIDTH - RIGHT, top=TOP, bottom=HEIGHT - BOTTOM,
    )  # fmt: skip


def _lines(document: Backtest, hand_made: bool) -> list[BacktestLine]:  # noqa: FBT001
    return [line for line in document.lines if line.hand_made == hand_made]


def _planned(document: Backtest) -> Iterator[tuple[BacktestRow, ForecastScore, ForecastScore]]:
    """Yield the figures of which planners had said something: row, planners' figure, model."""
    for row in document.rows:
        said = {one.forecast: one for one in row.forecasts}
        if "planners" in said:
            yield row, said["planners"], said[MODEL]


def _plots(document: Backtest, hand_made: bool) -> Iterator[Plot]:  # noqa: FBT001
    rows = [row for row in document.rows if row.hand_made == hand_made and row.lead == 1]
    for measure in dict.fromkeys(row.measure for row in rows):
        of_measure = [row for row in rows if row.measure == measure]
        size = {
            row.country: max(one.observed for one in of_measure if one.country == row.country) for row in of_measure
        }
        for country in sorted(size, key=lambda name: -size[name])[:MOST_COUNTRIES]:
            yield _plot(measure, country, [row for row in of_measure if row.country == country])


def _plot(measure: str, country: str | None, rows: Sequence[BacktestRow]) -> Plot:
    model = {row.year: next(one for one in row.forecasts if one.forecast == MODEL) for row in rows}
    simple = {row.year: next((one.median for one in row.forecasts if one.forecast != MODEL), None) for row in rows}
    ends = [value for row in rows for value in (row.observed, model[row.year].low90, model[row.year].high90)]
    scale = _Scale([value for value in ends if value is not None])
    first, last = min(row.year for row in rows), max(row.year for row in rows)

    def across(year: int) -> float:
        inner = WIDTH - LEFT - RIGHT
        return LEFT + inner * (year - first + 0.5) / (last - first + 1)

    marks = tuple(_mark(row, model[row.year], simple[row.year], scale, across(row.year)) for row in rows)
    years = tuple((across(year), year) for year in range(first, last + 1))
    return Plot(f"{MEASURE_NAMES[measure]}, {country or 'all hosts'}", marks, years, tuple(scale.ticks()))


def _mark(row: BacktestRow, model: ForecastScore, simple: float | None, scale: _Scale, x: float) -> Mark:
    ends = [model.low90, model.high90, model.low50, model.high50]
    low90, high90, low50, high50 = (scale.at(value or 0.0) for value in ends)
    text = (
        f"{row.year}: {row.observed:,.0f} came; the model said {model.median:,.0f} "
        f"({model.low90 or 0:,.0f} to {model.high90 or 0:,.0f})"
    )
    return Mark(
        x, scale.at(row.observed), low90, high90, low50, high50, scale.at(model.median),
        None if simple is None else scale.at(simple), text,
    )  # fmt: skip


class _Scale:
    """A logarithmic axis."""

    def __init__(self, values: Sequence[float]) -> None:
        self._low = math.log(max(min(values), 10.0) / 1.2)
        self._high = max(math.log(max(*values, 20.0) * 1.2), self._low + 0.5)

    def at(self, value: float) -> float:
        share = (math.log(max(value, 1.0)) - self._low) / (self._high - self._low)
        return HEIGHT - BOTTOM - min(max(share, 0.0), 1.0) * (HEIGHT - TOP - BOTTOM)

    def ticks(self) -> Iterator[tuple[float, str]]:
        powers = [round(factor * 10**power) for power in range(1, 9) for factor in (1, 1.5, 2, 3, 5, 7)]
        inside = [value for value in powers if self._low <= math.log(value) <= self._high]
        step = max(1, math.ceil(len(inside) / 5))
        yield from ((self.at(value), f"{value:,}") for value in inside[::step])
