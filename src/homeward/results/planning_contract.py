"""The JSON document of a planning table; see :mod:`homeward.results.contract` for the others."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from homeward.results.contract import Count, Document, Model

__all__ = ["Planning", "PlanningMeasure", "PlanningTotal", "PlanningTrigger"]

PlanningMeasure = Literal["returned_refugees", "returned_idps"]


class PlanningTotal(Model):
    """People of a ``measure`` who set out from a ``host`` (country code; null: from all, and for IDPs always).

    They set out in the months that end from ``since`` through ``until``, a calendar ``year`` or the part of it that
    lies in the forecast; ``year`` null is the whole of it. ``low``, ``likely`` and ``high`` are the 5 % quantile, the
    median and the 95 % quantile over the replicates of the sum, null where they are too few or, ``suppressed``, where
    the count is too small to be published.
    """

    measure: PlanningMeasure
    host: str | None
    year: int | None
    since: date
    until: date
    low: int | None
    likely: int | None
    high: int | None
    suppressed: bool


class PlanningTrigger(Model):
    """What would move the plan of a ``measure`` to another column.

    ``trigger`` ``count_at_least``: on ``date`` at least ``count`` people have set out since ``quarter_from``;
    ``count_below``: fewer have; ``opening`` or ``closing``: return opens, or shuts, from ``quarter_from`` through
    ``date``. The plan then moves to the column ``move_to``, because over the ``replicates`` of which it holds,
    ``share`` of all, the median of all who set out in the forecast is ``total``. Null where too few replicates would
    support it.
    """

    trigger: Literal["count_at_least", "count_below", "opening", "closing"]
    measure: PlanningMeasure
    quarter_from: date
    date: date
    count: int | None
    move_to: Literal["low", "likely", "high"] | None
    replicates: int | None
    share: float | None
    total: int | None


class Planning(Document):
    """What a planning table holds, and the ``files`` in ``folder`` that it was written to.

    It covers the months that end after ``as_of``, the last day that the forecast in ``run_dir`` knows, to ``until``.
    ``rows`` is the number of rows of the table of returns, ``smallest`` the count under which none is published.
    ``interval`` says what low and high hold, ``notes`` what the figures rest on.
    """

    schema_: Literal["homeward/plan/1"] = Field("homeward/plan/1", alias="schema")
    run_dir: str
    folder: str
    case: str
    scenario: str | None
    as_of: date
    until: date
    replicates: Count
    seed: Count
    rows: Count
    smallest: Annotated[int, Field(ge=1)]
    interval: str
    totals: tuple[PlanningTotal, ...]
    triggers: tuple[PlanningTrigger, ...]
    files: tuple[str, ...]
    notes: tuple[str, ...]
