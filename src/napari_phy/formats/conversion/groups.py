"""What a channel group of any model brings into a new Kwik file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel
from napari_phy.core.clustering_file import MAIN, ORIGINAL, StoredClustering
from napari_phy.core.errors import NapariPhyError
from napari_phy.files.platform_files import is_file
from napari_phy.formats.conversion.facts import readable_clusterings
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik import schema, spikes
from napari_phy.formats.kwik.clustering_nodes import remove_nodes
from napari_phy.formats.kwik.companions import find_features
from napari_phy.formats.kwik.group_nodes import write_clusters
from napari_phy.formats.kwik.kwik_group import KwikGroup
from napari_phy.formats.kwik.stored_waveforms import FILTERED, RAW, open_waveforms
from napari_phy.formats.phy.model import PhyModel


@contextmanager
def group_of(
    model: BaseModel, sorted_now: StoredClustering | None, on_read: Callable[[], object]
) -> Iterator[KwikGroup]:
    """Give what a model has, to be written while this lasts; rows are read when asked for.

    Parameters
    ----------
    model : BaseModel
        The old data set, opened at the channel group.
    sorted_now : StoredClustering or None
        The clustering to write as main; None takes that of the model.
    on_read : callable
        Called before each block of rows is read.
    """
    shown = model if sorted_now is None else sorted_now
    features, masks = (getattr(rows, "stored", rows) for rows in (model.features, model.masks))
    with ExitStack() as stack:
        yield KwikGroup(
            probe=model.probe,
            spike_samples=model.spike_samples,
            spike_clusters=shown.spike_clusters,
            features=None if features is None else _Blocks(features, _feature_shape(model), np.float32, on_read),
            masks=None if features is None or masks is None else _Blocks(masks, masks.shape, np.float32, on_read),
            cluster_groups=shown.cluster_groups,
            group_names=shown.group_names,
            cluster_colors=shown.cluster_colors,
            cluster_labels=shown.cluster_labels,
            time_fractional=read_fractions(model),
            waveforms=_open_waveforms(model, on_read, stack),
        )


def write_other_clusterings(model: BaseModel, group: KwikGroup, path: Path) -> None:
    """Write the clusterings of a model beside the one that was written as main."""
    for name in readable_clusterings(model):
        if name == MAIN or (name == model.clustering and name != ORIGINAL):
            continue
        with closing(model.opened_at(model.channel_group, name)) as other, open_h5(path, "r+") as file:
            remove_nodes(file, model.channel_group, name)
            clustering = replace(
                group,
                spike_clusters=other.spike_clusters,
                cluster_groups=other.cluster_groups,
                group_names=other.group_names,
                cluster_colors=other.cluster_colors,
                cluster_labels=other.cluster_labels,
            )
            write_clusters(file, model.channel_group, name, clustering)


def read_fractions(model: BaseModel) -> npt.NDArray[np.uint8] | None:
    """Return (n_spikes,) `time_fractional` of a `.kwik`; None where there is none that fits."""
    if isinstance(model, PhyModel):
        return None
    path = schema.spikes_path(model.channel_group, "time_fractional")
    with open_h5(model.path) as file:
        if not file.is_dataset(path):
            return None
        dataset = file.dataset(path)
        if dataset.shape != (model.n_spikes,) or dataset.dtype != np.uint8:
            return None
        return spikes.to_program(file.read(path, dataset.shape), model.file_order)


class _Blocks:
    """Rows read block by block, in another shape if need be."""

    def __init__(self, rows: Any, shape: tuple[int, ...], dtype: npt.DTypeLike, on_read: Callable[[], object]) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self._rows = rows
        self._on_read = on_read

    def __getitem__(self, rows: slice) -> npt.NDArray[Any]:
        self._on_read()
        return np.asarray(self._rows[rows]).reshape(-1, *self.shape[1:]).astype(self.dtype, copy=False)


def _feature_shape(model: BaseModel) -> tuple[int, int, int]:
    return model.n_spikes, model.n_channels, model.n_features_per_channel


def _open_waveforms(model: BaseModel, on_read: Callable[[], object], stack: ExitStack) -> dict[str, _Blocks]:
    """Return the waveforms that a `.kwx` holds itself, in its own units."""
    path = find_features(model.edited_file)
    if not is_file(path):
        return {}
    try:
        file = stack.enter_context(open_h5(path))
    except NapariPhyError:
        return {}
    found: dict[str, _Blocks] = {}
    for name in (RAW, FILTERED):
        shape = model.n_spikes, model.n_channels
        rows = open_waveforms(file, model.channel_group, shape, model.file_order, None, name)
        if rows is not None:
            stack.enter_context(closing(rows))
            found[name] = _Blocks(rows, rows.shape, rows.file_dtype, on_read)
    return found
