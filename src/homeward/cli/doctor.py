"""``homeward doctor``: whether this machine and this installation are fit for a run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from homeward.cli import machine
from homeward.cli.options import Json
from homeward.cli.output import Output, Report, seconds, table

if TYPE_CHECKING:
    from homeward.cli.documents import Diagnosis

__all__ = ["doctor"]

GIB = 2**30
MEMORY_NEEDED = 1 * GIB
DISK_NEEDED = GIB // 4
SELF_TEST_DAYS = 40


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``remedy`` says what to do where it falls short."""

    subject: str
    ok: bool
    found: str
    remedy: str = ""


def doctor(json: Json = False) -> None:
    """Say whether this machine is fit for a run.

    Looks at Python and library versions, processor cores, memory, free disk space here, the folder of the
    compiled kernel and whether the kernel is compiled, and the built-in cases; then simulates a few weeks.

    \b
    Exit status: 0 fit, 1 something falls short.
    """
    output = Output(json=json)
    with output.progress("homeward doctor") as report:
        report(0, 1, "looking at this machine")
        findings = list(_findings(report))
    fit = all(finding.ok for finding in findings)
    if json:
        output.document(_document(findings, fit=fit))
    shown = table("homeward doctor", {"": False, "what": False, "found": False})
    # Folders can be long; without this they would cut the verdict off.
    shown.columns[-1].no_wrap = False
    for finding in findings:
        remedy = "" if finding.ok else f". {finding.remedy}"
        shown.add_row("ok" if finding.ok else "FALLS SHORT", finding.subject, finding.found + remedy)
    output.show(shown, "Fit for a run." if fit else "Not fit for a run: see what falls short.")
    raise typer.Exit(0 if fit else 1)


def _findings(report: Report) -> Iterator[Finding]:
    python_ok = sys.version_info >= (3, 11)
    for name, version in machine.versions().items():
        yield Finding(name, name != "python" or python_ok, version, "Install Python 3.11 or newer")
    yield Finding("processor cores", True, f"{machine.cores()}")
    yield _memory()
    yield _disk()
    yield from _kernel()
    yield _cases()
    report(0, 1, "simulating a few weeks")
    yield _self_test()


def _memory() -> Finding:
    memory = machine.memory_bytes()
    if memory is None:
        return Finding("memory", True, "not known on this system")
    return Finding("memory", memory >= MEMORY_NEEDED, f"{memory / GIB:.1f} GiB", "A run needs up to 0.5 GiB")


def _disk() -> Finding:
    here = Path.cwd()
    free = machine.free_bytes(here)
    ok = free >= DISK_NEEDED and machine.writable(here)
    return Finding("free disk space here", ok, f"{free / GIB:.1f} GiB in {here}", "A replicate needs up to 1 MB")


def _kernel() -> Iterator[Finding]:
    folder = machine.kernel_cache()
    remedy = "Set NUMBA_CACHE_DIR to a folder that can be written; until then every run compiles anew"
    yield Finding("folder of the compiled kernel", machine.writable(folder), str(folder), remedy)
    compiled = machine.kernel_is_compiled()
    yield Finding("compiled kernel", True, "there" if compiled else "compiled by the first run (about 20 s)")


def _cases() -> Finding:
    from homeward.case.folder import built_in_cases, find_case

    names = built_in_cases()
    where = ", ".join(f"{name} in {find_case(name)}" for name in names)
    return Finding("built-in cases", bool(names), where or "none", "Install homeward again")


def _self_test() -> Finding:
    """Simulate the first weeks of a built-in case; the engine itself checks that people are conserved."""
    import time
    from datetime import timedelta

    from homeward.case.folder import built_in_cases, load_case
    from homeward.cli.run import adjusted
    from homeward.engine.simulate import simulate
    from homeward.errors import HomewardError
    from homeward.rules.homeward import HomewardRules

    started = time.perf_counter()
    try:
        case = load_case(built_in_cases()[0])
        weeks = adjusted(case, until=case.settings.start + timedelta(SELF_TEST_DAYS))
        trajectory = simulate(HomewardRules(weeks))
    except (HomewardError, IndexError) as error:
        return Finding("self-test", False, f"failed: {error}", "Install homeward again")
    spent = seconds(time.perf_counter() - started)
    return Finding(
        "self-test", True, f"{trajectory.balance.people_end:,} people after {SELF_TEST_DAYS} days, in {spent}"
    )


def _document(findings: list[Finding], *, fit: bool) -> Diagnosis:
    from homeward.cli.documents import Diagnosis

    return Diagnosis.model_validate({"fit": fit, "findings": findings})
