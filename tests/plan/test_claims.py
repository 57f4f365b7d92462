"""Verdicts on made-up claims: each check with all its verdicts, what was known on the day, and wider intervals."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.case.claims import Claim, ClaimFigure, Claims
from homeward.case.schema import Basis, Case, Condition, Event, EventIndicator, Measure, Observation
from homeward.errors import UsageError
from homeward.plan.claim_courses import Courses, month_end_after, simulated_until
from homeward.plan.claims import SUPPORTED, VERDICTS, combined, judge_claims, verdict_of
from homeward.results.claims_contract import ClaimRow
from tests.small_case import DISTRICTS, small_case

DAY = date(2012, 12, 31)
SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}
UNDECIDED = "not decidable"


def claim(check: str, compare: str = "shown", value: float | None = None, **more: Any) -> Claim:
    row: dict[str, Any] = {"id": "made-up", "who": "somebody", "claim": "so it is", "date": DAY, "check": check}
    return Claim.model_validate(row | SAID | {"compare": compare, "value": value} | more)


def condition(place: str, indicator: str, value: float, **more: Any) -> Condition:
    row: dict[str, Any] = {"place": place, "date": date(2012, 1, 1), "indicator": indicator, "value": value}
    return Condition.model_validate(row | SAID | more)


def figure(measure: Measure, place: str, value: float, **more: Any) -> Observation:
    row: dict[str, Any] = {"date": DAY, "measure": measure, "place": place, "value": value, "definition": "made-up"}
    return Observation.model_validate(row | SAID | more)


def told(value: float, **more: Any) -> ClaimFigure:
    row: dict[str, Any] = {"claim": "made-up", "what": "a count", "unit": "people", "date": date(2012, 6, 1)}
    return ClaimFigure.model_validate(row | SAID | {"value": value} | more)


def world(*conditions: Condition, observed: tuple[Observation, ...] | None = None) -> Case:
    """Return the small case: 60,000 refugees in HOA and 6,000 in HOB, 90,000 IDPs; of 601,800 people."""
    case = small_case()
    given_ones = {(row.place, row.indicator) for row in conditions}
    kept = tuple(row for row in case.conditions if (row.place, row.indicator) not in given_ones)
    update: dict[str, Any] = {"conditions": (*kept, *conditions)}
    if observed is not None:
        update["observed"] = observed
    return case.model_copy(update=update)


def judged(case: Case, *rows: Claim, figures: tuple[ClaimFigure, ...] = (), courses: Courses | None = None) -> ClaimRow:
    [found] = judge_claims(case, Claims(rows, figures), courses=courses)
    return found


def then(case: Case, row: Claim, *figures: ClaimFigure) -> str:
    return judged(case, row, figures=figures).verdict


def test_the_share_of_the_displaced_is_refugees_and_idps_over_all() -> None:
    case = world()
    people = sum(row.people for row in case.population)
    found = judged(case, claim("displaced_share", "at_least", 0.2))
    assert found.interval is not None
    assert found.interval.value == pytest.approx((60_000 + 6_000 + 90_000) / people)
    assert (found.verdict, found.basis, found.as_of) == ("supported", "observed", DAY)
    assert then(case, claim("displaced_share", "at_least", 0.3)) == "contradicted"


def test_rival_figures_of_a_day_make_an_interval() -> None:
    rival = figure(Measure.IDP_STOCK, "ORI", 150_000, definition="another count")
    case = world(observed=(*small_case().observed, rival))
    row = claim("stock", "at_least", 120_000, measure="idp_stock")
    assert then(case, row) == UNDECIDED
    assert then(world(), row) == "contradicted"
    assert then(case, claim("stock", "at_least", 90_000, measure="idp_stock")) == "supported"


def test_asylum_seekers_are_the_high_end_of_a_stock() -> None:
    waiting = figure(Measure.ASYLUM_SEEKER_STOCK, "HOB", 4_000)
    case = world(observed=(*small_case().observed, waiting))
    row = claim("stock", "about", 66_000, tolerance=1_000, measure="refugee_stock")
    assert then(case, row) == UNDECIDED
    assert then(world(), row) == "supported"
    assert then(world(), claim("stock", "about", 60_000, tolerance=1_000, measure="refugee_stock")) == "contradicted"
    of_one = claim("stock", "about", 60_000, tolerance=0, measure="refugee_stock", places="HOA")
    assert then(case, of_one) == "supported"


def test_a_share_of_hosts() -> None:
    assert then(world(), claim("stock_share", "more_than", 0.9, places="HOA")) == "supported"
    assert then(world(), claim("stock_share", "more_than", 0.9, places="HOB", among="HOA HOB")) == "contradicted"
    waiting = figure(Measure.ASYLUM_SEEKER_STOCK, "HOB", 4_000)
    case = world(observed=(*small_case().observed, waiting))
    assert then(case, claim("stock_share", "more_than", 0.9, places="HOA")) == UNDECIDED


def test_a_ranking_is_the_smallest_lead() -> None:
    assert then(world(), claim("ranking", "more_than", 0, places="HOA HOB")) == "supported"
    assert then(world(), claim("ranking", "more_than", 0, places="HOB HOA")) == "contradicted"
    waiting = figure(Measure.ASYLUM_SEEKER_STOCK, "HOB", 70_000)
    case = world(observed=(*small_case().observed, waiting))
    assert then(case, claim("ranking", "more_than", 0, places="HOA")) == UNDECIDED


def test_who_holds_what_is_weighted_by_people() -> None:
    # The north has 30 % of the people, and the government 60 % of it.
    row = claim("held_share", "at_least", 0.8, indicator="held_by.government")
    found = judged(world(), row)
    assert found.interval is not None
    assert found.interval.value == pytest.approx(0.88)
    assert found.verdict == "supported"
    assert then(world(), row.model_copy(update={"value": 0.9})) == "contradicted"
    wide = condition("north", "held_by.government", 0.6, low=0.3, high=0.9)
    assert then(world(wide), row) == UNDECIDED


def test_a_district_of_which_nothing_is_known_may_have_any_share() -> None:
    case = world(condition("south", "housing", 0.5), condition("north", "housing", 0.5))
    found = judged(case, claim("lost_share", "at_least", 0.3, indicator="housing"))
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((0.4, 0.6))
    assert found.verdict == "supported"
    assert then(case, claim("lost_share", "at_least", 0.5, indicator="housing")) == UNDECIDED
    assert then(case, claim("lost_share", "at_least", 0.7, indicator="housing")) == "contradicted"


def test_deaths_and_notes_of_a_time() -> None:
    when = {"since": date(2012, 6, 1), "until": date(2012, 6, 30)}
    # 300 in the north, and 0.3 and 0.1 of it elsewhere.
    assert then(world(), claim("violence", "at_least", 400, **when)) == "supported"
    assert then(world(), claim("violence", "at_least", 350, places="north", **when)) == "contradicted"
    rough = (condition("north", "violence", 300.0, low=100.0, high=500.0, date=date(2012, 6, 1)),)
    assert then(world(*rough), claim("violence", "at_least", 400, **when)) == UNDECIDED
    in_november = {"since": date(2012, 11, 1), "until": date(2012, 11, 30)}
    assert then(world(), claim("notes", "at_least", 1, **in_november)) == "supported"
    assert then(world(), claim("notes", "at_least", 2, **in_november)) == "contradicted"
    assert then(world(), claim("notes", "at_least", 1, places="north", **in_november)) == UNDECIDED


def test_limits_of_the_pillars_are_never_shown_to_be_kept() -> None:
    bad = tuple(condition(name, "housing", 0.2, high=0.4) for name in DISTRICTS)
    good = tuple(condition(name, "housing", 0.9) for name in DISTRICTS)
    row = claim("unmet", "at_least", 2, indicator="housing")
    assert then(world(*bad), row) == "supported"
    assert then(world(*good), row) == UNDECIDED
    assert then(world(), row) == UNDECIDED  # nothing is known of it
    unsure = tuple(condition(name, "housing", 0.4, high=0.6) for name in DISTRICTS)
    assert then(world(*unsure), row) == UNDECIDED
    assert then(world(), claim("unmet", "at_least", 3, indicator="violence")) == "supported"


def test_no_data_contradict_that_a_country_is_not_safe() -> None:
    calm = tuple(
        row.model_copy(update={"value": 0.0}) if row.indicator == "violence" else row for row in small_case().conditions
    )
    case = small_case().model_copy(update={"conditions": calm})
    for value in (1, 2, 3):
        row = claim("unmet", "at_least", value, indicator="violence persecution_risk")
        assert judged(case, row).verdict in (UNDECIDED, "supported")
        assert judged(case, row.model_copy(update={"indicator": "violence"})).verdict == UNDECIDED


def test_a_host_where_nobody_asked_may_have_none_or_all() -> None:
    asked = condition("HOA", "return_intention", 0.1)
    row = claim("intending", "at_least", 5_000, indicator="return_intention")
    found = judged(world(asked), row)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((6_000, 12_000))
    assert found.verdict == "supported"
    assert then(world(asked), row.model_copy(update={"value": 10_000.0})) == UNDECIDED
    assert then(world(asked), row.model_copy(update={"value": 20_000.0})) == "contradicted"
    assert then(world(), row) == UNDECIDED
    hoped = claim("intending", "at_least", 30_000, places="HOA")
    assert then(world(), hoped, told(0.75, unit="share")) == "supported"


def test_a_published_figure_and_its_rivals() -> None:
    row = claim("figure", "at_most", 5)
    assert then(world(), row, told(4)) == "supported"
    assert then(world(), row, told(4), told(6, what="another")) == UNDECIDED
    assert then(world(), row, told(4), told(6, date=date(2012, 7, 1))) == "contradicted"
    assert then(world(), row, told(4, low=3, high=7)) == UNDECIDED


def test_what_data_cannot_decide_is_not_decided() -> None:
    assert then(world(), claim("none")) == UNDECIDED
    assert then(world(), claim("without", indicator="sanctions", measure="housing", since=DAY)) == UNDECIDED
    assert then(world(), claim("stock", measure="refugee_stock")) == UNDECIDED


def test_all_parts_must_hold_and_all_readings_agree() -> None:
    yes = claim("stock", "at_least", 1, measure="refugee_stock", part="yes")
    no = claim("stock", "at_least", 1e9, measure="refugee_stock", part="no")
    open_ = claim("none", part="open")
    assert judged(world(), yes, no).verdict == "contradicted"
    assert judged(world(), yes, open_).verdict == UNDECIDED
    assert judged(world(), no, open_).verdict == "contradicted"
    readings = [row.model_copy(update={"role": "reading"}) for row in (yes, no)]
    assert judged(world(), *readings).verdict == UNDECIDED
    assert judged(world(), readings[0], readings[0].model_copy(update={"part": "too"})).verdict == "supported"


def test_rows_known_later_change_hindsight_and_not_the_verdict_of_the_day() -> None:
    row = claim("stock", "at_least", 100_000, measure="idp_stock")
    later = figure(Measure.IDP_STOCK, "ORI", 150_000, known_on=date(2013, 6, 1))
    case = world(observed=(*small_case().observed, later))
    without = judged(world(), row)
    found = judged(case, row)
    assert (without.verdict, found.verdict) == ("contradicted", "contradicted")
    assert found.interval == without.interval
    assert (without.verdict_with_hindsight, found.verdict_with_hindsight) == ("contradicted", UNDECIDED)
    assert {evidence.known_then for evidence in found.evidence} == {True, False}
    assert "with hindsight not decidable" in found.reason


def test_what_only_hindsight_knows_is_shown_as_such() -> None:
    rows = tuple(row.model_copy(update={"known_on": date(2026, 1, 1)}) for row in small_case().observed)
    found = judged(world(observed=rows), claim("stock", "at_least", 1, measure="refugee_stock"))
    assert (found.verdict, found.verdict_with_hindsight, found.hindsight) == (UNDECIDED, "supported", True)
    assert found.parts[0].then is None
    assert "not known then, supported with hindsight" in found.reason


def test_what_is_dated_after_the_claim_counts_for_neither() -> None:
    early = claim("stock", "at_least", 1, measure="refugee_stock", date=date(2012, 6, 1))
    found = judged(world(), early)
    assert (found.verdict, found.verdict_with_hindsight) == (UNDECIDED, UNDECIDED)
    note = claim("notes", "at_least", 1, since=date(2012, 1, 1), until=date(2012, 6, 1), date=date(2012, 6, 1))
    assert then(world(), note) == UNDECIDED


def test_superseded_rows_are_what_was_known_then() -> None:
    """The deaths of the first month were half of what they are now, and known a day earlier."""
    when = {"since": date(2012, 1, 1), "until": date(2012, 1, 31)}
    now = sum(
        row.value for row in small_case().conditions if row.date == date(2012, 1, 1) and row.indicator == "violence"
    )
    revised = tuple(
        row.model_copy(update={"known_on": date(2013, 1, 1)})
        if (row.place, row.indicator, row.date) == ("north", "violence", date(2012, 1, 1))
        else row
        for row in small_case().conditions
    )
    found = judged(small_case().model_copy(update={"conditions": revised}), claim("violence", "at_least", now, **when))
    assert (found.verdict, found.verdict_with_hindsight) == ("contradicted", "supported")


def test_an_unknown_claim_is_named_with_its_likeness() -> None:
    with pytest.raises(UsageError, match="Did you mean 'made-up'"):
        judge_claims(world(), Claims((claim("none"),)), only=("made-upp",))


COMPARES = st.sampled_from(["at_least", "more_than", "at_most", "about"])
NUMBERS = st.floats(0, 1e6, allow_nan=False)


@given(COMPARES, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_a_wider_interval_never_makes_a_verdict(
    compare: str, value: float, near: float, one: float, other: float, below: float, above: float
) -> None:
    row = claim("displaced_share", compare, value, tolerance=near if compare == "about" else None)
    low, high = sorted((one, other))
    narrow, wide = verdict_of(row, low, high), verdict_of(row, low - below, high + above)
    assert narrow in VERDICTS
    assert wide in (narrow, UNDECIDED)


@given(st.sampled_from(["part", "reading"]), st.lists(st.sampled_from(VERDICTS), min_size=1, max_size=4), st.data())
def test_less_known_of_a_part_never_makes_a_verdict(role: str, verdicts: list[Any], data: st.DataObject) -> None:
    whole = combined(role, verdicts)
    at = data.draw(st.integers(0, len(verdicts) - 1))
    less = combined(role, [UNDECIDED if number == at else one for number, one in enumerate(verdicts)])  # type: ignore[misc]
    assert less in (whole, UNDECIDED)


def test_no_verdict_of_nothing() -> None:
    assert combined("part", []) == UNDECIDED
    assert combined("reading", [SUPPORTED, SUPPORTED]) == SUPPORTED


def test_months_end() -> None:
    assert month_end_after(date(2012, 2, 1)) == date(2012, 2, 29)
    assert month_end_after(date(2012, 12, 31)) == date(2012, 12, 31)


@pytest.fixture(scope="module")
def courses(tmp_path_factory: pytest.TempPathFactory) -> Courses:
    """Return few courses of a small case with homes that sanctions keep from being rebuilt."""
    homes = [
        row
        for name in DISTRICTS
        for row in (
            condition(name, "housing", 0.5),
            condition(name, "reconstruction", 500.0),
            condition(name, "sanctions", 0.8, date=date(2012, 2, 1)),
        )
    ]
    folder = tmp_path_factory.mktemp("courses")
    case = world(*homes)
    return Courses(case, simulated_until(case, DAY, folder / "run", replicates=3, jobs=1), folder, jobs=1)


def test_the_model_says_the_same_figures_and_decides_nothing(courses: Courses) -> None:
    rows = (
        claim("displaced_share", "at_least", 0.2, part="share"),
        claim("stock", "at_least", 1, measure="refugee_stock", part="abroad"),
        claim("stock", measure="idp_stock", part="inside"),
        claim("stock_share", places="HOA", part="of all"),
        claim("ranking", "more_than", 0, places="HOA HOB", part="order"),
    )
    alone, beside = judged(courses.case, *rows), judged(courses.case, *rows, courses=courses)
    assert beside.model_copy(update={"simulated": ()}) == alone
    found = {one.part: one for one in beside.simulated if "left out" not in one.what}
    assert 0.0 < found["share"].p50 < 1.0
    assert found["abroad"].p50 > 0.0
    assert 0.0 < found["of all"].p50 <= 1.0
    assert found["share"].p05 is None  # three are too few for an interval
    assert found["share"].date == DAY


def test_people_born_abroad_are_left_out_of_one_figure(courses: Courses) -> None:
    found = judged(courses.case, claim("displaced_share", "at_least", 0.2), courses=courses).simulated
    assert [("left out" in one.what) for one in found] == [False, True]


def test_without_sanctions_more_stands(courses: Courses) -> None:
    row = claim("without", indicator="sanctions", measure="housing", since=date(2012, 2, 1))
    [found] = judged(courses.case, row, courses=courses).simulated
    assert found.p50 > 0.0
    never = row.model_copy(update={"since": date(2012, 12, 30)})
    [none] = judged(courses.case, never, courses=courses).simulated
    assert none.p50 == 0.0


def test_without_a_record_there_are_no_courses_from_it(courses: Courses) -> None:
    row = claim("without", indicator="border", measure="returned_refugees", since=date(2012, 6, 1))
    assert judged(courses.case, row, courses=courses).simulated == ()


def test_courses_that_end_before_a_claim_say_nothing(courses: Courses) -> None:
    late = claim("stock", measure="refugee_stock", date=date(2013, 2, 1))
    assert courses.beside(late) == ()


def test_borders_are_taken_back_from_a_day_on(tmp_path: Path) -> None:
    case = small_case(end=date(2013, 12, 31))
    record = tuple(row.model_copy(update={"date": DAY}) for row in case.observed)
    closed = Event(
        place="HOA>ORI", date=date(2013, 2, 1), indicator=EventIndicator.BORDER, value="closed", **SAID
    )  # fmt: skip
    case = case.model_copy(update={"observed": record, "events": (*case.events, closed)})
    run = simulated_until(case, date(2013, 12, 31), tmp_path / "run", replicates=2, jobs=1)
    found = Courses(case, run, tmp_path, jobs=1).beside(
        claim(
            "without", indicator="border", measure="returned_refugees", since=date(2013, 2, 1), date=date(2013, 12, 1)
        )
    )
    assert len(found) == 2
    assert found[0].p50 >= 0.0
