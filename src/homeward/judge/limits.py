"""The limits by which pillars are judged: one table, and what it means to keep to a limit.

They are about judgement and not about what people do, so they stand apart from the parameters of the rules. A value
at its limit keeps to it. A value that is unknown neither keeps to a limit nor passes it.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from homeward.case.wording import did_you_mean
from homeward.errors import UsageError

__all__ = ["GRID", "Limit", "Limits", "Verdict", "at_least", "at_most", "limit_table", "limits_with", "together"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Limits = Mapping[str, "Limit"]

GRID = 11
"""Values of a limit, evenly spaced from its lowest to its highest, on which a curve is drawn."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of the table of limits; ``value`` is the one in use, ``lowest`` and ``highest`` the ends of its curve."""

    name: str
    pillar: Literal["voluntary", "safe", "dignified", "sustainable"]
    sense: Literal["at most", "at least"]
    unit: str
    value: float
    default: float
    lowest: float
    highest: float
    meaning: str
    source: str

    def grid(self) -> list[float]:
        """Return the values on which a curve over this limit is drawn."""
        return [round(float(value), 9) for value in np.linspace(self.lowest, self.highest, GRID)]


@cache
def limit_table() -> tuple[Limit, ...]:
    """Return the limits that ship with the package, at their defaults."""
    text = files("homeward.judge").joinpath("limits.csv").read_text(encoding="utf-8")
    return tuple(_limit(row) for row in csv.DictReader(text.splitlines()))


def _limit(row: Mapping[str, Any]) -> Limit:
    default, lowest, highest = (float(row[name]) for name in ("default", "lowest", "highest"))
    texts = {name: row[name] for name in ("name", "pillar", "sense", "unit", "meaning", "source")}
    return Limit(**texts, value=default, default=default, lowest=lowest, highest=highest)


def limits_with(values: Mapping[str, float] | None = None) -> dict[str, Limit]:
    """Return the limits by name, some of them with other values.

    Raises UsageError for an unknown name (with the nearest known one) and for a value without a meaning.
    """
    limits = {limit.name: limit for limit in limit_table()}
    for name, value in (values or {}).items():
        if name not in limits:
            raise UsageError(f"there is no limit {name!r}. {did_you_mean(name, limits)}")
        highest = math.inf if limits[name].highest > 1.0 else 1.0
        if not (math.isfinite(value) and 0.0 <= value <= highest):
            raise UsageError(f"limit {name} = {value:g} lies outside 0 to {highest:g}")
        limits[name] = replace(limits[name], value=value)
    return limits


@dataclass(frozen=True)
class Verdict:
    """What is ``met`` and what is ``not_met``; whatever is neither is unknown, and nothing is both."""

    met: BoolArray
    not_met: BoolArray

    def at(self, *index: NDArray[np.int64]) -> Verdict:
        """Return the verdict on chosen entries."""
        return Verdict(self.met[index], self.not_met[index])


def at_most(value: FloatArray, limit: float, whole: BoolArray | None = None) -> Verdict:
    """Judge values that may not pass a limit; NaN is unknown.

    Where a value is not ``whole`` (the highest so far, and more may come) it can pass the limit but not yet keep to it.
    """
    keeps = value <= limit
    return Verdict(keeps if whole is None else keeps & whole, value > limit)


def at_least(value: FloatArray, limit: float) -> Verdict:
    """Judge values that may not fall short of a limit; NaN is unknown."""
    return Verdict(value >= limit, value < limit)


def together(*verdicts: Verdict) -> Verdict:
    """Return met where every one is met, not met where any one is not met."""
    met, not_met = verdicts[0].met, verdicts[0].not_met
    for verdict in verdicts[1:]:
        met, not_met = met & verdict.met, not_met | verdict.not_met
    return Verdict(met, not_met)
