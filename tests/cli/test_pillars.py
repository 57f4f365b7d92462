"""``homeward pillars``: what a user sees, the document, the table, and calls that are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeward.results.pillar_contract import Pillars
from tests.cli.conftest import Call
from tests.judge.test_pillars import known_case, run_of


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """Return a run under ./runs of a case of which everything is known in the north and in HOA."""
    return run_of(tmp_path / "runs" / "known", known_case()).folder


def follows(value: Any, schema: dict[str, Any], whole: dict[str, Any]) -> bool:
    """Return whether a value follows a JSON Schema, as far as our documents use it: types, references and choices."""
    if "$ref" in schema:
        return follows(value, whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    if "anyOf" in schema:
        return any(follows(value, choice, whole) for choice in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    kind = schema["type"]
    if kind == "object":
        if not isinstance(value, dict):
            return False
        known = schema["properties"]
        inside = all(follows(value[name], known[name], whole) for name in value if name in known)
        return set(schema.get("required", ())) <= set(value) <= set(known) and inside
    if kind == "array":
        return isinstance(value, list) and all(follows(one, schema["items"], whole) for one in value)
    types: dict[str, tuple[type, ...]] = {
        "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "null": (type(None),),
    }  # fmt: skip
    return isinstance(value, types[kind]) and (kind == "boolean" or not isinstance(value, bool))


@pytest.mark.usefixtures("finished")
def test_the_newest_run_is_judged_by_host(call: Call) -> None:
    said = call("pillars")
    assert (said.status, said.err) == (0, "")
    lines = said.out.splitlines()
    [host] = [line for line in lines if "HOA" in line]
    assert host.split()[:4] == ["HOA", "*", "refugees", "50"]
    assert "100 / 0 / 0" in host
    assert any("documents" in line and "at least 0.5" in line for line in lines)
    assert "* The case holds no observed figures" in said.out
    assert "No interval: 2 replicates are fewer than the 20" in said.out
    assert "runs/known" in lines[0]


@pytest.mark.usefixtures("finished")
def test_the_output_never_gives_a_verdict_on_a_place(call: Call) -> None:
    said = call("pillars", "--by", "origin", "--json").out + call("pillars", "--by", "origin").out
    for words in ("is safe", "are safe", "unsafe", "safest", "rank"):
        assert words not in said


def test_json_follows_its_schema_and_shows_what_the_table_shows(call: Call, finished: Path) -> None:
    said = call("pillars", finished, "--json", "--curve", "housing", "--limit", "documents=0.7")
    assert (said.status, said.err) == (0, "")
    document = json.loads(said.out)
    schema = json.loads(call("schema").out)["pillars"]
    assert document["schema"] == "homeward/pillars/1"
    assert follows(document, schema, schema)
    assert not follows(document | {"by": "weather"}, schema, schema)
    assert Pillars.model_validate(document).rows[0].people == 115.5
    assert {limit["name"]: limit["value"] for limit in document["limits"]}["documents"] == 0.7
    assert len(document["curves"]) == 3


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize("name", ["flows.csv", "flows.parquet"])
def test_the_table_is_written_once(call: Call, tmp_path: Path, name: str) -> None:
    said = call("pillars", "--table", name)
    assert (said.status, said.err) == (0, f"4 flows in {name}\n")
    assert (tmp_path / name).stat().st_size > 0
    refused = call("pillars", "--table", name)
    assert refused.status == 2
    assert "--force" in refused.err
    assert call("pillars", "--table", name, "--force").status == 0


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize("by", ["origin", "month", "year"])
def test_rows_by_something_else(call: Call, by: str) -> None:
    said = call("pillars", "--by", by)
    assert said.status == 0
    assert {"origin": "North", "month": "2012-03-31", "year": "2013"}[by] in said.out


@pytest.mark.usefixtures("finished")
def test_a_curve_is_a_table_of_its_own(call: Call) -> None:
    said = call("pillars", "--curve", "livelihoods", "--curve", "violence")
    assert "sustainable, by the limit livelihoods" in said.out
    assert "safe, by the limit violence" in said.out
    assert "(was" not in said.out
    assert "at least 0.7 (was 0.5)" in call("pillars", "--limit", "livelihoods=0.7").out


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--limit", "housin=0.5"), "Did you mean 'housing'?"),
        (("--limit", "zzz=0.5"), "Known: documents, housing"),
        (("--limit", "housing"), "write NAME=VALUE with a number"),
        (("--limit", "housing=much"), "write NAME=VALUE with a number"),
        (("--limit", "housing=nan"), "write NAME=VALUE with a number"),
        (("--curve", "violense"), "Did you mean 'violence'?"),
        (("--by", "hosts"), "homeward pillars --help"),
        (("--since", "2020-01-01"), "no month of the run ends"),
        (("--table", "flows.xlsx"), "does not end in .parquet or .csv"),
        (("--table", "nowhere/flows.csv"), "there is no folder nowhere"),
    ],
)
def test_a_wrong_call_says_what_to_do(call: Call, arguments: tuple[str, ...], words: str) -> None:
    said = call("pillars", *arguments)
    assert (said.status, said.out) == (2, "")
    assert words in said.err


def test_without_a_run_the_call_is_wrong(call: Call) -> None:
    said = call("pillars", "--json")
    assert said.status == 2
    assert "no run under runs" in json.loads(said.out)["error"]["message"]


def test_a_run_of_an_older_version_is_to_be_run_again(call: Call, finished: Path) -> None:
    for part in (finished / "displaced_again").iterdir():
        part.unlink()
    said = call("pillars", finished)
    assert said.status == 1
    assert "missing parts of displaced_again; run the case again" in said.err
