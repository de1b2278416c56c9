"""Writes as klusta 3 and phy did, through h5py: strings as one-element byte arrays, contiguous arrays."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
from kwik_writers.truth import AFTER, BEFORE, PER_CHANNEL, RATE, Shank, Truth

GROUPS = ("Noise", "MUA", "Good", "Unsorted")


def text(value: str) -> np.ndarray:
    return np.array([value.encode()], dtype="S")


def write_klusta(
    folder: Path,
    truth: Truth,
    name: str = "set",
    *,
    raw: str = "dat",
    times: str = "relative",
    starts: str = "start_sample",
    clusterings=("main", "original"),
    names=None,
    numbering: str = "text",
    creator: str = "klusta 3.0.15-git-v3.0.14",
) -> Path:
    """Write a data set; return the `.kwik`.

    names : of the recordings below `/recordings`; None numbers them from 0.
    numbering : how relative times name their recording: "text", by its place in the order of text, as klusta does;
        "place", by its place in the order of number; "number", by the number in its name.
    creator : what the file says wrote it; "" for nothing.

    raw : "dat" one flat file for each recording; "kwd" `<name>.raw.kwd`; "none".
    times : "relative"; "absolute" with all recordings 0, as phy 0.2; "numbered", absolute with recording numbers.
    starts : which attribute tells where a recording starts: "start_sample", "start_time", "none"; "in_text" adds up
        the recordings in the order of text, as klusta does with a `.kwd`.
    """
    path = folder / f"{name}.kwik"
    files = _write_raw(folder, truth, name, raw)
    with h5py.File(path, "w") as kwik, h5py.File(path.with_suffix(".kwx"), "w") as kwx:
        for file in (kwik, kwx):
            file.attrs["kwik_version"] = 2
            file.attrs["name"] = text(str(folder / name))
            if creator:
                file.attrs["creator_version"] = text(creator)
        _write_parameters(kwik.create_group("application_data/spikedetekt"), truth, path, files)
        names = names or [str(number) for number in range(len(truth.lengths))]
        in_text = sorted(names)
        in_order = in_text if starts == "in_text" else names
        for number, name in enumerate(names):
            before = in_order[: in_order.index(name)]
            start = sum(truth.lengths[names.index(other)] for other in before)
            _write_recording(kwik.create_group(f"recordings/{name}"), number, files[number], starts, start)
        number_of = {"text": in_text.index, "place": sorted(names, key=int).index, "number": int}[numbering]
        by_place = np.array([number_of(name) for name in names])
        for group, shank in truth.shanks.items():
            node = kwik.create_group(f"channel_groups/{group}")
            node.attrs["channel_order"] = np.array(shank.channels, dtype=np.int32)
            node.attrs["adjacency_graph"] = np.array(shank.edges, dtype=np.int32).reshape(-1, 2)
            for channel, position in zip(shank.channels, shank.positions, strict=True):
                node[f"channels/{channel}"] = (made := kwik.create_group(None))
                made.attrs["name"] = text(str(channel))
                made.attrs["position"] = np.array(position, dtype=np.float32)
            samples = shank.samples if times == "relative" else truth.joined(shank)
            if times == "relative":
                numbers = by_place[shank.recordings]
                in_file = np.lexsort((samples, numbers))
                shank = reordered(shank, in_file)
                samples, numbers = samples[in_file], numbers[in_file]
            else:
                numbers = shank.recordings * (times != "absolute")
            node["spikes/time_samples"] = samples.astype(np.uint64)
            node["spikes/time_fractional"] = np.zeros(shank.n_spikes, dtype=np.uint8)
            node["spikes/recording"] = numbers.astype(np.int32)
            for clustering in clusterings:
                write_clustering(node, clustering, shank)
            kwx[f"channel_groups/{group}/features_masks"] = shank.features_masks
    return path


def reordered(shank: Shank, rows: np.ndarray) -> Shank:
    return replace(
        shank,
        **{name: getattr(shank, name)[rows] for name in ("samples", "recordings", "clusters", "features", "masks")},
    )


def write_clustering(node: h5py.Group, clustering: str, shank) -> None:
    node[f"spikes/clusters/{clustering}"] = shank.clusters.astype(np.int32)
    for number, name in enumerate(GROUPS):
        group = node.create_group(f"cluster_groups/{clustering}/{number}")
        group.attrs["name"] = text(name)
        group.create_group("application_data/klustaviewa").attrs["color"] = number + 2
    for cluster, group_id in shank.cluster_groups.items():
        made = node.create_group(f"clusters/{clustering}/{cluster}")
        made.attrs["cluster_group"] = group_id
        made.create_group("application_data/klustaviewa").attrs["color"] = 2 + cluster % 9


def _write_raw(folder: Path, truth: Truth, name: str, raw: str) -> list[str]:
    if raw == "dat":
        names = [f"{name}_{number}.dat" for number in range(len(truth.raw))]
        for file_name, samples in zip(names, truth.raw, strict=True):
            samples.tofile(folder / file_name)
        return names
    kwd = folder / f"{name}.raw.kwd"
    if raw == "kwd":
        with h5py.File(kwd, "w") as file:
            file.attrs["kwik_version"] = 2
            for number, samples in enumerate(truth.raw):
                file[f"recordings/{number}/data"] = samples
                file[f"recordings/{number}"].attrs["sample_rate"] = RATE
    return [str(kwd)] * len(truth.raw)


def _write_parameters(node: h5py.Group, truth: Truth, path: Path, files: list[str]) -> None:
    node.attrs["experiment_name"] = text(path.name)
    node.attrs["raw_data_files"] = np.array([name.encode() for name in files], dtype="S")
    for name, value in {
        "sample_rate": RATE,
        "n_channels": truth.n_channels,
        "n_features_per_channel": PER_CHANNEL,
        "extract_s_before": BEFORE,
        "extract_s_after": AFTER,
        "filter_low": 500.0,
        "filter_high_factor": 0.475,
        "filter_butter_order": 3,
        "voltage_gain": 0.195,
    }.items():
        node.attrs[name] = value
    node.attrs["dtype"] = text("int16")


def _write_recording(node: h5py.Group, number: int, file: str, starts: str, start: int) -> None:
    node.attrs["name"] = text(f"recording_{number}")
    node.attrs["sample_rate"] = RATE
    if starts in ("start_sample", "in_text"):
        node.attrs["start_sample"] = int(start)
    if starts != "none":
        node.attrs["start_time"] = start / RATE
    node.create_group("raw").attrs["hdf5_path" if file.endswith(".kwd") else "dat_path"] = text(file)
