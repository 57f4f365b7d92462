"""Forecasts are kept as they were written: each page names the hash of its document, and nothing is overwritten."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path

import pytest
from tools import freeze_forecast

from homeward.results.contract import Continuation
from homeward.results.forecast_contract import Forecast, ForecastRow

FOLDER = Path(__file__).parents[1] / "docs" / "forecasts"
WRITTEN: dict[str, str] = {
    "syria-2025-2026-from-2024-12-31.json": "30527ed96a13264acd4bb895d3cde323f1b0ac9de84cc8c26407c77e3299ec84",
    "syria-2025-2026-from-2024-12-31.md": "b1903f4ee062556d5b19c3ed723f3a5d595f9c09c84bd103644b9b1efaa7ad5a",
    "syria-to-june-2026-from-2025-06-20.json": "1c972c094cb8fba2df90126f2eeee617c081c30f3a28b4cf5478811a0246e0a8",
    "syria-to-june-2026-from-2025-06-20.md": "3513b65650fa2331485948446b277f41a2564dbd18e3e2a6b303cf1401008e36",
}
"""SHA-256 of every file of a kept forecast, as it was written. A line may be added here, and none changed."""


def made_up() -> Forecast:
    def row(measure: str, country: str | None, people: int) -> ForecastRow:
        return ForecastRow(
            measure=measure, country=country, place=None, year=2025, since=date(2025, 1, 1), until=date(2025, 12, 31),
            p05=people // 2, p25=people - 1, p50=people, p75=people + 1, p95=2 * people, last_known=people,
        )  # fmt: skip

    return Forecast(
        case="made-up", scenario=None, as_of=date(2024, 12, 31), until=date(2025, 12, 31), hand_made=True,
        started_from=date(2023, 12, 31), fitted_through=date(2024, 12, 31),
        continuation=Continuation(
            since=date(2024, 12, 31), whole_deviation=0.2, place_deviation=0.1, opening_chance=0.2
        ),
        replicates=1_000, seed=1, case_hash="a" * 64, parameters_hash="b" * 64, package="0.1.0",
        code_hash="c" * 64, interval="all of it",
        run_dir="runs/somewhere",
        rows=tuple(row(measure, country, 5_000) for measure in freeze_forecast.TITLES for country in (None, "HOA")),
        notes=("a note",),
    )  # fmt: skip


@pytest.fixture
def frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of documents with one forecast in it."""
    monkeypatch.setattr(freeze_forecast, "FOLDER", tmp_path / "forecasts")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "forecast.json").write_text(made_up().to_json(), encoding="utf-8")
    assert freeze_forecast.main([str(tmp_path / "run"), "one", "nobody believes HOA"]) == 0
    return tmp_path


def as_it_was_written(path: Path) -> bool:
    """Return whether the page beside a document is the one that was made of it."""
    document = Forecast.model_validate_json(path.read_bytes())
    page = path.with_suffix(".md").read_text(encoding="utf-8")
    [day] = re.findall(r"Written on (\d{4}-\d{2}-\d{2})", page)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return page == freeze_forecast.frozen_page(document, path.stem, digest, day)


def test_a_page_shows_the_figures_and_names_what_they_rest_on(frozen: Path) -> None:
    page = (frozen / "forecasts" / "one.md").read_text(encoding="utf-8")
    assert as_it_was_written(frozen / "forecasts" / "one.json")
    assert "| HOA | 2,500 | 4,999 | 5,000 | 5,001 | 10,000 | 5,000 |" in page
    assert "**With hindsight:**" in page
    assert "- A note.\n- Nobody believes HOA.\n" in page
    for what, digest in (("case", "a" * 64), ("parameters", "b" * 64), ("code", "c" * 64)):
        assert f"| {what} | `{digest}` |" in page


@pytest.mark.parametrize("edited", ["one.json", "one.md"])
def test_an_edit_shows(frozen: Path, edited: str) -> None:
    path = frozen / "forecasts" / edited
    path.write_text(
        path.read_text(encoding="utf-8").replace("5,000", "6,000").replace("5000", "6000"), encoding="utf-8"
    )
    assert not as_it_was_written(frozen / "forecasts" / "one.json")


def test_a_forecast_that_is_there_is_not_overwritten(frozen: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (frozen / "forecasts" / "one.json").read_bytes()
    assert freeze_forecast.main([str(frozen / "run"), "one"]) == 1
    assert "never edited" in capsys.readouterr().err
    assert (frozen / "forecasts" / "one.json").read_bytes() == before


def test_no_kept_forecast_was_edited_or_is_missing() -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*")}
    assert found == WRITTEN


def test_the_page_of_a_kept_forecast_names_the_hash_of_its_document() -> None:
    for path in FOLDER.glob("*.json"):
        page = path.with_suffix(".md").read_text(encoding="utf-8")
        assert f"| document | `{hashlib.sha256(path.read_bytes()).hexdigest()}` |" in page
