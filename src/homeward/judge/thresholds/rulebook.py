"""The rulebook of thresholds: criteria with their themes, their origins and the tests by which they are judged.

It ships as ``rulebook.toml`` beside this module. Questions are in our own words; where each comes from is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from homeward.case.findings import FindingScope
from homeward.case.indicators import HOME_CONDITIONS, HOST_CONDITIONS, RETURN_INTENTION
from homeward.case.tomlfile import read_toml
from homeward.case.wording import did_you_mean
from homeward.errors import UsageError
from homeward.judge.limits import limits_with

__all__ = [
    "CONDITIONS",
    "EVENTS",
    "MEASURES",
    "SCOPES",
    "Criterion",
    "Origin",
    "Rulebook",
    "Test",
    "chosen_criteria",
    "rulebook",
]

Sense = Literal["at most", "at least"]

SCOPES: tuple[FindingScope, ...] = get_args(FindingScope)
"""What criteria are about: a district of origin (``place``), the ``country`` of origin, a ``host`` country."""

EVENTS = ("coercion", "registration", "border_home", "border_out")
"""Measures that events of a case give: a word, not a number."""

CONDITIONS = (*HOME_CONDITIONS, "access", *HOST_CONDITIONS, RETURN_INTENTION)
"""Measures whose last row says it: indicators of ``conditions.csv``."""

MEASURES = ("violence", "persecution_risk", *CONDITIONS, *EVENTS)
"""Everything that a test can be about."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Origin(_Part):
    """A document that criteria come from."""

    title: str
    publisher: str
    published: str
    note: str


class Test(_Part):
    """How a measure of a case is held against a limit, or against words that ``fails`` lists.

    ``limit`` names a limit of the four pillars; ``at_most`` and ``at_least`` give one, with the reason in ``why``.
    ``months``: whole months before the day over which violence is taken.
    """

    __test__ = False  # pytest would take it for tests of its own

    measure: str
    meaning: Annotated[str, Field(min_length=1)]
    limit: str | None = None
    at_most: float | None = None
    at_least: float | None = None
    fails: tuple[str, ...] = ()
    months: Annotated[int | None, Field(ge=1)] = None
    why: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.measure not in MEASURES:
            raise ValueError(f"{self.measure!r} is no measure: {did_you_mean(self.measure, MEASURES)}")
        given = [self.limit, self.at_most, self.at_least, self.fails or None]
        if sum(one is not None for one in given) != 1:
            raise ValueError("a test has one of limit, at_most, at_least, fails: give exactly one")
        if (self.measure in EVENTS) != bool(self.fails):
            raise ValueError("events have words that fail, numbers have limits: give what suits the measure")
        if (self.measure == "violence") != (self.months is not None):
            raise ValueError("violence is taken over months, and nothing else is: give or remove months")
        return self

    def bound(self) -> tuple[Sense, float]:
        """Return the sense and the value of the limit of a number; a word has none, which is a ValueError."""
        if self.limit is not None:
            row = limits_with()[self.limit]
            return row.sense, row.value
        if self.at_most is not None:
            return "at most", self.at_most
        if self.at_least is None:
            raise ValueError(f"{self.measure} is no number")
        return "at least", self.at_least

    def rule(self) -> str:
        """Return what the measure must be, in words."""
        if self.fails:
            return f"anything but {' or '.join(self.fails)}"
        sense, value = self.bound()
        return f"{sense} {value:g}"

    def reason(self) -> str:
        """Return why the limit is what it is."""
        return self.why if self.limit is None else limits_with()[self.limit].source


class Criterion(_Part):
    """One question, asked of every subject of its scope.

    ``decides``: its tests together answer it both ways. Else they can only show that it is not met, and a finding is
    needed to show that it is. ``origins``: the section of each document it comes from, by the key of the document.
    """

    id: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]
    theme: str
    scope: FindingScope
    question: Annotated[str, Field(min_length=1)]
    tests: tuple[str, ...] = ()
    decides: bool = False
    origins: Annotated[Mapping[str, str], Field(min_length=1)]


class Rulebook(_Part):
    """All criteria, with what they refer to.

    ``oldest_months``: conditions and findings that began to hold longer before the day say nothing of it any more.
    """

    version: Annotated[int, Field(ge=1)]
    date: date
    oldest_months: Annotated[int, Field(ge=1)]
    sources: Mapping[str, Origin]
    themes: Mapping[str, str]
    tests: Mapping[str, Test]
    criteria: tuple[Criterion, ...]

    @model_validator(mode="after")
    def _refers_to_what_is_there(self) -> Self:
        ids = [one.id for one in self.criteria]
        if len(set(ids)) < len(ids):
            raise ValueError("two criteria have one id: give each its own")
        for one in self.criteria:
            _require(one.id, "theme", [one.theme], self.themes)
            _require(one.id, "test", one.tests, self.tests)
            _require(one.id, "source", list(one.origins), self.sources)
            if one.decides and not one.tests:
                raise ValueError(f"{one.id} has no test that could decide: remove decides")
        return self

    def finding_scopes(self) -> dict[str, FindingScope | None]:
        """Return what a finding on each criterion is about; None where the tests decide and take none."""
        return {one.id: None if one.decides else one.scope for one in self.criteria}


def _require(criterion: str, what: str, named: Sequence[str], known: Mapping[str, object]) -> None:
    for name in named:
        if name not in known:
            raise ValueError(f"{criterion} has the unknown {what} {name!r}: {did_you_mean(name, known)}")


@cache
def rulebook() -> Rulebook:
    """Return the rulebook that ships with the package."""
    return read_toml(Path(str(files("homeward.judge.thresholds") / "rulebook.toml")), Rulebook)


def chosen_criteria(book: Rulebook, themes: Sequence[str] = ()) -> tuple[Criterion, ...]:
    """Return the criteria of some themes, of all if none is named; raises UsageError for an unknown theme."""
    for theme in themes:
        if theme not in book.themes:
            raise UsageError(f"there is no theme {theme!r}. {did_you_mean(theme, book.themes)}")
    return tuple(one for one in book.criteria if not themes or one.theme in themes)
