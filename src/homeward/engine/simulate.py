"""Simulate: the clock that fills tables, lets the kernel draw, and records every month.

The order of a step is written in section 4 of docs/explanation/design.md and, in code, in
:mod:`homeward.engine.step`. Registration of people is a matter of what figures mean and is done afterwards, in
:mod:`homeward.judge.observe`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from homeward.engine import kernel
from homeward.engine.draws import MAX_STEPS
from homeward.engine.expected import advance_expected
from homeward.engine.layout import layout_of, moves_of, with_active
from homeward.engine.record import TABLES, Recorder, Trajectory
from homeward.engine.shocks import Shocks
from homeward.engine.state import State, expected_start, grow_older, ring_slots, start_state
from homeward.errors import RunError, UsageError
from homeward.rules.calendar import Block
from homeward.rules.tables import Rules, Tables

__all__ = ["Trunk", "expected_course", "expected_end", "simulate"]

Advance = Callable[..., None]


def simulate(
    rules: Rules,
    seed: int = 1,
    replicate: int = 0,
    *,
    advance: Advance = kernel.advance,
    on_day: Callable[[int], None] | None = None,
) -> Trajectory:
    """Return one replicate.

    ``seed`` and ``replicate``: 0 to 2**32 - 1; the same pair gives the same result on any machine, thread and
    beside any other replicate. ``advance``: the compiled kernel or its plain twin. ``on_day`` is called with the
    number of days done after every block; an exception that it raises ends the run.

    Raises UsageError for a seed out of range or a run of too many steps, RunError if people were not conserved.
    """
    course = _begun(rules, seed, replicate)
    _go_on(course, rules.blocks, advance, on_day)
    return course.recorder.trajectory(course.state)


class Trunk:
    """One replicate up to the day before ``first_day``, from which it can go on under several rules.

    ``first_day``: a day from the start of the calendar on which a month begins. Raises what :func:`simulate` raises.
    """

    def __init__(
        self, rules: Rules, first_day: int, seed: int = 1, replicate: int = 0, wanted: Collection[str] = TABLES
    ) -> None:
        """Simulate the days before; of the tables of a trajectory only those ``wanted`` are kept."""
        self._before = [block for block in rules.blocks if block.first_day < first_day]
        self._course = _begun(rules, seed, replicate, wanted)
        _go_on(self._course, self._before, kernel.advance, None)

    def branch(self, rules: Rules, *, days: int | None = None) -> Trajectory:
        """Return the replicate under rules that are the same before: bit for bit what ``simulate`` gives for them.

        ``days``: simulate only blocks that begin before this day of the calendar; what is there of a trajectory is the
        same as without. The trunk stays as it is. Raises UsageError where the rules differ in people, days or blocks
        before they part, RunError if people were not conserved.
        """
        branch = _branched(self._course, rules, self._before)
        last = rules.calendar.days if days is None else days
        ahead = [block for block in rules.blocks[len(self._before) :] if block.first_day < last]
        _go_on(branch, ahead, kernel.advance, None)
        return branch.recorder.trajectory(branch.state)


@dataclass
class _Course:
    """One replicate on its way: what it goes by, and how far it has come."""

    rules: Rules
    keys: tuple[np.uint64, np.uint64]
    tables: Tables
    state: State
    shocks: Shocks
    recorder: Recorder


def _begun(rules: Rules, seed: int, replicate: int, wanted: Collection[str] = TABLES) -> _Course:
    _require_addressable(rules, seed, replicate)
    tables = rules.new_tables()
    state = start_state(rules, tables, seed, replicate)
    shocks = Shocks(rules.shock_families, rules.calendar, seed, replicate)
    recorder = Recorder(rules.space, rules.calendar, tables, state, replicate, wanted)
    return _Course(rules, (np.uint64(seed), np.uint64(replicate)), tables, state, shocks, recorder)


def _branched(course: _Course, rules: Rules, before: Sequence[Block]) -> _Course:
    """Return a course as it goes on under other rules; nothing that it does changes the one that it came from."""
    tables = rules.new_tables()
    same_people = np.array_equal(rules.space.situation_id, course.rules.space.situation_id)
    same_people &= ring_slots(rules, tables) == len(course.state.ring)
    if not (same_people and rules.calendar == course.rules.calendar and list(rules.blocks[: len(before)]) == before):
        raise UsageError("rules can only branch off where they have the same people and the same days before")
    if before and not before[-1].ends_month:
        raise UsageError("rules can only branch off where a month begins")
    tables.memory = {name: values.copy() for name, values in course.tables.memory.items()}
    shocks = Shocks(rules.shock_families, rules.calendar, int(course.keys[0]), int(course.keys[1]))
    return _Course(rules, course.keys, tables, course.state.copy(), shocks, course.recorder.branched())


def _go_on(course: _Course, blocks: Sequence[Block], advance: Advance, on_day: Callable[[int], None] | None) -> None:
    """Take a course through some blocks."""
    rules, tables, state = course.rules, course.tables, course.state
    layout = layout_of(rules.space, rules.capacity)
    move, status = moves_of(tables.move), moves_of(tables.status)
    for block in blocks:
        rules.fill(tables, block, state.census(rules.space.classes), course.shocks.of(block))
        first_step, steps = _steps(rules, block.first_day), _steps(rules, block.days)
        advance(
            first_step, steps, rules.calendar.drawn_together(block), block.ends_month, *course.keys, layout,
            with_active(move), with_active(status) if block.ends_month else status, tables.birth, tables.birth_group,
            state.counts, state.ring, state.moved, state.changed, state.born, state.tally,
        )  # fmt: skip
        if block.ends_month:
            course.recorder.month(block.month, state)
            _require_conserved(course.recorder, state, block.month)
            grow_older(state, rules.space)
        if on_day is not None:
            on_day(block.first_day + block.days)


def expected_course(rules: Rules) -> Trajectory:
    """Return the expected course (mean field, no shocks); people are rounded to whole numbers in the record.

    Up to rounding, the exact expected counts if rules have no feedback.
    """
    recorder, state = _expected(rules)
    return recorder.trajectory(state)


def expected_end(rules: Rules) -> tuple[Trajectory, State]:
    """Return the expected course and the state at its end, people as floats, with their frailty classes."""
    recorder, state = _expected(rules)
    return recorder.trajectory(state), state


def _expected(rules: Rules) -> tuple[Recorder, State]:
    tables = rules.new_tables()
    state = expected_start(rules, tables)
    recorder = Recorder(rules.space, rules.calendar, tables, state, 0)
    layout = layout_of(rules.space, rules.capacity)
    neutral = [family.neutral() for family in rules.shock_families]
    move, status = moves_of(tables.move), moves_of(tables.status)
    for block in rules.blocks:
        rules.fill(tables, block, state.census(rules.space.classes), neutral)
        first_step, steps = _steps(rules, block.first_day), _steps(rules, block.days)
        advance_expected(
            first_step, steps, rules.calendar.drawn_together(block), block.ends_month, layout, with_active(move),
            with_active(status) if block.ends_month else status, tables.birth, tables.birth_group,
            state.counts, state.ring, state.moved, state.changed, state.born,
        )  # fmt: skip
        if block.ends_month:
            recorder.month(block.month, state)
            grow_older(state, rules.space)
    return recorder, state


def _steps(rules: Rules, days: int) -> int:
    return days * rules.calendar.steps_per_day


def _require_addressable(rules: Rules, seed: int, replicate: int) -> None:
    for name, value in (("seed", seed), ("replicate", replicate)):
        if not 0 <= value < 2**32:
            raise UsageError(f"{name} must lie between 0 and {2**32 - 1}, not {value}")
    if rules.calendar.steps > MAX_STEPS:
        raise UsageError(
            f"{rules.calendar.steps} steps are more than {MAX_STEPS}: use a longer step or a shorter period"
        )


def _require_conserved(recorder: Recorder, state: State, month: int) -> None:
    balance = recorder.balance(state)
    if balance.people_start + balance.births - balance.deaths != balance.people_end or state.counts.min() < 0:
        raise RunError(f"people were not conserved in month {month}: {balance}. Please report this as a fault")


def fresh_tables(rules: Rules) -> Tables:
    """Return tables filled for the first block without shocks, for inspection and tests."""
    tables = rules.new_tables()
    state = expected_start(rules, tables)
    neutral = [family.neutral() for family in rules.shock_families]
    rules.fill(tables, rules.blocks[0], state.census(rules.space.classes), neutral)
    return tables
