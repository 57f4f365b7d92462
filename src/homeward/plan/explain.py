"""Trace a figure of returns of a run to the rows and parameters that it rests on.

Figures are those of the planning table: returns by host, district of origin and month, and their totals. A figure is a
sum over each replicate and then a quantile. Beside it stands the same month at the middle: the expected course with
the parameters in the middle and without shocks, in which the hazard of return is a product of factors (equation 10 of
docs/explanation/model.md). What lies between the two is chance, shocks and what the replicates drew.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case, Place, PlaceKind, Stage
from homeward.case.wording import did_you_mean, shown
from homeward.engine.drawn import IN_WORDS
from homeward.errors import UsageError
from homeward.judge.score import SMALLEST_ENSEMBLE
from homeward.plan.explain_course import Course, watched_course
from homeward.plan.explain_factors import Pair, factors_of, parameters_read
from homeward.plan.explain_origins import explained_parameters, origin_notes, provenance
from homeward.plan.explain_rows import CaseRows, Month
from homeward.plan.needs import COSTS, costs_by_replicate, money_per_returnee
from homeward.results.contract import RunInfo
from homeward.results.explain_contract import (
    ExplainedFigure,
    ExplainedHome,
    ExplainedPair,
    ExplainedRange,
    ExplainedRow,
    Explanation,
    OtherPair,
)
from homeward.results.run import Run
from homeward.rules.calendar import Calendar

__all__ = ["MOST_PAIRS", "explain_returns"]

FloatArray = NDArray[np.float64]

MOST_PAIRS = 10
"""Flows of one figure that are taken apart, the largest by people who could return."""


def explain_returns(
    run: Run,
    *,
    host: str | None = None,
    district: str | None = None,
    month: str | None = None,
    idps: bool = False,
    country_names: Mapping[str, str] | None = None,
) -> Explanation:
    """Return where a figure of returns comes from.

    ``host``: where people return from, a country (code, or one of ``country_names`` by code) or a place; with ``idps``
    a place of refuge inside the country. ``district`` of origin. ``month`` as ``2024-12``, left out: the last whole.

    Raises UsageError for a name or a month that the run does not have, InputError if its copy of the case is damaged,
    RunError if its tables cannot be read.
    """
    case = run.case()
    asked = _Asked.of(case, run.info, _Names(case, idps=idps, countries=country_names or {}), host, district, month)
    until = case.settings.model_copy(update={"end": asked.month.last, "parameters": dict(run.info.parameters)})
    course = watched_course(case.model_copy(update={"settings": until}), asked.number, idps=idps)
    return _Explained(run, case, asked, course).document()


_MONEY: Mapping[str, tuple[str, ...]] = dict.fromkeys(COSTS, ("money",))
"""Who reads the parameters that are no part of the decision."""


class _Names:
    """Which districts, places and countries a user may name."""

    def __init__(self, case: Case, *, idps: bool, countries: Mapping[str, str]) -> None:
        self.idps = idps
        self._home = case.settings.origin_country
        districts = [p for p in case.places if p.country == self._home and p.kind is PlaceKind.DISTRICT]
        self.hosts = [place for place in case.places if (place.country == self._home) == idps]
        self._districts = _known(districts)
        self._places = _known(self.hosts)
        codes = dict.fromkeys(place.country for place in self.hosts)
        self._countries = {name: code for code in codes for name in (code, countries.get(code, code))}

    def district(self, text: str | None) -> tuple[str, ...]:
        if text is None:
            return tuple(dict.fromkeys(self._districts.values()))
        return (_found(text, self._districts, "--to", "district of origin"),)

    def host(self, text: str | None) -> tuple[str | None, tuple[str, ...]]:
        """Return the code or id of what was meant, and the places in it."""
        if text is None:
            return None, tuple(place.id for place in self.hosts)
        known = self._places | self._countries
        what = "place of refuge inside the country" if self.idps else "host country or place"
        found = _found(text, known, "--from", what)
        inside = tuple(place.id for place in self.hosts if found in (place.id, place.country))
        return found, inside


def _known(places: Sequence[Place]) -> dict[str, str]:
    """Return ids by what a place may be called: its id, name and P-code."""
    return {name: place.id for place in places for name in (place.pcode, place.name, place.id) if name}


def _found(text: str, known: Mapping[str, str], option: str, what: str) -> str:
    folded = {name.casefold(): found for name, found in known.items()}
    if text.casefold() in folded:
        return folded[text.casefold()]
    raise UsageError(f"{option} {text}: the run has no {what} {shown(text)}. {did_you_mean(text, known)}")


@dataclass(frozen=True)
class _Asked:
    """What is to be explained: ``number`` counts months from the first of the run."""

    host: str | None
    hosts: tuple[str, ...]
    district: str | None
    districts: tuple[str, ...]
    number: int
    month: Month
    idps: bool

    @classmethod
    def of(
        cls, case: Case, info: RunInfo, names: _Names, host: str | None, district: str | None, month: str | None
    ) -> _Asked:
        found, places = names.host(host)
        districts = names.district(district)
        ends = Calendar.of_step(info.start, info.end, info.step_hours).month_ends()
        number = _number_of(month, ends, info.start)
        known = info.continuation.since if info.continuation else case.settings.end
        first = max(ends[number].replace(day=1), info.start)
        return cls(
            found, places, districts[0] if district is not None else None, districts, number,
            Month(first, ends[number], known), names.idps,
        )  # fmt: skip


def _number_of(month: str | None, ends: Sequence[date], start: date) -> int:
    """Return the number of a month; left out, of the last whole one (of the last, if none is)."""
    if month is None:
        whole = [n for n, end in enumerate(ends) if _is_whole(end, start)]
        return whole[-1] if whole else len(ends) - 1
    labels = [f"{end:%Y-%m}" for end in ends]
    if month in labels:
        return labels.index(month)
    if len(month) != 7 or month[4] != "-" or not (month[:4] + month[5:]).isdigit():
        raise UsageError(f"--month {month}: write year and month, as {labels[-1]}")
    raise UsageError(f"--month {month}: the run has no such month; it goes from {labels[0]} to {labels[-1]}")


def _is_whole(end: date, start: date) -> bool:
    return end.day == monthrange(end.year, end.month)[1] and start <= end.replace(day=1)


class _Explained:
    """The parts of one explanation."""

    def __init__(self, run: Run, case: Case, asked: _Asked, course: Course) -> None:
        """Read the people of the run that the figure is about."""
        self._run, self._case, self._asked, self._course = run, case, asked, course
        geography = course.rules.geography
        ids = [place.id for place in geography.places]
        self._origins = [ids[code] for code in geography.origins]
        self._places = [ids[code] for code in course.places]
        self._returns = self._cells("returns", "host", "month = $day", asked.month.last)
        self._people = self._people_at_start()
        self._rows = CaseRows(case)

    def document(self) -> Explanation:
        """Return the whole of it."""
        run = self._run
        pairs = self._pairs()
        largest, rest = pairs[:MOST_PAIRS], pairs[MOST_PAIRS:]
        read = [self._read(pair) for pair in largest]
        return Explanation(
            figure=self._figure(),
            interval=_interval(run.info),
            pairs=tuple(self._pair(pair, rows) for pair, rows in zip(largest, read, strict=True)),
            others=tuple(self._other(pair) for pair in rest),
            homes=tuple(self._home(origin) for origin in dict.fromkeys(pair.origin for pair in largest)),
            rows=_together(read),
            parameters=explained_parameters(self._case, run.info, {**self._readers(largest), **_MONEY}),
            provenance=provenance(self._case, run.info),
            notes=tuple(self._notes([self._origins[pair.origin] for pair in largest or pairs])),
        )

    def _cells(self, table: str, place: str, condition: str, day: date) -> FloatArray:
        """Return people (replicates x origins x places) of the rows of a day."""
        found = self._run.columns(
            f"SELECT replicate, origin, {place} AS place, sum(people)::DOUBLE AS people FROM {table} "
            f"WHERE {condition} GROUP BY ALL",
            {"day": day},
        )
        cells = np.zeros((self._run.info.replicates, len(self._origins), len(self._places)))
        origin = {name: number for number, name in enumerate(self._origins)}
        column = {name: number for number, name in enumerate(self._places)}
        for replicate, home, where, people in zip(*found.values(), strict=True):
            if where in column:
                cells[replicate, origin[home], column[where]] += people
        return cells

    def _people_at_start(self) -> FloatArray:
        """Return people at the end of the month before; before the first, those that the case begins with."""
        stage = Stage.DISPLACED if self._asked.idps else Stage.REFUGEE
        if self._asked.number:
            before = self._asked.month.first - timedelta(days=1)
            return self._cells("stocks", "place", f"stage = '{stage.value}' AND date = $day", before)
        cells = np.zeros((self._run.info.replicates, len(self._origins), len(self._places)))
        for row in self._case.population:
            if row.stage is stage and row.place in self._places:
                cells[:, self._origins.index(row.origin), self._places.index(row.place)] += row.people
        return cells

    def _figure(self) -> ExplainedFigure:
        asked = self._asked
        origins, places = self._chosen()
        chosen = np.ix_(range(self._run.info.replicates), origins, places)
        return ExplainedFigure(
            measure="returned_idps" if asked.idps else "returned_refugees",
            host=asked.host,
            district=asked.district,
            month=asked.month.last,
            days=(asked.month.last - asked.month.first).days + 1,
            returns=_range(self._returns[chosen].sum(axis=(1, 2))),
            people_start=_range(self._people[chosen].sum(axis=(1, 2))),
        )

    def _chosen(self) -> tuple[list[int], list[int]]:
        return (
            [self._origins.index(district) for district in self._asked.districts],
            [self._places.index(place) for place in self._asked.hosts],
        )

    def _pairs(self) -> list[Pair]:
        """Return the flows of the figure, the largest first: countries, split where their places differ."""
        origins, places = self._chosen()
        found = []
        for origin in origins:
            alike: dict[tuple[object, ...], list[int]] = {}
            for place in places:
                alike.setdefault(self._factors_of(origin, place), []).append(place)
            found += [Pair(origin, tuple(group)) for group in alike.values()]
        moved = [pair for pair in found if self._mean(self._people, pair) or self._mean(self._returns, pair)]
        return sorted(moved, key=lambda pair: -self._mean(self._people, pair))

    def _factors_of(self, origin: int, place: int) -> tuple[object, ...]:
        """Return what tells the places of a country apart: country and factors throughout the month."""
        values = [float(value[origin, place]) for one in self._course.moments for value in one.factors.values()]
        return int(self._course.country[place]), *values

    def _mean(self, cells: FloatArray, pair: Pair) -> float:
        return float(cells[:, pair.origin, list(pair.places)].sum(axis=1).mean())

    def _host(self, pair: Pair) -> str:
        """Return the country of a flow, or its places where they are not all of those asked for in it."""
        country = int(self._course.country[pair.places[0]])
        whole = [n for n in self._chosen()[1] if int(self._course.country[n]) == country]
        asked_for_place = self._asked.host in self._places
        if len(whole) == len(pair.places) and not asked_for_place:
            return self._course.rules.geography.countries[country]
        return ", ".join(self._places[place] for place in pair.places)

    def _read(self, pair: Pair) -> dict[str, list[ExplainedRow]]:
        places = [self._places[place] for place in pair.places]
        return self._rows.read(self._origins[pair.origin], places, self._asked.month, idps=self._asked.idps)

    def _pair(self, pair: Pair, rows: Mapping[str, Sequence[ExplainedRow]]) -> ExplainedPair:
        course, (o, columns) = self._course, (pair.origin, list(pair.places))
        start, middle = course.moments[0], course.middle
        share = float(course.share_of_month[pair.at])
        people = float(start.people[o, columns].sum())
        references = {name: tuple(f"{row.table} {row.row}" for row in found) for name, found in rows.items()}
        return ExplainedPair(
            host=self._host(pair),
            places=tuple(self._places[place] for place in pair.places),
            district=self._origins[o],
            day=middle.day,
            returns=_range(self._returns[:, o, columns].sum(axis=1)),
            people_start=_range(self._people[:, o, columns].sum(axis=1)),
            people_middle=people,
            following=float(start.following[o, columns].sum()),
            hazard=float(middle.hazard[pair.at]),
            share_month=share,
            decided_middle=people * share,
            returns_middle=float(course.returns[o, columns].sum()),
            factors=factors_of(course, pair, references, idps=self._asked.idps),
        )

    def _other(self, pair: Pair) -> OtherPair:
        return OtherPair(
            host=self._host(pair),
            district=self._origins[pair.origin],
            people_start=self._mean(self._people, pair),
            returns=self._mean(self._returns, pair),
        )

    def _home(self, origin: int) -> ExplainedHome:
        middle = self._course.middle
        rules = self._course.rules
        housing, services = rules.world.home_ranges(rules.calendar.day_of(middle.day), middle.day)[origin, :2, 1]
        present = self._run.columns(
            "SELECT replicate, sum(people)::DOUBLE AS people FROM stocks WHERE date = $day AND place = $place "
            "AND stage <> 'travelling' GROUP BY replicate",
            {"day": self._asked.month.last, "place": self._origins[origin]},
        )
        people = np.zeros(self._run.info.replicates)
        people[present["replicate"]] = present["people"]
        return ExplainedHome(
            district=self._origins[origin],
            day=middle.day,
            people_present=_range(people),
            violence=float(middle.intensity[origin]),
            housing=_number(housing),
            services=_number(services),
            crowding=float(middle.crowding[origin]),
            money=self._money(housing, services),
        )

    def _money(self, housing: float, services: float) -> ExplainedRange | None:
        """Return what a returnee needs there, as the planning table has it; None where it is not known."""
        stands = [np.array([[share]]) for share in (housing, services)]
        money = money_per_returnee(stands[0], stands[1], *costs_by_replicate(self._run))[:, 0, 0]
        return _range(money) if np.isfinite(money).all() else None

    def _readers(self, pairs: Sequence[Pair]) -> Mapping[str, tuple[str, ...]]:
        """Return who reads each parameter that the run has, in the order of the equation."""
        found: dict[str, dict[str, None]] = {}
        for pair in pairs:
            for reader, names in parameters_read(self._course, pair, idps=self._asked.idps).items():
                for name in names:
                    found.setdefault(name, {})[reader] = None
        return {name: tuple(readers) for name, readers in found.items() if name in self._run.info.parameters}

    def _notes(self, districts: Sequence[str]) -> Iterator[str]:
        info, asked = self._run.info, self._asked
        yield (
            "the factors hold at the middle: the run's parameters in the middle, conditions at the middle of their "
            "ranges, no shocks, no chance; beliefs, neighbours who came back and crowding as the expected course "
            "carries them. The replicates of the run differ from it in all of these"
        )
        if not asked.idps:
            yield from _household_notes(info.parameters)
            yield "people are those who are there, registered or not; registers lag behind them"
        if info.continuation and asked.month.last > info.continuation.since:
            yield _continuation_note(info)
        earlier = self._rows.earlier_violence(districts, asked.month)
        if earlier:
            yield (
                f"{earlier} earlier rows of violence, before {asked.month.violence_since}, are remembered too and not "
                f"listed: what threatens fades with a half-life of {info.parameters['intensity_half_life']:.0f} days, "
                f"what it leaves behind ({info.parameters['lasting_share']:.0%} of it) of "
                f"{info.parameters['lasting_half_life']:.0f} days"
            )
        if not _is_whole(asked.month.last, asked.month.first):
            yield f"the run covers {asked.month.first} to {asked.month.last} of this month only"
        yield from origin_notes(self._case, info)


def _household_notes(parameters: Mapping[str, float]) -> Iterator[str]:
    staged = parameters["staged_share"] if parameters["household_size"] > 1.0 else 0.0
    if staged > 0.0:
        yield (
            f"{staged:.0%} of the households that decide to return send one ahead and the others follow later, so "
            "fewer set out at first than decide, and those who follow come on top in later months"
        )
    if parameters["visit_hazard"] > 0.0:
        yield "some refugees visit home, and some of those who do stay there: they return on top of who decides to"


def _continuation_note(info: RunInfo) -> str:
    if info.continuation is None:
        return ""
    how = info.continuation
    return (
        f"after {how.since} nothing was known. In each replicate recorded deaths go on from the mean of the last six "
        f"months by a random walk (a month adds a standard deviation of {how.whole_deviation:.2f} to their logarithm "
        f"for the whole country, and of {how.place_deviation:.2f} for a place), {how.gate_in_words()}, and hosts "
        "audit registers as in one of the last three years. The factors here leave all that out: violence and holders "
        "stay as in the last known rows"
    )


def _together(read: Sequence[Mapping[str, Sequence[ExplainedRow]]]) -> tuple[ExplainedRow, ...]:
    """Return the rows of all flows once, with everything that reads them."""
    readers: dict[tuple[str, int], dict[str, None]] = {}
    rows: dict[tuple[str, int], ExplainedRow] = {}
    for of_pair in read:
        for name, found in of_pair.items():
            for row in found:
                key = (row.table, row.row)
                rows[key] = row
                readers.setdefault(key, {})[name] = None
    return tuple(rows[key].model_copy(update={"read_by": tuple(readers[key])}) for key in rows)


def _range(people: FloatArray) -> ExplainedRange:
    low, middle, high = (float(value) for value in np.quantile(people, (0.05, 0.5, 0.95)))
    if len(people) < SMALLEST_ENSEMBLE:
        return ExplainedRange(p05=None, p50=middle, p95=None)
    return ExplainedRange(p05=low, p50=middle, p95=high)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _interval(info: RunInfo) -> str:
    if info.replicates < SMALLEST_ENSEMBLE:
        return f"none: {info.replicates} replicates are fewer than the {SMALLEST_ENSEMBLE} that an interval needs"
    return f"5 % to 95 % of {info.replicates} replicates: chance, shared shocks, conditions; {IN_WORDS[info.drawn]}"
