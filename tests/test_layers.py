"""The plan of the house, enforced: who may import whom, and the sizes that keep code readable."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "homeward"
LAYERS = ("errors", "case", "rules", "engine", "results", "judge", "learn", "plan")
EDGES = ("sources", "report", "web", "cli")
MODULES = sorted(PACKAGE.rglob("*.py"))


def layer_of(module: str) -> str:
    """Return the layer of a dotted name within the package; "" for the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, late and type-checking imports included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def may_import(layer: str) -> set[str]:
    if layer == "cli":
        return {*LAYERS, *EDGES, ""}
    if layer in EDGES:
        return {*LAYERS, layer}
    return set(LAYERS[: LAYERS.index(layer) + 1])


def forbidden_imports(layer: str, imported: set[str]) -> set[str]:
    own = {name for name in imported if name == "homeward" or name.startswith("homeward.")}
    return {name for name in own if layer_of(name) not in may_import(layer)}


@pytest.mark.parametrize("path", [p for p in MODULES if layer_of(dotted(p)) not in ("", "__main__")], ids=dotted)
def test_a_layer_imports_only_from_those_above_it(path: Path) -> None:
    assert layer_of(dotted(path)) in (*LAYERS, *EDGES), "a module outside the layers of the design"
    assert forbidden_imports(layer_of(dotted(path)), set(imports(path))) == set()


def test_the_rule_of_layers_can_fail() -> None:
    assert forbidden_imports("case", {"homeward.engine.kernel", "numpy"}) == {"homeward.engine.kernel"}
    assert forbidden_imports("engine", {"homeward.case.schema", "homeward.cli"}) == {"homeward.cli"}
    assert forbidden_imports("report", {"homeward.cli.output"}) == {"homeward.cli.output"}


@pytest.mark.parametrize("name", ["kernel", "draws", "step", "layout"])
def test_the_kernel_knows_no_rule(name: str) -> None:
    imported = set(imports(PACKAGE / "engine" / f"{name}.py"))
    assert not any(module.startswith(("homeward.rules.homeward", "homeward.case")) for module in imported)


def test_the_individual_simulation_shares_nothing_with_the_engine() -> None:
    files = sorted((ROOT / "verification").rglob("individual*.py"))
    assert files, "the individual-by-individual simulation is missing"
    for path in files:
        assert not any(module.startswith("homeward.engine") for module in imports(path)), path


def test_no_module_is_longer_than_500_lines() -> None:
    longest = {dotted(p): len(p.read_text(encoding="utf-8").splitlines()) for p in MODULES}
    assert {name: lines for name, lines in longest.items() if lines > 500} == {}


def function_lengths() -> list[int]:
    """Return the lines of every function body, docstring not counted."""
    lengths = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                has_docstring = ast.get_docstring(node) is not None
                body = node.body[1:] if has_docstring else node.body
                lengths.append((node.end_lineno or 0) - body[0].lineno + 1 if body else 0)
    return lengths


def test_functions_are_short() -> None:
    lengths = function_lengths()
    assert statistics.median(lengths) < 10
    assert statistics.quantiles(lengths, n=10)[-1] < 30


def test_nothing_prints_outside_the_command_line() -> None:
    for path in MODULES:
        if layer_of(dotted(path)) == "cli":
            continue
        calls = (n.func for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call))
        names = {call.id for call in calls if isinstance(call, ast.Name)}
        assert "print" not in names, path
