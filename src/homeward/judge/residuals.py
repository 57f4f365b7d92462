"""Stock and flow of the observed figures: what the known flows leave unexplained, by host country and year.

No simulation is asked. For a host country and the year Y, with S the registered stock (measure
``refugee_stock``) at the end of a year::

    change   = S(Y) − S(Y−1)
    residual = change − (arrivals − waiting + births − deaths − returns − naturalised − resettled − audits)
    share    = residual / M                                      with M = (S(Y−1) + S(Y)) / 2
    reported_residual = change + returns − arrivals              of what is reported of the two, nothing else

Positive: more people on the register than the known flows bring; negative: fewer. This is the balancing
equation of demography (Preston, Heuveline and Guillot 2001, *Demography*, ch. 1) written for a register, whose
figures UNHCR publishes by country and year in its Refugee Data Finder.

**Reported terms.** *arrivals*, *returns*, *naturalised* and *resettled* are the observed figures of the
calendar year (``new_arrivals``, ``returned_refugees``, ``naturalised``, ``resettled``), cumulative ones
and other reports left out. Where arrivals are asylum applications, those who still wait for a decision are not
on the register: *waiting* is the growth of ``asylum_seeker_stock`` over the year. Those who were refused stay in
the residual.

**Estimated terms.** *births* = b · M and *deaths* = δ · M over the year, with the parameters
``birth_rate_abroad`` and ``death_rate_abroad``. *naturalised* and *resettled*, where no figure is reported, are
the case's ``naturalisation_rate`` and ``resettlement_rate`` (mean over the days of the year) times M.
*audits* are the case's audits: shares of the register on their day. Between audits the register is taken to
change evenly by g a year, so that one audit of share s after the fraction f of the year takes off

    s · R,    R = (S(Y−1) + f · (S(Y) − S(Y−1))) / (1 − f·s)

and more of them follow from R ← R + g·Δf and R ← (1 − s)·R, with g such that the year ends at S(Y).

**What is not there is not zero.** A term without figure, rate or event is null and left out of the sum, and
the row names it. Stocks of two definitions are never subtracted. Arrivals that "balance the stock" were
published so that stock and flow agree, births included: births are then not counted again, and the residual
says nothing.

**Interval.** 5 % and 95 % quantiles over ``DRAWS`` draws with fixed addresses (country, year, term). The rates
of birth and death are drawn from their priors, lognormal around the value in use. Rates of the case and audits
have low and high, the ends of their 90 % range: they are drawn from a two-piece normal with the value as
median and low and high as 5 % and 95 % quantiles (clipped to 0 to 1), which a triangle between low and high
would make too narrow and which, unlike a lognormal, allows a low of 0. Draws are stratified (Latin hypercube,
McKay, Beckman and Conover 1979, *Technometrics* 21), so that each term has its range exactly. Terms of a row
are independent. The interval does not hold the errors of published figures, nor what is not reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Basis, Case, Condition, Event, EventIndicator, Measure, Observation
from homeward.errors import RunError
from homeward.judge.series import OTHER_DEFINITIONS
from homeward.results.contract import ResidualRow, StockFlow, StockFlowTerm
from homeward.rules.parameters import Parameters, parameter_table
from homeward.rules.tables import name_hash

__all__ = [
    "APPLICATIONS",
    "BALANCING",
    "DRAWS",
    "INTERVAL",
    "SIGNS",
    "stock_flow",
    "stock_flow_residuals",
    "taken_by_audits",
]

DRAWS = 2_000
"""Draws for each term; the ends of an interval are then good to about 2 % of its width."""

INTERVAL = (
    "90 % of what births, deaths, rates of naturalisation and resettlement, and audits may have been within their own "
    "ranges; neither the errors of the published figures nor what is not reported"
)

BALANCING = "balances the stock"
"""Words in the definition of arrivals that were published so that stock and flow agree."""

APPLICATIONS = "asylum applications"
"""How the definition of arrivals begins where they are applications, not yet on the register of refugees."""

SIGNS: Mapping[str, int] = {
    "arrivals": 1,
    "waiting": -1,
    "births": 1,
    "deaths": -1,
    "returns": -1,
    "naturalised": -1,
    "resettled": -1,
    "audits": -1,
}
"""The terms of the balance by name, with the sign by which they change the stock."""

FloatArray = NDArray[np.float64]
StatedBasis = Literal["observed", "derived", "estimate"]
_Yearly = Mapping[int, Sequence[Observation]]

_UPPER_TAIL = NormalDist().inv_cdf(0.95)
_RATES = {"naturalised": "naturalisation_rate", "resettled": "resettlement_rate"}
_MEASURES = {
    "arrivals": Measure.NEW_ARRIVALS,
    "returns": Measure.RETURNED_REFUGEES,
    "naturalised": Measure.NATURALISED,
    "resettled": Measure.RESETTLED,
}


@dataclass(frozen=True)
class _Term:
    """A flow of the balance: what is said of it, and its draws (one of them if it has no range)."""

    said: StockFlowTerm
    draws: FloatArray


@dataclass(frozen=True)
class _Books:
    """What is known about one host: figures by measure and year, rates by indicator, and audits."""

    country: str
    figures: Mapping[Measure, _Yearly]
    rates: Mapping[str, Sequence[Condition]]
    audits: Sequence[Event]
    parameters: Parameters


@dataclass(frozen=True)
class _Year:
    """The two stocks of one definition between which the flows of a year lie."""

    books: _Books
    before: Observation
    now: Observation

    @property
    def year(self) -> int:
        return self.now.date.year

    @property
    def mean_stock(self) -> float:
        """People on the register, on average over the year: what rates per year are multiplied by."""
        return (self.before.value + self.now.value) / 2

    def normals(self, *names: str) -> FloatArray:
        """Return standard normal draws, stratified and in an order of their own, addressed by names."""
        address = name_hash("residual", self.books.country, str(self.year), *names)
        return np.random.default_rng(address).permutation(_strata())


def stock_flow(case: Case, parameters: Parameters) -> StockFlow:
    """Return the residuals of a case as a document; see :func:`stock_flow_residuals`."""
    return StockFlow(case=case.settings.name, interval=INTERVAL, rows=stock_flow_residuals(case, parameters))


def stock_flow_residuals(case: Case, parameters: Parameters) -> tuple[ResidualRow, ...]:
    """Return what the known flows leave unexplained, one row for each host country and year with both stocks.

    Host countries are those of the places of the case, the country of origin left out; rows come by country in
    the order of the places, then by year. Stocks are those of 31 December. Where a country has several
    definitions of a figure in one year, the one that covers most years is taken. A rate holds for a country, or
    for its only place. Raises RunError if the parameters lack a rate of birth or death.
    """
    rows: list[ResidualRow] = []
    for country in dict.fromkeys(place.country for place in case.places):
        if country != case.settings.origin_country:
            books = _books_of(case, country, parameters)
            rows += (_row(books, before, now) for before, now in _stock_pairs(books))
    return tuple(rows)


def _books_of(case: Case, country: str, parameters: Parameters) -> _Books:
    return _Books(
        country=country,
        figures={measure: _by_year(case, country, measure) for measure in Measure},
        rates={indicator: _rate_rows(case, country, indicator) for indicator in _RATES.values()},
        audits=[e for e in case.events if e.indicator is EventIndicator.AUDIT and e.place == country],
        parameters=parameters,
    )


def _by_year(case: Case, country: str, measure: Measure) -> _Yearly:
    """Return the figures at year ends, or of whole years, by year."""
    found: dict[int, list[Observation]] = {}
    for row in case.observed:
        is_ours = row.measure is measure and row.place == country and not row.origin
        is_yearly = (row.date.month, row.date.day) == (12, 31) and not row.definition.startswith(OTHER_DEFINITIONS)
        if is_ours and is_yearly:
            found.setdefault(row.date.year, []).append(row)
    return dict(sorted(found.items()))


def _rate_rows(case: Case, country: str, indicator: str) -> Sequence[Condition]:
    places = [place.id for place in case.places if place.country == country]
    rows = sorted((c for c in case.conditions if c.indicator == indicator), key=lambda row: row.date)
    own = [row for row in rows if row.place == country]
    return own or [row for row in rows if len(places) == 1 and row.place == places[0]]


def _stock_pairs(books: _Books) -> Iterator[tuple[Observation, Observation]]:
    """Yield the stocks at both ends of every year that has them, of one definition where there is one."""
    stocks = books.figures[Measure.REFUGEE_STOCK]
    for year, rows in stocks.items():
        earlier = {row.definition: row for row in stocks.get(year - 1, ())}
        shared = [row for row in rows if row.definition in earlier]
        if shared:
            now = _main(shared, stocks)
            yield earlier[now.definition], now
        elif earlier:
            yield _main(stocks[year - 1], stocks), _main(rows, stocks)


def _main(rows: Sequence[Observation], series: _Yearly) -> Observation:
    """Return the row whose definition covers most years."""
    years = Counter(row.definition for dated in series.values() for row in dated)
    return max(rows, key=lambda row: (years[row.definition], row.definition))


def _row(books: _Books, before: Observation, now: Observation) -> ResidualRow:
    year = _Year(books, before, now)
    changed = before.definition != now.definition
    base = ResidualRow(
        country=books.country,
        year=year.year,
        definition=now.definition,
        definition_changed=changed,
        stock_before=before.value,
        stock=now.value,
        change=None if changed else now.value - before.value,
    )
    return base if changed else _balanced(base, year)


def _balanced(base: ResidualRow, year: _Year) -> ResidualRow:
    """Return the row with its terms and what they leave."""
    terms = dict(_terms(year))
    change = year.now.value - year.before.value
    residual = change - sum(SIGNS[name] * term.said.people for name, term in terms.items())
    draws = change - sum((SIGNS[name] * term.draws for name, term in terms.items()), np.zeros(DRAWS))
    low, high = np.quantile(draws, [0.05, 0.95])
    found: dict[str, object] = {name: term.said for name, term in terms.items()}
    found |= {
        "residual": residual,
        "low90": float(low),
        "high90": float(high),
        "share": residual / year.mean_stock if year.mean_stock else None,
        "reported_residual": _reported_residual(change, terms),
        "not_reported": tuple(_missing(terms)),
        "by_construction": _balance_the_stock(terms.get("arrivals")),
        "estimated_audit": "audits" in terms and terms["audits"].said.basis == "estimate",
    }
    return base.model_copy(update=found)


def _terms(year: _Year) -> Iterator[tuple[str, _Term]]:
    """Yield the terms that are known, by name."""
    known = {name: _reported(year, measure) for name, measure in _MEASURES.items()}
    if _are_applications(known["arrivals"]):
        known["waiting"] = _waiting(year)
    if not _balance_the_stock(known["arrivals"]):
        known["births"] = _vital(year, "birth_rate_abroad")
    known["deaths"] = _vital(year, "death_rate_abroad")
    for name, indicator in _RATES.items():
        known[name] = known[name] or _by_rate(year, indicator)
    known["audits"] = _audits(year)
    for name in SIGNS:
        if term := known.get(name):
            yield name, term


def _reported_residual(change: float, terms: Mapping[str, _Term]) -> float | None:
    reported = [SIGNS[name] * terms[name].said.people for name in ("arrivals", "returns") if name in terms]
    return change - sum(reported) if reported else None


def _missing(terms: Mapping[str, _Term]) -> Iterator[str]:
    """Yield the terms that are not reported; waiting and births only where they would be terms of their own."""
    arrivals = terms.get("arrivals")
    is_owed = {"waiting": _are_applications(arrivals), "births": not _balance_the_stock(arrivals)}
    yield from (name for name in SIGNS if name not in terms and is_owed.get(name, True))


def _are_applications(arrivals: _Term | None) -> bool:
    return arrivals is not None and arrivals.said.definition.startswith(APPLICATIONS)


def _balance_the_stock(arrivals: _Term | None) -> bool:
    return arrivals is not None and BALANCING in arrivals.said.definition


def _reported(year: _Year, measure: Measure) -> _Term | None:
    series = year.books.figures[measure]
    rows = series.get(year.year)
    if not rows:
        return None
    row = _main(rows, series)
    return _published(row.value, row.basis, row.definition)


def _waiting(year: _Year) -> _Term | None:
    """Return by how much the number of asylum seekers awaiting a decision has grown."""
    series = year.books.figures[Measure.ASYLUM_SEEKER_STOCK]
    earlier = {row.definition: row for row in series.get(year.year - 1, ())}
    shared = [row for row in series.get(year.year, ()) if row.definition in earlier]
    if not shared:
        return None
    row = _main(shared, series)
    definition = f"asylum seekers awaiting a decision, growth over the year, {row.definition}"
    return _published(row.value - earlier[row.definition].value, row.basis, definition)


def _published(people: float, basis: Basis, definition: str) -> _Term:
    said = StockFlowTerm(people=people, basis=_stated(basis), definition=definition)
    return _Term(said, np.array([people]))


def _estimated(people: float, draws: FloatArray, basis: Basis, definition: str) -> _Term:
    low, high = np.quantile(draws, [0.05, 0.95])
    said = StockFlowTerm(
        people=people, low90=float(low), high90=float(high), basis=_stated(basis), definition=definition
    )
    return _Term(said, draws)


def _stated(basis: Basis) -> StatedBasis:
    match basis:
        case Basis.OBSERVED:
            return "observed"
        case Basis.DERIVED:
            return "derived"
        case _:
            return "estimate"


def _vital(year: _Year, name: str) -> _Term:
    """Return births or deaths: a rate per person and year, drawn from the spread of its prior, times M."""
    rate = _parameter(year.books.parameters, name)
    spread = next(p.spread for p in parameter_table() if p.name == name)
    draws = rate * np.exp(spread * year.normals(name))
    definition = f"{rate:g} per person and year (parameter {name})"
    return _estimated(rate * year.mean_stock, draws * year.mean_stock, Basis.ESTIMATE, definition)


def _parameter(parameters: Parameters, name: str) -> float:
    if name not in parameters.values:
        raise RunError(f"the parameters lack {name!r}, which the balance of stock and flow needs")
    return parameters[name]


def _by_rate(year: _Year, indicator: str) -> _Term | None:
    """Return the rate of the case, averaged over the days of the year, times M; None if a day has no rate."""
    rows = year.books.rates[indicator]
    days = _days_by_row(rows, year.year)
    if not days:
        return None
    weights = np.array(list(days.values())) / sum(days.values())
    used = [rows[index] for index in days]
    value = float(weights @ [row.value for row in used])
    low = float(weights @ [row.value if row.low is None else row.low for row in used])
    high = float(weights @ [row.value if row.high is None else row.high for row in used])
    draws = _two_piece(value, low, high, year.normals(indicator))
    basis = Basis.ESTIMATE if any(row.basis is Basis.ESTIMATE for row in used) else Basis.DERIVED
    definition = f"{value:.3g} per person and year ({indicator} of the case)"
    return _estimated(value * year.mean_stock, draws * year.mean_stock, basis, definition)


def _days_by_row(rows: Sequence[Condition], year: int) -> dict[int, int]:
    """Return on how many days of the year each row holds, by its index; empty if a day has no row."""
    first = date(year, 1, 1)
    days: Counter[int] = Counter()
    for offset in range((date(year + 1, 1, 1) - first).days):
        holding = sum(row.date <= first + timedelta(days=offset) for row in rows) - 1
        if holding < 0:
            return {}
        days[holding] += 1
    return dict(days)


def _audits(year: _Year) -> _Term | None:
    """Return the people whom the audits of the year took off the register."""
    audits = sorted((e for e in year.books.audits if e.date.year == year.year), key=lambda event: event.date)
    if not audits:
        return None
    first, days = date(year.year, 1, 1), (date(year.year + 1, 1, 1) - date(year.year, 1, 1)).days
    when = [(event.date - first).days / days for event in audits]
    values = [np.array([float(event.value)]) for event in audits]
    stocks = (year.before.value, year.now.value)
    people = float(taken_by_audits(*stocks, when, values)[0])
    draws = taken_by_audits(*stocks, when, [_share_draws(year, event) for event in audits])
    basis = Basis.ESTIMATE if any(e.basis is Basis.ESTIMATE for e in audits) else Basis.DERIVED
    definition = "; ".join(f"{100 * float(e.value):g} % of the register, {e.date}" for e in audits)
    return _estimated(people, draws, basis, definition)


def _share_draws(year: _Year, event: Event) -> FloatArray:
    value = float(event.value)
    low = value if event.low is None else event.low
    high = value if event.high is None else event.high
    return _two_piece(value, low, high, year.normals("audit", str(event.date)))


def taken_by_audits(before: float, now: float, when: Iterable[float], shares: Iterable[FloatArray]) -> FloatArray:
    """Return the people whom audits took off a register between two year ends.

    ``before`` and ``now`` are the stocks; ``when`` are the fractions of the year gone by at each audit,
    ascending, 0 to below 1; ``shares`` (0 to 1, one array of draws each) are those of the register on that day.
    Equations at the head of this module.
    """
    kept: FloatArray = np.ones(1)  # of those there at the start of the year
    grown: FloatArray = np.zeros(1)  # of the even growth g, in years of it still on the register
    last = 0.0
    for fraction, share in zip(when, shares, strict=True):
        grown = (grown + fraction - last) * (1 - share)
        kept = kept * (1 - share)
        last = fraction
    growth = (now - kept * before) / (grown + 1 - last)
    return np.asarray(before + growth - now)


@cache
def _strata() -> FloatArray:
    """Return standard normal quantiles in the middle of equally likely strata, ascending."""
    return np.array([NormalDist().inv_cdf((index + 0.5) / DRAWS) for index in range(DRAWS)])


def _two_piece(value: float, low: float, high: float, normals: FloatArray) -> FloatArray:
    """Return draws of a share with median ``value`` and 5 % and 95 % quantiles ``low`` and ``high``."""
    spread = np.where(normals > 0, high - value, value - low) / _UPPER_TAIL
    return np.clip(value + spread * normals, 0.0, 1.0)
