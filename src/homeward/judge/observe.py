"""The observation model: from people who are there to the figures that agencies publish.

**Registered refugees** follow people with a lag: see :mod:`homeward.judge.register`.

**IDPs, returns, arrivals, naturalisations** are people themselves: displaced people at the end of the month;
returned refugees by the place left and returned IDPs by the district gone back to. Published returns of refugees
count who came back and not why: those who decided to return, and those who fled a war at their host to where they
had come from, who are no returnees elsewhere in this project; A summed over the year.

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
from homeward.judge.later_audits import later_audits
from homeward.judge.monthly import Monthly
from homeward.judge.register import (
    Register,
    by_origin,
    caught_up,
    far_countries,
    keep_registers,
    lapsed,
    ratio,
    spread_births,
)
from homeward.judge.simulated import Simulated
from homeward.rules.tables import name_hash

__all__ = ["Figure", "Observer", "observation_error"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

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
class Figure:
    """The simulated counterpart of an observed figure, by replicate; or the ``reason`` why there is none.

    ``central`` leaves the error of observation out, ``published`` has it.
    """

    central: FloatArray
    published: FloatArray
    reason: str = ""


class Observer:
    """Looks at what was simulated as agencies would have."""

    def __init__(self, simulated: Simulated) -> None:
        """Take a run or a course; raises RunError if its parameters lack those of the observation model."""
        self.simulated = simulated
        self.case: Case = simulated.case
        self._far_lag = _parameter(simulated, "recognition_lag_months")
        self._error_sd = {measure: _parameter(simulated, name) for measure, name in _ERROR_PARAMETER.items()}
        self._kept_by_origin: dict[str, FloatArray] = {}

    @property
    def monthly(self) -> Monthly:
        """People who are there."""
        return self.simulated.monthly

    @cached_property
    def far(self) -> frozenset[str]:
        """Countries that recognise people one by one."""
        return far_countries(self.monthly, self.case.settings.origin_country)

    @cached_property
    def register(self) -> Register:
        """The registers with audits of exactly the size stated."""
        return self._keep_registers(drawn_audits=False)

    @cached_property
    def published_register(self) -> Register:
        """The registers with audits drawn between their low and high."""
        return self._keep_registers(drawn_audits=True)

    @property
    def places(self) -> frozenset[str]:
        """Places and countries of the run."""
        return frozenset((*self.monthly.places, *self.monthly.countries))

    def central(self, row: Observation) -> FloatArray:
        """Return the simulated counterpart of an observed figure by replicate, without error of observation.

        Empty if there is none; :meth:`figure` says why.
        """
        return np.empty(0) if self._refusal(row) else self._value(row, self.register)

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
        if row.date > monthly.dates[-1] or row.date < self.case.settings.start:
            return "its date lies outside the run"
        if row.origin and row.measure not in (*_REGISTERED, Measure.ORIGIN_SHARE):
            return f"{row.measure} is not kept by origin"
        if row.measure is Measure.ASYLUM_SEEKER_STOCK and row.place not in self.far:
            return "people waiting to be registered in a neighbouring country are not asylum seekers"
        if row.measure in _STOCKS:
            shift = abs(monthly.dates[self._nearest(row.date)] - row.date).days
            return "its date is far from a month end" if shift > LONGEST_SHIFT_DAYS else ""
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
        return share * self._part_of_country(row.place, month, stock[:, month], monthly.refugees[:, month])

    def _part_of_country(self, place: str, month: int, stock: FloatArray, refugees: FloatArray) -> FloatArray:
        """Return a country's ``stock`` (replicate, country), or the part that falls to one of its places."""
        monthly = self.monthly
        columns = monthly.columns(place)
        country = monthly.country_of[columns[0]]
        if place in monthly.countries:
            return stock[:, country]
        # Where registration is open in a part of the country only, the register has people of that part.
        is_open = self._is_open[month]
        counted = refugees * is_open if is_open[monthly.country_of == country].any() else refugees
        whole = counted[:, monthly.country_of == country].sum(axis=1)
        return stock[:, country] * ratio(counted[:, columns].sum(axis=1), whole)

    def _flow(self, row: Observation, register: Register) -> FloatArray:
        monthly = self.monthly
        months = np.array([end.year == row.date.year for end in monthly.dates])
        if row.measure is Measure.NEW_ARRIVALS:
            country = monthly.countries.index(row.place)
            return np.asarray(register.arrivals[:, months, country].sum(axis=1))
        people = {
            Measure.RETURNED_REFUGEES: monthly.returned_refugees + monthly.fled_back,
            Measure.RETURNED_IDPS: monthly.returned_idps,
            Measure.NATURALISED: monthly.naturalised,
        }[row.measure]
        return np.asarray(people[:, months][:, :, monthly.columns(row.place)].sum(axis=(1, 2)))

    @cached_property
    def _origin_months(self) -> int:
        """Number of months up to the last figure by origin."""
        return 1 + max(self._nearest(row.date) for row in self.case.observed if row.origin)

    @cached_property
    def _by_origin(self) -> FloatArray:
        return self.simulated.read_origins(self.monthly, self.monthly.dates[: self._origin_months])

    def _origin_share(self, row: Observation, month: int) -> FloatArray:
        monthly = self.monthly
        if row.place in monthly.countries:
            here = self._registered_by_origin(row.place)[:, month]
        else:
            here = self._by_origin[:, month, monthly.columns(row.place)].sum(axis=1)
        return ratio(here[:, monthly.columns(row.origin)].sum(axis=1), here.sum(axis=1))

    def _registered_by_origin(self, country: str) -> FloatArray:
        """Return registered refugees in a country by replicate, month and place of origin."""
        if country not in self._kept_by_origin:
            self._kept_by_origin[country] = self._keep_register_by_origin(country)
        return self._kept_by_origin[country]

    def _keep_register_by_origin(self, country: str) -> FloatArray:
        monthly, months = self.monthly, self._origin_months
        code = monthly.countries.index(country)
        people = self._by_origin[:, :, monthly.columns(country)].sum(axis=2)
        whole = people.sum(axis=2)
        everywhere = np.ones(people.shape[2])
        at_start = self._at_start(by_origin=True)[:, code].reshape(2, -1)
        return keep_registers(
            refugees=people,
            births=by_origin(people, whole, self._births[:, :months, code]),
            departures=by_origin(people, whole, self._departures[:, :months, code]),
            at_start=at_start[0],
            registered_at_start=at_start[1],
            caught_up=everywhere * caught_up(self._lag(country))[:, None],
            open_share=self._open_by_origin(country, people),
            audited=self._audits(drawn=False)[:, :months, code, None],
            lapsed=everywhere * self._lapsed(country)[:, None],
        ).registered

    def _error(self, measure: Measure, place: str, year: int) -> FloatArray:
        """Return the factor of error by replicate; 1 for measures without one."""
        if measure not in self._error_sd:
            return np.ones(self.monthly.replicates)
        return observation_error(self.simulated, self._error_sd[measure], measure.value, place, str(year))

    def _keep_registers(self, *, drawn_audits: bool) -> Register:
        monthly = self.monthly
        at_start = self._at_start(by_origin=False).sum(axis=2)
        return keep_registers(
            refugees=monthly.by_country(monthly.refugees),
            births=self._births,
            departures=self._departures,
            at_start=at_start[0],
            registered_at_start=at_start[1],
            caught_up=np.stack([caught_up(self._lag(country)) for country in monthly.countries], axis=1),
            open_share=self._open_share,
            audited=self._audits(drawn=drawn_audits),
            lapsed=np.stack([self._lapsed(country) for country in monthly.countries], axis=1),
        )

    @cached_property
    def _births(self) -> FloatArray:
        monthly = self.monthly
        years = np.array([end.year for end in monthly.dates])
        parents = monthly.refugees + monthly.citizens
        births = spread_births(monthly.births, parents, years)
        return monthly.by_country(births * ratio(monthly.refugees, parents))

    @cached_property
    def _departures(self) -> FloatArray:
        return self.monthly.by_country(self.monthly.returned_refugees + self.monthly.naturalised)

    def _lag(self, country: str) -> FloatArray:
        if country in self.far:
            return self._far_lag
        return _parameter(self.simulated, "registration_lag_months", country)

    def _lapsed(self, country: str) -> FloatArray:
        if country in self.far:
            return np.zeros(self.monthly.replicates)
        return lapsed(_parameter(self.simulated, "deactivation_rate", country))

    def _at_start(self, *, by_origin: bool) -> FloatArray:
        """Return refugees at the start: all and registered, by country and place of origin (or one column)."""
        monthly = self.monthly
        people = np.zeros((2, len(monthly.countries), len(monthly.places) if by_origin else 1))
        for row in self.case.population:
            if row.stage is Stage.REFUGEE:
                country = monthly.country_of[monthly.columns(row.place)[0]]
                origin = monthly.columns(row.origin)[0] if by_origin else 0
                people[0, country, origin] += row.people
                people[1, country, origin] += row.people if row.registered else 0
        return people

    @cached_property
    def _is_open(self) -> BoolArray:
        """Whether registration is open, by month and place, at the end of the month."""
        monthly = self.monthly
        is_open = np.ones((len(monthly.dates), len(monthly.places)), dtype=np.bool_)
        for event in self._events(EventIndicator.REGISTRATION):
            since = np.array([end >= event.date for end in monthly.dates])
            is_open[np.ix_(since, monthly.columns(event.place))] = event.value == "open"
        return is_open

    @cached_property
    def _open_share(self) -> FloatArray:
        """Share of the refugees who are where registration is open, by replicate, month and country."""
        monthly = self.monthly
        return ratio(monthly.by_country(monthly.refugees * self._is_open), monthly.by_country(monthly.refugees))

    def _open_by_origin(self, country: str, people: FloatArray) -> FloatArray:
        columns = self.monthly.columns(country)
        is_open = self._is_open[: self._origin_months, columns, None]
        return ratio((self._by_origin[:, :, columns] * is_open).sum(axis=2), people)

    def _audits(self, *, drawn: bool) -> FloatArray:
        """Return the share taken off by replicate, month and country."""
        monthly = self.monthly
        shares = np.zeros((monthly.replicates, len(monthly.dates), len(monthly.countries)))
        everyone = range(monthly.replicates)
        audits = [(event, everyone) for event in self._events(EventIndicator.AUDIT)]
        for event, replicates in (*audits, *self._later_audits()):
            month = next((m for m, end in enumerate(monthly.dates) if end >= event.date), None)
            if month is None or event.date < self.case.settings.start:
                continue
            kept = shares[replicates, month, monthly.countries.index(event.place)]
            share = self._audit_draws(event, replicates) if drawn else float(event.value)
            shares[replicates, month, monthly.countries.index(event.place)] = 1 - (1 - kept) * (1 - share)
        return shares

    def _later_audits(self) -> Iterator[tuple[Event, range]]:
        """Yield the audits after the last known day of a forecast, each with the replicate that it belongs to."""
        since = self.simulated.since
        if since is not None:
            for replicate in range(self.monthly.replicates):
                for event in later_audits(self.case, since, self.simulated.seed, replicate):
                    yield event, range(replicate, replicate + 1)

    def _audit_draws(self, event: Event, replicates: range) -> FloatArray:
        value = float(event.value)
        low = value if event.low is None else event.low
        high = value if event.high is None else min(event.high, 1.0)
        if not low < high:
            return np.full(len(replicates), value)
        generators = _generators(self.simulated, "audit", event.place, str(event.date), replicates=replicates)
        return np.array([one.triangular(low, value, high) for one in generators])

    def _events(self, indicator: EventIndicator) -> Iterable[Event]:
        wanted = [event for event in self.case.events if event.indicator is indicator]
        return sorted((e for e in wanted if len(self.monthly.columns(e.place))), key=lambda e: e.date)


_STOCKS = (*_REGISTERED, Measure.IDP_STOCK, Measure.ORIGIN_SHARE)
_FLOWS = (Measure.RETURNED_REFUGEES, Measure.RETURNED_IDPS, Measure.NEW_ARRIVALS, Measure.NATURALISED)


def observation_error(simulated: Simulated, deviation: FloatArray | float, *names: str) -> FloatArray:
    """Return exp(deviation · z) by replicate, z standard normal, addressed by seed, replicate, names."""
    normal = np.array([one.standard_normal() for one in _generators(simulated, *names)])
    return np.asarray(np.exp(deviation * normal))


def _generators(simulated: Simulated, *names: str, replicates: range | None = None) -> Iterator[np.random.Generator]:
    """Yield one generator for each replicate, or each of some, addressed by seed, replicate and names."""
    address = name_hash("observation", *names)
    for replicate in range(simulated.replicates) if replicates is None else replicates:
        sequence = np.random.SeedSequence([simulated.seed, replicate, address])
        yield np.random.Generator(np.random.PCG64(sequence))


def _parameter(simulated: Simulated, name: str, index: str = "") -> FloatArray:
    """Return a parameter by replicate, the one of an index where there is one."""
    for known in (f"{name}[{index}]", name):
        if known in simulated.parameters:
            return simulated.parameters[known]
    raise RunError(f"the run has no parameter {name!r}, which the observation model needs")
