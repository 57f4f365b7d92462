"""What is known, month by month, of the homes that people return to and of the hosts that they return from.

All of it follows from the case and the parameters of a run; no person and no draw is asked. Conditions are taken at
the middle of their ranges. Symbols as in docs/explanation/pillars.md.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from homeward.case.indicators import HOME_CONDITIONS, HOST_CONDITIONS
from homeward.case.schema import Case, EventIndicator
from homeward.rules.calendar import Calendar
from homeward.rules.homeward.homecoming import host_pressure, persecution, push_share, shares_of_fled
from homeward.rules.homeward.model import HomewardRules

__all__ = ["FOLLOWED_MONTHS", "SAFE_DAYS", "Evidence", "Peak", "condition", "evidence_of"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SAFE_DAYS = 90
"""Days after the month of arrival in which home must stay safe."""

FOLLOWED_MONTHS = 12
"""Month ends after that of the return through which a cohort is followed."""


@dataclass(frozen=True)
class Peak:
    """The highest value (months x origins) from the month of arrival to ``SAFE_DAYS`` after it.

    NaN where nothing is known; ``whole`` where the value is known on every one of these days.
    """

    value: FloatArray
    whole: BoolArray


@dataclass(frozen=True)
class Evidence:
    """Evidence on ``months`` (their last days), ``origins`` and ``hosts`` (all places); NaN where unknown.

    ``push`` (months x hosts): share of the hazard of return owed to pressure. ``coerced`` (months x hosts): coercion is
    on record on some day of the month. ``violence`` and ``persecution`` at home. ``at_home`` (months x origins x
    ``HOME_CONDITIONS``): conditions at the end of the month of return, ``later`` those twelve month ends later.
    ``followed`` (months): these twelve months are over. ``abroad`` (hosts): the host is not in the country of origin.
    """

    months: tuple[date, ...]
    origins: tuple[str, ...]
    hosts: tuple[str, ...]
    countries: tuple[str, ...]
    abroad: BoolArray
    push: FloatArray
    coerced: BoolArray
    violence: Peak
    persecution: Peak
    at_home: FloatArray
    later: FloatArray
    followed: BoolArray


def evidence_of(case: Case) -> Evidence:
    """Return the evidence that a case holds, for every month of it; raises InputError as its rules do."""
    rules = HomewardRules(case)
    geography, calendar = rules.geography, rules.calendar
    months = calendar.month_ends()
    places = geography.places
    origins = [places[code].id for code in geography.origins]
    countries = tuple(place.country for place in places)
    at_home, later = _conditions_of_home(rules, months)
    return Evidence(
        months=months,
        origins=tuple(origins),
        hosts=tuple(place.id for place in places),
        countries=countries,
        abroad=np.array([country != case.settings.origin_country for country in countries]),
        push=_push(rules, months),
        coerced=_coerced(case, [(place.id, place.country) for place in places], months),
        violence=_peak(_known_violence(case, rules, origins), calendar),
        persecution=_peak(_daily_risk(rules), calendar),
        at_home=at_home,
        later=later,
        followed=_followed(months),
    )


def _push(rules: HomewardRules, months: tuple[date, ...]) -> FloatArray:
    """Return (months x places) the push share at the end of the month, NaN where nothing is known of the host."""
    conditions = [rules.world.host.middle(when)[:, : len(HOST_CONDITIONS)] for when in months]
    return np.array([push_share(host_pressure(known), rules.parameters) for known in conditions])


def _coerced(case: Case, places: list[tuple[str, str]], months: tuple[date, ...]) -> BoolArray:
    """Return (months x places) whether coercion is on some day; rows of a place override its country's."""
    rows = sorted((row for row in case.events if row.indicator is EventIndicator.COERCION), key=lambda row: row.date)
    coerced = np.zeros((len(months), len(places)), dtype=np.bool_)
    for column, (place, country) in enumerate(places):
        own = [row for row in rows if row.place == place] or [row for row in rows if row.place == country]
        # What a row says holds until the next one; after the last it holds for good.
        ends = [*(row.date for row in own[1:]), date.max][: len(own)]
        for row, end in zip(own, ends, strict=True):
            if row.value == "on" and end > row.date:
                first, last = bisect_left(months, row.date), bisect_left(months, end - timedelta(days=1))
                coerced[first : last + 1, column] = True
    return coerced


def _known_violence(case: Case, rules: HomewardRules, origins: list[str]) -> FloatArray:
    """Return (days x origins) the intensity of every day, NaN before the first row of violence of a district."""
    daily: FloatArray = np.diff(rules.world.intensity_sum, axis=0)[:, rules.geography.origins]
    first: dict[str, date] = {}
    for row in case.conditions:
        if row.indicator == "violence":
            first[row.place] = min(row.date, first.get(row.place, row.date))
    for column, origin in enumerate(origins):
        unknown = max(0, rules.calendar.day_of(first[origin])) if origin in first else len(daily)
        daily[:unknown, column] = math.nan
    return daily


def _daily_risk(rules: HomewardRules) -> FloatArray:
    """Return (days x origins) the risk of persecution, NaN while nobody is known to hold the district."""
    world, calendar = rules.world, rules.calendar
    changes = {calendar.day_of(when) for when in (*world.held.dates, *world.guaranteed.dates, *world.fled.dates)}
    cuts = sorted({0, calendar.days, *(day for day in changes if 0 < day < calendar.days)})
    daily = np.empty((calendar.days, len(rules.geography.origins)))
    for first, nxt in pairwise(cuts):
        when = calendar.date_of(first)
        held = world.held.middle(when)
        risk = persecution(held, world.guaranteed.middle(when), world.holders, rules.parameters)
        mean = (risk * shares_of_fled(world.fled.middle(when))).sum(axis=1)
        daily[first:nxt] = np.where(held.sum(axis=1) > 0.0, mean, math.nan)
    return daily


def _peak(daily: FloatArray, calendar: Calendar) -> Peak:
    lasts = [calendar.day_of(end) for end in calendar.month_ends()]
    firsts = [0, *(last + 1 for last in lasts[:-1])]
    windows = [daily[first : last + SAFE_DAYS + 1] for first, last in zip(firsts, lasts, strict=True)]
    over = np.array([last + SAFE_DAYS < calendar.days for last in lasts])
    known = np.array([np.isfinite(window).all(axis=0) for window in windows])
    # fmax passes over what is unknown.
    return Peak(np.array([np.fmax.reduce(window, axis=0) for window in windows]), known & over[:, None])


def _conditions_of_home(rules: HomewardRules, months: tuple[date, ...]) -> tuple[FloatArray, FloatArray]:
    """Return (months x origins x ``HOME_CONDITIONS``) at the end of the month, and twelve month ends later."""
    days = (rules.calendar.day_of(when) for when in months)
    now = np.array([rules.world.home_ranges(day, when)[..., 1] for day, when in zip(days, months, strict=True)])
    later = np.full_like(now, math.nan)
    later[:-FOLLOWED_MONTHS] = now[FOLLOWED_MONTHS:]
    later[~_followed(months)] = math.nan
    return now, later


def _followed(months: tuple[date, ...]) -> BoolArray:
    """Return (months) whether the twelve calendar months after each lie within the run, to the last day."""
    ends_whole = (months[-1] + timedelta(days=1)).day == 1
    last = len(months) - 1 - FOLLOWED_MONTHS if ends_whole else len(months) - 2 - FOLLOWED_MONTHS
    return np.arange(len(months)) <= last


def condition(conditions: FloatArray, name: str) -> FloatArray:
    """Return (months x origins) one of ``HOME_CONDITIONS``."""
    return conditions[..., HOME_CONDITIONS.index(name)]
