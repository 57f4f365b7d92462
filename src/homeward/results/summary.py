"""The ensemble in short: quantiles over the replicates of a few measures, by month and by country or place.

A replicate without a row counts as 0, so that rare things are not made to look common. Quantiles interpolate
between order statistics (NumPy's ``linear``, R's type 7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import duckdb

__all__ = ["MEASURES", "PROBABILITIES", "summary_query"]

PROBABILITIES: Mapping[str, float] = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
"""Columns of the summary and the probabilities they stand for."""

_STOCK_STAGES: Mapping[str, str] = {
    "refugee_stock": "refugee",
    "idp_stock": "displaced",
    "resident_stock": "resident",
    "naturalised": "naturalised",
    "resettled": "resettled",
}

MEASURES = (*_STOCK_STAGES, "returned_refugees", "returned_idps")
"""Measures of the summary: people at the end of the month, and people who set out for home within it.

Returned refugees are counted at the host place that they left (UNHCR reports them by country of asylum),
returned IDPs at the district that they went back to (that is where the UN counts them).
"""


CELLS_AT_A_TIME = 10_000_000
"""Replicates × places × dates that are summarised at a time (1,000 of Syria), so that memory has a bound."""


def summary_query(connection: duckdb.DuckDBPyConnection, *, replicates: int, origin_country: str) -> str:
    """Fill a table with the summary and return the query that reads it in order.

    The connection must have the tables or views ``stocks``, ``returns`` and ``places`` of a run. Rows have
    ``date``, ``measure``, ``country`` (null: the whole case), ``place`` (null: the whole country) and the
    quantiles; rows that are 0 in all replicates are left out.
    """
    quantiles = ", ".join(f"{name} DOUBLE" for name in PROBABILITIES)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ensemble "
        f"(date DATE, measure VARCHAR, country VARCHAR, place VARCHAR, {quantiles})"
    )
    for first, last in _periods(connection, replicates):
        for measure in MEASURES:
            connection.execute(
                f"INSERT INTO ensemble {_quantiles(_people(measure), replicates)}",
                {"measure": measure, "origin_country": origin_country, "first": first, "last": last},
            )
    return "FROM ensemble ORDER BY measure, country NULLS FIRST, place NULLS FIRST, date"


def _periods(connection: duckdb.DuckDBPyConnection, replicates: int) -> Iterator[tuple[date, date]]:
    """Yield first and last date of the periods that are summarised one after the other."""
    found = connection.execute("SELECT date FROM stocks UNION SELECT month FROM returns ORDER BY 1").fetchall()
    (places,) = connection.execute("SELECT greatest(1, count(*)) FROM places").fetchall()[0]
    dates = [row[0] for row in found]
    length = max(1, CELLS_AT_A_TIME // (replicates * places))
    for start in range(0, len(dates), length):
        period = dates[start : start + length]
        yield period[0], period[-1]


def _people(measure: str) -> str:
    """Return the query for people by replicate, date, country and place."""
    if measure in _STOCK_STAGES:
        return f"""
            SELECT replicate, date, country, place, people FROM stocks JOIN places USING (place)
            WHERE stage = '{_STOCK_STAGES[measure]}' AND $origin_country IS NOT NULL
            AND date BETWEEN $first AND $last
        """
    side, place = ("<>", "host") if measure == "returned_refugees" else ("=", "origin")
    return f"""
        SELECT replicate, month AS date, country, {place} AS place, people
        FROM returns JOIN places ON places.place = returns.host WHERE country {side} $origin_country
        AND month BETWEEN $first AND $last
    """


def _quantiles(people: str, replicates: int) -> str:
    # One zero for each replicate that has no row: the quantiles must be over all replicates.
    probabilities = list(PROBABILITIES.values())
    shown = ", ".join(f"q[{number}]" for number in range(1, len(probabilities) + 1))
    return f"""
        WITH by_replicate AS (
            SELECT date, country, place, sum(people)::BIGINT AS people FROM ({people})
            GROUP BY GROUPING SETS (
                (replicate, date, country, place), (replicate, date, country), (replicate, date)
            )
        ), gaps AS (
            SELECT date, country, place, unnest(range({replicates} - count(*)))::BIGINT * 0 AS people
            FROM by_replicate GROUP BY date, country, place
        ), complete AS (FROM by_replicate UNION ALL FROM gaps)
        SELECT date, $measure, country, place, {shown} FROM (
            SELECT date, country, place, quantile_cont(people, {probabilities}) AS q
            FROM complete GROUP BY date, country, place
        )
    """
