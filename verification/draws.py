"""Every distribution that the engine draws from, against SciPy.

Each draw is turned into its probability (for counts: a uniform point within the step of the distribution
function), which is uniform if the law is right, and the sample is tested by Kolmogorov and Smirnov. False
alarms: 1 % over all tests together (Bonferroni). Negative control: the same binomials held against a
probability 2 % off must fail wherever 2 % can be seen at all, that is, where the shift of the mean is at
least 0.06 standard deviations.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from homeward.engine.draws import binomial, gamma_of_mean_one, hypergeometric, standard_normal
from verification.tables import show

__all__ = ["main"]

FloatArray = NDArray[np.float64]

ALARM_RATE = 0.01
DRAWS = 100_000
FEWER_DRAWS = 20_000
OFF = 1.02
SEED = 20_261_123
ONE = np.uint64(1)

BINOMIALS = [
    (1, 0.5), (1, 1e-3), (5, 0.9), (12, 0.3), (19, 0.5), (20, 0.499), (40, 0.25), (100, 0.0999),
    (100, 0.1001), (100, 0.9001), (1_000, 1e-3), (1_000, 0.02), (10_000, 0.5), (10_000, 0.999),
    (10**6, 1e-6), (10**6, 1e-3), (10**6, 0.7), (10**9, 1e-9), (10**9, 2e-8), (10**9, 1e-4), (10**11, 0.3),
    (10**13, 1e-12), (10**13, 1e-6), (10**13, 0.6), (10**13, 1.0 - 1e-12),
]  # fmt: skip
HYPERGEOMETRICS = [
    (1, 1, 1), (5, 5, 5), (10, 3, 8), (3, 200, 60), (500, 500, 200), (1_000, 20, 900), (20, 5_000, 4_000),
    (10**6, 10**6, 10**4), (10**5, 10**7, 10**6),
]  # fmt: skip
VARIANCES = [1e-6, 0.01, 0.15, 0.5, 1.0, 1.5, 4.0, 20.0]


def main() -> bool:
    """Test, print the smallest p values, and return whether all laws hold and the control does not."""
    rng = np.random.default_rng(SEED)
    right = {(n, p): _binomial_p(n, p, p, rng) for n, p in BINOMIALS}
    families = {
        "binomial": [right[pair] for pair in BINOMIALS],
        "hypergeometric": [_hypergeometric_p(*numbers, rng) for numbers in HYPERGEOMETRICS],
        "gamma of mean 1": [_gamma_p(variance) for variance in VARIANCES],
        "normal": [_uniform_p(stats.norm.cdf(_repeat(lambda k: standard_normal(ONE, ONE, 3, 0, ONE, k))))],
    }
    threshold = ALARM_RATE / sum(len(values) for values in families.values())
    visible = [(n, p) for n, p in BINOMIALS if _shift(n, p) > 0.06]
    wrong = [_binomial_p(n, p, _off(p), rng) for n, p in visible]
    rows = [(name, len(values), min(values), threshold) for name, values in families.items()]
    rows.append((f"binomial, p {OFF - 1:.0%} off", len(wrong), max(wrong), threshold))
    show(
        "Draws against SciPy: the smallest p of each distribution, the largest of the control",
        ("distribution", "tests", "p", "alarm below"),
        rows,
    )
    smallest = min(min(values) for values in families.values())
    return smallest > threshold > max(wrong)


def _off(p: float) -> float:
    """Return the probability with the rarer outcome 2 % more likely."""
    return p * OFF if p <= 0.5 else 1.0 - (1.0 - p) * OFF


def _shift(n: int, p: float) -> float:
    rarer = min(p, 1.0 - p)
    return (OFF - 1.0) * n * rarer / float(np.sqrt(n * rarer * (1.0 - rarer)))


def _repeat(draw: Callable[[np.uint64], float], times: int = DRAWS) -> FloatArray:
    names = np.random.default_rng(SEED).integers(0, 2**64, size=times, dtype=np.uint64)
    return np.array([draw(name) for name in names], dtype=np.float64)


def _uniform_p(probabilities: FloatArray) -> float:
    return float(stats.kstest(probabilities, "uniform").pvalue)


def _spread_within_steps(law: stats.rv_frozen, values: FloatArray, rng: np.random.Generator) -> FloatArray:
    uniform: FloatArray = law.cdf(values - 1) + rng.random(len(values)) * law.pmf(values)
    return uniform


def _binomial_p(n: int, p: float, against: float, rng: np.random.Generator) -> float:
    def draw(name: np.uint64) -> float:
        return float(binomial(n, p, ONE, ONE, 7, 0, ONE, name))

    # Counting the rarer outcome keeps SciPy's distribution function exact where p is next to one.
    values = _repeat(draw) if p <= 0.5 else n - _repeat(draw)
    rarer = against if p <= 0.5 else 1.0 - against
    return _uniform_p(_spread_within_steps(stats.binom(n, rarer), values, rng))


def _hypergeometric_p(good: int, bad: int, taken: int, rng: np.random.Generator) -> float:
    def draw(name: np.uint64) -> float:
        return float(hypergeometric(good, bad, taken, ONE, ONE, 7, ONE, name))

    values = _repeat(draw, FEWER_DRAWS)
    return _uniform_p(_spread_within_steps(stats.hypergeom(good + bad, good, taken), values, rng))


def _gamma_p(variance: float) -> float:
    values = _repeat(lambda name: gamma_of_mean_one(variance, ONE, ONE, 5, name))
    return _uniform_p(stats.gamma.cdf(values, 1.0 / variance, scale=variance))
