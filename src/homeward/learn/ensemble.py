"""Ensembles: many replicates of one case, on threads, processes or a cluster, each written as soon as it is done.

The kernel works without the interpreter's lock, so threads share the case and its rules; where each replicate has its
own, processes are faster (see :mod:`homeward.learn.processes`). A replicate is the same wherever it ran and
whatever ran beside it; nothing but the list of replicates to do is shared.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from homeward.case.schema import Case
from homeward.engine.drawn import Drawn
from homeward.errors import RunError, UsageError
from homeward.learn.cluster import Cluster, ClusterError, open_cluster
from homeward.learn.members import Members
from homeward.learn.processes import ProcessError, run_in_processes
from homeward.results.contract import Continuation, RunInfo
from homeward.results.packed import PackedParts, packed_parts
from homeward.results.run import RunWriter, run_settings

__all__ = ["Progress", "cores", "run_ensemble"]

Progress = Callable[[float, int], None]
"""Called with the replicates done so far (parts of one count) and how many there are."""


WORTH_PROCESSES = 50
"""Replicates from which on processes pay: each takes some seconds to start."""


class _StoppedError(Exception):
    """Ends a replicate whose run is being given up."""


def run_ensemble(
    case: Case,
    folder: Path,
    *,
    seed: int = 1,
    replicates: int = 20,
    jobs: int | None = None,
    processes: bool = False,
    cluster: str | None = None,
    scenario: str | None = None,
    drawn: Drawn | None = None,
    continuation: Continuation | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> RunInfo:
    """Simulate ``replicates`` courses of a case and save them as a run in ``folder``.

    ``case`` has its scenario laid over already; ``scenario`` is its name for the record. ``drawn`` says where each
    replicate takes its parameters from; without it all have those of the case. ``continuation`` says how conditions go
    on after the last day that a forecast knows. ``jobs`` replicates run at a time
    (default: one per processor core that this process may use), or as many as the workers of a Dask scheduler have
    threads, whose address ``cluster`` is (``tcp://HOST:PORT``); with ``processes``, large ensembles whose members have
    rules of their own run in processes and not in threads; the results are the same. With
    ``resume``, replicates that an interrupted run left in ``NAME.partial`` are kept; with ``force``, an existing
    run is replaced once the new one is whole.

    Raises InputError for a case that the rules cannot use, UsageError for a folder that is taken, a value out
    of range or a cluster without Dask installed, RunError if writing fails or a process or the cluster is lost;
    replicates that were complete stay for a resume.
    """
    started = time.perf_counter()
    members = Members(case, seed, drawn, continuation)
    rules = members.rules
    settings = run_settings(
        case, parameters=rules.parameters.values, seed=seed, replicates=replicates, scenario=scenario, drawn=drawn,
        continuation=continuation,
    )  # fmt: skip
    with (
        _runner(cluster, jobs, processes=processes) as run,
        RunWriter(folder, case, settings, resume=resume, force=force) as writer,
    ):
        run(_Work(members, writer, replicates, progress))
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


@dataclass(frozen=True, slots=True)
class _Work:
    """What there is to do, where it is written, and whom to tell how far it is."""

    members: Members
    writer: RunWriter
    replicates: int
    progress: Progress | None

    def todo(self) -> list[int]:
        """Return the replicates that are not there yet."""
        return sorted(set(range(self.replicates)) - self.writer.done())

    def tell(self, done: float) -> None:
        """Report progress, in replicates."""
        if self.progress is not None:
            self.progress(done, self.replicates)


@contextmanager
def _runner(cluster: str | None, jobs: int | None, *, processes: bool) -> Iterator[Callable[[_Work], None]]:
    """Give what runs the work. A cluster is there before anything on disk is touched."""
    if cluster is None:
        yield lambda work: _run_here(work, jobs or cores(), processes=processes)
        return
    if jobs is not None:
        raise UsageError("the number of jobs is for this machine; on a cluster, every worker has its own threads")
    with open_cluster(cluster) as opened:
        yield lambda work: _run_on(opened, work)


def _run_here(work: _Work, jobs: int, *, processes: bool) -> None:
    """Run the work on this machine: in processes if that is asked for and pays."""
    todo = work.todo()
    if not (processes and jobs > 1 and work.members.differ and len(todo) >= WORTH_PROCESSES):
        _Threads(work).run(jobs)
        return
    with _kept(work, ProcessError):
        run_in_processes(partial(_packed, work.members), todo, jobs, _keeper(work, todo))


def _packed(members: Members, replicate: int) -> PackedParts:
    return packed_parts(members.simulated(replicate))


def _run_on(cluster: Cluster, work: _Work) -> None:
    """Run the work on a cluster."""
    todo = work.todo()
    with _kept(work, ClusterError):
        cluster.run(work.members, todo, _keeper(work, todo))


def _keeper(work: _Work, todo: list[int]) -> Callable[[PackedParts], None]:
    """Return what writes a replicate that was simulated elsewhere, and tells how far the work is."""
    done = work.replicates - len(todo)
    work.tell(done)

    def keep(packed: PackedParts) -> None:
        nonlocal done
        work.writer.write_packed(packed)
        done += 1
        work.tell(done)

    return keep


@contextmanager
def _kept(work: _Work, kind: type[ProcessError | ClusterError]) -> Iterator[None]:
    """Say with an error of this kind that what is done stays for a resume."""
    try:
        yield
    except kind as error:
        raise RunError(f"{error}. {work.writer.what_is_kept()}") from error


class _Threads:
    """Threads that take one replicate after another; the first failure stops them all."""

    def __init__(self, work: _Work) -> None:
        self._work = work
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._days = work.members.rules.calendar.days
        self._days_done = 0

    def run(self, jobs: int) -> None:
        """Run the replicates; an interruption or a failure ends the others within a few simulated days."""
        todo = self._work.todo()
        self._days_done = (self._work.replicates - len(todo)) * self._days
        with ThreadPoolExecutor(max_workers=max(1, min(jobs, len(todo)))) as pool:
            futures: list[Future[None]] = []
            try:
                futures.extend(pool.submit(self._one, replicate) for replicate in todo)
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                self._stop.set()
                for future in futures:
                    future.cancel()
        _raise_first(futures)

    def _one(self, replicate: int) -> None:
        self._work.writer.write(self._work.members.simulated(replicate, on_day=self._on_days()))

    def _on_days(self) -> Callable[[int], None]:
        before = 0

        def on_day(days: int) -> None:
            nonlocal before
            if self._stop.is_set():
                raise _StoppedError
            with self._lock:
                self._days_done += days - before
                before = days
                self._work.tell(self._days_done / self._days)

        return on_day


def _raise_first(futures: list[Future[None]]) -> None:
    """Raise what went wrong first; those that were stopped because of it say nothing."""
    for future in futures:
        error = None if future.cancelled() else future.exception()
        if error is not None and not isinstance(error, _StoppedError):
            raise error
