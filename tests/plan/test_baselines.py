"""Forecasts without a model, against figures worked out by hand."""

from __future__ import annotations

import math
from datetime import date

import pytest

from homeward.case.schema import Basis, Case, Condition, Measure, Observation, Plan
from homeward.plan.baselines import Simple, planned, simple_forecasts
from tests.small_case import small_case


def figure(year: int, measure: Measure, place: str, value: float, definition: str = "UNHCR year-end") -> Observation:
    return Observation(
        date=date(year, 12, 31), measure=measure, place=place, value=value, definition=definition,
        source="made-up", known_on=date(year + 1, 6, 20), basis=Basis.OBSERVED,
    )  # fmt: skip


STOCK, RETURNS, IDPS = Measure.REFUGEE_STOCK, Measure.RETURNED_REFUGEES, Measure.IDP_STOCK
HOA_STOCKS = {2012: 100_000, 2013: 200_000, 2014: 180_000, 2015: 190_000}
HOA_RETURNS = {2013: 1_000, 2014: 8_000, 2015: 3_600}
HOB_STOCKS = {2013: 10_000, 2014: 11_000, 2015: 12_000}


def record(*more: Observation) -> Case:
    rows = [figure(year, STOCK, "HOA", value) for year, value in HOA_STOCKS.items()]
    rows += [figure(year, STOCK, "HOB", value) for year, value in HOB_STOCKS.items()]
    rows += [figure(year, RETURNS, "HOA", value, "UNHCR verified") for year, value in HOA_RETURNS.items()]
    survey = Condition(
        place="HOA", date=date(2015, 3, 1), indicator="return_intention", value=0.06, source="made-up",
        known_on=date(2015, 4, 1), basis=Basis.OBSERVED,
    )  # fmt: skip
    case = small_case()
    return case.model_copy(update={"observed": (*rows, *more), "conditions": (*case.conditions, survey)})


def by_name(case: Case, measure: Measure, place: str, year: int) -> dict[str, Simple]:
    return {one.name: one for one in simple_forecasts(case, measure, place, year)}


def root_mean_square(*moves: float) -> float:
    return math.sqrt(sum(move**2 for move in moves) / len(moves))


def test_the_last_known_stock_wanders_as_all_stocks_have_done() -> None:
    found = by_name(record(), STOCK, "HOA", 2017)
    assert list(found) == ["last_known_stock", "last_known_stock_with_spread"]
    assert found["last_known_stock"] == Simple("last_known_stock", 190_000)
    moves = [math.log(2), math.log(0.9), math.log(19 / 18), math.log(1.1), math.log(12 / 11)]  # 2013 to 2015
    assert found["last_known_stock_with_spread"].value == 190_000
    assert found["last_known_stock_with_spread"].deviation == pytest.approx(root_mean_square(*moves) * math.sqrt(2))


def test_returns_have_their_last_number_their_last_hazard_and_the_mean_of_years() -> None:
    found = by_name(record(), RETURNS, "HOA", 2016)
    hazards = [1_000 / 100_000, 8_000 / 200_000, 3_600 / 180_000]
    assert found["last_known_returns"] == Simple("last_known_returns", 3_600)
    assert "last_known_returns_with_spread" not in found  # two changes are too few
    assert found["last_known_hazard"].value == pytest.approx(hazards[-1] * 190_000)
    mean = math.exp(sum(map(math.log, hazards)) / 3)
    assert found["mean_of_past_years"].value == pytest.approx(mean * 190_000)
    logs = [math.log(hazard) for hazard in hazards]
    middle = sum(logs) / 3
    spread = math.sqrt(sum((log - middle) ** 2 for log in logs) / 2)
    assert found["mean_of_past_years_with_spread"].deviation == pytest.approx(spread)
    assert found["survey_intention"] == Simple("survey_intention", 0.06 * 190_000, None)


def test_single_cases_say_nothing_about_how_figures_move() -> None:
    whole = record()
    alone = whole.model_copy(update={"observed": tuple(row for row in whole.observed if row.place != "HOB")})
    single = (figure(2013, STOCK, "HOB", 9), figure(2014, STOCK, "HOB", 999), figure(2015, STOCK, "HOB", 12))
    beside = alone.model_copy(update={"observed": (*alone.observed, *single)})
    deviations = [
        by_name(case, STOCK, "HOA", 2017)["last_known_stock_with_spread"].deviation for case in (alone, beside)
    ]
    assert deviations[0] == deviations[1]
    assert by_name(beside, STOCK, "HOB", 2017)["last_known_stock"].value == 12


def test_a_host_without_returns_on_record_has_a_survey_or_nothing() -> None:
    assert by_name(record(), RETURNS, "HOB", 2016) == {}


def test_returned_idps_are_related_to_idps() -> None:
    case = record(
        figure(2014, IDPS, "ORI", 1_000_000), figure(2015, IDPS, "ORI", 500_000),
        figure(2015, Measure.RETURNED_IDPS, "ORI", 20_000, "UNHCR"),
        figure(2015, Measure.RETURNED_IDPS, "north", 5_000, "UNHCR"),
    )  # fmt: skip
    found = by_name(case, Measure.RETURNED_IDPS, "ORI", 2016)
    assert found["last_known_hazard"].value == pytest.approx(0.02 * 500_000)
    assert "survey_intention" not in found


def test_other_definitions_are_no_part_of_a_series_and_verified_ones_go_first() -> None:
    case = record(
        figure(2015, STOCK, "HOA", 1.0, "another register"),
        figure(2015, RETURNS, "HOA", 9_999, "UNHCR statistics incl. other reports"),
        figure(2016, RETURNS, "HOA", 7_777, "other reports"),
    )  # fmt: skip
    found = by_name(case, RETURNS, "HOA", 2017)
    assert found["last_known_returns"].value == 3_600


def test_the_planners_figure_is_that_of_its_year() -> None:
    plan = Plan(
        date=date(2016, 12, 31), measure=RETURNS, place="ORI", value=250_000, definition="up to", source="made-up",
        known_on=date(2015, 12, 1), basis=Basis.OBSERVED,
    )  # fmt: skip
    case = record().model_copy(update={"plans": (plan,)})
    assert planned(case, 2016) == Simple("planners", 250_000)
    assert planned(case, 2017) is None


def test_only_the_last_three_years_say_how_far_a_stock_wanders() -> None:
    calm = {2011: 10.0, 2012: 90_000.0, 2013: 90_000.0, 2014: 90_000.0, 2015: 90_000.0}
    rows = tuple(figure(year, STOCK, "HOB", value) for year, value in calm.items())
    case = small_case().model_copy(update={"observed": rows})
    assert list(by_name(case, STOCK, "HOB", 2016)) == ["last_known_stock"]  # it never moved
    livelier = tuple(row.model_copy(update={"value": 99_000.0}) if row.date.year == 2015 else row for row in rows)
    found = by_name(case.model_copy(update={"observed": livelier}), STOCK, "HOB", 2016)
    assert found["last_known_stock_with_spread"].deviation == pytest.approx(math.log(1.1) / math.sqrt(3))


def test_a_stock_of_a_few_people_makes_no_hazard() -> None:
    rows = (
        figure(2012, STOCK, "HOB", 19), figure(2013, STOCK, "HOB", 5_000), figure(2014, STOCK, "HOB", 6_000),
        figure(2013, RETURNS, "HOB", 3_000), figure(2014, RETURNS, "HOB", 500),
    )  # fmt: skip
    case = small_case().model_copy(update={"observed": rows})
    assert by_name(case, RETURNS, "HOB", 2015)["mean_of_past_years"].value == pytest.approx(0.1 * 6_000)
