from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.rules.calendar import Calendar

STARTS = st.dates(date(2000, 1, 1), date(2040, 12, 31))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    start = draw(STARTS)
    return Calendar(start, start + timedelta(days=draw(st.integers(0, 800))), draw(st.sampled_from([1, 2, 24])))


@given(calendars(), st.lists(st.dates(date(1999, 1, 1), date(2043, 12, 31)), max_size=8))
def test_blocks_cover_every_day_once_and_stay_within_a_month(calendar: Calendar, changes: list[date]) -> None:
    blocks = calendar.blocks(changes)
    covered = [day for block in blocks for day in range(block.first_day, block.first_day + block.days)]
    assert covered == list(range(calendar.days))
    for block in blocks:
        dates = {calendar.date_of(block.first_day + day) for day in range(block.days)}
        assert 1 <= block.days <= 7
        assert len({(day.year, day.month) for day in dates}) == 1
        assert not any(change in dates for change in changes if change != min(dates))


@given(calendars())
def test_months_end_once_each_and_have_their_simulated_days(calendar: Calendar) -> None:
    ends = calendar.month_ends()
    last_blocks = [block for block in calendar.blocks([]) if block.ends_month]
    assert [calendar.date_of(b.first_day + b.days - 1) for b in last_blocks] == list(ends)
    assert [block.month for block in last_blocks] == list(range(len(ends)))
    assert sum(block.month_days for block in last_blocks) == calendar.days
    for end in ends[:-1]:
        assert end.day == monthrange(end.year, end.month)[1]
    assert ends[-1] == calendar.end


@given(calendars())
def test_blocks_do_not_depend_on_the_length_of_a_step(calendar: Calendar) -> None:
    hourly = Calendar(calendar.start, calendar.end, 24)
    assert hourly.blocks([]) == calendar.blocks([])
    assert hourly.steps == 24 * calendar.days


@given(calendars(), st.lists(st.dates(date(1999, 1, 1), date(2043, 12, 31)), max_size=8))
def test_a_weekly_step_draws_once_a_block_for_all_its_days(calendar: Calendar, changes: list[date]) -> None:
    weekly = Calendar.of_step(calendar.start, calendar.end, 168)
    blocks = weekly.blocks(changes)
    assert blocks == calendar.blocks(changes)
    assert [weekly.drawn_together(block) for block in blocks] == [block.days for block in blocks]
    assert (weekly.steps, weekly.draws(blocks)) == (weekly.days, len(blocks))


@given(calendars(), st.sampled_from([1, 2, 3, 4, 6, 8, 12, 24]))
def test_a_step_within_a_day_draws_every_time(calendar: Calendar, hours: int) -> None:
    within = Calendar.of_step(calendar.start, calendar.end, hours)
    blocks = within.blocks([])
    assert {within.drawn_together(block) for block in blocks} == {1}
    assert within.steps == within.draws(blocks) == within.days * 24 // hours


@pytest.mark.parametrize(
    ("start", "end", "ends"),
    [
        (date(2012, 2, 1), date(2012, 2, 29), [date(2012, 2, 29)]),
        (date(2011, 12, 31), date(2012, 1, 1), [date(2011, 12, 31), date(2012, 1, 1)]),
        (date(2012, 1, 15), date(2012, 1, 15), [date(2012, 1, 15)]),
        (date(2012, 1, 31), date(2012, 3, 1), [date(2012, 1, 31), date(2012, 2, 29), date(2012, 3, 1)]),
    ],
)
def test_month_ends(start: date, end: date, ends: list[date]) -> None:
    assert list(Calendar(start, end, 1).month_ends()) == ends
