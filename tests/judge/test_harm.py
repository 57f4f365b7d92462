from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from homeward.case.scenario import lay_over
from homeward.case.scenario_schema import Scenario
from homeward.case.schema import Basis, Case, Condition
from homeward.judge.compare import compare_runs
from homeward.judge.harm import harm_in_words, harm_of, pressure_in
from homeward.results.run import Run
from tests.hand_made import trajectory, write_run
from tests.small_case import small_case

FROM = date(2012, 6, 1)
COERCION = {"place": "HOA", "date": FROM, "indicator": "coercion", "value": "on"}


def case_with(indicator: str, value: float) -> Case:
    """Return the small case in which something is known of the host country from its start."""
    row = Condition(
        place="HOA", date=date(2012, 1, 1), indicator=indicator, value=value, source="hand", known_on=date(2012, 1, 1),
        basis=Basis.ESTIMATE, why="made for a test",
    )  # fmt: skip
    case = small_case(end=date(2012, 12, 31))
    return case.model_copy(update={"conditions": (*case.conditions, row.model_copy(update={"source": source(case)}))})


def source(case: Case) -> str:
    return case.sources[0].id


def changed(case: Case, indicator: str, **operation: float) -> Case:
    change = {"indicator": indicator, "places": ["HOA"], "from": FROM, **operation}
    return lay_over(case, Scenario.model_validate({"name": "harder", "change": [change]}))


@pytest.mark.parametrize(
    ("indicator", "before", "operation"),
    [
        ("aid", 0.6, {"multiply": 0.5}),
        ("work", 0.6, {"set": 0.5}),
        ("legal_stay", 0.6, {"set": 0.0}),
        ("hostility", 0.3, {"add": 0.2}),
        ("hostility", 0.3, {"close_gap": 0.2}),
        ("hostility", 0.3, {"multiply": 2.0}),
    ],
)
def test_a_harder_life_at_a_host_is_pressure(indicator: str, before: float, operation: dict[str, float]) -> None:
    [told] = pressure_in(changed(case_with(indicator, before), indicator, **operation))
    assert told.startswith(f"{indicator} at HOA from {before:g} to ")
    assert told.endswith(f"on {FROM}")


@pytest.mark.parametrize(
    ("indicator", "operation"),
    [("aid", {"multiply": 1.5}), ("aid", {"close_gap": 0.5}), ("work", {"set": 0.7}), ("hostility", {"multiply": 0.5})],
)
def test_a_better_life_at_a_host_is_none(indicator: str, operation: dict[str, float]) -> None:
    assert pressure_in(changed(case_with(indicator, 0.6), indicator, **operation)) == ()


def test_coercion_that_a_scenario_assumes_is_pressure_and_that_of_the_record_is_none_of_its() -> None:
    case = small_case(end=date(2012, 12, 31))
    harder = lay_over(case, Scenario.model_validate({"name": "forced", "event": [COERCION]}))
    assert pressure_in(harder) == (f"coercion at HOA from {FROM}",)
    ended = lay_over(case, Scenario.model_validate({"name": "ended", "event": [COERCION | {"value": "off"}]}))
    assert pressure_in(ended) == ()
    recorded = tuple(
        event.model_copy(update={"source": source(case)}) if event.source == "scenario" else event
        for event in harder.events
    )
    assert pressure_in(case.model_copy(update={"events": recorded})) == ()


def run_of(folder: Path, case: Case) -> Run:
    courses = [trajectory(case, k, returns=[(8, "north", "city", 100 + k), (2, "south", "city", 7)]) for k in range(3)]
    return write_run(folder, case, courses)


def test_its_harm_is_counted_among_those_who_return(tmp_path: Path) -> None:
    case = small_case(end=date(2012, 12, 31))
    forced = lay_over(case, Scenario.model_validate({"name": "forced", "event": [COERCION]}))
    harm = harm_of(run_of(tmp_path / "forced", forced))
    assert harm is not None
    assert harm.people == pytest.approx(108)
    assert harm.not_voluntary == pytest.approx(101)  # after coercion began, whatever else is known
    assert harm.unknown == pytest.approx(7)
    words = harm_in_words(harm)
    assert words.startswith("Harm first: ")
    assert "101" in words


def test_a_run_without_pressure_has_none_to_tell(tmp_path: Path) -> None:
    assert harm_of(run_of(tmp_path / "as-it-was", small_case(end=date(2012, 12, 31)))) is None


def test_a_comparison_tells_it_of_the_run_that_it_is_in(tmp_path: Path) -> None:
    case = small_case(end=date(2012, 12, 31))
    forced = lay_over(case, Scenario.model_validate({"name": "forced", "event": [COERCION]}))
    found = compare_runs(run_of(tmp_path / "as-it-was", case), run_of(tmp_path / "forced", forced))
    [harm] = found.harm
    assert harm.run.endswith("forced")
