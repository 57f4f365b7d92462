from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from homeward.errors import InputError, Problem, UsageError
from homeward.results.contract import CaseCheck, ErrorDocument, Interval, RunInfo


def test_what_is_not_a_number_is_null() -> None:
    check = CaseCheck(subject="syria", ok=True, estimate_share_rows=float("nan"), estimate_share_people=0.5)
    said = json.loads(check.to_json())
    assert said["schema"] == "homeward/check/1"
    assert said["estimate_share_rows"] is None
    assert said["estimate_share_people"] == 0.5


def test_an_error_carries_every_problem() -> None:
    error = InputError([Problem("places.csv", 2, 3, "latitude is 95", "Give a value up to 90.")])
    said = json.loads(ErrorDocument.of(error).to_json(indent=None))
    assert said == {
        "schema": "homeward/error/1",
        "error": {
            "code": "input",
            "message": "1 problem in the input",
            "problems": [
                {"file": "places.csv", "row": 2, "line": 3, "what": "latitude is 95",
                 "remedy": "Give a value up to 90."}
            ],
        },
    }  # fmt: skip


def test_an_error_without_problems_has_an_empty_list() -> None:
    said = ErrorDocument.of(UsageError("no such case")).error
    assert (said.code, said.message, said.problems) == ("usage", "no such case", ())


def test_a_run_document_of_another_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match="homeward/run/1"):
        RunInfo.model_validate({"schema": "homeward/run/2"})


def test_an_interval_keeps_its_order() -> None:
    assert Interval.of([1, 2, 3]).model_dump() == {"p05": 1, "p50": 2, "p95": 3}
