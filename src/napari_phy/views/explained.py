"""What the clusters explain of a stretch of the traces: at each of their spikes, the template of its cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_groups import DISCARDED
from napari_phy.core.errors import ClusteringError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.explained_traces import ShiftedTemplate, explained_traces
from napari_phy.stats.filtering import BandPass
from napari_phy.stats.sampling import evenly_spread
from napari_phy.table.cluster_channels import cluster_channels
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import with_data
from napari_phy.views.trace_source import TraceSource
from napari_phy.views.traces import MODEL, TRACES, detection_band

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]

N_PER_TEMPLATE = 200  # spikes: little noise is left in their mean
LEAST_SPIKES = 5  # the mean of fewer is mostly their noise
BEFORE_S, AFTER_S = 0.001, 0.0022  # in which a spike is over; waveforms of most files end before that
_LEAST_ERRORS = 5.0  # standard errors of the mean, with which a template is on a channel
_UNEXPLAINING = frozenset({"noise", DISCARDED})


@dataclass(frozen=True, slots=True)
class Explanation:
    """What clusters explain of band-passed traces, or what they leave.

    Attributes
    ----------
    session : SessionLike
        The clustering, with the spikes of all times.
    clusters : tuple of int
        Ascending ids of those that explain.
    part : str
        `MODEL` or `RESIDUAL`.
    """

    session: SessionLike
    clusters: tuple[int, ...]
    part: str

    @classmethod
    def now(cls, session: SessionLike, part: str) -> Explanation | None:
        """Return that by all clusters that there are now, but for noise and what was discarded; None for `TRACES`."""
        if part == TRACES:
            return None
        ids = session.manager.cluster_ids.tolist()
        groups = session.manager.groups_of(ids)
        explaining = (one for one, group in zip(ids, groups, strict=True) if group not in _UNEXPLAINING)
        return cls(session, tuple(explaining), part)

    def of(self, source: TraceSource, samples: Float32, start: int, on_progress: OnProgress = no_progress) -> Float32:
        """Return model or residual of a stretch, in its shape.

        Parameters
        ----------
        source : TraceSource
            Where the stretch is from.
        samples : ndarray of float32, shape (n_samples, n_channels)
            Band-passed, in the order and the unit of the source.
        start : int
            Sample of the first of them.
        on_progress : callable, optional
            Told how many of the templates are read.

        Raises
        ------
        ClusteringError
            A cluster does not exist any more.
        NapariPhyError, OSError
            The raw data cannot be read.
        """
        model, manager = self.session.model, self.session.manager
        before, after = _window(source.sample_rate)
        first, last = np.searchsorted(model.spike_samples, [start - after + 1, start + len(samples) + before]).tolist()
        clusters = manager.slot_clusters[manager.spike_slots[first:last]]
        explains = np.isin(clusters, self.clusters)
        gone = np.setdiff1d(self.clusters, manager.cluster_ids)
        if len(gone):
            raise ClusteringError(f"Cluster {gone[0]} does not exist any more.")
        present, places = np.unique(clusters[explains], return_inverse=True)
        templates = _read_templates(self.session, source, present.tolist(), on_progress)
        starts = model.spike_samples[first:last][explains] - before - start
        by_column = np.argsort(source.columns)
        from_top = by_column[np.searchsorted(source.columns[by_column], model.probe.channel_ids[model.probe.from_top])]
        explained = np.empty_like(samples)
        explained[:, from_top] = explained_traces(samples[:, from_top], starts, places, list(templates.values()))
        return explained if self.part == MODEL else samples - explained


_templates: SessionCache[int, ShiftedTemplate] = SessionCache(lambda template: template.shapes.nbytes + 100)


def _read_templates(
    session: SessionLike, source: TraceSource, clusters: list[int], on_progress: OnProgress
) -> dict[int, ShiftedTemplate]:
    """Return {cluster: its template, channels from the top}; those that are not kept are read."""

    def read(wanted: list[int]) -> Mapping[int, ShiftedTemplate]:
        is_known = session.sums is not None and not session.sums.is_held
        channels = cluster_channels(session, wanted) if is_known else {}
        found = {}
        for place, cluster in enumerate(wanted):
            on_progress(place / len(wanted))
            own = np.sort(channels.get(cluster, np.arange(session.model.n_channels)))
            template = _read_template(session, source, cluster, own)
            found[cluster] = ShiftedTemplate.of(template[:, session.model.probe.from_top])
        return found

    return _templates.get(session, clusters, read)


def _read_template(session: SessionLike, source: TraceSource, cluster: int, channels: Int64) -> Float32:
    """Return `(n_samples, n_channels)`, 0 on channels where it is no more than noise."""
    model = session.model
    band = detection_band(model.sample_rate, model.metadata)
    assert band is not None  # the traces were band-passed
    before, after = _window(source.sample_rate)
    template = np.zeros((before + after, model.n_channels), dtype=np.float32)
    spikes = evenly_spread(_with_window(session, cluster, source, band), N_PER_TEMPLATE)
    if len(spikes) >= LEAST_SPIKES:
        starts = model.spike_samples[spikes] - before
        cut = _cut(source, band, starts, before + after, model.probe.channel_ids[channels])
        mean, error = cut.mean(axis=0), cut.std(axis=0).max(axis=0) / np.sqrt(len(cut))
        template[:, channels] = np.where(np.abs(mean).max(axis=0) > _LEAST_ERRORS * error, mean, 0)
    return template


def _with_window(session: SessionLike, cluster: int, source: TraceSource, band: BandPass) -> Int64:
    """Return the spikes of a cluster around which there is enough of the recording."""
    model = session.model
    spikes = session.manager.spikes(cluster)
    if model.waveforms is not None:
        spikes = with_data(model.waveforms, spikes)
    samples, (before, after) = model.spike_samples[spikes], _window(source.sample_rate)
    last = source.traces.shape[0] - after - band.n_context
    return spikes[(samples >= before + band.n_context) & (samples <= last)]


def _cut(source: TraceSource, band: BandPass, starts: Int64, n_samples: int, columns: Int64) -> Float32:
    """Return `(n, n_samples, n_columns)` of band-passed traces, in the unit of the source."""
    context = band.n_context
    raw = np.empty((len(starts), n_samples + 2 * context, len(columns)), dtype=np.float32)
    for place, start in enumerate((starts - context).tolist()):
        raw[place] = source.traces[start : start + raw.shape[1]][:, columns]
    return np.asarray(band.matrix(n_samples) * np.float32(source.unit_scale) @ raw)


def _window(sample_rate: float) -> tuple[int, int]:
    """Return the samples of a template before the spike and from it on."""
    return round(BEFORE_S * sample_rate), round(AFTER_S * sample_rate)
