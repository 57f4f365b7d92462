"""Registers: the equations at the head of homeward.judge.register, by hand and for any numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from homeward.case.schema import Basis, Case, Event, EventIndicator, Measure, Observation, Population, Stage
from homeward.judge.monthly import Monthly, month_ends
from homeward.judge.observe import Observer
from homeward.judge.register import (
    FAR_KM,
    Register,
    by_origin,
    caught_up,
    far_countries,
    keep_registers,
    lapsed,
    spread_births,
)
from homeward.judge.simulated import simulated_course
from homeward.rules.parameters import resolve_parameters
from tests.hand_made import trajectory
from tests.small_case import small_case

FloatArray = NDArray[np.float64]
SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}
MONTHS = 12
HALF = 1 - np.exp(-0.5)
"""What is registered of those who wait, in a month with a lag of two months."""


def registers(
    refugees: Sequence[float],
    *,
    births: Sequence[float] | None = None,
    departures: Sequence[float] | None = None,
    at_start: float = 0.0,
    registered_at_start: float | None = None,
    lag: float = 2.0,
    open_share: Sequence[float] | None = None,
    audited: Sequence[float] | None = None,
    rate: float = 0.0,
) -> Register:
    """Keep the register of one country in one replicate; ``rate`` is what lapses in a year."""

    def column(values: Iterable[float] | None) -> FloatArray:
        found = np.zeros(len(refugees)) if values is None else np.array(list(values), dtype=np.float64)
        return found[None, :, None]

    return keep_registers(
        refugees=column(refugees),
        births=column(births),
        departures=column(departures),
        at_start=np.array([at_start]),
        registered_at_start=np.array([at_start if registered_at_start is None else registered_at_start]),
        caught_up=np.array([caught_up(lag)]),
        open_share=column([1.0] * len(refugees) if open_share is None else open_share),
        audited=column(audited),
        lapsed=np.array([lapsed(rate)]),
    )


# Lag, births, departures, closures, audits


def test_the_register_approaches_people_exponentially() -> None:
    kept = registers([1000.0] * 5, lag=2.0)
    expected = 1000 * (1 - np.exp(-np.arange(1, 6) / 2.0))
    assert kept.registered[0, :, 0] == pytest.approx(expected)
    assert kept.waiting[0, :, 0] == pytest.approx(1000 - expected)
    assert kept.arrivals[0, :, 0].tolist() == [1000, 0, 0, 0, 0]


def test_people_who_were_there_at_the_start_are_registered() -> None:
    assert registers([500.0], at_start=500.0).registered.tolist() == [[[500.0]]]


def test_births_and_departures_keep_the_share_on_the_register() -> None:
    kept = registers([1000, 1060, 960], births=[0, 60, 0], departures=[0, 0, 100], open_share=[1, 0, 0])
    assert kept.registered[0, :, 0] == pytest.approx([1000 * HALF, 1060 * HALF, 960 * HALF])
    assert kept.arrivals[0, :, 0].tolist() == [1000, 0, 0]


def test_departures_that_arrivals_hide_still_leave_the_register() -> None:
    kept = registers([100, 100], departures=[0, 40], at_start=100, open_share=[0, 0])
    assert kept.registered[0, :, 0] == pytest.approx([100, 60])
    assert kept.arrivals[0, :, 0] == pytest.approx([0, 40])


def test_a_closed_register_takes_nobody_until_it_opens() -> None:
    kept = registers([100, 300, 300], at_start=100, open_share=[1, 0, 1])
    assert kept.registered[0, :2, 0] == pytest.approx([100, 100])
    assert kept.registered[0, 2, 0] == pytest.approx(100 + 200 * HALF)


def test_an_audit_lasts() -> None:
    kept = registers([1000] * 4, at_start=1000, audited=[0, 0.1, 0, 0])
    assert kept.registered[0, :, 0] == pytest.approx([1000, 900, 900, 900])
    assert kept.waiting[0, :, 0] == pytest.approx([0, 0, 0, 0])


def test_those_off_the_register_leave_in_proportion_too() -> None:
    """Half are taken off, then a fifth leaves; of the hundred who come next all are waiting."""
    kept = registers([1000, 800, 900], at_start=1000, departures=[0, 200, 0], audited=[0.5, 0, 0])
    assert kept.registered[0, :, 0] == pytest.approx([500, 400, 400 + 100 * HALF])
    assert kept.waiting[0, :, 0] == pytest.approx([0, 0, 100 * (1 - HALF)])


def test_shares_of_a_month_are_those_of_the_rates() -> None:
    assert caught_up(2.0) == pytest.approx(HALF)
    assert caught_up(0.0) == caught_up(-1.0) == 1.0
    assert lapsed(0.24) == pytest.approx(1 - np.exp(-0.02))
    assert lapsed(0.0) == 0.0


# Lapses, waiting at the start, and registration in a part of a host


def test_files_lapse_at_their_rate_and_stay_off() -> None:
    kept = registers([1000] * 12, at_start=1000, rate=0.24)
    assert kept.registered[0, :, 0] == pytest.approx(1000 * np.exp(-0.02 * np.arange(1, 13)))
    assert kept.waiting[0, :, 0] == pytest.approx(np.zeros(12))


def test_newcomers_are_registered_where_the_files_of_others_lapse() -> None:
    """600 come to 400 who are there: those alone are waiting, and what lapses is taken after they came on."""
    kept = registers([400, 1000], at_start=400, rate=1.2)
    stays = np.exp(-0.1)
    assert kept.registered[0, :, 0] == pytest.approx([400 * stays, (400 * stays + 600 * HALF) * stays])
    assert kept.waiting[0, :, 0] == pytest.approx([0, 600 * (1 - HALF)])


def test_an_audit_and_a_lapse_of_one_month_multiply() -> None:
    kept = registers([1000], at_start=1000, audited=[0.2], rate=1.2)
    assert kept.registered[0, :, 0] == pytest.approx([800 * np.exp(-0.1)])


def test_who_waits_at_the_start_is_registered_later() -> None:
    kept = registers([1000] * 4, at_start=1000, registered_at_start=300)
    assert kept.registered[0, :, 0] == pytest.approx(1000 - 700 * np.exp(-np.arange(1, 5) / 2.0))
    assert kept.arrivals.sum() == 0


def test_where_registration_is_open_in_a_part_only_those_there_come_onto_the_register() -> None:
    kept = registers([1000] * 40, open_share=[0.3] * 38 + [1.0] * 2)
    assert kept.registered[0, 37, 0] == pytest.approx(300, rel=1e-6)
    assert kept.waiting[0, 37, 0] == pytest.approx(700, rel=1e-6)
    assert kept.registered[0, 38:, 0] == pytest.approx([300 + 700 * HALF, 1000 - 700 * (1 - HALF) ** 2], rel=1e-6)


def test_who_is_registered_stays_so_where_registration_closes() -> None:
    kept = registers([1000, 1000], at_start=1000, open_share=[0.2, 0.0])
    assert kept.registered[0, :, 0].tolist() == [1000, 1000]


SHARES = st.floats(0, 1)
PEOPLE = st.one_of(st.just(0.0), st.floats(1, 1e7))


@st.composite
def histories(draw: st.DrawFn) -> dict[str, FloatArray]:
    """Draw what a register may be told, however odd, of two countries in two replicates."""
    shape = (2, draw(st.integers(1, 6)), 2)

    def table(values: st.SearchStrategy[float], *, of: tuple[int, ...] = shape) -> FloatArray:
        count = int(np.prod(of))
        return np.array(draw(st.lists(values, min_size=count, max_size=count))).reshape(of)

    at_start = table(PEOPLE, of=(2,))
    return {
        "refugees": table(PEOPLE), "births": table(PEOPLE), "departures": table(PEOPLE), "at_start": at_start,
        "registered_at_start": at_start * table(SHARES, of=(2,)), "caught_up": table(SHARES, of=(2,)),
        "open_share": table(SHARES), "audited": table(SHARES), "lapsed": table(SHARES, of=(2,)),
    }  # fmt: skip


@given(told=histories())
def test_nobody_is_registered_or_waits_who_is_not_there(told: dict[str, FloatArray]) -> None:
    kept, there = keep_registers(**told), told["refugees"]
    rounding = 1e-6 * (1 + there.max() + told["at_start"].max() + told["births"].max())
    for people in (kept.registered, kept.waiting, kept.arrivals):
        assert (people >= 0).all()
    off = there - kept.registered - kept.waiting
    assert (off >= -rounding).all()
    never_off = keep_registers(**told | {"audited": np.zeros_like(there), "lapsed": np.zeros(2)})
    np.testing.assert_allclose(never_off.registered + never_off.waiting, there, atol=rounding)
    assert (never_off.registered >= kept.registered - rounding).all()


# Births over the months of a year


def test_births_are_spread_over_the_months_of_their_year_as_people_were_there() -> None:
    years = np.repeat([2012, 2013], 3)
    people = np.array([100.0, 300.0, 600.0, 500.0, 500.0, 0.0])[None, :, None]
    births = np.array([0.0, 0.0, 40.0, 0.0, 0.0, 10.0])[None, :, None]
    assert spread_births(births, people, years)[0, :, 0] == pytest.approx([4, 12, 24, 5, 5, 0])


def test_births_of_a_year_in_which_nobody_is_left_at_a_month_end_stay_where_they_are() -> None:
    births = np.array([0.0, 7.0])[None, :, None]
    assert spread_births(births, np.zeros_like(births), np.array([2012, 2012])).tolist() == births.tolist()


@given(
    values=st.lists(st.tuples(PEOPLE, PEOPLE), min_size=1, max_size=30),
    years=st.lists(st.integers(2012, 2014), min_size=30, max_size=30).map(sorted),
)
def test_spreading_keeps_the_births_of_every_year(values: list[tuple[float, float]], years: list[int]) -> None:
    births, people = np.array(values).T[:, None, :, None]
    of_month = np.array(years[: len(values)])
    spread = spread_births(births, people, of_month)
    assert (spread >= 0).all()
    for year in set(of_month.tolist()):
        assert spread[:, of_month == year].sum() == pytest.approx(births[:, of_month == year].sum())


# Registers of a course, by country and by origin


def observed(measure: Measure, place: str, **more: Any) -> Observation:
    row = {"date": date(2012, 12, 31), "measure": measure, "place": place, "value": 1.0, "definition": "x"}
    return Observation.model_validate(row | SAID | more)


def refugees_of(people: Mapping[tuple[str, str], Sequence[int]]) -> list[tuple[object, ...]]:
    """Return rows of stocks from refugees by (place, origin) and month; the last number goes on."""
    return [
        (month, place, origin, "refugee", counts[min(month, len(counts) - 1)])
        for (place, origin), counts in people.items()
        for month in range(MONTHS)
        if counts[min(month, len(counts) - 1)]
    ]


def observer_of(
    people: Mapping[tuple[str, str], Sequence[int]],
    *,
    events: tuple[Event, ...] = (),
    population: tuple[Population, ...] = (),
    births: Sequence[tuple[object, ...]] = (),
    returns: Sequence[tuple[object, ...]] = (),
    parameters: Mapping[str, float] | None = None,
) -> Observer:
    """Return an observer of a hand-made course; nobody is abroad at the start unless said so."""
    settings = {"registration_lag_months": 6.0, "deactivation_rate": 0.0, **(parameters or {})}
    case = small_case(parameters=settings)
    at_home = tuple(row for row in case.population if row.stage is Stage.RESIDENT)
    figures = (observed(Measure.ORIGIN_SHARE, "HOA", origin="north"),)
    case = case.model_copy(update={"events": events, "observed": figures, "population": (*at_home, *population)})
    course = trajectory(case, stocks=refugees_of(people), flows=births, returns=returns)
    return Observer(simulated_course(case, resolve_parameters(case).values, course))


def share_of(observer: Observer, origin: str, place: str = "HOA") -> float:
    [share] = observer.central(observed(Measure.ORIGIN_SHARE, place, origin=origin))
    return float(share)


def stock_of(observer: Observer, place: str = "HOA", **more: Any) -> float:
    [people] = observer.central(observed(Measure.REFUGEE_STOCK, place, **more))
    return float(people)


def closed(place: str, *, month: int = 1, value: str = "closed") -> Event:
    day = date(2012, month, 1)
    return Event(place=place, date=day, indicator=EventIndicator.REGISTRATION, value=value, **SAID)


def test_who_fled_first_is_registered_first() -> None:
    """Half of them come in January and half in July: of the former 12 months of six have passed, of the latter 6."""
    people = {("city", "north"): [500], ("city", "south"): [0] * 6 + [500]}
    observer = observer_of(people)
    early, late = 1 - np.exp(-2), 1 - np.exp(-1)
    assert share_of(observer, "north") == pytest.approx(early / (early + late))
    assert share_of(observer, "north") > 0.55
    assert share_of(observer, "north") + share_of(observer, "south") == pytest.approx(1)
    assert share_of(observer, "north", "city") == pytest.approx(0.5)
    assert stock_of(observer) == pytest.approx(500 * (early + late))


def test_the_register_of_an_origin_has_its_births_departures_and_audits() -> None:
    """North and south keep one each: with births and returns as they are there, and the audit of the host."""
    north, south = np.array([500.0] * 12), np.array([0.0] * 6 + [400.0] * 6)
    total = north + south
    births, gone = 60.0 * total / total.sum(), np.array([0.0] * 7 + [90.0] * 5)
    audits = [0.0] * 8 + [0.4] + [0.0] * 3
    by_hand = [
        registers(
            people.tolist(), births=(births * people / total).tolist(), departures=(gone * people / total).tolist(),
            audited=audits, lag=6.0,
        ).registered[0, -1, 0]
        for people in (north, south)
    ]  # fmt: skip
    audit = Event(place="HOA", date=date(2012, 9, 1), indicator=EventIndicator.AUDIT, value="0.4", **SAID)
    observer = observer_of(
        {("city", "north"): [500], ("city", "south"): [0] * 6 + [400]},
        events=(audit,),
        births=[(11, "north", "city", "birth", 60)],
        returns=[(month, "north", "city", 90) for month in range(7, 12)],
    )
    assert share_of(observer, "north") == pytest.approx(by_hand[0] / sum(by_hand), rel=1e-9)


def test_births_and_departures_fall_on_origins_as_people_are_there() -> None:
    people = np.array([[[30.0, 10.0], [0.0, 0.0]]])
    figures = np.array([[8.0, 5.0]])
    assert by_origin(people, people.sum(axis=2), figures).tolist() == [[[6.0, 2.0], [0.0, 0.0]]]


def test_children_born_over_the_year_are_no_arrivals() -> None:
    """Ten are born each month, and the course says so once, in December."""
    people = {("city", "north"): [1_000 + 10 * month for month in range(MONTHS)]}
    births = [(11, "north", "city", "birth", 120)]
    there = Population(origin="north", place="city", stage=Stage.REFUGEE, people=990, **SAID)
    observer = observer_of(people, population=(there,), births=births)
    [arrivals] = observer.central(observed(Measure.NEW_ARRIVALS, "HOA"))
    assert 0 <= arrivals < 4


def test_a_closed_part_of_a_host_registers_nobody_of_those_who_are_there() -> None:
    people = {("city", "north"): [600], ("camp", "east"): [400]}
    observer = observer_of(people, events=(closed("camp"),))
    assert stock_of(observer) == pytest.approx(600 * (1 - np.exp(-2)))
    assert (share_of(observer, "north"), share_of(observer, "east")) == (1, 0)
    reopened = observer_of(people, events=(closed("camp"), closed("camp", month=7, value="open")))
    east = 400 * (1 - np.exp(-1))
    assert share_of(reopened, "east") == pytest.approx(east / (600 * (1 - np.exp(-2)) + east))


def test_a_place_where_registration_is_closed_has_no_part_in_the_register() -> None:
    people = {("city", "north"): [600], ("camp", "east"): [400]}
    observer = observer_of(people, events=(closed("camp"),))
    assert observer.central(observed(Measure.REFUGEE_STOCK, "camp")) == 0
    assert observer.central(observed(Measure.REFUGEE_STOCK, "city")) == pytest.approx(stock_of(observer))
    everywhere = observer_of(people, events=(closed("HOA", month=7),))
    part = observer_of(people).central(observed(Measure.REFUGEE_STOCK, "camp"))
    assert everywhere.central(observed(Measure.REFUGEE_STOCK, "camp")) > 0
    assert part == pytest.approx(0.4 * stock_of(observer_of(people)))


def test_registration_of_a_place_opens_before_that_of_its_country() -> None:
    people = {("city", "north"): [600], ("camp", "north"): [400]}
    observer = observer_of(people, events=(closed("HOA"), closed("camp", month=2, value="open")))
    assert stock_of(observer) == pytest.approx(400 * (1 - np.exp(-11 / 6)))


def test_who_waits_at_the_start_is_off_the_register_of_country_and_origin() -> None:
    def row(origin: str, people: int, *, registered: bool) -> Population:
        return Population(
            origin=origin, place="city", stage=Stage.REFUGEE, people=people, registered=registered, **SAID
        )

    waiting = (row("north", 100, registered=False), row("south", 200, registered=False))
    people = {("city", "north"): [400], ("city", "south"): [200]}
    observer = observer_of(people, population=(row("north", 300, registered=True), *waiting))
    waits = np.exp(-2)
    assert stock_of(observer) == pytest.approx(600 - 300 * waits)
    assert share_of(observer, "south") == pytest.approx(200 * (1 - waits) / (600 - 300 * waits))


def test_lag_and_lapse_are_those_of_the_host_and_far_away_nothing_lapses() -> None:
    there = tuple(
        Population(origin="north", place=place, stage=Stage.REFUGEE, people=500, **SAID)
        for place in ("city", "farland")
    )
    people = {("city", "north"): [1_000], ("farland", "north"): [1_000]}
    of_all = {"deactivation_rate": 0.9, "recognition_lag_months": 12.0}
    of_host = {"registration_lag_months[HOA]": 3.0, "deactivation_rate[HOA]": 0.36}
    observer = observer_of(people, population=there, parameters=of_all | of_host)
    stays, caught = np.exp(-0.03), 1 - np.exp(-1 / 3)
    registered, off = 500.0, 0.0
    for _ in range(MONTHS):
        registered += caught * (1_000 - off - registered)
        registered, off = registered * stays, off + registered * (1 - stays)
    assert stock_of(observer) == pytest.approx(registered)
    assert stock_of(observer, "HOB") == pytest.approx(1_000 - 500 * np.exp(-1))


# Far countries


def monthly_of(case: Case) -> Monthly:
    return simulated_course(case, resolve_parameters(case).values, trajectory(case)).monthly


def test_far_countries_are_whole_countries_beyond_the_distance_or_groups() -> None:
    monthly = monthly_of(small_case())
    assert far_countries(monthly, "ORI") == {"HOB"}
    farland = monthly.places.index("farland")
    near, kind = monthly.coordinates.copy(), list(monthly.kinds)
    near[farland] = [40.0, 30.0]
    kind[farland] = "area"
    assert far_countries(replace(monthly, coordinates=near), "ORI") == frozenset()
    assert far_countries(replace(monthly, kinds=tuple(kind)), "ORI") == frozenset()
    group = tuple("XOW" if country == "HOB" else country for country in monthly.countries)
    assert far_countries(replace(monthly, coordinates=near, countries=group), "ORI") == {"XOW"}


def test_the_distance_is_to_the_nearest_district() -> None:
    """One degree along a meridian is 111.2 km; north lies at 36 degrees, the others further south."""
    monthly = monthly_of(small_case())
    farland = monthly.places.index("farland")
    for beyond, expected in ((-5.0, frozenset[str]()), (5.0, frozenset({"HOB"}))):
        there = monthly.coordinates.copy()
        there[farland] = [36.0 + (FAR_KM + beyond) / 111.195, 37.0]
        assert far_countries(replace(monthly, coordinates=there), "ORI") == expected


def test_month_ends_are_those_of_the_calendar_and_the_last_day() -> None:
    assert month_ends(date(2012, 1, 15), date(2012, 3, 10)) == (date(2012, 1, 31), date(2012, 2, 29), date(2012, 3, 10))
    assert month_ends(date(2012, 1, 31), date(2012, 1, 31)) == (date(2012, 1, 31),)
