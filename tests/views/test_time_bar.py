"""The time bar: spikes and events by column, what is under a pixel, and the rows."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from support import ArrayModel

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.epoch_list import Epoch
from napari_phy.core.event_times import EventTimes
from napari_phy.timeline import Doubt, TimeBase
from napari_phy.views.time_bar import (
    LinkedStack,
    TimeBarRequest,
    compute_time_bar,
    epoch_at,
    lay_out,
    words_at,
)

RATE = 1000.0


class Sizes:
    def px(self, size):
        return round(size)

    def text_width(self, text, size=12, *, bold=False):
        return 6.0 * len(text)


@pytest.fixture
def session():
    rng = np.random.default_rng(0)
    samples = np.sort(rng.integers(0, 100_000, 4000))
    clusters = rng.integers(0, 3, 4000)
    model = ArrayModel(clusters, samples, n_channels=2, sample_rate=RATE, duration=100.0)
    nothing = np.zeros(0, dtype=np.int64)
    rare, dense = np.array([5_000, 70_000]), np.arange(0, 100_000, 50)
    model.events = {
        name: EventTimes(name, times, np.zeros_like(times), {})
        for name, times in {"light": rare, "frames": dense, "none": nothing}.items()
    }
    return SimpleNamespace(model=model, manager=ClusterManager(clusters))


def test_every_spike_is_in_its_column(session):
    data = compute_time_bar(session, TimeBarRequest((2, 0), 10.0, 90.0, 160))
    times_s = session.model.spike_samples / RATE
    for counts, cluster in zip(data.counts, (2, 0), strict=True):
        mine = times_s[session.model.spike_clusters == cluster]
        assert counts.tolist() == np.histogram(mine[mine < 90.0], bins=160, range=(10.0, 90.0))[0].tolist()


def test_events_that_are_everywhere_are_left_out(session):
    data = compute_time_bar(session, TimeBarRequest((), 0.0, 100.0, 100))
    assert np.flatnonzero(data.events).tolist() == [5, 70]
    assert data.counts.shape == (0, 100)


def test_pixels_and_moments_are_inverse():
    layout = lay_out(800, 54, 2, (10.0, 50.0), Sizes())
    for time_s in (10.0, 23.4, 50.0):
        assert layout.time_at(layout.x_of(time_s)) == pytest.approx(time_s)
    assert layout.time_at(-5) == 10.0
    assert layout.time_at(900) == 50.0
    rows = (layout.epochs, layout.spikes, layout.stacks)
    assert all(above.bottom == below.top for above, below in pairwise(rows))
    assert layout.stacks.bottom < 54


def test_the_shortest_epoch_under_the_mouse_is_found():
    layout = lay_out(816, 54, 1, (0.0, 100.0), Sizes())
    epochs = [Epoch(10.0, 60.0, "sleep"), Epoch(20.0, 30.0, "ripple")]
    assert epoch_at(layout, epochs, layout.x_of(25.0), 6) == epochs[1]
    assert epoch_at(layout, epochs, layout.x_of(50.0), 6) == epochs[0]
    assert epoch_at(layout, epochs, layout.x_of(80.0), 6) is None
    assert epoch_at(layout, epochs, layout.x_of(25.0), 30) is None


def test_the_bar_says_moment_epoch_frame_and_doubt():
    base = TimeBase.from_rate(100, 2.0, 10.0).with_doubts([Doubt(20, 30, "interpolated", "Two pulses are missing.")])
    stack = LinkedStack("movie", base)
    layout = lay_out(816, 54, 1, (0.0, 100.0), Sizes())
    epochs = [Epoch(10.0, 60.0, "sleep")]
    assert words_at(layout, epochs, [stack], layout.x_of(21.6), 5) == (
        "21.600 s, sleep: 10–60 s, movie: frame 23 (Two pulses are missing)"
    )
    assert words_at(layout, epochs, [stack], layout.x_of(5.0), 30) == "5.000 s, movie: no frame"
    assert stack.stretches_s == ((20.0, 25.0, base.doubts[0]),)
