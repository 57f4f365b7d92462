from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from homeward.case.schema import Basis, Case, Measure, Observation, Place, PlaceKind
from homeward.judge.crps import crps_normal
from homeward.judge.score import INTERVAL, REST_OF_THE_WORLD, score_run
from homeward.results.run import Run
from homeward.results.score_contract import ForecastScore, Score, ScoreRow, ScoreSummaryRow
from tests.hand_made import month_ends, trajectory, write_run
from tests.small_case import small_case

SAID = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}
SHARED = Path(__file__).parents[2].parent / "shared" / "facts" / "syria" / "unhcr_by_country.csv"
FIRST, LAST = 2017, 2020
NO_LAG = {"deactivation_rate": 0, "registration_lag_months": 0.0, "recognition_lag_months": 0.0}


def figure(year: int, place: str, value: float, definition: str = "UNHCR year-end") -> Observation:
    return Observation.model_validate(
        {"date": date(year, 12, 31), "measure": "refugee_stock", "place": place, "value": value}
        | {"definition": definition}
        | SAID
    )


def long_case(*observed: Observation, start: date = date(FIRST, 1, 1), end: date = date(LAST, 12, 31)) -> Case:
    """Return the small case over some years, with a second far country HOC and nobody abroad at the start."""
    case = small_case(start=start, end=end, parameters=NO_LAG)
    return case.model_copy(
        update={
            "observed": observed,
            "events": (),
            "places": (*case.places, far_place("awayland", "HOC")),
            "population": tuple(row for row in case.population if row.stage == "resident"),
        }
    )


def far_place(name: str, country: str) -> Place:
    return Place(id=name, name=name, country=country, kind=PlaceKind.COUNTRY, latitude=60, longitude=-100, **SAID)


def run_of(folder: Path, case: Case, people: dict[str, list[int]], replicates: int = 3) -> Run:
    """Return a run with ``people[place][k]`` refugees in replicate k (the last for all above)."""
    courses = []
    for k in range(replicates):
        stocks = [
            (month, place, "north", "refugee", counts[min(k, len(counts) - 1)])
            for month in range(len(month_ends(case)))
            for place, counts in people.items()
        ]
        courses.append(trajectory(case, k, stocks=stocks))
    return write_run(folder, case, courses)


def row_of(score: Score, level: str, country: str, year: int) -> ScoreRow:
    [found] = [r for r in score.rows if (r.level, r.country, r.date.year) == (level, country, year)]
    return found


def summary_of(score: Score, level: str, period: str, compared: int) -> ScoreSummaryRow:
    [found] = [r for r in score.summary.rows if (r.level, r.period, len(r.compared)) == (level, period, compared)]
    return found


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> Score:
    """HOA observed at 10,000 in 2017, 12,000 in 2018 …; simulated at 11,000 (median of three)."""
    hoa = [figure(year, "HOA", value) for year, value in enumerate((10_000, 12_000, 10_000, 8_000), FIRST)]
    hob = [figure(year, "HOB", value) for year, value in enumerate((2_000, 2_000, 2_500, 4_000), FIRST)]
    hoc = [
        figure(2018, "HOC", 3_000),
        figure(2019, "HOC", 3_500, "UNHCR year-end, counted anew"),
        figure(2020, "HOC", 500),
    ]
    case = long_case(*hoa, *hob, *hoc)
    people = {"city": [10_000, 11_000, 20_000], "farland": [2_000], "awayland": [3_000]}
    return score_run(run_of(tmp_path_factory.mktemp("score") / "run", case, people))


def test_a_row_by_hand(score: Score) -> None:
    row = row_of(score, "country", "HOA", 2019)
    assert (row.observed, row.median, row.persistence, row.nothing_changes) == (
        10_000,
        11_000,
        12_000,
        12_000,
    )
    assert row.relative_error == pytest.approx(0.1)
    assert not row.headline
    assert row_of(score, "country", "HOA", 2017).persistence is None
    assert row_of(score, "country", "HOA", 2018).nothing_changes is None


def test_far_countries_are_one_group_over_changes_of_definition(score: Score) -> None:
    row = row_of(score, "group", REST_OF_THE_WORLD, 2019)
    assert (row.observed, row.median, row.persistence, row.nothing_changes) == (6_000, 5_000, 5_000, 5_000)
    assert row.headline
    # In 2017 one of the two countries has no figure: it is no year to carry forward.
    assert row_of(score, "group", REST_OF_THE_WORLD, 2018).persistence is None
    assert row_of(score, "group", REST_OF_THE_WORLD, 2017).median == 2_000


def test_a_changed_definition_is_another_series(score: Score) -> None:
    assert row_of(score, "country", "HOC", 2019).persistence is None
    assert row_of(score, "country", "HOC", 2020).persistence is None


def test_all_forecasts_are_scored_on_the_same_rows(score: Score) -> None:
    later = summary_of(score, "group", "2019–2023", 3)
    # HOA 2019, 2020 and the rest 2019, 2020 (4,500).
    assert later.n == 4
    assert later.mare["model"] == pytest.approx((1 / 10 + 3 / 8 + 1 / 6 + 0.5 / 4.5) / 4)
    assert later.mare["persistence"] == pytest.approx((2 / 10 + 2 / 8 + 1 / 6 + 1.5 / 4.5) / 4)
    assert later.mare["nothing_changes"] == pytest.approx((2 / 10 + 4 / 8 + 1 / 6 + 0.5 / 4.5) / 4)
    assert later.weighted["model"] == pytest.approx(5.5 / 28.5)
    earlier = summary_of(score, "group", "2013–2018", 2)
    assert earlier.n == 1
    assert earlier.mare == pytest.approx({"model": 1 / 12, "persistence": 2 / 12})
    assert summary_of(score, "group", "all years", 1).n == 8


def test_the_headline_is_of_groups(score: Score) -> None:
    rows = [row for row in score.rows if row.level == "group"]
    errors = [abs(row.median - row.observed) / row.observed for row in rows]
    assert score.summary.mare == pytest.approx({"refugee_stock": sum(errors) / 8})


def test_small_figures_are_listed_but_not_scored(score: Score) -> None:
    assert row_of(score, "country", "HOC", 2020).relative_error == pytest.approx(5)
    assert summary_of(score, "country", "2019–2023", 3).n == 4
    assert any("1 rows under 1000" in note for note in score.notes)


def test_few_replicates_have_no_interval_and_say_why(score: Score) -> None:
    assert {(row.low90, row.high90) for row in score.rows} == {(None, None)}
    assert score.summary.coverage90 is None
    assert score.summary.relative_width is None
    assert "3 replicates are fewer than the 20" in score.interval


def test_enough_replicates_have_an_interval_with_its_width(tmp_path: Path) -> None:
    case = long_case(figure(2017, "HOA", 10_000), figure(2018, "HOA", 30_000))
    score = score_run(run_of(tmp_path / "run", case, {"city": [9_000 + 100 * k for k in range(21)]}, 21))
    assert score.interval == f"{INTERVAL}; parameters fixed"
    row = row_of(score, "country", "HOA", 2017)
    assert row.median == 10_000
    assert row.low90 is not None
    assert row.high90 is not None
    assert 8_000 < row.low90 < 9_500
    assert 10_500 < row.high90 < 12_500
    assert score.summary.coverage90 == 0.5
    wide = row_of(score, "country", "HOA", 2018)
    assert wide.low90 is not None
    assert wide.high90 is not None
    width = ((row.high90 - row.low90) / 10_000 + (wide.high90 - wide.low90) / 30_000) / 2
    assert score.summary.relative_width == pytest.approx(width)


def test_what_is_not_compared_is_told(tmp_path: Path) -> None:
    case = long_case(figure(2022, "HOA", 10_000), figure(2019, "HOA", 10_000))
    score = score_run(run_of(tmp_path / "run", case, {"city": [9_000]}, 1))
    assert len(score.rows) == 2  # one country, one group
    assert any("its date lies outside the run (1 rows)" in note for note in score.notes)


@pytest.fixture(scope="module")
def late_score(tmp_path_factory: pytest.TempPathFactory) -> Score:
    """The same figures as above, of a run that starts in 2019 only, and some figures that no run can have."""
    hoa = [figure(year, "HOA", value) for year, value in enumerate((10_000, 12_000, 10_000, 8_000), FIRST)]
    far = [figure(year, place, 2_000) for year in (2018, 2019) for place in ("HOB", "HOC")]
    nowhere = figure(2018, "nowhere", 5_000)
    case = long_case(*hoa, *far, nowhere, start=date(2019, 1, 1))
    people = {"city": [11_000], "farland": [2_500], "awayland": [3_000]}
    return score_run(run_of(tmp_path_factory.mktemp("late") / "run", case, people))


def test_naive_forecasts_start_from_figures_before_the_run(late_score: Score) -> None:
    first, second = (row_of(late_score, "country", "HOA", year) for year in (2019, 2020))
    assert (first.persistence, first.nothing_changes) == (12_000, 12_000)
    assert (second.persistence, second.nothing_changes) == (10_000, 12_000)
    rest = row_of(late_score, "group", REST_OF_THE_WORLD, 2019)
    assert (rest.observed, rest.median, rest.persistence, rest.nothing_changes) == (4_000, 5_500, 4_000, 4_000)
    assert summary_of(late_score, "group", "2019–2023", 3).n == 3


def test_a_run_that_starts_later_is_set_against_the_figure_of_the_day_before(tmp_path: Path) -> None:
    rows = [figure(year, "HOA", value) for year, value in ((2018, 8_000), (2019, 9_000), (2020, 10_000))]
    case = long_case(*rows, start=date(2020, 1, 1), end=date(2020, 12, 31))
    score = score_run(run_of(tmp_path / "run", case, {"city": [9_000]}, 1))
    assert score.nothing_changes_since == 2019
    assert {row.nothing_changes for row in score.rows} == {9_000}


def test_figures_before_the_run_are_not_scored(late_score: Score) -> None:
    assert {row.date.year for row in late_score.rows} == {2019, 2020}
    assert any("its date lies outside the run (4 rows)" in note for note in late_score.notes)


def test_the_document_is_json(score: Score) -> None:
    said = json.loads(score.to_json())
    assert said["schema"] == "homeward/score/1"
    assert said["nothing_changes_since"] == 2018
    wanted = {"measure", "place", "country", "date", "observed", "median", "low90", "high90", "persistence"}
    assert wanted <= set(said["rows"][0])


def test_a_case_without_observed_figures_has_an_empty_score(tmp_path: Path) -> None:
    score = score_run(run_of(tmp_path / "run", long_case(), {"city": [9_000]}, 1))
    assert score.rows == ()
    assert score.summary.mare == {}


GROWTH = (1_000, 2_000, 3_000, 5_000, 6_000, 8_000, 10_000, 9_000, 12_000)
"""Figures of HOA at the ends of 2012 to 2020."""


@pytest.fixture(scope="module")
def with_walks(tmp_path_factory: pytest.TempPathFactory) -> Score:
    """HOA with a past of its own, HOB without one; 21 replicates from 2019 on."""
    hoa = [figure(year, "HOA", value) for year, value in enumerate(GROWTH, 2012)]
    hob = [figure(year, "HOB", 2_000) for year in (2018, 2019)]
    people = {"city": [9_000 + 100 * k for k in range(21)], "farland": [2_000]}
    case = long_case(*hoa, *hob, start=date(2019, 1, 1))
    return score_run(run_of(tmp_path_factory.mktemp("walks") / "run", case, people, 21))


def forecasts_of(row: ScoreRow) -> dict[str, ForecastScore]:
    return {said.forecast: said for said in row.forecasts}


def test_random_walks_are_fitted_to_the_increments_up_to_the_base_date(with_walks: Score) -> None:
    moves = np.diff(np.log(GROWTH[:7]))
    said = forecasts_of(row_of(with_walks, "country", "HOA", 2020))
    deviation = np.sqrt(np.mean(moves**2))
    assert said["random_walk"].median == pytest.approx(9_000)
    assert said["random_walk"].log_crps == pytest.approx(crps_normal(np.log(9_000), deviation, np.log(12_000)))
    assert said["random_walk_from_base"].median == pytest.approx(10_000)
    two_years = crps_normal(np.log(10_000), np.sqrt(2) * deviation, np.log(12_000))
    assert said["random_walk_from_base"].log_crps == pytest.approx(two_years)
    recent = np.sqrt(np.mean(moves[-3:] ** 2))
    last_year = crps_normal(np.log(9_000), recent, np.log(12_000))
    assert said["random_walk_recent"].log_crps == pytest.approx(last_year)
    drifting = said["random_walk_drift_from_base"]
    assert drifting.median == pytest.approx(10_000 * np.exp(2 * moves.mean()))
    again = crps_normal(np.log(10_000) + 2 * moves.mean(), np.sqrt(2) * np.std(moves, ddof=1), np.log(12_000))
    assert drifting.log_crps == pytest.approx(again)


def test_a_series_without_a_past_has_points_only(with_walks: Score) -> None:
    said = forecasts_of(row_of(with_walks, "country", "HOB", 2019))
    assert list(said) == ["model", "persistence", "nothing_changes"]


def test_every_forecast_is_summed_up_on_the_figures_of_all(with_walks: Score) -> None:
    later = summary_of(with_walks, "country", "2019–2023", 3)
    assert (later.n, later.proper_n) == (3, 2)
    assert [said.forecast for said in later.forecasts] == [
        "model",
        "persistence", "random_walk", "random_walk_drift", "random_walk_recent",
        "nothing_changes", "random_walk_from_base", "random_walk_drift_from_base", "random_walk_recent_from_base",
    ]  # fmt: skip
    rows = [row_of(with_walks, "country", "HOA", year) for year in (2019, 2020)]
    for said in later.forecasts:
        scores = [forecasts_of(row)[said.forecast] for row in rows]
        assert said.log_crps == pytest.approx(np.mean([score.log_crps for score in scores])), said.forecast
    assert sum(later.forecasts[0].pit) == pytest.approx(2)
    assert with_walks.summary.log_crps["refugee_stock"] > 0
    assert with_walks.summary.coverage50 is not None


def test_the_model_is_scored_as_it_would_be_published(with_walks: Score) -> None:
    """All replicates agree on HOB: what spread there is comes from errors of observation."""
    row = row_of(with_walks, "country", "HOB", 2019)
    said = forecasts_of(row)["model"]
    assert row.median == 2_000
    assert said.low50 is not None
    assert said.high50 is not None
    assert 1_800 < said.low50 < 2_000 < said.high50 < 2_200
    ends = (row.low50, row.high50, row.low90, row.high90)
    assert ends == (said.low50, said.high50, said.low90, said.high90)


def test_another_base_date_moves_what_starts_from_it(tmp_path: Path) -> None:
    hoa = [figure(year, "HOA", value) for year, value in enumerate(GROWTH, 2012)]
    run = run_of(tmp_path / "run", long_case(*hoa, start=date(2017, 1, 1)), {"city": [9_000]}, 20)
    score = score_run(run, base=date(2016, 12, 31))
    assert score.nothing_changes_since == 2016
    said = forecasts_of(row_of(score, "country", "HOA", 2017))
    deviation = np.sqrt(np.mean(np.diff(np.log(GROWTH[:5])) ** 2))
    assert said["random_walk_from_base"].log_crps == pytest.approx(crps_normal(np.log(6_000), deviation, np.log(8_000)))


def test_few_replicates_have_no_proper_scores(score: Score) -> None:
    assert {said.forecast for row in score.rows for said in row.forecasts} <= {"persistence", "nothing_changes"}
    assert {row.proper_n for row in score.summary.rows} == {0}
    assert score.summary.log_crps == {}


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the tables under ../shared are absent")
def test_nothing_changes_scores_as_known_on_unhcr_figures(tmp_path: Path) -> None:
    """On six groups, 2019–2023, the mean absolute relative error is 0.068."""
    neighbours = ("TUR", "LBN", "JOR", "IRQ", "EGY")
    with SHARED.open(encoding="utf-8") as table:
        figures: dict[tuple[str, int], float] = {}
        for line in csv.DictReader(table):
            if line["coa_iso"] != "SYR" and 2018 <= int(line["year"]) <= 2023:
                country = line["coa_iso"] if line["coa_iso"] in neighbours else "XOW"
                key = (country, int(line["year"]))
                figures[key] = figures.get(key, 0.0) + float(line["refugees"] or 0)
    case = long_case(
        *(figure(year, country, value) for (country, year), value in figures.items()),
        start=date(2018, 1, 1),
        end=date(2023, 12, 31),
    )
    near = tuple(case.places[3].model_copy(update={"id": name.lower(), "country": name}) for name in neighbours)
    case = case.model_copy(update={"places": (*case.places, *near, far_place("elsewhere", "XOW"))})
    score = score_run(run_of(tmp_path / "run", case, {"tur": [3_000_000]}, 1))
    row = summary_of(score, "group", "2019–2023", 3)
    assert row.n == 30
    assert row.mare["nothing_changes"] == pytest.approx(0.0679, abs=0.00005)
    assert {r.country for r in score.rows if r.level == "group"} == {*neighbours, REST_OF_THE_WORLD}


def test_measures_of_a_case_keep_their_own_summary(tmp_path: Path) -> None:
    idps = figure(2019, "ORI", 5_000).model_copy(update={"measure": Measure.IDP_STOCK})
    score = score_run(run_of(tmp_path / "run", long_case(figure(2019, "HOA", 9_000), idps), {"city": [9_000]}, 1))
    assert score.summary.mare == pytest.approx({"refugee_stock": 0.0, "idp_stock": 1.0})
