"""The end of 2024 taken apart: without the war in Lebanon, without the fall of the government, and without both.

The case itself holds both. What is undone keeps the value that held on the day before it began: no special case in
the rules, ordinary rows of conditions. Written into the folder ``scenarios`` of the case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from homeward.case.indicators import HELD_BY
from homeward.case.schema import Condition
from tools.syria.facts import GOVERNORATES

__all__ = ["write_scenarios"]

WAR_BEGINS = date(2024, 9, 1)
"""Month of the war in Lebanon, of which deaths are counted by month."""

OFFENSIVE_BEGINS = date(2024, 11, 1)
"""Month of the offensive, of which deaths are counted by month; holders change from 27 November on."""

_LEBANON = ("beirut", "mount-lebanon", "north-lebanon", "south-lebanon", "beqaa")

_SCENARIOS = {
    "no-event-2024": (
        "2024 without the war in Lebanon and without the fall of the government",
        (WAR_BEGINS, OFFENSIVE_BEGINS),
    ),
    "war-in-lebanon-2024": ("2024 with the war in Lebanon and without the fall of the government", (OFFENSIVE_BEGINS,)),
    "fall-of-government-2024": ("2024 with the fall of the government and without the war in Lebanon", (WAR_BEGINS,)),
}
"""Title, and the events that are undone."""


def write_scenarios(folder: Path, rows: Sequence[Condition]) -> None:
    """Write one TOML file for each into ``folder`` / scenarios."""
    (folder / "scenarios").mkdir(exist_ok=True)
    for name, (title, undone) in _SCENARIOS.items():
        changes = [change for event in undone for change in _undone(rows, event)]
        head = f'name = "{name}"\ndescription = "{title}: what is undone keeps the value of the day before"\n'
        (folder / "scenarios" / f"{name}.toml").write_text(head + "".join(changes), encoding="utf-8")


def _begins(row: Condition) -> date | None:
    """Return when the event began that a row may be part of: the war in Lebanon, or the offensive in Syria."""
    if row.place in _LEBANON and row.indicator == "violence":
        return WAR_BEGINS
    at_home = row.place in {place for place, _, _ in GOVERNORATES}
    return OFFENSIVE_BEGINS if at_home and row.indicator.startswith(("violence", HELD_BY)) else None


def _undone(rows: Sequence[Condition], event: date) -> Iterator[str]:
    """Yield a change for every series that has rows since an event began: from then on the value of the day before."""
    concerned = [row for row in rows if _begins(row) == event]
    for place, indicator in sorted({(row.place, row.indicator) for row in concerned if row.date >= event}):
        before = [row for row in concerned if (row.place, row.indicator) == (place, indicator) and row.date < event]
        value = max(before, key=lambda row: row.date).value if before else 0.0
        yield f'\n[[change]]\nindicator = "{indicator}"\nplaces = ["{place}"]\nfrom = {event}\nset = {value:g}\n'
