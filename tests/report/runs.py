"""Runs with numbers known by hand, for the tests of the report."""

from __future__ import annotations

from pathlib import Path

from homeward.case.schema import Case
from homeward.results.run import Run
from tests.hand_made import month_ends, trajectory, write_run
from tests.small_case import small_case

__all__ = ["hand_made_run", "hostile_case"]


def hostile_case() -> Case:
    """Return the small case with a place whose name would break careless HTML."""
    case = small_case()
    hostile = {"name": "<script>alert('city')</script>"}
    places = tuple(p.model_copy(update=hostile) if p.id == "city" else p for p in case.places)
    return case.model_copy(update={"places": places})


def hand_made_run(folder: Path, *, replicates: int = 3, case: Case | None = None) -> Run:
    """Return a run whose replicate k (0, 1, …) has, at the end of every month:

    1,000·(k + 1) refugees in city (HOA), 7 in camp (HOA), 2,000 in farland (HOB), 500 displaced in south.
    In the third month 100·k return to north from city and 40 to east inside ORI; only replicate 1 has 90 who
    return from farland, in the last month. 300 fled from north to city, 4 to camp.
    """
    world = case or small_case()
    months = range(len(month_ends(world)))
    courses = []
    for k in range(replicates):
        stocks = [
            row
            for month in months
            for row in (
                (month, "city", "north", "refugee", 1_000 * (k + 1)),
                (month, "camp", "east", "refugee", 7),
                (month, "farland", "south", "refugee", 2_000),
                (month, "south", "north", "displaced", 500),
                (month, "north", "north", "resident", 10_000),
            )
        ]
        returns = [(2, "north", "city", 100 * k), (2, "east", "south", 40)]
        returns += [(len(months) - 1, "south", "farland", 90)] if k == 1 else []
        matrix = [
            (world.settings.end.year, "north", "north", "city", "flight", 300),
            (world.settings.end.year, "north", "city", "north", "return", 100 * k),
            (world.settings.end.year, "east", "east", "camp", "flight", 4),
            (world.settings.end.year, "north", "north", "north", "birth", 50),
        ]
        courses.append(trajectory(world, k, stocks=stocks, returns=returns, matrix=matrix))
    return write_run(folder, world, courses)
