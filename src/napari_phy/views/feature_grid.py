"""Projections of the spikes of a selection on every pair of some features, as small pictures in a grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.table.numbers import format_shown
from napari_phy.table.session_like import SessionLike
from napari_phy.views.drawn_spikes import drawn_spikes, others_of
from napari_phy.views.features import TIME_AXIS, FeatureAxis, axis_label, axis_range, feature_points
from napari_phy.views.settings import Choice, Switch, ViewSettings

GridKind = Literal["channels", "components"]

N_AXES = 4


@dataclass(frozen=True, slots=True)
class FeaturesSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    violations : bool
        Whether spikes within the refractory time after another one of their cluster are marked.
    grid : str or None
        A grid of "channels" or of "components", or one large projection (None).
    """

    view: ClassVar[str] = "Features"

    violations: Annotated[
        bool,
        Switch(
            title="Mark refractory violations", tip="Spikes that come within 2 ms after another one of their cluster."
        ),
    ] = False
    grid: Annotated[
        GridKind | None,
        Choice(
            title="Projections",
            of=(("One projection", None), ("Grid of channels", "channels"), ("Grid of components", "components")),
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class FeatureGridRequest:
    """What a grid asks for; equal requests of an unchanged clustering give equal data.

    Attributes
    ----------
    clusters : tuple of int
        The clusters in the order of selection, best first.
    axes : tuple of FeatureAxis
        Features; the cell in row r and column c shows axis c along x and axis r along y, over time where r = c.
    n_spikes_max, n_background : int, default 500
        Most spikes drawn in a cell of each cluster, and of all other clusters together.
    mark_violations : bool, default False
        Also draw, and tell apart, spikes within the refractory time after another one of their cluster.
    """

    clusters: tuple[int, ...]
    axes: tuple[FeatureAxis, ...]
    n_spikes_max: int = 500
    n_background: int = 500
    mark_violations: bool = False

    def cell(self, row: int, column: int) -> tuple[FeatureAxis, FeatureAxis]:
        """Return the axes along x and y of a cell."""
        return (TIME_AXIS if row == column else self.axes[column]), self.axes[row]


@dataclass(frozen=True, slots=True, eq=False)
class FeatureGridData:
    """What a grid draws: background spikes first, then the clusters from the last selected to the best.

    Attributes
    ----------
    request : FeatureGridRequest
        What was asked for.
    values : ndarray of float32, shape (n_axes + 1, n)
        Each feature, and at last seconds; spikes without features are left out.
    ranges : tuple of tuple of float
        n_axes + 1 times (low, high) to show.
    labels : tuple of str
        Title of each axis, such as "channel 4 · PC1".
    spike_ids : ndarray of int64, shape (n,)
        Id of each spike.
    places : ndarray of int32, shape (n,)
        Position of the spike's cluster in `request.clusters`; −1 for background spikes.
    violates : ndarray of bool, shape (n,)
        Whether each spike is to be marked; `n_violations` is the number of all of them, None where none is marked.
    n_total : int
        All spikes of the selection.
    caption : str
        The words below the picture: "all 908 spikes of the selection".
    """

    request: FeatureGridRequest
    values: npt.NDArray[np.float32]
    ranges: tuple[tuple[float, float], ...]
    labels: tuple[str, ...]
    spike_ids: npt.NDArray[np.int64]
    places: npt.NDArray[np.int32]
    violates: npt.NDArray[np.bool_]
    n_violations: int | None
    n_total: int
    caption: str

    @property
    def n(self) -> int:
        """Number of rows and of columns."""
        return len(self.request.axes)

    def cell(self, row: int, column: int) -> tuple[int, int]:
        """Return which values go along x and y in a cell."""
        return (self.n if row == column else column), row


def grid_axes(
    kind: GridKind, channels: Iterable[int], n_components: int, first: int | None = None
) -> tuple[FeatureAxis, ...]:
    """Return up to four axes for the channels of a selection, the strongest first.

    Parameters
    ----------
    kind : {'channels', 'components'}
        "channels" goes through channels before further components, "components" through the first two components of a
        channel before the next one.
    channels : iterable of int
        Indices of channels.
    n_components : int
        Number of components of each channel.
    first : int, optional
        A channel that comes before all others.
    """
    order = dict.fromkeys([*([] if first is None else [first]), *map(int, channels)])
    if kind == "components":
        few = range(min(2, n_components))
        axes = [FeatureAxis("feature", channel, component) for channel in order for component in few]
    else:
        axes = [FeatureAxis("feature", channel, component) for component in range(n_components) for channel in order]
    return tuple(axes[:N_AXES])


def compute_feature_grid(
    session: SessionLike, request: FeatureGridRequest, on_progress: OnProgress = no_progress
) -> FeatureGridData:
    """Read what a grid draws.

    Raises
    ------
    MissingDataError
        There are no features.
    ClusteringError
        A cluster does not exist (any more).
    """
    n_others = request.n_background
    drawn = drawn_spikes(
        session,
        request.clusters,
        request.n_spikes_max,
        lambda selected: others_of(session, selected, n_others),
        mark_violations=request.mark_violations,
    )
    axes = (*request.axes, TIME_AXIS)
    values = feature_points(session, axes, drawn.spike_ids, on_progress, keep=True).T
    has_place = np.asarray(np.isfinite(values).all(axis=0))
    drawn, values = drawn.where(has_place), values[:, has_place]
    in_range = values[:, drawn.n_background :] if drawn.n_shown else values
    return FeatureGridData(
        request=request,
        values=read_only(values.astype(np.float32)),
        ranges=tuple(axis_range(session, axis, some) for axis, some in zip(axes, in_range, strict=True)),
        labels=tuple(axis_label(session, axis) for axis in request.axes),
        spike_ids=drawn.spike_ids,
        places=drawn.places,
        violates=drawn.violates,
        n_violations=drawn.n_violations,
        n_total=drawn.n_total,
        caption=f"{format_shown(drawn.n_shown, drawn.n_total)} of the selection",
    )
