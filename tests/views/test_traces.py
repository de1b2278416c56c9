"""A stretch of traces is what the samples are, at every scale, with and without a pyramid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from napari_phy.core.errors import KwikFormatError
from napari_phy.core.progress import CancelledError
from napari_phy.plugins import trace_filters
from napari_phy.stats.extremes import bin_extremes
from napari_phy.stats.filtering import BandPass
from napari_phy.storage.trace_pyramid import TracePyramid
from napari_phy.views.time_words import read_time
from napari_phy.views.trace_source import TraceSource
from napari_phy.views.traces import (
    AUTOMATIC,
    BAND_PASS,
    BOTH,
    MEDIAN,
    RAW,
    TraceReader,
    TraceRequest,
    common_median_reference,
    detection_band,
    factor_for,
    make_filters,
    request_for,
)

RATE = 20_000.0
N_SAMPLES = 50_021
COLUMNS = np.array([3, 0, 2])


@pytest.fixture(scope="module")
def traces():
    rng = np.random.default_rng(0)
    return rng.normal([100, -300, 7, 40], 50, (N_SAMPLES, 4)).astype(np.int16)


@pytest.fixture(scope="module")
def pyramid(traces, tmp_path_factory):
    made = TracePyramid(source_of(traces).traces, tmp_path_factory.mktemp("pyramid"))
    made.build()
    return made


def source_of(traces, pyramid=None, unit_scale=0.5):
    return TraceSource(traces, RATE, COLUMNS, COLUMNS, None, unit_scale, "µV", pyramid)


def expected(traces, request, factor):
    """Return low and high of the bins that touch the stretch, free of the resting voltage."""
    values = (traces[:, COLUMNS] * 0.5).astype(np.float32)
    baseline = TraceReader(source_of(traces))._read_levels().baseline
    first = max(0, request.start) // factor
    last = max(first, -(-min(request.stop, N_SAMPLES) // factor))
    extremes = bin_extremes(values, factor)[first:last] - baseline
    return extremes[:, 0].T, extremes[:, 1].T


@given(st.integers(-500, N_SAMPLES), st.integers(1, 30_000), st.sampled_from([1, 4, 16, 64, 256]), st.booleans())
def test_bins_hold_the_extremes_of_their_samples(traces, pyramid, start, length, factor, uses_pyramid):
    request = TraceRequest(start, start + length, factor)
    found = TraceReader(source_of(traces, pyramid if uses_pyramid else None)).read(request)
    low, high = expected(traces, request, factor)
    assert found.first_bin == max(0, start) // factor
    assert_allclose(found.low, low, atol=1e-3)
    assert_allclose(found.high, high, atol=1e-3)


def test_the_pyramid_spares_the_samples(traces, pyramid):
    class Counted:
        shape, dtype, n_read = traces.shape, traces.dtype, 0

        def __getitem__(self, key):
            found = traces[key]
            self.n_read += len(found)
            return found

    counted = Counted()
    reader = TraceReader(source_of(counted, pyramid))
    reader.noise  # noqa: B018  # reads excerpts
    before = counted.n_read
    reader.read(TraceRequest(0, N_SAMPLES, 64))
    assert counted.n_read == before
    reader.read(TraceRequest(0, 1000, 1))
    assert counted.n_read == before + 1000


def test_files_of_the_pyramid_that_go_are_not_missed(traces, tmp_path):
    pyramid = TracePyramid(source_of(traces).traces, tmp_path)
    pyramid.build()
    for file in tmp_path.glob("*.bin"):
        file.unlink()
    request = TraceRequest(0, 5000, 64)
    found = TraceReader(source_of(traces, pyramid)).read(request)
    assert_allclose(found.low, expected(traces, request, 64)[0], atol=1e-3)


class CutShort:
    """Traces whose file ends after some samples."""

    def __init__(self, traces, n_left):
        self.shape, self.dtype = traces.shape, traces.dtype
        self._traces, self._n_left = traces, n_left

    def __getitem__(self, key):
        if key.stop > self._n_left:
            raise KwikFormatError(f"x.dat ends before row {key.stop}.")
        return self._traces[key]


def test_a_page_is_shown_where_what_follows_it_was_cut_off(traces):
    cut = source_of(CutShort(traces, 20_500))
    request = request_for(cut, 0.9, 1.0, 1000)
    assert request.stop > 20_500
    found = TraceReader(cut).read(request)
    start, stop = request.page
    assert start <= 0.9 * RATE < 1.0 * RATE <= stop <= 20_500
    assert_array_equal(found.low, TraceReader(cut).read(TraceRequest(start, stop)).low)
    assert (found.request, found.first_bin) == (request, start)
    with pytest.raises(KwikFormatError):
        TraceReader(cut).read(request_for(cut, 1.0, 1.1, 1000))


def test_the_same_stretch_is_read_once(traces):
    reader = TraceReader(source_of(traces))
    first = reader.read(TraceRequest(0, 1000))
    assert reader.read(TraceRequest(0, 1000)) is first
    assert reader.read(TraceRequest(0, 2000)) is not first


def test_reading_stops_when_nobody_waits(traces, monkeypatch):
    monkeypatch.setattr("napari_phy.views.traces._BLOCK_VALUES", 300)
    n_calls = []

    def on_progress(share):
        n_calls.append(share)
        if len(n_calls) == 3:
            raise CancelledError

    with pytest.raises(CancelledError):
        TraceReader(source_of(traces)).read(TraceRequest(0, 5000), on_progress)
    assert len(n_calls) == 3


@given(st.floats(0.01, 1e6))
def test_bins_are_never_wider_than_a_pixel(samples_per_pixel):
    factor = factor_for(samples_per_pixel)
    assert factor == 1 or factor <= samples_per_pixel < 4 * factor


@given(st.floats(0, 2.4), st.floats(0.002, 2.5), st.integers(1, 3000))
def test_a_request_holds_the_stretch_and_its_neighbours(traces, start_s, length_s, n_pixels):
    source = source_of(traces)
    request = request_for(source, start_s, start_s + length_s, n_pixels)
    assert request.start <= max(0.0, start_s - length_s) * RATE + 1
    assert request.stop >= min(N_SAMPLES, (start_s + 2 * length_s) * RATE - 1)
    assert (request.stop - request.start) <= 4.01 * length_s * RATE + 8 * request.factor


def test_moving_a_little_asks_for_nothing_new(traces):
    source = source_of(traces)
    requests = {request_for(source, 1.0 + k * 1e-4, 1.1 + k * 1e-4, 1000) for k in range(100)}
    assert len(requests) <= 2


@pytest.mark.parametrize(("name", "factor"), [(BAND_PASS, 1), (BAND_PASS, 4), (BAND_PASS, 64), (BOTH, 1)])
def test_filters_act_as_on_the_whole_file(traces, name, factor):
    source = source_of(traces)
    request = TraceRequest(20_000, 30_000, factor, name)
    found = TraceReader(source).read(request)
    assert found.is_filtered
    baseline = TraceReader(source)._read_levels().baseline
    whole = make_filters(RATE)[name](source.samples(0, N_SAMPLES) - baseline, RATE)
    extremes = bin_extremes(whole, factor)[found.first_bin : found.first_bin + found.low.shape[1]]
    scale = np.abs(whole).max()
    assert np.abs(found.low - extremes[:, 0].T).max() < 0.01 * scale
    assert np.abs(found.high - extremes[:, 1].T).max() < 0.01 * scale


def test_the_common_median_takes_off_what_all_channels_share():
    rng = np.random.default_rng(1)
    own = rng.normal(0, 1, (500, 9)).astype(np.float32)
    shared = 1000 * np.sin(np.arange(500) / 10)[:, None].astype(np.float32)
    assert np.abs(common_median_reference(own + shared, RATE)).max() < 6


def test_the_band_is_that_of_detection_or_begins_at_300_hz():
    assert detection_band(20_000, {}) == BandPass(300, 9500, 3, 20_000)
    assert detection_band(20_000, {"filter_low": 500.0, "filter_butter_order": 4}) == BandPass(500, 9500, 4, 20_000)
    assert detection_band(20_000, {"f_low": 600.0, "filter_high": 3000, "waveform_filter": 0}) == BandPass(
        600, 3000, 3, 20_000
    )
    assert detection_band(500, {}) is None
    assert set(make_filters(500)) == {RAW, MEDIAN, *trace_filters()}


def test_band_pass_and_common_median_combine():
    """Slow waves of each channel and fast noise that all share go; a spike on one channel stays."""
    rng = np.random.default_rng(1)
    time_s = np.arange(4000) / RATE
    slow = 500 * np.sin(2 * np.pi * (5 + np.arange(9)) * time_s[:, None])
    shared = 80 * np.sin(2 * np.pi * 1000 * time_s)[:, None]
    own = rng.normal(0, 1, (4000, 9))
    own[2000:2010, 4] -= 100
    filters = make_filters(RATE)
    raw = (own + slow + shared).astype(np.float32)
    found = {name: filters[name](raw, RATE)[500:3500] for name in (BAND_PASS, MEDIAN, BOTH)}
    noise = {name: np.std(np.delete(found[name], 4, axis=1)) for name in found}
    assert noise[BAND_PASS] > 50
    assert noise[MEDIAN] > 100
    assert noise[BOTH] < 3
    assert found[BOTH][:, 4].min() < -50


@pytest.mark.parametrize(("waves", "suits"), [(0, RAW), (20, RAW), (400, BAND_PASS), (4000, BAND_PASS)])
def test_automatic_is_band_pass_where_slow_waves_are_strong(waves, suits):
    rng = np.random.default_rng(2)
    slow = waves * np.sin(2 * np.pi * 4 * np.arange(N_SAMPLES) / RATE)
    reader = TraceReader(source_of((rng.normal(0, 20, (N_SAMPLES, 4)) + slow[:, None]).astype(np.int16)))
    assert reader.named(AUTOMATIC) == suits
    found = reader.read(TraceRequest(0, 1000, 1, AUTOMATIC))
    assert (found.request.filter_name, found.is_filtered) == (suits, suits != RAW)
    assert_array_equal(found.low, reader.read(TraceRequest(0, 1000, 1, suits)).low)
    assert reader.named(MEDIAN) == MEDIAN


def test_a_filter_of_the_user_is_one_more(traces):
    reader = TraceReader(source_of(traces), {"raw": None, "twice": lambda samples, rate: 2 * samples})
    raw, twice = (reader.read(TraceRequest(0, 100, 1, name)).low for name in ("raw", "twice"))
    assert_allclose(twice, 2 * raw)


def test_wide_stretches_are_not_filtered():
    long = TraceSource(np.zeros((700_000, 4), np.int16), 1000.0, COLUMNS, COLUMNS, None)
    assert request_for(long, 0.0, 10.5, 1000, "band-pass").filter_name == "raw"
    assert request_for(long, 0.0, 9.5, 1000, "band-pass").filter_name == "band-pass"


def test_a_gap_is_nothing(traces):
    assert_array_equal(source_of(traces).samples(-5, 0), np.zeros((5, 3)))
    assert TraceReader(source_of(traces)).read(TraceRequest(N_SAMPLES + 10, N_SAMPLES + 20)).low.shape == (3, 0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12.5", 12.5), ("1:02.5", 62.5), (" 1:00:02 ", 3602.0), ("3,5", 3.5), ("0", 0.0)],
)
def test_moments_as_people_type_them(text, seconds):
    assert read_time(text) == seconds


@pytest.mark.parametrize("text", ["", "x", "1:75", "-1", "inf", "nan", "1:2:3:4", "1:"])
def test_what_is_no_moment(text):
    assert read_time(text) is None
