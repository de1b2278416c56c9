"""Where clusters may be cut in two: two clouds by amplitude, features or time."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced, is_measured, read_only
from napari_phy.core.base_model import BaseModel, SpikeRows
from napari_phy.core.cluster_cut import ClusterCut, Measure
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.memory import ByteCache
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.signals import signal
from napari_phy.stats.bimodality import TwoClouds, find_two_clouds
from napari_phy.stats.cloud_axes import cloud_axes
from napari_phy.table.feature_sums import FeatureSums
from napari_phy.table.pair_evidence import parts_evidence

logger = logging.getLogger(__name__)

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

N_SAMPLE = 5000  # spikes that are tested, evenly spaced
N_CHANNELS = 6  # those that took part the most,
LEAST_MASK = 0.2  # of the largest mean mask: below that, spikes have little on a channel but noise
MOST_BYTES = 2**28  # of features and masks of one cluster that are read
LEAST_DIFFERENCE = 1.0  # of features, in standard deviations, between two clouds in time
_BLOCK_BYTES = 2**24


class ClusterCuts:
    """Finds two clouds within clusters, each cluster once; safe in worker threads.

    Tested are the amplitude, axes of the features on the channels that the masks let through, and the time. Two clouds
    in time count only where the features differ too: a neuron may be silent for a while. Of those found, the ones that
    are the farthest apart are proposed. Features are not multiplied by masks here, which would make two clouds of
    spikes around the threshold of a channel. A cluster whose features would be more than 256 MB to read has no cut.

    Parameters
    ----------
    manager : ClusterManager
        The clustering.
    model : BaseModel
        Its spikes, with features and masks; without them there is no cut.
    sums : FeatureSums, optional
        Tells while features are read elsewhere: then no cut is known.
    """

    found = signal()  # whether one more cluster may be cut is known; in the thread that looked

    def __init__(self, manager: ClusterManager, model: BaseModel, sums: FeatureSums | None = None) -> None:
        self._manager = manager
        self._model, self._features, self._masks = model, model.features, model.masks
        self._samples = model.spike_samples
        self._sums = sums
        self._known: ByteCache[int, tuple[ClusterCut | None]] = ByteCache(
            lambda found: 64 if found[0] is None else 64 + found[0].spikes.nbytes
        )
        self._lock = threading.Lock()

    def knows(self, cluster: int) -> bool:
        """Return whether it is known at once where a cluster may be cut, or that it may not."""
        return self._cannot_tell(cluster) or cluster in self._known

    def __call__(self, cluster: int, on_progress: OnProgress = no_progress) -> ClusterCut | None:
        """Return where a cluster may be cut, or None, also where its features cannot be read."""
        if self._cannot_tell(cluster):
            return None
        with self._lock:
            found = self._known.get(cluster)
            if found is not None:
                return found[0]
            cut = self._find(cluster, on_progress)
            self._known.put(cluster, (cut,))
        self.found.emit()
        return cut

    def _cannot_tell(self, cluster: int) -> bool:
        has_none = self._features is None or self._masks is None or cluster not in self._manager
        return has_none or (self._sums is not None and self._sums.is_held)

    def _find(self, cluster: int, on_progress: OnProgress) -> ClusterCut | None:
        assert self._features is not None
        assert self._masks is not None
        try:
            spikes = self._manager.spikes(cluster)
            cut = _find_cut(cluster, spikes, self._features, self._masks, self._samples, on_progress)
            if cut is None:
                return None
            rest = np.setdiff1d(spikes, cut.spikes, assume_unique=True)
            return replace(cut, score=1 - parts_evidence(self._model, cluster, cut.spikes, rest).score)
        except (NapariPhyError, OSError) as error:
            logger.warning("No cut of cluster %d is proposed: %s", cluster, error)
            return None


def _find_cut(
    cluster: int, spikes: Int64, features: SpikeRows, masks: SpikeRows, samples: Int64, on_progress: OnProgress
) -> ClusterCut | None:
    if 4 * len(spikes) * (features.shape[1] + masks.shape[1]) > MOST_BYTES:
        return None
    chosen = spikes[evenly_spaced(len(spikes), N_SAMPLE)]
    axes = _Axes.of(features, masks, chosen)
    if axes is None:
        return None
    values = axes.values(features, masks, chosen)
    times = samples[chosen].astype(np.float64)
    tested: list[tuple[Measure, int, TwoClouds | None]] = []
    for place, column in enumerate(values.T):
        on_progress(place / values.shape[1])
        tested.append(("features" if place else "amplitude", place, find_two_clouds(column)))
    if (in_time := find_two_clouds(times)) is not None and _differ(values, times > in_time.cut):
        tested.append(("time", -1, in_time))
    found = [(measure, place, clouds) for measure, place, clouds in tested if clouds is not None]
    if not found:
        return None
    measure, place, clouds = max(found, key=lambda one: one[2].separation)
    if measure == "time":
        is_above = samples[spikes] > clouds.cut
    else:
        is_above = _column(axes, features, masks, spikes, place) > clouds.cut
    parts = spikes[is_above], spikes[~is_above]
    smaller, larger = sorted(parts, key=len)
    if not len(smaller):
        return None
    return ClusterCut(cluster, read_only(smaller), len(larger), measure, clouds.separation)


def _differ(values: Float64, is_late: npt.NDArray[np.bool_]) -> bool:
    """Return whether amplitudes or features of two parts are apart by their standard deviations within the parts."""
    early, late = values[~is_late], values[is_late]
    spread = np.sqrt((np.nanvar(early, axis=0) + np.nanvar(late, axis=0)) / 2)
    apart = np.abs(np.nanmean(early, axis=0) - np.nanmean(late, axis=0))
    return bool((apart > LEAST_DIFFERENCE * np.maximum(spread, 1e-300)).any())


def _column(axes: _Axes, features: SpikeRows, masks: SpikeRows, spikes: Int64, place: int) -> Float64:
    """Return (n,) one of the values of all spikes, read block by block."""
    step = max(1, _BLOCK_BYTES // (4 * (features.shape[1] + masks.shape[1])))
    blocks = (spikes[start : start + step] for start in range(0, len(spikes), step))
    return np.concatenate([axes.values(features, masks, block)[:, place] for block in blocks])


class _Axes:
    """Amplitude, and axes of the features on the largest channels of a cluster."""

    def __init__(self, channels: Int64, mean: Float64, directions: Float64) -> None:
        self._channels, self._mean, self._directions = channels, mean, directions

    @classmethod
    def of(cls, features: SpikeRows, masks: SpikeRows, spikes: Int64) -> _Axes | None:
        """Return those of some spikes; None where the masks let nothing through."""
        rows, sizes = _measured(features, masks, spikes)
        channels = np.sort(np.argsort(-sizes, kind="stable")[:N_CHANNELS])
        channels = channels[sizes[channels] >= LEAST_MASK * sizes.max(initial=0.0)]
        if not len(spikes) or sizes.max(initial=0.0) <= 0:
            return None
        flat = rows[:, channels].reshape(len(rows), -1)
        mean = flat.mean(axis=0)
        return cls(channels, mean, cloud_axes(flat - mean))

    def values(self, features: SpikeRows, masks: SpikeRows, spikes: Int64) -> Float64:
        """Return (n, 1 + n_axes): the amplitude, which is the largest |first feature|, and the place on each axis."""
        rows = _measured(features, masks, spikes)[0][:, self._channels]
        amplitudes = np.abs(rows[:, :, 0]).max(axis=1)
        return np.column_stack([amplitudes, (rows.reshape(len(rows), -1) - self._mean) @ self._directions.T])


def _measured(features: SpikeRows, masks: SpikeRows, spikes: Int64) -> tuple[Float64, Float64]:
    """Return (n, n_channels, n_features) features, 0 of spikes that can't be measured, and (n_channels,) mean masks."""
    values, weights = features[spikes], masks[spikes]
    measured = (is_measured(values) & is_measured(weights))[:, None]
    found = np.where(measured, values, 0).astype(np.float64).reshape(*weights.shape, -1)
    shares = np.where(measured, weights, 0).astype(np.float64)
    return found, shares.mean(axis=0) if len(shares) else np.zeros(shares.shape[1])
