from __future__ import annotations

import numpy as np
import pytest

from homeward.rules.homeward import HomewardRules
from homeward.rules.homeward.vital import birth_probability, status_hazards
from tests.small_case import small_case

RULES = HomewardRules(small_case())
SPACE = RULES.space


def test_births_follow_the_rate_of_where_people_are_and_the_days_of_the_month() -> None:
    chances = birth_probability(RULES.geography, SPACE.group_place, RULES.parameters, 31)
    abroad = SPACE.group(SPACE.origins.index("north"), SPACE.places.index("city"), "refugee")
    assert chances[0] == pytest.approx(1 - np.exp(-0.025 * 31 / 365.25))
    assert chances[abroad] == pytest.approx(1 - np.exp(-0.033 * 31 / 365.25))


def test_only_refugees_change_their_papers_and_everyone_dies_at_the_rate_of_the_place() -> None:
    places = len(SPACE.places)
    rates = (np.full(places, 0.3), np.full(places, 0.2))
    hazards = status_hazards(RULES.geography, RULES.groups, SPACE.group_place, rates, RULES.parameters) * 365.25
    refugee = SPACE.group_stage == SPACE.stages.index("refugee")
    np.testing.assert_allclose(hazards[refugee], [[0.004, 0.3, 0.2]] * int(refugee.sum()))
    assert (hazards[~refugee, 1:] == 0).all()
    assert set(np.round(hazards[:, 0], 9)) == {0.004, 0.005}
