"""Registers: from refugees who are there to those whom a host has on its books.

N is the number of refugees in a country at the end of a month, R those on the register, U those off it though
still there, A the arrivals, B the births, D the departures of the month. With d = D / N(before), in this order
each month::

    D = returns + naturalisations + whatever else N fell by
    A = N − N(before) − B + D                                    (so that A >= 0)
    R ← R · (1 − d) + B · R / N(before)                          leave and are born in proportion
    U ← U · (1 − d) + B · U / N(before)
    R ← R + max(0, E − U − R) · (1 − exp(−1 / τ))                E = N at places where registration is open
    s ~ triangular(low, value, high);  U ← U + s·R;  R ← (1 − s)·R      in the month of an audit
    r = 1 − exp(−ρ / 12);              U ← U + r·R;  R ← (1 − r)·R      every month

The third line of the register is the exact solution over one month of dR/dt = (E − U − R) / τ; E is 0 where
registration is closed in the whole country. It can open in one part of a host before it does in another.

- *Lag*: UNHCR Lebanon reported waits of weeks to months in 2012–13 and Türkiye's register ran months behind its own
  estimates until 2014, so the register follows arrivals (τ = ``registration_lag_months`` of the host). In countries far
  away people count as asylum seekers until a decision (τ = ``recognition_lag_months``). Far away means a whole country
  (place kind ``country``) beyond 1,500 km of every district of origin, or a group of countries (codes XAA to XZZ).
- *Births*: children are registered with their parents. They are recorded by year and place; they are spread over its
  months as people were there, and those of refugees are what refugees are of all who are there, citizens included.
- *Audits* find people who did not renew, or are gone unseen; between audits files lapse for the same reasons at a rate
  ρ (``deactivation_rate`` of the host; 0 far away, where a status that was granted does not lapse). Both stay off,
  otherwise one audit would be undone within weeks (the fall of the registers of Jordan 2013, Lebanon 2015–16 and
  Türkiye 2022–24 lasted).
- Deaths, resettlement and onward movement are not known by the place left month by month; A is counted net of them,
  which moves R by less than 0.1 % of N at a τ of 1.5 months.
- Those who are abroad at the start are registered, unless the case says that they wait.

**Parts of a host.** R and U are kept for the whole country. Where registration is open in a part of it, E counts that
part only, so people elsewhere are not registered; that some of those registered before live elsewhere is not known. The
share of a place in the register is its share of the people where registration is open.

**By origin.** A register keeps the same books for the people of each origin, with births and departures in
proportion to how many are there: who fled first is registered first. The share of an origin at one place within a
country is that of the people there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeward.judge.monthly import Monthly

__all__ = [
    "FAR_KM",
    "Register",
    "by_origin",
    "caught_up",
    "far_countries",
    "keep_registers",
    "lapsed",
    "ratio",
    "spread_births",
]

FloatArray = NDArray[np.float64]

FAR_KM = 1500.0
"""Beyond this distance from every district of origin a whole country recognises people one by one."""

EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True)
class Register:
    """What the registers say, by replicate, month and register (of a country, or of an origin within one).

    ``registered`` people on the register, ``waiting`` people who will come onto it, ``arrivals`` in the
    month.
    """

    registered: FloatArray
    waiting: FloatArray
    arrivals: FloatArray


def keep_registers(
    *,
    refugees: FloatArray,
    births: FloatArray,
    departures: FloatArray,
    at_start: FloatArray,
    registered_at_start: FloatArray,
    caught_up: FloatArray,
    open_share: FloatArray,
    audited: FloatArray,
    lapsed: FloatArray,
) -> Register:
    """Follow the registers month by month; the equations stand at the head of this module.

    ``refugees``, ``births``, ``departures`` and ``audited`` (share): by replicate, month and register;
    ``at_start`` and ``registered_at_start`` people by register; ``caught_up`` and ``lapsed`` shares per month, by
    replicate and register;
    ``open_share``: share of the people who are at places where registration is open, by replicate, month and register.
    """
    before = np.broadcast_to(at_start, refugees[:, 0].shape)
    registered = np.broadcast_to(registered_at_start, before.shape).copy()
    off = np.zeros_like(registered)
    kept = Register(np.empty_like(refugees), np.empty_like(refugees), np.empty_like(refugees))
    for month in range(refugees.shape[1]):
        now, born = refugees[:, month], births[:, month]
        arrivals = np.maximum(now - before - born + departures[:, month], 0.0)
        left = np.maximum(before + born + arrivals - now, 0.0)
        grown = np.clip(1.0 + ratio(born - left, before), 0.0, None)
        registered, off = registered * grown, off * grown
        eligible = np.maximum(now * open_share[:, month] - off - registered, 0.0)
        registered = registered + caught_up * eligible
        taken = registered * (1.0 - (1.0 - audited[:, month]) * (1.0 - lapsed))
        registered, off = registered - taken, off + taken
        kept.registered[:, month] = registered
        kept.waiting[:, month] = np.maximum(now - off - registered, 0.0)
        kept.arrivals[:, month] = arrivals
        before = now
    return kept


def by_origin(people: FloatArray, whole: FloatArray, figures: FloatArray) -> FloatArray:
    """Return ``figures`` of a country (replicate, month) split as ``people`` (replicate, month, origin) of it are."""
    return figures[:, :, None] * ratio(people, np.broadcast_to(whole[:, :, None], people.shape))


def spread_births(births: FloatArray, people: FloatArray, years: NDArray[np.int64]) -> FloatArray:
    """Return births by replicate, month and place, spread over the months of each year as ``people`` were there.

    ``births`` holds those of a whole year in one of its months; ``years`` gives the year of every month.
    """
    spread = np.zeros_like(births)
    for year in np.unique(years):
        months = years == year
        weights = ratio(people[:, months], np.broadcast_to(people[:, months].sum(axis=1, keepdims=True),
                                                           people[:, months].shape))  # fmt: skip
        of_year = births[:, months].sum(axis=1, keepdims=True)
        spread[:, months] = np.where(weights.sum(axis=1, keepdims=True) > 0, of_year * weights, births[:, months])
    return spread


def caught_up(lag_months: FloatArray | float) -> FloatArray:
    """Return the share of those waiting who are registered within a month; all of them where there is no lag."""
    lags = np.asarray(lag_months, dtype=np.float64)
    return np.asarray(1 - np.exp(-np.divide(1.0, lags, out=np.full_like(lags, np.inf), where=lags > 0)))


def lapsed(rate_per_year: FloatArray | float) -> FloatArray:
    """Return the share of a register that lapses within a month."""
    return np.asarray(1 - np.exp(-np.asarray(rate_per_year) / 12))


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


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part / whole, 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(part, dtype=np.float64), where=whole > 0)
