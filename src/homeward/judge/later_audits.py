"""Audits of registers that nobody could know on the day of a forecast, drawn by replicate.

In every year after the last known day a host does again what it did in one of the last :data:`AUDIT_YEARS` years,
drawn by chance, nothing being one of the possibilities. A host with a later audit of its own, from a scenario, has that
alone. No rule reads audits: they change figures and move nobody, so they are drawn where figures are made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date

import numpy as np

from homeward.case.schema import Basis, Case, Event, EventIndicator
from homeward.rules.tables import name_hash

__all__ = ["AUDIT_YEARS", "later_audits"]

AUDIT_YEARS = 3
SOURCE = "continuation"
WHY = "done again by chance after the last known day"


def later_audits(case: Case, since: date, seed: int, replicate: int) -> Iterator[Event]:
    """Yield the audits of one replicate after ``since``, the last known day, up to the end of the case."""
    audits = [event for event in case.events if event.indicator is EventIndicator.AUDIT]
    recent = [event for event in audits if event.date <= since and _years_before(since, event.date) < AUDIT_YEARS]
    given = {event.place for event in audits if event.date > since}
    for place in sorted({event.place for event in recent} - given):
        random = _random(seed, replicate, place)
        for ahead in range(1, math.ceil((case.settings.end - since).days / 365.25) + 1):
            copied = int(random.integers(AUDIT_YEARS))
            for event in recent:
                when = _later(event.date, copied + ahead)
                if event.place == place and _years_before(since, event.date) == copied and when <= case.settings.end:
                    yield event.model_copy(
                        update={
                            "date": when, "source": SOURCE, "known_on": since, "basis": Basis.ESTIMATE, "why": WHY,
                        }
                    )  # fmt: skip


def _random(seed: int, replicate: int, place: str) -> np.random.Generator:
    address = [seed, replicate, name_hash("continuation", "audit", place)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(address)))


def _years_before(since: date, when: date) -> int:
    """Return how many whole years a day lies before another: 0 within the last year."""
    return next(year for year in range(1000) if when > _later(since, -year - 1))


def _later(day: date, years: int) -> date:
    """Return the day so many years later; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
