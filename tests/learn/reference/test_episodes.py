from __future__ import annotations

import itertools
import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from homeward.errors import InputError
from homeward.learn.reference.episodes import (
    HERE,
    Coercion,
    build_episodes,
    known_by,
    read_episodes,
    read_onsets,
    record_of,
    shipped_episodes,
    write_episodes,
)
from homeward.learn.reference.origin_years import OriginYear
from tests.learn.reference.hand_made import episode, onset


def table(origin: str, first: int, stocks: list[int], returns: list[int | None], arrivals: int = 0) -> list[OriginYear]:
    return [
        OriginYear(origin, first + year, stock, arrivals or None, back, None)
        for year, (stock, back) in enumerate(zip(stocks, returns, strict=True))
    ]


def test_an_episode_begins_in_the_year_of_its_onset_with_the_stock_before() -> None:
    rows = table("AAA", 1988, [50_000, 60_000, 40_000, 30_000], [None, 10, 20_000, 0], arrivals=5_000)
    (found,), remarks = build_episodes(rows, [onset("AAA-1990")])
    assert (found.stock, found.first_year, [year.year for year in found.years]) == (60_000, 1990, [1990, 1991])
    assert found.years[0].exposure == 65_000
    assert found.shares()[:3] == pytest.approx([20_000 / 65_000, 0.0, math.nan], nan_ok=True)
    assert found.share_before == 10 / 55_000
    assert found.cumulative()[0] == pytest.approx(20_000 / 65_000)
    assert [remark.what for remark in remarks] == ["the tables hold no further year"]


def test_an_episode_ends_before_the_next_onset_of_its_origin_and_after_eleven_years() -> None:
    rows = table("AAA", 1989, [50_000] * 25, [100] * 25)
    first, second = build_episodes(rows, [onset("AAA-1990"), onset("AAA-1993")])[0]
    assert [year.year for year in first.years] == [1990, 1991, 1992]
    assert [year.year for year in second.years] == list(range(1993, 2004))


def test_an_episode_stops_where_the_tables_have_a_gap() -> None:
    rows = [row for row in table("AAA", 1989, [50_000] * 6, [100] * 6) if row.year != 1992]
    (found,) = build_episodes(rows, [onset("AAA-1990")])[0]
    assert [year.year for year in found.years] == [1990, 1991]


@pytest.mark.parametrize(
    ("stocks", "returns", "why"),
    [
        ([19_999, 100, 100], [None, 50, 50], "19,999 refugees at the end of 1989, fewer than 20,000"),
        ([50_000], [None], "no year lies before the next onset"),
        ([50_000, 50_000], [None, None], "no year has a figure of returns"),
    ],
)
def test_onsets_without_an_episode_say_why(stocks: list[int], returns: list[int | None], why: str) -> None:
    episodes, (remark,) = build_episodes(table("AAA", 1989, stocks, returns), [onset("AAA-1990")])
    assert episodes == []
    assert why in remark.what
    assert "no stock is recorded" in build_episodes([], [onset("AAA-1990")])[1][0].what


def test_what_is_ambiguous_is_listed() -> None:
    rows = table("AAA", 1989, [30_000, 8_000, 20_000, 20_000], [0, 40_000, 3, None])
    (found,), remarks = build_episodes(rows, [onset("AAA-1990")])
    assert found.shares()[:3] == pytest.approx([1.0, math.nan, math.nan], nan_ok=True)
    assert [(remark.year, remark.what.split(":")[0]) for remark in remarks] == [
        (1990, "40,000 returned, more than the 30,000 who were exposed"), (1991, "left out"), (1992, "missing"),
        (1993, "the tables hold no further year"),
    ]  # fmt: skip


def test_cumulative_shares_multiply_those_who_stay() -> None:
    assert episode("AAA-1990", [0.5, 0.5, None, 0.1]).cumulative()[:4] == pytest.approx(
        [0.5, 0.75, math.nan, math.nan], nan_ok=True
    )


def test_years_of_small_exposure_count_in_cumulative_shares_only() -> None:
    found = episode("AAA-1990", [0.5, 0.2], stock=9_000)
    assert all(math.isnan(share) for share in found.shares())
    assert found.cumulative()[:2] == pytest.approx([0.5, 0.6])


def test_a_zero_is_censored_and_a_missing_year_is_nothing() -> None:
    record = record_of([episode("AAA-2010", [0.1, 0.0, None], stock=50_000)])
    assert record.log_hazard[0, :3] == pytest.approx([math.log(-math.log(0.9)), math.nan, math.nan], nan_ok=True)
    assert record.log_limit[0, :3] == pytest.approx([math.nan, math.log(5 / 50_000), math.nan], nan_ok=True)
    assert record.covariates[0] == pytest.approx([1.0])


def test_what_was_known_on_a_day() -> None:
    episodes = [episode("AAA-1990", [0.1, 0.2, 0.3]), episode("BBB-1992", [0.1])]
    (found,) = known_by(episodes, date(1992, 6, 19))
    assert [year.year for year in found.years] == [1990]
    assert [len(one.years) for one in known_by(episodes, date(1993, 6, 20))] == [3, 1]
    assert known_by(episodes, date(1991, 6, 19)) == []


def test_later_figures_change_nothing_that_was_known_before() -> None:
    """The poison test of the reference class, with its control."""
    episodes = [episode("AAA-1990", [0.1, 0.2, 0.3]), episode("BBB-1991", [0.4, 0.1])]
    poisoned = [
        replace(one, years=tuple(y.model_copy(update={"returns": 7}) if y.year > 1991 else y for y in one.years))
        for one in episodes
    ]
    day = date(1992, 12, 31)
    clean, same = (record_of(known_by(found, day)).log_hazard for found in (episodes, poisoned))
    np.testing.assert_array_equal(clean, same)
    later = date(1993, 12, 31)
    clean, other = (np.nan_to_num(record_of(known_by(found, later)).log_hazard) for found in (episodes, poisoned))
    assert not np.array_equal(clean, other)


def test_tables_are_read_back_as_written(tmp_path: Path) -> None:
    rows = table("AAA", 1988, [50_000, 60_000, 40_000, 30_000], [None, 10, None, 0], arrivals=5_000)
    episodes, _ = build_episodes(rows, [onset("AAA-1990")])
    write_episodes(tmp_path / "episodes.csv", episodes)
    assert read_episodes(tmp_path / "episodes.csv", [onset("AAA-1990")]) == episodes


def test_a_damaged_table_of_onsets_names_every_fault(tmp_path: Path) -> None:
    text = (HERE / "onsets.csv").read_text(encoding="utf-8").splitlines()
    header, row = text[0], text[1].split(",")
    row[2] = "31.12.1990"
    (tmp_path / "onsets.csv").write_text("\n".join([header, ",".join(row)]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_onsets(tmp_path / "onsets.csv")
    assert [(problem.file, problem.row) for problem in caught.value.problems] == [("onsets.csv", 1)]


def test_shipped_onsets_are_whole() -> None:
    onsets = read_onsets()
    assert len({found.id for found in onsets}) == len(onsets) >= 60
    for found in onsets:
        assert found.id == f"{found.origin}-{found.onset.year}"
        assert found.source
        assert (found.coercion is Coercion.NOT_KNOWN) or (found.coercion_source and found.coercion_why), found.id
    by_origin = sorted((found.origin, found.onset) for found in onsets)
    for (origin, day), (other, later) in itertools.pairwise(by_origin):
        assert origin != other or (later - day).days >= 365, f"{origin}: two onsets within twelve months"


def test_shipped_episodes_follow_the_rule() -> None:
    episodes = shipped_episodes()
    assert len(episodes) >= 50
    for found in episodes:
        assert found.stock >= 20_000, found.onset.id
        assert [year.year for year in found.years] == list(
            range(found.first_year, found.first_year + len(found.years))
        ), found.onset.id
        assert all(year.known_on == date(year.year + 1, 6, 20) and year.source for year in found.years)
