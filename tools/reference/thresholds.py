"""The page of the thresholds of return, written from the rulebook."""

from __future__ import annotations

from collections.abc import Iterator

from homeward.judge.thresholds.rulebook import Criterion, Rulebook, rulebook
from tools.reference.markdown import table

__all__ = ["threshold_page"]

INTRODUCTION = """\
# Thresholds of return

The questions that `homeward thresholds` asks of a case, in our own words, by theme: version {version} of {date}.
[How they are judged](../explanation/thresholds.md) stands on its own page. `{decides}` marks those that conditions of
the case answer both ways. The tests of the others can only show that they are not met. That they are met, only a
finding can say (`findings.csv` of [a case](case-folder.md#findingscsv-optional)). Conditions and findings older than
{oldest} months do not count.

This page is written from `src/homeward/judge/thresholds/rulebook.toml` by `python -m tools.describe_reference`.
"""

DECIDES = "decides"
ASKED_OF = {"place": "each district", "country": "the country of origin", "host": "each host"}


def threshold_page() -> str:
    """Return the page as Markdown."""
    book = rulebook()
    introduction = INTRODUCTION.format(
        version=book.version, date=book.date, oldest=book.oldest_months, decides=DECIDES
    )  # fmt: skip
    parts = [introduction, "## Where they come from\n", _sources(book), "## Tests\n", _tests(book)]
    for theme, title in book.themes.items():
        parts += [f"## {title}\n", f"`--theme {theme}`\n", _criteria(book, theme)]
    return "\n".join(parts)


def _sources(book: Rulebook) -> str:
    rows = (
        (
            f"`{name}`",
            f"{source.title}. {source.publisher}, {source.published}",
            f"{sum(name in one.origins for one in book.criteria)}",
            source.note,
        )
        for name, source in book.sources.items()
    )
    return table(("source", "document", "questions here", "how it is used"), rows)


def _tests(book: Rulebook) -> str:
    rows = (
        (f"`{name}`", f"`{test.measure}`", test.meaning, f"must be {test.rule()}", test.reason())
        for name, test in book.tests.items()
    )
    return table(("test", "measure", "what it is", "kept where it", "why"), rows)


def _criteria(book: Rulebook, theme: str) -> str:
    own = (one for one in book.criteria if one.theme == theme)
    rows = (
        (f"`{one.id}`", one.question, ASKED_OF[one.scope], "; ".join(_origins(one)), _judged_by(one)) for one in own
    )
    return table(("id", "question", "asked of", "comes from", "judged by"), rows)


def _origins(criterion: Criterion) -> Iterator[str]:
    yield from (f"`{source}`, {section}" for source, section in criterion.origins.items())


def _judged_by(criterion: Criterion) -> str:
    tests = ", ".join(f"`{name}`" for name in criterion.tests)
    if criterion.decides:
        return f"{tests}: {DECIDES}"
    return f"{tests}, and a finding" if tests else "a finding"
