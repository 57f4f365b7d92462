"""The tables of a Flee directory: all that the kernel of hops needs to know, with no rule in it.

Equations: docs/explanation/flee-rules.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.counts import DailyCounts, daily_counts
from homeward.case.flee.model import FleeCase, LocationKind
from homeward.case.flee.parameters import MoveRules, SpawnMode
from homeward.errors import UsageError
from homeward.rules.flee.days import Days, days_of, move_rules_of
from homeward.rules.flee.network import Network, network_of, open_links
from homeward.rules.flee.routes import Routes, routes_of

__all__ = ["FleeTables", "flee_tables"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

NOT_YET = (
    "use_pop_for_loc_weight", "fixed_routes", "stay_close_to_home", "use_economic_pull", "ChildrenAvoidHazards",
    "WomenAvoidHazards", "ElderlyAvoidHazards", "MatchCampReligion", "MatchCampEthnicity", "MatchTownEthnicity",
    "MatchConflictEthnicity", "harvest_months", "flee_when_starving", "avoid_food_deprived_locations", "flood_rules",
)  # fmt: skip
"""Rules of movement that a case may not ask for yet."""

NO_LIMIT = -1.0
"""Capacity of a place that has none."""


@dataclass(frozen=True)
class FleeTables:
    """What happens in a Flee case, as arrays; ``days``, places, links and routes in the order of the directory.

    ``leave`` (days x places) the chance to leave; ``is_town``, ``is_camp`` (days x places). ``attraction`` (cohorts x
    days x places) what routes are weighed by, before ``nearness`` (routes) and room. ``capacity`` (places) people
    whom a place has room for, below 0 for no limit; from the share ``buffer`` of it on, room gets scarce.
    ``weight_power`` of the whole weight; routes below the share ``pruning`` of the best one's weight are not taken.
    ``link_open`` (days x links) and ``route_open`` (days x routes). ``at_start`` (places) people who are there at the
    start. ``new`` (days) people who appear, over places in proportion to ``appear`` (days x places) times residents.
    Besides, at each place ``own`` (days x places) people appear, a number or, with ``own_is_mean``, the mean of a
    Poisson draw, and the share ``own_share`` (days x places) of residents. Who appears leaves the residents if
    ``take`` is set. ``sink`` (places) the chance in a day that somebody in a camp stays for good. ``cohort_share``
    (cohorts x places) of those who appear there.
    """

    counts: DailyCounts
    network: Network
    routes: Routes
    state: Days
    leave: FloatArray
    attraction: FloatArray
    nearness: FloatArray
    capacity: FloatArray
    buffer: float
    weight_power: float
    pruning: float
    link_open: BoolArray
    route_open: BoolArray
    at_start: IntArray
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

    @property
    def days(self) -> int:
        """Days to simulate."""
        return len(self.leave)


def flee_tables(case: FleeCase, *, hasten: int | None = None, days: int | None = None) -> FleeTables:
    """Return the tables of a case, every number of people divided by ``hasten`` (left out: as its settings say).

    ``days``: how many to simulate, left out: all of them. Raises InputError where the counts cannot be used, and
    UsageError for settings whose rules are not here yet.
    """
    by = case.settings.optimisations.hasten if hasten is None else hasten
    rules, spawn = move_rules_of(case), case.settings.spawn_rules
    length = _length(case) if days is None else days
    _refuse(case)
    counts = daily_counts(case, hasten=by, days=length)
    network = network_of(case)
    markers = np.array([place.kind is LocationKind.MARKER for place in case.locations])
    routes = routes_of(network, markers, max(1, rules.awareness_level))
    state = days_of(case, length)
    residents = np.array([place.population // by for place in case.locations], dtype=np.float64)
    capacity = np.array([(place.capacity or 0) // by for place in case.locations], dtype=np.float64)
    at_start = _at_start(case, counts)
    link_open = open_links(network, case.closures, length)
    own, own_share = _own(case, state)
    left = capacity - np.where(capacity > 0, _counted_on_day0(case, counts), 0) if spawn.insert_day0 else capacity
    room = left * rules.capacity_scaling
    return FleeTables(
        counts=counts, network=network, routes=routes, state=state,
        leave=_leave(rules, state, np.maximum(residents, capacity)), attraction=_attraction(rules, state)[None],
        nearness=_nearness(rules, routes),
        capacity=np.where(room < 1.0, NO_LIMIT, room), buffer=rules.capacity_buffer, weight_power=rules.weight_power,
        pruning=0.0 if rules.pruning_threshold >= 1.0 else rules.pruning_threshold,
        link_open=link_open, route_open=np.logical_not((~link_open[:, None, :] & routes.uses[None]).any(axis=2)),
        at_start=at_start, residents=residents,
        new=np.zeros(length, dtype=np.int64) if _conflict_displaces(case) else counts.new[:length],
        appear=_appear(state), own=own, own_is_mean=_own_is_mean(case), own_share=own_share,
        take=spawn.take_from_population, sink=_sinks(case),
        cohort_share=np.ones((1, len(case.locations))),
        ride_km=rules.max_move_speed, walk_km=rules.max_walk_speed, start_on_foot=rules.start_on_foot,
        avoid_short_stints=rules.avoid_short_stints,
    )  # fmt: skip


def _refuse(case: FleeCase) -> None:
    """Raise UsageError for a case that rests on rules which are not here yet."""
    rules, spawn, usual = case.settings.move_rules, case.settings.spawn_rules, MoveRules()
    asked = [f"move_rules: {name}" for name in NOT_YET if getattr(rules, name) != getattr(usual, name)]
    if spawn.flood_zone_spawning_only and spawn.flood_driven_spawn_mode is not None:
        asked.append("spawn_rules: flood_driven_spawn_mode")
    if spawn.starvation_driven_spawning:
        asked.append("spawn_rules: starvation_driven_spawning")
    if asked:
        raise UsageError(f"these settings cannot be run yet: {', '.join(asked)}; take them out of simsetting.yml")
    if any(place.attribute("capacity_per_day") for place in case.locations):
        raise UsageError("locations.csv: capacity_per_day cannot be run yet; take the column out")


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


def _leave(rules: MoveRules, state: Days, people: FloatArray) -> FloatArray:
    """Return the chances to leave, scaled by the people of a place where that is asked for."""
    power = rules.movechance_pop_scale_factor
    if power == 0.0:
        return state.leave
    scale = np.power(people / rules.movechance_pop_base, power, where=people > 0, out=np.zeros_like(people))
    return np.asarray(np.minimum(1.0, state.leave * scale))


def _attraction(rules: MoveRules, state: Days) -> FloatArray:
    """Return what places attract with: nothing of them is known at an awareness below 1."""
    known = state.score if rules.awareness_level >= 1 else np.ones_like(state.score)
    return np.asarray(rules.weight_softening + known)


def _nearness(rules: MoveRules, routes: Routes) -> FloatArray:
    """Return what length does to the weight of a route: nothing at an awareness of -1."""
    if rules.awareness_level < 0:
        return np.ones_like(routes.km)
    return np.asarray((rules.softening + routes.km) ** -rules.distance_power)


def _own(case: FleeCase, state: Days) -> tuple[FloatArray, FloatArray]:
    """Return (days x places) the people, and the share of residents, whom conflict itself displaces in a day."""
    spawning = case.settings.spawn_rules.conflict_driven_spawning
    people, share = np.zeros_like(state.intensity), np.zeros_like(state.intensity)
    if spawning is None or not _conflict_displaces(case):
        return people, share
    rate = spawning.displaced_per_conflict_day * state.intensity
    if spawning.spawn_mode is SpawnMode.POP_RATIO:
        return people, rate
    return (rate if spawning.spawn_mode is SpawnMode.POISSON else np.floor(rate)), share


def _conflict_displaces(case: FleeCase) -> bool:
    """Return whether conflict itself displaces people, whatever the counts."""
    spawn = case.settings.spawn_rules
    return spawn.conflict_driven_spawning is not None and not spawn.flood_zone_spawning_only


def _own_is_mean(case: FleeCase) -> bool:
    spawning = case.settings.spawn_rules.conflict_driven_spawning
    return spawning is not None and spawning.spawn_mode is SpawnMode.POISSON


def _sinks(case: FleeCase) -> FloatArray:
    """Return the chance of a day that somebody in a camp stays for good."""
    if not case.settings.spawn_rules.camps_are_sinks:
        return np.zeros(len(case.locations))
    return np.array([float(place.attribute("deactivation_probability") or 0.0) for place in case.locations])


def _appear(state: Days) -> FloatArray:
    """Return (days x places) what residents are multiplied by: weights are renewed where a conflict begins or ends.

    On other days they are those of the evening before, so that a zone is a day younger than it is.
    """
    factor = state.intensity * state.decay
    changed = np.ones(len(factor), dtype=np.bool_)
    changed[1:] = (state.intensity[1:] != state.intensity[:-1]).any(axis=1)
    before = state.intensity * np.concatenate([state.decay[:1], state.decay[:-1]])
    return np.asarray(np.where(changed[:, None], factor, before))
