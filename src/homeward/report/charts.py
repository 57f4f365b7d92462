"""Put together the time courses: simulated series, observed points by definition, and dated events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from homeward.case.schema import Case, Event, EventIndicator, Measure, Observation
from homeward.report.facts import Chart, Marker, ObservedSeries, Series

__all__ = ["MEASURE_NAMES", "charts", "markers", "observed_series"]

MEASURE_NAMES: Mapping[str, str] = {
    "refugee_stock": "Refugees",
    "asylum_seeker_stock": "Asylum seekers",
    "registered_stock": "Registered refugees",
    "idp_stock": "Internally displaced people",
    "returned_refugees": "Returns of refugees",
    "returned_idps": "Returns of IDPs",
    "new_arrivals": "New arrivals",
    "naturalised": "Naturalised",
    "resettled": "Resettled",
    "origin_share": "Origin of the refugees",
}
"""What each measure is called in the report."""

MOST_HOSTS = 12
MOST_RETURN_CHARTS = 6
SMALLEST_SHARE_SEEN = 0.02

_STOCKS = (Measure.REFUGEE_STOCK, Measure.REGISTERED_STOCK, Measure.ASYLUM_SEEKER_STOCK)

Courses = Mapping[tuple[str, str], Series]

Registers = Mapping[str, Mapping[date, float]]
"""People on the register by country and date: median over the replicates."""


def charts(
    case: Case, stocks: Courses, returns: Courses, names: Mapping[str, str], registers: Registers
) -> tuple[Chart, ...]:
    """Return the charts in order: IDPs, main countries of asylum, returns of refugees, returns of IDPs."""
    return (
        *_idps(case, stocks, names),
        *_hosts(case, stocks, names, registers),
        *_returns_of_refugees(case, returns, names),
        *_returns_of_idps(case, returns, names),
    )


def _idps(case: Case, stocks: Courses, names: Mapping[str, str]) -> Iterator[Chart]:
    origin = case.settings.origin_country
    series = stocks.get(("idp_stock", origin))
    if series:
        title = f"Internally displaced people in {names[origin]}"
        yield _chart(case, "idps", title, series, origin, (Measure.IDP_STOCK,))


def _hosts(case: Case, stocks: Courses, names: Mapping[str, str], registers: Registers) -> Iterator[Chart]:
    origin = case.settings.origin_country
    hosts = {c: s for (m, c), s in stocks.items() if m == "refugee_stock" and c != origin}
    for country in sorted(hosts, key=lambda c: -max(hosts[c].p50))[:MOST_HOSTS]:
        title = f"Refugees in {names[country]}"
        chart = _chart(case, f"refugees-{country}", title, hosts[country], country, _STOCKS)
        on_register = tuple(registers[country][day] for day in chart.series.dates) if country in registers else ()
        yield replace(chart, observed=tuple(_visible(chart.observed)), registered=on_register)


def _visible(observed: Sequence[ObservedSeries]) -> Iterator[ObservedSeries]:
    """Leave out series that would lie flat on the axis: asylum seekers where nearly all are refugees."""
    largest = max((value for series in observed for _, value in series.points), default=0)
    for series in observed:
        if max(value for _, value in series.points) >= SMALLEST_SHARE_SEEN * largest:
            yield series


def _returns_of_refugees(case: Case, returns: Courses, names: Mapping[str, str]) -> Iterator[Chart]:
    by_country = {c: s for (m, c), s in returns.items() if m == "returned_refugees"}
    everywhere = by_country.pop("", None)
    if everywhere:
        title = "Refugees who set out for home, from all countries, per year"
        yield Chart("returns-all", title, True, everywhere, (), markers(case, case.settings.origin_country))
    for country in sorted(by_country, key=lambda c: -max(by_country[c].p50))[:MOST_RETURN_CHARTS]:
        title = f"Refugees who set out for home from {names[country]}, per year"
        wanted = (Measure.RETURNED_REFUGEES,)
        yield _chart(case, f"returns-{country}", title, by_country[country], country, wanted, yearly=True)


def _returns_of_idps(case: Case, returns: Courses, names: Mapping[str, str]) -> Iterator[Chart]:
    origin = case.settings.origin_country
    series = returns.get(("returned_idps", origin))
    if series:
        title = f"Internally displaced people who went home in {names[origin]}, per year"
        yield _chart(case, "returned-idps", title, series, origin, (Measure.RETURNED_IDPS,), yearly=True)


def _chart(
    case: Case,
    key: str,
    title: str,
    series: Series,
    country: str,
    measures: tuple[Measure, ...],
    *,
    yearly: bool = False,
) -> Chart:
    observed = observed_series(case, measures, country)
    return Chart(key, title, yearly, series, observed, markers(case, country))


def observed_series(case: Case, measures: tuple[Measure, ...], place: str) -> tuple[ObservedSeries, ...]:
    """Return the observed figures of some measures in one place, one series for each definition."""
    found: dict[str, list[tuple[date, float]]] = {}
    for row in sorted(case.observed, key=lambda row: (measures_order(row, measures), row.definition, row.date)):
        if row.measure in measures and row.place == place and not row.origin:
            label = f"{MEASURE_NAMES[row.measure]}, {row.definition}"
            found.setdefault(label, []).append((row.date, row.value))
    return tuple(ObservedSeries(label, tuple(points)) for label, points in found.items())


def measures_order(row: Observation, measures: tuple[Measure, ...]) -> int:
    """Return where the measure of a row stands in a list of measures (at its end if it is not there)."""
    return measures.index(row.measure) if row.measure in measures else len(measures)


def markers(case: Case, country: str) -> tuple[Marker, ...]:
    """Return the events of a country and its borders, and the notes on the country of origin, in order."""
    found = [
        Marker(event.date, event_text(event))
        for event in case.events
        if case.settings.start <= event.date <= case.settings.end and _concerns(case, event, country)
    ]
    return tuple(sorted(set(found), key=lambda marker: (marker.day, marker.text)))


def event_text(event: Event) -> str:
    """Return an event in words: its own, or else what it changes."""
    return event.what or f"{event.indicator.value} {event.place} {event.value}".strip()


def _concerns(case: Case, event: Event, country: str) -> bool:
    origin = case.settings.origin_country
    country_of = {place.id: place.country for place in case.places}
    ends = {country_of.get(end, end) for end in event.place.split(">")}
    if event.indicator is EventIndicator.NOTE:
        return bool(ends & {country, origin})
    if event.indicator is EventIndicator.BORDER and country == origin:
        return False  # every border event concerns the origin: shown at the host, else they hide the chart
    return country in ends
