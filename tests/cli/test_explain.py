"""``homeward explain``: what a user sees, the document, the table, and calls that are wrong."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from homeward.learn.ensemble import run_ensemble
from homeward.results.explain_contract import Explanation
from homeward.results.tables import content_hash
from tests.cli.conftest import Call
from tests.small_case import small_case


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run that no test changes."""
    case = small_case(end=date(2012, 3, 31), step_hours=168, parameters={"return_gate_threshold": -3.0})
    folder = tmp_path_factory.mktemp("explain") / "first"
    run_ensemble(case, folder, replicates=2, jobs=1)
    return folder


@pytest.fixture
def finished(tmp_path: Path, once: Path) -> Path:
    """Return a copy of it under ./runs."""
    return shutil.copytree(once, tmp_path / "runs" / "first")


@pytest.mark.usefixtures("finished")
def test_a_total_is_taken_apart_into_its_largest_flows(call: Call) -> None:
    said = call("explain")
    assert (said.status, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "Run: runs/first"
    assert lines[1].startswith("Returns of refugees from all hosts to all districts of origin in March 2012: ")
    assert "No interval: 2 replicates are fewer than the 20" in said.out
    [flow] = [line for line in lines if line.split()[:2] == ["HOA", "North"]]
    assert "readiness: the part of it that the safety of home leaves" in said.out
    assert len(flow.split()) >= 6


@pytest.mark.usefixtures("finished")
def test_one_flow_shows_factors_rows_parameters_and_provenance(call: Call) -> None:
    said = call("explain", "--from", "HOA", "--to", "north", "--month", "2012-02")
    assert said.status == 0
    for words in (
        "from HOA to North in February 2012", "= hazard", "8, 9, 9a", "decide to return in the month",
        "conditions 1, 4", "return_hazard_open", "steps of a week",
        "To make it again: homeward run runs/first/case --seed 1",
    ):  # fmt: skip
        assert words in said.out
    assert "read by" in said.out


def test_json_is_the_document_and_nothing_else(call: Call, finished: Path) -> None:
    said = call("explain", finished, "--idps", "--to", "north", "--json")
    assert (said.status, said.err) == (0, "")
    document = json.loads(said.out)
    assert document["schema"] == "homeward/explain/1"
    found = Explanation.model_validate(document)
    assert json.loads(found.to_json()) == document
    assert found.figure.measure == "returned_idps"
    assert "border" in {factor.name for factor in found.pairs[0].factors}
    assert "pressure" not in {factor.name for factor in found.pairs[0].factors}


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_the_table_is_written_once(call: Call, tmp_path: Path, name: str) -> None:
    said = call("explain", "--table", name, "--json")
    rows = json.loads(said.out)["rows"]
    assert said.err == f"{len(rows)} rows in {name}\n"
    with duckdb.connect() as base:
        written = base.execute(f"SELECT table_name, row_number, source FROM '{tmp_path / name}'").fetchall()
    assert written == [(row["table"], row["row"], row["source"]) for row in rows]
    refused = call("explain", "--table", name)
    assert refused.status == 2
    assert "--force" in refused.err
    assert call("explain", "--table", name, "--force").status == 0


def test_the_command_it_names_makes_the_run_again(call: Call, finished: Path, tmp_path: Path) -> None:
    [command] = json.loads(call("explain", "--json").out)["provenance"]["again"]
    assert command.split()[:2] == ["homeward", "run"]
    assert call(*command.split()[1:]).status == 0
    assert content_hash(tmp_path / "again") == content_hash(finished)


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--to", "nort"), "Did you mean 'north'?"),
        (("--from", "citty"), "Did you mean 'city'?"),
        (("--month", "2015-01"), "it goes from 2012-01 to 2012-03"),
        (("--table", "rows.xlsx"), "does not end in .parquet or .csv"),
        (("--table", "nowhere/rows.csv"), "there is no folder nowhere"),
    ],
)
def test_a_wrong_call_says_what_to_do(call: Call, arguments: tuple[str, ...], words: str) -> None:
    said = call("explain", *arguments)
    assert (said.status, said.out) == (2, "")
    assert words in said.err


def test_without_a_run_the_call_is_wrong(call: Call) -> None:
    assert "no run under runs" in call("explain").err
