"""Conditions and events of a case as series that the rules can read for any block of days.

Recorded deaths become an intensity with memory (equation 1 of docs/explanation/model.md); borders become levels,
holders become persecution risk. Nothing here depends on people.
"""

from __future__ import annotations

import calendar
import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.case.indicators import HOME_CONDITIONS, HOST_CONDITIONS, RATES
from homeward.case.schema import BorderLevel, Case, Condition, EventIndicator
from homeward.errors import InputError, Problem
from homeward.rules.calendar import Block, Calendar
from homeward.rules.homeward.space import Geography
from homeward.rules.parameters import HELD_BY, Parameters

__all__ = ["World", "build_world"]

FloatArray = NDArray[np.float64]
PER_PEOPLE = 100_000
PER_DAYS = 30


@dataclass(frozen=True)
class World:
    """Series of a case, on the days of its calendar.

    ``intensity_sum`` (days + 1 x places): running sum of the daily intensity, deaths per 100,000 residents and
    30 days. ``border_dates`` and ``permeability`` (periods x countries x countries). ``risk_dates`` and ``risk``
    (periods x origins), 0 to 1. ``rate_dates``, ``naturalisation`` and ``resettlement`` (periods x places), per
    year. ``home_dates`` and ``home_conditions`` (periods x origins x ``HOME_CONDITIONS``), ``host_dates`` and
    ``host_conditions`` (periods x places x ``HOST_CONDITIONS``), NaN where unknown. Period 0 of each begins before
    the case does.
    """

    intensity_sum: FloatArray
    border_dates: tuple[date, ...]
    permeability: FloatArray
    risk_dates: tuple[date, ...]
    risk: FloatArray
    rate_dates: tuple[date, ...]
    naturalisation: FloatArray
    resettlement: FloatArray
    home_dates: tuple[date, ...]
    home_conditions: FloatArray
    host_dates: tuple[date, ...]
    host_conditions: FloatArray

    def changes(self) -> tuple[date, ...]:
        """Return every date on which borders, holders, rates or conditions change."""
        of_conditions = {*self.home_dates, *self.host_dates}
        return tuple(sorted({*self.border_dates, *self.risk_dates, *self.rate_dates, *of_conditions}))

    def intensity(self, block: Block) -> FloatArray:
        """Return the mean intensity by place over the days of a block."""
        sums = self.intensity_sum
        mean: FloatArray = (sums[block.first_day + block.days] - sums[block.first_day]) / block.days
        return mean


def period_at(dates: Sequence[date], when: date) -> int:
    """Return the period that holds on a date: 0 before the first of ``dates``, then counted up."""
    return bisect_right(dates, when)


def build_world(case: Case, geography: Geography, calendar_: Calendar, parameters: Parameters) -> World:
    """Return the series of a case.

    Raises InputError where a place has violence but no population to relate it to.
    """
    series = _series(case)
    border_dates, permeability = _borders(case, geography, parameters)
    risk_dates, risk = _persecution_risk(series, geography, parameters)
    rate_dates, rates = _values(series, geography, RATES, before=0.0)
    home_dates, home_conditions = _values(series, geography, HOME_CONDITIONS, before=math.nan)
    host_dates, host_conditions = _values(series, geography, HOST_CONDITIONS, before=math.nan)
    daily = _intensity(case, series, geography, calendar_, parameters)
    return World(
        intensity_sum=np.concatenate([np.zeros((1, daily.shape[1])), np.cumsum(daily, axis=0)]),
        border_dates=border_dates,
        permeability=permeability,
        risk_dates=risk_dates,
        risk=risk,
        rate_dates=rate_dates,
        naturalisation=rates[:, :, 0],
        resettlement=rates[:, :, 1],
        home_dates=home_dates,
        home_conditions=home_conditions[:, geography.origins],
        host_dates=host_dates,
        host_conditions=host_conditions,
    )


def _series(case: Case) -> dict[str, dict[str, list[Condition]]]:
    """Return the rows by indicator and place, in the order of their dates."""
    series: dict[str, dict[str, list[Condition]]] = defaultdict(lambda: defaultdict(list))
    for row in sorted(case.conditions, key=lambda row: row.date):
        series[row.indicator][row.place].append(row)
    return series


def _intensity(
    case: Case,
    series: dict[str, dict[str, list[Condition]]],
    geography: Geography,
    calendar_: Calendar,
    parameters: Parameters,
) -> FloatArray:
    """Return the daily intensity (days x places): memory, then spill-over from adjacent places."""
    _require_population(case, series["violence"])
    longer = _with_past(calendar_, series["violence"])
    days_in_month = _days_in_month(longer)
    raw = np.zeros((longer.days, len(geography.places)))
    for place, rows in series["violence"].items():
        code = geography.code[place]
        population = geography.places[code].population or 1
        per_day = _deaths_per_month(rows, longer) / days_in_month
        raw[:, code] = per_day * (PER_DAYS * PER_PEOPLE / population)
    lasting = parameters["lasting_share"]
    fast, slow = (_remembered(raw, parameters[name]) for name in ("intensity_half_life", "lasting_half_life"))
    smooth = ((1.0 - lasting) * fast + lasting * slow)[longer.days - calendar_.days :]
    felt: FloatArray = smooth + parameters["spill_over"] * (smooth @ _mean_of_neighbours(case, geography))
    return felt


def _with_past(calendar_: Calendar, violence: dict[str, list[Condition]]) -> Calendar:
    """Return the calendar from the first row of violence on: what came before the start is remembered."""
    first = min((rows[0].date for rows in violence.values()), default=calendar_.start)
    return Calendar(min(first, calendar_.start), calendar_.end, calendar_.steps_per_day)


def _remembered(daily: FloatArray, half_life: float) -> FloatArray:
    """Return daily values (days x places) smoothed by an exponential memory with this half-life in days."""
    keep = math.pow(0.5, 1.0 / half_life)
    smooth = np.zeros_like(daily)
    memory = np.zeros(daily.shape[1])
    for day, today in enumerate(daily):
        memory = keep * memory + (1.0 - keep) * today
        smooth[day] = memory
    return smooth


def _require_population(case: Case, violence: dict[str, list[Condition]]) -> None:
    rows = {place.id: (row, place) for row, place in enumerate(case.places, start=1)}
    missing = [rows[place] for place in violence if not rows[place][1].population]
    if missing:
        raise InputError(
            [
                Problem(
                    "places.csv",
                    row,
                    None,
                    f"'{place.id}' has violence in conditions.csv but no population",
                    "Fill the column 'population': intensity is deaths per 100,000 residents",
                )
                for row, place in missing
            ]
        )


def _deaths_per_month(rows: list[Condition], calendar_: Calendar) -> FloatArray:
    """Return deaths per calendar month on every day: a row holds from its date to the next."""
    deaths = np.zeros(calendar_.days)
    for row in rows:
        deaths[max(0, calendar_.day_of(row.date)) :] = row.value
    return deaths


def _days_in_month(calendar_: Calendar) -> FloatArray:
    """Return, for every day, the number of days of its calendar month."""
    dates = (calendar_.date_of(day) for day in range(calendar_.days))
    return np.array([calendar.monthrange(when.year, when.month)[1] for when in dates], dtype=np.float64)


def _mean_of_neighbours(case: Case, geography: Geography) -> FloatArray:
    """Return (places x places) weights by which the intensity of adjacent places is averaged."""
    code = geography.code
    weights = np.zeros((len(code), len(code)))
    for route in case.routes:
        if route.adjacent and route.from_place != route.to_place:
            one, other = code[route.from_place], code[route.to_place]
            weights[one, other] = weights[other, one] = 1.0
    columns = weights.sum(axis=0)
    averaging: FloatArray = weights / np.where(columns > 0, columns, 1.0)
    return averaging


def _borders(case: Case, geography: Geography, parameters: Parameters) -> tuple[tuple[date, ...], FloatArray]:
    """Return the dates of change and the permeability (periods x from country x to country)."""
    events = [event for event in case.events if event.indicator is EventIndicator.BORDER]
    dates = tuple(sorted({event.date for event in events}))
    level_of = {level.value: parameters[f"permeability_{level.value}"] for level in BorderLevel}
    periods = np.empty((len(dates) + 1, len(geography.countries), len(geography.countries)))
    current: dict[str, str] = {}
    for period in range(len(dates) + 1):
        if period:
            current |= {e.place: e.value for e in events if e.date == dates[period - 1]}
        for one, origin in enumerate(geography.countries):
            for other, destination in enumerate(geography.countries):
                level = BorderLevel.OPEN.value
                if one != other:
                    level = _border_level(current, origin, destination)
                periods[period, one, other] = level_of[level]
    return dates, periods


def _border_level(current: dict[str, str], origin: str, destination: str) -> str:
    """Return the level that holds: of the pair, else of the destination, else of the origin, else open."""
    names = (f"{origin}>{destination}", f"*>{destination}", f"{origin}>*", "*>*")
    return next((current[name] for name in names if name in current), BorderLevel.OPEN.value)


def _persecution_risk(
    series: dict[str, dict[str, list[Condition]]], geography: Geography, parameters: Parameters
) -> tuple[tuple[date, ...], FloatArray]:
    """Return the dates of change and the risk by district: shares of holders times the risk under each."""
    holders = {name.removeprefix(HELD_BY): rows for name, rows in series.items() if name.startswith(HELD_BY)}
    dates = tuple(sorted({row.date for rows in _all_rows(holders.values()) for row in rows}))
    shape = (len(dates) + 1, len(geography.origins))
    weighted, shares = np.zeros(shape), np.zeros(shape)
    for holder, by_place in holders.items():
        for column, code in enumerate(geography.origins):
            share = _step_values(by_place.get(geography.places[code].id, []), dates)
            weighted[:, column] += share * parameters.of("persecution_risk", holder)
            shares[:, column] += share
    unknown = np.maximum(0.0, 1.0 - shares)
    return dates, weighted + unknown * parameters["persecution_risk"]


def _all_rows(groups: Iterable[dict[str, list[Condition]]]) -> Iterable[list[Condition]]:
    return (rows for by_place in groups for rows in by_place.values())


def _values(
    series: dict[str, dict[str, list[Condition]]], geography: Geography, names: Sequence[str], *, before: float
) -> tuple[tuple[date, ...], FloatArray]:
    """Return the values of indicators (periods x places x names); a row of a place overrides its country's.

    ``before`` holds until the first row.
    """
    rows = [series[name] for name in names]
    dates = tuple(sorted({row.date for group in _all_rows(rows) for row in group}))
    values = np.full((len(dates) + 1, len(geography.places), len(names)), before)
    for column, by_place in enumerate(rows):
        for code, place in enumerate(geography.places):
            own = by_place.get(place.id) or by_place.get(place.country, [])
            values[:, code, column] = _step_values(own, dates, before)
    return dates, values


def _step_values(rows: list[Condition], dates: tuple[date, ...], before: float = 0.0) -> FloatArray:
    """Return the value in every period, ``before`` until the first row."""
    values = np.full(len(dates) + 1, before)
    for row in rows:
        values[dates.index(row.date) + 1 :] = row.value
    return values
