"""What the rules of return ask for: conditions at home, at the hosts, and the money that rebuilds.

Nearly all of it is judgement, written down by hand. Housing stands at the start of the war and where someone
assessed it: between such days the rules let violence destroy and money rebuild, so a guessed level would
override them.
"""

from __future__ import annotations

from datetime import date

from homeward.case.indicators import NOT_SHARES
from homeward.case.schema import Basis, Condition
from tools.syria.facts import GOVERNORATES, HANDMADE, read_literals

__all__ = ["return_conditions"]

_MONEY_FACTOR = 3.0
"""Money for rebuilding is known to an order of magnitude: low and high are a third and three times."""


def return_conditions() -> list[Condition]:
    """Return the conditions of home by governorate, those of the hosts by country, and the surveys."""
    return _home() + _host() + _surveys()


def _home() -> list[Condition]:
    """Return one row for every filled cell: a blank leaves the governorate as it was."""
    literals = read_literals("home_conditions")
    return [_home_row(literal, place) for literal in literals for place, _, _ in GOVERNORATES if literal[place]]


def _home_row(literal: dict[str, str], place: str) -> Condition:
    value = float(literal[place])
    is_money = literal["indicator"] in NOT_SHARES
    low, high = _money_range(value) if is_money else _share_range(value, float(literal["spread"]))
    return _by_hand(literal, place, (low, value, high), literal["source"])


def _host() -> list[Condition]:
    return [_host_row(literal) for literal in read_literals("host_conditions")]


def _host_row(literal: dict[str, str]) -> Condition:
    value = float(literal["value"])
    low, high = _share_range(value, float(literal["spread"]))
    return _by_hand(literal, literal["place"], (low, value, high), "hand")


def _surveys() -> list[Condition]:
    """Return figures of published surveys, known since their publication."""
    return [Condition.model_validate(row) for row in read_literals("return_surveys")]


def _by_hand(literal: dict[str, str], place: str, values: tuple[float, float, float], source: str) -> Condition:
    low, value, high = values
    return Condition(
        place=place,
        date=date.fromisoformat(literal["date"]),
        indicator=literal["indicator"],
        value=value,
        low=low,
        high=high,
        source=source,
        known_on=HANDMADE,
        basis=Basis.ESTIMATE,
        why=literal["why"],
    )


def _share_range(value: float, spread: float) -> tuple[float, float]:
    return max(0.0, round(value - spread, 3)), min(1.0, round(value + spread, 3))


def _money_range(value: float) -> tuple[float, float]:
    return round(value / _MONEY_FACTOR, 2), round(value * _MONEY_FACTOR, 2)
