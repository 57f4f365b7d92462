"""The fit: known values are found again, and no figure later than the last day used changes anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
import scipy.optimize
from numpy.typing import NDArray

from homeward.case.schema import Basis, Case, Measure, Observation
from homeward.errors import UsageError
from homeward.learn import problem as fitting
from homeward.learn import targets
from homeward.learn.fit import Fit, _Enough, fit_case
from homeward.learn.targets import Target
from homeward.rules.homeward import HomewardRules
from homeward.rules.parameters import parameter_row, resolve_parameters
from homeward.rules.priors import OUTERMOST, score_of, value_at
from tests.known_case import known_case, with_parameters
from tests.small_case import small_case

FloatArray = NDArray[np.float64]
Residuals = Callable[[FloatArray], FloatArray]

SEEN = {"flight_hazard": 0.6, "attraction_country": -0.5, "return_hazard_open": 0.8, "deactivation_rate[HOA]": 0.7}
UNSEEN = {"flight_hazard_host": 0.9}
"""There is no war abroad."""
FEW = {"attraction_country": -0.5, "deactivation_rate[HOA]": 0.7}
REGISTER = {"deactivation_rate[HOA]": 0.7}
"""A parameter of the register alone: a fit of it is quick, since no course has to be simulated anew."""
LAST = date(2015, 12, 31)
LATEST_KNOWN = date(2016, 6, 20)


def scores_of(fit: Fit) -> dict[str, float]:
    return dict(zip(fit.names, fit.scores.tolist(), strict=True))


def changed(case: Case, change: Callable[[Observation], Observation | None]) -> Case:
    """Return the case with every figure changed, or left out where None comes back."""
    rows = tuple(row for row in map(change, case.observed) if row is not None)
    return case.model_copy(update={"observed": rows})


def times(row: Observation, factor: float) -> Observation:
    share = row.measure is Measure.ORIGIN_SHARE
    return row.model_copy(update={"value": 1 - row.value if share else row.value * factor})


@pytest.fixture(scope="module")
def seen_and_unseen() -> Case:
    return known_case(SEEN | UNSEEN, last_year=2015)


@pytest.fixture(scope="module")
def few() -> Case:
    """Return the case of the poison test: its figures go on for a year after the last one used."""
    return known_case(FEW)


@pytest.fixture(scope="module")
def register() -> Case:
    return known_case(REGISTER)


class Spied:
    """What the search was told: residuals, the derivatives, and where it ended."""

    residuals: Residuals
    jacobian: Residuals


@pytest.fixture(scope="module")
def fit_and_search(seen_and_unseen: Case) -> tuple[Fit, Spied]:
    """Return a fit with the spreads as they are, and what its search was told."""
    spied, search = Spied(), scipy.optimize.least_squares

    def least_squares(residuals: Residuals, first: FloatArray, jacobian: Residuals, **options: Any) -> Any:
        spied.residuals, spied.jacobian = residuals, jacobian
        return search(residuals, first, jacobian, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scipy.optimize, "least_squares", least_squares)
        fit = fit_case(seen_and_unseen, through=LAST)
    return fit, spied


# Known values are found again


def test_known_values_are_found_again(seen_and_unseen: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """With spreads a hundredth of the usual ones, so that the priors barely pull.

    Where r is the posterior over the prior spread, a prior pulls a score by about r² of it: with r below 0.02 by
    less than 0.001 here. Figures are of whole people, which adds as much; a score may be off by 0.01.
    """
    for name in ("GROUP_SD", "FAR_COUNTRY_SD", "IDP_SD", "RETURNS_SD", "VERIFIED_SD", "SHARE_SD"):
        monkeypatch.setattr(targets, name, getattr(targets, name) / 100)
    fit = fit_case(seen_and_unseen, through=LAST)
    assert (fit.spread[:-1] < 1).any()
    for name, score in SEEN.items():
        truth = value_at(parameter_row(name), score)
        assert scores_of(fit)[name] == pytest.approx(score_of(fit.priors[name], truth), abs=0.01)
        assert fit.values[name] == pytest.approx(truth, rel=0.02)
    assert np.abs(fit.residuals).max() < 0.5
    assert fit.cost == pytest.approx(float(fit.residuals @ fit.residuals + fit.scores @ fit.scores))
    assert fit.outside == ()


def test_what_the_figures_cannot_see_keeps_its_prior(fit_and_search: tuple[Fit, Spied]) -> None:
    fit, _ = fit_and_search
    left = dict(zip(fit.names, fit.spread.tolist(), strict=True))
    assert left["flight_hazard_host"] == pytest.approx(1.0, abs=1e-6)
    assert scores_of(fit)["flight_hazard_host"] == pytest.approx(0.0, abs=1e-6)
    assert left["flight_hazard"] < 0.4
    assert left["attraction_country"] < 0.4
    assert all(0 < spread < 1.000001 for spread in left.values())


def test_the_fit_lies_where_the_sum_of_squares_is_least(fit_and_search: tuple[Fit, Spied]) -> None:
    """Seen from outside: half a posterior spread away from it, in any direction, the sum is larger."""
    fit, search = fit_and_search

    def cost(scores: FloatArray) -> float:
        residuals = search.residuals(scores)
        return float(residuals @ residuals)

    assert cost(fit.scores) == pytest.approx(fit.cost)
    for number, spread in enumerate(fit.spread):
        for sign in (-1, 1):
            beside = fit.scores.copy()
            beside[number] += sign * spread / 2
            assert cost(beside) > fit.cost, fit.names[number]


def test_derivatives_are_those_of_a_two_sided_difference(fit_and_search: tuple[Fit, Spied]) -> None:
    """The search takes one-sided differences over 0.05, which are off by half of that times the curvature.

    Of a weight that grows by exp(1.6 z), as that of a whole country does, this is 4 % of the derivative.
    """
    fit, search = fit_and_search
    step = 0.02
    jacobian = search.jacobian(fit.scores)
    for number, name in enumerate(fit.names):
        aside = np.zeros(len(fit.names))
        aside[number] = step
        two_sided = (search.residuals(fit.scores + aside) - search.residuals(fit.scores - aside)) / (2 * step)
        scale = max(1.0, float(np.abs(two_sided).max()))
        np.testing.assert_allclose(jacobian[:, number], two_sided, atol=0.05 * scale, err_msg=name)


def test_the_covariance_is_the_inverse_of_the_curvature(fit_and_search: tuple[Fit, Spied]) -> None:
    """Half of the second differences of the sum of squares along each parameter, others held: its precision.

    Second derivatives of the residuals, which least squares leaves out, are why it is compared to 10 %.
    """
    fit, search = fit_and_search
    precision = np.diag(np.linalg.inv(fit.covariance))

    def cost(scores: FloatArray) -> float:
        residuals = search.residuals(scores)
        return float(residuals @ residuals)

    for number, name in enumerate(fit.names):
        aside = np.zeros(len(fit.names))
        aside[number] = 0.1
        curvature = (cost(fit.scores + aside) - 2 * cost(fit.scores) + cost(fit.scores - aside)) / (2 * 0.1**2)
        assert precision[number] == pytest.approx(curvature, rel=0.1), name


# No figure from later than the last day changes anything


def later_deleted(row: Observation) -> Observation | None:
    return None if row.date > LAST else row


def later_poisoned(row: Observation) -> Observation:
    return times(row, 1_000.0).model_copy(update={"known_on": date(2020, 1, 1)}) if row.date > LAST else row


def last_returns_doubled(row: Observation) -> Observation:
    is_it = row.date == LAST and row.measure is Measure.REFUGEE_STOCK and row.place == "HOB"
    return times(row, 2.0) if is_it else row


def test_later_figures_change_nothing_and_earlier_ones_do(few: Case) -> None:
    """The poison test, with its negative control; the number of threads changes nothing either."""
    fit = fit_case(few, through=LAST, jobs=1)
    assert sum(row.date > LAST for row in few.observed) == 6
    for change in (later_deleted, later_poisoned):
        other = fit_case(changed(few, change), through=LAST, jobs=2)
        assert other.scores.tolist() == fit.scores.tolist(), change
        assert other.covariance.tolist() == fit.covariance.tolist(), change
        assert other.fitted() == fit.fitted()
    control = fit_case(changed(few, last_returns_doubled), through=LAST, jobs=2)
    assert abs(control.scores - fit.scores).max() > 0.05


def test_courses_end_with_the_last_day(register: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the case says of later days, such as violence, is in none of them."""
    ends: list[date] = []

    def rules(case: Case) -> HomewardRules:
        ends.append(case.settings.end)
        return HomewardRules(case)

    monkeypatch.setattr("homeward.learn.problem.HomewardRules", rules)
    fit = fit_case(register, through=date(2014, 12, 31))
    assert set(ends) == {date(2014, 12, 31)}
    assert len(ends) == fit.courses


# A figure beyond what the prior allows


def test_a_figure_beyond_what_the_prior_allows_is_told(register: Case) -> None:
    """Six in ten are not on the register of HOA: files would have to lapse ten times as fast as the prior says."""
    far_too_few = changed(register, lambda row: times(row, 0.4) if (row.place, row.origin) == ("HOA", "") else row)
    fit = fit_case(far_too_few, through=LAST)
    assert fit.outside == ("deactivation_rate[HOA]",)
    assert fit.scores[0] > OUTERMOST
    assert fit_case(register, through=LAST).outside == ()


def test_a_search_ends_when_a_step_gains_little_however_well_it_was_foreseen() -> None:
    def told(*costs: float) -> int:
        enough = _Enough(0.01)
        for number, cost in enumerate(costs):
            try:
                enough(scipy.optimize.OptimizeResult(cost=cost))
            except StopIteration:
                return number
        return -1

    assert told(100.0, 50.0, 49.6) == 2
    assert told(100.0, 50.0, 49.0) == -1
    assert told(100.0) == -1


# What is fitted, and from where


def test_what_can_be_fitted_is_moved_and_nothing_else() -> None:
    """Of the register of a far country nothing; no errors, no shocks, nothing fixed, nothing that the case sets."""
    # With the open hazard set, its reference class is not sampled, which takes a minute.
    set_by_case = {"spill_over": 0.2, "host_attraction[HOB]": 0.1, "return_hazard_open": 0.1}
    case = with_parameters(known_case(REGISTER), set_by_case)
    names = set(names_of(case))
    assert {"flight_hazard", "host_attraction[HOA]", "registration_lag_months[HOA]", "recognition_lag_months"} <= names
    assert {"persecution_risk[government]", "persecution_risk[opposition]", "deactivation_rate[HOA]"} <= names
    assert "return_host_effect[HOA]" in names
    assert not names & {
        "spill_over", "return_hazard_open", "host_attraction[HOB]", "host_attraction[ORI]", "host_attraction",
        "persecution_risk",
        "registration_lag_months", "registration_lag_months[HOB]", "deactivation_rate[HOB]", "frailty_classes",
        "flight_shock_variance", "host_year_variance", "registration_error_sd", "idp_error_sd", "reference_intensity",
        "staged_share", "visit_hazard", "own_repair", "return_weight_years", "return_host_effect[HOB]",
    }  # fmt: skip


def names_of(case: Case) -> Iterable[str]:
    """Return what a fit moves, without a search."""

    def stop(_residuals: Residuals, first: FloatArray, _jacobian: Residuals, **_: Any) -> Any:
        return scipy.optimize.OptimizeResult(success=True, x=first, cost=0.0, jac=np.eye(len(first)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scipy.optimize, "least_squares", stop)
        return fit_case(case, through=date(2014, 12, 31)).names


def test_a_plain_name_that_the_case_sets_keeps_those_of_every_host() -> None:
    plain = {"host_attraction": 0.4, "registration_lag_months": 3.0}
    names = set(names_of(with_parameters(known_case(REGISTER), plain)))
    assert not {name for name in names if name.partition("[")[0] in plain}


def test_a_fit_from_the_fitted_set_begins_there_and_ends_where_the_other_does(register: Case) -> None:
    fit = fit_case(register, through=LAST)
    told: list[tuple[int, float]] = []
    again = fit_case(
        register.model_copy(update={"fitted": fit.fitted()}),
        through=LAST,
        from_fitted=True,
        progress=lambda iteration, cost: told.append((iteration, cost)),
    )
    assert again.scores == pytest.approx(fit.scores, abs=0.01)
    assert told[0][0] == 0
    assert told[0][1] == pytest.approx(fit.cost, rel=1e-3)
    assert [iteration for iteration, _ in told] == list(range(len(told)))
    assert again.courses < fit.courses


def test_a_fitted_set_far_outside_its_prior_is_no_place_to_begin(register: Case) -> None:
    """A search from where the prior allows next to nothing would start far too far out."""
    fit = fit_case(register, through=LAST)
    fitted = fit.fitted().model_copy(update={"parameters": {"deactivation_rate[HOA]": 0.0}})
    again = fit_case(register.model_copy(update={"fitted": fitted}), through=LAST, from_fitted=True)
    assert again.scores == pytest.approx(fit.scores, abs=0.01)


# What a fit leaves behind


def test_the_fitted_set_runs_with_the_values_found_and_says_what_they_rest_on(register: Case) -> None:
    fit = fit_case(register, through=LAST)
    fitted = fit.fitted()
    assert (fitted.fitted_through, fitted.known_on) == (LAST, LATEST_KNOWN)
    found = resolve_parameters(register.model_copy(update={"fitted": fitted})).of("deactivation_rate", "HOA")
    assert found == pytest.approx(fit.values["deactivation_rate[HOA]"], rel=1e-4)
    assert found == fitted.parameters["deactivation_rate[HOA]"]
    assert fitted.spread == {"deactivation_rate[HOA]": round(float(fit.spread[0]), 2)}
    assert score_of(parameter_row("deactivation_rate[HOA]"), found) == pytest.approx(fit.scores[0], abs=1e-3)


def target(value: float, *, measure: Measure = Measure.REFUGEE_STOCK, spread: float = 0.1) -> Target:
    row = Observation(
        date=LAST, measure=measure, place="HOA", value=value, definition="made-up", source="made-up",
        origin="north" if measure is Measure.ORIGIN_SHARE else "",
        known_on=LATEST_KNOWN, basis=Basis.OBSERVED,
    )  # fmt: skip
    return Target(measure, "HOA", LAST, (row,), spread)


MADE = Fit(
    case=small_case(),
    through=LAST,
    names=("spill_over", "flight_hazard", "frailty_shape"),
    priors={name: parameter_row(name) for name in ("spill_over", "flight_hazard", "frailty_shape")},
    scores=np.array([0.0, -OUTERMOST - 0.001, OUTERMOST]),
    covariance=np.array([[0.25, 0.2, 0.0], [0.2, 1.0, -0.72], [0.0, -0.72, 0.64]]),
    targets=(target(1_000.0), target(0.3, measure=Measure.ORIGIN_SHARE, spread=0.05), target(1_000.0)),
    figures=np.array([2_000.0, 0.2, 0.0]),
    derivatives=np.zeros((3, 3)),
    cost=1.0,
    courses=1,
    wall_s=0.0,
)


def test_the_open_hazard_has_what_was_known_elsewhere_as_its_prior(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, date]] = []

    def elsewhere(origin: str, day: date) -> tuple[float, float]:
        asked.append((origin, day))
        return 0.05, 1.5

    monkeypatch.setattr(fitting, "open_hazard_prior", elsewhere)
    found = fitting.priors_of(("return_hazard_open", "flight_hazard"), "SYR", LAST)
    assert asked == [("SYR", LAST)]
    assert (found["return_hazard_open"].location, found["return_hazard_open"].spread) == (0.05, 1.5)
    assert found["flight_hazard"] == parameter_row("flight_hazard")
    assert fitting.priors_of(("flight_hazard",), "SYR", LAST).keys() == {"flight_hazard"}
    assert len(asked) == 1, "asked only where it is fitted"


def test_residuals_are_in_spreads_and_positive_where_the_model_has_more() -> None:
    """Nobody at all counts as one person, whose logarithm can be taken."""
    assert MADE.residuals == pytest.approx([np.log(2) / 0.1, -0.1 / 0.05, np.log(1 / 1_000) / 0.1])


def test_the_worst_correlations_come_first_with_their_sign() -> None:
    assert MADE.spread == pytest.approx([0.5, 1.0, 0.8])
    first, second = MADE.worst_correlations(2)
    assert (first[:2], second[:2]) == (("flight_hazard", "frailty_shape"), ("spill_over", "flight_hazard"))
    assert (first[2], second[2]) == pytest.approx((-0.9, 0.4))
    assert len(MADE.worst_correlations()) == 3


def test_a_parameter_is_outside_beyond_the_99_percent_range_or_where_it_is_no_number() -> None:
    assert MADE.outside == ("flight_hazard",)
    assert replace(MADE, scores=np.array([np.nan, np.inf, -OUTERMOST])).outside == ("spill_over", "flight_hazard")


# What cannot be fitted


@pytest.mark.parametrize("through", [date(2011, 12, 31), date(2012, 1, 1), date(2017, 1, 1)])
def test_a_last_day_outside_the_case_is_refused(register: Case, through: date) -> None:
    with pytest.raises(UsageError, match="outside the case, 2012-01-01 to 2016-12-31"):
        fit_case(register, through=through)


def test_a_case_without_figures_up_to_the_last_day_is_refused(register: Case) -> None:
    with pytest.raises(UsageError, match="no figures up to 2013-12-31"):
        fit_case(register, through=date(2013, 12, 31))


def test_a_search_that_does_not_settle_is_told(register: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeward.learn.fit.MOST_ITERATIONS", 1)
    with pytest.raises(UsageError, match="did not settle in 1 iterations"):
        fit_case(register, through=LAST)


def test_a_case_that_sets_every_parameter_keeps_them_all() -> None:
    fit = fit_case(known_case({}, last_year=2014), through=date(2014, 12, 31))
    assert (fit.names, fit.outside, fit.worst_correlations()) == ((), (), [])
    assert fit.cost == pytest.approx(0.0, abs=1e-6)
    assert fit.fitted().parameters == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"date": date(2014, 6, 30)},
        {"definition": "cumulative since 2012"},
        {"origin": "north"},
    ],
    ids=["half a year", "cumulative", "of one origin"],
)
def test_figures_that_the_observation_model_cannot_compare_are_left_out(
    register: Case, changes: dict[str, Any]
) -> None:
    returns = next(row for row in register.observed if row.measure is Measure.RETURNED_REFUGEES)
    odd = returns.model_copy(update=changes)
    fit = fit_case(register.model_copy(update={"observed": (*register.observed, odd)}), through=LAST)
    assert odd not in {row for each in fit.targets for row in each.rows}
