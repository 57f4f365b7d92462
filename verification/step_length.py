"""The length of a step changes little: half a day moves nothing that matters, and a week some tenths of a percent.

Refugees by host country and IDPs at every end of a year, and returns by the country left (IDPs: the country of
origin) in every year, of the expected course: for the small case and for the first years of the built-in Syria, in
which most people flee. Steps of 12 hours and of a week are held against steps of 24 hours.

What a week costs has one cause: nobody moves twice in a step. Who flees and would flee on or return within days does
so a few days later, and that is missing where a flow has just begun: returns and stocks abroad of the first years.

Chance is compared too: ensembles of the small case by days and by weeks have the same distribution of yearly stocks, up
to a shift of the mean that is shown and limited.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from math import log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tests.small_case import small_case

from homeward.case.folder import load_case
from homeward.case.schema import Case
from homeward.engine.record import Trajectory
from homeward.engine.simulate import expected_course, simulate
from homeward.rules.homeward import HomewardRules
from verification.tables import show

__all__ = ["main", "yearly_returns", "yearly_stocks"]

SYRIA_UNTIL = date(2013, 12, 31)

Figures = Counter[tuple[int, str]]


class Limit(NamedTuple):
    """What a length of a step may change: figures from ``fewest`` people on, each by ``largest``, all by ``mean``."""

    hours: int
    fewest: int
    largest: float
    mean: float


HALVED = Limit(12, 1_000, 0.01, 0.005)
WEEKLY_STOCKS = Limit(168, 5_000, 0.02, 0.01)
WEEKLY_RETURNS = Limit(168, 1_000, 0.03, 0.02)
"""Smaller figures are left out: rounding to whole people, and the first weeks of a flow, weigh there."""

REPLICATES = 300
SHIFT = 0.02
FALSE_ALARM = 1e-4


def main() -> bool:
    """Compare, print the largest and the mean changes, and return whether all are small enough."""
    cases = (small_case(people=5_000_000), _changed(load_case("syria"), end=SYRIA_UNTIL))
    changes = [row for case in cases for row in _changes(case)]
    show(
        "Change of yearly figures against steps of 24 hours, expected course",
        ("case", "figures", "step", "how many", "largest", "of", "24 h", "so", "mean", "at most", "and"),
        changes,
    )
    spread = list(_spreads(small_case(people=200_000)))
    show(
        f"{REPLICATES} replicates by days and by weeks, small case: stocks at the end of the year",
        ("stock", "mean, days", "mean, weeks", "sd, days", "sd, weeks", "distance at equal means", "at most"),
        spread,
    )
    return all(row[4] < row[9] and row[8] < row[10] for row in changes) and all(_alike(row) for row in spread)


def yearly_stocks(course: Trajectory, case: Case) -> Figures:
    """Return refugees by host country and IDPs at the end of every year of a course."""
    country = {place.id: place.country for place in case.places}
    ends = course.names.month_ends
    last_months = {end.year: month for month, end in enumerate(ends)}
    stocks: Figures = Counter()
    columns = (course.stocks[name] for name in ("month", "place", "stage", "people"))
    for month, place, stage, people in zip(*columns, strict=True):
        year, name = ends[month].year, course.names.stages[stage]
        if last_months[year] == month and name in ("refugee", "displaced"):
            where = "IDPs" if name == "displaced" else country[course.names.places[place]]
            stocks[year, where] += int(people)
    return stocks


def yearly_returns(course: Trajectory, case: Case) -> Figures:
    """Return people who went home in every year of a course, by the country that they left."""
    country = {place.id: place.country for place in case.places}
    returns: Figures = Counter()
    columns = (course.returns[name] for name in ("month", "host", "people"))
    for month, host, people in zip(*columns, strict=True):
        returns[course.names.month_ends[month].year, country[course.names.places[host]]] += int(people)
    return returns


Change = tuple[str, str, str, int, float, str, int, int, float, float, float]


def _changes(case: Case) -> Iterator[Change]:
    """Yield a row for every figure and length of a step."""
    courses = {hours: expected_course(HomewardRules(_changed(case, step_hours=hours))) for hours in (24, 12, 168)}
    for name, figures, limit in (
        ("stocks", yearly_stocks, HALVED),
        ("stocks", yearly_stocks, WEEKLY_STOCKS),
        ("returns", yearly_returns, WEEKLY_RETURNS),
    ):
        daily, other = (figures(courses[hours], case) for hours in (24, limit.hours))
        changes = {key: abs(other[key] / people - 1) for key, people in daily.items() if people >= limit.fewest}
        year, where = worst = max(changes, key=changes.__getitem__)
        yield (
            case.settings.name, name, f"{limit.hours} h", len(changes), changes[worst], f"{where} {year}",
            daily[worst], other[worst], sum(changes.values()) / len(changes), limit.largest, limit.mean,
        )  # fmt: skip


def _changed(case: Case, **settings: object) -> Case:
    return case.model_copy(update={"settings": case.settings.model_copy(update=settings)})


Spread = tuple[str, float, float, float, float, float, float]


def _spreads(case: Case) -> Iterator[Spread]:
    """Yield a row for every stock: means, standard deviations, and the Kolmogorov distance once means are made equal.

    Replicates of the same number share their shocks, so means are compared far below their standard errors, and the
    limit on the distance, which holds for two ensembles apart, is on the safe side of its false-alarm rate.
    """
    by_days, by_weeks = (_ensemble(_changed(case, step_hours=hours)) for hours in (24, 168))
    limit = sqrt(-log(FALSE_ALARM / 2) / REPLICATES)
    for where in sorted(by_days[0]):
        one, other = (np.array([stocks[where] for stocks in each], dtype=np.float64) for each in (by_days, by_weeks))
        distance = _distance(one, other * one.mean() / other.mean())
        yield f"{where[1]} {where[0]}", one.mean(), other.mean(), one.std(), other.std(), distance, limit


def _ensemble(case: Case) -> list[Figures]:
    rules = HomewardRules(case)
    return [yearly_stocks(simulate(rules, 1, replicate), case) for replicate in range(REPLICATES)]


def _distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the largest difference of two empirical distributions."""
    everywhere = np.concatenate([one, other])
    shares = [np.searchsorted(np.sort(each), everywhere, side="right") / len(each) for each in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def _alike(row: Spread) -> bool:
    _, mean, other_mean, deviation, other_deviation, distance, limit = row
    return abs(other_mean / mean - 1) < SHIFT and 0.8 < other_deviation / deviation < 1.25 and distance < limit
