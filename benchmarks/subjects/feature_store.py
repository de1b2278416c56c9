"""Layouts of a large sparse table of features: the three ways in which views read it, and a session that does."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import store_picture
from data_set import RESULTS
from harness import Limit, Row, Side, Size, Watch
from store_layouts import LAYOUTS, Layout, Ours, Spikes

N_COLUMNS = 10_000
SIZE = Size(n_spikes=int(os.environ.get("FEATURE_STORE_SPIKES", "10_000_000")), n_repeats=20)
HAS_PEER = False
_LONGEST_S = 6.0  # that one row of the table is measured for
_PATTERNS = ("view", "split", "matrix")
_LIMITS = {"view cold": 10, "view warm": 2, "split cold": 25, "split warm": 12, "matrix cold": 10, "matrix warm": 2}
ROWS = (
    Row("building, against writing as many bytes in one piece", "build", Limit(1 / 0.6, "ours / theirs"), "write"),
    *(
        Row(f"{pattern} {state}", f"{pattern} {state}", Limit(_LIMITS[f"{pattern} {state}"] / 1000))
        for pattern in _PATTERNS
        for state in ("cold", "warm")
    ),
)


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
    watch.notes.append(_text(found, size))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "feature_store.svg").write_text(store_picture.draw(found), encoding="utf-8")


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
    for state in ("cold", "warm"):
        for pattern in _PATTERNS:
            key = f"{pattern} {state}"
            found[key] = _times(layout, spikes, folder, pattern, state == "cold", size.n_repeats, rng)
            if is_ours:
                for seconds in found[key]:
                    watch.add(key, seconds)
    return found


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
