"""Running counts of registered refugees between the year-ends, one a month and host at most."""

from __future__ import annotations

from datetime import date, timedelta

from homeward.case.schema import Measure, Observation
from tools.syria.facts import month_end, read_facts
from tools.syria.observed_rows import observation

__all__ = ["month_end_counts", "registered"]

HOSTS = ("TUR", "LBN", "JOR", "IRQ")

WRONG_COUNTS = frozenset({("JOR", "2013-01-01"), ("TUR", "2015-05-31")})
"""Jordan's 70,158 stands against 193,825 on 20 January; Türkiye's May 2015 repeats April."""

_FARTHEST_FROM_MONTH_END = timedelta(days=7)

_LEBANON_PUBLISHED = (date(2012, 12, 19), date(2014, 5, 8))


def registered() -> list[Observation]:
    """Return the running counts of the four hosts and Lebanon's own monthly series, another definition."""
    running = [_count(host, day, people) for host in HOSTS for day, people in month_end_counts(host)]
    return running + _lebanon()


def month_end_counts(host: str) -> list[tuple[date, int]]:
    """Return day and count of the rows nearest to a month's end, at most a week off, in order of day."""
    nearest: dict[date, tuple[timedelta, date, int]] = {}
    for row in read_facts("registered_by_host_monthly"):
        if row["unit"] == host and (host, row["date"]) not in WRONG_COUNTS:
            day = date.fromisoformat(row["date"])
            end = _nearest_month_end(day)
            candidate = (abs(day - end), day, int(row["refugees"]))
            if candidate[0] <= _FARTHEST_FROM_MONTH_END and candidate < nearest.get(end, (timedelta.max,)):
                nearest[end] = candidate
    return sorted((day, people) for _, day, people in nearest.values())


def _nearest_month_end(day: date) -> date:
    this = month_end(day.isoformat()[:7])
    last = day.replace(day=1) - timedelta(days=1)
    return last if day - last < this - day else this


def _count(host: str, day: date, people: int) -> Observation:
    return observation(
        day,
        Measure.REGISTERED_STOCK,
        host,
        people,
        "UNHCR running count",
        source="unhcr-run",
        known_on=day,
    )


def _lebanon() -> list[Observation]:
    first, second = _LEBANON_PUBLISHED
    rows = []
    for row in read_facts("registered_lebanon_monthly"):
        is_partial_month = row["month_end"].startswith("2012-12")
        day = first if is_partial_month else month_end(row["month_end"])
        rows.append(
            observation(
                day,
                Measure.REGISTERED_STOCK,
                "LBN",
                float(row["registered"]),
                "UNHCR Lebanon: registered, without those awaiting registration",
                source="unhcr-lbn",
                known_on=first if day <= first else second,
                why="labels of the months inferred from the order of the figures",
            )
        )
    return rows
