from __future__ import annotations

from datetime import date

import pytest

from homeward.report import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0"), (0.4, "<10"), (9.4, "<10"), (9.6, "10"), (10, "10"), (1_234_567, "1,234,567")],
)
def test_small_counts_are_suppressed(value: float | None, text: str) -> None:
    assert wording.people(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "<10"),
        (8_123, "8,123"),
        (12_345, "12,300"),
        (999_400, "999,000"),
        (999_700, "1.00 million"),
        (12_040_000, "12.0 million"),
        (345_600_000, "346 million"),
        (2_500_000_000, "2.50 billion"),
    ],
)
def test_rounding_keeps_three_figures(value: float, text: str) -> None:
    assert wording.rounded(value) == text


def test_ranges() -> None:
    assert wording.people_range(1_000, 2_500) == "1,000 to 2,500"
    assert wording.people_range(0, 7) == "0 to <10"
    assert wording.people_range(3, 7) == "<10"
    assert wording.people_range(None, 7) == "–"
    assert wording.percent_range(0.031, 0.04) == "3.1 % to 4.0 %"


def test_errors_have_signs_and_large_ones_are_factors() -> None:
    assert [wording.error(value) for value in (0.124, -0.5, 6.1, None)] == ["+12 %", "−50 %", "×7.1", "–"]


@pytest.mark.parametrize(
    ("value", "exact", "in_three_figures"),
    [
        (None, "–", "–"),
        (0.3, "0", "0"),
        (-7, "±<10", "±<10"),
        (98_752, "+98,752", "+98,800"),
        (-301_253, "−301,253", "−301,000"),
        (-1_234_567, "−1,234,567", "−1,230,000"),
    ],
)
def test_differences_have_a_sign_that_small_ones_do_not_give_away(
    value: float | None, exact: str, in_three_figures: str
) -> None:
    assert wording.signed(value) == exact
    assert wording.signed_rounded(value) == in_three_figures


def test_ranges_and_shares_with_a_sign() -> None:
    assert wording.signed_range(-1_234, 5_678) == "−1,230 to +5,680"
    assert wording.signed_range(None, 5_678) == "–"
    shares = [wording.signed_percent(share) for share in (None, 0.0, 0.0004, -0.0154, 0.0996, -1.524)]
    assert shares == ["–", "0.0 %", "0.0 %", "−1.5 %", "+10 %", "−152 %"]


def test_dates_and_names() -> None:
    assert wording.day(date(2024, 12, 8)) == "8 December 2024"
    assert wording.short_day(date(2024, 12, 8)) == "8 Dec 2024"
    assert wording.breakable("a_b[<c>]") == "a_<wbr>b<wbr>[&lt;c&gt;]"
