"""Two features, or a feature and time, of the spikes of a selection; and the spikes inside a lasso."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_phy.views.session_like import SessionLike


@dataclass(frozen=True, slots=True)
class FeatureAxis:
    """What one axis shows.

    Attributes
    ----------
    kind : "feature" for one component on one channel, "time" for seconds on the joined time line.
    channel_index : column of the channel in features, masks and waveforms (0 for time).
    component : 0 for PC1, 1 for PC2 and so on (0 for time).
    """

    kind: Literal["feature", "time"] = "feature"
    channel_index: int = 0
    component: int = 0


TIME_AXIS = FeatureAxis("time")


@dataclass(frozen=True, slots=True)
class FeatureRequest:
    """What a feature view wishes to see; equal requests of an unchanged clustering give equal data.

    Attributes
    ----------
    clusters : in the order of selection, best first.
    x, y : the two axes.
    n_spikes_max : most spikes drawn of each cluster.
    n_background : most spikes drawn of all other clusters together.
    """

    clusters: tuple[int, ...]
    x: FeatureAxis
    y: FeatureAxis
    n_spikes_max: int = 2500
    n_background: int = 2500


@dataclass(frozen=True, slots=True, eq=False)
class FeatureData:
    """What a feature view draws: background spikes first, then the clusters from the last selected to the best.

    Attributes
    ----------
    request : what was asked for.
    x, y : (n,) float32, in units of the features, or seconds.
    spike_ids : (n,) int64.
    places : (n,) int32, position of the spike's cluster in `request.clusters`; −1 for background spikes.
    x_label, y_label : "channel 4 · PC1" or "time (s)".
    x_range, y_range : (low, high) to show: 0.4–99.8 % of the selection and 9 % more on each side; time: the whole.
    n_shown, n_total : drawn spikes of the selection and all its spikes.
    n_background : drawn spikes of other clusters.
    caption : "all 908 spikes of the selection, 2 179 others".
    """

    request: FeatureRequest
    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.float32]
    spike_ids: npt.NDArray[np.int64]
    places: npt.NDArray[np.int32]
    x_label: str
    y_label: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    n_shown: int
    n_total: int
    n_background: int
    caption: str


def compute_features(session: SessionLike, request: FeatureRequest) -> FeatureData:
    """Read what a feature view draws."""
    raise NotImplementedError


def default_axes(session: SessionLike, clusters: tuple[int, ...]) -> tuple[FeatureAxis, FeatureAxis]:
    """Return the axes that show a selection best."""
    raise NotImplementedError


def spikes_in_lasso(session: SessionLike, request: FeatureRequest, polygon: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return the ascending ids of all spikes of the selected clusters inside a polygon, drawn or not."""
    raise NotImplementedError
