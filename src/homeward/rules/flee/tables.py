"""The tables of a Flee directory: all that the kernel of hops needs to know, with no rule in it.

Equations: docs/explanation/flee-rules.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.counts import DailyCounts, daily_counts
from homeward.case.flee.model import FleeCase, LocationKind
from homeward.case.flee.parameters import MoveRules
from homeward.rules.flee.cohorts import cohorts_of
from homeward.rules.flee.days import Days, days_of, move_rules_of
from homeward.rules.flee.harvest import going_home, leading_home
from homeward.rules.flee.leaving import harvests, leave_by_cohort, leave_of
from homeward.rules.flee.network import Network, network_of, open_links
from homeward.rules.flee.routes import Routes, best_by_destination, routes_of
from homeward.rules.flee.spawning import appear_of, displaced, has_own
from homeward.rules.flee.weights import attraction_of

__all__ = ["FleeTables", "flee_tables"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

NO_LIMIT = -1.0
"""Capacity of a place that has none."""


@dataclass(frozen=True)
class FleeTables:
    """What happens in a Flee case, as arrays; ``days``, places, links and routes in the order of the directory.

    ``leave`` (days x places) the chance to leave; ``leave_cohorts`` (cohorts x days x places) takes its place where it
    depends on the cohort, below 0 for never; else it has no cohorts. ``is_town``, ``is_camp`` (days x places).
    ``attraction`` (cohorts x days x places) what routes are weighed by, before ``nearness`` (routes) and room.
    ``going_home`` (cohorts x days) is the row of ``leading_home`` (homes x routes) with the routes that a cohort takes
    instead, -1 for none; it has no cohorts where nobody goes home. ``capacity`` (days x places, or one row for all
    days) people whom a place has room for, below 0 for no limit; from the share ``buffer`` of it on, room gets scarce.
    ``weight_power`` of the whole weight; routes below the share ``pruning`` of the best one's weight are not taken.
    ``link_open`` (days x links) and ``route_open`` (days x routes). ``at_start`` (places) people who are there at the
    start, ``known`` (cohorts x places) those of them whose cohort is known. ``new`` (days) people who appear, over
    places in proportion to ``appear`` (days x places) times residents. Besides, at each place ``own`` (days x places)
    people appear, a number or, with ``own_is_mean``, the mean of a Poisson draw, and the share ``own_share`` (days x
    places) of residents. Who appears leaves the residents if ``take`` is set. ``sink`` (places) the chance in a day
    that somebody in a camp stays for good. ``cohort_share`` (cohorts x places) of those who appear there.
    """

    counts: DailyCounts
    network: Network
    routes: Routes
    state: Days
    leave: FloatArray
    leave_cohorts: FloatArray
    attraction: FloatArray
    nearness: FloatArray
    going_home: IntArray
    leading_home: BoolArray
    capacity: FloatArray
    buffer: float
    weight_power: float
    pruning: float
    link_open: BoolArray
    route_open: BoolArray
    at_start: IntArray
    known: IntArray
    residents: FloatArray
    new: IntArray
    appear: FloatArray
    own: FloatArray
    own_is_mean: bool
    own_share: FloatArray
    take: bool
    sink: FloatArray
    cohort_share: FloatArray
    ride_km: float
    walk_km: float
    start_on_foot: bool
    avoid_short_stints: bool

    def __post_init__(self) -> None:
        """Raise ValueError where arrays are of other days, or more people of known cohorts than people."""
        by_day = [len(self.capacity)] * (len(self.capacity) > 1)
        by_day += [found.shape[1] for found in (self.leave_cohorts, self.going_home) if len(found)]
        if any(days != self.days for days in by_day) or (self.known.sum(axis=0) > self.at_start).any():
            raise ValueError("the tables do not fit together: cut days by after(), and give known people with at_start")

    @property
    def days(self) -> int:
        """Days to simulate."""
        return len(self.leave)

    def after(self, day: int) -> FleeTables:
        """Return the tables of the days after ``day``; people and counts stay as they are."""
        cut, state = slice(day + 1, None), self.state
        return replace(
            self,
            state=Days(
                leave=state.leave[cut], is_town=state.is_town[cut], is_camp=state.is_camp[cut],
                intensity=state.intensity[cut], decay=state.decay[cut], score=state.score[cut],
            ),
            leave=self.leave[cut], leave_cohorts=self.leave_cohorts[:, cut], attraction=self.attraction[:, cut],
            going_home=self.going_home[:, cut],
            capacity=self.capacity if len(self.capacity) == 1 else self.capacity[cut],
            link_open=self.link_open[cut], route_open=self.route_open[cut], new=self.new[cut], appear=self.appear[cut],
            own=self.own[cut], own_share=self.own_share[cut],
        )  # fmt: skip


def flee_tables(case: FleeCase, *, hasten: int | None = None, days: int | None = None) -> FleeTables:
    """Return the tables of a case, every number of people divided by ``hasten`` (left out: as its settings say).

    ``days``: how many to simulate, left out: all of them. Raises InputError where the counts, or what a rule needs of
    people and places, cannot be used, and UsageError for more cohorts than can be followed.
    """
    by = case.settings.optimisations.hasten if hasten is None else hasten
    rules, spawn = move_rules_of(case), case.settings.spawn_rules
    length = _length(case) if days is None else days
    counts = daily_counts(case, hasten=by, days=length)
    network = network_of(case)
    markers = np.array([place.kind is LocationKind.MARKER for place in case.locations])
    routes = routes_of(network, markers, max(1, rules.awareness_level))
    state = days_of(case, length)
    residents = np.array([place.population // by for place in case.locations], dtype=np.float64)
    capacity = np.array([(place.capacity or 0) // by for place in case.locations], dtype=np.float64)
    at_start = _at_start(case, counts)
    link_open = open_links(network, case.closures, length)
    nearness = _nearness(rules, routes)
    own, own_share, own_is_mean = displaced(case, state)
    new = np.zeros(length, dtype=np.int64) if has_own(case) else counts.new[:length]
    appear = appear_of(case, state)
    counted = (appear * (new > 0)[:, None]).any(axis=0) & (residents > 0)
    cohorts = cohorts_of(case, rules, counted | (at_start > 0) | (own + own_share * residents > 0).any(axis=0))
    leave = leave_of(case, rules, state, np.maximum(residents, capacity))
    to_home, homes = going_home(cohorts.members, harvests(case, rules, length))
    left = capacity - np.where(capacity > 0, _counted_on_day0(case, counts), 0) if spawn.insert_day0 else capacity
    return FleeTables(
        counts=counts, network=network, routes=routes, state=state,
        leave=leave, leave_cohorts=leave_by_cohort(case, rules, leave, cohorts.members),
        attraction=attraction_of(case, rules, state, cohorts.members),
        nearness=nearness, going_home=to_home, leading_home=leading_home(network, routes, markers, homes),
        capacity=_room(case, rules, left, days=length, hasten=by), buffer=rules.capacity_buffer,
        weight_power=rules.weight_power,
        pruning=0.0 if rules.pruning_threshold >= 1.0 else rules.pruning_threshold,
        link_open=link_open, route_open=_open_routes(rules, routes, link_open, nearness),
        at_start=at_start, known=cohorts.known, residents=residents, new=new, appear=appear,
        own=own, own_is_mean=own_is_mean, own_share=own_share,
        take=spawn.take_from_population, sink=_sinks(case), cohort_share=cohorts.share,
        ride_km=rules.max_move_speed, walk_km=rules.max_walk_speed, start_on_foot=rules.start_on_foot,
        avoid_short_stints=rules.avoid_short_stints,
    )  # fmt: skip


def _length(case: FleeCase) -> int:
    steps = case.settings.number_of_steps
    return case.period.days if steps < 0 else steps


def _counted_on_day0(case: FleeCase, counts: DailyCounts) -> IntArray:
    """Return the people counted at each place on day 0."""
    people = dict(zip(counts.camps, counts.day0.tolist(), strict=True))
    return np.array([people.get(place.name, 0) if place.kind.is_camp else 0 for place in case.locations], np.int64)


def _at_start(case: FleeCase, counts: DailyCounts) -> IntArray:
    """Return who is at each place on the first morning: in camps those counted and ``initial_idps``; and agents."""
    spawn = case.settings.spawn_rules
    people = np.zeros(len(case.locations), dtype=np.int64)
    if not spawn.empty_camps_on_day0:
        own = [
            int(float(place.attribute("initial_idps") or 0)) if place.kind.is_camp else 0 for place in case.locations
        ]
        people += np.array(own, dtype=np.int64)
    if spawn.insert_day0 and not spawn.empty_camps_on_day0:
        people += _counted_on_day0(case, counts)
    if spawn.read_from_agents_csv_file:
        code = {place.name: number for number, place in enumerate(case.locations)}
        np.add.at(people, [code[agent.location] for agent in case.agents], 1)
    return people


def _nearness(rules: MoveRules, routes: Routes) -> FloatArray:
    """Return what length does to the weight of a route: nothing at an awareness of -1."""
    if rules.awareness_level < 0:
        return np.ones_like(routes.km)
    return np.asarray((rules.softening + routes.km) ** -rules.distance_power)


def _room(case: FleeCase, rules: MoveRules, first: FloatArray, *, days: int, hasten: int) -> FloatArray:
    """Return (days x places, or one row) the people whom places have room for; camps may grow by a number a day."""
    growth = np.array(
        [float(place.attribute("capacity_per_day") or 0.0) if place.kind.is_camp else 0.0 for place in case.locations]
    )
    grown = np.floor(np.arange(days)[:, None] * growth / hasten) if growth.any() else np.zeros((1, len(first)))
    room = (first + grown) * rules.capacity_scaling
    return np.asarray(np.where(room < 1.0, NO_LIMIT, room))


def _open_routes(rules: MoveRules, routes: Routes, link_open: BoolArray, nearness: FloatArray) -> BoolArray:
    """Return (days x routes) whether people may choose a route: all its links are open, and it is the fixed one."""
    found = np.logical_not((~link_open[:, None, :] & routes.uses[None]).any(axis=2))
    return best_by_destination(routes, found, nearness) if rules.fixed_routes else found


def _sinks(case: FleeCase) -> FloatArray:
    """Return the chance of a day that somebody in a camp stays for good."""
    if not case.settings.spawn_rules.camps_are_sinks:
        return np.zeros(len(case.locations))
    return np.array([float(place.attribute("deactivation_probability") or 0.0) for place in case.locations])
