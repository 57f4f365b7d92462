"""The kernel of hops beside one person at a time where a small camp fills up within a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from verification.flee_people import simulate_people

from homeward.case.flee.model import FleeCase
from homeward.engine.hop_crowding import room
from homeward.engine.hop_decisions import after
from homeward.engine.simulate_hops import SLICES, Hops
from homeward.rules.flee.tables import flee_tables
from tests.rules.flee import case_of, place, route

FloatArray = NDArray[np.float64]

STANDARD_ERRORS = 4.9
"""Beyond them lies a share of 1e-6 of a normal distribution, both sides together."""

DAYS = 14
PEOPLE_RUNS = 120
KERNEL_RUNS = 1_500
SIZES = [(40, 100), (60, 100), (60, 150), (60, 200)]
"""New people in a day, and the limit of the camp."""


def crowded(new: int, limit: int, **move: Any) -> FleeCase:
    """Return a case of a camp that is reached on the day on which people come to the town beside it."""
    places = [place("A", "zone", 1000), place("B"), place("C", "camp", limit), place("D", "camp")]
    routes = [route("A", "B", 30), route("B", "C", 30), route("B", "D", 300)]
    moves = {"start_on_foot": True, "avoid_short_stints": True, "conflict_weight": 0.0, "camp_movechance": 0.05}
    spawn = {"conflict_driven_spawning": {"displaced_per_conflict_day": new}, "insert_day0": False}
    return case_of(places, routes, days=DAYS, move={**moves, **move}, spawn=spawn)


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a compiled function as it is written."""
    found: Callable[..., Any] = getattr(function, "py_func", function)
    return found


def by_person(case: FleeCase) -> FloatArray:
    """Return (runs x days) the people in C, everybody followed alone."""
    results = [simulate_people(case, hasten=1, seed=700 + number) for number in range(PEOPLE_RUNS)]
    column = results[0].camps.index("C")
    return np.array([each.simulated[:, column] for each in results], dtype=np.float64)


def by_kernel(case: FleeCase, **more: int) -> FloatArray:
    hops = Hops(flee_tables(case), **more)
    column = hops.tables.network.code["C"]
    return np.array([hops.simulated(800, run).people[:, column] for run in range(KERNEL_RUNS)], dtype=np.float64)


def beyond(one: FloatArray, other: FloatArray) -> float:
    """Return how much farther means of a day lie apart than 4.9 standard errors explain: people, of the worst day."""
    error = np.sqrt(one.var(axis=0, ddof=1) / len(one) + other.var(axis=0, ddof=1) / len(other))
    return float((np.abs(one.mean(axis=0) - other.mean(axis=0)) - STANDARD_ERRORS * error).max())


@pytest.fixture(scope="module")
def people() -> Mapping[tuple[int, int], FloatArray]:
    return {size: by_person(crowded(*size)) for size in SIZES}


@pytest.mark.statistical
@pytest.mark.parametrize("size", SIZES)
def test_a_small_camp_overfills_by_no_more_than_half_a_slice(
    size: tuple[int, int], people: Mapping[tuple[int, int], FloatArray]
) -> None:
    """Means of fourteen days lie within half a sixteenth of a day's new people; false-alarm rate 14 times 1e-6 each."""
    assert beyond(people[size], by_kernel(crowded(*size))) < size[0] / SLICES / 2


@pytest.mark.statistical
@pytest.mark.parametrize("slices", [1, 2, 4])
@pytest.mark.parametrize("size", SIZES)
def test_too_few_slices_are_found_out(
    size: tuple[int, int], slices: int, people: Mapping[tuple[int, int], FloatArray]
) -> None:
    """The negative control: with one slice, two or four the same comparison fails."""
    assert beyond(people[size], by_kernel(crowded(*size), slices=slices)) > size[0] / SLICES / 2


def test_a_camp_far_from_its_limit_takes_no_slices() -> None:
    """Who is where is the same for any number of slices, since only one is taken."""
    tables = flee_tables(crowded(40, 100_000))
    assert (Hops(tables).simulated(3).people == Hops(tables, slices=1).simulated(3).people).all()


@pytest.mark.parametrize(("both", "kept"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 2), (6, 3), (7, 4), (9, 4)])
def test_the_memory_is_half_of_both_to_the_nearest_even(both: int, kept: int) -> None:
    """Halves go to the even neighbour: 1/2 and 5/2 down, 3/2 and 7/2 up."""
    for memory in range(both + 1):
        assert plain(after)(memory, both - memory, 16) == kept


def test_the_memory_ends_at_its_last_step() -> None:
    assert plain(after)(15, 40, 16) == 15


@pytest.mark.parametrize(("people", "left"), [(0, 1.0), (90, 1.0), (95, 0.5), (99, 0.1), (100, 0.0), (130, 0.0)])
def test_room_gets_scarce_from_the_buffer_on(people: int, left: float) -> None:
    assert plain(room)(people, 100.0, 0.9) == pytest.approx(left)
    assert plain(room)(people, -1.0, 0.9) == 1.0
