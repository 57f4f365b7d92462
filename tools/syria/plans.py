"""What planners published beforehand of returns: the one figure that the facts hold."""

from __future__ import annotations

from datetime import date

from homeward.case.schema import Basis, Measure, Plan

__all__ = ["plans"]

PUBLISHED = date(2018, 12, 31)
"""In December 2018; which day is not in the facts, so the last is taken."""


def plans() -> list[Plan]:
    """Return every row of ``plans.csv``."""
    return [
        Plan(
            date=date(2019, 12, 31),
            measure=Measure.RETURNED_REFUGEES,
            place="SYR",
            value=250_000,
            definition="up to",
            source="planners",
            known_on=PUBLISHED,
            basis=Basis.OBSERVED,
        )
    ]
