"""Two features, or a feature and time, of the spikes of a selection; and the spikes inside a lasso."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.stats.lasso import points_in_polygon
from napari_phy.stats.spike_measures import Measure
from napari_phy.table.cluster_channels import channels_by
from napari_phy.table.numbers import format_number, format_shown
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import COLUMN_SPIKES, read_columns, reads_columns, required, rows_at_once
from napari_phy.views.drawn_spikes import ScatterData, all_spikes, drawn_spikes, lasso_vertices, others_of
from napari_phy.views.feature_cache import cached_features
from napari_phy.views.spike_shapes import measure_label, spike_shapes

_NO_SPIKES = np.empty(0, dtype=np.int64)
_MARGIN = 0.09  # of the range, on each side


@dataclass(frozen=True, slots=True)
class FeatureAxis:
    """What one axis shows.

    Attributes
    ----------
    kind : {'feature', 'time', 'shape', 'value', 'template'}, default 'feature'
        "feature" for one component on one channel, "time" for seconds on the joined time line, "shape" for a measure of
        the waveform on one channel, "value" for a number of each spike that the data set has, "template" for how far
        spikes are like a template of the sorter.
    channel_index : int, default 0
        Column of the channel in features, masks and waveforms (0 for time).
    component : int, default 0
        0 for PC1, 1 for PC2 and so on; number of the template (0 for others).
    measure : Measure, default 'peak'
        That of a shape.
    name : str, default ''
        What the data set calls a value.
    """

    kind: Literal["feature", "time", "shape", "value", "template"] = "feature"
    channel_index: int = 0
    component: int = 0
    measure: Measure = "peak"
    name: str = ""

    @property
    def has_channel(self) -> bool:
        """Whether it is of one channel."""
        return self.kind in ("feature", "shape")


TIME_AXIS = FeatureAxis("time")


class SpikeParts(Protocol):
    """Parts of the spikes of a selection."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Spikes of each part."""
        ...

    def places_of(self, spike_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """Return `(n,)` the places of the parts of spikes; −1 for those that it does not have."""
        ...


@dataclass(frozen=True, slots=True)
class FeatureRequest:
    """What a feature view asks for; equal requests of an unchanged clustering give equal data.

    Attributes
    ----------
    clusters : tuple of int
        The clusters in the order of selection, best first.
    x, y : FeatureAxis
        The two axes.
    n_spikes_max : int, default 2500
        Most spikes drawn of each cluster.
    n_background : int, default 2500
        Most spikes drawn of all other clusters together.
    mark_violations : bool, default False
        Also draw, and tell apart, spikes within the refractory time after another one of their cluster.
    parts : SpikeParts, optional
        What spikes of the clusters are coloured by in place of their clusters.
    """

    clusters: tuple[int, ...]
    x: FeatureAxis
    y: FeatureAxis
    n_spikes_max: int = 2500
    n_background: int = 2500
    mark_violations: bool = False
    parts: SpikeParts | None = None

    @property
    def axes(self) -> tuple[FeatureAxis, FeatureAxis]:
        """Both axes."""
        return self.x, self.y


@dataclass(frozen=True, slots=True, eq=False)
class FeatureData(ScatterData):
    """What a feature view draws, in units of the features, or seconds; spikes without features are left out.

    Shown are 0.4–99.8 % of the selection and 9 % more on each side; of time, the whole.

    Attributes
    ----------
    request : FeatureRequest
        What was asked for.
    n_background : int
        Drawn spikes of other clusters.
    """

    request: FeatureRequest
    n_background: int

    @property
    def clusters(self) -> tuple[int, ...]:
        """In the order of selection; numbers of the parts where spikes are coloured by these."""
        parts = self.request.parts
        return self.request.clusters if parts is None else tuple(range(len(parts.sizes)))


def compute_features(
    session: SessionLike, request: FeatureRequest, on_progress: OnProgress = no_progress
) -> FeatureData:
    """Read what a feature view draws.

    Raises
    ------
    MissingDataError
        An axis shows a feature and there are none.
    ClusteringError
        A cluster does not exist (any more).
    """
    is_measured = any(axis.kind == "shape" for axis in request.axes)
    n_others = 0 if is_measured else request.n_background  # waveforms are read of the selection only
    drawn = drawn_spikes(
        session,
        request.clusters,
        request.n_spikes_max,
        lambda selected: others_of(session, selected, n_others),
        mark_violations=request.mark_violations,
    )
    xy = feature_points(session, request.axes, drawn.spike_ids, on_progress, keep=True)
    has_place = np.asarray(np.isfinite(xy).all(axis=1))
    drawn, xy = drawn.where(has_place), xy[has_place]
    in_range = xy[drawn.n_background :] if drawn.n_shown else xy
    return FeatureData(
        request=request,
        x=read_only(xy[:, 0].astype(np.float32)),
        y=read_only(xy[:, 1].astype(np.float32)),
        spike_ids=drawn.spike_ids,
        places=drawn.places if request.parts is None else read_only(request.parts.places_of(drawn.spike_ids)),
        violates=drawn.violates,
        x_label=axis_label(session, request.x),
        y_label=axis_label(session, request.y),
        x_range=axis_range(session, request.x, in_range[:, 0]),
        y_range=axis_range(session, request.y, in_range[:, 1]),
        n_shown=drawn.n_shown,
        n_total=drawn.n_total,
        n_background=drawn.n_background,
        n_violations=drawn.n_violations,
        caption=f"{format_shown(drawn.n_shown, drawn.n_total)} of the selection"
        + ("" if is_measured else f", {format_number(drawn.n_background)} others"),
    )


def axis_label(session: SessionLike, axis: FeatureAxis) -> str:
    """Return "channel 4 · PC1" or "channel 4 · half-width (ms)", with the number in the file, or "time (s)"."""
    if axis.kind == "time":
        return "time (s)"
    if not axis.has_channel:
        return axis.name if axis.kind == "value" else f"template {axis.component}"
    words = measure_label(axis.measure, session.model.unit) if axis.kind == "shape" else f"PC{axis.component + 1}"
    return f"channel {session.model.probe.channel_ids[axis.channel_index]} · {words}"


def channel_axes(session: SessionLike, channel_index: int) -> tuple[FeatureAxis, FeatureAxis]:
    """Return the axes that show one channel: its PC1 and PC2, or PC1 and time where it has no other."""
    has_second = session.model.n_features_per_channel > 1
    return FeatureAxis("feature", channel_index), FeatureAxis("feature", channel_index, 1) if has_second else TIME_AXIS


def default_axes(
    session: SessionLike, clusters: tuple[int, ...], on_progress: OnProgress = no_progress
) -> tuple[FeatureAxis, FeatureAxis]:
    """Return the axes that show a selection best.

    PC1 of the channel where the best cluster is largest, and of the other channel of the selected clusters where the
    best one is large and they lie far apart; the lower channel along x, so that the picture does not turn over when the
    parts of a cluster change places. Without features or clusters: the first two channels; with a single channel: PC1
    and PC2, or time.
    """
    model = session.model
    first, second = 0, 1
    if model.n_channels < 2:
        return channel_axes(session, 0)
    if clusters and session.sums is not None:
        sums = session.sums.get(clusters, on_progress)
        best = sums[clusters[0]]
        size = best.abs_sum / max(best.n_spikes, 1)
        means = np.stack([sums[cluster].feature_mask_sum / max(sums[cluster].n_spikes, 1) for cluster in clusters])
        score = size + np.ptp(means.reshape(len(clusters), model.n_channels, -1)[..., 0], axis=0)
        first = next(iter(channels_by(best).tolist()), 0)
        own = np.unique(np.concatenate([channels_by(sums[cluster]) for cluster in clusters]))
        if len(own) > 1:
            score[np.setdiff1d(np.arange(model.n_channels), own)] = -np.inf
        score[first] = -np.inf
        first, second = sorted((first, int(np.argmax(score))))
    return FeatureAxis(channel_index=first), FeatureAxis(channel_index=second)


def spikes_in_lasso(
    session: SessionLike, request: FeatureRequest, polygon: npt.ArrayLike, on_progress: OnProgress = no_progress
) -> npt.NDArray[np.int64]:
    """Return the ascending ids of all spikes of the selected clusters inside a polygon, drawn or not.

    Parameters
    ----------
    polygon : array_like, shape (k, 2)
        Vertices in units of the two axes of `request`.

    Raises
    ------
    ClusteringError
        The polygon has fewer than three points, or a cluster does not exist (any more).
    MissingDataError
        An axis shows a feature and there are none.
    """
    vertices = lasso_vertices(polygon)
    spikes = all_spikes(session, request.clusters)
    found = [_NO_SPIKES]
    features = session.model.features
    step = COLUMN_SPIKES if reads_columns(features) else rows_at_once(features)
    for start in range(0, len(spikes), step):
        block = spikes[start : start + step]
        of_block = part_of(on_progress, start / len(spikes), min(1, (start + step) / len(spikes)))
        points = feature_points(session, request.axes, block, of_block)
        found.append(block[points_in_polygon(points, vertices)])
    return read_only(np.concatenate(found))


def feature_points(
    session: SessionLike,
    axes: Sequence[FeatureAxis],
    spike_ids: npt.NDArray[np.int64],
    on_progress: OnProgress = no_progress,
    *,
    keep: bool = False,
) -> npt.NDArray[np.float64]:
    """Return (n, len(axes)) float64, where on some axes some spikes are; all features come from one read.

    `keep` holds on to what was read, for spikes that are looked at again and again.

    Raises
    ------
    MissingDataError
        An axis shows a feature or a shape, and there are no features or raw data.
    """
    model = session.model
    values = np.empty((len(spike_ids), len(axes)))
    shown = [index for index, axis in enumerate(axes) if axis.kind == "feature"]
    columns = [axes[index].channel_index * model.n_features_per_channel + axes[index].component for index in shown]
    if shown and keep:
        values[:, shown] = cached_features(session, spike_ids, columns, on_progress)
    elif shown:
        features = required(model.features, model, "features")
        values[:, shown] = read_columns(features, spike_ids, columns, on_progress)
    for index in set(range(len(axes))) - set(shown):
        axis = axes[index]
        if axis.kind == "shape":
            channels = np.full(len(spike_ids), axis.channel_index)
            values[:, index] = spike_shapes(session, axis.measure, spike_ids, channels, on_progress)
        elif axis.kind == "time":
            values[:, index] = model.spike_samples[spike_ids] / model.sample_rate
        elif axis.kind == "value":
            values[:, index] = required(model.spike_values.get(axis.name), model, axis.name)[spike_ids]
        else:
            templates = required(model.template_features, model, "template features")
            values[:, index] = templates[spike_ids, [axis.component]][:, 0]
    return values


def axis_range(session: SessionLike, axis: FeatureAxis, values: npt.NDArray[np.floating]) -> tuple[float, float]:
    """Return (low, high) to show: 0.4–99.8 % of the values and 9 % more on each side; of time, the whole."""
    if axis.kind == "time":
        return 0.0, max(session.model.duration, 1e-3)
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = np.quantile(values, (0.004, 0.998))
    margin = _MARGIN * (high - low) or max(abs(low) * _MARGIN, 1.0)
    return float(low - margin), float(high + margin)
