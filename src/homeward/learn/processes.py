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
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for

from homeward.errors import RunError
from homeward.learn.members import Members
from homeward.results.packed import PackedParts, packed_parts

__all__ = ["ProcessError", "run_in_processes"]

GIVEN_PER_PROCESS = 2
"""One replicate to work on, and one to begin at once when it is done."""

_shared: list[Members] = []
"""In a process that was started for it: the members that it simulates."""


class ProcessError(RunError):
    """A process died; what is written already is whole."""


def run_in_processes(members: Members, todo: Iterable[int], jobs: int, keep: Callable[[PackedParts], None]) -> None:
    """Simulate these replicates, ``jobs`` at a time, and call ``keep`` with each in the order in which they are done.

    Raises what a replicate or ``keep`` raises, and ProcessError if a process dies; the others end with their replicate.
    """
    waiting, given = deque(todo), set[Future[PackedParts]]()
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_begin, initargs=(members,)) as pool:
        try:
            while waiting or given:
                while waiting and len(given) < GIVEN_PER_PROCESS * jobs:
                    given.add(pool.submit(_simulated, waiting.popleft()))
                done, given = wait(given, return_when=FIRST_COMPLETED)
                for future in done:
                    keep(future.result())
        except BrokenProcessPool:
            raise ProcessError("a process that simulates replicates died, perhaps for lack of memory") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _begin(members: Members) -> None:
    """Get ready in a new process: an interruption is the parent's to handle, and without it nothing is left to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _shared.append(members)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
    os._exit(1)


def _simulated(replicate: int) -> PackedParts:
    return packed_parts(_shared[0].simulated(replicate))
