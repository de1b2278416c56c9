"""Single and mean waveforms of the clusters of a selection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.lasso import lines_through_polygon
from napari_phy.stats.sampling import evenly_spaced
from napari_phy.table.numbers import format_shown
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import read_in_file_order, read_pairs, required, samples_before, with_data
from napari_phy.table.waveform_samples import N_PER_CLUSTER, WaveformSample, waveform_samples, waveforms_of
from napari_phy.views.settings import Choice, Number, Switch, ViewSettings
from napari_phy.views.waveform_density import WaveformDensity, waveform_density

N_AT_ONCE = 2048  # spikes that a lasso looks at

Kind = Literal["both", "mean", "band", "spikes", "density"]
Arrangement = Literal["probe", "stacked"]


@dataclass(frozen=True, slots=True)
class WaveformsSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    kind : str
        "both" mean and spikes, only the "mean", a "band" of ± one standard deviation, only the "spikes", or their
        "density".
    arrangement : str
        Channels as on the "probe", or "stacked" in one column by depth.
    side_by_side : bool
        Whether clusters stand beside each other in a box, and don't lie over each other.
    n_spikes : int or None
        Spikes of each cluster that are read and drawn; None: as in the settings of the data set.
    """

    view: ClassVar[str] = "Waveforms"

    kind: Annotated[
        Kind,
        Choice(
            title="What to show",
            of=(
                ("Mean and spikes", "both"),
                ("Mean", "mean"),
                ("Mean ± std", "band"),
                ("Spikes", "spikes"),
                ("Density", "density"),
            ),
        ),
    ] = "both"
    arrangement: Annotated[
        Arrangement, Choice(title="Layout", of=(("Probe layout", "probe"), ("One column", "stacked")))
    ] = "probe"
    side_by_side: Annotated[bool, Switch(title="Clusters side by side")] = False
    n_spikes: Annotated[
        int | None,
        Number(
            title="Spikes per cluster", low=1, high=10_000, is_whole=True,
            offered=(None, 20, 50, 100, 200, 500), pattern="{} spikes", none="As in Preferences",
        ),
    ] = None  # fmt: skip


@dataclass(frozen=True, slots=True)
class WaveformRequest:
    """What a waveform view asks for.

    Attributes
    ----------
    clusters : tuple of int
        The clusters in the order of selection, best first.
    n_per_cluster : int, default N_PER_CLUSTER
        Most spikes read of each cluster; the mean is over these.
    n_max : int, default 300
        Most single waveforms drawn of all clusters together.
    density : bool, default False
        Whether the picture of how many waveforms pass where is wanted.
    highlighted : tuple of int, default ()
        Spikes that were selected one by one: they are shown, whichever others are.
    """

    clusters: tuple[int, ...]
    n_per_cluster: int = N_PER_CLUSTER
    n_max: int = 300
    density: bool = False
    highlighted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class HighlightedWaveforms:
    """Spikes that were selected one by one.

    Attributes
    ----------
    spike_ids : ndarray of int64, shape (m,)
        Id of each spike.
    waveforms, masks, places : ndarray of float32 and ndarray of int32
        As in `WaveformData`, of these spikes.
    """

    spike_ids: npt.NDArray[np.int64]
    waveforms: npt.NDArray[np.float32]
    masks: npt.NDArray[np.float32]
    places: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class WaveformData:
    """What a waveform view draws.

    Attributes
    ----------
    request : WaveformRequest
        What was asked for.
    channels : ndarray of int64, shape (k,)
        Ascending: the channels of all clusters.
    takes_part : ndarray of bool, shape (n_clusters, k)
        Which of them are channels of each cluster.
    waveforms : ndarray of float32, shape (n, n_samples, k)
        Single spikes in `unit`, ordered by place; 0 where its cluster has no part.
    masks : ndarray of float32, shape (n, k)
        0…1; a channel with mask 0 took no part in the spike.
    places : ndarray of int32, shape (n,)
        Position of the spike's cluster in `request.clusters`.
    spike_ids : ndarray of int64, shape (n,)
        Id of each spike.
    highlighted : HighlightedWaveforms
        The spikes of `request.highlighted` that belong to the clusters.
    means, stds : ndarray of float32, shape (n_clusters, n_samples, k)
        In `unit`, over up to `n_per_cluster` spikes.
    mean_masks : ndarray of float32, shape (n_clusters, k)
        Mean masks over the same spikes.
    density : WaveformDensity or None
        How many of the same waveforms pass where, if that was wanted.
    channel_ids : ndarray of int64, shape (n_channels,)
        The numbers to print, of all channels.
    positions : ndarray of float64, shape (n_channels, 2)
        X and y in µm, of all channels.
    times_ms : ndarray of float64, shape (n_samples,)
        0 at the sample of the spike (the middle one where the model does not say).
    unit : str
        "µV", or "a.u." where the gain is unknown.
    n_shown, n_total : int
        Single waveforms drawn, and all spikes of the selection.
    n_read : int
        Spikes that means and density are made of.
    caption : str
        "84 of 908 spikes" or "all 84 spikes".
    """

    request: WaveformRequest
    channels: npt.NDArray[np.int64]
    takes_part: npt.NDArray[np.bool_]
    waveforms: npt.NDArray[np.float32]
    masks: npt.NDArray[np.float32]
    places: npt.NDArray[np.int32]
    spike_ids: npt.NDArray[np.int64]
    highlighted: HighlightedWaveforms
    means: npt.NDArray[np.float32]
    stds: npt.NDArray[np.float32]
    mean_masks: npt.NDArray[np.float32]
    density: WaveformDensity | None
    channel_ids: npt.NDArray[np.int64]
    positions: npt.NDArray[np.float64]
    times_ms: npt.NDArray[np.float64]
    unit: str
    n_shown: int
    n_total: int
    n_read: int
    caption: str


def compute_waveforms(
    session: SessionLike, request: WaveformRequest, on_progress: OnProgress = no_progress
) -> WaveformData:
    """Read what a waveform view draws; clusters seen before come from memory.

    Raises
    ------
    MissingDataError
        There is no raw data.
    ClusteringError
        A cluster does not exist (any more).
    """
    model = session.model
    rows = required(model.waveforms, model, "waveforms")
    n_samples = rows.shape[1]
    samples = list(waveform_samples(session, request.clusters, request.n_per_cluster, on_progress).values())
    kept = _shares([len(sample.spike_ids) for sample in samples], request.n_max)
    n_shown = sum(len(indices) for indices in kept)
    n_total = sum(session.manager.n_spikes(cluster) for cluster in request.clusters)
    channels = np.unique(np.concatenate([np.empty(0, np.int64), *(sample.channels for sample in samples)]))

    waveforms = np.zeros((n_shown, len(channels), n_samples), dtype=np.float32)
    masks = np.empty((n_shown, len(channels)), dtype=np.float32)
    spike_ids = np.empty(n_shown, dtype=np.int64)
    means, stds = np.empty((2, len(samples), n_samples, len(channels)), dtype=np.float32)
    mean_masks = np.empty((len(samples), len(channels)), dtype=np.float32)
    takes_part = np.zeros((len(samples), len(channels)), dtype=bool)
    stop = 0
    for place, (sample, indices) in enumerate(zip(samples, kept, strict=True)):
        start, stop = stop, stop + len(indices)
        columns = np.searchsorted(channels, sample.channels)
        waveforms[start:stop, columns] = sample.waveforms.swapaxes(1, 2)[indices]
        masks[start:stop] = sample.masks[np.ix_(indices, channels)]
        spike_ids[start:stop] = sample.spike_ids[indices]
        means[place], stds[place] = sample.mean[:, channels], sample.std[:, channels]
        mean_masks[place], takes_part[place, columns] = sample.mean_mask[channels], True
    places = np.repeat(np.arange(len(kept), dtype=np.int32), [len(indices) for indices in kept])
    n_before = samples_before(rows, n_samples // 2)
    times_ms = (np.arange(n_samples, dtype=np.float64) - n_before) * (1000 / model.sample_rate)
    return WaveformData(
        request=request,
        channels=read_only(channels),
        takes_part=read_only(takes_part),
        waveforms=read_only(waveforms.swapaxes(1, 2)),
        masks=read_only(masks),
        places=read_only(places),
        spike_ids=read_only(spike_ids),
        highlighted=_highlighted(session, request, samples, channels),
        means=read_only(means),
        stds=read_only(stds),
        mean_masks=read_only(mean_masks),
        density=waveform_density(samples, channels) if request.density else None,
        channel_ids=model.probe.channel_ids,
        positions=model.probe.positions,
        times_ms=read_only(times_ms),
        unit=model.unit,
        n_shown=n_shown,
        n_total=n_total,
        n_read=sum(len(sample.spike_ids) for sample in samples),
        caption=format_shown(n_shown, n_total),
    )


def _highlighted(
    session: SessionLike, request: WaveformRequest, samples: list[WaveformSample], channels: npt.NDArray[np.int64]
) -> HighlightedWaveforms:
    rows = required(session.model.waveforms, session.model, "waveforms")
    wanted = np.array(sorted(request.highlighted), dtype=np.int64)
    of_clusters = [_common(wanted, session.manager.spikes(cluster)) for cluster in request.clusters]
    places = np.repeat(np.arange(len(samples), dtype=np.int32), [len(ids) for ids in of_clusters])
    waveforms = np.zeros((len(places), rows.shape[1], len(channels)), dtype=np.float32)
    for place, (ids, sample) in enumerate(zip(of_clusters, samples, strict=True)):
        if len(ids):
            columns = np.searchsorted(channels, sample.channels)
            waveforms[np.ix_(places == place, np.arange(rows.shape[1]), columns)] = waveforms_of(session, ids, sample)
    spike_ids = np.concatenate([np.empty(0, np.int64), *of_clusters])
    masks = session.model.masks
    if masks is None or not len(spike_ids):
        of_spikes = np.ones((len(spike_ids), len(channels)), dtype=np.float32)
    else:
        of_spikes = read_in_file_order(masks, spike_ids)[:, channels]
    return HighlightedWaveforms(read_only(spike_ids), read_only(waveforms), read_only(of_spikes), read_only(places))


def _common(ours: npt.NDArray[np.int64], theirs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return those of `ours` that are among theirs, which are ascending."""
    if not (len(ours) and len(theirs)):
        return ours[:0]
    places = np.minimum(np.searchsorted(theirs, ours), len(theirs) - 1)
    common: npt.NDArray[np.int64] = ours[theirs[places] == ours]
    return common


def _shares(sizes: list[int], n_max: int) -> list[npt.NDArray[np.int64]]:
    """Return evenly spaced indices into each sample, in proportion to its size where the ceiling is reached."""
    total = sum(sizes)
    if total <= n_max:
        return [evenly_spaced(size, None) for size in sizes]
    return [evenly_spaced(size, max(1, size * n_max // total)) for size in sizes]


def spikes_through(
    session: SessionLike,
    clusters: Iterable[int],
    channel: int,
    polygon: npt.NDArray[np.float64],
    on_progress: OnProgress = no_progress,
) -> npt.NDArray[np.int64]:
    """Return the ascending spikes of some clusters, drawn or not, whose waveform passes through a polygon.

    Parameters
    ----------
    clusters : iterable of int
        Clusters whose spikes are looked at, all of them; those past the end of the raw data have no waveform.
    channel : int
        Place of the channel.
    polygon : ndarray of float64, shape (k, 2)
        Milliseconds from the sample of the spike, and voltage in the unit of the model.

    Raises
    ------
    MissingDataError
        There is no raw data.
    ClusteringError
        A cluster does not exist (any more).
    """
    model = session.model
    rows = required(model.waveforms, model, "waveforms")
    spikes = np.sort(np.concatenate([np.empty(0, np.int64), *(session.manager.spikes(one) for one in clusters)]))
    spikes = with_data(rows, spikes)
    n_samples = rows.shape[1]
    times_ms = (np.arange(n_samples) - samples_before(rows, n_samples // 2)) * (1000 / model.sample_rate)
    inside = np.zeros(len(spikes), dtype=bool)
    for start in range(0, len(spikes), N_AT_ONCE):
        on_progress(start / len(spikes))
        some = spikes[start : start + N_AT_ONCE]
        waveforms = read_pairs(rows, some, np.full(len(some), channel))
        inside[start : start + N_AT_ONCE] = lines_through_polygon(times_ms, waveforms, polygon)
    return read_only(spikes[inside])
