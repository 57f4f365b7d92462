"""The JSON document of the four pillars of return; see :mod:`homeward.results.contract` for the others."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from homeward.results.contract import Count, Document, Model

__all__ = [
    "PillarCondition",
    "PillarCurve",
    "PillarLimit",
    "PillarPoint",
    "PillarRow",
    "PillarShare",
    "Pillars",
    "ShareRange",
]

PillarName = Literal["voluntary", "safe", "dignified", "sustainable"]
Returns = Literal["all", "refugees", "idps"]


class PillarLimit(Model):
    """The limit called ``name``: a ``pillar`` is judged by a quantity (``meaning``, in ``unit``).

    It must be ``at most`` or ``at least`` (``sense``) the ``value`` in use.
    ``default`` is the value that ships, ``source`` why it is that; ``lowest`` and ``highest`` are the ends of its
    curve.
    """

    name: str
    pillar: PillarName
    sense: Literal["at most", "at least"]
    unit: str
    value: float
    default: float
    lowest: float
    highest: float
    meaning: str
    source: str


class ShareRange(Model):
    """A share of people, 0 to 1: median over the replicates in which somebody returned (null: in none).

    ``p05`` and ``p95`` are the 5 % and 95 % quantiles, null where the replicates are too few; ``p50`` is the median.
    """

    p05: float | None
    p50: float | None
    p95: float | None


class PillarShare(Model):
    """How many people a pillar is met for (``met``), not met for (``not_met``), and of how many it is not known.

    These three are means over the replicates and add up to the people of the row; ``unknown`` is never met. ``lower``
    is the share for whom it is met, ``upper`` the share for whom it is met or unknown. ``pillar`` ``all_four`` is met
    where each of the four is.
    """

    pillar: PillarName | Literal["all_four"]
    met: float
    not_met: float
    unknown: float
    lower: ShareRange
    upper: ShareRange


class PillarRow(Model):
    """The returns that have one ``host`` (country), ``origin`` (district), ``month`` (its last day) or ``year``.

    What the rows do not tell apart is null. ``returns`` says whose: of refugees, of IDPs (then ``host`` is the country
    of origin), or all. ``people`` is the mean over the replicates; ``pulled`` that part of them that is not owed to
    hard conditions at the host, among those for whom it is known (null: for nobody), ``push_unknown`` the others.
    Forced returns are not taken off ``pulled``: nobody has counted them by month.
    ``validated``: the case holds observed figures of this host by district of origin, to set returns by district
    against; null where a row pools hosts. ``pillars`` are the four, and ``all_four`` together.
    """

    returns: Returns
    host: str | None
    origin: str | None
    month: date | None
    year: int | None
    people: float
    pulled: float | None
    push_unknown: float
    validated: bool | None
    pillars: tuple[PillarShare, ...]


class PillarCondition(Model):
    """One ``condition`` of a ``pillar`` by itself, over all ``returns`` of refugees or of IDPs.

    It is a limit by its name, ``coercion`` (none on record at the host in the month) or ``displaced_again`` (not within
    twelve months). ``people`` return, mean over the replicates: the condition is ``met`` for some of them, ``not_met``
    for others, and ``unknown``.
    """

    condition: str
    pillar: PillarName
    returns: Returns
    people: float
    met: float
    not_met: float
    unknown: float


class PillarPoint(Model):
    """A pillar with its limit at ``value``: share for whom it is met (``lower``), and met or unknown (``upper``)."""

    value: float
    lower: ShareRange
    upper: ShareRange


class PillarCurve(Model):
    """How a ``pillar`` depends on one ``limit``, the others as they are, for all ``returns`` of refugees or IDPs.

    ``points`` run from the lowest value of the limit to its highest.
    """

    limit: str
    pillar: PillarName
    returns: Returns
    points: tuple[PillarPoint, ...]


class Pillars(Document):
    """What ``homeward pillars`` found: for how many of those who return the conditions are met, not met or unknown.

    It is about flows, never about a person, and says of no place that it is safe. Returns count from ``since`` through
    ``until``; ``by`` is what the ``rows`` tell apart, below all returns, those of refugees and those of IDPs.
    ``limits`` are those in use, ``conditions`` says what a pillar fails or hangs on, ``curves`` are those asked for.
    ``interval`` says what the ranges of shares hold, or why there are none; ``notes`` what the figures rest on.
    """

    schema_: Literal["homeward/pillars/1"] = Field("homeward/pillars/1", alias="schema")
    run_dir: str
    case: str
    scenario: str | None
    replicates: Count
    since: date
    until: date
    by: Literal["host", "origin", "month", "year"]
    interval: str
    limits: tuple[PillarLimit, ...]
    rows: tuple[PillarRow, ...]
    conditions: tuple[PillarCondition, ...]
    curves: tuple[PillarCurve, ...] = ()
    notes: tuple[str, ...] = ()
