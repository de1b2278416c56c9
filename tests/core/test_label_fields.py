"""Names of fields of labels: those of the lists' columns and what filters know by them are taken."""

import numpy as np
import pytest

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import ClusteringError
from napari_phy.core.label_fields import MOST_IN_NAME, field_problem, plain_value, text_problem, value_problem
from napari_phy.table.cluster_filter import GROUP
from napari_phy.table.columns import BUILT_IN


@pytest.mark.parametrize("name", [*(column.word for column in BUILT_IN if column.is_usual), GROUP, "similar", "color"])
def test_names_that_are_taken(name):
    assert field_problem(name).startswith(f'"{name}" is ')
    assert field_problem(name).endswith(": choose another name.")


@pytest.mark.parametrize("name", ["note", "snr", "n_spikes", "spikes of today"])
def test_any_other_name_is_free(name):
    assert field_problem(name) == ""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x" * (MOST_IN_NAME + 1), "The name of a label has 100 characters at most; this one has 101."),
        ("a\nb", "The name of a label cannot have line breaks or other control characters."),
        ("a\u2028b", "The name of a label cannot have line breaks or other control characters."),
        ("x" * MOST_IN_NAME, ""),
        ("müde\u00a0axon", ""),
    ],
)
def test_new_fields_have_short_names_of_one_line(name, reason):
    assert field_problem(name) == reason
    assert field_problem(name, known=[name]) == ""


def test_a_long_field_of_a_file_can_be_given_and_taken_away():
    name = "x" * 300
    manager = ClusterManager([0, 1, 2], cluster_labels={name: {1: "axon"}})
    manager.label([2], name, "soma")
    assert manager.cluster_labels == {name: {1: "axon", 2: "soma"}}
    manager.label([1, 2], name, None)
    with pytest.raises(ClusteringError, match="100 characters at most"):
        manager.label([1], name + "y", 3)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (2**63 - 1, ""),
        (2**63, "A whole number in a label is smaller than 2⁶³"),
        (-(2**63), ""),
        (-(2**63) - 1, "A whole number in a label is smaller than 2⁶³"),
        (2.0**70, ""),
        (True, ""),
        ("x" * 1000, ""),
        ("x" * 1001, "A label has 1000 characters at most; this one has 1001."),
        ("a\nb\tc", ""),
        ("a\x00b", "A label cannot have control characters."),
        (None, "A label is text, a number or true/false, not NoneType."),
        (b"x", "A label is text, a number or true/false, not bytes."),
    ],
)
def test_a_label_is_what_files_hold(value, reason):
    assert value_problem(value).startswith(reason)
    assert bool(value_problem(value)) == bool(reason)
    if isinstance(value, str):
        assert text_problem(value) == value_problem(value)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.int32(3), 3), (np.float32(0.5), 0.5), (np.bool_(True), True), (np.str_("a"), "a"), (True, True), (2.5, 2.5),
        (None, None), ([1], [1]),
    ],
)  # fmt: skip
def test_values_become_those_of_python(value, plain):
    found = plain_value(value)
    assert (found, type(found)) == (plain, type(plain))


def test_text_that_is_more_than_text_becomes_text():
    class Word(str):
        __slots__ = ()

    assert type(plain_value(Word("a"))) is str
