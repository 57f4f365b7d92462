from __future__ import annotations

from pathlib import Path

import pytest

from homeward.case.flee.model import Demographics
from homeward.case.flee.people import read_agents, read_demographics
from homeward.case.flee.reader import read_flee
from homeward.case.flee.rows import Findings, Names
from tests.case.flee.small_flee import edit, warnings_about

PLACES = Names("location", frozenset({"Alba", "Brook"}))


def read(folder: Path, text: str, findings: Findings) -> Demographics | None:
    path = folder / "demographics_age.csv"
    path.write_text(text)
    return read_demographics(path, "d.csv", PLACES, findings)


def test_default_is_found_in_any_spelling_and_told(tmp_path: Path, findings: Findings) -> None:
    found = read(tmp_path, "# weights\nage,default\n10,1\n20,0\n", findings)
    assert found == Demographics("age", ("10", "20"), (1.0, 0.0), ())
    assert findings.problems == []
    assert "only in this spelling; here 'default' is it" in findings.warnings[0]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the table has no rows"),
        ("age,Default\n", "the table has no rows"),
        ("age\n1\n", "the second column is not 'Default'"),
        ("age,Default,Alba,Alba\n1,1,1,1\n", "'Alba' stands twice"),
        ("age,Default,Alba\n1,1\n", "the row has 2 cells, the header has 3"),
        ("age,Default\n,1\n", "the value is blank"),
        ("age,Default\n1,-1\n2,3\n", "'Default' is -1.0, which is below 0"),
        ("age,Default,Brook\n1,1,0\n2,1,0\n", "all weights of the column 'Brook' are 0"),
    ],
)
def test_weights_that_are_wrong_are_refused(tmp_path: Path, text: str, what: str, findings: Findings) -> None:
    assert read(tmp_path, text, findings) is None
    assert [what in problem.what for problem in findings.problems] == [True]


def test_an_agent_has_a_cell_for_each_column(tmp_path: Path, findings: Findings) -> None:
    path = tmp_path / "agents.csv"
    path.write_text("# people\nlocation,age,gender\nAlba,1,f\nBrook,2\n")
    found = read_agents(path, "agents.csv", PLACES, findings)
    assert [agent.attributes for agent in found] == [(("age", "1"), ("gender", "f"))]
    assert [(problem.row, problem.line) for problem in findings.problems] == [(2, 4)]


def test_agents_that_are_not_used_are_told(directory: Path) -> None:
    assert warnings_about(read_flee(directory), "agents.csv") == []
    edit(directory, "simsetting.yml", "read_from_agents_csv_file: True", "read_from_agents_csv_file: False")
    assert warnings_about(read_flee(directory), "agents.csv: Flee does not use it")
