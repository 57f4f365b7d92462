"""What every table needs: how much to measure, where to work, and how to start the shipped command."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from tests.dask_cluster import machines

from benchmarks.measure import Spread, Usage, run_module
from benchmarks.variants import ending
from homeward.case.folder import load_case, write_case
from homeward.case.schema import Case
from homeward.results.contract import RunInfo

__all__ = ["FULL", "QUICK", "Bench", "Command", "Plan", "Section", "Simulation", "Target"]

CASE = "syria"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    ``judged``: whether targets apply; ``until``: last day of the case, None for its own; ``repeats`` of
    ``simulate`` and of the whole command on the case as shipped; ``scaled_repeats`` and ``scaled_commands``:
    the same with other numbers of people, the largest of which take minutes; ``helps`` of ``--help``;
    ``ensembles``: replicates and repetitions; ``pair``: the same for one job against two, ``cluster_pair`` for
    one worker of a cluster against two; ``members`` of the one large ensemble; ``last_days`` of the table of days.
    """

    judged: bool
    until: date | None
    repeats: int
    scaled_repeats: int
    scaled_commands: int
    helps: int
    ensembles: tuple[tuple[int, int], ...]
    pair: tuple[int, int]
    cluster_pair: tuple[int, int]
    members: int
    last_days: tuple[date, ...]


FULL = Plan(
    judged=True,
    until=None,
    repeats=5,
    scaled_repeats=3,
    scaled_commands=1,
    helps=10,
    ensembles=((20, 3), (100, 1)),
    pair=(8, 3),
    cluster_pair=(12, 5),
    members=1000,
    last_days=(date(2012, 12, 31), date(2014, 12, 31), date(2018, 12, 31), date(2024, 12, 31)),
)
QUICK = Plan(
    judged=False,
    until=date(2011, 12, 31),
    repeats=2,
    scaled_repeats=1,
    scaled_commands=1,
    helps=2,
    ensembles=((4, 1), (8, 1)),
    pair=(4, 1),
    cluster_pair=(4, 1),
    members=8,
    last_days=(date(2011, 9, 30), date(2011, 12, 31)),
)


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that must not pass a limit, or, with ``at_least``, must reach it."""

    what: str
    found: float
    limit: float
    unit: str
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the figure is on the right side of the limit."""
        return self.found >= self.limit if self.at_least else self.found <= self.limit

    def in_words(self) -> str:
        """Return one line: met or missed, what, figure and limit."""
        verdict = "met" if self.met else "**missed**"
        side = "at least" if self.at_least else "at most"
        return f"{verdict}: {self.what}: {self.found:.3g}{self.unit} ({side} {self.limit:g}{self.unit})"


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the page, the sentence that explains it, and what it has to show."""

    title: str
    sentence: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    targets: Sequence[Target] = ()


@dataclass(frozen=True, slots=True)
class Simulation:
    """``simulate`` alone on one case: its size and the time of one replicate."""

    situations: int
    places: int
    days: int
    draws: int
    wall: Spread


@dataclass(frozen=True, slots=True)
class Command:
    """One run of the shipped command: its cost, what it says of itself, and the bytes of its run folder."""

    usage: Usage
    info: RunInfo
    disk_bytes: int


class Bench:
    """One session of measuring; its folder may be thrown away afterwards."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        """Work in ``folder``, which is empty."""
        self.plan = plan
        self._folder = folder

    @cached_property
    def case(self) -> Case:
        """The shipped case, up to the plan's last day."""
        case = load_case(CASE)
        return ending(case, self.plan.until) if self.plan.until else case

    @cached_property
    def until(self) -> Sequence[str]:
        """The option that ends the shipped case on the plan's last day."""
        return ("--until", str(self.plan.until)) if self.plan.until else ()

    def written(self, name: str, case: Case) -> Path:
        """Write a case as a folder and return its path."""
        folder = self._folder / "cases" / name
        write_case(case, folder)
        return folder

    def simulations(self, folders: Sequence[Path], repeats: int) -> list[Simulation]:
        """Time ``simulate`` on one core, the cases in turn."""
        self.say(f"simulate: {len(folders)} cases, {repeats} times each")
        names = [str(folder) for folder in folders]
        usage = run_module("benchmarks.simulations", [str(repeats), *names], cores=1)
        return [_simulation(found) for found in json.loads(usage.output)]

    def expectations(self, folder: Path, repeats: int) -> Spread:
        """Time the expected course of a case on one core."""
        self.say(f"expected course: {repeats} times")
        usage = run_module("benchmarks.expectations", [str(repeats), str(folder)], cores=1)
        return Spread.of(json.loads(usage.output))

    def command(
        self,
        case: str | Path,
        *options: str,
        replicates: int = 1,
        cores: int = 1,
        environment: Mapping[str, str] | None = None,
    ) -> Command:
        """Run ``homeward run`` once and throw the run away."""
        self.say(f"homeward run {Path(case).name} --replicates {replicates} {' '.join(options)}".rstrip())
        out = self._folder / "run"
        arguments = ["run", str(case), "--replicates", str(replicates), *options, "--json", "--out", str(out)]
        usage = run_module("homeward", arguments, cores=cores, environment=environment)
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
        shutil.rmtree(out)
        return Command(usage, RunInfo.model_validate_json(usage.output), size)

    def forecast(self, *options: str, replicates: int) -> tuple[Usage, Usage, int]:
        """Forecast and plan once, on two cores; return the cost of both commands and the bytes of the run's folder."""
        self.say(f"homeward forecast {CASE} --replicates {replicates} {' '.join(options)}")
        out = self._folder / "forecast"
        arguments = ["forecast", CASE, *options, "--replicates", str(replicates), "--json", "--out", str(out)]
        made = run_module("homeward", arguments, cores=2)
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
        planned = run_module("homeward", ["plan", str(out), "--json"], cores=2)
        shutil.rmtree(out)
        return made, planned, size

    def other(self, *arguments: str) -> Usage:
        """Measure a command that needs no folder of its own."""
        self.say(f"homeward {' '.join(arguments)}")
        return run_module("homeward", [*arguments, "--json"], cores=2)

    def shipped(self, *options: str, replicates: int = 1, cores: int = 1) -> Command:
        """Run the built-in case up to the plan's last day."""
        return self.command(CASE, *self.until, *options, replicates=replicates, cores=cores)

    @contextmanager
    def cluster(self, workers: int) -> Iterator[str]:
        """Start a Dask scheduler and so many workers of one thread, and give the scheduler's address."""
        folder = self._folder / f"cluster-{workers}"
        folder.mkdir()
        with machines(folder, *[1] * workers) as started:
            yield started.address

    def say(self, what: str) -> None:
        """Tell what is being measured, on standard error."""
        print(what, file=sys.stderr, flush=True)


def _simulation(found: dict[str, int | list[float]]) -> Simulation:
    walls = found.pop("walls")
    sizes = {name: value for name, value in found.items() if isinstance(value, int)}
    assert isinstance(walls, list)
    return Simulation(**sizes, wall=Spread.of(walls))
