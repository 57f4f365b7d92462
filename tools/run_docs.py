"""Run every prompt of the documentation and fail if one fails: ``python tools/run_docs.py [PAGE …]``.

A prompt is a line that starts with ``$ `` in a block fenced as ``console``. The prompts of a page run one
after the other in one empty folder, with this environment's ``homeward`` first on the path.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def prompts(page: Path) -> Iterator[str]:
    """Yield the prompts of a page: one line each, joined where it ends with a backslash, or up to ``END``."""
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for prompt in re.split(r"^\$ ", block.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
            first, _, rest = prompt.partition("\n")
            yield prompt.strip() if first.endswith("<<'END'") and rest.rstrip().endswith("END") else first


def run_page(page: Path, environment: dict[str, str]) -> int:
    """Run the prompts of a page and return how many failed."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for prompt in prompts(page):
            done = subprocess.run(
                ["bash", "-o", "pipefail", "-c", prompt],
                cwd=folder, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            print(
                f"{'ok    ' if done.returncode == 0 else 'FAILED'} {page.name}: {prompt.splitlines()[0]}",
                flush=True,
            )
            if done.returncode != 0:
                print(done.stdout + done.stderr)
                failed += 1
    return failed


def main(arguments: list[str]) -> int:
    """Run the pages named, or all of them, and return 1 if a prompt failed."""
    pages = [Path(name) for name in arguments] or sorted((ROOT / "docs").rglob("*.md"))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1"}
    return 1 if sum(run_page(page, environment) for page in pages) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
