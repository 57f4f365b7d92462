"""``homeward thresholds``: counts, answers with their evidence, the document, and calls that are wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from homeward.cli.schema import schemas
from homeward.results.threshold_contract import Thresholds
from tests.cli.conftest import Call

FINDINGS = """\
criterion,place,date,verdict,what,source,known_on,basis,why
amnesty,ORI,2012-03-01,not_met,nobody is spared,made-up,2012-03-02,observed,
mines,north,2012-03-01,met,the fields were cleared,made-up,2012-03-02,estimate,a guess
mines,south,2012-03-01,met,cleared as well,made-up,2013-03-02,estimate,known too late
"""


@pytest.fixture
def with_findings(case_folder: Path) -> Path:
    (case_folder / "findings.csv").write_text(FINDINGS, encoding="utf-8")
    return case_folder


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_answers_are_counted_by_place(call: Call, with_findings: Path) -> None:
    said = call("thresholds", with_findings, "--date", "2012-09-15")
    assert said.status == 0
    out = squeezed(said.out)
    assert "small on 2012-09-15, as known on 2012-09-15 (rulebook" in out
    assert re.search(r"North 1 1 (\d+) \d+ \d+ \d+ South", out)
    assert re.search(r"ORI 0 0 1 0 10 10", out)
    assert "No answer says" not in out
    assert "no answer says that a place is safe to return to" in out
    assert "because no row about them was known by 2012-09-15" in out


def test_each_answer_is_shown_with_its_evidence(call: Call, with_findings: Path) -> None:
    said = call("thresholds", with_findings, "--date", "2012-09-15", "--theme", "mines", "--theme", "amnesty")
    out = squeezed(said.out)
    assert said.status == 0
    assert "met, by estimate" in out
    assert "since 2012-03-01" in out
    assert "not met" in out
    assert "none on record" in out
    later = call("thresholds", with_findings, "--date", "2012-09-15", "--theme", "mines", "--hindsight")
    assert squeezed(later.out).count("met, by estimate") == 2
    assert "In hindsight" in later.out


def test_a_place_shows_values_with_range_date_source_and_limit(call: Call, case_folder: Path) -> None:
    said = call("thresholds", case_folder, "--date", "2012-09-15", "--place", "north", "--theme", "hostilities")
    assert said.status == 0
    out = squeezed(said.out)
    assert "2011-09-01" in out
    assert "2012-08-31" in out
    assert "made-up" in out
    assert "(observed)" in out
    assert "Must be at most" in out
    assert "Recorded deaths per 100,000 residents and 30 days" in out


def test_the_document_is_what_its_schema_says(call: Call, with_findings: Path) -> None:
    said = call("thresholds", with_findings, "--date", "2012-09-15", "--json")
    assert said.status == 0
    content = json.loads(said.out)
    schema = schemas()["thresholds"]
    assert set(content) == set(schema["properties"])
    assert content["schema"] == "homeward/thresholds/1"
    found = Thresholds.model_validate(content)
    assert found.to_json() + "\n" == said.out
    [amnesty] = [one for one in found.verdicts if one.criterion == "amnesty"]
    assert (amnesty.verdict, amnesty.basis) == ("not_met", "observed")
    assert amnesty.evidence[0].rows == ("findings.csv, row 1",)
    counted = {(one.scope, one.place): one.met + one.not_met + one.unknown for one in found.counts}
    assert sum(counted.values()) == len(found.verdicts)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--date", "2013-01-01"], 2, "2013-01-01 lies outside the case; give a day from 2012-01-01 to 2012-12-31"),
        (["--date", "2012-09-15", "--place", "sout"], 2, "Did you mean 'south'?"),
        (["--date", "2012-09-15", "--theme", "mine"], 2, "there is no theme 'mine'. Did you mean 'mines'?"),
        (["--date", "2012-09-15", "--theme", "border", "--place", "north"], 2, "nothing is asked of north"),
        (["--date", "15.9.2012"], 2, "thresholds --help"),
        ([], 2, "--date"),
    ],
)
def test_a_wrong_call_is_one_message(
    call: Call, case_folder: Path, arguments: list[str], status: int, said: str
) -> None:
    found = call("thresholds", case_folder, *arguments)
    assert (found.status, found.out) == (status, "")
    assert said in found.err


def test_wrong_findings_are_listed_by_thresholds_and_by_check(call: Call, with_findings: Path) -> None:
    text = FINDINGS.replace("amnesty", "amnesti").replace("mines,south", "mines,HOA")
    (with_findings / "findings.csv").write_text(text, encoding="utf-8")
    for command in (["thresholds", with_findings, "--date", "2012-09-15"], ["check", with_findings]):
        said = call(*command)
        assert said.status == 3
        assert "findings.csv, row 1 (line 2): there is no criterion 'amnesti'. Did you mean 'amnesty'?" in said.err
        assert "findings.csv, row 3 (line 4): 'HOA' is no district of origin" in said.err


def test_a_misspelt_file_of_findings_is_named(call: Call, with_findings: Path) -> None:
    (with_findings / "findings.csv").rename(with_findings / "finding.csv")
    said = call("thresholds", with_findings, "--date", "2012-09-15")
    assert said.status == 3
    assert "finding.csv: a case has no file of this name" in said.err
