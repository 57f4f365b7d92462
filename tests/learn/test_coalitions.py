"""Returns under sets of levers: branches of one course a replicate, judged as any run is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pytest

from homeward.engine.drawn import Drawn
from homeward.errors import InputError
from homeward.judge.limits import limits_with
from homeward.judge.pillar_evidence import evidence_of
from homeward.judge.pillar_flows import Judge, flows_of
from homeward.learn.coalitions import JUDGED, QUANTITIES, Branches, FloatArray, LeverSet, returns_under
from homeward.learn.members import Members
from homeward.results.contract import Continuation
from tests.conference import lever
from tests.small_case import small_case

PULLED, COUNTED = date(2012, 10, 1), date(2013, 2, 28)
SMALL = small_case(
    people=120_000, end=date(2014, 2, 28), step_hours=168,
    parameters={"return_hazard_open": 1.0, "return_gate_threshold": -2.5, "flight_hazard_returned": 0.05},
)  # fmt: skip
# HOA lets few go home until its lever opens the border.
NARROW = SMALL.events[0].model_copy(update={"place": "HOA>ORI", "date": SMALL.settings.start, "value": "selective"})
CASE = SMALL.model_copy(update={"events": (NARROW, *SMALL.events)})
EVERYWHERE = {"places": ["ORI"], "over_months": 2}
LEVERS = (
    lever("truce", "home", effect=[{**EVERYWHERE, "indicator": "ceasefire", "close_gap": 0.8}]),
    lever(
        "amnesty", "home", requires=["truce"],
        effect=[{**EVERYWHERE, "indicator": "guarantees.government", "close_gap": 0.5, "low": 0.1, "high": 0.9}],
    ),
    lever("crossings", "hoa", border=[{"border": "HOA>ORI", "level": "open", "after_days": 45}]),
)  # fmt: skip
AHEAD = Continuation(since=date(2012, 9, 30), whole_deviation=0.3, place_deviation=0.3, opening_chance=0.2)
NOUGHT: LeverSet = frozenset()
Found = Mapping[LeverSet, Mapping[int, FloatArray]]
ALL = frozenset({"truce", "amnesty", "crossings"})
# So lax that returns can meet the pillars of which something is known.
LIMITS = limits_with({"violence": 1_000.0, "persecution_risk": 1.0})


def branches(**more: Any) -> Branches:
    drawn: Drawn = "prior"
    given = {
        "case": CASE, "levers": LEVERS, "pulled_on": PULLED, "counted_until": COUNTED, "seed": 2, "drawn": drawn,
        "continuation": AHEAD, "limits": LIMITS,
    }  # fmt: skip
    return Branches(**{**given, **more})


SETS = {NOUGHT: {0, 1, 2}, frozenset({"truce"}): {0, 2}, frozenset({"amnesty"}): {0, 1, 2}, ALL: {1, 2}}


@pytest.fixture(scope="module")
def found() -> Found:
    return returns_under(branches(), SETS, jobs=1)


def as_array(values: Mapping[int, FloatArray]) -> FloatArray:
    return np.array(list(values.values()))


def listed(found: Found) -> dict[LeverSet, dict[int, list[float]]]:
    return {names: {number: row.tolist() for number, row in values.items()} for names, values in found.items()}


def by_hand(case_branches: Branches, names: LeverSet, replicate: int) -> FloatArray:
    """Return the quantities of one replicate simulated from its start, chosen row by row."""
    members = Members(
        case_branches.laid(names), case_branches.seed, case_branches.drawn, case_branches.continuation
    )  # fmt: skip
    course = members.simulated(replicate)
    evidence = evidence_of(members.case)
    flows = flows_of(course, evidence)
    home = {"north", "south", "east"}
    keep = [
        PULLED <= course.names.month_ends[month] <= COUNTED and evidence.hosts[host] not in home
        for month, host in zip(flows.month, flows.host, strict=True)
    ]
    chosen = flows.chosen(np.array(keep))
    sums = [chosen.people.sum()]
    for pillar in JUDGED:
        split = Judge(evidence, LIMITS).split(chosen, pillar)
        sums += [split.met.sum(), split.met.sum() + split.unknown.sum()]
    return np.array(sums)


def test_each_branch_is_its_case_simulated_from_the_start_and_judged_alike(found: Found) -> None:
    assert {names: set(values) for names, values in found.items()} == SETS
    for names, values in found.items():
        for replicate, row in values.items():
            assert row.tolist() == by_hand(branches(), names, replicate).tolist(), (names, replicate)


def test_two_processes_give_what_one_gives(found: Found) -> None:
    told: list[tuple[int, int]] = []
    again = returns_under(branches(), SETS, jobs=2, tell=lambda done, total: told.append((done, total)))
    assert listed(again) == listed(found)
    assert told[-1] == (10, 10)
    assert len(told) == len(SETS)


def test_fewer_meet_a_pillar_than_meet_it_or_are_unknown_and_no_more_than_all(
    found: Found,
) -> None:
    column = {name: number for number, name in enumerate(QUANTITIES)}
    for values in map(as_array, found.values()):
        people = values[:, column["people"]]
        assert (people > 0).all()
        for pillar in JUDGED:
            met, at_most = (values[:, column[f"{pillar} {bound}"]] for bound in ("met", "met or unknown"))
            assert (met >= 0).all()
            assert (met <= at_most).all()
            assert (at_most <= people).all()
        assert (values[:, column["all_four met"]] <= values[:, column["safe met"]]).all()
    assert as_array(found[NOUGHT])[:, column["safe met"]].sum() > 0


def test_months_that_do_not_count_and_idps_are_left_out() -> None:
    still = branches(drawn=None, continuation=None)
    whole = returns_under(still, {NOUGHT: [0]}, jobs=1)[NOUGHT][0]
    course = Members(CASE, 2).simulated(0)
    ends, places = course.names.month_ends, course.names.places
    rows = list(zip(*(course.returns[name].tolist() for name in ("month", "host", "people")), strict=True))
    counted = [(places[host], people) for month, host, people in rows if PULLED <= ends[month] <= COUNTED]
    refugees = sum(people for host, people in counted if host in ("bordertown", "camp", "city", "farland"))
    assert whole[0] == refugees
    assert 0 < refugees < sum(people for _, people in counted) < sum(people for *_, people in rows)


def test_levers_share_chance_and_the_course_before_they_are_pulled() -> None:
    """A border that opens in mid-November: what was returned by October is the same, to the person."""
    until_october = branches(counted_until=date(2012, 10, 31))
    sets = {NOUGHT: range(2), frozenset({"crossings"}): range(2)}
    one, other = map(as_array, returns_under(until_october, sets, jobs=1).values())
    assert one.tolist() == other.tolist()
    narrow, opened = map(as_array, returns_under(branches(), sets, jobs=1).values())
    assert (opened[:, 0] > narrow[:, 0]).all()


def test_a_set_is_pulled_whatever_it_requires_and_none_is_the_case_itself() -> None:
    assert branches().laid(NOUGHT) is CASE
    laid = branches().laid(frozenset({"amnesty"}))
    assert {row.indicator for row in laid.conditions} - {row.indicator for row in CASE.conditions} == {
        "guarantees.government"
    }
    assert {row.date for row in laid.conditions if row.indicator == "guarantees.government"} == {
        CASE.settings.start, PULLED, date(2012, 11, 1),
    }  # fmt: skip


def test_a_lever_that_does_not_fit_the_case_is_refused() -> None:
    wrong = lever("wrong", "home", effect=[{"indicator": "documents", "places": ["ORI"], "close_gap": 0.5}])
    with pytest.raises(InputError) as caught:
        returns_under(branches(levers=(wrong,)), {frozenset({"wrong"}): [0]}, jobs=1)
    assert "'ORI' has no documents to change" in caught.value.problems[0].what


def test_what_cannot_meet_all_pillars_is_not_followed_and_counts_the_same() -> None:
    """No risk is allowed, so no return can be safe: courses end with the months that count."""
    strict = branches(limits=limits_with({"persecution_risk": 0.0, "violence": 0.0}))
    sets = {NOUGHT: [0], ALL: [0]}
    whole = returns_under(strict, sets, jobs=1)
    short = returns_under(strict, sets, jobs=1, followed=())
    follow_up = [name.startswith("sustainable") for name in QUANTITIES]
    for names in sets:
        assert np.isnan(short[names][0][follow_up]).all()
        assert not np.isnan(whole[names][0]).any()
        told = np.logical_not(follow_up)
        assert short[names][0][told].tolist() == whole[names][0][told].tolist()
        assert short[names][0][0] > 0
