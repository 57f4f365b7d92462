"""Two scenarios with one seed share their chance: what differs between them is the scenario.

A scenario in which one district has a tenth less violence is compared with the case itself, replicate by
replicate, once with the same seed and once with another. The variance of the difference has to be at least 50
times smaller with the same seed for every outcome of FEWEST people or more. Smaller ones are shown: where a
difference is a handful of people, whole people are its noise, whatever the seed.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
from tests.small_case import small_case

from homeward.case.folder import load_case
from homeward.case.schema import Case
from homeward.engine.record import Trajectory
from homeward.engine.simulate import simulate
from homeward.rules.homeward import HomewardRules
from verification.tables import show

__all__ = ["main"]

LEAST = 50.0
FEWEST = 10_000
SYRIA_UNTIL = date(2015, 12, 31)
Outcomes = Counter[str]


def main() -> bool:
    """Measure and print the ratio of variances for every outcome; return whether all reach the limit."""
    syria = load_case("syria")
    syria = syria.model_copy(update={"settings": syria.settings.model_copy(update={"end": SYRIA_UNTIL})})
    cases = [(small_case(people=200_000_000), "north", 40), (syria, "homs", 12)]
    smallest = [_measured(case, district, replicates) for case, district, replicates in cases]
    return min(smallest) >= LEAST


def _measured(case: Case, district: str, replicates: int) -> float:
    plain, calmer = HomewardRules(case), HomewardRules(_calmer(case, district))
    country = {place.id: place.country for place in case.places}
    base, shared, independent = (
        [_outcomes(simulate(rules, seed, k), country) for k in range(replicates)]
        for rules, seed in ((plain, 1), (calmer, 1), (calmer, 2))
    )
    rows = []
    for name in sorted({name for counts in base for name in counts}):
        mean = float(np.mean([counts[name] for counts in base]))
        together, apart = (_variance(base, other, name) for other in (shared, independent))
        if apart > 0:
            rows.append((name, mean, together, apart, apart / max(together, 1e-9)))
    show(
        f"{case.settings.name}: variance of what a tenth less violence in {district} changes "
        f"(ratio at least {LEAST:.0f} from {FEWEST} people on)",
        ("outcome", "mean", "same seed", "other seed", "ratio"),
        rows,
    )
    return min(ratio for _, mean, _, _, ratio in rows if mean >= FEWEST)


def _variance(base: list[Outcomes], other: list[Outcomes], name: str) -> float:
    return float(np.var([two[name] - one[name] for one, two in zip(base, other, strict=True)], ddof=1))


def _calmer(case: Case, district: str) -> Case:
    conditions = tuple(
        row.model_copy(update={"value": row.value * 0.9})
        if row.place == district and row.indicator == "violence"
        else row
        for row in case.conditions
    )
    return case.model_copy(update={"conditions": conditions})


def _outcomes(course: Trajectory, country: dict[str, str]) -> Outcomes:
    """Return refugees by host country and IDPs at the end, and people moved by kind over the whole run."""
    names, counts = course.names, Outcomes()
    for kind, people in zip(course.flows["kind"], course.flows["people"], strict=True):
        counts[f"all {names.kinds[kind]}"] += int(people)
    last = course.stocks["month"] == len(names.month_ends) - 1
    columns = (course.stocks[name][last] for name in ("place", "stage", "people"))
    for place, stage, people in zip(*columns, strict=True):
        if names.stages[stage] == "refugee":
            counts[f"refugees {country[names.places[place]]}"] += int(people)
        elif names.stages[stage] == "displaced":
            counts["IDPs"] += int(people)
    return counts
