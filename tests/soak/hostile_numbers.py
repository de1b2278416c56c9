"""Runs every compiled loop on numbers that nobody measured; in a process of its own, whose numba is set up for it.

With NUMBA_DISABLE_JIT=1 the loops run as Python, which refuses to make an integer of what is none; with
NUMBA_BOUNDSCHECK=1 they are compiled, and each index is checked. Prints the loops that Python did not run.
"""

import ast
import sys
from pathlib import Path

import numpy as np

import napari_phy
from napari_phy.core._counting_sort import counting_sort
from napari_phy.core.array_samples import ArraySamples
from napari_phy.stats._bin_extremes import fill_extremes, fill_joined
from napari_phy.stats._pair_counts import count_followers
from napari_phy.stats._whitened_distances import add_whitened_distances
from napari_phy.stats.extremes import bin_extremes, join_bins
from napari_phy.stats.incremental_correlograms import IncrementalCorrelograms
from napari_phy.stats.spike_counts import column_edges, count_cells, count_labels
from napari_phy.timeline._pulse_loops import choose_pulses
from napari_phy.views._picture_loops import draw_lines
from napari_phy.views.drift import DriftPoints
from napari_phy.views.frame import Frame
from napari_phy.views.pictures import draw_colors, draw_points, draw_raster, draw_traces
from napari_phy.views.trace_lines import Columns, make_lines

PACKAGE = Path(napari_phy.__file__).parent
HOSTILE = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, -1e-40, 0, 1, -250], np.float32)
N_TRIALS = 12


def kernels():
    """Return {(file, name)} of all loops that numba compiles; the one that calls the system is no Python at all."""
    return {
        (path.name, node.name)
        for path in PACKAGE.rglob("*.py")
        if path.name != "_read_runs.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and any("compiled" in ast.unparse(each) for each in node.decorator_list)
    }


def draw(rng):
    """Draw traces, drift and rasters."""
    image = np.zeros((30, 40, 4), np.uint8)
    low, high = rng.choice(HOSTILE, (2, 4, 50))
    floats = [0.0, 20.0, 1e300, -1e300, np.nan, np.inf]
    lines = make_lines(
        rng.integers(0, 4, 5), rng.integers(0, 40, 5), rng.integers(1, 20, 5), rng.choice(floats, 5),
        rng.choice(floats), np.full((5, 3), 100), np.full(5, 0.7),
    )  # fmt: skip
    columns = Columns(rng.choice([0.0, -5.0, 3.3, 1e300]), rng.choice([0.3, 1.0, 7.0, 1e300]))
    draw_traces(image, low, high, lines, columns, 1.5)
    draw_lines(image, low, high, lines[:, [0, 1, 2, 3, 4, 5, 6, 7, 4]], 0.0, 1.0, np.float32(np.nan))
    counts = rng.integers(0, 3, (20, 15)).astype(np.int32)
    draw_colors(image, counts, rng.choice(HOSTILE, (20, 15, 3)), 2)
    n = 6
    places = np.clip(rng.choice(HOSTILE, (2, n)).astype(np.float64), -1e6, 1e6)
    places[~np.isfinite(places)] = 0
    points = DriftPoints(np.arange(n), places[0], places[1], np.zeros(n, np.int32), n)
    draw_points(image, points, Frame(0, 0, 40, 30, (0, 10), (0, 10)), ["#ff8800"], 2.0)
    rows = np.arange(15, dtype=np.int32) - 1
    for marker in ("bar", "dot"):
        chosen = np.arange(14) % 2 == 0
        draw_raster(image, counts[:, :15], rows, ["#112233"] * 14, chosen, 3.0, 2.0, marker)


def count(rng):
    """Summarise traces, count spikes in cells, pairs and clusters."""
    samples = rng.choice(HOSTILE, (103, 3))
    for traces in (samples, ArraySamples(samples)[:]):
        extremes = bin_extremes(traces, 4)
        join_bins(extremes, 5)
        fill_extremes(traces, 4, extremes)  # those two are compiled in their own time
        fill_joined(extremes, 5, np.empty((6, *extremes.shape[1:]), extremes.dtype))
    times = np.sort(rng.choice([0, 1, 5, 400, 401, 2**40, 2**53 - 1], 50)).astype(np.int64)
    edges = column_edges(times, rng.choice([0.0, -1e300, 3.0]), rng.choice([1.0, 1e17, 1e300]), 9)
    count_labels(edges, rng.integers(-3, 9, 50), 4)
    count_cells(edges, rng.choice(HOSTILE, 50), rng.choice(HOSTILE, 50), (-3.0, 300.0), 7)
    places = rng.integers(0, 4, 50).astype(np.uint16)
    count_followers(times, places, np.arange(50), 3, np.zeros((4, 4, 5), np.int64))
    kept = IncrementalCorrelograms(times, 3, 5)
    kept.follow(places, 4)
    kept.follow(np.where(np.arange(50) % 7 == 0, 0, places), 4)
    numbers = rng.integers(0, 6, 80).astype(np.int32)
    counting_sort(numbers, np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=6))]))


def compare(rng):
    """Measure the distances of a mean under Gaussians."""
    cores = rng.integers(0, 6, (4, 3))
    means, whitenings = rng.choice(HOSTILE, (4, 6)).astype(np.float64), rng.choice(HOSTILE, (4, 3, 3))
    add_whitened_distances(means[:3], np.array([3, 0]), means, cores, whitenings, np.zeros((3, 2)))


def match(rng):
    """Put pulses on a grid."""
    times = np.sort(rng.choice([0.0, 1e-9, 0.1, 0.2, 0.3, 50.0, 1e9], 40))
    intervals = rng.choice([1e-6, 0.1, 1e9], 40)
    costs = rng.choice([0.0, 1.0, 1e300], 40)
    choose_pulses(times, intervals, 0.01, costs, doubled=(1.0, 0.3), gap_cost=3.0, jump_cost=12.0)


def main():
    """Run all, and tell which loops were not."""
    seen = set()

    def note(frame, event, _):
        if event == "call":
            seen.add((Path(frame.f_code.co_filename).name, frame.f_code.co_name))

    sys.setprofile(note)
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        for _ in range(N_TRIALS):
            draw(rng)
            count(rng)
            compare(rng)
            match(rng)
    sys.setprofile(None)
    sys.stdout.writelines(f"{file} {name}\n" for file, name in sorted(kernels() - seen))


if __name__ == "__main__":
    main()
