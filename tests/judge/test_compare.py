from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from homeward.judge.compare import compare_runs
from homeward.results.contract import Comparison, ComparisonRow
from homeward.results.run import Run
from tests.hand_made import trajectory, write_run
from tests.small_case import small_case

BASE = [1000 * k for k in range(1, 7)]


def run_of(folder: Path, extra: int, *, seed: int = 1, end: date = date(2012, 12, 31)) -> Run:
    """Return six replicates with very different levels, ``extra`` people more in each."""
    case = small_case(end=end)
    courses = [
        trajectory(
            case,
            k,
            stocks=[(11, "city", "north", "refugee", people + extra)],
            returns=[(2, "north", "city", 10 + extra), (3, "north", "camp", 5), (3, "north", "south", 7)],
        )
        for k, people in enumerate(BASE)
    ]
    return write_run(folder, case, courses, seed=seed)


def row_of(comparison: Comparison, measure: str, country: str | None) -> ComparisonRow:
    [found] = [r for r in comparison.rows if (r.measure, r.country) == (measure, country)]
    return found


def test_runs_that_share_their_chance_are_compared_replicate_by_replicate(tmp_path: Path) -> None:
    comparison = compare_runs(run_of(tmp_path / "a", 0), run_of(tmp_path / "b", 100))
    assert comparison.paired
    assert "replicate by replicate" in comparison.how
    row = row_of(comparison, "refugee_stock", "HOA")
    assert row.date == date(2012, 12, 31)
    assert (row.difference.p05, row.difference.p50, row.difference.p95) == (100, 100, 100)
    assert row.a.p50 == 3500
    assert row.b.p50 == 3600
    assert row_of(comparison, "refugee_stock", None).difference.p50 == 100


def test_flows_are_sums_over_the_year(tmp_path: Path) -> None:
    comparison = compare_runs(run_of(tmp_path / "a", 0), run_of(tmp_path / "b", 100))
    assert row_of(comparison, "returned_refugees", "HOA").a.p50 == 15
    assert row_of(comparison, "returned_refugees", "HOA").b.p50 == 115
    assert row_of(comparison, "returned_idps", "ORI").a.p50 == 7


def test_other_seeds_are_compared_by_all_pairs(tmp_path: Path) -> None:
    comparison = compare_runs(run_of(tmp_path / "a", 0), run_of(tmp_path / "b", 100, seed=2))
    assert not comparison.paired
    assert "every replicate" in comparison.how
    row = row_of(comparison, "refugee_stock", "HOA")
    pairs = np.array([b + 100 - a for a in BASE for b in BASE])
    assert [row.difference.p05, row.difference.p50, row.difference.p95] == pytest.approx(
        np.quantile(pairs, [0.05, 0.5, 0.95])
    )


def test_only_dates_of_both_runs_are_compared(tmp_path: Path) -> None:
    longer = run_of(tmp_path / "b", 100, end=date(2013, 6, 30))
    comparison = compare_runs(run_of(tmp_path / "a", 0), longer)
    assert {row.date for row in comparison.rows} == {date(2012, 12, 31)}
    assert comparison.paired


def test_runs_that_draw_their_parameters_otherwise_do_not_share_their_chance(tmp_path: Path) -> None:
    a, b = run_of(tmp_path / "a", 0), run_of(tmp_path / "b", 100)
    assert compare_runs(a, b).interval == "shared shocks and chance; parameters fixed"
    drawn = Run(b.folder, b.info.model_copy(update={"drawn": "posterior"}))
    both = Run(a.folder, a.info.model_copy(update={"drawn": "posterior"}))
    comparison = compare_runs(a, drawn)
    assert not comparison.paired
    assert comparison.interval.endswith("a: parameters fixed; b: parameters drawn from their posterior")
    assert compare_runs(both, drawn).paired
    assert compare_runs(both, drawn).interval.endswith("; parameters drawn from their posterior")
