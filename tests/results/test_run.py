from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from homeward.case.schema import Case
from homeward.engine.record import Trajectory
from homeward.errors import InputError, RunError, UsageError
from homeward.results import durable, tables
from homeward.results.contract import RunSettings
from homeward.results.run import Run, RunWriter, newest_run, run_settings
from homeward.results.tables import content_hash
from tests.hand_made import trajectory, write_run
from tests.small_case import small_case


def course(replicate: int, case: Case | None = None) -> Trajectory:
    people = 100 + replicate
    return trajectory(
        case or small_case(),
        replicate,
        stocks=[(0, "city", "north", "refugee", people), (1, "city", "north", "refugee", 2 * people)],
        flows=[(1, "north", "city", "flight", people)],
        returns=[(1, "north", "city", 5), (1, "north", "south", 7)],
        matrix=[(2012, "north", "south", "city", "flight", people)],
    )


def settings_of(case: Case, *, replicates: int = 3, seed: int = 1, flight: float = 0.1) -> RunSettings:
    return run_settings(case, parameters={"flight_hazard": flight}, seed=seed, replicates=replicates)


def write(
    folder: Path, replicates: range = range(3), *, resume: bool = False, force: bool = False, wanted: int = 3
) -> None:
    case = small_case()
    with RunWriter(folder, case, settings_of(case, replicates=wanted), resume=resume, force=force) as writer:
        for replicate in replicates:
            if replicate not in writer.done():
                writer.write(course(replicate))
        writer.finish(wall_s=1.5, situations=11, steps=366)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_run_appears_whole_with_everything_the_design_names(tmp_path: Path) -> None:
    write(tmp_path / "run")
    assert names_in(tmp_path) == {"run"}
    assert names_in(tmp_path / "run") == {
        "run.json", "case", "stocks", "flows", "returns", "fled_back", "displaced_again", "balance",
        "places.parquet", "summary.parquet", "matrix.parquet",
    }  # fmt: skip
    assert names_in(tmp_path / "run" / "stocks") == {f"part-0000{k}.parquet" for k in range(3)}


def test_run_json_says_what_was_run(tmp_path: Path) -> None:
    write(tmp_path / "run")
    said = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert said["schema"] == "homeward/run/1"
    assert next(iter(said)) == "schema"
    assert (said["case"], said["seed"], said["replicates"]) == ("small", 1, 3)
    assert (said["start"], said["end"], said["step_hours"]) == ("2012-01-01", "2012-12-31", 24)
    assert (said["people_start"], said["births"], said["deaths"], said["people_end"]) == (100, 7, 3, 104)
    assert said["parameters"] == {"flight_hazard": 0.1}
    assert said["created"].endswith("Z")
    assert set(said["versions"]) == {"homeward", "python", "numpy", "numba", "duckdb"}
    assert said["scenario"] is None
    assert said["fitted_through"] is None


def test_codes_become_names(tmp_path: Path) -> None:
    write(tmp_path / "run")
    with Run.open(tmp_path / "run").connection() as connection:
        stocks = connection.execute(
            "SELECT date::VARCHAR, place, origin, stage, people FROM stocks WHERE replicate = 2 ORDER BY date"
        ).fetchall()
        returns = connection.execute("SELECT origin, host, sum(people) FROM returns GROUP BY ALL ORDER BY host")
        assert returns.fetchall() == [("north", "city", 15), ("north", "south", 21)]
        kinds = connection.execute("DESCRIBE stocks").fetchall()
    assert stocks == [
        ("2012-01-31", "city", "north", "refugee", 102),
        ("2012-02-29", "city", "north", "refugee", 204),
    ]
    assert [(row[0], row[1]) for row in kinds] == [
        ("replicate", "INTEGER"), ("date", "DATE"), ("place", "VARCHAR"), ("origin", "VARCHAR"),
        ("stage", "VARCHAR"), ("people", "BIGINT"),
    ]  # fmt: skip


def test_the_matrix_is_a_mean_over_all_replicates(tmp_path: Path) -> None:
    case = small_case()
    flight = (2012, "north", "south", "city", "flight", 30)
    courses = [trajectory(case, 0, matrix=[flight]), trajectory(case, 1), trajectory(case, 2)]
    run = write_run(tmp_path / "run", case, courses)
    found = run.columns("FROM matrix")
    assert {name: values.tolist() for name, values in found.items()} == {
        "year": [2012], "origin": ["north"], "from_place": ["south"], "to_place": ["city"],
        "kind": ["flight"], "people": [10.0],
    }  # fmt: skip


def test_the_case_comes_along_and_reads_back_the_same(tmp_path: Path) -> None:
    write(tmp_path / "run")
    assert Run.open(tmp_path / "run").case() == small_case()


def test_an_odd_name_is_no_trouble(tmp_path: Path) -> None:
    folder = tmp_path / "it's [a] *run* – ü?"
    write(folder)
    assert len(Run.open(folder).columns("FROM stocks")["people"]) == 6
    content_hash(folder)


def test_the_content_hash_is_of_what_the_tables_say(tmp_path: Path) -> None:
    write(tmp_path / "one")
    write(tmp_path / "other", range(2, -1, -1))
    case = small_case()
    changed = [course(0), course(1), trajectory(case, 2, stocks=[(0, "city", "north", "refugee", 1)])]
    write_run(tmp_path / "changed", case, changed)
    assert content_hash(tmp_path / "one") == content_hash(tmp_path / "other")
    assert content_hash(tmp_path / "one") != content_hash(tmp_path / "changed")


def test_a_run_killed_between_parts_resumes_to_the_same_content(tmp_path: Path) -> None:
    """The process dies as by SIGKILL after two parts of replicate 1, the marker not among them."""
    program = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        from homeward.results import tables
        from tests.results.test_run import write

        written, copy = [], tables.copy_to_parquet
        def dying(connection, query, path):
            if len(written) == 7:
                os._exit(9)
            written.append(path)
            copy(connection, query, path)
        tables.copy_to_parquet = dying
        write(Path(sys.argv[1]))
        """
    )
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    died = subprocess.run([sys.executable, "-c", program, tmp_path / "run"], env=environment, check=False)
    assert died.returncode == 9
    assert names_in(tmp_path) == {"run.partial"}
    with pytest.raises(UsageError, match="--resume"):
        Run.open(tmp_path / "run.partial")
    with pytest.raises(UsageError, match="--resume"):
        write(tmp_path / "run")
    case = small_case()
    with RunWriter(tmp_path / "run", case, settings_of(case), resume=True) as writer:
        assert writer.done() == {0}
        writer.write(course(1))
        writer.write(course(2))
        writer.finish(wall_s=1.5, situations=11, steps=366)
    write(tmp_path / "undisturbed")
    assert content_hash(tmp_path / "run") == content_hash(tmp_path / "undisturbed")
    assert names_in(tmp_path / "run") == names_in(tmp_path / "undisturbed")


def test_a_resume_may_ask_for_fewer_replicates(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"\[3\] are missing"):
        write(tmp_path / "run", wanted=4)
    write(tmp_path / "run", resume=True, wanted=2)
    write(tmp_path / "two", range(2), wanted=2)
    assert content_hash(tmp_path / "run") == content_hash(tmp_path / "two")


@pytest.mark.parametrize(
    ("changed", "words"), [({"seed": 2}, "seed 1, not 2"), ({"flight": 0.2}, "flight_hazard 0.1, not 0.2")]
)
def test_a_resume_with_other_settings_is_refused(tmp_path: Path, changed: dict[str, float], words: str) -> None:
    with pytest.raises(RunError, match="missing"):
        write(tmp_path / "run", range(1))
    case = small_case()
    other = settings_of(case, **changed)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=words), RunWriter(tmp_path / "run", case, other, resume=True):
        pass
    assert (tmp_path / "run.partial").is_dir()


def test_nothing_is_left_when_no_replicate_is_done(tmp_path: Path) -> None:
    case = small_case()
    with pytest.raises(KeyboardInterrupt), RunWriter(tmp_path / "run", case, settings_of(case)):
        raise KeyboardInterrupt
    assert names_in(tmp_path) == set()


def test_an_existing_run_is_replaced_only_with_force_and_at_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    write(folder)
    before = content_hash(folder)
    with pytest.raises(UsageError, match="--force"):
        write(folder)
    with pytest.raises(RunError, match="missing"):
        write(folder, range(1), wanted=2, force=True)
    assert content_hash(folder) == before
    write(folder, range(2), wanted=2, force=True)
    assert Run.open(folder).info.replicates == 2
    assert names_in(tmp_path) == {"run"}


def test_a_replacement_killed_between_its_renames_is_undone(tmp_path: Path) -> None:
    write(tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / "run.replaced")
    with pytest.raises(UsageError, match="already there"):
        write(tmp_path / "run")
    assert names_in(tmp_path) == {"run"}


def test_force_does_not_remove_what_is_not_a_run(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "home.txt").write_text("Dear all", encoding="utf-8")
    with pytest.raises(UsageError, match="not a run"):
        write(tmp_path / "letters", force=True)
    assert (tmp_path / "letters" / "home.txt").is_file()


def test_a_file_in_the_way_is_a_wrong_call(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="is a file"):
        write(tmp_path / "run", force=True)


def test_a_folder_inside_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RunError, match="file, not a folder"):
        write(tmp_path / "file" / "run")


def full_after(parts: int) -> Callable[[int], None]:
    """Return an fsync that finds the disk full after so many files."""
    calls: list[int] = []

    def fsync(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > parts:
            raise OSError(errno.ENOSPC, "No space left on device")

    return fsync


def test_a_full_disk_at_the_start_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", full_after(0))
    with pytest.raises(RunError, match="disk is full"):
        write(tmp_path / "run")
    assert names_in(tmp_path) == set()


def test_a_full_disk_later_keeps_what_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two calls for the settings, ten for the five parts of a replicate.
    monkeypatch.setattr(os, "fsync", full_after(2 + 10 + 3))
    with pytest.raises(RunError, match=r"disk is full\. 1 replicate is kept in .*--resume"):
        write(tmp_path / "run")
    assert names_in(tmp_path) == {"run.partial"}
    assert names_in(tmp_path / "run.partial" / "balance") == {"part-00000.parquet"}
    monkeypatch.undo()
    write(tmp_path / "run", resume=True)
    assert Run.open(tmp_path / "run").info.replicates == 3


def test_what_duckdb_finds_wrong_is_told_in_plain_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = duckdb.IOException('Could not write file "x": No space left on device')

    def copy(*_: object) -> None:
        raise full

    monkeypatch.setattr(tables, "copy_to_parquet", copy)
    with pytest.raises(RunError, match=r"replicate 0 failed: the disk is full\. Nothing was kept"):
        write(tmp_path / "run")
    assert names_in(tmp_path) == set()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_truly_full_device_is_recognised() -> None:
    with Path("/dev/full").open("wb", buffering=0) as device, pytest.raises(OSError) as found:
        device.write(b"x")
    assert durable.is_full_disk(found.value)
    with tables.open_memory() as connection, pytest.raises(duckdb.Error) as told:
        connection.execute("COPY (FROM range(100000)) TO '/dev/full' (FORMAT csv, USE_TMP_FILE false)")
    assert durable.is_full_disk(told.value)


def test_a_folder_that_is_no_run_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run at"):
        Run.open(tmp_path / "nowhere")
    with pytest.raises(RunError, match=r"not a run: it has no run\.json"):
        Run.open(tmp_path)


def test_a_damaged_run_json_lists_what_is_wrong(tmp_path: Path) -> None:
    write(tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(said | {"seed": -1, "start": "soon"}), encoding="utf-8")
    with pytest.raises(InputError) as found:
        Run.open(tmp_path / "run")
    assert {problem.what.split(":")[0] for problem in found.value.problems} == {"seed", "start"}
    path.write_bytes(b"\xff{")
    with pytest.raises(InputError):
        Run.open(tmp_path / "run")


def test_a_missing_or_damaged_table_is_told(tmp_path: Path) -> None:
    write(tmp_path / "run")
    (tmp_path / "run" / "flows" / "part-00001.parquet").unlink()
    with pytest.raises(RunError, match="missing parts of flows"):
        Run.open(tmp_path / "run")
    write(tmp_path / "second")
    run = Run.open(tmp_path / "second")
    (tmp_path / "second" / "summary.parquet").write_bytes(b"not a table")
    with pytest.raises(RunError, match="reading"):
        run.columns("FROM summary")


def test_a_moved_run_knows_where_it_is(tmp_path: Path) -> None:
    write(tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / "moved")
    assert Run.open(tmp_path / "moved").info.run_dir == str(tmp_path / "moved")


def test_the_newest_run_is_the_one_finished_last(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run under"):
        newest_run(tmp_path)
    for name in ("b", "a"):
        write(tmp_path / name)
    os.utime(tmp_path / "b" / "run.json", (1, 1))
    (tmp_path / "c.partial").mkdir()
    (tmp_path / "c.partial" / "run.json").write_text("{}", encoding="utf-8")
    assert newest_run(tmp_path) == tmp_path / "a"
