"""The rulebook that ships: whole, in our own words, and no more than it claims to be."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from pydantic import ValidationError

from homeward.case.schema import BorderLevel, check_event_value
from homeward.case.schema import EventIndicator as Kind
from homeward.errors import UsageError
from homeward.judge.limits import limits_with
from homeward.judge.thresholds.rulebook import EVENTS, MEASURES, SCOPES, Rulebook, Test, chosen_criteria, rulebook

BOOK = rulebook()
THEMES_ASKED_FOR = {
    "hostilities", "agreement", "voluntariness", "safety", "non-harassment", "amnesty", "movement", "family",
    "specific-needs", "civil-documents", "nationality", "certificates", "property", "non-discrimination",
    "livelihoods", "mines", "unhcr-access", "monitoring", "border", "asylum",
}  # fmt: skip


def test_every_criterion_has_theme_origin_and_a_question() -> None:
    assert all(one.theme in BOOK.themes and one.origins and one.question.endswith("?") for one in BOOK.criteria)
    assert {one.theme for one in BOOK.criteria} == set(BOOK.themes)
    assert {one.scope for one in BOOK.criteria} == set(SCOPES)


def test_ids_and_questions_are_unique() -> None:
    assert max(Counter(one.id for one in BOOK.criteria).values()) == 1
    assert max(Counter(one.question for one in BOOK.criteria).values()) == 1


def test_all_themes_of_the_strategy_are_asked_about_and_no_count_is_claimed() -> None:
    own = [one for one in BOOK.criteria if "syria-thresholds-2018" in one.origins]
    assert {one.theme for one in own} == THEMES_ASKED_FOR
    assert "22 thresholds" in BOOK.sources["syria-thresholds-2018"].note
    assert len(own) != 22  # ours are not theirs


def test_the_eight_criteria_of_the_iasc_are_each_there_once() -> None:
    named = sorted(one.origins["iasc-2010"] for one in BOOK.criteria if "iasc-2010" in one.origins)
    assert named == [f"Criterion {number}" for number in range(1, 9)]


def test_the_tests_of_the_handbook_name_its_sections() -> None:
    named = " ".join(one.origins.get("handbook-1996", "") for one in BOOK.criteria)
    assert all(section in named for section in ("2.3", "2.4", "3.1", "3.6", "4.2", "6.2", "6.5", "7"))


def test_every_test_is_used_and_its_measure_is_known() -> None:
    assert {name for one in BOOK.criteria for name in one.tests} == set(BOOK.tests)
    assert {test.measure for test in BOOK.tests.values()} <= set(MEASURES)


def test_limits_of_the_pillars_stand_in_one_place() -> None:
    limits = limits_with()
    for test in BOOK.tests.values():
        if test.measure in limits:
            assert test.limit == test.measure
            assert test.bound() == (limits[test.measure].sense, limits[test.measure].value)
        else:
            assert test.why, test


def test_words_that_fail_are_values_of_events() -> None:
    for test in BOOK.tests.values():
        if test.measure in EVENTS:
            kind = Kind.BORDER if test.measure.startswith("border") else Kind(test.measure)
            for word in test.fails:
                check_event_value(kind, "AAA>BBB" if kind is Kind.BORDER else "AAA", word)
            assert BorderLevel.OPEN.value not in test.fails


def test_findings_are_taken_where_tests_do_not_decide() -> None:
    scopes = BOOK.finding_scopes()
    assert scopes["amnesty"] == "country"
    assert scopes["own-decision"] == "host"
    assert scopes["livelihoods"] is None
    assert [name for name, scope in scopes.items() if scope is None] == [one.id for one in BOOK.criteria if one.decides]


def test_a_theme_that_is_unknown_is_named_with_the_nearest() -> None:
    assert [one.id for one in chosen_criteria(BOOK, ["mines"])] == ["mines"]
    with pytest.raises(UsageError, match=r"no theme 'mine'\. Did you mean 'mines'\?"):
        chosen_criteria(BOOK, ["mine"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"measure": "housin"}, "Did you mean 'housing'"),
        ({"at_most": 0.5, "at_least": 0.5}, "exactly one"),
        ({"at_least": None}, "exactly one"),
        ({"measure": "coercion"}, "events have words"),
        ({"fails": ["on"], "at_least": None}, "numbers have limits"),
        ({"months": 3}, "violence is taken over months"),
        ({"measure": "violence"}, "violence is taken over months"),
    ],
)
def test_a_test_that_makes_no_sense_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Test.model_validate({"measure": "housing", "meaning": "homes", "at_least": 0.5} | change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"theme": "x"}, "unknown theme"),
        ({"tests": ["x"]}, "unknown test"),
        ({"origins": {"x": "1"}}, "unknown source"),
        ({"id": "mines"}, "two criteria have one id"),
        ({"tests": []}, "no test that could decide"),
    ],
)
def test_a_rulebook_that_refers_to_nothing_is_refused(change: dict[str, Any], words: str) -> None:
    content = BOOK.model_dump()
    content["criteria"] = [dict(one) for one in content["criteria"]]
    content["criteria"][0].update(change)
    with pytest.raises(ValidationError, match=words):
        Rulebook.model_validate(content)
