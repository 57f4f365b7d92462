"""The returns of a course in memory are those of its run on disk."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from homeward.engine.simulate import simulate
from homeward.judge.limits import limits_with
from homeward.judge.pillar_evidence import Evidence, evidence_of
from homeward.judge.pillar_flows import ALL_FOUR, PILLARS, Flows, Judge, flows_of, read_flows
from homeward.learn.ensemble import run_ensemble
from homeward.results.run import Run
from homeward.rules.homeward import HomewardRules
from tests.small_case import small_case

CASE = small_case(
    people=60_000, end=date(2014, 3, 31), step_hours=168,
    parameters={
        "return_hazard_open": 2.0, "return_gate_threshold": -9.0, "household_size": 2.0, "staged_share": 0.4,
        "flight_hazard_returned": 0.05,
    },
)  # fmt: skip


def named(flows: Flows, evidence: Evidence) -> dict[tuple[int, str, str], float]:
    rows = zip(flows.month.tolist(), flows.origin.tolist(), flows.host.tolist(), flows.people.tolist(), strict=True)
    found = {(month, evidence.origins[origin], evidence.hosts[host]): people for month, origin, host, people in rows}
    assert len(found) == len(flows.people)
    return found


def test_a_course_has_the_flows_of_its_run_and_is_judged_alike(tmp_path: Path) -> None:
    run_ensemble(CASE, tmp_path / "run", seed=4, replicates=2, jobs=1)
    evidence = evidence_of(CASE)
    judge = Judge(evidence, limits_with({"violence": 1000.0, "persecution_risk": 1.0}))
    again = 0
    for number, read in enumerate(read_flows(Run.open(tmp_path / "run"), evidence)):
        found = flows_of(simulate(HomewardRules(CASE), 4, number), evidence)
        assert named(found, evidence) == named(read, evidence)
        np.testing.assert_array_equal(found.again, read.again)
        for pillar in (*PILLARS, ALL_FOUR):
            one, other = judge.split(found, pillar), judge.split(read, pillar)
            for name in ("met", "not_met", "unknown"):
                assert abs(getattr(one, name).sum() - getattr(other, name).sum()) < 1e-6, (pillar, name)
        again += int(np.nansum(found.again > 0))
        assert judge.split(found, "safe").met.sum() > 0
    assert again > 10


def test_chosen_flows_keep_their_cohorts() -> None:
    evidence = evidence_of(CASE)
    flows = flows_of(simulate(HomewardRules(CASE)), evidence)
    keep = evidence.abroad[flows.host]
    some = flows.chosen(keep)
    assert 0 < len(some.people) < len(flows.people)
    assert some.people.sum() == flows.people[keep].sum()
    assert set(some.host.tolist()) <= set(np.flatnonzero(evidence.abroad).tolist())
    assert some.again is flows.again
