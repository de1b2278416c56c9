"""Twelve folders as the programs that sort spikes write them, with the letters, types and shapes of each."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from phy_folder import N_CHANNELS, N_NEAR, N_TEMPLATES, RATE, Truth, make_truth

N_COLUMNS = 8  # of the raw data; the map has six of them


@dataclass(frozen=True)
class Written:
    """What a folder holds, and what is said of it when it opens; a sentence that begins as `error` if it does not."""

    truth: Truth
    said: tuple[str, ...] = ()
    groups: dict = field(default_factory=dict)
    labels: dict = field(default_factory=dict)
    values: tuple[str, ...] = ("amplitude",)
    n_samples: int = 4000
    has_similar: bool = True
    has_features: bool = True
    foreign: tuple[str, ...] = ()  # files that belong to others
    error: str = ""


def matlab_npy(path: Path, values) -> None:
    """Write an array as npy-matlab does: by column, two axes or more, a header of a multiple of 16 bytes."""
    values = np.asarray(values)
    values = values[:, None] if values.ndim == 1 else values
    shape = ", ".join(map(str, values.shape))
    head = f"{{'descr': '{values.dtype.newbyteorder('<').str}', 'fortran_order': True, 'shape': ({shape}), }}"
    padded = -(-(len(head) + 11) // 16) * 16
    text = head + " " * (padded - len(head) - 11) + "\n"
    length = (padded - 10).to_bytes(2, "little")
    path.write_bytes(b"\x93NUMPY\x01\x00" + length + text.encode() + values.tobytes(order="F"))


def kilosort_1(folder: Path) -> Written:
    """Clusters are not there before phy was, raw data are those that it whitened for itself."""
    truth = make_truth(seed=1)
    _matlab_arrays(folder, truth)
    (folder / "templates_unw.npy").write_bytes(b"a file of somebody else")
    (folder / "params.py").write_text(_params("temp_wh.dat", N_COLUMNS, "int16", "20000.", "True"))
    truth.raw.tofile(folder / "temp_wh.dat")
    said = (
        "spike_clusters.npy is not there; clusters are the templates of spike_templates.npy.",
        "The raw data are whitened by Kilosort: traces and waveforms are not in µV.",
    )
    return Written(truth, said, values=("amplitude",), foreign=("templates_unw.npy", "temp_wh.dat"))


def kilosort_2(folder: Path) -> Written:
    """`cluster_group.tsv` is a copy of `cluster_KSLabel.tsv`; lines end as on Windows."""
    truth = make_truth(seed=2)
    _matlab_arrays(folder, truth)
    matlab_npy(folder / "spike_clusters.npy", truth.clusters.astype(np.uint32))
    marks = {0: "good", 1: "mua", 2: "good", 3: "mua"}
    lines = "".join(f"{one}\t{mark}\r\n" for one, mark in marks.items())
    for name in ("cluster_KSLabel.tsv", "cluster_group.tsv"):
        (folder / name).write_bytes(f"cluster_id\tKSLabel\r\n{lines}".encode())
    numbers = {one: 10.5 * one for one in marks}
    for name in ("Amplitude", "ContamPct"):
        text = "".join(f"{one}\t{value:.1f}\r\n" for one, value in numbers.items())
        (folder / f"cluster_{name}.tsv").write_bytes(f"cluster_id\t{name}\r\n{text}".encode())
    (folder / "params.py").write_text(_params("../raw.bin", N_COLUMNS, "int16", "20000", "False"))
    truth.raw.tofile(folder.parent / "raw.bin")
    (folder / "rez.mat").write_bytes(b"MATLAB 7.3 MAT-file")
    labels = {"KSLabel": marks, "Amplitude": numbers, "ContamPct": numbers}
    return Written(truth, labels=labels, foreign=("rez.mat",))


def kilosort_2_5(folder: Path) -> Written:
    """Spikes before the recording; the path of another machine; a template that no spike has any more."""
    truth = make_truth(seed=3)
    kept = truth.spike_templates != 2
    short = {name: getattr(truth, name)[kept] for name in ("samples", "clusters", "spike_templates", "amplitudes")}
    truth = replace(truth, **short, features=truth.features[kept])
    _matlab_arrays(folder, truth)
    times = truth.samples.astype(np.float64)
    times[0] = -3
    matlab_npy(folder / "spike_times.npy", times)
    matlab_npy(folder / "spike_clusters.npy", truth.clusters.astype(np.uint32))
    (folder / "params.py").write_text(
        _params(r"D:\data\m1\probe_t0.imec0.ap.bin", N_COLUMNS, "int16", "20000", "False", prefix="r")
    )
    truth.raw.tofile(folder / "probe_t0.imec0.ap.bin")
    said = ("spike_times.npy: 1 spikes lie before the recording and are shown at its beginning.",)
    truth.samples[0] = 0
    return Written(truth, said)


def kilosort_3(folder: Path) -> Written:
    """Raw data with a header, and more channels than were sorted; times as unsigned numbers that are out of order."""
    truth = make_truth(seed=4)
    last = np.r_[1 : len(truth.samples), 0]
    moved = {name: getattr(truth, name)[last] for name in ("samples", "clusters", "spike_templates", "amplitudes")}
    moved = replace(truth, **moved, features=truth.features[last])
    _matlab_arrays(folder, moved)
    matlab_npy(folder / "spike_clusters.npy", moved.clusters.astype(np.uint32))
    text = _params("raw.bin", N_COLUMNS, "int16", "20000", "False").replace("offset = 0", "offset = 512")
    (folder / "params.py").write_text(text)
    (folder / "raw.bin").write_bytes(bytes(512) + truth.raw.tobytes())
    return Written(truth)


def kilosort_4(folder: Path) -> Written:
    """Features have channels before components; `ops.npy` is a pickle, and stays closed."""
    truth = make_truth(seed=5)
    _python_arrays(folder, truth)
    np.save(folder / "spike_times.npy", truth.samples.astype(np.int64))
    np.save(folder / "spike_clusters.npy", truth.clusters.astype(np.int32))
    np.save(folder / "pc_features.npy", truth.features)
    np.save(folder / "pc_feature_ind.npy", truth.near.astype(np.int64))
    np.save(folder / "spike_positions.npy", np.column_stack([truth.amplitudes, truth.samples]).astype(np.float32))
    np.save(folder / "spike_detection_templates.npy", truth.spike_templates.astype(np.int32))
    np.save(folder / "kept_spikes.npy", np.ones(len(truth.samples) + 9, dtype=bool))
    np.save(folder / "ops.npy", np.array({"Nchan": 6}, dtype=object), allow_pickle=True)
    for name in ("cluster_KSLabel.tsv", "cluster_group.tsv"):
        (folder / name).write_text("cluster_id\tKSLabel\n0\tgood\n1\tmua\n2\tgood\n3\tmua\n")
    (folder / "cluster_ContamPct.tsv").write_text("cluster_id\tContamPct\n0\t0.0\n1\t100.0\n2\t3.9\n3\tinf\n")
    (folder / "params.py").write_text(
        "dat_path = ['C:/data/raw.bin']\nn_channels_dat = 8\ndtype = 'int16'\noffset = 0\n"
        f"sample_rate = {int(RATE)}\nhp_filtered = False\n"
    )
    truth.raw.tofile(folder / "raw.bin")
    labels = {
        "KSLabel": {0: "good", 1: "mua", 2: "good", 3: "mua"},
        "ContamPct": {0: 0.0, 1: 100.0, 2: 3.9, 3: "inf"},
    }
    values = ("amplitude", "detection_templates", "positions 0", "positions 1")
    return Written(truth, labels=labels, values=values, foreign=("ops.npy", "kept_spikes.npy"))


def spikeinterface(folder: Path) -> Written:
    """Templates on a few channels, padded with −1; tables as pandas writes them, one with `007`."""
    truth = make_truth(seed=6)
    near = np.array([[0, 1, 2], [2, 3, -1], [3, 4, 5], [5, -1, -1]])
    column = (-1, 1)
    np.save(folder / "spike_times.npy", truth.samples.astype(np.int64).reshape(column))
    for name, values in (("templates", truth.spike_templates), ("clusters", truth.clusters)):
        np.save(folder / f"spike_{name}.npy", values.astype(np.int64).reshape(column))
    np.save(folder / "amplitudes.npy", truth.amplitudes.reshape(column))
    np.save(folder / "templates.npy", truth.templates[:, :, :3].astype(np.float64))
    np.save(folder / "template_ind.npy", near)
    np.save(folder / "similar_templates.npy", np.eye(N_TEMPLATES))
    np.save(folder / "channel_map.npy", np.arange(N_CHANNELS).astype(np.int32))
    np.save(folder / "channel_map_si.npy", np.arange(N_CHANNELS))
    np.save(folder / "channel_positions.npy", truth.positions.astype(np.float32))
    np.save(folder / "channel_groups.npy", np.zeros(N_CHANNELS, dtype="U4"))
    np.save(folder / "pc_features.npy", truth.features.swapaxes(1, 2))
    np.save(folder / "pc_feature_ind.npy", near)
    (folder / "cluster_group.tsv").write_text("cluster_id\tgroup\n0\tunsorted\n1\tunsorted\n2\tunsorted\n3\tunsorted\n")
    (folder / "cluster_si_unit_ids.tsv").write_text("cluster_id\tsi_unit_id\n0\t007\n1\t#4\n2\t12\n3\tb-1\n")
    (folder / "cluster_snr.tsv").write_text("cluster_id\tsnr\n0\t1.25\n1\t\n2\t-0.5\n3\t1e-05\n")
    (folder / "params.py").write_text(
        f"dat_path = r'recording.dat'\nn_channels_dat = 6\ndtype = 'float32'\noffset = 0\nsample_rate = {RATE}\n"
        "hp_filtered = True\n"
    )
    raw = truth.raw[:, :N_CHANNELS]
    raw.astype(np.float32).tofile(folder / "recording.dat")
    labels = {"si_unit_id": {0: "007", 1: "#4", 2: 12, 3: "b-1"}, "snr": {0: 1.25, 2: -0.5, 3: 1e-5}}
    truth = replace(truth, channel_map=np.arange(N_CHANNELS), near=near, raw=raw)
    return Written(truth, labels=labels, foreign=("channel_map_si.npy", "channel_groups.npy"))


def spikeinterface_without_binary(folder: Path) -> Written:
    """Raw data that no file has are called None."""
    made = spikeinterface(folder)
    (folder / "recording.dat").unlink()
    params = folder / "params.py"
    params.write_text(params.read_text().replace("recording.dat", "None"))
    traces = "Traces need raw data, and params.py names none in dat_path. Everything else works."
    waveform = "Without raw data, the waveform of a spike is its whitened template times its amplitude"
    said = (traces, f"{waveform}, in units of the sorter.")
    return replace(made, said=said, n_samples=0)


def spyking_circus(folder: Path) -> Written:
    """Templates that no spike may have, ids of templates beyond their number, features of some spikes only."""
    truth = make_truth(seed=7)
    _python_arrays(folder, truth)
    templates = truth.spike_templates.astype(np.uint32)
    templates[:3] = 17
    np.save(folder / "spike_times.npy", truth.samples.astype(np.uint64))
    np.save(folder / "spike_templates.npy", templates)
    np.save(folder / "spike_clusters.npy", truth.clusters.astype(np.uint32))
    some = np.arange(0, len(truth.samples), 2)
    np.save(folder / "pc_features.npy", truth.features[some].swapaxes(1, 2))
    np.save(folder / "pc_feature_ind.npy", truth.near.astype(np.uint32))
    np.save(folder / "pc_feature_spike_ids.npy", some.astype(np.uint32))
    text = _params(str(folder / "raw.dat"), N_COLUMNS, "int16", "20000.0", "True")
    (folder / "params.py").write_text(text.replace("sample_rate", "sample_rate   "))
    truth.raw.tofile(folder / "raw.dat")
    return Written(replace(truth, spike_templates=templates.astype(np.int64)))


def phy_1(folder: Path) -> Written:
    """Groups are in a `.csv` that has tabs; there are no features, no similarities, no positions that are known."""
    truth = make_truth(seed=8)
    _python_arrays(folder, truth)
    np.save(folder / "spike_times.npy", truth.samples.astype(np.uint64))
    np.save(folder / "spike_clusters.npy", truth.clusters.astype(np.int32))
    for name in ("similar_templates.npy", "channel_positions.npy"):
        (folder / name).unlink()
    (folder / "cluster_groups.csv").write_bytes(b"cluster_id\tgroup\r\n0\tgood\r\n1\tnoise\r\n2\tunsorted\r\n")
    (folder / "params.py").write_text(_params("raw.dat", N_COLUMNS, "int16", "20000", "True"))
    truth.raw.tofile(folder / "raw.dat")
    said = (
        "Positions are unknown: channels in the order of the file.",
        "pc_features.npy is not there; features are computed from the raw data when they are needed.",
    )
    return Written(truth, said, groups={0: "good", 1: "noise"}, has_similar=False, foreign=("cluster_groups.csv",))


def phy_2(folder: Path) -> Written:
    """Sorted by hand for a while: ids with gaps, labels, clusters without spikes in tables, files that it computes."""
    truth = make_truth(seed=9)
    _matlab_arrays(folder, truth)
    truth = replace(truth, clusters=np.array([2, 70, 71, 9])[truth.spike_templates])
    np.save(folder / "spike_clusters.npy", truth.clusters.astype(np.int32))
    tables = {
        "group": {0: "noise", 2: "good", 70: "mua", 71: "unsorted"},
        "KSLabel": {0: "mua", 2: "good", 70: "good"},
        "region": {2: "CA1", 70: "007"},
        "quality": {2: 3, 9: 0.5},
    }
    for name, cells in tables.items():
        with (folder / f"cluster_{name}.tsv").open("w", newline="") as file:
            writer = csv.writer(file, delimiter="\t")
            writer.writerow(["cluster_id", name])
            writer.writerows(sorted(cells.items()))
    (folder / "cluster_info.tsv").write_bytes(b"cluster_id\tch\tdepth\tgroup\r\n2\t5\t20.0\tgood\r\n")
    (folder / ".phy").mkdir()
    (folder / ".phy" / "state.json").write_text(json.dumps({"GUIState": {}}))
    (folder / "phy.log").write_text("12:00:00 [I] phy started\n")
    (folder / "new_cluster_id.json").write_text("72")
    (folder / "params.py").write_text(_params("raw.dat", N_COLUMNS, "int16", "20000.0", "False"))
    truth.raw.tofile(folder / "raw.dat")
    labels = {"KSLabel": {2: "good", 70: "good"}, "region": {2: "CA1", 70: "007"}, "quality": {2: 3, 9: 0.5}}
    return Written(truth, groups={2: "good", 70: "mua"}, labels=labels, foreign=("phy.log", "new_cluster_id.json"))


def phy_2_killed(folder: Path) -> Written:
    """Killed while it wrote: a table is empty, a copy that was not renamed lies about, clusters are cut short."""
    phy_2(folder)
    (folder / "cluster_group.tsv").write_bytes(b"")
    (folder / ".cluster_region.tsv.x3k_").write_bytes(b"cluster_id\treg")
    clusters = folder / "spike_clusters.npy"
    clusters.write_bytes(clusters.read_bytes()[:-40])
    return Written(
        make_truth(), error="spike_clusters.npy is cut short: its header says 240 bytes of values and there are"
    )


def ibl(folder: Path) -> Written:
    """Raw data are compressed by mtscomp; several shanks."""
    truth = make_truth(seed=10)
    _python_arrays(folder, truth)
    np.save(folder / "spike_times.npy", truth.samples.astype(np.uint64))
    np.save(folder / "spike_clusters.npy", truth.clusters.astype(np.uint32))
    np.save(folder / "pc_features.npy", truth.features.swapaxes(1, 2))
    np.save(folder / "pc_feature_ind.npy", truth.near.astype(np.uint32))
    np.save(folder / "channel_shanks.npy", np.array([0, 0, 0, 1, 1, 1]))
    (folder / "params.py").write_text(_params("../_iblrig_ap.cbin", N_COLUMNS, "int16", "20000", "False"))
    (folder.parent / "_iblrig_ap.cbin").write_bytes(b"\x78\x9c")
    said = (
        "Traces cannot be read: ../_iblrig_ap.cbin is compressed; unpack it with mtscomp and name it in dat_path.",
        "Without raw data, the waveform of a spike is its template times its amplitude, in units of the sorter.",
    )
    return Written(truth, said, n_samples=0)


PROGRAMS: dict[str, Callable[[Path], Written]] = {
    one.__name__: one
    for one in (
        *(kilosort_1, kilosort_2, kilosort_2_5, kilosort_3, kilosort_4, spikeinterface, spikeinterface_without_binary),
        *(spyking_circus, phy_1, phy_2, phy_2_killed, ibl),
    )
}


def _params(dat: str, n_channels: int, dtype: str, rate: str, filtered: str, prefix: str = "") -> str:
    return (
        f"dat_path = {prefix}'{dat}'\nn_channels_dat = {n_channels}\ndtype = '{dtype}'\noffset = 0\n"
        f"sample_rate = {rate}\nhp_filtered = {filtered}"
    )


def _matlab_arrays(folder: Path, truth: Truth) -> None:
    """Write what `rezToPhy.m` does."""
    arrays = {
        "spike_times": truth.samples.astype(np.uint64),
        "spike_templates": truth.spike_templates.astype(np.uint32),
        "amplitudes": truth.amplitudes,
        "templates": truth.templates,
        "templates_ind": np.tile(np.arange(N_CHANNELS, dtype=np.float64), (N_TEMPLATES, 1)),
        "similar_templates": np.eye(N_TEMPLATES, dtype=np.float32),
        "whitening_mat": np.linalg.inv(truth.whitening_inverse),
        "whitening_mat_inv": truth.whitening_inverse,
        "channel_map": truth.channel_map.astype(np.int32),
        "channel_positions": truth.positions,
        "pc_features": truth.features.swapaxes(1, 2),
        "pc_feature_ind": truth.near.astype(np.float64),
        "template_features": truth.features[:, :, 0],
        "template_feature_ind": np.tile(np.arange(N_NEAR, dtype=np.float64), (N_TEMPLATES, 1)),
    }
    for name, values in arrays.items():
        matlab_npy(folder / f"{name}.npy", values)


def _python_arrays(folder: Path, truth: Truth) -> None:
    """Write what programs in Python have in common."""
    arrays = {
        "spike_templates": truth.spike_templates.astype(np.int32),
        "amplitudes": truth.amplitudes.astype(np.float32),
        "templates": truth.templates,
        "similar_templates": np.eye(N_TEMPLATES, dtype=np.float32),
        "whitening_mat": np.linalg.inv(truth.whitening_inverse).astype(np.float32),
        "whitening_mat_inv": truth.whitening_inverse.astype(np.float32),
        "channel_map": truth.channel_map.astype(np.int32),
        "channel_positions": truth.positions,
    }
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
