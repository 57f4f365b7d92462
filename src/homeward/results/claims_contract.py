"""The JSON document of ``homeward claims``; see :mod:`homeward.results.contract` for the others."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from homeward.results.contract import Document, Model

__all__ = ["ClaimEvidence", "ClaimFinding", "ClaimInterval", "ClaimPart", "ClaimRow", "ClaimSimulated", "ClaimVerdicts"]

Day = date  # a field of this name hides the type
VerdictWord = Literal["supported", "contradicted", "not decidable"]
BasisWord = Literal["observed", "derived", "estimate"]


class ClaimEvidence(Model):
    """One row that a verdict rests on: row of which ``table``, for which ``part`` of the claim, ``what`` it says.

    ``value`` has the row's own range, ``low`` to ``high`` (null: it states none). ``source`` is a key of the case's
    sources or a citation, ``known_on`` the first day on which the row could be known and ``basis`` what it rests on;
    ``known_then``: it was known on the day of the claim.
    """

    part: str
    table: str
    what: str
    place: str | None
    date: date
    value: float | None
    low: float | None
    high: float | None
    source: str
    known_on: Day
    basis: BasisWord
    known_then: bool


class ClaimInterval(Model):
    """A figure: at least ``low``, at most ``high``, ``value`` in the middle of what is known (null: unknown)."""

    low: float | None
    value: float | None
    high: float | None
    unit: str


class ClaimFinding(Model):
    """What the data say of one part: an ``interval`` as things stood on ``as_of``, and the ``verdict`` that it gives.

    ``verdict`` is null where the figure is only shown. ``basis`` is the weakest that any of its rows rests on. ``note``
    says what the figure leaves out.
    """

    verdict: VerdictWord | None
    interval: ClaimInterval
    as_of: date
    basis: BasisWord
    note: str = ""


class ClaimPart(Model):
    """One ``part`` of a claim, or one way to read it (``role``): its ``check``, and the ``rule`` in words.

    ``then`` is what was known on the day of the claim, ``hindsight`` what all rows say that are dated by that day;
    null where nothing is known. ``why`` says why it is read and measured so.
    """

    part: str
    role: Literal["part", "reading"]
    check: str
    rule: str
    then: ClaimFinding | None
    hindsight: ClaimFinding | None
    why: str = ""


class ClaimSimulated(Model):
    """What the model says of a ``part`` at ``date``: ``what``, in ``unit``, as quantiles over the replicates.

    It stands beside the data and decides nothing. Shares of homes are over the ranges of conditions too.
    ``p05`` and ``p95`` are null with fewer replicates than an interval
    needs.
    """

    part: str
    what: str
    date: date
    p05: float | None
    p50: float
    p95: float | None
    unit: str


class ClaimRow(Model):
    """A claim with its verdict: ``who`` said what (``claim``) and when (``said_on``), as reported by ``source``.

    ``verdict`` is what was known on that day, ``verdict_with_hindsight`` what all rows say that are dated by that day.
    ``interval`` and ``as_of`` are those of the first part that has a figure; ``hindsight``: that figure was not known
    on the day. ``basis`` is the weakest basis of a part that decides; null where none does. ``reason`` says in words
    how the verdict comes about.
    """

    id: str
    who: str
    claim: str
    said_on: date
    source: str
    verdict: VerdictWord
    verdict_with_hindsight: VerdictWord
    reason: str
    as_of: date | None
    interval: ClaimInterval | None
    hindsight: bool
    basis: BasisWord | None
    parts: tuple[ClaimPart, ...]
    evidence: tuple[ClaimEvidence, ...]
    simulated: tuple[ClaimSimulated, ...]


class ClaimVerdicts(Document):
    """What ``homeward claims`` found: each claim beside what data and simulation say.

    ``run_dir`` is the run whose figures stand beside the data, null where they were simulated for this; ``replicates``
    and ``seed`` are those of the simulation (0 replicates: none was asked for).
    """

    schema_: Literal["homeward/claims/1"] = Field("homeward/claims/1", alias="schema")
    case: str
    run_dir: str | None
    replicates: int
    seed: int
    interval: str
    rows: tuple[ClaimRow, ...]
    notes: tuple[str, ...] = ()
