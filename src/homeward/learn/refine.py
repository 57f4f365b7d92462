"""Draws from the posterior that hold with the figures as they are, and not as a line through one point says.

Far from the point where it was taken, the line is wrong: draws of the normal posterior of Syria let one expect stocks
that lie a fifth beside the record and spread twice as far as the posterior says. So each draw is brought back by its
own courses: randomised maximum likelihood (Oliver, He and Reynolds 1996; Chen and Oliver 2013, Computational
Geosciences 17). With u one draw of the variances, z* ~ N(0, I), d* = y − o + ε*, ε* ~ N(0, Σ(u)), a draw is where ::

    Φ(z) = (d* − f(z))ᵀ Σ(u)⁻¹ (d* − f(z)) + |z − z*|²

is small, found by steps that share the derivatives J and the gain K = Jᵀ S(u)⁻¹ of :mod:`homeward.learn.likelihood`::

    z ← z + s · (z* + K (d* − f(z) + J (z − z*)) − z)

s is 1 at first; a step that does not lower Φ is not taken, and the next one is shorter. Where f is linear, the first z
is already an exact draw from the posterior and no step changes it.

Courses are simulated by weeks, which takes half the time; what that changes at the mean is added back.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from homeward.learn.likelihood import Likelihood
from homeward.learn.problem import Problem, on_scale
from homeward.rules.calendar import WEEKLY_HOURS

__all__ = ["refined_draws"]

FloatArray = NDArray[np.float64]
Tell = Callable[[str], None]

DRAWS = 64
"""Draws that a fitted set holds; replicates share them in turn."""

ROUNDS = 3
SHORTER, LONGER = 0.4, 1.5
SEED = 20_181_232


def refined_draws(
    problem: Problem,
    likelihood: Likelihood,
    variances: FloatArray,
    rounds: int | None = None,
    seed: int = SEED,
    tell: Tell = lambda _what: None,
) -> tuple[FloatArray, FloatArray]:
    """Return (draws x parameters) scores, and Φ of each draw before the first step and after the last.

    ``variances`` (draws x variances) are draws of the scores of the variances, one for each draw to be made. ``rounds``
    are :data:`ROUNDS` if not given.
    """
    rounds = ROUNDS if rounds is None else rounds
    search = _Search(problem, likelihood, variances, np.random.default_rng(seed))
    before = search.misfit.copy()
    for number in range(1, rounds + 1):
        tell(f"draws brought to the figures: round {number} of {rounds}")
        search.step()
    return search.scores, np.stack([before, search.misfit])


class _Search:
    """All draws at once: where they are, what their courses say, and what that is worth."""

    def __init__(
        self, problem: Problem, likelihood: Likelihood, variances: FloatArray, random: np.random.Generator
    ) -> None:
        self._problem = _by_weeks(problem)
        self._jobs = problem.jobs
        self._derivatives = derivatives = likelihood.derivatives
        self._offset = likelihood.at - self._logs(likelihood.around)
        marginal = likelihood.covariances(variances)
        noise = marginal - derivatives @ derivatives.T
        roots = np.linalg.cholesky(noise)
        count, figures = len(variances), derivatives.shape[0]
        self._started = random.standard_normal((count, derivatives.shape[1]))
        errors = np.einsum("kij,kj->ki", roots, random.standard_normal((count, figures)))
        self._record = likelihood.record + errors
        self._gain = np.linalg.solve(marginal, np.broadcast_to(derivatives, (count, *derivatives.shape)))
        self._precision = np.linalg.inv(noise)
        self._length = np.ones(count)
        at_line = likelihood.at + (self._started - likelihood.around) @ derivatives.T
        self.scores = self._started + self._towards(at_line)
        self._figures = self._courses(self.scores)
        self.misfit = self._misfit(self.scores, self._figures)

    def step(self) -> None:
        """Take one step with each draw, where it lowers the misfit."""
        line = self._figures - (self.scores - self._started) @ self._derivatives.T
        goal = self._started + self._towards(line)
        scores = self.scores + self._length[:, None] * (goal - self.scores)
        figures = self._courses(scores)
        misfit = self._misfit(scores, figures)
        better = misfit < self.misfit
        self.scores[better], self._figures[better] = scores[better], figures[better]
        self.misfit[better] = misfit[better]
        self._length = np.where(better, np.minimum(1.0, LONGER * self._length), SHORTER * self._length)

    def _towards(self, figures: FloatArray) -> FloatArray:
        """Return by how much the scores at the start must change, where the figures there would be these."""
        change: FloatArray = np.einsum("kij,ki->kj", self._gain, self._record - figures)
        return change

    def _misfit(self, scores: FloatArray, figures: FloatArray) -> FloatArray:
        off = self._record - figures
        of_figures = np.einsum("ki,kij,kj->k", off, self._precision, off)
        return np.asarray(of_figures + ((scores - self._started) ** 2).sum(axis=1))

    def _courses(self, scores: FloatArray) -> FloatArray:
        with ThreadPoolExecutor(max_workers=self._jobs) as pool:
            return np.array(list(pool.map(self._logs, scores))) + self._offset

    def _logs(self, scores: FloatArray) -> FloatArray:
        return on_scale(self._problem.targets, self._problem.figures_once(scores))


def _by_weeks(problem: Problem) -> Problem:
    """Return the same problem with a step of a week."""
    settings = problem.case.settings.model_copy(update={"step_hours": WEEKLY_HOURS})
    return problem.with_case(problem.case.model_copy(update={"settings": settings}))
