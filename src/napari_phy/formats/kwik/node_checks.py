"""Finds what contradicts itself in the nodes of a `.kwik`: recordings, channels, spikes, clusterings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.clustering_file import ORIGINAL
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.sentences import on_one_line
from napari_phy.formats.findings import Finding, listed, what_and_advice
from napari_phy.formats.hdf5.file import H5File
from napari_phy.formats.hdf5.values import as_int
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.clusters import group_name, read_cluster_nodes, read_group_names
from napari_phy.formats.kwik.probe import is_position, whole_numbers
from napari_phy.formats.kwik.spike_clusters import check_clustering
from napari_phy.formats.kwik.spikes import read_integers


def check_recordings(file: H5File) -> Iterator[Finding]:
    """Check the recordings: that there are any, that they name raw files and start one after the other."""
    name = file.path.name
    nodes = schema.recording_nodes(file)
    if not nodes:
        yield Finding("note", name, "has no recordings", "all spikes are taken to be of one recording")
    starts: dict[str, int] = {}
    for number, node in nodes.items():
        attributes = file.attrs(node)
        place = f"{name}: recording {number}"
        if not file.attrs(f"{node}/raw"):
            yield Finding("note", place, "names no raw file", "it is looked for by the name of the data set")
        if (start := as_int(attributes.get("start_sample"))) is not None:
            starts[node] = start
    known, in_text = [*starts.values()], [starts[node] for node in sorted(starts)]
    if known != sorted(known) and in_text == sorted(known):
        what = f"has recordings that start at {listed(known)}, one after the other in the order of text"
        yield Finding("note", name, what, "they are shown by number")
    elif known != sorted(known):
        yield Finding("problem", name, f"has recordings that start at {listed(known)}", "correct start_sample")


def check_channels(file: H5File, groups: Sequence[int]) -> Iterator[Finding]:
    """Check the channels of all groups: their order, places and neighbours, and that no two groups share one."""
    owners: dict[int, int] = {}
    for group in groups:
        node, place = schema.group_path(group), f"{file.path.name}: channel group {group}"
        attributes = file.attrs(node)
        nodes = [item for item in file.children(f"{node}/channels") if isinstance(item, int)]
        order = attributes.get("channel_order")
        if order is None:
            order = nodes
            yield Finding("note", place, "has no channel_order", "its channels are taken in ascending order")
        channels = whole_numbers(order)
        if not channels:
            yield Finding("problem", place, "has no channels", "add them, or leave the group out")
        for channel in channels:
            if channel in owners:
                what = f"has channel {channel}, as channel group {owners[channel]} has"
                yield Finding("note", place, what, "its spikes may be found twice")
            owners.setdefault(channel, group)
        if len(set(channels)) < len(channels):
            yield Finding("problem", place, "names a channel twice in channel_order", "name each channel once")
        found = file.attrs_of_children(f"{node}/channels", channels, {"": ["position"]})
        lost = [channel for channel, (stored,) in found if not is_position(stored.get("position"))]
        if lost:
            what = f"has no position for channels {listed(lost)}"
            yield Finding("note", place, what, "they are drawn on a line, in the order of the file")
        strange = np.setdiff1d(whole_numbers(attributes.get("adjacency_graph", ())), channels)
        if strange.size:
            what = f"has edges to channels {listed(strange.tolist())}, which it does not have"
            yield Finding("note", place, what, "these edges are left out")


def check_group(file: H5File, group: int) -> Iterator[Finding]:
    """Check the spikes and clusterings of a channel group against each other."""
    place = f"{file.path.name}: channel group {group}"
    path = schema.spikes_path(group, "time_samples")
    if not file.is_dataset(path):
        yield Finding("note", place, "has no spikes", "there is nothing to sort in it")
        return
    samples = read_integers(file, path).astype(np.int64)
    n_spikes = samples.size
    for name in ("recording", "time_fractional"):
        other = schema.spikes_path(group, name)
        if file.is_dataset(other) and file.dataset(other).size != n_spikes:
            what = f"has {n_spikes} spikes but {name} of shape {file.dataset(other).shape}"
            yield Finding("problem", place, what, "one of them is of another sorting")
        if name == "recording" and not file.is_dataset(other):
            yield Finding("note", place, "does not say of which recording its spikes are", "all count to the first")
    path = schema.spikes_path(group, "recording")
    has_numbers = file.is_dataset(path)
    if not has_numbers or file.dataset(path).size == n_spikes:
        numbers = read_integers(file, path, n_spikes) if has_numbers else np.zeros(n_spikes, dtype=np.int64)
        yield from _check_order(place, samples, numbers)
        known = [*schema.recording_nodes(file)] or [0]
        strange = np.setdiff1d(numbers, known)
        are_places = np.isin(numbers, np.arange(len(known))).all()  # as klusta counts, whatever the numbers are
        if strange.size and not are_places:
            noun = "recording" if strange.size == 1 else "recordings"
            what = f"has spikes of {noun} {listed(strange.tolist())}, which the file does not have"
            yield Finding("problem", place, what, "add what is missing, or correct the numbers")
    yield from _check_clusterings(file, group, n_spikes)


def _check_order(place: str, samples: npt.NDArray[np.int64], numbers: npt.NDArray[Any]) -> Iterator[Finding]:
    same = numbers[1:] == numbers[:-1]
    backwards = int(((np.diff(samples) < 0) & same).sum()) + int((numbers[1:] < numbers[:-1]).sum())
    if backwards:
        what = f"has {backwards} spikes that come before the one they follow"
        yield Finding("note", place, what, "they are sorted when read; the file stays as it is")
    twice = int(((np.diff(samples) == 0) & same).sum())
    if twice:
        yield Finding("note", place, f"has {twice} pairs of spikes at the same sample", "look for spikes found twice")


def _check_clusterings(file: H5File, group: int, n_spikes: int) -> Iterator[Finding]:
    node, place = schema.clusterings_path(group), f"{file.path.name}: channel group {group}"
    names = file.datasets(node)
    if not names:
        yield Finding("note", place, "has no clustering", "all its spikes are shown as one cluster")
    elif "main" not in names:
        what = f"has no clustering main, but {listed(names)}"
        then = ", and saving what is sorted in it adds main" if names[0] == ORIGINAL else ""
        yield Finding("note", place, what, f"{on_one_line(names[0])} is opened unless another one is chosen{then}")
    for name in names:
        where = f"{place}, clustering {on_one_line(name)}"
        try:
            check_clustering(file, group, name, n_spikes)
            live = np.unique(read_integers(file, f"{node}/{name}", n_spikes)).tolist()
        except NapariPhyError as error:
            what, advice = what_and_advice(file.path.name, error)
            yield Finding("problem", f"{file.path.name}:", what, advice or "open another clustering")
            continue
        yield from _check_clusters(file, group, name, live, where)


def _check_clusters(file: H5File, group: int, clustering: str, live: Sequence[int], place: str) -> Iterator[Finding]:
    nodes = read_cluster_nodes(file, group, clustering)
    without = [cluster for cluster in live if cluster not in nodes]
    if without:
        what = f"has clusters without a node: {listed(without)}"
        then = "" if clustering == ORIGINAL else "; saving gives them one"
        yield Finding("note", place, what, f"they are unsorted{then}")
    empty = sorted(nodes.keys() - live)
    if empty:
        what = f"has nodes of clusters without spikes: {listed(empty)}"
        yield Finding("note", place, what, "they are not shown, and their ids are not used again")
    names = read_group_names(file, group, clustering)
    known = {*names.values(), *(name.lower() for name in schema.DEFAULT_GROUPS.values())}
    for cluster in (cluster for cluster in live if cluster in nodes):
        stored = nodes[cluster][0]
        name = group_name(stored, names)
        if name not in known:
            there = stored.item() if isinstance(stored, np.ndarray) and stored.size == 1 else stored
            what = f"has cluster {cluster} in group {on_one_line(there)}, which the file does not have"
            then = f"it is shown as {on_one_line(name)}; save, or move it to another group"
            yield Finding("problem", place, what, then)
