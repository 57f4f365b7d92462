"""Frailty comes back with those who return, and so the first to leave are the first to leave again.

In January the people of three districts are shot at and some flee; in spring there is peace and everyone who fled
returns; in May they are shot at again. With probability to flee q_k in January and q'_k of returnees in May, and N/K
people in class k, the expected number of those who leave again is

    sum over k of N/K q_k q'_k,

and N/K sum over k of q_k times the mean of q'_k if the class were drawn anew at return. The mean of replicates of the
kernel is held against the first (z), and the kernel against people who decide one by one, level and spread, by
permutation. False alarms: ALARM_RATE over all three (Bonferroni).

Negative controls: the closed form of classes drawn anew, and people whose class is drawn anew at return, must be told
apart from the kernel.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
from scipy import stats

from homeward.case.schema import Condition
from homeward.engine.simulate import simulate
from homeward.rules.homeward import HomewardRules
from verification.cases import busy_case, rules_of
from verification.individuals import simulate_people
from verification.law import alarms
from verification.tables import show

__all__ = ["main"]

ALARM_RATE = 0.01
REPLICATES = 300
PEOPLE = 3_000
SEED = 20_261_126
DAYS = 31
HAZARD, HAZARD_AGAIN = 0.01, 0.02

RULES = {
    # Violence acts by its presence, is felt where and as long as it lasts, and closes the gate.
    "flight_exponent": 0.0, "intensity_half_life": 1e-6, "lasting_share": 0.0, "spill_over": 0.0,
    "return_gate_threshold": -1.5, "return_gate_width": 0.05, "persecution_risk": 0.0, "perception_lag": 0.0,
    "flight_hazard": HAZARD, "flight_hazard_returned": HAZARD_AGAIN, "flight_hazard_displaced": 0.0,
    # In peace everybody returns.
    "return_hazard_open": 100.0, "return_hazard_open_displaced": 100.0, "onward_hazard": 0.0, "travel_speed": 1_000.0,
    "birth_rate_home": 0.0, "birth_rate_abroad": 0.0, "death_rate_home": 0.0, "death_rate_abroad": 0.0,
    "return_weight_years": 0.0, "frailty_shape": 0.3, "frailty_classes": 4.0,
}  # fmt: skip


def main() -> bool:
    """Compare and print; return whether frailty is inherited and the controls are caught."""
    rng = np.random.default_rng(SEED)
    rules = the_rules()
    kernel = [counted(rules, replicate) for replicate in range(REPLICATES)]
    inherited, drawn_anew = closed_forms(rules)
    limit = ALARM_RATE / 3
    rows: list[tuple[object, ...]] = []
    passed = True
    again = np.array([counts["again"] for counts in kernel], dtype=np.float64)
    for name, meant, agrees in (("closed form", inherited, True), ("control: class drawn anew", drawn_anew, False)):
        p = float(stats.ttest_1samp(again, meant).pvalue)
        passed &= (p > limit) == agrees
        rows.append((name, float(again.mean()), meant, p, ""))
    for name, redraw in (("people one by one", False), ("control: people with a class drawn anew", True)):
        people = [counted_people(rules, rng, redraw=redraw) for _ in range(REPLICATES)]
        level, spread, _ = alarms(kernel, people, rng)
        agrees = min(level, spread) > limit
        passed &= agrees != redraw
        meant = float(np.mean([counts["again"] for counts in people]))
        rows.append((name, float(again.mean()), meant, level, spread))
    show(
        f"Who leaves again, of {PEOPLE} people, mean of {REPLICATES} replicates (alarm below {limit:.2g})",
        ("against", "kernel", "the other", "p level", "p spread"),
        rows,
    )
    return passed


def the_rules() -> HomewardRules:
    """Return the rules of the case: January and May under fire, peace between."""
    case = busy_case(people=PEOPLE, end=date(2012, 5, 31))
    violent = next(row for row in case.conditions if row.indicator == "violence")

    def deaths(place: str, month: int, number: float) -> Condition:
        return violent.model_copy(update={"place": place, "date": date(2012, month, 1), "value": number})

    conditions = tuple(
        deaths(place, month, number)
        for place in ("north", "south", "east")
        for month, number in ((1, 1_000.0), (2, 0.0), (5, 1_000.0))
    )
    residents = tuple(row for row in case.population if row.stage.value == "resident")
    return rules_of(case.model_copy(update={"conditions": conditions, "population": residents, "events": ()}), **RULES)


def closed_forms(rules: HomewardRules) -> tuple[float, float]:
    """Return how many leave again if frailty is inherited, and if it were drawn anew at return."""
    first, second = (-np.expm1(-hazard * rules.frailty * DAYS) for hazard in (HAZARD, HAZARD_AGAIN))
    return PEOPLE * float(np.mean(first * second)), PEOPLE * float(first.mean() * second.mean())


def counted(rules: HomewardRules, replicate: int) -> Counter[str]:
    """Return how many fled, returned and left again in a replicate of the kernel."""
    course = simulate(rules, SEED, replicate)
    flows = Counter[str]()
    for kind, people in zip(course.flows["kind"], course.flows["people"], strict=True):
        flows[course.names.kinds[kind]] += int(people)
    return _named(flows)


def counted_people(rules: HomewardRules, rng: np.random.Generator, *, redraw: bool) -> Counter[str]:
    """Return the same of people who decide one by one."""
    return _named(simulate_people(rules, rng, months=(), redraw=redraw).flows)


def _named(flows: Counter[str]) -> Counter[str]:
    return Counter({"fled": flows["flight"], "returned": flows["return"], "again": flows["reflight"]})
