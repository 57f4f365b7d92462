from __future__ import annotations

from pathlib import Path

import pytest

from homeward.case.flee.reader import read_flee
from homeward.errors import Problem
from tests.case.flee.small_flee import add_settings, edit, problems_of, warnings_about

IPC = "input_csv/region_attributes_IPC.csv"
FLOODS = (
    "take_from_population: true",
    "flood_zone_spawning_only: true",
    "conflict_zone_spawning_only: false",
    "flood_driven_spawn_mode: {displaced_per_flood_day: [0, 0.1, 0.2]}",
)


def only(problems: list[Problem]) -> str:
    assert len(problems) == 1, [str(problem) for problem in problems]
    return str(problems[0])


def test_several_camps_without_counts_are_all_named(directory: Path) -> None:
    (directory / "input_csv" / "registration_corrections.csv").unlink()
    edit(directory, "source_data/data_layout.csv", "Fort,fort.csv,fort-outside.csv\nDale,dale.csv\n", "")
    assert [problem.what for problem in problems_of(directory)] == [
        "there is no row for the camp 'Dale'",
        "there is no row for the camp 'Fort'",
    ]


@pytest.mark.parametrize(
    ("rule", "attribute"),
    [
        ("WomenAvoidHazards", "gender"),
        ("MatchCampReligion", "religion"),
        ("MatchTownEthnicity", "ethnicity"),
        ("MatchCampEthnicity", "ethnicity"),
        ("MatchConflictEthnicity", "ethnicity"),
    ],
)
def test_a_rule_needs_people_who_have_what_it_looks_at(directory: Path, rule: str, attribute: str) -> None:
    add_settings(directory, "move_rules", f"{rule}: true")
    assert f"{rule!r} needs people with the attribute {attribute!r}" in only(problems_of(directory))
    file = directory / "input_csv" / f"demographics_{attribute}.csv"
    file.write_text(f"{attribute},Default\nfarmer_fraction,1\n")
    assert problems_of(directory) == [], "the value stands at the head of a column of locations.csv"


@pytest.mark.parametrize(
    ("rule", "attribute"), [("MatchCampReligion", "religion"), ("MatchTownEthnicity", "ethnicity")]
)
def test_a_rule_that_matches_needs_a_column_of_places_for_each_value(
    directory: Path, rule: str, attribute: str
) -> None:
    file = directory / "input_csv" / f"demographics_{attribute}.csv"
    file.write_text(f"{attribute},Default\nfarmer_fraction,1\nRed,1\nBlue,0\n")
    assert problems_of(directory) == []
    add_settings(directory, "move_rules", f"{rule}: true")
    assert f"{rule!r} needs a column 'Red' and 1 more: people of this {attribute}" in only(problems_of(directory))


def test_a_distance_from_home_needs_coordinates(directory: Path) -> None:
    add_settings(directory, "move_rules", "stay_close_to_home: true")
    assert "'stay_close_to_home' needs the coordinates of Cross" in only(problems_of(directory))
    edit(directory, "input_csv/locations.csv", "Cross,South,Homeland,,,", "Cross,South,Homeland,1,1,")
    assert problems_of(directory) == []


def test_an_age_is_a_number_where_a_rule_looks_at_it(directory: Path) -> None:
    edit(directory, "input_csv/demographics_age.csv", "40,2,1", "old,2,1")
    assert problems_of(directory) == []
    add_settings(directory, "move_rules", "ElderlyAvoidHazards: true")
    text = only(problems_of(directory))
    assert text == "input_csv/demographics_age.csv: 'age' is 'old', not a number. Write a number"
    edit(directory, "input_csv/agents.csv", "Alba,12", "Alba,twelve")
    assert [problem.file for problem in problems_of(directory)] == [
        "input_csv/agents.csv", "input_csv/demographics_age.csv"
    ]  # fmt: skip


def test_major_routes_are_told_of(directory: Path) -> None:
    assert len(warnings_about(read_flee(directory), "major_routes.csv: Flee looks at it only")) == 1
    (directory / "input_csv" / "major_routes.csv").unlink()
    assert warnings_about(read_flee(directory), "major_routes") == []


@pytest.mark.parametrize("rule", ["ChildrenAvoidHazards", "ElderlyAvoidHazards"])
def test_agents_or_demographics_give_the_attribute(directory: Path, rule: str) -> None:
    add_settings(directory, "move_rules", f"{rule}: true")
    assert problems_of(directory) == []
    (directory / "input_csv" / "demographics_age.csv").unlink()
    assert problems_of(directory) == []
    edit(directory, "input_csv/agents.csv", "location name,age", "location name,years")
    assert "attribute 'age'" in only(problems_of(directory))


def test_sinks_and_harvests_need_their_columns(directory: Path) -> None:
    add_settings(directory, "move_rules", "harvest_months: [6]")
    assert problems_of(directory) == []
    add_settings(directory, "spawn_rules", "camps_are_sinks: true")
    assert "needs a column 'deactivation_probability'" in only(problems_of(directory))
    edit(directory, "input_csv/locations.csv", "farmer_fraction", "deactivation_probability")
    assert "needs a column 'farmer_fraction'" in only(problems_of(directory))


@pytest.mark.parametrize(
    ("section", "rule"),
    [
        ("move_rules", "flee_when_starving"),
        ("move_rules", "avoid_food_deprived_locations"),
        ("spawn_rules", "starvation_driven_spawning"),
    ],
)
def test_rules_by_food_need_every_region(directory: Path, section: str, rule: str) -> None:
    add_settings(directory, section, f"{rule}: true")
    assert problems_of(directory) == []
    (directory / IPC).write_text("#Day,North,South\n0,1,1\n4,1,1\n")
    assert "there is no column for the region 'East'" in only(problems_of(directory))
    (directory / IPC).write_text("#Day,North\n0,1\n4,1\n")
    assert "the region 'East' and 1 more" in only(problems_of(directory))
    (directory / IPC).write_text("#Day,North,South,East\n0,1,1,101\n4,1,1,1\n")
    assert "a percentage is above 100" in only(problems_of(directory))
    (directory / IPC).write_text("#Day,North\n0,1\n4,1\n")
    (directory / IPC).rename((directory / IPC).with_name("region_attributes_other.csv"))
    (directory / "input_csv" / "location_attributes_IPC.csv").write_text("#Day,Alba\n0,1\n4,1\n")
    assert "rules by food security need input_csv/region_attributes_IPC.csv" in only(problems_of(directory))


def test_floods_need_levels_and_a_number_for_the_highest(directory: Path) -> None:
    add_settings(directory, "spawn_rules", *FLOODS)
    assert problems_of(directory) == []
    edit(directory, "input_csv/flood_level.csv", "4,2", "4,3")
    assert "'displaced_per_flood_day' goes up to level 2, but flood_level.csv to 3" in only(problems_of(directory))
    (directory / "input_csv" / "flood_level.csv").unlink()
    assert "floods need input_csv/flood_level.csv" in only(problems_of(directory))


def test_rules_of_floods_need_a_number_for_the_highest_level(directory: Path) -> None:
    add_settings(directory, "move_rules", "flood_rules: {flood_movechances: [0, 1, 1], flood_loc_weights: [1, 0]}")
    assert "'flood_loc_weights' goes up to level 1" in only(problems_of(directory))


def test_a_forecast_needs_people_who_know_of_it(directory: Path) -> None:
    lists = "flood_movechances: [0, 1, 1], flood_loc_weights: [1, 0, 0], flood_awareness_weights: [0, 1]"
    forecast = "flood_forecaster: true, flood_forecaster_timescale: 1, flood_forecaster_weights: [1]"
    add_settings(directory, "move_rules", f"flood_rules: {{{lists}, {forecast}}}")
    assert "attribute 'floodawareness'" in only(problems_of(directory))
    aware = directory / "input_csv" / "demographics_floodawareness.csv"
    aware.write_text("floodawareness,Default\n0,1\n1.0,1\n")
    assert problems_of(directory) == []
    aware.write_text("floodawareness,Default\n0,1\n2,1\n")
    assert "'floodawareness' is '2', not a whole number from 0 to 1" in only(problems_of(directory))


def test_a_series_covers_the_whole_simulation(directory: Path) -> None:
    edit(directory, IPC, "0,5.0", "1,5.0")
    assert "the first day is 1, not 0" in only(problems_of(directory))
    edit(directory, IPC, "1,5.0", "0,5.0")
    edit(directory, "input_csv/flood_level.csv", "4,2", "3,2")
    text = only(problems_of(directory))
    assert "flood_level.csv, row 2: the last day is 3, but the simulation ends on day 4" in text


def test_the_home_country_is_that_of_the_first_location(directory: Path) -> None:
    text = (directory / "input_csv" / "locations.csv").read_text()
    header, *rows = text.splitlines(keepends=True)
    (directory / "input_csv" / "locations.csv").write_text(header + "".join(reversed(rows)))
    assert read_flee(directory).home_country == "Abroad"
