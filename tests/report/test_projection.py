from __future__ import annotations

import math

import pytest

from homeward.report.projection import clip, distance_km, fit_frame

SYRIA = [(36.0, 33.0), (42.0, 37.0), (36.3, 36.2)]


def test_all_places_lie_inside_the_frame_and_north_is_up() -> None:
    frame = fit_frame(SYRIA, width=1000, heights=(500, 800))
    points = [frame.project(*place) for place in SYRIA]
    assert all(point and 0 < point[0] < frame.width and 0 < point[1] < frame.height for point in points)
    assert points[0] and points[1]
    assert points[0][1] > points[1][1]
    assert points[0][0] < points[1][0]


def test_areas_are_kept() -> None:
    """Two boxes of one degree of longitude, each between parallels that enclose the same area on a sphere."""
    frame = fit_frame([(-20, -20), (60, 70)], width=1000, heights=(500, 800))

    def area(west: float, south: float) -> float:
        north = math.degrees(math.asin(math.sin(math.radians(south)) + 0.01))
        corners = [(west, south), (west + 1, south), (west + 1, north), (west, north)]
        xy = [point for corner in corners if (point := frame.project(*corner))]
        return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(xy, xy[1:] + xy[:1], strict=True))) / 2

    assert area(-10, 0) == pytest.approx(area(55, 50), rel=0.01)


def test_one_place_alone_has_surroundings() -> None:
    frame = fit_frame([(36.0, 33.0)], width=1000, heights=(500, 800))
    assert frame.project(36.0, 33.0) == pytest.approx((frame.width / 2, frame.height / 2))
    beside = frame.project(37.0, 33.0)
    assert beside and beside[0] < frame.width


def test_the_far_side_of_the_earth_is_not_drawn() -> None:
    assert fit_frame(SYRIA, width=1000, heights=(500, 800)).project(-142, -35) is None


def test_a_line_is_cut_at_the_frame() -> None:
    frame = fit_frame(SYRIA, width=1000, heights=(500, 800))
    square = [(-500.0, 10.0), (500.0, 10.0), (500.0, 20.0), (-500.0, 20.0)]
    assert sorted(clip(square, frame, beyond=0)) == [(0, 10), (0, 20), (500, 10), (500, 20)]
    assert clip([(-9.0, 1.0), (-8.0, 1.0), (-8.0, 2.0)], frame, beyond=0) == []


def test_a_distance_known_otherwise() -> None:
    assert distance_km((36.29, 33.51), (37.16, 36.2)) == pytest.approx(309, abs=2)  # Damascus to Aleppo
