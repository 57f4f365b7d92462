from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from homeward.case.schema import Case
from homeward.engine.state import expected_start, grow_older, people_by_group, start_state
from homeward.errors import InputError
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


def with_known_classes(case: Case, *classes: int | None) -> Case:
    """Return the case with every row of its population cut into equal parts, one for each class given."""
    rows = (
        row.model_copy(update={"people": row.people // len(classes), "frailty_class": known})
        for row in case.population
        for known in classes
    )
    return case.model_copy(update={"population": tuple(rows)})


def test_known_frailty_classes_are_kept_and_the_rest_is_drawn() -> None:
    rules = rules_of(with_known_classes(small_case(), 3, None), frailty_classes=5.0)
    tables = rules.new_tables()
    states = [start_state(rules, tables, 1, replicate).counts.reshape(-1, 5) for replicate in range(3)]
    halves = rules.start_people
    np.testing.assert_array_equal(rules.start_known.reshape(-1, 5), np.outer(halves, [0, 0, 0, 1, 0]))
    for counts in states:
        np.testing.assert_array_equal(counts.sum(axis=1), 2 * halves)
        assert (counts[:, 3] >= halves).all()
    assert not np.array_equal(states[0], states[1])
    expected = expected_start(rules, tables).counts.reshape(-1, 5)
    np.testing.assert_allclose(expected, np.outer(halves, [0.2, 0.2, 0.2, 1.2, 0.2]))


def test_people_of_known_classes_alone_are_the_same_in_every_replicate() -> None:
    rules = rules_of(with_known_classes(small_case(), 0, 4), frailty_classes=5.0)
    tables = rules.new_tables()
    one, other = (start_state(rules, tables, *address).counts for address in ((1, 0), (2, 7)))
    np.testing.assert_array_equal(one, other)
    assert one.sum() == sum(row.people for row in small_case().population)


def test_a_class_beyond_the_last_is_refused_with_every_row_that_has_one() -> None:
    with pytest.raises(InputError) as raised:
        rules_of(with_known_classes(small_case(), 4, 5), frailty_classes=5.0)
    rows = [(problem.file, problem.row) for problem in raised.value.problems]
    assert rows == [("population.csv", row) for row in (2, 4, 6, 8, 10)]
    assert "there is no frailty class 5" in raised.value.problems[0].what
    assert "from 0 to 4" in raised.value.problems[0].remedy


def test_people_on_the_way_are_counted_where_they_will_arrive() -> None:
    state = start_state(RULES, TABLES, 1, 0)
    state.counts[0] -= 7
    state.ring[0, 12] += 7
    assert state.people() == RULES.start_people.sum()
    assert state.census(5)[2] == RULES.start_people[2] + 7


def test_over_a_month_end_returnees_are_a_month_older_and_nobody_is_lost() -> None:
    state, groups, space = start_state(RULES, TABLES, 1, 0), RULES.groups, RULES.space
    state.counts[:] = np.arange(1, len(state.counts) + 1)
    before = state.counts.reshape(space.groups, 5).copy()
    state.ring[0, groups.returned * 5] = 9
    grow_older(state, space)
    after = state.counts.reshape(space.groups, 5)
    months, origins = groups.returnees, groups.origins
    old, new = (counts[groups.returned : groups.displaced].reshape(months, origins, 5) for counts in (before, after))
    assert (new[0] == 0).all()
    np.testing.assert_array_equal(new[1:-1], old[:-2])
    # Those of the last month that is followed join the settled ones, class by class.
    np.testing.assert_array_equal(new[-1], old[-1] + old[-2])
    np.testing.assert_array_equal(after[: groups.returned], before[: groups.returned])
    np.testing.assert_array_equal(after[groups.displaced :], before[groups.displaced :])
    # Whoever is still on the way will have returned in the month of the arrival.
    assert state.ring[0, groups.returned * 5] == 9


def test_after_thirteen_month_ends_everyone_who_came_back_is_settled() -> None:
    state, groups = start_state(RULES, TABLES, 1, 0), RULES.groups
    state.counts[:] = 0
    state.counts[groups.returned * 5 : (groups.returned + groups.origins) * 5] = 7
    settled = slice(groups.settled * 5, groups.displaced * 5)
    for _ in range(12):
        grow_older(state, RULES.space)
    assert state.counts[settled].sum() == 0
    grow_older(state, RULES.space)
    assert (state.counts[settled] == 7).all()
    assert state.people() == 7 * 5 * groups.origins


@pytest.mark.parametrize("kind", [np.int64, np.float64])
def test_people_are_summed_over_rows_and_over_the_classes_of_a_group(kind: type) -> None:
    people: np.ndarray = np.arange(24, dtype=kind).reshape(2, 12)
    np.testing.assert_array_equal(people_by_group(people, 3), people.reshape(2, 4, 3).sum(axis=(0, 2)))
