from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from homeward.engine import draws
from homeward.engine.draws import (
    binomial,
    gamma_of_mean_one,
    hypergeometric,
    philox,
    standard_normal,
    uniform_pair,
)

ONE = np.uint64(1)
WORDS = st.integers(0, 2**32 - 1)
NAMES = st.integers(0, 2**64 - 1)
MANY = np.random.default_rng(7).integers(0, 2**64, size=20_000, dtype=np.uint64)

# Published with the generator's reference implementation (Random123, kat_vectors).
KNOWN = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]


def repeated(draw: Callable[[np.uint64], float]) -> list[float]:
    return [float(draw(name)) for name in MANY]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_philox_gives_the_published_answers(counter: list[int], key: list[int], words: list[int]) -> None:
    arguments = [np.uint64(value) for value in (*counter, *key)]
    assert [int(word) for word in philox(*arguments)] == words


@given(k0=WORDS, k1=WORDS, step=st.integers(0, 2**20 - 1), phase=st.integers(0, 15), node=WORDS, name=NAMES)
@settings(max_examples=200, deadline=None)
def test_uniforms_lie_in_range_and_plain_equals_compiled(
    k0: int, k1: int, step: int, phase: int, node: int, name: int
) -> None:
    key, halves = (np.uint64(k0), np.uint64(k1)), (np.uint64(name % 2**32), np.uint64(name >> 32))
    pair = uniform_pair(*key, step, phase, 3, np.uint64(node), np.uint64(name))
    words = philox.py_func(np.uint64(step | phase << 20 | 3 << 24), np.uint64(node), *halves, *key)
    bits = [(int(words[i]) >> 5 << 26) + (int(words[i + 1]) >> 6) for i in (0, 2)]
    assert pair == (bits[0] / 2**53, bits[1] / 2**53)
    assert all(0.0 <= value < 1.0 for value in pair)


@given(st.lists(st.tuples(st.integers(0, 255), WORDS, NAMES), min_size=1, max_size=20), WORDS)
@settings(max_examples=100, deadline=None)
def test_many_uniforms_at_once_are_those_of_their_addresses(rows: list[tuple[int, int, int]], key: int) -> None:
    k0 = np.uint64(key)
    counters = [draws.counter_word(9, 2, attempt) for attempt, _, _ in rows]
    counter, node_of, name_of = (
        np.array(column, dtype=np.uint64)
        for column in (counters, [node for _, node, _ in rows], [name for *_, name in rows])
    )
    first, second = np.zeros(len(rows)), np.zeros(len(rows))
    draws.uniforms(k0, ONE, counter, node_of, name_of, len(rows), first, second)
    alone = [uniform_pair(k0, ONE, 9, 2, tried, np.uint64(node), np.uint64(name)) for tried, node, name in rows]
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == alone


@given(n=st.one_of(st.integers(0, 50), st.integers(0, 10**15)), p=st.floats(0, 1), name=NAMES)
@settings(max_examples=300, deadline=None)
def test_binomial_is_in_range_and_plain_equals_compiled(n: int, p: float, name: int) -> None:
    address = (ONE, ONE, 11, 0, ONE, np.uint64(name))
    drawn = binomial(n, p, *address)
    assert 0 <= drawn <= n
    assert binomial.py_func(n, p, *address) == drawn


@given(good=st.integers(0, 10**6), bad=st.integers(0, 10**6), share=st.floats(0, 1), name=NAMES)
@settings(max_examples=200, deadline=None)
def test_hypergeometric_is_in_range_and_plain_equals_compiled(good: int, bad: int, share: float, name: int) -> None:
    taken = int(share * (good + bad))
    address = (ONE, ONE, 11, ONE, np.uint64(name))
    drawn = hypergeometric(good, bad, taken, *address)
    assert max(0, taken - bad) <= drawn <= min(good, taken)
    assert hypergeometric.py_func(good, bad, taken, *address) == drawn


def test_certain_outcomes_are_certain() -> None:
    address = (ONE, ONE, 11, 0, ONE, ONE)
    assert [binomial(9, p, *address) for p in (-1.0, 0.0, 1.0, 2.0)] == [0, 0, 9, 9]
    assert binomial(0, 0.5, *address) == 0
    assert hypergeometric(4, 6, 10, ONE, ONE, 1, ONE, ONE) == 4
    assert hypergeometric(4, 6, 0, ONE, ONE, 1, ONE, ONE) == 0
    assert gamma_of_mean_one(0.0, ONE, ONE, 1, ONE) == 1.0


@given(n=st.integers(1, 19), p=st.floats(0.01, 0.98), more=st.floats(0.0, 0.02), name=NAMES)
@settings(max_examples=300, deadline=None)
def test_inversion_is_monotone_in_the_probability(n: int, p: float, more: float, name: int) -> None:
    address = (ONE, ONE, 11, 0, ONE, np.uint64(name))
    assert binomial(n, p, *address) <= binomial(n, p + more, *address)


@given(u=st.floats(0, 1, exclude_max=True), v=st.floats(0, 1, exclude_max=True), p=st.floats(1e-6, 0.5))
@settings(max_examples=200, deadline=None)
def test_inversion_is_monotone_in_the_uniform(u: float, v: float, p: float) -> None:
    few, many = (draws._binomial_by_inversion(19, p, value) for value in sorted((u, v)))
    assert few <= many


@pytest.mark.statistical
@pytest.mark.parametrize(("n", "p"), [(6, 0.3), (30, 0.9), (40, 0.4), (10**6, 2e-6), (10**12, 0.25)])
def test_binomial_has_the_moments_of_its_law(n: int, p: float) -> None:
    """False-alarm rate 1e-6 each for mean and variance (|z| < 4.9); sees 2 % off from np = 4 on."""
    values = np.array(repeated(lambda name: binomial(n, p, ONE, ONE, 5, 0, ONE, name)))
    law, kurtosis = stats.binom(n, p), float(stats.binom.stats(n, p, moments="k"))
    spread = math.sqrt((kurtosis + 2.0) / len(values))
    assert abs(values.mean() - law.mean()) < 4.9 * law.std() / math.sqrt(len(values))
    assert abs(values.var() / law.var() - 1.0) < 4.9 * spread


@pytest.mark.statistical
@pytest.mark.parametrize(("good", "bad", "taken"), [(5, 5, 5), (300, 900, 200), (10**6, 10**5, 10**4)])
def test_hypergeometric_has_its_law(good: int, bad: int, taken: int) -> None:
    """Kolmogorov and Smirnov on randomised probabilities; false-alarm rate 1e-5 each."""
    values = np.array(repeated(lambda name: hypergeometric(good, bad, taken, ONE, ONE, 5, ONE, name)))
    law = stats.hypergeom(good + bad, good, taken)
    probabilities = law.cdf(values - 1) + np.random.default_rng(1).random(len(values)) * law.pmf(values)
    assert stats.kstest(probabilities, "uniform").pvalue > 1e-5


@pytest.mark.statistical
@pytest.mark.parametrize("variance", [0.01, 0.3, 1.0, 3.0])
def test_gamma_has_its_law(variance: float) -> None:
    """Kolmogorov and Smirnov; false-alarm rate 1e-5 each."""
    values = repeated(lambda name: gamma_of_mean_one(variance, ONE, ONE, 5, name))
    assert stats.kstest(values, stats.gamma(1 / variance, scale=variance).cdf).pvalue > 1e-5


@pytest.mark.statistical
def test_normal_has_its_law() -> None:
    """Kolmogorov and Smirnov; false-alarm rate 1e-5."""
    values = repeated(lambda name: standard_normal(ONE, ONE, 5, 0, ONE, name))
    assert stats.kstest(values, "norm").pvalue > 1e-5


def test_every_part_of_an_address_changes_the_draw() -> None:
    def drawn(k0: int, k1: int, step: int, phase: int, attempt: int, node: int, name: int) -> tuple[float, float]:
        key, address = (np.uint64(k0), np.uint64(k1)), (np.uint64(node), np.uint64(name))
        pair: tuple[float, float] = uniform_pair(*key, step, phase, attempt, *address)
        return pair

    plain = (1, 1, 5, 2, 0, 1, 1)
    changed = [(*plain[:part], plain[part] + 1, *plain[part + 1 :]) for part in range(len(plain))]
    pairs = {drawn(*address) for address in (plain, *changed)}
    assert len(pairs) == 1 + len(plain)
