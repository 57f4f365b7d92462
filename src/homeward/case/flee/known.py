"""A Flee case as it was known on a day: nothing dated later is in it, and what was going on then goes on.

A Flee directory tells the whole conflict from its first day: closures have the day of their end, conflicts begin on
days to come, and counts are drawn as lines to the next. A forecast may see none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from homeward.case.flee.model import (
    AttributeSeries,
    CampCounts,
    Closure,
    ConflictSchedule,
    Count,
    CountFile,
    FleeCase,
    FleeLocation,
)

__all__ = ["known_on"]


def known_on(case: FleeCase, origin: int) -> FleeCase:
    """Return a case with only what was known in the evening of day ``origin`` (0 or more).

    *Conflicts* stay as they are on that day: a zone remains one, and a zone of which conflict begins later remains a
    town. *Closures*, changes of kind and corrections of registrations that are dated later are gone; what is closed
    stays closed. *Counts* end: a camp that has none yet has nobody, and the files of a camp become one, of all known
    on each date of any. Other series end too.

    What ``locations.csv`` and ``routes.csv`` say has no date and stays, capacities with it, though these may be read
    off later counts (:func:`~homeward.judge.flee_score.capacity_leak`).

    Raises ValueError for a day before the first.
    """
    if origin < 0:
        raise ValueError(f"day {origin} comes before the first")
    last = case.period.start + timedelta(days=origin)
    attributes = (_series_until(series, origin) for series in case.attributes)
    return replace(
        case,
        locations=tuple(_known_place(place, origin, case.period.days) for place in case.locations),
        closures=tuple(_known_closure(one, origin) for one in case.closures if one.start <= origin),
        location_changes=tuple(change for change in case.location_changes if change.day <= origin),
        conflicts=None if case.conflicts is None else _held(case.conflicts, origin),
        flood_levels=None if case.flood_levels is None else _series_until(case.flood_levels, origin),
        attributes=tuple(series for series in attributes if series is not None),
        corrections=tuple(correction for correction in case.corrections if correction.on <= last),
        total=None if case.total is None else _known_counts(case.total, case.period.start, last),
        camps=tuple(_known_counts(camp, case.period.start, last) for camp in case.camps),
    )


def _known_place(place: FleeLocation, origin: int, never: int) -> FleeLocation:
    """Return a place of which conflict begins on the day ``never``, if it is not known yet when."""
    later = place.conflict_day is not None and place.conflict_day > origin
    return replace(place, conflict_day=max(never, origin + 1)) if later else place


def _known_closure(closure: Closure, origin: int) -> Closure:
    ends_later = closure.end is not None and closure.end > origin
    return replace(closure, end=None) if ends_later else closure


def _held(conflicts: ConflictSchedule, origin: int) -> ConflictSchedule:
    """Return a schedule in which every day after the origin is as the origin."""
    known = conflicts.intensities[: origin + 1]
    return replace(conflicts, intensities=known + known[-1:] * (len(conflicts.intensities) - len(known)))


def _series_until(series: AttributeSeries, origin: int) -> AttributeSeries | None:
    """Return the days of a series up to the origin, since lines between days give the next one away; None without."""
    days = tuple(day for day in series.days if day <= origin)
    return replace(series, days=days, values=series.values[: len(days)]) if days else None


def _known_counts(row: CampCounts, start: date, last: date) -> CampCounts:
    """Return a row with one file of what was known of all its files on each date up to the ``last``."""
    files = [[count for count in file.counts if count.on <= last] for file in row.files]
    dates = sorted({count.on for counts in files for count in counts})
    counts = files[0] if len(files) == 1 else [Count(on, sum(_latest(file, on) for file in files)) for on in dates]
    return replace(row, files=(CountFile(row.files[0].file, tuple(counts) or (Count(start, 0),)),))


def _latest(counts: Sequence[Count], on: date) -> int:
    """Return the last count up to a date; 0 where there is none."""
    return next((count.people for count in reversed(counts) if count.on <= on), 0)
