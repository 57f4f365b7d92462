"""``homeward pillars``: for how many of those who return the four pillars are met, not met or unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeward.cli.options import Json, OptionalRun, assignments, opened_run, require_free
from homeward.cli.output import Output, people, table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.results.pillar_contract import (
        PillarCondition,
        PillarCurve,
        PillarLimit,
        PillarRow,
        Pillars,
        ShareRange,
    )
    from homeward.results.run import Run

__all__ = ["pillars"]

DATES = ["%Y-%m-%d"]
NOT_VALIDATED = " *"


class Grouping(StrEnum):
    """What the rows of the table tell apart."""

    HOST = "host"
    ORIGIN = "origin"
    MONTH = "month"
    YEAR = "year"


def pillars(
    run: OptionalRun = None,
    by: Annotated[Grouping, typer.Option(help="What the rows tell apart.")] = Grouping.HOST,
    since: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE",
            formats=DATES,
            show_default=False,
            help="Only returns of months that end on this day or later.",
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE", formats=DATES, show_default=False, help="Only returns of months that end by this day."
        ),
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--limit",
            metavar="NAME=VALUE",
            show_default=False,
            help="Give a limit another value; may be repeated. The names stand below the table.",
        ),
    ] = None,
    curves: Annotated[
        list[str] | None,
        typer.Option(
            "--curve",
            metavar="NAME",
            show_default=False,
            help="Also show how the shares depend on this limit; may be repeated.",
        ),
    ] = None,
    cells: Annotated[
        Path | None,
        typer.Option(
            "--table",
            metavar="FILE",
            show_default=False,
            help="Also write every flow (month, district, host place) to a .parquet or .csv file.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file --table if it is there.")] = False,
    json: Json = False,
) -> None:
    """Judge the returns of a RUN by the four pillars: voluntary, safe, dignified, sustainable.

    For every host country the table says for how many percent of those who return a pillar is met, unknown and not
    met. Flows of people are judged, by the conditions of the case and by limits that stand below the table (their
    reasons in --json); never a person, and no place is said to be safe. What is unknown is never met.
    --by, --since and --until choose what is shown; --limit and --curve show how far it hangs on a limit. A month
    counts as by its last day.

    \b
    Examples:
      homeward pillars
      homeward pillars runs/as-it-was --since 2017-01-01 --until 2023-12-31
      homeward pillars --by year --limit persecution_risk=0.5 --curve violence
      homeward pillars --table pillars.parquet --json > pillars.json
    """  # fmt: skip
    from homeward.judge.limits import limits_with
    from homeward.judge.pillars import judge_pillars, write_pillar_table

    output = Output(json=json)
    limits = limits_with(assignments(values or (), "--limit", "housing=0.7"))
    _check_file(cells, force=force)
    opened = opened_run(run)
    first, last = since.date() if since else None, until.date() if until else None
    found = judge_pillars(opened, by=by.value, since=first, until=last, limits=limits, curves=tuple(curves or ()))
    if cells is not None:
        rows = write_pillar_table(opened, cells, since=first, until=last, limits=limits)
        output.note(f"{rows:,} flows in {cells}")
    if json:
        output.document(found)
        return
    output.show(
        f"Run: {found.run_dir}", _rows(found, opened), *_stars(found), "", _conditions(found), *_curves(found.curves),
        _spread(found), *(f"{note[0].upper()}{note[1:]}." for note in found.notes),
    )  # fmt: skip


def _check_file(path: Path | None, *, force: bool) -> None:
    from homeward.errors import UsageError

    if path is None:
        return
    if path.suffix not in (".parquet", ".csv"):
        raise UsageError(f"{path} does not end in .parquet or .csv")
    require_free(path, "--table", force=force)


def _rows(found: Pillars, run: Run) -> Table:
    title = (
        f"People who return, {found.since} to {found.until} (mean of {found.replicates} replicates)\n"
        "and for how many % of them a pillar is met / unknown / not met"
    )
    judged = [share.pillar.replace("_", " ") for share in found.rows[0].pillars]
    shown = table(title, {found.by: False, "returns of": False, "people": True, **dict.fromkeys(judged, True)})
    names = _names(run)
    for row in found.rows:
        cells = [_cell(share.met, share.unknown, share.not_met) for share in row.pillars]
        shown.add_row(_key(row, found.by, names), _WHOSE[row.returns], people(row.people), *cells)
    return shown


_WHOSE = {"all": "all", "refugees": "refugees", "idps": "IDPs"}


def _names(run: Run) -> Mapping[str, str]:
    from homeward.report.gather import country_names

    case = run.case()
    return {place.id: place.name for place in case.places} | dict(country_names(case))


def _key(row: PillarRow, by: str, names: Mapping[str, str]) -> str:
    key: str | date | int | None = getattr(row, by)
    if key is None:
        return "all"
    name = names.get(key, key) if isinstance(key, str) else f"{key}"
    return name + (NOT_VALIDATED if row.validated is False else "")


def _cell(*parts: float) -> str:
    whole = sum(parts)
    return " / ".join(f"{100 * part / whole:.0f}" for part in parts) if whole else "–"


def _stars(found: Pillars) -> Iterator[str]:
    if any(row.validated is False for row in found.rows):
        yield "* The case holds no observed figures by district of origin to set these returns against."


def _conditions(found: Pillars) -> Table:
    shown = table(
        "Each condition by itself: for how many % of those who return it is met / unknown / not met",
        {"pillar": False, "condition": False, "limit": False, "refugees": True, "IDPs": True, "what it is": False},
    )
    shown.columns[-1].no_wrap = False
    limits = {limit.name: limit for limit in found.limits}
    by_name: dict[str, list[PillarCondition]] = {}
    for one in found.conditions:
        by_name.setdefault(one.condition, []).append(one)
    for name, (_, refugees, idps) in by_name.items():
        cells = [_cell(one.met, one.unknown, one.not_met) for one in (refugees, idps)]
        limit = limits.get(name)
        shown.add_row(refugees.pillar, name, _limit(limit), *cells, _meaning(name, limit))
    return shown


def _meaning(name: str, limit: PillarLimit | None) -> str:
    if limit is None:
        return _UNLIMITED[name]
    return limit.meaning if limit.unit in ("share", "0 to 1") else f"{limit.meaning}; {limit.unit}"


_UNLIMITED = {
    "coercion": "None on record at the host in the month",
    "displaced_again": "Not displaced again within twelve months",
}


def _limit(limit: PillarLimit | None) -> str:
    if limit is None:
        return "none"
    changed = "" if limit.value == limit.default else f" (was {limit.default:g})"
    return f"{limit.sense} {limit.value:g}{changed}"


def _curves(curves: Sequence[PillarCurve]) -> Iterator[Table | str]:
    for name in dict.fromkeys(curve.limit for curve in curves):
        own = [curve for curve in curves if curve.limit == name and curve.returns != "all"]
        headings = [f"{_WHOSE[curve.returns]}: {bound}" for curve in own for bound in ("met", "met or unknown")]
        shown = table(f"{own[0].pillar}, by the limit {name}", {name: True, **dict.fromkeys(headings, True)})
        for at, point in enumerate(own[0].points):
            ends = [end for curve in own for end in (curve.points[at].lower, curve.points[at].upper)]
            shown.add_row(f"{point.value:g}", *map(_percent, ends))
        yield shown


def _percent(share: ShareRange) -> str:
    return "–" if share.p50 is None else f"{share.p50:.0%}"


def _spread(found: Pillars) -> str:
    """Return how far replicates differ, in one sentence: ranges of every share would crowd the table."""
    ends = [end for row in found.rows for share in row.pillars for end in (share.lower, share.upper)]
    widest = max((_width(end) for end in ends), default=None)
    if widest is None or widest < 0:
        return f"No interval{found.interval.removeprefix('none')}."
    return (
        f"90 % of the replicates keep every share above within {widest * 100:.0f} points of its median "
        f"({found.interval}); each range stands in --json."
    )


def _width(share: ShareRange) -> float:
    if share.p05 is None or share.p50 is None or share.p95 is None:
        return -1.0
    return max(share.p95 - share.p50, share.p50 - share.p05)
