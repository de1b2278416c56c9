"""All that a Kwik file says of the clusters of a model, read when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik.cluster_data import ClusterExtras, named, read_extras


class ClusterMetadata(Mapping[int, dict[str, Any]]):
    """{cluster: what the file says of it} for every cluster of a model that has spikes.

    Always there: "group", "color" ('#rrggbb' or None), "labels". Where the file has them: "user_data",
    "quality_measures", "mean_waveform_raw", "mean_waveform_filtered".
    """

    def __init__(self, model: BaseModel, cluster_ids: npt.NDArray[np.int64]) -> None:
        self._path = model.path
        self._place = model.channel_group, model.clustering
        self._groups, self._colors, self._labels = model.cluster_groups, model.cluster_colors, model.cluster_labels
        self._ids = dict.fromkeys(cluster_ids.tolist())

    def group(self, cluster: int) -> str:
        """Return the group of a cluster; "unsorted" when nobody has decided."""
        return self._groups.get(cluster, "unsorted")

    def color(self, cluster: int) -> str | None:
        """Return the colour of a cluster as '#rrggbb', or None."""
        return self._colors.get(cluster)

    def labels(self, cluster: int) -> dict[str, Any]:
        """Return {field: value} of the labels of a cluster."""
        return {field: values[cluster] for field, values in self._labels.items() if cluster in values}

    def extras(self, cluster: int) -> ClusterExtras:
        """Read the optional facts about a cluster."""
        with open_h5(self._path) as file:
            return read_extras(file, *self._place, cluster)

    def __getitem__(self, cluster: int) -> dict[str, Any]:
        if cluster not in self._ids:
            raise KeyError(cluster)
        facts = {"group": self.group(cluster), "color": self.color(cluster), "labels": self.labels(cluster)}
        return facts | named(self.extras(cluster))

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __repr__(self) -> str:
        return f"<ClusterMetadata of {len(self)} clusters>"
