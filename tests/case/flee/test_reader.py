from __future__ import annotations

import dataclasses
import pickle
import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.case.flee.model import (
    Agent,
    Closure,
    ClosureKind,
    Count,
    Demographics,
    FleeLocation,
    FleeRoute,
    LocationChange,
    LocationKind,
    Period,
    Redirection,
    RegistrationCorrection,
)
from homeward.case.flee.reader import is_flee, read_flee
from homeward.errors import InputError
from tests.case.flee.small_flee import FILES, add_settings, edit, problems_of, warnings_about, write_flee

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "flee_cases"

EXPLAINED = {
    "burundi2015": [
        "input_csv/routes.csv: 'forced_redirection': Flee 3 keeps it and never looks at it",
        "input_csv/closures.csv: location Bujumbura: Flee ignores the second name, Lusenda,",
    ],
    "car2013": [
        "source_data/data_layout.csv: Bossobolo is no location: Flee adds its counts",
        "input_csv/locations.csv: Bili has no route: nobody can leave or reach it",
        "source_data: Flee reads no file cam-gado.csv, cameroon.csv, chad.csv, congo.csv, dcongo.csv, religion.csv:",
    ],
    "mali2012": ["source_data: Flee reads no file bf-goudoubo.csv, bf-ouagadougou.csv, mau-fassala.csv,"],
    "ssudan2013": [
        "input_csv/closures.csv: location Tierkidi: Flee ignores the second name, Ethiopia,",
        "input_csv/closures.csv: location Kule: Flee ignores the second name, Ethiopia,",
        "input_csv/closures.csv: location Jewi: Flee ignores the second name, Ethiopia,",
    ],
    "syria2013": [
        "input_csv/locations.csv: 'conflict_date' of Shadadeh, Raqqa, Daraa, Idleb, Homs, Al_Hasakeh, Latakia, Hama",
        "input_csv: Flee reads no file closures - syria.csv: nothing names it",
        "source_data: Flee reads no file refugees_complete_camps.csv: nothing names it",
    ],
}
SIZES = {
    "burundi2015": (30, 41, 4, 5, 5, 396),
    "car2013": (63, 86, 2, 10, 15, 820),
    "mali2012": (23, 35, 2, 5, 7, 300),
    "ssudan2013": (51, 60, 3, 9, 10, 604),
    "syria2013": (18, 32, 0, 22, 4, 1095),
}


@pytest.fixture
def cases() -> Path:
    if not SHARED.is_dir():
        pytest.skip("../shared/data/flee_cases is absent")
    return SHARED


@pytest.mark.shared
@pytest.mark.parametrize("name", EXPLAINED)
def test_the_shared_directories_read_without_an_unexplained_warning(cases: Path, name: str) -> None:
    case = read_flee(cases / name)
    starts = EXPLAINED[name]
    assert [text[: len(start)] for text, start in zip(case.warnings, starts, strict=True)] == starts
    assert all(" here" in text for text in case.warnings), "a warning says what is done here"


@pytest.mark.shared
@pytest.mark.parametrize("name", SIZES)
def test_the_shared_directories_are_read_whole(cases: Path, name: str) -> None:
    case = read_flee(cases / name)
    tables = (case.locations, case.routes, case.closures, case.corrections, case.camps)
    assert (*map(len, tables), case.period.days) == SIZES[name]
    assert case.conflicts is not None
    assert len(case.conflicts.intensities) == case.period.days
    assert case.total is not None
    assert [file.file for file in case.total.files] == ["refugees.csv"]
    assert case.settings.move_rules.distance_power == 0.75


@pytest.mark.shared
def test_every_shared_directory_is_tested(cases: Path) -> None:
    assert sorted(path.name for path in cases.iterdir() if path.is_dir()) == sorted(EXPLAINED) == sorted(SIZES)


@pytest.mark.shared
def test_camps_of_several_files_keep_each_of_them(cases: Path) -> None:
    camps = {camp.name: camp for camp in read_flee(cases / "car2013").camps}
    assert [file.file for file in camps["Inke"].files] == ["dcon-inke.csv", "dcon-inke-outside.csv"]
    assert camps["Mole"].files[0].counts[:2] == (Count(date(2013, 12, 1), 0), Count(date(2013, 12, 4), 9258))


def test_a_directory_is_read_as_it_stands(directory: Path) -> None:
    case = read_flee(directory)
    assert case.name == "small"
    assert case.period == Period(date(2020, 1, 1), 5)
    assert case.home_country == "Homeland"
    assert case.locations[0] == FleeLocation(
        "Alba", "North", "Homeland", 10.0, 20.0, LocationKind.CONFLICT_ZONE, 0, 5000, (("farmer_fraction", "0.2"),)
    )
    assert [location.kind.value for location in case.locations[1:]] == [
        "town", "marker", "idpcamp", "forwarding_hub", "camp",
    ]  # fmt: skip
    assert case.routes[0] == FleeRoute("Alba", "Brook", 40.0, Redirection.NONE, (("surface", "paved"),))
    assert case.routes[-1].redirection is Redirection.TO_SECOND
    assert case.major_routes == (("Alba", "Brook", "Cross", "Edge"),)
    assert case.closures[2] == Closure(ClosureKind.IDP_CAMP, "Dale", None, 1, None)
    assert {closure.kind for closure in case.closures} == set(ClosureKind)
    assert case.location_changes == (LocationChange("Brook", LocationKind.IDP_CAMP, 3),)


def test_what_changes_and_who_is_there_is_read_as_it_stands(directory: Path) -> None:
    case = read_flee(directory)
    assert case.conflicts is not None
    assert case.conflicts.of("Brook") == (0.0, 0.0, 0.5, 0.5, 0.0)
    assert case.demographics == (Demographics("age", ("10", "40"), (1.0, 2.0), (("Alba", (3.0, 1.0)),)),)
    assert case.agents == (Agent("Alba", (("age", "12"),)), Agent("Brook", (("age", "40"),)))
    assert [(found.attribute, found.by_region, found.days) for found in case.attributes] == [
        ("IPC", True, (0, 4)),
        ("rain", False, (0, 10)),
    ]
    assert case.flood_levels is not None
    assert case.flood_levels.values == ((0.0,), (2.0,))
    assert case.corrections[0] == RegistrationCorrection("Fort", date(2020, 1, 3), "normalize")
    assert case.corrections[1] == RegistrationCorrection("Dale", date(2020, 1, 4), None)
    assert [(camp.name, len(camp.files)) for camp in case.camps] == [("Fort", 2), ("Dale", 1)]
    assert case.camps[1].files[0].counts == (Count(date(2020, 1, 1), 0), Count(date(2020, 1, 4), 200))
    assert case.unread_files == ()


def test_a_case_cannot_be_changed_and_can_be_sent_to_a_worker(directory: Path) -> None:
    case = read_flee(directory)
    with pytest.raises(dataclasses.FrozenInstanceError):
        case.name = "other"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(case)) == case
    assert len({case.locations, read_flee(directory).locations}) == 1


SAME: dict[str, Callable[[str], bytes]] = {
    "byte-order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "blank lines": lambda text: text.replace("\n", "\n\n").encode(),
    "no last line end": lambda text: text.rstrip("\n").encode(),
    "comments": lambda text: text.replace("\n", "\n# a comment\n", 1).encode(),
}
SAME_TABLES: dict[str, Callable[[str], bytes]] = {
    "spaces after commas": lambda text: text.replace(",", ", ").encode(),
    "trailing white space": lambda text: text.replace("\n", " \t\n").encode(),
    "a comma at the end of the header": lambda text: text.replace("\n", ",\n", 1).encode(),
}


@pytest.mark.parametrize("form", [*SAME, *SAME_TABLES])
def test_another_form_of_the_files_is_the_same_case(tmp_path: Path, form: str) -> None:
    change = {**SAME, **SAME_TABLES}[form]
    if form == "a comma at the end of the header":
        kept = [name for name in FILES if FILES[name].startswith("#")]
    else:
        kept = [name for name in FILES if form in SAME or name.endswith(".csv")]
    files = {name: change(text) if name in kept else text for name, text in FILES.items()}
    assert read_flee(write_flee(tmp_path / "other" / "small", files)) == read_flee(write_flee(tmp_path / "small"))


def test_a_folder_is_known_by_its_tables(directory: Path, tmp_path: Path) -> None:
    assert is_flee(directory)
    assert not is_flee(tmp_path)
    assert not is_flee(tmp_path / ("x" * 5000))
    (tmp_path / "input_csv").write_text("a file")
    assert not is_flee(tmp_path)


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_flee(tmp_path)
    assert "no folder 'input_csv'" in caught.value.problems[0].what


def test_all_problems_of_all_files_come_at_once(directory: Path) -> None:
    edit(directory, "simsetting.yml", "awareness_level", "awarness_level")
    edit(directory, "input_csv/locations.csv", "Brook,North,Homeland,10.5", "Brook,North,Homeland,1O.5")
    edit(directory, "input_csv/closures.csv", "camp,Fort", "camp,Ford")
    edit(directory, "source_data/fort.csv", "2020-01-03,500", "2020-01-03,5OO")
    assert [problem.file for problem in problems_of(directory)] == [
        "input_csv/closures.csv",
        "input_csv/locations.csv",
        "simsetting.yml",
        "source_data/fort.csv",
    ]


def test_a_file_that_nothing_names_is_told_and_guessed_at(directory: Path) -> None:
    (directory / "input_csv" / "closures.csv").rename(directory / "input_csv" / "closure.csv")
    case = read_flee(directory)
    assert case.unread_files == ("input_csv/closure.csv",)
    assert case.closures == ()
    assert warnings_about(case, "closure.csv meant to be closures.csv?")
    assert warnings_about(case, "closures.csv: the file is missing, where Flee stops; here nothing is closed")


def test_changes_of_kind_may_stand_among_the_other_tables(directory: Path) -> None:
    shutil.copy(directory / "location_changes.csv", directory / "input_csv")
    assert "in two folders" in problems_of(directory)[0].what
    (directory / "location_changes.csv").unlink()
    case = read_flee(directory)
    assert len(case.location_changes) == 1
    assert warnings_about(case, "input_csv/location_changes.csv: Flee looks for this file in the folder above only")


def test_floods_are_read_from_the_file_that_the_settings_name(directory: Path) -> None:
    (directory / "input_csv" / "flood_level.csv").rename(directory / "input_csv" / "levels.csv")
    assert read_flee(directory).flood_levels is None
    edit(directory, "simsetting.yml", "log_levels", "flood_level_input_file: input_csv/levels.csv\nlog_levels")
    case = read_flee(directory)
    assert case.flood_levels is not None
    assert case.unread_files == ()


def test_without_counts_people_must_be_displaced_by_something_else(directory: Path) -> None:
    shutil.rmtree(directory / "source_data")
    (directory / "input_csv" / "registration_corrections.csv").unlink()
    assert "the counts in it say how many people" in problems_of(directory)[0].what
    add_settings(directory, "spawn_rules", "conflict_driven_spawning:", "  spawn_mode: constant")
    case = read_flee(directory)
    assert (case.total, case.camps) == (None, ())
    assert warnings_about(case, "source_data: the folder is missing, where Flee stops")


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(FILES)), content=st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_whatever_stands_in_a_file_is_read_or_refused_in_words(name: str, content: str | bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_flee(Path(folder), {**FILES, name: content if isinstance(content, bytes) else content.encode()})
        try:
            read_flee(Path(folder))
        except InputError as error:
            assert all(problem.what and problem.remedy for problem in error.problems)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(FILES)), data=st.data())
def test_a_cell_that_is_changed_is_read_or_refused_in_words(name: str, data: st.DataObject) -> None:
    text = FILES[name]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 10)))
    other = text[:start] + data.draw(st.text("#,-.0159aAx:[]\n \"'", max_size=8)) + text[end:]
    with tempfile.TemporaryDirectory() as folder:
        write_flee(Path(folder), {**FILES, name: other})
        for problem in problems_of(Path(folder)):
            assert problem.what
            assert problem.remedy
