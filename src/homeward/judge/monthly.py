"""Monthly figures of a run as arrays of replicate, month and place, filled by SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.errors import RunError
from homeward.results.run import Run

__all__ = ["Monthly", "month_ends", "read_monthly", "read_origins"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_STOCK = "FROM stocks WHERE stage = '{stage}'"
_FLOW = "FROM flows WHERE kind = '{kind}'"
_RETURNS = "FROM {table} JOIN places AS old ON old.place = host WHERE old.country {side} $country"

_QUERIES: Mapping[str, tuple[str, str, str]] = {
    "refugees": ("date", "place", _STOCK.format(stage="refugee")),
    "displaced": ("date", "place", _STOCK.format(stage="displaced")),
    "citizens": ("date", "place", "FROM stocks WHERE stage IN ('naturalised', 'resettled')"),
    "births": ("month", "to_place", _FLOW.format(kind="birth")),
    "naturalised": ("month", "to_place", _FLOW.format(kind="naturalisation")),
    "returned_refugees": ("month", "host", _RETURNS.format(table="returns", side="<>")),
    "fled_back": ("month", "host", _RETURNS.format(table="fled_back", side="<>")),
    "returned_idps": ("month", "origin", _RETURNS.format(table="returns", side="=")),
}


@dataclass(frozen=True)
class Monthly:
    """People by replicate, month and place (arrays of this shape, in the order of ``dates`` and ``places``).

    ``refugees``, ``displaced`` and ``citizens`` (naturalised or resettled) are there at the end of the
    month. ``births`` and ``naturalised`` fall in the month at the place; ``returned_refugees`` left the host
    place in the month by their own decision, ``fled_back`` fled it for the country of origin, ``returned_idps``
    set out for the district. ``country_of`` (places) indexes ``countries``; ``kinds`` (places) are the kinds of
    place.
    """

    dates: tuple[date, ...]
    places: tuple[str, ...]
    kinds: tuple[str, ...]
    coordinates: FloatArray
    countries: tuple[str, ...]
    country_of: IntArray
    refugees: FloatArray
    displaced: FloatArray
    citizens: FloatArray
    births: FloatArray
    naturalised: FloatArray
    returned_refugees: FloatArray
    fled_back: FloatArray
    returned_idps: FloatArray

    @property
    def replicates(self) -> int:
        """Number of replicates."""
        return len(self.refugees)

    def by_country(self, people: FloatArray) -> FloatArray:
        """Return people by replicate, month and country."""
        member = np.equal.outer(self.country_of, np.arange(len(self.countries))).astype(np.float64)
        return people @ member

    def columns(self, place: str) -> IntArray:
        """Return the places meant by the name of a place or a country code; empty for an unknown name."""
        if place in self.countries:
            return np.flatnonzero(self.country_of == self.countries.index(place))
        return np.flatnonzero(np.array(self.places) == place)


def read_monthly(run: Run) -> Monthly:
    """Return the monthly figures of a run; raises RunError if its tables cannot be read."""
    places = run.columns("SELECT place, country, kind, latitude, longitude FROM places ORDER BY place")
    countries = tuple(sorted({str(country) for country in places["country"]}))
    dates = month_ends(run.info.start, run.info.end)
    shape = (run.info.replicates, len(dates), len(places["place"]))
    return Monthly(
        dates=dates,
        places=tuple(map(str, places["place"])),
        kinds=tuple(map(str, places["kind"])),
        coordinates=np.stack([places["latitude"], places["longitude"]], axis=1),
        countries=countries,
        country_of=np.array([countries.index(country) for country in places["country"]], dtype=np.int64),
        **{name: _dense(run, query, shape) for name, query in _QUERIES.items()},
    )


def read_origins(run: Run, monthly: Monthly, dates: Sequence[date]) -> FloatArray:
    """Return refugees by replicate, date (of those given), place and place of origin."""
    found = run.columns(
        """
        WITH numbered AS (SELECT place, row_number() OVER (ORDER BY place) - 1 AS number FROM places)
        SELECT replicate, list_position($dates, date) - 1 AS day, here.number AS place, home.number AS origin,
            sum(people)::DOUBLE AS people
        FROM stocks JOIN numbered AS here ON here.place = stocks.place
            JOIN numbered AS home ON home.place = stocks.origin
        WHERE stage = 'refugee' AND list_contains($dates, date) GROUP BY ALL
        """,
        {"dates": list(dates)},
    )
    people = np.zeros((run.info.replicates, len(dates), len(monthly.places), len(monthly.places)))
    people[found["replicate"], found["day"], found["place"], found["origin"]] = found["people"]
    return people


def _dense(run: Run, query: tuple[str, str, str], shape: tuple[int, int, int]) -> FloatArray:
    when, where, rows = query
    parameters: dict[str, object] = {"start": run.info.start}
    if "$country" in rows:
        parameters["country"] = run.info.origin_country
    found = run.columns(
        f"""
        WITH numbered AS (SELECT place, row_number() OVER (ORDER BY place) - 1 AS number FROM places),
        wanted AS (SELECT replicate, {when} AS day, {where} AS at_place, sum(people) AS people {rows} GROUP BY
        ALL) SELECT replicate, date_diff('month', $start::DATE, day) AS month, number, people::DOUBLE AS
        people FROM wanted JOIN numbered ON numbered.place = at_place
        """,
        parameters,
    )
    people = np.zeros(shape)
    try:
        people[found["replicate"], found["month"], found["number"]] = found["people"]
    except IndexError:
        raise RunError(f"{run.folder} is damaged: a table has rows outside the run; run the case again") from None
    return people


def month_ends(start: date, end: date) -> tuple[date, ...]:
    """Return the last day of every month from start to end, the last one cut short if the end is."""
    firsts = np.arange(np.datetime64(start, "M") + 1, np.datetime64(end, "M") + 1)
    lasts = firsts.astype("datetime64[D]") - 1
    return (*(day for day in lasts.tolist() if day < end), end)
