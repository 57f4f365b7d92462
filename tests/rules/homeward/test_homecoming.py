from __future__ import annotations

import numpy as np
import pytest

from homeward.rules.homeward.homecoming import gate, return_hazard, safety
from homeward.rules.parameters import resolve_parameters
from tests.small_case import small_case

PARAMETERS = resolve_parameters(small_case())


def test_the_gate_opens_with_safety_and_is_half_open_at_the_threshold() -> None:
    opened = gate(np.linspace(-6, 0, 200), PARAMETERS)
    assert (np.diff(opened) > 0).all()
    assert gate(np.array([PARAMETERS["return_gate_threshold"]]), PARAMETERS)[0] == pytest.approx(0.5)
    assert gate(np.array([-1e9, 1e9]), PARAMETERS).tolist() == pytest.approx([0.0, 1.0])


def test_safety_falls_with_violence_and_with_persecution() -> None:
    calm, shelled, hunted = safety(np.array([0.0, 90.0, 0.0]), np.array([0.0, 0.0, 0.5]), 3.0, PARAMETERS)
    assert calm == 0.0
    assert shelled == pytest.approx(-np.log(10.0))
    assert hunted == -1.5


def test_return_hazards_are_bounded_by_the_open_gate_and_idps_fear_persecution_less() -> None:
    intensity, risk = np.array([0.0, 0.0, 50.0]), np.array([0.0, 0.9, 0.0])
    refugees, displaced = return_hazard(intensity, risk, PARAMETERS)
    wide_open = PARAMETERS["return_hazard_open"]
    assert refugees[0] == pytest.approx(wide_open / 365.25 / (1 + np.exp(-3.0)))
    assert refugees[0] > refugees[1]
    assert refugees[0] > refugees[2]
    assert displaced[1] / PARAMETERS["return_hazard_open_displaced"] > refugees[1] / wide_open
