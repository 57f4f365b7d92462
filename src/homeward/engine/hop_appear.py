"""New people in the kernel of hops: where they appear, and of which cohort they are."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from homeward.engine.draws import binomial
from homeward.engine.hop_tables import Course, HopTables, Settings, add
from homeward.rules.compiled import jit

__all__ = ["appear", "appear_at"]

# Phases of the address of a draw; those of the kernel itself stand in hops.py.
PHASE_APPEAR: Final = 4
PHASE_COHORT: Final = 5


@jit
def appear(day: int, address: NDArray[np.uint64], course: Course, tables: HopTables, how: Settings) -> None:
    """Let new people appear, over places by weight, and at places of their own."""
    places = len(course.occupied)
    total = 0.0
    for place in range(places):
        total += tables.appear[day, place] * course.residents[place]
    left, below = tables.new[day] if total > 0.0 else 0, 0.0
    for place in range(places):
        weight = tables.appear[day, place] * course.residents[place]
        here = tables.own[day, place] + int(tables.own_share[day, place] * course.residents[place])
        if left > 0 and weight > 0.0:
            share = min(1.0, weight / (total - below)) if total > below else 1.0
            drawn = binomial(left, share, address[0], address[1], day, PHASE_APPEAR, np.uint64(0), np.uint64(place))
            below += weight
            left -= drawn
            here += drawn
        if here > 0:
            if how.take:
                course.residents[place] = max(0.0, course.residents[place] - here)
            appear_at(day, place, here, address, course, tables, how)


@jit
def appear_at(
    day: int, place: int, people: int, address: NDArray[np.uint64], course: Course, tables: HopTables, how: Settings
) -> None:
    """Put new people of every cohort at a place."""
    course.occupied[place] += people
    left, rest = people, 1.0
    cohorts, posts, first = tables.cohort_share.shape[0], len(tables.post_place), 1 if how.on_foot else 0
    for cohort in range(cohorts):
        share = tables.cohort_share[cohort, place]
        drawn = left
        if cohort < cohorts - 1:
            part = min(1.0, share / rest) if rest > 0.0 else 0.0
            drawn = binomial(
                left, part, address[0], address[1], day, PHASE_COHORT, np.uint64(cohort), np.uint64(place)
            )  # fmt: skip
        rest -= share
        left -= drawn
        cells, index = course.sitting, ((cohort * posts + place) * 2 + first) * how.memories
        add(cells.people, cells.listed, cells.used, index, drawn)
