"""A run of a Flee directory on disk: whole or not at all, read back as it was, and in Flee's own columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from homeward.case.flee.model import FleeCase
from homeward.case.flee.reader import read_flee
from homeward.engine.simulate_hops import HopCourse, Hops
from homeward.errors import InputError, RunError, UsageError
from homeward.results.flee_contract import FleeRunInfo
from homeward.results.flee_run import FleeRun, directory_hash, is_flee_run, write_flee_run, write_out_csv
from homeward.rules.flee.tables import flee_tables
from tests.case.flee.small_flee import FILES, edit, write_flee

SHARED = Path(__file__).parents[3] / "shared" / "data"
SMALL = {name: text for name, text in FILES.items() if "corrections" not in name}
"""The small directory without its corrections of registrations, which cannot be made."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_flee(tmp_path / "small", SMALL)


def info_of(case: FleeCase, replicates: int = 2, **more: Any) -> FleeRunInfo:
    given: dict[str, Any] = {
        "case": case.name, "directory_hash": "0", "seed": 1, "replicates": replicates, "hasten": 1,
        "start": case.period.start, "days": case.period.days, "bins": 8, "slices": 8, "versions": {},
        "created": datetime.now(UTC), "wall_s": 0.1, "places": 6, "links": 10, "routes": 9, "people_end": 1,
        "travelling_end": 0, "run_dir": "",
    }  # fmt: skip
    return FleeRunInfo(**(given | more))


def courses_of(case: FleeCase, replicates: int = 2) -> list[HopCourse]:
    """Return courses in which every number is another."""
    shape = replicates, case.period.days, len(case.locations)
    people = np.arange(1, 1 + np.prod(shape)).reshape(shape)
    return [HopCourse(one, 1000 + one[:, 0]) for one in people]


def files_in(folder: Path) -> Mapping[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_is_written_whole_and_read_back(source: Path, tmp_path: Path) -> None:
    case = read_flee(source)
    courses, folder = courses_of(case), tmp_path / "made" / "run"
    courses[1].people[2, 3] = courses[1].travelling[4] = 0
    write_flee_run(folder, source, case, info_of(case, warnings=("so so",)), courses)
    assert [path.name for path in folder.parent.iterdir()] == ["run"], "nothing unfinished is left"
    assert sorted(path.name for path in folder.iterdir()) == ["case", "people.parquet", "run.json"]
    assert is_flee_run(folder)
    run = FleeRun.open(folder)
    names = [place.name for place in case.locations]
    assert np.array_equal(run.people(names), [one.people for one in courses])
    assert run.people(["Fort", "nowhere"])[1, 2].tolist() == [courses[1].people[2, 5], 0]
    assert run.info == info_of(case, warnings=("so so",), run_dir=str(folder), created=run.info.created)
    assert FleeRunInfo.model_validate_json(run.info.to_json()) == run.info
    assert files_in(folder / "case") == files_in(source)
    assert run.case().locations == case.locations


def test_people_have_dates_and_those_on_the_way_no_place(source: Path, tmp_path: Path) -> None:
    case = read_flee(source)
    write_flee_run(tmp_path / "run", source, case, info_of(case, 1), courses_of(case, 1))
    table = f"'{tmp_path / 'run' / 'people.parquet'}'"
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT replicate, day, date, people FROM {table} WHERE place IS NULL ORDER BY day"
        ).fetchall()
    assert rows == [(0, day, date(2020, 1, 1 + day), 1001 + 6 * day) for day in range(5)]


def test_a_run_without_anybody_is_one(source: Path, tmp_path: Path) -> None:
    case = read_flee(source)
    nobody = HopCourse(np.zeros((5, 6), np.int64), np.zeros(5, np.int64))
    write_flee_run(tmp_path / "run", source, case, info_of(case, 1), [nobody])
    assert not FleeRun.open(tmp_path / "run").people(["Fort"]).any()


def test_a_taken_folder_is_refused_and_overwritten_by_force_only(source: Path, tmp_path: Path) -> None:
    case, folder = read_flee(source), tmp_path / "run"
    write_flee_run(folder, source, case, info_of(case, seed=1), courses_of(case))
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is there already; give another --out, or --force"):
        write_flee_run(folder, source, case, info_of(case, seed=2), courses_of(case))
    assert FleeRun.open(folder).info.seed == 1
    write_flee_run(folder, source, case, info_of(case, seed=2), courses_of(case), force=True)
    assert FleeRun.open(folder).info.seed == 2
    assert not (folder / "mine.txt").exists()


def test_a_run_that_cannot_be_finished_leaves_nothing_and_keeps_the_old_one(source: Path, tmp_path: Path) -> None:
    case, folder = read_flee(source), tmp_path / "run"

    def fails(into: Path) -> None:
        assert (into / "people.parquet").exists()
        raise OSError(28, "No space left on device")

    with pytest.raises(RunError, match="the disk is full"):
        write_flee_run(folder, source, case, info_of(case), courses_of(case), also=fails)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small"]
    write_flee_run(folder, source, case, info_of(case), courses_of(case))
    with pytest.raises(RunError):
        write_flee_run(folder, source, case, info_of(case), courses_of(case), also=fails, force=True)
    assert FleeRun.open(folder).people(["Fort"]).any()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "small"]


def test_the_hash_is_of_names_and_contents_of_what_is_read(source: Path) -> None:
    found = {directory_hash(source)}
    (source / "notes.txt").write_text("of no account", encoding="utf-8")
    (source / "input_csv" / "locations.csv").touch()
    assert directory_hash(source) in found
    for file in ("simsetting.yml", "location_changes.csv", "input_csv/routes.csv", "source_data/fort.csv"):
        path = source / file
        path.write_bytes(path.read_bytes() + b"\n")
        assert directory_hash(source) not in found, file
        found.add(directory_hash(source))
    (source / "source_data" / "dale.csv").rename(source / "source_data" / "dale2.csv")
    assert directory_hash(source) not in found


def test_a_folder_of_something_else_is_no_run(tmp_path: Path) -> None:
    assert not is_flee_run(tmp_path)
    for content in (b'{"schema": "homeward/run/1"}', b"\xff\xfe", b""):
        (tmp_path / "run.json").write_bytes(content)
        assert not is_flee_run(tmp_path)


def test_a_damaged_run_is_told(source: Path, tmp_path: Path) -> None:
    case, folder = read_flee(source), tmp_path / "run"
    write_flee_run(folder, source, case, info_of(case), courses_of(case))
    (folder / "people.parquet").write_bytes(b"PAR1")
    with pytest.raises(RunError, match="reading"):
        FleeRun.open(folder).people(["Fort"])
    edit(folder, "run.json", '"seed": 1', '"seed": -1')
    with pytest.raises(InputError) as raised:
        FleeRun.open(folder)
    assert [problem.file for problem in raised.value.problems] == [str(folder / "run.json")]
    (folder / "run.json").unlink()
    with pytest.raises(RunError, match="opening"):
        FleeRun.open(folder)


def test_a_folder_may_have_a_quote_in_its_name(source: Path, tmp_path: Path) -> None:
    case, folder = read_flee(source), tmp_path / "mali's"
    write_flee_run(folder, source, case, info_of(case), courses_of(case))
    assert FleeRun.open(folder).people(["Fort"]).any()


# --------------------------------------------------------------------------------------------------------- out.csv


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_out_csv_by_hand(source: Path, tmp_path: Path) -> None:
    """Camps are in the order of locations.csv, and dates are those of the day after."""
    edit(source, "simsetting.yml", "  agent: 0\n", "  agent: 0\n  idp_totals: 1\n")
    case = read_flee(source)
    counts = flee_tables(case).counts
    write_out_csv(tmp_path / "out.csv", case, counts, courses_of(case, 1)[0])
    rows = rows_of(tmp_path / "out.csv")
    assert list(rows[0]) == [
        "Day", "Date", "Dale sim", "Dale data", "Dale error", "Fort sim", "Fort data", "Fort error", "Total error",
        "refugees in camps (UNHCR)", "total refugees (simulation)", "raw UNHCR refugee count",
        "refugees in camps (simulation)", "refugee_debt", "total IDPs",
    ]  # fmt: skip
    assert [row["Date"] for row in rows] == [f"2020-01-0{day}" for day in range(2, 7)]
    fort, dale = [0, 250, 500, 600, 700], [0, 66, 133, 200, 200]
    assert [int(row["Fort data"]) for row in rows] == fort
    assert [int(row["Dale data"]) for row in rows] == dale
    second = rows[1]
    assert second["Dale sim"] == second["total IDPs"] == "10"
    assert (second["Fort sim"], second["refugees in camps (simulation)"]) == ("12", "22")
    assert second["Fort error"] == "0.952", "|12 / 250 - 1|"
    assert second["Dale error"] == "0.8485", "|10 / 66 - 1|"
    assert second["refugees in camps (UNHCR)"] == "316"
    assert second["raw UNHCR refugee count"] == f"{316 + 233}", "and the row 'total' on day 0"
    assert float(second["Total error"]) == (238 + 56) / 549
    assert int(second["total refugees (simulation)"]) == 7 + 8 + 9 + 10 + 11 + 12 + 1007
    assert (rows[0]["Dale error"], rows[0]["Fort error"]) == ("0.0", "0.0"), "nobody is counted"
    assert float(rows[0]["Total error"]) == (4 + 6) / 233


@pytest.fixture(scope="module")
def mali() -> Iterator[tuple[list[dict[str, str]], list[dict[str, str]]]]:
    """Return the rows of our out.csv of mali2012, and of Flee's."""
    import tempfile

    if not SHARED.is_dir():
        pytest.skip("../shared/data is absent")
    case = read_flee(SHARED / "flee_cases" / "mali2012")
    tables = flee_tables(case, hasten=100)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.csv"
        write_out_csv(path, case, tables.counts, Hops(tables).simulated())
        ours = rows_of(path)
    yield ours, rows_of(SHARED / "flee_runs" / "mali2012" / "hasten100_run0.csv")


@pytest.mark.shared
def test_out_csv_has_flees_header(mali: tuple[list[dict[str, str]], list[dict[str, str]]]) -> None:
    ours, flees = mali
    assert list(ours[0]) == list(flees[0])
    assert len(ours) == len(flees)


@pytest.mark.shared
def test_out_csv_has_flees_columns_that_no_chance_is_in(
    mali: tuple[list[dict[str, str]], list[dict[str, str]]],
) -> None:
    ours, flees = mali
    same = [name for name in flees[0] if name.endswith(" data")]
    assert len(same) == 7
    same += ["Day", "Date", "refugees in camps (UNHCR)", "total refugees (simulation)", "raw UNHCR refugee count",
             "refugee_debt"]  # fmt: skip
    for name in same:
        assert [row[name] for row in ours] == [row[name] for row in flees], name


@pytest.mark.shared
def test_out_csv_has_errors_as_flee_works_them_out(mali: tuple[list[dict[str, str]], list[dict[str, str]]]) -> None:
    """Whose error is the same for the same numbers: Flee's rows are held to the same formula as ours."""
    for rows in mali:
        for row in rows:
            camps = [name.removesuffix(" sim") for name in row if name.endswith(" sim")]
            pairs = {camp: (int(row[f"{camp} sim"]), int(row[f"{camp} data"])) for camp in camps}
            for camp, (here, counted) in pairs.items():
                assert float(row[f"{camp} error"]) == (round(abs(here / counted - 1), 4) if counted else 0)
            apart = sum(abs(here - counted) for here, counted in pairs.values())
            assert float(row["Total error"]) == pytest.approx(apart / int(row["raw UNHCR refugee count"]), abs=1e-12)
            assert int(row["refugees in camps (simulation)"]) == sum(here for here, _ in pairs.values())
