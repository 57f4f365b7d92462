"""Returns by host and calendar year: the hazard on record, what a run says of it, and the simplest forecasts beside it.

The hazard of a host-year is the returned refugees of the year over the registered refugees at the end of the year
before, in logarithms. A figure of 0 is no figure (UNHCR writes 0 where nothing was reported), and returns can include
people who were never registered, so for such hosts it overstates what people did.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case, Measure, Observation
from homeward.judge.crps import crps, crps_normal, means_of
from homeward.judge.observe import Observer

__all__ = [
    "BASELINES",
    "HostYear",
    "Scored",
    "Summary",
    "host_years",
    "score_baseline",
    "score_simulated",
    "summed_up",
]

Floats = NDArray[np.float64]

NORMAL_90 = 1.6448536269514722
LEAST_RETURNED = 0.5
"""Stands for nobody in a logarithm: half a person."""


@dataclass(frozen=True, slots=True)
class HostYear:
    """What is on record for one host and year; ``log_hazard`` is log(returned / stock)."""

    country: str
    year: int
    returned: Observation
    stock: Observation

    @property
    def log_hazard(self) -> float:
        """Return the logarithm of the hazard per year."""
        return math.log(self.returned.value / self.stock.value)


@dataclass(frozen=True, slots=True)
class Scored:
    """One forecast of one host-year: score and 90 % interval, in logarithms of the hazard."""

    country: str
    year: int
    observed: float
    crps: float
    low90: float
    high90: float


@dataclass(frozen=True, slots=True)
class Summary:
    """The mean score over ``n`` host-years, the share inside the 90 % intervals, and their mean width."""

    n: int
    crps: float
    coverage90: float
    width90: float


def host_years(case: Case, countries: Sequence[str], first: int, last: int) -> list[HostYear]:
    """Return the host-years with a figure above 0 of returns and one of the stock a year before, in their order.

    Where a year has several figures of one measure, the first in the table is taken.
    """
    found: dict[tuple[Measure, str, int], Observation] = {}
    for row in case.observed:
        if row.place in countries and not row.origin and (row.date.month, row.date.day) == (12, 31) and row.value > 0:
            found.setdefault((row.measure, row.place, row.date.year), row)
    years = [(country, year) for country in countries for year in range(first, last + 1)]
    rows = [
        (c, y, found.get((Measure.RETURNED_REFUGEES, c, y)), found.get((Measure.REFUGEE_STOCK, c, y - 1)))
        for c, y in years
    ]
    return [HostYear(c, y, returned, stock) for c, y, returned, stock in rows if returned and stock]


Baseline = Callable[[HostYear, Sequence[HostYear]], tuple[float, float] | None]
"""Mean and standard deviation of a normal forecast of one host-year from the others; None where there is none."""


def score_baseline(baseline: Baseline, years: Sequence[HostYear]) -> list[Scored]:
    """Return the scores of a baseline for every host-year that it can forecast."""
    found = []
    for one in years:
        forecast = baseline(one, years)
        if forecast is not None:
            mean, deviation = forecast
            score = crps_normal(mean, deviation, one.log_hazard)
            reach = NORMAL_90 * deviation
            found.append(Scored(one.country, one.year, one.log_hazard, score, mean - reach, mean + reach))
    return found


def score_simulated(observer: Observer, years: Sequence[HostYear]) -> list[Scored]:
    """Return the scores of a run for every host-year that it covers, errors of observation included.

    The run's own register of the year before is the denominator, as the record's is on the other side.
    """
    found = []
    for one in years:
        returned, stock = observer.figure(one.returned), observer.figure(one.stock)
        if returned.reason or stock.reason:
            continue
        people = np.maximum(returned.published, LEAST_RETURNED)
        sample = np.log(people / np.maximum(stock.published, 1.0))
        low, high = np.quantile(sample, (0.05, 0.95))
        score = crps(sample, one.log_hazard)
        found.append(Scored(one.country, one.year, one.log_hazard, score, float(low), float(high)))
    return found


def summed_up(scored: Sequence[Scored]) -> Summary:
    """Return the means over host-years; NaN for none."""
    return Summary(len(scored), *means_of(scored))


def _mean_of_host(one: HostYear, years: Sequence[HostYear]) -> tuple[float, float] | None:
    others = [other.log_hazard for other in years if other.country == one.country and other.year != one.year]
    return (float(np.mean(others)), float(np.std(others, ddof=1))) if len(others) > 1 else None


def _lagged(lag: int) -> Baseline:
    """The value ``lag`` years before; its spread is the root mean square of all its errors, which favours it."""

    def forecast(one: HostYear, years: Sequence[HostYear]) -> tuple[float, float] | None:
        value = {(other.country, other.year): other.log_hazard for other in years}
        pairs = [(other.country, other.year - lag) for other in years]
        errors = [value[c, y + lag] - value[c, y] for c, y in pairs if (c, y) in value]
        before = value.get((one.country, one.year - lag))
        return None if before is None else (before, math.sqrt(float(np.mean(np.square(errors)))))

    return forecast


BASELINES: dict[str, Baseline] = {
    "host's mean of its other years": _mean_of_host,
    "last year's value": _lagged(1),
    "value two years before": _lagged(2),
}
"""The simplest forecasts. A year's figure appears on 20 June of the next, so on 1 January only the last was known."""
