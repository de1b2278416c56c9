"""Waveforms equal those cut out of each recording filtered as a whole."""

import itertools
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from kwik_writers.klusta import write_klusta
from kwik_writers.spikedetekt2 import write_spikedetekt2
from kwik_writers.truth import make_truth

from napari_phy.core.probe import Probe
from napari_phy.formats.kwik import windows
from napari_phy.formats.kwik.create import KwikGroup
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.parameters import band_pass, plausible_gain
from napari_phy.stats.filtering import BandPass

PROBE = Probe(np.array([4, 2, 0]), np.zeros((3, 2)), np.empty((0, 2), dtype=int))
SPIKES = np.sort(np.concatenate([[0, 3, 60, 8990, 8999, 9000, 9004, 9100, 15_999], np.arange(200, 15_900, 90)]))


@pytest.fixture
def edges(make_kwik: Callable):
    """Return a data set with spikes at the borders of its recordings."""
    n = len(SPIKES)
    return make_kwik(groups={1: KwikGroup(PROBE, SPIKES, np.full(n, 2), np.zeros((n, 3, 3)), np.zeros((n, 3)))})


def whole_file(made, before: int = 16, after: int = 16, kind: Callable | None = None) -> np.ndarray:
    """Return the waveforms of each recording filtered as a whole, 0 outside of it."""
    from scipy.signal import butter, filtfilt

    numerator, denominator = butter(3, [500, 0.475 * 20000], "bandpass", fs=20000)
    kind = kind or (lambda raw: filtfilt(numerator, denominator, raw.astype(float), axis=0))
    out = np.zeros((len(SPIKES), before + after, 3))
    for recording in made.recordings:
        start, stop = recording.start_sample, recording.start_sample + recording.n_samples
        filtered = np.pad(kind(made.raw[start:stop])[:, [4, 2, 0]], ((before, after), (0, 0)))
        for place in np.flatnonzero((start <= SPIKES) & (stop > SPIKES)):
            out[place] = filtered[SPIKES[place] - start :][: before + after]
    return out * 0.195


def test_waveforms_equal_filtering_of_the_whole_recording(edges) -> None:
    model = KwikModel(edges.path)
    expected, found = whole_file(edges), model.waveforms[:]
    assert found.shape == model.waveforms.shape == (len(SPIKES), 32, 3)
    assert found.dtype == np.float32
    peak = np.abs(expected).max(axis=(1, 2))
    error = np.abs(found - expected).max(axis=(1, 2))
    assert (error < 0.01 * peak).all()
    assert np.median(error / peak) < 0.0005
    assert not found[0][:16].any()
    assert not found[-1][17:].any()
    model.close()


def test_spikes_may_be_asked_for_in_any_order_and_twice(edges) -> None:
    model = KwikModel(edges.path)
    every = model.waveforms[:]
    for rows in ([5, 2, 2, 100, 0], np.arange(len(SPIKES))[::-3], [], SPIKES > 9000):
        rows = np.array(rows, dtype=None if len(rows) else int)
        np.testing.assert_allclose(model.waveforms[rows], every[rows], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(model.waveforms[3], every[3], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(model.waveforms[10:20], every[10:20], rtol=1e-4, atol=1e-3)
    with pytest.raises(IndexError, match="Spikes 0 to 9999 are asked for, but there are"):
        model.waveforms[[0, 9999]]
    model.close()


@pytest.mark.parametrize("is_filtered", [True, False])
def test_single_channels_of_spikes_equal_their_whole_waveforms(edges, monkeypatch, is_filtered: bool) -> None:
    monkeypatch.setattr(windows, "_BATCH_BYTES", 2**15)
    model = KwikModel(edges.path)
    waveforms = model.waveforms if is_filtered else model.waveforms.unfiltered
    spikes, channels = np.nonzero(np.random.default_rng(0).random((len(SPIKES), 3)) < 0.5)
    found = waveforms.pairs(spikes, channels)
    assert (found.shape, found.dtype) == ((len(spikes), 32), np.float32)
    np.testing.assert_allclose(found, waveforms[:][spikes, :, channels], rtol=1e-4, atol=1e-3)
    assert waveforms.pairs(spikes[:0], channels[:0]).shape == (0, 32)
    model.close()


def test_without_a_filter_the_raw_window_comes_back(edges) -> None:
    with h5py.File(edges.path, "r+") as file:
        parameters = file["application_data/spikedetekt"].attrs
        parameters["waveform_filter"] = 0
        parameters["extract_s_before"], parameters["extract_s_after"] = 5, 11
    model = KwikModel(edges.path)
    np.testing.assert_allclose(model.waveforms[:], whole_file(edges, 5, 11, kind=lambda raw: raw), rtol=1e-6)
    model.close()
    with h5py.File(edges.path, "r+") as file:
        file["application_data/spikedetekt"].attrs["waveform_dc_offset"] = 100
    model = KwikModel(edges.path)
    inside = slice(20, 60)
    expected = whole_file(edges, 5, 11, kind=lambda raw: raw - 100.0)
    np.testing.assert_allclose(model.waveforms[inside], expected[inside], rtol=1e-5, atol=1e-5)
    model.close()


def test_an_offset_of_the_amplifier_does_not_leak_through_the_filter(edges) -> None:
    found = []
    for offset in (0, 20_000):
        (edges.raw + np.int16(offset)).astype(np.int16).tofile(edges.path.with_name("small.dat"))
        model = KwikModel(edges.path)
        found.append(model.waveforms[:])
        model.close()
    np.testing.assert_allclose(found[0], found[1], atol=0.02)


@pytest.mark.parametrize(("low", "high", "rate"), [(500, 9500, 20000), (300, 6000, 30000), (600, 11000, 25000)])
def test_the_matrix_filters_as_the_whole_does(low: float, high: float, rate: float) -> None:
    from scipy.signal import butter, sosfiltfilt

    band = BandPass(low, high, 3, rate)
    assert band.n_context >= max(100, 0.005 * rate)
    traces = np.random.default_rng(0).normal(0, 1, (4000, 2)).cumsum(axis=0)
    sections = butter(3, [low, high], "bandpass", fs=rate, output="sos")
    whole = sosfiltfilt(sections, traces, axis=0)
    matrix = band.matrix(40)
    starts = np.arange(500, 3000, 250)
    windows = traces[starts[:, None] + np.arange(-band.n_context, 40 + band.n_context)]
    expected = whole[starts[:, None] + np.arange(40)]
    assert np.abs(matrix @ windows - expected).max() < 0.01 * np.abs(expected).max()


@pytest.mark.parametrize(
    ("stored", "gain"),
    [
        (0.195, 0.195),
        ("0.195", 0.195),
        (2.34375, 2.34375),
        (10, None),
        (0, None),
        (-0.2, None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_plausible_gain_is_taken_for_microvolts(stored: object, gain: float | None) -> None:
    assert plausible_gain({"voltage_gain": stored}) == gain
    assert plausible_gain({}) is None


def test_the_filter_is_that_of_the_file() -> None:
    assert band_pass({}, 20000) == BandPass(500, 9500, 3, 20000)
    assert band_pass({"filter_low": 300.0, "filter_high": 5000, "filter_butter_order": 4}, 20000) == BandPass(
        300, 5000, 4, 20000
    )
    assert band_pass({"filter_low": 300.0, "filter_high_factor": 0.3}, 30000) == BandPass(300, 9000, 3, 30000)
    assert band_pass({"filter_high": 50_000}, 20000) == BandPass(500, 9500, 3, 20000)
    assert band_pass({"waveform_filter": 0}, 20000) is None
    assert band_pass({}, 900) is None


def test_a_recording_shorter_than_a_window(make_kwik: Callable) -> None:
    tiny = KwikGroup(PROBE, np.array([0, 4, 9]), np.zeros(3, dtype=int), np.zeros((3, 3, 3)), np.zeros((3, 3)))
    made = make_kwik(lengths=(10,), groups={0: tiny})
    model = KwikModel(made.path)
    waves = model.waveforms[:]
    assert waves.shape == (3, 32, 3)
    assert np.isfinite(waves).all()
    assert not waves[0, :16].any()
    assert waves[0, 16:26].any()
    model.close()


def test_raw_windows_and_unfiltered_waveforms_are_those_of_the_file(edges) -> None:
    model = KwikModel(edges.path)
    raw, expected = model.waveforms.raw, whole_file(edges, kind=lambda raw: raw)
    assert raw.shape == model.waveforms.shape
    assert raw[:].dtype == np.int16
    np.testing.assert_allclose(raw[:] * 0.195, expected)
    np.testing.assert_allclose(model.waveforms.unfiltered[:], expected, rtol=1e-6)
    assert model.waveforms.unfiltered is model.waveforms.unfiltered
    for rows in ([5, 2, 2, 100, 0], [], SPIKES > 9000, -1, 7, slice(3, 90, 4), slice(None, None, -1)):
        key = np.array(rows, dtype=int) if isinstance(rows, list) else rows
        np.testing.assert_allclose(raw[key] * 0.195, expected[key])
        np.testing.assert_allclose(model.waveforms.unfiltered[key], expected[key], rtol=1e-6)
    with pytest.raises(IndexError, match="there are"):
        raw[[len(SPIKES)]]
    model.close()


def test_small_batches_and_gaps_give_the_same(edges, monkeypatch: pytest.MonkeyPatch) -> None:
    model = KwikModel(edges.path)
    raw, filtered = model.waveforms.raw[:], model.waveforms[:]
    for batch, gap in ((1, 0), (20_000, 0), (20_000, 100), (2**23, 2**20)):
        monkeypatch.setattr(windows, "_BATCH_BYTES", batch)
        monkeypatch.setattr(windows, "_GAP_BYTES", gap)
        np.testing.assert_array_equal(model.waveforms.raw[:], raw)
        np.testing.assert_allclose(model.waveforms[:], filtered, rtol=1e-4, atol=1e-3)
    model.close()


@pytest.mark.parametrize("context", [0, 100])
def test_samples_are_read_in_the_order_of_the_file_and_once(
    edges, monkeypatch: pytest.MonkeyPatch, context: int
) -> None:
    model = KwikModel(edges.path)
    read: list[tuple[int, int]] = []
    plain = model.traces.read_runs

    def watched(place: int, begins: np.ndarray, ends: np.ndarray, out: np.ndarray) -> None:
        read.extend(zip(begins.tolist(), ends.tolist(), strict=True))
        plain(place, begins, ends, out)

    monkeypatch.setattr(model.traces, "read_runs", watched)
    ids = np.random.default_rng(0).permutation(np.flatnonzero((SPIKES > 500) & (SPIKES < 8500)))
    rows = model.waveforms.raw if context == 0 else model.waveforms
    assert len(rows[ids]) == len(ids)
    assert read == sorted(read)
    assert all(stop <= start for (_, stop), (start, _) in itertools.pairwise(read))
    assert read[0][0] >= 500 - 16 - context
    assert read[-1][1] <= 8500 + 16 + context
    model.close()


def test_waveforms_are_the_same_from_flat_files_and_kwd(tmp_path: Path) -> None:
    truth = make_truth((5000, 1500, 60, 3000), n_spikes=400)
    found = []
    for name, write, kind in (
        ("flat", write_klusta, {"raw": "dat"}),
        ("whole", write_klusta, {"raw": "kwd"}),
        ("chunked", write_spikedetekt2, {"start_sample": True}),
    ):
        (tmp_path / name).mkdir()
        model = KwikModel(write(tmp_path / name, truth, **kind))
        order = np.argsort(model.channel_order)
        found.append((model.waveforms[:][:, :, order], model.waveforms.raw[:][:, :, order]))
        model.close()
    for waveforms, raw in found[1:]:
        np.testing.assert_allclose(waveforms, found[0][0], atol=0.02)
        np.testing.assert_array_equal(raw, found[0][1])


def test_a_filter_never_sees_another_recording(tmp_path: Path) -> None:
    truth = make_truth((5000, 3000), n_spikes=400)
    quiet = KwikModel(write_klusta(tmp_path, truth))
    before = quiet.waveforms[:]
    first = quiet.spike_recordings == 0
    quiet.close()
    np.full_like(truth.raw[1], 30_000).tofile(tmp_path / "set_1.dat")
    loud = KwikModel(tmp_path / "set.kwik")
    np.testing.assert_array_equal(loud.waveforms[first], before[first])
    loud.close()


def test_spikes_past_the_end_of_raw_data_have_none(small) -> None:
    raw = small.path.with_name("small.dat")
    with raw.open("r+b") as file:
        file.truncate(10_000 * 16)
    with closing(KwikModel(small.path)) as model:
        (sentence,) = model.missing
        assert re.fullmatch(r"small\.dat ends at 0\.5 s of \d\.\d s: later spikes have no waveforms\.", sentence)
        ids = np.arange(model.n_spikes)
        np.testing.assert_array_equal(model.waveforms.with_data(ids), ids[model.spike_samples < 10_000])
        assert len(model.waveforms.with_data(ids)) < model.n_spikes


def test_spikes_of_a_recording_without_raw_data_have_none(tmp_path: Path) -> None:
    path = write_klusta(tmp_path, make_truth((5000, 3000), n_spikes=400))
    (tmp_path / "set_1.dat").unlink()
    with closing(KwikModel(path)) as model:
        ids = np.arange(model.n_spikes)
        np.testing.assert_array_equal(model.waveforms.with_data(ids), ids[model.spike_recordings == 0])


def test_raw_data_that_are_empty_are_missed(small) -> None:
    small.path.with_name("small.dat").write_bytes(b"")
    with closing(KwikModel(small.path)) as model:
        assert model.waveforms is None
        assert model.missing == ("Waveforms and traces need small.dat, which is empty. Everything else works.",)
