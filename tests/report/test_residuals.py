from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from homeward.report.facts import ReportData
from homeward.report.gather import gather
from homeward.report.residuals import ResidualChart, ResidualHost, residual_hosts
from tests.report.runs import balance_case, hand_made_run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ReportData:
    return gather(hand_made_run(tmp_path_factory.mktemp("balance") / "run", case=balance_case()))


@pytest.fixture(scope="module")
def hosts(data: ReportData) -> dict[str, ResidualHost]:
    return {host.country: host for host in residual_hosts(data)}


def chart_of(host: ResidualHost) -> ResidualChart:
    assert host.chart is not None
    return host.chart


def test_hosts_come_by_size_and_have_names(hosts: dict[str, ResidualHost]) -> None:
    assert [(host.name, host.is_large) for host in hosts.values()] == [("HOA", True), ("Farland", False)]


def test_the_balance_covers_years_that_were_not_simulated(data: ReportData, hosts: dict[str, ResidualHost]) -> None:
    assert data.info.end.year == 2012
    assert [line.row.year for line in hosts["HOA"].lines] == [2012, 2013, 2014]


def test_flows_have_the_sign_by_which_they_change_the_stock(hosts: dict[str, ResidualHost]) -> None:
    for host in hosts.values():
        for line in host.lines:
            if line.row.residual is not None:
                flows = sum(cell.people or 0 for cell in line.cells)
                assert line.row.change == pytest.approx(flows + line.row.residual)


def test_reported_figures_and_estimates_are_told_apart(hosts: dict[str, ResidualHost]) -> None:
    by_column = dict(zip(hosts["HOA"].columns, hosts["HOA"].lines[0].cells, strict=True))
    estimated = {words for words, cell in by_column.items() if cell.estimated}
    assert estimated == {"Births", "Deaths", "Naturalised", "Resettled", "Audits"}
    assert by_column["Returns"].people == -3_000


def test_only_hosts_with_applications_have_people_waiting(hosts: dict[str, ResidualHost]) -> None:
    assert "Still waiting" not in hosts["HOA"].columns
    waiting = [line.cells[hosts["HOB"].columns.index("Still waiting")].people for line in hosts["HOB"].lines]
    assert waiting == [-200, None, None]


def test_remarks(hosts: dict[str, ResidualHost]) -> None:
    assert [line.remark for line in hosts["HOA"].lines] == ["partly circular", "no finding", ""]
    assert [line.remark for line in hosts["HOB"].lines] == ["", "", "waiting unknown"]


def test_definitions_are_named_with_their_years(hosts: dict[str, ResidualHost]) -> None:
    assert hosts["HOA"].definitions == (
        ("Stock", "year-end (2012–2013); year-end, counted anew (2014)"),
        ("Arrivals", "registrations (2012); <b>balances the stock</b> (2013)"),
        ("Returns", "verified (2012)"),
    )
    assert dict(hosts["HOB"].definitions)["Arrivals"] == "asylum applications in the year (2012, 2014)"


def test_a_drawing_is_to_scale(hosts: dict[str, ResidualHost]) -> None:
    chart = chart_of(hosts["HOA"])
    assert [words for _, words in chart.levels] == ["+20 %", "0", "−20 %"]
    top, zero, bottom = (y for y, _ in chart.levels)
    assert zero - top == bottom - zero
    assert [mark.kind for mark in chart.marks] == ["audit", "construction"]
    for mark, line in zip(chart.marks, hosts["HOA"].lines, strict=False):
        assert line.row.share is not None
        assert mark.y == pytest.approx(zero - line.row.share / 0.2 * (zero - top), abs=0.06)
        assert mark.high <= mark.y <= mark.low  # from the top of the drawing
        assert mark.beyond == ""
    assert chart.left < chart.marks[0].x < chart.marks[1].x < chart.right


def test_a_share_beyond_the_drawing_stands_at_its_end_and_is_written_out(data: ReportData) -> None:
    rows = tuple(
        row.model_copy(update={"residual": -1.5 * (row.stock + row.stock_before) / 2, "share": -1.5})
        for row in data.residuals.rows
        if row.country == "HOB"
    )
    [host] = residual_hosts(replace(data, residuals=data.residuals.model_copy(update={"rows": rows})))
    chart = chart_of(host)
    assert {mark.beyond for mark in chart.marks} == {"−150"}
    assert {mark.y for mark in chart.marks} == {chart.levels[-1][0]}


def test_a_host_whose_definition_always_changes_has_no_drawing(data: ReportData) -> None:
    rows = tuple(row for row in data.residuals.rows if row.definition_changed)
    [host] = residual_hosts(replace(data, residuals=data.residuals.model_copy(update={"rows": rows})))
    assert host.chart is None


def test_parameters_of_the_run_decide_births(tmp_path: Path) -> None:
    case = balance_case()
    settings = case.settings.model_copy(update={"parameters": {"birth_rate_abroad": 0.05}})
    run = hand_made_run(tmp_path / "run", case=case.model_copy(update={"settings": settings}))
    births = gather(run).residuals.rows[0].births
    assert births is not None
    assert births.people == pytest.approx(0.05 * 65_000)
