"""Every cluster a small picture: mean waveform, autocorrelogram or firing rate; only those in sight are computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.table.numbers import format_number
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.waveform_samples import best_channels, waveform_samples
from napari_phy.views.cluster_order import Order, order_choice, order_clusters, order_told
from napari_phy.views.correlograms import CorrelogramRequest, CorrelogramSettings, compute_correlograms
from napari_phy.views.firing_rate import FiringRateRequest, FiringRateSettings, compute_firing_rates
from napari_phy.views.settings import Choice, ViewSettings

Float64 = npt.NDArray[np.float64]
Content = Literal["waveform", "autocorrelogram", "rate"]

TILE_CORRELOGRAM = CorrelogramSettings(bin_ms=1.0, window_ms=50.0)
N_RATE_BINS = 60
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class GridSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    order : str
        Order of the tiles; "list" is that of Clusters.
    content : str
        Content of a tile: "waveform", "autocorrelogram" or "rate".
    zoom : float
        Size of a tile; 1 is the usual one.
    """

    view: ClassVar[str] = "Grid"

    order: Annotated[Order, order_choice("size", "depth", "id", "list")] = "size"
    content: Annotated[
        Content,
        Choice(
            title="Content of a tile",
            of=(("Waveform", "waveform"), ("Autocorrelogram", "autocorrelogram"), ("Firing rate", "rate")),
        ),
    ] = "waveform"
    zoom: Annotated[
        float, Choice(title="Size of tiles", of=(("Small tiles", 0.7), ("Medium tiles", 1.0), ("Large tiles", 1.7)))
    ] = 1.0


@dataclass(frozen=True, slots=True)
class GridRequest:
    """What a grid asks for.

    Attributes
    ----------
    clusters : tuple of int
        All that there are tiles for, in the order of the list.
    order : Order
        Order of the tiles.
    content : {'waveform', 'autocorrelogram', 'rate'}
        Content of each tile.
    start, stop : int
        Which tiles are in sight, by their place.
    reads_features : bool, default True
        Whether depths may be read that are not known yet.
    """

    clusters: tuple[int, ...]
    order: Order
    content: Content
    start: int
    stop: int
    reads_features: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """The curve of one cluster.

    Attributes
    ----------
    values : ndarray of float64, shape (n,)
        In equal steps; empty where there is nothing to show.
    low, high : float
        What the lower and upper edge of the tile stand for.
    label : str
        The number that goes with it: `104 µV`.
    """

    values: Float64
    low: float
    high: float
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class GridData:
    """What a grid draws.

    Attributes
    ----------
    request : GridRequest
        What was asked for.
    cluster_ids : ndarray of int64, shape (n,)
        Cluster ids of all tiles, in order.
    tiles : mapping of int to Tile
        {cluster: tile} of those in sight.
    sorted_by : str, default ''
        What they are sorted by where that is not what was asked for.
    """

    request: GridRequest
    cluster_ids: npt.NDArray[np.int64]
    tiles: Mapping[int, Tile]
    sorted_by: str = ""


_tiles: SessionCache[tuple[Content, int], Tile] = SessionCache(lambda tile: tile.values.nbytes + 200)


def compute_grid(session: SessionLike, request: GridRequest, on_progress: OnProgress = no_progress) -> GridData:
    """Put the clusters in order and compute the tiles in sight that are not computed yet.

    Raises
    ------
    MissingDataError
        Tiles show waveforms and there is no raw data.
    ClusteringError
        A cluster does not exist (any more).
    """
    ids = order_clusters(session, request.clusters, request.order, reads_features=request.reads_features)
    make = _MAKERS[request.content]
    tiles: dict[int, Tile] = {}
    visible = ids[request.start : request.stop].tolist()
    for start in range(0, len(visible), _AT_ONCE):
        some = visible[start : start + _AT_ONCE]
        of_some = part_of(on_progress, start / len(visible), (start + len(some)) / len(visible))
        keys = [(request.content, cluster) for cluster in some]
        found = _tiles.get(session, keys, partial(_make, session, make, of_some))
        tiles.update({cluster: tile for (_, cluster), tile in found.items()})
    told = order_told(session, request.order, reads_features=request.reads_features)
    return GridData(request, ids, MappingProxyType(tiles), told)


_Maker = Callable[[SessionLike, list[int], OnProgress], dict[int, Tile]]


def _make(
    session: SessionLike, make: _Maker, on_progress: OnProgress, keys: list[tuple[Content, int]]
) -> dict[tuple[Content, int], Tile]:
    made = make(session, [cluster for _, cluster in keys], on_progress)
    return {(content, cluster): made[cluster] for content, cluster in keys}


def _waveforms(session: SessionLike, clusters: list[int], on_progress: OnProgress) -> dict[int, Tile]:
    """Return the mean waveform of each cluster on its channel in the list, with its amplitude there."""
    tiles = {}
    samples = waveform_samples(session, clusters, on_progress=on_progress)
    best = best_channels(session, samples)
    for cluster, sample in samples.items():
        if cluster not in best:
            tiles[cluster] = _nothing()
            continue
        values = sample.mean[:, best[cluster]].astype(np.float64)
        label = f"{format_number(float(sample.amplitudes.max()))} {session.model.unit}"
        tiles[cluster] = Tile(read_only(values), float(values.min()), float(values.max()), label)
    return tiles


def _autocorrelograms(session: SessionLike, clusters: list[int], on_progress: OnProgress) -> dict[int, Tile]:
    tiles = {}
    for done, cluster in enumerate(clusters):
        on_progress(done / len(clusters))
        counts = compute_correlograms(session, CorrelogramRequest((cluster,), TILE_CORRELOGRAM)).counts[0, 0]
        largest = int(counts.max(initial=0))
        tiles[cluster] = Tile(read_only(counts.astype(np.float64)), 0.0, float(max(largest, 1)), format_number(largest))
    return tiles


def _rates(session: SessionLike, clusters: list[int], on_progress: OnProgress) -> dict[int, Tile]:
    start_s, stop_s = session.range_s
    request = FiringRateRequest(
        tuple(clusters), FiringRateSettings(n_bins=N_RATE_BINS, start_s=start_s, stop_s=max(stop_s, start_s + 0.001))
    )
    data = compute_firing_rates(session, request, on_progress)
    return {
        cluster: Tile(read_only(rates.copy()), 0.0, float(rates.max(initial=0)) or 1.0, f"{format_number(mean, 1)} Hz")
        for cluster, rates, mean in zip(clusters, data.rates, data.mean_rates.tolist(), strict=True)
    }


def _nothing() -> Tile:
    return Tile(read_only(np.zeros(0)), 0.0, 1.0, format_number(np.nan))


_MAKERS: dict[Content, _Maker] = {"waveform": _waveforms, "autocorrelogram": _autocorrelograms, "rate": _rates}
