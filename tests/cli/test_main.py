"""What every command keeps: help without heavy imports, exit statuses, and no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from homeward.cli import main as entry
from homeward.errors import RunError
from tests.cli.conftest import Call

COMMANDS = ["run", "check", "score", "report", "compare", "schema", "doctor"]
HEAVY = {"numpy", "numba", "duckdb", "pydantic", "rich", "jinja2"}


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=lambda words: "".join(words) or "all")
def test_help_imports_nothing_heavy_and_is_complete(command: list[str]) -> None:
    code = (
        "import sys; from homeward.cli.main import main; status = main(sys.argv[1:]); "
        f"print(*sorted({HEAVY} & set(sys.modules)), file=sys.stderr); sys.exit(status)"
    )
    words = [sys.executable, "-c", code, *command, "--help"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""
    assert done.stdout.startswith(f"Usage: homeward {''.join(command)}")
    assert all(name in done.stdout for name in (COMMANDS if not command else ["--help"]))


def test_no_command_shows_the_help(call: Call) -> None:
    said = call()
    assert (said.status, said.err) == (0, "")
    assert "First steps" in said.out


def test_help_of_a_command_names_it_in_full(call: Call) -> None:
    assert call("run", "-h").out.startswith("Usage: homeward run [OPTIONS]")


def test_version(call: Call) -> None:
    assert call("--version").out.startswith("homeward 0.")


def fails_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr("homeward.case.folder.load_case", fail)


@pytest.mark.parametrize(
    ("error", "status", "code", "words"),
    [
        (RunError("the disk is full"), 1, "run", "the disk is full"),
        (OSError(28, "No space left on device", "a.parquet"), 1, "run", "No space left on device: a.parquet"),
        (MemoryError(), 1, "run", "not enough memory"),
        (KeyboardInterrupt(), 130, "interrupted", "interrupted"),
        (entry.Terminated(), 143, "terminated", "terminated"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_every_failure_becomes_one_line_and_a_status(
    error: BaseException, status: int, code: str, words: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    fails_with(error, monkeypatch)
    said = call("check", "small")
    assert (said.status, said.out, said.err) == (
        status,
        "",
        f"homeward: {words}\n" if status != 1 else said.err,
    )
    assert words in said.err
    assert said.err.count("\n") == 1
    as_json = call("check", "small", "--json")
    assert (as_json.status, as_json.err) == (status, "")
    assert json.loads(as_json.out)["error"]["code"] == code


def test_an_unexpected_failure_leaves_its_traceback_in_a_file(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fails_with(ZeroDivisionError("division\nby zero"), monkeypatch)
    said = call("check", "small")
    assert said.status == 1
    assert said.err.startswith("homeward: unexpected failure (ZeroDivisionError: division by zero)")
    [saved] = tmp_path.glob("homeward-*.txt")
    assert str(saved) in said.err
    assert "Traceback" in saved.read_text(encoding="utf-8")


def test_the_traceback_is_shown_on_demand(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("HOMEWARD_DEBUG", "1")
    fails_with(ZeroDivisionError("division by zero"), monkeypatch)
    assert entry.main(["check", "small"]) == 1
    assert "Traceback" in capfd.readouterr().err
