"""Verdicts on claims: each beside what the data say, as known on its day and with hindsight, and what the model says.

A part is *supported* if its whole interval satisfies the rule of the claim, *contradicted* if none of it does, and
*not decidable* otherwise, or if nothing is known. Of several parts all must hold; several readings must agree. What is
simulated stands beside and decides nothing. The words are about claims, never about who makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Literal

from homeward.case.claims import Claim, ClaimFigure, Claims
from homeward.case.schema import Case, Condition, Event, Observation, Population, Row
from homeward.case.wording import did_you_mean
from homeward.errors import UsageError
from homeward.plan.claim_checks import Measured, measured, view_of
from homeward.plan.claim_courses import Courses
from homeward.results.claims_contract import (
    ClaimEvidence,
    ClaimFinding,
    ClaimInterval,
    ClaimPart,
    ClaimRow,
    ClaimSimulated,
    ClaimVerdicts,
)

__all__ = ["VERDICTS", "claims_document", "combined", "judge_claims", "verdict_of"]

Verdict = Literal["supported", "contradicted", "not decidable"]
SUPPORTED: Verdict = "supported"
CONTRADICTED: Verdict = "contradicted"
UNDECIDED: Verdict = "not decidable"
VERDICTS: tuple[Verdict, ...] = (SUPPORTED, CONTRADICTED, UNDECIDED)

NOTES = (
    "supported: the whole interval satisfies the rule; contradicted: none of it does; not decidable: anything else",
    "a verdict is about the words as the rule reads them, never about who says them or why",
    "verdicts rest on data alone; what is simulated stands beside them, with parameters fitted to later figures too",
    "that a limit is kept never shows that a place is safe, and what is unknown is never met",
    "intervals are the data's own ranges and rival definitions: a figure that states none is taken as a point",
)


def verdict_of(claim: Claim, low: float, high: float) -> Verdict | None:
    """Return whether a figure that lies between ``low`` and ``high`` satisfies a claim; None where it is only shown."""
    if claim.compare == "shown" or claim.value is None:
        return None
    value, near = claim.value, claim.tolerance or 0.0
    holds, fails = {
        "at_least": (low >= value, high < value),
        "more_than": (low > value, high <= value),
        "at_most": (high <= value, low > value),
        "about": (low >= value - near and high <= value + near, high < value - near or low > value + near),
    }[claim.compare]
    if holds:
        return SUPPORTED
    return CONTRADICTED if fails else UNDECIDED


def combined(role: str, verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict on a claim from those on its parts, all of which must hold, or its readings (must agree)."""
    if not verdicts:
        return UNDECIDED
    if role == "reading":
        return verdicts[0] if len(set(verdicts)) == 1 else UNDECIDED
    if CONTRADICTED in verdicts:
        return CONTRADICTED
    return SUPPORTED if set(verdicts) == {SUPPORTED} else UNDECIDED


def judge_claims(
    case: Case,
    claims: Claims,
    *,
    courses: Courses | None = None,
    only: Iterable[str] = (),
    tell: Callable[[str], None] = lambda _id: None,
) -> tuple[ClaimRow, ...]:
    """Return each claim with its verdicts, and with what ``courses`` say beside it.

    ``only`` names the claims that are wanted, all if empty; ``tell`` is called with the name of each before its turn.

    Raises UsageError for an unknown name (with the nearest known one), InputError for a case that the rules cannot use,
    and what simulating raises.
    """
    by_id = claims.by_id()
    wanted = tuple(only) or tuple(by_id)
    for name in wanted:
        if name not in by_id:
            raise UsageError(f"there is no claim {name!r} about {case.settings.name}. {did_you_mean(name, by_id)}")
    rows = []
    for name in wanted:
        tell(name)
        rows.append(_row(case, claims, by_id[name], courses))
    return tuple(rows)


def _row(case: Case, claims: Claims, parts: tuple[Claim, ...], courses: Courses | None) -> ClaimRow:
    first = parts[0]
    views = [view_of(case, claims.figures, first.date, hindsight=after) for after in (False, True)]
    found = [tuple(measured(part, view) for view in views) for part in parts]
    shown = tuple(_part(part, *one) for part, one in zip(parts, found, strict=True))
    then, later = (_verdict(parts, [one[side] for one in found]) for side in range(2))
    headline = _headline(shown)
    simulated: tuple[ClaimSimulated, ...] = ()
    if courses is not None:
        simulated = tuple(one for part in parts for one in courses.beside(part))
    return ClaimRow(
        id=first.id,
        who=first.who,
        claim=first.claim,
        said_on=first.date,
        source=first.source,
        verdict=then,
        verdict_with_hindsight=later,
        reason=_reason(shown, then, later),
        as_of=headline[0].as_of if headline else None,
        interval=headline[0].interval if headline else None,
        hindsight=bool(headline and headline[1]),
        basis=_basis(parts, found),
        parts=shown,
        evidence=tuple(_evidence(case, parts, found, first.date)),
        simulated=simulated,
    )


def _verdict(parts: Sequence[Claim], found: Sequence[Measured | None]) -> Verdict:
    """Return the verdict of all parts that decide: one of which nothing is known is not decidable."""
    verdicts: list[Verdict] = []
    for part, one in zip(parts, found, strict=True):
        if part.check == "none":
            verdicts.append(UNDECIDED)
        elif part.compare != "shown":
            verdicts.append((one and verdict_of(part, one.span[0], one.span[2])) or UNDECIDED)
    return combined(parts[0].role, verdicts)


def _part(claim: Claim, then: Measured | None, later: Measured | None) -> ClaimPart:
    return ClaimPart(
        part=claim.part,
        role=claim.role,
        check=claim.check,
        rule=_rule(claim),
        then=_finding(claim, then),
        hindsight=_finding(claim, later),
        why=claim.why,
    )


def _rule(claim: Claim) -> str:
    if claim.check == "none":
        return "no check can decide it"
    if claim.value is None:
        return "shown, decides nothing"
    near = f", give or take {claim.tolerance:,.10g}" if claim.tolerance is not None else ""
    return f"{claim.compare.replace('_', ' ')} {claim.value:,.10g}{near}"


def _finding(claim: Claim, found: Measured | None) -> ClaimFinding | None:
    if found is None:
        return None
    low, value, high = found.span
    return ClaimFinding(
        verdict=verdict_of(claim, low, high),
        interval=ClaimInterval(low=low, value=value, high=high, unit=found.unit),
        as_of=found.as_of,
        basis=found.basis.value,
        note=found.note,
    )


def _headline(parts: Sequence[ClaimPart]) -> tuple[ClaimFinding, bool] | None:
    """Return the first finding that decides, else the first at all, and whether it was known with hindsight only."""
    known = [(one.then, False) for one in parts if one.then] + [(one.hindsight, True) for one in parts if one.hindsight]
    found = [(finding, after) for finding, after in known if finding]
    deciding = [one for one in found if one[0].verdict is not None]
    return next(iter(deciding or found), None)


BasisWord = Literal["observed", "derived", "estimate"]
_ORDER: tuple[BasisWord, ...] = ("observed", "derived", "estimate")


def _basis(parts: Sequence[Claim], found: Sequence[tuple[Measured | None, ...]]) -> BasisWord | None:
    """Return the weakest basis of what decides: as known then, or with hindsight where nothing was known."""
    bases: list[BasisWord] = []
    for part, (then, later) in zip(parts, found, strict=True):
        one = then or later
        if part.compare != "shown" and one is not None:
            bases.append(one.basis.value)
    return max(bases, key=_ORDER.index) if bases else None


def _reason(parts: Sequence[ClaimPart], then: Verdict, later: Verdict) -> str:
    """Return in words which parts say what; and, where the two differ, that it takes hindsight."""
    told = [f"{one.part or 'the figure'}: {_said(one)}" for one in parts if one.rule != "shown, decides nothing"]
    text = "; ".join(told) or "nothing decides it"
    if then != later:
        return f"{text}. As known on the day {then}, with hindsight {later}"
    return text


def _said(part: ClaimPart) -> str:
    if part.check == "none":
        return part.rule
    if part.then is not None:
        return f"{part.then.verdict}"
    return f"not known then, {part.hindsight.verdict} with hindsight" if part.hindsight else "nothing is known"


def _evidence(
    case: Case, parts: Sequence[Claim], found: Sequence[tuple[Measured | None, ...]], day: date
) -> Iterator[ClaimEvidence]:
    """Yield every row that a part rests on, then or with hindsight, once for each part."""
    for part, both in zip(parts, found, strict=True):
        rows = dict.fromkeys(row for one in both if one is not None for row in one.rows)
        yield from (_evidence_row(part, row, day) for row in rows if not isinstance(row, Population))
        people = [row for row in rows if isinstance(row, Population)]
        if people:
            yield _people_row(case, part, people, day)


def _evidence_row(part: Claim, row: Row, day: date) -> ClaimEvidence:
    table, what, place, own = _described(row)
    value, low, high = (getattr(row, name, None) for name in ("value", "low", "high"))
    return ClaimEvidence(
        part=part.part,
        table=table,
        what=what,
        place=place,
        date=own,
        value=value if isinstance(value, float) else None,
        low=low,
        high=high,
        source=row.source,
        known_on=row.known_on,
        basis=row.basis.value,
        known_then=row.known_on <= day,
    )


def _described(row: Row) -> tuple[str, str, str | None, date]:
    """Return the table of a row, what it says, its place and its date."""
    if isinstance(row, ClaimFigure):
        return "claim_figures", row.what, None, row.date
    if isinstance(row, Observation):
        return "observed", f"{row.measure.value} ({row.definition})", row.place, row.date
    if isinstance(row, Event):
        return "events", row.what, row.place, row.date
    if isinstance(row, Condition):
        return "conditions", row.indicator, row.place, row.date
    raise TypeError(f"no row of evidence: {type(row).__name__}")


def _people_row(case: Case, part: Claim, rows: Sequence[Population], day: date) -> ClaimEvidence:
    """Return the people at the start of the case in one row."""
    known_on = max(row.known_on for row in rows)
    return ClaimEvidence(
        part=part.part, table="population", what="people at the start, all rows together",
        place=case.settings.origin_country, date=case.settings.start, value=float(sum(row.people for row in rows)),
        low=None, high=None, source=", ".join(dict.fromkeys(row.source for row in rows)), known_on=known_on,
        basis=max((row.basis.value for row in rows), key=_ORDER.index), known_then=known_on <= day,
    )  # fmt: skip


def claims_document(
    case: Case, rows: tuple[ClaimRow, ...], *, courses: Courses | None = None, run_dir: str | None = None
) -> ClaimVerdicts:
    """Return the document; ``run_dir`` is None where the courses were simulated for it, or there are none."""
    return ClaimVerdicts(
        case=case.settings.name,
        run_dir=run_dir,
        replicates=courses.run.info.replicates if courses else 0,
        seed=courses.run.info.seed if courses else 0,
        interval="data: their own ranges and rival definitions; simulation: 5 % to 95 % of the replicates",
        rows=rows,
        notes=NOTES,
    )
