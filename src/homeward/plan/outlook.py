"""What return is judged by after the as-of day of a forecast: the conditions in the middle of what may come.

Each replicate of a forecast has a violence of its own, and return may open or shut in it. Pillars are judged at the
middle of conditions, so violence goes on here without the noise that replicates draw, as the mean of the last six
months that are stated, and parameters are those in the middle. Whether and when return opens or shuts is taken from the
replicate: all in which it does so in the same month are judged as the first of them, by number, is.
"""

from __future__ import annotations

from datetime import date

from homeward.case.schema import Case
from homeward.errors import UsageError
from homeward.judge.limits import Limits, limits_with
from homeward.judge.pillar_evidence import Evidence, evidence_of
from homeward.judge.pillar_flows import Judge
from homeward.judge.pillars import as_run
from homeward.learn.continuation import change_in, continued
from homeward.results.contract import Continuation, RunInfo
from homeward.results.run import Run

__all__ = ["Outlook", "continuation_of_run", "openings"]


def continuation_of_run(run: Run) -> Continuation:
    """Return how conditions go on in a forecast; raises UsageError for another run, or one without a later month."""
    how = run.info.continuation
    if how is None:
        raise UsageError(f"{run.folder} is no forecast: a plan needs a run made by 'homeward forecast'")
    if how.since >= run.info.end:
        raise UsageError(f"{run.folder} ends on {run.info.end}, so it holds nothing after its as-of day {how.since}")
    return how


def openings(case: Case, how: Continuation, info: RunInfo) -> tuple[date | None, ...]:
    """Return by replicate the day on which return opens (or shuts), None where it does not before the end."""
    return tuple(change_in(case, how, info.seed, replicate) for replicate in range(info.replicates))


class Outlook:
    """The judges of all replicates: one for those in which the gate stays as it is, one for every month of a change.

    ``evidence`` is that without a change, ``openings`` are the days of change by replicate.
    """

    def __init__(self, run: Run, limits: Limits | None = None) -> None:
        """Read the case; raises UsageError for a run that is no forecast, InputError if its case is damaged."""
        how = continuation_of_run(run)
        self._case = case = as_run(run)
        self._limits = limits_with() if limits is None else limits
        self._seed = run.info.seed
        self._how = how.model_copy(update={"whole_deviation": 0.0, "place_deviation": 0.0})
        self.openings = openings(case, how, run.info)
        self._judges: dict[tuple[int, int] | None, Judge] = {None: self._new_judge(None)}

    @property
    def shuts(self) -> bool:
        """Return whether return is open on the as-of day, and its changes are that it shuts."""
        return self._how.shuts

    @property
    def case(self) -> Case:
        """Return the case with the parameters in the middle."""
        return self._case

    @property
    def evidence(self) -> Evidence:
        """Return the evidence where return neither opens nor shuts."""
        return self._judges[None].evidence

    def judge(self, replicate: int) -> Judge:
        """Return the judge of a replicate."""
        opened = self.openings[replicate]
        key = (opened.year, opened.month) if opened else None
        if key not in self._judges:
            self._judges[key] = self._new_judge(self._first_opened(key))
        return self._judges[key]

    def _first_opened(self, key: tuple[int, int] | None) -> int:
        months = [(day.year, day.month) if day else None for day in self.openings]
        return months.index(key)

    def _new_judge(self, replicate: int | None) -> Judge:
        """Return the judge of the change of a replicate; None: of no change."""
        never = {"opening_chance": 0.0, "closing_chance": 0.0}
        how = self._how if replicate is not None else self._how.model_copy(update=never)
        return Judge(evidence_of(continued(self._case, how, self._seed, replicate or 0)), self._limits)
