"""What is typed, read: ids, ranges, words, labels, and the reason where it cannot be."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.errors import CommandError
from napari_phy.views.command_line import Line, read_ids, read_label, read_line, read_number, read_words

KNOWN = [0, 2, 3, 5, 6, 8, 20]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (":c 3-6", Line("c", "3-6")),
        ("c3-6", Line("c", "3-6")),
        ("  : G ", Line("g", "")),
        ('f rate > -1 and group == "good"', Line("f", 'rate > -1 and group == "good"')),
        ("next-spike", Line("next-spike", "")),
        ("ts -2", Line("ts", "-2")),
        ("?", Line("?", "")),
    ],
)
def test_a_line_is_a_name_and_the_rest(text, line):
    assert read_line(text) == line


@pytest.mark.parametrize("text", ["", ":", "3-6", "- x"])
def test_a_line_without_a_name_says_how_to_begin(text):
    with pytest.raises(CommandError, match="Begin with the name of a command"):
        read_line(text)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("3", [3]),
        ("3-6", [3, 5, 6]),
        ("6-3", [6, 5, 3]),
        ("3 – 6, 20", [3, 5, 6, 20]),
        ("20 3-6 5,0", [20, 3, 5, 6, 0]),
        ("0-99999999999999", KNOWN),
    ],
)
def test_ids_and_ranges(text, ids):
    assert read_ids(text, KNOWN) == ids


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Name at least one cluster, as in 3-6."),
        ("4", "There is no cluster 4."),
        ("9-19", "There is no cluster from 9 to 19."),
        ("3 x", "x is no cluster: write 3, 3-6 or 3 5 8."),
        ("-3", "-3 is no cluster: write 3, 3-6 or 3 5 8."),
        ("3.5", "3.5 is no cluster: write 3, 3-6 or 3 5 8."),
    ],
)
def test_what_is_no_id_is_named(text, reason):
    with pytest.raises(CommandError) as error:
        read_ids(text, KNOWN)
    assert str(error.value) == reason


def test_spikes_are_not_listed_to_find_some():
    assert read_ids("10-12 5", range(10**9), "spike") == [10, 11, 12, 5]


@given(st.lists(st.sampled_from(KNOWN), min_size=1, unique=True))
def test_ids_come_back_in_their_order(ids):
    assert read_ids(" ".join(map(str, ids)), KNOWN) == ids


def test_words_and_quotes():
    assert read_words("""good  "my group" 'a "b"' don't""") == ["good", "my group", 'a "b"', "don't"]
    with pytest.raises(CommandError, match="The quote before my is not closed"):
        read_words('"my group')


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("note put-int axon", ("note", "put-int axon")),
        ("quality -3", ("quality", -3)),
        ("snr 2.5", ("snr", 2.5)),
        ('note "12"', ("note", "12")),
        ('"two words" x', ("two words", "x")),
        ("note", ("note", None)),
        ("note it's", ("note", "it's")),
        ("note nan", ("note", "nan")),
    ],
)
def test_a_label_is_a_field_and_all_that_follows(text, label):
    assert read_label(text) == label


def test_a_label_needs_a_field():
    with pytest.raises(CommandError, match="Name a field"):
        read_label(" ")


def test_numbers_may_be_negative():
    assert read_number("-2.5", "") == read_number("−2,5", "") == -2.5
    with pytest.raises(CommandError, match="x is no number: say how many"):
        read_number("x", "say how many")


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_by_a_sentence(text):
    for read in (read_line, read_words, read_label, lambda t: read_ids(t, KNOWN)):
        with suppress(CommandError):
            read(text)
