"""``homeward sensitivity``: which parameters move the planning figures of a case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeward.cli.options import CaseName, Json, Quiet, require_free
from homeward.cli.output import Output, people, seconds, table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.results.sensitivity_contract import (
        Sensitivity,
        SensitivityBar,
        SensitivityFigure,
        SensitivityIndex,
        SensitivityParameter,
    )

__all__ = ["SensitivityMethod", "sensitivity"]

SHOWN = 6
"""Parameters in the table of a figure."""

DEFAULT_SIZE = {"morris": 10, "sobol": 64}


class SensitivityMethod(StrEnum):
    """The two methods, as they are typed."""

    MORRIS = "morris"
    SOBOL = "sobol"


def sensitivity(
    case: CaseName,
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Scenario to lay over the case: a TOML file, or a name in its folder 'scenarios'.",
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE",
            formats=["%Y-%m-%d"],
            help="Last day, as 2024-12-31; left out: the case's end.",
            show_default=False,
        ),
    ] = None,
    method: Annotated[
        SensitivityMethod,
        typer.Option(help="morris screens many parameters; sobol shares out the variance among a few."),
    ] = SensitivityMethod.MORRIS,
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A parameter to move, all others staying as they are; may be repeated, or several with commas "
            "between them. host_attraction stands for those of all hosts. Left out: all that can move.",
            show_default=False,
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=100_000,
            metavar="N",
            help="Trajectories of morris, or base points of sobol (a power of two); left out: 10, or 64.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 2, metavar="K", help="Seed of the design and of the courses.")
    ] = 1,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, max=1024, metavar="N", help="Courses at a time; left out: one per core.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where to write the result; left out: CASE-sensitivity.json.", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it is there.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show which parameters move the planning figures of a CASE.

    Planning figures are returns of refugees and of IDPs in the last full calendar year, refugees and IDPs at the end,
    and returns from the five hosts near by from which most return. Each parameter moves between the 5 % and the 95 %
    quantile of what is known about it: the posterior of the case's fit, else its prior. Correlations are ignored.

    morris moves one parameter after the other along N trajectories: N times one more than the number of parameters
    courses. mu* is the mean size of the change of the figure's logarithm from the low end of the range to its high
    end; where sigma is as large, what a parameter does hangs on the others. sobol needs --parameters, and N times two
    more than their number courses: 'alone' is the share of the variance that a parameter explains alone, 'total' with
    all that it does together with others. At last, parameters are moved alone, all others being in the middle ('low
    end', 'high end': change of the figure).

    The result goes to a file, which 'homeward report RUN --sensitivity FILE' shows with a tornado plot. The whole of
    syria takes some 970 courses: half an hour or more on two cores.

    \b
    Examples:
      homeward sensitivity syria
      homeward sensitivity syria --until 2013-12-31 --size 4 --out early.json
      homeward sensitivity syria --method sobol --parameters return_hazard_open,return_gate_threshold
    """
    from homeward.case.folder import load_case
    from homeward.cli.run import adjusted
    from homeward.learn.sensitivity import sensitivity_of

    output = Output(json=json, quiet=quiet)
    loaded = load_case(case, scenario)
    world = adjusted(loaded, until=until.date() if until else None)
    path = out or Path(f"{world.settings.name}-sensitivity.json")
    require_free(path, "--out", force=force)
    if world.settings.end > loaded.settings.end:
        output.warn(f"after {loaded.settings.end} the conditions of the case stay as they were on that day")
    with output.progress(f"sensitivity of {world.settings.name}") as report:
        found = sensitivity_of(
            world,
            method=method.value,
            parameters=_names(method, parameters or ()),
            size=size or DEFAULT_SIZE[method.value],
            scenario=Path(scenario).stem if scenario else None,
            seed=seed,
            jobs=jobs,
            progress=lambda done, total: report(done, total, "" if done else f"{total:,} courses at most"),
        )
    if json:
        output.document(found)
    output.show(*(_figure(figure, found) for figure in found.figures), *_closing(found, path))
    _write(found, path)  # last, so that a full disk costs the file and not what was found


def _names(method: SensitivityMethod, texts: Sequence[str]) -> list[str] | None:
    from homeward.errors import UsageError

    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    if method is SensitivityMethod.SOBOL and not names:
        raise UsageError("sobol needs --parameters: name a few, such as those that come first with --method morris")
    if texts and not names:
        raise UsageError("--parameters names no parameter")
    return names or None


def _write(found: Sensitivity, path: Path) -> None:
    from homeward.results.durable import place_whole, plain_error

    text = found.to_json() + "\n"
    try:
        place_whole(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8", newline="\n"))
    except OSError as error:
        raise plain_error(f"writing {path}", error) from error


def _figure(figure: SensitivityFigure, found: Sensitivity) -> Table:
    indices = {"mu*": True, "90 %": True, "sigma": True} if found.method == "morris" else _SHARE_COLUMNS
    shown = table(
        _title(figure),
        {"parameter": False, "range": True, "unit": False, **indices, "low end": True, "high end": True},
    )
    ranges = {row.name: row for row in found.parameters}
    bars = {bar.parameter: bar for bar in figure.bars}
    for index in figure.indices[:SHOWN]:
        row, bar = ranges[index.parameter], bars.get(index.parameter)
        shown.add_row(row.name, _range(row), row.unit, *_index(index), *_ends(bar))
    return shown


_SHARE_COLUMNS = {"alone": True, "± alone": True, "total": True, "± total": True}


def _title(figure: SensitivityFigure) -> str:
    from homeward.report.charts import MEASURE_NAMES

    where = f" from {figure.country}" if figure.country else ""
    is_stock = figure.measure.endswith("_stock")
    when = f"on {figure.date}" if is_stock else f"in {figure.date.year}"
    return f"{MEASURE_NAMES[figure.measure]}{where} {when}: {people(figure.middle)} with all in the middle"


def _range(row: SensitivityParameter) -> str:
    return f"{row.low:.3g} – {row.high:.3g}"


def _index(index: SensitivityIndex) -> list[str]:
    if index.mu_star is not None:
        return [_number(index.mu_star), f"± {_number(index.mu_star_half_width)}", _number(index.sigma)]
    values = (index.first, index.first_half_width, index.total, index.total_half_width)
    return [_number(value) for value in values]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _ends(bar: SensitivityBar | None) -> tuple[str, str]:
    low, high = (None, None) if bar is None else (bar.low_change, bar.high_change)
    return _change(low), _change(high)


def _change(share: float | None) -> str:
    return "–" if share is None else f"{share:+.0%}".replace("-0%", "+0%")


def _closing(found: Sensitivity, path: Path) -> list[str]:
    idle = sum(all(index.weight == 0 for index in indices) for indices in _by_parameter(found).values())
    posteriors = sum(row.rests_on == "posterior" for row in found.parameters)
    moved = (
        f"{len(found.parameters)} parameters: {posteriors} within the posterior of a fit, {idle} without effect here. "
        f"{found.runs} courses in {seconds(found.wall_s)}."
    )
    return [moved, *found.notes, f"Result: {path}. For a plot: homeward report RUN --sensitivity {path}"]


def _by_parameter(found: Sensitivity) -> dict[str, list[SensitivityIndex]]:
    indices: dict[str, list[SensitivityIndex]] = {row.name: [] for row in found.parameters}
    for figure in found.figures:
        for index in figure.indices:
            indices[index.parameter].append(index)
    return indices
