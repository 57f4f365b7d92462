"""Child process: kernel and plain step on a tiny case; ``python -m benchmarks.twins REPEATS`` prints JSON.

Only the time inside ``advance`` counts: tables and record are the same code for both.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

from verification.cases import busy_case, rules_of

from homeward.engine import kernel, step
from homeward.engine.simulate import Advance, simulate

PEOPLE = 100_000


class Timed:
    """An ``advance`` that adds up the seconds spent in it."""

    def __init__(self, advance: Advance) -> None:
        """Wrap the kernel or its plain twin."""
        self._advance = advance
        self.spent = 0.0

    def __call__(self, *arguments: object) -> None:
        """Advance one replicate."""
        started = time.perf_counter()
        self._advance(*arguments)
        self.spent += time.perf_counter() - started


def main(arguments: Sequence[str]) -> None:
    """Print draws, days, and the seconds in kernel and plain step by repetition."""
    rules = rules_of(busy_case(people=PEOPLE))
    simulate(rules)
    walls: dict[str, list[float]] = {"kernel": [], "plain": []}
    for _ in range(int(arguments[0])):
        for name, advance in (("kernel", kernel.advance), ("plain", step.advance)):
            timed = Timed(advance)
            draws = simulate(rules, advance=timed).balance.draws
            walls[name].append(timed.spent)
    size = {"people": PEOPLE, "situations": rules.space.situations, "days": rules.calendar.days}
    print(json.dumps({**size, "draws": draws, "walls": walls}))


if __name__ == "__main__":
    main(sys.argv[1:])
