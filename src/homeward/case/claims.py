"""Claims that people make about a case (``claims.csv``), each with the rule by which it is set against what is known.

The rule stands in the table and not in the code: which of a few general checks, of what, and what must hold of the
figure that it gives. Figures that only claims need, such as a survey's or a share of land, are in
``claim_figures.csv``. Neither table is part of a case as it is run: they change no result and no hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, Field, model_validator

from homeward.case.check import origin_districts
from homeward.case.indicators import HELD_BY, HOME_CONDITIONS, RETURN_INTENTION
from homeward.case.schema import Case, Identifier, NonNegative, Row
from homeward.case.table import Table, read_table
from homeward.case.wording import did_you_mean, shown
from homeward.errors import InputError, Problem

__all__ = [
    "CLAIMS_FILE",
    "CLAIM_FIGURES_FILE",
    "CLAIM_FILES",
    "CLAIM_TABLES",
    "Claim",
    "ClaimFigure",
    "Claims",
    "read_claims",
]

Model = TypeVar("Model", bound=BaseModel)

CLAIMS_FILE = "claims.csv"
CLAIM_FIGURES_FILE = "claim_figures.csv"
CLAIM_FILES = (CLAIMS_FILE, CLAIM_FIGURES_FILE)
"""Files of a case that no run reads."""

Check = Literal[
    "displaced_share", "stock", "stock_share", "ranking", "held_share", "lost_share", "violence", "notes", "unmet",
    "intending", "figure", "without", "none",
]  # fmt: skip
Day = date  # a field of this name hides the type
SAFETY = ("violence", "persecution_risk")
UNMET = (*SAFETY, *HOME_CONDITIONS)
Citation = Annotated[str, Field(min_length=1, description="Who published it and when, in full; no key of sources.csv")]


class Claim(Row):
    """A claim, or one part or reading of it, and the check by which it is judged (``claims.csv``).

    ``check``: ``displaced_share`` (refugees and IDPs over the people before the displacement), ``stock`` (people by
    ``measure``, all or in ``places``), ``stock_share`` (refugees in ``places`` over those ``among`` which they are
    counted), ``ranking`` (by how many people each of ``places``, in order, leads the next and all others),
    ``held_share`` (share of people who live under the holder in ``indicator``), ``lost_share`` (1 less ``housing`` or
    ``services``, by people), ``violence`` (recorded deaths from ``since`` to ``until``), ``notes`` (events of public
    record in that time), ``unmet`` (districts in which at least one limit of the pillars in ``indicator`` is not
    kept), ``intending`` (people who mean to return: ``return_intention``, or the share in ``claim_figures.csv``, of the
    refugees in ``places``), ``figure`` (the figure in ``claim_figures.csv``), ``without`` (what the model says of
    ``measure`` if ``indicator``, ``sanctions`` or ``border``, had not changed after ``since``; it decides nothing),
    ``none`` (no check can decide it). Rows of one ``id`` are its parts, all of which must hold, or its readings, which
    must agree.
    """

    id: Annotated[Identifier, Field(description="Short name of the claim; its parts or readings share it")]
    part: Annotated[str, Field(description="What this row is about, in a few words; told apart within a claim")] = ""
    role: Annotated[
        Literal["part", "reading"],
        Field(description="part: every part must hold; reading: the words can mean this or that, and all must agree"),
    ] = "part"
    who: Annotated[str, Field(min_length=1, description="Who says it")]
    claim: Annotated[str, Field(min_length=1, description="The claim, in short and neutral words")]
    date: Annotated[date, Field(description="Day on which it was said: what is judged is how things were on that day")]
    check: Annotated[Check, Field(description="How it is set against what is known; see above")]
    measure: Annotated[
        Literal["", "refugee_stock", "idp_stock", "returned_refugees", "housing", "services"],
        Field(description="What is counted, or what a condition that is taken away would have moved"),
    ] = ""
    indicator: Annotated[str, Field(description="Indicator, holder, or limits of the pillars with spaces between")] = ""
    places: Annotated[str, Field(description="Places or countries with spaces between; blank: all")] = ""
    among: Annotated[str, Field(description="Places or countries that places are a share of; blank: all hosts")] = ""
    since: Annotated[Day | None, Field(description="First day that counts")] = None
    until: Annotated[Day | None, Field(description="Last day that counts")] = None
    compare: Annotated[
        Literal["at_least", "more_than", "at_most", "about", "shown"],
        Field(description="What must hold of the figure; shown: nothing, it stands beside the others"),
    ] = "shown"
    value: Annotated[NonNegative | None, Field(description="Number that the figure is held against")] = None
    tolerance: Annotated[NonNegative | None, Field(description="How far from it counts as about")] = None
    source: Citation

    @model_validator(mode="after")
    def _comparison_is_whole(self) -> Self:
        if (self.compare == "shown") != (self.value is None):
            raise ValueError(f"compare is {self.compare}: give a value with every comparison, and none with shown")
        if (self.compare == "about") != (self.tolerance is not None):
            raise ValueError(f"compare is {self.compare}: give a tolerance with about, and none with anything else")
        if self.since is not None and self.until is not None and self.until < self.since:
            raise ValueError(f"until {self.until} lies before since {self.since}")
        return self


class ClaimFigure(Row):
    """A published figure that only a claim needs (``claim_figures.csv``): of one part of it, by date."""

    claim: Annotated[Identifier, Field(description="Name of the claim in claims.csv")]
    part: Annotated[str, Field(description="Which part of it")] = ""
    what: Annotated[str, Field(min_length=1, description="What the figure says, in a few words")]
    unit: Annotated[str, Field(min_length=1, description="share, people, deaths, countries …")]
    date: Annotated[date, Field(description="Day that the figure is about")]
    value: Annotated[NonNegative, Field(description="The figure")]
    low: Annotated[NonNegative | None, Field(description="Low end of its published range")] = None
    high: Annotated[NonNegative | None, Field(description="High end of its published range")] = None
    source: Citation

    @model_validator(mode="after")
    def _range_is_ordered(self) -> Self:
        if (self.low is not None and self.low > self.value) or (self.high is not None and self.high < self.value):
            raise ValueError(f"the value {self.value:g} lies outside its range")
        return self


CLAIM_TABLES: Mapping[str, type[Row]] = {"claims": Claim, "claim_figures": ClaimFigure}
"""The tables of claims by name of file without ``.csv``."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims about a case, part by part, and the figures that they need beside the case."""

    rows: tuple[Claim, ...] = ()
    figures: tuple[ClaimFigure, ...] = ()

    def by_id(self) -> dict[str, tuple[Claim, ...]]:
        """Return the parts of every claim by its name, in the order of the table."""
        found: dict[str, tuple[Claim, ...]] = {}
        for row in self.rows:
            found[row.id] = (*found.get(row.id, ()), row)
        return found


def read_claims(folder: Path, case: Case) -> Claims:
    """Return the claims in a folder about a case; none if it has no ``claims.csv``.

    Raises InputError with everything that is wrong in either file, each with row, line and remedy.
    """
    claims = _read(folder / CLAIMS_FILE, Claim)
    figures = _read(folder / CLAIM_FIGURES_FILE, ClaimFigure)
    problems = [*claims.problems, *figures.problems]
    if not problems:
        problems = [*_of_claims(claims, figures, case), *_of_figures(figures, claims)]
    if problems:
        raise InputError(problems)
    return Claims(tuple(claims.rows), tuple(figures.rows))


def _read(path: Path, model: type[Model]) -> Table[Model]:
    return read_table(path, model, may_be_empty=True) if path.exists() else Table()


Fault = tuple[str, str]


def _of_claims(claims: Table[Claim], figures: Table[ClaimFigure], case: Case) -> Iterator[Problem]:
    told = {(row.claim, row.part) for row in figures.rows}
    first_of: dict[str, Claim] = {}
    seen: set[tuple[str, str]] = set()
    for index, row in enumerate(claims.rows):
        faults = [*_wrong_places(row, case), *_wrong_date(row, case), *_ARGUMENTS.get(row.check, _nothing)(row)]
        faults += _unlike(first_of.setdefault(row.id, row), row)
        if (row.id, row.part) in seen:
            faults.append((f"the claim {shown(row.id)} has two rows for {shown(row.part)}", "Name each part apart"))
        if _needs_figure(row) and (row.id, row.part) not in told:
            remedy = f"Add a row to {CLAIM_FIGURES_FILE} with this claim and part"
            faults.append((f"no figure is given for {shown(row.id)}, {shown(row.part)}", remedy))
        seen.add((row.id, row.part))
        yield from (Problem(CLAIMS_FILE, index + 1, claims.lines[index], *fault) for fault in faults)


def _of_figures(figures: Table[ClaimFigure], claims: Table[Claim]) -> Iterator[Problem]:
    asked = {(row.id, row.part) for row in claims.rows if _needs_figure(row)}
    for index, row in enumerate(figures.rows):
        if (row.claim, row.part) not in asked:
            what = f"no claim asks for a figure of {shown(row.claim)}, {shown(row.part)}"
            remedy = did_you_mean(row.claim, {one for one, _ in asked})
            yield Problem(CLAIM_FIGURES_FILE, index + 1, figures.lines[index], what, remedy)


def _needs_figure(row: Claim) -> bool:
    return row.check == "figure" or (row.check == "intending" and not row.indicator)


def _wrong_places(row: Claim, case: Case) -> Iterator[Fault]:
    countries = {place.country for place in case.places}
    known = {place.id for place in case.places} | countries
    if row.check in ("held_share", "lost_share", "unmet"):
        known = set(origin_districts(case))
    elif row.check in ("stock", "stock_share", "ranking", "intending"):
        known = countries
    for name in (*row.places.split(), *row.among.split()):
        if name not in known:
            yield f"the check {row.check} knows no place {shown(name)}", did_you_mean(name, known)


def _wrong_date(row: Claim, case: Case) -> Iterator[Fault]:
    if row.date < case.settings.start:
        yield f"the claim is of {row.date}, before the case begins", f"Give a day from {case.settings.start} on"


def _unlike(first: Claim, row: Claim) -> Iterator[Fault]:
    for name in ("who", "claim", "date", "source", "role"):
        if getattr(first, name) != getattr(row, name):
            yield f"{shown(name)} differs from that of the first row of {shown(row.id)}", "Write the same in each"


def _nothing(_row: Claim) -> Iterator[Fault]:
    return iter(())


def _stock(row: Claim) -> Iterator[Fault]:
    if row.measure not in ("refugee_stock", "idp_stock"):
        yield "the check stock needs a measure", "Write refugee_stock or idp_stock in 'measure'"


def _places_needed(row: Claim) -> Iterator[Fault]:
    if not row.places:
        yield f"the check {row.check} needs places", "Name them in 'places', with spaces between"


def _held(row: Claim) -> Iterator[Fault]:
    if not row.indicator.startswith(HELD_BY) or row.indicator == HELD_BY:
        yield f"the check held_share needs a holder, not {shown(row.indicator)}", "Write held_by.NAME in 'indicator'"


def _lost(row: Claim) -> Iterator[Fault]:
    if row.indicator not in HOME_CONDITIONS:
        yield f"the check lost_share knows no {shown(row.indicator)}", did_you_mean(row.indicator, HOME_CONDITIONS)


def _period(row: Claim) -> Iterator[Fault]:
    if row.since is None or row.until is None:
        yield f"the check {row.check} needs a period", "Fill 'since' and 'until'"
    elif row.until > row.date:
        yield f"the period ends on {row.until}, after the claim", "End it on the day of the claim, or before"


def _unmet(row: Claim) -> Iterator[Fault]:
    for name in row.indicator.split() or [""]:
        if name not in UNMET:
            yield f"the check unmet knows no limit {shown(name)}", did_you_mean(name, UNMET)


def _intending(row: Claim) -> Iterator[Fault]:
    if row.indicator not in ("", RETURN_INTENTION):
        yield f"the check intending knows no {shown(row.indicator)}", f"Write {RETURN_INTENTION}, or leave it blank"
    if not row.indicator:
        yield from _places_needed(row)


def _without(row: Claim) -> Iterator[Fault]:
    if (row.indicator, row.measure) not in WITHOUT:
        pairs = ", ".join(f"{one} and {other}" for one, other in WITHOUT)
        yield f"the check without cannot take {shown(row.indicator)} away from {shown(row.measure)}", f"Known: {pairs}"
    if row.since is None:
        yield "the check without needs a day from which on", "Fill 'since'"
    if row.compare != "shown":
        yield "what the model says without something decides nothing", "Write shown in 'compare'"


def _undecided(row: Claim) -> Iterator[Fault]:
    if row.compare != "shown":
        yield "the check none has no figure to compare", "Write shown in 'compare'"


WITHOUT = (("sanctions", "housing"), ("sanctions", "services"), ("border", "returned_refugees"))
"""What can be taken away, and what the model then says of."""

_ARGUMENTS: Mapping[str, Callable[[Claim], Iterator[Fault]]] = {
    "stock": _stock,
    "stock_share": _places_needed,
    "ranking": _places_needed,
    "held_share": _held,
    "lost_share": _lost,
    "violence": _period,
    "notes": _period,
    "unmet": _unmet,
    "intending": _intending,
    "without": _without,
    "none": _undecided,
}
