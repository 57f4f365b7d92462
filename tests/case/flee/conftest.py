from __future__ import annotations

from pathlib import Path

import pytest

from homeward.case.flee.rows import Findings
from tests.case.flee.small_flee import write_flee


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return a folder with the small Flee directory, to be damaged by a test."""
    return write_flee(tmp_path / "small")


@pytest.fixture
def findings() -> Findings:
    return Findings()
