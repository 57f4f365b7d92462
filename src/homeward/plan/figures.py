"""The yearly figures of a case: one for each measure, place and year, in the definition that backtests go by."""

from __future__ import annotations

from collections.abc import Mapping

from homeward.case.schema import Case, Measure, Observation
from homeward.judge.series import OTHER_DEFINITIONS, family

__all__ = ["RETURNS", "YearlyFigures", "smallest_of", "yearly_figures"]

RETURNS = (Measure.RETURNED_REFUGEES, Measure.RETURNED_IDPS)
YEAR_END = "UNHCR year-end"
VERIFIED = "verified"
SMALLEST_RETURNS, SMALLEST_STOCK = 100, 1_000

YearlyFigures = Mapping[tuple[Measure, str], Mapping[int, Observation]]
"""Rows by measure and place (or country), and by year."""


def yearly_figures(case: Case) -> YearlyFigures:
    """Return the figures of year-ends that are about people of every origin.

    Stocks are those of the family 'UNHCR year-end'. Of returns, cumulative figures and other reports are left out, and
    a verified figure goes before others of its year. A figure of 0 is none: it stands where nothing was reported.
    """
    found: dict[tuple[Measure, str], dict[int, Observation]] = {}
    for row in case.observed:
        year_end = (row.date.month, row.date.day) == (12, 31)
        if year_end and not row.origin and row.value > 0 and _is_of_the_series(row):
            by_year = found.setdefault((row.measure, row.place), {})
            if row.date.year not in by_year or VERIFIED in row.definition:
                by_year[row.date.year] = row
    return found


def smallest_of(measure: Measure) -> int:
    """Return the people below whom a figure is single cases: neither scored nor a measure of how figures move."""
    return SMALLEST_RETURNS if measure in RETURNS else SMALLEST_STOCK


def _is_of_the_series(row: Observation) -> bool:
    if row.measure in RETURNS:
        return not row.definition.startswith(OTHER_DEFINITIONS)
    return family(row.definition) == YEAR_END
