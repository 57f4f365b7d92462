"""Cohorts: people who weigh routes, or leave, differently from others at the same place.

Only what the rules of a case look at tells people apart, so a case without such rules has one cohort. Attributes of
people are independent of each other, as Flee draws them. Equations: docs/explanation/flee-rules.md, "Who people are".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.model import Agent, FleeCase
from homeward.case.flee.parameters import MoveRules
from homeward.errors import InputError, Problem, UsageError

__all__ = ["Cohort", "Cohorts", "caution", "cohorts_of"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

CHILD_BELOW = 19
BOY_ABOVE = 14
OLD_FROM = 60
MOST = 5000
"""Cohorts in one case: beyond them the kernel's arrays would not fit into memory."""

MATCHES_ETHNICITY = ("MatchCampEthnicity", "MatchTownEthnicity", "MatchConflictEthnicity")
AVOIDS = ("ChildrenAvoidHazards", "WomenAvoidHazards", "ElderlyAvoidHazards")


@dataclass(frozen=True, slots=True)
class Cohort:
    """What rules look at in a person.

    ``caution`` is the power of a place's score; ``awareness`` the weight of a flood forecast; ``home`` the code of the
    place where they appeared, None where no rule asks for it.
    """

    caution: float = 1.0
    ethnicity: str | None = None
    religion: str | None = None
    awareness: float = 0.0
    home: int | None = None
    farmer: bool = False


@dataclass(frozen=True)
class Cohorts:
    """The cohorts of a case.

    ``share`` (cohorts x places) of those who appear at a place; ``known`` (cohorts x places) people of ``agents.csv``
    of whom all is known, so that no draw decides where they belong.
    """

    members: tuple[Cohort, ...]
    share: FloatArray
    known: IntArray


def cohorts_of(case: FleeCase, rules: MoveRules, appears: BoolArray) -> Cohorts:
    """Return the cohorts of all places at which somebody ``appears`` (places) during a run.

    Raises InputError where an attribute of people cannot be used, and UsageError for too many cohorts.
    """
    found = {code: _at(case, rules, code) for code in np.flatnonzero(appears).tolist()}
    agents = list(_known_agents(case, rules))
    order = dict.fromkeys(cohort for shares in found.values() for cohort in shares)
    order |= dict.fromkeys(cohort for cohort, _ in agents)
    members = tuple(order) or (Cohort(),)
    if len(members) > MOST:
        raise UsageError(
            f"the rules of this case tell {len(members):,} groups of people apart, more than {MOST:,}: "
            "give demographics_*.csv fewer values, or use fewer of these rules"
        )
    number = {cohort: row for row, cohort in enumerate(members)}
    share = np.zeros((len(members), len(case.locations)))
    share[0] = 1.0
    for code, shares in found.items():
        share[:, code] = 0.0
        for cohort, part in shares.items():
            share[number[cohort], code] = part
    known = np.zeros(share.shape, dtype=np.int64)
    for cohort, code in agents:
        known[number[cohort], code] += 1
    return Cohorts(members, share, known)


def _at(case: FleeCase, rules: MoveRules, code: int) -> dict[Cohort, float]:
    """Return the shares of the cohorts among those who appear at a place."""
    start = Cohort(home=code if rules.stay_close_to_home else None)
    found = {start: 1.0}
    for aspect in (_caution, _peoples, _creeds, _awareness, _farmers):
        options = aspect(case, rules, code)
        if options:
            mixed: dict[Cohort, float] = {}
            for cohort, part in found.items():
                for change, chance in options:
                    changed = replace(cohort, **change)
                    mixed[changed] = mixed.get(changed, 0.0) + part * chance
            found = mixed
    return found


Options = list[tuple[Mapping[str, Any], float]]
"""Changes of a cohort, and the chance of each; nothing for a rule that is not asked for."""


def _weights(case: FleeCase, attribute: str, code: int) -> list[tuple[str, float]]:
    """Return the values of an attribute of people who appear at a place, and their shares above 0; none without it."""
    given = next((one for one in case.demographics if one.attribute == attribute), None)
    if given is None:
        return []
    weights = dict(given.by_location).get(case.locations[code].name, given.default)
    total = sum(weights)
    return [(value, weight / total) for value, weight in zip(given.values, weights, strict=True) if weight > 0]


def _caution(case: FleeCase, rules: MoveRules, code: int) -> Options:
    if not any(getattr(rules, name) for name in AVOIDS):
        return []
    ages = _weights(case, "age", code) or [("", 1.0)]
    genders = _weights(case, "gender", code) or [("", 1.0)]
    return [
        ({"caution": caution(rules, _number("age", age), gender)}, share * part)
        for age, share in ages
        for gender, part in genders
    ]


def caution(rules: MoveRules, age: float | None, gender: str) -> float:
    """Return the power with which a person of an age in years and a gender weighs the scores of places."""
    child = age is not None and age < CHILD_BELOW
    boy = age is not None and BOY_ABOVE < age < CHILD_BELOW and gender.casefold() == "male"
    if rules.ChildrenAvoidHazards and rules.BoysTakeRisk and boy:
        return 0.0
    careful = (
        (rules.ChildrenAvoidHazards and child)
        or (rules.WomenAvoidHazards and gender.casefold() == "female")
        or (rules.ElderlyAvoidHazards and age is not None and age >= OLD_FROM)
    )
    return 2.0 if careful else 1.0


def _peoples(case: FleeCase, rules: MoveRules, code: int) -> Options:
    if not any(getattr(rules, name) for name in MATCHES_ETHNICITY):
        return []
    return [({"ethnicity": value}, share) for value, share in _weights(case, "ethnicity", code)]


def _creeds(case: FleeCase, rules: MoveRules, code: int) -> Options:
    if not rules.MatchCampReligion:
        return []
    return [({"religion": value}, share) for value, share in _weights(case, "religion", code)]


def _awareness(case: FleeCase, rules: MoveRules, code: int) -> Options:
    if rules.flood_rules is None or not rules.flood_rules.flood_forecaster:
        return []
    found = _weights(case, "floodawareness", code)
    return [({"awareness": _aware(rules, value)}, share) for value, share in found]


def _aware(rules: MoveRules, value: str) -> float:
    """Return the weight of forecasts for a value of ``floodawareness``, which counts entries from 0."""
    weights = (rules.flood_rules.flood_awareness_weights if rules.flood_rules else None) or ()
    number = _number("floodawareness", value)
    if number is None or not number.is_integer() or not 0 <= number < len(weights):
        what = f"the value {value!r} is no entry of 'flood_awareness_weights', which has {len(weights)}"
        raise _unusable("floodawareness", what, "Give whole numbers from 0, or a longer list in simsetting.yml")
    return weights[int(number)]


def _farmers(case: FleeCase, rules: MoveRules, code: int) -> Options:
    share = _farming(case, rules, code)
    if share <= 0.0:
        return []
    return [({}, 1.0 - share)] * (share < 1.0) + [({"farmer": True, "home": code}, share)]


def _farming(case: FleeCase, rules: MoveRules, code: int) -> float:
    """Return the share of farmers among those who appear at a place, 0 where nobody goes home for a harvest."""
    if not rules.harvest_months:
        return 0.0
    return float(case.locations[code].attribute("farmer_fraction") or 0.0)


def _known_agents(case: FleeCase, rules: MoveRules) -> Iterator[tuple[Cohort, int]]:
    """Yield the people of ``agents.csv`` whose row says all that rules ask for, and their places."""
    wanted = _asked(rules)
    if not case.settings.spawn_rules.read_from_agents_csv_file or not wanted:
        return
    codes = {place.name: code for code, place in enumerate(case.locations)}
    for agent in case.agents:
        given, code = dict(agent.attributes), codes[agent.location]
        if all(given.get(name) for name in wanted) and _farming(case, rules, code) <= 0.0:
            yield _of_agent(agent, rules, wanted, code), code


def _asked(rules: MoveRules) -> Sequence[str]:
    """Return the attributes of people that rules look at."""
    by_age = rules.ChildrenAvoidHazards or rules.ElderlyAvoidHazards
    by_gender = rules.WomenAvoidHazards or (rules.ChildrenAvoidHazards and rules.BoysTakeRisk)
    found = ["age"] * by_age + ["gender"] * by_gender
    found += ["ethnicity"] * any(getattr(rules, name) for name in MATCHES_ETHNICITY)
    found += ["religion"] * rules.MatchCampReligion
    return found + ["floodawareness"] * bool(rules.flood_rules and rules.flood_rules.flood_forecaster)


def _of_agent(agent: Agent, rules: MoveRules, wanted: Sequence[str], code: int) -> Cohort:
    given = {name: text for name, text in agent.attributes if name in wanted}
    age = _number("age", given["age"]) if "age" in given else None
    return Cohort(
        caution=caution(rules, age, given.get("gender", "")),
        ethnicity=given.get("ethnicity"),
        religion=given.get("religion"),
        awareness=_aware(rules, given["floodawareness"]) if "floodawareness" in given else 0.0,
        home=code if rules.stay_close_to_home else None,
    )


def _number(attribute: str, text: str) -> float | None:
    """Return a number; None for no text."""
    if not text:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise _unusable(attribute, f"the value {text!r} is no number", "Write a number") from error


def _unusable(attribute: str, what: str, remedy: str) -> InputError:
    return InputError([Problem(f"input_csv/demographics_{attribute}.csv", None, None, what, remedy)])
