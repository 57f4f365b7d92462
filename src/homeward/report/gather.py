"""Read from a run what the report shows: everything is added up in SQL, only the sums come into Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from homeward.case.schema import Case
from homeward.judge.observe import Observer
from homeward.judge.residuals import stock_flow
from homeward.judge.score import score_run
from homeward.judge.simulated import simulated_run
from homeward.report.card import model_card
from homeward.report.charts import charts
from homeward.report.facts import Circle, Figure, Flow, KeyFigures, PlaceFact, ReportData, Series
from homeward.report.outlines import load_outlines
from homeward.report.provenance import (
    basis_counts,
    command_line,
    estimate_groups,
    parameter_lines,
    source_lines,
)
from homeward.results.contract import Interval
from homeward.results.run import Run
from homeward.rules.parameters import Parameters

if TYPE_CHECKING:
    import duckdb

__all__ = ["country_names", "gather", "key_figures", "places", "stock_courses", "yearly_returns"]

FLOW_GROUPS: Mapping[str, str] = {
    "flight": "flight",
    "reflight": "flight",
    "host_flight": "flight",
    "onward": "onward",
    "return": "return",
    "return_ahead": "return",
}
"""Kinds of movement and the group under which the map shows them; births and the like are no movement."""

MOST_FLOWS = 18
"""Flows shown for each year and group: the largest. More would hide the map."""

KEY_DATES = 5
SMALLEST_FLOW = 10

_FIGURES = (
    ("displaced", "People displaced", "Refugees and internally displaced people together"),
    ("refugees", "Refugees", "Displaced outside their country"),
    ("idps", "Internally displaced people (IDPs)", "Displaced inside their country"),
    ("returned_refugees", "Returns of refugees so far", "Set out for home from abroad since the start"),
    ("returned_idps", "Returns of IDPs so far", "Went home inside their country since the start"),
)


def gather(run: Run) -> ReportData:
    """Return everything that the report of a run shows.

    Raises RunError if a table cannot be read, InputError if the copy of the case cannot.
    """
    observer = Observer(simulated_run(run))
    case = observer.case
    score = score_run(run, observer)
    names = country_names(case)
    parameters = parameter_lines(run.info.parameters, case.fitted)
    with run.connection() as connection:
        stocks = stock_courses(connection)
        returns = yearly_returns(connection, run.info.replicates, run.info.origin_country)
        return ReportData(
            info=run.info,
            command=command_line(run),
            country_names=names,
            key_figures=key_figures(connection, run.info.replicates, run.info.origin_country),
            charts=charts(case, stocks, returns, names, _registers(observer)),
            places=places(connection),
            circles=_circles(connection),
            place_flows=_flows(connection, "place"),
            country_flows=_flows(connection, "country"),
            score=score,
            card=model_card(run.info, observer, score, parameters, names),
            residuals=stock_flow(case, Parameters(run.info.parameters)),
            parameters=parameters,
            sources=source_lines(case),
            basis=basis_counts(case),
            estimates=estimate_groups(case),
        )


def _registers(observer: Observer) -> dict[str, dict[date, float]]:
    """Return the median of people on the register by country and month end."""
    median = np.median(observer.register.registered, axis=0)
    dates, countries = observer.monthly.dates, observer.monthly.countries
    return {
        country: dict(zip(dates, median[:, number].tolist(), strict=True)) for number, country in enumerate(countries)
    }


def country_names(case: Case) -> dict[str, str]:
    """Return a name for each country code of the case; a group of countries has the name of its place."""
    known = load_outlines().names
    own = {place.country: place.name for place in case.places if place.kind == "country"}
    codes = sorted({place.country for place in case.places})
    return {code: known.get(code) or own.get(code, code) for code in codes}


def places(connection: duckdb.DuckDBPyConnection) -> tuple[PlaceFact, ...]:
    """Return the places of the run with their coordinates."""
    rows = connection.execute("SELECT place, name, country, latitude, longitude FROM places ORDER BY place")
    return tuple(PlaceFact(*row) for row in rows.fetchall())


def key_figures(connection: duckdb.DuckDBPyConnection, replicates: int, origin_country: str) -> KeyFigures:
    """Return the key figures at a few ends of years and at the end of the run."""
    dates = _few_dates(connection)
    found = _key_intervals(connection, dates, replicates, origin_country)
    none = Interval(p05=0, p50=0, p95=0)
    return KeyFigures(
        dates=dates,
        figures=tuple(
            Figure(name, label, meaning, tuple(found.get((name, day), none) for day in dates))
            for name, label, meaning in _FIGURES
        ),
    )


def _few_dates(connection: duckdb.DuckDBPyConnection) -> tuple[date, ...]:
    """Return the last month end of some years, evenly spread; the last one is the end of the run."""
    rows = connection.execute("SELECT max(date) FROM stocks GROUP BY year(date) ORDER BY 1").fetchall()
    ends = [row[0] for row in rows]
    step = max(1, -(-len(ends) // KEY_DATES))
    return tuple(ends[::-1][::step][::-1])


def _key_intervals(
    connection: duckdb.DuckDBPyConnection, dates: Sequence[date], replicates: int, origin_country: str
) -> dict[tuple[str, date], Interval]:
    counted = """
        SELECT replicate, date, unnest(
            CASE stage WHEN 'refugee' THEN ['displaced', 'refugees'] ELSE ['displaced', 'idps'] END
        ) AS figure, people
        FROM stocks WHERE stage IN ('refugee', 'displaced') AND date IN (SELECT unnest($dates))
        UNION ALL
        SELECT replicate, shown.date,
            CASE country WHEN $origin_country THEN 'returned_idps' ELSE 'returned_refugees' END, people
        FROM returns JOIN places ON places.place = returns.host
        JOIN (SELECT unnest($dates) AS date) AS shown ON returns.month <= shown.date
    """
    query = _over_replicates(counted, ("figure", "date"), replicates)
    given = {"dates": list(dates), "origin_country": origin_country}
    rows = connection.execute(query, given).fetchall()
    return {(figure, day): Interval(p05=q[0], p50=q[2], p95=q[4]) for figure, day, q in rows}


def stock_courses(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Series]:
    """Return the month-end courses of refugees and IDPs by (measure, country)."""
    dates = [row[0] for row in connection.execute("SELECT DISTINCT date FROM summary ORDER BY date").fetchall()]
    rows = connection.execute(
        """
        SELECT measure, country, date, [p05, p25, p50, p75, p95] FROM summary
        WHERE place IS NULL AND country IS NOT NULL AND measure IN ('refugee_stock', 'idp_stock')
        """
    ).fetchall()
    return _courses(rows, dates)


def yearly_returns(
    connection: duckdb.DuckDBPyConnection, replicates: int, origin_country: str
) -> dict[tuple[str, str], Series]:
    """Return the yearly returns by (measure, country left); country ``""`` is all countries of asylum."""
    counted = """
        SELECT replicate, year(month) AS year, people,
            CASE country WHEN $origin_country THEN 'returned_idps' ELSE 'returned_refugees' END AS measure,
            unnest(CASE country WHEN $origin_country THEN [country] ELSE [country, ''] END) AS country
        FROM returns JOIN places ON places.place = returns.host
    """
    query = _over_replicates(counted, ("measure", "country", "year"), replicates)
    rows = connection.execute(query, {"origin_country": origin_country}).fetchall()
    years = connection.execute("SELECT DISTINCT year(date) FROM summary ORDER BY 1").fetchall()
    ends = [date(year, 12, 31) for (year,) in years]
    return _courses(((m, country, date(year, 12, 31), q) for m, country, year, q in rows), ends)


def _over_replicates(counted: str, keys: Sequence[str], replicates: int) -> str:
    """Return the query for the quantiles of a count by some keys; a replicate without a row counts as 0."""
    columns = ", ".join(keys)
    return f"""
        WITH counted AS ({counted}),
        totals AS (SELECT replicate, {columns}, sum(people) AS people FROM counted GROUP BY ALL),
        grid AS (SELECT DISTINCT {columns}, unnest(range({replicates})) AS replicate FROM totals)
        SELECT {columns}, quantile_cont(coalesce(people, 0), [0.05, 0.25, 0.5, 0.75, 0.95])
        FROM grid LEFT JOIN totals USING (replicate, {columns}) GROUP BY {columns} ORDER BY {columns}
    """


def _courses(
    rows: Iterable[tuple[str, str, date, Sequence[float]]], dates: Sequence[date]
) -> dict[tuple[str, str], Series]:
    """Sort rows into series over the given dates; a date without a row counts as 0."""
    found: dict[tuple[str, str], dict[date, Sequence[float]]] = {}
    for measure, country, day, quantiles in rows:
        found.setdefault((measure, country), {})[day] = quantiles
    nothing = (0.0,) * 5
    return {
        key: Series(tuple(dates), *zip(*(by_date.get(day, nothing) for day in dates), strict=True))
        for key, by_date in sorted(found.items())
    }


def _circles(connection: duckdb.DuckDBPyConnection) -> tuple[Circle, ...]:
    rows = connection.execute(
        f"""
        SELECT year(date), country, place, measure, p05, p50, p95 FROM summary
        WHERE measure IN ('refugee_stock', 'idp_stock') AND country IS NOT NULL AND p95 >= {SMALLEST_FLOW}
            AND date IN (SELECT max(date) FROM summary GROUP BY year(date))
        ORDER BY year(date), p50 DESC, country, place
        """
    ).fetchall()
    return tuple(
        Circle(year, country, place, measure, Interval(p05=low, p50=median, p95=high))
        for year, country, place, measure, low, median, high in rows
    )


def _flows(connection: duckdb.DuckDBPyConnection, level: str) -> tuple[Flow, ...]:
    """Return the largest flows of each year and group between places, or between countries."""
    groups = " ".join(f"WHEN '{kind}' THEN '{group}'" for kind, group in FLOW_GROUPS.items())
    rows = connection.execute(
        f"""
        WITH moved AS (
            SELECT year, here.{level} AS from_place, there.{level} AS to_place,
                CASE matrix.kind {groups} END AS kind_group, sum(people) AS people
            FROM matrix
            JOIN places AS here ON here.place = from_place JOIN places AS there ON there.place = to_place
            WHERE here.{level} <> there.{level} GROUP BY ALL
        )
        FROM moved WHERE kind_group IS NOT NULL AND people >= {SMALLEST_FLOW}
        QUALIFY row_number() OVER (
            PARTITION BY year, kind_group ORDER BY people DESC, from_place, to_place
        ) <= {MOST_FLOWS}
        ORDER BY year, people DESC, from_place, to_place, kind_group
        """
    ).fetchall()
    return tuple(Flow(*row) for row in rows)
