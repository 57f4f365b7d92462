"""What a record says of a test at a place: a value with its range, held against the limit.

A range that lies on both sides of a limit decides nothing, nor does a row that is too old. Numbers and what they mean
stand in docs/explanation/thresholds.md.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np

from homeward.case.indicators import FLED, GUARANTEES, HELD_BY
from homeward.case.schema import Basis, Case, Condition, Event, EventIndicator
from homeward.judge.limits import at_least, at_most
from homeward.judge.thresholds.record import Entry, Record, months_before
from homeward.judge.thresholds.rulebook import CONDITIONS, Test
from homeward.results.threshold_contract import ThresholdEvidence
from homeward.rules.homeward.homecoming import persecution, shares_of_fled
from homeward.rules.parameters import Parameters, parameter_row, resolve_parameters

__all__ = ["STRENGTH", "Word", "compared", "evidence_of", "months_until"]

Word = Literal["met", "not_met", "unknown"]

STRENGTH = tuple(basis.value for basis in Basis)
"""What figures rest on, the strongest first."""

PER_PEOPLE, PER_DAYS = 100_000, 30
PARAMETERS = "parameters.csv"
NORMAL_90 = 1.6448536269514722
"""Score of the normal distribution below which 95 % lie."""


def evidence_of(name: str, test: Test, record: Record, place: str) -> list[ThresholdEvidence]:
    """Return what a record says of a test at a district or a country: one entry for each place with its own rows."""
    if test.measure in ("border_home", "border_out"):
        return [_border(name, test, record, place)]
    if test.measure == "violence":
        return [_violence(name, test, record, place)]
    if test.measure == "persecution_risk":
        return [_persecution(name, test, record, place)]
    judge = _condition if test.measure in CONDITIONS else _event
    return [judge(name, test, record, place, one) for one in _with_own_rows(test, record, place)]


def compared(test: Test, low: float, high: float) -> Word:
    """Return whether all of a range keeps to the limit, or all of it passes it; unknown else, and for NaN."""
    sense, bound = test.bound()
    verdict = (at_most if sense == "at most" else at_least)(np.array([low, high]), bound)
    if verdict.met.all():
        return "met"
    return "not_met" if verdict.not_met.all() else "unknown"


def _with_own_rows(test: Test, record: Record, place: str) -> list[str]:
    """Return the place itself and, of a country, its places with rows of their own.

    The country is left out where each of its places has such rows and it has none.
    """
    places = [one.id for one in record.case.places if one.country == place]
    own = [one for one in places if _rows(test, record, one)]
    if places and len(own) == len(places) and not _rows(test, record, place):
        return own
    return [place, *(one for one in own if one != place)]


def _rows(test: Test, record: Record, place: str) -> Sequence[Entry[Any]]:
    if test.measure in CONDITIONS:
        return record.conditions(test.measure, place)
    return record.events(EventIndicator(test.measure), place)


def _condition(name: str, test: Test, record: Record, _place: str, of: str) -> ThresholdEvidence:
    entries = record.conditions(test.measure, of)
    if not entries:
        return _nothing(name, record, of)
    last = entries[-1]
    low, high = _ends(last.row)
    said = {"value": last.row.value, "low": last.row.low, "high": last.row.high, "since": last.row.date}
    if record.is_old(last.row.date):
        why = f"the last row is of {last.row.date}, more than {record.oldest_months} months before"
        return _found(name, "unknown", why, of, [last], **said)
    verdict = compared(test, low, high)
    return _found(name, verdict, _why(test, verdict), of, [last], **said)


def _ends(row: Condition) -> tuple[float, float]:
    return row.value if row.low is None else row.low, row.value if row.high is None else row.high


def _why(test: Test, verdict: Word) -> str:
    sides = ": its range lies on both sides" if verdict == "unknown" else ""
    return f"must be {test.rule()}{sides}"


def _nothing(name: str | None, record: Record, place: str) -> ThresholdEvidence:
    known = "" if record.hindsight else f" known by {record.day}"
    return ThresholdEvidence(test=name, verdict="unknown", why=f"no row{known}", place=place)


def _found(
    name: str, verdict: Word, why: str, place: str, entries: Sequence[Entry[Any]], **more: object
) -> ThresholdEvidence:
    rows = [entry.row for entry in entries]
    told = {
        "basis": max((row.basis.value for row in rows), key=STRENGTH.index),
        "sources": tuple(dict.fromkeys(row.source for row in rows)),
        "known_on": max(row.known_on for row in rows),
        "rows": tuple(entry.where() for entry in entries),
    }
    said = {"test": name, "verdict": verdict, "why": why, "place": place}
    return ThresholdEvidence.model_validate(said | told | more)


def _event(name: str, test: Test, record: Record, place: str, of: str) -> ThresholdEvidence:
    indicator = EventIndicator(test.measure)
    entries = list(record.events(indicator, of))
    if of != place and indicator is EventIndicator.REGISTRATION:
        # Of a place and its country the later row holds; of coercion the place's own.
        entries = sorted([*record.events(indicator, place), *entries], key=lambda entry: entry.row.date)
    return _word(name, test, record, of, entries)


def _word(name: str, test: Test, record: Record, place: str, entries: Sequence[Entry[Event]]) -> ThresholdEvidence:
    """Return what the last of the events says; it holds until another one, however old it is."""
    if not entries:
        return _nothing(name, record, place)
    last = entries[-1]
    verdict: Word = "not_met" if last.row.value in test.fails else "met"
    return _found(name, verdict, f"must be {test.rule()}", place, [last], value=last.row.value, since=last.row.date)


def _border(name: str, test: Test, record: Record, host: str) -> ThresholdEvidence:
    home = record.case.settings.origin_country
    one, other = (host, home) if test.measure == "border_home" else (home, host)
    # The most particular name of a border holds, as in the rules.
    for border in (f"{one}>{other}", f"*>{other}", f"{one}>*", "*>*"):
        if entries := record.events(EventIndicator.BORDER, border):
            return _word(name, test, record, border, entries)
    return _nothing(name, record, f"{one}>{other}")


def months_until(day: date, count: int) -> list[date]:
    """Return the first days of the last whole months that have ended by a day."""
    first = (day + timedelta(days=1)).replace(day=1)
    return [months_before(first, back) for back in range(count, 0, -1)]


def _days(month: date) -> int:
    return monthrange(month.year, month.month)[1]


@dataclass(frozen=True)
class _Months:
    """The rows of violence of some months (``covered`` of ``all``), and the limits of their rate."""

    all: Sequence[date]
    covered: Sequence[Entry[Condition]]
    per_death: float

    def low(self) -> float:
        """Return the rate if the months without a row had no deaths."""
        return self.per_death * sum(_ends(entry.row)[0] for entry in self.covered)

    def high(self) -> float:
        return math.inf if self.missing() else self.per_death * sum(_ends(entry.row)[1] for entry in self.covered)

    def value(self) -> float | None:
        return None if self.missing() else self.per_death * sum(entry.row.value for entry in self.covered)

    def missing(self) -> int:
        return len(self.all) - len(self.covered)


def _violence(name: str, test: Test, record: Record, place: str) -> ThresholdEvidence:
    months = months_until(record.day, test.months or 1)
    residents = next((one.population for one in record.case.places if one.id == place), None)
    covered = list(_covering(record.conditions("violence", place), months))
    if not covered or not residents:
        return _nothing(name, record, place)
    span = sum(_days(month) for month in months)
    rate = _Months(months, covered, PER_PEOPLE * PER_DAYS / (residents * span))
    verdict = compared(test, rate.low(), rate.high())
    return _found(
        name, verdict, _why_of_months(test, verdict, rate), place, list(dict.fromkeys(covered)), value=rate.value(),
        low=rate.low(), high=None if rate.missing() else rate.high(),
        since=months[0], until=months[-1] + timedelta(days=_days(months[-1]) - 1),
    )  # fmt: skip


def _covering(entries: Sequence[Entry[Condition]], months: Sequence[date]) -> Iterator[Entry[Condition]]:
    """Yield the row of each month that has one: its own, or an earlier one where a later month has another."""
    for month in months:
        until = [entry for entry in entries if (entry.row.date.year, entry.row.date.month) <= (month.year, month.month)]
        if until and (len(until) < len(entries) or until[-1].row.date >= month):
            yield until[-1]


def _why_of_months(test: Test, verdict: Word, rate: _Months) -> str:
    if not rate.missing():
        return _why(test, verdict)
    without = f"{rate.missing()} of {len(rate.all)} months have no row"
    return f"must be {test.rule()}: {without}" + (", and the others pass it already" if verdict == "not_met" else "")


def _persecution(name: str, test: Test, record: Record, place: str) -> ThresholdEvidence:
    """Return the risk by the parameters of the rules, at the ends of their priors; the shares have no range here."""
    holders = tuple(sorted({*record.names(HELD_BY), *record.names(FLED)}))
    families = [_lasts(record, family, holders, place) for family in (HELD_BY, FLED, GUARANTEES)]
    if not any(entry.row.value for entry in families[0].values()):
        return _nothing(name, record, place)
    held, fled, guaranteed = (
        np.array([[found[holder].row.value if holder in found else 0.0 for holder in holders]]) for found in families
    )
    low, value, high = (
        float((persecution(held, guaranteed, holders, parameters) * shares_of_fled(fled)).sum())
        for parameters in _graded(record.case)
    )
    entries = [entry for found in families for entry in found.values()]
    verdict = compared(test, low, high)
    found = _found(
        name, verdict, _why(test, verdict), place, entries, value=value, low=low, high=high,
        since=max(entry.row.date for entry in entries), basis=Basis.ESTIMATE.value,
    )  # fmt: skip
    return found.model_copy(update={"sources": (*found.sources, PARAMETERS)})


def _lasts(record: Record, family: str, holders: Sequence[str], place: str) -> dict[str, Entry[Condition]]:
    """Return the row that holds of each holder; like an event it holds until another one."""
    series = {holder: record.conditions(family + holder, place) for holder in holders}
    return {holder: entries[-1] for holder, entries in series.items() if entries}


def _graded(case: Case) -> Iterator[Parameters]:
    """Yield the parameters with the risks of persecution at the low end, the middle and the high end of their priors.

    A fitted set is left out: it may have seen rows that were not known on the day.
    """
    usual = resolve_parameters(case.model_copy(update={"fitted": None}))
    risks = {name: value for name, value in usual.values.items() if name.startswith("persecution_risk")}
    for score in (-NORMAL_90, 0.0, NORMAL_90):
        moved = {name: value + score * parameter_row(name).spread for name, value in risks.items()}
        yield Parameters({**usual.values, **{name: min(1.0, max(0.0, value)) for name, value in moved.items()}})
