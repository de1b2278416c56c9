"""The mean waveform of every cluster on its channels; only those in sight are read, and what was read is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.table.columns import column_key
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import required
from napari_phy.table.waveform_samples import WaveformSample, best_channels, waveform_samples
from napari_phy.views.cluster_colors import GREY, schemes
from napari_phy.views.cluster_order import Order, order_choice, order_clusters, order_told
from napari_phy.views.settings import Choice, ViewSettings

N_BEST = 12  # most channels of a cluster
LEAST = 0.2  # of the largest channel's height: what is lower is left out
_AT_ONCE = 8

Scaling = Literal["own", "same"]


@dataclass(frozen=True, slots=True)
class TemplatesSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    order : str
        Order of the columns; "list" is that of Clusters.
    scaling : str
        Each template to its "own" height, or all to the "same" scale.
    zoom : float
        Width of a column; 1 is the usual one.
    scheme : str
        Colours of the columns of clusters that are not selected.
    """

    view: ClassVar[str] = "Templates"

    order: Annotated[Order, order_choice("depth", "size", "id", "list")] = "depth"
    scaling: Annotated[
        Scaling,
        Choice(
            title="Height of waveforms",
            of=(("Each to its own height", "own"), ("One height for all", "same")),
            is_look=True,
        ),
    ] = "own"
    zoom: Annotated[
        float,
        Choice(title="Width of columns", of=(("Narrow columns", 0.7), ("Medium columns", 1.0), ("Wide columns", 2.0))),
    ] = 1.0
    scheme: Annotated[str, Choice(title="Colour", of=schemes, key_of=column_key, is_look=True)] = GREY


@dataclass(frozen=True, slots=True)
class TemplatesRequest:
    """What a template overview asks for.

    Attributes
    ----------
    clusters : tuple of int
        All that there are columns for, in the order of the list.
    order : Order
        Order of the columns.
    start, stop : int
        Which columns are in sight, by their place.
    reads_features : bool, default True
        Whether depths may be read that are not known yet.
    """

    clusters: tuple[int, ...]
    order: Order
    start: int
    stop: int
    reads_features: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """The mean of up to a hundred waveforms of a cluster, where it is largest.

    Attributes
    ----------
    channels : ndarray of int64, shape (k,)
        Ascending places of its channels; none where there is no waveform.
    mean : ndarray of float32, shape (n_samples, k)
        In the unit of the model.
    best : int
        Place in `channels` of the one in the list.
    amplitude : float
        The amplitude of the list, the largest max − min on any channel; nan where there is no waveform.
    n_read : int
        Spikes that the mean is made of.
    """

    channels: npt.NDArray[np.int64]
    mean: npt.NDArray[np.float32]
    best: int
    amplitude: float
    n_read: int


@dataclass(frozen=True, slots=True, eq=False)
class TemplatesData:
    """What a template overview draws.

    Attributes
    ----------
    request : TemplatesRequest
        What was asked for.
    cluster_ids : ndarray of int64, shape (n,)
        Cluster ids of all columns, in order.
    templates : mapping of int to Template
        {cluster: template} of those in sight.
    rows : ndarray of int64, shape (n_channels,)
        Row of each channel, the deepest at the bottom: 0 is the highest on the probe.
    channel_ids : ndarray of int64, shape (n_channels,)
        The numbers to print.
    duration_ms : float
        Time from the first sample of a waveform to the last.
    unit : str
        Unit of amplitudes.
    """

    request: TemplatesRequest
    cluster_ids: npt.NDArray[np.int64]
    templates: Mapping[int, Template]
    rows: npt.NDArray[np.int64]
    channel_ids: npt.NDArray[np.int64]
    duration_ms: float
    unit: str
    sorted_by: str = ""


_templates: SessionCache[int, Template] = SessionCache(lambda template: template.mean.nbytes + 200)


def compute_templates(
    session: SessionLike, request: TemplatesRequest, on_progress: OnProgress = no_progress
) -> TemplatesData:
    """Put the clusters in order and read the templates in sight that are not computed yet.

    Raises
    ------
    MissingDataError
        There is no raw data.
    ClusteringError
        A cluster does not exist (any more).
    """
    model = session.model
    rows = required(model.waveforms, model, "waveforms")
    ids = order_clusters(session, request.clusters, request.order, reads_features=request.reads_features)
    visible = ids[request.start : request.stop].tolist()
    x, y = model.probe.positions.T
    return TemplatesData(
        request=request,
        cluster_ids=ids,
        templates=MappingProxyType(read_templates(session, visible, on_progress)),
        rows=read_only(np.argsort(np.lexsort((x, -y)))),
        channel_ids=model.probe.channel_ids,
        duration_ms=1000 * (rows.shape[1] - 1) / model.sample_rate,
        unit=model.unit,
        sorted_by=order_told(session, request.order, reads_features=request.reads_features),
    )


def read_templates(
    session: SessionLike, clusters: list[int], on_progress: OnProgress = no_progress
) -> dict[int, Template]:
    """Return the template of each cluster; those not in memory are read, a few at a time."""
    templates: dict[int, Template] = {}
    for start in range(0, len(clusters), _AT_ONCE):
        some = clusters[start : start + _AT_ONCE]
        of_some = part_of(on_progress, start / len(clusters), (start + len(some)) / len(clusters))

        def make(wanted: list[int], told: OnProgress = of_some) -> dict[int, Template]:
            samples = waveform_samples(session, wanted, on_progress=told)
            best = best_channels(session, samples)
            return {cluster: _template(sample, best.get(cluster, 0)) for cluster, sample in samples.items()}

        templates |= _templates.get(session, some, make)
    return templates


def unread_templates(session: SessionLike, clusters: list[int]) -> list[int]:
    """Return those of the clusters whose template is not computed yet."""
    known = _templates.known(session, clusters)
    return [cluster for cluster in clusters if cluster not in known]


def _template(sample: WaveformSample, best: int) -> Template:
    heights = np.nan_to_num(sample.amplitudes)
    n_read = len(sample.spike_ids)
    if not n_read:
        return Template(read_only(np.empty(0, np.int64)), read_only(sample.mean[:, :0].copy()), 0, np.nan, 0)
    order = np.argsort(-heights, kind="stable")[:N_BEST]
    chosen = order[heights[order] >= LEAST * heights[order[0]]]
    channels = np.union1d(chosen[: N_BEST - 1], [best]) if best not in chosen else np.sort(chosen)
    place = int(np.searchsorted(channels, best))
    return Template(read_only(channels), read_only(sample.mean[:, channels]), place, float(heights[order[0]]), n_read)
