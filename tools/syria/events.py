"""Borders, registration, audits, coercion and dated events, as rows of ``events.csv``."""

from __future__ import annotations

from datetime import date

from homeward.case.schema import Basis, Event, EventIndicator
from tools.syria.facts import HANDMADE, read_literals

__all__ = ["events"]

_BY_HAND = {EventIndicator.AUDIT: "hand", EventIndicator.COERCION: "deportations"}
"""Sources of what was put down by hand for this case, and so was known on no earlier day."""


def events() -> list[Event]:
    """Return the events in order of indicator, place and date as written down by hand."""
    return [_event(literal) for literal in read_literals("events")]


def _event(literal: dict[str, str]) -> Event:
    indicator = EventIndicator(literal["indicator"])
    by_hand = indicator in _BY_HAND
    day = date.fromisoformat(literal["date"])
    return Event(
        place=literal["place"],
        date=day,
        indicator=indicator,
        value=literal["value"],
        low=float(literal["low"]) if literal["low"] else None,
        high=float(literal["high"]) if literal["high"] else None,
        what=literal["what"],
        source=_BY_HAND.get(indicator, "news"),
        known_on=HANDMADE if by_hand else day,
        basis=Basis.ESTIMATE if by_hand or _is_judged(literal) else Basis.OBSERVED,
        why=literal["why"],
    )


def _is_judged(literal: dict[str, str]) -> bool:
    """Whether a level is a judgement: every border, and where within a country registration was open."""
    at_place = literal["place"] != literal["place"].upper()
    return literal["indicator"] == "border" or (literal["indicator"] == "registration" and at_place)
