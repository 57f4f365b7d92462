"""``homeward run`` of a directory made for Flee."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from homeward.cli.machine import kernel_is_compiled
from homeward.cli.output import Output, people, seconds, table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.case.flee.model import FleeCase
    from homeward.engine.simulate_hops import HopCourse, Hops
    from homeward.results.flee_contract import FleeRunInfo

__all__ = ["run_flee"]


def run_flee(
    source: Path, folder: Path, *, seed: int, replicates: int, hasten: int | None, jobs: int | None, flee_out: bool,
    force: bool, output: Output,
) -> None:  # fmt: skip
    """Simulate a Flee directory and save the run; raises InputError, UsageError and RunError."""
    from homeward.case.flee.reader import read_flee
    from homeward.engine.simulate_hops import Hops
    from homeward.results.flee_run import require_place, write_flee_run
    from homeward.rules.flee.tables import flee_tables

    require_place(folder, force=force)
    case = read_flee(source)
    for warning in case.warnings:
        output.warn(warning)
    hops = Hops(flee_tables(case, hasten=hasten))
    with output.progress(case.name) as report:
        report(0, replicates, "" if kernel_is_compiled() else "compiling the kernel (first time only)")
        Hops(flee_tables(case, hasten=hasten, days=1)).simulated(seed, 0)
    courses, took = _courses(hops, case, seed, replicates, jobs, output)
    by = case.settings.optimisations.hasten if hasten is None else hasten
    info = _info(source, folder, case, hops, courses, seed=seed, hasten=by, took=took)

    def also(into: Path) -> None:
        if flee_out:
            _write_out(into, case, hops, courses)

    write_flee_run(folder, source, case, info, courses, also=also, force=force)
    _show(info, folder, case, hops, courses, output)


def _courses(
    hops: Hops, case: FleeCase, seed: int, replicates: int, jobs: int | None, output: Output
) -> tuple[list[HopCourse], float]:
    """Return the courses, and how many seconds they took; the kernel holds no lock, so threads share its tables."""
    from homeward.learn.ensemble import cores

    started = time.perf_counter()
    found = []
    with output.progress(case.name) as report, ThreadPoolExecutor(jobs or cores()) as pool:
        for course in pool.map(lambda replicate: hops.simulated(seed, replicate), range(replicates)):
            found.append(course)
            report(len(found), replicates, "")
    return found, time.perf_counter() - started


def _info(
    source: Path, folder: Path, case: FleeCase, hops: Hops, courses: list[HopCourse], *, seed: int, hasten: int,
    took: float,
) -> FleeRunInfo:  # fmt: skip
    from homeward.results.flee_contract import FleeRunInfo
    from homeward.results.flee_run import directory_hash
    from homeward.results.run import versions_used

    tables, first = hops.tables, courses[0]
    return FleeRunInfo(
        case=case.name, directory_hash=directory_hash(source), seed=seed, replicates=len(courses), hasten=hasten,
        start=case.period.start, days=tables.days, bins=hops.bins, slices=hops.slices, versions=versions_used(),
        created=datetime.now(UTC), wall_s=took, places=len(tables.network.names), links=tables.network.links,
        routes=len(tables.routes.km), people_end=int(first.total[-1]), travelling_end=int(first.travelling[-1]),
        run_dir=str(folder), warnings=case.warnings,
    )  # fmt: skip


def _write_out(into: Path, case: FleeCase, hops: Hops, courses: list[HopCourse]) -> None:
    from homeward.results.flee_run import write_out_csv

    for number, course in enumerate(courses):
        name = "out.csv" if number == 0 else f"out-{number + 1}.csv"
        write_out_csv(into / name, case, hops.tables.counts, course)


def _show(
    info: FleeRunInfo, folder: Path, case: FleeCase, hops: Hops, courses: list[HopCourse], output: Output
) -> None:
    if output.json:
        output.document(info)
        return
    if output.quiet:
        return
    took = f"{info.replicates} replicates of {info.days} days in {seconds(info.wall_s)}; first of them: "
    took += f"{people(info.people_end)} people at the end, {people(info.travelling_end)} of them on the way."
    output.show(_camps(case, hops, courses), took, f"Run: {folder}", f"For its score: homeward score {folder}")


def _camps(case: FleeCase, hops: Hops, courses: list[HopCourse]) -> Table:
    import numpy as np

    counts, code = hops.tables.counts, hops.tables.network.code
    shown = table(
        f"{case.name}: people in camps on the last day",
        {"camp": False, "counted": True, "5 %": True, "median": True, "95 %": True},
    )
    for column, camp in enumerate(counts.camps):
        if counts.compared[column]:
            here = [int(course.people[-1, code[camp]]) for course in courses]
            low, middle, high = np.quantile(here, [0.05, 0.5, 0.95])
            shown.add_row(
                camp, people(int(counts.counted[-1, column])), *(people(round(x)) for x in (low, middle, high))
            )
    return shown
