"""All spikes of the recording as a picture, channel by time: how many a second, counted only where the camera looks."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from napari.types import LayerDataTuple
from napari.utils.colormaps import Colormap

from napari_phy.core.spike_columns import SpikeColumns
from napari_phy.layers.picture_level import PictureLevel, level_factors
from napari_phy.layers.session_tag import TAG, SessionTag, kind_of
from napari_phy.session import Session
from napari_phy.stats.spike_counts import column_edges, count_cells, count_labels

NAME = "spike density"
Metric = Literal["number", "amplitude"]
FINEST_S = 0.001
LOUD_PERCENTILE = 99  # of the cells with spikes, in the picture of the whole recording
GAMMA = 0.7

RAMPS = {True: ("#15171c", "#2a6f97", "#f4e9a8"), False: ("#ffffff", "#8fc1d9", "#0b355a")}  # by darkness of the theme


class DensityLevel(PictureLevel):
    """`(n_channels, n_columns)` float32 spikes a second, or the mean of something over the spikes of each cell.

    Parameters
    ----------
    samples : ndarray of int64, shape (n_spikes,)
        Sample of each spike, ascending.
    channels : ndarray of uint16, shape (n_spikes,)
        Channel of each spike; others than 0 … n_channels − 1 are on none.
    n_channels, n_samples : int
        Number of channels and of samples of the recording.
    factor : int
        Samples per column.
    sample_rate : float
        Samples a second.
    values : ndarray of float32, shape (n_spikes,), optional
        What is averaged; None: spikes are counted.
    order : ndarray of int64, shape (n_channels,), optional
        The channel of each row; None: rows are channels.
    """

    def __init__(
        self,
        samples: npt.NDArray[np.int64],
        channels: npt.NDArray[np.uint16],
        n_channels: int,
        n_samples: int,
        factor: int,
        sample_rate: float,
        values: npt.NDArray[np.float32] | None = None,
        order: npt.NDArray[np.int64] | None = None,
    ) -> None:
        super().__init__(n_channels, max(1, -(-n_samples // factor)), factor)
        self._samples = samples
        self._channels = channels
        self._seconds = factor / sample_rate
        self._values = values
        self._order = slice(None) if order is None else order

    def columns(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return (n_columns, n_channels) spikes a second, or means; 0 where there is no spike."""
        edges = column_edges(self._samples, start * self.factor, self.factor, stop - start)
        if self._values is not None:
            n_rows = self.shape[0]
            counts, sums = count_cells(edges, self._channels, self._values, (0.0, float(n_rows)), n_rows)
            return (sums / np.maximum(counts, 1)).astype(np.float32)[:, self._order]
        return (count_labels(edges, self._channels, self.shape[0]) / self._seconds).astype(np.float32)[:, self._order]


def density_levels(session: Session, columns: SpikeColumns, metric: Metric = "number") -> list[DensityLevel]:
    """Return the levels, from columns of a millisecond to about `N_COLUMNS_COARSEST` columns."""
    model = session.model
    order = model.probe.from_top
    values = columns.amplitudes if metric == "amplitude" else None
    n_samples = max(1, round(model.duration * model.sample_rate))
    finest = max(1, round(FINEST_S * model.sample_rate))
    return [
        DensityLevel(
            model.spike_samples, columns.channels, model.n_channels, n_samples, factor, model.sample_rate, values, order
        )
        for factor in level_factors(n_samples, finest)
    ]


def density_layer(
    session: Session, columns: SpikeColumns, pitch: float, dark: bool = True, metric: Metric = "number"
) -> LayerDataTuple:
    """Return the density of all spikes as an Image in seconds; edits don't change it.

    Parameters
    ----------
    session : Session
        The open data set.
    columns : SpikeColumns
        Where its spikes are.
    pitch : float
        Height of a channel, in the unit of the time axis.
    dark : bool, default True
        For a dark or a light theme.
    metric : Metric, default 'number'
        What the colours stand for: how many spikes a second, or their mean amplitude.
    """
    levels = density_levels(session, columns, metric)
    coarsest = np.asarray(levels[-1])
    busy = coarsest[coarsest > 0]
    seconds = levels[0].factor / session.model.sample_rate
    options = {
        "name": NAME,
        "multiscale": True,
        "contrast_limits": (0.0, float(np.percentile(busy, LOUD_PERCENTILE)) if busy.size else 1.0),
        "gamma": GAMMA,
        "colormap": density_colormap(dark),
        "scale": (pitch, seconds),
        "translate": (0.0, seconds / 2),  # a column begins where its time does
        "axis_labels": ("channel", "time"),
        "interpolation2d": "nearest",
        "metadata": {TAG: SessionTag(session, NAME)},
    }
    return levels, options, "image"


def density_colormap(dark: bool) -> Colormap:
    """Return the colours of a theme, from no spikes to many."""
    return Colormap(list(RAMPS[dark]), name=f"density {'dark' if dark else 'light'}")


def is_density(layer: Any) -> bool:
    """Return whether a layer is one of these."""
    return kind_of(layer) == NAME
