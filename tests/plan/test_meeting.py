"""Meetings: who is covered, who can move what, and what it would move, on a small case and on the built-in Syria."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from homeward.case.conference import Conference
from homeward.case.folder import load_case, load_conference
from homeward.case.levers import usable
from homeward.case.schema import Basis, Case, Event, EventIndicator, Fitted, Measure
from homeward.engine.simulate import expected_course
from homeward.errors import UsageError
from homeward.judge.limits import limits_with
from homeward.learn.coalitions import Branches, FloatArray, LeverSet, returns_under
from homeward.plan.forecast import Start, prepared
from homeward.plan.meeting import Asked, counted_months, find_meeting, hold_meeting, refugees_covered
from homeward.results.meeting_contract import MeetingDocument
from homeward.rules.homeward import HomewardRules
from tests.conference import MEETING, lever, meeting, small_conference
from tests.plan.dated_case import AS_OF, dated_case

NO_CROWDING = {"crowding_out_hazard": 0.0, "crowding_weight": 0.0, "return_hazard_open": 4.0}
"""And many who return, so that chance is small. Of housing nothing is known in the small case, so that crowding at home
worsens nothing either."""

MONTHS = 3
ASKED = Asked(MONTHS, 3, 3, 1, 1, limits_with({"violence": 1_000.0, "persecution_risk": 0.5}))
HOLDERS = ("home", "rebels", "hoa", "donor")


def border_closed() -> Event:
    return Event(
        place="HOA>ORI", date=date(2016, 6, 1), indicator=EventIndicator.BORDER, value="selective", source="made-up",
        known_on=date(2016, 6, 1), basis=Basis.OBSERVED,
    )  # fmt: skip


@cache
def case_of_the_meeting() -> Case:
    """Return the dated case with a border that a lever opens, and without crowding."""
    case = dated_case()
    settings = case.settings.model_copy(update={"parameters": {**case.settings.parameters, **NO_CROWDING}})
    return case.model_copy(update={"settings": settings, "events": (*case.events, border_closed())})


def start_of(case: Case) -> Start:
    fitted = Fitted(fitted_through=AS_OF, known_on=AS_OF, parameters={}, opening_chance=0.05)
    return prepared(case, fitted, as_of=MEETING, until=counted_months(meeting("home"), MONTHS)[2])


def held(case: Case | None = None, conference: Conference | None = None, asked: Asked = ASKED) -> MeetingDocument:
    case, conference = case or case_of_the_meeting(), conference or small_conference()
    return hold_meeting(case, conference, conference.meetings[0], start_of(case), asked)


@pytest.fixture(scope="module")
def document() -> MeetingDocument:
    return held()


# Coverage

SYRIA = load_case("syria")
DAMASCUS = load_conference("syria", SYRIA)


def test_of_syrias_refugees_the_hosts_in_damascus_had_17_and_a_half_percent_as_known_that_day() -> None:
    """The arithmetic of the fact sheet: Lebanon and Iraq 1,156,396 of 6,615,249 at the end of 2019."""
    found = refugees_covered(SYRIA, DAMASCUS, find_meeting(DAMASCUS, "damascus-2020"))
    assert (found.as_of, found.covered, found.total) == (date(2019, 12, 31), 1_156_396, 6_615_249)
    assert f"{found.share:.1%}" == "17.5%"
    assert not found.hindsight
    assert {row.name for row in found.rows if row.in_the_room} == {"LBN", "IRQ"}
    assert sum(row.people for row in found.rows) == found.total
    by_party = {row.party: row.people for row in found.rows}
    assert max(by_party, key=lambda party: by_party[party]) == "turkiye"


def test_with_hindsight_it_was_16_and_a_half_percent_at_the_end_of_2020() -> None:
    later = replace_meeting(DAMASCUS, date(2021, 7, 1))
    found = refugees_covered(SYRIA, later, later.meetings[0])
    assert found.as_of == date(2020, 12, 31)
    assert f"{found.share:.1%}" == "16.5%"


def replace_meeting(conference: Conference, day: date) -> Conference:
    one = find_meeting(conference, "damascus-2020").model_copy(update={"date": day})
    return conference.model_copy(update={"meetings": (one,)})


def test_figures_that_became_known_later_are_hindsight_and_are_said_to_be(document: MeetingDocument) -> None:
    known, hindsight = document.coverage
    assert (known.as_of, known.hindsight) == (date(2015, 12, 31), False)
    assert (hindsight.as_of, hindsight.hindsight) == (date(2016, 12, 31), True)
    figures = {row.place: row.value for row in case_of_the_meeting().observed
               if (row.measure, row.date) == (Measure.REFUGEE_STOCK, known.as_of)}  # fmt: skip
    assert (document.refugees_total, document.refugees_hosted_by_attending) == (
        figures["HOA"] + figures["HOB"], figures["HOA"],
    )  # fmt: skip
    assert document.share == pytest.approx(figures["HOA"] / (figures["HOA"] + figures["HOB"]))


def test_a_meeting_before_any_figure_has_no_share() -> None:
    early = meeting("hoa", date=date(2014, 1, 1))
    with pytest.raises(UsageError, match="no figure of refugees by country of asylum was known on 2014-01-01"):
        refugees_covered(case_of_the_meeting(), small_conference(), early)


def test_idps_are_covered_by_who_holds_their_district() -> None:
    """The north is held to 0.6 by the government and to 0.4 by the opposition, the south by the government."""
    case = case_of_the_meeting()
    row = next(row for row in case.observed if row.measure is Measure.REFUGEE_STOCK and row.date.year == 2015)
    idps = [
        row.model_copy(update={"measure": Measure.IDP_STOCK, "place": place, "value": value})
        for place, value in (("north", 1_000.0), ("south", 500.0))
    ]
    found = held(case.model_copy(update={"observed": (*case.observed, *idps)}), asked=replace(ASKED, replicates=1,
                 shared_out=1)).coverage[-1]  # fmt: skip
    assert (found.of, found.total, found.covered) == ("idps", 1_500.0, 1_100.0)
    assert [(one.name, one.party, one.people) for one in found.rows] == [
        ("government", "home", 1_100.0), ("opposition", "rebels", 400.0),
    ]  # fmt: skip


# Levers


def test_levers_are_available_blocked_or_absent(document: MeetingDocument) -> None:
    assert document.levers_available == ("amnesty", "crossings")
    assert document.levers_blocked == ("papers",)
    status = {one.id: (one.status, one.missing, one.wanted, one.acts) for one in document.levers}
    assert status == {
        "promise": ("absent", (), ("rebels",), False),
        "amnesty": ("usable", (), (), True),
        "papers": ("blocked", ("promise",), (), True),
        "crossings": ("usable", (), (), True),
        "watch": ("absent", (), ("rebels", "donor"), True),
    }
    assert (document.in_the_room, document.not_in_the_room) == (("home", "hoa"), ("rebels", "hob", "donor"))


def test_what_one_more_party_would_bring(document: MeetingDocument) -> None:
    """The watch needs both of two; so nobody alone brings it, and the promise of one frees what another holds."""
    found = {one.party: (one.refugees, one.gained, one.returns.levers) for one in document.invitations}
    hob = next(row.people for row in document.coverage[0].rows if row.name == "HOB")
    assert found == {
        "rebels": (0.0, ("papers", "promise"), ("amnesty", "crossings", "papers")),
        "hob": (hob, (), ("amnesty", "crossings")),
        "donor": (0.0, (), ("amnesty", "crossings")),
    }
    nothing = next(one.returns for one in document.invitations if one.party == "hob")
    assert (nothing.more.p50, nothing.people) == (0.0, document.returns.with_levers.people)


def test_levers_that_help_bring_more_home_than_none(document: MeetingDocument) -> None:
    assert document.returns.without.levers == ()
    assert document.returns.without.more.p50 == 0.0
    assert document.returns.with_levers.more.p50 > 0.0
    both = (document.returns.with_levers, document.returns.without)
    for pillar in (pillar for one in both for pillar in one.pillars):
        assert 0.0 <= pillar.met.p50 <= pillar.met_or_unknown.p50
    assert document.returns.with_levers.people.p05 is None


def test_months_count_from_the_first_of_the_next_and_are_followed_for_a_year() -> None:
    assert counted_months(meeting("home"), 3) == (date(2017, 1, 1), date(2017, 3, 31), date(2018, 3, 31))
    november = meeting("home", date=date(2020, 11, 11))
    assert counted_months(november, 24) == (date(2020, 12, 1), date(2022, 11, 30), date(2023, 11, 30))


def test_an_unknown_meeting_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"there is no meeting 'talk'\. Did you mean 'talks'"):
        find_meeting(small_conference(), "talk")
    with pytest.raises(UsageError, match="None is known here"):
        find_meeting(Conference(), "talks")


def test_the_same_seed_gives_the_same_document_and_another_another(document: MeetingDocument) -> None:
    assert held() == document
    assert held(asked=replace(ASKED, seed=2)).returns != document.returns


# Figures known later


def test_rows_that_became_known_later_change_nothing_but_the_hindsight(document: MeetingDocument) -> None:
    case = case_of_the_meeting()
    later: dict[str, Callable[[Any], Any]] = {
        "conditions": lambda row: row.model_copy(update={"value": min(1.0, row.value * 3)}),
        "events": lambda row: row.model_copy(update={"value": "open"}),
        "observed": lambda row: row.model_copy(update={"value": row.value * 3}),
    }
    poisoned = {
        table: tuple(row if row.known_on <= MEETING else change(row) for row in getattr(case, table))
        for table, change in later.items()
    }
    found = held(case.model_copy(update=poisoned))
    assert found.coverage[1].total == pytest.approx(3 * document.coverage[1].total)
    assert found.model_copy(update={"coverage": document.coverage}) == document
    assert found.coverage[0] == document.coverage[0]


# Attribution


def test_shapley_values_add_up_to_what_all_add_to_nobody(document: MeetingDocument) -> None:
    assert [(one.players, one.bound) for one in document.shapley] == [
        (players, bound) for players in ("parties", "levers") for bound in ("returns", "met", "met or unknown")
    ]
    for one in document.shapley:
        assert one.exact
        assert sum(row.value for row in one.rows) == pytest.approx(one.total, abs=1e-6)
    assert document.shapley[0].total > 1_000


def test_parties_and_levers_share_out_the_same_whole(document: MeetingDocument) -> None:
    """A commitment without effects is a player too: without it what requires it could never be pulled."""
    for of_parties, of_levers in zip(document.shapley[:3], document.shapley[3:], strict=True):
        assert of_parties.total == pytest.approx(of_levers.total)
    value = {row.player: row.value for row in document.shapley[3].rows}
    assert set(value) == {"promise", "amnesty", "papers", "crossings", "watch"}
    assert value["promise"] == pytest.approx(value["papers"])
    assert value["promise"] > 0


def test_parties_without_a_lever_are_no_players(document: MeetingDocument) -> None:
    assert [row.player for row in document.shapley[0].rows] == ["home", "rebels", "hoa", "donor"]


def test_what_is_required_is_compared_alone_and_together(document: MeetingDocument) -> None:
    [one] = document.requirements
    assert (one.lever, one.requires) == ("watch", ("amnesty",))
    assert one.together.p50 > one.required_alone.p50 > 0
    assert one.together.p50 > one.lever_alone.p50 > 0


def test_where_no_lever_acts_nothing_is_shared_out() -> None:
    idle = small_conference().model_copy(update={"levers": (lever("promise", "rebels"),)})
    found = held(conference=idle)
    assert [(one.total, one.rows) for one in found.shapley] == [(0.0, ())] * 6
    assert found.returns.with_levers == found.returns.without


# Adding parties


@cache
def branches() -> Branches:
    """Return the levers of the small case: guarantees and an open border, which can only help."""
    start = start_of(case_of_the_meeting())
    first, counted, _ = counted_months(meeting("home"), MONTHS)
    return Branches(
        start.case, small_conference().levers, first, counted, 1, None, start.continuation, ASKED.limits
    )  # fmt: skip


@cache
def coalitions() -> dict[frozenset[str], LeverSet]:
    """Return what each coalition can pull."""
    rooms = [frozenset(room) for size in range(len(HOLDERS) + 1) for room in combinations(HOLDERS, size)]
    return {room: usable(small_conference().levers, room) for room in rooms}


def expected_returns(names: LeverSet) -> tuple[float, int]:
    """Return the refugees who are expected to come back in the months that count, and rows that were rounded."""
    case = branches().laid(names)
    course = expected_course(HomewardRules(case))
    ends, places = course.names.month_ends, course.names.places
    country = {place.id: place.country for place in case.places}
    counts = [
        int(people)
        for month, host, people in zip(*(course.returns[name] for name in ("month", "host", "people")), strict=True)
        if branches().pulled_on <= ends[month] <= branches().counted_until and country[places[host]] != "ORI"
    ]
    return float(sum(counts)), len(counts)


def test_no_party_that_comes_lowers_the_expected_returns_where_levers_only_help_and_nothing_crowds() -> None:
    """The expected course has no chance in it, so this is exact up to the rounding of its rows, half a person each."""
    found = {names: expected_returns(names) for names in set(coalitions().values())}
    gained = 0
    for room, names in coalitions().items():
        for party in set(HOLDERS) - room:
            more = coalitions()[room | {party}]
            (before, rows), (after, more_rows) = found[names], found[more]
            assert after >= before - 0.5 * (rows + more_rows), (sorted(room), party)
            gained += after > before + 100
            assert (names == more) <= (before == after)
    assert gained > 10


def people_under(under: Branches, *sets: LeverSet) -> dict[LeverSet, FloatArray]:
    """Return the returns of three replicates under each set of levers."""
    found = returns_under(under, dict.fromkeys(sets, range(3)), jobs=1)
    return {names: np.array([values[number][0] for number in range(3)]) for names, values in found.items()}


def test_no_party_that_comes_lowers_returns_in_any_replicate_beyond_chance() -> None:
    """Replicates share their chance, so that of a difference is that of those who decide otherwise alone.

    Tolerance: 4.9 standard deviations of a Poisson number as large as the returns without the party, as if nothing of
    the chance were shared. A false alarm has at most 5e-7 for each comparison of the 96; a party that would lower
    returns by a twentieth is seen, since returns are over 10,000 throughout.
    """
    worths = people_under(branches(), *coalitions().values())
    for room, names in coalitions().items():
        for party in set(HOLDERS) - room:
            before, after = worths[names], worths[coalitions()[room | {party}]]
            assert (before > 10_000).all()
            assert (after >= before - 4.9 * np.sqrt(before)).all(), (sorted(room), party)


def test_a_lever_that_does_harm_shows_that_the_test_could_fail() -> None:
    """The control: risk that a lever adds where the others take it away."""
    harm = lever("harm", "hoa", parameters={"return_hazard_open": 0.001})
    harmful = replace(branches(), levers=(*small_conference().levers, harm))
    worths = people_under(harmful, frozenset(), frozenset({"harm"}))
    before, after = worths[frozenset()], worths[frozenset({"harm"})]
    assert (after < before - 4.9 * np.sqrt(before)).all()
