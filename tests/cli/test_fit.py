"""``homeward fit`` on a small case with one free parameter: exit statuses, the file it writes, and its document."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from homeward.case.folder import load_case, write_case
from homeward.case.schema import Case, Fitted
from homeward.case.tomlfile import read_toml
from homeward.results.fit_contract import FitReport
from homeward.rules.parameters import parameter_row, resolve_parameters
from homeward.rules.priors import value_at
from tests.cli.conftest import Call
from tests.known_case import known_case

NAME = "deactivation_rate[HOA]"
SCORE = 0.5
THROUGH = "2014-12-31"
PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def on_disk(case: Case, folder: Path) -> Path:
    write_case(case, folder)
    return folder


@pytest.fixture(autouse=True)
def few_replicates(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fit of the small case has hardly any chance in it, so that a few replicates tell it."""
    monkeypatch.setattr("homeward.learn.chance.MEMBERS", 8)
    monkeypatch.setattr("homeward.learn.calibrate.CHECKED", 8)
    monkeypatch.setattr("homeward.learn.calibrate.DRAWS", 6)


@pytest.fixture(scope="module")
def case() -> Case:
    return known_case({NAME: SCORE}, last_year=2014)


@pytest.fixture(scope="module")
def impossible(case: Case) -> Case:
    """Return the case with so few refugees on the register of HOA that its prior does not allow it."""
    rows = tuple(
        row.model_copy(update={"value": row.value * 0.35}) if (row.place, row.origin) == ("HOA", "") else row
        for row in case.observed
    )
    return case.model_copy(update={"observed": rows})


@pytest.fixture
def folder(case: Case, tmp_path: Path) -> Path:
    return on_disk(case, tmp_path / "known")


def test_fit_shows_where_it_ended_and_writes_the_fitted_set(call: Call, folder: Path, tmp_path: Path) -> None:
    said = call("fit", folder, "--through", THROUGH)
    assert said.status == 0, said.err
    assert re.search(
        rf"^ *{re.escape(NAME)} +lognormal, median .+ per year +[+-]0\.\d\d +[+-]\d\.\d\d +\d\.\d\d", said.out, re.M
    )
    assert re.search(r"refugee_stock +HOA +2014-12-31 +[\d,]+ +[\d,]+ +[+-]", said.out), said.out
    assert f"Figures through {THROUGH}, the last of them known on 2015-06-20: " in said.out
    assert "1 parameters" in said.out
    assert "Fitted set: small-fitted.toml." in said.out
    assert "iteration 1, sum of squares" in said.err
    fitted = read_toml(tmp_path / "small-fitted.toml", Fitted)
    assert (fitted.fitted_through, fitted.known_on) == (date(2014, 12, 31), date(2015, 6, 20))
    assert list(fitted.parameters) == list(fitted.spread) == [NAME]


def test_a_fitted_set_in_the_folder_is_what_the_case_runs_with(call: Call, folder: Path, tmp_path: Path) -> None:
    assert call("fit", folder, "--through", THROUGH, "--out", "set.toml", "--quiet") == (0, "", "")
    shutil.move(tmp_path / "set.toml", folder / "fitted.toml")
    fitted = read_toml(folder / "fitted.toml", Fitted)
    assert resolve_parameters(load_case(folder)).values[NAME] == fitted.parameters[NAME]
    said = call("run", folder, "--until", "2012-02-29", "--replicates", "1", "--out", "run", "--json")
    document = json.loads(said.out)
    assert document["fitted_through"] == THROUGH
    assert document["parameters"][NAME] == fitted.parameters[NAME]
    assert call("check", "run").status == 0


def test_the_document_is_the_only_output_and_says_it_all(call: Call, folder: Path) -> None:
    said = call("fit", folder, "--through", THROUGH, "--json", "--jobs", "1")
    assert said.status == 0
    found = FitReport.model_validate_json(said.out)
    assert json.loads(said.out)["schema"] == "homeward/fit/1"
    assert (found.case, found.accepted, found.fitted_through) == ("small", True, date(2014, 12, 31))
    [parameter] = found.parameters
    assert (parameter.name, parameter.unit, parameter.outside) == (NAME, "per year", False)
    assert parameter.prior == parameter_row(NAME).prior_in_words()
    assert parameter.value == pytest.approx(value_at(parameter_row(NAME), parameter.score))
    assert 0 < parameter.score < SCORE
    assert abs(parameter.mean - SCORE) < 3
    assert 0 < parameter.posterior_over_prior < 2
    assert found.correlations == ()
    assert {(figure.measure, figure.name) for figure in found.figures} >= {
        ("refugee_stock", "HOA"),
        ("refugee_stock", "rest of the world"),
        ("idp_stock", "ORI"),
        ("origin_share", "HOA from north"),
    }
    squares = sum(figure.residual**2 for figure in found.figures)
    assert found.cost_of_figures == pytest.approx(squares)
    assert found.cost == pytest.approx(squares + parameter.score**2)
    assert found.misfit_after <= found.misfit_before
    assert parameter.moved == (parameter.posterior_over_prior <= 0.9 or abs(parameter.mean) > 0.4)
    assert {(check.measure, check.level) for check in found.checks} >= {
        ("refugee_stock", "headline"), ("refugee_stock", "beyond"), ("idp_stock", "headline"),
        ("origin_share", "beyond"),
    }  # fmt: skip
    for check in found.checks:
        assert set(check.coverage90) == set(check.width90) == {"prior", "posterior"}
        assert check.width90["posterior"] <= check.width90["prior"] * 1.5
    assert found.courses >= 3
    for figure in found.figures:
        if figure.measure != "origin_share":
            assert figure.residual * (figure.fitted - figure.observed) >= 0


def test_nothing_is_written_where_a_parameter_is_outside_its_prior(
    call: Call, impossible: Case, tmp_path: Path
) -> None:
    folder = on_disk(impossible, tmp_path / "known")
    said = call("fit", folder, "--through", THROUGH)
    assert said.status == 1
    assert f"Nothing was written: {NAME} lies outside the 99 % range of its prior" in said.out
    assert re.search(r"\+\d\.\d\d outside", said.out)
    as_json = call("fit", folder, "--through", THROUGH, "--json")
    assert as_json.status == 1
    found = FitReport.model_validate_json(as_json.out)
    assert (found.accepted, [row.outside for row in found.parameters]) == (False, [True])
    assert [path.name for path in tmp_path.iterdir()] == ["known"]


def test_a_fit_begins_at_the_fitted_set_if_asked_to_and_takes_its_last_day(
    call: Call, case: Case, tmp_path: Path
) -> None:
    """The set lies further from the known value than the median of the prior, so it is the worse place to begin."""
    poor = value_at(parameter_row(NAME), 2.5)
    fitted = Fitted(fitted_through=date(2014, 12, 31), known_on=date(2015, 6, 20), parameters={NAME: poor})
    folder = on_disk(case.model_copy(update={"fitted": fitted}), tmp_path / "known")
    first = []
    for more in ([], ["--from-fitted"]):
        said = call("fit", folder, "--json", *more)
        assert FitReport.model_validate_json(said.out).fitted_through == date(2014, 12, 31)
        found = re.search(r"iteration 1, sum of squares ([\d.]+)", said.err)
        assert found is not None, said.err
        first.append(float(found.group(1)))
        (tmp_path / "small-fitted.toml").unlink()
    assert first[1] > first[0] + 1


def test_a_file_that_is_there_is_not_overwritten_without_force(call: Call, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "small-fitted.toml").write_text("mine", encoding="utf-8")
    refused = call("fit", folder, "--through", THROUGH)
    assert (refused.status, refused.out) == (2, "")
    assert "--force" in refused.err
    assert (tmp_path / "small-fitted.toml").read_text(encoding="utf-8") == "mine"
    assert call("fit", folder, "--through", THROUGH, "--force", "--quiet").status == 0
    assert read_toml(tmp_path / "small-fitted.toml", Fitted).parameters


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--through"),
        (["--through", "2011-12-31"], "lies outside the case, 2012-01-01 to 2014-12-31"),
        (["--through", "2015-01-01"], "lies outside the case"),
        (["--through", "2013-12-31"], "no figures up to 2013-12-31"),
        (["--through", "tomorrow"], "tomorrow"),
        (["--through", THROUGH, "--jobs", "0"], "--jobs"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call_is_told_what_is_wrong(
    arguments: list[str], words: str, call: Call, folder: Path, tmp_path: Path
) -> None:
    said = call("fit", folder, *arguments)
    assert (said.status, said.out) == (2, "")
    assert words in said.err
    as_json = call("fit", folder, *arguments, "--json")
    assert (as_json.status, as_json.err) == (2, "")
    assert words in json.loads(as_json.out)["error"]["message"]
    assert [path.name for path in tmp_path.iterdir()] == ["known"]


def test_a_bad_case_is_told(call: Call, folder: Path) -> None:
    text = (folder / "routes.csv").read_text(encoding="utf-8")
    (folder / "routes.csv").write_text(text.replace(",camp,", ",cmap,", 1), encoding="utf-8")
    said = call("fit", folder, "--through", THROUGH)
    assert (said.status, said.out) == (3, "")
    assert "cmap" in said.err


def without_scipy() -> Callable[..., object]:
    found = importlib.util.find_spec
    return lambda name, package=None: None if name == "scipy" else found(name, package)


def test_without_scipy_it_says_what_to_install(call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", without_scipy())
    said = call("fit", folder, "--through", THROUGH)
    assert (said.status, said.out) == (2, "")
    assert "needs SciPy" in said.err
    extra = re.search(r"homeward\[(\w+)\]", said.err)
    assert extra is not None
    extras = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert any(wanted.startswith("scipy") for wanted in extras[extra.group(1)])


def test_a_place_where_nothing_can_be_written_is_told(call: Call, folder: Path) -> None:
    said = call("fit", folder, "--through", THROUGH, "--out", "nowhere/set.toml")
    assert said.status == 2
    assert "there is no folder nowhere to write set.toml into" in said.err
