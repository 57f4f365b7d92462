"""Ensembles on this machine in processes of their own: for members that each have rules of their own.

Building and filling tables holds the interpreter's lock, so threads wait for each other where every replicate has
its own rules; processes do not. The case goes to each process once; it simulates replicates and packs their tables,
and this process writes them, as from a cluster. A process that loses this one ends by itself.

Processes are started anew and import the main module of this one, so a script that asks for them needs the usual
``if __name__ == "__main__":`` around what it does.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for
from typing import Any, TypeVar

from homeward.errors import RunError

__all__ = ["ProcessError", "run_in_processes"]

Result = TypeVar("Result")

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
"""What libraries of linear algebra are told, each by its own name, how many threads to use."""

GIVEN_PER_PROCESS = 2
"""One replicate to work on, and one to begin at once when it is done."""

_shared: list[Callable[[int], Any]] = []
"""In a process that was started for it: what it does with a replicate."""


class ProcessError(RunError):
    """A process died; what is written already is whole."""


def run_in_processes(
    work: Callable[[int], Result], todo: Iterable[int], jobs: int, keep: Callable[[Result], None]
) -> None:
    """Do ``work`` for these replicates, ``jobs`` at a time, and call ``keep`` with each result as it is there.

    ``work`` is sent to each process once. Raises what a replicate or ``keep`` raises, and ProcessError if a process
    dies; the others end with their replicate.
    """
    waiting, given = deque(todo), set[Future[Result]]()
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_begin, initargs=(work,))
    with _one_thread_each(), pool:
        try:
            while waiting or given:
                while waiting and len(given) < GIVEN_PER_PROCESS * jobs:
                    given.add(pool.submit(_done, waiting.popleft()))
                done, given = wait(given, return_when=FIRST_COMPLETED)
                for future in done:
                    keep(future.result())
        except BrokenProcessPool:
            raise ProcessError("a process that simulates replicates died, perhaps for lack of memory") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Have processes that are started meanwhile do linear algebra in one thread: theirs would wait for each other."""
    given = {name: os.environ.get(name) for name in THREADS}
    os.environ.update({name: value or "1" for name, value in given.items()})
    try:
        yield
    finally:
        for name, value in given.items():
            if value is None:
                os.environ.pop(name, None)


def _begin(work: Callable[[int], Any]) -> None:
    """Get ready in a new process: an interruption is the parent's to handle, and without it nothing is left to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _shared.append(work)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
    os._exit(1)


def _done(replicate: int) -> Any:  # noqa: ANN401 whatever the work gives
    return _shared[0](replicate)
