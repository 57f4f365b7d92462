from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from homeward.case.folder import load_case
from homeward.case.schema import Basis, Case, Measure, Observation
from homeward.engine.simulate import expected_course
from homeward.judge.host_years import BASELINES, HostYear, host_years, score_baseline, score_simulated, summed_up
from homeward.judge.observe import Observer
from homeward.judge.simulated import simulated_course
from homeward.rules.homeward import HomewardRules
from tests.small_case import small_case


def figure(measure: Measure, year: int, value: float, place: str = "HOA") -> Observation:
    return Observation(
        date=date(year, 12, 31), measure=measure, place=place, value=value, definition="made up",
        source="made-up", known_on=date(year + 1, 6, 20), basis=Basis.OBSERVED,
    )  # fmt: skip


def with_figures(*rows: Observation, case: Case | None = None) -> Case:
    return (case or small_case()).model_copy(update={"observed": rows})


def made_up(*hazards: float) -> list[HostYear]:
    """Return host-years of one host from 2012 on with these hazards."""
    return [
        HostYear(
            "HOA", 2012 + number, figure(Measure.RETURNED_REFUGEES, 2012 + number, 1000 * hazard),
            figure(Measure.REFUGEE_STOCK, 2011 + number, 1000),
        )
        for number, hazard in enumerate(hazards)
    ]  # fmt: skip


def test_a_host_year_needs_returns_above_nought_and_a_stock_of_the_year_before() -> None:
    returned, stock = Measure.RETURNED_REFUGEES, Measure.REFUGEE_STOCK
    case = with_figures(
        figure(stock, 2011, 500), figure(returned, 2012, 50), figure(stock, 2012, 400), figure(returned, 2013, 0),
        figure(returned, 2014, 7), figure(returned, 2012, 9, "HOB"),
    )  # fmt: skip
    (only,) = host_years(case, ("HOA", "HOB"), 2012, 2014)
    assert (only.country, only.year) == ("HOA", 2012)
    assert only.log_hazard == pytest.approx(math.log(0.1))


def test_baselines_forecast_from_the_other_years_only() -> None:
    years = made_up(0.1, 0.2, 0.4)
    mean, deviation = BASELINES["host's mean of its other years"](years[0], years) or (0.0, 0.0)
    assert mean == pytest.approx(np.log([0.2, 0.4]).mean())
    assert deviation == pytest.approx(np.log([0.2, 0.4]).std(ddof=1))
    assert BASELINES["last year's value"](years[0], years) is None
    assert BASELINES["last year's value"](years[2], years) == pytest.approx((math.log(0.2), math.log(2.0)))
    assert BASELINES["value two years before"](years[2], years) == pytest.approx((math.log(0.1), math.log(4.0)))
    assert [one.year for one in score_baseline(BASELINES["value two years before"], years)] == [2014]


def test_a_summary_counts_what_lies_inside() -> None:
    scored = score_baseline(BASELINES["host's mean of its other years"], made_up(0.1, 0.1, 0.11, 0.9))
    summary = summed_up(scored)
    assert summary.n == 4
    assert summary.coverage90 == 0.75
    assert summary.width90 > 0
    assert math.isnan(summed_up([]).crps)


def test_the_baselines_of_syria_are_those_that_the_house_knows() -> None:
    """0.438, 0.456 and 0.537 were computed elsewhere (issue of the way home); here 0.437, 0.457 and 0.536."""
    years = host_years(load_case("syria"), ("TUR", "LBN", "JOR", "IRQ", "EGY"), 2017, 2023)
    assert len(years) == 35
    found = [summed_up(score_baseline(baseline, years)).crps for baseline in BASELINES.values()]
    assert found == pytest.approx([0.438, 0.456, 0.537], abs=0.0015)


def test_a_run_is_scored_by_its_own_returns_over_its_own_register() -> None:
    case = small_case(end=date(2014, 12, 31))
    course = expected_course(HomewardRules(case))
    rows = [figure(Measure.REFUGEE_STOCK, 2012, 1000), figure(Measure.RETURNED_REFUGEES, 2013, 100)]
    case = with_figures(*rows, case=case)
    parameters = {**HomewardRules(case).parameters.values, "registration_error_sd": 0.0, "returns_error_sd": 0.0}
    observer = Observer(simulated_course(case, parameters, course))
    (only,) = score_simulated(observer, host_years(case, ("HOA",), 2013, 2013))
    hazard = observer.central(rows[1])[0] / observer.central(rows[0])[0]
    assert only.low90 == only.high90 == pytest.approx(math.log(hazard))
    assert only.crps == pytest.approx(abs(math.log(hazard) - math.log(0.1)))
    # A year outside the run has no score.
    late = [HostYear("HOA", 2019, figure(Measure.RETURNED_REFUGEES, 2019, 5), figure(Measure.REFUGEE_STOCK, 2018, 50))]
    assert score_simulated(observer, late) == []
