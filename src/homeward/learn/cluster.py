"""Ensembles on many machines: replicates on the workers of a Dask scheduler.

The case goes to the scheduler once and to each worker once. A worker simulates a replicate and packs its tables;
they come back through the scheduler, so the workers need no disk in common with this process, nor a way to it.
Work is handed out two replicates per thread of a worker, and a replicate is let go once it is written, so memory
here does not grow with the ensemble. What a worker leaves undone when it dies, the scheduler gives to another.
"""

from __future__ import annotations

import re
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from homeward.errors import RunError, UsageError
from homeward.learn.members import Members
from homeward.results.packed import PackedParts, packed_parts
from homeward.results.run import versions_used

__all__ = ["Cluster", "ClusterError", "open_cluster", "packed_member", "version_problem"]

ADDRESS = re.compile(r"((tcp|tls|ws|wss)://)?(?P<host>[^\s:/\[\]]+|\[[0-9a-fA-F:.]+\]):(?P<port>\d{1,5})")
"""How the address of a scheduler is written: a name or a number, and a port."""

CONNECT_S = 10.0
"""How long the scheduler may take to answer, seconds."""

NO_WORKERS_S = 30.0
"""How long to wait where there is no worker, at the start or later: one that died may be started anew."""

LOOK_EVERY_S = 2.0
"""How often to look which workers there are."""

TASKS_PER_THREAD = 2
"""One replicate to work on, and one to begin at once when it is done."""

SAME = ("homeward", "numpy", "numba")
"""Packages whose versions decide whether a worker gets the same result."""


class _Future(Protocol):
    """What is used of a future of Dask."""

    def result(self) -> PackedParts: ...

    def release(self) -> None: ...

    def add_done_callback(self, fn: Callable[[_Future], None]) -> None: ...


class _Client(Protocol):
    """What is used of a client of Dask."""

    def submit(self, func: Callable[..., object], *arguments: object, key: str, **placing: object) -> _Future: ...

    def cancel(self, futures: list[_Future]) -> None: ...

    def nthreads(self) -> Mapping[str, int]: ...

    def get_versions(self, *, packages: list[str]) -> Mapping[str, Mapping[str, Any]]: ...

    def close(self) -> None: ...


class ClusterError(RunError):
    """The cluster, or what it was given to do, failed; what is written already is whole."""


@contextmanager
def open_cluster(address: str) -> Iterator[Cluster]:
    """Connect to the Dask scheduler at an address (``tcp://HOST:PORT``).

    Raises UsageError if the package distributed is not installed or the address cannot be read, ClusterError if
    nobody answers there, if there are no workers, or if one of them runs other versions.
    """
    if find_spec("distributed") is None:
        raise UsageError("a cluster needs Dask: pip install 'homeward[cluster]'")
    client = _connected(address)
    try:
        cluster = Cluster(client, address)
        cluster.look()
        yield cluster
    finally:
        with suppress(OSError):
            client.close()


def _connected(address: str) -> _Client:
    found = ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found["port"]) < 2**16:
        raise UsageError(f"{address!r} is not the address of a scheduler; write it as tcp://HOST:8786")
    try:
        client: _Client = import_module("distributed").Client(address, timeout=CONNECT_S, set_as_default=False)
    except OSError:
        raise ClusterError(
            f"no Dask scheduler answers at {address}; start one with 'dask scheduler', or give its address"
        ) from None
    return client


class Cluster:
    """The workers of one scheduler, and the replicates that they have been given."""

    def __init__(self, client: _Client, address: str) -> None:
        """Take a client that is connected; use :func:`open_cluster`."""
        self._client = client
        self._address = address
        self._versions = versions_used()
        self._threads: Mapping[str, int] = {}
        self._looked = 0.0
        self._waiting: deque[int] = deque()
        self._given: dict[_Future, str] = {}
        self._done: SimpleQueue[_Future] = SimpleQueue()

    def run(self, members: Members, todo: Iterable[int], keep: Callable[[PackedParts], None]) -> None:
        """Simulate these replicates and call ``keep`` with each of them, in the order in which they are done.

        Raises ClusterError if the scheduler is lost, if no worker is left, if one that joins runs other versions, or
        if a replicate fails or is the end of several workers.
        """
        self._waiting, self._given, self._done = deque(todo), {}, SimpleQueue()
        name = uuid.uuid4().hex
        with self._plain_errors():
            how = (members.case, members.seed, members.drawn, members.continuation)
            shared = self._client.submit(Members, *how, key=f"members-{name}")
        try:
            while self._waiting or self._given:
                self._hand_out(shared, name)
                if (packed := self._next_done()) is not None:
                    keep(packed)
        finally:
            self._give_up([shared, *self._given])

    def look(self) -> None:
        """See which workers there are, waiting for a first one; raises ClusterError as :func:`open_cluster` does."""
        deadline = time.monotonic() + NO_WORKERS_S
        with self._plain_errors():
            while not (threads := self._client.nthreads()):
                if time.monotonic() > deadline:
                    start = f"start some with 'dask worker {self._address}'"
                    raise ClusterError(f"the scheduler at {self._address} has no workers; {start}")
                time.sleep(0.2)
            if new := set(threads) - set(self._threads):
                self._require_same_versions(new)
        self._threads = threads
        self._looked = time.monotonic()

    def _require_same_versions(self, workers: set[str]) -> None:
        """Raise ClusterError if the scheduler, which reads the case too, or one of these workers differs from us."""
        found = self._client.get_versions(packages=list(SAME))
        there = {f"worker {name}": found["workers"][name] for name in sorted(workers & set(found["workers"]))}
        for who, said in {**there, f"the scheduler at {self._address}": found["scheduler"]}.items():
            if problem := version_problem(who, said["packages"], self._versions):
                raise ClusterError(problem)

    def _hand_out(self, shared: _Future, name: str) -> None:
        if time.monotonic() - self._looked > LOOK_EVERY_S:
            self.look()
        while self._waiting and (worker := self._least_busy()):
            replicate = self._waiting.popleft()
            # Said by us, since left alone the scheduler prefers the worker that has the case already.
            future = self._client.submit(
                packed_member, shared, replicate, self._versions, key=f"replicate-{name}-{replicate}",
                workers=[worker], allow_other_workers=True,
            )  # fmt: skip
            self._given[future] = worker
            future.add_done_callback(self._done.put)

    def _least_busy(self) -> str | None:
        """Return the worker that has least to do for its threads, or None if all have enough."""
        if len(self._given) >= TASKS_PER_THREAD * sum(self._threads.values()):
            return None
        given = Counter(self._given.values())
        return min(self._threads, key=lambda worker: given[worker] / self._threads[worker])

    def _next_done(self) -> PackedParts | None:
        """Return a replicate that is done, or None if none is for a while."""
        try:
            future = self._done.get(timeout=LOOK_EVERY_S)
        except Empty:
            return None
        with self._plain_errors():
            packed: PackedParts = future.result()
        del self._given[future]
        future.release()
        return packed

    def _give_up(self, futures: list[_Future]) -> None:
        with suppress(Exception):  # the scheduler may be gone, and what is wrong has been told
            self._client.cancel(futures)

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        dask = import_module("distributed")
        try:
            yield
        except dask.KilledWorker as error:
            replicate, died = str(error.task).rpartition("-")[2], error.allowed_failures + 1
            raise ClusterError(
                f"replicate {replicate} was given to {died} workers, and all died over it, perhaps for lack of memory"
            ) from None
        except RunError as error:  # of a worker
            raise ClusterError(str(error)) from error
        except (OSError, dask.CancelledError) as error:
            raise ClusterError(f"the connection to the scheduler at {self._address} was lost") from error


def packed_member(members: Members, replicate: int, wanted: Mapping[str, str]) -> PackedParts:
    """Simulate a replicate on a worker and return its parts as bytes.

    Raises RunError if the versions here are not those that are wanted: workers may join after the others were seen.
    """
    worker = import_module("distributed").get_worker()
    if problem := version_problem(f"worker {worker.address}", versions_used(), wanted):
        raise RunError(problem)
    return packed_parts(members.simulated(replicate))


def version_problem(who: str, found: Mapping[str, str | None], wanted: Mapping[str, str]) -> str | None:
    """Return in words how versions differ, None if they agree: homeward wholly, the others in their series."""
    if all(_series(package, found.get(package)) == _series(package, wanted[package]) for package in SAME):
        return None
    there, here = (", ".join(f"{package} {each.get(package)}" for package in SAME) for each in (found, wanted))
    return f"{who} runs {there}, but here it is {here}; install the same versions there"


def _series(package: str, version: str | None) -> str | None:
    """Return the part of a version that must be the same: all of homeward's, else 2 of 2.4.6 and 0.68 of 0.68.1."""
    if version is None or package == "homeward":
        return version
    numbers = version.split(".")
    return ".".join(numbers[: 2 if numbers[0] == "0" else 1])
