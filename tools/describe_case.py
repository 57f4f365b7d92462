"""Write what is generated from the models of a case: JSON Schemas and the reference page.

Run it after a change of ``homeward/case/schema.py``: ``python tools/describe_case.py``.
"""

from __future__ import annotations

from pathlib import Path

from homeward.case.describe import reference_page, write_schemas

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write the generated files in their places and name them."""
    page = ROOT / "docs" / "reference" / "case-folder.md"
    page.write_text(reference_page(), encoding="utf-8", newline="\n")
    for path in [page, *write_schemas(ROOT / "src" / "homeward" / "case" / "schemas")]:
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
