from __future__ import annotations

import enum
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from homeward.case.flee.misreadings import ALIASES, ignored_key
from homeward.case.flee.parameters import FleeSettings, FloodSpawning, Granularity, SpawnMode
from homeward.case.flee.rows import Findings
from homeward.case.flee.settings import read_settings

SECTIONS = ("log_levels", "spawn_rules", "move_rules", "optimisations")
DOCUMENTED = {
    (): ("number_of_steps", "conflict_input_file", "flood_level_input_file", "default_conflict_intensity"),
    ("log_levels",): ("agent", "link", "camp", "conflict", "init", "idp_totals", "granularity"),
    ("spawn_rules",): (
        "take_from_population", "insert_day0", "empty_camps_on_day0", "conflict_zone_spawning_only",
        "flood_zone_spawning_only", "camps_are_sinks", "read_from_agents_csv_file", "sum_from_camps",
        "conflict_spawn_decay", "conflict_spawn_decay_interval", "average_social_connectivity",
        "conflict_driven_spawning", "flood_driven_spawn_mode",
    ),
    ("spawn_rules", "conflict_driven_spawning"): ("spawn_mode", "displaced_per_conflict_day"),
    ("spawn_rules", "flood_driven_spawn_mode"): ("flood_spawn_mode", "displaced_per_flood_day"),
    ("move_rules",): (
        "max_move_speed", "max_walk_speed", "max_crossing_speed", "camp_weight", "conflict_weight", "foreign_weight",
        "use_pop_for_loc_weight", "pop_power_for_loc_weight", "conflict_movechance", "camp_movechance",
        "idpcamp_movechance", "default_movechance", "movechance_pop_base", "movechance_pop_scale_factor",
        "awareness_level", "capacity_scaling", "capacity_buffer", "softening", "weight_softening", "weight_power",
        "distance_power", "pruning_threshold", "fixed_routes", "avoid_short_stints", "start_on_foot",
        "stay_close_to_home", "home_distance_power", "use_v1_rules", "use_economic_pull", "ChildrenAvoidHazards",
        "WomenAvoidHazards", "ElderlyAvoidHazards", "BoysTakeRisk", "MatchCampReligion", "MatchCampEthnicity",
        "MatchTownEthnicity", "MatchConflictEthnicity", "avg_religion_fraction", "two_system_decision_making",
        "flood_rules",
    ),
    ("move_rules", "flood_rules"): (
        "flood_movechances", "flood_loc_weights", "flood_forecaster", "flood_forecaster_timescale",
        "flood_forecaster_end_time", "flood_forecaster_weights", "flood_awareness_weights",
    ),
    ("optimisations",): ("hasten",),
}  # fmt: skip
"""Every key of Flee's settings reference, by section."""

BEYOND = {
    ("spawn_rules", "starvation_driven_spawning"),
    ("move_rules", "harvest_months"),
    ("move_rules", "flee_when_starving"),
    ("move_rules", "avoid_food_deprived_locations"),
}
"""Keys that Flee reads too, and that its reference does not list."""


def read(folder: Path, text: str) -> tuple[FleeSettings | None, Findings]:
    path = folder / "simsetting.yml"
    path.write_text(text, encoding="utf-8")
    findings = Findings()
    return read_settings(path, findings), findings


def accepted(folder: Path, text: str) -> FleeSettings:
    found, findings = read(folder, text)
    assert findings.problems == []
    assert found is not None
    return found


def plain(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        return plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return plain(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation


def all_keys(
    model: type[BaseModel] = FleeSettings, place: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, info in model.model_fields.items():
        kind = plain(info.annotation)
        yield (*place, name), info
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from all_keys(kind, (*place, name))


def test_every_documented_key_is_known_and_few_others_are() -> None:
    documented = {(*place, key) for place, keys in DOCUMENTED.items() for key in keys}
    known = {place for place, _ in all_keys()} - {(section,) for section in SECTIONS}
    assert len(documented) == 76
    assert documented | BEYOND == known
    assert not documented & BEYOND


def test_every_key_has_a_meaning() -> None:
    assert [place for place, info in all_keys() if not info.description and place not in {(s,) for s in SECTIONS}] == []


def test_an_empty_file_gives_the_documented_defaults(tmp_path: Path) -> None:
    for text in ("", "# nothing\n", "spawn_rules:\nmove_rules: null\noptimisations: ~\n"):
        found = accepted(tmp_path, text)
        assert found == FleeSettings()
    move, spawn = found.move_rules, found.spawn_rules
    assert (move.max_move_speed, move.max_walk_speed, move.max_crossing_speed) == (360, 35, 20)
    assert (move.conflict_movechance, move.camp_movechance, move.idpcamp_movechance) == (1, 0.001, 0.1)
    assert (move.default_movechance, move.awareness_level, move.softening) == (0.3, 1, 10)
    assert move.conflict_weight == pytest.approx(0.3162, abs=1e-4)
    assert (spawn.insert_day0, spawn.sum_from_camps, spawn.take_from_population) == (True, True, False)
    assert (spawn.conflict_driven_spawning, found.optimisations.hasten, found.number_of_steps) == (None, 1, -1)


@pytest.mark.parametrize(
    ("mode", "people"), [("constant", 500), ("poisson", 500), ("pop_ratio", 0.01)]
)  # fmt: skip
def test_the_default_of_people_displaced_by_conflict_depends_on_the_mode(
    tmp_path: Path, mode: str, people: float
) -> None:
    found = accepted(tmp_path, f"spawn_rules:\n  conflict_driven_spawning:\n    spawn_mode: {mode}\n")
    assert found.spawn_rules.conflict_driven_spawning is not None
    assert found.spawn_rules.conflict_driven_spawning.displaced_per_conflict_day == people
    shares = FloodSpawning(flood_spawn_mode=SpawnMode(mode)).displaced_per_flood_day
    assert (shares[-1] > 1) == (mode != "pop_ratio")


def test_words_are_read_in_their_sections(tmp_path: Path) -> None:
    text = "log_levels: {granularity: region}\nmove_rules:\n  harvest_months: [6, 11]\n  start_on_foot: on\n"
    found = accepted(tmp_path, text)
    assert found.log_levels.granularity is Granularity.REGION
    assert found.move_rules.harvest_months == (6, 11)
    assert found.move_rules.start_on_foot is True


def given_value(kind: Any) -> st.SearchStrategy[Any]:
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(1, 3)
    if kind is float:
        return st.floats(0.01, 1, allow_nan=False)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from([member.value for member in kind])
    return st.lists(given_value(plain(get_args(kind)[0])), min_size=2, max_size=5)


SCALARS = {
    ("move_rules", name): plain(info.annotation)
    for (section, *rest), info in all_keys()
    for name in rest[:1]
    if section == "move_rules" and len(rest) == 1 and name != "flood_rules"
}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(sorted(SCALARS)), unique=True, min_size=1, max_size=8))
    values = {key: data.draw(given_value(SCALARS[section, key])) for section, key in chosen}
    text = "move_rules:\n" + "".join(f"  {key}: {value!r}\n" for key, value in values.items())
    found = accepted(tmp_path_factory.mktemp("written"), text)
    for key, value in values.items():
        assert getattr(found.move_rules, key) == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize(
    ("line", "ours", "theirs"),
    [
        ('insert_day0: "False"', False, "Flee takes it as True"),
        ("insert_day0: 'no'", False, "Flee takes it as True"),
        ("conflict_spawn_decay_interval: 010", 10, "Flee takes it as 8"),
        ("conflict_spawn_decay_interval: 0030", 30, "Flee takes it as 24"),
    ],
)
def test_a_value_that_flee_reads_otherwise_gets_a_warning(tmp_path: Path, line: str, ours: object, theirs: str) -> None:
    found, findings = read(tmp_path, f"spawn_rules:\n  {line}\n")
    assert found is not None
    assert getattr(found.spawn_rules, line.partition(":")[0]) == ours
    assert len(findings.warnings) == 1
    assert findings.warnings[0].startswith("simsetting.yml: line 2: ")
    assert theirs in findings.warnings[0]
    assert findings.warnings[0].endswith(f"here it is {ours}")


@pytest.mark.parametrize(
    "line",
    ["insert_day0: NO", "insert_day0: false", "average_social_connectivity: 1e1", "conflict_spawn_decay_interval: 30.0",
     'conflict_spawn_decay_interval: "30"', "conflict_spawn_decay: [1, .5]"],
)  # fmt: skip
def test_a_value_that_flee_reads_alike_gets_none(tmp_path: Path, line: str) -> None:
    _, findings = read(tmp_path, f"spawn_rules:\n  {line}\n")
    assert [text for text in findings.warnings if "Flee takes it" in text or "stops" in text] == []
    assert findings.problems == []


def test_a_fraction_that_flee_cuts_off_gets_a_warning(tmp_path: Path) -> None:
    found, findings = read(tmp_path, "default_conflict_intensity: 0.5\n")
    assert found is not None
    assert found.default_conflict_intensity == 0.5
    assert "Flee takes it as 0; here it is 0.5" in findings.warnings[0]


@pytest.mark.parametrize("trap", ["12:30", "0x10", "1_000", "1,5", ".inf", ".nan", "010:00", "2020-01-01", "~1", "ten"])
def test_a_trap_of_yaml_is_no_number(tmp_path: Path, trap: str) -> None:
    found, findings = read(tmp_path, f"move_rules:\n  softening: {trap}\n")
    assert found is None
    assert [problem.line for problem in findings.problems] == [2]
    assert f"'softening' is {trap!r}" in findings.problems[0].what


def test_a_key_is_sought_under_all_names_that_flee_uses(tmp_path: Path) -> None:
    text = "spawn_rules:\n  camps_are_sicks: true\n  take_from_population: true\n  flood_zone_spawning_only: true\n"
    text += "  conflict_zone_spawning_only: false\n  flood_driven_spawn_mode:\n    spawn_mode: constant\n"
    found = accepted(tmp_path, text)
    assert found.spawn_rules.camps_are_sinks is True
    assert found.spawn_rules.flood_driven_spawn_mode is not None
    assert found.spawn_rules.flood_driven_spawn_mode.flood_spawn_mode is SpawnMode.CONSTANT
    _, findings = read(tmp_path, "spawn_rules:\n  camps_are_sicks: true\n  camps_are_sinks: true\n")
    assert ["stands twice" in problem.what for problem in findings.problems] == [True]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: &a [*a]\n", "the key 'a' is not known"),
        ("move_rules: [1]\n", "move_rules is not made of keys"),
        ("move_rules:\n  ? [1]\n  : 2\n", "a key is no plain word"),
        ("move_rules:\n  softening: [1]\n", "'softening' is a list or a section"),
        ("move_rules:\n  flood_rules: true\n", "flood_rules is not made of keys"),
        ("spawn_rules:\n  conflict_spawn_decay: {0: 1}\n", "'conflict_spawn_decay' is not a list"),
        ("spawn_rules:\n  conflict_spawn_decay: [1, ]\n  conflict_spawn_decay: [1]\n", "stands twice"),
        ("move_rules:\n  awareness_level: 1.5\n", "which is no whole number"),
        ("move_rules:\n  harvest_months: [13]\n", "which is above 12"),
        ("move_rules:\n  flood_rules: {flood_loc_weights: [1]}\n", "'flood_movechances' or 'flood_loc_weights'"),
        ("a: 1\n---\nb: 2\n", "this is not valid YAML"),
        ("\tx: 1\n", "this is not valid YAML"),
        ("[" * 3000, "stand too deep in each other"),
        ("x: !!python/object/apply:os.system [ls]\n", "the key 'x' is not known"),
    ],
)
def test_what_is_no_setting_is_refused(tmp_path: Path, text: str, what: str) -> None:
    found, findings = read(tmp_path, text)
    assert found is None
    assert [problem.file for problem in findings.problems] == ["simsetting.yml"]
    assert what in findings.problems[0].what


def test_a_forecast_of_floods_must_be_complete(tmp_path: Path) -> None:
    lists = (
        "flood_movechances: [0, 1], flood_loc_weights: [1, 0], flood_forecaster: true, flood_forecaster_timescale: 2"
    )
    _, findings = read(tmp_path, f"move_rules:\n  flood_rules: {{{lists}, flood_forecaster_weights: [1]}}\n")
    assert "too few numbers" in findings.problems[0].what
    _, findings = read(tmp_path, f"move_rules:\n  flood_rules: {{{lists}, flood_forecaster_weights: [1, 1]}}\n")
    assert "'flood_awareness_weights' is missing" in findings.problems[0].what


def test_a_share_above_one_is_refused(tmp_path: Path) -> None:
    text = "spawn_rules:\n  conflict_driven_spawning: {spawn_mode: pop_ratio, displaced_per_conflict_day: 500}\n"
    _, findings = read(tmp_path, text)
    assert "'pop_ratio' takes a share" in findings.problems[0].what
    found = accepted(tmp_path, text.replace("500", "1"))
    assert found.spawn_rules.conflict_driven_spawning is not None


def test_floods_need_people_to_leave_the_population(tmp_path: Path) -> None:
    text = "spawn_rules:\n  flood_zone_spawning_only: true\n  conflict_zone_spawning_only: false\n"
    text += "  flood_driven_spawn_mode: {flood_spawn_mode: pop_ratio}\n"
    _, findings = read(tmp_path, text)
    assert "'take_from_population' is not true" in findings.problems[0].what


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (("log_levels",), "flood"),
        (("log_levels",), "Flood"),
        (("move_rules",), "max_flood_level"),
        (("move_rules", "flood_rules"), "flood_link_weights"),
        (("spawn_rules",), "flood_driven_spawning"),
    ],
)
def test_a_key_that_flee_ignores_may_stand_there(place: tuple[str, ...], text: str) -> None:
    reason = ignored_key(place, text)
    assert reason is not None
    assert "here" in reason
    assert ignored_key(("optimisations",), text) is None


def test_ignored_keys_and_other_names_are_not_keys_of_their_own() -> None:
    known = {place for place, _ in all_keys()}
    assert [place for place in ALIASES if place in known] == []
    assert [place for place, key in ALIASES.items() if (*place[:-1], key) not in known] == []


def test_an_ignored_key_is_told(tmp_path: Path) -> None:
    found, findings = read(tmp_path, "log_levels:\n  flood: 0\n")
    assert found == FleeSettings()
    assert findings.warnings == [
        "simsetting.yml: 'flood': Flee has no such log and ignores the key; so is it here"
    ]  # fmt: skip
