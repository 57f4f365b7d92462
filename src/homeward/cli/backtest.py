"""``homeward backtest``: forecasts from past days beside what came."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeward.cli.options import RUNS, CaseName, Jobs, Json, Quiet, Seed
from homeward.cli.output import Output, table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.case.schema import Case, Fitted
    from homeward.plan.backtest import OriginTest
    from homeward.results.backtest_contract import Backtest, BacktestLine

__all__ = ["backtest"]

EFFORT = (32, 32, 2, 0.01)
"""Of each fit: half of what ``homeward fit`` takes, and a search that ends sooner, since there are many of them."""

PAGE, DOCUMENT, FITS = "backtest.html", "backtest.json", "fits"


class Rows(StrEnum):
    """Which rows a forecast from a past day reads."""

    KNOWN = "known"
    HAND_MADE = "hand-made"
    BOTH = "both"


def backtest(
    case: CaseName,
    first: Annotated[
        int, typer.Option("--first", metavar="YEAR", min=1900, max=2100, help="First year at whose end to forecast.")
    ] = 2016,
    last: Annotated[
        int, typer.Option("--last", metavar="YEAR", min=1900, max=2100, help="Last year at whose end to forecast.")
    ] = 2023,
    rows: Annotated[
        Rows,
        typer.Option(
            "--rows",
            help="Forecast from rows known on the day, from hand-made rows of an earlier date as well, or both.",
        ),
    ] = Rows.BOTH,
    replicates: Annotated[
        int, typer.Option(min=20, max=100_000, metavar="N", help="Simulated courses of each forecast.")
    ] = 100,
    seed: Seed = 1,
    jobs: Jobs = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder to write; left out: runs/CASE-backtest.", show_default=False),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Forecast from the ends of past years and score what was said by what came.

    Each forecast is made as a user would have made it on that day: from rows known then, with parameters fitted to
    them, two years ahead. Returned refugees by host and together, returned IDPs, refugees by host and IDPs are scored
    beside forecasts that need no model: the last known stock, returns and hazard of return, the mean of past years,
    what surveys say, and the planners' figure where there is one.

    The tables hold the figures as they stand today, so this is pseudo-real-time. Hand-made series were written long
    after what they describe: with them there is hindsight, and both are shown.

    Writes backtest.html (tables and plots), backtest.json and a run for each forecast. Parameters come from the sets in
    the folder 'fits' of the case that may be used; for a day without one they are fitted first, which takes long, and
    kept in DIR/fits. Given again, the command makes the forecasts anew and uses these fits.

    \b
    Examples:
      homeward backtest syria
      homeward backtest syria --first 2018 --last 2020 --rows known --replicates 200 --out runs/three
    """
    from homeward.case.folder import load_case
    from homeward.errors import UsageError
    from homeward.plan.backtest import backtest as summed
    from homeward.results.durable import place_whole

    if last < first:
        raise UsageError(f"--last {last} lies before --first {first}")
    output = Output(json=json, quiet=quiet)
    loaded = load_case(case)
    folder = out or RUNS / f"{loaded.settings.name}-backtest"
    (folder / FITS).mkdir(parents=True, exist_ok=True)
    tests = [(date(year, 12, 31), hand_made) for hand_made in _wanted(rows) for year in range(first, last + 1)]
    tested = []
    for as_of, hand_made in tests:
        fitted = _fitted(case, loaded, as_of, folder, jobs, output, hand_made=hand_made)
        tested.append(_tested(loaded, as_of, fitted, folder, replicates, seed, jobs, output, hand_made=hand_made))
    document = summed(loaded, tested, replicates=replicates, seed=seed)
    text = document.to_json() + "\n"
    place_whole(folder / DOCUMENT, lambda to: to.write_text(text, encoding="utf-8"))
    _write_page(document, folder / PAGE)
    if json:
        output.document(document)
    output.show(*_tables(document), f"Page: {folder / PAGE}")


def _wanted(rows: Rows) -> tuple[bool, ...]:
    return {Rows.KNOWN: (False,), Rows.HAND_MADE: (True,), Rows.BOTH: (False, True)}[rows]


def _label(as_of: date, *, hand_made: bool) -> str:
    return f"{as_of}-hand-made" if hand_made else f"{as_of}"


def _fitted(
    name: str, case: Case, as_of: date, folder: Path, jobs: int | None, output: Output, *, hand_made: bool
) -> Fitted:
    """Return a set of the case that may be used, else the one kept by an earlier call, else fit and keep it."""
    from homeward.case.folder import read_fits
    from homeward.case.schema import Fitted
    from homeward.case.tomlfile import read_toml, write_toml
    from homeward.cli.fit import require_packages
    from homeward.learn.calibrate import Effort
    from homeward.plan.as_of import is_known
    from homeward.plan.forecast import fit_known, newest_known, rows_hash
    from homeward.results.durable import place_whole

    rows = rows_hash(case, as_of, hand_made=hand_made)
    kept = [read_toml(path, Fitted) for path in sorted((folder / FITS).glob("*.toml"))]
    # A set kept here by an earlier call serves as long as the rows are the same.
    sets = [*read_fits(name), *(one for one in kept if one.rows_hash == rows or one.fitted_through != as_of)]
    found = newest_known(sets, case, as_of, hand_made=hand_made)
    if found is not None:
        return found
    require_packages()
    usable = [one for one in sets if is_known(one, as_of, hand_made=hand_made) and one.hand_made == hand_made]
    begin_at = max(usable, key=lambda one: one.fitted_through, default=None)
    with output.progress(f"fit as of {as_of}{', hand-made rows too' if hand_made else ''}") as report:
        _, fitted = fit_known(
            case,
            as_of,
            hand_made=hand_made,
            begin_at=begin_at,
            effort=Effort(*EFFORT),
            jobs=jobs,
            tell=lambda what: report(0, 1, what),
        )
    path = folder / FITS / f"{_label(as_of, hand_made=hand_made)}.toml"
    place_whole(path, lambda to: write_toml(to, fitted))
    return fitted


def _tested(
    case: Case, as_of: date, fitted: Fitted, folder: Path, replicates: int, seed: int, jobs: int | None, output: Output,
    *, hand_made: bool,
) -> OriginTest:  # fmt: skip
    from homeward.plan.backtest import origin_test

    label = _label(as_of, hand_made=hand_made)
    with output.progress(label) as report:
        return origin_test(
            case, as_of, fitted, folder / label, hand_made=hand_made, replicates=replicates, seed=seed, jobs=jobs,
            processes=True, progress=lambda done, total: report(done, total, ""),
        )  # fmt: skip


def _write_page(document: Backtest, path: Path) -> None:
    from homeward.report.backtest import write_backtest_page

    write_backtest_page(document, path)


def _tables(document: Backtest) -> Iterator[Table]:
    for hand_made in dict.fromkeys(line.hand_made for line in document.lines):
        what = "rows known on the day, and hand-made rows of an earlier date" if hand_made else "rows known on the day"
        shown = table(
            f"Backtest of {document.case}, {what}: CRPS of the logarithm, smaller is better",
            {"figure": False, "years ahead": True, "n": True, "model": True, "inside 90 %": True, "width": True,
             "best without a model": False, "model and it, on figures": True, "skill": True, "its 90 %": True},
        )  # fmt: skip
        for line in document.lines:
            if line.hand_made == hand_made:
                shown.add_row(*_cells(line))
        yield shown


def _cells(line: BacktestLine) -> Iterator[str]:
    from homeward.report.charts import MEASURE_NAMES

    model = line.model
    yield MEASURE_NAMES[line.measure] + (", all hosts" if line.level == "all" else "")
    yield from (f"{line.lead}", f"{line.n}", f"{model.log_crps:.2f}")
    yield "–" if model.coverage90 is None else f"{model.coverage90:.0%}"
    yield "–" if model.log_width90 is None else f"{model.log_width90:.2f}"
    best = next((one for one in line.comparisons if one.baseline == line.best), None)
    if best is None:
        yield from ("–", "–", "–", "–")
        return
    both = f"{best.model:.2f}, {best.score:.2f} on {best.n}"
    yield from (best.baseline.replace("_", " "), both, f"{best.skill:+.0%}")
    known = best.low90 is not None and best.high90 is not None
    yield f"{best.low90:+.0%} to {best.high90:+.0%}" if known else "–"
