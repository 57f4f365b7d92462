"""Runs with numbers known by hand, for the tests of the report."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from homeward.case.schema import Basis, Case, Measure, Observation
from homeward.results.run import Run
from tests.hand_made import month_ends, trajectory, write_run
from tests.small_case import small_case

__all__ = ["balance_case", "hand_made_run", "hostile_case"]


def hostile_case() -> Case:
    """Return the small case with a place whose name would break careless HTML."""
    case = small_case()
    hostile = {"name": "<script>alert('city')</script>"}
    places = tuple(p.model_copy(update=hostile) if p.id == "city" else p for p in case.places)
    return case.model_copy(update={"places": places})


def balance_case() -> Case:
    """Return the small case with registers of two hosts at the ends of 2011 to 2014.

    HOA has 60,000, 70,000, 80,000 and, counted anew, 30,000; 12,000 arrive in 2012, 20,000 in 2013 "balance
    the stock", 3,000 return in 2012, and an audit of 2012 takes off an estimated 5 % (3–8 %). HOB has 1,000,
    1,100, 1,150 and 1,400; 500 apply for asylum in 2012 and 2014, and 200 more wait at the end of 2012.
    """
    case = small_case()
    stock, arrivals, waiting = Measure.REFUGEE_STOCK, Measure.NEW_ARRIVALS, Measure.ASYLUM_SEEKER_STOCK

    def figure(year: int, measure: Measure, place: str, value: float, definition: str) -> Observation:
        said = {"source": "made-up", "known_on": date(year + 1, 6, 20), "basis": Basis.OBSERVED}
        when = date(year, 12, 31)
        return Observation.model_validate(
            said | {"date": when, "measure": measure, "place": place, "value": value, "definition": definition}
        )

    observed = (
        *(figure(2011 + k, stock, "HOA", value, "year-end") for k, value in enumerate((60_000, 70_000, 80_000))),
        figure(2014, stock, "HOA", 30_000, "year-end, counted anew"),
        figure(2012, arrivals, "HOA", 12_000, "registrations"),
        figure(2013, arrivals, "HOA", 20_000, "<b>balances the stock</b>"),
        figure(2012, Measure.RETURNED_REFUGEES, "HOA", 3_000, "verified"),
        *(figure(2011 + k, stock, "HOB", value, "year-end") for k, value in enumerate((1_000, 1_100, 1_150, 1_400))),
        *(figure(year, arrivals, "HOB", 500, "asylum applications in the year") for year in (2012, 2014)),
        *(figure(year, waiting, "HOB", value, "year-end") for year, value in ((2011, 300), (2012, 500))),
    )
    guess = {"low": 0.03, "high": 0.08, "basis": Basis.ESTIMATE, "why": "a guess"}
    events = tuple(e.model_copy(update=guess) if e.indicator == "audit" else e for e in case.events)
    return case.model_copy(update={"observed": observed, "events": events})


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
