"""The commands on a small case, from the run to the comparison, as a user gives them."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from homeward.case.estimate_share import FAMILIES
from homeward.case.folder import load_case, write_case
from homeward.case.indicators import HOME_CONDITIONS, UNKNOWN_UNTIL_GIVEN
from homeward.case.schema import Basis, Observation
from homeward.cli.main import main
from homeward.engine.simulate import simulate
from homeward.results.run import RunWriter, run_settings
from homeward.rules.homeward import HomewardRules
from tests.cli.conftest import Call
from tests.hand_made import month_ends
from tests.small_case import small_case


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the small case and two runs of it."""
    root = tmp_path_factory.mktemp("commands")
    write_case(small_case(), root / "small")
    common = [str(root / "small"), "--replicates", "3", "--quiet"]
    assert main(["run", *common, "--out", str(root / "first")]) == 0
    assert main(["run", *common, "--out", str(root / "other"), "--set", "flight_hazard=0.0006"]) == 0
    return root


def test_run_shows_key_figures_and_where_everything_is(call: Call, case_folder: Path, tmp_path: Path) -> None:
    said = call("run", case_folder, "--replicates", "2", "--report")
    assert said.status == 0
    [folder] = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"small-\d{8}-\d{6}", folder.name)
    assert (folder / "report.html").stat().st_size > 10_000
    for words in (
        "Refugees",
        "Internally displaced",
        "Returns of refugees",
        "2012-12-31",
        "People conserved",
    ):
        assert words in said.out
    assert f"Run: runs/{folder.name}\n" in said.out
    assert f"Report: runs/{folder.name}/report.html\n" in said.out


def test_run_writes_one_document(call: Call, case_folder: Path, tmp_path: Path) -> None:
    said = call(
        "run",
        case_folder,
        "--replicates",
        "2",
        "--seed",
        "7",
        "--until",
        "2012-06-30",
        "--out",
        "a",
        "--json",
    )
    document = json.loads(said.out)
    assert (said.status, document["schema"]) == (0, "homeward/run/1")
    assert (document["seed"], document["replicates"], document["end"]) == (7, 2, "2012-06-30")
    assert document["people_start"] + document["births"] - document["deaths"] == document["people_end"]
    assert json.loads((tmp_path / "a" / "run.json").read_text(encoding="utf-8")) == document


def test_a_run_says_its_step(call: Call, case_folder: Path) -> None:
    given = ("run", case_folder, "--until", "2012-02-29", "--replicates", "1", "--json", "--out")
    for step, said in (("week", (168, 10)), ("day", (24, 60))):
        document = json.loads(call(*given, step, "--step", step).out)
        assert (document["step_hours"], document["steps"]) == said
    assert json.loads(call(*given, "as-the-case", "--quiet").out)["step_hours"] == 24


def test_an_unknown_step_is_refused(call: Call, case_folder: Path, tmp_path: Path) -> None:
    refused = call("run", case_folder, "--step", "month", "--out", "a")
    assert refused.status == 2
    assert "'month' is not one of 'day', 'week'" in refused.err
    assert not list(tmp_path.glob("a*"))


def test_a_run_is_resumed_with_its_own_step_only(call: Call, case_folder: Path, tmp_path: Path) -> None:
    case = load_case(str(case_folder))
    rules = HomewardRules(case)
    begun = run_settings(case, parameters=rules.parameters.values, seed=1, replicates=2)
    with RunWriter(tmp_path / "a", case, begun) as writer:
        writer.write(simulate(rules))
    resumed = ("run", case_folder, "--replicates", "2", "--out", "a", "--resume")
    refused = call(*resumed, "--step", "week")
    assert refused.status == 2
    assert "step_hours 24, not 168" in refused.err
    assert not (tmp_path / "a").exists()
    assert call(*resumed, "--step", "day").status == 0


def test_a_run_says_where_its_parameters_come_from(call: Call, case_folder: Path) -> None:
    given = ("run", case_folder, "--until", "2012-02-29", "--replicates", "1", "--json", "--out")
    assert json.loads(call(*given, "left-out").out)["drawn"] is None
    assert json.loads(call(*given, "prior", "--parameters", "prior").out)["drawn"] == "prior"
    refused = call(*given, "posterior", "--parameters", "posterior")
    assert refused.status == 2
    assert "the case has none; fit it by 'homeward fit'" in json.loads(refused.out)["error"]["message"]


def test_a_fitted_case_draws_from_its_posterior_unless_told_otherwise(call: Call, case_folder: Path) -> None:
    row = '{ prior = "lognormal", location = 0.0012, spread = 0.7, draws = [0.1, -0.2] }'
    fitted = f"fitted_through = 2012-12-31\nknown_on = 2012-12-31\n[posterior]\nflight_hazard = {row}\n"
    fitted += "[parameters]\nflight_hazard = 0.001\n"
    (case_folder / "fitted.toml").write_text(fitted, encoding="utf-8")
    given = ("run", case_folder, "--until", "2012-02-29", "--replicates", "2", "--json", "--out")
    assert json.loads(call(*given, "left-out").out)["drawn"] == "posterior"
    assert json.loads(call(*given, "fixed", "--parameters", "fixed").out)["drawn"] is None


def test_run_honours_quiet(call: Call, case_folder: Path) -> None:
    assert call("run", case_folder, "--replicates", "1", "--out", "a", "--quiet") == (0, "", "")


def test_run_warns_beyond_the_end_of_the_case(call: Call, case_folder: Path) -> None:
    said = call("run", case_folder, "--replicates", "1", "--until", "2013-01-31", "--out", "a", "--quiet")
    assert (said.status, said.out) == (0, "")
    assert "warning: after 2012-12-31" in said.err


def test_nothing_is_overwritten_without_force(call: Call, case_folder: Path, tmp_path: Path) -> None:
    first = ["run", case_folder, "--replicates", "1", "--out", "a"]
    assert call(*first).status == 0
    refused = call(*first, "--seed", "2")
    assert refused.status == 2
    assert "--force" in refused.err
    assert json.loads((tmp_path / "a" / "run.json").read_text(encoding="utf-8"))["seed"] == 1
    assert call(*first, "--seed", "2", "--force").status == 0
    assert json.loads((tmp_path / "a" / "run.json").read_text(encoding="utf-8"))["seed"] == 2


def test_a_scenario_is_named_in_the_run(call: Call, case_folder: Path, tmp_path: Path) -> None:
    scenario = '[[change]]\nindicator = "violence"\nplaces = ["all"]\nfrom = 2012-01-01\nmultiply = 0.0\n'
    (tmp_path / "peace.toml").write_text('name = "peace"\n' + scenario, encoding="utf-8")
    said = call("run", case_folder, "--scenario", "peace.toml", "--replicates", "1", "--out", "peace", "--json")
    assert (said.status, json.loads(said.out)["scenario"]) == (0, "peace")


def test_check_of_a_run(call: Call, runs: Path) -> None:
    said = call("check", runs / "first")
    assert (said.status, said.err) == (0, "")
    assert "conserved in every replicate" in said.out
    assert json.loads(call("check", runs / "first", "--json").out)["ok"] is True


def test_check_of_a_run_whose_case_was_changed(call: Call, runs: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(runs / "first", tmp_path / "spoilt")
    table = tmp_path / "spoilt" / "case" / "population.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("180000", "180001"), encoding="utf-8")
    said = call("check", "spoilt", "--json")
    assert said.status == 1
    [problem] = json.loads(said.out)["problems"]
    assert "not the one that was run" in problem["what"]


def test_check_says_what_a_case_rests_on(call: Call, case_folder: Path) -> None:
    document = json.loads(call("check", case_folder, "--json").out)
    assert document["schema"] == "homeward/check/1"
    assert document["estimate_share_rows"] == 0
    assert {table["table"] for table in document["tables"]} >= {"places", "routes", "population"}
    assert [entry["indicator"] for entry in document["conditions"]] == list(FAMILIES)
    shown = call("check", case_folder).out
    assert "0.0% of the people" in shown
    assert re.search(r"^0\.0% of all \d+ rows rest on estimates", shown, re.MULTILINE)
    assert re.search(r"^ *violence +[\d,]+ +0\.0% *$", shown, re.MULTILINE), shown


def test_check_weighs_estimates_by_people_and_time(call: Call) -> None:
    """Nobody's number is an estimate in the built-in case, but who held their place always is."""
    document = json.loads(call("check", "syria", "--json").out)
    assert 0.3 < document["estimate_share_rows"] < 0.6
    assert document["estimate_share_people"] == 0
    shares = {entry["indicator"]: entry["estimate_share"] for entry in document["conditions"]}
    assert shares["held_by"] == 1
    assert 0.3 < shares["violence"] < 0.5
    months = {entry["indicator"]: entry["people_months"] for entry in document["conditions"]}
    assert all(months[name] > 0 for name in UNKNOWN_UNTIL_GIVEN)
    assert all(shares[name] == 1 for name in (*HOME_CONDITIONS, "access", "work", "aid", "hostility"))
    assert 0.9 < shares["legal_stay"] < 1  # two surveys in Lebanon
    shown = call("check", "syria").out
    assert re.search(r"^ *housing +[\d,]{9,} +100\.0% *$", shown, re.MULTILINE), shown
    assert re.search(r"^ *held_by +[\d,]{9,} +100\.0% *$", shown, re.MULTILINE), shown


def test_score_of_the_newest_run(call: Call, runs: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(runs / "first", tmp_path / "runs" / "first")
    said = call("score")
    assert said.status == 0
    assert "Run: runs/first" in said.out
    assert re.search(r"refugee_stock +HOA +2012-12-31 +60,000 +[\d,]+ ", said.out), said.out
    assert "HOA ← north" in said.out
    document = json.loads(call("score", "--json").out)
    assert document["schema"] == "homeward/score/1"
    assert {"measure", "country", "date", "observed", "median", "low90", "high90"} <= set(document["rows"][0])


def test_score_shows_proper_scores_beside_simple_forecasts(call: Call, tmp_path: Path) -> None:
    """Coverage never stands without its width, and persistence has no interval."""
    case = small_case(end=date(2013, 12, 31))
    said = {"source": "made-up", "known_on": date(2014, 1, 1), "basis": Basis.OBSERVED}
    running = [
        Observation.model_validate(
            {"date": end, "measure": "registered_stock", "place": "HOA", "value": 30_000, "definition": "count"} | said
        )
        for end in month_ends(case)
    ]
    write_case(case.model_copy(update={"observed": (*case.observed, *running)}), tmp_path / "running")
    assert call("run", "running", "--replicates", "20", "--quiet", "--out", "a").status == 0
    shown = call("score", "a").out
    own = re.search(
        r"registered_stock +2013–2018 +11 +model +[\d.]+ +[\d.]+ +\d+% \([\d.]+\) +\d+% \([\d.]+\) *$",
        shown,
        re.MULTILINE,
    )
    assert own, shown
    assert re.search(r"^ +persistence +0\.000 +– +– +– *$", shown, re.MULTILINE), shown
    document = json.loads(call("score", "a", "--json").out)
    [line] = [
        line
        for line in document["summary"]["rows"]
        if line["measure"] == "registered_stock" and line["period"] == "2013–2018"
    ]
    assert [said["forecast"] for said in line["forecasts"]] == ["model", "persistence"]
    assert line["proper_n"] == 11  # a year before 28 February 2013 has no month end


def test_report_is_written_once(call: Call, runs: Path, tmp_path: Path) -> None:
    assert call("report", runs / "first", "--out", "page.html").out == "Report: page.html\n"
    assert "<html" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert call("report", runs / "first", "--out", "page.html").status == 2
    assert call("report", runs / "first", "--out", "page.html", "--force", "--quiet") == (0, "", "")
    assert call("report", runs / "first", "--out", tmp_path).status == 2


def test_compare_shows_the_difference(call: Call, runs: Path) -> None:
    document = json.loads(call("compare", runs / "first", runs / "other", "--json").out)
    assert document["schema"] == "homeward/compare/1"
    refugees = [row for row in document["rows"] if row["measure"] == "refugee_stock" and row["country"] == "HOA"]
    assert refugees[-1]["difference"]["p50"] < 0
    shown = call("compare", runs / "first", runs / "other")
    assert shown.status == 0
    assert "refugee_stock" in shown.out


def test_doctor_finds_this_machine_fit(call: Call) -> None:
    said = call("doctor", "--json")
    document = json.loads(said.out)
    assert (said.status, document["fit"]) == (0, True), document
    found = {finding["subject"]: finding["found"] for finding in document["findings"]}
    assert "syria" in found["built-in cases"]
    assert "people after" in found["self-test"]


def test_doctor_says_what_falls_short(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeward.case.folder.built_in_cases", list)
    monkeypatch.setattr("homeward.cli.machine.memory_bytes", lambda: 2**28)
    said = call("doctor")
    assert said.status == 1
    assert re.search(r"FALLS SHORT +memory +0\.2 GiB", said.out)
    assert "Not fit for a run" in said.out
