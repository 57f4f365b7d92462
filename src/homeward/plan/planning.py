"""The planning table of a forecast: returns as low, likely and high, by host country, district of origin and month.

Totals are quantiles of sums over each replicate, never sums of quantiles: so columns do not add up, as the places where
many go differ from replicate to replicate. Who sets out is counted, not what would be published of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case
from homeward.engine.drawn import IN_WORDS
from homeward.errors import UsageError
from homeward.judge.pillar_flows import ALL_FOUR
from homeward.judge.score import SMALLEST_ENSEMBLE
from homeward.plan.columns import Column, Row, Table, count_columns
from homeward.plan.courses import JUDGED, Courses, read_courses
from homeward.plan.needs import needs_table
from homeward.plan.outlook import Outlook
from homeward.plan.ranges import COLUMNS, SMALLEST_COUNT, low_likely_high, published
from homeward.plan.triggers import Trigger, trigger_table, triggers
from homeward.results.planning_contract import PlanningMeasure, PlanningTotal
from homeward.results.run import Run

__all__ = ["MONTHLY_TOTALS", "PlanTables", "plan_tables"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MONTHLY_TOTALS = "all"
"""Level of the rows that pool hosts and districts."""


def _pillar_columns() -> Iterator[Column]:
    """Yield for every pillar, and for all four together, the share for whom it is met, and met or unknown."""
    how = "share by the means over the replicates, 0 to 1; empty: nobody, or too few to be published"
    for pillar in JUDGED:
        what = "every one of the four pillars" if pillar == ALL_FOUR else f"the pillar '{pillar}'"
        yield Column(f"{pillar}_met", "DOUBLE", f"People for whom {what} is met; {how}")
        yield Column(f"{pillar}_met_or_unknown", "DOUBLE", f"People for whom {what} is met or not known; {how}")


LEVELS = "What a row pools: all, host, district, or nothing (host_and_district); rows of different levels overlap"

RETURN_COLUMNS = (
    Column("measure", "VARCHAR", "returned_refugees: from abroad; returned_idps: within the country of origin"),
    Column("level", "VARCHAR", LEVELS),
    Column("host", "VARCHAR", "Country that people set out from (ISO 3166 code); empty: all of them, or IDPs"),
    Column("host_name", "VARCHAR", "Its name"),
    Column("district", "VARCHAR", "District of origin, which they go to, as the case names it; empty: all"),
    Column("district_name", "VARCHAR", "Its name"),
    Column("district_pcode", "VARCHAR", "Its P-code; empty: none is known"),
    Column("month", "DATE", "Last day of the month in which they set out"),
    *count_columns("", "People who set out"),
    Column("suppressed", "BOOLEAN", "A count of this row is left empty because it is too small to be published"),
    *_pillar_columns(),
)


@dataclass(frozen=True)
class PlanTables:
    """Everything that a plan says: the tables, yearly and whole ``totals``, ``triggers`` and ``notes``.

    It covers ``months``, by their last days, after ``since``, the as-of day. ``interval`` says what low and high hold,
    ``openings`` the day on which return opens (or ``shuts``) by replicate, None where it does not.
    """

    since: date
    until: date
    months: tuple[date, ...]
    returns: Table
    needs: Table
    trigger_rows: Table
    totals: tuple[PlanningTotal, ...]
    triggers: tuple[Trigger, ...]
    interval: str
    notes: tuple[str, ...]
    openings: tuple[date | None, ...]
    shuts: bool

    def monthly(self, measure: str) -> tuple[tuple[date, tuple[int | None, ...]], ...]:
        """Return low, likely and high by month of all who set out, None where they may not be published."""
        chosen = zip(*(self.returns.column(name) for name in ("measure", "level", "month", *COLUMNS)), strict=True)
        return tuple((row[2], row[3:]) for row in chosen if row[:2] == (measure, MONTHLY_TOTALS))


def plan_tables(
    run: Run, *, smallest: int = SMALLEST_COUNT, country_names: Mapping[str, str] | None = None
) -> PlanTables:  # fmt: skip
    """Return the plan of a forecast; counts above 0 and under ``smallest`` are left out of it.

    Raises UsageError for a run that is no forecast or a ``smallest`` below 1, RunError if the run cannot be read,
    InputError if its copy of the case is damaged.
    """
    if smallest < 1:
        raise UsageError(f"the smallest count that is published must be at least 1, not {smallest}")
    outlook = Outlook(run)
    courses = read_courses(run, outlook)
    found = triggers(
        courses.since, courses.months, courses.totals(), courses.openings, smallest, shuts=outlook.shuts
    )  # fmt: skip
    return PlanTables(
        since=courses.since,
        until=courses.months[-1],
        months=courses.months,
        returns=_returns_table(courses, outlook.case, smallest, country_names or {}),
        needs=needs_table(run, outlook.case, outlook.evidence, courses.since, smallest),
        trigger_rows=trigger_table(found),
        totals=tuple(_totals(courses, smallest)),
        triggers=found,
        interval=_interval(run),
        notes=tuple(_notes(run, courses, smallest)),
        openings=courses.openings,
        shuts=outlook.shuts,
    )


@dataclass(frozen=True)
class _Slice:
    """The rows of one measure, level, host and district: ``people`` (replicates x months), ``judged`` (x months)."""

    measure: PlanningMeasure
    level: str
    host: str | None
    district: str | None
    people: IntArray
    judged: FloatArray


def _slices(courses: Courses) -> Iterator[_Slice]:
    """Yield what there are rows for, totals first."""
    abroad = range(len(courses.hosts) - 1)
    districts = sorted(range(len(courses.districts)), key=lambda number: courses.districts[number])
    refugees = _Pooled(courses, "returned_refugees", list(abroad))
    yield refugees.slice(MONTHLY_TOTALS)
    yield from (refugees.slice("host", host=host) for host in abroad)
    yield from (refugees.slice("district", district=district) for district in districts)
    for host in abroad:
        yield from (refugees.slice("host_and_district", host=host, district=district) for district in districts)
    idps = _Pooled(courses, "returned_idps", [len(courses.hosts) - 1])
    yield idps.slice(MONTHLY_TOTALS)
    yield from (idps.slice("district", district=district) for district in districts)


@dataclass(frozen=True)
class _Pooled:
    """The returns of one measure: from which ``hosts`` they set out."""

    courses: Courses
    measure: PlanningMeasure
    hosts: list[int]

    def slice(self, level: str, host: int | None = None, district: int | None = None) -> _Slice:
        """Return the rows of a host and a district, None for all of them."""
        courses = self.courses
        hosts = self.hosts if host is None else [host]
        districts = slice(None) if district is None else slice(district, district + 1)
        return _Slice(
            self.measure,
            level,
            None if host is None else courses.hosts[host],
            None if district is None else courses.districts[district],
            courses.people[:, :, hosts, districts].sum(axis=(2, 3), dtype=np.int64),
            courses.judged[:, :, hosts, districts].sum(axis=(2, 3)),
        )


def _returns_table(courses: Courses, case: Case, smallest: int, country_names: Mapping[str, str]) -> Table:
    places = {place.id: (place.name, place.pcode or None) for place in case.places}
    rows: list[Row] = []
    for one in _slices(courses):
        name, pcode = places[one.district] if one.district else (None, None)
        host_name = country_names.get(one.host, one.host) if one.host else None
        key = (one.measure, one.level, one.host, host_name, one.district, name, pcode)
        ranges = low_likely_high(one.people)
        rows += [
            (*key, month, *_counted(ranges[:, number], one.judged[:, number], smallest))
            for number, month in enumerate(courses.months)
        ]
    return Table("returns", "People who set out for home, month by month", RETURN_COLUMNS, tuple(rows))


def _counted(ranges: FloatArray, judged: FloatArray, smallest: int) -> Iterator[object]:
    """Yield what stands in a row behind its key; without pillars where no count of it may be shown."""
    counts, suppressed = published(ranges, smallest)
    yield from counts
    yield suppressed
    people = float(judged[0])
    shown = people > 0.0 and np.nanmax(ranges) >= smallest
    yield from (round(min(part / people, 1.0), 4) if shown else None for part in judged[1:].tolist())


def _totals(courses: Courses, smallest: int) -> Iterator[PlanningTotal]:
    """Yield the totals by measure, host and year, the whole first."""
    first = courses.since + timedelta(days=1)
    years = sorted({month.year for month in courses.months})
    for one in _slices(courses):
        if one.district is not None:
            continue
        for year in (None, *years):
            keep = [year in (None, month.year) for month in courses.months]
            counts, suppressed = published(low_likely_high(one.people[:, keep].sum(axis=1)), smallest)
            yield PlanningTotal(
                measure=one.measure,
                host=one.host,
                year=year,
                since=first if year is None else max(first, date(year, 1, 1)),
                until=max(month for month, chosen in zip(courses.months, keep, strict=True) if chosen),
                **dict(zip(COLUMNS, counts, strict=True)),
                suppressed=suppressed,
            )


def _interval(run: Run) -> str:
    count = run.info.replicates
    if count < SMALLEST_ENSEMBLE:
        return f"none: {count} replicates are fewer than the {SMALLEST_ENSEMBLE} that an interval needs"
    held = "chance, shocks that people share, what nobody knew on the as-of day"
    return f"5 % to 95 % over {count:,} replicates: {held}; {IN_WORDS[run.info.drawn]}"


def _notes(run: Run, courses: Courses, smallest: int) -> Iterator[str]:
    """Yield what the figures of every plan rest on, and what is special in this one."""
    yield "low, likely and high of a total are those of sums over each replicate: the columns do not add up"
    yield "people who set out are counted, not figures as they would be published: registers see fewer, and later"
    yield (
        f"counts from 1 to {smallest - 1} are left empty (suppressed), and totals that hold them are shown: quantiles "
        "of a total do not tell its parts"
    )
    yield (
        "pillars are judged at the middle of conditions and parameters, with violence as in the last six months on "
        "record until return opens or shuts, in the month in which it does so in the replicate; unknown is never met"
    )
    yield "housing and services are those in the middle of their ranges, had return neither opened nor shut"
    yield "money is an order of magnitude: the costs of dwellings and services are estimates"
    if run.info.drawn is None:
        yield "money has no low and high: all replicates of this run have the same costs"
    if courses.since.month == (courses.since + timedelta(days=1)).month:
        yield f"the first month is counted whole, though the as-of day, {courses.since}, lies within it"
