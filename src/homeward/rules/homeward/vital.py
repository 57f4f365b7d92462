"""Births, deaths, naturalisation and resettlement: once a month, for the days that the month had (equation 11)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeward.rules.calendar import DAYS_PER_YEAR
from homeward.rules.homeward.space import Geography, Groups
from homeward.rules.parameters import Parameters

__all__ = ["birth_probability", "status_hazards"]

FloatArray = NDArray[np.float64]


def birth_probability(
    geography: Geography, group_place: NDArray[np.int64], parameters: Parameters, days: int
) -> FloatArray:
    """Return by group the probability that a person has a child within ``days`` days."""
    at_home = geography.country[group_place] == geography.home_country
    yearly = np.where(at_home, parameters["birth_rate_home"], parameters["birth_rate_abroad"])
    return -np.expm1(-yearly * days / DAYS_PER_YEAR)


def status_hazards(
    geography: Geography,
    groups: Groups,
    group_place: NDArray[np.int64],
    rates: tuple[FloatArray, FloatArray],
    parameters: Parameters,
) -> FloatArray:
    """Return (groups x kinds) hazards per day of death, naturalisation and resettlement.

    ``rates``: naturalisation and resettlement per year by place; only refugees are naturalised or resettled.
    """
    at_home = geography.country[group_place] == geography.home_country
    hazards = np.zeros((groups.total, 3))
    hazards[:, 0] = np.where(at_home, parameters["death_rate_home"], parameters["death_rate_abroad"])
    refugees = slice(groups.refugee, groups.naturalised)
    for column, rate in enumerate(rates, start=1):
        hazards[refugees, column] = rate[group_place[refugees]]
    return hazards / DAYS_PER_YEAR
