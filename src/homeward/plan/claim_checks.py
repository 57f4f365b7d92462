"""What the data say of a claim: for each check a figure with an interval, and the rows that it rests on.

Intervals come from the data's own ranges and from rival definitions, never from a made-up factor: a figure without
either is a point. What is unknown widens an interval as far as it could go.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from homeward.case.check import origin_districts
from homeward.case.claims import Claim, ClaimFigure
from homeward.case.schema import Basis, Case, Condition, EventIndicator, Measure, Observation, Place, Row
from homeward.judge.limits import at_least, at_most, limits_with
from homeward.judge.pillar_evidence import condition, evidence_of
from homeward.plan.as_of import known_case
from homeward.plan.last_record import last_record

__all__ = ["Measured", "View", "hosts", "measured", "view_of"]

Span = tuple[float, float, float]
"""Low, value and high."""

_DANGERS = ("violence", "persecution_risk")
_HELD = "held_by."


@dataclass(frozen=True)
class Measured:
    """A figure, the day that it is about, and the rows that it rests on; ``note`` says what it leaves out."""

    span: Span
    unit: str
    as_of: date
    rows: tuple[Row, ...]
    note: str = ""

    @property
    def basis(self) -> Basis:
        """The weakest basis of a row."""
        order = (Basis.OBSERVED, Basis.DERIVED, Basis.ESTIMATE)
        return max((row.basis for row in self.rows), key=order.index, default=Basis.OBSERVED)


@dataclass(frozen=True)
class View:
    """What there is to know of how things were on a ``day``: a case without later rows, and figures for claims."""

    case: Case
    figures: tuple[ClaimFigure, ...]
    day: date


def view_of(case: Case, figures: Sequence[ClaimFigure], day: date, *, hindsight: bool) -> View:
    """Return the rows dated by a day; without hindsight those of them that were known by then.

    Places, routes and the people at the start count as known.
    """
    seen = case if hindsight else known_case(_with_geography(case, day), day)
    tables = {
        name: tuple(row for row in getattr(seen, name) if row.date <= day)
        for name in ("conditions", "events", "observed")
    }
    told = tuple(row for row in figures if row.date <= day and (hindsight or row.known_on <= day))
    return View(seen.model_copy(update={**tables, "plans": (), "superseded": ()}), told, day)


def _with_geography(case: Case, day: date) -> Case:
    def known(rows: Sequence[Row]) -> tuple[Row, ...]:
        return tuple(row.model_copy(update={"known_on": min(row.known_on, day)}) for row in rows)

    return case.model_copy(update={name: known(getattr(case, name)) for name in ("places", "routes", "population")})


def measured(claim: Claim, view: View) -> Measured | None:
    """Return what a view says of a claim; None where nothing is known, or nothing could decide it."""
    check = _CHECKS.get(claim.check)
    return check(claim, view) if check else None


def hosts(case: Case) -> tuple[str, ...]:
    """Return the countries of a case other than that of origin, in order."""
    return tuple(sorted({place.country for place in case.places} - {case.settings.origin_country}))


def _displaced_share(_claim: Claim, view: View) -> Measured | None:
    refugees, idps = _refugees(view, hosts(view.case)), _idps(view)
    people = sum(row.people for row in view.case.population)
    if refugees is None or idps is None or not people:
        return None
    low, value, high = ((one + other) / people for one, other in zip(_total(refugees), _total(idps), strict=True))
    note = "registered refugees and IDPs, over the people at the start; children born away are counted"
    rows = (*_rows(refugees), *_rows(idps), *view.case.population)
    return Measured((low, value, high), "share", _day(refugees), rows, note)


def _stock(claim: Claim, view: View) -> Measured | None:
    chosen = tuple(claim.places.split()) or hosts(view.case)
    found = _idps(view) if claim.measure == "idp_stock" else _refugees(view, chosen)
    if found is None:
        return None
    return Measured(_total(found), "people", _day(found), _rows(found), _REGISTERED)


def _stock_share(claim: Claim, view: View) -> Measured | None:
    chosen = claim.places.split()
    everyone = _refugees(view, {*chosen, *(claim.among.split() or hosts(view.case))})
    if everyone is None:
        return None
    own = {name: stock for name, stock in everyone.items() if name in chosen}
    rest = {name: stock for name, stock in everyone.items() if name not in chosen}
    if not own:
        return None
    (low, value, high), (low_rest, value_rest, high_rest) = _total(own), _total(rest)
    span = (low / (low + high_rest), value / (value + value_rest), high / (high + low_rest))
    return Measured(span, "share", _day(everyone), _rows(everyone), _REGISTERED)


def _ranking(claim: Claim, view: View) -> Measured | None:
    """Return the smallest lead: of each place over the largest of those that should come after it."""
    ranked = claim.places.split()
    found = _refugees(view, hosts(view.case))
    if found is None or not set(ranked) <= set(found):
        return None
    leads = []
    for rank, name in enumerate(ranked):
        after = [stock.span for other, stock in found.items() if other not in ranked[: rank + 1]] or [(0.0, 0.0, 0.0)]
        low, value, high = found[name].span
        leads.append(
            (low - max(one[2] for one in after), value - max(one[1] for one in after), high - max(o[0] for o in after))
        )
    smallest = (min(one[0] for one in leads), min(one[1] for one in leads), min(one[2] for one in leads))
    note = f"the smallest lead in that order; a group of countries counts as if it were one host. {_REGISTERED}"
    return Measured(smallest, "people", _day(found), _rows(found), note)


def _held_share(claim: Claim, view: View) -> Measured | None:
    note = "weighted by the people who lived there before the displacement, not by area; holders are given by people"
    return _weighted(claim, view, lambda span: span, note)


def _lost_share(claim: Claim, view: View) -> Measured | None:
    return _weighted(claim, view, lambda span: (1.0 - span[2], 1.0 - span[1], 1.0 - span[0]), "weighted by people")


def _weighted(claim: Claim, view: View, turned: Callable[[Span], Span], note: str) -> Measured | None:
    """Return the mean of a share over districts, weighted by people; a district without a row may have any share."""
    chosen = set(claim.places.split()) or {place.id for place in _districts(view.case)}
    in_force = _in_force(view.case.conditions, claim.indicator)
    rows, sums, weights = [], np.zeros(3), 0.0
    for place in _districts(view.case):
        if place.id not in chosen or not place.population:
            continue
        row = in_force.get(place.id)
        span = turned(_span(row)) if row else (0.0, math.nan, 1.0)
        sums += place.population * np.array(span)
        weights += place.population
        rows += [row] if row else []
    if not rows:
        return None
    low, value, high = (float(one) for one in sums / weights)
    return Measured((low, (low + high) / 2 if math.isnan(value) else value, high), "share", view.day, tuple(rows), note)


def _violence(claim: Claim, view: View) -> Measured | None:
    """Return the recorded deaths of whole months from one day to another; months without a row are not counted."""
    if claim.since is None or claim.until is None:
        return None
    chosen = claim.places.split()
    first, last = claim.since.replace(day=1), claim.until
    rows = [
        row
        for row in view.case.conditions
        if row.indicator == "violence" and first <= row.date <= last and (not chosen or row.place in chosen)
    ]
    if not chosen:
        at_home = {place.id for place in _districts(view.case)}
        rows = [row for row in rows if row.place in at_home]
    if not rows:
        return None
    low, value, high = (float(sum(_span(row)[end] for row in rows)) for end in range(3))
    note = "deaths that were recorded, whoever caused them; rows of the months from first to last"
    return Measured((low, value, high), "deaths", last, tuple(rows), note)


def _notes(claim: Claim, view: View) -> Measured | None:
    if claim.since is None or claim.until is None:
        return None
    chosen = claim.places.split()
    rows = tuple(
        event
        for event in view.case.events
        if event.indicator is EventIndicator.NOTE
        and claim.since <= event.date <= claim.until
        and (not chosen or event.place in chosen)
    )
    if not rows:
        return None
    count = float(len(rows))
    return Measured((count, count, count), "events", claim.until, rows, "events that the case has put on record")


def _unmet(claim: Claim, view: View) -> Measured | None:
    """Return how many districts do not keep to a limit: at least those sure of it, at most all.

    That every limit is kept does not show that a place is safe, so there is no upper end below all districts.
    """
    names = claim.indicator.split()
    day = _last_known(view) if "violence" in names else view.day
    if day is None:
        return None
    chosen = [name for name in origin_districts(view.case) if not claim.places or name in claim.places.split()]
    short = _short(view.case, names, chosen, day)
    if short is None:
        return None
    sure = min(_short(_at_best(view.case), names, chosen, day) or 0, short)
    note = "limits of 'homeward pillars'; what is unknown may be either, and a limit that is kept proves nothing"
    rows = tuple(_rows_of_limits(view.case, names, chosen, day))
    return Measured((float(sure), float(short), float(len(chosen))), "districts", day, rows, note)


def _short(case: Case, names: Sequence[str], chosen: Sequence[str], day: date) -> int | None:
    """Return the districts in which a limit is not kept on a day; None where nothing is known in any."""
    settings = case.settings.model_copy(update={"end": max(day, case.settings.start)})
    evidence = evidence_of(case.model_copy(update={"settings": settings, "events": ()}))
    limits = limits_with()
    not_met, known = np.zeros((2, len(evidence.origins)), dtype=np.bool_)
    for name in names:
        if name in _DANGERS:
            peak = evidence.violence if name == "violence" else evidence.persecution
            values, verdict = peak.value[-1], at_most(peak.value[-1], limits[name].value, peak.whole[-1])
        else:
            values = condition(evidence.at_home, name)[-1]
            verdict = at_least(values, limits[name].value)
        not_met |= verdict.not_met
        known |= np.isfinite(values)
    here = np.isin(evidence.origins, chosen)
    return int((not_met & here).sum()) if (known & here).any() else None


def _at_best(case: Case) -> Case:
    """Return a case with every condition at the better end of its range; who holds a place stays as it is."""
    rows = tuple(row.model_copy(update={"value": _best(row)}) for row in case.conditions)
    return case.model_copy(update={"conditions": rows})


def _best(row: Condition) -> float:
    if row.indicator == "violence":
        return row.value if row.low is None else row.low
    if row.indicator.startswith(_HELD):
        return row.value
    return row.value if row.high is None else row.high


def _last_known(view: View) -> date | None:
    """Return the last day of which violence is known: the end of the month of the last row, or the day itself."""
    dates = [row.date for row in view.case.conditions if row.indicator == "violence"]
    return min(view.day, _month_end(max(dates))) if dates else None


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _rows_of_limits(case: Case, names: Sequence[str], chosen: Sequence[str], day: date) -> Iterator[Condition]:
    given = {row.indicator for row in case.conditions}
    wanted = [name for name in names if name in given]
    if "persecution_risk" in names:
        wanted += sorted(name for name in given if name.startswith(_HELD))
    rows = [row for row in case.conditions if row.date <= day]
    for name in wanted:
        in_force = _in_force(rows, name)
        yield from (in_force[place] for place in chosen if place in in_force)


def _intending(claim: Claim, view: View) -> Measured | None:
    """Return how many refugees mean to return: of a host of which nothing is known nobody may, or all."""
    found = _refugees(view, hosts(view.case))
    if found is None:
        return None
    asked = _told_shares(claim, view)
    if not asked:
        return None
    low, value, high = 0.0, 0.0, 0.0
    for name, stock in found.items():
        share = _span(asked[name]) if name in asked else (0.0, 0.0, 1.0)
        low, high = low + share[0] * stock.span[0], high + share[2] * stock.span[2]
        value += share[1] * stock.span[1]
    unasked = ", ".join(name for name in found if name not in asked)
    note = f"nobody asked in {unasked}: there none may mean to, or all; the value counts those who were asked"
    rows = (*dict.fromkeys(asked.values()), *_rows(found))
    return Measured((low, value, high), "people", _day(found), rows, note if unasked else "")


def _told_shares(claim: Claim, view: View) -> Mapping[str, Condition | ClaimFigure]:
    chosen = claim.places.split()
    if claim.indicator:
        in_force = _in_force(view.case.conditions, claim.indicator)
        return {name: row for name, row in in_force.items() if not chosen or name in chosen}
    rows = _told(claim, view)
    return dict.fromkeys(chosen, rows[-1]) if rows else {}


def _figure(claim: Claim, view: View) -> Measured | None:
    """Return the last published figure; where there are several of that day, the range of all of them."""
    told = _told(claim, view)
    if not told:
        return None
    last = [row for row in told if row.date == told[-1].date]
    spans = [_span(row) for row in last]
    low, high = min(span[0] for span in spans), max(span[2] for span in spans)
    value = sum(span[1] for span in spans) / len(spans)
    return Measured((low, value, high), last[0].unit, last[0].date, tuple(last), last[0].why)


def _told(claim: Claim, view: View) -> list[ClaimFigure]:
    rows = [row for row in view.figures if (row.claim, row.part) == (claim.id, claim.part)]
    return sorted(rows, key=lambda row: row.date)


_REGISTERED = "registered refugees, asylum seekers at the high end; who is not registered is not counted"


@dataclass(frozen=True)
class _Stock:
    """People on record in one host, with rival figures of the same day as its range."""

    span: Span
    rows: tuple[Observation, ...]


Stocks = Mapping[str, _Stock]


def _refugees(view: View, countries: Iterable[str]) -> Stocks | None:
    """Return registered refugees by country on the day of the last whole record; asylum seekers at the high end."""
    day = last_record(view.case, view.day)
    if day is None:
        return None
    found = {}
    for name in sorted(countries):
        refugees = _figures(view, Measure.REFUGEE_STOCK, name, day)
        if refugees:
            waiting = _figures(view, Measure.ASYLUM_SEEKER_STOCK, name, day)
            values = [row.value for row in refugees]
            high = max(values) + max((row.value for row in waiting), default=0.0)
            found[name] = _Stock((min(values), values[0], high), (*refugees, *waiting))
    return found or None


def _idps(view: View) -> Stocks | None:
    """Return the IDPs of the last day of which they are on record, rival figures of that day as the range."""
    home = view.case.settings.origin_country
    dates = [row.date for row in view.case.observed if row.measure is Measure.IDP_STOCK and row.place == home]
    if not dates:
        return None
    rows = _figures(view, Measure.IDP_STOCK, home, max(dates))
    values = [row.value for row in rows]
    return {home: _Stock((min(values), values[0], max(values)), tuple(rows))}


def _figures(view: View, measure: Measure, place: str, day: date) -> list[Observation]:
    return [
        row for row in view.case.observed
        if row.measure is measure and row.place == place and row.date == day and not row.origin
    ]  # fmt: skip


def _total(stocks: Stocks) -> Span:
    low, value, high = (float(sum(stock.span[end] for stock in stocks.values())) for end in range(3))
    return low, value, high


def _rows(stocks: Stocks) -> tuple[Observation, ...]:
    return tuple(row for stock in stocks.values() for row in stock.rows)


def _day(stocks: Stocks) -> date:
    return max(row.date for row in _rows(stocks))


def _districts(case: Case) -> list[Place]:
    by_id = {place.id: place for place in case.places}
    return [by_id[name] for name in origin_districts(case)]


def _in_force(rows: Iterable[Condition], indicator: str) -> dict[str, Condition]:
    """Return the last row of an indicator by place."""
    found: dict[str, Condition] = {}
    for row in rows:
        if row.indicator == indicator and (row.place not in found or row.date >= found[row.place].date):
            found[row.place] = row
    return found


def _span(row: Condition | ClaimFigure) -> Span:
    low, high = (row.value if end is None else end for end in (row.low, row.high))
    return low, row.value, high


_CHECKS: Mapping[str, Callable[[Claim, View], Measured | None]] = {
    "displaced_share": _displaced_share,
    "stock": _stock,
    "stock_share": _stock_share,
    "ranking": _ranking,
    "held_share": _held_share,
    "lost_share": _lost_share,
    "violence": _violence,
    "notes": _notes,
    "unmet": _unmet,
    "intending": _intending,
    "figure": _figure,
}
"""Checks that data can answer; ``without`` is for the model alone, and ``none`` has no answer."""
