"""Ensembles: the same run whatever the number of threads, and the first failure ends it."""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path

import pytest

from homeward.engine.drawn import member_case, member_parameters
from homeward.engine.simulate import simulate
from homeward.errors import UsageError
from homeward.judge.simulated import simulated_run
from homeward.learn.ensemble import run_ensemble
from homeward.learn.members import Members
from homeward.results.run import Run
from homeward.results.tables import content_hash
from homeward.rules.homeward import HomewardRules
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


def test_each_replicate_runs_and_is_observed_with_the_parameters_that_it_drew(tmp_path: Path) -> None:
    """Replicate by replicate what the case with its parameters gives alone, on one thread or two."""
    for jobs in (1, 2):
        run_ensemble(CASE, tmp_path / f"{jobs}", seed=5, replicates=3, jobs=jobs, drawn="prior")
    assert content_hash(tmp_path / "1") == content_hash(tmp_path / "2")
    run = Run.open(tmp_path / "1")
    assert run.info.drawn == "prior"
    people = run.columns(
        "SELECT replicate, sum(people) AS people FROM stocks WHERE stage = 'refugee' GROUP BY 1 ORDER BY 1"
    )
    for replicate in range(3):
        course = simulate(HomewardRules(member_case(CASE, "prior", 5, replicate)), 5, replicate)
        is_refugee = course.stocks["stage"] == course.names.stages.index("refugee")
        assert people["people"][replicate] == course.stocks["people"][is_refugee].sum()
    observed, drawn = simulated_run(run).parameters, member_parameters(CASE, "prior", 5, 3)
    for name in ("registration_error_sd", "registration_lag_months[HOA]", "deactivation_rate[HOA]"):
        assert observed[name].tolist() == drawn[name].tolist()
        assert len(set(observed[name].tolist())) == 3
    assert content_hash(tmp_path / "1") != _hash_of_fixed(tmp_path)


def _hash_of_fixed(folder: Path) -> str:
    run_ensemble(CASE, folder / "fixed", seed=5, replicates=3)
    fixed = simulated_run(Run.open(folder / "fixed")).parameters
    assert len(set(fixed["registration_error_sd"].tolist())) == 1
    return content_hash(folder / "fixed")


def test_a_run_is_not_resumed_with_parameters_from_elsewhere(tmp_path: Path) -> None:
    def stop(done: float, total: int) -> None:
        if done > 1.5:
            raise KeyboardInterrupt(total)

    with pytest.raises(KeyboardInterrupt):
        run_ensemble(CASE, tmp_path / "run", replicates=3, jobs=1, drawn="prior", progress=stop)
    with pytest.raises(UsageError, match="drawn prior, not None"):
        run_ensemble(CASE, tmp_path / "run", replicates=3, resume=True)
    run_ensemble(CASE, tmp_path / "run", replicates=3, drawn="prior", resume=True)
    run_ensemble(CASE, tmp_path / "whole", replicates=3, drawn="prior")
    assert content_hash(tmp_path / "run") == content_hash(tmp_path / "whole")


def test_members_are_the_same_after_a_way_to_another_process() -> None:
    sent = pickle.loads(pickle.dumps(Members(CASE, 5, "prior")))
    here = Members(CASE, 5, "prior").simulated(1)
    assert sent.simulated(1).stocks["people"].tolist() == here.stocks["people"].tolist()
