"""The way home: how safe home is, what draws people there and what pushes them (equations 8 to 9d).

Every factor is 1 where nothing is known of what it asks about; none of them is a draw.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.case.indicators import HOME_CONDITIONS, HOST_CONDITIONS
from homeward.rules.calendar import DAYS_PER_YEAR
from homeward.rules.parameters import Parameters

__all__ = [
    "gate",
    "home_draw",
    "host_pressure",
    "intention_factor",
    "neighbours_factor",
    "persecution",
    "push_factor",
    "push_share",
    "readiness",
    "safety",
    "season_factor",
    "shares_of_fled",
    "violence_at_home",
    "years_factor",
]

FloatArray = NDArray[np.float64]

LEAST_INTENTION = 0.001
"""Stands for nobody in a ratio."""

_WORST_AT_NOUGHT = np.array([name != "hostility" for name in HOST_CONDITIONS])


def violence_at_home(intensity: FloatArray, parameters: Parameters) -> FloatArray:
    """Return log(1 + I / I_ref), how much violence at home weighs in its safety."""
    weight: FloatArray = np.log1p(intensity / parameters["reference_intensity"])
    return weight


def persecution(held: FloatArray, guaranteed: FloatArray, holders: Sequence[str], parameters: Parameters) -> FloatArray:
    """Return (origins x holders + 1) the risk of persecution, 0 to 1, of those who fled each holder, and of the others.

    It is ``persecution_risk`` of a holder for whoever did not flee it and ``persecution_risk_fled`` for whoever did,
    over the holders of a district by the share of its people under each; where the holder is unknown, that of a
    holder without a row. ``held`` (origins x holders) shares, which are made to sum to 1 at most; ``guaranteed``
    (origins x holders) the share of either risk that amnesties and guarantees of the holder take away.
    """
    shares = held / np.maximum(held.sum(axis=1, keepdims=True), 1.0)
    unknown = 1.0 - shares.sum(axis=1, keepdims=True)
    usual, fled = (
        np.array([parameters.of(name, holder) for holder in holders])
        for name in ("persecution_risk", "persecution_risk_fled")
    )
    feared = shares * (1.0 - guaranteed)
    of_others = feared @ usual[:, None] + unknown * parameters["persecution_risk"]
    risk: FloatArray = np.concatenate([of_others + feared * (fled - usual), of_others], axis=1)
    return risk


def shares_of_fled(fled: FloatArray) -> FloatArray:
    """Return (origins x holders + 1) shares of the displaced that sum to 1; the last is of those who fled no holder."""
    total = fled.sum(axis=1, keepdims=True)
    known = fled / np.maximum(total, 1.0)
    shares: FloatArray = np.concatenate([known, np.maximum(0.0, 1.0 - total)], axis=1)
    return shares


def safety(violence: FloatArray, risk: FloatArray, weight_persecution: float, parameters: Parameters) -> FloatArray:
    """Return the safety of home, 0 at best and falling: -w_v · violence - w_p · risk.

    ``violence`` as of :func:`violence_at_home`, ``risk`` of persecution 0 to 1.
    """
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


def home_draw(conditions: FloatArray, parameters: Parameters) -> FloatArray:
    """Return (origins) the sum of weight · (condition - reference) over the conditions of home that are known.

    ``conditions`` (origins x ``HOME_CONDITIONS``), 0 to 1, NaN where unknown.
    """
    weights = np.array([parameters[f"return_weight_{name}"] for name in HOME_CONDITIONS])
    draw: FloatArray = np.nan_to_num(conditions - parameters["home_condition_reference"], nan=0.0) @ weights
    return draw


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


def intention_factor(intention: FloatArray, parameters: Parameters) -> FloatArray:
    """Return (places) (intention / reference) ^ weight, 1 where no survey asked.

    ``intention``: share who mean to return within twelve months. A covariate and no answer: the weight is 0 unless it
    is set.
    """
    asked = np.nan_to_num(intention, nan=parameters["return_intention_reference"])
    relative = np.maximum(asked, LEAST_INTENTION) / parameters["return_intention_reference"]
    factor: FloatArray = relative ** parameters["return_weight_intention"]
    return factor


def neighbours_factor(recently_back: FloatArray, parameters: Parameters) -> FloatArray:
    """Return (origins) exp(weight · share of those who left who came back within the last year)."""
    factor: FloatArray = np.exp(parameters["return_weight_neighbours"] * recently_back)
    return factor


def years_factor(years_away: FloatArray, parameters: Parameters) -> FloatArray:
    """Return exp(weight · (years away - reference))."""
    factor: FloatArray = np.exp(parameters["return_weight_years"] * (years_away - parameters["years_away_reference"]))
    return factor


def season_factor(when: date, parameters: Parameters) -> float:
    """Return 1 + strength · cos of the time of year around the day of the peak; its mean over a year is 1."""
    day = when.timetuple().tm_yday - parameters["season_peak_day"]
    return 1.0 + parameters["season_strength"] * math.cos(2.0 * math.pi * day / DAYS_PER_YEAR)
