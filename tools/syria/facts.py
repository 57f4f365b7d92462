"""Reading the facts and literals, and the few rules of date and rounding that all tables share."""

from __future__ import annotations

import csv
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

__all__ = [
    "GOVERNORATES",
    "GOVERNORATE_OF_NAME",
    "GOVERNORATE_OF_PCODE",
    "HANDMADE",
    "OTHER_EUROPE",
    "VIOLENCE_END",
    "facts_folder",
    "host_of_country",
    "largest_remainder",
    "month_end",
    "months",
    "read_facts",
    "read_literals",
    "unhcr_known_on",
]

HANDMADE = date(2026, 11, 23)
"""The day on which every series made by hand was made: no forecast from an earlier day may read it."""

VIOLENCE_END = "2024-12"

_LITERALS = Path(__file__).parent / "literals"

GOVERNORATES: tuple[tuple[str, str, str], ...] = (
    ("damascus", "SY01", "Damascus"),
    ("aleppo", "SY02", "Aleppo"),
    ("rural-damascus", "SY03", "Rural Damascus"),
    ("homs", "SY04", "Homs"),
    ("hama", "SY05", "Hama"),
    ("latakia", "SY06", "Latakia"),
    ("idlib", "SY07", "Idlib"),
    ("al-hasakah", "SY08", "Al-Hasakah"),
    ("deir-ez-zor", "SY09", "Deir ez-Zor"),
    ("tartus", "SY10", "Tartus"),
    ("raqqa", "SY11", "Raqqa"),
    ("daraa", "SY12", "Daraa"),
    ("as-suwayda", "SY13", "As-Suwayda"),
    ("quneitra", "SY14", "Quneitra"),
)
"""Place id, P-code and name of the governorates, in the order of their P-codes."""

GOVERNORATE_OF_PCODE: Mapping[str, str] = {pcode: place for place, pcode, _ in GOVERNORATES}
GOVERNORATE_OF_NAME: Mapping[str, str] = {name: place for place, _, name in GOVERNORATES}

_NAMED_HOSTS = frozenset({"TUR", "LBN", "JOR", "IRQ", "EGY", "DEU", "SWE", "AUT", "NLD"})

OTHER_EUROPE = frozenset(
    (
        *("BEL", "BGR", "CHE", "CYP", "CZE", "DNK", "ESP", "EST", "FIN", "FRA", "GBR", "GRC", "HRV", "HUN"),
        *("IRL", "ISL", "ITA", "LIE", "LTU", "LUX", "LVA", "MLT", "NOR", "POL", "PRT", "ROU", "SVK", "SVN"),
    )
)
"""European Union, EFTA and United Kingdom without Germany, Sweden, Austria and the Netherlands."""


def facts_folder() -> Path:
    """Return ``../shared/facts/syria`` beside the repository."""
    return Path(__file__).resolve().parents[2].parent / "shared" / "facts" / "syria"


def read_facts(name: str) -> list[dict[str, str]]:
    """Return the rows of the table ``name`` of the facts."""
    return _read(facts_folder() / f"{name}.csv")


def read_literals(name: str) -> list[dict[str, str]]:
    """Return the rows of the hand-written table ``name`` that lies beside this module."""
    return _read(_LITERALS / f"{name}.csv")


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def host_of_country(country: str) -> str:
    """Return the country code under which the case counts ``country``: itself, XEU or XOW."""
    if country in _NAMED_HOSTS:
        return country
    return "XEU" if country in OTHER_EUROPE else "XOW"


def unhcr_known_on(year: int) -> date:
    """Return the day on which UNHCR's figures of ``year`` were out: 20 June of the next year."""
    return date(year + 1, 6, 20)


def month_end(month: str) -> date:
    """Return the last day of ``month``, written ``2013-04``."""
    year, number = int(month[:4]), int(month[5:7])
    return date(year, number, monthrange(year, number)[1])


def months(first: str, last: str) -> Iterator[str]:
    """Yield the months from ``first`` to ``last``, both included, written ``2013-04``."""
    month = first
    while month <= last:
        yield month
        month = (month_end(month) + timedelta(days=1)).isoformat()[:7]


def largest_remainder(total: int, weights: Iterable[float]) -> list[int]:
    """Split ``total`` into integers in proportion to ``weights`` so that they add up to it exactly."""
    shares = list(weights)
    scale = total / sum(shares)
    floors = [int(share * scale) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda i: (floors[i] - shares[i] * scale, i))
    for i in by_remainder[: total - sum(floors)]:
        floors[i] += 1
    return floors
