"""What places are on each day: their kind, intensity of conflict, chance to leave and score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeward.case.flee.model import ClosureKind, FleeCase, FleeLocation, LocationKind
from homeward.case.flee.parameters import MoveRules, SpawnRules

__all__ = ["Days", "days_of", "move_rules_of"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

NO_CONFLICT = 1e-6
"""Intensities below are none."""

V1_RULES = {
    "max_move_speed": 200.0, "camp_weight": 2.0, "conflict_weight": 0.25, "avoid_short_stints": False,
    "start_on_foot": False,
}  # fmt: skip


@dataclass(frozen=True)
class Days:
    """Places (columns) on every day (rows).

    ``leave`` chance to leave in a day; ``is_town`` and ``is_camp``; ``intensity`` of conflict, 0 or more; ``decay`` the
    weight of a conflict zone by its age; ``score`` what a place attracts with, before distance and room.
    """

    leave: FloatArray
    is_town: BoolArray
    is_camp: BoolArray
    intensity: FloatArray
    decay: FloatArray
    score: FloatArray


def move_rules_of(case: FleeCase) -> MoveRules:
    """Return the rules of movement, those of Flee 1 put in place where they are asked for."""
    rules = case.settings.move_rules
    return rules.model_copy(update=V1_RULES) if rules.use_v1_rules else rules


def days_of(case: FleeCase, days: int) -> Days:
    """Return what places are on each of the first ``days`` days."""
    followed = [_Place(case, place) for place in case.locations]
    schedule = _schedule(case, days)
    changes = _changes(case, days)
    shape = (days, len(followed))
    found = Days(
        leave=np.zeros(shape), is_town=np.zeros(shape, dtype=np.bool_), is_camp=np.zeros(shape, dtype=np.bool_),
        intensity=np.zeros(shape), decay=np.ones(shape), score=np.ones(shape),
    )  # fmt: skip
    for day in range(days):
        for code, place in enumerate(followed):
            place.fight(day, None if schedule is None else schedule[day, code])
            for kind in changes.get((day, code), ()):
                place.become(kind)
            found.leave[day, code] = place.leave
            found.is_town[day, code] = place.is_town
            found.is_camp[day, code] = place.is_camp
            found.intensity[day, code] = max(0.0, place.intensity)
            found.decay[day, code] = _decay(case.settings.spawn_rules, day - place.since)
            found.score[day, code] = place.score(found.decay[day, code])
    return found


class _Place:
    """A place as it changes from day to day."""

    def __init__(self, case: FleeCase, location: FleeLocation) -> None:
        self._rules = move_rules_of(case)
        self._abroad = (location.country or "") != (case.home_country or "")
        self._conflict_day = location.conflict_day if location.kind is LocationKind.CONFLICT_ZONE else None
        self._factor = case.settings.default_conflict_intensity
        self._own_intensity = float(location.attribute("conflict_intensity") or 1.0)
        self._fighting = False
        self.since = -1
        self.intensity = -1.0
        later = location.kind is LocationKind.CONFLICT_ZONE and (location.conflict_day or 0) > 0
        self.become(LocationKind.TOWN if later else location.kind)

    def become(self, kind: LocationKind) -> None:
        """Turn into another kind of place."""
        rules = self._rules
        self.is_camp, self.is_town, self.intensity = kind.is_camp, kind is LocationKind.TOWN, -1.0
        self.leave = {
            LocationKind.CAMP: rules.camp_movechance,
            LocationKind.IDP_CAMP: rules.idpcamp_movechance,
            LocationKind.CONFLICT_ZONE: rules.conflict_movechance,
            LocationKind.FORWARDING_HUB: 1.0,
            LocationKind.MARKER: 1.0,
        }.get(kind, rules.default_movechance)
        if kind is LocationKind.CONFLICT_ZONE:
            self.intensity = self._own_intensity * self._factor

    def fight(self, day: int, scheduled: float | None) -> None:
        """Take over the intensity of the day: of a schedule, else of the day on which conflict begins here.

        Of a schedule Flee takes the first day of a spell, and what changes within it has no effect; so is it here.
        """
        if scheduled is None:
            if self._conflict_day == day:
                self._set(day, self._own_intensity * self._factor)
            return
        before, self._fighting = self._fighting, scheduled >= NO_CONFLICT
        if self._fighting != before:
            self._set(day, scheduled * self._factor)

    def _set(self, day: int, intensity: float) -> None:
        if intensity >= NO_CONFLICT:
            self.leave, self.intensity, self.is_town, self.since = (
                self._rules.conflict_movechance,
                intensity,
                False,
                day,
            )
        else:
            self.leave, self.intensity, self.is_town = self._rules.default_movechance, -1.0, True

    def score(self, decay: float) -> float:
        """Return what the place attracts with."""
        score = self._rules.foreign_weight if self._abroad else 1.0
        if self.is_camp:
            score *= self._rules.camp_weight
        if self.intensity > 0:
            score *= self._rules.conflict_weight ** (decay * self.intensity)
        return score


def _schedule(case: FleeCase, days: int) -> FloatArray | None:
    """Return (days x places) the scheduled intensities, the last day's for good; None without a schedule."""
    if case.conflicts is None:
        return None
    columns = [case.conflicts.of(place.name) for place in case.locations]
    table = np.array(columns, dtype=np.float64).T
    missing = max(0, days - len(table))
    return np.concatenate([table, np.repeat(table[-1:], missing, axis=0)])[:days]


def _changes(case: FleeCase, days: int) -> dict[tuple[int, int], list[LocationKind]]:
    """Return the kinds that places turn into, by day and place: camps that close and open, and other changes."""
    code = {place.name: number for number, place in enumerate(case.locations)}
    opens = {ClosureKind.CAMP: LocationKind.CAMP, ClosureKind.IDP_CAMP: LocationKind.IDP_CAMP}
    found: list[tuple[int, int, LocationKind]] = []
    for closure in case.closures:
        if closure.kind in opens:
            place = code[closure.first]
            found.append((closure.start, place, LocationKind.TOWN))
            if closure.end is not None:
                found.append((closure.end, place, opens[closure.kind]))
    found += [(change.day, code[change.location], change.kind) for change in case.location_changes]
    by_day: dict[tuple[int, int], list[LocationKind]] = {}
    for day, place, kind in found:
        if day < days:
            by_day.setdefault((day, place), []).append(kind)
    return by_day


def _decay(rules: SpawnRules, age: int) -> float:
    steps: Sequence[float] = rules.conflict_spawn_decay or ()
    if not steps:
        return 1.0
    return steps[min(age // rules.conflict_spawn_decay_interval, len(steps) - 1)]
