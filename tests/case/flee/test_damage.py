"""Every kind of damage to a directory gives one clear message: where it is, what is wrong, and what would mend it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.case.flee.small_flee import FILES, add_settings, edit, problems_of


@dataclass(frozen=True)
class Damage:
    """A change to one file, and the one problem that it must give."""

    file: str
    do: Callable[[Path, str], object]
    row: int | None
    line: int | None
    what: str
    remedy: str


def swap(old: str, new: str) -> Callable[[Path, str], object]:
    return lambda folder, file: edit(folder, file, old, new)


def content(text: str | bytes) -> Callable[[Path, str], object]:
    data = text if isinstance(text, bytes) else text.encode()
    return lambda folder, file: (folder / file).write_bytes(data)


def remove(folder: Path, file: str) -> None:
    (folder / file).unlink()


def rename(new: str) -> Callable[[Path, str], object]:
    return lambda folder, file: (folder / file).rename((folder / file).with_name(new))


def settings(section: str, *lines: str) -> Callable[[Path, str], object]:
    return lambda folder, _: add_settings(folder, section, *lines)


LOCATIONS = "input_csv/locations.csv"
ROUTES = "input_csv/routes.csv"
CLOSURES = "input_csv/closures.csv"
CONFLICTS = "input_csv/conflicts.csv"
PERIOD = "input_csv/sim_period.csv"
LAYOUT = "source_data/data_layout.csv"
AGE = "input_csv/demographics_age.csv"
AGENTS = "input_csv/agents.csv"
IPC = "input_csv/region_attributes_IPC.csv"
FLOOD = "input_csv/flood_level.csv"
CORRECTIONS = "input_csv/registration_corrections.csv"
MAJOR = "input_csv/major_routes.csv"
FORT = "source_data/fort.csv"
YML = "simsetting.yml"
CHANGES = "location_changes.csv"

DAMAGES = {
    "settings missing": Damage(YML, remove, None, None, "the file is missing", "Create it"),
    "settings misnamed": Damage(
        YML, rename("simsettings.yml"), None, None, "the file is missing", "Rename 'simsettings.yml'"
    ),
    "settings cut off": Damage(
        YML, content("move_rules:\n  softening: [1\n"), None, 3, "not valid YAML", "one 'key: value' a line"
    ),
    "settings are a list": Damage(YML, content("- 1\n"), None, 1, "is not made of keys and values", "'key: value'"),
    "key misspelt": Damage(
        YML, swap("awareness_level", "awarness_level"), None, 9,
        "the key 'awarness_level' is not known under move_rules", "Did you mean 'awareness_level'?",
    ),
    "key in another section": Damage(
        YML, swap("hasten: 1", "softening: 1"), None, 11,
        "the key 'softening' is not known under optimisations", "'softening', under move_rules",
    ),
    "key twice": Damage(
        YML, settings("move_rules", "max_move_speed: 1.0"), None, 9, "'max_move_speed' stands twice", "Keep one"
    ),
    "value no number": Damage(YML, swap("400.0", "fast"), None, 8, "'fast', which is no number", "Write digits"),
    "value out of range": Damage(
        YML, settings("move_rules", "camp_movechance: 1.5"), None, 8, "'camp_movechance' is '1.5'", "at most 1"
    ),
    "value blank": Damage(YML, swap("hasten: 1", "hasten:"), None, 11, "'hasten' is blank", "Give a value"),
    "switch no word": Damage(YML, swap("camps: True", "camps: maybe"), None, 4, "neither true nor false", "true or"),
    "list no list": Damage(YML, swap("[1.0, 0.5]", "1.0"), None, 6, "is not a list", "square brackets"),
    "mode unknown": Damage(
        YML, settings("spawn_rules", "conflict_driven_spawning:", "  spawn_mode: popratio"), None, 5,
        "'spawn_mode' is 'popratio'", "Did you mean 'pop_ratio'?",
    ),
    "two causes": Damage(
        YML, settings("spawn_rules", "flood_zone_spawning_only: true"), None, 3, "are both true", "Set one"
    ),
    "rule without people": Damage(
        YML, settings("move_rules", "WomenAvoidHazards: true"), None, None,
        "'WomenAvoidHazards' needs people with the attribute 'gender'", "demographics_gender.csv",
    ),
    "rule without a column": Damage(
        YML, settings("move_rules", "use_economic_pull: true"), None, None,
        "needs a column 'trade_volume' and a column 'hdi'", "Add trade_volume and hdi",
    ),
    "locations missing": Damage(LOCATIONS, remove, None, None, "the file is missing", "Create it"),
    "locations empty": Damage(LOCATIONS, content(""), None, None, "the table has no rows", "a row for each place"),
    "not UTF-8": Damage(LOCATIONS, content(b"#name\nS\xe9gou"), None, 2, "is not UTF-8", "iconv"),
    "quote not closed": Damage(LOCATIONS, swap("Dale,", '"Dale,'), None, 5, "quotes of this row do not", "Close"),
    "location twice": Damage(
        LOCATIONS, swap("Fort,East", "Brook,North,Homeland,1,1,town,,,\nFort,East"), 6, 7,
        "'Brook' stands twice", "Remove one",
    ),
    "kind unknown": Damage(
        LOCATIONS, swap("idpcamp,,300", "idpkamp,,300"), 4, 5, "'location_type' is 'idpkamp'", "'idpcamp'"
    ),
    "latitude out of range": Damage(LOCATIONS, swap("12.5,22.5", "125,22.5"), 6, 7, "'latitude' is 125", "at most 90"),
    "decimal comma": Damage(LOCATIONS, swap("12.5,22.5", '"12,5",22.5'), 6, 7, "has a decimal comma", "'12.5'"),
    "population no number": Damage(LOCATIONS, swap("5000", "5 000"), 1, 2, "'population' is '5 000'", "'5000'"),
    "conflict without a day": Damage(LOCATIONS, swap("zone,0,", "zone,,"), 1, 2, "'conflict_date' is blank", "Fill"),
    "cell missing": Damage(LOCATIONS, swap("Edge,East,Abroad,12.0,22.0,forwarding_hub,,,", "Edge,East,Abroad"), 5, 6,
                           "the row has 3 cells, but needs 8", "Add the missing"),
    "cell too many": Damage(LOCATIONS, swap("5000,0.2", "5000,0.2,7"), 1, 2, "the header names 9", "Name the column"),
    "share above 1": Damage(LOCATIONS, swap("5000,0.2", "5000,2"), 1, 2, "'farmer_fraction' is 2.0", "at most 1"),
    "routes misnamed": Damage(ROUTES, rename("route.csv"), None, None, "the file is missing", "Rename 'route.csv'"),
    "route to nowhere": Damage(ROUTES, swap("Brook,Dale", "Brook,Dael"), 4, 5, "no location 'Dael'", "'Dale'?"),
    "route to itself": Damage(ROUTES, swap("Alba,Brook", "Alba,Alba"), 1, 2, "to itself", "Name two places"),
    "distance of 0": Damage(ROUTES, swap("Alba,Brook,40", "Alba,Brook,0"), 1, 2, "is not above 0", "Correct it"),
    "redirection unknown": Damage(ROUTES, swap("10,2,", "10,3,"), 5, 6, "none of 0, 1 and 2", "2 for everybody"),
    "major route broken": Damage(MAJOR, swap("Brook,Cross", "Cross"), 1, 1, "'Alba' and 'Cross' are not", "routes.csv"),
    "closure unknown": Damage(CLOSURES, swap("country,", "county,"), 1, 2, "'county', which is no kind", "'country'?"),
    "closure of nobody": Damage(CLOSURES, swap("Abroad", "Aboard"), 1, 2, "no country 'Aboard'", "'Abroad'?"),
    "closure off the roads": Damage(CLOSURES, swap("link,Brook,Dale", "link,Alba,Dale"), 4, 5, "not joined", "Add the"),
    "closure without an end": Damage(CLOSURES, swap("Abroad,2,4", "Abroad,2,"), 1, 2, "'closure_end' is blank", "Fill"),
    "conflicts missing": Damage(CONFLICTS, remove, None, None, "the file is missing", "Create it"),
    "conflict nowhere": Damage(CONFLICTS, swap(",Brook", ",Broock"), None, 1, "'Broock' is no location", "'Brook'?"),
    "conflict twice": Damage(CONFLICTS, swap(",Brook", ",Alba"), None, 1, "'Alba' stands twice", "Keep one"),
    "conflict day missing": Damage(CONFLICTS, swap("2,1,0.5\n", ""), 3, 4, "but its place is that of day 2", "a gap"),
    "conflicts too short": Damage(CONFLICTS, swap("4,0,0\n", ""), None, None, "ends on day 3", "Add the missing days"),
    "conflict below 0": Damage(CONFLICTS, swap("0.5", "-0.5"), 3, 4, "'Brook' is -0.5, which is below 0", "at least 0"),
    "conflict cell missing": Damage(CONFLICTS, swap("3,0,0.5", "3,0"), 4, 5, "has 2 cells, the header has 3", "Write"),
    "period missing": Damage(PERIOD, remove, None, None, "the file is missing", "Create it"),
    "start no date": Damage(PERIOD, swap("2020-01-01", "01/01/2020"), 1, 1, "which is no date", "year-month-day"),
    "length missing": Damage(PERIOD, swap("Length,5\n", ""), None, None, "no row 'Length'", "Length,300"),
    "period word unknown": Damage(PERIOD, swap("Length", "Lenght"), 2, 2, "'Lenght' is not known", "'Length'?"),
    "layout missing": Damage(LAYOUT, remove, None, None, "the file is missing", "Create it"),
    "no total": Damage(LAYOUT, swap("total,refugees.csv\n", ""), None, None, "first row is not 'total'", "Put total"),
    "counts missing": Damage(LAYOUT, swap("dale.csv", "dael.csv"), 3, 3, "no file 'dael.csv'", "'dale.csv'?"),
    "counts outside": Damage(LAYOUT, swap("dale.csv", "../simsetting.yml"), 3, 3, "no file", "Known: dale.csv, fort-"),
    "camp misspelt": Damage(LAYOUT, swap("Fort,", "Forth,"), None, None, "no row for the camp 'Fort'", "'Forth'"),
    "count no number": Damage(FORT, swap(",500", ",5OO"), 2, 2, "'count' is '5OO', which is no number", "Write"),
    "count of no date": Damage(FORT, swap("2020-01-03", "2020-02-30"), 2, 2, "a day that no calendar has", "Write"),
    "counts out of order": Damage(FORT, swap("2020-01-05", "2019-01-05"), 3, 3, "does not come after", "in order"),
    "no counts": Damage(FORT, content("# nothing\n"), None, None, "the file has no counts", "2012-02-29,17790"),
    "correction of nobody": Damage(CORRECTIONS, swap("Fort", "Font"), 1, 1, "no counts for 'Font'", "'Fort'?"),
    "correction without a count": Damage(CORRECTIONS, swap("-03", "-04"), 1, 1, "no count on 2020-01-04", "first"),
    "correction unknown": Damage(CORRECTIONS, swap("normalize", "scale"), 1, 1, "third cell is 'scale'", "normalize"),
    "change unknown": Damage(CHANGES, swap("idpcamp", "kamp"), 1, 2, "'new location type' is 'kamp'", "'camp'?"),
    "weights misnamed": Damage(AGE, rename("demographics_years.csv"), None, 1, "name says 'years'", "rename"),
    "weights of nowhere": Damage(AGE, swap(",Alba", ",Alva"), None, 1, "'Alva' is no location", "'Alba'?"),
    "no default": Damage(AGE, content("age,Alba\n1,1\n"), None, 1, "second column is not 'Default'", "Add it"),
    "weights of 0": Damage(AGE, content("age,Default\n1,0\n"), None, None, "of the column 'Default' are 0", "a weight"),
    "agent nowhere": Damage(AGENTS, swap("Alba", "Alva"), 1, 2, "no location 'Alva'", "'Alba'?"),
    "agents missing": Damage(AGENTS, remove, None, None, "agents.csv is missing or has no rows", "the key to false"),
    "days out of order": Damage(IPC, swap("4,10", "0,10"), 2, 3, "day 0 comes after day 0", "in order"),
    "series too short": Damage(IPC, swap("4,10", "3,10"), 2, None, "but the simulation ends on day 4", "or a later"),
    "region unknown": Damage(IPC, swap("South", "Sauth"), None, 1, "'Sauth' is no region", "'South'?"),
    "flood without a header": Damage(FLOOD, content("0,1\n4,1\n"), None, None, "there is no header", "#Day,PLACE"),
}  # fmt: skip
ELSEWHERE = {
    "weights misnamed": "input_csv/demographics_years.csv",
    "agents missing": YML,
    "closure of nobody": CLOSURES,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_gives_one_clear_message(directory: Path, name: str) -> None:
    damage = DAMAGES[name]
    damage.do(directory, damage.file)
    problems = problems_of(directory)
    assert len(problems) == 1, [str(problem) for problem in problems]
    found = problems[0]
    assert (found.file, found.row, found.line) == (ELSEWHERE.get(name, damage.file), damage.row, damage.line)
    assert damage.what in found.what
    assert damage.remedy in found.remedy


def test_every_kind_of_file_is_damaged() -> None:
    undamaged = set(FILES) - {damage.file for damage in DAMAGES.values()}
    assert {name for name in undamaged if not name.startswith("source_data/")} == {
        "input_csv/location_attributes_rain.csv"
    }
    assert len(DAMAGES) >= 20


def test_the_directory_is_right_before_it_is_damaged(directory: Path) -> None:
    assert problems_of(directory) == []
