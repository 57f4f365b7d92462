"""How many floods displace, and where hunger lets people appear, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from homeward.rules.flee.days import days_of
from homeward.rules.flee.spawning import appear_of, displaced
from homeward.rules.flee.tables import FleeTables, flee_tables
from tests.rules.flee import case_of, place, series

PLACES = (replace(place("A", "zone", 1000, since=1), region="N"), replace(place("B", "town", 200), region="S"),
          replace(place("C", "camp"), region="S"))  # fmt: skip
FLOODS = {"flood_zone_spawning_only": True, "conflict_zone_spawning_only": False, "take_from_population": True}
LEVELS = series("flood_level", (0, 2), B=(0, 2), C=(1, 1))
COUNTS = {"C": ((0, 0), (2, 40))}


def flooded(mode: str | None, numbers: tuple[float, ...] = (5.0, 10.5, 21.0), **spawn: Any) -> FleeTables:
    rule = {"flood_driven_spawn_mode": {"flood_spawn_mode": mode, "displaced_per_flood_day": numbers}} if mode else {}
    case = case_of(PLACES, days=3, counts=COUNTS, spawn={**FLOODS, **rule, **spawn})
    return flee_tables(replace(case, flood_levels=LEVELS))


def test_floods_displace_a_number_by_their_level_wherever_they_are() -> None:
    tables = flooded("constant")
    assert tables.own.T.tolist() == [[0, 0, 0], [0, 10, 21], [10, 10, 10]]
    assert not tables.own_is_mean
    assert not tables.new.any(), "the counts bring nobody"
    assert not tables.own_share.any()


def test_or_a_number_around_a_mean() -> None:
    tables = flooded("poisson")
    assert tables.own.T.tolist() == [[0, 0, 0], [0, 10.5, 21], [10.5, 10.5, 10.5]]
    assert tables.own_is_mean


def test_or_a_share_of_those_who_are_left() -> None:
    tables = flooded("pop_ratio", (0.0, 0.1, 0.5))
    assert np.allclose(tables.own_share, np.transpose([[0, 0, 0], [0, 0.1, 0.5], [0.1, 0.1, 0.1]]))
    assert not tables.own.any()
    assert tables.take


def test_without_a_mode_the_counts_bring_people() -> None:
    assert flooded(None).new.tolist() == [0, 20, 20]
    assert not flooded(None).own.any()


def test_without_floods_only_a_mode_displaces_nobody() -> None:
    tables = flooded("constant", flood_zone_spawning_only=False)
    assert not tables.own.any()
    assert tables.new.tolist() == [0, 20, 20]


def starving(*, only: bool, hungry: bool = True, intensity: float = 0.5) -> list[list[float]]:
    """Return the weights by place; the conflict of A begins on day 1."""
    spawn = {"conflict_zone_spawning_only": only, "starvation_driven_spawning": hungry}
    case = case_of(PLACES, days=4, conflicts={"A": [0, *[intensity] * 3]}, spawn=spawn)
    food = series("IPC", (0, 4), by_region=True, N=(0, 40), S=(20, 60))
    case = replace(case, attributes=(food,))
    return [[round(float(weight), 9) for weight in column] for column in appear_of(case, days_of(case, 4)).T]


def test_hunger_adds_to_conflict_by_the_food_of_the_evening_before_unless_a_conflict_begins() -> None:
    assert starving(only=True)[0] == [0, 0.5 + 0.1, 0.5 + 0.1, 0.5 + 0.2]
    assert starving(only=True)[1:] == [[0] * 4] * 2, "without conflict only where this is not asked for"
    assert starving(only=False)[0] == [0, 0.6, 0.6, 0.7]
    assert starving(only=False)[1] == [0.2, 0.3, 0.3, 0.4]


def test_hunger_and_conflict_displace_all_residents_at_most() -> None:
    assert starving(only=True, intensity=0.95)[0] == [0, 1, 1, 1]
    assert starving(only=True, hungry=False)[0] == [0, 0.5, 0.5, 0.5]


@pytest.mark.parametrize("only", [True, False])
def test_without_the_rule_hunger_moves_nobody(*, only: bool) -> None:
    assert starving(only=only, hungry=False) == [[0, 0.5, 0.5, 0.5], [0] * 4, [0] * 4]


def test_people_displaced_are_a_number_a_share_or_nobody() -> None:
    case = case_of(PLACES, days=1)
    people, share, is_mean = displaced(case, days_of(case, 1))
    assert not people.any()
    assert not share.any()
    assert not is_mean
