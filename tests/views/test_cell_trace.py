"""One cell is what all cells in one pass are, is read once, and of no more than the box around it."""

import numpy as np
import pytest

from napari_phy.core.progress import CancelledError
from napari_phy.stats.movie import Movie
from napari_phy.stats.region_traces import regions_of_labels
from napari_phy.timeline.time_base import TimeBase
from napari_phy.views.cell_trace import CellReader, compute_cell_trace
from napari_phy.views.movie_regions import Baseline, Regions, compute_changes
from napari_phy.views.timed_movie import TimedMovie

LABELS = np.zeros((30, 30), int)
LABELS[3:6, 3:7], LABELS[3:6, 10:13], LABELS[20:24, 20:25] = 1, 2, 5


class Watched:
    """Frames that count how many of their values are read."""

    def __init__(self, pixels):
        self.pixels, self.shape, self.dtype, self.n_read = pixels, pixels.shape, pixels.dtype, 0

    def __getitem__(self, key):
        self.n_read += self.pixels[key].size
        return self.pixels[key]


@pytest.fixture
def frames():
    return Watched(np.random.default_rng(0).gamma(20, 5, (400, 30, 30)))


@pytest.fixture
def source(frames, session):
    return TimedMovie("movie", Movie(frames), TimeBase.from_rate(400, 400 / session.model.duration))


def one(place):
    ids, pixels = regions_of_labels(LABELS)
    others = np.concatenate([of for number, of in enumerate(pixels) if number != place])
    return Regions(ids[place : place + 1], pixels[place : place + 1], others=others)


@pytest.mark.parametrize("share", [0.0, 0.7])
def test_a_cell_alone_is_what_it_is_among_all(session, source, share):
    baseline = Baseline(20 * source.clock.interval_s, 20, share)
    all_cells = compute_changes(source, Regions(*regions_of_labels(LABELS)), baseline)
    reader = CellReader(source.movie)
    for place, change in enumerate(all_cells):
        found = compute_cell_trace(session, None, source, one(place), reader, baseline=baseline)
        assert found.cell == (1, 2, 5)[place]
        assert np.allclose(found.change, change)
        inside = LABELS == found.cell
        assert np.allclose(found.brightness, source.movie.data.pixels[:, inside].mean(axis=1))
        assert found.rate is None


def test_the_box_around_a_cell_is_read_once(session, source, frames):
    reader = CellReader(source.movie)
    first = compute_cell_trace(session, 0, source, one(0), reader)
    assert frames.n_read == 400 * 3 * 4
    again = compute_cell_trace(session, 1, source, one(0), reader, baseline=Baseline(3.0))
    assert frames.n_read == 400 * 3 * 4
    assert np.array_equal(again.brightness, first.brightness)
    compute_cell_trace(session, 1, source, one(0), reader, baseline=Baseline(neuropil_share=0.7))
    assert 400 * 12 < frames.n_read <= 400 * (12 + 16 * 17)


def test_the_rate_is_that_of_the_cluster_in_each_frame(session, source):
    found = compute_cell_trace(session, 2, source, one(1), CellReader(source.movie))
    times_s = session.model.spike_samples[session.manager.spikes(2)] / session.model.sample_rate
    counts = np.bincount(source.clock.frame_at(times_s), minlength=400)[:400]
    assert np.allclose(found.rate * source.clock.interval_s, counts)


def test_a_trace_of_a_file_is_used_as_it_is(session, source, frames):
    trace = np.random.default_rng(1).gamma(5, 10, (1, 400))
    region = Regions(np.array([3]), [np.array([4])], trace)
    found = compute_cell_trace(session, None, source, region, CellReader(source.movie))
    assert np.array_equal(found.brightness, trace[0])
    assert frames.n_read == 0


def test_reading_can_be_cancelled_and_keeps_nothing_half_read(session, source, frames):
    reader, told = CellReader(source.movie), []

    def cancel(share):
        told.append(share)
        if share > 0:
            raise CancelledError

    with pytest.raises(CancelledError):
        compute_cell_trace(session, None, source, one(0), reader, on_progress=cancel)
    assert frames.n_read < 400 * 12
    found = compute_cell_trace(session, None, source, one(0), reader)
    assert np.isfinite(found.brightness).all()
