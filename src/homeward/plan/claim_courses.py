"""What the model says beside a claim: the same figures over simulated courses, and courses without something.

Nothing here decides a claim. Figures are as they would be published (:mod:`homeward.judge.observe`) where they have a
counterpart in what was observed. What a condition did is the difference between two sets of courses that share their
parameters and their chance, in this model and no further.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homeward.case.check import origin_districts
from homeward.case.claims import Claim
from homeward.case.indicators import HOME_CONDITIONS
from homeward.case.schema import Basis, Case, EventIndicator, Measure, Observation
from homeward.engine.drawn import Drawn, member_case
from homeward.judge.monthly import Monthly
from homeward.judge.observe import Observer
from homeward.judge.simulated import simulated_run
from homeward.learn.ensemble import Progress, run_ensemble
from homeward.learn.restart import restarted
from homeward.plan.claim_checks import hosts
from homeward.plan.ranges import low_likely_high
from homeward.results.claims_contract import ClaimSimulated
from homeward.results.run import Run
from homeward.rules.calendar import WEEKLY_HOURS
from homeward.rules.homeward.absorption import STOCKS
from homeward.rules.homeward.model import HomewardRules

__all__ = ["Courses", "month_end_after", "simulated_until"]

FloatArray = NDArray[np.float64]
REPLICATES = 20
Dropped = tuple[tuple[str, date], ...]
"""Indicators, and the day from which on their rows are left out."""


def month_end_after(day: date) -> date:
    """Return the last day of the month of a day."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def simulated_until(
    case: Case,
    until: date,
    folder: Path,
    *,
    replicates: int = REPLICATES,
    seed: int = 1,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Run:
    """Simulate a case by weeks through the month of a day and return the run in the new ``folder``.

    Parameters are drawn from the posterior of the case's fit where it has one. Raises what ``run_ensemble`` raises.
    """
    world = _by_weeks(case, month_end_after(until))
    run_ensemble(world, folder, replicates=replicates, seed=seed, jobs=jobs, drawn=_drawn(world), progress=progress)
    return Run.open(folder)


def _by_weeks(case: Case, until: date) -> Case:
    settings = case.settings.model_copy(update={"end": until, "step_hours": WEEKLY_HOURS})
    return case.model_copy(update={"settings": settings})


def _drawn(case: Case) -> Drawn | None:
    return "posterior" if case.fitted is not None and case.fitted.posterior else None


class Courses:
    """A run beside the claims about a case; ``folder`` is where courses without something may be simulated."""

    def __init__(self, case: Case, run: Run, folder: Path, *, jobs: int | None = None) -> None:
        """Take a case as it is on disk, and a run of it."""
        self.case, self.run = case, run
        self._folder, self._jobs = folder, jobs
        self._homes: dict[tuple[date, Dropped], FloatArray] = {}

    @cached_property
    def _observer(self) -> Observer:
        return Observer(simulated_run(self.run))

    @property
    def _monthly(self) -> Monthly:
        return self._observer.monthly

    def beside(self, claim: Claim) -> tuple[ClaimSimulated, ...]:
        """Return what the courses say of one part of a claim; empty where they say nothing, or end before its day."""
        ask = _SIMULATED.get(claim.check)
        if ask is None or claim.date > self.run.info.end:
            return ()
        day = self._day(claim)
        return tuple(_simulated(claim, what, values, unit, day) for what, values, unit in ask(self, claim))

    def _day(self, claim: Claim) -> date:
        """Return the day that figures are about: of homes that of the claim, of people a month end."""
        if claim.check == "without" and claim.indicator == "border":
            return month_end_after(claim.date)
        homes = claim.check in ("lost_share", "without")
        return claim.date if homes else self._monthly.dates[self._number(claim.date)]

    def _number(self, day: date) -> int:
        return int(np.argmin([abs((end - day).days) for end in self._monthly.dates]))

    def _published(self, measure: Measure, place: str, day: date) -> FloatArray:
        """Return a figure by replicate as it would be published; zeros where the run has none."""
        row = Observation(
            date=day, measure=measure, place=place, value=0.0, definition="simulated", source="simulated",
            known_on=day, basis=Basis.OBSERVED,
        )  # fmt: skip
        found = self._observer.figure(row)
        return np.zeros(self.run.info.replicates) if found.reason else found.published

    def _refugees(self, countries: Sequence[str], day: date) -> FloatArray:
        """Return (countries x replicates) the registered refugees as they would be published."""
        return np.array([self._published(Measure.REFUGEE_STOCK, name, day) for name in countries])

    def displaced_share(self, claim: Claim) -> Iterator[tuple[str, FloatArray, str]]:
        """Yield the share of the people before, as it would be published, and people without those born abroad."""
        people = sum(row.people for row in self.case.population)
        home = self.case.settings.origin_country
        idps = self._published(Measure.IDP_STOCK, home, claim.date)
        yield (
            "registered refugees and IDPs over the people before",
            (self._refugees(hosts(self.case), claim.date).sum(axis=0) + idps) / people,
            "share",
        )
        monthly, month = self._monthly, self._number(claim.date)
        abroad = np.array([monthly.countries[code] != home for code in monthly.country_of])
        away = (monthly.refugees + monthly.citizens)[:, month][:, abroad].sum(axis=1)
        born = monthly.births[:, : month + 1][:, :, abroad].sum(axis=(1, 2))
        at_home = monthly.displaced[:, month].sum(axis=1)
        yield "people away from home, those born abroad left out", (away + at_home - born) / people, "share"

    def stock(self, claim: Claim) -> Iterator[tuple[str, FloatArray, str]]:
        """Yield the stock as it would be published."""
        if claim.measure == "idp_stock":
            yield "IDPs", self._published(Measure.IDP_STOCK, self.case.settings.origin_country, claim.date), "people"
            return
        chosen = claim.places.split() or hosts(self.case)
        yield "registered refugees", self._refugees(chosen, claim.date).sum(axis=0), "people"

    def stock_share(self, claim: Claim) -> Iterator[tuple[str, FloatArray, str]]:
        """Yield the share of registered refugees who are in some countries."""
        chosen = claim.places.split()
        others = sorted({*(claim.among.split() or hosts(self.case))} - {*chosen})
        own = self._refugees(chosen, claim.date).sum(axis=0)
        rest = self._refugees(others, claim.date).sum(axis=0) if others else np.zeros_like(own)
        yield "share of registered refugees", own / np.maximum(own + rest, 1.0), "share"

    def ranking(self, claim: Claim) -> Iterator[tuple[str, FloatArray, str]]:
        """Yield the smallest lead, course by course."""
        ranked = claim.places.split()
        others = [name for name in hosts(self.case) if name not in ranked]
        stocks = self._refugees([*ranked, *others], claim.date)
        after = [stocks[rank + 1 :].max(axis=0, initial=0.0) for rank in range(len(ranked))]
        yield "smallest lead in that order", (stocks[: len(ranked)] - np.array(after)).min(axis=0), "people"

    def returned(self, claim: Claim) -> Iterator[tuple[str, FloatArray, str]]:
        """Yield the refugees who went home in the twelve months before."""
        month = self._number(claim.date)
        back = self._monthly.returned_refugees[:, max(0, month - 11) : month + 1].sum(axis=(1, 2))
        yield "refugees who returned in the twelve months before", back, "people"

    def lost_share(self, claim: Claim) -> Iterator[tuple[str, FloatArray, str]]:
        """Yield the share that does not stand, by people: over replicates and over the ranges of conditions."""
        homes = self._standing(claim.indicator, claim.date, ())
        if homes is not None:
            yield f"{claim.indicator} lost", 1.0 - homes, "share"

    def without(self, claim: Claim) -> Iterator[tuple[str, FloatArray, str]]:
        """Yield what would differ if something had not changed: courses without that change, less those with it."""
        if claim.since is None:
            return
        if claim.indicator == "border":
            yield from self._without_borders(claim, claim.since)
        else:
            yield from self._without_condition(claim, claim.since)

    def _without_condition(self, claim: Claim, since: date) -> Iterator[tuple[str, FloatArray, str]]:
        """Both sides by the rules alone since then: an assessment in between would undo the difference."""
        given = tuple((name, since) for name in STOCKS)
        homes = self._standing(claim.measure, claim.date, given)
        others = self._standing(claim.measure, claim.date, (*given, (claim.indicator, since)))
        if homes is not None and others is not None:
            what = f"in this model: more {claim.measure} standing without {claim.indicator} since {since}"
            yield what, others - homes, "share"

    def _standing(self, name: str, day: date, dropped: Dropped) -> FloatArray | None:
        """Return a condition of home by people, for the parameters of each replicate at low, middle and high."""
        if (day, dropped) not in self._homes:
            self._homes[day, dropped] = self._homes_without(day, dropped)
        shares = self._homes[day, dropped][:, HOME_CONDITIONS.index(name)].ravel()
        return None if np.isnan(shares).any() else shares

    def _homes_without(self, day: date, dropped: Dropped) -> FloatArray:
        """Return (replicates x conditions x 3) the conditions of home, without some of their rows."""
        info = self.run.info
        world = _by_weeks(_without_rows(self.case, dropped), day)
        weights = np.array([_people(self.case)[name] for name in origin_districts(self.case)], dtype=np.float64)
        found = []
        for number in range(min(info.replicates, REPLICATES)):
            rules = HomewardRules(member_case(world, info.drawn, info.seed, number))
            ranges = rules.world.home_ranges(rules.calendar.day_of(day), day)
            found.append(np.tensordot(weights / weights.sum(), ranges, axes=1))
        return np.array(found)

    def _without_borders(self, claim: Claim, since: date) -> Iterator[tuple[str, FloatArray, str]]:
        """Courses that go on from the last year-end on record, with and without the changes at borders since."""
        record = date(since.year - 1, 12, 31)
        on_record = {row.date for row in self.case.observed if row.measure is Measure.REFUGEE_STOCK}
        if record not in on_record or record < self.case.settings.start:
            return
        world = restarted(_by_weeks(self.case, month_end_after(claim.date)), record)
        events = tuple(
            event for event in world.events if event.indicator is not EventIndicator.BORDER or event.date < since
        )
        both = [
            self._returned(one, name)
            for one, name in ((world, "as-it-was"), (world.model_copy(update={"events": events}), "without"))
        ]
        what = f"in this model: more returns without the changes at borders since {since}"
        yield what, both[1] - both[0], "people"
        yield f"returns from {world.settings.start} on with them", both[0], "people"

    def _returned(self, world: Case, name: str) -> FloatArray:
        folder = self._folder / f"{name}-{world.settings.start}"
        replicates = min(self.run.info.replicates, REPLICATES)
        run_ensemble(
            world, folder, replicates=replicates, seed=self.run.info.seed, jobs=self._jobs, drawn=self.run.info.drawn
        )
        monthly = simulated_run(Run.open(folder)).monthly
        back: FloatArray = monthly.returned_refugees.sum(axis=(1, 2))
        return back


def _people(case: Case) -> Mapping[str, int]:
    return {place.id: place.population or 0 for place in case.places}


def _without_rows(case: Case, dropped: Dropped) -> Case:
    """Return a case without the rows of some conditions, each from a day on."""
    since = dict(dropped)
    rows = tuple(row for row in case.conditions if row.date < since.get(row.indicator, date.max))
    return case.model_copy(update={"conditions": rows})


def _simulated(claim: Claim, what: str, values: FloatArray, unit: str, day: date) -> ClaimSimulated:
    low, likely, high = (None if math.isnan(value) else float(value) for value in low_likely_high(values))
    return ClaimSimulated(
        part=claim.part, what=what, date=day, p05=low, p50=0.0 if likely is None else likely, p95=high, unit=unit
    )


_SIMULATED: Mapping[str, Callable[[Courses, Claim], Iterator[tuple[str, FloatArray, str]]]] = {
    "displaced_share": Courses.displaced_share,
    "stock": Courses.stock,
    "stock_share": Courses.stock_share,
    "ranking": Courses.ranking,
    "intending": Courses.returned,
    "lost_share": Courses.lost_share,
    "without": Courses.without,
}
"""Checks of which the model says something; who holds what, and recorded deaths, it is told."""
