"""What holds for all tests: a test that needs ../shared may be skipped only where ../shared is absent."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one if what it needs is there."""
    report = yield
    if report.skipped and item.get_closest_marker("shared") and SHARED.is_dir():
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although ../shared is there"
    return report
