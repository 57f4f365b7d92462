"""The decision to return, put together: what is, what is believed of it, and the hazards that follow (equation 10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.case.indicators import FLED, HELD_BY, HOME_CONDITIONS, HOST_CONDITIONS, RETURN_INTENTION
from homeward.rules.calendar import DAYS_PER_YEAR, Block
from homeward.rules.homeward.absorption import crowding
from homeward.rules.homeward.conditions import in_range, period_at
from homeward.rules.homeward.homecoming import (
    home_draw,
    host_pressure,
    intention_factor,
    neighbours_factor,
    persecution,
    push_factor,
    readiness,
    safety,
    season_factor,
    shares_of_fled,
    violence_at_home,
    years_factor,
)
from homeward.rules.homeward.perception import news_factor, perceived
from homeward.rules.homeward.space import Geography, Groups
from homeward.rules.homeward.world import World
from homeward.rules.parameters import Parameters
from homeward.rules.tables import Space

__all__ = ["Hazards", "ReturnDecision"]

FloatArray = NDArray[np.float64]
HOUSING = HOME_CONDITIONS.index("housing")
WEIGHTS = ("safety_weight_persecution", "safety_weight_persecution_displaced")
"""Of persecution in the decision of refugees, and in that of IDPs."""


@dataclass(frozen=True)
class Hazards:
    """Hazards per day of a block, before borders and shocks.

    ``refugees`` (origins x places abroad) and ``displaced`` (origins) of return; ``ready`` (origins x places abroad)
    which part of the open hazard safety leaves; ``crowded_out`` (origins) of returnees to be displaced again by
    crowding.
    """

    refugees: FloatArray
    displaced: FloatArray
    ready: FloatArray
    crowded_out: FloatArray


class ReturnDecision:
    """What hazards of return depend on. Nothing in it changes during a run; what is believed is in the tables."""

    def __init__(
        self, geography: Geography, groups: Groups, space: Space, world: World, parameters: Parameters
    ) -> None:
        """Compute what holds for the whole run."""
        self._geography, self._groups, self._space = geography, groups, space
        self._world, self._parameters = world, parameters
        population = [geography.places[code].population for code in geography.origins]
        self._residents_before = np.array([people or np.nan for people in population], dtype=np.float64)
        self._known_dates = sorted({*world.held.dates, *world.guaranteed.dates, *world.fled.dates, *world.host.dates})
        self._away = slice(groups.displaced, groups.naturalised)
        self._origin = space.group_origin[self._away]
        self._place_abroad = geography.country[geography.abroad]
        by_country = parameters.values
        self._host_effect = np.array(
            [by_country[f"return_host_effect[{country}]"] for country in geography.countries], dtype=np.float64
        )

    def scored(self) -> tuple[str, ...]:
        """Return the names of all conditions that are known up to an error, in the order of the scores."""
        districts = [self._geography.places[code].id for code in self._geography.origins]
        of_home = [f"{place} {name}" for place in districts for name in HOME_CONDITIONS]
        of_host = [
            f"{country} {name}"
            for country in self._geography.countries
            for name in (*HOST_CONDITIONS, RETURN_INTENTION)
        ]
        families = [(family, place) for family in (HELD_BY, FLED) for place in districts]
        of_holders = [f"{place} {family}{name}" for family, place in families for name in self._world.holders]
        return (*of_home, *of_host, *of_holders)

    def hazards(
        self, memory: dict[str, FloatArray], block: Block, when: date, intensity: FloatArray, census: FloatArray,
        scores: FloatArray,
    ) -> Hazards:  # fmt: skip
        """Return the hazards of a block and carry what is believed on in ``memory``.

        ``intensity`` by place; ``census`` people by group; ``scores`` in the order of :meth:`scored`.
        """
        self._keep_known(memory, when, scores)
        conditions, full = self._at_home(block, when, census, memory["of_home"])
        recent, years = self._recently_back(census), self._years_away(memory, block, census)
        actual = self._actual(intensity, conditions, memory["risk"])
        violence, draw, *risk = self._believed(memory, block, actual, census, recent)
        ready, ready_displaced = (self._ready(violence, np.array(risk), memory["fled"], weight) for weight in WEIGHTS)
        parameters = self._parameters
        common = neighbours_factor(recent, parameters)[:, None] * season_factor(when, parameters) * np.exp(draw)
        common *= years_factor(years, parameters) / DAYS_PER_YEAR
        refugees = ready * common * parameters["return_hazard_open"]
        displaced = ready_displaced * common * parameters["return_hazard_open_displaced"]
        return Hazards(
            refugees=refugees[:, self._place_abroad] * memory["at_hosts"],
            displaced=displaced[:, self._geography.home_country],
            ready=ready[:, self._place_abroad],
            crowded_out=parameters["crowding_out_hazard"] * (full - 1.0) / DAYS_PER_YEAR,
        )

    def _keep_known(self, memory: dict[str, FloatArray], when: date, scores: FloatArray) -> None:
        """Keep in ``memory`` what changes only where a row about holders, about whom people fled, or a host begins."""
        world, period = self._world, np.array(period_at(self._known_dates, when), dtype=np.float64)
        if "scores" in memory and memory["period"] == period and np.array_equal(memory["scores"], scores):
            return
        memory["period"], memory["scores"] = period, scores.copy()
        memory["of_home"], of_host, of_held, of_fled = self._split(scores)
        held, guaranteed = world.held.at(when, of_held), world.guaranteed.middle(when)
        memory["risk"] = persecution(held, guaranteed, world.holders, self._parameters).T
        memory["fled"] = shares_of_fled(world.fled.at(when, of_fled))
        memory["at_hosts"] = self._at_hosts(when, of_host)

    def _at_home(
        self, block: Block, when: date, census: FloatArray, scores: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the conditions of home as crowding leaves them, and how many times over dwellings are filled."""
        conditions = in_range(self._world.home_ranges(block.first_day, when), scores)
        full = crowding(self._present(census), self._residents_before, conditions[:, HOUSING])
        conditions[:, HOUSING] /= full
        return conditions, full

    def _actual(self, intensity: FloatArray, conditions: FloatArray, risk: FloatArray) -> FloatArray:
        """Return (quantities x origins) what is at home: violence, what draws, and the risks by whom people fled."""
        violence = violence_at_home(intensity[self._geography.origins], self._parameters)
        draw = home_draw(conditions, self._parameters)
        return np.concatenate([[violence, draw], risk])

    def _split(self, scores: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the scores of conditions of home, of hosts (by place), of holders, and of whom people fled."""
        origins, countries = self._groups.origins, len(self._geography.countries)
        holders = len(self._world.holders)
        per_host = len(HOST_CONDITIONS) + 1
        ends = np.cumsum([origins * len(HOME_CONDITIONS), countries * per_host, origins * holders])
        of_home, of_host, of_held, of_fled = np.split(scores, ends)
        return (
            of_home.reshape(origins, -1),
            of_host.reshape(countries, per_host)[self._geography.country],
            of_held.reshape(origins, holders),
            of_fled.reshape(origins, holders),
        )

    def _present(self, census: FloatArray) -> FloatArray:
        """Return people who are in every district of origin now, whatever their own."""
        at_home = slice(0, self._groups.refugee)
        place = self._space.group_place[at_home]
        people = np.bincount(place, weights=census[at_home], minlength=len(self._geography.places))
        return people[self._geography.origins].astype(np.float64)

    def _recently_back(self, census: FloatArray) -> FloatArray:
        """Return (origins) the share of all who ever left and are away or back that came back within the last year."""
        groups = self._groups
        back = census[groups.returned : groups.settled].reshape(-1, groups.origins).sum(axis=0)
        away = np.bincount(self._origin, weights=census[self._away], minlength=groups.origins)
        left = away + back + census[groups.settled : groups.displaced]
        share: FloatArray = back / np.where(left > 0.0, left, 1.0)
        return share

    def _years_away(self, memory: dict[str, FloatArray], block: Block, census: FloatArray) -> FloatArray:
        """Return (origins x countries) for how many years those who are away have been so, on average.

        Whoever comes is new, whoever goes is like the others; ``memory`` keeps the average and the people. Since when
        those are away who are so at the start of a run is not known, and they count as away for the reference.
        """
        countries = len(self._geography.countries)
        key = self._origin * countries + self._geography.country[self._space.group_place[self._away]]
        counted = np.bincount(key, weights=census[self._away], minlength=self._groups.origins * countries)
        people: FloatArray = counted.astype(np.float64).reshape(self._groups.origins, countries)
        years: FloatArray = np.where(people > 0.0, self._parameters["years_away_reference"], 0.0)
        if "years_away" in memory:
            stayed = np.minimum(1.0, memory["away"] / np.maximum(people, 1.0))
            years = (memory["years_away"] + block.days / DAYS_PER_YEAR) * stayed
        memory["years_away"], memory["away"] = years, people
        return years

    def _believed(
        self, memory: dict[str, FloatArray], block: Block, actual: FloatArray, census: FloatArray, recent: FloatArray
    ) -> FloatArray:
        """Return (quantities x origins x countries) what people believe, and keep it in ``memory``."""
        everywhere = np.repeat(actual[:, :, None], len(self._geography.countries), axis=2)
        if "believed" in memory:
            news = news_factor(self._visits(census), recent, self._parameters)
            everywhere = perceived(memory["believed"], everywhere, block.days, news, self._parameters)
        memory["believed"] = everywhere
        return everywhere

    def _visits(self, census: FloatArray) -> FloatArray:
        """Return (origins x countries) visits home a person and year, from those who are on one."""
        groups, countries = self._groups, len(self._geography.countries)
        if not groups.visits or not groups.abroad:
            return np.zeros((groups.origins, countries))
        key = np.arange(groups.origins)[:, None] * countries + self._place_abroad[None, :]
        blocks = census[groups.refugee : groups.naturalised].reshape(-1, key.size)
        everyone, visiting = (
            np.bincount(key.ravel(), weights=people, minlength=groups.origins * countries)
            for people in (blocks.sum(axis=0), blocks[-1])
        )
        share = visiting / np.where(everyone > 0.0, everyone, 1.0)
        visits: FloatArray = share.reshape(groups.origins, countries) * DAYS_PER_YEAR / self._parameters["visit_days"]
        return visits

    def _ready(self, violence: FloatArray, risk: FloatArray, shares: FloatArray, weight: str) -> FloatArray:
        """Return (origins x countries) which part of the open hazard holds, over whom people fled."""
        safe = safety(violence[None], risk, self._parameters[weight], self._parameters)
        ready: FloatArray = np.einsum("toc,ot->oc", readiness(safe, self._parameters), shares)
        return ready

    def _at_hosts(self, when: date, scores: FloatArray) -> FloatArray:
        """Return (places abroad) the factor of what is known of the host, and of the host itself."""
        conditions = self._world.host.at(when, scores)[self._geography.abroad]
        pressure = host_pressure(conditions[:, : len(HOST_CONDITIONS)])
        factor: FloatArray = push_factor(pressure, self._parameters)
        factor *= intention_factor(conditions[:, len(HOST_CONDITIONS)], self._parameters)
        factor *= self._host_effect[self._place_abroad]
        return factor
