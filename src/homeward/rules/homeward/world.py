"""Conditions and events of a case as series that the rules can read for any block of days.

Recorded deaths become an intensity with memory (equation 1 of docs/explanation/model.md); borders become levels.
Nothing here depends on people.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.case.indicators import (
    CEASEFIRE,
    FLED,
    GUARANTEES,
    HELD_BY,
    HOME_CONDITIONS,
    HOST_CONDITIONS,
    RATES,
    RETURN_INTENTION,
)
from homeward.case.schema import BorderLevel, Case, Condition, EventIndicator
from homeward.errors import InputError, Problem
from homeward.rules.calendar import Block, Calendar
from homeward.rules.homeward.absorption import STOCKS, stocks_over_time
from homeward.rules.homeward.conditions import Graded, Rows, graded, period_at, rows_of
from homeward.rules.homeward.filling import remembered
from homeward.rules.homeward.space import Geography
from homeward.rules.parameters import Parameters

__all__ = ["World", "build_world", "permeability_of_levels"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
PER_PEOPLE = 100_000
PER_DAYS = 30


@dataclass(frozen=True)
class World:
    """Series of a case, on the days of its calendar.

    ``intensity_sum`` (days + 1 x places): running sum of the daily intensity, deaths per 100,000 residents and
    30 days. ``border_dates``, ``border_levels`` and ``permeability`` (periods x countries x countries). ``rates``:
    naturalisation and resettlement per year at places. ``holders``: their names; ``held`` the shares of the people
    at districts of origin who live under them, ``guaranteed`` those of the risk of persecution under them that
    guarantees take away, ``fled`` those of the people displaced from there who fled them.
    ``home`` and ``host``: the conditions of districts of origin and of all places, NaN where unknown; ``stocks``
    (days x districts x ``STOCKS`` x 3) what becomes of housing and services between their rows.
    """

    intensity_sum: FloatArray
    border_dates: tuple[date, ...]
    border_levels: IntArray
    permeability: FloatArray
    rates: Graded
    holders: tuple[str, ...]
    held: Graded
    guaranteed: Graded
    fled: Graded
    home: Graded
    stocks: FloatArray
    host: Graded

    def changes(self) -> tuple[date, ...]:
        """Return every date on which borders, holders, rates or conditions change."""
        series = (self.rates, self.held, self.guaranteed, self.fled, self.home, self.host)
        return tuple(sorted({*self.border_dates, *(when for one in series for when in one.dates)}))

    def intensity(self, block: Block) -> FloatArray:
        """Return the mean intensity by place over the days of a block."""
        sums = self.intensity_sum
        mean: FloatArray = (sums[block.first_day + block.days] - sums[block.first_day]) / block.days
        return mean

    def home_ranges(self, day: int, when: date) -> FloatArray:
        """Return (districts x ``HOME_CONDITIONS`` x 3) low, middle and high of the conditions of home on a day."""
        ranges: FloatArray = self.home.values[period_at(self.home.dates, when)].copy()
        ranges[:, : len(STOCKS)] = self.stocks[day]
        return ranges


def build_world(case: Case, geography: Geography, calendar_: Calendar, parameters: Parameters) -> World:
    """Return the series of a case.

    Raises InputError where a place has violence but no population to relate it to.
    """
    rows = rows_of(case)
    border_dates, border_levels = _borders(case, geography)
    everywhere = [(place.id, place.country) for place in geography.places]
    districts = [everywhere[code] for code in geography.origins]
    holders = _holders(rows)
    longer = _with_past(calendar_, rows.get("violence", {}))
    from_first = _intensity(case, rows, geography, longer, parameters)
    stocks = stocks_over_time(
        rows, [place for place, _ in districts], from_first[:, geography.origins], longer, parameters
    )  # fmt: skip
    daily = from_first[longer.days - calendar_.days :]
    return World(
        intensity_sum=np.concatenate([np.zeros((1, daily.shape[1])), np.cumsum(daily, axis=0)]),
        border_dates=border_dates,
        border_levels=border_levels,
        permeability=permeability_of_levels(parameters)[border_levels],
        rates=graded(rows, everywhere, RATES, before=0.0),
        holders=holders,
        held=graded(rows, districts, holders, before=0.0, prefix=HELD_BY),
        guaranteed=graded(rows, districts, holders, before=0.0, prefix=GUARANTEES),
        fled=graded(rows, districts, holders, before=0.0, prefix=FLED),
        home=graded(rows, districts, HOME_CONDITIONS, before=math.nan),
        stocks=stocks[longer.days - calendar_.days :],
        host=graded(rows, everywhere, (*HOST_CONDITIONS, RETURN_INTENTION), before=math.nan),
    )


def _holders(rows: Rows) -> tuple[str, ...]:
    """Return the names of all who hold a place, or whom somebody fled, in order."""
    names = {name.removeprefix(prefix) for prefix in (HELD_BY, FLED) for name in rows if name.startswith(prefix)}
    return tuple(sorted(names))


def _intensity(
    case: Case,
    rows: Rows,
    geography: Geography,
    calendar_: Calendar,
    parameters: Parameters,
) -> FloatArray:
    """Return the daily intensity (days x places): what ceasefires leave, memory at home, spill-over from neighbours."""
    violence, ceasefires = rows.get("violence", {}), rows.get(CEASEFIRE, {})
    _require_population(case, violence)
    days_in_month = _days_in_month(calendar_)
    at_home = geography.country == geography.home_country
    raw = np.zeros((calendar_.days, len(geography.places)))
    for place, deaths in violence.items():
        code = geography.code[place]
        population = geography.places[code].population or 1
        per_day = _on_days(deaths, calendar_) / days_in_month
        per_day *= 1.0 - _on_days(ceasefires.get(place, ()), calendar_)
        raw[:, code] = per_day * (PER_DAYS * PER_PEOPLE / population)
    half_lives = (np.full(len(at_home), parameters[name]) for name in ("intensity_half_life", "lasting_half_life"))
    fast, slow = (remembered(raw, half_life) for half_life in half_lives)
    lasting = parameters["lasting_share"]
    # What a place of one's own has gone through stays; abroad, people flee a war while it goes on.
    smooth = np.where(at_home, (1.0 - lasting) * fast + lasting * slow, raw)
    felt: FloatArray = smooth + parameters["spill_over"] * (smooth @ _mean_of_neighbours(case, geography))
    return felt


def _with_past(calendar_: Calendar, violence: Mapping[str, Sequence[Condition]]) -> Calendar:
    """Return the calendar from the first row of violence on: what it did before the start is remembered."""
    first = min((rows[0].date for rows in violence.values()), default=calendar_.start)
    return Calendar(min(first, calendar_.start), calendar_.end, calendar_.steps_per_day)


def _require_population(case: Case, violence: Mapping[str, Sequence[Condition]]) -> None:
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


def _on_days(rows: Sequence[Condition], calendar_: Calendar) -> FloatArray:
    """Return the value on every day, 0 before the first row: a row holds from its date to the next."""
    values = np.zeros(calendar_.days)
    for row in rows:
        values[max(0, calendar_.day_of(row.date)) :] = row.value
    return values


def _days_in_month(calendar_: Calendar) -> FloatArray:
    """Return, for every day, the number of days of its calendar month."""
    months = np.arange(np.datetime64(calendar_.start), np.datetime64(calendar_.end) + 1).astype("datetime64[M]")
    lengths = (months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")
    in_days: FloatArray = lengths.astype(np.float64)
    return in_days


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


def _borders(case: Case, geography: Geography) -> tuple[tuple[date, ...], IntArray]:
    """Return the dates of change and the level of every border (periods x from country x to country)."""
    events = [event for event in case.events if event.indicator is EventIndicator.BORDER]
    dates = tuple(sorted({event.date for event in events}))
    number = {level.value: code for code, level in enumerate(BorderLevel)}
    levels = np.full((len(dates) + 1, *[len(geography.countries)] * 2), number[BorderLevel.OPEN.value])
    current: dict[str, str] = {}
    for period, when in enumerate(dates, start=1):
        current |= {event.place: event.value for event in events if event.date == when}
        # From the most general name to the pair: the later wins.
        for name in sorted(current, key=lambda name: (name.endswith(">*"), name.startswith("*>")), reverse=True):
            one, other = (_of_country(geography, side) for side in name.split(">"))
            levels[period, one, other] = number[current[name]]
    levels[:, range(len(geography.countries)), range(len(geography.countries))] = number[BorderLevel.OPEN.value]
    return dates, levels


def permeability_of_levels(parameters: Parameters) -> FloatArray:
    """Return how far a border of each level lets people through, in the order of the levels."""
    return np.array([parameters[f"permeability_{level.value}"] for level in BorderLevel])


def _of_country(geography: Geography, name: str) -> int | slice:
    """Return the code of a country, or all of them for ``*``."""
    return slice(None) if name == "*" else geography.countries.index(name)
