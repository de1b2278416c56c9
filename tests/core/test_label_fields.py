"""Names of fields of labels: those of the lists' columns and what filters know by them are taken."""

import pytest

from napari_phy.core.label_fields import field_problem
from napari_phy.views.cluster_filter import COLUMNS


@pytest.mark.parametrize("name", [*COLUMNS, "similar", "color"])
def test_names_that_are_taken(name):
    assert field_problem(name).startswith(f'"{name}" is ')
    assert field_problem(name).endswith(": choose another name.")


@pytest.mark.parametrize("name", ["note", "snr", "n_spikes", "spikes of today"])
def test_any_other_name_is_free(name):
    assert field_problem(name) == ""
