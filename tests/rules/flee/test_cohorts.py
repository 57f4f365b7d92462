"""Who is told apart by which rule, and in which shares, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from homeward.case.flee.model import Agent
from homeward.case.flee.parameters import FloodRules, MoveRules
from homeward.errors import InputError, UsageError
from homeward.rules.flee import cohorts as module
from homeward.rules.flee.cohorts import Cohort, Cohorts, caution, cohorts_of
from tests.rules.flee import case_of, demographics, place

PLACES = (place("A", "zone", 100, farmer_fraction="0.25"), place("B", "zone", 100), place("C", "camp"))
AGES = demographics("age", {"10": 1, "30": 3}, B=(1, 0))
GENDERS = demographics("gender", {"male": 1, "female": 1})
PEOPLES = demographics("ethnicity", {"Red": 1, "Blue": 1}, B=(0, 1))
FLOOD = FloodRules(flood_movechances=(0, 1), flood_loc_weights=(1, 0), flood_forecaster=True,
                   flood_forecaster_timescale=1, flood_forecaster_end_time=9, flood_forecaster_weights=(1.0,),
                   flood_awareness_weights=(0.0, 0.5))  # fmt: skip


def told_apart(*people: Any, agents: tuple[Agent, ...] = (), **move: Any) -> Cohorts:
    case = replace(case_of(PLACES, move=move, spawn={"read_from_agents_csv_file": True}), demographics=people,
                   agents=agents)  # fmt: skip
    return cohorts_of(case, case.settings.move_rules, np.array([True, True, False]))


def shares(found: Cohorts, code: int) -> dict[Cohort, float]:
    column = found.share[:, code]
    return {cohort: float(share) for cohort, share in zip(found.members, column, strict=True) if share > 0}


def test_without_rules_all_are_one_whatever_is_known_of_them() -> None:
    found = told_apart(AGES, GENDERS, PEOPLES)
    assert found.members == (Cohort(),)
    assert found.share.tolist() == [[1, 1, 1]]
    assert not found.known.any()


def test_people_are_as_many_cohorts_as_they_differ_in_what_a_rule_looks_at() -> None:
    found = told_apart(AGES, GENDERS, PEOPLES, ChildrenAvoidHazards=True)
    assert shares(found, 0) == {Cohort(caution=2.0): 0.25, Cohort(): 0.75}
    assert shares(found, 1) == {Cohort(caution=2.0): 1.0}, "only children appear at B"


def test_attributes_are_independent() -> None:
    found = told_apart(AGES, PEOPLES, ChildrenAvoidHazards=True, MatchTownEthnicity=True)
    expected = {Cohort(2.0, "Red"): 0.125, Cohort(2.0, "Blue"): 0.125, Cohort(1.0, "Red"): 0.375,
                Cohort(1.0, "Blue"): 0.375}  # fmt: skip
    assert shares(found, 0) == expected
    assert shares(found, 1) == {Cohort(2.0, "Blue"): 1.0}
    assert np.allclose(found.share.sum(axis=0), 1)


CAUTION = [
    ({"ChildrenAvoidHazards": True}, 18, "male", 2), ({"ChildrenAvoidHazards": True}, 19, "male", 1),
    ({"ChildrenAvoidHazards": True, "BoysTakeRisk": True}, 15, "male", 0),
    ({"ChildrenAvoidHazards": True, "BoysTakeRisk": True}, 14, "male", 2),
    ({"ChildrenAvoidHazards": True, "BoysTakeRisk": True}, 40, "male", 1),
    ({"ChildrenAvoidHazards": True, "BoysTakeRisk": True}, 15, "female", 2),
    ({"BoysTakeRisk": True}, 15, "male", 1), ({"WomenAvoidHazards": True}, 30, "Female", 2),
    ({"WomenAvoidHazards": True}, 30, "male", 1), ({"ElderlyAvoidHazards": True}, 60, "", 2),
    ({"ElderlyAvoidHazards": True}, 59, "", 1), ({"ElderlyAvoidHazards": True}, None, "", 1),
    ({"WomenAvoidHazards": True, "ElderlyAvoidHazards": True, "ChildrenAvoidHazards": True}, 70, "female", 2),
    ({}, 5, "female", 1),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "age", "gender", "power"), CAUTION)
def test_who_weighs_scores_by_which_power(rules: Any, age: float | None, gender: str, power: float) -> None:
    assert caution(MoveRules(**rules), age, gender) == power


def test_a_home_is_where_somebody_appears() -> None:
    found = told_apart(stay_close_to_home=True)
    assert found.members == (Cohort(home=0), Cohort(home=1))
    assert found.share[:, :2].tolist() == [[1, 0], [0, 1]]


def test_farmers_have_a_home_and_others_do_not() -> None:
    found = told_apart(harvest_months=(6,))
    assert shares(found, 0) == {Cohort(): 0.75, Cohort(home=0, farmer=True): 0.25}
    assert shares(found, 1) == {Cohort(): 1.0}
    assert told_apart().members == (Cohort(),), "no month of harvest, no farmers"


def test_awareness_is_the_entry_that_people_name() -> None:
    aware = demographics("floodawareness", {"0.0": 1, "1": 3})
    assert shares(told_apart(aware, flood_rules=FLOOD), 0) == {Cohort(): 0.25, Cohort(awareness=0.5): 0.75}
    with pytest.raises(InputError) as error:
        told_apart(demographics("floodawareness", {"2": 1}), flood_rules=FLOOD)
    assert str(error.value.problems[0]).startswith(
        "input_csv/demographics_floodawareness.csv: the value '2' is no entry"
    )


def test_an_age_is_a_number() -> None:
    with pytest.raises(InputError) as error:
        told_apart(demographics("age", {"young": 1}), ChildrenAvoidHazards=True)
    assert "demographics_age.csv: the value 'young' is no number" in str(error.value.problems[0])


def test_people_of_agents_csv_are_who_their_row_says_if_it_says_all() -> None:
    agents = (Agent("A", (("age", "10"),)), Agent("A", (("age", "30"),)), Agent("A", (("age", ""),)),
              Agent("C", (("age", "70"),)))  # fmt: skip
    found = told_apart(AGES, agents=agents, ChildrenAvoidHazards=True, ElderlyAvoidHazards=True)
    assert found.members == (Cohort(caution=2.0), Cohort())
    assert found.known.tolist() == [[1, 0, 1], [1, 0, 0]], "of the third the age is drawn"


def test_too_many_cohorts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 1)
    with pytest.raises(UsageError, match="tell 2 groups of people apart, more than 1"):
        told_apart(stay_close_to_home=True)
