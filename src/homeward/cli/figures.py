"""The table of key figures that stands at the end of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from homeward.cli.output import table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.results.contract import Interval

__all__ = ["compact", "harm_first", "key_figure_table"]

LABEL_WIDTH = 26
CELL_WIDTH = 24


def key_figure_table(folder: Path, width: int) -> Table:
    """Return refugees by country, IDPs and returns as median and interval, at as many year-ends as fit."""
    from homeward.report.gather import country_names, key_figures, stock_courses
    from homeward.results.contract import Interval
    from homeward.results.run import Run

    run = Run.open(folder)
    names = country_names(run.case())
    with run.connection() as connection:
        found = key_figures(connection, run.info.replicates, run.info.origin_country)
        courses = stock_courses(connection)
    shown_dates = found.dates[-max(1, (width - LABEL_WIDTH) // CELL_WIDTH) :]
    title = f"{run.info.title}\nPeople: median (5 % to 95 % of {run.info.replicates} replicates)"
    shown = table(title, {"": False, **{f"{day}": True for day in shown_dates}})
    shown.columns[0].min_width = LABEL_WIDTH - 2
    for figure in found.figures:
        shown.add_row(figure.label, *map(compact, figure.values[-len(shown_dates) :]))
        if figure.name != "refugees":
            continue
        for (measure, country), course in courses.items():
            if measure == "refugee_stock":
                at = [course.dates.index(day) for day in shown_dates]
                cells = (Interval(p05=course.p05[i], p50=course.p50[i], p95=course.p95[i]) for i in at)
                shown.add_row(f"  in {names.get(country, country)}", *map(compact, cells))
    return shown


def compact(found: Interval) -> str:
    """Return an interval in the unit that suits its median: ``3.12 M (2.95–3.30)``."""
    unit, sign, digits = _unit(found.p50)
    # Adding zero turns a rounded -0.0 into 0.0, which prints without its sign.
    low, middle, high = (f"{round(x / unit, digits) + 0.0:.{digits}f}" for x in (found.p05, found.p50, found.p95))
    between = "–" if found.p05 >= 0 else " to "
    return f"{middle}{sign}" if low == high else f"{middle}{sign} ({low}{between}{high})"


def _unit(count: float) -> tuple[float, str, int]:
    if abs(count) >= 999_500:
        return 1e6, " M", 2
    if abs(count) >= 9_950:
        return 1e3, " k", 0
    return 1.0, "", 0


def harm_first(folder: Path) -> list[str]:
    """Return what has to be told first of a run whose scenario puts pressure on refugees."""
    from homeward.judge.harm import harm_in_words, harm_of
    from homeward.results.run import Run

    harm = harm_of(Run.open(folder))
    return [] if harm is None else [harm_in_words(harm)]
