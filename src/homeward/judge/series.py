"""Observed figures in series: what makes figures of different dates comparable, and what an earlier one says.

Registered refugees are also put into groups: each country that registers refugees as they come is its own group, all
far countries together are the rest of the world (see :mod:`homeward.judge.observe`), where each country's latest way
of counting is taken as it comes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from homeward.case.schema import Case, Measure, Observation
from homeward.results.score_contract import Level

__all__ = [
    "OTHER_DEFINITIONS",
    "REST_OF_THE_WORLD",
    "SMALLEST_FIGURE",
    "Dated",
    "Series",
    "carried",
    "family",
    "increments",
    "is_headline",
    "is_large",
    "series_of",
    "total",
    "year_earlier",
]

REST_OF_THE_WORLD = "rest of the world"

OTHER_DEFINITIONS = ("cumulative", "other reports")
"""How the definition of a figure begins that is no part of a yearly series."""

SMALLEST_FIGURE = 1000
"""Observed figures of fewer people are listed but not scored: relative errors of small figures say little."""


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """What makes figures of different dates comparable."""

    level: Level
    measure: Measure
    country: str
    place: str
    origin: str
    definition: str


Dated = dict[date, tuple[Observation, ...]]
"""The observed rows that are added up on a date; all but groups have one."""


def series_of(case: Case, rows: Sequence[Observation], far: frozenset[str]) -> dict[Series, Dated]:
    """Return the rows by series; ``far`` countries are one group."""
    country_of = {place.id: place.country for place in case.places}
    series: dict[Series, Dated] = {}
    for row in rows:
        series.setdefault(_own_series(row, country_of), {}).setdefault(row.date, (row,))
        if row.measure is Measure.REFUGEE_STOCK and row.place not in country_of and not row.origin:
            group = REST_OF_THE_WORLD if row.place in far else row.place
            key = Series("group", row.measure, group, "", "", family(row.definition))
            dated = series.setdefault(key, {})
            if row.place not in {member.place for member in dated.get(row.date, ())}:
                dated[row.date] = (*dated.get(row.date, ()), row)
    return series


def _own_series(row: Observation, country_of: Mapping[str, str]) -> Series:
    if row.place in country_of:
        return Series("place", row.measure, country_of[row.place], row.place, row.origin, row.definition)
    return Series("country", row.measure, row.place, "", row.origin, row.definition)


def family(definition: str) -> str:
    """Return what a definition says before its first comma: figures of one family may be added up."""
    return definition.partition(",")[0]


def is_headline(key: Series) -> bool:
    """Return whether a series is at the level of the headline: groups of refugees, countries for the rest."""
    return key.level == ("group" if key.measure is Measure.REFUGEE_STOCK else "country")


def is_large(measure: str, observed: float) -> bool:
    """Return whether a figure is large enough to be scored; a share is if it is not 0."""
    return observed >= SMALLEST_FIGURE or (measure == Measure.ORIGIN_SHARE and observed > 0)


def total(members: Sequence[Observation]) -> float:
    """Return the sum of the figures."""
    return float(sum(row.value for row in members))


def carried(dated: Dated, since: date, members: Sequence[Observation]) -> float | None:
    """Return the figure of an earlier day, if it is there and made up of the same places."""
    earlier = dated.get(since, ())
    same = {row.place for row in earlier} == {row.place for row in members}
    return total(earlier) if same else None


def year_earlier(when: date) -> date:
    """Return the day a year before."""
    leap_day = (when.month, when.day) == (2, 29)
    return when.replace(year=when.year - 1, day=28 if leap_day else when.day)


def increments(dated: Dated, first: int, last: int) -> Iterator[float]:
    """Yield how much the logarithm moved between successive year-ends of these years, both figures above 0."""
    for year in range(first + 1, last + 1):
        members = dated.get(date(year, 12, 31), ())
        before = carried(dated, date(year - 1, 12, 31), members) if members else None
        if before and total(members):
            yield math.log(total(members) / before)
