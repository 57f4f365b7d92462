"""The repository itself: what may not stand in it, and what its front page promises."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
# Written in pieces, so that this file does not hold what it looks for.
REGISTRIES = re.compile(
    "|".join(
        re.escape(name + end)
        for name, end in {
            "pypi": ".org", "pypi.python": ".org", "pythonhosted": ".org", "registry.npmjs": ".org",
            "registry.yarnpkg": ".com", "npmjs": ".com", "anaconda": ".com", "conda.anaconda": ".org",
            "crates": ".io", "proxy.golang": ".org", "jsdelivr": ".net", "unpkg": ".com", "cdnjs": ".com",
            "cdnjs.cloudflare": ".com", "rubygems": ".org",
        }.items()
    ),
    re.IGNORECASE,
)  # fmt: skip


def tracked_files() -> list[Path]:
    """Return the files that git tracks or would track."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / os.fsdecode(name) for name in listed.split(b"\0") if name and (ROOT / os.fsdecode(name)).is_file()]


def test_no_file_holds_the_address_of_a_registry() -> None:
    files = tracked_files()
    assert ROOT / "pyproject.toml" in files
    holders = [f for f in files if REGISTRIES.search(f.read_bytes().decode("utf-8", "replace"))]
    assert holders == []


def test_the_search_for_registries_finds_one() -> None:
    assert REGISTRIES.search("index-url = https://py" + "pi.org/simple")


@pytest.mark.shared
def test_no_shared_file_stands_in_the_repository_as_it_is() -> None:
    if not SHARED.is_dir():
        pytest.skip("../shared is absent")
    given = {hashlib.sha256(f.read_bytes()).digest() for f in SHARED.rglob("*") if f.is_file() and f.stat().st_size}
    assert len(given) > 10
    assert [f for f in tracked_files() if hashlib.sha256(f.read_bytes()).digest() in given] == []


def readme_commands() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^python3 -m venv .+$", text, re.MULTILINE)


def test_the_readme_has_two_commands_and_continuous_integration_runs_the_second() -> None:
    first, second = readme_commands()
    assert first.endswith(".venv/bin/homeward run syria --report")
    assert second.endswith(".venv/bin/python -m pytest -q -n auto")
    assert f"\n{second}\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_dependency_is_pinned() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9-]+)==", pins, re.MULTILINE))
    wanted = set(re.findall(r'^  "([a-z0-9]+)>=', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"numpy", "pytest"} <= wanted <= pinned


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    links = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    ]
    assert len(links) > 10
    assert [(page.name, target) for page, target in links if not (page.parent / target).exists()] == []
