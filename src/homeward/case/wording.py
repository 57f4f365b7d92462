"""Say in plain words what is wrong with a value, and which word was probably meant."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Collection, Mapping
from typing import Any

from homeward.case.indicators import NOUGHT_UNTIL_GIVEN, UNKNOWN_UNTIL_GIVEN

__all__ = ["did_you_mean", "explain", "nearest", "shown"]

_LONGEST_SHOWN = 40
_LONGEST_COMPARED = 60
_MOST_LISTED = 12

_EXPECTED_BY_TYPE = {
    "string": "a text in quotes",
    "float": "a number without quotes",
    "int": "a whole number without quotes",
    "bool": "true or false",
    "date": "a date such as 2011-03-15",
    "dict": "a table of names and values",
    "tuple": "a list in square brackets",
    "model": "a table of names and values",
}
_LIMITS = {
    "greater_than_equal": ("ge", "is below {limit}", "Give a number of at least {limit}"),
    "greater_than": ("gt", "is not above {limit}", "Give a number above {limit}"),
    "less_than_equal": ("le", "is above {limit}", "Give a number of at most {limit}"),
    "string_too_long": ("max_length", "is longer than {limit} characters", "Shorten it"),
}
_CONDITION_INDICATORS = ", ".join(
    (
        "violence",
        "held_by.NAME (small letters)",
        "fled.NAME",
        "guarantees.NAME",
        *NOUGHT_UNTIL_GIVEN,
        *UNKNOWN_UNTIL_GIVEN,
    )
)


def shown(value: object) -> str:
    """Return a value as it may stand in a message: quoted, on one line, cut after 40 characters."""
    text = value if isinstance(value, str) else str(value)
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")


def nearest(word: str, candidates: Collection[str]) -> str | None:
    """Return the candidate most like ``word``, whatever its case, or None if none is like it."""
    return _nearest(word[:_LONGEST_COMPARED].casefold(), tuple(sorted(candidates)))


def did_you_mean(word: str, candidates: Collection[str]) -> str:
    """Return a remedy for an unknown word: the nearest known one, else the list of those known."""
    like = nearest(word, candidates)
    if like is not None:
        return f"Did you mean {shown(like)}?"
    known = sorted(candidates)
    more = ", …" if len(known) > _MOST_LISTED else ""
    return f"Known: {', '.join(known[:_MOST_LISTED])}{more}" if known else "None is known here"


def explain(details: Mapping[str, Any], name: str, known_names: Collection[str]) -> tuple[str, str]:
    """Return what is wrong and its remedy for one error of a pydantic model, without pydantic's own words.

    ``details`` is one entry of ``ValidationError.errors()``; ``name`` is the column or key to be named;
    ``known_names`` are the names that would have been allowed in its place.
    """
    kind = str(details["type"])
    context: Mapping[str, Any] = details.get("ctx", {})
    value = details.get("input")
    if kind == "missing":
        return f"{shown(name)} is missing or blank", "Fill it in"
    if kind == "extra_forbidden":
        return f"the name {shown(name)} is not known", did_you_mean(name.rpartition(".")[2], known_names)
    if kind in ("enum", "literal_error"):
        return _explain_choice(name, value, str(context["expected"]))
    if kind in _LIMITS:
        key, fault, remedy = _LIMITS[kind]
        limit = f"{context[key]:,}"
        what = f"{shown(name)} is {shown(value)}, which {fault.format(limit=limit)}"
        return what, remedy.format(limit=limit)
    if kind == "value_error":
        what, _, remedy = str(context["error"]).partition(": ")
        return what, (remedy[:1].upper() + remedy[1:]) or "Correct one of the values named"
    return _explain_form(kind, name, value, str(context.get("pattern", "")))


def _explain_choice(name: str, value: object, expected: str) -> tuple[str, str]:
    choices = expected.replace("'", "").replace(" or ", ", ").split(", ")
    like = nearest(str(value), choices)
    guess = f"Did you mean {shown(like)}? " if like else ""
    what = f"{shown(name)} is {shown(value)}, which is not one of the choices"
    return what, f"{guess}Choose from: {expected}"


def _explain_form(kind: str, name: str, value: object, pattern: str) -> tuple[str, str]:
    found = f"{shown(name)} is {shown(value)}"
    if kind in ("string_too_short", "too_short"):
        return f"{shown(name)} is blank", "Fill it in"
    if kind == "finite_number":
        return f"{found}, which is no finite number", "Give a number"
    if kind == "string_pattern_mismatch":
        return found + _pattern_fault(pattern), _pattern_remedy(pattern)
    expected = _EXPECTED_BY_TYPE.get(kind.split("_")[0], "a value of another type")
    return f"{found}, which is not {expected}", f"Give {expected}"


def _pattern_fault(pattern: str) -> str:
    if "[A-Z]" in pattern:
        return ", which is no country code"
    if "held_by" in pattern:
        return ", which is no known indicator"
    return ", which has a space or one of > * , ; # where none may be"


def _pattern_remedy(pattern: str) -> str:
    if "[A-Z]" in pattern:
        return "Write three capital letters, such as SYR"
    if "held_by" in pattern:
        return f"Write {_CONDITION_INDICATORS}"
    return "Write one word with hyphens, such as rural-damascus"


@functools.lru_cache(maxsize=4096)
def _nearest(word: str, candidates: tuple[str, ...]) -> str | None:
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    found = difflib.get_close_matches(word, list(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None
