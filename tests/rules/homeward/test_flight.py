from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from homeward.rules.homeward.flight import frailty_of_classes, violence_response
from homeward.rules.parameters import resolve_parameters
from tests.small_case import small_case


@pytest.mark.parametrize("shape", [0.05, 0.3, 0.7, 1.0, 5.0, 100.0])
@pytest.mark.parametrize("classes", [1, 2, 4, 16])
def test_frailty_is_the_mean_of_a_gamma_law_within_each_class(shape: float, classes: int) -> None:
    law = stats.gamma(shape, scale=1 / shape)
    cuts = law.ppf(np.linspace(0, 1, classes + 1))
    # The mean below a cut of a gamma law is the probability below it under shape + 1.
    below = stats.gamma(shape + 1, scale=1 / shape).cdf(cuts)
    np.testing.assert_allclose(frailty_of_classes(shape, classes), np.diff(below) * classes, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("shape", [1e-3, 0.7, 700.0, 1e4, 1e7, 1e12, 1e40])
def test_frailty_has_mean_one_and_rises_from_class_to_class(shape: float) -> None:
    frailty = frailty_of_classes(shape, 8)
    assert frailty.mean() == pytest.approx(1.0, abs=1e-12)
    assert (np.diff(frailty) >= 0).all()
    assert (frailty >= 0).all()


def test_more_classes_come_nearer_to_the_variance_of_the_law() -> None:
    gaps = [1 / 0.7 - frailty_of_classes(0.7, classes).var() for classes in (2, 4, 8, 32)]
    assert gaps == sorted(gaps, reverse=True)
    assert 0 < gaps[-1] < 0.15


def test_a_quadrature_finds_the_same_first_class() -> None:
    law = stats.gamma(0.7, scale=1 / 0.7)
    mean, _ = integrate.quad(lambda x: x * law.pdf(x), 0, law.ppf(0.25))
    assert frailty_of_classes(0.7, 4)[0] == pytest.approx(4 * mean, rel=1e-5)


def test_violence_works_by_a_power_and_none_by_none() -> None:
    parameters = resolve_parameters(small_case(parameters={"flight_exponent": 0.5, "reference_intensity": 4.0}))
    response = violence_response(np.array([0.0, 1.0, 4.0, 16.0]), parameters)
    np.testing.assert_allclose(response, [0.0, 0.5, 1.0, 2.0])
