"""The decision to return, put together: what each part of it does to the hazards of a block.

What people believe follows what is at once (``perception_lag`` = 0) and years away do not count, unless a test says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.case.schema import Basis, Case, Condition
from homeward.rules.calendar import DAYS_PER_YEAR, Block
from homeward.rules.homeward import HomewardRules
from homeward.rules.homeward.conditions import NORMAL_90
from homeward.rules.homeward.decision import Hazards
from homeward.rules.homeward.homecoming import readiness
from tests.courses import rules_of
from tests.small_case import small_case

FloatArray = NDArray[np.float64]
SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}
START = date(2012, 1, 1)
STILL = {"perception_lag": 0.0, "return_weight_years": 0.0, "housing_destruction": 0.0, "own_repair": 0.0}


def condition(place: str, indicator: str, value: float, day: date = START, **ends: float) -> Condition:
    return Condition(place=place, date=day, indicator=indicator, value=value, **ends, **SAID)


def case_with(*conditions: Condition) -> Case:
    """Return the small case with these conditions alone: without violence."""
    return small_case().model_copy(update={"conditions": conditions})


def rules_with(*conditions: Condition, **parameters: float) -> HomewardRules:
    return rules_of(case_with(*conditions), **{**STILL, **parameters})


def census_of(rules: HomewardRules) -> FloatArray:
    return rules.start_people.astype(np.float64)


def hazards(
    rules: HomewardRules,
    *,
    day: int = 0,
    days: int = 1,
    census: FloatArray | None = None,
    scores: Mapping[str, float] | None = None,
    memory: dict[str, FloatArray] | None = None,
) -> Hazards:
    """Return the hazards of a block; conditions lie as many standard deviations off as ``scores`` says by name."""
    block = Block(day, days, 0, ends_month=False, month_days=31)
    scored = np.array([(scores or {}).get(name, 0.0) for name in rules.decision.scored()])
    return rules.decision.hazards(
        {} if memory is None else memory, block, rules.calendar.date_of(day), rules.world.intensity(block),
        census_of(rules) if census is None else census, scored,
    )  # fmt: skip


def of_refugees(rules: HomewardRules, found: Hazards, place: str = "city", origin: str = "north") -> float:
    abroad = rules.geography.abroad.tolist().index(rules.geography.code[place])
    return float(found.refugees[rules.space.origins.index(origin), abroad])


def of_displaced(rules: HomewardRules, found: Hazards, origin: str = "north") -> float:
    return float(found.displaced[rules.space.origins.index(origin)])


# Whom people fled, and who holds their home now


def test_whoever_fled_the_holder_of_home_is_less_ready_to_return() -> None:
    """By hand: of the north, held by the government, 0.6 fled it (risk 0.97), the others did not (0.5)."""
    held = condition("north", "held_by.government", 1.0)
    neither = rules_with(held)
    fled = rules_with(held, condition("north", "fled.government", 0.6))
    risks = np.array([0.97, 0.5])
    of_one, of_other = readiness(-fled.parameters["safety_weight_persecution"] * risks, fled.parameters)
    ratio = of_refugees(fled, hazards(fled)) / of_refugees(neither, hazards(neither))
    assert ratio == pytest.approx((0.6 * of_one + 0.4 * of_other) / of_other)
    assert ratio < 0.7


def test_whom_people_fled_does_not_matter_where_another_holds_their_home() -> None:
    held = condition("north", "held_by.opposition", 1.0)
    rules = [rules_with(held), rules_with(held, condition("north", "fled.government", 1.0))]
    without, fled = (of_refugees(one, hazards(one)) for one in rules)
    assert fled == pytest.approx(without)


def test_a_change_of_holder_alters_the_risk_on_its_day_by_an_ordinary_row_of_conditions() -> None:
    day = date(2012, 5, 17)
    rules = rules_with(
        condition("north", "held_by.government", 1.0),
        condition("north", "fled.government", 1.0),
        condition("north", "held_by.government", 0.0, day),
        condition("north", "held_by.opposition", 1.0, day),
    )
    number = rules.calendar.day_of(day)
    assert number in {block.first_day for block in rules.blocks}
    eve, on_the_day, later = (of_refugees(rules, hazards(rules, day=number + n)) for n in (-1, 0, 30))
    risks = readiness(-rules.parameters["safety_weight_persecution"] * np.array([0.97, 0.6]), rules.parameters)
    assert on_the_day / eve == pytest.approx(risks[1] / risks[0])
    assert later == on_the_day


def test_idps_fear_persecution_less_and_nobody_exceeds_the_open_hazard() -> None:
    rules = rules_with(condition("north", "held_by.government", 1.0), condition("north", "fled.government", 1.0))
    found, parameters = hazards(rules), rules.parameters
    refugees = of_refugees(rules, found) * DAYS_PER_YEAR / parameters["return_hazard_open"]
    displaced = of_displaced(rules, found) * DAYS_PER_YEAR / parameters["return_hazard_open_displaced"]
    assert refugees < displaced < 1.0
    assert found.ready.max() < 1.0


# Crowding


def crowded(people: float) -> tuple[HomewardRules, FloatArray]:
    """Return rules with half of the dwellings of the north, and a census with so many IDPs from the south there."""
    rules = rules_with(condition("north", "housing", 0.5), return_weight_housing=2.0, crowding_out_hazard=0.1)
    space, census = rules.space, census_of(rules)
    census[space.group(space.origins.index("south"), space.places.index("north"), "displaced")] += people
    return rules, census


def test_crowding_lowers_the_draw_of_home_and_puts_returnees_out() -> None:
    """180,000 people and 90,000 in dwellings for 90,000: filled three times over, each a third of what it was."""
    rules, census = crowded(90_000.0)
    alone, full = hazards(rules, census=crowded(0.0)[1]), hazards(rules, census=census)
    north = rules.space.origins.index("north")
    # Those who live there fill the dwellings twice over already.
    assert alone.crowded_out[north] == pytest.approx(0.1 / DAYS_PER_YEAR)
    assert full.crowded_out[north] == pytest.approx(0.1 * 2 / DAYS_PER_YEAR)
    assert np.delete(full.crowded_out, north).tolist() == [0.0, 0.0]
    ratio = of_refugees(rules, full) / of_refugees(rules, alone)
    assert ratio == pytest.approx(np.exp(2.0 * 0.5 * (1 / 3 - 1 / 2)))
    assert of_displaced(rules, full) / of_displaced(rules, alone) == pytest.approx(ratio)


def test_those_who_are_put_out_are_the_returnees_of_the_tables() -> None:
    rules, census = crowded(90_000.0)
    tables, space = rules.new_tables(), rules.space
    rules.fill(tables, rules.blocks[0], census, [family.neutral() for family in rules.shock_families])
    leave = tables.move.leave.reshape(-1, space.classes)
    returned = space.group_stage == space.stages.index("returned")
    north = space.group_origin == space.origins.index("north")
    np.testing.assert_allclose(leave[returned & north], -np.expm1(-0.2 / DAYS_PER_YEAR))
    assert (leave[returned & ~north] == 0.0).all()
    assert (leave[: rules.groups.returned] == 0.0).all()


def test_nobody_is_put_out_where_there_is_nowhere_to_go() -> None:
    """A row of destinations without a weight must never be drawn from."""
    case = case_with(condition("north", "housing", 0.1))
    roads = tuple(road for road in case.routes if "north" not in (road.from_place, road.to_place))
    rules = rules_of(case.model_copy(update={"routes": roads}), **STILL)
    tables = rules.new_tables()
    rules.fill(tables, rules.blocks[0], census_of(rules), [family.neutral() for family in rules.shock_families])
    groups = slice(rules.groups.returned * rules.space.classes, rules.groups.displaced * rules.space.classes)
    assert (tables.move.leave[groups] == 0.0).all()


# Hosts


def test_intentions_change_nothing_at_a_weight_of_nought() -> None:
    asked = condition("HOA", "return_intention", 0.3)
    plain, without, weighed = rules_with(), rules_with(asked), rules_with(asked, return_weight_intention=1.0)
    found = [of_refugees(rules, hazards(rules)) for rules in (plain, without, weighed)]
    assert found[1] == found[0]
    assert found[2] == pytest.approx(found[0] * 0.3 / 0.02)


def test_the_effect_of_a_host_multiplies_returns_from_its_places_alone() -> None:
    plain, doubled = rules_with(), rules_with(**{"return_host_effect[HOA]": 2.0})
    for place, factor in (("city", 2.0), ("camp", 2.0), ("farland", 1.0)):
        ratio = of_refugees(doubled, hazards(doubled), place) / of_refugees(plain, hazards(plain), place)
        assert ratio == pytest.approx(factor), place


# What is known up to an error


def test_a_score_moves_the_condition_that_it_is_about_and_no_other() -> None:
    rules = rules_with(
        condition("north", "documents", 0.5, low=0.3, high=0.8),
        condition("south", "documents", 0.5, low=0.3, high=0.8),
        return_weight_documents=1.0,
    )
    assert len(set(rules.decision.scored())) == len(rules.decision.scored())
    plain, high = hazards(rules), hazards(rules, scores={"north documents": NORMAL_90})
    for origin, factor in (("north", np.exp(0.3)), ("south", 1.0)):
        ratio = of_refugees(rules, high, origin=origin) / of_refugees(rules, plain, origin=origin)
        assert ratio == pytest.approx(factor), origin


@pytest.mark.parametrize("name", ["HOA hostility", "north held_by.government", "north fled.government"])
def test_scores_reach_conditions_of_hosts_and_of_holders(name: str) -> None:
    rules = rules_with(
        condition("HOA", "hostility", 0.5, low=0.2, high=0.9),
        condition("north", "held_by.government", 0.5, low=0.2, high=0.9),
        condition("north", "fled.government", 0.5, low=0.2, high=0.9),
        return_weight_push=1.0,
    )
    plain, high = (of_refugees(rules, hazards(rules, scores={name: score})) for score in (0.0, NORMAL_90))
    assert (high > plain) == (name == "HOA hostility")
    assert high != plain


# Perception


def test_what_people_believe_of_a_change_of_holder_comes_with_the_lag() -> None:
    """Lag 40 days: after t days the believed risk is new + (old - new) exp(-t/40), in blocks of any length."""
    day = START + timedelta(days=20)
    rules = rules_with(
        condition("north", "held_by.government", 1.0), condition("north", "held_by.government", 0.0, day),
        condition("north", "held_by.opposition", 1.0, day), perception_lag=40.0,
        **{"persecution_risk[government]": 0.9, "persecution_risk[opposition]": 0.1},
    )  # fmt: skip
    memory: dict[str, FloatArray] = {}
    north = rules.space.origins.index("north")
    for first, length in ((0, 7), (7, 13), (20, 7), (27, 3), (30, 30)):
        hazards(rules, day=first, days=length, memory=memory)
        since = max(0, first + length - 20)
        believed = memory["believed"][-1, north]
        np.testing.assert_allclose(believed, 0.1 + 0.8 * np.exp(-since / 40.0))


def test_visitors_and_neighbours_who_are_back_bring_news() -> None:
    """A belief that is wrong by 1 is corrected faster where people visit, and there alone."""
    rules = rules_with(visit_hazard=0.5, perception_lag=40.0, perception_news=10.0)
    groups, space = rules.groups, rules.space
    memory: dict[str, FloatArray] = {}
    hazards(rules, memory=memory)
    memory["believed"] = memory["believed"] + 1.0
    census = census_of(rules)
    city = space.group(space.origins.index("north"), space.places.index("city"), "refugee")
    # One in ten is at home for a month: 1.2 visits a person and year.
    census[city + groups.visiting - groups.refugee] = census[city] / 9
    hazards(rules, day=7, days=7, census=census, memory=memory)
    gap = memory["believed"][0, space.origins.index("north")]
    visits = 0.1 * DAYS_PER_YEAR / 30.0
    by_country = dict(zip(rules.geography.countries, gap, strict=True))
    assert by_country["HOA"] == pytest.approx(np.exp(-7 * (1 + 10 * visits) / 40.0))
    assert by_country["HOB"] == pytest.approx(np.exp(-7 / 40.0))


def test_those_who_came_back_long_ago_are_no_news_and_encourage_nobody() -> None:
    rules = rules_with(return_weight_neighbours=1.0)
    groups, north = rules.groups, rules.space.origins.index("north")
    found = []
    for first in (None, groups.returned + 12 * groups.origins, groups.settled):
        census = census_of(rules)
        if first is not None:
            census[first + north] = 1_800.0
        found.append(of_refugees(rules, hazards(rules, census=census)))
    plain, recently, settled = found
    # 1,200 are refugees, 600 IDPs, 1,800 back.
    assert recently == pytest.approx(plain * np.exp(0.5))
    assert settled == plain


# Households


def test_a_household_of_one_sends_nobody_ahead_and_loses_nobody() -> None:
    alone, staged = (rules_with(staged_share=share, household_size=1.0) for share in (0.0, 0.4))
    leaves = []
    for rules in (alone, staged):
        tables = rules.new_tables()
        rules.fill(tables, rules.blocks[0], census_of(rules), [family.neutral() for family in rules.shock_families])
        leaves.append(tables.move.leave)
    np.testing.assert_array_equal(leaves[0], leaves[1])


def test_of_returning_households_the_share_that_goes_in_stages_is_the_one_asked_for() -> None:
    rules = rules_with(staged_share=0.4, household_size=5.0, following_hazard=2.0)
    tables, space, groups = rules.new_tables(), rules.space, rules.groups
    rules.fill(tables, rules.blocks[0], census_of(rules), [family.neutral() for family in rules.shock_families])
    by_kind = np.diff(tables.move.kind_cumulative, axis=1, prepend=0.0)
    city = space.group(space.origins.index("north"), space.places.index("city"), "refugee")
    together, ahead = (
        float(by_kind[city * space.classes, tables.move.kinds.index(kind)]) for kind in ("return", "return_ahead")
    )
    assert ahead / (together + ahead) == pytest.approx(0.4)
    assert together + ahead == pytest.approx(of_refugees(rules, hazards(rules)))
    follow = city + groups.following - groups.refugee
    assert by_kind[follow * space.classes].sum() == pytest.approx(2.0 / DAYS_PER_YEAR)


def test_visits_are_as_many_a_person_and_year_as_asked_for_whatever_the_household() -> None:
    """Where home is wholly safe; one of a household goes, so the household goes as often as its members together."""
    for size in (1.0, 5.0):
        rules = rules_with(visit_hazard=0.3, household_size=size, persecution_risk=0.0, return_gate_threshold=-50.0)
        tables, space = rules.new_tables(), rules.space
        rules.fill(tables, rules.blocks[0], census_of(rules), [family.neutral() for family in rules.shock_families])
        by_kind = np.diff(tables.move.kind_cumulative, axis=1, prepend=0.0)
        city = space.group(space.origins.index("north"), space.places.index("city"), "refugee")
        of_household = float(by_kind[city * space.classes, tables.move.kinds.index("visit")])
        assert of_household / size == pytest.approx(0.3 / DAYS_PER_YEAR), size


# Years away


def test_years_away_lower_return_by_their_weight_and_newcomers_bring_the_average_down() -> None:
    """At the start all count as away for the reference; a year later they are so for a year more, or half of it."""
    rules = rules_with(return_weight_years=-0.1)
    census = census_of(rules)
    refugees = slice(rules.groups.refugee, rules.groups.following)
    doubled = census.copy()
    doubled[refugees] *= 2.0
    reference = rules.parameters["years_away_reference"]
    memory: dict[str, FloatArray] = {}
    first = of_refugees(rules, hazards(rules, days=365, memory=memory))
    assert first == pytest.approx(of_refugees(rules, hazards(rules_with())))
    other = {name: values.copy() for name, values in memory.items()}
    same = of_refugees(rules, hazards(rules, days=365, memory=memory))
    diluted = of_refugees(rules, hazards(rules, days=365, census=doubled, memory=other))
    year = 365 / DAYS_PER_YEAR
    assert same == pytest.approx(first * np.exp(-0.1 * year))
    assert diluted == pytest.approx(first * np.exp(-0.1 * ((reference + year) / 2 - reference)))
