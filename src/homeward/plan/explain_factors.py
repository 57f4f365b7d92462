"""The factors of the hazard of return of one flow: their values, what they mean, and the numbers behind each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homeward.case.indicators import HOME_CONDITIONS, HOST_CONDITIONS, RETURN_INTENTION
from homeward.case.schema import BorderLevel
from homeward.plan.explain_course import FACTORS, Course
from homeward.results.explain_contract import ExplainedFactor, ExplainedInput
from homeward.rules.homeward.conditions import period_at
from homeward.rules.homeward.decision import WEIGHTS
from homeward.rules.homeward.homecoming import home_draw, readiness, safety

__all__ = ["Pair", "factors_of", "parameters_read"]

FloatArray = NDArray[np.float64]
Rows = dict[str, tuple[str, ...]]

_EQUATIONS = {
    "open": "10", "readiness": "8, 9, 9a", "home": "9b", "neighbours": "9d", "years": "9d", "season": "9d",
    "pressure": "9c", "intention": "9d", "host": "10", "border": "10",
}  # fmt: skip

_MEANINGS = {
    "open": "how many would return in a year if home were safe and all else usual",
    "readiness": "the part of it that the safety of home leaves, as people believe it to be",
    "home": "homes, services, livelihoods and papers there draw people, or keep them away",
    "neighbours": "neighbours who came back in the last twelve months",
    "years": "years away so far, on average",
    "season": "time of the year",
    "pressure": "how hard life at the host is (the sign of its effect is disputed)",
    "intention": "how many told a survey that they mean to return",
    "host": "what makes people return more readily from this host and stands in no table",
    "border": "how far the border lets people go home",
}
_WAY = "whether a way leads home"

_BELIEF = ("perception_lag", "perception_news")
_READ = {
    "readiness": (
        "return_gate_threshold", "return_gate_width", "return_smooth_share", "return_safety_slope",
        "safety_weight_violence", "reference_intensity", "intensity_half_life", "lasting_share", "lasting_half_life",
        "spill_over", "persecution_risk", *_BELIEF,
    ),
    "home": (
        *(f"return_weight_{name}" for name in HOME_CONDITIONS), "home_condition_reference", "housing_destruction",
        "services_destruction", "housing_cost", "services_cost", "own_repair", *_BELIEF,
    ),
    "neighbours": ("return_weight_neighbours",),
    "years": ("return_weight_years", "years_away_reference"),
    "season": ("season_strength", "season_peak_day"),
    "pressure": ("return_weight_push", "host_pressure_reference"),
    "intention": ("return_weight_intention", "return_intention_reference"),
}  # fmt: skip
_SHOCKS = ("return_shock_variance", "host_year_variance")
_HOUSEHOLDS = ("household_size", "staged_share", "following_hazard", "visit_hazard", "visit_days", "visit_stay_share")


@dataclass(frozen=True)
class Pair:
    """One flow: codes of origin (o) and of the places (p) of the host, all of which have the same factors."""

    origin: int
    places: tuple[int, ...]

    @property
    def at(self) -> tuple[int, int]:
        """Where its factors stand in the arrays of a moment."""
        return self.origin, self.places[0]


def parameters_read(course: Course, pair: Pair, *, idps: bool) -> dict[str, tuple[str, ...]]:
    """Return the names of the parameters by factor, and those of ``shocks`` and ``households``."""
    world, country = course.rules.world, course.rules.geography.countries[course.country[pair.places[0]]]
    risks = [f"{name}[{one}]" for one in world.holders for name in ("persecution_risk", "persecution_risk_fled")]
    found: dict[str, tuple[str, ...]] = {
        **_READ,
        "open": ("return_hazard_open_displaced" if idps else "return_hazard_open",),
        "readiness": (*_READ["readiness"], WEIGHTS[idps], *risks),
        "host": (f"return_host_effect[{country}]",),
        "border": () if idps else tuple(f"permeability_{level}" for level in _levels(course, pair)),
    }
    of_factors = {name: found[name] for name in _names(idps=idps)}
    return {**of_factors, "shocks": _SHOCKS[: 2 - idps], "households": _HOUSEHOLDS}


def factors_of(course: Course, pair: Pair, rows: Rows, *, idps: bool) -> tuple[ExplainedFactor, ...]:
    """Return the factors of a flow; ``rows`` are the rows of the case that each reads."""
    read = parameters_read(course, pair, idps=idps)
    first, last = course.moments[0], course.moments[-1]
    return tuple(
        ExplainedFactor(
            name=name,
            value=float(course.middle.factors[name][pair.at]),
            first=float(first.factors[name][pair.at]),
            last=float(last.factors[name][pair.at]),
            equation=_EQUATIONS[name],
            meaning=_WAY if idps and name == "border" else _MEANINGS[name],
            inputs=tuple(_inputs(course, pair, name, idps=idps)),
            parameters=read[name],
            rows=rows.get(name, ()),
        )
        for name in _names(idps=idps)
    )


def _names(*, idps: bool) -> Sequence[str]:
    """Return the factors that there are, in the order of the equation."""
    return [name for name in FACTORS if not (idps and name in ("pressure", "intention", "host"))]


def _inputs(course: Course, pair: Pair, name: str, *, idps: bool) -> Iterator[ExplainedInput]:
    o, p = pair.at
    now = course.middle
    if name == "readiness":
        yield from _safety(course, pair, idps=idps)
    elif name == "home":
        yield from _draws(course, pair)
    elif name == "neighbours":
        yield _input("came back within a year, of all who left", now.recent[o], "share")
    elif name == "years":
        yield _input("years away", now.years[o, course.country[p]], "years")
    elif name == "season":
        yield _input("day of the year", now.day.timetuple().tm_yday, "day")
    elif not idps:
        yield from _of_host(course, pair, name)


def _of_host(course: Course, pair: Pair, name: str) -> Iterator[ExplainedInput]:
    """Yield what factors of the host are computed from."""
    p, now = pair.places[0], course.middle
    if name == "pressure":
        for number, condition in enumerate(HOST_CONDITIONS):
            yield _input(condition, now.host[p, number], "share")
        yield _input("pressure", now.pressure[p], "0 to 1")
    elif name == "intention":
        yield _input(RETURN_INTENTION, now.host[p, len(HOST_CONDITIONS)], "share")
    elif name == "border":
        for level in _levels(course, pair):
            value = course.rules.parameters[f"permeability_{level}"]
            yield _input(f"the border is {level}", value, "share let through")


def _safety(course: Course, pair: Pair, *, idps: bool) -> Iterator[ExplainedInput]:
    """Yield what safety is made of, and the readiness of those who fled each holder."""
    o, c = pair.origin, course.country[pair.places[0]]
    now, parameters = course.middle, course.rules.parameters
    believed = now.believed[:, o, c]
    yield _input("violence at home", now.intensity[o], "deaths per 100,000 residents and 30 days")
    yield _input("violence as it weighs", now.actual[0, o], "log(1 + violence / reference)")
    yield _input("violence as believed", believed[0], "log(1 + violence / reference)")
    for number, holder in enumerate((*course.rules.world.holders, "no holder")):
        share = float(now.fled[o, number])
        if share <= 0.0:
            continue
        whom = f"those who fled {holder}"
        safe = safety(believed[0], believed[2 + number], parameters[WEIGHTS[idps]], parameters)
        yield _input("share", share, "share", of=whom)
        yield _input("risk of persecution", now.actual[2 + number, o], "0 to 1", of=whom)
        yield _input("risk as believed", believed[2 + number], "0 to 1", of=whom)
        yield _input("readiness", float(readiness(safe, parameters)), "0 to 1", of=whom)


def _draws(course: Course, pair: Pair) -> Iterator[ExplainedInput]:
    """Yield the conditions of home with what each multiplies the hazard by, as things are and not as believed."""
    o, c = pair.origin, course.country[pair.places[0]]
    now, parameters = course.middle, course.rules.parameters
    for number, name in enumerate(HOME_CONDITIONS):
        alone = np.full((1, len(HOME_CONDITIONS)), math.nan)
        alone[0, number] = now.conditions[o, number]
        label = "share" if number else "share, after crowding"
        yield _input(label, now.conditions[o, number], "share", of=name)
        yield _input("factor", math.exp(home_draw(alone, parameters)[0]), "factor", of=name)
    yield _input("crowding", now.crowding[o], "times over that dwellings are filled")
    yield _input("as it is", math.exp(now.actual[1, o]), "factor", of="all four")
    yield _input("as believed", math.exp(now.believed[1, o, c]), "factor", of="all four")


def _levels(course: Course, pair: Pair) -> list[str]:
    """Return the levels of the border in the month, from the host to the country of origin, in order of time."""
    rules = course.rules
    names = [level.value for level in BorderLevel]
    periods = [period_at(rules.world.border_dates, moment.day) for moment in course.moments]
    levels = rules.world.border_levels[periods, course.country[pair.places[0]], rules.geography.home_country]
    return list(dict.fromkeys(names[int(level)] for level in levels))


def _input(name: str, value: float, unit: str, *, of: str | None = None) -> ExplainedInput:
    number = float(value)
    return ExplainedInput(name=name, of=of, value=number if math.isfinite(number) else None, unit=unit)
