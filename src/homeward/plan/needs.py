"""What the districts would need: people present, dwellings and services that are missing, and money per returnee.

With n people present at the end of a month, p people before the war, h the share of dwellings that is habitable and s
the share of services that works::

    people without a habitable dwelling   max(0, n − h · p)
    people without services               max(0, n − s · p)
    money per returnee                    (1 − h) · housing_cost + (1 − s) · services_cost

n and the costs are those of a replicate; h and s stand in the middle of their ranges and are the same in all. The
money is what repairs the share of one person in the whole stock; it is an order of magnitude, because the costs are
estimates. Whatever hangs on a condition that nobody knows is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.case.schema import Case, Stage
from homeward.engine.drawn import member_parameters
from homeward.errors import RunError
from homeward.judge.pillar_evidence import Evidence, condition
from homeward.plan.columns import Column, Row, Table, count_columns
from homeward.plan.ranges import low_likely_high, published, whole
from homeward.results.run import Run

__all__ = ["COSTS", "PRESENT", "costs_by_replicate", "lacking", "money_per_returnee", "needs_table"]

FloatArray = NDArray[np.float64]
COSTS = ("housing_cost", "services_cost")
"""Parameters that money per returnee reads."""

PRESENT = (Stage.RESIDENT, Stage.DISPLACED, Stage.RETURNED)
"""Stages of people who live in a district; those on the way there are not yet present."""

ORDER_OF_MAGNITUDE = "an order of magnitude, because the costs are estimates"

COLUMNS = (
    Column("district", "VARCHAR", "District, as the case names it"),
    Column("district_name", "VARCHAR", "Its name"),
    Column("district_pcode", "VARCHAR", "Its P-code; empty: none is known"),
    Column("month", "DATE", "Last day of the month"),
    *count_columns("present_", "People present at the end of the month: residents, displaced people and returnees"),
    Column("housing_share", "DOUBLE", "Share of the dwellings from before the war that is habitable, 0 to 1"),
    Column("services_share", "DOUBLE", "Share of the services from before the war that works, 0 to 1"),
    *count_columns("without_housing_", "People present beyond those for whom there is a habitable dwelling"),
    *count_columns("without_services_", "People present beyond those for whom there are services"),
    *count_columns(
        "dollars_per_returnee_",
        f"US dollars that repair the dwelling and services of one person who returns; {ORDER_OF_MAGNITUDE}",
    ),
    Column("suppressed", "BOOLEAN", "A count of this row is left empty because it is too small to be published"),
)


def needs_table(
    run: Run, case: Case, evidence: Evidence, since: date, smallest: int
) -> Table:  # fmt: skip
    """Return the needs by district and month; ``evidence`` holds the conditions, ``case`` the people before the war.

    Raises RunError if the stocks of the run cannot be read.
    """
    months = tuple(end for end in evidence.months if end > since)
    first = len(evidence.months) - len(months)
    housing, services = (condition(evidence.at_home, name)[first:] for name in ("housing", "services"))
    present = _present(run, months, evidence.origins)
    before = _before_the_war(case, evidence.origins)
    costs = costs_by_replicate(run)
    ranges = {
        "present": low_likely_high(present),
        "housing": low_likely_high(lacking(present, housing, before)),
        "services": low_likely_high(lacking(present, services, before)),
        "money": _money_range(run, money_per_returnee(housing, services, *costs)),
    }
    rows = _rows(case, evidence.origins, months, (housing, services), ranges, smallest)
    return Table("needs", "What every district would need, month by month", COLUMNS, tuple(rows))


def lacking(present: FloatArray, share: FloatArray, before: FloatArray) -> FloatArray:
    """Return people (replicates x months x districts) beyond those for whom there is room; NaN where unknown.

    ``share`` (months x districts) stands of what served the people ``before`` the war (districts).
    """
    beyond: FloatArray = np.maximum(present - share * before, 0.0)
    return beyond


def money_per_returnee(
    housing: FloatArray, services: FloatArray, housing_cost: FloatArray, services_cost: FloatArray
) -> FloatArray:
    """Return US dollars (replicates x months x districts) that repair the share of one person; NaN where unknown.

    ``housing`` and ``services`` (months x districts) are shares that stand, the costs (replicates) those of the whole
    stock per resident before the war.
    """
    money: FloatArray = np.multiply.outer(housing_cost, 1.0 - housing) + np.multiply.outer(
        services_cost, 1.0 - services
    )
    return money


def _money_range(run: Run, money: FloatArray) -> FloatArray:
    """Return the range of money; without low and high where the costs are the same in all replicates."""
    found = low_likely_high(money)
    if run.info.drawn is None:
        found[[0, 2]] = math.nan
    return found


def costs_by_replicate(run: Run) -> tuple[FloatArray, FloatArray]:
    """Return the costs by replicate of dwellings and of services."""
    info = run.info
    if info.drawn is None:
        housing, services = info.parameters["housing_cost"], info.parameters["services_cost"]
        return np.full(info.replicates, housing), np.full(info.replicates, services)
    by_replicate = member_parameters(run.case(), info.drawn, info.seed, info.replicates)
    return by_replicate["housing_cost"], by_replicate["services_cost"]


def _before_the_war(case: Case, districts: tuple[str, ...]) -> FloatArray:
    population = {place.id: place.population for place in case.places}
    return np.array([population[district] or math.nan for district in districts], dtype=np.float64)


def _present(run: Run, months: tuple[date, ...], districts: tuple[str, ...]) -> FloatArray:
    """Return people (replicates x months x districts) at the ends of the months."""
    stages = ", ".join(f"'{stage.value}'" for stage in PRESENT)
    found = run.columns(
        f"""
        SELECT replicate, list_position($months, date) - 1 AS month, list_position($districts, place) - 1 AS district,
            sum(people)::DOUBLE AS people
        FROM stocks WHERE stage IN ({stages}) AND list_contains($months, date) AND list_contains($districts, place)
        GROUP BY ALL
        """,
        {"months": list(months), "districts": list(districts)},
    )
    people = np.zeros((run.info.replicates, len(months), len(districts)))
    try:
        people[found["replicate"], found["month"], found["district"]] = found["people"]
    except IndexError:
        raise RunError(f"{run.folder} is damaged: a table has rows outside the run; run it again") from None
    return people


def _rows(
    case: Case,
    districts: tuple[str, ...],
    months: tuple[date, ...],
    shares: tuple[FloatArray, FloatArray],
    ranges: Mapping[str, FloatArray],
    smallest: int,
) -> Iterator[Row]:
    places = {place.id: place for place in case.places}
    for column, district in sorted(enumerate(districts), key=lambda pair: pair[1]):
        place = places[district]
        for row, month in enumerate(months):
            here = {name: values[:, row, column] for name, values in ranges.items()}
            counts = {name: published(here[name], smallest) for name in ("present", "housing", "services")}
            yield (
                district, place.name, place.pcode or None, month, *counts["present"][0],
                *(_known(share[row, column]) for share in shares), *counts["housing"][0], *counts["services"][0],
                *(whole(value) for value in here["money"].tolist()), any(small for _, small in counts.values()),
            )  # fmt: skip


def _known(share: float) -> float | None:
    return None if math.isnan(share) else round(float(share), 4)
