"""What a run rests on: parameters, sources, estimates, and the command that runs it again."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from homeward.case.schema import Basis, Case, Condition, Event, Fitted, Observation, Row
from homeward.plan.explain_origins import forecast_again
from homeward.report.facts import BasisCount, EstimateGroup, ParameterLine, SourceLine
from homeward.results.run import Run
from homeward.rules.parameters import Parameter, parameter_table

__all__ = ["basis_counts", "command_line", "estimate_groups", "parameter_lines", "source_lines"]

TABLES = ("places", "routes", "population", "conditions", "events", "observed", "plans", "superseded")


def command_line(run: Run) -> str:
    """Return the command that runs the copied case again; period, step, fitted set and scenario lie in it."""
    info = run.info
    if info.continuation is not None:
        return forecast_again(run.case(), info)
    again = ["homeward", "run", f"{info.run_dir}/case", "--seed", str(info.seed)]
    return shlex.join([*again, "--replicates", str(info.replicates), "--parameters", info.drawn or "fixed"])


def parameter_lines(values: Mapping[str, float], fitted: Fitted | None = None) -> tuple[ParameterLine, ...]:
    """Return every parameter of the run beside its default, in the order of the table of parameters.

    A value is fitted where it is that of the ``fitted`` set; a run or a case may have set another one.
    """
    table = {parameter.name: parameter for parameter in parameter_table()}
    order = {name: number for number, name in enumerate(table)}
    known = [name for name in values if _base(name) in table]
    ordered = sorted(known, key=lambda name: (order[_base(name)], name))
    lines = (_line(name, values[name], table.get(name, table[_base(name)])) for name in ordered)
    return tuple(_marked(line, fitted) if fitted else line for line in lines)


def _marked(line: ParameterLine, fitted: Fitted) -> ParameterLine:
    if fitted.parameters.get(line.name) != line.value:
        return line
    return replace(line, fitted=True, spread=fitted.spread.get(line.name))


def _base(name: str) -> str:
    return name.partition("[")[0]


def _line(name: str, value: float, parameter: Parameter) -> ParameterLine:
    return ParameterLine(
        name=name,
        value=value,
        default=parameter.default,
        unit=parameter.unit,
        prior=parameter.prior_in_words(),
        meaning=parameter.meaning,
        source=parameter.source,
        basis=parameter.basis,
    )


def source_lines(case: Case) -> tuple[SourceLine, ...]:
    """Return every source of the case with the number of rows that rest on it, the most used first."""
    uses = Counter(row.source for table in TABLES for row in _rows(case, table))
    lines = [SourceLine(s.id, s.title, s.publisher, s.published, s.licence, uses[s.id]) for s in case.sources]
    return tuple(sorted(lines, key=lambda line: (-line.rows, line.key)))


def basis_counts(case: Case) -> tuple[BasisCount, ...]:
    """Return for each table how many rows are observed, derived and estimated."""
    counts = {table: Counter(row.basis for row in _rows(case, table)) for table in TABLES}
    return tuple(
        BasisCount(table, count[Basis.OBSERVED], count[Basis.DERIVED], count[Basis.ESTIMATE])
        for table, count in counts.items()
        if count
    )


def estimate_groups(case: Case) -> tuple[EstimateGroup, ...]:
    """Return the estimates, grouped by table, by what they are about and by their reason."""
    groups = Counter(
        (table, _about(row), row.why) for table in TABLES for row in _rows(case, table) if row.basis is Basis.ESTIMATE
    )
    order = sorted(groups, key=lambda key: (TABLES.index(key[0]), key[1], -groups[key], key[2]))
    return tuple(EstimateGroup(*key, groups[key]) for key in order)


def _rows(case: Case, table: str) -> Iterator[Row]:
    yield from getattr(case, table)


def _about(row: Row) -> str:
    """Return what a row says something about, in one word."""
    if isinstance(row, Condition | Event):
        return str(row.indicator)
    return str(row.measure) if isinstance(row, Observation) else ""
