"""The four pillars: each rule at and beside its limit, unknown never met, and people who add up."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.case.indicators import HOME_CONDITIONS, HOST_CONDITIONS
from homeward.case.schema import Basis, Case, Condition, Event, EventIndicator, Measure, Observation
from homeward.errors import RunError, UsageError
from homeward.judge.limits import GRID, limit_table, limits_with
from homeward.judge.pillar_evidence import FOLLOWED_MONTHS, SAFE_DAYS, Evidence, Peak, evidence_of
from homeward.judge.pillar_flows import ALL_FOUR, PILLARS, Flows, Judge
from homeward.judge.pillars import judge_pillars, write_pillar_table
from homeward.results.contract import Document
from homeward.results.pillar_contract import PillarRow, Pillars, PillarShare
from homeward.results.run import Run
from tests.hand_made import trajectory, write_run
from tests.small_case import DISTRICTS, small_case

SAID: dict[str, Any] = {"source": "made-up", "known_on": date(2012, 1, 1), "basis": Basis.OBSERVED}
START, END = date(2012, 1, 1), date(2013, 12, 31)
AT_ONCE = {"intensity_half_life": 0.01, "lasting_share": 0.0, "spill_over": 0.0}
"""Violence is felt on its day, at its place, and not after."""


def row(place: str, indicator: str, value: float, day: date = START) -> Condition:
    return Condition(place=place, date=day, indicator=indicator, value=value, **SAID)


def coercion(place: str, day: date, value: str) -> Event:
    return Event(place=place, date=day, indicator=EventIndicator.COERCION, value=value, **SAID)


def known_case(*more: Condition, events: tuple[Event, ...] = (), **parameters: float) -> Case:
    """Return two calm years; everything is known of ``north`` and of HOA, nothing of HOB; more rows come on top."""
    case = small_case(start=START, end=END, parameters={**AT_ONCE, "persecution_risk": 0.05, **parameters})
    best = [row("north", name, 0.9) for name in HOME_CONDITIONS]
    host = [row("HOA", name, 0.1 if name == "hostility" else 0.9) for name in HOST_CONDITIONS]
    given_rows = {(one.place, one.indicator, one.date): one for one in (row("north", "violence", 0.0), *best, *host)}
    given_rows[("north", "held_by.council", START)] = row("north", "held_by.council", 1.0)
    given_rows |= {(one.place, one.indicator, one.date): one for one in more}
    return case.model_copy(update={"conditions": tuple(given_rows.values()), "events": events})


def judge_of(case: Case, **limits: float) -> Judge:
    return Judge(evidence_of(case), limits_with(limits))


def flows_of(judge: Judge, *rows: tuple[int, str, str, float], again: float = 0.0) -> Flows:
    """Return flows from rows of month, origin, host and people; the same share is displaced again everywhere."""
    evidence = judge.evidence
    month, origin, host, people = zip(*rows, strict=True)
    return Flows(
        month=np.array(month),
        origin=np.array([evidence.origins.index(name) for name in origin]),
        host=np.array([evidence.hosts.index(name) for name in host]),
        people=np.array(people, dtype=np.float64),
        again=np.full((len(evidence.months), len(evidence.origins)), again),
    )


def verdict(judge: Judge, pillar: str, *, month: int = 2, origin: str = "north", host: str = "city") -> str:
    """Return the verdict on one flow of which nobody was displaced again."""
    split = judge.split(flows_of(judge, (month, origin, host, 8.0)), pillar)
    [found] = [name for name in ("met", "not_met", "unknown") if getattr(split, name)[0] == 8.0]
    return found


def share(row_: PillarRow, pillar: str) -> PillarShare:
    [found] = [one for one in row_.pillars if one.pillar == pillar]
    return found


# The table of limits


def test_limits_have_a_reason_and_a_grid_that_holds_their_default() -> None:
    assert len({limit.name for limit in limit_table()}) == 7
    for limit in limit_table():
        assert limit.source
        assert limit.meaning
        assert limit.lowest <= limit.default <= limit.highest
        assert limit.value == limit.default
        assert len(limit.grid()) == GRID


def test_an_unknown_limit_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'housing'"):
        limits_with({"housin": 0.5})
    with pytest.raises(UsageError, match="outside 0 to 1"):
        limits_with({"housing": 1.5})
    with pytest.raises(UsageError, match="outside 0 to inf"):
        limits_with({"violence": -1.0})
    assert limits_with({"violence": 20.0})["violence"].value == 20.0


# Everything met


def test_where_all_is_known_and_well_every_pillar_is_met() -> None:
    judge = judge_of(known_case())
    assert {pillar: verdict(judge, pillar) for pillar in (*PILLARS, ALL_FOUR)} == dict.fromkeys(
        (*PILLARS, ALL_FOUR), "met"
    )


def test_of_a_district_and_a_host_of_which_nothing_is_known_everything_is_unknown() -> None:
    judge = judge_of(known_case())
    for pillar in (*PILLARS, ALL_FOUR):
        assert verdict(judge, pillar, origin="south", host="farland") == "unknown"


# Voluntary


def test_pressure_that_raises_return_makes_voluntary_worse() -> None:
    hard = [row("HOA", name, 1.0 if name == "hostility" else 0.0) for name in HOST_CONDITIONS]
    shares = []
    for weight in (-1.0, 0.0, 0.5, 1.0, 2.0):
        judge = judge_of(known_case(*hard, return_weight_push=weight))
        shares.append(judge.evidence.push[2, judge.evidence.hosts.index("city")])
    assert shares == pytest.approx([0.0, 0.0, *(1 - math.exp(-weight / 2) for weight in (0.5, 1.0, 2.0))])
    assert verdict(judge_of(known_case(*hard, return_weight_push=1.0)), "voluntary") == "met"
    assert verdict(judge_of(known_case(*hard, return_weight_push=2.0)), "voluntary") == "not_met"


def test_voluntary_is_met_at_its_limit_and_not_beyond() -> None:
    hard = [row("HOA", name, 1.0 if name == "hostility" else 0.0) for name in HOST_CONDITIONS]
    judge = judge_of(known_case(*hard, return_weight_push=1.0))
    pushed = judge.evidence.push[2, judge.evidence.hosts.index("city")]
    assert verdict(judge.with_limit("push_share", pushed), "voluntary") == "met"
    assert verdict(judge.with_limit("push_share", np.nextafter(pushed, 0.0)), "voluntary") == "not_met"
    [pulled] = judge.pulled(flows_of(judge, (2, "north", "city", 100.0)))
    assert pulled == pytest.approx(100.0 * math.exp(-0.5))


def test_voluntary_is_unknown_for_idps_and_for_hosts_without_evidence() -> None:
    judge = judge_of(known_case())
    assert verdict(judge, "voluntary", host="south") == "unknown"
    assert verdict(judge, "voluntary", host="farland") == "unknown"
    assert np.isnan(judge.pulled(flows_of(judge, (2, "north", "south", 1.0)))[0])


def test_coercion_makes_voluntary_not_met_for_its_months_and_places() -> None:
    events = (
        coercion("HOA", date(2012, 3, 31), "on"),
        coercion("HOA", date(2012, 5, 1), "off"),
        coercion("camp", date(2012, 1, 1), "off"),
        coercion("HOB", date(2012, 7, 15), "on"),
    )
    judge = judge_of(known_case(events=events))
    said = [verdict(judge, "voluntary", month=month) for month in range(6)]
    assert said == ["met", "met", "not_met", "not_met", "met", "met"]
    assert verdict(judge, "voluntary", month=3, host="camp") == "met"
    # Not met even where nothing else is known of the host, and for good where no row ends it.
    assert [verdict(judge, "voluntary", month=m, host="farland") for m in (5, 6, 23)] == [
        "unknown",
        "not_met",
        "not_met",
    ]


# Safe


def test_violence_counts_in_the_month_of_arrival_and_ninety_days_after() -> None:
    """North has 180,000 residents, so 1.8 deaths in a month of 30 days are 1 per 100,000 and 30 days."""
    burst = [row("north", "violence", 18.0, date(2012, 9, 1)), row("north", "violence", 0.0, date(2012, 10, 1))]
    judge = judge_of(known_case(*burst))
    said = {month: verdict(judge, "safe", month=month) for month in range(4, 12)}
    assert said[4] == "met"  # May: its 90 days end on 29 August
    assert [said[month] for month in range(5, 9)] == ["not_met"] * 4
    assert said[9] == "met"


def test_safe_is_met_at_its_limits_and_not_beyond() -> None:
    judge = judge_of(known_case(row("north", "violence", 1.8)))
    violence = judge.evidence.violence.value[2, judge.evidence.origins.index("north")]
    risk = judge.evidence.persecution.value[2, judge.evidence.origins.index("north")]
    assert violence == pytest.approx(1.0, rel=0.05)
    assert risk == pytest.approx(0.05)
    exact = judge.with_limit("violence", violence).with_limit("persecution_risk", risk)
    assert verdict(exact, "safe") == "met"
    assert verdict(exact.with_limit("violence", np.nextafter(violence, 0.0)), "safe") == "not_met"
    assert verdict(exact.with_limit("persecution_risk", np.nextafter(risk, 0.0)), "safe") == "not_met"


def test_safe_needs_evidence_on_both_and_one_that_fails_is_enough() -> None:
    of_south = row("south", "violence", 0.0)
    assert verdict(judge_of(known_case(of_south)), "safe", origin="south") == "unknown"
    held = row("south", "held_by.council", 1.0)
    assert verdict(judge_of(known_case(held)), "safe", origin="south") == "unknown"
    assert verdict(judge_of(known_case(of_south, held)), "safe", origin="south") == "met"
    assert verdict(judge_of(known_case(held), persecution_risk=0.01), "safe", origin="south") == "not_met"


def test_safe_is_not_known_before_the_ninety_days_are_over_but_may_have_failed() -> None:
    judge = judge_of(known_case())
    ends = judge.evidence.months
    said = [verdict(judge, "safe", month=month) for month in range(len(ends))]
    assert said == ["met" if (END - end).days >= SAFE_DAYS else "unknown" for end in ends]
    late = judge_of(known_case(row("north", "violence", 90.0, date(2013, 12, 1))))
    assert [verdict(late, "safe", month=month) for month in (21, 22, 23)] == ["not_met"] * 3


def test_persecution_is_the_mean_over_whom_people_fled() -> None:
    fled = row("north", "fled.council", 0.25)
    judge = judge_of(known_case(fled, persecution_risk=0.2, persecution_risk_fled=0.8))
    risk = judge.evidence.persecution.value[2, judge.evidence.origins.index("north")]
    assert risk == pytest.approx(0.25 * 0.8 + 0.75 * 0.2)


# Dignified


@pytest.mark.parametrize("name", ["housing", "documents"])
def test_dignified_is_met_at_its_limits_and_not_below(name: str) -> None:
    judge = judge_of(known_case(row("north", name, 0.5)))
    value = judge.evidence.at_home[2, judge.evidence.origins.index("north"), HOME_CONDITIONS.index(name)]
    assert verdict(judge.with_limit(name, value), "dignified") == "met"
    assert verdict(judge.with_limit(name, np.nextafter(value, 1.0)), "dignified") == "not_met"


def test_dignified_is_unknown_where_one_is_and_none_fails() -> None:
    judge = judge_of(known_case(row("south", "housing", 0.9), row("east", "documents", 0.1)))
    assert verdict(judge, "dignified", origin="south") == "unknown"
    assert verdict(judge, "dignified", origin="east") == "not_met"


# Sustainable


def sustained(judge: Judge, *, month: int = 2, again: float = 0.25) -> tuple[float, float, float]:
    split = judge.split(flows_of(judge, (month, "north", "city", 80.0), again=again), "sustainable")
    return split.met[0], split.not_met[0], split.unknown[0]


def test_sustainable_splits_people_by_who_was_displaced_again() -> None:
    assert sustained(judge_of(known_case())) == (60.0, 20.0, 0.0)
    assert sustained(judge_of(known_case(row("north", "services", 0.1)))) == (0.0, 80.0, 0.0)
    without = known_case()
    rows = tuple(one for one in without.conditions if one.indicator != "livelihoods")
    assert sustained(judge_of(without.model_copy(update={"conditions": rows}))) == (0.0, 20.0, 60.0)


def test_sustainable_is_unknown_until_twelve_months_are_over() -> None:
    judge = judge_of(known_case())
    said = [sustained(judge, month=month) for month in range(24)]
    assert said[:12] == [(60.0, 20.0, 0.0)] * 12
    assert said[12:] == [(0.0, 0.0, 80.0)] * 12
    cut = known_case()
    cut = cut.model_copy(update={"settings": cut.settings.model_copy(update={"end": date(2013, 12, 30)})})
    assert sustained(judge_of(cut), month=11) == (0.0, 0.0, 80.0)


def test_the_criteria_of_a_solution_are_those_twelve_months_later() -> None:
    later = row("north", "livelihoods", 0.1, date(2013, 3, 1))
    judge = judge_of(known_case(later))
    assert sustained(judge, month=1) == (60.0, 20.0, 0.0)
    assert sustained(judge, month=2) == (0.0, 80.0, 0.0)


# All of it, on random evidence

SHARES = st.one_of(st.just(math.nan), st.just(0.5), st.floats(0, 1))
PEOPLE = st.integers(1, 10**7)


@st.composite
def judged(draw: st.DrawFn) -> tuple[Judge, Flows]:
    """Draw evidence of every odd sort on two months, districts and hosts (one of them at home), and flows."""

    def values(*shape: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        count = math.prod(shape)
        return np.array(draw(st.lists(SHARES, min_size=count, max_size=count))).reshape(shape)

    def flags(*shape: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
        count = math.prod(shape)
        return np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count))).reshape(shape)

    abroad = np.array([True, False])
    evidence = Evidence(
        months=(date(2012, 1, 31), date(2012, 2, 29)),
        origins=("north", "south"),
        hosts=("city", "south"),
        countries=("HOA", "ORI"),
        abroad=abroad,
        push=np.where(abroad, values(2, 2), np.nan),
        coerced=flags(2, 2) & abroad,
        violence=Peak(values(2, 2), flags(2, 2)),
        persecution=Peak(values(2, 2), flags(2, 2)),
        at_home=values(2, 2, len(HOME_CONDITIONS)),
        later=values(2, 2, len(HOME_CONDITIONS)),
        followed=flags(2),
    )
    codes = np.array(draw(st.lists(st.tuples(*[st.integers(0, 1)] * 3), min_size=1, max_size=5)))
    people = np.array(draw(st.lists(PEOPLE, min_size=len(codes), max_size=len(codes))), dtype=np.float64)
    flows = Flows(codes[:, 0], codes[:, 1], codes[:, 2], people, values(2, 2))
    return Judge(evidence, limits_with({"persecution_risk": 0.5})), flows


@given(judged())
def test_people_add_up_exactly_and_none_is_counted_twice(drawn: tuple[Judge, Flows]) -> None:
    judge, flows = drawn
    splits = {pillar: judge.split(flows, pillar) for pillar in (*PILLARS, ALL_FOUR)}
    for split in (*splits.values(), *(one for _, _, one in judge.conditions(flows))):
        assert np.array_equal(split.met + split.not_met + split.unknown, flows.people)
        assert min(part.min() for part in (split.met, split.not_met, split.unknown)) >= 0.0
    together = splits.pop(ALL_FOUR)
    least = np.min([split.met for split in splits.values()], axis=0)
    lost = np.sum([flows.people - split.met for split in splits.values()], axis=0)
    assert np.all(together.met <= least)
    assert np.all(together.met >= np.maximum(0.0, flows.people - lost) * (1 - 1e-12))
    assert np.all(together.not_met >= np.max([split.not_met for split in splits.values()], axis=0))


@given(judged(), st.sampled_from([limit.name for limit in limit_table()]))
def test_a_curve_goes_one_way_on_both_bounds(drawn: tuple[Judge, Flows], name: str) -> None:
    judge, flows = drawn
    limit = judge.limits[name]
    splits = [judge.with_limit(name, value).split(flows, limit.pillar) for value in limit.grid()]
    lower = np.array([split.met.sum() for split in splits])
    upper = np.array([(split.met + split.unknown).sum() for split in splits])
    sign = 1.0 if limit.sense == "at most" else -1.0
    for bound in (lower, upper):
        assert np.all(sign * np.diff(bound) >= -1e-9 * flows.people.sum())


@given(judged())
def test_what_becomes_known_only_narrows_the_bounds(drawn: tuple[Judge, Flows]) -> None:
    judge, flows = drawn
    blind = replace(
        judge.evidence,
        push=np.full_like(judge.evidence.push, np.nan),
        violence=Peak(judge.evidence.violence.value, np.zeros((2, 2), dtype=np.bool_)),
        at_home=np.full_like(judge.evidence.at_home, np.nan),
        later=np.full_like(judge.evidence.later, np.nan),
    )
    for pillar in (*PILLARS, ALL_FOUR):
        known, unknown = judge.split(flows, pillar), Judge(blind, judge.limits).split(flows, pillar)
        assert np.all(unknown.met == 0.0)
        assert np.all(unknown.not_met <= known.not_met)


# A run on disk


def run_of(folder: Path, case: Case | None = None, replicates: int = 2) -> Run:
    """Return a run in which 40 + k refugees and 60 IDPs return to the north in March, and 20 + k flee again."""
    case = case or known_case()
    courses = [
        trajectory(
            case,
            k,
            returns=[
                (2, "north", "city", 40 + k), (2, "north", "south", 60), (2, "south", "farland", 5),
                (20, "north", "city", 10),
            ],
            displaced_again=[(2, 0, "north", 10 + k), (2, 12, "north", 10), (20, 1, "north", 3)],
        )
        for k in range(replicates)
    ]  # fmt: skip
    return write_run(folder, case, courses)


def rows_of(found: Pillars, **wanted: object) -> list[PillarRow]:
    return [one for one in found.rows if all(getattr(one, name) == value for name, value in wanted.items())]


def test_a_run_is_judged_by_host_with_one_cohort_for_refugees_and_idps(tmp_path: Path) -> None:
    found = judge_pillars(run_of(tmp_path / "run"))
    assert [(one.returns, one.host) for one in found.rows] == [
        ("all", None), ("refugees", None), ("idps", None), ("refugees", "HOA"), ("refugees", "HOB"), ("idps", "ORI"),
    ]  # fmt: skip
    [host] = rows_of(found, host="HOA")
    again = np.mean([40 * 20 / 100, 41 * 21 / 101])
    assert host.people == 50.5
    assert share(host, "sustainable").not_met == pytest.approx(again)
    assert share(host, "sustainable").unknown == 10.0
    assert share(host, "sustainable").met == pytest.approx(40.5 - again)
    assert share(host, ALL_FOUR).met == pytest.approx(40.5 - again)
    [idps] = rows_of(found, host="ORI")
    assert share(idps, "sustainable").not_met == pytest.approx(np.mean([60 * 20 / 100, 60 * 21 / 101]))
    for one in found.rows:
        for part in one.pillars:
            assert part.met + part.not_met + part.unknown == pytest.approx(one.people)


def test_pulled_is_null_where_nothing_is_known_of_the_host(tmp_path: Path) -> None:
    found = judge_pillars(run_of(tmp_path / "run"))
    by_host = {one.host: (one.pulled, one.push_unknown) for one in found.rows[3:]}
    assert by_host == {"HOA": (50.5, 0.0), "HOB": (None, 5.0), "ORI": (None, 60.0)}
    assert (found.rows[0].pulled, found.rows[0].push_unknown) == (50.5, 65.0)


def test_rows_can_be_districts_months_and_years_and_a_period_chosen(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run")
    assert {one.origin for one in judge_pillars(run, by="origin").rows} == {None, "north", "south"}
    months = judge_pillars(run, by="month").rows
    assert [one.month for one in months[3:]] == [date(2012, 3, 31), date(2012, 3, 31), date(2013, 9, 30)]
    assert {one.year for one in judge_pillars(run, by="year").rows} == {None, 2012, 2013}
    late = judge_pillars(run, since=date(2013, 1, 1))
    assert (late.rows[0].people, late.since, late.until) == (10.0, date(2013, 1, 1), END)
    with pytest.raises(UsageError, match="no month of the run ends"):
        judge_pillars(run, since=date(2020, 1, 1))


def test_a_host_is_validated_where_the_case_holds_figures_by_district(tmp_path: Path) -> None:
    case = known_case()
    figures = [
        Observation(
            date=END, measure=Measure.ORIGIN_SHARE, place="city", origin="north", value=0.4, definition="a", **SAID
        ),
        Observation(date=END, measure=Measure.RETURNED_IDPS, place="north", value=4, definition="a", **SAID),
    ]
    none = judge_pillars(run_of(tmp_path / "none", case))
    assert {one.host: one.validated for one in none.rows[3:]} == {"HOA": False, "HOB": False, "ORI": False}
    some = judge_pillars(run_of(tmp_path / "some", case.model_copy(update={"observed": (*case.observed, *figures)})))
    assert {one.host: one.validated for one in some.rows[3:]} == {"HOA": True, "HOB": False, "ORI": True}
    assert some.rows[0].validated is None


def test_each_condition_is_shown_by_itself(tmp_path: Path) -> None:
    found = judge_pillars(run_of(tmp_path / "run"), limits=limits_with({"documents": 0.95}))
    alone = {(one.condition, one.returns): one for one in found.conditions}
    assert len(alone) == 3 * 9
    assert alone["documents", "refugees"].not_met == 50.5
    assert alone["housing", "refugees"].met == 50.5
    assert alone["coercion", "idps"].unknown == 60.0
    assert alone["displaced_again", "idps"].not_met == share(rows_of(found, host="ORI")[0], "sustainable").not_met
    assert all(one.met + one.not_met + one.unknown == pytest.approx(one.people) for one in found.conditions)


def test_curves_run_over_a_limit_and_meet_the_rows_at_its_default(tmp_path: Path) -> None:
    found = judge_pillars(run_of(tmp_path / "run"), curves=["housing", "push_share"])
    assert [(one.limit, one.returns) for one in found.curves] == [
        (name, whose) for name in ("housing", "push_share") for whose in ("all", "refugees", "idps")
    ]
    curve = found.curves[1]
    assert [point.value for point in curve.points] == pytest.approx(np.linspace(0, 1, GRID))
    [at_default] = [point for point in curve.points if point.value == 0.5]
    assert at_default.lower == share(found.rows[1], "dignified").lower
    assert at_default.upper == share(found.rows[1], "dignified").upper
    with pytest.raises(UsageError, match="Did you mean 'housing'"):
        judge_pillars(run_of(tmp_path / "other"), curves=["hosing"])


def test_ranges_need_an_ensemble(tmp_path: Path) -> None:
    few = judge_pillars(run_of(tmp_path / "few"))
    assert few.interval.startswith("none: 2 replicates")
    assert share(few.rows[0], "sustainable").lower.p05 is None
    many = judge_pillars(run_of(tmp_path / "many", replicates=20))
    ends = share(many.rows[0], "sustainable").lower
    assert ends.p05 is not None
    assert ends.p50 is not None
    assert ends.p95 is not None
    assert ends.p05 < ends.p50 < ends.p95
    assert "chance" in many.interval


def test_parameters_are_those_of_the_run_and_not_the_defaults_of_today(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run")
    harsh = {**run.info.parameters, "persecution_risk[council]": 0.9}
    assert share(judge_pillars(run).rows[1], "safe").not_met == 0.0
    changed = Run(run.folder, run.info.model_copy(update={"parameters": harsh}))
    assert share(judge_pillars(changed).rows[1], "safe").not_met == 50.5 + 0.0


def test_a_run_without_returns_has_rows_of_nobody(tmp_path: Path) -> None:
    case = known_case()
    found = judge_pillars(write_run(tmp_path / "run", case, [trajectory(case)]), curves=["housing"])
    assert [one.people for one in found.rows] == [0.0, 0.0, 0.0]
    assert share(found.rows[0], "safe").lower.p50 is None
    assert isinstance(found, Document)
    assert '"p50": null' in found.to_json()


@pytest.mark.parametrize("name", ["flows.csv", "it's.parquet"])
def test_the_table_holds_every_flow(tmp_path: Path, name: str) -> None:
    run = run_of(tmp_path / "run")
    path = tmp_path / name
    assert write_pillar_table(run, path) == 4
    columns = ["month", "origin", "host", "people", "pulled", "voluntary_met", "validated", "all_four_unknown"]
    rows = duckdb.execute(f"SELECT {', '.join(columns)} FROM '{str(path).replace(chr(39), chr(39) * 2)}'").fetchall()
    assert rows[0] == (date(2012, 3, 31), "north", "city", 40.5, 40.5, 40.5, False, 0.0)
    assert rows[1][:5] == (date(2012, 3, 31), "north", "south", 60.0, None)
    assert sum(one[3] for one in rows) == judge_pillars(run).rows[0].people
    if path.suffix == ".csv":
        with path.open(encoding="utf-8") as file:
            parts = [f"{pillar}_{which}" for pillar in PILLARS for which in ("met", "not_met", "unknown")]
            for line in csv.DictReader(file):
                assert sum(float(line[part]) for part in parts) == pytest.approx(4 * float(line["people"]))


def test_a_table_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.parquet or \.csv"):
        write_pillar_table(run_of(tmp_path / "run"), tmp_path / "flows.xlsx")


def test_a_run_without_the_cohorts_is_refused(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run")
    for part in (run.folder / "displaced_again").iterdir():
        part.unlink()
    with pytest.raises(RunError, match="missing parts of displaced_again; run the case again"):
        Run.open(run.folder)


def test_the_small_case_knows_nothing_of_home_and_hosts(tmp_path: Path) -> None:
    """Its districts have violence and holders, so safe alone can be judged."""
    found = judge_pillars(run_of(tmp_path / "run", small_case(start=START, end=END)))
    assert share(found.rows[0], "voluntary").unknown == found.rows[0].people
    assert share(found.rows[0], "dignified").unknown == found.rows[0].people
    assert share(found.rows[0], "safe").met == 0.0
    assert FOLLOWED_MONTHS == 12
    assert set(DISTRICTS) == set(evidence_of(small_case()).origins)
