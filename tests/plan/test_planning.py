"""The planning table: quantiles and totals against plain NumPy, what is hidden, pillars, needs and money."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from homeward.engine.drawn import member_parameters
from homeward.errors import RunError, UsageError
from homeward.judge.pillars import judge_pillars
from homeward.plan.courses import JUDGED, read_courses
from homeward.plan.needs import lacking, money_per_returnee
from homeward.plan.outlook import Outlook
from homeward.plan.planning import PlanTables, plan_tables
from homeward.plan.ranges import is_small, low_likely_high, nearest_column, published
from homeward.results.run import Run
from tests.plan.planned_run import AS_OF, HOUSING, MONTHS, SERVICES, forecast_run, planned_case, shared_run

REPLICATES = 24
KEYS = ("measure", "level", "host", "district", "month")
Rows = Mapping[tuple[Any, ...], Mapping[str, Any]]


@pytest.fixture(scope="module")
def run() -> Run:
    return shared_run()


@pytest.fixture(scope="module")
def unopened(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a short forecast in which nothing opens and all parameters are as in the case."""
    folder = tmp_path_factory.mktemp("plan") / "unopened"
    return forecast_run(folder, replicates=4, chance=0.0, drawn=None, since=date(2012, 9, 12))


@pytest.fixture(scope="module")
def tables(run: Run) -> PlanTables:
    return plan_tables(run)


@pytest.fixture(scope="module")
def unopened_tables(unopened: Run) -> PlanTables:
    return plan_tables(unopened)


@pytest.fixture(scope="module")
def open_tables(run: Run) -> PlanTables:
    """Return the tables with nothing suppressed."""
    return plan_tables(run, smallest=1)


def by_key(tables: PlanTables) -> Rows:
    names = [column.name for column in tables.returns.columns]
    rows = [dict(zip(names, row, strict=True)) for row in tables.returns.rows]
    return {tuple(row[key] for key in KEYS): row for row in rows}


def needs(tables: PlanTables) -> Rows:
    names = [column.name for column in tables.needs.columns]
    rows = [dict(zip(names, row, strict=True)) for row in tables.needs.rows]
    return {(row["district"], row["month"]): row for row in rows}


def counted(run: Run, where: str, months: tuple[date, ...] = MONTHS) -> NDArray[np.float64]:
    """Return people by replicate who set out in some months, by a query of its own; replicates without rows are 0."""
    found = run.columns(
        f"SELECT replicate, sum(people) AS people FROM returns JOIN places ON places.place = host "
        f"WHERE list_contains($months, month) AND {where} GROUP BY replicate",
        {"months": list(months)},
    )
    people = np.zeros(run.info.replicates)
    people[found["replicate"]] = found["people"]
    return people


WHERE = {
    ("returned_refugees", "all", None, None): "country <> 'ORI'",
    ("returned_refugees", "host", "HOA", None): "country = 'HOA'",
    ("returned_refugees", "district", None, "north"): "country <> 'ORI' AND origin = 'north'",
    ("returned_refugees", "host_and_district", "HOB", "south"): "country = 'HOB' AND origin = 'south'",
    ("returned_idps", "all", None, None): "country = 'ORI'",
    ("returned_idps", "district", None, "east"): "country = 'ORI' AND origin = 'east'",
}


@pytest.mark.parametrize("key", WHERE, ids=str)
def test_columns_are_quantiles_over_all_replicates(
    run: Run, open_tables: PlanTables, key: tuple[str, str, str | None, str | None]
) -> None:
    found = by_key(open_tables)
    for month in MONTHS:
        row = found[(*key, month)]
        expected = np.quantile(counted(run, WHERE[key], (month,)), (0.05, 0.5, 0.95))
        shown = [math.nan if row[name] is None else row[name] for name in ("low", "likely", "high")]
        hidden = [0.0 < value < 0.5 for value in expected]  # rounds to nobody, though somebody may go
        assert [math.isnan(value) for value in shown] == hidden
        np.testing.assert_allclose(np.nan_to_num(shown), np.where(hidden, 0.0, expected), atol=0.5)


def test_totals_are_quantiles_of_sums_and_not_sums_of_quantiles(run: Run, open_tables: PlanTables) -> None:
    expected = np.quantile(counted(run, "country <> 'ORI'"), (0.05, 0.5, 0.95))
    total = next(one for one in open_tables.totals if one.measure == "returned_refugees" and one.year is None)
    assert None not in (total.low, total.likely, total.high)
    shown = [float(value or 0) for value in (total.low, total.likely, total.high)]
    np.testing.assert_allclose(shown, expected, atol=0.5)
    assert (total.since, total.until) == (date(2012, 7, 1), MONTHS[-1])
    summed = sum(row["high"] for key, row in by_key(open_tables).items() if key[:2] == ("returned_refugees", "all"))
    assert summed > 1.02 * (total.high or 0)


def test_every_host_district_and_month_has_one_row(tables: PlanTables) -> None:
    levels: dict[tuple[str, str], int] = {}
    for measure, level, *_ in by_key(tables):
        levels[measure, level] = levels.get((measure, level), 0) + 1
    hosts, districts, months = 2, 3, len(MONTHS)
    assert levels == {
        ("returned_refugees", "all"): months,
        ("returned_refugees", "host"): hosts * months,
        ("returned_refugees", "district"): districts * months,
        ("returned_refugees", "host_and_district"): hosts * districts * months,
        ("returned_idps", "all"): months,
        ("returned_idps", "district"): districts * months,
    }
    assert len(tables.returns.rows) == sum(levels.values())
    row = by_key(tables)["returned_refugees", "host_and_district", "HOA", "north", MONTHS[0]]
    assert (row["district_name"], row["district_pcode"]) == ("North", "OR01")


def test_small_counts_are_left_empty_and_nothing_else_is(tables: PlanTables, open_tables: PlanTables) -> None:
    shown, whole = by_key(tables), by_key(open_tables)
    hidden = 0
    for key, row in shown.items():
        for name in ("low", "likely", "high"):
            value = whole[key][name]
            if value is None or 0 < value < 10:
                assert row[name] is None
                assert row["suppressed"]
                hidden += 1
            else:
                assert row[name] == value
    assert 0 < hidden < 3 * len(shown)
    assert any(row["suppressed"] and row["high"] is not None for row in shown.values())
    assert any(not row["suppressed"] for row in shown.values())


def test_pillars_are_hidden_where_no_count_may_be_shown(run: Run, open_tables: PlanTables) -> None:
    top = max(row["high"] or 0 for row in by_key(open_tables).values())
    for row in by_key(plan_tables(run, smallest=top + 1)).values():
        assert {row[name] for name in ("low", "likely", "high")} <= {None, 0}
        assert all(row[f"{pillar}_{bound}"] is None for pillar in JUDGED for bound in ("met", "met_or_unknown"))


def test_counts_are_published_from_the_smallest_on() -> None:
    assert published(np.array([0.0, 9.4, 9.6]), 10) == ((0, None, 10), True)
    assert published(np.array([math.nan, 12.2, math.nan]), 10) == ((None, 12, None), False)
    assert [is_small(value, 10) for value in (0.0, 0.2, 9.49, 9.51, math.nan)] == [False, True, True, False, False]


def test_a_small_ensemble_has_no_low_and_high(unopened_tables: PlanTables) -> None:
    tables = unopened_tables
    rows = by_key(tables).values()
    assert all(row["low"] is None and row["high"] is None for row in rows)
    assert any(row["likely"] for row in rows)
    assert tables.interval.startswith("none: 4 replicates")
    assert not any(one.move_to or one.count or one.total for one in tables.triggers)
    assert low_likely_high(np.arange(20.0))[0] == pytest.approx(0.95)


def test_shares_of_pillars_are_those_of_the_judge_where_nothing_opens(unopened: Run) -> None:
    found = by_key(plan_tables(unopened, smallest=1))
    judged = judge_pillars(unopened, by="month", since=date(2012, 9, 12))
    compared = 0
    for row in judged.rows:
        if row.month is None:
            continue
        measure = "returned_refugees" if row.returns == "refugees" else "returned_idps"
        own = found[measure, "all", None, None, row.month]
        for share in row.pillars:
            assert own[f"{share.pillar}_met"] == pytest.approx(share.met / row.people, abs=1e-4)
            either = (share.met + share.unknown) / row.people
            assert own[f"{share.pillar}_met_or_unknown"] == pytest.approx(either, abs=1e-4)
            compared += 1
    assert compared == 2 * 4 * len(JUDGED)


def test_what_is_unknown_is_never_met(open_tables: PlanTables) -> None:
    rows = [row for row in by_key(open_tables).values() if row["safe_met"] is not None]
    for row in rows:
        assert all(row[f"{pillar}_met"] <= row[f"{pillar}_met_or_unknown"] for pillar in JUDGED)
        assert (row["sustainable_met"], row["sustainable_met_or_unknown"]) == (0.0, 1.0)  # followed for a year at most
    assert rows


def test_replicates_in_which_return_opens_are_judged_by_their_own_conditions(run: Run) -> None:
    outlook = Outlook(run)
    opened = [number for number, day in enumerate(outlook.openings) if day is not None]
    shut = [number for number, day in enumerate(outlook.openings) if day is None]
    assert opened
    assert shut
    first = min(opened, key=lambda number: str(outlook.openings[number]))
    persecution = outlook.judge(first).evidence.persecution.value
    assert (persecution[-1] == 0.0).all()
    assert (outlook.judge(shut[0]).evidence.persecution.value[-1] > 0.0).all()
    assert outlook.judge(shut[0]) is outlook.judge(shut[-1])
    month = [day and (day.year, day.month) for day in outlook.openings]
    twins = [number for number in opened if month.count(month[number]) > 1]
    assert outlook.judge(twins[0]) is outlook.judge(next(n for n in twins[1:] if month[n] == month[twins[0]]))


def test_openings_are_those_of_the_cases_of_the_replicates(run: Run) -> None:
    from homeward.learn.members import Members

    members = Members(run.case(), run.info.seed, run.info.drawn, run.info.continuation)
    for replicate, day in enumerate(Outlook(run).openings):
        rows = [row.date for row in members.case_of(replicate).conditions if "new_authorities" in row.indicator]
        assert set(rows) == ({day} if day else set())


def test_presence_and_gaps_come_from_the_stocks(run: Run, open_tables: PlanTables) -> None:
    found = run.columns(
        "SELECT replicate, sum(people) AS people FROM stocks WHERE place = 'north' AND date = $date "
        "AND stage IN ('resident', 'displaced', 'returned') GROUP BY replicate ORDER BY replicate",
        {"date": MONTHS[2]},
    )["people"].astype(np.float64)
    before = 180_000
    row = needs(open_tables)["north", MONTHS[2]]
    assert (row["housing_share"], row["services_share"]) == (HOUSING["north"], SERVICES["north"])
    for name, people in (
        ("present", found),
        ("without_housing", np.maximum(found - 0.5 * before, 0.0)),
        ("without_services", np.maximum(found - 0.4 * before, 0.0)),
    ):
        shown = [row[f"{name}_{column}"] for column in ("low", "likely", "high")]
        np.testing.assert_allclose(shown, np.quantile(people, (0.05, 0.5, 0.95)), atol=0.5)


def test_unknown_conditions_stay_unknown(tables: PlanTables) -> None:
    found = needs(tables)
    assert set(found) == {(place, month) for place in ("north", "south", "east") for month in MONTHS}
    east, south = found["east", MONTHS[0]], found["south", MONTHS[0]]
    unknown = ("housing_share", "services_share", "without_housing_likely", "without_services_likely")
    assert [east[name] for name in (*unknown, "dollars_per_returnee_likely")] == [None] * 5
    assert east["present_likely"] > 0
    assert not east["suppressed"]
    assert (south["housing_share"], south["services_share"]) == (HOUSING["south"], None)
    assert south["without_housing_likely"] is not None
    assert (south["without_services_high"], south["dollars_per_returnee_likely"]) == (None, None)


def test_money_repairs_what_is_missing_at_the_cost_of_the_replicate(run: Run, tables: PlanTables) -> None:
    costs = member_parameters(run.case(), "prior", run.info.seed, REPLICATES)
    money = 0.5 * costs["housing_cost"] + 0.6 * costs["services_cost"]
    row = needs(tables)["north", MONTHS[-1]]
    shown = [row[f"dollars_per_returnee_{column}"] for column in ("low", "likely", "high")]
    np.testing.assert_allclose(shown, np.quantile(money, (0.05, 0.5, 0.95)), atol=0.5)
    assert shown[0] < shown[1] < shown[2]


def test_money_has_no_range_where_costs_are_the_same(unopened_tables: PlanTables) -> None:
    row = needs(unopened_tables)["north", MONTHS[-1]]
    assert row["dollars_per_returnee_likely"] == 0.5 * 3_000 + 0.6 * 1_500
    assert (row["dollars_per_returnee_low"], row["dollars_per_returnee_high"]) == (None, None)
    assert any("same costs" in note for note in unopened_tables.notes)


def test_the_formulas_by_hand() -> None:
    present = np.array([[[100.0, 100.0, 40.0]], [[120.0, 90.0, 0.0]]])
    gaps = lacking(present, np.array([[0.5, math.nan, 0.6]]), np.array([160.0, 100.0, 100.0]))
    np.testing.assert_array_equal(gaps, [[[20.0, math.nan, 0.0]], [[40.0, math.nan, 0.0]]])
    housing, services = np.array([[0.5, 1.0]]), np.array([[0.8, math.nan]])
    money = money_per_returnee(housing, services, np.array([1_000.0, 2_000.0]), np.array([100.0, 500.0]))
    np.testing.assert_allclose(money, [[[520.0, math.nan]], [[1_100.0, math.nan]]])


def test_the_nearest_column() -> None:
    columns = np.array([10.0, 20.0, 100.0])
    assert [nearest_column(value, columns) for value in (0.0, 15.0, 59.0, 60.0, 61.0)] == [
        "low", "likely", "likely", "likely", "high",
    ]  # fmt: skip
    assert nearest_column(math.nan, columns) is None
    assert nearest_column(15.0, np.array([math.nan, 20.0, math.nan])) is None


def test_an_as_of_day_within_a_month_is_told(unopened_tables: PlanTables, tables: PlanTables) -> None:
    assert any("2012-09-12, lies within it" in note for note in unopened_tables.notes)
    assert unopened_tables.months[0] == date(2012, 9, 30)
    assert not any("lies within" in note for note in tables.notes)
    assert tables.since == AS_OF


def test_only_a_forecast_can_be_planned_with(run: Run, unopened: Run) -> None:
    plain = Run(run.folder, run.info.model_copy(update={"continuation": None}))
    with pytest.raises(UsageError, match="is no forecast"):
        plan_tables(plain)
    how = unopened.info.continuation
    assert how is not None
    late = Run(run.folder, run.info.model_copy(update={"continuation": how.model_copy(update={"since": MONTHS[-1]})}))
    with pytest.raises(UsageError, match="nothing after its as-of day 2012-12-31"):
        plan_tables(late)
    with pytest.raises(UsageError, match="at least 1"):
        plan_tables(run, smallest=0)


def test_rows_outside_the_run_are_damage(tmp_path: Path, unopened: Run) -> None:
    short = unopened.info.model_copy(update={"start": date(2012, 11, 1)})
    case = planned_case()
    assert case.settings.start < short.start
    with pytest.raises(RunError, match="damaged"):
        read_courses(Run(unopened.folder, short), Outlook(Run(unopened.folder, short)))
    assert not list(tmp_path.iterdir())
