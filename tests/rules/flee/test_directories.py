"""A directory made for Flee with each rule in turn: it is read, sound, runs, and the rule makes another case of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from homeward.case.flee.reader import read_flee
from homeward.engine.simulate_hops import HopCourse, Hops
from homeward.rules.flee.tables import flee_tables
from tests.case.flee.small_flee import FILES, add_settings, edit, write_flee

LOCATIONS = """\
#name,region,country,latitude,longitude,location_type,conflict_date,population,farmer_fraction,trade_volume,hdi,Red,Sun
Alba,North,Homeland,10.0,20.0,conflict_zone,0,5000,0.2,,,400,
Brook,North,Homeland,10.5,20.5,town,,1000,,,,30,
Cross,South,Homeland,11.0,21.0,marker,,,,,,,
Dale,South,Homeland,11.5,21.5,idpcamp,,300,,,,3,1
Edge,East,Abroad,12.0,22.0,forwarding_hub,,,,0.5,0.9,,
Fort,East,Abroad,12.5,22.5,camp,,2000,,0.5,0.9,9,4
"""
DIRECTORY = {
    **{file: text for file, text in FILES.items() if file != "input_csv/registration_corrections.csv"},
    "input_csv/locations.csv": LOCATIONS,
    "input_csv/routes.csv": FILES["input_csv/routes.csv"] + "Brook,Edge,70,,\n",
    "input_csv/demographics_gender.csv": "gender,Default\nmale,1\nfemale,1\n",
    "input_csv/demographics_ethnicity.csv": "ethnicity,Default\nRed,1\n",
    "input_csv/demographics_religion.csv": "religion,Default\nSun,1\n",
    "input_csv/demographics_floodawareness.csv": "floodawareness,Default\n0,1\n1,2\n",
    "input_csv/agents.csv": "location name,age\nAlba,12\nBrook,70\n",
}
FLOOD = "flood_movechances: [0, 1, 0.2], flood_loc_weights: [1, 0.5, 0]"
FORECAST = (f"{FLOOD}, flood_forecaster: true, flood_forecaster_timescale: 2, flood_forecaster_end_time: 4, "
            "flood_forecaster_weights: [1, 1], flood_awareness_weights: [0, 1]")  # fmt: skip
FLOODED = ("take_from_population: true", "flood_zone_spawning_only: true", "conflict_zone_spawning_only: false")
RULES: dict[str, tuple[str, ...]] = {
    name: ("move_rules", f"{name}: true")
    for name in (
        "use_pop_for_loc_weight", "fixed_routes", "stay_close_to_home", "use_economic_pull", "ChildrenAvoidHazards",
        "WomenAvoidHazards", "ElderlyAvoidHazards", "MatchCampReligion", "MatchCampEthnicity", "MatchTownEthnicity",
        "MatchConflictEthnicity", "flee_when_starving", "avoid_food_deprived_locations",
    )
}  # fmt: skip
RULES |= {
    "BoysTakeRisk": ("move_rules", "ChildrenAvoidHazards: true", "BoysTakeRisk: true"),
    "harvest_months": ("move_rules", "harvest_months: [1]"),
    "flood_rules": ("move_rules", f"flood_rules: {{{FLOOD}}}"),
    "flood_forecaster": ("move_rules", f"flood_rules: {{{FORECAST}}}"),
    "starvation_driven_spawning": ("spawn_rules", "starvation_driven_spawning: true"),
    **{
        f"flood_spawn_mode {mode}": (
            "spawn_rules",
            *FLOODED,
            f"flood_driven_spawn_mode: {{flood_spawn_mode: {mode}, displaced_per_flood_day: {numbers}}}",
        )
        for mode, numbers in (("constant", [0, 9, 20]), ("poisson", [0, 9, 20]), ("pop_ratio", [0, 0.1, 0.3]))
    },
}  # fmt: skip


def courses(folder: Path) -> list[HopCourse]:
    hops = Hops(flee_tables(read_flee(folder)))
    return [hops.simulated(7, number) for number in range(3)]


def differ(some: list[HopCourse], others: list[HopCourse]) -> bool:
    return any((one.people != other.people).any() for one, other in zip(some, others, strict=True))


@pytest.mark.parametrize("name", RULES)
def test_a_directory_runs_with_a_rule_and_otherwise_than_without(name: str, tmp_path: Path) -> None:
    folder = write_flee(tmp_path, DIRECTORY)
    edit(folder, "simsetting.yml", "move_rules:\n", "move_rules:\n  conflict_weight: 0.5\n  camp_weight: 3.0\n")
    without = courses(folder)
    add_settings(folder, *RULES[name])
    found = courses(folder)
    assert differ(found, without)
    for one in found:
        assert (one.people >= 0).all()
        assert (np.diff(one.total) >= 0).all(), "nobody is lost"


def test_a_directory_with_a_camp_that_grows_runs(tmp_path: Path) -> None:
    folder = write_flee(tmp_path, DIRECTORY)
    edit(folder, "input_csv/locations.csv", "camp,,2000", "camp,,30")
    without = courses(folder)
    edit(folder, "input_csv/locations.csv", "hdi,Red", "capacity_per_day,Red")
    edit(folder, "input_csv/locations.csv", "0.5,0.9,9,4", "0.5,100,9,4")
    assert flee_tables(read_flee(folder)).capacity[:, 5].tolist() == [30, 130, 230, 330, 430]
    assert differ(courses(folder), without)
