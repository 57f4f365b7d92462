"""What places attract with, by hand: trade, food, people, floods, forecasts, home, and people of one's own."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.case.flee.model import FleeCase, FleeLocation
from homeward.case.flee.parameters import FloodRules
from homeward.errors import InputError
from homeward.rules.flee.cohorts import Cohort
from homeward.rules.flee.days import days_of
from homeward.rules.flee.weights import attraction_of
from tests.rules.flee import case_of, demographics, place, series

FloatArray = NDArray[np.float64]

FLOOD = FloodRules(flood_movechances=(0.3, 0.6, 1.0), flood_loc_weights=(1.0, 0.5, 0.2))
FORECAST = FLOOD.model_copy(update={
    "flood_forecaster": True, "flood_forecaster_timescale": 2, "flood_forecaster_end_time": 3,
    "flood_forecaster_weights": (1.0, 0.5), "flood_awareness_weights": (0.0, 0.5, 1.0),
})  # fmt: skip


def lands(**more: Any) -> tuple[FleeLocation, ...]:
    """Return a zone, a town, a camp at home and a camp abroad."""
    return (
        replace(place("A", "zone", 1000, **more), region="N", latitude=0.0, longitude=0.0),
        replace(place("B", "town", 16, **more), region="S", latitude=0.0, longitude=1.0),
        replace(place("C", "camp", **more), region="S", latitude=60.0, longitude=0.0),
        replace(place("D", "camp", country="Away", **more), region="S", latitude=0.0, longitude=0.0),
    )


def weighed(case: FleeCase, *cohorts: Cohort, days: int = 1) -> FloatArray:
    rules = case.settings.move_rules
    return attraction_of(case, rules, days_of(case, days), cohorts or (Cohort(),))


MOVE = {"camp_weight": 2.0, "foreign_weight": 3.0, "conflict_weight": 0.25}


def test_without_more_rules_it_is_the_score() -> None:
    assert weighed(case_of(lands(), move={**MOVE, "weight_softening": 0.5})).tolist() == [[[0.75, 1.5, 2.5, 6.5]]]


def test_trade_and_development_pull_abroad_only() -> None:
    places = lands(trade_volume="0.5", hdi="0.8")
    found = weighed(case_of(places, move={**MOVE, "use_economic_pull": True}))
    assert np.allclose(found[0, 0], [0.25, 1, 2, 6 * (1 + 0.5 + 0.64)])
    assert weighed(case_of(places, move=MOVE)).tolist() == [[[0.25, 1, 2, 6]]]


@pytest.mark.parametrize(("power", "asked"), [(0.5, True), (0.25, True), (0.5, False)])
def test_residents_attract_but_to_camps(power: float, *, asked: bool) -> None:
    move = {**MOVE, "use_pop_for_loc_weight": asked, "pop_power_for_loc_weight": power}
    expected = [0.25 * 1000**power, 16**power, 2, 6] if asked else [0.25, 1, 2, 6]
    assert np.allclose(weighed(case_of(lands(), move=move))[0, 0], expected)


def test_a_place_without_residents_is_as_one_with_a_single_one() -> None:
    case = case_of((place("A", "zone", 100), place("B")), move={"use_pop_for_loc_weight": True, "conflict_weight": 1.0})
    assert np.allclose(weighed(case)[0, 0], [100**0.1, 1])


def test_hunger_lessens_the_score_by_its_square() -> None:
    food = series("IPC", (0, 2), by_region=True, N=(0, 100), S=(20, 40))
    case = case_of(lands(), move={**MOVE, "avoid_food_deprived_locations": True})
    found = weighed(replace(case, attributes=(food,)), Cohort(), Cohort(caution=2.0), days=3)
    assert np.allclose(found[0, :, 0], [0.25, 0.25 * 0.25, 0])
    assert np.allclose(found[0, :, 2], [2 * 0.64, 2 * 0.49, 2 * 0.36])
    assert np.allclose(found[1, :, 2], [(2 * 0.64) ** 2, (2 * 0.49) ** 2, (2 * 0.36) ** 2]), "hunger is a hazard"
    without = case_of(lands(), move=MOVE)
    assert weighed(replace(without, attributes=(food,))).tolist() == [[[0.25, 1, 2, 6]]]


def test_the_careful_weigh_the_square_and_the_bold_nothing() -> None:
    found = weighed(case_of(lands(), move=MOVE), Cohort(caution=2.0), Cohort(caution=0.0), Cohort())
    assert found[:, 0].tolist() == [[0.0625, 1, 4, 36], [1, 1, 1, 1], [0.25, 1, 2, 6]]


def test_a_flood_multiplies_and_a_dry_place_stays_as_it_is() -> None:
    """1.5 lies between the entries 0.5 and 0.2; the first entry is for nobody."""
    rules = FLOOD.model_copy(update={"flood_loc_weights": (7.0, 0.5, 0.2)})
    case = replace(case_of(lands(), move={**MOVE, "flood_rules": rules}),
                   flood_levels=series("flood_level", (0, 1), B=(1, 2), C=(0, 1.5)))  # fmt: skip
    assert np.allclose(weighed(case, days=2)[0], [[0.25, 0.5, 2, 6], [0.25, 0.2, 2 * 0.35, 6]])


def test_a_forecast_counts_like_the_flood_in_the_share_in_which_it_is_heeded() -> None:
    """B is dry but for days 2 and 3, levels 1 and 2; on day 3 nothing further is forecast."""
    levels = series("flood_level", (0, 1, 2, 3, 4), B=(0, 0, 1, 2, 2))
    case = replace(case_of(lands(), move={"flood_rules": FORECAST}), flood_levels=levels)
    full, half, none = weighed(case, Cohort(awareness=1.0), Cohort(awareness=0.5), Cohort(), days=5)[:, :, 1]
    lost = [0.5 * 0.5 / 2, (0.5 + 0.5 * 0.8) / 2, 0.8 / 2, 0, 0]
    today = [1, 1, 0.5, 0.2, 0.2]
    assert np.allclose(full, [day * (1 - loss) for day, loss in zip(today, lost, strict=True)])
    assert np.allclose(half, [day * (1 - loss / 2) for day, loss in zip(today, lost, strict=True)])
    assert np.allclose(none, today)
    assert (weighed(case, Cohort(awareness=1.0), days=5)[0, :, 2] == 1).all(), "who fears no flood loses nothing"


def test_places_near_home_attract_more() -> None:
    """A degree of the equator is 111.19 km, 60 degrees north 6671.7 km; nearer than a kilometre counts as one."""
    move = {"stay_close_to_home": True, "home_distance_power": 0.5, "conflict_weight": 1.0}
    found = weighed(case_of(lands(), move=move), Cohort(home=0), Cohort(home=1))
    degree, north = math.pi * 6371 / 180, math.pi * 6371 / 3
    assert np.allclose(found[0, 0], [1, degree**-0.5, north**-0.5, 1])
    assert np.allclose(found[1, 0, [0, 1, 3]], [degree**-0.5, 1, degree**-0.5])


def test_a_home_needs_coordinates() -> None:
    case = case_of((place("A", "zone", 5), place("B")), move={"stay_close_to_home": True})
    with pytest.raises(InputError) as error:
        weighed(case, Cohort(home=0))
    assert "needs the coordinates of 'A'" in str(error.value.problems[0])


PEOPLES = (demographics("ethnicity", {"Red": 1, "Blue": 1}), demographics("religion", {"Sun": 1, "Moon": 1}))


def peopled(**move: Any) -> FleeCase:
    """Return a zone of 800 residents, a town of 100, a camp with 30 and 10, and a camp of which nothing is known."""
    places = (
        place("A", "zone", 800, Red="80", Blue="400", Sun="", Moon=""),
        place("B", "town", 100, Red="20", Blue="0", Sun="1", Moon="1"),
        place("C", "camp", 900, Red="30", Blue="10", Sun="8", Moon="2"),
        place("D", "camp", 900, Red="", Blue="", Sun="", Moon=""),
    )
    return replace(case_of(places, move={"conflict_weight": 1.0, **move}), demographics=PEOPLES)


RED, BLUE, SUN = Cohort(ethnicity="Red"), Cohort(ethnicity="Blue"), Cohort(religion="Sun")
MATCHES = [
    ("MatchCampEthnicity", [[1, 1, 7.5, 1], [1, 1, 2.5, 1], [1, 1, 1, 1]]),
    ("MatchConflictEthnicity", [[1, 1, 1, 1], [5, 1, 1, 1], [1, 1, 1, 1]]),
    ("MatchTownEthnicity", [[1, 2, 1, 1], [1, 0, 1, 1], [1, 1, 1, 1]]),
    ("MatchCampReligion", [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 3.2, 1]]),
    ("BoysTakeRisk", [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]]),
]


@pytest.mark.parametrize(("rule", "expected"), MATCHES)
def test_people_of_ones_own_attract(rule: str, expected: list[list[float]]) -> None:
    """A: 80 and 400 of 800; B: 20 and 0 of 100; C: 30 and 10 of 40 counted, and 8 of 10 over a mean of 0.25."""
    assert np.allclose(weighed(peopled(**{rule: True}), RED, BLUE, SUN)[:, 0], expected)


def test_a_mean_of_religion_of_its_own() -> None:
    case = peopled(MatchCampReligion=True, avg_religion_fraction=0.5)
    assert np.allclose(weighed(case, SUN)[0, 0], [1, 1, 1.6, 1])


def test_a_value_of_people_needs_its_column_of_places() -> None:
    case = peopled(MatchTownEthnicity=True)
    with pytest.raises(InputError) as error:
        weighed(case, Cohort(ethnicity="Green"))
    assert str(error.value.problems[0]).startswith("input_csv/locations.csv: there is no column 'Green'")


def test_who_knows_nothing_of_places_finds_all_alike() -> None:
    case = peopled(MatchTownEthnicity=True, awareness_level=0, weight_softening=0.5)
    assert (weighed(case, RED, BLUE) == 1.5).all()
