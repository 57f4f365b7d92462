from __future__ import annotations

from pathlib import Path

from homeward.case.flee.rows import Findings, Names, Record, any_number, read_sheet, whole_number


def record(*cells: str) -> Record:
    return Record("t.csv", 3, 7, cells)


def test_rows_are_numbered_without_header_comments_and_blank_lines(tmp_path: Path, findings: Findings) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbf# made by hand\r\n#a , b,,\r\n\r\n 1 ,2\r\n#3,4\r\n,,\r\n5,6\r\n")
    sheet = read_sheet(path, "t.csv", findings, titles=("a",))
    assert (sheet.header, sheet.header_line) == (("a", "b"), 2)
    assert [(row.row, row.line, row.cells) for row in sheet.records] == [(1, 4, ("1", "2")), (2, 7, ("5", "6"))]
    assert sheet.records[0].cell(9) == ""


def test_a_header_needs_a_mark_or_a_known_title(tmp_path: Path, findings: Findings) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Day,x\n1,2\n")
    assert read_sheet(path, "t.csv", findings, titles=("day",)).header == ("Day", "x")
    assert read_sheet(path, "t.csv", findings, titles=("name",)).header == ()
    assert len(read_sheet(path, "t.csv", findings).records) == 2


def test_a_file_that_cannot_be_read_is_named_with_its_folder(tmp_path: Path, findings: Findings) -> None:
    sheet = read_sheet(tmp_path, "input_csv/t.csv", findings)
    assert sheet.records == ()
    assert [problem.file for problem in findings.problems] == ["input_csv/t.csv"]


def test_limits_are_part_of_the_range(findings: Findings) -> None:
    assert whole_number(record(), "n", "0", findings, low=0, high=5) == 0
    assert whole_number(record(), "n", "5", findings, low=0, high=5) == 5
    assert any_number(record(), "n", "0.5", findings, low=0.5, high=0.5) == 0.5
    assert findings.problems == []
    assert whole_number(record(), "n", "6", findings, low=0, high=5) is None
    assert any_number(record(), "n", "", findings) is None
    assert [str(problem) for problem in findings.problems] == [
        "t.csv, row 3 (line 7): 'n' is 6, which is above 5. Give a number of at most 5",
        "t.csv, row 3 (line 7): 'n' is blank. Fill it in",
    ]


def test_a_large_whole_number_keeps_every_digit(findings: Findings) -> None:
    assert whole_number(record(), "n", "12345678901234567", findings, low=0) == 12345678901234567


def test_names_are_checked_only_where_they_are_known(findings: Findings) -> None:
    assert Names("location", None).check(record(), "Anywhere", findings)
    assert findings.problems == []
    known = Names("location", frozenset({"Alba"}))
    assert not known.check_all(record(), ("Alva", "Alba", ""), findings)
    assert [problem.what for problem in findings.problems] == [
        "there is no location 'Alva'",
        "the name of a location is blank",
    ]
