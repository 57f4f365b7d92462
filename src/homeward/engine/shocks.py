"""Shared shocks: gamma noise of mean 1 or a standard normal score, by (replicate, process, name, period)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeward.engine.draws import gamma_of_mean_one, standard_normal
from homeward.rules.calendar import Block, Calendar
from homeward.rules.tables import ShockFamily, name_hash

__all__ = ["Shocks"]

FloatArray = NDArray[np.float64]


class Shocks:
    """The multipliers of one replicate; period by period, each drawn when it is first asked for."""

    def __init__(self, families: tuple[ShockFamily, ...], calendar: Calendar, seed: int, replicate: int) -> None:
        """Draw nothing yet."""
        self._families = families
        self._calendar = calendar
        self._keys = (np.uint64(seed), np.uint64(replicate))
        self._names = [
            [np.uint64(name_hash("shock", family.process, name)) for name in family.names] for family in families
        ]
        self._held: list[tuple[int, FloatArray]] = [(-1, np.ones(0))] * len(families)

    def of(self, block: Block) -> list[FloatArray]:
        """Return one array of multipliers per family for a block.

        A period is addressed by its place on the calendar of the world (year, or year and month), so that two
        cases that start at different times share their shocks.
        """
        when = self._calendar.date_of(block.first_day)
        for index, family in enumerate(self._families):
            period = {"once": 0, "year": when.year, "month": when.year * 12 + when.month}[family.period]
            if self._held[index][0] != period:
                self._held[index] = (period, self._draw(index, period))
        return [values for _, values in self._held]

    def _draw(self, index: int, period: int) -> FloatArray:
        variance, names = self._families[index].variance, self._names[index]
        if variance is None:
            values = [standard_normal(*self._keys, period, 0, np.uint64(0), name) for name in names]
        else:
            values = [gamma_of_mean_one(variance, *self._keys, period, name) for name in names]
        return np.array(values, dtype=np.float64)
