"""Findings: what somebody judged of a criterion of the rulebook, where no condition of a case can carry it.

They stand in ``findings.csv`` of a case and outside of :class:`homeward.case.schema.Case`: no run reads them, so they
change no hash of a case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from homeward.case.check import origin_districts
from homeward.case.schema import Case, Identifier, Row
from homeward.case.table import read_table
from homeward.case.wording import did_you_mean, shown
from homeward.errors import InputError, Problem

__all__ = ["FINDINGS_FILE", "Finding", "FindingScope", "read_findings"]

FINDINGS_FILE = "findings.csv"

FindingScope = Literal["place", "country", "host"]
"""What a criterion is about: a district of origin, the country of origin, or a country of asylum."""

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)


class Finding(Row):
    """What somebody judged of a criterion from a day on (``findings.csv``): for thresholds, no input of a run.

    It is for criteria that no indicator answers, such as an amnesty. The later row on a criterion and a place holds.
    """

    criterion: Annotated[Identifier, Field(description="Id of a criterion of the rulebook, such as amnesty")]
    place: Annotated[
        Identifier,
        Field(description="District of origin, country of origin (for all its districts), or country of asylum"),
    ]
    date: Annotated[date, Field(description="Day that it is about")]
    verdict: Annotated[
        Literal["met", "not_met", "unknown"],
        Field(description="What was judged; unknown: somebody looked, and nothing decides it"),
    ]
    what: Annotated[str, Field(min_length=1, description="What was found, in a few words")]


def read_findings(folder: Path, case: Case, criteria: Mapping[str, FindingScope | None]) -> tuple[Finding, ...]:
    """Return the findings in the folder of a case, in the order of their rows; none where it has no such file.

    ``criteria``: what a finding on each is about; None for one that conditions decide. Raises InputError with every
    problem: a row that is not valid, and criteria, places, sources and days that do not fit.
    """
    path = folder / FINDINGS_FILE
    if not path.exists():
        return ()
    table = read_table(path, Finding, may_be_empty=True)
    # Rows that could not be read would shift the numbers of the others.
    problems = table.problems or list(_problems(table.rows, table.lines, case, criteria))
    if problems:
        raise InputError(problems)
    return tuple(table.rows)


def _problems(
    rows: Sequence[Finding], lines: Sequence[int], case: Case, criteria: Mapping[str, FindingScope | None]
) -> Iterator[Problem]:
    sources = {source.id for source in case.sources}
    for number, (row, line) in enumerate(zip(rows, lines, strict=True), start=1):
        faults = [_criterion_fault(row, criteria), _place_fault(row, case, criteria), _day_fault(row)]
        if row.source not in sources:
            faults.append((f"the source {shown(row.source)} is not in sources.csv", did_you_mean(row.source, sources)))
        yield from (Problem(FINDINGS_FILE, number, line, *fault) for fault in faults if fault)


def _criterion_fault(row: Finding, criteria: Mapping[str, FindingScope | None]) -> tuple[str, str] | None:
    taken = [name for name, scope in criteria.items() if scope]
    if row.criterion not in criteria:
        return f"there is no criterion {shown(row.criterion)}", did_you_mean(row.criterion, taken)
    if criteria[row.criterion] is None:
        what = f"the criterion {shown(row.criterion)} is judged by conditions and takes no finding"
        return what, "Write what is known as rows of conditions.csv"
    return None


def _place_fault(row: Finding, case: Case, criteria: Mapping[str, FindingScope | None]) -> tuple[str, str] | None:
    scope = criteria.get(row.criterion)
    if scope is None:
        return None
    home = case.settings.origin_country
    known: dict[FindingScope, set[str]] = {
        "place": {home, *origin_districts(case)},
        "country": {home},
        "host": {place.country for place in case.places} - {home},
    }
    if row.place in known[scope]:
        return None
    kind = {"place": "district of origin", "country": "country of origin", "host": "country of asylum"}[scope]
    what = f"{shown(row.place)} is no {kind}, which {shown(row.criterion)} is about"
    return what, did_you_mean(row.place, known[scope])


def _day_fault(row: Finding) -> tuple[str, str] | None:
    for name, day in (("date", row.date), ("known_on", row.known_on)):
        if not _FIRST_DAY <= day <= _LAST_DAY:
            return f"{name} is {day}, far from our time", "Check the year"
    return None
