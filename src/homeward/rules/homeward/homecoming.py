"""The way home: a gate that safety opens, and the hazard of return behind it (equations 8 to 10).

First form: actual conditions only. Perception with its lag, visits, households, season, recent returns, conditions
in exile and absorption join here; each is a factor of the same hazard.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeward.rules.calendar import DAYS_PER_YEAR
from homeward.rules.parameters import Parameters

__all__ = ["gate", "return_hazard", "safety"]

FloatArray = NDArray[np.float64]


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


def return_hazard(intensity: FloatArray, risk: FloatArray, parameters: Parameters) -> tuple[FloatArray, FloatArray]:
    """Return the hazard per day by district of origin, of refugees and of IDPs, before borders and shocks.

    ``intensity`` and ``risk`` (origins) at home.
    """
    refugees = gate(safety(intensity, risk, parameters["safety_weight_persecution"], parameters), parameters)
    displaced = gate(safety(intensity, risk, parameters["safety_weight_persecution_displaced"], parameters), parameters)
    return (
        refugees * parameters["return_hazard_open"] / DAYS_PER_YEAR,
        displaced * parameters["return_hazard_open_displaced"] / DAYS_PER_YEAR,
    )
