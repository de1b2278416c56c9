"""What is asked of a movie on its clock: averages, a map, or pairs of clusters and cells; and the layers it becomes."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Labels, Layer, Shapes
from napari.types import LayerDataTuple

from napari_phy.core.progress import OnProgress
from napari_phy.layers.movie_results import average_layers, cell_correlation_layers, clock_of, correlation_layers
from napari_phy.session.session import Session
from napari_phy.table.session_like import SessionLike
from napari_phy.views.movie_regions import Baseline, Regions
from napari_phy.views.movie_responses import CellPairs, compute_averages, compute_cell_pairs, compute_correlations
from napari_phy.views.timed_movie import TimedMovie

What = Literal["average", "correlation", "cells"]


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """What was computed.

    Attributes
    ----------
    layers : list of LayerDataTuple
        What it becomes.
    sentences : tuple of str
        What to say of it.
    pairs : CellPairs, optional
        Pairs of clusters and cells, where these were compared.
    """

    layers: list[LayerDataTuple]
    sentences: tuple[str, ...]
    pairs: CellPairs | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MovieQuestion:
    """All that is read from layers and forms when somebody asks, so that it can be computed in another thread.

    Attributes
    ----------
    what : {'average', 'correlation', 'cells'}
        What to compute.
    clusters : tuple of int
        Those whose spikes count.
    source : TimedMovie
        The frames on their clock.
    lags : ndarray of int64
        Frames around a spike.
    movie : Image
        The layer of the frames.
    cells : Labels or Shapes, optional
        The layer of the regions.
    regions : Regions, optional
        What is averaged, or compared; None: all pixels.
    minus_mean : bool, default True
        Whether averages are without the mean of all frames.
    baseline : Baseline, optional
        How ΔF/F is made.
    """

    what: What
    clusters: tuple[int, ...]
    source: TimedMovie
    lags: npt.NDArray[np.int64]
    movie: Image
    cells: Labels | Shapes | None = None
    regions: Regions | None = None
    minus_mean: bool = True
    baseline: Baseline = Baseline()  # noqa: RUF009  # a frozen value

    def compute(self, session: SessionLike, on_progress: OnProgress) -> Computed:
        """Return what is asked; where cells are compared, there are regions."""
        clusters, source, lags = self.clusters, self.source, self.lags
        if self.what == "average":
            averages = compute_averages(
                session,
                clusters,
                source,
                lags,
                regions=self.regions,
                minus_mean=self.minus_mean,
                on_progress=on_progress,
            )
            return Computed(average_layers(averages, self.movie, self.regions), averages.sentences)
        if self.what == "correlation":
            correlations = compute_correlations(session, clusters, source, lags, on_progress=on_progress)
            return Computed(correlation_layers(correlations, self.movie), correlations.sentences)
        assert self.regions is not None
        pairs = compute_cell_pairs(
            session, clusters, source, self.regions, lags, baseline=self.baseline, on_progress=on_progress
        )
        return Computed(cell_correlation_layers(pairs, self.regions, self.movie), pairs.sentences, pairs)

    def is_there(self, session: Session, layers: Container[Layer]) -> bool:
        """Return whether its layers and clusters are there still, and the movie is on the same clock."""
        has_layers = self.movie in layers and (self.cells is None or self.cells in layers)
        has_clusters = all(cluster in session.manager for cluster in self.clusters)
        return has_layers and has_clusters and clock_of(self.movie, session.clocks) == self.source.clock
