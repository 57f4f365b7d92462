"""How proper scores are put into words and drawn."""

from __future__ import annotations

import pytest

from homeward.report.proper import forecast_name, pit_chart, skill_in_words
from homeward.report.wording import score_in_people
from homeward.results.score_contract import Skill


def skill(value: float, low: float | None, high: float | None) -> Skill:
    return Skill(baseline="persistence", score="log_crps", skill=value, low90=low, high90=high, series=6)


def test_a_skill_stands_with_its_interval() -> None:
    assert skill_in_words(skill(0.118, -0.031, 0.254)) == "+12 % (−3 to +25)"
    assert skill_in_words(skill(-2.03, None, None)) == "−203 %"
    assert skill_in_words(None) == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("model", "this run"),
        ("random_walk_recent", "recent random walk"),
        ("random_walk_recent_from_base", "recent random walk from 2018"),
        ("nothing_changes", "nothing changes"),
    ],
)
def test_forecasts_have_names(name: str, words: str) -> None:
    assert forecast_name(name, 2018) == words


def test_a_histogram_is_to_scale() -> None:
    chart = pit_chart((8.0, *(0.0,) * 8, 2.0), 10)
    assert [bar[3] for bar in chart.bars] == [26, *(0,) * 8, 6.5]
    assert chart.bars[0][1] == 0
    assert chart.bars[-1][0] + chart.bars[-1][2] <= chart.width
    assert chart.level == pytest.approx(26 - 26 / 8, abs=0.06)
    assert chart.words == "8, 0, 0, 0, 0, 0, 0, 0, 0, 2"


def test_a_level_histogram_is_half_as_high_as_its_drawing() -> None:
    chart = pit_chart((1.0,) * 10, 10)
    assert {bar[3] for bar in chart.bars} == {13}
    assert chart.level == 13


@pytest.mark.parametrize(("score", "words"), [(0.0123, "0.012"), (20_712.0, "20,700"), (1_234_567.0, "1,230,000")])
def test_a_score_in_people_has_three_figures(score: float, words: str) -> None:
    assert score_in_people(score) == words
