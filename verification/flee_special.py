"""Flee's rules on food, floods, forecasts, harvests and who people are, for the simulation of one person at a time.

Written from the equations of ``docs/explanation/flee-rules.md``; of the package only the reader of Flee directories is
used. ``flee_people`` asks a ``Special`` for the people of a place, for chances, weights, room and routes home.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

from homeward.case.flee.model import AttributeSeries, FleeCase, FleeLocation
from homeward.case.flee.parameters import FloodRules, SpawnMode

__all__ = ["Special", "Who"]

STAY = -1.0
"""A chance of nobody: not even to avoid a short stint."""


class Who(NamedTuple):
    """What the rules look at in a person; ``home`` is the name of the place where they appeared."""

    age: float | None = None
    gender: str = ""
    ethnicity: str = ""
    religion: str = ""
    aware: float = 0.0
    home: str = ""
    farmer: bool = False


class Special:
    """The rules of a case that look at more than kinds of places, conflict, distance and room."""

    def __init__(self, case: FleeCase, hasten: int, lots: random.Random) -> None:
        """Keep the case; nothing is worked out before it is asked for."""
        self.case, self.moves, self.spawns = case, case.settings.move_rules, case.settings.spawn_rules
        self.lots, self.hasten = lots, hasten
        self.rows = {row.name: row for row in case.locations}
        self.people = {one.attribute: one for one in case.demographics}
        ipc = [one for one in case.attributes if one.by_region and one.attribute == "IPC"]
        self.ipc = ipc[0] if ipc else None
        self.tells_apart = bool(self.people) or self.moves.stay_close_to_home or bool(self.moves.harvest_months)

    # ------------------------------------------------------------------------------------------------- who people are

    def draw(self, place: str) -> Who:
        """Return somebody who appears at a place."""
        if not self.tells_apart:
            return Who()
        return self._who({name: self._value(name, place) for name in self.people}, place)

    def agent(self, given: Mapping[str, str], place: str) -> Who:
        """Return a person of ``agents.csv``; what their row does not say is drawn."""
        drawn = {name: self._value(name, place) for name in self.people}
        return self._who({**drawn, **{name: text for name, text in given.items() if text}}, place)

    def _who(self, values: Mapping[str, str], place: str) -> Who:
        flood = self.moves.flood_rules
        aware = 0.0
        if flood is not None and flood.flood_forecaster and "floodawareness" in values:
            aware = (flood.flood_awareness_weights or ())[int(float(values["floodawareness"]))]
        fraction = float(self.rows[place].attribute("farmer_fraction") or 0) if self.moves.harvest_months else 0.0
        return Who(
            float(values["age"]) if "age" in values else None, values.get("gender", ""), values.get("ethnicity", ""),
            values.get("religion", ""), aware, place, fraction > 0 and self.lots.random() < fraction,
        )  # fmt: skip

    def _value(self, attribute: str, place: str) -> str:
        one = self.people[attribute]
        weights = dict(one.by_location).get(place, one.default)
        return self.lots.choices(one.values, weights)[0]

    # ----------------------------------------------------------------------------------------------------- conditions

    def food(self, place: str, day: int) -> float:
        """Return the share of people short of food."""
        return read_off(self.ipc, self.rows[place].region or "unknown", day) / 100

    def flood(self, place: str, day: int) -> float:
        """Return the level of the flood."""
        return read_off(self.case.flood_levels, place, day)

    def days_ahead(self, flood: FloodRules, place: str, day: int) -> list[tuple[float, float]]:
        """Return the weight and level of each flooded day of the forecast."""
        if not flood.flood_forecaster:
            return []
        weights = flood.flood_forecaster_weights or ()
        steps = range(1, flood.flood_forecaster_timescale + 1)
        known = [(weights[step - 1], self.flood(place, day + step)) for step in steps
                 if day + step <= flood.flood_forecaster_end_time]  # fmt: skip
        return [(weight, level) for weight, level in known if level > 0]

    # ---------------------------------------------------------------------------------------------------------- rules

    def harvest(self, who: Who, day: int) -> bool:
        """Return whether somebody is needed at home for a harvest."""
        return who.farmer and (self.case.period.start + timedelta(days=day)).month in self.moves.harvest_months

    def chance(self, chance: float, who: Who, place: str, day: int) -> float:
        """Return the chance to leave, of the one that a place has by its kind and people."""
        if self.harvest(who, day):
            return STAY if place == who.home else 1.0
        if self.moves.flee_when_starving:
            chance += self.food(place, day) * (1 - chance)
        flood = self.moves.flood_rules
        if flood is not None:
            leave = flood.flood_movechances or ()
            now = self.flood(place, day)
            chance = entry(leave, now) if now > 0 else chance
            heard = who.aware / max(1, flood.flood_forecaster_timescale)
            gains = [weight * (entry(leave, level) - chance) for weight, level in self.days_ahead(flood, place, day)]
            chance = min(1.0, max(0.0, chance + heard * sum(gains)))
        return chance

    def attraction(self, score: float, who: Who, place: str, kind: str, day: int) -> float:
        """Return what a place attracts somebody with, of the score that it has for all; kinds: camp, zone, other."""
        row, moves = self.rows[place], self.moves
        if moves.use_economic_pull and row.country != self.case.home_country:
            score *= 1 + float(row.attribute("trade_volume") or 0) + float(row.attribute("hdi") or 0) ** 2
        if moves.avoid_food_deprived_locations:
            score *= (1 - self.food(place, day)) ** 2
        score = score ** self.caution(who)
        if moves.use_pop_for_loc_weight and kind != "camp":
            score *= max(1, row.population) ** moves.pop_power_for_loc_weight
        if moves.stay_close_to_home:
            score /= max(1.0, kilometres(self.rows[who.home], row)) ** moves.home_distance_power
        return score * self.flood_factor(who, place, day) * self.match(who, row, kind)

    def caution(self, who: Who) -> int:
        """Return the power with which somebody weighs scores."""
        age = math.nan if who.age is None else who.age
        child = age < 19
        if self.moves.ChildrenAvoidHazards and self.moves.BoysTakeRisk and child and age > 14 and who.gender == "male":
            return 0
        careful = [
            self.moves.ChildrenAvoidHazards and child,
            self.moves.WomenAvoidHazards and who.gender == "female",
            self.moves.ElderlyAvoidHazards and age >= 60,
        ]
        return 2 if any(careful) else 1

    def flood_factor(self, who: Who, place: str, day: int) -> float:
        """Return the factor of today's flood and of those ahead."""
        flood = self.moves.flood_rules
        if flood is None:
            return 1.0
        weights, level = flood.flood_loc_weights or (), self.flood(place, day)
        factor = entry(weights, level) if level > 0 else 1.0
        lost = [weight * (1 - entry(weights, ahead)) for weight, ahead in self.days_ahead(flood, place, day)]
        return factor * max(0.0, 1 - who.aware * sum(lost) / max(1, flood.flood_forecaster_timescale))

    def match(self, who: Who, row: FleeLocation, kind: str) -> float:
        """Return the factor of people of one's own."""
        moves, factor = self.moves, 1.0
        asked = {"camp": moves.MatchCampEthnicity, "zone": moves.MatchConflictEthnicity}
        if who.ethnicity and asked.get(kind, moves.MatchTownEthnicity):
            share = self._share("ethnicity", who.ethnicity, row)
            factor *= 1.0 if share is None else 10 * share
        if who.religion and moves.MatchCampReligion and kind == "camp":
            share = self._share("religion", who.religion, row)
            factor *= 1.0 if share is None else share / moves.avg_religion_fraction
        return factor

    def _share(self, attribute: str, value: str, row: FleeLocation) -> float | None:
        own = {name: float(row.attribute(name) or 0) for name in self.people[attribute].values}
        everybody = float(row.population) or sum(own.values())
        return own[value] / everybody if any(own.values()) and everybody else None

    def growth(self, place: str, day: int) -> int:
        """Return by how many people the capacity of a camp has grown."""
        row = self.rows[place]
        return int(day * float(row.attribute("capacity_per_day") or 0) / self.hasten) if row.kind.is_camp else 0

    def displaced(self, place: str, residents: int, day: int) -> tuple[float, bool]:
        """Return how many a flood displaces today, and whether that is a mean."""
        flood = self.spawns.flood_driven_spawn_mode
        level = self.flood(place, day)
        if flood is None or level <= 0:
            return 0.0, False
        number = entry(flood.displaced_per_flood_day, level)
        if flood.flood_spawn_mode is SpawnMode.POP_RATIO:
            number *= residents
        return number, flood.flood_spawn_mode is SpawnMode.POISSON


def entry(values: Sequence[float], level: float) -> float:
    """Return a list's entry for a level, between two entries on a straight line."""
    below = min(int(level), len(values) - 1)
    above = min(below + 1, len(values) - 1)
    return values[below] + (level - below) * (values[above] - values[below])


def read_off(series: AttributeSeries | None, name: str, day: int) -> float:
    """Return the value of a day on the straight lines of a series; 0 where it has no such column."""
    if series is None or name not in series.places:
        return 0.0
    column = series.places.index(name)
    points = [(when, row[column]) for when, row in zip(series.days, series.values, strict=True)]
    if day <= points[0][0]:
        return points[0][1]
    for (start, first), (end, last) in pairwise(points):
        if day <= end:
            return first + (last - first) * (day - start) / (end - start)
    return points[-1][1]


def kilometres(one: FleeLocation, other: FleeLocation) -> float:
    """Return the distance as the crow flies, by the angle between two directions from the earth's centre."""
    first, second = direction(one), direction(other)
    cosine = sum(here * there for here, there in zip(first, second, strict=True))
    return 6371.0 * math.acos(max(-1.0, min(1.0, cosine)))


def direction(row: FleeLocation) -> tuple[float, float, float]:
    north, east = math.radians(row.latitude or 0.0), math.radians(row.longitude or 0.0)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)
