from __future__ import annotations

from importlib.resources import files

from homeward.report.outlines import Ring, load_outlines


def contains(ring: Ring, x: float, y: float) -> bool:
    """Return whether a point lies inside a ring, by counting the edges to its right."""
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            inside = not inside
    return inside


def test_cities_lie_in_their_countries() -> None:
    rings = load_outlines().rings
    cities = {
        "SYR": (37.16, 36.2),
        "TUR": (32.9, 39.9),
        "LBN": (35.9, 33.9),
        "JOR": (36.2, 31.9),
        "DEU": (9, 50.5),
    }
    for code, (longitude, latitude) in cities.items():
        holders = {c for c, shapes in rings.items() if any(contains(ring, longitude, latitude) for ring in shapes)}
        assert holders == {code}


def test_outlines_are_small_and_names_are_whole() -> None:
    folder = files("homeward.report").joinpath("static")
    assert len(folder.joinpath("outlines.json").read_bytes()) < 80_000
    assert load_outlines().names["TUR"] == "Türkiye"
    assert set(load_outlines().rings) <= set(load_outlines().names)
    assert all(len(ring) > 2 for rings in load_outlines().rings.values() for ring in rings)


def test_the_licence_and_version_of_the_charts_lie_beside_them() -> None:
    folder = files("homeward.report").joinpath("static")
    version = folder.joinpath("uplot.VERSION.txt").read_text(encoding="utf-8").split()[1]
    assert f"uPlot v{version}," in folder.joinpath("uplot.iife.min.js").read_text(encoding="utf-8")[:100]
    assert "MIT" in folder.joinpath("uplot.LICENSE.txt").read_text(encoding="utf-8")
