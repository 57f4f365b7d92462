from __future__ import annotations

import shlex
from datetime import date
from pathlib import Path

from homeward.case.schema import Basis, Case
from homeward.report.provenance import (
    basis_counts,
    command_line,
    estimate_groups,
    parameter_lines,
    source_lines,
)
from homeward.rules.parameters import resolve_parameters
from tests.report.runs import hand_made_run
from tests.small_case import small_case


def case_with_estimates() -> Case:
    case = small_case()
    guessed = {"basis": Basis.ESTIMATE, "why": "a guess", "source": "made-up"}
    first_two = tuple(row.model_copy(update=guessed) for row in case.conditions[:2])
    return case.model_copy(update={"conditions": (*first_two, *case.conditions[2:])})


def test_the_command_runs_the_copy_of_the_case_again(tmp_path: Path) -> None:
    run = hand_made_run(tmp_path / "a run")
    words = shlex.split(command_line(run))
    assert words[:2] == ["homeward", "run"]
    assert Path(words[2], "case.toml").is_file()
    assert words[3:] == ["--seed", "1", "--replicates", "3", "--parameters", "fixed"]


def test_every_parameter_is_listed_and_changed_ones_are_marked() -> None:
    case = small_case(parameters={"flight_hazard": 0.003})
    values = resolve_parameters(case).values
    lines = {line.name: line for line in parameter_lines(values)}
    assert set(lines) == set(values)
    assert [name for name, line in lines.items() if line.differs] == ["flight_hazard"]
    assert (lines["flight_hazard"].value, lines["flight_hazard"].default) == (0.003, 0.0012)
    assert lines["flight_hazard"].meaning
    assert "lognormal" in lines["flight_hazard"].prior


def test_an_own_row_of_an_indexed_parameter_gives_its_default() -> None:
    # host_attraction[…] of a country with a row of its own must not be marked as changed by the general row.
    values = resolve_parameters(small_case()).values
    assert not [line.name for line in parameter_lines(values) if line.differs]


def test_sources_are_counted_over_all_tables() -> None:
    case = small_case()
    [source] = source_lines(case)
    tables = (
        case.places, case.routes, case.population, case.conditions, case.events, case.observed, case.plans,
        case.superseded,
    )  # fmt: skip
    assert source.rows == sum(len(table) for table in tables)
    assert source.title == "Made up for the tests"


def test_estimates_are_counted_and_grouped_by_their_reason() -> None:
    case = case_with_estimates()
    counts = {line.table: line for line in basis_counts(case)}
    assert counts["conditions"].estimate == 2
    assert counts["conditions"].total == len(case.conditions)
    assert counts["places"].estimate == 0
    [group] = estimate_groups(case)
    assert (group.table, group.what, group.why, group.rows) == ("conditions", "violence", "a guess", 2)
    assert case.conditions[0].date == date(2012, 1, 1)
