"""Ensembles on a cluster: what threads give, whoever dies meanwhile; with a real scheduler and real workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from homeward.errors import RunError, UsageError
from homeward.learn import cluster
from homeward.learn.cluster import Cluster, version_problem
from homeward.learn.ensemble import run_ensemble
from homeward.results.contract import Continuation
from homeward.results.packed import PackedParts
from homeward.results.run import RunWriter
from homeward.results.tables import content_hash
from tests.dask_cluster import Machines, machines
from tests.small_case import small_case

CASE = small_case(people=20_000, end=date(2012, 4, 30))
REPLICATES = 9
THREADS = (1, 2)
"""Threads of each worker: one and several must both do."""

NOBODY = "tcp://127.0.0.1:9"
WANTED = {"homeward": "0.1.0", "numpy": "2.4.6", "numba": "0.68.1"}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Return a scheduler with two workers, which no test may harm."""
    with machines(tmp_path_factory.mktemp("two"), *THREADS) as found:
        yield found


@pytest.fixture(scope="module")
def by_threads(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the hash of the run as threads of this process make it."""
    folder = tmp_path_factory.mktemp("threads") / "run"
    run_ensemble(CASE, folder, replicates=REPLICATES, drawn="prior")
    return content_hash(folder)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the replicates that come back from the workers, in the order in which they are written."""
    found: list[int] = []
    write = RunWriter.write_packed

    def note(writer: RunWriter, packed: PackedParts) -> None:
        found.append(packed.replicate)
        write(writer, packed)

    monkeypatch.setattr(RunWriter, "write_packed", note)
    return found


def once(when: int, act: Callable[[], object]) -> Callable[[float, int], None]:
    """Return a progress report that acts when so many replicates are done."""

    def progress(done: float, _total: int) -> None:
        if done == when:
            act()

    return progress


def interrupt() -> None:
    raise KeyboardInterrupt


def test_a_cluster_gives_what_threads_give(
    two: Machines, by_threads: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[float, int]] = []
    given: list[int] = []
    hand_out = Cluster._hand_out

    def note(self: Cluster, *arguments: object) -> None:
        hand_out(self, *arguments)  # type: ignore[arg-type]
        given.append(len(self._given))

    monkeypatch.setattr(Cluster, "_hand_out", note)
    run_ensemble(
        CASE,
        tmp_path / "run",
        replicates=REPLICATES,
        drawn="prior",
        cluster=two.address,
        progress=lambda *done: told.append(done),
    )
    assert content_hash(tmp_path / "run") == by_threads
    assert told == [(done, REPLICATES) for done in range(REPLICATES + 1)]
    assert max(given) == 2 * sum(THREADS)


def test_a_cluster_carries_conditions_on_as_threads_do(two: Machines, tmp_path: Path) -> None:
    case = small_case(people=5_000, end=date(2012, 12, 31))
    ahead = Continuation(since=date(2012, 3, 31), whole_deviation=1.0, place_deviation=1.0, opening_chance=0.99)
    for name, address in (("threads", None), ("cluster", two.address)):
        run_ensemble(case, tmp_path / name, replicates=2, drawn="prior", continuation=ahead, cluster=address)
    run_ensemble(case, tmp_path / "without", replicates=2, drawn="prior")
    threads, there, without = (content_hash(tmp_path / name) for name in ("threads", "cluster", "without"))
    assert there == threads != without


def test_what_a_killed_worker_had_is_done_by_others(
    two: Machines, by_threads: str, tmp_path: Path, written: list[int]
) -> None:
    two.start_workers(1)
    killed = two.workers.pop()
    run_ensemble(
        CASE, tmp_path / "run", replicates=REPLICATES, drawn="prior", cluster=two.address, progress=once(2, killed.kill)
    )
    assert killed.process.poll() is not None
    assert content_hash(tmp_path / "run") == by_threads
    assert sorted(written) == list(range(REPLICATES))


def test_an_interrupted_run_goes_on_and_is_the_same(
    two: Machines, by_threads: str, tmp_path: Path, written: list[int]
) -> None:
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run_ensemble(
            CASE, folder, replicates=REPLICATES, drawn="prior", cluster=two.address, progress=once(3, interrupt)
        )
    assert len(written) == 3
    run_ensemble(CASE, folder, replicates=REPLICATES, drawn="prior", cluster=two.address, resume=True)
    assert sorted(written) == list(range(REPLICATES))
    assert content_hash(folder) == by_threads


def test_a_run_that_threads_began_goes_on_elsewhere(
    two: Machines, by_threads: str, tmp_path: Path, written: list[int]
) -> None:
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run_ensemble(CASE, folder, replicates=REPLICATES, drawn="prior", jobs=1, progress=once(4, interrupt))
    kept = len(list(folder.with_name("run.partial").glob("balance/*.parquet")))
    assert 0 < kept < REPLICATES
    run_ensemble(CASE, folder, replicates=REPLICATES, drawn="prior", cluster=two.address, resume=True)
    assert sorted(written) == list(range(kept, REPLICATES))
    assert content_hash(folder) == by_threads


def test_a_scheduler_that_is_lost_leaves_what_is_done(
    by_threads: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "NO_WORKERS_S", 0.5)
    with machines(tmp_path) as found:
        with pytest.raises(RunError, match=r"has no workers; start some with 'dask worker tcp://"):
            run_ensemble(CASE, tmp_path / "run", replicates=REPLICATES, drawn="prior", cluster=found.address)
        assert not list(tmp_path.glob("run*"))
        found.start_workers(1)
        with pytest.raises(RunError, match=r"connection .* lost\. 2 replicates are kept in .* --resume"):
            run_ensemble(
                CASE, tmp_path / "run", replicates=REPLICATES, drawn="prior", cluster=found.address,
                progress=once(2, found.scheduler.kill),
            )  # fmt: skip
    run_ensemble(CASE, tmp_path / "run", replicates=REPLICATES, drawn="prior", resume=True)
    assert content_hash(tmp_path / "run") == by_threads


def test_a_worker_of_another_version_is_refused_by_name(
    two: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "versions_used", lambda: WANTED | {"homeward": "9.9"})
    with pytest.raises(RunError, match=r"worker tcp://.* runs homeward 0.*, but here it is homeward 9\.9"):
        run_ensemble(CASE, tmp_path / "run", replicates=2, cluster=two.address)


def test_a_worker_that_joins_later_is_looked_at_too(
    two: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "versions_used", lambda: WANTED | {"homeward": "9.9"})
    monkeypatch.setattr(Cluster, "_require_same_versions", lambda *_: None)
    with pytest.raises(RunError, match=r"worker tcp://.* runs homeward 0.*homeward 9\.9.*Nothing was kept"):
        run_ensemble(CASE, tmp_path / "run", replicates=2, cluster=two.address)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("found", "same"),
    [
        ({}, True),
        ({"numpy": "2.9.0", "numba": "0.68.9"}, True),
        ({"homeward": "0.1.1"}, False),
        ({"homeward": None}, False),
        ({"numpy": "3.0.0"}, False),
        ({"numba": "0.69.0"}, False),
    ],
    ids=str,
)
def test_versions_agree_if_they_are_of_one_series(found: dict[str, str | None], same: bool) -> None:  # noqa: FBT001
    assert (version_problem("worker", {**WANTED, **found}, WANTED) is None) == same


def test_nobody_at_the_address_is_said_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 0.3)
    with pytest.raises(RunError, match=f"no Dask scheduler answers at {NOBODY}; start one with 'dask scheduler'"):
        run_ensemble(CASE, tmp_path / "run", cluster=NOBODY)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("address", ["", "host", "host:port", "tcp://host:99999", "http://host:8786", "tcp://a b:1"])
def test_what_is_no_address_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"not the address of a scheduler; write it as tcp://HOST:8786"):
        run_ensemble(CASE, tmp_path / "run", cluster=address)


def test_without_dask_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"pip install 'homeward\[cluster\]'"):
        run_ensemble(CASE, tmp_path / "run", cluster=NOBODY)


def test_jobs_are_for_this_machine(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="every worker has its own threads"):
        run_ensemble(CASE, tmp_path / "run", cluster=NOBODY, jobs=2)
