"""The verdicts on all criteria of the rulebook: for every district, for the country of origin and for every host.

A criterion is met where all that is asked for it is met, not met where any of it is not met, unknown else. So what is
unknown is never met, and a verdict whose evidence is taken away becomes unknown or stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from homeward.case.check import origin_districts
from homeward.case.findings import Finding, FindingScope, read_findings
from homeward.case.schema import Basis, Case
from homeward.case.wording import did_you_mean
from homeward.errors import UsageError
from homeward.judge.thresholds.measures import STRENGTH, Word, evidence_of
from homeward.judge.thresholds.record import Record
from homeward.judge.thresholds.rulebook import SCOPES, Criterion, Rulebook, Test, chosen_criteria, rulebook
from homeward.results.threshold_contract import (
    ThresholdCount,
    ThresholdCriterion,
    ThresholdEvidence,
    Thresholds,
    ThresholdSource,
    ThresholdTest,
    ThresholdVerdict,
)

__all__ = ["case_findings", "judge_thresholds", "subjects", "together"]

NOTES = (
    "what is unknown is never met, no answer says that a place is safe to return to, and answers do not add up to one",
    "the questions are our own, after UNHCR's strategy for Syria of 2018 and others: they are not its 22 thresholds",
)


def case_findings(folder: Path, case: Case) -> tuple[Finding, ...]:
    """Return the findings in the folder of a case, checked against the rulebook; raises InputError as it is read."""
    return read_findings(folder, case, rulebook().finding_scopes())


def judge_thresholds(
    case: Case,
    findings: Sequence[Finding],
    day: date,
    *,
    places: Sequence[str] = (),
    themes: Sequence[str] = (),
    hindsight: bool = False,
) -> Thresholds:
    """Return what a case says of the criteria of the rulebook on a day.

    Rows count that were known by then, with ``hindsight`` all that are about days until then. ``places`` (districts,
    the country of origin, host countries) and ``themes`` choose what is asked; all of it where none is named.

    Raises UsageError for a day outside the case, an unknown place or theme, or themes that ask nothing of the places.
    """
    book = rulebook()
    settings = case.settings
    if not settings.start <= day <= settings.end:
        raise UsageError(f"{day} lies outside the case; give a day from {settings.start} to {settings.end}")
    criteria, asked = chosen_criteria(book, themes), _chosen_subjects(case, places)
    record = Record(case, findings, day, oldest_months=book.oldest_months, hindsight=hindsight)
    verdicts = tuple(_verdicts(book, criteria, record, asked))
    if not verdicts:
        scopes = ", ".join(f"{theme}: {_scopes_of(book, theme)}" for theme in themes)
        raise UsageError(f"nothing is asked of {', '.join(places)} under these themes ({scopes}); choose others")
    shown = {one.criterion for one in verdicts}
    return _document(book, [one for one in criteria if one.id in shown], record, verdicts)


def subjects(case: Case) -> list[tuple[FindingScope, str]]:
    """Return all that criteria are asked of, with its scope: districts, country of origin, hosts, in their order."""
    home = case.settings.origin_country
    hosts = dict.fromkeys(place.country for place in case.places if place.country != home)
    return [
        *(("place", district) for district in origin_districts(case)),
        ("country", home),
        *(("host", country) for country in hosts),
    ]


def _chosen_subjects(case: Case, places: Sequence[str]) -> list[tuple[FindingScope, str]]:
    known = subjects(case)
    names = [name for _, name in known]
    for place in places:
        if place not in names:
            what = "is neither a district of origin nor a country of the case"
            raise UsageError(f"{place!r} {what}. {did_you_mean(place, names)}")
    return [one for one in known if not places or one[1] in places]


def _scopes_of(book: Rulebook, theme: str) -> str:
    words = {"place": "districts", "country": "the country of origin", "host": "hosts"}
    asked = {one.scope for one in book.criteria if one.theme == theme}
    return " and ".join(words[scope] for scope in SCOPES if scope in asked)


def _verdicts(
    book: Rulebook, criteria: Sequence[Criterion], record: Record, asked: Sequence[tuple[FindingScope, str]]
) -> Iterator[ThresholdVerdict]:
    for scope, place in asked:
        known: dict[str, list[ThresholdEvidence]] = {}
        for criterion in criteria:
            if criterion.scope == scope:
                for name in criterion.tests:
                    if name not in known:
                        known[name] = evidence_of(name, book.tests[name], record, place)
                evidence = [one for name in criterion.tests for one in known[name]]
                yield _verdict(criterion, record, place, evidence)


def _verdict(
    criterion: Criterion, record: Record, place: str, evidence: Sequence[ThresholdEvidence]
) -> ThresholdVerdict:
    pieces = [*evidence] if criterion.decides else [*evidence, _finding(criterion, record, place)]
    word, basis, why = together(pieces)
    return ThresholdVerdict(
        criterion=criterion.id, scope=criterion.scope, place=place, verdict=word, basis=basis, why=why,
        evidence=tuple(pieces),
    )  # fmt: skip


def _finding(criterion: Criterion, record: Record, place: str) -> ThresholdEvidence:
    """Return the finding that holds: the place's own, else of a district that of its country."""
    entries = record.findings(criterion.id, place)
    if not entries and criterion.scope == "place":
        entries = record.findings(criterion.id, record.case.settings.origin_country)
    if not entries:
        return ThresholdEvidence(test=None, verdict="unknown", why="none on record", place=place)
    last, row = entries[-1], entries[-1].row
    word: Word = "unknown" if record.is_old(row.date) else row.verdict
    old = f" (older than {record.oldest_months} months)" if record.is_old(row.date) else ""
    return ThresholdEvidence(
        test=None, verdict=word, why=row.what + old, place=row.place, value=row.verdict, since=row.date,
        basis=row.basis.value, sources=(row.source,), known_on=row.known_on, rows=(last.where(),),
    )  # fmt: skip


def together(pieces: Sequence[ThresholdEvidence]) -> tuple[Word, str | None, str]:
    """Return the verdict of all pieces together, what it rests on, and why.

    Not met rests on the strongest piece that shows it, met on the weakest of all.
    """
    failing = [one for one in pieces if one.verdict == "not_met"]
    if failing:
        return "not_met", min(map(_basis, failing), key=STRENGTH.index), _said(failing)
    open_ = [one for one in pieces if one.verdict == "unknown"]
    if open_:
        return "unknown", None, _said(open_)
    return "met", max(map(_basis, pieces), key=STRENGTH.index), _said(pieces)


def _basis(piece: ThresholdEvidence) -> str:
    return piece.basis or Basis.ESTIMATE.value


def _said(pieces: Sequence[ThresholdEvidence]) -> str:
    return "; ".join(dict.fromkeys(f"{one.test or 'finding'}: {one.why}" for one in pieces))


def _document(
    book: Rulebook, criteria: Sequence[Criterion], record: Record, verdicts: tuple[ThresholdVerdict, ...]
) -> Thresholds:
    tests = dict.fromkeys(name for one in criteria for name in one.tests)
    origins = {name for one in criteria for name in one.origins}
    return Thresholds(
        case=record.case.settings.name,
        date=record.day,
        hindsight=record.hindsight,
        version=book.version,
        version_date=book.date,
        oldest_months=book.oldest_months,
        sources={
            name: ThresholdSource(**source.model_dump()) for name, source in book.sources.items() if name in origins
        },
        themes={one.theme: book.themes[one.theme] for one in criteria},
        tests={name: _test(book.tests[name]) for name in tests},
        criteria=tuple(ThresholdCriterion(**one.model_dump()) for one in criteria),
        counts=tuple(_counts(verdicts)),
        verdicts=verdicts,
        notes=tuple(_notes(record, verdicts)),
    )


def _test(test: Test) -> ThresholdTest:
    return ThresholdTest(measure=test.measure, meaning=test.meaning, rule=test.rule(), why=test.reason())


def _counts(verdicts: Sequence[ThresholdVerdict]) -> Iterator[ThresholdCount]:
    for scope, place in dict.fromkeys((one.scope, one.place) for one in verdicts):
        own = [one for one in verdicts if (one.scope, one.place) == (scope, place)]
        by_estimate = [one.verdict for one in own if one.basis == Basis.ESTIMATE.value]
        words = [one.verdict for one in own]
        yield ThresholdCount(
            scope=scope, place=place,
            met=words.count("met"), met_by_estimate=by_estimate.count("met"),
            not_met=words.count("not_met"), not_met_by_estimate=by_estimate.count("not_met"),
            unknown=words.count("unknown"), without_evidence=sum(_without_evidence(one) for one in own),
        )  # fmt: skip


def _without_evidence(verdict: ThresholdVerdict) -> bool:
    return not any(one.rows for one in verdict.evidence)


def _notes(record: Record, verdicts: Sequence[ThresholdVerdict]) -> Iterator[str]:
    unknown = sum(one.verdict == "unknown" for one in verdicts)
    without = sum(map(_without_evidence, verdicts))
    told = f"{unknown} of {len(verdicts)} answers are unknown, {without} of them because"
    if record.hindsight:
        yield f"{told} the case has no row about them"
        yield f"in hindsight: rows count that were written or published after {record.day}"
    else:
        yield f"{told} no row about them was known by {record.day}"
        yield "--hindsight shows more: it also takes rows that were written later, as series made by hand are"
    yield from NOTES
