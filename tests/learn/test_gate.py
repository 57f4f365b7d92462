"""Whether return is open: by how many went, beside the hazard with the gate open."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from homeward.case.schema import Case
from homeward.engine.simulate import expected_course
from homeward.learn import gate
from homeward.rules.homeward import HomewardRules
from tests.plan.dated_case import AS_OF, dated_case

CASE = dated_case()


def pace(case: Case) -> float:
    """Return by hand the returns of 2016 for one refugee who was there."""
    until = case.model_copy(update={"settings": case.settings.model_copy(update={"end": AS_OF})})
    course = expected_course(HomewardRules(until))
    country = {place.id: place.country for place in case.places}
    abroad = [code for code, name in enumerate(course.names.places) if country[name] != "ORI"]
    months = [number for number, end in enumerate(course.names.month_ends) if end.year == 2016]
    went = np.isin(course.returns["host"], abroad) & np.isin(course.returns["month"], months)
    there = (course.stocks["stage"] == course.names.stages.index("refugee")) & np.isin(course.stocks["month"], months)
    return float(course.returns["people"][went].sum() / (course.stocks["people"][there].sum() / 12))


@pytest.mark.parametrize(("part", "is_open"), [(0.99, True), (1.01, False)])
def test_return_is_open_from_a_share_of_the_open_pace_on(
    part: float,
    is_open: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    share = pace(CASE) / HomewardRules(CASE).parameters["return_hazard_open"]
    assert 0.0 < share < 1.0
    monkeypatch.setattr(gate, "OPEN_SHARE", part * share)
    assert gate.gate_is_open(CASE, AS_OF) is is_open


def test_under_fire_it_is_shut() -> None:
    assert not gate.gate_is_open(CASE, AS_OF)


def test_before_its_start_nothing_is_open() -> None:
    assert not gate.gate_is_open(CASE, CASE.settings.start)
    assert not gate.gate_is_open(CASE, date(2000, 1, 1))
