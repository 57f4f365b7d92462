"""Write what is generated: JSON Schemas, the reference pages of the case folder and of the parameters.

Run it after a change of ``homeward/case/schema.py`` or ``homeward/rules/parameters.csv``:
``python tools/describe_case.py``.
"""

from __future__ import annotations

from pathlib import Path

from homeward.case.describe import reference_page, write_schemas
from homeward.rules.describe import parameter_page

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write the generated files in their places and name them."""
    reference = ROOT / "docs" / "reference"
    pages = {"case-folder.md": reference_page(), "parameters.md": parameter_page()}
    for name, text in pages.items():
        (reference / name).write_text(text, encoding="utf-8", newline="\n")
    written = [reference / name for name in pages]
    for path in [*written, *write_schemas(ROOT / "src" / "homeward" / "case" / "schemas")]:
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
