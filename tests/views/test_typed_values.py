"""Texts become numbers where they are some."""

import pytest

from napari_phy.views.typed_values import typed_value


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
    ],
)
def test_a_text_becomes_what_it_says(text, value):
    assert typed_value(text) == value
    assert type(typed_value(text)) is type(value)
