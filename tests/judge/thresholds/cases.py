"""Small cases with chosen conditions and events, for the tests of thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from homeward.case.findings import Finding
from homeward.case.schema import Basis, Case, Condition, Event, EventIndicator, Superseded
from homeward.results.threshold_contract import Thresholds, ThresholdVerdict
from tests.small_case import small_case

__all__ = ["DAY", "KNOWN", "case_with", "condition", "event", "finding", "verdict_on"]

DAY = date(2012, 9, 15)
KNOWN = date(2012, 1, 1)


def condition(place: str, indicator: str, value: float, **more: Any) -> Condition:
    """Return a row that holds from the first of January 2012 unless told otherwise."""
    return Condition.model_validate(_said(place=place, indicator=indicator, value=value) | more)


def event(place: str, indicator: EventIndicator, value: str, **more: Any) -> Event:
    """Return an event of the first of January 2012 unless told otherwise."""
    return Event.model_validate(_said(place=place, indicator=indicator, value=value) | more)


def finding(criterion: str, place: str, verdict: str, **more: Any) -> Finding:
    """Return a finding of the first of January 2012 unless told otherwise."""
    return Finding.model_validate(_said(criterion=criterion, place=place, verdict=verdict, what="so it is") | more)


def _said(**fields: Any) -> dict[str, Any]:
    return {"date": KNOWN, "source": "made-up", "known_on": KNOWN, "basis": Basis.OBSERVED, "why": "because", **fields}


def case_with(
    conditions: Sequence[Condition] = (), events: Sequence[Event] = (), superseded: Sequence[Superseded] = ()
) -> Case:
    """Return the small case with these rows and no others, through 2015."""
    usual = small_case(end=date(2015, 12, 31))
    rows = {"conditions": tuple(conditions), "events": tuple(events), "superseded": tuple(superseded)}
    return usual.model_copy(update=rows)


def verdict_on(found: Thresholds, criterion: str, place: str) -> ThresholdVerdict:
    """Return the verdict on a criterion at a place."""
    [verdict] = [one for one in found.verdicts if (one.criterion, one.place) == (criterion, place)]
    return verdict
