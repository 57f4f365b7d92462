"""The page of estimates: whole, current, and readable."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from tools.describe_case import all_estimates_page, finding_estimates, parameter_estimates, prior_range

from homeward.case.estimates import Estimate, EstimateTable, estimate_tables, estimates_page
from homeward.case.folder import TABLES, load_case, load_conference
from homeward.case.schema import Basis
from homeward.rules.parameters import Parameter, parameter_table
from tests.small_case import small_case

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "estimates.md"


def parameter(prior: str, location: float, spread: float) -> Parameter:
    return Parameter("p", "", "1", location, prior, location, spread, "estimate", "a meaning", "a source")


def page(*estimates: Estimate) -> str:
    return estimates_page("small", [EstimateTable("t.csv", 9, "What it means.", estimates)])


def lines(text: str) -> list[str]:
    """Return the lines of the tables of a page's sections."""
    _, *sections = text.split("\n## ")
    return [line for section in sections for line in section.splitlines()[5:] if line.startswith("| ")]


def counted(text: str) -> Counter[str]:
    """Return by section how many estimates its lines say that they stand for."""
    _, *sections = text.split("\n## ")
    found = Counter[str]()
    for section in sections:
        name, _, rest = section.partition("\n")
        found[name] += sum(int(n) for n in re.findall(r"^\| [^\n]*? \| (\d+) \| ", rest, re.MULTILINE))
    return found


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == all_estimates_page(), "run: python tools/describe_case.py"


def test_every_estimate_of_the_case_and_of_the_rules_is_counted_on_the_page() -> None:
    case = load_case("syria")
    expected = {
        f"{name}.csv": sum(row.basis is Basis.ESTIMATE for row in getattr(case, name))
        for name in TABLES
        if name != "sources"
    }
    expected["parameters.csv"] = sum(one.basis == "estimate" for one in parameter_table())
    expected["findings.csv"] = len(finding_estimates(case).estimates)
    expected["levers.toml"] = sum(lever.basis is Basis.ESTIMATE for lever in load_conference("syria", case).levers)
    text = PAGE.read_text(encoding="utf-8")
    assert counted(text) == Counter(expected)
    for name, estimates in expected.items():
        assert re.search(rf"^\| \[{re.escape(name)}\]\(#\w+\) \| [\d,]+ \| {estimates:,} \| ", text, re.MULTILINE), name


def test_value_low_high_and_reason_of_every_estimate_are_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for table in (*estimate_tables(load_case("syria")), parameter_estimates()):
        section = text.partition(f"\n## {table.name}\n")[2].partition("\n## ")[0].splitlines()
        for estimate in table.estimates:
            about = f"| {estimate.about} | "
            line = next(one for one in section if one.startswith(about) and one.endswith(f" | {estimate.why} |"))
            shown = f"{estimate.what} {estimate.value}".strip()
            if estimate.has_range:
                assert re.search(rf"{re.escape(f'{shown} ({estimate.low}')}(–| to ){estimate.high}\)", line), estimate
            else:
                assert shown in line
                assert "no range" in line


def test_a_case_without_estimates_says_so_for_every_table() -> None:
    text = estimates_page("small", estimate_tables(small_case()))
    assert text.count("\nNo estimate.\n") == 8
    assert "| all | " in text
    assert lines(text) == []


def test_estimates_of_every_table_are_described() -> None:
    case = small_case()
    changes = {
        name: tuple(row.model_copy(update={"basis": Basis.ESTIMATE, "why": "a guess"}) for row in getattr(case, name))
        for name in TABLES
        if name != "sources"
    }
    guessed = case.model_copy(update=changes)
    text = estimates_page("small", estimate_tables(guessed))
    assert counted(text) == Counter({f"{name}.csv": len(rows) for name, rows in changes.items()})
    assert "| `camp` (HOA) | 1 | 36.8, 39; room for 5,000; no range | a guess |" in text
    assert "| from `north` | 4 | inside 40, to `south` 180, to `east` 260, to `bordertown` 120; no range |" in text
    assert "| `south`, displaced, from `north` | 1 | 600; no range |" in text
    assert "| `north` held_by | 2 | 2012-01-01: government 0.6, opposition 0.4; no range |" in text
    assert "| `ORI>HOA` border | 1 | 2012-06-15: restricted – HOA restricts its crossings; no range |" in text
    assert "| `HOA` from `north` refugee_stock, made-up | 1 | 2012-12-31: 42,000; no range |" in text


def test_equal_values_are_joined_over_rows_that_follow_each_other_only() -> None:
    rows = [Estimate(row, "`a`", "1", "w", low="0", high="2", when=f"2020-{row:02}") for row in (1, 2, 3, 5)]
    assert lines(page(*rows)) == ["| `a` | 4 | 2020-01 to 2020-03: 1 (0–2); 2020-05: 1 (0–2) | w |"]


def test_other_values_reasons_and_subjects_stay_apart() -> None:
    rows = [
        Estimate(1, "`a`", "1", "w", when="2020-01"),
        Estimate(2, "`a`", "1.5", "w", when="2020-02"),
        Estimate(3, "`a`", "1.5", "x", when="2020-03"),
        Estimate(4, "`b`", "1.5", "x", when="2020-04"),
    ]
    assert lines(page(*rows)) == [
        "| `a` | 2 | 2020-01: 1; 2020-02: 1.5; no range | w |",
        "| `a` | 1 | 2020-03: 1.5; no range | x |",
        "| `b` | 1 | 2020-04: 1.5; no range | x |",
    ]


def test_a_missing_end_is_named_and_a_minus_needs_a_word() -> None:
    assert lines(page(Estimate(1, "`a`", "1", "w", low="0"))) == ["| `a` | 1 | 1 (0–no high) | w |"]
    assert lines(page(Estimate(1, "`a`", "1", "w", low="-1", high="2"))) == ["| `a` | 1 | 1 (-1 to 2) | w |"]
    mixed = (Estimate(1, "`a`", "1", "w", low="0", high="2"), Estimate(2, "`a`", "3", "w", when="b"))
    assert lines(page(*mixed)) == ["| `a` | 2 | 1 (0–2); b: 3 (no range) | w |"]


def test_a_bar_does_not_break_the_table() -> None:
    assert lines(page(Estimate(1, "`a`", "1", "this|that"))) == ["| `a` | 1 | 1; no range | this\\|that |"]


def test_the_head_counts_estimates_and_ranges() -> None:
    text = page(Estimate(1, "`a`", "1", "w", low="0", high="2"), Estimate(2, "`b`", "3", "w"))
    assert "| [t.csv](#tcsv) | 9 | 2 | 1 |\n| all | 9 | 2 | 1 |\n" in text


def test_violence_is_dated_by_month_and_the_rest_by_day() -> None:
    case = small_case(start=date(2012, 1, 1))
    rows = tuple(row.model_copy(update={"basis": Basis.ESTIMATE, "why": "w"}) for row in case.conditions)
    conditions = estimate_tables(case.model_copy(update={"conditions": rows}))[3]
    assert {estimate.when for estimate in conditions.estimates if "violence" in estimate.about} >= {"2012-01"}
    assert {estimate.when for estimate in conditions.estimates if "rate" in estimate.about} == {"2012-01-01"}


@pytest.mark.parametrize(
    ("prior", "location", "spread", "low", "high"),
    [
        ("normal", 0.0, 1.0, -1.6449, 1.6449),
        ("lognormal", 2.0, 0.5, 0.8788, 4.5520),
        ("beta", 0.5, 0.288675, 0.05, 0.95),  # the uniform distribution
    ],
)
def test_range_of_a_prior_holds_nine_tenths(
    prior: str, location: float, spread: float, low: float, high: float
) -> None:
    assert prior_range(parameter(prior, location, spread)) == pytest.approx((low, high), abs=2e-4)
