from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from homeward.case.schema import Basis, Case, Event, EventIndicator, Measure, Observation
from homeward.errors import RunError
from homeward.judge.observe import Observer, observation_error
from homeward.judge.simulated import Simulated, simulated_run
from homeward.results.run import Run
from tests.hand_made import trajectory, write_run
from tests.small_case import small_case

SAID = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}
MONTHS = 12


def observed(measure: Measure, place: str, *, value: float = 1.0, **more: object) -> Observation:
    return Observation.model_validate(
        {"date": date(2012, 12, 31), "measure": measure, "place": place, "value": value, "definition": "x"}
        | SAID
        | more
    )


def case_with(*rows: Observation, events: tuple[Event, ...] = (), **parameters: float) -> Case:
    kept = {"deactivation_rate": 0.0} | parameters
    return small_case(parameters=kept).model_copy(update={"observed": rows, "events": events})


def run_of(folder: Path, case: Case, replicates: int = 2, *, seed: int = 1) -> Run:
    """Return a run with 1,000 refugees in HOA from the first month on, 600 of them in city, 400 in camp."""
    stocks = [
        row
        for month in range(MONTHS)
        for row in (
            (month, "city", "north", "refugee", 450),
            (month, "city", "south", "refugee", 150),
            (month, "camp", "north", "refugee", 400),
            (month, "farland", "north", "refugee", 100),
            (month, "south", "north", "displaced", 70),
        )
    ]
    returns = [(1, "north", "city", 6), (2, "north", "city", 4), (2, "north", "south", 30)]
    flows = [(4, "north", "city", "naturalisation", 9)]
    fled_back = [(3, "south", "camp", 5)]
    courses = [
        trajectory(case, k, stocks=stocks, returns=returns, fled_back=fled_back, flows=flows) for k in range(replicates)
    ]
    return write_run(folder, case, courses, seed=seed)


FIGURES = [
    (observed(Measure.REFUGEE_STOCK, "HOA"), 1000),
    (observed(Measure.REGISTERED_STOCK, "HOA", date="2012-03-05"), 1000),
    (observed(Measure.REFUGEE_STOCK, "camp"), 400),
    (observed(Measure.REFUGEE_STOCK, "HOA", origin="north"), 850),
    (observed(Measure.REFUGEE_STOCK, "city", origin="south"), 150),
    (observed(Measure.ORIGIN_SHARE, "HOA", origin="south"), 0.15),
    (observed(Measure.ORIGIN_SHARE, "city", origin="south", date="2012-09-30"), 0.25),
    (observed(Measure.IDP_STOCK, "ORI"), 70),
    (observed(Measure.IDP_STOCK, "south"), 70),
    (observed(Measure.RETURNED_REFUGEES, "HOA"), 15),
    (observed(Measure.RETURNED_REFUGEES, "city"), 10),
    (observed(Measure.RETURNED_REFUGEES, "camp"), 5),
    (observed(Measure.RETURNED_IDPS, "ORI"), 30),
    (observed(Measure.RETURNED_IDPS, "north"), 30),
    (observed(Measure.RETURNED_IDPS, "south"), 0),
    (observed(Measure.NATURALISED, "HOA"), 9),
]


@pytest.fixture(scope="module")
def observer(tmp_path_factory: pytest.TempPathFactory) -> Observer:
    case = case_with(*(row for row, _ in FIGURES), registration_lag_months=0)
    return Observer(simulated_run(run_of(tmp_path_factory.mktemp("figures") / "run", case)))


@pytest.mark.parametrize("number", range(len(FIGURES)))
def test_figures_by_hand(observer: Observer, number: int) -> None:
    row, expected = FIGURES[number]
    assert observer.figure(row).central == pytest.approx([expected] * 2), row


def test_far_countries_recognise_slowly_and_the_rest_are_asylum_seekers(tmp_path: Path) -> None:
    refugees = observed(Measure.REFUGEE_STOCK, "HOB")
    seekers = observed(Measure.ASYLUM_SEEKER_STOCK, "HOB")
    case = case_with(refugees, seekers, recognition_lag_months=9)
    observer = Observer(simulated_run(run_of(tmp_path / "run", case)))
    assert observer.far == {"HOB"}
    recognised = 100 * (1 - np.exp(-MONTHS / 9))
    assert observer.figure(refugees).central == pytest.approx([recognised] * 2)
    assert observer.figure(seekers).central == pytest.approx([100 - recognised] * 2)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (observed(Measure.REFUGEE_STOCK, "nowhere"), "not a place"),
        (observed(Measure.REFUGEE_STOCK, "HOA", date="2013-12-31"), "outside the run"),
        (observed(Measure.RETURNED_REFUGEES, "HOA", date="2012-06-30"), "calendar year"),
        (observed(Measure.RETURNED_REFUGEES, "HOA", origin="north"), "by origin"),
        (observed(Measure.NATURALISED, "HOA", definition="cumulative since 2011"), "cumulative"),
        (observed(Measure.NEW_ARRIVALS, "city"), "by country only"),
        (observed(Measure.RESETTLED, "HOA"), "place that people left"),
        (observed(Measure.ASYLUM_SEEKER_STOCK, "HOA"), "not asylum seekers"),
    ],
)
def test_what_cannot_be_compared_says_why(observer: Observer, row: Observation, words: str) -> None:
    figure = observer.figure(row)
    assert words in figure.reason
    assert not len(figure.central)


def test_events_close_the_register_and_audit_it(tmp_path: Path) -> None:
    def event(month: int, indicator: EventIndicator, value: str, **more: float) -> Event:
        return Event.model_validate(
            {"place": "HOA", "date": date(2012, month, 6), "indicator": indicator, "value": value} | SAID | more
        )

    row = observed(Measure.REFUGEE_STOCK, "HOA")
    closed = case_with(row, events=(event(1, EventIndicator.REGISTRATION, "closed"),))
    at_start = sum(r.people for r in closed.population if r.stage == "refugee")
    assert at_start == 1200  # more than the thousand who are there: all of them are registered
    assert Observer(simulated_run(run_of(tmp_path / "closed", closed))).figure(row).central == pytest.approx(
        [1000 * (1 - 10 / 1000)] * 2, rel=0.02
    )
    audit = event(12, EventIndicator.AUDIT, "0.2", low=0.1, high=0.5)
    audited = case_with(row, events=(audit,), registration_lag_months=0, registration_error_sd=0)
    figure = Observer(simulated_run(run_of(tmp_path / "audited", audited, 25))).figure(row)
    assert figure.central == pytest.approx([800] * 25)
    assert figure.published.min() > 500
    assert figure.published.max() < 900
    assert np.std(figure.published) > 20


@pytest.mark.statistical
def test_the_error_is_lognormal(observer: Observer) -> None:
    """4,000 draws, bounds at four standard errors: false-alarm rate under 2 in 10,000."""
    logs = np.log(observation_error(resized(observer.simulated, 4_000), 0.15, "idp_stock", "ORI", "2012"))
    assert abs(logs.mean()) < 4 * 0.15 / np.sqrt(4_000)
    assert abs(logs.std() - 0.15) < 4 * 0.15 / np.sqrt(8_000)


def test_the_error_is_addressed_by_name(observer: Observer) -> None:
    def error(replicates: int = 3, seed: int = 1, place: str = "ORI") -> list[float]:
        run = resized(observer.simulated, replicates, seed)
        return [float(factor) for factor in observation_error(run, 0.15, "idp_stock", place, "2012")]

    assert error() == error(30)[:3]
    assert not set(error()) & set(error(seed=2))
    assert not set(error()) & set(error(place="south"))
    figure = observer.figure(observed(Measure.IDP_STOCK, "ORI"))
    assert figure.published.tolist() == pytest.approx([70 * factor for factor in error(2)])


def resized(simulated: Simulated, replicates: int, seed: int = 1) -> Simulated:
    """Return the run as if it had other replicates: errors need nothing else of it."""
    return replace(simulated, replicates=replicates, seed=seed)


def test_no_error_for_naturalisation(observer: Observer) -> None:
    figure = observer.figure(observed(Measure.NATURALISED, "HOA"))
    assert figure.published.tolist() == figure.central.tolist() == [9, 9]


def test_a_run_without_the_parameters_is_refused(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run", case_with())
    kept = {name: value for name, value in run.info.parameters.items() if name != "idp_error_sd"}
    with pytest.raises(RunError, match="'idp_error_sd'"):
        Observer(simulated_run(Run(run.folder, run.info.model_copy(update={"parameters": kept}))))
