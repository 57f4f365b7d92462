"""``homeward thresholds``: which conditions of return a case shows to be met, not met or unknown on a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from homeward.cli.options import CaseName, Json
from homeward.cli.output import Output, table

if TYPE_CHECKING:
    from rich.table import Table

    from homeward.case.schema import Case
    from homeward.results.threshold_contract import ThresholdEvidence, Thresholds, ThresholdVerdict

__all__ = ["thresholds"]

DATES = ["%Y-%m-%d"]
SUBJECTS = {
    "place": "Districts of origin",
    "country": "Country of origin",
    "host": "Countries of asylum",
}
WORDS = {"met": "met", "not_met": "not met", "unknown": "unknown"}
WORDS_OF_TESTS = {"met": "kept", "not_met": "not kept", "unknown": "undecided"}
MOST_SOURCES = 3


def thresholds(
    case: CaseName,
    day: Annotated[datetime, typer.Option("--date", metavar="DATE", formats=DATES, help="Day that is judged.")],
    places: Annotated[
        list[str] | None,
        typer.Option(
            "--place",
            metavar="P",
            show_default=False,
            help="Show each answer for this district of origin or country (as TUR); may be repeated.",
        ),
    ] = None,
    themes: Annotated[
        list[str] | None,
        typer.Option(
            "--theme",
            metavar="T",
            show_default=False,
            help="Show each answer under this theme, such as livelihoods; may be repeated.",
        ),
    ] = None,
    hindsight: Annotated[
        bool,
        typer.Option(
            "--hindsight", help="Also take rows that became known after the day, as long as they are about it."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Ask of a CASE which conditions of return are met, not met or unknown on a day.

    The questions are those of a rulebook, in our own words, with the section of each document that they come from:
    UNHCR's strategy for return to Syria (2018), the IASC Framework on Durable Solutions (2010) and UNHCR's handbook on
    voluntary repatriation (1996). Each is asked of every district of origin, of the country of origin or of every
    country of asylum. What answers it are conditions and events of the case, held against limits, and its findings.csv.

    Only rows count that were known on the day. Unknown is the usual answer, and is never met. No answer says that a
    place is safe, and none are added up.

    Without --place or --theme, answers are counted; with them, each is shown with its evidence. The rulebook, with its
    themes, is the reference page 'Thresholds of return'.

    \b
    Examples:
      homeward thresholds syria --date 2020-11-11
      homeward thresholds syria --date 2020-11-11 --hindsight --place aleppo
      homeward thresholds syria --date 2020-11-11 --theme asylum --theme unhcr-access
      homeward thresholds my-case --date 2024-06-30 --json > thresholds.json
    """  # fmt: skip
    from homeward.case.folder import find_case, load_case
    from homeward.judge.thresholds.verdicts import case_findings, judge_thresholds

    output = Output(json=json)
    loaded = load_case(case)
    found = judge_thresholds(
        loaded, case_findings(find_case(case), loaded), day.date(),
        places=tuple(places or ()), themes=tuple(themes or ()), hindsight=hindsight,
    )  # fmt: skip
    if json:
        output.document(found)
        return
    names = _names(loaded)
    shown = _answers(found, names) if places or themes else _counts(found, names)
    output.show(*shown, "", *(f"{note[0].upper()}{note[1:]}." for note in found.notes))


def _names(case: Case) -> Mapping[str, str]:
    from homeward.report.gather import country_names

    return {place.id: place.name for place in case.places} | dict(country_names(case))


def _title(found: Thresholds) -> str:
    known = "in hindsight" if found.hindsight else f"as known on {found.date}"
    return f"{found.case} on {found.date}, {known} (rulebook {found.version} of {found.version_date})"


def _counts(found: Thresholds, names: Mapping[str, str]) -> Iterator[Table | str]:
    yield f"Conditions of return: {_title(found)}. How many of them are:"
    for scope, title in SUBJECTS.items():
        shown = table(
            title, {"": False, "met": True, "by estimate": True, "not met": True, "by estimate ": True,
                    "unknown": True, "without any row": True},
        )  # fmt: skip
        for one in found.counts:
            if one.scope == scope:
                cells = (
                    one.met, one.met_by_estimate, one.not_met, one.not_met_by_estimate, one.unknown,
                    one.without_evidence,
                )  # fmt: skip
                shown.add_row(names.get(one.place, one.place), *map(str, cells))
        yield shown
    yield "'By estimate' is a part of the column before it, and 'without any row' of the unknown. To see each answer:"
    yield "--place or --theme, or --json."


def _answers(found: Thresholds, names: Mapping[str, str]) -> Iterator[Table | str]:
    criteria = {one.id: one for one in found.criteria}
    of_criterion: dict[str, list[ThresholdVerdict]] = {one.id: [] for one in found.criteria}
    for verdict in found.verdicts:
        of_criterion[verdict.criterion].append(verdict)
    shown = table(
        f"Conditions of return: {_title(found)}",
        {"condition": False, "where": False, "answer": False, "evidence": False},
    )
    for column, width in ((0, 40), (1, 14), (3, 50)):
        shown.columns[column].no_wrap = False
        shown.columns[column].min_width = width
    for name, verdicts in of_criterion.items():
        question = f"{name}: {criteria[name].question}"
        for number, verdict in enumerate(verdicts):
            cells = (names.get(verdict.place, verdict.place), _answer(verdict), "\n".join(_evidence(verdict)))
            shown.add_row("" if number else question, *cells, end_section=verdict is verdicts[-1])
    yield shown
    yield from _legend(found)


def _answer(verdict: ThresholdVerdict) -> str:
    return f"{WORDS[verdict.verdict]}{', by estimate' if verdict.basis == 'estimate' else ''}"


def _evidence(verdict: ThresholdVerdict) -> Iterator[str]:
    for one in verdict.evidence:
        subject = one.test or "finding"
        at = f" ({one.place})" if one.place != verdict.place else ""
        if one.rows:
            yield f"{subject}{at}: {_value(one)}; {_since(one)}; {_sources(one.sources)} ({one.basis}). {_said(one)}"
        else:
            yield f"{subject}{at}: {one.why}"


def _value(one: ThresholdEvidence) -> str:
    if isinstance(one.value, str):
        return WORDS.get(one.value, one.value)
    between = (
        "" if one.low is None else f"{one.low:.3g} or more" if one.high is None else f"{one.low:.3g}–{one.high:.3g}"
    )
    if one.value is None:
        return between
    return f"{one.value:.3g} ({between})" if between else f"{one.value:.3g}"


def _since(one: ThresholdEvidence) -> str:
    return f"since {one.since}" if one.until is None else f"{one.since} to {one.until}"


def _sources(sources: Sequence[str]) -> str:
    more = f" and {len(sources) - MOST_SOURCES} more" if len(sources) > MOST_SOURCES else ""
    return ", ".join(sources[:MOST_SOURCES]) + more


def _said(one: ThresholdEvidence) -> str:
    return f"{one.why[:1].upper()}{one.why[1:]}: {WORDS_OF_TESTS[one.verdict]}." if one.test else one.why


def _legend(found: Thresholds) -> Iterator[str]:
    for name, test in found.tests.items():
        yield f"  {name}: {test.meaning}"
