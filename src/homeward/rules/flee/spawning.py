"""New people: where they appear by the counts, and how many conflict or floods displace by themselves.

Equations: docs/explanation/flee-rules.md, "New people".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.model import FleeCase
from homeward.case.flee.parameters import FloodSpawning, SpawnMode
from homeward.rules.flee.conditions import by_level, flood_levels, food_insecurity
from homeward.rules.flee.days import Days

__all__ = ["appear_of", "displaced", "flood_spawning", "has_own"]

FloatArray = NDArray[np.float64]


def has_own(case: FleeCase) -> bool:
    """Return whether conflict or floods displace people by themselves, whatever the counts."""
    spawn = case.settings.spawn_rules
    return flood_spawning(case) is not None or (
        spawn.conflict_driven_spawning is not None and not spawn.flood_zone_spawning_only
    )


def flood_spawning(case: FleeCase) -> FloodSpawning | None:
    """Return how floods displace people, None where they do not."""
    spawn = case.settings.spawn_rules
    return spawn.flood_driven_spawn_mode if spawn.flood_zone_spawning_only else None


def displaced(case: FleeCase, state: Days) -> tuple[FloatArray, FloatArray, bool]:
    """Return (days x places) people and the share of residents displaced in a day, and whether people are a mean."""
    nobody = np.zeros_like(state.intensity)
    flood, conflict = flood_spawning(case), case.settings.spawn_rules.conflict_driven_spawning
    if flood is not None:
        mode = flood.flood_spawn_mode
        rate = by_level(flood.displaced_per_flood_day, flood_levels(case, len(nobody)), 0.0)
    elif conflict is not None and has_own(case):
        mode, rate = conflict.spawn_mode, conflict.displaced_per_conflict_day * state.intensity
    else:
        return nobody, nobody, False
    if mode is SpawnMode.POP_RATIO:
        return nobody, rate, False
    return (rate, nobody, True) if mode is SpawnMode.POISSON else (np.floor(rate), nobody, False)


def appear_of(case: FleeCase, state: Days) -> FloatArray:
    """Return (days x places) what residents are multiplied by: weights are renewed where a conflict begins or ends.

    On other days they are those of the evening before, so that a zone is a day younger than it is.
    """
    changed = np.ones(len(state.intensity), dtype=np.bool_)
    changed[1:] = (state.intensity[1:] != state.intensity[:-1]).any(axis=1)
    hungry = _hungry(case, state)
    now = state.intensity * state.decay
    before = state.intensity * np.concatenate([state.decay[:1], state.decay[:-1]])
    if case.settings.spawn_rules.starvation_driven_spawning:
        now = np.minimum(1.0, now + hungry)
        before = np.minimum(1.0, before + np.concatenate([hungry[:1], hungry[:-1]]))
    return np.asarray(np.where(changed[:, None], now, before))


def _hungry(case: FleeCase, state: Days) -> FloatArray:
    """Return (days x places) the share of residents short of food who may be displaced."""
    hungry = food_insecurity(case, len(state.intensity))
    if case.settings.spawn_rules.conflict_zone_spawning_only:
        return np.asarray(np.where(state.intensity > 0, hungry, 0.0))
    return hungry
