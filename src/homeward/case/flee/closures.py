"""Read ``closures.csv``: borders, places, routes, camps and redirections that end or begin on a day."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from homeward.case.flee.model import Closure, ClosureKind
from homeward.case.flee.routes import Joined, are_joined
from homeward.case.flee.rows import Findings, Names, Record, extra_cells, read_sheet, whole_number
from homeward.case.wording import did_you_mean, shown

__all__ = ["read_closures"]

_NAMES_TWO = (ClosureKind.COUNTRY, ClosureKind.LINK, ClosureKind.REMOVE_FORCED_REDIRECTION)
_ON_A_ROUTE = (ClosureKind.LINK, ClosureKind.REMOVE_FORCED_REDIRECTION)
_FOR_GOOD = -1


def read_closures(
    path: Path, file: str, places: Names, countries: Names, joined: Joined, findings: Findings
) -> tuple[Closure, ...]:
    """Read the closures: kind, one or two names, first day, and the day of its end (-1: for good)."""
    sheet = read_sheet(path, file, findings, titles=("closure_type",))
    found = []
    for record in sheet.records:
        if extra_cells(sheet, record, 5, findings) is None:
            continue
        closure = _closure(record, places, countries, findings)
        if closure is not None and _is_on_a_route(record, closure, joined, findings):
            found.append(closure)
    _warn_of_closures(file, found, findings)
    return tuple(found)


def _closure(record: Record, places: Names, countries: Names, findings: Findings) -> Closure | None:
    kind = _kind(record, findings)
    start = whole_number(record, "closure_start", record.cell(3), findings, low=0)
    end = whole_number(record, "closure_end", record.cell(4), findings, low=_FOR_GOOD)
    if kind is None or not _names_are_known(record, kind, places, countries, findings):
        return None
    if start is None or end is None:
        return None
    return Closure(kind, record.cell(1), record.cell(2) or None, start, None if end == _FOR_GOOD else end)


def _kind(record: Record, findings: Findings) -> ClosureKind | None:
    word = record.cell(0)
    if word in list(ClosureKind):
        return ClosureKind(word)
    what = f"'closure_type' is {shown(word)}, which is no kind of closure"
    findings.problems.append(record.problem(what, did_you_mean(word, [kind.value for kind in ClosureKind])))
    return None


def _names_are_known(
    record: Record, kind: ClosureKind, places: Names, countries: Names, findings: Findings
) -> bool:  # fmt: skip
    names = countries if kind is ClosureKind.COUNTRY else places
    second = (record.cell(2),) if kind in _NAMES_TWO else ()
    return names.check_all(record, (record.cell(1), *second), findings)


def _is_on_a_route(
    record: Record, closure: Closure, joined: Joined, findings: Findings
) -> bool:  # fmt: skip
    if closure.kind not in _ON_A_ROUTE:
        return True
    return are_joined(record, (closure.first, closure.second or ""), joined, findings)


def _warn_of_closures(file: str, closures: Collection[Closure], findings: Findings) -> None:
    for closure in closures:
        what = f"{closure.kind} {closure.first}"
        if closure.second and closure.kind not in _NAMES_TWO:
            text = f"{what}: Flee ignores the second name, {closure.second}, and closes {closure.first} to all"
            findings.warn(file, text + "; so is it here")
        ends_first = closure.end is not None and closure.end <= closure.start
        if ends_first and closure.kind is not ClosureKind.REMOVE_FORCED_REDIRECTION:
            text = f"{what} ends on day {closure.end}, but starts on day {closure.start}: Flee never opens it again"
            findings.warn(file, text + "; so is it here")
    if any(closure.kind is ClosureKind.LINK for closure in closures):
        text = "'link': Flee compares names so that nothing is closed; here both are closed, as documented"
        findings.warn(file, text)
