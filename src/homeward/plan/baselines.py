"""Forecasts that any analyst has without a model, made from what was known on a day.

Of stocks: *last known stock*. Of returned refugees, with S the last known stock of the host and R returns of a year::

    last known returns     R as last reported
    last known hazard      h · S,  h = R / (stock at the end of the year before), of the last year that has both
    mean of past years     exp(mean of log h over all known years of the host) · S
    survey intention       (share who tell a survey that they mean to return within twelve months) · S
    planners' figure       as published by then for that year; of all hosts together

Of returned IDPs the same without surveys, S being the last known number of IDPs.

Each is a point, and once more with a spread: then the logarithm is normal around it. The spread is what such a forecast
has been off by in the record known on the day: the root mean square change of the logarithm of stock, returns or hazard
from one year to the next, in the last three years on record (the years of flight would make it far too wide for calmer
ones) and over all hosts together, single cases left out (:func:`homeward.plan.figures.smallest_of`), times the root of
the years that lie between; of the mean of past years the spread of the host's own years. With fewer than three changes
on record there is no spread; nor is there for surveys and planners' figures, of which nothing says how far off they
are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from homeward.case.indicators import RETURN_INTENTION
from homeward.case.schema import Case, Measure
from homeward.judge.random_walk import FEWEST_INCREMENTS
from homeward.plan.figures import smallest_of, yearly_figures

__all__ = ["BASELINES", "Simple", "simple_forecasts"]

SPREAD = "_with_spread"
BASELINES = (
    *(
        name + ending
        for name in ("last_known_stock", "last_known_returns", "last_known_hazard", "mean_of_past_years")
        for ending in ("", SPREAD)
    ),
    "survey_intention",
    "planners",
)
RECENT_YEARS = 3
"""Years of changes that the spread of a simple forecast is taken from."""

EXPOSED = {Measure.RETURNED_REFUGEES: Measure.REFUGEE_STOCK, Measure.RETURNED_IDPS: Measure.IDP_STOCK}
"""Whose returns: the stock that a hazard is related to."""


@dataclass(frozen=True)
class Simple:
    """A forecast without a model: ``value`` people (above 0); ``deviation`` of the logarithm, None for a point."""

    name: str
    value: float
    deviation: float | None = None


def simple_forecasts(known: Case, measure: Measure, place: str, year: int) -> list[Simple]:
    """Return the simple forecasts of a measure at a country for a year, from a case as known on a day."""
    record = _Record(known)
    found = (
        _of_stock(record, measure, place, year) if measure not in EXPOSED else _of_returns(record, measure, place, year)
    )
    return [each for one in found if one.value > 0.0 for each in _with_and_without_spread(one)]


def _with_and_without_spread(one: Simple) -> Iterator[Simple]:
    yield Simple(one.name, one.value)
    if one.deviation is not None:
        yield Simple(one.name + SPREAD, one.value, one.deviation)


def _of_stock(record: _Record, measure: Measure, place: str, year: int) -> Iterator[Simple]:
    stocks = record.series(measure, place)
    if stocks:
        last = max(stocks)
        every = [record.large(measure, other) for other in record.countries(measure)]
        yield Simple("last_known_stock", stocks[last], _spread(every, year - last))


def _of_returns(record: _Record, measure: Measure, place: str, year: int) -> Iterator[Simple]:
    returns, stocks = record.series(measure, place), record.series(EXPOSED[measure], place)
    countries = record.countries(measure)
    if returns:
        last = max(returns)
        every = [record.large(measure, other) for other in countries]
        yield Simple("last_known_returns", returns[last], _spread(every, year - last))
    hazards = record.hazards(measure, place)
    if hazards and stocks:
        stock, last = stocks[max(stocks)], max(hazards)
        every = [record.hazards(measure, other, record.large(measure, other)) for other in countries]
        yield Simple("last_known_hazard", hazards[last] * stock, _spread(every, year - last))
        logs = np.log(list(hazards.values()))
        enough = len(logs) >= FEWEST_INCREMENTS
        own = float(np.std(logs, ddof=1)) if enough else None
        yield Simple("mean_of_past_years", math.exp(float(np.mean(logs))) * stock, own or None)
    intention = record.intention(place)
    if intention and stocks and measure is Measure.RETURNED_REFUGEES:
        yield Simple("survey_intention", intention * stocks[max(stocks)])


def planned(known: Case, year: int) -> Simple | None:
    """Return what planners last published of refugees who return in a year, from all hosts; None if nothing."""
    home = known.settings.origin_country
    wanted = (Measure.RETURNED_REFUGEES, home, year)
    rows = [row for row in known.plans if (row.measure, row.place, row.date.year) == wanted]
    return Simple("planners", max(rows, key=lambda row: row.known_on).value) if rows else None


def _spread(every: Sequence[dict[int, float]], years: int) -> float | None:
    """Return the deviation of the logarithm over some years, from the yearly changes of all series together."""
    last = max((max(one, default=0) for one in every), default=0)
    recent = range(last - RECENT_YEARS + 1, last + 1)
    moves = [math.log(one[year] / one[year - 1]) for one in every for year in recent if {year, year - 1} <= one.keys()]
    if len(moves) < FEWEST_INCREMENTS:
        return None
    return math.sqrt(float(np.mean(np.square(moves))) * max(years, 1)) or None


class _Record:
    """The yearly figures of a case by measure, country and year; one figure a year."""

    def __init__(self, known: Case) -> None:
        self._known = known
        countries = {place.country for place in known.places}
        self._rows = {key: rows for key, rows in yearly_figures(known).items() if key[1] in countries}

    def series(self, measure: Measure, place: str) -> dict[int, float]:
        """Return the figures of a country by year."""
        return {year: row.value for year, row in sorted(self._rows.get((measure, place), {}).items())}

    def large(self, measure: Measure, place: str) -> dict[int, float]:
        """Return those of the figures of a country that are no single cases."""
        return {year: value for year, value in self.series(measure, place).items() if value >= smallest_of(measure)}

    def countries(self, measure: Measure) -> list[str]:
        """Return the countries that have a figure."""
        return sorted(place for kind, place in self._rows if kind is measure)

    def hazards(self, measure: Measure, place: str, returns: Mapping[int, float] | None = None) -> dict[int, float]:
        """Return returns (all, if not given) over the stock of the year before, by year."""
        exposed = self.large(EXPOSED[measure], place)
        if returns is None:
            returns = self.series(measure, place)
        return {year: people / exposed[year - 1] for year, people in returns.items() if year - 1 in exposed}

    def intention(self, place: str) -> float | None:
        """Return what the last survey at a host says."""
        rows = [row for row in self._known.conditions if row.indicator == RETURN_INTENTION and row.place == place]
        return max(rows, key=lambda row: row.date).value if rows else None
