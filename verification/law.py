"""The engine that counts people has the law of people who decide one by one.

Two samples of replicates, one of the kernel and one of :mod:`verification.individuals`, are compared over a
fixed list of counts: stocks by place and stage at two dates, and people moved by kind. For the level of every
count the statistic is Welch's t; for its spread, Welch's t of the distances from the common median (Brown and
Forsythe 1974). The largest of each family is held against what permuting the labels gives (Westfall and Young
1993), which is exact whatever the counts' distributions and correlations are. All families of all cases
together raise a false alarm at a rate of ALARM_RATE (Bonferroni over families and cases).

Negative control: the same test against individuals whose hazard of flight is 5 % too high, repeated on fresh
samples, has to raise the alarm in at least 95 % of the repeats.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeward.engine.record import Trajectory
from homeward.engine.simulate import simulate
from homeward.rules.homeward import HomewardRules
from verification.cases import busy_case, rules_of
from verification.individuals import Counted, simulate_people
from verification.tables import show

__all__ = ["ALARM_RATE", "alarms", "main"]

FloatArray = NDArray[np.float64]
Sample = list[Counter[str]]

ALARM_RATE = 0.01
PERMUTATIONS = 4_999
MONTHS = (2, 5)
PERTURBED = 1.05
REPLICATES = 300
POWER_REPEATS = 20
POWER_REPLICATES = 80
SEED = 20_261_123
SUDDEN = {"flight_hazard": 0.2, "flight_hazard_host": 0.2, "onward_hazard": 20.0, "return_hazard_open": 20.0}
"""So many leave a situation in one day that the kernel bisects the list of places instead of drawing one by one."""

IN_STAGES = {
    "household_size": 4.0, "staged_share": 0.5, "following_hazard": 6.0, "visit_hazard": 1.5, "visit_stay_share": 0.4,
    "attraction_camp": 2.0,
}  # fmt: skip
"""Half of the households send one ahead, and visits are as frequent as returns."""


@dataclass(frozen=True)
class Setting:
    """One case of the comparison: what it is about, and its rules."""

    name: str
    rules: HomewardRules


def everything(**parameters: float) -> HomewardRules:
    """Return the rules of the case in which people crowd and a camp is full; the power is measured on it."""
    return rules_of(busy_case(people=4_000, camp_capacity=150), crowding_weight=20.0, **parameters)


def settings() -> list[Setting]:
    """Return the cases: few people where chance matters most, and each difficulty once in strength."""
    return [
        Setting("crowding and all", everything()),
        Setting("strong network", rules_of(busy_case(people=1_000), network_exponent=0.8, network_floor=1e-3)),
        Setting("strong frailty", rules_of(busy_case(people=2_000), frailty_shape=0.2, frailty_classes=6.0)),
        Setting("sudden flight", rules_of(busy_case(people=8_000, camp_capacity=500), **SUDDEN)),
        Setting("households", rules_of(busy_case(people=4_000, camp_capacity=150), household_size=5.0)),
        Setting("stages and visits", rules_of(busy_case(people=4_000, camp_capacity=150), **IN_STAGES)),
        Setting("small camp", rules_of(busy_case(people=2_000, camp_capacity=20), attraction_camp=3.0)),
    ]


def main() -> bool:
    """Compare, measure the power; return whether the law is the same and the control was caught."""
    rng = np.random.default_rng(SEED)
    cases = settings()
    families = 2 * len(cases)
    rows: list[tuple[object, ...]] = []
    agreed = True
    for case in cases:
        first = engine_sample(case.rules, SEED, REPLICATES)
        second = people_sample(case.rules, rng, REPLICATES)
        level, spread, counts = alarms(first, second, rng)
        agreed &= min(level, spread) > ALARM_RATE / families
        rows.append((case.name, counts, REPLICATES, level, spread))
    show(
        f"Kernel against individuals: p of the largest difference (alarm below {ALARM_RATE / families:.2g}; "
        f"{ALARM_RATE:.0%} over all)",
        ("case", "counts", "replicates", "p level", "p spread"),
        rows,
    )
    caught = power(cases[0], rng, ALARM_RATE / families)
    print(
        f"\nPower against a hazard of flight {PERTURBED - 1:.0%} too high: {caught:.0%} of {POWER_REPEATS} "
        f"repeats of {POWER_REPLICATES} replicates (at least 95 %)"
    )
    return agreed and caught >= 0.95


def power(case: Setting, rng: np.random.Generator, threshold: float) -> float:
    """Return the share of fresh repeats in which individuals under the perturbed rule are told apart."""
    hazard = case.rules.parameters["flight_hazard"] * PERTURBED
    perturbed = everything(flight_hazard=hazard)
    caught = 0
    for repeat in range(POWER_REPEATS):
        first = engine_sample(case.rules, SEED + 1 + repeat, POWER_REPLICATES)
        second = people_sample(perturbed, rng, POWER_REPLICATES)
        level, spread, _ = alarms(first, second, rng)
        caught += min(level, spread) <= threshold
    return caught / POWER_REPEATS


def counted(trajectory: Trajectory) -> Counted:
    """Return the compared counts of a trajectory of the engine."""
    names, result = trajectory.names, Counted()
    for kind, people in zip(trajectory.flows["kind"], trajectory.flows["people"], strict=True):
        result.flows[names.kinds[kind]] += int(people)
    columns = (trajectory.stocks[name] for name in ("month", "place", "stage", "people"))
    for month, place, stage, people in zip(*columns, strict=True):
        if month in MONTHS:
            result.stocks[int(month), names.places[place], names.stages[stage]] += int(people)
    return result


def engine_sample(rules: HomewardRules, seed: int, replicates: int) -> Sample:
    """Return the counts of many replicates of the kernel."""
    return [_joined(counted(simulate(rules, seed, replicate))) for replicate in range(replicates)]


def people_sample(rules: HomewardRules, rng: np.random.Generator, replicates: int) -> Sample:
    """Return the counts of many courses of people who decide one by one."""
    return [_joined(simulate_people(rules, rng, months=MONTHS)) for _ in range(replicates)]


def _joined(counts: Counted) -> Counter[str]:
    stocks = {" ".join(map(str, key)): people for key, people in counts.stocks.items()}
    return Counter({**counts.flows, **stocks})


def alarms(first: Sample, second: Sample, rng: np.random.Generator) -> tuple[float, float, int]:
    """Return p of the largest difference in level and in spread, and the number of counts compared."""
    names = sorted({name for counts in (*first, *second) for name in counts})
    pooled = np.array([[counts[name] for name in names] for counts in (*first, *second)], dtype=np.float64)
    pooled = pooled[:, pooled.std(axis=0) > 0]
    labels = np.array([1.0] * len(first) + [0.0] * len(second))
    permuted = np.array([rng.permutation(labels) for _ in range(PERMUTATIONS)])
    spread = np.abs(pooled - np.median(pooled, axis=0))
    level_p, spread_p = (_permutation_p(data, labels, permuted) for data in (pooled, spread))
    return level_p, spread_p, pooled.shape[1]


def _permutation_p(data: FloatArray, labels: FloatArray, permuted: FloatArray) -> float:
    observed = largest_t(data, labels[None, :])[0]
    return float((1 + np.count_nonzero(largest_t(data, permuted) >= observed)) / (1 + len(permuted)))


def largest_t(data: FloatArray, labels: FloatArray) -> FloatArray:
    """Return for every row of labels (permutations x replicates) the largest |t| over the counts."""
    centred = data - data.mean(axis=0)
    means, variances = [], []
    for members in (labels, 1.0 - labels):
        size = members.sum(axis=1, keepdims=True)
        mean = members @ centred / size
        means.append(mean)
        variances.append((members @ centred**2 / size - mean**2) / (size - 1))
    error = np.sqrt(np.maximum(sum(variances), 1e-12))
    largest: FloatArray = np.max(np.abs(means[0] - means[1]) / error, axis=1)
    return largest
