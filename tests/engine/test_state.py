from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from homeward.engine.state import expected_start, start_state
from tests.courses import rules_of
from tests.small_case import small_case

RULES = rules_of(small_case(), frailty_classes=5.0)
TABLES = RULES.new_tables()


def test_everybody_is_in_one_frailty_class() -> None:
    state = start_state(RULES, TABLES, 1, 0)
    by_group = state.counts.reshape(-1, 5).sum(axis=1)
    np.testing.assert_array_equal(by_group, RULES.start_people)
    np.testing.assert_array_equal(state.census(5), RULES.start_people)
    assert state.people() == RULES.start_people.sum()


@pytest.mark.statistical
def test_frailty_is_drawn_multinomially() -> None:
    """Chi-square of 200 draws of each group, summed; false-alarm rate 1e-5 on either side."""
    total, degrees = 0.0, 0
    groups = np.flatnonzero(RULES.start_people)
    for replicate in range(200):
        counts = start_state(RULES, TABLES, 1, replicate).counts.reshape(-1, 5)[groups]
        expected = RULES.start_people[groups, None] * RULES.class_share
        total += float(((counts - expected) ** 2 / expected).sum())
        degrees += 4 * len(groups)
    assert 1e-5 < stats.chi2.sf(total, degrees) < 1 - 1e-5


def test_the_expected_start_has_equal_shares() -> None:
    state = expected_start(RULES, TABLES)
    shares = np.repeat(RULES.start_people / 5, 5)
    np.testing.assert_allclose(state.counts.astype(np.float64), shares)


def test_people_on_the_way_are_counted_where_they_will_arrive() -> None:
    state = start_state(RULES, TABLES, 1, 0)
    state.counts[0] -= 7
    state.ring[0, 12] += 7
    assert state.people() == RULES.start_people.sum()
    assert state.census(5)[2] == RULES.start_people[2] + 7
