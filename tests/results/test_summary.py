from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from homeward.results import summary
from homeward.results.run import Run
from homeward.results.summary import PROBABILITIES
from homeward.results.tables import content_hash, open_memory
from tests.hand_made import trajectory, write_run
from tests.small_case import small_case


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Ten replicates; each second one has k refugees from each of two districts in city, k in farland."""
    case = small_case()
    courses = [
        trajectory(
            case,
            k,
            stocks=[
                (3, "city", "north", "refugee", k),
                (3, "city", "east", "refugee", k),
                (3, "farland", "east", "refugee", k),
                (3, "south", "north", "displaced", 50),
            ]
            if k % 2
            else [(3, "south", "north", "displaced", 50)],
            returns=[(3, "north", "city", 10), (3, "north", "south", 20)],
        )
        for k in range(10)
    ]
    return write_run(tmp_path_factory.mktemp("summary") / "run", case, courses)


def quantiles(run: Run, measure: str, country: str | None, place: str | None) -> list[float]:
    found = run.columns(
        f"SELECT {', '.join(PROBABILITIES)} FROM summary WHERE measure = $measure AND date = '2012-04-30' "
        "AND country IS NOT DISTINCT FROM $country AND place IS NOT DISTINCT FROM $place",
        {"measure": measure, "country": country, "place": place},
    )
    return [float(found[name][0]) for name in PROBABILITIES]


@pytest.mark.parametrize(
    ("country", "place", "times"),
    [("HOA", "city", 2), ("HOA", None, 2), ("HOB", "farland", 1), (None, None, 3)],
)
def test_a_replicate_without_a_row_counts_as_zero(run: Run, country: str | None, place: str | None, times: int) -> None:
    people = np.array([k * times if k % 2 else 0 for k in range(10)])
    expected = np.quantile(people, list(PROBABILITIES.values()))
    assert quantiles(run, "refugee_stock", country, place) == pytest.approx(expected)


def test_returns_are_counted_where_agencies_count_them(run: Run) -> None:
    assert quantiles(run, "returned_refugees", "HOA", "city") == [10] * 5
    assert quantiles(run, "returned_idps", "ORI", "north") == [20] * 5
    assert quantiles(run, "idp_stock", "ORI", "south") == [50] * 5


def test_rows_are_unique(run: Run) -> None:
    found = run.columns(
        "SELECT count(*) AS n FROM summary GROUP BY date, measure, country, place ORDER BY n DESC LIMIT 1"
    )
    assert found["n"].tolist() == [1]


def test_a_large_ensemble_is_summarised_period_by_period(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = small_case()
    courses = [
        trajectory(case, 0, stocks=[(month, "city", "north", "refugee", 10 + month) for month in range(12)]),
        trajectory(case, 1, returns=[(month, "north", "city", 20 + month) for month in range(12)]),
    ]
    write_run(tmp_path / "at-once", case, courses)
    # Two replicates and seven places: three months at a time.
    monkeypatch.setattr(summary, "CELLS_AT_A_TIME", 2 * 7 * 3 + 1)
    write_run(tmp_path / "by-period", case, courses)
    assert content_hash(tmp_path / "by-period") == content_hash(tmp_path / "at-once")


def test_periods_cover_every_date_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "CELLS_AT_A_TIME", 6)
    with open_memory() as connection:
        connection.execute(
            "CREATE TABLE stocks AS SELECT unnest(['2012-01-31', '2012-03-31', '2012-04-30'])::DATE AS date"
        )
        connection.execute("CREATE TABLE returns AS SELECT '2012-02-29'::DATE AS month")
        connection.execute("CREATE TABLE places AS SELECT 'city' AS place")
        found = [(first.month, last.month) for first, last in summary._periods(connection, 3)]
    assert found == [(1, 2), (3, 4)]
