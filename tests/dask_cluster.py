"""A real Dask scheduler and real workers on loopback, each a process of its own, to run ensembles on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Machine", "Machines", "machines"]

ROOT = Path(__file__).parents[1]
PATIENCE_S = 120


@dataclass(frozen=True, slots=True)
class Machine:
    """One process, and the file that it writes its log into."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self, pattern: str) -> str:
        """Wait until the log has this, and return the group of the pattern."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := re.search(pattern, text := self.log.read_text(encoding="utf-8"))):
            assert self.process.poll() is None, text
            assert time.monotonic() < deadline, text
            time.sleep(0.05)
        return found[1]

    def kill(self) -> None:
        """Kill the process at once, as a power cut would."""
        self.process.kill()
        self.process.wait()


@dataclass(slots=True)
class Machines:
    """A scheduler at ``address``, and its workers in the order in which they were started."""

    folder: Path
    scheduler: Machine = field(init=False)
    workers: list[Machine] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where the scheduler listens; waits until it does."""
        return self.scheduler.said(r"Scheduler at:\s+(tcp://\S+)")

    def start_scheduler(self) -> None:
        """Start a scheduler on a port that is free."""
        self.scheduler = self._start("scheduler", "--port", "0")

    def start_workers(self, *threads: int) -> None:
        """Start a worker for each number of threads; none is started anew if it dies. Wait until they have joined."""
        own = ("--no-nanny", "--local-directory", str(self.folder), "--nthreads")
        started = [self._start("worker", self.address, *own, str(each)) for each in threads]
        self.workers += started
        for worker in started:
            worker.said(r"(Registered to)")

    def kill(self) -> None:
        """Kill whatever was started."""
        for machine in (*self.workers, self.scheduler):
            machine.kill()

    def _start(self, what: str, *arguments: str) -> Machine:
        command = [sys.executable, "-m", "dask", what, *arguments, "--host", "127.0.0.1", "--no-dashboard"]
        log = self.folder / f"{what}-{len(self.workers)}-{time.monotonic_ns()}.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(command, cwd=self.folder, env=_environment(), stdout=stream, stderr=stream)
        return Machine(process, log)


def _environment() -> dict[str, str]:
    """Return our own, with the modules of this tree."""
    paths: Sequence[str] = (str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", ""))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


@contextmanager
def machines(folder: Path, *threads: int) -> Iterator[Machines]:
    """Give a scheduler with a worker for each number of threads, and kill them all at the end."""
    found = Machines(folder)
    found.start_scheduler()
    try:
        found.start_workers(*threads)
        yield found
    finally:
        found.kill()
