from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.case.flee.model import Period
from homeward.case.flee.reader import read_flee
from homeward.case.flee.rows import Findings, Names
from homeward.case.flee.series import read_attribute_series, read_conflicts
from tests.case.flee.small_flee import problems_of, warnings_about

CONFLICTS = "input_csv/conflicts.csv"
START = date(2020, 1, 1)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8),
    form=st.sampled_from(["{day}", "0{day}", "{date}"]),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, float]], form: str
) -> None:
    lines = [
        f"{form.format(day=day, date=START + timedelta(days=day))}, {first!r}, {second!r}"
        for day, (first, second) in enumerate(rows)
    ]
    path = tmp_path_factory.mktemp("written") / "conflicts.csv"
    path.write_text("\n".join(["#Day, A, B", *lines]))
    findings = Findings()
    places = Names("location", frozenset("ABC"))
    found = read_conflicts(path, CONFLICTS, places, Period(START, len(rows)), findings)
    assert findings == Findings()
    assert found is not None
    assert found.intensities == tuple(rows)
    assert found.of("B") == tuple(second for _, second in rows)
    assert found.of("C") == (0.0,) * len(rows)
    assert found.first_day("A") == next((day for day, (first, _) in enumerate(rows) if first > 0), None)


@pytest.mark.parametrize("first", ["1", "2020-01-02", "Monday", "", "-0", "0.0"])
def test_a_row_stands_in_the_place_of_its_day(tmp_path: Path, first: str, findings: Findings) -> None:
    path = tmp_path / "conflicts.csv"
    path.write_text(f"#Day,A\n{first},1\n")
    assert read_conflicts(path, CONFLICTS, Names("location", None), Period(START, 1), findings) is None
    assert [problem.row for problem in findings.problems] == [1]
    assert f"the row is for {first!r}, but its place is that of day 0" in findings.problems[0].what


def test_rows_after_the_end_and_high_intensities_are_told(directory: Path) -> None:
    text = (directory / CONFLICTS).read_text()
    (directory / CONFLICTS).write_text(text + "5,1.5,0\n")
    case = read_flee(directory)
    assert case.conflicts is not None
    assert len(case.conflicts.intensities) == 6
    assert warnings_about(case, "the rows from day 5 come after the end")
    assert warnings_about(case, "an intensity is above 1")


def test_a_conflict_day_that_differs_is_told(directory: Path) -> None:
    assert warnings_about(read_flee(directory), "conflict_date") == []
    text = (directory / CONFLICTS).read_text()
    (directory / CONFLICTS).write_text(text.replace("\n0,1,", "\n0,0,"))
    found = warnings_about(read_flee(directory), "'conflict_date' of Alba is not the first day of conflict")
    assert len(found) == 1


def test_floods_do_without_conflicts(directory: Path) -> None:
    (directory / CONFLICTS).unlink()
    assert "the file is missing" in problems_of(directory)[0].what
    lines = "take_from_population: true, flood_zone_spawning_only: true, conflict_zone_spawning_only: false"
    floods = "flood_driven_spawn_mode: {flood_spawn_mode: pop_ratio}"
    (directory / "input_csv" / "agents.csv").unlink()
    (directory / "simsetting.yml").write_text(f"spawn_rules: {{{lines}, {floods}}}\n")
    case = read_flee(directory)
    assert case.conflicts is None
    assert case.flood_levels is not None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("#Day,A\n", "the table has no rows"),
        ("#Day\n0,1\n", "there is no header"),
        ("#Day,A\n0,1\n0.5,1\n", "'day' is '0.5', which is no whole number"),
        ("#Day,A\n0,1\n5,1\n3,1\n", "day 3 comes after day 5"),
        ("#Day,A\n0,1,7\n", "the row has 3 cells, the header has 2"),
        ("#Day,A,,B\n0,1,1,1\n", "a column has no name"),
        ("#Day,A\n0,\n", "'A' is blank"),
        ("#Day,A\n0,-1\n", "'A' is -1.0, which is below 0"),
    ],
)
def test_a_series_that_is_wrong_is_refused(tmp_path: Path, text: str, what: str, findings: Findings) -> None:
    path = tmp_path / "series.csv"
    path.write_text(text)
    assert read_attribute_series(path, "s.csv", "s", Names("location", frozenset("AB")), findings) is None
    assert [what in problem.what for problem in findings.problems] == [True]
