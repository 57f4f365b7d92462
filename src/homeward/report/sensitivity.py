"""Arrange a sensitivity analysis for reading: a tornado plot and a table for each planning figure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from homeward.errors import InputError, Problem, UsageError
from homeward.report.charts import MEASURE_NAMES
from homeward.report.facts import ReportData
from homeward.report.wording import day, is_small, number, signed_percent
from homeward.results.contract import RunInfo
from homeward.results.sensitivity_contract import (
    Sensitivity,
    SensitivityBar,
    SensitivityFigure,
    SensitivityIndex,
    SensitivityParameter,
)

__all__ = [
    "SensitivityLine",
    "SensitivityPart",
    "SensitivityView",
    "Tornado",
    "TornadoBar",
    "TornadoWord",
    "read_sensitivity",
    "sensitivity_view",
]

MOST_LINES = 12
"""Parameters in the plot of a figure, and in its table."""

WIDTH, LEFT, HALF, ROW, TOP, BOTTOM = 600, 242, 125, 22, 6, 26
ZERO = LEFT + (WIDTH - LEFT) / 2
"""Of a plot; there is room for names on the left, and beside either half of the axis for words."""

LIMITS = (1.02, 1.05, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
"""Factors at which the axis of a plot may end: at the first that holds all bars; what lies beyond is cut off."""

WITHOUT_UNIT = ("1", "0 to 1")

AS_FACTOR = 4.0
"""From this relative change on, a factor is shown."""


@dataclass(frozen=True, slots=True)
class TornadoWord:
    """The change at one end of a bar: where it stands and how it is set (``start`` or ``end``)."""

    x: float
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class TornadoBar:
    """The bars of one parameter as (x, width) for the low and the high end of its range; ``y`` is their middle.

    Where both point the same way, the one of the high end is drawn thinner and on top.
    """

    name: str
    y: float
    low: tuple[float, float]
    high: tuple[float, float]
    same_side: bool
    words: tuple[TornadoWord, ...]
    title: str


@dataclass(frozen=True, slots=True)
class Tornado:
    """A plot; ticks are (position, words)."""

    width: int
    height: int
    left: float
    zero: float
    bars: tuple[TornadoBar, ...]
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class SensitivityLine:
    """One parameter in the table of a figure; ``cells`` are its indices, ``low`` and ``high`` the change in words."""

    name: str
    meaning: str
    range: str
    rests_on: str
    cells: tuple[str, ...]
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class SensitivityPart:
    """One planning figure; ``tornado`` is None where nobody, or too few to be shown, are counted in the middle."""

    key: str
    title: str
    middle: float
    tornado: Tornado | None
    lines: tuple[SensitivityLine, ...]


@dataclass(frozen=True, slots=True)
class SensitivityView:
    """What the section shows; ``columns`` are the names of the indices, ``differences`` what was not as in this run."""

    found: Sensitivity
    columns: tuple[str, ...]
    differences: tuple[str, ...]
    parts: tuple[SensitivityPart, ...]


def read_sensitivity(path: Path) -> Sensitivity:
    """Return the document that ``homeward sensitivity`` wrote.

    Raises UsageError if there is no such file, InputError if it is something else.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {path}; 'homeward sensitivity CASE --out {path}' writes it")
    try:
        return Sensitivity.model_validate_json(path.read_bytes())
    except ValidationError:
        what, remedy = "is no document homeward/sensitivity/1", "Write it with 'homeward sensitivity CASE'."
        raise InputError([Problem(str(path), None, None, what, remedy)]) from None


def sensitivity_view(data: ReportData, found: Sensitivity) -> SensitivityView:
    """Return the section of a report; raises UsageError if the analysis is of another case than the run."""
    if found.case != data.info.case:
        raise UsageError(f"the sensitivity analysis is of the case {found.case}, the run of {data.info.case}")
    is_morris = found.method == "morris"
    return SensitivityView(
        found=found,
        columns=("μ*", "σ") if is_morris else ("Alone", "Total"),
        differences=tuple(_differences(data.info, found)),
        parts=tuple(_part(data, figure, found) for figure in found.figures),
    )


def _differences(run: RunInfo, found: Sensitivity) -> Iterator[str]:
    """Yield what was not as in the run; the copy of a run's case has its scenario in it, under no name."""
    if found.case_hash == run.case_hash:
        return
    if (found.start, found.end) != (run.start, run.end):
        yield f"it ran from {day(found.start)} to {day(found.end)}"
    if found.scenario != run.scenario:
        yield f"its scenario was {found.scenario or 'none'}"
    if (found.end, found.scenario) == (run.end, run.scenario):
        yield "the case or the parameters that it sets were others"


def _part(data: ReportData, figure: SensitivityFigure, found: Sensitivity) -> SensitivityPart:
    shown = bool(figure.middle) and not is_small(figure.middle)
    bars = figure.bars if shown else ()
    ranges = {row.name: row for row in found.parameters}
    meanings = {line.name: line.meaning for line in data.parameters}
    by_name = {bar.parameter: bar for bar in bars}
    return SensitivityPart(
        key="-".join(filter(None, (figure.measure, figure.country))),
        title=_title(data, figure),
        middle=figure.middle,
        tornado=_tornado(bars, ranges) if any(_reach(bar) for bar in bars) else None,
        lines=tuple(
            _line(index, ranges[index.parameter], meanings.get(index.parameter, ""), by_name.get(index.parameter))
            for index in figure.indices[:MOST_LINES]
            if index.weight > 0
        ),
    )


def _title(data: ReportData, figure: SensitivityFigure) -> str:
    where = f" from {data.country_names.get(figure.country, figure.country)}" if figure.country else ""
    is_stock = figure.measure.endswith("_stock")
    return f"{MEASURE_NAMES[figure.measure]}{where}, {day(figure.date) if is_stock else figure.date.year}"


def _line(
    index: SensitivityIndex, row: SensitivityParameter, meaning: str, bar: SensitivityBar | None
) -> SensitivityLine:
    return SensitivityLine(
        name=row.name,
        meaning=meaning,
        range=f"{_short(row.low)} to {_short(row.high)} {'' if row.unit in WITHOUT_UNIT else row.unit}".strip(),
        rests_on=row.rests_on,
        cells=_cells(index),
        low=_change(bar.low_change if bar else None),
        high=_change(bar.high_change if bar else None),
    )


def _cells(index: SensitivityIndex) -> tuple[str, ...]:
    if index.mu_star is not None:
        return (_with_width(index.mu_star, index.mu_star_half_width), _decimals(index.sigma))
    return (_with_width(index.first, index.first_half_width), _with_width(index.total, index.total_half_width))


def _with_width(value: float | None, half: float | None) -> str:
    return f"{_decimals(value)} ± {_decimals(half)}"


def _decimals(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def _short(value: float) -> str:
    return number(float(f"{value:.3g}"))


def _change(share: float | None) -> str:
    """Return a relative change in words: ``+12 %``, ``×7.1`` where it is large, a dash where it is not known."""
    return f"×{1 + share:,.1f}" if share is not None and share >= AS_FACTOR else signed_percent(share)


def _tornado(bars: Sequence[SensitivityBar], ranges: dict[str, SensitivityParameter]) -> Tornado:
    """Return the plot of the bars that are not empty, on a logarithmic axis that ends at the same factor both ways."""
    wide = [bar for bar in bars if _reach(bar)][:MOST_LINES]
    most = max(_reach(bar) for bar in wide)
    limit = next((limit for limit in LIMITS if math.log(limit) >= most), LIMITS[-1])
    return Tornado(
        width=WIDTH,
        height=TOP + ROW * len(wide) + BOTTOM,
        left=LEFT,
        zero=ZERO,
        bars=tuple(_drawn(bar, ranges[bar.parameter], rank, limit) for rank, bar in enumerate(wide)),
        ticks=((ZERO - HALF, _change(1 / limit - 1)), (ZERO, "0"), (ZERO + HALF, _change(limit - 1))),
    )


def _reach(bar: SensitivityBar) -> float:
    """Return how far a bar goes on the scale of logarithms; 0 for an empty one."""
    return max(abs(_logarithm(change)) for change in (bar.low_change, bar.high_change))


def _logarithm(change: float | None) -> float:
    return 0.0 if change is None else math.log1p(change) if change > -1 else -math.inf


def _drawn(bar: SensitivityBar, row: SensitivityParameter, rank: int, limit: float) -> TornadoBar:
    low, high = (_across(change, limit) for change in (bar.low_change, bar.high_change))
    ends = ((_short(row.low), bar.low_change), (_short(row.high), bar.high_change))
    return TornadoBar(
        name=bar.parameter,
        y=TOP + ROW * (rank + 0.5),
        low=_span(low),
        high=_span(high),
        same_side=_same_side(low, high),
        words=tuple(_words(bar, low, high)),
        title=f"{bar.parameter}: " + ", ".join(f"{_change(change)} at {value}" for value, change in ends),
    )


def _across(change: float | None, limit: float) -> float:
    """Return where a change lies; one beyond the axis lies at its end."""
    part = _logarithm(change) / math.log(limit)
    return round(ZERO + HALF * max(-1.0, min(1.0, part)), 1)


def _span(x: float) -> tuple[float, float]:
    return (min(x, ZERO), round(abs(x - ZERO), 1))


def _same_side(low: float, high: float) -> bool:
    return (low - ZERO) * (high - ZERO) > 0


def _words(bar: SensitivityBar, low: float, high: float) -> Iterator[TornadoWord]:
    """Yield the change at both ends; only at the outer one where both lie on the same side."""
    ends = sorted([(low, bar.low_change), (high, bar.high_change)], key=lambda end: end[0])
    outer = max(ends, key=lambda end: abs(end[0] - ZERO))
    for place, (x, change) in enumerate(ends):
        if _same_side(low, high) and (x, change) != outer:
            continue
        is_left = x < ZERO or (x == ZERO and place == 0)
        yield TornadoWord(x - 5 if is_left else x + 5, "end" if is_left else "start", _change(change))
