from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.case.indicators import HOME_CONDITIONS, HOST_CONDITIONS
from homeward.case.schema import Basis, Case, Condition, Event, EventIndicator
from homeward.engine.simulate import simulate
from homeward.errors import InputError
from homeward.rules.calendar import Block
from homeward.rules.homeward import HomewardRules
from homeward.rules.homeward.conditions import period_at
from homeward.rules.homeward.homecoming import persecution
from tests.courses import digest, rules_of
from tests.small_case import small_case

FloatArray = NDArray[np.float64]
SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}


def condition(place: str, day: date, indicator: str, value: float) -> Condition:
    return Condition(place=place, date=day, indicator=indicator, value=value, **SAID)


def border(place: str, day: date, level: str) -> Event:
    return Event(place=place, date=day, indicator=EventIndicator.BORDER, value=level, **SAID)


def case_with(*, conditions: tuple[Condition, ...] = (), events: tuple[Event, ...] = ()) -> Case:
    return small_case().model_copy(update={"conditions": conditions, "events": events})


def intensity_on(rules: HomewardRules, place: str, day: int) -> float:
    values = rules.world.intensity(Block(day, 1, 0, ends_month=False, month_days=31))
    return float(values[rules.geography.code[place]])


def permeability(rules: HomewardRules, when: date) -> dict[str, float]:
    world, countries = rules.world, rules.geography.countries
    levels = world.permeability[period_at(world.border_dates, when)]
    return {f"{a}>{b}": float(levels[i, j]) for i, a in enumerate(countries) for j, b in enumerate(countries)}


def test_intensity_settles_at_deaths_per_100000_and_30_days() -> None:
    # 62 deaths in January of 31 days are 2 a day: among 180,000 people, 60 in 30 days, 33.3 per 100,000.
    january = case_with(conditions=(condition("north", date(2012, 1, 1), "violence", 62.0),))
    rules = rules_of(january, intensity_half_life=1e-3, spill_over=0.0, lasting_share=0.0)
    assert intensity_on(rules, "north", 5) == pytest.approx(60 / 1.8)
    assert intensity_on(rules, "south", 5) == 0.0


def test_memory_of_violence_halves_in_its_half_life() -> None:
    ends = (
        condition("north", date(2012, 1, 1), "violence", 100.0),
        condition("north", date(2012, 3, 1), "violence", 0.0),
    )
    rules = rules_of(case_with(conditions=ends), intensity_half_life=20.0, spill_over=0.0, lasting_share=0.0)
    last = (date(2012, 2, 29) - date(2012, 1, 1)).days
    assert intensity_on(rules, "north", last + 20) == pytest.approx(intensity_on(rules, "north", last) / 2)
    assert intensity_on(rules, "north", last + 60) == pytest.approx(intensity_on(rules, "north", last) / 8)


def test_a_share_of_violence_is_remembered_with_the_longer_half_life() -> None:
    """By hand: 33.3 per 100,000 and 30 days all January, then nothing; a quarter of it lasts."""
    ends = (
        condition("north", date(2012, 1, 1), "violence", 62.0),
        condition("north", date(2012, 2, 1), "violence", 0.0),
    )
    halves = {"intensity_half_life": 10.0, "lasting_half_life": 200.0}
    rules = rules_of(case_with(conditions=ends), **halves, lasting_share=0.25, spill_over=0.0)

    def remembered(days: int, half_life: float) -> float:
        return float(60 / 1.8 * (1 - 0.5 ** (31 / half_life)) * 0.5 ** (days / half_life))

    for days in (0, 10, 90, 300):
        by_hand = 0.75 * remembered(days, 10.0) + 0.25 * remembered(days, 200.0)
        assert intensity_on(rules, "north", 30 + days) == pytest.approx(by_hand), days


def test_a_war_abroad_threatens_from_its_first_day_to_its_last() -> None:
    """Nobody's home was destroyed there, so nothing of it is remembered: not as it begins, nor when it is over."""
    ends = tuple(
        condition(place, when, "violence", deaths)
        for place in ("north", "bordertown")
        for when, deaths in ((date(2012, 1, 1), 62.0), (date(2012, 2, 1), 0.0))
    )
    case = case_with(conditions=ends)
    places = tuple(row.model_copy(update={"population": 180_000}) for row in case.places)
    case = case.model_copy(update={"places": places})
    halves = {"intensity_half_life": 10.0, "lasting_half_life": 200.0}
    rules = rules_of(case, **halves, lasting_share=0.25, spill_over=0.0)
    assert [intensity_on(rules, "bordertown", day) for day in (0, 30, 31)] == pytest.approx([60 / 1.8, 60 / 1.8, 0.0])
    assert intensity_on(rules, "north", 0) < 5.0 < intensity_on(rules, "north", 30)
    assert intensity_on(rules, "north", 30 + 90) > 0.5


def test_violence_before_the_start_is_remembered_at_its_start() -> None:
    rows = (
        condition("north", date(2011, 12, 1), "violence", 62.0),
        condition("north", date(2012, 1, 1), "violence", 0.0),
    )
    rules = rules_of(case_with(conditions=rows), intensity_half_life=10.0, lasting_share=0.0, spill_over=0.0)
    on_the_eve = 60 / 1.8 * (1 - 0.5 ** (31 / 10))
    assert intensity_on(rules, "north", 0) == pytest.approx(on_the_eve * 0.5 ** (1 / 10))


def test_a_case_that_starts_later_remembers_the_same() -> None:
    early = small_case()
    late = early.model_copy(
        update={"settings": early.settings.model_copy(update={"start": date(2012, 7, 10)}), "events": ()}
    )
    gap = (date(2012, 7, 10) - date(2012, 1, 1)).days
    one, other = HomewardRules(early), HomewardRules(late)
    for place in ("north", "south", "east", "bordertown"):
        for day in (0, 40, 170):
            assert intensity_on(other, place, day) == pytest.approx(intensity_on(one, place, gap + day)), (place, day)


def test_violence_spills_over_to_adjacent_places_as_the_mean_of_their_neighbours() -> None:
    shot = case_with(conditions=(condition("north", date(2012, 1, 1), "violence", 100.0),))
    rules = rules_of(shot, spill_over=0.3)
    at_north = intensity_on(rules, "north", 40)
    # south and east have two neighbours each, of which north is one; a road alone is no boundary
    assert intensity_on(rules, "south", 40) == pytest.approx(0.3 * at_north / 2)
    assert intensity_on(rules, "bordertown", 40) == 0.0


def test_a_block_has_the_mean_of_its_days() -> None:
    rules = HomewardRules(small_case())
    days = [intensity_on(rules, "north", day) for day in range(40, 47)]
    week = rules.world.intensity(Block(40, 7, 1, ends_month=False, month_days=29))
    assert week[rules.geography.code["north"]] == pytest.approx(np.mean(days))


def test_violence_where_nobody_lives_is_told_for_every_place() -> None:
    rows = tuple(condition("camp", date(2012, month, 1), "violence", 1.0) for month in (1, 2))
    with pytest.raises(InputError) as raised:
        HomewardRules(case_with(conditions=rows))
    assert [problem.row for problem in raised.value.problems] == [6]
    assert "'camp' has violence" in raised.value.problems[0].what


@pytest.mark.parametrize(
    ("events", "level"),
    [
        ((), 1.0),
        (("*>*",), 0.4),
        (("*>*", "ORI>*"), 0.1),
        (("*>*", "ORI>*", "*>HOA"), 0.01),
        (("ORI>HOA", "*>HOA"), 0.4),
        (("HOA>ORI",), 1.0),
    ],
)
def test_the_most_exact_name_of_a_border_counts(events: tuple[str, ...], level: float) -> None:
    levels = ("restricted", "selective", "closed")
    day = date(2012, 3, 1)
    rules = HomewardRules(case_with(events=tuple(map(border, events, [day] * 3, levels))))
    assert permeability(rules, day)["ORI>HOA"] == level
    assert permeability(rules, day - timedelta(days=1))["ORI>HOA"] == 1.0
    assert permeability(rules, day)["HOA>HOA"] == 1.0


def test_a_later_event_replaces_an_earlier_one_of_the_same_name_only() -> None:
    events = (
        border("ORI>HOA", date(2012, 2, 1), "closed"),
        border("*>HOA", date(2012, 3, 1), "open"),
        border("ORI>HOA", date(2012, 4, 1), "restricted"),
    )
    rules = HomewardRules(case_with(events=events))
    months = [permeability(rules, date(2012, month, 15))["ORI>HOA"] for month in (1, 2, 3, 4)]
    assert months == [1.0, 0.01, 0.01, 0.4]


def test_persecution_risk_is_weighted_by_who_holds_the_district() -> None:
    start, spring = date(2012, 1, 1), date(2012, 4, 1)
    rows = (
        condition("north", start, "held_by.government", 0.75),
        condition("north", start, "held_by.opposition", 0.25),
        condition("north", spring, "held_by.government", 0.0),
        condition("north", spring, "held_by.opposition", 1.0),
        condition("south", start, "held_by.government", 0.5),
    )
    rules = rules_of(case_with(conditions=rows), **{"persecution_risk[government]": 0.9})
    held, guaranteed, holders = rules.world.held, rules.world.guaranteed, rules.world.holders
    assert holders == ("government", "opposition")
    districts = [rules.space.origins.index(name) for name in ("north", "south", "east")]
    before, winter, later = (
        persecution(held.middle(day), guaranteed.middle(day), holders, rules.parameters)[districts, -1]
        for day in (start - timedelta(days=1), start, spring)
    )
    # What nobody is known to hold has the risk of an unknown holder, 0.5.
    np.testing.assert_allclose(before, [0.5, 0.5, 0.5])
    np.testing.assert_allclose(winter, [0.75 * 0.9 + 0.25 * 0.6, 0.5 * 0.9 + 0.5 * 0.5, 0.5])
    np.testing.assert_allclose(later, [0.6, 0.7, 0.5])


def test_a_holder_that_somebody_fled_is_known_even_where_it_holds_nothing_any_more() -> None:
    start = date(2012, 1, 1)
    rows = (condition("north", start, "held_by.opposition", 1.0), condition("north", start, "fled.government", 0.7))
    rules = HomewardRules(case_with(conditions=rows))
    assert rules.world.holders == ("government", "opposition")
    north = rules.space.origins.index("north")
    assert rules.world.fled.middle(start)[north].tolist() == [0.7, 0.0]
    assert rules.world.held.middle(start)[north].tolist() == [0.0, 1.0]


def test_a_rate_of_a_place_overrides_that_of_its_country() -> None:
    start = date(2012, 1, 1)
    rows = (
        condition("HOA", start, "naturalisation_rate", 0.1),
        condition("city", start, "naturalisation_rate", 0.3),
    )
    rules = HomewardRules(case_with(conditions=rows))
    values = dict(zip(rules.space.places, rules.world.rates.middle(start)[:, 0], strict=True))
    assert (values["city"], values["camp"], values["farland"]) == (0.3, 0.1, 0.0)
    assert rules.world.rates.middle(start - timedelta(days=1)).max() == 0.0


def test_every_change_begins_a_block() -> None:
    rules = HomewardRules(case_with(events=(border("ORI>HOA", date(2012, 5, 17), "closed"),)))
    assert rules.calendar.day_of(date(2012, 5, 17)) in {block.first_day for block in rules.blocks}


def test_conditions_hold_from_their_row_by_place_or_country_and_are_unknown_before() -> None:
    rules = HomewardRules(
        case_with(
            conditions=(
                condition("north", date(2012, 3, 1), "documents", 0.7),
                condition("north", date(2012, 5, 1), "documents", 0.2),
                condition("HOA", date(2012, 4, 1), "work", 0.1),
                condition("city", date(2012, 6, 1), "work", 0.6),
            )
        )
    )
    world, code = rules.world, rules.geography.code
    north = rules.space.origins.index("north")

    def documents(when: date) -> FloatArray:
        day = rules.calendar.day_of(when)
        ranges = world.home_ranges(day, when)[:, HOME_CONDITIONS.index("documents")]
        # Rows without a range have no width.
        np.testing.assert_array_equal(ranges[:, 0], ranges[:, 2])
        return ranges[:, 1]

    def work(place: str, when: date) -> float:
        return float(world.host.middle(when)[code[place], HOST_CONDITIONS.index("work")])

    assert np.isnan(documents(date(2012, 2, 29))).all()
    assert (documents(date(2012, 3, 1))[north], documents(date(2012, 5, 1))[north]) == (0.7, 0.2)
    assert np.isnan(np.delete(documents(date(2012, 12, 31)), north)).all()
    assert work("bordertown", date(2012, 4, 1)) == 0.1
    # A place with rows of its own has nothing of its country's, as for the rates.
    assert np.isnan(work("city", date(2012, 5, 31)))
    assert work("city", date(2012, 6, 1)) == 0.6
    assert np.isnan(work("farland", date(2012, 12, 1)))
    assert {date(2012, 3, 1), date(2012, 4, 1), date(2012, 6, 1)} <= set(world.changes())


def test_rates_are_nought_before_their_first_row() -> None:
    rules = HomewardRules(case_with(conditions=(condition("HOA", date(2012, 4, 1), "naturalisation_rate", 0.2),)))
    city = rules.geography.code["city"]
    rates = [rules.world.rates.middle(date(2012, month, 1))[city].tolist() for month in (3, 4)]
    assert rates == [[0.0, 0.0], [0.2, 0.0]]


def test_dwellings_and_services_change_from_day_to_day_and_the_other_conditions_by_their_rows() -> None:
    """At 10 % rebuilt a year without cost or violence, the own repair alone."""
    start = date(2012, 1, 1)
    rows = tuple(condition("north", start, name, 0.4) for name in HOME_CONDITIONS)
    rules = rules_of(case_with(conditions=rows), own_repair=0.1)
    north = rules.space.origins.index("north")
    later = rules.world.home_ranges(365, date(2012, 12, 31))[north, :, 1]
    rebuilt = 1 - 0.6 * np.exp(-0.1 * 366 / 365.25)
    np.testing.assert_allclose(dict(zip(HOME_CONDITIONS, later, strict=True))["housing"], rebuilt)
    assert later.tolist() == pytest.approx([rebuilt, rebuilt, 0.4, 0.4])


def truce(place: str, day: date, share: float) -> Condition:
    return condition(place, day, "ceasefire", share)


def test_a_ceasefire_stops_its_share_of_the_violence_from_its_day_on() -> None:
    deaths = (
        condition("north", date(2012, 1, 1), "violence", 62.0),
        condition("north", date(2012, 2, 1), "violence", 58.0),
    )
    case = case_with(
        conditions=(*deaths, truce("north", date(2012, 1, 11), 0.75), truce("north", date(2012, 2, 3), 0.5))
    )
    rules = rules_of(case, intensity_half_life=1e-3, spill_over=0.0, lasting_share=0.0)
    found = [intensity_on(rules, "north", day) for day in (9, 10, 30, 31, 33, 59)]
    assert found == pytest.approx([60 / 1.8 * share for share in (1.0, 0.25, 0.25, 0.25, 0.5, 0.5)])


def test_a_ceasefire_of_a_place_is_about_that_place() -> None:
    deaths = tuple(condition(place, date(2012, 1, 1), "violence", 62.0) for place in ("north", "south"))
    none, some, whole = (
        rules_of(case_with(conditions=(*deaths, *rows)), spill_over=0.0)
        for rows in ((), (truce("north", date(2012, 1, 1), 0.5),), (truce("north", date(2012, 1, 1), 1.0),))
    )
    assert intensity_on(some, "north", 50) == pytest.approx(0.5 * intensity_on(none, "north", 50))
    assert intensity_on(whole, "north", 50) == 0.0
    assert intensity_on(whole, "south", 50) == intensity_on(none, "south", 50)


def test_a_ceasefire_of_nothing_and_guarantees_of_nothing_change_no_bit() -> None:
    day = date(2012, 3, 1)
    case = small_case(people=60_000)
    rows = [truce(place, day, 0.0) for place in ("north", "south", "east")]
    rows += [condition("north", day, "guarantees.government", 0.0)]
    other = case.model_copy(update={"conditions": (*case.conditions, *rows)})
    one, two = HomewardRules(case), HomewardRules(other)
    assert two.world.intensity_sum.tobytes() == one.world.intensity_sum.tobytes()
    assert digest(simulate(two)) == digest(simulate(one))


def test_a_ceasefire_lasts_over_violence_that_comes_later() -> None:
    """It is a share of whatever there would be, so that a draw of how violence goes on keeps its doubt."""
    rows = (
        condition("north", date(2012, 1, 1), "violence", 62.0),
        truce("north", date(2012, 1, 1), 0.5),
        condition("north", date(2012, 3, 1), "violence", 620.0),
    )
    rules = rules_of(case_with(conditions=rows), intensity_half_life=1e-3, spill_over=0.0, lasting_share=0.0)
    assert intensity_on(rules, "north", 65) == pytest.approx(0.5 * 600 / 1.8)


def test_guarantees_hold_from_their_day_and_begin_a_block() -> None:
    day = date(2012, 5, 17)
    rules = HomewardRules(
        case_with(
            conditions=(
                condition("north", date(2012, 1, 1), "held_by.government", 1.0),
                condition("north", day, "guarantees.government", 0.4),
            )
        )
    )
    north = rules.space.origins.index("north")
    held, guaranteed = rules.world.held.middle(day), rules.world.guaranteed
    before, after = (
        persecution(held, guaranteed.middle(when), rules.world.holders, rules.parameters)[north]
        for when in (day - timedelta(days=1), day)
    )
    np.testing.assert_allclose(after, 0.6 * before)
    assert rules.calendar.day_of(day) in {block.first_day for block in rules.blocks}
