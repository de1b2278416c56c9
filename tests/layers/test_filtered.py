"""A filter acts on what the canvas shows of single samples, off the main thread; wide stretches stay raw."""

import threading

import numpy as np
import pytest
from patience import PATIENCE_S

from napari_phy.core.errors import ClusteringError
from napari_phy.layers.filtered import FilteredWindows
from napari_phy.layers.traces import trace_levels
from napari_phy.views.trace_source import TraceSource

RATE = 1000.0
CHANNELS = np.arange(3)


@pytest.fixture
def source():
    traces = np.random.default_rng(0).integers(-500, 500, (40_000, 3)).astype(np.int16)
    return TraceSource(traces, RATE, CHANNELS, CHANNELS, None)


class Made:
    """Windows of a filter that negates, with what happened to them."""

    def __init__(self, source):
        self.threads = []
        self.ready = threading.Event()
        self.windows = FilteredWindows(source, {"raw": None, "negated": self.negated})
        self.windows.ready.connect(self.ready.set)
        self.windows.name = "negated"

    def negated(self, samples, rate):
        self.threads.append(threading.current_thread())
        return -samples


def test_a_level_is_raw_until_the_filtered_one_is_there(source):
    made = Made(source)
    level = trace_levels(source, np.zeros(3, np.float32), filtering=made.windows)[0]
    raw = source.traces[100:200].T
    assert np.array_equal(level[:, 100:200], raw)
    assert made.ready.wait(PATIENCE_S)
    baseline = np.median(source.traces, axis=0)
    assert np.abs(level[:, 100:200] + (raw - baseline[:, None])).max() < 15  # medians of excerpts differ a little
    assert threading.main_thread() not in made.threads
    made.windows.name = "raw"
    assert np.array_equal(level[:, 100:200], raw)
    made.windows.close()


def test_wide_stretches_stay_raw(source):
    made = Made(source)
    assert made.windows.get(1, 0, 10_001) is None
    assert made.windows.get(4, 0, 2501) is None
    assert not made.ready.wait(0.2)
    made.windows.close()


def test_of_many_wishes_the_last_is_made(source):
    made = Made(source)
    for start in range(0, 5000, 10):
        made.windows.get(1, start, start + 100)
    while made.windows.get(1, 4990, 5090) is None:
        assert made.ready.wait(PATIENCE_S)
    assert len(made.threads) < 400
    made.windows.close()


def test_a_filter_that_fails_leaves_the_raw_picture(source, caplog):
    windows = FilteredWindows(source, {"lossy": lambda samples, rate: samples[::2]})
    windows.name = "lossy"
    assert windows.get(1, 0, 100) is None
    windows._pool.shutdown(wait=True)
    assert not windows._cache
    assert "The filter lossy made traces" in caplog.text


class Halves:
    """Takes half of band-passed traces, as a part of them; after an edit there is none."""

    def __init__(self):
        self.is_gone = False

    def of(self, source, samples, start, on_progress):
        if self.is_gone:
            raise ClusteringError("Cluster 2 does not exist any more.")
        return samples / 2


def test_a_part_is_one_of_band_passed_traces(source):
    filters = {"raw": None, "band-pass": lambda samples, rate: samples}
    windows, ready = FilteredWindows(source, filters), threading.Event()
    windows.ready.connect(ready.set)
    halves = Halves()
    assert windows.choose("raw", halves)
    assert not windows.choose("raw", halves)
    assert (windows.name, windows.takes_waves_off) == ("band-pass", True)
    assert windows.get(1, 100, 200) is None
    assert ready.wait(PATIENCE_S)
    half = windows.get(1, 100, 200)
    ready.clear()
    assert windows.choose("band-pass")
    assert windows.get(1, 100, 200) is None
    assert ready.wait(PATIENCE_S)
    assert np.allclose(windows.get(1, 100, 200), 2 * half)
    windows.close()


def test_what_an_edit_made_old_is_asked_for_again_without_a_word(source, caplog):
    windows = FilteredWindows(source, {"raw": None, "band-pass": lambda samples, rate: samples})
    halves = Halves()
    halves.is_gone = True
    windows.choose("raw", halves)
    assert windows.get(1, 100, 200) is None
    windows._pool.shutdown(wait=True)
    assert not caplog.text
