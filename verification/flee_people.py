"""The rules of Flee, one person at a time: the plain and slow reference for the kernel that counts.

Everybody is followed alone, from the oldest to the youngest, as in Flee: all decide one after another and then all
travel one after another, each seeing how many people are where at that moment. What is done when is the section
"A day" of ``docs/explanation/flee-rules.md``. Of the package only the reader of Flee directories is used.

``report`` holds the result against Flee's own runs. ``Reading`` names what versions of Flee do differently: the
defaults are what Flee's results show, and the other values are there to be found out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.model import (
    CampCounts,
    Closure,
    ClosureKind,
    FleeCase,
    FleeLocation,
    FleeRoute,
    LocationKind,
    Redirection,
)
from homeward.case.flee.parameters import FleeSettings, MoveRules, SpawnMode
from homeward.case.flee.reader import read_flee
from verification.flee_special import STAY, Special, Who
from verification.flees_runs import HASTEN, SHARED, FleesRun, flees_runs
from verification.tables import show

__all__ = ["Reading", "Result", "averaged_relative_difference", "main", "report", "simulate_people"]

RUNS = {"mali2012": 60, "burundi2015": 60, "car2013": 20, "ssudan2013": 30, "syria2013": 12}
ALARM_RATE = 0.01
PERMUTATIONS = 9_999
SEED = 20_261_126

ON_A_ROAD = -1
FULL = 0.5
NO_CONFLICT = 0.000001
"""Intensities below this are none."""

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """How Flee is read where its versions differ; the defaults are those of May 2026.

    ``places_have_scores``: weights of camps, countries and conflict act; otherwise all places score 1.
    ``room_is_what_is_left``: the people of day 0 are taken off the capacity. ``counts_are_live``: whoever decides sees
    where people are now, not where they were in the morning. ``redirection_forces``: a redirected road is taken by all.
    ``decay_of_yesterday``: new people appear by the decay of the day before, unless a conflict begins or ends today;
    that is what the code does, and results cannot tell.
    """

    places_have_scores: bool = True
    room_is_what_is_left: bool = True
    counts_are_live: bool = True
    redirection_forces: bool = False
    decay_of_yesterday: bool = True


@dataclass(frozen=True)
class Result:
    """What Flee writes into ``out.csv``: people by day and camp, and by day.

    ``raw`` are all people registered so far, ``people`` all in the simulation, ``debt`` what later rises pay off.
    """

    camps: tuple[str, ...]
    simulated: IntArray
    counted: IntArray
    raw: IntArray
    people: IntArray
    debt: IntArray

    @property
    def errors(self) -> FloatArray:
        """The averaged relative difference of each day; 0 where nobody is registered."""
        apart = np.abs(self.simulated - self.counted).sum(axis=1).astype(np.float64)
        shares: FloatArray = np.where(self.raw > 0, apart / np.maximum(self.raw, 1), 0.0)
        return shares


def averaged_relative_difference(result: Result) -> float:
    """Return the score that Flee's users quote: the mean of the days' differences."""
    return float(result.errors.mean())


@dataclass(eq=False, slots=True)
class Place:
    """A place as it is now; ``room`` is its capacity (-1 for none), ``since`` the day on which its conflict began."""

    index: int
    name: str
    country: str
    abroad: bool
    residents: int
    room: int
    chance: float = 0.0
    camp: bool = False
    town: bool = False
    marker: bool = False
    intensity: float = 0.0
    since: int = -1
    people: int = 0
    score: float = 1.0
    spawn_weight: float = 0.0
    roads: list[Road] = field(default_factory=list)
    shut: list[Road] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Road:
    """One direction of a route; who is on it when it closes is on a closed road to its end."""

    start: Place
    end: Place
    kilometres: float
    speed: float
    walked: float
    forced: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A route that may be chosen: the places on it, its weight but for the room at its end, and its length."""

    stops: tuple[Place, ...]
    weight: float
    kilometres: float


@dataclass(eq=False, slots=True)
class Person:
    """Somebody: at a place or on a road, with the rest of a route; ``number`` is the rank by age."""

    number: int
    place: Place
    road: Road | None = None
    on_road: float = 0.0
    links: int = 0
    route: tuple[Place, ...] = ()
    who: Who = field(default_factory=Who)


def simulate_people(case: FleeCase, *, hasten: int, seed: int, reading: Reading | None = None) -> Result:
    """Follow everybody through all days of a Flee directory; every number of people is divided by ``hasten``."""
    refuse(case.settings)
    counts = Counts(case, hasten)
    world = World(case, hasten, counts, random.Random(seed), np.random.default_rng(seed), reading or Reading())
    simulated, people, debts = [], [], []
    debt = 0
    for day in range(case.period.days):
        debt = world.pass_day(day, debt)
        simulated.append([place.people for place in world.camps])
        people.append(len(world.people))
        debts.append(debt)
    camps = tuple(place.name for place in world.camps)
    counted = np.column_stack([counts.of(camp) for camp in camps])
    return Result(camps, np.array(simulated), counted, counts.raw, np.array(people), np.array(debts))


def refuse(settings: FleeSettings) -> None:
    """Raise where a setting is not followed here."""
    moves, defaults = settings.move_rules, MoveRules()
    plain = ("pruning_threshold", "use_v1_rules")
    found = [name for name in plain if getattr(moves, name) != getattr(defaults, name)]
    found += ["awareness_level"] * (moves.awareness_level < 1)
    spawns = settings.spawn_rules
    found += ["camps_are_sinks"] * spawns.camps_are_sinks
    if found:
        raise ValueError(f"not followed here: {', '.join(found)}")


# ---------------------------------------------------------------------------------------------------- what is counted


class Counts:
    """The people counted by day: of each camp, of all camps together or of the row ``total``, and so far."""

    def __init__(self, case: FleeCase, hasten: int) -> None:
        """Read all rows of the layout between their dates, after the corrections of registrations."""
        spawns = case.settings.spawn_rules
        rows = (*((case.total,) if case.total else ()), *case.camps)
        self._by_name = {row.name: daily(case, row, hasten) for row in rows}
        self.first = {name: int(counts[0]) for name, counts in self._by_name.items()}
        if spawns.empty_camps_on_day0:
            self._by_name = {name: counts - counts[0] for name, counts in self._by_name.items()}
        driving = case.camps if spawns.sum_from_camps else (case.total,) if case.total else ()
        zero = np.zeros(case.period.days, dtype=np.int64)
        registered = sum((self._by_name[row.name] for row in driving), start=zero)
        self.rises: IntArray = np.diff(registered, prepend=0)
        if spawns.sum_from_camps and case.total:
            self.rises[0] += self._by_name[case.total.name][0]
        driven = spawns.conflict_driven_spawning is not None
        self.raw: IntArray = zero if driven else np.cumsum(self.rises)

    def of(self, camp: str) -> IntArray:
        """Return the counts of a camp by day; noughts where nobody counts."""
        return self._by_name.get(camp, np.zeros_like(self.rises))


def daily(case: FleeCase, row: CampCounts, hasten: int) -> IntArray:
    """Return the people of a row of the layout on every day of the simulation."""
    start = case.period.start
    files = [[((count.on - start).days, count.people / hasten) for count in file.counts] for file in row.files]
    days, values = joined(files)
    for correction in case.corrections:
        if correction.camp == row.name:
            join_on(days, values, (correction.on - start).days)
    return np.array([between(days, values, day) for day in range(case.period.days)], dtype=np.int64)


def joined(files: Sequence[Sequence[tuple[int, float]]]) -> tuple[list[int], list[float]]:
    """Return the sum of files as Flee adds them: nothing is interpolated, and who ends first ends the sum.

    On a day of the second file the next count of the first one is added, on a day of the first file only the last
    count of the second one.
    """
    table = list(files[0])
    for other in files[1:]:
        table = added(table, other)
    return [day for day, _ in table], [people for _, people in table]


def added(first: Sequence[tuple[int, float]], second: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return the sum of two files."""
    last = first[-1][0]
    ended = next((number for number, (day, _) in enumerate(second) if day >= last), len(second) - 1)
    until = min(second[ended][0], last)
    days = sorted({day for day, _ in (*first, *second) if day <= until})
    return [(day, following(first, day) + preceding(second, day)) for day in days]


def following(counts: Sequence[tuple[int, float]], day: int) -> float:
    return next(people for on, people in counts if on >= day)


def preceding(counts: Sequence[tuple[int, float]], day: int) -> float:
    return next((people for on, people in reversed(counts) if on <= day), 0.0)


def join_on(days: Sequence[int], values: list[float], day: int) -> None:
    """Scale all counts before a day so that the last of them is the count of the day."""
    at = days.index(day) if day in days else 0
    if at > 0:
        factor = values[at] / values[at - 1]
        values[:at] = [value * factor for value in values[:at]]


def between(days: Sequence[int], values: Sequence[float], day: int) -> int:
    """Return the people on a day: on the straight line between two counts, the whole number of them."""
    if day <= days[0]:
        return int(values[0])
    for at in range(1, len(days)):
        if day < days[at]:
            share = (day - days[at - 1]) / (days[at] - days[at - 1])
            return int(values[at - 1] + share * (values[at] - values[at - 1]))
    return int(values[-1])


# ------------------------------------------------------------------------------------------------------ what is where


class World:
    """Places, roads and people, and what happens to them in a day."""

    def __init__(
        self, case: FleeCase, hasten: int, counts: Counts, lots: random.Random, draws: np.random.Generator,
        reading: Reading,
    ) -> None:  # fmt: skip
        """Build the places and roads of the first day, and put into the camps those counted there."""
        self.case, self.counts, self.reading = case, counts, reading
        self.moves, self.spawns = case.settings.move_rules, case.settings.spawn_rules
        self.lots, self.draws = lots, draws
        self.places = [place_of(number, row, case, hasten) for number, row in enumerate(case.locations)]
        self.by_name = {place.name: place for place in self.places}
        for place, row in zip(self.places, case.locations, strict=True):
            become(place, first_kind(row), self.moves)
            if first_kind(row) is LocationKind.CONFLICT_ZONE:
                place.intensity = float(row.attribute("conflict_intensity") or 1)
        for route in case.routes:
            lay_roads(self.by_name[route.first], self.by_name[route.second], route, self.moves)
        self.camps = [place for place in self.places if place.camp]
        self.people: list[Person] = []
        self.at: IntArray = np.zeros(0, dtype=np.int64)
        self.moved: FloatArray = np.zeros(0)
        self.memory: FloatArray = np.zeros(0)
        self.candidates: dict[tuple[Place, Who], list[Candidate]] = {}
        self.seen: list[int] | None = None
        self.special, self.day = Special(case, hasten, lots), 0
        if self.spawns.read_from_agents_csv_file:
            self.appear([self.by_name[agent.location] for agent in case.agents])
            for person, agent in zip(self.people, case.agents, strict=True):
                person.who = self.special.agent(dict(agent.attributes), agent.location)
        self.fill_camps()

    def fill_camps(self) -> None:
        """Put people into the camps that are counted there on the first day."""
        if self.spawns.empty_camps_on_day0:
            return
        for place, row in zip(self.places, self.case.locations, strict=True):
            if place.camp:
                counted = self.counts.first.get(place.name, 0) if self.spawns.insert_day0 else 0
                self.add([place] * (counted + int(row.attribute("initial_idps") or 0)))

    def add(self, places: Sequence[Place]) -> None:
        """Add one person at each of the places."""
        for place in places:
            self.people.append(Person(len(self.people), place, who=self.special.draw(place.name)))
            place.people += 1
        self.at = np.concatenate([self.at, np.array([place.index for place in places], dtype=np.int64)])
        self.moved = np.concatenate([self.moved, np.zeros(len(places))])
        self.memory = np.concatenate([self.memory, np.zeros(len(places))])

    # -------------------------------------------------------------------------------------------------------- the day

    def pass_day(self, day: int, debt: int) -> int:
        """Let a day pass; return the debt after it."""
        self.day = day
        changed = self.change_places(day)
        if not self.reading.decay_of_yesterday or changed:
            self.weigh_spawning(day)
        debt = self.displace(day, debt)
        self.open_and_close(day)
        self.weigh_spawning(day)
        self.weigh_places(day)
        self.seen = None if self.reading.counts_are_live else [place.people for place in self.places]
        for person in self.leaving():
            self.leave(person)
        for number in np.flatnonzero(self.at == ON_A_ROAD):
            self.travel(self.people[number])
        self.memory = (self.memory + self.moved / self.moves.max_move_speed) / 2
        self.moved[:] = 0
        return debt

    def change_places(self, day: int) -> bool:
        """Let places change kind, and conflicts begin and end; return whether a conflict did."""
        for change in self.case.location_changes:
            if change.day == day:
                become(self.by_name[change.location], change.kind, self.moves)
        schedule = self.case.conflicts
        changed = False
        for number, name in enumerate(schedule.places if schedule else ()):
            now = schedule.intensities[day][number] if schedule else 0.0
            before = schedule.intensities[day - 1][number] if schedule and day > 0 else 0.0
            if (now > NO_CONFLICT) == (before > NO_CONFLICT):
                continue
            changed = True
            set_conflict(self.by_name[name], now, day, self.moves)
        return changed

    def weigh_spawning(self, day: int) -> None:
        """Weigh the places at which new people appear."""
        for place in self.places:
            share = place.intensity * self.decay(place, day)
            if self.spawns.starvation_driven_spawning and (
                place.intensity > 0 or not self.spawns.conflict_zone_spawning_only
            ):
                share += self.special.food(place.name, day)
            place.spawn_weight = place.residents * (
                min(1.0, share) if self.spawns.starvation_driven_spawning else share
            )

    def decay(self, place: Place, day: int) -> float:
        """Return the entry of the decay for the time since the conflict began."""
        entries = self.spawns.conflict_spawn_decay
        if not entries:
            return 1.0
        passed = int((day - place.since) / self.spawns.conflict_spawn_decay_interval)
        return entries[min(passed, len(entries) - 1)]

    def displace(self, day: int, debt: int) -> int:
        """Let new people appear; return the debt after it."""
        if self.spawns.flood_zone_spawning_only and self.spawns.flood_driven_spawn_mode is not None:
            self.displace_by_floods(day)
            return 0
        if self.spawns.conflict_driven_spawning is not None and not self.spawns.flood_zone_spawning_only:
            self.displace_by_conflict()
            return 0
        new = int(self.counts.rises[day]) - debt
        if day == 0 and self.spawns.insert_day0:
            new = 0
            self.leave_room()
        if new > 0:
            self.appear(self.lots.choices(self.places, [place.spawn_weight for place in self.places], k=new))
        return max(-new, 0)

    def leave_room(self) -> None:
        """Leave each camp the room above those who were counted there on the first day."""
        for place in self.places:
            if place.room > 0 and self.reading.room_is_what_is_left:
                place.room -= self.counts.first.get(place.name, 0)

    def displace_by_floods(self, day: int) -> None:
        """Let people appear wherever there is a flood."""
        for place in self.places:
            number, is_mean = self.special.displaced(place.name, place.residents, day)
            self.appear([place] * (int(self.draws.poisson(number)) if is_mean else int(number)))

    def displace_by_conflict(self) -> None:
        """Let people appear at each conflict zone, whatever the counts say."""
        rule = self.spawns.conflict_driven_spawning
        for place in self.places:
            if rule is None or place.intensity <= 0:
                continue
            mean = rule.displaced_per_conflict_day * place.intensity
            if rule.spawn_mode is SpawnMode.POISSON:
                new = int(self.draws.poisson(mean))
            else:
                new = int(mean * (place.residents if rule.spawn_mode is SpawnMode.POP_RATIO else 1))
            self.appear([place] * new)

    def appear(self, places: Sequence[Place]) -> None:
        """Let a person appear at each of the places, taken from its residents where the settings say so."""
        self.add(places)
        for place in places:
            if self.spawns.take_from_population:
                place.residents = max(place.residents - 1, 0)

    def open_and_close(self, day: int) -> None:
        """Let what closes on the day close, and what opens open, in the order of the rows."""
        for closure in self.case.closures:
            if closure.start == day:
                self.enact(closure, closes=True)
            if closure.end == day:
                self.enact(closure, closes=False)

    def enact(self, closure: Closure, *, closes: bool) -> None:
        if closure.kind in (ClosureKind.CAMP, ClosureKind.IDP_CAMP):
            opened = LocationKind.CAMP if closure.kind is ClosureKind.CAMP else LocationKind.IDP_CAMP
            become(self.by_name[closure.first], LocationKind.TOWN if closes else opened, self.moves)
            return
        redirects = closure.kind is ClosureKind.REMOVE_FORCED_REDIRECTION
        for place in self.places:
            roads = place.roads if closes or redirects else place.shut
            for road in [road for road in roads if concerns(closure, road)]:
                if redirects:
                    road.forced = not closes
                else:
                    switch(road, closes=closes)

    # ------------------------------------------------------------------------------------------------------- decisions

    def weigh_places(self, day: int) -> None:
        """Work out how attractive each place is today."""
        self.candidates = {}
        for place in self.places:
            place.score = 1.0
            if not self.reading.places_have_scores:
                continue
            place.score *= self.moves.foreign_weight if place.abroad else 1
            place.score *= self.moves.camp_weight if place.camp else 1
            if place.intensity > 0:
                place.score *= self.moves.conflict_weight ** (self.decay(place, day) * place.intensity)

    def leaving(self) -> Iterator[Person]:
        """Yield whoever is at a place and leaves it today if a route is open, from the oldest on."""
        kept: dict[tuple[int, Who], float] = {}
        drawn = self.draws.random(len(self.people))
        for person in list(self.people):
            if self.at[person.number] == ON_A_ROAD:
                continue
            key = person.place.index, person.who
            if key not in kept:
                kept[key] = self.chance(person)
            if drawn[person.number] < kept[key]:
                yield person

    def chance(self, person: Person) -> float:
        """Return the chance that somebody leaves their place."""
        place = person.place
        size = max(place.residents, place.room) / self.moves.movechance_pop_base
        chance = float(place.chance * size**self.moves.movechance_pop_scale_factor)
        return self.special.chance(chance, person.who, place.name, self.day)

    def leave(self, person: Person) -> None:
        """Let somebody set out on the next road of the route, chosen now unless there is one."""
        if not person.route:
            person.route = self.chosen_route(person.place, person.who)
        if not person.route:
            return
        road = next((road for road in person.place.roads if road.end is person.route[0]), None)
        goal = person.route[-1]
        if road is None or (goal.camp and self.room(goal) < FULL):
            person.route = ()
            return
        person.route = person.route[1:]
        person.place.people -= 1
        person.road, person.on_road = road, 0.0
        self.at[person.number] = ON_A_ROAD

    def chosen_route(self, place: Place, who: Who) -> tuple[Place, ...]:
        """Draw a route; the empty one where none is open."""
        if self.special.harvest(who, self.day):
            return self.way_home(place, self.by_name[who.home])
        if self.reading.redirection_forces and (forced := [road for road in place.roads if road.forced]):
            return (forced[0].end,)
        if (place, who) not in self.candidates:
            found = list(self.routes_from(place, who))
            self.candidates[place, who] = shortest(found) if self.moves.fixed_routes else found
        known = self.candidates[place, who]
        if not known:
            return ()
        power = self.moves.weight_power
        weights = [route.weight * self.room(route.stops[-1]) ** power for route in known]
        chosen = self.lots.choices(known, weights if sum(weights) > 0 else None)
        return chosen[0].stops

    def way_home(self, place: Place, home: Place) -> tuple[Place, ...]:
        """Return the part of the shortest way home that people know; none where it is shut."""
        ways: list[tuple[float, int, tuple[Place, ...]]] = [(0.0, place.index, (place,))]
        while ways:
            far, _, stops = ways.pop(min(range(len(ways)), key=lambda number: ways[number][0]))
            if stops[-1] is home:
                return self.open_part(stops)
            ways += [
                (far + road.kilometres, road.end.index, (*stops, road.end))
                for road in (*stops[-1].roads, *stops[-1].shut)
                if road.end not in stops
            ]
        return ()

    def open_part(self, stops: tuple[Place, ...]) -> tuple[Place, ...]:
        """Return the stops up to the last that is within the awareness, markers being no stops; none if one is shut."""
        part, hops = 1, 0
        for number, stop in enumerate(stops[1:], start=1):
            hops += not stop.marker
            if hops <= self.moves.awareness_level and not stop.marker:
                part = number
        part_of = stops[: part + 1]
        if any(all(road.end is not end for road in start.roads) for start, end in pairwise(part_of)):
            return ()
        return part_of[1:]

    def room(self, place: Place) -> float:
        """Return how much room there is: 1 for enough, 0 for none."""
        capacity = (place.room + self.special.growth(place.name, self.day)) * self.moves.capacity_scaling
        people = place.people if self.seen is None else self.seen[place.index]
        enough = self.moves.capacity_buffer * capacity
        if capacity < 1 or people <= enough:
            return 1.0
        if people >= capacity:
            return 0.0
        # Rounded as in Flee: whether exactly half the room is too little hangs on the last digit.
        return 1 - (people - enough) / (capacity * (1 - self.moves.capacity_buffer))

    def routes_from(self, place: Place, who: Who | None = None) -> Iterator[Candidate]:
        """Yield all routes that people at a place know, over open roads and without a loop."""
        for road in place.roads:
            yield from self.routes_along(road, (place,), 0.0, 1, who or Who())

    def routes_along(
        self, road: Road, before: tuple[Place, ...], kilometres: float, hops: int, who: Who
    ) -> Iterator[Candidate]:
        """Yield the route that ends with this road, unless at a marker, and those that go on from there."""
        end, so_far = road.end, kilometres + road.kilometres
        stops = (*before, end)
        if end.marker:
            hops -= 1
        else:
            far = (self.moves.softening + so_far) ** self.moves.distance_power
            kind = "camp" if end.camp else "zone" if end.intensity > 0 else "other"
            attraction = self.special.attraction(end.score, who, end.name, kind, self.day)
            weight = (self.moves.weight_softening + attraction) / far
            yield Candidate(stops[1:], weight**self.moves.weight_power, so_far)
        if hops < self.moves.awareness_level:
            for onward in end.roads:
                if onward.end not in before:
                    yield from self.routes_along(onward, stops, so_far, hops + 1, who)

    # ---------------------------------------------------------------------------------------------------------- travel

    def travel(self, person: Person) -> None:
        """Let somebody on a road travel for a day, and go on from its end while the day is not over."""
        while person.road is not None:
            road, number = person.road, person.number
            speed = self.speed(person, road)
            person.on_road += speed
            self.moved[number] += speed
            if person.on_road <= road.kilometres:
                return
            person.links += 1
            self.moved[number] += road.kilometres - person.on_road
            self.arrive(person, road.start if road.closed else road.end)
            if road.closed or self.moved[number] >= speed:
                return
            if self.goes_on(person):
                self.leave(person)

    def speed(self, person: Person, road: Road) -> float:
        """Return the kilometres that somebody travels today on a road."""
        first = self.moves.start_on_foot and person.links == 0
        if first or (road.walked > 0 and self.lots.random() < road.walked):
            return self.moves.max_walk_speed
        return road.speed

    def arrive(self, person: Person, place: Place) -> None:
        person.place, person.road, person.on_road = place, None, 0.0
        place.people += 1
        self.at[person.number] = place.index

    def goes_on(self, person: Person) -> bool:
        """Return whether somebody who has arrived with time to spare leaves again today."""
        recent = self.memory[person.number] + self.moved[person.number] / self.moves.max_move_speed
        chance = self.chance(person)
        if chance != STAY and self.moves.avoid_short_stints and person.place.town and recent / 2 < 0.5:
            return True
        return self.lots.random() < chance


def shortest(known: Sequence[Candidate]) -> list[Candidate]:
    """Return the shortest route to each destination."""
    best: dict[Place, Candidate] = {}
    for route in known:
        before = best.get(route.stops[-1])
        if before is None or route.kilometres < before.kilometres:
            best[route.stops[-1]] = route
    return list(best.values())


def place_of(number: int, row: FleeLocation, case: FleeCase, hasten: int) -> Place:
    """Return a place with its numbers; its kind comes after."""
    abroad = row.country != case.home_country
    capacity = -1 if row.capacity is None else row.capacity // hasten
    return Place(number, row.name, row.country or "unknown", abroad, row.population // hasten, capacity)


def first_kind(row: FleeLocation) -> LocationKind:
    """Return what a place is before the first day: one whose conflict comes later is a town."""
    later = row.kind is LocationKind.CONFLICT_ZONE and row.conflict_day != 0
    return LocationKind.TOWN if later else row.kind


def become(place: Place, kind: LocationKind, moves: MoveRules) -> None:
    """Let a place become another kind of place; residents, capacity and people stay."""
    place.camp, place.town, place.marker = kind.is_camp, kind is LocationKind.TOWN, kind is LocationKind.MARKER
    place.intensity = 1.0 if kind is LocationKind.CONFLICT_ZONE else 0.0
    chances = {
        LocationKind.CONFLICT_ZONE: moves.conflict_movechance,
        LocationKind.CAMP: moves.camp_movechance,
        LocationKind.IDP_CAMP: moves.idpcamp_movechance,
        LocationKind.FORWARDING_HUB: 1.0,
        LocationKind.MARKER: 1.0,
    }
    place.chance = chances.get(kind, moves.default_movechance)


def set_conflict(place: Place, intensity: float, day: int, moves: MoveRules) -> None:
    """Let a conflict begin at a place, or end there (it is a town then); whether it is a camp stays as it was."""
    if intensity > NO_CONFLICT:
        place.intensity, place.since, place.town = intensity, day, False
        place.chance = moves.conflict_movechance
    else:
        place.intensity, place.town = 0.0, True
        place.chance = moves.default_movechance


def lay_roads(first: Place, second: Place, route: FleeRoute, moves: MoveRules) -> None:
    """Lay both directions of a route; Flee lays one that redirects to its first place twice."""
    attributes = dict(route.attributes)
    speed = float(attributes.get("max_move_speed") or moves.max_move_speed)
    walked = float(attributes.get("walk_probability") or 0)
    for _ in range(2 if route.redirection is Redirection.TO_FIRST else 1):
        ahead, back = route.redirection is Redirection.TO_SECOND, route.redirection is Redirection.TO_FIRST
        first.roads.append(Road(first, second, route.kilometres, speed, walked, forced=ahead))
        second.roads.append(Road(second, first, route.kilometres, speed, walked, forced=back))


def concerns(closure: Closure, road: Road) -> bool:
    """Return whether a closure is about a road."""
    ends = {road.start.name, road.end.name}
    if closure.kind is ClosureKind.COUNTRY:
        return {road.start.country, road.end.country} == {closure.first, closure.second}
    if closure.kind is ClosureKind.LOCATION:
        return closure.first in ends
    if closure.kind is ClosureKind.REMOVE_FORCED_REDIRECTION:
        return (road.start.name, road.end.name) == (closure.first, closure.second)
    return ends == {closure.first, closure.second}


def switch(road: Road, *, closes: bool) -> None:
    """Close a road, or open it; those on a road that closes are on one that stays closed."""
    place = road.start
    if closes:
        road.closed = True
        place.roads.remove(road)
        place.shut.append(Road(road.start, road.end, road.kilometres, road.speed, road.walked, forced=road.forced))
    else:
        place.shut.remove(road)
        place.roads.append(road)


# ------------------------------------------------------------------------------------------------- against Flee's runs


def same_counts(ours: Result, theirs: FleesRun) -> bool:
    """Return whether all that is drawn by nobody is the same on every day: counts, registered, debt, people."""
    pairs = (
        (ours.counted, theirs.counted), (ours.raw, theirs.registered), (ours.people, theirs.in_simulation),
        (ours.debt, theirs.debt),
    )  # fmt: skip
    return ours.camps == theirs.camps and all(np.array_equal(one, other) for one, other in pairs)


def apart(ours: FloatArray | IntArray, theirs: FloatArray | IntArray) -> float:
    """Return the difference of two means in standard errors; 0 where nothing varies."""
    error = np.sqrt(ours.var(ddof=1) / len(ours) + theirs.var(ddof=1) / len(theirs))
    return float((ours.mean() - theirs.mean()) / error) if error > 0 else 0.0


def chance_alike(ours: IntArray, theirs: IntArray) -> float:
    """Return p of the sum of squared differences of means over all days and camps, by permuting the runs.

    Each count (a day of a camp) is divided by its standard deviation over all runs.
    """
    pooled = np.concatenate([ours, theirs]).reshape(len(ours) + len(theirs), -1).astype(np.float64)
    pooled = pooled[:, pooled.std(axis=0) > 0]
    # Distances between means need the products of runs only: runs x runs, however many days there are.
    centred = (pooled - pooled.mean(axis=0)) / pooled.std(axis=0)
    products = centred @ centred.T
    weights = np.concatenate([np.full(len(ours), 1 / len(ours)), np.full(len(theirs), -1 / len(theirs))])
    draws = np.random.default_rng(SEED)
    permuted = np.array([weights, *(draws.permutation(weights) for _ in range(PERMUTATIONS))])
    distances = np.einsum("pi,ij,pj->p", permuted, products, permuted, optimize=True)
    return float(np.count_nonzero(distances >= distances[0] * (1 - 1e-9)) / len(distances))


def report(case_name: str, runs: int, *, reading: Reading | None = None, threshold: float = ALARM_RATE) -> bool:
    """Print our runs of a case beside Flee's; return whether they may be runs of one model."""
    case, theirs = read_flee(SHARED / "flee_cases" / case_name), flees_runs(case_name)
    results = [simulate_people(case, hasten=HASTEN, seed=SEED + run, reading=reading) for run in range(runs)]
    ours = np.array([result.simulated for result in results])
    scores = np.array([averaged_relative_difference(result) for result in results])
    flees, flees_scores = np.stack([run.people for run in theirs]), np.array([run.error.mean() for run in theirs])
    same, p = same_counts(results[0], theirs[0]), chance_alike(ours, flees)
    show(
        f"{case_name}: averaged relative difference; counts, registered and debt the same: {same}; p = {p:.4f}",
        ("whose", "runs", "mean", "standard deviation", "apart (standard errors)"),
        [
            ("ours", runs, scores.mean(), scores.std(ddof=1), apart(scores, flees_scores)),
            ("Flee's", len(theirs), flees_scores.mean(), flees_scores.std(ddof=1), ""),
        ],
    )
    head = ("camp", "ours", "Flee's", "apart", "farthest day", "ours", "Flee's", "apart")
    show("people, mean of all days", head, [camp_row(camp, ours[..., number], flees[..., number])
                                            for number, camp in enumerate(theirs[0].camps)])  # fmt: skip
    return same and p > threshold


def camp_row(camp: str, ours: IntArray, theirs: IntArray) -> tuple[object, ...]:
    """Return the means of a camp over all days and on the day on which they lie farthest apart."""
    by_day = [abs(apart(ours[:, day], theirs[:, day])) for day in range(ours.shape[1])]
    day = int(np.argmax(by_day))
    mean, own = float(ours.mean()), float(ours[:, day].mean())
    between_means = apart(ours.mean(axis=1), theirs.mean(axis=1))
    return camp, mean, float(theirs.mean()), between_means, day, own, float(theirs[:, day].mean()), by_day[day]


def main() -> bool:
    """Hold all cases against Flee's runs, and see that places of one score are found out; return whether both hold."""
    if not (SHARED / "flee_runs").is_dir():
        print(f"{SHARED}/flee_runs is absent: nothing to hold against")
        return False
    agree = [report(name, runs, threshold=ALARM_RATE / len(RUNS)) for name, runs in RUNS.items()]
    print("\nControl: all places score 1, which must be seen")
    control = report("mali2012", RUNS["mali2012"], reading=Reading(places_have_scores=False))
    return all(agree) and not control
