"""What one simulated course leaves behind: month-end stocks, monthly flows and an exact balance.

Arrays hold integer codes; the names they stand for are in :class:`Names`. Nothing here knows a file format.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homeward.engine.state import State, people_by_group
from homeward.rules.calendar import Calendar
from homeward.rules.tables import NOBODY, Choices, Space, Tables

__all__ = ["TABLES", "Balance", "Columns", "Names", "Recorder", "Trajectory"]

Columns = dict[str, NDArray[np.int64]]
IntArray = NDArray[np.int64]

RETURNS = ("return", "return_ahead")
"""Kinds of return: all together, and one of a household ahead of the others."""
FLED_HOST = "host_flight"
"""Kind of flight from a host; into the country of origin it goes where return goes, with no decision to return."""
TABLES = ("stocks", "flows", "returns", "fled_back", "displaced_again", "matrix")
YEARLY = ("flows", "matrix")
"""Tables that hold sums over a year."""

BIRTH = "birth"
DEATH = "death"
TRAVELLING = "travelling"


@dataclass(frozen=True, slots=True)
class Names:
    """What the integer codes of a trajectory stand for, in the order of the codes.

    The codes of origins index ``places`` too.
    """

    places: tuple[str, ...]
    stages: tuple[str, ...]
    kinds: tuple[str, ...]
    month_ends: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """Everybody accounted for: ``people_start + births - deaths == people_end``, exactly."""

    people_start: int
    births: int
    deaths: int
    people_end: int
    draws: int


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One replicate.

    Each table is a dictionary of equally long int64 columns; codes index into ``names``. Only rows with people.

    - ``stocks``: month, place, origin, stage, people (at the end of the month)
    - ``flows``: month, origin, to_place, kind, people (within the month; births and deaths once a calendar year,
      in its last month)
    - ``returns``: month, origin, host, people (``host`` is the place they left)
    - ``fled_back``: month, origin, host, people who fled the place ``host`` to any district of origin
    - ``displaced_again``: month (of return), months (since then), origin, people who fled their district again
    - ``matrix``: year (calendar year itself), origin, from_place, to_place, kind, people
    """

    replicate: int
    names: Names
    stocks: Columns
    flows: Columns
    returns: Columns
    fled_back: Columns
    displaced_again: Columns
    matrix: Columns
    balance: Balance


_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "stocks": ("month", "place", "origin", "stage", "people"),
    "flows": ("month", "origin", "to_place", "kind", "people"),
    "returns": ("month", "origin", "host", "people"),
    "fled_back": ("month", "origin", "host", "people"),
    "displaced_again": ("month", "months", "origin", "people"),
    "matrix": ("year", "origin", "from_place", "to_place", "kind", "people"),
}
_NOTHING: Mapping[str, Columns] = {
    table: {name: np.zeros(0, dtype=np.int64) for name in names} for table, names in _COLUMNS.items()
}


class Recorder:
    """Collects a course month by month; :meth:`trajectory` gives it back."""

    def __init__(
        self, space: Space, calendar: Calendar, tables: Tables, state: State, replicate: int,
        wanted: Collection[str] = TABLES,
    ) -> None:  # fmt: skip
        """Take note of the names and of everybody at the start; of ``TABLES`` only those ``wanted`` are kept."""
        self._wanted = frozenset(wanted)
        self._space = space
        self._choices = (tables.move.choices, tables.status.choices)
        kinds = (*tables.move.kinds, *tables.status.kinds, BIRTH)
        self._first_kind = (0, len(tables.move.kinds))
        self._names = Names(space.places, space.stages, kinds, calendar.month_ends())
        self._origin_place = np.array([space.places.index(origin) for origin in space.origins], dtype=np.int64)
        self._is_return = np.isin(kinds, RETURNS)
        self._is_flight_from_host = np.isin(kinds, FLED_HOST)
        self._is_home = np.isin(np.arange(len(space.places)), self._origin_place)
        self._replicate = replicate
        self._people_start = state.people()
        self._year_born = np.zeros(space.groups, dtype=np.int64)
        self._births = 0
        self._deaths = 0
        self._parts: dict[str, list[Columns]] = {name: [_NOTHING[name]] for name in TABLES}
        self._year_moved = [np.zeros((choices.rows, len(space.places)), dtype=np.int64) for choices in self._choices]

    def month(self, month: int, state: State) -> None:
        """Record the end of a month and empty the tallies of the state."""
        if "stocks" in self._wanted:
            self._stocks(month, state)
        moved, born = [_whole(tally) for tally in (state.moved, state.changed)], _whole(state.born)
        self._births += int(born.sum())
        self._deaths += sum(
            int(tally[(choices.only >= 0) & (choices.only_target == NOBODY)].sum())
            for tally, choices in zip(moved, self._choices, strict=True)
        )
        self._flows(month, moved, born)
        if not self._wanted.isdisjoint(YEARLY):
            for year, tally in zip(self._year_moved, moved, strict=True):
                np.add(year, tally, out=year)
            ends = self._names.month_ends
            if month + 1 == len(ends) or ends[month + 1].year != ends[month].year:
                self._year(month)
        for tally in (state.moved, state.changed, state.born):
            tally.fill(0)

    def branched(self) -> Recorder:
        """Return a recorder that goes on from here by itself."""
        other = copy(self)
        other._year_born = self._year_born.copy()
        other._year_moved = [tally.copy() for tally in self._year_moved]
        other._parts = {name: list(parts) for name, parts in self._parts.items()}
        return other

    def balance(self, state: State) -> Balance:
        """Return who was there, who came and who left, up to now."""
        return Balance(self._people_start, self._births, self._deaths, state.people(), int(state.tally[0]))

    def trajectory(self, state: State) -> Trajectory:
        """Return all that was recorded."""
        tables = {name: _joined(parts) for name, parts in self._parts.items()}
        return Trajectory(self._replicate, self._names, balance=self.balance(state), **tables)

    def _stocks(self, month: int, state: State) -> None:
        space = self._space
        settled = _whole(people_by_group(state.counts[None, :], space.classes))
        on_the_way = _whole(people_by_group(state.ring, space.classes))
        stage = space.group_stage
        travelling = np.full(space.groups, space.stages.index(TRAVELLING), dtype=np.int64)
        for people, stages in ((settled, stage), (on_the_way, travelling)):
            here = np.flatnonzero(people)
            keys = {
                "place": space.group_place[here],
                "origin": self._origin_place[space.group_origin[here]],
                "stage": stages[here],
            }
            self._add("stocks", month, keys, people[here])

    def _flows(self, month: int, moved: Sequence[IntArray], born: IntArray) -> None:
        for tally, choices, first in zip(moved, self._choices, self._first_kind, strict=True):
            keys, people = self._nonzero(tally, choices, first)
            living = keys["kind"] != self._kind(DEATH)
            self._add_flow(month, {name: column[living] for name, column in keys.items()}, people[living])
            fled_back = self._is_flight_from_host[keys["kind"]] & self._is_home[keys["to_place"]]
            for table, back in (("returns", self._is_return[keys["kind"]]), ("fled_back", fled_back)):
                host = {"origin": keys["origin"][back], "host": keys["from_place"][back]}
                self._add(table, month, host, people[back])
        if "displaced_again" in self._wanted:
            self._displaced_again(month, moved[0])
        self._year_born += born

    def _displaced_again(self, month: int, moved: IntArray) -> None:
        """Record who fled the district that they had returned to, by the month of that return."""
        choices = self._choices[0]
        followed = np.flatnonzero(choices.months >= 0)
        people = moved[followed].sum(axis=1)
        rows = followed[people > 0]
        keys = {"months": choices.months[rows], "origin": self._origin_place[choices.origin[rows]]}
        keys, summed = _summed(keys, people[people > 0])
        self._parts["displaced_again"].append({"month": month - keys["months"], **keys, "people": summed})

    def _year(self, month: int) -> None:
        """Record what is kept by year: the matrix, and births and deaths (monthly they would fill a sixth)."""
        year = self._names.month_ends[month].year
        for tally, choices, first in zip(self._year_moved, self._choices, self._first_kind, strict=True):
            keys, people = self._nonzero(tally, choices, first)
            self._add("matrix", year, keys, people, time="year")
            dead = keys["kind"] == self._kind(DEATH)
            self._add_flow(month, {name: column[dead] for name, column in keys.items()}, people[dead])
            tally.fill(0)
        here = np.flatnonzero(self._year_born)
        keys = {
            "origin": self._origin_place[self._space.group_origin[here]],
            "to_place": self._space.group_place[here],
            "kind": np.full(len(here), self._kind(BIRTH), dtype=np.int64),
        }
        self._add_flow(month, keys, self._year_born[here])
        self._year_born.fill(0)

    def _kind(self, name: str) -> int:
        """Return the code of a kind, or -1 if the rules know none of that name."""
        return self._names.kinds.index(name) if name in self._names.kinds else -1

    def _add_flow(self, month: int, keys: Columns, people: IntArray) -> None:
        self._add("flows", month, {name: keys[name] for name in ("origin", "to_place", "kind")}, people)

    def _nonzero(self, tally: IntArray, choices: Choices, first_kind: int) -> tuple[Columns, IntArray]:
        # Truth is searched several times faster than numbers are.
        flat = np.flatnonzero(tally != 0)
        row, place = np.divmod(flat, tally.shape[1])
        keys = {
            "origin": self._origin_place[choices.origin[row]],
            "from_place": choices.place[row],
            "to_place": place,
            "kind": choices.kind[row] + first_kind,
        }
        return keys, tally.ravel()[flat]

    def _add(self, table: str, when: int, keys: Columns, people: IntArray, *, time: str = "month") -> None:
        """Add rows, summed over equal keys, to a table that is wanted."""
        if table not in self._wanted:
            return
        summed_keys, summed = _summed(keys, people)
        when_column = np.full(len(summed), when, dtype=np.int64)
        self._parts[table].append({time: when_column, **summed_keys, "people": summed})


def _whole(people: NDArray[Any]) -> IntArray:
    """Return people as whole numbers; the very array if they are so already."""
    return people if people.dtype == np.int64 else np.rint(people).astype(np.int64)


def _summed(keys: Columns, people: IntArray) -> tuple[Columns, IntArray]:
    """Return the distinct combinations of keys with people, and their sums (exact: integers throughout)."""
    if not len(people):
        return keys, people
    sizes = tuple(int(column.max()) + 1 for column in keys.values())
    flat = np.ravel_multi_index(tuple(keys.values()), sizes)
    summed = np.zeros(int(np.prod(sizes)), dtype=np.int64)
    np.add.at(summed, flat, people)
    distinct = np.flatnonzero(summed != 0)
    columns = np.unravel_index(distinct, sizes)
    return {name: column.astype(np.int64) for name, column in zip(keys, columns, strict=True)}, summed[distinct]


def _joined(parts: list[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
