"""What a fit aims at: observed figures up to a date, each with the spread that is allowed for.

The spreads are for what the model cannot know, beyond errors of the figures. They are chosen by kind of figure;
that of verified returns was tightened once, after a first look (docs/explanation/fit.md). A far country's figure
counts twice, by itself and in its group, and successive years count as independent, so the spread that a fit leaves
of a parameter is rather too small.

=====================================  ======  ===============================================================
figure                                 spread  why
=====================================  ======  ===============================================================
refugees, a group of the score         0.10    registers have errors of about 5 %, and as much for the model
refugees, one far country              1.20    0.5 for its own ways, times √6: its years are one finding, not six
IDPs of the country                    0.10    UNHCR and IDMC differ by 10 %, more in 2012 and 2017
IDPs of a district                     0.80    districts are counted by other methods from year to year
returns, verified                      0.40    errors of 30 % (``returns_error_sd``), and as much for the model
returns, other reports                 0.70    two definitions differ by a factor of two to five
share of an origin                     0.04    in shares, not in logarithms
=====================================  ======  ===============================================================

Stocks and returns of the first year and of the first full year are left out: registration had hardly begun, and
published figures of the end of 2012 differ by 12–70 %. So are returns over a border that is closed in the case for most
of the year: that they were recorded at all is a fault of the input and no matter for a fit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from homeward.case.schema import BorderLevel, Case, Event, EventIndicator, Measure, Observation
from homeward.judge.score import REST_OF_THE_WORLD, SMALLEST_FIGURE, family

__all__ = ["Target", "targets_of"]

GROUP_SD = 0.10
FAR_COUNTRY_SD = 1.20
IDP_SD = 0.10
DISTRICT_SD = 0.80
RETURNS_SD = 0.70
VERIFIED_SD = 0.40
SHARE_SD = 0.04
DEFINITION_SD = 0.57
"""What a report of another kind differs by, beyond the error of a verified one: the root of 0.7² − 0.4²."""
MOST_OF_A_YEAR = 183
SMALLEST_RETURNS = 100
"""That hardly anyone returns from a host is a finding: small figures of returns count where other small ones do not."""

REGISTRATION, IDPS, RETURNS = "registration_error_sd", "idp_error_sd", "returns_error_sd"
YEAR_END = "UNHCR year-end"
VERIFIED = "UNHCR verified"


@dataclass(frozen=True, slots=True)
class Target:
    """One figure to come close to: the sum of its rows; ``spread`` of its logarithm, or of the share itself.

    ``error`` names the parameter that is the spread of the error of each row, "" for none; ``beyond`` is the spread of
    what neither that error nor chance explains.
    """

    measure: Measure
    name: str
    date: date
    rows: tuple[Observation, ...]
    spread: float
    error: str = ""
    beyond: float = 0.0

    @property
    def value(self) -> float:
        """The observed figure."""
        return float(sum(row.value for row in self.rows))

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of the figure by row."""
        return tuple(row.value / self.value for row in self.rows)

    @property
    def is_share(self) -> bool:
        """Whether the figure is a share of people and not a number of them."""
        return self.measure is Measure.ORIGIN_SHARE


def targets_of(case: Case, far: frozenset[str], through: date) -> tuple[Target, ...]:
    """Return the targets of a case up to a date; ``far`` countries are one group, as in the score."""
    rows = [row for row in case.observed if row.date <= through and row.value > 0]
    first_full = date(case.settings.start.year + 1, 12, 31)
    found = [*_stocks(case, rows, far, first_full), *_returns(case, rows, first_full), *_shares(rows)]
    return tuple(target for target in found if target.is_share or target.value >= _smallest(target))


def _smallest(target: Target) -> float:
    return SMALLEST_RETURNS if target.measure is Measure.RETURNED_REFUGEES else SMALLEST_FIGURE


def _stocks(case: Case, rows: list[Observation], far: frozenset[str], first_full: date) -> Iterator[Target]:
    origin_country = case.settings.origin_country
    country_of = {place.id: place.country for place in case.places}
    grouped: dict[tuple[str, date], dict[str, Observation]] = defaultdict(dict)
    for row in rows:
        if row.date <= first_full or row.origin or family(row.definition) != YEAR_END:
            continue
        if row.measure is Measure.REFUGEE_STOCK and row.place not in country_of:
            # A country that is counted in two ways on one day is one country.
            grouped[REST_OF_THE_WORLD if row.place in far else row.place, row.date].setdefault(row.place, row)
            if row.place in far:
                yield Target(row.measure, row.place, row.date, (row,), FAR_COUNTRY_SD, REGISTRATION, FAR_COUNTRY_SD)
        elif row.measure is Measure.IDP_STOCK and row.place == origin_country:
            yield Target(row.measure, row.place, row.date, (row,), IDP_SD, IDPS)
        elif row.measure is Measure.IDP_STOCK and country_of.get(row.place) == origin_country:
            yield Target(row.measure, row.place, row.date, (row,), DISTRICT_SD, IDPS, DISTRICT_SD)
    for (group, day), members in grouped.items():
        yield Target(Measure.REFUGEE_STOCK, group, day, tuple(members.values()), GROUP_SD, REGISTRATION)


def _returns(case: Case, rows: list[Observation], first_full: date) -> Iterator[Target]:
    places = {place.id for place in case.places}
    for row in rows:
        if row.measure not in (Measure.RETURNED_REFUGEES, Measure.RETURNED_IDPS) or row.place in places:
            continue
        if row.date <= first_full:
            continue
        if row.measure is Measure.RETURNED_REFUGEES and _closed_days(case, row) > MOST_OF_A_YEAR:
            continue
        spread, beyond = (VERIFIED_SD, 0.0) if row.definition == VERIFIED else (RETURNS_SD, DEFINITION_SD)
        yield Target(row.measure, row.place, row.date, (row,), spread, RETURNS, beyond)


def _closed_days(case: Case, row: Observation) -> int:
    """Return the days of the year of a row on which the way home from its country was closed."""
    home = case.settings.origin_country
    names = (f"{row.place}>{home}", f"*>{home}", f"{row.place}>*", "*>*")
    borders = [event for event in case.events if event.indicator is EventIndicator.BORDER and event.place in names]
    days = (
        date(row.date.year, 1, 1) + timedelta(days=day) for day in range((row.date - date(row.date.year, 1, 1)).days)
    )
    return sum(_level_on(borders, names, day) == BorderLevel.CLOSED for day in days)


def _level_on(borders: Sequence[Event], names: Sequence[str], day: date) -> str:
    """Return the level of a border on a day: of the pair, else of the destination, else of the origin, else open."""
    for name in names:
        held = [event for event in borders if event.place == name and event.date <= day]
        if held:
            return max(held, key=lambda event: event.date).value
    return BorderLevel.OPEN


def _shares(rows: list[Observation]) -> Iterator[Target]:
    for row in rows:
        if row.measure is Measure.ORIGIN_SHARE:
            yield Target(row.measure, f"{row.place} from {row.origin}", row.date, (row,), SHARE_SD, "", SHARE_SD)
