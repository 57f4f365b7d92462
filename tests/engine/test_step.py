from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from verification.cases import busy_case

from homeward.case.schema import Case
from homeward.engine import kernel, step
from homeward.engine.simulate import simulate
from tests.courses import digest, rules_of, stock
from tests.small_case import small_case
from tests.strategies import cases

ROOT = Path(__file__).parents[2]
SPRING = date(2012, 4, 20)

DIGEST_OF_A_TINY_COURSE = """
from datetime import date
from homeward.engine.simulate import simulate
from tests.courses import digest, rules_of
from verification.cases import busy_case
households = {"household_size": 5.0, "staged_share": 0.37, "visit_hazard": 3.0}
case = busy_case(people=900, end=date(2012, 2, 12), camp_capacity=5, parameters=households)
print(digest(simulate(rules_of(case), 3, 1)))
"""


HOUSEHOLDS = {"household_size": 5.0, "staged_share": 0.37, "visit_hazard": 3.0}


@pytest.mark.parametrize("seed", range(5))
def test_plain_step_equals_kernel_with_households_and_a_full_camp(seed: int) -> None:
    case = busy_case(people=12_000, end=date(2012, 4, 15), camp_capacity=20, parameters=HOUSEHOLDS)
    rules = rules_of(case, attraction_camp=3.0, crowding_out_hazard=2.0, flight_hazard=0.02)
    courses = [simulate(rules, seed, seed, advance=advance) for advance in (kernel.advance, step.advance)]
    assert digest(courses[0]) == digest(courses[1])
    kinds = {courses[0].names.kinds[kind] for kind in courses[0].flows["kind"]}
    assert {"return_ahead", "visit", "visit_back"} <= kinds
    # Visitors are counted where they are registered, and take no place in the camp.
    assert stock(courses[0], place="camp", stage="refugee") >= 20


def without_people(case: Case) -> Case:
    rows = tuple(row.model_copy(update={"people": 0}) for row in case.population)
    return case.model_copy(update={"population": rows})


def by_weeks(case: Case) -> Case:
    return case.model_copy(update={"settings": case.settings.model_copy(update={"step_hours": 168})})


@pytest.mark.parametrize(
    "case",
    [
        small_case(people=50_000, end=SPRING),
        small_case(people=50_000, end=SPRING, step_hours=12),
        small_case(people=50_000, end=SPRING, step_hours=168),
        small_case(people=3_000_000, end=SPRING, step_hours=168, camp_capacity=40),
        by_weeks(busy_case(people=30_000, end=date(2012, 5, 5), camp_capacity=30, parameters=HOUSEHOLDS)),
        by_weeks(busy_case(people=10**9, end=date(2012, 3, 5), camp_capacity=10**5, parameters=HOUSEHOLDS)),
        small_case(people=3_000_000, end=SPRING, camp_capacity=40),
        small_case(people=40_000, end=SPRING, camp_capacity=0),
        small_case(people=10**12, end=date(2012, 2, 10)),
        busy_case(people=30_000, end=date(2012, 5, 5), camp_capacity=300),
        busy_case(people=30_000, end=date(2012, 5, 5), camp_capacity=30, parameters=HOUSEHOLDS),
        busy_case(people=10**9, end=date(2012, 3, 5), camp_capacity=10**5, parameters=HOUSEHOLDS),
        without_people(small_case(end=SPRING)),
    ],
    ids=[
        "plain",
        "half-days",
        "weeks",
        "weeks and a small camp",
        "weeks and households",
        "weeks and many households",
        "small camp",
        "closed camp",
        "many people",
        "busy",
        "households",
        "many households",
        "nobody",
    ],
)
def test_plain_step_equals_kernel_bit_for_bit(case: Case) -> None:
    rules = rules_of(case)
    courses = [simulate(rules, 5, 2, advance=advance) for advance in (kernel.advance, step.advance)]
    assert digest(courses[0]) == digest(courses[1])


@given(case=cases(most_days=35))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_plain_step_equals_kernel_on_random_cases(case: Case) -> None:
    rules = rules_of(case)
    courses = [simulate(rules, 9, 4, advance=advance) for advance in (kernel.advance, step.advance)]
    assert digest(courses[0]) == digest(courses[1])


def test_the_uncompiled_text_gives_the_same_bits() -> None:
    def run(**environment: str) -> str:
        found = subprocess.run(
            [sys.executable, "-c", DIGEST_OF_A_TINY_COURSE],
            capture_output=True, text=True, check=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", **environment},
        )  # fmt: skip
        return found.stdout.strip()

    case = busy_case(people=900, end=date(2012, 2, 12), camp_capacity=5, parameters=HOUSEHOLDS)
    assert run(NUMBA_DISABLE_JIT="1") == digest(simulate(rules_of(case), 3, 1))
