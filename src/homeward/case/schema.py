"""What a case is made of: frozen models of every table and of ``case.toml``.

A case says what the world is: places, routes, conditions over time, events, people at the start and observed
figures. It holds no simulation and is never changed by a run; a scenario is laid over it by making a copy.
One definition serves the reader, the checks and the JSON Schemas that ship for editors.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from homeward.case.indicators import INDICATOR_PATTERN, NOT_SHARES

__all__ = [
    "Basis",
    "BorderLevel",
    "Case",
    "CaseSettings",
    "Condition",
    "Event",
    "EventIndicator",
    "Fitted",
    "Measure",
    "Observation",
    "Place",
    "PlaceKind",
    "Plan",
    "Population",
    "PosteriorRow",
    "Route",
    "Row",
    "Source",
    "Stage",
    "Superseded",
]

Identifier = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\s>*,;#]+$")]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
People = Annotated[int, Field(ge=0, le=10**15)]


class Basis(StrEnum):
    """What a figure rests on."""

    OBSERVED = "observed"
    DERIVED = "derived"
    ESTIMATE = "estimate"


class PlaceKind(StrEnum):
    """What sort of place this is; each kind has its own constant in the choice of a destination."""

    DISTRICT = "district"
    AREA = "area"
    CAMP = "camp"
    COUNTRY = "country"


class Stage(StrEnum):
    """Where a person is on the way out and back.

    ``travelling`` people are between two places and are counted at the place where they will arrive.
    """

    RESIDENT = "resident"
    DISPLACED = "displaced"
    REFUGEE = "refugee"
    RETURNED = "returned"
    NATURALISED = "naturalised"
    RESETTLED = "resettled"
    TRAVELLING = "travelling"


class BorderLevel(StrEnum):
    """How far a border lets people through; one permeability per level, the same for all borders."""

    OPEN = "open"
    RESTRICTED = "restricted"
    SELECTIVE = "selective"
    CLOSED = "closed"


class EventIndicator(StrEnum):
    """What an event changes. A ``note`` changes nothing and is shown on the time line of the report.

    ``coercion`` moves nobody either: it decides whether returns from a host count as voluntary.
    """

    BORDER = "border"
    REGISTRATION = "registration"
    AUDIT = "audit"
    COERCION = "coercion"
    NOTE = "note"


class Measure(StrEnum):
    """What an observed figure counts, in people (``origin_share`` in a share between 0 and 1)."""

    REFUGEE_STOCK = "refugee_stock"
    ASYLUM_SEEKER_STOCK = "asylum_seeker_stock"
    REGISTERED_STOCK = "registered_stock"
    IDP_STOCK = "idp_stock"
    RETURNED_REFUGEES = "returned_refugees"
    RETURNED_IDPS = "returned_idps"
    NEW_ARRIVALS = "new_arrivals"
    NATURALISED = "naturalised"
    RESETTLED = "resettled"
    ORIGIN_SHARE = "origin_share"


class Frozen(BaseModel):
    """Base of all models: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Row(Frozen):
    """What every row of every table says about itself."""

    source: Annotated[str, Field(min_length=1, description="Key of a row in sources.csv")]
    known_on: Annotated[date, Field(description="First day on which this figure could have been known")]
    basis: Annotated[Basis, Field(description="observed, derived from observed figures, or an estimate")]
    why: Annotated[str, Field(description="How it was derived, or why it is estimated so; needed for an estimate")] = ""

    @model_validator(mode="after")
    def _estimate_says_why(self) -> Self:
        if self.basis is Basis.ESTIMATE and not self.why:
            raise ValueError("an estimate must say why: fill the column 'why'")
        return self


class Source(Frozen):
    """A publication or series that rows refer to (``sources.csv``)."""

    id: Annotated[Identifier, Field(description="Key by which rows name this source")]
    title: Annotated[str, Field(min_length=1, description="Title of the publication or series")]
    publisher: Annotated[str, Field(description="Who published it")] = ""
    published: Annotated[str, Field(description="When, in words")] = ""
    licence: Annotated[str, Field(description="Under which terms it may be used")] = ""


class Place(Row):
    """A district of origin, a host area, a camp, a whole country or a group of countries (``places.csv``)."""

    id: Annotated[Identifier, Field(description="Readable word by which other tables name it, such as aleppo")]
    name: Annotated[str, Field(min_length=1, description="Name as shown")]
    country: Annotated[CountryCode, Field(description="ISO 3166 alpha-3; XAA to XZZ for groups of countries")]
    kind: Annotated[PlaceKind, Field(description="What sort of place it is")]
    pcode: Annotated[str, Field(description="OCHA P-code, where one exists")] = ""
    latitude: Annotated[float, Field(ge=-90, le=90, description="Degrees, where people live")]
    longitude: Annotated[float, Field(ge=-180, le=180, description="Degrees, where people live")]
    population: Annotated[
        People | None,
        Field(description="People living there before the displacement; weighs the place as a destination"),
    ] = None
    capacity: Annotated[People | None, Field(description="Most displaced people it can hold; blank: no limit")] = None
    overflow: Annotated[str, Field(description="Place of those who find no room; needed with a capacity")] = ""


class Route(Row):
    """A road between two places, usable both ways (``routes.csv``).

    A route from a place to itself gives the distance that people displaced inside that place cover.
    """

    from_place: Annotated[Identifier, Field(description="Place at one end")]
    to_place: Annotated[Identifier, Field(description="Place at the other end")]
    km: Annotated[float, Field(gt=0, le=40_000, description="Length along the road, kilometres")]
    adjacent: Annotated[
        bool, Field(description="Whether the two places share a boundary, so that violence spills over")
    ] = False
    crossing: Annotated[str, Field(description="Name of the border crossing, blank inside a country")] = ""
    by: Annotated[
        Literal["road", "air"],
        Field(description="How people travel; by air papers and a ticket count as a further distance"),
    ] = "road"


class Population(Row):
    """People at the start of the case (``population.csv``)."""

    origin: Annotated[Identifier, Field(description="District where they come from")]
    place: Annotated[Identifier, Field(description="Place where they are")]
    stage: Annotated[Stage, Field(description="Where they are on the way out and back")]
    people: Annotated[People, Field(description="How many")]
    frailty_class: Annotated[
        int | None,
        Field(ge=0, description="Frailty class, 0 the least ready to flee; blank: drawn, the classes equally likely"),
    ] = None
    registered: Annotated[
        bool, Field(description="Whether a refugee is on the host's register; if not, they wait for it")
    ] = True


class Condition(Row):
    """The value of an indicator at a place from a date until its next row (``conditions.csv``).

    Indicators: ``violence`` (recorded deaths per calendar month), ``held_by.NAME`` (share of the people there
    living under that holder, 0 to 1), ``fled.NAME`` (share of those displaced from a district who fled that holder),
    ``naturalisation_rate`` and ``resettlement_rate`` (per year, share of
    the refugees there); of a district of origin ``housing``, ``services``, ``livelihoods`` and ``documents``, of a
    host ``legal_stay``, ``work``, ``aid`` and ``hostility`` (all 0 to 1; hostility 1 at worst, the others at best)
    and ``return_intention`` (share who tell a survey that they mean to return within twelve months). Housing and
    services are destroyed and rebuilt between their rows: ``reconstruction`` (US dollars a year for every resident
    before the war), ``sanctions`` (share of them held up) and ``access`` (share of the district in reach).
    ``ceasefire`` is the share of the violence at a place that an agreement stops, ``guarantees.NAME`` the share of the
    risk of persecution under a holder that amnesties and guarantees take away; how far either holds is one doubt for
    the whole country.
    ``place`` is a place or, for what is about a host, a country; a country's value holds for all its places that
    have no rows of their own for it. Before its first row an indicator is 0; the conditions of home and host, the
    intention and access are unknown.
    """

    place: Annotated[Identifier, Field(description="Place, or for what is about a host a country for all its places")]
    date: Annotated[date, Field(description="First day on which the value holds")]
    indicator: Annotated[
        str,
        Field(
            pattern=INDICATOR_PATTERN,
            description="violence, held_by.NAME, fled.NAME, guarantees.NAME, a rate, or a condition of home or host",
        ),
    ]
    value: Annotated[NonNegative, Field(description="Value of the indicator")]
    low: Annotated[NonNegative | None, Field(description="Low end of its 90 % range")] = None
    high: Annotated[NonNegative | None, Field(description="High end of its 90 % range")] = None

    @model_validator(mode="after")
    def _range_is_ordered(self) -> Self:
        check_range(self.value, self.low, self.high)
        if self.indicator not in NOT_SHARES and self.value > 1:
            raise ValueError(f"{self.indicator} is a share and must lie between 0 and 1, not {self.value}")
        return self


class Superseded(Condition):
    """A condition as it was known before the row of ``conditions.csv`` took its place (``superseded.csv``).

    Place, date and indicator are those of that row. Only forecasts read it: from days on which it was known and the
    later row was not.
    """


class Event(Row):
    """Something that happened on a date (``events.csv``).

    ``border``: place ``AAA>BBB`` (from country, to country; ``*`` for any), value a border level.
    ``registration``: place a country or a place in it, value ``open`` or ``closed``; the later row holds.
    ``audit``: place a country, value the share of the registered stock taken off the register. ``coercion``:
    place a country of asylum or a place in it, value ``on`` while people are sent back by force, threat or forms signed
    under pressure, ``off`` from the day when that is known to have ended; the later row holds, and that of a place
    overrides its country's. Without a row none is on record. ``note``: shown on the time line, moves nobody.
    """

    place: Annotated[str, Field(min_length=1, max_length=60, description="Border FROM>TO, country, or place of a note")]
    date: Annotated[date, Field(description="First day on which it holds")]
    indicator: Annotated[EventIndicator, Field(description="What the event changes")]
    value: Annotated[
        str, Field(description="Border level, open or closed, on or off, or a share; blank for a note")
    ] = ""
    low: Annotated[NonNegative | None, Field(description="Low end of the 90 % range of a share")] = None
    high: Annotated[NonNegative | None, Field(description="High end of the 90 % range of a share")] = None
    what: Annotated[str, Field(description="The event in a few words, for the report")] = ""

    @model_validator(mode="after")
    def _value_fits_indicator(self) -> Self:
        check_event_value(self.indicator, self.place, self.value)
        return self


class Observation(Row):
    """An observed figure (``observed.csv``): for scores, fits and restarts, else no input of a run.

    Stocks hold at the end of ``date``; flows are sums over the calendar year that ends on ``date``. ``place``
    is a place or a country. ``origin`` is filled where the figure is about people from one place only.
    """

    date: Annotated[date, Field(description="Day of a stock, last day of the year of a flow")]
    measure: Annotated[Measure, Field(description="What is counted")]
    place: Annotated[Identifier, Field(description="Place or country")]
    origin: Annotated[str, Field(description="District they come from; blank: all of them")] = ""
    value: Annotated[NonNegative, Field(description="People, or a share between 0 and 1 for origin_share")]
    definition: Annotated[str, Field(min_length=1, description="Whose definition; two are never one series")]


class Plan(Row):
    """A figure that planners published beforehand (``plans.csv``): beside backtests, never an observation.

    ``date`` is the last day of the calendar year that it is for, ``known_on`` the day of publication.
    """

    date: Annotated[date, Field(description="Last day of the year that the figure is for")]
    measure: Annotated[
        Literal[Measure.RETURNED_REFUGEES, Measure.RETURNED_IDPS], Field(description="What was planned for")
    ]
    place: Annotated[Identifier, Field(description="Country of asylum; of origin: all hosts together")]
    value: Annotated[NonNegative, Field(description="People")]
    definition: Annotated[str, Field(min_length=1, description="What the planners said of it, such as 'up to'")]


class CaseSettings(Frozen):
    """``case.toml``: name, period, step, rules and the parameters that differ from their defaults."""

    name: Annotated[Identifier, Field(description="Short name of the case")]
    title: Annotated[str, Field(min_length=1, description="Title as shown in reports")]
    description: Annotated[str, Field(description="What the case covers, in a few sentences")] = ""
    origin_country: Annotated[CountryCode, Field(description="Country of origin, ISO 3166 alpha-3")]
    start: Annotated[date, Field(description="First day of the simulation")]
    end: Annotated[date, Field(description="Last day of the simulation")]
    step_hours: Annotated[
        Literal[1, 2, 3, 4, 6, 8, 12, 24, 168],
        Field(description="Length of one step: divides a day, or 168 for a week (a block of at most seven days)"),
    ] = 24
    rules: Annotated[Literal["homeward"], Field(description="Set of rules")] = "homeward"
    parameters: Annotated[
        dict[str, Number], Field(description="Parameters that differ from their defaults, by name")
    ] = {}

    @model_validator(mode="after")
    def _period_is_ordered(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"end {self.end} lies before start {self.start}")
        return self


class PosteriorRow(Frozen):
    """Draws of one parameter from the posterior of a fit, on the scale of its prior: standard normal scores.

    The draws with one number, of all parameters, belong together. ``prior``, ``location`` and ``spread`` say what the
    scores mean (:mod:`homeward.rules.priors`).
    """

    prior: Annotated[
        Literal["lognormal", "normal", "beta"], Field(description="Family of the prior that the fit started from")
    ]
    location: Annotated[float, Field(allow_inf_nan=False, description="Its median, or its mean")]
    spread: Annotated[float, Field(gt=0, allow_inf_nan=False, description="Its standard deviation, as in its table")]
    draws: Annotated[tuple[Number, ...], Field(min_length=1, description="Standard normal scores, one for each draw")]


class Fitted(Frozen):
    """``fitted.toml``: values of parameters that a fit to the observed figures gave, as ``homeward fit`` writes it.

    They stand between the defaults of the rules and what ``case.toml`` says: a parameter that is set there wins.
    Further sets, in the folder ``fits`` under any name, serve forecasts from days on which they had seen nothing later.
    """

    fitted_through: Annotated[date, Field(description="Last date of the observed figures that were used")]
    known_on: Annotated[date, Field(description="Day on which the last row that the fit read became known")]
    parameters: Annotated[dict[str, Number], Field(description="Fitted values, by name")]
    spread: Annotated[
        dict[str, NonNegative],
        Field(description="Posterior over prior standard deviation, by name: near 1, the figures say nothing"),
    ] = {}
    posterior: Annotated[
        dict[str, PosteriorRow],
        Field(description="Draws from the posterior, by name: each replicate of a run takes one of them"),
    ] = {}
    hand_made: Annotated[
        bool, Field(description="Whether rows that are estimates were taken as known on their own dates")
    ] = False
    opening_chance: Annotated[
        float | None,
        Field(ge=0, lt=1, description="Chance that return opens within a year, by the reference class of that day"),
    ] = None
    closing_chance: Annotated[
        float | None,
        Field(ge=0, lt=1, description="Chance that it shuts within a year where it is open, by the same"),
    ] = None
    rows_hash: Annotated[
        str | None, Field(description="SHA-256 of the rows that were known; a case with others asks for a new fit")
    ] = None

    @model_validator(mode="after")
    def _posterior_is_whole(self) -> Self:
        counts = {len(row.draws) for row in self.posterior.values()}
        if len(counts) > 1:
            raise ValueError(f"posterior: all parameters must have as many draws, not {min(counts)} and {max(counts)}")
        return self


class Case(Frozen):
    """A whole case: settings and tables, validated row by row; ``case.check`` looks across the tables."""

    settings: CaseSettings
    fitted: Fitted | None = None
    sources: tuple[Source, ...]
    places: tuple[Place, ...]
    routes: tuple[Route, ...]
    population: tuple[Population, ...]
    conditions: tuple[Condition, ...] = ()
    events: tuple[Event, ...] = ()
    observed: tuple[Observation, ...] = ()
    plans: tuple[Plan, ...] = ()
    superseded: tuple[Superseded, ...] = ()


def check_range(value: float, low: float | None, high: float | None) -> None:
    if low is not None and low > value:
        raise ValueError(f"low {low} is above the value {value}")
    if high is not None and high < value:
        raise ValueError(f"high {high} is below the value {value}")


def check_event_value(indicator: EventIndicator, place: str, value: str) -> None:
    """Raise ValueError if ``value`` and ``place`` do not suit an event of this indicator."""
    if indicator is EventIndicator.BORDER:
        ends = place.split(">")
        if len(ends) != 2 or not all(e == "*" or (len(e) == 3 and e.isupper()) for e in ends):
            raise ValueError(f"a border is written FROM>TO with country codes or *, not {place!r}")
        levels = [level.value for level in BorderLevel]
        if value not in levels:
            raise ValueError(f"a border level is one of {', '.join(levels)}, not {value!r}")
    elif indicator is EventIndicator.REGISTRATION:
        if value not in ("open", "closed"):
            raise ValueError(f"registration is open or closed, not {value!r}")
    elif indicator is EventIndicator.COERCION:
        if value not in ("on", "off"):
            raise ValueError(f"coercion is on or off, not {value!r}")
    elif indicator is EventIndicator.AUDIT:
        _check_share(value)
    elif value:
        raise ValueError(f"a note has no value, found {value!r}")


def _check_share(text: str) -> None:
    try:
        share = float(text)
    except ValueError:
        raise ValueError(f"an audit needs the share taken off the register, not {text!r}") from None
    if not 0 <= share <= 1:
        raise ValueError(f"the share taken off the register lies between 0 and 1, not {text}")
