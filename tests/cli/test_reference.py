"""``homeward reference``: tables, document, plot, and what it says of wrong calls and damaged tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeward.learn.reference import posterior
from homeward.results.contract import Reference
from tests.cli.conftest import Call

HEADERS = {
    "population": "year,coo,coo_iso,coa,coa_iso,refugees,returned_refugees",
    "solutions": "year,coo,coo_iso,coa,coa_iso,returned_refugees",
    "flows": "year,coo,coo_iso,coa,coa_iso,refugees,refugee_like",
}


def test_an_unseen_origin(call: Call) -> None:
    said = call("reference", "SLE", "--onset", "2002")
    assert (said.status, said.err) == (0, "")
    assert "years since" in said.out
    assert "past episodes of other origins" in said.out
    assert "safe" not in said.out


def test_the_document_holds_both_shares_with_intervals(call: Call) -> None:
    said = call("reference", "syr", "--onset", "2024", "--json")
    found = Reference.model_validate_json(said.out)
    assert json.loads(said.out)["schema"] == "homeward/reference/1"
    assert (found.origin, found.onset, found.as_of, found.without_coerced) == ("SYR", 2024, None, False)
    assert [row.years_since for row in found.rows] == [row.years_since for row in found.hazard] == list(range(11))
    assert [row.year for row in found.rows] == list(range(2024, 2035))
    for rows in (found.rows, found.hazard):
        for row in rows:
            assert 0 <= row.p05 <= row.p25 <= row.p50 <= row.p75 <= row.p95 <= 1
    assert [row.p50 for row in found.rows] == sorted(row.p50 for row in found.rows)
    assert len(found.nearest) == 5
    assert {past.origin for past in found.nearest}.isdisjoint({"SYR"})
    assert {past.origin for past in found.own} == {"SYR"}


def test_an_earlier_day_shows_nothing_later(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posterior.sample, "__defaults__", (30, 10, 1, lambda _share: None))
    said = call("reference", "AFG", "--onset", "2001", "--as-of", "2003-01-01", "--json", "--quiet")
    found = Reference.model_validate_json(said.out)
    (last,) = [past for past in found.own if past.id == "AFG-2001"]
    assert [share is None for share in last.cumulative] == [False] + [True] * 10
    assert all(past.onset.year <= 2002 for past in found.nearest)


def test_a_code_without_a_past_is_said(call: Call) -> None:
    assert "The table holds no past episode of XKX." in call("reference", "XKX", "--onset", "2008").out


def test_coerced_episodes_can_be_left_out(call: Call) -> None:
    every, kept = (
        Reference.model_validate_json(call("reference", "SLE", "--onset", "2002", "--json", *more).out)
        for more in ([], ["--without-coerced"])
    )
    assert kept.episodes < every.episodes
    assert all(past.coercion != "coerced" for past in kept.nearest)


@pytest.mark.parametrize("name", ["plot.svg", "plot.png"])
def test_the_plot_is_written_and_not_overwritten(call: Call, tmp_path: Path, name: str) -> None:
    arguments = ("reference", "SLE", "--onset", "2002", "--plot", tmp_path / name, "--json")
    assert call(*arguments).status == 0
    drawn = (tmp_path / name).read_bytes()
    assert len(drawn) > 10_000
    again = call(*arguments)
    assert (again.status, "is there already" in again.out + again.err) == (2, True)
    assert call(*arguments, "--force").status == 0
    assert (tmp_path / name).read_bytes() == drawn


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Syria", "--onset", "2024"), "'Syria' is no ISO 3166 alpha-3 code"),
        (("SYR", "--onset", "24"), "greater than or equal to 1960"),
        (("SYR",), "Missing option '--onset'"),
        (("SYR", "--onset", "2024", "--plot", "plot.pdf"), "does not end in .svg or .png"),
        (("SYR", "--onset", "2024", "--plot", "nowhere/plot.svg"), "there is no folder nowhere"),
        (("SYR", "--onset", "2024", "--as-of", "1970-01-01"), "past episodes are known here"),
    ],
)
def test_wrong_calls(call: Call, arguments: tuple[str, ...], message: str) -> None:
    said = call("reference", *arguments)
    assert (said.status, said.out) == (2, "")
    assert message in said.err


CODES = ("AFG", "AGO", "BIH", "HRV", "KHM", "LBR", "MOZ", "NIC", "SLV", "TCD", "RWA", "GTM")


def write_tables(folder: Path) -> None:
    folder.mkdir()
    for name, header in HEADERS.items():
        rows = [header]
        for year in range(1989, 2003):
            for origin in CODES:
                stock = 100_000 - 5_000 * (year - 1989)
                cells = {"population": f"{stock},4000", "solutions": "4000", "flows": "10,"}[name]
                rows.append(f"{year},{origin},{origin},HOB,HOB,{cells}")
        (folder / f"{name}.csv").write_text("\n".join(rows), encoding="utf-8")


def test_episodes_are_built_from_tables(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On small tables, with a short chain."""
    monkeypatch.setattr(posterior.sample, "__defaults__", (30, 10, 1, lambda _share: None))
    write_tables(tmp_path / "unhcr")
    found = Reference.model_validate_json(
        call("reference", "SYR", "--onset", "2024", "--data", tmp_path / "unhcr", "--json", "--quiet").out
    )
    assert found.episodes >= 10
    assert {past.origin for past in found.nearest} <= set(CODES)
    assert any("no stock is recorded" in remark for remark in found.remarks)


def test_damaged_tables_are_named(call: Call, tmp_path: Path) -> None:
    write_tables(tmp_path / "unhcr")
    (tmp_path / "unhcr" / "flows.csv").unlink()
    path = tmp_path / "unhcr" / "solutions.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("1989,AFG,AFG,HOB,HOB,4000", "1989,AFG,AFG,HOB,HOB,-4"),
        encoding="utf-8",
    )
    said = call("reference", "SYR", "--onset", "2024", "--data", tmp_path / "unhcr")
    assert (said.status, said.out) == (3, "")
    assert "flows.csv" in said.err
    assert "solutions.csv, row 1 (line 2)" in said.err
