"""Whether return is open on a day, in the sense of the reference class: people go home at the pace of an open year.

The reference class (:mod:`homeward.learn.reference.model`) knows open and shut years by how many went, and so does
this: return counts as open where, in the expected course, refugees went home in the last twelve months at no less than
:data:`OPEN_SHARE` of the hazard that holds with the gate open. Who holds a country, or how safe it is, is no measure:
that acts through the rules, and what opens on top of it is the rest of the way.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from homeward.case.schema import Case, Stage
from homeward.engine.simulate import expected_course
from homeward.rules.calendar import DAYS_PER_YEAR
from homeward.rules.homeward import HomewardRules

__all__ = ["OPEN_SHARE", "gate_is_open"]

OPEN_SHARE = 0.5
MONTHS = 12


def gate_is_open(case: Case, on: date) -> bool:
    """Return whether return is open at the end of a day, from one course of a case up to it; before its start: no.

    ``case`` has the violence of all months up to the day (:func:`homeward.learn.continuation.settled`). Raises
    InputError for a case that the rules cannot use.
    """
    if on <= case.settings.start:
        return False
    rules = HomewardRules(case.model_copy(update={"settings": case.settings.model_copy(update={"end": on})}))
    course = expected_course(rules)
    first = max(0, len(course.names.month_ends) - MONTHS)
    days = (on - max(case.settings.start, course.names.month_ends[first].replace(day=1))).days + 1
    returns, stocks = course.returns, course.stocks
    from_abroad = ~np.isin(returns["host"], rules.geography.home)
    gone = float(returns["people"][from_abroad & (returns["month"] >= first)].sum())
    refugees = (stocks["stage"] == course.names.stages.index(Stage.REFUGEE)) & (stocks["month"] >= first)
    months = len(course.names.month_ends) - first
    there = float(stocks["people"][refugees].sum()) / months
    return gone * DAYS_PER_YEAR / days >= OPEN_SHARE * rules.parameters["return_hazard_open"] * there > 0.0
