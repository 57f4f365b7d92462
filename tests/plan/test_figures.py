"""Which figure of a year counts: its definition, whom it is about, and what is no figure."""

from __future__ import annotations

from datetime import date

from homeward.case.schema import Basis, Measure, Observation
from homeward.plan.figures import yearly_figures
from tests.small_case import small_case

STOCK, RETURNS = Measure.REFUGEE_STOCK, Measure.RETURNED_REFUGEES


def row(
    measure: Measure, value: float, definition: str, day: date = date(2015, 12, 31), origin: str = ""
) -> Observation:
    return Observation(
        date=day, measure=measure, place="HOA", value=value, definition=definition, origin=origin,
        source="made-up", known_on=date(2016, 6, 20), basis=Basis.OBSERVED,
    )  # fmt: skip


def counted(*rows: Observation) -> dict[tuple[Measure, str], dict[int, float]]:
    found = yearly_figures(small_case().model_copy(update={"observed": rows}))
    return {key: {year: one.value for year, one in years.items()} for key, years in found.items()}


def test_a_verified_figure_goes_before_others_wherever_it_stands() -> None:
    other, verified = row(RETURNS, 9.0, "UNHCR statistics incl. other reports"), row(RETURNS, 5.0, "UNHCR verified")
    assert counted(other, verified) == counted(verified, other) == {(RETURNS, "HOA"): {2015: 5.0}}


def test_of_two_others_the_first_counts() -> None:
    assert counted(row(STOCK, 1.0, "UNHCR year-end"), row(STOCK, 2.0, "UNHCR year-end, anew")) == {
        (STOCK, "HOA"): {2015: 1.0}
    }


def test_what_is_no_figure_of_the_series_does_not_count() -> None:
    assert not counted(
        row(STOCK, 3.0, "UNHCR year-end", origin="north"),
        row(STOCK, 0.0, "UNHCR year-end"),
        row(STOCK, 3.0, "UNHCR year-end", day=date(2015, 6, 30)),
        row(STOCK, 3.0, "another register"),
        row(RETURNS, 3.0, "cumulative since 2011"),
        row(RETURNS, 3.0, "other reports"),
    )
