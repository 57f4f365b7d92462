"""Write the pages of the reference that are generated: command line, JSON documents, tables of a run.

Run it after a change of a command, of a document or of the tables of a run: ``python -m tools.describe_reference``.
The case folder and the parameters are written by ``tools/describe_case.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tools.reference.commands import command_page
from tools.reference.documents import document_page
from tools.reference.run_tables import run_table_page
from tools.reference.thresholds import threshold_page

__all__ = ["PAGES", "main"]

ROOT = Path(__file__).resolve().parent.parent

PAGES: Mapping[str, Callable[[], str]] = {
    "command-line.md": command_page,
    "json-documents.md": document_page,
    "run-tables.md": run_table_page,
    "thresholds.md": threshold_page,
}
"""The generated pages by file name."""


def main() -> None:
    """Write the pages in their places and name them."""
    reference = ROOT / "docs" / "reference"
    for name, page in PAGES.items():
        (reference / name).write_text(page(), encoding="utf-8", newline="\n")
        print((reference / name).relative_to(ROOT))


if __name__ == "__main__":
    main()
