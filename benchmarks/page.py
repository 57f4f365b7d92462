"""The page: tables in Markdown, the machine they were measured on, and the targets."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.bench import Section
from benchmarks.measure import ROOT
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
    yield f"commit: {_commit()}"
    yield f"processor: {_processor()}; {cores()} cores used of {os.cpu_count()}"
    memory = memory_bytes()
    yield f"memory: {memory / 2**30:.1f} GiB" if memory else "memory: not known"
    if hasattr(os, "getloadavg"):
        yield f"load before the first measurement (1 minute): {os.getloadavg()[0]:.2f}"
    found = versions() | {"llvmlite": version("llvmlite")}
    yield f"system: {found.pop('system')}"
    yield ", ".join(f"{name} {number}" for name, number in found.items())


def _commit() -> str:
    """Return the commit that is measured, and whether files differ from it."""
    try:
        commit, changed = (_git(*words) for words in (("rev-parse", "--short=12", "HEAD"), ("status", "--porcelain")))
    except (OSError, subprocess.CalledProcessError):
        return "not known (no git checkout)"
    return commit + (", with changes that are not committed" if changed else "")


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _processor() -> str:
    """Return the processor as the system names it; numbers tell models apart that a rented machine hides."""
    facts = _processor_facts()
    name = facts.get("model name") or platform.processor() or platform.machine()
    numbers = [f"{key.split()[-1]} {facts[key]}" for key in ("cpu family", "model", "stepping") if key in facts]
    if "cpu MHz" in facts:
        numbers.append(f"{float(facts['cpu MHz']) / 1000:.1f} GHz")
    if "hypervisor" in facts.get("flags", "").split():
        numbers.append("virtual machine")
    return f"{name} ({', '.join(numbers)})" if numbers else name


def _processor_facts() -> dict[str, str]:
    """Return what Linux says of the first core; empty elsewhere."""
    try:
        first, _, _ = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("\n\n")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}
