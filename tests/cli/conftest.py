"""A small case on disk, and the real command to run on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from homeward.case.folder import write_case
from homeward.cli.main import main
from tests.small_case import small_case

__all__ = ["Call", "Said", "Shell"]


class Said(NamedTuple):
    """What a command left behind: exit status, standard output, standard error."""

    status: int
    out: str
    err: str


Call = Callable[..., Said]
Shell = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def case_folder(tmp_path: Path) -> Path:
    """Return the folder of a small sound case."""
    folder = tmp_path / "small"
    write_case(small_case(), folder)
    return folder


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """Return the command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    # Set where tests run side by side: tables would be as narrow as a terminal that nobody has.
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*arguments: str | Path) -> Said:
        capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return Said(status, out, err)

    return run


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Return the command as a process of its own, in an empty folder."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path, **more: Any) -> subprocess.Popen[str]:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        words = [sys.executable, "-m", "homeward", *map(str, arguments)]
        # A shell starts what runs in the background with Ctrl-C switched off, and children inherit that.
        heard = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            environment = {**os.environ, "NO_COLOR": "1"}
            started.append(subprocess.Popen(words, cwd=tmp_path, env=environment, text=True, **streams))
        finally:
            signal.signal(signal.SIGINT, heard)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
