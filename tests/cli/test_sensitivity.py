"""``homeward sensitivity`` on the small case, from the command line to the section of the report."""

from __future__ import annotations

import importlib.util
import json
import re
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from homeward.case.folder import write_case
from homeward.cli.main import main
from homeward.results.sensitivity_contract import Sensitivity
from tests.cli.conftest import Call, Shell
from tests.known_case import with_parameters
from tests.small_case import small_case

ONE = ("--parameters", "flight_hazard", "--size", "2")
FEW = ("--parameters", "return_hazard_open,flight_hazard", "--parameters", "flight_hazard_host", "--size", "2")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_case(with_parameters(small_case(people=60_000), {"spill_over": 0.2}), tmp_path / "small")
    return tmp_path / "small"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run of the small case and what a sensitivity analysis of it wrote."""
    root = tmp_path_factory.mktemp("sensitivity")
    write_case(small_case(), root / "small")
    assert main(["run", str(root / "small"), "--replicates", "2", "--quiet", "--out", str(root / "run")]) == 0
    out = ("--out", str(root / "found.json"), "--quiet")
    assert main(["sensitivity", str(root / "small"), *FEW, *out]) == 0
    return root


def section(html: str) -> str:
    found = re.search(r'<section id="sensitivity">.*?</section>', html, re.DOTALL)
    assert found is not None
    return found[0]


def test_it_shows_tables_and_writes_the_document(call: Call, folder: Path, tmp_path: Path) -> None:
    said = call("sensitivity", folder, *FEW)
    assert said.status == 0, said.err
    assert re.search(r"^Returns of refugees in 2012: [\d,]+ with all in the middle *$", said.out, re.MULTILINE)
    assert re.search(r"^Returns of refugees from HOA in 2012: ", said.out, re.MULTILINE)
    assert re.search(
        r"^ *return_hazard_open +0\.00817 – 0\.533 +per year +\d\.\d\d +± \d\.\d\d +\d\.\d\d +-\d+% +\+\d+% *$",
        said.out,
        re.MULTILINE,
    ), said.out
    assert "3 parameters: 0 within the posterior of a fit, 1 without effect here. 13 courses in " in said.out
    assert "Correlations between parameters are ignored." in said.out
    assert "Result: small-sensitivity.json." in said.out
    found = Sensitivity.model_validate_json((tmp_path / "small-sensitivity.json").read_bytes())
    assert [row.name for row in found.parameters] == ["return_hazard_open", "flight_hazard", "flight_hazard_host"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small", "small-sensitivity.json"]


def test_the_document_is_the_only_output_and_the_same_as_the_file(call: Call, folder: Path, tmp_path: Path) -> None:
    scenario = (
        'name = "calm"\n[[change]]\nindicator = "violence"\nplaces = ["all"]\nfrom = 2012-01-01\nmultiply = 0.5\n'
    )
    (tmp_path / "calm.toml").write_text(scenario, encoding="utf-8")
    said = call("sensitivity", folder, "--scenario", "calm.toml", "--method", "sobol", "--parameters", "flight_hazard",
                "--size", "2", "--out", "a.json", "--json", "--jobs", "1", "--seed", "3")  # fmt: skip
    assert said.status == 0, said.err
    assert said.out == (tmp_path / "a.json").read_text(encoding="utf-8")
    document = json.loads(said.out)
    assert (document["schema"], document["scenario"], document["seed"]) == ("homeward/sensitivity/1", "calm", 3)
    assert (document["method"], document["runs"]) == ("sobol", 9)
    index = document["figures"][0]["indices"][0]
    assert index["mu_star"] is None
    assert isinstance(index["total"], float)


def test_a_document_fits_its_schema(call: Call, written: Path) -> None:
    schema = json.loads(call("schema").out)["sensitivity"]
    document = json.loads((written / "found.json").read_text(encoding="utf-8"))
    assert set(document) == set(schema["properties"])
    for name, model in (("figures", "SensitivityFigure"), ("parameters", "SensitivityParameter")):
        assert set(document[name][0]) == set(schema["$defs"][model]["properties"])


def test_quiet_says_nothing(call: Call, folder: Path) -> None:
    assert call("sensitivity", folder, *ONE, "--quiet") == (0, "", "")


def test_a_later_end_than_that_of_the_case_is_warned_of(call: Call, folder: Path) -> None:
    said = call("sensitivity", folder, *ONE, "--until", "2013-12-31", "-q")
    assert (said.status, said.out) == (0, "")
    assert "warning: after 2012-12-31" in said.err


def test_a_file_that_is_there_is_not_overwritten_without_force(call: Call, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "small-sensitivity.json").write_text("mine", encoding="utf-8")
    refused = call("sensitivity", folder, *FEW)
    assert (refused.status, refused.out) == (2, "")
    assert "--force" in refused.err
    assert (tmp_path / "small-sensitivity.json").read_text(encoding="utf-8") == "mine"
    assert call("sensitivity", folder, *ONE, "--force", "--quiet").status == 0
    assert json.loads((tmp_path / "small-sensitivity.json").read_text(encoding="utf-8"))["case"] == "small"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--method", "sobol"], "sobol needs --parameters"),
        (["--method", "sobol", "--parameters", "flight_hazard", "--size", "10"], "must be a power of two"),
        (["--method", "fast"], "fast"),
        (["--size", "1"], "--size"),
        (["--jobs", "0"], "--jobs"),
        (["--parameters", " , "], "--parameters names no parameter"),
        (["--parameters", "flight_hasard"], "unknown parameter 'flight_hasard'; did you mean flight_hazard?"),
        (["--parameters", "reference_intensity"], "reference_intensity is fixed"),
        (["--parameters", "household_size"], "household_size is a switch"),
        (["--parameters", "spill_over"], "spill_over is set by the case"),
        (["--parameters", "idp_error_sd"], "changes what is counted and moves nobody"),
        (["--until", "2012-12-30"], "2012-01-01 to 2012-12-30 holds no full calendar year"),
        (["--until", "2011-12-31"], "lies before the start of the case"),
        (["--until", "soon"], "soon"),
        (["--scenario", "nothing"], "nothing"),
        (["--out", "nowhere/a.json"], "there is no folder nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call_is_told_what_is_wrong(
    arguments: list[str], words: str, call: Call, folder: Path, tmp_path: Path
) -> None:
    said = call("sensitivity", folder, *arguments)
    assert (said.status, said.out) == (2, "")
    assert words in said.err
    as_json = call("sensitivity", folder, *arguments, "--json")
    assert (as_json.status, as_json.err) == (2, "")
    assert words in json.loads(as_json.out)["error"]["message"]
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_a_bad_case_is_told(call: Call, folder: Path) -> None:
    text = (folder / "routes.csv").read_text(encoding="utf-8")
    (folder / "routes.csv").write_text(text.replace(",camp,", ",cmap,", 1), encoding="utf-8")
    said = call("sensitivity", folder, *FEW)
    assert (said.status, said.out) == (3, "")
    assert "cmap" in said.err


def without_salib() -> Callable[..., object]:
    found = importlib.util.find_spec
    return lambda name, package=None: None if name == "SALib" else found(name, package)


def test_without_salib_it_says_what_to_install(call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeward.learn.indices.find_spec", without_salib())
    said = call("sensitivity", folder, *FEW)
    assert (said.status, said.out) == (2, "")
    assert "pip install 'homeward[sensitivity]'" in said.err


@pytest.mark.parametrize("later", [0.0, 0.2, 2.0])
def test_ctrl_c_ends_it_and_leaves_nothing(later: float, shell: Shell, folder: Path, tmp_path: Path) -> None:
    """It may come while courses are still being handed over to the threads, or when they are under way."""
    process = shell("sensitivity", folder, "--size", "100", "--jobs", "2")
    assert process.stderr is not None
    assert "courses at most" in process.stderr.readline()
    time.sleep(later)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "homeward: interrupted"
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_a_full_disk_costs_the_file_and_not_what_was_found(shell: Shell, folder: Path, tmp_path: Path) -> None:
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))  # noqa: E731
    process = shell("sensitivity", folder, *ONE, preexec_fn=limit)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "Returns of refugees in 2012" in out
    assert err.splitlines()[-1].startswith("homeward: writing small-sensitivity.json failed")
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_the_report_shows_it_where_it_is_asked_to(call: Call, written: Path, tmp_path: Path) -> None:
    said = call("report", written / "run", "--sensitivity", written / "found.json", "--out", "with.html")
    assert (said.status, said.out) == (0, "Report: with.html\n")
    html = (tmp_path / "with.html").read_text(encoding="utf-8")
    assert '<a href="#sensitivity">' in html
    assert section(html).count('<svg class="tornado"') == 5
    assert not re.search(r"https?://", html)
    assert call("report", written / "run", "--out", "without.html").status == 0
    assert "tornado" not in (tmp_path / "without.html").read_text(encoding="utf-8")


def test_the_copy_of_the_case_in_a_run_is_the_case_of_the_run(call: Call, written: Path, tmp_path: Path) -> None:
    assert call("sensitivity", written / "run" / "case", *ONE, "--out", "a.json", "--quiet").status == 0
    run = json.loads((written / "run" / "run.json").read_text(encoding="utf-8"))
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["case_hash"] == run["case_hash"]


def test_the_report_refuses_what_is_no_analysis_of_its_case(call: Call, written: Path, tmp_path: Path) -> None:
    missing = call("report", written / "run", "--sensitivity", "none.json", "--out", "a.html")
    assert missing.status == 2
    assert "'homeward sensitivity CASE --out none.json' writes it" in missing.err
    wrong = call("report", written / "run", "--sensitivity", written / "run" / "run.json", "--out", "a.html")
    assert wrong.status == 3
    assert "run.json: is no document homeward/sensitivity/1" in wrong.err
    other = json.loads((written / "found.json").read_text(encoding="utf-8")) | {"case": "elsewhere"}
    (tmp_path / "other.json").write_text(json.dumps(other), encoding="utf-8")
    refused = call("report", written / "run", "--sensitivity", "other.json", "--out", "a.html")
    assert refused.status == 2
    assert "the sensitivity analysis is of the case elsewhere, the run of small" in refused.err
    assert not (tmp_path / "a.html").exists()
