"""Write what is generated: JSON Schemas, and the reference pages of case folder, parameters and estimates.

Run it after a change of ``homeward/case/schema.py``, of the built-in case or of ``homeward/rules/parameters.csv``:
``python tools/describe_case.py``.
"""

from __future__ import annotations

from math import exp
from pathlib import Path
from statistics import NormalDist

from homeward.case.conference import Lever
from homeward.case.describe import reference_page, write_schemas
from homeward.case.estimates import Estimate, EstimateTable, estimate_tables, estimates_page
from homeward.case.findings import FINDINGS_FILE
from homeward.case.folder import find_case, load_case, load_conference
from homeward.case.schema import Basis, Case
from homeward.judge.thresholds.verdicts import case_findings
from homeward.rules.describe import parameter_page
from homeward.rules.parameters import Parameter, parameter_table

ROOT = Path(__file__).resolve().parent.parent

_ENDS = (0.05, 0.95)
_NO_UNIT = ("1", "0 to 1", "share")


def main() -> None:
    """Write the generated files in their places and name them."""
    reference = ROOT / "docs" / "reference"
    pages = {
        "case-folder.md": reference_page(),
        "parameters.md": parameter_page(),
        "estimates.md": all_estimates_page(),
    }
    for name, text in pages.items():
        (reference / name).write_text(text, encoding="utf-8", newline="\n")
    written = [reference / name for name in pages]
    for path in [*written, *write_schemas(ROOT / "src" / "homeward" / "case" / "schemas")]:
        print(path.relative_to(ROOT))


def all_estimates_page() -> str:
    """Return the page of the estimates of the built-in case and of the parameters, as Markdown."""
    case = load_case("syria")
    return estimates_page(
        "syria", [*estimate_tables(case), lever_estimates(case), finding_estimates(case), parameter_estimates()]
    )


def lever_estimates(case: Case) -> EstimateTable:
    """Return the levers of the built-in case whose sizes are estimates."""
    levers = load_conference("syria", case).levers
    meaning = "How far what a party can move would move conditions. [Levers and meetings](../explanation/levers.md)."
    estimates = tuple(
        Estimate(number, f"`{lever.id}`", _sizes(lever), lever.why, when=f"{lever.known_on}", note=lever.evidence)
        for number, lever in enumerate(levers, start=1)
        if lever.basis is Basis.ESTIMATE
    )
    return EstimateTable("levers.toml", len(levers), meaning, estimates)


def _sizes(lever: Lever) -> str:
    sizes = ((effect.indicator, *effect.operation, effect.low, effect.high) for effect in lever.effect)
    return "; ".join(f"{name}: {how} {size:g} ({low:g} to {high:g})" for name, how, size, low, high in sizes)


def finding_estimates(case: Case) -> EstimateTable:
    """Return the findings of the built-in case that are estimates."""
    findings = case_findings(find_case("syria"), case)
    meaning = "What was judged of conditions of return that no indicator answers. [The thresholds](thresholds.md)."
    estimates = tuple(
        Estimate(number, f"`{row.place}` {row.criterion}", row.verdict, row.why, when=f"{row.date}", note=row.what)
        for number, row in enumerate(findings, start=1)
        if row.basis is Basis.ESTIMATE
    )
    return EstimateTable(FINDINGS_FILE, len(findings), meaning, estimates)


def parameter_estimates() -> EstimateTable:
    """Return the parameters that are estimates, each with the 5 % and 95 % points of its prior as range."""
    parameters = parameter_table()
    numbered = enumerate(parameters, start=1)
    meaning = (
        "Parameters of the rules with their defaults. Low and high are the 5 % and 95 % points of the prior; a fixed "
        "parameter has none. [All parameters](parameters.md)."
    )
    estimates = tuple(_estimate(number, one) for number, one in numbered if one.basis == "estimate")
    return EstimateTable("parameters.csv", len(parameters), meaning, estimates)


def _estimate(number: int, parameter: Parameter) -> Estimate:
    by = f" by {parameter.by}" if parameter.by else ""
    unit = "" if parameter.unit in _NO_UNIT else f" {parameter.unit}"
    low, high = map(_shown, prior_range(parameter)) if parameter.prior != "fixed" else (None, None)
    return Estimate(
        number,
        f"`{parameter.name}`{by}: {parameter.meaning}",
        f"{parameter.default:,.10g}{unit}",
        parameter.source,
        low=low,
        high=high,
    )


def _shown(value: float) -> str:
    """Return three significant digits, without an exponent."""
    return f"{float(f'{value:.3g}'):,.10g}"


def prior_range(parameter: Parameter) -> tuple[float, float]:
    """Return the 5 % and 95 % points of a prior that is not fixed."""
    location, spread = parameter.location, parameter.spread
    low, high = (location + spread * NormalDist().inv_cdf(end) for end in _ENDS)
    if parameter.prior == "normal":
        return low, high
    if parameter.prior == "lognormal":
        return location * exp(low - location), location * exp(high - location)
    return _beta_range(location, spread)


def _beta_range(mean: float, deviation: float) -> tuple[float, float]:
    from scipy.stats import beta

    weight = mean * (1 - mean) / deviation**2 - 1
    low, high = beta.ppf(_ENDS, mean * weight, (1 - mean) * weight)
    return float(low), float(high)


if __name__ == "__main__":
    main()
