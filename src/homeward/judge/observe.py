"""The observation model: from people who are there to the figures that agencies publish.

**Registered refugees.** N is the number of refugees in a country at the end of a month, R those on the
register, U those taken off it by an audit though still there, A the arrivals, B the births, D the departures
of the month. With d = D / N(before), in this order each month::

    D = returns + naturalisations + whatever else N fell by
    A = N − N(before) − B + D                                    (so that A >= 0)
    R ← R · (1 − d) + B · R / N(before)                          leave and are born in proportion
    U ← U · (1 − d) + B · U / N(before)
    R ← R + (N − U − R) · (1 − exp(−1 / τ))                      while registration is open
    s ~ triangular(low, value, high);  U ← U + s·R;  R ← (1 − s)·R      in the month of an audit

The third line of the register is the exact solution over one month of dR/dt = (N − U − R) / τ. Reasons: UNHCR
Lebanon reported waits of weeks to months in 2012–13, so the register follows arrivals (τ =
``registration_lag_months``); in countries far away people count as asylum seekers until a decision (τ =
``recognition_lag_months``). Far away means a whole country (place kind ``country``) beyond 1,500 km of every
district of origin, or a group of countries (codes XAA to XZZ). Children are registered with their parents. An
audit finds people who did not renew; they stay off, otherwise one audit would be undone within weeks (the
fall of the registers of Jordan 2013, Lebanon 2015–16 and Türkiye 2022–24 lasted). Deaths, resettlement and
onward movement are not known by the place left month by month; A is counted net of them, which moves R by
less than 0.1 % of N at a τ of 1.5 months. Everybody abroad at the start is registered.

**IDPs, returns, arrivals, naturalisations** are people themselves: displaced people at the end of the month;
returned refugees by the place left and returned IDPs by the district gone back to; A summed over the year.

**Error.** A published figure is the above times exp(σ·z), z standard normal, one draw by replicate, measure,
place (or country) and calendar year, addressed by their names: adding a country or a year changes no other
draw. σ is ``registration_error_sd``, ``idp_error_sd`` or ``returns_error_sd``. Its median is 1: errors are
taken not to be biased. Naturalisations and shares by origin have no error of their own. The idea of a
register that lags and is cleaned follows the yearly residuals of stock and flow in UNHCR's Refugee Data
Finder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case, Event, EventIndicator, Measure, Observation, Stage
from homeward.errors import RunError
from homeward.judge.monthly import Monthly, read_monthly, read_origins
from homeward.results.run import Run
from homeward.rules.tables import name_hash

__all__ = ["FAR_KM", "Figure", "Observer", "Register", "far_countries", "keep_registers", "observation_error"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

FAR_KM = 1500.0
"""Beyond this distance from every district of origin a whole country recognises people one by one."""

EARTH_RADIUS_KM = 6371.0
LONGEST_SHIFT_DAYS = 16
"""A stock within a month is compared with the nearest month end, at most this far away."""

_REGISTERED = (Measure.REFUGEE_STOCK, Measure.REGISTERED_STOCK, Measure.ASYLUM_SEEKER_STOCK)
_ERROR_PARAMETER = {
    Measure.REFUGEE_STOCK: "registration_error_sd",
    Measure.REGISTERED_STOCK: "registration_error_sd",
    Measure.ASYLUM_SEEKER_STOCK: "registration_error_sd",
    Measure.NEW_ARRIVALS: "registration_error_sd",
    Measure.IDP_STOCK: "idp_error_sd",
    Measure.RETURNED_REFUGEES: "returns_error_sd",
    Measure.RETURNED_IDPS: "returns_error_sd",
}


@dataclass(frozen=True)
class Register:
    """What the registers of the countries say, by replicate, month and country.

    ``registered`` people on the register, ``waiting`` people who will come onto it, ``arrivals`` in the
    month.
    """

    registered: FloatArray
    waiting: FloatArray
    arrivals: FloatArray


@dataclass(frozen=True)
class Figure:
    """The simulated counterpart of an observed figure, by replicate; or the ``reason`` why there is none.

    ``central`` leaves the error of observation out, ``published`` has it.
    """

    central: FloatArray
    published: FloatArray
    reason: str = ""


class Observer:
    """Looks at a run as agencies would have; reads the run once, when first asked."""

    def __init__(self, run: Run) -> None:
        """Take the run; raises RunError if its parameters lack those of the observation model."""
        self.run = run
        self.case: Case = run.case()
        self._far_lag = _parameter(run, "recognition_lag_months")
        self._near_lag = _parameter(run, "registration_lag_months")
        self._error_sd = {measure: _parameter(run, name) for measure, name in _ERROR_PARAMETER.items()}

    @cached_property
    def monthly(self) -> Monthly:
        """People who are there."""
        return read_monthly(self.run)

    @cached_property
    def far(self) -> frozenset[str]:
        """Countries that recognise people one by one."""
        return far_countries(self.monthly, self.run.info.origin_country)

    @cached_property
    def register(self) -> Register:
        """The registers with audits of exactly the size stated."""
        return self._keep_registers(drawn_audits=False)

    @cached_property
    def published_register(self) -> Register:
        """The registers with audits drawn between their low and high."""
        return self._keep_registers(drawn_audits=True)

    def figure(self, row: Observation) -> Figure:
        """Return what the run says about an observed figure."""
        reason = self._refusal(row)
        if reason:
            return Figure(np.empty(0), np.empty(0), reason)
        central = self._value(row, self.register)
        published = self._value(row, self.published_register) * self._error(row.measure, row.place, row.date.year)
        return Figure(central, published)

    def _refusal(self, row: Observation) -> str:
        monthly = self.monthly
        if not len(monthly.columns(row.place)):
            return f"{row.place} is not a place or country of the run"
        if row.date > monthly.dates[-1] or row.date < self.run.info.start:
            return f"{row.date} lies outside the run"
        if row.origin and row.measure not in (*_REGISTERED, Measure.ORIGIN_SHARE):
            return f"{row.measure} is not kept by origin"
        if row.measure is Measure.ASYLUM_SEEKER_STOCK and row.place not in self.far:
            return "people waiting to be registered in a neighbouring country are not asylum seekers"
        if row.measure in _STOCKS:
            shift = abs(monthly.dates[self._nearest(row.date)] - row.date).days
            return f"{row.date} is far from a month end" if shift > LONGEST_SHIFT_DAYS else ""
        return self._flow_refusal(row)

    def _flow_refusal(self, row: Observation) -> str:
        if row.measure not in _FLOWS:
            return f"{row.measure} is not known by the place that people left"
        if row.measure is Measure.NEW_ARRIVALS and row.place not in self.monthly.countries:
            return "arrivals are known by country only"
        if row.definition.startswith("cumulative"):
            return "a cumulative figure is not a flow of one year"
        return "" if (row.date.month, row.date.day) == (12, 31) else "a flow is compared by calendar year"

    def _nearest(self, when: date) -> int:
        return int(np.argmin([abs((end - when).days) for end in self.monthly.dates]))

    def _value(self, row: Observation, register: Register) -> FloatArray:
        monthly = self.monthly
        columns = monthly.columns(row.place)
        if row.measure in _FLOWS:
            return self._flow(row, register)
        month = self._nearest(row.date)
        if row.measure is Measure.IDP_STOCK:
            return np.asarray(monthly.displaced[:, month, columns].sum(axis=1))
        share = self._origin_share(row, month) if row.origin else np.ones(monthly.replicates)
        if row.measure is Measure.ORIGIN_SHARE:
            return share
        stock = register.waiting if row.measure is Measure.ASYLUM_SEEKER_STOCK else register.registered
        return share * self._part_of_country(row.place, stock[:, month], monthly.refugees[:, month])

    def _part_of_country(self, place: str, stock: FloatArray, refugees: FloatArray) -> FloatArray:
        """Return a country's ``stock`` (replicate, country), or the part that falls to one of its places."""
        monthly = self.monthly
        columns = monthly.columns(place)
        country = monthly.country_of[columns[0]]
        if place in monthly.countries:
            return stock[:, country]
        whole = refugees[:, monthly.country_of == country].sum(axis=1)
        return stock[:, country] * _ratio(refugees[:, columns].sum(axis=1), whole)

    def _flow(self, row: Observation, register: Register) -> FloatArray:
        monthly = self.monthly
        months = np.array([end.year == row.date.year for end in monthly.dates])
        if row.measure is Measure.NEW_ARRIVALS:
            country = monthly.countries.index(row.place)
            return np.asarray(register.arrivals[:, months, country].sum(axis=1))
        people = {
            Measure.RETURNED_REFUGEES: monthly.returned_refugees,
            Measure.RETURNED_IDPS: monthly.returned_idps,
            Measure.NATURALISED: monthly.naturalised,
        }[row.measure]
        return np.asarray(people[:, months][:, :, monthly.columns(row.place)].sum(axis=(1, 2)))

    @cached_property
    def _origin_months(self) -> list[int]:
        return sorted({self._nearest(row.date) for row in self.case.observed if row.origin})

    @cached_property
    def _by_origin(self) -> FloatArray:
        dates = [self.monthly.dates[month] for month in self._origin_months]
        return read_origins(self.run, self.monthly, dates)

    def _origin_share(self, row: Observation, month: int) -> FloatArray:
        monthly = self.monthly
        here = self._by_origin[:, self._origin_months.index(month), monthly.columns(row.place)].sum(axis=1)
        return _ratio(here[:, monthly.columns(row.origin)].sum(axis=1), here.sum(axis=1))

    def _error(self, measure: Measure, place: str, year: int) -> FloatArray:
        """Return the factor of error by replicate; 1 for measures without one."""
        if measure not in self._error_sd:
            return np.ones(self.monthly.replicates)
        return observation_error(self.run, self._error_sd[measure], measure.value, place, str(year))

    def _keep_registers(self, *, drawn_audits: bool) -> Register:
        monthly = self.monthly
        return keep_registers(
            refugees=monthly.by_country(monthly.refugees),
            births=monthly.by_country(monthly.births),
            departures=monthly.by_country(monthly.returned_refugees + monthly.naturalised),
            at_start=self._refugees_at_start(),
            caught_up=np.array([_caught_up(self._lag(country)) for country in monthly.countries]),
            is_open=self._registration_open(),
            audited=self._audits(drawn=drawn_audits),
        )

    def _lag(self, country: str) -> float:
        return self._far_lag if country in self.far else self._near_lag

    def _refugees_at_start(self) -> FloatArray:
        people = np.zeros(len(self.monthly.countries))
        for row in self.case.population:
            if row.stage is Stage.REFUGEE:
                people[self.monthly.country_of[self.monthly.columns(row.place)[0]]] += row.people
        return people

    def _registration_open(self) -> BoolArray:
        """Return by month and country whether registration is open at the end of the month."""
        is_open = np.ones((len(self.monthly.dates), len(self.monthly.countries)), dtype=np.bool_)
        for event in self._events(EventIndicator.REGISTRATION):
            since = np.array([end >= event.date for end in self.monthly.dates])
            is_open[since, self.monthly.countries.index(event.place)] = event.value == "open"
        return is_open

    def _audits(self, *, drawn: bool) -> FloatArray:
        """Return the share taken off by replicate, month and country."""
        monthly = self.monthly
        shares = np.zeros((monthly.replicates, len(monthly.dates), len(monthly.countries)))
        for event in self._events(EventIndicator.AUDIT):
            month = next((m for m, end in enumerate(monthly.dates) if end >= event.date), None)
            if month is None or event.date < self.run.info.start:
                continue
            kept = shares[:, month, monthly.countries.index(event.place)]
            share = self._audit_draws(event) if drawn else np.full(monthly.replicates, float(event.value))
            kept[:] = 1 - (1 - kept) * (1 - share)
        return shares

    def _audit_draws(self, event: Event) -> FloatArray:
        value = float(event.value)
        low = value if event.low is None else event.low
        high = value if event.high is None else min(event.high, 1.0)
        if not low < high:
            return np.full(self.monthly.replicates, value)
        generators = _generators(self.run, "audit", event.place, str(event.date))
        return np.array([one.triangular(low, value, high) for one in generators])

    def _events(self, indicator: EventIndicator) -> Iterable[Event]:
        wanted = [event for event in self.case.events if event.indicator is indicator]
        return sorted((e for e in wanted if e.place in self.monthly.countries), key=lambda e: e.date)


_STOCKS = (*_REGISTERED, Measure.IDP_STOCK, Measure.ORIGIN_SHARE)
_FLOWS = (Measure.RETURNED_REFUGEES, Measure.RETURNED_IDPS, Measure.NEW_ARRIVALS, Measure.NATURALISED)


def observation_error(run: Run, deviation: float, *names: str) -> FloatArray:
    """Return exp(deviation · z) by replicate, z standard normal, addressed by seed, replicate, names."""
    return np.exp(deviation * np.array([one.standard_normal() for one in _generators(run, *names)]))


def keep_registers(
    *,
    refugees: FloatArray,
    births: FloatArray,
    departures: FloatArray,
    at_start: FloatArray,
    caught_up: FloatArray,
    is_open: BoolArray,
    audited: FloatArray,
) -> Register:
    """Follow the registers month by month; the equations stand at the head of this module.

    ``refugees``, ``births``, ``departures`` and ``audited`` (share): by replicate, month and country;
    ``at_start`` people and ``caught_up`` share per month: by country; ``is_open``: by month and country.
    """
    before = np.broadcast_to(at_start, refugees[:, 0].shape)
    registered, off = before.copy(), np.zeros_like(before)
    kept = Register(np.empty_like(refugees), np.empty_like(refugees), np.empty_like(refugees))
    for month in range(refugees.shape[1]):
        now, born = refugees[:, month], births[:, month]
        arrivals = np.maximum(now - before - born + departures[:, month], 0.0)
        left = np.maximum(before + born + arrivals - now, 0.0)
        grown = np.clip(1.0 + _ratio(born - left, before), 0.0, None)
        registered, off = registered * grown, off * grown
        registered = registered + np.where(is_open[month], caught_up, 0.0) * (now - off - registered)
        taken = registered * audited[:, month]
        registered, off = registered - taken, off + taken
        kept.registered[:, month] = registered
        kept.waiting[:, month] = np.maximum(now - off - registered, 0.0)
        kept.arrivals[:, month] = arrivals
        before = now
    return kept


def far_countries(monthly: Monthly, origin_country: str) -> frozenset[str]:
    """Return the countries that recognise people one by one: see the head of this module."""
    home = monthly.columns(origin_country)
    apart = _kilometres(monthly.coordinates, monthly.coordinates[home]).min(axis=1)
    far = {
        monthly.countries[country]
        for country, kind, km in zip(monthly.country_of, monthly.kinds, apart, strict=True)
        if kind == "country" and (km > FAR_KM or monthly.countries[country].startswith("X"))
    }
    return frozenset(far - {origin_country})


def _kilometres(these: FloatArray, those: FloatArray) -> FloatArray:
    """Return great-circle distances (these x those) between points in degrees, by the haversine formula."""
    a, b = np.radians(these)[:, None], np.radians(those)[None, :]
    half = np.sin((a - b) / 2) ** 2
    h = half[..., 0] + np.cos(a[..., 0]) * np.cos(b[..., 0]) * half[..., 1]
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(h, 0, 1))))


def _caught_up(lag_months: float) -> float:
    """Return the share of those waiting who are registered within a month."""
    return 1.0 if lag_months <= 0 else float(1 - np.exp(-1 / lag_months))


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part / whole, 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(part, dtype=np.float64), where=whole > 0)


def _generators(run: Run, *names: str) -> Iterator[np.random.Generator]:
    """Yield one generator for each replicate, addressed by seed, replicate and names."""
    address = name_hash("observation", *names)
    for replicate in range(run.info.replicates):
        sequence = np.random.SeedSequence([run.info.seed, replicate, address])
        yield np.random.Generator(np.random.PCG64(sequence))


def _parameter(run: Run, name: str) -> float:
    if name not in run.info.parameters:
        raise RunError(f"{run.folder} has no parameter {name!r}, which the observation model needs")
    return run.info.parameters[name]
