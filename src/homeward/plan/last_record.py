"""The last record that a forecast can begin with: whose stocks, and of which day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from homeward.case.schema import Case, Measure, Observation
from homeward.plan.figures import yearly_figures

__all__ = ["last_record"]

STOCKS = (Measure.REFUGEE_STOCK, Measure.IDP_STOCK)
Stocks = Mapping[date, Mapping[str, float]]
"""People by place, by the day of the record."""


def last_record(known: Case, as_of: date) -> date | None:
    """Return the last day whose record holds at least half of those recorded before; None without a record.

    Refugees by host decide, IDPs where there is no figure of refugees, so that a count of IDPs alone does not make a
    beginning. Half is of the people on the last earlier record of every place: a record of a few hosts is no beginning,
    and one of fewer people is. Figures of year-ends decide, others where there are none of these.
    """
    for measure in STOCKS:
        days = _of_year_ends(known, measure, as_of) or _of_any_day(known, measure, as_of)
        if days:
            return _last_whole(days)
    return None


def _of_year_ends(known: Case, measure: Measure, as_of: date) -> Stocks:
    every = yearly_figures(known).items()
    rows = [row for (kind, _), by_year in every for row in by_year.values() if kind is measure]
    return _by_day(known, rows, as_of)


def _of_any_day(known: Case, measure: Measure, as_of: date) -> Stocks:
    return _by_day(known, [row for row in known.observed if row.measure is measure and not row.origin], as_of)


def _by_day(known: Case, rows: list[Observation], as_of: date) -> Stocks:
    """Return the figures of whole countries within the case, the first of each country and day."""
    countries = {place.country for place in known.places}
    days: dict[date, dict[str, float]] = {}
    for row in rows:
        if row.place in countries and known.settings.start <= row.date <= as_of and row.value > 0.0:
            days.setdefault(row.date, {}).setdefault(row.place, row.value)
    return days


def _last_whole(days: Stocks) -> date | None:
    before: dict[str, float] = {}
    found = None
    for day, people in sorted(days.items()):
        if 2.0 * sum(before[place] for place in people if place in before) >= sum(before.values()):
            found = day
        before |= people
    return found
