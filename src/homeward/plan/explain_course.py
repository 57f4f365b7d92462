"""The decision to return, watched: what it read and said in one month of the expected course.

The expected course has the parameters in the middle, conditions at the middle of their ranges, no shocks and no chance.
What is believed, who came back lately, years away and crowding are carried by it. Everything here is computed by the
rules themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.case.indicators import HOST_CONDITIONS
from homeward.case.schema import Case
from homeward.engine.simulate import expected_course
from homeward.rules.calendar import DAYS_PER_YEAR, Block
from homeward.rules.homeward import HomewardRules
from homeward.rules.homeward.conditions import period_at
from homeward.rules.homeward.decision import WEIGHTS, Hazards, ReturnDecision
from homeward.rules.homeward.homecoming import (
    host_pressure,
    intention_factor,
    neighbours_factor,
    push_factor,
    season_factor,
    years_factor,
)
from homeward.rules.tables import Tables

__all__ = ["FACTORS", "Course", "Moment", "watched_course"]

FloatArray = NDArray[np.float64]

FACTORS = ("open", "readiness", "home", "neighbours", "years", "season", "pressure", "intention", "host", "border")
"""Factors of equation 10 in its order; IDPs have those before ``pressure``, and ``border`` for whether a way leads."""


@dataclass(frozen=True)
class Moment:
    """What the decision read and said in one block of days.

    Arrays have the axes origins (o), countries of stay (c), places where people return from (p), by whom people fled
    (k, the last for no holder) and conditions of home. ``people`` and ``following`` (o x p); ``intensity``,
    ``crowding`` and ``recent`` (o); ``conditions`` (o x conditions), housing after crowding; ``years`` (o x c);
    ``actual`` and ``believed`` (violence, draw, risks: 2 + k quantities x o, and x c); ``fled`` (o x k); ``host`` (p x
    host conditions and intention) and ``pressure`` (p). ``factors`` (o x p each) by name, ``hazard`` (o x p) per year
    as the rules give it, borders included.
    """

    day: date
    days: int
    people: FloatArray
    following: FloatArray
    intensity: FloatArray
    conditions: FloatArray
    crowding: FloatArray
    recent: FloatArray
    years: FloatArray
    actual: FloatArray
    believed: FloatArray
    fled: FloatArray
    host: FloatArray
    pressure: FloatArray
    factors: dict[str, FloatArray]
    hazard: FloatArray


@dataclass(frozen=True)
class Course:
    """The watched month: its ``moments``, ``returns`` (o x p) who set out in it, and the rules that it ran by.

    ``places`` are the codes of p, ``country`` (p) those of their countries.
    """

    rules: HomewardRules
    moments: tuple[Moment, ...]
    returns: FloatArray
    places: NDArray[np.int64]
    country: NDArray[np.int64]

    @property
    def middle(self) -> Moment:
        """The moment that holds the middle day of the month."""
        return self.moments[self._middle()]

    def _middle(self) -> int:
        ends = np.cumsum([moment.days for moment in self.moments])
        return int(np.searchsorted(ends, (ends[-1] + 1) // 2))

    @property
    def share_of_month(self) -> FloatArray:
        """Who decide to return within the month (o x p), as a share of those who are there throughout."""
        summed = sum(moment.hazard * (moment.days / DAYS_PER_YEAR) for moment in self.moments)
        share: FloatArray = -np.expm1(-np.asarray(summed))
        return share


def watched_course(case: Case, month: int, *, idps: bool) -> Course:
    """Return the watched month of a case that ends with it; ``month`` counts from the first of the run.

    Raises InputError for a case that the rules cannot use.
    """
    rules = _Watched(case, month, idps=idps)
    trajectory = expected_course(rules)
    geography, returns = rules.geography, trajectory.returns
    places = geography.home if idps else geography.abroad
    column = {int(code): number for number, code in enumerate(places)}
    row = {int(code): number for number, code in enumerate(geography.origins)}
    found = np.zeros((len(geography.origins), len(places)))
    here = np.flatnonzero((returns["month"] == month) & np.isin(returns["host"], places))
    for number in here:
        found[row[int(returns["origin"][number])], column[int(returns["host"][number])]] += returns["people"][number]
    return Course(rules, tuple(rules.moments), found, places, geography.country[places])


class _Decision(ReturnDecision):
    """The decision, which keeps what it said last and can be asked how it came to it."""

    last: Hazards

    def hazards(
        self, memory: dict[str, FloatArray], block: Block, when: date, intensity: FloatArray, census: FloatArray,
        scores: FloatArray,
    ) -> Hazards:  # fmt: skip
        """Return the hazards, as the rules do, and keep them."""
        self.last = super().hazards(memory, block, when, intensity, census, scores)
        return self.last

    def state(
        self, memory: dict[str, FloatArray], block: Block, when: date, intensity: FloatArray, census: FloatArray
    ) -> dict[str, FloatArray]:
        """Return what was read of home, of what is believed and of who came back; asked after :meth:`hazards`."""
        conditions, full = self._at_home(block, when, census, memory["of_home"])
        return {
            "intensity": intensity[self._geography.origins],
            "conditions": conditions,
            "crowding": full,
            "recent": self._recently_back(census),
            "years": memory["years_away"].copy(),
            "actual": self._actual(intensity, conditions, memory["risk"]),
            "believed": memory["believed"].copy(),
            "fled": memory["fled"].copy(),
        }

    def readiness(self, state: dict[str, FloatArray], *, idps: bool) -> FloatArray:
        """Return (o x c) which part of the open hazard safety leaves."""
        violence, _, *risk = state["believed"]
        return self._ready(violence, np.array(risk), state["fled"], WEIGHTS[idps])

    def host_effect(self) -> FloatArray:
        """Return (places abroad) the effect of their country."""
        effect: FloatArray = self._host_effect[self._place_abroad]
        return effect


class _Watched(HomewardRules):
    """The rules, which note every block of one month."""

    decision: _Decision

    def __init__(self, case: Case, month: int, *, idps: bool) -> None:
        super().__init__(case)
        self.decision = _Decision(self.geography, self.groups, self.space, self.world, self.parameters)
        self.moments: list[Moment] = []
        self._month, self._idps = month, idps

    def fill(self, tables: Tables, block: Block, census: FloatArray, shocks: Sequence[FloatArray]) -> None:
        super().fill(tables, block, census, shocks)
        if block.month == self._month:
            self.moments.append(self._moment(tables, block, census))

    def _moment(self, tables: Tables, block: Block, census: FloatArray) -> Moment:
        when = self.calendar.date_of(block.first_day)
        state = self.decision.state(tables.memory, block, when, self.world.intensity(block), census)
        host = self.world.host.middle(when)[self.geography.home if self._idps else self.geography.abroad]
        pressure = host_pressure(host[:, : len(HOST_CONDITIONS)])
        factors = self._factors(state, when, host, pressure)
        said = self.decision.last
        daily = said.displaced[:, None] if self._idps else said.refugees
        return Moment(
            day=when, days=block.days, **self._people(census), **state, host=host, pressure=pressure, factors=factors,
            hazard=DAYS_PER_YEAR * daily * factors["border"],
        )  # fmt: skip

    def _people(self, census: FloatArray) -> dict[str, FloatArray]:
        """Return who could decide, and who will follow one of their household."""
        groups = self.groups
        shape = (groups.origins, groups.homes if self._idps else groups.abroad)
        if self._idps:
            own, after = census[groups.displaced : groups.refugee], census[:0]
        else:
            own, after = census[groups.refugee : groups.following], census[groups.following : groups.visiting]
        following = after.reshape(shape) if after.size else np.zeros(shape)
        return {"people": np.array(own, dtype=np.float64).reshape(shape), "following": following.astype(np.float64)}

    def _factors(
        self, state: dict[str, FloatArray], when: date, host: FloatArray, pressure: FloatArray
    ) -> dict[str, FloatArray]:
        """Return every factor (o x p), by the public functions of equations 9 to 9d and those of the decision."""
        parameters, geography = self.parameters, self.geography
        places = geography.home if self._idps else geography.abroad
        stay = geography.country[places]
        hazard = "return_hazard_open_displaced" if self._idps else "return_hazard_open"
        of_home = {
            "open": np.array(parameters[hazard]),
            "readiness": self.decision.readiness(state, idps=self._idps)[:, stay],
            "home": np.exp(state["believed"][1])[:, stay],
            "neighbours": neighbours_factor(state["recent"], parameters)[:, None],
            "years": years_factor(state["years"], parameters)[:, stay],
            "season": np.array(season_factor(when, parameters)),
        }
        of_host = {} if self._idps else {
            "pressure": push_factor(pressure, parameters),
            "intention": intention_factor(host[:, len(HOST_CONDITIONS)], parameters),
            "host": self.decision.host_effect(),
        }  # fmt: skip
        border = self._reachable[:, places] if self._idps else self._way_home(self._period(when))
        shape = (len(geography.origins), len(places))
        found = {**of_home, **of_host, "border": border}
        return {name: np.broadcast_to(np.asarray(value, dtype=np.float64), shape) for name, value in found.items()}

    def _period(self, when: date) -> int:
        return period_at(self.world.border_dates, when)
