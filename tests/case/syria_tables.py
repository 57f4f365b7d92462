"""Looking into the built-in Syria case, for the tests of its traps."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from tools.syria.facts import GOVERNORATE_OF_PCODE

from homeward.case.folder import load_case
from homeward.case.schema import Case, Measure, Observation

GOVERNORATES = tuple(GOVERNORATE_OF_PCODE.values())


@cache
def syria() -> Case:
    return load_case("syria")


def rows(measure: Measure, place: str | None = None) -> Iterator[Observation]:
    return (row for row in syria().observed if row.measure is measure and place in (None, row.place))


def country_of() -> dict[str, str]:
    return {place.id: place.country for place in syria().places}
