"""Halving the step changes nothing that matters: yearly stocks of the expected course move by under 1 %.

For the small case and the first years of the built-in Syria, in which most people flee: refugees by host
country and IDPs at every end of a year, with steps of 24 and of 12 hours.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

from tests.small_case import small_case

from homeward.case.folder import load_case
from homeward.case.schema import Case
from homeward.engine.simulate import expected_course
from homeward.rules.homeward import HomewardRules
from verification.tables import show

__all__ = ["main", "yearly_stocks"]

LIMIT = 0.01
SYRIA_UNTIL = date(2013, 12, 31)
FEWEST = 1_000
"""Smaller stocks are left out: rounding to whole people weighs there."""

Stocks = Counter[tuple[int, str]]


def main() -> bool:
    """Compare, print the largest change of each case, and return whether all are small enough."""
    rows: list[tuple[str, str, int, int, float]] = []
    for case in (small_case(people=5_000_000), _changed(load_case("syria"), end=SYRIA_UNTIL)):
        daily, halved = (yearly_stocks(_changed(case, step_hours=hours)) for hours in (24, 12))
        changes = {key: abs(halved[key] / people - 1) for key, people in daily.items() if people >= FEWEST}
        year, where = max(changes, key=changes.__getitem__)
        largest = changes[year, where]
        rows.append((case.settings.name, f"{where} {year}", daily[year, where], halved[year, where], largest))
    show(
        f"Largest change of a yearly stock by halving the step (at most {LIMIT:.0%})",
        ("case", "stock", "24 h", "12 h", "change"),
        rows,
    )
    return all(row[-1] < LIMIT for row in rows)


def _changed(case: Case, **settings: object) -> Case:
    return case.model_copy(update={"settings": case.settings.model_copy(update=settings)})


def yearly_stocks(case: Case) -> Stocks:
    """Return refugees by host country and IDPs at the end of every year of the expected course."""
    course = expected_course(HomewardRules(case))
    country = {place.id: place.country for place in case.places}
    ends = course.names.month_ends
    last_months = {end.year: month for month, end in enumerate(ends)}
    stocks: Stocks = Counter()
    columns = (course.stocks[name] for name in ("month", "place", "stage", "people"))
    for month, place, stage, people in zip(*columns, strict=True):
        year, name = ends[month].year, course.names.stages[stage]
        if last_months[year] == month and name in ("refugee", "displaced"):
            where = "IDPs" if name == "displaced" else country[course.names.places[place]]
            stocks[year, where] += int(people)
    return stocks
