from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from homeward.case.folder import load_case
from homeward.case.schema import Case, Condition, Event, EventIndicator, Measure, Observation
from homeward.errors import RunError
from homeward.judge.residuals import (
    APPLICATIONS,
    BALANCING,
    INTERVAL,
    SIGNS,
    stock_flow,
    stock_flow_residuals,
    taken_by_audits,
)
from homeward.results.contract import ResidualRow, StockFlowTerm
from homeward.rules.parameters import Parameters, parameter_table, resolve_parameters
from tests.small_case import small_case

SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": "observed"}
GUESSED: dict[str, Any] = SAID | {"basis": "estimate", "why": "a guess"}
STOCK, ARRIVALS, RETURNS = Measure.REFUGEE_STOCK, Measure.NEW_ARRIVALS, Measure.RETURNED_REFUGEES
WAITING, NATURALISED, RESETTLED = Measure.ASYLUM_SEEKER_STOCK, Measure.NATURALISED, Measure.RESETTLED
BIRTHS, DEATHS = 0.03, 0.005


def figure(
    year: int, measure: Measure, value: float, definition: str = "made-up", place: str = "HOA", **more: Any
) -> Observation:
    when = more.pop("date", date(year, 12, 31))
    return Observation(date=when, measure=measure, place=place, value=value, definition=definition, **more, **SAID)


def stocks(first: int, *values: float, place: str = "HOA") -> tuple[Observation, ...]:
    return tuple(figure(year, STOCK, value, place=place) for year, value in enumerate(values, first))


def rate(indicator: str, place: str, since: date, value: float, *limits: float) -> Condition:
    low, high = limits or (None, None)
    return Condition(place=place, date=since, indicator=indicator, value=value, low=low, high=high, **GUESSED)


def audit(when: date, share: float, *limits: float, **said: Any) -> Event:
    low, high = limits or (None, None)
    return Event(
        place="HOA", date=when, indicator=EventIndicator.AUDIT, value=str(share), low=low, high=high,
        **(GUESSED | said),
    )  # fmt: skip


def case_of(*observed: Observation, rates: Sequence[Condition] = (), audits: Sequence[Event] = ()) -> Case:
    parameters = {"birth_rate_abroad": BIRTHS, "death_rate_abroad": DEATHS}
    case = small_case(parameters=parameters)
    return case.model_copy(update={"observed": observed, "conditions": tuple(rates), "events": tuple(audits)})


def residuals(case: Case) -> tuple[ResidualRow, ...]:
    return stock_flow_residuals(case, resolve_parameters(case))


def only(case: Case) -> ResidualRow:
    [row] = residuals(case)
    return row


def people(term: StockFlowTerm | None) -> float | None:
    return term.people if term else None


def full_case(**changes: float) -> Case:
    """Return a case with every term in 2016: the register of HOA goes from 100,000 to 120,000."""
    flows = {"arrivals": 30_000.0, "returns": 4_000.0, "naturalised": 1_000.0} | changes
    return case_of(
        *stocks(2015, 100_000, 120_000),
        figure(2016, ARRIVALS, flows["arrivals"]),
        figure(2016, RETURNS, flows["returns"]),
        figure(2016, NATURALISED, flows["naturalised"]),
        rates=[rate("resettlement_rate", "HOA", date(2014, 1, 1), 0.01, 0.005, 0.03)],
        audits=[audit(date(2016, 7, 2), 0.05, 0.02, 0.08)],  # half of the 366 days have gone by
    )


def test_a_balance_by_hand() -> None:
    row = only(full_case())
    audited = 0.05 * 110_000 / (1 - 0.5 * 0.05)
    terms = {name: people(getattr(row, name)) for name in SIGNS}
    assert terms == {
        "arrivals": 30_000, "waiting": None, "births": pytest.approx(3_300), "deaths": pytest.approx(550),
        "returns": 4_000, "naturalised": 1_000, "resettled": pytest.approx(1_100), "audits": pytest.approx(audited),
    }  # fmt: skip
    left = 20_000 - (30_000 + 3_300 - 550 - 4_000 - 1_000 - 1_100 - audited)
    assert (row.country, row.year, row.stock_before, row.stock, row.change) == ("HOA", 2016, 100_000, 120_000, 20_000)
    assert row.residual == pytest.approx(left)
    assert row.share == pytest.approx(left / 110_000)
    assert row.reported_residual == 20_000 + 4_000 - 30_000
    assert row.not_reported == ()
    assert row.estimated_audit
    assert not row.by_construction


def test_a_term_that_is_not_reported_is_null_and_named() -> None:
    row = only(case_of(*stocks(2015, 1_000, 1_200)))
    assert row.not_reported == ("arrivals", "returns", "naturalised", "resettled", "audits")
    assert row.arrivals is None
    assert row.residual == pytest.approx(200 - (BIRTHS - DEATHS) * 1_100)
    assert row.reported_residual is None
    with_returns = only(case_of(*stocks(2015, 1_000, 1_200), figure(2016, RETURNS, 0)))
    assert people(with_returns.returns) == 0
    assert "returns" not in with_returns.not_reported
    assert with_returns.reported_residual == 200


@pytest.mark.parametrize("name", ["arrivals", "returns", "naturalised"])
def test_a_change_of_one_flow_is_seen_in_full(name: str) -> None:
    """Negative control of the balances below: a residual moves by exactly what a flow is changed by."""
    before = {"arrivals": 30_000.0, "returns": 4_000.0, "naturalised": 1_000.0}[name]
    moved = only(full_case(**{name: before + 777})).residual
    unmoved = only(full_case()).residual
    assert moved is not None
    assert unmoved is not None
    assert moved - unmoved == pytest.approx(-SIGNS[name] * 777)


COUNTS = st.integers(0, 10**6)


@given(
    start=st.integers(1, 10**6), arrivals=st.integers(10**6, 10**7), returns=COUNTS, naturalised=COUNTS,
    resettled=COUNTS, share=st.floats(0, 0.9), day=st.integers(0, 364), wrong=st.integers(-500, 500),
)  # fmt: skip
def test_a_register_that_flows_built_up_leaves_nothing(
    start: int, arrivals: int, returns: int, naturalised: int, resettled: int, share: float, day: int, wrong: int
) -> None:
    """The register of 2015 is carried forward: even growth, one audit, and rates on the mean of both ends.

    Arrivals misstated by ``wrong`` leave just that.
    """
    kept = 1 - (day / 365) * share
    net, excess = arrivals - returns - naturalised - resettled, BIRTHS - DEATHS
    end = (start * (1 - share) + (net + excess * start / 2) * kept) / (1 - excess * kept / 2)
    assume(end >= 0)
    case = case_of(
        *stocks(2014, start, end),
        figure(2015, ARRIVALS, arrivals + wrong),
        figure(2015, RETURNS, returns),
        figure(2015, NATURALISED, naturalised),
        figure(2015, RESETTLED, resettled),
        audits=[audit(date(2015, 1, 1) + timedelta(days=day), share)],
    )
    assert only(case).residual == pytest.approx(-wrong, abs=1e-3)


def test_audits_take_what_a_register_kept_by_the_day_loses() -> None:
    register, growth, taken = 1_000.0, 400.0, 0.0
    shares = {100: 0.3, 250: 0.2}
    for day in range(365):
        lost = register * shares.get(day, 0.0)
        register, taken = register - lost + growth / 365, taken + lost
    found = taken_by_audits(
        1_000.0, register, [day / 365 for day in shares], [np.array([share]) for share in shares.values()]
    )
    assert found == pytest.approx([taken])


def test_the_audit_of_everybody_is_no_division_by_zero() -> None:
    row = only(case_of(*stocks(2015, 1_000, 0), audits=[audit(date(2016, 12, 31), 1.0)]))
    assert people(row.audits) == pytest.approx(1_000)
    assert only(case_of(*stocks(2015, 0, 0))).share is None


def test_two_definitions_of_the_stock_are_never_subtracted() -> None:
    rows = residuals(
        case_of(
            figure(2015, STOCK, 1_000),
            figure(2016, STOCK, 400, "counted anew"),
            figure(2017, STOCK, 500, "counted anew"),
            figure(2016, ARRIVALS, 10),
        )
    )
    changed, same = rows
    assert (changed.year, changed.definition_changed, changed.stock_before, changed.stock) == (2016, True, 1_000, 400)
    assert [changed.change, changed.residual, changed.low90, changed.reported_residual] == [None] * 4
    assert (same.year, same.definition_changed, same.change) == (2017, False, 100)


def test_the_definition_that_lasts_is_followed_where_a_year_has_two() -> None:
    both = (figure(2015, STOCK, 70, "other"), figure(2016, STOCK, 80, "other"))
    rows = residuals(case_of(*both, *stocks(2014, 1_000, 1_100, 1_200)))
    assert [(row.year, row.change, row.definition) for row in rows] == [(2015, 100, "made-up"), (2016, 100, "made-up")]


def test_a_year_without_the_stock_before_has_no_row() -> None:
    assert residuals(case_of(figure(2012, STOCK, 5), figure(2014, STOCK, 7))) == ()


def test_only_figures_of_whole_years_and_whole_hosts_count() -> None:
    others = (
        figure(2016, ARRIVALS, 5, place="city"),
        figure(2016, RETURNS, 5, origin="north"),
        figure(2016, ARRIVALS, 5, date=date(2016, 6, 30)),
        figure(2016, NATURALISED, 5, "cumulative since 2011"),
        figure(2016, STOCK, 5, place="ORI"),
        figure(2015, STOCK, 5, place="ORI"),
    )
    row = only(case_of(*stocks(2015, 1_000, 1_200), *others))
    assert {"arrivals", "returns", "naturalised"} <= set(row.not_reported)


def test_arrivals_that_balance_the_stock_hold_births_and_are_marked() -> None:
    balanced = figure(2016, ARRIVALS, 250, f"UNHCR: {BALANCING} (registrations with births and backlog)")
    row = only(case_of(*stocks(2015, 1_000, 1_200), balanced))
    assert row.by_construction
    assert row.births is None
    assert "births" not in row.not_reported
    assert row.residual == pytest.approx(200 - 250 + DEATHS * 1_100)


def test_applicants_who_wait_are_not_on_the_register_yet() -> None:
    observed = (
        *stocks(2014, 1_000, 1_200, 1_400),
        figure(2015, ARRIVALS, 500, f"{APPLICATIONS} in the year"),
        figure(2016, ARRIVALS, 500, f"{APPLICATIONS} in the year"),
        figure(2014, WAITING, 100),
        figure(2015, WAITING, 380),
        figure(2016, WAITING, 380, "counted anew"),
    )
    known, unknown = residuals(case_of(*observed))
    assert people(known.waiting) == 280
    assert known.residual == pytest.approx(200 - (500 - 280 + (BIRTHS - DEATHS) * 1_100))
    assert known.reported_residual == 200 - 500
    assert unknown.waiting is None
    assert "waiting" in unknown.not_reported


def test_registrations_know_no_waiting() -> None:
    row = only(
        case_of(*stocks(2015, 1, 2), figure(2016, ARRIVALS, 1), figure(2015, WAITING, 5), figure(2016, WAITING, 9))
    )
    assert row.waiting is None
    assert "waiting" not in row.not_reported


def test_rates_are_averaged_over_the_days_of_the_year_and_give_way_to_figures() -> None:
    rates = [
        rate("naturalisation_rate", "HOA", date(2015, 7, 1), 0.01),
        rate("naturalisation_rate", "HOA", date(2016, 7, 2), 0.03),
    ]
    observed = stocks(2014, 1_000, 1_000, 1_000, 1_000)
    half, mean, figures = residuals(case_of(*observed, figure(2017, NATURALISED, 77), rates=rates))
    assert half.naturalised is None  # no rate is known for the first half of 2015
    assert people(mean.naturalised) == pytest.approx(20)
    assert people(figures.naturalised) == 77
    assert figures.naturalised is not None
    assert figures.naturalised.low90 is None


def test_the_rate_of_an_only_place_is_that_of_its_country() -> None:
    observed = (*stocks(2015, 1_000, 1_000), *stocks(2015, 1_000, 1_000, place="HOB"))
    rates = [rate("resettlement_rate", place, date(2014, 1, 1), 0.05) for place in ("bordertown", "farland")]
    hoa, hob = residuals(case_of(*observed, rates=rates))
    assert hoa.resettled is None  # bordertown is one of three places of HOA
    assert people(hob.resettled) == pytest.approx(50)


def test_a_term_has_the_range_that_is_stated_for_it() -> None:
    row = only(full_case())
    assert row.resettled is not None
    assert (row.resettled.low90, row.resettled.high90) == pytest.approx((550, 3_300), rel=0.005)
    assert row.births is not None
    spread = next(p.spread for p in parameter_table() if p.name == "birth_rate_abroad")
    ends = 3_300 * np.exp(np.array([-1.645, 1.645]) * spread)
    assert (row.births.low90, row.births.high90) == pytest.approx(tuple(ends), rel=0.005)
    assert row.audits is not None
    assert row.audits.low90 == pytest.approx(0.02 * 110_000 / (1 - 0.5 * 0.02), rel=0.005)


def test_a_shared_range_is_that_of_its_only_uncertain_term() -> None:
    """With births and deaths that hardly count, the interval is the audit's range, turned over."""
    parameters = Parameters({"birth_rate_abroad": 1e-9, "death_rate_abroad": 1e-9})
    case = case_of(*stocks(2015, 1_000, 1_000), audits=[audit(date(2016, 1, 1), 0.1, 0.05, 0.3)])
    [row] = stock_flow_residuals(case, parameters)
    assert row.residual == pytest.approx(100, abs=0.1)
    assert (row.low90, row.high90) == pytest.approx((50, 300), rel=0.005)


def test_independent_ranges_add_up_by_squares() -> None:
    parameters = Parameters({"birth_rate_abroad": 1e-9, "death_rate_abroad": 1e-9})
    rates = [
        rate(f"{name}_rate", "HOA", date(2015, 1, 1), 0.5, 0.5 - half, 0.5 + half)
        for name, half in (("naturalisation", 0.03), ("resettlement", 0.04))
    ]
    [row] = stock_flow_residuals(case_of(*stocks(2015, 1_000, 1_000), rates=rates), parameters)
    assert (row.low90, row.high90) == pytest.approx((950, 1_050), abs=3)  # 0.05² = 0.03² + 0.04²


@given(
    value=st.floats(0.001, 0.9), below=st.floats(0, 1), above=st.floats(0, 1), change=st.integers(-900, 10**6)
)  # fmt: skip
def test_the_interval_covers_the_residual(value: float, below: float, above: float, change: int) -> None:
    limits = (value * below, value + (1 - value) * above)
    case = case_of(
        *stocks(2015, 1_000, 1_000 + change),
        rates=[rate("resettlement_rate", "HOA", date(2015, 1, 1), value, *limits)],
        audits=[audit(date(2016, 5, 1), value, *limits)],
    )
    row = only(case)
    assert row.low90 is not None
    assert row.residual is not None
    assert row.high90 is not None
    assert row.low90 <= row.residual <= row.high90


def test_draws_are_the_same_each_time_and_do_not_move_with_other_hosts() -> None:
    alone = only(full_case())
    case = full_case()
    more = (*case.observed, *stocks(2010, 5, 6, 7, place="HOB"), *stocks(2014, 90_000))
    among = [row for row in residuals(case.model_copy(update={"observed": more})) if row.year == 2016]
    assert among == [alone] == [only(full_case())]


def test_an_audit_that_is_no_estimate_is_not_circular() -> None:
    row = only(case_of(*stocks(2015, 10, 9), audits=[audit(date(2016, 5, 1), 0.1, basis="observed")]))
    assert row.audits is not None
    assert not row.estimated_audit


def test_parameters_without_births_are_refused() -> None:
    with pytest.raises(RunError, match="birth_rate_abroad"):
        stock_flow_residuals(full_case(), Parameters({}))


def test_the_priors_of_births_and_deaths_are_lognormal_as_the_draws_take_them_to_be() -> None:
    priors = {p.name: p.prior for p in parameter_table() if p.name in ("birth_rate_abroad", "death_rate_abroad")}
    assert set(priors.values()) == {"lognormal"}
    assert len(priors) == 2


def test_the_document_says_what_it_is() -> None:
    case = full_case()
    said = json.loads(stock_flow(case, resolve_parameters(case)).to_json())
    assert (said["schema"], said["case"], said["interval"]) == ("homeward/residuals/1", "small", INTERVAL)
    assert said["rows"][0]["waiting"] is None
    assert said["rows"][0]["arrivals"] == {
        "people": 30_000, "low90": None, "high90": None, "basis": "observed", "definition": "made-up",
    }  # fmt: skip


@pytest.fixture(scope="module")
def syria() -> dict[tuple[str, int], ResidualRow]:
    return {(row.country, row.year): row for row in residuals(load_case("syria"))}


QUOTED = {
    ("TUR", 2022): -168, ("TUR", 2023): -301, ("TUR", 2024): -253, ("LBN", 2015): -130, ("LBN", 2016): -70,
    ("LBN", 2024): 225, ("JOR", 2012): 107, ("JOR", 2013): -321,
}  # fmt: skip
"""Thousands: the unexplained residuals that the facts on Syria quote."""


@pytest.mark.parametrize(("host", "year"), QUOTED)
def test_reported_figures_alone_give_the_residuals_that_the_facts_quote(
    syria: dict[tuple[str, int], ResidualRow], host: str, year: int
) -> None:
    row = syria[host, year]
    assert row.reported_residual is not None
    assert round(row.reported_residual / 1000) == QUOTED[host, year]
    assert row.arrivals is None or row.arrivals.definition == "UNHCR: registrations in the year"


def test_which_reported_figures_the_quoted_residuals_have(syria: dict[tuple[str, int], ResidualRow]) -> None:
    has = {key: tuple(getattr(syria[key], name) is not None for name in ("arrivals", "returns")) for key in QUOTED}
    only_returns = {("TUR", 2022), ("TUR", 2023), ("LBN", 2024)}
    assert {key for key, found in has.items() if found == (False, True)} == only_returns
    assert {key for key, found in has.items() if found == (True, True)} == {("TUR", 2024)}


def test_syria_has_every_host_and_year(syria: dict[tuple[str, int], ResidualRow]) -> None:
    hosts = {"TUR", "LBN", "JOR", "IRQ", "EGY", "DEU", "SWE", "AUT", "NLD", "XEU", "XOW"}
    assert set(syria) == {(host, year) for host in hosts for year in range(2012, 2025)}


def test_marks_of_the_built_in_case(syria: dict[tuple[str, int], ResidualRow]) -> None:
    changed = {key for key, row in syria.items() if row.definition_changed and key[0] != "XOW"}
    assert changed == {("DEU", 2022), ("DEU", 2023), ("SWE", 2024)}
    assert {key for key, row in syria.items() if row.by_construction} == {("TUR", year) for year in range(2013, 2019)}
    circular = {key for key, row in syria.items() if row.estimated_audit}
    assert circular == {
        ("TUR", 2022), ("TUR", 2023), ("TUR", 2024), ("LBN", 2014), ("LBN", 2015), ("LBN", 2016),
        ("JOR", 2013), ("JOR", 2014),
    }  # fmt: skip


def test_the_cumulative_count_of_the_ministry_is_no_flow_of_2021(syria: dict[tuple[str, int], ResidualRow]) -> None:
    naturalised = syria["TUR", 2021].naturalised
    assert naturalised is not None
    assert naturalised.people < 100_000
    assert people(syria["DEU", 2021].naturalised) == 19_100


def test_waiting_explains_the_bulge_of_germany(syria: dict[tuple[str, int], ResidualRow]) -> None:
    row = syria["DEU", 2015]
    assert people(row.waiting) == 81_582 - 29_591
    assert row.residual is not None
    assert row.reported_residual is not None
    assert abs(row.residual) < abs(row.reported_residual) / 2


def test_arrivals_that_balance_leave_little_of_the_reported_figures(
    syria: dict[tuple[str, int], ResidualRow],
) -> None:
    for year in range(2013, 2019):
        row = syria["TUR", year]
        assert row.reported_residual is not None
        assert abs(row.reported_residual) < 0.031 * (row.stock_before + row.stock) / 2
