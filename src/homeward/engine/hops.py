"""The kernel of hops: people in the same situation move over a graph, several links a day, one day after another.

It knows tables and no rule (docs/explanation/flee-rules.md says what they stand for). People *sit* at posts or *ride*
on links, by cohort, whether they are on their first link, how far they have come on it, and their memory of recent
travel. The memory r and the distance of a day m, both in days of travel, are kept to 1/``bins``: r rounded half to
even, each link of m up or down by chance. All people are whole, and nobody is lost.

Choices at one moment are simultaneous and go by the room that there is. In Flee people travel one after another and
see who has arrived before them: a day's travel is taken in slices where a place might fill up in it (hop_crowding).

Functions take their arrays once for a list of parties and not for each, and uniforms are drawn for many at a time:
handing over arrays costs more than a draw, and a draw by itself ten times what it costs among many.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from homeward.engine.draws import binomial, counter_word, uniform_pair, uniforms
from homeward.engine.hop_appear import appear, appear_at
from homeward.engine.hop_crowding import may_arrive, mornings_of, room, slices_of, watch
from homeward.engine.hop_decisions import after, decide
from homeward.engine.hop_special import chance_of, room_on, settle, weigh_home
from homeward.engine.hop_tables import (
    BLOCK,
    Course,
    HopTables,
    Lots,
    Parties,
    Settings,
    add,
    clear,
    new_cells,
    new_choices,
    new_crowds,
    new_parties,
)
from homeward.rules.compiled import bare, jit

__all__ = ["follow"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

PHASE_WALK: Final = 3
PHASE_SINK: Final = 6
PHASE_SLICE: Final = 7
PHASE_ROUNDING: Final = 8
PHASE_MORNING: Final = 9


@bare
def _weigh(day: int, course: Course, tables: HopTables, how: Settings) -> None:
    """Write running sums of the weights of routes, by cohort and place, with the room that there is now."""
    cumulative, goals, open_routes = course.cumulative, tables.route_goal, tables.route_open
    occupied, capacity, attraction, nearness = course.occupied, room_on(day, tables), tables.attraction, tables.nearness
    for cohort in range(attraction.shape[0]):
        for place in range(len(tables.first_route) - 1):
            first, last = tables.first_route[place], tables.first_route[place + 1]
            best, total = 0.0, 0.0
            for route in range(first, last):
                weight = 0.0
                if open_routes[day, route]:
                    goal = goals[route]
                    weight = attraction[cohort, day, goal] * nearness[route]
                    weight *= room(occupied[goal], capacity[goal], how.buffer)
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
    if tables.going_home.shape[0] > 0:
        weigh_home(day, course, tables)


@bare
def _travel(day: int, address: NDArray[np.uint64], course: Course, tables: HopTables, how: Settings) -> None:
    """Let parties on stages travel for a day, of which they may have used some already.

    Who comes to the end of a link that is closed by now is back at its start. Who arrives without having gone as far
    as a day's speed may go on.
    """
    parties, posts, stages = course.parties, len(tables.post_place), len(tables.stage_way)
    memories, distances, per_km = how.memories, how.distances, how.bins / how.ride_km
    at, cohorts, firsts, former, covered = parties.at, parties.cohort, parties.first, parties.memory, parties.distance
    peoples, stage_way, stage_km = parties.people, tables.stage_way, tables.stage_km
    stage_after, way_km, way_speed = tables.stage_after, tables.way_km, tables.way_speed
    way_link, way_ends = tables.way_link, tables.way_ends
    link_open, post_place = tables.link_open, tables.post_place
    occupied, arrived, walking = course.occupied, course.crowds.arrived, parties.walking
    sit, sit_listed, sit_used = course.sitting_next.people, course.sitting_next.listed, course.sitting_next.used
    ride, ride_listed, ride_used = course.riding_next.people, course.riding_next.listed, course.riding_next.used
    more, more_listed, more_used = course.again.people, course.again.listed, course.again.used
    rounding = course.choices.lots.first
    for start in range(0, parties.used[0], BLOCK):
        stop = min(start + BLOCK, parties.used[0])
        _round_by(start, stop, day, address, parties, course.choices.lots)
        for party in range(start, stop):
            stage, cohort, first = at[party], cohorts[party], firsts[party]
            memory, distance, people = former[party], covered[party], peoples[party]
            way, walks = stage_way[stage], np.int64(walking[party])
            speed, onward = way_speed[way, walks], stage_after[stage, walks]
            km = min(speed, way_km[way] - stage_km[stage])
            steps = km * per_km
            gone = distance + int(steps)
            if rounding[party - start] < steps - int(steps):
                gone += 1
            left = after(memory, gone, memories)
            if onward >= 0:
                index = ((cohort * stages + onward) * 2 + first) * memories + left
                add(ride, ride_listed, ride_used, index, people)
            else:
                is_open = link_open[day, way_link[way]]
                post = way_ends[way, np.int64(is_open)]
                occupied[post_place[post]] += people
                arrived[post_place[post]] += people
                if is_open and distance / per_km + km < speed and gone < distances:
                    index = ((cohort * posts + post) * memories + memory) * distances + gone
                    add(more, more_listed, more_used, index, people)
                else:
                    index = ((cohort * posts + post) * 2) * memories + left
                    add(sit, sit_listed, sit_used, index, people)


@bare
def _round_by(start: int, stop: int, day: int, address: NDArray[np.uint64], parties: Parties, lots: Lots) -> None:
    """Draw a uniform for each party, by which the distance of its day is rounded."""
    names, word = parties.name, counter_word(day, PHASE_ROUNDING, 0)
    for party in range(start, stop):
        at = party - start
        lots.counter[at], lots.node[at], lots.name[at] = word, address[2], names[party]
    uniforms(address[0], address[1], lots.counter, lots.node, lots.name, stop - start, lots.first, lots.second)


@bare
def _in_the_morning(
    part: int, parts: int, day: int, address: NDArray[np.uint64], course: Course, tables: HopTables, how: Settings
) -> None:
    """List who sits as parties that decide: with the first part all who sit at places with a limit.

    In Flee they decide one after another, so that others have seen half of those go who leave a crowded place today.
    """
    parties, cells, posts, memories, listed = course.parties, course.sitting, len(tables.post_place), how.memories, 0
    leave, leave_cohorts, limits = tables.leave, tables.leave_cohorts, room_on(day, tables)
    for number in range(cells.used[0]):
        index = cells.listed[number]
        situation, people = index // memories, cells.people[index]
        post, cohort = situation // 2 % posts, situation // (2 * posts)
        place = tables.post_place[post]
        if limits[place] < 0.0:
            people = _part(part, parts, people, PHASE_MORNING, index, day, address)
        elif part > 0:
            people = 0
        if people > 0:
            parties.at[listed], parties.cohort[listed] = post, cohort
            parties.first[listed], parties.memory[listed], parties.distance[listed] = situation % 2, index % memories, 0
            parties.people[listed], parties.name[listed] = people, np.uint64(index)
            parties.chance[listed] = max(0.0, chance_of(day, cohort, place, leave, leave_cohorts))
            listed += 1
    parties.used[0] = listed


@bare
def _part(part: int, parts: int, people: int, phase: int, index: int, day: int, address: NDArray[np.uint64]) -> int:
    """Return how many of the people of a situation are in a part of so many; the parts add up to all."""
    if parts == 1:
        return people
    offset, _ = uniform_pair(address[0], address[1], day, phase, 0, np.uint64(0), np.uint64(index))
    return int(math.floor((part + 1) * people / parts + offset) - math.floor(part * people / parts + offset))


@bare
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


@bare
def _on_the_way(
    part: int, slices: int, day: int, address: NDArray[np.uint64], course: Course, tables: HopTables, how: Settings
) -> None:
    """List a slice of those who ride and may arrive today as parties that travel; with the first, all others."""
    parties, cells, stages, memories = course.parties, course.riding, len(tables.stage_way), how.memories
    stage_after, stage_way, walk = tables.stage_after, tables.stage_way, tables.way_walk
    k0, k1, listed = address[0], address[1], 0
    for number in range(cells.used[0]):
        index = cells.listed[number]
        situation, people = index // memories, cells.people[index]
        stage, first = situation // 2 % stages, situation % 2
        if slices > 1:
            if may_arrive(
                stage_after[stage, 1], stage_after[stage, 0], walk[stage_way[stage]], first if how.on_foot else 0
            ):
                people = _part(part, slices, people, PHASE_SLICE, index, day, address)
            elif part > 0:
                people = 0
        walkers = people if first == 1 and how.on_foot else 0
        if walkers == 0 and walk[stage_way[stage]] > 0.0:
            name = np.uint64(index)
            walkers = binomial(people, walk[stage_way[stage]], k0, k1, day, PHASE_WALK, address[2], name)
        for walks in range(2):
            moving = walkers if walks == 1 else people - walkers
            if moving > 0:
                parties.at[listed], parties.cohort[listed] = stage, situation // (2 * stages)
                parties.first[listed], parties.memory[listed], parties.distance[listed] = first, index % memories, 0
                parties.people[listed], parties.name[listed] = moving, np.uint64(index)
                parties.walking[listed] = walks == 1
                listed += 1
    parties.used[0] = listed


@bare
def _early(day: int, course: Course, tables: HopTables, how: Settings) -> None:
    """List those who arrived early as parties that decide once more."""
    parties, cells, posts = course.parties, course.again, len(tables.post_place)
    leave, leave_cohorts = tables.leave, tables.leave_cohorts
    for number in range(cells.used[0]):
        index = cells.listed[number]
        situation, distance = index // how.distances, index % how.distances
        memory, post = situation % how.memories, situation // how.memories % posts
        place, cohort = tables.post_place[post], situation // (how.memories * posts)
        chance = chance_of(day, cohort, place, leave, leave_cohorts)
        if chance >= 0.0 and how.no_short_stints and tables.is_town[day, place] and memory + distance < how.bins:
            chance = 1.0
        parties.at[number], parties.cohort[number] = post, cohort
        parties.first[number], parties.memory[number], parties.distance[number] = 0, memory, distance
        parties.people[number], parties.name[number] = cells.people[index], np.uint64(index)
        parties.chance[number] = max(0.0, chance)
    parties.used[0] = cells.used[0]


@bare
def _once_more(day: int, address: NDArray[np.uint64], course: Course, tables: HopTables, how: Settings) -> None:
    """List those who left once more as parties that travel."""
    parties, cells, ways, memories, listed = course.parties, course.leaving, len(tables.way_link), how.memories, 0
    for number in range(cells.used[0]):
        index = cells.listed[number]
        situation, people, walkers = index // how.distances, cells.people[index], 0
        way = situation // (memories * 2) % ways
        if tables.way_walk[way] > 0.0:
            walkers = binomial(
                people, tables.way_walk[way], address[0], address[1], day, PHASE_WALK, address[2], np.uint64(index)
            )
        for walks in range(2):
            moving = walkers if walks == 1 else people - walkers
            if moving > 0:
                parties.at[listed], parties.cohort[listed] = tables.way_stage[way], situation // (memories * 2 * ways)
                parties.first[listed], parties.memory[listed] = 0, situation % memories
                parties.distance[listed], parties.people[listed] = index % how.distances, moving
                parties.name[listed], parties.walking[listed] = np.uint64(index), walks == 1
                listed += 1
    parties.used[0] = listed


@bare
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


@bare
def _day(day: int, address: NDArray[np.uint64], course: Course, tables: HopTables, how: Settings) -> None:
    """Follow everybody through a day: see docs/explanation/flee-rules.md."""
    address[2] = np.uint64(0)
    appear(day, address, course, tables, how)
    mornings = mornings_of(day, course.occupied, tables, how)
    for part in range(mornings):
        address[2] = np.uint64(part << 20)
        _weigh(day, course, tables, how)
        _in_the_morning(part, mornings, day, address, course, tables, how)
        decide(day, address, course, tables, how)
    clear(course.sitting)
    _mounted(course, tables, how)
    clear(course.leaving)
    slices = slices_of(day, course, tables, how)
    for part in range(slices):
        address[2] = np.uint64(part << 20)
        _on_the_way(part, slices, day, address, course, tables, how)
        wave = 0
        _travel(day, address, course, tables, how)
        while course.again.used[0] > 0:
            wave += 1
            address[2] = np.uint64((part << 20) | ((wave & 255) << 12))
            _weigh(day, course, tables, how)
            _early(day, course, tables, how)
            clear(course.again)
            decide(day, address, course, tables, how)
            _once_more(day, address, course, tables, how)
            clear(course.leaving)
            _travel(day, address, course, tables, how)
        watch(slices, course.crowds)
    clear(course.riding)
    _sinks(day, address, course, tables, how)


@bare
def _most_routes(tables: HopTables) -> int:
    """Return the most routes that any place has, at least 1."""
    most = 1
    for place in range(len(tables.first_route) - 1):
        most = max(most, tables.first_route[place + 1] - tables.first_route[place])
    return most


@jit
def _started(
    at_start: IntArray, residents: FloatArray, address: NDArray[np.uint64], tables: HopTables, how: Settings
) -> Course:
    """Return the first morning."""
    posts, stages, cohorts = len(tables.post_place), len(tables.stage_way), tables.attraction.shape[0]
    places = len(at_start)
    sitting, riding = cohorts * posts * 2 * how.memories, cohorts * stages * 2 * how.memories
    leaving = cohorts * len(tables.way_link) * 2 * how.memories * how.distances
    again = cohorts * posts * how.memories * how.distances
    course = Course(
        new_cells(sitting), new_cells(sitting), new_cells(riding), new_cells(riding), new_cells(leaving),
        new_cells(again), np.zeros(places, np.int64), residents.copy(), np.zeros((cohorts, len(tables.route_way))),
        new_parties(2 * max(sitting, riding, leaving, again)), new_choices(_most_routes(tables)), new_crowds(places),
    )  # fmt: skip
    for place in range(places):
        if at_start[place] > 0:
            appear_at(0, place, at_start[place], address, course, tables, how)
    settle(course, tables, how)
    return course


@jit
def follow(
    seed: int, replicate: int, at_start: IntArray, residents: FloatArray, tables: HopTables, how: Settings
) -> IntArray:
    """Return (days x places) the people who are at each place in the evening; a last column has those on the way.

    ``at_start`` (places) people who are there on the first morning, but for those of known cohorts (``tables.known``);
    ``residents`` (places) those who can be displaced.
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
            course.occupied, course.residents, course.cumulative, course.parties, course.choices, course.crowds,
        )  # fmt: skip
    return people
