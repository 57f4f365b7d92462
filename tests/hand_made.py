"""Trajectories and runs made by hand on the small case, to test results and judge with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from homeward.case.schema import Case, Stage
from homeward.engine.record import Balance, Columns, Names, Trajectory
from homeward.results.run import Run, RunWriter, run_settings
from homeward.rules.parameters import resolve_parameters

__all__ = ["KINDS", "month_ends", "trajectory", "write_run"]

KINDS = (
    "flight", "reflight", "onward", "host_flight", "return", "return_ahead", "visit", "visit_back",
    "birth", "death", "naturalisation", "resettlement",
)  # fmt: skip

Row = tuple[object, ...]


def month_ends(case: Case) -> tuple[date, ...]:
    """Return the last day of every month of the case."""
    start, end = case.settings.start, case.settings.end
    months = range(start.year * 12 + start.month, end.year * 12 + end.month)
    return (*(date(m // 12, m % 12 + 1, 1) - timedelta(days=1) for m in months), end)


def trajectory(
    case: Case,
    replicate: int = 0,
    *,
    stocks: Iterable[Row] = (),
    flows: Iterable[Row] = (),
    returns: Iterable[Row] = (),
    fled_back: Iterable[Row] = (),
    displaced_again: Iterable[Row] = (),
    matrix: Iterable[Row] = (),
    balance: Balance | None = None,
) -> Trajectory:
    """Return a trajectory from rows of names; months are counted from 0 and the last column is people.

    ``stocks``: month, place, origin, stage; ``flows``: month, origin, to_place, kind; ``returns`` and
    ``fled_back``: month, origin, host; ``displaced_again``: month, months, origin; ``matrix``: year, origin,
    from_place, to_place, kind.
    """
    names = Names(
        tuple(place.id for place in case.places),
        tuple(stage.value for stage in Stage),
        KINDS,
        month_ends(case),
    )
    place, stage, kind = names.places.index, names.stages.index, names.kinds.index
    return Trajectory(
        replicate=replicate,
        names=names,
        stocks=_coded(stocks, month=None, place=place, origin=place, stage=stage),
        flows=_coded(flows, month=None, origin=place, to_place=place, kind=kind),
        returns=_coded(returns, month=None, origin=place, host=place),
        fled_back=_coded(fled_back, month=None, origin=place, host=place),
        displaced_again=_coded(displaced_again, month=None, months=None, origin=place),
        matrix=_coded(matrix, year=None, origin=place, from_place=place, to_place=place, kind=kind),
        balance=balance or Balance(people_start=100, births=7, deaths=3, people_end=104, draws=12),
    )


def _coded(rows: Iterable[Row], **codes: Callable[[str], int] | None) -> Columns:
    columns: dict[str, list[int]] = {name: [] for name in (*codes, "people")}
    for row in rows:
        for (name, code), value in zip(codes.items(), row[:-1], strict=True):
            columns[name].append(code(str(value)) if code else int(str(value)))
        columns["people"].append(int(str(row[-1])))
    return {name: np.array(values, dtype=np.int64) for name, values in columns.items()}


def write_run(folder: Path, case: Case, trajectories: Sequence[Trajectory], *, seed: int = 1) -> Run:
    """Write and open a run of these trajectories."""
    parameters = resolve_parameters(case).values
    settings = run_settings(case, parameters=parameters, seed=seed, replicates=len(trajectories))
    with RunWriter(folder, case, settings) as writer:
        for course in trajectories:
            writer.write(course)
        writer.finish(wall_s=1.5, situations=11, steps=366)
    return Run.open(folder)
