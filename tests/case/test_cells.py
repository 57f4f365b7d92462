from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.case.cells import CellError, cell_text, cell_value, columns_of
from homeward.case.schema import Measure, Place

VALUES = st.one_of(
    st.booleans(),
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.sampled_from(Measure),
)


@given(VALUES)
def test_a_value_comes_back_from_its_cell(value: object) -> None:
    again = cell_value(cell_text(value), type(value))
    assert again == value
    assert str(again) == str(value)


@given(st.text(), st.sampled_from([bool, int, float, date]))
def test_any_text_is_a_value_or_a_cell_error(text: str, kind: type) -> None:
    try:
        assert isinstance(cell_value(text, kind), kind)
    except CellError as error:
        assert error.what
        assert error.remedy


@pytest.mark.parametrize("text", ["NO", "010", "null", "1e3", "12:30", "=1+1", "TRUE"])
def test_text_stays_text(text: str) -> None:
    assert cell_value(f" {text} ", str) == text


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("1,5", "'1.5'"),
        ("-12,75", "'-12.75'"),
        ("1,234", "'1234'"),
        ("1,234,567.5", "'1234567.5'"),
        ("1 234", "'1234'"),
        ("1\u00a0234", "'1234'"),
        ("1'234", "'1234'"),
        ("12 km", "no unit"),
        ("n/a", "blank"),
        ("١٢", "digits"),
    ],
)
def test_numbers_written_another_way_get_a_remedy(text: str, remedy: str) -> None:
    with pytest.raises(CellError) as caught:
        cell_value(text, float)
    assert remedy in caught.value.remedy


def test_columns_put_what_every_row_has_last() -> None:
    columns = columns_of(Place)
    assert next(iter(columns)) == "id"
    assert list(columns)[-4:] == ["source", "known_on", "basis", "why"]
    assert (columns["capacity"].type, columns["capacity"].required) == (int, False)
