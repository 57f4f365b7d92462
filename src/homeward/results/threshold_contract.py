"""The JSON document of thresholds of return; see :mod:`homeward.results.contract` for the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field

from homeward.results.contract import Count, Document, Model

__all__ = [
    "ThresholdCount",
    "ThresholdCriterion",
    "ThresholdEvidence",
    "ThresholdSource",
    "ThresholdTest",
    "ThresholdVerdict",
    "Thresholds",
]

Day = date
Scope = Literal["place", "country", "host"]
Word = Literal["met", "not_met", "unknown"]
Strength = Literal["observed", "derived", "estimate"]


class ThresholdSource(Model):
    """A document that criteria come from; ``note`` says how the rulebook uses it.

    ``published`` says when, in words, and ``publisher`` by whom.
    """

    title: str
    publisher: str
    published: str
    note: str


class ThresholdTest(Model):
    """A test by which criteria are judged: ``measure`` of the case (``meaning``) must be as ``rule`` says (``why``)."""

    measure: str
    meaning: str
    rule: str
    why: str


class ThresholdCriterion(Model):
    """A ``question`` of the rulebook, in our own words: its ``id``, its ``theme`` and what it is about (``scope``).

    ``place`` is a district of origin, ``country`` the country of origin, ``host`` a country of asylum. ``origins``
    gives the section of each document it comes from. ``tests`` are named. ``decides``: they answer the question both
    ways; where not, they can only show that it is not met, and a finding is needed beside them.
    """

    id: str
    theme: str
    scope: Scope
    question: str
    origins: Mapping[str, str]
    tests: tuple[str, ...]
    decides: bool


class ThresholdEvidence(Model):
    """What one test, or the findings (``test`` null), say of a criterion: ``verdict``, and in words ``why``.

    ``value`` is a number or a word of ``place``, with its 90 % range from ``low`` to ``high`` where it has one; it
    holds since a day, and of violence is taken from ``since`` to ``until``. ``basis`` is the weakest of the ``rows``
    that it comes from (file and row, counted from 1), by ``sources``, the last of them known on ``known_on``. All of
    these are null, or empty, where there is no row. What is too old to count has its value, and says so.
    """

    test: str | None
    verdict: Word
    why: str
    place: str
    value: float | str | None = None
    low: float | None = None
    high: float | None = None
    since: date | None = None
    until: date | None = None
    basis: Strength | None = None
    sources: tuple[str, ...] = ()
    known_on: date | None = None
    rows: tuple[str, ...] = ()


class ThresholdVerdict(Model):
    """The ``verdict`` on a ``criterion`` at a ``place`` (a country where the ``scope`` is ``country`` or ``host``).

    ``basis`` is what the verdict rests on: of ``met`` the weakest of all evidence, of ``not_met`` the strongest that
    shows it; null where it is unknown. ``why`` says what decides it or what is missing, ``evidence`` what
    each test and the findings say.
    """

    criterion: str
    scope: Scope
    place: str
    verdict: Word
    basis: Strength | None
    why: str
    evidence: tuple[ThresholdEvidence, ...]


class ThresholdCount(Model):
    """How many criteria of a ``scope`` are ``met``, ``not_met`` and ``unknown`` at a ``place``; they do not add up.

    ``met_by_estimate`` and ``not_met_by_estimate`` are parts of the first two; ``without_evidence`` the part of the
    unknown on which there is no row at all.
    """

    scope: Scope
    place: str
    met: Count
    met_by_estimate: Count
    not_met: Count
    not_met_by_estimate: Count
    unknown: Count
    without_evidence: Count


class Thresholds(Document):
    """What ``homeward thresholds`` found: which criteria of the rulebook a case shows to be met, or not, on a day.

    It says of no place that it is safe, puts places in no order and adds no verdicts up. ``date`` is the day judged;
    with ``hindsight`` rows count that became known later. ``version`` and ``version_date`` are those of the rulebook;
    conditions and findings older than ``oldest_months`` do not count. ``sources``, ``themes`` (their titles),
    ``tests`` and ``criteria`` are what the rulebook says of the criteria shown; ``counts`` and ``verdicts`` what was
    found, places in the order of the case.
    """

    schema_: Literal["homeward/thresholds/1"] = Field("homeward/thresholds/1", alias="schema")
    case: str
    date: date
    hindsight: bool
    version: Count
    version_date: Day
    oldest_months: Count
    sources: Mapping[str, ThresholdSource]
    themes: Mapping[str, str]
    tests: Mapping[str, ThresholdTest]
    criteria: tuple[ThresholdCriterion, ...]
    counts: tuple[ThresholdCount, ...]
    verdicts: tuple[ThresholdVerdict, ...]
    notes: tuple[str, ...]
