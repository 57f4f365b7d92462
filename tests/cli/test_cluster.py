"""``homeward run --cluster``: what a user meets when there is a cluster, when it is stopped, and when there is none."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeward.learn import cluster
from homeward.results.tables import content_hash
from tests.cli.conftest import Call, Shell
from tests.cli.test_interruptions import wait_for_a_replicate
from tests.dask_cluster import Machines, machines


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Return a scheduler with one worker."""
    with machines(tmp_path_factory.mktemp("one"), 1) as found:
        yield found


def test_ctrl_c_leaves_work_that_goes_on_elsewhere(
    one: Machines, shell: Shell, call: Call, case_folder: Path, tmp_path: Path
) -> None:
    long = shell("run", case_folder, "--replicates", "20000", "--cluster", one.address, "--out", "runs/long")
    partial = tmp_path / "runs" / "long.partial"
    wait_for_a_replicate(long, partial)
    long.send_signal(signal.SIGINT)
    out, err = long.communicate(timeout=60)
    assert (long.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "homeward: interrupted"
    assert "Traceback" not in err
    kept = len(list(partial.glob("balance/*.parquet")))
    assert kept
    more = ("--replicates", str(kept + 2), "--quiet")
    assert call("run", case_folder, *more, "--cluster", one.address, "--out", "runs/long", "--resume").status == 0
    assert call("run", case_folder, *more, "--out", "runs/whole").status == 0
    assert content_hash(tmp_path / "runs" / "long") == content_hash(tmp_path / "runs" / "whole")


def test_no_scheduler_is_an_error_with_a_remedy(
    call: Call, case_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 0.3)
    said = call("run", case_folder, "--cluster", "tcp://127.0.0.1:9", "--json")
    assert said.status == 1
    assert "start one with 'dask scheduler'" in json.loads(said.out)["error"]["message"]
    assert said.err == ""
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [(("--cluster", "here"), "write it as tcp://HOST:8786"), (("--cluster", "a:1", "--jobs", "2"), "its own threads")],
    ids=["no address", "jobs"],
)
def test_what_cannot_be_meant_is_refused(options: tuple[str, ...], message: str, call: Call, case_folder: Path) -> None:
    said = call("run", case_folder, *options)
    assert (said.status, said.out) == (2, "")
    assert message in said.err


# The last of them, for it kills the scheduler of the others.
def test_a_scheduler_that_dies_is_said_in_one_line(
    one: Machines, shell: Shell, case_folder: Path, tmp_path: Path
) -> None:
    long = shell("run", case_folder, "--replicates", "20000", "--cluster", one.address, "--out", "runs/long", "-q")
    wait_for_a_replicate(long, tmp_path / "runs" / "long.partial")
    one.scheduler.kill()
    out, err = long.communicate(timeout=60)
    assert (long.returncode, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert "was lost" in err
    assert "--resume" in err
