"""What nobody knew on the day of a forecast: how violence, holders and audits go on after it, drawn by replicate.

After the last known day, with v_p the mean of the last six months of recorded deaths at a place p that its rows state,
month m of a replicate has ::

    deaths_p(m) = v_p · exp(X(m) + Y_p(m))      X, Y_p random walks:  X(m) = X(m − 1) + σ_X ε,  Y_p alike with σ_Y

X is one for the country of origin, Y_p belongs to a place. At a place abroad v_p is the last row, which says whether a
war there goes on, and Y_p alone holds. The walks have no drift: the median goes on as it was. Their σ come from the
record of the five years before the day: with S six-month means and d = log((S(t) + 1) / (S(t − 12) + 1)), σ_X² is a
twelfth of the mean of d² over all t, and σ_Y² the same of a place less its country. Both are drawn towards
``USUAL_DEVIATION``, which counts as two years of record.

**Return may open.** In each replicate return opens within a year with the chance q that the reference class gives to an
open year after a shut one (:mod:`homeward.learn.reference.model`), on a day with hazard −log(1 − q). On that day the
districts of origin come under new authorities, under whom nobody is persecuted, and violence there falls to a tenth:
what the reference class knows of open years is how fast people went, not what conditions they found, so the gate is
opened wholly and the hazard of return with the gate open (a parameter whose prior is that class) says the rest. It
stays open to the end of a forecast.

**Registers** are audited as before: in every year after the last known day a host does again what it did in one of the
last three years, drawn by chance, nothing being one of the possibilities.

All other conditions and borders stay as they were on the last known day. Where rows after it exist, from a scenario,
they hold: violence at a place is continued up to the first of them, and nothing opens where holders are given.

Draws are addressed by seed, replicate and the name of what is drawn, so that a further place moves no other draw.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from homeward.case.check import origin_districts
from homeward.case.indicators import HELD_BY
from homeward.case.schema import Basis, Case, Condition, Event, EventIndicator, Source
from homeward.results.contract import Continuation
from homeward.rules.tables import name_hash

__all__ = ["continuation_of", "continued", "opening", "opening_in"]

FloatArray = NDArray[np.float64]

VIOLENCE = "violence"
BASE_MONTHS = 6
RECORD_YEARS = 5
AUDIT_YEARS = 3
USUAL_DEVIATION = 0.25
"""Of the logarithm in a month: a factor of 2.4 in a year, up or down, is then one standard deviation."""

USUAL_YEARS = 2.0
LEAST_DEATHS = 5.0
"""Places with fewer deaths a month, at both ends of a year, say nothing about how violence moves."""

AFTER_OPENING = 0.1
NEW_AUTHORITIES = "new_authorities"
SOURCE = "continuation"
WHY = "continued by chance after the last known day"


def continuation_of(case: Case, since: date, opening_chance: float) -> Continuation:
    """Return how a case goes on after ``since``; deviations come from the rows that it has up to that day."""
    whole, place = _deviations(case, since)
    return Continuation(
        since=since, whole_deviation=whole, place_deviation=place, opening_chance=opening_chance
    )  # fmt: skip


def continued(case: Case, how: Continuation, seed: int, replicate: int) -> Case:
    """Return the case of one replicate, to its end, with everything drawn that is not known."""
    last = case.settings.end
    if last <= how.since:
        return case
    opened = opening_in(case, how, seed, replicate)
    violence = list(_violence(case, how, seed, replicate, opened))
    held = list(_new_authorities(case, opened)) if opened else []
    audits = list(_audits(case, how, seed, replicate))
    settings = case.settings
    if opened:
        parameters = {**settings.parameters, f"persecution_risk[{NEW_AUTHORITIES}]": 0.0}
        settings = settings.model_copy(update={"parameters": parameters})
    sources = (*case.sources, Source(id=SOURCE, title="Continued by homeward after the last known day"))
    return case.model_copy(
        update={
            "settings": settings,
            "sources": sources,
            "conditions": (*case.conditions, *violence, *held),
            "events": (*case.events, *audits),
        }
    )


def opening(how: Continuation, seed: int, replicate: int) -> date | None:
    """Return the day on which return opens in a replicate, None if not within a century."""
    if not how.opening_chance:
        return None
    years = _random(seed, replicate, "opening").exponential() / -math.log1p(-how.opening_chance)
    return how.since + timedelta(days=1 + int(365.25 * years)) if years < 100.0 else None


def opening_in(case: Case, how: Continuation, seed: int, replicate: int) -> date | None:
    """Return the day of the opening, if it falls into the case and no later row says who holds a district."""
    when = opening(how, seed, replicate)
    given = any(row.date > how.since and row.indicator.startswith(HELD_BY) for row in case.conditions)
    return when if when and when <= case.settings.end and not given else None


def _random(seed: int, replicate: int, *names: str) -> np.random.Generator:
    address = [seed, replicate, name_hash("continuation", *names)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(address)))


def _violence(case: Case, how: Continuation, seed: int, replicate: int, opened: date | None) -> Iterator[Condition]:
    """Yield the rows of violence after the last known day, place by place."""
    months = tuple(_firsts_of_months(how.since, case.settings.end))
    at_home = set(origin_districts(case))
    whole = how.whole_deviation * _walk(_random(seed, replicate, VIOLENCE), len(months))
    for place, rows in _series(case).items():
        known = [row for row in rows if row.date <= how.since]
        if not known:
            continue
        given = next((row.date for row in rows if row.date > how.since), date.max)
        base = _base(known) if place in at_home else known[-1].value
        own = how.place_deviation * _walk(_random(seed, replicate, VIOLENCE, place), len(months))
        path = base * np.exp(own + (whole if place in at_home else 0.0))
        # From the day after the last known one: what the last row says may be a burst.
        days = [max(month, how.since + timedelta(days=1)) for month in months]
        falls = opened if place in at_home else None
        yield from (_row(place, day, VIOLENCE, deaths) for day, deaths in _falling(days, path, falls) if day < given)


def _base(rows: Sequence[Condition]) -> float:
    """Return the mean of the last six months that the rows of a place state."""
    return float(_monthly(rows, _months_before(rows[-1].date, BASE_MONTHS)).mean())


def _falling(days: Sequence[date], path: FloatArray, opened: date | None) -> Iterator[tuple[date, float]]:
    """Yield day and deaths a month; from the opening on they are a tenth."""
    for day, deaths in zip(days, path.tolist(), strict=True):
        yield day, deaths * (AFTER_OPENING if opened and day >= opened else 1.0)
    if opened and opened not in days:
        holding = max(number for number, day in enumerate(days) if day < opened)
        yield opened, float(path[holding]) * AFTER_OPENING


def _walk(random: np.random.Generator, steps: int) -> FloatArray:
    walk: FloatArray = np.cumsum(random.standard_normal(steps))
    return walk


def _new_authorities(case: Case, opened: date) -> Iterator[Condition]:
    others = sorted({row.indicator for row in case.conditions if row.indicator.startswith(HELD_BY)})
    for district in origin_districts(case):
        yield _row(district, opened, HELD_BY + NEW_AUTHORITIES, 1.0)
        yield from (_row(district, opened, other, 0.0) for other in others)


def _audits(case: Case, how: Continuation, seed: int, replicate: int) -> Iterator[Event]:
    """Yield what a host does to its register in each year after the last known day: as in one of the years before."""
    since = how.since
    audits = [event for event in case.events if event.indicator is EventIndicator.AUDIT]
    recent = [event for event in audits if _years_before(since, event.date) < AUDIT_YEARS and event.date <= since]
    given = {event.place for event in audits if event.date > since}
    for place in sorted({event.place for event in recent} - given):
        random = _random(seed, replicate, "audit", place)
        for ahead in range(1, math.ceil((case.settings.end - since).days / 365.25) + 1):
            copied = int(random.integers(AUDIT_YEARS))
            for event in recent:
                when = _later(event.date, copied + ahead)
                if event.place == place and _years_before(since, event.date) == copied and when <= case.settings.end:
                    yield event.model_copy(
                        update={
                            "date": when, "source": SOURCE, "known_on": since, "basis": Basis.ESTIMATE, "why": WHY,
                        }
                    )  # fmt: skip


def _years_before(since: date, when: date) -> int:
    """Return how many whole years a day lies before another: 0 within the last year."""
    return next(year for year in range(1000) if when > _later(since, -year - 1))


def _later(day: date, years: int) -> date:
    """Return the day so many years later; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


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
    months = _months_before(last, 12 * RECORD_YEARS)
    months = [month for month in months if month >= min(rows[0].date for rows in districts)]
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


def _monthly(rows: Sequence[Condition], months: Sequence[date]) -> FloatArray:
    """Return the deaths of each month, as the row says that holds on its first day; 0 before the first row."""
    values = np.zeros(len(months))
    for number, month in enumerate(months):
        values[number] = next((row.value for row in reversed(rows) if row.date <= month), 0.0)
    return values


def _months_before(last: date, count: int) -> list[date]:
    """Return the first days of the months up to that of ``last``."""
    index = 12 * last.year + last.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(index - count + 1, index + 1)]


def _firsts_of_months(since: date, last: date) -> Iterator[date]:
    """Yield the first day of every month from that of the day after ``since`` to that of ``last``."""
    start = since + timedelta(days=1)
    for number in range(12 * start.year + start.month - 1, 12 * last.year + last.month):
        yield date(number // 12, number % 12 + 1, 1)
