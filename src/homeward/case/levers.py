"""Levers: which of them those in a room can pull, and what pulling them means for a scenario.

A lever is *in the room* if one of its holders is (``needs = "any"``) or all of them are. It is *usable* if it is in the
room and so is, usable itself, everything that it requires. Requirements have no cycles.

A pulled lever is written out as changes and events of a scenario. An effect that grows over n months does k/n of what
its operation says in the k-th of them, counted from its first day; its whole holds from the n-th on.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta

from homeward.case.conference import Lever, LeverEffect
from homeward.case.scenario_schema import Scenario, ScenarioChange, ScenarioEvent, ScenarioLever
from homeward.case.schema import BorderLevel, Case, EventIndicator
from homeward.case.wording import did_you_mean, shown
from homeward.errors import InputError, Problem

__all__ = [
    "changes_of",
    "cycle_of",
    "effects_in",
    "in_the_room",
    "level_on",
    "missing",
    "pullable",
    "usable",
    "written_out",
]


def in_the_room(levers: Iterable[Lever], parties: Collection[str]) -> frozenset[str]:
    """Return the ids of the levers that some parties hold, whatever they require."""
    return frozenset(lever.id for lever in levers if _held(lever, parties))


def usable(levers: Sequence[Lever], parties: Collection[str]) -> frozenset[str]:
    """Return the ids of the levers that some parties can pull, all requirements met by what they hold."""
    return _closed(levers, in_the_room(levers, parties))


def pullable(levers: Sequence[Lever], chosen: Collection[str]) -> frozenset[str]:
    """Return those of some levers whose requirements are among them, themselves pullable."""
    return _closed(levers, frozenset(chosen))


def missing(levers: Sequence[Lever], parties: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return, for each lever in the room that is not usable, what it requires directly that is not."""
    can = usable(levers, parties)
    there = in_the_room(levers, parties)
    return {
        lever.id: tuple(name for name in lever.requires if name not in can)
        for lever in levers
        if lever.id in there - can
    }


def cycle_of(levers: Iterable[Lever]) -> tuple[str, ...]:
    """Return a cycle of requirements, its first lever named again at its end; empty if there is none."""
    requires = {lever.id: lever.requires for lever in levers}
    done: set[str] = set()
    for first in requires:
        path, ahead = [first], [iter(requires[first])]
        while path and path[-1] not in done:
            name = next(ahead[-1], None)
            if name is None:
                done.add(path.pop())
                ahead.pop()
            elif name in path:
                return (*path[path.index(name) :], name)
            elif name in requires and name not in done:
                path.append(name)
                ahead.append(iter(requires[name]))
    return ()


def written_out(scenario: Scenario, levers: Sequence[Lever], case: Case, *, file: str = "") -> Scenario:
    """Return a scenario with its levers as changes, events and parameters, before its own.

    What a lever would do to a border that is at that level already, and would stay there, is left out. Raises
    InputError, in the name of ``file``, for an unknown lever, one that is pulled twice, and one pulled without what
    it requires.
    """
    label = file or f"scenario {scenario.name}"
    problems = [Problem(label, None, None, *fault) for fault in _faults(scenario, levers)]
    problems = problems or [Problem(label, None, None, *fault) for fault in _shut(scenario, levers, case)]
    if problems:
        raise InputError(problems)
    by_id = {lever.id: lever for lever in levers}
    pulls = [(by_id[pull.name], pull) for pull in scenario.lever]
    parameters: dict[str, float] = {}
    for lever, _ in pulls:
        parameters |= lever.parameters
    return Scenario(
        name=scenario.name,
        description=scenario.description,
        parameters={**parameters, **scenario.parameters},
        change=(*(change for lever, pull in pulls for change in _changes(lever, pull)), *scenario.change),
        event=(*(event for lever, pull in pulls for event in _events(lever, pull, case)), *scenario.event),
    )


def level_on(case: Case, border: str, day: date) -> BorderLevel:
    """Return the level of a border ``FROM>TO`` on a day; the most exact name counts, then that of where it leads."""
    names = _names_of(border)
    rows = [row for row in case.events if row.indicator is EventIndicator.BORDER and row.date <= day]
    for name in names:
        own = [row for row in rows if row.place == name]
        if own:
            # Of those of one day the last counts, as in a run.
            return BorderLevel(sorted(own, key=lambda row: row.date)[-1].value)
    return BorderLevel.OPEN


def changes_of(lever: Lever, day: date) -> list[ScenarioChange]:
    """Return what a lever does to conditions when it is pulled on a day."""
    return list(_changes(lever, _pull(lever, day)))


def _pull(lever: Lever, day: date) -> ScenarioLever:
    return ScenarioLever.model_validate({"name": lever.id, "from": day})


def _held(lever: Lever, parties: Collection[str]) -> bool:
    return (any if lever.needs == "any" else all)(party in parties for party in lever.held_by)


def _closed(levers: Sequence[Lever], chosen: frozenset[str]) -> frozenset[str]:
    requires = {lever.id: lever.requires for lever in levers}
    while True:
        left = frozenset(name for name in chosen if all(need in chosen for need in requires[name]))
        if left == chosen:
            return left
        chosen = left


def _faults(scenario: Scenario, levers: Sequence[Lever]) -> Iterator[tuple[str, str]]:
    by_id = {lever.id: lever for lever in levers}
    pulled: dict[str, ScenarioLever] = {}
    for pull in scenario.lever:
        if pull.name not in by_id:
            yield f"there is no lever {shown(pull.name)}", did_you_mean(pull.name, by_id)
        elif pull.name in pulled:
            yield f"the lever {shown(pull.name)} is pulled twice", "Remove one of the two"
        pulled.setdefault(pull.name, pull)
    for pull in scenario.lever:
        for need in by_id[pull.name].requires if pull.name in by_id else ():
            other = pulled.get(need)
            over = other is not None and other.until is not None and other.until < pull.start
            if other is None or over or other.start > pull.start:
                how = "over" if over else "not pulled"
                what = f"the lever {shown(pull.name)} requires {shown(need)}, which is {how} by {pull.start}"
                yield what, f"Pull {shown(need)} by that day, or leave out {shown(pull.name)}"


def _shut(scenario: Scenario, levers: Sequence[Lever], case: Case) -> Iterator[tuple[str, str]]:
    """Yield the borders that levers would shut further than they are."""
    order = list(BorderLevel)
    by_id = {lever.id: lever for lever in levers}
    for pull in scenario.lever:
        for change in by_id[pull.name].border:
            day = pull.start + timedelta(days=change.after_days)
            before = level_on(case, change.border, day)
            if order.index(change.level) > order.index(before):
                what = f"the lever {shown(pull.name)} would move the border {change.border} from {before.value} to "
                what += f"{change.level.value} on {day}, and shutting people in or out is no lever"
                yield what, "Put it into the scenario as an event"


def _changes(lever: Lever, pull: ScenarioLever) -> Iterator[ScenarioChange]:
    for effect in lever.effect:
        first = pull.start + timedelta(days=effect.after_days)
        starts = [_months_later(first, step) for step in range(effect.over_months)]
        for step, start in enumerate(starts, start=1):
            last = starts[step] - timedelta(days=1) if step < len(starts) else pull.until
            until = last if pull.until is None or last is None else min(last, pull.until)
            if until is None or until >= start:
                yield _change(effect, start, until, step / effect.over_months)


def _change(effect: LeverEffect, start: date, until: date | None, share: float) -> ScenarioChange:
    name, value = effect.operation
    numbers = {name: value, "low": effect.low, "high": effect.high}
    content = {key: None if number is None else _part(name, number, share) for key, number in numbers.items()}
    named = {"indicator": effect.indicator, "places": effect.places, "from": start, "until": until}
    return ScenarioChange.model_validate({**named, **content})


def _part(name: str, number: float, share: float) -> float:
    """Return the number with which an operation does only a share of what it does."""
    return {"multiply": 1.0 + (number - 1.0) * share, "set": number}.get(name, number * share)


def _events(lever: Lever, pull: ScenarioLever, case: Case) -> Iterator[ScenarioEvent]:
    for change in lever.border:
        day = pull.start + timedelta(days=change.after_days)
        if pull.until is not None and day > pull.until:
            continue
        before = level_on(case, change.border, day)
        if before is change.level and not _moves_later(case, change.border, day):
            continue
        yield _border(change.border, day, change.level, lever.name)
        if pull.until is not None and pull.until < date.max:
            over = pull.until + timedelta(days=1)
            yield _border(change.border, over, level_on(case, change.border, over), f"{lever.name}: over")


def _moves_later(case: Case, border: str, day: date) -> bool:
    names = _names_of(border)
    return any(row.indicator is EventIndicator.BORDER and row.place in names and row.date > day for row in case.events)


def _names_of(border: str) -> tuple[str, ...]:
    """Return the names under which events move a border, in the order in which they count in a run."""
    one, other = border.split(">")
    return border, f"*>{other}", f"{one}>*", "*>*"


def _border(border: str, day: date, level: BorderLevel, what: str) -> ScenarioEvent:
    return ScenarioEvent(place=border, date=day, indicator=EventIndicator.BORDER, value=level.value, what=what)


def _months_later(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def effects_in(case: Case, lever: Lever, day: date) -> bool:
    """Return whether a lever pulled on a day changes anything of a case: a condition, or a border's level."""
    events = list(_events(lever, _pull(lever, day), case))
    return bool(lever.effect or lever.parameters or events)
