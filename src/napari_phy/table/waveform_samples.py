"""Up to a hundred waveforms of each cluster, spread evenly, read once and shared by views and amplitudes.

Only channels on which a cluster takes part are read and filtered. What was read for other clusters (those that were
merged, or the one that was split) is not read again. Spikes past the end of the raw data have no waveform.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.stats.sampling import evenly_spread
from napari_phy.table.cluster_channels import channels_of, cluster_channels
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import read_in_file_order, read_pairs, required, with_data

N_PER_CLUSTER = 100
_N_RELATIVES = 64  # the latest ones: those of the last edits


@dataclass(frozen=True, eq=False)
class WaveformSample:
    """Some waveforms of one cluster, and their mean.

    Attributes
    ----------
    spike_ids : ndarray of int64, shape (n,)
        Spikes of the sample, ascending.
    channels : ndarray of int64, shape (k,)
        The cluster's channels, ascending; where it takes part nowhere, the one with the highest mean waveform; none
        where it has no waveform.
    waveforms : ndarray of float32, shape (n, n_samples, k)
        Waveforms of these spikes, in the unit of the model.
    masks : ndarray of float32, shape (n, n_channels)
        Masks of these spikes; ones where the data set has none.
    """

    spike_ids: npt.NDArray[np.int64]
    channels: npt.NDArray[np.int64]
    waveforms: npt.NDArray[np.float32]
    masks: npt.NDArray[np.float32]

    @property
    def nbytes(self) -> int:
        """Bytes of the large arrays."""
        return self.waveforms.nbytes + self.masks.nbytes

    @cached_property
    def mean(self) -> npt.NDArray[np.float32]:
        """(n_samples, n_channels) float32; zeros where there is no waveform, as in `mean_mask` and `std`."""
        return self._on_all_channels(_mean(self.waveforms))

    @cached_property
    def std(self) -> npt.NDArray[np.float32]:
        """(n_samples, n_channels) float32, the standard deviation of these waveforms."""
        return self._on_all_channels(self.waveforms.std(axis=0)) if len(self.waveforms) else self.mean

    @cached_property
    def mean_mask(self) -> npt.NDArray[np.float32]:
        """(n_channels,) float32."""
        return read_only(_mean(self.masks))

    @property
    def amplitudes(self) -> npt.NDArray[np.float32]:
        """(n_channels,) max − min of mean waveform × mean mask; nan where there is no waveform."""
        if not len(self.spike_ids):
            return read_only(np.full(self.masks.shape[1], np.nan, dtype=np.float32))
        return read_only(np.ptp(self.mean * self.mean_mask, axis=0))

    def _on_all_channels(self, values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
        out = np.zeros((len(values), self.masks.shape[1]), dtype=np.float32)
        out[:, self.channels] = values
        return read_only(out)


_Key = tuple[int, int, tuple[int, ...] | None]  # with the channels, where they are known before
_samples: SessionCache[_Key, WaveformSample] = SessionCache(lambda sample: sample.nbytes)


def waveform_samples(
    session: SessionLike,
    clusters: Iterable[int],
    n_per_cluster: int = N_PER_CLUSTER,
    on_progress: OnProgress = no_progress,
) -> dict[int, WaveformSample]:
    """Return the sample of each cluster, in their order; those not in memory come from one read.

    Raises
    ------
    MissingDataError
        There is no raw data.
    """
    required(session.model.waveforms, session.model, "waveforms")
    clusters = list(clusters)
    is_held = session.sums is not None and session.sums.is_held
    known = {} if is_held else cluster_channels(session, clusters, part_of(on_progress, 0, 0.1))
    keys: list[_Key] = [
        (cluster, n_per_cluster, tuple(sorted(known[cluster].tolist())) if cluster in known else None)
        for cluster in clusters
    ]
    found = _samples.get(session, keys, lambda wanted: _read(session, wanted, part_of(on_progress, 0.1, 1)))
    return {cluster: sample for (cluster, _, _), sample in found.items()}


def best_channels(session: SessionLike, samples: Mapping[int, WaveformSample]) -> dict[int, int]:
    """Return {cluster: its first channel}, that of the list; without features, where its mean waveform is largest.

    Parameters
    ----------
    samples : mapping of int to WaveformSample
        {cluster: some of its waveforms}; those of clusters without waveforms are left out.
    """
    some = {cluster: sample for cluster, sample in samples.items() if len(sample.channels)}
    is_held = session.sums is not None and session.sums.is_held
    known = {} if is_held else cluster_channels(session, some)
    best = {}
    for cluster, sample in some.items():
        first = int(known[cluster][0]) if len(known.get(cluster, ())) else -1
        best[cluster] = first if first in sample.channels else int(np.argmax(sample.amplitudes))
    return best


def waveforms_of(
    session: SessionLike, spike_ids: npt.NDArray[np.int64], sample: WaveformSample
) -> npt.NDArray[np.float32]:
    """Return (n, n_samples, k) waveforms of ascending spikes on the channels of a sample, which gives those it has."""
    rows = required(session.model.waveforms, session.model, "waveforms")
    voltage = np.zeros((len(spike_ids), len(sample.channels), rows.shape[1]), np.float32)
    missing = np.nonzero(_fill(spike_ids, sample.channels, voltage, [sample]))
    voltage[missing] = read_pairs(rows, spike_ids[missing[0]], sample.channels[missing[1]])
    return voltage.swapaxes(1, 2)


def _read(session: SessionLike, keys: list[_Key], on_progress: OnProgress) -> dict[_Key, WaveformSample]:
    rows = required(session.model.waveforms, session.model, "waveforms")
    spikes = [evenly_spread(with_data(rows, session.manager.spikes(cluster)), n) for cluster, n, _ in keys]
    relatives = _relatives(session, [cluster for cluster, _, _ in keys])
    masks = _read_masks(session, spikes, part_of(on_progress, 0, 0.1))
    own = [_channels(some, known) for some, (_, _, known) in zip(masks, keys, strict=True)]
    channels = [k if len(k) else np.arange(some.shape[1] * bool(len(some))) for k, some in zip(own, masks, strict=True)]
    voltage = [np.zeros((len(ids), len(k), rows.shape[1]), np.float32) for ids, k in zip(spikes, channels, strict=True)]
    missing = [_fill(*parts, relatives) for parts in zip(spikes, channels, voltage, strict=True)]
    pairs = [np.nonzero(places) for places in missing]
    read = read_pairs(
        rows,
        np.concatenate([ids[row] for ids, (row, _) in zip(spikes, pairs, strict=True)]),
        np.concatenate([k[place] for k, (_, place) in zip(channels, pairs, strict=True)]),
        part_of(on_progress, 0.1, 1),
    )
    samples, stop = {}, 0
    for number, key in enumerate(keys):
        start, stop = stop, stop + len(pairs[number][0])
        voltage[number][pairs[number]] = read[start:stop]
        shown = slice(None) if len(own[number]) else _highest(voltage[number])
        samples[key] = WaveformSample(
            spike_ids=read_only(spikes[number]),
            channels=read_only(channels[number][shown]),
            waveforms=read_only(voltage[number][:, shown].swapaxes(1, 2)),
            masks=read_only(masks[number]),
        )
    return samples


def _read_masks(
    session: SessionLike, spikes: list[npt.NDArray[np.int64]], on_progress: OnProgress
) -> list[npt.NDArray[np.float32]]:
    model = session.model
    if model.masks is None:
        return [np.ones((len(ids), model.n_channels), dtype=np.float32) for ids in spikes]
    masks = read_in_file_order(model.masks, np.concatenate(spikes), on_progress)
    stops = np.cumsum([len(ids) for ids in spikes])
    # copies, so that a cluster that is kept does not keep its neighbours
    return [some.copy() for some in np.split(masks, stops[:-1])]


def _channels(masks: npt.NDArray[np.float32], known: tuple[int, ...] | None) -> npt.NDArray[np.int64]:
    """Return the ascending channels of a cluster: those that are known, or those of some of its spikes."""
    if known and len(masks):
        return np.array(known, dtype=np.int64)
    mean_mask = _mean(masks)
    return np.sort(channels_of(mean_mask, mean_mask))


def _highest(voltage: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Return the place in (n, k, n_samples) voltage where the mean is highest; none where all is flat."""
    heights = np.ptp(_mean(voltage), axis=1)
    return np.flatnonzero(heights == heights.max(initial=0) if heights.any() else heights)[:1]


def _relatives(session: SessionLike, clusters: list[int]) -> list[WaveformSample]:
    """Return what is kept of clusters that may share spikes with these: themselves, and those that are gone."""
    others = set(session.manager.cluster_ids.tolist()).difference(clusters)
    return [sample for (cluster, *_), sample in _samples.items(session) if cluster not in others][-_N_RELATIVES:]


def _fill(
    spike_ids: npt.NDArray[np.int64],
    channels: npt.NDArray[np.int64],
    voltage: npt.NDArray[np.float32],
    relatives: list[WaveformSample],
) -> npt.NDArray[np.bool_]:
    """Copy what is kept into (n, k, n_samples) voltage; return which of (n, k) is still missing."""
    missing = np.ones(voltage.shape[:2], dtype=bool)
    for sample in relatives:
        mine, theirs = _common(spike_ids, sample.spike_ids)
        if len(mine):
            to, of = _common(channels, sample.channels)
            voltage[np.ix_(mine, to)] = sample.waveforms.swapaxes(1, 2)[np.ix_(theirs, of)]
            missing[np.ix_(mine, to)] = False
    return missing


def _common(
    ours: npt.NDArray[np.int64], theirs: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the places of common values in two ascending arrays."""
    places = np.searchsorted(theirs, ours)
    mine = np.flatnonzero(places < np.searchsorted(theirs, ours, side="right"))
    return mine, places[mine]


def _mean(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    if not len(rows):
        return np.zeros(rows.shape[1:], dtype=np.float32)
    return np.asarray(rows.mean(axis=0, dtype=np.float64), dtype=np.float32)
