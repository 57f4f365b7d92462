"""Findings of a case: what is read, what is refused with row and remedy, and that no hash hangs on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from homeward.case.findings import FINDINGS_FILE, Finding, FindingScope, read_findings
from homeward.case.folder import case_hash, find_case, load_case, write_case
from homeward.case.schema import Basis
from homeward.errors import InputError, Problem
from tests.small_case import small_case

HEADER = "criterion,place,date,verdict,what,source,known_on,basis,why"
GOOD = "amnesty,ORI,2012-03-01,not_met,nobody is spared,made-up,2012-03-02,observed,"
CRITERIA: Mapping[str, FindingScope | None] = {
    "amnesty": "country", "mines": "place", "informed": "host", "livelihoods": None,
}  # fmt: skip


def written(folder: Path, *rows: str) -> Path:
    (folder / FINDINGS_FILE).write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return folder


def problems_of(folder: Path) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read_findings(folder, small_case(), CRITERIA)
    return caught.value.problems


def test_a_case_without_the_file_has_no_findings(tmp_path: Path) -> None:
    assert read_findings(tmp_path, small_case(), CRITERIA) == ()


def test_findings_are_read_in_their_order(tmp_path: Path) -> None:
    mines = "mines,north,2012-05-01,unknown,nobody has looked,made-up,2012-05-01,estimate,a guess"
    everywhere = "mines,ORI,2012-06-01,met,cleared,made-up,2012-06-01,derived,"
    host = "informed,HOA,2012-06-01,met,told,made-up,2012-06-01,derived,"
    found = read_findings(written(tmp_path, GOOD, mines, everywhere, host), small_case(), CRITERIA)
    assert [row.place for row in found] == ["ORI", "north", "ORI", "HOA"]
    assert found[0] == Finding(
        criterion="amnesty", place="ORI", date=date(2012, 3, 1), verdict="not_met", what="nobody is spared",
        source="made-up", known_on=date(2012, 3, 2), basis=Basis.OBSERVED,
    )  # fmt: skip


BAD = [
    ("criterion", GOOD.replace("amnesty", "amnesy"), "'amnesy'|Did you mean 'amnesty'?"),
    ("decided by conditions", GOOD.replace("amnesty,ORI", "livelihoods,north"), "takes no finding|conditions.csv"),
    ("place", "mines,nroth" + GOOD[len("amnesty,ORI"):], "district of origin|Did you mean 'north'?"),
    ("scope of a country", GOOD.replace(",ORI", ",HOA"), "'HOA' is no country of origin|ORI"),
    ("scope of a host", "informed,ORI" + GOOD[len("amnesty,ORI"):], "'ORI' is no country of asylum|HOA"),
    ("source", GOOD.replace("made-up", "made-upp"), "sources.csv|Did you mean 'made-up'?"),
    ("day", GOOD.replace("2012-03-02", "2212-03-02"), "known_on is 2212-03-02|Check the year"),
    ("verdict", GOOD.replace("not_met", "nearly"), "'nearly'|not_met"),
    ("estimate without why", GOOD.replace("observed", "estimate"), "must say why"),
    ("what", GOOD.replace("nobody is spared", ""), "'what'|blank"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "words"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
def test_what_does_not_fit_is_named_with_row_and_remedy(tmp_path: Path, row: str, words: str) -> None:
    [problem] = problems_of(written(tmp_path, GOOD, "", row))
    assert (problem.file, problem.row, problem.line) == (FINDINGS_FILE, 2, 4)
    assert all(word in f"{problem.what}. {problem.remedy}" for word in words.split("|")), str(problem)


def test_every_problem_is_listed_at_once(tmp_path: Path) -> None:
    rows = (GOOD.replace("made-up", "nowhere"), GOOD.replace("ORI", "HOB"), GOOD.replace("amnesty", "x"))
    assert [problem.row for problem in problems_of(written(tmp_path, *rows))] == [1, 2, 3]


def test_the_hash_of_a_case_does_not_hang_on_its_findings(tmp_path: Path) -> None:
    write_case(small_case(), tmp_path / "case")
    before = load_case(tmp_path / "case")
    after = load_case(written(tmp_path / "case", GOOD))
    assert case_hash(before) == case_hash(after)


def test_the_findings_of_the_built_in_case_say_where_they_come_from() -> None:
    from homeward.judge.thresholds.rulebook import rulebook

    found = read_findings(find_case("syria"), load_case("syria"), rulebook().finding_scopes())
    assert len(found) == 5
    assert all("TRT World and agencies, 11 November 2020" in row.why for row in found)
    # What is on record says too little of an agreement; what was judged by hand was known when it was judged.
    assert {row.verdict for row in found if row.basis is not Basis.ESTIMATE} == {"unknown"}
    assert all(row.known_on >= date(2026, 11, 23) for row in found if row.basis is Basis.ESTIMATE)
