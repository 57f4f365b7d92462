"""What tests ask of a simulated course: its tables by name, its digest, its stocks."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

import numpy as np

from homeward.case.schema import Case
from homeward.engine.record import Columns, Trajectory
from homeward.rules.homeward import HomewardRules

__all__ = ["NO_SHOCKS", "digest", "named_flows", "named_stocks", "rules_of", "stock", "tables_of"]

NO_SHOCKS = {"flight_shock_variance": 0.0, "return_shock_variance": 0.0, "host_year_variance": 0.0}


def rules_of(case: Case, **parameters: float) -> HomewardRules:
    """Return the rules of a case with some parameters set anew."""
    settings = case.settings.model_copy(update={"parameters": {**case.settings.parameters, **parameters}})
    return HomewardRules(case.model_copy(update={"settings": settings}))


def tables_of(course: Trajectory) -> dict[str, Columns]:
    """Return the tables of a trajectory."""
    return {
        "stocks": course.stocks,
        "flows": course.flows,
        "returns": course.returns,
        "fled_back": course.fled_back,
        "displaced_again": course.displaced_again,
        "matrix": course.matrix,
    }


def digest(course: Trajectory) -> str:
    """Return a hash of everything that a trajectory holds, its number of the replicate aside."""
    hashed = hashlib.sha256(repr((course.names, course.balance)).encode())
    for name, table in tables_of(course).items():
        for column, values in table.items():
            hashed.update(json.dumps([name, column, len(values)]).encode())
            hashed.update(values.astype("<i8").tobytes())
    return hashed.hexdigest()


def named_stocks(course: Trajectory) -> Counter[tuple[int, str, str, str]]:
    """Return people by (month, place, origin, stage)."""
    names, table = course.names, course.stocks
    rows = zip(*(table[name] for name in ("month", "place", "origin", "stage", "people")), strict=True)
    return Counter({(int(m), names.places[p], names.places[o], names.stages[s]): int(n) for m, p, o, s, n in rows})


def named_flows(course: Trajectory) -> Counter[tuple[int, str, str, str]]:
    """Return people moved by (month, origin, place reached, kind)."""
    names, table = course.names, course.flows
    rows = zip(*(table[name] for name in ("month", "origin", "to_place", "kind", "people")), strict=True)
    return Counter({(int(m), names.places[o], names.places[p], names.kinds[k]): int(n) for m, o, p, k, n in rows})


def stock(course: Trajectory, *, month: int = -1, place: str | None = None, stage: str | None = None) -> int:
    """Return people at a month end (the last by default), at one place or all, in one stage or all."""
    month %= len(course.names.month_ends)
    chosen = course.stocks["month"] == month
    if place is not None:
        chosen &= course.stocks["place"] == course.names.places.index(place)
    if stage is not None:
        chosen &= course.stocks["stage"] == course.names.stages.index(stage)
    return int(np.sum(course.stocks["people"][chosen]))
