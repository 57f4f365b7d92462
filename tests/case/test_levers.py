"""Levers: who can pull which of them, and what pulling them writes into a scenario."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.case.conference import Lever
from homeward.case.levers import (
    changes_of,
    cycle_of,
    effects_in,
    in_the_room,
    level_on,
    missing,
    pullable,
    usable,
    written_out,
)
from homeward.case.scenario import lay_over
from homeward.case.scenario_schema import Scenario
from homeward.case.schema import Basis, BorderLevel, Case, Event, EventIndicator
from homeward.errors import InputError
from homeward.rules.homeward import HomewardRules
from homeward.rules.homeward.conditions import period_at
from tests.conference import lever
from tests.small_case import small_case

PARTIES = ("ann", "ben", "cem", "dan")
DAY = date(2012, 3, 31)


# Who can pull which


def test_any_holder_has_a_lever_in_the_room_or_only_all_of_them() -> None:
    levers = (lever("any", "ann", "ben"), lever("all", "ann", "ben", needs="all"))
    assert in_the_room(levers, []) == set()
    assert in_the_room(levers, ["cem", "ben"]) == {"any"}
    assert in_the_room(levers, ["ann", "ben"]) == {"any", "all"}


def test_a_lever_is_usable_with_all_that_it_requires_in_turn() -> None:
    """Money requires relief, which requires a settlement; each of another holder."""
    levers = (
        lever("money", "ann", requires=["relief"]),
        lever("relief", "ben", requires=["settlement"]),
        lever("settlement", "cem"),
        lever("aid", "ann"),
    )
    assert usable(levers, ["ann", "ben"]) == {"aid"}
    assert missing(levers, ["ann", "ben"]) == {"money": ("relief",), "relief": ("settlement",)}
    assert usable(levers, ["ann", "cem"]) == {"aid", "settlement"}
    assert missing(levers, ["ann", "cem"]) == {"money": ("relief",)}
    assert usable(levers, ["ann", "ben", "cem"]) == {"money", "relief", "settlement", "aid"}
    assert missing(levers, PARTIES) == {}


def test_of_chosen_levers_those_can_be_pulled_whose_requirements_are_chosen_too() -> None:
    levers = (lever("money", "ann", requires=["relief"]), lever("relief", "ben", requires=["settlement"]),
              lever("settlement", "cem"))  # fmt: skip
    assert pullable(levers, ["money", "relief"]) == set()
    assert pullable(levers, ["relief", "settlement"]) == {"relief", "settlement"}
    assert pullable(levers, []) == set()


@st.composite
def acyclic(draw: st.DrawFn) -> list[Lever]:
    """Draw levers that require some of those before them, in any order."""
    levers: list[Lever] = []
    for number in range(draw(st.integers(0, 7))):
        held_by = draw(st.lists(st.sampled_from(PARTIES), min_size=1, max_size=3, unique=True))
        needs = draw(st.sampled_from(["any", "all"]))
        earlier = [one.id for one in levers]
        requires = draw(st.lists(st.sampled_from(earlier), unique=True)) if earlier else []
        levers.append(lever(f"lever-{number}", *held_by, needs=needs, requires=requires))
    return draw(st.permutations(levers))


@settings(max_examples=200, deadline=None)
@given(levers=acyclic(), parties=st.sets(st.sampled_from(PARTIES)), more=st.sampled_from(PARTIES))
def test_one_more_party_takes_no_lever_away(levers: list[Lever], parties: set[str], more: str) -> None:
    before, after = usable(levers, parties), usable(levers, {*parties, more})
    assert before <= after
    assert after <= in_the_room(levers, {*parties, more})
    by_id = {one.id: one for one in levers}
    assert all(need in before for name in before for need in by_id[name].requires)
    blocked = missing(levers, parties)
    assert set(blocked) == in_the_room(levers, parties) - before
    assert all(needs and not before & set(needs) for needs in blocked.values())


@settings(max_examples=200, deadline=None)
@given(levers=acyclic(), chosen=st.data())
def test_requirements_without_a_circle_have_none_and_with_one_it_is_found(
    levers: list[Lever], chosen: st.DataObject
) -> None:
    """A circle is made by letting a lever require one that requires it, directly, over others, or itself."""
    assert cycle_of(levers) == ()
    if not levers:
        return
    by_id = {one.id: one for one in levers}
    first = chosen.draw(st.sampled_from(sorted(by_id)))
    last: str = first
    for onward in chosen.draw(st.lists(st.integers(0, 6), max_size=3)):
        if needs := by_id[last].requires:
            last = needs[onward % len(needs)]
    closing = by_id[last].model_copy(update={"requires": (*by_id[last].requires, first)})
    cycle = cycle_of([closing if one.id == last else one for one in levers])
    requires = {one.id: one.requires for one in levers} | {last: closing.requires}
    assert cycle[0] == cycle[-1]
    assert len(set(cycle)) == len(cycle) - 1
    assert all(other in requires[one] for one, other in pairwise(cycle))


# What pulling writes


def pulled(*names: str, start: date = DAY, **more: Any) -> Scenario:
    return Scenario.model_validate(
        {"name": "test", "lever": [{"name": name, "from": start, **more} for name in names]}
    )  # fmt: skip


def spans(scenario: Scenario) -> list[Any]:
    return [(change.start, change.until, change.operation[1]) for change in scenario.change]


def ceasefire(**more: Any) -> Lever:
    return lever("truce", "ann", effect=[{"indicator": "ceasefire", "places": ["ORI"], "close_gap": 0.6, **more}])


def test_an_effect_grows_in_equal_monthly_steps_and_the_last_is_whole_and_stays() -> None:
    """From the last day of March: the last day of every month that has no 31st."""
    found = written_out(pulled("truce"), [ceasefire(over_months=3, low=0.3, high=0.9)], small_case())
    assert spans(found) == [
        (date(2012, 3, 31), date(2012, 4, 29), pytest.approx(0.2)),
        (date(2012, 4, 30), date(2012, 5, 30), pytest.approx(0.4)),
        (date(2012, 5, 31), None, 0.6),
    ]
    assert [(change.low, change.high) for change in found.change] == [
        (pytest.approx(0.1), pytest.approx(0.3)),
        (pytest.approx(0.2), pytest.approx(0.6)),
        (0.3, 0.9),
    ]
    assert found.lever == ()


def test_a_factor_grows_from_one_and_an_amount_from_nought() -> None:
    effects = [
        {"indicator": "sanctions", "places": ["ORI"], "multiply": 0.2, "over_months": 2},
        {"indicator": "reconstruction", "places": ["ORI"], "add": 100, "over_months": 2},
    ]
    found = changes_of(lever("both", "ann", effect=effects), DAY)
    assert [change.operation for change in found] == [
        ("multiply", pytest.approx(0.6)), ("multiply", pytest.approx(0.2)), ("add", 50.0), ("add", 100.0),
    ]  # fmt: skip


def test_a_lever_acts_after_its_days_and_until_its_last_day() -> None:
    truce = ceasefire(after_days=10, over_months=3)
    found = written_out(pulled("truce", start=date(2012, 3, 1), until=date(2012, 4, 20)), [truce], small_case())
    assert spans(found) == [
        (date(2012, 3, 11), date(2012, 4, 10), pytest.approx(0.2)),
        (date(2012, 4, 11), date(2012, 4, 20), pytest.approx(0.4)),
    ]
    assert spans(written_out(pulled("truce", start=date(2012, 3, 1), until=date(2012, 3, 10)), [truce], small_case())) \
        == []  # fmt: skip


def test_what_a_scenario_says_itself_comes_after_its_levers() -> None:
    own = {"indicator": "ceasefire", "places": ["north"], "from": DAY, "set": 0}
    scenario = Scenario.model_validate(
        {"name": "test", "parameters": {"spill_over": 0.1}, "change": [own], "lever": [{"name": "truce", "from": DAY}]}
    )
    moving = ceasefire().model_copy(update={"parameters": {"spill_over": 0.2, "own_repair": 0.3}})
    found = written_out(scenario, [moving], small_case())
    assert [change.operation for change in found.change] == [("close_gap", 0.6), ("set", 0.0)]
    assert found.parameters == {"spill_over": 0.1, "own_repair": 0.3}
    laid = lay_over(small_case(), found)
    assert {row.place: row.value for row in laid.conditions if row.indicator == "ceasefire" and row.date == DAY} == {
        "north": 0.0, "south": 0.6, "east": 0.6,
    }  # fmt: skip


def border_event(place: str, day: date, level: str) -> Event:
    return Event(
        place=place, date=day, indicator=EventIndicator.BORDER, value=level, source="made-up", known_on=day,
        basis=Basis.OBSERVED,
    )  # fmt: skip


def with_events(*events: Event) -> Case:
    return small_case().model_copy(update={"events": events})


CROSSING = lever("crossing", "ann", border=[{"border": "HOA>ORI", "level": "open", "after_days": 1}])


def moves(case: Case, **more: Any) -> list[tuple[str, date, str]]:
    found = written_out(pulled("crossing", **more), [CROSSING], case)
    return [(event.place, event.date, event.value) for event in found.event]


def test_a_border_that_is_at_its_level_already_is_left_alone() -> None:
    assert moves(with_events()) == []
    assert not effects_in(with_events(), CROSSING, DAY)
    closed = with_events(border_event("HOA>ORI", date(2012, 4, 1), "closed"))
    assert moves(closed) == [("HOA>ORI", date(2012, 4, 1), "open")]
    assert effects_in(closed, CROSSING, DAY)


@pytest.mark.parametrize("place", ["HOA>ORI", "*>ORI", "HOA>*", "*>*"])
def test_a_border_that_is_to_move_later_is_opened_even_if_it_is_open_now(place: str) -> None:
    later = with_events(border_event(place, date(2012, 8, 1), "closed"))
    assert moves(later) == [("HOA>ORI", date(2012, 4, 1), "open")]
    assert moves(with_events(border_event("ORI>HOA", date(2012, 8, 1), "closed"))) == []


def test_when_a_lever_is_over_the_border_is_as_the_case_has_it_then() -> None:
    closed = border_event("HOA>ORI", date(2012, 1, 5), "closed")
    until = {"until": date(2012, 6, 30)}
    assert moves(with_events(closed), **until) == [
        ("HOA>ORI", date(2012, 4, 1), "open"), ("HOA>ORI", date(2012, 7, 1), "closed"),
    ]  # fmt: skip
    eased = border_event("HOA>ORI", date(2012, 5, 5), "restricted")
    assert moves(with_events(closed, eased), **until)[-1] == ("HOA>ORI", date(2012, 7, 1), "restricted")
    assert moves(with_events(closed), until=DAY) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["HOA>ORI", "*>ORI", "HOA>*", "*>*", "ORI>HOA"]),
            st.integers(1, 3),
            st.sampled_from([level.value for level in BorderLevel]),
        ),
        max_size=6,
    )
)
def test_a_border_has_the_level_that_it_has_in_a_run(events: list[tuple[str, int, str]]) -> None:
    case = with_events(*(border_event(place, date(2012, month, 1), level) for place, month, level in events))
    rules = HomewardRules(case)
    one, other = (rules.geography.countries.index(country) for country in ("HOA", "ORI"))
    for day in (date(2012, 1, 1), date(2012, 2, 15), date(2012, 12, 31)):
        level = rules.world.border_levels[period_at(rules.world.border_dates, day), one, other]
        assert level_on(case, "HOA>ORI", day) is list(BorderLevel)[level]


# What cannot be pulled


def said(scenario: Scenario) -> list[str]:
    levers = (lever("money", "ann", requires=["settlement"]), lever("settlement", "ben"))
    with pytest.raises(InputError) as caught:
        written_out(scenario, levers, small_case(), file="test.toml")
    assert all((problem.file, problem.row) == ("test.toml", None) for problem in caught.value.problems)
    return [f"{problem.what}. {problem.remedy}" for problem in caught.value.problems]


def test_an_unknown_lever_is_named_with_the_nearest() -> None:
    assert said(pulled("setlement")) == ["there is no lever 'setlement'. Did you mean 'settlement'?"]


def test_a_lever_is_pulled_once() -> None:
    assert said(pulled("settlement", "settlement")) == ["the lever 'settlement' is pulled twice. Remove one of the two"]


def both(money: date, **settlement: date) -> Scenario:
    pulls = [{"name": "money", "from": money}, {"name": "settlement", **settlement}]
    return Scenario.model_validate({"name": "test", "lever": pulls})


def test_a_lever_needs_what_it_requires_by_its_own_day() -> None:
    remedy = "Pull 'settlement' by that day, or leave out 'money'"
    assert said(pulled("money")) == [
        f"the lever 'money' requires 'settlement', which is not pulled by 2012-03-31. {remedy}"
    ]
    assert said(both(DAY, **{"from": date(2012, 4, 1)})) == said(pulled("money"))
    over = said(both(DAY, **{"from": date(2012, 1, 1), "until": date(2012, 3, 30)}))
    assert over == [f"the lever 'money' requires 'settlement', which is over by 2012-03-31. {remedy}"]


def test_all_that_is_wrong_is_told_at_once_and_the_right_order_is_fine() -> None:
    assert len(said(pulled("money", "nothing", "settlement", "settlement", "money"))) == 3
    levers = (lever("money", "ann", requires=["settlement"]), lever("settlement", "ben"))
    assert written_out(both(DAY, **{"from": DAY}), levers, small_case()).lever == ()


def test_a_lever_that_would_shut_a_border_further_is_refused() -> None:
    harm = lever("harm", "hoa", border=[{"border": "HOA>ORI", "level": "closed"}])
    scenario = Scenario.model_validate({"name": "shut", "lever": [{"name": "harm", "from": "2012-06-01"}]})
    with pytest.raises(InputError) as caught:
        written_out(scenario, [harm], small_case())
    [problem] = caught.value.problems
    assert "from open to closed" in problem.what
    assert "is no lever" in problem.what
