"""Run every prompt of the documentation and fail if one fails: ``python tools/run_docs.py [--update] [PAGE …]``.

A prompt is a line that starts with ``$ `` in a block fenced as ``console``. It goes on where a line ends with a
backslash, or up to ``END`` after ``<<'END'``. The prompts of a page run one after the other in one empty folder,
with this environment's ``homeward`` first on the path.

Lines below a prompt are what it prints to standard output, and a page that shows something else fails. ``…`` in a
line stands for anything in that line (a time, a version, a folder), a line that is only ``…`` for any number of
lines. Blank lines and the width of gaps do not count. A prompt with nothing below it may print what it likes.

``--update`` writes what is printed now in place of the shown lines that it resembles; read the difference
before you commit it, for the sentences around it may have become wrong.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

__all__ = ["Step", "main", "refreshed", "run_page", "stale_line", "steps"]

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
WORD = re.compile(r"(?<![\w.])(?:[^\W\d_]\w+|\d{4}-\d\d-\d\d)(?![\w.])")
PROMPT = "$ "
ANYTHING = "…"
SCREEN = {"NO_COLOR": "1", "COLUMNS": "150"}
"""No colours, and room for the widest table without folded figures."""

ALIKE = 0.5
"""How much of a printed line must be in a shown one, for ``--update`` to take it for the same line."""


@dataclass(frozen=True, slots=True)
class Step:
    """One prompt as it stands in the page, and the lines shown below it."""

    typed: tuple[str, ...]
    shown: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """What the shell is given."""
        return "\n".join(self.typed).removeprefix(PROMPT).replace("\\\n", "")

    def as_written(self) -> str:
        """Return the lines of the page."""
        return "".join(f"{line}\n" for line in (*self.typed, *self.shown))


def steps(block: str) -> Iterator[Step]:
    """Yield the steps of a block; raises ValueError if it does not begin with a prompt."""
    lines = block.splitlines()
    while lines:
        typed = _take_prompt(lines)
        shown = []
        while lines and not lines[0].startswith(PROMPT):
            shown.append(lines.pop(0))
        yield Step(typed, tuple(shown))


def _take_prompt(lines: list[str]) -> tuple[str, ...]:
    """Take the lines of one prompt from the front."""
    if not lines[0].startswith(PROMPT):
        raise ValueError(f"a console block begins with a prompt, not with: {lines[0]}")
    typed = [lines.pop(0)]
    while typed[-1].endswith("\\"):
        typed.append(lines.pop(0))
    if typed[-1].endswith("<<'END'"):
        while typed[-1] != "END":
            typed.append(lines.pop(0))
    return tuple(typed)


def stale_line(shown: Sequence[str], printed: str) -> str | None:
    """Return the first shown line that is not printed, or not there; None if all agree.

    ``"(end)"`` means that everything shown is printed, and more besides.
    """
    wanted = [_squeezed(line) for line in shown if line.strip()]
    text = "".join(f"{_squeezed(line)}\n" for line in printed.splitlines() if line.strip())
    if not wanted or re.fullmatch(_pattern(wanted), text):
        return None
    agreeing = next(n for n in range(len(wanted), -1, -1) if re.match(_pattern(wanted[:n]), text))
    return wanted[agreeing] if agreeing < len(wanted) else "(end)"


def _squeezed(line: str) -> str:
    """Return a line with gaps of one space and rules of one dash."""
    return re.sub(r"─+", "─", " ".join(line.split()))


def _pattern(lines: Sequence[str]) -> str:
    return "".join(
        r"(?:.*\n)*?" if line == ANYTHING else re.escape(line).replace(ANYTHING, ".*?") + r"\n" for line in lines
    )


def refreshed(shown: Sequence[str], printed: str) -> tuple[str, ...]:
    """Return the shown lines with what is printed now in place of each; lines with ``…`` stay as they are.

    If no lines are left out, everything that is printed is shown.
    """
    fresh = [line.rstrip() for line in printed.splitlines() if line.strip()]
    if not shown or not any(ANYTHING in line for line in shown):
        return tuple(fresh) if shown else ()
    wanted = [line for line in shown if line.strip() and line.strip() != ANYTHING]
    found = dict(zip(wanted, _most_alike(wanted, fresh), strict=True))
    return tuple(line if ANYTHING in line else found.get(line) or line for line in shown)


def _most_alike(wanted: Sequence[str], printed: Sequence[str]) -> list[str | None]:
    """Return for each wanted line the printed one that it resembles, in order; None where there is none."""
    # best[j]: the likeness of the wanted lines so far to printed lines before j, and which these are.
    best: list[tuple[float, tuple[str | None, ...]]] = [(0.0, ())] * (len(printed) + 1)
    for line in wanted:
        row = [(best[0][0], (*best[0][1], None))]
        for j, other in enumerate(printed):
            alike = _likeness(line, other)
            taken = (best[j][0] + alike, (*best[j][1], other)) if alike >= ALIKE else row[-1]
            left_out = (best[j + 1][0], (*best[j + 1][1], None))
            row.append(max(taken, row[-1], left_out, key=lambda choice: choice[0]))
        best = row
    return list(best[-1][1])


def _likeness(line: str, other: str) -> float:
    """Return from 0 to 1 how much two lines look like one whose figures have changed: words and dates count most."""
    whole = difflib.SequenceMatcher(None, _squeezed(line), _squeezed(other)).ratio()
    words, others = (WORD.findall(text) for text in (line, other))
    if not words or not others:
        return whole
    return 0.8 * difflib.SequenceMatcher(None, words, others).ratio() + 0.2 * whole


class _Page:
    """A page whose prompts are run in one folder."""

    def __init__(self, path: Path, folder: str, *, update: bool) -> None:
        self._path = path
        self._folder = folder
        self._update = update
        self.failed = 0

    def run(self) -> str:
        """Run all prompts and return the text of the page, refreshed if that is wanted."""
        text = self._path.read_text(encoding="utf-8")
        return BLOCK.sub(lambda found: f"```console\n{self._block(found[1])}```", text)

    def _block(self, block: str) -> str:
        return "".join(self._step(step).as_written() for step in steps(block))

    def _step(self, step: Step) -> Step:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", step.command],
            cwd=self._folder, env=_environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if self._update:
            step = replace(step, shown=refreshed(step.shown, done.stdout))
        stale = stale_line(step.shown, done.stdout)
        fine = done.returncode == 0 and stale is None
        print(f"{'ok    ' if fine else 'FAILED'} {self._path.name}: {step.command.splitlines()[0]}", flush=True)
        if not fine:
            self.failed += 1
            print(_complaint(done, stale), flush=True)
        return step


def _complaint(done: subprocess.CompletedProcess[str], stale: str | None) -> str:
    """Return what is wrong: all that was said if the prompt failed, else the stale line and what resembles it."""
    if done.returncode:
        return f"exit status {done.returncode}\n{done.stdout}{done.stderr}"
    printed = [_squeezed(line) for line in done.stdout.splitlines() if line.strip()]
    alike = max(printed, key=lambda line: _likeness(stale or "", line), default="")
    return f"       shown:   {stale}\n       printed: {alike}\n       if that is right: --update"


def _environment() -> dict[str, str]:
    """Return the environment of a prompt: our programs first on the path, and the screen of the pages."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, **SCREEN, "PATH": path}


def run_page(path: Path, *, update: bool = False) -> int:
    """Run the prompts of a page and return how many failed; with ``update``, rewrite what it shows."""
    with tempfile.TemporaryDirectory() as folder:
        page = _Page(path, folder, update=update)
        text = page.run()
    if update:
        path.write_text(text, encoding="utf-8", newline="\n")
    return page.failed


def main(arguments: Sequence[str]) -> int:
    """Run the pages named, or all of them, and return 1 if a prompt failed or a page is stale."""
    parser = argparse.ArgumentParser(description="Run the prompts of the documentation.")
    parser.add_argument("--update", action="store_true", help="write what is printed now into the pages")
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE", help="left out: all pages under docs")
    options = parser.parse_args(arguments)
    pages = options.pages or sorted((ROOT / "docs").rglob("*.md"))
    failed = sum(run_page(page, update=options.update) for page in pages)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
