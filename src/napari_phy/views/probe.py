"""How large each selected cluster is on every channel, on the picture of the probe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.probe import UNKNOWN_POSITIONS
from napari_phy.core.probe_geometry import ProbeGeometry, probe_geometry
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.table.cluster_channels import channels_by
from napari_phy.table.numbers import format_number, format_shown
from napari_phy.table.session_like import SessionLike
from napari_phy.table.waveform_samples import waveform_samples

N_TOLD = 4


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """The clusters to show on the probe, in the order of selection; none shows the probe alone."""

    clusters: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ProbeData:
    """What a probe view draws.

    Attributes
    ----------
    request : ProbeRequest
        What was asked for.
    geometry : ProbeGeometry
        Where the channels are drawn.
    channel_ids : ndarray of int64, shape (n_channels,)
        The numbers to print.
    positions : ndarray of float64, shape (n_channels, 2)
        x and y in µm as the file has them.
    amplitudes : ndarray of float64, shape (n_clusters, n_channels)
        Amplitude on each channel in `unit`; nan where unknown.
    shares : ndarray of float64, shape (n_clusters, n_channels)
        Share of the cluster's largest amplitude; 0 on channels that are not its own.
    unit : str
        "µV" or "a.u."; "" where amplitudes are those of features.
    caption : str
        The words below the picture.
    """

    request: ProbeRequest
    geometry: ProbeGeometry
    channel_ids: npt.NDArray[np.int64]
    positions: npt.NDArray[np.float64]
    amplitudes: npt.NDArray[np.float64]
    shares: npt.NDArray[np.float64]
    unit: str
    caption: str


def compute_probe(session: SessionLike, request: ProbeRequest, on_progress: OnProgress = no_progress) -> ProbeData:
    """Return what a probe view draws: amplitudes of mean waveforms, without raw data those of features.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    model = session.model
    clusters = request.clusters
    n_spikes = sum(session.manager.n_spikes(cluster) for cluster in clusters)
    amplitudes = np.full((len(clusters), model.n_channels), np.nan)
    is_own = np.zeros(amplitudes.shape, dtype=bool)
    unit, caption = "", ""
    if clusters and model.waveforms is not None:
        samples = waveform_samples(session, clusters, on_progress=on_progress)
        amplitudes[:] = [samples[cluster].amplitudes for cluster in clusters]
        for place, cluster in enumerate(clusters):
            is_own[place, samples[cluster].channels] = True
        n_read = sum(len(sample.spike_ids) for sample in samples.values())
        unit, caption = model.unit, f"amplitude of the mean of {format_shown(n_read, n_spikes)}"
    elif clusters and session.sums is not None:
        sums = session.sums.get(clusters, on_progress)
        amplitudes[:] = [sums[cluster].abs_sum / max(sums[cluster].n_spikes, 1) for cluster in clusters]
        for place, cluster in enumerate(clusters):
            is_own[place, channels_by(sums[cluster])] = True
        caption = f"size of the features of {format_shown(n_spikes, n_spikes)}"
    elif clusters:
        caption = "without raw data and features, amplitudes are not known"
    if not model.probe.knows_positions:
        caption = f"{caption}. {UNKNOWN_POSITIONS}" if caption else UNKNOWN_POSITIONS
    return ProbeData(
        request=request,
        geometry=probe_geometry(model.probe.positions, model.probe.is_known),
        channel_ids=model.probe.channel_ids,
        positions=model.probe.positions,
        amplitudes=read_only(amplitudes),
        shares=read_only(np.where(is_own, _shares(amplitudes), 0.0)),
        unit=unit,
        caption=caption,
    )


def probe_words(data: ProbeData, channel_index: int) -> str:
    """Return `channel 12, 0 µm, 240 µm; cluster 20: 85 µV`: the clusters shown there, else the best one."""
    x, y = data.positions[channel_index].tolist()
    words = f"channel {data.channel_ids[channel_index]}"
    if data.geometry.is_known[channel_index]:
        words += f", {_um(x)}, {_um(y)}"
    known = np.isfinite(data.amplitudes[:, channel_index])
    shown = np.flatnonzero(known & (data.shares[:, channel_index] > 0))
    told = shown[:N_TOLD] if len(shown) else np.flatnonzero(known)[:1]
    parts = [f"cluster {data.request.clusters[place]}: {_amplitude(data, place, channel_index)}" for place in told]
    return "; ".join([words, ", ".join(parts)]) if parts else words


def _amplitude(data: ProbeData, place: int, channel_index: int) -> str:
    value = float(data.amplitudes[place, channel_index])
    if data.unit:
        return f"{format_number(value)} {data.unit}"
    return f"{format_number(100 * value / max(float(np.nanmax(data.amplitudes[place])), 1e-300))} % of its largest"


def _um(value: float) -> str:
    return f"{format_number(value, 0 if float(value).is_integer() else 1)} µm"


def _shares(amplitudes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    known = np.nan_to_num(amplitudes)
    largest = known.max(axis=1, initial=0, keepdims=True)
    shares: npt.NDArray[np.float64] = np.divide(known, largest, out=np.zeros_like(known), where=largest > 0)
    return shares
