"""Run a command as a user would, and say what it cost."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MEGABYTE", "ROOT", "BenchmarkError", "Spread", "Usage", "run_module"]

ROOT = Path(__file__).parents[1]
MEGABYTE = 1_000_000
LOOK_EVERY_S = 2.0
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class BenchmarkError(Exception):
    """A command that is measured failed; the message ends with what it said."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process cost (wall time, user and system time, peak memory), and its output."""

    wall_s: float
    cpu_s: float
    peak_bytes: int
    output: str


@dataclass(frozen=True, slots=True)
class Spread:
    """Middle and ends of repeated measurements."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of one value or more."""
        return cls(statistics.median(values), min(values), max(values))

    def in_words(self, digits: int = 2) -> str:
        """Return the median and, in brackets, the ends; seconds."""
        return f"{self.median:.{digits}f} s ({self.low:.{digits}f}–{self.high:.{digits}f})"


def run_module(
    module: str, arguments: Sequence[str], *, cores: int, environment: Mapping[str, str] | None = None
) -> Usage:
    """Run ``python -m MODULE ARGUMENTS`` on so many cores; ``environment`` is added to ours.

    The peak is that of the process itself, or of it and all that it starts together where that is more and the
    system tells it (Linux: proportional set sizes, looked at every two seconds, since asking for them costs the process
    time). The system counts the memory of the process that starts it as a floor, so nothing heavy (NumPy, Numba,
    DuckDB) is imported here.

    Raises BenchmarkError if the command fails.
    """
    command = [sys.executable, "-m", module, *arguments]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors, _on_cores(cores):
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
        )  # fmt: skip
        together = _Together(process.pid)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except KeyboardInterrupt:
            process.kill()
            raise
        wall = time.perf_counter() - started
        peak = max(usage.ru_maxrss * RSS_UNIT, together.peak())
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            said = errors.read().decode(errors="replace")[-2000:]
            raise BenchmarkError(f"{' '.join(command)} ended with status {process.returncode}:\n{said}")
        text = output.read().decode()
    return Usage(wall, usage.ru_utime + usage.ru_stime, peak, text)


class _Together:
    """Looks at the memory of a process and of all that it started, until it is asked for the most."""

    def __init__(self, pid: int) -> None:
        self._pid, self._most, self._over = pid, 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def peak(self) -> int:
        """Return the most bytes that were seen; 0 where the system does not tell."""
        self._over.set()
        self._thread.join()
        return self._most

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY_S):
            self._most = max(self._most, sum(map(_proportional_bytes, _tree(self._pid))))


def _tree(pid: int) -> list[int]:
    """Return a process and all that it started, in any depth."""
    try:
        children = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [pid, *(below for found in children for child in found for below in _tree(int(child)))]


def _proportional_bytes(pid: int) -> int:
    """Return the memory of a process, what it shares with others divided among them; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


@contextmanager
def _on_cores(cores: int) -> Iterator[None]:
    """Keep this process, and what it starts meanwhile, to so many cores, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
