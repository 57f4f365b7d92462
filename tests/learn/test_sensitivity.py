"""Which parameters move, within which ranges, and what they do to the planning figures of the small case."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from homeward.case.schema import Basis, Case, Condition, Fitted
from homeward.engine.simulate import simulate
from homeward.errors import UsageError
from homeward.learn.indices import REACH
from homeward.learn.sensitivity import (
    TOGETHER,
    Range,
    free_ranges,
    last_full_year,
    planning_figures,
    ranges_of,
    sensitivity_of,
)
from homeward.results.sensitivity_contract import Sensitivity, SensitivityFigure
from homeward.rules.homeward import HomewardRules
from homeward.rules.parameters import parameter_row
from homeward.rules.priors import value_at
from tests.known_case import with_parameters
from tests.small_case import small_case

CASE = small_case(people=60_000)
MOVED = ("return_hazard_open", "flight_hazard", "flight_hazard_host")
SET = with_parameters(CASE, {"spill_over": 0.2, "return_host_effect": 1.1})
FITTED = Fitted(
    fitted_through=date(2012, 12, 31),
    known_on=date(2013, 6, 20),
    parameters={"flight_hazard": 0.002, "host_attraction[HOA]": 0.4, "lasting_share": 0.0},
    spread={"flight_hazard": 0.25},
)


def fitted_case() -> Case:
    return CASE.model_copy(update={"fitted": FITTED})


def with_war_abroad() -> Case:
    rows = tuple(
        Condition(place="city", date=date(2012, month, 1), indicator="violence", value=3_000.0, source="made-up",
                  known_on=date(2012, 1, 1), basis=Basis.OBSERVED)
        for month in range(1, 13)
    )  # fmt: skip
    return CASE.model_copy(update={"conditions": (*CASE.conditions, *rows)})


@pytest.fixture(scope="module")
def found() -> Sensitivity:
    return sensitivity_of(CASE, parameters=MOVED, size=2, jobs=2)


def figure(found: Sensitivity, measure: str, country: str | None = None) -> SensitivityFigure:
    return next(one for one in found.figures if (one.measure, one.country) == (measure, country))


def test_all_move_but_what_is_fixed_set_a_switch_counted_only_or_of_the_origin() -> None:
    names = {one.name for one in free_ranges(SET)}
    assert names >= {"flight_hazard", "host_attraction[HOA]", "host_attraction[HOB]", "persecution_risk[government]"}
    assert not names & {
        "reference_intensity", "spill_over", "return_host_effect[HOA]", "household_size", "visit_hazard",
        "registration_lag_months[HOA]", "idp_error_sd", "host_attraction", "host_attraction[ORI]",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("flight_hasard", "unknown parameter 'flight_hasard'; did you mean flight_hazard?"),
        ("qqq", "unknown parameter 'qqq'$"),
        ("reference_intensity", "reference_intensity is fixed: it does not move"),
        ("household_size", "household_size is a switch: it does not move"),
        ("spill_over", "spill_over is set by the case: it does not move"),
        ("return_host_effect[HOA]", r"return_host_effect\[HOA\] is set by the case: it does not move"),
        ("deactivation_rate[HOA]", "changes what is counted and moves nobody: it does not move"),
        ("host_attraction[ORI]", "is about a host and not the origin: it does not move"),
    ],
)
def test_a_parameter_that_does_not_move_is_refused_with_the_reason(name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ranges_of(SET, [name])


def test_a_plain_name_stands_for_all_its_hosts_and_nothing_is_moved_twice() -> None:
    found = ranges_of(CASE, ["host_attraction", "flight_hazard", "host_attraction[HOA]"])
    assert [one.name for one in found] == ["host_attraction[HOA]", "host_attraction[HOB]", "flight_hazard"]


def test_a_case_that_sets_everything_leaves_nothing_to_move() -> None:
    every = {one.name: one.value(0.0) for one in free_ranges(CASE)}
    with pytest.raises(UsageError, match="sets every parameter"):
        sensitivity_of(with_parameters(CASE, every))


def test_ranges_are_those_of_the_posterior_where_there_is_one_and_else_of_the_prior() -> None:
    ranges = {one.name: one for one in free_ranges(fitted_case())}
    hazard, prior = ranges["flight_hazard"], parameter_row("flight_hazard")
    assert hazard.is_posterior
    assert hazard.value(0.0) == pytest.approx(0.002)
    assert hazard.value(REACH) == pytest.approx(0.002 * math.exp(0.25 * prior.spread * REACH))
    without_spread = ranges["host_attraction[HOA]"]
    assert (without_spread.is_posterior, without_spread.spread, without_spread.value(0.0)) == (True, 1.0, 0.4)
    other = ranges["host_attraction[HOB]"]
    assert (other.is_posterior, other.value(-REACH)) == (False, value_at(parameter_row("host_attraction"), -REACH))


def test_a_fitted_value_at_the_edge_of_its_prior_still_has_a_range() -> None:
    share = next(one for one in free_ranges(fitted_case()) if one.name == "lasting_share")
    assert 0 <= share.value(-REACH) < share.value(REACH) < 1


def test_a_value_stays_where_the_parameter_has_a_meaning() -> None:
    assert Range("network_exponent", parameter_row("network_exponent"), spread=50.0).value(REACH) == 0.8


def test_planning_figures_are_sums_over_the_year_and_at_the_end() -> None:
    case = small_case(people=60_000, end=date(2013, 12, 31))
    course = simulate(HomewardRules(case), 1)
    figures = planning_figures(case, course, 2013)
    names, returns = course.names, course.returns
    country = {place.id: place.country for place in case.places}
    last = course.stocks["month"] == len(names.month_ends) - 1
    for measure, stage in (("refugee_stock", "refugee"), ("idp_stock", "displaced")):
        here = last & (course.stocks["stage"] == names.stages.index(stage))
        assert figures[measure, ""] == course.stocks["people"][here].sum() > 0
    left = np.array([country[names.places[code]] for code in returns["host"]])
    in_year = returns["month"] >= 12
    assert figures["returned_idps", ""] == returns["people"][in_year & (left == "ORI")].sum() > 0
    assert figures["returned_refugees", ""] == returns["people"][in_year & (left != "ORI")].sum() > 0
    assert figures["returned_refugees", "HOA"] == returns["people"][in_year & (left == "HOA")].sum()
    assert set(figures) == {
        ("returned_refugees", ""), ("returned_idps", ""), ("refugee_stock", ""), ("idp_stock", ""),
        ("returned_refugees", "HOA"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "year"),
    [
        (date(2012, 1, 1), date(2012, 12, 31), 2012),
        (date(2012, 1, 1), date(2013, 12, 30), 2012),
        (date(2011, 3, 15), date(2013, 12, 31), 2013),
        (date(2012, 1, 2), date(2012, 12, 31), None),
        (date(2012, 1, 1), date(2012, 12, 30), None),
    ],
)
def test_returns_are_those_of_the_last_full_year(start: date, end: date, year: int | None) -> None:
    case = CASE.model_copy(update={"settings": CASE.settings.model_copy(update={"start": start, "end": end})})
    if year is not None:
        assert last_full_year(case) == year
        return
    with pytest.raises(UsageError, match="holds no full calendar year"):
        last_full_year(case)


def test_what_raises_return_raises_returns(found: Sensitivity) -> None:
    returns = figure(found, "returned_refugees")
    first = returns.indices[0]
    assert first.parameter == "return_hazard_open"
    assert first.mu is not None
    assert first.mu > 1
    assert first.mu == first.mu_star
    bar = returns.bars[0]
    assert bar.parameter == "return_hazard_open"
    assert bar.low < returns.middle < bar.high
    assert bar.high_change == pytest.approx(bar.high / returns.middle - 1)
    assert figure(found, "refugee_stock").indices[0].parameter == "flight_hazard"


def test_a_parameter_that_cannot_act_has_effects_of_exactly_nothing(found: Sensitivity) -> None:
    """No war strikes a host here; where one does, the same parameter has an effect."""
    for one in found.figures:
        [idle] = [index for index in one.indices if index.parameter == "flight_hazard_host"]
        assert (idle.mu, idle.mu_star, idle.sigma) == (0.0, 0.0, 0.0)
        assert "flight_hazard_host" not in {bar.parameter for bar in one.bars}
    at_war = sensitivity_of(with_war_abroad(), parameters=["flight_hazard_host"], size=2)
    assert figure(at_war, "refugee_stock").indices[0].weight > 0.01


def test_the_middle_is_the_course_with_every_parameter_at_its_median() -> None:
    case = fitted_case()
    found = sensitivity_of(case, parameters=["flight_hazard", "lasting_half_life"], size=2, seed=5)
    values = {row.name: row.middle for row in found.parameters}
    assert values == {"flight_hazard": pytest.approx(0.002), "lasting_half_life": 365.0}
    course = simulate(HomewardRules(with_parameters(case, values)), 5)
    middle = planning_figures(case, course, 2012)
    assert {(one.measure, one.country or ""): one.middle for one in found.figures} == middle
    assert found.fitted_through == date(2012, 12, 31)
    assert [row.rests_on for row in found.parameters] == ["posterior", "prior"]
    assert TOGETHER in found.notes


def test_the_document_says_how_it_was_made(found: Sensitivity) -> None:
    assert (found.method, found.size, found.seed, found.scenario, found.fitted_through) == ("morris", 2, 1, None, None)
    assert [row.name for row in found.parameters] == list(MOVED)
    assert found.runs == 1 + 2 * 4 + 2 * 2
    assert TOGETHER not in found.notes
    assert [(one.measure, one.country, one.date) for one in found.figures] == [
        ("returned_refugees", None, date(2012, 12, 31)),
        ("returned_idps", None, date(2012, 12, 31)),
        ("refugee_stock", None, date(2012, 12, 31)),
        ("idp_stock", None, date(2012, 12, 31)),
        ("returned_refugees", "HOA", date(2012, 12, 31)),
    ]
    assert Sensitivity.model_validate_json(found.to_json()) == found


def test_threads_do_not_change_the_result_and_the_seed_does(found: Sensitivity) -> None:
    alone = sensitivity_of(CASE, parameters=MOVED, size=2, jobs=1)
    other = sensitivity_of(CASE, parameters=MOVED, size=2, seed=2)
    assert alone.figures == found.figures
    assert other.figures != found.figures


def test_sobol_gives_the_shares_of_the_variance() -> None:
    found = sensitivity_of(CASE, method="sobol", parameters=MOVED[1:], size=4)
    shares = {index.parameter: index for index in figure(found, "refugee_stock").indices}
    assert (shares["flight_hazard"].total or 0.0) > 0.3
    assert (shares["flight_hazard_host"].first, shares["flight_hazard_host"].total) == (0.0, 0.0)
    assert shares["flight_hazard"].mu_star is None


def test_progress_ends_at_the_number_of_courses() -> None:
    told: list[tuple[int, int]] = []
    sensitivity_of(CASE, parameters=["flight_hazard"], size=2, jobs=2, progress=lambda *done: told.append(done))
    assert told == [(done, 7) for done in range(8)]


def test_the_first_failure_ends_all_courses() -> None:
    told: list[int] = []

    def fail(done: int, _total: int) -> None:
        told.append(done)
        if done:
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        sensitivity_of(CASE, parameters=MOVED, size=50, jobs=2, progress=fail)
    assert len(told) <= 3


def test_no_more_parameters_are_moved_alone_than_a_plot_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that come first in some figure are: one for returns, another for the stocks."""
    monkeypatch.setattr("homeward.learn.sensitivity.MOST_BARS", 2)
    found = sensitivity_of(CASE, parameters=[*MOVED, "birth_rate_abroad"], size=2)
    assert {bar.parameter for one in found.figures for bar in one.bars} == {"return_hazard_open", "flight_hazard"}
    assert found.runs == 1 + 2 * 5 + 2 * 2
