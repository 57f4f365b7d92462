"""``homeward run``: simulate a case and save the run."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from homeward.cli.figures import harm_first, key_figure_table
from homeward.cli.machine import kernel_is_compiled
from homeward.cli.options import RUNS, CaseName, Cluster, Force, Jobs, Json, Quiet, Seed, assignments
from homeward.cli.output import Output, people, seconds
from homeward.cli.report import REPORT_FILE

if TYPE_CHECKING:
    from homeward.case.schema import Case
    from homeward.engine.drawn import Drawn
    from homeward.results.contract import RunInfo

__all__ = ["adjusted", "run"]

PARTIAL = ".partial"
DATES = ["%Y-%m-%d"]
HOURS = {"day": 24, "week": 168}


class Source(StrEnum):
    """Where the parameters of a replicate come from."""

    POSTERIOR = "posterior"
    PRIOR = "prior"
    FIXED = "fixed"


def run(
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
            formats=DATES,
            help="Last day, as 2024-12-31; left out: the case's end.",
            show_default=False,
        ),
    ] = None,
    restart: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE",
            formats=DATES,
            help="Begin the day after this year-end, with the people that its record counted.",
            show_default=False,
        ),
    ] = None,
    step: Annotated[
        Literal["day", "week"] | None,
        typer.Option(
            help="Draw moves day by day or week by week, which is faster and differs by a percent or two; "
            "left out: as the case says.",
            show_default=False,
        ),
    ] = None,
    replicates: Annotated[
        int,
        typer.Option(min=1, max=100_000, metavar="N", help="Simulated courses; intervals are taken over them."),
    ] = 20,
    seed: Seed = 1,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Give a parameter another value; may be repeated. Names "
            "and units are in docs/reference/parameters.md.",
            show_default=False,
        ),
    ] = None,
    parameters: Annotated[
        Source | None,
        typer.Option(
            help="Whether each replicate draws its own parameters, from the posterior of the case's fit or from their "
            "priors, or all have the same; left out: posterior where the case has one, else fixed.",
            show_default=False,
        ),
    ] = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was interrupted.")] = False,
    force: Force = False,
    report: Annotated[bool, typer.Option("--report", help="Also write report.html into the run.")] = False,
    hasten: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Of a Flee directory: divide all numbers of people by this; left out: as its settings say.",
            show_default=False,
        ),
    ] = None,
    flee_out: Annotated[
        bool, typer.Option("--flee-out", help="Of a Flee directory: also write out.csv in Flee's own columns.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder to write; left out: runs/CASE-YYYYMMDD-HHMMSS.", show_default=False),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Simulate a CASE and save the run.

    A run is a folder of Parquet tables and run.json, which says how to run it again.

    A table of key figures follows at the end: refugees by country of asylum, internally displaced people
    (IDPs) and returns, at the ends of some years, as median and 90 % interval over the replicates.

    Replicates differ by chance, by shocks shared within a place, month, host or year, and by their
    parameters, which each draws from the posterior of the case's fit. Values given by --set are the same in all.

    A directory made for Flee (input_csv, source_data, simsetting.yml) is run by Flee's rules, people counted by
    situation; 'homeward score' then compares the run with the counts of its camps.

    Work goes to NAME.partial, which becomes NAME when it is complete. After an interruption, the same
    command with --resume goes on with it.

    \b
    Examples:
      homeward run syria --report
      homeward run syria --until 2015-12-31 --replicates 4 --out runs/early
      homeward run syria --restart 2018-12-31
      homeward run syria --step week --replicates 100
      homeward run syria --set flight_hazard=0.0008 --seed 7
      homeward run my-case --parameters prior
      homeward run my-case --scenario border-open.toml --json
      homeward run syria --replicates 1000 --cluster tcp://10.0.0.5:8786
      homeward run flee/mali2012 --flee-out --out runs/mali
    """
    from homeward.case.flee.reader import is_flee
    from homeward.case.folder import load_case
    from homeward.cli.flee_run import run_flee

    output = Output(json=json, quiet=quiet)
    if is_flee(Path(case)):
        given = {
            "--scenario": scenario, "--until": until, "--restart": restart, "--step": step, "--set": values,
            "--parameters": parameters, "--cluster": cluster, "--resume": resume, "--report": report,
        }  # fmt: skip
        _refuse("a Flee directory is run as it is", given)
        folder = out or _folder(Path(case).resolve().name, resume=False)
        run_flee(
            Path(case), folder, seed=seed, replicates=replicates, hasten=hasten, jobs=jobs, flee_out=flee_out,
            force=force, output=output,
        )  # fmt: skip
        return
    _refuse("only a directory made for Flee has that", {"--hasten": hasten, "--flee-out": flee_out})
    loaded = load_case(case, scenario)
    hours = HOURS[step] if step else None
    world = adjusted(
        loaded,
        until=until.date() if until else None,
        values=assignments(values or (), "--set", "flight_hazard=0.0008"),
        step_hours=hours,
    )
    if restart is not None:
        from homeward.learn.restart import restarted

        with output.progress(world.settings.name) as told:
            told(0, 1, "simulating the course up to the restart")
            world = restarted(world, restart.date())
    if world.settings.end > loaded.settings.end:
        output.warn(f"after {loaded.settings.end} the conditions of the case stay as they were on that day")
    folder = out or _folder(world.settings.name, resume=resume)
    drawn = _drawn(world, parameters)
    named = Path(scenario).stem if scenario else None
    options = _Options(seed, replicates, jobs, cluster, named, drawn, resume, force)
    info = _simulated(world, folder, options, output)
    written = _reported(folder, output) if report else None
    _show(info, folder, written, output)


def _refuse(why: str, given: Mapping[str, object]) -> None:
    """Raise UsageError if an option was given that has no meaning here."""
    from homeward.errors import UsageError

    unfit = [name for name, value in given.items() if value]
    if unfit:
        raise UsageError(f"{', '.join(unfit)}: {why}; leave it out")


def adjusted(
    case: Case,
    *,
    until: date | None = None,
    values: Mapping[str, float] | None = None,
    step_hours: int | None = None,
) -> Case:
    """Return the case with another last day, other parameter values and another length of a step.

    Raises UsageError if the day lies before the start or a parameter is unknown or out of its range.
    """
    from homeward.case.schema import CaseSettings
    from homeward.errors import InputError, UsageError
    from homeward.rules.parameters import resolve_parameters

    settings = case.settings
    if until is not None and until < settings.start:
        raise UsageError(f"--until {until} lies before the start of the case, {settings.start}")
    changes = {
        "end": until or settings.end,
        "parameters": {**settings.parameters, **(values or {})},
        "step_hours": step_hours or settings.step_hours,
    }
    changed = case.model_copy(update={"settings": CaseSettings.model_validate(settings.model_dump() | changes)})
    try:
        resolve_parameters(changed)
    except InputError as error:
        if not values or any(problem.file != "parameters" for problem in error.problems):
            raise
        said = "; ".join(f"{problem.what}. {problem.remedy}" for problem in error.problems)
        raise UsageError(f"--set: {said}") from error
    return changed


@dataclass(frozen=True, slots=True)
class _Options:
    seed: int
    replicates: int
    jobs: int | None
    cluster: str | None
    scenario: str | None
    drawn: Drawn | None
    resume: bool
    force: bool


def _drawn(world: Case, wanted: Source | None) -> Drawn | None:
    """Return where parameters are drawn from; raises UsageError for a posterior that the case does not have."""
    from homeward.errors import UsageError

    has_posterior = world.fitted is not None and bool(world.fitted.posterior)
    if wanted is Source.POSTERIOR and not has_posterior:
        raise UsageError("--parameters posterior: the case has none; fit it by 'homeward fit', or draw from the prior")
    if wanted is Source.PRIOR:
        return "prior"
    return "posterior" if has_posterior and wanted is not Source.FIXED else None


def _folder(name: str, *, resume: bool) -> Path:
    """Return the folder of a new run, or of the newest unfinished run of this case."""
    from homeward.errors import UsageError

    if resume:
        unfinished = sorted(RUNS.glob(f"{name}-*{PARTIAL}"), key=lambda path: path.stat().st_mtime)
        if not unfinished:
            raise UsageError(f"no unfinished run of {name} under {RUNS}; leave --resume out, or name it with --out")
        return unfinished[-1].with_suffix("")
    stamp = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    names = (f"{name}-{stamp}{suffix}" for suffix in ("", *(f"-{number}" for number in range(2, 100))))
    free = (RUNS / each for each in names if not any(RUNS.glob(f"{each}*")))
    return next(free)


def _simulated(world: Case, folder: Path, options: _Options, output: Output) -> RunInfo:
    from homeward.learn.ensemble import run_ensemble

    with output.progress(world.settings.name) as report, _no_logs():
        if options.cluster is None and not kernel_is_compiled():
            report(0, options.replicates, "compiling the kernel (first time only)")
        return run_ensemble(
            world,
            folder,
            seed=options.seed,
            replicates=options.replicates,
            jobs=options.jobs,
            processes=True,
            cluster=options.cluster,
            scenario=options.scenario,
            drawn=options.drawn,
            resume=options.resume,
            force=options.force,
            progress=lambda done, total: report(done, total, ""),
        )


@contextmanager
def _no_logs() -> Iterator[None]:
    """Keep what Dask logs from the screen: of a lost connection that is tracebacks, and we say it in one line."""
    before = logging.root.manager.disable
    logging.disable(before if os.environ.get("HOMEWARD_DEBUG") == "1" else logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _reported(folder: Path, output: Output) -> Path:
    from homeward.report import write_report
    from homeward.results.run import Run

    path = folder / REPORT_FILE
    with output.progress("report") as report:
        report(0, 1, "writing the report")
        write_report(Run.open(folder), path)
    return path


def _show(info: RunInfo, folder: Path, report: Path | None, output: Output) -> None:
    if output.json:
        output.document(info)
        return
    if output.quiet:
        return
    conserved = (
        f"People conserved in every replicate; the first: {people(info.people_start)} at the start "
        f"+ {people(info.births)} births − {people(info.deaths)} deaths = {people(info.people_end)}."
    )
    lines = [conserved, f"{info.replicates} replicates in {seconds(info.wall_s)}.", f"Run: {folder}"]
    if report:
        lines.append(f"Report: {report}")
    else:
        lines.append(f"For a report: homeward report {folder}")
    output.show(*harm_first(folder), key_figure_table(folder, output.width), *lines)
