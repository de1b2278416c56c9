"""Writes a new Kwik data set (`.kwik` and `.kwx`) in the layout of klusta 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import Recording
from napari_phy.core.clustering_file import MAIN, ORIGINAL
from napari_phy.core.errors import SaveError
from napari_phy.core.event_times import EventTimes
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.events import write_events
from napari_phy.formats.kwik.group_nodes import as_detected, write_channels, write_clusters, write_rows, write_spikes
from napari_phy.formats.kwik.kwik_group import KwikGroup
from napari_phy.formats.kwik.raw_files import is_kwd

__all__ = ["KwikGroup", "create_kwik"]

_NO_EVENTS: Mapping[str, EventTimes] = MappingProxyType({})
_PARAMETERS: dict[str, Any] = {
    "chunk_overlap_seconds": 0.015,
    "chunk_size_seconds": 1.0,
    "connected_component_join_size": 1,
    "detect_spikes": "negative",
    "excerpt_size_seconds": 1.0,
    "extract_s_after": 16,
    "extract_s_before": 16,
    "filter_butter_order": 3,
    "filter_high_factor": 0.475,
    "filter_low": 500.0,
    "n_excerpts": 50,
    "pca_n_waveforms_max": 10000,
    "threshold_strong_std_factor": 4.5,
    "threshold_weak_std_factor": 2.0,
    "use_single_threshold": 1,
    "weight_power": 2,
}


def create_kwik(
    path: str | Path,
    *,
    sample_rate: float,
    recordings: Sequence[Recording],
    dat_path: str | Path | Sequence[str | Path],
    dtype: npt.DTypeLike,
    n_channels_total: int,
    microvolts_per_unit: float | None,
    groups: Mapping[int, KwikGroup],
    parameters: Mapping[str, Any] | None = None,
    events: Mapping[str, EventTimes] = _NO_EVENTS,
    pads_numbers: bool = False,
) -> None:
    """Write `path` (`.kwik`) and the `.kwx` beside it, with the clusterings `main` and `original`.

    Equal input gives files equal byte for byte. Text is UTF-8, datasets are contiguous.

    Parameters
    ----------
    path : str or Path
        The `.kwik` file to make.
    sample_rate : float
        In Hz.
    recordings : sequence of Recording
        Recordings in the order of time; each starts where the one before it ends.
    dat_path : str or Path or sequence of str or Path
        Raw file, flat or a `.kwd`, one for all recordings together or one for each; kept as given (a relative one is
        looked for beside the `.kwik`).
    dtype : DTypeLike
        Type of the raw samples.
    n_channels_total : int
        Columns of the raw file.
    microvolts_per_unit : float or None
        Gain of the raw samples; None when it is not known.
    groups : mapping of int to KwikGroup
        {channel group: its spikes}.
    parameters : mapping of str to object, optional
        SpikeDetekt parameters that differ from the defaults.
    events : mapping of str to EventTimes, optional
        {name: events of that kind}, on the joined time line.
    pads_numbers : bool, default False
        Name recordings by numbers of equal length, 00 … 11: then programs that go through them in the order of text, as
        klusta's readers do, and those that go by number find the same.

    Raises
    ------
    SaveError
        If one of the files is there already, or the arrays contradict each other.
    """
    path = Path(path)
    kwx_path = path.with_suffix(".kwx")
    for target in (path, kwx_path):
        if target.exists():
            raise SaveError(f"{target.name} is there already; a data set is never overwritten.")
    dat_paths = [str(dat_path)] if isinstance(dat_path, (str, Path)) else [str(item) for item in dat_path]
    if len(dat_paths) not in (1, len(recordings)) or not recordings:
        raise SaveError(f"{path.name}: {len(recordings)} recordings cannot be read from {len(dat_paths)} raw files.")
    _check_recordings(path.name, recordings)
    for channel_group, group in groups.items():
        group.check(path.name, channel_group)
    per_channel = {group.n_per_channel for group in groups.values() if group.n_per_channel is not None}
    if len(per_channel) > 1:
        raise SaveError(f"{path.name}: its channel groups have {sorted(per_channel)} features a channel.")
    settings = {
        **_PARAMETERS,
        "dtype": np.dtype(dtype).name if np.dtype(dtype).isnative else np.dtype(dtype).str,
        "experiment_name": path.name,
        "n_channels": int(n_channels_total),
        "n_features_per_channel": per_channel.pop() if per_channel else 3,
        "prb_file": f"{path.stem}.prb",
        "raw_data_files": dat_paths,
        "sample_rate": sample_rate,
        **({} if microvolts_per_unit is None else {"voltage_gain": float(microvolts_per_unit)}),
        **(parameters or {}),
    }
    if any(group.features is not None or group.waveforms for group in groups.values()):
        with open_h5(kwx_path, "x") as kwx:
            _write_head(kwx)
            for channel_group, group in sorted(groups.items()):
                write_rows(kwx, channel_group, group)
    with open_h5(path, "x") as kwik:
        _write_head(kwik)
        for name, value in sorted(settings.items()):
            kwik.write_attr(schema.PARAMETERS, name, value)
        _write_recordings(kwik, sample_rate, recordings, dat_paths, pads_numbers=pads_numbers)
        for channel_group, group in sorted(groups.items()):
            write_channels(kwik, channel_group, group.probe)
            write_spikes(kwik, channel_group, group, recordings)
            write_clusters(kwik, channel_group, MAIN, group)
            write_clusters(kwik, channel_group, ORIGINAL, as_detected(group))
        write_events(kwik, events, {recording.recording_id: recording.start_sample for recording in recordings})


def _check_recordings(name: str, recordings: Sequence[Recording]) -> None:
    start = 0
    for recording in recordings:
        if recording.start_sample != start:
            raise SaveError(
                f"{name}: recording {recording.recording_id} starts at sample {recording.start_sample}; "
                f"the ones before it end at {start}."
            )
        start += recording.n_samples


def _write_head(file: H5File) -> None:
    try:
        release = version("napari-phy")
    except PackageNotFoundError:
        release = "unknown"
    file.write_attr("/", "creator_version", f"napari-phy {release}")
    file.write_attr("/", "kwik_version", schema.KWIK_VERSION)
    file.write_attr("/", "name", file.path.stem)


def _write_recordings(
    file: H5File, sample_rate: float, recordings: Sequence[Recording], dat_paths: Sequence[str], *, pads_numbers: bool
) -> None:
    n_digits = len(str(recordings[-1].recording_id)) if pads_numbers else 1
    for place, recording in enumerate(recordings):
        node = schema.recording_path(recording.recording_id, n_digits)
        file.write_attr(node, "name", recording.name)
        file.write_attr(node, "sample_rate", float(sample_rate))
        file.write_attr(node, "start_sample", int(recording.start_sample))
        file.write_attr(node, "start_time", recording.start_sample / float(sample_rate))
        raw = dat_paths[place if len(dat_paths) > 1 else 0]
        file.write_attr(f"{node}/raw", "hdf5_path" if is_kwd(raw) else "dat_path", raw)
