"""Proper scores of a forecast of one figure: an ensemble, a random walk, or a point.

Figures of people are positive and differ by factors of thousands between hosts, so scores are given twice: in people,
where the largest host decides, and for the logarithm, where a relative error counts the same anywhere. On the scale of
the logarithm a score of 0.10 is about 10 % of the figure.

The intervals of an ensemble lie between the quantiles at (n + 1)·p: if it and the figure come from one distribution,
the chance of the figure to fall between them is the level of the interval, whatever n is. With the more usual
1 + (n − 1)·p it would be 81 % for a 90 % interval of 20 members.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Measure
from homeward.judge.crps import crps, crps_lognormal, crps_normal, interval_score, normal_below
from homeward.results.score_contract import ForecastScore

__all__ = ["central_interval", "least_of", "log_width", "score_ensemble", "score_point", "score_walk"]

FloatArray = NDArray[np.float64]

LEAST_PEOPLE, LEAST_SHARE = 0.5, 0.0005
"""What stands for nobody in a logarithm: half a person, or half a thousandth as a share."""

_REACH = {50: 0.6744897501960817, 90: 1.6448536269514722}
"""Standard deviations from the middle of a normal distribution to the ends of a central interval."""


def central_interval(sample: FloatArray, level: float) -> tuple[float, float]:
    """Return the interval in which a new member falls with probability ``level``; n at least 2/(1 − level) − 1."""
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(sample, [tail, 1.0 - tail], method="weibull")
    return float(low), float(high)


def score_ensemble(forecast: str, sample: FloatArray, observed: float, least: float) -> ForecastScore:
    """Return the scores of an ensemble (19 members or more) for a figure above 0; ``least`` stands for 0 in logs."""
    (low50, high50), (low90, high90) = central_interval(sample, 0.5), central_interval(sample, 0.9)
    below, level = np.count_nonzero(sample < observed), np.count_nonzero(sample == observed)
    width = (level + 1) / (len(sample) + 1)
    return ForecastScore(
        forecast=forecast,
        median=float(np.median(sample)),
        low50=low50,
        high50=high50,
        low90=low90,
        high90=high90,
        crps=crps(sample, observed),
        log_crps=crps(np.log(np.maximum(sample, least)), math.log(observed)),
        log_interval_score=interval_score(_log(low90, least), _log(high90, least), math.log(observed)),
        pit=below / (len(sample) + 1) + width / 2,
        pit_width=width,
    )


def score_walk(forecast: str, mean: float, deviation: float, observed: float) -> ForecastScore:
    """Return the scores of a figure whose logarithm is normal with this mean and deviation (above 0)."""
    logarithm = math.log(observed)
    reach50, reach90 = (_REACH[level] * deviation for level in (50, 90))
    return ForecastScore(
        forecast=forecast,
        median=math.exp(mean),
        low50=math.exp(mean - reach50),
        high50=math.exp(mean + reach50),
        low90=math.exp(mean - reach90),
        high90=math.exp(mean + reach90),
        crps=crps_lognormal(mean, deviation, observed),
        log_crps=crps_normal(mean, deviation, logarithm),
        log_interval_score=interval_score(mean - reach90, mean + reach90, logarithm),
        pit=normal_below((logarithm - mean) / deviation),
        pit_width=0.0,
    )


def score_point(forecast: str, value: float, observed: float, least: float) -> ForecastScore:
    """Return the scores of a forecast without a distribution: its distance, in people and in logarithms."""
    distance = abs(_log(value, least) - math.log(observed))
    return ForecastScore(forecast=forecast, median=value, crps=abs(value - observed), log_crps=distance)


def least_of(measure: str) -> float:
    """Return what stands for 0 in logarithms of a measure."""
    return LEAST_SHARE if measure == Measure.ORIGIN_SHARE else LEAST_PEOPLE


def log_width(low: float, high: float, least: float) -> float:
    """Return the width of an interval in logarithms."""
    return _log(high, least) - _log(low, least)


def _log(value: float, least: float) -> float:
    return math.log(max(value, least))
