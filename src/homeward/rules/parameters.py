"""The parameters of the rules: one table with unit, default, prior and source, and what a case makes of it.

A parameter with a ``by`` (country or holder) has one value per name: ``host_attraction[TUR]``. Where no such
name is set, the row without brackets gives the default.
"""

from __future__ import annotations

import csv
import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from homeward.case.indicators import FLED, HELD_BY
from homeward.case.schema import Case
from homeward.errors import InputError, Problem

__all__ = [
    "Parameter",
    "Parameters",
    "bounds",
    "is_set_by_plain_name",
    "parameter_row",
    "parameter_table",
    "resolve_parameters",
]

FITTED_FILE = "fitted.toml"

_POSITIVE = frozenset(
    {
        "camp_mass", "frailty_shape", "housing_cost", "intensity_half_life", "lasting_half_life", "network_floor",
        "reference_intensity", "return_gate_width", "return_intention_reference", "services_cost",
        "travel_cost_scale", "travel_speed", "visit_days",
    }
)  # fmt: skip
"""Parameters by which something is divided."""

_SHARES = frozenset({"home_condition_reference", "host_pressure_reference", "return_smooth_share", "season_strength"})
"""Fixed parameters that lie between 0 and 1."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row of the table of parameters.

    ``prior`` is ``lognormal`` (location: median, spread: standard deviation of the logarithm), ``normal`` or
    ``beta`` (location: mean, spread: standard deviation), or ``fixed``.
    """

    name: str
    by: str
    unit: str
    default: float
    prior: str
    location: float
    spread: float
    basis: str
    meaning: str
    source: str

    def prior_in_words(self) -> str:
        """Return the prior as a few words, for people."""
        if self.prior == "fixed":
            return "fixed"
        centre = "median" if self.prior == "lognormal" else "mean"
        return f"{self.prior}, {centre} {self.location:g}, spread {self.spread:g}"


@dataclass(frozen=True, slots=True)
class Parameters:
    """The values that one case runs with: every plain name, and every indexed name that the case needs."""

    values: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        """Return the value of a parameter, by its full name."""
        return self.values[name]

    def of(self, name: str, index: str) -> float:
        """Return the value of an indexed parameter, for example ``of("host_attraction", "TUR")``."""
        return self.values[f"{name}[{index}]"]


@cache
def parameter_table() -> tuple[Parameter, ...]:
    """Return the table of parameters that ships with the rules."""
    text = files("homeward.rules").joinpath("parameters.csv").read_text(encoding="utf-8")
    return tuple(
        Parameter(
            name=row["name"],
            by=row["by"],
            unit=row["unit"],
            default=float(row["default"]),
            prior=row["prior"],
            location=float(row["location"]),
            spread=float(row["spread"]),
            basis=row["basis"],
            meaning=row["meaning"],
            source=row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def parameter_row(name: str) -> Parameter:
    """Return the row that describes a parameter by its full name: its own, else that of its plain name.

    Raises KeyError if there is neither.
    """
    rows = {parameter.name: parameter for parameter in parameter_table()}
    return rows[name] if name in rows else rows[name.partition("[")[0]]


def resolve_parameters(case: Case) -> Parameters:
    """Return every parameter with the value that holds in this case: defaults, then fitted, then the case's own.

    Raises InputError that lists every unknown name (with the nearest known one) and every impossible value.
    """
    values = _defaults(_indices(case))
    given = {**_kept_of_fitted(case), **case.settings.parameters}
    told = {*case.fitted.spread, *case.fitted.posterior} if case.fitted else set()
    problems = list(_problems(given, values, case)) + list(_unknown(told - set(values), values, FITTED_FILE))
    if problems:
        raise InputError(problems)
    return Parameters(_defaults(_indices(case), given) | given)


def _kept_of_fitted(case: Case) -> dict[str, float]:
    """Return the fitted values but for those whose plain name the case sets: what it sets wins."""
    fitted = case.fitted.parameters if case.fitted else {}
    return {name: value for name, value in fitted.items() if not is_set_by_plain_name(name, case)}


def is_set_by_plain_name(name: str, case: Case) -> bool:
    """Return whether the case sets an indexed parameter by its plain name; rows of their own stay as they are."""
    base = name.partition("[")[0]
    rows = {parameter.name for parameter in parameter_table()}
    return name not in rows and base != name and base in case.settings.parameters


def _indices(case: Case) -> dict[str, list[str]]:
    indicators = {condition.indicator for condition in case.conditions}
    holders = {one.removeprefix(family) for family in (HELD_BY, FLED) for one in indicators if one.startswith(family)}
    return {"country": sorted({place.country for place in case.places}), "holder": sorted(holders)}


def _defaults(indices: Mapping[str, Iterable[str]], given: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return every name with its default; a value given for a plain name becomes that of its indexed ones."""
    values = {p.name: p.default for p in parameter_table() if "[" not in p.name} | dict(given or {})
    for parameter in parameter_table():
        for index in indices.get(parameter.by, ()):
            values[f"{parameter.name}[{index}]"] = values[parameter.name]
    own = {p.name: p.default for p in parameter_table() if "[" in p.name}
    return values | {name: value for name, value in own.items() if name in values}


def _problems(given: Mapping[str, float], known: Mapping[str, float], case: Case) -> Iterable[Problem]:
    for name, value in given.items():
        file = "parameters" if name in case.settings.parameters else FITTED_FILE
        if name not in known:
            yield from _unknown([name], known, file)
            continue
        lowest, highest = bounds(name)
        if not (math.isfinite(value) and lowest <= value <= highest):
            yield Problem(
                file,
                None,
                None,
                f"{name} = {value} lies outside {lowest} to {highest}",
                "Give a value inside.",
            )


def _unknown(names: Iterable[str], known: Mapping[str, float], file: str) -> Iterable[Problem]:
    for name in sorted(names):
        near = difflib.get_close_matches(name, known, n=1)
        remedy = f"Did you mean {near[0]}?" if near else "See docs/reference/parameters.md for the names."
        yield Problem(file, None, None, f"unknown parameter '{name}'", remedy)


def bounds(name: str) -> tuple[float, float]:
    """Return the range in which the parameter has a meaning (its prior says what is plausible)."""
    base = name.partition("[")[0]
    if base == "network_exponent":
        return 0.0, 0.8
    if base in ("frailty_classes", "household_size"):
        return 1, 64
    if base in _POSITIVE:
        return 1e-6, math.inf
    prior = next(p.prior for p in parameter_table() if p.name == base)
    if prior == "beta" or base in _SHARES or base.startswith("permeability"):
        return 0.0, 1.0
    return (-math.inf, math.inf) if prior == "normal" else (0.0, math.inf)
