"""Where a command writes: results to standard output, everything else to standard error.

With ``--json`` standard output holds one JSON document and nothing else. A reader that has gone (a closed
pipe) is no failure: what it would have read is dropped and the work goes on.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

    from homeward.results.contract import Document

__all__ = ["Output", "Report", "people", "seconds", "table", "write_error", "write_out"]

Report = Callable[[float, int, str], None]
"""Progress of a task: how much is done, of how much, and what is being done now ("" for nothing special)."""

WIDTH_WITHOUT_TERMINAL = 130
FIRST_LINE_AFTER = 2.0
LINES_WITHOUT_TERMINAL = 4
LONGEST_SILENCE = 600.0
"""Seconds after which a long task says how far it is, whatever it has reached."""


@dataclass(frozen=True, slots=True)
class Output:
    """The streams of one command; ``quiet`` leaves warnings and errors only."""

    json: bool = False
    quiet: bool = False

    def document(self, document: Document) -> None:
        """Write the one JSON document of this command."""
        write_out(document.to_json() + "\n")

    def show(self, *parts: RenderableType) -> None:
        """Show tables and lines to a reader, unless JSON or silence is wanted."""
        if self.json or self.quiet:
            return
        console = make_console(sys.stdout)
        for part in parts:
            console.print(part, soft_wrap=isinstance(part, str))

    def note(self, text: str) -> None:
        """Say something in passing on standard error."""
        if not self.quiet:
            write_error(f"{text}\n")

    def warn(self, text: str) -> None:
        """Say on standard error what a user should know even in quiet mode."""
        write_error(f"warning: {text}\n")

    @property
    def width(self) -> int:
        """Return how many characters fit on a line of standard output."""
        return make_console(sys.stdout).width

    @contextmanager
    def progress(self, label: str) -> Iterator[Report]:
        """Show how far a task is: a bar with the time left in a terminal, a few lines elsewhere."""
        if self.quiet:
            yield _say_nothing
        elif sys.stderr.isatty():
            with _bar(label) as report:
                yield report
        else:
            yield _SparseLines(label)


def _say_nothing(_done: float, _total: int, _doing: str) -> None: ...


@dataclass(slots=True)
class _Pace:
    """How long a task will still take, by how fast it has gone since the first report that was not a preparation.

    What was done before (a run that is resumed) and the time of preparations (named, with nothing done) do not count.
    """

    began: float | None = None
    done_before: float = 0.0

    def left(self, done: float, total: int, doing: str) -> float | None:
        """Return the seconds left, or None as long as nobody can tell."""
        if doing and not done:
            return None
        now = time.monotonic()
        if self.began is None:
            self.began, self.done_before = now, done
        if done <= self.done_before:
            return None
        return (now - self.began) / (done - self.done_before) * (total - done)


@dataclass(slots=True)
class _SparseLines:
    """Progress for a log file: nothing for the first seconds, then a line at each quarter and every ten minutes."""

    label: str
    started: float = field(default_factory=time.monotonic)
    pace: _Pace = field(default_factory=_Pace)
    said: int = 0
    said_at: float = field(default_factory=time.monotonic)
    doing: str = ""

    def __call__(self, done: float, total: int, doing: str) -> None:
        now = time.monotonic()
        if doing not in ("", self.doing):
            self.doing = doing
            write_error(f"{self.label}: {doing}\n")
        left = self.pace.left(done, total, doing)
        quarter = int(done * LINES_WITHOUT_TERMINAL / total)
        due = quarter > self.said or now - self.said_at > LONGEST_SILENCE
        if left is None or not due or now - self.started < FIRST_LINE_AFTER or done >= total:
            return
        self.said, self.said_at = quarter, now
        write_error(f"{self.label}: {done / total:.0%} done, about {seconds(left)} left\n")


@contextmanager
def _bar(label: str) -> Iterator[Report]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(), TextColumn("{task.fields[left]}"),
    )  # fmt: skip
    with Progress(*columns, console=make_console(sys.stderr), transient=True) as bars:
        task = bars.add_task(label, total=None, left="")
        pace = _Pace()

        def report(done: float, total: int, doing: str) -> None:
            left = pace.left(done, total, doing)
            shown = "" if left is None else f"about {seconds(left)} left"
            bars.update(task, completed=done, total=total, description=doing or label, left=shown)

        yield report


def table(title: str, columns: dict[str, bool]) -> Table:
    """Return an empty table; ``columns`` maps each heading to whether its figures are set to the right."""
    from rich import box
    from rich.table import Table

    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, figures in columns.items():
        made.add_column(heading, justify="right" if figures else "left", no_wrap=not figures, overflow="fold")
    return made


def people(count: float | None) -> str:
    """Return a number of people, or a sign that there is none."""
    return "–" if count is None else f"{count:,.0f}"


def seconds(span: float) -> str:
    """Return a span of time as a person would say it."""
    if span < 90:
        return f"{span:.1f} s" if span < 10 else f"{span:.0f} s"
    return f"{span / 60:.0f} min" if span < 5400 else f"{span / 3600:.1f} h"


def make_console(stream: TextIO) -> Console:
    """Return a console that stays silent once its reader has gone; Rich itself honours NO_COLOR."""
    from rich.console import Console

    class PatientConsole(Console):
        def on_broken_pipe(self) -> None:
            self.quiet = True
            _drop(stream)

    width = None if stream.isatty() or "COLUMNS" in os.environ else WIDTH_WITHOUT_TERMINAL
    return PatientConsole(file=stream, width=width, highlight=False, emoji=False, markup=False)


def write_out(text: str) -> None:
    """Write to standard output at once."""
    _write(sys.stdout, text)


def write_error(text: str) -> None:
    """Write to standard error at once."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _drop(stream)
    except OSError:
        _drop(stream)
        raise


def _drop(stream: TextIO) -> None:
    """Send what is still in the stream, and all that follows, nowhere."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  (a device, not a path of ours)
        os.dup2(nowhere.fileno(), stream.fileno())
