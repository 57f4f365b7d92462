"""Shapley values: games whose values are known in closed form, and what orders drawn at random may be wrong by."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.plan.shapley import EXACT_PLAYERS, Game, Shared, game_of

FloatArray = NDArray[np.float64]
Worth = Callable[[frozenset[str]], float]


def game(players: str, *, replicates: int = 1, seed: int = 1) -> Game[frozenset[str]]:
    """Return a game in which every coalition can do something of its own."""
    return game_of(players, lambda names: frozenset(names), replicates=replicates, seed=seed)


def shared(one: Game[frozenset[str]], worth: Worth, replicates: int = 1) -> Shared:
    """Share out a worth that is the same in all replicates."""
    return one.shared(lambda names, _: np.array(worth(names)), replicates)


def alone(values: FloatArray) -> float:
    """Return the value of a single replicate."""
    assert values.shape == (1,)
    return float(values[0])


def value_of(players: str, worth: Worth) -> dict[str, float]:
    return {name: alone(value) for name, value in zip(players, shared(game(players), worth).values, strict=True)}


def test_the_owner_of_the_only_left_glove_has_two_thirds_of_the_pair() -> None:
    found = value_of("lrs", lambda names: float("l" in names and len(names) > 1))
    assert found == pytest.approx({"l": 2 / 3, "r": 1 / 6, "s": 1 / 6})


def test_each_pays_an_equal_part_of_every_stretch_of_the_runway_that_it_uses() -> None:
    """The airport game: phi_i is the sum over stretches k up to i of (c_k - c_(k-1)) / (players who need it)."""
    cost = {"a": 1.0, "b": 4.0, "c": 4.5, "d": 10.0}
    found = value_of("abcd", lambda names: max((cost[name] for name in names), default=0.0))
    stretches = [1.0 / 4, 3.0 / 3, 0.5 / 2, 5.5 / 1]
    assert [found[name] for name in "abcd"] == pytest.approx(np.cumsum(stretches))


@pytest.mark.parametrize("needed", ["a", "ab", "bde", "abcde"])
def test_those_without_whom_there_is_nothing_share_it_alike_and_the_others_have_none(needed: str) -> None:
    found = value_of("abcde", lambda names: 7.0 * (names >= set(needed)))
    assert found == pytest.approx({name: 7.0 / len(needed) * (name in needed) for name in "abcde"})


def test_where_nobody_needs_another_each_has_its_own_worth_and_no_pair_interacts() -> None:
    own = dict(zip("abcde", (3.0, -1.0, 0.0, 10.0, 0.5), strict=True))
    result = shared(game("abcde"), lambda names: 100.0 + sum(own[name] for name in names))
    assert list(map(alone, result.values)) == pytest.approx(list(own.values()))
    assert len(result.pairs) == 10
    assert all(abs(alone(value)) < 1e-12 for value in result.pairs.values())
    assert np.isnan(result.error).all()


def test_a_pair_that_can_only_do_it_together_interacts_by_all_of_it_and_rivals_by_its_loss() -> None:
    """Unanimity of a pair: 1 whoever else is there. Two who can do the same: -1."""
    both = shared(game("abcd"), lambda names: float(names >= {"a", "c"})).pairs
    assert {pair: alone(value) for pair, value in both.items() if abs(alone(value)) > 1e-12} == {
        (0, 2): pytest.approx(1.0)
    }
    either = shared(game("abcd"), lambda names: float(bool(names & {"a", "c"}))).pairs
    assert {pair: alone(value) for pair, value in either.items() if abs(alone(value)) > 1e-12} == {
        (0, 2): pytest.approx(-1.0)
    }


def test_interactions_of_a_unanimity_game_are_spread_over_its_pairs() -> None:
    """Of t who are all needed, each pair has 1 / (t - 1) (Grabisch and Roubens 1999)."""
    found = shared(game("abcde"), lambda names: float(names >= set("abcd"))).pairs
    assert [alone(found[pair]) for pair in combinations(range(4), 2)] == pytest.approx([1 / 3] * 6)
    assert [alone(found[one, 4]) for one in range(4)] == pytest.approx([0.0] * 4, abs=1e-12)


@st.composite
def worths(draw: st.DrawFn, most: int = 6) -> tuple[str, dict[frozenset[str], float]]:
    players = "abcdef"[: draw(st.integers(1, most))]
    sets = [frozenset(members) for size in range(len(players) + 1) for members in combinations(players, size)]
    numbers = st.integers(-1_000_000, 1_000_000).map(float)
    return players, dict(zip(sets, draw(st.lists(numbers, min_size=len(sets), max_size=len(sets))), strict=True))


def by_definition(players: str, worth: dict[frozenset[str], float], player: str) -> float:
    n, total = len(players), 0.0
    for names, value in worth.items():
        if player not in names:
            weight = math.factorial(len(names)) * math.factorial(n - len(names) - 1) / math.factorial(n)
            total += weight * (worth[names | {player}] - value)
    return total


@settings(max_examples=150, deadline=None)
@given(worths())
def test_values_are_those_of_the_definition_and_add_up_to_the_whole(
    drawn: tuple[str, dict[frozenset[str], float]],
) -> None:
    players, worth = drawn
    found = value_of(players, worth.__getitem__)
    assert found == pytest.approx({name: by_definition(players, worth, name) for name in players}, abs=1e-6)
    assert sum(found.values()) == pytest.approx(worth[frozenset(players)] - worth[frozenset()], abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(worths(most=5), st.randoms(use_true_random=False))
def test_who_adds_nothing_has_nothing_and_who_is_alike_has_the_same(
    drawn: tuple[str, dict[frozenset[str], float]],
    random: st.random.Random,  # type: ignore[name-defined]
) -> None:
    """``y`` does nothing, and ``x`` and ``z`` count only by how many of them there are."""
    players, worth = drawn
    more = [random.uniform(-10.0, 10.0) for _ in range(3)]
    found = value_of(players + "xyz", lambda names: worth[names - set("xyz")] * more[len(names & {"x", "z"})])
    assert found["y"] == pytest.approx(0.0, abs=1e-6)
    assert found["x"] == pytest.approx(found["z"], rel=1e-9, abs=1e-6)


def test_each_replicate_and_each_quantity_is_shared_out_by_itself() -> None:
    """Worth (size, 2) in the first replicate, (size squared, 0) in the second: one each, then two together more."""
    one = game("ab", replicates=2)

    def worth(names: frozenset[str], replicate: int) -> FloatArray:
        return np.array([[len(names), 2.0], [len(names) ** 2, 0.0]][replicate])

    found = one.shared(worth, 2)
    assert found.values.tolist() == [[[1.0, 0.0], [2.0, 0.0]]] * 2
    assert found.pairs[0, 1].tolist() == [[0.0, 0.0], [2.0, 0.0]]
    # Two replicates, 1 and 2: standard deviation 1 / sqrt(2), over the square root of two.
    np.testing.assert_allclose(found.error, [[0.5, 0.0]] * 2)


def test_nobody_shares_nothing() -> None:
    nobody = game("")
    assert nobody.sets(0) == {frozenset()}
    found = shared(nobody, lambda _: 5.0, 3)
    assert (found.values.shape, found.error.shape, found.pairs) == ((0, 3), (0,), {})


def test_coalitions_that_can_do_the_same_are_asked_once() -> None:
    """Seven parties, of whom two hold a lever each: four sets."""
    one = game_of("abcdefg", lambda names: frozenset(names) & {"c", "g"}, replicates=1)
    assert one.exact
    assert len(one.sets(0)) == 4
    assert list(map(alone, shared(one, lambda names: float(len(names))).values)) == [0, 0, 1, 0, 0, 0, 1]


@pytest.mark.parametrize("players", [EXACT_PLAYERS, EXACT_PLAYERS + 1])
def test_up_to_eight_players_all_coalitions_are_asked_and_beyond_those_of_one_order_a_replicate(players: int) -> None:
    one = game("abcdefghij"[:players], replicates=3)
    assert one.exact is (players <= EXACT_PLAYERS)
    asked = [one.sets(replicate) for replicate in range(3)]
    if one.exact:
        assert [len(sets) for sets in asked] == [2**EXACT_PLAYERS] * 3
    else:
        assert [sorted(map(len, sets)) for sets in asked] == [list(range(players + 1))] * 3
        assert len({frozenset(sets) for sets in asked}) == 3


# Orders drawn at random

TEN = "abcdefghij"
WEIGHT = dict(zip(TEN, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0), strict=True))


def crooked(names: frozenset[str]) -> float:
    """Return the worth of a game without symmetry; a pair of orders is exact for whatever two do together."""
    total = sum(WEIGHT[name] for name in names)
    return (
        0.01 * total**3
        - 0.3 * total**2
        + 40.0 * (names >= set("adg"))
        - 250.0 * (names >= set("bj") and "e" not in names)
    )


EXACT = shared(Game(tuple(TEN), lambda names: frozenset(names), None), crooked).values[:, 0]


def z_scores(seed: int, exact: FloatArray = EXACT, replicates: int = 80) -> FloatArray:
    """Return the distance of every value from an exact one, in standard errors."""
    found = shared(game(TEN, replicates=replicates, seed=seed), crooked, replicates)
    np.testing.assert_allclose(found.values.sum(axis=0), crooked(frozenset(TEN)))
    scores: FloatArray = (found.values.mean(axis=1) - exact) / found.error
    return scores


@pytest.mark.statistical
def test_drawn_orders_add_up_and_lie_within_their_error_of_the_exact_values() -> None:
    """4.9 standard errors of 40 pairs of orders; false-alarm rate 2e-4 over the players (Student's t, Bonferroni).

    The control takes the value of one player for 30 % of the range of all too high.
    """
    assert np.abs(z_scores(1)).max() < 4.9
    moved = EXACT.copy()
    moved[2] += 0.3 * (EXACT.max() - EXACT.min())
    assert np.abs(z_scores(1, moved)).max() > 4.9


@pytest.mark.statistical
@pytest.mark.parametrize("replicates", [4, 5])
def test_few_drawn_orders_are_not_wrong_on_average_and_know_how_wrong_they_are(replicates: int) -> None:
    """600 seeds; false-alarm rate 1e-5 over all players (Bonferroni, normal).

    The mean of squared errors as told is that of the values over seeds within 20 %, over four standard errors of a
    ratio of variances from 1,200 pairs; of five orders the last has no reverse, so that its error is told too small.
    """
    games = [game(TEN, replicates=replicates, seed=seed) for seed in range(600)]
    results = [shared(one, crooked, replicates) for one in games]
    means = np.array([result.values.mean(axis=1) for result in results])
    error = means.std(axis=0, ddof=1) / math.sqrt(len(means))
    assert np.abs((means.mean(axis=0) - EXACT) / error).max() < 4.9
    told = np.mean([result.error**2 for result in results], axis=0)
    ratio = told / means.var(axis=0, ddof=1)
    if replicates == 4:
        assert np.abs(ratio - 1.0).max() < 0.2


@pytest.mark.statistical
def test_where_replicates_differ_their_chance_is_in_the_error() -> None:
    """Each replicate adds noise of its own to what one player brings; false-alarm rate 1e-6 (chi-squared)."""
    noise = np.random.default_rng(3).normal(0.0, 1000.0, 400)
    one = game(TEN, replicates=400)
    found = one.shared(lambda names, number: np.array(noise[number] * ("a" in names)), 400)
    assert found.error[0] == pytest.approx(1000.0 / math.sqrt(400), rel=0.3)
    assert found.error[1:].max() == 0.0


def test_every_other_order_is_the_reverse_of_the_one_before_and_a_seed_draws_the_same() -> None:
    one, two, other = (game(TEN, replicates=5, seed=seed) for seed in (1, 1, 2))
    assert one.orders is not None
    assert two.orders is not None
    assert other.orders is not None
    assert one.orders.shape == (5, 10)
    assert (one.orders[[0, 2]] == one.orders[[1, 3], ::-1]).all()
    assert one.orders.tolist() == two.orders.tolist() != other.orders.tolist()
    fewer = game(TEN, replicates=2).orders
    assert fewer is not None
    assert fewer.tolist() == one.orders[:2].tolist()
    assert shared(one, crooked, 5).pairs == {}


@pytest.mark.parametrize("replicates", [1, 2, 3])
def test_fewer_than_two_pairs_of_orders_have_no_error_that_looks_like_none(replicates: int) -> None:
    found = shared(game(TEN, replicates=replicates), crooked, replicates)
    assert np.isnan(found.error).all()
    assert np.isfinite(found.values).all()
