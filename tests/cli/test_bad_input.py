"""Every kind of bad input through the command line: a clear message, the exit status, no run folder."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Call

Spoil = Callable[[Path], object]


def replace(name: str, old: str, new: str) -> Spoil:
    """Return what replaces a piece of a file once."""

    def spoil(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, f"{old} is not in {name}"
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def repeat_last_row(name: str) -> Spoil:
    def spoil(folder: Path) -> None:
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        (folder / name).write_text("\n".join([*lines, lines[-1]]) + "\n", encoding="utf-8")

    return spoil


def in_latin_1(folder: Path) -> None:
    text = (folder / "places.csv").read_text(encoding="utf-8")
    (folder / "places.csv").write_bytes(text.replace("City", "Cité").encode("latin-1"))


def as_a_folder(folder: Path) -> None:
    (folder / "places.csv").unlink()
    (folder / "places.csv").mkdir()


def with_a_huge_row(folder: Path) -> None:
    with (folder / "routes.csv").open("a", encoding="utf-8") as file:
        for _ in range(100):
            file.write("x" * 2**20)
        file.write("\n")


def with_a_fitted_set(folder: Path) -> None:
    text = "fitted_through = 2012-06-30\nknown_on = 2012-07-01\n[parameters]\nflight_hazzard = 0.001\n"
    (folder / "fitted.toml").write_text(text, encoding="utf-8")


BAD: dict[str, tuple[Spoil, str, str]] = {
    "missing file": (lambda folder: (folder / "routes.csv").unlink(), "routes.csv", "missing"),
    "misspelt column": (replace("places.csv", "latitude", "latitud"), "places.csv", "latitud.*latitude"),
    "misspelt key": (replace("case.toml", "title", "titel"), "case.toml", "titel.*title"),
    "duplicate place": (repeat_last_row("places.csv"), "places.csv, row 8", "stands already"),
    "route to nowhere": (replace("routes.csv", ",camp,", ",cmap,"), "routes.csv, row", "cmap.*camp"),
    "negative population": (
        replace("population.csv", ",180000,", ",-180000,"),
        "population.csv, row 1",
        "-180000",
    ),
    "end before start": (replace("case.toml", "2012-12-31", "2011-12-31"), "case.toml", "before"),
    "unknown fitted parameter": (with_a_fitted_set, "fitted.toml", "flight_hazzard.*flight_hazard"),
    "no date": (replace("conditions.csv", "2012-01-01", "2012-13-01"), "conditions.csv, row", "2012-13-01"),
    "not a number": (replace("places.csv", ",36,", ",NaN,"), "places.csv, row 1", "NaN|nan"),
    "wrong encoding": (in_latin_1, "places.csv", "UTF-8"),
    "a folder for a file": (as_a_folder, "places.csv", "folder"),
    "a row of 100 MB": (with_a_huge_row, "routes.csv", "long|large|characters|MB"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_where_it_stands(name: str, case_folder: Path, call: Call) -> None:
    spoil, where, what = BAD[name]
    spoil(case_folder)
    said = call("check", case_folder)
    assert said.status == 3
    assert said.out == ""
    assert re.search(rf"^  {re.escape(where)}.*({what})", said.err, re.MULTILINE), said.err
    assert max(map(len, said.err.splitlines())) < 1000


def test_everything_wrong_is_told_at_once_and_as_json(case_folder: Path, call: Call) -> None:
    for name in ("misspelt key", "route to nowhere", "negative population", "not a number"):
        BAD[name][0](case_folder)
    said = call("check", case_folder, "--json")
    assert said.status == 3
    error = json.loads(said.out)["error"]
    assert error["code"] == "input"
    assert {p["file"] for p in error["problems"]} >= {"case.toml", "places.csv", "population.csv"}
    assert all(p["what"] and p["remedy"] for p in error["problems"])


def test_a_run_of_a_bad_case_leaves_nothing_behind(case_folder: Path, call: Call, tmp_path: Path) -> None:
    BAD["route to nowhere"][0](case_folder)
    said = call("run", case_folder, "--out", "runs/bad", "--replicates", "2")
    assert said.status == 3
    assert "routes.csv" in said.err
    assert not (tmp_path / "runs").exists()


def test_a_run_tells_the_rows_of_classes_that_there_are_not(case_folder: Path, call: Call, tmp_path: Path) -> None:
    header, *rows = (case_folder / "population.csv").read_text(encoding="utf-8").splitlines()
    column = header.split(",").index("frailty_class")
    cells = [row.split(",") for row in rows]
    for row, known in zip(cells, ("3", "4", "", "17", "0"), strict=True):
        row[column] = known
    text = "\n".join([header, *(",".join(row) for row in cells)]) + "\n"
    (case_folder / "population.csv").write_text(text, encoding="utf-8")
    said = call("run", case_folder, "--out", "a", "--json")
    assert said.status == 3
    problems = json.loads(said.out)["error"]["problems"]
    assert [(problem["file"], problem["row"]) for problem in problems] == [("population.csv", 2), ("population.csv", 4)]
    assert "no frailty class 4" in problems[0]["what"]
    assert not (tmp_path / "a").exists()


def with_byte_order_marks(folder: Path) -> None:
    for file in folder.iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())


def renamed(new: str) -> Spoil:
    def spoil(folder: Path) -> None:
        for file in folder.glob("*.csv"):
            file.write_text(re.sub(r"\bcity\b", new, file.read_text(encoding="utf-8")), encoding="utf-8")

    return spoil


@pytest.mark.parametrize("spoil", [with_byte_order_marks, renamed("NO"), renamed("010")], ids=["mark", "NO", "010"])
def test_what_looks_odd_and_is_right_is_accepted(spoil: Spoil, case_folder: Path, call: Call) -> None:
    spoil(case_folder)
    said = call("check", case_folder)
    assert (said.status, said.err) == (0, "")
    assert "no problem found" in said.out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["check", "syira"], 2, "syria"),
        (["check", "small/case.toml"], 2, "is a file"),
        (["run", "small", "--out", "small/case.toml"], 2, "is a file"),
        (["run", "small", "--until", "2011-01-01"], 2, "before the start"),
        (["run", "small", "--until", "tomorrow"], 2, "tomorrow"),
        (["run", "small", "--set", "flight_hazzard=1"], 2, "flight_hazard"),
        (["run", "small", "--set", "flight_hazard=high"], 2, "NAME=VALUE"),
        (["run", "small", "--set", "flight_hazard=nan"], 2, "NAME=VALUE"),
        (["run", "small", "--set", "flight_hazard=-1"], 2, "outside"),
        (["run", "small", "--scenario", "nowhere.toml"], 2, "nowhere.toml"),
        (["run", "small", "--replicates", "0"], 2, "--replicates"),
        (["run", "small", "--seed", "-1"], 2, "--seed"),
        (["run", "small", "--resume"], 2, "no unfinished run"),
        (["run"], 2, "CASE"),
        (["rn", "small"], 2, "Did you mean 'run'"),
        (["run", "small", "--nonsense"], 2, "--nonsense"),
        (["score"], 2, "no run under runs"),
        (["score", "nowhere"], 2, "nowhere"),
        (["report", "small"], 1, "not a run"),
        (["compare", "small", "small"], 1, "not a run"),
        (["schema", "--out", "small/case.toml"], 2, "is a file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
@pytest.mark.usefixtures("case_folder")
def test_a_wrong_call_is_told_what_is_wrong(
    arguments: list[str], status: int, words: str, call: Call, tmp_path: Path
) -> None:
    said = call(*arguments)
    assert (said.status, said.out) == (status, "")
    assert words in said.err
    assert said.err.startswith("homeward: ")
    if arguments[0] not in ("schema", "report"):
        as_json = call(*arguments, "--json")
        assert (as_json.status, as_json.err) == (status, "")
        assert words in json.loads(as_json.out)["error"]["message"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small"]
