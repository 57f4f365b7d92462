"""One observed figure as a row: what all of them share."""

from __future__ import annotations

from datetime import date

from homeward.case.schema import Basis, Measure, Observation

__all__ = ["observation", "year_end"]


def year_end(year: int) -> date:
    """Return the last day of ``year``."""
    return date(year, 12, 31)


def observation(
    day: date,
    measure: Measure,
    place: str,
    value: float,
    definition: str,
    *,
    source: str,
    known_on: date,
    why: str = "",
    origin: str = "",
) -> Observation:
    """Return the row; a figure that had to be derived says how in ``why`` and is marked so."""
    return Observation(
        date=day,
        measure=measure,
        place=place,
        origin=origin,
        value=value,
        definition=definition,
        source=source,
        known_on=known_on,
        basis=Basis.DERIVED if why else Basis.OBSERVED,
        why=why,
    )
