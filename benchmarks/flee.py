"""Flee's cases, timed: in process, and the whole command; beside the seconds that Flee itself took.

As a child process, ``python -m benchmarks.flee DIRECTORY HASTEN REPEATS`` prints the seconds of each course as JSON,
after one that compiles.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench import Bench, Section, Target
from benchmarks.measure import MEGABYTE, ROOT, BenchmarkError, Spread, run_module
from homeward.case.flee.reader import read_flee
from homeward.engine.simulate_hops import Hops
from homeward.rules.flee.tables import flee_tables

__all__ = ["flee"]

SHARED = ROOT.parent / "shared" / "data"
LIMITS = {"mali2012": 0.1, "burundi2015": 0.5, "syria2013": 2.0}
"""Seconds that a course at full scale may take."""

CASES = ("mali2012", "burundi2015", "ssudan2013", "car2013", "syria2013")
EXTRAPOLATED = {"syria2013": 3 * 3600.0}
"""Seconds of Flee at full scale where it was not run to the end."""


def flee(bench: Bench) -> Section:
    """Measure the five shared cases at full scale, and at 1/100 where Flee's own times are at that scale only."""
    if not SHARED.is_dir():
        raise BenchmarkError(f"{SHARED} is not there: the cases of Flee are not in this repository")
    rows, targets = [], []
    for name in CASES:
        full, peak = _course(bench, name, 1)
        small, _ = _course(bench, name, 100)
        command = _command(bench, name)
        times = (full.in_words(3), f"{peak:.0f} MB", _ratio(name, 1, full), small.in_words(3), _ratio(name, 100, small))
        rows.append((name, *times, f"{command:.1f} s"))
        if name in LIMITS:
            targets.append(Target(f"{name} at full scale", full.median, LIMITS[name], " s"))
    return Section(
        "Flee's cases, one core",
        "One course in process, after reading and compiling: everybody, and a hundredth of all people; how many times "
        "Flee's own time that is (`../shared/data/flee_runs`, some of it with other work beside it; syria2013 at full "
        "scale extrapolated); and `homeward run DIR --replicates 1` as a whole.",
        ("case", "everybody", "peak", "Flee / ours", "1/100", "Flee / ours", "command"),
        rows,
        tuple(targets),
    )


def _course(bench: Bench, name: str, hasten: int) -> tuple[Spread, float]:
    bench.say(f"course of {name}, hasten {hasten}")
    repeats = max(3, bench.plan.repeats)
    usage = run_module(
        "benchmarks.flee", [str(SHARED / "flee_cases" / name), str(hasten), str(repeats)], cores=1
    )  # fmt: skip
    return Spread.of(json.loads(usage.output)), usage.peak_bytes / MEGABYTE


def _command(bench: Bench, name: str) -> float:
    bench.say(f"homeward run {name}")
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["run", str(SHARED / "flee_cases" / name), "--replicates", "1", "--quiet", "--out", f"{folder}/run"]
        return run_module("homeward", arguments, cores=1).wall_s


def _ratio(name: str, hasten: int, ours: Spread) -> str:
    with (SHARED / "flee_runs" / "runs.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["case"], row["hasten"]) == (name, f"{hasten}")]
    found = [float(row["wall_s"]) for row in rows]
    if not found and hasten == 1 and name in EXTRAPOLATED:
        found = [EXTRAPOLATED[name]]
    return f"{Spread.of(found).median / ours.median:,.0f}" if found else "–"


def main(arguments: Sequence[str]) -> None:
    """Print the seconds of each course."""
    directory, hasten, repeats = arguments
    hops = Hops(flee_tables(read_flee(Path(directory)), hasten=int(hasten)))
    hops.simulated(1, 0)
    walls = []
    for replicate in range(1, int(repeats) + 1):
        started = time.perf_counter()
        hops.simulated(1, replicate)
        walls.append(time.perf_counter() - started)
    print(json.dumps(walls))


if __name__ == "__main__":
    main(sys.argv[1:])
