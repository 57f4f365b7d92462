"""``homeward claims``: what a user sees, the document, the page of the documentation, and calls that are wrong."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from homeward.case.claims import read_claims
from homeward.case.folder import find_case, load_case
from homeward.plan.claims import judge_claims
from homeward.results.claims_contract import ClaimRow, ClaimVerdicts
from tests.cli.conftest import Call
from tests.cli.test_pillars import follows

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "claims.md"
HEADER = "id,part,role,who,claim,date,check,measure,places,compare,value,tolerance,source,known_on,basis,why\n"
SAID = "A report of the day,2013-01-01,derived,read as it stands"


@pytest.fixture
def told(case_folder: Path) -> Path:
    """Return a small case with a claim that holds, one that does not, and one that nothing decides."""
    rows = (
        f"holds,,part,a state,HOA hosts most,2012-12-31,ranking,,HOA HOB,more_than,0,,{SAID}\n"
        f"fails,,part,a party,a million left,2012-12-31,stock,refugee_stock,,at_least,1000000,,{SAID}\n"
        f"open,,part,a critic,it is too early,2012-12-31,none,,,shown,,,{SAID}\n"
    )
    (case_folder / "claims.csv").write_text(HEADER + rows, encoding="utf-8")
    return case_folder


def test_claims_stand_beside_data_and_simulation(call: Call, told: Path) -> None:
    said = call("claims", told, "--replicates", "2", "--jobs", "1")
    assert said.status == 0, said.err
    lines = said.out.splitlines()
    for name, verdict in (("holds", "supported"), ("fails", "contradicted"), ("open", "not decidable")):
        [line] = [line for line in lines if line.strip().startswith(f"{name} ")]
        assert verdict in line
        assert "the same" in line
    assert "2 replicates by weeks, seed 1" in said.out
    assert "never about who says them" in said.out


def test_json_follows_its_schema(call: Call, told: Path) -> None:
    said = call("claims", told, "--json", "--data-only")
    assert (said.status, said.err) == (0, "claims: judging the claims\n")
    document = json.loads(said.out)
    schema = json.loads(call("schema").out)["claims"]
    assert document["schema"] == "homeward/claims/1"
    assert follows(document, schema, schema)
    assert not follows(document | {"rows": "many"}, schema, schema)
    assert [row["verdict"] for row in document["rows"]] == ["supported", "contradicted", "not decidable"]
    assert {"id", "verdict", "evidence", "as_of", "interval"} <= set(document["rows"][0])
    assert ClaimVerdicts.model_validate(document).replicates == 0
    assert call("claims", told, "--json", "--data-only").out == said.out


def test_one_claim_shows_every_row_that_it_rests_on(call: Call, told: Path) -> None:
    said = call("claims", told, "--claim", "fails", "--data-only", "--quiet", "--json")
    [row] = json.loads(said.out)["rows"]
    assert [(one["table"], one["place"], one["value"]) for one in row["evidence"]] == [
        ("observed", "HOA", 60_000.0), ("observed", "HOB", 6_000.0),
    ]  # fmt: skip
    assert all(one["known_then"] and one["source"] == "made-up" for one in row["evidence"])
    shown = call("claims", told, "--claim", "fails", "--data-only").out
    for word in ("Said by: a party", "at least 1,000,000", "60,000", "2012-01-01", "A report of the day", "observed"):
        assert word in shown


def test_a_run_of_the_case_is_taken_and_no_other(call: Call, told: Path, tmp_path: Path) -> None:
    assert call("run", told, "--replicates", "2", "--step", "week", "--out", "runs/as-it-was").status == 0
    assert call("run", told, "--replicates", "2", "--set", "flight_hazard=0.002", "--out", "runs/other").status == 0
    taken = json.loads(call("claims", told, "--json").out)
    assert (taken["run_dir"], taken["replicates"]) == ("runs/as-it-was", 2)
    named = json.loads(call("claims", told, "--run", "runs/as-it-was", "--json").out)
    assert named == taken
    other = call("claims", told, "--run", "runs/other")
    assert other.status == 2
    assert "has other parameters than the case" in other.err
    shutil.rmtree(tmp_path / "runs")
    assert call("claims", told, "--run", "runs/as-it-was").status == 2


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--claim", "hold"), 2, "Did you mean 'holds'?"),
        (("--data-only", "--run", "runs/x"), 2, "--data-only reads no run"),
        (("--run", "runs/x"), 2, "no run at runs/x"),
    ],
)
def test_wrong_calls(call: Call, told: Path, arguments: tuple[str, ...], status: int, words: str) -> None:
    said = call("claims", told, *arguments)
    assert said.status == status
    assert words in said.err
    assert said.out == ""


def test_a_case_without_claims_says_where_to_write_them(call: Call, case_folder: Path) -> None:
    said = call("claims", case_folder)
    assert said.status == 2
    assert "write them into claims.csv" in said.err


@pytest.mark.parametrize("command", ["claims", "check"])
def test_a_wrong_table_is_told_by_row(call: Call, told: Path, command: str) -> None:
    text = (told / "claims.csv").read_text(encoding="utf-8").replace(",none,", ",guess,")
    (told / "claims.csv").write_text(text, encoding="utf-8")
    said = call(command, told)
    assert said.status == 3
    assert "claims.csv, row 3 (line 4)" in said.err
    assert "Choose from: 'displaced_share'" in said.err


def test_a_case_with_claims_is_sound(call: Call, told: Path) -> None:
    assert call("check", told).status == 0


def syria() -> tuple[ClaimRow, ...]:
    case = load_case("syria")
    return judge_claims(case, read_claims(find_case("syria"), case))


def test_the_page_says_what_the_command_says() -> None:
    """Name, verdicts, basis and every figure of the table on the page."""
    text = PAGE.read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in text.splitlines() if re.match(r"\| `[a-z0-9.-]+` \|", line)]
    cells = {row[0].strip().strip("`"): [cell.strip() for cell in row[1:]] for row in rows}
    found = syria()
    assert [*cells] == [row.id for row in found]
    for row in found:
        then, later, basis, figures = cells[row.id][1:5]
        assert (then, later, basis) == (row.verdict, row.verdict_with_hindsight, row.basis or "–"), row.id
        for figure in figures_of(row):
            assert figure in figures, (row.id, figure, figures)


def figures_of(row: ClaimRow) -> list[str]:
    """Return the figures of the parts that decide, as the page writes them."""
    found = [one.then or one.hindsight for one in row.parts]
    spans = [one.interval for one in found if one is not None and one.verdict is not None]
    return [f"{100 * span.value:.1f} %" if span.unit == "share" else f"{span.value:,.0f}" for span in spans
            if span.value is not None]  # fmt: skip


def test_verdicts_on_syria_use_neutral_words() -> None:
    words = " ".join(f"{row.claim} {row.reason} {' '.join(part.why for part in row.parts)}" for row in syria())
    for word in ("regime", "lie", "false", "propaganda", "is safe", "are safe"):
        assert not re.search(rf"\b{word}\b", words), word


def test_syria_works_from_nothing(call: Call) -> None:
    said = call("claims", "syria", "--replicates", "2", "--json")
    assert said.status == 0, said.err
    document: dict[str, Any] = json.loads(said.out)
    schema = json.loads(call("schema").out)["claims"]
    assert follows(document, schema, schema)
    rows = {row["id"]: row for row in document["rows"]}
    assert len(rows) == 15
    assert (document["run_dir"], document["replicates"]) == (None, 2)
    simulated = {name for name, row in rows.items() if row["simulated"]}
    assert {"displaced-half", "abroad-5.5m", "host-ranking", "attending-hosts", "sanctions", "pandemic"} <= simulated
    alone = {row.id: row for row in syria()}
    assert all(rows[name]["verdict"] == row.verdict for name, row in alone.items())
