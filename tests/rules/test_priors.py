"""Scores: the value of a parameter on the scale of its prior, and back."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from homeward.rules.parameters import Parameter, bounds, parameter_row, parameter_table
from homeward.rules.priors import OUTERMOST, score_of, value_at

FREE = [row for row in parameter_table() if row.prior != "fixed"]
FAMILIES = ("lognormal", "normal", "beta")


def of_family(family: str) -> list[Parameter]:
    return [row for row in FREE if row.prior == family]


def test_every_family_of_priors_is_used() -> None:
    assert {row.prior for row in FREE} == set(FAMILIES)


@given(row=st.sampled_from(FREE), score=st.floats(-3.5, 3.5))
def test_the_score_of_the_value_at_a_score_is_the_score(row: Parameter, score: float) -> None:
    assert score_of(row, value_at(row, score)) == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize("row", FREE, ids=lambda row: row.name)
def test_values_rise_with_the_score_and_stay_where_they_have_a_meaning(row: Parameter) -> None:
    values = [value_at(row, score) for score in (-OUTERMOST, -1.0, 0.0, 1.0, OUTERMOST)]
    assert values == sorted(set(values))
    lowest, highest = bounds(row.name)
    assert lowest <= values[1]
    assert values[3] <= highest
    if row.prior != "normal":
        assert lowest <= values[0]
        assert values[-1] <= highest


def test_a_lognormal_prior_has_its_location_as_median_and_its_spread_in_logarithms() -> None:
    for row in of_family("lognormal"):
        assert value_at(row, 0.0) == row.location
        assert math.log(value_at(row, 2.0) / value_at(row, 0.0)) == pytest.approx(2 * row.spread)


def test_a_normal_prior_has_its_location_as_median_and_its_spread() -> None:
    for row in of_family("normal"):
        assert value_at(row, 0.0) == row.location
        assert value_at(row, 1.5) - value_at(row, 0.0) == pytest.approx(1.5 * row.spread)


def test_a_beta_prior_has_its_location_as_mean_and_its_spread() -> None:
    """By another way: the law with these two moments, whose quantiles are those of the standard normal."""
    for row in of_family("beta"):
        size = row.location * (1 - row.location) / row.spread**2 - 1
        law = stats.beta(row.location * size, (1 - row.location) * size)
        assert (law.mean(), law.std()) == pytest.approx((row.location, row.spread))
        assert value_at(row, 0.0) == pytest.approx(law.median(), rel=1e-5)
        assert value_at(row, 1.0) == pytest.approx(law.ppf(stats.norm.cdf(1.0)), rel=1e-5)


def test_the_outermost_scores_hold_99_percent_of_the_prior() -> None:
    assert stats.norm.cdf(OUTERMOST) - stats.norm.cdf(-OUTERMOST) == pytest.approx(0.99, abs=1e-5)


def test_a_fixed_parameter_stays_where_it_is() -> None:
    row = parameter_row("reference_intensity")
    assert row.prior == "fixed"
    assert (value_at(row, 2.0), score_of(row, 55.0)) == (row.location, 0.0)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_prior_does_not_allow_lies_infinitely_far_out(family: str) -> None:
    row = replace(of_family(family)[0], location=0.5, spread=0.2)
    lowest, highest = score_of(row, 0.0), score_of(row, 1.0)
    if family == "normal":
        assert (lowest, highest) == pytest.approx((-2.5, 2.5))
    else:
        assert lowest == -math.inf
        assert highest == (math.inf if family == "beta" else pytest.approx(math.log(2) / 0.2))
