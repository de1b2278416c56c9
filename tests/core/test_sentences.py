"""What files hold is told in plain text on one line."""

import errno
import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.errors import FilterError, NapariPhyError, ReplayError
from napari_phy.core.sentences import cause_of, listed, on_one_line, visible


@given(st.text(st.sampled_from("aé 3µ\x00\x1b\n\t\u00a0\u2009\u2028\u202e\ud800\U0001f9e0")))
def test_what_is_visible_acts_on_nobody_and_keeps_all_other_text(text):
    shown = visible(text)
    assert all(one.isprintable() or unicodedata.category(one) == "Zs" for one in shown)
    assert visible(shown) == shown
    if text.isprintable():
        assert shown == text


@pytest.mark.parametrize(
    ("text", "shown"), [("a\x1b[2Jb", "a\\x1b[2Jb"), ("a\u202eb", "a\\u202eb"), ("a\u00a0b\n", "a\u00a0b\\n")]
)
def test_what_acts_is_written_as_its_escape(text, shown):
    assert visible(text) == shown
    assert str(NapariPhyError(text)) == shown


@pytest.mark.parametrize(("n", "length"), [(59, 59), (60, 60), (61, 60), (500, 60)])
def test_long_text_ends_after_60_characters(n, length):
    text = "".join(chr(97 + place % 26) for place in range(n))
    shown = on_one_line(text)
    assert len(shown) == length
    assert shown == (text if n <= 60 else text[:59] + "…")


def test_blanks_and_line_breaks_are_one_blank():
    assert on_one_line(" a \n\t b\r\nc ") == "a b c"
    assert on_one_line(3.5) == "3.5"


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left on device"),
        (OSError(errno.EACCES, "Permission denied", "/far/away/x.kwik"), "x.kwik: Permission denied"),
        (OSError("[Errno 5] it is broken"), "it is broken"),
        (OSError("[Errno -3] it is broken"), "it is broken"),
        (ValueError("see [Errno 5] there"), "see [Errno 5] there"),
    ],
)
def test_the_cause_is_told_without_number_and_folders(error, cause):
    assert cause_of(error) == cause


def test_errors_know_where_something_is_wrong():
    assert (str(FilterError("No.", 7)), FilterError("No.", 7).column) == ("Column 7: No.", 7)
    assert (str(FilterError("No.")), FilterError("No.").column) == ("No.", None)
    assert ReplayError("No.", 3).n_fit == 3


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (0, ""),
        (1, "0"),
        (2, "0 and 1"),
        (3, "0, 1 and 2"),
        (6, "0, 1, 2, 3, 4 and 5"),
        (7, "0, 1, 2, 3, 4 and 2 more"),
        (20, "0, 1, 2, 3, 4 and 15 more"),
    ],
)
def test_of_many_things_some_are_named(n, words):
    assert listed(range(n)) == words
    assert listed(map(str, range(5)), limit=3) == "0, 1 and 3 more"
