"""Episodes of return: what happened to the refugees of an origin in the years after a war or a regime had ended.

The rule. An *onset* is a row of ``onsets.csv``: the end of a war, a change of regime or a peace agreement, whatever
came of it. It begins an episode if at least :data:`FEWEST_REFUGEES` of the origin were refugees at the end of the year
before. The episode has the calendar year of the onset (year 0) and up to ten more; it ends early with the year before
the next onset of the same origin, and with the tables. The *exposure* of a year is the stock at the end of the year
before plus the refugees who arrived in the year; the *hazard* is :math:`-\\log(1 - returns / exposure)`. Years with an
exposure below :data:`SMALLEST_EXPOSURE` say little and are left out. Where more returned than were exposed (the tables
count returns of people whom no host had counted), everybody counts as returned and the year is listed as ambiguous.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from homeward.case.table import read_table, write_table
from homeward.errors import InputError
from homeward.learn.reference.model import LARGEST_SHARE, YEARS, Record
from homeward.learn.reference.origin_years import OriginYear

__all__ = [
    "FEWEST_REFUGEES",
    "SMALLEST_EXPOSURE",
    "Coercion",
    "Episode",
    "EpisodeYear",
    "Kind",
    "Onset",
    "Remark",
    "build_episodes",
    "covariates_of",
    "known_by",
    "read_episodes",
    "read_onsets",
    "record_of",
    "shipped_episodes",
    "write_episodes",
]

FEWEST_REFUGEES = 20_000
SMALLEST_EXPOSURE = 10_000

FEWEST_PUBLISHED = 5
"""UNHCR publishes no smaller count: a zero means fewer."""

KNOWN_MONTH, KNOWN_DAY = 6, 20
"""UNHCR's figures of a year are out on 20 June of the next (World Refugee Day), give or take some days."""

HERE = Path(__file__).parent
SOURCE = "UNHCR Refugee Population Statistics Database (CC BY 4.0)"


class Kind(StrEnum):
    """What an onset is."""

    END_OF_WAR = "end of war"
    CHANGE_OF_REGIME = "change of regime"
    PEACE_AGREEMENT = "peace agreement"


class Coercion(StrEnum):
    """How far the returns after an onset were forced, by the account of the source named."""

    COERCED = "coerced"
    MIXED = "mixed"
    VOLUNTARY = "voluntary"
    NOT_KNOWN = "not known"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Onset(_Row):
    """An event after which refugees of an origin might go home, with how their returns are judged."""

    id: str = Field(description="Origin and year")
    origin: str = Field(pattern="^[A-Z]{3}$", description="Country that people fled, ISO 3166 alpha-3")
    onset: date = Field(description="Day of the event")
    kind: Kind = Field(description="End of war, change of regime or peace agreement")
    name: str = Field(description="The event in words")
    coercion: Coercion = Field(description="Whether the returns that followed were forced")
    coercion_why: str | None = Field(None, description="Who pushed, and when")
    coercion_source: str | None = Field(None, description="Where that is described")
    source: str = Field(description="Document or reference for the event and its date")


class EpisodeYear(_Row):
    """One year of an episode as UNHCR's tables have it; people."""

    episode: str = Field(description="Id of the onset")
    year: int = Field(ge=1950, le=2100, description="Calendar year")
    stock_before: int = Field(ge=0, description="Refugees of the origin, all hosts, at the end of the year before")
    arrivals: int | None = Field(None, ge=0, description="Refugees who arrived in the year; blank: none recorded")
    returns: int | None = Field(None, ge=0, description="Refugees who returned in the year; blank: missing, not zero")
    known_on: date = Field(description="Day on which the figure could be known")
    source: str = Field(description="Where the figures come from")

    @field_validator("source")
    @classmethod
    def _named(cls, text: str) -> str:
        if not text:
            raise ValueError("a figure without a source")
        return text

    @property
    def exposure(self) -> int:
        """Return how many could have returned in the year; arrivals that nobody recorded are not among them."""
        return self.stock_before + (self.arrivals or 0)

    @property
    def share(self) -> float | None:
        """Return returns over exposure, at most 1; None where a figure is missing or the exposure too small."""
        if self.returns is None or self.exposure < SMALLEST_EXPOSURE:
            return None
        return min(1.0, self.returns / self.exposure)


@dataclass(frozen=True, slots=True)
class Episode:
    """An onset and the years that followed it."""

    onset: Onset
    years: tuple[EpisodeYear, ...]
    before: EpisodeYear | None = None
    """The year before the onset: no part of the episode. Its figure is out some months into the onset's year."""

    @property
    def share_before(self) -> float | None:
        """Return the share that returned in the year before the onset; None where that is not known."""
        return None if self.before is None else self.before.share

    @property
    def first_year(self) -> int:
        """Return the calendar year of the onset."""
        return self.onset.onset.year

    @property
    def stock(self) -> int:
        """Return the refugees at the end of the year before the onset."""
        return self.years[0].stock_before

    def shares(self) -> list[float]:
        """Return the yearly shares of the exposed who returned, NaN where a year says nothing; one per year."""
        found = [math.nan] * YEARS
        for year in self.years:
            share = year.share
            if share is not None:
                found[year.year - self.first_year] = share
        return found

    def cumulative(self) -> list[float]:
        """Return the share that has returned by the end of each year, NaN from the first year without a figure on.

        Years of small exposure count here: the exposure is often small because most have gone home.
        """
        shares = np.full(YEARS, math.nan)
        for year in self.years:
            if year.returns is not None:
                shares[year.year - self.first_year] = min(LARGEST_SHARE, year.returns / max(year.exposure, 1))
        return [float(value) for value in 1 - np.cumprod(1 - shares)]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about an onset or a year of its episode that a reader of the table should know."""

    episode: str
    year: int | None
    what: str


def build_episodes(rows: Iterable[OriginYear], onsets: Sequence[Onset]) -> tuple[list[Episode], list[Remark]]:
    """Return the episodes that the tables hold for these onsets, and what was left out or is ambiguous."""
    tables: dict[str, dict[int, OriginYear]] = {}
    for row in rows:
        tables.setdefault(row.origin, {})[row.year] = row
    episodes, remarks = [], []
    for onset in sorted(onsets, key=lambda o: (o.origin, o.onset)):
        table = tables.get(onset.origin, {})
        years = _years_of(onset, table, _last_year(onset, onsets))
        reason = _why_not(onset, table, years)
        if reason:
            remarks.append(Remark(onset.id, None, reason))
            continue
        before = _year_of(onset, table, onset.onset.year - 1)
        episodes.append(Episode(onset, years, before))
        remarks += [Remark(onset.id, year.year, what) for year in years if (what := _ambiguity(year))]
        if years[-1].year < _last_year(onset, onsets):
            remarks.append(Remark(onset.id, years[-1].year + 1, "the tables hold no further year"))
    return episodes, remarks


def _last_year(onset: Onset, onsets: Sequence[Onset]) -> int:
    later = [other.onset.year for other in onsets if other.origin == onset.origin and other.onset > onset.onset]
    return min([onset.onset.year + YEARS - 1, *(year - 1 for year in later)])


def _years_of(onset: Onset, table: dict[int, OriginYear], last: int) -> tuple[EpisodeYear, ...]:
    found = []
    for year in range(onset.onset.year, last + 1):
        row = _year_of(onset, table, year)
        if row is None:
            break
        found.append(row)
    return tuple(found)


def _year_of(onset: Onset, table: dict[int, OriginYear], year: int) -> EpisodeYear | None:
    row, before = table.get(year), table.get(year - 1)
    if row is None or before is None:
        return None
    return EpisodeYear(
        episode=onset.id, year=year, stock_before=before.stock, arrivals=row.arrivals, returns=row.returns,
        known_on=date(year + 1, KNOWN_MONTH, KNOWN_DAY), source=SOURCE,
    )  # fmt: skip


def _why_not(onset: Onset, table: dict[int, OriginYear], years: tuple[EpisodeYear, ...]) -> str | None:
    before = table.get(onset.onset.year - 1)
    if before is None:
        return f"no stock is recorded at the end of {onset.onset.year - 1}"
    if before.stock < FEWEST_REFUGEES:
        return f"{before.stock:,} refugees at the end of {onset.onset.year - 1}, fewer than {FEWEST_REFUGEES:,}"
    if not years:
        return "no year lies before the next onset of the origin or the end of the tables"
    return None if any(year.share is not None for year in years) else "no year has a figure of returns"


def _ambiguity(year: EpisodeYear) -> str | None:
    if year.exposure < SMALLEST_EXPOSURE:
        return f"left out: only {year.exposure:,} were exposed"
    if year.returns is None:
        return "missing: no returns are reported, and zero is not known"
    if year.returns > year.exposure:
        return f"{year.returns:,} returned, more than the {year.exposure:,} who were exposed: counts as all of them"
    return None


def known_by(episodes: Sequence[Episode], day: date) -> list[Episode]:
    """Return the episodes as they could be known on a day: onsets up to it, and figures that were out."""
    found = []
    for episode in episodes:
        years = tuple(year for year in episode.years if year.known_on <= day)
        if episode.onset.onset <= day and any(year.share is not None for year in years):
            found.append(replace(episode, years=years))
    return found


def record_of(episodes: Sequence[Episode]) -> Record:
    """Return the episodes as arrays for the model."""
    shape = (len(episodes), YEARS)
    log_hazard, log_limit = np.full(shape, np.nan), np.full(shape, np.nan)
    for row, episode in enumerate(episodes):
        for year in episode.years:
            share, since = year.share, year.year - episode.first_year
            if share is None:
                continue
            if (year.returns or 0) < FEWEST_PUBLISHED:
                log_limit[row, since] = math.log(FEWEST_PUBLISHED / year.exposure)
            else:
                log_hazard[row, since] = math.log(-math.log1p(-min(share, LARGEST_SHARE)))
    covariates = np.array([covariates_of(episode.first_year) for episode in episodes]).reshape(len(episodes), -1)
    return Record(log_hazard, log_limit, covariates)


def covariates_of(onset_year: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the covariates of an episode that begins in a year, in the order of ``model.COVARIATES``."""
    return np.array([(onset_year - 2000) / 10])


def read_onsets(path: Path = HERE / "onsets.csv") -> tuple[Onset, ...]:
    """Return the table of onsets, the shipped one by default.

    Raises:
        InputError: with everything that is wrong with the table.
    """
    table = read_table(path, Onset, may_be_empty=False)
    if table.problems:
        raise InputError(table.problems)
    return tuple(table.rows)


def read_episodes(path: Path, onsets: Sequence[Onset]) -> list[Episode]:
    """Return the episodes of a table that :func:`write_episodes` wrote.

    Raises:
        InputError: with everything that is wrong with the table.
    """
    table = read_table(path, EpisodeYear, may_be_empty=False)
    if table.problems:
        raise InputError(table.problems)
    by_onset: dict[str, list[EpisodeYear]] = {}
    for row in table.rows:
        by_onset.setdefault(row.episode, []).append(row)
    return [_episode(onset, by_onset[onset.id]) for onset in onsets if onset.id in by_onset]


def _episode(onset: Onset, rows: Sequence[EpisodeYear]) -> Episode:
    before = [row for row in rows if row.year < onset.onset.year]
    years = tuple(row for row in rows if row.year >= onset.onset.year)
    return Episode(onset, years, before[0] if before else None)


def write_episodes(path: Path, episodes: Sequence[Episode]) -> None:
    """Write the years of episodes as a table, each with the year before its onset where that is known."""
    rows = [year for episode in episodes for year in (episode.before, *episode.years) if year is not None]
    write_table(path, EpisodeYear, rows)


@cache
def shipped_episodes() -> tuple[Episode, ...]:
    """Return the episodes that come with the package."""
    return tuple(read_episodes(HERE / "episodes.csv", read_onsets()))
