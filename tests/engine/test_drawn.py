"""The parameters of a replicate: drawn by names, the same whatever runs beside, and from the law that is meant."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from homeward.case.schema import Basis, Case, Condition, Fitted, PosteriorRow
from homeward.engine.drawn import (
    free_parameters,
    has_shared_doubt,
    member_case,
    member_parameters,
    with_shared_doubt,
)
from homeward.errors import InputError
from homeward.rules.homeward.conditions import NORMAL_90
from homeward.rules.parameters import parameter_row, resolve_parameters
from homeward.rules.priors import score_of, value_at
from tests.small_case import small_case


def row(name: str, *draws: float) -> PosteriorRow:
    prior = parameter_row(name)
    return PosteriorRow.model_validate(
        {"prior": prior.prior, "location": prior.location, "spread": prior.spread, "draws": draws}
    )


def fitted_case(posterior: dict[str, PosteriorRow], parameters: dict[str, float] | None = None) -> Case:
    case = small_case(parameters=parameters)
    settings = case.settings
    values = {name: min(value_at(one, one.draws[0]), 0.8) for name, one in posterior.items()}
    fitted = Fitted(fitted_through=settings.end, known_on=settings.end, parameters=values, posterior=posterior)
    return case.model_copy(update={"fitted": fitted})


POSTERIOR = {
    "flight_hazard": row("flight_hazard", 0.8, 0.5, 0.1),
    "onward_hazard": row("onward_hazard", -0.4, 0.3, 0.4),
}


def test_without_a_source_a_replicate_has_the_case_as_it_is() -> None:
    case = fitted_case(POSTERIOR)
    assert member_case(case, None, 1, 3) is case
    same = member_parameters(case, None, 1, 2)
    assert same["flight_hazard"].tolist() == [resolve_parameters(case)["flight_hazard"]] * 2


def test_a_replicate_draws_the_same_whatever_runs_beside_it() -> None:
    case = small_case()
    many, few = (member_parameters(case, "prior", 7, count) for count in (5, 3))
    alone = resolve_parameters(member_case(case, "prior", 7, 2)).values
    for name, values in few.items():
        assert values.tolist() == many[name][:3].tolist()
        assert values[2] == alone[name]


def test_seeds_and_replicates_draw_differently() -> None:
    first, second = (member_parameters(small_case(), "prior", seed, 2)["flight_hazard"] for seed in (1, 2))
    assert len({*first.tolist(), *second.tolist()}) == 4


def test_a_draw_is_addressed_by_its_name_so_that_others_do_not_move_it() -> None:
    """What is drawn from a posterior in one case and from the prior in another moves no other parameter."""
    plain, fitted = (member_parameters(case, "posterior", 1, 3) for case in (small_case(), fitted_case(POSTERIOR)))
    changed = {name for name in plain if plain[name].tolist() != fitted[name].tolist()}
    assert changed == set(POSTERIOR)


def test_what_the_case_sets_switches_and_fixed_ones_stay() -> None:
    case = fitted_case(POSTERIOR, {"flight_hazard": 0.002, "host_attraction": 0.3})
    drawn = member_parameters(case, "posterior", 1, 3)
    for name in ("flight_hazard", "host_attraction[HOA]", "visit_hazard", "staged_share", "reference_intensity"):
        assert set(drawn[name].tolist()) == {resolve_parameters(case).values[name]}, name
    assert len(set(drawn["onward_hazard"].tolist())) == 3
    free = free_parameters(case)
    assert not {"flight_hazard", "host_attraction[HOA]", "visit_hazard", "reference_intensity"} & set(free)
    assert {"onward_hazard", "flight_shock_variance", "registration_error_sd", "own_repair"} <= set(free)


def test_replicates_take_the_draws_in_turn_and_those_of_one_number_belong_together() -> None:
    case = fitted_case(POSTERIOR)
    pairs = list(zip(*(row.draws for row in POSTERIOR.values()), strict=True))
    for seed in (1, 2, 3):
        drawn = member_parameters(case, "posterior", seed, 6)
        scores = np.array([[score_of(POSTERIOR[name], value) for value in drawn[name]] for name in POSTERIOR]).T
        numbers = [int(np.argmin([np.abs(np.subtract(pair, one)).sum() for pair in pairs])) for one in scores]
        assert scores == pytest.approx(np.array([pairs[number] for number in numbers]), abs=1e-6)
        assert numbers == [(numbers[0] + k) % 3 for k in range(6)]


def test_seeds_begin_at_different_draws() -> None:
    posterior = {"flight_hazard": row("flight_hazard", *np.linspace(-1, 1, 50).tolist())}
    firsts = {
        float(member_parameters(fitted_case(posterior), "posterior", seed, 1)["flight_hazard"][0]) for seed in range(8)
    }
    assert len(firsts) > 4


def test_as_many_draws_of_every_parameter() -> None:
    uneven = {"flight_hazard": row("flight_hazard", 0.1), "onward_hazard": row("onward_hazard", 0.1, 0.2)}
    with pytest.raises(ValidationError, match="as many draws, not 1 and 2"):
        fitted_case(uneven)


@pytest.mark.statistical
@pytest.mark.parametrize("name", ["flight_hazard", "return_gate_threshold", "persecution_risk[government]"])
def test_a_draw_from_the_prior_has_a_standard_normal_score(name: str) -> None:
    """Kolmogorov and Smirnov, false alarm 1 in 1,000 each."""
    case = small_case()
    if name not in resolve_parameters(case).values:
        pytest.fail(f"{name} is not in the small case")
    values = member_parameters(case, "prior", 3, 400)[name]
    scores = [score_of(parameter_row(name), float(value)) for value in values]
    assert stats.kstest(scores, "norm").pvalue > 1e-3


def test_values_stay_where_they_have_a_meaning() -> None:
    posterior = {"network_exponent": row("network_exponent", 3.0, 1.0, 4.0)}
    drawn = member_parameters(fitted_case(posterior), "posterior", 1, 20)["network_exponent"]
    assert drawn.max() == 0.8


def test_an_unknown_name_in_the_posterior_is_told() -> None:
    case = fitted_case({"flight_hasard": row("flight_hazard", 0.0, 1.0)})
    assert case.fitted is not None
    case = case.model_copy(update={"fitted": case.fitted.model_copy(update={"parameters": {}})})
    with pytest.raises(InputError) as raised:
        resolve_parameters(case)
    [problem] = raised.value.problems
    assert problem.what == "unknown parameter 'flight_hasard'"
    assert "flight_hazard" in problem.remedy


# Conditions that are known up to one error for the whole country


def doubted(*rows: tuple[str, str, float, float | None, float | None]) -> Case:
    """Return the small case with rows of (place, indicator, value, low, high)."""
    case = small_case()
    made = [
        Condition(
            place=place, indicator=indicator, value=value, low=low, high=high, date=date(2012, 3, 1),
            source="made-up", known_on=date(2012, 1, 1), basis=Basis.OBSERVED,
        )
        for place, indicator, value, low, high in rows
    ]  # fmt: skip
    return case.model_copy(update={"conditions": (*case.conditions, *made)})


def values(case: Case, indicator: str) -> dict[str, float]:
    return {row.place: row.value for row in case.conditions if row.indicator == indicator}


TRUCE = doubted(("north", "ceasefire", 0.5, 0.3, 0.9), ("south", "ceasefire", 0.4, 0.2, 0.8))


def test_a_ceasefire_is_as_far_from_its_middle_everywhere() -> None:
    scores = []
    for replicate in range(8):
        found = values(with_shared_doubt(TRUCE, 1, replicate), "ceasefire")
        side = 0.4 if found["north"] > 0.5 else 0.2
        assert found["north"] - 0.5 == pytest.approx(found["south"] - 0.4)
        scores.append((found["north"] - 0.5) / side * NORMAL_90)
    assert min(scores) < 0.0 < max(scores)
    assert len(set(scores)) == 8
    assert all(row.low is None for row in with_shared_doubt(TRUCE, 1, 0).conditions if row.indicator == "ceasefire")


@pytest.mark.statistical
def test_nine_in_ten_replicates_lie_within_the_range() -> None:
    """600 replicates, both tails 5 %; false-alarm rate 1e-6 each (normal, 4.9)."""
    drawn = np.array([values(with_shared_doubt(TRUCE, 7, number), "ceasefire")["north"] for number in range(600)])
    tolerance = 4.9 * np.sqrt(0.05 * 0.95 / len(drawn))
    assert abs((drawn < 0.3).mean() - 0.05) < tolerance
    assert abs((drawn > 0.9).mean() - 0.05) < tolerance
    assert ((drawn >= 0.0) & (drawn <= 1.0)).all()


def test_two_scenarios_share_their_doubt_and_a_replicate_does_not_depend_on_what_else_there_is() -> None:
    other = doubted(
        ("north", "ceasefire", 0.5, 0.3, 0.9),
        ("south", "guarantees.government", 0.5, 0.4, 0.6),
        ("south", "housing", 0.5, 0.4, 0.6),
    )
    for replicate in range(4):
        one, two = (with_shared_doubt(case, 3, replicate) for case in (TRUCE, other))
        assert values(one, "ceasefire")["north"] == values(two, "ceasefire")["north"]
        assert values(two, "housing") == {"south": 0.5}
    assert with_shared_doubt(TRUCE, 3, 2) == with_shared_doubt(TRUCE, 3, 2)
    assert with_shared_doubt(TRUCE, 3, 2) != with_shared_doubt(TRUCE, 4, 2)


def test_each_indicator_has_a_score_of_its_own() -> None:
    names = ("ceasefire", "guarantees.government", "guarantees.opposition")
    case = doubted(*(("north", name, 0.5, 0.4, 0.6) for name in names))
    found = with_shared_doubt(case, 1, 0)
    assert len({values(found, name)["north"] for name in names}) == 3


def test_without_a_range_nothing_is_drawn() -> None:
    certain = doubted(("north", "ceasefire", 0.5, None, None), ("north", "housing", 0.5, 0.4, 0.6))
    assert not has_shared_doubt(certain)
    assert with_shared_doubt(certain, 1, 0) is certain
    mixed = doubted(("north", "ceasefire", 0.5, None, None), ("south", "ceasefire", 0.5, 0.4, None))
    assert has_shared_doubt(mixed)
    found = [values(with_shared_doubt(mixed, 1, number), "ceasefire") for number in range(8)]
    assert {one["north"] for one in found} == {0.5}
    assert {one["south"] for one in found if one["south"] > 0.5} == set()
    assert min(one["south"] for one in found) < 0.5


def test_money_of_a_scenario_is_drawn_in_its_range_and_that_of_the_case_is_taken_in_the_middle() -> None:
    case = doubted(("north", "reconstruction", 100.0, 30.0, 250.0), ("south", "sanctions", 0.5, 0.3, 0.7))
    assert not has_shared_doubt(case)
    assert with_shared_doubt(case, 1, 0) is case
    rows = tuple(
        row.model_copy(update={"source": "scenario"}) if row.indicator in ("reconstruction", "sanctions") else row
        for row in case.conditions
    )
    laid = case.model_copy(update={"conditions": rows})
    drawn = [with_shared_doubt(laid, 1, number) for number in range(40)]
    money = np.array([values(one, "reconstruction")["north"] for one in drawn])
    held_up = np.array([values(one, "sanctions")["south"] for one in drawn])
    assert (money >= 0.0).all()
    assert money.min() < 60.0
    assert money.max() > 200.0, "money is no share, and may pass 1"
    assert ((held_up >= 0.0) & (held_up <= 1.0)).all()
    assert held_up.std() > 0.05
