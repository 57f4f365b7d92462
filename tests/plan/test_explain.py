"""Where a figure comes from: factors are those of the rules, rows are those of the case, totals are sums."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.case.indicators import HOME_CONDITIONS, HOST_CONDITIONS
from homeward.case.schema import Basis, Case, Condition, Event, EventIndicator
from homeward.engine.drawn import member_parameters
from homeward.engine.simulate import expected_course
from homeward.errors import UsageError
from homeward.learn.ensemble import run_ensemble
from homeward.plan.explain import explain_returns
from homeward.plan.explain_course import FACTORS, watched_course
from homeward.results.contract import Continuation
from homeward.results.explain_contract import ExplainedPair, Explanation
from homeward.results.run import Run
from homeward.rules.calendar import DAYS_PER_YEAR, Block
from homeward.rules.homeward import HomewardRules
from homeward.rules.homeward.space import MOVE_KINDS
from homeward.rules.tables import Tables
from tests.small_case import small_case

FloatArray = NDArray[np.float64]
START, END = date(2012, 1, 1), date(2012, 7, 20)
JUNE = 5
SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}
OPEN = {
    "return_gate_threshold": -3.0,
    "persecution_risk": 0.2,
    "return_weight_push": 0.4,
    "return_weight_neighbours": 2.0,
}


def condition(place: str, indicator: str, value: float, day: date = START) -> Condition:
    return Condition(place=place, date=day, indicator=indicator, value=value, **SAID)


def known_case(*more: Condition, **parameters: float) -> Case:
    """Return half a year in which much is known of the north and of HOA; the south and the east do not adjoin."""
    case = small_case(start=START, end=END, step_hours=168, parameters={**OPEN, **parameters})
    rows = {(row.place, row.indicator, row.date): row for row in case.conditions}
    given = [condition("north", name, 0.6) for name in HOME_CONDITIONS]
    given += [condition("HOA", name, 0.7) for name in HOST_CONDITIONS]
    given += [condition("HOA", "return_intention", 0.1), condition("north", "fled.government", 0.6), *more]
    rows |= {(row.place, row.indicator, row.date): row for row in given}
    apart = [r for r in case.routes if {r.from_place, r.to_place} not in ({"south", "east"}, {"north", "east"})]
    gate = Event(place="HOA>ORI", date=date(2012, 6, 15), indicator=EventIndicator.BORDER, value="restricted", **SAID)
    events = (*case.events, gate)
    return case.model_copy(update={"conditions": tuple(rows.values()), "routes": tuple(apart), "events": events})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run of twenty replicates that each drew their parameters."""
    folder = tmp_path_factory.mktemp("explain") / "known"
    run_ensemble(known_case(), folder, seed=5, replicates=20, jobs=1, drawn="prior")
    return Run.open(folder)


@pytest.fixture(scope="module")
def one_flow(run: Run) -> Explanation:
    return explain_returns(run, host="HOA", district="north", month="2012-06")


class _Spy(HomewardRules):
    """Rules that note the hazards of return per year that they wrote into their tables."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self.seen: list[tuple[int, FloatArray, FloatArray]] = []

    def fill(self, tables: Tables, block: Block, census: FloatArray, shocks: Sequence[FloatArray]) -> None:
        super().fill(tables, block, census, shocks)
        cumulative, kind = tables.move.kind_cumulative, MOVE_KINDS.index("return")
        hazard = DAYS_PER_YEAR * (cumulative[:, kind] - cumulative[:, kind - 1])[:: self.space.classes]
        groups = self.groups
        refugees = hazard[groups.refugee : groups.following].reshape(groups.origins, groups.abroad)
        displaced = hazard[groups.displaced : groups.refugee].reshape(groups.origins, groups.homes)
        self.seen.append((block.month, refugees, displaced))


@pytest.mark.parametrize("idps", [False, True])
def test_the_product_of_the_factors_is_the_hazard_in_the_tables_of_the_rules(*, idps: bool) -> None:
    case = known_case(perception_lag=40.0, season_strength=0.3, return_weight_intention=0.5)
    settings = case.settings.model_copy(update={"end": date(2012, 6, 30)})
    case = case.model_copy(update={"settings": settings})
    spy = _Spy(case)
    expected_course(spy)
    in_tables = [(displaced if idps else refugees) for month, refugees, displaced in spy.seen if month == JUNE]
    course = watched_course(case, JUNE, idps=idps)
    assert len(in_tables) == len(course.moments) > 4
    for moment, hazard in zip(course.moments, in_tables, strict=True):
        product = math.prod(moment.factors[name] for name in FACTORS if name in moment.factors)
        assert hazard.max() > 0.001
        np.testing.assert_allclose(product, hazard, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(moment.hazard, hazard, rtol=1e-9, atol=1e-12)


def test_a_flow_is_a_product_of_telling_factors(one_flow: Explanation) -> None:
    [pair] = one_flow.pairs
    assert (pair.host, pair.district) == ("HOA", "north")
    assert set(pair.places) == {"bordertown", "camp", "city"}
    assert math.prod(factor.value for factor in pair.factors) == pytest.approx(pair.hazard, rel=1e-9)
    assert pair.decided_middle == pytest.approx(pair.people_middle * pair.share_month)
    assert pair.returns_middle == pytest.approx(pair.decided_middle, rel=0.2)
    border = factor_of(pair, "border")
    assert (border.first, border.last) == (1.0, 0.4)
    assert {"permeability_open", "permeability_restricted"} == set(border.parameters)


def factor_of(pair: ExplainedPair, name: str) -> Any:
    return next(factor for factor in pair.factors if factor.name == name)


def input_of(pair: ExplainedPair, factor: str, name: str, of: str | None = None) -> float | None:
    found = [one.value for one in factor_of(pair, factor).inputs if (one.name, one.of) == (name, of)]
    assert len(found) == 1
    value: float | None = found[0]
    return value


def test_inputs_make_up_their_factors(one_flow: Explanation) -> None:
    [pair] = one_flow.pairs
    holders = {one.of for one in factor_of(pair, "readiness").inputs if one.of}
    assert holders == {"those who fled government", "those who fled no holder"}
    ready = [
        (input_of(pair, "readiness", "share", who), input_of(pair, "readiness", "readiness", who)) for who in holders
    ]
    assert sum(share * value for share, value in ready if share and value) == pytest.approx(
        factor_of(pair, "readiness").value, rel=1e-9
    )
    each = [input_of(pair, "home", "factor", name) or math.nan for name in HOME_CONDITIONS]
    assert math.prod(each) == pytest.approx(input_of(pair, "home", "as it is", "all four"), rel=1e-9)
    assert factor_of(pair, "home").value == input_of(pair, "home", "as believed", "all four")


def test_every_row_stands_in_the_copy_of_the_case_at_its_number(run: Run) -> None:
    found = explain_returns(run, month="2012-06")
    tables = {}
    for name in ("conditions", "events", "population", "places", "routes"):
        with (run.folder / "case" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            tables[name] = list(csv.DictReader(file))
    assert {row.table for row in found.rows} == set(tables)
    for row in found.rows:
        stored = tables[row.table][row.row - 1]
        assert (stored["source"], stored["known_on"], stored["basis"]) == (row.source, f"{row.known_on}", row.basis)
        if row.table in ("conditions", "events"):
            assert (stored["place"], stored["date"], stored["indicator"]) == (row.place, f"{row.date}", row.indicator)
            assert stored["value"] == row.value or float(stored["value"]) == row.value
        elif row.table == "population":
            assert (f"{stored['origin']} at {stored['place']}", stored["stage"]) == (row.place, row.indicator)
        elif row.table == "places":
            assert stored["id"] == row.place
    listed = {f"{row.table} {row.row}" for row in found.rows}
    assert {ref for pair in found.pairs for factor in pair.factors for ref in factor.rows} <= listed


def test_the_rows_are_those_in_force_and_half_a_year_of_violence(one_flow: Explanation) -> None:
    rows = [(row.place, row.indicator, f"{row.date}") for row in one_flow.rows if row.table == "conditions"]
    assert [day for place, name, day in rows if (place, name) == ("south", "violence")] == [
        f"2012-0{month}-01" for month in range(1, 7)
    ]
    assert not any(place == "east" for place, *_ in rows)
    assert ("HOA", "aid", "2012-01-01") in rows
    events = {(row.place, row.indicator): row.read_by for row in one_flow.rows if row.table == "events"}
    assert events == {("HOA>ORI", "border"): ("border",)}


def values(case: Case) -> dict[str, float]:
    """Return the factors of the flow from the city to the north in June."""
    settings = case.settings.model_copy(update={"end": date(2012, 6, 30)})
    course = watched_course(case.model_copy(update={"settings": settings}), JUNE, idps=False)
    places = [place.id for place in course.rules.geography.places]
    north = [places[code] for code in course.rules.geography.origins].index("north")
    city = [places[code] for code in course.places].index("city")
    return {name: float(value[north, city]) for name, value in course.middle.factors.items()}


@pytest.mark.parametrize(
    ("changed", "factor"),
    [
        (condition("north", "services", 0.1), "home"),
        (condition("south", "violence", 900.0, date(2012, 5, 1)), "readiness"),
        (condition("north", "held_by.government", 1.0), "readiness"),
        (condition("HOA", "aid", 0.1), "pressure"),
    ],
)
def test_a_listed_row_moves_its_factor(one_flow: Explanation, changed: Condition, factor: str) -> None:
    listed = {(row.place, row.indicator, row.date): row for row in one_flow.rows}
    assert factor in listed[changed.place, changed.indicator, changed.date].read_by
    before, after = values(known_case()), values(known_case(changed))
    assert abs(after[factor] / before[factor] - 1.0) > 1e-3


@pytest.mark.parametrize(
    "changed",
    [condition("east", "documents", 0.1), condition("HOB", "aid", 0.1), condition("east", "held_by.government", 0.2)],
)
def test_an_unlisted_row_moves_no_factor_of_home_or_host(one_flow: Explanation, changed: Condition) -> None:
    assert not any((row.place, row.indicator) == (changed.place, changed.indicator) for row in one_flow.rows)
    at_once = {"perception_lag": 0.0}  # else news comes with those who return, and with them a trace of everything
    before, after = values(known_case(**at_once)), values(known_case(changed, **at_once))
    for name in ("open", "readiness", "pressure", "intention", "host", "border"):
        assert after[name] == pytest.approx(before[name], rel=1e-9)
    before, after = values(known_case()), values(known_case(changed))
    assert after["readiness"] == pytest.approx(before["readiness"], rel=1e-3)


@pytest.mark.parametrize(
    ("host", "district", "hosts", "idps"),
    [
        ("HOA", "north", ("bordertown", "camp", "city"), False),
        (None, None, ("bordertown", "camp", "city", "farland"), False),
        ("city", None, ("city",), False),
        (None, "north", ("north", "south", "east"), True),
    ],
)
def test_a_figure_is_a_sum_in_each_replicate_and_then_a_quantile(
    run: Run,
    host: str | None,
    district: str | None,
    hosts: Sequence[str],
    idps: bool,  # noqa: FBT001
) -> None:
    found = explain_returns(run, host=host, district=district, month="2012-06", idps=idps)
    for table, place, when, day, figure in (
        ("returns", "host", "month", "2012-06-30", found.figure.returns),
        ("stocks", "place", "date", "2012-05-31", found.figure.people_start),
    ):
        stage = "" if table == "returns" else f"AND stage = '{'displaced' if idps else 'refugee'}'"
        rows = run.columns(
            f"SELECT replicate, {place} AS p, origin, people FROM {table} WHERE {when} = '{day}' {stage}"
        )
        sums = np.zeros(20)
        for replicate, where, origin, people in zip(*rows.values(), strict=True):
            if where in hosts and district in (None, origin):
                sums[replicate] += people
        assert sums.any()
        assert [figure.p05, figure.p50, figure.p95] == pytest.approx(list(np.quantile(sums, (0.05, 0.5, 0.95))))
    flows = [(pair.district, place) for pair in found.pairs for place in pair.places]
    assert sorted(flows) == sorted(set(flows))
    assert {place for _, place in flows} <= set(hosts)
    assert found.others == ()


def test_the_first_month_begins_with_the_people_of_the_case(run: Run) -> None:
    figure = explain_returns(run, host="city", month="2012-01").figure
    assert figure.people_start.p05 == figure.people_start.p95 == 1_200


def test_parameters_have_the_range_that_the_replicates_drew(one_flow: Explanation, run: Run) -> None:
    found = {one.name: one for one in one_flow.parameters}
    hazard = found["return_hazard_open"]
    assert hazard.p05 is not None and hazard.p95 is not None
    assert hazard.p05 < hazard.value < hazard.p95
    assert (hazard.set_by, hazard.read_by) == ("default", ("open",))
    gate = found["return_gate_threshold"]
    assert (gate.value, gate.set_by, gate.p05) == (-3.0, "case", None)
    assert "return_host_effect[HOA]" in found
    assert "return_host_effect[HOB]" not in found
    assert all(run.info.parameters[name] == one.value for name, one in found.items())


def test_left_out_the_month_is_the_last_whole_one(run: Run) -> None:
    assert explain_returns(run).figure.month == date(2012, 6, 30)
    last = explain_returns(run, month="2012-07")
    assert (last.figure.month, last.figure.days) == (END, 20)
    assert any("2012-07-20 of this month only" in note for note in last.notes)


def test_after_the_last_known_day_it_is_said_how_things_go_on(tmp_path: Path) -> None:
    since = date(2012, 4, 30)
    case = known_case()
    rows = tuple(row for row in case.conditions if row.date <= since)
    how = Continuation(since=since, whole_deviation=0.25, place_deviation=0.3, opening_chance=0.05)
    run_ensemble(
        case.model_copy(update={"conditions": rows}), tmp_path / "forecast", replicates=2, jobs=1, continuation=how
    )
    found = explain_returns(Run.open(tmp_path / "forecast"), district="north", month="2012-06")
    assert any("after 2012-04-30 nothing was known" in note and "5.0%" in note for note in found.notes)
    violence = [row.date for row in found.rows if (row.place, row.indicator) == ("north", "violence")]
    assert max(day for day in violence if day) == date(2012, 4, 1)
    assert found.figure.returns.p05 is None
    assert found.interval.startswith("none: 2 replicates")
    assert "homeward forecast small --as-of 2012-04-30" in found.provenance.again[0]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"district": "nort"}, "no district of origin 'nort'. Did you mean 'north'?"),
        ({"host": "citty"}, "no host country or place 'citty'. Did you mean 'city'?"),
        ({"host": "north"}, "no host country or place 'north'"),
        ({"host": "HOA", "idps": True}, "no place of refuge inside the country 'HOA'"),
        ({"month": "2013-01"}, "it goes from 2012-01 to 2012-07"),
        ({"month": "June"}, "write year and month, as 2012-07"),
    ],
)
def test_an_unknown_name_is_said_plainly(run: Run, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as error:
        explain_returns(run, **asked)
    assert words in str(error.value)


def test_names_and_codes_are_found_whatever_their_case(run: Run) -> None:
    found = explain_returns(run, host="homeland a", district="OR01", country_names={"HOA": "Homeland A"})
    assert (found.figure.host, found.figure.district) == ("HOA", "north")


def test_money_per_returnee_is_that_of_the_planning_table(run: Run, one_flow: Explanation) -> None:
    [home] = one_flow.homes
    drawn = member_parameters(run.case(), "prior", 5, 20)
    assert home.housing is not None
    assert home.services is not None
    money = (1 - home.housing) * drawn["housing_cost"] + (1 - home.services) * drawn["services_cost"]
    assert home.money is not None
    assert home.money.p50 == pytest.approx(np.median(money))
    assert home.money.p95 == pytest.approx(np.quantile(money, 0.95))
    readers = {one.name: one.read_by for one in one_flow.parameters}
    assert readers["housing_cost"] == readers["services_cost"] == ("money",)


def test_of_a_home_that_nothing_is_known_of_there_is_no_money(run: Run) -> None:
    found = explain_returns(run, district="south", month="2012-06")
    assert [home.money for home in found.homes] == [None]
