"""Who can be where: groups, and the rows of the tables with their targets and days of travel.

Groups and rows come in blocks with a fixed order, so that the rest of the rules can fill them as arrays:
``(months since return, origin)`` for returnees, ``(origin, home place)`` for IDPs, ``(origin, place abroad)`` for
refugees, for those of whose household one has gone ahead, and for those who are at home on a visit. The last two stay
refugees of the place that they will follow from or come back to: its register counts them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case, Place, PlaceKind, Stage
from homeward.rules.tables import NOBODY, Capacity, Choices, Space, name_hash

__all__ = ["MONTHS_FOLLOWED", "MOVE_KINDS", "STATUS_KINDS", "Geography", "Groups", "build_geography", "build_space"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

MOVE_KINDS = ("flight", "reflight", "onward", "host_flight", "return", "return_ahead", "visit", "visit_back")
STATUS_KINDS = ("death", "naturalisation", "resettlement")
STAGES = tuple(stage.value for stage in Stage)

MONTHS_FOLLOWED = 13
"""Returnees are told apart by the month ends since their return, 0 to 12, so for twelve months at least."""

MEMORIES = (*(f"returned {months} months ago" for months in range(MONTHS_FOLLOWED)), "", "gone ahead", "visiting")
NOTHING, GONE_AHEAD, VISITING = (MEMORIES.index(memory) for memory in ("", "gone ahead", "visiting"))


@dataclass(frozen=True)
class Geography:
    """Places in the order of their hashed names, who counts as home, and road distances.

    ``home``, ``abroad`` and ``origins`` hold place codes; ``origin_code`` (places) the code of a district of
    origin or -1; ``country`` (places) the code of a country in ``countries``; ``km`` (places x places) the
    shortest way along the routes, a flight counting as so much longer, infinite where there is none; the
    diagonal is the distance that people displaced inside a place cover, infinite where the case gives none.
    """

    places: tuple[Place, ...]
    countries: tuple[str, ...]
    country: IntArray
    home_country: int
    home: IntArray
    abroad: IntArray
    origins: IntArray
    km: FloatArray

    @property
    def code(self) -> Mapping[str, int]:
        """Return the code of every place by its id."""
        return {place.id: code for code, place in enumerate(self.places)}


@dataclass(frozen=True)
class Groups:
    """First group of every block: residents by origin, returnees by (month, origin), the others by (origin, place).

    ``staged`` and ``visits``: whether anybody goes ahead of a household, or home on a visit.
    """

    origins: int
    homes: int
    abroad: int
    staged: bool = False
    visits: bool = False

    @property
    def resident(self) -> int:
        """First group of residents."""
        return 0

    @property
    def returned(self) -> int:
        """First group of returnees, those of this month."""
        return self.origins

    @property
    def settled(self) -> int:
        """First group of returnees whose return is too long ago to be followed."""
        return self.returned + MONTHS_FOLLOWED * self.origins

    @property
    def returnees(self) -> int:
        """Number of groups of returnees of one origin."""
        return MONTHS_FOLLOWED + 1

    @property
    def displaced(self) -> int:
        """First group of IDPs, ordered by (origin, home place)."""
        return self.settled + self.origins

    @property
    def refugee(self) -> int:
        """First group of refugees, ordered by (origin, place abroad)."""
        return self.displaced + self.origins * self.homes

    @property
    def following(self) -> int:
        """First group of refugees of whose household one has gone ahead; as many as of refugees, or none."""
        return self.refugee + self.origins * self.abroad

    @property
    def visiting(self) -> int:
        """First group of refugees who are at home on a visit; as many as of refugees, or none."""
        return self.following + self.staged * self.origins * self.abroad

    @property
    def naturalised(self) -> int:
        """First group of naturalised people; all groups before it can move."""
        return self.visiting + self.visits * self.origins * self.abroad

    @property
    def resettled(self) -> int:
        """First group of resettled people."""
        return self.naturalised + self.origins * self.abroad

    @property
    def total(self) -> int:
        """Number of groups."""
        return self.resettled + self.origins * self.abroad


def build_geography(case: Case, air_travel_km: float = 0.0) -> Geography:
    """Return the places of a case as codes, with shortest distances along its routes.

    ``air_travel_km`` is added to every route by air: papers and a ticket, as so many kilometres of road.
    """
    places = tuple(sorted(case.places, key=lambda place: name_hash(place.id) & 0xFFFFFFFF))
    countries = tuple(sorted({place.country for place in places}))
    country = np.array([countries.index(place.country) for place in places], dtype=np.int64)
    home_country = countries.index(case.settings.origin_country)
    is_district = np.array([place.kind is PlaceKind.DISTRICT for place in places])
    return Geography(
        places=places,
        countries=countries,
        country=country,
        home_country=home_country,
        home=np.flatnonzero(country == home_country),
        abroad=np.flatnonzero(country != home_country),
        origins=np.flatnonzero((country == home_country) & is_district),
        km=_shortest_ways(case, {place.id: code for code, place in enumerate(places)}, air_travel_km),
    )


def _shortest_ways(case: Case, code: Mapping[str, int], air_travel_km: float) -> FloatArray:
    """Floyd and Warshall (1962) over the routes; the diagonal keeps the routes from a place to itself."""
    km = np.full((len(code), len(code)), math.inf)
    for route in case.routes:
        one, other = code[route.from_place], code[route.to_place]
        length = route.km + (air_travel_km if route.by == "air" else 0.0)
        km[one, other] = km[other, one] = min(km[one, other], length)
    within = np.diagonal(km).copy()
    np.fill_diagonal(km, 0.0)
    for via in range(len(code)):
        np.minimum(km, km[:, via, None] + km[None, via, :], out=km)
    np.fill_diagonal(km, within)
    return km


def build_space(
    geography: Geography, classes: int, *, staged: bool = False, visits: bool = False
) -> tuple[Space, Groups]:
    """Return the space of situations in blocks; ``staged`` and ``visits`` as in :class:`Groups`."""
    own, home, abroad = geography.origins, geography.home, geography.abroad
    count = len(own)
    groups = Groups(count, len(home), len(abroad), staged, visits)
    at_own = (np.arange(count), own)
    by_abroad = (np.repeat(np.arange(count), len(abroad)), np.tile(abroad, count))
    blocks = [(Stage.RESIDENT, NOTHING, *at_own)]
    blocks += [(Stage.RETURNED, months, *at_own) for months in range(MONTHS_FOLLOWED + 1)]
    blocks += [(Stage.DISPLACED, NOTHING, np.repeat(np.arange(count), len(home)), np.tile(home, count))]
    blocks += [(Stage.REFUGEE, NOTHING, *by_abroad)]
    blocks += [(Stage.REFUGEE, GONE_AHEAD, *by_abroad)] * staged + [(Stage.REFUGEE, VISITING, *by_abroad)] * visits
    blocks += [(stage, NOTHING, *by_abroad) for stage in (Stage.NATURALISED, Stage.RESETTLED)]
    following_month = np.arange(groups.total)
    following_month[groups.returned : groups.settled] += count
    space = Space(
        origins=tuple(geography.places[code].id for code in own),
        places=tuple(place.id for place in geography.places),
        stages=STAGES,
        classes=classes,
        group_origin=np.concatenate([origin for _, _, origin, _ in blocks]).astype(np.int64),
        group_place=np.concatenate([place for *_, place in blocks]).astype(np.int64),
        group_stage=np.concatenate([np.full(len(o), STAGES.index(stage)) for stage, _, o, _ in blocks]),
        memories=MEMORIES,
        group_memory=np.concatenate([np.full(len(o), memory) for _, memory, o, _ in blocks]),
        group_next=following_month,
    )
    return space, groups


def build_capacity(geography: Geography, space: Space) -> Capacity:
    """Return the limited places; only displaced people and refugees who are there count against a limit."""
    code = geography.code
    limited = [place for place in geography.places if place.capacity is not None]
    counts = {STAGES.index(Stage.DISPLACED), STAGES.index(Stage.REFUGEE)}
    place_of_group = np.full(space.groups, -1, dtype=np.int64)
    overflow_group = np.full(space.groups, -1, dtype=np.int64)
    for group in range(space.groups):
        stage = int(space.group_stage[group])
        place = geography.places[space.group_place[group]]
        if place.capacity is not None and stage in counts and space.group_memory[group] != VISITING:
            place_of_group[group] = limited.index(place)
            key = (int(space.group_origin[group]), code[place.overflow], stage)
            overflow_group[group] = space.group_index[key]
    limit = np.array([place.capacity for place in limited], dtype=np.int64)
    return Capacity(place_of_group, limit, overflow_group)


@dataclass(frozen=True)
class MoveRows:
    """First row of every block of the daily table."""

    flight: int
    reflight_home: int
    reflight: int
    onward: int
    host_flight: int
    return_displaced: int
    return_refugee: int
    return_ahead: int
    visit: int
    visit_back: int
    total: int


@dataclass(frozen=True)
class StatusRows:
    """First row of every block of the monthly table."""

    death: int
    naturalisation: int
    resettlement: int
    total: int


def move_rows(groups: Groups) -> MoveRows:
    """Return where each block of the daily table begins."""
    own, homes, abroad = groups.origins, groups.origins * groups.homes, groups.origins * groups.abroad
    returned, staged, visits = own * (MONTHS_FOLLOWED + 1), abroad * groups.staged, abroad * groups.visits
    starts = np.cumsum([0, own, returned, homes, abroad, abroad, homes, abroad, staged, visits, visits])
    return MoveRows(*(int(start) for start in starts))


def status_rows(groups: Groups, places: int) -> StatusRows:
    """Return where each block of the monthly table begins."""
    abroad = groups.origins * groups.abroad
    starts = np.cumsum([0, groups.origins * places, abroad, abroad])
    return StatusRows(*(int(start) for start in starts))


def move_choices(geography: Geography, groups: Groups, km_per_step: float) -> tuple[Choices, IntArray]:
    """Return the structure of the daily table: its rows, and the row of every (group, kind)."""
    rows = move_rows(groups)
    own = np.arange(groups.origins)
    by_home = (np.repeat(own, groups.homes), np.tile(geography.home, groups.origins))
    by_abroad = (np.repeat(own, groups.abroad), np.tile(geography.abroad, groups.origins))
    at_own = (own, geography.origins)
    blocks = [
        ("flight", *at_own), *[("reflight", *at_own)] * (MONTHS_FOLLOWED + 1), ("reflight", *by_home),
        ("onward", *by_abroad), ("host_flight", *by_abroad), ("return", *by_home), ("return", *by_abroad),
        *[("return_ahead", *by_abroad)] * groups.staged, *[("visit", *by_abroad)] * groups.visits,
        *[("visit_back", by_abroad[0], geography.origins[by_abroad[0]])] * groups.visits,
    ]  # fmt: skip
    choices = _empty_choices(blocks, MOVE_KINDS, len(geography.places))
    choices.months[rows.reflight_home : rows.reflight - groups.origins] = np.repeat(
        np.arange(MONTHS_FOLLOWED), groups.origins
    )
    returning = slice(rows.return_displaced, rows.visit)
    choices.only[returning] = geography.origins[choices.origin[returning]]
    choices.only_target[returning] = groups.returned + choices.origin[returning]
    abroad = np.arange(groups.origins * groups.abroad)
    if groups.staged:
        choices.rest_target[rows.return_ahead : rows.visit] = groups.following + abroad
    if groups.visits:
        visit, back = slice(rows.visit, rows.visit_back), slice(rows.visit_back, rows.total)
        choices.only[visit], choices.only_target[visit] = geography.origins[by_abroad[0]], groups.visiting + abroad
        choices.rest_target[visit] = groups.refugee + abroad
        choices.only[back], choices.only_target[back] = by_abroad[1], groups.refugee + abroad
    arrival = _arrival_groups(geography, groups)
    from_host = arrival.copy()
    from_host[own, geography.origins] = groups.returned + own
    choices.targets = np.concatenate([arrival, from_host])
    choices.target_set[:] = choices.origin
    choices.target_set[rows.host_flight : rows.return_displaced] += groups.origins
    choices.delays = _steps_of_travel(geography.km, km_per_step)
    return choices, _move_row_of(groups, rows)


def _empty_choices(blocks: list[tuple[str, IntArray, IntArray]], kinds: tuple[str, ...], places: int) -> Choices:
    kind = np.concatenate([np.full(len(origin), kinds.index(name)) for name, origin, _ in blocks])
    count = len(kind)
    return Choices(
        kind=kind.astype(np.int64),
        origin=np.concatenate([origin for _, origin, _ in blocks]).astype(np.int64),
        place=np.concatenate([place for _, _, place in blocks]).astype(np.int64),
        only=np.full(count, -1, dtype=np.int64),
        only_target=np.full(count, NOBODY, dtype=np.int64),
        target_set=np.zeros(count, dtype=np.int64),
        rest_target=np.full(count, NOBODY, dtype=np.int64),
        months=np.full(count, -1, dtype=np.int64),
        targets=np.full((1, places), NOBODY, dtype=np.int64),
        delays=np.zeros((places, places), dtype=np.int64),
        cumulative=np.zeros((count, places + 1)),
    )


def _arrival_groups(geography: Geography, groups: Groups) -> IntArray:
    """Return (origins x places) the group that someone who fled joins on arrival."""
    arrival = np.empty((groups.origins, len(geography.places)), dtype=np.int64)
    own = np.arange(groups.origins)[:, None]
    arrival[:, geography.home] = groups.displaced + own * groups.homes + np.arange(groups.homes)
    arrival[:, geography.abroad] = groups.refugee + own * groups.abroad + np.arange(groups.abroad)
    return arrival


def _steps_of_travel(km: FloatArray, km_per_step: float) -> IntArray:
    """Return at least one step; unreachable pairs are never drawn and get one as well."""
    steps = np.ceil(np.where(np.isfinite(km), km, 0.0) / km_per_step)
    return np.maximum(steps, 1).astype(np.int64)


def _move_row_of(groups: Groups, rows: MoveRows) -> IntArray:
    row_of = np.full((groups.total, len(MOVE_KINDS)), -1, dtype=np.int64)
    kind = MOVE_KINDS.index
    abroad, returned = groups.origins * groups.abroad, groups.displaced - groups.returned
    spans = [
        (groups.resident, groups.origins, "flight", rows.flight),
        (groups.returned, returned, "reflight", rows.reflight_home),
        (groups.displaced, groups.origins * groups.homes, "reflight", rows.reflight),
        (groups.displaced, groups.origins * groups.homes, "return", rows.return_displaced),
        (groups.refugee, abroad, "onward", rows.onward),
        (groups.refugee, abroad, "host_flight", rows.host_flight),
        (groups.refugee, abroad, "return", rows.return_refugee),
    ]
    if groups.staged:
        spans += [
            (groups.refugee, abroad, "return_ahead", rows.return_ahead),
            (groups.following, abroad, "host_flight", rows.host_flight),
            (groups.following, abroad, "return", rows.return_refugee),
        ]
    if groups.visits:
        spans += [
            (groups.refugee, abroad, "visit", rows.visit),
            (groups.visiting, abroad, "visit_back", rows.visit_back),
            (groups.visiting, abroad, "return", rows.return_refugee),
        ]
    for group, count, name, row in spans:
        row_of[group : group + count, kind(name)] = np.arange(row, row + count)
    return row_of


def status_choices(geography: Geography, groups: Groups, space: Space) -> tuple[Choices, IntArray]:
    """Return the structure of the monthly table: deaths, naturalisation and resettlement."""
    places = len(geography.places)
    rows = status_rows(groups, places)
    own = np.arange(groups.origins)
    by_place = (np.repeat(own, places), np.tile(np.arange(places), groups.origins))
    by_abroad = (np.repeat(own, groups.abroad), np.tile(geography.abroad, groups.origins))
    blocks = [("death", *by_place), ("naturalisation", *by_abroad), ("resettlement", *by_abroad)]
    choices = _empty_choices(blocks, STATUS_KINDS, places)
    choices.only[: rows.resettlement] = choices.place[: rows.resettlement]
    abroad = groups.origins * groups.abroad
    citizens = slice(rows.naturalisation, rows.resettlement)
    choices.only_target[citizens] = groups.naturalised + np.arange(abroad)
    choices.targets = np.full((groups.origins, places), NOBODY, dtype=np.int64)
    choices.targets[:, geography.abroad] = groups.resettled + own[:, None] * groups.abroad + np.arange(groups.abroad)
    choices.target_set[:] = choices.origin
    row_of = np.full((groups.total, len(STATUS_KINDS)), -1, dtype=np.int64)
    row_of[:, 0] = rows.death + space.group_origin * places + space.group_place
    # Those who follow or visit are refugees of their host as well, and its rows hold for them.
    refugees = slice(groups.refugee, groups.naturalised)
    as_often = (groups.naturalised - groups.refugee) // max(abroad, 1)
    row_of[refugees, 1] = np.tile(np.arange(rows.naturalisation, rows.naturalisation + abroad), as_often)
    row_of[refugees, 2] = np.tile(np.arange(rows.resettlement, rows.resettlement + abroad), as_often)
    return choices, row_of
