"""Read ``routes.csv`` and ``major_routes.csv``: how locations are connected."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from homeward.case.flee.model import FleeRoute, Redirection
from homeward.case.flee.rows import Findings, Names, Record, Sheet, any_number, extra_cells, read_sheet, repeated
from homeward.case.wording import shown

__all__ = ["Joined", "are_joined", "read_major_routes", "read_routes"]

_OWN_COLUMNS = 4
_REDIRECTIONS: Mapping[str, Redirection] = {
    "": Redirection.NONE,
    "0": Redirection.NONE,
    "1": Redirection.TO_FIRST,
    "2": Redirection.TO_SECOND,
}
_SPEED = "max_move_speed"


Joined = frozenset[frozenset[str]] | None
"""The pairs of locations that a route joins; None where not all routes could be read, and nothing is checked."""


def read_routes(path: Path, file: str, names: Names, findings: Findings) -> tuple[tuple[FleeRoute, ...], Joined]:
    """Read the routes: two locations, kilometres, redirection (blank, 0, 1 or 2), and further columns.

    Also returns which locations they join, against which other tables are checked.
    """
    before = len(findings.problems)
    sheet = read_sheet(path, file, findings, titles=("name1",))
    routes = tuple(route for record in sheet.records if (route := _route(sheet, record, names, findings)))
    if not sheet.records and len(findings.problems) == before:
        findings.problem(file, "the table has no rows", "Add a row for each route")
    _warn_of_routes(file, routes, findings)
    if len(findings.problems) > before:
        return routes, None
    return routes, frozenset(frozenset((route.first, route.second)) for route in routes)


def are_joined(record: Record, pair: tuple[str, str], joined: Joined, findings: Findings) -> bool:
    """Return whether a route joins two locations; note a problem where none does."""
    if joined is None or frozenset(pair) in joined:
        return True
    what = f"{shown(pair[0])} and {shown(pair[1])} are not joined by a route"
    findings.problems.append(record.problem(what, "Add the route to routes.csv, or correct the names"))
    return False


def read_major_routes(
    path: Path, file: str, names: Names, joined: Joined, findings: Findings
) -> tuple[tuple[str, ...], ...]:
    """Read the well-known routes: on each line the locations from one end to the other, each joined to the next."""
    sheet = read_sheet(path, file, findings)
    return tuple(found for record in sheet.records if (found := _major_route(record, names, joined, findings)))


def _route(sheet: Sheet, record: Record, names: Names, findings: Findings) -> FleeRoute | None:
    attributes = _attributes(sheet, record, findings)
    if attributes is None:
        return None
    before = len(findings.problems)
    first, second = record.cell(0), record.cell(1)
    known = names.check_all(record, (first, second), findings)
    if known and first == second:
        findings.problems.append(record.problem(f"the route leads from {shown(first)} to itself", "Name two places"))
    kilometres = any_number(record, "distance", record.cell(2), findings)
    if kilometres is not None and kilometres <= 0:
        findings.problems.append(record.problem(f"'distance' is {kilometres:g}, which is not above 0", "Correct it"))
    redirection = _REDIRECTIONS.get(record.cell(3))
    if redirection is None:
        what = f"'forced_redirection' is {shown(record.cell(3))}, which is none of 0, 1 and 2"
        remedy = "Write 0 for none, 1 for everybody to the first place, 2 for everybody to the second"
        findings.problems.append(record.problem(what, remedy))
    if kilometres is None or redirection is None or len(findings.problems) > before:
        return None
    return FleeRoute(first, second, kilometres, redirection, attributes)


def _attributes(sheet: Sheet, record: Record, findings: Findings) -> tuple[tuple[str, str], ...] | None:
    """Return the further columns; a route may do without a cell for redirection."""
    own = _OWN_COLUMNS if len(record.cells) != 3 else 3
    attributes = extra_cells(sheet, record, own, findings)
    if attributes is None:
        return None
    attributes = attributes if own == _OWN_COLUMNS else ()
    for name, text in attributes:
        if name == _SPEED and text:
            any_number(record, name, text, findings, low=0)
    return attributes


def _warn_of_routes(file: str, routes: tuple[FleeRoute, ...], findings: Findings) -> None:
    pairs = (" – ".join(sorted((route.first, route.second))) for route in routes)
    if twice := sorted(set(repeated(pairs))):
        text = f"{', '.join(twice)} stand twice: Flee makes two routes of it, chosen independently; so is it here"
        findings.warn(file, text)
    if any(route.redirection is not Redirection.NONE for route in routes):
        text = (
            "'forced_redirection': Flee 3 keeps it and never looks at it when people choose a route (and sets it "
            "on the other direction than its pages say); here it is kept as its pages say"
        )
        findings.warn(file, text)
    blank = [route for route in routes if dict(route.attributes).get(_SPEED) == ""]
    if blank and len(blank) < len(routes):
        findings.warn(file, f"{_SPEED!r} is blank for some routes, where Flee stops; here the setting holds for them")


def _major_route(record: Record, names: Names, joined: Joined, findings: Findings) -> tuple[str, ...] | None:
    places = tuple(cell for cell in record.cells if cell)
    if len(places) < 2:
        findings.problems.append(record.problem("the route names one place only", "Name two places or more"))
        return None
    if not names.check_all(record, places, findings):
        return None
    if not all(are_joined(record, pair, joined, findings) for pair in pairwise(places)):
        return None
    return places
