"""Holders, naturalisation and resettlement; with violence and what return asks for they make up ``conditions.csv``."""

from __future__ import annotations

from datetime import date

from homeward.case.schema import Basis, Condition
from tools.syria.facts import HANDMADE, read_facts, read_literals
from tools.syria.return_conditions import return_conditions
from tools.syria.violence import violence

__all__ = ["HOLDERS", "RESETTLED", "conditions", "holder_shares"]

HOLDERS = ("government", "opposition", "sdf", "isis", "transitional")

RESETTLED = 307_000
"""Syrian refugees resettled in 2014-2024, from all hosts together."""

_RESETTLING_HOSTS = ("TUR", "LBN", "JOR", "IRQ", "EGY")
_HOLDER_UNCERTAINTY = 0.15
_SURE_HOLDER_UNCERTAINTY = 0.02


def conditions() -> list[Condition]:
    """Return every row of ``conditions.csv``."""
    return violence() + _holders() + _naturalisation() + _resettlement() + return_conditions()


def holder_shares() -> dict[str, list[tuple[date, dict[str, float]]]]:
    """Return the shares of people by holder: for every governorate its steps in order of date."""
    steps: dict[str, list[tuple[date, dict[str, float]]]] = {}
    for row in read_literals("holders"):
        shares = {holder: float(row[holder]) for holder in HOLDERS}
        steps.setdefault(row["place"], []).append((date.fromisoformat(row["date"]), shares))
    return steps


def _holders() -> list[Condition]:
    """Return the shares of all holders who hold, held or will hold something there, at every change."""
    literals = read_literals("holders")
    present = {(row["place"], holder) for row in literals for holder in HOLDERS if float(row[holder])}
    return [_holder(row, holder) for row in literals for holder in HOLDERS if (row["place"], holder) in present]


def _holder(row: dict[str, str], holder: str) -> Condition:
    share = float(row[holder])
    spread = _HOLDER_UNCERTAINTY if 0 < share < 1 else _SURE_HOLDER_UNCERTAINTY
    return Condition(
        place=row["place"],
        date=date.fromisoformat(row["date"]),
        indicator=f"held_by.{holder}",
        value=share,
        low=max(0.0, round(share - spread, 3)),
        high=min(1.0, round(share + spread, 3)),
        source="hand",
        known_on=HANDMADE,
        basis=Basis.ESTIMATE,
        why=f"{row['why']}; share of the people there",
    )


def _naturalisation() -> list[Condition]:
    return [Condition.model_validate(row) for row in read_literals("rates")]


def _resettlement() -> list[Condition]:
    rate = round(RESETTLED / _refugee_years(), 5)
    return [
        Condition(
            place=host,
            date=date(2014, 1, 1),
            indicator="resettlement_rate",
            value=rate,
            low=round(rate / 3, 5),
            high=round(rate * 3, 5),
            source="unhcr-resettled",
            known_on=HANDMADE,
            basis=Basis.ESTIMATE,
            why="307,000 in 2014-2024 over the refugee-years of the five hosts; host and year are unknown",
        )
        for host in _RESETTLING_HOSTS
    ]


def _refugee_years() -> int:
    return sum(
        int(row["refugees"])
        for row in read_facts("unhcr_by_country")
        if row["coa_iso"] in _RESETTLING_HOSTS and int(row["year"]) >= 2014
    )
