"""The members of an ensemble: what its replicates share, and each of them as a function of its number alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from homeward.case.schema import Case
from homeward.engine.drawn import Drawn, has_shared_doubt, member_case, with_shared_doubt
from homeward.engine.record import Trajectory
from homeward.engine.simulate import simulate
from homeward.learn.continuation import continued
from homeward.results.contract import Continuation
from homeward.rules.homeward import HomewardRules

__all__ = ["Members"]


class Members:
    """All possible replicates of a case and a seed; threads may share it, and it can be sent to another process.

    ``rules`` are those of the case as it is; where parameters are ``drawn``, or conditions have a ``continuation``,
    each replicate has its own.
    """

    def __init__(
        self, case: Case, seed: int, drawn: Drawn | None = None, continuation: Continuation | None = None
    ) -> None:
        """Take note of what there is."""
        self.case = case
        self.seed = seed
        self.drawn = drawn
        self.continuation = continuation
        self._doubted = has_shared_doubt(case)

    @cached_property
    def rules(self) -> HomewardRules:
        """Return the rules of the case as it is; raises InputError for a case that they cannot use."""
        return HomewardRules(self.case)

    @property
    def differ(self) -> bool:
        """Whether each replicate has rules of its own."""
        return self.drawn is not None or self.continuation is not None or self._doubted

    def simulated(self, replicate: int, *, on_day: Callable[[int], None] | None = None) -> Trajectory:
        """Return a replicate, the same wherever and beside whatever it is simulated.

        Threads and clusters both call this, and it depends on the case, the seed and the number only: what is
        drawn for a replicate is drawn here. ``on_day`` and errors as in :func:`homeward.engine.simulate.simulate`.
        """
        rules = HomewardRules(self.case_of(replicate)) if self.differ else self.rules
        return simulate(rules, self.seed, replicate, on_day=on_day)

    def case_of(self, replicate: int) -> Case:
        """Return the case of a replicate: with its parameters, and with conditions as they go on in it."""
        case = with_shared_doubt(member_case(self.case, self.drawn, self.seed, replicate), self.seed, replicate)
        return continued(case, self.continuation, self.seed, replicate) if self.continuation else case

    def __reduce__(self) -> tuple[type[Members], tuple[Case, int, Drawn | None, Continuation | None]]:
        """Send the case and not the rules, which are eight times as large and quickly built anew."""
        return Members, (self.case, self.seed, self.drawn, self.continuation)
