"""Who leaves a place, by which route, and who finds the camp full that they chose: a step of the kernel of hops.

Parties are taken in blocks, so that uniforms are drawn many at a time, which costs a tenth of drawing one by one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from homeward.engine.draws import binomial, counter_word, uniforms
from homeward.engine.hop_crowding import HALF_ROOM, room
from homeward.engine.hop_special import room_on
from homeward.engine.hop_tables import BLOCK, FEW, Course, HopTables, Lots, Parties, Settings, add
from homeward.rules.compiled import bare

__all__ = ["after", "decide"]

# Phases of the address of a draw; others stand in hops.py and hop_appear.py.
PHASE_LEAVE: Final = 0
PHASE_ROUTE: Final = 1
PHASE_SINGLE: Final = 2

ATTEMPT: Final = np.uint64(24)
"""Where in the first word of an address the number of a person stands."""


@bare
def after(memory: int, distance: int, memories: int) -> int:
    """Return the memory of travel after a day: half of both, rounded half to even."""
    both = memory + distance
    half = both // 2
    return min(half + (half & both & 1), memories - 1)


@bare
def decide(day: int, address: NDArray[np.uint64], course: Course, tables: HopTables, how: Settings) -> None:
    """Let parties at posts leave with their chance, along what they follow or along a route that they choose.

    Who leaves is put onto a way; whoever stays, or finds the camp that they chose full, sits.
    """
    follows = len(tables.post_place) > len(course.occupied)
    for start in range(0, course.parties.used[0], BLOCK):
        stop = min(start + BLOCK, course.parties.used[0])
        if _few_choose(start, stop, day, address, course, tables) < stop - start:
            _many_choose(start, stop, day, address, course, tables)
        if follows:
            _follow(start, stop, day, course, tables, how)
        _set_out(start, stop, day, course, tables, how)


@bare
def _one_by_one(start: int, stop: int, day: int, address: NDArray[np.uint64], parties: Parties, lots: Lots) -> None:
    """Draw two uniforms for each person of small parties: whether they leave, and by which route."""
    counter, node, name, count = lots.counter, lots.node, lots.name, 0
    peoples, names, base, here = parties.people, parties.name, counter_word(day, PHASE_SINGLE, 0), address[2]
    for party in range(start, stop):
        if peoples[party] <= FEW:
            for number in range(peoples[party]):
                counter[count], node[count], name[count] = base | (np.uint64(number) << ATTEMPT), here, names[party]
                count += 1
    uniforms(address[0], address[1], counter, node, name, count, lots.first, lots.second)


@bare
def _few_choose(start: int, stop: int, day: int, address: NDArray[np.uint64], course: Course, tables: HopTables) -> int:
    """Let people of small parties leave and choose a route one by one; return how many parties that were."""
    parties, choices, cumulative = course.parties, course.choices, course.cumulative
    leaving, chosen = choices.leaves, choices.chosen
    at, cohorts, peoples, chances = parties.at, parties.cohort, parties.people, parties.chance
    post_place, post_way, first_route = tables.post_place, tables.post_way, tables.first_route
    _one_by_one(start, stop, day, address, parties, course.choices.lots)
    leaves, wanted, number, few = course.choices.lots.first, course.choices.lots.second, 0, 0
    for party in range(start, stop):
        people, post, cohort, chance, gone = peoples[party], at[party], cohorts[party], chances[party], 0
        if people > FEW:
            continue
        low, high = first_route[post_place[post]], first_route[post_place[post] + 1]
        total = cumulative[cohort, high - 1] if high > low and post_way[post] < 0 else 0.0
        for person in range(number, number + people):
            if leaves[person] < chance:
                gone += 1
                if total > 0.0:
                    route, upto = low, wanted[person] * total
                    while route < high - 1 and cumulative[cohort, route] <= upto:
                        route += 1
                    chosen[party - start, route - low] += 1
        number += people
        few += 1
        leaving[party - start] = gone
    return few


@bare
def _many_choose(
    start: int, stop: int, day: int, address: NDArray[np.uint64], course: Course, tables: HopTables
) -> None:
    """Let people of large parties leave and choose a route by binomial draws."""
    parties, choices, cumulative = course.parties, course.choices, course.cumulative
    leaving, chosen = choices.leaves, choices.chosen
    at, cohorts, peoples, names, chances = parties.at, parties.cohort, parties.people, parties.name, parties.chance
    post_place, post_way, first_route = tables.post_place, tables.post_way, tables.first_route
    k0, k1, node = address[0], address[1], address[2]
    for party in range(start, stop):
        if peoples[party] <= FEW:
            continue
        post, cohort, name = at[party], cohorts[party], names[party]
        left = binomial(peoples[party], chances[party], k0, k1, day, PHASE_LEAVE, node, name)
        leaving[party - start] = left
        low, high, below = first_route[post_place[post]], first_route[post_place[post] + 1], 0.0
        total = cumulative[cohort, high - 1] if high > low and post_way[post] < 0 else 0.0
        route = low
        while left > 0 and total > below:
            upto, taking = cumulative[cohort, route], left
            if upto < total:
                branch = node | np.uint64(route - low + 1)
                taking = binomial(left, (upto - below) / (total - below), k0, k1, day, PHASE_ROUTE, branch, name)
            chosen[party - start, route - low] = taking
            left, below, route = left - taking, upto, route + 1


@bare
def _full(camp: bool, people: float, limit: float, buffer: float) -> bool:  # noqa: FBT001
    """Return whether a place is a camp for which nobody sets out."""
    return camp and room(people, limit, buffer) < HALF_ROOM


@bare
def _follow(start: int, stop: int, day: int, course: Course, tables: HopTables, how: Settings) -> None:
    """Put those who leave along the rest of a route onto their next way, where it is open: they leave no more."""
    parties, cells, gone, leaving = course.parties, course.leaving, course.choices.gone, course.choices.leaves
    limits, ways, memories, distances = room_on(day, tables), len(tables.way_link), how.memories, how.distances
    for party in range(start, stop):
        post, row = parties.at[party], party - start
        way, goal = tables.post_way[post], tables.post_goal[post]
        if way < 0 or leaving[row] == 0 or not tables.link_open[day, tables.way_link[way]]:
            continue
        if not _full(tables.is_camp[day, goal], course.occupied[goal], limits[goal], how.buffer):
            gone[row] = leaving[row]
            course.occupied[tables.way_start[way]] -= gone[row]
            situation = (parties.cohort[party] * ways + way) * 2 + parties.first[party]
            index = (situation * memories + parties.memory[party]) * distances + parties.distance[party]
            add(cells.people, cells.listed, cells.used, index, gone[row])


@bare
def _set_out(start: int, stop: int, day: int, course: Course, tables: HopTables, how: Settings) -> None:
    """Put those who chose a route onto its way unless they find its camp full; they and all others sit."""
    parties, posts, memories, distances = course.parties, len(tables.post_place), how.memories, how.distances
    at, cohorts, firsts, former, covered = parties.at, parties.cohort, parties.first, parties.memory, parties.distance
    post_place, first_route, peoples, buffer = tables.post_place, tables.first_route, parties.people, how.buffer
    route_way, route_goal, is_camp, limits = tables.route_way, tables.route_goal, tables.is_camp, room_on(day, tables)
    occupied, chosen, leaving, gone = course.occupied, course.choices.chosen, course.choices.leaves, course.choices.gone
    sit, sit_listed, sit_used = course.sitting_next.people, course.sitting_next.listed, course.sitting_next.used
    go, go_listed, go_used = course.leaving.people, course.leaving.listed, course.leaving.used
    ways = len(tables.way_link)
    for party in range(start, stop):
        post, cohort, first, memory, row = at[party], cohorts[party], firsts[party], former[party], party - start
        place, distance, back = post_place[post], covered[party], leaving[row] - gone[row]
        gone[row] = 0
        low, high = first_route[place], first_route[place + 1]
        for route in range(low, high):
            taking, goal = chosen[row, route - low], route_goal[route]
            if taking == 0:
                continue
            chosen[row, route - low] = 0
            if not _full(is_camp[day, goal], occupied[goal], limits[goal], buffer):
                occupied[place] -= taking
                back -= taking
                situation = ((cohort * ways + route_way[route]) * 2 + first) * memories + memory
                add(go, go_listed, go_used, situation * distances + distance, taking)
        rest = after(memory, distance, memories)
        waiting = peoples[party] - leaving[row]
        if waiting > 0:
            add(sit, sit_listed, sit_used, ((cohort * posts + post) * 2 + first) * memories + rest, waiting)
        if back > 0:
            add(sit, sit_listed, sit_used, ((cohort * posts + place) * 2 + first) * memories + rest, back)
