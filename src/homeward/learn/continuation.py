"""What nobody knew on the day of a forecast: how violence and holders go on after it, drawn by replicate.

Rows of violence at a place state its months up to the last row and for as long after it as rows usually lie apart
there. Let v_p be the mean over the last :data:`BASE_MONTHS` of these months; of a place whose rows lie further apart,
over the last of them. From then on, month m of a replicate has ::

    deaths_p(m) = v_p · exp(X(m) + Y_p(m))      X, Y_p random walks:  X(m) = X(m − 1) + σ_X ε,  Y_p alike with σ_Y

X is one for the country of origin, Y_p belongs to a place; both are 0 in the last month that is stated, which may lie
long before the day of the forecast. At a place abroad v_p is the last row, which says whether a war there goes on, and
Y_p alone holds. The walks have no drift: the median goes on as it was. Their σ come from the record of the five years
before: with S six-month means and d = log((S(t) + 1) / (S(t − 12) + 1)), σ_X² is a twelfth of the mean of d² over all
t, and σ_Y² the same of a place less its country. Both are drawn towards :data:`USUAL_DEVIATION`, which counts as two
years of record. A fit, which has one expected course, takes v_p itself (:func:`settled`).

**Return may open, or shut.** Where it is shut on the day, it opens within a year with the chance q that the reference
class gives to an open year after a shut one (:mod:`homeward.learn.reference.model`), on a day with hazard −log(1 − q).
On that day the districts of origin come under new authorities, under whom nobody is persecuted, and violence there
falls to a tenth: what the reference class knows of open years is how fast people went, not what conditions they found,
so the gate is opened wholly and the hazard of return with the gate open (a parameter whose prior is that class) says
the rest. Where it is open on the day (:mod:`homeward.learn.gate`), it shuts in the same way with the chance of a shut
year after an open one: the new authorities are then feared like those who held most before. Either happens once at
most.

All other conditions and borders stay as they were on the last known day. Where rows after it exist, from a scenario,
they hold: violence at a place is continued up to the first of them, and nothing opens or shuts where holders are given.
Registers are audited as before (:mod:`homeward.judge.later_audits`).

Draws are addressed by seed, replicate and the name of what is drawn, so that a further place moves no other draw.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

import numpy as np
from numpy.typing import NDArray

from homeward.case.check import origin_districts
from homeward.case.indicators import HELD_BY
from homeward.case.schema import Basis, Case, Condition, Source
from homeward.results.contract import Continuation
from homeward.rules.parameters import resolve_parameters
from homeward.rules.tables import name_hash

__all__ = ["SOURCE", "change_in", "change_of_gate", "continuation_of", "continued", "settled"]

FloatArray = NDArray[np.float64]

VIOLENCE = "violence"
BASE_MONTHS = 6
GAPS = 12
"""Of the last so many gaps between rows the median says how far apart rows lie."""

RECORD_YEARS = 5
USUAL_DEVIATION = 0.25
"""Of the logarithm in a month: a factor of 2.4 in a year, up or down, is then one standard deviation."""

USUAL_YEARS = 2.0
LEAST_DEATHS = 5.0
"""Places with fewer deaths a month, at both ends of a year, say nothing about how violence moves."""

AFTER_OPENING = 0.1
NEW_AUTHORITIES = "new_authorities"
SOURCE = "continuation"
WHY = "continued by chance after the last known day"


def continuation_of(
    case: Case, since: date, *, opening_chance: float = 0.0, closing_chance: float = 0.0
) -> Continuation:
    """Return how a case goes on after ``since``; deviations come from the rows that it has up to that day."""
    whole, place = _deviations(case, since)
    return Continuation(
        since=since, whole_deviation=whole, place_deviation=place,
        opening_chance=opening_chance, closing_chance=closing_chance,
    )  # fmt: skip


def continued(case: Case, how: Continuation, seed: int, replicate: int) -> Case:
    """Return the case of one replicate, to its end, with all conditions drawn that are not known."""
    changed = change_in(case, how, seed, replicate)
    opens = changed is not None and how.opening_chance > 0.0
    violence = list(_violence(case, how, seed, replicate, changed if opens else None))
    held = list(_new_authorities(case, changed)) if changed else []
    settings = case.settings
    if changed:
        risk = 0.0 if opens else _risk_before(case, how.since)
        parameters = {**settings.parameters, _risk_of(NEW_AUTHORITIES): risk}
        settings = settings.model_copy(update={"parameters": parameters})
    sources = (*case.sources, Source(id=SOURCE, title="Continued by homeward after the last known day"))
    conditions = (*case.conditions, *violence, *held)
    return case.model_copy(update={"settings": settings, "sources": sources, "conditions": conditions})


def settled(case: Case, since: date) -> Case:
    """Return the case with violence after the months that are stated as it is in the median of all replicates."""
    return continued(
        case, Continuation(since=since, whole_deviation=0.0, place_deviation=0.0, opening_chance=0.0), 0, 0
    )


def change_of_gate(how: Continuation, seed: int, replicate: int) -> date | None:
    """Return the day on which return opens in a replicate, or shuts where it is open; None if not within a century."""
    chance = how.opening_chance or how.closing_chance
    if not chance:
        return None
    years = _random(seed, replicate, "opening").exponential() / -math.log1p(-chance)
    return how.since + timedelta(days=1 + int(365.25 * years)) if years < 100.0 else None


def change_in(case: Case, how: Continuation, seed: int, replicate: int) -> date | None:
    """Return that day, if it falls into the case and no later row says who holds a district."""
    when = change_of_gate(how, seed, replicate)
    given = any(row.date > how.since and row.indicator.startswith(HELD_BY) for row in case.conditions)
    return when if when and when <= case.settings.end and not given else None


def _random(seed: int, replicate: int, *names: str) -> np.random.Generator:
    address = [seed, replicate, name_hash("continuation", *names)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(address)))


def _violence(case: Case, how: Continuation, seed: int, replicate: int, opened: date | None) -> Iterator[Condition]:
    """Yield the rows of violence after what is stated, place by place."""
    at_home = set(origin_districts(case))
    series = _series(case)
    known = {place: [row for row in rows if row.date <= how.since] for place, rows in series.items()}
    stated = {place: _Stated.by(rows, how.since) for place, rows in known.items() if rows}
    first = min((one.end for one in stated.values()), default=_month_of(case.settings.end) + 1)
    months = range(first, _month_of(case.settings.end) + 1)
    steps = [_normal(seed, replicate, f"{_first_of(month)}") for month in months]
    whole = how.whole_deviation * np.concatenate([[0.0], np.cumsum(steps)])
    for place, one in stated.items():
        stays, ahead = min(one.end - first, len(months)), months[one.end - first :]
        path = how.place_deviation * _walk(_random(seed, replicate, VIOLENCE, place), len(ahead))
        if place in at_home:
            path += whole[stays + 1 :] - whole[stays]
        deaths = (one.base if place in at_home else one.last) * np.exp(path)
        given = next((row.date for row in series[place] if row.date > how.since), date.max)
        falls = opened if place in at_home else None
        for day, value in _falling([_first_of(month) for month in ahead], deaths, falls, one.last):
            if day < given:
                yield _row(place, day, VIOLENCE, value)


@dataclass(frozen=True)
class _Stated:
    """What rows of violence at a place state: deaths a month, up to the month before ``end`` (counted from year 0).

    ``base`` is the mean of the last months, ``last`` the value of the last row.
    """

    end: int
    base: float
    last: float

    @classmethod
    def by(cls, rows: Sequence[Condition], since: date) -> Self:
        """Take rows in the order of their dates; a single one holds until ``since``."""
        months = [_month_of(row.date) for row in rows]
        gaps = np.diff(months[-GAPS - 1 :])
        apart = max(1, round(float(np.median(gaps)))) if len(gaps) else max(1, _month_of(since) + 1 - months[-1])
        end = months[-1] + apart
        begin = max(months[0], end - max(apart, BASE_MONTHS))
        base = float(_monthly(rows, range(begin, end)).mean())
        return cls(end, base, rows[-1].value)


def _falling(
    days: Sequence[date], path: FloatArray, opened: date | None, before: float
) -> Iterator[tuple[date, float]]:
    """Yield day and deaths a month; from the opening on they are a tenth. ``before`` holds until the first day."""
    for day, deaths in zip(days, path.tolist(), strict=True):
        yield day, deaths * (AFTER_OPENING if opened and day >= opened else 1.0)
    if opened and opened not in days:
        holding = [float(deaths) for day, deaths in zip(days, path, strict=True) if day < opened]
        yield opened, (holding[-1] if holding else before) * AFTER_OPENING


def _normal(seed: int, replicate: int, name: str) -> float:
    return float(_random(seed, replicate, VIOLENCE, "month", name).standard_normal())


def _walk(random: np.random.Generator, steps: int) -> FloatArray:
    walk: FloatArray = np.cumsum(random.standard_normal(steps))
    return walk


def _new_authorities(case: Case, changed: date) -> Iterator[Condition]:
    others = sorted({row.indicator for row in case.conditions if row.indicator.startswith(HELD_BY)})
    for district in origin_districts(case):
        yield _row(district, changed, HELD_BY + NEW_AUTHORITIES, 1.0)
        yield from (_row(district, changed, other, 0.0) for other in others)


def _held(case: Case, on: date) -> dict[tuple[str, str], float]:
    """Return the share that each holder has of each district of origin on a day."""
    districts, held = set(origin_districts(case)), {}
    for row in sorted(case.conditions, key=lambda row: row.date):
        if row.indicator.startswith(HELD_BY) and row.place in districts and row.date <= on:
            held[row.place, row.indicator.removeprefix(HELD_BY)] = row.value
    return held


def _risk_before(case: Case, since: date) -> float:
    """Return the risk of persecution under whoever held most before a day; the usual one where nobody is known."""
    values, holder = resolve_parameters(case).values, _most_before(case, since)
    return values["persecution_risk" if holder is None else _risk_of(holder)]


def _most_before(case: Case, since: date) -> str | None:
    """Return who held most, over districts and years, where they hold nothing now; None if nobody is known."""
    districts, now = set(origin_districts(case)), _held(case, since)
    shares: dict[str, float] = {}
    for (place, indicator), rows in _rows_of_holders(case, since).items():
        ends = [*(row.date for row in rows[1:]), since]
        days = sum(row.value * (end - row.date).days for row, end in zip(rows, ends, strict=True))
        if place in districts and not now.get((place, indicator.removeprefix(HELD_BY))):
            holder = indicator.removeprefix(HELD_BY)
            shares[holder] = shares.get(holder, 0.0) + days
    return max(shares, key=lambda name: (shares[name], name), default=None)


def _rows_of_holders(case: Case, since: date) -> Mapping[tuple[str, str], Sequence[Condition]]:
    found: dict[tuple[str, str], list[Condition]] = {}
    for row in sorted(case.conditions, key=lambda row: row.date):
        if row.indicator.startswith(HELD_BY) and row.date <= since:
            found.setdefault((row.place, row.indicator), []).append(row)
    return found


def _risk_of(holder: str) -> str:
    return f"persecution_risk[{holder}]"


def _row(place: str, day: date, indicator: str, value: float) -> Condition:
    # Thousands of rows a replicate, all of them made here: not validated again.
    return Condition.model_construct(
        place=place, date=day, indicator=indicator, value=value, low=None, high=None,
        source=SOURCE, known_on=day, basis=Basis.ESTIMATE, why=WHY,
    )  # fmt: skip


def _deviations(case: Case, since: date) -> tuple[float, float]:
    """Return the deviations of the walks of the country and of a place."""
    series = _series(case)
    districts = [rows for place, rows in series.items() if place in origin_districts(case)]
    if not districts:
        return USUAL_DEVIATION, USUAL_DEVIATION
    last = min(since, max(rows[-1].date for rows in districts))
    begin = max(_month_of(last) + 1 - 12 * RECORD_YEARS, min(_month_of(rows[0].date) for rows in districts))
    months = range(begin, _month_of(last) + 1)
    deaths = np.array([_monthly(rows, months) for rows in districts])
    if len(months) < 12 + BASE_MONTHS:
        return USUAL_DEVIATION, USUAL_DEVIATION
    smooth = np.lib.stride_tricks.sliding_window_view(deaths, BASE_MONTHS, axis=1).mean(axis=2)
    of_country = _yearly_moves(smooth.sum(axis=0))
    moves = _yearly_moves(smooth) - of_country
    lively = (smooth[:, 12:] >= LEAST_DEATHS) | (smooth[:, :-12] >= LEAST_DEATHS)
    years = len(of_country) / 12.0
    return _towards_usual(of_country, years), _towards_usual(moves[lively], years)


def _yearly_moves(smooth: FloatArray) -> FloatArray:
    """Return log((S(t) + 1) / (S(t − 12) + 1)) along the last axis."""
    moves: FloatArray = np.log((smooth[..., 12:] + 1.0) / (smooth[..., :-12] + 1.0))
    return moves


def _towards_usual(moves: FloatArray, years: float) -> float:
    """Return the deviation of a month from moves over a year, ``USUAL_DEVIATION`` counting as two years."""
    variance = float(np.mean(moves**2)) / 12.0 if len(moves) else USUAL_DEVIATION**2
    both = (years * variance + USUAL_YEARS * USUAL_DEVIATION**2) / (years + USUAL_YEARS)
    return math.sqrt(both)


def _series(case: Case) -> Mapping[str, Sequence[Condition]]:
    """Return the rows of violence by place, in the order of their dates."""
    series: dict[str, list[Condition]] = {}
    for row in sorted(case.conditions, key=lambda row: row.date):
        if row.indicator == VIOLENCE:
            series.setdefault(row.place, []).append(row)
    return dict(sorted(series.items()))


def _monthly(rows: Sequence[Condition], months: Sequence[int]) -> FloatArray:
    """Return the deaths of each month, as the row says that began last by its end; 0 before the first row."""
    values = np.zeros(len(months))
    for number, month in enumerate(months):
        values[number] = next((row.value for row in reversed(rows) if _month_of(row.date) <= month), 0.0)
    return values


def _month_of(day: date) -> int:
    """Return the month of a day, counted from year 0."""
    return 12 * day.year + day.month - 1


def _first_of(month: int) -> date:
    """Return the first day of a month so counted."""
    return date(month // 12, month % 12 + 1, 1)
