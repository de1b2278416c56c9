"""Runs every compiled loop on numbers that nobody measured; in a process of its own, whose numba is set up for it.

With NUMBA_DISABLE_JIT=1 the loops run as Python, which refuses to make an integer of what is none; with
NUMBA_BOUNDSCHECK=1 they are compiled, and each index is checked. Prints the loops that Python did not run.
"""

import ast
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import napari_phy
from napari_phy.core._counting_sort import counting_sort
from napari_phy.core.array_samples import ArraySamples
from napari_phy.core.probe import Probe
from napari_phy.sorting import RawTraces
from napari_phy.sorting.detection import DetectedSpikes
from napari_phy.sorting.klustakwik.klustakwik2 import KlustaKwik2
from napari_phy.sorting.klustakwik.masked_features import MaskedFeatures
from napari_phy.sorting.matched.detector import MatchedSpikeDetekt
from napari_phy.sorting.matched.kernel import Kernel, Neighbours, peaks_of, shapes_at
from napari_phy.sorting.spikedetekt.filtering import ChunkFilter
from napari_phy.sorting.spikedetekt.flood import adjacency, find_components, masks_at
from napari_phy.sorting.spikedetekt.thresholds import add_sizes, empty_counts, thresholds_of
from napari_phy.sorting.spikedetekt.waveforms import cut_waveforms, moments_of, project
from napari_phy.sorting.templates.refinement import TemplateSubtraction
from napari_phy.stats._bin_extremes import fill_extremes, fill_joined
from napari_phy.stats._crossings import mark_inside
from napari_phy.stats._pair_counts import count_around, count_followers
from napari_phy.stats._whitened_distances import add_whitened_distances
from napari_phy.stats.extremes import bin_extremes, join_bins
from napari_phy.stats.incremental_correlograms import IncrementalCorrelograms
from napari_phy.stats.lasso import edges_by_band
from napari_phy.stats.spike_counts import column_edges, count_cells, count_labels
from napari_phy.storage.feature_store._loops import look_up, sum_records, take_apart
from napari_phy.storage.feature_store.store import FeatureStore
from napari_phy.timeline._pulse_loops import choose_pulses
from napari_phy.views._picture_loops import draw_lines
from napari_phy.views.drift import DriftPoints
from napari_phy.views.frame import Frame
from napari_phy.views.pictures import draw_colors, draw_points, draw_raster, draw_traces
from napari_phy.views.trace_lines import Columns, make_lines

PACKAGE = Path(napari_phy.__file__).parent
HOSTILE = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, -1e-40, 0, 1, -250], np.float32)
N_TRIALS = 12
RATE, PROBE = 20_000.0, Probe([0, 1, 2], edges=[(0, 1), (1, 2)])


def kernels():
    """Return {(file, name)} of all loops that numba compiles; the one that calls the system is no Python at all."""
    return {
        (str(path), node.name)
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
    count_around(times, places, np.arange(50), np.arange(4), 3, 5, 400, np.zeros((2, 4, 4), np.int64))
    kept = IncrementalCorrelograms(times, 3, 5)
    kept.follow(places, 4)
    kept.follow(np.where(np.arange(50) % 7 == 0, 0, places), 4)
    numbers = rng.integers(0, 6, 80).astype(np.int32)
    counting_sort(numbers, np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=6))]))


def compare(rng):
    """Look which points are in a polygon, and measure the distances of a mean under Gaussians."""
    bands = edges_by_band(rng.choice([-1e308, -3e38, -1.0, 0.0, 1e-320, 2.0, 1e308], (9, 2)))
    if bands:
        mark_inside(rng.choice(HOSTILE, (50, 2)), *bands, np.empty(50, bool))
    cores = rng.integers(0, 6, (4, 3))
    means, whitenings = rng.choice(HOSTILE, (4, 6)).astype(np.float64), rng.choice(HOSTILE, (4, 3, 3))
    add_whitened_distances(means[:3], np.array([3, 0]), means, cores, whitenings, np.zeros((3, 2)))


def match(rng):
    """Put pulses on a grid."""
    times = np.sort(rng.choice([0.0, 1e-9, 0.1, 0.2, 0.3, 50.0, 1e9], 40))
    intervals = rng.choice([1e-6, 0.1, 1e9], 40)
    costs = rng.choice([0.0, 1.0, 1e300], 40)
    choose_pulses(times, intervals, 0.01, costs, doubled=(1.0, 0.3), gap_cost=3.0, jump_cost=12.0)


def detect(rng):
    """Filter voltage, find spikes and what they look like, also at and beyond the ends."""
    n_samples = rng.choice([0, 1, 2, 3, 40])
    sign, join_size, reach, before, after, is_single = rng.integers([-1, 0, 0, 0, 1, 0], [2, 9, 5, 4, 5, 2]).tolist()
    adjacent, borders = adjacency([PROBE]), [-1e9, -0.6, 0, 0.5, n_samples - 1, n_samples - 0.4, n_samples, 1e9]
    of_integers = rng.choice(np.array([-(2**15), 0, 2**15 - 1], np.int16), (n_samples, 3))
    voltage = rng.choice(HOSTILE, (n_samples, 3))
    for raw in (of_integers, voltage):
        filtered = ChunkFilter(300.0, 6000.0, 3, RATE).apply(raw, np.array([2, 0, 1]))
        for values in (filtered, voltage):
            add_sizes(empty_counts(3, is_single=bool(is_single)), values, rng.choice([False, True], 3))
            thresholds = thresholds_of(rng.choice([np.nan, np.inf, 0.0, 1e-12, 1.0, 1e12], 3), 2.0, 4.5)
            find_components(values, thresholds, adjacent, sign=sign, join_size=join_size, weight_power=2.0)
            times, some = rng.choice(borders, 6), slice(1, 3)
            masks = masks_at(values, thresholds, adjacent, some, times, sign=sign, join_size=join_size, reach=reach)
            waveforms = cut_waveforms(values, some, times, before, after)
            moments_of(waveforms, masks)
            project(waveforms, rng.choice(HOSTILE, (2, *waveforms.shape[1:])))
            searched = Kernel(rng.choice(HOSTILE, 6), before).apply(values)
            shapes_at(values, peaks_of(searched, sign, thresholds.weak, Neighbours.of(adjacent), reach), before, after)


def cluster(rng):
    """Cluster spikes from anywhere, some of which nobody can have measured."""
    features = rng.choice([1e-40, 0, 1, -250, 1e12], (60, 6)).astype(np.float32)
    features[rng.random(60) < 0.1] = rng.choice(HOSTILE, 6)
    masks = rng.choice([0, 0.3, 1, 2, -1, np.nan, np.inf], (60, 3)).astype(np.float32)
    algorithm = KlustaKwik2(
        points_for_cluster_mask=float(rng.choice([1, 10])), prior_point=float(rng.choice([0.01, 1000])),
        use_mua_cluster=bool(rng.integers(2)), break_fraction=1.0, max_iterations=3,
    )  # fmt: skip
    algorithm.fit(MaskedFeatures.of(features, masks), rng.choice([0, 1, 2, 7], 60))


def explain(rng):
    """Detect spikes, also at the very ends and some far too large, and explain them by templates of any of them."""
    n_samples = 300
    voltage = rng.normal(0, 1, (n_samples, 3)).astype(np.float32)
    times = np.sort(rng.choice([0, 1, 20, 60, 64, 150, 280, n_samples - 1], 8)).astype(np.float64)
    for time in times.astype(int):
        voltage[max(0, time - 2) : time + 3] -= rng.choice([30, 1e6, 1e12])
    voltage[rng.integers(0, n_samples, 9), rng.integers(0, 3, 9)] = rng.choice(HOSTILE, 9)
    raw = RawTraces(voltage, RATE, PROBE)
    detector = MatchedSpikeDetekt(chunk_size_seconds=0.01, chunk_overlap_seconds=0.001).fit(raw)
    masks, labels = rng.choice([0, 1], (8, 3)).astype(np.float32), rng.integers(0, 5, 8).astype(np.int32)
    spikes = DetectedSpikes(PROBE, times, masks, np.zeros((8, 3, 1), np.float32), labels)
    explanation = TemplateSubtraction(least_spikes=1, least_norm=1.0, least_gain=0.0, before_ms=0.2, after_ms=0.2)
    explanation.fit(raw, {0: spikes}, detector.plan_)


def store(rng):
    """Build a store of features, few of which are 0."""
    table = np.where(rng.random((30, 7)) < 0.3, rng.choice(HOSTILE, (30, 7)), np.float32(0))
    with TemporaryDirectory() as folder:
        found = FeatureStore.build(table, folder, memory_bytes=600)
        np.testing.assert_array_equal(found.rows(slice(None)), table)
        found.close()
    words = rng.integers(0, 2**32, (20, 7), dtype=np.uint32)
    sum_records(words, rng.integers(0, 2**64, 7, dtype=np.uint64), words[:, 0])
    of_columns, none = words[:, 1:3].view(np.uint16), np.uint16(2**16 - 1)
    take_apart(
        of_columns, words[:, 3:].view(np.float32), none, np.empty(20, int), np.empty(80, np.uint32), np.empty(80)
    )
    ids = np.sort(rng.choice(np.array([0, 1, 2**31, 2**32 - 1], np.uint32), 9))
    look_up(np.unique(ids), rng.choice(HOSTILE, 4), ids, np.empty(9, np.float32))


def main():
    """Run all, and tell which loops were not."""
    seen = set()

    def note(frame, event, _):
        if event == "call":
            seen.add((frame.f_code.co_filename, frame.f_code.co_name))

    sys.setprofile(note)
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        for _ in range(N_TRIALS):
            draw(rng)
            count(rng)
            compare(rng)
            match(rng)
            detect(rng)
            cluster(rng)
            explain(rng)
            store(rng)
    sys.setprofile(None)
    missed = sorted(kernels() - seen)
    sys.stdout.writelines(f"{Path(file).relative_to(PACKAGE)} {name}\n" for file, name in missed)


if __name__ == "__main__":
    main()
