"""Dwellings and services that violence destroys and money rebuilds, held against closed forms."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.case.schema import Basis, Condition
from homeward.rules.calendar import DAYS_PER_YEAR, Calendar
from homeward.rules.homeward.absorption import MOST_FILLED, STOCKS, crowding, stocks_over_time
from homeward.rules.homeward.conditions import Rows
from homeward.rules.parameters import resolve_parameters
from tests.small_case import small_case

FloatArray = NDArray[np.float64]
SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}
START = date(2012, 1, 1)
DAYS = 400
HOUSING, SERVICES = range(2)


def row(indicator: str, value: float, day: int = 0, **ends: float) -> Condition:
    when = START + timedelta(days=day)
    return Condition(place="north", date=when, indicator=indicator, value=value, **ends, **SAID)


def path(*rows: Condition, intensity: float = 0.0, days: float = DAYS, **parameters: float) -> FloatArray:
    """Return (days x stocks x 3) what stands in the north, where violence is the same every day."""
    by_name: dict[str, dict[str, list[Condition]]] = {}
    for one in rows:
        by_name.setdefault(one.indicator, {}).setdefault(one.place, []).append(one)
    table: Rows = by_name
    calendar = Calendar(START, START + timedelta(days=days - 1), 1)
    violence = np.full((calendar.days, 1), intensity)
    values = resolve_parameters(small_case(parameters={"own_repair": 0.0, **parameters}))
    return stocks_over_time(table, ["north"], violence, calendar, values)[:, 0]


def middle(*rows: Condition, **more: float) -> FloatArray:
    """Return (days) the middle of the dwellings that stand."""
    return path(*rows, **more)[:, HOUSING, 1]


def test_a_death_destroys_the_same_share_of_what_stands() -> None:
    """At 60 deaths per 100,000 and 30 days, 2 a day, and 0.1 % or 0.3 % a death: exp(-destruction x deaths)."""
    shares = {"housing_destruction": 0.001, "services_destruction": 0.003}
    stands = path(row("housing", 0.8), row("services", 0.5), intensity=60.0, **shares)[..., 1]
    deaths = 2.0 * np.arange(1, DAYS + 1)
    np.testing.assert_allclose(stands[:, HOUSING], 0.8 * np.exp(-0.001 * deaths))
    np.testing.assert_allclose(stands[:, SERVICES], 0.5 * np.exp(-0.003 * deaths))


def test_constant_money_rebuilds_the_same_share_of_what_is_destroyed() -> None:
    """300 dollars a year over a cost of 3,000 or 1,500, and 0.02 a year by own means: rates of 0.12 and 0.22."""
    given_rows = (row("housing", 0.3), row("services", 0.3), row("reconstruction", 300.0))
    costs = {"housing_cost": 3_000.0, "services_cost": 1_500.0, "own_repair": 0.02}
    stands = path(*given_rows, **costs)[..., 1]
    years = np.arange(1, DAYS + 1) / DAYS_PER_YEAR
    np.testing.assert_allclose(stands[:, HOUSING], 1 - 0.7 * np.exp(-0.12 * years))
    np.testing.assert_allclose(stands[:, SERVICES], 1 - 0.7 * np.exp(-0.22 * years))


def test_destruction_and_rebuilding_come_to_rest_where_they_balance() -> None:
    """A day keeps k = exp(-0.01 x 2) of what stands and c = exp(-3.6525/365.25) of what does not: by hand."""
    stands = middle(
        row("housing", 0.9), intensity=60.0, housing_destruction=0.01, own_repair=3.6525, days=2_000
    )  # fmt: skip
    kept, lasting = np.exp(-0.02), np.exp(-0.01)
    assert stands[-1] == pytest.approx((1 - lasting) / (1 - kept * lasting))
    assert (np.diff(stands) <= 1e-15).all()


def test_sanctions_hold_up_money_alone_and_want_of_access_everything() -> None:
    """Cost 3,000, 300 dollars a year, own repair 0.05: a rate of 0.15; with half held up 0.10; half reached 0.075."""
    paid = (row("housing", 0.2), row("reconstruction", 300.0))
    values = {"housing_cost": 3_000.0, "own_repair": 0.05}
    free = middle(*paid, **values)
    sanctioned = middle(*paid, row("sanctions", 0.5), **values)
    half_reached = middle(*paid, row("access", 0.5), **values)
    unreached = middle(*paid, row("access", 0.0), **values)
    year = DAYS / DAYS_PER_YEAR
    ends = [1 - 0.8 * np.exp(-rate * year) for rate in (0.15, 0.10, 0.075)]
    np.testing.assert_allclose([course[-1] for course in (free, sanctioned, half_reached)], ends)
    np.testing.assert_allclose(unreached, 0.2)


def test_money_that_comes_later_rebuilds_from_then_on() -> None:
    stands = middle(row("housing", 0.2), row("reconstruction", 3_000.0, day=100), housing_cost=3_000.0)
    np.testing.assert_allclose(stands[:100], 0.2)
    np.testing.assert_allclose(stands[-1], 1 - 0.8 * np.exp(-(DAYS - 100) / DAYS_PER_YEAR))


def test_nothing_is_known_before_the_first_row_and_a_later_one_sets_the_share_anew() -> None:
    stands = middle(row("housing", 0.8, day=50), row("housing", 0.6, day=200), own_repair=1.0)
    assert np.isnan(stands[:50]).all()
    a_day = np.exp(-1.0 / DAYS_PER_YEAR)
    assert stands[50] == pytest.approx(1 - 0.2 * a_day)
    assert stands[199] == pytest.approx(1 - 0.2 * a_day**150)
    assert stands[200] == pytest.approx(1 - 0.4 * a_day)
    assert np.isnan(path()).all()


def test_of_the_rows_before_the_start_the_last_counts_on_its_first_day() -> None:
    before = (row("housing", 0.9, day=-400), row("housing", 0.4, day=-30))
    assert middle(*before)[0] == 0.4


@given(
    ends=st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)).map(sorted),
    intensity=st.floats(0, 500),
    repair=st.floats(0, 3),
)
def test_low_middle_and_high_keep_their_order_and_stay_shares(
    ends: list[float], intensity: float, repair: float
) -> None:
    low, value, high = ends
    stands = path(row("housing", value, low=low, high=high), intensity=intensity, own_repair=repair, days=60)[
        :, HOUSING
    ]
    assert (np.diff(stands, axis=1) >= -1e-15).all()
    assert ((stands >= 0.0) & (stands <= 1.0)).all()


def test_stocks_are_the_first_conditions_of_home() -> None:
    assert STOCKS == ("housing", "services")


def test_crowding_is_people_over_the_dwellings_that_are_habitable() -> None:
    """1,000 people before the war; unknown housing or residents crowd nobody, nor do people fewer than dwellings."""
    before = np.array([1_000.0, 1_000.0, 1_000.0, np.nan, 1_000.0])
    present = np.array([900.0, 900.0, 900.0, 900.0, 0.0])
    housing = np.array([1.0, 0.3, np.nan, 0.5, 0.0])
    assert crowding(present, before, housing).tolist() == pytest.approx([1.0, 3.0, 1.0, 1.0, 1.0])


def test_where_hardly_a_dwelling_stands_crowding_stays_finite() -> None:
    full = crowding(np.array([10.0, 10.0]), np.array([1.0, 1.0]), np.array([0.0, 5e-324]))
    np.testing.assert_allclose(full, MOST_FILLED)
