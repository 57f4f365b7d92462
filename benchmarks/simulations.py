"""Child process: time ``simulate`` alone; ``python -m benchmarks.simulations REPEATS FOLDER…`` prints JSON.

Each case is read and its rules are built before the clock starts, and the kernel has run for 30 days. The
cases take turns, so that a slow minute of the machine falls on all of them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path

from benchmarks.variants import ending
from homeward import HomewardRules, load_case, simulate

__all__ = ["Simulated"]

SEED = 1
WARM_UP_DAYS = 30


@dataclass(slots=True)
class Simulated:
    """One case: its size and the seconds that one replicate took, by repetition."""

    situations: int
    places: int
    days: int
    draws: int = 0
    walls: list[float] = field(default_factory=list)


def main(arguments: Sequence[str]) -> None:
    """Print a list of :class:`Simulated`, one for each folder."""
    repeats, *folders = arguments
    cases = [load_case(Path(folder)) for folder in folders]
    start = cases[0].settings.start
    simulate(HomewardRules(ending(cases[0], start + timedelta(WARM_UP_DAYS - 1))), SEED, 0)
    rules = [HomewardRules(case) for case in cases]
    found = [Simulated(r.space.situations, len(r.space.places), r.calendar.days) for r in rules]
    for _ in range(int(repeats)):
        for each, one in zip(rules, found, strict=True):
            started = time.perf_counter()
            trajectory = simulate(each, SEED, 0)
            one.walls.append(time.perf_counter() - started)
            one.draws = trajectory.balance.draws
    print(json.dumps([asdict(one) for one in found]))


if __name__ == "__main__":
    main(sys.argv[1:])
