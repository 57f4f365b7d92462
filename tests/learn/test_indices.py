"""Designs and indices against functions whose indices are known in closed form."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.errors import UsageError
from homeward.learn.indices import REACH, Design, design_of, indices_of
from homeward.results.sensitivity_contract import Method

FloatArray = NDArray[np.float64]

NAMES = ("one", "two", "three")

SLOPES = np.array([3.0, -2.0, 0.0])


def linear(scores: FloatArray) -> FloatArray:
    return np.asarray(5.0 + scores @ SLOPES)


def ishigami(points: FloatArray) -> FloatArray:
    """Return Ishigami's function with a = 7 and b = 0.1 of three uniform inputs on -π to π."""
    one, two, three = (math.pi * (2.0 * points - 1.0)).T
    return np.asarray(np.sin(one) + 7.0 * np.sin(two) ** 2 + 0.1 * three**4 * np.sin(one))


def shares_of_ishigami() -> tuple[FloatArray, FloatArray]:
    """Return first-order and total indices: Ishigami and Homma (1990)."""
    a, b = 7.0, 0.1
    one = 0.5 * (1.0 + b * math.pi**4 / 5.0) ** 2
    two = a**2 / 8.0
    together = b**2 * math.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    whole = one + two + together
    return np.array([one, two, 0.0]) / whole, np.array([one + together, two, together]) / whole


def column(design: Design, outputs: FloatArray, field: str) -> FloatArray:
    found = {index.parameter: getattr(index, field) for index in indices_of(design, outputs)}
    return np.array([found[name] for name in design.names])


def test_sobol_indices_of_ishigami_are_found_and_not_those_of_shuffled_outputs() -> None:
    design = design_of("sobol", NAMES, 2048, 1)
    outputs = ishigami(design.points)
    first, total = shares_of_ishigami()
    assert column(design, outputs, "first") == pytest.approx(first, abs=0.03)
    assert column(design, outputs, "total") == pytest.approx(total, abs=0.03)
    shuffled = np.random.default_rng(1).permutation(outputs)
    assert np.abs(column(design, shuffled, "total") - total).max() > 0.3


def test_sobol_indices_of_a_linear_function_are_its_squared_slopes() -> None:
    design = design_of("sobol", NAMES, 1024, 2)
    outputs = linear(design.scores)
    shares = SLOPES**2 / (SLOPES @ SLOPES)
    assert column(design, outputs, "first") == pytest.approx(shares, abs=0.03)
    assert column(design, outputs, "total") == pytest.approx(shares, abs=0.03)
    assert column(design, outputs, "total")[2] == 0.0
    half_widths = column(design, outputs, "total_half_width")
    assert (half_widths[:2] > 0).all()
    assert (half_widths < 0.1).all()


def test_elementary_effects_of_a_linear_function_are_its_change_over_the_range() -> None:
    design = design_of("morris", NAMES, 4, 3)
    outputs = linear(design.scores)
    assert column(design, outputs, "mu") == pytest.approx(2 * REACH * SLOPES)
    assert column(design, outputs, "mu_star") == pytest.approx(np.abs(2 * REACH * SLOPES))
    assert column(design, outputs, "sigma") == pytest.approx(0.0, abs=1e-9)
    assert column(design, outputs, "mu_star")[2] == pytest.approx(0.0, abs=1e-12)


def test_effects_of_both_signs_show_in_mu_star_and_sigma_and_not_in_mu() -> None:
    design = design_of("morris", NAMES, 200, 4)
    one, two, _ = design.scores.T
    found = indices_of(design, one * two)[0]
    assert found.mu_star is not None
    assert found.mu is not None
    assert found.sigma is not None
    assert abs(found.mu) < 0.3 * found.mu_star
    assert found.sigma > found.mu_star


@pytest.mark.parametrize(("method", "size"), [("morris", 3), ("sobol", 8)])
def test_an_output_that_never_changes_has_indices_of_nothing(method: Method, size: int) -> None:
    design = design_of(method, NAMES, size, 0)
    found = indices_of(design, np.full(len(design.points), math.log1p(4.0)))
    numbers = [value for index in found for value in index.model_dump(exclude={"parameter"}).values()]
    assert {value for value in numbers if value is not None} == {0.0}


@pytest.mark.parametrize(("method", "size", "runs"), [("morris", 5, 20), ("sobol", 8, 40)])
def test_a_design_has_its_runs_and_follows_its_seed(method: Method, size: int, runs: int) -> None:
    one, again, other = (design_of(method, NAMES, size, seed).points for seed in (1, 1, 2))
    assert one.shape == (runs, 3)
    assert (one == again).all()
    assert (one != other).any()
    assert one.min() >= 0
    assert one.max() <= 1


def test_one_parameter_alone_can_be_looked_at() -> None:
    for method, size in (("morris", 2), ("sobol", 16)):
        design = design_of(method, ["one"], size, 1)  # type: ignore[arg-type]
        [index] = indices_of(design, design.scores[:, 0])
        assert index.weight > 0.5


def test_scores_of_morris_are_an_even_grid_and_those_of_sobol_a_normal_distribution_cut_off() -> None:
    morris = design_of("morris", NAMES, 20, 1).scores
    assert sorted(set(np.round(morris.ravel(), 9))) == pytest.approx(REACH * np.array([-1, -1 / 3, 1 / 3, 1]))
    sobol = design_of("sobol", NAMES, 1024, 1).scores
    height = math.exp(-(REACH**2) / 2) / math.sqrt(2 * math.pi)
    assert np.abs(sobol).max() <= REACH + 1e-9
    assert sobol.mean() == pytest.approx(0.0, abs=0.01)
    assert sobol.var() == pytest.approx(1 - 2 * REACH * height / 0.9, abs=0.01)


def test_the_largest_index_comes_first() -> None:
    design = design_of("morris", NAMES, 3, 1)
    assert [index.parameter for index in indices_of(design, linear(design.scores))][:2] == ["one", "two"]


@pytest.mark.parametrize(
    ("method", "size", "words"),
    [("sobol", 10, "power of two"), ("sobol", 1, "power of two"), ("morris", 1, "at least 2 trajectories")],
)
def test_a_size_that_cannot_be_is_refused(method: Method, size: int, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        design_of(method, NAMES, size, 1)


def test_without_salib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    absent: Sequence[str] = ("SALib",)
    monkeypatch.setattr("homeward.learn.indices.find_spec", lambda name: None if name in absent else found(name))
    with pytest.raises(UsageError, match=r"needs SALib; .*homeward\[sensitivity\]"):
        design_of("morris", NAMES, 2, 1)
