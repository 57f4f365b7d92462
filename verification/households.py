"""Chance between households: counts spread as if whole parties were drawn, and one size stands for many.

People flee from one district, whose violence never changes, and nothing else happens. If all decide in parties of m
with probability p, the variance of those who leave is m N p (1 - p) (and r^2 p (1 - p) more for the r people left
over). If households have sizes s and stay together, it is N p (1 - p) E[s^2] / E[s]: that of one effective size, the
size that a person meets. Both are asked of replicates of the kernel by the chi-square of their variance, after one day
and after sixty; and the spread in a simulation of lasting households of 2 and 6 people, whose effective size is 5, is
held against that of the kernel at a size of 5. False alarms: ALARM_RATE over all tests (Bonferroni).

Negative controls: a kernel with ``household_size`` 1, and one with the mean size 4 in place of the effective one, must
fail.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from homeward.engine.simulate import simulate
from homeward.rules.homeward import HomewardRules
from verification.cases import busy_case, rules_of
from verification.tables import show

__all__ = ["main"]

FloatArray = NDArray[np.float64]

ALARM_RATE = 0.01
REPLICATES = 3_000
SEED = 20_261_125
PEOPLE = 3_002
"""Residents of the district: two are left over in parties of five and six, none in pairs."""

DAYS = (1, 60)
HAZARD = {1: 0.3, 60: 0.01}
"""Per day, so that a quarter to a half leave."""

SIZES = (2, 6)
"""Equally many households of each; the size that a person meets is (4 + 36) / (2 + 6) = 5, their mean 4."""

EFFECTIVE, MEAN = 5, 4
ALONE = {
    "flight_exponent": 0.0, "birth_rate_home": 0.0, "death_rate_home": 0.0, "return_hazard_open": 0.0,
    "return_hazard_open_displaced": 0.0, "frailty_classes": 1.0, "return_weight_years": 0.0,
}  # fmt: skip
TESTS = 3 * len(DAYS) + 2 * len(DAYS)


def main() -> bool:
    """Compare variances and print; return whether all agree and every control is caught."""
    rng = np.random.default_rng(SEED)
    limit = ALARM_RATE / TESTS
    rows: list[tuple[object, ...]] = []
    passed = True
    for days in DAYS:
        kernel = {size: left_by_kernel(days, size) for size in (1, 2, MEAN, EFFECTIVE)}
        mixed = left_by_lasting_households(days, rng)
        share = 1.0 - np.exp(-HAZARD[days] * days)
        tests = [
            (f"kernel, parties of {size}", kernel[size], variance(PEOPLE, size, share), True)
            for size in (1, 2, EFFECTIVE)
        ]
        theory = variance(PEOPLE, EFFECTIVE, share)
        tests += [
            ("lasting households of 2 and 6", mixed, theory, True),
            ("control: kernel, parties of 1", kernel[1], theory, False),
            ("control: kernel, parties of 4", kernel[MEAN], theory, False),
        ]
        for name, sample, meant, agrees in tests:
            p = p_of_variance(sample, meant)
            passed &= (p > limit) == agrees
            rows.append((days, name, meant, float(np.var(sample, ddof=1)), p))
        p = p_of_same_spread(mixed, kernel[EFFECTIVE])
        passed &= p > limit
        rows.append((days, "lasting households and kernel", "", "", p))
    show(
        f"Variance of those who left {PEOPLE} people, {REPLICATES} replicates (alarm below {limit:.2g})",
        ("days", "what", "theory", "measured", "p"),
        rows,
    )
    return passed


def variance(people: int, size: int, share: float) -> float:
    """Return the variance of those who leave, each party with the same probability."""
    parties, rest = divmod(people, size)
    return (parties * size**2 + rest**2) * share * (1.0 - share)


def p_of_variance(sample: FloatArray, meant: float) -> float:
    """Return the two-sided p of a variance, by the chi-square of a normal sample."""
    below = float(stats.chi2.cdf((len(sample) - 1) * np.var(sample, ddof=1) / meant, len(sample) - 1))
    return 2.0 * min(below, 1.0 - below)


def p_of_same_spread(one: FloatArray, other: FloatArray) -> float:
    """Return the p of Brown and Forsythe (1974)."""
    return float(stats.levene(one, other, center="median").pvalue)


def rules_for(days: int, size: int) -> HomewardRules:
    """Return the rules of a case in which the people of one district flee or stay."""
    start = date(2012, 1, 1)
    case = busy_case(people=1_000, end=start + timedelta(days=days - 1))
    violence = next(row for row in case.conditions if row.indicator == "violence" and row.place == "north")
    resident = case.population[0].model_copy(update={"people": PEOPLE})
    case = case.model_copy(
        update={
            "conditions": (violence.model_copy(update={"value": 5.0, "date": start}),),
            "population": (resident,),
            "events": (),
        }
    )
    return rules_of(case, flight_hazard=HAZARD[days], household_size=float(size), **ALONE)


def left_by_kernel(days: int, size: int) -> FloatArray:
    """Return for every replicate how many fled."""
    rules = rules_for(days, size)
    found = []
    for replicate in range(REPLICATES):
        course = simulate(rules, SEED + size, replicate)
        fled = course.flows["kind"] == course.names.kinds.index("flight")
        found.append(int(course.flows["people"][fled].sum()))
    return np.array(found, dtype=np.float64)


def left_by_lasting_households(days: int, rng: np.random.Generator) -> FloatArray:
    """Return the same of households of two sizes that stay together from the first day to the last, one by one."""
    of_each = PEOPLE // sum(SIZES)
    sizes = np.repeat(SIZES, of_each)
    # Two people are left over, as in the kernel.
    sizes = np.append(sizes, PEOPLE - sizes.sum())
    gone = np.zeros((REPLICATES, len(sizes)), dtype=np.bool_)
    chance = -np.expm1(-HAZARD[days])
    for _ in range(days):
        gone |= rng.random(gone.shape) < chance
    left: FloatArray = (gone @ sizes).astype(np.float64)
    return left
