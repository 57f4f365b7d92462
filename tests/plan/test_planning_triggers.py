"""Triggers of a plan, on arrays made by hand: what count moves it, what an opening does, and when nothing is said."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from homeward.plan.ranges import low_likely_high
from homeward.plan.triggers import FEWEST, Quarter, quarters, trigger_table, triggers, turning_counts

MONTHS = (date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31))
SINCE = date(2023, 12, 31)


def test_quarters_are_cut_to_the_forecast() -> None:
    assert list(quarters(date(2023, 11, 15), date(2024, 5, 31))) == [
        Quarter(date(2023, 11, 16), date(2023, 12, 31)),
        Quarter(date(2024, 1, 1), date(2024, 3, 31)),
        Quarter(date(2024, 4, 1), date(2024, 5, 31)),
    ]
    assert list(quarters(SINCE, date(2024, 3, 31))) == [Quarter(date(2024, 1, 1), date(2024, 3, 31))]


def test_counts_turn_where_the_median_around_them_comes_nearer_to_another_column() -> None:
    # 101 replicates that end at ten times what they have counted: low 50, likely 500, high 950.
    counted = np.arange(101)
    up, down = turning_counts(counted, 10 * counted)
    # The 20 replicates nearest to c lie evenly around it, and 725 is the middle of likely and high; so c > 72.
    assert up == 73
    # 275 is the middle of low and likely: up to 27 the plan is low, so below 28.
    assert down == 28


def test_a_count_turns_only_where_every_greater_one_does() -> None:
    counted = np.arange(200)
    final = np.where((counted > 60) & (counted < 90), 10_000, counted)
    high = low_likely_high(final)[2]
    assert high == 10_000
    assert turning_counts(counted, final)[0] is None


def test_a_count_that_tells_nothing_moves_nothing() -> None:
    assert turning_counts(np.full(50, 7), np.arange(50)) == (None, None)
    assert turning_counts(np.arange(50), np.full(50, 7)) == (None, None)
    assert turning_counts(np.arange(19), np.arange(19)) == (None, None)


def people(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (replicates x months): the count by the end of March, as much again in each of the two months after."""
    months = np.zeros((len(counts), len(MONTHS)), dtype=np.int64)
    months[:, 1] = counts
    months[:, 3:] = counts[:, None]
    return months


def test_triggers_name_the_day_the_column_and_who_supports_them() -> None:
    counts = 100 * np.arange(1, 102)
    late = [date(2024, 4, 10) if count > 8_000 else None for count in counts]
    found = triggers(SINCE, MONTHS, {"returned_refugees": people(counts)}, late, 10)
    assert [(one.trigger, one.date) for one in found] == [
        ("count_at_least", date(2024, 3, 31)),
        ("count_below", date(2024, 3, 31)),
        ("opening", date(2024, 3, 31)),
        ("opening", date(2024, 5, 31)),
    ]
    high, low, never, opened = found
    assert high.count is not None
    chosen = 3 * counts[counts >= high.count]
    assert (high.move_to, high.replicates, high.total) == ("high", len(chosen), round(float(np.median(chosen))))
    assert (high.quarter_from, high.share) == (date(2024, 1, 1), round(len(chosen) / 101, 4))
    assert (low.move_to, low.replicates) == ("low", int((counts < (low.count or 0)).sum()))
    assert (never.replicates, never.share, never.total, never.move_to) == (0, 0.0, None, None)
    assert (opened.replicates, opened.total) == (21, round(float(np.median(3 * counts[counts > 8_000]))))
    assert (opened.move_to, opened.quarter_from, opened.count) == ("high", date(2024, 4, 1), None)


def test_an_opening_in_few_replicates_says_only_how_many() -> None:
    counts = 100 * np.arange(1, 102)
    openings = [date(2024, 2, 1) if number < FEWEST - 1 else None for number in range(101)]
    *_, opened, _ = triggers(SINCE, MONTHS, {"returned_idps": people(counts)}, openings, 10)
    assert (opened.trigger, opened.date, opened.replicates) == ("opening", date(2024, 3, 31), FEWEST - 1)
    assert (opened.total, opened.move_to) == (None, None)


def test_where_return_is_open_it_is_its_shutting_that_moves_the_plan() -> None:
    counts = 100 * np.arange(1, 102)
    days = [date(2024, 2, 1) if number < FEWEST else None for number in range(101)]
    found = triggers(SINCE, MONTHS, {"returned_idps": people(counts)}, days, 10, shuts=True)
    [shut] = [one for one in found if one.trigger == "closing" and one.date == date(2024, 3, 31)]
    assert (shut.replicates, shut.move_to) == (FEWEST, "low")


def test_small_counts_are_not_published() -> None:
    counts = np.repeat(np.arange(1, 4), 40)
    (high, *_) = triggers(SINCE, MONTHS, {"returned_idps": people(counts)}, [None] * 120, 10)
    assert (high.count, high.move_to, high.total) == (None, None, None)
    (high, *_) = triggers(SINCE, MONTHS, {"returned_idps": people(counts)}, [None] * 120, 1)
    assert high.count == 3


def test_the_table_has_the_same_rows() -> None:
    found = triggers(SINCE, MONTHS, {"returned_idps": people(100 * np.arange(50))}, [None] * 50, 10)
    table = trigger_table(found)
    assert table.column("date") == tuple(one.date for one in found)
    assert table.column("count") == tuple(one.count for one in found)
