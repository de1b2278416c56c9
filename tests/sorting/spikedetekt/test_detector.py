"""SpikeDetekt finds the spikes of a recording, however it is cut up and whoever works on it."""

import pickle
import tracemalloc
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sorting.recordings import RATE, line_probe, recording

from napari_phy.core.base_model import Recording
from napari_phy.core.errors import SettingsError, SortingError
from napari_phy.core.progress import CancelledError
from napari_phy.sorting.job import Reporter
from napari_phy.sorting.spikedetekt.detector import SpikeDetekt
from napari_phy.sorting.traces import RawTraces

GIVEN = {"threshold_weak": 120.0, "threshold_strong": 200.0}  # beyond the noise, so that only spikes are found


def raw_of(traces, probe=None, recordings=()):
    return RawTraces(traces, RATE, probe or line_probe(traces.shape[1]), tuple(recordings))


def spikes_of(traces, reporter=None, executor=None, **parameters):
    return SpikeDetekt(**parameters).fit(raw_of(traces), reporter, executor).groups_[0]


def test_the_spikes_that_are_there_are_found():
    traces, samples = recording()
    found = spikes_of(traces)
    nearest = np.abs(found.samples[:, None] - samples).min(axis=0)
    assert (nearest < 3).mean() > 0.97
    assert found.masks.shape == (found.n_spikes, 6)
    assert found.features.shape == (found.n_spikes, 6, 3)
    assert (found.masks.max(axis=1) == 1).all()


@settings(max_examples=examples(12))
@given(st.floats(0.03, 2.5), st.floats(0.015, 0.05), st.integers(0, 20))
def test_any_chunks_give_the_same_spikes(size_s, overlap_s, seed):
    traces, _ = recording(n_samples=12_000, seed=seed)
    whole = spikes_of(traces, chunk_size_seconds=10.0, **GIVEN)
    size_s = max(size_s, 2 * overlap_s)
    found = spikes_of(traces, chunk_size_seconds=size_s, chunk_overlap_seconds=overlap_s, **GIVEN)
    assert_allclose(found.samples, whole.samples, atol=1e-5)
    assert_allclose(found.masks, whole.masks, atol=1e-5)
    assert_allclose(found.features, whole.features, atol=1e-5 * np.abs(whole.features).max())


class Elsewhere(Executor):
    """Does everything at once, with copies such as another process would have."""

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        function, args = pickle.loads(pickle.dumps((function, args)))
        future.set_result(pickle.loads(pickle.dumps(function(*args))))
        return future


@pytest.mark.parametrize("n_workers", [1, 3])
def test_any_number_of_workers_gives_the_same_bits(n_workers):
    traces, _ = recording()
    parameters = {"chunk_size_seconds": 0.2, "excerpt_size_seconds": 0.1, "pca_n_waveforms_max": 20}
    alone = spikes_of(traces, **parameters)
    with ThreadPoolExecutor(n_workers) as threads:
        for executor in (threads, Elsewhere()):
            found = spikes_of(traces, None, executor, **parameters)
            assert_array_equal(found.samples, alone.samples)
            assert_array_equal(found.masks, alone.masks)
            assert_array_equal(found.features, alone.features)


def test_groups_are_detected_apart_with_one_noise_level():
    traces, _ = recording(n_channels=8)
    probes = {3: line_probe(4), 5: line_probe(4, first=4), 7: line_probe(0)}
    groups = SpikeDetekt().fit(RawTraces(traces, RATE, probes)).groups_
    assert list(groups) == [3, 5]
    alone = SpikeDetekt().fit(RawTraces(traces, RATE, line_probe(4, first=4)))
    assert groups[5].n_spikes == pytest.approx(alone.groups_[0].n_spikes, abs=3)
    each = SpikeDetekt(use_single_threshold=False).fit(RawTraces(traces, RATE, probes)).thresholds_
    assert len(np.unique(each.weak)) == 8


def test_no_spike_reaches_from_one_recording_into_the_next():
    """klusta filters recordings as one signal: the step from one offset to another looks like a spike to it."""
    traces, _ = recording(n_spikes=0)
    traces[20_000:] += 3000
    joined = SpikeDetekt(**GIVEN).fit(raw_of(traces))
    assert joined.groups_[0].n_spikes > 0
    two = [Recording(0, "one", 0, 20_000), Recording(1, "two", 20_000, 20_000)]
    apart = SpikeDetekt(**GIVEN).fit(raw_of(traces, recordings=two))
    assert apart.groups_[0].n_spikes == 0


def test_a_spike_on_the_edge_of_two_chunks_is_found_once():
    """klusta keeps it in both where its time is exactly on the edge."""
    edge = 2000 - 300 // 2
    traces = np.zeros((6000, 1), dtype=np.float32)
    ramp = np.array([-0.3, 0.7, -1.0, 0.7, -0.3]) * 1000
    traces[edge - 2 : edge + 3, 0] = ramp
    found = spikes_of(traces, chunk_size_seconds=0.1, threshold_weak=400.0, threshold_strong=500.0)
    assert found.samples.tolist() == [edge]


def test_channels_without_spikes_have_the_components_of_the_others():
    """klusta means to steady components by the covariance of all channels, and takes the identity."""
    traces, _ = recording(n_channels=3)
    traces = np.column_stack([traces, np.random.default_rng(1).normal(0, 5, len(traces))]).astype(np.int16)
    steady = SpikeDetekt(**GIVEN).fit(raw_of(traces)).components_[0]
    as_klusta = SpikeDetekt(**GIVEN, pooled_regularizer=False).fit(raw_of(traces)).components_[0]
    alike = np.abs((steady[0, :, 3:] * steady[0, :, :3]).sum(axis=0))
    assert alike.max() > 0.95
    assert np.abs(as_klusta[0, :, 3]).max() == 1  # one sample alone
    assert_allclose(np.abs((as_klusta[:, :, :3] * steady[:, :, :3]).sum(axis=1)), 1, atol=1e-4)


@pytest.mark.parametrize("sign", [1, -1])
def test_peaks_troughs_or_both_are_detected(sign):
    traces, _ = recording()
    troughs = spikes_of(traces, **GIVEN).samples
    turned = (sign * traces).astype(np.int16)
    side = "negative" if sign == 1 else "positive"
    assert_allclose(spikes_of(turned, detect_spikes=side, **GIVEN).samples, troughs, atol=1e-6)
    assert len(spikes_of(turned, detect_spikes="both", **GIVEN).samples) >= len(troughs)


def test_a_job_that_is_cancelled_stops_between_chunks():
    traces, _ = recording()
    reporter = Reporter()
    seen = []

    class Impatient(Reporter):
        def stage(self, name, stop):
            on_progress = super().stage(name, stop)

            def first_only(share):
                seen.append(name)
                self.cancel()
                on_progress(share)

            return first_only

    with pytest.raises(CancelledError):
        spikes_of(traces, Impatient())
    assert seen == ["Measuring the noise"]
    spikes_of(traces, reporter)
    assert reporter.progress.fraction == 0.95


class Endless:
    """Traces of any length that take no memory."""

    dtype = np.dtype(np.int16)

    def __init__(self, n_samples):
        self.shape = (n_samples, 4)
        self._traces, _ = recording(n_samples=20_000, n_channels=4, n_spikes=90, apart=200)

    def __getitem__(self, rows):
        return self._traces.take(np.arange(rows.start, rows.stop), axis=0, mode="wrap")


def test_memory_grows_by_the_times_of_spikes_alone(tmp_path):
    SpikeDetekt().fit(raw_of(Endless(20_000)))
    peaks, counts = [], []
    for n_seconds in (5, 25):
        folder = tmp_path / str(n_seconds)
        folder.mkdir()
        tracemalloc.start()
        fit = SpikeDetekt(n_excerpts=5).fit(raw_of(Endless(n_seconds * 20_000)), folder=folder)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        counts.append(fit.groups_[0].n_spikes)
    assert counts[1] > 4 * counts[0] > 100
    assert peaks[1] - peaks[0] < 64 * (counts[1] - counts[0]) + 2000 * 20  # bytes: times, and what chunks cost


# ---- what cannot be, or hardly


def test_dead_channels_are_told_and_change_no_threshold():
    """klusta takes the noise of all channels of the file, dead ones too: with more than half of them dead it is 0."""
    traces, _ = recording()
    alone = SpikeDetekt().fit(raw_of(traces))
    dead = np.column_stack([traces, np.full((len(traces), 8), 77)]).astype(np.int16)
    reporter = Reporter()
    found = SpikeDetekt().fit(raw_of(dead), reporter)
    assert_allclose(found.thresholds_.weak[:6], alone.thresholds_.weak, rtol=1e-6)
    assert_array_equal(found.groups_[0].samples, alone.groups_[0].samples)
    assert (found.groups_[0].masks[:, 6:] == 0).all()
    assert (found.groups_[0].features[:, 6:] == 0).all()
    assert reporter.log[0] == "Channels 6, 7, 8, 9, 10 and 3 more are constant and have no spikes."


@pytest.mark.parametrize("value", [0, -32768, 1234])
def test_constant_traces_have_no_spikes(value):
    reporter = Reporter()
    found = spikes_of(np.full((30_000, 2), value, dtype=np.int16), reporter)
    assert (found.n_spikes, found.features.shape) == (0, (0, 2, 3))
    assert reporter.log == ("Channels 0 and 1 are constant and have no spikes.", "Channel group 0 has 0 spikes.")


@pytest.mark.parametrize("dtype", [np.uint16, ">i2", np.int32, np.float32, np.float64, "<f2"])
def test_other_types_of_samples_give_the_same_spikes(dtype):
    traces, _ = recording()
    expected = spikes_of(traces)
    shifted = traces.astype(np.int64) + (32_768 if np.dtype(dtype).kind == "u" else 0)
    found = spikes_of(shifted.astype(dtype))
    assert_allclose(found.samples, expected.samples, atol=1e-4)
    assert_allclose(found.masks, expected.masks, atol=1e-4)


def test_volts_give_the_same_spikes_and_features_as_microvolts():
    traces, _ = recording()
    expected = spikes_of(traces)
    found = spikes_of(traces * 1e-7)
    assert_allclose(found.samples, expected.samples, atol=1e-4)
    features = found.features * 1e7
    assert_allclose(np.abs(features), np.abs(expected.features), atol=1e-3 * np.abs(expected.features).max())


def test_what_is_no_number_is_told_and_taken_as_0():
    traces = recording()[0].astype(np.float32)
    expected = spikes_of(traces)
    traces[19_800, 2], traces[30_001, 3] = np.nan, np.inf  # the first is where two chunks overlap
    reporter = Reporter()
    found = spikes_of(traces, reporter)
    assert "2 values of traces are no numbers and were taken as 0." in reporter.log
    assert found.n_spikes == pytest.approx(expected.n_spikes, abs=1)
    assert np.isfinite(found.features).all()


@pytest.mark.parametrize("n_samples", [1, 2, 5, 21, 40, 400])
def test_recordings_shorter_than_a_chunk_or_a_waveform_give_a_small_result(n_samples):
    """klusta raises a RuntimeError without words where the last chunk is shorter than a waveform."""
    traces, _ = recording(n_spikes=0)
    traces = traces[:n_samples]
    traces[n_samples // 2] -= 2000
    found = spikes_of(traces, **GIVEN)
    assert ((found.samples >= 0) & (found.samples < n_samples)).all()
    assert found.features.shape == (found.n_spikes, 6, 3)


def test_a_spike_at_either_end_has_a_waveform():
    traces = np.zeros((1000, 1), dtype=np.int16)
    traces[[2, 997]] = -1000
    found = spikes_of(traces, **GIVEN)
    assert found.n_spikes >= 2
    assert np.isfinite(found.features).all()


def test_what_cannot_be_is_said_in_a_sentence():
    traces, _ = recording(n_samples=2000, n_spikes=0)
    with pytest.raises(SortingError, match=r"has 6 channels, but channel group 0 of the probe has channel 6 and 7"):
        raw_of(traces, line_probe(8))
    with pytest.raises(SortingError, match="the probe has no channels"):
        raw_of(traces, line_probe(0))
    with pytest.raises(SortingError, match="a sample rate of 20 Hz cannot be"):
        RawTraces(traces, 20.0, line_probe(6))
    with pytest.raises(SortingError, match="has 20000 channels of 6 samples; turn it"):
        RawTraces(np.zeros((6, 20_000), np.int16), RATE, line_probe(6))
    with pytest.raises(SortingError, match="A filter from 500 to 475 Hz is impossible at 1000 Hz"):
        SpikeDetekt().fit(RawTraces(traces, 1000.0, line_probe(6)))


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"threshold_weak_std_factor": 5}, "threshold_weak_std_factor must be less than threshold_strong_std_factor"),
        ({"threshold_weak": 5}, "give both threshold_weak and threshold_strong"),
        ({"chunk_overlap_seconds": 0.6}, "chunk_overlap_seconds is more than half of chunk_size_seconds"),
        ({"n_features_per_channel": 9, "extract_s_before": 4, "extract_s_after": 4}, "has fewer samples than"),
        ({"detect_spikes": "down"}, "detect_spikes cannot be 'down'"),
        ({"filter_lo": 5}, r"SpikeDetekt has no setting filter_lo\. Did you mean filter_low\?"),
    ],
)
def test_parameters_that_cannot_be_are_told(parameters, sentence):
    with pytest.raises(SettingsError, match=sentence):
        SpikeDetekt(**parameters)


# ---- spikes that are known


def test_known_spikes_get_the_masks_and_features_that_they_had_when_they_were_detected():
    traces, _ = recording(n_samples=60_000, n_channels=8, n_spikes=150)
    probes = {0: line_probe(4), 2: line_probe(4, first=4)}
    raw = RawTraces(traces, RATE, probes)
    detected = SpikeDetekt(chunk_size_seconds=0.3).fit(raw)
    known = {number: found.samples for number, found in detected.groups_.items()}
    measured = SpikeDetekt(chunk_size_seconds=0.7).measure(raw, known)
    for number, found in detected.groups_.items():
        again = measured.groups_[number]
        assert_array_equal(again.samples, found.samples)
        same = np.abs(again.masks - found.masks).max(axis=1) < 1e-3
        assert same.mean() > 0.97  # a time may be nearer to another component
        largest = np.abs(found.features).max()
        difference = np.abs(np.abs(again.features) - np.abs(found.features)).max(axis=(1, 2))
        assert np.median(difference) < 0.01 * largest


def test_spikes_that_are_not_there_have_no_masks():
    traces, _ = recording(n_spikes=0)
    measured = SpikeDetekt().measure(raw_of(traces), {0: [0.0, 5.5, 20_000.2, 39_999.0]})
    found = measured.groups_[0]
    assert found.samples.tolist() == [0.0, 5.5, 20_000.2, 39_999.0]
    assert np.isfinite(found.features).all()
    assert (found.masks < 0.6).all()
    assert SpikeDetekt().measure(raw_of(traces), {}).groups_[0].n_spikes == 0


@pytest.mark.parametrize("samples", [[5.0, 3.0], [-1.0, 3.0], [0.0, 40_000.0], [0.0, np.nan, 5.0]])
def test_times_that_cannot_be_are_told(samples):
    traces, _ = recording(n_spikes=0)
    with pytest.raises(SortingError, match="must ascend from 0 to 39999 samples"):
        SpikeDetekt().measure(raw_of(traces), {0: samples})
