"""The spikes of the selected clusters as ticks at (channel, time), on the picture of the traces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.types import LayerDataTuple

from napari_phy.core.arrays import evenly_spaced, read_only
from napari_phy.core.colors import is_hollow, selection_color
from napari_phy.layers.session_tag import TAG, SessionTag
from napari_phy.session import Session
from napari_phy.table.cluster_table import compute_cluster_table

N_POINTS_MAX = 2000  # 12 solid rows across a window; a redraw of more takes software GL over 50 ms
TICK, DASH = "vbar", "hbar"  # symbols of napari; the second where colours come again
SIZE_PX = 2.0  # with the least rim that napari gives points of a size in px, a tick is 2 px wide and 3 px high
ROW_SPREAD = 0.7  # of a channel
NAME = "spikes"


@dataclass(frozen=True, slots=True, eq=False)
class SpikePoints:
    """Where the spikes of a selection are, in the unit of the layer: row of the channel, sample.

    Attributes
    ----------
    positions : ndarray of float32, shape (n, 2)
        Row of the channel, the highest being 0, and sample.
    colors : ndarray of float32, shape (n, 4)
        RGBA.
    symbols : ndarray of str, shape (n,)
        Ticks, or dashes where colours come again.
    features : dict of str to ndarray
        (n,) arrays that the layer shows under the mouse: cluster, group, spike (its id), time_s.
    n_total : int
        How many spikes of the selection there are in the window.
    """

    positions: npt.NDArray[np.float32]
    colors: npt.NDArray[np.float32]
    symbols: npt.NDArray[np.str_]
    features: dict[str, npt.NDArray[Any]]
    n_total: int


def spike_points(
    session: Session, clusters: tuple[int, ...], dark: bool = True, window: tuple[int, int] | None = None
) -> SpikePoints:
    """Return at most `N_POINTS_MAX` points, evenly spaced within each cluster, on each cluster's best channel.

    A cluster whose best channel is not known, as without features, has none. `window` is the first sample and the end
    of what is drawn; None: the whole recording.
    """
    positions = [np.empty((0, 2), np.float32)]
    colors = [np.empty((0, 4), np.float32)]
    symbols = [np.empty(0, np.str_)]
    clusters_of, groups_of, spikes_of_rows = [np.empty(0, np.int64)], [np.empty(0, object)], [np.empty(0, np.int64)]
    spikes_of = [_spikes_in(session, cluster, window) for cluster in clusters]
    sizes = [len(spikes) for spikes in spikes_of]
    share = min(1.0, N_POINTS_MAX / max(1, sum(sizes)))
    rows = _channel_rows(session, clusters)
    for place, (cluster, inside) in enumerate(zip(clusters, spikes_of, strict=True)):
        if cluster not in rows:
            continue
        spikes = inside[evenly_spaced(len(inside), int(len(inside) * share))]
        samples = session.model.spike_samples[spikes]
        row = rows[cluster] + ROW_SPREAD * ((place + 0.5) / len(clusters) - 0.5)  # clusters of one channel side by side
        positions.append(np.column_stack([np.full(len(spikes), row), samples]).astype(np.float32))
        colors.append(np.tile(_rgba(selection_color(place, dark)), (len(spikes), 1)))
        symbols.append(np.full(len(spikes), DASH if is_hollow(place) else TICK))
        clusters_of.append(np.full(len(spikes), cluster))
        groups_of.append(np.full(len(spikes), session.manager.group(cluster), dtype=object))
        spikes_of_rows.append(spikes)
    drawn = np.concatenate(spikes_of_rows)
    return SpikePoints(
        read_only(np.concatenate(positions)),
        read_only(np.concatenate(colors)),
        read_only(np.concatenate(symbols)),
        {
            "cluster": np.concatenate(clusters_of),
            "group": np.concatenate(groups_of),
            "spike": drawn,
            "time_s": session.model.spike_samples[drawn] / session.model.sample_rate,
        },
        sum(sizes),
    )


def spikes_layer(session: Session, pitch: float) -> LayerDataTuple:
    """Return the layer of the selected clusters' spikes; the binder keeps it in step.

    Parameters
    ----------
    session : Session
        The open data set.
    pitch : float
        Height of a channel, in the unit of the time axis.
    """
    options = {
        "name": NAME,
        "ndim": 2,
        "scale": (pitch, 1 / session.model.sample_rate),
        "axis_labels": ("channel", "time"),
        "features": spike_points(session, ()).features,
        "size": 1,
        "border_width": 0,
        "symbol": TICK,
        "antialiasing": 0,
        "canvas_size_limits": (SIZE_PX, SIZE_PX),
        "metadata": {TAG: SessionTag(session)},
    }
    return np.empty((0, 2), np.float32), options, "points"


def _spikes_in(session: Session, cluster: int, window: tuple[int, int] | None) -> npt.NDArray[np.int64]:
    spikes = session.manager.spikes(cluster)
    if window is None:
        return spikes
    first, last = np.searchsorted(session.model.spike_samples, window).tolist()
    return spikes[slice(*np.searchsorted(spikes, (first, last)).tolist())]


def _channel_rows(session: Session, clusters: tuple[int, ...]) -> dict[int, int]:
    """Return the row of each cluster's best channel, of clusters where it is known."""
    table = compute_cluster_table(session, clusters, ["channel"], reads="nothing" if session.holds_features else "all")
    probe = session.model.probe
    row_of_channel = {channel: row for row, channel in enumerate(probe.channel_ids[probe.from_top].tolist())}
    return {
        cluster: row_of_channel[channel]
        for cluster, channel in zip(table.ids.tolist(), table["channel"].tolist(), strict=True)
        if channel in row_of_channel
    }


def _rgba(color: str) -> npt.NDArray[np.float32]:
    return np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)] + [1.0], dtype=np.float32)
