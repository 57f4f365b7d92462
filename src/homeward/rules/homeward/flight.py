"""Flight: frailty classes and the hazard of leaving under violence (equations 2 and 3 of the model page)."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from homeward.rules.parameters import Parameters

__all__ = ["frailty_of_classes", "violence_response"]

FloatArray = NDArray[np.float64]


@lru_cache(maxsize=256)
def frailty_of_classes(shape: float, classes: int) -> FloatArray:
    """Return the frailty of equally likely classes of a gamma distribution with mean 1.

    Each is the mean of the distribution within its class, so the mean over classes is exactly 1. ``shape`` > 0;
    ``classes`` >= 1. Integrated on a fine grid of logarithms, exact to about 1e-6. The
    array is kept and cannot be written to: members of an ensemble often share it.
    """
    # Beyond this shape nobody differs by more than a few millionths; the grid could no longer tell.
    shape = min(shape, 1e12)
    width = 60.0 / min(shape, math.sqrt(shape))
    log_x = np.linspace(-width, math.log1p(width), 400_001)
    x = np.exp(log_x)
    # Relative to the height at 1, which alone is too small a number for a large shape.
    density = np.exp(shape * (log_x - x + 1.0))
    step = (density[1:] + density[:-1]) / 2
    below = np.concatenate([[0.0], np.cumsum(step)])
    mass_of_x = density * x
    sum_of_x = np.concatenate([[0.0], np.cumsum((mass_of_x[1:] + mass_of_x[:-1]) / 2)])
    cuts = np.interp(np.linspace(0.0, 1.0, classes + 1), below / below[-1], sum_of_x / sum_of_x[-1])
    frailty: FloatArray = np.diff(cuts) * classes
    frailty /= frailty.mean()
    frailty.flags.writeable = False
    return frailty


def violence_response(intensity: FloatArray, parameters: Parameters) -> FloatArray:
    """Return (I / I_ref)^gamma by place, the factor by which violence drives every hazard of flight.

    ``intensity`` in deaths per 100,000 residents and 30 days; 0 where there is none.
    """
    relative = intensity / parameters["reference_intensity"]
    response: FloatArray = np.power(relative, parameters["flight_exponent"], where=relative > 0, out=relative * 0)
    return response
