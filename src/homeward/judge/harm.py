"""Pressure on refugees in a scenario, and its harm, which is told before anything else.

Pressure is no lever (:mod:`homeward.case.conference`), but a scenario may contain it: conditions at a host that it
makes harder than they were on the day before it begins, or coercion that it assumes. Harm is counted among those who
return in the run: those whose return is not voluntary by the pillar of that name, and those of whom it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from homeward.case.indicators import HOST_CONDITIONS
from homeward.case.scenario import SCENARIO_SOURCE
from homeward.case.schema import Case, Condition, EventIndicator
from homeward.judge.pillars import judge_pillars
from homeward.results.contract import Harm
from homeward.results.run import Run

__all__ = ["harm_in_words", "harm_of", "pressure_in"]


def pressure_in(case: Case) -> tuple[str, ...]:
    """Return in words how the scenario that was laid over a case puts pressure on refugees; empty if it does not."""
    return (*_harder_hosts(case.conditions), *_coercion(case))


def harm_of(run: Run) -> Harm | None:
    """Return the harm in a run whose scenario puts pressure on refugees, None for any other.

    Raises RunError if the run cannot be read.
    """
    pressure = pressure_in(run.case())
    if not pressure:
        return None
    refugees = next(row for row in judge_pillars(run).rows if row.returns == "refugees")
    voluntary = next(one for one in refugees.pillars if one.pillar == "voluntary")
    return Harm(
        run=run.info.run_dir, pressure=pressure, people=refugees.people, not_voluntary=voluntary.not_met,
        unknown=voluntary.unknown,
    )  # fmt: skip


def harm_in_words(harm: Harm) -> str:
    """Return what has to be said first of a run with pressure in it."""
    return (
        f"Harm first: the scenario of {harm.run} puts pressure on refugees ({'; '.join(harm.pressure)}). Of "
        f"{harm.people:,.0f} refugees who return in it, {harm.not_voluntary:,.0f} do so while conditions of voluntary "
        f"return are not met and {harm.unknown:,.0f} while they are unknown (means over replicates). Such returns are "
        "no success, and what people lose who stay is not counted here."
    )


def _harder_hosts(conditions: Iterable[Condition]) -> Iterator[str]:
    of_hosts = [row for row in conditions if row.indicator in HOST_CONDITIONS]
    ordered = sorted(of_hosts, key=lambda row: (row.indicator, row.place, row.date))
    for (indicator, place), rows in groupby(ordered, key=lambda row: (row.indicator, row.place)):
        before: Condition | None = None
        for row in rows:
            if row.source != SCENARIO_SOURCE:
                before = row
            elif before is not None and _is_harder(indicator, before.value, row.value):
                yield f"{indicator} at {place} from {before.value:g} to {row.value:g} on {row.date}"
                break


def _is_harder(indicator: str, before: float, after: float) -> bool:
    return after > before if indicator == "hostility" else after < before


def _coercion(case: Case) -> Iterator[str]:
    for event in case.events:
        if event.source == SCENARIO_SOURCE and event.indicator is EventIndicator.COERCION and event.value == "on":
            yield f"coercion at {event.place} from {event.date}"
