"""``homeward check`` on a Flee directory; on cases and runs it is tested with the other commands."""

from __future__ import annotations

import json
from pathlib import Path

from tests.case.flee.small_flee import add_settings, edit, write_flee
from tests.cli.conftest import Call


def test_a_flee_directory_is_counted_and_what_flee_misreads_is_said(call: Call, tmp_path: Path) -> None:
    folder = write_flee(tmp_path / "small-flee")
    add_settings(folder, "move_rules", "two_system_decision_making: True")
    said = call("check", folder)
    assert said.status == 0, said.err
    assert "no problem found in this Flee directory" in said.out
    assert "5 days from 2020-01-01" in said.out
    assert "two_system_decision_making" in said.err
    document = json.loads(call("check", folder, "--json").out)
    rows = document["holds"]
    assert document["tables"] == []
    assert (rows["locations: camp"], rows["routes"], rows["closures"], rows["dated counts"]) == (1, 5, 6, 7)
    assert any("two_system_decision_making" in text for text in document["warnings"])


def test_everything_that_is_wrong_with_one_is_told(call: Call, tmp_path: Path) -> None:
    folder = write_flee(tmp_path / "small-flee")
    edit(folder, "input_csv/routes.csv", "Alba,Brook,40", "Alba,Brok,40")
    edit(folder, "input_csv/sim_period.csv", "Length,5", "Length,five")
    said = call("check", folder)
    assert said.status == 3
    assert "Brok" in said.err
    assert "five" in said.err
