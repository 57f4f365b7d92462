from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from homeward.case.schema import Basis, Case, Condition
from homeward.engine.shocks import Shocks
from homeward.rules.homeward.conditions import NORMAL_90, graded, in_range, period_at, rows_of
from tests.courses import rules_of
from tests.small_case import small_case

SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}
RANGE = np.array([0.3, 0.4, 0.7])


def condition(place: str, day: date, indicator: str, value: float, **ends: float) -> Condition:
    return Condition(place=place, date=day, indicator=indicator, value=value, **ends, **SAID)


def case_with(*conditions: Condition) -> Case:
    return small_case().model_copy(update={"conditions": conditions})


def test_the_ends_of_a_range_are_its_5_and_95_percent_quantiles() -> None:
    assert stats.norm.cdf(NORMAL_90) == pytest.approx(0.95)
    scores = np.array([-1.645, 0.0, 1.645])
    np.testing.assert_allclose(in_range(np.tile(RANGE, (3, 1)), scores), RANGE, atol=1e-4)
    drawn = in_range(np.tile(RANGE, (9_999, 1)), stats.norm.ppf(np.arange(1, 10_000) / 10_000))
    np.testing.assert_allclose(np.quantile(drawn, [0.05, 0.5, 0.95]), RANGE, atol=1e-3)


def test_values_beyond_nought_and_one_are_clipped_and_unknown_ones_stay_unknown() -> None:
    ranges = np.array([[0.0, 0.1, 0.4], [0.7, 0.9, 1.0], [np.nan, np.nan, np.nan]])
    assert in_range(ranges, np.full(3, -5.0))[:2].tolist() == pytest.approx([0.0, 0.9 - 0.2 * 5 / NORMAL_90])
    assert in_range(ranges, np.full(3, 5.0))[1] == 1.0
    assert np.isnan(in_range(ranges, np.zeros(3))[2])


@given(
    ends=st.tuples(*[st.floats(0, 1)] * 3).map(sorted),
    scores=st.tuples(st.floats(-6, 6), st.floats(-6, 6)).map(sorted),
)
def test_values_rise_with_the_score_and_are_the_middle_at_none(ends: list[float], scores: list[float]) -> None:
    low, high = in_range(np.array([ends, ends]), np.array(scores))
    assert low <= high
    assert in_range(np.array([ends]), np.zeros(1))[0] == ends[1]


def test_a_row_without_a_range_has_no_width_and_one_end_alone_is_kept() -> None:
    day = date(2012, 3, 1)
    case = case_with(
        condition("north", day, "documents", 0.4),
        condition("south", day, "documents", 0.4, low=0.1),
        condition("east", day, "documents", 0.4, high=0.9),
    )
    places = [(name, "ORI") for name in ("north", "south", "east")]
    series = graded(rows_of(case), places, ["documents"], before=0.2)
    assert series.values[1, :, 0].tolist() == [[0.4, 0.4, 0.4], [0.1, 0.4, 0.4], [0.4, 0.4, 0.9]]
    assert (series.values[0] == 0.2).all()
    assert series.at(day, np.full((3, 1), NORMAL_90)).ravel().tolist() == pytest.approx([0.4, 0.4, 0.9])
    assert series.middle(day).ravel().tolist() == [0.4, 0.4, 0.4]


def test_periods_are_counted_from_the_first_date() -> None:
    dates = (date(2012, 3, 1), date(2012, 6, 1))
    days = (date(2012, 2, 29), date(2012, 3, 1), date(2012, 5, 31), date(2012, 6, 1), date(2013, 1, 1))
    assert [period_at(dates, day) for day in days] == [0, 1, 1, 2, 2]


def test_how_far_conditions_lie_from_their_middle_is_drawn_once_a_replicate() -> None:
    """And reaches the decision: with a range of housing the hazards of two replicates differ, without they do not."""

    def hazards(replicate: int, **ends: float) -> list[float]:
        case = case_with(condition("north", date(2012, 1, 1), "documents", 0.5, **ends))
        rules = rules_of(case, return_weight_documents=2.0, return_shock_variance=0.0, host_year_variance=0.0)
        tables, shocks = rules.new_tables(), Shocks(rules.shock_families, rules.calendar, 1, replicate)
        kind = tables.move.kinds.index("return")
        city = rules.space.group(rules.space.origins.index("north"), rules.space.places.index("city"), "refugee")
        found = []
        for block in rules.blocks[:12]:
            scores = shocks.of(block)
            tables.memory.clear()
            rules.fill(tables, block, rules.start_people.astype(np.float64), scores)
            by_kind = np.diff(tables.move.kind_cumulative[city * rules.space.classes], prepend=0.0)
            found.append(float(by_kind[kind]))
        return found

    plain = hazards(0)
    assert hazards(1) == plain
    ratios = [np.array(hazards(k, low=0.2, high=0.8)) / plain for k in (0, 1)]
    for ratio in ratios:
        np.testing.assert_allclose(ratio, ratio[0])
    assert abs(ratios[0][0] - ratios[1][0]) > 0.01
