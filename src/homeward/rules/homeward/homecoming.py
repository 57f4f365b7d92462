"""The way home: how safe home is, what draws people there and what pushes them (equations 8 to 10e).

Every factor is 1 where nothing is known of what it asks about; none of them is a draw.
"""

from __future__ import annotations

import math
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.case.indicators import HOME_CONDITIONS, HOST_CONDITIONS
from homeward.rules.calendar import DAYS_PER_YEAR
from homeward.rules.parameters import Parameters

__all__ = [
    "gate",
    "home_factor",
    "host_pressure",
    "neighbours_factor",
    "push_factor",
    "push_share",
    "readiness",
    "return_hazard",
    "safety",
    "season_factor",
]

FloatArray = NDArray[np.float64]

_WORST_AT_NOUGHT = np.array([name != "hostility" for name in HOST_CONDITIONS])


def safety(intensity: FloatArray, risk: FloatArray, weight_persecution: float, parameters: Parameters) -> FloatArray:
    """Return the safety of home, 0 at best and falling: -w_v log(1 + I / I_ref) - w_p risk."""
    violence = np.log1p(intensity / parameters["reference_intensity"])
    safe: FloatArray = -parameters["safety_weight_violence"] * violence - weight_persecution * risk
    return safe


def gate(safe: FloatArray, parameters: Parameters) -> FloatArray:
    """Return how far the gate is open, 0 to 1: a logistic step at the threshold.

    "Threshold, then compare": Alrababah et al. 2023, British Journal of Political Science 53.
    """
    height = (safe - parameters["return_gate_threshold"]) / parameters["return_gate_width"]
    opened: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(height, -500.0, 500.0)))
    return opened


def readiness(safe: FloatArray, parameters: Parameters) -> FloatArray:
    """Return which part of the open hazard holds at this safety, 0 to 1: the gated and the smooth form, mixed.

    ``return_smooth_share`` of the people decide by the smooth form exp(slope · safety), in which every bit of
    safety counts (Beaman et al. 2022: one standard deviation of security goes with 6 % more returns), the others
    by the gate. 0 is the gated form alone, 1 the smooth one.
    """
    smooth = parameters["return_smooth_share"]
    mixed: FloatArray = (1.0 - smooth) * gate(safe, parameters)
    if smooth > 0.0:
        mixed += smooth * np.exp(parameters["return_safety_slope"] * safe)
    return mixed


def return_hazard(intensity: FloatArray, risk: FloatArray, parameters: Parameters) -> tuple[FloatArray, FloatArray]:
    """Return the hazard per day by district of origin, of refugees and of IDPs, by safety alone.

    ``intensity`` and ``risk`` (origins) at home.
    """
    refugees = readiness(safety(intensity, risk, parameters["safety_weight_persecution"], parameters), parameters)
    displaced = readiness(
        safety(intensity, risk, parameters["safety_weight_persecution_displaced"], parameters), parameters
    )
    return (
        refugees * parameters["return_hazard_open"] / DAYS_PER_YEAR,
        displaced * parameters["return_hazard_open_displaced"] / DAYS_PER_YEAR,
    )


def home_factor(conditions: FloatArray, parameters: Parameters) -> FloatArray:
    """Return (origins) exp(sum of weight · (condition - reference)) over the conditions of home that are known.

    ``conditions`` (origins x ``HOME_CONDITIONS``), 0 to 1, NaN where unknown.
    """
    weights = np.array([parameters[f"return_weight_{name}"] for name in HOME_CONDITIONS])
    above = np.nan_to_num(conditions - parameters["home_condition_reference"], nan=0.0)
    factor: FloatArray = np.exp(above @ weights)
    return factor


def host_pressure(conditions: FloatArray) -> FloatArray:
    """Return (places) how hard life at a host is, 0 to 1: the mean over what is known of it; NaN if nothing is.

    ``conditions`` (places x ``HOST_CONDITIONS``), 0 to 1, NaN where unknown.
    """
    worse = np.where(_WORST_AT_NOUGHT, 1.0 - conditions, conditions)
    known = np.isfinite(worse)
    count = known.sum(axis=1)
    total = np.where(known, worse, 0.0).sum(axis=1)
    pressure: FloatArray = np.where(count > 0, total / np.maximum(count, 1), math.nan)
    return pressure


def push_factor(pressure: FloatArray, parameters: Parameters) -> FloatArray:
    """Return exp(weight · (pressure - reference)), 1 where the pressure is unknown.

    The sign is disputed: Beaman et al. 2022 find that better conditions in exile go with more return, so the prior
    of the weight is centred on 0.
    """
    above = np.nan_to_num(pressure - parameters["host_pressure_reference"], nan=0.0)
    factor: FloatArray = np.exp(parameters["return_weight_push"] * above)
    return factor


def push_share(pressure: FloatArray, parameters: Parameters) -> FloatArray:
    """Return which share of the hazard of return is owed to pressure: 1 - h(home, host at reference) / h(home, host).

    0 where pressure does not raise return; NaN (unknown) where nothing is known of the host. Design, section 5.
    """
    share = 1.0 - 1.0 / push_factor(pressure, parameters)
    pushed: FloatArray = np.where(np.isnan(pressure), math.nan, np.maximum(share, 0.0))
    return pushed


def neighbours_factor(away: FloatArray, back: FloatArray, parameters: Parameters) -> FloatArray:
    """Return (origins) exp(weight · share of those who left who are back); 1 where nobody left."""
    left = away + back
    share = back / np.where(left > 0.0, left, 1.0)
    factor: FloatArray = np.exp(parameters["return_weight_neighbours"] * share)
    return factor


def season_factor(when: date, parameters: Parameters) -> float:
    """Return 1 + strength · cos of the time of year around the day of the peak; its mean over a year is 1."""
    day = when.timetuple().tm_yday - parameters["season_peak_day"]
    return 1.0 + parameters["season_strength"] * math.cos(2.0 * math.pi * day / DAYS_PER_YEAR)
