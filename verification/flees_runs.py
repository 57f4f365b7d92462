"""Flee's own runs of the five shared cases (``../shared/data/flee_runs``), as they were written; no proof by itself."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["CASES", "HASTEN", "SHARED", "FleesRun", "flees_runs"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
CASES = ("mali2012", "burundi2015", "car2013", "ssudan2013", "syria2013")
HASTEN = 100
"""What all numbers of people are divided by in these runs."""


@dataclass(frozen=True)
class FleesRun:
    """One ``out.csv`` of Flee: ``people`` and ``counted`` (days x camps), and by day the other columns."""

    camps: tuple[str, ...]
    people: IntArray
    counted: IntArray
    registered: IntArray
    debt: IntArray
    in_simulation: IntArray
    error: FloatArray


def flees_runs(case: str, pattern: str = "hasten100_run*") -> list[FleesRun]:
    """Return Flee's own runs of a case."""
    return [_read(path) for path in sorted((SHARED / "flee_runs" / case).glob(f"{pattern}.csv"))]


def _read(path: Path) -> FleesRun:
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    camps = tuple(name.removesuffix(" sim") for name in head if name.endswith(" sim"))

    def columns(names: list[str]) -> FloatArray:
        return np.array([[float(row[head.index(name)]) for name in names] for row in rows])

    return FleesRun(
        camps,
        people=columns([f"{camp} sim" for camp in camps]).astype(np.int64),
        counted=columns([f"{camp} data" for camp in camps]).astype(np.int64),
        registered=columns(["raw UNHCR refugee count"])[:, 0].astype(np.int64),
        debt=columns(["refugee_debt"])[:, 0].astype(np.int64),
        in_simulation=columns(["total refugees (simulation)"])[:, 0].astype(np.int64),
        error=columns(["Total error"])[:, 0],
    )
