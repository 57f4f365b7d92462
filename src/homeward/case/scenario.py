"""Scenarios: read one, and lay it over a case.

The value of an indicator holds from the date of a row until the next row of the same place, and is 0 before
the first. A change acts on the days from ``from`` to ``until``, both included: rows dated in between are
changed, and rows are added at ``from`` and on the day after ``until`` where there are none, so that no other
day changes. Monthly counts such as ``violence`` are rates per calendar month, so a change in mid-month means
from that day on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from homeward.case.check import check_case, origin_districts
from homeward.case.indicators import (
    FLED,
    GIVEN_BY_COUNTRY,
    GUARANTEES,
    HELD_BY,
    NOT_SHARES,
    NOUGHT_UNTIL_GIVEN,
    OF_DISTRICTS,
    UNKNOWN_UNTIL_GIVEN,
)
from homeward.case.scenario_schema import Scenario, ScenarioChange
from homeward.case.schema import Basis, Case, CaseSettings, Condition, Event, Source
from homeward.case.tomlfile import read_toml
from homeward.case.wording import did_you_mean, shown
from homeward.errors import InputError, Problem

__all__ = ["SCENARIO_SOURCE", "lay_over", "names_at_fault", "read_scenario"]

SCENARIO_SOURCE = "scenario"
"""Key of the source of every row that a scenario changes or adds."""

EVERYWHERE = "all"

Series = dict[date, Condition]
Key = tuple[str, str]
"""Place (or country) and indicator of a series."""

_FIXED_INDICATORS = ("violence", *NOUGHT_UNTIL_GIVEN, *UNKNOWN_UNTIL_GIVEN)


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file. Raises InputError with all that is wrong with it."""
    return read_toml(path, Scenario)


def lay_over(case: Case, scenario: Scenario, *, file: str = "", checked: bool = True) -> Case:
    """Return the case with the scenario laid over it, checked again; the case itself stays as it is.

    Changes are applied in their order, each on what those before it left. A country as place means its own
    series and those of all its places that have one; ``all`` means every series of the indicator. A place
    without rows of its own starts from the series of its country. ``set`` makes a series where there is none, ``add``
    and ``close_gap`` do so for what is 0 until it is given. Levers have to be written out before
    (:func:`homeward.case.levers.written_out`).

    Raises InputError, in the name of ``file``, for places and indicators that the case does not have and, if it is to
    be ``checked``, for a result that is no valid case.
    """
    label = file or f"scenario {scenario.name}"
    if scenario.lever:
        raise InputError([Problem(label, None, None, "its levers are not written out", "Use written_out() first")])
    changed = _assembled(case, scenario, _changed_series(case, scenario, label))
    problems = [
        Problem(label, None, None, f"with this scenario, {problem.what}", problem.remedy)
        for problem in (check_case(changed) if checked else ())
    ]
    if problems:
        raise InputError(problems)
    return changed


def names_at_fault(case: Case, changes: Iterable[ScenarioChange]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, and what would mend it, with the indicators and places that changes name; each once."""
    all_series = _series_of(case.conditions)
    yield from dict.fromkeys(fault for change in changes for fault in _name_faults(case, all_series, change))


def _changed_series(case: Case, scenario: Scenario, label: str) -> dict[Key, Series]:
    all_series = _series_of(case.conditions)
    why = scenario.description or f"Assumed in the scenario {scenario.name}"
    problems: list[Problem] = []
    for number, change in enumerate(scenario.change, start=1):
        faults = list(_name_faults(case, all_series, change))
        for key in [] if faults else _targets(case, all_series, change):
            series = _series_at(case, all_series, key)
            try:
                all_series[key] = _change_one(series, key, change, _Author(why, case.settings.start))
            except _ImpossibleChangeError as error:
                faults.append((f"{key[1]} at {shown(key[0])} {error.what}", error.remedy))
        problems += [Problem(label, None, None, f"change {number}: {what}", how) for what, how in faults]
    if problems:
        raise InputError(problems)
    return all_series


def _series_of(conditions: Iterable[Condition]) -> dict[Key, Series]:
    all_series: dict[Key, Series] = {}
    for row in conditions:
        all_series.setdefault((row.place, row.indicator), {})[row.date] = row
    return all_series


def _name_faults(case: Case, all_series: Mapping[Key, Series], change: ScenarioChange) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the indicator and the places that a change names."""
    given = {indicator for _, indicator in all_series}
    guarantees = {GUARANTEES + name.removeprefix(HELD_BY) for name in given if name.startswith(HELD_BY)}
    indicators = {*_FIXED_INDICATORS, *given, *guarantees}
    if change.indicator not in indicators:
        yield (
            f"the indicator {shown(change.indicator)} is not known",
            did_you_mean(change.indicator, indicators),
        )
        return
    if change.close_gap is not None and change.indicator in NOT_SHARES:
        yield f"{change.indicator} is no share, so it has no gap to close", "Use 'add', 'multiply' or 'set'"
    names = {EVERYWHERE} | {place.id for place in case.places} | {place.country for place in case.places}
    for name in change.places:
        if name not in names:
            yield f"{shown(name)} is neither a place nor a country", did_you_mean(name, names)
        elif not _targets_of(case, all_series, change, name):
            yield (
                f"{shown(name)} has no {change.indicator} to change",
                "Use 'set' at named places, or remove it",
            )


def _targets(case: Case, all_series: Mapping[Key, Series], change: ScenarioChange) -> list[Key]:
    """Return the series that a change acts on, each once."""
    found = [key for name in change.places for key in _targets_of(case, all_series, change, name)]
    return list(dict.fromkeys(found))


def _targets_of(case: Case, all_series: Mapping[Key, Series], change: ScenarioChange, name: str) -> list[Key]:
    if name == EVERYWHERE:
        return [key for key in all_series if key[1] == change.indicator]
    inside = [place.id for place in case.places if place.country == name]
    own = (name, change.indicator)
    if inside:
        new = _new_keys(case, own, inside)
        keys = dict.fromkeys([own, *((place, change.indicator) for place in inside)])
        existing = [key for key in keys if key in all_series]
        if _starts_from_nought(change):
            return list(dict.fromkeys([*existing, *new]))
        return existing or (new if change.set is not None else [])
    can_start = change.set is not None or _starts_from_nought(change) or bool(_series_at(case, all_series, own))
    return [own] if can_start else []


def _starts_from_nought(change: ScenarioChange) -> bool:
    """Return whether a change that needs something to act on has it everywhere: 0, until something is given."""
    nought = change.indicator in NOUGHT_UNTIL_GIVEN or change.indicator.startswith(GUARANTEES)
    return nought and change.operation[0] in ("add", "close_gap")


def _new_keys(case: Case, own: Key, inside: Sequence[str]) -> list[Key]:
    """Return the series to make for a country that has none: what is about a host for the country, else by place."""
    if own[1] in GIVEN_BY_COUNTRY:
        return [own]
    of_districts = own[1].startswith((*OF_DISTRICTS, FLED, GUARANTEES))
    districts = set(origin_districts(case)) if of_districts else set(inside)
    return [(place, own[1]) for place in inside if place in districts]


def _series_at(case: Case, all_series: Mapping[Key, Series], key: Key) -> Series:
    """Return the series that holds at a place: its own, else its country's, else an empty one."""
    place, indicator = key
    if key in all_series:
        return all_series[key]
    country = next((other.country for other in case.places if other.id == place), place)
    rows = all_series.get((country, indicator), {})
    return {day: row.model_copy(update={"place": place}) for day, row in rows.items()}


@dataclass(frozen=True, slots=True)
class _Author:
    """Writes the rows that a scenario changes or adds."""

    why: str
    start: date

    def row(self, key: Key, day: date, change: ScenarioChange, old: Condition | None) -> Condition:
        """Return the row of ``day`` as the change makes it from the row that held then."""
        place, indicator = key
        value, low, high = _operated(change, old)
        if indicator not in NOT_SHARES and high is not None:
            high = max(value, min(high, 1.0))
        if not math.isfinite(max(value, high or 0.0)):
            raise _ImpossibleChangeError(f"would be too large on {day}")
        if indicator not in NOT_SHARES and value > 1:
            raise _ImpossibleChangeError(f"would be {value:g} on {day}, but a share is at most 1")
        return Condition(
            place=place, date=day, indicator=indicator, value=value, low=low, high=high,
            source=SCENARIO_SOURCE, known_on=change.start, basis=Basis.ESTIMATE, why=self.why,
        )  # fmt: skip

    def nothing(self, key: Key, day: date, change: ScenarioChange) -> Condition:
        """Return a row that says 0 from ``day`` on."""
        return self.row(key, day, ScenarioChange.model_construct(**{**dict(change), **_NOUGHT}), None)


_NOUGHT: Mapping[str, float | None] = {
    "multiply": None, "set": 0.0, "add": None, "close_gap": None, "low": None, "high": None,
}  # fmt: skip


class _ImpossibleChangeError(ValueError):
    """A change would give what the table of conditions cannot say."""

    def __init__(self, what: str, remedy: str = "Choose a smaller value") -> None:
        """Take note of what is wrong and of what would mend it."""
        super().__init__(what)
        self.what = what
        self.remedy = remedy


def _operated(change: ScenarioChange, old: Condition | None) -> tuple[float, float | None, float | None]:
    """Return value, low and high after a change.

    The ends of the range of the operation meet those of what it acts on, as if both were wrong together.
    """
    name, by = change.operation
    before = (0.0, None, None) if old is None else (old.value, old.low, old.high)
    value = _applied(name, before[0], by)
    if (change.low, change.high, *before[1:]) == (None,) * 4 or (name, change.low, change.high) == ("set", None, None):
        return value, None, None
    low, high = (
        _applied(name, before[0] if end is None else end, by if limit is None else limit)
        for end, limit in zip(before[1:], (change.low, change.high), strict=True)
    )
    return value, low, high


def _applied(name: str, value: float, by: float) -> float:
    """Return what an operation makes of a value."""
    results = {"set": by, "multiply": value * by, "add": value + by, "close_gap": value + (1.0 - value) * by}
    return results[name]


def _change_one(series: Series, key: Key, change: ScenarioChange, author: _Author) -> Series:
    """Return a series as a change leaves it, equal to the old one on every day outside the change."""
    first = change.start
    after = None if change.until in (None, date.max) else change.until + timedelta(days=1)
    changed = dict(series)
    for day, row in series.items():
        if first <= day and (after is None or day < after):
            changed[day] = author.row(key, day, change, row)
    if first not in series:
        changed |= _beginning(key, change, _holding_on(series, first), author)
    if after is not None and after not in series:
        changed |= _ending(key, change, after, _holding_on(series, after), author)
    return changed


def _beginning(key: Key, change: ScenarioChange, before: Condition | None, author: _Author) -> Series:
    """Return the rows with which a change begins where the series has none on its first day."""
    rows: Series = {}
    if before is None and key[1] in UNKNOWN_UNTIL_GIVEN:
        return rows if change.set is None else {change.start: author.row(key, change.start, change, None)}
    if before is None and author.start < change.start:
        rows[author.start] = author.nothing(key, author.start, change)
    rows[change.start] = author.row(key, change.start, change, before)
    return rows


def _ending(key: Key, change: ScenarioChange, after: date, held: Condition | None, author: _Author) -> Series:
    """Return the row that gives the old value back on the day after a change, where the series has none on it."""
    if held is not None:
        return {after: _dated(held, after)}
    if key[1] not in UNKNOWN_UNTIL_GIVEN:
        return {after: author.nothing(key, after, change)}
    if change.set is None:
        return {}
    raise _ImpossibleChangeError(f"would be unknown again from {after}, which no row can say", "Leave out 'until'")


def _holding_on(series: Series, day: date) -> Condition | None:
    """Return the row that holds on a day, or None before the first row."""
    earlier = [other for other in series if other <= day]
    return series[max(earlier)] if earlier else None


def _dated(row: Condition, day: date) -> Condition:
    return row.model_copy(update={"date": day})


def _assembled(case: Case, scenario: Scenario, all_series: Mapping[Key, Series]) -> Case:
    conditions = [row for series in all_series.values() for _, row in sorted(series.items())]
    parameters = {**case.settings.parameters, **scenario.parameters}
    return Case(
        settings=CaseSettings.model_validate({**case.settings.model_dump(), "parameters": parameters}),
        fitted=case.fitted,
        sources=_with_scenario(case.sources, scenario),
        places=case.places,
        routes=case.routes,
        population=case.population,
        conditions=tuple(conditions) if scenario.change else case.conditions,
        events=(*case.events, *_events(scenario)),
        observed=case.observed,
        plans=case.plans,
        superseded=() if scenario.change else case.superseded,
    )


def _with_scenario(sources: tuple[Source, ...], scenario: Scenario) -> tuple[Source, ...]:
    if any(source.id == SCENARIO_SOURCE for source in sources) or not (scenario.change or scenario.event):
        return sources
    return (*sources, Source(id=SCENARIO_SOURCE, title=f"Assumed in the scenario {scenario.name}"))


def _events(scenario: Scenario) -> Iterator[Event]:
    why = scenario.description or f"Assumed in the scenario {scenario.name}"
    for event in scenario.event:
        yield Event(
            **event.model_dump(),
            source=SCENARIO_SOURCE, known_on=event.date, basis=Basis.ESTIMATE, why=why,
        )  # fmt: skip
