"""Proper scores of many figures: the same figures for all, coverage with width, PIT histograms, and skill."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest

from homeward.judge.proper import score_ensemble, score_point, score_walk
from homeward.judge.proper_summary import pit_histogram, proper_scores
from homeward.judge.skill import FEWEST_SERIES, skill_with_interval
from homeward.results.score_contract import ForecastScore, ScoreRow

HOSTS = ("HOA", "HOB", "HOC", "HOD", "HOE", "HOF")


def row(country: str, year: int, observed: float, *forecasts: ForecastScore) -> ScoreRow:
    base: dict[str, Any] = {
        "measure": "refugee_stock", "level": "group", "place": None, "origin": None, "definition": "made-up",
        "median": 1, "low90": None, "high90": None, "relative_error": None, "persistence": None,
        "nothing_changes": None, "headline": True,
    }  # fmt: skip
    own = {"country": country, "date": date(year, 12, 31), "observed": observed, "forecasts": forecasts}
    return ScoreRow.model_validate(base | own)


def ensemble(observed: float) -> ForecastScore:
    """Return 19 members from 1,000 to 19,000."""
    return score_ensemble("model", np.arange(1.0, 20.0) * 1_000, observed, 0.5)


def point(observed: float, value: float = 10_000.0) -> ForecastScore:
    return score_point("persistence", value, observed, 0.5)


def test_means_coverage_and_widths_by_hand() -> None:
    rows = [row("HOA", 2019, observed, ensemble(observed)) for observed in (10_000, 17_000, 25_000)]
    found = proper_scores(rows, ())
    [model] = found.forecasts
    assert (found.n, found.skills) == (3, ())
    assert (model.coverage50, model.coverage90) == pytest.approx((1 / 3, 2 / 3))
    assert model.log_width90 == pytest.approx(np.log(19))
    assert model.relative_width90 == pytest.approx(np.mean([18 / 10, 18 / 17, 18 / 25]))
    assert model.relative_width50 == pytest.approx(np.mean([10 / 10, 10 / 17, 10 / 25]))
    assert model.log_crps == pytest.approx(np.mean([ensemble(x).log_crps for x in (10_000, 17_000, 25_000)]))


def test_all_forecasts_are_scored_on_the_figures_that_all_cover() -> None:
    rows = [row("HOA", 2019, 9_000, ensemble(9_000), point(9_000)), row("HOA", 2020, 30_000, ensemble(30_000))]
    found = proper_scores(rows, ("persistence",))
    assert found.n == 1
    assert [(said.forecast, said.log_crps) for said in found.forecasts] == [
        ("model", ensemble(9_000).log_crps),
        ("persistence", point(9_000).log_crps),
    ]
    assert found.forecasts[1].coverage90 is None
    assert found.forecasts[1].pit == ()


def test_a_baseline_that_covers_few_figures_does_not_take_the_others_down() -> None:
    rows = [row("HOA", 2015 + k, 9_000, ensemble(9_000)) for k in range(2)]
    rows.append(row("HOA", 2020, 9_000, ensemble(9_000), point(9_000)))
    found = proper_scores(rows, ("persistence",))
    assert found.n == 3
    assert [said.forecast for said in found.forecasts] == ["model"]


def test_a_run_without_an_ensemble_has_no_proper_scores() -> None:
    assert proper_scores([row("HOA", 2019, 9_000, point(9_000))], ("persistence",)).n == 0


def test_points_have_no_interval_score_to_be_skilled_over() -> None:
    walk = score_walk("random_walk", np.log(9_000), 0.1, 9_500.0)
    rows = [row("HOA", 2019, 9_500, ensemble(9_500), point(9_500), walk)]
    found = proper_scores(rows, ("persistence", "random_walk"))
    assert [(skill.baseline, skill.score) for skill in found.skills] == [
        ("persistence", "log_crps"), ("random_walk", "log_crps"), ("random_walk", "log_interval_score"),
    ]  # fmt: skip
    model, _, last = found.forecasts
    assert model.log_interval_score is not None
    assert last.log_interval_score is not None
    assert found.skills[-1].skill == pytest.approx(1 - model.log_interval_score / last.log_interval_score)
    assert found.skills[-1].low90 is None
    assert found.skills[-1].series == 1


def test_an_ensembles_figures_are_spread_over_the_tenths_where_they_may_lie() -> None:
    # 20 ranks of 0.05 each: ranks 0 and 1 in the first tenth, rank 19 in the last.
    found = pit_histogram([ensemble(500), ensemble(1_500), ensemble(40_000)])
    assert found == pytest.approx((2, *(0,) * 8, 1))
    twenty = score_ensemble("model", np.arange(1.0, 21.0), 2.5, 0.5)  # the third of 21 ranks: 2/21 to 3/21
    assert pit_histogram([twenty])[:2] == pytest.approx((0.1, 0.9))
    walk = [score_walk("w", 0.0, 1.0, float(np.exp(z))) for z in (-9.0, 0.01, 9.0)]
    assert pit_histogram(walk) == (1, 0, 0, 0, 0, 1, 0, 0, 0, 1)


def calibrated(random: np.random.Generator, spread: float, count: int) -> Sequence[ForecastScore]:
    """Return figures with 20 members around the same centre, ``spread`` times as wide as the figures."""
    samples = np.exp(10 + spread * random.normal(size=(count, 20)))
    return [score_ensemble("m", s, float(np.exp(10 + random.normal())), 0.5) for s in samples]


@pytest.mark.statistical
def test_the_histogram_is_level_for_a_calibrated_ensemble_and_not_for_a_narrow_one() -> None:
    """3,000 figures: chi-squared of 9 degrees over 27.9 is 1 in 1,000 (less here: spreading evens out); fixed seed."""
    random = np.random.default_rng(5)
    level, narrow = (np.array(pit_histogram(calibrated(random, spread, 3_000))) for spread in (1.0, 0.7))
    assert ((level - 300) ** 2 / 300).sum() < 27.9
    assert ((narrow - 300) ** 2 / 300).sum() > 27.9
    assert min(narrow[0], narrow[-1]) > 300


def test_skill_is_one_less_the_ratio_of_means() -> None:
    model, baseline = [1.0, 2.0, 3.0], [2.0, 2.0, 8.0]
    skill, low, high = skill_with_interval(model, baseline, ["a", "b", "c"])
    assert skill == pytest.approx(0.5)
    assert low is high is None


def test_the_bootstrap_draws_whole_series() -> None:
    """Years of one host say the same: repeating them must not make the interval narrower."""
    model, baseline = [1.0, 2.0, 3.0, 1.0, 2.0, 9.0], [2.0] * 6
    once = skill_with_interval(model, baseline, HOSTS)
    often = skill_with_interval(model * 20, baseline * 20, HOSTS * 20)
    assert once == pytest.approx(often)
    skill, low, high = once
    assert low is not None
    assert high is not None
    assert low < skill < high
    apart = skill_with_interval(model * 20, baseline * 20, range(120))
    assert apart[1] is not None
    assert apart[1] > low + 0.1


def test_the_same_scores_give_the_same_interval_and_few_series_none() -> None:
    model = [1.0, 2.0, 3.0, 1.0, 2.0]
    assert skill_with_interval(model, [2.0] * 5, HOSTS[:5]) == skill_with_interval(model, [2.0] * 5, HOSTS[:5])
    few = FEWEST_SERIES - 1
    assert skill_with_interval(model[:few], [2.0] * few, HOSTS[:few])[1:] == (None, None)
