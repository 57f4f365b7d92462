"""Verdicts: unknown is never met, evidence that is worse or gone never helps, and nothing later is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.case.findings import Finding
from homeward.case.folder import load_case
from homeward.case.schema import Basis, Case, Condition, Event
from homeward.case.schema import EventIndicator as Kind
from homeward.errors import UsageError
from homeward.judge.thresholds.rulebook import rulebook
from homeward.judge.thresholds.verdicts import judge_thresholds, subjects, together
from homeward.results.threshold_contract import ThresholdEvidence, Thresholds
from tests.judge.thresholds.cases import DAY, case_with, condition, event, finding, verdict_on
from tests.small_case import DISTRICTS

CRITERIA = {one.id: one for one in rulebook().criteria}
HOME = ("housing", "services", "livelihoods", "documents", "access", "held_by.rebels", "fled.rebels")
HOSTS = ("legal_stay", "aid", "hostility", "return_intention")
BETTER_IS_LESS = ("violence", "hostility")
LATER = DAY + timedelta(days=1)

Shares = st.sampled_from([0.0, 0.2, 0.4, 0.5, 0.6, 0.9, 1.0])


def judged(case: Case, *findings: Finding, **more: Any) -> Thresholds:
    return judge_thresholds(case, findings, DAY, **more)


def words(found: Thresholds) -> dict[tuple[str, str], str]:
    return {(one.criterion, one.place): one.verdict for one in found.verdicts}


@st.composite
def conditions(draw: st.DrawFn, known_on: date = date(2012, 1, 1)) -> tuple[Condition, ...]:
    """Draw rows of districts and hosts, of any basis, some with a range."""
    found = []
    for names, places in ((HOME, DISTRICTS[:2]), (HOSTS, ("HOA", "camp"))):
        for name in draw(st.lists(st.sampled_from(names), unique=True)):
            low, value, high = sorted(draw(st.tuples(Shares, Shares, Shares)))
            ends = {"low": low, "high": high} if draw(st.booleans()) else {}
            place, basis = draw(st.sampled_from(places)), draw(st.sampled_from(list(Basis)))
            found.append(condition(place, name, value, basis=basis, known_on=known_on, **ends))
    for month in range(1, 9):
        deaths = draw(st.sampled_from([0.0, 1.0, 2.0]))
        found.append(condition("north", "violence", deaths, date=date(2012, month, 1), known_on=known_on))
    return tuple(found)


@st.composite
def events(draw: st.DrawFn) -> tuple[Event, ...]:
    """Draw what borders, registration and coercion are like."""
    level = st.sampled_from(["open", "closed"])
    return (
        event("HOA>ORI", Kind.BORDER, draw(level)),
        event("HOA", Kind.REGISTRATION, draw(level)),
        event("HOA", Kind.COERCION, draw(st.sampled_from(["on", "off"]))),
    )


Verdicts = st.sampled_from(["met", "not_met", "unknown"])


@st.composite
def all_findings(draw: st.DrawFn) -> tuple[Finding, ...]:
    """Draw findings on some of the criteria that take one."""
    of_scope = {"place": "north", "country": "ORI", "host": "HOA"}
    taken = {name: scope for name, scope in rulebook().finding_scopes().items() if scope}
    chosen = draw(st.lists(st.sampled_from(sorted(taken)), unique=True))
    return tuple(finding(name, of_scope[taken[name]], draw(Verdicts)) for name in chosen)


def test_everything_is_unknown_without_evidence() -> None:
    found = judged(case_with())
    assert {one.verdict for one in found.verdicts} == {"unknown"}
    assert all(one.basis is None and one.why for one in found.verdicts)
    assert all(one.without_evidence == one.unknown for one in found.counts)


def test_every_criterion_is_asked_of_every_subject_of_its_scope() -> None:
    case = case_with()
    found = judged(case)
    expected = {(one.id, place) for one in CRITERIA.values() for scope, place in subjects(case) if scope == one.scope}
    assert set(words(found)) == expected
    assert len(found.verdicts) == len(expected)
    assert subjects(case) == [
        ("place", "north"), ("place", "south"), ("place", "east"), ("country", "ORI"), ("host", "HOA"), ("host", "HOB"),
    ]  # fmt: skip
    assert [(one.scope, one.place) for one in found.counts] == subjects(case)


def piece(verdict: str, basis: str | None = "observed", test: str | None = "x") -> ThresholdEvidence:
    return ThresholdEvidence.model_validate(
        {"test": test, "verdict": verdict, "why": f"{verdict} by {basis}", "place": "north", "basis": basis}
    )


@pytest.mark.parametrize(
    ("pieces", "verdict", "basis"),
    [
        ([piece("met"), piece("met", "estimate")], "met", "estimate"),
        ([piece("met"), piece("met", "derived")], "met", "derived"),
        ([piece("met"), piece("unknown", None)], "unknown", None),
        ([piece("not_met", "estimate"), piece("unknown", None)], "not_met", "estimate"),
        ([piece("not_met", "estimate"), piece("not_met", "derived")], "not_met", "derived"),
        ([piece("met"), piece("not_met", "estimate")], "not_met", "estimate"),
    ],
)
def test_met_rests_on_the_weakest_and_not_met_on_the_strongest(
    pieces: Sequence[ThresholdEvidence], verdict: str, basis: str | None
) -> None:
    assert together(pieces)[:2] == (verdict, basis)


def test_why_names_what_fails_or_what_is_missing() -> None:
    assert together([piece("met"), piece("not_met", test=None)])[2] == "finding: not_met by observed"
    assert together([piece("met"), piece("unknown", None)])[2] == "x: unknown by None"


def test_a_criterion_whose_tests_decide_is_met_by_them() -> None:
    found = judged(case_with([condition("north", "livelihoods", 0.8, basis=Basis.ESTIMATE)]))
    verdict = verdict_on(found, "livelihoods", "north")
    assert (verdict.verdict, verdict.basis, verdict.why) == ("met", "estimate", "livelihoods: must be at least 0.5")
    [north] = [one for one in found.counts if one.place == "north"]
    assert (north.met, north.met_by_estimate, north.not_met) == (1, 1, 0)


def test_a_necessary_test_shows_only_that_a_criterion_is_not_met() -> None:
    works, broken = (case_with([condition("north", "services", value)]) for value in (0.9, 0.1))
    assert verdict_on(judged(works), "specific-needs", "north").verdict == "unknown"
    assert verdict_on(judged(works), "specific-needs", "north").why == "finding: none on record"
    assert verdict_on(judged(broken), "specific-needs", "north").verdict == "not_met"
    said = finding("specific-needs", "north", "met")
    assert verdict_on(judged(works, said), "specific-needs", "north").verdict == "met"
    assert verdict_on(judged(broken, said), "specific-needs", "north").verdict == "not_met"
    assert verdict_on(judged(case_with(), said), "specific-needs", "north").verdict == "unknown"


def test_a_finding_on_the_country_holds_for_districts_without_their_own() -> None:
    found = judged(case_with(), finding("mines", "ORI", "not_met"), finding("mines", "north", "met"))
    assert [verdict_on(found, "mines", name).verdict for name in DISTRICTS] == ["met", "not_met", "not_met"]


def test_the_later_finding_holds_and_an_old_one_says_nothing() -> None:
    old = finding("amnesty", "ORI", "met", date=date(2009, 9, 14))
    young = finding("amnesty", "ORI", "not_met", date=date(2012, 2, 1))
    assert (
        verdict_on(judged(case_with(), young, finding("amnesty", "ORI", "met")), "amnesty", "ORI").verdict == "not_met"
    )
    aged = verdict_on(judged(case_with(), old), "amnesty", "ORI")
    assert (aged.verdict, aged.why) == ("unknown", "finding: so it is (older than 36 months)")


@given(conditions(), events(), all_findings())
@settings(max_examples=40, deadline=None)
def test_unknown_is_never_met(
    rows: tuple[Condition, ...], happened: tuple[Event, ...], said: tuple[Finding, ...]
) -> None:
    for verdict in judged(case_with(rows, happened), *said).verdicts:
        criterion, kinds = CRITERIA[verdict.criterion], {one.verdict for one in verdict.evidence}
        assert (verdict.verdict == "met") == (kinds == {"met"})
        assert (verdict.verdict == "not_met") == ("not_met" in kinds)
        if verdict.verdict == "met":
            assert {one.test for one in verdict.evidence} == {*criterion.tests, *(() if criterion.decides else (None,))}


def worse(row: Condition) -> Condition:
    """Return a row with its value and range moved towards the bad end."""
    if row.indicator in BETTER_IS_LESS:
        top = 1.0 if row.indicator == "hostility" else 10.0
        ends = {name: min(top, value + 0.3) for name, value in _ends(row).items()}
    elif row.indicator.startswith(("held_by", "fled")):
        ends = _ends(row)
    else:
        ends = {name: value / 2 for name, value in _ends(row).items()}
    return row.model_copy(update=ends)


def _ends(row: Condition) -> dict[str, float]:
    return {name: value for name in ("value", "low", "high") if (value := getattr(row, name)) is not None}


@given(conditions(), events(), all_findings())
@settings(max_examples=40, deadline=None)
def test_what_is_worse_is_never_better_judged(
    rows: tuple[Condition, ...], happened: tuple[Event, ...], said: tuple[Finding, ...]
) -> None:
    order = ["not_met", "unknown", "met"]
    before = words(judged(case_with(rows, happened), *said))
    after = words(judged(case_with(tuple(map(worse, rows)), happened), *said))
    for key, verdict in after.items():
        assert order.index(verdict) <= order.index(before[key]), key


@given(conditions(), events(), all_findings(), st.data())
@settings(max_examples=40, deadline=None)
def test_evidence_taken_away_leaves_a_verdict_or_makes_it_unknown(
    rows: tuple[Condition, ...], happened: tuple[Event, ...], said: tuple[Finding, ...], data: st.DataObject
) -> None:
    before = words(judged(case_with(rows, happened), *said))
    gone = data.draw(st.sampled_from(["findings", *sorted({row.indicator for row in rows} - {"fled.rebels"}), *Kind]))
    rows = tuple(row for row in rows if row.indicator != gone)
    happened = tuple(row for row in happened if row.indicator != gone)
    after = words(judged(case_with(rows, happened), *(() if gone == "findings" else said)))
    for key, verdict in after.items():
        assert verdict in ("unknown", before[key]), key


@given(conditions(), conditions(known_on=LATER), all_findings())
@settings(max_examples=20, deadline=None)
def test_rows_that_are_known_later_change_nothing(
    known: tuple[Condition, ...], later: tuple[Condition, ...], said: tuple[Finding, ...]
) -> None:
    afterwards = [row.model_copy(update={"known_on": LATER}) for row in said]
    happened = (event("HOA", Kind.COERCION, "on", known_on=LATER), event("HOA>ORI", Kind.BORDER, "closed", date=LATER))
    without = judged(case_with(known)).to_json()
    assert judged(case_with((*known, *later), happened), *afterwards).to_json() == without
    early = (*known, condition("north", "documents", 0.0, date=DAY, known_on=DAY))
    assert judged(case_with(early)).to_json() != without


def test_hindsight_reads_what_was_known_later_and_nothing_about_later() -> None:
    rows = [
        condition("north", "livelihoods", 0.1, known_on=LATER),
        condition("south", "livelihoods", 0.1, date=LATER, known_on=LATER),
    ]
    assert "not_met" not in words(judged(case_with(rows))).values()
    found = judged(case_with(rows), hindsight=True)
    assert verdict_on(found, "livelihoods", "north").verdict == "not_met"
    assert verdict_on(found, "livelihoods", "south").verdict == "unknown"
    assert found.hindsight


def test_places_and_themes_choose_what_is_asked() -> None:
    found = judged(case_with(), places=["HOA", "north"], themes=["asylum", "mines"])
    assert list(words(found)) == [("mines", "north"), ("asylum-goes-on", "HOA"), ("asylum-can-be-reached", "HOA")]
    assert [one.id for one in found.criteria] == ["mines", "asylum-goes-on", "asylum-can-be-reached"]
    assert list(found.themes) == ["mines", "asylum"]
    assert set(found.tests) == {"legal-stay", "no-coercion", "way-out"}
    assert set(found.sources) == {"syria-thresholds-2018", "handbook-1996"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"places": ["nroth"]},
            "'nroth' is neither a district of origin nor a country of the case. Did you mean 'north'",
        ),
        ({"places": ["camp"]}, "'camp' is neither"),
        ({"themes": ["asylums"]}, "Did you mean 'asylum'"),
        ({"places": ["north"], "themes": ["border"]}, "nothing is asked of north under these themes .border: hosts."),
    ],
)
def test_what_cannot_be_asked_is_said_with_a_remedy(more: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        judged(case_with(), **more)


def test_a_day_outside_the_case_is_refused() -> None:
    with pytest.raises(UsageError, match="2016-01-01 lies outside the case; give a day from 2012-01-01 to 2015-12-31"):
        judge_thresholds(case_with(), (), date(2016, 1, 1))


def test_the_built_in_case_knew_little_in_2020_and_says_so() -> None:
    case, day = load_case("syria"), date(2020, 11, 11)
    known = judge_thresholds(case, (), day)
    assert not [one for one in known.verdicts if one.verdict == "met"]
    assert "no row about them was known by 2020-11-11" in known.notes[0]
    assert "--hindsight shows more" in known.notes[1]
    hindsight = judge_thresholds(case, (), day, hindsight=True)
    fewer = [one.verdict for one in hindsight.verdicts].count("unknown")
    assert fewer < [one.verdict for one in known.verdicts].count("unknown")
    assert {one.basis for one in hindsight.verdicts if one.verdict == "met"} == {"estimate"}
    assert verdict_on(known, "people-reach-unhcr", "LBN").basis == "observed"
