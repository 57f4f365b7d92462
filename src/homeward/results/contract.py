"""The JSON documents of the command line: one model each, the same for ``--json``, files and the web page.

Each says what it is in ``schema`` (``homeward/NAME/1``). Fields may be added; none is renamed or removed
under the same number. What is not a number is written as null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from homeward.errors import HomewardError, InputError

__all__ = [
    "CaseCheck",
    "Comparison",
    "ComparisonRow",
    "ConditionCheck",
    "Continuation",
    "Document",
    "ErrorDetail",
    "ErrorDocument",
    "Interval",
    "Model",
    "ProblemDetail",
    "Reference",
    "ReferenceEpisode",
    "ReferenceRow",
    "ResidualRow",
    "RunInfo",
    "RunSettings",
    "StockFlow",
    "StockFlowTerm",
    "TableCheck",
]

Count = Annotated[int, Field(ge=0)]


class Model(BaseModel):
    """Base of documents and of their parts: immutable; NaN and infinity are written as null."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        serialize_by_alias=True,
        ser_json_inf_nan="null",
    )


class Document(Model):
    """A whole JSON document."""

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return the document as JSON text without a line end; ``indent`` None puts it on one line."""
        return self.model_dump_json(indent=indent)


class ProblemDetail(Model):
    """One thing that is wrong with an input; see :class:`homeward.errors.Problem`."""

    file: str
    row: int | None
    line: int | None
    what: str
    remedy: str


class ErrorDetail(Model):
    """What went wrong: a stable code, a message for people, and every problem of an input."""

    code: str
    message: str
    problems: tuple[ProblemDetail, ...] = ()


class ErrorDocument(Document):
    """The only document on standard output when a command with ``--json`` fails."""

    schema_: Literal["homeward/error/1"] = Field("homeward/error/1", alias="schema")
    error: ErrorDetail

    @classmethod
    def of(cls, error: HomewardError) -> Self:
        """Return the document for an error."""
        found = error.problems if isinstance(error, InputError) else ()
        problems = tuple(
            ProblemDetail(file=p.file, row=p.row, line=p.line, what=p.what, remedy=p.remedy) for p in found
        )
        return cls(error=ErrorDetail(code=error.code, message=str(error), problems=problems))


class Continuation(Model):
    """How violence, holders and audits of registers go on after ``since``, the last day that is known.

    ``whole_deviation`` and ``place_deviation``: standard deviation of what a month adds to the logarithm of recorded
    deaths, of the whole country and of a place against it. ``opening_chance``: of return opening within a year, by
    what happened elsewhere; ``closing_chance``: of its shutting, where it is open on that day. One of them is 0.
    Equations stand in :mod:`homeward.learn.continuation`.
    """

    since: date
    whole_deviation: Annotated[float, Field(ge=0)]
    place_deviation: Annotated[float, Field(ge=0)]
    opening_chance: Annotated[float, Field(ge=0, lt=1)]
    closing_chance: Annotated[float, Field(ge=0, lt=1)] = 0.0

    @property
    def shuts(self) -> bool:
        """Return whether return is open on the last known day, and so can shut and not open."""
        return self.closing_chance > 0.0

    def gate_in_words(self) -> str:
        """Return what may happen to return as a whole."""
        if self.shuts:
            return f"return, which is open, shuts within a year with a chance of {self.closing_chance:.1%}"
        return f"return opens within a year with a chance of {self.opening_chance:.1%}"


class RunSettings(Document):
    """What decides the result of a run; kept beside unfinished work so that ``--resume`` can compare.

    ``parameters`` are all values that the rules use; ``fitted_through`` is the last date of the data they
    were fitted to, null for parameters that were not fitted. ``drawn``: ``posterior`` or ``prior`` where each replicate
    drew its own values from there (``parameters`` are then those in the middle), null where all have the same.
    ``continuation``: how conditions go on after the last day that a forecast knows, null where the case gives them.
    """

    schema_: str = Field("homeward/settings/1", alias="schema")
    case: str
    title: str
    case_hash: str
    scenario: str | None
    parameters: Mapping[str, float]
    fitted_through: date | None
    drawn: Literal["posterior", "prior"] | None = None
    continuation: Continuation | None = None
    seed: Count
    replicates: Annotated[int, Field(ge=1)]
    start: date
    end: date
    step_hours: Annotated[int, Field(ge=1, le=168)]
    origin_country: str
    versions: Mapping[str, str]


class RunInfo(RunSettings):
    """``run.json``: what was run, everything needed to run it again, and its balance of people.

    ``people_start``, ``births``, ``deaths``, ``people_end`` and ``draws`` are those of replicate 0;
    ``wall_s`` is the time of the whole run in seconds.
    """

    schema_: Literal["homeward/run/1"] = Field("homeward/run/1", alias="schema")
    created: datetime
    wall_s: Annotated[float, Field(ge=0)]
    people_start: Count
    births: Count
    deaths: Count
    people_end: Count
    draws: Count
    situations: Count
    places: Count
    steps: Count
    run_dir: str


class TableCheck(Model):
    """How far one table of a case rests on estimates."""

    table: str
    rows: Count
    estimates: Count


class ConditionCheck(Model):
    """How far one kind of condition rests on estimates.

    ``people_months``: people at a place at the start times months of the case in which the condition is given
    there; ``estimate_share``: the part of them in which an estimate holds, null where there are none.
    """

    indicator: str
    people_months: Annotated[float, Field(ge=0)]
    estimate_share: float | None


class CaseCheck(Document):
    """What ``homeward check`` found in a case.

    Shares lie between 0 and 1 and are null where there is nothing to share: ``estimate_share_rows`` of the
    rows of all tables, ``estimate_share_people`` of the people at the start whose number is an estimate.
    ``conditions``: violence, holders and rates, weighted by the people at the start and by time. ``holds``: how many of
    what a directory made for Flee holds, of which nothing says what it rests on.
    """

    schema_: Literal["homeward/check/1"] = Field("homeward/check/1", alias="schema")
    subject: str
    ok: bool
    problems: tuple[ProblemDetail, ...] = ()
    tables: tuple[TableCheck, ...] = ()
    warnings: tuple[str, ...] = ()
    estimate_share_rows: float | None = None
    estimate_share_people: float | None = None
    conditions: tuple[ConditionCheck, ...] = ()
    holds: Mapping[str, Count] = {}


class Interval(Model):
    """Quantiles over the replicates: 5 %, median, 95 %."""

    labels: ClassVar[tuple[str, ...]] = ("p05", "p50", "p95")
    p05: float
    p50: float
    p95: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Return the interval from its three values in order."""
        return cls(**dict(zip(cls.labels, values, strict=True)))


class ComparisonRow(Model):
    """One key figure in two runs; ``country`` null stands for the whole case. ``difference`` is b minus a."""

    measure: str
    country: str | None
    date: date
    a: Interval
    b: Interval
    difference: Interval


class Harm(Model):
    """What is told first of a ``run`` whose scenario puts pressure on refugees: ``pressure`` says in words how.

    Of the refugees who return in it (``people``, mean over replicates) the return is ``not_voluntary`` for some, and of
    some it is ``unknown`` whether it is.
    """

    run: str
    pressure: tuple[str, ...]
    people: float
    not_voluntary: float
    unknown: float


class Comparison(Document):
    """What ``homeward compare`` found; ``paired``: replicate k of both runs shares its chance.

    ``harm``: what is to be told first of those of the two runs whose scenarios put pressure on refugees.
    """

    schema_: Literal["homeward/compare/1"] = Field("homeward/compare/1", alias="schema")
    run_a: str
    run_b: str
    paired: bool
    how: str
    interval: str
    harm: tuple[Harm, ...] = ()
    rows: tuple[ComparisonRow, ...]


class StockFlowTerm(Model):
    """One flow of a year, in people; never negative but for ``waiting``.

    ``low90`` and ``high90`` are null where the figure is taken as it was published. ``definition`` says whose
    figure it is, or how it was estimated.
    """

    people: float
    low90: float | None = None
    high90: float | None = None
    basis: Literal["observed", "derived", "estimate"]
    definition: str


class ResidualRow(Model):
    """What the flows of one host country and year leave unexplained of the change of its registered stock.

    Stocks are people at the end of the year and of the year before, ``definition`` is that of the stock; a
    ``definition_changed`` leaves no change and no residual. A term that is null is not reported, never zero,
    and named in ``not_reported``; ``waiting`` (growth of the number of asylum seekers awaiting a decision)
    has a meaning only where ``arrivals`` are asylum applications. ``residual`` is the change less all terms
    that are there, ``share`` the residual over the mean of both stocks, ``low90`` and ``high90`` its 5 % and
    95 % quantiles as said in ``StockFlow.interval``. ``reported_residual`` knows nothing but the reported
    arrivals and returns: change + returns − arrivals; null where neither is reported.

    ``by_construction``: arrivals were published so that they balance the stock, births included (``births``
    is null then), so that the residual is no finding. ``estimated_audit``: an audit of estimated size is
    taken off, and such estimates come from these very residuals.
    """

    country: str
    year: int
    definition: str
    definition_changed: bool
    stock_before: float
    stock: float
    change: float | None
    arrivals: StockFlowTerm | None = None
    waiting: StockFlowTerm | None = None
    births: StockFlowTerm | None = None
    deaths: StockFlowTerm | None = None
    returns: StockFlowTerm | None = None
    naturalised: StockFlowTerm | None = None
    resettled: StockFlowTerm | None = None
    audits: StockFlowTerm | None = None
    residual: float | None = None
    low90: float | None = None
    high90: float | None = None
    share: float | None = None
    reported_residual: float | None = None
    not_reported: tuple[str, ...] = ()
    by_construction: bool = False
    estimated_audit: bool = False


class StockFlow(Document):
    """The balance of stock and flow of every host country and year; ``interval`` says what intervals hold."""

    schema_: Literal["homeward/residuals/1"] = Field("homeward/residuals/1", alias="schema")
    case: str
    interval: str
    rows: tuple[ResidualRow, ...]


class ReferenceRow(Model):
    """Quantiles of a share over the courses of one ``year``: ``p05``, ``p25``, ``p50``, ``p75`` and ``p95``.

    ``years_since`` is 0 for the calendar year of the onset.
    """

    years_since: Count
    year: int
    p05: float
    p25: float
    p50: float
    p75: float
    p95: float


class ReferenceEpisode(Model):
    """A past episode: its ``id``, the ``origin`` that people fled, ``name``, day (``onset``) and ``kind`` of the event.

    ``coercion`` is how its returns are described, ``stock`` the refugees at the end of the year before, ``cumulative``
    the share that had returned by the end of each year, null once unknown.
    """

    id: str
    origin: str
    name: str
    onset: date
    kind: str
    coercion: str
    stock: Count
    cumulative: tuple[float | None, ...]


class Reference(Document):
    """What past episodes of other origins say of an origin after an onset.

    ``onset`` is its year; ``as_of`` the day whose knowledge was used, null for all there is; ``without_coerced``
    whether episodes with forced returns were left out.
    ``rows`` is the share of the refugees at the onset who have returned by the end of each year, ``hazard`` the share
    of those still in exile who return in the year. ``nearest`` are the past episodes most like this one; ``own`` are
    the origin's own, which the prediction has not seen. ``episodes`` is how many it rests on, ``coerced`` how many
    of them are called so, ``remarks`` what is ambiguous in tables given with ``--data``.
    """

    schema_: Literal["homeward/reference/1"] = Field("homeward/reference/1", alias="schema")
    origin: str
    onset: int
    as_of: date | None
    without_coerced: bool
    episodes: Count
    coerced: Count
    interval: str
    rows: tuple[ReferenceRow, ...]
    hazard: tuple[ReferenceRow, ...]
    nearest: tuple[ReferenceEpisode, ...]
    own: tuple[ReferenceEpisode, ...]
    remarks: tuple[str, ...]
