"""Recorded deaths per month and governorate on one scale, as rows of ``conditions.csv``.

The scale is that of the Violations Documentation Center (VDC). The Uppsala special release (UCDP) counts more
and differently from place to place, so a factor UCDP / VDC is fitted for every governorate on the months that
both cover and shrunk toward the factor of the whole country.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import exp, log, sqrt

from homeward.case.schema import Basis, Condition, Superseded
from tools.syria.continuation import continuation, host_violence, sohr_totals
from tools.syria.facts import GOVERNORATE_OF_PCODE, HANDMADE, month_end, months, read_facts

__all__ = ["DeathRecords", "Factor", "fit_factors", "read_deaths", "superseded_violence", "violence"]

OVERLAP = tuple(months("2016-01", "2018-07"))
"""Months that both sources cover; the VDC's August 2018 is partial and stays out."""

UCDP_ALONE = tuple(months("2018-08", "2019-11"))
UCDP_KNOWN_ON = date(2020, 3, 1)
FIRST_RECENT_MONTH = date(2018, 12, 1)

PSEUDO_DEATHS = 100
"""Weight of the country's factor in that of a governorate, in deaths recorded by the VDC."""

SOLDIERS_LISTED_BY_HOME: Mapping[str, tuple[float, float, float]] = {
    "tartus": (0.1, 0.03, 0.3),
    "latakia": (0.5, 0.3, 0.9),
    "as-suwayda": (0.3, 0.1, 0.7),
}
"""Share (value, low, high) of the VDC's deaths of 2011-2015 taken to have happened in the governorate."""

_NINETY_PERCENT = 1.645
_UPPER_BOUND_OF_NOTHING_SEEN = 3.0


@dataclass(frozen=True)
class DeathRecords:
    """Deaths by governorate and month in either source; a cell that is absent is not zero, but unknown."""

    vdc: Mapping[tuple[str, str], float]
    ucdp: Mapping[tuple[str, str], float]

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Return the governorates in the order of their P-codes."""
        return tuple(GOVERNORATE_OF_PCODE.values())

    def sums(self, place: str, over: Iterable[str]) -> tuple[float, float]:
        """Return the deaths of ``place`` in the VDC and in the UCDP over the months ``over``."""
        chosen = list(over)
        vdc = sum(self.vdc.get((place, month), 0.0) for month in chosen)
        return vdc, sum(self.ucdp.get((place, month), 0.0) for month in chosen)


@dataclass(frozen=True)
class Factor:
    """UCDP deaths per VDC death: shrunk value, raw ratio, and a 90 % range on a logarithmic scale."""

    value: float
    raw: float
    low: float
    high: float


def read_deaths() -> DeathRecords:
    """Return both sources without the rows that name no governorate (24,751 deaths that cannot be placed)."""
    vdc: dict[tuple[str, str], float] = {}
    ucdp: dict[tuple[str, str], float] = {}
    for row in read_facts("violence_monthly"):
        if row["pcode"] and row["deaths"]:
            table = vdc if row["source"].startswith("Violations") else ucdp
            table[GOVERNORATE_OF_PCODE[row["pcode"]], row["month"]] = float(row["deaths"])
    return DeathRecords(vdc, ucdp)


def fit_factors(records: DeathRecords) -> dict[str, Factor]:
    """Return the factor of every governorate, with a range from leaving out one month at a time."""
    national = _national(records)
    return {place: _factor(records, place, national) for place in records.places}


def _national(records: DeathRecords) -> float:
    sums = [records.sums(place, OVERLAP) for place in records.places]
    return sum(ucdp for _, ucdp in sums) / sum(vdc for vdc, _ in sums)


def _factor(records: DeathRecords, place: str, national: float) -> Factor:
    vdc, ucdp = records.sums(place, OVERLAP)
    value = _shrunk(vdc, ucdp, national)
    spread = exp(_NINETY_PERCENT * _jackknife_error(records, place, national))
    return Factor(value, ucdp / vdc, value / spread, value * spread)


def _shrunk(vdc: float, ucdp: float, national: float) -> float:
    return (ucdp + PSEUDO_DEATHS * national) / (vdc + PSEUDO_DEATHS)


def _jackknife_error(records: DeathRecords, place: str, national: float) -> float:
    logs = []
    for left_out in OVERLAP:
        vdc, ucdp = records.sums(place, (month for month in OVERLAP if month != left_out))
        logs.append(log(_shrunk(vdc, ucdp, national)))
    mean = sum(logs) / len(logs)
    return sqrt((len(logs) - 1) / len(logs) * sum((value - mean) ** 2 for value in logs))


def violence() -> list[Condition]:
    """Return the violence of every governorate, 2011-03 to 2024-12, and of Lebanon's regions in its war."""
    records = read_deaths()
    factors = fit_factors(records)
    observed = [
        row
        for place in records.places
        for row in (
            *(_vdc_alone(records, place, month) for month in months("2011-03", "2015-12")),
            *(_both(records, place, month, factors[place]) for month in OVERLAP),
            *(_ucdp_alone(records, place, month, factors[place]) for month in UCDP_ALONE),
        )
    ]
    per_death = _sohr_per_death(observed)
    unseen = {place: _UPPER_BOUND_OF_NOTHING_SEEN / factor.value for place, factor in factors.items()}
    return observed + continuation(_recent_shares(observed), per_death, unseen) + host_violence(per_death)


def superseded_violence() -> list[Superseded]:
    """Return the VDC's own figures where another row stands in their place: what was known month by month."""
    records = read_deaths()
    known = {(row.place, row.date): row for row in violence() if row.date <= date.fromisoformat(f"{OVERLAP[-1]}-01")}
    rows = []
    for (place, month), deaths in sorted(records.vdc.items()):
        row = _row(place, month, deaths, source="vdc")
        stands = known.get((place, row.date))
        if stands is not None and stands.source != "vdc":
            rows.append(Superseded.model_validate(row.model_dump()))
    return rows


def _vdc_alone(records: DeathRecords, place: str, month: str) -> Condition:
    deaths = records.vdc[place, month]
    if place not in SOLDIERS_LISTED_BY_HOME or not deaths:
        return _row(place, month, deaths, source="vdc")
    if (place, month) == ("tartus", "2013-05"):
        why = "massacre of Bayda and Baniyas, 2-3 May 2013: the rise over April kept, a tenth of the rest"
        usual = records.vdc[place, "2013-04"]
        return _estimate(place, month, deaths - 0.9 * usual, deaths - usual, deaths, why)
    share, low, high = SOLDIERS_LISTED_BY_HOME[place]
    why = f"{share:.0%} of the VDC's figure: it seems to list soldiers by their home"
    return _estimate(place, month, share * deaths, low * deaths, high * deaths, why)


def _both(records: DeathRecords, place: str, month: str, factor: Factor) -> Condition:
    vdc, ucdp = records.vdc[place, month], records.ucdp.get((place, month))
    if ucdp is None:
        return _row(place, month, vdc, source="vdc")
    scaled = ucdp / factor.value
    bounds = sorted((vdc, scaled))
    why = f"mean of VDC and UCDP / {factor.value:.2f}; range: the two"
    return _row(place, month, (vdc + scaled) / 2, bounds[0], bounds[1], source="vdc+ucdp", why=why)


def _ucdp_alone(records: DeathRecords, place: str, month: str, factor: Factor) -> Condition:
    ucdp = records.ucdp.get((place, month))
    if ucdp is None:
        high = _UPPER_BOUND_OF_NOTHING_SEEN / factor.value
        # Known with the release that has no cell: taken as a hand-made row, it would be known years before the others.
        why = "no UCDP cell: absent, not a known zero; high: three deaths, the 95 % bound where none is seen"
        return _row(place, month, 0, 0, high, source="vdc+ucdp", why=why)
    why = f"UCDP / {factor.value:.2f}; range: that of the factor"
    low, high = ucdp / factor.high, ucdp / factor.low
    return _row(place, month, ucdp / factor.value, low, high, source="vdc+ucdp", why=why)


def _row(
    place: str,
    month: str,
    value: float,
    low: float | None = None,
    high: float | None = None,
    *,
    source: str,
    why: str = "",
) -> Condition:
    return Condition(
        place=place,
        date=date.fromisoformat(f"{month}-01"),
        indicator="violence",
        value=round(value, 1),
        low=None if low is None else round(low, 1),
        high=None if high is None else round(high, 1),
        source=source,
        known_on=month_end(month) + timedelta(days=31) if source == "vdc" else UCDP_KNOWN_ON,
        basis=Basis.OBSERVED if source == "vdc" else Basis.DERIVED,
        why=why,
    )


def _estimate(place: str, month: str, value: float, low: float, high: float, why: str) -> Condition:
    row = _row(place, month, value, low, high, source="vdc+ucdp", why=why)
    return row.model_copy(update={"source": "hand", "known_on": HANDMADE, "basis": Basis.ESTIMATE})


def _recent_shares(observed: list[Condition]) -> dict[str, float]:
    deaths = dict.fromkeys(GOVERNORATE_OF_PCODE.values(), 0.0)
    for row in observed:
        if row.date >= FIRST_RECENT_MONTH:
            deaths[row.place] += row.value
    total = sum(deaths.values())
    return {place: value / total for place, value in deaths.items()}


def _sohr_per_death(observed: list[Condition]) -> float:
    """Return how many deaths the Observatory counts for one on this scale, from the year 2019.

    Its total of 2019 is for twelve months, the scale has eleven of them.
    """
    on_scale = sum(row.value for row in observed if row.date.year == 2019)
    return sohr_totals()[2019] * 11 / 12 / on_scale
