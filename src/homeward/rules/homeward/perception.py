"""What people away believe of home: it follows what is, with a lag that visits and returning neighbours shorten.

Equation 9e of docs/explanation/model.md. What is believed differs by district of origin and by country of stay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homeward.rules.parameters import Parameters

__all__ = ["news_factor", "perceived"]

FloatArray = NDArray[np.float64]


def news_factor(visits: FloatArray, recently_back: FloatArray, parameters: Parameters) -> FloatArray:
    """Return (origins x countries) how many times faster news comes than it does without visits and returns.

    ``visits`` (origins x countries) a person and year; ``recently_back`` (origins) the share of all who left that came
    back within the last year.
    """
    factor: FloatArray = 1.0 + parameters["perception_news"] * (visits + recently_back[:, None])
    return factor


def perceived(
    before: FloatArray, actual: FloatArray, days: float, news: FloatArray, parameters: Parameters
) -> FloatArray:
    """Return what is believed after some days more: the rest of the old belief fades by exp(-days · news / lag).

    ``before`` and ``actual`` (quantities x origins x countries); ``news`` (origins x countries). Without a lag it is
    what is.
    """
    lag = parameters["perception_lag"]
    if lag <= 0.0:
        return actual
    rest: FloatArray = actual + (before - actual) * np.exp(-days * news / lag)
    return rest
