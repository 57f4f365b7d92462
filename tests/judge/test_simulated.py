"""A course in memory is looked at exactly as the same course in a run on disk."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from verification.cases import busy_case

from homeward.case.schema import Case
from homeward.engine.record import Trajectory
from homeward.engine.simulate import simulate
from homeward.judge.monthly import Monthly
from homeward.judge.observe import Observer
from homeward.judge.simulated import simulated_course, simulated_run
from homeward.rules.homeward import HomewardRules
from homeward.rules.parameters import resolve_parameters
from tests.hand_made import trajectory, write_run
from tests.small_case import small_case


def busy() -> tuple[Case, Trajectory]:
    """Return a case in which everything happens, over the turn of a year and into a month, and a course of it."""
    case = busy_case(people=60_000, end=date(2013, 2, 11), camp_capacity=500)
    return case, simulate(HomewardRules(case), 5)


def empty() -> tuple[Case, Trajectory]:
    case = small_case(end=date(2012, 3, 20))
    return case, trajectory(case)


def as_dictionary(monthly: Monthly) -> dict[str, object]:
    """Return the fields, arrays as lists, so that shapes are compared too."""
    values = {field.name: getattr(monthly, field.name) for field in fields(monthly)}
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}


@pytest.mark.parametrize("make", [busy, empty])
def test_a_course_is_looked_at_as_the_run_that_was_written_of_it(make: object, tmp_path: Path) -> None:
    assert callable(make)
    case, course = make()
    in_memory = simulated_course(case, resolve_parameters(case).values, course)
    on_disk = simulated_run(write_run(tmp_path / "run", case, [course]))
    assert as_dictionary(in_memory.monthly) == as_dictionary(on_disk.monthly)
    dates = in_memory.monthly.dates[::2]
    origins = in_memory.read_origins(in_memory.monthly, dates)
    np.testing.assert_array_equal(origins, on_disk.read_origins(on_disk.monthly, dates))
    np.testing.assert_array_equal(origins.sum(axis=3), in_memory.monthly.refugees[:, ::2])
    assert (in_memory.case, in_memory.parameters, in_memory.replicates) == (
        on_disk.case,
        on_disk.parameters,
        on_disk.replicates,
    )


def test_everything_happens_in_the_course_compared() -> None:
    """The comparison above would hold of nothing but zeros too."""
    monthly = simulated_course(*_busy_with_parameters()).monthly
    for name in ("refugees", "displaced", "births", "naturalised", "returned_refugees", "returned_idps"):
        assert getattr(monthly, name).sum() > 50, name
    assert len(monthly.dates) == 14


def _busy_with_parameters() -> tuple[Case, dict[str, float], Trajectory]:
    case, course = busy()
    return case, dict(resolve_parameters(case).values), course


def test_figures_of_a_course_are_those_of_the_run(tmp_path: Path) -> None:
    case = small_case(people=60_000)
    course = simulate(HomewardRules(case), 3)
    in_memory = Observer(simulated_course(case, resolve_parameters(case).values, course))
    on_disk = Observer(simulated_run(write_run(tmp_path / "run", case, [course])))
    for row in case.observed:
        central = in_memory.central(row)
        assert len(central) == 1
        assert central.tolist() == on_disk.central(row).tolist() == on_disk.figure(row).central.tolist()


def test_children_of_citizens_are_not_on_the_register_of_refugees() -> None:
    """100 refugees and 300 citizens at a place have 40 children in the year: ten of them are of refugees."""
    case = small_case(end=date(2012, 12, 31))
    stocks = [
        (month, "city", "north", stage, people)
        for month in range(12)
        for stage, people in (("refugee", 100), ("naturalised", 200), ("resettled", 100))
    ]
    course = trajectory(case, 0, stocks=stocks, flows=[(11, "north", "city", "birth", 40)])
    observer = Observer(simulated_course(case, resolve_parameters(case).values, course))
    host = observer.monthly.countries.index("HOA")
    assert observer._births[0, :, host].sum() == pytest.approx(10)
    assert observer._births[0, 3, host] == pytest.approx(10 / 12)
