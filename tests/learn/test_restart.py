"""A case restarted from a record: as many people as were counted, and everybody of every origin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from homeward.case.check import check_case
from homeward.case.folder import read_case, write_case
from homeward.case.schema import Basis, Case, Fitted, Measure, Observation, Population, Stage
from homeward.engine.simulate import expected_course, expected_end, simulate
from homeward.engine.state import State
from homeward.errors import UsageError
from homeward.judge.observe import Observer
from homeward.judge.simulated import simulated_course
from homeward.learn.restart import restarted
from homeward.rules.homeward import HomewardRules
from tests.known_case import with_parameters
from tests.small_case import DISTRICTS, small_case

SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2013, 6, 20), "basis": Basis.OBSERVED}
WHEN = date(2012, 12, 31)
HOST_OF = {"bordertown": "HOA", "camp": "HOA", "city": "HOA", "farland": "HOB"}
STOCK, SEEKERS, IDPS = Measure.REFUGEE_STOCK, Measure.ASYLUM_SEEKER_STOCK, Measure.IDP_STOCK
RECORD = {
    (STOCK, "HOA"): 41_003, (STOCK, "HOB"): 2_501, (SEEKERS, "HOB"): 1_207,
    (IDPS, "north"): 40_001, (IDPS, "south"): 70_003, (IDPS, "east"): 90_007,
}  # fmt: skip
"""Other figures than those that are simulated, and none that a rounding would bring about."""
BLOCKS = 12
"""People are rounded in so many blocks at most that an origin has a part in."""


def figure(measure: Measure, place: str, value: float, **more: Any) -> Observation:
    row = {"date": WHEN, "measure": measure, "place": place, "value": value, "definition": "first"}
    return Observation.model_validate(row | SAID | more)


def case_of(*rows: Observation, **parameters: float) -> Case:
    """Return the small case over two years with these figures, at first without anybody abroad unregistered."""
    case = small_case(end=date(2013, 12, 31), camp_capacity=None, parameters=parameters)
    return case.model_copy(update={"observed": rows})


def recorded(*without: tuple[Measure, str]) -> tuple[Observation, ...]:
    return tuple(figure(*key, value) for key, value in RECORD.items() if key not in without)


CASE = case_of(*recorded())


@pytest.fixture(scope="module")
def again() -> Case:
    return restarted(CASE, WHEN)


@pytest.fixture(scope="module")
def end() -> tuple[HomewardRules, State, Observer]:
    """Return the simulated course up to the day of the record: rules, its last state, and what registers say."""
    until = CASE.model_copy(update={"settings": CASE.settings.model_copy(update={"end": WHEN})})
    rules = HomewardRules(until)
    course, state = expected_end(rules)
    return rules, state, Observer(simulated_course(until, rules.parameters.values, course))


def people(case: Case, wanted: Callable[[Population], bool]) -> int:
    return sum(row.people for row in case.population if wanted(row))


def abroad(case: Case, country: str, *, registered: bool) -> int:
    def wanted(row: Population) -> bool:
        return (row.stage, HOST_OF.get(row.place), row.registered) == (Stage.REFUGEE, country, registered)

    return people(case, wanted)


def displaced(case: Case, district: str) -> int:
    return people(case, lambda row: (row.stage, row.place) == (Stage.DISPLACED, district))


# People of the record


def test_registered_refugees_and_idps_are_as_recorded(again: Case) -> None:
    assert {country: abroad(again, country, registered=True) for country in ("HOA", "HOB")} == {
        "HOA": RECORD[STOCK, "HOA"],
        "HOB": RECORD[STOCK, "HOB"],
    }
    assert {name: displaced(again, name) for name in DISTRICTS} == {name: RECORD[IDPS, name] for name in DISTRICTS}


def test_the_record_is_not_what_was_simulated(end: tuple[HomewardRules, State, Observer]) -> None:
    """Otherwise the test above would hold of a case that is left as it is."""
    monthly = end[2].monthly
    for name in DISTRICTS:
        assert abs(monthly.displaced[0, -1, monthly.places.index(name)] / RECORD[IDPS, name] - 1) > 0.05, name
    for number, country in enumerate(("HOA", "HOB")):
        assert abs(end[2].register.registered[0, -1, number] / RECORD[STOCK, country] - 1) > 0.05, country


def test_asylum_seekers_of_the_record_wait_for_their_registration(again: Case) -> None:
    assert abroad(again, "HOB", registered=False) == RECORD[SEEKERS, "HOB"]


def test_districts_without_a_figure_share_what_is_left_of_the_country() -> None:
    rows = (*recorded((IDPS, "north"), (IDPS, "south")), figure(IDPS, "ORI", 150_007))
    again = restarted(case_of(*rows), WHEN)
    north, south, east = (displaced(again, name) for name in ("north", "south", "east"))
    assert east == RECORD[IDPS, "east"]
    assert north + south == pytest.approx(150_007 - east, abs=1)
    alone = restarted(case_of(*recorded((IDPS, "north"), (IDPS, "south"))), WHEN)
    assert north / south == pytest.approx(displaced(alone, "north") / displaced(alone, "south"), rel=1e-3)


def test_a_few_single_files_are_no_record_of_a_host(end: tuple[HomewardRules, State, Observer]) -> None:
    rows = (*recorded((STOCK, "HOA")), figure(STOCK, "HOA", 193))
    again = restarted(case_of(*rows), WHEN)
    register = end[2].register
    assert abroad(again, "HOA", registered=True) == pytest.approx(register.registered[0, -1, 0], rel=0.01)


def test_near_by_wait_as_many_to_one_on_the_register_as_in_the_course(
    again: Case, end: tuple[HomewardRules, State, Observer]
) -> None:
    register = end[2].register
    share = float(register.waiting[0, -1, 0] / register.registered[0, -1, 0])
    assert share > 0.001
    assert abroad(again, "HOA", registered=False) == pytest.approx(share * RECORD[STOCK, "HOA"], abs=1)


def test_everybody_of_an_origin_is_somewhere(again: Case, end: tuple[HomewardRules, State, Observer]) -> None:
    rules, state, _ = end
    census = state.census(rules.space.classes)
    for number, origin in enumerate(rules.space.origins):
        simulated = census[rules.space.group_origin == number].sum()
        assert people(again, lambda row, name=origin: row.origin == name) == pytest.approx(simulated, abs=BLOCKS)  # type: ignore[misc]


def test_those_at_home_make_up_for_more_or_fewer_elsewhere() -> None:
    """A thousand more IDPs in the south are a thousand fewer who live at home or have returned."""
    more = tuple(
        row.model_copy(update={"value": row.value + 1_000}) if row.place == "south" else row for row in CASE.observed
    )
    few, many = restarted(CASE, WHEN), restarted(CASE.model_copy(update={"observed": more}), WHEN)
    at_home = [people(case, lambda row: row.stage in (Stage.RESIDENT, Stage.RETURNED)) for case in (few, many)]
    assert at_home[0] - at_home[1] == pytest.approx(1_000, abs=BLOCKS)


def test_origins_places_and_frailty_classes_are_split_as_in_the_course(
    again: Case, end: tuple[HomewardRules, State, Observer]
) -> None:
    """Within what is scaled by one factor: the refugees of a country, and the IDPs of a district."""
    rules, state, _ = end
    now = situations(again, rules)
    then = state.counts + state.ring.sum(axis=0)
    space = rules.space
    stage, place = (np.repeat(each, space.classes) for each in (space.group_stage, space.group_place))
    hosts = [space.places.index(name) for name, country in HOST_OF.items() if country == "HOA"]
    south = [space.places.index("south")]
    for name, where in (("refugee", hosts), ("displaced", south)):
        here = (stage == space.stages.index(name)) & np.isin(place, where)
        factor = now[here].sum() / then[here].sum()
        np.testing.assert_allclose(now[here], factor * then[here], atol=2)
        by_class = now[here].reshape(-1, space.classes).sum(axis=0)
        assert by_class[-1] > 1.5 * by_class[0]


def situations(case: Case, rules: HomewardRules) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return people by situation; every row has its class."""
    space, found = rules.space, np.zeros(rules.space.situations)
    for row in case.population:
        assert row.frailty_class is not None
        group = space.group(space.origins.index(row.origin), space.places.index(row.place), row.stage.value)
        found[group * space.classes + row.frailty_class] += row.people
    return found


def test_of_two_definitions_the_first_is_taken_and_figures_by_origin_are_not() -> None:
    rows = (
        figure(STOCK, "HOA", 9_000, origin="north"),
        figure(STOCK, "HOA", 30_000, date=date(2012, 12, 30)),
        figure(STOCK, "HOA", 41_003),
        figure(STOCK, "HOA", 60_000, definition="second"),
    )
    assert abroad(restarted(case_of(*rows), WHEN), "HOA", registered=True) == 41_003


# What has no record


def test_what_has_no_record_stays_as_simulated(end: tuple[HomewardRules, State, Observer]) -> None:
    case = restarted(case_of(*recorded((STOCK, "HOB"), (SEEKERS, "HOB"), (IDPS, "north"))), WHEN)
    in_farland = abroad(case, "HOB", registered=True) + abroad(case, "HOB", registered=False)
    assert in_farland == pytest.approx(census_of(end, "refugee", "farland"), abs=1)
    assert displaced(case, "north") == pytest.approx(census_of(end, "displaced", "north"), abs=1)
    assert abroad(case, "HOA", registered=True) == RECORD[STOCK, "HOA"]


def census_of(end: tuple[HomewardRules, State, Observer], stage: str, place: str) -> float:
    """Return people of a stage at a place or on the way there, at the end of the simulated course."""
    rules, state, _ = end
    space = rules.space
    here = (space.group_stage == space.stages.index(stage)) & (space.group_place == space.places.index(place))
    return float(state.census(space.classes)[here].sum())


def test_where_there_is_no_record_those_who_wait_go_on_waiting(end: tuple[HomewardRules, State, Observer]) -> None:
    """A far country recognises people one by one: who is simulated to wait for that has still to wait."""
    case = restarted(case_of(*recorded((STOCK, "HOB"), (SEEKERS, "HOB"))), WHEN)
    register = end[2].register
    registered, waiting = float(register.registered[0, -1, 1]), float(register.waiting[0, -1, 1])
    assert waiting > 0.2 * registered
    share = abroad(case, "HOB", registered=False) / (
        abroad(case, "HOB", registered=True) + abroad(case, "HOB", registered=False)
    )
    assert share == pytest.approx(waiting / (registered + waiting), rel=0.05)


def test_those_with_new_papers_stay_as_they_are(again: Case, end: tuple[HomewardRules, State, Observer]) -> None:
    for stage in (Stage.NATURALISED, Stage.RESETTLED):
        simulated = sum(census_of(end, stage.value, place) for place in HOST_OF)
        assert simulated > 10
        assert people(again, lambda row, name=stage: row.stage is name) == pytest.approx(simulated, abs=1)  # type: ignore[misc]


# The restarted case


def test_it_begins_the_day_after_and_is_the_same_case_otherwise(again: Case) -> None:
    assert (again.settings.start, again.settings.end) == (date(2013, 1, 1), CASE.settings.end)
    assert "restarted from the record of 2012-12-31" in again.settings.title
    for table in ("places", "routes", "conditions", "events", "observed", "fitted"):
        assert getattr(again, table) == getattr(CASE, table), table
    assert again.settings.parameters == CASE.settings.parameters
    assert {row.known_on for row in again.population} == {date(2013, 6, 20)}
    assert {row.basis for row in again.population} == {Basis.ESTIMATE}


def test_it_is_a_sound_case(again: Case) -> None:
    assert [str(problem) for problem in check_case(again)] == []


def test_no_two_rows_are_of_the_same_people(again: Case) -> None:
    keys = Counter((r.origin, r.place, r.stage, r.frailty_class, r.registered) for r in again.population)
    assert max(keys.values()) == 1


def test_it_reads_back_equal_from_a_folder(again: Case, tmp_path: Path) -> None:
    write_case(again, tmp_path / "again")
    assert read_case(tmp_path / "again") == again


def figures_of(case: Case, when: date) -> dict[tuple[Measure, str], float]:
    """Return what the expected course of a case says on a day about everything that has a record."""
    until = case.model_copy(update={"settings": case.settings.model_copy(update={"end": when})})
    rules = HomewardRules(until)
    observer = Observer(simulated_course(until, rules.parameters.values, expected_course(rules)))
    return {key: float(observer.central(figure(*key, 1.0, date=when))[0]) for key in RECORD}


def test_its_first_month_end_is_close_to_the_record(again: Case) -> None:
    """A tenth of those in HOA wait, and half of these are registered in a month; the course goes on as well."""
    found = figures_of(again, date(2013, 1, 31))
    near = {key: value for key, value in RECORD.items() if key[1] != "HOB"}
    assert {key: found[key] for key in near} == pytest.approx(near, rel=0.1)
    assert sum(found[key] for key in found if key[1] == "HOB") == pytest.approx(2_501 + 1_207, rel=0.1)


def test_a_case_restarted_from_what_was_simulated_goes_on_as_before() -> None:
    """To 2 %, in the far country to 10 %, where nobody asks for how long people have been away and what they believe.

    Both are forgotten in a restart: no record tells them.

    Who was on the way is in no record and sets out anew: half a month's worth of those who go far. Who is off the
    register since the audit is left out, which no figure shows.
    """
    forgetful = with_parameters(CASE, {**CASE.settings.parameters, "perception_lag": 0.0, "return_weight_years": 0.0})
    simulated = tuple(figure(*key, value) for key, value in figures_of(forgetful, WHEN).items())
    case = restarted(forgetful.model_copy(update={"observed": simulated}), WHEN)
    for when in (date(2013, 1, 31), date(2013, 6, 30)):
        before, after = figures_of(forgetful, when), figures_of(case, when)
        near = {key for key in RECORD if key[1] != "HOB"}
        assert {key: after[key] for key in near} == pytest.approx({key: before[key] for key in near}, rel=0.02), when
        assert after == pytest.approx(before, rel=0.1), when


def test_it_can_be_simulated(again: Case) -> None:
    course = simulate(HomewardRules(again))
    assert course.balance.people_start == sum(row.people for row in again.population)
    assert course.names.month_ends[0] == date(2013, 1, 31)


def test_it_remembers_the_violence_before_its_start(again: Case) -> None:
    early, late = HomewardRules(CASE), HomewardRules(again)
    days = (again.settings.start - CASE.settings.start).days
    gap = early.world.intensity_sum[days + 1] - early.world.intensity_sum[days]
    np.testing.assert_allclose(late.world.intensity_sum[1], gap)
    assert gap.max() > 1


def test_it_remembers_what_was_destroyed_and_rebuilt_before_its_start() -> None:
    shot = small_case()
    row = next(row for row in shot.conditions if row.indicator == "violence")
    housing = row.model_copy(update={"indicator": "housing", "date": shot.settings.start, "value": 0.9})
    case = shot.model_copy(update={"conditions": (*shot.conditions, housing)})
    later = case.settings.start + timedelta(days=200)
    begun = case.model_copy(update={"settings": case.settings.model_copy(update={"start": later}), "events": ()})
    whole, rest = (HomewardRules(one).world.stocks for one in (case, begun))
    np.testing.assert_allclose(rest, whole[200:])
    place = HomewardRules(case).space.origins.index(row.place)
    assert rest[0, place, 0, 1] < 0.9


def test_it_can_be_restarted_again_and_keeps_what_was_fitted() -> None:
    fitted = Fitted(fitted_through=WHEN, known_on=WHEN, parameters={"spill_over": 0.1})
    later = figure(STOCK, "HOA", 35_001, date=date(2013, 6, 30))
    case = case_of(*recorded(), later).model_copy(update={"fitted": fitted})
    twice = restarted(restarted(case, WHEN), date(2013, 6, 30))
    assert twice.settings.start == date(2013, 7, 1)
    assert twice.fitted == fitted
    assert abroad(twice, "HOA", registered=True) == 35_001
    assert [source.id for source in twice.sources] == ["made-up", "restart"]


# What is refused


@pytest.mark.parametrize("when", [date(2011, 12, 31), date(2013, 12, 31), date(2014, 12, 31)])
def test_a_day_outside_the_case_is_refused(when: date) -> None:
    with pytest.raises(UsageError, match=f"a restart on {when} lies outside the case"):
        restarted(case_of(figure(STOCK, "HOA", 5_000, date=when)), when)


RETURNS = figure(Measure.RETURNED_REFUGEES, "HOA", 5_000)
OF_ONE_ORIGIN = figure(STOCK, "HOA", 5_000, origin="north")
OF_THE_DAY_BEFORE = figure(STOCK, "HOA", 5_000, date=date(2012, 12, 30))


@pytest.mark.parametrize(
    "rows",
    [(), (OF_THE_DAY_BEFORE,), (OF_ONE_ORIGIN,), (RETURNS,)],
    ids=["none", "another day", "one origin", "flows alone"],
)
def test_a_day_without_an_observed_stock_is_refused(rows: Sequence[Observation]) -> None:
    with pytest.raises(UsageError, match="no observed stock of 2012-12-31"):
        restarted(case_of(*rows), WHEN)
