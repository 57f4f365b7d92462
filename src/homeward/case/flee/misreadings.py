"""Where Flee does something else than its settings reference says, and what is done here.

Each entry was found by reading Flee's code (its version of spring 2026): keys that it looks for under another name,
turns into something that its tests never match, or overwrites. Nothing of this is copied: a case is read as the
reference says, unless an entry here says otherwise, and its author is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from homeward.case.flee.parameters import FleeSettings, SpawnMode

__all__ = ["ALIASES", "advice_on", "ignored_key"]

ALIASES: Mapping[tuple[str, ...], str] = {
    ("spawn_rules", "camps_are_sicks"): "camps_are_sinks",
    ("spawn_rules", "flood_driven_spawn_mode", "spawn_mode"): "flood_spawn_mode",
}
"""Names under which Flee's code looks for a documented key, and that key."""

_IGNORED: Mapping[tuple[str, ...], str] = {
    ("log_levels", "flood"): "Flee has no such log and ignores the key; so is it here",
    ("spawn_rules", "flood_driven_spawning"): (
        "Flee no longer reads this key, and without 'flood_driven_spawn_mode' floods displace nobody; so is it here"
    ),
    ("move_rules", "max_flood_level"): "Flee ignores this key; so is it here",
    ("move_rules", "flood_rules", "max_flood_level"): "Flee reads this key and never uses it; it is ignored here",
    ("move_rules", "flood_rules", "flood_link_weights"): (
        "Flee reads these weights and says that it does not support them yet; they are ignored here"
    ),
}
_LOGS = ("agent", "link", "camp", "conflict", "init")
_CHANGED_BY_V1 = ("max_move_speed", "camp_weight", "conflict_weight", "avoid_short_stints", "start_on_foot")


@dataclass(frozen=True, slots=True)
class _Misreading:
    """When a setting is misread, and the words for it."""

    applies: Callable[[FleeSettings], bool]
    text: str


def ignored_key(place: tuple[str, ...], key: str) -> str | None:
    """Return why a key without a meaning may stand in a section all the same; None where it may not."""
    return _IGNORED.get((*place, key.casefold()))


def advice_on(settings: FleeSettings) -> Iterator[str]:
    """Yield what the author of these settings should know: what Flee does, and what is done here."""
    for misreading in _MISREADINGS:
        if misreading.applies(settings):
            yield misreading.text


def _floods_without_a_mode(settings: FleeSettings) -> bool:
    return settings.spawn_rules.flood_zone_spawning_only and settings.spawn_rules.flood_driven_spawn_mode is None


def _another_flood_mode(settings: FleeSettings) -> bool:
    spawning = settings.spawn_rules.flood_driven_spawn_mode
    return spawning is not None and spawning.flood_spawn_mode is not SpawnMode.POP_RATIO


def _needs_food_security(settings: FleeSettings) -> bool:
    return settings.move_rules.flee_when_starving or settings.spawn_rules.starvation_driven_spawning


def _matches(settings: FleeSettings) -> bool:
    rules = settings.move_rules
    return any((rules.MatchCampEthnicity, rules.MatchCampReligion, rules.MatchTownEthnicity,
                rules.MatchConflictEthnicity))  # fmt: skip


def _floods_move_only(settings: FleeSettings) -> bool:
    spawn = settings.spawn_rules
    displaced = spawn.flood_zone_spawning_only and spawn.flood_driven_spawn_mode is not None
    return settings.move_rules.flood_rules is not None and not displaced


def _is_overruled(settings: FleeSettings) -> bool:
    given = settings.move_rules.model_fields_set
    return settings.move_rules.use_v1_rules and any(key in given for key in _CHANGED_BY_V1)


_MISREADINGS = (
    _Misreading(
        lambda s: s.number_of_steps != -1,
        "'number_of_steps': Flee reads it, but its run.py goes by sim_period.csv; here it is the length, as documented",
    ),
    _Misreading(
        lambda s: s.conflict_input_file != "",
        "'conflict_input_file': Flee's run.py replaces it by input_csv/conflicts.csv, which is read here too",
    ),
    _Misreading(
        lambda s: any(getattr(s.log_levels, name) for name in _LOGS),
        "'log_levels': Flee writes logs of single people, routes and camps; here people are counted, and none is",
    ),
    _Misreading(
        lambda s: s.spawn_rules.camps_are_sinks,
        "'camps_are_sinks': Flee looks for 'camps_are_sicks' instead and ignores the documented key; here it holds",
    ),
    _Misreading(
        lambda s: "average_social_connectivity" in s.spawn_rules.model_fields_set,
        "'average_social_connectivity': only the two-system decisions of Flee use it; it has no effect here",
    ),
    _Misreading(
        lambda s: s.spawn_rules.conflict_spawn_decay is not None and s.spawn_rules.conflict_driven_spawning is not None,
        "'conflict_spawn_decay': Flee leaves it out where conflicts alone displace people; so is it here",
    ),
    _Misreading(
        lambda s: s.spawn_rules.flood_zone_spawning_only and s.spawn_rules.conflict_driven_spawning is not None,
        "'conflict_driven_spawning': Flee ignores it where 'flood_zone_spawning_only' is true; so is it here",
    ),
    _Misreading(
        lambda s: not s.spawn_rules.flood_zone_spawning_only and s.spawn_rules.flood_driven_spawn_mode is not None,
        "'flood_driven_spawn_mode': Flee ignores it unless 'flood_zone_spawning_only' is true; so is it here",
    ),
    _Misreading(
        _floods_without_a_mode,
        "'flood_zone_spawning_only': without 'flood_driven_spawn_mode' Flee lets nobody be displaced by floods, and "
        "takes new people from the counts; so is it here",
    ),
    _Misreading(
        _another_flood_mode,
        "'flood_spawn_mode': Flee looks for 'spawn_mode' in this section and ignores the documented key, so that "
        "'pop_ratio' stays; here either name holds",
    ),
    _Misreading(
        _needs_food_security,
        "'flee_when_starving', 'starvation_driven_spawning': Flee looks for an attribute 'region_IPC_level', but "
        "region_attributes_IPC.csv gives 'region_IPC', and it stops; here the file's values are meant",
    ),
    _Misreading(
        lambda s: s.move_rules.awareness_level == 0,
        "'awareness_level' 0: Flee takes the number of a route at random for the route itself, whatever its length; "
        "here people weigh the length of the road only, as documented",
    ),
    _Misreading(
        lambda s: s.move_rules.awareness_level == -1,
        "'awareness_level' -1: Flee treats it like 1; here nothing is weighed, as documented",
    ),
    _Misreading(
        lambda s: s.move_rules.pruning_threshold != 1,
        "'pruning_threshold': Flee drops no route below 1, and above 1 those under the best weight divided by it; "
        "here it is a share of the best weight, and 1 or more drops none, as documented",
    ),
    _Misreading(
        lambda s: "max_crossing_speed" in s.move_rules.model_fields_set,
        "'max_crossing_speed': Flee reads it, but no route of routes.csv can be a crossing; it has no effect here",
    ),
    _Misreading(
        lambda s: s.move_rules.two_system_decision_making,
        "'two_system_decision_making': Flee turns it into the number 1.0, which its test for True does not pass, so it "
        "stays off; so does it here",
    ),
    _Misreading(
        lambda s: s.move_rules.BoysTakeRisk and not s.move_rules.ChildrenAvoidHazards,
        "'BoysTakeRisk': Flee ignores it unless 'ChildrenAvoidHazards' is true; so is it here",
    ),
    _Misreading(
        lambda s: s.move_rules.stay_close_to_home,
        "'stay_close_to_home': Flee measures from where people are, and takes the first coordinate of locations.csv, "
        "a latitude, for the longitude; here it is from where they appeared, and columns are what their names say",
    ),
    _Misreading(
        lambda s: s.move_rules.BoysTakeRisk and s.move_rules.ChildrenAvoidHazards,
        "'BoysTakeRisk': in Flee all males over 14 do not weigh safety, men too; here boys of 15 to 18",
    ),
    _Misreading(
        _matches,
        "rules that match ethnicity or religion: Flee divides a column of locations.csv by the residents, of whom a "
        "camp has none, so that a camp attracts next to nobody; here a camp's own columns are the whole",
    ),
    _Misreading(
        lambda s: s.move_rules.fixed_routes,
        "'fixed_routes': Flee multiplies by the score of the destination twice, and leaves room in camps out; here "
        "only the route to a destination is fixed, the shortest open one of the day",
    ),
    _Misreading(
        lambda s: s.move_rules.use_pop_for_loc_weight,
        "'use_pop_for_loc_weight': a version of Flee takes the smaller of 1 and the population, another the larger, of "
        "the residents of the day, divided by 'hasten'; here it is the larger, of all residents at the start",
    ),
    _Misreading(
        lambda s: bool(s.move_rules.harvest_months),
        "'harvest_months': how Flee sends farmers home is told on its pages only; here they leave every other place, "
        "go the shortest way to where they appeared, and stay until the month is over",
    ),
    _Misreading(
        _floods_move_only,
        "'flood_rules': Flee reads flood_level.csv only where floods displace people; here these rules hold "
        "as they stand",
    ),
    _Misreading(
        lambda s: s.move_rules.flood_rules is not None and s.move_rules.flood_rules.flood_forecaster,
        "'flood_forecaster': in Flee's code a place without a flood ahead attracts nobody, and nobody leaves it; here "
        "a forecast counts like the flood itself, in the share in which it is heeded",
    ),
    _Misreading(
        _is_overruled,
        f"'use_v1_rules': Flee puts its own values in place of {', '.join(_CHANGED_BY_V1)}; so is it here",
    ),
)
