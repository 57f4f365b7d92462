"""Simulate: the clock that fills tables, lets the kernel draw, and records every month.

The order of a step is written in section 4 of docs/explanation/design.md and, in code, in
:mod:`homeward.engine.step`. Registration of people is a matter of what figures mean and is done afterwards, in
:mod:`homeward.judge.observe`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from homeward.engine import kernel
from homeward.engine.draws import MAX_STEPS
from homeward.engine.expected import advance_expected
from homeward.engine.layout import layout_of, moves_of, with_active
from homeward.engine.record import Recorder, Trajectory
from homeward.engine.shocks import Shocks
from homeward.engine.state import State, expected_start, grow_older, start_state
from homeward.errors import RunError, UsageError
from homeward.rules.tables import Rules, Tables

__all__ = ["expected_course", "expected_end", "simulate"]

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
    _require_addressable(rules, seed, replicate)
    tables = rules.new_tables()
    state = start_state(rules, tables, seed, replicate)
    shocks = Shocks(rules.shock_families, rules.calendar, seed, replicate)
    recorder = Recorder(rules.space, rules.calendar, tables, state, replicate)
    layout = layout_of(rules.space, rules.capacity)
    keys = (np.uint64(seed), np.uint64(replicate))
    move, status = moves_of(tables.move), moves_of(tables.status)
    for block in rules.blocks:
        rules.fill(tables, block, state.census(rules.space.classes), shocks.of(block))
        first_step, steps = _steps(rules, block.first_day), _steps(rules, block.days)
        advance(
            first_step, steps, rules.calendar.drawn_together(block), block.ends_month, *keys, layout, with_active(move),
            with_active(status) if block.ends_month else status, tables.birth, tables.birth_group,
            state.counts, state.ring, state.moved, state.changed, state.born, state.tally,
        )  # fmt: skip
        if block.ends_month:
            recorder.month(block.month, state)
            _require_conserved(recorder, state, block.month)
            grow_older(state, rules.space)
        if on_day is not None:
            on_day(block.first_day + block.days)
    return recorder.trajectory(state)


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
