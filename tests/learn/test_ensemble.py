"""Ensembles: the same run whatever the number of threads, and the first failure ends it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from homeward.learn.ensemble import run_ensemble
from homeward.results.tables import content_hash
from tests.small_case import small_case

CASE = small_case(people=20_000, end=date(2012, 4, 30))


def test_threads_do_not_change_the_result_and_the_seed_does(tmp_path: Path) -> None:
    run_ensemble(CASE, tmp_path / "one", replicates=4, jobs=1)
    run_ensemble(CASE, tmp_path / "two", replicates=4, jobs=2)
    run_ensemble(CASE, tmp_path / "other", replicates=4, jobs=2, seed=2)
    one, two, other = (content_hash(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one != other


def test_progress_ends_at_the_number_of_replicates(tmp_path: Path) -> None:
    told: list[tuple[float, int]] = []
    run_ensemble(CASE, tmp_path / "run", replicates=3, jobs=2, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (3.0, 3)
    assert told == sorted(told)


def test_the_first_failure_ends_the_run_and_leaves_none(tmp_path: Path) -> None:
    def fail(done: float, total: int) -> None:
        raise ValueError(f"{done} of {total}")

    with pytest.raises(ValueError, match="of 3"):
        run_ensemble(CASE, tmp_path / "run", replicates=3, jobs=2, progress=fail)
    assert not (tmp_path / "run").exists()
