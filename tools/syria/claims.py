"""The claims of the conference of November 2020, as rows of ``claims.csv`` and ``claim_figures.csv``.

The claims are those of the fact sheet ``conference_2020.md`` in their order; how each is read and by which rule it is
judged is written down by hand, with its reason.
"""

from __future__ import annotations

from datetime import date

from homeward.case.claims import Claim, ClaimFigure
from homeward.case.schema import Basis
from tools.syria.facts import facts_folder, read_literals

__all__ = ["REPORT", "claim_figures", "claims", "ids_of_the_fact_sheet"]

REPORT = "TRT World and agencies, 11 November 2020"
"""Who reported every claim."""

REPORTED = date(2020, 11, 11)


def claims() -> list[Claim]:
    """Return every row of ``claims.csv``; that a claim was made is reported, its rule is derived from its words."""
    said = {"source": REPORT, "known_on": REPORTED, "basis": Basis.DERIVED}
    return [Claim.model_validate(_filled(row) | said) for row in read_literals("claims")]


def claim_figures() -> list[ClaimFigure]:
    """Return every row of ``claim_figures.csv``."""
    return [ClaimFigure.model_validate(_filled(row)) for row in read_literals("claim_figures")]


def _filled(row: dict[str, str]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value}


def ids_of_the_fact_sheet() -> list[str]:
    """Return the names of the claims in the fact sheet, in order."""
    text = (facts_folder() / "conference_2020.md").read_text(encoding="utf-8")
    rows = text.partition("## Claims that can be checked")[2].partition("\n## ")[0].splitlines()
    cells = [row.split("|")[1].strip() for row in rows if row.startswith("|")]
    return cells[2:]
