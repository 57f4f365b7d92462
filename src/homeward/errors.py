"""Exceptions of homeward.

::

    HomewardError               the base: carries an exit status and a stable code
    ├── UsageError              2  the call is wrong (unknown case, bad option value, output exists)
    ├── InputError              3  the input is wrong: a list of problems, each with file, row and remedy
    └── RunError                1  the run failed (disk full, folder unreadable, people not conserved)

Nothing below the command line catches these; the command line turns them into a message, an exit status and,
with ``--json``, one JSON document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["HomewardError", "InputError", "Problem", "RunError", "UsageError"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with an input, and what would mend it.

    ``row`` is the data row of a table counted from 1 (the header is not counted); ``line`` is the line of the
    file, counted from 1. Either is None where it has no meaning (a missing file, a check across tables).
    """

    file: str
    row: int | None
    line: int | None
    what: str
    remedy: str

    def __str__(self) -> str:
        """Return the problem as one readable line."""
        where = self.file
        if self.row is not None:
            where += f", row {self.row}"
        if self.line is not None:
            where += f" (line {self.line})"
        return f"{where}: {self.what}. {self.remedy}"


class HomewardError(Exception):
    """Base of every error that homeward raises on purpose."""

    exit_status = 1
    code = "error"


class UsageError(HomewardError):
    """The call is wrong: an unknown case, a value out of range, an output that is already there."""

    exit_status = 2
    code = "usage"


class InputError(HomewardError):
    """The input is wrong; ``problems`` lists everything that is, sorted by file and row."""

    exit_status = 3
    code = "input"

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Sort the problems and count them in the message."""
        self.problems = sorted(problems, key=lambda p: (p.file, p.row or 0, p.line or 0, p.what))
        count = len(self.problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} in the input")


class RunError(HomewardError):
    """The run could not be completed or its results could not be written or read."""

    exit_status = 1
    code = "run"
