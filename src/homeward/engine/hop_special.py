"""What only some cases have, for the kernel of hops: room by day, chances by cohort, people called home, known people.

The arrays of these are empty, or have one row, in all other cases, so that these cost them nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeward.engine.hop_tables import Course, HopTables, Settings, add
from homeward.rules.compiled import inlined, jit

__all__ = ["chance_of", "room_on", "settle", "weigh_home"]

FloatArray = NDArray[np.float64]


@inlined
def room_on(day: int, tables: HopTables) -> FloatArray:
    """Return (places) the people whom places have room for on a day."""
    found: FloatArray = tables.capacity[min(day, tables.capacity.shape[0] - 1)]
    return found


@inlined
def chance_of(day: int, cohort: int, place: int, leave: FloatArray, leave_cohorts: FloatArray) -> float:
    """Return the chance to leave a place, below 0 for never; the arrays are those of the tables."""
    found: float = leave[day, place]
    if leave_cohorts.shape[0] > 0:
        found = leave_cohorts[cohort, day, place]
    return found


@jit
def weigh_home(day: int, course: Course, tables: HopTables) -> None:
    """Write running sums of weights for those who go home: the route that leads there, where it is open."""
    cumulative = course.cumulative
    for cohort in range(tables.going_home.shape[0]):
        home = tables.going_home[cohort, day]
        if home >= 0:
            for place in range(len(tables.first_route) - 1):
                total = 0.0
                for route in range(tables.first_route[place], tables.first_route[place + 1]):
                    if tables.leading_home[home, route] and tables.route_open[day, route]:
                        total += 1.0
                    cumulative[cohort, route] = total


@jit
def settle(course: Course, tables: HopTables, how: Settings) -> None:
    """Put the people of known cohorts where they are on the first morning."""
    cells, posts, first = course.sitting, len(tables.post_place), 1 if how.on_foot else 0
    for cohort in range(tables.known.shape[0]):
        for place in range(tables.known.shape[1]):
            people = tables.known[cohort, place]
            course.occupied[place] += people
            index = ((cohort * posts + place) * 2 + first) * how.memories
            add(cells.people, cells.listed, cells.used, index, people)
