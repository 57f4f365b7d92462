"""Ensembles: many replicates of one case, on threads, each written as soon as it is done.

The kernel works without the interpreter's lock, so threads share the case and its rules. A replicate is the same
whatever ran beside it; nothing but the list of replicates to do is shared.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path

from homeward.case.schema import Case
from homeward.engine.members import Drawn, member_case
from homeward.engine.simulate import simulate
from homeward.results.contract import RunInfo
from homeward.results.run import RunWriter, run_settings
from homeward.rules.homeward import HomewardRules

__all__ = ["Progress", "cores", "run_ensemble"]

Progress = Callable[[float, int], None]
"""Called with the replicates done so far (parts of one count) and how many there are."""


class _StoppedError(Exception):
    """Ends a replicate whose run is being given up."""


def run_ensemble(
    case: Case,
    folder: Path,
    *,
    seed: int = 1,
    replicates: int = 20,
    jobs: int | None = None,
    scenario: str | None = None,
    drawn: Drawn | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> RunInfo:
    """Simulate ``replicates`` courses of a case and save them as a run in ``folder``.

    ``case`` has its scenario laid over already; ``scenario`` is its name for the record. ``drawn`` says where each
    replicate takes its parameters from; without it all have those of the case. ``jobs`` replicates run
    at a time (default: one per processor core that this process may use). With ``resume``, replicates that an
    interrupted run left in ``NAME.partial`` are kept; with ``force``, an existing run is replaced once the new
    one is whole.

    Raises InputError for a case that the rules cannot use, UsageError for a folder that is taken or a value out
    of range, RunError if writing fails; replicates that were complete stay for a resume.
    """
    started = time.perf_counter()
    rules = HomewardRules(case)
    settings = run_settings(
        case, parameters=rules.parameters.values, seed=seed, replicates=replicates, scenario=scenario, drawn=drawn
    )
    with RunWriter(folder, case, settings, resume=resume, force=force) as writer:
        todo = sorted(set(range(replicates)) - writer.done())
        _Workers(case, rules, drawn, writer, seed, replicates, progress).run(todo, jobs or cores())
        return writer.finish(
            wall_s=time.perf_counter() - started,
            situations=rules.space.situations,
            steps=rules.calendar.draws(rules.blocks),
        )


def cores() -> int:
    """Return the processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Workers:
    """Threads that take one replicate after another; the first failure stops them all."""

    def __init__(
        self,
        case: Case,
        rules: HomewardRules,
        drawn: Drawn | None,
        writer: RunWriter,
        seed: int,
        replicates: int,
        progress: Progress | None,
    ) -> None:
        self._case = case
        self._drawn = drawn
        self._rules = rules
        self._writer = writer
        self._seed = seed
        self._replicates = replicates
        self._progress = progress
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._days_done = 0

    def run(self, todo: Iterable[int], jobs: int) -> None:
        """Run the replicates; an interruption or a failure ends the others within a few simulated days."""
        todo = list(todo)
        self._days_done = (self._replicates - len(todo)) * self._rules.calendar.days
        with ThreadPoolExecutor(max_workers=max(1, min(jobs, len(todo)))) as pool:
            futures = [pool.submit(self._one, replicate) for replicate in todo]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                self._stop.set()
                for future in futures:
                    future.cancel()
        _raise_first(futures)

    def _one(self, replicate: int) -> None:
        rules = self._rules
        if self._drawn is not None:
            rules = HomewardRules(member_case(self._case, self._drawn, self._seed, replicate))
        trajectory = simulate(rules, self._seed, replicate, on_day=self._on_days())
        self._writer.write(trajectory)

    def _on_days(self) -> Callable[[int], None]:
        before = 0

        def on_day(days: int) -> None:
            nonlocal before
            if self._stop.is_set():
                raise _StoppedError
            with self._lock:
                self._days_done += days - before
                before = days
                if self._progress is not None:
                    self._progress(self._days_done / self._rules.calendar.days, self._replicates)

        return on_day


def _raise_first(futures: list[Future[None]]) -> None:
    """Raise what went wrong first; those that were stopped because of it say nothing."""
    for future in futures:
        error = None if future.cancelled() else future.exception()
        if error is not None and not isinstance(error, _StoppedError):
            raise error
