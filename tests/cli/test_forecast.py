"""``homeward forecast`` and ``homeward backtest`` on a small case: what they write, and what they refuse."""

from __future__ import annotations

import json
import shlex
from datetime import date
from pathlib import Path

import pytest

from homeward.case.folder import load_case, write_case
from homeward.case.schema import Fitted
from homeward.case.tomlfile import write_toml
from homeward.errors import UsageError
from homeward.plan.forecast import rows_hash
from homeward.results.backtest_contract import Backtest
from homeward.results.forecast_contract import Forecast
from homeward.results.planning_contract import Planning
from homeward.results.run import Run
from homeward.results.tables import content_hash
from homeward.rules.parameters import parameter_row
from homeward.rules.priors import value_at
from tests.cli.conftest import Call
from tests.plan.dated_case import AS_OF, dated_case

VALUE = value_at(parameter_row("attraction_country"), -0.5)
PERIOD = ("--as-of", "2016-12-31", "--until", "2017-12-31")


def fitted(known_on: date = AS_OF, *, through: date = AS_OF, hand_made: bool = False) -> Fitted:
    return Fitted(
        fitted_through=through, known_on=known_on, parameters={"attraction_country": VALUE},
        hand_made=hand_made, opening_chance=0.05,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a case on disk with a fitted set that a forecast from the end of 2016 may use."""
    case = tmp_path / "dated"
    write_case(dated_case(), case)
    (case / "fits").mkdir()
    write_toml(case / "fits" / "2016-12-31.toml", fitted())
    return case


def test_a_forecast_is_a_run_with_its_document_in_it(call: Call, folder: Path) -> None:
    said = call("forecast", folder, *PERIOD, "--replicates", "20", "--out", "ahead")
    assert said.status == 0, said.err
    assert "as known on 2016-12-31: 2017-01-01 to 2017-12-31" in said.out
    assert "Courses begin with the record of 2015-12-31; parameters fitted through 2016-12-31" in said.out
    document = Forecast.model_validate_json(Path("ahead/forecast.json").read_text(encoding="utf-8"))
    info = Run.open(Path("ahead")).info
    assert info.continuation == document.continuation
    assert document.continuation.since == AS_OF
    assert call("score", "ahead").status == 0
    assert call("report", "ahead").status == 0
    page = Path("ahead/report.html").read_text(encoding="utf-8")
    assert "A forecast as known on 31 December 2016" in page
    assert "what happened after 2016-12-31 was not read" in page
    [again] = json.loads(call("explain", "ahead", "--json").out)["provenance"]["again"]
    assert again in page


def test_a_forecast_of_few_people_is_shown_without_a_table(call: Call, tmp_path: Path) -> None:
    case = dated_case()
    few = tuple(row.model_copy(update={"people": row.people // 1_000}) for row in case.population)
    write_case(case.model_copy(update={"population": few, "observed": case.observed[:0]}), tmp_path / "few")
    write_toml(tmp_path / "set.toml", fitted())
    said = call("forecast", tmp_path / "few", *PERIOD, "--replicates", "20", "--fitted", tmp_path / "set.toml")
    assert said.status == 0, said.err
    assert "the start of the case: no stock was known" in said.out


def test_a_set_fitted_to_other_rows_is_used_and_said(call: Call, folder: Path, tmp_path: Path) -> None:
    write_toml(tmp_path / "set.toml", fitted().model_copy(update={"rows_hash": "0" * 64}))
    options = (*PERIOD, "--replicates", "1", "--out", "ahead", "--fitted", tmp_path / "set.toml")
    said = call("forecast", folder, *options)
    assert said.status == 0, said.err
    assert "fitted to other rows than those known now" in " ".join(said.out.split())


def test_the_command_of_the_report_makes_the_same_forecast_again(call: Call, folder: Path) -> None:
    before = json.loads(call("forecast", folder, *PERIOD, "--replicates", "20", "--out", "ahead", "--json").out)
    [again] = json.loads(call("explain", "ahead", "--json").out)["provenance"]["again"]
    words = [str(folder) if word == "small" else word for word in shlex.split(again)]
    after = json.loads(call(*words[1:], "--out", "anew", "--json").out)
    assert content_hash(Path("anew")) == content_hash(Path("ahead"))
    assert after["rows"] == before["rows"]


def test_a_forecast_becomes_a_plan_that_says_whether_there_is_hindsight_in_it(call: Call, folder: Path) -> None:
    write_toml(Path("set.toml"), fitted(hand_made=True))
    hindsight = ("--fitted", "set.toml", "--hand-made")
    assert call("forecast", folder, *PERIOD, *hindsight, "--replicates", "20", "--out", "ahead").status == 0
    said = call("plan", "ahead")
    assert said.status == 0, said.err
    assert "people who set out for home until 2017-12-31" in " ".join(said.out.split())
    assert "hindsight" in Path("ahead/plan/read-me.html").read_text(encoding="utf-8")
    assert call("plan", "ahead").status == 2
    found = Planning.model_validate(json.loads(call("plan", "ahead", "--force", "--json").out))
    assert any("hindsight" in note for note in found.notes)
    assert {total.measure for total in found.totals} == {"returned_refugees", "returned_idps"}


def test_a_run_that_is_no_forecast_has_no_plan(call: Call, case_folder: Path) -> None:
    call("run", case_folder, "--until", "2012-03-31", "--replicates", "1", "--out", "plain")
    said = call("plan", "plain")
    assert said.status == 2
    assert "homeward forecast" in said.err


def test_returns_have_pillars_on_both_bounds_and_stocks_none(call: Call, folder: Path) -> None:
    said = call("forecast", folder, *PERIOD, "--replicates", "20", "--json")
    for row in Forecast.model_validate(json.loads(said.out)).rows:
        if "stock" in row.measure:
            assert row.pillars == ()
        elif row.p50 > 0:
            assert [one.pillar for one in row.pillars][-1] == "all_four"
            assert all(0 <= (one.lower or 0) <= (one.upper or 0) <= 1 for one in row.pillars)


def test_json_is_the_document_and_nothing_else(call: Call, folder: Path) -> None:
    said = call("forecast", folder, *PERIOD, "--replicates", "20", "--json")
    document = Forecast.model_validate(json.loads(said.out))
    assert {row.year for row in document.rows} == {2017}
    assert (Path("runs") / "known-2016-12-31-2017-12-31").is_dir() or Path(document.run_dir).is_dir()


def test_few_replicates_have_a_median_and_no_interval(call: Call, folder: Path) -> None:
    said = call("forecast", folder, *PERIOD, "--replicates", "2", "--json")
    document = Forecast.model_validate(json.loads(said.out))
    assert {row.p05 for row in document.rows} == {None}
    assert document.interval.startswith("none")


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (fitted(date(2017, 6, 20), through=date(2017, 6, 20)), "may not use it"),
        (fitted(hand_made=True), "hand-made series"),
    ],
)
def test_a_set_that_has_seen_more_is_refused_before_anything_is_written(
    call: Call, folder: Path, one: Fitted, what: str
) -> None:
    write_toml(Path("set.toml"), one)
    said = call("forecast", folder, *PERIOD, "--fitted", "set.toml", "--out", "ahead")
    assert said.status == 3
    assert what in said.err
    assert "set.toml" in said.err
    assert not list(Path().glob("ahead*"))


def test_a_row_without_the_day_on_which_it_was_known_is_an_error(call: Call, folder: Path) -> None:
    table = folder / "conditions.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    column = lines[0].split(",").index("known_on")
    cells = lines[5].split(",")
    cells[column] = ""
    lines[5] = ",".join(cells)
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    said = call("forecast", folder, *PERIOD)
    assert said.status == 3
    assert "conditions.csv" in said.err
    assert "known_on" in said.err


def test_a_period_in_the_wrong_order_is_a_wrong_call(call: Call, folder: Path) -> None:
    said = call("forecast", folder, "--as-of", "2016-12-31", "--until", "2016-01-01")
    assert said.status == 2
    assert "does not lie after" in said.err


def test_a_backtest_writes_a_page_a_document_and_a_run_for_each_day(call: Call, folder: Path) -> None:
    of_2016 = ("--first", "2016", "--last", "2016", "--rows", "known", "--replicates", "20", "--out", "past")
    said = call("backtest", folder, *of_2016)
    assert said.status == 0, said.err
    assert "rows known on the day" in said.out
    document = Backtest.model_validate_json(Path("past/backtest.json").read_text(encoding="utf-8"))
    assert [origin.as_of for origin in document.origins] == [AS_OF]
    assert "<svg" in Path("past/backtest.html").read_text(encoding="utf-8")
    assert Run.open(Path("past/2016-12-31")).info.replicates == 20
    again = call("backtest", folder, *of_2016, "--json")
    assert Backtest.model_validate(json.loads(again.out)).lines == document.lines


def test_a_kept_set_serves_a_backtest_only_while_the_rows_are_the_same(
    call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refit(*_given: object, **_more: object) -> None:
        raise UsageError("fitted anew")

    monkeypatch.setattr("homeward.plan.forecast.fit_known", refit)
    (folder / "fits" / "2016-12-31.toml").unlink()
    options = ("--first", "2016", "--last", "2016", "--rows", "known", "--replicates", "20", "--out", "past")
    Path("past/fits").mkdir(parents=True)
    same = rows_hash(load_case(str(folder)), AS_OF, hand_made=False)
    for rows, expected in (("0" * 64, 2), (same, 0)):
        write_toml(Path("past/fits/2016-12-31.toml"), fitted().model_copy(update={"rows_hash": rows}))
        said = call("backtest", folder, *options)
        assert said.status == expected, said.err
        assert ("fitted anew" in said.err) is (expected == 2)


def test_years_in_the_wrong_order_are_a_wrong_call(call: Call, folder: Path) -> None:
    said = call("backtest", folder, "--first", "2018", "--last", "2016")
    assert said.status == 2
