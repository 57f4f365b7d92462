"""Options and arguments that several commands share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeward.errors import UsageError

if TYPE_CHECKING:
    from homeward.results.run import Run

__all__ = [
    "RUNS",
    "CaseName",
    "Cluster",
    "Force",
    "Jobs",
    "Json",
    "OptionalRun",
    "Quiet",
    "Seed",
    "assignments",
    "named_run",
    "opened_run",
    "require_free",
]

RUNS = Path("runs")
"""Where runs are written and looked for, in the folder where the command is given."""

Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to standard output and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show warnings and errors only.")]
CaseName = Annotated[str, typer.Argument(metavar="CASE", help="Name of a built-in case (syria), or a folder.")]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, metavar="K", help="Same seed, same result, on any machine.")]
Jobs = Annotated[
    int | None,
    typer.Option(
        min=1, max=1024, metavar="N", help="Replicates at a time; left out: one per processor core.", show_default=False
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Simulate on the workers of this Dask scheduler, tcp://HOST:PORT; left out: on this machine.",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the folder --out if it is there.")]
OptionalRun = Annotated[
    Path | None,
    typer.Argument(metavar="[RUN]", help="Folder of a run; left out: the newest under ./runs.", show_default=False),
]


def assignments(texts: Sequence[str], option: str, example: str) -> dict[str, float]:
    """Return what is written NAME=VALUE behind an option, which errors name together with an example."""
    found: dict[str, float] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            sign = ""
        if not sign or not math.isfinite(found[name.strip()]):
            raise UsageError(f"{option} {text}: write NAME=VALUE with a number, as {option} {example}")
    return found


def opened_run(folder: Path | None) -> Run:
    """Return the run in a folder, or the newest under ``runs`` if none is named."""
    from homeward.results.flee_run import is_flee_run
    from homeward.results.run import Run

    found = named_run(folder)
    if is_flee_run(found):
        raise UsageError(
            f"{found} is a run of a Flee directory, which 'homeward score' reads and this command does not"
        )
    return Run.open(found)


def named_run(folder: Path | None) -> Path:
    """Return the folder that is named, or that of the newest run under ``runs``; raises UsageError if there is none."""
    from homeward.results.run import newest_run

    return newest_run(RUNS) if folder is None else folder


def require_free(path: Path, option: str, *, force: bool) -> None:
    """Raise UsageError if a file cannot be written there, naming the option that gave it; ``force`` may overwrite."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; give {option} the name of a file in it")
    if path.exists() and not force:
        raise UsageError(f"{path} is there already; give another {option}, or --force to overwrite it")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent} to write {path.name} into; make it first")
