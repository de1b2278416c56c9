"""Layouts of a large sparse table of features: the three ways in which views read it, and a session that does."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import store_picture
from data_set import RESULTS, masked_set
from harness import Limit, Row, Side, Size, Watch
from store_layouts import LAYOUTS, N_VALUES, Layout, Ours, Spikes

from napari_phy import FeatureStore, open_session
from napari_phy.stats.lasso import points_in_polygon
from napari_phy.storage.feature_store.stored_features import StoredFeatures
from napari_phy.views.features import FeatureAxis, FeatureRequest, compute_features, feature_points, spikes_in_lasso

N_COLUMNS = 10_000
SIZE = Size(n_spikes=int(os.environ.get("FEATURE_STORE_SPIKES", "10_000_000")), n_repeats=20)
HAS_PEER = False
_LONGEST_S = 6.0  # that one row of the table is measured for
_PATTERNS = ("view", "split", "matrix")
_LIMITS = {"view cold": 10, "view warm": 2, "split cold": 25, "split warm": 12, "matrix cold": 10, "matrix warm": 2}
ROWS = (
    Row("building, against writing as many bytes in one piece", "build", Limit(1 / 0.6, "ours / theirs"), "write"),
    *(
        Row(
            f"{pattern} {state}" + (" (theirs: reading as many bytes)" if state == "cold" else ""),
            f"{pattern} {state}",
            Limit(_LIMITS[f"{pattern} {state}"] / 1000),
            f"{pattern} bare" if state == "cold" else None,
        )
        for pattern in _PATTERNS
        for state in ("cold", "warm")
    ),
    Row(
        "views and rows of 30 units in turn (theirs: with 1/10 of the memory)",
        "30 units",
        Limit(1.0, "ours / theirs"),
        "30 units, 1/10",
    ),
    Row("session: features of a cluster of 50 000 spikes, warm", "features", Limit(0.06)),
    Row("session: lasso over all spikes of a cluster of 1 M (theirs: shapely, without reading)", "lasso", Limit(0.1)),
    Row("the same against shapely", "lasso", Limit(1.0, "ours / theirs"), "shapely"),
)
_CLUSTERS = {7: 0.005, 8: 0.1}  # shares of the spikes


def measure(side: Side, size: Size, watch: Watch) -> None:
    found: dict[str, dict[str, list[float]]] = {}
    only = os.environ.get("FEATURE_STORE_ONLY", "")
    for kind in LAYOUTS:
        if only and only not in kind.title:
            continue
        layout = kind()
        spikes = Spikes(max(2_000, size.n_spikes // layout.shrink), N_COLUMNS if size.n_spikes > 100_000 else 200)
        with _folder() as folder:
            found[layout.title] = _measured(layout, spikes, folder, size, watch)
    if only in {"", "session"}:
        _measure_session(size, watch)
    if not found:
        return
    watch.notes.append(_text(found, size))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "feature_store.svg").write_text(store_picture.draw(found), encoding="utf-8")


def _measure_session(size: Size, watch: Watch) -> None:
    """Time what views do with a session that reads its features from a store."""
    size = replace(size, n_clusters=500 if size.n_spikes > 100_000 else 20)
    with masked_set(size, _CLUSTERS) as path, open_session(path) as session:
        stored = StoredFeatures.of(session.model)
        if stored is not None:
            stored.build()
        of_one, of_many = (
            FeatureRequest((cluster,), *_axes(session, cluster), n_spikes_max=50_000) for cluster in _CLUSTERS
        )
        angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        edge = np.column_stack([np.cos(angles), np.sin(angles)]) * 4 * (1 + 0.2 * np.sin(5 * angles))[:, None]
        points = feature_points(session, of_many.axes, session.manager.spikes(8))
        points_in_polygon(points, edge)  # which compiles its loop
        edge += np.nanmedian(points, axis=0)
        for is_timed in (False, False, True, True, True, True, True):
            time.sleep(0 if is_timed or size.n_spikes < 100_000 else 5)  # while loops are compiled
            timed = watch.time if is_timed else lambda _, work, *arguments: work(*arguments)
            timed("features", compute_features, session, of_one)
            inside = timed("lasso", spikes_in_lasso, session, of_many, edge)
            theirs = timed("shapely", _inside_by_shapely, points, edge)
        if not np.array_equal(inside, session.manager.spikes(8)[theirs]):
            raise SystemExit("The lasso and shapely differ.")


def _axes(session: Any, cluster: int) -> tuple[FeatureAxis, FeatureAxis]:
    """Return the first feature of two channels that have spikes of a cluster."""
    row = session.model.features[session.manager.spikes(cluster)[:1]][0]
    first, second, *_ = np.unique(np.flatnonzero(row) // session.model.n_features_per_channel).tolist()
    return FeatureAxis("feature", first), FeatureAxis("feature", second)


def _inside_by_shapely(points: Any, edge: Any) -> Any:
    import shapely

    polygon = shapely.Polygon(edge)
    shapely.prepare(polygon)
    return shapely.contains_xy(polygon, points[:, 0], points[:, 1])


def _measured(layout: Layout, spikes: Spikes, folder: Path, size: Size, watch: Watch) -> dict[str, list[float]]:
    """Return {pattern and state: seconds} of a layout, which is built first."""
    is_ours = isinstance(layout, Ours)
    if is_ours:
        with _folder() as other:
            layout.build(Spikes(1000, 200), other)  # which compiles its loops
    written = _bytes_written()
    start = time.perf_counter()
    layout.build(spikes, folder)
    os.sync()
    found = {"build": [time.perf_counter() - start]}
    n_bytes = sum(file.stat().st_size for file in folder.iterdir())
    found["bytes"] = [float(n_bytes)]
    if is_ours:
        n_bytes = max(n_bytes, _bytes_written() - written)
        watch.add("build", found["build"][0])
        watch.add("write", _write_time(folder, n_bytes))
    rng = np.random.default_rng(1)
    if is_ours and size.n_spikes > 100_000:
        for pattern in _PATTERNS:
            _times(layout, spikes, folder, pattern, False, 1, rng)
        time.sleep(5)  # a thread compiles what was needed
    for state in ("cold", "warm"):
        for pattern in _PATTERNS:
            key = f"{pattern} {state}"
            found[key] = _times(layout, spikes, folder, pattern, state == "cold", size.n_repeats, rng)
            if is_ours:
                for seconds in found[key]:
                    watch.add(key, seconds)
    if is_ours:
        _compare_ours(folder, size, watch, rng)
    return found


def _compare_ours(folder: Path, size: Size, watch: Watch, rng: Any) -> None:
    """Time our store with much and little memory, and bare reads of as many bytes."""
    for _ in range(3):
        for key, n_bytes in (("30 units", 2**27), ("30 units, 1/10", 2**27 // 10)):
            watch.add(key, _units_in_turn(folder, n_bytes, np.random.default_rng(2)))
    for pattern in _PATTERNS:
        for _ in range(size.n_repeats):
            watch.add(f"{pattern} bare", _bare_time(folder, pattern, rng))


def _times(
    layout: Layout, spikes: Spikes, folder: Path, pattern: str, is_cold: bool, n_repeats: int, rng: Any
) -> list[float]:
    """Return how long queries of fresh random rows take, the file in memory or not."""
    n_rows = {"view": 10_000, "split": 50_000, "matrix": 10_000}[pattern]
    unit = int(rng.integers(spikes.n_units))
    times: list[float] = []
    begun = time.perf_counter()
    layout.open(folder)
    while len(times) < n_repeats + (not is_cold) and (len(times) < 2 or time.perf_counter() - begun < _LONGEST_S):
        ids = _rows(spikes.shape[0], n_rows, pattern, rng)
        if is_cold:
            layout.close()
            _drop(folder)
            layout.open(folder)
            unit = int(rng.integers(spikes.n_units))
        columns = [unit * 20, unit * 20 + 3]
        query: Callable[[], Any] = (
            (lambda ids=ids: layout.matrix(ids))
            if pattern == "matrix"
            else (lambda ids=ids, columns=columns: layout.columns(ids, columns))
        )
        start = time.perf_counter()
        query()
        times.append(time.perf_counter() - start)
    layout.close()
    return times if is_cold else times[1:]


def _bare_time(folder: Path, pattern: str, rng: Any) -> float:
    """Return how long it takes to read as many bytes as a cold query does, each file in one piece and no check."""
    sizes = {name: (folder / f"{name}.bin").stat().st_size for name in ("columns", "index", "sample")}
    wanted = {"sample": sizes["sample"]}
    if pattern != "matrix":
        wanted = {"index": sizes["index"], "columns": 2 * sizes["columns"] // N_COLUMNS}
    _drop(folder)
    seconds = 0.0
    for name, n_bytes in wanted.items():
        place = int(rng.integers(sizes[name] - n_bytes + 1))
        descriptor = os.open(folder / f"{name}.bin", os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)
        start = time.perf_counter()
        os.pread(descriptor, n_bytes, place)
        seconds += time.perf_counter() - start
        os.close(descriptor)
    return seconds


def _units_in_turn(folder: Path, n_bytes: int, rng: Any) -> float:
    """Return the time of two rounds of looking at 30 units, the second of which may find the first in memory."""
    store = FeatureStore(folder, cache_bytes=n_bytes)
    asked = [
        (np.unique(rng.integers(0, store.shape[0], 2_000)), [unit * N_VALUES, unit * N_VALUES + 3])
        for unit in rng.permutation(store.shape[1] // N_VALUES)[:30].tolist()
    ]
    _drop(folder)
    start = time.perf_counter()
    for ids, columns in asked * 2:
        store.columns(ids, columns)
        store.sparse(ids)
    seconds = time.perf_counter() - start
    store.close()
    return seconds


def _rows(n_spikes: int, n_rows: int, pattern: str, rng: Any) -> Any:
    """Return ascending spikes: evenly spaced for a matrix, else random."""
    if pattern == "matrix":
        n_rows = min(n_rows, n_spikes)
        return (np.arange(n_rows) * n_spikes + n_spikes // 2) // n_rows
    return np.unique(rng.integers(0, n_spikes, n_rows))


def _text(found: dict[str, dict[str, list[float]]], size: Size) -> str:
    """Return a table of p50 and p95 in ms."""
    keys = [f"{pattern} {state}" for pattern in _PATTERNS for state in ("cold", "warm")]
    lines = [
        "",
        f"{size.n_spikes / 1e6:g} M spikes × {N_COLUMNS} columns, 20 values each; p50 / p95 in ms",
        "| layout | spikes | GB | built in s | " + " | ".join(keys) + " |",
        "|---|---|---|---|" + "---|" * len(keys),
    ]
    shrinks = {kind.title: kind.shrink for kind in LAYOUTS}
    for title, samples in found.items():
        cells = [f"{_ms(samples[key], 50)} / {_ms(samples[key], 95)}" for key in keys]
        n_spikes = size.n_spikes / shrinks[title]
        head = f"| {title} | {n_spikes / 1e6:g} M | {samples['bytes'][0] / 1e9:.2f} | {samples['build'][0]:.0f} | "
        lines.append(head + " | ".join(cells) + " |")
    return "\n".join(lines)


def _ms(seconds: list[float], percent: float) -> str:
    value = 1000 * float(np.percentile(seconds, percent))
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


@contextmanager
def _folder() -> Iterator[Path]:
    RESULTS.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=RESULTS))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _drop(folder: Path) -> None:
    """Let the system forget what it has of files in memory."""
    for file in folder.iterdir():
        descriptor = os.open(file, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def _bytes_written() -> int:
    """Return the bytes that this process has written to files until now."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar"))


def _write_time(folder: Path, n_bytes: int) -> float:
    """Return how long it takes to write so many bytes in one piece, from the writing of 1 GB of them."""
    block = np.random.default_rng(0).integers(0, 256, 2**24, dtype=np.uint8)
    n_blocks = max(1, min(n_bytes, 2**30) // len(block))
    os.sync()
    start = time.perf_counter()
    with (folder / "written").open("wb") as file:
        for _ in range(n_blocks):
            file.write(block.data)
        file.flush()
        os.fsync(file.fileno())
    seconds = time.perf_counter() - start
    (folder / "written").unlink()
    return seconds * n_bytes / (n_blocks * len(block))
