from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from homeward.errors import UsageError
from homeward.learn.reference import predict as predicting
from homeward.learn.reference.episodes import Episode, record_of, shipped_episodes
from homeward.learn.reference.likelihood import log_likelihood
from homeward.learn.reference.model import PARAMETERS
from homeward.learn.reference.posterior import Posterior
from homeward.learn.reference.predict import draws_for, nearest_episodes, open_log_hazard, predict
from tests.learn.reference.hand_made import episode
from tests.learn.reference.test_model import OF, TYPICAL


def test_the_shares_of_an_unseen_origin() -> None:
    found = predict("SLE", 2002)
    assert found.shares.shape == found.cumulative.shape == (8_000, 11)
    assert (np.diff(found.cumulative, axis=1) >= 0).all()
    assert found.cumulative[:, 0] == pytest.approx(found.shares[:, 0])
    assert all(one.onset.origin != "SLE" for one in found.material)
    np.testing.assert_array_equal(found.shares, predict("SLE", 2002).shares)


def test_an_origin_is_forecast_without_its_own_past() -> None:
    """Draws that have not seen an origin's episodes make them less likely than draws that have."""
    everybody, _ = draws_for("ZZZ", None, None)
    without, material = draws_for("RWA", None, None)
    own = [one for one in shipped_episodes() if one.onset.origin == "RWA"]
    assert {one.onset.origin for one in shipped_episodes()} - {one.onset.origin for one in material} == {"RWA"}
    record = record_of(own)
    assert log_likelihood(without, record).sum(axis=1).mean() < log_likelihood(everybody, record).sum(axis=1).mean()


def test_only_what_was_known_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def remember(material: list[Episode], **_: object) -> Posterior:
        seen.append(material)
        return Posterior(TYPICAL, np.ones(10), np.ones(10))

    monkeypatch.setattr(predicting, "sample", remember)
    _, material = draws_for("SYR", None, date(2000, 1, 1))
    assert seen == [material]
    assert max(year.year for one in material for year in one.years) == 1998
    with pytest.raises(UsageError, match="past episodes are known here"):
        draws_for("SYR", None, date(1975, 1, 1))


def test_the_nearest_episodes_are_near_in_time_and_size() -> None:
    found = predict("SYR", 2024)
    (first, *_rest) = nearest_episodes(found, 5_000_000)
    assert abs(first.first_year - 2024) <= 20
    years = [abs(one.first_year - 2024) for one in nearest_episodes(found, None)]
    assert years == sorted(years)
    assert len(nearest_episodes(found, None, count=2)) == 2


def test_the_open_hazard_has_the_level_of_open_years() -> None:
    """Without noise in a year it is known: the level, plus the log of the mean decline over four years."""
    draws = np.repeat(TYPICAL, 20_000, axis=0)
    draws[:, list(PARAMETERS).index("open_log_spread")] = -20.0
    logs = open_log_hazard(draws, 2000, np.random.default_rng(2))
    expected = OF["open_level"] + np.log(np.mean(np.exp(OF["decline"] * np.arange(4))))
    error = np.exp(OF["frailty_log_spread"]) / np.sqrt(len(draws))
    assert abs(logs.mean() - expected) < 5 * error
    later = open_log_hazard(draws, 2010, np.random.default_rng(2))
    assert (later - logs).mean() == pytest.approx(OF["onset_decade"])


def test_too_few_episodes_are_refused() -> None:
    with pytest.raises(UsageError, match="only 1 past episodes"):
        predict("SYR", 2024, episodes=[episode("AAA-1990", [0.1])])


def test_the_chances_of_opening_and_shutting_are_means_over_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = np.zeros((2, len(PARAMETERS)))
    names = list(PARAMETERS)
    draws[:, names.index("reopen")] = np.log([1 / 9, 3 / 7])  # 10 and 30 %
    draws[:, names.index("stay_open")] = np.log([9.0, 4.0])  # 90 and 80 %
    monkeypatch.setattr(predicting, "_uncoerced_draws", lambda _origin, _day: draws)
    assert predicting.opening_chance("SYR", date(2018, 12, 31)) == pytest.approx(0.2)
    assert predicting.closing_chance("SYR", date(2018, 12, 31)) == pytest.approx(0.15)
