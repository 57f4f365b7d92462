"""Measure and print: ``python -m benchmarks [--quick] [--only NAME] [--members N] [--out FILE]``.

Exit status: 0 every target met, 1 one missed or a command failed, 2 a wrong call. The page is written even
if a target was missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.bench import FULL, QUICK, Bench
from benchmarks.measure import BenchmarkError
from benchmarks.page import as_markdown, machine, page
from benchmarks.tables import SECTIONS


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; return the exit status."""
    options = _options(arguments)
    plan = QUICK if options.quick else FULL
    if options.members:
        plan = replace(plan, members=options.members)
    measured_on = machine()
    try:
        with tempfile.TemporaryDirectory(prefix="homeward-benchmarks-") as folder:
            bench = Bench(plan, Path(folder))
            bench.say("warming up")
            bench.command("syria", "--until", "2011-04-30")
            sections = []
            for name in options.only or SECTIONS:
                sections.append(SECTIONS[name](bench))
                print(as_markdown(sections[-1]), end="\n\n", flush=True)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    if options.out:
        options.out.write_text(page(sections, measured_on, judged=plan.judged), encoding="utf-8")
    targets = [target for section in sections for target in section.targets] if plan.judged else []
    for target in targets:
        print(target.in_words())
    return 0 if all(target.met for target in targets) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure homeward run.")
    parser.add_argument("--quick", action="store_true", help="a few months only, to try the benchmarks themselves")
    parser.add_argument("--only", action="append", choices=list(SECTIONS), metavar="NAME",
                        help=f"one table: {', '.join(SECTIONS)}; may be repeated")  # fmt: skip
    parser.add_argument("--members", type=int, metavar="N", help="replicates of the table 'ensemble' (1000)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the page, in Markdown")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
