from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from homeward.rules.homeward.homecoming import (
    gate,
    home_draw,
    host_pressure,
    intention_factor,
    neighbours_factor,
    persecution,
    push_factor,
    push_share,
    readiness,
    safety,
    season_factor,
    violence_at_home,
)
from homeward.rules.parameters import Parameters, resolve_parameters
from tests.small_case import small_case

PARAMETERS = resolve_parameters(small_case())


def test_the_gate_opens_with_safety_and_is_half_open_at_the_threshold() -> None:
    opened = gate(np.linspace(-6, 0, 200), PARAMETERS)
    assert (np.diff(opened) > 0).all()
    assert gate(np.array([PARAMETERS["return_gate_threshold"]]), PARAMETERS)[0] == pytest.approx(0.5)
    assert gate(np.array([-1e9, 1e9]), PARAMETERS).tolist() == pytest.approx([0.0, 1.0])


def test_safety_falls_with_violence_and_with_persecution() -> None:
    violence = violence_at_home(np.array([0.0, 90.0, 0.0]), PARAMETERS)
    calm, shelled, hunted = safety(violence, np.array([0.0, 0.0, 0.5]), 3.0, PARAMETERS)
    assert calm == 0.0
    assert shelled == pytest.approx(-np.log(10.0))
    assert hunted == -1.5


def test_persecution_is_by_whom_people_fled_over_who_holds_the_district() -> None:
    """Risk 0.5 and 0.6 for those who did not flee the government or the opposition, 0.97 and 0.9 for those who did."""
    held = np.array([[1.0, 0.0], [0.0, 1.0], [0.75, 0.25], [0.0, 0.0], [0.4, 0.4]])
    values = {"persecution_risk[government]": 0.5, "persecution_risk[opposition]": 0.6, "persecution_risk": 0.2}
    fled = {"persecution_risk_fled[government]": 0.97, "persecution_risk_fled[opposition]": 0.9}
    risk = persecution(held, np.zeros_like(held), ("government", "opposition"), with_values(**values, **fled))
    of_government, of_opposition, of_neither = risk.T
    usual = [0.5, 0.6, 0.75 * 0.5 + 0.25 * 0.6, 0.2, 0.4 * 0.5 + 0.4 * 0.6 + 0.2 * 0.2]
    np.testing.assert_allclose(of_neither, usual)
    np.testing.assert_allclose(of_government - of_neither, np.array([1.0, 0.0, 0.75, 0.0, 0.4]) * 0.47)
    np.testing.assert_allclose(of_opposition - of_neither, np.array([0.0, 1.0, 0.25, 0.0, 0.4]) * 0.3)


def test_shares_of_holders_that_exceed_one_count_in_proportion() -> None:
    """Drawn within their ranges, they may."""
    holders = ("government", "opposition")
    nothing = np.zeros((1, 2))
    risk = persecution(np.array([[1.0, 1.0]]), nothing, holders, PARAMETERS)
    np.testing.assert_allclose(risk, persecution(np.array([[0.5, 0.5]]), nothing, holders, PARAMETERS))
    assert risk.max() <= 1.0


def test_guarantees_take_their_share_from_the_risk_under_that_holder_alone_for_those_who_fled_and_others() -> None:
    """Half of the risk under the government, which holds three quarters of the first district and all of the second."""
    held = np.array([[0.75, 0.25], [1.0, 0.0], [0.0, 1.0]])
    values = {"persecution_risk[government]": 0.5, "persecution_risk[opposition]": 0.6, "persecution_risk": 0.2}
    fled = {"persecution_risk_fled[government]": 0.97, "persecution_risk_fled[opposition]": 0.9}
    holders, parameters = ("government", "opposition"), with_values(**values, **fled)
    half, whole = (np.tile([share, 0.0], (3, 1)) for share in (0.5, 1.0))
    of_government, of_opposition, of_neither = persecution(held, half, holders, parameters).T
    np.testing.assert_allclose(of_neither, [0.75 * 0.25 + 0.25 * 0.6, 0.25, 0.6])
    np.testing.assert_allclose(of_government, [0.75 * 0.485 + 0.25 * 0.6, 0.485, 0.6])
    np.testing.assert_allclose(of_opposition, [0.75 * 0.25 + 0.25 * 0.9, 0.25, 0.9])
    assert persecution(held, whole, holders, parameters)[1].tolist() == [0.0, 0.0, 0.0]


def test_guarantees_do_nothing_where_the_holder_is_unknown() -> None:
    nobody = np.zeros((1, 2))
    holders = ("government", "opposition")
    with_, without = (persecution(nobody, np.full((1, 2), share), holders, PARAMETERS) for share in (1.0, 0.0))
    assert with_.tolist() == without.tolist()


def with_values(**values: float) -> Parameters:
    return resolve_parameters(small_case(parameters=values))


UNKNOWN = np.full((1, 4), np.nan)


def test_the_smooth_form_counts_every_bit_of_safety_and_the_share_mixes_the_two() -> None:
    safe = np.array([-6.0, -3.0, 0.0])
    gated, smooth, half = (
        readiness(safe, with_values(return_smooth_share=share, return_safety_slope=0.06)) for share in (0.0, 1.0, 0.5)
    )
    np.testing.assert_array_equal(gated, gate(safe, PARAMETERS))
    np.testing.assert_allclose(smooth, np.exp(0.06 * safe))
    np.testing.assert_allclose(half, (gated + smooth) / 2)
    # Far below the threshold the gate lets nobody through that the smooth form would not let through in thousands.
    assert smooth[0] > 1_000 * gated[0]


def test_conditions_of_home_draw_by_their_weights_and_what_is_unknown_changes_nothing() -> None:
    weights = with_values(return_weight_housing=0.8, return_weight_services=0.0, return_weight_documents=-0.2)
    housing_known = np.array([[0.9, np.nan, np.nan, np.nan]])
    assert home_draw(housing_known, weights)[0] == pytest.approx(0.8 * 0.4)
    assert home_draw(UNKNOWN, weights)[0] == 0.0
    assert home_draw(np.full((1, 4), 0.5), weights)[0] == 0.0
    assert home_draw(np.array([[np.nan, np.nan, np.nan, 1.0]]), weights)[0] == pytest.approx(-0.1)


def test_pressure_is_the_mean_of_what_is_known_and_hostility_is_worst_at_one() -> None:
    hosts = np.array([[1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0], [0.2, np.nan, np.nan, 0.6], [np.nan] * 4])
    np.testing.assert_allclose(host_pressure(hosts), [0.0, 1.0, 0.7, np.nan])


def test_push_share_is_what_pressure_adds_to_the_hazard() -> None:
    """At ``return_weight_push`` 1.5 and reference 0.5; never below 0, and unknown where the host is."""
    pushed = with_values(return_weight_push=1.5)
    shares = push_share(np.array([1.0, 0.5, 0.0, np.nan]), pushed)
    np.testing.assert_allclose(shares, [1 - np.exp(-0.75), 0.0, 0.0, np.nan])
    assert push_factor(np.array([np.nan]), pushed)[0] == 1.0
    # With the other sign it is good conditions abroad that go with more return, and nobody is pushed by bad ones.
    np.testing.assert_array_equal(push_share(np.array([1.0]), with_values(return_weight_push=-1.5)), [0.0])


def test_neighbours_count_by_the_share_of_those_who_left() -> None:
    factor = neighbours_factor(np.array([0.25, 1.0, 0.0]), with_values(return_weight_neighbours=0.8))
    np.testing.assert_allclose(factor, [np.exp(0.2), np.exp(0.8), 1.0])


def test_intentions_count_by_the_power_of_their_weight_and_not_at_all_by_default() -> None:
    """At a reference of 0.02; where no survey asked, nothing changes."""
    intention = np.array([0.02, 0.08, 0.0, np.nan])
    np.testing.assert_array_equal(intention_factor(intention, PARAMETERS), np.ones(4))
    weighed = intention_factor(intention, with_values(return_weight_intention=0.5, return_intention_reference=0.02))
    np.testing.assert_allclose(weighed[[0, 1, 3]], [1.0, 2.0, 1.0])
    assert 0.0 < weighed[2] < 1.0


def test_the_season_peaks_on_its_day_and_has_mean_one() -> None:
    seasonal = with_values(season_strength=0.6, season_peak_day=100.0)
    year = [season_factor(date(2014, 1, 1) + timedelta(days=day), seasonal) for day in range(365)]
    assert int(np.argmax(year)) == 99
    assert max(year) == pytest.approx(1.6, abs=1e-3)
    assert np.mean(year) == pytest.approx(1.0, abs=1e-3)
    assert season_factor(date(2014, 7, 1), PARAMETERS) == 1.0
