"""What chance adds to the figures of a fit: shared shocks, conditions and audits within their ranges, and people.

Shocks are small enough that the covariance of the figures (on the scale of :func:`homeward.learn.problem.on_scale`) is
close to linear in their variances::

    K(v) = K₀ + Σ_k v_k K_k

K₀ is what remains without them: conditions and audits drawn within their ranges, and chance between people. K_k comes
from replicates that differ from these in one family of shocks alone: draws are addressed by names, so the difference of
the two is what that family does. The mean of such replicates is not the expected course either: ``offset``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case
from homeward.engine.drawn import Drawn, member_case
from homeward.engine.simulate import simulate
from homeward.judge.observe import Observer
from homeward.judge.simulated import simulated_course
from homeward.learn.problem import Problem, on_scale, with_values
from homeward.learn.targets import Target
from homeward.rules.homeward import HomewardRules
from homeward.rules.parameters import parameter_row

__all__ = ["Chance", "chance_of", "published_figures", "published_once", "shock_variances"]

FloatArray = NDArray[np.float64]
Tell = Callable[[int, int], None]
"""Called with the replicates done and how many there are."""

MEMBERS = 64
"""Replicates for each family of shocks: a spread is then known to 9 %."""

SEED = 20_111_503
NO_ERRORS = {"registration_error_sd": 0.0, "idp_error_sd": 0.0, "returns_error_sd": 0.0}


@dataclass(frozen=True)
class Chance:
    """What chance does to the figures at the parameters where it was simulated.

    ``offset`` (figures): mean over replicates less the expected course, on the scale of errors; ``rest`` (figures x
    figures) K₀; ``by_variance`` K_k by the name of the variance.
    """

    offset: FloatArray
    rest: FloatArray
    by_variance: Mapping[str, FloatArray]


def shock_variances(free: Sequence[str]) -> tuple[str, ...]:
    """Return those of the free parameters that are variances of shocks."""
    return tuple(name for name in free if name.endswith("_variance"))


def chance_of(
    problem: Problem,
    scores: FloatArray,
    variances: Sequence[str],
    members: int | None = None,
    tell: Tell = lambda _done, _of: None,
) -> Chance:
    """Simulate what chance does around the expected course at some scores; ``variances``: families to tell apart.

    A family is simulated with the median of its prior, and the result stated per unit of its variance. ``members`` are
    the replicates of each, :data:`MEMBERS` if not given.
    """
    members = members or MEMBERS
    nothing = {**problem.values(scores), **NO_ERRORS, **dict.fromkeys(variances, 0.0)}
    medians = {name: parameter_row(name).location for name in variances}
    cases = [with_values(problem.case, nothing | {name: medians[name]}) for name in variances]
    cases.insert(0, with_values(problem.case, nothing))
    rules = [HomewardRules(case) for case in cases]
    todo = [(number, member) for number in range(len(cases)) for member in range(members)]

    def figures(number: int, member: int) -> FloatArray:
        return published_once(cases[number], problem.targets, SEED, member, rules[number])

    found = _side_by_side(figures, todo, problem.jobs, tell).reshape(len(cases), members, -1)
    logs = on_scale(problem.targets, found)
    expected = on_scale(problem.targets, problem.figures(scores))
    differences = logs[1:] - logs[0]
    return Chance(
        offset=logs[0].mean(axis=0) - expected + differences.mean(axis=1).sum(axis=0),
        rest=_covariance(logs[0]),
        by_variance={
            name: _covariance(difference) / medians[name]
            for name, difference in zip(variances, differences, strict=True)
        },
    )


def published_figures(
    case: Case,
    targets: Sequence[Target],
    drawn: Drawn | None,
    members: int,
    jobs: int,
    seed: int = SEED,
    tell: Tell = lambda _done, _of: None,
) -> FloatArray:
    """Return (replicates x figures) what replicates of a case would have been published as, errors included.

    Each replicate draws its parameters as ``drawn`` says. What a target allows for ``beyond`` is not drawn.
    """

    def figures(_: int, member: int) -> FloatArray:
        own = member_case(case, drawn, seed, member)
        return published_once(own, targets, seed, member)

    return _side_by_side(figures, [(0, member) for member in range(members)], jobs, tell)


def published_once(
    case: Case, targets: Sequence[Target], seed: int, member: int, rules: HomewardRules | None = None
) -> FloatArray:
    """Return the figures of one replicate as they would have been published; ``rules`` of the case save making them."""
    rules = rules or HomewardRules(case)
    course = simulate(rules, seed, member)
    address = (seed + 1_000_003 * member) % 2**32
    observer = Observer(simulated_course(case, rules.parameters.values, course, seed=address))
    return np.array([sum(float(observer.figure(row).published[0]) for row in target.rows) for target in targets])


def _side_by_side(
    figures: Callable[[int, int], FloatArray], todo: Sequence[tuple[int, int]], jobs: int, tell: Tell
) -> FloatArray:
    found = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        for done, one in enumerate(pool.map(lambda each: figures(*each), todo), start=1):
            found.append(one)
            tell(done, len(todo))
    return np.array(found)


def _covariance(sample: FloatArray) -> FloatArray:
    return np.atleast_2d(np.cov(sample, rowvar=False))
