"""``homeward meeting`` on a small case: what it says, its document, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeward.case.folder import write_case
from homeward.case.schema import Fitted
from homeward.case.tomlfile import write_toml
from homeward.results.meeting_contract import MeetingDocument
from tests.cli.conftest import Call, Said
from tests.conference import small_conference, write_conference
from tests.plan.dated_case import AS_OF, dated_case

QUICK = ("--months", "2", "--replicates", "2", "--shared-out", "1", "--known", "--jobs", "1")
CONTRACT = {
    "schema", "meeting", "refugees_total", "refugees_hosted_by_attending", "share", "levers_available",
    "levers_blocked", "returns", "shapley",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a case on disk with a conference and a fitted set that may be used on the day of its meeting."""
    case = tmp_path_factory.mktemp("meeting") / "dated"
    write_case(dated_case(), case)
    write_conference(small_conference(), case)
    (case / "fits").mkdir()
    fitted = Fitted(fitted_through=AS_OF, known_on=AS_OF, parameters={}, opening_chance=0.05)
    write_toml(case / "fits" / "2016-12-31.toml", fitted)
    return case


def held(call: Call, folder: Path, *more: str) -> Said:
    said = call("meeting", folder, "talks", *QUICK, *more)
    assert said.status == 0, said.err
    return said


def test_help_says_what_it_is_and_what_it_is_not(call: Call) -> None:
    said = call("meeting", "--help")
    text = " ".join(said.out.split())
    assert said.status == 0
    assert "who was in the room" in text
    assert "no responsibility" in text
    assert "Exit status: 0 done" in text


def test_the_document_has_the_names_of_the_contract_and_fits_its_schema(call: Call, folder: Path) -> None:
    said = held(call, folder, "--json")
    content: dict[str, Any] = json.loads(said.out)
    assert set(content) >= CONTRACT
    assert content["schema"] == "homeward/meeting/1"
    document = MeetingDocument.model_validate(content)
    assert document.share == pytest.approx(document.refugees_hosted_by_attending / document.refugees_total)
    for side in ("with_levers", "without"):
        assert set(content["returns"][side]["people"]) == {"p05", "p50", "p95"}
    properties = json.loads(call("schema").out)["meeting"]["properties"]
    assert set(content) == set(properties)


def test_the_arithmetic_is_shown_with_its_date_and_levers_with_what_is_in_the_way(call: Call, folder: Path) -> None:
    document = MeetingDocument.model_validate(json.loads(held(call, folder, "--json").out))
    out = " ".join(held(call, folder).out.split())
    known, hindsight = document.coverage
    for one in (known, hindsight):
        assert f"{one.covered:,.0f} of {one.total:,.0f} = {one.share:.1%}" in out
    assert "2015-12-31, known on 2016-12-31" in out
    assert "With hindsight, 2016-12-31" in out
    assert "requires promise" in out
    assert "held by rebels and donor" in out
    assert "crossings yes changes nothing on this day" in out
    assert "One more of these adds no lever that acts: hob, donor" in out
    assert "in this model" in out
    assert "no responsibility" in out
    assert "no party and no place is said to make returns safe" in out


def test_limits_are_those_that_are_given(call: Call, folder: Path) -> None:
    content = json.loads(held(call, folder, "--limit", "violence=1000", "--json").out)
    assert content["limits"]["violence"] == 1000.0
    said = call("meeting", folder, "talks", "--limit", "violense=1")
    assert said.status == 2
    assert "Did you mean 'violence'?" in said.err


def test_an_unknown_meeting_is_a_wrong_call_and_names_the_nearest(call: Call, folder: Path) -> None:
    said = call("meeting", folder, "talk")
    assert said.status == 2
    assert "there is no meeting 'talk'. Did you mean 'talks'?" in said.err
    assert said.out == ""


def test_a_case_without_meetings_has_none(call: Call, case_folder: Path) -> None:
    said = call("meeting", case_folder, "talks", "--json")
    assert said.status == 2
    assert "None is known here" in json.loads(said.out)["error"]["message"]


def test_levers_that_are_wrong_are_told_before_anything_is_simulated(call: Call, tmp_path: Path) -> None:
    write_case(dated_case(), tmp_path / "wrong")
    write_conference(small_conference(), tmp_path / "wrong")
    levers = tmp_path / "wrong" / "levers.toml"
    levers.write_text(levers.read_text(encoding="utf-8").replace('"home"', '"hoome"'), encoding="utf-8")
    said = call("meeting", tmp_path / "wrong", "talks", "--json")
    assert said.status == 3
    problems = json.loads(said.out)["error"]["problems"]
    assert {(one["file"], one["remedy"]) for one in problems} == {("levers.toml", "Did you mean 'home'?")}
    assert [one["row"] for one in problems] == [2, 3]
    said = call("check", tmp_path / "wrong")
    assert said.status == 3
    assert "Did you mean 'home'?" in said.err


def test_a_scenario_pulls_levers_in_a_run(call: Call, folder: Path) -> None:
    pulls = "".join(f'[[lever]]\nname = "{name}"\nfrom = 2012-06-01\n' for name in ("promise", "papers"))
    Path("papers.toml").write_text(f'name = "papers"\n{pulls}', encoding="utf-8")
    short = ("--until", "2012-07-31", "--replicates", "1", "--seed", "1")
    for name, more in (("plain", ()), ("papers", ("--scenario", "papers.toml"))):
        said = call("run", folder, *short, *more, "--out", name)
        assert said.status == 0, said.err
    rows = Path("papers/case/conditions.csv").read_text(encoding="utf-8")
    assert "guarantees.opposition" in rows
    assert "guarantees.opposition" not in Path("plain/case/conditions.csv").read_text(encoding="utf-8")
