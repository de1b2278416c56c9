"""What compares clusters: by vectors of them, by masked Gaussians, by their correlograms."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.stats.correlograms import SPIKES_AT_ONCE, bin_samples
from napari_phy.stats.masked_gaussian import GaussianStack, log_likelihoods, masked_gaussian
from napari_phy.table.cluster_arrays import ClusterArrays
from napari_phy.table.cluster_channels import cluster_channels
from napari_phy.table.gaussian_sums import GaussianSums
from napari_phy.table.session_like import ManagerLike, SessionLike
from napari_phy.table.waveform_samples import waveform_samples

Float64 = npt.NDArray[np.float64]
Floats = npt.NDArray[np.floating]
Int64 = npt.NDArray[np.int64]

NEAR_UM, NEAR_FACTOR = 30.0, 1.5  # one standard deviation of `nearness`
DIP_MS, FLANK_MS, WINDOW_MS = 2, 5, 25  # lags of the dip, and those that tell how many there would be by chance


class ByVectors:
    """Compares a vector of each cluster; that of an id is made once.

    Parameters
    ----------
    make : callable
        `make(session, clusters, on_progress)` returns (n, d) vectors.
    compare : callable
        Returns (n, m) similarities of (n, d) and (m, d) vectors.
    is_quick : bool, default True
        Whether vectors follow from sums that follow edits.
    """

    def __init__(
        self,
        make: Callable[[SessionLike, Int64, OnProgress], Floats],
        compare: Callable[[Floats, Floats], Floats],
        *,
        is_quick: bool = True,
    ) -> None:
        self._make, self._compare, self._is_quick = make, compare, is_quick
        self._vectors: ClusterArrays | None = None

    def knows(self, session: SessionLike, clusters: Int64) -> bool:
        """Return whether vectors are made in a moment."""
        return self._is_quick or (self._vectors is not None and bool(self._vectors.has(clusters).all()))

    def pairs(self, session: SessionLike, rows: Int64, columns: Int64, on_progress: OnProgress) -> Floats:
        """Return (n, m) similarities."""
        ids = np.union1d(rows, columns)
        new = ids if self._vectors is None else ids[~self._vectors.has(ids)]
        if len(new):
            made = self._make(session, new, on_progress)
            if self._vectors is None:
                self._vectors = ClusterArrays(made.shape[1:], dtype=made.dtype)
            if len(self._vectors) > 2 * len(ids):
                self._vectors.keep_only(ids)
            self._vectors.put(new, made)
        assert self._vectors is not None
        return self._compare(self._vectors[rows], self._vectors[columns])


class ByTemplates:
    """Compares the templates that spikes came from: two clusters are as alike as the most alike of theirs."""

    def __init__(self) -> None:
        self._templates: dict[int, Int64] = {}

    def knows(self, session: SessionLike, clusters: Int64) -> bool:
        """Return True: the templates of a cluster are counted in a moment."""
        return True

    def pairs(self, session: SessionLike, rows: Int64, columns: Int64, on_progress: OnProgress) -> Floats:
        """Return (n, m) similarities; 0 with a cluster none of whose templates has any."""
        stored = session.model.similar_templates
        assert stored is not None
        if len(self._templates) > 2 * len(np.union1d(rows, columns)):
            self._templates.clear()
        of_rows = [self._of(session, int(cluster), len(stored)) for cluster in rows]
        starts = np.cumsum([0, *map(len, of_rows)])[:-1]
        every = np.concatenate(of_rows) if of_rows else np.empty(0, dtype=np.int64)
        out = np.zeros((len(rows), len(columns)), dtype=np.float32)
        for place, cluster in enumerate(columns.tolist()):
            on_progress(place / len(columns))
            mine = self._of(session, cluster, len(stored))
            mine = mine[mine < len(stored)]
            if len(rows) and len(mine):  # the array may be a little different both ways
                best = np.maximum(stored[:, mine].max(axis=1), stored[mine].max(axis=0))
                out[:, place] = np.maximum.reduceat(np.append(best, np.float32(0))[every], starts)
        return out

    def _of(self, session: SessionLike, cluster: int, n: int) -> Int64:
        """Return the templates of a cluster that are compared; `n` where there are none."""
        found = self._templates.get(cluster)
        if found is None:
            templates = session.model.spike_templates
            assert templates is not None
            mine = templates[session.manager.spikes(cluster)]
            counts = np.bincount(mine[(mine >= 0) & (mine < n)], minlength=n)
            found = self._templates[cluster] = np.flatnonzero(counts) if counts.any() else np.array([n])
        return found


def masked_features(session: SessionLike, clusters: Int64, on_progress: OnProgress = no_progress) -> Float64:
    """Return (n, n_features) sums of feature × mask, whose directions are those of the means."""
    assert session.sums is not None
    sums = session.sums.get(clusters.tolist(), on_progress)
    return np.array([sums[cluster].feature_mask_sum for cluster in clusters.tolist()], dtype=np.float64)


def templates(session: SessionLike, clusters: Int64, on_progress: OnProgress = no_progress) -> npt.NDArray[np.float32]:
    """Return (n, n_samples, n_channels) mean waveforms."""
    samples = waveform_samples(session, clusters.tolist(), on_progress=on_progress)
    return np.array([samples[cluster].mean for cluster in clusters.tolist()], dtype=np.float32)


def amplitudes_and_positions(session: SessionLike, clusters: Int64, on_progress: OnProgress = no_progress) -> Float64:
    """Return (n, 3) log of the largest mean |feature| × mask, and centre of |feature| × mask in µm; nan if masked."""
    assert session.sums is not None
    sums = session.sums.get(clusters.tolist(), on_progress)
    weights = np.array([sums[cluster].abs_sum for cluster in clusters.tolist()])
    counts = np.array([max(sums[cluster].n_spikes, 1) for cluster in clusters.tolist()])
    with np.errstate(divide="ignore", invalid="ignore"):
        positions = weights @ session.model.probe.positions / weights.sum(axis=1, keepdims=True)
        return np.column_stack([np.log(weights.max(axis=1) / counts), positions])


def nearness(vectors: Floats, others: Floats) -> Floats:
    """Return exp(−d² / 2): 0.6 where clusters are 30 µm apart, or one has 1.5 times the amplitude; 0 if unknown."""
    scales = np.array([np.log(NEAR_FACTOR), NEAR_UM, NEAR_UM])
    with np.errstate(invalid="ignore"):
        away = (vectors[:, None] - others[None]) / scales
        return np.asarray(np.nan_to_num(np.exp(-(away**2).sum(axis=2) / 2)))


class ByGaussian:
    """Log likelihoods of the mean of a cluster under the masked Gaussian of another; follows edits by its sums."""

    def __init__(self, session: SessionLike) -> None:
        manager = session.manager
        assert isinstance(manager, ClusterManager)
        self._sums = GaussianSums(manager, session.model)
        self._width = 0
        self._arrays: dict[str, ClusterArrays] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of the factors; the sums are counted where they are kept."""
        return sum(arrays.nbytes for arrays in self._arrays.values())

    def knows(self, session: SessionLike, clusters: Int64) -> bool:
        """Return whether the sums of clusters are known or follow from others."""
        return self._sums.knows(clusters.tolist())

    def pairs(self, session: SessionLike, rows: Int64, columns: Int64, on_progress: OnProgress) -> Floats:
        """Return (n, m) log likelihoods."""
        ids = np.union1d(rows, columns)
        new = ids[~self._arrays["means"].has(ids)] if self._arrays else ids
        is_first = not self._arrays
        if len(new):
            self._add(session, new, ids, part_of(on_progress, 0, 0.8))
        stack = GaussianStack(**{name: arrays.values for name, arrays in self._arrays.items()})
        places = self._arrays["means"].rows(columns)
        if is_first:
            log_likelihoods(self._arrays["means"][rows[:1]], stack, places[:1])  # loads numba before somebody waits
        return log_likelihoods(self._arrays["means"][rows], stack, places, part_of(on_progress, 0.8, 1))

    def _add(self, session: SessionLike, new: Int64, ids: Int64, on_progress: OnProgress) -> None:
        found, noise = self._sums.get(new.tolist(), on_progress), self._sums.noise()
        n_spikes = len(session.model.spike_samples)
        made = [masked_gaussian(found[cluster], noise, n_spikes) for cluster in new.tolist()]
        stack = GaussianStack.of(made, self._width)
        width = stack.cores.shape[1]
        for name in ("means", "precisions", "log_scales", "cores", "whitenings"):
            values = getattr(stack, name)
            known = self._arrays.get(name)
            if known is None or (width > self._width and name in ("cores", "whitenings")):
                wider = ClusterArrays(values.shape[1:], dtype=values.dtype)
                if known is not None and len(known):
                    padding = [(0, 0), *((0, width - self._width),) * (values.ndim - 1)]
                    wider.put(known.ids, np.pad(known[known.ids], padding))
                self._arrays[name] = known = wider
            if len(known) > 2 * len(ids):
                known.keep_only(ids)
            known.put(new, values)
        self._width = width


class ByCorrelogram:
    """Tells how surely two clusters avoid each other, as the spikes of one neuron do.

    The number of pairs of spikes within 2 ms is compared with that of a Poisson count whose mean is that of lags from 5
    to 25 ms. The similarity is the probability that such a count is larger: near 1 where there is a dip, about ½ for
    trains that know nothing of each other, near 0 where there are too few spikes to tell. It is 0 of clusters that
    share no channel.
    """

    def knows(self, session: SessionLike, clusters: Int64) -> bool:
        """Return False: every spike of these clusters is looked at."""
        return False

    def pairs(self, session: SessionLike, rows: Int64, columns: Int64, on_progress: OnProgress) -> Floats:
        """Return (n, m) similarities; looked at are the spikes of the fewer clusters, and those around them."""
        few, many = sorted((columns, rows), key=len)
        counts = _near_and_far(session, few, np.union1d(rows, columns), on_progress)
        values = dip_significance(*counts)[:, np.searchsorted(np.union1d(rows, columns), many)]
        values[np.equal.outer(few, many)] = 1
        return (values if few is rows else values.T) * share_channels(session, rows, columns)


def _near_and_far(
    session: SessionLike, few: Int64, ids: Int64, on_progress: OnProgress
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return how many pairs of spikes of (n_few, n) clusters are at the lags of the dip, and at those of its flanks."""
    from napari_phy.stats._pair_counts import count_around

    spikes, places = _spikes_of(session.manager, ids)
    samples = session.model.spike_samples[spikes]
    row_of = np.full(len(ids), -1, dtype=np.int64)
    row_of[np.searchsorted(ids, few)] = np.arange(len(few))
    own = np.flatnonzero(row_of[places] >= 0)
    counts = np.zeros((2, len(few), len(ids)), dtype=np.int64)
    ms = bin_samples(1, session.model.sample_rate)
    for start in range(0, len(own), SPIKES_AT_ONCE):
        on_progress(start / len(own))
        some = own[start : start + SPIKES_AT_ONCE]
        count_around(samples, places, some, row_of, DIP_MS * ms, FLANK_MS * ms, WINDOW_MS * ms, counts)
    return counts[0], counts[1]


def _spikes_of(manager: ManagerLike, ids: Int64) -> tuple[Int64, Int64]:
    """Return the ascending spikes of clusters, and the place of the cluster of each among them."""
    if np.array_equal(ids, manager.cluster_ids):
        places = np.searchsorted(ids, manager.slot_clusters[manager.spike_slots])
        return np.arange(len(places)), places
    spikes = [manager.spikes(cluster) for cluster in ids.tolist()]
    every, places = np.concatenate(spikes), np.repeat(np.arange(len(ids)), [len(some) for some in spikes])
    order = np.argsort(every, kind="stable")
    return every[order], places[order]


def dip_significance(n_near: npt.NDArray[np.integer], n_far: npt.NDArray[np.integer]) -> Float64:
    """Return (n, m) probability that a Poisson count is larger than that of the lags of the dip.

    Parameters
    ----------
    n_near, n_far : ndarray of int, shape (n, m)
        Pairs of spikes within 2 ms of each other, and those from 5 to 25 ms apart.
    """
    from scipy.special import gammainc

    return np.asarray(gammainc(n_near + 1, n_far * (DIP_MS / (WINDOW_MS - FLANK_MS))))


def share_channels(session: SessionLike, rows: Int64, columns: Int64) -> npt.NDArray[np.bool_]:
    """Return (n, m) which clusters have a channel in common; all of them where features do not tell."""
    if session.sums is None:
        return np.ones((len(rows), len(columns)), dtype=np.bool_)
    found = cluster_channels(session, np.union1d(rows, columns).tolist())
    has_part = [_marked(found, ids.tolist(), session.model.n_channels) for ids in (rows, columns)]
    return np.asarray(has_part[0] @ has_part[1].T > 0)


def _marked(channels: dict[int, Int64], clusters: Iterable[int], n_channels: int) -> npt.NDArray[np.float32]:
    clusters = list(clusters)
    marked = np.zeros((len(clusters), n_channels), dtype=np.float32)
    for row, cluster in enumerate(clusters):
        marked[row, channels[cluster]] = 1
    return marked
