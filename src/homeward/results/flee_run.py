"""A run of a Flee directory on disk: who is where every evening, a copy of the directory, and Flee's own ``out.csv``.

The folder is written under another name and put in its place when it is whole.
"""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from homeward.case.flee.counts import DailyCounts
from homeward.case.flee.model import FleeCase
from homeward.case.flee.reader import read_flee
from homeward.engine.simulate_hops import HopCourse
from homeward.errors import InputError, Problem, UsageError
from homeward.results.durable import flush_tree, plain_error
from homeward.results.flee_contract import FleeRunInfo
from homeward.results.tables import open_memory

__all__ = [
    "CASE_FOLDER",
    "FleeRun",
    "directory_hash",
    "is_flee_run",
    "require_place",
    "write_flee_run",
    "write_out_csv",
]

IntArray = NDArray[np.int64]

RUN_FILE, CASE_FOLDER, PEOPLE = "run.json", "case", "people.parquet"
SCHEMA = '"homeward/flee-run/1"'
DIGITS = 4
"""Decimals to which Flee rounds the errors of camps."""


@dataclass(frozen=True)
class FleeRun:
    """A finished run: its ``folder``, what ``run.json`` says, and ``people`` (replicates x days x places)."""

    folder: Path
    info: FleeRunInfo

    @classmethod
    def open(cls, folder: Path) -> FleeRun:
        """Return the run in a folder; raises InputError for a damaged ``run.json``, RunError if it cannot be read."""
        try:
            content = (folder / RUN_FILE).read_bytes()
            info = FleeRunInfo.model_validate_json(content)
        except OSError as error:
            raise plain_error(f"opening {folder}", error) from error
        except ValidationError as error:
            remedy = "Restore the file, or run the directory again."
            problems = [Problem(str(folder / RUN_FILE), None, None, str(e["msg"]), remedy) for e in error.errors()]
            raise InputError(problems) from None
        return cls(folder, info.model_copy(update={"run_dir": str(folder)}))

    def case(self) -> FleeCase:
        """Return the directory as it was run."""
        return read_flee(self.folder / CASE_FOLDER)

    def people_end(self) -> int:
        """Return everybody on the last day of the first course; raises RunError."""
        chosen = f"replicate = 0 AND day = {self.info.days - 1}"
        return int(self._columns("sum(people)::BIGINT AS people", chosen)["people"].sum())

    def _columns(self, what: str, where: str) -> Mapping[str, NDArray[Any]]:
        """Return columns of the rows of people; raises RunError."""
        query = f"SELECT {what} FROM read_parquet(?) WHERE {where}"
        try:
            with open_memory() as connection:
                found = connection.execute(query, [str(self.folder / PEOPLE)]).fetchnumpy()
        except duckdb.Error as error:
            raise plain_error(f"reading {self.folder}", error) from error
        return {name: np.ma.getdata(values) for name, values in found.items()}

    def people(self, places: Sequence[str]) -> IntArray:
        """Return (replicates x days x places) the people at these places every evening; raises RunError."""
        found = self._columns("replicate, day, place, people", "place IS NOT NULL")
        code = {name: number for number, name in enumerate(places)}
        column = np.array([code.get(str(name), -1) for name in found["place"]], dtype=np.int64)
        people = np.zeros((self.info.replicates, self.info.days, len(places)), dtype=np.int64)
        wanted = column >= 0
        people[found["replicate"][wanted], found["day"][wanted], column[wanted]] = found["people"][wanted]
        return people


def is_flee_run(folder: Path) -> bool:
    """Return whether a folder holds a run of a Flee directory."""
    try:
        with (folder / RUN_FILE).open(encoding="utf-8") as file:
            return SCHEMA in file.read(200)
    except (OSError, UnicodeDecodeError):
        return False


def directory_hash(folder: Path) -> str:
    """Return the SHA-256 over the names and contents of a directory's files."""
    found = hashlib.sha256()
    for path in sorted(_files(folder)):
        found.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def _files(folder: Path) -> list[Path]:
    """Return the files that make up a Flee directory."""
    inside = [path for part in ("input_csv", "source_data") for path in (folder / part).rglob("*") if path.is_file()]
    return [*inside, *(path for path in folder.glob("*") if path.suffix in (".yml", ".csv"))]


def require_place(folder: Path, *, force: bool) -> None:
    """Raise UsageError if a run cannot be written there; ``force`` may overwrite a run of a Flee directory."""
    if not folder.exists():
        return
    if not force:
        raise UsageError(f"{folder} is there already; give another --out, or --force to overwrite it")
    if not is_flee_run(folder):
        raise UsageError(
            f"{folder} is there and no run of a Flee directory, so it is not overwritten; give another --out"
        )


def _quoted(path: Path) -> str:
    """Return a path as text in SQL."""
    return "'" + str(path).replace("'", "''") + "'"


def write_flee_run(
    folder: Path,
    source: Path,
    case: FleeCase,
    info: FleeRunInfo,
    courses: Sequence[HopCourse],
    *,
    also: Callable[[Path], None] | None = None,
    force: bool = False,
) -> None:
    """Write a run of the directory ``source`` to ``folder``; ``also`` may write further files into it first.

    Raises UsageError if the folder is taken and ``force`` is not set, RunError if it cannot be written.
    """
    require_place(folder, force=force)
    folder = folder.absolute()
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.unfinished")
    try:
        partial.mkdir(parents=True)
        for path in _files(source):
            to = partial / CASE_FOLDER / path.relative_to(source)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
        _write_people(partial / PEOPLE, case, courses)
        if also is not None:
            also(partial)
        (partial / RUN_FILE).write_text(info.to_json() + "\n", encoding="utf-8")
        flush_tree(partial)
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
    except (OSError, duckdb.Error) as error:
        raise plain_error(f"writing {folder}", error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_people(path: Path, case: FleeCase, courses: Sequence[HopCourse]) -> None:
    """Write who is where every evening; rows without people are left out, no place stands for people on the way."""
    names = [place.name for place in case.locations]
    people = np.stack([np.column_stack([course.people, course.travelling]) for course in courses])
    replicate, day, place = np.nonzero(people)
    rows = {"replicate": replicate, "day": day, "place": place, "people": people[replicate, day, place]}
    with open_memory() as connection:
        connection.execute("CREATE TABLE names (code BIGINT, name VARCHAR)")
        connection.executemany("INSERT INTO names VALUES (?, ?)", list(enumerate(names)))
        connection.register("rows", rows)
        connection.execute(
            "COPY (SELECT replicate::INT AS replicate, day::INT AS day, ?::DATE + day::INT AS date, name AS place, "
            "people FROM rows LEFT JOIN names ON code = place ORDER BY replicate, place, day) "
            f"TO {_quoted(path)} (FORMAT parquet)",
            [case.period.start],
        )


def write_out_csv(path: Path, case: FleeCase, counts: DailyCounts, course: HopCourse) -> None:
    """Write a course in the columns of Flee's ``out.csv``; its dates are those of the day after, as Flee's are."""
    code = {place.name: number for number, place in enumerate(case.locations)}
    chosen = [(camp, column) for column, camp in enumerate(counts.camps) if counts.compared[column]]
    chosen.sort(key=lambda pair: code[pair[0]])
    head = ["Day", "Date", *(f"{camp} {what}" for camp, _ in chosen for what in ("sim", "data", "error"))]
    head += ["Total error", "refugees in camps (UNHCR)", "total refugees (simulation)", "raw UNHCR refugee count"]
    head += ["refugees in camps (simulation)", "refugee_debt"]
    idps = case.settings.log_levels.idp_totals > 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*head, "total IDPs"] if idps else head)
        for day in range(len(course.people)):
            here = [int(course.people[day, code[camp]]) for camp, _ in chosen]
            counted = [int(counts.counted[day, column]) for _, column in chosen]
            cells = [
                cell for one, other in zip(here, counted, strict=True) for cell in (one, other, _error(one, other))
            ]
            apart = float(sum(abs(one - other) for one, other in zip(here, counted, strict=True)))
            registered = int(counts.registered[day])
            row = [day, case.period.start + timedelta(days=day + 1), *cells]
            row += [apart / registered if registered else 0.0, sum(counted), int(course.total[day]), registered]
            row += [sum(here), int(counts.debt[day])]
            writer.writerow([*row, _idps(case, course, day)] if idps else row)


def _error(simulated: int, counted: int) -> float:
    return 0.0 if counted == 0 else round(abs(simulated / counted - 1), DIGITS)


def _idps(case: FleeCase, course: HopCourse, day: int) -> int:
    camps = [number for number, place in enumerate(case.locations) if place.kind.value == "idpcamp"]
    return int(course.people[day, camps].sum())
