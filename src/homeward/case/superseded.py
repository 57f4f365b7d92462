"""Conditions as they were known before a later row took their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from homeward.case.schema import Condition, Superseded

__all__ = ["not_yet_replaced"]


def not_yet_replaced(superseded: Sequence[Superseded], known: Sequence[Condition], day: date) -> Iterator[Superseded]:
    """Yield the rows that held on a day because the row that took their place was not among those ``known`` then."""
    taken = {(row.place, row.date, row.indicator) for row in known}
    for row in superseded:
        if row.known_on <= day and (row.place, row.date, row.indicator) not in taken:
            yield row
