"""Texts become numbers where they are some."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.views.typed_values import typed_number, typed_text, typed_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        (" ", None),
        ("3", 3),
        ("-3", -3),
        (" 2.5 ", 2.5),
        ("1e3", 1000.0),
        ("axon 3", "axon 3"),
        ("inf", "inf"),
        ("true", True),
        ("False", False),
        ("truely", "truely"),
        ('"true"', "true"),
        ("'12'", "12"),
        ('""', ""),
        ('"axon', '"axon'),
    ],
)
def test_a_text_becomes_what_it_says(text, value):
    assert typed_value(text) == value
    assert type(typed_value(text)) is type(value)


@given(st.text(max_size=8) | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False))
def test_what_is_shown_to_be_changed_is_read_as_the_same_value(value):
    read = typed_value(typed_text(value))
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize("text", ["true", "axon", "", '"3"', "nan"])
def test_only_numbers_are_numbers(text):
    assert typed_number(text) is None
