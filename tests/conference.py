"""Parties, levers and a meeting for the small case, where each lever can only help."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from homeward.case.conference import Conference, Lever, Meeting, Party
from homeward.case.table import write_table

__all__ = ["MEETING", "lever", "meeting", "party", "small_conference", "write_conference"]

_SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": "observed"}
MEETING = date(2016, 12, 31)


def party(name: str, **more: Any) -> Party:
    """Return a party; ``hosts`` and ``holds`` as in ``parties.csv``."""
    return Party.model_validate({"id": name, "name": name.title(), **_SAID, **more})


def lever(name: str, *held_by: str, **more: Any) -> Lever:
    """Return a lever, without any effect unless one is given."""
    content = {"id": name, "name": name.title(), "held_by": held_by, "evidence": "made up", **_SAID}
    return Lever.model_validate({**content, **more})


def meeting(*attending: str, **more: Any) -> Meeting:
    """Return a meeting on ``MEETING`` at which some parties are."""
    content = {"id": "talks", "name": "Talks", "date": MEETING, "attending": attending, **_SAID}
    return Meeting.model_validate({**content, **more})


def small_conference(*attending: str) -> Conference:
    """Return the conference of the small case; at its meeting are ``home`` and ``hoa`` unless others are named.

    ``promise`` is a commitment without effects; ``papers`` is in the room and blocked for want of it.
    """
    everywhere = {"places": ["ORI"], "over_months": 2}
    trusted = {**everywhere, "indicator": "guarantees.government"}
    return Conference(
        parties=(
            party("home", holds="government"),
            party("rebels", holds="opposition"),
            party("hoa", hosts="HOA"),
            party("hob", hosts="HOB"),
            party("donor"),
        ),
        levers=(
            lever("promise", "rebels"),
            lever(
                "amnesty", "home",
                effect=[{**trusted, "close_gap": 0.6, "low": 0.2, "high": 0.9}],
            ),
            lever(
                "papers", "home", requires=["promise"],
                effect=[{**everywhere, "indicator": "guarantees.opposition", "close_gap": 0.8}],
            ),
            lever("crossings", "hoa", "donor", needs="any", border=[{"border": "HOA>ORI", "level": "open"}]),
            lever(
                "watch", "rebels", "donor", needs="all", requires=["amnesty"],
                effect=[{**trusted, "close_gap": 0.5, "after_days": 31}],
            ),
        ),
        meetings=(meeting(*(attending or ("home", "hoa"))),),
    )  # fmt: skip


def write_conference(conference: Conference, folder: Path) -> None:
    """Write the three files of a conference into the folder of a case."""
    write_table(folder / "parties.csv", Party, conference.parties)
    for file, kind, rows in (("levers", "lever", conference.levers), ("meetings", "meeting", conference.meetings)):
        text = "\n".join(_as_toml(kind, row) for row in rows)
        (folder / f"{file}.toml").write_text(text, encoding="utf-8")


def _as_toml(kind: str, row: Lever | Meeting) -> str:
    content = row.model_dump(mode="json", exclude_defaults=True)
    return "\n".join([f"[[{kind}]]", *(f"{name} = {_value(one)}" for name, one in content.items()), ""])


def _value(content: object) -> str:
    """Return a value as TOML; dates stand in quotes, and ``read_toml`` takes them so."""
    if isinstance(content, dict):
        return f"{{ {', '.join(f'{name} = {_value(one)}' for name, one in content.items())} }}"
    if isinstance(content, list):
        return f"[{', '.join(map(_value, content))}]"
    return json.dumps(content)
