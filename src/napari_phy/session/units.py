"""The clusters of a session as a group of time series."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ClusteringError
from napari_phy.session.events import time_line
from napari_phy.table.cluster_table import ClusterTable, compute_cluster_table
from napari_phy.table.columns import all_columns, find_column, known_keys
from napari_phy.table.session_like import SessionLike
from napari_phy.timeline.pynapple_classes import load_pynapple
from napari_phy.timeline.units import to_seconds

if TYPE_CHECKING:
    from napari_phy.timeline import TimeSeriesGroup

_OF_PYNAPPLE = ("id", "rate")  # the key, and what pynapple computes itself


def units_of(session: SessionLike, clusters: Iterable[int] | None = None) -> TimeSeriesGroup:
    """Return clusters as pynapple's TsGroup, with what is known of each as metadata.

    Parameters
    ----------
    session : SessionLike
        The data set.
    clusters : iterable of int, optional
        Which clusters; None: all that are not discarded.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more), or there is none.
    """
    pynapple = load_pynapple()
    reads_features = session.sums is None or not session.sums.is_held
    known = known_keys(session, reads_features=reads_features).difference(_OF_PYNAPPLE)
    keys = [column.key for column in all_columns() if column.key in known]
    table = compute_cluster_table(session, clusters, keys, reads="all" if reads_features else "times")
    if not len(table):
        raise ClusteringError("There are no clusters to make units of.")
    model = session.model
    last_s = float(model.spike_samples[-1] / model.sample_rate) if model.n_spikes else 0.0
    support = time_line(model, 0.0, last_s)
    units = {
        cluster: pynapple.Ts(
            to_seconds(model.spike_samples[session.manager.spikes(cluster)], "samples", model.sample_rate),
            time_support=support,
        )
        for cluster in table.ids.tolist()
    }
    metadata = {"group": np.array(table.groups), **_known(table)}
    for field, values in session.manager.cluster_labels.items():
        metadata.setdefault(field, np.array([values.get(cluster) for cluster in table.ids.tolist()], dtype=object))
    fitting = {name: of for name, of in metadata.items() if name.isidentifier() and not hasattr(pynapple.TsGroup, name)}
    return pynapple.TsGroup(units, time_support=support, bypass_check=True, metadata=fitting)


def _known(table: ClusterTable) -> dict[str, npt.NDArray[Any]]:
    """Return the columns of which anything is known, those of whole numbers as such."""
    found = {}
    for key, values in table.values.items():
        known, column = np.isfinite(values), find_column(key)
        if known.any() and column.categories:
            found[key] = np.array(list(map(column.plain, values.tolist())))
        elif known.any():
            found[key] = values.astype(np.int64) if known.all() and column.is_whole else values
    return found
