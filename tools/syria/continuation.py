"""Violence after November 2019, by estimate: Syria month by month, and Lebanon in its war."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from homeward.case.schema import Basis, Condition
from tools.syria.facts import HANDMADE, VIOLENCE_END, months, read_literals

__all__ = ["continuation", "host_violence", "sohr_totals"]

IDLIB_OFFENSIVE = ("2019-12", "2020-01", "2020-02", "2020-03")
"""Months in which most of the fighting was in Idlib and western Aleppo; ceasefire on 5 March 2020."""

_SHARE_IN_OFFENSIVE = {"idlib": 0.6, "aleppo": 0.2}
_SHARE_OF_2020 = {"2020-01": 0.14, "2020-02": 0.22, "2020-03": 0.1}

_RANGE_OF_COUNTED_YEARS = (0.6, 1.6)
_RANGE_OF_UNCOUNTED_YEARS = (0.4, 2.5)
_FIRST_UNCOUNTED_YEAR = 2022


def sohr_totals() -> dict[int, float]:
    """Return the deaths per year that the Syrian Observatory for Human Rights counted or is taken to."""
    return {int(row["year"]): float(row["deaths"]) for row in read_literals("sohr")}


def continuation(shares: Mapping[str, float], per_death: float, unseen: Mapping[str, float]) -> list[Condition]:
    """Return the violence from December 2019 on.

    ``shares`` are those of the governorates in the last twelve observed months; ``per_death`` is how many
    deaths the Observatory counts for one on the scale; ``unseen`` is by governorate the upper bound for a
    month in which none was seen.
    """
    offensives = {(row["month"], row["place"]): row for row in read_literals("offensives")}
    in_offensive = _shares_in_offensive(shares)
    months_and_parts = [
        (month, in_offensive if month in IDLIB_OFFENSIVE else shares) for month in months("2019-12", VIOLENCE_END)
    ]
    rows = [
        _syrian(place, month, parts[place], per_death, offensives.get((month, place)))
        for place in shares
        for month, parts in months_and_parts
    ]
    return [row if shares[row.place] else _bounded(row, unseen[row.place]) for row in rows]


def _bounded(row: Condition, high: float) -> Condition:
    """Return a row of a governorate without deaths in the observed months: absent, not a known zero."""
    why = f"{row.why}; none seen there: high as where a cell is absent"
    return row.model_copy(update={"high": max(row.value, round(high, 1)), "why": why})


def _syrian(place: str, month: str, part: float, per_death: float, offensive: Mapping[str, str] | None) -> Condition:
    counted = _national_deaths(month) * part
    why = f"national total / {per_death:.2f}, placed as in the last 12 observed months"
    if month in IDLIB_OFFENSIVE:
        why = f"national total / {per_death:.2f}; offensive: 60 % Idlib, 20 % Aleppo"
    if offensive:
        counted += float(offensive["deaths"])
        why = f"{offensive['why']}: about {offensive['deaths']} added; then as in other months"
    is_counted = int(month[:4]) < _FIRST_UNCOUNTED_YEAR
    low, high = _RANGE_OF_COUNTED_YEARS if is_counted else _RANGE_OF_UNCOUNTED_YEARS
    return _estimate(place, month, counted / per_death, (low, high), "sohr", why)


def _shares_in_offensive(shares: Mapping[str, float]) -> dict[str, float]:
    """Return the shares of all governorates, which add up to 1: what the offensive leaves, as in other months."""
    left = 1 - sum(_SHARE_IN_OFFENSIVE.values())
    others = sum(share for place, share in shares.items() if place not in _SHARE_IN_OFFENSIVE)
    return {place: _SHARE_IN_OFFENSIVE.get(place, left * share / others) for place, share in shares.items()}


def _national_deaths(month: str) -> float:
    totals = sohr_totals()
    if month == "2019-12":
        return totals[2020] * _SHARE_OF_2020["2020-01"]
    if month in _SHARE_OF_2020:
        return totals[2020] * _SHARE_OF_2020[month]
    if month.startswith("2020"):
        return totals[2020] * (1 - sum(_SHARE_OF_2020.values())) / 9
    return totals[int(month[:4])] / 12


def host_violence(per_death: float) -> list[Condition]:
    """Return the deaths of Lebanon's war on the scale of Syria, so that one hazard can serve both."""
    return [
        _estimate(
            row["place"],
            row["month"],
            float(row["deaths"]) / per_death,
            (0.6, per_death),
            "hand",
            f"{row['why']}; / {per_death:.2f} to the scale, high: not divided",
        )
        for row in read_literals("lebanon")
    ]


def _estimate(place: str, month: str, value: float, spread: tuple[float, float], source: str, why: str) -> Condition:
    return Condition(
        place=place,
        date=date.fromisoformat(f"{month}-01"),
        indicator="violence",
        value=round(value, 1),
        low=round(value * spread[0], 1),
        high=round(value * spread[1], 1),
        source=source,
        known_on=HANDMADE,
        basis=Basis.ESTIMATE,
        why=why,
    )
