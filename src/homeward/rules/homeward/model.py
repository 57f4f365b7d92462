"""The rule set ``homeward``: how a case fills the tables that the engine draws from.

Equation numbers refer to docs/explanation/model.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case
from homeward.errors import InputError, Problem
from homeward.rules.calendar import DAYS_PER_YEAR, Block, Calendar
from homeward.rules.homeward.conditions import period_at
from homeward.rules.homeward.decision import Hazards, ReturnDecision
from homeward.rules.homeward.destination import Destinations
from homeward.rules.homeward.filling import fill_leaving, fill_sums
from homeward.rules.homeward.flight import frailty_of_classes, violence_response
from homeward.rules.homeward.space import (
    MOVE_KINDS,
    STATUS_KINDS,
    build_capacity,
    build_geography,
    build_space,
    move_choices,
    move_rows,
    status_choices,
    status_rows,
)
from homeward.rules.homeward.vital import birth_probability, status_hazards
from homeward.rules.homeward.world import build_world
from homeward.rules.parameters import resolve_parameters
from homeward.rules.tables import Choices, ShockFamily, Tables, Transitions

__all__ = ["HomewardRules"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FLIGHT, REFLIGHT, ONWARD, HOST_FLIGHT, RETURN, RETURN_AHEAD, VISIT, VISIT_BACK = range(len(MOVE_KINDS))


class HomewardRules:
    """The rules of one case; nothing in it changes during a run, so threads share it.

    Raises InputError for parameters or tables that the rules cannot use.
    """

    def __init__(self, case: Case) -> None:
        """Compute everything that holds for the whole run."""
        settings = case.settings
        parameters = resolve_parameters(case)
        self.parameters = parameters
        self.calendar = Calendar.of_step(settings.start, settings.end, settings.step_hours)
        self.geography = build_geography(case, parameters["air_travel_km"])
        classes = round(parameters["frailty_classes"])
        self.frailty = frailty_of_classes(parameters["frailty_shape"], classes)
        self.class_share = np.full(classes, 1.0 / classes)
        staged = parameters["staged_share"] > 0.0 and parameters["household_size"] > 1.0
        visits = parameters["visit_hazard"] > 0.0
        self.space, self.groups = build_space(self.geography, classes, staged=staged, visits=visits)
        self._rows = move_rows(self.groups)
        self._status_rows = status_rows(self.groups, len(self.space.places))
        self.capacity = build_capacity(self.geography, self.space)
        self.world = build_world(case, self.geography, self.calendar, parameters)
        self.blocks = self.calendar.blocks(self.world.changes())
        self.destinations = Destinations(self.geography, parameters)
        self.decision = ReturnDecision(self.geography, self.groups, self.space, self.world, parameters)
        self.shock_families = self._shock_families()
        self.start_people, self.start_known = self._start(case)
        self._eases = [self.destinations.ease(levels) for levels in self.world.permeability]
        self._onward_open = self._to_other_hosts(self.destinations.distance_decay)
        self._onward_eases = [self._to_other_hosts(ease) for ease in self._eases]
        self._reachable = self._ways_home()
        self._violent_kind = self._kinds_under_violence()

    def _shock_families(self) -> tuple[ShockFamily, ...]:
        places = tuple(place.id for place in self.geography.places)
        origins = self.space.origins
        variance = self.parameters
        return (
            ShockFamily("flight", places, variance["flight_shock_variance"], "month"),
            ShockFamily("return", origins, variance["return_shock_variance"], "month"),
            ShockFamily("host-year", self.geography.countries, variance["host_year_variance"], "year"),
            ShockFamily("condition", self.decision.scored(), None, "once"),
        )

    def _start(self, case: Case) -> tuple[IntArray, IntArray]:
        """Return people at the start by group (class still to be drawn) and by situation (class known)."""
        classes = self.space.classes
        _require_classes(case, classes)
        drawn, known = np.zeros(self.space.groups, dtype=np.int64), np.zeros(self.space.situations, dtype=np.int64)
        # Tables of codes: a restarted case has some 1,500 rows, and every member of an ensemble reads them.
        place, origin = self.geography.code, {name: code for code, name in enumerate(self.space.origins)}
        stage = {name: code for code, name in enumerate(self.space.stages)}
        for row in case.population:
            group = self.space.group_index[origin[row.origin], place[row.place], stage[row.stage.value]]
            if row.frailty_class is None:
                drawn[group] += row.people
            else:
                known[group * classes + row.frailty_class] += row.people
        return drawn, known

    def _to_other_hosts(self, ease: FloatArray) -> FloatArray:
        """Return (places abroad x places) the ease of moving on: to another host country, neither home nor within."""
        country, abroad = self.geography.country, self.geography.abroad
        elsewhere = country[abroad][:, None] != country[None, :]
        elsewhere[:, self.geography.home] = False
        onward: FloatArray = np.where(elsewhere, ease[abroad], 0.0) * self.destinations.onward_preference
        return onward

    def new_tables(self) -> Tables:
        """Return tables with their structure set and their content empty."""
        space, parameters = self.space, self.parameters
        km_per_step = parameters["travel_speed"] / self.calendar.steps_per_day
        move, move_row_of = move_choices(self.geography, self.groups, km_per_step)
        status, status_row_of = status_choices(self.geography, self.groups, space)
        rows = self._status_rows
        weights = np.tile(self.destinations.resettlement_weights(), (status.rows - rows.resettlement, 1))
        own_country = self.geography.country[status.place[rows.resettlement :]]
        weights[own_country[:, None] == self.geography.country[None, :]] = 0.0
        np.cumsum(weights, axis=1, out=status.cumulative[rows.resettlement :, 1:])
        return Tables(
            move=_transitions(MOVE_KINDS, move, move_row_of, space.situations, self._parties()),
            status=_transitions(STATUS_KINDS, status, status_row_of, space.situations, np.ones_like(space.group_next)),
            birth=np.zeros(space.situations),
            birth_group=self._birth_group(),
        )

    def _parties(self) -> IntArray:
        """Return (groups) how many move together: those who follow lack one of their household, a visitor is one."""
        size = round(self.parameters["household_size"])
        party = np.full(self.groups.total, size, dtype=np.int64)
        party[self.groups.following : self.groups.visiting] = max(size - 1, 1)
        party[self.groups.visiting : self.groups.naturalised] = 1
        return party

    def _birth_group(self) -> IntArray:
        """Return (groups) where a child is counted: with its parents, but it has not returned lately itself."""
        group = np.arange(self.groups.total)
        group[self.groups.returned : self.groups.settled] = np.tile(
            np.arange(self.groups.settled, self.groups.displaced), self.groups.returnees - 1
        )
        return group

    def fill(self, tables: Tables, block: Block, census: FloatArray, shocks: Sequence[FloatArray]) -> None:
        """Fill the tables for a block (see :class:`homeward.rules.tables.Rules`)."""
        flight_shock, return_shock, host_year, scores = shocks
        when = self.calendar.date_of(block.first_day)
        period = period_at(self.world.border_dates, when)
        intensity = self.world.intensity(block)
        people = self._displaced_people(census)
        attraction = self.destinations.attraction(people, intensity)
        can_flee = self._fill_home_rows(tables, attraction, self._eases[period], intensity)
        onward, host_flees = self._fill_abroad_rows(tables, attraction, intensity, period)
        response = violence_response(intensity, self.parameters) * flight_shock
        home = self.decision.hazards(tables.memory, block, when, intensity, census, scores)
        hazards = self._fixed_hazards(onward, home, (return_shock, host_year), period)
        self._fill_crowded_out(hazards, home.crowded_out, can_flee[0] > 0)
        violent = self._violent_hazards(response, can_flee, host_flees)
        days = self.calendar.drawn_together(block) / self.calendar.steps_per_day
        move = tables.move
        fill_leaving(violent, hazards, self.frailty, self._violent_kind, days, move.kind_cumulative, move.leave)
        if block.ends_month:
            self._fill_month(tables, block)

    def _displaced_people(self, census: FloatArray) -> FloatArray:
        """Return (origins x places) displaced people, refugees and those who were naturalised or resettled."""
        groups, space = self.groups, self.space
        gone = slice(groups.displaced, groups.total)
        key = space.group_origin[gone] * len(space.places) + space.group_place[gone]
        cells = np.bincount(key, weights=census[gone], minlength=groups.origins * len(space.places))
        return cells.astype(np.float64).reshape(groups.origins, len(space.places))

    def _fill_home_rows(
        self, tables: Tables, attraction: FloatArray, ease: FloatArray, intensity: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Fill the rows of those who flee within or from home; return their total weights.

        Equations 4 to 6. Totals by origin (from the own district) and by (origin, home place).
        """
        rows, geography, groups = self._rows, self.geography, self.groups
        cumulative = tables.move.choices.cumulative
        own = np.arange(groups.origins)
        leaving = attraction * ease[geography.origins]
        # Within the own district people get away from its fighting, so its danger does not deter them.
        calm = attraction[own, geography.origins] / self.destinations.danger(intensity)[geography.origins]
        leaving[own, geography.origins] = calm * self.destinations.own_decay
        from_own = np.cumsum(leaving, axis=1)
        cumulative[rows.flight : rows.reflight_home, 1:] = from_own
        returned = cumulative[rows.reflight_home : rows.reflight].reshape(groups.returnees, groups.origins, -1)
        returned[:, :, 1:] = from_own
        # An IDP may flee anywhere but home: the own district is no flight.
        homes = np.arange(groups.homes)
        fill_sums(
            attraction, ease[geography.home], geography.origins, rows.reflight, groups.homes, homes, cumulative
        )  # fmt: skip
        from_home = cumulative[rows.reflight : rows.onward, -1].reshape(groups.origins, groups.homes)
        return cumulative[rows.flight : rows.flight + groups.origins, -1], from_home

    def _fill_abroad_rows(
        self, tables: Tables, attraction: FloatArray, intensity: FloatArray, period: int
    ) -> tuple[FloatArray, FloatArray]:
        """Fill the rows of those who move on or flee from their host (equation 7).

        Returns (origins x places abroad) the share of all weight that borders let through, and whether there is
        anywhere to flee to.
        """
        rows, groups, geography = self._rows, self.groups, self.geography
        cumulative = tables.move.choices.cumulative
        anywhere, hosts = np.full(groups.origins, -1), np.arange(groups.abroad)
        moving_on = self._onward_eases[period]
        fill_sums(attraction, moving_on, anywhere, rows.onward, groups.abroad, hosts, cumulative)
        weight = cumulative[rows.onward : rows.host_flight, -1].reshape(groups.origins, groups.abroad)
        if_open = attraction @ self._onward_open.T
        let_through = weight / np.where(if_open > 0, if_open, 1.0)
        host_flees = np.zeros((groups.origins, groups.abroad))
        at_war = np.flatnonzero(intensity[geography.abroad] > 0)
        fleeing = self._eases[period][geography.abroad[at_war]]
        fill_sums(attraction, fleeing, anywhere, rows.host_flight, groups.abroad, at_war, cumulative)
        weight = cumulative[rows.host_flight : rows.return_displaced, -1].reshape(groups.origins, groups.abroad)
        host_flees[:, at_war] = weight[:, at_war] > 0
        return let_through, host_flees

    def _violent_hazards(
        self, response: FloatArray, can_flee: tuple[FloatArray, FloatArray], host_flees: FloatArray
    ) -> FloatArray:
        """Return (groups that can move) the hazard per day that violence drives, at frailty 1 (equation 3)."""
        groups, geography, parameters = self.groups, self.geography, self.parameters
        from_own, from_home = can_flee
        own = response[geography.origins] * (from_own > 0)
        hazard = np.zeros(groups.naturalised)
        hazard[groups.resident : groups.returned] = parameters["flight_hazard"] * own
        hazard[groups.returned : groups.displaced] = np.tile(
            parameters["flight_hazard_returned"] * own, groups.returnees
        )
        displaced = response[geography.home] * (from_home > 0)
        hazard[groups.displaced : groups.refugee] = parameters["flight_hazard_displaced"] * displaced.ravel()
        at_host = response[geography.abroad] * host_flees
        fleeing = parameters["flight_hazard_host"] * at_host.ravel()
        hazard[groups.refugee : groups.following] = fleeing
        hazard[groups.following : groups.visiting] = fleeing[: groups.visiting - groups.following]
        return hazard

    def _kinds_under_violence(self) -> IntArray:
        """Return (groups that can move) the kind of move that violence drives."""
        groups = self.groups
        kind = np.full(groups.naturalised, HOST_FLIGHT, dtype=np.int64)
        kind[groups.resident : groups.returned] = FLIGHT
        kind[groups.returned : groups.refugee] = REFLIGHT
        return kind

    def _fixed_hazards(
        self, onward: FloatArray, home: Hazards, shocks: tuple[FloatArray, FloatArray], period: int
    ) -> FloatArray:
        """Return (groups that can move x kinds) the hazards per day that frailty does not touch."""
        groups, geography = self.groups, self.geography
        return_shock, host_year = shocks
        hazards = np.zeros((groups.naturalised, len(MOVE_KINDS)))
        at_host = host_year[geography.country[geography.abroad]]
        yearly = self.parameters["onward_hazard"] / DAYS_PER_YEAR
        hazards[groups.refugee : groups.following, ONWARD] = (yearly * onward * at_host).ravel()
        going = (home.displaced * return_shock)[:, None] * self._reachable[:, geography.home]
        hazards[groups.displaced : groups.refugee, RETURN] = going.ravel()
        way_home = self._way_home(period)
        coming = home.refugees * return_shock[:, None] * at_host * way_home
        staged = self.parameters["staged_share"] if groups.staged else 0.0
        hazards[groups.refugee : groups.following, RETURN] = ((1.0 - staged) * coming).ravel()
        self._fill_households(hazards, staged * coming, way_home, home.ready)
        return hazards

    def _fill_crowded_out(self, hazards: FloatArray, crowded_out: FloatArray, can_leave: NDArray[np.bool_]) -> None:
        """Fill the hazards of returnees whom crowding puts out (equation 10b), where there is anywhere to go."""
        groups = self.groups
        hazards[groups.returned : groups.displaced, REFLIGHT] = np.tile(crowded_out * can_leave, groups.returnees)

    def _ways_home(self) -> NDArray[np.bool_]:
        """Return (origins x places) whether there is a way home."""
        reachable = np.isfinite(self.geography.km[self.geography.origins])
        reachable[np.arange(self.groups.origins), self.geography.origins] = True
        return reachable

    def _way_home(self, period: int) -> FloatArray:
        """Return (origins x places abroad) how far the border lets people go home in a period of borders."""
        abroad = self.geography.abroad
        border = self.world.permeability[period][self.geography.country[abroad], self.geography.home_country]
        way: FloatArray = border * self._reachable[:, abroad]
        return way

    def _fill_households(self, hazards: FloatArray, ahead: FloatArray, way_home: FloatArray, ready: FloatArray) -> None:
        """Fill the hazards of those who go ahead or on a visit, and of those who follow or come back."""
        groups, parameters = self.groups, self.parameters
        if groups.staged:
            hazards[groups.refugee : groups.following, RETURN_AHEAD] = ahead.ravel()
            following = parameters["following_hazard"] / DAYS_PER_YEAR * way_home
            hazards[groups.following : groups.visiting, RETURN] = following.ravel()
        if groups.visits:
            # One of a household goes, so the hazard of the household is that of all its members.
            often = parameters["visit_hazard"] * parameters["household_size"] / DAYS_PER_YEAR
            hazards[groups.refugee : groups.following, VISIT] = (often * way_home * ready).ravel()
            hazards[groups.visiting : groups.naturalised, VISIT_BACK] = (
                1.0 - parameters["visit_stay_share"]
            ) / parameters["visit_days"]
            hazards[groups.visiting : groups.naturalised, RETURN] = (
                parameters["visit_stay_share"] / parameters["visit_days"]
            )

    def _fill_month(self, tables: Tables, block: Block) -> None:
        """Fill the monthly tables for the days of the month (equation 11)."""
        world, space, classes = self.world, self.space, self.space.classes
        naturalisation, resettlement = world.rates.middle(self.calendar.date_of(block.first_day)).T
        rates = (naturalisation, resettlement)
        hazards = status_hazards(self.geography, self.groups, space.group_place, rates, self.parameters)
        rows = self._status_rows
        can_resettle = tables.status.choices.cumulative[rows.resettlement :, -1] > 0
        refugees = slice(self.groups.refugee, self.groups.naturalised)
        hazards[refugees, 2] *= np.resize(can_resettle, refugees.stop - refugees.start)
        cumulative = np.cumsum(hazards, axis=1)
        tables.status.kind_cumulative[:] = np.repeat(cumulative, classes, axis=0)
        leave = -np.expm1(-cumulative[:, -1] * block.month_days)
        tables.status.leave[:] = np.repeat(leave, classes)
        births = birth_probability(self.geography, space.group_place, self.parameters, block.month_days)
        tables.birth[:] = np.repeat(births, classes)


def _require_classes(case: Case, classes: int) -> None:
    problems = [
        Problem(
            "population.csv",
            number,
            None,
            f"there is no frailty class {row.frailty_class}: the parameter frailty_classes is {classes}",
            f"Write a class from 0 to {classes - 1}, or leave it blank",
        )
        for number, row in enumerate(case.population, start=1)
        if row.frailty_class is not None and row.frailty_class >= classes
    ]
    if problems:
        raise InputError(problems)


def _transitions(
    kinds: tuple[str, ...], choices: Choices, row_of: IntArray, situations: int, party: IntArray
) -> Transitions:
    return Transitions(
        kinds=kinds,
        choices=choices,
        party=party,
        row_of=row_of,
        leave=np.zeros(situations),
        kind_cumulative=np.zeros((situations, len(kinds))),
    )
