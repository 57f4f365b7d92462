"""Audits after the last known day of a forecast: how often, and that published registers have them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from homeward.case.schema import Case, Event, EventIndicator
from homeward.judge.later_audits import later_audits
from homeward.judge.observe import Observer
from homeward.judge.simulated import Simulated, simulated_run
from homeward.learn.ensemble import run_ensemble
from homeward.results.contract import Continuation
from homeward.results.run import Run
from tests.plan.dated_case import AS_OF, dated_case

REPLICATES = 20


def known() -> Case:
    case = dated_case()
    conditions = tuple(row for row in case.conditions if row.known_on <= AS_OF)
    events = tuple(row for row in case.events if row.date <= AS_OF)
    return case.model_copy(update={"conditions": conditions, "events": events})


CASE = known()


def test_audits_are_done_again_as_in_one_of_the_last_three_years() -> None:
    # The one audit, of June 2015, lies in the second year before: copied in a third of the years.
    found = []
    for number in range(300):
        later = list(later_audits(CASE, AS_OF, 1, number))
        assert all(AS_OF < one.date <= CASE.settings.end for one in later)
        assert all((one.place, one.value, one.date.month) == ("HOA", "0.1", 6) for one in later)
        found.append(len(later))
    # 600 years, a third: standard deviation 11.5; four of them.
    assert abs(sum(found) - 200) < 47


def test_an_audit_that_is_given_is_the_only_one() -> None:
    given = next(one for one in CASE.events if one.indicator is EventIndicator.AUDIT)
    later = given.model_copy(update={"date": date(2017, 3, 1)})
    case = CASE.model_copy(update={"events": (*CASE.events, later)})
    assert [list(later_audits(case, AS_OF, 1, number)) for number in range(30)] == [[]] * 30


@pytest.fixture(scope="module")
def forecast(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    folder = tmp_path_factory.mktemp("audits") / "run"
    how = Continuation(since=AS_OF, whole_deviation=0.0, place_deviation=0.0, opening_chance=0.0)
    run_ensemble(CASE, folder, replicates=REPLICATES, jobs=1, continuation=how)
    return simulated_run(Run.open(folder))


def registered(simulated: Simulated, when: date) -> np.ndarray:
    observer = Observer(simulated)
    month = observer.monthly.dates.index(when)
    return np.asarray(observer.published_register.registered[:, month, observer.monthly.countries.index("HOA")])


def test_the_published_register_of_a_replicate_has_its_own_audits_and_no_other(forecast: Simulated) -> None:
    assert forecast.since == AS_OF
    plain = replace(forecast, since=None)
    end = date(2017, 12, 31)
    audited = [any(one.date <= end for one in later_audits(CASE, AS_OF, 1, number)) for number in range(REPLICATES)]
    assert 0 < sum(audited) < REPLICATES
    share = registered(forecast, end) / registered(plain, end)
    assert (share[audited] < 0.97).all()
    np.testing.assert_array_equal(share[~np.array(audited)], 1.0)
    np.testing.assert_array_equal(registered(forecast, AS_OF), registered(plain, AS_OF))


def test_sizes_are_drawn_between_low_and_high_replicate_by_replicate(forecast: Simulated) -> None:
    def ranged(event: Event) -> Event:
        is_audit = event.indicator is EventIndicator.AUDIT
        return event.model_copy(update={"low": 0.0, "high": 0.3}) if is_audit else event

    case = forecast.case.model_copy(update={"events": tuple(map(ranged, forecast.case.events))})
    wide, plain = replace(forecast, case=case), replace(forecast, case=case, since=None)
    end = date(2018, 12, 31)
    share = registered(wide, end) / registered(plain, end)
    assert len(np.unique(share[share < 1.0].round(6))) == np.count_nonzero(share < 1.0) > 5
