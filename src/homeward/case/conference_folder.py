"""Read the parties, levers and meetings of a case folder, and check them against each other and the case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from homeward.case.conference import CONFERENCE_FILES, Conference, Evidenced, Levers, Meetings, Party
from homeward.case.indicators import HELD_BY
from homeward.case.levers import changes_of, cycle_of
from homeward.case.scenario import names_at_fault
from homeward.case.schema import Case
from homeward.case.table import Table, read_table
from homeward.case.tomlfile import read_toml
from homeward.case.wording import did_you_mean, shown
from homeward.errors import InputError, Problem

__all__ = ["check_conference", "read_conference"]

Model = TypeVar("Model", Levers, Meetings)
PARTIES, LEVERS, MEETINGS = CONFERENCE_FILES
_A_DAY = date(2000, 1, 1)


def read_conference(folder: Path, case: Case) -> Conference:
    """Return the parties, levers and meetings of a case folder, empty where it has none.

    Raises InputError with all that is wrong with the three files, by themselves, with each other and with the case.
    """
    path = folder / PARTIES
    parties: Table[Party] = read_table(path, Party, may_be_empty=True) if path.exists() else Table()
    problems = parties.problems
    levers = _read_or_tell(folder / LEVERS, Levers(), problems)
    meetings = _read_or_tell(folder / MEETINGS, Meetings(), problems)
    found = Conference(parties=tuple(parties.rows), levers=levers.lever, meetings=meetings.meeting)
    problems = problems or check_conference(found, case)
    if problems:
        raise InputError(problems)
    return found


def _read_or_tell(path: Path, empty: Model, problems: list[Problem]) -> Model:
    """Return a file's content, ``empty`` where there is none or where it is wrong, which is added to the problems."""
    try:
        return read_toml(path, type(empty)) if path.exists() else empty
    except InputError as error:
        problems += error.problems
        return empty


def check_conference(conference: Conference, case: Case) -> list[Problem]:
    """Return all that is wrong with a conference across its files and with the case."""
    return [problem for check in _CHECKS for problem in check(conference, case)]


def _named_twice(conference: Conference, _case: Case) -> Iterator[Problem]:
    named: tuple[tuple[str, str, Sequence[Evidenced]], ...] = (
        (PARTIES, "party", conference.parties),
        (LEVERS, "lever", conference.levers),
        (MEETINGS, "meeting", conference.meetings),
    )
    for file, kind, rows in named:
        seen: set[str] = set()
        for number, row in enumerate(rows, start=1):
            if row.id in seen:
                what = f"the {kind} {shown(row.id)} stands there twice"
                yield Problem(file, number, None, what, "Remove one of the two, or give it another id")
            seen.add(row.id)


def _parties_elsewhere(conference: Conference, case: Case) -> Iterator[Problem]:
    countries = {place.country for place in case.places} - {case.settings.origin_country}
    holders = {row.indicator.removeprefix(HELD_BY) for row in case.conditions if row.indicator.startswith(HELD_BY)}
    for number, party in enumerate(conference.parties, start=1):
        for country in party.countries:
            if country not in countries:
                what = f"{shown(party.id)} speaks for {shown(country)}, which is no country of asylum of places.csv"
                yield Problem(PARTIES, number, None, what, did_you_mean(country, countries))
        for holder in party.holders:
            if holder not in holders:
                what = f"{shown(party.id)} is the holder {shown(holder)}, who holds no place in conditions.csv"
                yield Problem(PARTIES, number, None, what, did_you_mean(holder, holders))


def _spoken_for_twice(conference: Conference, _case: Case) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for number, party in enumerate(conference.parties, start=1):
        for name in (*party.countries, *party.holders):
            other = first.setdefault(name, party.id)
            if other != party.id:
                what = f"{shown(party.id)} speaks for {shown(name)}, and so does {shown(other)}"
                yield Problem(PARTIES, number, None, what, "Leave it to one of them: people would count twice")


def _unknown_parties(conference: Conference, _case: Case) -> Iterator[Problem]:
    known = {party.id for party in conference.parties}
    for number, lever in enumerate(conference.levers, start=1):
        yield from _unknown(LEVERS, number, f"the lever {shown(lever.id)}", "party", lever.held_by, known)
    for number, meeting in enumerate(conference.meetings, start=1):
        what = f"the meeting {shown(meeting.id)}"
        yield from _unknown(MEETINGS, number, what, "party", meeting.in_the_room, known)


def _unknown(
    file: str, number: int, of: str, kind: str, names: Iterable[str], known: Iterable[str]
) -> Iterator[Problem]:
    known = list(known)
    for name in names:
        if name not in known:
            yield Problem(file, number, None, f"{of} names the {kind} {shown(name)}, which there is not",
                          did_you_mean(name, known))  # fmt: skip


def _wrong_requirements(conference: Conference, _case: Case) -> Iterator[Problem]:
    known = [lever.id for lever in conference.levers]
    for number, lever in enumerate(conference.levers, start=1):
        yield from _unknown(LEVERS, number, f"the lever {shown(lever.id)}", "lever", lever.requires, known)
    if cycle := cycle_of(conference.levers):
        what = f"levers require each other in a circle: {' requires '.join(shown(name) for name in cycle)}"
        yield Problem(LEVERS, known.index(cycle[0]) + 1, None, what, "Remove one of these requirements")


def _wrong_effects(conference: Conference, case: Case) -> Iterator[Problem]:
    for number, lever in enumerate(conference.levers, start=1):
        for what, remedy in names_at_fault(case, changes_of(lever, _A_DAY)):
            yield Problem(LEVERS, number, None, f"the lever {shown(lever.id)}: {what}", remedy)


def _wrong_borders(conference: Conference, case: Case) -> Iterator[Problem]:
    countries = {place.country for place in case.places}
    for number, lever in enumerate(conference.levers, start=1):
        ends = dict.fromkeys(end for change in lever.border for end in change.border.split(">"))
        for end in ends:
            if end not in countries:
                what = f"the lever {shown(lever.id)} moves a border of {shown(end)}, which is no country of places.csv"
                yield Problem(LEVERS, number, None, what, did_you_mean(end, countries))


_CHECKS: Sequence[Callable[[Conference, Case], Iterator[Problem]]] = (
    _named_twice,
    _parties_elsewhere,
    _spoken_for_twice,
    _unknown_parties,
    _wrong_requirements,
    _wrong_effects,
    _wrong_borders,
)
