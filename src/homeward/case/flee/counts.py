"""What the counts of a Flee directory say: of every day of the simulation, as Flee reads them, and of their own dates.

Between dates Flee draws straight lines, so a count of every day knows the next date's; and a correction of
registrations scales all counts before it by a ratio that is known only on its date. Whoever forecasts knows neither:
:func:`observations` says what was known by a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.model import CampCounts, CountFile, FleeCase
from homeward.errors import InputError, Problem

__all__ = ["CampObservations", "DailyCounts", "daily_counts", "observations"]

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_CORRECTIONS = "input_csv/registration_corrections.csv"
_DAY_0: IntArray = np.zeros(1, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class DailyCounts:
    """What the counts say of every day; row 0 is the first day of the simulation.

    Flee's ``out.csv`` compares the state after day t with the counts of day t, but prints the date of day t + 1.

    ``camps``: names, in the order of ``data_layout.csv`` without its first row. ``compared`` (camps): whether Flee
    compares it with the simulation, that is, whether ``locations.csv`` has it as a camp; all are added up for new
    people. ``counted`` (days x camps) people, and ``day0`` (camps) those of day 0 before any are taken off
    (``empty_camps_on_day0``). ``total`` (days) what the first row of the layout says.

    ``change`` (days): the day's increase of the sum of camps, or of ``total`` without ``sum_from_camps``; below 0 for
    a decrease. ``registered`` (days) their sum so far, by which Flee divides errors; day 0 brings the whole sum of the
    camps *and* ``total``, as in Flee. ``debt`` (days) is how many people the decreases have taken off that increases
    have not yet paid back, and ``new`` (days) how many people appear, with debts paid.

    Flee adds up nothing where conflict itself drives people out (``conflict_driven_spawning``); here it is as above.
    """

    camps: tuple[str, ...]
    compared: BoolArray
    counted: IntArray
    day0: IntArray
    total: IntArray
    registered: IntArray
    change: IntArray
    new: IntArray
    debt: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class CampObservations:
    """The dated counts of a camp: ``days`` (rising; before day 0 and after the end too) and ``people`` on each.

    ``compared`` is whether the simulation has the camp, as in :class:`DailyCounts`. People are a broken number where
    a correction has scaled them.
    """

    camp: str
    compared: bool
    days: IntArray
    people: FloatArray


def daily_counts(
    case: FleeCase, *, hasten: int = 1, corrected: bool = True, days: int | None = None
) -> DailyCounts:  # fmt: skip
    """Return what the counts say of each of the first ``days`` days (left out: all), exactly as Flee reads them.

    Every count is first divided by ``hasten`` (1 or more). ``corrected=False`` leaves out the corrections of
    registrations, which Flee always makes. A case without ``source_data`` has no camps and nobody counted.

    Raises InputError where a correction cannot be made: there is no count on its date, or nobody counted before it.
    """
    steps = case.settings.number_of_steps
    length = days if days is not None else case.period.days if steps < 0 else steps
    on = np.arange(length, dtype=np.int64)
    tables = [_table(case, camp, hasten, corrected=corrected) for camp in case.camps]
    start = np.array([_on_days(table, _DAY_0)[0] for table in tables], dtype=np.int64)
    counted = np.zeros((length, len(tables)), dtype=np.int64)
    for column, table in enumerate(tables):
        counted[:, column] = _on_days(table, on)
    total = np.zeros(length, dtype=np.int64)
    if case.total is not None:
        total = _on_days(_flee_sum(case, case.total, hasten), on)
    if case.settings.spawn_rules.empty_camps_on_day0:
        counted, total = counted - start, total - total[:1]
    change = _changes(case, counted, total)
    new, debt = _appearing(change, none_on_day0=case.settings.spawn_rules.insert_day0)
    return DailyCounts(
        camps=tuple(camp.name for camp in case.camps), compared=_compared(case), counted=counted, day0=start,
        total=total, registered=np.cumsum(change), change=change, new=new, debt=debt,
    )  # fmt: skip


def observations(case: FleeCase, *, corrected: bool, known_by: int | None = None) -> tuple[CampObservations, ...]:
    """Return the dated counts of each camp, in the order of :class:`DailyCounts`.

    The counts of a camp with several files are added up on every date of any of them, each file's last count on or
    before it, 0 before its first. (Flee adds the *next* count of the first file, and goes no further than the file
    that ends first.) ``corrected`` scales by the corrections of registrations. Where ``empty_camps_on_day0`` is set,
    the count of day 0 is taken off.

    ``known_by``: leave out all counts and corrections after this day, so that the rest is what was known then. (The
    last count is then the same with and without corrections: they scale only those before.)

    Raises InputError as :func:`daily_counts` does.
    """
    found = []
    for camp, compared in zip(case.camps, _compared(case).tolist(), strict=True):
        table = _known_sum(case, camp, known_by)
        if corrected:
            _correct(table, camp.name, _correction_days(case, camp.name, known_by))
        if case.settings.spawn_rules.empty_camps_on_day0 and len(table.days):
            table.people -= _on_days(table, _DAY_0)
        found.append(CampObservations(camp.name, compared, table.days, table.people))
    return tuple(found)


@dataclass(slots=True)
class _Table:
    """Counts by rising day; ``people`` is changed in place by corrections."""

    days: IntArray
    people: FloatArray


def _table(case: FleeCase, camp: CampCounts, hasten: int, *, corrected: bool) -> _Table:
    """Return the counts of a camp as Flee has them once all files are read."""
    table = _flee_sum(case, camp, hasten)
    if corrected:
        _correct(table, camp.name, _correction_days(case, camp.name, None))
    return table


def _read(file: CountFile, start: date, hasten: int) -> _Table:
    # Divided before anything is added or scaled: the order decides what rounding down gives.
    days = np.array([(count.on - start).days for count in file.counts], dtype=np.int64)
    return _Table(days, np.array([count.people / hasten for count in file.counts], dtype=np.float64))


def _flee_sum(case: FleeCase, row: CampCounts, hasten: int) -> _Table:
    """Return the sum over the files of a row of the layout, as Flee adds them."""
    tables = [_read(file, case.period.start, hasten) for file in row.files]
    total = tables[0]
    for table in tables[1:]:
        total = _flee_pair(total, table)
    return total


def _flee_pair(first: _Table, second: _Table) -> _Table:
    """Return Flee's sum of two files: the first's next count and the second's last, until either file ends."""
    days = np.union1d(first.days, second.days)
    days = days[days <= min(first.days[-1], second.days[-1])]
    return _Table(days, _last(second, days) + first.people[np.searchsorted(first.days, days)])


def _known_sum(case: FleeCase, camp: CampCounts, known_by: int | None) -> _Table:
    """Return the sum of the last counts of all files, on all their dates."""
    tables = [_read(file, case.period.start, 1) for file in camp.files]
    days = np.unique(np.concatenate([table.days for table in tables]))
    if known_by is not None:
        days = days[days <= known_by]
    people = np.zeros(len(days))
    for table in tables:
        people += _last(table, days)
    return _Table(days, people)


def _last(table: _Table, days: IntArray) -> FloatArray:
    """Return the last count on or before each day; 0 where there is none."""
    return np.concatenate([[0.0], table.people])[np.searchsorted(table.days, days, side="right")]


def _on_days(table: _Table, days: IntArray) -> IntArray:
    """Return the count of each day: on a straight line between dates and level beyond them, rounded towards 0."""
    following = np.searchsorted(table.days, days, side="right")
    before = np.maximum(following - 1, 0)
    after = np.minimum(following, len(table.days) - 1)
    span = np.maximum(table.days[after] - table.days[before], 1)
    rise = table.people[after] - table.people[before]
    people: IntArray = (table.people[before] + (days - table.days[before]) / span * rise).astype(np.int64)
    return people


def _correction_days(case: FleeCase, camp: str, known_by: int | None) -> Iterator[int]:
    """Yield the days of a camp's corrections, in the order of their file; Flee passes over those before day 0."""
    for correction in case.corrections:
        day = (correction.on - case.period.start).days
        if correction.camp == camp and day >= 0 and (known_by is None or day <= known_by):
            yield day


def _correct(table: _Table, camp: str, days: Iterable[int]) -> None:
    """Scale all counts before each day so that the last of them is the count of the day."""
    for day in days:
        row = int(np.searchsorted(table.days, day))
        if row == len(table.days) or table.days[row] != day:
            raise _uncorrectable(camp, day, "has no count on its date", "Give the date of a count")
        if row == 0:
            continue
        if table.people[row - 1] == 0:
            raise _uncorrectable(camp, day, "is 0 on the date before", "Give the date of a later count")
        table.people[:row] *= table.people[row] / table.people[row - 1]


def _uncorrectable(camp: str, day: int, what: str, remedy: str) -> InputError:
    return InputError([Problem(_CORRECTIONS, None, None, f"{camp}, day {day}: the sum of its files {what}", remedy)])


def _changes(case: FleeCase, counted: IntArray, total: IntArray) -> IntArray:
    """Return each day's increase; day 0 brings all who are there, those of ``total`` besides those of the camps."""
    from_camps = case.settings.spawn_rules.sum_from_camps
    series = counted.sum(axis=1) if from_camps else total
    change = np.diff(series, prepend=0)
    if from_camps:
        change[:1] += total[:1]
    return change


def _appearing(change: IntArray, *, none_on_day0: bool) -> tuple[IntArray, IntArray]:
    """Return who appears on each day, and the debt that is left after it."""
    new, debt = np.zeros(len(change), dtype=np.int64), np.zeros(len(change), dtype=np.int64)
    owed = 0
    for day, increase in enumerate(change.tolist()):
        balance = 0 if day == 0 and none_on_day0 else increase - owed
        owed = max(-balance, 0)
        new[day], debt[day] = max(balance, 0), owed
    return new, debt


def _compared(case: FleeCase) -> BoolArray:
    camps = {location.name for location in case.locations if location.kind.is_camp}
    return np.array([camp.name in camps for camp in case.camps], dtype=np.bool_)
