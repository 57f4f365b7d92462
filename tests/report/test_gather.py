from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from homeward.case.schema import Fitted
from homeward.judge.observe import Observer
from homeward.judge.score import score_run
from homeward.judge.simulated import simulated_run
from homeward.report.facts import ReportData, Series
from homeward.report.gather import gather, stock_courses, yearly_returns
from homeward.report.render import chart_values
from homeward.results.contract import Interval
from homeward.results.run import Run
from tests.hand_made import trajectory, write_run
from tests.report.runs import hand_made_run
from tests.small_case import small_case


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return hand_made_run(tmp_path / "run")


@pytest.fixture
def data(run: Run) -> ReportData:
    return gather(run)


def figure(data: ReportData, name: str) -> Interval:
    [found] = [figure for figure in data.key_figures.figures if figure.name == name]
    return found.values[-1]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        # Refugees in three replicates: 3,007, 4,007 and 5,007; with 500 displaced inside the country.
        ("refugees", (3_107, 4_007, 4_907)),
        ("idps", (500, 500, 500)),
        ("displaced", (3_607, 4_507, 5_407)),
        # Returned from abroad: 0, 100 + 90 and 200; a replicate without a row counts as 0.
        ("returned_refugees", (19, 190, 199)),
        ("returned_idps", (40, 40, 40)),
    ],
)
def test_key_figures_by_hand(data: ReportData, name: str, values: tuple[float, ...]) -> None:
    found = figure(data, name)
    assert (found.p05, found.p50, found.p95) == pytest.approx(values)


def test_key_figures_end_with_the_run_and_show_few_dates(tmp_path: Path) -> None:
    case = small_case(start=date(2011, 3, 1), end=date(2024, 12, 31))
    run = hand_made_run(tmp_path / "long", replicates=1, case=case)
    dates = gather(run).key_figures.dates
    assert [day.year for day in dates] == [2012, 2015, 2018, 2021, 2024]
    assert dates[-1] == date(2024, 12, 31)


def test_a_month_without_people_counts_as_zero(tmp_path: Path) -> None:
    case = small_case()
    stocks = [(month, "north", "north", "resident", 5) for month in range(12)] + [(6, "city", "north", "refugee", 50)]
    run = write_run(tmp_path / "run", case, [trajectory(case, 0, stocks=stocks)])
    with run.connection() as connection:
        course = stock_courses(connection)["refugee_stock", "HOA"]
    assert course.p50 == (0, 0, 0, 0, 0, 0, 50, 0, 0, 0, 0, 0)
    assert len(course.dates) == 12


def test_yearly_returns_add_up_over_months_and_countries(run: Run) -> None:
    with run.connection() as connection:
        found = yearly_returns(connection, 3, "ORI")
    medians = {key: series.p50 for key, series in found.items()}
    assert medians == {
        ("returned_idps", "ORI"): (40,),
        ("returned_refugees", ""): (190,),
        ("returned_refugees", "HOA"): (100,),
        ("returned_refugees", "HOB"): (0,),
    }
    assert found["returned_refugees", "HOB"].p95[0] == pytest.approx(81)


def test_flows_are_means_and_small_ones_stay_out(data: ReportData) -> None:
    flows = {(f.from_place, f.to_place, f.group): f.people for f in data.place_flows}
    assert flows == {("north", "city", "flight"): 300, ("city", "north", "return"): 100}
    assert {(f.from_place, f.to_place) for f in data.country_flows} == {("ORI", "HOA"), ("HOA", "ORI")}


def test_circles_are_at_the_end_of_the_year_and_small_ones_stay_out(data: ReportData) -> None:
    places = {c.place: c.people.p50 for c in data.circles if c.place}
    assert places == {"city": 2_000, "farland": 2_000, "south": 500}
    assert {c.country: c.people.p50 for c in data.circles if not c.place} == {
        "HOA": 2_007,
        "HOB": 2_000,
        "ORI": 500,
    }


def test_charts_are_of_idps_then_the_largest_hosts_then_returns(data: ReportData) -> None:
    assert [chart.key for chart in data.charts] == [
        "idps", "refugees-HOA", "refugees-HOB",
        "returns-all", "returns-HOA", "returns-HOB", "returned-idps",
    ]  # fmt: skip


def test_observed_points_and_events_stand_with_their_country(data: ReportData) -> None:
    charts = {chart.key: chart for chart in data.charts}
    [observed] = charts["refugees-HOA"].observed
    assert observed.label == "Refugees, made-up"
    assert observed.points == ((date(2012, 12, 31), 60_000),)  # not that of the camp, nor by origin
    at_host = [marker.text for marker in charts["refugees-HOA"].markers]
    assert at_host == ["HOA restricts its crossings", "HOA audits its register", "A ceasefire is agreed"]
    assert [marker.text for marker in charts["refugees-HOB"].markers] == ["A ceasefire is agreed"]


def test_one_replicate_has_no_width(tmp_path: Path) -> None:
    data = gather(hand_made_run(tmp_path / "one", replicates=1))
    series = data.charts[1].series
    assert isinstance(series, Series)
    assert series.p05 == series.p50 == series.p95


def test_a_country_is_named_by_its_code_the_outlines_or_its_place(tmp_path: Path) -> None:
    case = small_case()
    places = tuple(p.model_copy(update={"country": "TUR"} if p.country == "HOA" else {}) for p in case.places)
    names = gather(hand_made_run(tmp_path / "run", case=case.model_copy(update={"places": places}))).country_names
    assert names == {"HOB": "Farland", "ORI": "ORI", "TUR": "Türkiye"}


def test_a_chart_of_refugees_has_those_on_the_register_beside_it(run: Run, data: ReportData) -> None:
    """The dashed line is the median of what the observation model keeps, date by date; other charts have none."""
    observer = Observer(simulated_run(run))
    for chart in data.charts:
        if not chart.key.startswith("refugees-"):
            assert chart.registered == ()
            continue
        country = observer.monthly.countries.index(chart.key.removeprefix("refugees-"))
        median = np.median(observer.register.registered[:, :, country], axis=0)
        at = [observer.monthly.dates.index(day) for day in chart.series.dates]
        assert chart.registered == pytest.approx(median[at])
        assert chart_values(chart)["registered"][-1] == pytest.approx(round(median[-1]), abs=1)


def test_a_score_with_an_observer_at_hand_is_the_same(run: Run) -> None:
    assert score_run(run, Observer(simulated_run(run))) == score_run(run)


def test_a_parameter_with_its_fitted_value_is_marked(tmp_path: Path) -> None:
    fitted = Fitted(
        fitted_through=date(2012, 6, 30),
        known_on=date(2012, 7, 1),
        parameters={"flight_hazard": 0.002, "spill_over": 0.1},
        spread={"flight_hazard": 0.4},
    )
    case = small_case(parameters={"spill_over": 0.2}).model_copy(update={"fitted": fitted})
    lines = {line.name: line for line in gather(hand_made_run(tmp_path / "fitted", case=case)).parameters}
    assert (lines["flight_hazard"].fitted, lines["flight_hazard"].spread) == (True, 0.4)
    assert not lines["flight_hazard"].differs
    assert (lines["spill_over"].fitted, lines["spill_over"].differs) == (False, True)
