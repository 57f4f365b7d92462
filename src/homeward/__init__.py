"""homeward: simulate forced displacement and the way home.

Everything named in ``__all__`` is the public surface. It is imported when it is first used, so that
``import homeward`` and ``homeward --help`` cost nothing.

>>> import homeward
>>> case = homeward.load_case("syria")
>>> case.settings.origin_country
'SYR'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homeward.case.folder import load_case
    from homeward.case.scenario import lay_over, read_scenario
    from homeward.case.scenario_schema import Scenario
    from homeward.case.schema import Case
    from homeward.engine.record import Trajectory
    from homeward.engine.simulate import simulate
    from homeward.errors import HomewardError, InputError, Problem, RunError, UsageError
    from homeward.judge.compare import compare_runs
    from homeward.judge.score import score_run
    from homeward.learn.ensemble import run_ensemble
    from homeward.report import write_report
    from homeward.results.run import Run
    from homeward.rules.homeward import HomewardRules

    __version__: str

__all__ = [
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

_HOME = {
    "Case": "case.schema",
    "HomewardError": "errors",
    "HomewardRules": "rules.homeward",
    "InputError": "errors",
    "Problem": "errors",
    "Run": "results.run",
    "RunError": "errors",
    "Scenario": "case.scenario_schema",
    "Trajectory": "engine.record",
    "UsageError": "errors",
    "compare_runs": "judge.compare",
    "lay_over": "case.scenario",
    "load_case": "case.folder",
    "read_scenario": "case.scenario",
    "run_ensemble": "learn.ensemble",
    "score_run": "judge.score",
    "simulate": "engine.simulate",
    "write_report": "report",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401  (any public name, whatever its type)
    """Import a public name on its first use."""
    if name == "__version__":
        from importlib.metadata import version

        return version("homeward")
    if name not in _HOME:
        raise AttributeError(f"module 'homeward' has no attribute {name!r}")
    return getattr(import_module(f"homeward.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return list(__all__)
