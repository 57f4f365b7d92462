"""What a report holds, as plain data: no SQL, no HTML.

Counts are people. An interval or band is over the replicates of the run; with one replicate its ends are
equal and the report says that there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from homeward.results.contract import Interval, RunInfo, StockFlow
from homeward.results.score_contract import ForecastSummary, Score

__all__ = [
    "BasisCount",
    "Chart",
    "Circle",
    "EstimateGroup",
    "Figure",
    "Flow",
    "KeyFigures",
    "Marker",
    "MatrixLine",
    "ModelCard",
    "ObservedSeries",
    "ParameterLine",
    "PlaceFact",
    "ReportData",
    "Series",
    "SourceLine",
    "TableDates",
    "WeakSpot",
]


@dataclass(frozen=True, slots=True)
class Figure:
    """One key figure at several dates; ``name`` is stable, ``label`` and ``meaning`` are for the reader."""

    name: str
    label: str
    meaning: str
    values: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """The key figures at a few dates; the last date is the end of the run."""

    dates: tuple[date, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """A measure over time: percentiles over the replicates, one per date."""

    dates: tuple[date, ...]
    p05: tuple[float, ...]
    p25: tuple[float, ...]
    p50: tuple[float, ...]
    p75: tuple[float, ...]
    p95: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ObservedSeries:
    """Observed figures of one measure and one definition; two definitions are never one series."""

    label: str
    points: tuple[tuple[date, float], ...]


@dataclass(frozen=True, slots=True)
class Marker:
    """A dated event, drawn as a thin line."""

    day: date
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One time course: sums over calendar years, drawn as bars, if ``yearly``; else stocks at month ends.

    ``registered`` is the median of those on the register, one value per date of the series; empty where there is none.
    """

    key: str
    title: str
    yearly: bool
    series: Series
    observed: tuple[ObservedSeries, ...]
    markers: tuple[Marker, ...]
    registered: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceFact:
    """A place on the map. Degrees."""

    place: str
    name: str
    country: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Circle:
    """People at a place (or in a whole country, where ``place`` is None) at the end of a year."""

    year: int
    country: str
    place: str | None
    group: str
    people: Interval


@dataclass(frozen=True, slots=True)
class Flow:
    """People who moved between two places (or two countries) within a year: the mean over replicates."""

    year: int
    from_place: str
    to_place: str
    group: str
    people: float


@dataclass(frozen=True, slots=True)
class ParameterLine:
    """One parameter with the value that the run used.

    ``spread`` is the posterior over the prior spread of a ``fitted`` value, None for others.
    """

    name: str
    value: float
    default: float
    unit: str
    prior: str
    meaning: str
    source: str
    basis: str
    fitted: bool = False
    spread: float | None = None

    @property
    def differs(self) -> bool:
        """Return whether the run used a value that is neither the default nor the fitted one."""
        return self.value != self.default and not self.fitted


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source of the case and the number of rows that rest on it."""

    key: str
    title: str
    publisher: str
    published: str
    licence: str
    rows: int


@dataclass(frozen=True, slots=True)
class BasisCount:
    """Rows of one table by what they rest on."""

    table: str
    observed: int
    derived: int
    estimate: int

    @property
    def total(self) -> int:
        """Return the number of rows of the table."""
        return self.observed + self.derived + self.estimate


@dataclass(frozen=True, slots=True)
class EstimateGroup:
    """Estimates of one table that share indicator and reason."""

    table: str
    what: str
    why: str
    rows: int


@dataclass(frozen=True, slots=True)
class TableDates:
    """One table of the case: its rows, first and last date, and when the last of them became known.

    ``estimates`` is the share of rows that are estimates, ``people`` that of the people in them (None where rows are
    not about people). Dates are None for tables without them.
    """

    table: str
    rows: int
    first: date | None
    last: date | None
    known_on: date | None
    estimates: float
    people: float | None


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """One line of the evaluation: a measure over a period, how much of it was fitted, and how good the run is.

    ``fitted`` of ``n`` figures were aimed at by the fit. ``error`` is the mean absolute relative error. Proper scores
    are those of ``scores`` on ``proper_n`` figures, None without them; ``skills`` are (baseline, skill in words).
    """

    title: str
    detail: str
    period: str
    n: int
    fitted: int
    error: float
    proper_n: int
    scores: ForecastSummary | None
    skills: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WeakSpot:
    """A host (or other series) of which too few figures lie inside their 90 % interval.

    ``width`` is the mean width of the intervals over the figures, ``error`` the mean relative error of the medians.
    """

    title: str
    detail: str
    name: str
    n: int
    coverage: float
    width: float
    error: float


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What was evaluated and how, what was not, and where the limits are, from the run itself.

    ``people_months`` is by kind of condition the share of people-months that rest on estimates. ``not_scored`` and
    ``limits`` are sentences made from the run. ``weak_spots`` are those among the ``judged`` series, which have figures
    enough to be judged one by one.
    """

    tables: tuple[TableDates, ...]
    people_months: tuple[tuple[str, float], ...]
    matrix: tuple[MatrixLine, ...]
    not_scored: tuple[str, ...]
    limits: tuple[str, ...]
    judged: int
    weak_spots: tuple[WeakSpot, ...]


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything that the report shows, in the order in which it is shown."""

    info: RunInfo
    command: str
    country_names: Mapping[str, str]
    key_figures: KeyFigures
    charts: tuple[Chart, ...]
    places: tuple[PlaceFact, ...]
    circles: tuple[Circle, ...]
    place_flows: tuple[Flow, ...]
    country_flows: tuple[Flow, ...]
    score: Score
    card: ModelCard
    residuals: StockFlow
    parameters: tuple[ParameterLine, ...]
    sources: tuple[SourceLine, ...]
    basis: tuple[BasisCount, ...]
    estimates: tuple[EstimateGroup, ...]
