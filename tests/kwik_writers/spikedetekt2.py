"""Writes as SpikeDetekt2 and KlustaViewa did (kwiklib, PyTables)."""

from pathlib import Path

import numpy as np
from kwik_writers.pytables import PyTablesFile
from kwik_writers.truth import AFTER, BEFORE, PER_CHANNEL, RATE, Shank, Truth

GROUPS = ("Noise", "MUA", "Good", "Unsorted")
CHUNK_ROWS = 8192  # what PyTables takes for a million expected rows


def write_spikedetekt2(
    folder: Path,
    truth: Truth,
    name: str = "set",
    *,
    masks: bool = True,
    contiguous: bool = False,
    has_raw: bool = True,
    waveforms: bool = True,
    link: str = "{{raw.kwd}}/recordings/{}",
    start_sample: bool = False,
) -> Path:
    """Write `<name>.kwik`, `.kwx`, `.raw.kwd`; return the `.kwik`."""
    path = folder / f"{name}.kwik"
    with PyTablesFile(path) as kwik:
        kwik.group("/", kwik_version=2, name=name)
        kwik.group("/application_data/spikedetekt", **_parameters(truth, name))
        for node in ("/user_data", "/event_types", "/channel_groups"):
            kwik.group(node)
        for number in range(len(truth.raw)):
            _write_recording(kwik, truth, number, link.format(number), start_sample)
        for group, shank in truth.shanks.items():
            _write_group(kwik, group, shank)
    with PyTablesFile(path.with_suffix(".kwx")) as kwx:
        for group, shank in truth.shanks.items():
            node = f"/channel_groups/{group}"
            table = shank.features_masks if masks else shank.features
            kwx.group(node)
            if contiguous:
                kwx.array(f"{node}/features_masks", table)
            else:
                kwx.earray(f"{node}/features_masks", table, 500 * 1024 // (table.shape[1] * 8) // 128)
            if waveforms:
                for kind, factor in (("raw", 1), ("filtered", 2)):
                    kwx.earray(f"{node}/waveforms_{kind}", stored_waveforms(shank) * factor, 7)
    if has_raw:
        with PyTablesFile(folder / f"{name}.raw.kwd") as kwd:
            for number, samples in enumerate(truth.raw):
                kwd.group(f"/recordings/{number}", downsample_factor=1.0)
                kwd.earray(f"/recordings/{number}/data", samples, 1000)
                kwd.group(f"/recordings/{number}/filter", name="raw.kwd")
    return path


def stored_waveforms(shank: Shank) -> np.ndarray:
    """Return waveforms that tell from which spike and channel they are."""
    spikes = np.arange(shank.n_spikes)[:, None, None]
    return (spikes + 100 * np.arange(len(shank.channels)) + np.arange(BEFORE + AFTER)[:, None]).astype(np.int16)


def _parameters(truth: Truth, name: str) -> dict[str, object]:
    return {
        "experiment_name": name,
        "raw_data_files": [f"{name}.raw.kwd"],
        "prb_file": f"{name}.prb",
        "nbits": 16,
        "voltage_gain": 0.195,
        "sample_rate": RATE,
        "nchannels": truth.n_channels,
        "filter_low": 500.0,
        "filter_high": 0.95 * 0.5 * RATE,
        "filter_butter_order": 3,
        "filter_lfp_low": None,
        "save_high": False,
        "nfeatures_per_channel": PER_CHANNEL,
        "extract_s_before": BEFORE,
        "extract_s_after": AFTER,
        "waveforms_nsamples": BEFORE + AFTER,
        "shanks": [1, 2, 3],
    }


def _write_recording(kwik: PyTablesFile, truth: Truth, number: int, link: str, start_sample: bool) -> None:
    node = f"/recordings/{number}"
    kwik.group(
        node,
        name=f"recording_{number}",
        start_time=float(truth.starts[number] / RATE),
        start_sample=int(truth.starts[number]) if start_sample else None,
        sample_rate=RATE,
        bit_depth=16,
        band_high=None,
        band_low=None,
    )
    kwik.group(f"{node}/raw", hdf5_path=link)
    for kind in ("high", "low"):
        kwik.group(f"{node}/{kind}", hdf5_path=f"{{{kind}.kwd}}/recordings/{number}")
    kwik.group(f"{node}/user_data")


def _write_group(kwik: PyTablesFile, group: int, shank: Shank) -> None:
    node = f"/channel_groups/{group}"
    kwik.group(node, name=f"channel_group_{group}", adjacency_graph=[tuple(edge) for edge in shank.edges])
    for channel, position in zip(shank.channels, shank.positions, strict=True):
        place = f"{node}/channels/{channel}"
        kwik.group(place, name=f"channel_{channel}", kwd_index=0, ignored=False, position=position)
        kwik.group(place, voltage_gain=0.0, display_threshold=0.0)
        for child in ("application_data/spikedetekt", "application_data/klustaviewa", "user_data"):
            kwik.group(f"{place}/{child}")
    for name, values in {
        "time_samples": shank.samples.astype(np.uint64),
        "time_fractional": np.zeros(shank.n_spikes, dtype=np.uint8),
        "recording": shank.recordings.astype(np.uint16),
        "clusters/main": shank.clusters.astype(np.uint32),
        "clusters/original": np.zeros(shank.n_spikes, dtype=np.uint32),
    }.items():
        kwik.earray(f"{node}/spikes/{name}", values, CHUNK_ROWS)
    for name in ("features_masks", "waveforms_raw", "waveforms_filtered"):
        kwik.group(f"{node}/spikes/{name}", hdf5_path=f"{{kwx}}/channel_groups/{group}/{name}")
    for clustering in ("main", "original"):
        for number, name in enumerate(GROUPS):
            made = f"{node}/cluster_groups/{clustering}/{number}"
            kwik.group(made, name=name)
            kwik.group(f"{made}/user_data")
            kwik.group(f"{made}/application_data/klustaviewa", color=number + 1)
        kwik.group(f"{node}/clusters/{clustering}")
    for cluster, group_id in shank.cluster_groups.items():
        made = f"{node}/clusters/main/{cluster}"
        kwik.group(made, cluster_group=group_id, mean_waveform_raw=None, mean_waveform_filtered=None)
        measures = ("isolation_distance", "matrix_isolation", "refractory_violation", "amplitude")
        kwik.group(f"{made}/quality_measures", **dict.fromkeys(measures))
        kwik.group(f"{made}/user_data")
        kwik.group(f"{made}/application_data/klustaviewa", color=cluster % 34 + 1)
