from __future__ import annotations

from pathlib import Path

import pytest

from homeward.case.flee.reader import read_flee
from tests.case.flee.small_flee import edit, problems_of, warnings_about

CLOSURES = "input_csv/closures.csv"


def test_an_end_of_minus_one_is_for_good_and_a_later_one_is_a_day(directory: Path) -> None:
    ends = [closure.end for closure in read_flee(directory).closures]
    assert ends == [4, 1, None, 2, 4, 0]


def test_a_second_name_that_flee_ignores_is_told_and_kept(directory: Path) -> None:
    edit(directory, CLOSURES, "location,Brook,,", "location,Brook,Anything,")
    case = read_flee(directory)
    assert case.closures[4].second == "Anything"
    assert warnings_about(case, "Flee ignores the second name, Anything, and closes Brook to all; so is it here")


def test_a_closure_that_ends_before_it_starts_is_told_but_for_a_redirection(directory: Path) -> None:
    assert warnings_about(read_flee(directory), "never opens it again") == []
    edit(directory, CLOSURES, "camp,Fort,,0,1", "camp,Fort,,3,1")
    assert warnings_about(read_flee(directory), "camp Fort ends on day 1, but starts on day 3: Flee never opens it")


def test_flee_closes_no_link_and_here_it_is_closed(directory: Path) -> None:
    assert warnings_about(
        read_flee(directory), "'link': Flee compares names so that nothing is closed; here both are closed"
    )
    edit(directory, CLOSURES, "link,Brook,Dale,1,2\n", "")
    assert warnings_about(read_flee(directory), "'link'") == []


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("camp,Homeland,,1,2", "there is no location 'Homeland'"),
        ("country,Alba,Abroad,1,2", "there is no country 'Alba'"),
        ("link,Alba,,1,2", "the name of a location is blank"),
        ("remove_forced_redirection,Alba,Fort,1,2", "are not joined by a route"),
        ("location,Alba,,-1,2", "'closure_start' is -1, which is below 0"),
        ("location,Alba,,1,-2", "'closure_end' is -2, which is below -1"),
        ("location,Alba,,1.5,2", "'closure_start' is '1.5', which is no whole number"),
        ("location,Alba", "the row has 2 cells, but needs 5"),
    ],
)
def test_a_closure_that_cannot_be_is_refused(directory: Path, row: str, what: str) -> None:
    (directory / CLOSURES).write_text(f"#closure_type,name1,name2,closure_start,closure_end\n{row}\n")
    assert [what in problem.what for problem in problems_of(directory)] == [True]


def test_a_table_with_a_header_only_closes_nothing(directory: Path) -> None:
    (directory / CLOSURES).write_text("#closure_type,name1,name2,closure_start,closure_end\n")
    assert read_flee(directory).closures == ()
