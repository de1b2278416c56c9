"""What a Kwik file says of clusters; of it fields of the user, quality measures and mean waveforms are optional."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import SaveError
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.hdf5.values import as_float, decode
from napari_phy.formats.kwik import schema

_USER = "user_data"
_QUALITY = "quality_measures"
_APPLICATIONS = "application_data"
_WAVEFORMS = ("mean_waveform_raw", "mean_waveform_filtered")
_LARGEST_ATTRIBUTE = 2**15  # HDF5 holds 64 kB of attributes in a node's header; what is larger becomes a dataset

_Empty: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class ClusterExtras:
    """Optional facts about one cluster.

    Attributes
    ----------
    user_data : mapping of str to object, optional
        {field: text, number, truth value or array}.
    quality_measures : mapping of str to float or None, optional
        {"isolation_distance": 31.5, …}.
    mean_waveform_raw, mean_waveform_filtered : ndarray of float32, shape (n_samples, n_channels), optional
        Mean waveforms of raw and of filtered data.
    application_data : mapping of str to mapping of str to object, optional
        {program: {attribute: value}}, as other programs wrote it; never written.
    """

    user_data: Mapping[str, Any] = field(default_factory=lambda: _Empty)
    quality_measures: Mapping[str, float | None] = field(default_factory=lambda: _Empty)
    mean_waveform_raw: npt.NDArray[np.float32] | None = None
    mean_waveform_filtered: npt.NDArray[np.float32] | None = None
    application_data: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: _Empty)


def read_extras(file: H5File, channel_group: int, clustering: str, cluster: int) -> ClusterExtras:
    """Read what there is of a cluster; a value that makes no sense is left out."""
    node = schema.cluster_path(channel_group, clustering, cluster)
    below, stored = set(file.children(node)), file.attrs(node)  # most clusters have next to nothing to look for
    user, quality = (_fields(file, f"{node}/{name}") if name in below else {} for name in (_USER, _QUALITY))
    measures = {name: as_float(value) for name, value in quality.items()}
    programs = file.children(f"{node}/{_APPLICATIONS}") if _APPLICATIONS in below else []
    for name in below.intersection(_WAVEFORMS):
        if stored.get(name) is None:
            stored[name] = _read_dataset(file, f"{node}/{name}")
    waveforms = [_as_waveform(stored.get(name)) for name in _WAVEFORMS]
    return ClusterExtras(
        user_data=MappingProxyType(user),
        quality_measures=MappingProxyType({name: value for name, value in measures.items() if value is not None}),
        mean_waveform_raw=waveforms[0],
        mean_waveform_filtered=waveforms[1],
        application_data=MappingProxyType(
            {str(program): MappingProxyType(file.attrs(f"{node}/{_APPLICATIONS}/{program}")) for program in programs}
        ),
    )


def named(extras: ClusterExtras) -> dict[str, Any]:
    """Return {name in the file: value} of those extras that there are."""
    facts: dict[str, Any] = {
        name: dict(values)
        for name, values in ((_USER, extras.user_data), (_QUALITY, extras.quality_measures))
        if values
    }
    waveforms = zip(_WAVEFORMS, (extras.mean_waveform_raw, extras.mean_waveform_filtered), strict=True)
    return facts | {name: waveform for name, waveform in waveforms if waveform is not None}


def write_extras(file: H5File, channel_group: int, clustering: str, cluster: int, extras: ClusterExtras) -> None:
    """Write the facts that are given; a field or measure of None is removed, what is not named stays as it is.

    Raises
    ------
    SaveError
        A value cannot be kept in a file.
    """
    node = schema.cluster_path(channel_group, clustering, cluster)
    for group, values in ((_USER, extras.user_data), (_QUALITY, extras.quality_measures)):
        for name, value in values.items():
            try:
                _write_field(file, f"{node}/{group}", name, float(value) if group == _QUALITY and value else value)
            except (TypeError, ValueError) as error:
                raise SaveError(
                    f"{file.path.name}: the field {name} of cluster {cluster} cannot be saved: {error}"
                ) from error
    for name, waveform in zip(_WAVEFORMS, (extras.mean_waveform_raw, extras.mean_waveform_filtered), strict=True):
        if waveform is not None:
            array = np.asarray(waveform, dtype=np.float32)
            if array.ndim != 2:
                raise SaveError(
                    f"{file.path.name}: {name} of cluster {cluster} has shape {array.shape}, "
                    "not (number of samples, number of channels)."
                )
            _write_field(file, node, name, array)


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
        """Return the group of a cluster; "unsorted" where that was not decided."""
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


def _fields(file: H5File, path: str) -> dict[str, Any]:
    """Return attributes and datasets of a node by name."""
    fields = file.attrs(path)
    fields.update({str(name): _read_dataset(file, f"{path}/{name}") for name in file.children(path)})
    return {name: value for name, value in fields.items() if value is not None}


def _read_dataset(file: H5File, path: str) -> Any:
    if not file.is_dataset(path):
        return None
    values = file.read(path)
    return decode(values if values.ndim else values[()])


def _as_waveform(value: Any) -> npt.NDArray[np.float32] | None:
    if not (isinstance(value, np.ndarray) and value.ndim == 2 and value.dtype.kind in "iuf"):
        return None
    waveform = value.astype(np.float32)
    waveform.flags.writeable = False
    return waveform


def _write_field(file: H5File, node: str, name: str, value: Any) -> None:
    if not name or "/" in name or "\0" in name or name == ".":
        raise ValueError(f"{name!r} is no name of a field")
    if file.has(f"{node}/{name}"):
        if not file.is_dataset(f"{node}/{name}"):
            raise ValueError("it is a group of another program")
        parent: Any = file.node(node)
        del parent[name]
    if value is None:
        file.delete_attr(node, name)
    elif isinstance(value, np.ndarray) and value.nbytes > _LARGEST_ATTRIBUTE:
        file.delete_attr(node, name)
        file.write(f"{node}/{name}", value)
    else:
        file.write_attr(node, name, value)
