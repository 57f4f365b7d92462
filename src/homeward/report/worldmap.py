"""The maps of the report as shapes in a picture: outlines, circles, flows, labels and a legend.

Two maps: the places in and around the country of origin, and all countries. Everything is worked out here
once for every year; in the browser a script only shows one year and hides the others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from homeward.report.facts import Circle, Flow, PlaceFact, ReportData
from homeward.report.outlines import load_outlines
from homeward.report.projection import Frame, Point, clip, distance_km, fit_frame
from homeward.report.wording import people, people_range, rounded

__all__ = ["Label", "MapShape", "PictureMap", "Year", "draw_maps"]

NEAR_KM = 1_500
"""Places within this distance of the middle of the districts of origin are on the main map."""

WIDTH = 1_000.0
HEIGHTS = (520.0, 820.0)
LARGEST_RADIUS = 46.0
WIDEST_FLOW = 22.0
THINNEST_FLOW = 1.2
MOST_LABELS = 26
LETTER_WIDTH, LINE_HEIGHT = 7.4, 15.0

_GROUP_NAMES = {"refugee_stock": "refugees", "idp_stock": "IDPs"}


@dataclass(frozen=True, slots=True)
class MapShape:
    """A circle (``radius`` filled) or a flow (``path`` filled) with the text shown when pointed at."""

    group: str
    title: str
    x: float = 0
    y: float = 0
    radius: float = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class Year:
    """What the map shows for one year."""

    year: int
    flows: tuple[MapShape, ...]
    circles: tuple[MapShape, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Label:
    """A name on the map; ``kind`` is ``country`` or ``place``."""

    x: float
    y: float
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class PictureMap:
    """One map, ready to be written as SVG. ``legend`` has (radius, words) from large to small."""

    key: str
    title: str
    width: float
    height: float
    land: str
    origin: str
    years: tuple[Year, ...]
    labels: tuple[Label, ...]
    legend: tuple[tuple[float, str], ...]
    flow_legend: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class _Spot:
    name: str
    at: Point
    kind: str


def draw_maps(data: ReportData) -> tuple[PictureMap, ...]:
    """Return the main map and, if there are places further away, the map of all countries."""
    if not data.places:
        return ()
    near = _near_places(data)
    spots = {p.place: _Spot(p.name, (p.longitude, p.latitude), "place") for p in data.places}
    origin = data.country_names.get(data.info.origin_country, data.info.origin_country)
    by_place = tuple(c for c in data.circles if c.place in near)
    flows = tuple(f for f in data.place_flows if near & {f.from_place, f.to_place})
    main = _draw("near", f"{origin} and the places around it", spots, near, by_place, flows, data)
    if len(near) == len(data.places):
        return (main,)
    return (main, _country_map(data))


def _country_map(data: ReportData) -> PictureMap:
    codes = sorted({place.country for place in data.places})
    spots = {code: _Spot(data.country_names.get(code, code), _centre(data.places, code), "country") for code in codes}
    circles = tuple(c for c in data.circles if c.place is None)
    return _draw("countries", "All countries", spots, set(codes), circles, data.country_flows, data)


def _near_places(data: ReportData) -> set[str]:
    middle = _centre(data.places, data.info.origin_country)
    real = load_outlines().names  # a group of countries lies nowhere: only the map of countries shows it
    near = {
        p.place
        for p in data.places
        if distance_km(middle, (p.longitude, p.latitude)) <= NEAR_KM
        and (p.country in real or data.info.origin_country not in real)
    }
    return near | {p.place for p in data.places if p.country == data.info.origin_country}


def _centre(places: Sequence[PlaceFact], country: str) -> Point:
    inside = [p for p in places if p.country == country] or list(places)
    return (
        sum(p.longitude for p in inside) / len(inside),
        sum(p.latitude for p in inside) / len(inside),
    )


def _draw(
    key: str,
    title: str,
    spots: Mapping[str, _Spot],
    shown: set[str],
    circles: Sequence[Circle],
    flows: Sequence[Flow],
    data: ReportData,
) -> PictureMap:
    frame = fit_frame([spots[name].at for name in sorted(shown)], width=WIDTH, heights=HEIGHTS)
    points = {name: point for name, spot in spots.items() if (point := frame.project(*spot.at))}
    most = max((c.people.p50 for c in circles), default=0)
    widest = max((f.people for f in flows), default=0)
    return PictureMap(
        key=key,
        title=title,
        width=frame.width,
        height=frame.height,
        land=_land(frame, lambda code: code != data.info.origin_country),
        origin=_land(frame, lambda code: code == data.info.origin_country),
        years=_years(circles, flows, points, spots, most, widest),
        labels=_labels(circles, points, spots, shown, frame, data),
        legend=tuple((_radius(v, most), _round_words(v)) for v in _round_steps(most)),
        flow_legend=tuple((_flow_width(v, widest), _round_words(v)) for v in _round_steps(widest)),
    )


def _land(frame: Frame, wanted: Callable[[str], bool]) -> str:
    """Return the outlines of some countries, cut to the frame, as one SVG path."""
    parts = []
    for code, rings in load_outlines().rings.items():
        for ring in rings if wanted(code) else ():
            projected = [frame.project(*point) for point in ring]
            visible = clip([point for point in projected if point], frame)
            if len(visible) > 2 and None not in projected:
                parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in visible) + "Z")
    return "".join(parts)


def _years(
    circles: Sequence[Circle],
    flows: Sequence[Flow],
    points: Mapping[str, Point],
    spots: Mapping[str, _Spot],
    most: float,
    widest: float,
) -> tuple[Year, ...]:
    years = sorted({c.year for c in circles} | {f.year for f in flows})
    return tuple(
        Year(
            year=year,
            flows=tuple(_flow(f, points, spots, widest) for f in flows if f.year == year and _drawn(f, points)),
            circles=tuple(_circle(c, points, spots, most) for c in circles if c.year == year and _at(c) in points),
            summary=_summary([c for c in circles if c.year == year], spots),
        )
        for year in years
    )


def _at(circle: Circle) -> str:
    return circle.place or circle.country


def _drawn(flow: Flow, points: Mapping[str, Point]) -> bool:
    return flow.from_place in points and flow.to_place in points and points[flow.from_place] != points[flow.to_place]


def _circle(circle: Circle, points: Mapping[str, Point], spots: Mapping[str, _Spot], most: float) -> MapShape:
    x, y = points[_at(circle)]
    value = circle.people
    title = f"{spots[_at(circle)].name}: {people(value.p50)} {_GROUP_NAMES[circle.group]}"
    if value.p05 != value.p95:
        title += f" (90 % of runs: {people_range(value.p05, value.p95)})"
    return MapShape(circle.group, title, round(x, 1), round(y, 1), _radius(value.p50, most))


def _flow(flow: Flow, points: Mapping[str, Point], spots: Mapping[str, _Spot], widest: float) -> MapShape:
    names = f"{spots[flow.from_place].name} to {spots[flow.to_place].name}"
    path = _tapered(points[flow.from_place], points[flow.to_place], _flow_width(flow.people, widest))
    return MapShape(flow.group, f"{flow.group}, {names}: {people(flow.people)}", path=path)


def _tapered(start: Point, end: Point, width: float) -> str:
    """Return a curve that is wide where people leave and ends in a point where they arrive."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    across = (-dy / length, dx / length)
    bend = 0.18 * length  # to one side, so that the way out and the way back lie apart
    control = ((start[0] + end[0]) / 2 + across[0] * bend, (start[1] + end[1]) / 2 + across[1] * bend)
    half, quarter = width / 2, width / 3
    one = _moved(start, across, half), _moved(control, across, quarter)
    other = _moved(start, across, -half), _moved(control, across, -quarter)
    return f"M{_xy(one[0])}Q{_xy(one[1])} {_xy(end)}Q{_xy(other[1])} {_xy(other[0])}Z"


def _moved(point: Point, direction: Point, by: float) -> Point:
    return (point[0] + direction[0] * by, point[1] + direction[1] * by)


def _xy(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"


def _radius(value: float, most: float) -> float:
    """Return a radius such that the area is proportional to the people."""
    return round(max(1.5, LARGEST_RADIUS * math.sqrt(value / most)), 1) if most and value else 0


def _flow_width(value: float, widest: float) -> float:
    return round(max(THINNEST_FLOW, WIDEST_FLOW * value / widest), 1) if widest else 0


def _round_steps(largest: float) -> list[float]:
    """Return up to three round numbers that do not exceed the largest, from large to small."""
    if largest < 10:
        return []
    top = 10 ** math.floor(math.log10(largest))
    first = max(step * top for step in (1, 2, 5) if step * top <= largest)
    return [value for value in (first, first / 5, first / 50) if value >= 10]


def _round_words(value: float) -> str:
    """Return a round number in words, without noughts after the point."""
    return re.sub(r"\.0+ ", " ", rounded(value))


def _summary(circles: Sequence[Circle], spots: Mapping[str, _Spot]) -> str:
    """Return the largest circles of a year in words, for those who do not see the map."""
    largest = sorted(circles, key=lambda c: -c.people.p50)[:5]
    names = [f"{spots[_at(c)].name} {rounded(c.people.p50)} {_GROUP_NAMES[c.group]}" for c in largest]
    return "; ".join(names)


def _labels(
    circles: Sequence[Circle],
    points: Mapping[str, Point],
    spots: Mapping[str, _Spot],
    shown: set[str],
    frame: Frame,
    data: ReportData,
) -> tuple[Label, ...]:
    """Return names without overlap: countries first, then places by the most people ever there."""
    peak: dict[str, float] = {}
    for circle in circles:
        peak[_at(circle)] = max(peak.get(_at(circle), 0), circle.people.p50)
    wanted = _country_labels(frame, data) if any(spots[s].kind == "place" for s in shown) else []
    own = {spots[name].name for name in shown}
    wanted = [label for label in wanted if label.text not in own]
    order = sorted(shown & set(points), key=lambda name: (-peak.get(name, 0), name))
    largest = max(peak.values(), default=0)
    for name in order[:MOST_LABELS]:
        x, y = points[name]
        below = min(_radius(peak.get(name, 0), largest), 14) + 11
        wanted.append(Label(round(x, 1), round(y + below, 1), spots[name].name, "place"))
    return tuple(_without_overlap(wanted, frame))


def _country_labels(frame: Frame, data: ReportData) -> list[Label]:
    labels = []
    for code in sorted({place.country for place in data.places}):
        point = frame.project(*_centre(data.places, code))
        if point and code in load_outlines().rings:
            labels.append(Label(round(point[0], 1), round(point[1], 1), data.country_names[code], "country"))
    return labels


def _without_overlap(labels: Iterable[Label], frame: Frame) -> list[Label]:
    kept: list[Label] = []
    for label in labels:
        half = len(label.text) * LETTER_WIDTH / 2
        inside = half < label.x < frame.width - half and LINE_HEIGHT < label.y < frame.height - 2
        if inside and not any(_overlap(label, other) for other in kept):
            kept.append(label)
    return kept


def _overlap(one: Label, other: Label) -> bool:
    apart = (len(one.text) + len(other.text)) * LETTER_WIDTH / 2
    return abs(one.x - other.x) < apart and abs(one.y - other.y) < LINE_HEIGHT
