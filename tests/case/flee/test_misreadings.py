from __future__ import annotations

from typing import Any

import pytest

from homeward.case.flee.misreadings import advice_on
from homeward.case.flee.parameters import FleeSettings

FLOODS = {
    "take_from_population": True,
    "flood_zone_spawning_only": True,
    "conflict_zone_spawning_only": False,
}
FLOOD_LISTS = {"flood_movechances": (0.0, 1.0), "flood_loc_weights": (1.0, 0.0)}
FORECAST = {**FLOOD_LISTS, "flood_forecaster": True, "flood_awareness_weights": (1.0,), "flood_forecaster_weights": ()}
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "number_of_steps": ({"number_of_steps": 100}, "goes by sim_period.csv; here it is the length"),
    "conflict_input_file": ({"conflict_input_file": "c.csv"}, "replaces it by input_csv/conflicts.csv"),
    "log_levels": ({"log_levels": {"agent": 1}}, "Flee writes logs of single people"),
    "camps_are_sinks": ({"spawn_rules": {"camps_are_sinks": True}}, "looks for 'camps_are_sicks'"),
    "average_social_connectivity": (
        {"spawn_rules": {"average_social_connectivity": 3.0}},
        "only the two-system decisions",
    ),
    "conflict_spawn_decay": (
        {"spawn_rules": {"conflict_spawn_decay": (1.0, 0.5), "conflict_driven_spawning": {}}},
        "where conflicts alone displace people",
    ),
    "conflict_driven_spawning": (
        {"spawn_rules": {**FLOODS, "conflict_driven_spawning": {}, "flood_driven_spawn_mode": {}}},
        "ignores it where 'flood_zone_spawning_only' is true",
    ),
    "flood_driven_spawn_mode": ({"spawn_rules": {"flood_driven_spawn_mode": {}}}, "ignores it unless"),
    "flood_zone_spawning_only": ({"spawn_rules": FLOODS}, "lets nobody be displaced by floods"),
    "flood_spawn_mode": (
        {"spawn_rules": {**FLOODS, "flood_driven_spawn_mode": {"flood_spawn_mode": "constant"}}},
        "looks for 'spawn_mode'",
    ),
    "flee_when_starving": ({"move_rules": {"flee_when_starving": True}}, "'region_IPC_level'"),
    "starvation_driven_spawning": ({"spawn_rules": {"starvation_driven_spawning": True}}, "'region_IPC_level'"),
    "awareness_level 0": ({"move_rules": {"awareness_level": 0}}, "takes the number of a route at random"),
    "awareness_level -1": ({"move_rules": {"awareness_level": -1}}, "treats it like 1"),
    "pruning_threshold": ({"move_rules": {"pruning_threshold": 0.5}}, "drops no route below 1"),
    "max_crossing_speed": ({"move_rules": {"max_crossing_speed": 20.0}}, "no route of routes.csv can be a crossing"),
    "two_system_decision_making": ({"move_rules": {"two_system_decision_making": True}}, "so it stays off"),
    "BoysTakeRisk": ({"move_rules": {"BoysTakeRisk": True}}, "unless 'ChildrenAvoidHazards' is true"),
    "stay_close_to_home": ({"move_rules": {"stay_close_to_home": True}}, "a latitude, for the longitude"),
    "stay_close_to_home from": ({"move_rules": {"stay_close_to_home": True}}, "from where they appeared"),
    "BoysTakeRisk with": (
        {"move_rules": {"BoysTakeRisk": True, "ChildrenAvoidHazards": True}},
        "all males over 14 do not weigh safety",
    ),
    "MatchCampEthnicity": ({"move_rules": {"MatchCampEthnicity": True}}, "a camp attracts next to nobody"),
    "MatchCampReligion": ({"move_rules": {"MatchCampReligion": True}}, "a camp attracts next to nobody"),
    "fixed_routes": ({"move_rules": {"fixed_routes": True}}, "score of the destination twice"),
    "use_pop_for_loc_weight": ({"move_rules": {"use_pop_for_loc_weight": True}}, "the smaller of 1"),
    "harvest_months": ({"move_rules": {"harvest_months": (6,)}}, "on its pages only"),
    "flood_rules": ({"move_rules": {"flood_rules": FLOOD_LISTS}}, "only where floods displace people"),
    "flood_forecaster": (
        {"spawn_rules": {**FLOODS, "flood_driven_spawn_mode": {}}, "move_rules": {"flood_rules": FORECAST}},
        "a forecast counts like the flood itself",
    ),
    "use_v1_rules": ({"move_rules": {"use_v1_rules": True, "camp_weight": 5.0}}, "puts its own values"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_flee_misreads_is_told(name: str) -> None:
    data, words = CASES[name]
    texts = list(advice_on(FleeSettings.model_validate(data)))
    assert len(texts) == 1, texts
    assert words in texts[0]
    assert "Flee" in texts[0]
    assert "here" in texts[0]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"spawn_rules": {"conflict_spawn_decay": (1.0, 0.5)}},
        {"spawn_rules": {"conflict_driven_spawning": {}}},
        {"spawn_rules": {**FLOODS, "flood_driven_spawn_mode": {}}},
        {"move_rules": {"awareness_level": 3, "pruning_threshold": 1.0, "two_system_decision_making": False}},
        {"move_rules": {"WomenAvoidHazards": True, "ElderlyAvoidHazards": True, "ChildrenAvoidHazards": True}},
        {"move_rules": {"use_economic_pull": True, "avoid_food_deprived_locations": True}},
        {"spawn_rules": {**FLOODS, "flood_driven_spawn_mode": {}}, "move_rules": {"flood_rules": FLOOD_LISTS}},
        {"move_rules": {"use_v1_rules": True}},
        {"move_rules": {"camp_weight": 5.0}},
        {"log_levels": {"idp_totals": 1}},
    ],
)
def test_what_flee_reads_as_documented_is_not(data: dict[str, Any]) -> None:
    assert list(advice_on(FleeSettings.model_validate(data))) == []
