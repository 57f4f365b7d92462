"""How far people in camps lie from the counts, by three measures, and how surely one method is nearer than another.

Of every measure there is by day what lies apart and what it is divided by; the error is the sum of the first over the
sum of the second, from the horizon on (earlier days have no origin). *Flee's measure*: the averaged relative difference
as Flee defines it, on its own counts: lines between dates, all scaled by corrections of registrations that came later,
over people registered so far. *Counts as they stand*: the same lines without corrections, over the people counted.
*On dates*: counts on their own dates alone, nothing made up between them, over the people counted.

Intervals: moving blocks of 30 days within each case (Künsch 1989), the same blocks above and below the line; over all
cases the mean of their errors, blocks drawn in each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.counts import DailyCounts, observations
from homeward.case.flee.model import FleeCase
from homeward.judge.flee_score import BLOCK_DAYS, averaged_relative_difference, difference_on_count_dates
from homeward.learn.flee_camps import errors_of

__all__ = ["Apart", "Gain", "Measure", "apart", "gain", "pooled_error"]

FloatArray = NDArray[np.float64]
RESAMPLES = 2000
SEED = 20201111


class Measure(StrEnum):
    """What is taken for the truth, and what errors are divided by."""

    FLEES = "Flee's measure"
    AS_THEY_STAND = "counts as they stand"
    ON_DATES = "on dates of counts"


@dataclass(frozen=True, slots=True)
class Apart:
    """By day from the horizon on: what lies ``apart``, in the units of ``by``, which it is divided by."""

    apart: FloatArray
    by: FloatArray

    @property
    def error(self) -> float:
        """The error over all days."""
        return float(self.apart.sum() / self.by.sum())


@dataclass(frozen=True, slots=True)
class Gain:
    """The error of one less that of another, with its 90 % interval; below 0 where the first is nearer."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return the numbers as they are shown."""
        return f"{self.mean:+.3f} ({self.low:+.3f} to {self.high:+.3f})".replace("-", "−")


def apart(measure: Measure, case: FleeCase, counts: DailyCounts, people: FloatArray, horizon: int) -> Apart:
    """Return how far ``people`` (days x camps) lie from the counts; ``counts`` with corrections for Flee's measure."""
    if measure is Measure.ON_DATES:
        found = difference_on_count_dates(people, observations(case, corrected=False))
        above, below = np.zeros(len(people)), np.zeros(len(people))
        above[found.days], below[found.days] = found.apart, found.people
        return Apart(above[horizon:], below[horizon:])
    if measure is Measure.FLEES:
        errors = averaged_relative_difference(people, counts)[horizon:]
    else:
        errors = errors_of(people, counts, horizon)
    return Apart(errors, np.ones(len(errors)))


def pooled_error(cases: Mapping[str, Apart]) -> float:
    """Return the mean of the errors of some cases."""
    return float(np.mean([one.error for one in cases.values()]))


def gain(ours: Sequence[Apart], theirs: Sequence[Apart]) -> Gain:
    """Return the mean over cases of ours less theirs; both have the same cases, days and divisors."""
    random = np.random.default_rng(SEED)
    mean, drawn = 0.0, np.zeros(RESAMPLES)
    for one, other in zip(ours, theirs, strict=True):
        less = one.apart - other.apart
        mean += float(less.sum() / one.by.sum()) / len(ours)
        drawn += _drawn(less, one.by, random) / len(ours)
    low, high = np.quantile(drawn, [0.05, 0.95]).tolist()
    return Gain(mean, low, high)


def _drawn(less: FloatArray, by: FloatArray, random: np.random.Generator) -> FloatArray:
    """Return (resamples) the ratio of the sums over blocks that are drawn, centred as days near the ends are in few."""
    block = max(1, min(BLOCK_DAYS, len(less) // 2))
    starts = np.arange(len(less) - block + 1)
    picked = random.integers(len(starts), size=(RESAMPLES, -(-len(less) // block)))
    above, below = (_block_sums(each, block) for each in (less, by))
    sums = below[picked].sum(axis=1)
    ratios = np.divide(above[picked].sum(axis=1), sums, out=np.zeros(RESAMPLES), where=sums > 0)
    return np.asarray(ratios - above.sum() / below.sum() + less.sum() / by.sum())


def _block_sums(values: FloatArray, block: int) -> FloatArray:
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(sums[block:] - sums[:-block])
