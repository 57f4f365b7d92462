"""The tutorial runs as it stands, prints what it shows, and says nothing of the case that is not so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools.run_docs import BLOCK, run_page, steps

from homeward.case.folder import load_case, load_conference
from homeward.plan.meeting import find_meeting, refugees_covered
from homeward.rules.parameters import resolve_parameters

TUTORIAL = Path(__file__).resolve().parents[1] / "docs" / "tutorials" / "first-run.md"
STALE = "run python tools/run_docs.py --update docs/tutorials/first-run.md, and read the sentences around"


def text() -> str:
    return TUTORIAL.read_text(encoding="utf-8")


def test_every_prompt_works_and_prints_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    failed = run_page(TUTORIAL)
    assert failed == 0, f"{capsys.readouterr().out}\n{STALE}"


@pytest.mark.parametrize("command", ["run", "score", "compare"])
def test_figures_with_intervals_are_shown(command: str) -> None:
    """A tutorial whose outputs are all left out could not be stale, and would teach nothing."""
    all_steps = (step for block in BLOCK.findall(text()) for step in steps(block))
    shown = [line for step in all_steps if step.command.startswith(f"homeward {command} ") for line in step.shown]
    assert any(re.search(r"\d[\d,.]* ?[kM]? .*\d[–-]\d", line) for line in shown)


def test_what_is_called_about_half_is_about_half() -> None:
    """The tutorial changes one parameter to about half of what the built-in case uses."""
    [value] = re.findall(r"--set flight_hazard=([\d.]+)", text())
    assert float(value) / resolve_parameters(load_case("syria"))["flight_hazard"] == pytest.approx(0.5, abs=0.1)


def test_the_worked_example_of_a_conference_shows_its_arithmetic() -> None:
    """Its prompts run with those of the other pages (tools/run_docs.py): they take two minutes."""
    page = TUTORIAL.with_name("a-conference-on-return.md").read_text(encoding="utf-8")
    case = load_case("syria")
    conference = load_conference("syria", case)
    found = refugees_covered(case, conference, find_meeting(conference, "damascus-2020"))
    parts = " + ".join(f"{row.people:,.0f}" for row in found.rows if row.in_the_room)
    assert f"{parts} = {found.covered:,.0f} of {found.total:,.0f} = {found.share:.1%}" in page
    assert (round(found.covered), round(found.total)) == (1_156_396, 6_615_249)
