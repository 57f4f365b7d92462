"""A run on disk: a folder that is written elsewhere first and appears whole, by one rename.

While it lasts, a run lives in ``NAME.partial/``, which no reader opens: one Parquet part per replicate and
table, each written under a temporary name, flushed and renamed. A replicate counts as done when its
``balance`` part, written last, is there; that is what ``--resume`` goes by.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from homeward.case.folder import case_hash, read_case, write_case
from homeward.case.schema import Case
from homeward.engine.drawn import Drawn
from homeward.engine.record import Trajectory
from homeward.errors import InputError, Problem, RunError, UsageError
from homeward.results.contract import Continuation, RunInfo, RunSettings
from homeward.results.durable import flush_tree, place_whole, plain_error
from homeward.results.packed import PackedParts, unpack_parts
from homeward.results.summary import summary_query
from homeward.results.tables import (
    MARKER,
    PART_TABLES,
    SINGLE_TABLES,
    SPILL_FOLDER,
    WORK_TABLES,
    copy_to_parquet,
    open_memory,
    parts,
    read_parquet,
    write_mean_matrix,
    write_parts,
    write_places,
)

__all__ = ["Run", "RunWriter", "code_hash", "newest_run", "run_settings", "versions_used"]

PARTIAL = ".partial"
REPLACED = ".replaced"
RUN_FILE = "run.json"
SETTINGS_FILE = "settings.json"
CASE_FOLDER = "case"

_MAY_DIFFER = {"replicates", "versions", "title", "schema_"}


def run_settings(
    case: Case,
    *,
    parameters: Mapping[str, float],
    seed: int,
    replicates: int,
    scenario: str | None = None,
    drawn: Drawn | None = None,
    continuation: Continuation | None = None,
) -> RunSettings:
    """Return what decides the result of a run of ``case``, a scenario already laid over it.

    ``parameters`` are the resolved values of all parameters, ``scenario`` the name of the scenario; ``drawn`` says
    where those of a replicate come from, ``continuation`` how conditions go on after the last known day.
    """
    settings = case.settings
    return RunSettings(
        case=settings.name,
        title=settings.title,
        case_hash=case_hash(case),
        scenario=scenario,
        parameters=dict(sorted(parameters.items())),
        fitted_through=case.fitted.fitted_through if case.fitted else None,
        drawn=drawn,
        continuation=continuation,
        seed=seed,
        replicates=replicates,
        start=settings.start,
        end=settings.end,
        step_hours=settings.step_hours,
        origin_country=settings.origin_country,
        versions=versions_used(),
    )


def versions_used() -> dict[str, str]:
    """Return the versions of Python and of the packages that a result may depend on, as a run records them."""
    found = {"python": platform.python_version()}
    for package in ("homeward", "numpy", "numba", "duckdb"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # run from a source tree that is not installed
            found[package] = "unknown"
    return found


@cache
def code_hash() -> str:
    """Return the SHA-256 over the modules and tables of this package, without its built-in cases."""
    package = Path(__file__).resolve().parents[1]
    found = hashlib.sha256()
    for path in sorted(one for one in package.rglob("*") if one.suffix in (".py", ".csv", ".toml")):
        if "builtin" not in path.parts:
            found.update(f"{path.relative_to(package).as_posix()}\n".encode())
            found.update(path.read_bytes())
    return found.hexdigest()


class RunWriter:
    """Writes one run, replicate by replicate, and puts it in its place when all are there.

    Use as a context manager. ``write`` may be called from several threads, for different replicates. Leaving
    the context without ``finish`` keeps the replicates that are done in ``NAME.partial`` for ``resume``, and
    leaves nothing if none is. An existing run is replaced only with ``force``, and only when the new one is
    whole.
    """

    def __init__(
        self, folder: Path, case: Case, settings: RunSettings, *, resume: bool = False, force: bool = False
    ) -> None:
        """Take note of where and what to write; nothing is touched before the context is entered."""
        self.folder = folder.absolute()
        self.partial = self.folder.with_name(self.folder.name + PARTIAL)
        self.settings = settings
        self._case = case
        self._shown = folder
        self._resume = resume
        self._force = force
        self._finished = False

    def __enter__(self) -> Self:
        """Prepare ``NAME.partial``.

        Raises UsageError if the name is taken, or if unfinished work is in the way or of another kind;
        RunError if the folder cannot be made.
        """
        try:
            self._restore_replaced()
            self._refuse_target()
            self._refuse_partial()
            self._prepare()
        except OSError as error:
            self._drop_if_nothing_done()
            raise plain_error(f"preparing {self._shown}", error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove ``NAME.partial`` if it holds no replicate that is worth resuming."""
        if not self._finished:
            self._drop_if_nothing_done()

    def done(self) -> set[int]:
        """Return the replicates whose parts are all there."""
        return set(parts(self.partial, MARKER))

    def write(self, trajectory: Trajectory) -> None:
        """Write the parts of one replicate; raises RunError, after which the replicate is not done."""
        with self._plain_errors(f"writing replicate {trajectory.replicate}"):
            write_parts(trajectory, self.partial)

    def write_packed(self, packed: PackedParts) -> None:
        """Write the parts of one replicate that were packed elsewhere; raises RunError as :meth:`write` does."""
        with self._plain_errors(f"writing replicate {packed.replicate}"):
            unpack_parts(packed, self.partial)

    def finish(self, *, wall_s: float, situations: int, steps: int) -> RunInfo:
        """Write what is for all replicates together and put the run in its place.

        ``wall_s`` is the time the run took in seconds, ``situations`` and ``steps`` the size of its model.
        Raises RunError if a replicate is missing or the folder cannot be written; the work stays for a
        resume.
        """
        missing = set(range(self.settings.replicates)) - self.done()
        if missing:
            raise RunError(f"cannot finish {self._shown}: replicates {sorted(missing)} are missing")
        with self._plain_errors(f"finishing {self._shown}"):
            self._remove_surplus()
            balance = self._write_ensemble()
            info = RunInfo.model_validate(
                self.settings.model_dump(exclude={"schema_"})
                | balance
                | {"created": datetime.now(UTC), "wall_s": wall_s, "situations": situations, "steps": steps}
                | {"places": len(self._case.places), "run_dir": str(self._shown)}
            )
            _write_text(self.partial / RUN_FILE, info.to_json())
            flush_tree(self.partial)
            self._put_in_place()
        return info

    def _restore_replaced(self) -> None:
        """Undo a replacement that was killed between its two renames."""
        replaced = self._replaced()
        if not _is_run(replaced):
            return
        if self.folder.exists():
            shutil.rmtree(replaced)
        else:
            replaced.rename(self.folder)

    def _replaced(self) -> Path:
        return self.folder.with_name(self.folder.name + REPLACED)

    def _refuse_target(self) -> None:
        if not self.folder.name or self.folder.name.endswith((PARTIAL, REPLACED)):
            raise UsageError(f"{self._shown} cannot be the name of a run; choose another")
        if not self.folder.exists():
            return
        if not self.folder.is_dir():
            raise UsageError(f"{self._shown} is a file; choose another name for the run")
        if not self._force:
            raise UsageError(f"{self._shown} is already there; choose another name, or --force to replace it")
        if not _is_run(self.folder) and any(self.folder.iterdir()):
            raise UsageError(f"{self._shown} is a folder but not a run, and is not replaced; choose another name")

    def _refuse_partial(self) -> None:
        if not self.partial.exists():
            return
        if not self.partial.is_dir():
            raise UsageError(f"{self.partial} is in the way; move it")
        ours = (self.partial / SETTINGS_FILE).is_file()
        if not ours and any(self.partial.iterdir()):
            raise UsageError(f"{self.partial} holds something other than an unfinished run; move it")
        if ours and self._resume:
            self._refuse_other_settings()
        elif ours and not self._force:
            raise UsageError(f"{self.partial} holds an unfinished run; go on with --resume, or start anew with --force")
        else:
            shutil.rmtree(self.partial)

    def _refuse_other_settings(self) -> None:
        try:
            stored = RunSettings.model_validate_json((self.partial / SETTINGS_FILE).read_bytes())
        except ValidationError:
            raise UsageError(f"{self.partial / SETTINGS_FILE} is damaged; start anew with --force") from None
        differences = list(_differences(stored, self.settings))
        if differences:
            raise UsageError(
                f"{self.partial} was begun with other settings ({'; '.join(differences)}); "
                "give the same ones, or start anew with --force"
            )

    def _prepare(self) -> None:
        for table in (*PART_TABLES, *WORK_TABLES, SPILL_FOLDER):
            (self.partial / table).mkdir(parents=True, exist_ok=True)
        for leftover in self.partial.rglob(".*.unfinished"):
            leftover.unlink()
        _write_text(self.partial / SETTINGS_FILE, self.settings.to_json())

    def _drop_if_nothing_done(self) -> None:
        if self.partial.is_dir() and not self.done():
            shutil.rmtree(self.partial, ignore_errors=True)

    def _remove_surplus(self) -> None:
        """Remove replicates beyond those asked for: a resumed run may ask for fewer. Markers go first."""
        for table in (MARKER, *PART_TABLES, *WORK_TABLES):
            for replicate, path in parts(self.partial, table).items():
                if replicate >= self.settings.replicates:
                    path.unlink()

    def _write_ensemble(self) -> dict[str, int]:
        """Write places, summary, matrix and the case; return the balance of replicate 0."""
        replicates = self.settings.replicates
        # At a thousand replicates of Syria 200 MB is enough, barely; with 300 the process stays below 600.
        with open_memory(memory_limit="300MB", threads=2, spill=self.partial / SPILL_FOLDER) as connection:
            _create_views(connection, self.partial, PART_TABLES)
            write_places(connection, self._case.places, self.partial / "places.parquet")
            query = summary_query(connection, replicates=replicates, origin_country=self.settings.origin_country)
            copy_to_parquet(connection, query, self.partial / "summary.parquet")
            write_mean_matrix(
                connection, self.partial / "matrix", self.partial / "matrix.parquet", replicates=replicates
            )
            balance = connection.execute("FROM balance WHERE replicate = 0").fetchnumpy()
        copy = self.partial / CASE_FOLDER
        shutil.rmtree(copy, ignore_errors=True)
        write_case(self._case, copy)
        return {name: int(values[0]) for name, values in balance.items() if name != "replicate"}

    def _put_in_place(self) -> None:
        replaced = self._replaced()
        replaces = self.folder.exists()
        if replaces:
            self.folder.rename(replaced)
        try:
            self.partial.rename(self.folder)
        except OSError:
            if replaces:
                replaced.rename(self.folder)
            raise
        self._finished = True
        # What only the work needed goes after the rename: before it, a resume would miss it.
        for folder in (replaced, *(self.folder / name for name in (*WORK_TABLES, SPILL_FOLDER))):
            shutil.rmtree(folder, ignore_errors=True)
        (self.folder / SETTINGS_FILE).unlink(missing_ok=True)

    @contextmanager
    def _plain_errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (OSError, duckdb.Error) as error:
            failed = plain_error(doing, error)
            raise RunError(f"{failed}. {self.what_is_kept()}") from error

    def what_is_kept(self) -> str:
        """Return in words how many replicates an unfinished run has, and where; "" if there is none."""
        if not self.partial.is_dir():
            return ""
        kept = len(self.done())
        if not kept:
            return "Nothing was kept."
        replicates = "1 replicate is" if kept == 1 else f"{kept} replicates are"
        return f"{replicates} kept in {self.partial}; mend the cause and go on with --resume."


def _differences(stored: RunSettings, wanted: RunSettings) -> Iterator[str]:
    for name in sorted(set(RunSettings.model_fields) - _MAY_DIFFER):
        old, new = getattr(stored, name), getattr(wanted, name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
            yield from (f"{key} {old.get(key)}, not {new.get(key)}" for key in changed)
        elif old != new:
            yield f"{name} {old}, not {new}"
    if stored.versions.get("homeward") != wanted.versions.get("homeward"):
        yield f"homeward {stored.versions.get('homeward')}, not {wanted.versions.get('homeward')}"


class Run:
    """A finished run, to be read. ``folder`` is where it lies, ``info`` what its ``run.json`` says."""

    def __init__(self, folder: Path, info: RunInfo) -> None:
        """Wrap a run that has been checked; use :meth:`open`."""
        self.folder = folder
        self.info = info

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Return the run in a folder.

        Raises UsageError if there is no such folder or it is unfinished work, InputError if its ``run.json``
        is damaged, RunError if it is not a run, lacks a table or cannot be read.
        """
        try:
            _refuse_unreadable(folder)
            content = (folder / RUN_FILE).read_bytes()
            info = _validated(content, folder)
            _refuse_incomplete(folder, info)
        except OSError as error:
            raise plain_error(f"opening {folder}", error) from error
        return cls(folder, info.model_copy(update={"run_dir": str(folder)}))

    def case(self) -> Case:
        """Return the case as it was run, the scenario laid over it."""
        return read_case(self.folder / CASE_FOLDER)

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return a connection with the views stocks, flows, returns, balance, places, summary and matrix.

        Raises RunError if a table cannot be read. The caller closes it, best by ``with``.
        """
        connection = open_memory(memory_limit="300MB", threads=2)
        try:
            _create_views(connection, self.folder, (*PART_TABLES, *SINGLE_TABLES))
        except duckdb.Error as error:
            connection.close()
            raise plain_error(f"reading {self.folder}", error) from error
        return connection

    def columns(self, query: str, parameters: Mapping[str, Any] | None = None) -> dict[str, NDArray[Any]]:
        """Return the columns of a query over the views of :meth:`connection`; raises RunError."""
        try:
            found = self._shared.cursor().execute(query, dict(parameters or {})).fetchnumpy()
        except duckdb.Error as error:
            raise plain_error(f"reading {self.folder}", error) from error
        return {name: np.ma.getdata(values) for name, values in found.items()}

    @cached_property
    def _shared(self) -> duckdb.DuckDBPyConnection:
        """The one connection behind all calls of :meth:`columns`: opening costs more than a small query."""
        return self.connection()


def newest_run(root: Path) -> Path:
    """Return the folder of the run under ``root`` finished last; raises UsageError if there is none."""
    try:
        found = [path for path in root.glob(f"*/{RUN_FILE}") if not path.parent.name.endswith((PARTIAL, REPLACED))]
        if found:
            return max(found, key=lambda path: (path.stat().st_mtime_ns, path.parent.name)).parent
    except OSError as error:
        raise plain_error(f"looking for runs under {root}", error) from error
    raise UsageError(f"no run under {root}; make one with 'homeward run CASE', or name its folder")


def _refuse_unreadable(folder: Path) -> None:
    if not folder.exists():
        raise UsageError(f"no run at {folder}")
    if folder.name.endswith(PARTIAL):
        raise UsageError(f"{folder} is an unfinished run; go on with it by 'homeward run --resume'")
    if not (folder / RUN_FILE).is_file():
        raise RunError(f"{folder} is not a run: it has no {RUN_FILE}")


def _validated(content: bytes, folder: Path) -> RunInfo:
    try:
        return RunInfo.model_validate_json(content)
    except ValidationError as error:
        remedy = "Restore the file, or run the case again."
        problems = [
            Problem(str(folder / RUN_FILE), None, None, _what(str(e["msg"]), e["loc"]), remedy)
            for e in error.errors(include_url=False)
        ]
        raise InputError(problems) from None


def _what(message: str, location: tuple[int | str, ...]) -> str:
    where = ".".join(str(part) for part in location)
    return f"{where}: {message}" if where else message


def _refuse_incomplete(folder: Path, info: RunInfo) -> None:
    wanted = set(range(info.replicates))
    lacking = [f"{name}.parquet" for name in SINGLE_TABLES if not (folder / f"{name}.parquet").is_file()]
    lacking += [f"parts of {name}" for name in PART_TABLES if set(parts(folder, name)) != wanted]
    if lacking:
        raise RunError(f"{folder} is damaged: missing {', '.join(lacking)}; run the case again")


def _is_run(folder: Path) -> bool:
    return (folder / RUN_FILE).is_file()


def _create_views(connection: duckdb.DuckDBPyConnection, folder: Path, tables: tuple[str, ...]) -> None:
    for table in tables:
        path = folder / (f"{table}.parquet" if table in SINGLE_TABLES else table)
        connection.execute(f"CREATE VIEW {table} AS FROM {read_parquet(path)}")


def _write_text(path: Path, text: str) -> None:
    place_whole(path, lambda to: to.write_text(text + "\n", encoding="utf-8"))
