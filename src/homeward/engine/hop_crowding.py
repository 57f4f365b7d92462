"""Room in places that fill up: how attractive it leaves them, and into how many slices a day is cut for its sake."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from homeward.engine.hop_special import room_on
from homeward.engine.hop_tables import Course, Crowds, HopTables, Settings
from homeward.rules.compiled import bare

__all__ = ["HALF_ROOM", "may_arrive", "mornings_of", "room", "slices_of", "watch"]

IntArray = NDArray[np.int64]

FADING: Final = 0.7
"""By which the share of arrivals that is expected at a place fades from day to day."""

HALF_ROOM: Final = 0.5
"""Nobody sets out for a camp with less room than this."""


@bare
def room(people: float, limit: float, buffer: float) -> float:
    """Return the share of attraction that crowding leaves a place."""
    if limit < 0.0 or people <= buffer * limit:
        return 1.0
    if people >= limit:
        return 0.0
    return 1.0 - (people - buffer * limit) / (limit * (1.0 - buffer))


@bare
def may_arrive(after_foot: int, after_riding: int, walkers: float, first: int) -> bool:
    """Return whether people can come to the end of their way today, by the stages after a day on foot or riding."""
    if first == 1:
        return after_foot < 0
    return after_riding < 0 or (after_foot < 0 and walkers > 0.0)


@bare
def mornings_of(day: int, occupied: IntArray, tables: HopTables, how: Settings) -> int:
    """Return in how many parts people decide in the morning: 2 where those who leave make room at a crowded place."""
    limits = room_on(day, tables)
    for place in range(len(occupied)):
        limit, people = limits[place], occupied[place]
        if 0.0 <= how.buffer * limit < people and tables.leave[day, place] * people > how.fine * limit:
            return min(2, how.slices)
    return 1


@bare
def _arriving(course: Course, tables: HopTables, how: Settings) -> int:
    """Return how many of those who ride may arrive today."""
    people_on, listed, stages, arriving = course.riding.people, course.riding.listed, len(tables.stage_way), 0
    stage_after, stage_way, walk = tables.stage_after, tables.stage_way, tables.way_walk
    for number in range(course.riding.used[0]):
        situation = listed[number] // how.memories
        stage, first = situation // 2 % stages, situation % 2 if how.on_foot else 0
        if may_arrive(stage_after[stage, 1], stage_after[stage, 0], walk[stage_way[stage]], first):
            arriving += people_on[listed[number]]
    return arriving


@bare
def slices_of(day: int, course: Course, tables: HopTables, how: Settings) -> int:
    """Return into how many slices those who may arrive today are cut, so that no place fills up by much in one.

    A place near its limit is expected to receive the share of them that came to it lately while it was open; all of
    them where nothing is known: at the start, and when a route or a camp opens or closes.
    """
    crowds, limits, changed = course.crowds, room_on(day, tables), _opened_or_closed(day, tables)
    arriving, before, most = _arriving(course, tables, how), crowds.arriving[0], 1.0
    for place in range(len(course.occupied)):
        limit, people = limits[place], course.occupied[place]
        if limit < 0.0:
            continue
        if changed:
            crowds.share[place] = 1.0
        elif crowds.peak[place] >= 0 and before > 0:
            crowds.share[place] = max(crowds.peak[place] / before, FADING * crowds.share[place])
        coming = crowds.share[place] * arriving
        needed = HALF_ROOM if tables.is_camp[day, place] else 0.0
        is_open = people < limit and room(people, limit, how.buffer) >= needed
        if is_open and people + coming > how.buffer * limit:
            most = max(most, coming / (how.fine * limit))
        crowds.peak[place] = 0 if is_open else -1
    crowds.arriving[0] = arriving
    return max(1, min(how.slices, arriving, math.ceil(most)))


@bare
def _opened_or_closed(day: int, tables: HopTables) -> bool:
    """Return whether routes or camps are others than the day before."""
    if day == 0:
        return True
    for route in range(tables.route_open.shape[1]):
        if tables.route_open[day, route] != tables.route_open[day - 1, route]:
            return True
    changes = 0
    for place in range(tables.is_camp.shape[1]):
        changes += tables.is_camp[day, place] != tables.is_camp[day - 1, place]
    return changes > 0


@bare
def watch(slices: int, crowds: Crowds) -> None:
    """Keep the most who came to each place in a slice, made up to a day, of places that were open in the morning."""
    arrived, peak = crowds.arrived, crowds.peak
    for place in range(len(arrived)):
        if peak[place] >= 0:
            peak[place] = max(peak[place], slices * arrived[place])
        arrived[place] = 0
