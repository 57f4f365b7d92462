"""``fitted.toml``: the optional file of a case folder that holds what a fit gave."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homeward.case.folder import FITTED_FILE, case_hash, load_case, read_case, write_case
from homeward.case.schema import Case, CaseSettings, Fitted
from homeward.case.tomlfile import read_toml, write_toml
from homeward.errors import InputError, Problem
from tests.small_case import small_case

FITTED = Fitted(
    fitted_through=date(2018, 12, 31),
    known_on=date(2019, 6, 20),
    parameters={"flight_hazard": 0.00093, "host_attraction[HOA]": -1.25, "persecution_risk[government]": 1e-7},
    spread={"flight_hazard": 0.21, "host_attraction[HOA]": 1.0},
)


def fitted_case() -> Case:
    return small_case().model_copy(update={"fitted": FITTED})


@pytest.fixture
def fitted_folder(tmp_path: Path) -> Path:
    write_case(fitted_case(), tmp_path / "fitted")
    return tmp_path / "fitted"


def problems_of(folder: Path) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read_case(folder)
    return caught.value.problems


def test_a_fitted_set_is_read_back_as_it_was_written(fitted_folder: Path) -> None:
    assert read_case(fitted_folder) == load_case(fitted_folder) == fitted_case()
    assert read_toml(fitted_folder / FITTED_FILE, Fitted) == FITTED


def test_a_case_without_a_fitted_set_has_no_such_file(folder: Path) -> None:
    assert not (folder / FITTED_FILE).exists()
    assert read_case(folder).fitted is None


def test_the_hash_of_a_case_has_its_fitted_set_in_it(fitted_folder: Path) -> None:
    moved = FITTED.model_copy(update={"parameters": FITTED.parameters | {"flight_hazard": 0.00094}})
    cases = small_case(), fitted_case(), small_case().model_copy(update={"fitted": moved})
    hashes = {case_hash(case) for case in cases}
    assert len(hashes) == 3
    assert case_hash(read_case(fitted_folder)) in hashes


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(
    values=st.dictionaries(NAMES, NUMBERS, max_size=4),
    spread=st.dictionaries(NAMES, st.floats(0, 1), max_size=4),
    days=st.tuples(st.dates(), st.dates()),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_fitted_set_is_read_back_exactly(
    values: dict[str, float], spread: dict[str, float], days: tuple[date, date], tmp_path: Path
) -> None:
    fitted = Fitted(fitted_through=days[0], known_on=days[1], parameters=values, spread=spread)
    write_toml(tmp_path / "any.toml", fitted)
    assert read_toml(tmp_path / "any.toml", Fitted) == fitted


def test_settings_are_still_read_back_exactly(tmp_path: Path) -> None:
    case = small_case(parameters={"spill_over": 0.25}, step_hours=12)
    write_toml(tmp_path / "case.toml", case.settings)
    assert read_toml(tmp_path / "case.toml", CaseSettings) == case.settings


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("known_on", "know_on", "'know_on' is not known|Did you mean 'known_on'?"),
        ("known_on", "know_on", "'known_on' is missing"),
        ("2018-12-31", '"the end of 2018"', "'fitted_through'|date"),
        ("0.00093", '"small"', "'parameters.flight_hazard'|number"),
        ("0.00093", "nan", "finite|number"),
        ("0.21", "-0.21", "at least 0"),
        ("[parameters]", "[parameter]", "'parameter' is not known|Did you mean 'parameters'?"),
    ],
)
def test_what_is_wrong_with_it_is_told_with_a_remedy(fitted_folder: Path, old: str, new: str, words: str) -> None:
    text = (fitted_folder / FITTED_FILE).read_text(encoding="utf-8")
    assert old in text
    (fitted_folder / FITTED_FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    problems = problems_of(fitted_folder)
    assert {problem.file for problem in problems} == {FITTED_FILE}
    told = [f"{problem.what}. {problem.remedy}" for problem in problems]
    assert any(all(word in text for word in words.split("|")) for text in told), told


def test_it_is_told_together_with_what_is_wrong_elsewhere(fitted_folder: Path) -> None:
    for file, old, new in ((FITTED_FILE, "known_on", "know_on"), ("case.toml", "title", "titel")):
        text = (fitted_folder / file).read_text(encoding="utf-8")
        (fitted_folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert {problem.file for problem in problems_of(fitted_folder)} == {FITTED_FILE, "case.toml"}


def test_a_misspelt_name_of_the_file_is_told(fitted_folder: Path) -> None:
    (fitted_folder / FITTED_FILE).rename(fitted_folder / "fited.toml")
    [problem] = problems_of(fitted_folder)
    assert (problem.file, problem.remedy) == ("fited.toml", "Did you mean 'fitted.toml'?")
