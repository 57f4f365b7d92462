from __future__ import annotations

from pathlib import Path

import pytest
from tools.syria.facts import facts_folder

from homeward.case.folder import write_case
from tests.small_case import small_case


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the small case, to be damaged by a test."""
    path = tmp_path / "small"
    write_case(small_case(), path)
    return path


@pytest.fixture
def facts() -> None:
    """Skip a test that needs the facts where they are absent."""
    if not facts_folder().is_dir():
        pytest.skip("../shared/facts/syria is absent")
