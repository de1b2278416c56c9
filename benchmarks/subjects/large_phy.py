"""A folder of ten million spikes on 384 channels: opening it, clicking in it, and reading waveforms from far inside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from harness import SEED, Limit, Row, Side, Size, Watch
from large_folder import BEFORE, LARGE, N_CHANNELS, N_SAMPLES, large_folder

from napari_phy import open_session

SIZE = Size(n_spikes=10_000_000, n_clusters=800, n_repeats=3)
HAS_PEER = False
ON_DISPLAY = True
N_WAVEFORMS, N_FEATURES, N_CLICKS = 500, 50_000, 20
ROWS = (
    Row("reading times, clusters and templates of spikes", "arrays"),
    Row("opening the session (theirs: the row above)", "open", Limit(3.0, "ours - theirs"), "arrays"),
    Row("500 waveforms of the cluster of half of all spikes, equal to the raw file", "waveforms"),
    Row("features of 50 000 of its spikes", "features"),
    Row("click a cluster: last paint of both lists", "lists", Limit(0.05)),
    Row("click a cluster not seen before: last paint of eight views", "new", Limit(1.0)),
    Row("  p95", "new p95", Limit(1.0)),
    Row("click a cluster seen before: the same", "seen", Limit(0.15)),
    Row("  p95", "seen p95", Limit(0.3)),
    Row("click the cluster of half of all spikes", "largest", Limit(1.0)),
    Row("  the same again", "largest again", Limit(0.3)),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    with large_folder(size) as params:
        folder = params.parent
        for _ in range(size.n_repeats):
            watch.time("arrays", _read_arrays, folder)
            with watch.time("open", open_session, folder) as session:
                spikes = session.manager.spikes(LARGE)
                some = np.sort(np.random.default_rng(SEED).choice(spikes, min(N_WAVEFORMS, len(spikes)), replace=False))
                some[-1] = spikes[-1]  # the farthest
                samples = session.model.spike_samples[some]
                _compare(watch.time("waveforms", session.model.waveforms.__getitem__, some), folder, samples)
                many = spikes[:: max(1, len(spikes) // N_FEATURES)][:N_FEATURES]
                watch.time("features", session.model.features.__getitem__, many)
        _click(folder, watch)
    watch.notes.append(f"The farthest waveform begins at byte {(int(samples[-1]) - BEFORE) * N_CHANNELS * 2}.")


def _click(folder: Path, watch: Watch) -> None:
    """Click clusters in a window with eight docks."""
    from window import EightViews, open_window

    with open_window(folder / "spike_clusters.npy") as person:
        from paint_watch import PaintWatch  # with the Qt that the window has

        window = EightViews(person)
        paints = PaintWatch(window.views | window.lists, window.swaps)

        def keep(key: str, cluster: int) -> None:
            sample = paints.until_last(lambda: window.click(cluster), window.is_right, 0.1)
            watch.add(key, sample.wall, sample.cpu)
            if key in ("new", "seen"):
                watch.add("lists", max(paints.last_s[title] for title in window.lists))

        others = [cluster for cluster in window.listed() if cluster != LARGE]
        order = np.random.default_rng(SEED).permutation(others)[: 4 + N_CLICKS].tolist()
        for cluster in order[:4]:  # what is drawn first is compiled
            keep("warm-up", cluster)
        for key in ("new", "seen"):
            for cluster in order[4:]:
                keep(key, cluster)
            found = [(sample.wall, sample.cpu) for sample in watch.samples[key]]
            watch.add(f"{key} p95", *np.percentile(found, 95, axis=0).tolist())
        keep("largest", LARGE)
        keep("warm-up", order[0])
        keep("largest again", LARGE)


def _read_arrays(folder: Path) -> list[np.ndarray]:
    return [np.load(folder / f"spike_{name}.npy") for name in ("times", "clusters", "templates")]


def _compare(found: np.ndarray, folder: Path, samples: np.ndarray) -> None:
    """End the process unless waveforms are what the raw file has, read with NumPy."""
    raw = np.memmap(folder / "raw.bin", np.int16, "r").reshape(-1, N_CHANNELS)
    right = np.stack([raw[sample - BEFORE : sample - BEFORE + N_SAMPLES] for sample in samples.tolist()])
    if not np.array_equal(found, right):
        raise SystemExit("Waveforms differ from the raw file.")
