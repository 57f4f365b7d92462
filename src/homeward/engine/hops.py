"""The kernel of hops: people in the same situation move over a graph, several links a day, one day after another.

It knows tables and no rule (docs/explanation/flee-rules.md says what they stand for). People *sit* at posts or *ride*
on links, by cohort, whether they are on their first link, how far they have come on it, and their memory of recent
travel. The memory r and the distance of a day m, both in days of travel, are kept to 1/``bins``: r rounded half to
even, each link of m up or down by chance. All people are whole, and nobody is lost.

Choices at one moment are simultaneous and go by the room that there is. In Flee people travel one after another, so
that those who go on in the day have seen half of the day's arrivals on average: a day's travel is taken in slices
when a place might fill up in it, and half of the slice's arrivals count.

Functions take their arrays once for a list of parties and not for each: handing over arrays costs more than a draw.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from homeward.engine.draws import binomial, uniform_pair
from homeward.engine.hop_appear import appear, appear_at
from homeward.engine.hop_tables import Course, HopTables, Settings, add, clear, new_cells, new_parties
from homeward.rules.compiled import jit

__all__ = ["follow"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

FEW: Final = 5
"""Up to so many people decide one by one, which is cheaper than splitting them."""

HALF_ROOM: Final = 0.5
"""Nobody sets out for a camp with less room than this."""

PHASE_LEAVE: Final = 0
PHASE_ROUTE: Final = 1
PHASE_SINGLE: Final = 2
PHASE_WALK: Final = 3
PHASE_SINK: Final = 6
PHASE_SLICE: Final = 7
PHASE_ROUNDING: Final = 8


@jit
def _after(memory: int, distance: int, memories: int) -> int:
    """Return the memory of travel after a day: half of both, rounded half to even."""
    both = memory + distance
    half = both // 2
    return min(half + (half & both & 1), memories - 1)


@jit
def _room(people: float, limit: float, buffer: float) -> float:
    """Return the share of attraction that crowding leaves a place."""
    if limit < 0.0 or people <= buffer * limit:
        return 1.0
    if people >= limit:
        return 0.0
    return 1.0 - (people - buffer * limit) / (limit * (1.0 - buffer))


@jit
def _weigh(day: int, course: Course, tables: HopTables, how: Settings) -> None:
    """Write running sums of the weights of routes, by cohort and place, with the room that there is now."""
    cumulative, goals, open_routes = course.cumulative, tables.route_goal, tables.route_open
    occupied, capacity, attraction, nearness = course.occupied, tables.capacity, tables.attraction, tables.nearness
    coming = course.coming
    for cohort in range(attraction.shape[0]):
        for place in range(len(tables.first_route) - 1):
            first, last = tables.first_route[place], tables.first_route[place + 1]
            best, total = 0.0, 0.0
            for route in range(first, last):
                weight = 0.0
                if open_routes[day, route]:
                    goal = goals[route]
                    weight = attraction[cohort, day, goal] * nearness[route]
                    weight *= _room(occupied[goal] - 0.5 * coming[goal], capacity[goal], how.buffer)
                    if how.weight_power != 1.0:
                        weight = weight**how.weight_power
                cumulative[cohort, route] = weight
                best = max(best, weight)
            for route in range(first, last):
                weight = cumulative[cohort, route]
                if best > 0.0:
                    total += weight if weight >= how.pruning * best else 0.0
                elif open_routes[day, route]:
                    total += 1.0
                cumulative[cohort, route] = total


@jit
def _decide(day: int, address: NDArray[np.uint64], course: Course, tables: HopTables, how: Settings) -> None:
    """Let parties at posts leave with their chance, along what they follow or along a route that they choose.

    Who leaves is put onto a way; whoever stays, or finds the camp that they chose full, sits.
    """
    parties, posts, memories, distances = course.parties, len(tables.post_place), how.memories, how.distances
    at, cohorts, firsts, former, covered = parties.at, parties.cohort, parties.first, parties.memory, parties.distance
    peoples, chances, names = parties.people, parties.chance, parties.name
    post_place, post_way, post_goal = tables.post_place, tables.post_way, tables.post_goal
    first_route, route_way, route_goal = tables.first_route, tables.route_way, tables.route_goal
    is_camp, link_open, way_link, way_start = tables.is_camp, tables.link_open, tables.way_link, tables.way_start
    occupied, capacity, cumulative = course.occupied, tables.capacity, course.cumulative
    sit, sit_listed, sit_used = course.sitting_next.people, course.sitting_next.listed, course.sitting_next.used
    go, go_listed, go_used = course.leaving.people, course.leaving.listed, course.leaving.used
    k0, k1, node, ways, coming = address[0], address[1], address[2], len(tables.way_link), course.coming
    for party in range(parties.used[0]):
        post, cohort, first, memory, distance = at[party], cohorts[party], firsts[party], former[party], covered[party]
        people, chance, name, place = peoples[party], chances[party], names[party], post_place[post]
        rest, few = _after(memory, distance, memories), people <= FEW
        low, high = first_route[place], first_route[place + 1]
        total = cumulative[cohort, high - 1] if high > low else 0.0
        chooses = post_way[post] < 0 and total > 0.0
        leaving = people if few else binomial(people, chance, k0, k1, day, PHASE_LEAVE, node, name)
        left, below, following, staying = leaving, 0.0, low, 0
        while left > 0:
            taking, leaves, wanted, route = left, True, 0.0, -1
            if few:
                leaves, wanted = _single(chance, k0, k1, day, left, node, name)
                taking = 1
            if leaves and chooses and few:
                route = _picked(cumulative, cohort, low, high, wanted * total)
            elif chooses and not few:
                route, upto = following, cumulative[cohort, following]
                branch = node | np.uint64(route - low + 1)
                taking = _part(left, below, upto, total, k0, k1, day, branch, name)
                below, following = upto, following + 1
            left -= taking
            way = _way_on(post_way[post] if leaves else -1, route, day, route_way, way_link, link_open)
            goal = route_goal[route] if route >= 0 else post_goal[post]
            there = _room(occupied[goal] - 0.5 * coming[goal], capacity[goal], how.buffer)
            if way >= 0 and not (is_camp[day, goal] and there < HALF_ROOM):
                occupied[way_start[way]] -= taking
                index = (((cohort * ways + way) * 2 + first) * memories + memory) * distances + distance
                add(go, go_listed, go_used, index, taking)
            elif leaves:
                staying += taking
            else:
                leaving -= taking
        waiting = ((cohort * posts + post) * 2 + first) * memories + rest
        add(sit, sit_listed, sit_used, waiting, people - leaving)
        dropped = ((cohort * posts + place) * 2 + first) * memories + rest
        add(sit, sit_listed, sit_used, dropped, staying)


@jit
def _picked(cumulative: FloatArray, cohort: int, low: int, high: int, wanted: float) -> int:
    """Return the first route whose running sum of weights is above ``wanted``."""
    route = low
    while route < high - 1 and cumulative[cohort, route] <= wanted:
        route += 1
    return route


@jit
def _part(
    left: int, below: float, upto: float, total: float, k0: np.uint64, k1: np.uint64, day: int, node: np.uint64,
    name: np.uint64,
) -> int:  # fmt: skip
    """Return how many of those left take the next route, the last of them all that are."""
    if upto >= total:
        return left
    return binomial(left, (upto - below) / (total - below), k0, k1, day, PHASE_ROUTE, node, name)


@jit
def _way_on(followed: int, route: int, day: int, route_way: IntArray, way_link: IntArray, link_open: BoolArray) -> int:
    """Return the way of a route that was chosen, else the one that is followed if it is open, else -1."""
    if route >= 0:
        return int(route_way[route])
    return followed if followed >= 0 and link_open[day, way_link[followed]] else -1


@jit
def _single(
    chance: float, k0: np.uint64, k1: np.uint64, day: int, number: int, node: np.uint64, name: np.uint64
) -> tuple[bool, float]:
    """Return whether the person of this number leaves, and a uniform by which to choose."""
    leaves, wanted = uniform_pair(k0, k1, day, PHASE_SINGLE, number, node, name)
    return leaves < chance, wanted


@jit
def _travel(day: int, wave: int, address: NDArray[np.uint64], course: Course, tables: HopTables, how: Settings) -> None:
    """Let parties on stages travel for a day, of which they may have used some already.

    Arrivals of wave 0, of those who were on their way before, count as coming until the slice is over.

    Who comes to the end of a link that is closed by now is back at its start. Who arrives without having gone as far
    as a day's speed may go on.
    """
    parties, posts, stages = course.parties, len(tables.post_place), len(tables.stage_way)
    memories, distances, per_km = how.memories, how.distances, how.bins / how.ride_km
    at, cohorts, firsts, former, covered = parties.at, parties.cohort, parties.first, parties.memory, parties.distance
    peoples, names = parties.people, parties.name
    stage_way, stage_km = tables.stage_way, tables.stage_km
    on_foot, riding, way_km, way_ride = tables.stage_on_foot, tables.stage_riding, tables.way_km, tables.way_ride
    way_walk, way_link, way_post, way_start = tables.way_walk, tables.way_link, tables.way_post, tables.way_start
    link_open, post_place = tables.link_open, tables.post_place
    occupied, coming = course.occupied, course.coming
    sit, sit_listed, sit_used = course.sitting_next.people, course.sitting_next.listed, course.sitting_next.used
    ride, ride_listed, ride_used = course.riding_next.people, course.riding_next.listed, course.riding_next.used
    more, more_listed, more_used = course.again.people, course.again.listed, course.again.used
    for party in range(parties.used[0]):
        stage, cohort, first = at[party], cohorts[party], firsts[party]
        memory, distance, people = former[party], covered[party], peoples[party]
        way = stage_way[stage]
        walkers = people if first == 1 and how.on_foot else 0
        if walkers == 0 and way_walk[way] > 0.0:
            walkers = binomial(
                people, way_walk[way], address[0], address[1], day, PHASE_WALK, address[2], names[party]
            )  # fmt: skip
        for walks in range(2):
            moving = walkers if walks == 1 else people - walkers
            if moving == 0:
                continue
            speed = tables.walk_km if walks == 1 else way_ride[way]
            after = on_foot[stage] if walks == 1 else riding[stage]
            km = speed if after >= 0 else way_km[way] - stage_km[stage]
            gone = distance + _rounded(km * per_km, address[0], address[1], day, address[2], names[party])
            left = _after(memory, gone, memories)
            if after >= 0:
                index = ((cohort * stages + after) * 2 + first) * memories + left
                add(ride, ride_listed, ride_used, index, moving)
                continue
            is_open = link_open[day, way_link[way]]
            post = way_post[way] if is_open else way_start[way]
            occupied[post_place[post]] += moving
            if wave == 0:
                coming[post_place[post]] += moving
            if is_open and distance / per_km + km < speed and gone < distances:
                index = ((cohort * posts + post) * memories + memory) * distances + gone
                add(more, more_listed, more_used, index, moving)
            else:
                index = ((cohort * posts + post) * 2) * memories + left
                add(sit, sit_listed, sit_used, index, moving)


@jit
def _rounded(steps: float, k0: np.uint64, k1: np.uint64, day: int, node: np.uint64, name: np.uint64) -> int:
    """Return steps rounded up with their fraction as the chance, so that many short links add up to what they are."""
    whole = math.floor(steps)
    if steps == whole:
        return int(whole)
    drawn, _ = uniform_pair(k0, k1, day, PHASE_ROUNDING, 0, node, name)
    return int(whole) + (1 if drawn < steps - whole else 0)


@jit
def _in_the_morning(day: int, course: Course, tables: HopTables, how: Settings) -> None:
    """List everybody who sits as parties that decide."""
    parties, cells, posts, memories = course.parties, course.sitting, len(tables.post_place), how.memories
    for number in range(cells.used[0]):
        index = cells.listed[number]
        situation = index // memories
        post = situation // 2 % posts
        parties.at[number], parties.cohort[number] = post, situation // (2 * posts)
        parties.first[number], parties.memory[number], parties.distance[number] = situation % 2, index % memories, 0
        parties.people[number], parties.name[number] = cells.people[index], np.uint64(index)
        parties.chance[number] = tables.leave[day, tables.post_place[post]]
    parties.used[0] = cells.used[0]


@jit
def _mounted(course: Course, tables: HopTables, how: Settings) -> None:
    """Put those who left in the morning onto the first stage of their way, beside those who were on one already."""
    cells, ways, stages, memories = course.leaving, len(tables.way_link), len(tables.stage_way), how.memories
    for number in range(cells.used[0]):
        index = cells.listed[number]
        situation = index // how.distances
        memory, first, way = situation % memories, situation // memories % 2, situation // (memories * 2) % ways
        cohort = situation // (memories * 2 * ways)
        stage = ((cohort * stages + tables.way_stage[way]) * 2 + first) * memories + memory
        add(course.riding.people, course.riding.listed, course.riding.used, stage, cells.people[index])


@jit
def _may_arrive(after_foot: int, after_riding: int, walkers: float, first: int) -> bool:
    """Return whether people can come to the end of their way today, by the stages after a day on foot or riding."""
    if first == 1:
        return after_foot < 0
    return after_riding < 0 or (after_foot < 0 and walkers > 0.0)


@jit
def _slices(course: Course, tables: HopTables, how: Settings) -> int:
    """Return into how many slices the day's arrivals are cut: one where no place can fill up in it."""
    people_on, listed, stages, arriving = course.riding.people, course.riding.listed, len(tables.stage_way), 0
    on_foot, riding, stage_way, walk = tables.stage_on_foot, tables.stage_riding, tables.stage_way, tables.way_walk
    for number in range(course.riding.used[0]):
        situation = listed[number] // how.memories
        stage, first = situation // 2 % stages, situation % 2 if how.on_foot else 0
        if _may_arrive(on_foot[stage], riding[stage], walk[stage_way[stage]], first):
            arriving += people_on[listed[number]]
    for place in range(len(course.occupied)):
        capacity, people = tables.capacity[place], course.occupied[place]
        if capacity >= 0.0 and people < capacity and people + arriving > how.buffer * capacity:
            return max(1, min(how.slices, arriving))
    return 1


@jit
def _on_the_way(
    part: int, slices: int, day: int, address: NDArray[np.uint64], course: Course, tables: HopTables, how: Settings
) -> None:
    """List a slice of those who ride and may arrive today as parties that travel; with the first, all others."""
    parties, cells, stages, memories = course.parties, course.riding, len(tables.stage_way), how.memories
    on_foot, riding, stage_way, walk = tables.stage_on_foot, tables.stage_riding, tables.stage_way, tables.way_walk
    k0, k1, listed = address[0], address[1], 0
    for number in range(cells.used[0]):
        index = cells.listed[number]
        situation, people = index // memories, cells.people[index]
        stage, first = situation // 2 % stages, situation % 2
        if slices > 1:
            if _may_arrive(on_foot[stage], riding[stage], walk[stage_way[stage]], first if how.on_foot else 0):
                offset, _ = uniform_pair(k0, k1, day, PHASE_SLICE, 0, np.uint64(0), np.uint64(index))
                upto = math.floor((part + 1) * people / slices + offset)
                people = int(upto - math.floor(part * people / slices + offset))
            elif part > 0:
                people = 0
        if people > 0:
            parties.at[listed], parties.cohort[listed] = stage, situation // (2 * stages)
            parties.first[listed], parties.memory[listed], parties.distance[listed] = first, index % memories, 0
            parties.people[listed], parties.name[listed] = people, np.uint64(index)
            listed += 1
    parties.used[0] = listed


@jit
def _early(day: int, course: Course, tables: HopTables, how: Settings) -> None:
    """List those who arrived early as parties that decide once more."""
    parties, cells, posts = course.parties, course.again, len(tables.post_place)
    for number in range(cells.used[0]):
        index = cells.listed[number]
        situation, distance = index // how.distances, index % how.distances
        memory, post = situation % how.memories, situation // how.memories % posts
        place = tables.post_place[post]
        chance = tables.leave[day, place]
        if how.no_short_stints and tables.is_town[day, place] and memory + distance < how.bins:
            chance = 1.0
        parties.at[number], parties.cohort[number] = post, situation // (how.memories * posts)
        parties.first[number], parties.memory[number], parties.distance[number] = 0, memory, distance
        parties.people[number], parties.name[number] = cells.people[index], np.uint64(index)
        parties.chance[number] = chance
    parties.used[0] = cells.used[0]


@jit
def _once_more(course: Course, tables: HopTables, how: Settings) -> None:
    """List those who left once more as parties that travel."""
    parties, cells, ways, memories = course.parties, course.leaving, len(tables.way_link), how.memories
    for number in range(cells.used[0]):
        index = cells.listed[number]
        situation = index // how.distances
        way = situation // (memories * 2) % ways
        parties.at[number], parties.cohort[number] = tables.way_stage[way], situation // (memories * 2 * ways)
        parties.first[number], parties.memory[number] = 0, situation % memories
        parties.distance[number], parties.people[number] = index % how.distances, cells.people[index]
        parties.name[number] = np.uint64(index)
    parties.used[0] = cells.used[0]


@jit
def _sinks(day: int, address: NDArray[np.uint64], course: Course, tables: HopTables, how: Settings) -> None:
    """Let people in camps stay for good with a chance: they are still there, and decide nothing any more."""
    cells, posts, kept = course.sitting_next, len(tables.post_place), 0
    for number in range(cells.used[0]):
        index = cells.listed[number]
        place = tables.post_place[index // (how.memories * 2) % posts]
        if tables.sink[place] > 0.0 and tables.is_camp[day, place]:
            people, chance, name = cells.people[index], tables.sink[place], np.uint64(index)
            cells.people[index] -= binomial(
                people, chance, address[0], address[1], day, PHASE_SINK, np.uint64(0), name
            )  # fmt: skip
        if cells.people[index] > 0:
            cells.listed[kept] = index
            kept += 1
    cells.used[0] = kept


@jit
def _day(day: int, address: NDArray[np.uint64], course: Course, tables: HopTables, how: Settings) -> None:
    """Follow everybody through a day: see docs/explanation/flee-rules.md."""
    address[2] = np.uint64(0)
    appear(day, address, course, tables, how)
    _weigh(day, course, tables, how)
    _in_the_morning(day, course, tables, how)
    _decide(day, address, course, tables, how)
    clear(course.sitting)
    _mounted(course, tables, how)
    clear(course.leaving)
    slices = _slices(course, tables, how)
    for part in range(slices):
        address[2] = np.uint64(part << 20)
        _on_the_way(part, slices, day, address, course, tables, how)
        wave = 0
        _travel(day, wave, address, course, tables, how)
        while course.again.used[0] > 0:
            wave += 1
            address[2] = np.uint64((part << 20) | ((wave & 255) << 12))
            _weigh(day, course, tables, how)
            _early(day, course, tables, how)
            clear(course.again)
            _decide(day, address, course, tables, how)
            _once_more(course, tables, how)
            clear(course.leaving)
            _travel(day, wave, address, course, tables, how)
        course.coming[:] = 0
    clear(course.riding)
    _sinks(day, address, course, tables, how)


@jit
def _started(
    at_start: IntArray, residents: FloatArray, address: NDArray[np.uint64], tables: HopTables, how: Settings
) -> Course:
    """Return the first morning."""
    posts, stages, cohorts = len(tables.post_place), len(tables.stage_way), tables.attraction.shape[0]
    sitting, riding = cohorts * posts * 2 * how.memories, cohorts * stages * 2 * how.memories
    leaving = cohorts * len(tables.way_link) * 2 * how.memories * how.distances
    again = cohorts * posts * how.memories * how.distances
    course = Course(
        new_cells(sitting), new_cells(sitting), new_cells(riding), new_cells(riding), new_cells(leaving),
        new_cells(again), np.zeros(len(at_start), np.int64), np.zeros(len(at_start), np.int64), residents.copy(),
        np.zeros((cohorts, len(tables.route_way))), new_parties(max(sitting, riding, leaving, again)),
    )  # fmt: skip
    for place in range(len(at_start)):
        if at_start[place] > 0:
            appear_at(0, place, at_start[place], address, course, tables, how)
    return course


@jit
def follow(
    seed: int, replicate: int, at_start: IntArray, residents: FloatArray, tables: HopTables, how: Settings
) -> IntArray:
    """Return (days x places) the people who are at each place in the evening; a last column has those on the way.

    ``at_start`` (places) people who are there on the first morning; ``residents`` (places) those who can be displaced.
    """
    days, places = tables.leave.shape
    address = np.array([seed, replicate, 0], dtype=np.uint64)
    course = _started(at_start, residents, address, tables, how)
    people = np.zeros((days, places + 1), np.int64)
    for day in range(days):
        _day(day, address, course, tables, how)
        people[day, :places] = course.occupied
        for number in range(course.riding_next.used[0]):
            people[day, places] += course.riding_next.people[course.riding_next.listed[number]]
        course = Course(
            course.sitting_next, course.sitting, course.riding_next, course.riding, course.leaving, course.again,
            course.occupied, course.coming, course.residents, course.cumulative, course.parties,
        )  # fmt: skip
    return people
