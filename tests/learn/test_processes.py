"""Ensembles in processes: what threads give, whoever dies meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date
from multiprocessing import active_children
from pathlib import Path

import pytest

from homeward.errors import RunError, UsageError
from homeward.learn import ensemble
from homeward.learn.ensemble import run_ensemble
from homeward.learn.processes import run_in_processes
from homeward.results.contract import Continuation
from homeward.results.packed import PackedParts
from homeward.results.run import RunWriter
from homeward.results.tables import content_hash
from tests.small_case import small_case

CASE = small_case(people=5_000, end=date(2012, 12, 31))
AHEAD = Continuation(since=date(2012, 3, 31), whole_deviation=1.0, place_deviation=1.0, opening_chance=0.99)
REPLICATES = 6


@pytest.fixture(autouse=True)
def few_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ensemble, "WORTH_PROCESSES", 2)


@pytest.fixture(scope="module")
def by_threads(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("threads") / "run"
    run_ensemble(CASE, folder, replicates=REPLICATES, drawn="prior", continuation=AHEAD)
    return content_hash(folder)


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the replicates that come from elsewhere."""
    found: list[int] = []
    write = RunWriter.write_packed

    def note(writer: RunWriter, parts: PackedParts) -> None:
        found.append(parts.replicate)
        write(writer, parts)

    monkeypatch.setattr(RunWriter, "write_packed", note)
    return found


def test_processes_give_what_threads_give(tmp_path: Path, by_threads: str, packed: list[int]) -> None:
    told: list[float] = []
    run_ensemble(
        CASE, tmp_path / "run", replicates=REPLICATES, jobs=2, processes=True, drawn="prior", continuation=AHEAD,
        progress=lambda done, _: told.append(done),
    )  # fmt: skip
    assert sorted(packed) == list(range(REPLICATES))
    assert told == [*range(REPLICATES + 1)]
    assert content_hash(tmp_path / "run") == by_threads


def squared(number: int) -> int:
    if number > 90:
        raise UsageError("too large")
    return number**2


def test_processes_do_whatever_work_they_are_given_and_raise_what_it_raises() -> None:
    found: list[int] = []
    run_in_processes(squared, range(7), 2, found.append)
    assert sorted(found) == [0, 1, 4, 9, 16, 25, 36]
    with pytest.raises(UsageError, match="too large"):
        run_in_processes(squared, [1, 91], 2, found.append)
    assert active_children() == []


def test_members_that_share_their_rules_stay_on_threads(tmp_path: Path, packed: list[int]) -> None:
    run_ensemble(CASE, tmp_path / "run", replicates=3, jobs=2, processes=True)
    run_ensemble(CASE, tmp_path / "one", replicates=3, jobs=1, processes=True, drawn="prior")
    assert packed == []


def test_a_process_that_dies_ends_the_run_and_what_is_done_is_kept(
    tmp_path: Path, by_threads: str, packed: list[int]
) -> None:
    def kill(done: float, _: int) -> None:
        if done == 2:
            os.kill(active_children()[0].pid or 0, signal.SIGKILL)

    with pytest.raises(RunError, match=r"process that simulates replicates died.* replicates are kept"):
        run_ensemble(
            CASE, tmp_path / "run", replicates=REPLICATES, jobs=2, processes=True, drawn="prior", continuation=AHEAD,
            progress=kill,
        )  # fmt: skip
    assert 2 <= len(packed) < REPLICATES
    run_ensemble(CASE, tmp_path / "run", replicates=REPLICATES, drawn="prior", continuation=AHEAD, resume=True)
    assert content_hash(tmp_path / "run") == by_threads


def test_an_interruption_ends_the_processes(tmp_path: Path) -> None:
    def stop(done: float, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_ensemble(
            CASE, tmp_path / "run", replicates=40, jobs=2, processes=True, drawn="prior", progress=stop
        )  # fmt: skip
    assert active_children() == []


ORPHANS = """
import sys
from pathlib import Path
from homeward.learn import ensemble
from tests.learn.test_processes import AHEAD, CASE
from multiprocessing import active_children

def told(done, _):
    if done == 1:
        print(*(child.pid for child in active_children()), flush=True)

if __name__ == "__main__":
    ensemble.WORTH_PROCESSES = 2
    ensemble.run_ensemble(
        CASE, Path(sys.argv[1]), replicates=10_000, jobs=2, processes=True, drawn="prior", progress=told
    )
"""


def test_processes_whose_parent_is_killed_end_by_themselves(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(ORPHANS)
    command = [sys.executable, str(script), str(tmp_path / "run")]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=here) as parent:
        assert parent.stdout is not None
        children = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(children) == 2
    deadline = time.monotonic() + 20
    while (left := [pid for pid in children if _is_running(pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _threads(_number: int) -> str | None:
    return os.environ.get("OPENBLAS_NUM_THREADS")


def test_a_process_does_linear_algebra_in_one_thread_and_leaves_ours_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    found: list[str | None] = []
    run_in_processes(_threads, range(2), 1, found.append)
    assert found == ["1", "1"]
    assert "OPENBLAS_NUM_THREADS" not in os.environ
