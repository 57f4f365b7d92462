"""Run the proofs: ``python -m verification`` for all of them, ``python -m verification law draws`` for some.

Exit status 1 if one of them fails, 2 for a name that is none.
"""

from __future__ import annotations

import sys
import time
from importlib import import_module

PROOFS = (
    "draws",
    "matrix_powers",
    "law",
    "households",
    "frailty",
    "cohorts",
    "step_length",
    "shared_chance",
    "reference_class",
    "syria_record",
    "returns_by_host",
    "replay_2024",
    "flee",
    "flee_tracks",
    "flee_people",
    "origin_dates",
    "simulation_based",
    "intervals",
)


def main(names: list[str]) -> int:
    """Run the proofs with these names, all of them if none is given; return the exit status."""
    unknown = [name for name in names if name not in PROOFS]
    if unknown:
        print(f"no proof is called {', '.join(unknown)}; there are {', '.join(PROOFS)}", file=sys.stderr)
        return 2
    failed = [name for name in names or PROOFS if not _passes(name)]
    if failed:
        print(f"\nFAILED: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _passes(name: str) -> bool:
    begun = time.perf_counter()
    passed: bool = import_module(f"verification.{name}").main()
    print(f"\n{name}: {'passed' if passed else 'FAILED'} in {time.perf_counter() - begun:.0f} s")
    return passed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
