"""Two runs side by side, for example with and without a scenario.

Where replicate k of both runs shares its chance (same seed, number of replicates, start, step and source of
parameters, so that equal addresses give equal draws), differences are taken replicate by replicate, which removes most
of their noise. Otherwise every replicate of one run is set against every replicate of the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.engine.drawn import IN_WORDS
from homeward.judge.harm import harm_of
from homeward.judge.monthly import Monthly, read_monthly
from homeward.results.contract import Comparison, ComparisonRow, Interval
from homeward.results.run import Run

__all__ = ["compare_runs"]

FloatArray = NDArray[np.float64]

_PROBABILITIES = (0.05, 0.5, 0.95)
_STOCKS = {"refugee_stock": "refugees", "idp_stock": "displaced"}
_FLOWS = {
    "returned_refugees": "returned_refugees",
    "returned_idps": "returned_idps",
    "naturalised": "naturalised",
}
_PAIRED = "replicate by replicate: the runs share seed, replicates, start and step, so they share their chance"
_UNPAIRED = "every replicate of one run against every replicate of the other: the runs do not share their chance"


def compare_runs(a: Run, b: Run) -> Comparison:
    """Return key figures of two runs by country and year-end, and the difference b minus a.

    Figures are people who are there (no error of observation); flows are sums over the calendar year. Dates
    and countries are those that both runs have. Raises RunError if a run cannot be read.
    """
    paired = _share_chance(a, b)
    return Comparison(
        run_a=a.info.run_dir,
        run_b=b.info.run_dir,
        paired=paired,
        how=_PAIRED if paired else _UNPAIRED,
        harm=tuple(harm for harm in (harm_of(a), harm_of(b)) if harm is not None),
        interval=f"shared shocks and chance; {_parameters(a, b)}",
        rows=tuple(_rows(read_monthly(a), read_monthly(b), paired=paired)),
    )


def _share_chance(a: Run, b: Run) -> bool:
    names = ("seed", "replicates", "start", "step_hours", "drawn")
    return all(getattr(a.info, name) == getattr(b.info, name) for name in names)


def _parameters(a: Run, b: Run) -> str:
    """Return in words where the parameters of both runs come from."""
    one, other = IN_WORDS[a.info.drawn], IN_WORDS[b.info.drawn]
    return one if one == other else f"a: {one}; b: {other}"


def _rows(a: Monthly, b: Monthly, *, paired: bool) -> Iterator[ComparisonRow]:
    dates = [day for day in a.dates if day in b.dates and (day.month == 12 or day == a.dates[-1])]
    countries = [None, *(country for country in a.countries if country in b.countries)]
    for measure in (*_STOCKS, *_FLOWS):
        for country in countries:
            for day in dates:
                of_a, of_b = _people(a, measure, country, day), _people(b, measure, country, day)
                if of_a.any() or of_b.any():
                    difference = of_b - of_a if paired else np.subtract.outer(of_b, of_a).ravel()
                    yield ComparisonRow(
                        measure=measure,
                        country=country,
                        date=day,
                        a=_interval(of_a),
                        b=_interval(of_b),
                        difference=_interval(difference),
                    )


def _people(monthly: Monthly, measure: str, country: str | None, day: date) -> FloatArray:
    """Return one figure by replicate."""
    places = np.arange(len(monthly.places)) if country is None else monthly.columns(country)
    if measure in _STOCKS:
        stock: FloatArray = getattr(monthly, _STOCKS[measure])
        return np.asarray(stock[:, monthly.dates.index(day), places].sum(axis=1))
    flow: FloatArray = getattr(monthly, _FLOWS[measure])
    months = [month for month, end in enumerate(monthly.dates) if end.year == day.year and end <= day]
    return np.asarray(flow[:, months][:, :, places].sum(axis=(1, 2)))


def _interval(values: FloatArray) -> Interval:
    return Interval.of(np.quantile(values, _PROBABILITIES).tolist())
