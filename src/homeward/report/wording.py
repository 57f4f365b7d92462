"""Numbers and dates in words: thousands separators, and small counts suppressed."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

from markupsafe import Markup, escape

__all__ = [
    "SMALLEST_SHOWN",
    "breakable",
    "day",
    "error",
    "is_small",
    "number",
    "people",
    "people_range",
    "percent",
    "percent_range",
    "rounded",
    "rounded_range",
    "score_in_people",
    "short_day",
    "signed",
    "signed_percent",
    "signed_range",
    "signed_rounded",
]

SMALLEST_SHOWN = 10
MISSING = "–"


def is_small(value: float | None) -> bool:
    """Return whether a count of people is too small to be published: above 0 and, rounded, under 10."""
    return value is not None and value > 0 and round(value) < SMALLEST_SHOWN


def people(value: float | None) -> str:
    """Return a count of people: ``12,345``, ``<10`` for a small one, a dash for an unknown one."""
    if value is None:
        return MISSING
    return f"<{SMALLEST_SHOWN}" if is_small(value) else f"{round(value):,}"


def rounded(value: float | None) -> str:
    """Return a count of people to about three figures: ``6.21 million``, ``345,000``, ``8,120``."""
    if value is None or value < 10_000:
        return people(value)
    if value >= 999_500:
        unit, word = (1e9, "billion") if value >= 999_500_000 else (1e6, "million")
        decimals = max(0, 2 - math.floor(math.log10(value / unit)))
        return f"{value / unit:,.{min(2, decimals)}f} {word}"
    step = 10 ** (len(str(round(value))) - 3)
    return f"{round(value / step) * step:,}"


def score_in_people(value: float) -> str:
    """Return a mean score in people: ``12,300``; three decimals for one that is of shares."""
    return f"{value:.3f}" if value < 1 else people(float(f"{value:.3g}"))


def people_range(low: float | None, high: float | None) -> str:
    """Return a range of counts: ``1,200 to 3,400``; a dash where there is none."""
    return _range(low, high, people)


def rounded_range(low: float | None, high: float | None) -> str:
    """Return a range of counts to about three figures; a dash where there is none."""
    said = _range(low, high, rounded)
    for unit in (" million", " billion"):
        if said.count(unit) == 2:
            said = said.replace(unit, "", 1)
    return said


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share between 0 and 1 as ``45 %``."""
    return MISSING if share is None else f"{100 * share:.{digits}f} %"


def percent_range(low: float | None, high: float | None) -> str:
    """Return a range of shares: ``3.1 % to 4.0 %``; a dash where there is none."""
    return _range(low, high, lambda share: percent(share, 1))


def error(value: float | None) -> str:
    """Return a relative error with its sign: ``+12 %``, and ``×7.1`` where it is far too high."""
    if value is None:
        return MISSING
    return f"×{1 + value:,.1f}" if value >= 4 else f"{100 * value:+.0f} %".replace("-", "−")


def signed(value: float | None) -> str:
    """Return a difference of people with its sign: ``+12,345``, ``−12,345``; ``±<10`` for a small one."""
    return _signed(value, people)


def signed_rounded(value: float | None) -> str:
    """Return a difference of people with its sign to three figures: ``+12,300``."""
    return _signed(value, lambda size: people(float(f"{size:.3g}")))


def signed_range(low: float | None, high: float | None) -> str:
    """Return a range of differences to three figures: ``−1,200 to +3,400``; a dash where there is none."""
    return _range(low, high, signed_rounded)


def signed_percent(share: float | None) -> str:
    """Return a share with its sign: ``+4.5 %``, ``−45 %``."""
    if share is None:
        return MISSING
    said = percent(abs(share), 1 if abs(share) < 0.0995 else 0)
    sign = "" if said == percent(0, 1) else "−" if share < 0 else "+"
    return f"{sign}{said}"


def _signed(value: float | None, say: Callable[[float], str]) -> str:
    if value is None or round(value) == 0:
        return MISSING if value is None else "0"
    sign = "±" if is_small(abs(value)) else "−" if value < 0 else "+"
    return f"{sign}{say(abs(value))}"


def number(value: float) -> str:
    """Return a parameter's value: as many digits as it has, no more than six of them."""
    return f"{value:.6g}".replace("-", "−")


def day(value: date) -> str:
    """Return a date as ``8 December 2024``."""
    return f"{value.day} {value:%B %Y}"


def short_day(value: date) -> str:
    """Return a date as ``8 Dec 2024``."""
    return f"{value.day} {value:%b %Y}"


def breakable(name: str) -> Markup:
    """Return a long name with places where a line may break, after ``_`` and before ``[``."""
    text = str(escape(name)).replace("_", "_<wbr>").replace("[", "<wbr>[")
    return Markup(text)


def _range(low: float | None, high: float | None, say: Callable[[float | None], str]) -> str:
    if low is None or high is None:
        return MISSING
    first, last = say(low), say(high)
    return first if first == last else f"{first} to {last}"
