from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.case.schema import Case, Fitted
from homeward.errors import InputError
from homeward.rules.parameters import parameter_row, parameter_table, resolve_parameters
from tests.small_case import small_case


def complaints(**parameters: float) -> list[str]:
    with pytest.raises(InputError) as raised:
        resolve_parameters(small_case(parameters=parameters))
    return [f"{problem.what}. {problem.remedy}" for problem in raised.value.problems]


def test_every_row_of_the_table_is_complete_and_unique() -> None:
    table = parameter_table()
    assert len({row.name for row in table}) == len(table)
    for row in table:
        assert row.prior in ("lognormal", "normal", "beta", "fixed"), row.name
        assert all((row.unit, row.basis, row.meaning, row.source)), row.name
        assert math.isfinite(row.default), row.name
        assert row.spread == 0 if row.prior == "fixed" else row.spread > 0, row.name


@given(st.sampled_from([row for row in parameter_table() if not row.by and "[" not in row.name]))
def test_every_default_is_a_possible_value(row: object) -> None:
    name, default = row.name, row.default  # type: ignore[attr-defined]
    assert resolve_parameters(small_case(parameters={name: default}))[name] == default


def test_switches_are_off_by_default_and_their_priors_say_what_they_are_when_on() -> None:
    """They are the only parameters whose default is not the centre of the prior."""
    off = {row.name: row.default for row in parameter_table() if row.default != row.location}
    assert off == {"household_size": 1.0, "staged_share": 0.0, "visit_hazard": 0.0}


def test_an_unknown_name_is_told_with_the_nearest_and_all_faults_come_at_once() -> None:
    told = complaints(fligth_hazard=0.1, spill_over=2.0, zzz=1.0)
    assert len(told) == 3
    assert any("fligth_hazard" in text and "Did you mean flight_hazard?" in text for text in told)
    assert any("spill_over = 2.0 lies outside 0.0 to 1.0" in text for text in told)
    assert any("'zzz'" in text for text in told)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("network_exponent", 0.81),
        ("frailty_classes", 0.0),
        ("frailty_classes", 65.0),
        ("frailty_shape", 0.0),
        ("travel_speed", 0.0),
        ("travel_cost_scale", 0.0),
        ("network_floor", 0.0),
        ("lasting_half_life", 0.0),
        ("lasting_share", -0.01),
        ("permeability_open", 1.01),
        ("flight_hazard", -1e-9),
        ("persecution_risk[government]", 1.5),
        ("persecution_risk_fled[government]", -0.1),
        ("household_size", 0.9),
        ("staged_share", 1.1),
        ("visit_days", 0.0),
        ("housing_cost", 0.0),
        ("services_cost", 0.0),
        ("return_intention_reference", 0.0),
    ],
)
def test_an_impossible_value_is_refused(name: str, value: float) -> None:
    assert complaints(**{name: value})[0].startswith(f"{name} = {value} lies outside")


def test_indexed_names_take_the_default_without_brackets() -> None:
    plain = resolve_parameters(small_case())
    assert plain.of("host_attraction", "HOA") == plain["host_attraction"] == 0.0
    moved = resolve_parameters(small_case(parameters={"host_attraction": 0.4, "host_attraction[HOB]": -1.0}))
    assert (moved.of("host_attraction", "HOA"), moved.of("host_attraction", "HOB")) == (0.4, -1.0)


def test_a_row_of_its_own_beats_the_default_and_the_case_beats_both() -> None:
    def risk(**given: float) -> float:
        return resolve_parameters(small_case(parameters=given)).of("persecution_risk", "government")

    assert risk() == 0.5
    assert risk(persecution_risk=0.1) == 0.5
    assert risk(**{"persecution_risk[government]": 0.2}) == 0.2


def fitted_case(fitted: dict[str, float], **given: float) -> Case:
    found = Fitted(fitted_through=date(2012, 6, 30), known_on=date(2012, 7, 1), parameters=fitted)
    return small_case(parameters=given).model_copy(update={"fitted": found})


def test_a_fitted_value_beats_the_default_and_the_case_beats_both() -> None:
    fitted = {"spill_over": 0.4, "host_attraction[HOA]": 1.0, "persecution_risk[government]": 0.8}
    found = resolve_parameters(fitted_case(fitted, **{"spill_over": 0.2, "persecution_risk[government]": 0.3}))
    assert found["spill_over"] == 0.2
    assert (found.of("host_attraction", "HOA"), found.of("host_attraction", "HOB")) == (1.0, 0.0)
    assert (found.of("persecution_risk", "government"), found.of("persecution_risk", "opposition")) == (0.3, 0.6)
    assert found["flight_hazard"] == 0.0012


def test_an_unknown_name_and_an_impossible_value_in_a_fitted_set_are_refused() -> None:
    with pytest.raises(InputError) as raised:
        resolve_parameters(fitted_case({"spil_over": 0.4, "lasting_share": 1.5}))
    told = [f"{problem.what}. {problem.remedy}" for problem in raised.value.problems]
    assert len(told) == 2
    assert any("'spil_over'" in text and "Did you mean spill_over?" in text for text in told)
    assert any("lasting_share = 1.5 lies outside" in text for text in told)


def test_the_row_of_a_name_is_its_own_or_that_of_its_plain_name() -> None:
    assert parameter_row("persecution_risk[government]").location == 0.5
    assert parameter_row("persecution_risk[rebels]").name == "persecution_risk"
    assert parameter_row("spill_over").name == "spill_over"
    with pytest.raises(KeyError):
        parameter_row("spil_over[HOA]")


def test_only_names_that_the_case_has_are_known() -> None:
    assert "'host_attraction[XXX]'" in complaints(**{"host_attraction[XXX]": 0.0})[0]
