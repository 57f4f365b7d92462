"""From degrees to the picture: Lambert's azimuthal equal-area projection, fitted to a frame.

Equal area, because circles and land are compared by their size. Formulas: Snyder 1987, Map Projections, USGS
Professional Paper 1395, p. 185.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Frame", "Point", "clip", "distance_km", "fit_frame"]

Point = tuple[float, float]

EARTH_RADIUS_KM = 6371.0
SMALLEST_SPAN = 0.06
"""Radians: a map shows at least about 380 km, so that a single place has its surroundings."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of ``width`` by ``height`` units around a centre given in degrees."""

    longitude: float
    latitude: float
    scale: float
    left: float
    top: float
    width: float
    height: float

    def project(self, longitude: float, latitude: float) -> Point | None:
        """Return x and y in the picture (y grows downwards), or None for the far side of the earth."""
        point = _azimuthal(longitude, latitude, self.longitude, self.latitude)
        if point is None:
            return None
        x, y = point
        return (x * self.scale - self.left, -y * self.scale - self.top)


def fit_frame(places: Sequence[Point], *, width: float, heights: tuple[float, float], margin: float = 0.12) -> Frame:
    """Return the frame that shows all (longitude, latitude) with a margin (share of the larger side).

    ``heights`` are the least and the greatest height; the height follows the places between them.
    """
    longitude, latitude = _middle([p[0] for p in places]), _middle([p[1] for p in places])
    projected = [q for p in places if (q := _azimuthal(*p, longitude, latitude))]
    xs, ys = [q[0] for q in projected], [-q[1] for q in projected]
    span_x, span_y = (max(SMALLEST_SPAN, max(values) - min(values)) for values in (xs, ys))
    border = margin * max(span_x, span_y)
    span_x, span_y = span_x + 2 * border, span_y + 2 * border
    height = min(max(width * span_y / span_x, heights[0]), heights[1])
    scale = min(width / span_x, height / span_y)
    left, top = _middle(xs) * scale - width / 2, _middle(ys) * scale - height / 2
    return Frame(longitude, latitude, scale, left, top, width, height)


def clip(points: Sequence[Point], frame: Frame, beyond: float = 4) -> list[Point]:
    """Return a closed line cut to the frame and a little beyond (Sutherland and Hodgman 1974)."""
    kept = list(points)
    edges = ((0, -beyond, 1), (0, frame.width + beyond, -1), (1, -beyond, 1), (1, frame.height + beyond, -1))
    for axis, limit, side in edges:
        kept = _clip_edge(kept, axis, limit, side)
    return kept


def distance_km(one: Point, other: Point) -> float:
    """Return the great-circle distance between two (longitude, latitude) in kilometres."""
    x1, y1, x2, y2 = (math.radians(value) for value in (*one, *other))
    half = math.sin((y2 - y1) / 2) ** 2 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half)))


def _clip_edge(points: Sequence[Point], axis: int, limit: float, side: int) -> list[Point]:
    kept: list[Point] = []
    for number, point in enumerate(points):
        before = points[number - 1]
        inside, was_inside = ((q[axis] - limit) * side >= 0 for q in (point, before))
        if inside != was_inside:
            share = (limit - before[axis]) / (point[axis] - before[axis])
            kept.append((before[0] + share * (point[0] - before[0]), before[1] + share * (point[1] - before[1])))
        if inside:
            kept.append(point)
    return kept


def _azimuthal(longitude: float, latitude: float, centre_x: float, centre_y: float) -> Point | None:
    turn, phi, phi_0 = (math.radians(v) for v in (longitude - centre_x, latitude, centre_y))
    cosine = math.sin(phi_0) * math.sin(phi) + math.cos(phi_0) * math.cos(phi) * math.cos(turn)
    if cosine < -0.6:  # nearer to the antipode shapes are torn apart
        return None
    k = math.sqrt(2 / (1 + cosine))
    x = k * math.cos(phi) * math.sin(turn)
    y = k * (math.cos(phi_0) * math.sin(phi) - math.sin(phi_0) * math.cos(phi) * math.cos(turn))
    return (x, y)


def _middle(values: Sequence[float]) -> float:
    return (min(values) + max(values)) / 2
