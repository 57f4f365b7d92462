"""The poison test: a forecast does not read what became known later; and what a forecast says.

Every row that became known after the day is changed, deleted or shuffled, the parameters are fitted again and the
forecast is made again: the same bytes. One earlier row is changed: other bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from homeward.case.scenario_schema import Scenario, ScenarioChange
from homeward.case.schema import Basis, Case, Fitted, PosteriorRow
from homeward.errors import InputError, UsageError
from homeward.plan.forecast import Start, fit_known, make_forecast, newest_known, prepared, strained
from homeward.results.forecast_contract import Forecast, ForecastRow
from homeward.results.run import Run, code_hash
from homeward.results.tables import content_hash
from tests.plan.dated_case import AS_OF, dated_case

UNTIL = date(2018, 12, 31)
CASE = dated_case()
TABLES = ("conditions", "events", "observed", "superseded")
Poison = Callable[[Case], Case]


@dataclass(frozen=True)
class Made:
    """A forecast, with its parameters fitted on the way."""

    fitted: Fitted
    start: Start
    document: Forecast
    tables: str

    def bytes(self) -> tuple[str, str, str]:
        return self.fitted.model_dump_json(), self.document.model_copy(update={"run_dir": ""}).to_json(), self.tables


def made(case: Case, folder: Path, *, hand_made: bool = False) -> Made:
    _, fitted = fit_known(case, AS_OF, hand_made=hand_made, jobs=2)
    start = prepared(case, fitted, as_of=AS_OF, until=UNTIL, hand_made=hand_made)
    document = make_forecast(start, folder, replicates=20, jobs=2)
    return Made(fitted, start, document, content_hash(folder))


@pytest.fixture(scope="module", autouse=True)
def few() -> Iterator[None]:
    """Take few replicates and draws, and the chance that return opens as known: it is not in the tables of a case."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("homeward.learn.chance.MEMBERS", 4)
        patch.setattr("homeward.learn.calibrate.DRAWS", 4)
        patch.setattr("homeward.learn.refine.ROUNDS", 1)
        patch.setattr("homeward.plan.forecast.opening_chance", lambda _origin, _day: 0.3)
        patch.setattr("homeward.plan.forecast.closing_chance", lambda _origin, _day: 0.2)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forecast") / "run"


@pytest.fixture(scope="module")
def clean(folder: Path) -> Made:
    return made(CASE, folder)


def with_later_rows(case: Case, change: Callable[[list[Any]], list[Any]]) -> Case:
    changed = {}
    for table in TABLES:
        rows = getattr(case, table)
        early, late = ([row for row in rows if (row.known_on <= AS_OF) is known] for known in (True, False))
        assert late, table
        changed[table] = (*early, *change(late))
    return case.model_copy(update=changed)


def changed(rows: list[Any]) -> list[Any]:
    return [row.model_copy(update={"value": _other(row.value)}) for row in rows]


def _other(value: str | float) -> str | float:
    return "open" if isinstance(value, str) else min(1.0, 3.0 * value)


def shuffled(rows: list[Any]) -> list[Any]:
    order = np.random.default_rng(5).permutation(len(rows))
    return [row.model_copy(update={"value": rows[other].value}) for row, other in zip(rows[::-1], order, strict=True)]


@pytest.mark.parametrize(
    "poison", [changed, lambda _rows: [], shuffled], ids=["changed", "deleted", "shuffled"]
)  # fmt: skip
def test_rows_known_later_change_nothing(poison: Callable[[list[Any]], list[Any]], clean: Made, tmp_path: Path) -> None:
    poisoned = with_later_rows(CASE, poison)
    assert poisoned != CASE
    assert made(poisoned, tmp_path / "run").bytes() == clean.bytes()


def test_with_hand_made_rows_those_of_later_dates_change_nothing_and_those_before_do(tmp_path: Path) -> None:
    def late(row: Any) -> bool:
        is_hand_made = row.basis is Basis.ESTIMATE and row in CASE.conditions
        return bool((row.date if is_hand_made else row.known_on) > AS_OF)

    def with_changed(chosen: Callable[[Any], bool]) -> Case:
        tables = {
            table: tuple(row if not chosen(row) else changed([row])[0] for row in getattr(CASE, table))
            for table in TABLES
        }
        return CASE.model_copy(update=tables)

    def of_2015(row: Any) -> bool:
        return row in CASE.conditions and row.basis is Basis.ESTIMATE and row.date.year == 2015

    clean, poisoned, control = (
        made(case, tmp_path / name, hand_made=True)
        for name, case in (("clean", CASE), ("poisoned", with_changed(late)), ("control", with_changed(of_2015)))
    )
    assert clean.start.hand_made
    assert poisoned.bytes() == clean.bytes()
    assert control.bytes() != clean.bytes()


@pytest.mark.parametrize("table", TABLES)
def test_one_row_known_before_changes_the_forecast(table: str, clean: Made, tmp_path: Path) -> None:
    """The control: without it, a forecast that reads nothing would pass."""
    rows = list(getattr(CASE, table))
    kinds = {"conditions": "violence", "superseded": "violence", "events": "border", "observed": "refugee_stock"}
    wanted = kinds[table]
    number = max(
        number
        for number, row in enumerate(rows)
        if row.known_on <= AS_OF
        and str(getattr(row, "indicator", None) or row.measure) == wanted
        and (table != "conditions" or row.date <= date(2014, 6, 1))
    )
    value = rows[number].value
    rows[number] = rows[number].model_copy(update={"value": "closed" if isinstance(value, str) else 1.5 * value})
    other = made(CASE.model_copy(update={table: tuple(rows)}), tmp_path / "run")
    differs = [ours != theirs for ours, theirs in zip(other.bytes(), clean.bytes(), strict=True)]
    # The last figures that a fit could use are those of 2015, so a condition of 2016 moves the forecast alone.
    assert differs == [True, True, True]
    assert (other.fitted.parameters != clean.fitted.parameters) is (table != "superseded")


def rows_of(document: Forecast, measure: str, *, year: int = 2017) -> dict[tuple[str | None, str | None], ForecastRow]:
    return {(row.country, row.place): row for row in document.rows if (row.measure, row.year) == (measure, year)}


def test_courses_begin_with_the_last_record_and_nobody_is_lost(clean: Made, folder: Path) -> None:
    info = Run.open(folder).info
    assert clean.start.started_from == date(2015, 12, 31)
    assert (info.start, info.end) == (date(2016, 1, 1), UNTIL)
    assert info.people_start + info.births - info.deaths == info.people_end
    assert info.people_start == sum(row.people for row in clean.start.case.population)
    # As many as at the start of the case and four years of births, at most 3 % a year.
    people = sum(row.people for row in CASE.population)
    assert people < info.people_start < people * 1.03**4
    stock = next(
        row.value
        for row in CASE.observed
        if (row.date.year, row.place, str(row.measure)) == (2015, "HOA", "refugee_stock")
    )
    assert rows_of(clean.document, "refugee_stock")["HOA", None].last_known == stock


def test_every_year_host_and_district_has_its_quantiles(clean: Made) -> None:
    assert {row.year for row in clean.document.rows} == {2017, 2018}
    for measure in ("returned_refugees", "refugee_stock"):
        assert (None, None) in rows_of(clean.document, measure)
        assert ("HOA", None) in rows_of(clean.document, measure)
    assert ("HOA", "north") in rows_of(clean.document, "returned_refugees")
    assert ("ORI", "north") in rows_of(clean.document, "returned_idps")
    for row in clean.document.rows:
        quantiles = [value for value in (row.p05, row.p25, row.p50, row.p75, row.p95) if value is not None]
        assert len(quantiles) == 5
        assert quantiles == sorted(quantiles)


def test_intervals_of_stocks_grow_with_the_years(clean: Made) -> None:
    def width(year: int) -> float:
        row = rows_of(clean.document, "refugee_stock", year=year)[None, None]
        return float(row.p95 or 0) - float(row.p05 or 0)

    assert width(2018) > width(2017)


def test_the_document_says_what_it_rests_on(clean: Made) -> None:
    assert clean.document.code_hash == code_hash()
    document = clean.document
    assert (document.as_of, document.until, document.hand_made) == (AS_OF, UNTIL, False)
    assert document.fitted_through == AS_OF
    assert document.continuation.opening_chance == 0.3
    assert len(document.case_hash) == len(document.parameters_hash) == 64
    assert "drawn from the posterior" in document.interval


def test_a_set_serves_until_a_figure_becomes_known_that_it_has_not_seen(clean: Made) -> None:
    sets = [clean.fitted]
    assert newest_known(sets, CASE, AS_OF) == clean.fitted
    assert newest_known(sets, CASE, date(2017, 3, 1)) == clean.fitted
    assert newest_known(sets, CASE, date(2017, 6, 20)) is None
    assert newest_known(sets, CASE, date(2016, 11, 30)) is None
    assert newest_known(sets, CASE, AS_OF, hand_made=True) is None


def test_a_scenario_holds_after_the_day_and_may_not_change_what_was_before(clean: Made) -> None:
    def scenario(start: date) -> Scenario:
        change = ScenarioChange.model_validate(
            {"indicator": "violence", "places": ["north"], "from": start, "set": 0.0}
        )
        return Scenario(name="calm", change=(change,))

    start = prepared(CASE, clean.fitted, as_of=AS_OF, until=UNTIL, scenario=scenario(date(2017, 3, 1)))
    later = [row.value for row in start.case.conditions if row.place == "north" and row.date > AS_OF]
    assert later == [0.0]
    with pytest.raises(UsageError, match="calm begins on 2019-03-01, after the end of the forecast, 2018-12-31"):
        prepared(CASE, clean.fitted, as_of=AS_OF, until=UNTIL, scenario=scenario(date(2019, 3, 1)))
    with pytest.raises(UsageError, match="calm begins on 2016-06-01"):
        prepared(CASE, clean.fitted, as_of=AS_OF, until=UNTIL, scenario=scenario(date(2016, 6, 1)))


def test_where_return_is_open_it_can_shut_and_not_open_again(clean: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    shut = clean.document.continuation
    assert (shut.opening_chance, shut.closing_chance) == (0.3, 0.0)
    monkeypatch.setattr("homeward.plan.forecast.gate_is_open", lambda _case, _day: True)
    how = prepared(CASE, clean.fitted, as_of=AS_OF, until=UNTIL).continuation
    assert (how.opening_chance, how.closing_chance) == (0.0, 0.2)


def test_a_fit_and_a_start_have_violence_after_its_last_row_as_forecasts_have(
    clean: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows end with November 2016: from December on there are rows of their own, the mean of six months."""
    given: list[Case] = []

    def taken(case: Case, *_arguments: object, **_more: object) -> None:
        given.append(case)
        raise UsageError("seen")

    monkeypatch.setattr("homeward.learn.calibrate.calibrate", taken)
    monkeypatch.setattr("homeward.plan.forecast.restarted", taken)
    with pytest.raises(UsageError, match="seen"):
        fit_known(CASE, AS_OF)
    with pytest.raises(UsageError, match="seen"):
        prepared(CASE, clean.fitted, as_of=AS_OF, until=UNTIL)
    assert len(given) == 2
    for case in given:
        north = {row.date: row.value for row in case.conditions if (row.place, row.indicator) == ("north", "violence")}
        stated = [value for day, value in sorted(north.items()) if day < date(2016, 12, 1)]
        assert north[date(2016, 12, 1)] == pytest.approx(np.mean(stated[-6:]))


def test_a_period_that_ends_before_it_begins_is_refused(clean: Made) -> None:
    with pytest.raises(UsageError, match="does not lie after"):
        prepared(CASE, clean.fitted, as_of=AS_OF, until=AS_OF)


def test_a_search_may_not_begin_at_a_set_that_has_seen_more() -> None:
    late = Fitted(fitted_through=date(2018, 1, 1), known_on=date(2018, 1, 1), parameters={})
    with pytest.raises(InputError):
        fit_known(CASE, AS_OF, begin_at=late)


def test_a_parameter_outside_its_prior_is_named() -> None:
    def with_score(score: float) -> Fitted:
        row = PosteriorRow(prior="normal", location=1.0, spread=0.5, draws=(0.0,))
        value = 1.0 + 0.5 * score
        return Fitted(fitted_through=AS_OF, known_on=AS_OF, parameters={"one": value}, posterior={"one": row})

    assert strained(with_score(2.4)) == ()
    assert strained(with_score(-2.7)) == ("one",)
