"""A case on disk: find it, read it with every problem at once, write it, and name its content by a hash.

A case folder holds ``case.toml`` and the tables of ``FILES``; the reference page ``case-folder`` lists their
columns. Scenarios of a case lie in its folder ``scenarios``.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from pydantic import BaseModel

from homeward.case.check import check_case
from homeward.case.claims import CLAIM_FILES
from homeward.case.conference import CONFERENCE_FILES, Conference
from homeward.case.conference_folder import read_conference
from homeward.case.findings import FINDINGS_FILE
from homeward.case.levers import written_out
from homeward.case.scenario import lay_over, read_scenario
from homeward.case.scenario_schema import Scenario
from homeward.case.schema import (
    Case,
    CaseSettings,
    Condition,
    Event,
    Fitted,
    Observation,
    Place,
    Plan,
    Population,
    Route,
    Source,
    Superseded,
)
from homeward.case.table import Table, read_table, write_table
from homeward.case.tomlfile import read_toml, write_toml
from homeward.case.wording import did_you_mean, nearest, shown
from homeward.errors import InputError, Problem, RunError, UsageError

__all__ = [
    "FITTED_FILE",
    "REQUIRED_TABLES",
    "TABLES",
    "built_in_cases",
    "case_hash",
    "check_levers",
    "find_case",
    "find_scenario",
    "load_case",
    "load_conference",
    "load_scenario",
    "read_case",
    "read_fits",
    "scenario_problems",
    "write_case",
]

TABLES: Mapping[str, type[BaseModel]] = {
    "sources": Source,
    "places": Place,
    "routes": Route,
    "population": Population,
    "conditions": Condition,
    "events": Event,
    "observed": Observation,
    "plans": Plan,
    "superseded": Superseded,
}
"""The tables of a case, by field of ``Case`` and name of file without ``.csv``."""

REQUIRED_TABLES = frozenset({"sources", "places", "routes", "population"})
"""Tables that every case has, with one row at least."""

SETTINGS_FILE = "case.toml"
FITTED_FILE = "fitted.toml"
USUALLY_LEFT_OUT = (FITTED_FILE, "plans.csv", "superseded.csv", *CONFERENCE_FILES, FINDINGS_FILE, *CLAIM_FILES)
SCENARIO_FOLDER = "scenarios"
FITS_FOLDER = "fits"


@dataclass(frozen=True, slots=True)
class _Reading:
    """A case and, by file name, the line of each of its rows."""

    case: Case
    lines: Mapping[str, Sequence[int]]


def load_case(name_or_path: str | Path, scenario: str | Path | None = None) -> Case:
    """Find a case, read it, check it across its tables, and lay a scenario over it.

    ``scenario`` is a TOML file or the name of one in the case's folder ``scenarios``. Raises UsageError where
    there is no such case or scenario, and InputError with everything that is wrong with either.
    """
    folder = find_case(name_or_path)
    reading = _read(folder)
    problems = [_with_line(problem, reading.lines) for problem in check_case(reading.case)]
    if problems:
        raise InputError(problems)
    if scenario is None:
        return reading.case
    path = find_scenario(scenario, folder)
    return lay_over(reading.case, _scenario(path, folder, reading.case), file=path.name)


def load_scenario(name_or_path: str | Path, case_name_or_path: str | Path, case: Case) -> Scenario:
    """Return a scenario of a case, its levers written out as changes and events.

    ``case`` is the case as it is known where the scenario begins: borders that are at a lever's level already stay out.
    Raises UsageError where there is none, InputError with all that is wrong with it or with the levers of the case.
    """
    folder = find_case(case_name_or_path)
    return _scenario(find_scenario(name_or_path, folder), folder, case)


def load_conference(name_or_path: str | Path, case: Case) -> Conference:
    """Return the parties, levers and meetings of a case, checked; raises as :func:`load_case`."""
    return read_conference(find_case(name_or_path), case)


def scenario_problems(folder: Path, case: Case) -> Iterator[Problem]:
    """Yield all that is wrong with the scenarios of a case, but for what its levers themselves have wrong."""
    for path in sorted((folder / SCENARIO_FOLDER).glob("*.toml")):
        try:
            lay_over(case, _scenario(path, folder, case), file=f"{SCENARIO_FOLDER}/{path.name}")
        except InputError as error:
            yield from (problem for problem in error.problems if problem.file not in CONFERENCE_FILES)


def check_levers(folder: Path, case: Case) -> Conference:
    """Return the parties, levers and meetings of a case folder, each lever pulled once by itself to see that it works.

    It is pulled on the day on which it was known, or the first or last of the case, whatever it requires. Raises
    InputError with all that is wrong.
    """
    conference = read_conference(folder, case)
    problems: list[Problem] = []
    for number, lever in enumerate(conference.levers, start=1):
        day = min(max(lever.known_on, case.settings.start), case.settings.end)
        pulled = {"name": "lever", "lever": [{"name": lever.id, "from": day}]}
        try:
            free = [lever.model_copy(update={"requires": ()})]
            lay_over(case, written_out(Scenario.model_validate(pulled), free, case))
        except InputError as error:
            problems += [
                Problem("levers.toml", number, None, f"lever {shown(lever.id)}: {problem.what}", problem.remedy)
                for problem in error.problems
            ]
    if problems:
        raise InputError(problems)
    return conference


def _scenario(path: Path, folder: Path, case: Case) -> Scenario:
    scenario = read_scenario(path)
    if not scenario.lever:
        return scenario
    return written_out(scenario, read_conference(folder, case).levers, case, file=path.name)


def read_case(path: Path) -> Case:
    """Read a case folder; each row is valid by itself, but nothing is checked across tables.

    Raises InputError with every problem in all the files, each with file, row, line and remedy.
    """
    return _read(path).case


def write_case(case: Case, folder: Path) -> None:
    """Write a case as a folder, from which ``read_case`` gives the same case back.

    Tables without rows are left out. Raises UsageError if the folder has content already, and RunError if it
    cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty; give a new or empty folder")
        write_toml(folder / SETTINGS_FILE, case.settings)
        if case.fitted is not None:
            write_toml(folder / FITTED_FILE, case.fitted)
        for name, model in TABLES.items():
            if rows := getattr(case, name):
                write_table(folder / f"{name}.csv", model, rows)
    except FileExistsError:
        raise UsageError(f"{folder} is a file; give a new or empty folder") from None
    except OSError as error:
        raise RunError(f"the case could not be written to {folder}: {error.strerror}") from None


def case_hash(case: Case) -> str:
    """Return the SHA-256 (64 hexadecimal digits) of all settings and rows.

    It does not depend on how the files were formatted, nor on the order of rows and parameters.
    """
    content = case.model_dump(mode="json")
    for name in TABLES:
        content[name] = sorted(_canonical(row) for row in content[name])
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def built_in_cases() -> list[str]:
    """Return the names of the cases that come with homeward, sorted."""
    root = _built_in_folder()
    if not root.is_dir():
        return []
    return sorted(entry.name for entry in root.iterdir() if (entry / SETTINGS_FILE).is_file())


def find_case(name_or_path: str | Path) -> Path:
    """Return the folder of a case: a built-in one by its name, else a folder by its path.

    A built-in name wins over a folder of that name here, which is then written ``./NAME``. Raises UsageError,
    with the nearest name, where there is neither.
    """
    name = str(name_or_path)
    known = built_in_cases()
    if name in known:
        return _built_in_folder() / name
    path = Path(name_or_path)
    if _is_folder(path):
        return path
    if _exists(path):
        raise UsageError(f"{path} is a file; a case is a folder with {SETTINGS_FILE} and its tables")
    remedy = f"Did you mean {shown(like)}?" if (like := nearest(name, known)) else "Give the path of a folder"
    listed = f" (built in: {', '.join(known)})" if known else ""
    raise UsageError(f"there is no case {shown(name)}{listed}. {remedy}")


def read_fits(name_or_path: str | Path) -> list[Fitted]:
    """Return all fitted sets of a case: its ``fitted.toml``, and those for forecasts in its folder ``fits``.

    Raises UsageError where there is no such case, InputError with all that is wrong with the files.
    """
    folder = find_case(name_or_path)
    files = [folder / FITTED_FILE] if (folder / FITTED_FILE).exists() else []
    files += sorted((folder / FITS_FOLDER).glob("*.toml"))
    found, problems = [], []
    for path in files:
        try:
            found.append(read_toml(path, Fitted))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def find_scenario(name_or_path: str | Path, case_folder: Path) -> Path:
    """Return the TOML file of a scenario: one of the case's own by its name, else a file by its path.

    Raises UsageError, with the nearest name, where there is neither.
    """
    name = str(name_or_path)
    own = {path.stem: path for path in sorted((case_folder / SCENARIO_FOLDER).glob("*.toml"))}
    if name in own:
        return own[name]
    path = Path(name_or_path)
    if _exists(path) and not _is_folder(path):
        return path
    raise UsageError(f"there is no scenario {shown(name)}. {did_you_mean(name, own)}")


def _read(path: Path) -> _Reading:
    problems = _folder_problems(path)
    if problems:
        raise InputError(problems)
    problems = _unknown_files(path)
    settings: CaseSettings | None = None
    fitted: Fitted | None = None
    try:
        settings = read_toml(path / SETTINGS_FILE, CaseSettings)
    except InputError as error:
        problems += error.problems
    try:
        fitted = read_toml(path / FITTED_FILE, Fitted) if (path / FITTED_FILE).exists() else None
    except InputError as error:
        problems += error.problems
    tables = {name: _read_one(path, name) for name in TABLES}
    problems += [problem for table in tables.values() for problem in table.problems]
    if problems or settings is None:
        raise InputError(problems)
    content = {name: tuple(table.rows) for name, table in tables.items()}
    case = Case.model_validate({"settings": settings, "fitted": fitted, **content})
    return _Reading(case, {f"{name}.csv": table.lines for name, table in tables.items()})


def _read_one(folder: Path, name: str) -> Table[BaseModel]:
    path = folder / f"{name}.csv"
    if name in REQUIRED_TABLES or path.exists():
        return read_table(path, TABLES[name], may_be_empty=name not in REQUIRED_TABLES)
    return Table()


def _folder_problems(path: Path) -> list[Problem]:
    remedy = f"Give the folder that holds {SETTINGS_FILE} and the tables"
    if not _exists(path):
        return [Problem(str(path), None, None, "the folder is missing", remedy)]
    if not _is_folder(path):
        return [Problem(str(path), None, None, "this is a file, but a case is a folder", remedy)]
    if not os.access(path, os.R_OK | os.X_OK):
        return [Problem(str(path), None, None, "the folder cannot be read", "Check its permissions")]
    return []


def _unknown_files(folder: Path) -> list[Problem]:
    tables = [f"{name}.csv" for name in TABLES]
    known = [SETTINGS_FILE, FITTED_FILE, *tables, *CONFERENCE_FILES, FINDINGS_FILE, *CLAIM_FILES]
    # A file that is usually left out is no likely meaning of a name that is wrong.
    absent = [name for name in known if not (folder / name).exists() and name not in USUALLY_LEFT_OUT]
    return [
        Problem(
            entry.name,
            None,
            None,
            "a case has no file of this name",
            did_you_mean(entry.name, absent or known),
        )
        for entry in sorted(folder.iterdir())
        if entry.suffix.casefold() in (".csv", ".toml") and entry.name not in known
    ]


def _with_line(problem: Problem, lines: Mapping[str, Sequence[int]]) -> Problem:
    of_file = lines.get(problem.file, ())
    if problem.row is None or problem.row > len(of_file):
        return problem
    return replace(problem, line=of_file[problem.row - 1])


def _canonical(content: object) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def _built_in_folder() -> Path:
    return Path(str(resources.files("homeward.case") / "builtin"))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name longer than the file system allows
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
