"""Country outlines that ship with the report: Natural Earth, public domain, in ``static/outlines.json``.

The file is made by ``tools/vendor_report_assets.py``: arcs that neighbours share, as steps in hundredths of a
degree, and for each country its rings as lists of arcs (``~i`` is arc ``i`` the other way round).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate

__all__ = ["Outlines", "Ring", "load_outlines"]

Ring = tuple[tuple[float, float], ...]
"""A closed line of (longitude, latitude) in degrees; the last point is not repeated."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """Names and outer rings of the countries by ISO 3166 alpha-3 code; the smallest have no ring."""

    names: Mapping[str, str]
    rings: Mapping[str, tuple[Ring, ...]]


@cache
def load_outlines() -> Outlines:
    """Return the outlines that ship with the report."""
    text = files("homeward.report").joinpath("static/outlines.json").read_text(encoding="utf-8")
    document = json.loads(text)
    arcs = [_decoded(arc, document["units_per_degree"]) for arc in document["arcs"]]
    rings = {code: tuple(_joined(ring, arcs) for ring in rings) for code, rings in document["countries"].items()}
    return Outlines(names=document["names"], rings=rings)


def _decoded(arc: Sequence[int], units: int) -> list[tuple[float, float]]:
    longitudes, latitudes = accumulate(arc[::2]), accumulate(arc[1::2])
    return [(x / units, y / units) for x, y in zip(longitudes, latitudes, strict=True)]


def _joined(ring: Sequence[int], arcs: Sequence[list[tuple[float, float]]]) -> Ring:
    points: list[tuple[float, float]] = []
    for index in ring:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        points += arc[:-1]  # the last point is the first one of the next arc
    return tuple(points)
