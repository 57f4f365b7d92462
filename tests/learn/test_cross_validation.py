"""Origin dates on a small case whose parameters are known: what is used of the record, and what is scored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from homeward.case.schema import Case, Fitted
from homeward.judge.score import SMALLEST_ENSEMBLE
from homeward.learn.cross_validation import OriginLead, OriginRows, by_origin_and_lead, forecast_rows
from homeward.results.run import Run
from homeward.results.score_contract import ScoreRow
from homeward.rules.parameters import parameter_row
from homeward.rules.priors import value_at
from tests.known_case import known_case

NAME = "flight_hazard"
TRUTH = value_at(parameter_row(NAME), 0.8)
ORIGIN, LAST = date(2017, 12, 31), 2019


class KnownFit:
    """Fits by knowing the answer, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[date] = []

    def __call__(self, case: Case, through: date) -> Fitted:
        assert case.settings.end.year == LAST
        self.asked.append(through)
        return Fitted(fitted_through=through, known_on=through, parameters={NAME: TRUTH})


@pytest.fixture(scope="module")
def case() -> Case:
    return known_case({NAME: 0.8}, last_year=LAST)


@pytest.fixture(scope="module")
def fit() -> KnownFit:
    return KnownFit()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("origin") / "run"


@pytest.fixture(scope="module")
def found(case: Case, fit: KnownFit, folder: Path) -> OriginRows:
    return forecast_rows(case, ORIGIN, folder, years=2, fit=fit)


@pytest.fixture(scope="module")
def lines(found: OriginRows) -> list[OriginLead]:
    return by_origin_and_lead([found])


def test_the_fit_ends_at_the_origin_and_the_scores_begin_after_it(found: OriginRows, fit: KnownFit) -> None:
    assert fit.asked == [ORIGIN]
    assert found.fitted.parameters == {NAME: TRUTH}
    assert {row.date.year for row in found.rows} == {2018, 2019}
    assert all(row.headline for row in found.rows)


def test_the_run_has_the_fitted_parameters_and_starts_after_the_origin(found: OriginRows, folder: Path) -> None:
    info = Run.open(folder).info
    assert info.fitted_through == found.origin == ORIGIN
    assert info.parameters[NAME] == TRUTH
    assert (info.start, info.end) == (date(2018, 1, 1), date(2019, 12, 31))


def test_baselines_start_from_the_record_of_the_origin(case: Case, found: OriginRows) -> None:
    [figure] = [r for r in case.observed if (r.date, r.place, str(r.measure)) == (ORIGIN, "HOA", "refugee_stock")]
    rows = [row for row in found.rows if (row.country, row.measure) == ("HOA", "refugee_stock")]
    assert [row.nothing_changes for row in rows] == [figure.value, figure.value]
    for row in rows:
        said = {forecast.forecast: forecast for forecast in row.forecasts}
        assert said["random_walk_from_base"].median == pytest.approx(figure.value)


def lines_of(lines: list[OriginLead], measure: str) -> Iterator[tuple[tuple[date | None, int | None], OriginLead]]:
    yield from (((line.origin, line.lead), line) for line in lines if line.measure == measure)


def test_scores_are_by_origin_and_lead_and_over_all_of_them(lines: list[OriginLead]) -> None:
    stocks = dict(lines_of(lines, "refugee_stock"))
    assert list(stocks) == [(ORIGIN, 1), (ORIGIN, 2), (None, 1), (None, 2), (None, None)]
    assert [line.scores.n for line in stocks.values()] == [2, 2, 2, 2, 4]  # two hosts
    names = [said.forecast for said in stocks[None, None].scores.forecasts]
    assert names[:3] == ["model", "nothing_changes", "random_walk_from_base"]


def test_the_right_parameters_beat_a_record_that_stands_still(lines: list[OriginLead]) -> None:
    model, still = dict(lines_of(lines, "refugee_stock"))[None, None].scores.forecasts[:2]
    assert model.log_crps < still.log_crps / 2
    idps = dict(lines_of(lines, "idp_stock"))[None, None].scores
    assert idps.skills[0].skill > 0.5


def without_scores(row: ScoreRow) -> ScoreRow:
    return row.model_copy(update={"observed": 0.0, "relative_error": None, "forecasts": (), "persistence": None})


def test_later_figures_are_scored_and_used_for_nothing_else(case: Case, found: OriginRows, tmp_path: Path) -> None:
    """The poison test: with every later figure doubled the forecasts are the same, and an earlier one moves them."""

    def changed(*, later: bool) -> list[ScoreRow]:
        observed = tuple(
            row.model_copy(update={"value": 2 * row.value}) if (row.date > ORIGIN) == later else row
            for row in case.observed
            if not row.origin
        )
        poisoned = case.model_copy(update={"observed": observed})
        folder = tmp_path / f"{later}"
        rows = forecast_rows(poisoned, ORIGIN, folder, years=1, fit=KnownFit(), replicates=SMALLEST_ENSEMBLE).rows
        return [row for row in rows if row.measure == "refugee_stock"]

    first = [row for row in found.rows if row.measure == "refugee_stock" and row.date.year == 2018]
    assert [without_scores(row) for row in changed(later=True)] == [without_scores(row) for row in first]
    assert changed(later=False)[0].median > 1.5 * first[0].median
