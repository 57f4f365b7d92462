"""Restart a case from the record of a day: as many people where the figures of that day counted them.

Figures count people by host and by place of refuge, not by origin and situation. So the course up to the day is
simulated first (the expected course), and its people are scaled to the record::

    refugees in a country     R people on the register, as recorded, and W who wait for it: asylum seekers as recorded,
                              or those whom the simulated register has still to take in, times recorded / simulated R
    IDPs at a place           as recorded; places without a figure share what is left of the country's
    residents and returnees   whoever of the same origin is left, in the simulated proportion

Origins, places within a country and frailty classes are those of the simulated course at the same country or place.

What has no record, or one of fewer than 1,000 people (single files), stays as simulated; a recorded host where the
simulated course has nobody stays empty. Where there is a record, those who are off the register by audits or lapse
are left out (whether they are there is what it doubts), and people on the way are at home again. Where a record holds
more people of an origin than the simulated course has, nobody of it is left at home and there are a few people more
than before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Basis, Case, CaseSettings, Measure, Observation, Population, Source, Stage
from homeward.engine.simulate import expected_end
from homeward.errors import UsageError
from homeward.judge.observe import Observer
from homeward.judge.score import SMALLEST_FIGURE
from homeward.judge.simulated import simulated_course
from homeward.rules.homeward import HomewardRules
from homeward.rules.tables import Space

__all__ = ["restarted"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SOURCE = "restart"


def restarted(case: Case, when: date) -> Case:
    """Return the case as it goes on from the day after ``when``, with the people of the record of that day.

    Raises UsageError if the day lies outside the case or the case has no observed stock of that day.
    """
    settings = case.settings
    if not settings.start <= when < settings.end:
        raise UsageError(f"a restart on {when} lies outside the case, {settings.start} to {settings.end}")
    record = _Record(case, when)
    if not record.found:
        raise UsageError(f"the case has no observed stock of {when} to restart from: give the day of a year-end")
    population = tuple(_Scaled(case, when, record).rows())
    title = f"{settings.title}, restarted from the record of {when}"
    changed = CaseSettings.model_validate(settings.model_dump() | {"start": when + timedelta(days=1), "title": title})
    source = Source(id=SOURCE, title=f"Record of {when}, split by a simulated course", publisher="homeward")
    sources = (*(row for row in case.sources if row.id != SOURCE), source)
    return case.model_copy(update={"settings": changed, "population": population, "sources": sources})


class _Record:
    """Observed stocks of one day; where a place has two definitions, the first of them."""

    def __init__(self, case: Case, when: date) -> None:
        stocks = (Measure.REFUGEE_STOCK, Measure.ASYLUM_SEEKER_STOCK, Measure.IDP_STOCK)
        self.found = [row for row in case.observed if row.date == when and not row.origin and row.measure in stocks]

    def row(self, measure: Measure, place: str) -> Observation | None:
        return next((row for row in self.found if (row.measure, row.place) == (measure, place)), None)

    def value(self, measure: Measure, place: str) -> float | None:
        row = self.row(measure, place)
        return None if row is None or row.value < SMALLEST_FIGURE else row.value


def _without_memory(people: FloatArray, space: Space) -> FloatArray:
    """Return people by situation, those who remember something counted with those who do not: no record tells them."""
    groups = zip(space.group_origin, space.group_place, space.group_stage, strict=True)
    plain = np.array([space.group_index[int(origin), int(place), int(stage)] for origin, place, stage in groups])
    by_class = np.zeros((space.groups, space.classes))
    np.add.at(by_class, plain, people.reshape(by_class.shape))
    return by_class.ravel()


@dataclass(frozen=True)
class _Block:
    """People of some situations, to be written as rows."""

    situations: IntArray
    people: FloatArray
    registered: bool


class _Scaled:
    """The people of a simulated course, scaled to the record."""

    def __init__(self, case: Case, when: date, record: _Record) -> None:
        until = case.model_copy(update={"settings": case.settings.model_copy(update={"end": when})})
        self._rules = rules = HomewardRules(until)
        course, state = expected_end(rules)
        self._observer = Observer(simulated_course(until, rules.parameters.values, course))
        self._record = record
        self._when = when
        space = rules.space
        self._people: FloatArray = _without_memory(state.counts + state.ring.sum(axis=0), space)
        self._stage = np.repeat([space.stages[stage] for stage in space.group_stage], space.classes)
        self._place = np.repeat([space.places[place] for place in space.group_place], space.classes)
        self._origin = np.repeat([space.origins[origin] for origin in space.group_origin], space.classes)
        country = {place.id: place.country for place in case.places}
        self._country = np.array([country[place] for place in self._place])

    def rows(self) -> Iterator[Population]:
        moved = [*self._refugees(), *self._displaced(), *self._settled_abroad()]
        for block in (*moved, *self._at_home(moved)):
            yield from self._rows_of(block)

    def _refugees(self) -> Iterator[_Block]:
        observer = self._observer
        for country in np.unique(self._country[self._stage == Stage.REFUGEE]):
            here = np.flatnonzero((self._stage == Stage.REFUGEE) & (self._country == country))
            people = self._people[here]
            code = observer.monthly.countries.index(str(country))
            registered = float(observer.register.registered[0, -1, code])
            waiting = float(observer.register.waiting[0, -1, code])
            recorded = self._record.value(Measure.REFUGEE_STOCK, str(country))
            if not people.sum():
                continue
            if recorded is None:
                on_books = min(registered / people.sum(), 1.0)
                yield _Block(here, people * on_books, registered=True)
                yield _Block(here, people * (1.0 - on_books), registered=False)
                continue
            asylum = self._record.value(Measure.ASYLUM_SEEKER_STOCK, str(country)) if country in observer.far else None
            if asylum is None:
                asylum = waiting * recorded / registered if registered else 0.0
            yield _Block(here, people * (recorded / people.sum()), registered=True)
            yield _Block(here, people * (asylum / people.sum()), registered=False)

    def _displaced(self) -> Iterator[_Block]:
        places = np.unique(self._place[self._stage == Stage.DISPLACED])
        here = {str(place): self._displaced_at(str(place)) for place in places}
        simulated = {place: float(self._people[situations].sum()) for place, situations in here.items()}
        recorded = {place: self._record.value(Measure.IDP_STOCK, place) for place in here}
        rest = self._factor_of_the_rest(simulated, recorded)
        for place, situations in here.items():
            figure = recorded[place]
            factor = rest if figure is None else figure / simulated[place] if simulated[place] else 0.0
            yield _Block(situations, self._people[situations] * factor, registered=True)

    def _displaced_at(self, place: str) -> IntArray:
        return np.flatnonzero((self._stage == Stage.DISPLACED) & (self._place == place))

    def _factor_of_the_rest(self, simulated: Mapping[str, float], recorded: Mapping[str, float | None]) -> float:
        """Return the factor for places without a figure: what their country's figure leaves for them."""
        whole = self._record.value(Measure.IDP_STOCK, self._observer.case.settings.origin_country)
        without = sum(people for place, people in simulated.items() if recorded[place] is None)
        if whole is None or not without:
            return 1.0
        return max(0.0, whole - sum(figure or 0.0 for figure in recorded.values())) / without

    def _settled_abroad(self) -> Iterator[_Block]:
        here = np.flatnonzero(np.isin(self._stage, [Stage.NATURALISED, Stage.RESETTLED]))
        yield _Block(here, self._people[here], registered=True)

    def _at_home(self, moved: list[_Block]) -> Iterator[_Block]:
        elsewhere = np.zeros_like(self._people)
        for block in moved:
            np.add.at(elsewhere, block.situations, block.people)
        for origin in self._rules.space.origins:
            of_origin = self._origin == origin
            here = np.flatnonzero(of_origin & np.isin(self._stage, [Stage.RESIDENT, Stage.RETURNED]))
            left = max(0.0, float(self._people[of_origin].sum() - elsewhere[of_origin].sum()))
            people = self._people[here]
            yield _Block(here, people * (left / people.sum() if people.sum() else 0.0), registered=True)

    def _rows_of(self, block: _Block) -> Iterator[Population]:
        """Yield the rows of a block; rounding keeps its sum."""
        whole = np.diff(np.rint(np.concatenate([[0.0], np.cumsum(block.people)])).astype(np.int64))
        classes = self._rules.space.classes
        for situation, people in zip(block.situations, whole, strict=True):
            if people:
                yield Population(
                    origin=str(self._origin[situation]),
                    place=str(self._place[situation]),
                    stage=Stage(str(self._stage[situation])),
                    people=int(people),
                    frailty_class=int(situation) % classes,
                    registered=block.registered,
                    source=SOURCE,
                    known_on=self._known_on(),
                    basis=Basis.ESTIMATE,
                    why="record of the day where there is one, split by origin and frailty as in a simulated course",
                )

    def _known_on(self) -> date:
        return max(row.known_on for row in self._record.found)
