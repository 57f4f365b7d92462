"""Random draws as functions of their address.

A draw depends on the seed, the replicate, the step, the phase, the hashed name of the situation and a node or try
number, and on nothing else: no stream is consumed, so the order of places, threads and other replicates never
matters. The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as
1, 2, 3", SC11). Key: (seed, replicate). Counter: (step | phase << 20 | try << 24, node, id low, id high).

Binomials are drawn by inversion below 10 expected and by transformed rejection with squeeze above (Hörmann 1993,
"The generation of binomial random variates", J. Statistical Computation and Simulation 46), with the logarithms
arranged as in his BTRD so that they stay exact to 1e-4 for a million million people.

The functions are plain Python that Numba compiles; all bit arithmetic is on uint64, since a mixture with signed
integers becomes a float there. With ``NUMBA_DISABLE_JIT=1`` the same text runs uncompiled and gives the same bits.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from homeward.rules.compiled import jit

__all__ = [
    "MAX_STEPS",
    "PHASE_ADMISSION",
    "PHASE_BIRTH",
    "PHASE_CHOICE",
    "PHASE_KIND",
    "PHASE_LEAVE",
    "PHASE_START",
    "PHASE_STATUS",
    "UNIFORMS",
    "as_variable",
    "binomial",
    "binomial_from",
    "counter_word",
    "gamma_of_mean_one",
    "hypergeometric",
    "philox",
    "standard_normal",
    "uniform_pair",
    "uniforms",
]

MAX_STEPS: Final = 2**20
"""Steps of a run that an address can tell apart: 2,870 years of days."""

# Phases of the address. Draws of the monthly phase add PHASE_STATUS; the choice of a destination adds the kind.
PHASE_LEAVE: Final = 0
PHASE_KIND: Final = 1
PHASE_CHOICE: Final = 2
PHASE_STATUS: Final = 3
PHASE_BIRTH: Final = 6
PHASE_ADMISSION: Final = 7
PHASE_START: Final = 8
PHASE_SHOCK: Final = 9

_MULTIPLIER_0: Final = np.uint64(0xD2511F53)
_MULTIPLIER_1: Final = np.uint64(0xCD9E8D57)
_WEYL_0: Final = np.uint64(0x9E3779B9)
_WEYL_1: Final = np.uint64(0xBB67AE85)
_MASK: Final = np.uint64(0xFFFFFFFF)
_S5: Final = np.uint64(5)
_S6: Final = np.uint64(6)
_S20: Final = np.uint64(20)
_S24: Final = np.uint64(24)
_S32: Final = np.uint64(32)
UNIFORMS: Final = 9007199254740992.0
"""How many different uniforms there are, 2**53."""
_TO_UNIT: Final = 1.0 / UNIFORMS
_INVERSION_LIMIT: Final = 10.0


@jit
def as_variable(value: int) -> int:
    """Return the value as a variable: Numba compiles a function anew for every literal it is called with."""
    return value


@jit
def philox(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the four 32-bit words (each in a uint64) of Philox4x32-10 for a counter and a key."""
    for _ in range(10):
        p0 = _MULTIPLIER_0 * c0
        p1 = _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = (p1 >> _S32) ^ c1 ^ k0, p1 & _MASK, (p0 >> _S32) ^ c3 ^ k1, p0 & _MASK
        k0 = (k0 + _WEYL_0) & _MASK
        k1 = (k1 + _WEYL_1) & _MASK
    return c0, c1, c2, c3


@jit
def uniform_pair(
    k0: np.uint64, k1: np.uint64, step: int, phase: int, attempt: int, node: np.uint64, name: np.uint64
) -> tuple[float, float]:
    """Return two uniforms in [0, 1), with 53 bits each, for an address.

    ``step`` < 2**20, ``phase`` < 16, ``attempt`` < 256, ``node`` < 2**32, ``name`` any 64-bit hash.
    """
    w0, w1, w2, w3 = philox(counter_word(step, phase, attempt), node, name & _MASK, name >> _S32, k0, k1)
    first = (float(w0 >> _S5) * 67108864.0 + float(w1 >> _S6)) * _TO_UNIT
    second = (float(w2 >> _S5) * 67108864.0 + float(w3 >> _S6)) * _TO_UNIT
    return first, second


@jit
def uniforms(
    k0: np.uint64,
    k1: np.uint64,
    counter: NDArray[np.uint64],
    node: NDArray[np.uint64],
    name: NDArray[np.uint64],
    count: int,
    first: NDArray[np.float64],
    second: NDArray[np.float64],
) -> None:
    """Fill ``first`` and ``second`` with the uniform pairs of the first ``count`` addresses.

    ``counter`` holds the first word of each address, as :func:`counter_word` gives it. The same bits as
    :func:`uniform_pair`; written out without calls or branches, so that the compiler works on eight at a time.
    """
    for i in range(count):
        c0, c1, c2, c3 = counter[i], node[i], name[i] & _MASK, name[i] >> _S32
        key0, key1 = k0, k1
        for _ in range(10):
            p0 = _MULTIPLIER_0 * c0
            p1 = _MULTIPLIER_1 * c2
            c0, c1, c2, c3 = (p1 >> _S32) ^ c1 ^ key0, p1 & _MASK, (p0 >> _S32) ^ c3 ^ key1, p0 & _MASK
            key0 = (key0 + _WEYL_0) & _MASK
            key1 = (key1 + _WEYL_1) & _MASK
        first[i] = (float(c0 >> _S5) * 67108864.0 + float(c1 >> _S6)) * _TO_UNIT
        second[i] = (float(c2 >> _S5) * 67108864.0 + float(c3 >> _S6)) * _TO_UNIT


@jit
def counter_word(step: int, phase: int, attempt: int) -> np.uint64:
    """Return the first word of an address: step (below 2**20), phase (below 16) and try (below 256)."""
    return np.uint64(step) | (np.uint64(phase) << _S20) | (np.uint64(attempt) << _S24)


@jit
def binomial(
    n: int,
    p: float,
    k0: np.uint64,
    k1: np.uint64,
    step: int,
    phase: int,
    node: np.uint64,
    name: np.uint64,
) -> int:
    """Return how many of ``n`` (0 to 1e15) succeed with probability ``p``; exact in law to rounding.

    A probability at or beyond 0 or 1 costs no draw.
    """
    if n <= 0 or p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    u, v = uniform_pair(k0, k1, step, phase, 0, node, name)
    return binomial_from(u, v, n, p, k0, k1, step, phase, node, name)


@jit
def binomial_from(
    u: float,
    v: float,
    n: int,
    p: float,
    k0: np.uint64,
    k1: np.uint64,
    step: int,
    phase: int,
    node: np.uint64,
    name: np.uint64,
) -> int:
    """Return the same as :func:`binomial`, given the uniform pair of try 0 of the address."""
    if n <= 0 or p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    q = min(p, 1.0 - p)
    if n * q < _INVERSION_LIMIT:
        # Counting from the same end as p keeps the draw monotone in u for every p.
        few = _binomial_by_inversion(n, q, u if p <= 0.5 else 1.0 - _TO_UNIT - u)
    else:
        few = _binomial_by_rejection(u, v, n, q, k0, k1, step, phase, node, name)
    return few if p <= 0.5 else n - few


@jit
def _binomial_by_inversion(n: int, p: float, u: float) -> int:
    # (1 - p)^n is at least 1 - n p, so most of the rare cases are settled without a logarithm.
    if u < 1.0 - n * p:
        return 0
    mass = math.exp(n * math.log1p(-p))
    odds = p / (1.0 - p)
    k = 0
    while u >= mass and k < n and mass > 0.0:
        u -= mass
        k += 1
        mass *= odds * (n - k + 1) / k
    return k


@jit
def _stirling_tail(k: float) -> float:
    """Return log(k!) minus its Stirling formula in the form that the rejection uses."""
    if k < 10.0:
        return math.log(_small_factorial(k)) - (k + 0.5) * math.log(k + 1.0) + (k + 1.0) - 0.91893853320467274178
    square = (k + 1.0) * (k + 1.0)
    return (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / (k + 1.0)


@jit
def _small_factorial(k: float) -> float:
    product = 1.0
    while k > 1.0:
        product *= k
        k -= 1.0
    return product


@jit
def _binomial_by_rejection(
    u: float,
    v: float,
    n: int,
    p: float,
    k0: np.uint64,
    k1: np.uint64,
    step: int,
    phase: int,
    node: np.uint64,
    name: np.uint64,
) -> int:
    size = float(n)
    spread = math.sqrt(size * p * (1.0 - p))
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * p
    centre = size * p + 0.5
    squeeze = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * spread
    odds = p / (1.0 - p)
    mode = math.floor((size + 1.0) * p)
    at_mode = (
        (mode + 0.5) * math.log((mode + 1.0) / (odds * (size - mode + 1.0)))
        + _stirling_tail(mode)
        + _stirling_tail(size - mode)
    )
    k = mode
    for attempt in range(256):
        if attempt > 0:
            u, v = uniform_pair(k0, k1, step, phase, attempt, node, name)
        u -= 0.5
        edge = 0.5 - abs(u)
        if edge <= 0.0:
            continue
        k = math.floor((2.0 * a / edge + b) * u + centre)
        if k < 0.0 or k > size:
            continue
        if edge >= 0.07 and v <= squeeze:
            break
        if v <= 0.0:
            break
        height = math.log(v * alpha / (a / (edge * edge) + b))
        bound = (
            at_mode
            + (size + 1.0) * math.log1p((k - mode) / (size - k + 1.0))
            + (k + 0.5) * math.log(odds * (size - k + 1.0) / (k + 1.0))
            - _stirling_tail(k)
            - _stirling_tail(size - k)
        )
        if height <= bound:
            break
    return int(k)


@jit
def _log_factorial(n: float) -> float:
    return 0.91893853320467274178 + (n + 0.5) * math.log(n + 1.0) - (n + 1.0) + _stirling_tail(n)


@jit
def hypergeometric(
    good: int, bad: int, taken: int, k0: np.uint64, k1: np.uint64, step: int, node: np.uint64, name: np.uint64
) -> int:
    """Return how many of ``taken`` people, drawn without replacement, are among the ``good``.

    By inversion outward from the mode: steps of the order of the standard deviation.
    Exact in law to about 1e-3 for up to 1e11 people; beyond, the mass at the mode loses its digits.
    """
    lowest = max(0, taken - bad)
    highest = min(good, taken)
    if lowest >= highest:
        return lowest
    total = float(good) + float(bad)
    mode = math.floor((taken + 1.0) * (good + 1.0) / (total + 2.0))
    mode = min(max(mode, lowest), highest)
    mass = math.exp(
        _log_factorial(float(good)) - _log_factorial(float(mode)) - _log_factorial(float(good - mode))
        + _log_factorial(float(bad)) - _log_factorial(float(taken - mode))
        - _log_factorial(float(bad - taken + mode))
        - _log_factorial(total) + _log_factorial(float(taken)) + _log_factorial(total - taken)
    )  # fmt: skip
    u, _ = uniform_pair(k0, k1, step, PHASE_ADMISSION, 0, node, name)
    if u < mass:
        return mode
    u -= mass
    up, down = mode, mode
    mass_up, mass_down = mass, mass
    while True:
        grown = False
        if up < highest and mass_up > 0.0:
            mass_up *= float(good - up) * float(taken - up) / (float(up + 1) * float(bad - taken + up + 1))
            up += 1
            if u < mass_up:
                return up
            u -= mass_up
            grown = True
        if down > lowest and mass_down > 0.0:
            mass_down *= float(down) * float(bad - taken + down)
            mass_down /= float(good - down + 1) * float(taken - down + 1)
            down -= 1
            if u < mass_down:
                return down
            u -= mass_down
            grown = True
        if not grown:
            return mode


@jit
def standard_normal(k0: np.uint64, k1: np.uint64, step: int, attempt: int, node: np.uint64, name: np.uint64) -> float:
    """Return a standard normal variate by Box and Muller (1958) for an address in the phase of shocks."""
    u, v = uniform_pair(k0, k1, step, PHASE_SHOCK, attempt, node, name)
    return math.sqrt(-2.0 * math.log(1.0 - u)) * math.cos(2.0 * math.pi * v)


@jit
def gamma_of_mean_one(variance: float, k0: np.uint64, k1: np.uint64, step: int, name: np.uint64) -> float:
    """Return a gamma variate with mean 1 and the given variance (0: exactly 1).

    Marsaglia and Tsang 2000, "A simple method for generating gamma variables", ACM TOMS 26, with their boost for
    shapes below one.
    """
    if variance <= 0.0:
        return 1.0
    shape = 1.0 / variance
    boosted = shape + 1.0 if shape < 1.0 else shape
    d = boosted - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    value = d
    for attempt in range(256):
        x = standard_normal(k0, k1, step, attempt, np.uint64(1), name)
        v = (1.0 + c * x) ** 3
        u, _ = uniform_pair(k0, k1, step, PHASE_SHOCK, attempt, np.uint64(2), name)
        if v > 0.0 and math.log(1.0 - u) < 0.5 * x * x + d - d * v + d * math.log(v):
            value = d * v
            break
    if shape < 1.0:
        u, _ = uniform_pair(k0, k1, step, PHASE_SHOCK, 0, np.uint64(3), name)
        value *= (1.0 - u) ** (1.0 / shape)
    return value * variance
