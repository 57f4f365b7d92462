"""The clock of a run: steps, month ends, and the moments at which tables are filled anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Self

__all__ = ["DAYS_PER_YEAR", "WEEKLY_HOURS", "Block", "Calendar"]

DAYS_PER_YEAR = 365.25
DAYS_BETWEEN_REFILLS = 7
WEEKLY_HOURS = 24 * DAYS_BETWEEN_REFILLS


@dataclass(frozen=True, slots=True)
class Block:
    """A run of whole days during which the tables stay as they are.

    ``first_day`` is counted from the start of the case; ``days`` is at least 1; ``month`` is the index of the
    calendar month; ``ends_month`` is true for the last block of a month (or of the run); ``month_days`` is the
    number of simulated days of that month.
    """

    first_day: int
    days: int
    month: int
    ends_month: bool
    month_days: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days from ``start`` to ``end``, both included, each cut into ``steps_per_day`` steps of the clock.

    People arrive at every step of the clock. Moves are drawn at every one too, unless ``weekly``: then once a block,
    for all its days.
    """

    start: date
    end: date
    steps_per_day: int
    weekly: bool = False

    @classmethod
    def of_step(cls, start: date, end: date, step_hours: int) -> Self:
        """Return the calendar of a case whose steps last so many hours: a divisor of 24, or ``WEEKLY_HOURS``."""
        if step_hours == WEEKLY_HOURS:
            return cls(start, end, 1, weekly=True)
        return cls(start, end, 24 // step_hours)

    @property
    def days(self) -> int:
        """Number of simulated days."""
        return (self.end - self.start).days + 1

    @property
    def steps(self) -> int:
        """Number of steps of the clock."""
        return self.days * self.steps_per_day

    def drawn_together(self, block: Block) -> int:
        """Return for how many steps of the clock one draw of moves stands in a block."""
        return block.days * self.steps_per_day if self.weekly else 1

    def draws(self, blocks: Sequence[Block]) -> int:
        """Return how often moves are drawn in all these blocks."""
        return sum(block.days * self.steps_per_day // self.drawn_together(block) for block in blocks)

    def day_of(self, when: date) -> int:
        """Return the day of a date, counted from the start (negative before it)."""
        return (when - self.start).days

    def date_of(self, day: int) -> date:
        """Return the date of a day counted from the start."""
        return self.start + timedelta(days=day)

    def month_ends(self) -> tuple[date, ...]:
        """Return the last simulated date of every calendar month that the run touches."""
        ends = [nxt - timedelta(days=1) for nxt in self._month_starts() if self.start < nxt <= self.end]
        return (*ends, self.end)

    def blocks(self, changes: Iterable[date]) -> tuple[Block, ...]:
        """Cut the run at month starts, at the dates given, and at least every seven days.

        Nothing here depends on the length of a step, so that halving it changes nothing else.
        """
        cuts = {self.day_of(when) for when in (*self._month_starts(), *changes)}
        cuts = {cut for cut in cuts if 0 < cut < self.days} | {0, self.days}
        firsts = sorted(cuts)
        month_last = [self.day_of(end) for end in self.month_ends()]
        month_first = [0, *(last + 1 for last in month_last[:-1])]
        blocks: list[Block] = []
        month = 0
        for first, nxt in pairwise(firsts):
            if first > month_last[month]:
                month += 1
            for day in range(first, nxt, DAYS_BETWEEN_REFILLS):
                days = min(DAYS_BETWEEN_REFILLS, nxt - day)
                ends_month = day + days - 1 == month_last[month]
                month_days = month_last[month] - month_first[month] + 1
                blocks.append(Block(day, days, month, ends_month, month_days))
        return tuple(blocks)

    def _month_starts(self) -> list[date]:
        months = range(self.start.year * 12 + self.start.month - 1, self.end.year * 12 + self.end.month + 1)
        return [date(month // 12, month % 12 + 1, 1) for month in months]
