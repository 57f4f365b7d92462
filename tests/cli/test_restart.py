"""``homeward run CASE --restart DATE``."""

from __future__ import annotations

import json
from pathlib import Path

from homeward.case.folder import read_case
from tests.cli.conftest import Call

RESTART = ("--restart", "2012-12-31", "--until", "2013-03-31", "--replicates", "2", "--out", "a")


def test_a_restarted_run_begins_the_day_after_with_the_people_of_the_record(
    call: Call, case_folder: Path, tmp_path: Path
) -> None:
    said = call("run", case_folder, *RESTART, "--json")
    document = json.loads(said.out)
    assert said.status == 0
    assert (document["start"], document["end"]) == ("2013-01-01", "2013-03-31")
    copy = read_case(tmp_path / "a" / "case")
    assert "restarted from the record of 2012-12-31" in copy.settings.title
    assert document["people_start"] == sum(row.people for row in copy.population)
    in_hoa = [row for row in copy.population if row.stage == "refugee" and row.place != "farland"]
    assert sum(row.people for row in in_hoa if row.registered) == 60_000


def test_a_restarted_run_can_be_checked_scored_and_run_again(call: Call, case_folder: Path) -> None:
    assert call("run", case_folder, *RESTART, "--quiet").status == 0
    assert call("score", "a").status == 0
    checked = call("check", "a")
    assert (checked.status, checked.err) == (0, "")
    assert call("run", "a/case", "--replicates", "1", "--out", "b", "--quiet").status == 0


def test_a_day_without_a_record_or_outside_the_case_is_refused(call: Call, case_folder: Path, tmp_path: Path) -> None:
    for day, words in (
        ("2012-06-30", "no observed stock of 2012-06-30"),
        ("2012-12-31", "lies outside the case"),
        ("2011-12-31", "lies outside the case"),
        ("last year", "last year"),
    ):
        said = call("run", case_folder, "--restart", day, "--out", "a")
        assert (said.status, said.out) == (2, ""), day
        assert words in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["small"]
