"""What would move a plan to another column, and when one would see it: by counts, and by return opening.

All of it comes from the replicates of one forecast. With S the people who have set out from the as-of day to a review
date, T those by the end of the forecast, and low, likely and high the quantiles of T:

- count: the plan moves to high if at least c have set out, c being the smallest count from which on T is nearer to high
  than to likely: the median of T over the tenth of the replicates (``FEWEST`` at least) whose S is nearest to c, and
  to every greater count, is above (likely + high) / 2; and to low if fewer than c have, c being one more than the
  largest up to which such a median is always under (low + likely) / 2.
- opening: the share of the replicates in which return opens within a quarter, the median of T in these, and the column
  which that is nearest to.

What fewer than ``FEWEST`` replicates would support is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from homeward.plan.columns import Column, Row, Table
from homeward.plan.ranges import is_small, low_likely_high, nearest_column, whole

__all__ = ["FEWEST", "Quarter", "Trigger", "quarters", "trigger_table", "triggers", "turning_counts"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

FEWEST = 20
"""Replicates without which nothing is said of a trigger."""

COLUMNS = (
    Column("trigger", "VARCHAR", "count_at_least, count_below or opening: what is looked at on the review date"),
    Column("measure", "VARCHAR", "returned_refugees or returned_idps: whose plan it moves"),
    Column("quarter_from", "DATE", "First day of the quarter; for counts the day after the as-of day: counting starts"),
    Column("date", "DATE", "Review date: last day of the quarter"),
    Column("count", "BIGINT", "People who have set out since the as-of day; empty: nothing moves the plan that way"),
    Column("move_to", "VARCHAR", "Column that the plan then moves to; empty: nothing can be said"),
    Column("replicates", "BIGINT", "Replicates of which this holds"),
    Column("share", "DOUBLE", "Their share of all replicates, 0 to 1"),
    Column("total", "BIGINT", "Median in these of the people who have set out by the end of the forecast"),
)


@dataclass(frozen=True, slots=True)
class Trigger:
    """One row of the table of triggers; the fields are its columns."""

    trigger: str
    measure: str
    quarter_from: date
    date: date
    count: int | None
    move_to: str | None
    replicates: int | None
    share: float | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Quarter:
    """A calendar quarter, or the part of one that lies in the forecast: its first and last day."""

    first: date
    last: date


def quarters(since: date, until: date) -> Iterator[Quarter]:
    """Yield the quarters after ``since``, the first begun and the last cut short where the forecast is."""
    first = since + timedelta(days=1)
    while first <= until:
        month = 3 * ((first.month - 1) // 3) + 3
        nxt = date(first.year + month // 12, month % 12 + 1, 1)
        yield Quarter(first, min(nxt - timedelta(days=1), until))
        first = nxt


def triggers(
    since: date,
    months: Sequence[date],
    totals: Mapping[str, IntArray],
    openings: Sequence[date | None],
    smallest: int,
    *,
    shuts: bool = False,
) -> tuple[Trigger, ...]:
    """Return all triggers of a forecast.

    ``totals`` (replicates x months) are the people who set out by measure, ``openings`` the days on which return opens
    by replicate, or ``shuts``. Counts above 0 and under ``smallest`` are left out.
    """
    found: list[Trigger] = []
    for measure, people in totals.items():
        for quarter in quarters(since, months[-1]):
            if quarter.last < months[-1]:
                counted = people[:, [month <= quarter.last for month in months]].sum(axis=1)
                found += _count_triggers(measure, since, quarter, counted, people.sum(axis=1), smallest)
            name = "closing" if shuts else "opening"
            found.append(_gate_trigger(name, measure, quarter, openings, people.sum(axis=1), smallest))
    return tuple(sorted(found, key=lambda one: (one.measure != "returned_refugees", one.date, one.trigger)))


def turning_counts(counted: IntArray, final: IntArray) -> tuple[int | None, int | None]:
    """Return the count from which a plan moves to high, and that below which it moves to low; None where neither.

    ``counted`` (replicates) have set out by the review date, ``final`` by the end.
    """
    low, likely, high = low_likely_high(final).tolist()
    around = max(FEWEST, len(final) // 10)
    if len(final) < around or math.isnan(low):
        return None, None
    counts = np.unique(counted)
    totals = np.array([np.median(final[_nearest(counted, count, around)]) for count in counts])
    up = counts[_to_the_end(totals > (likely + high) / 2.0)]
    down = counts[_to_the_end((totals < (low + likely) / 2.0)[::-1])[::-1]]
    return (int(up[0]) if len(up) else None), (int(down[-1]) + 1 if len(down) else None)


def _nearest(counted: IntArray, count: int, around: int) -> BoolArray:
    """Return which replicates lie nearest to a count, so many of them or, where some lie equally far, more."""
    distance = np.abs(counted - count)
    nearest: BoolArray = distance <= np.partition(distance, around - 1)[around - 1]
    return nearest


def _to_the_end(holds: BoolArray) -> BoolArray:
    """Return where something holds there and everywhere after."""
    return np.asarray(np.logical_and.accumulate(holds[::-1])[::-1])


def _median(final: IntArray) -> float:
    """Return the median; NaN for fewer than ``FEWEST`` replicates."""
    return float(np.median(final)) if len(final) >= FEWEST else math.nan


def _count_triggers(
    measure: str, since: date, quarter: Quarter, counted: IntArray, final: IntArray, smallest: int
) -> Iterator[Trigger]:
    up, down = turning_counts(counted, final)
    days = (since + timedelta(days=1), quarter.last)
    for name, count, chosen, column in (
        ("count_at_least", up, counted >= (up or 0), "high"),
        ("count_below", down, counted < (down or 0), "low"),
    ):
        if count is None or is_small(count, smallest):
            yield Trigger(name, measure, *days, None, None, None, None, None)
        else:
            yield _trigger(name, measure, days, count, column, chosen, final, smallest)


def _gate_trigger(
    name: str, measure: str, quarter: Quarter, openings: Sequence[date | None], final: IntArray, smallest: int
) -> Trigger:
    chosen = np.array([day is not None and quarter.first <= day <= quarter.last for day in openings])
    column = nearest_column(_median(final[chosen]), low_likely_high(final))
    return _trigger(name, measure, (quarter.first, quarter.last), None, column, chosen, final, smallest)


def _trigger(
    name: str,
    measure: str,
    days: tuple[date, date],
    count: int | None,
    column: str | None,
    chosen: BoolArray,
    final: IntArray,
    smallest: int,
) -> Trigger:
    """Return a trigger that holds of the replicates that are ``chosen``."""
    total = _median(final[chosen])
    return Trigger(
        trigger=name, measure=measure, quarter_from=days[0], date=days[1], count=count, move_to=column,
        replicates=int(chosen.sum()), share=round(float(chosen.mean()), 4),
        total=None if is_small(total, smallest) else whole(total),
    )  # fmt: skip


def trigger_table(found: Sequence[Trigger]) -> Table:
    """Return the triggers as a table."""
    rows: tuple[Row, ...] = tuple(tuple(getattr(one, column.name) for column in COLUMNS) for one in found)
    return Table("triggers", "What would move the plan to another column, and when", COLUMNS, rows)
