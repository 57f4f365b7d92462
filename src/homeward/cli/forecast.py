"""``homeward forecast``: what a day's knowledge says of the time after it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeward.cli.figures import harm_first
from homeward.cli.options import RUNS, CaseName, Cluster, Force, Jobs, Json, Quiet, Seed
from homeward.cli.output import Output, people, table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.case.schema import Case, Fitted
    from homeward.plan.forecast import Start
    from homeward.results.forecast_contract import Forecast, ForecastRow

__all__ = ["FORECAST_FILE", "fitted_set", "forecast", "special_notes"]

DATES = ["%Y-%m-%d"]
FORECAST_FILE = "forecast.json"
SHOWN = {
    "returned_refugees": "Refugees who return",
    "returned_idps": "IDPs who return",
    "refugee_stock": "Refugees at the end",
    "idp_stock": "IDPs at the end",
}
SMALLEST_SHOWN = 1_000


def forecast(
    case: CaseName,
    as_of: Annotated[
        datetime,
        typer.Option("--as-of", metavar="DATE", formats=DATES, help="Last day whose knowledge may be used."),
    ],
    until: Annotated[
        datetime, typer.Option("--until", metavar="DATE", formats=DATES, help="Last day of the forecast.")
    ],
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Scenario for the time after --as-of: a TOML file, or a name in the case's folder 'scenarios'.",
            show_default=False,
        ),
    ] = None,
    hand_made: Annotated[
        bool,
        typer.Option(
            "--hand-made",
            help="Take rows that are estimates as known on their own dates, though they were written later: hindsight.",
        ),
    ] = False,
    fitted: Annotated[
        Path | None,
        typer.Option(
            "--fitted",
            metavar="FILE",
            help="Parameters fitted by 'homeward fit --as-of'; left out: a set of the case that may be used, "
            "else they are fitted now, which takes long.",
            show_default=False,
        ),
    ] = None,
    replicates: Annotated[
        int, typer.Option(min=1, max=100_000, metavar="N", help="Simulated courses; intervals are taken over them.")
    ] = 200,
    seed: Seed = 1,
    jobs: Jobs = None,
    cluster: Cluster = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a forecast that was interrupted.")] = False,
    force: Force = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder to write; left out: runs/CASE-AS_OF-UNTIL.", show_default=False
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Forecast returns and stocks of a CASE from what was known on a day.

    Rows that became known later are not read, and parameters are fitted to the others alone. Courses begin with the
    last stocks on record. After its last rows violence wanders at random from where it was, registers are audited as
    in the three years before, and return may open (or shut, where it is open), with the chance that it had elsewhere;
    all other conditions stay as they were, unless a scenario says otherwise.

    The result is a run, with forecast.json in its folder: returns by host and by district, and stocks, by year, as
    quantiles of the figures as they would be published. The other commands read it like any run.

    Series that were made by hand became known when they were made, so a forecast from an earlier day does without
    them. With --hand-made it takes them as known on their own dates; then there is hindsight in it.

    \b
    Examples:
      homeward forecast syria --as-of 2018-12-31 --until 2020-12-31 --hand-made
      homeward forecast syria --as-of 2024-12-31 --until 2025-12-31 --hand-made --replicates 1000
      homeward forecast my-case --as-of 2024-06-30 --until 2025-06-30 --scenario ceasefire.toml --json

    \b
    Exit status: 0 done, 1 the run failed, 2 the call is wrong, 3 the case or the fitted set cannot be used.
    """
    from homeward.case.folder import find_case, find_scenario, load_case, load_scenario
    from homeward.errors import UsageError
    from homeward.plan.as_of import known_case
    from homeward.plan.forecast import make_forecast, prepared

    output = Output(json=json, quiet=quiet)
    loaded, day, last = load_case(case), as_of.date(), until.date()
    if last <= day:
        raise UsageError(f"--until {last} does not lie after --as-of {day}")
    path = find_scenario(scenario, find_case(case)) if scenario else None
    folder = out or RUNS / "-".join((loaded.settings.name, str(day), str(last), *([path.stem] if path else [])))
    parameters = fitted_set(case, loaded, fitted, day, output, hand_made=hand_made, jobs=jobs)
    with output.progress("forecast") as report:
        report(0, replicates, "simulating the course up to the last record")
        start = prepared(
            loaded, parameters, as_of=day, until=last, hand_made=hand_made,
            scenario=load_scenario(path, case, known_case(loaded, day, hand_made=hand_made)) if path else None,
        )  # fmt: skip
        document = make_forecast(
            start, folder, replicates=replicates, seed=seed, scenario=path.stem if path else None, jobs=jobs,
            processes=True, cluster=cluster, resume=resume, force=force,
            progress=lambda done, total: report(done, total, ""),
        )  # fmt: skip
    _save(document, folder)
    if json:
        output.document(document)
    output.show(*harm_first(folder), *_tables(document), *_closing(document, start, folder))


def fitted_set(
    name: str, case: Case, given: Path | None, as_of: date, output: Output, *, hand_made: bool, jobs: int | None
) -> Fitted:
    """Return the parameters to use: those given, a set of the case, or newly fitted ones."""
    from homeward.case.folder import read_fits
    from homeward.case.schema import Fitted
    from homeward.case.tomlfile import read_toml
    from homeward.cli.fit import require_packages
    from homeward.plan.as_of import require_known
    from homeward.plan.forecast import fit_known, newest_known

    if given is not None:
        chosen = read_toml(given, Fitted)
        require_known(chosen, as_of, str(given), hand_made=hand_made)
        return chosen
    found = newest_known(read_fits(name), case, as_of, hand_made=hand_made)
    if found is not None:
        return found
    require_packages()
    output.note(f"no fitted set of the case has seen what was known on {as_of} and nothing later: fitting one")
    with output.progress("fit") as report:
        return fit_known(case, as_of, hand_made=hand_made, jobs=jobs, tell=lambda what: report(0, 1, what))[1]


def _save(document: Forecast, folder: Path) -> None:
    from homeward.results.durable import place_whole

    text = document.to_json() + "\n"
    place_whole(folder / FORECAST_FILE, lambda to: to.write_text(text, encoding="utf-8"))


def _tables(document: Forecast) -> list[Table]:
    years = sorted({row.year for row in document.rows})
    return [_table(document, year) for year in years]


def _table(document: Forecast, year: int) -> Table:
    rows = [row for row in document.rows if row.year == year and row.place is None and row.p50 >= SMALLEST_SHOWN]
    since, until = next((row.since, row.until) for row in document.rows if row.year == year)
    shown = table(
        f"{document.case} as known on {document.as_of}: {since} to {until}, median and 90 % interval",
        {"": False, "country": False, "5 %": True, "median": True, "95 %": True, "last known": True},
    )
    before = ""
    for row in rows:
        title = SHOWN[row.measure]
        shown.add_row("" if title == before else title, *_cells(row))
        before = title
    return shown


def _cells(row: ForecastRow) -> tuple[str, ...]:
    return (row.country or "all", people(row.p05), people(row.p50), people(row.p95), people(row.last_known))


def special_notes(document: Forecast) -> tuple[str, ...]:
    """Return what is to be known of this forecast and not of every one."""
    from homeward.plan.forecast import NOTES

    return tuple(note for note in document.notes if note not in NOTES)


def _closing(document: Forecast, start: Start, folder: Path) -> list[str]:
    begun = f"the record of {start.started_from}" if start.started_from else "the start of the case: no stock was known"
    used = f"parameters fitted through {document.fitted_through}; {document.replicates} replicates."
    lines = [f"Courses begin with {begun}; {used}", f"Intervals: {document.interval}."]
    lines += [f"{note[:1].upper()}{note[1:]}." for note in special_notes(document)]
    return [*lines, f"Run: {folder}", f"For a planning table: homeward plan {folder}"]
