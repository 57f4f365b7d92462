"""What is known of countries of origin, one year at a time: the material of reference classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["LeftOut", "OriginYear", "UnhcrTables"]


@dataclass(frozen=True, slots=True)
class OriginYear:
    """What UNHCR's tables say of one country of origin in one year, all hosts together.

    Refugees include people in a refugee-like situation; asylum seekers, people under UNRWA's mandate and other
    people in need of international protection are not among them. How returns that nobody reported are told from
    returns that did not happen is said by ``homeward.sources.unhcr.read_tables``.
    """

    origin: str
    """Country of origin, ISO 3166 alpha-3 (and TIB for Tibet, as UNHCR writes it)."""
    year: int
    stock: int
    """Refugees at the end of the year."""
    arrivals: int | None
    """Refugees who were recorded as arriving in the year; None where no host reports a number."""
    returns: int | None
    """Refugees who returned in the year; None where that is not known."""
    largest_host: str | None
    """The country with most of the stock, ISO alpha-3; None where no known country has any."""


@dataclass(frozen=True, slots=True, order=True)
class LeftOut:
    """Rows of a file that are part of no ``OriginYear``, and why."""

    file: str
    origin: str
    why: str
    rows: int


@dataclass(frozen=True, slots=True)
class UnhcrTables:
    """UNHCR's yearly tables, summed over hosts, and where they come from."""

    origin_years: tuple[OriginYear, ...]
    """Sorted by origin and year; a year in which the tables have no year-end count of an origin is absent."""
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    """What a reader should know: cells where two tables differ, and how suppressed counts were taken."""
    last_year: int
    """The last year with year-end counts of any origin."""
    sha256: Mapping[str, str]
    """The SHA-256 of each file by its name, in hexadecimal."""
