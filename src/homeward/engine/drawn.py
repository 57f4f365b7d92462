"""The parameters of one replicate: drawn from the posterior of a fit, or from the priors.

A parameter has a score on the scale of its prior (:mod:`homeward.rules.priors`). With D draws from the posterior in
the fitted set of the case, replicate k takes the one with number (k + o) mod D for the parameters that are in it, o
being a number that depends on the seed alone. All others that have a prior take a standard normal number, addressed by
(seed, replicate, name), and the values are those at the scores, kept where they have a meaning. So replicate k has the
same parameters whatever ran beside it, two scenarios share them, and D replicates are needed to see the whole
posterior. Parameters that the case sets, fixed ones, and switches (whose default is not where their prior is) keep
their values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from homeward.case.indicators import CEASEFIRE, GUARANTEES, NOT_SHARES, REBUILDING
from homeward.case.scenario import SCENARIO_SOURCE
from homeward.case.schema import Case, Condition, Fitted, PosteriorRow
from homeward.rules.homeward.conditions import NORMAL_90, three
from homeward.rules.parameters import (
    bounds,
    is_set_by_plain_name,
    parameter_row,
    parameter_table,
    resolve_parameters,
)
from homeward.rules.priors import Prior, value_at
from homeward.rules.tables import name_hash

__all__ = [
    "IN_WORDS",
    "Drawn",
    "free_parameters",
    "has_shared_doubt",
    "inside",
    "member_case",
    "member_parameters",
    "with_shared_doubt",
]

FloatArray = NDArray[np.float64]


Drawn = Literal["posterior", "prior"]
"""Where the parameters of a replicate come from; without any of these, all replicates have the same."""

IN_WORDS: Mapping[Drawn | None, str] = {
    None: "parameters fixed",
    "posterior": "parameters drawn from their posterior",
    "prior": "parameters drawn from their priors",
}


def free_parameters(case: Case) -> tuple[str, ...]:
    """Return the parameters that a prior says something about: used, not set by the case, no switch.

    Raises InputError for a case whose parameters are wrong.
    """
    by_index = {parameter.name for parameter in parameter_table() if parameter.by}
    at_home = f"[{case.settings.origin_country}]"
    rows = {name: parameter_row(name) for name in resolve_parameters(case).values}
    return tuple(
        name
        for name, row in rows.items()
        if row.prior != "fixed"
        and row.default == row.location
        and name not in by_index
        and not name.endswith(at_home)
        and name not in case.settings.parameters
        and not is_set_by_plain_name(name, case)
    )


def member_case(case: Case, drawn: Drawn | None, seed: int, replicate: int) -> Case:
    """Return the case with the parameters of one replicate.

    Raises InputError for a case whose parameters are wrong.
    """
    if drawn is None:
        return case
    names = free_parameters(case)
    normal = {name: _standard_normal(seed, replicate, name) for name in names}
    values = {name: inside(parameter_row(name), name, score) for name, score in normal.items()}
    for name, row in _posterior(case, drawn).items():
        values[name] = inside(row, name, row.draws[(replicate + name_hash("draw", str(seed))) % len(row.draws)])
    kept = case.fitted.parameters if case.fitted else {}
    return case.model_copy(update={"fitted": _with_values(case, {**kept, **values})})


def has_shared_doubt(case: Case) -> bool:
    """Return whether a condition of the case is known up to one error for the whole country.

    These are ceasefires, guarantees, and what a scenario says of money, sanctions and access for rebuilding.
    """
    return any(_is_shared(row) for row in case.conditions)


def with_shared_doubt(case: Case, seed: int, replicate: int) -> Case:
    """Return the case with those conditions as they are in one replicate: all rows of one indicator at one score."""
    if not has_shared_doubt(case):
        return case
    names = {row.indicator for row in case.conditions if _is_shared(row)}
    score = {name: _standard_normal(seed, replicate, name) for name in names}
    rows = tuple(_at(row, score[row.indicator]) if _is_shared(row) else row for row in case.conditions)
    return case.model_copy(update={"conditions": rows})


def _is_shared(row: Condition) -> bool:
    if row.low is None and row.high is None:
        return False
    if row.indicator in REBUILDING:
        return row.source == SCENARIO_SOURCE
    return row.indicator == CEASEFIRE or row.indicator.startswith(GUARANTEES)


def _at(row: Condition, score: float) -> Condition:
    low, middle, high = three(row)
    value = max(0.0, middle + (high - middle if score > 0.0 else middle - low) * score / NORMAL_90)
    if row.indicator not in NOT_SHARES:
        value = min(value, 1.0)
    return row.model_copy(update={"value": value, "low": None, "high": None})


def member_parameters(case: Case, drawn: Drawn | None, seed: int, replicates: int) -> Mapping[str, FloatArray]:
    """Return every parameter by replicate; raises InputError for a case whose parameters are wrong."""
    if drawn is None:
        return {name: np.full(replicates, value) for name, value in resolve_parameters(case).values.items()}
    members = [resolve_parameters(member_case(case, drawn, seed, number)).values for number in range(replicates)]
    return {name: np.array([values[name] for values in members]) for name in members[0]}


def inside(prior: Prior, name: str, score: float) -> float:
    """Return the value of a parameter at a score, kept where the parameter has a meaning."""
    lowest, highest = bounds(name)
    return min(max(value_at(prior, score), lowest), highest)


def _posterior(case: Case, drawn: Drawn) -> Mapping[str, PosteriorRow]:
    """Return the posterior to draw from."""
    return case.fitted.posterior if case.fitted and drawn == "posterior" else {}


def _with_values(case: Case, values: Mapping[str, float]) -> Fitted:
    end = case.settings.end
    fitted = case.fitted or Fitted(fitted_through=end, known_on=end, parameters={})
    return fitted.model_copy(update={"parameters": dict(values)})


def _standard_normal(seed: int, replicate: int, name: str) -> float:
    address: list[int] = [seed, replicate, name_hash("parameter", name)]
    return float(np.random.Generator(np.random.PCG64(np.random.SeedSequence(address))).standard_normal())
