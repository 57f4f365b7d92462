"""The figures of a forecast: people times the error of what is published, and pillars of what they pool."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from verification.cases import busy_case

from homeward.case.schema import Measure
from homeward.judge.observe import observation_error
from homeward.learn.ensemble import run_ensemble
from homeward.plan.courses import Courses
from homeward.plan.forecast_rows import Published, periods_of
from homeward.results.run import Run
from tests.plan.planned_run import AS_OF, shared_run

YEAR = 2012


@pytest.fixture(scope="module")
def published() -> Published:
    return Published(shared_run())


def people(where: str) -> NDArray[np.float64]:
    """Return who set out in the year by replicate, counted in the table of returns."""
    run = shared_run()
    found = run.columns(
        f"SELECT replicate, sum(people)::DOUBLE AS people FROM returns JOIN places ON place = host WHERE {where} "
        "GROUP BY replicate"
    )
    counts = np.zeros(run.info.replicates)
    counts[found["replicate"]] = found["people"]
    return counts


def error(published: Published, measure: Measure, place: str) -> NDArray[np.float64]:
    simulated = published.observer.simulated
    return observation_error(simulated, simulated.parameters["returns_error_sd"], measure.value, place, str(YEAR))


def test_returned_refugees_are_published_with_the_error_of_their_host(published: Published) -> None:
    told = published.returned_refugees(YEAR, "HOA")
    factor = error(published, Measure.RETURNED_REFUGEES, "HOA")
    assert np.ptp(factor) > 0.1
    np.testing.assert_allclose(told, people("country = 'HOA'") * factor)
    north = published.returned_refugees(YEAR, "HOA", "north")
    np.testing.assert_allclose(north, people("country = 'HOA' AND origin = 'north'") * factor)


def test_a_district_publishes_its_returned_idps_with_an_error_of_its_own(published: Published) -> None:
    for district, where in ((None, "country = 'ORI'"), ("north", "country = 'ORI' AND origin = 'north'")):
        factor = error(published, Measure.RETURNED_IDPS, district or "ORI")
        np.testing.assert_allclose(published.returned_idps(YEAR, district), people(where) * factor)


def test_periods_begin_with_the_year_of_the_day_after(published: Published) -> None:
    [period] = periods_of(published.run, AS_OF)
    assert (period.year, period.since, period.until) == (2012, date(2012, 1, 1), date(2012, 12, 31))
    assert periods_of(published.run, date(2012, 12, 31)) == ()


def test_pillars_of_refugees_leave_idps_out_and_pool_what_they_should() -> None:
    months = (date(2011, 12, 31), date(2012, 1, 31), date(2012, 2, 29))
    random = np.random.default_rng(3)
    people = random.integers(10, 100, (1, 3, 3, 2)).astype(np.float64)
    judged = np.concatenate([people, people * random.random((10, 3, 3, 2))])
    nobody = np.zeros((1, 3, 3, 2), dtype=np.int32)
    courses = Courses(date(2011, 11, 30), months, ("HOA", "HOB", "ORI"), ("north", "east"), nobody, judged, (None,))

    def sums(hosts: slice, districts: slice) -> list[float]:
        chosen = judged[:, 1:, hosts, districts].sum(axis=(1, 2, 3))
        return [round(float(part), 4) for part in chosen[1:] / chosen[0]]

    def told(host: str | None, district: str | None, *, idps: bool = False) -> list[float]:
        return [bound for _, *bounds in courses.met(host, district, YEAR, idps=idps) for bound in bounds]

    everywhere = slice(None)
    assert told(None, None) == sums(slice(0, 2), everywhere)
    assert told("HOB", "east") == sums(slice(1, 2), slice(1, 2))
    assert told("ORI", "north", idps=True) == sums(slice(2, 3), slice(0, 1))
    assert courses.met(None, None, 2031, idps=False) == []


def test_who_fled_a_war_at_the_host_for_home_is_in_the_published_figure(tmp_path: Path) -> None:
    run_ensemble(busy_case(people=20_000, end=date(2012, 12, 31)), tmp_path / "run", replicates=3, jobs=1)
    run = Run.open(tmp_path / "run")
    counts = np.zeros((2, 3))
    for row, table in enumerate(("returns", "fled_back")):
        found = run.columns(
            f"SELECT replicate, sum(people)::DOUBLE AS people FROM {table} JOIN places ON place = host "
            "WHERE country = 'HOA' GROUP BY replicate"
        )
        counts[row, found["replicate"]] = found["people"]
    assert (counts[1] > 100).all()
    published = Published(run)
    factor = error(published, Measure.RETURNED_REFUGEES, "HOA")
    np.testing.assert_allclose(published.returned_refugees(YEAR, "HOA"), counts.sum(axis=0) * factor)
