"""What a `.kwik` says besides spikes and clusters, brought into a new one; what it does not say is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from napari_phy.core.base_model import BaseModel
from napari_phy.core.clustering_file import MAIN, ORIGINAL
from napari_phy.formats import parameters
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.hdf5.values import encode
from napari_phy.formats.kwik import schema, spikes
from napari_phy.formats.kwik.cluster_data import read_extras, write_extras
from napari_phy.formats.kwik.events import write_events
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.phy.model import PhyModel

_OF_PYTABLES = {"CLASS", "TITLE", "VERSION"}
_OF_RECORDER = {"sample_rate", "n_channels", "n_features_per_channel", "voltage_gain", "raw_data_files"}
_OLDER_NAMES = {"nchannels", "nfeatures_per_channel", "fetdim"}


def storable(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that a new file can hold as they are."""
    kept = {}
    for name, value in attributes.items():
        if value is not None and name not in _OF_PYTABLES:
            with suppress(TypeError, ValueError):
                encode(value)
                kept[name] = value
    return kept


def write_parameters(model: BaseModel, path: Path, *, has_new_raw: bool) -> None:
    """Have the parameters of detection and the recordings of a new file say what those of the old one do.

    Parameters
    ----------
    model : BaseModel
        The old data set.
    path : Path
        The new `.kwik`.
    has_new_raw : bool
        Raw data were written with the new file; type, columns and starts are theirs.
    """
    if isinstance(model, PhyModel):
        return
    computed = {"experiment_name", *(("dtype", "n_channels", "raw_data_files") if has_new_raw else ())}
    is_kwik = isinstance(model, KwikModel)
    keeps_starts = (
        has_new_raw or not isinstance(model, KwikModel) or (model.counts_from_start and not is_uncertain(model))
    )
    with open_h5(model.path) as old, open_h5(path, "r+") as new:
        stored = old.attrs(schema.PARAMETERS)
        if "raw_data_files" in stored:
            computed.add("raw_data_files")
        if not is_kwik:
            computed |= _OF_RECORDER
        _take_over(old, new, schema.PARAMETERS, schema.PARAMETERS, computed | _OLDER_NAMES)
        for name in ("n_channels", "n_features_per_channel"):  # under the present name, whatever the old one was
            number = parameters.integer(stored, name)
            if number is not None and name not in computed:
                new.write_attr(schema.PARAMETERS, name, number)
        nodes = schema.recording_nodes(old) if is_kwik else {}
        for recording in model.recordings:
            node = schema.recording_path(recording.recording_id)
            if is_kwik:
                starts = {"start_sample", "start_time"} if keeps_starts else set()
                _take_over(old, new, nodes.get(recording.recording_id, node), node, starts)


def is_uncertain(model: BaseModel) -> bool:
    """Tell whether it is not certain which recordings the spikes of a `.kwik` belong to."""
    return isinstance(model, KwikModel) and not model.is_numbering_certain


def keep_numbering(models: Sequence[BaseModel], path: Path) -> None:
    """Have spikes and events of a new file name their recordings as in the old one, or name none as there.

    What their order is judged by comes along: the names of recordings, which it may follow, and of the program.
    """
    with open_h5(models[0].path) as old, open_h5(path, "r+") as new:
        for model in models:
            if isinstance(model, KwikModel):
                samples, numbers = spikes.read_times(old, model.channel_group)
                node = partial(schema.spikes_path, model.channel_group)
                times = spikes.to_program(samples.astype(np.uint64), model.file_order)
                new.write(node("time_samples"), times)
                if old.has(node("recording")):
                    new.write(node("recording"), spikes.to_program(numbers, model.file_order))
                else:
                    new.delete(node("recording"))
        first, nodes = models[0], schema.recording_nodes(old)
        if isinstance(first, KwikModel):
            starts = {one.recording_id: 0 if first.counts_from_start else one.start_sample for one in first.recordings}
            write_events(new, first.events, starts, first.recording_numbers)
            for recording in first.recordings:
                node_now = schema.recording_path(recording.recording_id)
                new.move(node_now, nodes.get(recording.recording_id, node_now))
        creator = old.attrs("/").get("creator_version")
        if creator is None:
            new.delete_attr("/", "creator_version")
        else:
            new.write_attr("/", "creator_version", creator)


def write_facts(model: BaseModel, path: Path) -> None:
    """Write what is said of channels, the parameters of KlustaKwik2 and of each clustering, and of each cluster."""
    if isinstance(model, PhyModel):
        return
    group = model.channel_group
    with open_h5(model.path) as old, open_h5(path, "r+") as new:
        if isinstance(model, KwikModel):
            node = schema.group_path(group)
            _take_over(old, new, node, node, {"channel_order"})
            for channel in model.probe.channel_ids.tolist():
                _take_over(old, new, f"{node}/channels/{channel}", f"{node}/channels/{channel}", set())
        _copy_attributes(old, new, schema.CLUSTERING_PARAMETERS, schema.CLUSTERING_PARAMETERS)
        for name in readable_clusterings(model):
            for made in _written_as(model, name):
                _copy_attributes(old, new, schema.clusters_path(group, name), schema.clusters_path(group, made))
                for cluster in new.children(schema.clusters_path(group, made)):
                    if isinstance(cluster, int):
                        write_extras(new, group, made, cluster, read_extras(old, group, name, cluster))


def _written_as(model: BaseModel, name: str) -> tuple[str, ...]:
    """Return the names that a clustering has in the new file: that which is open is `main` there."""
    if name != model.clustering:
        return (name,)
    return (MAIN, name) if name == ORIGINAL else (MAIN,)


def readable_clusterings(model: BaseModel) -> tuple[str, ...]:
    """Return the clusterings of a model that can be read."""
    return tuple(name for name in model.clusterings if (model.channel_group, name) not in model.unreadable)


def _take_over(old: H5File, new: H5File, source: str, target: str, computed: Set[str]) -> None:
    """Give a new node the attributes of an old one and no others, but for those that were computed for it."""
    stored = {name: value for name, value in old.attrs(source).items() if value is not None}
    for name in new.attrs(target).keys() - stored.keys() - computed:
        new.delete_attr(target, name)
    for name, value in storable(stored).items():
        if name not in computed:
            new.write_attr(target, name, value)


def _copy_attributes(old: H5File, new: H5File, source: str, target: str) -> None:
    for name, value in storable(old.attrs(source)).items():
        new.write_attr(target, name, value)
