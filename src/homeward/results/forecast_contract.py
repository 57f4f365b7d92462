"""The JSON document of ``homeward forecast``."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from homeward.results.contract import Continuation, Count, Document, Model

__all__ = ["Forecast", "ForecastPillar", "ForecastRow"]


class ForecastPillar(Model):
    """Share of the people of a row for whom a ``pillar`` is met: at least ``lower``, at most ``upper``.

    What lies between is unknown. Null where nobody returns.
    """

    pillar: str
    lower: float | None
    upper: float | None


class ForecastRow(Model):
    """One figure as it would be published, over the replicates.

    ``country``: of asylum (IDPs: of origin), null for all. ``place``: district of origin (IDP stocks: of refuge), null
    for all. Flows are sums over the part of ``year`` that ends on ``until`` and begins on ``since``, stocks those of
    ``until``. ``last_known`` is the last figure of this kind known on the day of the forecast, over a year for flows.
    """

    measure: str
    country: str | None
    place: str | None
    year: int
    since: date
    until: date
    p05: float | None
    p25: float | None
    p50: float
    p75: float | None
    p95: float | None
    last_known: float | None = None
    pillars: tuple[ForecastPillar, ...] = ()


class Forecast(Document):
    """What ``homeward forecast`` says of the time after ``as_of`` from what was known on that day.

    ``started_from``: the day whose recorded stocks the courses begin with, null where none was known. ``hand_made``:
    whether series made by hand later were taken as known on their own dates, which is hindsight. ``parameters_hash``
    and ``case_hash`` (SHA-256) name what the forecast rests on, ``package`` the version of homeward and ``code_hash``
    its modules and tables. ``notes`` say what the figures hold and what they do not.
    """

    schema_: Literal["homeward/forecast/1"] = Field("homeward/forecast/1", alias="schema")
    case: str
    scenario: str | None
    as_of: date
    until: date
    hand_made: bool
    started_from: date | None
    fitted_through: date | None
    continuation: Continuation
    replicates: Count
    seed: Count
    case_hash: str
    parameters_hash: str
    package: str
    code_hash: str
    interval: str
    run_dir: str
    rows: tuple[ForecastRow, ...]
    notes: tuple[str, ...] = ()
