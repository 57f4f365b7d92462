"""Who can move what: the parties, levers and meetings of a case (``parties.csv``, ``levers.toml``, ``meetings.toml``).

They stand beside a case and are no part of it: no run reads them, so they change no hash. A lever that is pulled
becomes part of a scenario (:mod:`homeward.case.levers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from homeward.case.indicators import FLED, GUARANTEES, HELD_BY, HOST_CONDITIONS
from homeward.case.scenario_schema import Operation
from homeward.case.schema import (
    Basis,
    BorderLevel,
    Frozen,
    Identifier,
    Number,
)

__all__ = [
    "CONFERENCE_FILES",
    "Conference",
    "Evidenced",
    "Lever",
    "LeverBorder",
    "LeverEffect",
    "Levers",
    "Meeting",
    "Meetings",
    "Party",
]


class Evidenced(Frozen):
    """What every party, lever and meeting says: what it is called, and where it comes from."""

    id: Annotated[Identifier, Field(description="Word by which it is named elsewhere")]
    name: Annotated[str, Field(min_length=1, description="Name as shown")]
    source: Annotated[str, Field(min_length=1, description="Where it comes from, as a reader can find it")]
    known_on: Annotated[date, Field(description="First day on which it could have been known")]
    basis: Annotated[Basis, Field(description="observed, derived from what was observed, or an estimate")]
    why: Annotated[str, Field(description="Why it is estimated so; needed for an estimate")] = ""

    @model_validator(mode="after")
    def _estimate_says_why(self) -> Self:
        if self.basis is Basis.ESTIMATE and not self.why:
            raise ValueError("an estimate must say why: fill 'why'")
        return self


class Party(Evidenced):
    """A state, a body or a group that hosts refugees, holds territory or holds levers (``parties.csv``)."""

    hosts: Annotated[
        str, Field(pattern=r"^([A-Z]{3}( [A-Z]{3})*)?$", description="Countries of asylum it speaks for, with spaces")
    ] = ""
    holds: Annotated[
        str, Field(pattern=r"^([a-z_]+( [a-z_]+)*)?$", description="Holders it is, NAME of held_by.NAME, with spaces")
    ] = ""
    role: Annotated[str, Field(description="What it has to do with return, in a few neutral words")] = ""

    @property
    def countries(self) -> tuple[str, ...]:
        """Return the countries of asylum that it speaks for."""
        return tuple(self.hosts.split())

    @property
    def holders(self) -> tuple[str, ...]:
        """Return the holders that it is."""
        return tuple(self.holds.split())


class LeverEffect(Operation):
    """What a lever does to a condition: one operation as in a scenario, from some days on, at once or in steps."""

    after_days: Annotated[int, Field(ge=0, le=3650, description="Days from the pull to its first effect")] = 0
    over_months: Annotated[
        int, Field(ge=1, le=120, description="Months in which it grows to its whole, in equal monthly steps")
    ] = 1

    @model_validator(mode="after")
    def _is_a_lever(self) -> Self:
        name = self.operation[0]
        if name == "set" and self.over_months > 1:
            raise ValueError("a value that is set comes at once: leave out over_months, or use add or close_gap")
        if self._harms():
            raise ValueError(
                f"{name} of {self.indicator} can make life at a host harder, and pressure on refugees is no lever: "
                "put it into a scenario, whose harm is told first"
            )
        if self.indicator.startswith((HELD_BY, FLED)):
            raise ValueError(f"who holds a place is no lever: use {GUARANTEES}NAME, or a change in a scenario")
        return self

    def _harms(self) -> bool:
        """Return whether it can make life at a host harder."""
        name, value = self.operation
        if self.indicator not in HOST_CONDITIONS:
            return False
        if self.indicator == "hostility":
            return name != "multiply" or max(value, self.high or 0.0) > 1.0
        return name == "set" or (name == "multiply" and min(value, value if self.low is None else self.low) < 1.0)


class LeverBorder(Frozen):
    """A border that a lever opens to a level; where it is further open already, the lever is refused."""

    border: Annotated[str, Field(pattern=r"^[A-Z]{3}>[A-Z]{3}$", description="From country > to country")]
    level: Annotated[BorderLevel, Field(description="Level from then on")]
    after_days: Annotated[int, Field(ge=0, le=3650, description="Days from the pull to the change")] = 0


class Lever(Evidenced):
    """A change that some party can make (``levers.toml``). One without effects is a commitment that others require."""

    held_by: Annotated[tuple[Identifier, ...], Field(min_length=1, description="Ids of the parties that hold it")]
    needs: Annotated[
        Literal["any", "all"], Field(description="Whether any of them can pull it alone, or only all together")
    ] = "any"
    requires: Annotated[
        tuple[Identifier, ...], Field(description="Levers or commitments without which it is not pulled, all of them")
    ] = ()
    evidence: Annotated[str, Field(min_length=1, description="What its effect rests on, and how sure that is")]
    effect: Annotated[tuple[LeverEffect, ...], Field(description="What it does to conditions")] = ()
    border: Annotated[tuple[LeverBorder, ...], Field(description="What it does to borders")] = ()
    parameters: Annotated[
        dict[str, Number],
        Field(description="Parameters that differ with it: for the whole of a run, in a meeting from the pull on"),
    ] = {}  # noqa: RUF012 (copied)


class Levers(Frozen):
    """``levers.toml``: all levers of a case."""

    lever: Annotated[tuple[Lever, ...], Field(description="The levers")] = ()


class Meeting(Evidenced):
    """Who sat at a table on a date (``meetings.toml``)."""

    date: Annotated[date, Field(description="First day of the meeting")]
    attending: Annotated[tuple[Identifier, ...], Field(min_length=1, description="Ids of the parties in the room")]
    observing: Annotated[
        tuple[Identifier, ...], Field(description="Ids of the parties in the room as observers; their levers count")
    ] = ()
    note: Annotated[str, Field(description="What else is to be known of it")] = ""

    @property
    def in_the_room(self) -> tuple[str, ...]:
        """Return the ids of all parties in the room."""
        return (*self.attending, *self.observing)


class Meetings(Frozen):
    """``meetings.toml``: all meetings of a case."""

    meeting: Annotated[tuple[Meeting, ...], Field(description="The meetings")] = ()


class Conference(Frozen):
    """Parties, levers and meetings of one case."""

    parties: tuple[Party, ...] = ()
    levers: tuple[Lever, ...] = ()
    meetings: tuple[Meeting, ...] = ()


CONFERENCE_FILES: Mapping[str, type[BaseModel]] = {
    "parties.csv": Party,
    "levers.toml": Levers,
    "meetings.toml": Meetings,
}
"""Files of a case folder that hold them; a case may do without any."""
