"""A case as it was known on a day: the rows that could have been read then, and no others.

Every row says when it became known. A forecast from a day may use no row that became known later, whatever the date
that the row is about. Series made by hand (estimates) became known when they were written, which is long after most of
what they say; so a forecast from an earlier day goes without them, unless it is asked to take each of their rows as
known on the first day for which it holds. Such a forecast has hindsight in it, and says so.

Two things are not covered. The tables hold one late vintage: a figure that was corrected since stands here as
corrected, so a forecast from a past day is *pseudo-real-time*. And priors, the values in ``case.toml`` and the rules
themselves were written with the whole record in sight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TypeVar

from homeward.case.schema import Basis, Case, Condition, Event, EventIndicator, Fitted, Row
from homeward.case.superseded import not_yet_replaced
from homeward.errors import InputError, Problem, UsageError

__all__ = ["is_known", "known_case", "require_known"]

AnyRow = TypeVar("AnyRow", bound=Row)
LISTED = 5
GEOGRAPHY = ("places", "routes", "population")
"""Tables that a case cannot do without: a day before their rows were known has no forecast."""

DATED = ("conditions", "events", "observed", "plans")
"""Tables whose later rows are left out."""

WRITTEN = ("conditions", "events")
"""Those of them whose estimates are hand-made series: a figure, estimated or not, is known when it is published."""

FIGURES_APPEAR = (6, 20)
"""Month and day on which figures of a year are out in the next: what is worked out from them cannot be known before."""


def known_case(case: Case, as_of: date, *, hand_made: bool = False) -> Case:
    """Return a case with the rows that were known on a day, without a fitted set that has seen later ones.

    Where a row took the place of an earlier one, that one is taken back until the later was known. ``hand_made``: take
    conditions and events that are estimates as known on their own dates (audits: in June of the next year). What is
    left out leaves no trace: two cases that differ in rows known later give the same result.

    Raises UsageError for a day before the case begins, InputError if its places, routes or people were not known.
    """
    if as_of < case.settings.start:
        raise UsageError(f"--as-of {as_of} lies before the start of the case, {case.settings.start}")
    problems = list(_unknown_geography(case, as_of, hand_made=hand_made))
    if problems:
        raise InputError(problems)
    tables = {
        name: tuple(_known(getattr(case, name), as_of, hand_made=hand_made and name in WRITTEN)) for name in DATED
    }
    tables["conditions"] = (*tables["conditions"], *_not_yet_replaced(case, tables["conditions"], as_of))
    tables["superseded"] = ()
    fitted = case.fitted if case.fitted and is_known(case.fitted, as_of, hand_made=hand_made) else None
    return case.model_copy(update={**tables, "fitted": fitted})


def is_known(fitted: Fitted, as_of: date, *, hand_made: bool = False) -> bool:
    """Return whether a fitted set has seen nothing that became known after a day.

    One that took hand-made rows as known on their own date serves only where that is wanted.
    """
    return fitted.known_on <= as_of and fitted.fitted_through <= as_of and (hand_made or not fitted.hand_made)


def require_known(fitted: Fitted, as_of: date, file: str, *, hand_made: bool = False) -> None:
    """Raise InputError, naming the file, for a fitted set that a forecast from this day may not use."""
    if is_known(fitted, as_of, hand_made=hand_made):
        return
    later = max(fitted.fitted_through, fitted.known_on)
    if later > as_of:
        what = f"the set was fitted through {fitted.fitted_through} to rows known by {fitted.known_on}"
        remedy = f"Give a set fitted by 'homeward fit CASE --as-of {as_of}', or a later --as-of"
    else:
        what = "the set took hand-made series as known on their own dates"
        remedy = "Add --hand-made, or give a set fitted without it"
    raise InputError([Problem(file, None, None, f"{what}, so a forecast from {as_of} may not use it", remedy)])


def _known(rows: Sequence[AnyRow], as_of: date, *, hand_made: bool) -> Iterator[AnyRow]:
    for row in rows:
        known_on = _known_on(row, hand_made=hand_made)
        if known_on <= as_of:
            yield row if known_on == row.known_on else row.model_copy(update={"known_on": known_on})


def _not_yet_replaced(case: Case, known: Sequence[Condition], as_of: date) -> Iterator[Condition]:
    """Yield the conditions that held their place on a day because the row that took it was not known yet."""
    for row in not_yet_replaced(case.superseded, known, as_of):
        yield Condition.model_construct(**{name: getattr(row, name) for name in Condition.model_fields})


def _known_on(row: Row, *, hand_made: bool) -> date:
    """Return when a row became known; of a hand-made one, if so wanted, its own date.

    The size of an audit is worked out from the figure of the end of its year, so it is known with that figure.
    """
    own: date | None = getattr(row, "date", None)
    if not hand_made or own is None or row.basis is not Basis.ESTIMATE:
        return row.known_on
    if isinstance(row, Event) and row.indicator is EventIndicator.AUDIT:
        own = date(own.year + 1, *FIGURES_APPEAR)
    return min(own, row.known_on)


def _unknown_geography(case: Case, as_of: date, *, hand_made: bool) -> Iterator[Problem]:
    for table in GEOGRAPHY:
        late = [
            (number, row)
            for number, row in enumerate(getattr(case, table), start=1)
            if row.known_on > as_of and not (hand_made and row.basis is Basis.ESTIMATE)
        ]
        for number, row in late[:LISTED]:
            yield Problem(
                f"{table}.csv",
                number,
                None,
                f"this row was not known before {row.known_on}, and a forecast from {as_of} cannot do without it",
                f"Take a later --as-of, {max(row.known_on for _, row in late)} or after",
            )
