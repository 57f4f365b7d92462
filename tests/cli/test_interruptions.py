"""What ends a command from outside: Ctrl-C, SIGTERM, a closed pipe, a full disk; no half-written run."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Shell

ENDLESS = ("--replicates", "20000", "--jobs", "2", "--out", "runs/long")


def wait_for_a_replicate(process: subprocess.Popen[str], partial: Path) -> None:
    deadline = time.monotonic() + 120
    while not any(partial.glob("balance/part-*.parquet")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("sent", "status", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
    ids=["Ctrl-C", "SIGTERM"],
)
def test_a_run_that_is_stopped_leaves_only_work_to_resume(
    sent: int, status: int, word: str, shell: Shell, case_folder: Path, tmp_path: Path
) -> None:
    process = shell("run", case_folder, *ENDLESS)
    wait_for_a_replicate(process, tmp_path / "runs" / "long.partial")
    process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (status, "")
    assert err.splitlines()[-1] == f"homeward: {word}"
    assert "Traceback" not in err
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["long.partial"]


def test_an_interrupted_run_can_be_resumed(shell: Shell, case_folder: Path, tmp_path: Path) -> None:
    process = shell("run", case_folder, *ENDLESS)
    wait_for_a_replicate(process, tmp_path / "runs" / "long.partial")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    resumed = shell("run", case_folder, "--replicates", "2", "--out", "runs/long", "--resume", "--json")
    whole = shell("run", case_folder, "--replicates", "2", "--out", "runs/whole", "--json")
    found = [json.loads(each.communicate(timeout=120)[0]) for each in (resumed, whole)]
    assert found[0]["people_end"] == found[1]["people_end"]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["long", "whole"]


@pytest.mark.parametrize("arguments", [["--help"], ["schema"], ["check", "small"], ["check", "small", "--json"]])
@pytest.mark.usefixtures("case_folder")
def test_a_closed_pipe_is_silent(arguments: list[str], shell: Shell) -> None:
    process = shell(*arguments)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 0


def test_a_run_goes_on_when_nobody_reads(shell: Shell, case_folder: Path, tmp_path: Path) -> None:
    process = shell("run", case_folder, "--replicates", "2", "--out", "runs/unread")
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    assert process.wait(timeout=120) == 0
    assert (tmp_path / "runs" / "unread" / "run.json").is_file()


def test_a_full_disk_ends_a_run_cleanly(shell: Shell, case_folder: Path, tmp_path: Path) -> None:
    # A limit on the size of a file stands in for the full disk: the same call fails in the same place.
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # noqa: E731
    process = shell("run", case_folder, "--replicates", "2", "--out", "runs/full", preexec_fn=limit)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (1, "")
    assert err.startswith("homeward: ")
    assert "Traceback" not in err
    assert not (tmp_path / "runs" / "full").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_an_output_that_cannot_be_written_is_a_failure(shell: Shell, case_folder: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        process = shell("check", case_folder, stdout=full)
        assert process.wait(timeout=60) == 1
    assert process.stderr is not None
    assert process.stderr.read() == "homeward: No space left on device\n"
