from __future__ import annotations

import numpy as np
import pytest

from homeward.rules.homeward import HomewardRules
from homeward.rules.tables import NOBODY, Choices, name_hash
from tests.small_case import small_case


def test_hashes_are_fixed_and_tell_names_apart() -> None:
    assert name_hash("aleppo") == 0xD3CAF8F51B03FC00
    assert name_hash("a", "bc") != name_hash("ab", "c")
    assert name_hash("a") != name_hash("a", "")


def test_space_knows_every_group_by_its_names_and_nobody_shares_an_address() -> None:
    space = HomewardRules(small_case()).space
    assert space.situations == space.groups * space.classes == len(set(space.situation_id.tolist()))
    assert list(space.place_hash) == sorted(space.place_hash)
    north, city = space.origins.index("north"), space.places.index("city")
    group = space.group(north, city, "refugee")
    assert (space.group_origin[group], space.group_place[group]) == (north, city)
    with pytest.raises(KeyError):
        space.group(north, city, "displaced")


def test_choices_spell_out_targets_and_delays() -> None:
    choices = Choices(
        kind=np.array([0, 0]),
        origin=np.array([0, 0]),
        place=np.array([1, 0]),
        only=np.array([-1, 1]),
        only_target=np.array([NOBODY, 5]),
        target_set=np.array([0, 0]),
        rest_target=np.array([NOBODY, NOBODY]),
        months=np.array([-1, -1]),
        targets=np.array([[7, 8]]),
        delays=np.array([[0, 3], [4, 0]]),
        cumulative=np.zeros((2, 3)),
    )
    assert choices.rows == 2
    assert choices.target.tolist() == [[7, 8], [5, 5]]
    assert choices.delay.tolist() == [[4, 0], [0, 3]]
