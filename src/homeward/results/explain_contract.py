"""The JSON document that traces a figure of returns to rows and parameters; see :mod:`homeward.results.contract`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from homeward.results.contract import Continuation, Count, Document, Model

__all__ = [
    "ExplainedFactor",
    "ExplainedFigure",
    "ExplainedHome",
    "ExplainedInput",
    "ExplainedPair",
    "ExplainedParameter",
    "ExplainedRange",
    "ExplainedRow",
    "Explanation",
    "OtherPair",
    "Provenance",
]


Day = date
"""A day; for fields beside one that is called ``date``."""


class ExplainedRange(Model):
    """People over the replicates: median (``p50``), and the 5 % and 95 % quantiles, null with too few replicates."""

    p05: float | None
    p50: float
    p95: float | None


class ExplainedFigure(Model):
    """The figure that is explained: returns of a ``month`` (its last simulated day) over ``days`` simulated days.

    ``measure`` is counted for one ``host`` (a country by its code, or a place; null: all), from which people return,
    and one ``district`` (of origin; null: all). ``returns`` are those who set out in the month, ``people_start`` those
    who were there at its start: sums over hosts and districts in each replicate, then quantiles.
    """

    measure: Literal["returned_refugees", "returned_idps"]
    host: str | None
    district: str | None
    month: date
    days: Count
    returns: ExplainedRange
    people_start: ExplainedRange


class ExplainedInput(Model):
    """A number that a factor is computed from (``name``); ``value`` is null where nothing is known of it.

    ``of`` says of whom or of what it is where a factor has several of one name (null: there is one).
    """

    name: str
    of: str | None
    value: float | None
    unit: str


class ExplainedFactor(Model):
    """One factor of the hazard of return (``name``); the product of all ``value`` is the hazard per year.

    ``value`` holds on the ``day`` of the pair, ``first`` and ``last`` at the beginning and at the end of the month.
    ``equation`` is its number on the model page, ``meaning`` says it in words. It is computed from ``inputs``,
    ``parameters`` (names) and ``rows`` (``TABLE ROW``, as in the rows of the document).
    """

    name: str
    value: float
    first: float
    last: float
    equation: str
    meaning: str
    inputs: tuple[ExplainedInput, ...]
    parameters: tuple[str, ...]
    rows: tuple[str, ...]


class ExplainedPair(Model):
    """How one flow comes about: people of one ``district`` of origin who are at one ``host``.

    ``host`` is a country, or one place where places of a country differ; ``places`` are those in it. ``returns`` and
    ``people_start`` are what the run says, as of the figure. All else is at the middle (the run's parameters in the
    middle, no shocks, no chance): ``hazard`` of return per year on ``day`` and its ``factors``; ``share_month``, who
    decide to return within the month; ``people_middle`` who could decide at its start, ``following`` whose household
    had one go ahead and who will follow. ``decided_middle`` is the product of the former two, ``returns_middle`` who
    set out in the expected course, with households in stages and those who follow.
    """

    host: str
    places: tuple[str, ...]
    district: str
    day: date
    returns: ExplainedRange
    people_start: ExplainedRange
    people_middle: float
    following: float
    hazard: float
    share_month: float
    decided_middle: float
    returns_middle: float
    factors: tuple[ExplainedFactor, ...]


class OtherPair(Model):
    """A flow that is part of the figure but not taken apart, with its mean ``people_start`` and ``returns``."""

    host: str
    district: str
    people_start: float
    returns: float


class ExplainedHome(Model):
    """A ``district`` of origin: ``people_present`` at the end of the month, whoever they are, and its conditions.

    Conditions hold at the middle of their ranges on ``day``, null where nothing is known: ``violence`` (deaths per
    100,000 residents and 30 days, with memory and neighbours), the shares of ``housing`` (habitable, before crowding)
    and ``services`` and how many times over dwellings are filled (``crowding``, 1 where they suffice). ``money``: US
    dollars per returnee to make whole what of dwellings and services does not stand, null where that is not known.
    """

    district: str
    day: date
    people_present: ExplainedRange
    violence: float
    housing: float | None
    services: float | None
    crowding: float
    money: ExplainedRange | None


class ExplainedRow(Model):
    """A row of the run's own copy of the case: ``table`` and ``row`` (data rows counted from 1).

    ``place``, ``date``, ``indicator``, ``value``, ``low``, ``high``, ``source``, ``known_on``, ``basis`` and ``why``
    as it has them; null where the table has no such column or the cell is blank. ``indicator`` of a row of places,
    routes or population says which column is read. ``source_title`` is the title of the source. ``read_by``: names of
    the factors, or ``people at the start``, ``register`` and ``pillars``, which do not decide on return.
    """

    table: str
    row: int
    place: str
    date: Day | None
    indicator: str
    value: float | str | None
    low: float | None
    high: float | None
    source: str
    source_title: str
    known_on: Day
    basis: Literal["observed", "derived", "estimate"]
    why: str
    read_by: tuple[str, ...]


class ExplainedParameter(Model):
    """A parameter that the figure reads (``name``), its ``unit`` and ``meaning``.

    ``value`` is the one at the middle, ``p05`` and ``p95`` the quantiles of what the replicates drew (null: they did
    not, or are too few). ``set_by``: ``case``, ``fit``, or ``default`` of the rules. ``prior`` in words, with
    the ``source`` of it; ``basis`` is what that rests on. ``spread``: standard deviation of the posterior over that of
    the prior (near 1, the figures said nothing; null: not fitted); ``read_by`` as of a row.
    """

    name: str
    unit: str
    meaning: str
    value: float
    p05: float | None
    p95: float | None
    set_by: Literal["case", "fit", "default"]
    prior: str
    basis: str
    source: str
    spread: float | None
    read_by: tuple[str, ...]


class Provenance(Model):
    """Where the run comes from: ``restart`` is the day of the record it began with, the others as in ``run.json``.

    ``fit_known_on`` is the day on which the last row that the fit read became known. ``again`` are commands that
    make the run anew, or as near as is known.
    """

    run_dir: str
    case: str
    title: str
    case_hash: str
    scenario: str | None
    seed: Count
    replicates: Count
    start: date
    end: date
    step_hours: Count
    restart: date | None
    drawn: Literal["posterior", "prior"] | None
    fitted_through: date | None
    fit_known_on: date | None
    continuation: Continuation | None
    created: datetime
    versions: Mapping[str, str]
    again: tuple[str, ...]


class Explanation(Document):
    """What ``homeward explain`` found: a figure of returns, and the rows and parameters that it rests on.

    ``interval`` says what its ranges hold, or why there are none. ``pairs`` are the largest flows of the figure, taken
    apart; ``others`` the rest of them. ``homes`` are the districts of the pairs. ``rows`` and ``parameters`` are all
    that the pairs read, ``notes`` what is to be known beside it.
    """

    schema_: Literal["homeward/explain/1"] = Field("homeward/explain/1", alias="schema")
    figure: ExplainedFigure
    interval: str
    pairs: tuple[ExplainedPair, ...]
    others: tuple[OtherPair, ...]
    homes: tuple[ExplainedHome, ...]
    rows: tuple[ExplainedRow, ...]
    parameters: tuple[ExplainedParameter, ...]
    provenance: Provenance
    notes: tuple[str, ...]
