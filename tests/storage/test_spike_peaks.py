"""The peak-to-peak amplitudes of all spikes: those of the waveforms, read once, and stored as far as they were read."""

import os

import numpy as np
import pytest
from kwik_writers.klusta import write_klusta
from kwik_writers.truth import make_truth
from support import ArrayModel, random_model

from napari_phy import KwikModel
from napari_phy.core.errors import MissingDataError
from napari_phy.core.progress import CancelledError
from napari_phy.files.side_folder import find_side_file
from napari_phy.storage import spike_peaks as module
from napari_phy.storage.spike_peaks import SpikePeaks, spike_peaks

N = 400
NAME = "spike-peaks-0.bin"


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "STORE_FROM", 50)
    monkeypatch.setattr(module, "STEP_BYTES", 2**16)
    return write_klusta(tmp_path, make_truth((5000, 1500, 3000), n_spikes=N), raw="dat")


def expected(model):
    waveforms, masks = model.waveforms[:], model.masks[:]
    masks = np.where((masks > 0).any(axis=1, keepdims=True), masks, 1)
    return (np.ptp(waveforms, axis=1) * masks).max(axis=1)


def test_a_model_that_is_gone_ends_the_work(path):
    peaks = SpikePeaks(KwikModel(path))
    with pytest.raises(CancelledError):
        peaks.build()


def no_more(_share):
    raise AssertionError("Raw data are read.")


def test_all_are_those_of_the_waveforms_and_need_no_raw_data_the_next_time(path):
    model = KwikModel(path)
    peaks = spike_peaks(model)
    assert spike_peaks(model) is peaks
    ids = np.array([7, 3, 399, 3])
    np.testing.assert_allclose(peaks.get(ids), expected(model)[ids], rtol=1e-3, atol=0.05)
    assert peaks.count_unread(np.arange(N)) == N - 3
    assert not peaks.is_complete
    peaks.build()
    assert peaks.is_complete
    np.testing.assert_allclose(peaks.get(np.arange(N), no_more), expected(model), rtol=1e-3, atol=0.05)
    other = KwikModel(path)
    again = SpikePeaks(other)
    assert again.is_complete
    np.testing.assert_array_equal(again.get(np.arange(N), no_more), peaks.get(np.arange(N)))


def test_what_was_read_before_it_was_stopped_is_stored(path):
    model = KwikModel(path)
    told = []

    def stop_late(share):
        told.append(share)
        if share > 0.5:
            raise CancelledError

    with pytest.raises(CancelledError):
        SpikePeaks(model).build(stop_late)
    assert told == sorted(told)
    again = SpikePeaks(model)
    n_unread = again.count_unread(np.arange(N))
    assert 0 < n_unread < N / 2 + module.STORE_FROM
    again.build()
    np.testing.assert_allclose(again.get(np.arange(N), no_more), expected(model), rtol=1e-3, atol=0.05)
    assert SpikePeaks(model).is_complete


def raw_changed(path):
    raw = next(path.parent.glob("*.dat"))
    os.utime(raw, ns=(1, 1))


def features_changed(path):
    os.utime(path.with_suffix(".kwx"), ns=(1, 1))


def cut(path):
    file = find_side_file(path, NAME)
    file.write_bytes(file.read_bytes()[:-1])


def header_broken(path):
    file = find_side_file(path, NAME)
    file.write_bytes(b'{"n_stored": true' + file.read_bytes())


def emptied(path):
    find_side_file(path, NAME).write_bytes(b"")


@pytest.mark.parametrize("change", [raw_changed, features_changed, cut, header_broken, emptied])
def test_amplitudes_of_other_data_or_damaged_ones_are_not_taken(path, change):
    before = KwikModel(path)
    spike_peaks(before).build()
    change(path)
    model = KwikModel(path)
    again = SpikePeaks(model)
    assert again.count_unread(np.arange(N)) == N
    again.build()
    np.testing.assert_allclose(again.get(np.arange(N), no_more), expected(model), rtol=1e-3, atol=0.05)


def test_a_folder_that_takes_no_file_costs_only_the_storing(path, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_file", refuse)
    model = KwikModel(path)
    peaks = spike_peaks(model)
    peaks.build()
    assert peaks.is_complete
    assert "not stored: No space left on device" in caplog.text


def test_a_spike_is_as_large_as_on_the_channel_where_waveform_and_mask_are_largest():
    waveforms = np.zeros((4, 5, 3), np.float32)
    waveforms[:, 2] = [[-10, -40, -20]] * 4
    waveforms[:, 3] = [[5, 0, 10]] * 4
    masks = np.array([[1, 0.25, 0.25], [0, 0.5, 1], [0, 0, 0], [0, 0, 0.1]], np.float32)
    model = ArrayModel(np.zeros(4, int), features=np.zeros((4, 9)), masks=masks, waveforms=waveforms)
    peaks, ids = SpikePeaks(model), np.arange(4)
    np.testing.assert_allclose(peaks.get(ids), [15, 30, 40, 3])
    unmasked = ArrayModel(np.zeros(4, int), waveforms=waveforms, n_channels=3)
    np.testing.assert_allclose(SpikePeaks(unmasked).get(ids[::-1]), 40)
    assert SpikePeaks(model).get(ids[:0]).shape == (0,)


def test_spikes_without_raw_data_are_not_known_and_count_as_read():
    model = random_model(50)

    class Partial(type(model.waveforms)):
        def with_data(self, ids):
            return ids[ids < 30]

    model.waveforms = Partial(model.waveforms[:])
    peaks = SpikePeaks(model)
    assert np.isnan(peaks.get(np.array([29, 30, 40]))).tolist() == [False, True, True]
    assert peaks.count_unread(np.arange(50)) == 47
    peaks.build()
    assert np.isnan(peaks.get(np.arange(50), no_more)).sum() == 20
    without = random_model(50, with_raw=False)
    with pytest.raises(MissingDataError):
        SpikePeaks(without).build()


def test_few_spikes_and_those_of_a_data_set_that_may_be_another_are_not_stored(path, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "STORE_FROM", N + 1)
    model = KwikModel(path)
    SpikePeaks(model).build()
    assert find_side_file(path, NAME) is None
    monkeypatch.setattr(module, "STORE_FROM", N)
    SpikePeaks(model).build()
    assert find_side_file(path, NAME) is not None
    unknown = random_model(50, path=tmp_path / "unknown" / "x.kwik")
    monkeypatch.setattr(module, "STORE_FROM", 1)
    SpikePeaks(unknown).build()
    assert not (tmp_path / "unknown").exists()


def test_they_are_stored_now_and_then_and_progress_begins_at_nothing(path, monkeypatch):
    stored, shares = [], []
    monkeypatch.setattr(module, "write_file", lambda file, write: stored.append(len(shares)))
    model = KwikModel(path)
    SpikePeaks(model).build(shares.append)
    assert shares[0] == 0
    assert all(0 <= share < 1 for share in shares)
    assert shares == sorted(shares)
    assert stored[-1] == len(shares)
    assert len(stored) == len(set(stored)) <= N // 50
    told = []
    SpikePeaks(model).get(np.arange(N), told.append)
    assert told[0] == 0
    assert told == sorted(told)
    assert all(0 <= share <= 1 for share in told)


def test_only_channels_on_which_a_spike_takes_part_are_read():
    model, read = random_model(30, 3, masks=np.eye(8, dtype=np.float32)[np.arange(30) % 8]), []

    class Pairs(type(model.waveforms)):
        def pairs(self, spike_ids, channels):
            read.extend(zip(spike_ids.tolist(), channels.tolist(), strict=True))
            return self._rows[spike_ids, :, channels]

    model.waveforms = Pairs(model.waveforms[:])
    SpikePeaks(model).get(np.array([9, 3, 3]))
    assert read == [(3, 3), (9, 1)]
