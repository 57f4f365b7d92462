"""The generated pages of the reference are what the code says, and the generator notices what nobody described."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools.describe_reference import PAGES
from tools.reference import documents, markdown, run_tables
from tools.reference.episodes import episode_page

from homeward.cli.schema import schemas
from homeward.learn.reference.episodes import read_onsets, shipped_episodes
from homeward.results.summary import MEASURES
from homeward.results.tables import PART_TABLES, SINGLE_TABLES

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"
STALE = "stale: run python -m tools.describe_reference"


def committed(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    assert committed(name) == PAGES[name](), STALE


def test_the_command_line_page_has_every_option_with_its_default_and_range() -> None:
    page = committed("command-line.md")
    assert "| `--replicates N` | 20 | Simulated courses; intervals are taken over them. From 1 to 100,000. |" in page
    assert "| `--quiet`, `-q` |  | Show warnings and errors only. |" in page
    assert "```sh\nhomeward score\n" in page
    for status in (0, 1, 2, 3, 130, 143):
        assert f"\n| {status} | " in page


def test_every_document_has_its_section() -> None:
    page = committed("json-documents.md")
    identities = [schema["properties"]["schema"]["const"] for schema in schemas().values() if "schema" in
                  schema["properties"]]  # fmt: skip
    assert len(identities) >= 6
    assert [name for name in identities if f"\n## {name}\n" not in page] == []


def test_every_table_of_a_run_has_its_section() -> None:
    sections = re.findall(r"^## (\w+)$", committed("run-tables.md"), re.MULTILINE)
    assert sections[: len(PART_TABLES) + len(SINGLE_TABLES)] == [*PART_TABLES, *SINGLE_TABLES]


def test_a_field_that_nobody_described_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    field = {"title": "X", "type": "integer"}
    model = {"title": "Odd", "description": "About ``known``.", "properties": {"known": field, "novel": field}}
    monkeypatch.setattr(documents, "schemas", lambda: {"odd": model})
    with pytest.raises(markdown.MissingMeaningError, match=r"no meaning for Odd\.novel: describe"):
        documents.document_page()


def test_a_measure_that_nobody_described_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_tables, "MEASURES", (*MEASURES, "novel"))
    with pytest.raises(markdown.MissingMeaningError, match="measures: novel"):
        run_tables.run_table_page()


def test_cells_and_docstrings_become_markdown() -> None:
    assert markdown.table(("a", "b"), [("x|y", "z")]) == "| a | b |\n| --- | --- |\n| x\\|y | z |\n"
    assert markdown.as_markdown("``one``; see :class:`homeward.errors.Problem`.") == (
        "`one`; see `homeward.errors.Problem`."
    )


def test_the_page_of_episodes_is_what_the_shipped_tables_say() -> None:
    page = episode_page(shipped_episodes(), read_onsets())
    assert committed("episodes.md") == page, "stale: run python -m tools.build_reference --page"
    assert "| MOZ-1992 | 1,316,635 |" in page
    assert all(f"\n| {onset.id} |" in page for onset in read_onsets())
