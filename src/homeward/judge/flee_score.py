"""How far a simulation of a Flee case lies from the counts: Flee's own measure, and measures that interpolate nothing.

Simulated people are (days x camps), the columns in the order of :class:`~homeward.case.flee.counts.DailyCounts` and
row 0 the end of day 0. All measures are shares of people, 0 where simulation and counts agree; smaller is better.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.counts import CampObservations, DailyCounts, observations
from homeward.case.flee.model import CampCounts, FleeCase

__all__ = [
    "CapacityLeak",
    "CountDates",
    "MeanDifference",
    "averaged_relative_difference",
    "capacity_leak",
    "describe_leaks",
    "difference_on_count_dates",
    "mean_difference",
    "relative_difference",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Numbers = NDArray[np.float64] | NDArray[np.int64]

FLEES_DIGITS = 4
"""Decimals to which Flee rounds a camp's difference before it adds them up."""

NEAR = 0.02
"""A capacity that is within this share of a count is taken to have been read off it."""

BLOCK_DAYS = 30
"""Days in a block of the bootstrap: counts come about monthly, so errors of days between two counts go together."""

RESAMPLES = 2000
SEED = 20120229


def averaged_relative_difference(simulated: Numbers, counts: DailyCounts) -> FloatArray:
    """Return Flee's ``Total error`` by day; its mean over the days is the score that Flee's users quote.

    It is the sum over the camps that are compared of |simulated − counted|, over all people registered so far; 0 on
    days with nobody registered. Raises ValueError where the shapes differ.
    """
    if simulated.shape != counts.counted.shape:
        raise ValueError(f"{simulated.shape} simulated for {counts.counted.shape} counts")
    kept = counts.compared
    return relative_difference(simulated[:, kept], counts.counted[:, kept], counts.registered)


def relative_difference(simulated: Numbers, counted: Numbers, people: Numbers) -> FloatArray:
    """Return by day the sum over camps of |simulated − counted| over ``people`` (days); 0 where that is not above 0.

    Raises ValueError where ``simulated`` and ``counted`` (days x camps) and ``people`` do not have the same days and
    camps.
    """
    if simulated.shape != counted.shape or people.shape != counted.shape[:1]:
        raise ValueError(f"{simulated.shape} simulated and {people.shape} people for {counted.shape} counts")
    apart = np.round(np.abs(simulated - counted), FLEES_DIGITS).sum(axis=1)
    difference: FloatArray = np.divide(apart, people, out=np.zeros(len(people)), where=people > 0)
    return difference


@dataclass(frozen=True, slots=True, eq=False)
class CountDates:
    """Simulation and counts on the dates of counts alone.

    ``days`` (rising); on each, summed over the camps counted on it, ``apart`` is |simulated − counted| and ``people``
    the people counted (above 0).
    """

    days: IntArray
    apart: FloatArray
    people: FloatArray

    @property
    def differences(self) -> FloatArray:
        """The relative difference on each day."""
        return self.apart / self.people

    @property
    def mean(self) -> float:
        """The mean of the differences, a date with one small camp counting as much as any; NaN without dates."""
        return float(self.differences.mean()) if len(self.days) else math.nan

    @property
    def pooled(self) -> float:
        """All that lies apart over all people counted, so that small counts weigh little; NaN without dates."""
        return float(self.apart.sum() / self.people.sum()) if len(self.days) else math.nan


def difference_on_count_dates(simulated: Numbers, observed: Sequence[CampObservations]) -> CountDates:
    """Return how far a simulation lies from the counts on each simulated day on which at least one camp was counted.

    Only the camps *counted on that day* enter, so that no count between dates is made up. Camps that are not compared
    are left out, and so are days on which the camps counted hold nobody. People of ``observed`` are as they were
    counted: multiply a simulation of every hundredth person by 100. Raises ValueError where there is not one column
    for each camp of ``observed``.
    """
    if simulated.shape[1:] != (len(observed),):
        raise ValueError(f"{simulated.shape} simulated for {len(observed)} camps")
    apart, people = np.zeros(len(simulated)), np.zeros(len(simulated))
    for column, camp in enumerate(observed):
        inside = (camp.days >= 0) & (camp.days < len(simulated)) & camp.compared
        on, counted = camp.days[inside], camp.people[inside]
        apart[on] += np.abs(simulated[on, column] - counted)
        people[on] += counted
    days = np.flatnonzero(people > 0)
    return CountDates(days, apart[days], people[days])


@dataclass(frozen=True, slots=True)
class CapacityLeak:
    """A camp whose ``capacity`` in ``locations.csv`` is nearly (within 2 %) a count that was still to come.

    ``people`` is that count and ``day`` its day, counted from the first of the simulation; ``what`` says which count
    it is. Who sets the capacity so tells the model how many people the camp will have.
    """

    camp: str
    capacity: int
    people: int
    day: int
    what: str


def capacity_leak(case: FleeCase) -> tuple[CapacityLeak, ...]:
    """Return the camps whose capacity gives the answer away, in the order of ``data_layout.csv``.

    A capacity is held against the largest count of the camp after day 0, as it stands and corrected, up to the last
    day and in all its files; if none is near, against the largest of any one file, and against the camp's last count,
    which leaks as well. The nearest is named. Raises InputError where a correction cannot be made.
    """
    capacities = {place.name: place.capacity for place in case.locations}
    raw, scaled = observations(case, corrected=False), observations(case, corrected=True)
    leaks = []
    for camp, as_it_stands, corrected in zip(case.camps, raw, scaled, strict=True):
        capacity = capacities.get(camp.name)
        if not capacity:
            continue
        leak = _nearest(camp.name, capacity, _maxima(case, as_it_stands, corrected))
        leak = leak or _nearest(camp.name, capacity, _other_counts(case, camp, as_it_stands))
        leaks += [leak] if leak is not None else []
    return tuple(leaks)


def describe_leaks(case: FleeCase, leaks: Sequence[CapacityLeak]) -> str:
    """Return a sentence that says what the capacities of a case give away; "" where they give away nothing."""
    if not leaks:
        return ""
    camps = sum(1 for place in case.locations if place.capacity)
    named = "; ".join(f"{leak.camp} {leak.capacity:,} is {leak.what}, {leak.people:,}" for leak in leaks)
    text = f"The capacity of {len(leaks)} of {camps} camps is within {NEAR:.0%} of a count still to come ({named})."
    return f"{text} A model that fills camps up to it is told the answer: its score is no measure of a forecast."


_Candidate = tuple[float, int, str]
"""People, day, and which count it is."""


def _maxima(case: FleeCase, raw: CampObservations, corrected: CampObservations) -> Iterator[_Candidate]:
    for observed, how in ((raw, ""), (corrected, " once corrected")):
        for last, when in ((case.period.days - 1, "in the period"), (math.inf, "in its files")):
            inside = (observed.days > 0) & (observed.days <= last)
            if inside.any():
                row = int(np.where(inside, observed.people, -math.inf).argmax())
                yield float(observed.people[row]), int(observed.days[row]), f"its largest count {when}{how}"


def _other_counts(case: FleeCase, camp: CampCounts, raw: CampObservations) -> Iterator[_Candidate]:
    yield float(raw.people[-1]), int(raw.days[-1]), "its last count in its files"
    for file in camp.files if len(camp.files) > 1 else ():
        count = max(file.counts, key=lambda count: count.people)
        yield count.people, (count.on - case.period.start).days, f"the largest count of {file.file}"


def _nearest(camp: str, capacity: int, candidates: Iterator[_Candidate]) -> CapacityLeak | None:
    later = [candidate for candidate in candidates if candidate[1] > 0]
    people, day, what = min(later, key=lambda candidate: abs(candidate[0] - capacity), default=(math.inf, 0, ""))
    if abs(people - capacity) > NEAR * capacity:
        return None
    return CapacityLeak(camp, capacity, round(people), day, what)


@dataclass(frozen=True, slots=True)
class MeanDifference:
    """The mean of first − second over the days, with a 90 % interval; below 0 where the first errs less."""

    mean: float
    low90: float
    high90: float


def mean_difference(
    first: FloatArray, second: FloatArray, *, block: int = BLOCK_DAYS, resamples: int = RESAMPLES, seed: int = SEED
) -> MeanDifference:
    """Return by how much two error series (days) differ in the mean, with an interval by the moving-block bootstrap.

    Blocks of ``block`` successive days are drawn with replacement among all overlapping ones, laid end to end and cut
    to the length of the series, so that errors that go together in time stay together (Künsch 1989, Annals of
    Statistics 17(3), 1217-1241). As days near the ends are in fewer blocks, the drawn means are first centred on
    their expectation. The interval holds for days like these in this one conflict, not for others.

    Raises ValueError where the series differ in length or are shorter than two blocks.
    """
    if first.shape != second.shape or first.ndim != 1 or not 2 <= 2 * block <= len(first):
        raise ValueError(f"{first.shape} and {second.shape} errors in blocks of {block} days")
    apart = first - second
    sums = np.concatenate([[0.0], np.cumsum(apart)])
    whole, rest = divmod(len(apart), block)
    starts = np.arange(len(apart) - block + 1)
    of_block, of_rest = sums[starts + block] - sums[starts], sums[starts + rest] - sums[starts]
    drawn = np.random.default_rng(seed).integers(len(starts), size=(resamples, whole + 1))
    means = (of_block[drawn[:, :whole]].sum(axis=1) + of_rest[drawn[:, whole]]) / len(apart)
    expected = (whole * of_block.mean() + of_rest.mean()) / len(apart)
    mean = float(apart.mean())
    low, high = mean + np.quantile(means - expected, [0.05, 0.95])
    return MeanDifference(mean, float(low), float(high))
