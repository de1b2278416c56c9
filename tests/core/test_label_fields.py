"""Names of fields of labels: those of the lists' columns and what filters know by them are taken."""

import pytest

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import ClusteringError
from napari_phy.core.label_fields import MOST_IN_NAME, field_problem
from napari_phy.table.cluster_filter import GROUP
from napari_phy.table.columns import BUILT_IN


@pytest.mark.parametrize("name", [*(column.word for column in BUILT_IN), GROUP, "similar", "color"])
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
