"""The page: tables in Markdown, the machine they were measured on, and the targets."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from benchmarks.bench import Section
from homeward.cli.machine import cores, memory_bytes, versions

__all__ = ["as_markdown", "machine", "page"]


INTRODUCTION = (
    "Written by `python -m benchmarks --out docs/reference/benchmarks.md`, which runs the shipped command "
    "and measures it from outside. Times are medians of repetitions, with the fastest and the slowest."
)


def page(sections: Sequence[Section], measured_on: Sequence[str], *, judged: bool) -> str:
    """Return the whole page; ``measured_on`` comes from :func:`machine`."""
    targets = [target for section in sections for target in section.targets]
    parts = [
        f"# Benchmarks\n\n{INTRODUCTION}",
        "## Machine\n\n" + "\n".join(f"- {line}" for line in measured_on),
        *(as_markdown(section) for section in sections),
    ]
    if not judged:
        parts.append("Measured with --quick, on a few months: no target applies.")
    elif targets:
        parts.append("## Targets\n\n" + "\n".join(f"- {target.in_words()}" for target in targets))
    return "\n\n".join(parts) + "\n"


def as_markdown(section: Section) -> str:
    """Return a section as Markdown."""
    width = len(section.header)
    rows = [section.header, ["---"] + ["---:"] * (width - 1), *section.rows]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"## {section.title}\n\n{section.sentence}\n\n{table}"


def machine() -> list[str]:
    """Return what the figures depend on, one line each; asked before measuring, its load is others'."""
    return list(_machine())


def _machine() -> Iterator[str]:
    yield f"date: {date.today()}"
    yield f"processor: {_processor()}, {cores()} cores used of {os.cpu_count()}"
    memory = memory_bytes()
    yield f"memory: {memory / 2**30:.1f} GiB" if memory else "memory: not known"
    if hasattr(os, "getloadavg"):
        yield f"load before the first measurement (1 minute): {os.getloadavg()[0]:.2f}"
    yield ", ".join(f"{name} {version}" for name, version in versions().items())


def _processor() -> str:
    """Return the model of the processor as the system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
