"""What a scenario is made of: changes of conditions, events, levers and parameters laid over a case."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from homeward.case.schema import (
    EventIndicator,
    Frozen,
    Identifier,
    NonNegative,
    Number,
    check_event_value,
    check_range,
)

__all__ = ["OPERATIONS", "Operation", "Scenario", "ScenarioChange", "ScenarioEvent", "ScenarioLever", "Share"]

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

OPERATIONS = ("multiply", "set", "add", "close_gap")
"""What a scenario or a lever can do to the value of a condition."""


class Operation(Frozen):
    """What is done to a condition at some places: exactly one operation on its value.

    ``low`` and ``high`` are the ends of the 90 % range of what the operation gives; without them a value that is set
    has no range, and any other operation moves the ends of the old range as it moves the value.
    """

    indicator: Annotated[str, Field(min_length=1, description="Indicator as in conditions.csv")]
    places: Annotated[tuple[str, ...], Field(min_length=1, description='Places or countries, or ["all"]')]
    multiply: Annotated[NonNegative | None, Field(description="Factor on the value")] = None
    set: Annotated[NonNegative | None, Field(description="Value instead")] = None
    add: Annotated[NonNegative | None, Field(description="Added to the value")] = None
    close_gap: Annotated[
        Share | None, Field(description="Share of what the value lacks to 1 that is made good: 0.5 makes 0.6 of 0.2")
    ] = None
    low: Annotated[NonNegative | None, Field(description="Low end of the 90 % range of the operation")] = None
    high: Annotated[NonNegative | None, Field(description="High end of the 90 % range of the operation")] = None

    @property
    def operation(self) -> tuple[str, float]:
        """Return the one operation that is given: its name and its number."""
        return next((name, value) for name in OPERATIONS if (value := getattr(self, name)) is not None)

    @model_validator(mode="after")
    def _one_operation(self) -> Self:
        if sum(getattr(self, name) is not None for name in OPERATIONS) != 1:
            raise ValueError(f"give exactly one of {', '.join(repr(name) for name in OPERATIONS)}")
        check_range(self.operation[1], self.low, self.high)
        if self.close_gap is not None and (self.high or 0.0) > 1.0:
            raise ValueError(f"high {self.high} lies above 1, but a gap cannot be more than closed")
        return self


class ScenarioChange(Operation):
    """A condition that a scenario sets or changes at some places for some time, by exactly one operation.

    ``low`` and ``high`` are the ends of the 90 % range of what the operation gives; without them a value that is set
    has no range, and any other change moves the ends of the old range as it moves the value.
    """

    start: Annotated[date, Field(alias="from", description="First day of the change")]
    until: Annotated[date | None, Field(description="Last day of the change; left out: for ever")] = None

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        check_order(self.start, self.until)
        return self


class ScenarioLever(Frozen):
    """A lever of the case (``levers.toml``) that a scenario pulls on a date, with all that it requires."""

    name: Annotated[Identifier, Field(description="Id of the lever")]
    start: Annotated[date, Field(alias="from", description="Day on which it is pulled")]
    until: Annotated[date | None, Field(description="Last day on which it acts; left out: for ever")] = None

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        check_order(self.start, self.until)
        return self


class ScenarioEvent(Frozen):
    """An event that a scenario adds; the same words as in ``events.csv``."""

    place: Annotated[str, Field(min_length=1, max_length=60, description="Border FROM>TO, country, or place of a note")]
    date: Annotated[date, Field(description="First day on which it holds")]
    indicator: Annotated[EventIndicator, Field(description="What the event changes")]
    value: Annotated[
        str, Field(description="Border level, open or closed, on or off, or a share; left out for a note")
    ] = ""
    what: Annotated[str, Field(description="The event in a few words, for the report")] = ""

    @model_validator(mode="after")
    def _value_fits_indicator(self) -> Self:
        check_event_value(self.indicator, self.place, self.value)
        return self


class Scenario(Frozen):
    """A named set of changes laid over a case (a small TOML file)."""

    name: Annotated[Identifier, Field(description="Short name of the scenario")]
    description: Annotated[str, Field(description="What it assumes, in a few sentences")] = ""
    parameters: Annotated[dict[str, Number], Field(description="Parameters that differ from the case, by name")] = {}  # noqa: RUF012 (copied)
    change: Annotated[tuple[ScenarioChange, ...], Field(description="Changes, applied in their order")] = ()
    event: Annotated[tuple[ScenarioEvent, ...], Field(description="Events that are added")] = ()
    lever: Annotated[tuple[ScenarioLever, ...], Field(description="Levers that are pulled, before the changes")] = ()


def check_order(start: date, until: date | None) -> None:
    """Raise ValueError if something would end before it begins."""
    if until is not None and until < start:
        raise ValueError(f"until {until} lies before from {start}")
