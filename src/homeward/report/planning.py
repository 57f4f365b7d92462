"""Write the plan of a forecast: its tables, and one page that explains them to a reader who was not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from homeward.errors import UsageError
from homeward.plan.planning import PlanTables, plan_tables
from homeward.plan.ranges import SMALLEST_COUNT
from homeward.plan.triggers import FEWEST
from homeward.report import wording
from homeward.report.gather import country_names
from homeward.report.pages import page_environment
from homeward.report.planning_files import write_table, write_workbook
from homeward.results.durable import place_whole, plain_error
from homeward.results.planning_contract import Planning, PlanningTotal, PlanningTrigger
from homeward.results.run import Run

__all__ = ["FILES", "PlanChart", "render_plan", "write_planning"]

FILES = (
    "returns.csv",
    "returns.parquet",
    "needs.csv",
    "needs.parquet",
    "triggers.csv",
    "planning.xlsx",
    "read-me.html",
)

MEASURES: Mapping[str, str] = {
    "returned_refugees": "Refugees who set out for home",
    "returned_idps": "Internally displaced people who set out for home",
}
WHO: Mapping[str, str] = {"returned_refugees": "Refugees", "returned_idps": "Internally displaced people"}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 220, 84, 24, 10, 30
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
TICKS = 4


@dataclass(frozen=True, slots=True)
class PlanChart:
    """The monthly totals of a measure as paths of an SVG: the ``band`` from low to high, and the ``line`` of likely.

    ``ticks`` are (y, words), ``labels`` (x, words) and ``rows`` the figures: month, low, likely, high in words.
    """

    key: str
    title: str
    band: str
    line: str
    ticks: tuple[tuple[float, str], ...]
    labels: tuple[tuple[float, str], ...]
    rows: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class TotalRow:
    """A line of the table of totals: who, where from, and low, likely and high of every period in words."""

    measure: str
    where: str
    cells: tuple[str, ...]


def write_planning(
    run: Run, folder: Path, *, smallest: int = SMALLEST_COUNT, force: bool = False, notes: Sequence[str] = ()
) -> Planning:
    """Write the plan of a forecast to the ``FILES`` in a folder, and return what it says.

    Counts above 0 and under ``smallest`` are left out. ``notes`` are further limits of this forecast, to be told with
    those of every plan. Files that are there are replaced with ``force`` only; each is whole or as it was.

    Raises UsageError for a run that is no forecast or files that are there, before anything is written; RunError if the
    run cannot be read or a file cannot be written; InputError if its case is damaged.
    """
    _refuse_existing(folder, force=force)
    names = country_names(run.case())
    tables = plan_tables(run, smallest=smallest, country_names=names)
    found = _document(run, folder, tables, smallest, notes)
    html = render_plan(run, tables, found, names)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_table(tables.returns, folder / "returns.csv", folder / "returns.parquet")
        write_table(tables.needs, folder / "needs.csv", folder / "needs.parquet")
        write_table(tables.trigger_rows, folder / "triggers.csv")
        sheets = (tables.returns, tables.needs, tables.trigger_rows)
        write_workbook(folder / "planning.xlsx", tuple(_read_me(run, found)), sheets)
        place_whole(folder / "read-me.html", lambda to: to.write_text(html, encoding="utf-8", newline="\n"))
    except OSError as error:
        raise plain_error(f"writing {folder}", error) from error
    return found


def _refuse_existing(folder: Path, *, force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; choose another name for the folder of the plan")
    there = [name for name in FILES if (folder / name).exists()]
    if there and not force:
        raise UsageError(
            f"{folder} already holds {', '.join(there)}; choose another folder, or --force to replace them"
        )


def _document(run: Run, folder: Path, tables: PlanTables, smallest: int, notes: Sequence[str]) -> Planning:
    info = run.info
    return Planning(
        run_dir=info.run_dir,
        folder=str(folder),
        case=info.case,
        scenario=info.scenario,
        as_of=tables.since,
        until=tables.until,
        replicates=info.replicates,
        seed=info.seed,
        rows=len(tables.returns.rows),
        smallest=smallest,
        interval=tables.interval,
        totals=tables.totals,
        triggers=tuple(PlanningTrigger.model_validate(asdict(one)) for one in tables.triggers),
        files=FILES,
        notes=(*notes, *tables.notes),
    )


def _read_me(run: Run, found: Planning) -> Iterator[str]:
    """Yield the lines at the head of the workbook."""
    yield f"Planning table: {run.info.title}"
    yield f"As it was known on {found.as_of}, for the months that end after it, to {found.until}"
    yield f"Low, likely, high: {found.interval}"
    yield "A model's figures for planning: they say how many may go, not that they should, and nothing about a person."
    yield "No place is said to be safe to return to. The page read-me.html says how to use this, and how not to."
    yield from (f"{note[:1].upper()}{note[1:]}." for note in found.notes)


def render_plan(run: Run, tables: PlanTables, found: Planning, names: Mapping[str, str]) -> str:
    """Return the page of a plan as HTML; ``names`` are those of countries."""
    opened = sum(day is not None for day in tables.openings)
    origin = names.get(run.info.origin_country, run.info.origin_country)
    periods = sorted({total.year for total in found.totals}, key=lambda year: year or 0)
    return (
        page_environment()
        .get_template("planning.html.j2")
        .render(
            info=run.info,
            origin=origin,
            plan=found,
            frame={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT},
            charts=[chart for measure in MEASURES if (chart := _chart(tables, measure))],
            periods=[_period(found.totals, year) for year in periods],
            totals=tuple(_total_rows(found.totals, periods, names, origin)),
            triggers=[one for one in found.triggers if one.move_to],
            silent=sum(one.move_to is None for one in found.triggers),
            who=WHO,
            opened=opened / len(tables.openings),
            changes="shut, being open now" if tables.shuts else "open",
            fewest=FEWEST,
            described=(tables.returns, tables.needs, tables.trigger_rows),
        )
    )


def _period(totals: Sequence[PlanningTotal], year: int | None) -> str:
    first = next(total for total in totals if total.year == year)
    return f"{wording.short_day(first.since)} to {wording.short_day(first.until)}"


def _total_rows(
    totals: Sequence[PlanningTotal], periods: Sequence[int | None], names: Mapping[str, str], origin: str
) -> Iterator[TotalRow]:
    """Yield a line by measure and host: all hosts first, then those from which most are likely to go."""
    by_key: dict[tuple[str, str | None], dict[int | None, PlanningTotal]] = {}
    for total in totals:
        by_key.setdefault((total.measure, total.host), {})[total.year] = total
    order = sorted(by_key.items(), key=_rank)
    for (measure, host), found in order:
        everywhere = "all host countries" if measure == "returned_refugees" else f"within {origin}"
        where = names.get(host, host) if host else everywhere
        yield TotalRow(WHO[measure], where, tuple(_range(found[year]) for year in periods))


def _rank(item: tuple[tuple[str, str | None], Mapping[int | None, PlanningTotal]]) -> tuple[bool, bool, int]:
    (measure, host), found = item
    return measure == "returned_idps", host is not None, -(found[None].likely or 0)


def _range(total: PlanningTotal) -> str:
    """Return the figures of a total: low, likely and high."""
    return " / ".join(_count(value, suppressed=total.suppressed) for value in (total.low, total.likely, total.high))


def _count(value: int | None, *, suppressed: bool) -> str:
    if value is None:
        return "few" if suppressed else wording.MISSING
    return "0" if value == 0 else f"{value:,}" if value < 1_000 else wording.rounded(value)


def _chart(tables: PlanTables, measure: str) -> PlanChart | None:
    """Return the chart of a measure; None where no likely figure may be shown."""
    monthly = tables.monthly(measure)
    known = [value for _, values in monthly for value in values if value is not None]
    if not any(known):
        return None
    top, ticks = _axis(max(known))
    across = [LEFT + (WIDTH - LEFT - RIGHT) * k / max(1, len(monthly) - 1) for k in range(len(monthly))]
    low, likely, high = (
        [(x, _height(values[column], top)) for x, (_, values) in zip(across, monthly, strict=True)]
        for column in range(3)
    )
    every = max(1, round(len(monthly) / 8))
    return PlanChart(
        key=measure,
        title=MEASURES[measure],
        band=_path([*high, *low[::-1]]) + "Z" if all(y is not None for _, y in (*low, *high)) else "",
        line=_path(likely),
        ticks=tuple((_height(tick, top) or 0.0, wording.rounded(tick) if tick else "0") for tick in ticks),
        labels=tuple((x, f"{day:%b %y}") for x, (day, _) in list(zip(across, monthly, strict=True))[::every]),
        rows=tuple((wording.day(day), *_words(values)) for day, values in monthly),
    )


def _words(values: Sequence[int | None]) -> tuple[str, str, str]:
    low, likely, high = (wording.MISSING if value is None else f"{value:,}" for value in values)
    return low, likely, high


def _axis(most: float) -> tuple[float, list[float]]:
    """Return the end of an axis and its ticks, at round numbers."""
    raw = most / TICKS
    power = 10.0 ** (len(str(int(raw))) - 1) if raw >= 1 else 1.0
    step = next(step * power for step in STEPS if step * power >= raw)
    return step * TICKS, [step * k for k in range(TICKS + 1)]


def _height(value: float | None, top: float) -> float | None:
    return None if value is None else round(TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value / top), 1)


def _path(points: Sequence[tuple[float, float | None]]) -> str:
    """Return the path through points; it breaks where a value is missing."""
    parts, pen = [], "M"
    for x, y in points:
        if y is None:
            pen = "M"
            continue
        parts.append(f"{pen}{x:.1f} {y}")
        pen = "L"
    return "".join(parts)
