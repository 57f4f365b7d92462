"""``homeward claims``: what people say of a case beside what data and simulation say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from homeward.cli.options import RUNS, CaseName, Jobs, Json, Quiet, Seed, opened_run
from homeward.cli.output import Output, Report, table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.case.claims import Claims
    from homeward.case.schema import Case
    from homeward.plan.claim_courses import Courses
    from homeward.results.claims_contract import (
        ClaimEvidence,
        ClaimFinding,
        ClaimInterval,
        ClaimPart,
        ClaimRow,
        ClaimSimulated,
        ClaimVerdicts,
    )
    from homeward.results.run import Run

__all__ = ["claims"]

NOTHING = "–"


def claims(
    case: CaseName,
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            show_default=False,
            help="Run of the case to set beside; left out: the newest under ./runs that is of this case and goes "
            "far enough, else one is simulated.",
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option("--claim", metavar="ID", show_default=False, help="One claim, with every row that it rests on."),
    ] = None,
    data_only: Annotated[bool, typer.Option("--data-only", help="Simulate nothing and read no run.")] = False,
    replicates: Annotated[
        int, typer.Option(min=1, max=1_000, metavar="N", help="Courses to simulate where no run is at hand.")
    ] = 20,
    seed: Seed = 1,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Set claims about a CASE beside what data and simulation say.

    Each claim in the case's claims.csv is judged as things were known on the day when it was made, and with hindsight:
    by all rows dated by that day. It is supported if the whole interval of a figure satisfies its rule, contradicted if
    none of it does, and not decidable otherwise, or if nothing is known. The rule stands in the table. A verdict is
    about the words, never about who says them.

    What is simulated stands beside and decides nothing.

    \b
    Examples:
      homeward claims syria
      homeward claims syria --claim want-to-return
      homeward claims syria --run runs/as-it-was --json
      homeward claims my-case --data-only

    \b
    Exit status: 0 done, 1 the run failed, 2 the call is wrong, 3 the case or its claims are wrong.
    """
    from homeward.case.folder import find_case, load_case
    from homeward.plan.claims import claims_document, judge_claims

    output = Output(json=json, quiet=quiet)
    loaded = load_case(case)
    told = _told(find_case(case), loaded, only)
    wanted = (only,) if only else ()
    with output.progress("claims") as report, _beside(
        loaded, told, only, run, data_only=data_only, replicates=replicates, seed=seed, jobs=jobs, report=report
    ) as (courses, named):  # fmt: skip
        rows = judge_claims(loaded, told, courses=courses, only=wanted, tell=_teller(report, wanted or told.by_id()))
    document = claims_document(loaded, rows, courses=courses, run_dir=named)
    if json:
        output.document(document)
    output.show(*(_details(document) if only else _overview(document)))


def _told(folder: Path, case: Case, only: str | None) -> Claims:
    """Return the claims about a case, or raise UsageError where there are none, or none of this name."""
    from homeward.case.claims import CLAIMS_FILE, read_claims
    from homeward.case.wording import did_you_mean
    from homeward.errors import UsageError

    found = read_claims(folder, case)
    if not found.rows:
        raise UsageError(f"the case {case.settings.name} has no claims; write them into {CLAIMS_FILE} in its folder")
    if only is not None and only not in found.by_id():
        raise UsageError(f"there is no claim {only!r}. {did_you_mean(only, found.by_id())}")
    return found


def _teller(report: Report, names: Collection[str]) -> Callable[[str], None]:
    count = len(names)
    done = iter(range(count))
    return lambda _name: report(next(done), count, "judging the claims")


@contextmanager
def _beside(
    case: Case,
    told: Claims,
    only: str | None,
    named: Path | None,
    *,
    data_only: bool,
    replicates: int,
    seed: int,
    jobs: int | None,
    report: Report,
) -> Iterator[tuple[Courses | None, str | None]]:
    """Give the courses to set beside, and the folder of their run where it was there before."""
    from homeward.errors import UsageError
    from homeward.plan.claim_courses import Courses, simulated_until

    if data_only:
        if named is not None:
            raise UsageError("--data-only reads no run; leave --run or --data-only out")
        yield None, None
        return
    last = max(row.date for row in told.rows if only in (None, row.id))
    with TemporaryDirectory(prefix="homeward-claims-") as scratch:
        run = _finished(case, named, last)
        if run is not None:
            yield Courses(case, run, Path(scratch), jobs=jobs), str(run.folder)
            return
        report(0, replicates, "simulating the course up to the last claim")
        run = simulated_until(
            case, last, Path(scratch) / "run", replicates=replicates, seed=seed, jobs=jobs,
            progress=lambda done, total: report(done, total, ""),
        )  # fmt: skip
        yield Courses(case, run, Path(scratch), jobs=jobs), None


def _finished(case: Case, named: Path | None, last: object) -> Run | None:
    """Return the run that is named, or the newest under ./runs that fits; None without one."""
    from homeward.errors import HomewardError, UsageError

    if named is not None:
        run = opened_run(named)
        if fault := _fault(case, run, last):
            raise UsageError(f"{named} {fault}; give another run of the case, or leave --run out")
        return run
    folders = sorted(RUNS.glob("*/run.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in folders:
        try:
            run = opened_run(path.parent)
        except HomewardError:
            continue
        if not _fault(case, run, last):
            return run
    return None


def _fault(case: Case, run: Run, last: object) -> str:
    """Return why a run cannot stand beside the claims about a case; "" if it can."""
    from homeward.case.folder import case_hash

    info = run.info
    if info.case != case.settings.name:
        return f"is a run of the case {info.case}"
    if info.scenario is not None or info.continuation is not None:
        return "is a scenario or a forecast, not the case as it was"
    if info.start != case.settings.start or str(info.end) < str(last):
        return f"runs from {info.start} to {info.end}, not from the start of the case to {last}"
    ran = run.case()
    if ran.settings.parameters != case.settings.parameters:
        return "has other parameters than the case"
    # A run may end earlier and step by weeks.
    same = case_hash(ran.model_copy(update={"settings": case.settings})) == case_hash(case)
    return "" if same else "is of a case with other rows"


def _overview(document: ClaimVerdicts) -> Iterator[Table | str]:
    shown = table(
        f"Claims about {document.case}",
        {"claim": False, "what is said": False, "data say": False, "simulation says": False, "as known then": False,
         "with hindsight": False},
    )  # fmt: skip
    for column, width in ((1, 30), (2, 26), (3, 26)):
        shown.columns[column].no_wrap = False
        shown.columns[column].max_width = width
    for row in document.rows:
        later = "the same" if row.verdict_with_hindsight == row.verdict else row.verdict_with_hindsight
        said = f"{row.who}, {row.said_on}: {row.claim}"
        shown.add_row(row.id, said, _data(row), _model(row.simulated[:1]), row.verdict, later)
    yield shown
    yield from _closing(document)
    yield "Every row behind a verdict: homeward claims CASE --claim ID."


def _closing(document: ClaimVerdicts) -> Iterator[str]:
    if document.run_dir:
        yield f"Simulation: {document.run_dir}, {document.replicates} replicates."
    elif document.replicates:
        yield f"Simulation: {document.replicates} replicates by weeks, seed {document.seed}, made for this."
    yield from (f"{note[0].upper()}{note[1:]}." for note in document.notes)


def _data(row: ClaimRow) -> str:
    """Return the figures of the parts that decide, or of those that are shown where none does."""
    found = [(one.part, one.then or one.hindsight, one.then is None) for one in row.parts]
    known = [(part, finding, later) for part, finding, later in found if finding is not None]
    deciding = [one for one in known if one[1].verdict is not None] or known
    cells = []
    for part, finding, later in deciding:
        name = f"{part}: " if part else ""
        mark = " (known later)" if later else ""
        cells.append(f"{name}{_between(finding.interval)}, {finding.as_of}{mark}")
    return "\n".join(cells) or NOTHING


def _model(simulated: Sequence[ClaimSimulated]) -> str:
    return "; ".join(f"{_quantiles(one)} {one.what}" for one in simulated) or NOTHING


def _quantiles(one: ClaimSimulated) -> str:
    if one.p05 is None or one.p95 is None:
        return _number(one.p50, one.unit)
    return f"{_number(one.p50, one.unit)} ({_number(one.p05, one.unit)} to {_number(one.p95, one.unit)})"


def _between(interval: ClaimInterval) -> str:
    low, value, high = interval.low, interval.value, interval.high
    if value is None or low is None or high is None:
        return NOTHING
    if low == high:
        return f"{_number(value, interval.unit)} {_word(interval.unit)}".strip()
    ends = f"{_number(low, interval.unit)} to {_number(high, interval.unit)}"
    return f"{_number(value, interval.unit)} ({ends}) {_word(interval.unit)}".strip()


def _word(unit: str) -> str:
    return "" if unit == "share" else unit


def _number(value: float, unit: str) -> str:
    if unit != "share":
        return f"{value:,.0f}"
    return f"{100 * value:.2f} %" if 0.0 < abs(value) < 0.01 else f"{100 * value:.1f} %"


def _details(document: ClaimVerdicts) -> Iterator[Table | str]:
    [row] = document.rows
    yield f"{row.id}: {row.claim}"
    yield f"Said by: {row.who}, {row.said_on}, as reported by {row.source}."
    yield f"As known then: {row.verdict}. With hindsight: {row.verdict_with_hindsight}."
    yield f"{row.reason[:1].upper()}{row.reason[1:]}."
    yield ""
    yield _parts(row.parts)
    yield from (f"  {one.part or row.id}: {one.why}." for one in row.parts if one.why)
    yield from (f"  {one.part or row.id}: {_note(one)}." for one in row.parts if _note(one))
    yield ""
    for one in row.simulated:
        yield f"Simulation, {one.date}: {one.what}: {_quantiles(one)} {_word(one.unit)}".rstrip()
    for part in row.parts:
        rows = [evidence for evidence in row.evidence if evidence.part == part.part]
        if rows:
            yield ""
            yield _evidence(part.part or row.id, rows)
    if any(not evidence.known_then for evidence in row.evidence):
        yield "* not known on the day of the claim"
    yield ""
    yield from _closing(document)


def _note(part: ClaimPart) -> str:
    finding = part.then or part.hindsight
    return finding.note if finding else ""


def _parts(parts: Sequence[ClaimPart]) -> Table:
    shown = table("", {"part": False, "rule": False, "as known then": False, "with hindsight": False})
    for column in (0, 2, 3):
        shown.columns[column].no_wrap = False
    for one in parts:
        name = f"{one.part} ({one.role})" if one.part else one.role
        shown.add_row(name, one.rule, _finding(one.then), _finding(one.hindsight))
    return shown


def _finding(finding: ClaimFinding | None) -> str:
    if finding is None:
        return "nothing is known"
    verdict = f"{finding.verdict}: " if finding.verdict else ""
    return f"{verdict}{_between(finding.interval)}, {finding.as_of} ({finding.basis})"


def _evidence(part: str, rows: Sequence[ClaimEvidence]) -> Table:
    shown = table(
        f"{part}: the rows that it rests on",
        {"what": False, "place": False, "date": False, "value": True, "range": True, "source": False,
         "known on": False, "basis": False},
    )  # fmt: skip
    for column, width in ((0, 32), (5, 22)):
        shown.columns[column].no_wrap = False
        shown.columns[column].min_width = width
    for row in rows:
        known = f"{row.known_on}" + ("" if row.known_then else " *")
        ends = "" if row.low is None or row.high is None else f"{row.low:,g}–{row.high:,g}"
        value = "" if row.value is None else f"{row.value:,.10g}"
        what = f"{row.table}: {row.what}"
        shown.add_row(what, row.place or "", f"{row.date}", value, ends, row.source, known, row.basis)
    return shown
