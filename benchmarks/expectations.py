"""Child process: time the expected course alone; ``python -m benchmarks.expectations REPEATS FOLDER`` prints JSON.

The case is read and its rules are built before the clock starts, and the course has run for 30 days.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from benchmarks.simulations import WARM_UP_DAYS
from benchmarks.variants import ending
from homeward import HomewardRules, load_case
from homeward.engine.simulate import expected_course

__all__ = ["main"]


def main(arguments: Sequence[str]) -> None:
    """Print the seconds of each repetition."""
    repeats, folder = arguments
    case = load_case(Path(folder))
    expected_course(HomewardRules(ending(case, case.settings.start + timedelta(WARM_UP_DAYS - 1))))
    rules, walls = HomewardRules(case), []
    for _ in range(int(repeats)):
        started = time.perf_counter()
        expected_course(rules)
        walls.append(time.perf_counter() - started)
    print(json.dumps(walls))


if __name__ == "__main__":
    main(sys.argv[1:])
