"""Backtests of a small case: what is scored, beside what, and how skill is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from homeward.case.schema import Basis, Case, Fitted, Measure, Plan
from homeward.judge.proper import least_of, score_ensemble, score_point
from homeward.plan.backtest import OriginTest, backtest, origin_test
from homeward.report.backtest import render_backtest
from homeward.results.backtest_contract import Backtest, BacktestOrigin, BacktestRow
from homeward.results.run import Run
from homeward.rules.parameters import parameter_row
from homeward.rules.priors import value_at
from tests.plan.dated_case import AS_OF, dated_case

FITTED = Fitted(
    fitted_through=AS_OF, known_on=AS_OF, opening_chance=0.05,
    parameters={"attraction_country": value_at(parameter_row("attraction_country"), -0.5)},
)  # fmt: skip
PLAN = Plan(
    date=date(2017, 12, 31), measure=Measure.RETURNED_REFUGEES, place="ORI", value=40_000, definition="up to",
    source="made-up", known_on=date(2016, 12, 1), basis=Basis.OBSERVED,
)  # fmt: skip


@pytest.fixture(scope="module")
def case() -> Case:
    made = dated_case()
    return made.model_copy(update={"plans": (PLAN,)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backtest") / "run"


@pytest.fixture(scope="module")
def tested(case: Case, folder: Path) -> OriginTest:
    return origin_test(case, AS_OF, FITTED, folder, hand_made=False, replicates=20, jobs=2)


@pytest.fixture(scope="module")
def document(case: Case, tested: OriginTest) -> Backtest:
    return backtest(case, [tested], replicates=20, seed=1)


def test_the_two_years_after_the_day_are_scored_and_no_other(tested: OriginTest) -> None:
    assert {(row.year, row.lead) for row in tested.rows} == {(2017, 1), (2018, 2)}
    assert {(row.measure, row.country) for row in tested.rows if row.lead == 1} == {
        ("returned_refugees", "HOA"), ("returned_refugees", None), ("returned_idps", "ORI"),
        ("refugee_stock", "HOA"), ("refugee_stock", "HOB"), ("idp_stock", "ORI"),
    }  # fmt: skip


def test_the_model_is_scored_as_it_would_be_published(case: Case, tested: OriginTest, folder: Path) -> None:
    from homeward.plan.forecast_rows import Published

    published = Published(Run.open(folder))
    [row] = [row for row in tested.rows if (row.measure, row.country, row.lead) == ("returned_refugees", "HOA", 1)]
    [observed] = [
        one.value
        for one in case.observed
        if (one.date.year, one.place, one.measure) == (2017, "HOA", Measure.RETURNED_REFUGEES)
    ]
    people = published.returned_refugees(2017, "HOA")
    assert row.observed == observed
    assert row.forecasts[0] == score_ensemble("model", people, observed, least_of(row.measure))
    by_district = sum(published.returned_refugees(2017, "HOA", district) for district in published.districts)
    assert by_district == pytest.approx(people)


def test_simple_forecasts_start_from_what_was_known(case: Case, tested: OriginTest) -> None:
    rows = {(row.measure, row.country, row.lead): row for row in tested.rows}
    said = {one.forecast: one.median for one in rows["refugee_stock", "HOA", 1].forecasts}
    [last] = [
        one.value
        for one in case.observed
        if (one.date.year, one.place, one.measure) == (2015, "HOA", Measure.REFUGEE_STOCK)
    ]
    assert said["last_known_stock"] == pytest.approx(last)
    together = {one.forecast: one.median for one in rows["returned_refugees", None, 1].forecasts}
    assert together["planners"] == 40_000
    assert "planners" not in {one.forecast for one in rows["returned_refugees", None, 2].forecasts}


def test_all_hosts_together_are_the_sum_of_those_with_a_record(case: Case, tmp_path: Path) -> None:
    """An analyst adds up what is known: one host that never reported before does not silence the others."""
    known = [row for row in case.observed if row.measure is Measure.RETURNED_REFUGEES]
    new = next(row for row in known if row.date.year == 2017).model_copy(update={"place": "HOB", "value": 12.0})
    more = case.model_copy(update={"observed": (*case.observed, new)})
    found = origin_test(more, AS_OF, FITTED, tmp_path / "run", hand_made=False, replicates=20, jobs=2)
    [row] = [row for row in found.rows if (row.measure, row.country, row.lead) == ("returned_refugees", None, 1)]
    [last] = [row.value for row in known if row.date.year == 2015 and row.place == "HOA"]
    said = {one.forecast: one.median for one in row.forecasts}
    assert said["last_known_returns"] == pytest.approx(last)
    assert ("returned_refugees", "HOB") not in {(one.measure, one.country) for one in found.rows}


def made_up(model: float, simple: float, *, hosts: int = 6) -> Backtest:
    """Return a backtest of returns in which the model is ``model`` times too high and the simple forecast likewise."""
    sample = np.linspace(0.99, 1.01, 21)
    rows = tuple(
        BacktestRow(
            as_of=date(2016 + year, 12, 31), hand_made=False, measure="returned_refugees", country=f"H{host}",
            year=2017 + year, lead=1, definition="verified", observed=1_000.0,
            forecasts=(
                score_ensemble("model", 1_000.0 * model * sample, 1_000.0, 1.0),
                score_point("last_known_returns", 1_000.0 * simple, 1_000.0, 1.0),
                score_point("last_known_hazard", 1_000.0 * simple * 2, 1_000.0, 1.0),
            ),
        )
        for host in range(hosts)
        for year in range(3)
    )  # fmt: skip
    origin = BacktestOrigin(
        as_of=AS_OF, hand_made=False, started_from=None, fitted_through=AS_OF, opening_chance=0.0, parameters_hash="0"
    )
    return backtest(dated_case(), [OriginTest(origin, rows)], replicates=21, seed=1)


@pytest.mark.parametrize(("model", "simple", "better"), [(1.2, 2.0, True), (2.0, 1.2, False)])
def test_skill_is_told_over_the_hardest_simple_forecast_wherever_it_falls(
    model: float,
    simple: float,
    better: bool,  # noqa: FBT001
) -> None:
    [line] = made_up(model, simple).lines
    assert (line.n, line.best) == (18, "last_known_returns")
    [best] = [one for one in line.comparisons if one.baseline == line.best]
    assert (best.skill > 0.0) == better
    assert best.low90 is not None
    assert best.low90 <= best.skill <= (best.high90 or 0.0)


def test_too_few_hosts_have_no_interval_of_skill() -> None:
    [line] = made_up(1.2, 2.0, hosts=3).lines
    assert {one.low90 for one in line.comparisons} == {None}


def test_the_page_shows_scores_figures_and_planners(document: Backtest) -> None:
    page = render_backtest(document)
    assert "Pseudo-real-time" in page
    assert "Returns of refugees, all hosts together" in page
    assert "planners had said up to 40,000" in page
    assert page.count("<svg") == 6
    assert "http" not in page.replace("http-equiv", "")
    for origin in document.origins:
        assert str(origin.as_of) in page
