"""The figures of a forecast: returns and stocks by year, country and district, as they would be published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Basis, Case, Measure, Observation
from homeward.judge.observe import Observer, observation_error
from homeward.judge.score import SMALLEST_ENSEMBLE
from homeward.judge.simulated import simulated_run
from homeward.plan.courses import Courses, read_courses
from homeward.plan.figures import RETURNS, YearlyFigures, yearly_figures
from homeward.plan.outlook import Outlook
from homeward.results.forecast_contract import ForecastPillar, ForecastRow
from homeward.results.run import Run

__all__ = ["Published", "forecast_rows", "interval_of", "last_known"]

FloatArray = NDArray[np.float64]
QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}


def interval_of(replicates: int, *, drawn: bool, published: bool = True) -> str:
    """Return in words what the quantiles of a forecast hold, of figures as ``published`` or of people, or why not."""
    if replicates < SMALLEST_ENSEMBLE:
        return f"none: {replicates} replicates are fewer than the {SMALLEST_ENSEMBLE} that an interval needs"
    parameters = "parameters drawn from the posterior, " if drawn else "one set of parameters, "
    doubts = parameters + "shared shocks, chance, conditions after the last known day"
    return f"{doubts}, and observation error" if published else doubts


@dataclass(frozen=True)
class Period:
    """One calendar year of a forecast, or the part of it that is simulated."""

    year: int
    since: date
    until: date


class Published:
    """A run as agencies would publish it, by replicate."""

    def __init__(self, run: Run) -> None:
        """Take a run; raises RunError if it cannot be read."""
        self.run = run
        self.observer = Observer(simulated_run(run))
        self.home = run.info.origin_country
        self._flows = _yearly_returns(run)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Countries of asylum."""
        return tuple(country for country in self.observer.monthly.countries if country != self.home)

    @property
    def districts(self) -> tuple[str, ...]:
        """Places in the country of origin."""
        monthly = self.observer.monthly
        return tuple(str(monthly.places[column]) for column in monthly.columns(self.home))

    def returned_refugees(self, year: int, country: str, district: str | None = None) -> FloatArray:
        """Return refugees who went back in a year, as published; by district of origin a share of the host's figure."""
        return self._people(year, country, district) * self._error(Measure.RETURNED_REFUGEES, country, year)

    def returned_idps(self, year: int, district: str | None = None) -> FloatArray:
        """Return IDPs who went back in a year, as published."""
        place = district or self.home
        return self._people(year, self.home, district) * self._error(Measure.RETURNED_IDPS, place, year)

    def stock(self, measure: Measure, place: str, day: date) -> FloatArray:
        """Return a stock as published."""
        row = Observation(
            date=day, measure=measure, place=place, value=0.0, definition="forecast", source="forecast",
            known_on=day, basis=Basis.DERIVED,
        )  # fmt: skip
        return self.observer.figure(row).published

    def _people(self, year: int, country: str, district: str | None) -> FloatArray:
        nobody = np.zeros(self.run.info.replicates)
        if district is not None:
            return self._flows.get((year, country, district), nobody)
        cells = [self._flows.get((year, country, one), nobody) for one in self.districts]
        return np.asarray(np.sum([nobody, *cells], axis=0))

    def _error(self, measure: Measure, place: str, year: int) -> FloatArray:
        simulated = self.observer.simulated
        deviation = simulated.parameters["returns_error_sd"]
        return observation_error(simulated, deviation, measure.value, place, str(year))


def _yearly_returns(run: Run) -> Mapping[tuple[int, str, str], FloatArray]:
    """Return people by replicate for each year, country left and district of origin; those who fled back as well."""
    found = run.columns(
        """
        SELECT replicate, year(month) AS year, old.country AS country, origin, sum(people)::DOUBLE AS people
        FROM (SELECT * FROM returns UNION ALL SELECT * FROM fled_back) JOIN places AS old ON old.place = host
        GROUP BY ALL
        """
    )
    people: dict[tuple[int, str, str], FloatArray] = {}
    keys = zip(found["year"].tolist(), found["country"], found["origin"], strict=True)
    for key, replicate, count in zip(keys, found["replicate"].tolist(), found["people"].tolist(), strict=True):
        year, country, origin = key
        people.setdefault((year, str(country), str(origin)), np.zeros(run.info.replicates))[replicate] = count
    return people


def periods_of(run: Run, as_of: date) -> tuple[Period, ...]:
    """Return the years that a forecast from a day reaches into; of the year of the day itself, what is simulated."""
    first = (as_of + timedelta(days=1)).year
    return tuple(
        Period(year, max(run.info.start, date(year, 1, 1)), min(run.info.end, date(year, 12, 31)))
        for year in range(first, run.info.end.year + 1)
    )


def forecast_rows(run: Run, known: Case, as_of: date) -> Iterator[ForecastRow]:
    """Yield all rows of a forecast; ``known`` is the case as known on the day, for the last known figures.

    Pillars are those of the returns after the day.
    """
    published = Published(run)
    courses, figures = read_courses(run, Outlook(run)), yearly_figures(known)
    for period in periods_of(run, as_of):
        for row in (*_returns(published, figures, period), *_stocks(published, figures, period)):
            yield row.model_copy(update={"pillars": tuple(_pillars(courses, row))})


def _pillars(courses: Courses, row: ForecastRow) -> Iterator[ForecastPillar]:
    if row.measure in RETURNS:
        idps = row.measure == Measure.RETURNED_IDPS
        for name, lower, upper in courses.met(row.country, row.place, row.year, idps=idps):
            yield ForecastPillar(pillar=name, lower=lower, upper=upper)


def _returns(published: Published, figures: YearlyFigures, period: Period) -> Iterator[ForecastRow]:
    measure = Measure.RETURNED_REFUGEES
    by_host = {host: published.returned_refugees(period.year, host) for host in published.hosts}
    yield _row(measure, None, None, period, np.sum(list(by_host.values()), axis=0))
    for host, people in by_host.items():
        if people.any():
            yield _row(measure, host, None, period, people, last_known(figures, measure, host))
    for district in published.districts:
        cells = [published.returned_refugees(period.year, host, district) for host in published.hosts]
        yield _row(measure, None, district, period, np.sum(cells, axis=0))
    for host, people in by_host.items():
        for district in published.districts if people.any() else ():
            yield _row(measure, host, district, period, published.returned_refugees(period.year, host, district))
    measure = Measure.RETURNED_IDPS
    last = last_known(figures, measure, published.home)
    yield _row(measure, published.home, None, period, published.returned_idps(period.year), last)
    for district in published.districts:
        people = published.returned_idps(period.year, district)
        yield _row(measure, published.home, district, period, people, last_known(figures, measure, district))


def _stocks(published: Published, figures: YearlyFigures, period: Period) -> Iterator[ForecastRow]:
    measure = Measure.REFUGEE_STOCK
    by_host = {host: published.stock(measure, host, period.until) for host in published.hosts}
    yield _row(measure, None, None, period, np.sum(list(by_host.values()), axis=0))
    for host, people in by_host.items():
        if people.any():
            yield _row(measure, host, None, period, people, last_known(figures, measure, host))
    measure = Measure.IDP_STOCK
    for place in (published.home, *published.districts):
        people = published.stock(measure, place, period.until)
        district = None if place == published.home else place
        yield _row(measure, published.home, district, period, people, last_known(figures, measure, place))


def _row(
    measure: Measure, country: str | None, place: str | None, period: Period, people: FloatArray,
    last: Observation | None = None,
) -> ForecastRow:  # fmt: skip
    values = np.quantile(people, list(QUANTILES.values())).tolist()
    enough = len(people) >= SMALLEST_ENSEMBLE
    return ForecastRow(
        measure=measure.value, country=country, place=place, year=period.year, since=period.since, until=period.until,
        **{
            name: round(value) if enough or name == "p50" else None
            for name, value in zip(QUANTILES, values, strict=True)
        },
        last_known=None if last is None else last.value,
    )  # fmt: skip


def last_known(figures: YearlyFigures, measure: Measure, place: str) -> Observation | None:
    """Return the last figure of a measure at a place, None without one."""
    rows = figures.get((measure, place), {})
    return rows[max(rows)] if rows else None
