"""The calibration of a small case: what it gives to a run, what it does not read, and its checks."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from homeward.case.schema import Case, Fitted, Measure
from homeward.case.tomlfile import read_toml, write_toml
from homeward.engine.drawn import member_parameters
from homeward.learn.calibrate import Calibration, calibrate, predictive_checks
from homeward.learn.chance import chance_of, published_figures
from homeward.learn.problem import Problem, on_scale
from homeward.rules.parameters import resolve_parameters
from homeward.rules.priors import score_of
from tests.known_case import known_case, with_parameters

SCORES = {"attraction_country": -0.5, "deactivation_rate[HOA]": 0.7}
OPEN = ("registration_error_sd", "flight_shock_variance")
LAST = date(2014, 12, 31)


def with_open_spreads(case: Case) -> Case:
    """Return the case with the spread of errors and the variance of a shock to be found as well."""
    kept = {name: value for name, value in case.settings.parameters.items() if name not in OPEN}
    return with_parameters(case, kept)


@pytest.fixture(scope="module")
def case() -> Case:
    return with_open_spreads(known_case(SCORES, last_year=2015))


def few(patch: pytest.MonkeyPatch) -> None:
    """Take few replicates and draws: the small case has little chance in it."""
    patch.setattr("homeward.learn.chance.MEMBERS", 12)
    patch.setattr("homeward.learn.calibrate.DRAWS", 12)


@pytest.fixture(scope="module")
def found(case: Case) -> Calibration:
    with pytest.MonkeyPatch.context() as patch:
        few(patch)
        return calibrate(case, through=LAST)


def test_parameters_variances_and_errors_have_a_posterior(found: Calibration) -> None:
    assert found.names == ("attraction_country", "deactivation_rate[HOA]", "flight_shock_variance",
                           "registration_error_sd")  # fmt: skip
    assert found.draws.shape == (12, 4)
    assert found.outside == ()
    assert np.all(found.misfit[1] <= found.misfit[0])
    spread = dict(zip(found.names, found.spread.tolist(), strict=True))
    assert spread["attraction_country"] < 0.5
    for name, score in SCORES.items():
        middle = float(found.mean[found.names.index(name)])
        assert abs(middle - score) < 3 * spread[name], name


def test_the_fitted_set_comes_back_from_its_file_and_is_what_runs_draw(
    found: Calibration, case: Case, tmp_path: Path
) -> None:
    fitted = found.fitted()
    write_toml(tmp_path / "fitted.toml", fitted)
    assert read_toml(tmp_path / "fitted.toml", Fitted) == fitted
    ready = case.model_copy(update={"fitted": fitted})
    values = resolve_parameters(ready).values
    drawn = member_parameters(ready, "posterior", 1, 12)
    for number, name in enumerate(found.names):
        row = fitted.posterior[name]
        assert values[name] == pytest.approx(found.values[name], rel=1e-4)
        scores = sorted(score_of(row, float(value)) for value in drawn[name])
        assert scores == pytest.approx(sorted(found.draws[:, number].tolist()), abs=1e-3)


def test_figures_after_the_last_day_change_nothing_and_earlier_ones_do(
    found: Calibration, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The poison test of the posterior, with its control."""
    few(monkeypatch)

    def changed(later: float, earlier: float) -> Calibration:
        rows = tuple(
            row.model_copy(update={"value": row.value * (later if row.date > LAST else earlier)})
            if row.measure is Measure.REFUGEE_STOCK else row
            for row in case.observed
        )  # fmt: skip
        return calibrate(case.model_copy(update={"observed": rows}), through=LAST, jobs=1)

    assert changed(100.0, 1.0).fitted() == found.fitted()
    assert changed(1.0, 1.1).fitted() != found.fitted()


def test_the_posterior_expects_less_than_the_prior_and_still_holds_the_record(found: Calibration) -> None:
    checks = predictive_checks(found, jobs=2, members=20)
    headline = {check.measure: check for check in checks if check.level == "headline"}
    stocks = headline["refugee_stock"]
    assert stocks.figures == 2
    assert stocks.width["posterior"] < stocks.width["prior"]
    assert stocks.coverage["posterior"] == 1.0
    again = predictive_checks(found, jobs=1, members=20)
    assert [check.width for check in again] == [check.width for check in checks]


def test_what_chance_does_is_what_replicates_with_all_shocks_do(case: Case) -> None:
    """The covariance put together from pairs against replicates with every shock on."""
    problem = Problem(with_parameters(case, case.settings.parameters | {"registration_error_sd": 0.0}), LAST)
    scores = np.zeros(len(problem.names))
    chance = chance_of(problem, scores, OPEN[1:], members=40)
    spread = np.sqrt(np.diag(chance.rest + 0.15 * chance.by_variance[OPEN[1]]))
    together = with_parameters(
        problem.case, problem.case.settings.parameters | {OPEN[1]: 0.15} | problem.values(scores)
    )
    figures = on_scale(problem.targets, published_figures(together, problem.targets, None, 40, 2, seed=99))
    stocks = [number for number, target in enumerate(problem.targets) if target.measure is Measure.REFUGEE_STOCK]
    assert figures.std(axis=0)[stocks] == pytest.approx(spread[stocks], rel=0.5)
    expected = on_scale(problem.targets, problem.figures(scores))
    error = figures.std(axis=0) / np.sqrt(40)
    assert np.abs((figures.mean(axis=0) - expected - chance.offset) / error)[stocks].max() < 4
