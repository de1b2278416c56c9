"""What is offered while a filter is typed."""

import pytest

from napari_phy.query.filter_completion import complete

COLUMNS = ("id", "group", "rate", "refr", "my note")
TEXTS = {"group": ["noise", "good"], "my note": ['say "a"', "axon"], "checked": ["true", "truly"]}


@pytest.mark.parametrize(
    ("text", "start", "words"),
    [
        ("", 0, ()),
        ("r", 0, ("rate", "refr")),
        ("RA", 0, ("rate",)),
        ("rate", 0, ()),
        ("rate > 1 and g", 13, ("group",)),
        ("rate > 1 a", 9, ("and",)),
        ("rate n", 5, ("not in",)),
        ("rate i", 5, ("in", "is null", "is not null")),
        ("m", 0, ("`my note`",)),
        ("group == ", 9, ('"noise"', '"good"')),
        ('group != "g', 9, ('"good"',)),
        ("group == g", 9, ('"good"', "group")),
        ('group in ("noise", ', 19, ('"noise"', '"good"')),
        ('group not in ("g', 14, ('"good"',)),
        ("`my note` == ", 13, ("'say \"a\"'", '"axon"')),
        ("checked == ", 11, ('"true"', '"truly"')),
        ("checked == tru", 11, ('"true"', '"truly"')),
        ("checked == true", 11, ()),
        ("checked != TRUE", 11, ()),
        ('checked == "true', 11, ('"true"',)),
        ('group in "g', 9, ('"good"',)),
        ('group in "good"', 15, ()),
        ('group in "good noise"', 21, ()),
        ('group not in "good" ', 20, ()),
        ('group in ("good"', 16, ()),
        ('group in ("good", "noise"', 25, ()),
        ("rate == ", 8, ()),
        ("group = ", 8, ()),
        ("1 == ", 5, ()),
    ],
)
def test_what_can_follow(text, start, words):
    completion = complete(text, COLUMNS, lambda column: TEXTS.get(column, ()))
    assert (completion.start, completion.words) == (start, words)
