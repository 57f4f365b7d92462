"""A case whose figures were made at known values of a few parameters, all others being pinned: to test fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from homeward.case.schema import Basis, Case, Measure, Observation
from homeward.engine.simulate import expected_course
from homeward.judge.observe import Observer
from homeward.judge.simulated import simulated_course
from homeward.learn.targets import VERIFIED, YEAR_END
from homeward.rules.homeward import HomewardRules
from homeward.rules.parameters import parameter_row, resolve_parameters
from homeward.rules.priors import value_at
from tests.small_case import small_case

__all__ = ["known_case", "with_parameters"]

FIRST_YEAR = 2012


def known_case(scores: Mapping[str, float], *, last_year: int = 2016) -> Case:
    """Return the small case with ten times its people, from 2012 on.

    Free are the parameters in ``scores`` alone, and the observed figures are those of the expected course with
    these parameters at these scores of their priors. Figures begin in 2014, the first year that a fit uses.
    """
    case = small_case(people=6_000_000, violence=3_000.0, end=date(last_year, 12, 31), camp_capacity=None)
    free = {*scores, *(name.partition("[")[0] for name in scores)}
    pinned = {name: value for name, value in resolve_parameters(case).values.items() if name not in free}
    truth = {name: value_at(parameter_row(name), score) for name, score in scores.items()}
    rows = tuple(_figures(last_year))
    case = case.model_copy(update={"observed": rows})
    rules = HomewardRules(with_parameters(case, pinned | truth))
    observer = Observer(simulated_course(case, rules.parameters.values, expected_course(rules)))
    observed = tuple(row.model_copy(update={"value": float(observer.central(row)[0])}) for row in rows)
    return with_parameters(case, pinned).model_copy(update={"observed": observed})


def with_parameters(case: Case, parameters: Mapping[str, float]) -> Case:
    """Return the case with these parameters set in its ``case.toml``."""
    return case.model_copy(update={"settings": case.settings.model_copy(update={"parameters": dict(parameters)})})


def _figures(last_year: int) -> Iterator[Observation]:
    """Yield rows that are still without their values."""

    def row(year: int, measure: Measure, place: str, definition: str = YEAR_END, **more: Any) -> Observation:
        return Observation(
            date=date(year, 12, 31), measure=measure, place=place, value=0.0, definition=definition,
            source="made-up", known_on=date(year + 1, 6, 20), basis=Basis.OBSERVED, **more,
        )  # fmt: skip

    for year in range(FIRST_YEAR + 2, last_year + 1):
        yield row(year, Measure.REFUGEE_STOCK, "HOA")
        yield row(year, Measure.REFUGEE_STOCK, "HOB")
        yield row(year, Measure.IDP_STOCK, "ORI")
        yield row(year, Measure.RETURNED_REFUGEES, "HOA", VERIFIED)
        yield row(year, Measure.RETURNED_IDPS, "ORI", "made-up")
        yield row(year, Measure.ORIGIN_SHARE, "HOA", "made-up", origin="north")
