"""``homeward check``: everything that is wrong with a case, or with a run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeward.cli.options import Json, Quiet
from homeward.cli.output import Output, table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.case.estimate_share import EstimateShare
    from homeward.case.flee.model import FleeCase
    from homeward.case.schema import Case
    from homeward.results.contract import CaseCheck

__all__ = ["check"]


def check(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="CASE|RUN", help="Built-in name, folder of a case, a Flee directory, or folder of a run."
        ),
    ],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List everything that is wrong with a CASE or a RUN.

    Every problem is listed at once, with file, row and what would mend it. For a case that is sound, the
    share of rows by basis (observed, derived, estimate) is shown, and how far people rest on estimates: their
    number at the start, and the months that they live under violence, holders and rates that are estimates.
    For a run, its copy of the case and the balance of people are checked.

    A directory made for Flee (input_csv, source_data, simsetting.yml) is read whole; what Flee ignores or misreads
    in it is said in words; 'homeward run' runs it.

    \b
    Examples:
      homeward check syria
      homeward check my-case --json
      homeward check flee/mali2012

    \b
    Exit status: 0 sound, 1 the run falls short, 3 the case is wrong.
    """
    from homeward.case.flee.reader import is_flee

    output = Output(json=json, quiet=quiet)
    if (Path(subject) / "run.json").is_file():
        _check_run(Path(subject), output)
    elif is_flee(Path(subject)):
        _check_flee(Path(subject), output)
    else:
        _check_case(subject, output)


def _check_case(subject: str, output: Output) -> None:
    from homeward.case.check import warnings_of
    from homeward.case.claims import read_claims
    from homeward.case.estimate_share import estimate_share
    from homeward.case.folder import find_case, load_case, scenario_problems
    from homeward.errors import InputError
    from homeward.judge.thresholds.verdicts import case_findings

    case, folder = load_case(subject), find_case(subject)
    problems = list(scenario_problems(folder, case))
    for reader in (_check_parameters, _check_levers, case_findings, read_claims):
        try:
            reader(folder, case)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    shares, warnings = estimate_share(case), warnings_of(case)
    for warning in warnings:
        output.warn(warning)
    if output.json:
        output.document(_document(subject, shares, warnings))
    output.show(f"{subject}: no problem found.", _basis_table(shares))
    if shares.of_rows is not None:
        output.show(f"{shares.of_rows:.1%} of all {shares.row_count:,} rows rest on estimates.")
    if shares.people is not None:
        output.show(f"{shares.people:.1%} of the people at the start rest on estimates.")
    output.show("", _condition_table(shares))


def _check_levers(folder: Path, case: Case) -> None:
    from homeward.case.folder import check_levers
    from homeward.errors import InputError, Problem
    from homeward.rules.parameters import resolve_parameters

    problems: list[Problem] = []
    for number, lever in enumerate(check_levers(folder, case).levers, start=1):
        settings = case.settings.model_copy(update={"parameters": {**case.settings.parameters, **lever.parameters}})
        try:
            resolve_parameters(case.model_copy(update={"settings": settings}))
        except InputError as error:
            problems += [Problem("levers.toml", number, None, one.what, one.remedy) for one in error.problems]
    if problems:
        raise InputError(problems)


def _check_parameters(_folder: Path, case: Case) -> None:
    from homeward.rules.parameters import resolve_parameters

    resolve_parameters(case)


def _document(subject: str, shares: EstimateShare, warnings: list[str]) -> CaseCheck:
    from homeward.case.schema import Basis
    from homeward.results.contract import CaseCheck, ConditionCheck, TableCheck

    tables = tuple(
        TableCheck(table=name, rows=sum(bases.values()), estimates=bases.get(Basis.ESTIMATE, 0))
        for name, bases in shares.rows.items()
    )
    return CaseCheck(
        subject=subject,
        ok=True,
        tables=tables,
        warnings=tuple(warnings),
        estimate_share_rows=shares.of_rows,
        estimate_share_people=shares.people,
        conditions=tuple(
            ConditionCheck(indicator=name, people_months=months.total, estimate_share=months.share)
            for name, months in shares.people_months.items()
        ),
    )


def _basis_table(shares: EstimateShare) -> Table:
    from homeward.case.schema import Basis

    shown = table("Rows by what they rest on", {"table": False, "rows": True, **{b.value: True for b in Basis}})
    for name, bases in shares.rows.items():
        rows = sum(bases.values())
        counts = [f"{bases.get(basis, 0) / rows:.0%}" if rows else "–" for basis in Basis]
        shown.add_row(name, f"{rows:,}", *counts)
    return shown


def _condition_table(shares: EstimateShare) -> Table:
    shown = table("People at the start × months", {"condition": False, "people-months": True, "estimate": True})
    for name, months in shares.people_months.items():
        share = "–" if months.share is None else f"{months.share:.1%}"
        shown.add_row(name, f"{months.total:,.0f}", share)
    return shown


def _check_flee(folder: Path, output: Output) -> None:
    from homeward.case.flee.reader import read_flee
    from homeward.results.contract import CaseCheck

    case = read_flee(folder)
    for warning in case.warnings:
        output.warn(warning)
    counts = _flee_counts(case)
    if output.json:
        output.document(CaseCheck(subject=str(folder), ok=True, holds=counts, warnings=case.warnings))
    shown = table(f"{case.name}: {case.period.days:,} days from {case.period.start}", {"what": False, "how many": True})
    for name, rows in counts.items():
        shown.add_row(name, f"{rows:,}")
    output.show(f"{folder}: no problem found in this Flee directory.", shown)


def _flee_counts(case: FleeCase) -> dict[str, int]:
    """Return what a Flee directory holds, by name; locations by kind."""
    kinds = Counter(place.kind.value for place in case.locations)
    return {
        **{f"locations: {kind}": count for kind, count in sorted(kinds.items())},
        "routes": len(case.routes),
        "closures": len(case.closures),
        "location changes": len(case.location_changes),
        "places with conflict": len(case.conflicts.places) if case.conflicts else 0,
        "registration corrections": len(case.corrections),
        "camps with counts": len(case.camps),
        "dated counts": sum(len(file.counts) for camp in case.camps for file in camp.files),
        "files that nothing refers to": len(case.unread_files),
    }


def _check_run(folder: Path, output: Output) -> None:
    from homeward.results.contract import CaseCheck, ProblemDetail
    from homeward.results.flee_run import is_flee_run

    problems = run_problems(folder)
    if output.json:
        details = tuple(
            ProblemDetail(file=file, row=None, line=None, what=what, remedy=remedy) for file, what, remedy in problems
        )
        output.document(CaseCheck(subject=str(folder), ok=not problems, problems=details))
    for file, what, remedy in problems:
        output.warn(f"{file}: {what}. {remedy}")
    if not problems:
        conserved = "" if is_flee_run(folder) else "; people are conserved in every replicate"
        output.show(f"{folder}: the run is sound{conserved}.")
    raise typer.Exit(1 if problems else 0)


def run_problems(folder: Path) -> list[tuple[str, str, str]]:
    """Return what is wrong with a run as (file, what, remedy): balance of people, copy of the case."""
    from homeward.case.folder import case_hash
    from homeward.results.flee_run import is_flee_run
    from homeward.results.run import Run

    if is_flee_run(folder):
        return _flee_run_problems(folder)
    run = Run.open(folder)
    wrong = run.columns("SELECT replicate FROM balance WHERE people_start + births - deaths <> people_end")
    found = [
        ("balance", f"people are not conserved in replicate {replicate}", "Run again and report this fault")
        for replicate in sorted(wrong["replicate"])
    ]
    if case_hash(run.case()) != run.info.case_hash:
        found.append(("case", "the copy of the case is not the one that was run", "Run the case again"))
    return found


def _flee_run_problems(folder: Path) -> list[tuple[str, str, str]]:
    """Return the same of a run of a Flee directory: people at the end, copy of the directory."""
    from homeward.results.flee_run import CASE_FOLDER, FleeRun, directory_hash

    run = FleeRun.open(folder)
    found = []
    if run.people_end() != run.info.people_end:
        found.append(
            ("people.parquet", "people at the end are not those that run.json says", "Run the directory again")
        )
    if directory_hash(folder / CASE_FOLDER) != run.info.directory_hash:
        found.append(("case", "the copy of the directory is not the one that was run", "Run the directory again"))
    return found
