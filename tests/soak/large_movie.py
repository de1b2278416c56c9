"""Goes through a movie that is larger than memory, in a process of its own; prints what came out and how much it took.

`python large_movie.py KIND N_FRAMES [FILE]` with KIND "made" or "mapped".
"""

from __future__ import annotations

import json
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from napari_phy.core.progress import CancelledError
from napari_phy.stats.correlation_map import compute_correlation_map
from napari_phy.stats.movie import Movie
from napari_phy.stats.region_traces import compute_region_traces
from napari_phy.stats.triggered_average import compute_triggered_average

N_PX = 512
CELL = np.s_[100:104, 200:230]  # whose rows are one page of a file, so that of a sparse one little is written
LAG, LAGS = 2, np.arange(-1, 4)
BRIGHT, STEP = 1000, 300


def spikes_of(n_frames: int) -> np.ndarray[Any, Any]:
    """Return (n_frames,) how many spikes the neuron of the cell has in each frame."""
    return np.random.default_rng(1).poisson(0.1, n_frames)


class MadeMovie:
    """Frames of noise with one cell, each made when it is read, as any library would from a file."""

    def __init__(self, n_frames: int) -> None:
        self.shape, self.dtype = (n_frames, N_PX, N_PX), np.dtype(np.uint16)
        self.n_read = 0
        self._noise = np.random.default_rng(0).poisson(BRIGHT, (2 * N_PX, N_PX)).astype(np.uint16)
        self._spikes = np.roll(spikes_of(n_frames), LAG)

    def __getitem__(self, key: Any) -> np.ndarray[Any, Any]:
        frames, *inside = key
        made = []
        for frame in range(*frames.indices(self.shape[0])):
            start = frame * 37 % N_PX
            picture = self._noise[start : start + N_PX].copy()
            picture[CELL] += np.uint16(STEP * self._spikes[frame])
            made.append(picture[tuple(inside)])
            self.n_read += 1
        return np.array(made)


def mapped_movie(path: Path, n_frames: int) -> np.memmap[Any, Any]:
    """Write a sparse file: a cell in the dark, one page of each frame."""
    spikes = np.roll(spikes_of(n_frames), LAG)
    rows = np.zeros((4, N_PX), np.uint16)
    with path.open("wb") as file:
        file.truncate(2 * N_PX * N_PX * n_frames)
        for frame in range(n_frames):
            rows[:, CELL[1]] = BRIGHT + STEP * spikes[frame]
            file.seek(2 * N_PX * (N_PX * frame + CELL[0].start))
            file.write(rows.tobytes())
    return np.memmap(path, np.uint16, "r", shape=(n_frames, N_PX, N_PX))


def memory(kind: str) -> int:
    """Return bytes of the program's memory as Linux counts them; `ru_maxrss` counts those of who started it, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:"))


class Peak:
    """Watches how much memory is the program's own, apart from pages of files that the system may drop any time."""

    def __init__(self) -> None:
        self.own_bytes = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self.own_bytes = max(self.own_bytes, memory("RssAnon"))
            time.sleep(0.01)


def main(kind: str, n_frames: int, path: str = "") -> None:
    data: Any = MadeMovie(n_frames) if kind == "made" else mapped_movie(Path(path), n_frames)
    movie, spikes, told = Movie(data), spikes_of(n_frames)[None], []
    peak, found = Peak(), {"bytes": 2 * N_PX * N_PX * n_frames}

    def timed(name: str, work: Any) -> Any:
        told.clear()
        begin = time.perf_counter()
        result = work()
        found[f"{name} s"] = time.perf_counter() - begin
        found[f"{name} told"] = len(told)
        found[f"{name} rises to 1"] = told == sorted(told) and told[0] == 0 and told[-1] == 1
        return result

    answer = timed("map", lambda: compute_correlation_map(movie, spikes, LAGS, on_progress=told.append))
    best = np.nan_to_num(answer.correlation[0])
    found["in cell"], found["lag"] = float(best[CELL].min()), sorted(set(answer.lag[0][CELL].ravel().tolist()))
    best[CELL] = 0
    found["elsewhere"] = float(np.abs(best).max())
    work = partial(compute_triggered_average, movie, spikes, LAGS, on_progress=told.append)
    answer = timed("average", work)
    found["average is right"] = bool(answer.values[0][(slice(None), *CELL)].mean(axis=(1, 2)).argmax() == 1 + LAG)
    pixels = np.ravel_multi_index(np.mgrid[CELL], (N_PX, N_PX)).ravel()
    trace = timed("cell", lambda: compute_region_traces(movie, [pixels], on_progress=told.append))[0]
    found["trace"] = float(np.corrcoef(trace, np.roll(spikes[0], LAG))[0, 1])
    before, begin = getattr(data, "n_read", 0), time.perf_counter()

    def cancel(share: float) -> None:
        if share > 0.01:
            raise CancelledError

    try:
        compute_correlation_map(movie, spikes, LAGS, on_progress=cancel)
    except CancelledError:
        found["cancelled after s"] = time.perf_counter() - begin
        found["cancelled after frames"] = getattr(data, "n_read", 0) - before
    found["own bytes"] = peak.own_bytes
    found["all bytes"] = memory("VmHWM")
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    kind, n_frames, *path = sys.argv[1:]
    main(kind, int(n_frames), *path)
