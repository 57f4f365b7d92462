"""The tables of claims: what is read, and everything that can be wrong with a row."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tools.syria.build import CASE_FOLDER
from tools.syria.claims import claim_figures, claims, ids_of_the_fact_sheet
from tools.syria.facts import facts_folder

from homeward.case.cells import columns_of
from homeward.case.claims import CLAIM_TABLES, Claim, ClaimFigure, Claims, read_claims
from homeward.case.folder import case_hash, load_case, read_case, write_case
from homeward.case.table import write_table
from homeward.errors import InputError
from tests.small_case import small_case

ROW: dict[str, Any] = {
    "id": "half", "who": "somebody", "claim": "half of them left", "date": date(2012, 12, 31),
    "check": "displaced_share", "compare": "at_least", "value": 0.5, "source": "A report",
    "known_on": date(2013, 1, 1), "basis": "derived",
}  # fmt: skip
FIGURE: dict[str, Any] = {
    "claim": "half", "part": "said", "what": "a count", "unit": "people", "date": date(2012, 6, 1), "value": 4.0,
    "source": "A count", "known_on": date(2012, 6, 1), "basis": "observed",
}  # fmt: skip


def written(folder: Path, rows: list[dict[str, Any]], figures: list[dict[str, Any]] | None = None) -> Path:
    write_table(folder / "claims.csv", Claim, [Claim.model_construct(**_whole(Claim, row)) for row in rows])
    if figures:
        told = [ClaimFigure.model_construct(**_whole(ClaimFigure, row)) for row in figures]
        write_table(folder / "claim_figures.csv", ClaimFigure, told)
    return folder


def _whole(model: type[Claim] | type[ClaimFigure], row: dict[str, Any]) -> dict[str, Any]:
    return dict.fromkeys(model.model_fields) | row


def read(folder: Path, *rows: dict[str, Any], figures: list[dict[str, Any]] | None = None) -> Claims:
    return read_claims(written(folder, list(rows), figures), small_case())


def test_rows_come_back_by_claim(tmp_path: Path) -> None:
    other = ROW | {"id": "told", "part": "said", "check": "figure", "compare": "at_most", "value": 5.0}
    found = read(tmp_path, ROW, other, figures=[FIGURE | {"claim": "told"}])
    assert [*found.by_id()] == ["half", "told"]
    assert found.by_id()["half"][0].value == 0.5
    assert found.figures[0].value == 4.0


def test_a_case_without_claims_has_none(tmp_path: Path) -> None:
    assert read_claims(tmp_path, small_case()) == Claims()


def test_claims_are_no_part_of_the_case_and_of_its_hash(tmp_path: Path) -> None:
    write_case(small_case(), tmp_path / "small")
    before = case_hash(read_case(tmp_path / "small"))
    written(tmp_path / "small", [ROW])
    assert case_hash(read_case(tmp_path / "small")) == before


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"check": "displaced"}, "'check' is 'displaced', which is not one of the choices"),
        ({"compare": "about"}, "give a tolerance with about"),
        ({"tolerance": 0.1}, "give a tolerance with about"),
        ({"compare": "shown"}, "none with shown"),
        ({"value": None}, "give a value with every comparison"),
        ({"date": date(2011, 1, 1)}, "before the case begins"),
        ({"check": "stock"}, "the check stock needs a measure"),
        ({"check": "stock", "measure": "refugee_stock", "places": "HOA XXX"}, "knows no place 'xxx'"),
        ({"check": "stock_share"}, "the check stock_share needs places"),
        ({"check": "stock_share", "places": "HOA", "among": "city"}, "knows no place 'city'"),
        ({"check": "ranking"}, "the check ranking needs places"),
        ({"check": "held_share"}, "needs a holder, not ''"),
        ({"check": "lost_share", "indicator": "houses"}, "knows no 'houses'"),
        ({"check": "violence"}, "needs a period"),
        ({"check": "notes", "since": date(2012, 1, 1), "until": date(2013, 1, 1)}, "after the claim"),
        ({"since": date(2012, 2, 1), "until": date(2012, 1, 1)}, "lies before since"),
        ({"check": "unmet"}, "knows no limit ''"),
        ({"check": "unmet", "indicator": "violence weather"}, "knows no limit 'weather'"),
        ({"check": "unmet", "indicator": "violence", "places": "HOA"}, "knows no place 'hoa'"),
        ({"check": "intending", "indicator": "hope"}, "knows no 'hope'"),
        ({"check": "figure"}, "no figure is given"),
        ({"check": "without", "compare": "shown", "value": None}, "needs a day from which on"),
        ({"check": "without", "since": date(2012, 1, 1)}, "decides nothing"),
        ({"check": "none"}, "has no figure to compare"),
        ({"source": ""}, "'source' is missing or blank"),
    ],
)
def test_a_wrong_row_is_told_with_file_row_and_remedy(tmp_path: Path, change: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, ROW | {"id": "fine"}, ROW | change)
    problems = caught.value.problems
    assert any(what in f"{problem.what}. {problem.remedy}".casefold() for problem in problems), problems
    assert all((problem.file, problem.row, problem.line) == ("claims.csv", 2, 3) for problem in problems)
    assert all(problem.remedy for problem in problems)


def test_parts_of_a_claim_agree_and_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, ROW, ROW | {"who": "another"})
    told = [problem.what for problem in caught.value.problems]
    assert told == ["'who' differs from that of the first row of 'half'", "the claim 'half' has two rows for ''"]


def test_a_figure_that_no_claim_asks_for_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 problem") as caught:
        read(tmp_path, ROW, figures=[FIGURE])
    assert caught.value.problems[0].file == "claim_figures.csv"
    assert "no claim asks for a figure" in caught.value.problems[0].what


def test_a_figure_outside_its_range_is_told(tmp_path: Path) -> None:
    figured = ROW | {"check": "figure", "part": "said"}
    with pytest.raises(InputError) as caught:
        read(tmp_path, figured, figures=[FIGURE | {"low": 5.0}])
    assert "lies outside its range" in caught.value.problems[0].what


@pytest.mark.skipif(not facts_folder().is_dir(), reason="the facts are not beside this checkout")
def test_the_claims_of_syria_are_those_of_the_fact_sheet() -> None:
    found = read_claims(CASE_FOLDER, load_case("syria"))
    assert [*found.by_id()] == ids_of_the_fact_sheet()
    assert len(found.by_id()) == 15


def test_the_tables_of_syria_are_what_the_literals_say() -> None:
    found = read_claims(CASE_FOLDER, load_case("syria"))
    assert found.rows == tuple(claims())
    assert found.figures == tuple(claim_figures())
    assert [*CLAIM_TABLES] == ["claims", "claim_figures"]


@pytest.mark.parametrize("model", CLAIM_TABLES.values())
def test_every_column_has_a_meaning(model: type[Claim]) -> None:
    assert [name for name, column in columns_of(model).items() if not column.description] == []
