"""Rows of lists made by hand."""

import math

from napari_phy.table.columns import all_columns
from napari_phy.widgets.lists.cluster_columns import Row

USUAL = {"channel": 4, "depth": 270.4, "spikes": 10, "rate": 4.32, "amplitude": 104.2, "refractory": 0.0}


def make_row(cluster, n_spikes=10, group="unsorted", *, similarity=float("nan"), rank=None, **values):
    """Return a row with some values other than usual."""
    values = {**USUAL, "id": cluster, "spikes": n_spikes, **values}
    of_all = tuple(float(values[column.key]) if column.key in values else math.nan for column in all_columns())
    return Row(cluster, group, of_all, similarity, cluster if rank is None else rank)
