"""Pictures of all spikes: raster, drift and density of 10 million, from the columns kept in the side folder."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from data_set import RESULTS
from harness import SEED, Limit, Row, Side, Size, Watch, random_clusters

from subjects.large import forget_peak, memory_bytes

SIZE = Size(n_repeats=60)
HAS_PEER = False
_RATE, _DURATION_S, _N_CHANNELS, _N_PER_CHANNEL = 30_000.0, 3600.0, 32, 1
_WIDTH, _HEIGHT = 1400, 400
ROWS = (
    Row("columns of all spikes, made of features of 32 channels", "make"),
    Row("  read again", "read", Limit(0.5)),
    Row("raster appears", "raster", Limit(1.0)),
    Row("  a pan or zoom, p95", "raster pan", Limit(0.050)),
    Row("  after a merge", "raster merge", Limit(0.020)),
    Row("drift appears", "drift", Limit(1.0)),
    Row("  a pan or zoom, p95", "drift pan", Limit(0.050)),
    Row("  with another selection", "drift selection", Limit(0.050)),
    Row("density layer appears", "density", Limit(1.0)),
    Row("  a pan or zoom, p95", "density pan", Limit(0.050)),
    Row("memory of all that, beyond times and clusters", "memory", Limit(400e6), unit="B"),
)


class _Rows:
    """Features or masks of any number of spikes that take no memory: one block again and again."""

    def __init__(self, n_spikes: int, n_columns: int) -> None:
        self.shape = (n_spikes, n_columns)
        rng = np.random.default_rng(SEED)
        self._block = (rng.random((50_000, n_columns)) ** 8).astype(np.float32)

    def __getitem__(self, some: slice) -> np.ndarray:
        return self._block[np.arange(some.start, some.stop) % len(self._block)]


def measure(side: Side, size: Size, watch: Watch) -> None:
    from napari_phy.core.cluster_manager import ClusterManager

    rng = np.random.default_rng(SEED)
    samples = np.sort(rng.integers(0, round(_DURATION_S * _RATE), size.n_spikes))
    manager = ClusterManager(random_clusters(size))
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as folder:
        forget_peak()
        before = memory_bytes("VmRSS")
        session = _session(Path(folder), samples, manager, size)
        _raster(session, size, watch)
        _drift(session, size, watch)
        _density(session, size, watch)
        if before is not None:
            watch.add("memory", (memory_bytes("VmHWM") or 0) - before)


def _session(folder: Path, samples: np.ndarray, manager, size: Size) -> SimpleNamespace:
    """Return what the views ask for, on features that come from nowhere."""
    from napari_phy.core.probe import Probe

    (folder / "large.kwx").touch()
    model = SimpleNamespace(
        path=folder / "large.kwik", feature_file=folder / "large.kwx", name="large.kwik",
        channel_group=0, n_spikes=size.n_spikes, n_channels=_N_CHANNELS,
        features=_Rows(size.n_spikes, _N_CHANNELS * _N_PER_CHANNEL), masks=_Rows(size.n_spikes, _N_CHANNELS),
        probe=Probe(np.arange(_N_CHANNELS), np.stack([np.zeros(_N_CHANNELS), 20.0 * np.arange(_N_CHANNELS)], axis=1)),
        file_order=None, spike_samples=samples, sample_rate=_RATE, duration=_DURATION_S, missing=(), waveforms=None,
    )  # fmt: skip
    return SimpleNamespace(model=model, manager=manager, range_s=(0.0, _DURATION_S))


def _windows(size: Size) -> list[tuple[float, float]]:
    """Return stretches of every length, from a second to almost everything."""
    rng = np.random.default_rng(SEED)
    lengths = np.exp(rng.uniform(0, np.log(0.95 * _DURATION_S), size.n_repeats))
    starts = rng.uniform(0, _DURATION_S - lengths)
    return list(zip(starts.tolist(), (starts + lengths).tolist(), strict=True))


def _p95(watch: Watch, key: str, work, size: Size) -> None:
    own = Watch()
    for window in _windows(size):
        own.time(key, work, window)
    found = own.samples[key]
    watch.add(key, *(float(np.quantile([getattr(one, name) for one in found], 0.95)) for name in ("wall", "cpu")))


def _raster(session, size: Size, watch: Watch) -> None:
    from napari_phy.views.pictures import blank, draw_raster
    from napari_phy.views.raster import RasterCounts, trains_of

    counter = RasterCounts()

    def paint(window) -> None:
        trains, ids = trains_of(session), session.manager.cluster_ids
        image = blank(_WIDTH, _HEIGHT, "#15171c")
        selected = np.zeros(len(ids), dtype=bool)
        selected[:3] = True
        colors = ["#5a616d"] * len(ids)
        counts = counter.get(trains, *window, _WIDTH)
        draw_raster(image, counts, trains.rows_of_slots(ids), colors, selected, _HEIGHT / len(ids), 0.0)

    watch.time("raster", paint, (0.0, _DURATION_S))
    _p95(watch, "raster pan", paint, size)
    paint((0.0, _DURATION_S))
    for _ in range(9):
        session.manager.merge(session.manager.cluster_ids[:2])
        watch.time("raster merge", paint, (0.0, _DURATION_S))
    for _ in range(9):
        session.manager.undo()


def _drift(session, size: Size, watch: Watch) -> None:
    from napari_phy.storage import spike_columns
    from napari_phy.storage.spike_columns import SpikeColumnStore
    from napari_phy.views.drift import DriftRequest, compute_drift, drift_cells, drift_points
    from napari_phy.views.frame import Frame
    from napari_phy.views.pictures import blank, draw_cells, draw_points, ramp_of

    spike_columns.CACHED_FROM = 0
    watch.time("make", SpikeColumnStore(session.model).get)
    session.columns = SpikeColumnStore(session.model)
    watch.time("read", session.columns.get)
    ramp = ramp_of(["#15171c", "#2a6f97", "#f4e9a8"])
    data = compute_drift(session, DriftRequest(0))

    def paint(window, clusters=(0, 1, 2)) -> None:
        image = blank(_WIDTH, _HEIGHT, "#15171c")
        draw_cells(image, drift_cells(data, window, data.depth_range, _WIDTH // 2, _HEIGHT // 2), ramp, 2)
        points = drift_points(session, data, clusters, window, data.depth_range)
        frame = Frame(0, 0, _WIDTH, _HEIGHT, window, data.depth_range)
        draw_points(image, points, frame, ["#2e93fa", "#fbb00f", "#e43d7b"], 1.0)

    watch.time("drift", lambda: paint((0.0, _DURATION_S)))
    _p95(watch, "drift pan", paint, size)
    for first in range(3, 30, 3):
        watch.time("drift selection", paint, (0.0, _DURATION_S), (first, first + 1, first + 2))


def _density(session, size: Size, watch: Watch) -> None:
    from napari_phy.layers.density import density_layer

    levels, _, _ = watch.time("density", density_layer, session, session.columns.get(), 1.0)

    def look(window) -> None:
        level = next(
            (one for one in reversed(levels) if one.factor <= (window[1] - window[0]) * _RATE / _WIDTH), levels[0]
        )
        start, stop = (int(edge * _RATE / level.factor) for edge in window)
        level[:, start:stop]

    _p95(watch, "density pan", look, size)
