"""The public surface is a sorted ``__all__``, pinned here: a change of it is a decision, not an accident."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import homeward

PACKAGE = Path(homeward.__file__).parent
MODULES = sorted(
    ".".join(("homeward", *path.relative_to(PACKAGE).with_suffix("").parts))
    for path in PACKAGE.rglob("*.py")
    if not path.name.startswith("_")
)


def kind_then_name(name: str) -> tuple[int, str]:
    """Sort constants first, then classes, then functions, as ruff does."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_public_names_are_pinned() -> None:
    assert homeward.__all__ == [
        "Case",
        "HomewardError",
        "HomewardRules",
        "InputError",
        "Problem",
        "Run",
        "RunError",
        "Scenario",
        "Trajectory",
        "UsageError",
        "__version__",
        "compare_runs",
        "lay_over",
        "load_case",
        "read_scenario",
        "run_ensemble",
        "score_run",
        "simulate",
        "write_report",
    ]


@pytest.mark.parametrize("name", homeward.__all__)
def test_every_public_name_can_be_had(name: str) -> None:
    found = getattr(homeward, name)
    assert name == "__version__" or found.__name__ == name


def test_version_is_that_of_the_package() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", homeward.__version__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        homeward.simulat  # noqa: B018


@pytest.mark.parametrize("module", MODULES)
def test_every_public_module_says_what_it_offers(module: str) -> None:
    loaded = importlib.import_module(module)
    names = loaded.__all__
    assert list(names) == sorted(names, key=kind_then_name)
    assert all(hasattr(loaded, name) for name in names)
    assert loaded.__doc__


def test_importing_homeward_imports_nothing_heavy() -> None:
    code = "import sys, homeward; print(*sorted({'numpy', 'numba', 'duckdb', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
