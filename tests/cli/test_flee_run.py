"""``homeward run`` and ``homeward score`` of a directory made for Flee, as a user gives them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeward.results.flee_contract import FleeRunInfo, FleeScore
from homeward.results.flee_run import FleeRun, directory_hash
from tests.case.flee.small_flee import FILES, add_settings, edit, write_flee
from tests.cli.conftest import Call

SMALL = {name: text for name, text in FILES.items() if "corrections" not in name}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return write_flee(tmp_path / "small", SMALL)


def one_line(text: str) -> str:
    """Return the only line of a text that is no warning about the directory."""
    [line] = [line for line in text.splitlines() if not line.lower().startswith("warning")]
    return line


def test_a_run_shows_its_camps_and_what_to_do_next(call: Call, directory: Path, tmp_path: Path) -> None:
    said = call("run", directory, "--replicates", "3", "--out", "a")
    assert said.status == 0
    for words in ("small: people in camps on the last day", "Fort", "700", "Dale", "200", "3 replicates of 5 days",
                  "For its score: homeward score a"):  # fmt: skip
        assert words in said.out
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["case", "people.parquet", "run.json"]


def test_a_run_without_a_name_goes_under_runs(call: Call, directory: Path, tmp_path: Path) -> None:
    assert call("run", directory, "--replicates", "1", "--quiet").out == ""
    [folder] = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("small-")
    assert call("score").status == 0, "the newest run under ./runs"


def test_a_run_writes_one_document_and_out_csv(call: Call, directory: Path, tmp_path: Path) -> None:
    given = ("--replicates", "2", "--seed", "7", "--hasten", "10", "--flee-out", "--json", "--out", "a")
    said = call("run", directory, *given)
    info = FleeRunInfo.model_validate_json(said.out)
    assert said.status == 0
    assert json.loads((tmp_path / "a" / "run.json").read_text(encoding="utf-8")) == json.loads(said.out)
    assert (info.case, info.seed, info.replicates, info.hasten, info.days) == ("small", 7, 2, 10, 5)
    assert info.directory_hash == directory_hash(directory) == directory_hash(tmp_path / "a" / "case")
    people = FleeRun.open(tmp_path / "a").people(["Alba", "Brook", "Cross", "Dale", "Edge", "Fort"])
    assert people[0, -1].sum() + info.travelling_end == info.people_end
    # Conflict is over on day 3, when Brook becomes a camp: a tenth of those counted by day 2, and two agents.
    assert info.people_end == 50 + 13 + 2
    for file in ("out.csv", "out-2.csv"):
        lines = (tmp_path / "a" / file).read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("Day,Date,Dale sim,Dale data,Dale error,Fort sim,")
        assert len(lines) == 6
    assert lines[1].startswith("0,2020-01-02,")


def test_the_same_seed_gives_the_same_run(call: Call, directory: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert call("run", directory, "--replicates", "2", "--seed", f"{seed}", "--out", name, "--quiet").status == 0
    places = ["Alba", "Brook", "Dale", "Edge", "Fort"]
    first, again, other = (FleeRun.open(tmp_path / name).people(places) for name in "abc")
    assert (first == again).all()
    assert (first != other).any()
    assert (first[0] != first[1]).any()


REFUSED = {
    "--scenario": ("x.toml",), "--until": ("2020-01-03",), "--restart": ("2020-01-03",), "--step": ("week",),
    "--set": ("flight_hazard=0.1",), "--parameters": ("prior",), "--cluster": ("tcp://1.2.3.4:5",),
    "--resume": (), "--report": (),
}  # fmt: skip


@pytest.mark.parametrize("option", REFUSED)
def test_an_option_without_a_meaning_for_flee_is_refused(
    call: Call, directory: Path, tmp_path: Path, option: str
) -> None:
    said = call("run", directory, option, *REFUSED[option], "--out", "a")
    assert said.status == 2
    assert f"{option}: a Flee directory is run as it is; leave it out" in one_line(said.err)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("option", [("--hasten", "10"), ("--flee-out",)])
def test_an_option_for_flee_is_refused_elsewhere(call: Call, case_folder: Path, option: tuple[str, ...]) -> None:
    said = call("run", case_folder, *option, "--out", "a")
    assert said.status == 2
    assert f"{option[0]}: only a directory made for Flee has that; leave it out" in one_line(said.err)


def test_a_share_below_1_is_refused(call: Call, directory: Path) -> None:
    assert call("run", directory, "--hasten", "0", "--out", "a").status == 2


def test_no_rule_of_flee_is_refused(call: Call, directory: Path, tmp_path: Path) -> None:
    add_settings(directory, "move_rules", "fixed_routes: True", "flee_when_starving: True", "ElderlyAvoidHazards: True")
    said = call("run", directory, "--out", "a", "--json")
    assert said.status == 0, said.err
    assert json.loads(said.out)["schema"] == "homeward/flee-run/1"
    assert (tmp_path / "a" / "run.json").is_file()
    assert "'fixed_routes': Flee multiplies by the score of the destination twice" in said.err


def test_counts_that_cannot_be_used_are_told_with_their_file(call: Call, tmp_path: Path) -> None:
    """Fort is empty on the date before its correction."""
    write_flee(tmp_path / "whole", FILES)
    said = call("run", tmp_path / "whole", "--out", "a")
    assert said.status == 3
    assert "input_csv/registration_corrections.csv" in said.err
    assert not (tmp_path / "a").exists()


def test_a_run_is_not_overwritten_without_force(call: Call, directory: Path, tmp_path: Path) -> None:
    given = ("run", directory, "--replicates", "1", "--out", "a", "--quiet")
    assert call(*given).status == 0
    refused = call(*given, "--seed", "2")
    assert refused.status == 2
    assert "a is there already; give another --out, or --force to overwrite it" in one_line(refused.err)
    assert FleeRun.open(tmp_path / "a").info.seed == 1
    assert call(*given, "--seed", "2", "--force").status == 0
    assert FleeRun.open(tmp_path / "a").info.seed == 2


def test_a_run_is_scored_in_words_and_as_a_document(call: Call, directory: Path) -> None:
    edit(directory, "input_csv/locations.csv", "camp,,2000", "camp,,700")
    assert call("run", directory, "--replicates", "2", "--out", "a", "--quiet").status == 0
    said = call("score", "a")
    assert said.status == 0
    for words in ("Run: a", "small: 2 replicates, 5 days", "as the directory says", "without the capacities that leak",
                  "People in camps on the last day", "Fort 700 is its largest count", "Flee defines"):  # fmt: skip
        assert words in said.out
    written = call("score", "a", "--json")
    score = FleeScore.model_validate_json(written.out)
    assert (written.status, len(score.summary), score.camps[0].counted) == (0, 2, 700)
    assert f"{score.summary[0].ard:.3f}" in said.out
    # The run has its own copy of the directory.
    edit(directory, "input_csv/locations.csv", "camp,,700", "camp,,70")
    assert call("score", "a", "--json").out == written.out


@pytest.mark.parametrize("words", [("report", "a"), ("compare", "a", "a")])
def test_other_commands_say_in_one_line_that_they_do_not_read_it(
    call: Call, directory: Path, words: tuple[str, ...]
) -> None:
    assert call("run", directory, "--replicates", "1", "--out", "a", "--quiet").status == 0
    said = call(*words)
    assert said.status == 2
    assert "a is a run of a Flee directory, which 'homeward score' reads and this command does not" in one_line(
        said.err
    )


def test_a_damaged_run_is_told(call: Call, directory: Path, tmp_path: Path) -> None:
    assert call("run", directory, "--replicates", "1", "--out", "a", "--quiet").status == 0
    (tmp_path / "a" / "people.parquet").unlink()
    said = call("score", "a")
    assert said.status == 1
    assert said.err.splitlines()[-1].startswith("homeward: reading a failed")


# ----------------------------------------------------------------------- known to fail: see the reason


@pytest.mark.parametrize("name", ["small", "mine"])
def test_force_takes_no_folder_that_is_no_run(call: Call, directory: Path, tmp_path: Path, name: str) -> None:
    """What has been there is there still, be it the directory itself."""
    (tmp_path / "mine").mkdir()
    (directory if name == "small" else tmp_path / "mine").joinpath("thesis.txt").write_text("mine", encoding="utf-8")
    said = call("run", directory, "--replicates", "1", "--out", name, "--force", "--quiet")
    assert (tmp_path / name / "thesis.txt").exists()
    assert said.status == 2


def test_the_folder_itself_is_no_place_for_a_run(call: Call, directory: Path) -> None:
    said = call("run", directory, "--replicates", "1", "--out", ".", "--force", "--quiet")
    assert "unexpected failure" not in said.err
    assert said.status == 2


def test_one_course_has_a_time(call: Call, directory: Path) -> None:
    info = json.loads(call("run", directory, "--replicates", "1", "--out", "a", "--json").out)
    assert info["wall_s"] > 5e-5


def test_what_is_said_of_closed_links_is_what_is_done(call: Call, directory: Path) -> None:
    """The directory shuts a route; ``open_links`` shuts it both ways."""
    said = call("run", directory, "--replicates", "1", "--out", "a", "--quiet")
    assert "here both are closed" in said.err


def test_jobs_change_nothing_but_time(call: Call, directory: Path, tmp_path: Path) -> None:
    for name, jobs in (("a", 1), ("b", 3)):
        assert call("run", directory, "--replicates", "5", "--jobs", f"{jobs}", "--out", name, "--quiet").status == 0
    one, three = ((tmp_path / name / "people.parquet").read_bytes() for name in "ab")
    assert one == three


def test_check_tells_a_sound_run_from_a_damaged_one(call: Call, directory: Path, tmp_path: Path) -> None:
    call("run", directory, "--replicates", "2", "--out", "a", "--quiet")
    said = call("check", "a")
    assert (said.status, said.out.strip()) == (0, "a: the run is sound.")
    with (tmp_path / "a" / "case" / "simsetting.yml").open("a", encoding="utf-8") as settings:
        settings.write("# another\n")
    said = call("check", "a")
    assert said.status == 1 and "the copy of the directory is not the one that was run" in said.err
    path = tmp_path / "a" / "run.json"
    info = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**info, "people_end": info["people_end"] + 1}), encoding="utf-8")
    assert "people at the end are not those that run.json says" in call("check", "a").err
