from __future__ import annotations

from pathlib import Path

import pytest

from homeward.case.folder import write_case
from tests.small_case import small_case


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the small case, to be damaged by a test."""
    path = tmp_path / "small"
    write_case(small_case(), path)
    return path
