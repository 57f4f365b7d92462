"""The decision to return fitted to host-years alone: it says what the rules say, and does not see what is left out."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from homeward.case.schema import Basis, Case, Measure, Observation
from homeward.engine.simulate import expected_course
from homeward.judge.host_years import HostYear
from homeward.learn.returns import ReturnRecord, left_out_scores
from homeward.rules.homeward import HomewardRules
from tests.known_case import with_parameters
from tests.small_case import small_case

YEARS = range(2013, 2017)
FEW = ("return_hazard_open", "return_weight_push")


def figure(measure: Measure, year: int, value: float) -> Observation:
    return Observation(
        date=date(year, 12, 31), measure=measure, place="HOA", value=value, definition="made up",
        source="made-up", known_on=date(year + 1, 6, 20), basis=Basis.OBSERVED,
    )  # fmt: skip


def host_year(year: int, hazard: float) -> HostYear:
    returned = figure(Measure.RETURNED_REFUGEES, year, 1e5 * hazard)
    return HostYear("HOA", year, returned, figure(Measure.REFUGEE_STOCK, year - 1, 1e5))


def years(*hazards: float) -> list[HostYear]:
    return [host_year(year, hazard) for year, hazard in zip(YEARS, hazards, strict=True)]


@pytest.fixture(scope="module")
def case() -> Case:
    found = small_case(people=6_000_000, violence=3_000.0, end=date(2016, 12, 31), camp_capacity=None)
    record = ReturnRecord(found, years(0.1, 0.1, 0.1, 0.1))
    return with_parameters(found, record.values(np.zeros(len(record.names))))


@pytest.fixture(scope="module")
def record(case: Case) -> ReturnRecord:
    return ReturnRecord(case, years(0.1, 0.1, 0.1, 0.1))


@pytest.fixture(scope="module")
def few(case: Case) -> ReturnRecord:
    return ReturnRecord(case, years(0.1, 0.1, 0.1, 0.1), free=FEW)


def test_its_hazards_are_those_of_the_expected_course(case: Case, record: ReturnRecord) -> None:
    """Up to births, arrivals and months in place of days: a few percent where few come and go."""
    rules = HomewardRules(case)
    course = expected_course(rules)
    names = course.names
    hosts = np.array([place.country == "HOA" for place in rules.geography.places])
    of_year = np.array([end.year for end in names.month_ends])
    for number, year in enumerate(YEARS):
        going = hosts[course.returns["host"]] & (of_year[course.returns["month"]] == year)
        december = names.month_ends.index(date(year - 1, 12, 31))
        refugees = course.stocks["stage"] == names.stages.index("refugee")
        there = hosts[course.stocks["place"]] & (course.stocks["month"] == december) & refugees
        hazard = course.returns["people"][going].sum() / course.stocks["people"][there].sum()
        assert math.exp(record.log_hazards(np.zeros(len(record.names)))[number]) == pytest.approx(hazard, rel=0.05)


def test_figures_made_at_known_values_are_met(few: ReturnRecord) -> None:
    truth = np.array([0.5, 0.0])
    made = [host_year(year, math.exp(log)) for year, log in zip(YEARS, few.log_hazards(truth), strict=True)]
    fit = few.with_figures(made).fit(range(len(made)))
    assert few.log_hazards(fit.scores) == pytest.approx(few.log_hazards(truth), abs=0.05)
    assert fit.spread < 0.1


def test_a_year_left_out_is_not_seen_by_its_forecast(few: ReturnRecord) -> None:
    before = left_out_scores(few.with_figures(years(0.1, 0.12, 0.08, 0.1)), range(4))
    other = years(0.1, 0.12, 0.08, 0.1)
    other[1] = host_year(2014, 0.5)
    after = left_out_scores(few.with_figures(other), range(4))
    assert after[1].low90 == pytest.approx(before[1].low90, abs=0.02)
    assert after[1].high90 == pytest.approx(before[1].high90, abs=0.02)
    assert after[1].crps > before[1].crps
    assert after[0].high90 > before[0].high90


def test_a_form_that_is_set_is_used(case: Case, record: ReturnRecord) -> None:
    smooth = ReturnRecord(case, record.years, {"return_smooth_share": 1.0})
    nought = np.zeros(len(record.names))
    assert np.all(smooth.log_hazards(nought) > record.log_hazards(nought))


def test_a_parameter_at_its_median_lies_above_it_with_chance_one_half(few: ReturnRecord) -> None:
    fit = few.fit(range(4))
    number = fit.names.index("return_weight_push")
    at_median = replace(fit, scores=np.where(np.arange(len(fit.names)) == number, 0.0, fit.scores))
    assert at_median.chance_above_median("return_weight_push") == pytest.approx(0.5)
