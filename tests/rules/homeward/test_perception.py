"""What people believe of home follows what is, held against the closed form of a first-order lag."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from homeward.rules.homeward.perception import news_factor, perceived
from homeward.rules.parameters import Parameters, resolve_parameters
from tests.small_case import small_case

BEFORE, ACTUAL = np.full((2, 1, 3), 4.0), np.full((2, 1, 3), 1.0)
NO_NEWS = np.ones((1, 3))


def with_lag(days: float, **more: float) -> Parameters:
    return resolve_parameters(small_case(parameters={"perception_lag": days, **more}))


def test_without_a_lag_people_believe_what_is() -> None:
    np.testing.assert_array_equal(perceived(BEFORE, ACTUAL, 7.0, NO_NEWS, with_lag(0.0)), ACTUAL)


def test_the_rest_of_an_old_belief_fades_by_a_factor_of_e_in_each_lag() -> None:
    for days in (0.0, 30.0, 60.0, 600.0):
        found = perceived(BEFORE, ACTUAL, days, NO_NEWS, with_lag(60.0))
        np.testing.assert_allclose(found, 1.0 + 3.0 * np.exp(-days / 60.0), err_msg=str(days))


@given(
    before=st.floats(-5, 5),
    actual=st.floats(-5, 5),
    days=st.floats(0, 60),
    share=st.floats(0, 1),
    news=st.floats(1, 10),
)
def test_two_parts_of_a_step_come_to_the_same_as_the_whole(
    before: float, actual: float, days: float, share: float, news: float
) -> None:
    """So that blocks of other lengths change nothing while what is stays as it is."""
    lag = with_lag(40.0)
    old, now, factor = np.full((1, 1, 1), before), np.full((1, 1, 1), actual), np.full((1, 1), news)
    first = perceived(old, now, days * share, factor, lag)
    second = perceived(first, now, days * (1 - share), factor, lag)
    np.testing.assert_allclose(second, perceived(old, now, days, factor, lag), atol=1e-12)


def test_news_shortens_the_lag_and_only_where_it_comes() -> None:
    """At 10: one visit a person and year, or a tenth of those who left come back, is 11 or 2 times as fast."""
    parameters = with_lag(60.0, perception_news=10.0)
    factor = news_factor(np.array([[0.0, 1.0, 0.0]]), np.array([0.0]), parameters)
    np.testing.assert_allclose(factor, [[1.0, 11.0, 1.0]])
    found = perceived(BEFORE, ACTUAL, 30.0, factor, parameters)
    np.testing.assert_allclose(found[0, 0], 1.0 + 3.0 * np.exp(-30.0 * np.array([1.0, 11.0, 1.0]) / 60.0))
    by_neighbours = news_factor(np.zeros((2, 2)), np.array([0.1, 0.0]), parameters)
    np.testing.assert_allclose(by_neighbours, [[2.0, 2.0], [1.0, 1.0]])
