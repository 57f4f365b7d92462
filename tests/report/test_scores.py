from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from homeward.report.gather import gather
from homeward.report.scores import range_bar, relative_error, score_tables
from homeward.results.score_contract import ScoreRow
from tests.report.runs import hand_made_run


def row(**changes: Any) -> ScoreRow:
    base: dict[str, Any] = {
        "measure": "refugee_stock", "level": "country", "country": "HOA", "place": None, "origin": None,
        "date": date(2012, 12, 31), "definition": "made-up", "observed": 200, "median": 100, "low90": 50,
        "high90": 150, "relative_error": -0.5, "persistence": None, "nothing_changes": None, "headline": True,
    }  # fmt: skip
    return ScoreRow.model_validate(base | changes)


def test_a_bar_is_to_scale() -> None:
    assert range_bar(row()) == {"low": 32, "median": 60, "high": 88, "observed": 116}
    no_interval = range_bar(row(low90=None, high90=None))
    assert no_interval is not None
    assert no_interval["low"] == no_interval["high"] == no_interval["median"]


@pytest.mark.parametrize("changes", [{"observed": 7}, {"median": 3}])
def test_an_error_does_not_give_a_small_count_away(changes: dict[str, float]) -> None:
    assert relative_error(row()) == "−50 %"
    assert relative_error(row(**changes)) == "–"
    assert range_bar(row(observed=7, median=3, low90=1, high90=8)) is None


def test_tables_are_by_level_and_measure_with_districts_apart(tmp_path: Path) -> None:
    data = gather(hand_made_run(tmp_path / "run"))
    rows = (
        row(),
        row(country="HOB"),
        row(measure="idp_stock", level="place", country="ORI", place="north", observed=9_000),
        row(measure="idp_stock", level="place", country="ORI", place="south"),
        row(measure="idp_stock", level="place", country="ORI", place="south", date=date(2011, 12, 31)),
        row(measure="origin_share", origin="north", observed=0.3, median=0.4),
    )
    score = data.score.model_copy(update={"rows": rows})
    tables = {table.section: table for table in score_tables(replace(data, score=score))}
    assert list(tables) == ["score", "origins", "districts-now", "districts"]
    assert [group.title for group in tables["score"].groups] == ["Farland", "HOA"]
    [latest] = tables["districts-now"].groups
    assert [label for label, _ in latest.rows] == ["North", "South"]
    assert (tables["districts-now"].count, tables["districts"].count) == (2, 3)
    assert tables["origins"].groups[0].rows[0][0] == "North"
