"""A run of a Flee directory beside its counts: by hand, without the capacities that leak, and as a document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from homeward.case.flee.counts import daily_counts
from homeward.case.flee.reader import read_flee
from homeward.engine.simulate_hops import HopCourse, Hops
from homeward.errors import RunError
from homeward.judge.flee_run_score import HORIZONS, score_flee_run
from homeward.judge.flee_score import averaged_relative_difference
from homeward.results.flee_contract import FleeRunInfo, FleeScore
from homeward.results.flee_run import FleeRun, write_flee_run
from homeward.rules.flee.tables import flee_tables
from tests.case.flee.small_flee import FILES, edit, write_flee

DAYS = 100
CONFLICTS = "#Day,Alba\n" + "".join(f"{day},1\n" for day in range(DAYS))
SKIPPED = ("registration_corrections", "closures", "flood", "region", "location_attributes", "location_changes")
LONG = {name: text for name, text in FILES.items() if not any(word in name for word in SKIPPED)} | {
    "input_csv/sim_period.csv": f"StartDate,2020-01-01\nLength,{DAYS}\n",
    "input_csv/conflicts.csv": CONFLICTS,
    "source_data/fort.csv": "2020-01-01,0\n2020-02-01,500\n2020-04-09,1400\n",
    "source_data/fort-outside.csv": "2020-01-01,0\n2020-02-01,50\n2020-04-09,100\n",
    "source_data/dale.csv": "2020-01-01,10\n2020-02-20,200\n2020-04-09,240\n",
}
"""A directory of 100 days, with counts of Fort up to 1500 and of Dale up to 240 people."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_flee(tmp_path / "long", LONG)


def run_of(source: Path, courses: Callable[[Hops], list[HopCourse]], hasten: int = 1) -> FleeRun:
    case = read_flee(source)
    hops = Hops(flee_tables(case, hasten=hasten))
    found = courses(hops)
    info = FleeRunInfo(
        case=case.name, directory_hash="0", seed=3, replicates=len(found), hasten=hasten, start=case.period.start,
        days=hops.tables.days, bins=hops.bins, slices=hops.slices, versions={}, created=datetime.now(UTC), wall_s=0.1,
        places=6, links=10, routes=9, people_end=0, travelling_end=0, run_dir="",
    )  # fmt: skip
    folder = source.parent / "run"
    write_flee_run(folder, source, case, info, found)
    return FleeRun.open(folder)


def as_counted(hops: Hops, *more: int) -> list[HopCourse]:
    """Return courses in which the camps hold those counted, and so many more in Fort; one for each of ``more``."""
    tables = hops.tables
    columns = [tables.network.code[camp] for camp in tables.counts.camps]
    found = []
    for extra in more or (0,):
        people = np.zeros((tables.days, len(tables.network.names)), np.int64)
        people[:, columns] = tables.counts.counted
        people[:, tables.network.code["Fort"]] += extra
        found.append(HopCourse(people, np.zeros(tables.days, np.int64)))
    return found


def simulated(hops: Hops, replicates: int = 3) -> list[HopCourse]:
    return [hops.simulated(3, number) for number in range(replicates)]


def test_the_counts_themselves_score_0(source: Path) -> None:
    score = score_flee_run(run_of(source, as_counted))
    [row] = score.summary
    assert (row.what, row.ard, row.on_dates) == ("as the directory says", 0, 0)
    assert (row.ard_low90, row.ard_high90) == (None, None), "one course has no interval"
    assert [camp.mean_error for camp in score.camps] == [0, 0]
    assert {camp.camp: (camp.counted, camp.simulated.p50) for camp in score.camps} == {
        "Fort": (1500, 1500),
        "Dale": (240, 240),
    }
    assert all(row.model == 0 and row.difference == -row.baseline_ard < 0 for row in score.baselines)


def test_people_too_many_are_divided_by_those_registered(source: Path) -> None:
    run = run_of(source, lambda hops: as_counted(hops, 10, 30))
    registered = daily_counts(read_flee(source)).registered
    expected = np.divide(20.0, registered, where=registered > 0, out=np.zeros(DAYS)).mean()
    score = score_flee_run(run)
    assert score.summary[0].ard == pytest.approx(expected, rel=1e-12)
    assert {camp.camp: camp.mean_error for camp in score.camps} == {"Fort": 20, "Dale": 0}
    fort = score.camps[0].simulated
    assert (fort.p05, fort.p50, fort.p95) == pytest.approx((1511, 1520, 1529))
    # On dates: Fort on three, Dale on three of its own; all that lies apart over all counted.
    counted = 550 + 1500 + 10 + 200 + 240
    assert score.summary[0].on_dates == pytest.approx(20 * 3 / counted, rel=1e-12)


def test_ten_courses_have_an_interval(source: Path) -> None:
    score = score_flee_run(run_of(source, lambda hops: as_counted(hops, *range(0, 100, 10)))).summary[0]
    assert score.ard_low90 is not None
    assert score.ard_high90 is not None
    assert score.ard_low90 < score.ard < score.ard_high90
    registered = daily_counts(read_flee(source)).registered
    once = np.divide(1.0, registered, where=registered > 0, out=np.zeros(DAYS)).mean()
    assert (score.ard_low90, score.ard_high90) == pytest.approx((4.5 * once, 85.5 * once))


def test_a_run_of_every_tenth_person_is_held_to_a_tenth(source: Path) -> None:
    run = run_of(source, as_counted, hasten=10)
    score = score_flee_run(run)
    assert score.summary[0].ard == 0
    assert score.camps[0].counted == 150
    assert score.summary[0].on_dates == 0


def test_without_leaks_there_is_one_row(source: Path) -> None:
    score = score_flee_run(run_of(source, simulated))
    assert [row.what for row in score.summary] == ["as the directory says"]
    assert score.leaks == "No capacity of a camp is a count of its people."


def test_with_leaks_it_is_simulated_once_more_without_them(source: Path) -> None:
    """Fort has room for 200 only: without that, the same seeds bring more there."""
    edit(source, "input_csv/locations.csv", "camp,,2000", "camp,,1490")
    edit(source, "input_csv/locations.csv", "idpcamp,,300", "idpcamp,,100")
    run = run_of(source, simulated)
    score = score_flee_run(run)
    assert [row.what for row in score.summary] == ["as the directory says", "without the capacities that leak"]
    assert "Fort 1,490 is its largest count in the period, 1,500" in score.leaks
    assert "Dale" not in score.leaks
    edit(source, "input_csv/locations.csv", "camp,,1490", "camp,,0")
    case = read_flee(source)
    counts = daily_counts(case)
    hops, scores = Hops(flee_tables(case)), []
    columns = [hops.tables.network.code[camp] for camp in counts.camps]
    for number in range(3):
        found = averaged_relative_difference(hops.simulated(3, number).people[:, columns], counts)
        scores.append(float(found.mean()))
    assert score.summary[1].ard == pytest.approx(np.mean(scores), rel=1e-12)
    assert score.summary[1].ard != score.summary[0].ard


def test_baselines_stand_beside_from_each_horizon_on(source: Path) -> None:
    run = run_of(source, simulated)
    score = score_flee_run(run)
    assert HORIZONS == (30, 90)
    assert {row.horizon for row in score.baselines} == {30}, "10 days after the 90th are too few for blocks"
    assert [row.baseline for row in score.baselines] == [
        "shares of the last count 30 days before",
        "equal shares",
        "shares by inverse distance",
    ]
    counts = daily_counts(run.case())
    people = run.people(counts.camps)
    errors = np.mean([averaged_relative_difference(one, counts) for one in people], axis=0)
    equal = counts.counted.sum(axis=1)[:, None] * np.full(2, 0.5)
    apart = averaged_relative_difference(np.rint(equal).astype(np.int64), counts)
    row = score.baselines[1]
    assert row.model == pytest.approx(errors[30:].mean(), rel=1e-12)
    assert row.baseline_ard == pytest.approx(apart[30:].mean(), rel=1e-12)
    assert row.difference == pytest.approx(row.model - row.baseline_ard, abs=1e-12)
    assert row.low90 <= row.difference <= row.high90


def test_a_score_is_a_document(source: Path) -> None:
    run = run_of(source, simulated)
    score = score_flee_run(run)
    assert FleeScore.model_validate_json(score.to_json()) == score
    assert (score.case, score.days, score.replicates) == ("long", DAYS, 3)
    assert score.run_dir == str(run.folder)


def test_corrections_are_noted_where_there_are_any(source: Path) -> None:
    def notes() -> str:
        case_run = run_of(source, as_counted)
        found = " ".join(score_flee_run(case_run).notes)
        case_run.folder.rename(case_run.folder.with_name(f"run-{len(found)}"))
        return found

    assert "correction" not in notes()
    (source / "input_csv" / "registration_corrections.csv").write_text("Dale,2020-04-09\n", encoding="utf-8")
    assert "correction of registrations" in notes()


def test_without_counts_nothing_can_be_compared(source: Path) -> None:
    edit(
        source,
        "simsetting.yml",
        "spawn_rules:\n",
        "spawn_rules:\n  conflict_driven_spawning:\n    spawn_mode: constant\n",
    )
    for path in (source / "source_data").iterdir():
        path.unlink()
    (source / "source_data").rmdir()
    run = run_of(source, simulated)
    with pytest.raises(RunError, match="no camp with counts"):
        score_flee_run(run)
