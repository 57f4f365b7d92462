from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.case.flee.model import Count, Period
from homeward.case.flee.reader import read_flee
from homeward.case.flee.rows import Findings
from homeward.case.flee.validation import read_counts, read_period
from tests.case.flee.small_flee import edit, problems_of, warnings_about

CORRECTIONS = "input_csv/registration_corrections.csv"
LAYOUT = "source_data/data_layout.csv"


@settings(max_examples=60, deadline=None)
@given(
    gaps=st.lists(st.tuples(st.integers(1, 400), st.integers(0, 10**7)), min_size=1, max_size=8),
    header=st.sampled_from(["", "Date,count\n", "DateTime,count\n", "# of UNHCR\n"]),
)
def test_counts_that_are_written_are_read(
    tmp_path_factory: pytest.TempPathFactory, gaps: list[tuple[int, int]], header: str
) -> None:
    counts, on = [], date(2012, 1, 1)
    for gap, people in gaps:
        on += timedelta(days=gap)
        counts.append(Count(on, people))
    path = tmp_path_factory.mktemp("written") / "counts.csv"
    path.write_text(header + "".join(f"{count.on}, {count.people}\t\n" for count in counts))
    findings = Findings()
    assert read_counts(path, "counts.csv", findings) == tuple(counts)
    assert findings == Findings()


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ("2012-01-02,1\n2012-01-02,2\n", "2012-01-02 does not come after the row above"),
        ("2012-01-02,-1\n", "'count' is -1, which is below 0"),
        ("2012-01-02,1.5\n", "'count' is '1.5', which is no whole number"),
        ("02.01.2012,1\n", "'date' is '02.01.2012', which is no date"),
        ("2012-01-02\n", "the file has no counts"),
    ],
)
def test_counts_that_are_wrong_are_refused(tmp_path: Path, rows: str, what: str, findings: Findings) -> None:
    (tmp_path / "c.csv").write_text(rows)
    assert read_counts(tmp_path / "c.csv", "c.csv", findings) == ()
    assert [what in problem.what for problem in findings.problems] == [True]


def test_a_period_is_read_whatever_its_spelling(tmp_path: Path, findings: Findings) -> None:
    (tmp_path / "p.csv").write_text("# period\nlength, 30\nSTARTDATE, 2012-02-29\n")
    assert read_period(tmp_path / "p.csv", "p.csv", findings) == Period(date(2012, 2, 29), 30)
    assert findings == Findings()


def test_a_period_of_no_days_is_refused(tmp_path: Path, findings: Findings) -> None:
    (tmp_path / "p.csv").write_text("StartDate,2012-02-29\nLength,0\n")
    assert read_period(tmp_path / "p.csv", "p.csv", findings) is None
    assert "'Length' is 0, which is below 1" in findings.problems[0].what


def test_a_name_without_a_file_is_refused(directory: Path) -> None:
    edit(directory, LAYOUT, "Dale,dale.csv", "Dale,")
    assert "the row names no file" in problems_of(directory)[0].what


def test_a_camp_stands_once_in_the_layout(directory: Path) -> None:
    edit(directory, LAYOUT, "Dale,dale.csv", "Dale,dale.csv\nDale,dale.csv")
    assert [problem.what for problem in problems_of(directory)] == ["'Dale' stands twice"]


def test_counts_of_no_location_and_of_no_camp_are_told(directory: Path) -> None:
    edit(directory, LAYOUT, "Dale,", "Nowhere,fort.csv\nEdge,fort.csv\nBrook,fort.csv\nDale,")
    case = read_flee(directory)
    assert [camp.name for camp in case.camps] == ["Fort", "Nowhere", "Edge", "Brook", "Dale"]
    assert warnings_about(case, "Nowhere is no location: Flee adds its counts to the sum of camps all the same")
    assert warnings_about(case, "Edge is never a camp: Flee adds its counts")
    assert warnings_about(case, "Brook is never a camp") == [], "it becomes a camp by location_changes.csv"


def test_a_correction_before_the_start_is_told(directory: Path) -> None:
    edit(directory, CORRECTIONS, "2020-01-03", "2019-12-31")
    case = read_flee(directory)
    assert warnings_about(case, "Fort, 2019-12-31: Flee ignores a correction before the first day; so is it here")
    edit(directory, CORRECTIONS, "2019-12-31", "2020-01-01")
    assert warnings_about(read_flee(directory), "Flee ignores a correction") == []


def test_a_correction_may_be_at_a_date_of_any_file_of_the_camp(directory: Path) -> None:
    edit(directory, "source_data/fort-outside.csv", "2020-01-05", "2020-01-04")
    edit(directory, CORRECTIONS, "2020-01-03", "2020-01-04")
    assert problems_of(directory) == []


def test_one_problem_with_counts_is_not_told_twice(directory: Path) -> None:
    edit(directory, "source_data/fort.csv", "2020-01-03,500", "2020-01-03,?")
    assert [problem.file for problem in problems_of(directory)] == ["source_data/fort.csv"]
